package salesforcetest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func TestQueryNeedsAQuery(t *testing.T) {
	t.Parallel()
	c := newClient(t, newOrg(salesforcetest.Options{}))
	c.get("/query").refused(400, "MALFORMED_QUERY", "A query string has to be specified")
	c.get("/queryAll/").refused(400, "MALFORMED_QUERY", "A query string has to be specified")
	c.get("/query?q=+").refused(400, "MALFORMED_QUERY", "SOQL statements cannot be empty or null")
	c.get("/query?explain=").refused(400, "MALFORMED_QUERY", "SOQL statements cannot be empty or null")
}

// plan is a plan of an explained query.
type plan struct {
	Cardinality          int      `json:"cardinality"`
	Fields               []string `json:"fields"`
	LeadingOperationType string   `json:"leadingOperationType"`
	Notes                []struct {
		Description   string   `json:"description"`
		Fields        []string `json:"fields"`
		TableEnumOrID string   `json:"tableEnumOrId"`
	} `json:"notes"`
	RelativeCost       float64 `json:"relativeCost"`
	SObjectCardinality int     `json:"sobjectCardinality"`
	SObjectType        string  `json:"sobjectType"`
}

func TestExplainTellsThePlans(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	acme := org.Insert("Account", map[string]any{"Name": "Acme"})
	for i := range 20 {
		contact := map[string]any{"LastName": fmt.Sprint(i)}
		if i < 3 {
			contact["AccountId"] = acme
		}
		org.Insert("Contact", contact)
	}
	c := newClient(t, org)
	explain := func(soql string) []plan {
		var answer struct {
			Plans       []plan `json:"plans"`
			SourceQuery string `json:"sourceQuery"`
		}
		c.get("/query/?explain=" + url.QueryEscape(soql)).ok(http.StatusOK).decode(&answer)
		require.Equal(t, soql, answer.SourceQuery)
		return answer.Plans
	}

	plans := explain("SELECT Id FROM Contact WHERE LastName = '1'")
	require.Len(t, plans, 1)
	require.Equal(t, "TableScan", plans[0].LeadingOperationType)
	require.Equal(t, 20, plans[0].Cardinality)
	require.Equal(t, 20, plans[0].SObjectCardinality)
	require.Equal(t, "Contact", plans[0].SObjectType)
	require.Empty(t, plans[0].Fields)
	require.Greater(t, plans[0].RelativeCost, 1.0)
	require.Len(t, plans[0].Notes, 2)
	require.Equal(t, []string{"LastName"}, plans[0].Notes[0].Fields)
	require.Equal(t, "Contact", plans[0].Notes[0].TableEnumOrID)
	require.Equal(t, "Not considering filter for optimization because unindexed", plans[0].Notes[0].Description)
	require.Equal(t, []string{"IsDeleted"}, plans[0].Notes[1].Fields)

	plans = explain("SELECT Id FROM Contact WHERE AccountId = '" + acme + "' AND SystemModstamp > 2026-11-21T00:00:00Z")
	require.Len(t, plans, 3)
	require.Equal(t, "Index", plans[0].LeadingOperationType)
	require.Equal(t, []string{"AccountId"}, plans[0].Fields)
	require.Equal(t, 3, plans[0].Cardinality)
	require.Less(t, plans[0].RelativeCost, 1.0)
	require.Equal(t, []string{"SystemModstamp"}, plans[1].Fields)
	require.Equal(t, 20, plans[1].Cardinality)
	require.Equal(t, "TableScan", plans[2].LeadingOperationType)
}

