package salesforcetest

import (
	"sync"
	"time"
)

// clock is the org's time: that of a source, moved or stopped by tests.
type clock struct {
	mu      sync.Mutex
	source  func() time.Time
	stopped time.Time // zero while the clock runs
	ahead   time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.stopped.IsZero() {
		return c.stopped
	}
	return c.source().Add(c.ahead)
}

// state is how the clock differs from its source.
func (c *clock) state() (stopped time.Time, ahead time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stopped, c.ahead
}

func (c *clock) stopAt(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped.IsZero() {
		c.ahead += d
	} else {
		c.stopped = c.stopped.Add(d)
	}
}

// Now is the time by the org's clock, in UTC.
func (o *Org) Now() time.Time { return o.clock.now().UTC() }

// SetNow stops the org's clock at t.
func (o *Org) SetNow(t time.Time) { o.clock.stopAt(t) }

// Advance moves the org's clock by d; a stopped clock stays stopped.
func (o *Org) Advance(d time.Duration) { o.clock.advance(d) }

// stamp is the time as records carry it: in whole seconds.
func (o *Org) stamp() time.Time { return o.Now().Truncate(time.Second) }
