package appointments_test

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/importer/appointments"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// The company shares one login. The app knows each rep's Staff record, and a
// rep sees the appointments of which they are the first or second rep.
func Example() {
	org := salesforcetest.NewOrg(&salesforcetest.Options{Schema: salesforcetest.Improveit360()})
	org.SetNow(time.Date(2026, 8, 24, 12, 0, 0, 0, time.UTC))
	staff := org.Insert("i360__Staff__c", map[string]any{"Name": "Ann Rep"})
	org.Insert("i360__Appointment__c", map[string]any{
		"Name": "V-1", "i360__Sales_Rep_1__c": staff, "i360__Computed_Start_DateTime__c": "2026-08-24T21:30:00Z",
		"i360__Address__c": "1 Elm St", "i360__City__c": "Columbus", "i360__State__c": "OH", "i360__Zip__c": "43004",
		"i360__Components__c": "Roof",
	})
	org.Insert("i360__Appointment__c", map[string]any{
		"Name": "V-2", "i360__Computed_Start_DateTime__c": "2026-08-24T21:30:00Z", // somebody else's
	})

	client, err := salesforce.New(salesforce.Config{
		LoginURL:   salesforce.MyDomain("acme"),
		Auth:       salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
		HTTPClient: &http.Client{Transport: org.Transport()},
	})
	if err != nil {
		log.Fatal(err)
	}
	preset, err := appointments.Improveit360(context.Background(), client, nil)
	if err != nil {
		log.Fatal(err)
	}
	preset.Settings.Zone = "America/Chicago"
	cfg, err := preset.Settings.Config(appointments.Shared{
		Client: client,
		Identifier: func(_ context.Context, appUser string) (string, error) {
			return map[string]string{"ann": staff}[appUser], nil
		},
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	cfg.Now = org.Now
	feed, err := appointments.New(cfg)
	if err != nil {
		log.Fatal(err)
	}

	for a, err := range feed.Appointments(context.Background(), "ann") {
		if err != nil {
			log.Fatal(err)
		}
		start, _ := a.Values.Get("start")
		address, _ := a.Values.Get("address")
		fmt.Println(start.(time.Time).Format("Mon 3:04 PM"), "at", address)
		fmt.Println(strings.Join(a.Notes, "\n"))
	}
	_, err = salesforce.Collect(feed.Appointments(context.Background(), "dan"))
	fmt.Println(err)
	// Output:
	// Mon 4:30 PM at 1 Elm St, Columbus, OH 43004
	// Components: Roof
	// appointments: sign on user "dan": user has no identifier
}

// A query that could show a rep the appointments of others is refused when it
// is configured.
func ExampleNew() {
	m, err := mapping.New([]mapping.Rule{{Target: "subject", From: []string{"Subject"}}}, nil)
	if err != nil {
		log.Fatal(err)
	}
	_, err = appointments.New(appointments.Config{
		SignOn:  appointments.PerUser{Pool: &salesforce.Pool{}},
		Query:   "SELECT Id, Subject FROM Event WHERE OwnerId = '%userIdentifier%' OR IsPrivate = false",
		Mapping: m,
	})
	fmt.Println(err)
	// Output:
	// appointments: configuration: soql: query refused: no restriction to the user is in every branch of the WHERE behind FROM Event
}

// An administrator's configuration is checked against the org before a rep ever
// sees an empty list.
func ExampleSettings_Check() {
	org := salesforcetest.NewOrg(&salesforcetest.Options{Schema: salesforcetest.Improveit360()})
	client, err := salesforce.New(salesforce.Config{
		LoginURL:   salesforce.MyDomain("acme"),
		Auth:       salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
		HTTPClient: &http.Client{Transport: org.Transport()},
	})
	if err != nil {
		log.Fatal(err)
	}
	settings, err := appointments.ReadSettings("feed.yaml", []byte(`
query: |
  SELECT Id, i360__Zipp__c, i360__Computed_Start_DateTime__c
  FROM i360__Appointment__c
  WHERE i360__Sales_Rep_1__c = '%userIdentifier%'
mapping:
  - {title: Customer, from: i360__Prospect__r.Name, target: customerName}
  - {title: Phone, from: i360__Prospect__r.i360__Phone_1__c, type: Phone, target: phone}
  - {title: Email, from: i360__Prospect__r.i360__Primary_Email__c, type: Email, target: email}
  - {title: Start, from: i360__Computed_Start_DateTime__c, type: Appointment Date/Time, target: start}
`))
	if err != nil {
		log.Fatal(err)
	}
	problems, err := settings.Check(context.Background(), client, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range problems {
		fmt.Println(p)
	}
	// Output:
	// feed.yaml:3:14: query, line 1, column 12: i360__Appointment__c has no field i360__Zipp__c, or this login may not see it; did you mean "i360__Zip__c"?
	// feed.yaml:7:5: mapping, rule 1 (Customer): the query does not select i360__Prospect__r.Name: add it to the SELECT, or correct the rule
	// feed.yaml:8:5: mapping, rule 2 (Phone): the query does not select i360__Prospect__r.i360__Phone_1__c: add it to the SELECT, or correct the rule
	// feed.yaml:9:5: mapping, rule 3 (Email): the query does not select i360__Prospect__r.i360__Primary_Email__c: add it to the SELECT, or correct the rule
	// feed.yaml:7:3: warning: mapping: no rule gives an address, so the rep does not know where to go: select the field and add a rule
}

// A rule may name a converter of the host's own, which check and feed get alike.
func ExampleSettings_Config() {
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
	org.Insert("Event", map[string]any{
		"OwnerId": login.UserID, "Subject": "roof, siding", "ActivityDateTime": "2026-08-24T21:30:00Z", "DurationInMinutes": 60,
	})
	settings, err := appointments.ReadSettings("feed.yaml", []byte(`
query: SELECT Id, Subject FROM Event WHERE OwnerId = '%userIdentifier%'
mapping:
  - {title: Products, from: Subject, converter: list, target: products, note: true}
`))
	if err != nil {
		log.Fatal(err)
	}
	opt := &mapping.Options{Converters: map[string]mapping.Converter{"list": {
		Read: func(sources []any) (any, error) { return strings.Split(sources[0].(string), ", "), nil },
	}}}
	problems, err := settings.Check(context.Background(), client, opt)
	if err := cmp.Or(err, problems.Err()); err != nil {
		log.Fatal(err)
	}
	cfg, err := settings.Config(appointments.Shared{
		Client:     client,
		Identifier: func(context.Context, string) (string, error) { return login.UserID, nil },
	}, opt)
	if err != nil {
		log.Fatal(err)
	}
	feed, err := appointments.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	for a, err := range feed.Appointments(context.Background(), "ann") {
		if err != nil {
			log.Fatal(err)
		}
		products, _ := a.Values.Get("products")
		fmt.Printf("%q %v\n", products, a.Notes)
	}
	// Output:
	// ["roof" "siding"] [Products: roof, siding]
}

// Each user has a Salesforce login of their own, which the host keeps. A user
// without one is refused, whoever else has one.
func ExampleNewPerUser() {
	vault := map[string]salesforce.Auth{
		"ann": salesforce.SOAPLogin{Username: "ann@example.com", Password: "secret", SecurityToken: "TOKEN"},
	}
	on, err := appointments.NewPerUser(
		salesforce.Config{LoginURL: salesforce.MyDomain("acme")},
		func(_ context.Context, appUser, _ string) (salesforce.Auth, error) { return vault[appUser], nil },
	)
	if err != nil {
		log.Fatal(err)
	}
	m, err := mapping.New([]mapping.Rule{{Target: "subject", From: []string{"Subject"}}}, nil)
	if err != nil {
		log.Fatal(err)
	}
	feed, err := appointments.New(appointments.Config{SignOn: on, Query: "SELECT Id, Subject FROM Event", Mapping: m})
	if err != nil {
		log.Fatal(err)
	}
	_, err = salesforce.Collect(feed.Appointments(context.Background(), "dan"))
	fmt.Println(err)
	// Output:
	// appointments: sign on user "dan": user has no credentials
}
