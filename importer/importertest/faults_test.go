package importertest_test

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/importertest"
	"github.com/sfbridge/sfbridge/importer/sqlstore"
	"github.com/sfbridge/sfbridge/internal/sqlx"
	"github.com/sfbridge/sfbridge/internal/sqlxtest"
	"github.com/sfbridge/sfbridge/salesforce"
)

// broken names the fault of the sink or store that TestBroken tests, in a
// process of its own.
const broken = "SFBRIDGE_TEST_BROKEN_IMPORT"

func TestBroken(t *testing.T) {
	t.Parallel()
	name := os.Getenv(broken)
	if fault, ok := sinkFaults[name]; ok {
		importertest.TestSink(t, func(t *testing.T) importertest.Host {
			return open(t, sqlxtest.New(t, sqlx.SQLite)).host(fault.sink)
		})
	}
	if fault, ok := storeFaults[name]; ok {
		importertest.TestStore(t, func(t *testing.T) importertest.Ledger {
			r := open(t, sqlxtest.New(t, sqlx.SQLite))
			return importertest.Ledger{Store: fault.store(r), Pass: r.clock.pass}
		})
	}
}

// The suites find every fault that somebody who writes a sink or a store is
// likely to build in, and say so where it belongs.
func TestSuitesFindFaults(t *testing.T) {
	t.Parallel()
	promises := map[string]string{}
	for name, fault := range sinkFaults {
		promises[name] = fault.promise
	}
	for name, fault := range storeFaults {
		promises[name] = fault.promise
	}
	require.Len(t, promises, len(sinkFaults)+len(storeFaults))
	for name, promise := range promises {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			suite := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBroken$/^"+promise+"$", "-test.timeout=1m")
			suite.Env = append(os.Environ(), broken+"="+name)
			output, err := suite.CombinedOutput()
			require.Error(t, err, "the suite found nothing")
			require.Contains(t, string(output), "--- FAIL: TestBroken/"+promise+" ", "%s", output)
			require.NotContains(t, string(output), "panic")
		})
	}
}

// An applied is Apply with a fault; Diff is what the sink has, unless it is
// broken, too.
type applied struct {
	*sqlstore.Store
	apply func(ctx context.Context, batch []importer.Change) ([]importer.Outcome, error)
	diff  func(ctx context.Context, batch []importer.Change) ([]importer.Outcome, error)
}

func (a applied) Apply(ctx context.Context, batch []importer.Change) ([]importer.Outcome, error) {
	if a.apply == nil {
		return a.Store.Apply(ctx, batch)
	}
	return a.apply(ctx, batch)
}

func (a applied) Diff(ctx context.Context, batch []importer.Change) ([]importer.Outcome, error) {
	if a.diff == nil {
		return a.Store.Diff(ctx, batch)
	}
	return a.diff(ctx, batch)
}

// altered is a sink that takes each change for another one.
func altered(alter func(s *sqlstore.Store, c *importer.Change)) func(*sqlstore.Store) importer.Sink {
	return func(s *sqlstore.Store) importer.Sink {
		return applied{Store: s, apply: func(ctx context.Context, batch []importer.Change) ([]importer.Outcome, error) {
			batch = slices.Clone(batch)
			for i := range batch {
				alter(s, &batch[i])
			}
			return s.Apply(ctx, batch)
		}}
	}
}

// answered is a sink whose answers are not what it did.
func answered(alter func(batch []importer.Change, outcomes []importer.Outcome) []importer.Outcome) func(*sqlstore.Store) importer.Sink {
	return func(s *sqlstore.Store) importer.Sink {
		return applied{Store: s, apply: func(ctx context.Context, batch []importer.Change) ([]importer.Outcome, error) {
			outcomes, err := s.Apply(ctx, batch)
			if err != nil {
				return nil, err
			}
			return alter(batch, outcomes), nil
		}}
	}
}

// told is a sink with a fault in Diff.
func told(diff func(ctx context.Context, s *sqlstore.Store, batch []importer.Change) ([]importer.Outcome, error)) func(*sqlstore.Store) importer.Sink {
	return func(s *sqlstore.Store) importer.Sink {
		return applied{Store: s, diff: func(ctx context.Context, batch []importer.Change) ([]importer.Outcome, error) {
			return diff(ctx, s, batch)
		}}
	}
}

// texts changes every text of a change.
func texts(c *importer.Change, alter func(string) string) {
	for target, value := range c.Values.All() {
		if text, ok := value.(string); ok {
			c.Values = c.Values.With(target, alter(text))
		}
	}
}

