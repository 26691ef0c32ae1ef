package salesforcetest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func TestARecordsLife(t *testing.T) {
	t.Parallel()
	overBoth(t, salesforcetest.Options{}, func(t *testing.T, org *salesforcetest.Org, c *client) {
		created := c.post("/sobjects/Account/", `{"Name":"Nova","Phone":"","AnnualRevenue":12.4,"ZEP__c":true,"BillingCity":"Bonn"}`)
		id := created.id()
		require.Equal(t, `{"id":"`+id+`","success":true,"errors":[]}`, strings.TrimSpace(created.body))
		require.Equal(t, "/services/data/v66.0/sobjects/Account/"+id, created.header.Get("Location"))
		require.Equal(t, saturday.Format(http.TimeFormat), created.header.Get("Date"))
		require.Regexp(t, `^api-usage=\d+/15000$`, created.header.Get("Sforce-Limit-Info"))

		rec := c.get("/sobjects/Account/" + id).ok(200).object()
		require.Equal(t, "Nova", rec["Name"])
		require.Nil(t, rec["Phone"], "an empty string is no value")
		require.Equal(t, "2026-11-21T15:30:00.000+0000", rec["SystemModstamp"])
		require.Equal(t, org.Credentials().UserID, rec["OwnerId"])
		require.Equal(t, "Bonn", rec["BillingAddress"].(map[string]any)["city"])
		require.Equal(t, map[string]any{"type": "Account", "url": "/services/data/v66.0/sobjects/Account/" + id}, rec["attributes"])

		some := c.get("/sobjects/Account/" + id[:15] + "?fields=Name,AnnualRevenue").ok(200)
		require.Contains(t, some.body, `"Name":"Nova","AnnualRevenue":12.0,"Id":"`+id+`"}`)

		org.SetNow(saturday.Add(90 * 1e9))
		require.Empty(t, c.patch("/sobjects/Account/"+id, `{"BillingCity":null,"Phone":"030"}`).ok(204).body)
		rec = org.Record(id)
		require.Nil(t, rec["BillingCity"])
		require.Nil(t, rec["BillingAddress"])
		require.Equal(t, "030", rec["Phone"])
		require.Equal(t, "2026-11-21T15:31:30.000+0000", rec["LastModifiedDate"])
		require.Equal(t, "2026-11-21T15:30:00.000+0000", rec["CreatedDate"])

		require.Empty(t, c.delete("/sobjects/Account/"+id).ok(204).body)
		c.delete("/sobjects/Account/"+id).refused(404, "ENTITY_IS_DELETED", "entity is deleted")
		c.patch("/sobjects/Account/"+id, `{"Name":"x"}`).refused(404, "ENTITY_IS_DELETED", "entity is deleted")
		c.get("/sobjects/Account/"+id).refused(404, "NOT_FOUND", "The requested resource does not exist")
		require.Equal(t, true, org.Record(id)["IsDeleted"])
	})
}

