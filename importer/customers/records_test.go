package customers_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// columns holds what a host record should be.
func (w *world) columns(table, sfID string, want map[string]string) {
	w.Helper()
	for column, value := range want {
		require.Equal(w, value, w.column(table, sfID, column), column)
	}
}

func customerFields(t *testing.T) {
	w := newWorld(t)
	acme := w.account("Acme", "AccountNumber", "K-7", "BillingStreet", "Ring 1\r\nHinterhaus", "BillingState", "Sachsen",
		"BillingPostalCode", "04109", "BillingCity", "Leipzig", "BillingCountry", "Deutschland", "Phone", "1", "Fax", "2",
		"Website", "acme.example", "Description", "good", "ShippingStreet", "Kai 2", "ShippingState", "Bremen",
		"ShippingPostalCode", "28195", "ShippingCity", "Bremerhaven", "ShippingCountry", "DE")
	w.complete()
	w.columns("customers", acme, map[string]string{
		"number": "K-7", "name": "Acme", "billing_lines": "Ring 1\nHinterhaus\nSachsen", "billing_zip": "04109", "billing_city": "Leipzig",
		"billing_country": "Deutschland", "phone": "1", "fax": "2", "www": "acme.example", "remark": "good",
		"delivery_lines": "Kai 2\nBremen", "delivery_zip": "28195", "delivery_city": "Bremerhaven", "delivery_country": "DE",
	})
}

// customer is what a sink of the host's own gets of an account.
func customer(t *testing.T, fields ...any) customers.Customer {
	t.Helper()
	m, err := mapping.New(customers.CustomerRules(), nil)
	require.NoError(t, err)
	record := with(map[string]any{
		"Name": "Acme", "BillingStreet": nil, "BillingState": nil, "BillingPostalCode": nil, "BillingCity": "Leipzig", "BillingCountry": nil,
		"ShippingStreet": nil, "ShippingState": nil, "ShippingPostalCode": nil, "ShippingCity": nil, "ShippingCountry": nil,
	}, fields...)
	values, err := m.Apply(record)
	require.NoError(t, err)
	var c customers.Customer
	require.NoError(t, values.Into(&c))
	return c
}

func standardAddress(t *testing.T) {
	c := customer(t, "BillingStreet", "Ring 1", "BillingState", "Sachsen")
	require.Equal(t, []customers.Address{{Lines: []string{"Ring 1", "Sachsen"}, City: "Leipzig", Billing: true}}, c.Addresses())
}

func deliveryAddress(t *testing.T) {
	c := customer(t)
	require.Len(t, c.Addresses(), 1, "none of its own")
	for _, field := range []string{"ShippingStreet", "ShippingState", "ShippingPostalCode", "ShippingCity", "ShippingCountry"} {
		c = customer(t, field, "x")
		require.Len(t, c.Addresses(), 2, field)
		require.True(t, c.Addresses()[1].Delivery)
		require.NotEqual(t, "Leipzig", c.Addresses()[1].City)
	}

	w := newWorld(t)
	acme := w.account("Acme", "BillingCity", "Leipzig", "ShippingCity", "Bremen")
	w.complete()
	w.later(func() { w.org.Update(acme, map[string]any{"ShippingCity": nil}) })
	require.Equal(t, "<nil>", w.column("customers", acme, "delivery_city"), "emptied, not copied")
}

func activeByDefault(t *testing.T) {
	w := newWorld(t)
	acme := w.account("Acme")
	w.complete()
	require.Equal(t, "1", w.column("customers", acme, "active"))
	require.NotContains(t, w.locked(customers.KindCustomer, "1"), "active", "the host's own to change")
}

func activeFromField(t *testing.T) {
	status := salesforcetest.Field{Name: "Status__c", Type: "picklist", Picklist: []salesforcetest.PicklistValue{{Value: "Live"}, {Value: "Gone"}}}
	for name, rule := range map[string]mapping.Rule{
		"Active__c": {Target: customers.TargetActive, From: []string{"Active__c"}, Type: mapping.Checkbox},
		"Status__c": {
			Target: customers.TargetActive, From: []string{"Status__c"}, Type: mapping.Checkbox,
			Lookup: map[string]string{"Live": "true", "Gone": "false"},
		},
	} {
		w := newWorld(t, salesforcetest.Field{Name: "Active__c", Type: "boolean"}, status)
		w.config.CustomerRules = append(customers.CustomerRules(), rule)
		on := w.account("On", "Active__c", true, "Status__c", "Live")
		off := w.account("Off", "Active__c", false, "Status__c", "Gone")
		w.complete()
		require.Equal(t, "1", w.column("customers", on, "active"), name)
		require.Equal(t, "0", w.column("customers", off, "active"), name)
		require.Contains(t, w.locked(customers.KindCustomer, "1"), "active", name)

		w.later(func() { w.org.Update(on, map[string]any{"Active__c": false, "Status__c": "Gone"}) })
		require.Equal(t, "0", w.column("customers", on, "active"), name)
	}
}

func hiddenField(t *testing.T) {
	w := newWorld(t)
	acme := w.account("Acme", "Fax", "2")
	w.complete()
	w.org.HideField("Account", "Fax")
	report := w.later(func() { w.org.Update(acme, map[string]any{"Phone": "1"}) })
	require.Equal(t, "1", w.column("customers", acme, "phone"))
	require.Equal(t, "2", w.column("customers", acme, "fax"))
	require.Contains(t, report.Run.Warnings, "Account.Fax is missing or hidden: the host keeps what it has")
}

