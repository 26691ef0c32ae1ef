package routing

import (
	"errors"
	"fmt"
	"slices"

	"github.com/sfbridge/sfbridge/internal/conf"
	"github.com/sfbridge/sfbridge/internal/nearest"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/placeholder"
)

// AppointmentResults is the type of the deliveries that [Router.Submit] makes.
const AppointmentResults DocumentType = "Results"

// A Section is a part of a results form. An appointment has the results of one
// of them.
type Section string

// The sections.
const (
	Sale   Section = "Sale"
	NoSale Section = "No Sale"
)

// An Input is how a row of a results form is filled in.
type Input string

// The inputs, and the values that an answer has.
const (
	Picker      Input = "Standard Picker" // string, one of the options
	MultiPicker Input = "Multi Picker"    // []string, some of the options
	TextInput   Input = "Text"            // string
	NumberInput Input = "Number"          // a decimal.Decimal, json.Number or number of Go
	DateInput   Input = "Date"            // salesforce.Date, or text such as "2026-08-24"
	Checkbox    Input = "Checkbox"        // bool
)

var inputs = []Input{Picker, MultiPicker, TextInput, NumberInput, DateInput, Checkbox}

// UnmarshalText reads an input, and refuses what is none.
func (i *Input) UnmarshalText(text []byte) error {
	if *i = Input(text); !slices.Contains(inputs, *i) {
		return errors.New(nearest.Unknown("input", *i, inputs))
	}
	return nil
}

// picks reports whether the input chooses among options.
func (i Input) picks() bool { return i == Picker || i == MultiPicker }

// types are what the mapping calls the inputs.
var types = map[Input]mapping.Type{
	Picker: mapping.Text, MultiPicker: mapping.MultiPicklist, TextInput: mapping.Text,
	NumberInput: mapping.Number, DateInput: mapping.Date, Checkbox: mapping.Checkbox,
}

// A NoteKind is what the note about results becomes in Salesforce.
type NoteKind string

// The kinds of notes.
const (
	// AnyNote is a ContentNote if the org has those and they can be linked to the
	// object, else a Note if the object can have one.
	AnyNote NoteKind = ""
	// TaskNote is a completed Task.
	TaskNote NoteKind = "Task"

	contentNote NoteKind = "ContentNote"
	classicNote NoteKind = "Note"
)

// A ResultsForm is what an administrator configures of the results of
// appointments: plain data, for a file, which [ReadResultsForm] reads, or for
// rows of the host's own screen. [ResultsForm.Check] holds it against an org.
type ResultsForm struct {
	// Off switches results off. Nothing else is looked at then, and results that
	// were accepted before go on. Defaults to false.
	Off bool `json:"off,omitempty" yaml:"off,omitempty"`
	// Object is the object class name, such as "i360__Appointment__c": what the
	// records are that results are written to. Required.
	Object string `json:"object,omitempty" yaml:"object,omitempty" conf:"required,unless=off"`
	// FileName is a template for the title and the file name of the results
	// report. Defaults to "%customerName% Results %date%.pdf".
	FileName string `json:"fileName,omitempty" yaml:"fileName,omitempty"`
	// Backup lists who gets what cannot be saved to Salesforce, as [Rule] has it.
	Backup []string `json:"backup,omitempty" yaml:"backup,omitempty" conf:"single"`
	// Mail is what those mails say, as [Rule] has it; %details% are also the steps
	// that failed and the values that are not saved.
	Mail MailText `json:"mail,omitzero" yaml:"mail,omitempty"`
	// NoteTitle is a template for the title of the note. Defaults to "Appointment
	// Results".
	NoteTitle string `json:"noteTitle,omitempty" yaml:"noteTitle,omitempty"`
	// Note is the kind of the note. Defaults to AnyNote.
	Note NoteKind `json:"note,omitempty" yaml:"note,omitempty"`
	// Sale and NoSale are the rows of the sections. Empty rows are passed over.
	Sale   []ResultRow `json:"sale,omitempty" yaml:"sale,omitempty" conf:"item=row"`
	NoSale []ResultRow `json:"noSale,omitempty" yaml:"noSale,omitempty" conf:"item=row"`

	file *conf.File // it was read from, nil for none
}

