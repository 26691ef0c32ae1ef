package salesforcetest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/soql"
)

// queryResult is what a query job found. The rows are the versions that the
// query saw.
type queryResult struct {
	*world
	columns []resultColumn
	tree    []*column // the columns as the query has them
	rows    []*record
}

// resultColumn is a column of a CSV result, such as Account.Name.
type resultColumn struct {
	name string
	of   func(*record) any
	typ  string // of the field
}

// queryFields are the properties of a new query job.
var queryFields = []string{"operation", "query", "contentType", "columnDelimiter", "lineEnding"}

// createQueryJob answers POST /jobs/query.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_create_job.htm
func (c *call) createQueryJob() error {
	body, err := c.inflated()
	if err != nil {
		return err
	}
	data, err := readJSON(body)
	if err != nil {
		return err
	}
	r, err := readJobRequest(data, queryFields...)
	if err != nil {
		return err
	}
	j, err := c.newJob(queryJob, r)
	if err != nil {
		return err
	}
	if j.operation != "query" && j.operation != "queryAll" {
		return refusal("API_ERROR", "Invalid value '%s' for operation: it must be one of query, queryAll", j.operation)
	}
	j.query, j.state = r.fields["query"], jobUploaded
	if j.object, err = c.queriedObject(j); err != nil {
		return err
	}
	if within, _ := c.org.jobs.queries.count(1, dailyQueryJobs, c.org.Now()); !within {
		return refusal("EXCEEDEDQUOTA", "DailyBulkV2QueryJobs Limit exceeded.")
	}
	c.org.jobs.add(j, c.org.Now())
	c.writeJob(j, func(j *job) jobInfo {
		info := j.info()
		info.Type = "" // which the answer to the creation does not hold
		return info
	})
	return nil
}

// queriedObject checks the query of a job.
func (c *call) queriedObject(j *job) (string, error) {
	defer c.reading()()
	q, err := c.compileBulk(&world{org: c.org, user: j.user, text: j.query, all: j.operation == "queryAll"})
	if err != nil {
		return "", err
	}
	return q.object.Name, nil
}

// bulkQuery is a query that a bulk API takes, with its columns.
type bulkQuery struct {
	*query
	results []resultColumn
}

// compileBulk makes the query of a job ready. The caller holds the org's lock.
func (c *call) compileBulk(e *world) (*bulkQuery, error) {
	if node, err := soql.Parse(e.text, nil); err == nil {
		if err := suitsBulk(node); err != nil {
			return nil, err
		}
	}
	q, err := c.org.compile(e)
	if err != nil {
		return nil, err
	}
	b := &bulkQuery{query: q}
	if b.results, err = q.resultColumns("", nil, q.columns); err != nil {
		return nil, err
	}
	if c.version >= 50 {
		order := selectOrder(q.node)
		slices.SortStableFunc(b.results, func(x, y resultColumn) int { return order(x.name) - order(y.name) })
	} else {
		slices.SortStableFunc(b.results, func(x, y resultColumn) int { return strings.Compare(x.name, y.name) })
	}
	return b, nil
}

// suitsBulk refuses what SOQL has and no bulk query takes.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_create_job.htm
func suitsBulk(q *soql.Query) error {
	refused := func(what string) error {
		return refusal("API_ERROR", "%s not supported in Bulk Query", what)
	}
	switch {
	case notForBulk[strings.ToLower(q.From.Object)]:
		return errNotForBulk(q.From.Object)
	case len(q.GroupBy) > 0:
		return refused("Group By")
	case q.Offset != nil:
		return refused("Offset")
	}
	for _, item := range q.Select {
		switch item := item.(type) {
		case *soql.Subquery:
			return refused("Aggregate Relationships")
		case *soql.TypeOf:
			return refused("TYPEOF")
		case *soql.Field:
			if _, ok := isAggregate(item.Expr); ok {
				return refused("Function type")
			}
		}
	}
	return nil
}

