package importer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
)

// An item is one record on its way: what the host has of it, what is to be
// done, and what the report will say.
type item struct {
	record salesforce.Record
	link   Link
	known  bool // the link is in the store
	stamp  time.Time
	change *Change // nil when the host is not touched
	next   Link    // the link as it will be when the change succeeds
	tasks  []Task  // reads that follow from it
	entry  Entry
}

// apply brings a page of records into the host and saves the position after
// it. extra is what else belongs into the same checkpoint.
func (r *run) apply(ctx context.Context, o *object, records []salesforce.Record, after Position, extra *Checkpoint) error {
	items, err := r.plan(ctx, o, records)
	if err != nil {
		return err
	}
	return r.carry(ctx, o, items, after, extra)
}

// carry hands the items' changes to the host and saves what became of them.
func (r *run) carry(ctx context.Context, o *object, items []item, after Position, extra *Checkpoint) error {
	var batch []Change
	for i := range items {
		if c := items[i].change; c != nil {
			batch = append(batch, *c)
		}
	}
	next := r.Run
	then := func(outcomes []Outcome) *Checkpoint {
		c := *extra
		next.Position = after
		next.Counts = r.tally(o.Name, r.settle(items, outcomes, &c))
		c.Run = &next
		return &c
	}
	if err := r.commit(ctx, batch, then); err != nil {
		return err
	}
	r.Run = next
	r.Progress(Event{Run: r.Number, Kind: r.Kind, Object: o.Name, Step: "applied", Counts: r.Counts[o.Name], Total: r.total[o.Name]})
	return nil
}

