package outbox

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"
)

// Between the two statements of a claim, the worker whose lease has just run
// out may still save.
func TestClaimSeesWhatWasSavedInBetween(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "outbox.db"))
	require.NoError(t, err)
	defer db.Close()
	s, err := NewSQL(t.Context(), db, SQLite)
	require.NoError(t, err)
	now := time.Unix(1_558_612_800, 0)
	for _, last := range []struct {
		status Status
		due    time.Duration
		taken  bool
	}{
		{Done, 0, false},
		{Pending, time.Hour, false},
		{Pending, 0, true},
	} {
		kind := string(last.status) + last.due.String()
		_, _, err = s.Enqueue(t.Context(), Delivery{ID: kind, Key: kind, Kind: kind, State: "new", NotBefore: now, Created: now, Updated: now})
		require.NoError(t, err)
		c := Claim{Kinds: []string{kind}, Now: now, Until: now.Add(time.Minute), Max: 1}
		held, err := s.Claim(t.Context(), c)
		require.NoError(t, err)

		c.Now, c.Until = c.Until, c.Until.Add(time.Minute)
		due, err := s.due(t.Context(), c)
		require.NoError(t, err)
		require.Len(t, due, 1)
		held[0].Status, held[0].Payload, held[0].NotBefore = last.status, []byte("saved"), c.Now.Add(last.due)
		require.NoError(t, s.Save(t.Context(), held[0]))
		claimed, err := s.take(t.Context(), c, due[0], nil)
		require.NoError(t, err)
		require.Equal(t, last.taken, len(claimed) == 1, kind)
		if last.taken {
			require.Equal(t, "saved", string(claimed[0].Payload))
			require.ErrorIs(t, s.Save(t.Context(), held[0]), ErrLeaseLost)
		}
	}
}
