package mapping

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/salesforce"
)

// Values are the values of one record, in the order of the rules. A target is
// absent, nil, or holds the Go type that its [Type] names. The zero Values has
// no target.
type Values struct {
	m     *Mapping
	cells []any // one for each column, or absent
}

// All yields the targets that are present, with their values.
func (v Values) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for i, value := range v.cells {
			target := v.m.columns[i].Target
			if value != absent && target != "" && !yield(target, value) {
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
	if !ok || v.cells[i] == absent {
		return nil, false
	}
	return v.cells[i], true
}

// With returns the values with another one for a target. A target that the
// mapping does not have stays out.
func (v Values) With(target string, value any) Values { return v.put(target, value) }

// Without returns the values with a target absent.
func (v Values) Without(target string) Values { return v.put(target, absent) }

func (v Values) put(target string, value any) Values {
	if v.m == nil {
		return v
	}
	if i, ok := v.m.index[target]; ok {
		v.cells = slices.Clone(v.cells)
		v.cells[i] = value
	}
	return v
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
	for i, value := range v.cells {
		col := &v.m.columns[i]
		if col.Note && value != nil && value != absent {
			notes = append(notes, col.caption()+": "+col.format.show(value))
		}
	}
	return notes
}

// format is how times are read and values are shown.
type format struct {
	zone     *time.Location
	date     string
	dateTime string
	layouts  []string // of the rule
	phone    func(string) (string, error)
}

func newFormat(opt *Options) format {
	f := format{zone: time.UTC, date: "1/2/2006", dateTime: "1/2/2006 3:04 PM", phone: opt.Phone}
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

func (f *format) show(value any) string {
	switch value := value.(type) {
	case bool:
		if value {
			return "Yes"
		}
		return "No"
	case salesforce.Date:
		return value.In(time.UTC).Format(f.date)
	case salesforce.Time:
		return fmt.Sprintf("%02d:%02d", value.Hour, value.Minute)
	case time.Time:
		return value.In(f.zone).Format(f.dateTime)
	case []string:
		return strings.Join(value, ", ")
	}
	return fmt.Sprint(value)
}
