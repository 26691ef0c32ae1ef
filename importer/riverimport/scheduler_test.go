package riverimport_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/riverimport"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func TestTenantIsImportedBySchedule(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]int{"acme": 3}, func(cfg *riverimport.Config) {
		cfg.Every, cfg.ReconcileEvery = 100*time.Millisecond, 2*time.Second
	})
	w.run(t)
	first := w.completed(t, "acme", 1)
	w.org["acme"].Insert("Account", map[string]any{"Name": "Globex"})
	var kinds []importer.RunKind
	created := 0
	for n := 2; len(kinds) == 0 || kinds[len(kinds)-1] != importer.Reconcile; n++ {
		run := w.completed(t, "acme", n)
		kinds, created = append(kinds, run.Kind), created+run.Counts["Account"].Created
	}

	require.Equal(t, importer.Complete, first.Kind)
	require.Equal(t, 3, first.Counts["Account"].Created)
	require.Equal(t, "schedule", first.Actor)
	require.Equal(t, importer.Incremental, kinds[0])
	require.Equal(t, 1, created)
	require.Equal(t, 1, w.jobs(t, ""), "one for all of it")
}

// What a person asks for is what Allow hears of, and is there if the host's
// transaction is.
func TestImportIsAskedForByAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]int{"acme": 3})
	w.host.tune = func(cfg *importer.Config) {
		cfg.Allow = func(_ context.Context, actor string, _ importer.Operation) error {
			if actor == "mallory" {
				return errors.New("mallory may not")
			}
			return nil
		}
	}
	rolledBack := errors.New("rolled back")
	err := pgx.BeginFunc(t.Context(), w.pool, func(tx pgx.Tx) error {
		require.NoError(t, w.scheduler.Ask(t.Context(), tx, riverimport.Request{Tenant: "acme", Import: importer.Complete, Actor: "bob"}))
		return rolledBack
	})
	require.ErrorIs(t, err, rolledBack)
	w.run(t)
	require.Equal(t, "schedule", w.completed(t, "acme", 1).Actor)
	w.ask(t, riverimport.Request{Tenant: "acme", Import: importer.Complete, Actor: "mallory"})
	require.Eventually(t, func() bool { return w.jobs(t, "cancelled") == 1 }, 10*time.Second, 10*time.Millisecond)
	w.ask(t, riverimport.Request{Tenant: "acme", Import: importer.Complete, Actor: "anna"})

	run := w.completed(t, "acme", 2)
	require.Equal(t, "anna", run.Actor)
	require.Equal(t, importer.Complete, run.Kind)
	require.Len(t, w.runs(t, "acme"), 2)
	im, err := w.importer(t.Context(), "acme")
	require.NoError(t, err)
	actors := map[string]bool{}
	for line, err := range im.Audit(t.Context()) {
		require.NoError(t, err)
		actors[line.Actor] = true
	}
	require.Equal(t, map[string]bool{"schedule": true, "anna": true}, actors)
}

// A request for what the schedule is at goes on with the same run, and is over when
// that is, whoever brings it to its end.
func TestRequestAndScheduleShareARun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]int{"acme": 60}, func(cfg *riverimport.Config) { cfg.Slice = 50 * time.Millisecond })
	w.orgs["acme"] = slow{w.orgs["acme"], 5 * time.Millisecond}
	w.run(t)
	require.Eventually(t, func() bool { return len(w.runs(t, "acme")) == 1 }, 20*time.Second, 10*time.Millisecond)
	w.ask(t, riverimport.Request{Tenant: "acme", Import: importer.Complete, Actor: "anna"})

	run := w.completed(t, "acme", 1)
	require.Equal(t, 60, run.Counts["Account"].Created)
	require.Eventually(t, func() bool { return w.jobs(t, "completed") == 1 && w.waits(t) }, 20*time.Second, 10*time.Millisecond)
	require.Len(t, w.runs(t, "acme"), 1)
}

func TestRequestsThatSayTooLittleAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, r := range []riverimport.Request{{}, {Tenant: "acme", Import: "all"}, {Tenant: "acme", Import: importer.Complete}} {
		err := pgx.BeginFunc(t.Context(), w.pool, func(tx pgx.Tx) error { return w.scheduler.Ask(t.Context(), tx, r) })
		require.ErrorContains(t, err, "riverimport: ask for")
	}
	require.Zero(t, w.jobs(t, ""))
}

// A job that is inserted beside the open transaction would wait for a connection
// that the transaction has.
func TestOpenTransactionNeedsNoSecondConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]int{"acme": 1})
	cfg := w.pool.Config().Copy()
	cfg.MaxConns = 1
	single, err := pgxpool.NewWithConfig(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(single.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()

	err = pgx.BeginFunc(ctx, single, func(tx pgx.Tx) error {
		return w.scheduler.Ask(ctx, tx, riverimport.Request{Tenant: "acme"})
	})

	require.NoError(t, err)
	require.Equal(t, 1, w.jobs(t, "available"))
}

// The org has no requests left for today: nobody asks it until it has.
func TestImportPausesWhenTheDayIsUsedUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]int{"acme": 12}, func(cfg *riverimport.Config) { cfg.Pause = time.Hour })
	w.org["acme"].Fail(salesforcetest.Fault{
		Code: "REQUEST_LIMIT_EXCEEDED", Times: 1,
		Match: func(r *http.Request) bool { return strings.Contains(r.URL.Query().Get("q"), "Id >") },
	})
	w.run(t)
	require.Eventually(t, func() bool { return w.waits(t) }, 20*time.Second, 20*time.Millisecond)

	runs := w.runs(t, "acme")
	require.Equal(t, importer.Paused, runs[0].Status)
	require.Equal(t, 5, runs[0].Counts["Account"].Created, "one page")
	w.exec(t, `UPDATE sfbridge_imports.river_job SET scheduled_at = now(), state = 'available'`) // the hour is over
	run := w.completed(t, "acme", 1)
	require.Equal(t, 12, run.Counts["Account"].Created)
}

func TestTenantThatIsGoneHasNoJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]int{"acme": 1})
	w.ask(t, riverimport.Request{Tenant: "gone"})
	w.run(t)

	require.Eventually(t, func() bool { return w.jobs(t, "completed") == 1 }, 10*time.Second, 10*time.Millisecond)
}

func TestFaultsOfAConfigAreAllNamed(t *testing.T) {
	t.Parallel()
	_, err := riverimport.New(t.Context(), riverimport.Config{
		Every: -1, Workers: -1, Slice: -1, Timeout: -2, RescueAfter: -3, Pause: -1, BackoffMin: -1, BackoffMax: -2, Sweep: -1,
	})
	for _, part := range []string{
		"Pool", "Importer", "Tenants", "Every", "Workers", "Troubled", "Slice", "Timeout -2ns does not exceed Slice", "RescueAfter", "Pause",
		"BackoffMin", "BackoffMax", "Sweep",
	} {
		require.ErrorContains(t, err, part)
	}
}
