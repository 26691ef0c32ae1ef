package salesforcetest

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// A field's value is nil or one of
//
//	string     text, picklists, ids
//	bool       checkboxes
//	decimal    numbers
//	date       dates
//	time.Time  instants, in UTC and whole milliseconds
//	timeOfDay  times
//	*blob      binary content
//	address    compound addresses, which are never stored
//
// Rows of aggregate queries also hold int and float64.

// Layouts of instants and times of day on the wire.
const (
	wireDateTime = "2006-01-02T15:04:05.000-0700"
	wireDate     = "2006-01-02"
	wireTime     = "15:04:05.000Z"
)

// decimal is the exact number coef / 10^scale.
type decimal struct {
	coef  int64
	scale int
}

var (
	errSyntax = errors.New("not a number")
	errRange  = errors.New("outside of the valid range")
)

// parseDecimal reads a JSON or SOQL number, rounded half away from zero to
// scale digits behind the point.
func parseDecimal(s string, scale int) (decimal, error) {
	if d, ok := parsePlain(s, scale); ok {
		return d, nil
	}
	if mantissa, exp, found := strings.Cut(strings.ToLower(s), "e"); found || len(mantissa) > 400 {
		// An exponent decides how much memory the number takes.
		if n, err := strconv.Atoi(exp); err != nil || n < -400 || n > 400 || len(mantissa) > 400 {
			return decimal{}, errRange
		}
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok || strings.ContainsAny(s, "/_xXpPbBoO") {
		return decimal{}, errSyntax
	}
	r.Mul(r, new(big.Rat).SetInt64(pow10(scale)))
	n, ok := new(big.Int).SetString(r.FloatString(0), 10)
	if !ok || !n.IsInt64() {
		return decimal{}, errRange
	}
	return decimal{n.Int64(), scale}, nil
}

// parsePlain is parseDecimal for what nearly all numbers are: few digits, of
// which none has to be rounded away.
func parsePlain(s string, scale int) (decimal, bool) {
	whole, fraction, _ := strings.Cut(s, ".")
	digits, negative := strings.CutPrefix(whole, "-")
	if digits == "" || len(fraction) > scale || len(digits)+scale > 18 {
		return decimal{}, false
	}
	n, err := strconv.ParseUint(digits+fraction, 10, 63)
	if err != nil {
		return decimal{}, false
	}
	coef := int64(n) * pow10(scale-len(fraction))
	if negative {
		coef = -coef
	}
	return decimal{coef, scale}, true
}

func pow10(n int) int64 {
	p := int64(1)
	for range min(n, 18) {
		p *= 10
	}
	return p
}

// fromRat rounds to scale digits behind the point.
func fromRat(r *big.Rat, scale int) decimal {
	d, err := parseDecimal(r.FloatString(scale), scale)
	if err != nil {
		return decimal{math.MaxInt64, scale}
	}
	return d
}

func product(a, b decimal, scale int) decimal {
	return fromRat(new(big.Rat).Mul(a.rat(), b.rat()), scale)
}

func (d decimal) rat() *big.Rat { return big.NewRat(d.coef, pow10(d.scale)) }

func (d decimal) float() float64 {
	f, _ := d.rat().Float64()
	return f
}

func (d decimal) compare(e decimal) int {
	if d.scale == e.scale {
		return cmp.Compare(d.coef, e.coef)
	}
	return d.rat().Cmp(e.rat())
}

// String writes the number as Salesforce writes a double: with at least one
// digit behind the point, and no more than needed.
func (d decimal) String() string { return string(d.append(nil)) }

// append is String without its allocation, for long pages.
func (d decimal) append(b []byte) []byte {
	coef, scale := d.coef, d.scale
	for scale > 1 && coef%10 == 0 {
		coef, scale = coef/10, scale-1
	}
	if coef < 0 {
		b = append(b, '-')
	}
	unit := uint64(pow10(scale))
	b = strconv.AppendUint(b, uint64(abs(coef))/unit, 10)
	b = append(b, '.')
	if scale == 0 {
		return append(b, '0')
	}
	return appendPadded(b, uint64(abs(coef))%unit, scale)
}

// appendPadded writes n with leading zeros.
func appendPadded(b []byte, n uint64, width int) []byte {
	for range width {
		b = append(b, '0')
	}
	for i := len(b) - 1; n > 0; i-- {
		b[i] += byte(n % 10)
		n /= 10
	}
	return b
}

// date is a calendar day.
type date struct {
	year  int
	month time.Month
	day   int
}

func dateOf(t time.Time) date {
	y, m, d := t.Date()
	return date{y, m, d}
}

// start is when the day begins in a zone.
func (d date) start(zone *time.Location) time.Time {
	return time.Date(d.year, d.month, d.day, 0, 0, 0, 0, zone)
}

// add returns the day that many years, months and days later.
func (d date) add(years, months, days int) date {
	return dateOf(time.Date(d.year+years, d.month+time.Month(months), d.day+days, 0, 0, 0, 0, time.UTC))
}

func (d date) compare(e date) int {
	return cmp.Or(cmp.Compare(d.year, e.year), cmp.Compare(d.month, e.month), cmp.Compare(d.day, e.day))
}

func (d date) String() string { return string(d.append(nil)) }

func (d date) append(b []byte) []byte {
	b = append(appendPadded(b, uint64(d.year), 4), '-')
	b = append(appendPadded(b, uint64(d.month), 2), '-')
	return appendPadded(b, uint64(d.day), 2)
}

func parseDate(s string) (date, error) {
	t, err := time.Parse(wireDate, s)
	return dateOf(t), err
}

// timeOfDay is the time since midnight, in milliseconds.
type timeOfDay int

func (t timeOfDay) String() string {
	return time.UnixMilli(int64(t)).UTC().Format(wireTime)
}

// parseTimeOfDay reads a time with or without seconds, fractions and Z.
func parseTimeOfDay(s string) (timeOfDay, error) {
	s = strings.TrimSuffix(s, "Z")
	t, err := time.Parse("15:04:05", s)
	if err != nil {
		t, err = time.Parse("15:04", s)
	}
	midnight := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return timeOfDay(t.Sub(midnight).Milliseconds()), err
}

// dateTimeLayouts are the forms accepted from clients. A date alone is its
// beginning in UTC.
var dateTimeLayouts = []string{
	"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05-0700", "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", wireDate,
}

// parseDateTime reads an instant as clients write it.
func parseDateTime(s string) (time.Time, error) {
	for _, layout := range dateTimeLayouts {
		// Parse accepts fractions of a second that the layout does not name.
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC().Truncate(time.Millisecond), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no dateTime", s)
}

// appendDateTime writes an instant, as records hold it, in the layout
// wireDateTime.
func appendDateTime(b []byte, t time.Time) []byte {
	b = append(dateOf(t).append(b), 'T')
	hour, minute, second := t.Clock()
	b = append(appendPadded(b, uint64(hour), 2), ':')
	b = append(appendPadded(b, uint64(minute), 2), ':')
	b = append(appendPadded(b, uint64(second), 2), '.')
	b = appendPadded(b, uint64(t.Nanosecond()/1e6), 3)
	return append(b, "+0000"...)
}

// compareValues orders two values of one field; nil comes first. Text is
// compared as a dictionary does.
func compareValues(a, b any) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	switch a := a.(type) {
	case string:
		return collate(a, b.(string))
	case bool:
		return boolOrder(a) - boolOrder(b.(bool))
	case decimal:
		return a.compare(b.(decimal))
	case date:
		return a.compare(b.(date))
	case time.Time:
		return a.Compare(b.(time.Time))
	case timeOfDay:
		return cmp.Compare(a, b.(timeOfDay))
	case int:
		return cmp.Compare(a, b.(int))
	case float64:
		return cmp.Compare(a, b.(float64))
	}
	return 0
}

func boolOrder(b bool) int {
	if b {
		return 1
	}
	return 0
}

// compareText compares by lower-case letters. ASCII, nearly all text, costs no
// allocation.
func compareText(a, b string) int {
	for i := range min(len(a), len(b)) {
		x, y := lowerASCII(a[i]), lowerASCII(b[i])
		if x|y >= 0x80 {
			return strings.Compare(strings.ToLower(a), strings.ToLower(b))
		}
		if x != y {
			return int(x) - int(y)
		}
	}
	if len(a) == len(b) {
		return 0
	}
	return strings.Compare(strings.ToLower(a), strings.ToLower(b))
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
