package sqlstore_test

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/importer/sqlstore"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
)

const (
	acme = salesforce.ID("001000000000001AAA")
	ada  = salesforce.ID("003000000000001AAA")
)

func database(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "test.db")+"?_txlock=immediate")
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func objects(t *testing.T, config customers.Config) []importer.Object {
	t.Helper()
	objects, err := customers.Objects(config)
	require.NoError(t, err)
	return objects
}

func open(t *testing.T, db *sql.DB, now func() time.Time) *sqlstore.Store {
	t.Helper()
	store, err := sqlstore.Open(t.Context(), db, sqlstore.Config{Dialect: sqlstore.SQLite, Objects: objects(t, customers.Config{}), Now: now})
	require.NoError(t, err)
	return store
}

// put makes a change of what the default rules make of a record.
func put(t *testing.T, kind string, id salesforce.ID, record salesforce.Record) importer.Change {
	t.Helper()
	for _, o := range objects(t, customers.Config{}) {
		if o.Kind == kind {
			values, err := o.Mapping.Apply(record)
			require.NoError(t, err)
			return importer.Change{Kind: kind, Action: importer.Put, ID: id, Values: values}
		}
	}
	t.Fatalf("no kind %s", kind)
	return importer.Change{}
}

func TestApplyIsIdempotentAndTellsWhatChanged(t *testing.T) {
	t.Parallel()
	db := database(t)
	store := open(t, db, nil)
	change := put(t, "customer", acme, salesforce.Record{"Name": "Acme", "Phone": "1"})

	first, err := store.Apply(t.Context(), []importer.Change{change})
	require.NoError(t, err)
	require.Equal(t, []importer.Outcome{{HostID: "1", Result: importer.Created}}, first)

	again, err := store.Apply(t.Context(), []importer.Change{change})
	require.NoError(t, err)
	require.Equal(t, []importer.Outcome{{HostID: "1", Result: importer.Unchanged}}, again)

	change = put(t, "customer", acme, salesforce.Record{"Name": "Acme", "Phone": nil})
	change.HostID = "1"
	cleared, err := store.Apply(t.Context(), []importer.Change{change})
	require.NoError(t, err)
	require.Equal(t, []importer.Outcome{{
		HostID: "1", Result: importer.Updated, Changed: []importer.FieldChange{{Field: "phone", Old: "1"}},
	}}, cleared)
}

func TestFieldThatWasNotReadKeepsItsValue(t *testing.T) {
	t.Parallel()
	store := open(t, database(t), nil)
	_, err := store.Apply(t.Context(), []importer.Change{put(t, "customer", acme, salesforce.Record{"Name": "Acme", "Phone": "1"})})
	require.NoError(t, err)

	outcomes, err := store.Apply(t.Context(), []importer.Change{put(t, "customer", acme, salesforce.Record{"Name": "Acme"})})

	require.NoError(t, err)
	require.Equal(t, importer.Unchanged, outcomes[0].Result)
}

func TestRetireRestoreAndMissing(t *testing.T) {
	t.Parallel()
	db := database(t)
	store := open(t, db, nil)
	change := put(t, "customer", acme, salesforce.Record{"Name": "Acme"})
	_, err := store.Apply(t.Context(), []importer.Change{change})
	require.NoError(t, err)

	retire := importer.Change{Kind: "customer", Action: importer.Retire, ID: acme, HostID: "1"}
	outcomes, err := store.Apply(t.Context(), []importer.Change{retire})
	require.NoError(t, err)
	require.Equal(t, []importer.FieldChange{{Field: "active", Old: "1", New: "0"}}, outcomes[0].Changed)

	change.Action, change.HostID = importer.Restore, "1"
	outcomes, err = store.Apply(t.Context(), []importer.Change{change})
	require.NoError(t, err)
	require.Equal(t, []importer.FieldChange{{Field: "active", Old: "0", New: "1"}}, outcomes[0].Changed)

	_, err = db.ExecContext(t.Context(), `DELETE FROM customers`)
	require.NoError(t, err)
	outcomes, err = store.Apply(t.Context(), []importer.Change{change})
	require.NoError(t, err)
	require.Equal(t, importer.Missing, outcomes[0].Result)
}

