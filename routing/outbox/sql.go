package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/internal/sqlx"
)

// A Dialect names the database behind a *sql.DB.
type Dialect = sqlx.Dialect

// The databases. MySQL is also MariaDB.
const (
	SQLite     = sqlx.SQLite
	PostgreSQL = sqlx.PostgreSQL
	MySQL      = sqlx.MySQL
)

// SQL is a [Store] in a database, in the table sfbridge_outbox.
type SQL struct {
	db      *sql.DB
	dialect Dialect
}

// NewSQL returns the ledger in db, and creates or updates its table. The host
// brings the driver and opens the database: SQLite from 3.35, PostgreSQL, MySQL
// from 8.0 or MariaDB from 10.6.
//
// SQLite keeps what it was told through a loss of power only with
// synchronous=FULL, and several connections need txlock=immediate and a
// busy timeout. With modernc.org/sqlite:
//
//	db, err := sql.Open("sqlite", "file:outbox.db?_txlock=immediate"+
//		"&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
//	db.SetMaxOpenConns(1)
//
// PostgreSQL must keep synchronous_commit on, and MySQL
// innodb_flush_log_at_trx_commit at 1, as both do by default.
func NewSQL(ctx context.Context, db *sql.DB, dialect Dialect) (*SQL, error) {
	if !dialect.Valid() {
		return nil, fmt.Errorf("outbox: open ledger: unknown SQL dialect %s", dialect)
	}
	if err := sqlx.Migrate(ctx, db, dialect, "outbox", migrations(dialect)); err != nil {
		return nil, fmt.Errorf("outbox: open ledger: %w", err)
	}
	return &SQL{db, dialect}, nil
}

// Enqueue implements [Store].
func (s *SQL) Enqueue(ctx context.Context, tx Execer, d Delivery) (Delivery, bool, error) {
	if tx == nil {
		tx = s.db
	}
	d, err := prepared(d)
	if err != nil {
		return Delivery{}, false, fmt.Errorf("outbox: enqueue %q: %w", d.Key, err)
	}
	n, err := s.exec(ctx, tx, s.insert(), d.ID, d.Key, d.Kind, d.Status, d.State, blob(d.Payload),
		d.NotBefore.UnixMilli(), d.NotBefore.UnixMilli(), d.Created.UnixMilli(), d.Updated.UnixMilli())
	if err == nil && n != 1 {
		d, err = s.earlier(ctx, tx, d)
	}
	if err != nil {
		return Delivery{}, false, fmt.Errorf("outbox: enqueue %q: %w", d.Key, err)
	}
	return d, n == 1, nil
}

// insert adds a row, and counts another number than 1 when its key is taken.
func (s *SQL) insert() string {
	const insert = `INSERT INTO sfbridge_outbox (id, delivery_key, kind, status, state, payload, not_before, due_at, created_at, updated_at,
		attempts, fence, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0) `
	if s.dialect == MySQL { // INSERT IGNORE would ignore all kinds of faults
		return insert + `ON DUPLICATE KEY UPDATE version = version + 1`
	}
	return insert + `ON CONFLICT (delivery_key) DO NOTHING`
}

// earlier is the delivery that has d's key.
func (s *SQL) earlier(ctx context.Context, tx Execer, d Delivery) (Delivery, error) {
	stored, err := one(s.query(ctx, tx, `SELECT `+columns+` FROM sfbridge_outbox WHERE delivery_key = ?`, d.Key))
	if errors.Is(err, ErrNotFound) {
		return d, fmt.Errorf("id %s is taken", d.ID)
	}
	if err != nil {
		return d, err
	}
	return stored, nil
}

// Extend implements [Store].
func (s *SQL) Extend(ctx context.Context, d Delivery, until time.Time) error {
	n, err := s.exec(ctx, s.db, `UPDATE sfbridge_outbox SET not_before = ?, version = version + 1 WHERE id = ? AND fence = ?`,
		until.UnixMilli(), d.ID, d.Fence)
	return fenced("extend", d.ID, n, err)
}

