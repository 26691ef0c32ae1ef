package salesforce

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"unicode/utf8"

	"github.com/sfbridge/sfbridge/internal/decode"
)

// rows reads the records of a query, page by page. It is closed in the end.
type rows[T any] struct {
	ctx   context.Context
	c     *Client
	opt   QueryOptions
	first *call    // for the first page
	inner []string // where in the answer that lies
	pages *decode.Pages[T]
	page  *body  // the page that is read
	path  string // of the page; "" for the first
	taken int    // records of the page
	tries int    // to go on with the page after it broke off
	trail decode.Trail
	ahead *ahead
}

// query asks for a query's first page and reads it up to its first record.
func query[T any](ctx context.Context, c *Client, soql string, opt *QueryOptions) (*rows[T], error) {
	r := &rows[T]{ctx: ctx, c: c}
	if opt != nil {
		r.opt = *opt
	}
	var err error
	if r.first, r.inner, err = c.queryCall(soql, r.opt); err != nil {
		return nil, err
	}
	if r.pages, err = decode.NewPages[T](wireTypes, decode.Options{Open: r.child, Strict: r.opt.Strict, MaxRecord: c.http.maxRecord()}); err != nil {
		return nil, fault("query", nil, "decode a record into %T: %v", *new(T), err)
	}
	if r.page, err = r.fetch(); err != nil {
		return nil, err
	}
	if err = r.begin(); err != nil {
		err = r.resume(r.failed(err), new(T))
	}
	if err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// begin enters the page.
func (r *rows[T]) begin() error {
	if r.path == "" {
		return r.pages.Begin(r.page, r.inner...)
	}
	return r.pages.Begin(r.page)
}

const (
	// maxQueryPath is how long the address of a query may be. Salesforce takes
	// twice as much together with the headers; some proxies take no more.
	maxQueryPath = 8000
	// maxQuery is how many characters a query may have.
	maxQuery = 100_000
)

// queryCall is the request for a query's first page, and where in the answer
// the page lies. Salesforce takes no query in a body, except in that of a
// composite request, which holds the address of another one.
func (c *Client) queryCall(soql string, opt QueryOptions) (first *call, within []string, err error) {
	if opt.BatchSize != 0 && (opt.BatchSize < 200 || opt.BatchSize > 2000) {
		return nil, nil, fault("query", nil, "BatchSize %d is not in 200 to 2000", opt.BatchSize)
	}
	if len(soql) > maxQuery && utf8.RuneCountInString(soql) > maxQuery {
		return nil, nil, fault("query", ErrTooLarge, "the query has over %d characters", maxQuery)
	}
	resource := "/query"
	if opt.All {
		resource = "/queryAll"
	}
	first = c.pageCall(c.base+resource+"?q="+url.QueryEscape(soql), opt)
	if len(first.path) <= maxQueryPath {
		return first, nil, nil
	}
	inner := map[string]any{"method": http.MethodGet, "url": first.path, "referenceId": "page"}
	if first.header != nil {
		inner["httpHeaders"] = first.header
	}
	text, err := json.Marshal(map[string]any{"compositeRequest": []any{inner}})
	if err != nil {
		return nil, nil, fault("query", nil, "%v", err)
	}
	return &call{
		op: "query", method: http.MethodPost, path: c.base + "/composite",
		body: bytesPayload("application/json", text), idempotent: true, reads: true,
	}, []string{"compositeResponse", "body"}, nil
}

// pageCall is the request for a page.
func (c *Client) pageCall(path string, opt QueryOptions) *call {
	request := &call{op: "query", method: http.MethodGet, path: path, idempotent: true}
	if opt.BatchSize > 0 {
		request.header = map[string]string{"Sforce-Query-Options": "batchSize=" + strconv.Itoa(opt.BatchSize)}
	}
	return request
}

// next reads the next record, from the next page if need be. The error is
// io.EOF behind the last one.
func (r *rows[T]) next(v *T) error {
	if r.taken == 1 && !r.opt.NoPrefetch {
		r.prefetch()
	}
	for {
		err := r.pages.Next(v)
		switch {
		case err == nil:
			r.taken++
			return nil
		case errors.Is(err, io.EOF):
			err = r.turn()
		default:
			err = r.resume(r.failed(err), v)
		}
		if err != nil {
			return err
		}
	}
}

// prefetch asks for the next page, if its address is known by now.
func (r *rows[T]) prefetch() {
	if e := r.pages.Envelope(); r.ahead == nil && !e.Done && e.Next != "" {
		r.ahead = fetchAhead(r.ctx, r.c, r.c.pageCall(e.Next, r.opt))
	}
}

// turn goes on to the next page. The error is io.EOF behind the last one.
func (r *rows[T]) turn() error {
	e := r.pages.Envelope()
	if !e.Done && e.Next == "" {
		return fault("query", nil, "the answer is not done and tells no next page")
	}
	r.page.close()
	if e.Done {
		return io.EOF
	}
	if err := r.trail.Next(e.Next); err != nil {
		return r.failed(err)
	}
	r.path, r.taken, r.tries = e.Next, 0, 0
	var err error
	if a := r.ahead; a != nil {
		r.ahead = nil
		r.page, err = a.wait()
	} else {
		r.page, err = r.fetch()
	}
	if err != nil {
		return err
	}
	if err := r.begin(); err != nil {
		return r.resume(r.failed(err), new(T))
	}
	return nil
}

// fetch asks for the page now.
func (r *rows[T]) fetch() (*body, error) {
	request := r.first
	if r.path != "" {
		request = r.c.pageCall(r.path, r.opt)
	}
	ans, err := r.c.send(r.ctx, request)
	if err != nil {
		return nil, err
	}
	return &body{answer: ans}, nil
}

// resume asks again for a page that broke off and passes over the records that
// were taken from it already. The pages behind the first one come of a result
// that stays the same; of the first one no record may have been taken.
func (r *rows[T]) resume(cause error, v *T) error {
	for (r.path != "" || r.taken == 0) && brokeOff(cause) && r.c.mayRepeat(r.ctx, r.tries) {
		r.tries++
		r.page.close()
		page, err := r.fetch()
		if err != nil {
			return err
		}
		r.page = page
		err = r.begin()
		for n := 0; err == nil && n < r.taken; n++ {
			err = r.pages.Next(v)
		}
		if err == nil {
			return nil
		}
		cause = r.failed(err)
	}
	return cause
}

// child fetches a further page of a child list.
func (r *rows[T]) child(path string) (io.ReadCloser, error) {
	ans, err := r.c.send(r.ctx, r.c.pageCall(path, QueryOptions{}))
	if err != nil {
		return nil, err
	}
	return ans, nil
}

// close ends what is still under way.
func (r *rows[T]) close() {
	if r.page != nil {
		r.page.close()
	}
	if r.ahead != nil {
		r.ahead.stop()
	}
}

// failed makes an error of the call of what the decoder says.
func (r *rows[T]) failed(err error) error {
	return r.page.call.undecoded(err, func(err error) error {
		return fault("query", nil, "decode a record into %T: %v", *new(T), err)
	})
}

// undecoded makes an error of the call of what the decoder says: mismatch does,
// of a value that is well-formed and does not go into the caller's type.
func (c *call) undecoded(err error, mismatch func(error) error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e // of reading the answer, or of another call
	}
	if inner, ok := errors.AsType[*decode.NoPageError](err); ok {
		e := decodeError(http.StatusBadRequest, inner.Value)
		e.Op = c.op
		return e
	}
	if e, ok := errors.AsType[*decode.Error](err); ok && e.Mismatch {
		return mismatch(err)
	}
	if errors.Is(err, decode.ErrTooLarge) {
		return fault(c.op, ErrTooLarge, "a record has more bytes than Config.MaxAnswer allows")
	}
	return c.badAnswer(http.StatusOK, err)
}