func TestFieldsSelectsManyFields(t *testing.T) {
	t.Parallel()
	org := newThings(t, salesforcetest.Options{})
	c := newClient(t, org)
	names := func(soql string) map[string]any {
		rows := c.query(soql).records()
		require.NotEmpty(t, rows, soql)
		delete(rows[0], "attributes")
		return rows[0]
	}
	all := names("SELECT FIELDS(ALL) FROM Thing__c WHERE Name = 'T1' LIMIT 200")
	standard := names("SELECT FIELDS(STANDARD) FROM Thing__c WHERE Name = 'T1'")
	custom := names("SELECT FIELDS(CUSTOM) FROM Thing__c WHERE Name = 'T1' LIMIT 1")
	require.Len(t, all, len(standard)+len(custom))
	require.Contains(t, standard, "Id")
	require.Contains(t, standard, "SystemModstamp")
	require.NotContains(t, standard, "Text__c")
	require.Equal(t, "alpha", custom["Text__c"])
	require.Equal(t, json.Number("1.5"), custom["Num__c"])
	require.NotContains(t, custom, "Name")

	both := names("SELECT FIELDS(STANDARD), Text__c, Parent__r.Name FROM Thing__c WHERE Name = 'T2'")
	require.Equal(t, "Beta", both["Text__c"])
	require.Equal(t, "T1", both["Parent__r"].(map[string]any)["Name"])
	children := names("SELECT Name, (SELECT FIELDS(STANDARD) FROM Children__r) FROM Thing__c WHERE Name = 'T2'")
	require.Contains(t, items(children["Children__r"].(map[string]any)["records"])[0], "OwnerId")
}

func TestQueriesForViewAreNoted(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	viewed := org.Insert("Account", map[string]any{"Name": "viewed"})
	referenced := org.Insert("Account", map[string]any{"Name": "referenced"})
	stamp := org.Record(viewed)["SystemModstamp"]
	org.Advance(time.Minute)
	c := newClient(t, org)

	require.Equal(t, "viewed", c.query("SELECT Name FROM Account WHERE Name = 'viewed' FOR VIEW").names("Name"))
	c.query("SELECT Name FROM Account WHERE Name = 'referenced' FOR REFERENCE").ok(200)
	c.query("SELECT Id FROM Profile FOR VIEW").ok(200)

	require.Equal(t, "2026-11-21T15:31:00.000+0000", org.Record(viewed)["LastViewedDate"])
	require.Equal(t, "2026-11-21T15:31:00.000+0000", org.Record(viewed)["LastReferencedDate"])
	require.Equal(t, stamp, org.Record(viewed)["SystemModstamp"], "reading is no change")
	require.Nil(t, org.Record(referenced)["LastViewedDate"])
	require.Equal(t, "2026-11-21T15:31:00.000+0000", org.Record(referenced)["LastReferencedDate"])
}

// Child subqueries had none of their own before version 58.
func TestOldVersionsNestOneLevel(t *testing.T) {
	t.Parallel()
	c := newClient(t, newThings(t, salesforcetest.Options{}))
	soql := url.QueryEscape("SELECT (SELECT Name, (SELECT Name FROM Children__r) FROM Children__r) FROM Thing__c")
	c.get("/services/data/v58.0/query?q=" + soql).ok(200)
	c.get("/services/data/v57.0/query?q="+soql).refused(400, "MALFORMED_QUERY", "cannot query aggregate relationships more than 1 level away")
}

func TestScopeIsThatOfTheUser(t *testing.T) {
	t.Parallel()
	c := newClient(t, newThings(t, salesforcetest.Options{}))
	c.token = soapLogin(t, c, "64.0", "rep@example.com", "hunter2XYZ").element("sessionId")
	require.Equal(t, "beta Corp", c.query("SELECT Name FROM Account USING SCOPE mine").names("Name"))
	require.Equal(t, "Ng", c.query("SELECT LastName FROM Contact USING SCOPE mine").names("LastName"))
}

func TestBatchSizeIsReadLoosely(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	for i := range 301 {
		org.Insert("Account", map[string]any{"Name": fmt.Sprint(i)})
	}
	c := newClient(t, org)
	path := queryPath + url.QueryEscape("SELECT Id FROM Account")
	for header, want := range map[string]int{
		"batchSize=200": 200, "BATCHSIZE=250": 250, "batchSize = 210": 210, "other=1, batchSize=220": 220, "other=1;batchsize=230": 230,
		"batchSize=10": 200, "batchSize=5000": 301, "batchSize=many": 301, "": 301,
	} {
		require.Len(t, c.page(path, header).Records, want, header)
	}
}

