package salesforcetest_test

import (
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// ingest creates a job with properties in JSON, uploads the data and closes it.
func (c *client) ingest(properties, data string) (id string) {
	c.t.Helper()
	id = c.createJob(properties)
	c.upload(id, data).ok(http.StatusCreated)
	require.Equal(c.t, "UploadComplete", c.patch("/jobs/ingest/"+id, `{"state":"UploadComplete"}`).ok(http.StatusOK).object()["state"])
	return id
}

func (c *client) createJob(properties string) (id string) {
	c.t.Helper()
	id, _ = c.post("/jobs/ingest", properties).ok(http.StatusOK).object()["id"].(string)
	require.Regexp(c.t, "^750.{15}$", id)
	return id
}

func (c *client) upload(id, data string) answer {
	c.t.Helper()
	return c.do("PUT", "/jobs/ingest/"+id+"/batches", "text/csv", data)
}

// rowsOf reads a CSV result.
func (a answer) rowsOf(comma rune) [][]string {
	a.t.Helper()
	a.ok(http.StatusOK)
	require.Equal(a.t, "text/csv", a.header.Get("Content-Type"))
	r := csv.NewReader(strings.NewReader(a.body))
	r.Comma = comma
	rows, err := r.ReadAll()
	require.NoError(a.t, err, a.body)
	return rows
}

// jobDone polls a job once and requires its state.
func (c *client) jobDone(kind, id, state string) map[string]any {
	c.t.Helper()
	info := c.get("/jobs/" + kind + "/" + id).ok(http.StatusOK).object()
	require.Equal(c.t, state, info["state"], info)
	return info
}

func TestBulkInsertTellsWhatBecameOfEachRow(t *testing.T) {
	overBoth(t, salesforcetest.Options{}, func(t *testing.T, org *salesforcetest.Org, c *client) {
		created := c.post("/jobs/ingest", `{"object":"account","operation":"insert"}`).ok(http.StatusOK).object()
		id := created["id"].(string)
		require.Equal(t, map[string]any{
			"id": id, "operation": "insert", "object": "Account", "createdById": org.Credentials().UserID,
			"createdDate": "2026-11-21T15:30:00.000+0000", "systemModstamp": "2026-11-21T15:30:00.000+0000",
			"state": "Open", "concurrencyMode": "Parallel", "contentType": "CSV", "apiVersion": created["apiVersion"],
			"contentUrl": "services/data/v66.0/jobs/ingest/" + id + "/batches",
			"lineEnding": "LF", "columnDelimiter": "COMMA", "jobType": "V2Ingest",
		}, created)
		require.Contains(t, c.get("/jobs/ingest/"+id).body, `"apiVersion":66.0,`)

		c.upload(id, "Name,NumberOfEmployees,ZEP__c\n\"Smith, \"\"Ltd\"\"\",7,1\n,8,false\nZeta,,#N/A\n").ok(http.StatusCreated)
		c.patch("/jobs/ingest/"+id, `{"state":"UploadComplete"}`).ok(http.StatusOK)
		require.Len(t, org.Records("Account"), 4, "nothing is saved before the job is asked for")

		info := c.jobDone("ingest", id, "JobComplete")
		require.Equal(t, "3 1", fmt.Sprint(info["numberRecordsProcessed"], " ", info["numberRecordsFailed"]))
		for _, figure := range []string{"retries", "totalProcessingTime", "apiActiveProcessingTime", "apexProcessingTime"} {
			require.Equal(t, "0", fmt.Sprint(info[figure]))
		}
		smith, zeta := idOf(t, org, "Account", "Name", `Smith, "Ltd"`), idOf(t, org, "Account", "Name", "Zeta")
		require.Equal(t, []any{7.0, true}, []any{org.Record(smith)["NumberOfEmployees"], org.Record(smith)["ZEP__c"]})
		require.Equal(t, [][]string{
			{"sf__Id", "sf__Created", "Name", "NumberOfEmployees", "ZEP__c"},
			{smith, "true", `Smith, "Ltd"`, "7", "1"},
			{zeta, "true", "Zeta", "", "#N/A"},
		}, c.get("/jobs/ingest/"+id+"/successfulResults/").rowsOf(','))
		require.Equal(t, "\"sf__Id\",\"sf__Error\",\"Name\",\"NumberOfEmployees\",\"ZEP__c\"\n"+
			"\"\",\"REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --\",\"\",\"8\",\"false\"\n",
			c.get("/jobs/ingest/"+id+"/failedresults").body)
		require.Equal(t, "\"Name\",\"NumberOfEmployees\",\"ZEP__c\"\n", c.get("/jobs/ingest/"+id+"/unprocessedRecords").body)
	})
}

func TestBulkUpdateLeavesEmptyCellsAlone(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	acme, beta := idOf(t, org, "Account", "Name", "Acme"), idOf(t, org, "Account", "Name", "beta Corp")

	id := c.ingest(`{"object":"Account","operation":"update"}`, strings.Join([]string{
		"Id,Industry,BillingCity,Parent.Number__c",
		beta[:15] + ",Banking,Ulm,#N/A",
		acme + ",,#N/A,A-2",
		"001xx0000000zzzAAA,x,y,",
		"nonsense,x,y,",
		",x,y,",
	}, "\n"))

	c.jobDone("ingest", id, "JobComplete")
	require.Equal(t, []any{"Banking", nil, beta},
		[]any{org.Record(acme)["Industry"], org.Record(acme)["BillingCity"], org.Record(acme)["ParentId"]})
	require.Equal(t, []any{"Banking", "Ulm", nil},
		[]any{org.Record(beta)["Industry"], org.Record(beta)["BillingCity"], org.Record(beta)["ParentId"]})
	failed := c.get("/jobs/ingest/" + id + "/failedResults").rowsOf(',')
	require.Len(t, failed, 4)
	require.Equal(t, []string{"001xx0000000zzzAAA", "INVALID_CROSS_REFERENCE_KEY:invalid cross reference id:--"}, failed[1][:2])
	require.Equal(t, []string{"nonsense", "MALFORMED_ID:Record ID: id value of incorrect type: nonsense:Id --"}, failed[2][:2])
	require.Equal(t, []string{"", "MISSING_ARGUMENT:Id not specified in an update call:--"}, failed[3][:2])
}

func TestBulkUpsertFindsRecordsByTheirKey(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)

	id := c.ingest(`{"object":"Account","operation":"upsert","externalIdFieldName":"number__c"}`,
		"Number__c,Name\na-1,Acme Two\nB-9,Nine\n,Nobody\nC-1,Once\nc-1,Twice\n")

	c.jobDone("ingest", id, "JobComplete")
	saved := c.get("/jobs/ingest/" + id + "/successfulResults").rowsOf(',')
	require.Equal(t, [][]string{
		{"sf__Id", "sf__Created", "Number__c", "Name"},
		{idOf(t, org, "Account", "Name", "Acme Two"), "false", "a-1", "Acme Two"},
		{idOf(t, org, "Account", "Name", "Nine"), "true", "B-9", "Nine"},
	}, saved)
	failed := c.get("/jobs/ingest/" + id + "/failedResults").rowsOf(',')
	require.Equal(t, "MISSING_ARGUMENT:Number__c not specified:Number__c --", failed[1][1])
	require.Equal(t, "DUPLICATE_VALUE:Duplicate external id specified: C-1:Number__c --", failed[2][1])
	require.Equal(t, "DUPLICATE_VALUE:Duplicate external id specified: c-1:Number__c --", failed[3][1])
}