// resultColumns are the columns of a query and of its parents, one behind the
// other. The way leads to the parent.
func (q *query) resultColumns(prefix string, way []*field, columns []*column) ([]resultColumn, error) {
	var list []resultColumn
	for _, col := range columns {
		if col.parent != nil {
			below, err := q.resultColumns(prefix+col.name+".", append(slices.Clone(way), col.parent), col.columns)
			if err != nil {
				return nil, err
			}
			list = append(list, below...)
			continue
		}
		if col.operand == nil {
			return nil, refusal("API_ERROR", "Column '%s' not supported in Bulk Query", prefix+col.name)
		}
		switch col.operand.field.typ.kind {
		case kindAddress:
			return nil, refusal("API_ERROR", "Selecting compound data not supported in Bulk Query")
		case kindBlob:
			return nil, refusal("API_ERROR", "Selecting binary data not supported in Bulk Query")
		}
		list = append(list, resultColumn{prefix + col.name, q.reader(way, col.operand), col.operand.field.Type})
	}
	return list, nil
}

// reader evaluates an operand at the end of a way over parents.
func (q *query) reader(way []*field, op *operand) func(*record) any {
	return func(r *record) any {
		for _, ref := range way {
			if r = q.parent(r, ref); r == nil {
				return nil
			}
		}
		return op.here(r)
	}
}

// selectOrder tells the place of a column in the SELECT list. What it does not
// name itself comes behind.
func selectOrder(q *soql.Query) func(name string) int {
	places := map[string]int{}
	for i, item := range q.Select {
		if f, ok := item.(*soql.Field); ok {
			names := []string{f.Alias}
			if p, ok := f.Expr.(*soql.Path); ok && f.Alias == "" {
				names = p.Names
				if len(names) > 1 && (strings.EqualFold(names[0], q.From.Alias) || strings.EqualFold(names[0], q.From.Object)) {
					names = names[1:]
				}
			}
			places[strings.ToLower(strings.Join(names, "."))] = i
		}
	}
	return func(name string) int {
		if i, ok := places[strings.ToLower(name)]; ok {
			return i
		}
		return len(q.Select)
	}
}

// carryOutQuery does the work of a query job, if it is time for that.
func (c *call) carryOutQuery(j *job) {
	if !j.begin(c.org.opt.BulkPolls, c.org.Now()) {
		return
	}
	defer c.reading()()
	message := ""
	b, err := c.compileBulk(&world{org: c.org, user: j.user, text: j.query, all: j.operation == "queryAll"})
	if err == nil {
		rows := b.run()
		j.mu.Lock()
		j.rows = &queryResult{b.world, b.results, b.columns, rows}
		j.mu.Unlock()
	} else { // the schema has changed since the job was made
		message = err.Error()
	}
	j.finish(message, c.org.Now())
}

// listQueryJobs answers GET /jobs/query.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_get_all_jobs.htm
func (c *call) listQueryJobs() error {
	return c.listJobs("query", func(j *job) bool { return j.typ == queryJob || j.typ == classicJob })
}

// readQueryJob answers GET /jobs/query/id, and is what carries the job out.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_get_one_job.htm
func (c *call) readQueryJob() error {
	j, err := c.job(queryJob)
	if err != nil {
		return err
	}
	c.carryOutQuery(j)
	c.writeJob(j, (*job).report)
	return nil
}

// abortQueryJob answers PATCH /jobs/query/id.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_abort_job.htm
func (c *call) abortQueryJob() error {
	j, err := c.job(queryJob)
	if err != nil {
		return err
	}
	wanted, err := c.wantedState()
	switch {
	case err != nil:
		return err
	case wanted != jobAborted:
		return refusal("INVALIDJOBSTATE", "A query job can be moved to Aborted, not to '%s'", wanted)
	}
	j.mu.Lock()
	err = j.abort(c.org.Now())
	j.mu.Unlock()
	if err != nil {
		return err
	}
	c.writeJob(j, (*job).info)
	return nil
}

// deleteQueryJob answers DELETE /jobs/query/id.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_delete_job.htm
func (c *call) deleteQueryJob() error {
	return c.deleteJob(queryJob, jobComplete, jobAborted, jobFailed)
}

// resultsOnPage is how many records a part of a result holds, unless the
// request says so.
const resultsOnPage = 50_000

// finished returns the result of the query job that the path names.
func (c *call) finished() (*job, *queryResult, error) {
	j, err := c.job(queryJob)
	if err != nil {
		return nil, nil, err
	}
	if c.version != j.version {
		return nil, nil, failure(http.StatusConflict, "API_ERROR",
			"The results of Job %s are for API version %d.0, in which it was created", j.id, j.version)
	}
	c.carryOutQuery(j)
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.state != jobComplete {
		return nil, nil, refusal("INVALIDJOBSTATE", "The results of Job %s are not there: its state is %s", j.id, j.state)
	}
	return j, j.rows, nil
}

