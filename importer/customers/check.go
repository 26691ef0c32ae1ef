package customers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/internal/conf"
	"github.com/sfbridge/sfbridge/internal/nearest"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
)

// Problem is one thing that is wrong with a configuration, in words for the
// administrator who wrote it.
type Problem = conf.Problem

// Problems are all that is wrong with a configuration; their Err joins those
// that keep it from working.
type Problems = conf.Problems

// ReadConfig reads a configuration file, in YAML or JSON; its name says which,
// or else its first character. It is strict: the error has a line for every key
// that does not exist, stands twice or has a value of the wrong kind, with its
// place in the file. What could be read comes with it.
func ReadConfig(name string, data []byte) (Config, error) {
	c := Config{file: &conf.File{Name: name, Data: data}}
	return c, conf.Decode(name, data, &c)
}

// CheckFile reads a configuration file and checks it, with the options that the
// host gives its mappings. See [ReadConfig] and [Config.Check].
func CheckFile(ctx context.Context, name string, data []byte, client *salesforce.Client, opt *mapping.Options) (Problems, error) {
	config, err := ReadConfig(name, data)
	if opt != nil {
		config.Options = *opt
	}
	var problems Problems
	for _, f := range mapping.LoadErrors(err) {
		problems = append(problems, &Problem{File: f.File, Line: f.Line, Column: f.Column, Part: f.Where, Text: f.Text, Err: f})
	}
	unread := problems
	found, err := config.Check(ctx, client)
	for _, p := range found {
		misread := slices.ContainsFunc(unread, func(u *Problem) bool { return strings.HasPrefix(u.Part, p.Part) })
		if !misread { // which would only be misunderstood
			problems = append(problems, p)
		}
	}
	return problems.Sorted(), err
}

// Check tells everything that is wrong with a configuration: by itself, and
// what the org does not have, or hides from the client's user. Warnings are
// about what works and may be a mistake. A nil client leaves out what only the
// org knows. The error is about the org, when it does not answer; it comes with
// the problems that were found until then.
func (c Config) Check(ctx context.Context, client *salesforce.Client) (Problems, error) {
	k := checker{Config: c.withDefaults(), ctx: ctx, client: client}
	for _, f := range k.faults() {
		k.add(f.key, f.err, "%v", f.err)
	}
	for _, p := range k.parts() {
		k.part(p)
	}
	return k.problems.Sorted(), k.err
}

// A checker collects the problems of a configuration.
type checker struct {
	Config
	ctx      context.Context //nolint:containedctx // lives for one check
	client   *salesforce.Client
	err      error // of an org that does not answer; from then on it is not asked
	problems Problems
}

func (k *checker) add(key string, err error, format string, args ...any) *Problem {
	p := k.file.Problem(key, err, fmt.Sprintf(format, args...))
	k.problems = append(k.problems, p)
	return p
}

func (k *checker) warn(key, format string, args ...any) {
	k.add(key, nil, format, args...).Warning = true
}

// describe returns an object, or nil when there is no org to ask or it does not
// have the object.
func (k *checker) describe(name string) *salesforce.SObject {
	if k.client == nil || k.err != nil {
		return nil
	}
	o, err := k.client.Describe(k.ctx, name)
	switch {
	case errors.Is(err, salesforce.ErrNotFound):
		return nil
	case err != nil:
		k.err = fmt.Errorf("customers: check: %w", err)
		return nil
	}
	return o
}

// resolve is describe for the check of a mapping.
func (k *checker) resolve(name string) (*salesforce.SObject, error) {
	if o := k.describe(name); o != nil {
		return o, nil
	}
	return nil, fmt.Errorf("the org has no object %s, or this user may not see it", name)
}

// part checks the rules of one kind, and what else its object is read for.
func (k *checker) part(p part) {
	options, _ := k.options() // its fault is listed
	_, err := mapping.New(*p.rules, options)
	for _, err := range split(err) {
		if fault, ok := errors.AsType[*mapping.RuleError](err); ok {
			k.atRule(p, fault.Number, err, "%v", fault.Err)
		} else {
			k.add(p.key, err, "%v", err)
		}
	}
	if p.kind == KindProject && len(k.Stages) == 0 {
		return
	}
	object := k.describe(p.object)
	if object == nil {
		if k.client != nil && k.err == nil {
			k.add(p.key, importer.ErrSchema, "the org has no object %s, or this user may not see it", p.object)
		}
		return
	}
	for i := range *p.rules {
		k.rule(p, i+1, object, options)
	}
	map[string]func(*salesforce.SObject){KindCustomer: k.scope, KindContact: k.people, KindProject: k.stages}[p.kind](object)
}

