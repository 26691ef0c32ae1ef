// Package outboxtest checks implementations of [outbox.Store].
package outboxtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sfbridge/sfbridge/routing/outbox"
)

// TestStore checks that the stores which open returns keep every promise of
// [outbox.Store] that can be seen from within one process. Each call of open
// must return an empty store.
func TestStore(t *testing.T, open func(t *testing.T) outbox.Store) {
	for _, promise := range []struct {
		name  string
		check func(t *testing.T, s outbox.Store)
	}{
		{"EnqueueKeepsEverything", enqueueKeepsEverything},
		{"EnqueueTakesAKeyOnce", enqueueTakesAKeyOnce},
		{"EnqueueRefusesWhatCannotBeKept", enqueueRefusesWhatCannotBeKept},
		{"ClaimTakesTheLongestWaitingFirst", claimTakesTheLongestWaitingFirst},
		{"ClaimTakesOnlyWhatIsAskedFor", claimTakesOnlyWhatIsAskedFor},
		{"ClaimGivesEachDeliveryOnce", claimGivesEachDeliveryOnce},
		{"ManyWorkAtOnce", manyWorkAtOnce},
		{"ClaimRefusesNonsense", claimRefusesNonsense},
		{"SaveWritesTheWork", saveWritesTheWork},
		{"OvertakenWorkersWriteNothing", overtakenWorkersWriteNothing},
		{"ExtendMovesTheEndOfTheLease", extendMovesTheEndOfTheLease},
		{"OnlyPendingIsClaimed", onlyPendingIsClaimed},
		{"ParkedIsClaimedWhereItIsAskedFor", parkedIsClaimedWhereItIsAskedFor},
		{"RedriveTakesOnlyParked", redriveTakesOnlyParked},
		{"ListIsSortedAndLetsTheLoopWrite", listIsSortedAndLetsTheLoopWrite},
		{"PurgeTakesOnlyOldAndDone", purgeTakesOnlyOldAndDone},
		{"PayloadIsCopied", payloadIsCopied},
		{"NamesAreComparedByteByByte", namesAreComparedByteByByte},
		{"SaveMayBeRepeated", saveMayBeRepeated},
		{"SaveRefusesWhatNobodyWouldClaim", saveRefusesWhatNobodyWouldClaim},
		{"ParkTakesOnlyPending", parkTakesOnlyPending},
		{"ListSelects", listSelects},
		{"CountsTellWhatThereIs", countsTellWhatThereIs},
		{"LargePayloadsAreKept", largePayloadsAreKept},
		{"EndedContextWritesNothing", endedContextWritesNothing},
	} {
		t.Run(promise.name, func(t *testing.T) {
			t.Parallel()
			promise.check(t, open(t))
		})
	}
}

// start is the time of day in the tests. It has no fraction of a millisecond,
// which a store need not keep.
var start = time.Date(2019, time.May, 23, 12, 0, 0, int(7*time.Millisecond), time.UTC)

const kind = "test"

func delivery(id string) outbox.Delivery {
	return outbox.Delivery{
		ID: id, Key: "key of " + id, Kind: kind, State: "new", Payload: []byte("payload of " + id),
		NotBefore: start, Created: start, Updated: start,
	}
}

func claim(now time.Time) outbox.Claim {
	return outbox.Claim{Kinds: []string{kind}, Now: now, Until: now.Add(time.Minute), Max: 10}
}

func enqueueKeepsEverything(t *testing.T, s outbox.Store) {
	d := delivery("a")
	d.NotBefore = start.In(time.FixedZone("elsewhere", 3600)).Add(123 * time.Microsecond)
	stored, created, err := s.Enqueue(t.Context(), nil, d)
	ok(t, err)
	if !created {
		t.Error("first delivery of the key was not created")
	}
	want := delivery("a")
	want.Status = outbox.Pending
	same(t, want, stored)
	same(t, want, get(t, s, "a"))

	empty := delivery("b")
	empty.Payload = nil
	enqueue(t, s, empty)
	if n := len(get(t, s, "b").Payload); n != 0 {
		t.Errorf("empty payload came back with %d bytes", n)
	}
	if _, err := s.Get(t.Context(), "nobody"); !errors.Is(err, outbox.ErrNotFound) {
		t.Errorf("Get of an unknown id: %v, want ErrNotFound", err)
	}
}

