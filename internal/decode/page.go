package decode

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
)

// Envelope is what a page of a query's result tells besides the records:
//
//	{"totalSize":2001,"done":false,"nextRecordsUrl":"…","records":[{…},{…}]}
//
// It may stand before the records or behind them.
type Envelope struct {
	Total int    // records of all pages
	Done  bool   // this is the last page
	Next  string // path of the next page
}

// Pages reads the pages of a query's result, one after another, into Ts. What
// it learned from one page serves the next. It is for one goroutine.
type Pages[T any] struct {
	d decoder
}

// Options vary the reading of pages.
type Options struct {
	// Open fetches a further page of a child list. A list that has one is an
	// error without it.
	Open func(path string) (io.ReadCloser, error)
	// Strict refuses a key that the struct has no field for.
	Strict bool
	// MaxRecord is how many bytes a record may have, its child lists included, at
	// least 128 KB. The error is ErrTooLarge for one that has more. Defaults to
	// 64 MB.
	MaxRecord int
}

// NewPages compiles the plan of T. The error names a type that cannot be read.
func NewPages[T any](types *Types, opt Options) (*Pages[T], error) {
	p := &Pages[T]{decoder{types: types, open: opt.Open, strict: opt.Strict, window: window{most: opt.MaxRecord}}}
	root, err := types.plan(reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	p.d.root = newNode(root)
	return p, p.d.init()
}

// Begin reads a page up to its first record. within names the members that lie
// around the page, if any: compositeResponse, body. The error is a
// [NoPageError] when another value stands where the page should.
func (ps *Pages[T]) Begin(r io.Reader, within ...string) error {
	return ps.d.begin(r, within)
}

// Next reads the next record. The error is io.EOF behind the last one.
func (ps *Pages[T]) Next(v *T) error {
	*v = *new(T)
	return ps.d.next(placeOf(v))
}

// Envelope is what has been read of it so far: all of it after the last record.
func (ps *Pages[T]) Envelope() Envelope { return ps.d.envelope }

// Value reads the one value of a body.
func (ps *Pages[T]) Value(r io.Reader, v *T) error {
	ps.d.r = r
	return ps.d.single(ps.d.root, placeOf(v))
}

// Unmarshal reads one value into the variable that v points to.
func (ts *Types) Unmarshal(data []byte, v any) error {
	to := reflect.ValueOf(v)
	if to.Kind() != reflect.Pointer || to.IsNil() {
		return fmt.Errorf("%T is no pointer to a variable", v)
	}
	root, err := ts.plan(to.Type().Elem())
	if err != nil {
		return err
	}
	d := decoder{types: ts}
	d.r = bytes.NewReader(data)
	return d.single(newNode(root), placeOfValue(to.Elem()))
}

// NoPageError is a value that stands where a page should: the errors of a
// request inside another one.
type NoPageError struct {
	Value []byte // JSON
}

func (*NoPageError) Error() string { return "it is no page of records" }

// decoder reads JSON.
type decoder struct {
	window
	texts
	types  *Types
	open   func(path string) (io.ReadCloser, error)
	strict bool
	root   *node
	any    *plan // of any
	rec    *plan // of Types.Record
	depth  int
	err    error

	envelope Envelope
	state    listState
	count    int    // records of the page so far
	outer    int    // objects and lists around the page
	fetch    bool   // child lists are completed
	missing  bool   // a child list of the record goes on elsewhere
	spare    int64  // bytes that the further pages of its child lists may have
	outside  *int64 // spare of the record that this one is a child of, nil for none
}

// listState says where in a page the decoder is.
type listState uint8

const (
	beforeList listState = iota
	inList
	behindList
)

func (d *decoder) init() (err error) {
	if d.any, err = d.types.plan(reflect.TypeFor[any]()); err == nil && d.types.Record != nil {
		d.rec, err = d.types.plan(d.types.Record)
	}
	return err
}

// whole calls step at p until the window holds all that step reads.
func (d *decoder) whole(step func(p int) int) error {
	for {
		d.depth = 0
		if q := step(d.p); q >= 0 {
			d.p = q
			return nil
		}
		if !errors.Is(d.err, errShort) {
			return d.err
		}
		d.drop()
		if err := d.more(); err != nil {
			return err
		}
	}
}

// single reads the one value of a body, and what comes behind it.
func (d *decoder) single(n *node, to place) error {
	if d.any == nil {
		if err := d.init(); err != nil {
			return err
		}
	}
	d.reset(d.r)
	if err := d.whole(func(p int) int {
		p = space(d.buf, p)
		if p == d.end {
			return d.syntax(p, "a value")
		}
		return d.value(n, to, p)
	}); err != nil {
		return err
	}
	d.flush()
	return d.finish()
}

// finish reads the stream to its end, where only white space may stand.
func (d *decoder) finish() error {
	for from := d.at(); ; {
		if err := d.bounded(from); err != nil {
			return err
		}
		if d.p = space(d.buf, d.p); d.p < d.end {
			d.syntax(d.p, "the end")
			return d.err
		}
		if err := d.fill(); err != nil {
			return noEOF(err)
		}
	}
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// begin enters a page and stops inside the list of records.
func (d *decoder) begin(r io.Reader, within []string) error {
	d.reset(r)
	d.drop()
	d.envelope, d.state, d.count, d.outer = Envelope{}, beforeList, 0, 0
	for _, name := range within {
		if err := d.descend(name); err != nil {
			return err
		}
	}
	if err := d.whole(d.enter); err != nil {
		return err
	}
	return d.members()
}

// enter passes the brace of the page. Another value is given to the caller.
func (d *decoder) enter(p int) int {
	p = space(d.buf, p)
	if d.buf[p] == '{' {
		return p + 1
	}
	if q := d.skip(p); q < 0 {
		return q
	} else if d.outer > 0 {
		d.err = &NoPageError{bytes.Clone(d.buf[p:q])}
		return failed
	}
	return d.syntax(p, "a page of records")
}

// descend goes from before an object to before the value of its member, or of
// that of the first object in a list.
func (d *decoder) descend(name string) error {
	for from := d.at(); ; {
		found := false
		err := d.whole(func(p int) int {
			if p = space(d.buf, p); d.buf[p] != '{' && d.buf[p] != '[' && d.buf[p] != ',' {
				return d.syntax(p, "an object")
			}
			if d.buf[p] == '[' {
				return p + 1
			}
			key, q := d.key(p + 1)
			if q < 0 {
				return q
			}
			if found = string(key) == name; found {
				return q
			}
			return d.skip(q)
		})
		if err != nil || found {
			d.outer++
			return err
		}
		if err := d.bounded(from); err != nil {
			return err
		}
	}
}

// key reads a key and its colon.
func (d *decoder) key(p int) (key []byte, q int) {
	key, p = d.quoted(space(d.buf, p))
	if p < 0 {
		return nil, p
	}
	if p = space(d.buf, p); d.buf[p] != ':' {
		return nil, d.syntax(p, "a colon")
	}
	return key, p + 1
}

// members reads the members of a page up to the list of records or the page's
// end. It is called behind the brace or behind a value.
func (d *decoder) members() error {
	first := d.state == beforeList
	for from := d.at(); ; {
		done := false
		err := d.whole(func(p int) (q int) {
			p = space(d.buf, p)
			if d.buf[p] == '}' {
				done = true
				return p + 1
			}
			if !first {
				if d.buf[p] != ',' {
					return d.syntax(p, "} or ,")
				}
				p++
			}
			q, done = d.member(p)
			return q
		})
		switch {
		case err != nil:
			return err
		case done && d.state == inList:
			return nil
		case done && d.state == beforeList:
			return &Error{Offset: d.base + int64(d.p), Err: errors.New("the page has no records")}
		case done:
			return d.leave()
		}
		if err := d.bounded(from); err != nil {
			return err
		}
		first = false
	}
}

// member reads one member of a page.
func (d *decoder) member(p int) (q int, listed bool) {
	key, p := d.key(p)
	if p < 0 {
		return p, false
	}
	p = space(d.buf, p)
	switch string(key) {
	case "records":
		switch {
		case d.state != beforeList:
			return d.syntax(p, "no second list of records"), false
		case d.buf[p] != '[':
			return d.syntax(p, "a list of records"), false
		}
		d.state = inList
		return p + 1, true
	default:
		q, _ = d.envelopeMember(&d.envelope, key, p)
		return q, false
	}
}

// envelopeMember reads one member of a page or a child list other than its
// records.
func (d *decoder) envelopeMember(to *Envelope, key []byte, p int) (q int, isDone bool) {
	b := d.buf
	switch string(key) {
	case "totalSize":
		if q = d.number(p); q < 0 {
			return q, false
		}
		n, ok := signed(b[p:q], 4)
		if !ok {
			return d.syntax(p, "a number of records"), false
		}
		to.Total = int(n)
	case "done":
		if b[p] == '"' || b[p] == 'n' {
			return d.syntax(p, "true or false"), false
		}
		if q = d.literal(p); q >= 0 {
			to.Done = b[p] == 't'
		}
		return q, true
	case "nextRecordsUrl":
		if b[p] == 'n' {
			return d.literal(p), false
		}
		text, q := d.quoted(p)
		if q >= 0 {
			to.Next = string(text)
		}
		return q, false
	default:
		q = d.skip(p)
	}
	return q, false
}

// next reads the next record into a place that is zero.
func (d *decoder) next(to place) error {
	if d.state != inList {
		return io.EOF
	}
	p, err := d.toRecord()
	if err != nil {
		return err
	}
	if p < 0 {
		d.state = behindList
		if err := d.members(); err != nil {
			return err
		}
		return io.EOF
	}
	d.p = p
	if err := d.readRecord(to); err != nil {
		if e, ok := errors.AsType[*Error](err); ok {
			e.Path = "records[" + strconv.Itoa(d.count) + "]" + e.Path
		}
		return err
	}
	d.count++
	return nil
}

// toRecord returns the position of the next record, and a negative one behind
// the last.
func (d *decoder) toRecord() (p int, err error) {
	for {
		b := d.buf
		p = space(b, d.p)
		switch {
		case b[p] == ']':
			d.p = p + 1
			return failed, nil
		case b[p] == ',' && d.count > 0:
			if p = space(b, p+1); p < d.end {
				return p, nil
			}
		case p < d.end && d.count == 0:
			return p, nil
		case p < d.end:
			d.syntax(p, "] or ,")
			return failed, d.err
		}
		if err := d.more(); err != nil {
			return failed, err
		}
	}
}

// readRecord reads the record at p. When child lists of it go on elsewhere it is
// read once more, now that it is known to be complete, and they are fetched.
func (d *decoder) readRecord(to place) error {
	d.fetch, d.missing, d.spare = false, false, int64(d.largest())
	for {
		d.depth = 0
		q := d.value(d.root, to, d.p)
		switch {
		case q >= 0 && d.missing && !d.fetch:
			d.fetch = true
			d.clear(to)
		case q >= 0:
			d.p = q
			d.flush()
			return nil
		case !errors.Is(d.err, errShort):
			return d.err
		default:
			d.clear(to)
			if err := d.more(); err != nil {
				return err
			}
		}
	}
}

// clear takes back what was read of a record.
func (d *decoder) clear(to place) {
	valueAt(to, d.root.typ).SetZero()
	d.drop()
}

// leave reads what lies around the page, and the end of the body, so that the
// connection can be used again.
func (d *decoder) leave() error {
	if d.outer > 0 {
		return d.leaveOuter()
	}
	return d.finish()
}

// leaveOuter passes over the rest of a body that is known to be well-formed up
// to here.
func (d *decoder) leaveOuter() error {
	for from := d.at(); ; {
		if err := d.bounded(from); err != nil {
			return err
		}
		d.p = d.end
		if err := d.fill(); err != nil {
			return noEOF(err)
		}
	}
}
