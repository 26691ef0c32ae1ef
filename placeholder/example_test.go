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

// What an administrator can choose from.
func ExampleBuiltIn() {
	for _, p := range placeholder.BuiltIn() {
		fmt.Printf("%-26s %s\n", "%"+p.Name+"%", p.Gives)
	}
	// Output:
	// %date%                     the date of the document, such as 5/23/19
	// %year%                     the year, such as 2019
	// %month%                    the month, such as 05
	// %day%                      the day of the month, such as 23
	// %monthName%                the month, such as September
	// %monthNameAbbv%            the month, such as Sep
	// %weekday%                  the day of the week, such as Friday
	// %weekdayAbbv%              the day of the week, such as Fri
	// %customerName%             the customer's name
	// %customerNameFirst%        the customer's first name
	// %customerNameLast%         the customer's last name
	// %customerSpouseName%       the spouse's name
	// %customerSpouseNameFirst%  the spouse's first name
	// %customerSpouseNameLast%   the spouse's last name
	// %customerAddressFull%      street, city, state, zip
	// %customerAddressLine1%     the street
	// %customerAddressLine2%     city state zip
	// %customerAddressCity%      the city
	// %customerAddressState%     the state, such as OH
	// %customerAddressStateFull% the state, such as Ohio
	// %customerAddressZip%       the zip code
	// %customerPhone%            the customer's phone number
	// %customerEmail%            the customer's e-mail address
	// %usersName%                the user's name
	// %usersNameFirst%           the user's first name
	// %usersNameLast%            the user's last name
	// %usersPhone%               the user's phone number
	// %userEmail%                the user's e-mail address
	// %userIdentifier%           the user's unique identifier
	// %usersLicense%             the user's own licence number
	// %stateLicense%             the company's licence number in the customer's state
	// %selectedTotal%            the total that was picked, such as 1234.50
	// %selectedTotalWholeNumber% that total in whole dollars, such as 1235
	// %selectedTotalName%        the name of the total that was picked
	// %estimateName%             the name of the estimate
	// %randomNumber%             8 random digits
	// %randomNumber1%            1 random digit
	// %randomNumber2%            2 random digits
	// %randomNumber3%            3 random digits
	// %randomNumber4%            4 random digits
	// %randomNumber5%            5 random digits
	// %randomNumber6%            6 random digits
	// %randomNumber7%            7 random digits
	// %randomNumber8%            8 random digits
	// %randomNumber9%            9 random digits
	// %randomNumber10%           10 random digits
}
