package salesforce

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Pace bounds the requests that a client sends, retries and logins included.
// Those over it wait for their turn. The zero value bounds nothing.
type Pace struct {
	// PerSecond is how many requests there may be in a second, in the long run.
	// Defaults to 0, any number.
	PerSecond float64
	// Burst is how many there may be at once after a pause. Defaults to 1.
	Burst int
	// Concurrent is how many may be waiting for the beginning of their answer at
	// the same time. Salesforce allows 25 that take 20 seconds or more, of all
	// clients of the org together. Defaults to 0, any number.
	Concurrent int
}

func (p Pace) validate() error {
	var faults []error
	if p.PerSecond < 0 {
		faults = append(faults, fmt.Errorf("salesforce: Pace.PerSecond %v is negative", p.PerSecond))
	}
	if p.Burst < 0 {
		faults = append(faults, fmt.Errorf("salesforce: Pace.Burst %d is negative", p.Burst))
	}
	if p.Concurrent < 0 {
		faults = append(faults, fmt.Errorf("salesforce: Pace.Concurrent %d is negative", p.Concurrent))
	}
	return errors.Join(faults...)
}

// roundTripper sends requests at their pace. It hides whatever else the one
// below can do: retryablehttp closes the idle connections after each failure,
// which here belong to others as well.
type roundTripper struct {
	next http.RoundTripper
	*lane
}

// RoundTrip waits for the request's turn and sends it. Its slot is free again
// when the answer begins: the reader of an answer may need further ones.
func (rt *roundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	try := attemptOf(req.Context()).try
	try.held.Store(true)
	if err := rt.wait(req.Context()); err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, err
	}
	try.held.Store(false)
	if rt.slots != nil {
		defer func() { <-rt.slots }()
	}
	resp, err := rt.next.RoundTrip(req)
	rt.tally.count(resp, err)
	return resp, err
}

// wait takes a slot, and gives it back when the rest of the wait is in vain. A
// request whose context has ended has no turn.
func (rt *roundTripper) wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if rt.slots != nil {
		select {
		case rt.slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if rt.rate == nil {
		return nil
	}
	err := rt.rate.Wait(ctx)
	if err == nil {
		return nil
	}
	if rt.slots != nil {
		<-rt.slots
	}
	if ctx.Err() == nil {
		return context.DeadlineExceeded // it would have been over before its turn
	}
	return ctx.Err()
}
