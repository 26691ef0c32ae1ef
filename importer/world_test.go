package importer_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/importer/sqlstore"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

var morning = time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)

// A world is an org and a host, each with a clock of its own that stands still
// until a test moves it: the org's by Advance, the host's by pass.
type world struct {
	org    *salesforcetest.Org
	db     *sql.DB
	mutex  sync.Mutex
	clock  time.Time
	config customers.Config
	tune   func(*importer.Config)
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{clock: morning, config: customers.Config{Stages: []string{"Closed Won", "Negotiation/Review"}}}
	w.org = salesforcetest.NewOrg(&salesforcetest.Options{Now: func() time.Time { return morning }})
	require.NoError(t, w.org.Load(strings.NewReader(flagSchema)))
	db, err := sql.Open("sqlite", "file::memory:?_txlock=immediate") // lives as long as its one connection
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	w.db = db
	return w
}

// flagSchema gives Account the scope checkbox.
const flagSchema = `{"sobjects":[{"name":"Account","fields":[{"name":"ZEP__c","label":"ZEP","type":"boolean",
	"custom":true,"createable":true,"updateable":true,"nillable":false,"defaultedOnCreate":true,"defaultValue":false}]}]}`

func (w *world) now() time.Time {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.clock
}

func (w *world) pass(d time.Duration) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.clock = w.clock.Add(d)
}

func (w *world) client(t testing.TB, transport http.RoundTripper) *salesforce.Client {
	t.Helper()
	c, err := salesforce.New(salesforce.Config{
		LoginURL:   "https://acme.my.salesforce.com",
		Auth:       salesforce.SOAPLogin{Username: "user@example.com", Password: "secret", SecurityToken: "TOKEN"},
		HTTPClient: &http.Client{Transport: transport},
		Retry:      salesforce.Retry{Max: -1},
		Now:        w.now,
	})
	require.NoError(t, err)
	return c
}

func (w *world) objects(t testing.TB) []importer.Object {
	t.Helper()
	objects, err := customers.Objects(w.config)
	require.NoError(t, err)
	return objects
}

func (w *world) store(t testing.TB) *sqlstore.Store {
	t.Helper()
	store, err := sqlstore.Open(t.Context(), w.db, sqlstore.Config{Dialect: sqlstore.SQLite, Objects: w.objects(t), Now: w.now})
	require.NoError(t, err)
	return store
}

func (w *world) importer(t testing.TB) *importer.Importer {
	t.Helper()
	store := w.store(t)
	config := importer.Config{
		Client: w.client(t, w.org.Transport()), Store: store, Sink: store, Objects: w.objects(t), PageSize: 3, Now: w.now,
	}
	if w.tune != nil {
		w.tune(&config)
	}
	im, err := importer.New(config)
	require.NoError(t, err)
	return im
}

// account inserts a ticked account.
func (w *world) account(name string, fields ...any) string {
	return w.org.Insert("Account", with(map[string]any{"Name": name, "ZEP__c": true}, fields...))
}

func (w *world) contact(account, name string, fields ...any) string {
	return w.org.Insert("Contact", with(map[string]any{"AccountId": account, "LastName": name}, fields...))
}

func (w *world) opportunity(account, name, stage string, fields ...any) string {
	return w.org.Insert("Opportunity", with(map[string]any{
		"AccountId": account, "Name": name, "StageName": stage, "CloseDate": "2026-12-01", "Amount": 1000,
	}, fields...))
}

func with(record map[string]any, fields ...any) map[string]any {
	for i := 0; i < len(fields); i += 2 {
		record[fields[i].(string)] = fields[i+1]
	}
	return record
}

// hostID finds the host's record of a Salesforce id.
func (w *world) hostID(t testing.TB, table, sfID string) string {
	t.Helper()
	var id string
	require.NoError(t, w.db.QueryRowContext(t.Context(), `SELECT id FROM `+table+` WHERE sf_id = ?`, sfID).Scan(&id))
	return id
}

// value reads one column of a host record; "<nil>" stands for NULL.
func (w *world) value(t testing.TB, table, sfID, column string) string {
	t.Helper()
	var v any
	require.NoError(t, w.db.QueryRowContext(t.Context(), `SELECT `+column+` FROM `+table+` WHERE sf_id = ?`, sfID).Scan(&v))
	return fmt.Sprint(v)
}

// dump writes the host's tables and links, ordered, as text.
func (w *world) dump(t testing.TB) string {
	t.Helper()
	var b strings.Builder
	for _, query := range []string{
		`SELECT * FROM customers ORDER BY sf_id`,
		`SELECT * FROM contacts ORDER BY sf_id`,
		`SELECT * FROM projects ORDER BY sf_id`,
		`SELECT object, sf_id, kind, host_id, parent_id, state, free, retired, stamp FROM sfbridge_import_link ORDER BY object, sf_id`,
		`SELECT * FROM sfbridge_import_task ORDER BY object, sf_id`,
		`SELECT * FROM sfbridge_import_dead ORDER BY object, sf_id`,
		`SELECT org, watermark, fingerprint, seen FROM sfbridge_import_state`,
	} {
		fmt.Fprintln(&b, query)
		for _, row := range w.query(t, query) {
			fmt.Fprintln(&b, row)
		}
	}
	return b.String()
}

func (w *world) query(t testing.TB, query string, args ...any) (lines []string) {
	t.Helper()
	rows, err := w.db.QueryContext(t.Context(), query, args...)
	require.NoError(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	for rows.Next() {
		values, targets := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		require.NoError(t, rows.Scan(targets...))
		lines = append(lines, fmt.Sprintf("%q", values))
	}
	require.NoError(t, rows.Err())
	return lines
}

// entries collects a run's report as "result label: reason".
func entries(t testing.TB, im *importer.Importer, run int64) (lines []string) {
	t.Helper()
	for e, err := range im.Entries(context.WithoutCancel(t.Context()), run) {
		require.NoError(t, err)
		line := string(e.Result) + " " + e.Label
		if e.Reason != "" {
			line += ": " + e.Reason
		}
		lines = append(lines, line)
	}
	return lines
}

func complete(t *testing.T, im *importer.Importer) *importer.Report {
	t.Helper()
	report, err := im.Complete(t.Context(), "anna", nil)
	require.NoError(t, err)
	return report
}

func incremental(t *testing.T, im *importer.Importer) *importer.Report {
	t.Helper()
	report, err := im.Incremental(t.Context(), "anna", nil)
	require.NoError(t, err)
	return report
}
