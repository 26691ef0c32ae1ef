package decode

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// whole reads an integer as JSON writes it. A number that has a fraction or an
// exponent and is an integer all the same counts: a field without decimals
// comes as 12.0, a large one as 1.2E7.
func whole(text []byte) (magnitude uint64, negative, ok bool) {
	i := 0
	if negative = len(text) > 0 && text[0] == '-'; negative {
		i = 1
	}
	if i == len(text) {
		return 0, negative, false
	}
	if len(text)-i > 19 {
		return wholeSlow(text[i:], negative)
	}
	for _, c := range text[i:] {
		if !isDigit(c) {
			return wholeSlow(text[i:], negative)
		}
		magnitude = magnitude*10 + uint64(c-'0')
	}
	return magnitude, negative, true
}

// wholeSlow reads a magnitude with many digits, a fraction or an exponent.
func wholeSlow(text []byte, negative bool) (magnitude uint64, _, ok bool) {
	mantissa, exponent := string(text), 0
	if i := strings.IndexAny(mantissa, "eE"); i >= 0 {
		var err error
		if exponent, err = strconv.Atoi(mantissa[i+1:]); err != nil {
			return 0, negative, false
		}
		mantissa = mantissa[:i]
	}
	before, after, _ := strings.Cut(mantissa, ".")
	all := strings.TrimLeft(before+after, "0")
	digits := strings.TrimRight(all, "0")
	exponent += len(all) - len(digits) - len(after)
	switch {
	case digits == "":
		return 0, negative, true
	case exponent < 0 || exponent > 20:
		return 0, negative, false
	}
	magnitude, err := strconv.ParseUint(digits+strings.Repeat("0", exponent), 10, 64)
	return magnitude, negative, err == nil
}

// signed returns an integer of so many bytes, if it fits.
func signed(text []byte, size uintptr) (v int64, ok bool) {
	m, negative, ok := whole(text)
	limit := uint64(1) << (8*size - 1)
	switch {
	case !ok:
		return 0, false
	case negative:
		return -int64(m), m <= limit // -limit is the smallest integer, and its own negative
	default:
		return int64(m), m < limit
	}
}

// unsigned returns an integer of so many bytes, if it fits.
func unsigned(text []byte, size uintptr) (v uint64, ok bool) {
	m, negative, ok := whole(text)
	if !ok || negative && m > 0 {
		return 0, false
	}
	return m, size == 8 || m>>(8*size) == 0
}

// tens are the powers of ten that a float64 holds exactly.
var tens = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// float reads a number into a float of so many bytes. With few digits and a
// small exponent, one exact division gives what strconv would give.
func float(text []byte, size uintptr) (v float64, ok bool) {
	if size == 8 {
		if v, ok = shortFloat(text); ok {
			return v, true
		}
	}
	if !isNumber(text) {
		return 0, false // strconv reads more than JSON has: Inf, 0x1p-2
	}
	v, err := strconv.ParseFloat(string(text), int(8*size))
	return v, err == nil
}

// isNumber reports whether a text is a number as JSON writes it.
func isNumber(text []byte) bool {
	d := decoder{window: window{buf: append(slices.Clip(text), make([]byte, padding)...), end: len(text), eof: true}}
	return d.number(0) == len(text)
}

// shortFloat reads digits with a point among them.
func shortFloat(text []byte) (v float64, ok bool) {
	var mantissa uint64
	point, i := -1, 0
	if len(text) > 0 && text[0] == '-' {
		i = 1
	}
	if n := len(text) - i; n == 0 || n > 17 {
		return 0, false
	}
	for ; i < len(text); i++ {
		switch c := text[i]; {
		case isDigit(c):
			mantissa = mantissa*10 + uint64(c-'0')
		case c == '.' && point < 0:
			point = i
		default:
			return 0, false
		}
	}
	if last := len(text) - 1; mantissa > 1<<53 || point == 0 || point == last {
		return 0, false
	}
	v = float64(mantissa)
	if point >= 0 {
		v /= tens[len(text)-1-point]
	}
	if text[0] == '-' {
		v = math.Copysign(v, -1)
	}
	return v, true
}
