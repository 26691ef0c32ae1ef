package salesforcetest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// bulkQuery creates a query job for a query and more properties.
func (c *client) bulkQuery(soql, properties string) (id string) {
	c.t.Helper()
	info := c.post("/jobs/query", fmt.Sprintf(`{"operation":"query","query":%q%s}`, soql, properties)).ok(http.StatusOK).object()
	require.Equal(c.t, "UploadComplete", info["state"])
	id, _ = info["id"].(string)
	return id
}

func TestBulkQuery(t *testing.T) {
	overBoth(t, salesforcetest.Options{}, func(t *testing.T, org *salesforcetest.Org, c *client) {
		answer := c.post("/jobs/query", `{"operation":"query","query":"select name, Account.Owner.Username, AccountId, Account.Name, HasOptedOutOfEmail, CreatedDate from Contact where AccountId != null order by Name"}`)
		info := answer.ok(http.StatusOK).object()
		id := info["id"].(string)
		require.Equal(t, map[string]any{
			"id": id, "operation": "query", "object": "Contact", "createdById": org.Credentials().UserID,
			"createdDate": "2026-11-21T15:30:00.000+0000", "systemModstamp": "2026-11-21T15:30:00.000+0000",
			"state": "UploadComplete", "concurrencyMode": "Parallel", "contentType": "CSV", "apiVersion": info["apiVersion"],
			"lineEnding": "LF", "columnDelimiter": "COMMA",
		}, info)

		info = c.jobDone("query", id, "JobComplete")
		require.Equal(t, "3 0 true V2Query", fmt.Sprint(info["numberRecordsProcessed"], " ", info["retries"], " ", info["isPkChunkingSupported"], " ", info["jobType"]))

		acme, beta := idOf(t, org, "Account", "Name", "Acme"), idOf(t, org, "Account", "Name", "beta Corp")
		result := c.get("/jobs/query/" + id + "/results").ok(http.StatusOK)
		require.Equal(t, []string{"null"}, result.header["Sforce-Locator"])
		require.Equal(t, "3", result.header.Get("Sforce-NumberOfRecords"))
		require.Equal(t, `"Name","Account.Owner.Username","AccountId","Account.Name","HasOptedOutOfEmail","CreatedDate"
"Ann Lee","user@example.com","`+acme+`","Acme","false","2026-11-21T15:30:00.000Z"
"Kim","user@example.com","`+acme+`","Acme","true","2026-11-21T15:30:00.000Z"
"Ng","rep@example.com","`+beta+`","beta Corp","false","2026-11-21T15:30:00.000Z"
`, result.body)
	})
}

func TestBulkQueryValues(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))
	result := func(soql, properties string) string {
		id := c.bulkQuery(soql, properties)
		c.jobDone("query", id, "JobComplete")
		return c.get("/jobs/query/" + id + "/results").ok(http.StatusOK).body
	}

	require.Equal(t, `"Name","AnnualRevenue","NumberOfEmployees","Opens__c","Interests__c"`+"\n"+
		`"Acme","1000000.0","50","08:30:00.000Z","Roof;Windows"`+"\n",
		result("SELECT Name, AnnualRevenue, NumberOfEmployees, Opens__c, Interests__c FROM Account WHERE Number__c = 'A-1'", ""))
	require.Equal(t, "\"Name\"^\"AnnualRevenue\"\r\n\"Delta's \"\"best\"\"\"^\"1000000.0\"\r\n",
		result("SELECT Name, AnnualRevenue FROM Account WHERE Name LIKE 'Delta%'", `,"columnDelimiter":"CARET","lineEnding":"CRLF"`))
	require.Equal(t, "\"Name\",\"CloseDate\",\"Account.Name\"\n\"O5\",\"2026-10-05\",\"\"\n",
		result("SELECT Name, CloseDate, Account.Name FROM Opportunity WHERE Name = 'O5'", ""))
	require.Equal(t, "\"Id\",\"Name\"\n", result("SELECT Id, Name FROM Account WHERE Name = 'nobody'", ""), "only the header when nothing is found")
}

func TestBulkQueryAllSeesTheDeleted(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))
	info := c.post("/jobs/query", `{"operation":"queryAll","query":"SELECT Name FROM Account WHERE IsDeleted = true"}`).ok(http.StatusOK).object()

	require.Equal(t, "\"Name\"\n\"Gone Inc\"\n", c.get("/jobs/query/"+info["id"].(string)+"/results").ok(http.StatusOK).body)
}

func TestBulkQueryColumnsWereOnceSorted(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))
	old := "/services/data/v49.0/jobs/query"
	id := c.post(old, `{"operation":"query","query":"SELECT Name, Id FROM User WHERE Username = 'nobody'"}`).ok(http.StatusOK).object()["id"].(string)

	require.Equal(t, "\"Id\",\"Name\"\n", c.get(old+"/"+id+"/results").ok(http.StatusOK).body)
	c.get("/jobs/query/"+id+"/results").refused(409, "API_ERROR", "49.0")
}

