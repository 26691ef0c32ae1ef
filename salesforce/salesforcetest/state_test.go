package salesforcetest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func TestTestsReachPastTheAPI(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	id := org.Insert("Opportunity", map[string]any{
		"Name": "x", "StageName": "Prospecting", "CloseDate": saturday, "Amount": 12.5, "CreatedDate": "2020-01-02T03:04:05Z",
	})
	org.Advance(time.Minute)
	org.Update(id[:15], map[string]any{"Probability": 42, "Description": nil})

	rec := org.Record(id)
	require.Equal(t, []any{"2026-11-21", 12.5, 42.0, nil, false}, []any{rec["CloseDate"], rec["Amount"], rec["Probability"], rec["Description"], rec["IsDeleted"]})
	require.Equal(t, []any{"2020-01-02T03:04:05.000+0000", "2026-11-21T15:31:00.000+0000"}, []any{rec["CreatedDate"], rec["SystemModstamp"]})
	org.Update(id, map[string]any{"SystemModstamp": saturday.Add(-time.Hour)})
	require.Equal(t, "2026-11-21T14:30:00.000+0000", org.Record(id)["SystemModstamp"])
	require.NotContains(t, org.Records("User")[0], "IsDeleted")
	require.Nil(t, org.Record("006xx000000zzzz"))
	require.Nil(t, org.Record("nonsense"))
	require.Nil(t, org.File(id))

	org.Purge(id)
	require.Nil(t, org.Record(id))
	for name, mistake := range map[string]func(){
		"object":  func() { org.Insert("Nothing", nil) },
		"field":   func() { org.Insert("Account", map[string]any{"Foo": 1}) },
		"value":   func() { org.Insert("Account", map[string]any{"Name": make(chan int)}) },
		"record":  func() { org.Update(id, nil) },
		"purge":   func() { org.Purge(id) },
		"undead":  func() { org.Undelete(org.Insert("Account", map[string]any{"Name": "x"})) },
		"records": func() { org.Records("Nothing") },
	} {
		require.Panics(t, mistake, name)
	}
	require.Len(t, org.Records("Account"), 1, "a mistake leaves nothing behind")
}

func TestUserInsertedInGoCanLogIn(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	id := org.Insert("User", map[string]any{"Username": "rep@example.com", "_password": "pw", "_token": "T"})
	login := soapLogin(t, newClient(t, org), "50.0", "rep@example.com", "pwT")
	require.Equal(t, id, login.element("userId"))
	require.Equal(t, "rep@example.com", login.element("userEmail"))
	org.Update(id, map[string]any{"Username": "other@example.com"})
	require.Equal(t, 500, soapLogin(t, newClient(t, org), "50.0", "rep@example.com", "pwT").status)
	require.Equal(t, 200, soapLogin(t, newClient(t, org), "50.0", "other@example.com", "pwT").status)
}

// What is extended is right for the records that are there already.
func TestOldRecordsHaveNewFields(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	id := org.Insert("Account", map[string]any{"Name": "old", "AccountNumber": "7"})
	require.NoError(t, org.Extend(salesforcetest.Schema{{Name: "Account", Fields: []salesforcetest.Field{
		{Name: "ZEP__c", Type: "boolean"}, {Name: "AccountNumber", Length: 40, Unique: true, ExternalID: true},
	}}}))
	c := newClient(t, org)
	require.Equal(t, "old", c.query("SELECT Name FROM Account WHERE ZEP__c = false").names("Name"))
	c.post("/sobjects/Account", `{"Name":"x","AccountNumber":"7"}`).refused(400, "DUPLICATE_VALUE", id[:15])
	require.Equal(t, id, c.get("/sobjects/Account/AccountNumber/7").object()["Id"])
}

func TestLabelsAndFormats(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{Schema: salesforcetest.Schema{{Name: "Visit__c", Fields: []salesforcetest.Field{
		{Name: "Kind__c", Type: "picklist", Picklist: []salesforcetest.PicklistValue{{Value: "a", Label: "First"}, {Value: "b"}}},
		{Name: "On__c", Type: "date"},
	}}}})
	org.Insert("Visit__c", map[string]any{"Kind__c": "a", "On__c": "2026-05-17", "Name": "quote \" back \\ tab \t control \x01 bad \xff"})
	c := newClient(t, org)
	r := c.query("SELECT toLabel(Kind__c), FORMAT(On__c) f, Name FROM Visit__c").records()[0]
	delete(r, "attributes")
	require.Equal(t, map[string]any{
		"Kind__c": "First", "f": "5/17/2026", "Name": "quote \" back \\ tab \t control \x01 bad \ufffd",
	}, r)
	c.query("SELECT CALENDAR_YEAR(Name) FROM Visit__c").refused(400, "INVALID_FIELD", "field Name does not support function CALENDAR_YEAR")
	c.query("SELECT FORMAT(Body) FROM Attachment").refused(400, "INVALID_FIELD", "does not support function")
}

func TestRecordTypesAndResources(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	org.Insert("RecordType", map[string]any{"Name": "Customer", "DeveloperName": "Customer", "SobjectType": "Account"})
	c := newClient(t, org)
	types := items(c.get("/sobjects/Account/describe").object()["recordTypeInfos"])
	require.Equal(t, []any{"Customer", "Master"}, []any{types[0]["name"], types[1]["name"]})
	require.Equal(t, "/services/data/v66.0/sobjects", c.get("/").ok(200).object()["sobjects"])
}

// Indexes are kept up through changes small and large.
func TestLargeDeleteAndUndelete(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	acme := org.Insert("Account", map[string]any{"Name": "Acme"})
	tx := org.HoldTransaction()
	for range 3000 {
		tx.Insert("Contact", map[string]any{"LastName": "x", "AccountId": acme})
	}
	tx.Commit()
	c := newClient(t, org)
	count := func() int {
		return len(c.query("SELECT Id, (SELECT Id FROM Contacts LIMIT 5) FROM Account").records()) + len(org.Records("Contact"))
	}
	require.Equal(t, 3001, count())
	org.Delete(acme)
	require.Equal(t, 0, count())
	org.Undelete(acme)
	require.Equal(t, 3001, count())
	org.Purge(acme)
	require.Equal(t, 0, count())
}
