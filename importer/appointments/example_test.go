package appointments_test

import (
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
	})
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
