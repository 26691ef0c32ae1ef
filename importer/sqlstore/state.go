package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/internal/sqlx"
	"github.com/sfbridge/sfbridge/salesforce"
)

// Acquire implements importer.Store. One statement tests and takes the lease, so
// that of several who ask at once one gets it. A lease that was taken by a clock
// far ahead keeps nobody out once the clock is right again.
func (s *Store) Acquire(ctx context.Context, holder string, ttl time.Duration) (importer.Fence, error) {
	fence := importer.Fence{TTL: ttl}
	err := sqlx.Retry(ctx, s.db, func(tx *sql.Tx) error {
		now := s.now()
		take := s.dialect.Rebind(`UPDATE sfbridge_import_state SET fence = fence + 1, holder = ?, expires = ? WHERE id = 1 AND (expires <= ? OR expires > ?)`)
		result, err := tx.ExecContext(ctx, take, holder, now.Add(ttl).UnixMilli(), now.UnixMilli(), now.Add(importer.MaxLease).UnixMilli())
		if err != nil {
			return err
		}
		taken, err := result.RowsAffected()
		if err != nil {
			return err
		}
		var other string
		var expires int64
		query := `SELECT fence, holder, expires FROM sfbridge_import_state WHERE id = 1`
		if err := tx.QueryRowContext(ctx, query).Scan(&fence.Number, &other, &expires); err != nil {
			return err
		}
		if taken == 0 {
			return fmt.Errorf("%w: by %s, until %s at least", importer.ErrRunActive, other, timeOf(expires).Format(time.RFC3339))
		}
		return nil
	})
	if err != nil {
		return importer.Fence{}, err
	}
	s.prepared.begin(fence.Number)
	return fence, nil
}

// Release implements importer.Store.
func (s *Store) Release(ctx context.Context, fence importer.Fence) error {
	s.prepared.end(fence.Number)
	update := s.dialect.Rebind(`UPDATE sfbridge_import_state SET expires = 0 WHERE id = 1 AND fence = ?`)
	_, err := s.db.ExecContext(ctx, update, fence.Number)
	return err
}

// State implements importer.Store.
func (s *Store) State(ctx context.Context) (importer.State, error) {
	var state importer.State
	var watermark, complete int64
	var seen, epochs string
	query := `SELECT org, watermark, fingerprint, last_complete, seen, epochs, (SELECT COALESCE(MAX(number), 0) FROM sfbridge_import_run)
		FROM sfbridge_import_state WHERE id = 1`
	err := s.db.QueryRowContext(ctx, query).Scan(&state.Org, &watermark, &state.Fingerprint, &complete, &seen, &epochs, &state.Runs)
	if err != nil {
		return state, err
	}
	state.Watermark, state.LastComplete = timeOf(watermark), timeOf(complete)
	if err := unlist(seen, &state.Seen); err != nil {
		return state, fmt.Errorf("sfbridge_import_state.seen: %w", err)
	}
	if err := unlist(epochs, &state.Epochs); err != nil {
		return state, fmt.Errorf("sfbridge_import_state.epochs: %w", err)
	}
	state.Last, err = s.lastRun(ctx)
	return state, err
}

func (s *Store) lastRun(ctx context.Context) (*importer.Run, error) {
	query := s.dialect.Rebind(`SELECT body FROM sfbridge_import_run WHERE kind <> ? ORDER BY number DESC LIMIT 1`)
	var body []byte
	err := s.db.QueryRowContext(ctx, query, string(importer.Relink)).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // no run yet is a state of its own
	}
	if err != nil {
		return nil, err
	}
	var run importer.Run
	if err := json.Unmarshal(body, &run); err != nil {
		return nil, fmt.Errorf("sfbridge_import_run.body: %w", err)
	}
	return &run, nil
}

const linkColumns = `object, sf_id, kind, host_id, parent_id, state, free, retired, stamp, run, digest`

