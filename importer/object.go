package importer

import (
	"context"

	"github.com/sfbridge/sfbridge/internal/nearest"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/soql"
)

// An Object says how the records of one SObject reach the host. Objects are
// plain data and functions without state; an Importer takes them in order,
// parents before their children.
type Object struct {
	// Name is the SObject's API name, such as "Contact".
	Name string
	// Kind is the host's word for a record of it, such as "contact".
	Kind string
	// Mapping turns a record into the host's fields. The targets of its rules
	// are the fields that are locked in the host.
	Mapping *mapping.Mapping
	// Needs and Wants list all paths that Decide reads. An org without one of
	// Needs cannot be imported from; Wants are read in orgs that have them.
	Needs, Wants []string
	// Children are child queries that Decide reads in orgs that have them. The
	// object of such a query is the relationship's name; Decide finds the rows
	// under it.
	Children []*soql.Query
	// Parent is the Name of an earlier object, and Lookup the field that holds
	// its id: a record is imported only while its parent is. The parent has none
	// of its own. Both are empty for an object that stands by itself.
	Parent, Lookup string
	// Scope restricts the import to records with a ticked checkbox. The zero
	// value imports all.
	Scope Scope
	// MatchOn is the mapping target by whose value a record that is new is
	// looked for among those that the host has already, such as "number". One
	// record with an equal value is linked; more than one are not, and
	// OnAmbiguous says what happens then. It should be one of Keys. Empty looks
	// for nothing.
	MatchOn string
	// OnAmbiguous is what happens to a record whose equal is not one alone.
	// Defaults to CreateAmbiguous.
	OnAmbiguous AmbiguousPolicy
	// OnDelete is what happens to the host's record of one that was deleted, or
	// merged away, in Salesforce; restored there, it is led by Salesforce again.
	// Defaults to Deactivate.
	OnDelete ExitPolicy
	// OnVanish is what happens to the host's record of one that is not there any
	// more, or hidden from this user, while Salesforce does not say that it was
	// deleted. Defaults to Keep.
	OnVanish ExitPolicy
	// Decide tells whether a record is to be imported; linked says whether the
	// host has it already. Nil imports every record in scope.
	Decide func(record salesforce.Record, linked bool) Decision
	// Refine looks at the records of a page that are to be put into the host,
	// just before they are, and may change, hold back or refuse them. An error
	// stops the run, which goes on later from the same page. Nil changes nothing.
	Refine func(ctx context.Context, page *Page) error
	// Keys are targets by which Refine looks for records in the host; a sink
	// that finds them should have an index for each.
	Keys []string
	// Check looks at the object's describe before a run reads anything, and
	// stops the run by an error. Nil checks nothing.
	Check func(*salesforce.SObject) error
	// Revision names what Decide and Refine depend on, such as a list of stages.
	// When it changes, the next run is a complete one.
	Revision string
}

// A Decision is Decide's answer about one record.
type Decision struct {
	Import bool
	// Reason says for the report why a record is not imported.
	Reason string
	// Retire marks the host's record inactive if it is linked, in place of
	// leaving it as it is. When the record is imported again, it is active again.
	Retire bool
}

// AmbiguousPolicy says what becomes of a new record like which the host has
// several, or one that is linked already.
type AmbiguousPolicy string

// The policies. Either way the report says which value it was.
const (
	CreateAmbiguous AmbiguousPolicy = ""     // it is created
	SkipAmbiguous   AmbiguousPolicy = "skip" // it is left out, until the host's records are told apart
)

// ScopeMode says what a missing scope checkbox means.
type ScopeMode string

// The scope modes.
const (
	// ScopeOff imports all records. It is the default.
	ScopeOff ScopeMode = "off"
	// ScopeAuto imports ticked records where the checkbox exists and all
	// records where it does not. Once it has been seen, its absence (hiding it
	// by field-level security looks the same) stops every run before any write.
	ScopeAuto ScopeMode = "auto"
	// ScopeRequired stops every run before any write while the checkbox is
	// missing.
	ScopeRequired ScopeMode = "required"
)

// UnmarshalText reads one of the constants, and refuses any other text.
func (m *ScopeMode) UnmarshalText(text []byte) error {
	return nearest.OneOf(m, text, "scope", []ScopeMode{ScopeAuto, ScopeRequired, ScopeOff})
}

// A Scope names the checkbox that puts a record into an import.
type Scope struct {
	Mode ScopeMode
	// Field is the checkbox's API name.
	Field string
	// OnExit is what happens to a record that is no longer ticked. Defaults to
	// Keep.
	OnExit ExitPolicy
}

// ExitPolicy says what becomes of a host record that Salesforce does not lead
// any more. No policy deletes it.
type ExitPolicy string

// The exit policies. A record that is ticked, restored or seen again is imported
// again under each of them.
const (
	// Keep leaves it as it is: locked, and no longer updated.
	Keep ExitPolicy = "keep"
	// Detach unlocks its fields.
	Detach ExitPolicy = "detach"
	// Deactivate marks it inactive, and leaves it locked.
	Deactivate ExitPolicy = "deactivate"
)

// UnmarshalText reads one of the constants, and refuses any other text.
func (p *ExitPolicy) UnmarshalText(text []byte) error {
	return nearest.OneOf(p, text, "exit policy", []ExitPolicy{Keep, Detach, Deactivate})
}

func (s Scope) off() bool { return s.Mode == "" || s.Mode == ScopeOff }

// flagged reports whether the record's scope checkbox is ticked.
func (s Scope) flagged(record salesforce.Record) bool {
	ticked, _ := record.Get(s.Field)
	return ticked == true
}
