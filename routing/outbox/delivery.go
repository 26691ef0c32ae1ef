package outbox

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"
)

// Errors of a [Store].
var (
	// ErrNotFound says that no delivery has that id.
	ErrNotFound = errors.New("outbox: no such delivery")
	// ErrLeaseLost says that a delivery was claimed by somebody else, driven
	// again or removed since it was claimed; nothing was written.
	ErrLeaseLost = errors.New("outbox: lease lost")
)

// A Status says whether a delivery still has to be worked on.
type Status string

// The statuses. A delivery starts as pending.
const (
	Pending Status = "pending" // is claimed when it is due
	Parked  Status = "parked"  // waits for a person, for ever; see Redrive
	Done    Status = "done"    // is kept only to recognise its key
)

// A Delivery is one entry of the ledger.
type Delivery struct {
	// ID names the delivery: up to 64 letters, digits, hyphens and
	// underscores. Lists are sorted by it.
	ID string
	// Key is the caller's own name for the work, up to 255 bytes. The ledger
	// takes each key once.
	Key string
	// Kind tells whose work this is and how to read State and Payload, up to
	// 64 bytes.
	Kind   string
	Status Status
	// State is the owner's name for how far the work has come, up to 64 bytes.
	State   string
	Payload []byte
	// Attempts counts the claims.
	Attempts int
	// Fence is the number of the latest claim.
	Fence int64
	// NotBefore is when the delivery is due, and while it is worked on, when
	// the lease ends.
	NotBefore time.Time
	Created   time.Time
	Updated   time.Time
}

// A Claim asks for deliveries to work on.
type Claim struct {
	Kinds []string  // the kinds that the worker understands; at least one
	Now   time.Time // deliveries due at this moment or earlier
	Until time.Time // when the lease ends
	Max   int       // at most so many; at least one
	ID    string    // only this one, if not empty
}

func (c Claim) validate() error {
	var errs []error
	if len(c.Kinds) == 0 {
		errs = append(errs, errors.New("no kind given"))
	}
	if c.Max < 1 {
		errs = append(errs, fmt.Errorf("maximum %d is less than 1", c.Max))
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
}

// A Store is a durable ledger of deliveries. It must be safe for concurrent
// use, by several processes too if it is shared by them, and what a method
// wrote must survive a crash once the method has returned.
type Store interface {
	// Enqueue adds d as pending, unless a delivery with its key exists. It
	// returns the delivery that the ledger now has for the key, and whether
	// that is the new one. An error says that d may or may not have been
	// added; enqueueing it again is safe.
	Enqueue(ctx context.Context, d Delivery) (stored Delivery, created bool, err error)

	// Claim leases pending deliveries that are due, the longest waiting first.
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

	// Redrive makes the parked ones among these deliveries pending and due at
	// now, and returns how many it has, also with an error.
	Redrive(ctx context.Context, now time.Time, ids ...string) (int, error)

	// Purge removes the deliveries of these kinds that are done and were last
	// updated before that moment, and returns how many they were. Their keys
	// are free again. Nothing else ever removes a delivery.
	Purge(ctx context.Context, before time.Time, kinds ...string) (int, error)
}

// prepared returns d as a new entry of the ledger.
func prepared(d Delivery) (Delivery, error) {
	var errs []error
	if !validID(d.ID) {
		errs = append(errs, fmt.Errorf("id %q is not 1 to 64 letters, digits, hyphens or underscores", d.ID))
	}
	for _, field := range []struct {
		name, value string
		max         int
	}{{"key", d.Key, 255}, {"kind", d.Kind, 64}, {"state", d.State, 64}} {
		if n := len(field.value); n == 0 || n > field.max {
			errs = append(errs, fmt.Errorf("%s has %d bytes, not 1 to %d", field.name, n, field.max))
		}
	}
	d.Status, d.Attempts, d.Fence = Pending, 0, 0
	return rounded(d), errors.Join(errs...)
}

// rounded returns d with the times that a store keeps.
func rounded(d Delivery) Delivery {
	d.NotBefore, d.Created, d.Updated = round(d.NotBefore), round(d.Created), round(d.Updated)
	return d
}

func round(t time.Time) time.Time { return time.UnixMilli(t.UnixMilli()).UTC() }

// validID reports whether id may name a delivery. It is part of a file name,
// too.
func validID(id string) bool {
	return id != "" && len(id) <= 64 && strings.Trim(id, idLetters) == ""
}

const idLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
