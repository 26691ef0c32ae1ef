package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/sfbridge/sfbridge/internal/nearest"
	"github.com/sfbridge/sfbridge/salesforce"
)

// Operation is what a record is written for.
type Operation string

// The operations.
const (
	Create Operation = "create"
	Update Operation = "update"
)

// Write makes a record for a create or an update of the host's values: the
// reverse of [Mapping.Apply] and [Values.Into]. src is a struct with map tags
// or a pointer to one, a map[string]any of targets, or Values.
//
// Each target is in one of three states. Absent ones (in a struct: a
// [salesforce.Field] that is left out, and with `map:"phone,omitzero"` any zero
// value) stay out of the record, which leaves the field alone. Nil, a nil
// pointer, and what is empty (a text, a list, an Id, a date without a value)
// write null, which clears it. Everything else is converted to what Salesforce
// takes. Defaults are not written.
//
// A target whose rule cannot be written is refused when it is present, with
// ErrReadOnly: a rule that says so, composes several fields (Address of parts,
// templates), has no way back (a compound Address, Rich text, a lookup that
// gives one text for several), or reads the Id or another record. A required
// target must not be empty, nor absent in a create. Two targets may write the
// same field if they agree.
//
// The error joins a [*FieldError] for every target that is refused, in the
// order of the rules, and [Faults] takes it apart; the record then holds all the
// other fields and should not be sent. What picklists take is for
// [Mapping.CheckPicklists] to say, which knows the org.
func (m *Mapping) Write(src any, op Operation) (salesforce.Record, error) {
	if op != Create && op != Update {
		return nil, errors.New("mapping: write: " + nearest.Unknown("operation", op, []Operation{Create, Update}))
	}
	get, err := m.source(src)
	if err != nil {
		return nil, err
	}
	rec := salesforce.Record{}
	var failed fieldErrors
	for i := range m.columns {
		col := &m.columns[i]
		if col.Target == "" {
			continue
		}
		value, ok := get(i)
		if !ok && !(col.Required && op == Create && col.readOnly == nil) {
			continue
		}
		if err := col.put(rec, value); err != nil {
			fault := m.fieldError(col, []any{value}, err)
			fault.Write = true
			failed = append(failed, fault)
		}
	}
	if len(failed) > 0 {
		return rec, failed
	}
	return rec, nil
}

// put writes one value into a record.
func (c *column) put(rec salesforce.Record, value any) error {
	if c.readOnly != nil {
		return c.readOnly
	}
	out, err := c.unconvert(value)
	if err != nil {
		return err
	}
	if out == nil && c.Required {
		return ErrRequired
	}
	path := c.paths[0].text
	if earlier, ok := field(rec, path); ok {
		if !reflect.DeepEqual(earlier, out) {
			return ErrConflict
		}
		return nil
	}
	rec[path] = out
	return nil
}

// unconvert is the way back of convertOne.
func (c *column) unconvert(value any) (any, error) {
	if value == nil {
		return nil, nil
	}
	if c.table == nil {
		if c.Label {
			return nil, ErrNoLabels
		}
		value, err := c.write(value, &c.format)
		if err != nil {
			return nil, err
		}
		return c.fitAll(value)
	}
	if list, ok := value.([]string); ok && c.Type == MultiPicklist {
		var err error
		if value, err = c.replaceAllBack(list); err != nil {
			return nil, err
		}
		return c.write(value, &c.format)
	}
	value, err := c.write(value, &c.format)
	if err != nil || value == nil {
		return nil, err
	}
	s, err := scalar(value)
	if err != nil {
		return nil, err
	}
	return c.replaceBack(s)
}

func (c *column) replaceAllBack(list []string) (any, error) {
	out := make([]string, len(list))
	for i, s := range list {
		value, err := c.replaceBack(s)
		if err != nil {
			return nil, err
		}
		out[i] = value
	}
	return out, nil
}

// replaceBack finds the text that becomes s. With Keep a text that another one
// becomes, or that becomes another one, does not stand for itself.
func (c *column) replaceBack(s string) (string, error) {
	if from, ok := c.back[s]; ok {
		return from, nil
	}
	_, replaced := c.table[s]
	if (c.Label || c.Otherwise == Keep) && !replaced {
		return s, nil
	}
	return "", ErrLookup
}

// source returns a function that gives the value of a column's target, and
// whether it is present.
func (m *Mapping) source(src any) (func(i int) (any, bool), error) {
	switch src := src.(type) {
	case Values:
		return func(i int) (any, bool) { return src.Get(m.columns[i].Target) }, nil
	case map[string]any:
		var errs []error
		for target := range src {
			if _, ok := m.index[target]; !ok {
				errs = append(errs, fmt.Errorf("mapping: write: no rule has the target %q%s", target, nearest.DidYouMean(target, m.Targets())))
			}
		}
		return func(i int) (any, bool) {
			value, ok := src[m.columns[i].Target]
			return value, ok
		}, errors.Join(errs...)
	}
	v := reflect.Indirect(reflect.ValueOf(src))
	if v.Kind() != reflect.Struct {
		return nil, fmt.Errorf("mapping: write %T: neither a struct, nor a map[string]any, nor Values", src)
	}
	plan := m.plan(v.Type())
	return func(i int) (any, bool) {
		f := plan.fields[i]
		if f.index == nil {
			return nil, false
		}
		field := v.FieldByIndex(f.index)
		if f.omitzero && field.IsZero() {
			return nil, false
		}
		return unpack(field)
	}, plan.err
}

// threeState is a [salesforce.Field] of any type.
type threeState interface {
	IsNull() bool
	IsZero() bool
	json.Marshaler
}