// Links implements importer.Store.
func (s *Store) Links(ctx context.Context, object string, ids []salesforce.ID) (links []importer.Link, err error) {
	err = in(s.dialect, s.findLinks, ids, []any{object}, func(text string, args []any) error {
		found, err := collect(ctx, s, text, args, scanLink)
		links = append(links, found...)
		return err
	})
	return links, err
}

// ListLinks implements importer.Store.
func (s *Store) ListLinks(ctx context.Context, f importer.LinkFilter, after salesforce.ID, limit int) ([]importer.Link, error) {
	where, args := []string{"object = ?", "sf_id > ?"}, []any{f.Object, string(after)}
	if f.ParentID != "" {
		where, args = append(where, "parent_id = ?"), append(args, string(f.ParentID))
	}
	if f.NotRun != 0 {
		where, args = append(where, "run <> ?"), append(args, f.NotRun)
	}
	if len(f.States) > 0 {
		where = append(where, "state IN ("+sqlx.Marks(len(f.States))+")")
		for _, state := range f.States {
			args = append(args, string(state))
		}
	}
	return s.queryLinks(ctx, strings.Join(where, " AND ")+fmt.Sprintf(" ORDER BY sf_id LIMIT %d", limit), args...)
}

// LinkOf implements importer.Store.
func (s *Store) LinkOf(ctx context.Context, kind, hostID string) (importer.Link, bool, error) {
	links, err := s.queryLinks(ctx, `kind = ? AND host_id = ?`, kind, hostID)
	if err != nil || len(links) == 0 {
		return importer.Link{}, false, err
	}
	return links[0], true, nil
}

func (s *Store) queryLinks(ctx context.Context, where string, args ...any) ([]importer.Link, error) {
	query := s.dialect.Rebind(`SELECT ` + linkColumns + ` FROM sfbridge_import_link WHERE ` + where)
	return collect(ctx, s, query, args, scanLink)
}

func scanLink(rows *sql.Rows) (l importer.Link, err error) {
	var stamp int64
	var free, retired int
	err = rows.Scan(&l.Object, &l.ID, &l.Kind, &l.HostID, &l.ParentID, &l.State, &free, &retired, &stamp, &l.Run, &l.Digest)
	l.Free, l.Retired, l.Stamp = free != 0, retired != 0, timeOf(stamp)
	return l, err
}

// Tasks implements importer.Store.
func (s *Store) Tasks(ctx context.Context, object string, limit int) ([]importer.Task, error) {
	query := fmt.Sprintf(`SELECT object, sf_id, children, gone FROM sfbridge_import_task WHERE object = ? ORDER BY children DESC, sf_id LIMIT %d`, limit)
	return collect(ctx, s, s.dialect.Rebind(query), []any{object}, func(rows *sql.Rows) (t importer.Task, err error) {
		var children, gone int
		err = rows.Scan(&t.Object, &t.ID, &children, &gone)
		t.Children, t.Gone = children != 0, gone != 0
		return t, err
	})
}

const deadColumns = `object, sf_id, gone, label, reason, attempts, first, last, run, told`

// DeadLetters implements importer.Store.
func (s *Store) DeadLetters(ctx context.Context) iter.Seq2[importer.DeadLetter, error] {
	query := s.dialect.Rebind(fmt.Sprintf(`SELECT %s FROM sfbridge_import_dead WHERE object > ? OR object = ? AND sf_id > ? ORDER BY object, sf_id LIMIT %d`, deadColumns, mostRows))
	return func(yield func(importer.DeadLetter, error) bool) {
		var last importer.DeadLetter
		for {
			page, err := collect(ctx, s, query, []any{last.Object, last.Object, string(last.ID)}, deadLetter)
			if err != nil {
				yield(importer.DeadLetter{}, err)
				return
			}
			for _, d := range page {
				if !yield(d, nil) {
					return
				}
			}
			if len(page) < mostRows {
				return
			}
			last = page[len(page)-1]
		}
	}
}

