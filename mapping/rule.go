package mapping

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sfbridge/sfbridge/internal/nearest"
	"github.com/sfbridge/sfbridge/placeholder"
)

// Type says what a row of the mapping holds, and so which Go value its target
// receives. The values are the names that an administrator sees.
//
// See "Field Types" and "Compound Fields" in the Salesforce Object Reference.
type Type string

// The types of a rule, with the Go type of the value.
const (
	Text          Type = "Text/Picklist"         // string, exactly as it came
	Number        Type = "Number"                // decimal.Decimal
	Integer       Type = "Whole number"          // int64
	Date          Type = "Date"                  // salesforce.Date; of a moment, its day in the zone
	DateTime      Type = "Appointment Date/Time" // time.Time in the zone; of a date, its midnight
	Time          Type = "Time"                  // salesforce.Time, a time of day
	Checkbox      Type = "Checkbox"              // bool
	Phone         Type = "Phone"                 // string, as Options.Phone likes it
	Email         Type = "Email"                 // string with one @
	Address       Type = "Address"               // string: "street, city, state zip"
	Currency      Type = "Currency"              // decimal.Decimal, without its currency
	Percent       Type = "Percent"               // decimal.Decimal; 12.5 is 12.5 %
	MultiPicklist Type = "Multi-select picklist" // []string
	ID            Type = "Id"                    // salesforce.ID of 18 characters
	Lines         Type = "Address lines"         // []string
	RichText      Type = "Rich text"             // string without its HTML
	URL           Type = "URL"                   // string, often without a scheme
)

// Types returns every type, in the order of the constants.
func Types() []Type {
	return []Type{
		Text, Number, Integer, Date, DateTime, Time, Checkbox, Phone, Email, Address, Currency,
		Percent, MultiPicklist, ID, Lines, RichText, URL,
	}
}

// UnmarshalText reads the name of a type, and refuses any other text.
func (t *Type) UnmarshalText(text []byte) error { return nearest.OneOf(t, text, "type", Types()) }

// Otherwise says what becomes of a text that a rule's Lookup does not have.
type Otherwise string

// What may become of it.
const (
	Refuse Otherwise = "refuse" // an error, of this target alone
	Keep   Otherwise = "keep"   // it stays as it is
	Empty  Otherwise = "empty"  // it counts as empty
)

// UnmarshalText reads one of the constants, and refuses any other text.
func (o *Otherwise) UnmarshalText(text []byte) error {
	return nearest.OneOf(o, text, "otherwise", []Otherwise{Refuse, Keep, Empty})
}

