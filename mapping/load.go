package mapping

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/internal/conf"
	"github.com/sfbridge/sfbridge/placeholder"
)

// Config is what a mapping file holds.
//
//	zone: America/Chicago
//	rules:
//	  - title: Phone
//	    from: Prospect__r.Phone__c
//	    type: Phone
//	    target: phone
//	    note: true
//
// Its JSON Schema is [Schema]. A host whose own configuration holds rules puts
// []Rule into it instead.
type Config struct {
	// Schema names the JSON Schema for editors, and is not looked at.
	Schema string `json:"$schema,omitempty" yaml:"$schema,omitempty"`

	// Zone is where dates and times are shown and moments become days, such
	// as America/Chicago. Options.Zone goes before it. Defaults to UTC.
	Zone string `json:"zone,omitempty" yaml:"zone,omitempty"`

	// DateLayout and DateTimeLayout are how notes show them, such as MM/DD/YYYY
	// or, as for [time.Time.Format], 1/2/2006; see [placeholder.Layout]. Those
	// of Options go before them. Defaults to theirs.
	DateLayout     string `json:"dateLayout,omitempty" yaml:"dateLayout,omitempty"`
	DateTimeLayout string `json:"dateTimeLayout,omitempty" yaml:"dateTimeLayout,omitempty"`

	// Rules are the rows, in order.
	Rules []Rule `json:"rules" yaml:"rules" conf:"required,item=rule"`
}

// LoadError is one thing that is wrong with a file: its File, Line and Column
// (from 1, or 0 if it is about no place in particular), Where in words, such as
// "rule 3 (phone)", and what to do about it as Text.
type LoadError = conf.Fault

// Parse reads a mapping file, in YAML or JSON: by the ending of its name, which
// is also what errors call it, or by its first character. It refuses what it
// does not know, and its error joins a [*LoadError] for each fault and a
// [*RuleError] for each rule that cannot work, whatever the options.
func Parse(file string, data []byte) (*Config, error) { return parse(file, data, nil) }

// parse also looks at what depends on options, if there are any.
func parse(file string, data []byte, opt *Options) (*Config, error) {
	c := &Config{}
	err := conf.Decode(file, data, c)
	if err := errors.Join(append([]error{err}, c.check(file, data, err, opt)...)...); err != nil {
		return nil, err
	}
	return c, nil
}

// check finds the faults of what could be read.
func (c *Config) check(file string, data []byte, read error, opt *Options) []error {
	var errs []error
	fault := func(key, text string) {
		line, column := conf.Place(file, data, key)
		errs = append(errs, &LoadError{File: file, Line: line, Column: column, Where: key, Text: text})
	}
	if read == nil && len(c.Rules) == 0 {
		fault("rules", "there are no rules: add a row")
	}
	if _, err := time.LoadLocation(c.Zone); err != nil {
		fault("zone", noZone(c.Zone))
	}
	if _, err := layout(c.DateLayout); err != nil {
		fault("dateLayout", err.Error())
	}
	if _, err := layout(c.DateTimeLayout); err != nil {
		fault("dateTimeLayout", err.Error())
	}
	return append(errs, c.checkRules(read, opt)...)
}

func noZone(name string) string {
	return fmt.Sprintf("unknown zone %q: give a name such as America/Chicago", name)
}

// layout reads a layout that may be left out.
func layout(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	return placeholder.Layout(text)
}

func (c *Config) checkRules(read error, opt *Options) []error {
	var errs []error
	first := map[string]int{}
	for i := range c.Rules {
		r := c.Rules[i]
		fault := func(err error) {
			errs = append(errs, &RuleError{At: r.At, Number: i + 1, Caption: r.caption(), Err: err})
		}
		if n, ok := first[r.Target]; ok && r.Target != "" {
			fault(fmt.Errorf("rule %d at %s has the same target %q: give one of them another", n+1, c.Rules[n].At, r.Target))
		} else {
			first[r.Target] = i
		}
		if r.Type = cmp.Or(r.Type, Text); unread(read, i+1) {
			continue // what was read of it would only be misunderstood
		}
		for _, err := range r.faults(opt) {
			fault(err)
		}
	}
	return errs
}

// faults compiles the rule as far as that is possible: without options nobody
// knows which converters there are.
func (r *Rule) faults(opt *Options) []error {
	if opt == nil && r.Converter != "" {
		return r.check()
	}
	o := Options{}
	if opt != nil {
		o = *opt
	}
	_, faults := compile(r, newFormat(&o), &o)
	return faults
}

// unread reports whether a rule has faults of its own in the file.
func unread(err error, number int) bool {
	name := fmt.Sprintf("rule %d", number)
	return slices.ContainsFunc(LoadErrors(err), func(f *LoadError) bool {
		rest, ok := strings.CutPrefix(f.Where, name)
		return ok && (rest == "" || rest[0] == ' ' || rest[0] == ',')
	})
}

// LoadErrors returns the [*LoadError]s among the errors that one joins.
func LoadErrors(err error) []*LoadError {
	if f, ok := err.(*LoadError); ok { //nolint:errorlint // goes down the tree itself
		return []*LoadError{f}
	}
	var all []*LoadError
	switch err := err.(type) { //nolint:errorlint // as above
	case interface{ Unwrap() []error }:
		for _, e := range err.Unwrap() {
			all = append(all, LoadErrors(e)...)
		}
	case interface{ Unwrap() error }:
		all = LoadErrors(err.Unwrap())
	}
	return all
}

// New compiles the rules of the file. What opt leaves open, the file decides.
func (c *Config) New(opt *Options) (*Mapping, error) {
	var o Options
	if opt != nil {
		o = *opt
	}
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return nil, errors.New("mapping: " + noZone(c.Zone))
	}
	date, err := layout(c.DateLayout)
	if err != nil {
		return nil, fmt.Errorf("mapping: dateLayout: %w", err)
	}
	dateTime, err := layout(c.DateTimeLayout)
	if err != nil {
		return nil, fmt.Errorf("mapping: dateTimeLayout: %w", err)
	}
	o.Zone = cmp.Or(o.Zone, zone)
	o.DateLayout = cmp.Or(o.DateLayout, date)
	o.DateTimeLayout = cmp.Or(o.DateTimeLayout, dateTime)
	return New(c.Rules, &o)
}

// Load reads a mapping file and compiles its rules, as [Parse] and [Config.New]
// do, with all their faults at once.
func Load(file string, data []byte, opt *Options) (*Mapping, error) {
	c, err := parse(file, data, cmp.Or(opt, &Options{}))
	if err != nil {
		return nil, err
	}
	return c.New(opt)
}

//go:embed schema.json
var schema []byte

// Schema returns the JSON Schema (draft 2020-12) of mapping files, for editors
// and for a host's own screens. A host that puts []Rule into its own
// configuration refers to "#/$defs/rule" in it.
func Schema() []byte { return slices.Clone(schema) }