func TestBulkQueryResultsInParts(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	id := c.bulkQuery("SELECT Name FROM Opportunity ORDER BY Name", "")
	results := "/jobs/query/" + id + "/results"
	c.jobDone("query", id, "JobComplete")

	var names []string
	locator := ""
	for locator != "&locator=null" {
		a := c.get(results + "?maxRecords=4" + locator)
		rows := a.rowsOf(',')
		require.Equal(t, []string{"Name"}, rows[0], "every part has a header")
		require.Equal(t, fmt.Sprint(len(rows)-1), a.header.Get("Sforce-NumberOfRecords"))
		for _, row := range rows[1:] {
			names = append(names, row[0])
		}
		locator = "&locator=" + a.header.Get("Sforce-Locator")
	}
	require.Equal(t, "O1 O2 O3 O4 O5 O6 O7 O8 O9", strings.Join(names, " "))
	for _, bad := range []string{"locator=x", "locator=OTk5", "maxRecords=0", "maxRecords=many"} {
		c.get(results+"?"+bad).refused(400, "API_ERROR", "Invalid")
	}
}

func TestBulkQueryResultsSideBySide(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))
	id := c.bulkQuery("SELECT Name FROM Opportunity ORDER BY Name", "")
	type answer struct {
		Pages []struct {
			URL string `json:"resultUrl"`
		} `json:"resultPages"`
		Next *string `json:"nextRecordsUrl"`
		Done bool
	}
	var names []string
	next := "/jobs/query/" + id + "/resultPages?maxRecords=1"
	for range 2 {
		var a answer
		c.get(next).ok(http.StatusOK).decode(&a)
		for _, p := range a.Pages {
			names = append(names, c.get(p.URL).rowsOf(',')[1][0])
		}
		if len(names) == 5 {
			require.False(t, a.Done)
			next = *a.Next
		} else {
			require.True(t, a.Done)
		}
	}
	require.Equal(t, "O1 O2 O3 O4 O5 O6 O7 O8 O9", strings.Join(names, " "))
	c.get("/services/data/v57.0/jobs/query/"+id+"/resultPages").refused(404, "NOT_FOUND", "")
}

func TestBulkQueryJobStates(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{BulkPolls: 1}))
	id := c.bulkQuery("SELECT Id FROM Account", "")
	job := "/jobs/query/" + id

	c.delete(job).refused(400, "API_ERROR", "Error encountered when deleting the job because the job is not terminated")
	c.patch(job, `{"state":"UploadComplete"}`).refused(400, "INVALIDJOBSTATE", "Aborted")
	c.get(job+"/results").refused(400, "INVALIDJOBSTATE", "InProgress")
	c.jobDone("query", id, "JobComplete")
	c.patch(job, `{"state":"Aborted"}`).refused(400, "INVALIDJOBSTATE", "Aborting already Completed Job not allowed")
	c.delete(job).ok(http.StatusNoContent)
	c.get(job).refused(404, "NOT_FOUND", "The requested resource does not exist")

	id = c.bulkQuery("SELECT Id FROM Account", "")
	require.Equal(t, "Aborted", c.patch("/jobs/query/"+id, `{"state":"Aborted"}`).ok(http.StatusOK).object()["state"])
	c.jobDone("query", id, "Aborted")
}

func TestBulkQueriesThatCannotBe(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))
	for _, test := range []struct{ soql, code, message string }{
		{"SELECT COUNT() FROM Account", "API_ERROR", "Function type not supported in Bulk Query"},
		{"SELECT MAX(Name) FROM Account", "API_ERROR", "Function type not supported in Bulk Query"},
		{"SELECT Industry FROM Account GROUP BY Industry", "API_ERROR", "Group By not supported in Bulk Query"},
		{"SELECT Id FROM Account LIMIT 1 OFFSET 1", "API_ERROR", "Offset not supported in Bulk Query"},
		{"SELECT TYPEOF What WHEN Account THEN Name END FROM Task", "API_ERROR", "TYPEOF not supported in Bulk Query"},
		{"SELECT Id, (SELECT Id FROM Contacts) FROM Account", "API_ERROR", "Aggregate Relationships not supported in Bulk Query"},
		{"SELECT BillingAddress FROM Account", "API_ERROR", "Selecting compound data not supported in Bulk Query"},
		{"SELECT Account.BillingAddress FROM Contact", "API_ERROR", "Selecting compound data not supported in Bulk Query"},
		{"SELECT Body FROM Attachment", "API_ERROR", "Selecting binary data not supported in Bulk Query"},
		{"SELECT Id FROM TaskStatus", "INVALIDENTITY", "Entity 'TaskStatus' is not supported by the Bulk API."},
		{"SELECT Nope FROM Account", "INVALID_FIELD", "No such column 'Nope' on entity 'Account'"},
		{"SELECT FROM Account", "MALFORMED_QUERY", ""},
		{"", "MALFORMED_QUERY", "empty"},
	} {
		c.post("/jobs/query", fmt.Sprintf(`{"operation":"query","query":%q}`, test.soql)).refused(400, test.code, test.message)
	}
	c.post("/jobs/query", `{"operation":"insert","query":"SELECT Id FROM Account"}`).refused(400, "API_ERROR", "Invalid value 'insert' for operation")
	c.post("/jobs/query", `{"operation":"query","query":7}`).refused(400, "API_ERROR", "Value does not match expected type")
	require.Equal(t, "10000", fmt.Sprint(c.get("/limits").object()["DailyBulkV2QueryJobs"].(map[string]any)["Remaining"]))
}
