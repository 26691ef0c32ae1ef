package salesforcetest_test

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// async sends a request of Bulk API, which has its own header for the session.
func (c *client) async(method, path, contentType, body string) answer {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+"/services/async/50.0"+path, strings.NewReader(body))
	require.NoError(c.t, err)
	req.Header.Set("X-SFDC-SESSION", c.token)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := c.http.Do(req)
	require.NoError(c.t, err)
	return newAnswer(c.t, res)
}

// asyncAnswer is every XML answer about jobs and batches.
type asyncAnswer struct {
	XMLName   xml.Name
	ID        string        `xml:"http://www.force.com/2009/06/asyncapi/dataload id"`
	Job       string        `xml:"jobId"`
	Operation string        `xml:"operation"`
	Object    string        `xml:"object"`
	State     string        `xml:"state"`
	Message   string        `xml:"stateMessage"`
	Processed int           `xml:"numberRecordsProcessed"`
	Failed    int           `xml:"numberRecordsFailed"`
	Completed int           `xml:"numberBatchesCompleted"`
	Total     int           `xml:"numberBatchesTotal"`
	Batches   []asyncAnswer `xml:"batchInfo"`
	Results   []string      `xml:"result"`
	Code      string        `xml:"exceptionCode"`
	Why       string        `xml:"exceptionMessage"`
}

// xml reads the body as XML.
func (a answer) xml(status int) (v asyncAnswer) {
	a.t.Helper()
	a.ok(status)
	require.Contains(a.t, a.header.Get("Content-Type"), "application/xml")
	require.NoError(a.t, xml.Unmarshal([]byte(a.body), &v), a.body)
	require.Equal(a.t, "http://www.force.com/2009/06/asyncapi/dataload", v.XMLName.Space)
	return v
}

const asyncXML = "application/xml; charset=utf-8"

func asyncJob(elements string) string {
	return "\n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<jobInfo  xmlns=\"http://www.force.com/2009/06/asyncapi/dataload\">\n" + elements + "\n</jobInfo>\n"
}

// asyncJob creates a job and returns its path.
func (c *client) asyncJob(operation, object, more string) string {
	c.t.Helper()
	v := c.async("POST", "/job", asyncXML, strings.TrimSpace(asyncJob("<operation>"+operation+"</operation><object>"+object+"</object>"+more+
		"<contentType>CSV</contentType>"))).xml(http.StatusCreated)
	require.Equal(c.t, []string{"jobInfo", operation, object, "Open"}, []string{v.XMLName.Local, v.Operation, v.Object, v.State})
	require.Regexp(c.t, "^750.{15}$", v.ID)
	return "/job/" + v.ID
}

func (c *client) asyncBatch(job, body string) string {
	c.t.Helper()
	v := c.async("POST", job+"/batch", "text/csv", body).xml(http.StatusCreated)
	require.Equal(c.t, []string{"batchInfo", "Queued", strings.TrimPrefix(job, "/job/")}, []string{v.XMLName.Local, v.State, v.Job})
	require.Regexp(c.t, "^751.{15}$", v.ID)
	return job + "/batch/" + v.ID
}

func TestBatchesOfTheFirstBulkAPI(t *testing.T) {
	overBoth(t, salesforcetest.Options{}, func(t *testing.T, org *salesforcetest.Org, c *client) {
		job := c.asyncJob("insert", "Account", "")
		batch := c.asyncBatch(job, "Name,Number__c,ZEP__c\r\nNew,N-1,true\n,N-2,\nTwin,A-1,#N/A\n")

		v := c.async("GET", batch, "", "").xml(http.StatusOK)
		require.Equal(t, "Completed 3 2", fmt.Sprint(v.State, " ", v.Processed, " ", v.Failed))
		acme, added := idOf(t, org, "Account", "Name", "Acme"), idOf(t, org, "Account", "Name", "New")
		result := c.async("GET", batch+"/result", "", "").ok(http.StatusOK)
		require.Equal(t, "text/csv", result.header.Get("Content-Type"))
		require.Equal(t, `"Id","Success","Created","Error"
"`+added+`","true","true",""
"","false","false","REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --"
"","false","false","DUPLICATE_VALUE:duplicate value found: Number__c duplicates value on record with id: `+acme[:15]+`:--"
`, result.body)

		v = c.async("POST", job, asyncXML, asyncJob("<state>Closed</state>")[1:]).xml(http.StatusOK)
		require.Equal(t, "Closed 1 1 3 2", fmt.Sprint(v.State, " ", v.Total, " ", v.Completed, " ", v.Processed, " ", v.Failed))
		v = c.async("GET", job+"/batch", "", "").xml(http.StatusOK)
		require.Equal(t, "batchInfoList", v.XMLName.Local)
		require.Len(t, v.Batches, 1)
		require.Equal(t, "Completed", v.Batches[0].State)
		require.Equal(t, "Name,Number__c,ZEP__c\r\nNew,N-1,true\n,N-2,\nTwin,A-1,#N/A\n", c.async("GET", batch+"/request", "", "").body)
		require.Equal(t, "InvalidJobState", c.async("POST", job+"/batch", "text/csv", "Name\nX\n").xml(http.StatusBadRequest).Code)
	})
}

