package salesforce

import (
	"context"
	"sync/atomic"
)

// A Tally counts the API requests that are made under the contexts it is given
// to: what one piece of work costs of the org's daily limit, whoever else uses
// the client. Each try counts, logins do not. The zero value is ready.
type Tally struct {
	requests atomic.Int64
}

type tallyKey struct{}

// Within returns a context whose requests are counted.
func (t *Tally) Within(ctx context.Context) context.Context {
	return context.WithValue(ctx, tallyKey{}, t)
}

// Requests is how many there were so far.
func (t *Tally) Requests() int64 { return t.requests.Load() }