// sinkFaults are sinks with one fault each, and the promise that each breaks.
var sinkFaults = map[string]struct {
	promise string
	sink    func(*sqlstore.Store) importer.Sink
}{
	"makes a second one": {"ApplyMakesARecordOnce", func(s *sqlstore.Store) importer.Sink {
		seen := map[salesforce.ID]string{}
		return altered(func(_ *sqlstore.Store, c *importer.Change) {
			if id := string(c.ID); seen[c.ID] != "" {
				c.ID = salesforce.ID(id[:3] + "9" + id[4:])
			}
			seen[c.ID] = "seen"
		})(s)
	}},
	"everything is an update": {"ApplyMakesARecordOnce", answered(func(_ []importer.Change, outcomes []importer.Outcome) []importer.Outcome {
		for i := range outcomes {
			if outcomes[i].Result == importer.Unchanged {
				outcomes[i].Result = importer.Updated
			}
		}
		return outcomes
	})},
	"ASCII only": {"ApplyTellsWhatChanged", altered(func(_ *sqlstore.Store, c *importer.Change) {
		texts(c, func(s string) string {
			return strings.Map(func(r rune) rune {
				if r > 126 {
					return '?'
				}
				return r
			}, s)
		})
	})},
	"short texts": {"ApplyTellsWhatChanged", altered(func(_ *sqlstore.Store, c *importer.Change) {
		texts(c, func(s string) string { return s[:min(len(s), 20)] })
	})},
	"numbers without cents": {"ApplyKeepsEveryValue", altered(func(_ *sqlstore.Store, c *importer.Change) {
		if budget, ok := c.Values.Get("budget"); ok && budget != nil {
			c.Values = c.Values.Without("budget")
		}
	})},
	"old values not told": {"ApplyTellsWhatChanged", answered(func(_ []importer.Change, outcomes []importer.Outcome) []importer.Outcome {
		for i := range outcomes {
			for j := range outcomes[i].Changed {
				outcomes[i].Changed[j].Old = ""
			}
		}
		return outcomes
	})},
	"null is absent": {"NullIsNotAbsent", altered(func(_ *sqlstore.Store, c *importer.Change) {
		for target, value := range c.Values.All() {
			if value == nil {
				c.Values = c.Values.Without(target)
			}
		}
	})},
	"absent is null": {"NullIsNotAbsent", altered(func(_ *sqlstore.Store, c *importer.Change) {
		if c.Action != importer.Retire && !c.Values.Has("name") {
			c.Values = c.Values.With("phone", nil).With("email", nil).With("remark", nil)
		}
	})},
	"no look at stamps": {"OlderVersionsAreLeftAlone", altered(func(_ *sqlstore.Store, c *importer.Change) {
		c.Stamp = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	})},
	"never active again": {"RetiredRecordsStayUntilRestored", altered(func(_ *sqlstore.Store, c *importer.Change) {
		if c.Action == importer.Restore {
			c.Action = importer.Put
		}
	})},
	"active with every put": {"RetiredRecordsStayUntilRestored", altered(func(_ *sqlstore.Store, c *importer.Change) {
		if c.Action == importer.Put {
			c.Action = importer.Restore
		}
	})},
	"retires by creating": {"RetiringTheUnknownMakesNothing", altered(func(_ *sqlstore.Store, c *importer.Change) {
		if c.Action == importer.Retire && c.HostID == "" {
			c.Action = importer.Put
		}
	})},
	"loses the parent": {"RecordsMoveBetweenParents", altered(func(_ *sqlstore.Store, c *importer.Change) { c.Parent = "" })},
	"makes missing ones again": {"DeletedRecordsAreMissing", altered(func(_ *sqlstore.Store, c *importer.Change) {
		if c.Action != importer.Adopt {
			c.HostID = ""
		}
	})},
	"adopts by creating": {"OwnRecordsAreAdoptedOnce", altered(func(_ *sqlstore.Store, c *importer.Change) {
		if c.Action == importer.Adopt {
			c.Action, c.HostID = importer.Put, ""
		}
	})},
	"adopts what is another's": {"OwnRecordsAreAdoptedOnce", answered(func(batch []importer.Change, outcomes []importer.Outcome) []importer.Outcome {
		for i, o := range outcomes {
			if o.Err != nil && batch[i].Action == importer.Adopt {
				outcomes[i] = importer.Outcome{HostID: batch[i].HostID, Result: importer.Updated}
			}
		}
		return outcomes
	})},
	"adopts what is gone by creating": {"AdoptedRecordsThatAreGoneAreMissing", func(s *sqlstore.Store) importer.Sink {
		return applied{Store: s, apply: func(ctx context.Context, batch []importer.Change) ([]importer.Outcome, error) {
			outcomes, err := s.Apply(ctx, batch)
			for i := range outcomes {
				if outcomes[i].Result == importer.Missing {
					again := batch[i]
					again.Action, again.HostID = importer.Put, ""
					made, err := s.Apply(ctx, []importer.Change{again})
					if err != nil {
						return nil, err
					}
					outcomes[i] = made[0]
				}
			}
			return outcomes, err
		}}
	}},
	"adopts a second one": {"RecordsOfTheIDGoBeforeAdopted", answered(func(batch []importer.Change, outcomes []importer.Outcome) []importer.Outcome {
		for i := range outcomes {
			if batch[i].Action == importer.Adopt {
				outcomes[i].HostID = batch[i].HostID
			}
		}
		return outcomes
	})},
	"diff writes": {"DiffWritesNothing", told(func(ctx context.Context, s *sqlstore.Store, batch []importer.Change) ([]importer.Outcome, error) {
		return s.Apply(ctx, batch)
	})},
	"diff knows an id": {"DiffWritesNothing", told(func(ctx context.Context, s *sqlstore.Store, batch []importer.Change) ([]importer.Outcome, error) {
		outcomes, err := s.Diff(ctx, batch)
		for i := range outcomes {
			if outcomes[i].Result == importer.Created {
				outcomes[i].HostID = "1"
			}
		}
		return outcomes, err
	})},
	"diff without fields": {"DiffAnswersAsApply", told(func(ctx context.Context, s *sqlstore.Store, batch []importer.Change) ([]importer.Outcome, error) {
		outcomes, err := s.Diff(ctx, batch)
		for i := range outcomes {
			outcomes[i].Changed = nil
		}
		return outcomes, err
	})},
	"diff overlooks retired ones": {"DiffAnswersAsApply", told(func(ctx context.Context, s *sqlstore.Store, batch []importer.Change) ([]importer.Outcome, error) {
		outcomes, err := s.Diff(ctx, batch)
		for i := range outcomes {
			if batch[i].Action == importer.Restore {
				outcomes[i].Result = importer.Unchanged
			}
		}
		return outcomes, err
	})},
	"answers out of order": {"BatchesOfAllKinds", answered(func(_ []importer.Change, outcomes []importer.Outcome) []importer.Outcome {
		slices.Reverse(outcomes)
		return outcomes
	})},
	"a thousand at most": {"LargeBatches", func(s *sqlstore.Store) importer.Sink {
		return applied{Store: s, apply: func(ctx context.Context, batch []importer.Change) ([]importer.Outcome, error) {
			return s.Apply(ctx, batch[:min(len(batch), 1000)])
		}}
	}},
	"looks before it writes": {"ManyApplyAtOnce", func(s *sqlstore.Store) importer.Sink {
		var mutex sync.Mutex
		made, looking := map[salesforce.ID]bool{}, 0
		return applied{Store: s, apply: func(ctx context.Context, batch []importer.Change) ([]importer.Outcome, error) {
			mutex.Lock()
			fresh := !made[batch[0].ID]
			if fresh {
				looking++
			}
			mutex.Unlock()
			for done := false; fresh && len(batch) == 20 && !done; { // all four have looked, and seen nothing
				mutex.Lock()
				done = looking >= 4
				mutex.Unlock()
			}
			outcomes, err := s.Apply(ctx, batch)
			mutex.Lock()
			defer mutex.Unlock()
			for i := range outcomes {
				made[batch[i].ID] = true
				if fresh {
					outcomes[i].Result = importer.Created
				}
			}
			return outcomes, err
		}}
	}},
	"deaf to contexts": {"EndedContextWritesNothing", func(s *sqlstore.Store) importer.Sink {
		return applied{Store: s, apply: func(ctx context.Context, batch []importer.Change) ([]importer.Outcome, error) {
			return s.Apply(context.WithoutCancel(ctx), batch)
		}}
	}},
	"finds by nearly":            {"FindComparesExactly", func(s *sqlstore.Store) importer.Sink { return nearly{s} }},
	"forgets the epoch":          {"EpochIsKept", func(s *sqlstore.Store) importer.Sink { return timeless{s} }},
	"records first, state later": {"ApplyAndSaveIsBothOrNeither", func(s *sqlstore.Store) importer.Sink { return oneByOne{s} }},
}

// nearly finds nothing by Salesforce ids.
type nearly struct{ *sqlstore.Store }

func (n nearly) Find(ctx context.Context, l importer.Lookup) ([]importer.Found, error) {
	l.IDs = nil
	return n.Store.Find(ctx, l)
}

// timeless keeps no epoch.
type timeless struct{ *sqlstore.Store }

func (timeless) SetEpoch(context.Context, string) error { return nil }

// oneByOne has two transactions.
type oneByOne struct{ *sqlstore.Store }

func (o oneByOne) ApplyAndSave(ctx context.Context, fence importer.Fence, batch []importer.Change, then func([]importer.Outcome) *importer.Checkpoint) error {
	outcomes, err := o.Apply(ctx, batch)
	if err != nil {
		return err
	}
	return o.Save(ctx, fence, then(outcomes))
}
