package salesforcetest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func (c *client) search(sosl string) answer {
	c.t.Helper()
	return c.get("/search/?q=" + url.QueryEscape(sosl))
}

// found are the records of a search.
func (a answer) found() []map[string]any {
	a.t.Helper()
	var body struct {
		Records []map[string]any `json:"searchRecords"`
	}
	a.ok(http.StatusOK).decode(&body)
	require.NotNil(a.t, body.Records)
	return body.Records
}

// foundNames are the names of the records of a search, in their order.
func (a answer) foundNames() string {
	a.t.Helper()
	var names []string
	for _, r := range a.found() {
		names = append(names, r["Name"].(string))
	}
	return strings.Join(names, ", ")
}

func TestSearchAnswersRecordsOfSeveralObjects(t *testing.T) {
	overBoth(t, salesforcetest.Options{}, func(t *testing.T, org *salesforcetest.Org, c *client) {
		acme, lee := idOf(t, org, "Account", "Name", "Acme"), idOf(t, org, "Contact", "LastName", "Lee")

		require.Equal(t, []map[string]any{
			{"attributes": map[string]any{"type": "Account", "url": "/services/data/v66.0/sobjects/Account/" + acme}, "Id": acme, "Name": "Acme"},
			{
				"attributes": map[string]any{"type": "Contact", "url": "/services/data/v66.0/sobjects/Contact/" + lee}, "LastName": "Lee",
				"Account": map[string]any{
					"attributes": map[string]any{"type": "Account", "url": "/services/data/v66.0/sobjects/Account/" + acme}, "Name": "Acme",
				},
			},
		}, c.search("FIND {acme} IN ALL FIELDS RETURNING Account(Id, Name), Contact(LastName, Account.Name), Lead").found())
		require.JSONEq(t, `{"searchRecords":[]}`, c.search("find {nobody at all}").body)

		types := map[any]bool{}
		for _, r := range c.search("FIND {Acme}").found() {
			types[r["attributes"].(map[string]any)["type"]] = true
			require.Len(t, r, 2, "attributes and Id")
		}
		require.Equal(t, map[any]bool{"Account": true, "Contact": true}, types)
	})
}

func TestSearchTexts(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	for _, name := range []string{"Ann Lee", "Lee & Sons (Berlin)", "Leeds Tools", "Müller GmbH", "A+B Works"} {
		org.Insert("Account", map[string]any{"Name": name})
	}
	for find, names := range map[string]string{
		"lee":                       "Ann Lee, Lee & Sons (Berlin)",
		"LEE":                       "Ann Lee, Lee & Sons (Berlin)",
		"lee*":                      "Ann Lee, Lee & Sons (Berlin), Leeds Tools",
		"l*s":                       "Leeds Tools",
		"le?":                       "Ann Lee, Lee & Sons (Berlin)",
		"le?ds":                     "Leeds Tools",
		"sons lee":                  "Lee & Sons (Berlin)",
		`"ann lee"`:                 "Ann Lee",
		`"lee ann"`:                 "",
		"ann OR tools":              "Ann Lee, Leeds Tools",
		"lee AND sons":              "Lee & Sons (Berlin)",
		"lee and not sons":          "Ann Lee",
		"lee AND NOT (sons OR ann)": "",
		"(ann OR sons) AND lee":     "Ann Lee, Lee & Sons (Berlin)",
		"ann OR sons lee":           "Ann Lee, Lee & Sons (Berlin)",
		`lee \& sons \(berlin\)`:    "Lee & Sons (Berlin)",
		`lee\&`:                     "Ann Lee, Lee & Sons (Berlin)",
		"müller":                    "Müller GmbH",
		"MÜLLER*":                   "Müller GmbH",
		`a\+b`:                      "A+B Works",
		"ee":                        "",
		`lee\*`:                     "Ann Lee, Lee & Sons (Berlin)",
	} {
		require.Equal(t, names, c.search("FIND {"+find+"} IN NAME FIELDS RETURNING Account(Name ORDER BY Name)").foundNames(), find)
	}
	require.Empty(t, c.search("FIND {"+strings.Repeat("lee ", 2501)+"} RETURNING Account(Name)").foundNames(), "too long a text finds nothing")
	require.NotEmpty(t, c.search("FIND {lee OR "+strings.Repeat("lee OR ", 600)+"lee} RETURNING Account(Name)").foundNames())
}

