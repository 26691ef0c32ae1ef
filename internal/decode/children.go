package decode

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"reflect"
	"strconv"
)

// maxAhead is for how many records a slice is made before they are there.
const maxAhead = 10_000

// children reads a child list into a slice. It is a page of its own, and says in
// the same way whether more of them follow.
func (d *decoder) children(n *node, v reflect.Value, p int) int {
	b := d.buf
	start := p
	var page Envelope
	done, listed := false, false
	for ; ; p = space(b, p) {
		switch {
		case b[p] == '}' && p > start:
			return d.closeChildren(n, v, page, done && listed, start, p+1)
		case b[p] != ',' && p > start:
			return d.syntax(p, "} or ,")
		case p == start && b[space(b, p+1)] == '}':
			return d.unfit(n, start)
		}
		key, q := d.key(p + 1)
		if q < 0 {
			return q
		}
		p = space(b, q)
		if string(key) == "records" && b[p] == '[' {
			v.Set(reflect.MakeSlice(n.typ, 0, min(max(page.Total, 0), maxAhead)))
			p, listed = d.elements(n, v, p), true
		} else {
			var isDone bool
			p, isDone = d.envelopeMember(&page, key, p)
			done = done || isDone
		}
		if p < 0 {
			return p
		}
	}
}

// closeChildren sees that a child list is complete.
func (d *decoder) closeChildren(n *node, v reflect.Value, page Envelope, list bool, start, q int) int {
	switch {
	case !list:
		return d.unfit(n, start)
	case page.Done:
		return q
	default:
		return d.rest(n, v, page.Next, start, q)
	}
}

// rest adds the records of the further pages of a child list to a slice.
func (d *decoder) rest(n *node, v reflect.Value, path string, start, q int) int {
	switch {
	case path == "":
		return d.mismatch(start, "the child list is not done and tells no next page")
	case d.open == nil:
		return d.mismatch(start, "the child list has a further page")
	case !d.fetch:
		d.missing = true
		return q
	}
	sub := &decoder{
		types: d.types, open: d.open, strict: d.strict, root: n.below(), any: d.any, rec: d.rec, window: window{most: d.most},
		outside: cmp.Or(d.outside, &d.spare),
	}
	var trail Trail
	for path != "" {
		err := trail.Next(path)
		if err == nil {
			err = d.restPage(sub, v, path)
		}
		if err != nil {
			d.err = err
			return d.within("[" + strconv.Itoa(v.Len()) + "]")
		}
		if path = sub.envelope.Next; sub.envelope.Done {
			return q
		}
	}
	return d.mismatch(start, "the child list is not done and tells no next page")
}

// restPage adds the records of one page.
func (d *decoder) restPage(sub *decoder, v reflect.Value, path string) error {
	body, err := d.open(path)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	if err := sub.begin(&metered{body, sub.outside}, nil); err != nil {
		return err
	}
	for {
		err := sub.next(d.grow(v))
		if err == nil {
			continue
		}
		v.SetLen(v.Len() - 1)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if e, ok := errors.AsType[*Error](err); ok {
			e.Path = "." + e.Path
		}
		return err
	}
}

// metered reads a page of what is to be held in memory as a part of one record.
type metered struct {
	io.Reader
	left *int64
}

func (m *metered) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	if *m.left -= int64(n); *m.left < 0 {
		return 0, ErrTooLarge
	}
	return n, err
}

// incomplete reports whether a value holds a list that goes on elsewhere.
func incomplete(value []byte) bool {
	return bytes.Contains(value, []byte(`"nextRecordsUrl"`)) && bytes.Contains(value, []byte(`"records"`))
}
