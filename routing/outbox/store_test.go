package outbox_test

import (
	"cmp"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sfbridge/sfbridge/internal/sqlxtest"
	"github.com/sfbridge/sfbridge/routing/outbox"
	"github.com/sfbridge/sfbridge/routing/outbox/outboxtest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	outboxtest.TestStore(t, func(*testing.T) outbox.Store { return outbox.NewMemory() })
}

func TestSQL(t *testing.T) {
	t.Parallel()
	for _, dialect := range dialects {
		t.Run(dialect.String(), func(t *testing.T) {
			t.Parallel()
			outboxtest.TestStore(t, emptied(t, sqlxtest.New(t, dialect)))
		})
	}
}

// Drivers can be told to count rows, and to put values into statements,
// otherwise than they do by default.
func TestSQLWithOtherSettingsOfDrivers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		dialect outbox.Dialect
		change  func(dsn string) string
	}{
		"matched rows, interpolated": {outbox.MySQL, func(dsn string) string {
			cfg, err := mysql.ParseDSN(dsn)
			require.NoError(t, err)
			cfg.ClientFoundRows, cfg.InterpolateParams = true, true
			return cfg.FormatDSN()
		}},
		"simple protocol": {outbox.PostgreSQL, func(dsn string) string {
			address, err := url.Parse(dsn)
			require.NoError(t, err)
			query := address.Query()
			query.Set("default_query_exec_mode", "simple_protocol")
			address.RawQuery = query.Encode()
			return address.String()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := sqlxtest.New(t, c.dialect)
			database.DSN = c.change(database.DSN)
			outboxtest.TestStore(t, emptied(t, database))
		})
	}
}

// A stop between making the table and noting that makes it again.
func TestMigrationsCanBeRunAgain(t *testing.T) {
	t.Parallel()
	sqlxtest.Each(t, func(t *testing.T, database sqlxtest.Database) {
		db := database.Open(t)
		store := open(t, db, database.Dialect)
		_, _, err := store.Enqueue(t.Context(), nil, fresh("a", "k"))
		require.NoError(t, err)
		_, err = db.ExecContext(t.Context(), `UPDATE sfbridge_migrations SET version = 0`)
		require.NoError(t, err)
		store = open(t, db, database.Dialect)
		d, err := store.Get(t.Context(), "a")
		require.NoError(t, err)
		require.Equal(t, "k", d.Key)
	})
}

var dialects = []outbox.Dialect{outbox.SQLite, outbox.PostgreSQL, outbox.MySQL}

// emptied gives one ledger to one test after the other, empty: databases are
// expensive to make.
func emptied(t *testing.T, database sqlxtest.Database) func(*testing.T) outbox.Store {
	t.Helper()
	db := database.Open(t)
	store := open(t, db, database.Dialect)
	var turn sync.Mutex
	return func(t *testing.T) outbox.Store {
		turn.Lock()
		t.Cleanup(turn.Unlock)
		_, err := db.ExecContext(t.Context(), `DELETE FROM sfbridge_outbox`)
		require.NoError(t, err)
		return store
	}
}

func open(t *testing.T, db *sql.DB, dialect outbox.Dialect) *outbox.SQL {
	t.Helper()
	store, err := outbox.NewSQL(t.Context(), db, dialect)
	require.NoError(t, err)
	return store
}

// Two programs with the same ledger.
func TestSQLIsSharedByConnections(t *testing.T) {
	t.Parallel()
	sqlxtest.Each(t, func(t *testing.T, database sqlxtest.Database) {
		one, other := open(t, database.Open(t), database.Dialect), open(t, database.Open(t), database.Dialect)
		d := fresh("a", "k")

		_, created, err := one.Enqueue(t.Context(), nil, d)
		require.NoError(t, err)
		require.True(t, created)
		_, created, err = other.Enqueue(t.Context(), nil, d)
		require.NoError(t, err)
		require.False(t, created)

		c := outbox.Claim{Kinds: []string{"test"}, Now: d.NotBefore, Until: d.NotBefore.Add(time.Minute), Max: 1}
		claimed, err := one.Claim(t.Context(), c)
		require.NoError(t, err)
		require.Len(t, claimed, 1)
		c.Now, c.Until = c.Until, c.Until.Add(time.Minute)
		_, err = other.Claim(t.Context(), c)
		require.NoError(t, err)
		require.ErrorIs(t, one.Save(t.Context(), claimed[0]), outbox.ErrLeaseLost)
	})
}

func fresh(id, key string) outbox.Delivery {
	now := time.Unix(1_558_612_800, 0).UTC()
	return outbox.Delivery{ID: id, Key: key, Kind: "test", State: "new", NotBefore: now, Created: now, Updated: now}
}

