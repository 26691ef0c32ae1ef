package sqlx_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/internal/sqlx"
	"github.com/sfbridge/sfbridge/internal/sqlxtest"
)

func TestRefusalsAreToldFromFailures(t *testing.T) {
	t.Parallel()
	sqlxtest.Each(t, testRefusals)
}

func testRefusals(t *testing.T, database sqlxtest.Database) {
	db := database.Open(t)
	_, err := db.ExecContext(t.Context(), `CREATE TABLE a (n INTEGER NOT NULL PRIMARY KEY, word VARCHAR(3) NOT NULL CHECK (word <> 'bad'), amount NUMERIC(4, 2))`)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `INSERT INTO a (n, word) VALUES (1, 'one')`)
	require.NoError(t, err)
	refused := map[string]string{
		"a key that is there": `INSERT INTO a (n, word) VALUES (1, 'two')`,
		"nothing":             `INSERT INTO a (n, word) VALUES (2, NULL)`,
		"a check":             `INSERT INTO a (n, word) VALUES (3, 'bad')`,
		"no number":           `UPDATE a SET n = 'seven'`,
	}
	if database.Dialect != sqlx.SQLite { // which takes them
		refused["too long"] = `INSERT INTO a (n, word) VALUES (4, 'long')`
		refused["too large"] = `INSERT INTO a (n, word, amount) VALUES (5, 'big', 12345)`
		refused["no date"] = `INSERT INTO a (n, word, amount) VALUES (6, 'xx', 'abc')`
	}
	for name, statement := range refused {
		_, err := db.ExecContext(t.Context(), statement)
		require.Error(t, err, name)
		require.True(t, sqlx.Refused(fmt.Errorf("wrapped: %w", err)), "%s: %v", name, err)
		require.False(t, sqlx.Transient(err), name)
	}
	for name, statement := range map[string]string{"no table": `INSERT INTO b (n) VALUES (1)`, "no syntax": `INSERT nonsense`} {
		_, err := db.ExecContext(t.Context(), statement)
		require.Error(t, err, name)
		require.False(t, sqlx.Refused(err), "%s: %v", name, err)
	}
	require.False(t, sqlx.Refused(nil))
	require.False(t, sqlx.Refused(context.Canceled))
}

// Two transactions each wait for what the other has. One of them is told so,
// and Retry begins it anew.
func TestDeadlocksAreBegunAnew(t *testing.T) {
	t.Parallel()
	sqlxtest.Each(t, func(t *testing.T, database sqlxtest.Database) {
		if database.Dialect == sqlx.SQLite { // whose transactions do not meet
			database.DSN = strings.Replace(database.DSN, "busy_timeout(10000)", "busy_timeout(0)", 1)
		}
		testDeadlocks(t, database)
	})
}

func testDeadlocks(t *testing.T, database sqlxtest.Database) {
	first, second := database.Open(t), database.Open(t)
	_, err := first.ExecContext(t.Context(), `CREATE TABLE a (n INTEGER NOT NULL PRIMARY KEY, times INTEGER NOT NULL)`)
	require.NoError(t, err)
	_, err = first.ExecContext(t.Context(), `INSERT INTO a (n, times) VALUES (1, 0), (2, 0)`)
	require.NoError(t, err)
	var met sync.WaitGroup // each tells that it has its first row
	met.Add(2)
	done := make(chan error, 2)
	attempts := make(chan error, 100)
	both := func(db *sql.DB, order ...int) {
		waited := false
		done <- sqlx.Retry(t.Context(), db, func(tx *sql.Tx) (err error) {
			defer func() { attempts <- err }()
			for i, n := range order {
				if _, err := tx.ExecContext(t.Context(), fmt.Sprintf(`UPDATE a SET times = times + 1 WHERE n = %d`, n)); err != nil {
					return err
				}
				if i == 0 && !waited && database.Dialect != sqlx.SQLite {
					waited = true
					met.Done()
					met.Wait()
				}
			}
			return nil
		})
	}
	go both(first, 1, 2)
	go both(second, 2, 1)
	require.NoError(t, errors.Join(<-done, <-done))
	close(attempts)
	failed := 0
	for err := range attempts {
		if err != nil {
			require.True(t, sqlx.Transient(err), "%v", err)
			failed++
		}
	}
	if database.Dialect != sqlx.SQLite {
		require.Positive(t, failed, "they have met")
	}
	var times int
	require.NoError(t, first.QueryRowContext(t.Context(), `SELECT SUM(times) FROM a`).Scan(&times))
	require.Equal(t, 4, times)
}
