package riverrouting_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/outbox"
	"github.com/sfbridge/sfbridge/routing/riverrouting"
)

func TestDocumentIsAcceptedWithTheHostsTransaction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.exec(t, `CREATE TABLE signatures (contract TEXT)`)
	signed := func(key string, finish func(pgx.Tx, context.Context) error) string {
		accepted, err := w.accept(t.Context(), w.submission(key), func(tx pgx.Tx, ctx context.Context) error {
			_, err := tx.Exec(ctx, `INSERT INTO signatures VALUES ($1)`, key)
			require.NoError(t, err)
			return finish(tx, ctx)
		})
		require.NoError(t, err)
		return accepted.ID
	}
	w.run(t)
	gone := signed("a", pgx.Tx.Rollback)
	id := signed("b", pgx.Tx.Commit)

	w.delivered(t, id)
	_, err := w.router.Delivery(t.Context(), gone)
	require.ErrorIs(t, err, outbox.ErrNotFound)
	require.Equal(t, 1, w.jobs(t, ""))
	repeated, err := w.accept(t.Context(), w.submission("b"), pgx.Tx.Commit)
	require.NoError(t, err)
	require.True(t, repeated.Repeated)
	require.Equal(t, id, repeated.ID)
}

// A job that is inserted beside the open transaction would wait for a connection
// that the transaction has.
func TestOpenTransactionNeedsNoSecondConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cfg := w.pool.Config().Copy()
	cfg.MaxConns = 1
	single, err := pgxpool.NewWithConfig(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(single.Close)
	w.pool = single
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()

	accepted, err := w.accept(ctx, w.submission("a"), func(tx pgx.Tx, ctx context.Context) error {
		require.EqualValues(t, 1, single.Stat().AcquiredConns())
		return tx.Commit(ctx)
	})

	require.NoError(t, err)
	require.Equal(t, 1, w.jobs(t, "available"))
	w.run(t)
	w.delivered(t, accepted.ID)
}

// What the router accepts by itself has no job, until a sweep sees it.
func TestDeliveryWithoutAJobIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	accepted, err := w.router.Route(t.Context(), w.submission("a"))
	require.NoError(t, err)
	w.run(t)

	w.delivered(t, accepted.ID)
	require.Eventually(t, func() bool { return w.jobs(t, "completed") == 1 }, 10*time.Second, 10*time.Millisecond)
}

// A parked delivery is done with its job; driven again, it has another one.
func TestRedrivenDeliveryGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.committed(t, "a")
	n, err := w.router.Park(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	w.run(t)
	require.Eventually(t, func() bool { return w.jobs(t, "completed") == 1 }, 10*time.Second, 10*time.Millisecond)
	require.Empty(t, w.org.Records("ContentVersion"))

	_, err = w.router.Redrive(t.Context(), id)
	require.NoError(t, err)
	w.delivered(t, id)
}

// stranger is a kind of job that we know nothing of.
type stranger struct{}

func (stranger) Kind() string { return "stranger" }

// abandon leaves the jobs as a process does that died an hour ago.
func (w *world) abandon(t *testing.T) {
	t.Helper()
	w.exec(t, `UPDATE sfbridge_deliveries.river_job SET state = 'running', attempt = 1, finalized_at = NULL,
		attempted_at = now() - interval '1 hour', attempted_by = array['dead']`)
}