func TestBulkDeleteAndHardDelete(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	delta, gamma := idOf(t, org, "Account", "Name", `Delta's "best"`), idOf(t, org, "Account", "Name", "Gamma_100%")
	all := func() string { return c.get("/queryAll?q=SELECT+Id+FROM+Account+WHERE+IsDeleted=TRUE").body }

	id := c.ingest(`{"object":"Account","operation":"delete"}`, "Id\n"+delta+"\n"+delta+"\n")
	c.jobDone("ingest", id, "JobComplete")
	require.Equal(t, true, org.Record(delta)["IsDeleted"])
	failed := c.get("/jobs/ingest/" + id + "/failedResults").rowsOf(',')
	require.Equal(t, []string{delta, "ENTITY_IS_DELETED:entity is deleted:--", delta}, failed[1])

	id = c.ingest(`{"object":"Account","operation":"hardDelete"}`, "Id\n"+delta+"\n"+gamma+"\n")
	info := c.jobDone("ingest", id, "JobComplete")
	require.Equal(t, "0", fmt.Sprint(info["numberRecordsFailed"]))
	require.NotContains(t, all(), delta)
	require.NotContains(t, all(), gamma)
	require.Nil(t, org.Record(gamma))
}

func TestBulkDialects(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	for name, sign := range map[string]rune{
		"COMMA": ',', "TAB": '\t', "PIPE": '|', "SEMICOLON": ';', "CARET": '^', "BACKQUOTE": '`',
	} {
		for ending, end := range map[string]string{"LF": "\n", "CRLF": "\r\n"} {
			properties := fmt.Sprintf(`{"object":"Contact","operation":"insert","columnDelimiter":%q,"lineEnding":%q}`, name, ending)
			text := fmt.Sprintf("LastName%cDescription%s%s%c\"a%c\nb\"%s", sign, end, name+ending, sign, sign, end)
			id := c.ingest(properties, text)

			c.jobDone("ingest", id, "JobComplete")
			rows := c.get("/jobs/ingest/" + id + "/successfulResults")
			require.Equal(t, []string{"sf__Id", "sf__Created", "LastName", "Description"}, rows.rowsOf(sign)[0])
			require.True(t, strings.HasSuffix(rows.body, "b\""+end))
			require.Equal(t, fmt.Sprintf("a%c\nb", sign), org.Record(rows.rowsOf(sign)[1][0])["Description"])
		}
	}
}

