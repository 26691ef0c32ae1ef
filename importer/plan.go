package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/soql"
)

// An item is one record on its way: what the host has of it, what is to be
// done, and what the report will say.
type item struct {
	record salesforce.Record // nil for a record that was not found
	gone   bool              // and that Salesforce has reported as deleted
	link   Link
	known  bool // the link is in the store
	stamp  time.Time
	under  string  // the host's id of the parent that it has in the host
	change *Change // nil when the host is not touched
	next   Link    // the link as it will be when the change succeeds
	tasks  []Task  // reads that follow from it
	entry  Entry
	// doubted is the link as it is in the store, when the run does not trust it.
	doubted *Link
	// postponed says that it leaves, and that this is done later; nothing is
	// reported yet.
	postponed bool
	notes     []string // of Refine, for the report of a record that changes
}

// plan decides for each record, and for each id of lost, which were looked for
// and not found, what is to be done. It reads the store and writes nothing.
func (r *run) plan(ctx context.Context, o *object, records []salesforce.Record, lost []salesforce.ID, gone map[salesforce.ID]bool) ([]item, error) {
	links, err := r.links(ctx, o.Name, append(ids(records, "Id"), lost...))
	if err != nil {
		return nil, err
	}
	parents, err := r.parents(ctx, o, records, links)
	if err != nil {
		return nil, err
	}
	items := make([]item, 0, len(records)+len(lost))
	for _, record := range records {
		it := newItem(o, record.ID(), links)
		r.doubt(&it)
		it.record, it.entry.Label = record, label(record)
		if it.stamp, err = stamp(record); err != nil {
			return nil, fmt.Errorf("importer: read %s: %w", o.Name, err)
		}
		if err := r.decide(ctx, o, &it, parents); err != nil {
			return nil, err
		}
		items = append(items, it)
	}
	for _, id := range lost {
		it := newItem(o, id, links)
		if !it.known {
			continue
		}
		it.gone, it.stamp, it.entry.Label = gone[id] || r.Anew && it.link.State == Deleted, it.link.Stamp, string(id)
		r.doubt(&it)
		if err := r.miss(ctx, o, &it, parents[it.link.ParentID]); err != nil {
			return nil, err
		}
		items = append(items, it)
	}
	if err := r.refine(ctx, o, items); err != nil {
		return nil, fmt.Errorf("importer: refine %s: %w", o.Name, err)
	}
	if !r.following {
		postpone(items)
	}
	return items, nil
}

func newItem(o *object, id salesforce.ID, links map[salesforce.ID]Link) item {
	it := item{entry: Entry{Object: o.Name, ID: id}}
	if it.link, it.known = links[id]; !it.known {
		it.link = Link{Object: o.Name, ID: id, Kind: o.Kind}
		return it
	}
	it.next = it.link
	it.entry.HostID = it.link.HostID
	return it
}

// parents reads the links of the parents that the records have in Salesforce,
// and of those that they have in the host.
func (r *run) parents(ctx context.Context, o *object, records []salesforce.Record, links map[salesforce.ID]Link) (map[salesforce.ID]Link, error) {
	if o.Parent == "" {
		return nil, nil
	}
	wanted := ids(records, o.Lookup)
	for _, link := range links {
		wanted = append(wanted, link.ParentID)
	}
	return r.links(ctx, o.Parent, wanted)
}

// decide fills in one item's change, link and entry.
func (r *run) decide(ctx context.Context, o *object, it *item, parents map[salesforce.ID]Link) error {
	verdict := ""
	var parent Link
	if o.Parent != "" {
		parent = parents[lookup(it.record, o.Lookup)]
		verdict = r.without(o, it.record, parent)
		it.under = parents[it.link.ParentID].HostID
	}
	asked := parent.ID != "" && parent.ID == r.relinked && !flag(it.record, "IsDeleted")
	switch {
	case it.link.State == Detached && !asked:
		it.skip("its Salesforce flag was removed in the host")
	case parents[it.link.ParentID].Free && !asked:
		it.skip("its " + r.kindOf(o.Parent) + " is no longer led by Salesforce")
	case it.known && it.stamp.Before(it.link.Stamp):
		it.entry.Result = Unchanged // the host has a newer version already
	case flag(it.record, "IsDeleted"):
		return r.retire(ctx, o, it)
	case verdict != "":
		it.skip(verdict)
		it.hold(it.link.Retired && o.Decide != nil && o.Decide(it.record, true).Retire)
		if parent.State == Vanished { // perhaps it can be seen again
			it.tasks = []Task{{Object: o.Parent, ID: parent.ID}}
		}
	case o.scoped && !o.Scope.flagged(it.record):
		return r.leave(ctx, o, it)
	default:
		return r.put(ctx, o, it, parent)
	}
	return nil
}

