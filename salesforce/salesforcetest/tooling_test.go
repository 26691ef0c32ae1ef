package salesforcetest_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func (c *client) toolingQuery(soql string) answer {
	c.t.Helper()
	return c.get("/tooling/query/?q=" + url.QueryEscape(soql))
}

// The view shares users with the real org; it is not theirs to define.
func TestToolingLeavesWhatItSharesAlone(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{Schema: salesforcetest.Schema{
		{Name: "User", Fields: []salesforcetest.Field{
			{Name: "Tours__c", Type: "int", RollUp: &salesforcetest.RollUp{Children: "Tours__r"}},
		}},
		{Name: "Tour__c", Fields: []salesforcetest.Field{
			{Name: "Guide__c", Type: "reference", ReferenceTo: []string{"User"}, Children: "Tours__r"},
		}},
	}})
	c, ada := newClient(t, org), org.Credentials().UserID
	c.toolingQuery("SELECT Id FROM User").records()
	c.post("/sobjects/Tour__c", `{"Guide__c":"`+ada+`"}`).id()
	require.EqualValues(t, 1, org.Record(ada)["Tours__c"])
}

func TestToolingQueriesDefinitions(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))

	records := c.toolingQuery("SELECT QualifiedApiName, KeyPrefix, IsCustomizable, Label FROM EntityDefinition WHERE QualifiedApiName IN ('Account', 'Visit__c') ORDER BY QualifiedApiName").records()
	require.Len(t, records, 2)
	require.Contains(t, records[0]["attributes"].(map[string]any)["url"], "/services/data/v66.0/tooling/sobjects/EntityDefinition/")
	delete(records[0], "attributes")
	require.Equal(t, map[string]any{"QualifiedApiName": "Account", "KeyPrefix": "001", "IsCustomizable": true, "Label": "Account"}, records[0])
	require.Equal(t, "Visit", records[1]["Label"])

	types := map[string]string{}
	for _, r := range c.toolingQuery("SELECT QualifiedApiName, DataType, EntityDefinition.QualifiedApiName FROM FieldDefinition " +
		"WHERE EntityDefinition.QualifiedApiName = 'Account' AND EntityDefinitionId = 'Account'").records() {
		require.Equal(t, "Account", r["EntityDefinition"].(map[string]any)["QualifiedApiName"])
		types[r["QualifiedApiName"].(string)] = r["DataType"].(string)
	}
	for name, typ := range map[string]string{
		"Id": "Lookup()", "Name": "Text(255)", "ParentId": "Lookup(Account)", "AnnualRevenue": "Currency(18, 0)", "Industry": "Picklist",
		"Interests__c": "Picklist (Multi-Select)", "ZEP__c": "Checkbox", "CreatedDate": "Date/Time", "Phone": "Phone", "Opens__c": "Time",
		"Description": "Long Text Area(32000)", "BillingAddress": "Address", "NumberOfEmployees": "Number(8, 0)",
	} {
		require.Equal(t, typ, types[name], name)
	}
	require.NotContains(t, types, "EntityDefinitionRecordId")

	require.Equal(t, "At__c", c.toolingQuery("SELECT QualifiedApiName, (SELECT QualifiedApiName FROM Fields WHERE QualifiedApiName = 'At__c') " +
		"FROM EntityDefinition WHERE DurableId = 'Visit__c'").records()[0]["Fields"].(map[string]any)["records"].([]any)[0].(map[string]any)["QualifiedApiName"])
	require.Equal(t, "Visit", c.toolingQuery("SELECT DeveloperName FROM CustomObject").names("DeveloperName"))
	require.Equal(t, "At", c.toolingQuery("SELECT DeveloperName FROM CustomField WHERE TableEnumOrId = 'Visit__c' AND DeveloperName LIKE 'At'").names("DeveloperName"))
}

