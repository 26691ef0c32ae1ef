package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/internal/sqlx"
	"github.com/sfbridge/sfbridge/salesforce"
)

// Apply implements importer.Sink.
func (s *Store) Apply(ctx context.Context, batch []importer.Change) (outcomes []importer.Outcome, err error) {
	err = s.transact(ctx, func(x *session) error {
		outcomes, err = x.apply(batch)
		return err
	})
	return outcomes, err
}

// errDiff undoes what Diff has tried.
var errDiff = errors.New("a diff writes nothing")

// Diff implements importer.Sink. It does what Apply does and rolls it back, so
// that the database's own constraints have their say, too. A column of a parent
// that does not exist yet is left alone.
func (s *Store) Diff(ctx context.Context, batch []importer.Change) (outcomes []importer.Outcome, err error) {
	err = s.transact(ctx, func(x *session) error {
		if outcomes, err = x.apply(batch); err != nil {
			return err
		}
		return errDiff
	})
	if !errors.Is(err, errDiff) {
		return nil, err
	}
	for i := range outcomes {
		s.foretell(batch[i], &outcomes[i])
	}
	return outcomes, nil
}

// foretell mends an outcome of what was rolled back.
func (s *Store) foretell(change importer.Change, outcome *importer.Outcome) {
	t := s.tables[change.Kind]
	switch {
	case outcome.Result == importer.Created:
		outcome.HostID = ""
	case t.parent >= 0 && change.Parent == "" && change.Action != importer.Retire && outcome.Err == nil && outcome.Result != importer.Missing:
		outcome.Result = importer.Updated
		outcome.Changed = append(outcome.Changed, importer.FieldChange{Field: t.columns[t.parent].field})
	}
}

// ApplyAndSave implements importer.Atomic.
func (s *Store) ApplyAndSave(ctx context.Context, fence importer.Fence, batch []importer.Change, then func([]importer.Outcome) *importer.Checkpoint) error {
	return s.transact(ctx, func(x *session) error {
		if err := x.lease(fence); err != nil {
			return err
		}
		outcomes, err := x.apply(batch)
		if err != nil {
			return err
		}
		return x.save(then(outcomes))
	})
}