func enqueueTakesAKeyOnce(t *testing.T, s outbox.Store) {
	const callers = 8
	var mu sync.Mutex
	created := 0
	ids := map[string]bool{}
	parallel(t, callers, func(n int) {
		d := delivery(fmt.Sprint("id", n))
		d.Key = "the same"
		stored, isNew, err := s.Enqueue(t.Context(), nil, d)
		ok(t, err)
		mu.Lock()
		defer mu.Unlock()
		ids[stored.ID] = true
		if isNew {
			created++
		}
	})
	if created != 1 || len(ids) != 1 {
		t.Errorf("%d callers with one key created %d deliveries and saw %d, want 1 and 1", callers, created, len(ids))
	}
}

func enqueueRefusesWhatCannotBeKept(t *testing.T, s outbox.Store) {
	enqueue(t, s, delivery("a"))
	taken := delivery("a")
	taken.Key = "another"
	noKey, noKind, noState, path := delivery("b"), delivery("b"), delivery("b"), delivery("../b")
	noKey.Key, noKind.Kind, noState.State = "", "", ""
	long, zero, binary := delivery("b"), delivery("b"), delivery("b")
	long.Key, zero.Key, binary.Key = strings.Repeat("k", 256), "k\x00", "k\xff"
	for _, d := range []outbox.Delivery{taken, noKey, noKind, noState, path, delivery(""), long, zero, binary} {
		if _, _, err := s.Enqueue(t.Context(), nil, d); err == nil {
			t.Errorf("Enqueue(%+v) succeeded", d)
		}
	}
	if n := len(list(t, s, outbox.Filter{})); n != 1 {
		t.Errorf("%d deliveries, want 1", n)
	}
}

func claimTakesTheLongestWaitingFirst(t *testing.T, s outbox.Store) {
	for id, wait := range map[string]time.Duration{"a": 2, "b": 1, "c": 3, "d": 60} {
		d := delivery(id)
		d.NotBefore = start.Add(wait * time.Second)
		enqueue(t, s, d)
	}
	now := start.Add(3 * time.Second)
	c := claim(now)
	c.Max = 2
	first, err := s.Claim(t.Context(), c)
	ok(t, err)
	ids(t, first, "b", "a")
	rest, err := s.Claim(t.Context(), claim(now))
	ok(t, err)
	ids(t, rest, "c")
	none, err := s.Claim(t.Context(), claim(now))
	ok(t, err)
	ids(t, none)

	want := delivery("c")
	want.Status, want.Attempts, want.Fence, want.NotBefore = outbox.Pending, 1, 1, now.Add(time.Minute)
	same(t, want, rest[0])
	same(t, want, get(t, s, "c"))
}

func claimTakesOnlyWhatIsAskedFor(t *testing.T, s outbox.Store) {
	foreign := delivery("a")
	foreign.Kind = "somebody else's"
	enqueue(t, s, foreign)
	enqueue(t, s, delivery("b"))
	enqueue(t, s, delivery("c"))
	only := claim(start)
	only.ID = "c"
	claimed, err := s.Claim(t.Context(), only)
	ok(t, err)
	ids(t, claimed, "c")
	claimed, err = s.Claim(t.Context(), only)
	ok(t, err)
	ids(t, claimed)
	claimed, err = s.Claim(t.Context(), claim(start))
	ok(t, err)
	ids(t, claimed, "b")
}

func claimGivesEachDeliveryOnce(t *testing.T, s outbox.Store) {
	const deliveries = 20
	for n := range deliveries {
		enqueue(t, s, delivery(fmt.Sprintf("d%02d", n)))
	}
	var mu sync.Mutex
	seen := map[string]int{}
	parallel(t, 4, func(int) {
		for range deliveries {
			c := claim(start)
			c.Max = 2
			claimed, err := s.Claim(t.Context(), c)
			ok(t, err)
			mu.Lock()
			for _, d := range claimed {
				seen[d.ID]++
			}
			mu.Unlock()
		}
	})
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s was claimed %d times", id, n)
		}
	}
	if len(seen) != deliveries {
		t.Errorf("%d deliveries were claimed, want %d", len(seen), deliveries)
	}
}