// Pages of queryAll have their own address, and /query knows their locators.
func TestPagesOfQueryAll(t *testing.T) {
	t.Parallel()
	c := newClient(t, newThings(t, salesforcetest.Options{BatchSize: 4}))
	p := c.page("/services/data/v66.0/queryAll?q="+url.QueryEscape("SELECT Name FROM Account ORDER BY Name"), "")
	require.Equal(t, 5, p.TotalSize)
	require.Regexp(t, `^/services/data/v66\.0/queryAll/0r8[0-9A-Za-z]{15}-4$`, p.NextRecordsURL)
	last := c.page(p.NextRecordsURL, "")
	require.True(t, last.Done)
	require.Equal(t, "Gone Inc", last.Records[0]["Name"])
	require.Equal(t, last, c.page(strings.Replace(p.NextRecordsURL, "queryAll", "query", 1), ""))
}

// Children count towards the size of a page.
func TestPagesCountChildren(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{BatchSize: 10})
	for i := range 6 {
		account := org.Insert("Account", map[string]any{"Name": fmt.Sprint(i)})
		for range 4 {
			org.Insert("Contact", map[string]any{"LastName": fmt.Sprint(i), "AccountId": account})
		}
	}
	c := newClient(t, org)
	next, sizes, names := queryPath+url.QueryEscape("SELECT Name, (SELECT LastName FROM Contacts) FROM Account"), []int{}, ""
	for next != "" {
		p := c.page(next, "")
		require.Equal(t, 6, p.TotalSize)
		for _, r := range p.Records {
			names += r["Name"].(string)
			require.Len(t, items(r["Contacts"].(map[string]any)["records"]), 4)
		}
		sizes = append(sizes, len(p.Records))
		next = p.NextRecordsURL
	}
	require.Equal(t, []int{2, 2, 2}, sizes)
	require.Equal(t, "012345", names)
}

// A reader who takes an answer slowly keeps nobody from writing.
func TestSlowReadersHoldNoLock(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	require.NoError(t, org.Load(accountData(3000)))
	server := salesforcetest.NewServer(org)
	t.Cleanup(server.Close)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+queryPath+url.QueryEscape("SELECT "+manyFields+" FROM Account"), http.NoBody)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+org.Credentials().AccessToken)
	res, err := server.Client().Do(req)
	require.NoError(t, err)
	org.Insert("Account", map[string]any{"Name": "written meanwhile"})
	require.NoError(t, res.Body.Close())
}

// ownQueries are asked in a transaction that has changed the records before.
var ownQueries = []queryCase{
	{"SELECT Name FROM Account WHERE Number__c = 'A-9'", "New"},
	{"SELECT Name FROM Account WHERE Number__c = 'A-1'", ""},
	{"SELECT Name FROM Account WHERE Id = '{Acme}'", "Acme 2"},
	{"SELECT Name FROM Account WHERE Id = '{beta Corp}'", ""},
	{"SELECT Name FROM Account", `Acme 2, Gamma_100%, Delta's "best", New`},
	{"SELECT Name FROM Account ORDER BY SystemModstamp DESC, Name LIMIT 2", "Acme 2, New"},
	{"SELECT Name FROM Account WHERE Id > '{Acme}' ORDER BY Id LIMIT 2", `Gamma_100%, Delta's "best"`},
	{"SELECT Name FROM Account WHERE SystemModstamp > 2026-11-21T15:30:30Z", "Acme 2, New"},
	{"SELECT Name FROM Contact WHERE AccountId = '{Acme}'", "Ann Lee, Kim, Late"},
	{"SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Name LIKE 'Acme%'", "Acme 2|[Lee, Kim, Late]"},
}

