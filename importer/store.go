package importer

import (
	"context"
	"iter"
	"time"

	"github.com/sfbridge/sfbridge/salesforce"
)

// A Store keeps what an importer knows between its runs. One Store serves one
// org. It must be safe for concurrent use, and every method that writes must
// be atomic and durable when it returns. Package sqlstore has one for SQL
// databases.
type Store interface {
	// Acquire takes the lease that every write needs, for ttl, under a fence
	// higher than any before. It fails with ErrRunActive while somebody else's
	// lease lasts.
	Acquire(ctx context.Context, holder string, ttl time.Duration) (Fence, error)
	// Release ends the lease. A lease lost already is no error.
	Release(ctx context.Context, fence Fence) error
	// State reads the facts that a run starts from.
	State(ctx context.Context) (State, error)
	// Links reads the links of these ids of one object; unknown ids are left out.
	Links(ctx context.Context, object string, ids []salesforce.ID) ([]Link, error)
	// ListLinks reads up to limit links that f selects, with ids greater than
	// after, ordered by id. Ids are compared byte by byte, here as everywhere: they
	// tell upper case from lower.
	ListLinks(ctx context.Context, f LinkFilter, after salesforce.ID, limit int) ([]Link, error)
	// LinkOf reads the link of a host record. ok is false when there is none.
	LinkOf(ctx context.Context, kind, hostID string) (link Link, ok bool, err error)
	// Tasks reads up to limit of the object's tasks, those of Children first.
	Tasks(ctx context.Context, object string, limit int) ([]Task, error)
	// Save writes c as a whole and extends the lease, or writes nothing: with
	// ErrLeaseLost when fence is not the newest.
	Save(ctx context.Context, fence Fence, c *Checkpoint) error
	// DeadLetters yields the dead letters, ordered by object and id. The loop may
	// use the Store.
	DeadLetters(ctx context.Context) iter.Seq2[DeadLetter, error]
	// Runs yields all runs, newest first. The loop may use the Store.
	Runs(ctx context.Context) iter.Seq2[Run, error]
	// Entries yields a run's report, record by record, in the order written.
	Entries(ctx context.Context, run int64) iter.Seq2[Entry, error]
	// Audit yields the audit trail, oldest first.
	Audit(ctx context.Context) iter.Seq2[AuditEntry, error]
}

// A Fence proves that a lease is held. Higher fences are newer.
type Fence struct {
	Number int64
	// TTL is how much longer the lease lasts after each Save.
	TTL time.Duration
}

// State is what a Store knows of its org as a whole.
type State struct {
	// Org is the organization id that the first run was bound to.
	Org salesforce.ID
	// Watermark is the moment up to which all changes are known to be
	// imported. Zero until a complete import has finished.
	Watermark time.Time
	// Fingerprint identifies the configuration of the last complete import.
	Fingerprint string
	// LastComplete is when the last complete import finished.
	LastComplete time.Time
	// Seen names scope checkboxes that have existed, as "Account.ZEP__c".
	Seen []string
	// Epochs are those that an EpochSink may have: the one it has and, while it
	// is being replaced, the next.
	Epochs []string
	// Runs is how many runs there have been; the next one is numbered one more.
	Runs int64
	// Last is the newest run, finished or not, but for those of LinkAgain; nil
	// before the first.
	Last *Run
}

// LinkState says how a host record stands to its Salesforce record.
type LinkState string

// The states of a link. Only linked records are written by imports.
const (
	Pending    LinkState = "pending" // about to be created in the host
	Linked     LinkState = "linked"
	Leaving    LinkState = "leaving"      // to be retired or taken out of scope at the end of a run
	OutOfScope LinkState = "out of scope" // no longer ticked
	Detached   LinkState = "detached"     // unlinked by a person; no import touches it
	Deleted    LinkState = "deleted"      // deleted or merged away in Salesforce
	Vanished   LinkState = "vanished"     // no longer visible, and not known to be deleted
)

// A Link ties a Salesforce record to a host record.
type Link struct {
	Object string
	ID     salesforce.ID
	Kind   string
	HostID string
	// ParentID is the Salesforce id of the parent it was imported under.
	ParentID salesforce.ID
	State    LinkState
	// Free says that Salesforce does not lead the host record: its fields and
	// those of its children are unlocked, and no import touches them.
	Free bool
	// Retired says that the importer has marked the host record inactive.
	Retired bool
	// Stamp is the SystemModstamp of the version that the host has.
	Stamp time.Time
	// Digest stands for the values of that version whose changes move no stamp:
	// formulas, and fields of other records. At most 32 characters; empty when
	// nothing of that kind is read.
	Digest string
	// Run is the last run that read the record.
	Run int64
}

// A LinkFilter selects links of one object. Its other fields select all when
// they are empty.
type LinkFilter struct {
	Object   string
	ParentID salesforce.ID
	States   []LinkState
	// NotRun leaves out the links that this run has read.
	NotRun int64
}

// A Task is a read that is still owed: the record of that id, or all
// records of Object under that parent.
type Task struct {
	Object string
	ID     salesforce.ID
	// Children makes ID the parent's id.
	Children bool
	// Gone says that Salesforce reported the record as deleted.
	Gone bool
}

// A Checkpoint is one atomic step of an import. Nil and empty parts stay as
// they are in the store.
type Checkpoint struct {
	Run *Run
	// Org, Fingerprint, Seen, Epochs, Watermark and LastComplete replace those of
	// State.
	Org          salesforce.ID
	Fingerprint  string
	Seen         []string
	Epochs       []string
	Watermark    time.Time
	LastComplete time.Time
	Links        []Link
	// NewTasks are reads that are owed from now on. A task that is there already
	// stays; that its record is Gone is added, and never taken back.
	NewTasks  []Task
	DoneTasks []Task
	// Dead are records that failed, to be tried again by the next run. Of a dead
	// letter that is there already, First stays, Told stays true, and Attempts
	// grows by one, unless Run is the same.
	Dead []DeadLetter
	// Alive are records that are dead letters no more.
	Alive []Task
	// RetryDead turns all dead letters into tasks; they stay dead letters
	// until they are named in Alive.
	RetryDead bool
	Entries   []Entry
	Audit     []AuditEntry
}

// A DeadLetter is a record that could not be imported.
type DeadLetter struct {
	Object string
	ID     salesforce.ID
	// Gone says that Salesforce reported the record as deleted.
	Gone bool
	// Label is the record's Name, as far as it was read.
	Label string
	// Reason is what stood against it the last time.
	Reason string
	// Attempts is how many runs have tried it, First and Last when the first and
	// the last did, and Run the number of the last.
	Attempts    int
	First, Last time.Time
	Run         int64
	// Told says that Config.Fallback has heard of it.
	Told bool
}
