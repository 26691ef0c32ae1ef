package main

import (
	"context"
	"fmt"
	"iter"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/salesforce"
)

// changeTheOrg does what colleagues in sales do on an ordinary morning: twelve
// changes, of every sort that an import has to follow. One of them mends what
// made the first dead letter.
func (d *demo) changeTheOrg(ctx context.Context, dead iter.Seq2[importer.DeadLetter, error]) error {
	accounts, err := d.ids(ctx, "SELECT Id FROM Account WHERE ZEP__c = true ORDER BY Name LIMIT 4", 4)
	if err != nil {
		return err
	}
	delivered, err := d.ids(ctx, "SELECT Id FROM Account WHERE ZEP__c = true AND ShippingCity != null ORDER BY Name LIMIT 1", 1)
	if err != nil {
		return err
	}
	outside, err := d.ids(ctx, "SELECT Id FROM Account WHERE ZEP__c = false ORDER BY Name LIMIT 1", 1)
	if err != nil {
		return err
	}
	contacts, err := d.ids(ctx, "SELECT Id FROM Contact WHERE Account.ZEP__c = true ORDER BY LastName LIMIT 3", 3)
	if err != nil {
		return err
	}
	deals, err := d.ids(ctx, "SELECT Id FROM Opportunity WHERE Account.ZEP__c = true AND StageName = 'Prospecting' ORDER BY Name LIMIT 1", 1)
	if err != nil {
		return err
	}
	won, err := d.ids(ctx, "SELECT Id FROM Opportunity WHERE Account.ZEP__c = true AND StageName = 'Closed Won' ORDER BY Name LIMIT 1", 1)
	if err != nil {
		return err
	}
	mended := accounts[2]
	for letter, err := range dead {
		if err != nil {
			return err
		}
		if letter.Object == "Account" {
			mended = letter.ID
			break
		}
	}
	changes := []struct {
		object string
		id     salesforce.ID
		fields salesforce.Record
	}{
		{"Account", accounts[0], salesforce.Record{"Phone": "+49 30 5550100"}},
		{"Account", accounts[1], salesforce.Record{"BillingStreet": "Neue Straße 1\nHinterhaus", "BillingCity": "Köln"}},
		{"Account", mended, salesforce.Record{"AccountNumber": "K-20001"}},
		{"Account", delivered[0], salesforce.Record{"ShippingCity": nil, "ShippingStreet": nil}},
		{"Account", accounts[3], salesforce.Record{"ZEP__c": false}},
		{"Account", outside[0], salesforce.Record{"ZEP__c": true}},
		{"Contact", contacts[0], salesforce.Record{"Title": "Head of Procurement"}},
		{"Contact", contacts[1], salesforce.Record{"AccountId": accounts[0]}},
		{"Opportunity", deals[0], salesforce.Record{"StageName": "Closed Won"}},
		{"Opportunity", won[0], salesforce.Record{"StageName": "Closed Lost", "Amount": 98765.43}},
	}
	for _, change := range changes {
		if err := d.client.Update(ctx, change.object, change.id, change.fields, nil); err != nil {
			return err
		}
	}
	if _, err := d.client.Create(ctx, "Contact", salesforce.Record{"AccountId": accounts[0], "LastName": "Łukaszewicz", "FirstName": "Zoë"}, nil); err != nil {
		return err
	}
	return d.client.Delete(ctx, "Contact", contacts[2])
}

func (d *demo) ids(ctx context.Context, query string, want int) ([]salesforce.ID, error) {
	records, err := salesforce.CollectQuery[salesforce.Record](ctx, d.client, query, nil)
	if err != nil {
		return nil, err
	}
	if len(records) < want {
		return nil, fmt.Errorf("the org has %d records for %q, and this example needs %d", len(records), query, want)
	}
	list := make([]salesforce.ID, len(records))
	for i, record := range records {
		list[i] = record.ID()
	}
	return list, nil
}
