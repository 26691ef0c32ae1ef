package salesforcetest_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// An org in a test: records go in through Go, a client of any kind talks HTTP.
func Example() {
	org := salesforcetest.NewOrg(nil)
	acme := org.Insert("Account", map[string]any{"Name": "Acme", "AnnualRevenue": 1_500_000})
	server := salesforcetest.NewServer(org)
	defer server.Close()

	req, err := http.NewRequestWithContext(context.Background(), "GET", server.URL+"/services/data/v66.0/query?q=SELECT+Name,AnnualRevenue+FROM+Account", http.NoBody)
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+org.Credentials().AccessToken)
	res, err := server.Client().Do(req)
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(res.Status)
	fmt.Println(strings.ReplaceAll(string(body), acme, "ID"))
	// Output:
	// 200 OK
	// {"totalSize":1,"done":true,"records":[{"attributes":{"type":"Account","url":"/services/data/v66.0/sobjects/Account/ID"},"Name":"Acme","AnnualRevenue":1500000.0}]}
}

// Objects and records come from JSON, in one file or several.
func ExampleOrg_Load() {
	org := salesforcetest.NewOrg(nil)
	err := org.Load(strings.NewReader(`{
	  "sobjects": [{"name": "Account", "fields": [{"name": "ZEP__c", "type": "boolean"}]}],
	  "Contact":  [{"LastName": "Lee", "AccountId": "@acme"}],
	  "Account":  [{"_ref": "acme", "Name": "Acme", "ZEP__c": true}]
	}`))
	if err != nil {
		log.Fatal(err)
	}
	account := org.Records("Account")[0]
	contact := org.Records("Contact")[0]
	fmt.Println(account["ZEP__c"], contact["AccountId"] == account["Id"])

	err = org.Load(strings.NewReader(`{"Account": [{"Name": "Beta"}, {"Name": "Gamma", "Phone": 30}]}`))
	fmt.Println(err)
	// Output:
	// true true
	// salesforcetest: load: Account record 2: JSON_PARSER_ERROR: Cannot deserialize instance of string from VALUE_NUMBER_INT value 30 or request may be missing a required field at [line:1, column:59]
}

// A fault makes requests fail, here once and after the org has done the work.
func ExampleOrg_Fail() {
	org := salesforcetest.NewOrg(nil)
	client := &http.Client{Transport: org.Transport()}
	org.Fail(salesforcetest.Fault{Method: "POST", DropAfter: true})

	req, err := http.NewRequestWithContext(context.Background(), "POST", "https://example.my.salesforce.com/services/data/v66.0/sobjects/Account", strings.NewReader(`{"Name":"Acme"}`))
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+org.Credentials().AccessToken)
	res, err := client.Do(req)
	if err == nil {
		res.Body.Close()
	}

	fmt.Println(err != nil, len(org.Records("Account")))
	// Output: true 1
}

// A transaction that is still open holds back the bound up to which a client
// may believe that it has seen everything.
func ExampleOrg_HoldTransaction() {
	org := salesforcetest.NewOrg(nil)
	tx := org.HoldTransaction()
	id := tx.Insert("Account", map[string]any{"Name": "Acme"})
	fmt.Println(org.Record(id) != nil)
	tx.Commit()
	fmt.Println(org.Record(id)["Name"])
	// Output:
	// false
	// Acme
}

// The improveit 360 objects are an option.
func ExampleImproveit360() {
	org := salesforcetest.NewOrg(&salesforcetest.Options{Schema: salesforcetest.Improveit360()})
	id := org.Insert("i360__Appointment__c", map[string]any{"i360__Result__c": "Demo Sold", "i360__Quoted_Amount__c": 12500})
	fmt.Println(org.Record(id)["i360__Result__c"], org.Record(id)["i360__Quoted_Amount__c"])
	// Output: Demo Sold 12500
}
