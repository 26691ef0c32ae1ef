package customers_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"slices"
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

// A world is an org and a host. Its clock stands still until a story moves it.
type world struct {
	testing.TB
	org    *salesforcetest.Org
	db     *sql.DB
	config customers.Config
	tune   func(*importer.Config)
}

// ticked is the scope checkbox.
var ticked = salesforcetest.Field{Name: "ZEP__c", Label: "ZEP", Type: "boolean", Default: false}

// newWorld is a world whose accounts have these fields besides the standard ones.
func newWorld(t *testing.T, fields ...salesforcetest.Field) *world {
	t.Helper()
	return newWorldOf(t, salesforcetest.Options{Schema: salesforcetest.Schema{{Name: "Account", Fields: fields}}})
}

func newWorldOf(t testing.TB, options salesforcetest.Options) *world {
	t.Helper()
	options.Now = func() time.Time { return morning }
	db, err := sql.Open("sqlite", "file::memory:?_txlock=immediate") // lives as long as its one connection
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return &world{TB: t, org: salesforcetest.NewOrg(&options), db: db, config: customers.Config{Stages: []string{"Closed Won"}}}
}

func (w *world) client() *salesforce.Client {
	w.Helper()
	c, err := salesforce.New(salesforce.Config{
		LoginURL:   "https://acme.my.salesforce.com",
		Auth:       salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
		HTTPClient: &http.Client{Transport: w.org.Transport()},
		Retry:      salesforce.Retry{Max: -1},
		Now:        w.org.Now,
	})
	require.NoError(w, err)
	return c
}

// importer is a new one each time, as after a restart or a change of the
// configuration.
func (w *world) importer() *importer.Importer {
	w.Helper()
	objects, err := customers.Objects(w.config)
	require.NoError(w, err)
	store, err := sqlstore.Open(w.Context(), w.db, sqlstore.Config{Dialect: sqlstore.SQLite, Objects: objects, Now: w.org.Now})
	require.NoError(w, err)
	config := importer.Config{Client: w.client(), Store: store, Sink: store, Objects: objects, Now: w.org.Now}
	if w.tune != nil {
		w.tune(&config)
	}
	im, err := importer.New(config)
	require.NoError(w, err)
	return im
}

func (w *world) complete() *importer.Report {
	w.Helper()
	report, err := w.importer().Complete(w.Context(), "anna", nil)
	require.NoError(w, err)
	return report
}

// later imports what has changed, an hour after the last import.
func (w *world) later(change func()) *importer.Report {
	w.Helper()
	w.org.Advance(time.Hour)
	change()
	report, err := w.importer().Incremental(w.Context(), "anna", nil)
	require.NoError(w, err)
	return report
}

// refused expects that the org does not have what the import needs, and that
// nothing is written.
func (w *world) refused(text string) {
	w.Helper()
	before := w.dump()
	_, err := w.importer().Complete(w.Context(), "anna", nil)
	require.ErrorIs(w, err, importer.ErrSchema)
	require.ErrorContains(w, err, text)
	require.Equal(w, before, w.dump())
}

func with(record map[string]any, fields ...any) map[string]any {
	for i := 0; i < len(fields); i += 2 {
		record[fields[i].(string)] = fields[i+1]
	}
	return record
}

func (w *world) account(name string, fields ...any) string {
	return w.org.Insert("Account", with(map[string]any{"Name": name}, fields...))
}

func (w *world) contact(account, name string, fields ...any) string {
	return w.org.Insert("Contact", with(map[string]any{"AccountId": account, "LastName": name}, fields...))
}

func (w *world) opportunity(account, name, stage string, fields ...any) string {
	return w.org.Insert("Opportunity", with(map[string]any{
		"AccountId": account, "Name": name, "StageName": stage, "CloseDate": "2026-12-01",
	}, fields...))
}

// names lists the names of a table's rows.
func (w *world) names(table string) []string {
	w.Helper()
	return w.query(`SELECT name FROM ` + table + ` ORDER BY name`)
}

// column reads one column of a host record; "<nil>" stands for NULL.
func (w *world) column(table, sfID, column string) string {
	w.Helper()
	rows := w.query(`SELECT `+column+` FROM `+table+` WHERE sf_id = ?`, sfID)
	require.Len(w, rows, 1)
	return rows[0]
}

func (w *world) hostID(table, sfID string) string { return w.column(table, sfID, "id") }

// query yields the first column of each row.
func (w *world) query(query string, args ...any) (texts []string) {
	w.Helper()
	rows, err := w.db.QueryContext(w.Context(), query, args...)
	require.NoError(w, err)
	defer rows.Close()
	for rows.Next() {
		var v any
		require.NoError(w, rows.Scan(&v))
		texts = append(texts, fmt.Sprint(v))
	}
	require.NoError(w, rows.Err())
	return texts
}

func (w *world) exec(statement string, args ...any) {
	w.Helper()
	_, err := w.db.ExecContext(w.Context(), statement, args...)
	require.NoError(w, err)
}

// dump is all that the host has of customers, contacts and projects, as text.
func (w *world) dump() (lines []string) {
	w.Helper()
	for _, table := range []string{"customers", "contacts", "projects"} {
		columns := w.query(`SELECT name FROM pragma_table_info(?)`, table)
		for _, column := range columns {
			lines = append(lines, w.query(`SELECT sf_id || ' `+column+` ' || COALESCE(`+column+`, 'NULL') FROM `+table+` ORDER BY id`)...)
		}
	}
	return lines
}

// told lists what a report says of a record: its result and why, or what to be
// warned of.
func (w *world) told(report *importer.Report, id string) []string {
	w.Helper()
	var lines []string
	for e, err := range w.importer().Entries(w.Context(), report.Run.Number) {
		require.NoError(w, err)
		if string(e.ID) != id {
			continue
		}
		lines = append(lines, string(e.Result))
		if e.Reason != "" {
			lines = append(lines, e.Reason)
		}
		lines = append(lines, e.Warnings...)
	}
	return slices.Compact(lines)
}

// locked lists what cannot be changed of a host record.
func (w *world) locked(kind, hostID string) []string {
	w.Helper()
	fields, err := w.importer().Locked(w.Context(), kind, hostID)
	require.NoError(w, err)
	return fields
}