// pageAt reads the parameters locator and maxRecords.
func (c *call) pageAt(rows int) (from, size int, err error) {
	query := c.r.URL.Query()
	from, ok := decodeLocator(query.Get("locator"))
	if !ok || from > 0 && from >= rows {
		return 0, 0, refusal("API_ERROR", "Invalid locator: %s", query.Get("locator"))
	}
	size = resultsOnPage
	if asked := query.Get("maxRecords"); asked != "" {
		if size, err = strconv.Atoi(asked); err != nil || size < 1 {
			return 0, 0, refusal("API_ERROR", "Invalid maxRecords: %s", asked)
		}
	}
	return from, size, nil
}

// queryJobResults answers GET /jobs/query/id/results.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_get_job_results.htm
func (c *call) queryJobResults() error {
	j, result, err := c.finished()
	if err != nil {
		return err
	}
	from, size, err := c.pageAt(len(result.rows))
	if err != nil {
		return err
	}
	rows := result.rows[from:]
	next := "null"
	if len(rows) > size {
		rows, next = rows[:size], locator(from+size)
	}
	h := c.w.Header()
	h.Set("Content-Type", "text/csv")
	h.Set("Sforce-Locator", next)
	h.Set("Sforce-NumberOfRecords", strconv.Itoa(len(rows)))
	c.writeCSV(result, j.csv(), rows)
	return nil
}

// rowsAtOnce is how many rows are made text before they are sent: who reads
// slowly is not to hold up those who write.
const rowsAtOnce = 1000

// writeCSV answers some of the rows of a result, below a header.
func (c *call) writeCSV(q *queryResult, d dialect, rows []*record) {
	cells := make([]string, len(q.columns))
	for i, col := range q.columns {
		cells[i] = col.name
	}
	text := d.appendRow(nil, cells...)
	for chunk := range slices.Chunk(rows, rowsAtOnce) {
		text = c.appendRecords(text, q, d, chunk)
		c.w.Write(text)
		text = text[:0]
	}
	c.w.Write(text)
}

func (c *call) appendRecords(b []byte, q *queryResult, d dialect, rows []*record) []byte {
	defer c.reading()()
	cells := make([]string, len(q.columns))
	for _, r := range rows {
		for i, col := range q.columns {
			cells[i] = csvValue(col.typ, col.of(r))
		}
		b = d.appendRow(b, cells...)
	}
	return b
}

// csvDateTime is the form of instants in CSV results.
const csvDateTime = "2006-01-02T15:04:05.000Z"

// csvValue writes a value as CSV results hold it: nothing for null.
func csvValue(typ string, v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case time.Time:
		return v.UTC().Format(csvDateTime)
	case decimal:
		if typ == "int" {
			return strconv.FormatInt(v.coef, 10)
		}
		return v.String()
	}
	return fmt.Sprint(v)
}

// pagesAtOnce is how many parts of a result one answer lists.
const pagesAtOnce = 5

// queryJobPages answers GET /jobs/query/id/resultPages: where the parts of the
// result are, to be fetched side by side.
// https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_get_parallel_job_results.htm
func (c *call) queryJobPages() error {
	if c.version < 58 {
		return errNotFound
	}
	j, result, err := c.finished()
	if err != nil {
		return err
	}
	from, size, err := c.pageAt(len(result.rows))
	if err != nil {
		return err
	}
	type page struct {
		URL string `json:"resultUrl"`
	}
	answer := struct {
		Pages []page  `json:"resultPages"`
		Next  *string `json:"nextRecordsUrl"`
		Done  bool    `json:"done"`
	}{Done: true, Pages: []page{}}
	path, asked := c.base()+"/jobs/query/"+j.id, ""
	if size != resultsOnPage {
		asked = "&maxRecords=" + strconv.Itoa(size)
	}
	for ; len(answer.Pages) < pagesAtOnce && (from == 0 || from < len(result.rows)); from += size {
		answer.Pages = append(answer.Pages, page{path + "/results?locator=" + locator(from) + asked})
	}
	if from < len(result.rows) {
		next := path + "/resultPages?locator=" + locator(from) + asked
		answer.Done, answer.Next = false, &next
	}
	writeJSON(c.w, http.StatusOK, answer)
	return nil
}
