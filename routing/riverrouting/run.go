package riverrouting

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/sfbridge/sfbridge/routing/outbox"
)

// stopTime is how long jobs may take to break off when the host stops. The
// router notes what it broke off in a part of it.
const stopTime = 30 * time.Second

// Run works on deliveries until ctx ends. It returns after the work under way
// has been broken off and noted, with the error of ctx, or at once when River
// cannot be started. It is called once.
func (d *Dispatcher) Run(ctx context.Context) error {
	if err := d.client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("riverrouting: start River: %w", err)
	}
	var sweeping sync.WaitGroup
	sweeping.Go(func() { d.keepSweeping(ctx) })
	<-ctx.Done()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	err := d.client.StopAndCancel(stopping)
	sweeping.Wait()
	return errors.Join(ctx.Err(), err)
}

// A worker works on the delivery of a job.
type worker struct {
	river.WorkerDefaults[args]
	*Dispatcher
}

// Timeout implements [river.Worker].
func (w *worker) Timeout(*river.Job[args]) time.Duration { return w.cfg.Timeout }

// Work implements [river.Worker]. It fails never: what a failure means is in
// the ledger, and River is told when to come back.
func (w *worker) Work(ctx context.Context, job *river.Job[args]) error {
	next, done, err := w.cfg.Router.Step(ctx, job.Args.ID)
	switch {
	case errors.Is(err, outbox.ErrNotFound): // was done so long ago that it is forgotten
		return nil
	case ctx.Err() != nil:
		return river.JobSnooze(0)
	case err != nil:
		w.failed(ctx, err)
		return river.JobSnooze(w.cfg.Retry)
	case done:
		return nil
	default:
		return river.JobSnooze(max(time.Until(next), 0))
	}
}

func (d *Dispatcher) failed(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		d.cfg.Logger.ErrorContext(ctx, "work on deliveries was broken off", "error", err)
	}
}

// keepSweeping is the net below River, until ctx ends.
func (d *Dispatcher) keepSweeping(ctx context.Context) {
	tick := time.NewTicker(max(d.cfg.Sweep, time.Millisecond))
	defer tick.Stop()
	var purged time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		d.failed(ctx, d.sweep(ctx))
		if now := time.Now(); now.Sub(purged) >= d.cfg.PurgeEvery {
			purged = now
			d.failed(ctx, d.cfg.Router.Purge(ctx))
		}
	}
}

// batch is how many jobs the sweep inserts at once.
const batch = 500

// sweep gives each delivery that is overdue a job, unless it has one.
func (d *Dispatcher) sweep(ctx context.Context) error {
	var jobs []river.InsertManyParams
	for id, err := range d.cfg.Router.Overdue(ctx, time.Now().Add(-d.cfg.Sweep)) {
		if err != nil {
			return err
		}
		jobs = append(jobs, river.InsertManyParams{Args: args{id}, InsertOpts: d.options()})
		if len(jobs) == batch {
			if err := d.catch(ctx, jobs); err != nil {
				return err
			}
			jobs = jobs[:0]
		}
	}
	return d.catch(ctx, jobs)
}

// catch inserts jobs. A delivery whose job is there and does not wait for a
// worker is worked on here: its worker may have died, or the leader who makes
// jobs available when it is their time.
func (d *Dispatcher) catch(ctx context.Context, jobs []river.InsertManyParams) error {
	if len(jobs) == 0 {
		return nil
	}
	results, err := d.client.InsertMany(ctx, jobs)
	if err != nil {
		return fmt.Errorf("riverrouting: insert jobs of overdue deliveries: %w", err)
	}
	var faults []error
	for _, r := range results {
		if r.UniqueSkippedAsDuplicate && r.Job.State != rivertype.JobStateAvailable {
			faults = append(faults, d.step(ctx, r.Job))
		}
	}
	return errors.Join(faults...)
}

func (d *Dispatcher) step(ctx context.Context, job *rivertype.JobRow) error {
	var a args
	if err := json.Unmarshal(job.EncodedArgs, &a); err != nil {
		return fmt.Errorf("riverrouting: read job %d: %w", job.ID, err)
	}
	ctx, cancel := context.WithTimeout(ctx, d.cfg.Timeout)
	defer cancel()
	_, _, err := d.cfg.Router.Step(ctx, a.ID)
	return err
}
