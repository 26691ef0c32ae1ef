package salesforcetest_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func TestLoadErrorsNameObjectRecordAndField(t *testing.T) {
	t.Parallel()
	tests := []struct{ data, want string }{
		{`{"Acount":[{}]}`, `load: the org has no object "Acount"`},
		{`{"Account":{}}`, `load: Account: a list of records is needed`},
		{`{"Account":[{"Name":"x"},7]}`, `load: Account record 2: is no JSON object`},
		{`{"Account":[{"Name":"x"},{"Phone":"1"}]}`, `load: Account record 2: field Name: REQUIRED_FIELD_MISSING: Required fields are missing: [Name]`},
		{`{"Account":[{"Name":"x","Foo":1}]}`, `load: Account record 1: INVALID_FIELD: No such column 'Foo' on sobject of type Account`},
		{`{"Account":[{"Name":"x","AccountNumber":"` + strings.Repeat("x", 41) + `"}]}`, `record 1: field AccountNumber: STRING_TOO_LONG: Account Number: data value too large`},
		{`{"Contact":[{"LastName":"x","AccountId":"@acme"}]}`, `load: Contact record 1: field AccountId: no record has _ref "acme"`},
		{`{"Contact":[{"LastName":"x","AccountId":"001xx000000zzzz"}]}`, `load: Contact record 1: field AccountId: INVALID_CROSS_REFERENCE_KEY`},
		{`{"Contact":[{"LastName":"x","AccountId":"@rep"}],"User":[{"_ref":"rep","Username":"a@b.c"}]}`, `field AccountId: MALFORMED_ID: Account ID: id value of incorrect type: 005`},
		{`{"Account":[{"_ref":"a","Name":"x"},{"_ref":"a","Name":"y"}]}`, `load: Account record 2: _ref "a" is taken`},
		{`{"Account":[{"_reff":"a","Name":"x"}]}`, `load: Account record 1: unknown key "_reff"`},
		{`{"Account":[{"Id":"001xx0000000009AAA","Name":"x"},{"Id":"001xx0000000009AAA","Name":"y"}]}`, `Account record 2: DUPLICATE_VALUE`},
		{`{"Account":[{"Id":"nonsense","Name":"x"}]}`, `Account record 1: field Id: MALFORMED_ID`},
		{`{"Account":[{"Id":"003xx0000000009AAA","Name":"x"}]}`, `Account record 1: field Id: MALFORMED_ID`},
		{`{"Account":[`, `load: JSON_PARSER_ERROR: Unexpected end-of-input at [line:1, column:13]`},
		{`[]`, `load: JSON_PARSER_ERROR`},
		{`{"sobjects":[{"name":"9x"}]}`, `object "9x": the name is no API name`},
		{`{"sobjects":[{"name":"X__c","fields":[{"name":"Y__c","type":"money"}]}]}`, `object "X__c": field "Y__c": unknown type "money"`},
		{`{"sobjects":[{"name":"X__c","fields":[{"name":"Y__c","type":"reference","referenceTo":["Z__c"]}]}]}`, `field "Y__c": reference to unknown object "Z__c"`},
		{`{"sobjects":[{"name":"X__c","fields":[{"name":"Y__c","type":"reference"}]}]}`, `a reference needs ReferenceTo`},
		{`{"sobjects":[{"name":"X__c","keyPrefix":"001"}]}`, `key prefix "001" belongs to Account`},
		{`{"sobjects":[{"name":"Account","fields":[{"name":"Phone","type":"double"}]}]}`, `field "Phone": is there with type phone and cannot become double`},
		{`{"sobjects":[{"name":"X__c","fields":[{"name":"A__c","type":"x"},{"name":"B__c","type":"y"}]}]}`, "unknown type \"x\"\nsalesforcetest: object \"X__c\": field \"B__c\": unknown type \"y\""},
	}
	for _, test := range tests {
		org := newOrg(salesforcetest.Options{})
		err := org.Load(strings.NewReader(test.data))
		require.ErrorContains(t, err, test.want, test.data)
		require.ErrorContains(t, err, "salesforcetest: ")
		require.Empty(t, org.Records("Account"), "all or nothing")
		require.Empty(t, org.Records("Contact"))
	}
	require.ErrorContains(t, newOrg(salesforcetest.Options{}).LoadFile("testdata/none.json"), "salesforcetest: load: open testdata/none.json")
}