func TestAsyncUpsertAndDelete(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	acme := idOf(t, org, "Account", "Name", "Acme")

	job := c.asyncJob("upsert", "Account", "<externalIdFieldName>Number__c</externalIdFieldName><concurrencyMode>Serial</concurrencyMode>")
	batch := c.asyncBatch(job, "Number__c,Name\nA-1,Acme Two\n")
	c.async("GET", job, "", "").xml(http.StatusOK)
	require.Contains(t, c.async("GET", batch+"/result", "", "").body, `"`+acme+`","true","false",""`)

	delta := idOf(t, org, "Account", "Name", `Delta's "best"`)
	batch = c.asyncBatch(c.asyncJob("delete", "Account", ""), "Id\n"+delta+"\n")
	require.Contains(t, c.async("GET", batch+"/result", "", "").body, `"`+delta+`","true","false",""`)
	require.Equal(t, true, org.Record(delta)["IsDeleted"])
}

func TestAsyncQuery(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))
	job := c.asyncJob("query", "Contact", "")
	batch := c.asyncBatch(job, "SELECT LastName, Account.Name FROM Contact WHERE AccountId != null ORDER BY LastName")

	require.Equal(t, 3, c.async("GET", batch, "", "").xml(http.StatusOK).Processed)
	list := c.async("GET", batch+"/result", "", "").xml(http.StatusOK)
	require.Equal(t, "result-list", list.XMLName.Local)
	require.Len(t, list.Results, 1)
	result := c.async("GET", batch+"/result/"+list.Results[0], "", "").ok(http.StatusOK)
	require.Equal(t, "\"LastName\",\"Account.Name\"\n\"Kim\",\"Acme\"\n\"Lee\",\"Acme\"\n\"Ng\",\"beta Corp\"\n", result.body)

	for soql, message := range map[string]string{
		"SELECT Id FROM Account": "InvalidBatch : Failed to process query: INVALID_TYPE_FOR_OPERATION: The root entity of the requested query (Account) " +
			"does not match the entity of the requested Bulk API Job (Contact).",
		"SELECT MailingAddress FROM Contact": "InvalidBatch : Failed to process query: FUNCTIONALITY_NOT_ENABLED: Selecting compound data not supported in Bulk Query",
	} {
		batch := c.asyncBatch(job, soql)
		v := c.async("GET", batch, "", "").xml(http.StatusOK)
		require.Equal(t, []string{"Failed", message}, []string{v.State, v.Message})
		require.Equal(t, "InvalidBatch", c.async("GET", batch+"/result", "", "").xml(http.StatusBadRequest).Code)
	}
	batch = c.asyncBatch(job, "SELECT Id FROM Contact WHERE LastName = 'nobody'")
	list = c.async("GET", batch+"/result", "", "").xml(http.StatusOK)
	require.Equal(t, "Records not found for this query", c.async("GET", batch+"/result/"+list.Results[0], "", "").body)
	require.Equal(t, "InvalidBatch", c.async("GET", batch+"/result/752000000000000", "", "").xml(http.StatusBadRequest).Code)
}

func TestAsyncJobsInJSON(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	const typ = "application/json"
	job := c.async("POST", "/job", typ, `{"operation":"insert","object":"Contact","contentType":"JSON","concurrencyMode":null}`).ok(http.StatusCreated).object()
	require.Equal(t, []any{"Open", "JSON", "Parallel"}, []any{job["state"], job["contentType"], job["concurrencyMode"]})
	path := "/job/" + job["id"].(string)

	batch := c.async("POST", path+"/batch", typ, `[{"LastName":"Ray","Account":{"Number__c":"A-1"}},{"FirstName":"No"},7]`).ok(http.StatusCreated).object()
	require.Equal(t, []any{"Queued", nil}, []any{batch["state"], batch["stateMessage"]})
	path += "/batch/" + batch["id"].(string)
	require.Equal(t, "Completed", c.async("GET", path, typ, "").object()["state"])
	ray := idOf(t, org, "Contact", "LastName", "Ray")
	require.JSONEq(t, `[{"success":true,"created":true,"id":"`+ray+`","errors":[]},
		{"success":false,"created":false,"id":null,"errors":[{"statusCode":"REQUIRED_FIELD_MISSING","message":"Required fields are missing: [LastName]","fields":["LastName"]}]},
		{"success":false,"created":false,"id":null,"errors":[{"statusCode":"INVALID_ROW","message":"The record is no object","fields":[]}]}]`,
		c.async("GET", path+"/result", typ, "").ok(http.StatusOK).body)

	path = "/job/" + c.async("POST", "/job", typ, `{"operation":"queryAll","object":"Account","contentType":"JSON"}`).object()["id"].(string)
	path += "/batch/" + c.async("POST", path+"/batch", typ, "SELECT Name FROM Account WHERE IsDeleted = TRUE").object()["id"].(string)
	var ids []string
	c.async("GET", path+"/result", typ, "").ok(http.StatusOK).decode(&ids)
	var records []map[string]any
	c.async("GET", path+"/result/"+ids[0], typ, "").ok(http.StatusOK).decode(&records)
	require.Len(t, records, 1)
	require.Equal(t, "Gone Inc", records[0]["Name"])
}

