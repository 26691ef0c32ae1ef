package salesforce

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"

	"github.com/sfbridge/sfbridge/internal/decode"
)

// BulkQueryCSV writes what a SOQL query selects to w as CSV, the names of the
// columns first, and returns the number of rows. It goes about it as
// [BulkQuery] does. At an error, what was written so far is the beginning of the
// result; with more than one part in flight, it is some of its rows.
func (c *Client) BulkQueryCSV(ctx context.Context, w io.Writer, soql string, opt *BulkQueryOptions) (int64, error) {
	q, err := c.bulkQuery(ctx, soql, opt)
	if err != nil {
		return 0, err
	}
	out := &csvOut{w: bufio.NewWriterSize(w, 64<<10)}
	read := func(ctx context.Context, p *resultPage) error { return q.copyPage(ctx, p, out) }
	if q.opt.InFlight > 1 {
		err = q.spread(ctx, func() (partReader, error) { return read, nil })
		if err != nil && out.stopped() == nil {
			err = asError("bulk query", err)
		}
	} else {
		err = q.each(ctx, func(p *resultPage) error { return read(ctx, p) })
	}
	if err == nil {
		err = q.verify(out.rows)
	}
	return out.rows, cmp.Or(err, out.flush())
}

// csvOut is where the rows of all parts go.
type csvOut struct {
	mu     sync.Mutex // guards the rest
	w      *bufio.Writer
	headed bool // the names of the columns are there
	rows   int64
	failed error // of writing
}

// write writes whole rows, or the names of the columns if they are not there.
func (o *csvOut) write(rows int, text []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if rows == 0 && o.headed {
		return o.failed
	}
	_, err := o.w.Write(text)
	o.headed, o.rows, o.failed = true, o.rows+int64(rows), writeError(err)
	return o.failed
}

func (o *csvOut) flush() error { return writeError(o.w.Flush()) }

// stopped tells what was wrong with writing.
func (o *csvOut) stopped() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.failed
}

func writeError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("salesforce: bulk query: write the result: %w", err)
}

// copyPage writes a part. One that breaks off is asked for again, and the rows
// that were written already are passed over.
func (q *bulkQuery) copyPage(ctx context.Context, p *resultPage, out *csvOut) error {
	part := &csvPart{out: out, most: q.c.http.maxRecord(), buf: make([]byte, 64<<10)}
	for try := 0; ; try++ {
		err := part.copy(p)
		if err == nil {
			err = p.complete(part.taken)
		}
		if err == nil || out.stopped() != nil || !brokeOff(err) || !q.c.mayRepeat(ctx, try) {
			return err
		}
		if err := q.again(ctx, p); err != nil {
			return err
		}
	}
}

// csvPart is a part of the result on its way out.
type csvPart struct {
	out   *csvOut
	taken int64  // rows that were written
	most  int    // bytes of a row
	buf   []byte // beginning with a row

	lines  decode.Lines
	headed bool  // the names of the columns have come in
	skip   int64 // rows that an earlier try has written
}

// copy writes the rows of the part as they come in.
func (c *csvPart) copy(p *resultPage) error {
	c.lines, c.headed, c.skip = decode.Lines{}, false, c.taken
	kept := 0 // bytes of a row whose end has not come
	for {
		if kept == len(c.buf) {
			if kept >= c.most {
				return fault("bulk query", ErrTooLarge, "a row has more bytes than Config.MaxAnswer allows")
			}
			c.buf = append(c.buf, make([]byte, len(c.buf))...)
		}
		n, err := p.Read(c.buf[kept:])
		whole, failed := c.take(c.buf[:kept+n], kept)
		if failed != nil {
			return failed
		}
		kept = copy(c.buf, c.buf[whole:kept+n])
		switch {
		case errors.Is(err, io.EOF):
			return c.end(p, kept)
		case err != nil:
			return err
		}
	}
}

// take writes the rows that end behind at, and returns where the last of them
// does.
func (c *csvPart) take(text []byte, at int) (whole int, err error) {
	for at < len(text) {
		most := math.MaxInt
		if !c.headed {
			most = 1
		} else if c.skip > 0 {
			most = int(min(c.skip, math.MaxInt))
		}
		rows, end := c.lines.Scan(text[at:], most)
		if rows == 0 {
			break
		}
		if err := c.rowsEnd(rows, text[whole:at+end]); err != nil {
			return whole, err
		}
		whole = at + end
		if at = whole; rows < most {
			break
		}
	}
	return whole, nil
}

// rowsEnd takes rows that have come in whole.
func (c *csvPart) rowsEnd(rows int, text []byte) error {
	switch {
	case !c.headed:
		c.headed = true
		return c.out.write(0, text)
	case c.skip > 0:
		c.skip -= int64(rows)
		return nil
	default:
		c.taken += int64(rows)
		return c.out.write(rows, text)
	}
}

// end takes a last row without a line break.
func (c *csvPart) end(p *resultPage, kept int) error {
	switch {
	case c.lines.Quoted():
		return p.call.badAnswer(p.status, io.ErrUnexpectedEOF)
	case kept == 0:
		return nil
	default:
		return c.rowsEnd(1, append(c.buf[:kept:kept], '\n'))
	}
}
