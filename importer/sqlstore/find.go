package sqlstore

import (
	"context"
	"fmt"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/internal/sqlx"
	"github.com/sfbridge/sfbridge/salesforce"
)

// Find implements importer.Finder.
func (s *Store) Find(ctx context.Context, l importer.Lookup) ([]importer.Found, error) {
	t := s.tables[l.Kind]
	if t == nil || !t.has(l.Field) {
		return nil, fmt.Errorf("sqlstore: there is no column for field %q of kind %q", l.Field, l.Kind)
	}
	ids := make([]string, len(l.IDs))
	for i, id := range l.IDs {
		ids[i] = string(id)
	}
	found, err := s.find(ctx, t, l.Field, l.Field, l.Values)
	if err != nil {
		return nil, err
	}
	byID, err := s.find(ctx, t, l.Field, "sf_id", ids)
	return append(found, byID...), err
}

// find reads the rows that have one of values in the column where.
func (s *Store) find(ctx context.Context, t *table, field, where string, values []string) (found []importer.Found, err error) {
	for from := 0; from < len(values); from += most {
		part := values[from:min(len(values), from+most)]
		args := make([]any, len(part))
		for i, value := range part {
			args[i] = value
		}
		query := `SELECT id, COALESCE(sf_id, ''), COALESCE(` + field + `, '') FROM ` + t.name + ` WHERE ` + where + ` IN (` + sqlx.Marks(len(part)) + `)`
		if found, err = s.scanFound(ctx, found, s.dialect.Rebind(query), args); err != nil {
			return nil, fmt.Errorf("sqlstore: look for records in %s: %w", t.name, err)
		}
	}
	return found, nil
}

func (s *Store) scanFound(ctx context.Context, found []importer.Found, query string, args []any) ([]importer.Found, error) {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err has told what there is to tell
	for rows.Next() {
		var f importer.Found
		var id string
		if err := rows.Scan(&f.HostID, &id, &f.Value); err != nil {
			return nil, err
		}
		f.ID = salesforce.ID(id)
		found = append(found, f)
	}
	return found, rows.Err()
}

// index makes records quick to find by a column, unless it has an index of that
// name already.
func (s *Store) index(ctx context.Context, t *table, column string) error {
	name := t.name + `_` + column
	if s.dialect != MySQL {
		_, err := s.db.ExecContext(ctx, `CREATE INDEX IF NOT EXISTS `+name+` ON `+t.name+` (`+column+`)`)
		return err
	}
	var there int
	err := s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM information_schema.statistics
		WHERE table_schema = DATABASE() AND table_name = ? AND index_name = ?`, t.name, name).Scan(&there)
	if err != nil || there > 0 {
		return err
	}
	_, err = s.db.ExecContext(ctx, `CREATE INDEX `+name+` ON `+t.name+` (`+column+`(100))`) // the whole of a text has none
	return err
}