func TestLoadSetsWhatOnlyTheOrgSets(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	require.NoError(t, org.Load(strings.NewReader(`{"Account":[
		{"Id":"001xx0000000042","Name":"old","CreatedDate":"2020-02-29T12:00:00Z"},
		{"Name":"stamped","SystemModstamp":"2026-01-01T00:00:00.000+0000"},
		{"attributes":{"type":"Account"},"Name":"copied","IsDeleted":true,"MasterRecordId":"001xx0000000042"}]}`)))
	old := org.Record("001xx0000000042")
	require.Equal(t, "001xx0000000042AAA", old["Id"])
	for _, name := range []string{"CreatedDate", "LastModifiedDate", "SystemModstamp"} {
		require.Equal(t, "2020-02-29T12:00:00.000+0000", old[name])
	}
	stamped := org.Record(idOf(t, org, "Account", "Name", "stamped"))
	require.Equal(t, "2026-01-01T00:00:00.000+0000", stamped["SystemModstamp"])
	require.Equal(t, "2026-11-21T15:30:00.000+0000", stamped["CreatedDate"])
	require.Equal(t, "copied", newClient(t, org).get("/queryAll?q=SELECT+Name+FROM+Account+WHERE+MasterRecordId+!=+null").names("Name"))
}

func TestLoadChangesWhatTheOrgBeginsWith(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	require.NoError(t, org.Load(strings.NewReader(`{
		"Organization": [{"Name": "Windows Ltd"}],
		"User": [{"Username": "User@Example.com", "LastName": "Boss", "_password": "pw"}]}`)))
	require.Equal(t, "Windows Ltd", org.Records("Organization")[0]["Name"])
	require.Len(t, org.Records("User"), 1)
	require.Equal(t, "Ada Boss", org.Records("User")[0]["Name"])
	require.Equal(t, []string{"pw", ""}, []string{org.Credentials().Password, org.Credentials().SecurityToken})
	c := newClient(t, org)
	c.token = soapLogin(t, c, "60.0", "user@example.com", "pw").element("sessionId")
	c.get("/limits").ok(200)
}

// A describe result of an org can be loaded into another: what is there stays,
// what it adds is added, and references to objects that nobody asked for become
// text.
func TestDescribeResultsCanBeLoaded(t *testing.T) {
	t.Parallel()
	from := newWorld(t, salesforcetest.Options{Schema: salesforcetest.Improveit360()})
	c := newClient(t, from)
	var results []string
	for _, name := range []string{"Account", "Contact", "Opportunity", "Visit__c", "i360__Staff__c", "i360__Appointment__c"} {
		results = append(results, c.get("/sobjects/"+name+"/describe").ok(200).body)
	}
	to := newOrg(salesforcetest.Options{})
	require.NoError(t, to.Load(strings.NewReader(`{"sobjects":[`+strings.Join(results, ",")+`]}`)))

	c2 := newClient(t, to)
	acme := c2.post("/sobjects/Account", `{"Name":"Acme","ZEP__c":true,"Tier__c":"Gold"}`).id()
	c2.post("/sobjects/Contact", `{"LastName":"Lee","AccountId":"`+acme+`"}`).id()
	c2.post("/sobjects/Visit__c", `{"Account__c":"`+acme+`"}`).id()
	c2.post("/sobjects/Account", `{"Name":"Acme","Tier__c":"Tin"}`).refused(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "")
	rows := c2.query("SELECT (SELECT Name FROM Contacts), (SELECT Account__r.Name FROM Visits__r) FROM Account").records()
	require.NotNil(t, rows[0]["Contacts"])
	require.NotNil(t, rows[0]["Visits__r"])
	c2.query("SELECT i360__Sales_Rep_1__r.Name, i360__Prospect__c FROM i360__Appointment__c").ok(200)
	c2.delete("/sobjects/Account/" + acme).ok(204)
	require.Empty(t, to.Records("Contact"))
}

