package salesforcetest_test

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var replicationFacts = []fact{
	{"what has changed and what is gone", func(t *testing.T, p *peer) {
		kept := p.create("Account", map[string]any{"Name": "~ kept"})
		gone := p.create("Account", map[string]any{"Name": "~ gone"})
		p.delete("/sobjects/Account/" + gone).ok(http.StatusNoContent)
		p.wait(2 * time.Minute) // the span ends at a whole minute
		served, err := http.ParseTime(p.get("/limits").header.Get("Date"))
		require.NoError(t, err)
		span := "?start=" + url.QueryEscape(served.Add(-time.Hour).UTC().Format(time.RFC3339)) + "&end=" + url.QueryEscape(served.UTC().Format(time.RFC3339))
		updated := p.get("/sobjects/Account/updated/" + span).ok(http.StatusOK).object()
		require.Contains(t, updated["ids"], kept)
		require.NotContains(t, updated["ids"], gone)
		require.Regexp(t, wireMoment, updated["latestDateCovered"])
		deleted := p.get("/sobjects/Account/deleted/" + span).ok(http.StatusOK).object()
		require.Equal(t, []string{"deletedRecords", "earliestDateAvailable", "latestDateCovered"}, sorted(deleted))
		require.True(t, slices.ContainsFunc(items(deleted["deletedRecords"]), func(r map[string]any) bool { return r["id"] == gone }))
	}},
	{"a span that is too short", func(t *testing.T, p *peer) {
		code, _, _ := p.get("/sobjects/Account/updated/?start=2026-11-21T10:00:00Z&end=2026-11-21T10:00:30Z").fault()
		require.Equal(t, "INVALID_REPLICATION_DATE", code)
	}},
}

var fileFacts = []fact{
	{"a version makes a document and a link", func(t *testing.T, p *peer) {
		account := p.create("Account", map[string]any{"Name": "~ files"})
		content := []byte("%PDF-1.4 conformance")
		version := p.post("/sobjects/ContentVersion", p.json(map[string]any{
			"Title": "~ plan", "PathOnClient": "plan.pdf", "FirstPublishLocationId": account, "VersionData": base64.StdEncoding.EncodeToString(content),
		})).id()
		r := p.get("/sobjects/ContentVersion/" + version).ok(http.StatusOK).object()
		p.keep(r["ContentDocumentId"].(string))
		sum := md5.Sum(content)
		require.Equal(t, hex.EncodeToString(sum[:]), r["Checksum"])
		require.Equal(t, fmt.Sprint(len(content)), toJSON(t, r["ContentSize"]))
		require.Equal(t, "pdf", r["FileExtension"])
		require.Equal(t, "PDF", r["FileType"])
		require.Equal(t, true, r["IsLatest"])
		require.Equal(t, "1", r["VersionNumber"])
		require.Equal(t, "/services/data/v66.0/sobjects/ContentVersion/"+version+"/VersionData", r["VersionData"])
		require.Equal(t, string(content), p.get(r["VersionData"].(string)).ok(http.StatusOK).body)
		links := p.query("SELECT LinkedEntityId, ShareType FROM ContentDocumentLink WHERE ContentDocumentId = '" + r["ContentDocumentId"].(string) + "'").records()
		require.True(t, slices.ContainsFunc(links, func(l map[string]any) bool { return l["LinkedEntityId"] == account }))
	}},
	{"multipart has a JSON part and a binary one, in either order", func(t *testing.T, p *peer) {
		part := func(header, body string) string { return "--bnd\r\n" + header + "\r\n\r\n" + body + "\r\n" }
		record := part("Content-Disposition: form-data; name=\"entity_content\"\r\nContent-Type: application/json",
			p.json(map[string]any{"Title": "~ parts", "PathOnClient": "parts.txt"}))
		binary := part("Content-Disposition: form-data; name=\"VersionData\"; filename=\"parts.txt\"\r\nContent-Type: application/octet-stream", "four")
		send := func(parts string) answer {
			return p.do("POST", "/sobjects/ContentVersion", `multipart/form-data; boundary="bnd"`, parts+"--bnd--\r\n")
		}
		for _, parts := range []string{record + binary, binary + record} {
			version := p.get("/sobjects/ContentVersion/" + send(parts).id()).ok(http.StatusOK).object()
			p.keep(version["ContentDocumentId"].(string))
			require.Equal(t, "4", toJSON(t, version["ContentSize"]))
		}
		require.Equal(t, http.StatusBadRequest, send(record).status)
		require.Equal(t, http.StatusBadRequest, send(record+binary+binary).status)
	}},
	{"an attachment hangs on a record", func(t *testing.T, p *peer) {
		account := p.create("Account", map[string]any{"Name": "~ attached"})
		id := p.create("Attachment", map[string]any{"ParentId": account, "Name": "note.txt", "Body": base64.StdEncoding.EncodeToString([]byte("five!"))})
		r := p.get("/sobjects/Attachment/" + id).ok(http.StatusOK).object()
		require.Equal(t, "5", toJSON(t, r["BodyLength"]))
		require.Equal(t, "five!", p.get("/sobjects/Attachment/"+id+"/Body").ok(http.StatusOK).body)
	}},
}

