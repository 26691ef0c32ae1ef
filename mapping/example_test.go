package mapping_test

import (
	"encoding/json"
	"fmt"
	"log"
	"time"

	"github.com/shopspring/decimal"

	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
)

// Rules are compiled once and applied to every record. Here the record is
// written out; a query yields ones like it.
func Example() {
	zone := time.FixedZone("CDT", -5*3600)
	m, err := mapping.New([]mapping.Rule{
		{Target: "customer", From: []string{"Prospect__r.Name"}, Required: true},
		{Target: "start", From: []string{"Start__c"}, Type: mapping.DateTime},
		{Target: "budget", From: []string{"Budget__c"}, Type: mapping.Currency},
		{Target: "address", From: []string{"Street__c", "City__c", "State__c", "Zip__c"}, Type: mapping.Address},
		{Title: "Products", From: []string{"Products__c"}, Type: mapping.MultiPicklist, Note: true},
		{Title: "Confirmed", From: []string{"Confirmed__c"}, Type: mapping.Checkbox, Note: true},
	}, &mapping.Options{Zone: zone})
	if err != nil {
		log.Fatal(err)
	}
	values, err := m.Apply(salesforce.Record{
		"Prospect__r": salesforce.Record{"Name": "Larry Leap"},
		"Start__c":    "2026-08-24T21:30:00.000+0000",
		"Budget__c":   json.Number("12345.50"),
		"Street__c":   "1 Elm St", "City__c": "Columbus", "State__c": "OH", "Zip__c": "43004",
		"Products__c": "Roof;Siding", "Confirmed__c": true,
	})
	if err != nil {
		log.Fatal(err)
	}
	for target, value := range values.All() {
		fmt.Printf("%s = %v\n", target, value)
	}
	for _, note := range values.Notes() {
		fmt.Println(note)
	}
	// Output:
	// customer = Larry Leap
	// start = 2026-08-24 16:30:00 -0500 CDT
	// budget = 12345.5
	// address = 1 Elm St, Columbus, OH 43004
	// Products: Roof, Siding
	// Confirmed: Yes
}

// A value that does not fit costs its own target and no other, and the error
// does not show it.
func ExampleMapping_Apply() {
	m, err := mapping.New([]mapping.Rule{
		{Target: "name", From: []string{"Name"}},
		{Target: "email", From: []string{"Email"}, Type: mapping.Email},
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	values, err := m.Apply(salesforce.Record{"Id": "003RM000003oLnnYAE", "Name": "Ada", "Email": "ask Ada"})
	name, _ := values.Get("name")
	fmt.Println(name, values.Has("email"))
	fmt.Println(err)
	// Output:
	// Ada false
	// mapping: convert record 003RM000003oLnnYAE field Email to email (Email): value does not fit the type: text of 7 characters
}

// A struct takes the values by its tags; a pointer tells null from zero.
func ExampleValues_Into() {
	m, err := mapping.New([]mapping.Rule{
		{Target: "name", From: []string{"Name"}},
		{Target: "budget", From: []string{"Amount"}, Type: mapping.Currency},
		{Target: "end", From: []string{"CloseDate"}, Type: mapping.Date},
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	values, err := m.Apply(salesforce.Record{"Name": "New roof", "Amount": nil, "CloseDate": "2026-08-24"})
	if err != nil {
		log.Fatal(err)
	}
	var project struct {
		Name   string           `map:"name"`
		Budget *decimal.Decimal `map:"budget"`
		End    salesforce.Date  `map:"end"`
	}
	if err := values.Into(&project); err != nil {
		log.Fatal(err)
	}
	fmt.Println(project.Name, project.Budget, project.End)
	// Output: New roof <nil> 2026-08-24
}

// The mapping is compared with the org before anyone relies on it.
func ExampleMapping_Validate() {
	m, err := mapping.New([]mapping.Rule{
		{Target: "name", From: []string{"Naem"}},
		{Target: "active", From: []string{"Name"}, Type: mapping.Date},
		{Target: "on", From: []string{"Active__c"}, Type: mapping.Date},
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	account := &salesforce.SObject{Fields: []salesforce.FieldInfo{
		{Name: "Name", Type: "string"}, {Name: "Active__c", Type: "boolean"},
	}}
	account.Name = "Account"
	fmt.Println(m.Validate(account, nil))
	// Output:
	// mapping: rule 1 (name): field Naem: Account has no field Naem, or it is hidden from this user; did you mean "Name"?
	// mapping: rule 3 (on): field Active__c: a field of type boolean does not fit Date; its own type is "Checkbox"
}
