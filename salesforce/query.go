package salesforce

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
)

// QueryOptions vary a query. Nil stands for the zero value.
type QueryOptions struct {
	// All also yields deleted and archived records (the resource queryAll).
	// Filter by IsDeleted to tell them apart. Defaults to false.
	All bool
	// BatchSize asks for pages of so many records, 200 to 2000. Salesforce takes
	// it as a hint. Defaults to 0, which leaves it to Salesforce (2000).
	BatchSize int
}

// Query yields the records that a SOQL query selects, each decoded into a T:
// a [Record], or a struct with json tags. A page is fetched when the loop
// reaches it, and decoded record by record while it comes in; memory does not
// grow with the result. An error ends the sequence. Ranging again asks again.
//
// In a struct, a parent is a struct or a pointer to one, a child subquery a
// slice of structs, and a date/time a [DateTime]. Child lists arrive complete,
// however many pages they take.
//
// The text is sent as it is: build it with package soql, never by joining
// values from outside into it. Address and headers of a request are limited to
// 16,384 bytes by Salesforce; a longer query fails with [ErrTooLarge].
//
// See "Query" and "QueryAll" in the REST API Developer Guide.
func Query[T any](ctx context.Context, c *Client, soql string, opt *QueryOptions) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		next, err := c.queryPath(soql, opt)
		for next != "" && err == nil {
			next, err = yieldPage(ctx, c, next, opt, yield)
		}
		if err != nil && !errors.Is(err, errBroken) {
			yield(*new(T), err)
		}
	}
}

// errBroken says that the caller's loop was left; it never gets out.
var errBroken = errors.New("loop left")

// yieldPage yields the records of one page and returns the path of the next,
// "" when it was the last.
func yieldPage[T any](ctx context.Context, c *Client, path string, opt *QueryOptions, yield func(T, error) bool) (next string, err error) {
	p, err := c.openPage(ctx, path, opt)
	if err != nil {
		return "", err
	}
	defer p.close()
	for {
		raw, err := p.record()
		if errors.Is(err, io.EOF) {
			return p.end()
		}
		if err != nil {
			return "", err
		}
		v, err := decodeRecord[T](ctx, c, raw)
		if err != nil {
			return "", err
		}
		if !yield(v, nil) {
			return "", errBroken
		}
	}
}

// decodeRecord completes the child lists of a record and decodes it.
func decodeRecord[T any](ctx context.Context, c *Client, raw json.RawMessage) (v T, err error) {
	if raw, err = c.flatten(ctx, raw); err != nil {
		return v, err
	}
	if err := decodeExact(raw, &v); err != nil {
		return v, fault("query", nil, "decode a record into %T: %v", v, err)
	}
	return v, nil
}

// decodeExact decodes JSON without turning numbers into floats on the way.
func decodeExact(raw json.RawMessage, v any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	return dec.Decode(v)
}

// Collect gathers a sequence into a slice. At an error it returns what came
// before together with the error.
func Collect[T any](seq iter.Seq2[T, error]) ([]T, error) {
	var all []T
	for v, err := range seq {
		if err != nil {
			return all, err
		}
		all = append(all, v)
	}
	return all, nil
}

// Count runs a query of the form SELECT COUNT() FROM … and returns the number
// of records.
func (c *Client) Count(ctx context.Context, soql string) (int, error) {
	path, err := c.queryPath(soql, nil)
	if err != nil {
		return 0, err
	}
	p, err := c.openPage(ctx, path, nil)
	if err != nil {
		return 0, err
	}
	defer p.close()
	_, err = p.record()
	if err == nil {
		return 0, fault("count", ErrQuery, "the query must select COUNT()")
	}
	if !errors.Is(err, io.EOF) {
		return 0, err
	}
	_, err = p.end()
	return p.total, err
}

// queryPath returns the path of a query's first page.
func (c *Client) queryPath(soql string, opt *QueryOptions) (string, error) {
	resource := "/query"
	if opt != nil && opt.All {
		resource = "/queryAll"
	}
	if opt != nil && opt.BatchSize != 0 && (opt.BatchSize < 200 || opt.BatchSize > 2000) {
		return "", fault("query", nil, "BatchSize %d is not in 200 to 2000", opt.BatchSize)
	}
	return c.base + resource + "?q=" + url.QueryEscape(soql), nil
}

// page is a page of a query's result while it comes in:
//
//	{"totalSize":2001,"done":false,"nextRecordsUrl":"…","records":[{…},{…}]}
//
// What stands around the records may come before or after them.
type page struct {
	call  *call
	body  io.Closer
	dec   *json.Decoder
	raw   json.RawMessage // of the record last read; its memory is used again
	total int
	done  bool
	next  string
	list  bool // the records have been reached
}

// openPage asks for a page and reads it up to its first record.
func (c *Client) openPage(ctx context.Context, path string, opt *QueryOptions) (*page, error) {
	request := &call{op: "query", method: http.MethodGet, path: path, idempotent: true}
	if opt != nil && opt.BatchSize > 0 {
		request.header = map[string]string{"Sforce-Query-Options": "batchSize=" + strconv.Itoa(opt.BatchSize)}
	}
	ans, err := c.send(ctx, request)
	if err != nil {
		return nil, err
	}
	p := &page{call: request, body: ans, dec: json.NewDecoder(ans)}
	if err := p.begin(); err != nil {
		p.close()
		return nil, p.bad(err)
	}
	return p, nil
}

// begin enters the object and stops inside the list of records.
func (p *page) begin() error {
	if err := p.expect(json.Delim('{')); err != nil {
		return err
	}
	if err := p.members(); err != nil {
		return err
	}
	if !p.list {
		return errors.New("it has no records")
	}
	return nil
}

// members reads the members of the object up to the list of records or the
// object's end.
func (p *page) members() error {
	for p.dec.More() {
		name, err := p.dec.Token()
		if err != nil {
			return err
		}
		var target any = new(json.RawMessage)
		switch name {
		case "records":
			if p.list {
				return errors.New("it has two lists of records")
			}
			p.list = true
			return p.expect(json.Delim('['))
		case "totalSize":
			target = &p.total
		case "done":
			target = &p.done
		case "nextRecordsUrl":
			target = &p.next
		}
		if err := p.dec.Decode(target); err != nil {
			return err
		}
	}
	return p.expect(json.Delim('}'))
}

func (p *page) expect(want json.Delim) error {
	token, err := p.dec.Token()
	if err != nil {
		return err
	}
	if token != want {
		return errors.New("it has no " + want.String() + " where one belongs")
	}
	return nil
}

// record returns the next record, which is valid until the one after it, and
// io.EOF after the last.
func (p *page) record() (json.RawMessage, error) {
	if !p.dec.More() {
		return nil, io.EOF
	}
	if err := p.dec.Decode(&p.raw); err != nil {
		return nil, p.bad(err)
	}
	return p.raw, nil
}

// end reads what follows the records and returns the path of the next page, ""
// when this was the last.
func (p *page) end() (next string, err error) {
	if err := p.expect(json.Delim(']')); err != nil {
		return "", p.bad(err)
	}
	if err := p.members(); err != nil {
		return "", p.bad(err)
	}
	_, _ = p.dec.Token() // the end of the body, so that the connection can be used again
	switch {
	case p.done:
		return "", nil
	case p.next == "":
		return "", fault("query", nil, "the answer is not done and tells no next page")
	default:
		return p.next, nil
	}
}

func (p *page) bad(err error) error {
	return p.call.badAnswer(http.StatusOK, err)
}

func (p *page) close() {
	_ = p.body.Close()
}
