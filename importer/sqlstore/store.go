// Package sqlstore keeps an importer's state and its records in a SQL
// database, so that a host needs to write neither.
//
// The host brings the driver and the *sql.DB. A Store is both the importer's
// Store and its Sink: records and checkpoint are committed in one transaction,
// and a crash at any point leaves both as they were before or after a page.
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
// With SQLite, open the database with _txlock=immediate and
// PRAGMA synchronous=FULL and allow it one connection, so that a commit is on
// the disk when it returns and writers wait for each other.
package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/internal/sqlx"
	"github.com/sfbridge/sfbridge/mapping"
)

// A Dialect names the database behind a *sql.DB.
type Dialect = sqlx.Dialect

// The databases that are known. This version is tested on SQLite.
const (
	SQLite     = sqlx.SQLite
	PostgreSQL = sqlx.PostgreSQL
	MySQL      = sqlx.MySQL
)

// Config says what a Store keeps and how.
type Config struct {
	// Dialect is the kind of database. Required.
	Dialect Dialect
	// Objects are those of the importer; each kind has a table. Required.
	Objects []importer.Object
	// Tables names the tables by kind. A kind that is not listed defaults to
	// its name and an s: "customers".
	Tables map[string]string
	// Now is the clock of the lease. Defaults to time.Now.
	Now func() time.Time
}

// A Store keeps state and records. It is safe for concurrent use.
type Store struct {
	db      *sql.DB
	dialect Dialect
	now     func() time.Time
	tables  map[string]*table // by kind
}

var (
	_ importer.Atomic = (*Store)(nil)
	_ importer.Finder = (*Store)(nil)
)

// Open returns a Store in db, after it has made the tables that are missing
// and added the columns that are.
func Open(ctx context.Context, db *sql.DB, c Config) (*Store, error) {
	if !c.Dialect.Valid() {
		return nil, errors.New("sqlstore: Dialect is missing")
	}
	if len(c.Objects) == 0 {
		return nil, errors.New("sqlstore: Objects is empty")
	}
	s := &Store{db: db, dialect: c.Dialect, now: c.Now, tables: map[string]*table{}}
	if s.now == nil {
		s.now = time.Now
	}
	if err := sqlx.Migrate(ctx, db, c.Dialect, "importer", schema(c.Dialect)); err != nil {
		return nil, fmt.Errorf("sqlstore: %w", err)
	}
	for _, o := range c.Objects {
		t, err := tableOf(o, c)
		if err != nil {
			return nil, err
		}
		if err := s.prepare(ctx, t); err != nil {
			return nil, fmt.Errorf("sqlstore: table %s: %w", t.name, err)
		}
		s.tables[o.Kind] = t
	}
	return s, nil
}

// schema lists the statements that make the state's tables. Times are
// milliseconds since 1970; zero stands for none.
func schema(d Dialect) []string {
	return []string{
		`CREATE TABLE IF NOT EXISTS sfbridge_import_state (
			id INTEGER NOT NULL PRIMARY KEY, org VARCHAR(18) NOT NULL, watermark BIGINT NOT NULL, fingerprint VARCHAR(64) NOT NULL,
			last_complete BIGINT NOT NULL, seen TEXT NOT NULL, runs BIGINT NOT NULL,
			fence BIGINT NOT NULL, holder VARCHAR(255) NOT NULL, expires BIGINT NOT NULL)`,
		firstState,
		`CREATE TABLE IF NOT EXISTS sfbridge_import_run (
			number BIGINT NOT NULL PRIMARY KEY, kind VARCHAR(20) NOT NULL, status VARCHAR(20) NOT NULL, actor VARCHAR(255) NOT NULL,
			started BIGINT NOT NULL, finished BIGINT NOT NULL, body TEXT NOT NULL)`,
		`CREATE TABLE IF NOT EXISTS sfbridge_import_link (
			object VARCHAR(80) NOT NULL, sf_id VARCHAR(18) NOT NULL, kind VARCHAR(80) NOT NULL, host_id VARCHAR(80) NOT NULL,
			parent_id VARCHAR(18) NOT NULL, state VARCHAR(20) NOT NULL, free SMALLINT NOT NULL, retired SMALLINT NOT NULL,
			stamp BIGINT NOT NULL, run BIGINT NOT NULL,
			PRIMARY KEY (object, sf_id))`,
		`CREATE INDEX ` + onceUnlessMySQL(d) + `sfbridge_import_link_host ON sfbridge_import_link (kind, host_id)`,
		`CREATE INDEX ` + onceUnlessMySQL(d) + `sfbridge_import_link_parent ON sfbridge_import_link (object, parent_id)`,
		`CREATE TABLE IF NOT EXISTS sfbridge_import_task (
			object VARCHAR(80) NOT NULL, sf_id VARCHAR(18) NOT NULL, children SMALLINT NOT NULL, gone SMALLINT NOT NULL DEFAULT 0,
			PRIMARY KEY (object, sf_id, children))`,
		`CREATE TABLE IF NOT EXISTS sfbridge_import_dead (
			object VARCHAR(80) NOT NULL, sf_id VARCHAR(18) NOT NULL, gone SMALLINT NOT NULL, label TEXT NOT NULL, reason TEXT NOT NULL,
			attempts BIGINT NOT NULL, first BIGINT NOT NULL, last BIGINT NOT NULL, run BIGINT NOT NULL, told SMALLINT NOT NULL,
			PRIMARY KEY (object, sf_id))`,
		`CREATE TABLE IF NOT EXISTS sfbridge_import_entry (
			seq ` + d.Counter() + `, run BIGINT NOT NULL, object VARCHAR(80) NOT NULL, sf_id VARCHAR(18) NOT NULL, label TEXT NOT NULL,
			host_id VARCHAR(80) NOT NULL, result VARCHAR(20) NOT NULL, reason TEXT NOT NULL, warnings TEXT NOT NULL, changed TEXT NOT NULL)`,
		`CREATE INDEX ` + onceUnlessMySQL(d) + `sfbridge_import_entry_run ON sfbridge_import_entry (run, seq)`,
		`CREATE TABLE IF NOT EXISTS sfbridge_import_audit (
			seq ` + d.Counter() + `, time BIGINT NOT NULL, actor VARCHAR(255) NOT NULL, action VARCHAR(80) NOT NULL,
			subject VARCHAR(18) NOT NULL, detail TEXT NOT NULL)`,
	}
}