// Epoch implements importer.EpochSink.
func (s *Store) Epoch(ctx context.Context) (epoch string, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT sink_epoch FROM sfbridge_import_state WHERE id = 1`).Scan(&epoch)
	return epoch, err
}

// SetEpoch implements importer.EpochSink.
func (s *Store) SetEpoch(ctx context.Context, epoch string) error {
	return sqlx.Retry(ctx, s.db, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, s.dialect.Rebind(`UPDATE sfbridge_import_state SET sink_epoch = ? WHERE id = 1`), epoch)
		return err
	})
}

// transact runs f in one transaction. When the database refuses a record, all
// is done again with care: only then is it worth the time to find out which.
func (s *Store) transact(ctx context.Context, f func(*session) error) error {
	once := func(careful bool) error {
		s.prepareDue(ctx)
		return sqlx.Retry(ctx, s.db, func(tx *sql.Tx) error {
			x := &session{ctx: ctx, tx: tx, s: s, careful: careful}
			if careful && s.dialect == PostgreSQL { // which may put checks off until the commit
				if err := x.exec(`SET CONSTRAINTS ALL IMMEDIATE`); err != nil {
					return err
				}
			}
			return f(x)
		})
	}
	err := once(false)
	if sqlx.Refused(err) {
		err = once(true)
	}
	return err
}

// A work is what has to be done to a table for a batch, and what will be
// answered when it is.
type work struct {
	*table
	batch    []importer.Change
	outcomes []importer.Outcome
	inserts  []write
	updates  []write
}

// A write is one row on its way.
type write struct {
	change int    // place in the batch
	id     string // of the row, empty for a new one
	cells  []cell // by the places of columns
	link   bool   // the row is to be linked
}

// apply writes a batch, kind by kind.
func (x *session) apply(batch []importer.Change) ([]importer.Outcome, error) {
	outcomes := make([]importer.Outcome, len(batch))
	byKind := map[string][]int{}
	var kinds []string
	for i, change := range batch {
		if byKind[change.Kind] == nil {
			kinds = append(kinds, change.Kind)
		}
		byKind[change.Kind] = append(byKind[change.Kind], i)
	}
	for _, kind := range kinds {
		t := x.s.tables[kind]
		if t == nil {
			return nil, fmt.Errorf("sqlstore: there is no table for kind %q", kind)
		}
		w := &work{table: t, batch: batch, outcomes: outcomes}
		err := x.plan(w, byKind[kind])
		if err == nil {
			err = x.insert(w)
		}
		if err == nil {
			err = x.update(w)
		}
		if err != nil {
			return nil, fmt.Errorf("sqlstore: table %s: %w", t.Name, err)
		}
	}
	return outcomes, nil
}

// plan compares the changes at these places with the rows that are there.
func (x *session) plan(w *work, places []int) error {
	ids := make([]salesforce.ID, len(places))
	for n, i := range places {
		ids[n] = w.batch[i].ID
	}
	linked, err := x.rows(w.table, ids)
	if err != nil {
		return err
	}
	var unknown []string
	for _, i := range places {
		if c := w.batch[i]; linked[c.ID] == nil && c.Action == importer.Adopt {
			unknown = append(unknown, w.id.possible([]string{c.HostID})...)
		}
	}
	others, err := x.rowsByID(w.table, unknown)
	if err != nil {
		return err
	}
	for _, i := range places {
		change := w.batch[i]
		old := linked[change.ID]
		if old == nil {
			old = others[change.HostID]
		}
		if err := w.decide(i, change, old); err != nil {
			return err
		}
	}
	return nil
}

// decide finds out what a change does to the row that is there, if there is one.
func (w *work) decide(i int, change importer.Change, old *row) error {
	answer := func(r importer.Result, id string, changed []importer.FieldChange) {
		w.outcomes[i] = importer.Outcome{HostID: id, Result: r, Changed: changed}
	}
	switch {
	case old == nil && change.HostID != "":
		answer(importer.Missing, "", nil)
		return nil
	case old == nil && change.Action == importer.Retire:
		answer(importer.Unchanged, "", nil)
		return nil
	case old != nil && old.link != "" && old.link != change.ID:
		w.outcomes[i] = importer.Outcome{HostID: old.id, Err: fmt.Errorf("row %s of %s belongs to Salesforce record %s", old.id, w.Name, old.link)}
		return nil
	}
	cells, err := w.cells(change)
	if err != nil {
		return err
	}
	if old == nil {
		answer(importer.Created, "", nil)
		w.inserts = append(w.inserts, write{change: i, cells: cells, link: true})
		return nil
	}
	adopt := old.link == ""
	if !adopt && old.stamp > millis(change.Stamp) {
		answer(importer.Unchanged, old.id, nil) // the row has a newer version already
		return nil
	}
	changed := w.compare(cells, old)
	if len(changed) == 0 {
		answer(importer.Unchanged, old.id, nil)
		cells = nil
	} else {
		answer(importer.Updated, old.id, changed)
	}
	if len(changed) > 0 || adopt || w.hasStamp() && old.stamp != millis(change.Stamp) {
		w.updates = append(w.updates, write{i, old.id, cells, adopt})
	}
	return nil
}

// compare lists the columns that differ.
func (w *work) compare(cells []cell, old *row) (changed []importer.FieldChange) {
	for place, c := range cells {
		if was := old.cells[place]; c.given && (c.null != was.null || c.text != was.text) {
			changed = append(changed, importer.FieldChange{Field: w.columns[place].field, Old: was.text, New: c.text})
		}
	}
	return changed
}

// cells gives the columns that a change writes.
func (t *table) cells(change importer.Change) (cells []cell, err error) {
	cells = make([]cell, len(t.columns))
	if t.active >= 0 {
		active := t.columns[t.active]
		switch {
		case change.Action == importer.Retire:
			cells[t.active], err = active.encode(false)
			return cells, err
		case change.Action == importer.Restore || change.HostID == "":
			cells[t.active], err = active.encode(true)
		}
		if value, ok := change.Values.Get(activeField); ok && value != nil && err == nil {
			cells[t.active], err = active.encode(value)
		}
	}
	if change.Action == importer.Retire || err != nil {
		return cells, err
	}
	if t.parent >= 0 && change.Parent != "" {
		cells[t.parent] = t.columns[t.parent].canonical(change.Parent)
	}
	for target, value := range change.Values.All() {
		place, ok := t.place[target]
		if !ok && target != activeField && t.Columns[target] != None {
			return nil, fmt.Errorf("there is no column for the target %s", target)
		}
		if !ok {
			continue
		}
		if cells[place], err = t.columns[place].encode(value); err != nil {
			return nil, fmt.Errorf("%s of %s: %w", target, change.ID, err)
		}
	}
	return cells, nil
}

// attempt runs f. With care, what the database has against the records is told
// apart from a failure, and the rest of the transaction stands.
func (x *session) attempt(f func() error) (refused, err error) {
	if !x.careful {
		return nil, f()
	}
	if err := x.exec(`SAVEPOINT sfbridge_record`); err != nil {
		return nil, err
	}
	if err := f(); err != nil {
		if !sqlx.Refused(err) {
			return nil, err
		}
		refused = err
		if err := x.exec(`ROLLBACK TO SAVEPOINT sfbridge_record`); err != nil {
			return nil, errors.Join(refused, err)
		}
	}
	return refused, x.exec(`RELEASE SAVEPOINT sfbridge_record`)
}

// narrow runs f over writes, and over halves of them while the database refuses
// it, down to the single records that it refuses.
func (x *session) narrow(w *work, writes []write, f func([]write) error) error {
	refused, err := x.attempt(func() error { return f(writes) })
	if err != nil || refused == nil {
		return err
	}
	if len(writes) == 1 {
		w.outcomes[writes[0].change] = importer.Outcome{HostID: writes[0].id, Err: fmt.Errorf("the database refuses the record: %w", refused)}
		return nil
	}
	half := len(writes) / 2
	return errors.Join(x.narrow(w, writes[:half], f), x.narrow(w, writes[half:], f))
}
