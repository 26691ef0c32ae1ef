package riverimport_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/riverimport"
)

// stranger is a kind of job that we know nothing of.
type stranger struct{}

func (stranger) Kind() string { return "stranger" }

// abandon leaves the jobs as a process does that died an hour ago.
func (h *host) abandon(t *testing.T) {
	t.Helper()
	h.exec(t, `UPDATE sfbridge_imports.river_job SET state = 'running', attempt = 1, finalized_at = NULL,
		attempted_at = now() - interval '1 hour', attempted_by = array['dead']`)
}

// A client that leads and does not know our kind of job discards the stuck ones,
// here in our own schema, where it has no business.
func TestForeignLeaderLosesNoTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]int{"acme": 1})
	w.ask(t, riverimport.Request{Tenant: "acme"})
	w.abandon(t)
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(func(context.Context, *river.Job[stranger]) error { return nil }))
	foreign, err := river.NewClient(riverpgxv5.New(w.pool), &river.Config{
		Schema: "sfbridge_imports", Queues: map[string]river.QueueConfig{"strangers": {MaxWorkers: 1}}, Workers: workers,
		JobTimeout: time.Second, RescueStuckJobsAfter: 2 * time.Second, TestOnly: true, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	require.NoError(t, foreign.Start(t.Context()))
	require.Eventually(t, func() bool { return w.jobs(t, "discarded") == 1 }, 30*time.Second, 10*time.Millisecond)

	w.run(t)
	w.completed(t, "acme", 1)
	require.Equal(t, 1, w.jobs(t, "discarded"), "and the lost one is kept")
	require.NoError(t, foreign.StopAndCancel(context.WithoutCancel(t.Context())))
}

func TestDiscardedJobsAreKeptAndNotNeeded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, many("acme", 3, 1))
	for tenant := range w.orgs {
		w.ask(t, riverimport.Request{Tenant: tenant})
	}
	w.exec(t, `UPDATE sfbridge_imports.river_job SET finalized_at = now() - interval '1 year',
		state = CASE id WHEN 1 THEN 'discarded' ELSE 'completed' END::sfbridge_imports.river_job_state WHERE id <= 2`)
	w.exec(t, `DELETE FROM sfbridge_imports.river_job WHERE id = 3`)
	w.run(t)

	for tenant := range w.org {
		w.completed(t, tenant, 1)
	}
	old := func() (n int) {
		require.NoError(t, w.pool.QueryRow(t.Context(), `SELECT COUNT(*) FROM sfbridge_imports.river_job WHERE id <= 2`).Scan(&n))
		return n
	}
	require.Eventually(t, func() bool { return old() == 1 }, 30*time.Second, 50*time.Millisecond, "River cleans up")
	require.Equal(t, 1, w.jobs(t, "discarded"))
}

func TestStuckJobIsRescued(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]int{"acme": 1})
	w.ask(t, riverimport.Request{Tenant: "acme"})
	w.abandon(t)
	w.run(t)

	w.completed(t, "acme", 1)
	require.Equal(t, 1, w.jobs(t, ""), "the same job")
}

// That a job is done is noted after a while. Whoever dies before has it run
// again.
func TestJobThatRunsAgainDoesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]int{"acme": 1})
	stop := w.run(t)
	w.completed(t, "acme", 1)
	require.Eventually(t, func() bool { return w.waits(t) }, 10*time.Second, 10*time.Millisecond)
	stop()
	w.exec(t, `UPDATE sfbridge_imports.river_job SET state = 'available', scheduled_at = now()`)
	sent := len(w.org["acme"].Requests())

	again, err := w.host.scheduler(t.Context())
	require.NoError(t, err)
	w.scheduler = again
	w.run(t)
	require.Eventually(t, func() bool { return w.waits(t) }, 10*time.Second, 10*time.Millisecond)
	require.Len(t, w.org["acme"].Requests(), sent)
	require.Len(t, w.runs(t, "acme"), 1)
}

// An org that does not answer does not keep its worker: the job has a timeout,
// and the import goes on when the org answers again.
func TestImportThatHangsIsBrokenOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]int{"acme": 12}, func(cfg *riverimport.Config) {
		cfg.Slice, cfg.Timeout = 200*time.Millisecond, 400*time.Millisecond
	})
	way := &moody{RoundTripper: w.orgs["acme"], hang: make(chan struct{}, 2)}
	w.orgs["acme"] = way
	way.hang <- struct{}{}
	way.hang <- struct{}{}
	w.run(t)

	run := w.completed(t, "acme", 1)
	require.Equal(t, importer.Complete, run.Kind)
	require.Equal(t, 12, run.Counts["Account"].Created)
	require.Empty(t, way.hang)
}

// moody hangs for as many queries as it has tokens. A login would go on by itself
// when its caller is gone.
type moody struct {
	http.RoundTripper
	hang chan struct{}
}

func (m *moody) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/queryAll") {
		return m.RoundTripper.RoundTrip(r)
	}
	select {
	case <-m.hang:
		<-r.Context().Done()
		return nil, r.Context().Err()
	default:
		return m.RoundTripper.RoundTrip(r)
	}
}
