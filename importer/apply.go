package importer

import (
	"context"
	"fmt"

	"github.com/sfbridge/sfbridge/salesforce"
)

// apply brings a page of records into the host and saves the position after
// it. extra is what else belongs into the same checkpoint.
func (r *run) apply(ctx context.Context, o *object, records []salesforce.Record, after Position, extra *Checkpoint) error {
	items, err := r.plan(ctx, o, records, nil, nil)
	if err != nil {
		return err
	}
	return r.carry(ctx, o, items, after, extra)
}

// carry hands the items' changes to the host and saves what became of them.
func (r *run) carry(ctx context.Context, o *object, items []item, after Position, extra *Checkpoint) error {
	next := r.Run
	then := func(outcomes []Outcome) *Checkpoint {
		c := *extra
		next.Position, next.Calls = after, r.calls()
		next.Counts = r.tally(o.Name, r.settle(items, outcomes, &c))
		c.Run = &next
		return &c
	}
	if err := r.commit(ctx, items, then); err != nil {
		return err
	}
	r.Run = next
	r.leftOut(items)
	r.tell("applied", o)
	return nil
}

// commit hands the items' changes to the host and saves what follows from its
// outcomes. Where that cannot be one transaction, the links of new records are
// saved before: should the process die in between, no host record is without
// one. The same Save finds out whether this run still has the lease.
func (r *run) commit(ctx context.Context, items []item, then func([]Outcome) *Checkpoint) error {
	var batch []Change
	var pending []Link
	for _, it := range items {
		if it.change == nil {
			continue
		}
		batch = append(batch, *it.change)
		if !it.known {
			it.link.State, it.link.Run = Pending, r.Number
			pending = append(pending, it.link)
		}
	}
	if len(batch) == 0 {
		return r.store(ctx, then(nil))
	}
	if r.atomic != nil {
		return written(r.atomic.ApplyAndSave(ctx, r.fence, batch, then))
	}
	if err := r.store(ctx, &Checkpoint{Links: pending}); err != nil {
		return err
	}
	outcomes, err := r.cfg.Sink.Apply(ctx, batch)
	if err != nil {
		return written(err)
	}
	if len(outcomes) != len(batch) {
		return fmt.Errorf("importer: the sink answered %d changes with %d outcomes", len(batch), len(outcomes))
	}
	return r.store(ctx, then(outcomes))
}

func written(err error) error {
	if err != nil {
		return fmt.Errorf("importer: write to the host: %w", err)
	}
	return nil
}

// store saves a checkpoint as it is.
func (r *run) store(ctx context.Context, c *Checkpoint) error {
	if err := r.cfg.Store.Save(ctx, r.fence, c); err != nil {
		return fmt.Errorf("importer: save the state: %w", err)
	}
	return nil
}

// save writes c together with the run as it is now.
func (r *run) save(ctx context.Context, c *Checkpoint) error {
	r.Calls = r.calls()
	c.Run = new(r.Run)
	return r.store(ctx, c)
}

// settle turns outcomes into links, tasks, dead letters and entries.
func (r *run) settle(items []item, outcomes []Outcome, c *Checkpoint) []Result {
	results := make([]Result, len(items))
	for i, it := range items {
		if it.change != nil {
			it.take(outcomes[0])
			outcomes = outcomes[1:]
		}
		results[i] = it.entry.Result
		if it.entry.Result == Failed {
			c.Dead = append(c.Dead, DeadLetter{Object: it.link.Object, ID: it.link.ID, Gone: it.gone, Reason: it.entry.Reason})
		} else {
			c.Alive = append(c.Alive, Task{Object: it.link.Object, ID: it.link.ID})
			c.NewTasks = append(c.NewTasks, it.tasks...)
		}
		if it.next.State != "" {
			if r.Kind != Relink { // which must not hide a record from a complete run that goes on later
				it.next.Run = r.Number
			}
			c.Links = append(c.Links, it.next)
		}
		if it.entry.Result != Unchanged {
			it.entry.Warnings = append(it.entry.Warnings, it.notes...)
		}
		if it.entry.Result != Unchanged || len(it.entry.Warnings) > 0 {
			it.entry.Run = r.Number
			c.Entries = append(c.Entries, it.entry)
		}
	}
	return results
}

// take notes the sink's outcome.
func (it *item) take(outcome Outcome) {
	it.entry.Changed = outcome.Changed
	switch {
	case outcome.Err != nil:
		it.fail(outcome.Err)
	case outcome.Result == Missing:
		it.skip("deleted in the host: its link to Salesforce was removed")
		it.next = it.link
		it.next.State, it.next.Free = Detached, true
		it.tasks = nil
	default:
		it.entry.HostID, it.next.HostID = outcome.HostID, outcome.HostID
		it.entry.Result = outcome.Result
		switch {
		case it.change.Action == Retire:
			it.next.Retired = outcome.HostID != ""
			if outcome.Result == Updated {
				it.entry.Result = Retired
			}
		case it.link.State == Pending:
			it.entry.Result = Created // by a run that was broken off before it could note it
		}
	}
}

func (it *item) fail(err error) {
	it.change = nil
	it.entry.Result, it.entry.Reason = Failed, err.Error()
	it.tasks = nil
	it.next = it.link // as it was; a record that is not in the host yet has none
	if !it.known {
		it.next = Link{}
	}
}

func (it *item) skip(reason string) {
	it.entry.Result, it.entry.Reason = Skipped, reason
}