// What the host writes and what it wants delivered are one.
func TestEnqueueInTheHostsTransaction(t *testing.T) {
	t.Parallel()
	sqlxtest.Each(t, testHostsTransaction)
}

func testHostsTransaction(t *testing.T, database sqlxtest.Database) {
	db := database.Open(t)
	store := open(t, db, database.Dialect)
	_, err := db.ExecContext(t.Context(), `CREATE TABLE contracts (name VARCHAR(20))`)
	require.NoError(t, err)
	for _, committed := range []bool{false, true} {
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		_, err = tx.ExecContext(t.Context(), `INSERT INTO contracts (name) VALUES ('Leap')`)
		require.NoError(t, err)
		for _, created := range []bool{true, false} { // the second time it sees its own
			d, isNew, err := store.Enqueue(t.Context(), tx, fresh("a", "k"))
			require.NoError(t, err)
			require.Equal(t, created, isNew)
			require.Equal(t, "a", d.ID)
		}
		if committed {
			require.NoError(t, tx.Commit())
		} else {
			require.NoError(t, tx.Rollback())
		}
		var contracts int
		require.NoError(t, db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM contracts`).Scan(&contracts))
		require.Equal(t, committed, contracts == 1)
		_, err = store.Get(t.Context(), "a")
		require.Equal(t, committed, err == nil, err)
	}
}

func TestMemoryRefusesTransactions(t *testing.T) {
	t.Parallel()
	store := outbox.NewMemory()
	_, _, err := store.Enqueue(t.Context(), &sql.Tx{}, fresh("a", "k"))
	require.ErrorContains(t, err, "has no transactions")
	_, err = store.Get(t.Context(), "a")
	require.ErrorIs(t, err, outbox.ErrNotFound)
}

// A disk that is full is told to whoever enqueues; nothing is taken by half.
func TestEnqueueOnAFullDisk(t *testing.T) {
	t.Parallel()
	database := sqlxtest.New(t, outbox.SQLite)
	db := database.Open(t)
	store := open(t, db, outbox.SQLite)
	_, err := db.ExecContext(t.Context(), `PRAGMA max_page_count = 40`)
	require.NoError(t, err)

	var accepted []string
	refused := 0
	for n := range 100 {
		d := fresh(fmt.Sprintf("d%03d", n), fmt.Sprint(n))
		d.Payload = make([]byte, 2000)
		_, created, err := store.Enqueue(t.Context(), nil, d)
		if err != nil {
			require.ErrorContains(t, err, "full")
			refused++
			continue
		}
		require.True(t, created)
		accepted = append(accepted, d.ID)
	}
	require.NotEmpty(t, accepted)
	require.NotZero(t, refused)
	var kept []string
	for d, err := range store.List(t.Context(), outbox.Filter{}) {
		require.NoError(t, err)
		kept = append(kept, d.ID)
	}
	require.Equal(t, accepted, kept)
}

func TestNewSQLRefusesAnUnknownDialect(t *testing.T) {
	t.Parallel()
	_, err := outbox.NewSQL(t.Context(), nil, 0)
	require.ErrorContains(t, err, "unknown SQL dialect Dialect(0)")
}

// Whatever happens, the two stores agree.
func TestStoresAgree(t *testing.T) {
	t.Parallel()
	for _, dialect := range dialects {
		t.Run(dialect.String(), func(t *testing.T) {
			t.Parallel()
			db := sqlxtest.New(t, dialect).Open(t)
			store := open(t, db, dialect)
			if relaxed, ok := relaxed[dialect]; ok {
				db.SetMaxOpenConns(1)
				_, err := db.ExecContext(t.Context(), relaxed)
				require.NoError(t, err)
			}
			run := 0
			rapid.Check(t, func(rt *rapid.T) {
				run++
				storesAgree(t, rt, store, fmt.Sprint("run", run))
			})
		})
	}
}

// relaxed has a connection not wait for the disk, which has no part in this.
var relaxed = map[outbox.Dialect]string{
	outbox.SQLite:     `PRAGMA synchronous = OFF`,
	outbox.PostgreSQL: `SET synchronous_commit TO off`,
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
			wantD, wantCreated, wantErr := model.Enqueue(t.Context(), nil, d)
			gotD, gotCreated, gotErr := real.Enqueue(t.Context(), nil, d)
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
		"park": func(rt *rapid.T) {
			ids := []string{pick(), pick()}
			want, err := model.Park(t.Context(), now, ids...)
			require.NoError(rt, err)
			got, err := real.Park(t.Context(), now, ids...)
			require.NoError(rt, err)
			require.Equal(rt, want, got)
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
			want, err := model.Counts(t.Context(), kind)
			require.NoError(rt, err)
			got, err := real.Counts(t.Context(), kind)
			require.NoError(rt, err)
			equal(rt, want, got)
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