// Callers of every kind get in nobody's way: no call fails, and each delivery
// is worked on once.
func manyWorkAtOnce(t *testing.T, s outbox.Store) {
	const callers, each = 4, 12
	var mu sync.Mutex
	worked := map[string]int{}
	finish := func(d outbox.Delivery) {
		ok(t, s.Extend(t.Context(), d, start.Add(time.Hour)))
		d.Status, d.NotBefore, d.Updated = outbox.Done, start, start
		ok(t, s.Save(t.Context(), d))
		mu.Lock()
		defer mu.Unlock()
		worked[d.ID]++
	}
	round := func(c outbox.Claim) (n int) {
		claimed, err := s.Claim(t.Context(), c)
		ok(t, err)
		for _, d := range claimed {
			finish(d)
		}
		return len(claimed)
	}
	parallel(t, callers, func(n int) {
		for i := range each {
			enqueue(t, s, delivery(fmt.Sprintf("%x-%d", (i*callers+n)*7919%997, n)))
			c := claim(start)
			c.Max = 1 + i%3
			round(c)
			_, err := s.Purge(t.Context(), start, kind)
			ok(t, err)
		}
	})
	for round(claim(start)) > 0 {
	}
	for id, n := range worked {
		if n != 1 {
			t.Errorf("%s was worked on %d times", id, n)
		}
	}
	if len(worked) != callers*each || len(list(t, s, outbox.Filter{Status: outbox.Done})) != callers*each {
		t.Errorf("%d deliveries were worked on, want %d, all done", len(worked), callers*each)
	}
}

func claimRefusesNonsense(t *testing.T, s outbox.Store) {
	for _, c := range []outbox.Claim{
		{Now: start, Until: start.Add(time.Minute), Max: 1},
		{Kinds: []string{kind}, Now: start, Until: start, Max: 1},
		{Kinds: []string{kind}, Now: start, Until: start.Add(time.Minute)},
		{Kinds: []string{kind}, Now: start, Until: start.Add(time.Minute), Max: 1, Status: outbox.Done},
	} {
		if _, err := s.Claim(t.Context(), c); err == nil {
			t.Errorf("Claim(%+v) succeeded", c)
		}
	}
}

func saveWritesTheWork(t *testing.T, s outbox.Store) {
	enqueue(t, s, delivery("a"))
	d := claimOne(t, s, start)
	d.State, d.Payload = "half way", []byte("more")
	d.NotBefore, d.Updated = start.Add(time.Hour), start.Add(time.Second)
	ok(t, s.Save(t.Context(), d))
	same(t, d, get(t, s, "a"))

	// The worker goes on; then the delivery is due as it was told.
	d.Status, d.State = outbox.Pending, "almost"
	ok(t, s.Save(t.Context(), d))
	claimed, err := s.Claim(t.Context(), claim(start.Add(time.Hour-time.Millisecond)))
	ok(t, err)
	ids(t, claimed)
	again := claimOne(t, s, start.Add(time.Hour))
	if again.State != "almost" || again.Attempts != 2 || again.Fence <= d.Fence {
		t.Errorf("claimed %+v after %+v", again, d)
	}
}

func overtakenWorkersWriteNothing(t *testing.T, s outbox.Store) {
	enqueue(t, s, delivery("a"))
	slow := claimOne(t, s, start)
	fast := claimOne(t, s, slow.NotBefore)
	slow.State = "from the past"
	lost(t, s.Save(t.Context(), slow))
	lost(t, s.Extend(t.Context(), slow, start.Add(24*time.Hour)))
	same(t, fast, get(t, s, "a"))

	fast.Status = outbox.Parked
	ok(t, s.Save(t.Context(), fast))
	_, err := s.Redrive(t.Context(), start, "a")
	ok(t, err)
	lost(t, s.Save(t.Context(), fast))

	slow.ID = "nobody"
	lost(t, s.Save(t.Context(), slow))
}

func extendMovesTheEndOfTheLease(t *testing.T, s outbox.Store) {
	enqueue(t, s, delivery("a"))
	d := claimOne(t, s, start)
	ok(t, s.Extend(t.Context(), d, start.Add(5*time.Minute)))
	claimed, err := s.Claim(t.Context(), claim(d.NotBefore))
	ok(t, err)
	ids(t, claimed)
	d.NotBefore = start.Add(5 * time.Minute)
	same(t, d, get(t, s, "a"))
	claimOne(t, s, start.Add(5*time.Minute))
}

