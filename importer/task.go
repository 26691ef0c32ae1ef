package importer

import (
	"context"
	"fmt"
	"slices"

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
	updated, err := r.cfg.Client.Updated(ctx, o.Name, low, r.High)
	var deleted salesforce.Deleted
	if err == nil {
		deleted, err = r.cfg.Client.Deleted(ctx, o.Name, low, r.High)
	}
	if refused(err) || deleted.EarliestDateAvailable.After(low) {
		r.Sweep, r.Note = true, "all records were compared, because Salesforce does not remember all changes since the last import"
		return r.save(ctx, &Checkpoint{})
	}
	if err != nil {
		return fmt.Errorf("importer: check %s: %w", o.Name, err)
	}
	tasks := make([]Task, 0, len(updated.IDs)+len(deleted.Records))
	for _, id := range updated.IDs {
		tasks = append(tasks, Task{Object: o.Name, ID: id})
	}
	for _, record := range deleted.Records {
		tasks = append(tasks, Task{Object: o.Name, ID: record.ID, Gone: true})
	}
	for part := range slices.Chunk(tasks, MaxPage) {
		if err := r.unmet(ctx, o, part); err != nil {
			return err
		}
	}
	return nil
}

// unmet owes a read to those of the tasks whose record the run has not read.
func (r *run) unmet(ctx context.Context, o *object, tasks []Task) error {
	wanted := make([]salesforce.ID, len(tasks))
	for i, task := range tasks {
		wanted[i] = task.ID
	}
	links, err := r.links(ctx, o.Name, wanted)
	if err != nil {
		return err
	}
	var c Checkpoint
	for _, task := range tasks {
		link := links[task.ID]
		if link.Run == r.Number || r.unlinked[task.ID] {
			continue
		}
		c.NewTasks = append(c.NewTasks, task)
		if task.Gone && (link.State == Linked || link.State == OutOfScope || link.State == Vanished) {
			link.State = Leaving // as it would be had it been read
			c.Links = append(c.Links, link)
		}
	}
	return r.save(ctx, &c)
}

// mostLeftOut bounds what a run remembers of the records that it leaves out.
// Beyond it, and after a resume, some are read a second time, which changes
// nothing.
const mostLeftOut = 100_000

// leftOut remembers records that have been read and have no link that says so.
func (r *run) leftOut(items []item) {
	for _, it := range items {
		if it.next.State == "" && r.unlinked != nil && len(r.unlinked) < mostLeftOut {
			r.unlinked[it.link.ID] = true
		}
	}
}

// sweep looks for missing records, in an incremental run where it is needed.
func (r *run) sweep(ctx context.Context, o *object) error {
	if !r.compares(o) {
		return nil
	}
	return r.unseen(ctx, o)
}

// followUp does all owed reads, parents before children, until none is left.
func (r *run) followUp(ctx context.Context, _ *object) error {
	r.following = true
	defer func() { r.following = false }()
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
		tasks, err := r.cfg.Store.Tasks(ctx, o.Name, chunk)
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
		records, err := r.page(ctx, o, r.cfg.PageSize, where, "Id")
		if err != nil {
			return err
		}
		var c Checkpoint
		for _, record := range records {
			c.DoneTasks = append(c.DoneTasks, Task{Object: o.Name, ID: record.ID()})
		}
		last := len(records) < r.cfg.PageSize
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
	filter := LinkFilter{Object: o.Name, NotRun: r.Number, States: []LinkState{Pending, Linked, Leaving, OutOfScope, Vanished}}
	if r.Anew {
		filter.States = append(filter.States, Deleted)
	}
	var gone map[salesforce.ID]bool
	for {
		links, err := r.cfg.Store.ListLinks(ctx, filter, r.Position.AfterID, chunk)
		if err != nil {
			return fmt.Errorf("importer: list the links of %s: %w", o.Name, err)
		}
		if len(links) == 0 {
			return nil
		}
		if gone == nil {
			if gone, err = r.deletions(ctx, o); err != nil {
				return err
			}
		}
		wanted := make([]salesforce.ID, len(links))
		for i, link := range links {
			wanted[i] = link.ID
		}
		after := r.Position
		after.AfterID = wanted[len(wanted)-1]
		if err := r.again(ctx, o, wanted, gone, after, &Checkpoint{}); err != nil {
			return err
		}
	}
}

// deletions asks which records were deleted since the last import, as far as
// Salesforce remembers. An org that does not tell leaves it open.
func (r *run) deletions(ctx context.Context, o *object) (map[salesforce.ID]bool, error) {
	gone := map[salesforce.ID]bool{}
	if r.Low.IsZero() || r.Guarantee == Heuristic {
		return gone, nil
	}
	low := r.Low
	if oldest := r.High.Add(-deletionMemory); low.Before(oldest) {
		low = oldest
	}
	deleted, err := r.cfg.Client.Deleted(ctx, o.Name, earlier(low, r.High.Add(-leastWindow)), r.High)
	if refused(err) {
		return gone, nil
	}
	if err != nil {
		return nil, fmt.Errorf("importer: ask for deletions of %s: %w", o.Name, err)
	}
	for _, record := range deleted.Records {
		gone[record.ID] = true
	}
	return gone, nil
}

// again reads records by id.
func (r *run) again(ctx context.Context, o *object, wanted []salesforce.ID, gone map[salesforce.ID]bool, after Position, c *Checkpoint) error {
	found, lost, err := r.byID(ctx, o, wanted)
	if err != nil {
		return err
	}
	items, err := r.plan(ctx, o, found, lost, gone)
	if err != nil {
		return err
	}
	for _, id := range lost {
		c.Alive = append(c.Alive, Task{Object: o.Name, ID: id})
	}
	return r.carry(ctx, o, items, after, c)
}
