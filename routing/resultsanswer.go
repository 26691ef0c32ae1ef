package routing

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"github.com/sfbridge/sfbridge/internal/nearest"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/salesforce"
)

// An AnswerError says what is wrong with the answer to one row of a results form.
type AnswerError struct {
	// Title and Field are those of the row.
	Title, Field string
	// Text says what is wrong. Of values it names options alone.
	Text string
	// Err is the class: mapping.ErrRequired, ErrTooLong, ErrShape, ErrOption,
	// ErrDependent or ErrReadOnly. Nil for an answer to a row that there is not.
	Err error
}

func (e *AnswerError) Error() string {
	row := strconv.Quote(e.Title) + " (" + e.Field + ")"
	if e.Title == "" {
		row = e.Field
	}
	return "answer " + row + ": " + e.Text
}

func (e *AnswerError) Unwrap() error { return e.Err }

// AnswerErrors takes the error of [Router.Submit] apart, also when it was wrapped
// since. Any other error has none.
func AnswerErrors(err error) []*AnswerError {
	if f, ok := errors.AsType[answerErrors](err); ok {
		return f
	}
	return nil
}

type answerErrors []*AnswerError

func (f answerErrors) Error() string { return errors.Join(f.Unwrap()...).Error() }

func (f answerErrors) Unwrap() []error {
	errs := make([]error, len(f))
	for i, fault := range f {
		errs[i] = fault
	}
	return errs
}

// An answering holds the answers to a section against its rows, and what the org
// says about them if that is known.
type answering struct {
	rows    []ResultRow
	values  salesforce.Record // what is written
	filling *filling          // nil if the org could not be asked
	faults  answerErrors
}

func (a *answering) fault(row ResultRow, err error, format string, args ...any) {
	a.faults = append(a.faults, &AnswerError{Title: row.Title, Field: row.Field, Err: err, Text: fmt.Sprintf(format, args...)})
}

func (a *answering) err() error {
	if len(a.faults) == 0 {
		return nil
	}
	return a.faults
}

// answer converts answers, by field, to what Salesforce takes, and checks them
// as far as that is possible without the org.
func answer(rows []ResultRow, answers map[string]any) (*answering, error) {
	a := &answering{rows: rows, values: salesforce.Record{}}
	if len(rows) == 0 {
		return a, errors.New("the section has no rows")
	}
	rules := make([]mapping.Rule, len(rows))
	byField := map[string]any{}
	for i, row := range rows {
		rules[i] = mapping.Rule{Title: row.Title, From: []string{row.Field}, Type: types[row.input()], Target: row.Field, Required: row.Required}
	}
	for _, field := range slices.Sorted(maps.Keys(answers)) {
		i := slices.IndexFunc(rows, func(r ResultRow) bool { return sameName(r.Field, field) })
		if i < 0 {
			var fields []string
			for _, row := range rows {
				fields = append(fields, row.Field)
			}
			a.fault(ResultRow{Field: field}, nil, "the section has no row for it%s", nearest.DidYouMean(field, fields))
			continue
		}
		byField[rows[i].Field] = spelled(rows[i].input(), answers[field])
	}
	m, err := mapping.New(rules, nil)
	if err != nil {
		return a, err
	}
	a.values, err = m.Write(byField, mapping.Create) // which asks for what is required
	for _, f := range mapping.Faults(err) {
		i := slices.IndexFunc(rows, func(r ResultRow) bool { return r.Field == f.Target })
		a.fault(rows[i], f.Err, "%s", a.sentence(rows[i], f.Err))
	}
	for _, row := range rows {
		a.typed(row)
	}
	return a, nil
}

// sentence says what a class of faults means.
func (a *answering) sentence(row ResultRow, err error) string {
	switch {
	case errors.Is(err, mapping.ErrRequired):
		return "it has to be filled in"
	case errors.Is(err, mapping.ErrShape):
		return "it does not fit the input " + string(row.input())
	default:
		return err.Error()
	}
}

// spelled reads dates and numbers that are spelled out, as they are in JSON.
// What cannot be read stays, and is refused.
func spelled(input Input, value any) any {
	text, ok := value.(string)
	if !ok || text == "" {
		return value
	}
	switch input {
	case DateInput:
		if d, err := salesforce.ParseDate(text); err == nil {
			return d
		}
	case NumberInput:
		if d, err := decimal.NewFromString(text); err == nil {
			return d
		}
	}
	return value
}

// chosen are the options that are chosen in a row.
func (a *answering) chosen(row ResultRow) []string {
	value, _ := a.values.Get(row.Field)
	switch text := plain(value); {
	case text == "":
		return nil
	case row.input() == MultiPicker:
		return strings.Split(text, ";")
	default:
		return []string{text}
	}
}

// typed holds what is chosen against the options that were typed in.
func (a *answering) typed(row ResultRow) {
	for _, option := range a.chosen(row) {
		if !row.allows(option) {
			a.fault(row, mapping.ErrOption, "%q is none of its options", option)
		}
	}
}

// in holds the answers against the org.
func (a *answering) in(f *filling) {
	a.filling = f
	for _, row := range a.rows {
		_, answered := a.values.Get(row.Field)
		info, ok := f.object.Field(row.Field)
		switch {
		case answered && !ok:
			a.fault(row, mapping.ErrReadOnly, "%s has no such field, or this login may not see it", f.object.Name)
		case answered && !info.Updateable:
			a.fault(row, mapping.ErrReadOnly, "the field cannot be changed, or this login may not change it")
		case ok:
			a.measure(row, info)
			a.pick(row, info)
		}
	}
}