// without says why a record has no parent in the host; empty when it has one.
func (r *run) without(o *object, record salesforce.Record, parent Link) string {
	kind := r.kindOf(o.Parent)
	switch {
	case parent.State == Linked:
		return ""
	case lookup(record, o.Lookup) == "":
		return "it has no " + kind
	case parent.Free:
		return "its " + kind + " is no longer led by Salesforce"
	default:
		return "its " + kind + " is not imported"
	}
}

// put plans that the host gets the record.
func (r *run) put(ctx context.Context, o *object, it *item, parent Link) error {
	if o.Decide != nil {
		if d := o.Decide(it.record, it.known); !d.Import {
			it.skip(d.Reason)
			it.hold(d.Retire)
			return nil
		}
	}
	values, err := o.Mapping.Apply(it.record)
	if it.entry.Warnings, err = o.weigh(err); err != nil {
		it.fail(err)
		return nil
	}
	it.alter(Put)
	if it.link.Retired {
		it.change.Action = Restore
	}
	it.change.Parent, it.change.Values = parent.HostID, values
	if r.relinked != "" && o.Parent != "" {
		it.change.HostID = "" // asked for by a person: made again if the host has lost it
	}
	it.next = it.link
	it.next.State, it.next.Stamp, it.next.ParentID = Linked, it.stamp, parent.ID
	it.next.Free, it.next.Retired, it.next.Digest = false, false, o.digest(it.record)
	if it.link.State != Linked && !r.listing {
		it.tasks, err = r.family(ctx, o, it.link.ID) // their stamps may be old
	}
	return err
}

// leave plans what becomes of a record that is not ticked.
func (r *run) leave(ctx context.Context, o *object, it *item) (err error) {
	it.skip(o.Scope.Field + " is not ticked")
	switch it.link.State {
	case Linked, Leaving, Vanished, Deleted, Pending:
	default:
		return nil
	}
	if it.link.State == Deleted { // its children were restored with it
		it.tasks, err = r.family(ctx, o, it.link.ID)
	}
	it.next.State, it.next.Stamp = OutOfScope, it.stamp
	it.next.Free = o.Scope.OnExit == Detach
	if o.Scope.OnExit == Deactivate || it.link.State == Pending { // a run was broken off while it brought it in, or just before
		it.alter(Retire)
	} else {
		it.revive()
	}
	return err
}

// retire plans what becomes of a record that was deleted or merged away, unless
// it is the host's own now.
func (r *run) retire(ctx context.Context, o *object, it *item) (err error) {
	it.skip("deleted in Salesforce")
	into := lookup(it.record, "MasterRecordId")
	if !it.known && !r.listing && into != "" {
		it.tasks = o.childrenOf(into)
	}
	if !it.known || it.link.State == Deleted {
		return nil
	}
	it.next.State, it.next.Stamp = Deleted, it.stamp
	it.exit(cmp.Or(o.OnDelete, Deactivate))
	if it.tasks, err = r.family(ctx, o, it.link.ID); err != nil {
		return err
	}
	if into != "" {
		return r.merged(ctx, o, it, into)
	}
	return nil
}

// merged reports a merge, and owes a read to the record that is left, and to its
// children: they have moved there, perhaps under old stamps. When the host has
// that record, too, it is told which one it is.
func (r *run) merged(ctx context.Context, o *object, it *item, into salesforce.ID) error {
	winner, err := r.winner(ctx, o, it.link.ID, into)
	if err != nil {
		return err
	}
	it.entry.Reason = "merged in Salesforce into " + string(winner)
	it.tasks = append(append(it.tasks, Task{Object: o.Name, ID: winner}), o.childrenOf(winner)...)
	links, err := r.links(ctx, o.Name, []salesforce.ID{winner})
	if err != nil {
		return err
	}
	if link := links[winner]; link.HostID != "" {
		it.entry.Reason += fmt.Sprintf(", which is %s %s: both are in the host", o.Kind, link.HostID)
		if it.change != nil {
			it.change.Into = link.HostID
		}
	}
	return nil
}