func TestStaleFenceWritesNothing(t *testing.T) {
	t.Parallel()
	clock := time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)
	db := database(t)
	store := open(t, db, func() time.Time { return clock })
	old, err := store.Acquire(t.Context(), "first", time.Minute)
	require.NoError(t, err)
	_, err = store.Acquire(t.Context(), "second", time.Minute)
	require.ErrorIs(t, err, importer.ErrRunActive)
	require.ErrorContains(t, err, "first")
	clock = clock.Add(2 * time.Minute)
	_, err = store.Acquire(t.Context(), "second", time.Minute)
	require.NoError(t, err)

	err = store.ApplyAndSave(t.Context(), old, []importer.Change{put(t, "customer", acme, salesforce.Record{"Name": "Acme"})},
		func([]importer.Outcome) *importer.Checkpoint { return &importer.Checkpoint{Watermark: clock} })

	require.ErrorIs(t, err, importer.ErrLeaseLost)
	state, err := store.State(t.Context())
	require.NoError(t, err)
	require.True(t, state.Watermark.IsZero())
	var n int
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM customers`).Scan(&n))
	require.Zero(t, n, "the records are rolled back, too")
	require.NoError(t, store.Release(t.Context(), old), "a lost lease is released already")
}

func TestCheckpointRoundTrip(t *testing.T) {
	t.Parallel()
	moment := time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)
	store := open(t, database(t), nil)
	fence, err := store.Acquire(t.Context(), "me", time.Minute)
	require.NoError(t, err)
	link := importer.Link{Object: "Contact", ID: ada, Kind: "contact", HostID: "7", ParentID: acme, State: importer.Linked, Stamp: moment, Run: 3}
	run := importer.Run{Number: 3, Kind: importer.Complete, Status: importer.Running, Started: moment, Position: importer.Position{Step: 2, AfterID: ada}}
	tasks := []importer.Task{{Object: "Contact", ID: acme, Children: true}, {Object: "Contact", ID: ada}, {Object: "Contact", ID: ada, Gone: true}}
	c := importer.Checkpoint{
		Run: &run, Org: "00D000000000062EAA", Seen: []string{"Account.ZEP__c"}, Watermark: moment, Links: []importer.Link{link}, NewTasks: tasks,
		Dead:    []importer.DeadLetter{{Object: "Contact", ID: ada, Reason: "no"}},
		Entries: []importer.Entry{{Run: 3, Object: "Contact", ID: ada, Result: importer.Created, Warnings: []string{"w"}, Changed: []importer.FieldChange{{Field: "f", Old: "a", New: "b"}}}},
		Audit:   []importer.AuditEntry{{Time: moment, Actor: "anna", Action: "import"}},
	}

	require.NoError(t, store.Save(t.Context(), fence, &c))

	state, err := store.State(t.Context())
	require.NoError(t, err)
	require.Equal(t, importer.State{Org: c.Org, Seen: c.Seen, Watermark: moment, Runs: 3, Last: &run}, state)
	found, ok, err := store.LinkOf(t.Context(), "contact", "7")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, link, found)
	listed, err := store.ListLinks(t.Context(), importer.LinkFilter{Object: "Contact", ParentID: acme, NotRun: 4, States: []importer.LinkState{importer.Linked}}, "", 10)
	require.NoError(t, err)
	require.Equal(t, []importer.Link{link}, listed)
	owed, err := store.Tasks(t.Context(), "Contact", 10)
	require.NoError(t, err)
	require.Equal(t, []importer.Task{{Object: "Contact", ID: acme, Children: true}, {Object: "Contact", ID: ada, Gone: true}}, owed)
	for e, err := range store.Entries(t.Context(), 3) {
		require.NoError(t, err)
		require.Equal(t, c.Entries[0], e)
	}
	for a, err := range store.Audit(t.Context()) {
		require.NoError(t, err)
		require.Equal(t, c.Audit[0], a)
	}

	require.NoError(t, store.Save(t.Context(), fence, &importer.Checkpoint{DoneTasks: owed}))
	owed, err = store.Tasks(t.Context(), "Contact", 10)
	require.NoError(t, err)
	require.Empty(t, owed)
	require.NoError(t, store.Save(t.Context(), fence, &importer.Checkpoint{RetryDead: true}))
	owed, err = store.Tasks(t.Context(), "Contact", 10)
	require.NoError(t, err)
	require.Equal(t, []importer.Task{{Object: "Contact", ID: ada}}, owed)
}

func TestNewTargetsBecomeColumns(t *testing.T) {
	t.Parallel()
	db := database(t)
	open(t, db, nil)
	rules := append(customers.CustomerRules(), mapping.Rule{Target: "industry", From: []string{"Industry"}})

	_, err := sqlstore.Open(t.Context(), db, sqlstore.Config{Dialect: sqlstore.SQLite, Objects: objects(t, customers.Config{CustomerRules: rules})})

	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `UPDATE customers SET industry = 'x'`)
	require.NoError(t, err)
}

func TestNamesAreChecked(t *testing.T) {
	t.Parallel()
	for name, target := range map[string]string{"no syntax": "name; DROP TABLE customers", "the store's own": "sf_id", "no capitals": "Name"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := customers.Config{CustomerRules: []mapping.Rule{{Target: target, From: []string{"Name"}}}}
			_, err := sqlstore.Open(t.Context(), database(t), sqlstore.Config{Dialect: sqlstore.SQLite, Objects: objects(t, config)})
			require.ErrorContains(t, err, "kind customer")
		})
	}
	_, err := sqlstore.Open(t.Context(), database(t), sqlstore.Config{Objects: objects(t, customers.Config{})})
	require.ErrorContains(t, err, "Dialect is missing")
}

func TestThatARecordIsGoneIsNeverTakenBack(t *testing.T) {
	t.Parallel()
	store := open(t, database(t), nil)
	fence, err := store.Acquire(t.Context(), "me", time.Minute)
	require.NoError(t, err)
	plain := importer.Task{Object: "Contact", ID: ada}
	gone := importer.Task{Object: "Contact", ID: ada, Gone: true}
	for name, checkpoints := range map[string][]importer.Checkpoint{
		"told first":  {{NewTasks: []importer.Task{gone}}, {NewTasks: []importer.Task{plain}}},
		"told later":  {{NewTasks: []importer.Task{plain}}, {NewTasks: []importer.Task{gone}}},
		"dead letter": {{NewTasks: []importer.Task{plain}, Dead: []importer.DeadLetter{{Object: "Contact", ID: ada, Gone: true}}}, {RetryDead: true}},
	} {
		for _, c := range checkpoints {
			require.NoError(t, store.Save(t.Context(), fence, &c), name)
		}
		owed, err := store.Tasks(t.Context(), "Contact", 10)
		require.NoError(t, err)
		require.Equal(t, []importer.Task{gone}, owed, name)
		require.NoError(t, store.Save(t.Context(), fence, &importer.Checkpoint{DoneTasks: owed, Alive: owed}))
	}
}