// A client that leads and does not know our kind of job discards the stuck ones,
// here in our own schema, where it has no business.
func TestForeignLeaderLosesNoDelivery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.committed(t, "a")
	w.abandon(t)
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(func(context.Context, *river.Job[stranger]) error { return nil }))
	foreign, err := river.NewClient(riverpgxv5.New(w.pool), &river.Config{
		Schema: "sfbridge_deliveries", Queues: map[string]river.QueueConfig{"strangers": {MaxWorkers: 1}}, Workers: workers,
		JobTimeout: time.Second, RescueStuckJobsAfter: 2 * time.Second, TestOnly: true, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	require.NoError(t, foreign.Start(t.Context()))
	require.Eventually(t, func() bool { return w.jobs(t, "discarded") == 1 }, 30*time.Second, 10*time.Millisecond)

	w.run(t)
	w.delivered(t, id)
	require.Equal(t, 1, w.jobs(t, "discarded"), "and the lost one is kept")
	require.NoError(t, foreign.StopAndCancel(context.WithoutCancel(t.Context())))
}

func TestDiscardedJobsAreKeptAndNotNeeded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := []string{w.committed(t, "a"), w.committed(t, "b"), w.committed(t, "c")}
	w.exec(t, `UPDATE sfbridge_deliveries.river_job SET finalized_at = now() - interval '1 year',
		state = CASE id WHEN 1 THEN 'discarded' ELSE 'completed' END::sfbridge_deliveries.river_job_state WHERE id <= 2`)
	w.exec(t, `DELETE FROM sfbridge_deliveries.river_job WHERE id = 3`)
	w.run(t)

	for _, id := range ids {
		w.delivered(t, id)
	}
	old := func() (n int) {
		require.NoError(t, w.pool.QueryRow(t.Context(), `SELECT COUNT(*) FROM sfbridge_deliveries.river_job WHERE id <= 2`).Scan(&n))
		return n
	}
	require.Eventually(t, func() bool { return old() == 1 }, 30*time.Second, 50*time.Millisecond, "River cleans up")
	require.Equal(t, 1, w.jobs(t, "discarded"))
}

// A job that is stuck keeps others from being inserted. River rescues it after a
// while; its delivery does not wait for that.
func TestStuckJobHoldsNoDeliveryUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(_ *routing.Config, cfg *riverrouting.Config) { cfg.RescueAfter = 3 * time.Hour })
	id := w.committed(t, "a")
	w.abandon(t)
	w.run(t)

	w.delivered(t, id)
	require.Equal(t, 1, w.jobs(t, "running"))
}

func TestStuckJobIsRescued(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(_ *routing.Config, cfg *riverrouting.Config) { cfg.Sweep = time.Hour })
	id := w.committed(t, "a")
	w.abandon(t)
	w.run(t)

	w.delivered(t, id)
}

// That a job is done is noted after a while. Whoever dies before has it run
// again.
func TestJobThatRunsAgainDoesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.committed(t, "a")
	stop := w.run(t)
	w.delivered(t, id)
	stop()
	w.exec(t, `UPDATE sfbridge_deliveries.river_job SET state = 'available', finalized_at = NULL`)
	sent := len(w.org.Requests())

	again, err := open(t.Context(), w.surroundings, w.org.Transport())
	require.NoError(t, err)
	t.Cleanup(again.pool.Close)
	w.host = again
	w.run(t)
	require.Eventually(t, func() bool { return w.jobs(t, "completed") == 1 }, 10*time.Second, 10*time.Millisecond)
	require.Len(t, w.org.Requests(), sent)
	w.delivered(t, id)
}

// hanging uploads never, the first times, until its time is up.
type hanging struct {
	routing.Destination
	times chan struct{}
}

func (h hanging) Find(ctx context.Context, d routing.Document) (routing.Finding, error) {
	select {
	case <-h.times:
		<-ctx.Done()
		return routing.Finding{}, ctx.Err()
	default:
		return h.Destination.Find(ctx, d)
	}
}

// A step that hangs is broken off by the job's timeout, and goes on.
func TestStepThatHangsIsBrokenOff(t *testing.T) {
	t.Parallel()
	times := make(chan struct{}, 2)
	times <- struct{}{}
	times <- struct{}{}
	w := newWorld(t, func(rules *routing.Config, cfg *riverrouting.Config) {
		rules.Destination = hanging{rules.Destination, times}
		rules.UploadTimeout, cfg.Timeout = 200*time.Millisecond, 300*time.Millisecond
	})
	id := w.committed(t, "a")
	w.run(t)

	w.delivered(t, id)
	require.Empty(t, times)
}

func TestFaultsOfAConfigAreAllNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := riverrouting.New(t.Context(), riverrouting.Config{
		Router: w.router, Workers: -1, Timeout: uploadTimeout, RescueAfter: time.Millisecond, Sweep: -1, Retry: -1, PurgeEvery: -1,
	})
	for _, part := range []string{"Pool is missing", "Workers -1", "does not exceed the router's UploadTimeout", "RescueAfter", "Sweep", "Retry", "PurgeEvery"} {
		require.ErrorContains(t, err, part)
	}
	_, err = riverrouting.New(t.Context(), riverrouting.Config{Router: w.router, Pool: w.pool, Timeout: -1})
	require.ErrorContains(t, err, "Timeout -1ns", "without a timeout no job is ever rescued")
}
