package salesforcetest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// told is all that queries tell of an org's accounts, contacts and cases.
func told(t *testing.T, org *salesforcetest.Org) string {
	c := newClient(t, org)
	return c.get("/queryAll?q=SELECT+Id,Name,Number__c,OwnerId,ParentId,IsDeleted,MasterRecordId,SystemModstamp,LastModifiedDate,(SELECT+Name+FROM+Contacts)+FROM+Account").ok(200).body +
		c.get("/queryAll?q=SELECT+Id,LastName,AccountId,SystemModstamp+FROM+Contact").ok(200).body +
		c.get("/queryAll?q=SELECT+Id,CaseNumber+FROM+Case").ok(200).body
}

func TestASnapshotBringsEverythingBack(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	acme, beta := idOf(t, org, "Account", "Name", "Acme"), idOf(t, org, "Account", "Name", "beta Corp")
	org.Delete(beta)
	before, s := told(t, org), org.Snapshot()

	disturb := func() {
		org.Advance(time.Minute)
		org.Undelete(beta)
		org.Merge(beta, acme)
		org.Insert("Case", map[string]any{"Subject": "x"})
		org.Insert("Account", map[string]any{"Name": "New", "Number__c": "A-9"})
		org.Purge(idOf(t, org, "Contact", "LastName", "Solo"))
		require.NoError(t, org.Extend(salesforcetest.Schema{{Name: "Later__c"}}))
		org.Insert("Later__c", nil)
		org.HoldTransaction().Update(beta, map[string]any{"Name": "held"})
	}
	for range 2 {
		disturb()
		require.NotEqual(t, before, told(t, org))
		org.Restore(s)
		require.Equal(t, before, told(t, org))
		require.Empty(t, org.Records("Later__c"))
	}
	// Ids and numbers go on where they were, and keys are free again.
	c := newClient(t, org)
	first := c.post("/sobjects/Account", `{"Name":"New","Number__c":"A-9"}`).id()
	number := org.Record(c.post("/sobjects/Case", `{"Subject":"x"}`).id())["CaseNumber"]
	org.Restore(s)
	require.Equal(t, first, c.post("/sobjects/Account", `{"Name":"New","Number__c":"A-9"}`).id())
	require.Equal(t, number, org.Record(c.post("/sobjects/Case", `{"Subject":"x"}`).id())["CaseNumber"])
	org.Undelete(beta)
	require.Equal(t, beta, org.Record(idOf(t, org, "Contact", "LastName", "Ng"))["AccountId"])
	require.Panics(t, func() { newOrg(salesforcetest.Options{}).Restore(s) })
}

func TestManyOrgsFromOneSnapshot(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{Schema: append(invoicing, workshop...)})
	beta := idOf(t, org, "Account", "Name", "beta Corp")
	org.Insert("Invoice__c", map[string]any{"Account__c": beta})
	org.Delete(beta)
	org.HideField("Account", "Phone")
	before, s := told(t, org), org.Snapshot()
	org.Advance(time.Hour)

	for i := range 4 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			other := s.NewOrg()
			c := newClient(t, other)
			require.Equal(t, before, told(t, other))
			require.Equal(t, saturday, other.Now())
			c.as("rep@example.com", "hunter2XYZ").get("/limits").ok(200)
			c.query("SELECT Phone FROM Account").refused(400, "INVALID_FIELD", "Phone")
			other.Undelete(beta)
			invoice := other.Records("Invoice__c")[0]["Id"].(string)
			c.post("/sobjects/Line__c", `{"Invoice__c":"`+invoice+`","Price__c":5}`).ok(201)
			require.EqualValues(t, 5, other.Record(beta)["Billed__c"])
			c.post("/sobjects/Account", `{"Name":"x","Number__c":"a-1"}`).refused(400, "DUPLICATE_VALUE", "")
			job := c.post("/sobjects/Job__c", fmt.Sprintf(`{"Account__c":%q}`, beta)).id()
			require.Equal(t, "beta Corp", other.Record(job)["Customer__c"])
			require.Equal(t, true, org.Record(beta)["IsDeleted"])
		})
	}
}
