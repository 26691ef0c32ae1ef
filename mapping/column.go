package mapping

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sfbridge/sfbridge/internal/nearest"
	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/salesforce"
)

// column is a rule made ready.
type column struct {
	Rule
	kind     kind
	paths    []path
	format   format
	one      func(raw any, s string, f *format) (any, error) // or several
	several  func(sources []any, f *format) (any, error)
	write    func(value any, f *format) (any, error) // nil if readOnly says why not
	readOnly error
	table    map[string]string // Lookup or labels; nil without
	back     map[string]string // the table turned round
	fallback any               // Default, converted; nil without one
}

// compile makes a rule ready, or tells its faults.
func compile(rule *Rule, f format, opt *Options) (column, []error) {
	c := column{Rule: rule.clone(), format: f}
	if c.Type == "" {
		c.Type = Text
	}
	if faults := c.check(); len(faults) > 0 {
		return c, faults
	}
	for _, text := range c.From {
		p, _ := parsePath(text) // checked
		c.paths = append(c.paths, p)
	}
	if c.Zone != "" {
		c.format.zone, _ = time.LoadLocation(c.Zone) // checked
	}
	for _, text := range c.Layouts {
		layout, _ := layoutOf(text, c.Type) // checked
		c.format.layouts = append(c.format.layouts, layout)
	}
	c.kind = kinds[c.Type]
	c.one, c.several, c.write = c.kind.one, c.kind.several, c.kind.write
	switch {
	case c.Converter != "":
		own, ok := opt.Converters[c.Converter]
		if !ok || own.Read == nil {
			return c, []error{errors.New(nearest.Unknown("converter", c.Converter, names(opt.Converters)))}
		}
		c.convertBy(own)
	case c.Template != "":
		t, _ := placeholder.Parse(c.Template) // checked
		c.one, c.several, c.write = nil, combine(t, c.From), nil
	}
	if c.Lookup != nil {
		c.setTable(c.Lookup)
	}
	if c.readOnly = c.whyReadOnly(); c.readOnly != nil {
		c.write = nil
	}
	return c, c.setFallback()
}

