package mapping

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sfbridge/sfbridge/internal/nearest"
	"github.com/sfbridge/sfbridge/salesforce"
)

// Problem is something that is wrong between a mapping and an org.
type Problem struct { //nolint:errname // what people call it
	At      string // the rule's own At
	Number  int    // of the rule, from 1; 0 for the mapping as a whole
	Caption string // the rule's title or target
	Path    string // the source path
	Warning bool   // it works, but perhaps not as it was meant
	Text    string // what is wrong, and what to do about it
	Err     error  // why an object could not be described, or nil
}

func (p *Problem) Error() string {
	text := p.Text
	if p.Path != "" {
		text = "field " + p.Path + ": " + text
	}
	if p.Warning {
		text = "warning: " + text
	}
	if p.Number == 0 {
		return "mapping: " + text
	}
	return ruleText(p.At, p.Number, p.Caption, text)
}

func (p *Problem) Unwrap() error { return p.Err }

// CheckOptions varies a check. Nil means the zero CheckOptions.
type CheckOptions struct {
	// Resolve describes the objects that relationships lead to. It is asked
	// once for each, and (*salesforce.Client).Describe under a context is the
	// usual one. Defaults to none: paths through relationships are problems.
	Resolve func(object string) (*salesforce.SObject, error)

	// Write also checks that the rules can be written, in a create or an
	// update. Defaults to checking for reading alone.
	Write Operation
}

// Validate compares the mapping with the description of the object that its
// records come from, for reading. Its error joins the problems of
// [Mapping.Check] that are no warnings.
func (m *Mapping) Validate(s *salesforce.SObject, resolve func(object string) (*salesforce.SObject, error)) error {
	var errs []error
	for _, p := range m.Check(s, &CheckOptions{Resolve: resolve}) {
		if !p.Warning {
			errs = append(errs, p)
		}
	}
	return errors.Join(errs...)
}

// Check compares the mapping with the description of the object that its
// records come from, and tells every problem, in the order of the rules: a
// field, a relationship or a child list that is not there, or hidden from the
// user; a field whose type does not fit the rule's; values that are longer than
// the rule's maximum; lookups that do not go with the picklist; and for writing
// fields that cannot be written, are too short, depend on a picklist that is not
// written, or are required and not written.
func (m *Mapping) Check(s *salesforce.SObject, opt *CheckOptions) []*Problem {
	if opt == nil {
		opt = &CheckOptions{}
	}
	c := checker{finder: newFinder(s, opt.Resolve), op: opt.Write, written: map[string]bool{}}
	for i := range m.columns {
		if name, _ := m.columns[i].paths[0].field(); m.columns[i].readOnly == nil {
			c.written[strings.ToLower(name)] = true
		}
	}
	for i := range m.columns {
		c.number, c.col = i+1, &m.columns[i]
		c.rule()
	}
	if c.op == Create {
		c.number, c.col = 0, &column{}
		c.required()
	}
	return c.problems
}

// checker collects problems, rule by rule.
type checker struct {
	*finder
	op       Operation
	written  map[string]bool // fields in lower case
	problems []*Problem

	number int // of the rule at hand
	col    *column
}

func (c *checker) add(warning bool, path, format string, args ...any) {
	c.problems = append(c.problems, &Problem{
		At: c.col.At, Number: c.number, Caption: c.col.caption(), Path: path, Warning: warning, Text: fmt.Sprintf(format, args...),
	})
}

func (c *checker) rule() {
	for i := range c.col.paths {
		p := &c.col.paths[i]
		f, err := c.find(p)
		if err != nil {
			c.add(false, p.text, "%v", err)
			c.problems[len(c.problems)-1].Err = err
			continue
		}
		c.fits(p.text, f)
		c.length(p.text, f)
		c.options(p.text, f)
		if c.op != "" && c.col.Target != "" {
			c.writes(p.text, f)
		}
	}
}

