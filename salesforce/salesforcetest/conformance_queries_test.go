package salesforcetest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var queryFacts = []fact{
	{"nothing found", func(t *testing.T, p *peer) {
		require.JSONEq(t, `{"totalSize":0,"done":true,"records":[]}`, p.own("SELECT Id FROM Account WHERE Name = '~ nobody'").body)
	}},
	{"records come in the order and spelling of the API", func(t *testing.T, p *peer) {
		id := p.create("Account", map[string]any{"Name": "~ spelt", "Phone": "1"})
		a := p.own("select PHONE, name from account where name = '~ spelt'").ok(http.StatusOK)
		require.Contains(t, a.body, `"records":[{"attributes":{"type":"Account","url":"/services/data/v66.0/sobjects/Account/`+id+`"},"Phone":"1","Name":"`)
	}},
	{"parents and children", func(t *testing.T, p *peer) {
		account := p.create("Account", map[string]any{"Name": "~ parent"})
		p.create("Contact", map[string]any{"LastName": "~ with", "AccountId": account})
		p.create("Contact", map[string]any{"LastName": "~ without"})
		p.create("Account", map[string]any{"Name": "~ childless"})
		contacts := p.own("SELECT LastName, Account.Name FROM Contact WHERE LastName LIKE '~%' ORDER BY LastName").records()
		require.Equal(t, p.name("parent"), contacts[0]["Account"].(map[string]any)["Name"])
		require.Nil(t, contacts[1]["Account"])
		accounts := p.own("SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Name LIKE '~%' ORDER BY Name").records()
		require.Nil(t, accounts[0]["Contacts"])
		children := accounts[1]["Contacts"].(map[string]any)
		require.Equal(t, []string{"done", "records", "totalSize"}, sorted(children))
		require.Len(t, children["records"], 1)
	}},
	{"counts and other aggregates", func(t *testing.T, p *peer) {
		for i := range 3 {
			p.create("Account", map[string]any{"Name": fmt.Sprintf("~ %d", i), "NumberOfEmployees": i})
		}
		require.JSONEq(t, `{"totalSize":3,"done":true,"records":[]}`, p.own("SELECT COUNT() FROM Account WHERE Name LIKE '~%'").body)
		require.JSONEq(t, `{"totalSize":1,"done":true,"records":[{"attributes":{"type":"AggregateResult"},"expr0":3,"most":2,"expr1":3}]}`,
			p.own("SELECT COUNT(Id), MAX(NumberOfEmployees) most, SUM(NumberOfEmployees) FROM Account WHERE Name LIKE '~%'").body)
	}},
	{"what is empty", func(t *testing.T, p *peer) {
		p.create("Account", map[string]any{"Name": "~ none"})
		p.create("Account", map[string]any{"Name": "~ x", "Site": "x"})
		p.create("Account", map[string]any{"Name": "~ y", "Site": "y"})
		for where, want := range map[string][]string{
			"Site = null":    {"none"},
			"Site = ''":      {"none"},
			"Site != null":   {"x", "y"},
			"Site != 'X'":    {"none", "y"},
			"Site = 'X'":     {"x"},
			"Site < 'y'":     {"x"},
			"Site IN ('X')":  {"x"},
			"Site LIKE '%%'": {"x", "y"},
		} {
			var names []string
			for _, r := range p.own("SELECT Name FROM Account WHERE Name LIKE '~%' AND " + where + " ORDER BY Name").records() {
				names = append(names, strings.TrimPrefix(r["Name"].(string), p.run+" "))
			}
			require.Equal(t, want, names, where)
		}
	}},
	{"nulls sort first", func(t *testing.T, p *peer) {
		p.create("Account", map[string]any{"Name": "~ none"})
		p.create("Account", map[string]any{"Name": "~ a", "Site": "a"})
		for order, first := range map[string]string{"Site": "none", "Site DESC": "none", "Site NULLS LAST": "a"} {
			r := p.own("SELECT Name FROM Account WHERE Name LIKE '~%' ORDER BY " + order).records()
			require.Equal(t, p.name(first), r[0]["Name"], order)
		}
	}},
	{"both lengths of an id are equal", func(t *testing.T, p *peer) {
		id := p.create("Account", map[string]any{"Name": "~ id"})
		for _, literal := range []string{id, id[:15]} {
			require.Len(t, p.query("SELECT Id FROM Account WHERE Id = '"+literal+"'").records(), 1)
		}
		code, message, _ := p.query("SELECT Id FROM Account WHERE Id = 'xyz'").fault()
		require.Equal(t, "INVALID_QUERY_FILTER_OPERATOR", code)
		require.Contains(t, message, "invalid ID field: xyz")
	}},
	{"a date literal is a span", func(t *testing.T, p *peer) {
		p.create("Account", map[string]any{"Name": "~ today"})
		for where, n := range map[string]int{
			"CreatedDate = TODAY": 1, "CreatedDate < TODAY": 0, "CreatedDate >= TODAY": 1, "CreatedDate > TODAY": 0,
			"CreatedDate = LAST_N_DAYS:1": 1, "CreatedDate = YESTERDAY": 0,
		} {
			require.Len(t, p.own("SELECT Id FROM Account WHERE Name = '~ today' AND "+where).records(), n, where)
		}
	}},
	{"what is wrong is shown", func(t *testing.T, p *peer) {
		for soql, want := range map[string][2]string{
			"SELECT Bogus FROM Account":                            {"INVALID_FIELD", "No such column 'Bogus' on entity 'Account'"},
			"SELECT Bogus.Name FROM Account":                       {"INVALID_FIELD", "Didn't understand relationship 'Bogus' in field path"},
			"SELECT Id FROM Bogus":                                 {"INVALID_TYPE", "sObject type 'Bogus' is not supported"},
			"SELECT Id FORM Account":                               {"MALFORMED_QUERY", ""},
			"SELECT Id FROM Account WHERE Name = 'x' AND":          {"MALFORMED_QUERY", ""},
			"SELECT Id FROM Account WHERE Description = 'x'":       {"INVALID_FIELD", "can not be filtered in a query call"},
			"SELECT Name, COUNT(Id) FROM Account":                  {"MALFORMED_QUERY", "Field must be grouped or aggregated: Name"},
			"SELECT Id FROM Account WHERE NumberOfEmployees = '1'": {"INVALID_FIELD", "should not be enclosed in quotes"},
		} {
			code, message, _ := p.query(soql).fault()
			require.Equal(t, want[0], code, soql)
			require.Contains(t, message, want[1], soql)
		}
		_, message, _ := p.query("SELECT Id, Bogus FROM Account").fault()
		require.Contains(t, message, "ERROR at Row:1:Column:12\n")
		require.Regexp(t, `\n *\^\n`, message, "the caret has a line of its own")
	}},
	{"AND and OR need parentheses", func(t *testing.T, p *peer) {
		code, _, _ := p.query("SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'").fault()
		require.Equal(t, "MALFORMED_QUERY", code)
	}},
	{"a long result has pages", func(t *testing.T, p *peer) {
		p.many("Account", 201)
		a := p.paged(strings.ReplaceAll("SELECT Id FROM Account WHERE Name LIKE '~%'", "~", p.run)).ok(http.StatusOK)
		var page struct {
			TotalSize int
			Done      bool
			Next      string `json:"nextRecordsUrl"`
		}
		a.decode(&page)
		require.Equal(t, 201, page.TotalSize)
		require.False(t, page.Done)
		require.Len(t, a.records(), 200)
		require.Regexp(t, `^/services/data/v66\.0/query/[0-9A-Za-z]{18}-200$`, page.Next)
		rest := p.get(page.Next).ok(http.StatusOK)
		require.Len(t, rest.records(), 1)
		require.Equal(t, true, rest.object()["done"])
	}},
	{"a locator that is none", func(t *testing.T, p *peer) {
		code, _, _ := p.get("/query/0r8000000000000AAA-2000").fault()
		require.Equal(t, "INVALID_QUERY_LOCATOR", code)
	}},
	{"semi-joins", func(t *testing.T, p *peer) {
		account := p.create("Account", map[string]any{"Name": "~ joined"})
		p.create("Account", map[string]any{"Name": "~ alone"})
		p.create("Contact", map[string]any{"LastName": "~", "AccountId": account})
		in := "(SELECT AccountId FROM Contact WHERE LastName = '~')"
		require.Equal(t, p.name("joined"), p.own("SELECT Name FROM Account WHERE Name LIKE '~%' AND Id IN "+in).names("Name"))
		require.Equal(t, p.name("alone"), p.own("SELECT Name FROM Account WHERE Name LIKE '~%' AND Id NOT IN "+in).names("Name"))
	}},
	{"the links of files need a filter", func(_ *testing.T, p *peer) {
		p.query("SELECT Id FROM ContentDocumentLink").
			refused(http.StatusBadRequest, "MALFORMED_QUERY", "Implementation restriction: ContentDocumentLink requires a filter")
	}},
}

