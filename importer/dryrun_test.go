package importer_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
)

// everything is all that the database has, the audit trail and the runs included.
func (w *world) everything(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, name := range w.query(t, `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`) {
		table := strings.Trim(name, `[]"`)
		fmt.Fprintln(&b, table, strings.Join(w.query(t, `SELECT * FROM `+table+` ORDER BY 1, 2`), "\n"))
	}
	return b.String()
}

// meanings gives entries as text, without what only the real run can know: the
// ids of records that it creates.
func meanings(entries []importer.Entry, born map[string]bool) string {
	var b strings.Builder
	for _, e := range entries {
		if born[e.Object+e.HostID] {
			e.HostID = ""
		}
		for i, f := range e.Changed {
			if f.Field == "customer_id" && (f.New == "" || born["Account"+f.New]) {
				e.Changed[i] = importer.FieldChange{Field: f.Field}
			}
		}
		fmt.Fprintf(&b, "%+v\n", e)
	}
	return b.String()
}

// noted counts what a run that was stopped has reported so far.
func (w *world) noted(t *testing.T, im *importer.Importer) int {
	t.Helper()
	available, err := im.Available(t.Context())
	require.NoError(t, err)
	if available.Unfinished == nil {
		return 0
	}
	return len(entries(t, im, available.Unfinished.Number))
}

// foretold holds what a dry run says, kind by kind, against what the run does.
func (w *world) foretold(t *testing.T, im *importer.Importer, kind importer.RunKind) *importer.Report {
	t.Helper()
	before := w.everything(t)
	noted := w.noted(t, im)
	dry, err := im.DryRun(t.Context(), "anna", kind, &importer.DryRunOptions{Limit: 10_000})
	require.NoError(t, err)
	require.Equal(t, before, w.everything(t), "a dry run writes nothing")

	run := map[importer.RunKind]func(context.Context, string, *importer.RunOptions) (*importer.Report, error){
		importer.Complete: im.Complete, importer.Incremental: im.Incremental, importer.Reconcile: im.Reconcile,
	}
	real, err := run[kind](t.Context(), "anna", nil)
	require.NoError(t, err)
	var lines []importer.Entry
	born := map[string]bool{}
	for r := real; r != nil; r = r.Resumed {
		var part []importer.Entry
		for e, err := range im.Entries(t.Context(), r.Run.Number) {
			require.NoError(t, err)
			if e.Result == importer.Created {
				born[e.Object+e.HostID] = true
			}
			part = append(part, e)
		}
		lines = append(part, lines...)
	}
	require.Equal(t, meanings(lines[noted:], born), meanings(dry.Entries, born))
	require.Zero(t, dry.Omitted)
	for a, b := dry.Report, real; b != nil; a, b = a.Resumed, b.Resumed {
		require.Equal(t, b.Run.Counts, a.Run.Counts)
		require.Equal(t, []any{b.Run.Number, b.Run.Kind, b.Run.Note, b.Run.Warnings, b.Run.High, b.Run.Low, b.Run.Status}, []any{a.Run.Number, a.Run.Kind, a.Run.Note, a.Run.Warnings, a.Run.High, a.Run.Low, a.Run.Status})
	}
	return real
}

