package salesforce

import (
	"errors"
	"fmt"
	"time"

	"github.com/sfbridge/sfbridge/internal/decode"
)

// Date is the value of a date field: a day on the calendar, without time and
// zone. The zero Date stands for no date; it is written as null.
//
// See "Primitive Data Types" in the Salesforce Object Reference.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf returns the day of t in t's own zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// ParseDate reads the form 2006-01-02.
func ParseDate(s string) (Date, error) {
	return parseDate([]byte(s))
}

func parseDate(text []byte) (Date, error) {
	year, month, day, ok := decode.Day(text)
	if !ok {
		return Date{}, fmt.Errorf("salesforce: parse date %q: want the form 2006-01-02", clip(string(text), 40))
	}
	return Date{year, time.Month(month), day}, nil
}

// IsZero reports whether d stands for no date.
func (d Date) IsZero() bool {
	return d == Date{}
}

// String returns the form 2006-01-02.
func (d Date) String() string {
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)
}

// In returns the first moment of the day in a zone.
func (d Date) In(zone *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, zone)
}

// MarshalText writes the form 2006-01-02. A day that is on no calendar, such
// as 30 February, is an error.
func (d Date) MarshalText() ([]byte, error) {
	if DateOf(d.In(time.UTC)) != d || d.Year < 0 || d.Year > 9999 {
		return nil, fmt.Errorf("salesforce: %v is no date", d)
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads the form 2006-01-02.
func (d *Date) UnmarshalText(text []byte) (err error) {
	*d, err = parseDate(text)
	return err
}

// MarshalJSON writes a string, and the zero Date as null.
func (d Date) MarshalJSON() ([]byte, error) {
	return marshalQuoted(d, d.IsZero())
}

// UnmarshalJSON reads a string; null gives the zero Date.
func (d *Date) UnmarshalJSON(data []byte) error {
	*d = Date{}
	return unmarshalQuoted(data, d)
}

// DateTime is the value of a date/time field: a moment, kept in UTC. Salesforce
// keeps whole seconds. The zero DateTime stands for none; it is written as null.
//
// Salesforce sends 2006-01-02T15:04:05.000+0000, which is not the RFC 3339
// form that time.Time reads from JSON; therefore this type.
type DateTime struct {
	time.Time
}

const dateTimeLayout = "2006-01-02T15:04:05.000Z"

// ParseDateTime reads the forms that Salesforce sends and takes: with or
// without a fraction of a second, the zone as +0000, +00:00 or Z.
func ParseDateTime(s string) (DateTime, error) {
	return parseDateTime([]byte(s))
}

func parseDateTime(text []byte) (DateTime, error) {
	if t, ok := decode.Moment(text); ok {
		return DateTime{t}, nil
	}
	s := string(text)
	for _, layout := range []string{"2006-01-02T15:04:05Z0700", time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil && inFourDigits(t.UTC()) {
			return DateTime{t.UTC()}, nil
		}
	}
	return DateTime{}, fmt.Errorf("salesforce: parse date/time %q: want the form 2006-01-02T15:04:05.000+0000", clip(s, 40))
}

// inFourDigits reports whether a year can be written in the four digits that
// the format has; a zone may push a year at the edge out of them.
func inFourDigits(t time.Time) bool {
	return t.Year() >= 0 && t.Year() <= 9999
}

// String returns the form 2006-01-02T15:04:05.000Z.
func (t DateTime) String() string {
	return t.UTC().Format(dateTimeLayout)
}

// MarshalText writes the form 2006-01-02T15:04:05.000Z.
func (t DateTime) MarshalText() ([]byte, error) {
	if !inFourDigits(t.UTC()) {
		return nil, errors.New("salesforce: a date/time must lie in the years 0 to 9999")
	}
	return []byte(t.String()), nil
}

// UnmarshalText reads what [ParseDateTime] reads.
func (t *DateTime) UnmarshalText(text []byte) (err error) {
	*t, err = parseDateTime(text)
	return err
}

// MarshalJSON writes a string, and the zero DateTime as null.
func (t DateTime) MarshalJSON() ([]byte, error) {
	return marshalQuoted(t, t.IsZero())
}

// UnmarshalJSON reads a string; null gives the zero DateTime.
func (t *DateTime) UnmarshalJSON(data []byte) error {
	*t = DateTime{}
	return unmarshalQuoted(data, t)
}

// Time is the value of a time field: a time of day without date and zone, kept
// to the millisecond. The zero Time is midnight; a field that may be null is
// a *Time or a [Field] of Time.
type Time struct {
	Hour, Minute, Second, Millisecond int
}

// timeLayouts are the forms of a time field, the one that is written first.
var timeLayouts = []string{"15:04:05.000Z", "15:04:05Z", "15:04:05", "15:04Z", "15:04"}

// ParseTime reads the form 15:04:05.000Z; the fraction, the seconds and the
// closing Z may be absent.
func ParseTime(s string) (Time, error) {
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return Time{t.Hour(), t.Minute(), t.Second(), t.Nanosecond() / int(time.Millisecond)}, nil
		}
	}
	return Time{}, fmt.Errorf("salesforce: parse time %q: want the form 15:04:05.000Z", clip(s, 40))
}

// String returns the form 15:04:05.000Z.
func (t Time) String() string {
	return fmt.Sprintf("%02d:%02d:%02d.%03dZ", t.Hour, t.Minute, t.Second, t.Millisecond)
}

// MarshalText writes the form 15:04:05.000Z. Numbers that no clock shows are
// an error.
func (t Time) MarshalText() ([]byte, error) {
	if back, err := ParseTime(t.String()); err != nil || back != t {
		return nil, fmt.Errorf("salesforce: %v is no time of day", t)
	}
	return []byte(t.String()), nil
}

// UnmarshalText reads what [ParseTime] reads.
func (t *Time) UnmarshalText(text []byte) (err error) {
	*t, err = ParseTime(string(text))
	return err
}

// MarshalJSON writes a string.
func (t Time) MarshalJSON() ([]byte, error) {
	return marshalQuoted(t, false)
}

// UnmarshalJSON reads a string; null gives the zero Time.
func (t *Time) UnmarshalJSON(data []byte) error {
	*t = Time{}
	return unmarshalQuoted(data, t)
}

func marshalQuoted(v interface{ MarshalText() ([]byte, error) }, null bool) ([]byte, error) {
	if null {
		return []byte("null"), nil
	}
	text, err := v.MarshalText()
	if err != nil {
		return nil, err
	}
	return append(append([]byte{'"'}, text...), '"'), nil
}

// unmarshalQuoted reads a JSON string without escapes, which none of the
// values of this file needs, or null, which leaves v as it is.
func unmarshalQuoted(data []byte, v interface{ UnmarshalText([]byte) error }) error {
	if string(data) == "null" {
		return nil
	}
	if n := len(data); n < 2 || data[0] != '"' || data[n-1] != '"' {
		return fmt.Errorf("salesforce: a %T is a JSON string", v)
	}
	return v.UnmarshalText(data[1 : len(data)-1])
}