func onlyPendingIsClaimed(t *testing.T, s outbox.Store) {
	later := start.Add(time.Hour)
	settle(t, s, delivery("a"), outbox.Parked, start)
	settle(t, s, delivery("b"), outbox.Done, start)
	claimed, err := s.Claim(t.Context(), claim(later))
	ok(t, err)
	ids(t, claimed)

	// A key that is done is still taken.
	again := delivery("c")
	again.Key = delivery("b").Key
	stored, created, err := s.Enqueue(t.Context(), nil, again)
	ok(t, err)
	if created || stored.ID != "b" || stored.Status != outbox.Done {
		t.Errorf("Enqueue of a key that is done: %+v, created %t", stored, created)
	}
}

// A person decides about what is parked, and about nothing else.
func parkedIsClaimedWhereItIsAskedFor(t *testing.T, s outbox.Store) {
	enqueue(t, s, delivery("a"))
	enqueue(t, s, delivery("b"))
	_, err := s.Park(t.Context(), start.Add(time.Hour), "a")
	ok(t, err)
	c := claim(start)
	c.Status = outbox.Parked
	claimed, err := s.Claim(t.Context(), c)
	ok(t, err)
	ids(t, claimed, "a")
	same(t, claimed[0], get(t, s, "a"))
	if claimed[0].Status != outbox.Parked {
		t.Errorf("claimed, it is %s", claimed[0].Status)
	}
	again, err := s.Claim(t.Context(), c)
	ok(t, err)
	ids(t, again, "a")
	claimed[0].Status = outbox.Done
	if err := s.Save(t.Context(), claimed[0]); !errors.Is(err, outbox.ErrLeaseLost) {
		t.Errorf("the overtaken claim was saved: %v", err)
	}
	again[0].Status = outbox.Done
	ok(t, s.Save(t.Context(), again[0]))
	claimed, err = s.Claim(t.Context(), c)
	ok(t, err)
	ids(t, claimed)
}

func redriveTakesOnlyParked(t *testing.T, s outbox.Store) {
	later := start.Add(time.Hour)
	settle(t, s, delivery("a"), outbox.Parked, start)
	settle(t, s, delivery("b"), outbox.Done, start)
	settle(t, s, delivery("c"), outbox.Parked, start)
	d := delivery("d")
	d.NotBefore = later.Add(time.Hour)
	enqueue(t, s, d)

	n, err := s.Redrive(t.Context(), later, "a", "b", "d", "nobody")
	ok(t, err)
	if n != 1 {
		t.Errorf("Redrive drove %d deliveries again, want 1", n)
	}
	claimed, err := s.Claim(t.Context(), claim(later))
	ok(t, err)
	ids(t, claimed, "a")
	if !claimed[0].Updated.Equal(later) {
		t.Errorf("driven again, updated at %s, want %s", claimed[0].Updated, later)
	}
	ids(t, list(t, s, outbox.Filter{Status: outbox.Parked}), "c")
}

func listIsSortedAndLetsTheLoopWrite(t *testing.T, s outbox.Store) {
	const deliveries = 205
	for n := deliveries; n > 0; n-- {
		enqueue(t, s, delivery(fmt.Sprintf("d%03d", n)))
	}
	foreign := delivery("foreign")
	foreign.Kind = "somebody else's"
	enqueue(t, s, foreign)

	n := 0
	for d, err := range s.List(t.Context(), outbox.Filter{Status: outbox.Pending, Kinds: []string{kind}}) {
		ok(t, err)
		n++
		if want := fmt.Sprintf("d%03d", n); d.ID != want {
			t.Fatalf("delivery %d is %s, want %s", n, d.ID, want)
		}
		if n%100 == 1 {
			c := claim(start)
			c.ID = d.ID
			_, err := s.Claim(t.Context(), c)
			ok(t, err)
		}
	}
	if n != deliveries {
		t.Errorf("%d deliveries of the kind, want %d", n, deliveries)
	}
	if n := len(list(t, s, outbox.Filter{})); n != deliveries+1 {
		t.Errorf("%d deliveries in all, want %d", n, deliveries+1)
	}
	for _, err := range s.List(t.Context(), outbox.Filter{}) {
		ok(t, err)
		break
	}
}