func deadLetter(rows *sql.Rows) (d importer.DeadLetter, err error) {
	var gone, told int
	var first, last int64
	err = rows.Scan(&d.Object, &d.ID, &gone, &d.Label, &d.Reason, &d.Attempts, &first, &last, &d.Run, &told)
	d.Gone, d.Told, d.First, d.Last = gone != 0, told != 0, timeOf(first), timeOf(last)
	return d, err
}

// Runs implements importer.Store.
func (s *Store) Runs(ctx context.Context) iter.Seq2[importer.Run, error] {
	return func(yield func(importer.Run, error) bool) {
		query := s.dialect.Rebind(fmt.Sprintf(`SELECT body FROM sfbridge_import_run WHERE number < ? ORDER BY number DESC LIMIT %d`, mostRows))
		for before := int64(math.MaxInt64); ; {
			page, err := collect(ctx, s, query, []any{before}, func(rows *sql.Rows) (r importer.Run, err error) {
				var body []byte
				if err := rows.Scan(&body); err != nil {
					return r, err
				}
				return r, json.Unmarshal(body, &r)
			})
			if err != nil {
				yield(importer.Run{}, err)
				return
			}
			for _, r := range page {
				if !yield(r, nil) {
					return
				}
			}
			if len(page) < mostRows {
				return
			}
			before = page[len(page)-1].Number
		}
	}
}

// Entries implements importer.Store.
func (s *Store) Entries(ctx context.Context, run int64) iter.Seq2[importer.Entry, error] {
	query := `SELECT seq, run, object, sf_id, label, host_id, result, reason, warnings, changed FROM sfbridge_import_entry WHERE seq > ? AND run = ?`
	return paged(ctx, s, query, []any{run}, func(rows *sql.Rows, seq *int64) (e importer.Entry, err error) {
		var warnings, changed string
		if err := rows.Scan(seq, &e.Run, &e.Object, &e.ID, &e.Label, &e.HostID, &e.Result, &e.Reason, &warnings, &changed); err != nil {
			return e, err
		}
		return e, errors.Join(unlist(warnings, &e.Warnings), unlist(changed, &e.Changed))
	})
}

// Audit implements importer.Store.
func (s *Store) Audit(ctx context.Context) iter.Seq2[importer.AuditEntry, error] {
	query := `SELECT seq, time, actor, action, subject, detail FROM sfbridge_import_audit WHERE seq > ?`
	return paged(ctx, s, query, nil, func(rows *sql.Rows, seq *int64) (a importer.AuditEntry, err error) {
		var at int64
		err = rows.Scan(seq, &at, &a.Actor, &a.Action, &a.Subject, &a.Detail)
		a.Time = timeOf(at)
		return a, err
	})
}

// paged yields the rows of a query whose first argument is the last seq seen,
// some at a time, so that the loop's body has the connection when it runs.
func paged[T any](ctx context.Context, s *Store, query string, args []any, scan func(*sql.Rows, *int64) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var seq int64
		for {
			page, err := collect(ctx, s, s.dialect.Rebind(fmt.Sprintf("%s ORDER BY seq LIMIT %d", query, mostRows)), append([]any{seq}, args...),
				func(rows *sql.Rows) (T, error) { return scan(rows, &seq) })
			if err != nil {
				yield(*new(T), err)
				return
			}
			for _, v := range page {
				if !yield(v, nil) {
					return
				}
			}
			if len(page) < mostRows {
				return
			}
		}
	}
}

// collect gives the rows of a query, scanned one by one.
func collect[T any](ctx context.Context, s *Store, query string, args []any, scan func(*sql.Rows) (T, error)) (all []T, err error) {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err has told what there is to tell
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// unlist reads a list that is kept as JSON, or as nothing when it is empty.
func unlist(text string, into any) error {
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), into)
}