// measure checks the length of a text, and the digits of a number.
func (a *answering) measure(row ResultRow, info *salesforce.FieldInfo) {
	switch value, _ := a.values.Get(row.Field); value := value.(type) {
	case string:
		if n := utf8.RuneCountInString(value); info.Length > 0 && n > info.Length && !row.input().picks() {
			a.fault(row, mapping.ErrTooLong, "it has %d characters, and the field takes %d", n, info.Length)
		}
	case json.Number:
		d, err := decimal.NewFromString(string(value))
		whole, decimals := info.Precision-info.Scale, info.Scale
		if info.Type == "int" {
			whole, decimals = info.Digits, 0
		}
		switch {
		case err != nil || whole <= 0:
		case d.Exponent() < -int32(decimals) && !d.Equal(d.Round(int32(decimals))):
			a.fault(row, mapping.ErrTooLong, "the field takes %d digits behind the point", decimals)
		case d.Abs().Truncate(0).NumDigits() > whole:
			a.fault(row, mapping.ErrTooLong, "the field takes %d digits before the point", whole)
		}
	}
}

// pick holds what is chosen in a row against the picklist of the field, and
// what stays in one that depends on another against what that will be.
func (a *answering) pick(row ResultRow, info *salesforce.FieldInfo) {
	list, ok := a.filling.list(row.Field)
	if !ok || !row.input().picks() {
		return
	}
	control := ""
	if len(list.Controllers) > 0 {
		control = a.filling.control(a.values, info.ControllerName)
	}
	if _, answered := a.values.Get(row.Field); !answered {
		a.stays(row, info, list, control)
		return
	}
	for _, option := range a.chosen(row) {
		if row.allows(option) { // or it is known that it is none
			a.option(row, info, list, control, option)
		}
	}
}

// option checks one option that is chosen.
func (a *answering) option(row ResultRow, info *salesforce.FieldInfo, list salesforce.Picklist, control, option string) {
	is := func(o salesforce.PicklistOption) bool { return o.Value == option }
	known := valueOf(info, option)
	switch {
	case slices.ContainsFunc(list.For(control), is):
	case slices.ContainsFunc(list.Options, is):
		a.fault(row, mapping.ErrDependent, "%q does not go with %q in %s", option, control, a.title(info.ControllerName))
	case !row.Pull && !info.RestrictedPicklist: // typed in, and taken as it is
	case known != nil && !known.Active:
		a.fault(row, mapping.ErrOption, "%q has been deactivated in Salesforce", option)
	case known != nil:
		a.fault(row, mapping.ErrOption, "%q is not offered for the record type of the record", option)
	case row.Pull:
		a.fault(row, mapping.ErrOption, "%q is none of its options", option)
	default:
		a.fault(row, mapping.ErrOption, "%q is no option of the picklist in Salesforce any more", option)
	}
}

// stays checks the value that the record keeps in a row that is not answered, if
// what it depends on is.
func (a *answering) stays(row ResultRow, info *salesforce.FieldInfo, list salesforce.Picklist, control string) {
	value, _ := a.filling.record.Get(row.Field)
	if _, changed := a.values.Get(info.ControllerName); !changed || len(list.Controllers) == 0 || value == nil {
		return
	}
	for option := range strings.SplitSeq(plain(value), ";") {
		if !slices.ContainsFunc(list.For(control), func(o salesforce.PicklistOption) bool { return o.Value == option }) {
			a.fault(row, mapping.ErrDependent, "%q, which the record has, does not go with %q in %s: answer this row, too",
				option, control, a.title(info.ControllerName))
		}
	}
}

// title is what people call a field.
func (a *answering) title(field string) string {
	for _, row := range a.rows {
		if sameName(row.Field, field) {
			return strconv.Quote(row.Title)
		}
	}
	return field
}

// shown are the answers as people read them, in the order of the form.
func (a *answering) shown(data placeholder.Data) []Answer {
	var list []Answer
	for _, row := range a.rows {
		if text := a.show(row, data); text != "" {
			list = append(list, Answer{Title: row.Title, Value: text})
		}
	}
	return list
}

func (a *answering) show(row ResultRow, data placeholder.Data) string {
	value, _ := a.values.Get(row.Field)
	switch {
	case value == nil:
		return ""
	case row.input() == Checkbox:
		return map[bool]string{true: "Yes", false: "No"}[value == true]
	case row.input() == DateInput:
		return day(plain(value), data)
	case !row.input().picks():
		return plain(value)
	}
	labels := a.chosen(row)
	for i, option := range labels {
		labels[i] = a.label(row, option)
	}
	return strings.Join(labels, ", ")
}

// day prints a date as %date% is printed.
func day(text string, data placeholder.Data) string {
	d, err := salesforce.ParseDate(text)
	layout, err2 := placeholder.Layout(data.DateLayout)
	if err != nil || err2 != nil || data.DateLayout == "" {
		layout = "1/2/06"
	}
	if err != nil {
		return text
	}
	return d.In(data.Date.Location()).Format(layout)
}

// label is what people read for an option.
func (a *answering) label(row ResultRow, option string) string {
	if a.filling == nil {
		return option
	}
	list, _ := a.filling.list(row.Field)
	for _, o := range list.Options {
		if o.Value == option && o.Label != "" {
			return o.Label
		}
	}
	return option
}
