package salesforce_test

import (
	"context"
	"fmt"
	"log"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
	"github.com/sfbridge/sfbridge/soql"
)

type site struct {
	Attributes salesforce.Attributes `json:"attributes"`
	ID         salesforce.ID         `json:"Id"`
	Name       string
	Address    *salesforce.Address         `json:"BillingAddress"`
	Spot       salesforce.Geolocation      `json:"Spot__c"`
	Phone      salesforce.Field[string]    `json:"Phone"`
	Changed    salesforce.DateTime         `json:"SystemModstamp"`
	Owner      *struct{ Name string }      `json:"Owner"`
	Contacts   []struct{ LastName string } `json:"Contacts"`
}

func (site) SObjectName() string { return "Account" }

type office struct {
	site
	Fax string
}

type (
	nameless struct{ Name string }
	misnamed struct{ Name string }
)

func (*misnamed) SObjectName() string { return "Account WHERE" }

func TestTypesYieldTheirQuery(t *testing.T) {
	t.Parallel()
	const fields = "Id, Name, BillingAddress, Spot__c, Phone, SystemModstamp, Owner.Name, (SELECT LastName FROM Contacts)"
	for want, query := range map[string]func() (*soql.Query, error){
		"SELECT " + fields + " FROM Account":      salesforce.QueryOf[*site],
		"SELECT " + fields + ", Fax FROM Account": salesforce.QueryOf[office],
	} {
		q, err := query()
		require.NoError(t, err)
		text, err := q.Text()
		require.NoError(t, err)
		require.Equal(t, want, text)
	}
}

func TestObjectsAreNeverGuessed(t *testing.T) {
	t.Parallel()
	_, err := salesforce.ObjectName[nameless]()
	require.ErrorIs(t, err, salesforce.ErrValidation)
	require.ErrorContains(t, err, "nameless has no method SObjectName() string")
	_, err = salesforce.QueryOf[misnamed]()
	require.ErrorContains(t, err, `"Account WHERE"`)
	_, err = salesforce.QueryOf[salesforce.Record]()
	require.ErrorIs(t, err, salesforce.ErrValidation)
}

// Opening is an opportunity with the account that it belongs to.
type Opening struct {
	Name    string
	Stage   string `json:"StageName"`
	Account struct{ Name string }
}

// SObjectName names the object whose records an Opening holds.
func (Opening) SObjectName() string { return "Opportunity" }

func ExampleQueryOf() {
	org := salesforcetest.NewOrg(nil)
	account := org.Insert("Account", map[string]any{"Name": "Acme"})
	org.Insert("Opportunity", map[string]any{"Name": "Roof", "StageName": "Prospecting", "CloseDate": "2026-12-24", "AccountId": account})
	c := connect(org)

	q, err := salesforce.QueryOf[Opening]()
	if err != nil {
		log.Fatal(err)
	}
	q.Where = soql.Eq("StageName", "Prospecting")
	text, err := q.Text()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(text)
	openings, err := salesforce.CollectQuery[Opening](context.Background(), c, text, nil)
	fmt.Println(openings, err)
	// Output:
	// SELECT Name, StageName, Account.Name FROM Opportunity WHERE StageName = 'Prospecting'
	// [{Roof Prospecting {Acme}}] <nil>
}

func ExampleAttributes() {
	org := salesforcetest.NewOrg(nil)
	lead := org.Insert("Lead", map[string]any{"LastName": "Leap", "Company": "Acme"})
	org.Insert("Task", map[string]any{"Subject": "Call", "WhoId": lead})
	c := connect(org)

	type task struct {
		Subject string
		Who     struct { // a Lead or a Contact
			Attributes salesforce.Attributes `json:"attributes"`
			Name       string
			Company    string // of a Lead
		}
	}
	for t, err := range salesforce.Query[task](context.Background(), c,
		"SELECT Subject, TYPEOF Who WHEN Lead THEN Name, Company WHEN Contact THEN Name END FROM Task", nil) {
		fmt.Println(t.Subject, t.Who.Name, "of", t.Who.Company, "is a", t.Who.Attributes.Type, err)
	}
	// Output: Call Leap of Acme is a Lead <nil>
}

func ExampleClient_Explain() {
	c := connect(salesforcetest.NewOrg(nil))

	plans, err := c.Explain(context.Background(), "SELECT Id FROM Account WHERE Name = 'Acme'")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(plans[0].Object, plans[0].LeadingOperation, len(plans[0].Fields))
	// Output: Account TableScan 0
}
