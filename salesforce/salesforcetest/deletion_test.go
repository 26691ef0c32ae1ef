package salesforcetest_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// family are parents that children hang on in three ways.
var family = salesforcetest.Schema{
	{Name: "Parent__c", Label: "Parent"},
	{Name: "Child__c", Label: "Child", LabelPlural: "Children", Fields: []salesforcetest.Field{
		{Name: "Master__c", Type: "reference", ReferenceTo: []string{"Parent__c"}, Cascade: true, Children: "Children__r"},
		{Name: "Held__c", Type: "reference", ReferenceTo: []string{"Parent__c"}, Restrict: true, Children: "Holders__r"},
		{Name: "Loose__c", Type: "reference", ReferenceTo: []string{"Parent__c"}, Children: "Friends__r"},
		{Name: "Key__c", Unique: true},
	}},
}

func TestChildrenCanHoldTheirParent(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{Schema: family})
	c := newClient(t, org)
	parent := c.post("/sobjects/Parent__c", `{"Name":"P"}`).id()
	one := c.post("/sobjects/Child__c", `{"Name":"one","Held__c":"`+parent+`"}`).id()
	c.post("/sobjects/Child__c", `{"Name":"two","Held__c":"`+parent+`"}`).id()
	c.delete("/sobjects/Parent__c/"+parent).refused(400, "DELETE_FAILED",
		"Your attempt to delete P could not be completed because it is associated with the following children.: one, two\n")
	require.Len(t, org.Records("Parent__c"), 1)
	require.Panics(t, func() { org.Delete(parent) })
	for _, way := range items(c.get("/sobjects/Parent__c/describe").object()["childRelationships"]) {
		if way["childSObject"] == "Child__c" {
			require.Equal(t, way["field"] == "Held__c", way["restrictedDelete"], way["field"])
		}
	}
	// Two of one: a child that goes along does not hold.
	c.patch("/sobjects/Child__c/"+one, `{"Master__c":"`+parent+`"}`).ok(204)
	c.delete("/sobjects/Child__c/" + idOf(t, org, "Child__c", "Name", "two")).ok(204)
	c.delete("/sobjects/Parent__c/" + parent).ok(204)
	require.Empty(t, org.Records("Child__c"))
}

func TestCasesHoldAccountsAndContacts(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	solo := idOf(t, org, "Contact", "LastName", "Solo")
	id := c.post("/sobjects/Case", `{"Subject":"leak","ContactId":"`+solo+`"}`).id()
	number := org.Record(id)["CaseNumber"].(string)
	c.delete("/sobjects/Contact/"+solo).refused(400, "DELETE_FAILED",
		"Your attempt to delete Solo could not be completed because it is associated with the following cases.: "+number+"\n")
	c.delete("/sobjects/Case/" + id).ok(204)
	c.delete("/sobjects/Contact/" + solo).ok(204)
}

func TestStampsOfChildren(t *testing.T) {
	t.Parallel()
	for _, keep := range []bool{false, true} {
		org := newOrg(salesforcetest.Options{ChildrenKeepStamps: keep})
		acme, other := org.Insert("Account", map[string]any{"Name": "Acme"}), org.Insert("Account", map[string]any{"Name": "Other"})
		lee := org.Insert("Contact", map[string]any{"LastName": "Lee", "AccountId": acme})
		moved := func(step string) {
			require.Equal(t, !keep, org.Record(lee)["SystemModstamp"] == org.Now().Format("2006-01-02T15:04:05.000-0700"), step)
		}
		org.Advance(time.Minute)
		org.Delete(acme)
		moved("delete")
		require.Equal(t, true, org.Record(lee)["IsDeleted"])
		org.Advance(time.Minute)
		org.Undelete(acme)
		moved("undelete")
		org.Advance(time.Minute)
		org.Merge(other, acme)
		moved("merge")
		require.Equal(t, other, org.Record(lee)["AccountId"])
	}
}

