package routing_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/internal/sqlxtest"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/outbox"
)

// The host marks a contract as signed and has it delivered, both or neither.
func TestDocumentIsAcceptedWithTheHostsTransaction(t *testing.T) {
	t.Parallel()
	sqlxtest.Each(t, func(t *testing.T, database sqlxtest.Database) {
		w := newWorld(t)
		db := database.Open(t)
		store, err := outbox.NewSQL(t.Context(), db, database.Dialect)
		require.NoError(t, err)
		w.store = store
		r := w.router()
		for _, committed := range []bool{false, true} {
			tx, err := db.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			s := submission("a")
			s.Tx = tx
			accepted, err := r.Route(t.Context(), s)
			require.NoError(t, err)
			require.False(t, accepted.Repeated)
			if committed {
				require.NoError(t, tx.Commit())
			} else {
				require.NoError(t, tx.Rollback())
			}
			step(t, r)
			require.Equal(t, committed, w.uploads == 1)
		}
		w.check(r, map[string]string{"a": "document a"})
	})
}

func TestParkedDeliveriesRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onUpload = func(routing.Document) uploadFault { return uploadFault{stored: true, err: errUnknown} }
	r := w.router()
	open := route(t, w, r, "open")
	w.onUpload = nil
	accepted, err := r.Route(t.Context(), submission("waiting"))
	require.NoError(t, err)

	n, err := r.Park(t.Context(), open, accepted.ID, "nobody")
	require.NoError(t, err)
	require.Equal(t, 2, n)
	w.wait(24 * time.Hour)
	step(t, r)
	require.Equal(t, 1, w.uploads)
	require.Zero(t, w.finds)
	require.Equal(t, routing.Parked, state(t, r, open).State)
	require.Equal(t, routing.Parked, state(t, r, accepted.ID).State)
	counts, err := r.Counts(t.Context())
	require.NoError(t, err)
	require.Equal(t, []outbox.Count{
		{Kind: "routing.document", Status: outbox.Parked, State: string(routing.Ambiguous), N: 1, Oldest: start},
		{Kind: "routing.document", Status: outbox.Parked, State: string(routing.Spooled), N: 1, Oldest: start},
	}, counts)

	n, err = r.Redrive(t.Context(), open, accepted.ID)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	w.drain(r)
	require.Equal(t, 2, w.uploads, "the open one was asked about, and found")
	w.check(r, map[string]string{"open": "document open", "waiting": "document waiting"})
}

func TestSealedSpoolHoldsNothingInClear(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cfg := w.config(&process{world: w, fuse: -1})
	cfg.Spool.Key = []byte(strings.Repeat("k", 32))
	r, err := routing.New(cfg)
	require.NoError(t, err)
	_, err = r.Route(t.Context(), submission("a"))
	require.NoError(t, err)
	require.Len(t, w.spooled(), 1)
	files, err := filepath.Glob(filepath.Join(w.dir, "*"))
	require.NoError(t, err)
	content, err := os.ReadFile(files[0])
	require.NoError(t, err)
	require.NotContains(t, string(content), "document")
	step(t, r)
	w.check(r, map[string]string{"a": "document a"})

	cfg.Spool.Key = []byte("too short")
	_, err = routing.New(cfg)
	require.ErrorContains(t, err, "Key has 9 bytes")
	require.NotContains(t, err.Error(), "too short")
}
