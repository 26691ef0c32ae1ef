package importertest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/salesforce"
)

func applyMakesARecordOnce(t *testing.T, h *host) {
	for _, o := range h.Objects {
		change := h.put(t, o, 1)
		made := h.apply(t, change)[0]
		became(t, made, importer.Created, "a new record")
		for range 2 {
			again := h.apply(t, change)[0] // its answer was lost
			became(t, again, importer.Unchanged, "the same once more")
			is(t, again.HostID, made.HostID, "host id of the same record")
		}
		change.HostID = made.HostID
		became(t, h.apply(t, change)[0], importer.Unchanged, "the same with its host id")
	}
}

func applyKeepsEveryValue(t *testing.T, h *host) {
	for _, o := range h.Objects {
		change := h.put(t, o, 1)
		change.HostID = h.apply(t, change)[0].HostID
		for version := 2; version < 5; version++ {
			next := h.again(t, o, change, version)
			changed := h.apply(t, next)[0]
			became(t, changed, importer.Updated, "another version")
			is(t, fields(changed), differing(change, next), "changed fields of kind %s", o.Kind)
			again := h.apply(t, next)[0]
			became(t, again, importer.Unchanged, "what was read back")
			change = next
		}
	}
}

// differing lists the targets whose values differ.
func differing(a, b importer.Change) []string {
	var targets []string
	for target, value := range b.Values.All() {
		if before, there := a.Values.Get(target); !there || fmt.Sprint(before) != fmt.Sprint(value) {
			targets = append(targets, target)
		}
	}
	slices.Sort(targets)
	return targets
}

func fields(o importer.Outcome) []string {
	var names []string
	for _, f := range o.Changed {
		names = append(names, f.Field)
	}
	slices.Sort(names)
	return names
}

func applyTellsWhatChanged(t *testing.T, h *host) {
	for _, o := range h.Objects {
		target := h.text(o)
		change := h.put(t, o, 1)
		change.HostID = h.apply(t, change)[0].HostID
		var before importer.FieldChange
		for version := 2; version < 5; version++ {
			next := h.again(t, o, change, version)
			value, _ := next.Values.Get(target)
			next.Values = h.blank(t, o).With(target, value)
			changed := h.apply(t, next)[0].Changed
			if len(changed) != 1 || changed[0].Field != target {
				t.Fatalf("one field was written, %s, and told was %+v", target, changed)
			}
			is(t, changed[0].New, fmt.Sprint(value), "new value of a text")
			if version > 2 {
				is(t, changed[0].Old, before.New, "old value, which was the new one before")
			}
			before = changed[0]
		}
	}
}

func nullIsNotAbsent(t *testing.T, h *host) {
	for _, o := range h.Objects {
		change := h.put(t, o, 1)
		change.HostID = h.apply(t, change)[0].HostID
		silent := change
		silent.Values, silent.Stamp = h.blank(t, o), morning.Add(time.Hour)
		became(t, h.apply(t, silent)[0], importer.Unchanged, "a version that says nothing about any field")
		change.Stamp = morning.Add(2 * time.Hour)
		became(t, h.apply(t, change)[0], importer.Unchanged, "the values, which were to stay")
		for _, rule := range o.Mapping.Rules() {
			if rule.Required || !change.Values.Has(rule.Target) || rule.Target == "active" {
				continue
			}
			change.Stamp = change.Stamp.Add(time.Minute)
			null := change
			null.Values = h.blank(t, o).With(rule.Target, nil)
			cleared := h.apply(t, null)[0]
			became(t, cleared, importer.Updated, "cleared "+rule.Target)
			is(t, fields(cleared), []string{rule.Target}, "cleared fields")
			if len(cleared.Changed) == 1 && (cleared.Changed[0].New != "" || cleared.Changed[0].Old == "") {
				t.Errorf("cleared %s: %+v", rule.Target, cleared.Changed[0])
			}
			became(t, h.apply(t, null)[0], importer.Unchanged, "cleared again "+rule.Target)
		}
	}
}

func olderVersionsAreLeftAlone(t *testing.T, h *host) {
	for _, o := range h.Objects {
		old := h.put(t, o, 1)
		newer := h.again(t, o, old, 2)
		old.HostID = h.apply(t, newer)[0].HostID
		newer.HostID = old.HostID
		became(t, h.apply(t, old)[0], importer.Unchanged, "an older version")
		became(t, h.apply(t, newer)[0], importer.Unchanged, "the newer version, which was to stay")
		retire := importer.Change{Kind: o.Kind, Action: importer.Retire, ID: old.ID, HostID: old.HostID, Stamp: old.Stamp}
		became(t, h.apply(t, retire)[0], importer.Unchanged, "a retirement by an older version")
	}
}

