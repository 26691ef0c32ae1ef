// Quickstart logs in to an org in memory and queries it.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func main() {
	org := salesforcetest.NewServer(nil) // or your own: https://acme.my.salesforce.com
	defer org.Close()
	org.Org.Insert("Account", map[string]any{"Name": "Ada & Söhne", "Phone": "+49 341 5550100"})

	login := salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"}
	client, err := salesforce.New(salesforce.Config{LoginURL: org.URL, Auth: login})
	if err != nil {
		log.Panic(err)
	}
	type account struct{ Name, Phone string }
	query := "SELECT Name, Phone FROM Account WHERE Phone LIKE '+49%'"
	for a, err := range salesforce.Query[account](context.Background(), client, query, nil) {
		fmt.Println(a.Name, a.Phone, err)
	}
}
