package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"time"
)

// A Store is a durable ledger of deliveries. It must be safe for concurrent
// use, by several processes too if it is shared by them, and what a method
// wrote must survive a crash once the method has returned.
type Store interface {
	// Enqueue adds d as pending, unless a delivery with its key exists. It
	// returns the delivery that the ledger now has for the key, and whether
	// that is the new one. An error says that d may or may not have been
	// added; enqueueing it again is safe.
	//
	// With a tx, a transaction on the ledger's own database, d is added when
	// that is committed and not if it is rolled back. Without one, it is added
	// at once. A store that has no transactions refuses one.
	Enqueue(ctx context.Context, tx Execer, d Delivery) (stored Delivery, created bool, err error)

	// Claim leases deliveries, those that are due or those that are parked, the
	// longest waiting first.
	// None is no error.
	Claim(ctx context.Context, c Claim) ([]Delivery, error)

	// Extend moves the end of d's lease. It fails with ErrLeaseLost when d's
	// fence is not the newest.
	Extend(ctx context.Context, d Delivery, until time.Time) error

	// Save writes Status, State, Payload, NotBefore and Updated of d, or fails
	// with ErrLeaseLost when d's fence is not the newest. The lease goes on:
	// it is NotBefore that says when d may next be claimed.
	Save(ctx context.Context, d Delivery) error

	// Get reads one delivery, or fails with ErrNotFound.
	Get(ctx context.Context, id string) (Delivery, error)

	// List yields the deliveries that f selects, sorted by id. The loop may
	// use the store. An error ends the sequence; ranging again asks again.
	List(ctx context.Context, f Filter) iter.Seq2[Delivery, error]

	// Counts tells how many deliveries of these kinds, or of all, are in each
	// state, sorted by kind, status and state.
	Counts(ctx context.Context, kinds ...string) ([]Count, error)

	// Park takes the pending ones among these deliveries out of work until
	// they are driven again, and returns how many it has, also with an error.
	// Whoever works on one has lost its lease. State stays as it is.
	Park(ctx context.Context, now time.Time, ids ...string) (int, error)

	// Redrive makes the parked ones among these deliveries pending and due at
	// now, and returns how many it has, also with an error.
	Redrive(ctx context.Context, now time.Time, ids ...string) (int, error)

	// Purge removes the deliveries of these kinds that are done and were last
	// updated before that moment, and returns how many they were. Their keys
	// are free again. Nothing else ever removes a delivery.
	Purge(ctx context.Context, before time.Time, kinds ...string) (int, error)
}

// An Execer is what Enqueue needs of a host's transaction: *sql.Tx is one.
type Execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// A Claim asks for deliveries to work on.
type Claim struct {
	Kinds []string  // the kinds that the worker understands; at least one
	Now   time.Time // deliveries due at this moment or earlier
	Until time.Time // when the lease ends
	Max   int       // at most so many; at least one
	ID    string    // only this one, if not empty: for a job queue that brings ids
	// Status is that of the deliveries to claim: Pending, which is the default, or
	// Parked, whether due or not. A parked one stays so until it is saved.
	Status Status
}

func (c Claim) validate() error {
	var errs []error
	if len(c.Kinds) == 0 {
		errs = append(errs, errors.New("no kind given"))
	}
	if c.Max < 1 {
		errs = append(errs, fmt.Errorf("maximum %d is less than 1", c.Max))
	}
	if c.Status != "" && c.Status != Pending && c.Status != Parked {
		errs = append(errs, fmt.Errorf("what is %s cannot be claimed", c.Status))
	}
	if !c.Until.After(c.Now) {
		errs = append(errs, fmt.Errorf("lease ends at %s, not after %s", c.Until, c.Now))
	}
	return errors.Join(errs...)
}

// A Filter selects deliveries. An empty field selects all.
type Filter struct {
	Status Status
	Kinds  []string
	States []string
	// UpdatedBefore selects those that have stayed as they are since before
	// that moment.
	UpdatedBefore time.Time
	// DueBefore selects those that were due, or whose lease ended, before that
	// moment.
	DueBefore time.Time
}

// A Count is how many deliveries of a kind are in a state.
type Count struct {
	Kind   string
	Status Status
	State  string
	N      int
	// Oldest is when the oldest of them was created. An alarm watches that of
	// those pending, and the number of those parked.
	Oldest time.Time
}
