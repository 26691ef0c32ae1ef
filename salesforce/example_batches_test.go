package salesforce_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func ExampleCreateAll() {
	c := connect(salesforcetest.NewOrg(nil))
	type contact struct {
		FirstName string `json:",omitempty"`
		LastName  string `json:",omitempty"`
	}
	people := []contact{{"Ann", "Lee"}, {"Bo", ""}, {"Cy", "Ng"}}

	for r, err := range salesforce.CreateAll(context.Background(), c, "Contact", slices.Values(people), nil) {
		switch {
		case err != nil:
			log.Fatal(err) // a request failed, and no other was made
		case r.Err != nil:
			fmt.Println(people[r.Index].FirstName, "failed:", errors.Is(r.Err, salesforce.ErrValidation))
		default:
			fmt.Println(people[r.Index].FirstName, "is", r.ID.Prefix())
		}
	}
	// Output:
	// Ann is 003
	// Bo failed: true
	// Cy is 003
}

func ExampleUpsertAll() {
	org := salesforcetest.NewOrg(&salesforcetest.Options{Schema: salesforcetest.Schema{
		{Name: "Account", Fields: []salesforcetest.Field{{Name: "Number__c", ExternalID: true, Unique: true}}},
	}})
	org.Insert("Account", map[string]any{"Name": "Acme", "Number__c": "7"})
	c := connect(org)
	accounts := []salesforce.Record{
		{"Number__c": "7", "Name": "Acme Inc."},
		{"Number__c": "8", "Name": "Globex"},
	}

	for r, err := range salesforce.UpsertAll(context.Background(), c, "Account", "Number__c", slices.Values(accounts), nil) {
		if err = errors.Join(err, r.Err); err != nil {
			log.Fatal(err)
		}
		fmt.Println(accounts[r.Index]["Name"], "is new:", r.Created)
	}
	// Output:
	// Acme Inc. is new: false
	// Globex is new: true
}

func ExampleGetAll() {
	org := salesforcetest.NewOrg(nil)
	id := salesforce.ID(org.Insert("Account", map[string]any{"Name": "Acme"}))
	c := connect(org)
	type account struct{ Name string }

	found, err := salesforce.GetAll[account](context.Background(), c, "Account", []salesforce.ID{id, "001000000000000AAA"}, "Name")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(found[0].Name, found[1] == nil)
	// Output: Acme true
}

func ExampleComposite() {
	c := connect(salesforcetest.NewOrg(nil))

	var batch salesforce.Composite
	account := batch.Create("Account", salesforce.Record{"Name": "Acme"})
	batch.Create("Contact", salesforce.Record{"LastName": "Lee", "AccountId": account.ID()})
	found := batch.Query("SELECT LastName, Account.Name FROM Contact WHERE AccountId = '" + account.Value("id") + "'")
	done, err := c.Composite(context.Background(), &batch)
	if err != nil {
		log.Fatal(err) // nothing of it has happened
	}

	var page struct{ Records []salesforce.Record }
	if err := done.Decode(found, &page); err != nil {
		log.Fatal(err)
	}
	name, _ := page.Records[0].Get("Account.Name")
	fmt.Println(done.ID(account).Prefix(), page.Records[0]["LastName"], "of", name)
	// Output: 001 Lee of Acme
}

func ExampleBulkIngest() {
	org := salesforcetest.NewOrg(nil)
	c := connect(org)
	rows := func(yield func(salesforce.Record) bool) {
		for i := range 3 {
			if !yield(salesforce.Record{"Name": fmt.Sprintf("Account %d", i)}) {
				return
			}
		}
	}

	job := salesforce.Ingest{
		Object: "Account", Operation: salesforce.BulkInsert,
		Poll: poll, // asks more often than one would a real org
	}
	written := 0
	for r, err := range salesforce.BulkIngest(context.Background(), c, job, rows) {
		if err != nil {
			log.Fatal(err)
		}
		if r.Err == nil {
			written++
		}
	}
	fmt.Println(written, len(org.Records("Account")))
	// Output: 3 3
}