// Save implements [Store].
func (s *SQL) Save(ctx context.Context, d Delivery) error {
	if err := saveable(d); err != nil {
		return fmt.Errorf("outbox: save %s: %w", d.ID, err)
	}
	n, err := s.exec(ctx, s.db, `UPDATE sfbridge_outbox SET status = ?, state = ?, payload = ?, not_before = ?, updated_at = ?,
		version = version + 1 WHERE id = ? AND fence = ?`,
		d.Status, d.State, blob(d.Payload), d.NotBefore.UnixMilli(), d.Updated.UnixMilli(), d.ID, d.Fence)
	return fenced("save", d.ID, n, err)
}

func fenced(action, id string, rows int, err error) error {
	if err == nil && rows == 0 {
		err = ErrLeaseLost
	}
	if err != nil {
		return fmt.Errorf("outbox: %s %s: %w", action, id, err)
	}
	return nil
}

// Get implements [Store].
func (s *SQL) Get(ctx context.Context, id string) (Delivery, error) {
	d, err := one(s.query(ctx, s.db, `SELECT `+columns+` FROM sfbridge_outbox WHERE id = ?`, id))
	if err != nil {
		return Delivery{}, fmt.Errorf("outbox: get %s: %w", id, err)
	}
	return d, nil
}

// listPage is how many rows List reads at once. No query stays open while the
// loop runs, so it may use the store even over a single connection.
const listPage = 100

// List implements [Store].
func (s *SQL) List(ctx context.Context, f Filter) iter.Seq2[Delivery, error] {
	return func(yield func(Delivery, error) bool) {
		for after := ""; ; {
			page, err := s.list(ctx, f, after)
			if err != nil {
				yield(Delivery{}, fmt.Errorf("outbox: list: %w", err))
				return
			}
			for _, d := range page {
				if !yield(d, nil) {
					return
				}
			}
			if len(page) < listPage {
				return
			}
			after = page[len(page)-1].ID
		}
	}
}

func (s *SQL) list(ctx context.Context, f Filter, after string) ([]Delivery, error) {
	w := where{}
	w.add(`id > ?`, after)
	if f.Status != "" {
		w.add(`status = ?`, f.Status)
	}
	if !f.UpdatedBefore.IsZero() {
		w.add(`updated_at < ?`, f.UpdatedBefore.UnixMilli())
	}
	if !f.DueBefore.IsZero() {
		w.add(`not_before < ?`, f.DueBefore.UnixMilli())
	}
	w.in(`kind`, f.Kinds)
	w.in(`state`, f.States)
	return s.query(ctx, s.db, `SELECT `+columns+` FROM sfbridge_outbox `+w.String()+` ORDER BY id LIMIT ?`, append(w.args, listPage)...)
}

// Counts implements [Store].
func (s *SQL) Counts(ctx context.Context, kinds ...string) ([]Count, error) {
	counts, err := s.counts(ctx, kinds)
	if err != nil {
		return nil, fmt.Errorf("outbox: count: %w", err)
	}
	return counts, nil
}

func (s *SQL) counts(ctx context.Context, kinds []string) ([]Count, error) {
	w := where{}
	w.in(`kind`, kinds)
	rows, err := s.db.QueryContext(ctx, s.dialect.Rebind(`SELECT kind, status, state, COUNT(*), MIN(created_at) FROM sfbridge_outbox `+
		w.String()+` GROUP BY kind, status, state ORDER BY kind, status, state`), w.args...)
	if err != nil {
		return nil, err
	}
	var counts []Count
	for rows.Next() {
		var c Count
		var oldest int64
		if err := rows.Scan(&c.Kind, &c.Status, &c.State, &c.N, &oldest); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		c.Oldest = time.UnixMilli(oldest).UTC()
		counts = append(counts, c)
	}
	return counts, errors.Join(rows.Err(), rows.Close())
}

// Park implements [Store].
func (s *SQL) Park(ctx context.Context, now time.Time, ids ...string) (int, error) {
	return s.turn(ctx, "park", now, ids, Pending, Parked)
}

