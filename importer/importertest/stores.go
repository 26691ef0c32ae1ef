package importertest

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/salesforce"
)

// A ledger is a Ledger with what the promises need of it.
type ledger struct {
	importer.Store
	pass func(time.Duration)
}

const (
	acme = salesforce.ID("001000000000001AAA")
	ada  = salesforce.ID("003000000000001AAA")
)

func contactID(n int) salesforce.ID { return salesforce.ID(fmt.Sprintf("003%012dAAA", n)) }

func link(id salesforce.ID) importer.Link {
	return importer.Link{
		Object: "Contact", ID: id, Kind: "contact", HostID: "host " + string(id), ParentID: acme, State: importer.Linked, Stamp: morning, Run: 1,
	}
}

// lease takes the lease.
func (l *ledger) lease(t *testing.T) importer.Fence {
	t.Helper()
	fence, err := l.Acquire(t.Context(), "somebody", time.Minute)
	must(t, err)
	return fence
}

func (l *ledger) save(t *testing.T, fence importer.Fence, c importer.Checkpoint) {
	t.Helper()
	must(t, l.Save(t.Context(), fence, &c))
}

func (l *ledger) state(t *testing.T) importer.State {
	t.Helper()
	state, err := l.State(t.Context())
	must(t, err)
	return state
}

