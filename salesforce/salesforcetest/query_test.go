package salesforcetest_test

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// The files query_*_test.go hold queries with the rows that they yield, a table
// for each subject. They ask for the records of testdata/world.json and
// testdata/things.json, at half past seven on a Saturday morning in Los Angeles.

// queryCase is a query and its rows, written as rowsOf does. {Name} in the query
// stands for the id of the record with that name, {Name:15} for its short form.
type queryCase struct{ soql, want string }

// queryTables are all tables of cases.
var queryTables = map[string][]queryCase{
	"text": textQueries, "numbers": numberQueries, "dates": dateQueries, "fiscal years": fiscalQueries, "ids": idQueries,
	"nulls": nullQueries, "picklists": picklistQueries, "logic": logicQueries, "parents": parentQueries, "children": childQueries,
	"joins": joinQueries, "groups": groupQueries, "functions": functionQueries, "order": orderQueries,
	"polymorphic": polymorphicQueries, "scope": scopeQueries, "deleted": deletedQueries,
}

func TestNumberOfQueryCases(t *testing.T) {
	t.Parallel()
	total := len(queryFaults)
	t.Logf("%d refusals", total)
	for subject, cases := range queryTables {
		t.Logf("%d queries about %s", len(cases), subject)
		total += len(cases)
	}
	t.Logf("%d cases in all", total)
}

// newThings is the world that the tables ask about.
func newThings(t testing.TB, opt salesforcetest.Options) *salesforcetest.Org {
	t.Helper()
	org := newWorld(t, opt)
	require.NoError(t, org.LoadFile("testdata/things.json"))
	return org
}

// runQueries asks the queries of a table over a resource that takes queries.
func runQueries(t *testing.T, org *salesforcetest.Org, resource string, cases []queryCase) {
	t.Helper()
	c := newClient(t, org)
	ids := idsByName(org)
	for _, q := range cases {
		soql := withIDs(t, q.soql, ids)
		t.Run(q.soql, func(t *testing.T) {
			a := c.get(resource + "?q=" + url.QueryEscape(soql))
			require.Equal(t, 200, a.status, a.body)
			require.Equal(t, q.want, rowsOf(t, a.body, soql))
		})
	}
}

// withIDs puts ids in the place of names.
func withIDs(t *testing.T, soql string, ids map[string]string) string {
	return idName.ReplaceAllStringFunc(soql, func(s string) string {
		name, short := strings.CutSuffix(s[1:len(s)-1], ":15")
		require.Contains(t, ids, name, soql)
		if short {
			return ids[name][:15]
		}
		return ids[name]
	})
}

var idName = regexp.MustCompile(`\{[^}]+\}`)

// idsByName are the ids of the records that cases name.
func idsByName(org *salesforcetest.Org) map[string]string {
	ids := map[string]string{}
	for _, object := range []string{"Account", "Thing__c", "User", "Contact"} {
		for _, r := range org.Records(object) {
			ids[r["Name"].(string)] = r["Id"].(string)
		}
	}
	return ids
}

// rowsOf writes the records of an answer in one line: values in their order with
// a bar between them, parents in parentheses, child lists in brackets, compound
// values in braces without their empty parts. COUNT() yields #n.
func rowsOf(t *testing.T, body, soql string) string {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(body))
	dec.UseNumber()
	answer := orderedValue(t, dec)
	if strings.HasPrefix(strings.ToUpper(soql), "SELECT COUNT() ") {
		return "#" + answer.member("totalSize").text
	}
	var rows []string
	for _, r := range answer.member("records").items {
		rows = append(rows, r.row())
	}
	return strings.Join(rows, ", ")
}

// ordered is a JSON value whose members keep their order.
type ordered struct {
	kind  byte // '{', '[' or 0
	text  string
	names []string // of the items of an object
	items []ordered
}

func orderedValue(t *testing.T, dec *json.Decoder) ordered {
	t.Helper()
	token, err := dec.Token()
	require.NoError(t, err)
	delim, ok := token.(json.Delim)
	if !ok {
		if token == nil {
			return ordered{text: "null"}
		}
		text, err := json.Marshal(token)
		require.NoError(t, err)
		var s string
		if json.Unmarshal(text, &s) != nil {
			s = string(text)
		}
		return ordered{text: s}
	}
	v := ordered{kind: byte(delim)}
	for dec.More() {
		if v.kind == '{' {
			name, err := dec.Token()
			require.NoError(t, err)
			v.names = append(v.names, name.(string))
		}
		v.items = append(v.items, orderedValue(t, dec))
	}
	_, err = dec.Token()
	require.NoError(t, err)
	return v
}

// member is the value with a name; it has to be there.
func (v ordered) member(name string) ordered {
	for i, n := range v.names {
		if n == name {
			return v.items[i]
		}
	}
	return ordered{}
}

// row is a record without its attributes.
func (v ordered) row() string {
	var values []string
	for i, item := range v.items {
		if v.names[i] != "attributes" {
			values = append(values, item.value())
		}
	}
	return strings.Join(values, "|")
}

func (v ordered) value() string {
	switch {
	case v.kind == 0:
		return v.text
	case len(v.names) > 0 && v.names[0] == "attributes":
		return "(" + v.row() + ")"
	case v.member("records").kind == '[':
		var rows []string
		for _, r := range v.member("records").items {
			rows = append(rows, r.row())
		}
		return "[" + strings.Join(rows, ", ") + "]"
	}
	var parts []string
	for i, item := range v.items {
		if item.text != "null" {
			parts = append(parts, v.names[i]+":"+item.text)
		}
	}
	return "{" + strings.Join(parts, " ") + "}"
}