func retiredRecordsStayUntilRestored(t *testing.T, h *host) {
	for _, o := range h.Objects {
		change := h.put(t, o, 1)
		change.HostID = h.apply(t, change)[0].HostID
		at := change.Stamp
		step := func(action importer.Action, want importer.Result, about string) {
			t.Helper()
			at = at.Add(time.Minute)
			next := importer.Change{Kind: o.Kind, Action: action, ID: change.ID, HostID: change.HostID, Parent: change.Parent, Stamp: at}
			if action == importer.Retire {
				next.Parent = ""
			} else {
				next.Values = h.blank(t, o)
			}
			outcome := h.apply(t, next)[0]
			became(t, outcome, want, about)
			is(t, outcome.HostID, change.HostID, "host id of a record that was retired or restored")
		}
		step(importer.Retire, importer.Updated, "retired")
		step(importer.Retire, importer.Unchanged, "retired again")
		step(importer.Put, importer.Unchanged, "put while retired")
		step(importer.Retire, importer.Unchanged, "retired after a put, which does not restore")
		step(importer.Restore, importer.Updated, "restored")
		step(importer.Restore, importer.Unchanged, "restored again")
		step(importer.Retire, importer.Updated, "retired after it was restored")
		step(importer.Restore, importer.Updated, "restored once more")
		change.Stamp = at
		became(t, h.apply(t, change)[0], importer.Unchanged, "the values, which stay all the time")
	}
}

func retiringTheUnknownMakesNothing(t *testing.T, h *host) {
	for _, o := range h.Objects {
		change := h.put(t, o, 1)
		retire := importer.Change{Kind: o.Kind, Action: importer.Retire, ID: change.ID, Stamp: change.Stamp}
		if outcome := h.apply(t, retire)[0]; outcome.Result != importer.Unchanged || outcome.HostID != "" {
			t.Errorf("retired a record that the host has never had: %+v", outcome)
		}
		became(t, h.apply(t, change)[0], importer.Created, "the record after that")
	}
}

func recordsMoveBetweenParents(t *testing.T, h *host) {
	for _, o := range h.Objects {
		if o.Parent == "" {
			continue
		}
		change := h.put(t, o, 1)
		change.HostID = h.apply(t, change)[0].HostID
		here := change.Parent
		delete(h.parents, h.kindOf(o.Parent))
		change.Parent, change.Stamp = h.parent(t, o), change.Stamp.Add(time.Minute)
		there := change.Parent
		moved := h.apply(t, change)[0]
		became(t, moved, importer.Updated, "moved to another parent")
		if len(moved.Changed) != 1 || moved.Changed[0].Old != here || moved.Changed[0].New != there {
			t.Errorf("moved from %s to %s: %+v", here, there, moved.Changed)
		}
		became(t, h.apply(t, change)[0], importer.Unchanged, "moved again to the same")
	}
}

func (h *host) kindOf(name string) string {
	for _, o := range h.Objects {
		if o.Name == name {
			return o.Kind
		}
	}
	return ""
}

func deletedRecordsAreMissing(t *testing.T, h *host) {
	if h.Delete == nil {
		return
	}
	for _, o := range h.Objects {
		change := h.put(t, o, 1)
		change.HostID = h.apply(t, change)[0].HostID
		h.Delete(t, o.Kind, change.HostID)
		restore := h.again(t, o, change, 2)
		restore.Action = importer.Restore
		retire := importer.Change{Kind: o.Kind, Action: importer.Retire, ID: change.ID, HostID: change.HostID, Stamp: restore.Stamp}
		for _, c := range []importer.Change{h.again(t, o, change, 2), restore, retire, change} {
			became(t, h.apply(t, c)[0], importer.Missing, "a record that the host has deleted: "+string(c.Action))
		}
		change.HostID = ""
		became(t, h.apply(t, change)[0], importer.Created, "asked for without its host id")
	}
}

func ownRecordsAreAdoptedOnce(t *testing.T, h *host) {
	if h.Own == nil {
		return
	}
	for _, o := range h.Objects {
		own := h.Own(t, o.Kind)
		change := h.put(t, o, 1)
		change.Action, change.HostID = importer.Adopt, own
		adopted := h.apply(t, change)[0]
		became(t, adopted, importer.Updated, "a record of the host's own")
		is(t, adopted.HostID, own, "host id of what was adopted")
		became(t, h.apply(t, change)[0], importer.Unchanged, "adopted again by the same") // its answer was lost
		change.Action = importer.Put
		became(t, h.apply(t, change)[0], importer.Unchanged, "put into what was adopted")

		thief := h.put(t, o, 2)
		thief.Action, thief.HostID = importer.Adopt, own
		outcomes, err := h.Sink.Apply(t.Context(), []importer.Change{thief})
		must(t, err)
		if outcomes[0].Err == nil {
			t.Errorf("a record that belongs to %s was adopted by another: %+v", change.ID, outcomes[0])
		}
		became(t, h.apply(t, change)[0], importer.Unchanged, "the one that it belongs to")
	}
}

