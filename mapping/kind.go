package mapping

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/shopspring/decimal"

	"github.com/sfbridge/sfbridge/salesforce"
)

// kind is what there is to know about a type.
type kind struct {
	one     func(raw any, s string, f *format) (any, error) // reads a text, of raw; nil for types of several sources
	several func(sources []any, f *format) (any, error)
	write   func(value any, f *format) (any, error) // nil for types that cannot be written
	sources int                                     // the most source paths
	length  length
	dated   bool   // has layouts
	fields  string // the describe types that it can be read from
}

// length says whether a value has a length to limit.
type length int

const (
	unmeasured length = iota
	measured          // has a length, and is wrong when shortened
	cuttable          // has a length, and may be shortened
)

// Describe types by what they hold, as "sObject describe" lists them.
const (
	texts   = "string textarea picklist combobox multipicklist phone email url id reference encryptedstring anyType "
	numbers = "int double currency percent long anyType "
	days    = "date datetime anyType "
	spelled = "string textarea picklist combobox " // texts that may spell another type
	scalars = texts + numbers + days + "boolean time "
)

var kinds = map[Type]kind{
	Text:          {one: texty(text), write: toText, sources: 1, length: cuttable, fields: scalars},
	Number:        {one: number, write: toNumber, sources: 1, fields: numbers + spelled},
	Integer:       {one: integer, write: toInteger, sources: 1, fields: numbers + spelled},
	Date:          {one: date, write: toDate, sources: 1, dated: true, fields: days + spelled},
	DateTime:      {one: moment, write: toMoment, sources: 1, dated: true, fields: days + spelled},
	Time:          {one: clock, write: toClock, sources: 1, dated: true, fields: "time anyType " + spelled},
	Checkbox:      {one: checkbox, write: toCheckbox, sources: 1, fields: "boolean anyType " + spelled},
	Phone:         {one: texty(phone), write: toTrimmed, sources: 1, length: measured, fields: texts},
	Email:         {one: texty(email), write: back(email), sources: 1, length: measured, fields: texts},
	Address:       {several: address, sources: 5, length: cuttable, fields: "address " + texts},
	Currency:      {one: number, write: toNumber, sources: 1, fields: numbers + spelled},
	Percent:       {one: number, write: toNumber, sources: 1, fields: numbers + spelled},
	MultiPicklist: {one: multi, write: toMulti, sources: 1, fields: texts},
	ID:            {one: id, write: toID, sources: 1, fields: "id reference anyType " + spelled},
	Lines:         {several: lines, write: toLines, sources: math.MaxInt, length: cuttable, fields: texts},
	RichText:      {one: texty(rich), sources: 1, length: cuttable, fields: texts},
	URL:           {one: texty(link), write: back(link), sources: 1, length: measured, fields: texts},
}

// texty makes a converter of one from text to text. An empty text is nil, and
// one that stays as it came is not packed again.
func texty(convert func(s string, f *format) (string, error)) func(any, string, *format) (any, error) {
	return func(raw any, s string, f *format) (any, error) {
		out, err := convert(s, f)
		if err != nil || out == "" {
			return nil, err
		}
		if in, ok := raw.(string); ok && in == out {
			return raw, nil
		}
		return out, nil
	}
}

// scalar returns a JSON scalar as text, and null as nothing.
func scalar(value any) (string, error) {
	switch value := value.(type) {
	case nil:
		return "", nil
	case string:
		return value, nil
	case json.Number:
		return digits(string(value))
	case bool:
		return strconv.FormatBool(value), nil
	case int:
		return strconv.Itoa(value), nil
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64), nil
	}
	return "", ErrShape
}

// digits writes out a number with an exponent, as Salesforce sends great ones.
func digits(s string) (string, error) {
	if !strings.ContainsAny(s, "eE") {
		return s, nil
	}
	d, err := decimalOf(s)
	return d.String(), err
}

func text(s string, _ *format) (string, error) { return s, nil }

