package customers_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func tickedOnly(t *testing.T) {
	w := newWorld(t, ticked)
	in, out := w.account("In", "ZEP__c", true), w.account("Out")
	for _, account := range []string{in, out} {
		w.contact(account, "Contact of "+account)
		w.opportunity(account, "Work for "+account, "Closed Won")
	}
	report := w.complete()
	require.Equal(t, []string{"In"}, w.names("customers"))
	require.Equal(t, []string{"Contact of " + in}, w.names("contacts"))
	require.Equal(t, []string{"Work for " + in}, w.names("projects"))
	require.Equal(t, []string{"skipped", "ZEP__c is not ticked"}, w.told(report, out))
}

func anotherCheckbox(t *testing.T) {
	w := newWorld(t, salesforcetest.Field{Name: "Timesheet__c", Type: "boolean"})
	w.config.Flag = "Timesheet__c"
	w.account("In", "Timesheet__c", true)
	w.account("Out")
	w.complete()
	require.Equal(t, []string{"In"}, w.names("customers"))
}

func noCheckbox(t *testing.T) {
	w := newWorld(t)
	w.account("A")
	w.account("B")
	w.complete()
	require.Equal(t, []string{"A", "B"}, w.names("customers"))
}

func hiddenCheckbox(t *testing.T) {
	w := newWorld(t, ticked)
	w.account("In", "ZEP__c", true)
	out := w.account("Out")
	w.complete()
	w.org.HideField("Account", "ZEP__c")
	w.refused("Account.ZEP__c was there before and is missing now")
	_, err := w.importer().Incremental(t.Context(), "anna", nil)
	require.ErrorIs(t, err, importer.ErrSchema)
	require.ErrorIs(t, w.importer().SetUp(t.Context(), "anna"), importer.ErrSchema)

	w.org.ShowField("Account", "ZEP__c")
	w.later(func() { w.org.Update(out, map[string]any{"Phone": "1"}) })
	require.Equal(t, []string{"In"}, w.names("customers"))
}

func requiredCheckbox(t *testing.T) {
	w := newWorld(t)
	w.complete() // makes the tables
	w.config.Scope = importer.ScopeRequired
	w.account("A")
	w.refused("the scope checkbox Account.ZEP__c is missing, or this user may not see it")
}

func scopeOff(t *testing.T) {
	w := newWorld(t, ticked)
	w.config.Scope = importer.ScopeOff
	w.account("Out")
	w.complete()
	require.Equal(t, []string{"Out"}, w.names("customers"))
}

func noCheckboxAtAll(t *testing.T) {
	w := newWorld(t, salesforcetest.Field{Name: "ZEP__c", Type: "string"})
	w.account("A", "ZEP__c", "true")
	_, err := w.importer().Complete(t.Context(), "anna", nil)
	require.ErrorIs(t, err, importer.ErrSchema)
	require.ErrorContains(t, err, "Account.ZEP__c is of type string: the scope needs a checkbox")
}

// Salesforce stamps no change of a formula: neither of the accounts is told of.
func formulaCheckbox(t *testing.T) {
	chosen := map[any]bool{"In": true}
	w := newWorld(t, salesforcetest.Field{Name: "ZEP__c", Type: "boolean", Formula: func(r salesforcetest.Row) any { return chosen[r.Get("Name")] }})
	in := w.account("In")
	late := w.account("Late")
	bob := w.contact(late, "Bob")
	w.complete()
	require.Equal(t, []string{"In"}, w.names("customers"))

	report := w.later(func() { chosen["In"], chosen["Late"] = false, true })
	require.Equal(t, []string{"In", "Late"}, w.names("customers"))
	require.Equal(t, w.hostID("customers", late), w.column("contacts", bob, "customer_id"))
	require.Equal(t, []string{"skipped", "ZEP__c is not ticked"}, w.told(report, in))
	w.later(func() { w.org.Update(in, map[string]any{"Phone": "1"}) })
	require.Equal(t, "<nil>", w.column("customers", in, "phone"), "no longer updated")
}

func unticked(t *testing.T) {
	for _, test := range []struct {
		policy importer.ExitPolicy
		active string
		locked bool
	}{{"", "1", true}, {importer.Keep, "1", true}, {importer.Detach, "1", false}, {importer.Deactivate, "0", true}} {
		w := newWorld(t, ticked)
		w.config.OnExit = test.policy
		acme := w.account("Acme", "ZEP__c", true)
		ada := w.contact(acme, "Ada")
		w.complete()

		w.later(func() { w.org.Update(acme, map[string]any{"ZEP__c": false, "Phone": "1"}) })
		require.Equal(t, "<nil>", w.column("customers", acme, "phone"), "no longer updated")
		require.Equal(t, test.active, w.column("customers", acme, "active"))
		require.Equal(t, test.locked, w.locked(customers.KindCustomer, w.hostID("customers", acme)) != nil)
		require.Equal(t, test.locked, w.locked(customers.KindContact, w.hostID("contacts", ada)) != nil)

		w.later(func() { w.org.Update(acme, map[string]any{"ZEP__c": true}) })
		require.Equal(t, "1", w.column("customers", acme, "phone"))
		require.Equal(t, "1", w.column("customers", acme, "active"))
		require.NotEmpty(t, w.locked(customers.KindContact, w.hostID("contacts", ada)))
	}
}
