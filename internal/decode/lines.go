package decode

import "bytes"

// Lines finds the ends of rows in CSV whose values stay as they are. The zero
// value is ready for the beginning of a stream.
type Lines struct {
	quoted bool // what comes next is inside a value in quotes
}

// Scan looks at the next part of the stream. It returns how many rows end in it,
// and the position behind the last of them; behind the one that is the most-th it
// stops.
func (l *Lines) Scan(b []byte, most int) (rows, end int) {
	for p := 0; rows < most; {
		n := bytes.IndexByte(b[p:], '\n')
		if n < 0 {
			l.pass(b[p:])
			break
		}
		l.pass(b[p : p+n])
		if p += n + 1; !l.quoted {
			rows, end = rows+1, p
		}
	}
	return rows, end
}

// pass passes over text: each second quote ends a value, or what is in it goes on.
func (l *Lines) pass(text []byte) {
	if bytes.Count(text, quote)%2 == 1 {
		l.quoted = !l.quoted
	}
}

var quote = []byte{'"'}

// Quoted reports whether the stream has got into a value in quotes, and not out
// of it.
func (l *Lines) Quoted() bool { return l.quoted }