func TestDryRunIsThePlanOfTheRun(t *testing.T) {
	t.Parallel()
	for name, tune := range map[string]func(*world){
		"store and sink in one database": func(*world) {},
		"store and sink apart": func(w *world) {
			w.tune = func(c *importer.Config) {
				c.Sink = &apart{c.Sink.(importer.Finder)}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			tune(w)
			ids := map[string]string{}
			populate(w, ids)
			w.own(t, "K-Bach", "Johann Sebastian")
			im := w.importer(t)
			w.query(t, `CREATE UNIQUE INDEX names ON customers (name)`)
			w.own(t, "", "Taken")
			w.account("Taken") // which the host's database refuses
			matched := w.foretold(t, im, importer.Complete)
			require.Equal(t, 1, matched.Run.Counts["Account"].Matched)
			require.Equal(t, 1, matched.Run.Counts["Account"].Failed)

			w.org.Advance(time.Hour)
			unsettle(w, ids)
			w.contact(ids["Haydn"], "Michael")
			w.org.Update(ids["Corelli-0"], map[string]any{"AccountId": ids["Haydn"]})
			w.foretold(t, im, importer.Incremental)
			w.foretold(t, im, importer.Incremental)

			w.org.Advance(time.Hour)
			w.org.Update(ids["Abel"], map[string]any{"Name": "Carl Friedrich Abel"})
			w.org.Delete(ids["Gluck-project"])
			w.org.Purge(ids["Gluck-project"])
			w.foretold(t, im, importer.Reconcile)

			w.org.Advance(time.Hour)
			w.org.Undelete(ids["Eccles"])
			w.org.Update(ids["Dowland"], map[string]any{"ZEP__c": true, "Name": "John Dowland"})
			w.query(t, `DELETE FROM customers WHERE name = 'Corelli' RETURNING 1`)
			w.org.Update(ids["Corelli"], map[string]any{"Phone": "7"})
			w.removeFlag(t, im, ids["Bach"])
			w.foretold(t, im, importer.Complete)
			w.foretold(t, im, importer.Complete)
		})
	}
}

// apart keeps the importer from seeing that its sink is its store.
type apart struct{ importer.Finder }

func TestDryRunGoesOnWhereARunWasStopped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := map[string]string{}
	populate(w, ids)
	w.settled(t)
	unsettle(w, ids)
	ctx, cancel := context.WithCancel(t.Context())
	w.tune = func(c *importer.Config) {
		c.Progress = func(e importer.Event) {
			if e.Object == "Contact" {
				cancel()
			}
		}
	}
	_, err := w.importer(t).Incremental(ctx, "anna", nil)
	require.ErrorIs(t, err, context.Canceled)
	w.tune = nil
	im := w.importer(t)
	w.org.Advance(time.Hour)
	w.account("Later")

	report := w.foretold(t, im, importer.Incremental)

	require.NotNil(t, report.Resumed)
}

func TestDryRunOfACreatedAgainCustomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tune = func(c *importer.Config) { c.CreateAgain = true }
	acme := w.account("Acme")
	w.contact(acme, "Ada")
	im := w.importer(t)
	complete(t, im)
	w.query(t, `DELETE FROM customers RETURNING 1`)

	report := w.foretold(t, im, importer.Complete)

	require.Equal(t, 1, report.Run.Counts["Account"].Created)
}

func TestDryRunTellsWhatTheGuardWouldStop(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	accounts := w.crowd(60)
	im := w.settled(t)
	for _, id := range accounts[:51] {
		w.org.Delete(id)
	}

	dry, err := im.DryRun(t.Context(), "anna", importer.Incremental, nil)

	require.NoError(t, err)
	require.Equal(t, 51, dry.Report.Run.Counts["Account"].Retired)
	require.Equal(t, importer.GuardError{Object: "Account", Leaving: 51, Linked: 60, Limit: 50}, *dry.Guard[0])
	require.Len(t, dry.Guard, 2, "and the contacts")
	_, err = im.Incremental(t.Context(), "anna", &importer.RunOptions{MayRetire: dry.Guard[0].Leaving})
	require.NoError(t, err)
}

func TestDryRunListsSomeOfEachKindAndAllMatches(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 20 {
		w.own(t, fmt.Sprint("K-", i), "old")
		w.account("Known", "AccountNumber", fmt.Sprint("K-", i))
		w.account("New")
		w.account("Unticked", "ZEP__c", false)
	}
	w.own(t, "K-0", "twin")

	dry, err := w.importer(t).DryRun(t.Context(), "anna", importer.Complete, &importer.DryRunOptions{Limit: 5})

	require.NoError(t, err)
	kinds := map[importer.Result]int{}
	for _, e := range dry.Entries {
		kinds[e.Result]++
		if e.Result == importer.Matched {
			require.NotEmpty(t, e.HostID)
			require.NotEmpty(t, e.Reason)
		}
	}
	require.Equal(t, 19, kinds[importer.Matched])
	require.Equal(t, 5, kinds[importer.Skipped])
	require.LessOrEqual(t, kinds[importer.Created], 6)
	require.Equal(t, importer.Counts{Read: 60, Created: 21, Matched: 19, Skipped: 20}, dry.Report.Run.Counts["Account"])
	require.Equal(t, 60, len(dry.Entries)+dry.Omitted)
}