func TestBulkRowsThatAreNoCSVFailAlone(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))

	id := c.ingest(`{"object":"Contact","operation":"insert"}`,
		"LastName,FirstName\nOne,1\n\"Two\" ,2\nThree, \"3\"\nFour\nFive,5,5\n\nSix,6\n\"Seven,7")

	info := c.jobDone("ingest", id, "JobComplete")
	require.Equal(t, "7 5", fmt.Sprint(info["numberRecordsProcessed"], " ", info["numberRecordsFailed"]))
	require.Equal(t, []string{"One", "1"}, c.get("/jobs/ingest/" + id + "/successfulResults").rowsOf(',')[1][2:])
	require.Contains(t, c.get("/jobs/ingest/"+id+"/failedResults").body, "INVALID_ROW:line 3: text behind a closing quote:--")
}

func TestBulkJobsFailAsAWhole(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	before := len(org.Records("Contact"))
	for _, test := range []struct{ properties, data, message string }{
		{`"insert"`, "LastName,Nope\nA,1\n", "InvalidBatch : Field name not found : Nope"},
		{`"insert"`, "LastName,Account:Account.Number__c\nA,1\n", "InvalidBatch : type is not needed for non polymorphic foreign key references: Account"},
		{`"insert"`, "LastName,Account:Account:Number__c\nA,1\n", "InvalidBatch : Field name not found : Account:Account:Number__c"},
		{`"insert"`, "LastName,Account:Contact.Number__c\nA,1\n", "InvalidBatch : Unable to find relationship: Contact"},
		{`"insert"`, "LastName,Account.Industry\nA,1\n", "InvalidBatch : Field name not found : Account.Industry"},
		{`"insert"`, "LastName,MailingAddress\nA,1\n", "InvalidBatch : Field name not found : MailingAddress"},
		{`"insert"`, "LastName,lastname\nA,1\n", "InvalidBatch : Field name is there twice : lastname"},
		{`"update"`, "LastName\nA\n", "InvalidBatch : Field name not found : Id"},
		{`"insert"`, "LastName\r\nA\r\n", "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF"},
		{`"insert","lineEnding":"CRLF"`, "LastName\nA\n", "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is CRLF"},
		{`"insert"`, "LastName\n" + strings.Repeat("A\n", 300) + "B\r\n", "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF"},
		{`"insert"`, "", "InvalidBatch : Records not found"},
	} {
		id := c.ingest(`{"object":"Contact","operation":`+test.properties+`}`, test.data)
		info := c.jobDone("ingest", id, "Failed")
		require.Equal(t, test.message, info["errorMessage"])
		require.Equal(t, "0 0", fmt.Sprint(info["numberRecordsProcessed"], " ", info["numberRecordsFailed"]))
		unprocessed := c.get("/jobs/ingest/" + id + "/unprocessedrecords").ok(http.StatusOK)
		require.Equal(t, strings.Count(test.data, "\n"), strings.Count(unprocessed.body, "\n"))
	}
	require.Len(t, org.Records("Contact"), before)
}

