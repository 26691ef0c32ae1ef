package importertest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/salesforce"
)

func leaseKeepsOthersOut(t *testing.T, l *ledger) {
	first := l.lease(t)
	if first.TTL != time.Minute {
		t.Errorf("fence with TTL %v, want that of the lease", first.TTL)
	}
	for _, holder := range []string{"another", "somebody"} {
		_, err := l.Acquire(t.Context(), holder, time.Minute)
		errorIs(t, err, importer.ErrRunActive, "a second lease, for "+holder)
	}
	must(t, l.Release(t.Context(), first))
	second := l.lease(t)
	if second.Number <= first.Number {
		t.Errorf("fence %d after %d", second.Number, first.Number)
	}
	must(t, l.Release(t.Context(), first)) // lost already
	_, err := l.Acquire(t.Context(), "another", time.Minute)
	errorIs(t, err, importer.ErrRunActive, "a lease that somebody else was to release")
}

func leaseRunsOut(t *testing.T, l *ledger) {
	first := l.lease(t)
	l.pass(59 * time.Second)
	_, err := l.Acquire(t.Context(), "another", time.Minute)
	errorIs(t, err, importer.ErrRunActive, "a lease that lasts another second")
	l.pass(2 * time.Second)
	l.save(t, first, importer.Checkpoint{Watermark: morning}) // nobody has taken over
	l.pass(2 * time.Minute)
	second := l.lease(t)
	if second.Number <= first.Number {
		t.Errorf("fence %d after %d", second.Number, first.Number)
	}
}

func saveExtendsTheLease(t *testing.T, l *ledger) {
	fence := l.lease(t)
	for range 5 {
		l.pass(50 * time.Second)
		l.save(t, fence, importer.Checkpoint{})
	}
	l.pass(50 * time.Second)
	_, err := l.Acquire(t.Context(), "another", time.Minute)
	errorIs(t, err, importer.ErrRunActive, "a lease that was extended by Save")
	l.pass(11 * time.Second)
	l.lease(t)
}

func overtakenRunsWriteNothing(t *testing.T, l *ledger) {
	old := l.lease(t)
	before := everything()
	before.Watermark = morning.Add(-time.Hour)
	l.save(t, old, before)
	l.pass(2 * time.Minute)
	fence := l.lease(t)
	state := l.state(t)
	entries, trail := all(t, l.Entries(t.Context(), 3)), all(t, l.Audit(t.Context()))

	late := everything()
	late.Run.Number, late.Run.Note = 4, "overtaken"
	late.Links[0].State, late.Links[0].HostID = importer.Detached, "8"
	late.NewTasks = []importer.Task{{Object: "Contact", ID: contactID(7)}}
	late.DoneTasks = before.NewTasks
	late.Dead, late.Alive = nil, []importer.Task{{Object: "Contact", ID: ada}}
	errorIs(t, l.Save(t.Context(), old, &late), importer.ErrLeaseLost, "a checkpoint of a run that was overtaken")

	is(t, l.state(t), state, "state")
	is(t, l.links(t, "Contact", ada), before.Links, "links")
	is(t, l.tasks(t, "Contact", 10), before.NewTasks, "tasks")
	is(t, l.dead(t), before.Dead, "dead letters")
	is(t, all(t, l.Entries(t.Context(), 3)), entries, "entries")
	is(t, all(t, l.Audit(t.Context())), trail, "audit trail")
	l.pass(50 * time.Second)
	errorIs(t, l.Save(t.Context(), old, &importer.Checkpoint{}), importer.ErrLeaseLost, "an empty checkpoint of a run that was overtaken")
	l.pass(20 * time.Second)
	l.lease(t) // the overtaken run has not extended the lease
	errorIs(t, l.Save(t.Context(), fence, &importer.Checkpoint{}), importer.ErrLeaseLost, "a checkpoint of the second")
}

func oneOfManyGetsTheLease(t *testing.T, l *ledger) {
	for round := range 3 {
		var mutex sync.Mutex
		var held []importer.Fence
		var runners sync.WaitGroup
		for n := range 8 {
			runners.Go(func() {
				fence, err := l.Acquire(t.Context(), fmt.Sprint("runner ", n), time.Minute)
				mutex.Lock()
				defer mutex.Unlock()
				switch {
				case err == nil:
					held = append(held, fence)
				case !errors.Is(err, importer.ErrRunActive):
					t.Errorf("round %d: %v, want ErrRunActive", round, err)
				}
			})
		}
		runners.Wait()
		if len(held) != 1 {
			t.Fatalf("round %d: %d of 8 have the lease", round, len(held))
		}
		must(t, l.Release(t.Context(), held[0]))
	}
}

