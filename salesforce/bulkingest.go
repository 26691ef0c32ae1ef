package salesforce

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/sfbridge/sfbridge/internal/decode"
)

// BulkOperation is what a job of Bulk API 2.0 does.
type BulkOperation string

// The operations of jobs that write rows.
const (
	BulkInsert     BulkOperation = "insert"
	BulkUpdate     BulkOperation = "update"     // rows carry their Id
	BulkUpsert     BulkOperation = "upsert"     // rows carry the external id field
	BulkDelete     BulkOperation = "delete"     // rows carry their Id and nothing else
	BulkHardDelete BulkOperation = "hardDelete" // past the recycle bin; needs a permission of its own
)

// Ingest is a write of many rows through Bulk API 2.0. Object and Operation are
// required, and ExternalID for an upsert.
type Ingest struct {
	// Object is the object that the rows belong to.
	Object string
	// Operation is what is done with them.
	Operation BulkOperation
	// ExternalID is the external id field of an upsert.
	ExternalID string
	// Columns are the fields that rows have, such as Name or Owner.Username.
	// Defaults to those of the struct, or of the first Record.
	Columns []string
	// AssignmentRule is the id of a rule that gives a Lead or Case its owner.
	// Defaults to none.
	AssignmentRule ID
	// JobSize is the greatest size of a job's rows as CSV, in bytes, which are
	// held in memory; more rows make more jobs. It must not exceed 100,000,000,
	// Salesforce's limit. Defaults to 16 MB.
	JobSize int
	// InFlight is the number of jobs at work at a time, at most 16. The results
	// come in the order of the rows even so. Defaults to 2.
	InFlight int
	// Poll says how often jobs are asked for.
	Poll Poll
	// Progress is told of each job whenever it was asked for. It is called from
	// several goroutines. Defaults to none.
	Progress func(Job)
}

// Limits of Bulk API 2.0.
const (
	maxJobSize     = 100_000_000
	defaultJobSize = 16 << 20
)

// BulkIngest writes rows through Bulk API 2.0: Records, other maps or structs
// with json tags, in jobs that Salesforce carries out in its own time. It
// yields a result for each row, in their order; a row that fails is no error of
// the sequence. Below some thousand rows [CreateAll] and its like are quicker.
//
// A field that the JSON of a row leaves out is left alone, and null or an empty
// string clears it. A parent is named by a key of it, in a struct or Record of
// its own:
//
//	salesforce.Record{"LastName": "Lee", "Account": salesforce.Record{"Number__c": "7"}}
//
// and null in its place clears the reference to it.
//
// Bulk API 2.0 tells results by repeating the rows, in no particular order.
// Rows that are equal in every column cannot be told apart; their results come
// in any order.
//
// A result that is of no row, and a row without a result, are not guessed at: the
// row carries ErrOutcomeUnknown.
//
// When a job fails as a whole, its rows carry that error, no further job is
// begun, and the error ends the sequence. When the connection fails for longer
// than the client tries, rows whose job had begun carry ErrOutcomeUnknown.
// Leaving the loop aborts the jobs that are at work; what they have written
// stays.
//
// See "Bulk API 2.0 Ingest" in the Bulk API 2.0 Developer Guide.
func BulkIngest[T any](ctx context.Context, c *Client, in Ingest, rows iter.Seq[T]) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		next, stop := iter.Pull(rows)
		defer stop()
		first, ok := next()
		if !ok {
			return
		}
		columns, err := bulkColumns(in, first)
		c.bulkIngest(ctx, in, columns, err, bulkRows(in.op(), columns, first, next))(yield)
	}
}

// BulkIngestCSV writes the rows of a CSV text, as [BulkIngest] does. The text
// is UTF-8 with commas and quotes as RFC 4180 has them, and its first line names
// the fields. An empty cell leaves a field alone; #N/A clears it.
func (c *Client) BulkIngestCSV(ctx context.Context, in Ingest, text io.Reader) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		r := decode.NewCSV(withoutMark(text), ',')
		names, err := r.Next()
		if err != nil {
			err = fault(in.op(), ErrValidation, "read the names of the columns: %v", err)
		}
		columns := cellTexts(names)
		rows, broken := csvRows(r)
		for result, failed := range c.bulkIngest(ctx, in, columns, err, rows) {
			if !yield(result, failed) {
				return
			}
		}
		if *broken != nil {
			yield(Result{}, fault(in.op(), ErrValidation, "%v", *broken))
		}
	}
}