// A ResultRow is a row of a results form.
type ResultRow struct {
	// At says where the row stands, for messages: "results.yaml:12:5".
	// [ReadResultsForm] sets it.
	At string `json:"-" yaml:"-" conf:"at"`
	// Title is what people read. Required.
	Title string `json:"title,omitempty" yaml:"title,omitempty"`
	// Input is how the row is filled in. Defaults to Picker.
	Input Input `json:"input,omitempty" yaml:"input,omitempty"`
	// Options are those of a picker, typed in: values of the field.
	Options []string `json:"options,omitempty" yaml:"options,omitempty"`
	// Pull takes the options from Salesforce: those of the field that the record
	// type of the record offers. Not together with Options.
	Pull bool `json:"pull,omitempty" yaml:"pull,omitempty"`
	// Except are options that are not pulled, if there are such.
	Except []string `json:"except,omitempty" yaml:"except,omitempty"`
	// Field is the field that the row writes, such as "i360__Result__c". Required.
	// A row is called by it in answers.
	Field string `json:"field,omitempty" yaml:"field,omitempty"`
	// Required rows must be filled in.
	Required bool `json:"required,omitempty" yaml:"required,omitempty"`
}

func (r ResultRow) empty() bool {
	return r.Title == "" && r.Input == "" && len(r.Options) == 0 && !r.Pull && len(r.Except) == 0 && r.Field == "" && !r.Required
}

// NewResultsForm returns the form to begin with: one empty row in each section.
func NewResultsForm() *ResultsForm {
	return &ResultsForm{Sale: []ResultRow{{}}, NoSale: []ResultRow{{}}}
}

// ReadResultsForm reads a form, in YAML or JSON; the file's name says which, or
// else its first character. It is strict: the error has a line for every key that
// does not exist, stands twice or has a value of the wrong kind, with its place
// in the file, and for whatever shows without an org.
//
//	object: i360__Appointment__c
//	noteTitle: Appointment Results
//	backup: [office@example.com]
//	sale:
//	  - {title: Result, field: i360__Result__c, options: [Demo Sold], required: true}
//	noSale:
//	  - {title: Result, field: i360__Result__c, pull: true, required: true}
func ReadResultsForm(file string, data []byte) (*ResultsForm, error) {
	f := &ResultsForm{file: &conf.File{Name: file, Data: data}}
	if err := conf.Decode(file, data, f); err != nil {
		return nil, err
	}
	if err := f.allFaults().Err(); err != nil {
		return nil, err
	}
	return f, nil
}

// rows are the rows of a section that are not empty.
func (f *ResultsForm) rows(section Section) []ResultRow {
	rows := f.Sale
	if section == NoSale {
		rows = f.NoSale
	}
	return slices.DeleteFunc(slices.Clone(rows), ResultRow.empty)
}

// rule is the rule for the report.
func (f *ResultsForm) rule() Rule {
	rule := Rule{Type: AppointmentResults, Off: f.Off, FileName: f.FileName, Backup: f.Backup, Mail: f.Mail}
	if rule.Mail.Text == "" {
		rule.Mail.Text = "Some or all of the results \"%title%\" could not be saved to Salesforce. There is a report of them. %attachment%\n\n" +
			"Reason: %reason%\n\n%details%\n"
	}
	return rule
}

func (f *ResultsForm) noteTitle() string {
	if f.NoteTitle == "" {
		return "Appointment Results"
	}
	return f.NoteTitle
}

// allFaults tells what is wrong with a form whatever the org is, and with the rule
// for its report.
func (f *ResultsForm) allFaults() Problems {
	problems := f.faults()
	if f.Off {
		return problems
	}
	c := &formChecker{form: f, problems: problems}
	for _, at := range []struct {
		part string
		rule Rule
	}{
		{"fileName", Rule{Type: AppointmentResults, FileName: f.FileName}},
		{"backup", Rule{Type: AppointmentResults, Backup: f.Backup}},
		{"mail", Rule{Type: AppointmentResults, Mail: f.Mail}},
	} {
		if _, err := parseRule(at.rule); err != nil {
			c.fault(err, at.part, "%v", err)
		}
	}
	return c.problems.Sorted()
}

