package decode

import (
	"encoding/binary"
	"math/bits"
)

// Lines finds the ends of rows in CSV whose values stay as they are. The zero
// value is ready for the beginning of a stream.
type Lines struct {
	quoted bool // what comes next is inside a value in quotes
}

// Scan looks at the next part of the stream. It returns how many rows end in it,
// and the position behind the last of them; behind the one that is the most-th it
// stops.
func (l *Lines) Scan(b []byte, most int) (rows, end int) {
	for p := 0; p < len(b); p += 8 {
		var word uint64
		if p+8 <= len(b) {
			word = binary.LittleEndian.Uint64(b[p:])
		} else {
			var rest [8]byte
			copy(rest[:], b[p:])
			word = binary.LittleEndian.Uint64(rest[:])
		}
		quotes, breaks := marked(word, '"'), marked(word, '\n')
		if quotes|breaks == 0 {
			continue
		}
		inside := quotes ^ quotes<<1
		inside ^= inside << 2
		inside ^= inside << 4
		if l.quoted {
			inside = ^inside
		}
		l.quoted = inside>>7 == 1
		for ends := breaks &^ inside; ends != 0; ends &= ends - 1 {
			rows++
			end = p + bits.TrailingZeros8(ends) + 1
			if rows == most {
				l.quoted = false
				return rows, end
			}
		}
	}
	return rows, end
}

// Quoted reports whether the stream has got into a value in quotes, and not out
// of it.
func (l *Lines) Quoted() bool { return l.quoted }

// marked has a bit for each of the eight bytes that is c.
func marked(word uint64, c byte) uint8 {
	word ^= ones * uint64(c)
	zero := ^((word&^highs + ^uint64(highs)) | word) & highs
	return uint8(zero >> 7 * 0x0102040810204080 >> 56)
}
