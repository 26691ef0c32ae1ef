package salesforcetest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// workshop has formulas of several types, one that looks at the parent, and
// one that builds on another.
var workshop = salesforcetest.Schema{{Name: "Job__c", Fields: []salesforcetest.Field{
	{Name: "Account__c", Type: "reference", ReferenceTo: []string{"Account"}},
	{Name: "Hours__c", Type: "double", Scale: 1},
	{Name: "Rate__c", Type: "currency", Scale: 2},
	{Name: "Due__c", Type: "date"},
	{Name: "Price__c", Type: "currency", Scale: 2, Formula: func(r salesforcetest.Row) any {
		if r.Get("Hours__c") == nil {
			return nil
		}
		return r.Number("Hours__c") * r.Number("Rate__c")
	}},
	{Name: "Big__c", Type: "boolean", Formula: func(r salesforcetest.Row) any { return r.Number("Price__c") > 1000 }},
	{Name: "Customer__c", Formula: func(r salesforcetest.Row) any { return r.Get("Account__r.Name") }},
	{Name: "Boss__c", Formula: func(r salesforcetest.Row) any { return r.Get("Account__r.Owner.Name") }},
	{Name: "Opened__c", Type: "datetime", Formula: func(salesforcetest.Row) any { return saturday }},
	{Name: "Later__c", Type: "date", Formula: func(r salesforcetest.Row) any { return r.Get("Due__c") }},
	{Name: "Endless__c", Formula: func(r salesforcetest.Row) any { return r.Get("Endless__c") }},
	{Name: "Wrong__c", Type: "int", Formula: func(salesforcetest.Row) any { return "no number" }},
}}}

func TestFormulasAreWorkedOutWhenRead(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{Schema: workshop})
	c := newClient(t, org)
	acme := c.post("/sobjects/Account", `{"Name":"Acme"}`).id()
	big := c.post("/sobjects/Job__c", `{"Name":"big","Hours__c":20.5,"Rate__c":100,"Account__c":"`+acme+`","Due__c":"2026-12-01"}`).id()
	c.post("/sobjects/Job__c", `{"Name":"small","Hours__c":2,"Rate__c":100}`).id()
	c.post("/sobjects/Job__c", `{"Name":"none"}`).id()

	r := c.get("/sobjects/Job__c/" + big).ok(200).object()
	require.Equal(t, []any{json.Number("2050.0"), true, "Acme", "Ada Admin", "2026-11-21T15:30:00.000+0000", "2026-12-01", nil, nil},
		[]any{r["Price__c"], r["Big__c"], r["Customer__c"], r["Boss__c"], r["Opened__c"], r["Later__c"], r["Endless__c"], r["Wrong__c"]})
	require.InDelta(t, 2050, org.Record(big)["Price__c"], 0)
	for soql, want := range map[string]string{
		"WHERE Price__c > 100 ORDER BY Price__c DESC":      "big, small",
		"WHERE Price__c = null":                            "none",
		"WHERE Big__c = false ORDER BY Price__c":           "none, small",
		"WHERE Customer__c = 'ACME'":                       "big",
		"WHERE Later__c >= 2026-11-30":                     "big",
		"WHERE Opened__c = TODAY ORDER BY Customer__c, Id": "small, none, big",
	} {
		require.Equal(t, want, c.query("SELECT Name FROM Job__c "+soql).names("Name"), soql)
	}
	var groups []string
	for _, g := range c.query("SELECT Customer__c c, COUNT(Id) n, SUM(Price__c) s FROM Job__c GROUP BY Customer__c ORDER BY Customer__c").records() {
		groups = append(groups, fmt.Sprintf("%v %v %v", g["c"], g["n"], g["s"]))
	}
	require.Equal(t, []string{"<nil> 2 200.0", "Acme 1 2050.0"}, groups)

	// A change elsewhere changes the formula and nothing else of the record.
	org.Advance(time.Hour)
	c.patch("/sobjects/Account/"+acme, `{"Name":"Acme & Co"}`).ok(204)
	r = c.get("/sobjects/Job__c/" + big).object()
	require.Equal(t, []any{"Acme & Co", "2026-11-21T15:30:00.000+0000"}, []any{r["Customer__c"], r["SystemModstamp"]})
	c.patch("/sobjects/Job__c/"+big, `{"Price__c":1}`).refused(400, "INVALID_FIELD_FOR_INSERT_UPDATE", "Price__c")
	require.Panics(t, func() { org.Update(big, map[string]any{"Price__c": 1}) })

	for _, f := range items(c.get("/sobjects/Job__c/describe").object()["fields"]) {
		if f["name"] == "Price__c" {
			require.Equal(t, []any{true, false, false, true}, []any{f["calculated"], f["createable"], f["updateable"], f["nillable"]})
		}
	}
}

