// Package sqlxtest gives tests a database of each kind that this module speaks
// to: SQLite always, PostgreSQL and MariaDB where a server is named.
//
//	SFBRIDGE_POSTGRES=postgres://user@127.0.0.1:5432/postgres
//	SFBRIDGE_MYSQL=user@tcp(127.0.0.1:3306)/
//
// The user must be allowed to create databases. Tests skip a server that is
// not named; the gate names both, and takes a skip for a failure.
package sqlxtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/sfbridge/sfbridge/internal/sqlx"
)

// A Database is one that a test has for itself. Driver and DSN open it again,
// in another process, say.
type Database struct {
	Dialect     sqlx.Dialect
	Driver, DSN string
}

// Each runs test on an empty database of each kind, in parallel.
func Each(t *testing.T, test func(*testing.T, Database)) {
	for _, d := range []sqlx.Dialect{sqlx.SQLite, sqlx.PostgreSQL, sqlx.MySQL} {
		t.Run(d.String(), func(t *testing.T) {
			t.Parallel()
			test(t, New(t, d))
		})
	}
}

// New makes an empty database, which is gone when the test is over.
func New(t testing.TB, d sqlx.Dialect) Database {
	t.Helper()
	switch d {
	case sqlx.PostgreSQL:
		return newPostgreSQL(t)
	case sqlx.MySQL:
		return newMySQL(t)
	default:
		path := filepath.ToSlash(filepath.Join(t.TempDir(), "test.db"))
		return Database{d, "sqlite", "file:" + path + "?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"}
	}
}

// Open opens the database; it is closed when the test is over. SQLite gets one
// connection, the others as many as they like.
func (db Database) Open(t testing.TB) *sql.DB {
	t.Helper()
	opened, err := db.Connect()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = opened.Close() })
	return opened
}

// Connect is Open for who is no test: a process that a test has started.
func (db Database) Connect() (*sql.DB, error) {
	opened, err := sql.Open(db.Driver, db.DSN)
	if err == nil && db.Dialect == sqlx.SQLite {
		opened.SetMaxOpenConns(1)
	}
	return opened, err
}

func newPostgreSQL(t testing.TB) Database {
	t.Helper()
	server := server(t, "SFBRIDGE_POSTGRES")
	address, err := url.Parse(server)
	if err != nil {
		t.Fatal("SFBRIDGE_POSTGRES is no URL") // the error would hold the password
	}
	name := databaseName()
	create(t, Database{sqlx.PostgreSQL, "pgx", server}, "CREATE DATABASE "+name, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	address.Path = "/" + name
	return Database{sqlx.PostgreSQL, "pgx", address.String()}
}

func newMySQL(t testing.TB) Database {
	t.Helper()
	server := server(t, "SFBRIDGE_MYSQL")
	cfg, err := mysql.ParseDSN(server)
	if err != nil {
		t.Fatal("SFBRIDGE_MYSQL is no data source name")
	}
	name := databaseName()
	create(t, Database{sqlx.MySQL, "mysql", server}, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4", "DROP DATABASE IF EXISTS "+name)
	cfg.DBName = name
	return Database{sqlx.MySQL, "mysql", cfg.FormatDSN()}
}

func server(t testing.TB, variable string) string {
	t.Helper()
	dsn := os.Getenv(variable)
	if dsn == "" {
		t.Skip(variable + " names no server")
	}
	return dsn
}

func databaseName() string { return "sfbridge_" + strings.ToLower(rand.Text()) }

// create makes a database by one statement, and has it dropped by another.
func create(t testing.TB, server Database, make, drop string) {
	t.Helper()
	db, err := server.Connect()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), make); err != nil {
		t.Fatal(fmt.Errorf("create a database for the test: %w", err))
	}
	t.Cleanup(func() {
		_, _ = db.ExecContext(context.Background(), drop) // at worst it stays on a server that is only for tests
		_ = db.Close()
	})
}