func purgeTakesOnlyOldAndDone(t *testing.T, s outbox.Store) {
	settle(t, s, delivery("done"), outbox.Done, start)
	settle(t, s, delivery("fresh"), outbox.Done, start.Add(time.Hour))
	settle(t, s, delivery("parked"), outbox.Parked, start)
	foreign := delivery("foreign")
	foreign.Kind = "foreign"
	settle(t, s, foreign, outbox.Done, start)
	enqueue(t, s, delivery("pending"))

	n, err := s.Purge(t.Context(), start.Add(time.Hour), kind)
	ok(t, err)
	if n != 1 {
		t.Errorf("Purge removed %d deliveries, want 1", n)
	}
	ids(t, list(t, s, outbox.Filter{}), "foreign", "fresh", "parked", "pending")
	n, err = s.Purge(t.Context(), start.Add(24*time.Hour))
	ok(t, err)
	if n != 0 {
		t.Errorf("Purge of no kind removed %d deliveries", n)
	}
	if _, created, err := s.Enqueue(t.Context(), nil, delivery("done")); err != nil || !created {
		t.Errorf("Enqueue of a key that was purged: created %t, error %v", created, err)
	}
}

func payloadIsCopied(t *testing.T, s outbox.Store) {
	d := delivery("a")
	stored, _, err := s.Enqueue(t.Context(), nil, d)
	ok(t, err)
	d.Payload[0], stored.Payload[0] = 'X', 'Y'
	claimed := claimOne(t, s, start)
	same(t, claimed, get(t, s, "a"))
	if claimed.Payload[0] != 'p' {
		t.Errorf("payload changed to %q", claimed.Payload)
	}
	claimed.Payload[0] = 'Z'
	if got := get(t, s, "a").Payload[0]; got != 'p' {
		t.Errorf("payload changed to %q", got)
	}
}

// Databases fold case, drop spaces at the end and sort as in a dictionary
// unless they are told not to.
func namesAreComparedByteByByte(t *testing.T, s outbox.Store) {
	for id, key := range map[string]string{"a": "key", "A": "Key", "B": "key ", "b": " key", "_": "k\u00e9y", "-": "ke\u0301y"} {
		d := delivery(id)
		d.Key = key
		stored, created, err := s.Enqueue(t.Context(), nil, d)
		ok(t, err)
		if !created || stored.ID != id || stored.Key != key {
			t.Errorf("Enqueue of id %q and key %q: %+v, created %t", id, key, stored, created)
		}
	}
	ids(t, list(t, s, outbox.Filter{}), "-", "A", "B", "_", "a", "b")
	if got := get(t, s, "B").Key; got != "key " {
		t.Errorf("key %q, want one with a space at its end", got)
	}
	ids(t, list(t, s, outbox.Filter{Kinds: []string{strings.ToUpper(kind)}}))
	only := claim(start)
	only.ID = "A"
	claimed, err := s.Claim(t.Context(), only)
	ok(t, err)
	ids(t, claimed, "A")
}

// A database that counts only the rows that changed must not take the same
// write twice for a lease that was lost.
func saveMayBeRepeated(t *testing.T, s outbox.Store) {
	enqueue(t, s, delivery("a"))
	d := claimOne(t, s, start)
	for range 2 {
		ok(t, s.Save(t.Context(), d))
		ok(t, s.Extend(t.Context(), d, d.NotBefore))
	}
	same(t, d, get(t, s, "a"))
}

func saveRefusesWhatNobodyWouldClaim(t *testing.T, s outbox.Store) {
	enqueue(t, s, delivery("a"))
	d := claimOne(t, s, start)
	for _, change := range []func(*outbox.Delivery){
		func(d *outbox.Delivery) { d.Status = "" },
		func(d *outbox.Delivery) { d.Status = "Pending" },
		func(d *outbox.Delivery) { d.State = "" },
		func(d *outbox.Delivery) { d.State = strings.Repeat("s", 65) },
	} {
		wrong := d
		change(&wrong)
		if err := s.Save(t.Context(), wrong); err == nil || errors.Is(err, outbox.ErrLeaseLost) {
			t.Errorf("Save(%+v): %v, want another error", wrong, err)
		}
	}
	same(t, d, get(t, s, "a"))
}

