package salesforce

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/sfbridge/sfbridge/internal/decode"
)

// BulkQueryOptions vary a query through Bulk API 2.0. Nil stands for the zero
// value.
type BulkQueryOptions struct {
	// All also yields deleted and archived records. Defaults to false.
	All bool
	// PageSize is the number of rows of a part of the result. Defaults to 0,
	// which leaves it to Salesforce.
	PageSize int
	// InFlight is the number of parts that are read at a time, at most 16. With
	// more than one, rows of different parts come mixed. Defaults to 1, which
	// keeps the order of the result; the next part is asked for meanwhile.
	InFlight int
	// JobID takes the result of a job that was begun earlier, whatever the query
	// says. Salesforce keeps results for seven days. Defaults to a new job.
	JobID ID
	// From goes on within the result of JobID, where Part has told that a part
	// begins. InFlight must be 1. Defaults to the beginning.
	From BulkPlace
	// Part is told where each part of the result begins, before its first row,
	// when InFlight is 1. Defaults to none.
	Part func(BulkPlace)
	// Poll says how often the job is asked for.
	Poll Poll
	// Progress is told of the job whenever it was asked for. Its ID is what a
	// later run needs to take the result. Defaults to none.
	Progress func(Job)
}

// BulkPlace is a place in the result of a query job: the beginning of one of its
// parts. The zero value is that of the first one.
type BulkPlace struct {
	// Locator names the part.
	Locator string
	// Rows is the number of rows before it.
	Rows int64
}

// BulkQuery yields the records that a SOQL query selects, as [Query] does,
// through a job of Bulk API 2.0: for results of ten thousand records and more.
// Parents go into structs or pointers to them; child subqueries, aggregates and
// compound fields are not for it. In a Record every value is a string, or nil
// where it is empty.
//
// The job's own count of rows is compared with those that came; a difference is
// an error, and so are parts that break off, once asking for them again does not
// help. When ctx ends while the job is at work, the job is aborted, unless it is
// one of BulkQueryOptions.JobID.
//
// See "Bulk API 2.0 Query" in the Bulk API 2.0 Developer Guide.
func BulkQuery[T any](ctx context.Context, c *Client, soql string, opt *BulkQueryOptions) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		q, err := c.bulkQuery(ctx, soql, opt)
		if err == nil && q.opt.InFlight > 1 {
			err = readMixed(ctx, q, yield)
		} else if err == nil {
			err = readOrdered(ctx, q, yield)
		}
		if err != nil && !isLeft(err) {
			yield(*new(T), err)
		}
	}
}

// errLeft says that the caller's loop was left; it never gets out.
var errLeft = errors.New("loop left")

func isLeft(err error) bool { return errors.Is(err, errLeft) }

// CreateQueryJob begins a job that queries, and does not wait for it. All also
// selects deleted and archived records. [BulkQuery] takes its result, by
// BulkQueryOptions.JobID; a caller that has noted the id can do so after a
// restart.
//
// See "Create a Query Job" in the Bulk API 2.0 Developer Guide.
func (c *Client) CreateQueryJob(ctx context.Context, soql string, all bool) (Job, error) {
	return c.createQueryJob(ctx, "create query job", soql, all)
}

// AwaitQueryJob waits until a job that queries has ended, whether it has
// succeeded or not. Progress, unless it is nil, is told of the job whenever it was
// asked for.
func (c *Client) AwaitQueryJob(ctx context.Context, id ID, poll Poll, progress func(Job)) (Job, error) {
	const op = "await query job"
	if err := poll.validate(op); err != nil {
		return Job{}, err
	}
	return c.endedJob(ctx, op, queryJobs, id, poll, progress)
}

// QueryJob tells how far a job that queries has got.
func (c *Client) QueryJob(ctx context.Context, id ID) (Job, error) {
	return c.job(ctx, "get query job "+string(id), queryJobs, id)
}

// AbortQueryJob ends a job that queries.
func (c *Client) AbortQueryJob(ctx context.Context, id ID) error {
	return c.setJobState(ctx, "abort query job "+string(id), queryJobs, id, JobAborted)
}

