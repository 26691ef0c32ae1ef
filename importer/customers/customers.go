// Package customers declares the import that an ERP or timesheet product needs:
// Accounts become customers, their Contacts customer contacts, and their
// Opportunities projects, once they have reached one of the chosen stages.
//
// It holds tables, types and rules and no machinery: Objects gives what an
// importer.Importer takes. The rules are ordinary mapping rows; a host changes
// them, or leaves them as they are:
//
//	objects, err := customers.Objects(customers.Config{Stages: []string{"Closed Won"}})
//	store, err := sqlstore.Open(ctx, db, sqlstore.Config{Dialect: sqlstore.SQLite, Objects: objects})
//	im, err := importer.New(importer.Config{Client: client, Store: store, Sink: store, Objects: objects})
//	report, err := im.Complete(ctx, "anna", nil)
//
// A Config is data: a literal in code, rows of the host's own screen, or a file
// that ReadConfig reads. Config.Check holds it against the org.
//
// The key of every record is its Salesforce id. Account numbers are often
// missing, doubled or changed, and serve as data only; Numbers says what
// happens then.
package customers

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/internal/conf"
	"github.com/sfbridge/sfbridge/internal/nearest"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
)

// The kinds of record, as Change.Kind and the host's calls name them.
const (
	KindCustomer = "customer"
	KindContact  = "contact"
	KindProject  = "project"
)

// Targets that have a meaning of their own, whatever field they are read from.
const (
	// TargetNumber is the customer number; see Config.Numbers and Config.Match.
	TargetNumber = "number"
	// TargetActive tells whether a record is active. The default rules have
	// none, so that what is imported is active; a rule of type Checkbox gives it
	// a source. A Sink of the host's own puts it before what a Put or Restore
	// says; absent or nil, a new or restored record is active, and any other stays
	// as it is.
	TargetActive = "active"
	// TargetResponsible is the person in charge; see Config.Owners.
	TargetResponsible = "responsible"
)

// DefaultFlag is the Account checkbox that restricts the import where it exists.
const DefaultFlag = "ZEP__c"

// Config says what is imported. The zero value imports customers and contacts,
// and no projects. A change of it makes the next import a complete one.
type Config struct {
	// Flag is the API name of the Account checkbox that marks the accounts to
	// be imported. Defaults to DefaultFlag.
	Flag string `json:"flag,omitempty" yaml:"flag,omitempty"`
	// Scope says what a missing checkbox means: importer.ScopeAuto (all
	// accounts, as long as it has never been there), importer.ScopeRequired (an
	// error), or importer.ScopeOff for all accounts in any case. Defaults to
	// importer.ScopeAuto.
	Scope importer.ScopeMode `json:"scope,omitempty" yaml:"scope,omitempty"`
	// OnExit is what happens to a customer whose checkbox is un-ticked.
	// Defaults to importer.Keep: it stays, locked, and is no longer updated.
	OnExit importer.ExitPolicy `json:"onExit,omitempty" yaml:"onExit,omitempty"`
	// OnDelete is what happens to customers, contacts and projects that were
	// deleted, or merged away, in Salesforce; none is deleted in the host. What
	// is restored is imported again. Defaults to importer.Deactivate.
	OnDelete importer.ExitPolicy `json:"onDelete,omitempty" yaml:"onDelete,omitempty"`
	// OnVanish is what happens to those that are not there any more, or hidden
	// from this user, while Salesforce does not say that they were deleted.
	// Defaults to importer.Keep.
	OnVanish importer.ExitPolicy `json:"onVanish,omitempty" yaml:"onVanish,omitempty"`

	// Stages are the API values of the opportunity stages that make a project;
	// Stages lists the org's. Empty imports no opportunities.
	Stages []string `json:"stages,omitempty" yaml:"stages,omitempty"`
	// OnStageExit is what happens to a project whose stage is none of Stages any
	// more. It is never deleted. Defaults to UpdateProject.
	OnStageExit StageExit `json:"onStageExit,omitempty" yaml:"onStageExit,omitempty"`
	// PassedThrough also imports opportunities that were in one of the Stages
	// and have left it again between two imports, as their OpportunityHistory
	// tells, where this user may read it. It does not go with RetireProject.
	PassedThrough bool `json:"passedThrough,omitempty" yaml:"passedThrough,omitempty"`
	// NotBefore leaves out opportunities whose CloseDate lies before it, unless
	// they are projects already, so that a first import does not bring years of
	// closed ones. The zero Date leaves out none.
	NotBefore salesforce.Date `json:"notBefore,omitzero" yaml:"notBefore,omitempty"`

	// PersonContacts also makes a customer contact of each person account, which
	// is one customer in any case.
	PersonContacts bool `json:"personContacts,omitempty" yaml:"personContacts,omitempty"`
	// Numbers says what a missing, a doubled and a changed customer number mean.
	Numbers Numbers `json:"numbers,omitzero" yaml:"numbers,omitempty"`
	// Match says how a new customer is looked for among those that the host has
	// already, so that it is not made twice. Defaults to MatchNumber.
	Match MatchMode `json:"match,omitempty" yaml:"match,omitempty"`
	// Owners says who in the host is responsible for what a Salesforce user
	// owns. The zero value gives the owner's user id.
	Owners Owners `json:"owners,omitzero" yaml:"owners,omitempty"`

	// Zone is where dates and times are shown, such as "Europe/Berlin".
	// Options.Zone goes before it. Defaults to UTC.
	Zone string `json:"zone,omitempty" yaml:"zone,omitempty"`
	// CustomerRules, ContactRules and ProjectRules replace the default rules,
	// which are CustomerRules(), ContactRules() and ProjectRules().
	CustomerRules []mapping.Rule `json:"customers,omitempty" yaml:"customers,omitempty" conf:"item=customers rule"`
	ContactRules  []mapping.Rule `json:"contacts,omitempty" yaml:"contacts,omitempty" conf:"item=contacts rule"`
	ProjectRules  []mapping.Rule `json:"projects,omitempty" yaml:"projects,omitempty" conf:"item=projects rule"`
	// Options are those of the mappings: converters of the host's own, its form
	// of telephone numbers. Defaults to none.
	Options mapping.Options `json:"-" yaml:"-"`

	file *conf.File // where it was read from, nil for nowhere
}

