package mapping

import (
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/salesforce"
)

// Values are the values of one record, in the order of the rules. A target is
// absent, nil, or holds the Go type that its [Type] names. The zero Values has
// no target.
type Values struct {
	m     *Mapping
	cells []cell // one for each column
}

type cell struct {
	value   any
	present bool
}

// All yields the targets that are present, with their values.
func (v Values) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for i, c := range v.cells {
			target := v.m.columns[i].Target
			if c.present && target != "" && !yield(target, c.value) {
				return
			}
		}
	}
}

// Get returns the value of a target, and whether it is present.
func (v Values) Get(target string) (any, bool) {
	if v.m == nil {
		return nil, false
	}
	i, ok := v.m.index[target]
	if !ok {
		return nil, false
	}
	return v.cells[i].value, v.cells[i].present
}

// Has reports whether a target is present. Its value may be nil.
func (v Values) Has(target string) bool {
	_, ok := v.Get(target)
	return ok
}

// Notes returns the rows that the rules flag for it, in order, each as
// "Title: value" and written for people. Rows without a value are left out.
func (v Values) Notes() []string {
	var notes []string
	for i, c := range v.cells {
		col := &v.m.columns[i]
		if col.Note && c.value != nil {
			notes = append(notes, col.caption()+": "+v.m.format.show(c.value))
		}
	}
	return notes
}

// format is how times are read and values are shown.
type format struct {
	zone     *time.Location
	date     string
	dateTime string
}

func newFormat(opt *Options) format {
	f := format{time.UTC, "1/2/2006", "1/2/2006 3:04 PM"}
	if opt == nil {
		return f
	}
	if opt.Zone != nil {
		f.zone = opt.Zone
	}
	if opt.DateLayout != "" {
		f.date = opt.DateLayout
	}
	if opt.DateTimeLayout != "" {
		f.dateTime = opt.DateTimeLayout
	}
	return f
}

func (f format) show(value any) string {
	switch value := value.(type) {
	case bool:
		if value {
			return "Yes"
		}
		return "No"
	case salesforce.Date:
		return value.In(time.UTC).Format(f.date)
	case time.Time:
		return value.In(f.zone).Format(f.dateTime)
	case []string:
		return strings.Join(value, ", ")
	}
	return fmt.Sprint(value)
}