// DeleteQueryJob removes a job that has ended, with its result. Salesforce does
// so by itself after seven days.
func (c *Client) DeleteQueryJob(ctx context.Context, id ID) error {
	return c.deleteJob(ctx, "delete query job "+string(id), queryJobs, id)
}

// bulkQuery is a query job that has ended.
type bulkQuery struct {
	c   *Client
	opt BulkQueryOptions
	job Job
}

// bulkQuery begins a job, or takes up one, and waits for its end.
func (c *Client) bulkQuery(ctx context.Context, soql string, opt *BulkQueryOptions) (*bulkQuery, error) {
	const op = "bulk query"
	q := &bulkQuery{c: c}
	if opt != nil {
		q.opt = *opt
	}
	if err := q.opt.validate(op); err != nil {
		return nil, err
	}
	var err error
	if q.opt.JobID != "" {
		q.job, err = c.endedJob(ctx, op, queryJobs, q.opt.JobID, q.opt.Poll, q.opt.Progress)
	} else {
		q.job, err = c.runQuery(ctx, op, soql, q.opt)
	}
	if err != nil {
		return nil, err
	}
	if q.job.State != JobComplete {
		return nil, notProcessed(op, q.job)
	}
	return q, nil
}

// runQuery begins a job and waits for its end.
func (c *Client) runQuery(ctx context.Context, op, soql string, opt BulkQueryOptions) (Job, error) {
	j, err := c.createQueryJob(ctx, op, soql, opt.All)
	if err != nil {
		return j, err
	}
	ended, err := c.awaitJob(ctx, op, queryJobs, j.ID, opt.Poll, opt.Progress)
	if err != nil && ctx.Err() != nil {
		c.abandon(ctx, op, queryJobs, j.ID)
	}
	return ended, err
}

func (c *Client) createQueryJob(ctx context.Context, op, soql string, all bool) (Job, error) {
	operation := "query"
	if all {
		operation = "queryAll"
	}
	return c.createJob(ctx, op, queryJobs, map[string]string{"operation": operation, "query": soql})
}

func (opt *BulkQueryOptions) validate(op string) error {
	setDefault(&opt.InFlight, 1)
	var faults []error
	if opt.InFlight < 1 || opt.InFlight > maxInFlight {
		faults = append(faults, fault(op, nil, "InFlight %d is not in 1 to %d", opt.InFlight, maxInFlight))
	}
	if opt.From != (BulkPlace{}) && (opt.JobID == "" || opt.InFlight > 1) {
		faults = append(faults, fault(op, nil, "From is a place in the result of a JobID that is read in order"))
	}
	if opt.PageSize < 0 {
		faults = append(faults, fault(op, nil, "PageSize %d is negative", opt.PageSize))
	}
	return errors.Join(append(faults, opt.Poll.validate(op))...)
}

// verify compares the rows that came with those that the job tells.
func (q *bulkQuery) verify(rows int64) error {
	if rows != q.job.Processed {
		return fault("bulk query", ErrUnavailable, "the job tells %d rows, and %d came", q.job.Processed, rows)
	}
	return nil
}

// resultPage is one part of a result.
type resultPage struct {
	*body
	path string
	rows int64  // as its header says, -1 when it does not
	next string // locator of the next one, "" for none
}

// path is where a part of the result is.
func (q *bulkQuery) path(locator string) string {
	query := url.Values{}
	if locator != "" {
		query.Set("locator", locator)
	}
	if q.opt.PageSize > 0 {
		query.Set("maxRecords", strconv.Itoa(q.opt.PageSize))
	}
	path := q.c.base + string(queryJobs) + "/" + string(q.job.ID) + "/results"
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path
}

// pageCall is the request for a part.
func (q *bulkQuery) pageCall(path string) *call {
	return &call{op: "bulk query", method: http.MethodGet, path: path, idempotent: true}
}

