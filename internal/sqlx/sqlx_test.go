package sqlx_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/internal/sqlx"
	"github.com/sfbridge/sfbridge/internal/sqlxtest"
)

func TestStatementsOfEachDialect(t *testing.T) {
	t.Parallel()
	require.Equal(t, "a = ? AND b IN (?, ?)", sqlx.SQLite.Rebind("a = ? AND b IN ("+sqlx.Marks(2)+")"))
	require.Equal(t, "a = $1 AND b IN ($2, $3)", sqlx.PostgreSQL.Rebind("a = ? AND b IN ("+sqlx.Marks(2)+")"))
	require.Equal(t, "(?, ?), (?, ?)", sqlx.Rows(2, 2))
	for dialect, want := range map[sqlx.Dialect]string{
		sqlx.SQLite:     "INSERT INTO t (k, v) VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET v = excluded.v",
		sqlx.PostgreSQL: "INSERT INTO t (k, v) VALUES ($1, $2) ON CONFLICT (k) DO UPDATE SET v = excluded.v",
		sqlx.MySQL:      "INSERT INTO t (k, v) VALUES (?, ?) ON DUPLICATE KEY UPDATE v = VALUES(v)",
	} {
		require.Equal(t, want, dialect.Upsert("t", []string{"k"}, []string{"v"}, 1), dialect)
	}
	require.Equal(t, "INSERT INTO t (k) VALUES (?) ON CONFLICT (k) DO NOTHING", sqlx.SQLite.Upsert("t", []string{"k"}, nil, 1))
	require.Equal(t, "INSERT INTO t (k) VALUES (?) ON DUPLICATE KEY UPDATE k = k", sqlx.MySQL.Upsert("t", []string{"k"}, nil, 1))
}

func TestMigrateGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	sqlxtest.Each(t, testMigrate)
}

func testMigrate(t *testing.T, database sqlxtest.Database) {
	db, dialect := database.Open(t), database.Dialect
	steps := []string{`CREATE TABLE IF NOT EXISTS a (n INTEGER)`}
	require.NoError(t, sqlx.Migrate(t.Context(), db, dialect, "test", steps))
	require.NoError(t, sqlx.Migrate(t.Context(), db, dialect, "test", steps))

	broken := append(steps, `CREATE TABLE IF NOT EXISTS b (n INTEGER)`, `CREATE NONSENSE`)
	err := sqlx.Migrate(t.Context(), db, dialect, "test", broken)
	require.ErrorContains(t, err, "migrate test to version 3")
	_, err = db.ExecContext(t.Context(), `INSERT INTO b (n) VALUES (1)`)
	require.NoError(t, err, "the step before stays")

	require.ErrorContains(t, sqlx.Migrate(t.Context(), db, dialect, "test", steps), "use a newer sfbridge")
	require.ErrorContains(t, sqlx.Migrate(t.Context(), db, 0, "test", steps), "unknown SQL dialect")
}

// Workers of a host that are started together bring the same database up.
func TestMigrationsAtOnce(t *testing.T) {
	t.Parallel()
	sqlxtest.Each(t, func(t *testing.T, database sqlxtest.Database) {
		steps := []string{
			`CREATE TABLE IF NOT EXISTS a (n INTEGER)`, `CREATE TABLE IF NOT EXISTS b (n INTEGER)`,
			`CREATE TABLE IF NOT EXISTS c (n INTEGER)`,
		}
		failures := make(chan error)
		for range 6 {
			db := database.Open(t)
			go func() { failures <- sqlx.Migrate(t.Context(), db, database.Dialect, "test", steps) }()
		}
		for range 6 {
			require.NoError(t, <-failures)
		}
		var version int
		row := database.Open(t).QueryRowContext(t.Context(), `SELECT version FROM sfbridge_migrations`)
		require.NoError(t, row.Scan(&version))
		require.Equal(t, len(steps), version)
	})
}

func TestInTxRollsBack(t *testing.T) {
	t.Parallel()
	sqlxtest.Each(t, testInTxRollsBack)
}

func testInTxRollsBack(t *testing.T, database sqlxtest.Database) {
	db := database.Open(t)
	_, err := db.ExecContext(t.Context(), `CREATE TABLE a (n INTEGER)`)
	require.NoError(t, err)
	failure := errors.New("no")

	err = sqlx.InTx(t.Context(), db, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(context.Background(), `INSERT INTO a (n) VALUES (1)`)
		require.NoError(t, err)
		return failure
	})

	require.ErrorIs(t, err, failure)
	var n int
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM a`).Scan(&n))
	require.Zero(t, n)
}