// rule holds a rule that works by itself against the object that it reads. A
// field that is not there only costs its own target, unless that is required.
func (k *checker) rule(p part, number int, object *salesforce.SObject, options *mapping.Options) {
	rule := (*p.rules)[number-1]
	m, err := mapping.New([]mapping.Rule{rule}, options)
	if err != nil {
		return // as was said
	}
	for _, found := range m.Check(object, &mapping.CheckOptions{Resolve: k.resolve}) {
		optional := found.Err != nil && !rule.Required
		text := found.Text
		if optional {
			text = "the host keeps what it has: " + text
		}
		k.atRule(p, number, found, "%s: %s", found.Path, text).Warning = found.Warning || optional
	}
}

// atRule adds a problem about a rule, by its number from 1.
func (k *checker) atRule(p part, number int, err error, format string, args ...any) *Problem {
	rule := (*p.rules)[number-1]
	name := fmt.Sprintf("%s rule %d", p.key, number)
	if caption := cmp.Or(rule.Title, rule.Target); caption != "" {
		name += " (" + caption + ")"
	}
	problem := k.add(name, err, format, args...)
	problem.Line, problem.Column = placeOf(rule.At)
	return problem
}

// placeOf reads the line and the column at the end of "file.yaml:12:5".
func placeOf(at string) (line, column int) {
	parts := strings.Split(at, ":")
	if n := len(parts); n > 2 {
		line, _ = strconv.Atoi(parts[n-2])
		column, _ = strconv.Atoi(parts[n-1])
	}
	return line, column
}

// scope looks for the checkbox.
func (k *checker) scope(account *salesforce.SObject) {
	if k.Scope == importer.ScopeOff {
		return
	}
	field, there := account.Field(k.Flag)
	switch {
	case there && field.Type != "boolean":
		k.add("flag", importer.ErrSchema, "Account.%s is of type %s: the scope needs a checkbox", k.Flag, field.Type)
	case there && field.Calculated:
		k.warn("flag", "Account.%s is a formula, whose changes move no stamp: every import looks at all accounts", k.Flag)
	case !there && k.Scope == importer.ScopeRequired:
		k.add("flag", importer.ErrSchema, "Account has no checkbox %s, or this user may not see it%s", k.Flag, nearest.DidYouMean(k.Flag, checkboxes(account)))
	case !there:
		k.warn("flag", "Account has no checkbox %s, or this user may not see it: all accounts are imported, as long as it has never been there", k.Flag)
	}
}

func checkboxes(object *salesforce.SObject) (names []string) {
	for i := range object.Fields {
		if object.Fields[i].Type == "boolean" {
			names = append(names, object.Fields[i].Name)
		}
	}
	return names
}

func (k *checker) people(contact *salesforce.SObject) {
	if _, there := contact.Field(personFlag); !there && k.PersonContacts {
		k.warn("personContacts", "the org has no person accounts")
	}
}

// stages compares the stages with the org's.
func (k *checker) stages(opportunity *salesforce.SObject) {
	known, err := stagesOf(opportunity)
	if err != nil {
		k.add("stages", importer.ErrSchema, "%v", err)
		return
	}
	for _, stage := range k.Stages {
		if err := unknownStage(stage, known); err != nil {
			k.add("stages", importer.ErrSchema, "%v", err)
		}
		if slices.ContainsFunc(known, func(s Stage) bool { return s.Value == stage && !s.Active }) {
			k.warn("stages", "the stage %q cannot be chosen any more: only old opportunities are in it", stage)
		}
	}
	if _, there := opportunity.Child(historyRelationship); !there && k.PassedThrough {
		k.warn("passedThrough", "this user may not read OpportunityHistory: a stage left again between two imports is not seen")
	}
}

// split takes a joined error apart.
func split(err error) []error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}
