package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/salesforce"
)

// Find implements importer.Finder.
func (s *Store) Find(ctx context.Context, l importer.Lookup) ([]importer.Found, error) {
	t := s.tables[l.Kind]
	if t == nil {
		return nil, fmt.Errorf("sqlstore: there is no table for kind %q", l.Kind)
	}
	place, ok := t.place[l.Field]
	if !ok {
		return nil, fmt.Errorf("sqlstore: there is no column for field %q of kind %q", l.Field, l.Kind)
	}
	column := t.columns[place]
	ids := make([]string, len(l.IDs))
	for i, id := range l.IDs {
		ids[i] = string(id)
	}
	found, err := s.find(ctx, t, column, column, l.Values)
	if err != nil {
		return nil, err
	}
	byID, err := s.find(ctx, t, column, t.link, ids)
	return append(found, byID...), err
}

// find reads the rows that have one of values in the column where.
func (s *Store) find(ctx context.Context, t *table, field, where column, values []string) (found []importer.Found, err error) {
	q := s.dialect.Quote
	st := newStatement(0, 1, func(rows int) string {
		return s.dialect.Rebind(`SELECT ` + q(t.id.name) + `, ` + q(t.link.name) + `, ` + q(field.name) +
			` FROM ` + t.quoted + ` WHERE ` + s.among(where, rows))
	})
	err = in(s.dialect, st, where.possible(values), nil, func(text string, args []any) error {
		part, err := collect(ctx, s, text, args, func(rows *sql.Rows) (f importer.Found, err error) {
			var id, value sql.NullString
			err = rows.Scan(&f.HostID, &id, &value)
			f.ID, f.Value = salesforce.ID(id.String), field.canonical(value.String).text
			return f, err
		})
		found = append(found, part...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sqlstore: look for records in %s: %w", t.Name, err)
	}
	return found, nil
}

// possible leaves out the values that the column cannot hold: of some databases
// the mere question is an error.
func (col column) possible(values []string) []string {
	if col.class != numbers {
		return values
	}
	var list []string
	for _, value := range values {
		if _, err := strconv.ParseFloat(value, 64); err == nil && (col.digits != 0 || isInteger(value)) {
			list = append(list, value)
		}
	}
	return list
}

func isInteger(text string) bool {
	_, err := strconv.ParseInt(text, 10, 64)
	return err == nil
}

// index makes records quick to find by a column, unless the table has an index
// of that name already.
func (s *Store) index(ctx context.Context, t *table, c column) error {
	q := s.dialect.Quote
	name := strings.ReplaceAll(t.Name, ".", "_") + `_` + c.name
	if s.dialect != MySQL {
		_, err := s.db.ExecContext(ctx, `CREATE INDEX IF NOT EXISTS `+q(name)+` ON `+t.quoted+` (`+q(c.name)+`)`)
		return err
	}
	var there int
	schema, table := schemaOf(t.Name)
	err := s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM information_schema.statistics
		WHERE table_schema = COALESCE(NULLIF(?, ''), DATABASE()) AND table_name = ? AND index_name = ?`, schema, table, name).Scan(&there)
	if err != nil || there > 0 {
		return err
	}
	_, err = s.db.ExecContext(ctx, `CREATE INDEX `+q(name)+` ON `+t.quoted+` (`+q(c.name)+`(100))`) // the whole of a text has none
	return err
}
