package salesforcetest_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"strings"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// What an administrator sets up in the real org are functions here: formulas,
// validation rules, roll-ups.
func ExampleOrg_Extend() {
	org := salesforcetest.NewOrg(nil)
	err := org.Extend(salesforcetest.Schema{
		{Name: "Visit__c", Fields: []salesforcetest.Field{
			{Name: "Account__c", Type: "reference", ReferenceTo: []string{"Account"}, Children: "Visits__r"},
			{Name: "Minutes__c", Type: "int"},
			{Name: "Customer__c", Formula: func(r salesforcetest.Row) any { return r.Get("Account__r.Name") }},
		}, Validate: func(_, r salesforcetest.Row) []salesforcetest.Violation {
			if r.Number("Minutes__c") > 480 {
				return []salesforcetest.Violation{{Field: "Minutes__c", Message: "Nobody stays that long"}}
			}
			return nil
		}},
		{Name: "Account", Fields: []salesforcetest.Field{{
			Name: "Minutes__c", Type: "double",
			RollUp: &salesforcetest.RollUp{Children: "Visits__r", Op: salesforcetest.Sum, Field: "Minutes__c"},
		}}},
	})
	if err != nil {
		log.Fatal(err)
	}
	acme := org.Insert("Account", map[string]any{"Name": "Acme"})
	visit := org.Insert("Visit__c", map[string]any{"Account__c": acme, "Minutes__c": 45})
	fmt.Println(org.Record(visit)["Customer__c"], org.Record(acme)["Minutes__c"])

	req, err := http.NewRequestWithContext(context.Background(), "PATCH", "http://org/services/data/v66.0/sobjects/Visit__c/"+visit, strings.NewReader(`{"Minutes__c": 500}`))
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+org.Credentials().AccessToken)
	res, err := org.Transport().RoundTrip(req)
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	fmt.Println(res.Status)
	// Output:
	// Acme 45
	// 400 Bad Request
}

// Records that are loaded once serve many tests, each with an org of its own.
func ExampleSnapshot_NewOrg() {
	loaded := salesforcetest.NewOrg(nil)
	loaded.Insert("Account", map[string]any{"Name": "Acme"})
	start := loaded.Snapshot()

	one, two := start.NewOrg(), start.NewOrg()
	one.Insert("Account", map[string]any{"Name": "Beta"})
	fmt.Println(len(one.Records("Account")), len(two.Records("Account")))
	// Output:
	// 2 1
}
