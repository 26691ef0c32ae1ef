// Package mapping turns Salesforce records into the host's own values, and
// back, by rules that are data: which fields, of what type, to which target.
//
// The rules are compiled once, by [New] or, from a YAML or JSON file, by
// [Load], and applied to any number of records. [Mapping.Paths] says which
// fields a query must select for them. [Mapping.Apply] converts a record into
// [Values], which fill a struct, a map or setters, and give notes for people to
// read. [Mapping.Write] makes a record for a create or an update of the host's
// values. Numbers are exact decimals throughout.
//
// A field that the record does not have leaves its target absent, and a field
// that is null gives its target a nil value. The difference matters to hosts
// that update: absent means leave alone, nil means clear. Writing keeps it.
//
// A value that does not fit costs only its own target. The [FieldError] says
// which record and field it was, and of what shape, but never the value.
//
// [Mapping.Check] compares the rules with an org before anyone relies on them,
// [Mapping.CheckPicklists] a record before it is sent, and [NewForm] tells a host's screen what an administrator can choose from.
package mapping

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/sfbridge/sfbridge/salesforce"
)

// Options varies a mapping. Nil means the zero Options.
type Options struct {
	// Zone is where dates and times are shown and moments become days.
	// Defaults to UTC.
	Zone *time.Location

	// DateLayout and DateTimeLayout are how notes show them, as for
	// [time.Time.Format]. Defaults to "1/2/2006" and "1/2/2006 3:04 PM".
	DateLayout     string
	DateTimeLayout string

	// Phone brings telephone numbers that are read into the host's own form.
	// An error refuses the number. It must be safe for concurrent use.
	// Defaults to leaving them as they are.
	Phone func(number string) (string, error)

	// Converters are the host's own, by the names that rules call them.
	// Defaults to none.
	Converters map[string]Converter

	// ShowValues lets errors show values that do not fit, which may be
	// personal. Defaults to false.
	ShowValues bool
}

// Converter is a conversion of the host's own. Its functions must be safe for
// concurrent use. Their errors reach callers of [Mapping.Apply] and
// [Mapping.Write] by errors.Is alone: their texts may show what was refused.
type Converter struct {
	// Read converts the values of a rule's source paths, in order, as a
	// [salesforce.Record] holds them. It returns nil for an empty value.
	Read func(sources []any) (any, error)

	// Write converts a value of the host's into what the only source field
	// takes, nil to clear it. Defaults to nil: the rule cannot be written.
	Write func(value any) (any, error)
}

// Mapping is a compiled list of rules. It is immutable, so it may be used by
// several goroutines at once. Use [New] to make one.
type Mapping struct {
	columns []column
	index   map[string]int // target to column
	paths   []string
	sources int // the most source paths that a column of several has
	format  format
	show    bool      // values in errors
	plans   *sync.Map // reflect.Type to structPlan
}

