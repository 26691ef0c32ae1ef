package salesforcetest_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// The keys of describe answers, as the REST API writes them.
const (
	overviewKeys = `activateable, associateEntityType, associateParentEntity, createable, custom, customSetting, deepCloneable, deletable,
		deprecatedAndHidden, feedEnabled, hasSubtypes, isInterface, isSubtype, keyPrefix, label, labelPlural, layoutable, mergeable, mruEnabled,
		name, queryable, replicateable, retrieveable, searchable, triggerable, undeletable, updateable, urls`
	describeKeys = `actionOverrides, childRelationships, compactLayoutable, defaultImplementation, fields, implementedBy, implementsInterfaces,
		listviewable, lookupLayoutable, namedLayoutInfos, networkScopeFieldName, recordTypeInfos, searchLayoutable, supportedScopes`
	fieldKeys = `aggregatable, aiPredictionField, autoNumber, byteLength, calculated, calculatedFormula, cascadeDelete, caseSensitive,
		compoundFieldName, controllerName, createable, custom, defaultValue, defaultValueFormula, defaultedOnCreate, dependentPicklist,
		deprecatedAndHidden, digits, displayLocationInDecimal, encrypted, externalId, extraTypeInfo, filterable, filteredLookupInfo,
		formulaTreatNullNumberAsZero, groupable, highScaleNumber, htmlFormatted, idLookup, inlineHelpText, label, length, mask, maskType, name,
		nameField, namePointing, nillable, permissionable, picklistValues, polymorphicForeignKey, precision, queryByDistance,
		referenceTargetField, referenceTo, relationshipName, relationshipOrder, restrictedDelete, restrictedPicklist, scale,
		searchPrefilterable, soapType, sortable, type, unique, updateable, writeRequiresMasterRead`
	childKeys      = `cascadeDelete, childSObject, deprecatedAndHidden, field, junctionIdListNames, junctionReferenceTo, relationshipName, restrictedDelete`
	recordTypeKeys = `active, available, defaultRecordTypeMapping, developerName, master, name, recordTypeId, urls`
)

func keys(lists ...string) []string {
	var all []string
	for _, list := range lists {
		for key := range strings.SplitSeq(list, ",") {
			all = append(all, strings.TrimSpace(key))
		}
	}
	slices.Sort(all)
	return all
}

func requireKeys(t *testing.T, want []string, got map[string]any) {
	t.Helper()
	require.Equal(t, want, slices.Sorted(maps.Keys(got)))
}

// items are the objects of a list.
func items(v any) []map[string]any {
	var list []map[string]any
	for _, item := range v.([]any) {
		list = append(list, item.(map[string]any))
	}
	return list
}

func find(t *testing.T, list []map[string]any, key string, value any) map[string]any {
	t.Helper()
	i := slices.IndexFunc(list, func(m map[string]any) bool { return m[key] == value })
	require.GreaterOrEqual(t, i, 0, "%s %v", key, value)
	return list[i]
}

func TestDescribeHasEveryKey(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{Schema: salesforcetest.Improveit360()})
	c := newClient(t, org)

	global := c.get("/sobjects").ok(200).object()
	require.Equal(t, "UTF-8", global["encoding"])
	for _, summary := range items(global["sobjects"]) {
		requireKeys(t, keys(overviewKeys), summary)
		d := c.get("/sobjects/" + summary["name"].(string) + "/describe").ok(200).object()
		requireKeys(t, keys(overviewKeys, describeKeys), d)
		for _, f := range items(d["fields"]) {
			requireKeys(t, keys(fieldKeys), f)
		}
		for _, child := range items(d["childRelationships"]) {
			requireKeys(t, keys(childKeys), child)
		}
		for _, typ := range items(d["recordTypeInfos"]) {
			requireKeys(t, keys(recordTypeKeys), typ)
		}
		requireKeys(t, keys("objectDescribe, recentItems"), c.get("/sobjects/"+summary["name"].(string)).ok(200).object())
	}
}

func TestDescribeOfAccount(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	d := c.get("/sobjects/account/describe").ok(200).object()
	require.Equal(t, []any{"Account", "Accounts", "001", true, false}, []any{d["name"], d["labelPlural"], d["keyPrefix"], d["mergeable"], d["custom"]})
	require.Equal(t, "/services/data/v66.0/sobjects/Account/{ID}", d["urls"].(map[string]any)["rowTemplate"])

	fields := items(d["fields"])
	var required []any
	for _, f := range fields {
		if f["createable"] == true && f["nillable"] == false && f["defaultedOnCreate"] == false {
			required = append(required, f["name"])
		}
	}
	require.Equal(t, []any{"Name"}, required)

	parent := find(t, fields, "name", "ParentId")
	require.Equal(t, []any{"reference", "tns:ID", []any{"Account"}, "Parent"}, []any{parent["type"], parent["soapType"], parent["referenceTo"], parent["relationshipName"]})
	number := find(t, fields, "name", "Number__c")
	require.Equal(t, []any{true, true, true, true}, []any{number["externalId"], number["idLookup"], number["unique"], number["custom"]})
	city := find(t, fields, "name", "BillingCity")
	require.Equal(t, "BillingAddress", city["compoundFieldName"])
	address := find(t, fields, "name", "BillingAddress")
	require.Equal(t, []any{"address", "urn:address", false, false}, []any{address["type"], address["soapType"], address["createable"], address["filterable"]})
	text := find(t, fields, "name", "Description")
	require.Equal(t, []any{"textarea", false, false, "plaintextarea"}, []any{text["type"], text["filterable"], text["sortable"], text["extraTypeInfo"]})
	tier := items(find(t, fields, "name", "Tier__c")["picklistValues"])
	require.Equal(t, map[string]any{"active": false, "defaultValue": false, "label": "Tin", "validFor": nil, "value": "Tin"}, tier[3])
	require.Equal(t, true, find(t, fields, "name", "Tier__c")["restrictedPicklist"])
	zep := find(t, fields, "name", "ZEP__c")
	require.Equal(t, []any{"boolean", false, true}, []any{zep["type"], zep["defaultValue"], zep["updateable"]})

	children := items(d["childRelationships"])
	contacts := find(t, children, "childSObject", "Contact")
	require.Equal(t, []any{"Contacts", "AccountId", true}, []any{contacts["relationshipName"], contacts["field"], contacts["cascadeDelete"]})
	require.Equal(t, "Notes", find(t, children, "childSObject", "Note")["relationshipName"])
	require.Equal(t, "Visits__r", find(t, children, "childSObject", "Visit__c")["relationshipName"])
	require.Equal(t, "012000000000000AAA", find(t, items(d["recordTypeInfos"]), "master", true)["recordTypeId"])
}