// result is one row of a collection's answer.
type result struct {
	ID      string
	Success bool
	Errors  []struct {
		StatusCode, Message string
		Fields              []string
	}
}

var batchFacts = []fact{
	{"a collection saves what it can", func(t *testing.T, p *peer) {
		var rows []result
		p.post("/composite/sobjects", p.json(map[string]any{"records": []any{account("~ good"), account("")}})).ok(http.StatusOK).decode(&rows)
		p.keep(rows[0].ID)
		require.True(t, rows[0].Success)
		require.False(t, rows[1].Success)
		require.Equal(t, "REQUIRED_FIELD_MISSING", rows[1].Errors[0].StatusCode)
		require.Equal(t, []string{"Name"}, rows[1].Errors[0].Fields)
	}},
	{"a collection saves all or none", func(t *testing.T, p *peer) {
		var rows []result
		p.post("/composite/sobjects", p.json(map[string]any{"allOrNone": true, "records": []any{account("~ good"), account("")}})).
			ok(http.StatusOK).decode(&rows)
		require.False(t, rows[0].Success)
		require.Equal(t, "ALL_OR_NONE_OPERATION_ROLLED_BACK", rows[0].Errors[0].StatusCode)
		require.Equal(t, "Record rolled back because not all records were valid and the request was using AllOrNone header", rows[0].Errors[0].Message)
		require.Empty(t, p.own("SELECT Id FROM Account WHERE Name = '~ good'").records())
	}},
	{"a composite refers to what it made", func(t *testing.T, p *peer) {
		var answer struct {
			CompositeResponse []struct {
				Body           map[string]any
				HTTPStatusCode int
				ReferenceID    string
			}
		}
		p.post("/composite", p.json(map[string]any{"allOrNone": true, "compositeRequest": []any{
			compositePart("POST", "/sobjects/Account", "acc", map[string]any{"Name": "~ composite"}),
			compositePart("POST", "/sobjects/Contact", "con", map[string]any{"LastName": "~ composite", "AccountId": "@{acc.id}"}),
			compositePart("GET", "/sobjects/Contact/@{con.id}?fields=AccountId", "read", nil),
		}})).ok(http.StatusOK).decode(&answer)
		rows := answer.CompositeResponse
		p.keep(rows[0].Body["id"].(string), rows[1].Body["id"].(string))
		require.Equal(t, 201, rows[0].HTTPStatusCode)
		require.Equal(t, "acc", rows[0].ReferenceID)
		require.Equal(t, rows[0].Body["id"], rows[2].Body["AccountId"])
	}},
	{"a composite that fails is rolled back", func(t *testing.T, p *peer) {
		var answer struct {
			CompositeResponse []struct {
				Body           []map[string]any
				HTTPStatusCode int
			}
		}
		p.post("/composite", p.json(map[string]any{"allOrNone": true, "compositeRequest": []any{
			compositePart("POST", "/sobjects/Account", "good", map[string]any{"Name": "~ undone"}),
			compositePart("POST", "/sobjects/Account", "bad", map[string]any{"Phone": "1"}),
		}})).ok(http.StatusOK).decode(&answer)
		require.Equal(t, "PROCESSING_HALTED", answer.CompositeResponse[0].Body[0]["errorCode"])
		require.Equal(t, "REQUIRED_FIELD_MISSING", answer.CompositeResponse[1].Body[0]["errorCode"])
		require.Empty(t, p.own("SELECT Id FROM Account WHERE Name = '~ undone'").records())
	}},
	{"a tree is saved whole", func(t *testing.T, p *peer) {
		var answer struct {
			HasErrors bool
			Results   []struct{ ReferenceID, ID string }
		}
		p.post("/composite/tree/Account", p.json(map[string]any{"records": []any{map[string]any{
			"attributes": map[string]any{"type": "Account", "referenceId": "a"}, "Name": "~ tree",
			"Contacts": map[string]any{"records": []any{map[string]any{
				"attributes": map[string]any{"type": "Contact", "referenceId": "c"}, "LastName": "~ leaf",
			}}},
		}}})).ok(http.StatusCreated).decode(&answer)
		require.False(t, answer.HasErrors)
		require.Len(t, answer.Results, 2)
		p.keep(answer.Results[0].ID, answer.Results[1].ID)
		require.Equal(t, p.name("tree"), p.own("SELECT Account.Name FROM Contact WHERE LastName = '~ leaf'").records()[0]["Account"].(map[string]any)["Name"])
	}},
	{"the parts of a batch are independent", func(t *testing.T, p *peer) {
		var answer struct {
			HasErrors bool
			Results   []struct{ StatusCode int }
		}
		p.post("/composite/batch", `{"batchRequests":[{"method":"GET","url":"v66.0/limits"},{"method":"GET","url":"v66.0/sobjects/Bogus__c"}]}`).
			ok(http.StatusOK).decode(&answer)
		require.True(t, answer.HasErrors)
		require.Equal(t, 200, answer.Results[0].StatusCode)
		require.Equal(t, 404, answer.Results[1].StatusCode)
	}},
}