func parkTakesOnlyPending(t *testing.T, s outbox.Store) {
	later := start.Add(time.Hour)
	settle(t, s, delivery("a"), outbox.Done, start)
	settle(t, s, delivery("b"), outbox.Parked, start)
	enqueue(t, s, delivery("c"))
	enqueue(t, s, delivery("d"))
	enqueue(t, s, delivery("e"))
	c := claim(start)
	c.ID = "d"
	working, err := s.Claim(t.Context(), c)
	ok(t, err)

	n, err := s.Park(t.Context(), later, "a", "b", "c", "d", "nobody")
	ok(t, err)
	if n != 2 {
		t.Errorf("Park parked %d deliveries, want 2", n)
	}
	lost(t, s.Save(t.Context(), working[0]))
	ids(t, list(t, s, outbox.Filter{Status: outbox.Parked}), "b", "c", "d")
	parked := get(t, s, "c")
	if parked.State != "new" || !parked.Updated.Equal(later) {
		t.Errorf("parked delivery %+v, want the state it had, updated at %s", parked, later)
	}
	claimed, err := s.Claim(t.Context(), claim(later.Add(time.Hour)))
	ok(t, err)
	ids(t, claimed, "e")

	_, err = s.Redrive(t.Context(), later, "c")
	ok(t, err)
	claimed, err = s.Claim(t.Context(), claim(later))
	ok(t, err)
	ids(t, claimed, "c")
}

func listSelects(t *testing.T, s outbox.Store) {
	settle(t, s, delivery("a"), outbox.Done, start)
	settle(t, s, delivery("b"), outbox.Parked, start.Add(time.Hour))
	other := delivery("c")
	other.Kind, other.State = "other", "half way"
	enqueue(t, s, other)
	late := delivery("d")
	late.NotBefore = start.Add(24 * time.Hour)
	enqueue(t, s, late)
	for _, c := range []struct {
		filter outbox.Filter
		want   []string
	}{
		{outbox.Filter{}, []string{"a", "b", "c", "d"}},
		{outbox.Filter{Status: outbox.Pending}, []string{"c", "d"}},
		{outbox.Filter{Kinds: []string{"other", "nobody's"}}, []string{"c"}},
		{outbox.Filter{States: []string{"half way", "new"}, Kinds: []string{kind}}, []string{"a", "b", "d"}},
		{outbox.Filter{States: []string{"half way"}}, []string{"c"}},
		{outbox.Filter{UpdatedBefore: start.Add(time.Hour)}, []string{"a", "c", "d"}},
		{outbox.Filter{UpdatedBefore: start}, nil},
		{outbox.Filter{Status: outbox.Parked, UpdatedBefore: start.Add(time.Hour + time.Millisecond)}, []string{"b"}},
		{outbox.Filter{Status: outbox.Pending, DueBefore: late.NotBefore}, []string{"c"}},
		{outbox.Filter{Status: outbox.Pending, DueBefore: late.NotBefore.Add(time.Millisecond)}, []string{"c", "d"}},
	} {
		ids(t, list(t, s, c.filter), c.want...)
	}
}

func countsTellWhatThereIs(t *testing.T, s outbox.Store) {
	younger := delivery("b")
	younger.Created = start.Add(time.Hour)
	other := delivery("c")
	other.Kind = "other"
	enqueue(t, s, younger)
	enqueue(t, s, delivery("a"))
	enqueue(t, s, other)
	settle(t, s, delivery("d"), outbox.Parked, start)
	for _, c := range []struct {
		kinds []string
		want  []outbox.Count
	}{
		{nil, []outbox.Count{
			{Kind: "other", Status: outbox.Pending, State: "new", N: 1, Oldest: start},
			{Kind: kind, Status: outbox.Parked, State: "new", N: 1, Oldest: start},
			{Kind: kind, Status: outbox.Pending, State: "new", N: 2, Oldest: start},
		}},
		{[]string{"other"}, []outbox.Count{{Kind: "other", Status: outbox.Pending, State: "new", N: 1, Oldest: start}}},
		{[]string{"nobody's"}, nil},
	} {
		got, err := s.Counts(t.Context(), c.kinds...)
		ok(t, err)
		if !slices.Equal(got, c.want) {
			t.Errorf("Counts(%q) = %+v, want %+v", c.kinds, got, c.want)
		}
	}
}

