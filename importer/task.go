package importer

import (
	"context"
	"errors"
	"fmt"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/soql"
)

// retry owes a read to every dead letter.
func (r *run) retry(ctx context.Context, _ *object) error {
	return r.save(ctx, &Checkpoint{RetryDead: true})
}

// check compares what the run has read with Salesforce's own lists of what
// changed within [Low, High), and owes a read to whatever was not seen. It
// costs two calls and catches what a query cannot return: records purged from
// the recycle bin. When Salesforce's memory of deletions does not reach back
// that far, the run sweeps.
func (r *run) check(ctx context.Context, o *object) error {
	if r.Guarantee == Heuristic || r.Sweep {
		return nil
	}
	low := earlier(r.Low, r.High.Add(-leastWindow))
	updated, err := r.Client.Updated(ctx, o.Name, low, r.High)
	if err != nil {
		return fmt.Errorf("importer: check %s: %w", o.Name, err)
	}
	deleted, err := r.Client.Deleted(ctx, o.Name, low, r.High)
	if failure, ok := errors.AsType[*salesforce.Error](err); ok && failure.Code == "INVALID_REPLICATION_DATE" || deleted.EarliestDateAvailable.After(low) {
		r.Sweep, r.Note, err = true, "all linked records were looked for, because deletions were purged in Salesforce before they were read", nil
	}
	if err != nil {
		return fmt.Errorf("importer: check %s: %w", o.Name, err)
	}
	var c Checkpoint
	for _, id := range updated.IDs {
		if !r.read[o.Name][id] {
			c.NewTasks = append(c.NewTasks, Task{Object: o.Name, ID: id})
		}
	}
	for _, record := range deleted.Records {
		if !r.read[o.Name][record.ID] {
			c.NewTasks = append(c.NewTasks, Task{Object: o.Name, ID: record.ID, Gone: true})
		}
	}
	return r.save(ctx, &c)
}

// sweep looks for missing records in an incremental run that needs it.
func (r *run) sweep(ctx context.Context, o *object) error {
	if !r.Sweep {
		return nil
	}
	return r.unseen(ctx, o)
}

// followUp does all owed reads, parents before children, until none is left.
func (r *run) followUp(ctx context.Context, _ *object) error {
	for {
		done := 0
		for i := range r.objects {
			n, err := r.drain(ctx, &r.objects[i])
			if err != nil {
				return err
			}
			done += n
		}
		if done == 0 {
			return nil
		}
	}
}

// drain does the owed reads of one object and counts them.
func (r *run) drain(ctx context.Context, o *object) (done int, err error) {
	for {
		tasks, err := r.Store.Tasks(ctx, o.Name, chunk)
		if err != nil {
			return done, fmt.Errorf("importer: read the tasks of %s: %w", o.Name, err)
		}
		if len(tasks) == 0 {
			return done, nil
		}
		families := tasks[:0:0]
		for _, task := range tasks {
			if task.Children {
				families = append(families, task)
			}
		}
		if len(families) > 0 {
			tasks, err = families, r.readFamilies(ctx, o, families)
		} else {
			err = r.readSingle(ctx, o, tasks)
		}
		if err != nil {
			return done, err
		}
		done += len(tasks)
	}
}

// readSingle reads records by id.
func (r *run) readSingle(ctx context.Context, o *object, tasks []Task) error {
	wanted := make([]salesforce.ID, len(tasks))
	gone := map[salesforce.ID]bool{}
	for i, task := range tasks {
		wanted[i] = task.ID
		gone[task.ID] = task.Gone
	}
	return r.again(ctx, o, wanted, gone, r.Position, &Checkpoint{DoneTasks: tasks})
}

// readFamilies reads all children of some parents, page by page; the tasks are
// done with the last page. A child that is owed a read by itself has had it.
func (r *run) readFamilies(ctx context.Context, o *object, tasks []Task) error {
	parents := make([]salesforce.ID, len(tasks))
	for i, task := range tasks {
		parents[i] = task.ID
	}
	under := soql.In(o.Lookup, parents)
	where := under
	for {
		records, err := r.page(ctx, o, r.PageSize, where, "Id")
		if err != nil {
			return err
		}
		var c Checkpoint
		for _, record := range records {
			c.DoneTasks = append(c.DoneTasks, Task{Object: o.Name, ID: record.ID()})
		}
		last := len(records) < r.PageSize
		if last {
			c.DoneTasks = append(c.DoneTasks, tasks...)
		}
		if err := r.apply(ctx, o, records, r.Position, &c); err != nil || last {
			return err
		}
		where = soql.And(under, soql.Gt("Id", records[len(records)-1].ID()))
	}
}

// unseen looks by id for the linked records that a run has not met.
func (r *run) unseen(ctx context.Context, o *object) error {
	filter := LinkFilter{Object: o.Name, NotRun: r.Number, States: []LinkState{Linked, OutOfScope, Released}}
	for {
		links, err := r.Store.ListLinks(ctx, filter, r.Position.AfterID, chunk)
		if err != nil {
			return fmt.Errorf("importer: list the links of %s: %w", o.Name, err)
		}
		if len(links) == 0 {
			return nil
		}
		wanted := make([]salesforce.ID, len(links))
		for i, link := range links {
			wanted[i] = link.ID
		}
		after := r.Position
		after.AfterID = wanted[len(wanted)-1]
		if err := r.again(ctx, o, wanted, nil, after, &Checkpoint{}); err != nil {
			return err
		}
	}
}

// again reads records by id. One that is not found is inactive from now on
// when Salesforce has told of its deletion; otherwise it may only be hidden
// from this user, and the host's record stays as it is.
func (r *run) again(ctx context.Context, o *object, wanted []salesforce.ID, gone map[salesforce.ID]bool, after Position, c *Checkpoint) error {
	found, lost, err := r.byID(ctx, o, wanted)
	if err != nil {
		return err
	}
	items, err := r.plan(ctx, o, found)
	if err != nil {
		return err
	}
	links, err := r.links(ctx, o.Name, lost)
	if err != nil {
		return err
	}
	for _, id := range lost {
		c.Alive = append(c.Alive, Task{Object: o.Name, ID: id})
		link, known := links[id]
		if !known || link.State == Detached || link.State == Deleted {
			continue
		}
		it := item{link: link, known: true, next: link, entry: Entry{Object: o.Name, ID: id, HostID: link.HostID}}
		if err := r.lose(ctx, o, &it, gone[id]); err != nil {
			return err
		}
		items = append(items, it)
	}
	return r.carry(ctx, o, items, after, c)
}

func (r *run) lose(ctx context.Context, o *object, it *item, deleted bool) (err error) {
	if !deleted {
		it.skip("no longer visible in Salesforce: kept as it is")
		it.next.State = Vanished
		return nil
	}
	it.stamp = it.link.Stamp
	return r.retire(ctx, o, it)
}