// MatchMode says how a new customer is looked for in the host.
type MatchMode string

// The modes.
const (
	// MatchNumber links an account to the host's customer that has an equal
	// number, if it is the only one and is linked to no other; it is reported.
	MatchNumber MatchMode = "number"
	// MatchOff creates every customer.
	MatchOff MatchMode = "off"
)

var matchModes = []MatchMode{MatchNumber, MatchOff}

// UnmarshalText reads one of the constants, and refuses any other text.
func (m *MatchMode) UnmarshalText(text []byte) error {
	return nearest.OneOf(m, text, "match", matchModes)
}

func (c Config) withDefaults() Config {
	c.Flag = cmp.Or(c.Flag, DefaultFlag)
	c.Scope = cmp.Or(c.Scope, importer.ScopeAuto)
	c.OnExit = cmp.Or(c.OnExit, importer.Keep)
	c.OnDelete = cmp.Or(c.OnDelete, importer.Deactivate)
	c.OnVanish = cmp.Or(c.OnVanish, importer.Keep)
	c.OnStageExit = cmp.Or(c.OnStageExit, UpdateProject)
	c.Numbers = c.Numbers.withDefaults()
	for _, p := range c.parts() {
		if *p.rules == nil {
			*p.rules = p.defaults()
		}
	}
	if c.Match == "" && c.rule(TargetNumber) != nil {
		c.Match = MatchNumber
	}
	return c
}

// A part is one of the lists of rules.
type part struct {
	key, kind, object string
	rules             *[]mapping.Rule
	defaults          func() []mapping.Rule
}

func (c *Config) parts() []part {
	return []part{
		{"customers", KindCustomer, "Account", &c.CustomerRules, CustomerRules},
		{"contacts", KindContact, "Contact", &c.ContactRules, ContactRules},
		{"projects", KindProject, "Opportunity", &c.ProjectRules, ProjectRules},
	}
}

// rule finds the customers' rule for a target, or nil.
func (c *Config) rule(target string) *mapping.Rule { return ruleFor(c.CustomerRules, target) }

func ruleFor(rules []mapping.Rule, target string) *mapping.Rule {
	i := slices.IndexFunc(rules, func(r mapping.Rule) bool { return r.Target == target })
	if i < 0 {
		return nil
	}
	return &rules[i]
}

// A fault is one of the configuration itself, at one of its keys.
type fault struct {
	key string
	err error
}

