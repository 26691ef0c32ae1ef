package salesforcetest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func bulkRoutes() []route {
	return []route{
		{"jobs/ingest", alone(methods{"GET": (*call).listIngestJobs, "POST": (*call).createIngestJob})},
		{"jobs/ingest/*", alone(methods{
			"GET": (*call).readIngestJob, "PATCH": (*call).closeIngestJob, "DELETE": (*call).deleteIngestJob,
		})},
		{"jobs/ingest/*/batches", alone(methods{"PUT": (*call).uploadJobData})},
		{"jobs/ingest/*/successfulResults", alone(methods{"GET": (*call).successfulResults})},
		{"jobs/ingest/*/failedResults", alone(methods{"GET": (*call).failedResults})},
		{"jobs/ingest/*/unprocessedrecords", alone(methods{"GET": (*call).unprocessedRecords})},
		{"jobs/query", alone(methods{"GET": (*call).listQueryJobs, "POST": (*call).createQueryJob})},
		{"jobs/query/*", alone(methods{
			"GET": (*call).readQueryJob, "PATCH": (*call).abortQueryJob, "DELETE": (*call).deleteQueryJob,
		})},
		{"jobs/query/*/results", alone(methods{"GET": (*call).queryJobResults})},
		{"jobs/query/*/resultPages", alone(methods{"GET": (*call).queryJobPages})},
	}
}

// alone refuses calls that are part of an outer transaction: jobs save in
// transactions of their own.
func alone(all methods) methods {
	guarded := methods{}
	for name, handle := range all {
		guarded[name] = func(c *call) error {
			if c.tx != nil {
				return refusal("INVALID_REQUEST", "Bulk jobs cannot be part of a transaction")
			}
			return handle(c)
		}
	}
	return guarded
}

// jobInfo is a job as its requests answer it. What is not known yet is left out.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/get_job_info.htm
type jobInfo struct {
	ID              string      `json:"id"`
	Operation       string      `json:"operation"`
	Object          string      `json:"object"`
	CreatedBy       string      `json:"createdById"`
	Created         string      `json:"createdDate"`
	Modstamp        string      `json:"systemModstamp"`
	State           string      `json:"state"`
	Key             string      `json:"externalIdFieldName,omitempty"`
	Concurrency     string      `json:"concurrencyMode"`
	ContentType     string      `json:"contentType"`
	Version         json.Number `json:"apiVersion"`
	Rule            string      `json:"assignmentRuleId,omitempty"`
	Type            string      `json:"jobType,omitempty"`
	ContentURL      string      `json:"contentUrl,omitempty"`
	LineEnding      string      `json:"lineEnding,omitempty"`
	ColumnDelimiter string      `json:"columnDelimiter,omitempty"`

	*jobFigures
	*ingestFigures
	Message    string `json:"errorMessage,omitempty"`
	PKChunking *bool  `json:"isPkChunkingSupported,omitempty"`
}

// jobFigures are what a job that is asked for by its id tells about the work.
type jobFigures struct {
	Processed int   `json:"numberRecordsProcessed"`
	Retries   int   `json:"retries"`
	Total     int64 `json:"totalProcessingTime"`
}

// ingestFigures are those that only data loads have.
type ingestFigures struct {
	Failed int   `json:"numberRecordsFailed"`
	Active int64 `json:"apiActiveProcessingTime"`
	Apex   int64 `json:"apexProcessingTime"`
}

// info is the job without figures, as lists and creation show it. The caller
// holds the job's lock.
func (j *job) info() jobInfo {
	info := jobInfo{
		ID: j.id, Operation: j.operation, Object: j.object, CreatedBy: j.user,
		Created: j.created.Format(wireDateTime), Modstamp: j.changed.Format(wireDateTime),
		State: j.state, Key: j.key, Concurrency: "Parallel", ContentType: j.contentType,
		Version: json.Number(fmt.Sprintf("%d.0", j.version)), Rule: j.rule, Type: j.typ,
		LineEnding: j.ending, ColumnDelimiter: j.delimiter,
	}
	if j.typ == ingestJob && j.state == jobOpen {
		info.ContentURL = fmt.Sprintf("services/data/v%d.0/jobs/ingest/%s/batches", j.version, j.id)
	}
	return info
}

// report is the job with its figures. The caller holds the job's lock.
func (j *job) report() jobInfo {
	info := j.info()
	info.Message = j.message
	info.jobFigures = &jobFigures{Processed: len(j.done), Total: j.worked.Milliseconds()}
	if j.typ == queryJob {
		chunks := true
		info.PKChunking = &chunks
		info.Message = "" // which a failed query job does not tell
		if j.rows != nil {
			info.Processed = len(j.rows.rows)
		}
		return info
	}
	info.ingestFigures = &ingestFigures{Failed: j.done.failed(), Active: j.worked.Milliseconds()}
	return info
}

// jobsOnPage is how many jobs a list shows at once.
const jobsOnPage = 1000