func adoptedRecordsThatAreGoneAreMissing(t *testing.T, h *host) {
	if h.Own == nil || h.Delete == nil {
		return
	}
	for _, o := range h.Objects {
		change := h.put(t, o, 1)
		change.Action, change.HostID = importer.Adopt, h.Own(t, o.Kind)
		h.Delete(t, o.Kind, change.HostID)
		became(t, h.apply(t, change)[0], importer.Missing, "adopted when it was gone")
		change.Action, change.HostID = importer.Put, ""
		became(t, h.apply(t, change)[0], importer.Created, "put after that")
	}
}

func recordsOfTheIDGoBeforeAdopted(t *testing.T, h *host) {
	if h.Own == nil {
		return
	}
	for _, o := range h.Objects {
		change := h.put(t, o, 1)
		made := h.apply(t, change)[0].HostID
		own := h.Own(t, o.Kind)
		change.Action, change.HostID = importer.Adopt, own
		outcome := h.apply(t, change)[0]
		is(t, outcome.HostID, made, "host id of a record that there was")
		other := h.put(t, o, 1)
		other.Action, other.HostID = importer.Adopt, own
		is(t, h.apply(t, other)[0].HostID, own, "host id of the own record, which was left free")
	}
}

// everyCase is a batch in which each change meets the host in another state.
func (h *host) everyCase(t *testing.T, o importer.Object) []importer.Change {
	t.Helper()
	known := make([]importer.Change, 6)
	for i := range known {
		known[i] = h.put(t, o, 1)
		known[i].HostID = h.apply(t, known[i])[0].HostID
	}
	retire := func(c importer.Change, version int) importer.Change {
		return importer.Change{Kind: c.Kind, Action: importer.Retire, ID: c.ID, HostID: c.HostID, Stamp: morning.Add(time.Duration(version) * time.Minute)}
	}
	h.apply(t, retire(known[0], 2))
	restore := h.again(t, o, known[0], 3)
	restore.Action = importer.Restore
	batch := []importer.Change{
		h.put(t, o, 1), restore, known[1], h.again(t, o, known[2], 2), retire(known[3], 2), h.again(t, o, known[4], 0), retire(h.put(t, o, 1), 2),
	}
	if h.Delete != nil {
		h.Delete(t, o.Kind, known[5].HostID)
		batch = append(batch, h.again(t, o, known[5], 2))
	}
	if h.Own != nil {
		adopt := h.put(t, o, 1)
		adopt.Action, adopt.HostID = importer.Adopt, h.Own(t, o.Kind)
		batch = append(batch, adopt)
	}
	return batch
}

func diffWritesNothing(t *testing.T, h *host) {
	for _, o := range h.Objects {
		batch := h.everyCase(t, o)
		first := h.diff(t, batch...)
		for range 2 {
			is(t, h.diff(t, batch...), first, "the same diff again")
		}
		if first[0].HostID != "" {
			t.Errorf("a record that would be created has the host id %q", first[0].HostID)
		}
	}
}

func diffAnswersAsApply(t *testing.T, h *host) {
	for _, o := range h.Objects {
		batch := h.everyCase(t, o)
		told := h.diff(t, batch...)
		done := h.apply(t, batch...)
		for i := range done {
			if done[i].Result == importer.Created {
				done[i].HostID = ""
			}
			is(t, told[i], done[i], "what Diff told of a change (%s), and what Apply did", batch[i].Action)
		}
		if o.Parent != "" {
			unborn := h.put(t, o, 1)
			unborn.Parent = ""
			is(t, h.diff(t, unborn)[0].Result, importer.Created, "a record whose parent is still to be created")
		}
	}
}

func batchesOfAllKinds(t *testing.T, h *host) {
	var batch []importer.Change
	for range 3 {
		for _, o := range h.Objects {
			batch = append(batch, h.put(t, o, 1))
		}
	}
	for i, outcome := range h.apply(t, batch...) {
		became(t, outcome, importer.Created, "a record among others of all kinds")
		batch[i].HostID = outcome.HostID
	}
	for i, outcome := range h.apply(t, batch...) {
		became(t, outcome, importer.Unchanged, "the same")
		is(t, outcome.HostID, batch[i].HostID, "answer %d, which come in the order of the changes", i)
		is(t, h.apply(t, batch[i])[0].HostID, batch[i].HostID, "answer %d by itself", i)
	}
	is(t, len(h.apply(t)), 0, "answers to an empty batch")
}

