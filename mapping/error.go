package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/sfbridge/sfbridge/salesforce"
)

// What is wrong with a value; a [FieldError] wraps one of them.
var (
	ErrRequired = errors.New("required value is empty")
	ErrTooLong  = errors.New("value is too long")
	ErrShape    = errors.New("value does not fit the type")
	ErrLookup   = errors.New("value is not in the rule's lookup")
	ErrNoLabels = errors.New("labels of the picklist are not known")
	ErrReadOnly = errors.New("target is read only")
	ErrConflict = errors.New("another target writes the same field")

	// Of picklists, by [Mapping.CheckPicklists].
	ErrOption    = errors.New("value is no active option of the picklist")
	ErrDependent = errors.New("value does not go with that of the controlling field")
)

// FieldError reports a value that could not be converted. It never shows the
// value, which may be personal, so it can be logged, unless Options.ShowValues
// asks for it.
type FieldError struct {
	RecordID string // empty if the record has no Id
	Target   string // the rule's target, or its title if it has none
	Path     string // the source paths, separated by ", "
	Type     Type   // the rule's type; with a converter of the host's, its name
	Shape    string // of the value: "text of 12 characters", "number", "null"
	Value    string // the value itself, if it was asked for
	Write    bool   // it was on its way to Salesforce
	Err      error  // ErrRequired, ErrTooLong, ErrShape and so on
}

func (e *FieldError) Error() string {
	record := "record"
	if e.RecordID != "" {
		record += " " + e.RecordID
	}
	value := e.Shape
	if e.Value != "" {
		value += " " + e.Value
	}
	if e.Write {
		return fmt.Sprintf("mapping: write %s to field %s of %s (%s): %v: %s", e.Target, e.Path, record, e.Type, e.Err, value)
	}
	return fmt.Sprintf("mapping: convert %s field %s to %s (%s): %v: %s", record, e.Path, e.Target, e.Type, e.Err, value)
}

func (e *FieldError) Unwrap() error { return e.Err }

// Faults takes the error of [Mapping.Apply], [Mapping.Write] or
// [Mapping.CheckPicklists] apart, also when it was wrapped since. Any other error
// has none.
func Faults(err error) []*FieldError {
	faults, _ := errors.AsType[fieldErrors](err)
	return faults
}

// fieldErrors is the error of Apply: one line for each.
type fieldErrors []*FieldError

func (e fieldErrors) Error() string { return errors.Join(e.Unwrap()...).Error() }

func (e fieldErrors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, fault := range e {
		errs[i] = fault
	}
	return errs
}

// refusal is ErrShape with a cause whose text may show the value.
type refusal struct{ cause error }

func refused(cause error) error {
	if cause == nil {
		return nil
	}
	return &refusal{cause}
}

func (e *refusal) Error() string { return ErrShape.Error() }

func (e *refusal) Unwrap() []error { return []error{ErrShape, e.cause} }

// readError describes a value that a rule could not read.
func (m *Mapping) readError(rec salesforce.Record, c *column, err error) *FieldError {
	values := make([]any, len(c.paths))
	for i := range c.paths {
		values[i], _ = c.paths[i].get(rec)
	}
	e := m.fieldError(c, values, err)
	e.RecordID = string(rec.ID())
	return e
}

func (m *Mapping) fieldError(c *column, values []any, err error) *FieldError {
	e := &FieldError{
		Target: c.Target,
		Path:   strings.Join(c.From, ", "),
		Type:   c.Type,
		Err:    err,
	}
	if e.Target == "" {
		e.Target = c.Title
	}
	if c.Converter != "" {
		e.Type = Type(c.Converter)
	}
	var shapes, shown []string
	for _, value := range values {
		shapes = append(shapes, shape(value))
		shown = append(shown, fmt.Sprintf("%#v", value))
	}
	e.Shape = strings.Join(shapes, ", ")
	if m.show {
		e.Value = strings.Join(shown, ", ")
	}
	return e
}

// shape describes a value without showing it.
func shape(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case string:
		return fmt.Sprintf("text of %d characters", utf8.RuneCountInString(value))
	case bool:
		return "boolean"
	case json.Number, int, int64, float64:
		return "number"
	case []any:
		return fmt.Sprintf("list of %d", len(value))
	case []salesforce.Record:
		return fmt.Sprintf("list of %d records", len(value))
	case map[string]any, salesforce.Record:
		return "object"
	}
	return fmt.Sprintf("Go %T", value)
}
