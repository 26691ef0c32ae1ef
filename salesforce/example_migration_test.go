package salesforce_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"slices"
	"strings"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
	"github.com/sfbridge/sfbridge/soql"
)

// What MIGRATION.md shows, in one program.
func Example_migration() {
	org := salesforcetest.NewOrg(nil)
	ctx := context.Background()
	c, err := salesforce.New(salesforce.Config{
		LoginURL:   salesforce.MyDomain("acme"),
		Auth:       salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
		HTTPClient: &http.Client{Transport: org.Transport()},
	})
	if err != nil {
		log.Panic(err)
	}
	type Account struct {
		Name string
	}

	id, err := c.Create(ctx, "Account", Account{Name: "Acme"}, nil)
	fmt.Println("created:", err)
	err = c.Update(ctx, "Account", id, salesforce.Record{"Phone": "123"}, nil)
	fmt.Println("updated:", err)

	accounts := []Account{{Name: "Alpha"}, {Name: "Beta"}, {}}
	for r, err := range salesforce.CreateAll(ctx, c, "Account", slices.Values(accounts), nil) {
		if err != nil {
			log.Panic(err)
		}
		if e, ok := errors.AsType[*salesforce.Error](r.Err); ok {
			fmt.Println("record", r.Index, e.Code, e.Fields)
		}
	}

	q := &soql.Query{Select: soql.Fields("Name"), From: soql.From{Object: "Account"}, Where: soql.StartsWith("Name", "A")}
	text, err := q.Text()
	if err != nil {
		log.Panic(err)
	}
	for account, err := range salesforce.Query[Account](ctx, c, text, nil) {
		fmt.Println(account.Name, err)
	}

	var file bytes.Buffer
	n, err := c.BulkQueryCSV(ctx, &file, "SELECT Name FROM Account ORDER BY Name", &salesforce.BulkQueryOptions{Poll: salesforce.Poll{First: 1}})
	fmt.Println(n, strings.Fields(file.String()), err)
	insert := salesforce.Ingest{Object: "Account", Operation: salesforce.BulkInsert, Poll: salesforce.Poll{First: 1}}
	for r, err := range salesforce.BulkIngest(ctx, c, insert, slices.Values([]Account{{Name: "Gamma"}})) {
		fmt.Println("in bulk:", r.Created, r.Err, err)
	}
	fmt.Println("deleted:", c.Delete(ctx, "Account", id))
	// Output:
	// created: <nil>
	// updated: <nil>
	// record 2 REQUIRED_FIELD_MISSING [Name]
	// Acme <nil>
	// Alpha <nil>
	// 3 ["Name" "Acme" "Alpha" "Beta"] <nil>
	// in bulk: true <nil> <nil>
	// deleted: <nil>
}