// faults tells what is wrong with a configuration by itself, its rules aside.
func (c *Config) faults() []fault {
	var all []fault
	add := func(key string, err error) {
		if err != nil {
			all = append(all, fault{key, err})
		}
	}
	add("scope", new(importer.ScopeMode).UnmarshalText([]byte(c.Scope)))
	add("onExit", new(importer.ExitPolicy).UnmarshalText([]byte(c.OnExit)))
	add("onDelete", new(importer.ExitPolicy).UnmarshalText([]byte(c.OnDelete)))
	add("onVanish", new(importer.ExitPolicy).UnmarshalText([]byte(c.OnVanish)))
	add("onStageExit", new(StageExit).UnmarshalText([]byte(c.OnStageExit)))
	if c.PassedThrough && c.OnStageExit == RetireProject {
		add("passedThrough", errors.New("a project that has passed through a stage would be retired as soon as it is made: choose another onStageExit"))
	}
	if c.Match != "" {
		add("match", new(MatchMode).UnmarshalText([]byte(c.Match)))
	}
	if c.Match == MatchNumber && c.rule(TargetNumber) == nil {
		add("match", errors.New("no rule has the target number: add one, or set match to off"))
	}
	for _, err := range c.Numbers.faults(c.rule(TargetNumber)) {
		add("numbers", err)
	}
	for _, err := range c.Owners.faults(c.parts()) {
		add("owners", err)
	}
	_, err := c.options()
	add("zone", err)
	return all
}

// options are those of the mappings.
func (c *Config) options() (*mapping.Options, error) {
	options := c.Options
	if options.Zone != nil {
		return &options, nil
	}
	var err error
	if options.Zone, err = time.LoadLocation(c.Zone); err != nil || c.Zone == "Local" {
		options.Zone = time.UTC
		return &options, fmt.Errorf("there is no time zone %q: write a name such as Europe/Berlin", c.Zone)
	}
	return &options, nil
}

// Objects returns what an Importer imports by this configuration: Account,
// Contact and, when there are Stages, Opportunity. Its error joins every fault.
func Objects(c Config) ([]importer.Object, error) {
	c = c.withDefaults()
	var faults []error
	for _, f := range c.faults() {
		faults = append(faults, fmt.Errorf("customers: %s: %w", f.key, f.err))
	}
	options, _ := c.options() // its fault is listed
	mappings := map[string]*mapping.Mapping{}
	for _, p := range c.parts() {
		m, err := mapping.New(*p.rules, options)
		if err != nil {
			faults = append(faults, fmt.Errorf("customers: rules for kind %s: %w", p.kind, err))
		}
		mappings[p.kind] = m
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	objects := []importer.Object{c.customers(), c.contacts()}
	if len(c.Stages) > 0 {
		objects = append(objects, c.projects())
	}
	for i := range objects {
		o := &objects[i]
		o.Mapping, o.OnDelete, o.OnVanish = mappings[o.Kind], c.OnDelete, c.OnVanish
		c.Owners.join(o)
	}
	return objects, nil
}

func (c Config) customers() importer.Object {
	o := importer.Object{
		Name: "Account", Kind: KindCustomer, Needs: []string{"Name"},
		Scope: importer.Scope{Mode: c.Scope, Field: c.Flag, OnExit: c.OnExit},
	}
	if c.Match == MatchNumber {
		o.MatchOn = TargetNumber
	}
	if c.rule(TargetNumber) != nil {
		o.Keys = []string{TargetNumber}
		o.Refine = numbering{c.Numbers, c.Match == MatchNumber}.refine
		o.Revision = fmt.Sprint(c.Numbers)
	}
	return o
}

func (c Config) contacts() importer.Object {
	return importer.Object{
		Name: "Contact", Kind: KindContact, Parent: "Account", Lookup: "AccountId", Needs: []string{"Name"},
		Wants: []string{personFlag}, Decide: c.decideContact, Revision: fmt.Sprint(c.PersonContacts),
	}
}

// personFlag marks the contacts of person accounts. Only orgs that have those
// have it.
const personFlag = "IsPersonAccount"

// decideContact leaves out the Contact that Salesforce keeps beside each person
// account.
func (c Config) decideContact(contact salesforce.Record, _ bool) importer.Decision {
	if person, _ := contact.Get(personFlag); person == true && !c.PersonContacts {
		return importer.Decision{Reason: "it belongs to a person account, which is a customer"}
	}
	return importer.Decision{Import: true}
}
