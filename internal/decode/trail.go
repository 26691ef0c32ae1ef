package decode

import "errors"

// errCircle is the error of pages that lead back to one that has been read.
var errCircle = errors.New("its pages lead in a circle")

// A Trail tells whether the addresses of pages, each of which names the next,
// repeat themselves. It keeps one of them, and another one whenever it has seen
// twice as many: a circle is found before it has been gone round three times. The
// zero value is ready.
type Trail struct {
	kept  string
	seen  int // since kept was kept
	until int
}

// Next takes the address of the next page. It fails when the pages lead in a
// circle.
func (t *Trail) Next(address string) error {
	if t.until > 0 && address == t.kept {
		return errCircle
	}
	if t.seen++; t.seen > t.until {
		t.kept, t.seen, t.until = address, 0, 2*t.until+1
	}
	return nil
}
