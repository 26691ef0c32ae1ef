// Package sqlstore keeps an importer's state and its records in a SQL
// database, so that a host needs to write neither: SQLite, PostgreSQL, MySQL or
// MariaDB.
//
// The host brings the driver and the *sql.DB. A Store is both the importer's
// Store and its Sink: records and checkpoint are committed in one transaction,
// and a crash at any point leaves both as they were before or after a page. It
// also serves as one of the two alone; then it keeps an epoch beside the records,
// as an importer.EpochSink.
//
// # Tables of the store
//
// Each kind of record has a table of its own, named after the kind:
//
//	id           the host's id, counted up by the database
//	sf_id        the Salesforce id, unique; NULL in the host's own records
//	<parent>_id  the id of the parent record, for kinds that have one
//	sf_stamp     the version's SystemModstamp, in milliseconds since 1970
//	active       1, or 0 when the record was deleted in Salesforce
//	<target>…    one text column for each target of the mapping
//
// Values are kept as text in one canonical form: decimals digit for digit,
// dates as 2006-01-02, moments as RFC 3339 in UTC, lists one item a line,
// checkboxes as true and false. What is empty is NULL.
//
// # Tables of the host
//
// A [Table] names the host's own table for a kind, and its columns. Numbers,
// dates, moments and booleans are written as what the column is, and compared by
// what it can hold: an amount that a column rounds is no change the next time.
// What is empty is NULL, or an empty text where that is not allowed. A column
// that nothing is known for, because the org hides the field, keeps what it has,
// or its default in a new row. A record against which a constraint of the table
// speaks becomes a dead letter; the others are written.
//
// # Opening a database
//
// With SQLite, open the database with _txlock=immediate and
// PRAGMA synchronous=FULL and allow it one connection, so that a commit is on
// the disk when it returns and writers wait for each other. A transaction that
// fails only because of another one is begun anew for about a second.
package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/internal/sqlx"
)

// A Dialect names the database behind a *sql.DB.
type Dialect = sqlx.Dialect

// The databases that are known: SQLite from 3.35 on, PostgreSQL, and MySQL from
// 8.0 on or MariaDB from 10.5 on.
const (
	SQLite     = sqlx.SQLite
	PostgreSQL = sqlx.PostgreSQL
	MySQL      = sqlx.MySQL
)

// Config says what a Store keeps and how.
type Config struct {
	// Dialect is the kind of database. Required.
	Dialect Dialect
	// Objects are those of the importer; each kind has a table. Nil makes a Store
	// that keeps state only, beside a Sink of the host's own.
	Objects []importer.Object
	// Tables say where records are kept, by kind. A kind that is not listed has
	// the zero Table: one that the store makes.
	Tables map[string]Table
	// Now is the clock of the lease. Defaults to time.Now.
	Now func() time.Time
}

// A Store keeps state and records. It is safe for concurrent use.
type Store struct {
	db      *sql.DB
	dialect Dialect
	now     func() time.Time
	tables  map[string]*table // by kind
	mutex   sync.Mutex        // guards the statements that tables make when they need them

	prepared                       prepared
	findLinks                      *statement
	saveRun, saveLinks             *statement
	saveDead, dropDead             *statement
	saveTasks, saveGone, dropTasks *statement
	saveEntries, saveAudit         *statement
}

var (
	_ importer.Atomic    = (*Store)(nil)
	_ importer.Finder    = (*Store)(nil)
	_ importer.EpochSink = (*Store)(nil)
)

// Open returns a Store in db, after it has made the tables that are missing
// and added the columns that are; tables of the host's own it only looks at. The
// error joins every fault of c and of the tables.
func Open(ctx context.Context, db *sql.DB, c Config) (*Store, error) {
	s := &Store{db: db, dialect: c.Dialect, now: c.Now, tables: map[string]*table{}}
	if s.now == nil {
		s.now = time.Now
	}
	plans, err := c.plan()
	if err != nil {
		return nil, err
	}
	if err := sqlx.Migrate(ctx, db, c.Dialect, "importer", schema(c.Dialect)); err != nil {
		return nil, fmt.Errorf("sqlstore: %w", err)
	}
	s.stateStatements()
	var faults []error
	for _, p := range plans {
		if err := s.prepare(ctx, p.table, p.wishes); err != nil {
			faults = append(faults, fmt.Errorf("sqlstore: table %s: %w", p.Name, err))
		}
		s.tables[p.kind] = p.table
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return s, nil
}

// A plan is a table and the columns that it is to have.
type plan struct {
	*table
	wishes []wish
}

// plan lays out the tables of a Config and reports all that is wrong with it.
func (c Config) plan() (plans []plan, err error) {
	var faults []error
	if !c.Dialect.Valid() {
		faults = append(faults, errors.New("sqlstore: Dialect is missing"))
	}
	kinds, names := map[string]bool{}, map[string]string{}
	for _, o := range c.Objects {
		kinds[o.Kind] = true
		t, wishes, err := planTable(o, c)
		if err != nil {
			faults = append(faults, fmt.Errorf("sqlstore: kind %s: %w", o.Kind, err))
			continue
		}
		if other := names[t.Name]; other != "" {
			faults = append(faults, fmt.Errorf("sqlstore: the kinds %s and %s have one table, %s", other, o.Kind, t.Name))
		}
		names[t.Name] = o.Kind
		plans = append(plans, plan{t, wishes})
	}
	for _, kind := range slices.Sorted(maps.Keys(c.Tables)) {
		if !kinds[kind] {
			faults = append(faults, fmt.Errorf("sqlstore: Tables names the kind %q, of which there is no object", kind))
		}
	}
	return plans, errors.Join(faults...)
}
