package salesforcetest

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Bulk API, the first of the two: jobs hold batches, which clients divide the
// data into, and the session stands in a header of its own.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/asynch_api_intro.htm

// asyncRoutes are the resources below /services/async/XX.X.
var asyncRoutes = []route{
	{"job", methods{"POST": (*call).createAsyncJob}},
	{"job/*", methods{"GET": (*call).readAsyncJob, "POST": (*call).changeAsyncJob}},
	{"job/*/batch", methods{"GET": (*call).listBatches, "POST": (*call).addBatch}},
	{"job/*/batch/*", methods{"GET": (*call).readBatch}},
	{"job/*/batch/*/request", methods{"GET": (*call).batchRequest}},
	{"job/*/batch/*/result", methods{"GET": (*call).batchResult}},
	{"job/*/batch/*/result/*", methods{"GET": (*call).batchQueryResult}},
}

// serveAsync answers Bulk API.
func (o *Org) serveAsync(w http.ResponseWriter, r *http.Request, version string, path []string) {
	c := &call{org: o, w: w, r: r}
	if err := c.serveAsync(version, path); err != nil {
		c.writeAsync(http.StatusBadRequest, newAsyncError(err))
	}
}

func (c *call) serveAsync(version string, path []string) error {
	var ok bool
	c.version, ok = parseVersion(version)
	if !ok || c.version < oldestVersion || c.version > newestVersion {
		return refusal("InvalidVersion", "Api version %s is not supported", version)
	}
	s, ok := c.org.session(cmp.Or(c.r.Header.Get("X-SFDC-Session"), bearerToken(c.r)))
	if !ok || !s.may("api") {
		return refusal("InvalidSessionId", "Invalid session id")
	}
	c.user, c.grant = s.user, s.grant
	if _, err := c.org.count(c.grant); err != nil {
		return refusal("ExceededQuota", "%s", asAPIError(err).message)
	}
	i := slices.IndexFunc(asyncRoutes, func(t route) bool { return match(path, t.pattern) })
	if i < 0 {
		return refusal("InvalidUrl", "Destination URL not reset. The URL returned is not valid: %s", c.r.URL.Path)
	}
	handle := asyncRoutes[i].methods[c.r.Method]
	if handle == nil {
		return refusal("InvalidOperation", "%v", notAllowed(c.r.Method, asyncRoutes[i].methods).message)
	}
	for n, p := range strings.Split(asyncRoutes[i].pattern, "/") {
		if p == "*" {
			c.args = append(c.args, path[n])
		}
	}
	return handle(c)
}

// batch is one part of a classic job. What is mutable is guarded by the job's
// lock.
type batch struct {
	id      string
	created time.Time
	data    []byte

	state   string
	changed time.Time
	polls   int
	message string
	worked  time.Duration
	done    outcomes
	rows    *queryResult
	result  string // the id of the query's result
}

// States of batches.
const (
	batchQueued       = "Queued"
	batchWorking      = "InProgress"
	batchComplete     = "Completed"
	batchFailed       = "Failed"
	batchNotProcessed = "NotProcessed"
)

// asyncRequest is what a client wants of a job: a new one, or a new state.
type asyncRequest struct {
	XMLName     xml.Name `xml:"jobInfo"`
	Operation   string   `xml:"operation"`
	Object      string   `xml:"object"`
	Key         string   `xml:"externalIdFieldName"`
	Rule        string   `xml:"assignmentRuleId"`
	Concurrency string   `xml:"concurrencyMode"`
	ContentType string   `xml:"contentType"`
	State       string   `xml:"state"`
}

// maxAsyncRequest is the size of what describes a job.
const maxAsyncRequest = 1 << 20

// asyncRequest reads the body of a request about a job, XML or JSON.
func (c *call) asyncRequest() (*asyncRequest, error) {
	body, err := c.inflated()
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(body, maxAsyncRequest))
	if err != nil {
		return nil, refusal("ClientInputError", "The request breaks off: %v", err)
	}
	if isJSON(c.r.Header.Get("Content-Type")) {
		return readAsyncJSON(data)
	}
	in := &asyncRequest{}
	if err := xml.Unmarshal(data, in); err != nil {
		return nil, refusal("InvalidXML", "Failed to parse the request: %v", err)
	}
	return in, nil
}

func readAsyncJSON(data []byte) (*asyncRequest, error) {
	in := &asyncRequest{}
	fields, err := decodeObject(data)
	if err == nil {
		err = take(fields, map[string]any{
			"operation": &in.Operation, "object": &in.Object, "externalIdFieldName": &in.Key, "assignmentRuleId": &in.Rule,
			"concurrencyMode": &in.Concurrency, "contentType": &in.ContentType, "state": &in.State,
		})
	}
	return in, err
}

