package salesforcetest

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Sizes of uploads. What counts is the data in base64.
const (
	maxUpload    = 150_000_000 / 4 * 3
	maxMultipart = 100_000 // characters of data that come with the job itself
)

// ingestFields are the properties of a new job.
var ingestFields = []string{
	"object", "operation", "externalIdFieldName", "contentType", "columnDelimiter", "lineEnding", "assignmentRuleId",
}

// createIngestJob answers POST /jobs/ingest: JSON, or multipart/form-data with
// the data too.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/create_job.htm
func (c *call) createIngestJob() error {
	request, data, err := c.ingestRequest()
	if err != nil {
		return err
	}
	r, err := readJobRequest(request, ingestFields...)
	if err != nil {
		return err
	}
	j, err := c.newIngestJob(r)
	if err != nil {
		return err
	}
	j.state = jobOpen
	if data != nil {
		j.data, j.uploaded, j.state = data, true, jobUploaded
	}
	c.org.jobs.add(j, c.org.Now())
	c.writeJob(j, (*job).info)
	return nil
}

// writeJob answers a job.
func (c *call) writeJob(j *job, show func(*job) jobInfo) {
	j.mu.Lock()
	info := show(j)
	j.mu.Unlock()
	writeJSON(c.w, http.StatusOK, info)
}

// ingestRequest reads the body of a new job, and the data if it is there.
func (c *call) ingestRequest() (request, data []byte, err error) {
	body, err := c.inflated()
	if err != nil {
		return nil, nil, err
	}
	typ, params, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	switch typ {
	case "multipart/form-data":
		return readJobParts(multipart.NewReader(body, params["boundary"]))
	case "application/json", "":
		request, err = readJSON(body)
		return request, nil, err
	}
	return nil, nil, failure(http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE",
		"Content-Type header specified in HTTP request is not supported: %s", c.r.Header.Get("Content-Type"))
}

// readJobParts reads the parts job and content.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/walkthrough_bulk_insert_multipart.htm
func readJobParts(parts *multipart.Reader) (request, data []byte, err error) {
	for {
		part, end := parts.NextPart()
		if end == io.EOF { // a wrapped one means that the body breaks off
			if request == nil || data == nil {
				return nil, nil, badMultipart("the parts job and content must be there")
			}
			return request, data, nil
		}
		if end != nil {
			return nil, nil, badMultipart("a part is missing: %v", end)
		}
		switch part.FormName() {
		case "job":
			request, err = readJSON(part)
		case "content":
			data, err = io.ReadAll(io.LimitReader(part, maxMultipart*utf8.UTFMax+1))
			if err == nil && utf8.RuneCount(data) > maxMultipart {
				err = refusal("CLIENTINPUTERROR", "The data of a multipart job is limited to %d characters", maxMultipart)
			}
		default:
			err = badMultipart("there is no part %q", part.FormName())
		}
		if err != nil {
			return nil, nil, err
		}
	}
}

// newIngestJob checks a request.
func (c *call) newIngestJob(r jobRequest) (*job, error) {
	j, err := c.newJob(ingestJob, r)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(operations, j.operation) {
		return nil, refusal("API_ERROR", "Invalid value: '%s' supplied for property: 'operation'", j.operation)
	}
	defer c.reading()()
	ob, err := c.org.bulkObject(r.fields["object"])
	if err != nil {
		return nil, err
	}
	j.object, j.rule = ob.Name, r.fields["assignmentRuleId"]
	if j.operation != "upsert" {
		return j, nil
	}
	key, err := upsertKey(ob, r.fields["externalIdFieldName"])
	if err != nil {
		return nil, err
	}
	j.key = key.Name
	return j, nil
}

// bulkObject returns the object that a job loads. The caller holds the org's
// lock.
func (o *Org) bulkObject(name string) (*object, error) {
	ob := o.object(name)
	switch {
	case name == "":
		return nil, refusal("INVALIDJOB", "InvalidJob : An object must be specified")
	case notForBulk[strings.ToLower(name)]:
		return nil, errNotForBulk(name)
	case ob == nil:
		return nil, refusal("INVALIDJOB", "InvalidJob : Unable to find object: %s", name)
	}
	return ob, nil
}

// upsertKey returns the field that finds the records of an upsert.
func upsertKey(ob *object, name string) (*field, error) {
	f := ob.field(name)
	switch {
	case name == "":
		return nil, refusal("INVALIDJOB", "InvalidJob : External ID was blank for %s. An External ID must be specified for upsert.", ob.Name)
	case !f.identifies():
		return nil, refusal("INVALIDJOB", "InvalidJob : Field name provided, %s does not match an External ID, Salesforce Id, or indexed field for %s", name, ob.Name)
	}
	return f, nil
}

// listIngestJobs answers GET /jobs/ingest.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/get_all_jobs.htm
func (c *call) listIngestJobs() error {
	return c.listJobs("ingest", func(j *job) bool {
		return j.typ == ingestJob || j.typ == classicJob && slices.Contains(operations, j.operation)
	})
}

// readIngestJob answers GET /jobs/ingest/id, and is what carries the job out.
func (c *call) readIngestJob() error {
	j, err := c.job(ingestJob)
	if err != nil {
		return err
	}
	c.carryOut(j)
	c.writeJob(j, (*job).report)
	return nil
}

// carryOut does the work of an ingest job, if it is time for that.
func (c *call) carryOut(j *job) {
	if !j.begin(c.org.opt.BulkPolls, c.org.Now()) {
		return
	}
	l := c.org.newLoad(j)
	done, err := l.runCSV(j.data, j.aborted)
	j.mu.Lock()
	j.done = done
	j.mu.Unlock()
	message := ""
	if err != nil {
		message = err.Error()
	}
	j.finish(message, c.org.Now())
}