func TestFormulasSeeWhatIsCommitted(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{Schema: workshop})
	tx := org.HoldTransaction()
	acme := tx.Insert("Account", map[string]any{"Name": "Acme"})
	job := tx.Insert("Job__c", map[string]any{"Account__c": acme})
	require.Empty(t, newClient(t, org).query("SELECT Id FROM Job__c WHERE Customer__c = 'Acme'").records())
	tx.Commit()
	require.Equal(t, job, newClient(t, org).query("SELECT Id FROM Job__c WHERE Customer__c = 'Acme'").names("Id"))
}

func TestFormulasAreNoKeys(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	formula := func(salesforcetest.Row) any { return nil }
	err := org.Extend(salesforcetest.Schema{{Name: "X__c", Fields: []salesforcetest.Field{
		{Name: "A__c", Formula: formula, Unique: true}, {Name: "B__c", Formula: formula, Type: "base64"},
	}}})
	require.ErrorContains(t, err, `field "A__c": a formula can be neither a key nor a number`)
	require.ErrorContains(t, err, `field "B__c": no formula has the type base64`)
}

// guarded are opportunities with the validation rules of two definitions.
var guarded = salesforcetest.Schema{
	{Name: "Opportunity", Validate: func(old, new salesforcetest.Row) []salesforcetest.Violation {
		var found []salesforcetest.Violation
		if new.Number("Amount") < 0 {
			found = append(found, salesforcetest.Violation{Field: "amount", Message: "Amount must not be negative"})
		}
		if old.Bool("IsClosed") && new.Changed(old, "Amount", "CloseDate") {
			found = append(found, salesforcetest.Violation{Message: "A closed deal stays as it is"})
		}
		return found
	}},
	{Name: "Opportunity", Validate: func(old, new salesforcetest.Row) []salesforcetest.Violation {
		if !old.Exists() && new.Text("Account.Name") == "" {
			return []salesforcetest.Violation{{Field: "AccountId", Message: "Who is the customer?"}}
		}
		return nil
	}},
}

func TestValidationRulesSayAllThatIsWrong(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{Schema: guarded})
	c := newClient(t, org)
	acme := c.post("/sobjects/Account", `{"Name":"Acme"}`).id()
	a := c.post("/sobjects/Opportunity", `{"Name":"x","StageName":"Closed Won","CloseDate":"2026-12-01","Amount":-1}`)
	var errs []map[string]any
	a.ok(400).decode(&errs)
	require.Equal(t, []map[string]any{
		{"errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "Amount must not be negative", "fields": []any{"Amount"}},
		{"errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "Who is the customer?", "fields": []any{"AccountId"}},
	}, errs)
	require.Empty(t, org.Records("Opportunity"))

	id := c.post("/sobjects/Opportunity", `{"Name":"x","StageName":"Closed Won","CloseDate":"2026-12-01","AccountId":"`+acme+`"}`).id()
	c.patch("/sobjects/Opportunity/"+id, `{"NextStep":"rest"}`).ok(204)
	a = c.patch("/sobjects/Opportunity/"+id, `{"CloseDate":"2026-12-02"}`)
	a.refused(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "A closed deal stays as it is")
	_, _, fields := a.fault()
	require.Equal(t, []any{}, fields)
	c.post("/sobjects/Opportunity", `{}`).refused(400, "REQUIRED_FIELD_MISSING", "")
	org.Insert("Opportunity", map[string]any{"Name": "old", "StageName": "Prospecting", "CloseDate": "2026-01-01", "Amount": -5})
}

// leads may not repeat an address of e-mail; nobody may have the name Test.
var unrepeated = salesforcetest.Schema{{Name: "Lead", Duplicates: []salesforcetest.DuplicateRule{
	{Match: func(r, other salesforcetest.Row) bool {
		return r.Get("Email") != nil && strings.EqualFold(r.Text("Email"), other.Text("Email"))
	}},
	{Name: "No_Tests", Message: "No tests here", Block: true, Match: func(r, _ salesforcetest.Row) bool { return r.Text("LastName") == "Test" }},
}}}

func TestDuplicateRules(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{Schema: unrepeated})
	c := newClient(t, org)
	first := c.post("/sobjects/Lead", `{"LastName":"Lee","Company":"Acme","Email":"lee@acme.example"}`).id()
	again := `{"LastName":"Li","Company":"Acme","Email":"Lee@acme.example"}`
	a := c.post("/sobjects/Lead", again)
	a.refused(400, "DUPLICATES_DETECTED", "Use one of these records?")
	var errs []struct {
		Fields          []any
		DuplicateResut  json.RawMessage
		DuplicateResult json.RawMessage
	}
	a.decode(&errs)
	require.JSONEq(t, `{"allowSave":true,"duplicateRule":"Standard_Lead_Duplicate_Rule","duplicateRuleEntityType":"Lead",
		"errorMessage":"Use one of these records?","matchResults":[{"entityType":"Lead","errors":[],"matchEngine":"ExactMatchEngine",
		"matchRecords":[{"additionalInformation":[],"fieldDiffs":[],"matchConfidence":100,
			"record":{"attributes":{"type":"Lead","url":"/services/data/v66.0/sobjects/Lead/`+first+`"},"Id":"`+first+`"}}],
		"rule":"Standard_Lead_Duplicate_Rule","size":1,"success":true}]}`, string(errs[0].DuplicateResut))
	require.JSONEq(t, string(errs[0].DuplicateResut), string(errs[0].DuplicateResult))

	send := func(body, header string) answer {
		req, err := http.NewRequestWithContext(t.Context(), "POST", c.base+"/services/data/v66.0/sobjects/Lead", strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+c.token)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Sforce-Duplicate-Rule-Header", header)
		res, err := c.http.Do(req)
		require.NoError(t, err)
		return newAnswer(t, res)
	}
	require.Contains(t, send(again, "allowSave=false; includeRecordDetails=true").ok(400).body, `"Company":"Acme"`)
	second := send(again, "allowSave=true; includeRecordDetails=true; runAsCurrentUser=true").id()
	c.patch("/sobjects/Lead/"+second, `{"Phone":"1"}`).refused(400, "DUPLICATES_DETECTED", "")
	send(`{"LastName":"Test","Company":"x"}`, "allowSave=true").refused(400, "DUPLICATES_DETECTED", "No tests here")
	require.ErrorContains(t, org.Extend(salesforcetest.Schema{{Name: "Lead", Duplicates: []salesforcetest.DuplicateRule{{}}}}), "Match is needed")
}

