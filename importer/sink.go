package importer

import (
	"context"
	"time"

	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
)

// A Sink is where the host keeps the imported records.
//
// Apply writes a batch and answers each change with an Outcome, in order. A
// record that the host refuses gets an Outcome with Err; an error of Apply
// itself stops the run, which goes on later from the same batch. Apply must
// therefore be idempotent by Change.ID: a change that was applied already is
// Unchanged, and never makes a second host record. It must be safe for
// concurrent use.
//
// Diff answers what Apply would, and writes nothing. The record that a change
// would create has no host id yet, and Change.Parent is empty where the parent
// itself is still to be created.
type Sink interface {
	Apply(ctx context.Context, batch []Change) ([]Outcome, error)
	Diff(ctx context.Context, batch []Change) ([]Outcome, error)
}

// An Atomic is a Sink and Store in one database, where records and checkpoint
// are committed together: then a crash repeats nothing. An Importer that is
// given one value as its Sink and its Store uses it so.
type Atomic interface {
	Sink
	Store
	// ApplyAndSave applies batch, asks then for the checkpoint that its
	// outcomes make, and saves both in one transaction or neither.
	ApplyAndSave(ctx context.Context, fence Fence, batch []Change, then func([]Outcome) *Checkpoint) error
}

// An EpochSink is a Sink by which an Importer notices that it, or the Store, was
// restored from a backup without the other. Every run gives both a new epoch
// when it begins and when it ends; where they differ, imports fail with
// ErrStoreEpoch until a complete one has held every record against the host. A
// Sink that is one with the Store is not asked.
type EpochSink interface {
	Sink
	// Epoch is the epoch that was set last, empty before the first.
	Epoch(ctx context.Context) (string, error)
	// SetEpoch keeps an epoch, of at most 32 characters, where the records are
	// kept: what restores them restores it.
	SetEpoch(ctx context.Context, epoch string) error
}

// An Action is what a Change asks the host to do.
type Action string

// The actions.
const (
	// Put creates or updates the record.
	Put Action = "put"
	// Restore is Put, and makes the record active again.
	Restore Action = "restore"
	// Adopt is Put into a record that the host has already: HostID names it, and
	// it belongs to no Salesforce record so far. Where the host has a record of
	// ID, that is the one to be written, as by Put; a record that belongs to
	// another Salesforce record is refused by Outcome.Err.
	Adopt Action = "adopt"
	// Retire marks the record inactive. It never deletes. Values and Parent are
	// empty.
	Retire Action = "retire"
)

// A Change is one record on its way into the host.
type Change struct {
	Kind   string
	Action Action
	ID     salesforce.ID
	// HostID is the host's id of the record, as Outcome.HostID has told it, empty
	// when the importer knows of none.
	HostID string
	// Stamp is the version's SystemModstamp. A sink that does not share its
	// database with the Store should leave a record alone whose stamp is later:
	// a run that stood still for longer than its lease may still be writing.
	Stamp time.Time
	// Into is, for a record that was merged away in Salesforce, the host's id of
	// the one it was merged into, if the host has that: where its bookings
	// belong now.
	Into string
	// Parent is the host's id of the parent record. Empty for objects without;
	// elsewhere the record stays under the parent that it has.
	Parent string
	// Values are the mapped fields. A target that is absent keeps what the
	// host has; one that is there with nil is cleared.
	Values mapping.Values
}

// Result says what became of a record.
type Result string

// The results. A Sink answers with the first four.
const (
	Created   Result = "created"
	Updated   Result = "updated"
	Unchanged Result = "unchanged"
	Missing   Result = "missing" // HostID is known and the host no longer has it
	Matched   Result = "matched" // linked to a record that the host had already
	Retired   Result = "retired" // marked inactive
	Skipped   Result = "skipped"
	Failed    Result = "failed"
)

// An Outcome is the Sink's answer to one Change. One without a Result, or without
// the host's id of a record that is there, makes a dead letter.
type Outcome struct {
	// HostID is the host's id of the record, any text that tells it from the
	// others of its kind. Empty when it is Missing, when Diff would create it, and
	// when a Retire finds none.
	HostID string
	Result Result
	// Changed are the fields that an update or a creation wrote.
	Changed []FieldChange
	// Err is why the host refused the record. It becomes a dead letter.
	Err error
}

// A FieldChange is one field before and after, as text for the report.
type FieldChange struct {
	// Field is a target of the mapping, or the host's word for the parent and for
	// whether the record is active.
	Field string `json:"field"`
	Old   string `json:"old,omitempty"`
	New   string `json:"new,omitempty"`
}
