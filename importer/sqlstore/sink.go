package sqlstore

import (
	"context"
	"database/sql"
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
	var fresh []int
	for _, i := range places {
		change, old := batch[i], rows[batch[i].ID]
		switch {
		case old != nil:
			outcomes[i], err = s.update(ctx, tx, t, change, old)
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
	found := map[salesforce.ID]*row{}
	for from := 0; from < len(ids); from += most {
		part := ids[from:min(len(ids), from+most)]
		args := make([]any, len(part))
		for i, id := range part {
			args[i] = string(id)
		}
		query := `SELECT sf_id, id, ` + strings.Join(t.columns, ", ") + ` FROM ` + t.name + ` WHERE sf_id IN (` + sqlx.Marks(len(part)) + `)`
		if err := s.scanRows(ctx, tx, t, found, query, args); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (s *Store) scanRows(ctx context.Context, tx *sql.Tx, t *table, found map[salesforce.ID]*row, query string, args []any) error {
	rows, err := tx.QueryContext(ctx, s.dialect.Rebind(query), args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err has told what there is to tell
	for rows.Next() {
		var sfID, id string
		texts := make([]sql.NullString, len(t.columns))
		targets := []any{&sfID, &id}
		for i := range texts {
			targets = append(targets, &texts[i])
		}
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		r := &row{id: id, values: map[string]*string{}}
		for i, column := range t.columns {
			if texts[i].Valid {
				r.values[column] = &texts[i].String
			}
		}
		found[salesforce.ID(sfID)] = r
	}
	return rows.Err()
}

// update writes the columns that differ.
func (s *Store) update(ctx context.Context, tx *sql.Tx, t *table, change importer.Change, old *row) (importer.Outcome, error) {
	outcome := importer.Outcome{HostID: old.id, Result: importer.Unchanged}
	want, err := t.values(change)
	if err != nil {
		return outcome, err
	}
	var sets []string
	var args []any
	for _, column := range t.columns {
		value, given := want[column]
		if !given || same(value, old.values[column]) {
			continue
		}
		sets = append(sets, column+" = ?")
		args = append(args, argument(value))
		outcome.Changed = append(outcome.Changed, importer.FieldChange{Field: column, Old: text(old.values[column]), New: text(value)})
	}
	if len(sets) == 0 {
		return outcome, nil
	}
	outcome.Result = importer.Updated
	query := `UPDATE ` + t.name + ` SET ` + strings.Join(sets, ", ") + ` WHERE id = ?`
	_, err = tx.ExecContext(ctx, s.dialect.Rebind(query), append(args, old.id)...)
	return outcome, err
}

// create inserts new rows and reads back the ids that the database gave them.
func (s *Store) create(ctx context.Context, tx *sql.Tx, t *table, batch []importer.Change, places []int, outcomes []importer.Outcome) error {
	const atOnce = 100 // rows a statement; SQLite takes 32,766 values
	for from := 0; from < len(places); from += atOnce {
		part := places[from:min(len(places), from+atOnce)]
		var args []any
		ids := make([]salesforce.ID, len(part))
		for n, i := range part {
			ids[n] = batch[i].ID
			want, err := t.values(batch[i])
			if err != nil {
				return err
			}
			args = append(args, string(batch[i].ID))
			for _, column := range t.columns {
				args = append(args, argument(want[column]))
			}
		}
		query := `INSERT INTO ` + t.name + ` (sf_id, ` + strings.Join(t.columns, ", ") + `) VALUES ` + sqlx.Rows(len(part), 1+len(t.columns))
		if _, err := tx.ExecContext(ctx, s.dialect.Rebind(query), args...); err != nil {
			return err
		}
		made, err := s.rows(ctx, tx, t, ids)
		if err != nil {
			return err
		}
		for _, i := range part {
			outcomes[i] = importer.Outcome{HostID: made[batch[i].ID].id, Result: importer.Created}
		}
	}
	return nil
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
	if t.parent != "" {
		want[t.parent] = new(change.Parent)
	}
	for target, value := range change.Values.All() {
		text, err := encode(value)
		if err != nil {
			return nil, fmt.Errorf("%s of %s: %w", target, change.ID, err)
		}
		if target == activeColumn && text != nil {
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
