package importer

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
	if err := r.match(ctx, o, items); err != nil {
		return err
	}
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
// outcomes. Where that cannot be one transaction, the links of records that are
// created or retired are saved before: should the process die in between, no
// host record is without one, and none stays inactive. The same Save finds out
// whether this run still has the lease.
func (r *run) commit(ctx context.Context, items []item, then func([]Outcome) *Checkpoint) error {
	batch := make([]Change, 0, len(items))
	var pending []Link
	for i, it := range items {
		items[i].record = nil // decided on: its memory is of use elsewhere
		if it.change == nil {
			continue
		}
		batch = append(batch, *it.change)
		switch {
		case !it.known || it.change.Action == Adopt:
			it.link.State, it.link.Run = Pending, r.Number
			pending = append(pending, it.link)
		case it.change.Action == Retire && !it.link.Retired:
			it.link.State, it.link.Retired = Leaving, true // should it come back before this is noted, it is made active again
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
	return r.move(ctx, r.Position, c)
}

// settle turns outcomes into links, tasks, dead letters and entries.
func (r *run) settle(items []item, outcomes []Outcome, c *Checkpoint) []Result {
	results := make([]Result, 0, len(items))
	c.Links, c.Alive, c.Entries = slices.Grow(c.Links, len(items)), slices.Grow(c.Alive, len(items)), slices.Grow(c.Entries, len(outcomes))
	for _, it := range items {
		if it.change != nil {
			it.take(outcomes[0], r.cfg.CreateAgain, r.Anew)
			outcomes = outcomes[1:]
		}
		if it.next.State != "" {
			if r.Kind != Relink { // which must not hide a record from a complete run that goes on later
				it.next.Run = r.Number
			}
			c.Links = append(c.Links, it.next)
		}
		if it.postponed {
			c.NewTasks = append(c.NewTasks, it.tasks...)
			continue
		}
		results = append(results, it.entry.Result)
		if it.entry.Result == Failed {
			c.Dead = append(c.Dead, r.deadLetter(it))
		} else {
			c.Alive = append(c.Alive, Task{Object: it.link.Object, ID: it.link.ID})
			c.NewTasks = append(c.NewTasks, it.tasks...)
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

func (r *run) deadLetter(it item) DeadLetter {
	now := r.cfg.Now()
	return DeadLetter{
		Object: it.link.Object, ID: it.link.ID, Gone: it.gone, Label: it.entry.Label, Reason: it.entry.Reason,
		Attempts: 1, First: now, Last: now, Run: r.Number,
	}
}

// take notes the sink's outcome. A linked record that the host does not have was
// deleted there, and is created again if that is wanted; in a run anew it was not
// there yet when the backup was made.
func (it *item) take(outcome Outcome, again, anew bool) {
	if outcome.Err == nil {
		outcome.Err = outcome.fault(it.change)
	}
	it.entry.Changed = outcome.Changed
	adopting := it.change.Action == Adopt
	switch {
	case adopting && (outcome.Err != nil || outcome.Result == Missing):
		if outcome.Err == nil {
			outcome.Err = fmt.Errorf("%s %s, which it was matched with, is no longer in the host", it.link.Kind, it.link.HostID)
		}
		it.link.HostID, it.link.State, it.known = "", Pending, true // to be matched anew
		it.fail(outcome.Err)
	case outcome.Err != nil:
		it.fail(outcome.Err)
	case outcome.Result == Missing && anew && it.change.Action == Retire:
		it.next.HostID, it.next.Retired = "", false
	case outcome.Result == Missing:
		it.lose(again || anew)
	default:
		it.entry.HostID, it.next.HostID = outcome.HostID, outcome.HostID
		it.entry.Result = outcome.Result
		switch {
		case it.change.Action == Retire:
			it.next.Retired = outcome.HostID != ""
			if outcome.Result == Updated {
				it.entry.Result = Retired
			}
		case adopting:
			it.entry.Result = Matched
		case it.link.State == Pending:
			it.entry.Result = Created // by a run that was broken off before it could note it
		}
	}
}

// fault says what is wrong with an outcome that cannot be followed: taken for
// granted, it would link a record to nothing.
func (o Outcome) fault(to *Change) error {
	switch o.Result {
	case Missing:
		if to.HostID == "" {
			return errors.New("the sink answered that a record is missing which is not in the host yet")
		}
	case Created, Updated, Unchanged:
		if o.HostID == "" && to.Action != Retire {
			return fmt.Errorf("the sink answered %q without the host's id of the record", o.Result)
		}
	default:
		return fmt.Errorf("the sink answered with the result %q, which is none of its results", o.Result)
	}
	return nil
}

// lose notes that the host has deleted a linked record.
func (it *item) lose(again bool) {
	it.next, it.tasks = it.link, nil
	if again && it.change.Action != Retire {
		it.skip("deleted in the host: it is created again")
		it.next.State, it.next.HostID, it.next.Retired = Pending, "", false
		it.tasks = []Task{{Object: it.link.Object, ID: it.link.ID}}
		return
	}
	it.skip("deleted in the host: its link to Salesforce was removed")
	it.next.State, it.next.Free = Detached, true
}

func (it *item) fail(err error) {
	it.drop()
	it.entry.Result, it.entry.Reason = Failed, err.Error()
}

func (it *item) skip(reason string) {
	it.entry.Result, it.entry.Reason = Skipped, reason
}