// refusals are bodies that POST /sobjects/X refuses.
var refusals = []struct {
	object, body, code, message string
	fields                      []any
}{
	{"Account", `{}`, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", []any{"Name"}},
	{"Account", `{"Name":""}`, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", []any{"Name"}},
	{"Opportunity", `{"Name":"x"}`, "REQUIRED_FIELD_MISSING", "Required fields are missing: [StageName, CloseDate]", []any{"StageName", "CloseDate"}},
	{"Account", `{"Name":"x","AccountNumber":"` + strings.Repeat("9", 41) + `"}`, "STRING_TOO_LONG", "Account Number: data value too large: " + strings.Repeat("9", 41) + " (max length=40)", []any{"AccountNumber"}},
	{"Account", `{"Name":"x","foo":1}`, "INVALID_FIELD", "No such column 'foo' on sobject of type Account", nil},
	{"Account", `{"Name":"x","CreatedDate":"2020-01-01T00:00:00Z","Id":"001xx0000000001"}`, "INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: CreatedDate, Id. Please check the security settings of this field and verify that it is read/write for your profile or permission set.", []any{"CreatedDate", "Id"}},
	{"Account", `{"Name":"x","BillingAddress":{"city":"Bonn"}}`, "INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: BillingAddress.", []any{"BillingAddress"}},
	{"Account", `{"Name":"x","Tier__c":"Platinum"}`, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Tier__c: bad value for restricted picklist field: Platinum", []any{"Tier__c"}},
	{"Account", `{"Name":"x","Tier__c":"Tin"}`, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "bad value for restricted picklist field: Tin", []any{"Tier__c"}},
	{"Contact", `{"LastName":"x","Email":"123"}`, "INVALID_EMAIL_ADDRESS", "Email: invalid email address: 123", []any{"Email"}},
	{"Account", `{"Name":"x","Number__c":"a-1"}`, "DUPLICATE_VALUE", "duplicate value found: Number__c duplicates value on record with id: 001", []any{}},
	{"Contact", `{"LastName":"x","AccountId":"nonsense"}`, "MALFORMED_ID", "Account ID: id value of incorrect type: nonsense", []any{"AccountId"}},
	{"Contact", `{"LastName":"x","AccountId":"005xx0000000001AAA"}`, "MALFORMED_ID", "Account ID: id value of incorrect type: 005xx0000000001AAA", []any{"AccountId"}},
	{"Account", `{"Name":"x","OwnerId":"001xx0000000001AAA"}`, "FIELD_INTEGRITY_EXCEPTION", "Owner ID: id value of incorrect type: 001xx0000000001AAA", []any{"OwnerId"}},
	{"Contact", `{"LastName":"x","AccountId":"001xx000000zzzz"}`, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", []any{}},
	{"Account", `{"Name":"x","AnnualRevenue":1e18}`, "NUMBER_OUTSIDE_VALID_RANGE", "Annual Revenue: value outside of valid range on numeric field: 1e18", []any{"AnnualRevenue"}},
	{"Account", `{"Name":"x","NumberOfEmployees":123456789}`, "NUMBER_OUTSIDE_VALID_RANGE", "Employees: value outside of valid range", []any{"NumberOfEmployees"}},
	{"Account", `{"Name":12}`, "JSON_PARSER_ERROR", "Cannot deserialize instance of string from VALUE_NUMBER_INT value 12 or request may be missing a required field at [line:1, column:9]", nil},
	{"Account", `{"Name":"x","AnnualRevenue":"abc"}`, "JSON_PARSER_ERROR", "Cannot deserialize instance of double from VALUE_STRING value abc or request may be missing a required field at [line:1, column:29]", nil},
	{"Account", `{"Name":"x","ZEP__c":"maybe"}`, "JSON_PARSER_ERROR", "Cannot deserialize instance of boolean from VALUE_STRING value maybe", nil},
	{"Opportunity", "{\"Name\":\"x\",\n\"CloseDate\":\"13/13/2026\"}", "JSON_PARSER_ERROR", "Cannot deserialize instance of date from VALUE_STRING value 13/13/2026 or request may be missing a required field at [line:2, column:13]", nil},
	{"Account", `{"Name":"x","NumberOfEmployees":1.5}`, "JSON_PARSER_ERROR", "Cannot deserialize instance of int from VALUE_NUMBER_FLOAT value 1.5", nil},
	{"Account", `{"Name":["x"]}`, "JSON_PARSER_ERROR", "Cannot deserialize instance of string from START_ARRAY value [", nil},
	{"Account", `{"Name":"x",}`, "JSON_PARSER_ERROR", "Unexpected character ('}' (code 125)) at [line:1, column:13]", nil},
	{"Account", `{"Name":"x"`, "JSON_PARSER_ERROR", "Unexpected end-of-input at [line:1, column:12]", nil},
	{"Account", `["x"]`, "JSON_PARSER_ERROR", "", nil},
	{"Account", ``, "JSON_PARSER_ERROR", "The HTTP entity body is required, but this request has no entity body.", nil},
	{"Note", `{"Title":"x"}`, "REQUIRED_FIELD_MISSING", "Required fields are missing: [ParentId]", []any{"ParentId"}},
	{"Event", `{"Subject":"x","StartDateTime":"2026-11-21T10:00:00Z"}`, "REQUIRED_FIELD_MISSING", "Required fields are missing: [DurationInMinutes]", []any{"DurationInMinutes"}},
	{"User", `{"Username":"x@example.com","LastName":"X"}`, "REQUIRED_FIELD_MISSING", "Email, Alias", []any{"Email", "Alias", "TimeZoneSidKey", "LocaleSidKey", "EmailEncodingKey", "LanguageLocaleKey", "ProfileId"}},
	{"OpportunityStage", `{"MasterLabel":"x"}`, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "does not support create", nil},
}

func TestCreateRefusesBadRecords(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	for _, r := range refusals {
		before := len(org.Records(r.object))
		a := c.post("/sobjects/"+r.object, r.body)
		a.refused(400, r.code, r.message)
		_, _, fields := a.fault()
		require.Equal(t, r.fields, fields, r.body)
		require.Len(t, org.Records(r.object), before)
	}
}

func TestPathsThatLeadNowhere(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	acme := idOf(t, org, "Account", "Name", "Acme")
	const missing = "The requested resource does not exist"

	c.get("/sobjects/Nothing").refused(404, "NOT_FOUND", missing)
	c.post("/sobjects/Nothing", "{}").refused(404, "NOT_FOUND", missing)
	c.get("/nowhere").refused(404, "NOT_FOUND", missing)
	c.get("/services/data/v99.0/limits").refused(404, "NOT_FOUND", missing)
	for _, version := range []string{"v66.0.0", "v066.0", "v+66.0", "66.0", "v66"} {
		c.get("/services/data/"+version+"/limits").refused(404, "NOT_FOUND", missing)
	}
	c.get("/services/data/v30.0/limits").refused(410, "GONE", "")
	c.get("/sobjects/Account/001xx000000zzzz").refused(404, "NOT_FOUND", missing)
	c.get("/sobjects/Account/nonsense").refused(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: nonsense")
	c.get("/sobjects/Account/"+acme[:17]+"Z").refused(404, "NOT_FOUND", "Provided external ID field")
	c.get("/sobjects/Contact/"+acme).refused(404, "MALFORMED_ID", "Contact ID: id value of incorrect type: "+acme)
	c.get("/sobjects/Account/"+acme+"?fields=Foo").refused(400, "INVALID_FIELD", "No such column 'Foo' on sobject of type Account")
	c.do("PUT", "/sobjects/Account", "application/json", "{}").refused(405, "METHOD_NOT_ALLOWED", "HTTP Method 'PUT' not allowed. Allowed are GET,POST")
	require.Equal(t, "GET, POST", c.do("PUT", "/sobjects/Account", "application/json", "{}").header.Get("Allow"))
	c.delete("/services/data").refused(405, "METHOD_NOT_ALLOWED", "HTTP Method 'DELETE' not allowed. Allowed are GET")
	c.do("POST", "/sobjects/Account", "text/plain", "{}").refused(415, "UNSUPPORTED_MEDIA_TYPE", "text/plain")
	require.Equal(t, 404, c.get("/services/nowhere").status)
	c.token = strings.Repeat("x", 17000)
	require.Equal(t, 431, c.get("/limits").status)
	require.Equal(t, 414, c.query("SELECT Id FROM Account WHERE Name = '"+strings.Repeat("x", 17000)+"'").status)
}

func TestDoubledSlashesAreNotRedirected(t *testing.T) {
	t.Parallel()
	overBoth(t, salesforcetest.Options{}, func(t *testing.T, _ *salesforcetest.Org, c *client) {
		c.get("//services/data/v66.0//sobjects//Account/describe/").ok(200)
	})
}

func TestPatchMayComeAsPost(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	acme := idOf(t, org, "Account", "Name", "Acme")
	newClient(t, org).post("/sobjects/Account/"+acme+"?_HttpMethod=PATCH", `{"Phone":"1"}`).ok(204)
	require.Equal(t, "1", org.Record(acme)["Phone"])
}

func TestUpsert(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	acme := idOf(t, org, "Account", "Name", "Acme")

	a := c.patch("/sobjects/Account/Number__c/"+url.PathEscape("N/7"), `{"Name":"New"}`)
	id := a.id()
	require.Equal(t, `{"id":"`+id+`","success":true,"errors":[],"created":true}`, strings.TrimSpace(a.body))
	require.Equal(t, "N/7", org.Record(id)["Number__c"])

	a = c.patch("/sobjects/Account/Number__c/A-1", `{"Phone":"7"}`).ok(200)
	require.Equal(t, `{"id":"`+acme+`","success":true,"errors":[],"created":false}`, strings.TrimSpace(a.body))
	require.Empty(t, c.patch("/services/data/v45.0/sobjects/Account/Number__c/a-1", `{"Phone":"8"}`).ok(204).body)
	require.Equal(t, "8", org.Record(acme)["Phone"])
	require.Equal(t, acme, c.get("/sobjects/Account/Number__c/A-1").ok(200).object()["Id"])

	c.patch("/sobjects/Account/Name/x", `{}`).refused(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: Name")
	c.patch("/sobjects/Account/Foo__c/x", `{}`).refused(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: Foo__c")
	c.patch("/sobjects/Account/Number__c/A-1", `{"Number__c":"A-1"}`).refused(400, "INVALID_FIELD", "should not be specified")
	c.patch("/sobjects/Account/Number__c/none?updateOnly=true", `{"Name":"x"}`).refused(404, "NOT_FOUND", "")
	c.patch("/sobjects/Account/Number__c/none", `{}`).refused(400, "REQUIRED_FIELD_MISSING", "[Name]")

	one := c.post("/sobjects/Account", `{"Name":"1","Group__c":"g"}`).id()
	two := c.post("/sobjects/Account", `{"Name":"2","Group__c":"G"}`).id()
	var urls []string
	c.patch("/sobjects/Account/Group__c/g", `{"Phone":"1"}`).ok(300).decode(&urls)
	require.Equal(t, []string{"/services/data/v66.0/sobjects/Account/" + one, "/services/data/v66.0/sobjects/Account/" + two}, urls)

	c.delete("/sobjects/Account/Number__c/" + url.PathEscape("N/7")).ok(204)
	c.get("/sobjects/Account/Number__c/"+url.PathEscape("N/7")).refused(404, "NOT_FOUND", "")
}

func TestParentsCanBeNamedByExternalID(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	id := c.post("/sobjects/Contact", `{"LastName":"x","Account":{"Number__c":"A-2"}}`).id()
	require.Equal(t, idOf(t, org, "Account", "Name", "beta Corp"), org.Record(id)["AccountId"])
	c.post("/sobjects/Contact", `{"LastName":"x","Account":{"Number__c":"none"}}`).refused(400, "INVALID_FIELD", "Foreign key external ID: none not found for field Number__c in entity Account")
	c.post("/sobjects/Contact", `{"LastName":"x","Account":{"Site":"x"}}`).refused(400, "INVALID_FIELD", "not an External ID")
}

func TestAParentIsNamedInOneWay(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	c := newClient(t, org)
	c.post("/sobjects/Account", `{"Name":"x","OwnerId":"`+org.Credentials().UserID+`","Owner":{"Username":"user@example.com"}}`).
		refused(400, "INVALID_FIELD", "Cannot specify both an external ID reference Owner and a salesforce id, OwnerId")
}

// Some fields are keys though they are neither external ids nor unique: those
// that the object reference calls idLookup.
func TestRecordsAreNamedByWhatPeopleKnow(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{Schema: workshop})
	org.Insert("RecordType", map[string]any{"Name": "Private", "DeveloperName": "Private", "SobjectType": "Contact"})
	private := org.Insert("RecordType", map[string]any{"Name": "Private", "DeveloperName": "Private", "SobjectType": "Account"})
	c := newClient(t, org)

	ada := c.patch("/sobjects/Contact/Email/ada@example.com", `{"LastName":"Lee"}`).id()
	c.patch("/sobjects/Contact/Email/ADA@example.com", `{"LastName":"Lovelace"}`).ok(200)
	require.Equal(t, "Lovelace", org.Record(ada)["LastName"])
	c.patch("/sobjects/Lead/Email/ada@example.com", `{"LastName":"Lee","Company":"Acme"}`).id()
	job := c.patch("/sobjects/Job__c/Name/roof", `{"Hours__c":1}`).id()
	require.Equal(t, job, c.get("/sobjects/Job__c/Name/Roof").object()["Id"])
	c.patch("/sobjects/Account/Name/Acme", `{"Name":"Acme"}`).
		refused(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: Name")

	typed := c.post("/sobjects/Account", `{"Name":"Home","RecordType":{"Name":"Private"}}`).id()
	require.Equal(t, private, org.Record(typed)["RecordTypeId"])

	first := c.post("/sobjects/Case", `{"Subject":"a"}`).id()
	number := org.Record(first)["CaseNumber"].(string)
	row := `{"attributes":{"type":"Case"},"CaseNumber":"` + number + `","Subject":"b"}`
	require.Contains(t, c.patch("/composite/sobjects/Case/CaseNumber", `{"records":[`+row+`]}`).ok(200).body, `"success":true`)
	require.Equal(t, "b", org.Record(first)["Subject"])
}

func TestTextIsTrimmed(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	c := newClient(t, org)
	id := c.post("/sobjects/Account", `{"Name":" Acme\n","Phone":"  ","Description":"\ta b "}`).id()
	r := org.Record(id)
	require.Equal(t, []any{"Acme", nil, "a b"}, []any{r["Name"], r["Phone"], r["Description"]})
	c.post("/sobjects/Account", `{"Name":"   "}`).refused(400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]")
}

func TestBodiesThatAreNoText(t *testing.T) {
	t.Parallel()
	c := newClient(t, newOrg(salesforcetest.Options{}))
	c.post("/sobjects/Account", "{\"Name\":\"a\xff\"}").refused(400, "JSON_PARSER_ERROR", "Invalid UTF-8 at [line:1, column:11]")
}

// A semicolon is a character like others, also where a client does not escape it.
func TestSemicolonsInQueries(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	org.Insert("Account", map[string]any{"Name": "a;b"})
	require.Equal(t, "a;b", newClient(t, org).get("/query?q=SELECT+Name+FROM+Account+WHERE+Name='a;b'").names("Name"))
}

func TestOpportunityFollowsItsStage(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	id := c.post("/sobjects/Opportunity", `{"Name":"x","StageName":"Prospecting","CloseDate":"2026-12-31","Amount":1000.5}`).id()
	stage := func() string {
		r := org.Record(id)
		return fmt.Sprintln(r["IsClosed"], r["IsWon"], r["Probability"], r["ForecastCategory"], r["ExpectedRevenue"], r["Fiscal"])
	}
	require.Equal(t, "false false 10 Pipeline 100.05 2026 4\n", stage())
	c.patch("/sobjects/Opportunity/"+id, `{"StageName":"Closed Won"}`).ok(204)
	require.Equal(t, "true true 100 Closed 1000.5 2026 4\n", stage())
	c.patch("/sobjects/Opportunity/"+id, `{"StageName":"Closed Lost"}`).ok(204)
	require.Equal(t, "true false 0 Omitted 0 2026 4\n", stage())
	c.patch("/sobjects/Opportunity/"+id, `{"StageName":"Value Proposition","Probability":55}`).ok(204)
	require.Equal(t, "false false 55 Pipeline 550.28 2026 4\n", stage())
	c.patch("/sobjects/Opportunity/"+id, `{"IsWon":true}`).refused(400, "INVALID_FIELD_FOR_INSERT_UPDATE", "IsWon")
}

func TestLineItemsMakeTheAmount(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	deal := idOf(t, org, "Opportunity", "Name", "O3")
	product := c.post("/sobjects/Product2", `{"Name":"Window","ProductCode":"W"}`).id()
	book := org.Records("Pricebook2")[0]["Id"].(string)
	entry := c.post("/sobjects/PricebookEntry", `{"Pricebook2Id":"`+book+`","Product2Id":"`+product+`","UnitPrice":99.9}`).id()
	require.Equal(t, "Window", org.Record(entry)["Name"])

	line := c.post("/sobjects/OpportunityLineItem", `{"OpportunityId":"`+deal+`","PricebookEntryId":"`+entry+`","Quantity":2}`).id()
	c.post("/sobjects/OpportunityLineItem", `{"OpportunityId":"`+deal+`","Product2Id":"`+product+`","Quantity":1,"TotalPrice":50}`).id()

	require.Contains(t, c.get("/sobjects/OpportunityLineItem/"+line).body, `"TotalPrice":199.8,`)
	require.Contains(t, c.get("/sobjects/Opportunity/"+deal).body, `"Amount":249.8,`)
	require.Equal(t, true, org.Record(deal)["HasOpportunityLineItem"])
}

func TestAccountTakesItsChildrenAlong(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	acme := idOf(t, org, "Account", "Name", "Acme")
	c.post("/sobjects/Note", `{"ParentId":"`+acme+`","Title":"n","Body":"b"}`).id()
	c.post("/sobjects/Attachment", `{"ParentId":"`+acme+`","Name":"a.txt","Body":"aGk="}`).id()

	c.delete("/sobjects/Account/"+acme).refused(400, "DELETE_FAILED", "Your attempt to delete Acme could not be completed because some opportunities "+
		"in that account were closed won. The opportunities that could not be deleted are shown below.: O1\n")
	c.patch("/sobjects/Opportunity/"+idOf(t, org, "Opportunity", "Name", "O1"), `{"StageName":"Closed Lost"}`).ok(204)
	c.delete("/sobjects/Account/" + acme).ok(204)
	require.Equal(t, "Ng, Solo", c.query("SELECT Name FROM Contact").names("Name"))
	require.Equal(t, "O2, O4, O5, O6, O7, O8, O9", c.query("SELECT Name FROM Opportunity").names("Name"))
	require.Empty(t, org.Records("Note"))
	require.Empty(t, org.Records("Attachment"))
	require.Equal(t, "V1, V2, V3", c.query("SELECT Name FROM Visit__c WHERE Account__c = null").names("Name"), "a lookup becomes empty")
	require.Nil(t, org.Record(idOf(t, org, "Account", "Name", "beta Corp"))["ParentId"])

	org.Undelete(acme)
	require.Equal(t, "Ann Lee, Ng, Solo, Kim", c.query("SELECT Name FROM Contact").names("Name"))
	require.Equal(t, "V1, V2", c.query("SELECT Name FROM Visit__c WHERE Account__c = '"+acme+"'").names("Name"))
	require.Len(t, org.Records("Attachment"), 1)
}

func TestMergeMovesWhatHangsOnTheLoser(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	acme, beta := idOf(t, org, "Account", "Name", "Acme"), idOf(t, org, "Account", "Name", "beta Corp")
	kim := idOf(t, org, "Contact", "LastName", "Kim")
	org.SetNow(saturday.Add(60 * 1e9))

	org.Merge(beta, acme)

	require.Equal(t, beta, org.Record(acme)["MasterRecordId"])
	require.Equal(t, true, org.Record(acme)["IsDeleted"])
	require.Equal(t, beta, org.Record(kim)["AccountId"])
	require.Equal(t, "2026-11-21T15:31:00.000+0000", org.Record(kim)["SystemModstamp"])
	require.Equal(t, "2026-11-21T15:30:00.000+0000", org.Record(kim)["LastModifiedDate"])
	require.Nil(t, org.Record(beta)["ParentId"], "no record is its own parent")
	require.Panics(t, func() { org.Merge(kim, beta) })
}

func TestUsersAreNeverDeleted(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	c.delete("/sobjects/User/"+idOf(t, org, "User", "LastName", "Rep")).refused(400, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
	require.Panics(t, func() { org.Delete(org.Credentials().UserID) })
}

func TestActivitiesWorkOutTheirFields(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	acme, kim := idOf(t, org, "Account", "Name", "Acme"), idOf(t, org, "Contact", "LastName", "Kim")

	event := org.Record(c.post("/sobjects/Event", `{"Subject":"x","WhoId":"`+kim+`","StartDateTime":"2026-11-23T09:00:00Z","DurationInMinutes":90}`).id())
	require.Equal(t, "2026-11-23T10:30:00.000+0000", event["EndDateTime"])
	require.Equal(t, acme, event["AccountId"])
	event = org.Record(c.post("/sobjects/Event", `{"Subject":"x","StartDateTime":"2026-11-23T09:00:00Z","EndDateTime":"2026-11-23T09:45:00Z"}`).id())
	require.EqualValues(t, 45, event["DurationInMinutes"])

	task := org.Record(c.post("/sobjects/Task", `{"Subject":"x","WhatId":"`+acme+`","Priority":"High"}`).id())
	require.Equal(t, []any{"Not Started", false, true, acme}, []any{task["Status"], task["IsClosed"], task["IsHighPriority"], task["AccountId"]})

	kase := org.Record(c.post("/sobjects/Case", `{"Subject":"x","ContactId":"`+kim+`"}`).id())
	require.Equal(t, []any{"00000001", acme, "New", "Medium"}, []any{kase["CaseNumber"], kase["AccountId"], kase["Status"], kase["Priority"]})
}

func TestCustomRecordWithoutNameIsNamedByItsID(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	id := newClient(t, org).post("/sobjects/Visit__c", `{}`).id()
	require.Equal(t, id, org.Record(id)["Name"])
	require.Equal(t, "a00", id[:3])
}

func TestTheDaysRequestsAreLimited(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{APILimit: 3})
	c := newClient(t, org)
	for i := range 3 {
		a := c.get("/limits").ok(200)
		require.Equal(t, fmt.Sprintf("api-usage=%d/3", i+1), a.header.Get("Sforce-Limit-Info"))
		require.Contains(t, a.body, fmt.Sprintf(`"DailyApiRequests":{"Max":3,"Remaining":%d}`, 2-i))
	}
	a := c.get("/limits")
	a.refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
	require.Equal(t, "api-usage=3/3", a.header.Get("Sforce-Limit-Info"))

	org.Advance(24 * 3600e9)
	c.token = org.Credentials().AccessToken
	c.get("/limits").ok(200)
}

func TestVersionsAndResources(t *testing.T) {
	t.Parallel()
	c := newClient(t, newOrg(salesforcetest.Options{}))
	c.token = ""
	var versions []map[string]string
	c.get("/services/data").ok(200).decode(&versions)
	require.Equal(t, map[string]string{"label": "Summer '14", "url": "/services/data/v31.0", "version": "31.0"}, versions[0])
	require.Equal(t, map[string]string{"label": "Winter '27", "url": "/services/data/v68.0", "version": "68.0"}, versions[len(versions)-1])
	c.get("/services/data/v66.0").refused(401, "INVALID_SESSION_ID", "")
}