// poll asks for jobs of an org in memory, which takes no time for them.
var poll = salesforce.Poll{First: time.Millisecond}

func ExampleClient_BulkIngestCSV() {
	c := connect(salesforcetest.NewOrg(nil))
	file := strings.NewReader("LastName,FirstName\nLee,Ann\n,Bo\n")

	job := salesforce.Ingest{Object: "Contact", Operation: salesforce.BulkInsert, Poll: poll}
	for r, err := range c.BulkIngestCSV(context.Background(), job, file) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(r.Index, r.ID.Prefix(), r.Err)
	}
	// Output:
	// 0 003 <nil>
	// 1  salesforce: bulk insert Contact: record 1: REQUIRED_FIELD_MISSING: Required fields are missing: [LastName]
}

func ExampleBulkQuery() {
	org := salesforcetest.NewOrg(nil)
	org.Insert("Account", map[string]any{"Name": "Acme", "NumberOfEmployees": 42})
	c := connect(org)
	type account struct {
		Name  string
		Staff int `json:"NumberOfEmployees"`
	}

	opt := &salesforce.BulkQueryOptions{Poll: poll}
	for a, err := range salesforce.BulkQuery[account](context.Background(), c, "SELECT Name, NumberOfEmployees FROM Account", opt) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(a.Name, a.Staff)
	}
	// Output: Acme 42
}

func ExampleClient_BulkQueryCSV() {
	org := salesforcetest.NewOrg(nil)
	org.Insert("Account", map[string]any{"Name": "Acme"})
	c := connect(org)

	n, err := c.BulkQueryCSV(context.Background(), os.Stdout, "SELECT Name, Phone FROM Account", &salesforce.BulkQueryOptions{Poll: poll})
	fmt.Println(n, err)
	// Output:
	// "Name","Phone"
	// "Acme",""
	// 1 <nil>
}

// An upload whose answer was lost may have arrived. What the host has noted of it
// finds the file.
func ExampleClient_FindUpload() {
	org := salesforcetest.NewOrg(nil)
	c := connect(org)
	account := salesforce.ID(org.Insert("Account", map[string]any{"Name": "Acme"}))
	f := salesforce.FileBytes("plan.pdf", []byte("%PDF"))
	f.LinkTo, f.Description = account, "job:7"
	sought := salesforce.Sought{
		MD5: "bfa4b10a76324b166cfdad5e02a63730", Size: f.Size, LinkTo: account, Title: "plan", Marker: "job:7",
	}

	org.Fail(salesforcetest.Fault{Path: "/sobjects/ContentVersion", DropAfter: true})
	_, err := c.Upload(context.Background(), f, nil)
	fmt.Println(errors.Is(err, salesforce.ErrOutcomeUnknown))
	id, err := c.FindUpload(context.Background(), sought)
	fmt.Println(id.Prefix(), err)
	// Output:
	// true
	// 068 <nil>
}

func ExampleClient_Search() {
	org := salesforcetest.NewOrg(nil)
	org.Insert("Account", map[string]any{"Name": "Acme Corporation"})
	org.Insert("Contact", map[string]any{"LastName": "Acme"})
	c := connect(org)

	found, err := c.Search(context.Background(), salesforce.Search{
		Text:    "acme",
		Objects: []salesforce.SearchObject{{Name: "Account", Fields: []string{"Name"}}},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range found {
		fmt.Println(f.Object, f.Record["Name"])
	}
	// Output: Account Acme Corporation
}

func ExampleClient_Picklists() {
	c := connect(salesforcetest.NewOrg(nil))

	lists, err := c.Picklists(context.Background(), "Task", salesforce.MasterRecordType)
	if err != nil {
		log.Fatal(err)
	}
	status := lists["Status"]
	fmt.Println(status.Default)
	for _, option := range status.Options[:2] {
		fmt.Println(option.Value)
	}
	// Output:
	// Not Started
	// Not Started
	// In Progress
}