func TestSearchGroupsOfFields(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	org.Insert("Contact", map[string]any{
		"LastName": "Smith", "FirstName": "Berta", "Email": "b.smith@mail.example", "Phone": "(415) 555-1212", "Title": "Baker", "Description": "likes Lee",
	})
	for find, groups := range map[string]string{
		"smith":      "ALL NAME EMAIL SIDEBAR",
		"berta":      "ALL NAME SIDEBAR",
		"mail":       "ALL EMAIL SIDEBAR",
		"555-1212":   "ALL PHONE SIDEBAR",
		"4155551212": "ALL PHONE SIDEBAR",
		"415*":       "ALL PHONE SIDEBAR",
		"baker":      "ALL",
		"likes":      "ALL",
	} {
		var found []string
		for _, group := range []string{"ALL", "NAME", "EMAIL", "PHONE", "SIDEBAR"} {
			if len(c.search("FIND {"+find+"} IN "+group+" FIELDS RETURNING Contact").found()) > 0 {
				found = append(found, group)
			}
		}
		require.Equal(t, groups, strings.Join(found, " "), find)
	}
}

func TestSearchClauses(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))
	for sosl, names := range map[string]string{
		"FIND {banking} RETURNING Account(Name WHERE NumberOfEmployees > 10)":                        "Acme",
		"FIND {banking OR energy} RETURNING Account(Name ORDER BY Name DESC)":                        `Delta's "best", beta Corp, Acme`,
		"FIND {banking OR energy} RETURNING Account(Name ORDER BY Name LIMIT 2)":                     "Acme, beta Corp",
		"FIND {banking OR energy} RETURNING Account(Name ORDER BY Name LIMIT 2 OFFSET 1)":            `beta Corp, Delta's "best"`,
		"FIND {banking} RETURNING Account(Name WHERE Name != 'x) LIMIT 0' ORDER BY Name)":            `Acme, Delta's "best"`,
		"FIND {banking} RETURNING Account(Name WHERE Id IN (SELECT AccountId FROM Contact))":         "Acme",
		"FIND {acme OR prospecting} RETURNING Account(Name), Opportunity(Name) LIMIT 2":              "Acme, O2",
		"FIND {prospecting OR acme} RETURNING Opportunity(Name ORDER BY Name),Contact(Name) LIMIT 9": "O2, O5, Ann Lee",
	} {
		require.Equal(t, names, c.search(sosl).foundNames(), sosl)
	}
}

func TestSearchIgnoresWhatIsDeleted(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))
	require.Empty(t, c.search("FIND {gone} RETURNING Account(Name)").found())
}