// fetch asks for a part.
func (q *bulkQuery) fetch(ctx context.Context, path string) (*resultPage, error) {
	ans, err := q.c.send(ctx, q.pageCall(path))
	if err != nil {
		return nil, err
	}
	return q.page(path, &body{answer: ans}), nil
}

// page reads what the headers of a part tell.
func (q *bulkQuery) page(path string, b *body) *resultPage {
	p := &resultPage{body: b, path: path, rows: -1}
	if n, err := strconv.ParseInt(b.header.Get("Sforce-NumberOfRecords"), 10, 64); err == nil {
		p.rows = n
	}
	if locator := b.header.Get("Sforce-Locator"); locator != "null" {
		p.next = locator
	}
	return p
}

// each fetches the parts of the result one after another, the next one while
// the one at hand is read.
func (q *bulkQuery) each(ctx context.Context, read func(*resultPage) error) error {
	var trail decode.Trail
	p, err := q.fetch(ctx, q.path(q.opt.From.Locator))
	for err == nil {
		if err = trail.Next(p.path); err != nil {
			p.close()
			return p.call.badAnswer(p.status, err)
		}
		var next *ahead
		if p.next != "" {
			next = fetchAhead(ctx, q.c, q.pageCall(q.path(p.next)))
		}
		err = read(p)
		p.close()
		switch {
		case next == nil:
			return err
		case err != nil:
			next.stop()
			return err
		}
		var b *body
		if b, err = next.wait(); err == nil {
			p = q.page(q.path(p.next), b)
		}
	}
	return err
}