func largePayloadsAreKept(t *testing.T, s outbox.Store) {
	d := delivery("a")
	d.Payload = bytes.Repeat([]byte("0123456789abcdef\x00\xff"), 1<<14)
	enqueue(t, s, d)
	if got := get(t, s, "a").Payload; !bytes.Equal(got, d.Payload) {
		t.Errorf("a payload of %d bytes came back with %d", len(d.Payload), len(got))
	}
}

func endedContextWritesNothing(t *testing.T, s outbox.Store) {
	enqueue(t, s, delivery("a"))
	d := claimOne(t, s, start)
	before := list(t, s, outbox.Filter{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err := s.Enqueue(ctx, nil, delivery("b"))
	canceled(t, err)
	_, err = s.Claim(ctx, claim(start.Add(time.Hour)))
	canceled(t, err)
	canceled(t, s.Extend(ctx, d, start.Add(time.Hour)))
	d.State = "changed"
	canceled(t, s.Save(ctx, d))
	_, err = s.Get(ctx, "a")
	canceled(t, err)
	_, err = s.Redrive(ctx, start, "a")
	canceled(t, err)
	_, err = s.Park(ctx, start, "a")
	canceled(t, err)
	_, err = s.Counts(ctx)
	canceled(t, err)
	_, err = s.Purge(ctx, start, kind)
	canceled(t, err)
	for _, err = range s.List(ctx, outbox.Filter{}) {
		canceled(t, err)
	}
	after := list(t, s, outbox.Filter{})
	if len(after) != len(before) {
		t.Fatalf("%d deliveries, want %d", len(after), len(before))
	}
	same(t, before[0], after[0])
}

// settle brings a new delivery to an end.
func settle(t *testing.T, s outbox.Store, d outbox.Delivery, status outbox.Status, updated time.Time) {
	t.Helper()
	enqueue(t, s, d)
	c := claim(start)
	c.Kinds, c.ID = []string{d.Kind}, d.ID
	claimed, err := s.Claim(t.Context(), c)
	ok(t, err)
	ids(t, claimed, d.ID)
	claimed[0].Status, claimed[0].NotBefore, claimed[0].Updated = status, start, updated
	ok(t, s.Save(t.Context(), claimed[0]))
}

func enqueue(t *testing.T, s outbox.Store, d outbox.Delivery) {
	t.Helper()
	_, _, err := s.Enqueue(t.Context(), nil, d)
	ok(t, err)
}

func claimOne(t *testing.T, s outbox.Store, now time.Time) outbox.Delivery {
	t.Helper()
	claimed, err := s.Claim(t.Context(), claim(now))
	ok(t, err)
	if len(claimed) != 1 {
		t.Fatalf("claimed %d deliveries, want 1", len(claimed))
	}
	return claimed[0]
}

func get(t *testing.T, s outbox.Store, id string) outbox.Delivery {
	t.Helper()
	d, err := s.Get(t.Context(), id)
	ok(t, err)
	return d
}

func list(t *testing.T, s outbox.Store, f outbox.Filter) []outbox.Delivery {
	t.Helper()
	var found []outbox.Delivery
	for d, err := range s.List(t.Context(), f) {
		ok(t, err)
		found = append(found, d)
	}
	return found
}

func parallel(t *testing.T, n int, f func(n int)) {
	t.Helper()
	var wg sync.WaitGroup
	for n := range n {
		wg.Go(func() { f(n) })
	}
	wg.Wait()
}

// ok also serves goroutines, which must not end the test themselves.
func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func lost(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, outbox.ErrLeaseLost) {
		t.Errorf("error %v, want ErrLeaseLost", err)
	}
}

func canceled(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

func ids(t *testing.T, found []outbox.Delivery, want ...string) {
	t.Helper()
	var got []string
	for _, d := range found {
		got = append(got, d.ID)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("deliveries %q, want %q", got, want)
	}
}

func same(t *testing.T, want, got outbox.Delivery) {
	t.Helper()
	payload := bytes.Equal(want.Payload, got.Payload)
	w, g := fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", got)
	if !payload || w != g {
		t.Errorf("delivery\n%s, want\n%s", g, w)
	}
}