// withoutMark passes over a byte order mark.
func withoutMark(text io.Reader) io.Reader {
	const mark = "\ufeff"
	r := bufio.NewReader(text)
	if begin, _ := r.Peek(len(mark)); string(begin) == mark {
		_, _ = r.Discard(len(mark))
	}
	return r
}

func (in Ingest) op() string { return "bulk " + string(in.Operation) + " " + in.Object }

// bulkIngest writes rows in jobs.
func (c *Client) bulkIngest(ctx context.Context, in Ingest, columns []string, err error, rows iter.Seq[*row]) iter.Seq2[Result, error] {
	setDefault(&in.JobSize, defaultJobSize)
	setDefault(&in.InFlight, 2)
	if err == nil {
		err = in.validate(columns)
	}
	if err != nil {
		return func(yield func(Result, error) bool) { yield(Result{}, err) }
	}
	w := ingest{in, columns}
	return inOrder(ctx, batches(rows, math.MaxInt, in.JobSize), in.InFlight, func(ctx context.Context, b *batch) error {
		return c.ingestBatch(ctx, w, b)
	})
}

func (in Ingest) validate(columns []string) error {
	var faults []error
	wrong := func(format string, args ...any) {
		faults = append(faults, fault(in.op(), ErrValidation, format, args...))
	}
	if !identifier.MatchString(in.Object) {
		wrong("%q is no name of an object", clip(in.Object, 80))
	}
	switch in.Operation {
	case BulkInsert, BulkUpdate, BulkDelete, BulkHardDelete:
	case BulkUpsert:
		if !identifier.MatchString(in.ExternalID) {
			wrong("ExternalID %q is no name of a field", clip(in.ExternalID, 80))
		}
	default:
		wrong("Operation %q is unknown", clip(string(in.Operation), 40))
	}
	if len(columns) == 0 {
		wrong("no column is named")
	}
	known := map[string]bool{}
	for _, name := range columns {
		if !columnForm.MatchString(name) {
			wrong("%q is no name of a field", clip(name, 80))
		}
		if lower := strings.ToLower(name); known[lower] {
			wrong("the column %s comes twice", clip(name, 80))
		} else {
			known[lower] = true
		}
	}
	if in.JobSize < 1 || in.JobSize > maxJobSize {
		wrong("JobSize %d is not in 1 to %d", in.JobSize, maxJobSize)
	}
	if in.InFlight < 1 || in.InFlight > maxInFlight {
		wrong("InFlight %d is not in 1 to %d", in.InFlight, maxInFlight)
	}
	return errors.Join(append(faults, in.Poll.validate(in.op()))...)
}

// columnForm is the form of a column's name: a field, one of a parent by which
// it is found, and that with the object of a parent of several, as in
// Owner:User.Username.
var columnForm = regexp.MustCompile(`^[A-Za-z]\w*(?:(?::[A-Za-z]\w*)?\.[A-Za-z]\w*)?$`)

// ingest is an Ingest with its columns.
type ingest struct {
	Ingest
	columns []string
}

// ingestBatch writes rows in one job and joins the results back to them.
func (c *Client) ingestBatch(ctx context.Context, w ingest, b *batch) error {
	rows := b.pending()
	if len(rows) == 0 {
		return nil
	}
	op := w.op()
	j, err := c.filledJob(ctx, w, rows)
	if err != nil {
		return fail(rows, err)
	}
	if err := c.setJobState(ctx, op, ingestJobs, j.ID, JobUploadComplete); err != nil {
		c.abandon(ctx, op, ingestJobs, j.ID)
		return fail(rows, err)
	}
	ended, err := c.awaitJob(ctx, op, ingestJobs, j.ID, w.Poll, w.Progress)
	if err != nil {
		if ctx.Err() != nil {
			c.abandon(ctx, op, ingestJobs, j.ID)
		}
		return fail(rows, unknown(op, err))
	}
	return c.joinResults(ctx, w, ended, rows)
}

// unknown is an error after which nobody knows what became of a write.
func unknown(op string, err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		e = noAnswer(op, err)
	}
	own := *e
	own.Op, own.unknown = op, true
	return &own
}