// A page is there as a whole or not at all, whoever looks.
func readersDoNotDisturb(t *testing.T, l *ledger) {
	fence := l.lease(t)
	ctx, cancel := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for ctx.Err() == nil {
				links, err := l.ListLinks(t.Context(), importer.LinkFilter{Object: "Contact"}, "", 100)
				if err != nil || len(links)%10 != 0 {
					t.Errorf("%d links while pages of ten are saved, %v", len(links), err)
					return
				}
				if _, err := l.State(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for page := range 8 {
		var c importer.Checkpoint
		for n := range 10 {
			c.Links = append(c.Links, link(contactID(page*10+n)))
		}
		if err := l.Save(t.Context(), fence, &c); err != nil {
			t.Error(err)
		}
	}
	cancel()
	readers.Wait()
	is(t, len(l.list(t, importer.LinkFilter{Object: "Contact"}, "", 100)), 80, "links")
}

func largeCheckpoints(t *testing.T, l *ledger) {
	const many = importer.MaxPage + 345
	fence := l.lease(t)
	var c importer.Checkpoint
	var ids []salesforce.ID
	for n := range many {
		id := contactID(n)
		ids = append(ids, id)
		c.Links = append(c.Links, link(id))
		c.NewTasks = append(c.NewTasks, importer.Task{Object: "Contact", ID: id})
		c.Dead = append(c.Dead, importer.DeadLetter{Object: "Contact", ID: id, Attempts: 1, First: morning, Last: morning})
		c.Entries = append(c.Entries, importer.Entry{Run: 1, Object: "Contact", ID: id, Result: importer.Failed})
	}
	l.save(t, fence, c)
	is(t, len(l.links(t, "Contact", ids...)), many, "links of many ids")
	is(t, len(l.list(t, importer.LinkFilter{Object: "Contact"}, "", importer.MaxPage)), importer.MaxPage, "links of one page")
	is(t, len(l.tasks(t, "Contact", 1<<30)), many, "tasks")
	is(t, len(l.dead(t)), many, "dead letters")
	is(t, len(all(t, l.Entries(t.Context(), 1))), many, "entries")
	l.save(t, fence, importer.Checkpoint{DoneTasks: c.NewTasks, Alive: c.NewTasks, RetryDead: true})
	is(t, len(l.tasks(t, "Contact", 1<<30)), 0, "tasks when all were done")
	is(t, len(l.dead(t)), 0, "dead letters when all are alive")
}

func endedContextSavesNothing(t *testing.T, l *ledger) {
	fence := l.lease(t)
	if l.Save(ended(t), fence, &importer.Checkpoint{Watermark: morning}) == nil {
		t.Error("Save takes no notice of a context that has ended")
	}
	is(t, l.state(t).Watermark, time.Time{}, "watermark of a checkpoint that was not saved")
	must(t, l.Release(t.Context(), fence))
	if _, err := l.Acquire(ended(t), "late", time.Minute); err == nil {
		t.Error("Acquire takes no notice of a context that has ended")
	}
	l.lease(t)
}

func applyAndSaveIsBothOrNeither(t *testing.T, h *host) {
	atomic, ok := h.Sink.(importer.Atomic)
	if !ok {
		return
	}
	fence, err := atomic.Acquire(t.Context(), "somebody", time.Minute)
	must(t, err)
	change := h.put(t, h.Objects[0], 1)
	batch := []importer.Change{change}
	note := func(outcomes []importer.Outcome) *importer.Checkpoint {
		linked := importer.Link{Object: h.Objects[0].Name, ID: change.ID, Kind: change.Kind, HostID: outcomes[0].HostID, State: importer.Linked}
		return &importer.Checkpoint{Links: []importer.Link{linked}}
	}
	noted := func(want int, about string) {
		t.Helper()
		links, err := atomic.Links(t.Context(), h.Objects[0].Name, []salesforce.ID{change.ID})
		must(t, err)
		is(t, len(links), want, "links %s", about)
	}
	stale := fence
	stale.Number--
	errorIs(t, atomic.ApplyAndSave(t.Context(), stale, batch, note), importer.ErrLeaseLost, "a batch of a run that was overtaken")
	if atomic.ApplyAndSave(ended(t), fence, batch, note) == nil {
		t.Error("ApplyAndSave takes no notice of a context that has ended")
	}
	became(t, importer.Outcome{HostID: "none", Result: h.diff(t, change)[0].Result}, importer.Created, "what was not saved")
	noted(0, "of what was not saved")

	var told []importer.Outcome
	must(t, atomic.ApplyAndSave(t.Context(), fence, batch, func(outcomes []importer.Outcome) *importer.Checkpoint {
		told = outcomes
		return note(outcomes)
	}))
	became(t, told[0], importer.Created, "what was saved")
	noted(1, "of what was saved")
	linked, ok, err := atomic.LinkOf(t.Context(), change.Kind, told[0].HostID)
	must(t, err)
	if !ok || linked.ID != change.ID {
		t.Errorf("link of the host record: %+v, %t", linked, ok)
	}
}
