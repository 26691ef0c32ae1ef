package salesforcetest_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var sessionFacts = []fact{
	{"the versions need no session", func(t *testing.T, p *peer) {
		anyone := *p.client
		anyone.token = ""
		var versions []map[string]string
		anyone.get("/services/data").ok(http.StatusOK).decode(&versions)
		require.NotEmpty(t, versions)
		last := versions[len(versions)-1]
		require.Equal(t, "/services/data/v"+last["version"], last["url"])
		require.NotEmpty(t, last["label"])
	}},
	{"a version that is not there yet is not found", func(_ *testing.T, p *peer) {
		p.get("/services/data/v99.0/limits").refused(http.StatusNotFound, "NOT_FOUND", "The requested resource does not exist")
	}},
	{"a bad session is refused", func(_ *testing.T, p *peer) {
		p.token = "00Dxx0000000000!nobody"
		p.get("/limits").refused(http.StatusUnauthorized, "INVALID_SESSION_ID", "Session expired or invalid")
	}},
	{"each answer tells the usage", func(t *testing.T, p *peer) {
		a := p.get("/limits").ok(http.StatusOK)
		require.Regexp(t, `(^|[^-])api-usage=\d+/\d+`, a.header.Get("Sforce-Limit-Info"))
		var limits map[string]map[string]any
		a.decode(&limits)
		require.Contains(t, limits["DailyApiRequests"], "Max")
		require.Contains(t, limits["DailyApiRequests"], "Remaining")
	}},
	{"the resources are listed", func(t *testing.T, p *peer) {
		list := p.get("/").ok(http.StatusOK).object()
		for _, name := range []string{"sobjects", "query", "queryAll", "search", "composite", "limits", "jobs", "identity"} {
			require.Contains(t, list, name)
		}
		require.Equal(t, "/services/data/v66.0/query", list["query"])
	}},
	{"a method that a resource does not have", func(t *testing.T, p *peer) {
		a := p.do("PUT", "/sobjects/Account", "application/json", "{}")
		code, _, _ := a.fault()
		require.Equal(t, "METHOD_NOT_ALLOWED", code)
		require.Equal(t, http.StatusMethodNotAllowed, a.status)
	}},
}

