// Quickstart logs in to an org in memory and queries it.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

type Account struct {
	Name, Phone string
	Owner       struct{ Name string }
}

func main() {
	org := salesforcetest.NewServer(salesforcetest.NewOrg(nil)) // yours: https://acme.my.salesforce.com
	defer org.Close()
	org.Org.Insert("Account", map[string]any{"Name": "Ada & Söhne", "Phone": "+49 341 5550100"})

	client, err := salesforce.New(salesforce.Config{
		LoginURL: org.URL, Auth: salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
	})
	if err != nil {
		log.Fatal(err)
	}
	query := "SELECT Name, Phone, Owner.Name FROM Account WHERE Phone LIKE '+49%'"
	for account, err := range salesforce.Query[Account](context.Background(), client, query, nil) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s, %s (%s)\n", account.Name, account.Phone, account.Owner.Name)
	}
}
