package customers_test

import (
	"fmt"
	"log"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
)

// The default rules fill the package's types.
func ExampleCustomerRules() {
	m, err := mapping.New(customers.CustomerRules(), nil)
	if err != nil {
		log.Fatal(err)
	}
	values, err := m.Apply(salesforce.Record{
		"AccountNumber": "K-17", "Name": "Müller & Söhne", "BillingStreet": "Ring 1\nHinterhaus", "BillingState": "Sachsen", "BillingCity": "Leipzig",
	})
	if err != nil {
		log.Fatal(err)
	}
	var c customers.Customer
	if err := values.Into(&c); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s %s: %q, delivery address of its own: %t\n", c.Number, c.Name, c.BillingLines, c.HasDelivery())
	// Output:
	// K-17 Müller & Söhne: ["Ring 1" "Hinterhaus" "Sachsen"], delivery address of its own: false
}

func ExampleObjects() {
	objects, err := customers.Objects(customers.Config{Stages: []string{"Closed Won"}})
	if err != nil {
		log.Fatal(err)
	}
	for _, o := range objects {
		fmt.Println(o.Name, "->", o.Kind)
	}
	// Output:
	// Account -> customer
	// Contact -> contact
	// Opportunity -> project
}

// A configuration may be a file. What is wrong with it is told with its place.
func ExampleReadConfig() {
	file := []byte("stages: [Closed Won]\nonExit: detach\nnumbers: {duplicate: refuse}\n")
	config, err := customers.ReadConfig("import.yaml", file)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(config.Stages, config.OnExit, config.Numbers.Duplicate)

	_, err = customers.ReadConfig("import.yaml", []byte("stages: [Closed Won]\nonExit: detatch\n"))
	fmt.Println(err)
	// Output:
	// [Closed Won] detach refuse
	// import.yaml:2:9: onExit: unknown exit policy "detatch"; did you mean "detach"?
}

func TestEveryTypeTakesAllItsTargets(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		rules  []mapping.Rule
		target any
	}{
		{customers.CustomerRules(), new(customers.Customer)},
		{customers.ContactRules(), new(customers.Contact)},
		{customers.ProjectRules(), new(customers.Project)},
	} {
		m, err := mapping.New(test.rules, nil)
		require.NoError(t, err)
		values, err := m.Apply(salesforce.Record{"Name": "x", "LastName": "x"})
		require.NoError(t, err)
		require.NoError(t, values.Into(test.target))
	}
}

func TestDeliveryAddressIsNeverACopyOfBilling(t *testing.T) {
	t.Parallel()
	m, err := mapping.New(customers.CustomerRules(), nil)
	require.NoError(t, err)
	record := salesforce.Record{
		"Name": "Acme", "BillingStreet": "Ring 1", "BillingState": nil, "BillingCity": "Leipzig",
		"ShippingStreet": nil, "ShippingState": nil, "ShippingPostalCode": nil, "ShippingCity": nil, "ShippingCountry": nil,
	}
	values, err := m.Apply(record)
	require.NoError(t, err)
	var c customers.Customer
	require.NoError(t, values.Into(&c))
	require.False(t, c.HasDelivery())

	record["ShippingCountry"] = "DE"
	values, err = m.Apply(record)
	require.NoError(t, err)
	require.NoError(t, values.Into(&c))
	require.True(t, c.HasDelivery())
	require.Equal(t, "Leipzig", c.BillingCity)
	require.Empty(t, c.DeliveryCity)
}

func TestOpportunitiesNotBefore(t *testing.T) {
	t.Parallel()
	objects, err := customers.Objects(customers.Config{
		Stages: []string{"Closed Won"}, NotBefore: salesforce.Date{Year: 2026, Month: 1, Day: 1},
	})
	require.NoError(t, err)
	decide := objects[2].Decide
	old := salesforce.Record{"StageName": "Closed Won", "CloseDate": "2025-12-31"}
	require.Equal(t, importer.Decision{Reason: "it closed before 2026-01-01"}, decide(old, false))
	require.True(t, decide(old, true).Import, "a project that exists is kept up to date")
	require.True(t, decide(salesforce.Record{"StageName": "Closed Won", "CloseDate": "2026-01-01"}, false).Import)
	require.False(t, decide(salesforce.Record{"StageName": "closed won", "CloseDate": "2026-01-01"}, false).Import, "compared by API value")
}

func TestEveryFaultIsReported(t *testing.T) {
	t.Parallel()
	_, err := customers.Objects(customers.Config{
		Scope: "sometimes", CustomerRules: []mapping.Rule{{Target: "name"}}, ContactRules: []mapping.Rule{{}},
	})
	require.ErrorContains(t, err, `unknown scope "sometimes"`)
	require.ErrorContains(t, err, "rules for kind customer")
	require.ErrorContains(t, err, "rules for kind contact")
}
