package sqlx

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"
)

// The drivers' error types are not known here, since the host brings the
// driver; what tells errors apart is what the drivers have in common.

// sqlState is the five characters by which SQL names an error: those of a
// PostgreSQL driver, or of MySQL's, whose text is "Error 1213 (40001): …".
func sqlState(err error) string {
	if e, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err); ok {
		return e.SQLState()
	}
	if _, state := mysqlCode(err); state != "" {
		return state
	}
	return ""
}

func mysqlCode(err error) (number, state string) {
	for ; err != nil; err = errors.Unwrap(err) {
		rest, ok := strings.CutPrefix(err.Error(), "Error ")
		if !ok {
			continue
		}
		if number, rest, ok = strings.Cut(rest, " ("); ok && len(rest) > 5 && rest[5] == ')' {
			return number, rest[:5]
		}
	}
	return "", ""
}

// sqliteCode is the primary result code of SQLite, zero of other errors.
func sqliteCode(err error) int {
	if e, ok := errors.AsType[interface {
		error
		Code() int
	}](err); ok {
		return e.Code() & 0xff
	}
	return 0
}

// SQLite's result codes (https://www.sqlite.org/rescode.html).
const (
	sqliteBusy       = 5
	sqliteLocked     = 6
	sqliteTooBig     = 18
	sqliteConstraint = 19
	sqliteMismatch   = 20
)

// Transient reports whether a transaction failed only because of another one:
// a deadlock, a conflict that could not be put in order, a lock that was not
// had in time. Done again from its beginning it may succeed.
func Transient(err error) bool {
	number, _ := mysqlCode(err)
	return slices.Contains([]string{"40001", "40P01", "55P03"}, sqlState(err)) || // serialization, deadlock, lock
		number == "1205" || // lock wait timeout
		slices.Contains([]int{sqliteBusy, sqliteLocked}, sqliteCode(err))
}

// Refused reports whether the database has something against the values that a
// statement was to write: a constraint, a length, a range, a trigger that says
// no. Other values might have been taken.
func Refused(err error) bool {
	state := sqlState(err)
	for _, class := range []string{"22", "23", "44", "45", "54", "P0001"} { // data, constraint, check option, signal, limit, raise
		if strings.HasPrefix(state, class) {
			return true
		}
	}
	number, _ := mysqlCode(err)
	return slices.Contains(mysqlRefusals, number) ||
		slices.Contains([]int{sqliteTooBig, sqliteConstraint, sqliteMismatch}, sqliteCode(err))
}

// mysqlRefusals are errors about values that MySQL gives a general state: no
// default, wrong value, truncated, check constraint, bad JSON.
var mysqlRefusals = []string{"1265", "1364", "1366", "3140", "3819", "4025"}

// Retry runs f in a transaction, as InTx does, and begins anew for about a
// second while it fails for the sake of another transaction.
func Retry(ctx context.Context, db *sql.DB, f func(*sql.Tx) error) error {
	for pause := firstPause; ; pause *= 2 {
		err := InTx(ctx, db, f)
		if err == nil || !Transient(err) || pause > lastPause || wait(ctx, pause) != nil {
			return err
		}
	}
}

// Between them, for a second, what failed is tried again.
const (
	firstPause = 8 * time.Millisecond
	lastPause  = 512 * time.Millisecond
)

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