func isJSON(contentType string) bool { return strings.HasPrefix(contentType, "application/json") }

// asyncOperations are what a classic job may do.
var asyncOperations = append([]string{"query", "queryAll"}, operations...)

// createAsyncJob answers POST /job.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/asynch_api_quickstart_create_job.htm
func (c *call) createAsyncJob() error {
	in, err := c.asyncRequest()
	if err != nil {
		return err
	}
	j := &job{
		typ: classicJob, version: c.version, user: c.user, state: jobOpen,
		operation: in.Operation, rule: in.Rule, contentType: in.ContentType, delimiter: "COMMA",
	}
	switch {
	case !slices.Contains(asyncOperations, j.operation):
		return refusal("InvalidJob", "Unknown operation: %s", j.operation)
	case in.Concurrency != "" && in.Concurrency != "Parallel" && in.Concurrency != "Serial":
		return refusal("InvalidJob", "Unknown concurrencyMode: %s", in.Concurrency)
	case j.contentType != "CSV" && j.contentType != "JSON":
		return refusal("FeatureNotEnabled", "Jobs with contentType %s are not served by this org", cmp.Or(j.contentType, "XML"))
	}
	if err := c.checkAsync(j, in); err != nil {
		return err
	}
	c.org.jobs.add(j, c.org.Now())
	return c.writeAsyncJob(http.StatusCreated, j)
}

// checkAsync checks object and key of a new job.
func (c *call) checkAsync(j *job, in *asyncRequest) error {
	defer c.reading()()
	ob, err := c.org.bulkObject(in.Object)
	if err != nil {
		return err
	}
	j.object = ob.Name
	if j.operation == "upsert" {
		key, err := upsertKey(ob, in.Key)
		if err != nil {
			return err
		}
		j.key = key.Name
	}
	return nil
}

// readAsyncJob answers GET /job/id.
func (c *call) readAsyncJob() error {
	j, err := c.asyncJob()
	if err != nil {
		return err
	}
	c.carryOutBatches(j)
	return c.writeAsyncJob(http.StatusOK, j)
}

func (c *call) asyncJob() (*job, error) {
	if j := c.org.jobs.find(c.args[0], c.org.Now(), classicJob); j != nil {
		return j, nil
	}
	return nil, refusal("InvalidJob", "Unable to find job: %s", c.args[0])
}

// changeAsyncJob answers POST /job/id, which closes or aborts it.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/asynch_api_jobs_close.htm
func (c *call) changeAsyncJob() error {
	j, err := c.asyncJob()
	if err != nil {
		return err
	}
	in, err := c.asyncRequest()
	if err != nil {
		return err
	}
	j.mu.Lock()
	err = j.changeAsync(in.State, c.org.Now())
	j.mu.Unlock()
	if err != nil {
		return err
	}
	return c.writeAsyncJob(http.StatusOK, j)
}

// changeAsync closes or aborts a classic job. A job that was closed still works
// on its batches.
func (j *job) changeAsync(state string, now time.Time) error {
	switch {
	case state == j.state:
	case state == jobClosed && j.state == jobOpen:
		j.turn(jobClosed, now)
	case state == jobAborted:
		j.turn(jobAborted, now)
		for _, b := range j.batches {
			if b.state == batchQueued {
				b.state, b.changed = batchNotProcessed, now
			}
		}
	default:
		return refusal("InvalidJobState", "A job in state %s cannot be moved to '%s'", j.state, state)
	}
	return nil
}

// newAsyncError is an error as Bulk API writes it. Its codes are spelt without
// underscores and spaces; with those Bulk API 2.0 begins some of its messages.
func newAsyncError(err error) asyncError {
	e := asAPIError(err)
	code := e.code
	if spelt, ok := asyncCodes[code]; ok {
		code = spelt
	}
	return asyncError{Code: code, Message: strings.TrimPrefix(e.message, code+" : ")}
}

// asyncCodes are the codes of Bulk API for those of others.
var asyncCodes = map[string]string{
	"INVALIDJOB": "InvalidJob", "INVALIDENTITY": "InvalidEntity", "CLIENTINPUTERROR": "ClientInputError",
	"JSON_PARSER_ERROR": "InvalidJob", "EXCEEDED_MAX_SIZE_REQUEST": "ClientInputError",
	"INVALID_SESSION_ID": "InvalidSessionId", "REQUEST_LIMIT_EXCEEDED": "ExceededQuota",
}

// asyncError is an error on the wire.
type asyncError struct {
	XMLName xml.Name `json:"-" xml:"http://www.force.com/2009/06/asyncapi/dataload error"`
	Code    string   `json:"exceptionCode" xml:"exceptionCode"`
	Message string   `json:"exceptionMessage" xml:"exceptionMessage"`
}