func TestStagesOfDescribeAreThoseOfTheOrg(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	org.Insert("OpportunityStage", map[string]any{"MasterLabel": "Handshake", "SortOrder": 3.0, "DefaultProbability": 33})
	c := newClient(t, org)
	var stages []any
	d := c.get("/sobjects/Opportunity/describe").object()
	for _, v := range items(find(t, items(d["fields"]), "name", "StageName")["picklistValues"]) {
		stages = append(stages, v["value"])
	}
	require.Equal(t, []any{
		"Prospecting", "Qualification", "Needs Analysis", "Handshake", "Value Proposition", "Id. Decision Makers", "Perception Analysis",
		"Proposal/Price Quote", "Negotiation/Review", "Closed Won", "Closed Lost",
	}, stages)
	id := c.post("/sobjects/Opportunity", `{"Name":"x","StageName":"Handshake","CloseDate":"2026-12-01"}`).id()
	require.EqualValues(t, 33, org.Record(id)["Probability"])
}

func TestImproveit360(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{Schema: salesforcetest.Improveit360()})
	staff := org.Insert("i360__Staff__c", map[string]any{"Name": "Rita", "i360__User__c": org.Credentials().UserID})
	prospect := org.Insert("i360__Prospect__c", map[string]any{"i360__Primary_Last_Name__c": "Leap", "i360__Phone_1__c": "555"})
	org.Insert("i360__Appointment__c", map[string]any{
		"Name": "A1", "i360__Prospect__c": prospect, "i360__Sales_Rep_1__c": staff, "i360__Computed_Start_DateTime__c": saturday,
	})
	org.Insert("i360__Appointment__c", map[string]any{"Name": "A2", "i360__Computed_Start_DateTime__c": saturday})
	c := newClient(t, org)

	rows := c.query("SELECT Name, i360__Prospect__r.i360__Phone_1__c, i360__Sales_Rep_1__r.i360__User__r.Username FROM i360__Appointment__c " +
		"WHERE i360__Sales_Rep_1__r.i360__User__c = '" + org.Credentials().UserID + "' AND i360__Computed_Start_DateTime__c >= LAST_N_DAYS:7").records()
	require.Len(t, rows, 1)
	require.Equal(t, "555", rows[0]["i360__Prospect__r"].(map[string]any)["i360__Phone_1__c"])

	a1 := idOf(t, org, "i360__Appointment__c", "Name", "A1")
	c.patch("/sobjects/i360__Appointment__c/"+a1, `{"i360__Result__c":"Demo Sold","i360__Quoted_Amount__c":12000.5}`).ok(204)
	c.patch("/sobjects/i360__Appointment__c/"+a1, `{"i360__Result__c":"demo sold!"}`).refused(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Result: bad value for restricted picklist field: demo sold!")
	require.Equal(t, "A1, A2", c.query("SELECT Name FROM i360__Appointment__c ORDER BY Name").names("Name"))
}

func TestDescribeTellsWhatIsPartOfWhat(t *testing.T) {
	t.Parallel()
	c := newClient(t, newOrg(salesforcetest.Options{}))
	fields := func(object string) map[string]map[string]any {
		var d struct{ Fields []map[string]any }
		c.get("/sobjects/" + object + "/describe").ok(200).decode(&d)
		byName := map[string]map[string]any{}
		for _, f := range d.Fields {
			byName[f["name"].(string)] = f
		}
		return byName
	}
	contact, task := fields("Contact"), fields("Task")
	require.Equal(t, []any{"personname", nil}, []any{contact["Name"]["extraTypeInfo"], contact["Name"]["compoundFieldName"]})
	require.Equal(t, []any{"Name", "MailingAddress"}, []any{contact["LastName"]["compoundFieldName"], contact["MailingCity"]["compoundFieldName"]})
	require.Equal(t, []any{"address", true, false}, []any{contact["MailingAddress"]["type"], contact["MailingAddress"]["queryByDistance"], contact["MailingAddress"]["createable"]})
	require.Equal(t, "plaintextarea", contact["MailingStreet"]["extraTypeInfo"])
	require.Contains(t, task["WhatId"]["referenceTo"], "Account")
	require.NotContains(t, task["WhatId"]["referenceTo"], "Contact", "people are in WhoId")
	require.Equal(t, []any{"Contact", "Lead"}, task["WhoId"]["referenceTo"])

	var d struct {
		URLs            map[string]string `json:"urls"`
		SupportedScopes []any             `json:"supportedScopes"`
	}
	c.get("/sobjects/Account/describe").decode(&d)
	require.Equal(t, "/services/data/v66.0/sobjects/Account/describe/layouts", d.URLs["layouts"])
	require.Equal(t, map[string]any{"label": "My accounts", "name": "mine"}, d.SupportedScopes[1])
}
