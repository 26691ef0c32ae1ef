package outbox

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
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
	// Key is the caller's own name for the work, up to 255 bytes of text. The
	// ledger takes each key once, and tells upper case from lower.
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

// prepared returns d as a new entry of the ledger.
func prepared(d Delivery) (Delivery, error) {
	var errs []error
	if !validID(d.ID) {
		errs = append(errs, fmt.Errorf("id %q is not 1 to 64 letters, digits, hyphens or underscores", d.ID))
	}
	errs = append(errs, checkText("key", d.Key, 255), checkText("kind", d.Kind, 64), checkText("state", d.State, 64))
	d.Status, d.Attempts, d.Fence = Pending, 0, 0
	return rounded(d), errors.Join(errs...)
}

// saveable reports what keeps d from being saved: nobody would ever claim it
// again.
func saveable(d Delivery) error {
	var errs []error
	if !slices.Contains([]Status{Pending, Parked, Done}, d.Status) {
		errs = append(errs, fmt.Errorf("there is no status %q", d.Status))
	}
	return errors.Join(append(errs, checkText("state", d.State, 64))...)
}

// checkText refuses what one database would keep, and another would not.
func checkText(name, value string, most int) error {
	switch n := len(value); {
	case n == 0 || n > most:
		return fmt.Errorf("%s has %d bytes, not 1 to %d", name, n, most)
	case !utf8.ValidString(value) || strings.Contains(value, "\x00"):
		return fmt.Errorf("%s %q is no text", name, value)
	default:
		return nil
	}
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
