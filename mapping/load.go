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
func Parse(file string, data []byte) (*Config, error) {
	c := &Config{}
	err := conf.Decode(file, data, c)
	if err := errors.Join(append([]error{err}, c.check(file, err)...)...); err != nil {
		return nil, err
	}
	return c, nil
}

// check finds the faults of rules that could be read.
func (c *Config) check(file string, read error) []error {
	var errs []error
	if read == nil && len(c.Rules) == 0 {
		errs = append(errs, &LoadError{File: file, Text: "there are no rules: add a row under rules"})
	}
	if _, err := time.LoadLocation(c.Zone); err != nil {
		errs = append(errs, &LoadError{File: file, Where: "zone", Text: fmt.Sprintf("unknown zone %q: give a name such as America/Chicago", c.Zone)})
	}
	for _, l := range []struct{ key, text string }{{"dateLayout", c.DateLayout}, {"dateTimeLayout", c.DateTimeLayout}} {
		if _, err := placeholder.Layout(l.text); err != nil {
			errs = append(errs, &LoadError{File: file, Where: l.key, Text: err.Error()})
		}
	}
	return append(errs, c.checkRules(read)...)
}

func (c *Config) checkRules(read error) []error {
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
		for _, err := range r.check() {
			fault(err)
		}
	}
	return errs
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
		return nil, fmt.Errorf("mapping: unknown zone %q: give a name such as America/Chicago", c.Zone)
	}
	date, err := placeholder.Layout(c.DateLayout)
	if err != nil {
		return nil, fmt.Errorf("mapping: dateLayout: %w", err)
	}
	dateTime, err := placeholder.Layout(c.DateTimeLayout)
	if err != nil {
		return nil, fmt.Errorf("mapping: dateTimeLayout: %w", err)
	}
	o.Zone = cmp.Or(o.Zone, zone)
	o.DateLayout = cmp.Or(o.DateLayout, date)
	o.DateTimeLayout = cmp.Or(o.DateTimeLayout, dateTime)
	return New(c.Rules, &o)
}

// Load reads a mapping file and compiles its rules: [Parse] and [Config.New].
func Load(file string, data []byte, opt *Options) (*Mapping, error) {
	c, err := Parse(file, data)
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
