package importer_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"net/http"

	_ "modernc.org/sqlite"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/importer/sqlstore"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// Customers come in, one of them changes, and only that one is updated.
func ExampleImporter() {
	ctx := context.Background()
	org := salesforcetest.NewOrg(nil)
	acme := org.Insert("Account", map[string]any{"Name": "Acme"})
	org.Insert("Account", map[string]any{"Name": "Globex"})
	im, err := newImporter(ctx, org)
	if err != nil {
		log.Fatal(err)
	}

	report, err := im.Complete(ctx, "anna", nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Run.Counts["Account"])

	org.Update(acme, map[string]any{"Phone": "+49 341 5550100"})
	report, err = im.Incremental(ctx, "anna", nil)
	if err != nil {
		log.Fatal(err)
	}
	for entry, err := range im.Entries(ctx, report.Run.Number) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(entry.Result, entry.Label, entry.Changed)
	}
	// Output:
	// 2 read: 2 created, 0 matched, 0 updated, 0 unchanged, 0 retired, 0 skipped, 0 failed
	// updated Acme [{phone  +49 341 5550100}]
}

// A linked customer's fields are locked until its Salesforce flag is removed.
func ExampleImporter_CheckEdit() {
	ctx := context.Background()
	org := salesforcetest.NewOrg(nil)
	org.Insert("Account", map[string]any{"Name": "Acme"})
	im, err := newImporter(ctx, org)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := im.Complete(ctx, "anna", nil); err != nil {
		log.Fatal(err)
	}

	err = im.CheckEdit(ctx, customers.KindCustomer, "1", "phone", "discount")
	if locked, ok := errors.AsType[*importer.LockedError](err); ok {
		fmt.Println("locked:", locked.Fields)
	}
	if err := im.RemoveFlag(ctx, "anna", customers.KindCustomer, "1"); err != nil {
		log.Fatal(err)
	}
	fmt.Println("now:", im.CheckEdit(ctx, customers.KindCustomer, "1", "phone", "discount"))
	// Output:
	// locked: [phone]
	// now: <nil>
}

func newImporter(ctx context.Context, org *salesforcetest.Org) (*importer.Importer, error) {
	client, err := salesforce.New(salesforce.Config{
		LoginURL:   "https://acme.my.salesforce.com",
		Auth:       salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
		HTTPClient: &http.Client{Transport: org.Transport()},
	})
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	objects, err := customers.Objects(customers.Config{})
	if err != nil {
		return nil, err
	}
	store, err := sqlstore.Open(ctx, db, sqlstore.Config{Dialect: sqlstore.SQLite, Objects: objects})
	if err != nil {
		return nil, err
	}
	return importer.New(importer.Config{Client: client, Store: store, Sink: store, Objects: objects})
}