// properties are those of a new job.
func (w ingest) properties() any {
	return struct {
		Object         string        `json:"object"`
		Operation      BulkOperation `json:"operation"`
		ExternalID     string        `json:"externalIdFieldName,omitempty"`
		ContentType    string        `json:"contentType"`
		LineEnding     string        `json:"lineEnding"`
		Delimiter      string        `json:"columnDelimiter"`
		AssignmentRule ID            `json:"assignmentRuleId,omitempty"`
	}{w.Object, w.Operation, w.ExternalID, "CSV", "LF", "COMMA", w.AssignmentRule}
}

// filledJob creates a job and gives it rows. Until it is told to begin nothing is
// written, so that what fails here has done nothing. A job takes rows once: when
// it may have them, though nothing said so, another one takes its place.
func (c *Client) filledJob(ctx context.Context, w ingest, rows []*row) (Job, error) {
	op := w.op()
	for try := 0; ; try++ {
		j, err := c.createJob(ctx, op, ingestJobs, w.properties())
		if err != nil {
			return j, err
		}
		if err = c.uploadRows(ctx, w, j.ID, rows); err == nil {
			return j, nil
		}
		c.abandon(ctx, op, ingestJobs, j.ID)
		e, ok := errors.AsType[*Error](err)
		if !ok || !e.unknown {
			return j, err
		}
		if e.unknown = false; !c.mayRepeat(ctx, try) {
			return j, err
		}
	}
}

// uploadRows gives a job its rows.
func (c *Client) uploadRows(ctx context.Context, w ingest, id ID, rows []*row) error {
	op := w.op()
	path, err := jobPath(op, ingestJobs, id)
	if err != nil {
		return err
	}
	head := csvLine(w.columns)
	size := int64(len(head))
	for _, r := range rows {
		size += int64(len(r.text))
	}
	request := &call{op: op, method: http.MethodPut, path: c.base + path + "/batches", body: &payload{
		contentType: "text/csv; charset=UTF-8", size: size,
		open: func() (io.ReadCloser, error) {
			parts := make([]io.Reader, 0, len(rows)+1)
			parts = append(parts, bytes.NewReader(head))
			for _, r := range rows {
				parts = append(parts, bytes.NewReader(r.text))
			}
			return io.NopCloser(io.MultiReader(parts...)), nil
		},
	}}
	return c.exchange(ctx, request, nil)
}

// joinResults reads the results of a job that has ended and gives them to its
// rows.
func (c *Client) joinResults(ctx context.Context, w ingest, j Job, rows []*row) error {
	op := w.op()
	join := newJoin(op, w.columns, rows)
	for _, list := range resultLists {
		match := func(header []string) error { return join.match(header, list.extra) }
		err := c.readResults(ctx, op, j.ID, list.name, match, func(cells []string) bool {
			join.enter(cells, list.read(op, j, cells))
			return true
		})
		if err != nil {
			return fail(join.left(), unknown(op, err))
		}
	}
	join.settle()
	for _, r := range join.left() {
		r.result.Err = unknown(op, fault(op, nil, "record %d: the job tells no result of it", r.result.Index))
	}
	if j.State != JobComplete {
		return notProcessed(op, j)
	}
	return nil
}

// notProcessed is the error of a job that did not come to its end.
func notProcessed(op string, j Job) error {
	if j.Message != "" {
		return fault(op, nil, "the job ended as %s: %s", j.State, cleanText(j.Message))
	}
	return fault(op, nil, "the job ended as %s", j.State)
}

// readResults reads one list of results: the names of its columns, if it is not
// empty, and then its rows, until each is false. A list that breaks off is asked
// for again, and the rows that were taken already are passed over.
func (c *Client) readResults(ctx context.Context, op string, id ID, list string, names func([]string) error, each func([]string) bool) error {
	path, err := jobPath(op, ingestJobs, id)
	if err != nil {
		return err
	}
	request := &call{op: op, method: http.MethodGet, path: c.base + path + "/" + list, idempotent: true}
	taken := 0
	for try := 0; ; try++ {
		ans, err := c.send(ctx, request)
		if err != nil {
			return err
		}
		seen := 0
		err = readList(ans, names, func(cells [][]byte) bool {
			if seen++; seen <= taken {
				return true
			}
			taken++
			return each(cellTexts(cells))
		})
		drain(ans)
		if err == nil || isLeft(err) {
			return err
		}
		err = request.undecoded(err, func(err error) error { return request.badAnswer(ans.status, err) })
		if !brokeOff(err) || !c.mayRepeat(ctx, try) {
			return err
		}
	}
}

