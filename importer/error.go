package importer

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
)

// Errors that callers branch on with errors.Is.
var (
	// ErrNoComplete says that changed records were asked for before a complete
	// import had finished.
	ErrNoComplete = errors.New("no complete import has finished yet: run a complete import first")
	// ErrRunActive says that another run or edit holds the store's lease.
	ErrRunActive = errors.New("an import of this org is running")
	// ErrLeaseLost says that another run took over; nothing more is written to
	// the store.
	ErrLeaseLost = errors.New("another run has taken over")
	// ErrOrgChanged says that the store belongs to another org, or to a sandbox
	// before its refresh, which is another one, too. The new org needs a Store and
	// Sink of its own.
	ErrOrgChanged = errors.New("the store belongs to another org")
	// ErrStoreEpoch says that Sink and Store do not belong together, because one
	// of them was restored from a backup. Nothing was written. A complete import
	// mends it; see EpochSink.
	ErrStoreEpoch = errors.New("the host or the importer's state was restored from a backup without the other: run a complete import")
	// ErrSchema says that the org lacks, or hides, something that the import
	// cannot do without. Nothing was written.
	ErrSchema = errors.New("the org does not have what the import needs")
	// ErrPaused says that the org's daily API limit, or the run's share of it,
	// stopped the run. It goes on when it is asked for again.
	ErrPaused = errors.New("the import is paused")
	// ErrYielded says that the time of RunOptions.Slice is over. The run is
	// paused, which Config.Fallback is not told, and goes on when it is asked for
	// again.
	ErrYielded = errors.New("the import makes room for others")
	// ErrGuard is what every *GuardError is.
	ErrGuard = errors.New("too many records would leave")
	// ErrNotLinked says that a record is not one that was imported.
	ErrNotLinked = errors.New("not an imported record")
	// ErrNotInScope says that a record cannot be linked, because imports leave
	// it out.
	ErrNotInScope = errors.New("the record is not in the import's scope")
	// ErrLocked is what every *LockedError is.
	ErrLocked = errors.New("locked while linked to Salesforce")
)

// A PanicError is what becomes of a panic within an import, such as one of the
// host's Sink: the run ends as by any other error, and goes on when it is asked
// for again.
type PanicError struct {
	Value any
	Stack []byte // as of runtime/debug.Stack
}

// Error tells the value, without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("importer: panic: %v", e.Value) }

// safely runs f and makes an error of a panic.
func safely(f func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &PanicError{value, debug.Stack()}
		}
	}()
	return f()
}

// A LockedError refuses an edit in the host of a record that Salesforce leads.
type LockedError struct {
	Kind, HostID string
	// Fields are the locked fields among those that were to be changed. Empty
	// when the record was to be deleted.
	Fields []string
}

// Error says what is locked and what unlocks it.
func (e *LockedError) Error() string {
	const remedy = "remove the Salesforce flag first"
	if len(e.Fields) == 0 {
		return fmt.Sprintf("importer: %s %s cannot be deleted while it is linked to Salesforce: %s", e.Kind, e.HostID, remedy)
	}
	return fmt.Sprintf("importer: %s %s: %s cannot be changed while it is linked to Salesforce: %s",
		e.Kind, e.HostID, strings.Join(e.Fields, ", "), remedy)
}

// Is makes every LockedError an ErrLocked.
func (e *LockedError) Is(target error) bool { return target == ErrLocked }
