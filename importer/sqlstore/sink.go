package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/internal/sqlx"
	"github.com/sfbridge/sfbridge/salesforce"
)

// Apply implements importer.Sink.
func (s *Store) Apply(ctx context.Context, batch []importer.Change) (outcomes []importer.Outcome, err error) {
	err = sqlx.InTx(ctx, s.db, func(tx *sql.Tx) error {
		outcomes, err = s.apply(ctx, tx, batch)
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
	err = sqlx.InTx(ctx, s.db, func(tx *sql.Tx) error {
		if outcomes, err = s.apply(ctx, tx, batch); err != nil {
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
	case t.parent != "" && change.Parent == "" && change.Action != importer.Retire && outcome.Err == nil && outcome.Result != importer.Missing:
		outcome.Result = importer.Updated
		outcome.Changed = append(outcome.Changed, importer.FieldChange{Field: t.parent})
	}
}

// ApplyAndSave implements importer.Atomic.
func (s *Store) ApplyAndSave(ctx context.Context, fence importer.Fence, batch []importer.Change, then func([]importer.Outcome) *importer.Checkpoint) error {
	return sqlx.InTx(ctx, s.db, func(tx *sql.Tx) error {
		outcomes, err := s.apply(ctx, tx, batch)
		if err != nil {
			return err
		}
		return s.save(ctx, tx, fence, then(outcomes))
	})
}

// A row is one record of a table: its columns as text, nil for NULL.
type row struct {
	id     string
	sfID   salesforce.ID
	stamp  int64
	values map[string]*string
}

func (s *Store) apply(ctx context.Context, tx *sql.Tx, batch []importer.Change) ([]importer.Outcome, error) {
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
		t := s.tables[kind]
		if t == nil {
			return nil, fmt.Errorf("sqlstore: there is no table for kind %q", kind)
		}
		if err := s.applyTo(ctx, tx, t, batch, byKind[kind], outcomes); err != nil {
			return nil, fmt.Errorf("sqlstore: table %s: %w", t.name, err)
		}
	}
	return outcomes, nil
}

// applyTo writes the changes at the given places of batch into one table.
func (s *Store) applyTo(ctx context.Context, tx *sql.Tx, t *table, batch []importer.Change, places []int, outcomes []importer.Outcome) error {
	ids := make([]salesforce.ID, len(places))
	for n, i := range places {
		ids[n] = batch[i].ID
	}
	rows, err := s.rows(ctx, tx, t, ids)
	if err != nil {
		return err
	}
	own, err := s.own(ctx, tx, t, batch, places)
	if err != nil {
		return err
	}
	var fresh []int
	for _, i := range places {
		change, old := batch[i], rows[batch[i].ID]
		switch {
		case old != nil:
			outcomes[i], err = s.update(ctx, tx, t, change, old)
		case change.Action == importer.Adopt && own[change.HostID] != nil:
			outcomes[i], err = s.adopt(ctx, tx, t, change, own[change.HostID])
		case change.HostID != "":
			outcomes[i] = importer.Outcome{Result: importer.Missing}
		case change.Action == importer.Retire:
			outcomes[i] = importer.Outcome{Result: importer.Unchanged}
		default:
			fresh = append(fresh, i)
		}
		if err != nil {
			return err
		}
	}
	return s.create(ctx, tx, t, batch, fresh, outcomes)
}

// rows reads the table's rows of these Salesforce ids.
func (s *Store) rows(ctx context.Context, tx *sql.Tx, t *table, ids []salesforce.ID) (map[salesforce.ID]*row, error) {
	keys := make([]any, len(ids))
	for i, id := range ids {
		keys[i] = string(id)
	}
	found := map[salesforce.ID]*row{}
	err := s.rowsBy(ctx, tx, t, "sf_id", keys, func(r *row) { found[r.sfID] = r })
	return found, err
}

// own reads the rows that the host had already and is to link, by their id.
func (s *Store) own(ctx context.Context, tx *sql.Tx, t *table, batch []importer.Change, places []int) (map[string]*row, error) {
	var keys []any
	for _, i := range places {
		if _, err := strconv.ParseInt(batch[i].HostID, 10, 64); err == nil && batch[i].Action == importer.Adopt {
			keys = append(keys, batch[i].HostID)
		}
	}
	found := map[string]*row{}
	err := s.rowsBy(ctx, tx, t, "id", keys, func(r *row) { found[r.id] = r })
	return found, err
}

func (s *Store) rowsBy(ctx context.Context, tx *sql.Tx, t *table, column string, keys []any, found func(*row)) error {
	for ; len(keys) > 0; keys = keys[min(len(keys), most):] {
		part := keys[:min(len(keys), most)]
		query := `SELECT sf_id, id, sf_stamp, ` + strings.Join(t.columns, ", ") + ` FROM ` + t.name + ` WHERE ` + column + ` IN (` + sqlx.Marks(len(part)) + `)`
		if err := s.scanRows(ctx, tx, t, found, query, part); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) scanRows(ctx context.Context, tx *sql.Tx, t *table, found func(*row), query string, args []any) error {
	rows, err := tx.QueryContext(ctx, s.dialect.Rebind(query), args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err has told what there is to tell
	for rows.Next() {
		var sfID sql.NullString // none in the host's own rows
		var r row
		texts := make([]sql.NullString, len(t.columns))
		targets := []any{&sfID, &r.id, &r.stamp}
		for i := range texts {
			targets = append(targets, &texts[i])
		}
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		r.values = map[string]*string{}
		for i, column := range t.columns {
			if texts[i].Valid {
				r.values[column] = &texts[i].String
			}
		}
		r.sfID = salesforce.ID(sfID.String)
		found(&r)
	}
	return rows.Err()
}

// adopt writes a change into a row of the host's own.
func (s *Store) adopt(ctx context.Context, tx *sql.Tx, t *table, change importer.Change, old *row) (importer.Outcome, error) {
	if old.sfID != "" {
		refusal := fmt.Errorf("sqlstore: row %s of %s belongs to Salesforce record %s", old.id, t.name, old.sfID)
		return importer.Outcome{HostID: old.id, Err: refusal}, nil
	}
	query := s.dialect.Rebind(`UPDATE ` + t.name + ` SET sf_id = ? WHERE id = ?`)
	outcome, err := s.try(ctx, tx, importer.Outcome{HostID: old.id}, query, []any{string(change.ID), old.id})
	if err != nil || outcome.Err != nil {
		return outcome, err
	}
	old.sfID = change.ID
	return s.update(ctx, tx, t, change, old)
}

// update writes the columns that differ.
func (s *Store) update(ctx context.Context, tx *sql.Tx, t *table, change importer.Change, old *row) (importer.Outcome, error) {
	outcome := importer.Outcome{HostID: old.id, Result: importer.Unchanged}
	want, err := t.values(change)
	if err != nil || old.stamp > millis(change.Stamp) {
		return outcome, err // the row may have a newer version already
	}
	sets, args := []string{"sf_stamp = ?"}, []any{millis(change.Stamp)}
	for _, column := range t.columns {
		value, given := want[column]
		if !given || same(value, old.values[column]) {
			continue
		}
		sets = append(sets, column+" = ?")
		args = append(args, argument(value))
		outcome.Changed = append(outcome.Changed, importer.FieldChange{Field: column, Old: text(old.values[column]), New: text(value)})
	}
	if len(outcome.Changed) > 0 {
		outcome.Result = importer.Updated
	} else if old.stamp == millis(change.Stamp) {
		return outcome, nil
	}
	query := s.dialect.Rebind(`UPDATE ` + t.name + ` SET ` + strings.Join(sets, ", ") + ` WHERE id = ?`)
	return s.try(ctx, tx, outcome, query, append(args, old.id))
}

// try runs one statement. What the database has against the record, such as a
// constraint of the host's own, is the record's outcome and no more: the rest of
// the transaction stands.
func (s *Store) try(ctx context.Context, tx *sql.Tx, outcome importer.Outcome, query string, args []any) (importer.Outcome, error) {
	if _, err := tx.ExecContext(ctx, `SAVEPOINT sfbridge_record`); err != nil {
		return outcome, err
	}
	if _, refusal := tx.ExecContext(ctx, query, args...); refusal != nil {
		outcome = importer.Outcome{HostID: outcome.HostID, Err: refusal}
		if _, err := tx.ExecContext(ctx, `ROLLBACK TO SAVEPOINT sfbridge_record`); err != nil {
			return outcome, errors.Join(refusal, err)
		}
	}
	_, err := tx.ExecContext(ctx, `RELEASE SAVEPOINT sfbridge_record`)
	return outcome, err
}

// create inserts new rows and reads back the ids that the database gave them.
// Many go into one statement; when the database refuses that, each gets its own.
func (s *Store) create(ctx context.Context, tx *sql.Tx, t *table, batch []importer.Change, places []int, outcomes []importer.Outcome) error {
	const atOnce = 100 // rows a statement; SQLite takes 32,766 values
	for from := 0; from < len(places); from += atOnce {
		part := places[from:min(len(places), from+atOnce)]
		refused, err := s.insert(ctx, tx, t, batch, part)
		if err != nil {
			return err
		}
		for _, i := range part {
			if refused == nil {
				break
			}
			if outcomes[i].Err, err = s.insert(ctx, tx, t, batch, []int{i}); err != nil {
				return err
			}
		}
		ids := make([]salesforce.ID, len(part))
		for n, i := range part {
			ids[n] = batch[i].ID
		}
		made, err := s.rows(ctx, tx, t, ids)
		if err != nil {
			return err
		}
		for _, i := range part {
			if outcomes[i].Err == nil {
				outcomes[i] = importer.Outcome{HostID: made[batch[i].ID].id, Result: importer.Created}
			}
		}
	}
	return nil
}

// insert writes new rows in one statement, all or none; refused is why not.
func (s *Store) insert(ctx context.Context, tx *sql.Tx, t *table, batch []importer.Change, places []int) (refused, err error) {
	var args []any
	for _, i := range places {
		want, err := t.values(batch[i])
		if err != nil {
			return nil, err
		}
		args = append(args, string(batch[i].ID), millis(batch[i].Stamp))
		for _, column := range t.columns {
			args = append(args, argument(want[column]))
		}
	}
	query := `INSERT INTO ` + t.name + ` (sf_id, sf_stamp, ` + strings.Join(t.columns, ", ") + `) VALUES ` + sqlx.Rows(len(places), 2+len(t.columns))
	outcome, err := s.try(ctx, tx, importer.Outcome{}, s.dialect.Rebind(query), args)
	return outcome.Err, err
}

// values gives the columns that a change writes.
func (t *table) values(change importer.Change) (map[string]*string, error) {
	want := map[string]*string{}
	switch {
	case change.Action == importer.Retire:
		want[activeColumn] = new("0")
		return want, nil
	case change.Action == importer.Restore || change.HostID == "":
		want[activeColumn] = new("1")
	}
	if t.parent != "" && change.Parent != "" {
		want[t.parent] = &change.Parent
	}
	for target, value := range change.Values.All() {
		text, err := encode(value)
		if err != nil {
			return nil, fmt.Errorf("%s of %s: %w", target, change.ID, err)
		}
		if target == activeColumn {
			if text == nil {
				continue // as it is
			}
			text = new(strconv.Itoa(number(*text == "true")))
		}
		want[target] = text
	}
	return want, nil
}

// encode gives a value's canonical text, nil for what is empty.
func encode(value any) (*string, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil //nolint:nilnil // NULL
	case string:
		return filled(v), nil
	case salesforce.ID:
		return filled(string(v)), nil
	case []string:
		return filled(strings.Join(v, "\n")), nil
	case bool:
		return new(strconv.FormatBool(v)), nil
	case int64:
		return new(strconv.FormatInt(v, 10)), nil
	case decimal.Decimal:
		return new(v.String()), nil
	case time.Time:
		return new(v.UTC().Format(time.RFC3339)), nil
	case fmt.Stringer: // Date and Time
		return new(v.String()), nil
	default:
		return nil, fmt.Errorf("a %T cannot be kept as text", v)
	}
}

func filled(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func same(a, b *string) bool {
	return (a == nil) == (b == nil) && (a == nil || *a == *b)
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func argument(s *string) any {
	if s == nil {
		return nil
	}
	return *s
}
