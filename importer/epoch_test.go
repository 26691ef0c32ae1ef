package importer_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/sqlstore"
)

// A torn world is one in which the host and the importer's state have databases
// of their own, each with its backups.
type torn struct {
	*world
	state *sql.DB
}

func newTorn(t *testing.T) *torn {
	t.Helper()
	w := &torn{world: newWorld(t), state: newWorld(t).db}
	w.tune = func(c *importer.Config) {
		store, err := sqlstore.Open(t.Context(), w.state, sqlstore.Config{Dialect: sqlstore.SQLite, Now: w.now})
		require.NoError(t, err)
		c.Store = store
	}
	return w
}

// backup copies a database, and gives what brings the copy back.
func backup(t *testing.T, db **sql.DB) (restore func()) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "backup.db")
	_, err := (*db).ExecContext(t.Context(), `VACUUM INTO ?`, file)
	require.NoError(t, err)
	return func() {
		copied, err := sql.Open("sqlite", "file:"+file+"?_txlock=immediate&_pragma=synchronous(off)&_pragma=journal_mode(memory)")
		require.NoError(t, err)
		copied.SetMaxOpenConns(1)
		t.Cleanup(func() { require.NoError(t, copied.Close()) })
		*db = copied
	}
}

// hosts is what the host has, and under which customer, whatever its own ids are.
func (w *torn) hosts(t *testing.T) []string {
	t.Helper()
	return w.query(t, `SELECT c.sf_id, c.name, c.phone, c.active, o.sf_id, o.name, o.active, p.sf_id, p.name, p.budget, p.active FROM customers c
		LEFT JOIN contacts o ON o.customer_id = c.id LEFT JOIN projects p ON p.customer_id = c.id ORDER BY c.sf_id, o.sf_id, p.sf_id`)
}

// live plays what happens in the org between two imports.
func (w *torn) live(t *testing.T, before func()) {
	t.Helper()
	im := w.importer(t)
	var accounts, contacts []string
	for _, name := range []string{"changed", "deleted", "purged", "restored", "unticked", "ticked", "as ever"} {
		account := w.account(name, "ZEP__c", name != "ticked")
		accounts, contacts = append(accounts, account), append(contacts, w.contact(account, "contact of "+name))
		w.opportunity(account, "tower of "+name, "Closed Won")
	}
	w.org.Delete(accounts[3])
	complete(t, im)
	w.org.Advance(time.Hour)
	before()
	w.org.Update(accounts[0], map[string]any{"Phone": "1"})
	w.org.Delete(accounts[1])
	w.org.Delete(accounts[2])
	w.org.Undelete(accounts[3])
	w.org.Update(accounts[4], map[string]any{"ZEP__c": false})
	w.org.Update(accounts[5], map[string]any{"ZEP__c": true})
	w.org.Update(contacts[6], map[string]any{"AccountId": accounts[0]})
	w.opportunity(w.account("new"), "tower of new", "Closed Won")
	incremental(t, im)
	w.org.Purge(accounts[2])
	incremental(t, im)
}

func TestRestoredBackupNeedsACompleteImport(t *testing.T) {
	t.Parallel()
	for name, what := range map[string]func(*torn) **sql.DB{
		"of the host":  func(w *torn) **sql.DB { return &w.db },
		"of the state": func(w *torn) **sql.DB { return &w.state },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTorn(t)
			var restore func()
			w.live(t, func() { restore = backup(t, what(w)) })
			expected := w.hosts(t)
			restore()
			im := w.importer(t)
			found := w.hosts(t)

			_, err := im.Incremental(t.Context(), "anna", nil)
			require.ErrorIs(t, err, importer.ErrStoreEpoch)
			require.ErrorContains(t, err, "run a complete import")
			_, err = im.Reconcile(t.Context(), "anna", nil)
			require.ErrorIs(t, err, importer.ErrStoreEpoch)
			_, err = im.LinkAgain(t.Context(), "anna", "customer", "1")
			require.ErrorIs(t, err, importer.ErrStoreEpoch)
			_, err = im.Plan(t.Context(), importer.Incremental)
			require.ErrorIs(t, err, importer.ErrStoreEpoch)
			_, err = im.DryRun(t.Context(), "anna", importer.Incremental, nil)
			require.ErrorIs(t, err, importer.ErrStoreEpoch)
			dry, err := im.DryRun(t.Context(), "anna", importer.Complete, nil)
			require.NoError(t, err)
			require.True(t, dry.Report.Run.Anew)
			require.Equal(t, found, w.hosts(t), "nothing was written")

			report := complete(t, im)
			require.Contains(t, report.Run.Note, "restored from a backup")
			require.Equal(t, dry.Report.Run.Counts, report.Run.Counts)
			require.Equal(t, expected, w.hosts(t))

			w.org.Advance(time.Hour)
			quiet := incremental(t, im)
			for object, counts := range quiet.Run.Counts {
				require.Equal(t, counts.Read, counts.Unchanged+counts.Skipped, object)
			}
			require.Equal(t, expected, w.hosts(t))
		})
	}
}

func TestCompleteImportAfterARestoreGoesOnWhereItWasStopped(t *testing.T) {
	t.Parallel()
	w := newTorn(t)
	var restore func()
	w.live(t, func() { restore = backup(t, &w.db) })
	expected := w.hosts(t)
	restore()
	plain := w.tune
	ctx, cancel := context.WithCancel(t.Context())
	w.tune = func(c *importer.Config) {
		plain(c)
		stopAfter(2, cancel)(c)
	}
	_, err := w.importer(t).Complete(ctx, "anna", nil)
	require.ErrorIs(t, err, context.Canceled)

	w.tune = plain
	_, err = w.importer(t).Incremental(t.Context(), "anna", nil)
	require.ErrorIs(t, err, importer.ErrStoreEpoch, "it has not come to its end")
	report := complete(t, w.importer(t))

	require.True(t, report.Resumed.Run.Anew)
	require.Equal(t, expected, w.hosts(t))
}

func TestSecondRestoreBeginsTheCompleteImportAnew(t *testing.T) {
	t.Parallel()
	w := newTorn(t)
	var first, second func()
	w.live(t, func() { first, second = backup(t, &w.db), backup(t, &w.db) })
	expected := w.hosts(t)
	first()
	plain := w.tune
	ctx, cancel := context.WithCancel(t.Context())
	w.tune = func(c *importer.Config) {
		plain(c)
		stopAfter(4, cancel)(c)
	}
	_, err := w.importer(t).Complete(ctx, "anna", nil)
	require.ErrorIs(t, err, context.Canceled)
	second()

	w.tune = plain
	report := complete(t, w.importer(t))

	require.Nil(t, report.Resumed)
	require.Equal(t, expected, w.hosts(t))
}

// A failing sink does not take epochs.
type failing struct{ *sqlstore.Store }

var errFull = errors.New("disk full")

func (failing) SetEpoch(context.Context, string) error { return errFull }

func TestEpochThatCannotBeSetLosesNothing(t *testing.T) {
	t.Parallel()
	w := newTorn(t)
	w.account("Acme")
	complete(t, w.importer(t))
	plain := w.tune
	w.tune = func(c *importer.Config) {
		plain(c)
		c.Sink = failing{c.Sink.(*sqlstore.Store)}
	}
	w.org.Advance(time.Hour)
	w.account("Umbrella")
	_, err := w.importer(t).Incremental(t.Context(), "anna", nil)
	require.ErrorIs(t, err, errFull)
	require.Len(t, w.hosts(t), 1, "before any write")

	w.tune = plain
	incremental(t, w.importer(t))

	require.Len(t, w.hosts(t), 2)
}