// readOrdered yields the rows of all parts in order.
func readOrdered[T any](ctx context.Context, q *bulkQuery, yield func(T, error) bool) error {
	rows, err := newResultRows[T](q.c)
	if err != nil {
		return err
	}
	var v T
	at := q.opt.From
	err = q.each(ctx, func(p *resultPage) error {
		if q.opt.Part != nil {
			q.opt.Part(at)
		}
		at.Locator = p.next
		return readPage(ctx, q, p, rows, func() *T { return &v }, func() error {
			at.Rows++
			if !yield(v, nil) {
				return errLeft
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	return q.verify(at.Rows)
}

// newResultRows compiles the plan of T.
func newResultRows[T any](c *Client) (*decode.Rows[T], error) {
	rows, err := decode.NewRows[T](wireTypes, decode.NewCSV(nil, ','), decode.Options{MaxRecord: c.http.maxRecord()})
	if err != nil {
		return nil, fault("bulk query", nil, "decode a row into %T: %v", *new(T), err)
	}
	return rows, nil
}

// readPage reads the rows of a part into places, one after the other, and tells
// each time. A part that breaks off is asked for again, and the rows that were
// taken already are passed over.
func readPage[T any](ctx context.Context, q *bulkQuery, p *resultPage, rows *decode.Rows[T], place func() *T, each func() error) error {
	var taken int64
	for try := 0; ; try++ {
		rows.Reset(p)
		var seen int64
		err := readRows(p, rows, place, func() error {
			if seen++; seen <= taken {
				return nil
			}
			taken++
			return each()
		})
		if err == nil || !brokeOff(err) || !q.c.mayRepeat(ctx, try) {
			return err
		}
		if err := q.again(ctx, p); err != nil {
			return err
		}
	}
}

// again asks once more for a part that broke off.
func (q *bulkQuery) again(ctx context.Context, p *resultPage) error {
	p.close()
	fresh, err := q.fetch(ctx, p.path)
	if err != nil {
		return err
	}
	p.body = fresh.body
	return nil
}

// readRows reads a part to its end.
func readRows[T any](p *resultPage, rows *decode.Rows[T], place func() *T, each func() error) error {
	var n int64
	for {
		err := rows.Next(place())
		if errors.Is(err, io.EOF) {
			return p.complete(n)
		}
		if err != nil {
			return p.call.undecoded(err, func(err error) error {
				return fault("bulk query", nil, "decode a row into %T: %v", *new(T), err)
			})
		}
		n++
		if err := each(); err != nil {
			return err
		}
	}
}

// complete compares the rows of a part with those that its header tells. A part
// that has too few has broken off.
func (p *resultPage) complete(rows int64) error {
	if p.rows >= 0 && rows != p.rows {
		return noAnswer("bulk query", fmt.Errorf("a part of the result should have %d rows and has %d: %w", p.rows, rows, io.ErrUnexpectedEOF))
	}
	return nil
}

// portion is how many rows travel together from those who read parts.
const portion = 500

// portions carry rows from those who read parts to the caller, and the memory
// for them back.
type portions[T any] struct {
	full, free chan []T
}

// empty is memory for rows.
func (p portions[T]) empty() []T {
	select {
	case some := <-p.free:
		return some[:0]
	default:
		return make([]T, 0, portion)
	}
}

// readMixed yields the rows of several parts at a time.
func readMixed[T any](ctx context.Context, q *bulkQuery, yield func(T, error) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	rows := portions[T]{make(chan []T, q.opt.InFlight), make(chan []T, 3*q.opt.InFlight)}
	var failed error // known once rows.full is closed
	go func() {
		defer close(rows.full)
		failed = q.spread(ctx, func() (partReader, error) {
			from, err := newResultRows[T](q.c)
			return func(ctx context.Context, p *resultPage) error { return sendRows(ctx, q, p, from, rows) }, err
		})
	}()
	defer func() {
		cancel()
		for range rows.full { // until nobody is at work any more
		}
	}()
	var total int64
	for some := range rows.full {
		for i := range some {
			total++
			if !yield(some[i], nil) {
				return errLeft
			}
		}
		select {
		case rows.free <- some:
		default:
		}
	}
	if failed != nil {
		return asError("bulk query", failed)
	}
	return q.verify(total)
}

// asError makes an error of the end of a context.
func asError(op string, err error) error {
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	return noAnswer(op, err)
}

// partReader reads a part to its end.
type partReader func(ctx context.Context, p *resultPage) error

// spread has the parts of the result read by several readers at a time. The
// first error ends it.
func (q *bulkQuery) spread(ctx context.Context, newReader func() (partReader, error)) error {
	g, ctx := errgroup.WithContext(ctx)
	parts := make(chan string)
	g.Go(func() error {
		defer close(parts)
		return q.list(ctx, parts)
	})
	for range q.opt.InFlight {
		g.Go(func() error {
			read, err := newReader()
			if err != nil {
				return err
			}
			for path := range parts {
				p, err := q.fetch(ctx, path)
				if err != nil {
					return err
				}
				err = read(ctx, p)
				p.close()
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// sendRows reads a part and sends its rows on in portions.
func sendRows[T any](ctx context.Context, q *bulkQuery, p *resultPage, rows *decode.Rows[T], to portions[T]) error {
	some := to.empty()
	send := func() error {
		select {
		case to.full <- some:
			some = to.empty()
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	err := readPage(ctx, q, p, rows, func() *T { return &some[:portion][len(some)] }, func() error {
		if some = some[:len(some)+1]; len(some) == portion {
			return send()
		}
		return nil
	})
	if err == nil && len(some) > 0 {
		err = send()
	}
	return err
}

// list sends the paths of all parts.
func (q *bulkQuery) list(ctx context.Context, parts chan<- string) error {
	type pages struct {
		Pages []struct {
			URL string `json:"resultUrl"`
		} `json:"resultPages"`
		Next string `json:"nextRecordsUrl"`
		Done bool   `json:"done"`
	}
	var trail decode.Trail
	path := strings.Replace(q.path(""), "/results", "/resultPages", 1)
	for path != "" {
		var answer pages
		request := q.pageCall(path)
		if err := q.c.exchange(ctx, request, &answer); err != nil {
			return err
		}
		if err := trail.Next(path); err != nil {
			return request.badAnswer(http.StatusOK, err)
		}
		for _, p := range answer.Pages {
			select {
			case parts <- p.URL:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		if path = answer.Next; answer.Done {
			path = ""
		}
	}
	return nil
}