// fits checks the field's type. A converter of the host's takes any.
func (c *checker) fits(path string, f *salesforce.FieldInfo) {
	col := c.col
	switch {
	case col.Converter != "":
	case col.Template != "" && !holds(scalars, f.Type):
		c.add(false, path, "a field of type %s does not fit a template", f.Type)
	case col.Template != "":
	case f.Type == "address" && len(col.From) > 1:
		c.add(false, path, "a compound address stands alone in from: remove the other sources, or name its parts instead")
	case !holds(col.kind.fields, f.Type):
		hint := ""
		if typ := Suggest(f); typ != "" && typ != col.Type {
			hint = fmt.Sprintf("; its own type is %q", typ)
		}
		c.add(false, path, "a field of type %s does not fit %s%s", f.Type, col.Type, hint)
	case len(col.Layouts) > 0 && !holds(spelled, f.Type):
		c.add(true, path, "a field of type %s needs no layouts", f.Type)
	case col.Type == Text && f.HTMLFormatted:
		c.add(true, path, "the field holds HTML; use the type %q to have it removed", RichText)
	}
	if col.Label && !isPicklist(f) {
		c.add(false, path, "a field of type %s has no labels: remove label", f.Type)
	}
}

func holds(list, typ string) bool { return strings.Contains(" "+list+" ", " "+typ+" ") }

func isPicklist(f *salesforce.FieldInfo) bool {
	return holds("picklist multipicklist combobox", f.Type)
}

// length compares the field's length with the rule's.
func (c *checker) length(path string, f *salesforce.FieldInfo) {
	col := c.col
	if col.Max > 0 && f.Length > col.Max && !col.Cut && col.Lookup == nil && col.Template == "" && !isPicklist(f) && c.op == "" {
		c.add(true, path, "the field takes %d characters, and more than %d are refused: raise max, or set cut where a part will do", f.Length, col.Max)
	}
	if isPicklist(f) && col.Lookup == nil && c.op == "" && col.Max > 0 && !col.Cut {
		for _, option := range f.PicklistValues {
			if shown := option.Value; !col.Label && len([]rune(shown)) > col.Max {
				c.add(true, path, "the option %q is longer than %d characters, and refused", shown, col.Max)
			}
		}
	}
}

// options compares the rule's lookup with the field's picklist.
func (c *checker) options(path string, f *salesforce.FieldInfo) {
	if c.col.Lookup == nil || !isPicklist(f) {
		return
	}
	var values, active []string
	for _, option := range f.PicklistValues {
		values = append(values, option.Value)
		if option.Active {
			active = append(active, option.Value)
		}
	}
	for _, from := range sortedKeys(c.col.Lookup) {
		if slices.Contains(values, from) {
			continue
		}
		hint := nearest.DidYouMean(from, values)
		for _, option := range f.PicklistValues {
			if option.Label == from {
				hint = fmt.Sprintf("; %q is the label of %q", from, option.Value)
			}
		}
		c.add(!f.RestrictedPicklist, path, "the lookup has %q, which is no value of the picklist%s", from, hint)
	}
	for _, value := range active {
		if _, ok := c.col.Lookup[value]; !ok && cmp.Or(c.col.Otherwise, Refuse) == Refuse {
			c.add(true, path, "the lookup lacks %q, which is refused: add it, or set otherwise", value)
		}
	}
}

func sortedKeys(table map[string]string) []string {
	var keys []string
	for key := range table {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// writes checks that the rule can be written.
func (c *checker) writes(path string, f *salesforce.FieldInfo) {
	col := c.col
	able := f.Updateable
	if c.op == Create {
		able = f.Createable
	}
	switch {
	case col.readOnly != nil:
		c.add(true, path, "%v", col.readOnly)
		return
	case f.Calculated:
		c.add(false, path, "the field is a formula and cannot be written: set readOnly, or choose another field")
	case !able:
		c.add(false, path, "this user cannot set the field in %s: set readOnly, or let an administrator allow it", map[Operation]string{
			Create: "a create", Update: "an update",
		}[c.op])
	}
	if f.Length > 0 && col.Max > f.Length && !isPicklist(f) {
		c.add(false, path, "max %d is more than the %d characters that the field takes", col.Max, f.Length)
	}
	if f.DependentPicklist && !c.written[strings.ToLower(f.ControllerName)] {
		c.add(true, path, "its options depend on %s, which no rule writes: add a rule for it, or a value may not go with what is there", f.ControllerName)
	}
}

// required finds fields that a create must set and no rule writes.
func (c *checker) required() {
	for i := range c.base.Fields {
		if f := &c.base.Fields[i]; f.Required() && f.Type != "boolean" && !c.written[strings.ToLower(f.Name)] {
			c.add(false, "", "%s cannot be created: no rule writes its required field %s", c.base.Name, f.Name)
		}
	}
}