func TestAsyncBatchesThatFail(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))
	job := c.asyncJob("insert", "Contact", "")
	for data, message := range map[string]string{
		"Nope\nx\n": "InvalidBatch : Field name not found : Nope",
		"":          "InvalidBatch : Records not found",
		"LastName\n" + strings.Repeat("x\n", 10001): "InvalidBatch : The batch has 10001 records, and at most 10000 are allowed",
	} {
		v := c.async("GET", c.asyncBatch(job, data), "", "").xml(http.StatusOK)
		require.Equal(t, []string{"Failed", message}, []string{v.State, v.Message})
	}
	require.Equal(t, "ClientInputError", c.async("POST", job+"/batch", "text/csv", strings.Repeat("x", 10_000_001)).xml(http.StatusBadRequest).Code)
}

func TestAsyncAbortStopsWhatIsQueued(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{BulkPolls: 1})
	c := newClient(t, org)
	job := c.asyncJob("insert", "Contact", "")
	first, second := c.asyncBatch(job, "LastName\nOne\n"), c.asyncBatch(job, "LastName\nTwo\n")
	require.Equal(t, "InProgress", c.async("GET", first, "", "").xml(http.StatusOK).State)

	require.Equal(t, "Aborted", c.async("POST", job, asyncXML, strings.TrimSpace(asyncJob("<state>Aborted</state>"))).xml(http.StatusOK).State)

	require.Equal(t, "NotProcessed", c.async("GET", second, "", "").xml(http.StatusOK).State)
	c.async("GET", first, "", "")
	require.NotContains(t, fmt.Sprint(org.Records("Contact")), "Two")
	require.Equal(t, "InvalidJobState", c.async("POST", job, asyncXML, strings.TrimSpace(asyncJob("<state>Closed</state>"))).xml(http.StatusBadRequest).Code)
}

func TestAsyncErrors(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))
	create := func(elements string) asyncAnswer {
		return c.async("POST", "/job", asyncXML, strings.TrimSpace(asyncJob(elements))).xml(http.StatusBadRequest)
	}
	require.Equal(t, "InvalidJob", create("<operation>merge</operation><object>Account</object><contentType>CSV</contentType>").Code)
	require.Equal(t, "Unable to find object: Nope", create("<operation>insert</operation><object>Nope</object><contentType>CSV</contentType>").Why)
	require.Equal(t, "External ID was blank for Contact. An External ID must be specified for upsert.",
		create("<operation>upsert</operation><object>Contact</object><contentType>CSV</contentType>").Why)
	require.Equal(t, "FeatureNotEnabled", create("<operation>insert</operation><object>Contact</object>").Code)
	require.Equal(t, "InvalidEntity", create("<operation>insert</operation><object>CaseStatus</object><contentType>CSV</contentType>").Code)
	require.Equal(t, "InvalidXML", c.async("POST", "/job", asyncXML, "<jobInfo>").xml(http.StatusBadRequest).Code)
	require.Equal(t, "InvalidJob", c.async("GET", "/job/750000000000000", "", "").xml(http.StatusBadRequest).Code)
	require.Equal(t, "InvalidBatch", c.async("GET", c.asyncJob("insert", "Contact", "")+"/batch/751000000000000", "", "").xml(http.StatusBadRequest).Code)
	require.Equal(t, "InvalidUrl", c.async("GET", "/jobs", "", "").xml(http.StatusBadRequest).Code)
	require.Equal(t, "InvalidOperation", c.async("DELETE", "/job", "", "").xml(http.StatusBadRequest).Code)
	require.JSONEq(t, `{"exceptionCode":"InvalidJob","exceptionMessage":"Unable to find job: x"}`,
		c.async("GET", "/job/x", "application/json", "").ok(http.StatusBadRequest).body)

	c.token = "stale"
	v := c.async("GET", "/job/x", "", "")
	require.Contains(t, v.body, "<exceptionCode>InvalidSessionId</exceptionCode>")
	require.Equal(t, "error", v.xml(http.StatusBadRequest).XMLName.Local)
	require.Equal(t, "InvalidVersion", c.do("GET", "/services/async/20.0/job/x", "", "").xml(http.StatusBadRequest).Code)
}
