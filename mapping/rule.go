package mapping

import (
	"fmt"
	"slices"
	"strings"
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
	Date          Type = "Date"                  // salesforce.Date; of a moment, its day in the zone
	DateTime      Type = "Appointment Date/Time" // time.Time in the zone; of a date, its midnight
	Checkbox      Type = "Checkbox"              // bool
	Phone         Type = "Phone"                 // string
	Email         Type = "Email"                 // string with one @
	Address       Type = "Address"               // string: "street, city, state zip"
	Currency      Type = "Currency"              // decimal.Decimal, without its currency
	Percent       Type = "Percent"               // decimal.Decimal; 12.5 is 12.5 %
	MultiPicklist Type = "Multi-select picklist" // []string
	ID            Type = "Id"                    // salesforce.ID
	Lines         Type = "Address lines"         // []string
	RichText      Type = "Rich text"             // string without its HTML
	URL           Type = "URL"                   // string, often without a scheme
)

// Types returns every type, in the order of the constants.
func Types() []Type {
	return []Type{
		Text, Number, Date, DateTime, Checkbox, Phone, Email, Address, Currency,
		Percent, MultiPicklist, ID, Lines, RichText, URL,
	}
}

// Rule maps one or several fields of a Salesforce record to one field of the
// host. It is plain data, to be kept in a configuration file.
type Rule struct {
	// Title is the caption that people see, for instance in notes.
	// Defaults to Target.
	Title string `json:"title,omitempty" yaml:"title,omitempty"`

	// From holds the source paths: API names, reached through relationships
	// where needed, such as Prospect__r.Phone__c. Address takes one path to a
	// compound address, or up to five to street, city, state, zip and
	// country; Lines takes any number; every other type takes one.
	From []string `json:"from" yaml:"from"`

	// Type is what the value is. Defaults to Text.
	Type Type `json:"type,omitempty" yaml:"type,omitempty"`

	// Target is the host's field. No two rules share one. It may be empty if
	// Note is set: such a row appears in the notes alone.
	Target string `json:"target,omitempty" yaml:"target,omitempty"`

	// Note puts the row into the notes.
	Note bool `json:"note,omitempty" yaml:"note,omitempty"`

	// Required makes an empty value an error.
	Required bool `json:"required,omitempty" yaml:"required,omitempty"`

	// Max is the greatest length in characters: of a text, or of each of
	// several lines. Defaults to no limit.
	Max int `json:"max,omitempty" yaml:"max,omitempty"`

	// Cut shortens what is longer than Max, instead of refusing it. Only for
	// Text, Address, Lines and RichText, which survive it.
	Cut bool `json:"cut,omitempty" yaml:"cut,omitempty"`

	// Default stands in for an empty value, written as Salesforce writes the
	// type: 2026-08-24, true, A;B. Lines are separated by line breaks.
	// Defaults to none.
	Default string `json:"default,omitempty" yaml:"default,omitempty"`
}

// caption returns what people call the row.
func (r *Rule) caption() string {
	if r.Title != "" {
		return r.Title
	}
	return r.Target
}

// check returns every fault of the rule by itself.
func (r *Rule) check() []error {
	var faults []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	k, known := kinds[r.Type]
	fault(!known, "unknown type %q", r.Type)
	fault(len(r.From) == 0, "no source path")
	fault(known && len(r.From) > k.sources, "%d source paths are more than type %s takes", len(r.From), r.Type)
	for _, path := range r.From {
		fault(!isPath(path), "source path %q is no field name", path)
	}
	fault(r.Target == "" && !r.Note, "neither a target nor a note")
	fault(r.Target == "" && r.Title == "", "neither a title nor a target")
	fault(r.Max < 0, "maximum %d is negative", r.Max)
	fault(known && r.Max != 0 && k.length == unmeasured, "type %s has no maximum", r.Type)
	fault(known && r.Cut && k.length != cuttable, "type %s cannot be cut", r.Type)
	fault(r.Cut && r.Max == 0, "cut without a maximum")
	return faults
}

// isPath reports whether s is one or several API names with dots between.
func isPath(s string) bool {
	return !slices.ContainsFunc(strings.Split(s, "."), func(name string) bool { return !isName(name) })
}

// isName reports whether s is an API name: letters, digits and underscores,
// beginning with a letter.
func isName(s string) bool {
	for i, c := range []byte(s) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != ""
}