func TestSearchErrors(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))
	for sosl, message := range map[string]string{
		"":                                 "unexpected token: '<EOF>'",
		"SELECT Id":                        "unexpected token: 'SELECT'",
		"FIND acme":                        "No search term found. The search term must be enclosed in braces.",
		"FIND {acme":                       "No search term found. The search term must be enclosed in braces.",
		"FIND {}":                          "No search term found. The search term must be enclosed in braces.",
		"FIND {a}":                         "search term must be longer than one character: a",
		"FIND {a*}":                        "search term must be longer than one character: a*",
		"FIND {acme | x}":                  "\nFIND {acme | x}\n           ^\nERROR at Row:1:Column:12\nunexpected token: '|'",
		"FIND {acme OR}":                   "unexpected token: '<EOF>'",
		"FIND {NOT acme}":                  "unexpected token: 'NOT'",
		"FIND {(acme}":                     "unexpected token: '<EOF>'",
		"FIND {acme)}":                     "unexpected token: ')'",
		`FIND {"acme}`:                     "unexpected token: '<EOF>'",
		"FIND {acme} IN X":                 "unexpected token: 'X'",
		"FIND {acme} RETURNING":            "unexpected token: '<EOF>'",
		"FIND {acme} RETURNING Account()":  "unexpected token: ')'",
		"FIND {acme} RETURNING Account(Id": "unexpected token: '<EOF>'",
		"FIND {acme} RETURNING Account(Id WHERE)":            "unexpected token",
		"FIND {acme} LIMIT many":                             "unexpected token: 'many'",
		"FIND {acme} WITH NETWORK = 'x'":                     "WITH is not supported by this org",
		"FIND {acme} RETURNING Account(Id USING ListView=x)": "USING is not supported by this org",
		"FIND {acme} RETURNING Account(COUNT())":             "Aggregate functions are not allowed in a search",
		"FIND {" + strings.Repeat("(", 60) + "}":             "nest too deeply",
	} {
		c.search(sosl).refused(400, "MALFORMED_SEARCH", message)
	}
	c.search("FIND {acme} RETURNING Nope").refused(400, "INVALID_TYPE", "sObject type 'Nope' is not supported")
	c.search("FIND {acme} RETURNING Account(Nope)").refused(400, "INVALID_FIELD", "No such column 'Nope' on entity 'Account'")
}

func TestParameterizedSearch(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))

	require.Equal(t, "Acme", c.get("/parameterizedSearch/?q=acme&in=NAME&sobject=Account&Account.fields=Id,Name&spellCorrection=true").foundNames())
	require.Equal(t, `Acme`, c.get("/parameterizedSearch?q=banking&sobject=Account,Contact&fields=Name&overallLimit=1").foundNames())
	require.Equal(t, `Delta's "best", Acme`, c.post("/parameterizedSearch", `{"q":"banking OR energy","sobjects":[
		{"name":"Account","fields":["Name","Id"],"where":"Name != 'beta Corp'","orderBy":"Name DESC","limit":5}],"in":"ALL","overallLimit":10}`).foundNames())
	require.Equal(t, "beta Corp", c.post("/parameterizedSearch",
		`{"q":"banking OR energy","fields":["Name"],"sobjects":[{"name":"Account","orderBy":"Name"}],"defaultLimit":1,"offset":1}`).foundNames())
	require.Len(t, c.get("/parameterizedSearch?q=acme").found(), 2, "ids of all objects")

	for _, test := range []struct{ body, code, message string }{
		{`{"q":"acme","sobjects":[{"name":"Account","fields":["Id FROM User"]}]}`, "INVALID_FIELD", "No such column 'Id FROM User'"},
		{`{"q":"acme","sobjects":[{"name":"Account","where":"Name != null LIMIT 1"}]}`, "MALFORMED_SEARCH", "condition of Account"},
		{`{"q":"acme","sobjects":[{"name":"Account","orderBy":"Name LIMIT 1"}]}`, "MALFORMED_SEARCH", "order of Account"},
		{`{"q":"acme","sobjects":[{"name":"Account, User"}]}`, "INVALID_TYPE", "'Account, User'"},
		{`{"q":"acme","sobjects":[{"fields":["Id"]}]}`, "INVALID_SEARCH", "has no name"},
		{`{"q":"acme","sobjects":"Account"}`, "JSON_PARSER_ERROR", "sobjects must be an array"},
		{`{"q":"acme","overallLimit":"x"}`, "INVALID_SEARCH", "overallLimit must be a number"},
		{`{"q":"acme","offset":1}`, "INVALID_SEARCH", "offset needs exactly one sobject"},
		{`{"q":"acme","in":"BODY"}`, "INVALID_SEARCH", "in must be one of ALL"},
		{`{"q":"acme","dataCategories":[]}`, "INVALID_SEARCH", "dataCategories is not supported"},
		{`{"q":"a"}`, "MALFORMED_SEARCH", "longer than one character"},
		{`{}`, "MALFORMED_SEARCH", "No search term found"},
	} {
		c.post("/parameterizedSearch", test.body).refused(400, test.code, test.message)
	}
}