func TestExtendNeedsAllToBeRight(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	err := org.Extend(salesforcetest.Schema{
		{Name: "Good__c"},
		{Name: "Bad__c", KeyPrefix: "a-b", Fields: []salesforcetest.Field{{Name: "N__c", Type: "double", Scale: 19}, {Name: "D__c", Type: "int", Default: "x"}}},
	})
	require.ErrorContains(t, err, `object "Bad__c": key prefix "a-b"`)
	require.ErrorContains(t, err, `field "N__c": precision 18 and scale 19`)
	require.ErrorContains(t, err, `field "D__c": default: JSON_PARSER_ERROR`)
	require.Panics(t, func() { org.Records("Good__c") })
	require.Panics(t, func() { salesforcetest.NewOrg(&salesforcetest.Options{OrgID: "001"}) })
	require.Panics(t, func() { salesforcetest.NewOrg(&salesforcetest.Options{TimeZone: "Moon"}) })

	require.NoError(t, org.Extend(salesforcetest.Schema{{Name: "Good__c", Fields: []salesforcetest.Field{
		{Name: "Text__c"}, {Name: "Count__c", Type: "int", Default: 3}, {Name: "Of__c", Type: "reference", ReferenceTo: []string{"Good__c"}},
	}}}))
	first := org.Insert("Good__c", map[string]any{"Text__c": "one"})
	org.Insert("Good__c", map[string]any{"Of__c": first, "Count__c": 7, "Name": "second"})
	require.EqualValues(t, 3, org.Record(first)["Count__c"])
	require.Equal(t, "second", newClient(t, org).query("SELECT Name FROM Good__c WHERE Of__r.Text__c = 'one'").names("Name"))
}

func FuzzLoad(f *testing.F) {
	world, err := os.ReadFile("testdata/world.json")
	require.NoError(f, err)
	f.Add(string(world))
	f.Add(`{"Account":[{"_ref":"a","Name":"x","ParentId":"@a","AnnualRevenue":1e400,"IsDeleted":true}]}`)
	f.Add(`{"Event":[{"StartDateTime":"2026-01-01T00:00:00Z","DurationInMinutes":99999999999}]}`)
	f.Add(`{"sobjects":[{"name":"X__c","fields":[{"name":"Address__c","type":"address"},{"name":"N__c","type":"double","scale":18}]}],"X__c":[{"N__c":0.1}]}`)
	f.Add(`{"ContentVersion":[{"PathOnClient":"a.pdf","VersionData":"YQ=="}],"ContentNote":[{"Title":"n"}]}`)
	f.Fuzz(func(t *testing.T, data string) {
		org := newOrg(salesforcetest.Options{})
		if err := org.Load(strings.NewReader(data)); err != nil {
			return
		}
		for _, object := range []string{"Account", "Event", "ContentVersion", "Opportunity"} {
			for _, r := range org.Records(object) {
				require.NotNil(t, org.Record(r["Id"].(string)))
			}
		}
	})
}

// FuzzBody sends bodies of all kinds to the resources that read one.
func FuzzBody(f *testing.F) {
	typ, body := multi(f, part{"entity_content", "", "application/json", `{"PathOnClient":"a.pdf"}`}, part{"VersionData", "a.pdf", "application/pdf", "x"})
	f.Add("ContentVersion", typ, body)
	f.Add("Account", "application/json", `{"Name":"x","AnnualRevenue":-0.0000001,"Parent":{"Number__c":7}}`)
	f.Add("Event", "application/json", `{"StartDateTime":"9999-12-31T23:59:59Z","DurationInMinutes":99999999}`)
	f.Add("Task", "application/json; charset=utf-8", `{"WhatId":"001"}`)
	f.Fuzz(func(t *testing.T, object, contentType, body string) {
		org := newOrg(salesforcetest.Options{})
		c := newClient(t, org)
		if strings.ContainsAny(contentType, "\r\n\x00") {
			return
		}
		for _, method := range []string{"POST", "PATCH"} {
			path := "/sobjects/" + strings.Map(letters, object)
			if method == "PATCH" {
				path += "/Id/" + org.Credentials().UserID
			}
			a, err := c.try(method, path, contentType, body)
			if err != nil {
				require.NotContains(t, err.Error(), "goroutine", "a panic")
				continue
			}
			require.Less(t, a.status, 500, a.body)
		}
	})
}

func letters(r rune) rune {
	if r < '0' || r > 'z' {
		return -1
	}
	return r
}