// faults tells what is wrong with a form whatever the org is.
func (f *ResultsForm) faults() Problems {
	if f.Off {
		return nil
	}
	c := &formChecker{form: f}
	if f.Object == "" {
		c.fault(nil, "object", "the object class name is missing: write one such as i360__Appointment__c")
	}
	if _, err := placeholder.Parse(f.noteTitle()); err != nil {
		c.fault(err, "noteTitle", "%v", err)
	}
	if f.Note != AnyNote && f.Note != TaskNote {
		c.fault(nil, "note", "there is no kind of note %q: write %q, or leave it out for a note", f.Note, TaskNote)
	}
	if len(f.rows(Sale))+len(f.rows(NoSale)) == 0 {
		c.fault(nil, "sale", "neither section has a row: fill one in")
	}
	for _, section := range []Section{Sale, NoSale} {
		c.each(section, c.row)
	}
	return c.problems
}

// row tells what is wrong with a row by itself.
func (c *formChecker) row(section Section, rows []ResultRow, n int) {
	row := rows[n]
	wrong := func(format string, args ...any) { c.rowFault(section, n, row, nil, format, args...) }
	if row.Title == "" {
		wrong("the title is missing: it is what people read")
	}
	if row.Field == "" {
		wrong("the field is missing: name the field that the row writes")
	}
	if i := slices.IndexFunc(rows[:n], func(r ResultRow) bool { return r.Field != "" && sameName(r.Field, row.Field) }); i >= 0 {
		wrong("row %d writes %s, too: remove one", i+1, row.Field)
	}
	input := row.input()
	switch {
	case !slices.Contains(inputs, input):
		wrong("%s", nearest.Unknown("input", input, inputs))
	case !input.picks() && (row.Pull || len(row.Options) > 0 || len(row.Except) > 0):
		wrong("a row with the input %s has no options: choose %s or %s", input, Picker, MultiPicker)
	case input.picks() && row.Pull && len(row.Options) > 0:
		wrong("its options are both typed in and pulled: choose one")
	case input.picks() && !row.Pull && len(row.Options) == 0:
		wrong("there are no options: type them in, or pull them")
	case len(row.Except) > 0 && !row.Pull:
		wrong("except is for options that are pulled: remove it, or the options themselves")
	}
	for i, option := range row.Options {
		if slices.Contains(row.Options[:i], option) {
			wrong("the option %q is there twice", option)
		}
	}
}

// allows reports whether an option may be chosen as far as the row says.
func (r ResultRow) allows(option string) bool {
	return (len(r.Options) == 0 || slices.Contains(r.Options, option)) && !slices.Contains(r.Except, option)
}

func (r ResultRow) input() Input {
	if r.Input == "" {
		return Picker
	}
	return r.Input
}

// results checks what is configured for results, and returns the rules with that
// of the report.
func (c Config) results(rules []Rule) ([]Rule, error) {
	var errs []error
	for _, rule := range c.Rules {
		if rule.Type == AppointmentResults {
			errs = append(errs, fmt.Errorf("the rule for %s belongs into Results", AppointmentResults))
		}
	}
	if c.Results == nil {
		return rules, errors.Join(errs...)
	}
	if err := c.Results.faults().Err(); err != nil {
		errs = append(errs, fmt.Errorf("results: %w", err))
	}
	if t, err := placeholder.Parse(c.Results.noteTitle()); err == nil && c.Strict && !c.Results.Off {
		if err := t.Check(append(placeholder.Names(), c.Placeholders.Names()...)); err != nil {
			errs = append(errs, fmt.Errorf("results: NoteTitle %q: %w", t, err))
		}
	}
	if c.Renderer == nil && !c.Results.Off {
		errs = append(errs, errors.New("results: there is no Renderer"))
	}
	if _, ok := c.records(); !ok && !c.Results.Off {
		errs = append(errs, errors.New("results: the Destination is no Salesforce: set Records, whose records are updated"))
	}
	return append(slices.Clip(rules), c.Results.rule()), errors.Join(errs...)
}

// records is whose records results are written to.
func (c Config) records() (Salesforce, bool) {
	if c.Records != nil {
		return *c.Records, c.Records.Validate() == nil
	}
	s, ok := c.Destination.(Salesforce)
	return s, ok
}
