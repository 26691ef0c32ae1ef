package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/sfbridge/sfbridge/internal/sqlx"
)

// A Dialect names the database behind a *sql.DB.
type Dialect = sqlx.Dialect

// The databases.
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
// brings the driver and opens the database; SQLite is served now, any other
// dialect is an error.
//
// SQLite keeps what it was told through a loss of power only with
// synchronous=FULL, and several connections need txlock=immediate and a
// busy timeout. With modernc.org/sqlite:
//
//	db, err := sql.Open("sqlite", "file:outbox.db?_txlock=immediate"+
//		"&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
//	db.SetMaxOpenConns(1)
func NewSQL(ctx context.Context, db *sql.DB, dialect Dialect) (*SQL, error) {
	if dialect != SQLite {
		return nil, fmt.Errorf("outbox: open ledger: %s is not served, only SQLite", dialect)
	}
	if err := sqlx.Migrate(ctx, db, dialect, "outbox", migrations); err != nil {
		return nil, fmt.Errorf("outbox: open ledger: %w", err)
	}
	return &SQL{db, dialect}, nil
}

var migrations = []string{
	`CREATE TABLE IF NOT EXISTS sfbridge_outbox (
		id VARCHAR(64) NOT NULL PRIMARY KEY,
		delivery_key VARCHAR(255) NOT NULL UNIQUE,
		kind VARCHAR(64) NOT NULL,
		status VARCHAR(16) NOT NULL,
		state VARCHAR(64) NOT NULL,
		payload BLOB NOT NULL,
		attempts INTEGER NOT NULL,
		fence BIGINT NOT NULL,
		not_before BIGINT NOT NULL,
		created_at BIGINT NOT NULL,
		updated_at BIGINT NOT NULL)`,
	`CREATE INDEX IF NOT EXISTS sfbridge_outbox_due ON sfbridge_outbox (status, not_before)`,
}

const selectDelivery = `SELECT id, delivery_key, kind, status, state, payload, attempts, fence, not_before, created_at, updated_at
	FROM sfbridge_outbox `

// Enqueue implements [Store].
func (s *SQL) Enqueue(ctx context.Context, d Delivery) (Delivery, bool, error) {
	d, err := prepared(d)
	if err != nil {
		return Delivery{}, false, fmt.Errorf("outbox: enqueue %q: %w", d.Key, err)
	}
	n, err := s.exec(ctx, `INSERT INTO sfbridge_outbox
		(id, delivery_key, kind, status, state, payload, attempts, fence, not_before, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?) ON CONFLICT (delivery_key) DO NOTHING`,
		d.ID, d.Key, d.Kind, d.Status, d.State, blob(d.Payload),
		d.NotBefore.UnixMilli(), d.Created.UnixMilli(), d.Updated.UnixMilli())
	if err == nil && n == 0 {
		d, err = one(s.query(ctx, selectDelivery+`WHERE delivery_key = ?`, d.Key))
	}
	if err != nil {
		return Delivery{}, false, fmt.Errorf("outbox: enqueue %q: %w", d.Key, err)
	}
	return d, n == 1, nil
}

// Claim implements [Store].
func (s *SQL) Claim(ctx context.Context, c Claim) ([]Delivery, error) {
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("outbox: claim: %w", err)
	}
	var claimed []Delivery
	for {
		due, err := s.due(ctx, c)
		for _, d := range due {
			if err == nil {
				claimed, err = s.take(ctx, c, d, claimed)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("outbox: claim: %w", err)
		}
		if len(due) == 0 || len(claimed) > 0 {
			return claimed, nil
		}
		// Others were faster with each of them, so there may be more.
	}
}

func (s *SQL) due(ctx context.Context, c Claim) ([]Delivery, error) {
	where, args := selection(`status = ? AND not_before <= ?`, []any{Pending, c.Now.UnixMilli()}, c.Kinds)
	if c.ID != "" {
		where, args = where+` AND id = ?`, append(args, c.ID)
	}
	return s.query(ctx, selectDelivery+`WHERE `+where+` ORDER BY not_before, id LIMIT ?`, append(args, c.Max)...)
}

