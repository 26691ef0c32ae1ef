package salesforce_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
	"github.com/sfbridge/sfbridge/soql"
)

// Parents are structs, and children slices of structs.
func ExampleQuery() {
	org := salesforcetest.NewOrg(nil)
	acme := org.Insert("Account", map[string]any{"Name": "Acme"})
	for _, name := range []string{"Ito", "Lee"} {
		org.Insert("Contact", map[string]any{"LastName": name, "AccountId": acme})
	}
	type contact struct{ LastName string }
	type account struct {
		Name     string
		Owner    struct{ Username string }
		Contacts []contact
	}

	const text = "SELECT Name, Owner.Username, (SELECT LastName FROM Contacts ORDER BY LastName) FROM Account"
	for a, err := range salesforce.Query[account](context.Background(), connect(org), text, nil) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(a.Name, "of", a.Owner.Username, "has", a.Contacts)
	}
	// Output:
	// Acme of user@example.com has [{Ito} {Lee}]
}

// An IN list may have more values than a query can hold.
func ExampleQueryTree() {
	org := salesforcetest.NewOrg(nil)
	ids := make([]string, 7000)
	for i := range ids {
		ids[i] = org.Insert("Account", map[string]any{"Name": fmt.Sprint("Account ", i)})
	}
	c := connect(org)
	q := &soql.Query{Select: soql.Fields("Id", "Name"), From: soql.From{Object: "Account"}, Where: soql.In("Id", ids)}
	org.ResetRequests()

	accounts, err := salesforce.Collect(salesforce.QueryTree[salesforce.Record](context.Background(), c, q, nil))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(accounts), "accounts by", sent(org, "/composite"), "queries")
	// Output:
	// 7000 accounts by 2 queries
}

func ExampleClient_Upsert() {
	org := salesforcetest.NewOrg(&salesforcetest.Options{Schema: salesforcetest.Schema{
		{Name: "Account", Fields: []salesforcetest.Field{{Name: "Number__c", ExternalID: true, Unique: true}}},
	}})
	c := connect(org)
	for range 2 {
		done, err := c.Upsert(context.Background(), "Account", "Number__c", "7", salesforce.Record{"Name": "Acme"}, nil)
		fmt.Println(done.ID.Prefix(), "is new:", done.Created, err)
	}
	// Output:
	// 001 is new: true <nil>
	// 001 is new: false <nil>
}

func ExampleClient_UndeleteAll() {
	ctx := context.Background()
	org := salesforcetest.NewOrg(nil)
	acme := salesforce.ID(org.Insert("Account", map[string]any{"Name": "Acme"}))
	org.Insert("Contact", map[string]any{"LastName": "Lee", "AccountId": string(acme)})
	c := connect(org)
	if err := c.Delete(ctx, "Account", acme); err != nil {
		log.Fatal(err)
	}

	for r, err := range c.UndeleteAll(ctx, slices.Values([]salesforce.ID{acme}), nil) {
		if err := errors.Join(err, r.Err); err != nil {
			log.Fatal(err)
		}
	}

	n, err := c.Count(ctx, "SELECT COUNT() FROM Contact WHERE Account.Name = 'Acme'")
	fmt.Println("with", n, "contact", err)
	// Output:
	// with 1 contact <nil>
}

func ExampleClient_Logout() {
	ctx := context.Background()
	org := salesforcetest.NewOrg(nil)
	c := connect(org)
	if _, err := c.Session(ctx); err != nil {
		log.Fatal(err)
	}

	fmt.Println(c.Logout(ctx))
	fmt.Println(c.Logout(ctx), "when nobody is logged in")
	// Output:
	// <nil>
	// <nil> when nobody is logged in
}
