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
	convert func(sources []any, f format) (any, error) // nil for empty sources
	sources int                                        // the most source paths
	length  length
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
	Text:          {one(text), 1, cuttable, scalars},
	Number:        {one(number), 1, unmeasured, numbers + spelled},
	Date:          {one(date), 1, unmeasured, days + spelled},
	DateTime:      {one(moment), 1, unmeasured, days + spelled},
	Checkbox:      {one(checkbox), 1, unmeasured, "boolean anyType " + spelled},
	Phone:         {one(trimmed), 1, measured, texts},
	Email:         {one(email), 1, measured, texts},
	Address:       {address, 5, cuttable, "address " + texts},
	Currency:      {one(number), 1, unmeasured, numbers + spelled},
	Percent:       {one(number), 1, unmeasured, numbers + spelled},
	MultiPicklist: {one(multi), 1, unmeasured, texts},
	ID:            {one(id), 1, unmeasured, "id reference anyType " + spelled},
	Lines:         {lines, math.MaxInt, cuttable, texts},
	RichText:      {one(rich), 1, cuttable, texts},
	URL:           {one(link), 1, measured, texts},
}

// one makes a converter of a function of one text. Salesforce has no empty
// text, it keeps null instead, so both are empty here.
func one(convert func(s string, f format) (any, error)) func([]any, format) (any, error) {
	return func(sources []any, f format) (any, error) {
		s, err := scalar(sources[0])
		if err != nil || s == "" {
			return nil, err
		}
		return convert(s, f)
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

func text(s string, _ format) (any, error) { return s, nil }

func trimmed(s string, _ format) (any, error) { return textOrNil(strings.TrimSpace(s)), nil }

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

func number(s string, _ format) (any, error) {
	d, err := decimalOf(s)
	return orShape(d, err)
}

func date(s string, f format) (any, error) {
	if len(s) == len(time.DateOnly) {
		d, err := salesforce.ParseDate(s)
		return orShape(d, err)
	}
	t, err := salesforce.ParseDateTime(s)
	return orShape(salesforce.DateOf(t.In(f.zone)), err)
}

func moment(s string, f format) (any, error) {
	if len(s) == len(time.DateOnly) {
		d, err := salesforce.ParseDate(s)
		return orShape(d.In(f.zone), err)
	}
	t, err := salesforce.ParseDateTime(s)
	return orShape(t.In(f.zone), err)
}

// orShape keeps the errors of parsers out, as they show what they parsed.
func orShape(value any, err error) (any, error) {
	if err != nil {
		return nil, ErrShape
	}
	return value, nil
}

func checkbox(s string, _ format) (any, error) {
	switch s {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return nil, ErrShape
}

func email(s string, _ format) (any, error) {
	s = strings.TrimSpace(s)
	user, host, _ := strings.Cut(s, "@")
	wrong := user == "" || host == "" || strings.Contains(host, "@") || strings.ContainsAny(s, " \t\r\n<>,;")
	if s != "" && wrong {
		return nil, ErrShape
	}
	return textOrNil(s), nil
}

// link refuses what would run as a program in a browser, which passes over
// blanks and control characters in a scheme.
func link(s string, _ format) (any, error) {
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
		return nil, ErrShape
	}
	return textOrNil(s), nil
}

func multi(s string, _ format) (any, error) { return strings.Split(s, ";"), nil }

func id(s string, _ format) (any, error) {
	id, err := salesforce.ParseID(s)
	return orShape(id, err)
}

func rich(s string, _ format) (any, error) { return textOrNil(plain(s)), nil }
