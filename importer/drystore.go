package importer

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/salesforce"
)

// A dryStore keeps in memory what a dry run would have written, before the
// store that it reads from.
type dryStore struct {
	Store
	state   State
	dry     *dryRun
	objects map[string]*dryObject
	adopted map[hostKey]salesforce.ID
	dead    map[Task]DeadLetter // without Gone and Children
	alive   map[Task]bool
}

type hostKey struct{ kind, id string }

// A dryObject is what would have been written about one object. Ids are kept as
// arrays, which cost a third of what texts do.
type dryObject struct {
	kind     string
	links    map[dryKey]dryLink
	hosts    map[dryKey]string   // the host records of adopted ones, and of those that the host has while the store does not know it
	unstored map[dryKey]bool     // asked for, and stored without a host record, if at all
	children map[dryKey][]dryKey // by parent
	sorted   []dryKey            // of links; nil when some were added
	tasks    map[Task]bool       // without Gone, which is the value
	queue    []Task              // of tasks, in order, some of them done; nil when some were added
}

type dryKey [18]byte

func keyOf(id salesforce.ID) (k dryKey) {
	copy(k[:], id)
	return k
}

func (k dryKey) id() salesforce.ID { return salesforce.ID(strings.TrimRight(string(k[:]), "\x00")) }

// A dryLink is what may change of a Link. Its host id is that of the store, the
// one it was matched with, or one that is still to be.
type dryLink struct {
	parent        dryKey
	state         LinkState // a constant: its text is shared
	free, retired bool
	hostless      bool // it has no host record
	unborn        bool // its host record is still to be
	digest        string
	stamp         int64
	run           int64
}

func newDryStore(store Store, state State, dry *dryRun) *dryStore {
	return &dryStore{
		Store: store, state: state, dry: dry, objects: map[string]*dryObject{},
		adopted: map[hostKey]salesforce.ID{}, dead: map[Task]DeadLetter{}, alive: map[Task]bool{},
	}
}

func (s *dryStore) object(name string) *dryObject {
	o := s.objects[name]
	if o == nil {
		o = &dryObject{links: map[dryKey]dryLink{}, hosts: map[dryKey]string{}, unstored: map[dryKey]bool{}, children: map[dryKey][]dryKey{}}
		s.objects[name] = o
	}
	return o
}

// Acquire implements Store: there is nothing to keep others from.
func (s *dryStore) Acquire(_ context.Context, _ string, ttl time.Duration) (Fence, error) {
	return Fence{TTL: ttl}, nil
}

// Release implements Store.
func (s *dryStore) Release(context.Context, Fence) error { return nil }

// State implements Store.
func (s *dryStore) State(context.Context) (State, error) { return s.state, nil }

// Links implements Store.
func (s *dryStore) Links(ctx context.Context, object string, ids []salesforce.ID) ([]Link, error) {
	stored, err := s.Store.Links(ctx, object, ids)
	if err != nil {
		return nil, err
	}
	o := s.object(object)
	known := map[salesforce.ID]Link{}
	for _, link := range stored {
		known[link.ID] = link
	}
	links := make([]Link, 0, len(ids))
	for _, id := range ids {
		link, stored := known[id]
		if now, noted := o.links[keyOf(id)]; noted {
			links = append(links, o.link(object, id, now, link))
			continue
		}
		if stored {
			links = append(links, link)
		}
		if link.HostID == "" {
			o.unstored[keyOf(id)] = true
		}
	}
	return links, nil
}

// link puts a link together from what is noted and what is stored of it.
func (o *dryObject) link(object string, id salesforce.ID, now dryLink, link Link) Link {
	if link.ID == "" {
		link = Link{Object: object, ID: id, Kind: o.kind}
	}
	switch host := o.hosts[keyOf(id)]; {
	case now.hostless:
		link.HostID = ""
	case now.unborn:
		link.HostID = unborn + string(id)
	case host != "":
		link.HostID = host
	}
	link.State, link.Free, link.Retired, link.Digest, link.Run = now.state, now.free, now.retired, now.digest, now.run
	link.ParentID, link.Stamp = now.parent.id(), moment(now.stamp)
	return link
}

