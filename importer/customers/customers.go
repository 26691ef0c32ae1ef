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
// The key of every record is its Salesforce id. Account numbers are often
// missing, doubled or changed, and serve as data only.
package customers

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/soql"
)

// The kinds of record, as Change.Kind and the host's calls name them.
const (
	KindCustomer = "customer"
	KindContact  = "contact"
	KindProject  = "project"
)

// DefaultFlag is the Account checkbox that restricts the import where it exists.
const DefaultFlag = "ZEP__c"

// Config says what is imported. The zero value imports customers and contacts,
// and no projects.
type Config struct {
	// Flag is the API name of the Account checkbox that marks the accounts to
	// be imported. Defaults to DefaultFlag.
	Flag string
	// Scope says what a missing checkbox means: importer.ScopeAuto (all
	// accounts, as long as it has never been there), importer.ScopeRequired (an
	// error), or importer.ScopeOff for all accounts in any case. Defaults to
	// importer.ScopeAuto.
	Scope importer.ScopeMode
	// OnExit is what happens to a customer whose checkbox is un-ticked.
	// Defaults to importer.Keep: it stays, locked, and is no longer updated.
	OnExit importer.ExitPolicy
	// Stages are the API values of the opportunity stages that make a project.
	// An existing project stays when its stage moves on, and is updated.
	// Empty imports no opportunities.
	Stages []string
	// PassedThrough also imports opportunities that were in one of the Stages
	// and have left it again between two imports, as their OpportunityHistory
	// tells, where this user may read it.
	PassedThrough bool
	// NotBefore leaves out opportunities whose CloseDate lies before it, unless
	// they are projects already, so that a first import does not bring years of
	// closed ones. The zero Date leaves out none.
	NotBefore salesforce.Date
	// PersonContacts also makes a customer contact of each person account, which
	// is one customer in any case.
	PersonContacts bool
	// CustomerRules, ContactRules and ProjectRules replace the default rules,
	// which are CustomerRules(), ContactRules() and ProjectRules().
	CustomerRules, ContactRules, ProjectRules []mapping.Rule
	// Zone is where dates and times are shown. Defaults to UTC.
	Zone *time.Location
}

// Objects returns what an Importer imports by this configuration: Account,
// Contact and, when there are Stages, Opportunity. Its error joins every fault.
func Objects(c Config) ([]importer.Object, error) {
	c.Flag = cmp.Or(c.Flag, DefaultFlag)
	c.Scope = cmp.Or(c.Scope, importer.ScopeAuto)
	var faults []error
	compile := func(kind string, rules, defaults []mapping.Rule) *mapping.Mapping {
		if rules == nil {
			rules = defaults
		}
		m, err := mapping.New(rules, &mapping.Options{Zone: c.Zone})
		if err != nil {
			faults = append(faults, fmt.Errorf("customers: rules for kind %s: %w", kind, err))
		}
		return m
	}
	scope, err := c.scope()
	faults = append(faults, err)
	objects := []importer.Object{
		{
			Name: "Account", Kind: KindCustomer, Scope: scope, Needs: []string{"Name"},
			Mapping: compile(KindCustomer, c.CustomerRules, CustomerRules()),
		},
		{
			Name: "Contact", Kind: KindContact, Parent: "Account", Lookup: "AccountId", Needs: []string{"Name"},
			Mapping: compile(KindContact, c.ContactRules, ContactRules()),
			Wants:   []string{"IsPersonAccount"}, Decide: c.decideContact, Revision: fmt.Sprint(c.PersonContacts),
		},
	}
	if len(c.Stages) > 0 {
		objects = append(objects, importer.Object{
			Name: "Opportunity", Kind: KindProject, Parent: "Account", Lookup: "AccountId",
			Needs:    []string{"Name", "StageName", "CloseDate"},
			Mapping:  compile(KindProject, c.ProjectRules, ProjectRules()),
			Children: c.history(),
			Decide:   c.decideProject,
			Check:    c.checkStages,
			Revision: fmt.Sprint(c.Stages, c.NotBefore, c.PassedThrough),
		})
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return objects, nil
}

func (c Config) scope() (importer.Scope, error) {
	switch c.Scope {
	case importer.ScopeOff, importer.ScopeAuto, importer.ScopeRequired:
		return importer.Scope{Mode: c.Scope, Field: c.Flag, OnExit: c.OnExit}, nil
	default:
		return importer.Scope{}, fmt.Errorf("customers: unknown Scope %q", c.Scope)
	}
}

// decideContact leaves out the Contact that Salesforce keeps beside each person
// account.
func (c Config) decideContact(contact salesforce.Record, _ bool) importer.Decision {
	if person, _ := contact.Get("IsPersonAccount"); person == true && !c.PersonContacts {
		return importer.Decision{Reason: "it belongs to a person account, which is a customer"}
	}
	return importer.Decision{Import: true}
}

// decideProject tells whether an opportunity is a project. A project that exists
// is kept up to date whatever its stage, and is never made twice.
func (c Config) decideProject(opportunity salesforce.Record, linked bool) importer.Decision {
	if linked {
		return importer.Decision{Import: true}
	}
	stage, _ := opportunity.Get("StageName")
	if name, _ := stage.(string); !slices.Contains(c.Stages, name) && !c.passedThrough(opportunity) {
		return importer.Decision{Reason: fmt.Sprintf("stage %q is not imported", stage)}
	}
	closing, _ := opportunity.Get("CloseDate")
	if day, _ := closing.(string); !c.NotBefore.IsZero() && day < c.NotBefore.String() {
		return importer.Decision{Reason: "it closed before " + c.NotBefore.String()}
	}
	return importer.Decision{Import: true}
}

// historyRelationship leads from an Opportunity to its former stages.
const historyRelationship = "OpportunityHistories"

// history selects the moments at which an opportunity was in one of the stages.
func (c Config) history() []*soql.Query {
	if !c.PassedThrough {
		return nil
	}
	return []*soql.Query{{
		Select: soql.Fields("StageName"),
		From:   soql.From{Object: historyRelationship},
		Where:  soql.In("StageName", c.Stages),
	}}
}

func (c Config) passedThrough(opportunity salesforce.Record) bool {
	rows, _ := opportunity.Get(historyRelationship)
	moments, _ := rows.([]salesforce.Record)
	return len(moments) > 0
}

// checkStages refuses stages that the org does not have. Stages are compared by
// API value, which stays when an admin renames the label.
func (c Config) checkStages(describe *salesforce.SObject) error {
	field, ok := describe.Field("StageName")
	if !ok {
		return errors.New("no field Opportunity.StageName, or this user may not see it")
	}
	var known []string
	for _, value := range field.PicklistValues {
		known = append(known, value.Value)
	}
	var unknown []string
	for _, stage := range c.Stages {
		if !slices.Contains(known, stage) {
			unknown = append(unknown, stage)
		}
	}
	if len(unknown) > 0 {
		return fmt.Errorf("the org has no opportunity stage %q; it has %s", unknown, strings.Join(known, ", "))
	}
	return nil
}