func names(converters map[string]Converter) []string {
	var names []string
	for name := range converters {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (c *column) convertBy(own Converter) {
	c.one, c.write = nil, nil
	c.several = func(sources []any, _ *format) (any, error) {
		value, err := own.Read(slices.Clone(sources)) // the host may keep it
		return value, refused(err)
	}
	if own.Write != nil {
		c.write = func(value any, _ *format) (any, error) {
			value, err := own.Write(value)
			return value, refused(err)
		}
	}
}

// setTable sets the texts that replace others, and their way back.
func (c *column) setTable(table map[string]string) {
	c.table = table
	c.back, _ = reversed(table)
}

// setFallback converts the default.
func (c *column) setFallback() []error {
	if c.Default == "" {
		return nil
	}
	var err error
	switch {
	case c.Converter != "":
		c.fallback, err = c.convert([]any{c.Default})
	case c.Template != "":
		c.fallback, err = c.fitAll(c.Default)
	case c.one == nil:
		c.fallback, err = c.convert([]any{c.Default})
	default:
		plain := *c
		plain.table = nil // the default is what the host gets
		c.fallback, err = plain.convertOne(c.Default)
	}
	if errors.Is(err, ErrShape) {
		return []error{fmt.Errorf("default: %w: write it as Salesforce does, such as 2026-08-24, true or A;B", err)}
	}
	if err != nil {
		return []error{fmt.Errorf("default: %w", err)}
	}
	return nil
}

// whyReadOnly says why a rule cannot be written, if it cannot.
func (c *column) whyReadOnly() error {
	var reason string
	name, own := c.paths[0].field()
	_, whole := reversed(c.table)
	switch {
	case c.ReadOnly:
		reason = "the rule says so"
	case len(c.paths) > 1:
		reason = "it is composed of several fields"
	case c.write == nil && c.Converter != "":
		reason = "converter " + c.Converter + " does not write"
	case c.write == nil:
		reason = "type " + string(c.Type) + " has no way back"
	case !own:
		reason = "it belongs to another record"
	case strings.EqualFold(name, "Id"):
		reason = "Salesforce gives the Id"
	case !whole:
		reason = "several texts of its lookup become the same one"
	case len(c.Lookup) > 0 && c.Otherwise == Empty:
		reason = "its lookup empties texts"
	default:
		return nil
	}
	return &readOnlyError{reason}
}

// readOnlyError is ErrReadOnly with the reason.
type readOnlyError struct{ reason string }

func (e *readOnlyError) Error() string { return ErrReadOnly.Error() + ": " + e.reason }

func (e *readOnlyError) Is(target error) bool { return target == ErrReadOnly }

// read converts the column's fields of a record. It gives absent if the record
// lacks any of them: half an address is no address.
func (c *column) read(rec salesforce.Record, buf []any) (any, error) {
	var value any
	var err error
	if c.one != nil {
		raw, ok := c.paths[0].get(rec)
		if !ok {
			return absent, nil
		}
		value, err = c.convertOne(raw)
	} else {
		for i := range c.paths {
			raw, ok := c.paths[i].get(rec)
			if !ok {
				return absent, nil
			}
			buf[i] = raw
		}
		value, err = c.convert(buf[:len(c.paths)])
	}
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

// convertOne converts a single value. Salesforce has no empty text, it keeps
// null instead, so both are empty here.
func (c *column) convertOne(raw any) (any, error) {
	s, err := scalar(raw)
	if err != nil || s == "" {
		return nil, err
	}
	if c.Label && c.table == nil {
		return nil, ErrNoLabels
	}
	if c.table != nil && c.Type != MultiPicklist {
		if s, err = c.replace(s, c.table); err != nil || s == "" {
			return nil, err
		}
		raw = s
	}
	value, err := c.one(raw, s, &c.format)
	if err != nil {
		return nil, err
	}
	if list, ok := value.([]string); ok && c.table != nil {
		if value, err = c.replaceAll(list, c.table); err != nil {
			return nil, err
		}
	}
	return c.fitAll(value)
}

// convert converts several values.
func (c *column) convert(sources []any) (any, error) {
	value, err := c.several(sources, &c.format)
	if err != nil {
		return nil, err
	}
	return c.fitAll(value)
}

// replace looks a text up. Labels that are not known stay values.
func (c *column) replace(s string, table map[string]string) (string, error) {
	if to, ok := table[s]; ok {
		return to, nil
	}
	switch {
	case c.Label || c.Otherwise == Keep:
		return s, nil
	case c.Otherwise == Empty:
		return "", nil
	}
	return "", ErrLookup
}

func (c *column) replaceAll(list []string, table map[string]string) (any, error) {
	var kept []string
	for _, s := range list {
		s, err := c.replace(s, table)
		if err != nil {
			return nil, err
		}
		if s != "" {
			kept = append(kept, s)
		}
	}
	if len(kept) == 0 {
		return nil, nil
	}
	return kept, nil
}

// combine makes one text of several sources. It trims the text, and takes it
// for empty if every source is.
func combine(t *placeholder.Template, from []string) func([]any, *format) (any, error) {
	index := map[string]int{}
	for _, name := range t.Names() {
		index[name] = sourceIndex(name, from)
	}
	return func(sources []any, _ *format) (any, error) {
		filled := false
		s, err := t.Expand(placeholder.Func(func(name string) (string, error) {
			s, err := scalar(sources[index[name]])
			filled = filled || s != ""
			return s, err
		}), nil)
		switch {
		case err != nil:
			return nil, ErrShape
		case !filled:
			return nil, nil
		}
		return textOrNil(strings.TrimSpace(s)), nil
	}
}

// sourceIndex returns which source a template means, or -1. It calls sources by
// their paths, or by their numbers: %1% is the first one.
func sourceIndex(name string, from []string) int {
	if n, err := strconv.Atoi(name); err == nil && n >= 1 && n <= len(from) {
		return n - 1
	}
	return slices.IndexFunc(from, func(path string) bool { return strings.EqualFold(path, name) })
}

// fitAll brings a value within the maximum.
func (c *column) fitAll(value any) (any, error) {
	if c.Max == 0 {
		return value, nil
	}
	switch value := value.(type) {
	case string:
		s, err := c.fit(value)
		if err != nil {
			return nil, err
		}
		return s, nil
	case []string:
		for i := range value {
			s, err := c.fit(value[i])
			if err != nil {
				return nil, err
			}
			value[i] = s
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
