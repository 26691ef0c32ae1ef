package decode

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// padding is how many bytes a window has beyond its end, so that eight can be
// read at once anywhere in it. The first of them ends every scan: for JSON it is
// 0, which can stand nowhere in it.
const padding = 8

// plainEnd returns the position of the first byte, from p on, that ends the
// plain part of a JSON string: a quote, a backslash or a control character. It
// reads eight bytes at a time. ascii is true when all before it is ASCII.
func plainEnd(b []byte, p int) (q int, ascii bool) {
	var high uint64
	for {
		x := binary.LittleEndian.Uint64(b[p:])
		quote, slash := x^(ones*'"'), x^(ones*'\\')
		stop := ((x-ones*0x20)&^x | (quote-ones)&^quote | (slash-ones)&^slash) & highs
		if stop != 0 {
			n := bits.TrailingZeros64(stop) &^ 7
			return p + n>>3, (high|x&(1<<n-1))&highs == 0
		}
		high |= x
		p += 8
	}
}

// space returns the position of the first byte that is no white space.
func space(b []byte, p int) int {
	for b[p] == ' ' || b[p] == '\n' || b[p] == '\r' || b[p] == '\t' {
		p++
	}
	return p
}

// quoted reads the JSON string at p and returns what it says. It is a part of
// the window, or of d.texts, and valid until the record ends.
func (d *decoder) quoted(p int) (text []byte, q int) {
	b := d.buf
	if b[p] != '"' {
		return nil, d.syntax(p, "a string")
	}
	q, ascii := plainEnd(b, p+1)
	if b[q] == '"' && (ascii || utf8.Valid(b[p+1:q])) {
		return b[p+1 : q], q + 1
	}
	return d.unescape(p, p+1)
}

// unescape reads the string at p from its first byte on, resolving escapes and
// replacing what is no UTF-8 by U+FFFD, as encoding/json does.
func (d *decoder) unescape(start, p int) (text []byte, q int) {
	b := d.buf
	begin := len(d.scratch)
	for {
		q, ascii := plainEnd(b, p)
		if ascii {
			d.scratch = append(d.scratch, b[p:q]...)
		} else {
			d.scratch = appendValid(d.scratch, b[p:q])
		}
		switch {
		case b[q] == '"':
			return d.scratch[begin:len(d.scratch):len(d.scratch)], q + 1
		case b[q] != '\\':
			return nil, d.syntax(q, "the rest of a string")
		}
		if p = d.escape(q); p < 0 {
			return nil, failed
		}
	}
}

// appendValid appends text with each byte that is no UTF-8 replaced by U+FFFD.
func appendValid(to, text []byte) []byte {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		to = utf8.AppendRune(to, r)
		text = text[size:]
	}
	return to
}

// escapes are the characters that stand for another one behind a backslash.
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape appends what the escape at p stands for.
func (d *decoder) escape(p int) (q int) {
	b := d.buf
	if c := escapes[b[p+1]]; c != 0 {
		d.scratch = append(d.scratch, c)
		return p + 2
	}
	if b[p+1] != 'u' {
		return d.syntax(p+1, "an escape")
	}
	r, q := d.hex(p + 2)
	if q < 0 {
		return q
	}
	if utf16.IsSurrogate(r) {
		if b[q] == '\\' && b[q+1] == 'u' {
			low, after := d.hex(q + 2)
			if after < 0 {
				return after
			}
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				d.scratch = utf8.AppendRune(d.scratch, pair)
				return after
			}
		}
		r = utf8.RuneError
	}
	d.scratch = utf8.AppendRune(d.scratch, r)
	return q
}

// hex reads four hexadecimal digits.
func (d *decoder) hex(p int) (r rune, q int) {
	for i := range 4 {
		c := d.buf[p+i]
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, d.syntax(p+i, "a hexadecimal digit")
		}
		r = r<<4 | rune(c)
	}
	return r, p + 4
}

// maxDepth is how deep objects and lists may be nested, as in encoding/json.
const maxDepth = 10000

// skip passes over a value of any kind, checking that it is well-formed.
func (d *decoder) skip(p int) int {
	b := d.buf
	p = space(b, p)
	switch c := b[p]; {
	case c == '"':
		return d.skipString(p)
	case c == '{' || c == '[':
		return d.skipNested(p)
	case c == '-' || '0' <= c && c <= '9':
		return d.number(p)
	default:
		return d.literal(p)
	}
}

// skipString passes over a string.
func (d *decoder) skipString(p int) int {
	b := d.buf
	if b[p] != '"' {
		return d.syntax(p, "a string")
	}
	for q := p + 1; ; {
		q, _ = plainEnd(b, q)
		switch {
		case b[q] == '"':
			return q + 1
		case b[q] != '\\':
			return d.syntax(q, "the rest of a string")
		case escapes[b[q+1]] != 0:
			q += 2
		case b[q+1] != 'u':
			return d.syntax(q+1, "an escape")
		default:
			if _, q = d.hex(q + 2); q < 0 {
				return q
			}
		}
	}
}

// skipNested passes over an object or a list and what is in it.
func (d *decoder) skipNested(p int) int {
	b := d.buf
	object := b[p] == '{'
	closing, what := byte(']'), "] or ,"
	if object {
		closing, what = '}', "} or ,"
	}
	if p = space(b, p+1); b[p] == closing {
		return p + 1
	}
	if d.depth++; d.depth > maxDepth {
		return d.mismatch(p, "values are nested too deep")
	}
	for {
		if object {
			if p = d.skipString(space(b, p)); p < 0 {
				return p
			}
			if p = space(b, p); b[p] != ':' {
				return d.syntax(p, "a colon")
			}
			p++
		}
		if p = d.skip(p); p < 0 {
			return p
		}
		switch p = space(b, p); b[p] {
		case ',':
			p++
		case closing:
			d.depth--
			return p + 1
		default:
			return d.syntax(p, what)
		}
	}
}

// literal passes over true, false or null.
func (d *decoder) literal(p int) int {
	var want string
	switch d.buf[p] {
	case 't':
		want = "true"
	case 'f':
		want = "false"
	case 'n':
		want = "null"
	default:
		return d.syntax(p, "a value")
	}
	for i := range len(want) {
		if d.buf[p+i] != want[i] {
			return d.syntax(p+i, want)
		}
	}
	return p + len(want)
}

// number passes over a number. One that reaches the window's edge may go on
// behind it.
func (d *decoder) number(p int) int {
	b := d.buf
	if b[p] == '-' {
		p++
	}
	switch {
	case b[p] == '0':
		p++
	case '1' <= b[p] && b[p] <= '9':
		p = digits(b, p)
	default:
		return d.syntax(p, "a digit")
	}
	if b[p] == '.' {
		if p++; !isDigit(b[p]) {
			return d.syntax(p, "a digit")
		}
		p = digits(b, p)
	}
	if b[p]|0x20 == 'e' {
		if p++; b[p] == '+' || b[p] == '-' {
			p++
		}
		if !isDigit(b[p]) {
			return d.syntax(p, "a digit")
		}
		p = digits(b, p)
	}
	if p == d.end && !d.eof {
		return d.syntax(p, "")
	}
	return p
}

func digits(b []byte, p int) int {
	for isDigit(b[p]) {
		p++
	}
	return p
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
