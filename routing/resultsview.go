package routing

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sfbridge/sfbridge/salesforce"
)

// A FilledForm is a results form as a host shows it for a record.
type FilledForm struct {
	Object   string        `json:"object"`
	Record   salesforce.ID `json:"record"`
	Sections []FormSection `json:"sections"`
	// RecordType is the one whose options the form has.
	RecordType salesforce.ID `json:"recordType"`
	// Read is when the oldest of the options were read from Salesforce.
	Read time.Time `json:"read"`
	// Warnings are sentences about what may not be as it should.
	Warnings []string `json:"warnings,omitempty"`
}

// A FormSection is a section of a [FilledForm].
type FormSection struct {
	Name Section   `json:"name"`
	Rows []FormRow `json:"rows"`
}

// A FormRow is a row of a [FilledForm].
type FormRow struct {
	Title    string `json:"title"`
	Input    Input  `json:"input"`
	Field    string `json:"field"` // by which an answer is called
	Required bool   `json:"required"`
	// Value is what the record has in the field; nil for nothing.
	Value any `json:"value"`
	// Options are those of a picker, in their order.
	Options []FormOption `json:"options,omitempty"`
	// Controller is the field that the options depend on, and Control its value
	// in the record. The field may be another row's, whose answer counts then.
	// Empty where they depend on nothing.
	Controller string `json:"controller,omitempty"`
	Control    string `json:"control,omitempty"`
	// Length is how many characters a text may have; 0 for no limit.
	Length int `json:"length,omitempty"`
}

// A FormOption is an option of a picker.
type FormOption struct {
	Value string `json:"value"`
	Label string `json:"label"`
	// For are the values of the controlling field that the option goes with.
	For []string `json:"for,omitempty"`
}

// For are the options of a row that go with a value of its controlling field: all
// of them if they depend on none.
func (r FormRow) For(control string) []FormOption {
	if r.Controller == "" {
		return r.Options
	}
	return slices.DeleteFunc(slices.Clone(r.Options), func(o FormOption) bool { return !slices.Contains(o.For, control) })
}

// ResultsForm returns the form to show for a record: its rows, with the options
// that Salesforce offers for the record type of that very record. Login is as in
// [ResultSubmission]. Without a record it is the form for new records.
//
// What the org has said is kept for Config.OptionsMaxAge, and longer if
// Salesforce cannot be reached then. The error matches ErrOff, ErrNoNote or
// ErrWrongObject, or is that of the org.
func (r *Router) ResultsForm(ctx context.Context, login string, record salesforce.ID) (*FilledForm, error) {
	form, err := r.filledForm(ctx, login, record)
	if err != nil {
		return nil, fmt.Errorf("routing: results form: %w", err)
	}
	return form, nil
}

func (r *Router) filledForm(ctx context.Context, login string, record salesforce.ID) (*FilledForm, error) {
	if r.cfg.Results == nil || r.cfg.Results.Off {
		return nil, ErrOff
	}
	if record != "" {
		id, err := salesforce.ParseID(string(record))
		if err != nil {
			return nil, fmt.Errorf("record: %w", err)
		}
		record = id
	}
	f, err := r.org.filling(ctx, login, record)
	if err != nil {
		return nil, err
	}
	form := &FilledForm{Object: f.object.Name, Record: record, RecordType: f.kind, Read: f.at}
	for _, name := range []Section{Sale, NoSale} {
		section := FormSection{Name: name}
		for _, row := range r.cfg.Results.rows(name) {
			section.Rows = append(section.Rows, f.row(row))
		}
		form.Sections = append(form.Sections, section)
	}
	form.Warnings = f.warnings
	return form, nil
}

// row is a row as it is shown.
func (f *filling) row(row ResultRow) FormRow {
	shown := FormRow{Title: row.Title, Input: row.input(), Field: row.Field, Required: row.Required}
	shown.Value, _ = f.record.Get(row.Field)
	info, ok := f.object.Field(row.Field)
	if !ok {
		return shown
	}
	if row.input() == TextInput {
		shown.Length = info.Length
	}
	if row.input().picks() {
		shown.Options = f.options(row)
		if list, _ := f.list(row.Field); len(list.Controllers) > 0 {
			shown.Controller = info.ControllerName
			shown.Control = f.control(nil, info.ControllerName)
		}
	}
	return shown
}

// options are those of a row, with what they go with.
func (f *filling) options(row ResultRow) []FormOption {
	list, _ := f.list(row.Field)
	controls := make([]string, len(list.Controllers))
	for value, place := range list.Controllers {
		if place < len(controls) {
			controls[place] = value
		}
	}
	option := func(o salesforce.PicklistOption) FormOption {
		shown := FormOption{Value: o.Value, Label: o.Label}
		for _, place := range o.ValidFor {
			if place < len(controls) {
				shown.For = append(shown.For, controls[place])
			}
		}
		return shown
	}
	var options []FormOption
	for _, o := range list.Options {
		if row.Pull && !slices.Contains(row.Except, o.Value) {
			options = append(options, option(o))
		}
	}
	for _, value := range row.Options {
		i := slices.IndexFunc(list.Options, func(o salesforce.PicklistOption) bool { return o.Value == value })
		switch {
		case i >= 0:
			options = append(options, option(list.Options[i]))
		case f.restricted(row.Field):
			f.warnings = append(f.warnings, fmt.Sprintf("%s: Salesforce does not offer the option %q for this record, so it is left out.", row.Title, value))
		case len(list.Controllers) > 0:
			options = append(options, FormOption{Value: value, Label: value, For: controls})
		default:
			options = append(options, FormOption{Value: value, Label: value})
		}
	}
	return options
}

func (f *filling) restricted(field string) bool {
	info, ok := f.object.Field(field)
	return ok && info.RestrictedPicklist
}

// control is the value of a controlling field: the one that is written, or else
// the one that the record has.
func (f *filling) control(values salesforce.Record, name string) string {
	value, ok := values.Get(name)
	if !ok {
		value, _ = f.record.Get(name)
	}
	if info, ok := f.object.Field(name); ok && info.Type == "boolean" && value == nil {
		return "false"
	}
	return plain(value)
}
