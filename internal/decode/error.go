package decode

import (
	"errors"
	"fmt"
	"strings"
)

// Error is what is wrong with the bytes that came, or with the type that they
// should go into.
type Error struct {
	// Offset is the position in the body, from 0.
	Offset int64
	// Path leads to the value, such as records[3].Owner.Name. It is empty for
	// what stands around the records.
	Path string
	// Mismatch says that the bytes are well-formed and the Go type is another.
	Mismatch bool
	// Err is the cause.
	Err error
}

// maxPath is how much of a path is told, in bytes: a key may be as long as it
// likes.
const maxPath = 200

// Error gives place and cause:
//
//	records[3].Owner.Name: a number does not go into a string (byte 1234)
func (e *Error) Error() string {
	text := fmt.Sprintf("%v (byte %d)", e.Err, e.Offset)
	if e.Path == "" {
		return text
	}
	path := strings.TrimPrefix(e.Path, ".")
	if len(path) > maxPath {
		path = strings.ToValidUTF8(path[:maxPath], "") + "…"
	}
	return path + ": " + text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// errShort says that the window ends inside of what is read. It never gets out.
var errShort = errors.New("more is needed")

// failed is the position that stands for a failure; the decoder holds the error.
const failed = -1

// syntax fails at a byte that cannot stand there. At the window's edge it may
// just not have come yet.
func (d *decoder) syntax(p int, want string) int {
	if p >= d.end {
		d.err = errShort
		return failed
	}
	d.err = &Error{Offset: d.base + int64(p), Err: fmt.Errorf("%q where %s belongs", d.buf[p], want)}
	return failed
}

// mismatch fails at a value that the type does not take.
func (d *decoder) mismatch(p int, format string, args ...any) int {
	d.err = &Error{Offset: d.base + int64(p), Mismatch: true, Err: fmt.Errorf(format, args...)}
	return failed
}

// within puts a step before the path of the error.
func (d *decoder) within(step string) int {
	if e, ok := errors.AsType[*Error](d.err); ok {
		e.Path = step + e.Path
	}
	return failed
}