// maxRecord is Config.MaxAnswer for one record, which is held in memory as a
// whole.
func (t *transport) maxRecord() int {
	return int(min(t.most, math.MaxInt32))
}

// readOne reads the answer of a call that is one record into v.
func readOne[T any](ctx context.Context, c *Client, request *call, v *T) error {
	mismatch := func(err error) error { return fault(request.op, nil, "decode it into %T: %v", *v, err) }
	pages, err := decode.NewPages[T](wireTypes, decode.Options{MaxRecord: c.http.maxRecord()})
	if err != nil {
		return mismatch(err)
	}
	return c.whole(ctx, request, func(ans *answer) error {
		return request.undecoded(pages.Value(ans, v), mismatch)
	})
}

// body is the body of a page. Closing it twice does no harm.
type body struct {
	*answer
	cancel context.CancelFunc // nil for a page that was not asked for ahead
}

func (b *body) close() {
	_ = b.answer.Close()
	if b.cancel != nil {
		b.cancel()
	}
}

// ahead is the request for a page while the one before it is read. Its answer
// waits, unread, so that no memory is needed for it.
type ahead struct {
	cancel context.CancelFunc
	done   chan struct{}
	ans    *answer // these two are there when done is closed
	err    error
}

func fetchAhead(ctx context.Context, c *Client, request *call) *ahead {
	ctx, cancel := context.WithCancel(ctx)
	a := &ahead{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(a.done)
		a.ans, a.err = c.send(ctx, request)
	}()
	return a
}

// wait returns the page.
func (a *ahead) wait() (*body, error) {
	<-a.done // which ends with the context
	if a.err != nil {
		a.cancel()
		return nil, a.err
	}
	return &body{a.ans, a.cancel}, nil
}

// stop ends the request and whatever has come of it.
func (a *ahead) stop() {
	a.cancel()
	<-a.done
	if a.ans != nil {
		_ = a.ans.Close()
	}
}