func largeBatches(t *testing.T, h *host) {
	const many = importer.MaxPage + 345
	o := h.Objects[0]
	batch := make([]importer.Change, many)
	for i := range batch {
		batch[i] = h.put(t, o, 1)
	}
	seen := map[string]bool{}
	for i, outcome := range h.apply(t, batch...) {
		became(t, outcome, importer.Created, "one of many")
		seen[outcome.HostID] = true
		batch[i] = h.again(t, o, batch[i], 1+i%2)
		batch[i].HostID = outcome.HostID
	}
	is(t, len(seen), many, "host ids")
	for i, outcome := range h.apply(t, batch...) {
		became(t, outcome, []importer.Result{importer.Unchanged, importer.Updated}[i%2], "one of many, every other of them changed")
		is(t, outcome.HostID, batch[i].HostID, "host id of answer %d", i)
	}
	became(t, h.apply(t, batch[many-1])[0], importer.Unchanged, "the last of many")
}

// Two runs may come to the same records at once, when one was thought dead. Of
// those that lose, the host may refuse a change, or the whole batch; no record
// may be made twice.
func manyApplyAtOnce(t *testing.T, h *host) {
	const runs = 4
	o := h.Objects[0]
	batch := make([]importer.Change, 20)
	for i := range batch {
		batch[i] = h.put(t, o, 1)
	}
	answers := make([][]importer.Outcome, runs)
	var running sync.WaitGroup
	for n := range runs {
		running.Go(func() { answers[n], _ = h.Sink.Apply(t.Context(), batch) })
	}
	running.Wait()
	final := h.apply(t, batch...)
	for i := range batch {
		created := 0
		for n := range answers {
			if answers[n] == nil || answers[n][i].Err != nil {
				continue
			}
			is(t, answers[n][i].HostID, final[i].HostID, "host id of a record that several runs have brought")
			if answers[n][i].Result == importer.Created {
				created++
			}
		}
		if created > 1 || final[i].Result == importer.Created {
			t.Errorf("record %d was created %d times, and is %s in the end", i, created, final[i].Result)
		}
	}
}

func endedContextAppliesNothing(t *testing.T, h *host) {
	change := h.put(t, h.Objects[0], 1)
	if _, err := h.Sink.Apply(ended(t), []importer.Change{change}); err == nil {
		t.Error("Apply takes no notice of a context that has ended")
	}
	if _, err := h.Sink.Diff(ended(t), []importer.Change{change}); err == nil {
		t.Error("Diff takes no notice of a context that has ended")
	}
	became(t, h.apply(t, change)[0], importer.Created, "the change after that")
}

func findComparesExactly(t *testing.T, h *host) {
	finder, ok := h.Sink.(importer.Finder)
	if !ok {
		return
	}
	o := h.Objects[0]
	target := h.text(o)
	change := h.put(t, o, 1)
	value := fmt.Sprintf("Größe %d", h.next)
	change.Values = change.Values.With(target, value)
	hostID := h.apply(t, change)[0].HostID
	other := h.put(t, o, 1)
	other.HostID = h.apply(t, other)[0].HostID
	look := func(l importer.Lookup) (found []importer.Found) {
		t.Helper()
		l.Kind, l.Field = o.Kind, target
		found, err := finder.Find(t.Context(), l)
		must(t, err)
		return slices.DeleteFunc(found, func(f importer.Found) bool { return f.Value != value }) // it may give more
	}
	want := []importer.Found{{HostID: hostID, ID: change.ID, Value: value}}
	is(t, look(importer.Lookup{Values: []string{"nobody has it", value}}), want, "found by value")
	found, err := finder.Find(t.Context(), importer.Lookup{Kind: o.Kind, Field: target, IDs: []salesforce.ID{change.ID}})
	must(t, err)
	is(t, found, want, "found by Salesforce id")
	is(t, len(look(importer.Lookup{Values: []string{"' OR '1'='1"}})), 0, "records found by what is no value")
}

func epochIsKept(t *testing.T, h *host) {
	sink, ok := h.Sink.(importer.EpochSink)
	if !ok {
		return
	}
	has := func(want, about string) {
		t.Helper()
		epoch, err := sink.Epoch(t.Context())
		must(t, err)
		is(t, epoch, want, "%s", about)
	}
	has("", "epoch of an empty sink")
	for _, epoch := range []string{"SOHTUYOHQWVLPMHXD3GLYU2ZHT", "abcdefghijklmnopqrstuvwxyz012345"} {
		must(t, sink.SetEpoch(t.Context(), epoch))
		has(epoch, "epoch that was set")
		h.apply(t, h.put(t, h.Objects[0], 1))
		has(epoch, "epoch after records were written")
	}
	if err := sink.SetEpoch(ended(t), "late"); err == nil {
		t.Error("an epoch was set though the context had ended")
	}
	has("abcdefghijklmnopqrstuvwxyz012345", "epoch after that")
}
