package soql

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Salesforce keeps dates from 1700 to 4000.
const (
	minYear = 1700
	maxYear = 4000
)

// The spellings in which a dateTime is printed.
const (
	layoutSeconds = "2006-01-02T15:04:05Z07:00"
	layoutMillis  = "2006-01-02T15:04:05.000Z07:00"
)

// maxZone is the widest offset from UTC in use.
const maxZone = 14 * time.Hour

// dateRanges are the date literals, with whether they take :n.
//
// Source: SOQL and SOSL Reference, "Date Formats and Date Literals".
var dateRanges = func() map[string]bool {
	m := make(map[string]bool)
	for name := range strings.FieldsSeq("YESTERDAY TODAY TOMORROW LAST_90_DAYS NEXT_90_DAYS") {
		m[name] = false
	}
	for unit := range strings.FieldsSeq("WEEK MONTH QUARTER YEAR FISCAL_QUARTER FISCAL_YEAR") {
		m["LAST_"+unit], m["THIS_"+unit], m["NEXT_"+unit] = false, false, false
	}
	for unit := range strings.FieldsSeq("DAYS WEEKS MONTHS QUARTERS YEARS FISCAL_QUARTERS FISCAL_YEARS") {
		m["LAST_N_"+unit], m["NEXT_N_"+unit], m["N_"+unit+"_AGO"] = true, true, true
	}
	return m
}()

// shaped reports whether s has the characters of shape, where 0 is any digit.
func shaped(s, shape string) bool {
	if len(s) != len(shape) {
		return false
	}
	for i := range len(s) {
		if shape[i] == '0' && !isDigit(s[i]) || shape[i] != '0' && s[i] != shape[i] {
			return false
		}
	}
	return true
}

// parseDate reads a date such as 2026-11-21.
func parseDate(s string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || !shaped(s, "0000-00-00") {
		return time.Time{}, fmt.Errorf("%s is no date: write YYYY-MM-DD", s)
	}
	return t, nil
}

var errDateTime = errors.New("no dateTime: write YYYY-MM-DDThh:mm:ss, at most three digits of a second, and Z or ±hh:mm")

// parseDateTime reads a dateTime such as 2026-11-21T10:00:00.000+01:00.
func parseDateTime(s string) (time.Time, error) {
	const shape = "0000-00-00T00:00:00"
	if len(s) <= len(shape) || !shaped(s[:len(shape)], shape) {
		return time.Time{}, errDateTime
	}
	zone := s[len(shape):]
	if zone[0] == '.' {
		end := digitsEnd(zone, 1)
		if digits := end - 1; digits < 1 || digits > 3 {
			return time.Time{}, errDateTime
		}
		zone = zone[end:]
	}
	layout := layoutSeconds
	switch {
	case zone == "Z", shaped(zone, "+00:00"), shaped(zone, "-00:00"):
	case shaped(zone, "+0000"), shaped(zone, "-0000"):
		layout = "2006-01-02T15:04:05Z0700"
	default:
		return time.Time{}, errDateTime
	}
	t, err := time.Parse(layout, s)
	if err != nil {
		return time.Time{}, errDateTime
	}
	return inFixedZone(t)
}

var errTime = errors.New("no time: write hh:mm:ss, at most three digits of a second, and Z or ±hh:mm")

// parseTime reads a time of the day such as 17:30:00.000Z. One with an offset is
// the same time in UTC.
func parseTime(s string) (Time, error) {
	t, err := parseDateTime("2026-11-21T" + s)
	if err != nil {
		return Time{}, errTime
	}
	t = t.UTC()
	return Time{Hour: t.Hour(), Minute: t.Minute(), Second: t.Second(), Millisecond: t.Nanosecond() / int(time.Millisecond)}, nil
}

// valid reports whether there is such a time of the day.
func (v *Time) valid() bool {
	return 0 <= v.Hour && v.Hour < 24 && 0 <= v.Minute && v.Minute < 60 &&
		0 <= v.Second && v.Second < 60 && 0 <= v.Millisecond && v.Millisecond < 1000
}

// inFixedZone is t in a zone that has its offset and no name, whatever the
// machine's own zone.
func inFixedZone(t time.Time) (time.Time, error) {
	_, offset := t.Zone()
	if time.Duration(offset)*time.Second > maxZone || time.Duration(offset)*time.Second < -maxZone {
		return time.Time{}, errDateTime
	}
	if offset == 0 {
		return t.UTC(), nil
	}
	return t.In(time.FixedZone("", offset)), nil
}

// appendDateTime appends t in its own zone, or in UTC when SOQL cannot write
// that zone's offset.
func appendDateTime(b []byte, t time.Time) []byte {
	if _, offset := t.Zone(); offset%60 != 0 || time.Duration(offset).Abs()*time.Second > maxZone {
		t = t.UTC()
	}
	if t.Nanosecond() < int(time.Millisecond) {
		return t.AppendFormat(b, layoutSeconds)
	}
	return t.AppendFormat(b, layoutMillis)
}