// Rule maps one or several fields of a Salesforce record to one field of the
// host, and back where that is possible. It is plain data, to be kept in a
// configuration file or in rows of the host's own screen.
type Rule struct {
	// At says where the rule stands, for messages: "fields.yaml:12:5". [Load]
	// sets it; a host's own screen may put "row 7" here. Defaults to nothing.
	At string `json:"-" yaml:"-" conf:"at"`

	// Title is the caption that people see, for instance in notes.
	// Defaults to Target.
	Title string `json:"title,omitempty" yaml:"title,omitempty"`

	// From holds the source paths: API names, reached through relationships
	// where needed, such as Prospect__r.Phone__c, or in a row of a child list,
	// counted from 0, such as Contacts[0].Email. Address takes one path to a
	// compound address, or up to five to street, city, state, zip and
	// country; Lines takes any number, and so do a Template and a Converter;
	// everything else takes one.
	From []string `json:"from" yaml:"from" conf:"required,single"`

	// Type is what the value is. Defaults to Text.
	Type Type `json:"type,omitempty" yaml:"type,omitempty"`

	// Target is the host's field. No two rules share one. It may be empty if
	// Note is set: such a row appears in the notes alone.
	Target string `json:"target,omitempty" yaml:"target,omitempty"`

	// Note puts the row into the notes.
	Note bool `json:"note,omitempty" yaml:"note,omitempty"`

	// Required makes an empty value an error.
	Required bool `json:"required,omitempty" yaml:"required,omitempty"`

	// ReadOnly keeps the rule from being written. Many cannot be in any case;
	// see [Mapping.Write].
	ReadOnly bool `json:"readOnly,omitempty" yaml:"readOnly,omitempty"`

	// Max is the greatest length in characters: of a text, or of each of
	// several lines. Defaults to no limit.
	Max int `json:"max,omitempty" yaml:"max,omitempty"`

	// Cut shortens what is longer than Max, instead of refusing it. Only for
	// Text, Address, Lines and RichText, which survive it.
	Cut bool `json:"cut,omitempty" yaml:"cut,omitempty"`

	// Default stands in for an empty value that is read, written as Salesforce
	// writes the type: 2026-08-24, true, A;B. Lines are separated by line
	// breaks. Defaults to none.
	Default string `json:"default,omitempty" yaml:"default,omitempty"`

	// Template makes one text of several sources, each called by its path or
	// by its number: "%FirstName% %LastName%", "%1% %2%". Only for Text.
	// Defaults to none.
	Template string `json:"template,omitempty" yaml:"template,omitempty"`

	// Lookup replaces texts of Salesforce, such as the values of a picklist,
	// before they are converted to Type; those of a multi-select picklist one
	// by one. Only for types with one source, but not RichText. Defaults to
	// none.
	Lookup map[string]string `json:"lookup,omitempty" yaml:"lookup,omitempty"`

	// Otherwise says what becomes of a text that Lookup does not have.
	// Defaults to Refuse.
	Otherwise Otherwise `json:"otherwise,omitempty" yaml:"otherwise,omitempty"`

	// Label takes the label of a picklist's value, which people see, instead
	// of the value itself. Only for Text and MultiPicklist. The mapping needs
	// to know the labels then; see [Mapping.WithLabels].
	Label bool `json:"label,omitempty" yaml:"label,omitempty"`

	// Layouts are how texts that hold a date or time may spell it, such as
	// DD.MM.YYYY; see [placeholder.Layout], and [time.Time.Format], whose
	// layouts will do as well. The first one is written. Only for Date,
	// DateTime and Time. Defaults to what Salesforce itself writes.
	Layouts []string `json:"layouts,omitempty" yaml:"layouts,omitempty" conf:"single"`

	// Zone is the time zone of the value, such as America/Chicago. Only for
	// Date and DateTime. Defaults to Options.Zone.
	Zone string `json:"zone,omitempty" yaml:"zone,omitempty"`

	// Converter names one of Options.Converters, which then reads and writes
	// the value in place of Type. Defaults to none.
	Converter string `json:"converter,omitempty" yaml:"converter,omitempty"`
}

// caption returns what people call the row.
func (r *Rule) caption() string {
	if r.Title != "" {
		return r.Title
	}
	return r.Target
}

// clone returns a rule that shares nothing with r.
func (r *Rule) clone() Rule {
	c := *r
	c.From, c.Layouts, c.Lookup = slices.Clone(r.From), slices.Clone(r.Layouts), maps.Clone(r.Lookup)
	return c
}

// faults collects what is wrong with a rule.
type faults []error

func (f *faults) add(bad bool, format string, args ...any) {
	if bad {
		*f = append(*f, fmt.Errorf(format, args...))
	}
}

// check returns every fault of the rule by itself.
func (r *Rule) check() []error {
	var f faults
	k, known := kinds[r.Type]
	f.add(!known, "%s", nearest.Unknown("type", r.Type, Types()))
	f.add(len(r.From) == 0, "no source path: give the field to read as from")
	several := r.Template != "" || r.Converter != ""
	f.add(known && !several && len(r.From) > k.sources, "%d source paths are more than type %s takes: leave one, or join them by a template", len(r.From), r.Type)
	for _, path := range r.From {
		_, err := parsePath(path)
		f.add(err != nil, "%v", err)
	}
	f.add(r.Target == "" && !r.Note, "neither a target nor a note: name the app's field as target, or set note")
	f.add(r.Target == "" && r.Title == "", "neither a title nor a target: a note needs a title in front of it")
	f.add(r.Max < 0, "maximum %d is negative: leave max out for no limit", r.Max)
	f.add(r.Cut && r.Max == 0, "cut without a maximum: say where by max")
	if known {
		r.checkOptions(k, &f)
	}
	return f
}