// winner follows merges from a record on to the one that is left. Chains are
// short; one that ended in a circle would end where it began.
func (r *run) winner(ctx context.Context, o *object, loser, into salesforce.ID) (salesforce.ID, error) {
	passed := map[salesforce.ID]bool{loser: true}
	for !passed[into] {
		passed[into] = true
		records, err := r.query(ctx, o, soql.Fields("Id", "MasterRecordId"), true, 1, soql.Eq("Id", into))
		if err != nil || len(records) == 0 {
			return into, err
		}
		next := lookup(records[0], "MasterRecordId")
		if next == "" {
			break
		}
		into = next
	}
	return into, nil
}

// exit plans what a policy does to the host's record. One that a run was
// bringing in when it was broken off is inactive in any case.
func (it *item) exit(policy ExitPolicy) {
	switch {
	case it.link.State == Pending || policy == Deactivate && !it.link.Free:
		it.alter(Retire)
	case policy == Detach:
		it.next.Free = true
	}
}

// miss plans what becomes of a record that was not found. Deleted it is only
// when Salesforce has said so; otherwise it may be hidden from this user. Its
// children in the host are looked at again.
func (r *run) miss(ctx context.Context, o *object, it *item, parent Link) (err error) {
	switch {
	case it.link.State == Detached, it.link.State == Deleted, parent.Free:
		it.entry.Result = Unchanged
	case it.gone, it.link.State == Pending:
		return r.retire(ctx, o, it)
	case it.link.State == Vanished:
		it.entry.Result = Unchanged // known and reported
	default:
		it.skip("no longer visible in Salesforce: kept as it is")
		it.next.State = Vanished
		if it.exit(o.OnVanish); o.OnVanish == Deactivate || o.OnVanish == Detach {
			it.entry.Reason = "no longer visible in Salesforce"
		}
		it.tasks, err = r.family(ctx, o, it.link.ID)
	}
	return err
}

func (it *item) alter(action Action) {
	it.change = &Change{Kind: it.link.Kind, Action: action, ID: it.link.ID, HostID: it.link.HostID, Stamp: it.stamp}
}

// hold plans that a record that is not imported stays in the host as it is,
// where it is there: inactive if that is wanted, and else active again if it was
// restored in Salesforce.
func (it *item) hold(inactive bool) {
	switch it.link.State {
	case Linked, Leaving, Deleted, Vanished:
	case Pending: // a run was broken off while it brought it in, or just before
		inactive = true
	default:
		return
	}
	it.next.State, it.next.Stamp, it.next.Free = Linked, it.stamp, false
	if !inactive {
		it.revive()
	} else if !it.link.Retired || it.link.State == Leaving {
		it.alter(Retire)
	}
}

// revive makes a record active again that is not updated otherwise.
func (it *item) revive() {
	if it.link.Retired {
		it.alter(Restore)
		it.change.Parent = it.under
		it.next.Retired = false
	}
}

// family lists the reads of a record's children: those that Salesforce has
// under it, and those that the host has, which may have moved.
func (r *run) family(ctx context.Context, o *object, id salesforce.ID) ([]Task, error) {
	tasks := o.childrenOf(id)
	for _, child := range o.children {
		err := r.eachLinks(ctx, LinkFilter{Object: child.Name, ParentID: id}, MaxPage, func(links []Link) error {
			for _, link := range links {
				tasks = append(tasks, Task{Object: child.Name, ID: link.ID})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return tasks, nil
}

// childrenOf lists the reads of what Salesforce has under a record.
func (o *object) childrenOf(id salesforce.ID) (tasks []Task) {
	for _, child := range o.children {
		tasks = append(tasks, Task{Object: child.Name, ID: id, Children: true})
	}
	return tasks
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
	links, err := im.cfg.Store.Links(ctx, object, ids)
	if err != nil {
		return nil, fmt.Errorf("importer: read the links of %s: %w", object, err)
	}
	for _, link := range links {
		found[link.ID] = link
	}
	return found, nil
}

// eachLinks hands on the links that f selects, some at a time.
func (im *Importer) eachLinks(ctx context.Context, f LinkFilter, limit int, each func([]Link) error) error {
	for after := salesforce.ID(""); ; {
		links, err := im.cfg.Store.ListLinks(ctx, f, after, limit)
		if err != nil {
			return fmt.Errorf("importer: list the links of %s: %w", f.Object, err)
		}
		if len(links) == 0 {
			return nil
		}
		after = links[len(links)-1].ID
		if err := each(links); err != nil || len(links) < limit {
			return err
		}
	}
}

// kindOf is the host's word for an object.
func (im *Importer) kindOf(name string) string {
	for _, o := range im.cfg.Objects {
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
