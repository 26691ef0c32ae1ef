// Package importertest checks implementations of [importer.Sink] and
// [importer.Store]: a host that keeps its records or the importer's state by
// itself runs [TestSink] and [TestStore] in its own tests.
package importertest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sfbridge/sfbridge/importer"
)

// A Host is a sink to be tested, and what the tests cannot do without knowing
// it.
type Host struct {
	// Sink is empty. Required.
	Sink importer.Sink
	// Objects are what the sink takes. Each has at least one text among its
	// targets. Required.
	Objects []importer.Object
	// Own makes a record of the host's own, which belongs to no Salesforce
	// record. Nil leaves out what is said about Adopt.
	Own func(t *testing.T, kind string) (hostID string)
	// Delete deletes a record, as a person would. Nil leaves out what is said
	// about Missing.
	Delete func(t *testing.T, kind, hostID string)
}

// TestSink checks that the sinks which open returns keep every promise of
// [importer.Sink], and those of [importer.Finder], [importer.EpochSink] and
// [importer.Atomic] where they are that. Each call of open must return an empty sink.
func TestSink(t *testing.T, open func(t *testing.T) Host) {
	for _, promise := range []struct {
		name  string
		check func(t *testing.T, h *host)
	}{
		{"ApplyMakesARecordOnce", applyMakesARecordOnce},
		{"ApplyKeepsEveryValue", applyKeepsEveryValue},
		{"ApplyTellsWhatChanged", applyTellsWhatChanged},
		{"NullIsNotAbsent", nullIsNotAbsent},
		{"OlderVersionsAreLeftAlone", olderVersionsAreLeftAlone},
		{"RetiredRecordsStayUntilRestored", retiredRecordsStayUntilRestored},
		{"RetiringTheUnknownMakesNothing", retiringTheUnknownMakesNothing},
		{"RecordsMoveBetweenParents", recordsMoveBetweenParents},
		{"DeletedRecordsAreMissing", deletedRecordsAreMissing},
		{"OwnRecordsAreAdoptedOnce", ownRecordsAreAdoptedOnce},
		{"AdoptedRecordsThatAreGoneAreMissing", adoptedRecordsThatAreGoneAreMissing},
		{"RecordsOfTheIDGoBeforeAdopted", recordsOfTheIDGoBeforeAdopted},
		{"DiffWritesNothing", diffWritesNothing},
		{"DiffAnswersAsApply", diffAnswersAsApply},
		{"BatchesOfAllKinds", batchesOfAllKinds},
		{"LargeBatches", largeBatches},
		{"ManyApplyAtOnce", manyApplyAtOnce},
		{"EndedContextWritesNothing", endedContextAppliesNothing},
		{"FindComparesExactly", findComparesExactly},
		{"EpochIsKept", epochIsKept},
		{"ApplyAndSaveIsBothOrNeither", applyAndSaveIsBothOrNeither},
	} {
		t.Run(promise.name, func(t *testing.T) {
			t.Parallel()
			promise.check(t, newHost(t, open(t)))
		})
	}
}

// A Ledger is a store to be tested.
type Ledger struct {
	// Store is empty. Required.
	Store importer.Store
	// Pass moves the clock by which the store's leases run out. Required.
	Pass func(d time.Duration)
}

// TestStore checks that the stores which open returns keep every promise of
// [importer.Store] that can be seen from within one process. Each call of open
// must return an empty store.
func TestStore(t *testing.T, open func(t *testing.T) Ledger) {
	for _, promise := range []struct {
		name  string
		check func(t *testing.T, l *ledger)
	}{
		{"EmptyStoreKnowsNothing", emptyStoreKnowsNothing},
		{"SaveKeepsEverything", saveKeepsEverything},
		{"EmptyPartsStay", emptyPartsStay},
		{"StateHasTheLastRun", stateHasTheLastRun},
		{"LinksAreFoundByID", linksAreFoundByID},
		{"IDsAreComparedByteByByte", idsAreComparedByteByByte},
		{"LinksAreListedAsFiltered", linksAreListedAsFiltered},
		{"LinksAreFoundByHostID", linksAreFoundByHostID},
		{"TasksAreOwedOnce", tasksAreOwedOnce},
		{"ThatARecordIsGoneStays", thatARecordIsGoneStays},
		{"DeadLettersCountTheirAttempts", deadLettersCountTheirAttempts},
		{"DeadLettersAreTriedAgain", deadLettersAreTriedAgain},
		{"ListsLetTheLoopUseTheStore", listsLetTheLoopUseTheStore},
		{"LeaseKeepsOthersOut", leaseKeepsOthersOut},
		{"LeaseRunsOut", leaseRunsOut},
		{"SaveExtendsTheLease", saveExtendsTheLease},
		{"OvertakenRunsWriteNothing", overtakenRunsWriteNothing},
		{"OneOfManyGetsTheLease", oneOfManyGetsTheLease},
		{"ReadersDoNotDisturb", readersDoNotDisturb},
		{"LargeCheckpoints", largeCheckpoints},
		{"EndedContextWritesNothing", endedContextSavesNothing},
	} {
		t.Run(promise.name, func(t *testing.T) {
			t.Parallel()
			opened := open(t)
			promise.check(t, &ledger{opened.Store, opened.Pass})
		})
	}
}

// morning is when the tests' versions begin. It has no fraction of a
// millisecond, which a store need not keep.
var morning = time.Date(2026, time.November, 16, 9, 0, 0, int(7*time.Millisecond), time.UTC)

// must ends the test on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// is compares got with what was to be expected, and says about what.
func is[T any](t *testing.T, got, want T, about string, args ...any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\ngot  %+v\nwant %+v", fmt.Sprintf(about, args...), got, want)
	}
}

func errorIs(t *testing.T, err, want error, about string) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want %v", about, err, want)
	}
}

// ended gives a context that is over.
func ended(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

// cut shortens a text to at most limit characters; zero is no limit.
func cut(text string, limit int) string {
	runes := []rune(text)
	if limit > 0 && len(runes) > limit {
		return strings.TrimSpace(string(runes[:limit]))
	}
	return text
}