// writeAsync answers in JSON if the request is, or asks for it, else in XML.
func (c *call) writeAsync(status int, v any) {
	if isJSON(c.r.Header.Get("Content-Type")) || isJSON(c.r.Header.Get("Accept")) {
		writeJSON(c.w, status, v)
		return
	}
	data, err := xml.MarshalIndent(v, "", " ")
	must(err)
	c.w.Header().Set("Content-Type", "application/xml")
	c.w.WriteHeader(status)
	io.WriteString(c.w, xml.Header)
	c.w.Write(data)
}

// asyncJobInfo is a classic job on the wire.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/asynch_api_reference_jobinfo.htm
type asyncJobInfo struct {
	XMLName     xml.Name    `json:"-" xml:"http://www.force.com/2009/06/asyncapi/dataload jobInfo"`
	ID          string      `json:"id" xml:"id"`
	Operation   string      `json:"operation" xml:"operation"`
	Object      string      `json:"object" xml:"object"`
	CreatedBy   string      `json:"createdById" xml:"createdById"`
	Created     string      `json:"createdDate" xml:"createdDate"`
	Modstamp    string      `json:"systemModstamp" xml:"systemModstamp"`
	State       string      `json:"state" xml:"state"`
	Key         *string     `json:"externalIdFieldName" xml:"externalIdFieldName"`
	Rule        *string     `json:"assignmentRuleId" xml:"assignmentRuleId"`
	Concurrency string      `json:"concurrencyMode" xml:"concurrencyMode"`
	ContentType string      `json:"contentType" xml:"contentType"`
	Queued      int         `json:"numberBatchesQueued" xml:"numberBatchesQueued"`
	Working     int         `json:"numberBatchesInProgress" xml:"numberBatchesInProgress"`
	Complete    int         `json:"numberBatchesCompleted" xml:"numberBatchesCompleted"`
	Failed      int         `json:"numberBatchesFailed" xml:"numberBatchesFailed"`
	Total       int         `json:"numberBatchesTotal" xml:"numberBatchesTotal"`
	Processed   int         `json:"numberRecordsProcessed" xml:"numberRecordsProcessed"`
	Retries     int         `json:"numberRetries" xml:"numberRetries"`
	Version     json.Number `json:"apiVersion" xml:"apiVersion"`
	FailedRows  int         `json:"numberRecordsFailed" xml:"numberRecordsFailed"`
	TotalTime   int64       `json:"totalProcessingTime" xml:"totalProcessingTime"`
	ActiveTime  int64       `json:"apiActiveProcessingTime" xml:"apiActiveProcessingTime"`
	ApexTime    int         `json:"apexProcessingTime" xml:"apexProcessingTime"`
}

func (c *call) writeAsyncJob(status int, j *job) error {
	j.mu.Lock()
	plain := j.info()
	info := asyncJobInfo{
		ID: j.id, Operation: j.operation, Object: j.object, CreatedBy: j.user,
		Created: c.asyncTime(j.created), Modstamp: c.asyncTime(j.changed), State: j.state,
		Concurrency: plain.Concurrency, ContentType: j.contentType, Version: plain.Version, Total: len(j.batches),
	}
	if j.key != "" {
		info.Key = &j.key
	}
	if j.rule != "" {
		info.Rule = &j.rule
	}
	for _, b := range j.batches {
		info.add(b)
	}
	j.mu.Unlock()
	c.writeAsync(status, info)
	return nil
}

// add counts a batch.
func (info *asyncJobInfo) add(b *batch) {
	counters := map[string]*int{
		batchQueued: &info.Queued, batchWorking: &info.Working, batchComplete: &info.Complete, batchFailed: &info.Failed,
	}
	if n := counters[b.state]; n != nil {
		*n++
	}
	info.Processed += b.processed()
	info.FailedRows += b.done.failed()
	info.TotalTime += b.worked.Milliseconds()
	info.ActiveTime += b.worked.Milliseconds()
}

// asyncTime writes an instant: XML and JSON have forms of their own.
func (c *call) asyncTime(t time.Time) string {
	if isJSON(c.r.Header.Get("Content-Type")) || isJSON(c.r.Header.Get("Accept")) {
		return t.Format(wireDateTime)
	}
	return t.Format(csvDateTime)
}

// errNoBatch is a batch that the job does not have.
func errNoBatch(id string) error { return refusal("InvalidBatch", "Unable to find batch: %s", id) }

// jobMessage is an error as the text of a job or batch.
func jobMessage(err error) string {
	if fault, ok := errors.AsType[jobError](err); ok {
		return string(fault)
	}
	e := asAPIError(err)
	code := e.code
	if code == "API_ERROR" {
		code = "FUNCTIONALITY_NOT_ENABLED"
	}
	return "InvalidBatch : Failed to process query: " + code + ": " + e.message
}