func TestListsOfResultsSayAllThatIsWrongToo(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{Schema: slices.Concat(guarded, unrepeated)})
	c := newClient(t, org)
	var results []struct {
		Success bool
		Errors  []struct {
			StatusCode, Message string
			Fields              []string
		}
	}
	c.post("/composite/sobjects", `{"records":[{"attributes":{"type":"Opportunity"},"Name":"x","StageName":"Prospecting","CloseDate":"2026-12-01","Amount":-1}]}`).ok(200).decode(&results)
	require.Len(t, results[0].Errors, 2)
	require.Equal(t, "FIELD_CUSTOM_VALIDATION_EXCEPTION", results[0].Errors[0].StatusCode)
	require.Equal(t, "Who is the customer?", results[0].Errors[1].Message)

	// A subrequest has headers of its own.
	c.post("/sobjects/Lead", `{"LastName":"Lee","Company":"Acme","Email":"lee@acme.example"}`).id()
	again := func(headers string) string {
		a := c.post("/composite", `{"compositeRequest":[{"method":"POST","referenceId":"r","url":"/services/data/v66.0/sobjects/Lead",`+
			`"httpHeaders":{`+headers+`},"body":{"LastName":"Li","Company":"Acme","Email":"lee@acme.example"}}]}`).ok(200)
		return fmt.Sprint(items(a.object()["compositeResponse"])[0]["httpStatusCode"])
	}
	require.Equal(t, "400", again(""))
	require.Equal(t, "201", again(`"Sforce-Duplicate-Rule-Header":"allowSave=true"`))
}

// A record that the same composite request has written counts already.
func TestRulesSeeWhatTheirTransactionWrote(t *testing.T) {
	t.Parallel()
	schema := slices.Concat(workshop, unrepeated, salesforcetest.Schema{{
		Name: "Job__c", Validate: func(_, r salesforcetest.Row) []salesforcetest.Violation {
			if r.Text("Customer__c") == "" {
				return []salesforcetest.Violation{{Message: "no customer"}}
			}
			return nil
		},
	}})
	org := newOrg(salesforcetest.Options{Schema: schema})
	c := newClient(t, org)
	lead := `{"method":"POST","referenceId":"%s","url":"/services/data/v66.0/sobjects/Lead","body":{"LastName":"Lee","Company":"Acme","Email":"lee@acme.example"}}`
	a := c.post("/composite", `{"allOrNone":true,"compositeRequest":[`+
		`{"method":"POST","referenceId":"a","url":"/services/data/v66.0/sobjects/Account","body":{"Name":"Acme"}},`+
		`{"method":"POST","referenceId":"j","url":"/services/data/v66.0/sobjects/Job__c","body":{"Account__c":"@{a.id}"}},`+
		fmt.Sprintf(lead, "one")+","+fmt.Sprintf(lead, "two")+`]}`).ok(200)
	var codes []string
	for _, r := range items(a.object()["compositeResponse"]) {
		codes = append(codes, fmt.Sprint(r["httpStatusCode"]))
	}
	require.Equal(t, []string{"400", "400", "400", "400"}, codes, a.body)
	require.Contains(t, a.body, "DUPLICATES_DETECTED")
	require.NotContains(t, a.body, "no customer")
	require.Empty(t, org.Records("Account"))
}
