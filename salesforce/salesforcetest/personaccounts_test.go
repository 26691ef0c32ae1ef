package salesforcetest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// newPeople is an org with person accounts and a custom field of contacts.
func newPeople(t *testing.T) (*salesforcetest.Org, *client) {
	t.Helper()
	org := newOrg(salesforcetest.Options{PersonAccounts: true, Schema: salesforcetest.Schema{
		{Name: "Contact", Fields: []salesforcetest.Field{{Name: "Size__c", Length: 3}}},
	}})
	return org, newClient(t, org)
}

func TestAPersonIsAnAccountAndAContact(t *testing.T) {
	t.Parallel()
	org, c := newPeople(t)
	id := c.post("/sobjects/Account", `{"FirstName":"Ann","LastName":"Lee","PersonEmail":"ann@lee.example","PersonMailingCity":"Bonn","Phone":"1","Size__pc":"XL"}`).id()
	a := c.get("/sobjects/Account/" + id).object()
	require.Equal(t, []any{"Ann Lee", true}, []any{a["Name"], a["IsPersonAccount"]})
	require.Equal(t, "Bonn", a["PersonMailingAddress"].(map[string]any)["city"])
	require.Equal(t, "PersonAccount", c.query("SELECT RecordType.DeveloperName FROM Account").records()[0]["RecordType"].(map[string]any)["DeveloperName"])

	contact := a["PersonContactId"].(string)
	behind := func() []any {
		r := c.get("/sobjects/Contact/" + contact).ok(200).object()
		return []any{r["Name"], r["Email"], r["MailingCity"], r["Phone"], r["Size__c"], r["AccountId"], r["IsPersonAccount"]}
	}
	require.Equal(t, []any{"Ann Lee", "ann@lee.example", "Bonn", "1", "XL", id, true}, behind())
	require.Equal(t, id, c.query("SELECT Id FROM Account WHERE PersonContact.Email = 'ann@lee.example' AND IsPersonAccount = true").names("Id"))

	c.patch("/sobjects/Account/"+id, `{"LastName":"Ng","PersonEmail":null,"Size__pc":"S"}`).ok(204)
	require.Equal(t, []any{"Ann Ng", nil, "Bonn", "1", "S", id, true}, behind())
	c.patch("/sobjects/Contact/"+contact, `{"FirstName":"Zoe","MailingCity":"Kiel"}`).ok(204)
	r := org.Record(id)
	require.Equal(t, []any{"Zoe Ng", "Kiel"}, []any{r["Name"], r["PersonMailingCity"]})

	c.patch("/sobjects/Account/"+id, `{"Name":"Zoe"}`).refused(400, "INVALID_FIELD_FOR_INSERT_UPDATE", "Account: bad field names on insert/update call: Name")
	c.patch("/sobjects/Account/"+id, `{"LastName":null}`).refused(400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]")
	c.patch("/sobjects/Account/"+id, `{"Size__pc":"XXXL"}`).refused(400, "STRING_TOO_LONG", "Size__c: data value too large: XXXL (max length=3)")
	c.patch("/sobjects/Contact/"+contact, `{"AccountId":null}`).refused(400, "INVALID_FIELD_FOR_INSERT_UPDATE", "AccountId")
	c.delete("/sobjects/Contact/"+contact).refused(400, "DELETE_FAILED", "Delete the account instead")
	c.delete("/sobjects/Account/" + id).ok(204)
	require.Empty(t, org.Records("Contact"))
	org.Undelete(id)
	require.Equal(t, "Zoe Ng", org.Record(contact)["Name"])
	require.Equal(t, false, org.Record(contact)["IsDeleted"])
}

func TestBusinessesAreNoPersons(t *testing.T) {
	t.Parallel()
	org, c := newPeople(t)
	id := c.post("/sobjects/Account", `{"Name":"Acme"}`).id()
	require.Equal(t, []any{false, nil, nil}, []any{org.Record(id)["IsPersonAccount"], org.Record(id)["PersonContactId"], org.Record(id)["RecordTypeId"]})
	require.Empty(t, org.Records("Contact"))
	c.patch("/sobjects/Account/"+id, `{"LastName":"Lee","PersonEmail":"a@b.example"}`).refused(400, "INVALID_FIELD_FOR_INSERT_UPDATE", "Account: bad field names on insert/update call: LastName, PersonEmail")
	person := c.query("SELECT Id FROM RecordType WHERE IsPersonType = true").names("Id")
	c.patch("/sobjects/Account/"+id, `{"RecordTypeId":"`+person+`"}`).refused(400, "INVALID_CROSS_REFERENCE_KEY", "")
	c.post("/sobjects/Account", `{"RecordTypeId":"`+person+`"}`).refused(400, "REQUIRED_FIELD_MISSING", "[LastName]")
	c.post("/sobjects/Account", `{"RecordTypeId":"`+person+`","LastName":"Lee"}`).ok(201)
	newClient(t, newOrg(salesforcetest.Options{})).query("SELECT IsPersonAccount FROM Account").refused(400, "INVALID_FIELD", "No such column")
}

func TestPersonsMergeWithTheirContacts(t *testing.T) {
	t.Parallel()
	org, c := newPeople(t)
	one := c.post("/sobjects/Account", `{"LastName":"One"}`).id()
	two := c.post("/sobjects/Account", `{"LastName":"Two"}`).id()
	acme := c.post("/sobjects/Account", `{"Name":"Acme"}`).id()
	of := func(account string) string { return org.Record(account)["PersonContactId"].(string) }
	call := c.post("/sobjects/Task", `{"Subject":"call","WhoId":"`+of(two)+`"}`).id()

	require.Panics(t, func() { org.Merge(one, acme) })
	require.Panics(t, func() { org.Merge(of(one), of(two)) })
	org.Merge(one, two)
	require.Equal(t, []any{one, of(one), true}, []any{org.Record(two)["MasterRecordId"], org.Record(of(two))["MasterRecordId"], org.Record(of(two))["IsDeleted"]})
	require.Equal(t, of(one), org.Record(call)["WhoId"])
	org.Undelete(two)
	require.Equal(t, []any{nil, false, nil}, []any{org.Record(two)["MasterRecordId"], org.Record(of(two))["IsDeleted"], org.Record(of(two))["MasterRecordId"]})
}

func TestPersonsCanBeLoaded(t *testing.T) {
	t.Parallel()
	org, _ := newPeople(t)
	require.NoError(t, org.Load(strings.NewReader(`{
		"Account": [{"_ref":"ann","LastName":"Lee","PersonContactId":"@contact"}, {"LastName":"Solo","PersonEmail":"solo@example.com"}],
		"Contact": [{"_ref":"contact","LastName":"Lee","AccountId":"@ann","IsPersonAccount":true}]}`)))
	require.Len(t, org.Records("Contact"), 2)
	require.Equal(t, "solo@example.com", org.Record(idOf(t, org, "Contact", "LastName", "Solo"))["Email"])
}