// checkOptions finds options that the rule's type does not have.
func (r *Rule) checkOptions(k kind, f *faults) {
	own := r.Converter != "" // whose values are of any type
	f.add(!own && r.Max != 0 && k.length == unmeasured, "type %s has no maximum: remove max", r.Type)
	f.add(!own && r.Cut && k.length != cuttable, "type %s cannot be cut: remove cut", r.Type)
	f.add(r.Label && r.Type != Text && r.Type != MultiPicklist, "type %s has no labels: remove label", r.Type)
	f.add(r.Label && r.Lookup != nil, "label and lookup exclude each other: remove one")
	f.add(r.Lookup != nil && (k.sources > 1 || r.Type == RichText || r.Template != ""), "there is no lookup for several sources, lines or rich text")
	f.add(r.Otherwise != "" && r.Lookup == nil, "otherwise without a lookup: add the lookup, or remove otherwise")
	f.add(!slices.Contains([]Otherwise{"", Refuse, Keep, Empty}, r.Otherwise),
		"%s", nearest.Unknown("otherwise", r.Otherwise, []Otherwise{Refuse, Keep, Empty}))
	f.add(len(r.Layouts) > 0 && !k.dated, "type %s has no layouts: remove layouts", r.Type)
	for _, text := range r.Layouts {
		_, err := layoutOf(text, r.Type)
		f.add(k.dated && err != nil, "%v", err)
	}
	f.add(r.Zone != "" && r.Type != Date && r.Type != DateTime, "type %s has no zone: remove zone", r.Type)
	_, err := time.LoadLocation(r.Zone)
	f.add(err != nil, "%s", noZone(r.Zone))
	f.add(own && (r.Label || r.Lookup != nil || r.Template != "" || len(r.Layouts) > 0), "a converter goes with no label, lookup, template or layouts")
	f.add(r.Template != "" && (r.Type != Text || r.Label), "a template is for type %s without label", Text)
	if r.Template != "" {
		r.checkTemplate(f)
	}
}

// layoutOf reads a layout as an administrator writes it, or as Go has it.
func layoutOf(text string, typ Type) (string, error) {
	layout, err := placeholder.Layout(text)
	if err != nil && readsBack(text, typ) {
		layout, err = text, nil
	}
	if err == nil && !readsBack(layout, typ) {
		err = fmt.Errorf("layout %q does not tell all of a %s: write it as in MM/DD/YYYY HH:mm", text, typ)
	}
	return layout, err
}

// readsBack reports whether a layout tells the parts that a type is made of.
func readsBack(layout string, typ Type) bool {
	moment := time.Date(1987, 10, 23, 21, 47, 0, 0, time.UTC)
	back, err := time.Parse(layout, moment.Format(layout))
	day := back.YearDay() == moment.YearDay() && back.Year() == moment.Year()
	clock := back.Hour() == 21 && back.Minute() == 47
	return err == nil && (day || typ == Time) && (clock || typ == Date || typ == DateTime && back.Hour() == 0 && back.Minute() == 0)
}

// checkTemplate finds placeholders that stand for no source, and the reverse.
func (r *Rule) checkTemplate(f *faults) {
	t, err := placeholder.Parse(r.Template)
	if err != nil {
		f.add(true, "template: %v", err)
		return
	}
	used := map[int]bool{}
	known := slices.Clone(r.From)
	for _, name := range t.Names() {
		if i := sourceIndex(name, r.From); i >= 0 {
			used[i] = true
			known = append(known, name)
		}
	}
	if found, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](t.Check(known)); ok {
		for _, err := range found.Unwrap() {
			f.add(true, "template: %w", err)
		}
		return
	}
	for i, path := range r.From {
		f.add(!used[i], "template: source %d (%s) is not used: write %%%d%% where it should stand", i+1, path, i+1)
	}
}
