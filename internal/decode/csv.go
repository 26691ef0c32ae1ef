package decode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
)

// CSV splits a stream into rows of values, without a copy of them. It is for
// one goroutine.
//
// A value in quotes may hold the delimiter, line breaks, which stay as they
// are, and quotes, each written twice. A row ends with LF or CRLF. Empty lines
// are passed over. All rows have as many values as the first.
type CSV struct {
	window
	comma   byte
	row     [][]byte // the values of a row
	width   int      // of the first row; 0 before it
	rows    int      // read so far
	start   int64    // position of the row in the stream
	scratch []byte   // values that had quotes in them
}

// NewCSV returns a splitter for values between which comma stands.
func NewCSV(r io.Reader, comma byte) *CSV {
	c := &CSV{comma: comma, window: window{stop: '"'}}
	c.Reset(r)
	return c
}

// Reset begins another stream, whose rows may have another number of values.
func (c *CSV) Reset(r io.Reader) {
	c.reset(r)
	c.width, c.rows = 0, 0
}

// Next returns the next row. It is valid until the row after it is read. The
// error is io.EOF behind the last one.
func (c *CSV) Next() ([][]byte, error) {
	for {
		p, err := c.split(c.p)
		switch {
		case err == nil:
			return c.row, c.accept(p)
		case !errors.Is(err, errShort):
			return nil, err
		}
		if c.eof && len(bytes.Trim(c.buf[c.p:c.end], "\r\n")) == 0 {
			return nil, io.EOF
		}
		if err := c.more(); err != nil {
			return nil, err
		}
	}
}

// accept takes the row that ends at p, if it has as many values as the first.
func (c *CSV) accept(p int) error {
	c.p = p
	c.rows++
	if c.width == 0 {
		c.width = len(c.row)
	}
	if len(c.row) != c.width {
		return c.fault(c.start, "the row has %d values, the first one %d", len(c.row), c.width)
	}
	return nil
}

func (c *CSV) fault(offset int64, format string, args ...any) error {
	return &Error{Offset: offset, Path: fmt.Sprintf("rows[%d]", c.rows), Err: fmt.Errorf(format, args...)}
}

// split divides the row at p into values and returns the position of the next.
func (c *CSV) split(p int) (next int, err error) {
	b := c.buf
	c.row, c.scratch = c.row[:0], c.scratch[:0]
	for p < c.end && (b[p] == '\n' || b[p] == '\r' && (b[p+1] == '\n' || p+1 == c.end && c.eof)) {
		p++
	}
	if p == c.end {
		return 0, errShort
	}
	c.start = c.base + int64(p)
	for {
		var value []byte
		if b[p] == '"' && p < c.end {
			if q := quoteEnd(b, p+1); q+1 < c.end && b[q+1] != '"' {
				value, p = b[p+1:q:q], q+1
			} else {
				value, p, err = c.inQuotes(p + 1)
			}
		} else {
			value, p, err = c.bare(p)
		}
		if err != nil {
			return 0, err
		}
		c.row = append(c.row, value)
		if p < c.end && b[p] == c.comma {
			p++
			continue
		}
		return c.lineEnd(p)
	}
}

// lineEnd passes over the end of a row.
func (c *CSV) lineEnd(p int) (next int, err error) {
	b := c.buf
	switch left := c.end - p; {
	case left == 0 && c.eof:
		return p, nil
	case left > 0 && b[p] == '\n':
		return p + 1, nil
	case left > 1 && b[p] == '\r' && b[p+1] == '\n':
		return p + 2, nil
	case left == 1 && b[p] == '\r' && c.eof:
		return p + 1, nil
	case left == 0, left == 1 && b[p] == '\r':
		return 0, errShort
	default:
		return 0, c.fault(c.base+int64(p), "%q behind a value in quotes", b[p])
	}
}

// bare reads a value without quotes.
func (c *CSV) bare(p int) (value []byte, next int, err error) {
	b := c.buf
	for q := p; ; q++ {
		switch b[q] {
		case c.comma, '\n':
			return b[p:q:q], q, nil
		case '"':
			switch {
			case q < c.end:
				return nil, 0, c.fault(c.base+int64(q), "a quote inside a value without quotes")
			case !c.eof:
				return nil, 0, errShort
			}
			return b[p:q:q], q, nil
		case '\r':
			if b[q+1] == '\n' || q+1 == c.end {
				return b[p:q:q], q, nil
			}
		}
	}
}

// inQuotes reads a value behind its opening quote. The window's end looks like a
// quote, so that a scan needs no other bound.
func (c *CSV) inQuotes(p int) (value []byte, next int, err error) {
	b := c.buf
	begin := len(c.scratch)
	for {
		q := quoteEnd(b, p)
		switch {
		case q >= c.end, q+1 == c.end && !c.eof:
			return nil, 0, errShort
		case b[q+1] == '"' && q+1 < c.end:
			c.scratch = append(c.scratch, b[p:q+1]...)
			p = q + 2
		case len(c.scratch) == begin:
			return b[p:q:q], q + 1, nil
		default:
			c.scratch = append(c.scratch, b[p:q]...)
			return c.scratch[begin:len(c.scratch):len(c.scratch)], q + 1, nil
		}
	}
}

// quoteEnd returns the position of the first quote from p on.
func quoteEnd(b []byte, p int) int {
	for {
		quote := binary.LittleEndian.Uint64(b[p:]) ^ ones*'"'
		if stop := (quote - ones) &^ quote & highs; stop != 0 {
			return p + bits.TrailingZeros64(stop)>>3
		}
		p += 8
	}
}