// Redrive implements [Store].
func (s *SQL) Redrive(ctx context.Context, now time.Time, ids ...string) (int, error) {
	return s.turn(ctx, "redrive", now, ids, Parked, Pending)
}

// turn gives deliveries of one status the other, and ends their leases.
func (s *SQL) turn(ctx context.Context, action string, now time.Time, ids []string, from, to Status) (int, error) {
	total := 0
	for _, id := range ids {
		n, err := s.exec(ctx, s.db, `UPDATE sfbridge_outbox SET status = ?, fence = fence + 1, version = version + 1,
			not_before = ?, updated_at = ? WHERE id = ? AND status = ?`, to, now.UnixMilli(), now.UnixMilli(), id, from)
		if err != nil {
			return total, fmt.Errorf("outbox: %s: %w", action, err)
		}
		total += n
	}
	return total, nil
}

// Purge implements [Store].
func (s *SQL) Purge(ctx context.Context, before time.Time, kinds ...string) (n int, err error) {
	if len(kinds) == 0 {
		return 0, nil
	}
	w := where{}
	w.add(`status = ?`, Done)
	w.add(`updated_at < ?`, before.UnixMilli())
	w.in(`kind`, kinds)
	err = sqlx.InTxWith(ctx, s.db, readCommitted, func(tx *sql.Tx) error {
		n, err = s.exec(ctx, tx, `DELETE FROM sfbridge_outbox `+w.String(), w.args...)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("outbox: purge: %w", err)
	}
	return n, nil
}

// A where joins conditions.
type where struct {
	conditions []string
	args       []any
}

func (w *where) add(condition string, arg any) {
	w.conditions, w.args = append(w.conditions, condition), append(w.args, arg)
}

// in narrows a column to values, unless there are none.
func (w *where) in(column string, values []string) {
	if len(values) == 0 {
		return
	}
	w.conditions = append(w.conditions, column+` IN (`+sqlx.Marks(len(values))+`)`)
	for _, value := range values {
		w.args = append(w.args, value)
	}
}

func (w *where) String() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return `WHERE ` + strings.Join(w.conditions, ` AND `)
}

func (s *SQL) exec(ctx context.Context, tx Execer, query string, args ...any) (int, error) {
	result, err := tx.ExecContext(ctx, s.dialect.Rebind(query), args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

func (s *SQL) query(ctx context.Context, tx Execer, query string, args ...any) ([]Delivery, error) {
	rows, err := tx.QueryContext(ctx, s.dialect.Rebind(query), args...)
	if err != nil {
		return nil, err
	}
	var found []Delivery
	for d, err := range scan(rows) {
		if err != nil {
			return nil, err
		}
		found = append(found, d)
	}
	return found, nil
}

// scan yields rows of columns, and what comes after them in more. An error is
// the last that it yields.
func scan(rows *sql.Rows, more ...any) iter.Seq2[Delivery, error] {
	return func(yield func(Delivery, error) bool) {
		defer rows.Close()
		for rows.Next() {
			var d Delivery
			var notBefore, created, updated int64
			fields := []any{
				&d.ID, &d.Key, &d.Kind, &d.Status, &d.State, &d.Payload,
				&d.Attempts, &d.Fence, &notBefore, &created, &updated,
			}
			err := rows.Scan(append(fields, more...)...)
			d.NotBefore, d.Created, d.Updated = time.UnixMilli(notBefore).UTC(), time.UnixMilli(created).UTC(), time.UnixMilli(updated).UTC()
			if !yield(d, err) || err != nil {
				return
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			yield(Delivery{}, err)
		}
	}
}

// one takes the only row of a query.
func one(found []Delivery, err error) (Delivery, error) {
	if err == nil && len(found) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Delivery{}, err
	}
	return found[0], nil
}

// blob is payload as a value that no driver takes for NULL.
func blob(payload []byte) []byte {
	if payload == nil {
		return []byte{}
	}
	return payload
}