func TestToolingSeesWhatTheOrgHas(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)

	require.Equal(t, "Example Org", c.toolingQuery("SELECT Name FROM Organization").names("Name"))
	require.Equal(t, "Ada Admin", c.toolingQuery("SELECT Name, Profile.Name FROM User WHERE Username = 'user@example.com'").names("Name"))
	require.JSONEq(t, `{"totalSize":0,"done":true,"records":[]}`, c.toolingQuery("SELECT Id, Name, Body FROM ApexClass").body)
	c.toolingQuery("SELECT SandboxName FROM SandboxProcess").refused(400, "INVALID_TYPE", "sObject type 'SandboxProcess' is not supported")
	c.toolingQuery("SELECT Id FROM Account").refused(400, "INVALID_TYPE", "sObject type 'Account' is not supported")
	c.toolingQuery("SELECT Nope FROM ApexClass").refused(400, "INVALID_FIELD", "No such column 'Nope'")

	require.NoError(t, org.Extend(salesforcetest.Schema{{Name: "Later__c"}}))
	require.Equal(t, "Later__c", c.toolingQuery("SELECT QualifiedApiName FROM EntityDefinition WHERE DeveloperName = 'Later'").names("QualifiedApiName"))
}

func TestToolingQueryHasPages(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{BatchSize: 100}))

	page := c.toolingQuery("SELECT DurableId FROM FieldDefinition").ok(http.StatusOK).object()
	seen := map[any]bool{}
	for {
		for _, r := range page["records"].([]any) {
			seen[r.(map[string]any)["DurableId"]] = true
			require.Contains(t, r.(map[string]any)["attributes"].(map[string]any)["url"], "/tooling/sobjects/FieldDefinition/")
		}
		if page["done"] == true {
			break
		}
		require.Contains(t, page["nextRecordsUrl"], "/services/data/v66.0/tooling/query/0r8")
		page = c.get(page["nextRecordsUrl"].(string)).ok(http.StatusOK).object()
	}
	require.True(t, seen["Visit__c.At__c"])
	require.Greater(t, len(seen), 400)
}

func TestToolingDescribes(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))

	global := c.get("/tooling/sobjects").ok(http.StatusOK).body
	require.Contains(t, global, `"/services/data/v66.0/tooling/sobjects/ApexClass/describe"`)
	require.NotContains(t, global, `"name":"Contact"`)
	class := c.get("/tooling/sobjects/ApexClass/describe/").ok(http.StatusOK).object()
	require.Equal(t, []any{"ApexClass", "01p", false}, []any{class["name"], class["keyPrefix"], class["createable"]})
	require.Contains(t, c.get("/tooling/sobjects/FieldDefinition").ok(http.StatusOK).object(), "objectDescribe")
	require.NotContains(t, c.get("/tooling/sobjects/FieldDefinition/describe").body, `"name":"EntityDefinitionRecordId"`)
	c.get("/tooling/sobjects/Contact/describe").refused(404, "NOT_FOUND", "")

	url := c.toolingQuery("SELECT Id FROM EntityDefinition WHERE DurableId = 'Case'").records()[0]["attributes"].(map[string]any)["url"].(string)
	require.Equal(t, "Case", c.get(url).ok(http.StatusOK).object()["QualifiedApiName"])
	require.Contains(t, c.get("/tooling").body, "/services/data/v66.0/tooling/query")
}

func TestToolingRunsNoApex(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))
	c.get("/tooling/executeAnonymous/?anonymousBody=System.debug(1);").refused(400, "FUNCTIONALITY_NOT_ENABLED", "This org runs no Apex, so that /tooling/executeAnonymous")
	c.post("/tooling/runTestsSynchronous", "{}").refused(400, "FUNCTIONALITY_NOT_ENABLED", "no Apex")
	c.post("/tooling/sobjects/ApexClass", `{"Name":"A"}`).refused(405, "METHOD_NOT_ALLOWED", "")
}

func TestApexRESTIsAHandler(t *testing.T) {
	overBoth(t, salesforcetest.Options{ApexREST: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`"` + r.Method + " " + r.URL.RequestURI() + `"`))
	})}, func(t *testing.T, org *salesforcetest.Org, c *client) {
		a := c.do("PATCH", "//services/apexrest/visits//7?x=1", "application/json", "{}").ok(http.StatusOK)
		require.JSONEq(t, `"PATCH /visits/7?x=1"`, a.body)
		require.Contains(t, a.header.Get("Sforce-Limit-Info"), "api-usage=1/")
		c.token = "stale"
		c.get("/services/apexrest/visits").refused(401, "INVALID_SESSION_ID", "")
	})
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		newClient(t, newOrg(salesforcetest.Options{})).get("/services/apexrest/visits").
			refused(404, "NOT_FOUND", "Could not find a match for URL")
	})
}
