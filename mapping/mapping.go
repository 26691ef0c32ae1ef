// Package mapping turns Salesforce records into the host's own values, by rules
// that are data: which fields, of what type, to which target.
//
// The rules are compiled once, by [New], and applied to any number of records.
// [Mapping.Paths] says which fields a query must select for them.
// [Mapping.Apply] converts a record into [Values], which fill a struct or a
// map, and give notes for people to read. Numbers are exact decimals
// throughout.
//
// A field that the record does not have leaves its target absent, and a field
// that is null gives its target a nil value. The difference matters to hosts
// that update: absent means leave alone, nil means clear.
//
// A value that does not fit costs only its own target. The [FieldError] says
// which record and field it was, and of what shape, but never the value.
package mapping

import (
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

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
}

// Mapping is a compiled list of rules. It is immutable, so it may be used by
// several goroutines at once. Use [New] to make one.
type Mapping struct {
	columns []column
	index   map[string]int // target to column
	paths   []string
	sources int // the most source paths that a column has
	format  format
}

// column is a rule made ready.
type column struct {
	Rule
	kind     kind
	fallback any // Default, converted; nil without one
}

// New compiles rules. Its error joins every fault of every rule.
func New(rules []Rule, opt *Options) (*Mapping, error) {
	m := &Mapping{index: map[string]int{}, format: newFormat(opt)}
	var errs []error
	if len(rules) == 0 {
		errs = append(errs, errors.New("mapping: no rules"))
	}
	for i, rule := range rules {
		for _, err := range m.add(rule) {
			errs = append(errs, fmt.Errorf("mapping: rule %d (%s): %w", i+1, rule.caption(), err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return m, nil
}

// add compiles one rule, or returns its faults.
func (m *Mapping) add(rule Rule) []error {
	if rule.Type == "" {
		rule.Type = Text
	}
	if faults := rule.check(); len(faults) > 0 {
		return faults
	}
	rule.From = slices.Clone(rule.From)
	col := column{Rule: rule, kind: kinds[rule.Type]}
	if rule.Default != "" {
		value, err := col.convert([]any{rule.Default}, m.format)
		if err != nil {
			return []error{fmt.Errorf("default: %w", err)}
		}
		col.fallback = value
	}
	if _, ok := m.index[rule.Target]; ok {
		return []error{errors.New("an earlier rule has the same target")}
	}
	if rule.Target != "" {
		m.index[rule.Target] = len(m.columns)
	}
	for _, path := range rule.From {
		if !slices.Contains(m.paths, path) {
			m.paths = append(m.paths, path)
		}
	}
	m.columns = append(m.columns, col)
	m.sources = max(m.sources, len(rule.From))
	return nil
}

// Paths returns the source paths, each once, in the order of the rules: what a
// query must select.
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
		rules[i] = m.columns[i].Rule
		rules[i].From = slices.Clone(rules[i].From)
	}
	return rules
}

// Apply converts a record. The error joins a [*FieldError] for every target
// that got no value, in the order of the rules, and [Faults] takes it apart;
// all the other targets are in the Values that come with it.
func (m *Mapping) Apply(rec salesforce.Record) (Values, error) {
	v := Values{m: m, cells: make([]cell, len(m.columns))}
	buf := make([]any, m.sources)
	var faults fieldErrors
	for i := range m.columns {
		col := &m.columns[i]
		sources, ok := col.read(rec, buf)
		if !ok {
			continue
		}
		value, err := col.value(sources, m.format)
		if err != nil {
			faults = append(faults, newFieldError(rec, &col.Rule, sources, err))
			continue
		}
		v.cells[i] = cell{value, true}
	}
	if len(faults) > 0 {
		return v, faults
	}
	return v, nil
}

// read looks the sources up. A column is absent if any of them is: half an
// address is no address.
func (c *column) read(rec salesforce.Record, buf []any) ([]any, bool) {
	for i, path := range c.From {
		value, ok := rec.Get(path)
		if !ok {
			return nil, false
		}
		buf[i] = value
	}
	return buf[:len(c.From)], true
}

// value converts the sources, or falls back to the default.
func (c *column) value(sources []any, f format) (any, error) {
	value, err := c.convert(sources, f)
	switch {
	case err != nil || value != nil:
		return value, err
	case c.fallback != nil:
		return unshared(c.fallback), nil
	case c.Required:
		return nil, ErrRequired
	}
	return nil, nil
}

// unshared copies a list, so that nobody can change the default of others.
func unshared(value any) any {
	if list, ok := value.([]string); ok {
		return slices.Clone(list)
	}
	return value
}

// convert converts the sources within the maximum. Empty ones give nil.
func (c *column) convert(sources []any, f format) (any, error) {
	value, err := c.kind.convert(sources, f)
	if err != nil || c.Max == 0 {
		return value, err
	}
	switch value := value.(type) {
	case string:
		return c.fit(value)
	case []string:
		for i := range value {
			if value[i], err = c.fit(value[i]); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}

// fit returns s if it is no longer than Max, or as much of it.
func (c *column) fit(s string) (string, error) {
	if len(s) <= c.Max || utf8.RuneCountInString(s) <= c.Max {
		return s, nil
	}
	if !c.Cut {
		return "", ErrTooLong
	}
	n := 0
	for i := range s {
		if n == c.Max {
			return s[:i], nil
		}
		n++
	}
	return s, nil
}
