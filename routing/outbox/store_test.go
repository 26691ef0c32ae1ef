package outbox_test

import (
	"cmp"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"
	"pgregory.net/rapid"

	"github.com/sfbridge/sfbridge/routing/outbox"
	"github.com/sfbridge/sfbridge/routing/outbox/outboxtest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	outboxtest.TestStore(t, func(*testing.T) outbox.Store { return outbox.NewMemory() })
}

func TestSQLite(t *testing.T) {
	t.Parallel()
	outboxtest.TestStore(t, func(t *testing.T) outbox.Store { return openSQLite(t, filepath.Join(t.TempDir(), "outbox.db")) })
}

func openSQLite(t *testing.T, path string) *outbox.SQL {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	db.SetMaxOpenConns(1)
	store, err := outbox.NewSQL(t.Context(), db, outbox.SQLite)
	require.NoError(t, err)
	return store
}

func TestSQLIsSharedByConnections(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbox.db")
	one, other := openSQLite(t, path), openSQLite(t, path)
	now := time.Now()
	d := outbox.Delivery{ID: "a", Key: "k", Kind: "test", State: "new", NotBefore: now, Created: now, Updated: now}

	_, created, err := one.Enqueue(t.Context(), d)
	require.NoError(t, err)
	require.True(t, created)
	_, created, err = other.Enqueue(t.Context(), d)
	require.NoError(t, err)
	require.False(t, created)

	c := outbox.Claim{Kinds: []string{"test"}, Now: now, Until: now.Add(time.Minute), Max: 1}
	claimed, err := one.Claim(t.Context(), c)
	require.NoError(t, err)
	require.Len(t, claimed, 1)
	c.Now, c.Until = c.Until, c.Until.Add(time.Minute)
	_, err = other.Claim(t.Context(), c)
	require.NoError(t, err)
	require.ErrorIs(t, one.Save(t.Context(), claimed[0]), outbox.ErrLeaseLost)
}

func TestNewSQLRefusesOtherDialects(t *testing.T) {
	t.Parallel()
	for _, dialect := range []outbox.Dialect{0, outbox.PostgreSQL, outbox.MySQL} {
		_, err := outbox.NewSQL(t.Context(), nil, dialect)
		require.ErrorContains(t, err, dialect.String())
	}
}

// Whatever happens, the two stores agree.
func TestStoresAgree(t *testing.T) {
	t.Parallel()
	store := openSQLite(t, filepath.Join(memory(t), "outbox.db"))
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		storesAgree(t, rt, store, fmt.Sprint("run", run))
	})
}

// memory is a directory that costs no disk, where the system has such a thing.
func memory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "outbox") //nolint:usetesting // the disk is what makes these tests slow
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

func storesAgree(t *testing.T, rt *rapid.T, real *outbox.SQL, kind string) {
	model := outbox.NewMemory()
	now := time.Unix(1_558_612_800, 0).UTC()
	held := map[string]outbox.Delivery{}
	pick := func() string { return kind + rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "id") }
	rt.Repeat(map[string]func(*rapid.T){
		"wait": func(rt *rapid.T) {
			now = now.Add(time.Duration(rapid.IntRange(0, 90_000).Draw(rt, "ms")) * time.Millisecond)
		},
		"enqueue": func(rt *rapid.T) {
			d := outbox.Delivery{ID: pick(), Key: pick(), Kind: kind, State: "new", NotBefore: now, Created: now, Updated: now}
			wantD, wantCreated, wantErr := model.Enqueue(t.Context(), d)
			gotD, gotCreated, gotErr := real.Enqueue(t.Context(), d)
			require.Equal(rt, wantErr == nil, gotErr == nil)
			require.Equal(rt, wantCreated, gotCreated)
			equal(rt, wantD, gotD)
		},
		"claim": func(rt *rapid.T) {
			c := outbox.Claim{Kinds: []string{kind}, Now: now, Until: now.Add(time.Minute), Max: rapid.IntRange(1, 3).Draw(rt, "max")}
			if rapid.Bool().Draw(rt, "one") {
				c.ID = pick()
			}
			want, err := model.Claim(t.Context(), c)
			require.NoError(rt, err)
			got, err := real.Claim(t.Context(), c)
			require.NoError(rt, err)
			equal(rt, want, got)
			for _, d := range want {
				held[d.ID] = d
			}
		},
		"save": func(rt *rapid.T) {
			d, ok := held[pick()]
			if !ok {
				return
			}
			d.Status = rapid.SampledFrom([]outbox.Status{outbox.Pending, outbox.Parked, outbox.Done}).Draw(rt, "status")
			d.Payload, d.NotBefore, d.Updated = []byte(d.Status), now.Add(time.Second), now
			require.Equal(rt, model.Save(t.Context(), d), real.Save(t.Context(), d))
		},
		"extend": func(rt *rapid.T) {
			if d, ok := held[pick()]; ok {
				require.Equal(rt, model.Extend(t.Context(), d, now.Add(time.Minute)), real.Extend(t.Context(), d, now.Add(time.Minute)))
			}
		},
		"redrive": func(rt *rapid.T) {
			ids := []string{pick(), pick()}
			want, err := model.Redrive(t.Context(), now, ids...)
			require.NoError(rt, err)
			got, err := real.Redrive(t.Context(), now, ids...)
			require.NoError(rt, err)
			require.Equal(rt, want, got)
		},
		"purge": func(rt *rapid.T) {
			want, err := model.Purge(t.Context(), now, kind)
			require.NoError(rt, err)
			got, err := real.Purge(t.Context(), now, kind)
			require.NoError(rt, err)
			require.Equal(rt, want, got)
		},
		"": func(rt *rapid.T) {
			equal(rt, all(t, rt, model, kind), all(t, rt, real, kind))
		},
	})
}

func all(t *testing.T, rt *rapid.T, s outbox.Store, kind string) []outbox.Delivery {
	var found []outbox.Delivery
	for d, err := range s.List(t.Context(), outbox.Filter{Kinds: []string{kind}}) {
		require.NoError(rt, err)
		found = append(found, d)
	}
	require.True(rt, slices.IsSortedFunc(found, func(a, b outbox.Delivery) int { return cmp.Compare(a.ID, b.ID) }))
	return found
}

// equal takes an empty payload for an empty payload.
func equal(rt *rapid.T, want, got any) {
	require.Equal(rt, fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", got))
}