// wireMoment is an instant on the wire: milliseconds, and a zone without colon.
var wireMoment = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+0000$`)

var recordFacts = []fact{
	{"a create tells the id", func(t *testing.T, p *peer) {
		a := p.post("/sobjects/Account", p.json(map[string]any{"Name": "~ created"})).ok(http.StatusCreated)
		p.keep(a.id())
		require.Equal(t, map[string]any{"id": a.id(), "success": true, "errors": []any{}}, a.object())
		require.True(t, strings.HasSuffix(a.header.Get("Location"), "/sobjects/Account/"+a.id()))
	}},
	{"a record is read whole", func(t *testing.T, p *peer) {
		id := p.create("Account", map[string]any{"Name": "~ whole", "NumberOfEmployees": 7, "AnnualRevenue": 1000})
		r := p.get("/sobjects/Account/" + id).ok(http.StatusOK)
		require.True(t, strings.HasPrefix(r.body, `{"attributes":{"type":"Account","url":"/services/data/v66.0/sobjects/Account/`+id+`"}`), r.body)
		fields := r.object()
		require.Equal(t, p.name("whole"), fields["Name"])
		require.Equal(t, "7", toJSON(t, fields["NumberOfEmployees"]))
		require.Equal(t, "1000.0", toJSON(t, fields["AnnualRevenue"]))
		require.Nil(t, fields["Phone"])
		require.Contains(t, fields, "Phone")
		require.Equal(t, false, fields["IsDeleted"])
		require.Regexp(t, wireMoment, fields["CreatedDate"])
		require.Regexp(t, wireMoment, fields["SystemModstamp"])
	}},
	{"some fields are read", func(t *testing.T, p *peer) {
		id := p.create("Account", map[string]any{"Name": "~ some"})
		r := p.get("/sobjects/Account/" + id + "?fields=Name,Phone").ok(http.StatusOK).object()
		require.Equal(t, []string{"Id", "Name", "Phone", "attributes"}, sorted(r))
	}},
	{"the 15 characters of an id do", func(t *testing.T, p *peer) {
		id := p.create("Account", map[string]any{"Name": "~ short id"})
		require.Equal(t, id, p.get("/sobjects/Account/" + id[:15]).ok(http.StatusOK).object()["Id"])
	}},
	{"an update changes what it names", func(t *testing.T, p *peer) {
		id := p.create("Account", map[string]any{"Name": "~ before", "Phone": "1", "Fax": "2"})
		a := p.patch("/sobjects/Account/"+id, p.json(map[string]any{"Name": "~ after", "Phone": nil})).ok(http.StatusNoContent)
		require.Empty(t, a.body)
		r := p.get("/sobjects/Account/" + id + "?fields=Name,Phone,Fax").ok(http.StatusOK).object()
		require.Equal(t, p.name("after"), r["Name"])
		require.Nil(t, r["Phone"])
		require.Equal(t, "2", r["Fax"])
	}},
	{"empty text is no value", func(t *testing.T, p *peer) {
		id := p.create("Account", map[string]any{"Name": "~ empty", "Phone": ""})
		require.Nil(t, p.get("/sobjects/Account/" + id + "?fields=Phone").ok(http.StatusOK).object()["Phone"])
	}},
	{"what is deleted is in the bin", func(t *testing.T, p *peer) {
		id := p.create("Account", map[string]any{"Name": "~ gone"})
		require.Empty(t, p.delete("/sobjects/Account/"+id).ok(http.StatusNoContent).body)
		p.get("/sobjects/Account/"+id).refused(http.StatusNotFound, "NOT_FOUND", "The requested resource does not exist")
		p.delete("/sobjects/Account/"+id).refused(http.StatusNotFound, "ENTITY_IS_DELETED", "entity is deleted")
		p.patch("/sobjects/Account/"+id, `{"Phone":"1"}`).refused(http.StatusNotFound, "ENTITY_IS_DELETED", "entity is deleted")
		require.Empty(t, p.query("SELECT Id FROM Account WHERE Id = '"+id+"'").records())
		all := p.get("/queryAll?q=" + url.QueryEscape("SELECT IsDeleted FROM Account WHERE Id = '"+id+"'")).records()
		require.Len(t, all, 1)
		require.Equal(t, true, all[0]["IsDeleted"])
	}},
	{"contacts follow their account into the bin", func(t *testing.T, p *peer) {
		account := p.create("Account", map[string]any{"Name": "~ parent"})
		contact := p.create("Contact", map[string]any{"LastName": "~ child", "AccountId": account})
		p.delete("/sobjects/Account/" + account).ok(http.StatusNoContent)
		p.get("/sobjects/Contact/"+contact).refused(http.StatusNotFound, "NOT_FOUND", "")
	}},
	{"an opportunity follows its stage", func(t *testing.T, p *peer) {
		id := p.create("Opportunity", map[string]any{"Name": "~ deal", "StageName": "Closed Won", "CloseDate": "2026-11-21", "Amount": 10})
		r := p.get("/sobjects/Opportunity/" + id + "?fields=IsWon,IsClosed,CloseDate").ok(http.StatusOK).object()
		require.Equal(t, true, r["IsWon"])
		require.Equal(t, true, r["IsClosed"])
		require.Equal(t, "2026-11-21", r["CloseDate"])
	}},
	{"an update moves the stamp", func(t *testing.T, p *peer) {
		id := p.create("Account", map[string]any{"Name": "~ stamp"})
		stamp := func() any {
			return p.get("/sobjects/Account/" + id + "?fields=SystemModstamp").object()["SystemModstamp"]
		}
		before := stamp()
		p.wait(2 * time.Second)
		p.patch("/sobjects/Account/"+id, `{"Phone":"1"}`).ok(http.StatusNoContent)
		require.Greater(t, stamp(), before)
	}},
}

var errorFacts = []fact{
	{"a required field", func(t *testing.T, p *peer) {
		a := p.post("/sobjects/Account", `{"Phone":"1"}`)
		a.refused(http.StatusBadRequest, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]")
		_, _, fields := a.fault()
		require.Equal(t, []any{"Name"}, fields)
	}},
	{"a field that is not there", func(_ *testing.T, p *peer) {
		p.post("/sobjects/Account", `{"Name":"x","Bogus__c":1}`).
			refused(http.StatusBadRequest, "INVALID_FIELD", "No such column 'Bogus__c' on sobject of type Account")
	}},
	{"an object that is not there", func(_ *testing.T, p *peer) {
		p.post("/sobjects/Bogus__c", `{"Name":"x"}`).refused(http.StatusNotFound, "NOT_FOUND", "The requested resource does not exist")
	}},
	{"text that is too long", func(t *testing.T, p *peer) {
		a := p.post("/sobjects/Account", `{"Name":"x","AccountNumber":"`+strings.Repeat("9", 41)+`"}`)
		code, message, fields := a.fault()
		require.Equal(t, "STRING_TOO_LONG", code)
		require.Contains(t, message, "data value too large")
		require.Contains(t, message, "(max length=40)")
		require.Equal(t, []any{"AccountNumber"}, fields)
	}},
	{"an e-mail address", func(t *testing.T, p *peer) {
		a := p.post("/sobjects/Contact", `{"LastName":"x","Email":"123"}`)
		a.refused(http.StatusBadRequest, "INVALID_EMAIL_ADDRESS", "invalid email address: 123")
		_, _, fields := a.fault()
		require.Equal(t, []any{"Email"}, fields)
	}},
	{"a field that only the org sets", func(t *testing.T, p *peer) {
		a := p.post("/sobjects/Account", `{"Name":"x","SystemModstamp":"2026-01-01T00:00:00Z"}`)
		code, _, fields := a.fault()
		require.Equal(t, "INVALID_FIELD_FOR_INSERT_UPDATE", code)
		require.Equal(t, []any{"SystemModstamp"}, fields)
	}},
	{"an id of another object", func(t *testing.T, p *peer) {
		account := p.create("Account", map[string]any{"Name": "~ wrong id"})
		a := p.post("/sobjects/Contact", p.json(map[string]any{"LastName": "~", "ReportsToId": account}))
		code, message, _ := a.fault()
		require.Contains(t, []string{"MALFORMED_ID", "FIELD_INTEGRITY_EXCEPTION"}, code)
		require.Contains(t, message, "id value of incorrect type: "+account)
	}},
	{"a body that is no JSON", func(t *testing.T, p *peer) {
		code, _, _ := p.post("/sobjects/Account", `{"Name":`).fault()
		require.Equal(t, "JSON_PARSER_ERROR", code)
	}},
	{"a value of the wrong type", func(t *testing.T, p *peer) {
		code, message, _ := p.post("/sobjects/Account", `{"Name":"x","NumberOfEmployees":"many"}`).fault()
		require.Equal(t, "JSON_PARSER_ERROR", code)
		require.Contains(t, message, "Cannot deserialize instance of int from VALUE_STRING value many")
	}},
	{"a key that is none", func(_ *testing.T, p *peer) {
		p.patch("/sobjects/Account/Bogus__c/7", `{"Name":"x"}`).
			refused(http.StatusNotFound, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: Bogus__c")
	}},
}
