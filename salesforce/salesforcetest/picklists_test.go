package salesforcetest_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// roofing is an object whose materials depend on the kind of roof, and whose
// warranty depends on a checkbox.
var roofing = salesforcetest.Schema{{Name: "Roof__c", Fields: []salesforcetest.Field{
	{Name: "Kind__c", Label: "Kind", Type: "picklist", Restricted: true, Picklist: []salesforcetest.PicklistValue{
		{Value: "Flat"}, {Value: "Pitched"}, {Value: "Dome", Inactive: true},
	}},
	{Name: "Material__c", Label: "Material", Type: "picklist", Restricted: true, Controller: "Kind__c", Picklist: []salesforcetest.PicklistValue{
		{Value: "Bitumen", ValidFor: []string{"Flat"}},
		{Value: "Slate", ValidFor: []string{"Pitched"}},
		{Value: "Metal", ValidFor: []string{"Flat", "Pitched"}},
		{Value: "Straw"},
	}},
	{Name: "New__c", Type: "boolean"},
	{Name: "Warranty__c", Type: "picklist", Controller: "New__c", Restricted: true, Picklist: []salesforcetest.PicklistValue{
		{Value: "10 years", ValidFor: []string{"true"}}, {Value: "None", ValidFor: []string{"true", "false"}},
	}},
	{Name: "Extras__c", Type: "multipicklist", Restricted: true, Picklist: []salesforcetest.PicklistValue{{Value: "Gutter"}, {Value: "Window"}}},
}}}

func TestPicklistsOfferWhatTheirControllerAllows(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{Schema: roofing})
	c := newClient(t, org)
	const code, message = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ": bad value for restricted picklist field: "

	id := c.post("/sobjects/Roof__c", `{"Kind__c":"Flat","Material__c":"Bitumen","Extras__c":"Gutter;Window"}`).id()
	c.post("/sobjects/Roof__c", `{"Kind__c":"Pitched","Material__c":"Bitumen"}`).refused(400, code, "Material"+message+"Bitumen")
	c.post("/sobjects/Roof__c", `{"Material__c":"Metal"}`).refused(400, code, "Material"+message+"Metal")
	c.post("/sobjects/Roof__c", `{"Kind__c":"Flat","Material__c":"Straw"}`).refused(400, code, "Straw")
	c.post("/sobjects/Roof__c", `{"Kind__c":"Dome"}`).refused(400, code, "Kind"+message+"Dome")
	c.post("/sobjects/Roof__c", `{"Extras__c":"Gutter;Chimney"}`).refused(400, code, "Chimney")
	c.patch("/sobjects/Roof__c/"+id, `{"Kind__c":"Pitched"}`).refused(400, code, "Material"+message+"Bitumen")
	c.patch("/sobjects/Roof__c/"+id, `{"Kind__c":"Pitched","Material__c":"Slate"}`).ok(204)
	c.patch("/sobjects/Roof__c/"+id, `{"Warranty__c":"10 years"}`).refused(400, code, "10 years")
	c.patch("/sobjects/Roof__c/"+id, `{"Warranty__c":"10 years","New__c":true}`).ok(204)
}

func TestPicklistsDoNotCareAboutCase(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{Schema: roofing})
	c := newClient(t, org)
	id := c.post("/sobjects/Roof__c", `{"Kind__c":"FLAT","Material__c":"metal","Extras__c":"window;gutter"}`).id()
	r := org.Record(id)
	require.Equal(t, []any{"Flat", "Metal", "Window;Gutter"}, []any{r["Kind__c"], r["Material__c"], r["Extras__c"]})
	account := c.post("/sobjects/Account", `{"Name":"x","Industry":"banking"}`).id()
	require.Equal(t, "Banking", org.Record(account)["Industry"])
	c.patch("/sobjects/Account/"+account, `{"Industry":"Alchemy"}`).ok(204)
	require.Equal(t, "Alchemy", org.Record(account)["Industry"])
	c.post("/sobjects/Roof__c", `{"Extras__c":"`+strings.Repeat("Gutter;", 100)+`Window"}`).refused(400, "STRING_TOO_LONG", "")
}

func TestDescribeTellsWhatDependsOnWhat(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{Schema: roofing})
	c := newClient(t, org)
	describe := c.get("/sobjects/Roof__c/describe").ok(200)
	fields := map[string]map[string]any{}
	for _, f := range items(describe.object()["fields"]) {
		fields[f["name"].(string)] = f
	}
	require.Equal(t, []any{"Kind__c", true}, []any{fields["Material__c"]["controllerName"], fields["Material__c"]["dependentPicklist"]})
	require.Equal(t, []any{nil, false}, []any{fields["Kind__c"]["controllerName"], fields["Kind__c"]["dependentPicklist"]})
	require.Nil(t, items(fields["Kind__c"]["picklistValues"])[0]["validFor"])
	// Bit i, the most significant first, is the i-th value of the controller;
	// false and true of a checkbox.
	for field, bits := range map[string][]byte{"Material__c": {0x80, 0x40, 0xC0, 0}, "Warranty__c": {0x40, 0xC0}} {
		for i, v := range items(fields[field]["picklistValues"]) {
			set, err := base64.StdEncoding.DecodeString(v["validFor"].(string))
			require.NoError(t, err)
			require.Equal(t, bits[i], set[0], v["value"])
		}
	}

	other := newOrg(salesforcetest.Options{})
	require.NoError(t, other.Load(strings.NewReader(`{"sobjects":[`+describe.body+`]}`)))
	c = newClient(t, other)
	require.Equal(t, describe.object()["fields"], c.get("/sobjects/Roof__c/describe").object()["fields"])
	c.post("/sobjects/Roof__c", `{"Kind__c":"Pitched","Material__c":"Bitumen"}`).refused(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "")
	c.post("/sobjects/Roof__c", `{"Kind__c":"Flat","Material__c":"Bitumen"}`).ok(201)
}