func TestBulkRelationshipsAndTypes(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	rep := idOf(t, org, "User", "Username", "rep@example.com")
	acme := idOf(t, org, "Account", "Name", "Acme")

	id := c.ingest(`{"object":"Task","operation":"insert"}`, strings.Join([]string{
		"Subject,Account:What.Number__c,Owner:User.Username,ActivityDate",
		"Call,A-1,REP@example.com,2026-12-24",
		"Wrong,A-0,,",
		"Late,,,24.12.2026",
	}, "\n"))
	c.jobDone("ingest", id, "JobComplete")

	call := org.Record(idOf(t, org, "Task", "Subject", "Call"))
	require.Equal(t, []any{acme, rep, "2026-12-24"}, []any{call["WhatId"], call["OwnerId"], call["ActivityDate"]})
	failed := c.get("/jobs/ingest/" + id + "/failedResults").rowsOf(',')
	require.Equal(t, "INVALID_FIELD:Foreign key external ID: A-0 not found for field Number__c in entity Account:--", failed[1][1])
	require.Equal(t, "INVALID_FIELD:Failed to deserialize field at col 3. Due to, '24.12.2026' is not a valid value for the type xsd:date:ActivityDate --",
		failed[2][1])

	id = c.ingest(`{"object":"Task","operation":"insert"}`, "Subject,What.Number__c\nx,A-1\n")
	require.Equal(t, "InvalidBatch : type is needed for polymorphic foreign key references: What", c.jobDone("ingest", id, "Failed")["errorMessage"])

	id = c.ingest(`{"object":"Visit__c","operation":"insert"}`, "Name,Account__r.Id,Owner.Username,At__c\nV9,"+acme+",rep@example.com,2026-12-24T18:00:00.000+01:00\n")
	c.jobDone("ingest", id, "JobComplete")
	visit := org.Record(idOf(t, org, "Visit__c", "Name", "V9"))
	require.Equal(t, []any{acme, rep, "2026-12-24T17:00:00.000+0000"}, []any{visit["Account__c"], visit["OwnerId"], visit["At__c"]})
}

func TestBulkJobStates(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{BulkPolls: 1}))
	id := c.createJob(`{"object":"Account","operation":"insert","contentType":"CSV"}`)
	job := "/jobs/ingest/" + id

	c.delete(job).refused(400, "API_ERROR", "the job is not terminated")
	c.get(job+"/successfulResults").refused(400, "INVALIDJOBSTATE", "before it has ended")
	c.patch(job, `{"state":"JobComplete"}`).refused(400, "INVALIDJOBSTATE", "JobComplete")
	c.patch(job, `{"state":7}`).refused(400, "API_ERROR", "Value does not match expected type at [line:1, column:10]")
	c.upload(id, "Name\nA\n").ok(http.StatusCreated)
	c.upload(id, "Name\nB\n").refused(400, "CLIENTINPUTERROR", "Found multiple contents for job: <"+id+">")
	c.do("PUT", job+"/batches", "application/json", "{}").refused(415, "UNSUPPORTED_MEDIA_TYPE", "application/json")
	c.patch(job, `{"id":"`+id+`","state":"UploadComplete"}`).ok(http.StatusOK)
	c.upload(id, "Name\nB\n").refused(400, "INVALIDJOBSTATE", "Closed Job not allowed")
	c.patch(job, `{"state":"UploadComplete"}`).refused(400, "INVALIDJOBSTATE", "Closing already Closed Job not allowed")
	require.NotContains(t, c.get("/jobs/ingest").body, "batches", "there is a contentUrl only while the job is open")
	c.jobDone("ingest", id, "InProgress")
	c.jobDone("ingest", id, "JobComplete")
	c.patch(job, `{"state":"UploadComplete"}`).refused(400, "INVALIDJOBSTATE", "Closing already Completed Job not allowed")
	c.patch(job, `{"state":"Aborted"}`).refused(400, "INVALIDJOBSTATE", "Aborting already Completed Job not allowed")
	c.delete(job).ok(http.StatusNoContent)
	c.get(job).refused(404, "NOT_FOUND", "The requested resource does not exist")
	c.get("/jobs/query/"+id).refused(404, "NOT_FOUND", "")
}