// ListLinks implements Store. Stored links that are noted are listed as noted.
func (s *dryStore) ListLinks(ctx context.Context, f LinkFilter, after salesforce.ID, limit int) ([]Link, error) {
	o := s.object(f.Object)
	var found []Link
	for from, more := after, true; more && len(found) < limit; {
		stored, err := s.Store.ListLinks(ctx, f, from, limit)
		if err != nil {
			return nil, err
		}
		for _, link := range stored {
			from = link.ID
			if _, noted := o.links[keyOf(link.ID)]; !noted {
				found = append(found, link)
			}
		}
		more = len(stored) == limit
	}
	noted, err := s.noted(ctx, o, f, after, limit)
	if err != nil {
		return nil, err
	}
	found = append(found, noted...)
	slices.SortFunc(found, func(a, b Link) int { return cmp.Compare(a.ID, b.ID) })
	return found[:min(len(found), limit)], nil
}

// noted lists the first noted links that f selects.
func (s *dryStore) noted(ctx context.Context, o *dryObject, f LinkFilter, after salesforce.ID, limit int) ([]Link, error) {
	var ids []salesforce.ID
	for _, key := range o.candidates(f.ParentID) {
		if len(ids) == limit {
			break
		}
		now := o.links[key]
		switch {
		case key.id() <= after, f.NotRun != 0 && now.run == f.NotRun:
		case f.ParentID != "" && now.parent != keyOf(f.ParentID):
		case len(f.States) > 0 && !slices.Contains(f.States, now.state):
		default:
			ids = append(ids, key.id())
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return s.Links(ctx, f.Object, ids)
}

// candidates gives the ids of noted links, in order, of one parent if it is given.
func (o *dryObject) candidates(parent salesforce.ID) []dryKey {
	order := func(a, b dryKey) int { return slices.Compare(a[:], b[:]) }
	if parent != "" {
		keys := slices.Clone(o.children[keyOf(parent)])
		slices.SortFunc(keys, order)
		return slices.Compact(keys)
	}
	if o.sorted == nil {
		o.sorted = slices.SortedFunc(maps.Keys(o.links), order)
	}
	return o.sorted
}

// LinkOf implements Store.
func (s *dryStore) LinkOf(ctx context.Context, kind, hostID string) (Link, bool, error) {
	if id, ok := s.adopted[hostKey{kind, hostID}]; ok {
		return Link{ID: id, Kind: kind, HostID: hostID, State: Linked}, true, nil
	}
	return s.Store.LinkOf(ctx, kind, hostID)
}

// Tasks implements Store.
func (s *dryStore) Tasks(ctx context.Context, object string, limit int) ([]Task, error) {
	o, err := s.owed(ctx, object)
	if err != nil {
		return nil, err
	}
	if o.queue == nil {
		o.queue = slices.SortedFunc(maps.Keys(o.tasks), func(a, b Task) int {
			if a.Children != b.Children {
				if a.Children {
					return -1
				}
				return 1
			}
			return cmp.Compare(a.ID, b.ID)
		})
	}
	var tasks []Task
	for _, task := range o.queue {
		if gone, there := o.tasks[task]; there && len(tasks) < limit {
			task.Gone = gone
			tasks = append(tasks, task)
		}
	}
	return tasks, nil
}

// owed reads an object's stored tasks, once.
func (s *dryStore) owed(ctx context.Context, object string) (*dryObject, error) {
	o := s.object(object)
	if o.tasks != nil {
		return o, nil
	}
	stored, err := s.Store.Tasks(ctx, object, math.MaxInt32)
	if err != nil {
		return nil, err
	}
	o.tasks = map[Task]bool{}
	for _, task := range stored {
		o.tasks[plain(task)] = task.Gone
	}
	return o, nil
}

func plain(task Task) Task {
	task.Gone = false
	return task
}

// DeadLetters implements Store.
func (s *dryStore) DeadLetters(ctx context.Context) iter.Seq2[DeadLetter, error] {
	return func(yield func(DeadLetter, error) bool) {
		for dead, err := range s.Store.DeadLetters(ctx) {
			key := Task{Object: dead.Object, ID: dead.ID}
			if _, noted := s.dead[key]; err == nil && (noted || s.alive[key]) {
				continue
			}
			if !yield(dead, err) {
				return
			}
		}
		for _, dead := range s.dead {
			if !yield(dead, nil) {
				return
			}
		}
	}
}

// Save implements Store.
func (s *dryStore) Save(ctx context.Context, _ Fence, c *Checkpoint) error {
	s.saveState(c)
	for _, link := range c.Links {
		s.saveLink(link)
	}
	for _, task := range c.Alive {
		delete(s.dead, plain(task))
		s.alive[plain(task)] = true
	}
	for _, dead := range c.Dead {
		s.dead[Task{Object: dead.Object, ID: dead.ID}] = dead
	}
	for _, task := range c.DoneTasks {
		o, err := s.owed(ctx, task.Object)
		if err != nil {
			return err
		}
		delete(o.tasks, plain(task))
	}
	if err := s.saveTasks(ctx, c); err != nil {
		return err
	}
	for _, e := range c.Entries {
		s.dry.note(e)
	}
	return nil
}

func (s *dryStore) saveState(c *Checkpoint) {
	s.state.Org = cmp.Or(c.Org, s.state.Org)
	s.state.Fingerprint = cmp.Or(c.Fingerprint, s.state.Fingerprint)
	if c.Seen != nil {
		s.state.Seen = c.Seen
	}
	if !c.Watermark.IsZero() {
		s.state.Watermark = c.Watermark
	}
	if !c.LastComplete.IsZero() {
		s.state.LastComplete = c.LastComplete
	}
	if c.Run != nil {
		s.state.Last, s.state.Runs = new(*c.Run), max(s.state.Runs, c.Run.Number)
	}
}

func (s *dryStore) saveLink(link Link) {
	o := s.object(link.Object)
	o.kind = link.Kind
	key, parent := keyOf(link.ID), keyOf(link.ParentID)
	before, noted := o.links[key]
	if !noted {
		o.sorted = nil
	}
	if parent != (dryKey{}) && (!noted || before.parent != parent) {
		o.children[parent] = append(o.children[parent], key)
	}
	o.links[key] = dryLink{
		parent: parent, state: link.State, free: link.Free, retired: link.Retired,
		hostless: link.HostID == "", unborn: strings.HasPrefix(link.HostID, unborn), digest: link.Digest, stamp: milli(link.Stamp), run: link.Run,
	}
	if link.State != Pending && link.HostID != "" {
		if o.unstored[key] && !strings.HasPrefix(link.HostID, unborn) {
			o.hosts[key] = link.HostID
		}
		delete(o.unstored, key)
	}
	if before := o.hosts[key]; link.State == Pending && link.HostID != before { // about to be adopted, or not any more
		delete(s.adopted, hostKey{link.Kind, before})
		delete(o.hosts, key)
		if link.HostID != "" {
			o.hosts[key] = link.HostID
			s.adopted[hostKey{link.Kind, link.HostID}] = link.ID
		}
	}
}

func milli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func (s *dryStore) saveTasks(ctx context.Context, c *Checkpoint) error {
	tasks := c.NewTasks
	if c.RetryDead {
		for dead, err := range s.DeadLetters(ctx) {
			if err != nil {
				return err
			}
			tasks = append(tasks, Task{Object: dead.Object, ID: dead.ID, Gone: dead.Gone})
		}
	}
	for _, task := range tasks {
		o, err := s.owed(ctx, task.Object)
		if err != nil {
			return err
		}
		gone, there := o.tasks[plain(task)]
		if !there {
			o.queue = nil
		}
		o.tasks[plain(task)] = gone || task.Gone
	}
	return nil
}
