package routing

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/sfbridge/sfbridge/routing/outbox"
)

// Run works on deliveries until ctx ends. It returns after the work under way
// has been broken off and noted, with the error of ctx. Errors of the ledger are
// logged, and do not end it.
func (r *Router) Run(ctx context.Context) error {
	var working sync.WaitGroup
	defer working.Wait()
	free := make(chan struct{}, r.cfg.Workers)
	var purged time.Time
	for {
		select {
		case free <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		d, ok, err := r.claim(ctx, "")
		if ok {
			working.Go(func() {
				defer func() { <-free }()
				r.log(ctx, r.advance(ctx, d))
			})
			continue
		}
		<-free
		r.log(ctx, err)
		if now := r.cfg.Now(); now.Sub(purged) >= r.cfg.PurgeEvery {
			purged = now
			r.log(ctx, r.Purge(ctx))
		}
		r.idle(ctx)
	}
}

// idle waits until there may be work.
func (r *Router) idle(ctx context.Context) {
	timer := time.NewTimer(r.cfg.Poll)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.wake:
	case <-ctx.Done():
	}
}

func (r *Router) wakeUp() {
	select {
	case r.wake <- struct{}{}:
	default: // somebody will look anyway
	}
}

func (r *Router) log(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		r.cfg.Logger.ErrorContext(ctx, "work on a delivery was broken off", "error", err)
	}
}

// Drain works on the deliveries that are due now, one after the other, and
// returns how many are not done by then, those due later or leased by somebody
// else. Parked ones do not count. It is for programs that do not Run.
func (r *Router) Drain(ctx context.Context) (remaining int, err error) {
	var errs []error
	for {
		d, ok, err := r.claim(ctx, "")
		if err != nil {
			errs = append(errs, err)
		}
		if !ok {
			break
		}
		if err := r.advance(ctx, d); err != nil {
			errs = append(errs, err)
		}
	}
	for _, err := range r.cfg.Store.List(ctx, outbox.Filter{Status: outbox.Pending, Kinds: kinds}) {
		if err != nil {
			errs = append(errs, err)
			break
		}
		remaining++
	}
	if err := errors.Join(errs...); err != nil {
		return remaining, fmt.Errorf("routing: drain: %w", err)
	}
	return remaining, nil
}

// Step works on one delivery if it is due, and returns when it wants to be
// called next, or that the delivery needs no more calls: it is done or parked.
// It is for job engines, which may call it at any time, several times and from
// several processes.
func (r *Router) Step(ctx context.Context, id string) (next time.Time, done bool, err error) {
	d, ok, err := r.claim(ctx, id)
	if ok {
		err = r.advance(ctx, d)
	}
	if err == nil {
		d, err = r.cfg.Store.Get(ctx, id)
	}
	if err != nil {
		return time.Time{}, false, fmt.Errorf("routing: step: %w", err)
	}
	return d.NotBefore, d.Status != outbox.Pending, nil
}

// Overdue yields the ids of the deliveries that have been due since before that
// moment, and that nobody works on: what a job engine has lost, or is late with.
// An error ends the sequence.
func (r *Router) Overdue(ctx context.Context, before time.Time) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for d, err := range r.cfg.Store.List(ctx, outbox.Filter{Status: outbox.Pending, Kinds: kinds, DueBefore: before}) {
			if err != nil {
				yield("", fmt.Errorf("routing: overdue: %w", err))
				return
			}
			if !yield(d.ID, nil) {
				return
			}
		}
	}
}

// UploadTimeout is that of the Config: what a job engine must let a Step have,
// and some more for mails.
func (r *Router) UploadTimeout() time.Duration { return r.cfg.UploadTimeout }

var kinds = []string{kind}

// claim leases one delivery that is due: that one, or any for an empty id.
func (r *Router) claim(ctx context.Context, id string) (d outbox.Delivery, ok bool, err error) {
	return r.claimOf(ctx, id, outbox.Pending)
}

// claimOf leases one delivery that is due, or one that is parked.
func (r *Router) claimOf(ctx context.Context, id string, status outbox.Status) (d outbox.Delivery, ok bool, err error) {
	now := r.cfg.Now()
	claimed, err := r.cfg.Store.Claim(ctx, outbox.Claim{
		Kinds: kinds, ID: id, Status: status, Now: now, Until: now.Add(r.cfg.Lease), Max: 1,
	})
	if err != nil || len(claimed) == 0 {
		return outbox.Delivery{}, false, err
	}
	return claimed[0], true, nil
}

// status is how the ledger has a delivery.
func (r *Router) status(ctx context.Context, id string) (outbox.Status, error) {
	d, err := r.cfg.Store.Get(ctx, id)
	return d.Status, err
}