func TestBulkJobsCanBeAborted(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{BulkPolls: 1})
	c := newClient(t, org)
	id := c.ingest(`{"object":"Account","operation":"insert"}`, "Name\nA\nB\n")
	c.jobDone("ingest", id, "InProgress")

	require.Equal(t, "Aborted", c.patch("/jobs/ingest/"+id, `{"state":"Aborted"}`).ok(http.StatusOK).object()["state"])

	c.jobDone("ingest", id, "Aborted")
	require.Equal(t, [][]string{{"Name"}, {"A"}, {"B"}}, c.get("/jobs/ingest/"+id+"/unprocessedrecords").rowsOf(','))
	require.Len(t, org.Records("Account"), 4)
}

func TestBulkJobWithItsDataInOneRequest(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	body := strings.Join([]string{
		"--BOUNDARY", "Content-Type: application/json", `Content-Disposition: form-data; name="job"`, "",
		`{"object":"Contact","contentType":"CSV","operation":"insert","lineEnding":"LF"}`, "",
		"--BOUNDARY", "Content-Type: text/csv", `Content-Disposition: form-data; name="content"; filename="content"`, "",
		"FirstName,LastName\nAstro,Nomical\nHootie,McOwl\n", "--BOUNDARY--", "",
	}, "\r\n")

	info := c.do("POST", "/jobs/ingest/", `multipart/form-data; boundary="BOUNDARY"`, body).ok(http.StatusOK).object()

	require.Equal(t, "UploadComplete", info["state"])
	done := c.jobDone("ingest", info["id"].(string), "JobComplete")
	require.Equal(t, "2", fmt.Sprint(done["numberRecordsProcessed"]))
	idOf(t, org, "Contact", "LastName", "McOwl")
	c.do("POST", "/jobs/ingest", `multipart/form-data; boundary="BOUNDARY"`, strings.Replace(body, `"content";`, `"other";`, 1)).
		refused(400, "INVALID_MULTIPART_REQUEST", "other")
}

func TestBulkJobsThatCannotBe(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))
	for _, test := range []struct{ properties, code, message string }{
		{`{"object":"Nope__c","operation":"insert"}`, "INVALIDJOB", "InvalidJob : Unable to find object: Nope__c"},
		{`{"operation":"insert"}`, "INVALIDJOB", "object must be specified"},
		{`{"object":"Account"}`, "API_ERROR", "operation"},
		{`{"object":"Account","operation":"merge"}`, "API_ERROR", "Invalid value: 'merge' supplied for property: 'operation'"},
		{`{"object":"Account","operation":"insert","contentType":"XML"}`, "API_ERROR", "contentType"},
		{`{"object":"Account","operation":"insert","lineEnding":"CR"}`, "API_ERROR", "lineEnding"},
		{`{"object":"Account","operation":"insert","columnDelimiter":","}`, "API_ERROR", "columnDelimiter"},
		{`{"object":"Account","operation":"insert","colour":"red"}`, "API_ERROR", `Unrecognized field "colour" at [line:1, column:`},
		{`{"object":["Account"],"operation":"insert"}`, "API_ERROR", "Value does not match expected type at [line:1, column:11]"},
		{`{"object":"Account","operation":"upsert"}`, "INVALIDJOB", "External ID was blank for Account. An External ID must be specified for upsert."},
		{`{"object":"Account","operation":"upsert","externalIdFieldName":"Industry"}`, "INVALIDJOB", "Industry does not match an External ID"},
		{`{"object":"CaseStatus","operation":"insert"}`, "INVALIDENTITY", "Entity 'CaseStatus' is not supported by the Bulk API."},
		{`{`, "JSON_PARSER_ERROR", ""},
	} {
		c.post("/jobs/ingest", test.properties).refused(400, test.code, test.message)
	}
	c.do("POST", "/jobs/ingest", "application/xml", "<jobInfo/>").refused(415, "UNSUPPORTED_MEDIA_TYPE", "application/xml")
	c.do("PUT", "/jobs/ingest", "", "").refused(405, "METHOD_NOT_ALLOWED", "GET,POST")
}