// paged runs a query with pages of 200 records.
func (p *peer) paged(soql string) answer {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.base+"/services/data/v66.0/query?q="+url.QueryEscape(soql), nil)
	require.NoError(p.t, err)
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("Sforce-Query-Options", "batchSize=200")
	res, err := p.http.Do(req)
	require.NoError(p.t, err)
	return newAnswer(p.t, res)
}

// many creates records with names of their own, 200 in a request.
func (p *peer) many(object string, n int) []string {
	p.t.Helper()
	var ids []string
	for from := 0; from < n; from += 200 {
		var records []any
		for i := from; i < min(from+200, n); i++ {
			records = append(records, map[string]any{"attributes": map[string]any{"type": object}, "Name": fmt.Sprintf("~ %03d", i)})
		}
		var results []struct {
			ID      string `json:"id"`
			Success bool   `json:"success"`
			Errors  json.RawMessage
		}
		p.post("/composite/sobjects", p.json(map[string]any{"records": records})).ok(http.StatusOK).decode(&results)
		for _, r := range results {
			require.True(p.t, r.Success, "%s", r.Errors)
			ids = append(ids, r.ID)
		}
	}
	p.keep(ids...)
	return ids
}

var describeFacts = []fact{
	{"the objects are listed", func(t *testing.T, p *peer) {
		var global struct {
			Encoding     string
			MaxBatchSize int
			SObjects     []map[string]any
		}
		p.get("/sobjects").ok(http.StatusOK).decode(&global)
		require.Equal(t, "UTF-8", global.Encoding)
		require.Equal(t, 200, global.MaxBatchSize)
		for _, ob := range global.SObjects {
			if ob["name"] == "Account" {
				require.Equal(t, "001", ob["keyPrefix"])
				require.Equal(t, "/services/data/v66.0/sobjects/Account/describe", ob["urls"].(map[string]any)["describe"])
				require.Subset(t, sorted(ob), strings.Fields("activateable createable custom customSetting deletable deprecatedAndHidden feedEnabled "+
					"keyPrefix label labelPlural layoutable mergeable mruEnabled name queryable replicateable retrieveable searchable "+
					"triggerable undeletable updateable urls"))
				return
			}
		}
		require.Fail(t, "Account is not listed")
	}},
	{"an object is described", func(t *testing.T, p *peer) {
		d := p.get("/sobjects/Account/describe").ok(http.StatusOK).object()
		require.Subset(t, sorted(d), strings.Fields("actionOverrides childRelationships compactLayoutable fields namedLayoutInfos recordTypeInfos "+
			"searchLayoutable supportedScopes urls createable keyPrefix label name"))
		fields := map[string]map[string]any{}
		for _, f := range items(d["fields"]) {
			fields[f["name"].(string)] = f
			require.Subset(t, sorted(f), strings.Fields("aggregatable autoNumber byteLength calculated cascadeDelete caseSensitive createable custom "+
				"defaultValue defaultedOnCreate dependentPicklist digits externalId filterable groupable htmlFormatted idLookup label length name "+
				"nameField namePointing nillable permissionable picklistValues polymorphicForeignKey precision referenceTo relationshipName "+
				"restrictedPicklist scale soapType sortable type unique updateable"), f["name"])
		}
		require.Equal(t, "id", fields["Id"]["type"])
		require.Equal(t, false, fields["Name"]["nillable"])
		require.Equal(t, "40", toJSON(t, fields["AccountNumber"]["length"]))
		require.Equal(t, []any{"User"}, fields["OwnerId"]["referenceTo"])
		require.Equal(t, "Owner", fields["OwnerId"]["relationshipName"])
		require.Equal(t, "address", fields["BillingAddress"]["type"])
		require.Equal(t, "BillingAddress", fields["BillingCity"]["compoundFieldName"])
		require.Equal(t, "currency", fields["AnnualRevenue"]["type"])
		require.Equal(t, false, fields["Description"]["filterable"])
		children := map[any]any{}
		for _, c := range items(d["childRelationships"]) {
			children[c["relationshipName"]] = c["childSObject"]
		}
		require.Equal(t, "Contact", children["Contacts"])
		require.Equal(t, "Opportunity", children["Opportunities"])
		master := items(d["recordTypeInfos"])
		require.Equal(t, "012000000000000AAA", master[len(master)-1]["recordTypeId"])
	}},
	{"an object that is not there", func(_ *testing.T, p *peer) {
		p.get("/sobjects/Bogus__c/describe").refused(http.StatusNotFound, "NOT_FOUND", "The requested resource does not exist")
	}},
	{"what has not changed is not sent again", func(t *testing.T, p *peer) {
		modified := p.get("/sobjects/Account/describe").ok(http.StatusOK).header.Get("Last-Modified")
		require.NotEmpty(t, modified)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.base+"/services/data/v66.0/sobjects/Account/describe", nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+p.token)
		req.Header.Set("If-Modified-Since", modified)
		res, err := p.http.Do(req)
		require.NoError(t, err)
		require.Empty(t, newAnswer(t, res).ok(http.StatusNotModified).body)
	}},
}

var searchFacts = []fact{
	{"nothing found", func(t *testing.T, p *peer) {
		a := p.get("/search?q=" + url.QueryEscape("FIND {zzzqqqxxx} IN ALL FIELDS RETURNING Account(Id)"))
		require.JSONEq(t, `{"searchRecords":[]}`, a.ok(http.StatusOK).body)
	}},
	{"a search needs a term", func(t *testing.T, p *peer) {
		code, _, _ := p.get("/search?q=" + url.QueryEscape("FIND acme")).fault()
		require.Equal(t, "MALFORMED_SEARCH", code)
	}},
}