// take claims a delivery that was due when it was read, if nobody else has since,
// and reads it again: whoever held the last lease may have saved in between.
// That is right on any database, without a lock and a transaction.
func (s *SQL) take(ctx context.Context, c Claim, d Delivery, claimed []Delivery) ([]Delivery, error) {
	n, err := s.exec(ctx, `UPDATE sfbridge_outbox SET attempts = attempts + 1, fence = fence + 1, not_before = ?
		WHERE id = ? AND fence = ? AND status = ? AND not_before <= ?`,
		c.Until.UnixMilli(), d.ID, d.Fence, Pending, c.Now.UnixMilli())
	if err != nil || n == 0 {
		return claimed, err
	}
	mine, err := s.query(ctx, selectDelivery+`WHERE id = ? AND fence = ?`, d.ID, d.Fence+1)
	return append(claimed, mine...), err
}

// Extend implements [Store].
func (s *SQL) Extend(ctx context.Context, d Delivery, until time.Time) error {
	n, err := s.exec(ctx, `UPDATE sfbridge_outbox SET not_before = ? WHERE id = ? AND fence = ?`,
		until.UnixMilli(), d.ID, d.Fence)
	return fenced("extend", d.ID, n, err)
}

// Save implements [Store].
func (s *SQL) Save(ctx context.Context, d Delivery) error {
	n, err := s.exec(ctx, `UPDATE sfbridge_outbox SET status = ?, state = ?, payload = ?, not_before = ?, updated_at = ?
		WHERE id = ? AND fence = ?`,
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
	d, err := one(s.query(ctx, selectDelivery+`WHERE id = ?`, id))
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
	where, args := selection(`id > ?`, []any{after}, f.Kinds)
	if f.Status != "" {
		where, args = where+` AND status = ?`, append(args, f.Status)
	}
	return s.query(ctx, selectDelivery+`WHERE `+where+` ORDER BY id LIMIT ?`, append(args, listPage)...)
}

// Redrive implements [Store].
func (s *SQL) Redrive(ctx context.Context, now time.Time, ids ...string) (int, error) {
	total := 0
	for _, id := range ids {
		n, err := s.exec(ctx, `UPDATE sfbridge_outbox SET status = ?, fence = fence + 1, not_before = ?, updated_at = ?
			WHERE id = ? AND status = ?`, Pending, now.UnixMilli(), now.UnixMilli(), id, Parked)
		if err != nil {
			return total, fmt.Errorf("outbox: redrive: %w", err)
		}
		total += n
	}
	return total, nil
}

// Purge implements [Store].
func (s *SQL) Purge(ctx context.Context, before time.Time, kinds ...string) (int, error) {
	if len(kinds) == 0 {
		return 0, nil
	}
	where, args := selection(`status = ? AND updated_at < ?`, []any{Done, before.UnixMilli()}, kinds)
	n, err := s.exec(ctx, `DELETE FROM sfbridge_outbox WHERE `+where, args...)
	if err != nil {
		return 0, fmt.Errorf("outbox: purge: %w", err)
	}
	return n, nil
}

// selection narrows a condition to kinds, unless there are none.
func selection(where string, args []any, kinds []string) (string, []any) {
	if len(kinds) == 0 {
		return where, args
	}
	for _, kind := range kinds {
		args = append(args, kind)
	}
	return where + ` AND kind IN (` + sqlx.Marks(len(kinds)) + `)`, args
}

func (s *SQL) exec(ctx context.Context, query string, args ...any) (int, error) {
	result, err := s.db.ExecContext(ctx, s.dialect.Rebind(query), args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

func (s *SQL) query(ctx context.Context, query string, args ...any) ([]Delivery, error) {
	rows, err := s.db.QueryContext(ctx, s.dialect.Rebind(query), args...)
	if err != nil {
		return nil, err
	}
	var found []Delivery
	for rows.Next() {
		var d Delivery
		var notBefore, created, updated int64
		err := rows.Scan(&d.ID, &d.Key, &d.Kind, &d.Status, &d.State, &d.Payload,
			&d.Attempts, &d.Fence, &notBefore, &created, &updated)
		if err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		d.NotBefore, d.Created, d.Updated = time.UnixMilli(notBefore).UTC(), time.UnixMilli(created).UTC(), time.UnixMilli(updated).UTC()
		found = append(found, d)
	}
	return found, errors.Join(rows.Err(), rows.Close())
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
