package mapping

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sfbridge/sfbridge/salesforce"
)

// CheckPicklists holds a record that [Mapping.Write] made against the picklists
// of its object s: the value of a restricted one has to be an active option, and
// the value of a dependent one has to go with that of its controlling field.
// Not every org refuses the latter by itself, and a record that holds it cannot
// be saved in Salesforce's own pages any more.
//
// For an update, current is the record as it is, with both fields of each pair
// of which rec writes one: a controlling field that rec leaves alone has the
// value that current holds, and a dependent one that stays has to go with what
// it will depend on. For a create it is nil, and what rec does not have is
// empty. Options that a record type leaves out are not known here; see
// [salesforce.Client.Picklists].
//
// The error joins a [*FieldError] for each value that is refused, which matches
// [ErrOption] or [ErrDependent]; [Faults] takes it apart.
//
// See "Dependent Picklist Considerations" in Salesforce Help.
func (m *Mapping) CheckPicklists(s *salesforce.SObject, rec, current salesforce.Record) error {
	var failed fieldErrors
	for i := range s.Fields {
		if f := &s.Fields[i]; isPicklist(f) {
			p := pick{s, f, rec, current}
			if value, err := p.check(); err != nil {
				failed = append(failed, m.pickError(f.Name, value, rec, current, err))
			}
		}
	}
	if len(failed) > 0 {
		return failed
	}
	return nil
}

// pickError tells of a value that is refused, by the rule for its field.
func (m *Mapping) pickError(name string, value any, rec, current salesforce.Record, err error) *FieldError {
	col := &column{Rule: Rule{From: []string{name}, Type: Text}}
	if i := slices.IndexFunc(m.columns, func(c column) bool {
		return c.Target != "" && c.readOnly == nil && strings.EqualFold(c.paths[0].text, name)
	}); i >= 0 {
		col = &m.columns[i]
	}
	e := m.fieldError(col, []any{value}, err)
	e.Write = true
	if e.RecordID = string(rec.ID()); e.RecordID == "" {
		e.RecordID = string(current.ID())
	}
	return e
}

// pick is a picklist of a record that is about to be written.
type pick struct {
	object       *salesforce.SObject
	field        *salesforce.FieldInfo
	rec, current salesforce.Record
}

// check returns what is wrong with the value that the picklist will have.
func (p pick) check() (value any, err error) {
	value, written := field(p.rec, p.field.Name)
	control, controlled := any(nil), false
	if p.field.DependentPicklist {
		control, controlled = field(p.rec, p.field.ControllerName)
	}
	switch {
	case !written && !controlled:
		return nil, nil
	case !written:
		value, _ = field(p.current, p.field.Name)
	}
	chosen, err := p.chosen(value)
	if err != nil || len(chosen) == 0 {
		return value, err
	}
	if p.field.DependentPicklist && !controlled && p.current != nil {
		if control, controlled = field(p.current, p.field.ControllerName); !controlled {
			return value, fmt.Errorf("%w: that of %s is neither written nor known", ErrDependent, p.field.ControllerName)
		}
	}
	return value, p.goes(chosen, control)
}

// chosen are the options that a value holds.
func (p pick) chosen(value any) ([]string, error) {
	text, err := scalar(value)
	switch {
	case err != nil || text == "":
		return nil, err
	case p.field.Type == "multipicklist":
		return strings.Split(text, ";"), nil
	}
	return []string{text}, nil
}

// goes checks what is chosen against the options, with the value of the
// controlling field where there is one. What is no option at all is the user's
// own word, unless the picklist is restricted.
func (p pick) goes(chosen []string, control any) error {
	with, err := scalar(control)
	if err != nil {
		return err
	}
	if c, ok := p.object.Field(p.field.ControllerName); ok && c.Type == "boolean" && with == "" {
		with = "false"
	}
	choices := p.object.Choices(p.field.Name, with)
	for _, value := range chosen {
		is := func(v salesforce.PicklistValue) bool { return strings.EqualFold(v.Value, value) }
		i := slices.IndexFunc(p.field.PicklistValues, is)
		switch {
		case slices.ContainsFunc(choices, is):
		case i < 0 && !p.field.RestrictedPicklist:
		case i >= 0 && p.field.PicklistValues[i].Active && p.field.DependentPicklist:
			return fmt.Errorf("%w %s", ErrDependent, p.field.ControllerName)
		case p.field.RestrictedPicklist:
			return ErrOption
		}
	}
	return nil
}
