package decode

import (
	"cmp"
	"errors"
	"io"
)

const (
	smallWindow = 4 << 10
	largeWindow = 128 << 10
)

// ErrTooLarge is the error of a record that is larger than the window may be.
var ErrTooLarge = errors.New("a record is larger than one may be")

// window is the part of a stream that is in memory. All before p has been read.
//
//	buf  …read…|…………………………|s·······|……free……|
//	           p           end
type window struct {
	r    io.Reader
	buf  []byte // as far as it may be looked at: up to end and the padding
	p    int
	end  int
	base int64 // position of buf in the stream
	eof  bool
	stop byte // stands behind the end
	most int  // bytes of the largest record; 0 for 64 MB
}

// reset begins a new stream.
func (w *window) reset(r io.Reader) {
	*w = window{r: r, buf: w.buf, stop: w.stop, most: w.most}
	if cap(w.buf) == 0 {
		w.buf = make([]byte, 0, smallWindow)
	}
	w.mark()
}

// mark puts behind the end what ends a scan: a byte that cannot stand inside of
// what is scanned, or that is looked at again.
func (w *window) mark() {
	w.buf = w.buf[:w.end+padding]
	clear(w.buf[w.end:])
	w.buf[w.end] = w.stop
}

// fill reads on. What is before p leaves the window, so positions change: what
// was at p is at 0 then. The error is io.EOF at the end of the stream.
func (w *window) fill() error {
	if w.eof {
		return io.EOF
	}
	kept := w.end - w.p
	if room := cap(w.buf) - padding; kept == room || w.end == room && cap(w.buf) < largeWindow {
		if err := w.enlarge(kept); err != nil {
			return err
		}
	} else {
		copy(w.buf, w.buf[w.p:w.end])
	}
	w.base += int64(w.p)
	w.p, w.end = 0, kept
	err := w.read()
	w.mark()
	return err
}

// largest is how many bytes a record may have.
func (w *window) largest() int { return max(cmp.Or(w.most, 64<<20), largeWindow) }

// at is the position in the stream.
func (w *window) at() int64 { return w.base + int64(w.p) }

// bounded fails when what stands around the records, from a position on, is as
// large as no record may be: it may have no end.
func (w *window) bounded(from int64) error {
	if w.at()-from > int64(w.largest()) {
		return ErrTooLarge
	}
	return nil
}

// enlarge moves what is not read yet to a larger buffer.
func (w *window) enlarge(kept int) error {
	most := w.largest()
	if kept >= most {
		return ErrTooLarge
	}
	size := min(2*cap(w.buf), most+padding)
	larger := make([]byte, size)
	copy(larger, w.buf[w.p:w.end])
	w.buf = larger[:kept]
	return nil
}

// read fills what is free, once.
func (w *window) read() error {
	for range 100 {
		n, err := w.r.Read(w.buf[w.end : cap(w.buf)-padding])
		w.end += n
		switch {
		case errors.Is(err, io.EOF):
			w.eof = true
			if n == 0 {
				return io.EOF
			}
			return nil
		case n > 0:
			return nil // an error comes again
		case err != nil:
			return err
		}
	}
	return io.ErrNoProgress
}

// more reads on because what begins at p is cut off. A large value is not tried
// again before there is twice as much of it, so that the tries stay few.
func (w *window) more() error {
	const large = 16 << 10
	have, ended := w.end-w.p, w.eof
	for {
		err := w.fill()
		switch {
		case errors.Is(err, io.EOF) && !ended:
			return nil // a number may end here
		case errors.Is(err, io.EOF):
			return io.ErrUnexpectedEOF
		case err != nil:
			return err
		case have < large || w.end-w.p >= 2*have:
			return nil
		}
	}
}