// account is a record of a collection, without a name when it is empty.
func account(name string) map[string]any {
	r := map[string]any{"attributes": map[string]any{"type": "Account"}}
	if name != "" {
		r["Name"] = name
	}
	return r
}

// compositePart is one request of a composite.
func compositePart(method, path, reference string, body any) map[string]any {
	r := map[string]any{"method": method, "url": "/services/data/v66.0" + path, "referenceId": reference}
	if body != nil {
		r["body"] = body
	}
	return r
}

var bulkFacts = []fact{
	{"rows are inserted", func(t *testing.T, p *peer) {
		job := p.post("/jobs/ingest", `{"object":"Account","operation":"insert","contentType":"CSV","lineEnding":"LF"}`).ok(http.StatusOK).object()
		require.Equal(t, "Open", job["state"])
		path := "/jobs/ingest/" + job["id"].(string)
		csv := strings.ReplaceAll("Name,Phone\n\"~ one, two\",1\n,2\n", "~", p.run)
		p.do("PUT", path+"/batches", "text/csv", csv).ok(http.StatusCreated)
		p.patch(path, `{"state":"UploadComplete"}`).ok(http.StatusOK)
		job = p.finished(path)
		require.Equal(t, "JobComplete", job["state"])
		require.Equal(t, "2", toJSON(t, job["numberRecordsProcessed"]))
		require.Equal(t, "1", toJSON(t, job["numberRecordsFailed"]))
		good := p.get(path + "/successfulResults").ok(http.StatusOK).body
		require.Regexp(t, `^"?sf__Id"?,"?sf__Created"?,"?Name"?,"?Phone"?\n"?001\w{15}"?,"?true"?,`, good)
		p.keep(strings.Trim(strings.Split(strings.Split(good, "\n")[1], ",")[0], `"`))
		require.Contains(t, p.get(path+"/failedResults").ok(http.StatusOK).body, "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --")
	}},
	{"rows are queried", func(t *testing.T, p *peer) {
		p.create("Account", map[string]any{"Name": "~ bulk"})
		soql := strings.ReplaceAll("SELECT Name, Phone FROM Account WHERE Name = '~ bulk'", "~", p.run)
		job := p.post("/jobs/query", toJSON(t, map[string]string{"operation": "query", "query": soql})).ok(http.StatusOK).object()
		path := "/jobs/query/" + job["id"].(string)
		require.Equal(t, "JobComplete", p.finished(path)["state"])
		a := p.get(path + "/results").ok(http.StatusOK)
		require.Equal(t, "\"Name\",\"Phone\"\n\""+p.name("bulk")+"\",\"\"\n", a.body)
		require.Equal(t, "1", a.header.Get("Sforce-NumberOfRecords"))
		require.Equal(t, "null", a.header.Get("Sforce-Locator"))
	}},
}

// finished asks for a job until it has ended.
func (p *peer) finished(path string) map[string]any {
	p.t.Helper()
	for range 100 {
		job := p.get(path).ok(http.StatusOK).object()
		switch job["state"] {
		case "JobComplete", "Failed", "Aborted":
			return job
		}
		p.wait(time.Second)
	}
	require.Fail(p.t, "the job does not end", path)
	return nil
}
