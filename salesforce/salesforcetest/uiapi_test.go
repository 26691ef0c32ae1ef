package salesforcetest_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// carSchema has a picklist that depends on another, and two record types.
var carSchema = salesforcetest.Schema{{
	Name: "Car__c", Label: "Car",
	Fields: []salesforcetest.Field{
		{Name: "Make__c", Type: "picklist", Picklist: []salesforcetest.PicklistValue{{Value: "Audi"}, {Value: "BMW", Default: true}, {Value: "Old", Inactive: true}}},
		{Name: "Model__c", Type: "picklist", Controller: "Make__c", Picklist: []salesforcetest.PicklistValue{
			{Value: "A4", Label: "Audi A4", ValidFor: []string{"Audi"}},
			{Value: "X5", ValidFor: []string{"BMW"}},
			{Value: "Other", ValidFor: []string{"Audi", "BMW"}},
		}},
		{Name: "Price__c", Type: "currency", Precision: 18, Scale: 2},
		{Name: "Built__c", Type: "date"},
		{Name: "Dealer__c", Type: "reference", ReferenceTo: []string{"Account"}, Children: "Cars__r"},
	},
	RecordTypes: []salesforcetest.RecordType{{Name: "German", Picklists: map[string][]string{"Make__c": {"BMW"}}}},
}}

func TestPicklistValuesOfARecordType(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{Schema: carSchema})
	c := newClient(t, org)
	german := idOf(t, org, "RecordType", "DeveloperName", "German")
	base := "/ui-api/object-info/Car__c/picklist-values/"
	choice := func(label, value, validFor string) string {
		return `{"attributes":null,"label":"` + label + `","validFor":[` + validFor + `],"value":"` + value + `"}`
	}
	get := func(path string) map[string]any {
		m := c.get(path).ok(200).object()
		require.Regexp(t, "^[0-9a-f]{32}$", m["eTag"])
		delete(m, "eTag")
		return m
	}
	same := func(want string, m map[string]any) {
		t.Helper()
		require.JSONEq(t, want, jsonOf(t, m))
	}

	same(`{"controllerValues":{"Audi":0,"BMW":1},"defaultValue":null,"url":"/services/data/v66.0`+base+`012000000000000AAA/Model__c","values":[`+
		choice("Audi A4", "A4", "0")+","+choice("X5", "X5", "1")+","+choice("Other", "Other", "0,1")+`]}`, get(base+"012000000000000AAA/Model__c"))
	same(`{"controllerValues":{},"defaultValue":`+choice("BMW", "BMW", "")+`,"url":"/services/data/v66.0`+base+german+`/Make__c","values":[`+
		choice("BMW", "BMW", "")+`]}`, get(base+german+"/Make__c"))
	all := get(base + german)
	require.Equal(t, "/services/data/v66.0"+base+german, all["url"])
	lists := all["picklistFieldValues"].(map[string]any)
	require.Len(t, lists, 2)
	require.Equal(t, "map[BMW:0]", fmt.Sprint(lists["Model__c"].(map[string]any)["controllerValues"]))

	for _, path := range []string{base + "012000000000001AAA", base + german + "/Price__c", base + german + "/Nothing__c"} {
		c.get(path).refused(404, "NOT_FOUND", "")
	}
	c.get("/ui-api/object-info/Nothing/picklist-values/012000000000000AAA").refused(400, "INVALID_TYPE", "Nothing is not supported in UI API")
	stage := c.get("/ui-api/object-info/Opportunity/picklist-values/012000000000000AAA/StageName").ok(200).object()["values"].([]any)[8]
	require.Equal(t, "map[closed:true defaultProbability:100 forecastCategoryName:Closed picklistAtrributesValueType:OpportunityStage won:true]",
		fmt.Sprint(stage.(map[string]any)["attributes"]))
}

func TestObjectInfo(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{Schema: carSchema})
	c := newClient(t, org)
	info := c.get("/ui-api/object-info/Car__c").ok(200).object()
	require.Equal(t, []any{"Car__c", true, "Car", "Cars", []any{"Name"}, "map[Make__c:map[Model__c:map[]]]"},
		[]any{info["apiName"], info["custom"], info["label"], info["labelPlural"], info["nameFields"], fmt.Sprint(info["dependentFields"])})
	require.Equal(t, "012000000000000AAA", info["defaultRecordTypeId"])
	require.Len(t, info["recordTypeInfos"], 2)
	fields := info["fields"].(map[string]any)
	model, dealer := fields["Model__c"].(map[string]any), fields["Dealer__c"].(map[string]any)
	require.Equal(t, []any{"Picklist", "Make__c", []any{"Make__c"}}, []any{model["dataType"], model["controllerName"], model["controllingFields"]})
	require.Equal(t, "[map[apiName:Account nameFields:[Name]]]", fmt.Sprint(dealer["referenceToInfos"]))
	for name, want := range map[string]string{"Id": "String", "Price__c": "Currency", "CreatedDate": "DateTime", "IsDeleted": "Boolean"} {
		require.Equal(t, want, fields[name].(map[string]any)["dataType"], name)
	}
	require.Contains(t, jsonOf(t, c.get("/ui-api/object-info/Account").object()["childRelationships"]),
		`{"childObjectApiName":"Car__c","fieldName":"Dealer__c","junctionIdListNames":[],"junctionReferenceTo":[],"relationshipName":"Cars__r"}`)

	batch := c.get("/ui-api/object-info/batch/Account,Nothing").ok(200).object()
	require.Equal(t, true, batch["hasErrors"])
	require.Equal(t, "[200 400]", fmt.Sprint([]any{batch["results"].([]any)[0].(map[string]any)["statusCode"], batch["results"].([]any)[1].(map[string]any)["statusCode"]}))
	c.get("/services/data/v40.0/ui-api/object-info/Account").refused(404, "NOT_FOUND", "")
}

