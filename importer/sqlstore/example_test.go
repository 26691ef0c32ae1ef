package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/importer/sqlstore"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
)

// Open makes the tables of the state and of each kind of record.
func ExampleOpen() {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	objects, err := customers.Objects(customers.Config{Stages: []string{"Closed Won"}})
	if err != nil {
		log.Fatal(err)
	}

	store, err := sqlstore.Open(context.Background(), db, sqlstore.Config{
		Dialect: sqlstore.SQLite,
		Objects: objects,
		Tables:  map[string]sqlstore.Table{customers.KindCustomer: {Name: "clients"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	state, err := store.State(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("runs so far:", state.Runs)

	rows, err := db.QueryContext(context.Background(), `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%\_%' ESCAPE '\' ORDER BY name`)
	if err != nil {
		log.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			log.Fatal(err)
		}
		fmt.Println(name)
	}
	// Output:
	// runs so far: 0
	// clients
	// contacts
	// projects
}

// The customers of the host live in a table that it has made long ago.
func ExampleTable() {
	ctx := context.Background()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	_, err = db.ExecContext(ctx, `CREATE TABLE "Kunden" ("Nr" INTEGER PRIMARY KEY, "Firma" TEXT NOT NULL, "Ort" TEXT, "Aktiv" BOOLEAN, "SFID" TEXT UNIQUE)`)
	if err != nil {
		log.Fatal(err)
	}
	objects, err := customers.Objects(customers.Config{CustomerRules: []mapping.Rule{
		{Target: "name", From: []string{"Name"}}, {Target: "city", From: []string{"BillingCity"}},
	}})
	if err != nil {
		log.Fatal(err)
	}
	table := sqlstore.Table{
		Name: "Kunden", Existing: true, ID: "Nr", Link: "SFID", Active: "Aktiv",
		Columns: map[string]string{"name": "Firma", "city": "Ort"},
	}
	store, err := sqlstore.Open(ctx, db, sqlstore.Config{
		Dialect: sqlstore.SQLite, Objects: objects[:1], Tables: map[string]sqlstore.Table{customers.KindCustomer: table},
	})
	if err != nil {
		log.Fatal(err)
	}

	values, err := objects[0].Mapping.Apply(salesforce.Record{"Name": "Müller", "BillingCity": "Leipzig"})
	if err != nil {
		log.Fatal(err)
	}
	outcomes, err := store.Apply(ctx, []importer.Change{{Kind: customers.KindCustomer, Action: importer.Put, ID: "001000000000001AAA", Values: values}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(outcomes[0].Result, outcomes[0].HostID)
	// Output:
	// created 1
}
