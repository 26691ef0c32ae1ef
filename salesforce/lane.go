package salesforce

import (
	"net/http"
	"sync/atomic"

	"golang.org/x/time/rate"
)

// A lane is what the clients of one org share in a [Pool]: their turn, what the
// answers tell of the org, and what is counted. A client without a pool has a
// lane of its own.
type lane struct {
	pace  Pace
	rate  *rate.Limiter // nil for any
	slots chan struct{} // nil for any number
	seen  *observed
	tally *laneTally
}

// laneTally counts what went through a lane.
type laneTally struct {
	calls, failures, renewals atomic.Int64
}

func newLane(p Pace) *lane {
	return (&lane{seen: &observed{}, tally: &laneTally{}}).at(p)
}

// at returns the lane with another pace, for the clients that are made from now
// on.
func (l *lane) at(p Pace) *lane {
	next := &lane{pace: p, seen: l.seen, tally: l.tally}
	if p.PerSecond > 0 {
		next.rate = rate.NewLimiter(rate.Limit(p.PerSecond), max(p.Burst, 1))
	}
	if p.Concurrent > 0 {
		next.slots = make(chan struct{}, p.Concurrent)
	}
	return next
}

// count counts a request that was sent.
func (t *laneTally) count(resp *http.Response, err error) {
	t.calls.Add(1)
	if err != nil || resp.StatusCode >= http.StatusBadRequest {
		t.failures.Add(1)
	}
}