// firstState makes the state's only row, once.
const firstState = `INSERT INTO sfbridge_import_state (id, org, watermark, fingerprint, last_complete, seen, runs, fence, holder, expires)
	SELECT 1, '', 0, '', 0, '[]', 0, 0, '', 0 FROM (SELECT 1 AS one) AS once
	WHERE NOT EXISTS (SELECT 1 FROM sfbridge_import_state WHERE id = 1)`

// onceUnlessMySQL is IF NOT EXISTS where CREATE INDEX knows it.
func onceUnlessMySQL(d Dialect) string {
	if d == MySQL {
		return ""
	}
	return "IF NOT EXISTS "
}

// A table is where one kind of record lives.
type table struct {
	name, parent string   // parent is the column of the parent's id, or empty
	columns      []string // active, the parent's, and one for each target
	keys         []string // columns with an index
}

func (t *table) has(column string) bool { return slices.Contains(t.columns, column) }

const activeColumn = "active"

// ownColumns are those that tell the store which record a row is.
var ownColumns = []string{"id", "sf_id", "sf_stamp"}

var identifier = regexp.MustCompile(`^[a-z][a-z0-9_]{0,59}$`)

func tableOf(o importer.Object, c Config) (*table, error) {
	t := &table{name: cmp.Or(c.Tables[o.Kind], o.Kind+"s"), columns: []string{activeColumn}, keys: o.Keys}
	for _, parent := range c.Objects {
		if o.Parent != "" && parent.Name == o.Parent {
			t.parent = parent.Kind + "_id"
			t.columns = append(t.columns, t.parent)
		}
	}
	for _, rule := range o.Mapping.Rules() {
		switch {
		case rule.Target == activeColumn && rule.Type != mapping.Checkbox:
			return nil, fmt.Errorf("sqlstore: kind %s: the target active is a %s: it takes a %s", o.Kind, rule.Type, mapping.Checkbox)
		case rule.Target != "" && rule.Target != activeColumn:
			t.columns = append(t.columns, rule.Target)
		}
	}
	for _, name := range append([]string{t.name}, t.columns...) {
		if !identifier.MatchString(name) {
			return nil, fmt.Errorf("sqlstore: kind %s: %q is no name for a table or column: use a-z, 0-9 and _", o.Kind, name)
		}
	}
	for _, own := range ownColumns {
		if slices.Contains(t.columns, own) {
			return nil, fmt.Errorf("sqlstore: kind %s: the column %s is the store's own", o.Kind, own)
		}
	}
	for _, key := range t.keys {
		if !t.has(key) {
			return nil, fmt.Errorf("sqlstore: kind %s: records are looked for by %s, which is no target of its mapping", o.Kind, key)
		}
	}
	return t, nil
}

// prepare makes the table, or adds the columns that it lacks.
func (s *Store) prepare(ctx context.Context, t *table) error {
	create := `CREATE TABLE IF NOT EXISTS ` + t.name + ` (id ` + s.dialect.Counter() + `, sf_id VARCHAR(18) UNIQUE, sf_stamp BIGINT NOT NULL DEFAULT 0)`
	if _, err := s.db.ExecContext(ctx, create); err != nil {
		return err
	}
	rows, err := s.db.QueryContext(ctx, `SELECT * FROM `+t.name+` WHERE id = 0`)
	if err != nil {
		return err
	}
	have, err := rows.Columns()
	if err := errors.Join(err, rows.Close()); err != nil {
		return err
	}
	for _, own := range ownColumns {
		if !slices.ContainsFunc(have, func(h string) bool { return strings.EqualFold(h, own) }) {
			return fmt.Errorf("it is there already and has no column %s: name another table in Config.Tables", own)
		}
	}
	for _, column := range t.columns {
		if slices.ContainsFunc(have, func(h string) bool { return strings.EqualFold(h, column) }) {
			continue
		}
		kind := "TEXT"
		if column == activeColumn {
			kind = "SMALLINT NOT NULL DEFAULT 1"
		} else if column == t.parent {
			kind = "BIGINT"
		}
		if _, err := s.db.ExecContext(ctx, `ALTER TABLE `+t.name+` ADD COLUMN `+column+` `+kind); err != nil {
			return err
		}
	}
	for _, key := range t.keys {
		if err := s.index(ctx, t, key); err != nil {
			return err
		}
	}
	return nil
}
