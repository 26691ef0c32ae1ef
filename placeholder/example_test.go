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
	expanded, err := tmpl.Expand(placeholder.Data{
		Date:     time.Date(2019, time.May, 23, 18, 30, 0, 0, time.UTC),
		Customer: placeholder.Person{First: "Larry", Last: "Leap"},
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	name := placeholder.FileName(expanded)
	fmt.Println(name.Title)
	fmt.Println(name.File)
	// Output:
	// Larry Leap Contract 5/23/19
	// Larry Leap Contract 5-23-19.pdf
}

// Strict finds misspelt names when a configuration is saved.
func ExampleTemplate_Expand_strict() {
	tmpl, err := placeholder.Parse("%customername% Contract")
	if err != nil {
		log.Fatal(err)
	}
	_, err = tmpl.Expand(placeholder.Data{}, &placeholder.Options{Strict: true})
	fmt.Println(err)
	// Output:
	// placeholder: expand template: no value for %customername% at byte 0
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
	// "-Roof- before-after-.JPG"
}