// readList reads a list of results as it comes in.
func readList(in io.Reader, names func([]string) error, each func([][]byte) bool) error {
	rows := decode.NewCSV(in, ',')
	header, err := rows.Next()
	if err == nil {
		err = names(cellTexts(header))
	}
	for err == nil {
		var cells [][]byte
		if cells, err = rows.Next(); err == nil && !each(cells) {
			err = errLeft
		}
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// cellTexts are the values of a row, which is read over by the next one.
func cellTexts(cells [][]byte) []string {
	list := make([]string, len(cells))
	for i, cell := range cells {
		list[i] = string(cell)
	}
	return list
}

// rowFault reads the error of a row, such as
//
//	REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --
func rowFault(op, text string) *Error {
	code, rest, found := strings.Cut(text, ":")
	if !found || code == "" || strings.ContainsFunc(code, func(r rune) bool { return r != '_' && (r < 'A' || r > 'Z') }) {
		return fault(op, nil, "%s", cleanText(text))
	}
	e := &Error{Op: op, Code: Code(code), Message: rest}
	if i := strings.LastIndexByte(rest, ':'); i >= 0 {
		if names, ok := strings.CutSuffix(rest[i+1:], "--"); ok {
			e.Message = rest[:i]
			for name := range strings.FieldsFuncSeq(names, func(r rune) bool { return r == ',' || r == ' ' }) {
				e.Fields = append(e.Fields, name)
			}
		}
	}
	e.Message = cleanText(e.Message)
	return e
}

// join finds the rows that results belong to.
type join struct {
	op      string
	columns []string
	order   []int             // where each of the columns stands in the list at hand
	rows    map[string][]*row // without a result yet, by their text
	strays  []stray
}

// stray is a result whose cells are those of no row that waits for one.
type stray struct {
	cells []string
	Result
}

func newJoin(op string, columns []string, rows []*row) *join {
	m := make(map[string][]*row, len(rows))
	for _, r := range rows {
		m[string(r.text)] = append(m[string(r.text)], r)
	}
	return &join{op: op, columns: columns, rows: m}
}

// match finds the columns of a list of results.
func (x *join) match(header []string, extra int) error {
	at := map[string]int{}
	for i, name := range header {
		at[strings.ToLower(name)] = i
	}
	x.order = make([]int, len(x.columns))
	for i, name := range x.columns {
		place, ok := at[strings.ToLower(name)]
		if !ok || place < extra {
			return fmt.Errorf("the results have no column %s", name)
		}
		x.order[i] = place
	}
	return nil
}

// enter gives a result to the first row that has its cells.
func (x *join) enter(cells []string, result Result) {
	own := make([]string, len(x.order))
	for i, place := range x.order {
		own[i] = cells[place]
	}
	key := string(csvLine(own))
	if rows := x.rows[key]; len(rows) > 0 {
		x.rows[key] = rows[1:]
		x.give(rows[0], result)
		return
	}
	x.strays = append(x.strays, stray{own, result})
}

// give enters the result of a row.
func (x *join) give(r *row, result Result) {
	result.Index = r.result.Index
	if e, ok := errors.AsType[*Error](result.Err); ok {
		e.Op = fmt.Sprintf("%s: record %d", x.op, result.Index)
	}
	r.result = result
}

// settle gives the results that are left to the rows that are left, where their
// cells differ in nothing but the space around them, the form of line breaks, and
// whether a cell without a value says so.
func (x *join) settle() {
	waiting := map[string][]*row{}
	for _, r := range x.left() {
		cells, err := decode.NewCSV(bytes.NewReader(r.text), ',').Next()
		if err == nil {
			key := looseKey(cellTexts(cells))
			waiting[key] = append(waiting[key], r)
		}
	}
	x.rows = waiting
	for _, s := range x.strays {
		key := looseKey(s.cells)
		if rows := waiting[key]; len(rows) > 0 {
			waiting[key] = rows[1:]
			x.give(rows[0], s.Result)
		}
	}
}

// looseKey is the same for cells that mean the same.
func looseKey(cells []string) string {
	plain := make([]string, len(cells))
	for i, cell := range cells {
		plain[i] = strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(cell))
		if plain[i] == nullCell {
			plain[i] = ""
		}
	}
	return string(csvLine(plain))
}

// left are the rows without a result, in their order.
func (x *join) left() []*row {
	var rows []*row
	for _, list := range x.rows {
		rows = append(rows, list...)
	}
	slices.SortFunc(rows, func(a, b *row) int { return a.result.Index - b.result.Index })
	return rows
}
