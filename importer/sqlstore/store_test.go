package sqlstore_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/importer/sqlstore"
	"github.com/sfbridge/sfbridge/internal/sqlxtest"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
)

const (
	acme = salesforce.ID("001000000000001AAA")
	ada  = salesforce.ID("003000000000001AAA")
)

// each runs a test on every database.
func each(t *testing.T, test func(*testing.T, host)) {
	t.Parallel()
	sqlxtest.Each(t, func(t *testing.T, database sqlxtest.Database) {
		test(t, host{database.Open(t), database.Dialect})
	})
}

// A host is a database with whoever it belongs to.
type host struct {
	*sql.DB
	dialect sqlstore.Dialect
}

func objects(t *testing.T, config customers.Config) []importer.Object {
	t.Helper()
	objects, err := customers.Objects(config)
	require.NoError(t, err)
	return objects
}

func (h host) open(t *testing.T, now func() time.Time) *sqlstore.Store {
	t.Helper()
	store, err := sqlstore.Open(t.Context(), h.DB, sqlstore.Config{Dialect: h.dialect, Objects: objects(t, customers.Config{}), Now: now})
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
	each(t, func(t *testing.T, h host) {
		store := h.open(t, nil)
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
	})
}

func TestFieldThatWasNotReadKeepsItsValue(t *testing.T) {
	each(t, func(t *testing.T, h host) {
		store := h.open(t, nil)
		_, err := store.Apply(t.Context(), []importer.Change{put(t, "customer", acme, salesforce.Record{"Name": "Acme", "Phone": "1"})})
		require.NoError(t, err)

		outcomes, err := store.Apply(t.Context(), []importer.Change{put(t, "customer", acme, salesforce.Record{"Name": "Acme"})})

		require.NoError(t, err)
		require.Equal(t, importer.Unchanged, outcomes[0].Result)
	})
}

func TestRetireRestoreAndMissing(t *testing.T) {
	each(t, func(t *testing.T, h host) {
		store := h.open(t, nil)
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

		_, err = h.ExecContext(t.Context(), `DELETE FROM customers`)
		require.NoError(t, err)
		outcomes, err = store.Apply(t.Context(), []importer.Change{change})
		require.NoError(t, err)
		require.Equal(t, importer.Missing, outcomes[0].Result)
	})
}

func TestLeaseOfAClockThatWasAheadKeepsNobodyOut(t *testing.T) {
	each(t, func(t *testing.T, h host) {
		clock := time.Date(2027, 11, 16, 9, 0, 0, 0, time.UTC) // a year too late
		store := h.open(t, func() time.Time { return clock })
		old, err := store.Acquire(t.Context(), "first", time.Minute)
		require.NoError(t, err)
		clock = clock.AddDate(-1, 0, 0)

		_, err = store.Acquire(t.Context(), "second", time.Minute)

		require.NoError(t, err)
		require.ErrorIs(t, store.Save(t.Context(), old, &importer.Checkpoint{}), importer.ErrLeaseLost)
	})
}

func TestStaleFenceWritesNothing(t *testing.T) {
	each(t, func(t *testing.T, h host) {
		clock := time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)
		store := h.open(t, func() time.Time { return clock })
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
		require.NoError(t, h.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM customers`).Scan(&n))
		require.Zero(t, n, "the records are rolled back, too")
		require.NoError(t, store.Release(t.Context(), old), "a lost lease is released already")
	})
}

func TestCheckpointRoundTrip(t *testing.T) {
	each(t, func(t *testing.T, h host) {
		moment := time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)
		store := h.open(t, nil)
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
	})
}

func TestNewTargetsBecomeColumns(t *testing.T) {
	each(t, func(t *testing.T, h host) {
		h.open(t, nil)
		rules := append(customers.CustomerRules(), mapping.Rule{Target: "industry", From: []string{"Industry"}})

		_, err := sqlstore.Open(t.Context(), h.DB, sqlstore.Config{Dialect: h.dialect, Objects: objects(t, customers.Config{CustomerRules: rules})})

		require.NoError(t, err)
		_, err = h.ExecContext(t.Context(), `UPDATE customers SET industry = 'x'`)
		require.NoError(t, err)
	})
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	db := sqlxtest.New(t, sqlstore.SQLite).Open(t)
	target := func(name string) customers.Config {
		return customers.Config{CustomerRules: []mapping.Rule{{Target: name, From: []string{"Name"}}}}
	}
	for name, test := range map[string]struct {
		customers customers.Config
		tables    map[string]sqlstore.Table
		want      string
	}{
		"a column that is syntax":  {target("name; DROP TABLE customers"), nil, "is no name for a table or column"},
		"the store's own column":   {target("sf_id"), nil, "the column sf_id is named twice"},
		"active that is no box":    {target("active"), nil, "it takes a Checkbox"},
		"a table that is syntax":   {customers.Config{}, map[string]sqlstore.Table{"customer": {Name: "a\"b"}}, "is no name"},
		"one table for two kinds":  {customers.Config{}, map[string]sqlstore.Table{"customer": {Name: "contacts"}}, "have one table, contacts"},
		"a kind that is not there": {customers.Config{}, map[string]sqlstore.Table{"client": {}}, `the kind "client"`},
		"a target that is not there": {
			customers.Config{}, map[string]sqlstore.Table{"customer": {Columns: map[string]string{"title": "name"}}}, `the target "title", for which Columns has a column`,
		},
	} {
		_, err := sqlstore.Open(t.Context(), db, sqlstore.Config{Dialect: sqlstore.SQLite, Objects: objects(t, test.customers), Tables: test.tables})
		require.ErrorContains(t, err, test.want, name)
	}
	_, err := sqlstore.Open(t.Context(), db, sqlstore.Config{Objects: objects(t, customers.Config{})})
	require.ErrorContains(t, err, "Dialect is missing")
}

func TestThatARecordIsGoneIsNeverTakenBack(t *testing.T) {
	each(t, func(t *testing.T, h host) {
		store := h.open(t, nil)
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
	})
}
