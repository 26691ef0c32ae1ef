package salesforcetest

import (
	"encoding/xml"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Sizes of batches.
// https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_bulkapi.htm
const (
	maxBatch     = 10_000_000 // characters
	maxBatchRows = 10_000
)

// asyncBatchInfo is a batch on the wire.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/asynch_api_reference_batchinfo.htm
type asyncBatchInfo struct {
	XMLName    xml.Name `json:"-" xml:"http://www.force.com/2009/06/asyncapi/dataload batchInfo"`
	ID         string   `json:"id" xml:"id"`
	Job        string   `json:"jobId" xml:"jobId"`
	State      string   `json:"state" xml:"state"`
	Message    *string  `json:"stateMessage" xml:"stateMessage"`
	Created    string   `json:"createdDate" xml:"createdDate"`
	Modstamp   string   `json:"systemModstamp" xml:"systemModstamp"`
	Processed  int      `json:"numberRecordsProcessed" xml:"numberRecordsProcessed"`
	Failed     int      `json:"numberRecordsFailed" xml:"numberRecordsFailed"`
	TotalTime  int64    `json:"totalProcessingTime" xml:"totalProcessingTime"`
	ActiveTime int64    `json:"apiActiveProcessingTime" xml:"apiActiveProcessingTime"`
	ApexTime   int      `json:"apexProcessingTime" xml:"apexProcessingTime"`
}

// batchInfo is a batch as its requests answer it. The caller holds the job's
// lock.
func (c *call) batchInfo(j *job, b *batch) asyncBatchInfo {
	info := asyncBatchInfo{
		ID: b.id, Job: j.id, State: b.state, Created: c.asyncTime(b.created), Modstamp: c.asyncTime(b.changed),
		Processed: b.processed(), Failed: b.done.failed(), TotalTime: b.worked.Milliseconds(), ActiveTime: b.worked.Milliseconds(),
	}
	if b.message != "" {
		info.Message = &b.message
	}
	return info
}

// processed is the number of records that the batch saved, refused or found.
func (b *batch) processed() int {
	if b.rows != nil {
		return len(b.rows.rows)
	}
	return len(b.done)
}

// addBatch answers POST /job/id/batch.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/asynch_api_batches_create.htm
func (c *call) addBatch() error {
	j, err := c.asyncJob()
	if err != nil {
		return err
	}
	body, err := c.inflated()
	if err != nil {
		return err
	}
	data, err := readUpload(body, maxBatch)
	if err != nil {
		return err
	}
	now := c.org.Now()
	b := &batch{id: c.org.jobs.part("751"), created: now, changed: now, data: data, state: batchQueued}
	info, err := c.enqueue(j, b)
	if err != nil {
		return err
	}
	c.writeAsync(http.StatusCreated, info)
	return nil
}

func (c *call) enqueue(j *job, b *batch) (asyncBatchInfo, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.state != jobOpen {
		return asyncBatchInfo{}, refusal("InvalidJobState", "Unable to add a batch to a job in state %s", j.state)
	}
	j.batches = append(j.batches, b)
	return c.batchInfo(j, b), nil
}

// listBatches answers GET /job/id/batch.
func (c *call) listBatches() error {
	j, err := c.asyncJob()
	if err != nil {
		return err
	}
	c.carryOutBatches(j)
	list := struct {
		XMLName xml.Name         `json:"-" xml:"http://www.force.com/2009/06/asyncapi/dataload batchInfoList"`
		Batches []asyncBatchInfo `json:"batchInfo" xml:"batchInfo"`
	}{Batches: []asyncBatchInfo{}}
	j.mu.Lock()
	for _, b := range j.batches {
		list.Batches = append(list.Batches, c.batchInfo(j, b))
	}
	j.mu.Unlock()
	c.writeAsync(http.StatusOK, list)
	return nil
}

// readBatch answers GET /job/id/batch/id.
func (c *call) readBatch() error {
	j, b, err := c.asyncBatch()
	if err != nil {
		return err
	}
	c.carryOutBatch(j, b)
	j.mu.Lock()
	info := c.batchInfo(j, b)
	j.mu.Unlock()
	c.writeAsync(http.StatusOK, info)
	return nil
}

// asyncBatch returns the batch that the path names.
func (c *call) asyncBatch() (*job, *batch, error) {
	j, err := c.asyncJob()
	if err != nil {
		return nil, nil, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	id := long(c.args[1])
	i := slices.IndexFunc(j.batches, func(b *batch) bool { return b.id == id })
	if i < 0 {
		return nil, nil, errNoBatch(c.args[1])
	}
	return j, j.batches[i], nil
}

func (c *call) carryOutBatches(j *job) {
	j.mu.Lock()
	batches := slices.Clone(j.batches)
	j.mu.Unlock()
	for _, b := range batches {
		c.carryOutBatch(j, b)
	}
}

// carryOutBatch does the work of a batch, if it is time for that.
func (c *call) carryOutBatch(j *job, b *batch) {
	if !j.beginBatch(b, c.org.opt.BulkPolls, c.org.Now()) {
		return
	}
	var done outcomes
	var rows *queryResult
	var err error
	if j.operation == "query" || j.operation == "queryAll" {
		rows, err = c.runBatchQuery(j, string(b.data))
	} else {
		done, err = c.runBatch(j, b)
	}
	result := c.org.jobs.part("752")
	j.mu.Lock()
	defer j.mu.Unlock()
	now := c.org.Now()
	b.done, b.rows, b.result, b.worked, b.changed, b.state = done, rows, result, now.Sub(b.changed), now, batchComplete
	if err != nil {
		b.state, b.message = batchFailed, jobMessage(err)
	}
}

// beginBatch reports whether the caller, who asks for the batch, is the one to
// carry it out now.
func (j *job) beginBatch(b *batch, polls int, now time.Time) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if b.state != batchQueued && (b.state != batchWorking || b.polls > polls) {
		return false
	}
	b.polls++
	b.state, b.changed = batchWorking, now
	return b.polls > polls
}

// runBatch loads the data of a batch.
func (c *call) runBatch(j *job, b *batch) (outcomes, error) {
	l := c.org.newLoad(j)
	if j.contentType == "JSON" {
		return l.runJSON(b.data, j.aborted)
	}
	if n := l.csv.count(b.data); n > maxBatchRows {
		return nil, tooManyRecords(n)
	}
	return l.runCSV(b.data, j.aborted)
}

func tooManyRecords(n int) error {
	return invalidBatch("The batch has %d records, and at most %d are allowed", n, maxBatchRows)
}

// count is the number of rows below the header.
func (d dialect) count(data []byte) int {
	rows := 0
	d.eachRow(data, func(n int, _ []string) { rows = n })
	return rows
}

// runJSON loads an array of records.
func (l *load) runJSON(data []byte, stop func() bool) (outcomes, error) {
	v, err := decodeValue(data)
	if err != nil {
		return nil, invalidBatch("Failed to parse the batch: %s", asAPIError(err).message)
	}
	records, ok := v.([]any)
	if !ok {
		return nil, invalidBatch("The batch is no array of records")
	}
	if len(records) > maxBatchRows {
		return nil, tooManyRecords(len(records))
	}
	next := func() []loadRow {
		n := min(len(records), chunkRows)
		rows := make([]loadRow, n)
		for i, v := range records[:n] {
			if in, ok := v.([]assignment); ok {
				rows[i].collectionRow = l.record(in)
			} else {
				rows[i].bad = refusal("INVALID_ROW", "The record is no object")
			}
		}
		records = records[n:]
		return rows
	}
	return l.run(next, stop)
}

// runBatchQuery runs the query of a batch.
func (c *call) runBatchQuery(j *job, text string) (*queryResult, error) {
	defer c.reading()()
	q, err := c.compileBulk(&world{org: c.org, user: j.user, text: text, all: j.operation == "queryAll"})
	if err != nil {
		return nil, err
	}
	if q.object.Name != j.object {
		return nil, refusal("INVALID_TYPE_FOR_OPERATION", "The root entity of the requested query (%s) does not match the entity of the "+
			"requested Bulk API Job (%s).", q.object.Name, j.object)
	}
	return &queryResult{q.world, q.results, q.columns, q.run()}, nil
}

// batchRequest answers GET /job/id/batch/id/request: the data as it came.
func (c *call) batchRequest() error {
	j, b, err := c.asyncBatch()
	if err != nil {
		return err
	}
	typ := "text/csv"
	if j.contentType == "JSON" {
		typ = "application/json"
	}
	c.w.Header().Set("Content-Type", typ)
	c.w.Write(b.data)
	return nil
}

// finishedBatch returns the batch that the path names with what came out of it.
func (c *call) finishedBatch() (*job, *batch, error) {
	j, b, err := c.asyncBatch()
	if err != nil {
		return nil, nil, err
	}
	c.carryOutBatch(j, b)
	j.mu.Lock()
	defer j.mu.Unlock()
	if b.state != batchComplete {
		return nil, nil, refusal("InvalidBatch", "Batch not completed")
	}
	return j, b, nil // which does not change any more
}

// batchResult answers GET /job/id/batch/id/result: what became of the records,
// in their order, or where the result of a query is.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/asynch_api_batches_get_results.htm
func (c *call) batchResult() error {
	j, b, err := c.finishedBatch()
	switch {
	case err != nil:
		return err
	case b.rows != nil && j.contentType == "JSON":
		writeJSON(c.w, http.StatusOK, []string{b.result})
	case b.rows != nil:
		c.writeAsync(http.StatusOK, struct {
			XMLName xml.Name `json:"-" xml:"http://www.force.com/2009/06/asyncapi/dataload result-list"`
			Result  []string `json:"result" xml:"result"`
		}{Result: []string{b.result}})
	case j.contentType == "JSON":
		c.writeJSONResults(b.done)
	default:
		c.w.Header().Set("Content-Type", "text/csv")
		d := dialect{',', "\n"}
		out := d.appendRow(nil, "Id", "Success", "Created", "Error")
		for _, o := range b.done {
			id, success := o.id, o.faults == nil
			if !success {
				id = ""
			}
			out = d.appendRow(out, id, strconv.FormatBool(success), strconv.FormatBool(success && o.created), o.fault())
		}
		c.w.Write(out)
	}
	return nil
}

// writeJSONResults answers what became of records that came as JSON.
func (c *call) writeJSONResults(done outcomes) {
	type result struct {
		Success bool    `json:"success"`
		Created bool    `json:"created"`
		ID      *string `json:"id"`
		Errors  []any   `json:"errors"`
	}
	list := make([]result, len(done))
	for i, o := range done {
		if o.faults == nil {
			list[i] = result{true, o.created, &o.id, []any{}}
			continue
		}
		list[i].Errors = rowErrors(joined(o.faults))
	}
	writeJSON(c.w, http.StatusOK, list)
}

// noRecords is the result of a query that finds nothing.
const noRecords = "Records not found for this query"

// batchQueryResult answers GET /job/id/batch/id/result/id.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/asynch_api_using_bulk_query.htm
func (c *call) batchQueryResult() error {
	j, b, err := c.finishedBatch()
	switch {
	case err != nil:
		return err
	case b.rows == nil || long(c.args[2]) != b.result:
		return refusal("InvalidBatch", "Unable to find result: %s", c.args[2])
	}
	if j.contentType == "JSON" {
		return c.writeJSONRecords(b.rows)
	}
	c.w.Header().Set("Content-Type", "text/csv")
	if len(b.rows.rows) == 0 {
		io.WriteString(c.w, noRecords)
		return nil
	}
	c.writeCSV(b.rows, dialect{',', "\n"}, b.rows.rows)
	return nil
}

// writeJSONRecords answers the records of a query as the REST API writes them.
func (c *call) writeJSONRecords(q *queryResult) error {
	return c.respond(func(p *pager) error {
		p.world = q.world
		p.raw("[")
		for i, r := range q.rows {
			if i > 0 {
				p.raw(",")
			}
			p.record(r.of.Name, r, q.tree)
		}
		p.raw("]")
		return nil
	})
}