// listJobs answers the jobs that a list shows unless it is asked for a type.
func (c *call) listJobs(resource string, usual func(*job) bool) error {
	query := c.r.URL.Query()
	from, ok := decodeLocator(query.Get("queryLocator"))
	if !ok {
		return errLocator
	}
	if query.Get("isPkChunkingEnabled") == "true" || strings.EqualFold(query.Get("concurrencyMode"), "serial") {
		usual = func(*job) bool { return false } // no such jobs here
	}
	typ := query.Get("jobType")
	list := c.org.jobs.all(c.org.Now(), func(j *job) bool {
		if typ != "" {
			return strings.EqualFold(j.typ, typ)
		}
		return usual(j)
	})
	list = list[min(from, len(list)):]
	answer := struct {
		Done    bool      `json:"done"`
		Records []jobInfo `json:"records"`
		Next    *string   `json:"nextRecordsUrl"`
	}{Done: len(list) <= jobsOnPage, Records: []jobInfo{}}
	if !answer.Done {
		next := c.base() + "/jobs/" + resource + "?queryLocator=" + locator(from+jobsOnPage)
		answer.Next = &next
		list = list[:jobsOnPage]
	}
	for _, j := range list {
		j.mu.Lock()
		answer.Records = append(answer.Records, j.info())
		j.mu.Unlock()
	}
	writeJSON(c.w, http.StatusOK, answer)
	return nil
}

// locator hides a number as Salesforce does: 10000 is MTAwMDA.
func locator(n int) string { return base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(n))) }

// decodeLocator reads a locator; none is 0.
func decodeLocator(s string) (int, bool) {
	if s == "" {
		return 0, true
	}
	text, err := base64.RawURLEncoding.DecodeString(s)
	n, numErr := strconv.Atoi(string(text))
	return n, err == nil && numErr == nil && n >= 0
}

// jobRequest is what a client wants of a new job.
type jobRequest struct {
	fields map[string]string
}

// readJobRequest reads a JSON object of texts whose names are known.
func readJobRequest(data []byte, known ...string) (jobRequest, error) {
	in, err := decodeObject(data)
	if err != nil {
		return jobRequest{}, err
	}
	request := jobRequest{map[string]string{}}
	for _, a := range in {
		text, isText := a.value.(string)
		switch {
		case !slices.Contains(known, a.name):
			return request, refusal("API_ERROR", "Unrecognized field \"%s\" at %s", a.name, a.at)
		case !isText && a.value != nil:
			return request, refusal("API_ERROR", "Value does not match expected type at %s", a.at)
		}
		request.fields[a.name] = text
	}
	return request, nil
}

// choice is one of the values of an enumeration; the first is the default.
func (r jobRequest) choice(name string, values ...string) (string, error) {
	v := r.fields[name]
	switch {
	case v == "":
		return values[0], nil
	case !slices.Contains(values, v):
		return "", refusal("API_ERROR", "Invalid value: '%s' supplied for property: '%s'", v, name)
	}
	return v, nil
}

// newJob makes a job of a request, with what all jobs of Bulk API 2.0 have.
func (c *call) newJob(typ string, r jobRequest) (*job, error) {
	j := &job{typ: typ, version: c.version, user: c.user, operation: r.fields["operation"]}
	var err error
	if j.contentType, err = r.choice("contentType", "CSV"); err != nil {
		return nil, err
	}
	if j.delimiter, err = r.choice("columnDelimiter", "COMMA", "BACKQUOTE", "CARET", "PIPE", "SEMICOLON", "TAB"); err != nil {
		return nil, err
	}
	j.ending, err = r.choice("lineEnding", "LF", "CRLF")
	return j, err
}

// csv is the dialect of the job's data and results.
func (j *job) csv() dialect {
	return dialect{delimiter: delimiters[j.delimiter], ending: lineEndings[j.ending]}
}

// job returns the job that the path names.
func (c *call) job(typ string) (*job, error) {
	if j := c.org.jobs.find(c.args[0], c.org.Now(), typ); j != nil {
		return j, nil
	}
	return nil, errNotFound
}

// wantedState reads the body of a PATCH. Some clients say the id there, too.
func (c *call) wantedState() (string, error) {
	body, err := c.inflated()
	if err != nil {
		return "", err
	}
	data, err := readJSON(body)
	if err != nil {
		return "", err
	}
	r, err := readJobRequest(data, "state", "id")
	return r.fields["state"], err
}

// stateWords are what an error calls the state of a job that has left Open.
var stateWords = map[string]string{
	jobUploaded: "Closed", jobWorking: "Closed", jobComplete: "Completed", jobFailed: "Failed", jobAborted: "Aborted",
}

// notInState refuses to move a job: Closing or Aborting.
func (j *job) notInState(what string) error {
	return refusal("INVALIDJOBSTATE", "%s already %s Job not allowed", what, stateWords[j.state])
}

// abort ends a job that has not ended. The caller holds its lock.
func (j *job) abort(now time.Time) error {
	if j.ended() {
		return j.notInState("Aborting")
	}
	j.turn(jobAborted, now)
	return nil
}

// deleteJob answers DELETE for a job that is in one of the states.
func (c *call) deleteJob(typ string, states ...string) error {
	j, err := c.job(typ)
	if err != nil {
		return err
	}
	j.mu.Lock()
	state := j.state
	j.mu.Unlock()
	if !slices.Contains(states, state) {
		return refusal("API_ERROR", "Error encountered when deleting the job because the job is not terminated")
	}
	c.org.jobs.remove(j)
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// notForBulk are objects that neither bulk API serves.
var notForBulk = map[string]bool{
	"taskstatus": true, "taskpriority": true, "orderstatus": true, "contractstatus": true, "casestatus": true,
	"solutionstatus": true, "partnerrole": true, "recentlyviewed": true, "attachedcontentnote": true,
}

func errNotForBulk(name string) error {
	return refusal("INVALIDENTITY", "Entity '%s' is not supported by the Bulk API.", name)
}