// New compiles rules. Its error joins a [*RuleError] for every fault of every
// rule.
func New(rules []Rule, opt *Options) (*Mapping, error) {
	if len(rules) == 0 {
		return nil, errors.New("mapping: no rules")
	}
	if opt == nil {
		opt = &Options{}
	}
	m := &Mapping{index: map[string]int{}, format: newFormat(opt), show: opt.ShowValues, plans: &sync.Map{}}
	var errs []error
	for i := range rules {
		for _, err := range m.add(&rules[i], opt) {
			errs = append(errs, &RuleError{At: rules[i].At, Number: i + 1, Caption: rules[i].caption(), Err: err})
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return m, nil
}

// RuleError reports a fault of a rule.
type RuleError struct {
	At      string // the rule's own At
	Number  int    // of the rule, from 1
	Caption string // the rule's title or target
	Err     error
}

func (e *RuleError) Error() string {
	return ruleText(e.At, e.Number, e.Caption, e.Err.Error())
}

// ruleText is how every message about a rule begins.
func ruleText(at string, number int, caption, text string) string {
	if at == "" {
		at = "mapping"
	}
	if caption != "" {
		caption = " (" + caption + ")"
	}
	return fmt.Sprintf("%s: rule %d%s: %s", at, number, caption, text)
}

func (e *RuleError) Unwrap() error { return e.Err }

// add compiles one rule, or returns its faults. A rule with faults still takes
// its place, so that the next one with the same target is found.
func (m *Mapping) add(rule *Rule, opt *Options) []error {
	col, faults := compile(rule, m.format, opt)
	if first, ok := m.index[rule.Target]; ok {
		at := ""
		if m.columns[first].At != "" {
			at = " at " + m.columns[first].At
		}
		faults = append(faults, fmt.Errorf("rule %d%s has the same target %q: give one of them another", first+1, at, rule.Target))
	}
	if rule.Target != "" && len(faults) == 0 {
		m.index[rule.Target] = len(m.columns)
	}
	for _, p := range col.paths {
		if !slices.Contains(m.paths, p.text) {
			m.paths = append(m.paths, p.text)
		}
	}
	m.columns = append(m.columns, col)
	if col.one == nil {
		m.sources = max(m.sources, len(col.paths))
	}
	return faults
}

// Paths returns the source paths, each once, in the order of the rules: what a
// query must select. One that leads into a child list, such as
// Contacts[0].Email, stands for a subquery that selects the rest of it.
func (m *Mapping) Paths() []string { return slices.Clone(m.paths) }

// Targets returns the targets in the order of the rules.
func (m *Mapping) Targets() []string {
	var targets []string
	for i := range m.columns {
		if target := m.columns[i].Target; target != "" {
			targets = append(targets, target)
		}
	}
	return targets
}

// Rules returns the rules, with empty types filled in.
func (m *Mapping) Rules() []Rule {
	rules := make([]Rule, len(m.columns))
	for i := range m.columns {
		rules[i] = m.columns[i].clone()
	}
	return rules
}

// WithLabels returns the mapping with the labels of the picklists of s, the
// object that its records come from, for the rules that want them. resolve
// describes the objects that relationships lead to, as in [Mapping.Validate].
// Labels are in the language of the user who described the object. The error
// joins a [*RuleError] for each rule whose field is not there; the mapping that
// comes with it has the labels of the others.
func (m *Mapping) WithLabels(s *salesforce.SObject, resolve func(object string) (*salesforce.SObject, error)) (*Mapping, error) {
	labelled := *m
	labelled.columns = slices.Clone(m.columns)
	v := newFinder(s, resolve)
	var errs []error
	for i := range labelled.columns {
		col := &labelled.columns[i]
		if !col.Label {
			continue
		}
		f, err := v.find(&col.paths[0])
		if err != nil {
			errs = append(errs, &RuleError{At: col.At, Number: i + 1, Caption: col.caption(), Err: err})
			continue
		}
		table := map[string]string{}
		for _, option := range f.PicklistValues {
			table[option.Value] = option.Label
		}
		col.setTable(table)
	}
	return &labelled, errors.Join(errs...)
}

// Apply converts a record. The error joins a [*FieldError] for every target
// that got no value, in the order of the rules, and [Faults] takes it apart;
// all the other targets are in the Values that come with it.
func (m *Mapping) Apply(rec salesforce.Record) (Values, error) {
	n := len(m.columns)
	cells := make([]any, n+m.sources) // one piece of memory for both
	v, buf := Values{m: m, cells: cells[:n]}, cells[n:]
	var failed fieldErrors
	for i := range m.columns {
		col := &m.columns[i]
		value, err := col.read(rec, buf)
		if err != nil {
			failed = append(failed, m.readError(rec, col, err))
			value = absent
		}
		v.cells[i] = value
	}
	if len(failed) > 0 {
		return v, failed
	}
	return v, nil
}

// missing is the type of absent, the value of a target that is not there.
type missing struct{}

var absent any = missing{}

// reversed turns a table round. Texts that several others lead to have no way
// back.
func reversed(table map[string]string) (back map[string]string, whole bool) {
	back = make(map[string]string, len(table))
	twice := map[string]bool{}
	for from, to := range table {
		if _, ok := back[to]; ok {
			twice[to] = true
		}
		back[to] = from
	}
	maps.DeleteFunc(back, func(to, _ string) bool { return twice[to] })
	return back, len(twice) == 0
}
