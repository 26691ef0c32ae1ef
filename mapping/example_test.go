package mapping_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/shopspring/decimal"

	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
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

// An administrator's file is read strictly: every fault has its place, and says
// what to do.
func ExampleLoad() {
	_, err := mapping.Load("fields.yaml", []byte(`
zone: America/Chicago
rules:
  - title: Phone
    from: Prospect__r.Phone__c
    typ: Phone
    target: phone
  - from: Mobile__c
    type: Telephone
    target: phone
`), nil)
	fmt.Println(err)
	// Output:
	// fields.yaml:6:5: rule 1 (Phone): unknown key "typ"; did you mean "type"?
	// fields.yaml:9:11: rule 2 (phone), type: unknown type "Telephone"; there are Text/Picklist, Number, Whole number, Date, Appointment Date/Time, Time, Checkbox, Phone, Email, Address, Currency, Percent, Multi-select picklist, Id, Address lines, Rich text, URL
	// fields.yaml:8:5: rule 2 (phone): rule 1 at fields.yaml:4:5 has the same target "phone": give one of them another
}

// Writing keeps three states: what is left out stays as it is, null clears, and
// a value is set.
func ExampleMapping_Write() {
	m, err := mapping.Load("result.yaml", []byte(`
rules:
  - {target: result, from: Result__c, lookup: {Demo Sold: sold, Demo No Sale: lost}}
  - {target: amount, from: Sale_Amount__c, type: Currency}
  - {target: reason, from: Reason__c}
`), nil)
	if err != nil {
		log.Fatal(err)
	}
	var form struct {
		Result salesforce.Field[string]          `map:"result"`
		Amount salesforce.Field[decimal.Decimal] `map:"amount"`
		Reason salesforce.Field[string]          `map:"reason"`
	}
	form.Result = salesforce.Value("sold")
	form.Reason = salesforce.Null[string]()
	rec, err := m.Write(form, mapping.Update)
	if err != nil {
		log.Fatal(err)
	}
	text, err := json.Marshal(rec)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(text))
	// Output: {"Reason__c":null,"Result__c":"Demo Sold"}
}

// What is written has to go with what the record already says: the options of a
// dependent picklist are those of its controlling value.
func ExampleMapping_CheckPicklists() {
	org := salesforcetest.NewOrg(&salesforcetest.Options{Schema: salesforcetest.Schema{{Name: "Visit__c", Fields: []salesforcetest.Field{
		{Name: "Result__c", Type: "picklist", Picklist: []salesforcetest.PicklistValue{{Value: "Sold"}, {Value: "Not Sold"}}},
		{Name: "Reason__c", Type: "picklist", Controller: "Result__c", Picklist: []salesforcetest.PicklistValue{
			{Value: "Cash", ValidFor: []string{"Sold"}}, {Value: "Price", ValidFor: []string{"Not Sold"}},
		}},
	}}}})
	client, err := salesforce.New(salesforce.Config{
		LoginURL:   salesforce.MyDomain("acme"),
		Auth:       salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
		HTTPClient: &http.Client{Transport: org.Transport()},
	})
	if err != nil {
		log.Fatal(err)
	}
	visit, err := client.Describe(context.Background(), "Visit__c")
	if err != nil {
		log.Fatal(err)
	}
	m, err := mapping.New([]mapping.Rule{{From: []string{"Reason__c"}, Target: "reason"}}, nil)
	if err != nil {
		log.Fatal(err)
	}
	current := salesforce.Record{"Result__c": "Sold"} // as a query has just read it
	for _, reason := range []string{"Cash", "Price"} {
		rec, err := m.Write(map[string]any{"reason": reason}, mapping.Update)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(m.CheckPicklists(visit, rec, current))
	}
	// Output:
	// <nil>
	// mapping: write reason to field Reason__c of record (Text/Picklist): value does not go with that of the controlling field Result__c: text of 5 characters
}

// A host's screen learns from the org what an administrator can choose from.
func ExampleNewForm() {
	org := salesforcetest.NewOrg(nil)
	login := org.Credentials()
	client, err := salesforce.New(salesforce.Config{
		LoginURL:   salesforce.MyDomain("acme"),
		Auth:       salesforce.ClientCredentials{ClientID: login.ClientID, ClientSecret: login.ClientSecret},
		HTTPClient: &http.Client{Transport: org.Transport()},
	})
	if err != nil {
		log.Fatal(err)
	}
	form, err := mapping.NewForm(context.Background(), client, "Contact", nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, field := range form.Fields[:5] {
		fmt.Printf("%s: %s, a %s, best read as %s\n", field.Label, field.Path, field.Type, field.Suggest)
	}
	// Output:
	// Account ID: AccountId, a reference, best read as Id
	// Assistant's Name: AssistantName, a string, best read as Text/Picklist
	// Asst. Phone: AssistantPhone, a phone, best read as Phone
	// Birthdate: Birthdate, a date, best read as Date
	// Business Fax: Fax, a phone, best read as Phone
}