// closeIngestJob answers PATCH /jobs/ingest/id: the data is there, or the job
// is to be aborted.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/close_job.htm
func (c *call) closeIngestJob() error {
	j, err := c.job(ingestJob)
	if err != nil {
		return err
	}
	wanted, err := c.wantedState()
	if err != nil {
		return err
	}
	if err := j.patch(wanted, c); err != nil {
		return err
	}
	c.writeJob(j, (*job).info)
	return nil
}

func (j *job) patch(wanted string, c *call) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch wanted {
	case jobAborted:
		return j.abort(c.org.Now())
	case jobUploaded:
		if j.state != jobOpen {
			return j.notInState("Closing")
		}
		j.turn(jobUploaded, c.org.Now())
		return nil
	}
	return refusal("INVALIDJOBSTATE", "A job can be moved to UploadComplete or Aborted, not to '%s'", wanted)
}

// deleteIngestJob answers DELETE /jobs/ingest/id.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/delete_job.htm
func (c *call) deleteIngestJob() error {
	return c.deleteJob(ingestJob, jobUploaded, jobComplete, jobAborted, jobFailed)
}

// uploadJobData answers PUT /jobs/ingest/id/batches, once for each job.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/upload_job_data.htm
func (c *call) uploadJobData() error {
	j, err := c.job(ingestJob)
	if err != nil {
		return err
	}
	header := c.r.Header.Get("Content-Type")
	if typ, _, _ := mime.ParseMediaType(header); typ != "text/csv" && header != "" {
		return failure(http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE",
			"Content-Type header specified in HTTP request is not supported: %s", header)
	}
	if err := j.openForData(); err != nil {
		return err
	}
	body, err := c.inflated()
	if err != nil {
		return err
	}
	if c.r.ContentLength > maxUpload {
		return tooLargeUpload(maxUpload)
	}
	data, err := readUpload(body, maxUpload)
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.refusesData(); err != nil { // another upload was faster
		return err
	}
	j.data, j.uploaded = data, true
	c.w.WriteHeader(http.StatusCreated)
	return nil
}

// readUpload reads data up to its limit.
func readUpload(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return nil, refusal("CLIENTINPUTERROR", "The data breaks off: %v", err)
	case int64(len(data)) > limit:
		return nil, tooLargeUpload(limit)
	}
	return data, nil
}

func tooLargeUpload(limit int64) error {
	return refusal("CLIENTINPUTERROR", "The data is larger than %d bytes", limit)
}

func (j *job) openForData() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.refusesData()
}

// refusesData is why the job takes no data, nil if it does. The caller holds
// the job's lock.
func (j *job) refusesData() error {
	switch {
	case j.state != jobOpen:
		return refusal("INVALIDJOBSTATE", "Uploading data to already %s Job not allowed", stateWords[j.state])
	case j.uploaded:
		return refusal("CLIENTINPUTERROR", "Found multiple contents for job: <%s>, please 'Close' / 'Abort' / 'Delete' the current Job "+
			"then create a new Job and make sure you only do 'PUT' once on a given Job.", j.id)
	}
	return nil
}

// successfulResults answers the rows that were saved.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/get_job_successful_results.htm
func (c *call) successfulResults() error {
	return c.results([]string{"sf__Id", "sf__Created"}, func(o *outcome) []string {
		if o == nil || o.faults != nil {
			return nil
		}
		return []string{o.id, strconv.FormatBool(o.created)}
	})
}

// failedResults answers the rows that were refused.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/get_job_failed_results.htm
func (c *call) failedResults() error {
	return c.results([]string{"sf__Id", "sf__Error"}, func(o *outcome) []string {
		if o == nil || o.faults == nil {
			return nil
		}
		return []string{o.id, o.fault()}
	})
}

// unprocessedRecords answers the rows that the job did not come to.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/get_job_unprocessed_results.htm
func (c *call) unprocessedRecords() error {
	return c.results([]string{}, func(o *outcome) []string {
		if o != nil {
			return nil
		}
		return []string{}
	})
}

// results answers the rows of the data for which first returns columns to put
// before theirs; nil leaves a row out. The outcome of a row that was not
// processed is nil.
func (c *call) results(columns []string, first func(*outcome) []string) error {
	j, err := c.job(ingestJob)
	if err != nil {
		return err
	}
	c.carryOut(j)
	j.mu.Lock()
	ended, data, done := j.ended(), j.data, j.done
	j.mu.Unlock()
	if !ended {
		return refusal("INVALIDJOBSTATE", "The results of Job %s are not there before it has ended", j.id)
	}
	c.w.Header().Set("Content-Type", "text/csv")
	j.csv().eachRow(data, func(n int, fields []string) {
		switch {
		case n == 0:
			c.w.Write(j.csv().appendRow(nil, append(columns, fields...)...))
		case n > len(done):
			c.writeResult(j, first(nil), fields)
		default:
			c.writeResult(j, first(&done[n-1]), fields)
		}
	})
	return nil
}

func (c *call) writeResult(j *job, before, fields []string) {
	if before != nil {
		c.w.Write(j.csv().appendRow(nil, append(before, fields...)...))
	}
}

// eachRow yields the rows of a text that is read for the second time, malformed
// ones too; the header is number 0.
func (d dialect) eachRow(data []byte, yield func(n int, fields []string)) {
	r := &csvReader{dialect: dialect{delimiter: d.delimiter}, data: data}
	for n := 0; ; n++ {
		fields, err := r.row()
		if errors.Is(err, io.EOF) {
			return
		}
		yield(n, fields)
	}
}