func mergedAccounts(t *testing.T) {
	w := newWorld(t)
	winner, loser, second := w.account("Winner"), w.account("Loser"), w.account("Second")
	bob, work := w.contact(loser, "Bob"), w.opportunity(loser, "Work", "Closed Won")
	ada := w.contact(winner, "Ada")
	w.complete()
	own := w.hostID("customers", winner)

	w.later(func() {
		w.org.Merge(second, loser)
		w.org.Merge(winner, second) // a chain
	})
	require.Equal(t, own, w.hostID("customers", winner))
	require.Equal(t, []string{"Winner"}, w.query(`SELECT name FROM customers WHERE active = 1`))
	require.Equal(t, own, w.column("contacts", ada, "customer_id"))
	require.Equal(t, own, w.column("contacts", bob, "customer_id"))
	require.Equal(t, own, w.column("projects", work, "customer_id"))
	require.Equal(t, "1", w.column("projects", work, "active"))
}

func deletedAccounts(t *testing.T) {
	for _, test := range []struct {
		policy importer.ExitPolicy
		active string
		locked bool
	}{{"", "0", true}, {importer.Deactivate, "0", true}, {importer.Keep, "1", true}, {importer.Detach, "1", false}} {
		w := newWorld(t)
		w.config.OnDelete = test.policy
		acme, ada, work := w.family()
		w.complete()

		w.later(func() { w.org.Delete(acme) })
		for table, id := range map[string]string{"customers": acme, "contacts": ada, "projects": work} {
			require.Equal(t, test.active, w.column(table, id, "active"), "%s, policy %q", table, test.policy)
		}
		require.Equal(t, test.locked, w.locked(customers.KindCustomer, "1") != nil)

		w.later(func() { w.org.Undelete(acme) })
		w.later(func() { w.org.Update(ada, map[string]any{"Phone": "2"}) })
		require.Equal(t, "1", w.column("customers", acme, "active"))
		require.Equal(t, "1", w.column("projects", work, "active"))
		require.Equal(t, "2", w.column("contacts", ada, "phone"))
		require.NotEmpty(t, w.locked(customers.KindCustomer, "1"))
	}
}

func contactFields(t *testing.T) {
	w := newWorld(t)
	acme := w.account("Acme")
	ada := w.contact(acme, "Lovelace", "Salutation", "Ms.", "FirstName", "Ada", "Title", "Countess", "Email", "ada@example.org",
		"Phone", "1", "Fax", "2", "MobilePhone", "3", "Description", "clever")
	w.complete()
	w.columns("contacts", ada, map[string]string{
		"salutation": "Ms.", "first_name": "Ada", "name": "Lovelace", "job_title": "Countess", "email": "ada@example.org",
		"phone": "1", "fax": "2", "mobile": "3", "remark": "clever", "customer_id": w.hostID("customers", acme),
	})
}

func newPeople(t *testing.T) *world {
	t.Helper()
	return newWorldOf(t, salesforcetest.Options{PersonAccounts: true})
}

func (w *world) person(first, last string, fields ...any) (account, contact string) {
	account = w.org.Insert("Account", with(map[string]any{"FirstName": first, "LastName": last}, fields...))
	return account, w.org.Record(account)["PersonContactId"].(string)
}

func personAccounts(t *testing.T) {
	for _, contacts := range []bool{false, true} {
		w := newPeople(t)
		w.config.PersonContacts = contacts
		ada, inner := w.person("Ada", "Lovelace", "Phone", "1")
		clerk := w.contact(w.account("Acme"), "Clerk")
		report := w.complete()
		require.Equal(t, []string{"Acme", "Ada Lovelace"}, w.names("customers"))
		if !contacts {
			require.Equal(t, []string{"Clerk"}, w.names("contacts"))
			require.Equal(t, []string{"skipped", "it belongs to a person account, which is a customer"}, w.told(report, inner))
			continue
		}
		require.Equal(t, []string{"Clerk", "Lovelace"}, w.names("contacts"))
		require.Equal(t, w.hostID("customers", ada), w.column("contacts", inner, "customer_id"))

		w.later(func() { w.org.Update(ada, map[string]any{"LastName": "King"}) })
		require.Equal(t, "Ada King", w.column("customers", ada, "name"))
		require.Equal(t, "King", w.column("contacts", inner, "name"))
		require.Equal(t, "Clerk", w.column("contacts", clerk, "name"))
	}
}

func mergedPersons(t *testing.T) {
	w := newPeople(t)
	w.config.PersonContacts = true
	one, inner := w.person("Ada", "Lovelace")
	two, lost := w.person("Ada", "King")
	work := w.opportunity(two, "Work", "Closed Won")
	w.complete()

	report := w.later(func() { w.org.Merge(one, two) })
	require.Equal(t, "1", w.column("customers", one, "active"))
	require.Equal(t, "0", w.column("customers", two, "active"))
	require.Equal(t, "1", w.column("contacts", inner, "active"))
	require.Equal(t, "0", w.column("contacts", lost, "active"))
	require.Equal(t, w.hostID("customers", one), w.column("projects", work, "customer_id"))
	require.Equal(t, []string{"retired", "merged in Salesforce into " + one + ", which is customer " + w.hostID("customers", one) + ": both are in the host"}, w.told(report, two))
}