// isField tells a salesforce.Field from other types that have such methods.
func isField(t reflect.Type) bool {
	return t.PkgPath() == "github.com/sfbridge/sfbridge/salesforce" && strings.HasPrefix(t.Name(), "Field[")
}

// unpack unpacks a field of a struct, and reports whether it is present.
func unpack(field reflect.Value) (any, bool) {
	if isField(field.Type()) {
		state, ok := reflect.TypeAssert[threeState](field)
		if !ok || state.IsZero() || state.IsNull() {
			return nil, ok && !state.IsZero()
		}
		return unpack(field.MethodByName("Get").Call(nil)[0])
	}
	if field.Kind() == reflect.Pointer || field.Kind() == reflect.Interface {
		if field.IsNil() {
			return nil, true
		}
		return unpack(field.Elem())
	}
	return field.Interface(), true
}

// asText returns a value of any string type.
func asText(value any) (string, bool) {
	if s, ok := value.(string); ok {
		return s, true
	}
	v := reflect.ValueOf(value)
	return v.String(), v.Kind() == reflect.String && v.Type() != reflect.TypeFor[json.Number]()
}

func toText(value any, _ *format) (any, error) {
	if s, ok := asText(value); ok {
		return textOrNil(s), nil
	}
	return nil, ErrShape
}

func toTrimmed(value any, _ *format) (any, error) {
	if s, ok := asText(value); ok {
		return textOrNil(strings.TrimSpace(s)), nil
	}
	return nil, ErrShape
}

// back makes a writer of a reader that checks texts.
func back(read func(string, *format) (string, error)) func(any, *format) (any, error) {
	return func(value any, f *format) (any, error) {
		s, ok := asText(value)
		if !ok {
			return nil, ErrShape
		}
		s, err := read(s, f)
		if err != nil {
			return nil, err
		}
		return textOrNil(s), nil
	}
}

func toNumber(value any, _ *format) (any, error) {
	d, err := decimalFrom(value)
	if err != nil {
		return nil, err
	}
	return json.Number(d.String()), nil
}

func toInteger(value any, _ *format) (any, error) {
	d, err := decimalFrom(value)
	if err != nil || !d.IsInteger() {
		return nil, ErrShape
	}
	return json.Number(d.String()), nil
}

// decimalFrom reads a number of any kind but text, which is not one by itself.
func decimalFrom(value any) (decimal.Decimal, error) {
	switch value := value.(type) {
	case decimal.Decimal:
		return value, nil
	case json.Number:
		return decimalOf(string(value))
	case float64:
		return decimalOf(fmt.Sprint(value))
	}
	switch v := reflect.ValueOf(value); {
	case v.CanInt():
		return decimal.NewFromInt(v.Int()), nil
	case v.CanUint():
		return decimal.NewFromUint64(v.Uint()), nil
	}
	return decimal.Decimal{}, ErrShape
}

func toDate(value any, f *format) (any, error) {
	d, ok := value.(salesforce.Date)
	if t, is := value.(time.Time); is {
		if ok = true; !t.IsZero() {
			d = salesforce.DateOf(t.In(f.zone))
		}
	}
	switch {
	case !ok:
		return nil, ErrShape
	case d.IsZero():
		return nil, nil
	case len(f.layouts) > 0:
		return d.In(f.zone).Format(f.layouts[0]), nil
	}
	return written(d.MarshalText())
}

func toMoment(value any, f *format) (any, error) {
	t, ok := value.(time.Time)
	if dt, is := value.(salesforce.DateTime); is {
		t, ok = dt.Time, true
	}
	switch {
	case !ok:
		return nil, ErrShape
	case t.IsZero():
		return nil, nil
	case len(f.layouts) > 0:
		return t.In(f.zone).Format(f.layouts[0]), nil
	}
	return written(salesforce.DateTime{Time: t}.MarshalText())
}

func toClock(value any, f *format) (any, error) {
	t, ok := value.(salesforce.Time)
	if !ok {
		return nil, ErrShape
	}
	if len(f.layouts) > 0 {
		at := time.Date(2000, 1, 1, t.Hour, t.Minute, t.Second, t.Millisecond*1e6, time.UTC)
		return at.Format(f.layouts[0]), nil
	}
	return written(t.MarshalText())
}

func written(text []byte, err error) (any, error) {
	if err != nil {
		return nil, ErrShape
	}
	return string(text), nil
}

func toCheckbox(value any, _ *format) (any, error) {
	if v := reflect.ValueOf(value); v.Kind() == reflect.Bool {
		return v.Bool(), nil
	}
	return nil, ErrShape
}

func toMulti(value any, _ *format) (any, error) {
	list, ok := value.([]string)
	if !ok {
		return nil, ErrShape
	}
	for _, s := range list {
		if s == "" || strings.Contains(s, ";") {
			return nil, ErrShape
		}
	}
	return textOrNil(strings.Join(list, ";")), nil
}

func toID(value any, _ *format) (any, error) {
	s, ok := asText(value)
	switch {
	case !ok:
		return nil, ErrShape
	case s == "":
		return nil, nil
	}
	id, err := salesforce.ParseID(s)
	return orShape(string(id), err)
}

func toLines(value any, _ *format) (any, error) {
	list, ok := value.([]string)
	if !ok {
		return nil, ErrShape
	}
	for _, line := range list {
		if strings.ContainsAny(line, "\r\n") || strings.TrimSpace(line) != line || line == "" {
			return nil, ErrShape
		}
	}
	return textOrNil(strings.Join(list, "\n")), nil
}
