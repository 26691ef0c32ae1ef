package placeholder_test

import (
	"fmt"
	"log"
	"time"

	"github.com/sfbridge/sfbridge/placeholder"
)

// A default file name is parsed when the configuration is loaded, and expanded
// once for each document.
func Example() {
	tmpl, err := placeholder.Parse("%customerName% Contract %date%.pdf")
	if err != nil {
		log.Fatal(err)
	}
	name, err := tmpl.FileName(placeholder.Data{
		Date:     time.Date(2019, time.May, 23, 18, 30, 0, 0, time.UTC),
		Customer: placeholder.Person{First: "Larry", Last: "Leap"},
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(name.Title)
	fmt.Println(name.File)
	// Output:
	// Larry Leap Contract 5/23/19
	// Larry Leap Contract 5-23-19.pdf
}

// Check finds misspelt names when a configuration is saved.
func ExampleTemplate_Check() {
	tmpl, err := placeholder.Parse("%customername% Contract %date.pdf")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(tmpl.Check(placeholder.Names()))
	// Output:
	// placeholder: column 1: there is no placeholder %customername%; did you mean %customerName%?
	// placeholder: column 25: %date lacks a per cent sign; write %date%, or %%date for a per cent sign as such
}

// The office of the user who is logged in decides.
func ExampleCustom() {
	custom := placeholder.Custom{
		Company: map[string]string{"%website%": "www.example.com"},
		Offices: map[string]map[string]string{"Phoenix": {"%website%": "phoenix.example.com"}},
	}
	tmpl, err := placeholder.Parse("See %website%")
	if err != nil {
		log.Fatal(err)
	}
	for _, office := range []string{"Tucson", "Phoenix"} {
		text, err := tmpl.Expand(placeholder.Data{Custom: custom.For(office)}, nil)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(text)
	}
	// Output:
	// See www.example.com
	// See phoenix.example.com
}

// An administrator need not know how Go writes layouts.
func ExampleLayout() {
	layout, err := placeholder.Layout("EEEE, MMMM D, YYYY")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(time.Date(2019, time.May, 23, 0, 0, 0, 0, time.UTC).Format(layout))

	_, err = placeholder.Layout("5/23/19")
	fmt.Println(err)
	// Output:
	// Thursday, May 23, 2019
	// date layout "5/23/19" has '5', which stands for no part of a date; write it like M/D/YY, MM-DD-YYYY or EEEE, MMMM D, YYYY
}

// An office's own placeholders come on top of the built-in ones.
func ExampleData() {
	tmpl, err := placeholder.Parse("See %website%, %customerAddressStateFull%")
	if err != nil {
		log.Fatal(err)
	}
	text, err := tmpl.Expand(placeholder.Data{
		Address: placeholder.Address{State: "OH"},
		Custom:  map[string]string{"website": "www.example.com"},
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(text)
	// Output: See www.example.com, Ohio
}

// The title keeps slashes; the file name is safe everywhere.
func ExampleFileName() {
	name := placeholder.FileName("../Roof: before/after?.JPG")
	fmt.Printf("%q\n%q\n", name.Title, name.File)
	// Output:
	// "../Roof: before/after?"
	// "Roof- before-after-.JPG"
}