func phone(s string, f *format) (string, error) {
	s = strings.TrimSpace(s)
	if f.phone == nil || s == "" {
		return s, nil
	}
	s, err := f.phone(s)
	return s, refused(err)
}

func textOrNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// maxExponent keeps a number of a few characters from becoming one of
// millions of digits when it is printed. Salesforce's own have 18 digits.
const maxExponent = 100

func decimalOf(s string) (decimal.Decimal, error) {
	d, err := decimal.NewFromString(strings.TrimSpace(s))
	if err != nil || d.Exponent() > maxExponent || d.Exponent() < -maxExponent {
		return decimal.Decimal{}, ErrShape
	}
	return d, nil
}

func number(_ any, s string, _ *format) (any, error) {
	d, err := decimalOf(s)
	return orShape(d, err)
}

func integer(_ any, s string, _ *format) (any, error) {
	d, err := decimalOf(s)
	if err != nil || !d.IsInteger() || !d.BigInt().IsInt64() {
		return nil, ErrShape
	}
	return d.IntPart(), nil
}

func date(_ any, s string, f *format) (any, error) {
	if len(s) == len(time.DateOnly) {
		if d, err := salesforce.ParseDate(s); err == nil {
			return d, nil
		}
	}
	t, err := f.parse(s)
	return orShape(salesforce.DateOf(t.In(f.zone)), err)
}

func moment(_ any, s string, f *format) (any, error) {
	if len(s) == len(time.DateOnly) {
		if d, err := salesforce.ParseDate(s); err == nil {
			return d.In(f.zone), nil
		}
	}
	t, err := f.parse(s)
	return orShape(t.In(f.zone), err)
}

// parse reads a moment as Salesforce writes it, or in one of the layouts.
func (f *format) parse(s string) (time.Time, error) {
	t, err := salesforce.ParseDateTime(s)
	if err == nil {
		return t.Time, nil
	}
	for _, layout := range f.layouts {
		if t, err := time.ParseInLocation(layout, strings.TrimSpace(s), f.zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, err
}

func clock(_ any, s string, f *format) (any, error) {
	t, err := salesforce.ParseTime(s)
	if err == nil {
		return t, nil
	}
	for _, layout := range f.layouts {
		if t, err := time.Parse(layout, strings.TrimSpace(s)); err == nil {
			return salesforce.Time{Hour: t.Hour(), Minute: t.Minute(), Second: t.Second(), Millisecond: t.Nanosecond() / 1e6}, nil
		}
	}
	return nil, ErrShape
}

// orShape keeps the errors of parsers out, as they show what they parsed.
func orShape(value any, err error) (any, error) {
	if err != nil {
		return nil, ErrShape
	}
	return value, nil
}

func checkbox(_ any, s string, _ *format) (any, error) {
	switch s {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return nil, ErrShape
}

func email(s string, _ *format) (string, error) {
	s = strings.TrimSpace(s)
	user, host, _ := strings.Cut(s, "@")
	wrong := user == "" || host == "" || strings.Contains(host, "@") || strings.ContainsAny(s, " \t\r\n<>,;")
	if s != "" && wrong {
		return "", ErrShape
	}
	return s, nil
}

// link refuses what would run as a program in a browser, which passes over
// blanks and control characters in a scheme.
func link(s string, _ *format) (string, error) {
	s = strings.TrimSpace(s)
	scheme, _, _ := strings.Cut(s, ":")
	scheme = strings.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return unicode.ToLower(r)
	}, scheme)
	switch scheme {
	case "javascript", "vbscript", "data":
		return "", ErrShape
	}
	return s, nil
}

func multi(_ any, s string, _ *format) (any, error) { return strings.Split(s, ";"), nil }

func id(_ any, s string, _ *format) (any, error) {
	id, err := salesforce.ParseID(s)
	return orShape(id, err)
}

func rich(s string, _ *format) (string, error) { return plain(s), nil }