// zeros is a file without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestBulkUploadLimit(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))
	id := c.createJob(`{"object":"Account","operation":"insert"}`)
	req, err := http.NewRequestWithContext(t.Context(), "PUT", c.base+"/services/data/v66.0/jobs/ingest/"+id+"/batches",
		io.LimitReader(zeros{}, 112_500_001))
	require.NoError(t, err)
	req.ContentLength = 112_500_001
	req.Header = http.Header{"Authorization": {"Bearer " + c.token}, "Content-Type": {"text/csv"}}
	res, err := c.http.Do(req)

	require.NoError(t, err)
	newAnswer(t, res).refused(400, "CLIENTINPUTERROR", "larger than 112500000 bytes")
	c.upload(id, "Name\nA\n").ok(http.StatusCreated)
}

func TestBulkJobListsAndLife(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	load := c.createJob(`{"object":"Account","operation":"insert"}`)
	org.Advance(time.Hour)
	query, _ := c.post("/jobs/query", `{"operation":"query","query":"SELECT Id FROM Account"}`).ok(http.StatusOK).object()["id"].(string)
	list := func(path string) (ids []string) {
		var answer struct {
			Done    bool
			Records []struct{ ID string }
			Next    *string `json:"nextRecordsUrl"`
		}
		c.get(path).ok(http.StatusOK).decode(&answer)
		require.True(t, answer.Done)
		require.Nil(t, answer.Next)
		for _, r := range answer.Records {
			ids = append(ids, r.ID)
		}
		return ids
	}

	require.Equal(t, []string{load}, list("/jobs/ingest"))
	require.Equal(t, []string{load}, list("/jobs/ingest?jobType=V2Ingest&queryLocator="))
	require.Empty(t, list("/jobs/ingest?jobType=Classic"))
	require.Equal(t, []string{query}, list("/jobs/query"))
	require.Equal(t, []string{load}, list("/jobs/query?jobType=V2Ingest"))
	require.Empty(t, list("/jobs/query?isPkChunkingEnabled=true"))

	org.Advance(7*24*time.Hour - 30*time.Minute)
	c.token = org.Credentials().AccessToken
	require.Empty(t, list("/jobs/ingest"), "jobs are kept for seven days")
	require.Equal(t, []string{query}, list("/jobs/query"))
}

func TestBulkJobListsHavePages(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))
	for range 1001 {
		c.createJob(`{"object":"Account","operation":"insert"}`)
	}

	first := c.get("/jobs/ingest").object()
	require.Equal(t, false, first["done"])
	require.Len(t, first["records"], 1000)
	second := c.get(first["nextRecordsUrl"].(string)).object()
	require.Equal(t, true, second["done"])
	require.Len(t, second["records"], 1)
	c.get("/jobs/ingest?queryLocator=...").refused(400, "INVALID_QUERY_LOCATOR", "")
}

func TestBulkBatchesCountAgainstTheDay(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	id := c.ingest(`{"object":"Contact","operation":"insert"}`, "LastName\n"+strings.Repeat("X\n", 10001))
	c.jobDone("ingest", id, "JobComplete")
	c.post("/jobs/query", `{"operation":"query","query":"SELECT Id FROM Account"}`).ok(http.StatusOK)

	limits := c.get("/limits").object()
	require.Equal(t, "map[Max:15000 Remaining:14998]", fmt.Sprint(limits["DailyBulkApiBatches"]))
	require.Equal(t, "map[Max:10000 Remaining:9999]", fmt.Sprint(limits["DailyBulkV2QueryJobs"]))
	org.Advance(25 * time.Hour)
	c.token = org.Credentials().AccessToken
	require.Equal(t, "map[Max:15000 Remaining:15000]", fmt.Sprint(c.get("/limits").object()["DailyBulkApiBatches"]))
}