func TestRecordsOfTheUserInterface(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{Schema: carSchema})
	c := newClient(t, org)
	dealer := org.Insert("Account", map[string]any{"Name": "Dealer"})
	made := c.post("/ui-api/records", `{"apiName":"Car__c","fields":{"Name":"c1","Make__c":"Audi","Model__c":"A4","Price__c":1234.5,"Built__c":"2026-02-03","Dealer__c":"`+dealer+`"}}`).ok(201).object()
	id := made["id"].(string)
	require.Equal(t, "Audi A4", made["fields"].(map[string]any)["Model__c"].(map[string]any)["displayValue"])

	a := c.get("/ui-api/records/" + id + "?fields=Car__c.Name,Car__c.Model__c,Car__c.Price__c,Car__c.Built__c,Car__c.CreatedDate,Car__c.Dealer__r.Owner.Name&optionalFields=Car__c.Nothing__c").ok(200).object()
	owner := a["fields"].(map[string]any)["Dealer__r"].(map[string]any)["value"].(map[string]any)["fields"].(map[string]any)["Owner"].(map[string]any)
	require.Equal(t, "Ada Admin", owner["displayValue"])
	require.Equal(t, "User", owner["value"].(map[string]any)["apiName"])
	delete(a["fields"].(map[string]any), "Dealer__r")
	delete(a, "eTag")
	require.JSONEq(t, `{"apiName":"Car__c","childRelationships":{},"fields":{"Name":{"displayValue":null,"value":"c1"},
		"Model__c":{"displayValue":"Audi A4","value":"A4"},"Price__c":{"displayValue":"$1,234.50","value":1234.5},
		"Built__c":{"displayValue":"2/3/2026","value":"2026-02-03"},"CreatedDate":{"displayValue":"11/21/2026, 7:30 AM","value":"2026-11-21T15:30:00.000Z"}},
		"id":"`+id+`","lastModifiedById":"`+org.Credentials().UserID+`","lastModifiedDate":"2026-11-21T15:30:00.000Z",
		"recordTypeId":"012000000000000AAA","recordTypeInfo":null,"systemModstamp":"2026-11-21T15:30:00.000Z","weakEtag":1795275000000}`, jsonOf(t, a))

	whole := c.get("/ui-api/records/" + id + "?layoutTypes=Full").ok(200).object()["fields"].(map[string]any)
	require.Equal(t, "c1", whole["Name"].(map[string]any)["value"])
	c.get("/ui-api/records/"+id+"?fields=Car__c.Nothing__c").refused(400, "INVALID_FIELD", "No such column 'Nothing__c' on entity 'Car__c'")
	c.get("/ui-api/records/"+id+"?fields=Name").refused(400, "INVALID_FIELD", "Name")
	c.get("/ui-api/records/"+id).refused(400, "INVALID_PARAMETER_VALUE", "layoutTypes")
	c.get("/ui-api/records/001xx000003DGb9AAG?layoutTypes=Full").refused(404, "NOT_FOUND", "")
	c.get("/ui-api/records/x?layoutTypes=Full").refused(400, "INVALID_PARAMETER_VALUE", "x")

	var refused []struct {
		ErrorCode, Message, EnhancedErrorType string
		StatusCode                            int
		Output                                struct {
			FieldErrors map[string][]map[string]any
		}
	}
	c.patch("/ui-api/records/"+id, `{"fields":{"Dealer__c":"`+id+`"}}`).ok(400).decode(&refused)
	require.Equal(t, []any{"RecordError", 400}, []any{refused[0].EnhancedErrorType, refused[0].StatusCode})
	require.Equal(t, "Dealer__c", refused[0].Output.FieldErrors["Dealer__c"][0]["field"])

	org.Advance(time.Minute)
	updated := c.patch("/ui-api/records/"+id, `{"fields":{"Price__c":null}}`).ok(200).object()
	require.Nil(t, updated["fields"].(map[string]any)["Price__c"].(map[string]any)["value"])
	c.with("PATCH", "/ui-api/records/"+id, `{"fields":{"Price__c":1}}`, "If-Modified-Since", saturday.Format(http.TimeFormat)).refused(412, "PRECONDITION_FAILED", "")
	batch := c.get("/ui-api/records/batch/" + id + ",001xx000003DGb9AAG?optionalFields=Car__c.Name").ok(200).object()
	require.Equal(t, true, batch["hasErrors"])
	require.Len(t, batch["results"], 2)
	c.delete("/ui-api/records/" + id).ok(204)
	c.delete("/ui-api/records/"+id).refused(404, "NOT_FOUND", "")
	c.post("/ui-api/records", `{"apiName":"Nothing","fields":{}}`).refused(400, "INVALID_TYPE", "Nothing")

	typ, body := multi(t, part{"json", "", "application/json", `{"apiName":"ContentVersion","fields":{"PathOnClient":"a.txt"}}`}, part{"VersionData", "a.txt", "text/plain", "hello"})
	version := c.do("POST", "/ui-api/records", typ, body).ok(201).object()["id"].(string)
	require.Equal(t, "hello", string(org.File(version)))
}