func TestOnlyPicklistsAndCheckboxesControl(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	err := org.Extend(salesforcetest.Schema{{Name: "Bad__c", Fields: []salesforcetest.Field{
		{Name: "A__c", Type: "picklist", Controller: "B__c"}, {Name: "B__c"}, {Name: "C__c", Controller: "D__c"}, {Name: "D__c", Type: "boolean"},
	}}})
	require.ErrorContains(t, err, `field "A__c": the Controller "B__c" is neither a picklist nor a checkbox of the object`)
	require.ErrorContains(t, err, `field "C__c": only picklists can have a Controller`)
}

// kinds are two record types of accounts.
var kinds = salesforcetest.Schema{{Name: "Account", RecordTypes: []salesforcetest.RecordType{
	{
		Name: "Home Owner", Default: true, Description: "private",
		Picklists: map[string][]string{"Rating": {"Hot", "Cold"}}, Defaults: map[string]string{"Rating": "Cold"},
	},
	{Name: "Company"},
	{Name: "Old", Inactive: true},
}, Fields: []salesforcetest.Field{{
	Name: "Rating", Type: "picklist", Restricted: true,
	Picklist: []salesforcetest.PicklistValue{{Value: "Hot"}, {Value: "Warm", Default: true}, {Value: "Cold"}},
}}}}

func TestRecordTypesOfferTheirOwnValues(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{Schema: kinds})
	c := newClient(t, org)
	types := map[string]string{}
	for _, r := range c.query("SELECT Id, DeveloperName, SobjectType FROM RecordType WHERE SobjectType = 'Account'").records() {
		types[r["DeveloperName"].(string)] = r["Id"].(string)
	}
	require.Len(t, types, 3)

	made := org.Record(c.post("/sobjects/Account", `{"Name":"by default"}`).id())
	require.Equal(t, []any{types["Home_Owner"], "Cold"}, []any{made["RecordTypeId"], made["Rating"]})
	made = org.Record(c.post("/sobjects/Account", `{"Name":"x","RecordTypeId":"`+types["Company"]+`"}`).id())
	require.Equal(t, []any{types["Company"], "Warm"}, []any{made["RecordTypeId"], made["Rating"]})
	made = org.Record(c.post("/sobjects/Account", `{"Name":"x","RecordTypeId":"012000000000000AAA"}`).id())
	require.Equal(t, []any{nil, "Warm"}, []any{made["RecordTypeId"], made["Rating"]})

	c.post("/sobjects/Account", `{"Name":"x","Rating":"Warm"}`).refused(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Rating: bad value for restricted picklist field: Warm")
	c.post("/sobjects/Account", `{"Name":"x","Rating":"Warm","RecordTypeId":"`+types["Company"]+`"}`).ok(201)
	for _, bad := range []string{types["Old"], org.Insert("RecordType", map[string]any{"Name": "x", "DeveloperName": "x", "SobjectType": "Contact"})} {
		c.post("/sobjects/Account", `{"Name":"x","RecordTypeId":"`+bad+`"}`).refused(400, "INVALID_CROSS_REFERENCE_KEY", "Record Type ID: this ID value isn't valid for the user: "+bad)
	}
	c.query("SELECT Name FROM Account WHERE RecordType.DeveloperName = 'Home_Owner'").ok(200)
}

func TestDescribeListsRecordTypes(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{Schema: kinds})
	c := newClient(t, org)
	describe := c.get("/sobjects/Account/describe").ok(200)
	infos := items(describe.object()["recordTypeInfos"])
	var got [][]any
	for _, i := range infos {
		got = append(got, []any{i["name"], i["developerName"], i["active"], i["available"], i["defaultRecordTypeMapping"], i["master"]})
	}
	require.Equal(t, [][]any{
		{"Home Owner", "Home_Owner", true, true, true, false},
		{"Company", "Company", true, true, false, false},
		{"Old", "Old", false, false, false, false},
		{"Master", "Master", true, true, false, true},
	}, got)

	other := newOrg(salesforcetest.Options{})
	require.NoError(t, other.Load(strings.NewReader(`{"sobjects":[`+describe.body+`]}`)))
	require.Equal(t, infos, items(newClient(t, other).get("/sobjects/Account/describe").object()["recordTypeInfos"]), "with the ids of the other org")
	require.ErrorContains(t, org.Extend(salesforcetest.Schema{{Name: "Account", RecordTypes: []salesforcetest.RecordType{
		{}, {Name: "A", Picklists: map[string][]string{"Phone": nil}}, {Name: "B", Defaults: map[string]string{"Foo": "x"}},
	}}}), `record type "": a name is needed`)
}