func TestDryRunNeitherWaitsForARunNorKeepsOthersOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.account("Acme")
	store := w.store(t)
	fence, err := store.Acquire(t.Context(), "another host", time.Minute)
	require.NoError(t, err)

	_, err = w.importer(t).DryRun(t.Context(), "anna", importer.Complete, nil)

	require.NoError(t, err)
	require.NoError(t, store.Save(t.Context(), fence, &importer.Checkpoint{}), "the other still holds its lease")
}

func TestDryRunIsRefusedAsTheRunWouldBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	im := w.importer(t)
	_, err := im.DryRun(t.Context(), "anna", importer.Incremental, nil)
	require.ErrorIs(t, err, importer.ErrNoComplete)
	_, err = im.DryRun(t.Context(), "anna", importer.Relink, nil)
	require.ErrorContains(t, err, `kind "link again"`)

	forbidden := errors.New("only admins")
	w.tune = func(c *importer.Config) {
		c.Allow = func(_ context.Context, _ string, op importer.Operation) error {
			if op == importer.Preview {
				return forbidden
			}
			return nil
		}
	}
	_, err = w.importer(t).DryRun(t.Context(), "anna", importer.Complete, nil)
	require.ErrorIs(t, err, forbidden)
}

func TestDryRunDoesNotTakeAwayTheJobOfAStoppedRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 20 {
		w.account("Acme")
	}
	ctx, cancel := context.WithCancel(t.Context())
	w.tune = func(c *importer.Config) {
		c.BulkAbove = 5
		c.Progress = func(e importer.Event) {
			if e.Step == "applied" {
				cancel()
			}
		}
	}
	im := w.importer(t)
	_, err := im.Complete(ctx, "anna", nil)
	require.ErrorIs(t, err, context.Canceled)
	available, err := im.Available(t.Context())
	require.NoError(t, err)
	job := available.Unfinished.Position.Job
	require.NotEmpty(t, job)

	_, err = im.DryRun(t.Context(), "anna", importer.Complete, nil)

	require.NoError(t, err)
	_, err = w.client(t, w.org.Transport()).QueryJob(t.Context(), job)
	require.NoError(t, err)
	report := complete(t, im)
	require.NotNil(t, report.Resumed)
	require.Len(t, w.query(t, `SELECT 1 FROM customers`), 20)
}

// A run that broke off between host and store has written records whose links
// do not name them yet.
func TestDryRunKnowsWhatAStoppedRunHasWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.account("Acme")
	w.contact(acme, "Ada")
	w.tune = func(c *importer.Config) {
		store := c.Store
		c.Sink, c.Store = &apart{c.Sink.(importer.Finder)}, &brokenStore{Store: store, fails: func(c *importer.Checkpoint) bool {
			return len(c.Links) > 0 && c.Links[0].State == importer.Linked
		}}
	}
	_, err := w.importer(t).Complete(t.Context(), "anna", nil)
	require.ErrorIs(t, err, errFull)
	w.org.Update(acme, map[string]any{"Phone": "1"})
	w.tune = func(c *importer.Config) { c.Sink = &apart{c.Sink.(importer.Finder)} }

	report := w.foretold(t, w.importer(t), importer.Complete)

	require.NotNil(t, report.Resumed)
	require.Zero(t, report.Run.Counts["Account"].Failed)
}

// A brokenStore does not take some checkpoints.
type brokenStore struct {
	importer.Store
	fails func(*importer.Checkpoint) bool
}

func (s *brokenStore) Save(ctx context.Context, fence importer.Fence, c *importer.Checkpoint) error {
	if s.fails(c) {
		return errFull
	}
	return s.Store.Save(ctx, fence, c)
}
