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
)

// FieldError reports a value that could not be converted. It never shows the
// value, which may be personal, so it can be logged.
type FieldError struct {
	RecordID string // empty if the record has no Id
	Target   string // the rule's target, or its title if it has none
	Path     string // the source paths, separated by ", "
	Type     Type
	Shape    string // of the value: "text of 12 characters", "number", "null"
	Err      error  // ErrRequired, ErrTooLong or ErrShape
}

func (e *FieldError) Error() string {
	record := "record"
	if e.RecordID != "" {
		record += " " + e.RecordID
	}
	return fmt.Sprintf("mapping: convert %s field %s to %s (%s): %v: %s",
		record, e.Path, e.Target, e.Type, e.Err, e.Shape)
}

func (e *FieldError) Unwrap() error { return e.Err }

// Faults takes the error of [Mapping.Apply] apart, also when it was wrapped
// since. Any other error has none.
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

func newFieldError(rec salesforce.Record, r *Rule, sources []any, err error) *FieldError {
	shapes := make([]string, len(sources))
	for i, value := range sources {
		shapes[i] = shape(value)
	}
	target := r.Target
	if target == "" {
		target = r.Title
	}
	return &FieldError{
		RecordID: string(rec.ID()),
		Target:   target,
		Path:     strings.Join(r.From, ", "),
		Type:     r.Type,
		Shape:    strings.Join(shapes, ", "),
		Err:      err,
	}
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
