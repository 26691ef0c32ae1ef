package importertest_test

import (
	"database/sql"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/importer/importertest"
	"github.com/sfbridge/sfbridge/importer/sqlstore"
	"github.com/sfbridge/sfbridge/internal/sqlxtest"
)

// A clock is moved by the tests.
type clock struct {
	mutex sync.Mutex
	now   time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.now = c.now.Add(d)
}

// A ready database has a store with its tables.
type ready struct {
	*sqlstore.Store
	db      *sql.DB
	clock   *clock
	objects []importer.Object
}

func open(t *testing.T, database sqlxtest.Database) *ready {
	t.Helper()
	objects, err := customers.Objects(customers.Config{Stages: []string{"Closed Won"}})
	require.NoError(t, err)
	r := &ready{db: database.Open(t), clock: newClock(), objects: objects}
	r.Store, err = sqlstore.Open(t.Context(), r.db, sqlstore.Config{Dialect: database.Dialect, Objects: objects, Now: r.clock.Now})
	require.NoError(t, err)
	return r
}

// host hands the database over as a sink, through wrap.
func (r *ready) host(wrap func(*sqlstore.Store) importer.Sink) importertest.Host {
	return importertest.Host{
		Sink:    wrap(r.Store),
		Objects: r.objects,
		Own: func(t *testing.T, kind string) (id string) {
			t.Helper()
			_, err := r.db.ExecContext(t.Context(), fmt.Sprintf(`INSERT INTO %ss (name) VALUES ('the host''s own')`, kind))
			require.NoError(t, err)
			require.NoError(t, r.db.QueryRowContext(t.Context(), fmt.Sprintf(`SELECT MAX(id) FROM %ss`, kind)).Scan(&id))
			return id
		},
		Delete: func(t *testing.T, kind, id string) {
			t.Helper()
			_, err := r.db.ExecContext(t.Context(), fmt.Sprintf(`DELETE FROM %ss WHERE id = %s`, kind, id))
			require.NoError(t, err)
		},
	}
}

func TestSQLStoreAsASink(t *testing.T) {
	t.Parallel()
	sqlxtest.Each(t, func(t *testing.T, database sqlxtest.Database) {
		importertest.TestSink(t, func(t *testing.T) importertest.Host {
			return open(t, sqlxtest.New(t, database.Dialect)).host(func(s *sqlstore.Store) importer.Sink { return s })
		})
	})
}

func TestSQLStoreAsAStore(t *testing.T) {
	t.Parallel()
	sqlxtest.Each(t, func(t *testing.T, database sqlxtest.Database) {
		importertest.TestStore(t, func(t *testing.T) importertest.Ledger {
			r := open(t, sqlxtest.New(t, database.Dialect))
			return importertest.Ledger{Store: r.Store, Pass: r.clock.pass}
		})
	})
}
