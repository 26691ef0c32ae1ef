package salesforcetest

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Row is a record as the functions of a [Schema] see it: a formula, a
// validation rule, a duplicate rule or the filter of a roll-up. The zero Row is
// no record. A Row counts only until the function returns; the function must
// not call methods of [Org], which waits for it.
type Row struct {
	r     *record
	depth int // how many formulas ask for the value
}

// deepest is how many formulas may build on one another, as a formula that
// asks for itself never ends.
const deepest = 10

// Exists reports whether there is a record: the old one of a new record does
// not exist.
func (w Row) Exists() bool { return w.r != nil }

// ID is the record's id of 18 characters, "" for no record.
func (w Row) ID() string {
	if w.r == nil {
		return ""
	}
	return w.r.id()
}

// Get returns the value of a field, as [Org.Record] tells it: string, float64,
// bool or nil. A path such as "Account.Owner.Name" leads over parents. What is
// not there is nil.
func (w Row) Get(path string) any {
	r := w.r
	names := strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		if r == nil {
			return nil
		}
		r = r.parent(r.of.up[strings.ToLower(name)])
	}
	if r == nil {
		return nil
	}
	f := r.of.own(names[len(names)-1])
	switch {
	case f == nil:
		return nil
	case f.Formula != nil:
		return plainValue(f, r, r.formula(f, w.depth+1))
	}
	return plainValue(f, r, r.get(f))
}

// Text is Get for texts, "" for what is none.
func (w Row) Text(path string) string {
	s, _ := w.Get(path).(string)
	return s
}

// Number is Get for numbers, 0 for what is none.
func (w Row) Number(path string) float64 {
	n, _ := w.Get(path).(float64)
	return n
}

// Bool is Get for checkboxes, false for what is none.
func (w Row) Bool(path string) bool { return w.Get(path) == true }

// Changed reports whether one of the fields has another value than in old, which
// for a new record is no record and has no values.
func (w Row) Changed(old Row, paths ...string) bool {
	for _, path := range paths {
		if !reflect.DeepEqual(w.Get(path), old.Get(path)) { // addresses are maps
			return true
		}
	}
	return false
}

// parent is the record that a reference points to, as the transaction sees it
// that is at work, nil for none.
func (r *record) parent(ref *field) *record {
	if ref == nil {
		return nil
	}
	id := target(r, ref)
	return r.of.org.objectOf(id).find(id, r.of.org.viewing)
}

// formula works out the value of a formula field.
func (r *record) formula(f *field, depth int) any {
	if depth > deepest {
		return nil
	}
	v, err := f.fromGo(f.Formula(Row{r, depth}))
	if err != nil {
		return nil // as what Salesforce shows as #Error!
	}
	if v == nil && f.typ.kind == kindBool {
		return false
	}
	return v
}

// fromGo turns a Go value into one of the field's type.
func (f *field) fromGo(v any) (any, error) {
	a := assignment{name: f.Name, value: v}
	switch v := v.(type) {
	case nil, string, bool, time.Time:
	case int:
		a.value = json.Number(strconv.Itoa(v))
	case float64:
		a.value = json.Number(strconv.FormatFloat(v, 'f', -1, 64))
	default:
		a.value = assigned(v)
	}
	return f.parse(a)
}