func (l *ledger) links(t *testing.T, object string, ids ...salesforce.ID) []importer.Link {
	t.Helper()
	links, err := l.Links(t.Context(), object, ids)
	must(t, err)
	slices.SortFunc(links, func(a, b importer.Link) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return links
}

func (l *ledger) list(t *testing.T, f importer.LinkFilter, after salesforce.ID, limit int) (ids []salesforce.ID) {
	t.Helper()
	links, err := l.ListLinks(t.Context(), f, after, limit)
	must(t, err)
	for _, link := range links {
		ids = append(ids, link.ID)
	}
	return ids
}

func (l *ledger) tasks(t *testing.T, object string, limit int) []importer.Task {
	t.Helper()
	tasks, err := l.Tasks(t.Context(), object, limit)
	must(t, err)
	return tasks
}

func (l *ledger) dead(t *testing.T) []importer.DeadLetter {
	t.Helper()
	return all(t, l.DeadLetters(t.Context()))
}

func all[T any](t *testing.T, list iter.Seq2[T, error]) (values []T) {
	t.Helper()
	for v, err := range list {
		must(t, err)
		values = append(values, v)
	}
	return values
}

func emptyStoreKnowsNothing(t *testing.T, l *ledger) {
	state := l.state(t)
	state.Seen, state.Epochs = nil, nil // empty or nil
	is(t, state, importer.State{}, "state of an empty store")
	is(t, len(l.links(t, "Contact", ada)), 0, "links")
	is(t, len(l.links(t, "Contact")), 0, "links of no ids")
	is(t, len(l.list(t, importer.LinkFilter{Object: "Contact"}, "", 10)), 0, "listed links")
	if _, ok, err := l.LinkOf(t.Context(), "contact", "1"); ok || err != nil {
		t.Errorf("link of an unknown host record: %v, %v", ok, err)
	}
	is(t, len(l.tasks(t, "Contact", 10)), 0, "tasks")
	is(t, len(l.dead(t)), 0, "dead letters")
	is(t, len(all(t, l.Runs(t.Context()))), 0, "runs")
	is(t, len(all(t, l.Entries(t.Context(), 1))), 0, "entries")
	is(t, len(all(t, l.Audit(t.Context()))), 0, "audit trail")
}

// everything is a checkpoint with something in every part.
func everything() importer.Checkpoint {
	run := importer.Run{
		Number: 3, Kind: importer.Complete, Asked: importer.Incremental, Status: importer.Running, Actor: "Zoë", Started: morning, Low: morning.Add(-time.Hour), High: morning, ReadTo: morning,
		Guarantee: importer.Exact, Position: importer.Position{Step: 2, AfterStamp: morning, AfterID: ada}, Sweep: true, Anew: true,
		Counts: map[string]importer.Counts{"Contact": {Read: 7, Created: 7}}, Fingerprint: "f", Warnings: []string{"ß"}, Note: "n", Error: "e", Calls: 17, Told: importer.Paused,
	}
	noted := link(ada)
	noted.Free, noted.Retired, noted.Digest = true, true, "0123456789abcdef0123456789abcdef"
	return importer.Checkpoint{
		Run: &run, Org: "00D000000000062EAA", Fingerprint: strings.Repeat("f", 64), Seen: []string{"Account.ZEP__c"}, Epochs: []string{"", "SOHTUYOHQWVLPMHXD3GLYU2ZHT"},
		Watermark: morning, LastComplete: morning.Add(time.Hour), Links: []importer.Link{noted},
		NewTasks: []importer.Task{{Object: "Contact", ID: acme, Children: true}, {Object: "Contact", ID: ada, Gone: true}},
		Dead: []importer.DeadLetter{{
			Object: "Contact", ID: ada, Gone: true, Label: "Ada – Übung", Reason: "'no'", Attempts: 1, First: morning, Last: morning.Add(time.Minute), Run: 3, Told: true,
		}},
		Entries: []importer.Entry{{
			Run: 3, Object: "Contact", ID: ada, Label: "漢字", HostID: "7", Result: importer.Updated, Reason: "r", Warnings: []string{"w"},
			Changed: []importer.FieldChange{{Field: "name", Old: "ä\n", New: `"b"`}},
		}},
		Audit: []importer.AuditEntry{{Time: morning, Actor: "Zoë", Action: "import", Subject: ada, Detail: "d 🎉"}},
	}
}

func saveKeepsEverything(t *testing.T, l *ledger) {
	c := everything()
	l.save(t, l.lease(t), c)
	is(t, l.state(t), importer.State{
		Org: c.Org, Watermark: c.Watermark, Fingerprint: c.Fingerprint, LastComplete: c.LastComplete, Seen: c.Seen, Epochs: c.Epochs, Runs: 3, Last: c.Run,
	}, "state")
	is(t, l.links(t, "Contact", ada), c.Links, "links")
	is(t, l.tasks(t, "Contact", 10), c.NewTasks, "tasks")
	is(t, l.dead(t), c.Dead, "dead letters")
	is(t, all(t, l.Runs(t.Context())), []importer.Run{*c.Run}, "runs")
	is(t, all(t, l.Entries(t.Context(), 3)), c.Entries, "entries")
	is(t, all(t, l.Audit(t.Context())), c.Audit, "audit trail")
}

func emptyPartsStay(t *testing.T, l *ledger) {
	c := everything()
	fence := l.lease(t)
	l.save(t, fence, c)
	before := l.state(t)
	l.save(t, fence, importer.Checkpoint{})
	is(t, l.state(t), before, "state after an empty checkpoint")
	l.save(t, fence, importer.Checkpoint{Watermark: morning.Add(time.Minute)})
	before.Watermark = morning.Add(time.Minute)
	is(t, l.state(t), before, "state after a checkpoint with a watermark")
	is(t, l.links(t, "Contact", ada), c.Links, "links")
	is(t, l.dead(t), c.Dead, "dead letters")
	blank := importer.Link{Object: "Contact", ID: ada, Kind: "contact", State: importer.Pending}
	l.save(t, fence, importer.Checkpoint{Links: []importer.Link{blank}})
	is(t, l.links(t, "Contact", ada), []importer.Link{blank}, "a link, which is replaced as a whole")
}

func stateHasTheLastRun(t *testing.T, l *ledger) {
	fence := l.lease(t)
	for number := range int64(12) {
		run := importer.Run{Number: number + 1, Kind: importer.Incremental, Status: importer.Running, Started: morning, Counts: map[string]importer.Counts{}}
		l.save(t, fence, importer.Checkpoint{Run: &run})
		run.Status = importer.Completed
		l.save(t, fence, importer.Checkpoint{Run: &run})
	}
	relink := importer.Run{Number: 13, Kind: importer.Relink, Status: importer.Completed}
	l.save(t, fence, importer.Checkpoint{Run: &relink})
	state := l.state(t)
	is(t, state.Runs, 13, "number of runs")
	if state.Last == nil || state.Last.Number != 12 || state.Last.Status != importer.Completed {
		t.Errorf("last import: %+v, want run 12, completed: one record that is linked again is no import", state.Last)
	}
	var numbers []int64
	for _, run := range all(t, l.Runs(t.Context())) {
		numbers = append(numbers, run.Number)
	}
	is(t, numbers, []int64{13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, "runs, newest first")
}

func linksAreFoundByID(t *testing.T, l *ledger) {
	other := link(ada)
	other.Object, other.HostID = "Lead", "9"
	l.save(t, l.lease(t), importer.Checkpoint{Links: []importer.Link{link(ada), other, link(contactID(2))}})
	is(t, l.links(t, "Contact", ada, "003000000000009AAA"), []importer.Link{link(ada)}, "links of one object, without unknown ones")
	is(t, l.links(t, "Lead", ada), []importer.Link{other}, "the same id of another object")
	is(t, len(l.links(t, "Contact", ada, contactID(2))), 2, "links of two ids")
}

// The first fifteen characters of an id tell upper case from lower.
func idsAreComparedByteByByte(t *testing.T, l *ledger) {
	ids := []salesforce.ID{"00300000000000AAAA", "00300000000000aAAA", "00300000000000bAAA", "00300000000000BAAA", "003000000000001AAA"}
	fence := l.lease(t)
	var c importer.Checkpoint
	for _, id := range ids {
		c.Links = append(c.Links, link(id))
		c.NewTasks = append(c.NewTasks, importer.Task{Object: "Contact", ID: id})
		c.Dead = append(c.Dead, importer.DeadLetter{Object: "Contact", ID: id, Attempts: 1, First: morning, Last: morning})
	}
	l.save(t, fence, c)
	slices.Sort(ids)
	is(t, l.links(t, "Contact", ids[1]), []importer.Link{link(ids[1])}, "link of an id that others resemble")
	var listed []salesforce.ID
	for after := salesforce.ID(""); len(listed) < 20; after = listed[len(listed)-1] {
		page := l.list(t, importer.LinkFilter{Object: "Contact"}, after, 2)
		if len(page) == 0 {
			break
		}
		listed = append(listed, page...)
	}
	is(t, listed, ids, "links, page by page")
	is(t, len(l.tasks(t, "Contact", 10)), len(ids), "tasks")
	l.save(t, fence, importer.Checkpoint{DoneTasks: []importer.Task{{Object: "Contact", ID: ids[0]}}, Alive: []importer.Task{{Object: "Contact", ID: ids[0]}}})
	is(t, len(l.tasks(t, "Contact", 10)), len(ids)-1, "tasks, one of them done")
	var dead []salesforce.ID
	for _, d := range l.dead(t) {
		dead = append(dead, d.ID)
	}
	is(t, dead, ids[1:], "dead letters, one of them alive again")
}

func linksAreListedAsFiltered(t *testing.T, l *ledger) {
	var c importer.Checkpoint
	states := []importer.LinkState{importer.Linked, importer.Vanished, importer.Detached}
	for n := range 9 {
		next := link(contactID(n))
		next.State, next.Run = states[n%3], int64(1+n%2)
		if n > 5 {
			next.ParentID = "001000000000002AAA"
		}
		c.Links = append(c.Links, next)
	}
	other := link(contactID(3))
	other.Object = "Lead"
	c.Links = append(c.Links, other)
	slices.Reverse(c.Links)
	l.save(t, l.lease(t), c)
	for _, test := range []struct {
		about  string
		filter importer.LinkFilter
		after  salesforce.ID
		limit  int
		want   []int
	}{
		{"all", importer.LinkFilter{}, "", 20, []int{0, 1, 2, 3, 4, 5, 6, 7, 8}},
		{"the first", importer.LinkFilter{}, "", 2, []int{0, 1}},
		{"those after one", importer.LinkFilter{}, contactID(5), 2, []int{6, 7}},
		{"of one state", importer.LinkFilter{States: states[:1]}, "", 20, []int{0, 3, 6}},
		{"of two states", importer.LinkFilter{States: states[1:]}, contactID(2), 20, []int{4, 5, 7, 8}},
		{"not of a run", importer.LinkFilter{NotRun: 1}, "", 20, []int{1, 3, 5, 7}},
		{"of a parent", importer.LinkFilter{ParentID: "001000000000002AAA"}, "", 20, []int{6, 7, 8}},
		{"of all at once", importer.LinkFilter{ParentID: acme, NotRun: 2, States: states[:2]}, "", 20, []int{0, 4}},
	} {
		test.filter.Object = "Contact"
		var want []salesforce.ID
		for _, n := range test.want {
			want = append(want, contactID(n))
		}
		is(t, l.list(t, test.filter, test.after, test.limit), want, "links, %s", test.about)
	}
}

func linksAreFoundByHostID(t *testing.T, l *ledger) {
	fence := l.lease(t)
	first, second := link(ada), link(contactID(2))
	second.Kind, second.HostID = "lead", first.HostID
	l.save(t, fence, importer.Checkpoint{Links: []importer.Link{first, second}})
	of := func(kind, hostID string, want ...importer.Link) {
		t.Helper()
		found, ok, err := l.LinkOf(t.Context(), kind, hostID)
		must(t, err)
		if ok != (len(want) > 0) || ok && found.ID != want[0].ID {
			t.Errorf("link of %s %s: %+v, %t, want %+v", kind, hostID, found, ok, want)
		}
	}
	of("contact", first.HostID, first)
	of("lead", first.HostID, second)
	of("contact", "nobody")
	first.HostID = "another"
	l.save(t, fence, importer.Checkpoint{Links: []importer.Link{first}})
	of("contact", "another", first)
	of("contact", second.HostID)
}

func tasksAreOwedOnce(t *testing.T, l *ledger) {
	fence := l.lease(t)
	single := func(n int) importer.Task { return importer.Task{Object: "Contact", ID: contactID(n)} }
	family := importer.Task{Object: "Contact", ID: acme, Children: true}
	lead := importer.Task{Object: "Lead", ID: contactID(1)}
	l.save(t, fence, importer.Checkpoint{NewTasks: []importer.Task{single(2), single(1), family, single(2), lead}})
	l.save(t, fence, importer.Checkpoint{NewTasks: []importer.Task{single(1), family}})
	is(t, l.tasks(t, "Contact", 10), []importer.Task{family, single(1), single(2)}, "tasks, those of children first")
	is(t, l.tasks(t, "Contact", 2), []importer.Task{family, single(1)}, "the first tasks")
	is(t, l.tasks(t, "Lead", 10), []importer.Task{lead}, "tasks of another object")

	itself := importer.Task{Object: "Contact", ID: acme}
	l.save(t, fence, importer.Checkpoint{NewTasks: []importer.Task{itself}})
	l.save(t, fence, importer.Checkpoint{DoneTasks: []importer.Task{family, single(1)}})
	is(t, l.tasks(t, "Contact", 10), []importer.Task{itself, single(2)}, "tasks after some were done: a record and its children are two")
	l.save(t, fence, importer.Checkpoint{NewTasks: []importer.Task{single(2)}, DoneTasks: []importer.Task{single(2), itself}})
	is(t, l.tasks(t, "Contact", 10), []importer.Task{single(2)}, "a task that was done and is owed anew, in one checkpoint")
}

func thatARecordIsGoneStays(t *testing.T, l *ledger) {
	plain, gone := importer.Task{Object: "Contact", ID: ada}, importer.Task{Object: "Contact", ID: ada, Gone: true}
	fence := l.lease(t)
	for name, order := range map[string][]importer.Checkpoint{
		"told first":    {{NewTasks: []importer.Task{gone}}, {NewTasks: []importer.Task{plain}}},
		"told later":    {{NewTasks: []importer.Task{plain}}, {NewTasks: []importer.Task{gone}}},
		"told together": {{NewTasks: []importer.Task{gone, plain}}},
	} {
		for _, c := range order {
			l.save(t, fence, c)
		}
		is(t, l.tasks(t, "Contact", 10), []importer.Task{gone}, "a record that is gone, %s", name)
		l.save(t, fence, importer.Checkpoint{DoneTasks: []importer.Task{plain}})
		is(t, len(l.tasks(t, "Contact", 10)), 0, "tasks when it was looked for")
	}
}

func deadLettersCountTheirAttempts(t *testing.T, l *ledger) {
	fence := l.lease(t)
	letter := func(run int64, reason string) importer.DeadLetter {
		at := morning.Add(time.Duration(run) * time.Hour)
		return importer.DeadLetter{Object: "Contact", ID: ada, Label: "Ada", Reason: reason, Attempts: 1, First: at, Last: at, Run: run}
	}
	want := letter(1, "busy")
	l.save(t, fence, importer.Checkpoint{Dead: []importer.DeadLetter{want}})
	told := want
	told.Told = true
	want.Told = true
	l.save(t, fence, importer.Checkpoint{Dead: []importer.DeadLetter{told}})
	is(t, l.dead(t), []importer.DeadLetter{want}, "a dead letter that was told of, which is no attempt")

	for run := int64(2); run < 5; run++ {
		next := letter(run, fmt.Sprint("busy ", run))
		next.Gone = run == 3
		l.save(t, fence, importer.Checkpoint{Dead: []importer.DeadLetter{next}})
		want.Attempts, want.Last, want.Run, want.Reason, want.Gone = int(run), next.Last, run, next.Reason, next.Gone
		is(t, l.dead(t), []importer.DeadLetter{want}, "the dead letter of run %d", run)
	}

	l.save(t, fence, importer.Checkpoint{Alive: []importer.Task{{Object: "Contact", ID: ada}, {Object: "Contact", ID: contactID(2)}}})
	is(t, len(l.dead(t)), 0, "dead letters when the record was imported")
	anew := letter(9, "again")
	l.save(t, fence, importer.Checkpoint{Dead: []importer.DeadLetter{anew}})
	is(t, l.dead(t), []importer.DeadLetter{anew}, "a record that fails anew")
}

func deadLettersAreTriedAgain(t *testing.T, l *ledger) {
	fence := l.lease(t)
	letters := []importer.DeadLetter{
		{Object: "Contact", ID: ada, Attempts: 1, First: morning, Last: morning},
		{Object: "Contact", ID: contactID(2), Gone: true, Attempts: 1, First: morning, Last: morning},
		{Object: "Lead", ID: contactID(3), Attempts: 1, First: morning, Last: morning},
	}
	family := importer.Task{Object: "Contact", ID: ada, Children: true}
	l.save(t, fence, importer.Checkpoint{Dead: letters, NewTasks: []importer.Task{{Object: "Contact", ID: contactID(2)}, family}})
	for range 2 {
		l.save(t, fence, importer.Checkpoint{RetryDead: true})
		is(t, l.tasks(t, "Contact", 10), []importer.Task{family, {Object: "Contact", ID: ada}, {Object: "Contact", ID: contactID(2), Gone: true}}, "tasks")
		is(t, l.tasks(t, "Lead", 10), []importer.Task{{Object: "Lead", ID: contactID(3)}}, "tasks of another object")
		is(t, l.dead(t), letters, "dead letters, which they stay")
	}
}

// A host shows a report while it looks up what is locked, over one connection.
func listsLetTheLoopUseTheStore(t *testing.T, l *ledger) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	fence := l.lease(t)
	const many = 1234
	c := importer.Checkpoint{Links: []importer.Link{link(ada)}}
	for n := range many {
		c.Entries = append(c.Entries, importer.Entry{Run: int64(1 + n%2), Object: "Contact", ID: contactID(n), Result: importer.Created})
		c.Audit = append(c.Audit, importer.AuditEntry{Time: morning, Actor: "a", Action: "b", Detail: fmt.Sprint(n)})
		c.Dead = append(c.Dead, importer.DeadLetter{Object: []string{"Contact", "Lead"}[n%2], ID: contactID(n), Attempts: 1, First: morning, Last: morning})
	}
	l.save(t, fence, c)
	n := 0
	for e, err := range l.Entries(ctx, 2) {
		must(t, err)
		if want := contactID(2*n + 1); e.ID != want {
			t.Fatalf("entry %d is of %s, want %s", n, e.ID, want)
		}
		n += l.use(ctx, t)
	}
	is(t, n, many/2, "entries of one run")
	n = 0
	for a, err := range l.Audit(ctx) {
		must(t, err)
		if a.Detail != fmt.Sprint(n) {
			t.Fatalf("line %d of the audit trail is %q", n, a.Detail)
		}
		n += l.use(ctx, t)
	}
	is(t, n, many, "lines of the audit trail")
	var dead []importer.DeadLetter
	for d, err := range l.DeadLetters(ctx) {
		must(t, err)
		dead = append(dead, d)
		l.use(ctx, t)
		if len(dead) == many/2 {
			break
		}
	}
	is(t, len(slices.DeleteFunc(dead, func(d importer.DeadLetter) bool { return d.Object == "Contact" })), 0, "dead letters of Lead among the first half")
	is(t, len(l.dead(t)), many, "dead letters")
}

// use asks something of the store, and counts one.
func (l *ledger) use(ctx context.Context, t *testing.T) int {
	t.Helper()
	if _, ok, err := l.LinkOf(ctx, "contact", link(ada).HostID); !ok || err != nil {
		t.Fatalf("the store cannot be used while a list is read: %t, %v", ok, err)
	}
	return 1
}