// commit hands batch to the host and saves what follows from its outcomes.
func (r *run) commit(ctx context.Context, batch []Change, then func([]Outcome) *Checkpoint) error {
	switch {
	case len(batch) == 0:
		if err := r.Store.Save(ctx, r.fence, then(nil)); err != nil {
			return fmt.Errorf("importer: save the state: %w", err)
		}
		return nil
	case r.atomic != nil:
		if err := r.atomic.ApplyAndSave(ctx, r.fence, batch, then); err != nil {
			return fmt.Errorf("importer: write to the host: %w", err)
		}
		return nil
	}
	outcomes, err := r.Sink.Apply(ctx, batch)
	if err != nil {
		return fmt.Errorf("importer: write to the host: %w", err)
	}
	if len(outcomes) != len(batch) {
		return fmt.Errorf("importer: the sink answered %d changes with %d outcomes", len(batch), len(outcomes))
	}
	if err := r.Store.Save(ctx, r.fence, then(outcomes)); err != nil {
		return fmt.Errorf("importer: save the state: %w", err)
	}
	return nil
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
		id := Task{Object: it.link.Object, ID: it.link.ID}
		if it.entry.Result == Failed {
			c.Dead = append(c.Dead, DeadLetter{Object: id.Object, ID: id.ID, Reason: it.entry.Reason})
		} else {
			c.Alive = append(c.Alive, id)
			c.NewTasks = append(c.NewTasks, it.tasks...)
		}
		if it.next.State != "" {
			it.next.Run = r.Number
			c.Links = append(c.Links, it.next)
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
	it.entry.HostID = outcome.HostID
	it.entry.Changed = outcome.Changed
	switch {
	case outcome.Err != nil:
		it.fail(outcome.Err)
	case outcome.Result == Missing:
		it.entry.Result, it.entry.Reason = Skipped, "deleted in the host: its link to Salesforce was removed"
		it.entry.HostID = it.link.HostID
		it.next = it.link
		it.next.State = Detached
		it.tasks = nil
	default:
		it.entry.Result = outcome.Result
		it.next.HostID = outcome.HostID
		if it.change.Action == Retire && outcome.Result == Updated {
			it.entry.Result = Retired
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

// plan decides for each record what is to be done. It reads the store and
// writes nothing.
func (r *run) plan(ctx context.Context, o *object, records []salesforce.Record) ([]item, error) {
	links, err := r.links(ctx, o.Name, ids(records, "Id"))
	if err != nil {
		return nil, err
	}
	parents := map[salesforce.ID]Link{}
	if o.Parent != "" {
		wanted := ids(records, o.Lookup)
		for _, link := range links {
			wanted = append(wanted, link.ParentID)
		}
		if parents, err = r.links(ctx, o.Parent, wanted); err != nil {
			return nil, err
		}
	}
	items := make([]item, 0, len(records))
	for _, record := range records {
		it := item{record: record, entry: Entry{Object: o.Name, ID: record.ID(), Label: label(record)}}
		if it.stamp, err = stamp(record); err != nil {
			return nil, fmt.Errorf("importer: read %s: %w", o.Name, err)
		}
		it.link, it.known = links[record.ID()]
		if it.known {
			it.next = it.link
			it.entry.HostID = it.link.HostID
		} else {
			it.link = Link{Object: o.Name, ID: record.ID(), Kind: o.Kind}
		}
		if err := r.decide(ctx, o, &it, parents); err != nil {
			return nil, err
		}
		items = append(items, it)
	}
	return items, nil
}

// decide fills in one item's change, link and entry.
func (r *run) decide(ctx context.Context, o *object, it *item, parents map[salesforce.ID]Link) error {
	parent, verdict := r.parent(o, it, parents)
	switch {
	case it.link.State == Detached:
		it.skip("its Salesforce flag was removed in the host")
	case parents[it.link.ParentID].State == Detached:
		it.skip("the Salesforce flag of its " + r.kindOf(o.Parent) + " was removed in the host")
	case it.known && it.stamp.Before(it.link.Stamp):
		it.entry.Result = Unchanged // the host has a newer version already
	case flag(it.record, "IsDeleted"):
		return r.retire(ctx, o, it)
	case verdict != "":
		it.skip(verdict)
	case o.scoped && !o.Scope.flagged(it.record):
		return r.leave(ctx, o, it)
	default:
		return r.put(ctx, o, it, parent)
	}
	return nil
}

// parent finds the host's parent record, or says why there is none.
func (r *run) parent(o *object, it *item, parents map[salesforce.ID]Link) (parent Link, missing string) {
	if o.Parent == "" {
		return Link{}, ""
	}
	id := lookup(it.record, o.Lookup)
	if id == "" {
		return Link{}, "it has no " + r.kindOf(o.Parent)
	}
	parent = parents[id]
	switch parent.State {
	case Linked:
		return parent, ""
	case Detached:
		return parent, "the Salesforce flag of its " + r.kindOf(o.Parent) + " was removed in the host"
	default:
		return parent, "its " + r.kindOf(o.Parent) + " is not imported"
	}
}

// put plans that the host gets the record.
func (r *run) put(ctx context.Context, o *object, it *item, parent Link) error {
	if o.Decide != nil {
		if d := o.Decide(it.record, it.known); !d.Import {
			it.skip(d.Reason)
			return nil
		}
	}
	values, err := o.Mapping.Apply(it.record)
	if it.entry.Warnings, err = o.weigh(err); err != nil {
		it.fail(err)
		return nil
	}
	action := Put
	if it.link.State == Deleted || it.link.State == OutOfScope && o.Scope.OnExit == Deactivate {
		action = Restore
	}
	it.change = &Change{Kind: o.Kind, Action: action, ID: it.link.ID, HostID: it.link.HostID, Parent: parent.HostID, Values: values}
	it.next = it.link
	it.next.State, it.next.Stamp, it.next.ParentID = Linked, it.stamp, parent.ID
	if it.link.State != Linked && !r.listing {
		it.tasks, err = r.family(ctx, o, it.link.ID) // their stamps may be old
	}
	return err
}

// leave plans what becomes of a record that is not ticked.
func (r *run) leave(ctx context.Context, o *object, it *item) error {
	it.skip(o.Scope.Field + " is not ticked")
	if it.link.State != Linked && it.link.State != Vanished {
		return nil
	}
	it.next.State, it.next.Stamp = OutOfScope, it.stamp
	switch o.Scope.OnExit {
	case Detach:
		it.next.State = Released
	case Deactivate:
		it.change = &Change{Kind: o.Kind, Action: Retire, ID: it.link.ID, HostID: it.link.HostID}
	}
	return nil
}

// retire plans what becomes of a record that was deleted or merged away: the
// host's record is marked inactive and kept.
func (r *run) retire(ctx context.Context, o *object, it *item) (err error) {
	it.skip("deleted in Salesforce")
	if !it.known || it.link.State == Deleted {
		return nil
	}
	winner := lookup(it.record, "MasterRecordId")
	if winner != "" {
		it.entry.Reason = "merged in Salesforce into " + string(winner)
	}
	it.next.State, it.next.Stamp = Deleted, it.stamp
	if it.link.State != Released {
		it.change = &Change{Kind: o.Kind, Action: Retire, ID: it.link.ID, HostID: it.link.HostID}
	}
	if it.tasks, err = r.family(ctx, o, it.link.ID); err == nil && winner != "" {
		it.tasks = append(it.tasks, Task{Object: o.Name, ID: winner})
	}
	return err
}

// family lists the reads of a record's children: those that Salesforce has
// under it, and those that the host has, which may have moved.
func (r *run) family(ctx context.Context, o *object, id salesforce.ID) ([]Task, error) {
	var tasks []Task
	for _, child := range o.children {
		tasks = append(tasks, Task{Object: child.Name, ID: id, Children: true})
		stored, err := r.allLinks(ctx, LinkFilter{Object: child.Name, ParentID: id})
		if err != nil {
			return nil, err
		}
		for _, link := range stored {
			tasks = append(tasks, Task{Object: child.Name, ID: link.ID})
		}
	}
	return tasks, nil
}

// weigh parts what the mapping found wrong: faults of required targets refuse
// the record, the others only warn.
func (o *object) weigh(err error) (warnings []string, failure error) {
	var faults []error
	for _, fault := range mapping.Faults(err) {
		if o.required[fault.Target] {
			faults = append(faults, fault)
		} else {
			warnings = append(warnings, fault.Error())
		}
	}
	return warnings, errors.Join(faults...)
}

// links reads links by id, as a map; empty ids are left out.
func (im *Importer) links(ctx context.Context, object string, wanted []salesforce.ID) (map[salesforce.ID]Link, error) {
	found := map[salesforce.ID]Link{}
	asked := map[salesforce.ID]bool{"": true}
	var ids []salesforce.ID
	for _, id := range wanted {
		if !asked[id] {
			asked[id] = true
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return found, nil
	}
	links, err := im.Store.Links(ctx, object, ids)
	if err != nil {
		return nil, fmt.Errorf("importer: read the links of %s: %w", object, err)
	}
	for _, link := range links {
		found[link.ID] = link
	}
	return found, nil
}

// allLinks lists every link that f selects.
func (im *Importer) allLinks(ctx context.Context, f LinkFilter) ([]Link, error) {
	var all []Link
	for after := salesforce.ID(""); ; after = all[len(all)-1].ID {
		links, err := im.Store.ListLinks(ctx, f, after, MaxPage)
		if err != nil {
			return nil, fmt.Errorf("importer: list the links of %s: %w", f.Object, err)
		}
		all = append(all, links...)
		if len(links) < MaxPage {
			return all, nil
		}
	}
}

// kindOf is the host's word for an object.
func (im *Importer) kindOf(name string) string {
	for _, o := range im.Objects {
		if o.Name == name {
			return o.Kind
		}
	}
	return name
}

func ids(records []salesforce.Record, path string) []salesforce.ID {
	list := make([]salesforce.ID, len(records))
	for i, record := range records {
		list[i] = lookup(record, path)
	}
	return list
}

// lookup is an id field of a record, empty when it is null.
func lookup(record salesforce.Record, path string) salesforce.ID {
	value, _ := record.Get(path)
	text, _ := value.(string)
	return salesforce.ID(text)
}

func flag(record salesforce.Record, path string) bool {
	value, _ := record.Get(path)
	return value == true
}

func label(record salesforce.Record) string {
	value, _ := record.Get("Name")
	text, _ := value.(string)
	return text
}