// A query within a transaction sees what the transaction has written, by each
// way in which it finds records.
func TestQueriesSeeTheirTransaction(t *testing.T) {
	t.Parallel()
	for cases := range slices.Chunk(ownQueries, 5) { // a composite takes five queries
		org := newThings(t, salesforcetest.Options{})
		org.Advance(time.Minute)
		ids, path := idsByName(org), "/services/data/v66.0"
		type request map[string]any
		requests := []request{
			{"method": "POST", "url": path + "/sobjects/Account", "body": request{"Name": "New", "Number__c": "A-9"}},
			{"method": "PATCH", "url": path + "/sobjects/Account/" + ids["Acme"], "body": request{"Name": "Acme 2", "Number__c": "A-8"}},
			{"method": "POST", "url": path + "/sobjects/Contact", "body": request{"LastName": "Late", "AccountId": ids["Acme"]}},
			{"method": "DELETE", "url": path + "/sobjects/Account/" + ids["beta Corp"]},
		}
		writes := len(requests)
		for _, q := range cases {
			requests = append(requests, request{"method": "GET", "url": path + "/query?q=" + url.QueryEscape(withIDs(t, q.soql, ids))})
		}
		for i, r := range requests {
			r["referenceId"] = fmt.Sprint("r", i)
		}
		body, err := json.Marshal(request{"allOrNone": true, "compositeRequest": requests})
		require.NoError(t, err)
		var answer struct {
			CompositeResponse []struct {
				Body           json.RawMessage `json:"body"`
				HTTPStatusCode int             `json:"httpStatusCode"`
			} `json:"compositeResponse"`
		}
		newClient(t, org).post("/composite", string(body)).ok(200).decode(&answer)
		for i, q := range cases {
			got := answer.CompositeResponse[writes+i]
			require.Equal(t, 200, got.HTTPStatusCode, "%s\n%s", q.soql, got.Body)
			require.Equal(t, q.want, rowsOf(t, string(got.Body), q.soql), q.soql)
		}
	}
}

// Records may be grouped by more fields than a word has bits.
func TestGroupsByVeryManyFields(t *testing.T) {
	t.Parallel()
	fields, schema := []string{}, salesforcetest.SObject{Name: "Wide__c"}
	for i := range 90 {
		fields = append(fields, fmt.Sprintf("F%d__c", i))
		schema.Fields = append(schema.Fields, salesforcetest.Field{Name: fields[i]})
	}
	org := newOrg(salesforcetest.Options{Schema: salesforcetest.Schema{schema}})
	for _, value := range []string{"a", "b", "a"} {
		org.Insert("Wide__c", map[string]any{"F89__c": value})
	}
	list := strings.Join(fields, ", ")
	rows := newClient(t, org).query("SELECT F89__c, COUNT(Id) n FROM Wide__c GROUP BY " + list).records()
	require.Len(t, rows, 2)
	require.Equal(t, "a", rows[0]["F89__c"])
	require.Equal(t, json.Number("2"), rows[0]["n"])
}

// localQueries are asked by a user in Germany.
var localQueries = []queryCase{
	{"SELECT Name FROM Opportunity WHERE CloseDate = THIS_WEEK", "O1, O2, O3"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = LAST_WEEK", "O4"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = NEXT_WEEK", ""},
	{"SELECT Name FROM Thing__c WHERE DAY_IN_WEEK(Day__c) = 7", "T1, T3"},
	{"SELECT FORMAT(Num__c) a, FORMAT(Money__c) b, FORMAT(Day__c) c FROM Thing__c WHERE Name = 'T5'", "1.000.000,0001|99.999.999,99 $|31.12.2026"},
	{"SELECT FORMAT(At__c) a, FORMAT(convertTimezone(At__c)) b, FORMAT(Clock__c) c FROM Thing__c WHERE Name = 'T1'", "21.11.2026, 16:30|21.11.2026, 16:30|08:00"},
}

// The week of a German begins on Monday, and numbers are written with a comma.
func TestQueriesFollowTheUsersLocale(t *testing.T) {
	t.Parallel()
	org := newThings(t, salesforcetest.Options{TimeZone: "Europe/Berlin"})
	org.Update(org.Credentials().UserID, map[string]any{"LocaleSidKey": "de_DE"})
	runQueries(t, org, "/query", localQueries)
}
