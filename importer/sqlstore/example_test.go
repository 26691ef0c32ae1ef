package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"

	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/importer/sqlstore"
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