func TestTheRecycleBinIsEmptiedAfterFifteenDays(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	c := newClient(t, org)
	id := c.post("/sobjects/Account", `{"Name":"Acme"}`).id()
	c.delete("/sobjects/Account/" + id).ok(204)
	seen := func() int { return len(c.get("/queryAll?q=SELECT+Id+FROM+Account").records()) }
	org.Advance(15*24*time.Hour - time.Second)
	c.token = org.Credentials().AccessToken
	require.Equal(t, 1, seen())
	c.delete("/sobjects/Account/"+id).refused(404, "ENTITY_IS_DELETED", "")
	org.Advance(time.Second)
	require.Equal(t, 0, seen())
	require.Nil(t, org.Record(id))
	require.Panics(t, func() { org.Undelete(id) })
	c.delete("/sobjects/Account/"+id).refused(404, "NOT_FOUND", "")
}

func TestUndeleteNeedsItsKeyToBeFree(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{Schema: family})
	id := org.Insert("Child__c", map[string]any{"Key__c": "k"})
	org.Delete(id)
	org.Insert("Child__c", map[string]any{"Key__c": "K"})
	require.PanicsWithValue(t, "salesforcetest: DUPLICATE_VALUE: duplicate value found: Key__c duplicates value on record with id: "+
		org.Records("Child__c")[0]["Id"].(string)[:15], func() { org.Undelete(id) })
}

func TestMergesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	acme, beta := idOf(t, org, "Account", "Name", "Acme"), idOf(t, org, "Account", "Name", "beta Corp")
	lee := idOf(t, org, "Contact", "LastName", "Lee")
	one, two := org.Insert("Case", nil), org.Insert("Case", nil)
	for name, merge := range map[string]func(){
		"itself":       func() { org.Merge(acme, acme) },
		"twice":        func() { org.Merge(acme, beta, beta[:15]) },
		"another type": func() { org.Merge(acme, lee) },
		"nobody":       func() { org.Merge(acme) },
		"cases":        func() { org.Merge(one, two) },
	} {
		require.Panics(t, merge, name)
	}
	gamma := idOf(t, org, "Account", "Name", "Gamma_100%")
	org.Merge(beta, acme)
	org.Merge(gamma, beta)
	require.Equal(t, []any{beta, gamma}, []any{org.Record(acme)["MasterRecordId"], org.Record(beta)["MasterRecordId"]}, "a chain to follow")
	require.Equal(t, gamma, org.Record(lee)["AccountId"])
}

func TestAmountsFollowLinesThatGo(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	deal := idOf(t, org, "Opportunity", "Name", "O3")
	product := c.post("/sobjects/Product2", `{"Name":"Window"}`).id()
	line := func(price string) string {
		return c.post("/sobjects/OpportunityLineItem", `{"OpportunityId":"`+deal+`","Product2Id":"`+product+`","Quantity":1,"TotalPrice":`+price+`}`).id()
	}
	amount := func() []any {
		r := c.get("/sobjects/Opportunity/" + deal).object()
		return []any{r["Amount"], r["ExpectedRevenue"], r["HasOpportunityLineItem"]}
	}
	one, two := line("100"), line("50")
	require.Equal(t, []any{json.Number("150.0"), json.Number("135.0"), true}, amount())
	c.patch("/sobjects/Opportunity/"+deal, `{"Amount":7,"NextStep":"call"}`).ok(204)
	require.Equal(t, []any{json.Number("150.0"), json.Number("135.0"), true}, amount(), "the lines decide")
	c.delete("/sobjects/OpportunityLineItem/" + one).ok(204)
	require.Equal(t, []any{json.Number("50.0"), json.Number("45.0"), true}, amount())
	c.delete("/sobjects/OpportunityLineItem/" + two).ok(204)
	require.Equal(t, []any{json.Number("50.0"), json.Number("45.0"), false}, amount())
	c.patch("/sobjects/Opportunity/"+deal, `{"Amount":7}`).ok(204)
	require.Equal(t, []any{json.Number("7.0"), json.Number("6.3"), false}, amount())
}
