package importer

import (
	"fmt"
	"time"

	"github.com/sfbridge/sfbridge/salesforce"
)

// RunKind says what a run reads.
type RunKind string

// The kinds of run.
const (
	Complete    RunKind = "complete"    // all records
	Incremental RunKind = "incremental" // what changed since the watermark
	Reconcile   RunKind = "reconcile"   // what differs from what the host is known to have
	Relink      RunKind = "link again"  // one record and its children
)

// RunStatus says how far a run has come.
type RunStatus string

// The states of a run. All but the last two are taken up again by the next run
// of the same kind.
const (
	Running    RunStatus = "running"
	Paused     RunStatus = "paused" // the run's or the org's API requests are used up, or the call's slice
	Broken     RunStatus = "broken" // stopped by an error
	Completed  RunStatus = "completed"
	Superseded RunStatus = "superseded" // given up for a run of another kind
)

// Guarantee says what a run's upper bound rests on.
type Guarantee string

// The guarantees.
const (
	// Exact bounds come from Salesforce's own latestDateCovered, which knows
	// of transactions that are still open.
	Exact Guarantee = "exact"
	// Heuristic bounds leave out the last twenty minutes, which is longer than
	// a transaction may last, because the org refuses getUpdated or getDeleted.
	Heuristic Guarantee = "heuristic"
)

// A Run is one import, as the Store keeps it.
type Run struct {
	Number int64
	Kind   RunKind
	// Asked is the kind that was asked for. It differs from Kind when the run
	// became another one, as Note says, and when it follows one that had been
	// stopped: asking for either kind goes on with it.
	Asked   RunKind
	Status  RunStatus
	Actor   string
	Started time.Time
	// Finished is zero while the run has not ended.
	Finished time.Time
	// Low and High bound the changes that the run accounts for; Low is zero for
	// the first, and High becomes the watermark. ReadTo is where reading ends:
	// later than High, so that a change made a moment ago is seen.
	Low, High, ReadTo time.Time
	Guarantee         Guarantee
	// Position is where the run goes on after a stop.
	Position Position
	// Sweep makes an incremental run do what a reconcile run does, too, because
	// Salesforce cannot tell of all changes. Note says why.
	Sweep bool
	// Anew makes a complete run trust no link, and look into the host for each
	// record, because Sink and Store did not belong together; see EpochSink.
	Anew bool
	// Counts are per object, by its API name.
	Counts map[string]Counts
	// Fingerprint is that of the configuration the run works by.
	Fingerprint string
	// Warnings name optional fields that the org lacks or hides.
	Warnings []string
	// Note says why the run is not what was asked for, when it is not.
	Note string
	// Error is what stopped the run, empty when nothing did.
	Error string
	// Calls is how many API requests it has made so far.
	Calls int64
	// Told is the status that Config.Fallback has been told of.
	Told RunStatus
}

// A Position is a place in the sequence of a run's steps.
type Position struct {
	Step       int
	AfterStamp time.Time
	AfterID    salesforce.ID
	// Job is the job of Bulk API 2.0 whose result is being read, Least how many
	// records there were before it began, Place the part of the result, and Taken
	// how many rows of that part are done.
	Job   salesforce.ID        `json:",omitzero"`
	Least int                  `json:",omitzero"`
	Place salesforce.BulkPlace `json:",omitzero"`
	Taken int64                `json:",omitzero"`
}

// Counts are numbers of records. Read is the sum of the others.
type Counts struct {
	Read, Created, Matched, Updated, Unchanged, Retired, Skipped, Failed int
}

func (c *Counts) add(r Result) {
	c.Read++
	switch r {
	case Created:
		c.Created++
	case Matched:
		c.Matched++
	case Updated:
		c.Updated++
	case Unchanged:
		c.Unchanged++
	case Retired:
		c.Retired++
	case Failed:
		c.Failed++
	default:
		c.Skipped++
	}
}

// String gives the counts in one line.
func (c Counts) String() string {
	return fmt.Sprintf("%d read: %d created, %d matched, %d updated, %d unchanged, %d retired, %d skipped, %d failed",
		c.Read, c.Created, c.Matched, c.Updated, c.Unchanged, c.Retired, c.Skipped, c.Failed)
}

// An Entry is one record's line in a report. Unchanged records have one only when
// there is something to warn of.
type Entry struct {
	Run    int64
	Object string
	ID     salesforce.ID
	// Label is the record's Name, as far as it was read.
	Label  string
	HostID string
	Result Result
	// Reason says why a record was skipped, retired, matched or failed, or why it
	// was created although the host has records that are like it.
	Reason string
	// Warnings name values that could not be taken over; the rest of the
	// record was.
	Warnings []string
	Changed  []FieldChange
}

// A Report is the outcome of one call of Complete, Incremental, Reconcile or
// LinkAgain.
type Report struct {
	Run Run
	// Resumed is the report of an earlier run that had been stopped and was
	// brought to its end first; nil when there was none.
	Resumed *Report
}

// An Event tells of progress. Events come in order from one goroutine.
type Event struct {
	Run    int64
	Kind   RunKind
	DryRun bool
	Object string
	// Step is what the run is at, in words: "reading", "checking", …
	Step string
	// Counts are those of Object so far.
	Counts Counts
	// Total is how many records of Object a complete run will read, by the
	// org's own count; zero when not known.
	Total int
	// Calls is how many API requests the run has made so far.
	Calls int64
	// End is when a complete run will have read everything, if it goes on as it
	// has so far; zero when not known.
	End time.Time
}

// An AuditEntry is one line of the audit trail, which is only ever added to.
type AuditEntry struct {
	Time   time.Time
	Actor  string
	Action string
	// Subject is the record concerned, empty for a run.
	Subject salesforce.ID
	Detail  string
}

// Available tells the host which imports may be started.
type Available struct {
	// Incremental is false until a complete import has finished.
	Incremental bool
	// LastComplete is when that was, for the label of the host's button.
	LastComplete time.Time
	// Unfinished is a run that was stopped; asking for its kind again goes on
	// with it.
	Unfinished *Run
}
