package sqlx

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Migrate brings the tables of one component up to date. Steps are the
// component's statements from the very first version on, in order; a step is
// one statement, and once released it is never changed. How many of them ran
// is kept in the table sfbridge_migrations.
//
// MySQL commits each CREATE TABLE by itself, so every step must be safe to run
// again (CREATE TABLE IF NOT EXISTS …): a stop between a step and the note
// about it repeats that step.
//
// Processes may start at once; see Together.
func Migrate(ctx context.Context, db *sql.DB, d Dialect, component string, steps []string) error {
	if !d.Valid() {
		return fmt.Errorf("migrate %s: unknown SQL dialect %s", component, d)
	}
	return Together(ctx, func() error { return migrate(ctx, db, d, component, steps) })
}

// Together makes tables, columns and indexes that other processes may be making,
// too, as f does where they are missing. What the databases say of two that create
// the same table varies, so one that fails tries again for a second, and finds what
// the other has done.
func Together(ctx context.Context, f func() error) error {
	for pause := firstPause; ; pause *= 2 {
		err := f()
		if err == nil || pause > lastPause || wait(ctx, pause) != nil {
			return err
		}
	}
}

func migrate(ctx context.Context, db *sql.DB, d Dialect, component string, steps []string) error {
	const table = `CREATE TABLE IF NOT EXISTS sfbridge_migrations (component VARCHAR(64) NOT NULL PRIMARY KEY, version INTEGER NOT NULL)`
	if _, err := db.ExecContext(ctx, table); err != nil {
		return fmt.Errorf("migrate %s: %w", component, err)
	}
	version, err := migrated(ctx, db, d, component)
	if err != nil {
		return fmt.Errorf("migrate %s: %w", component, err)
	}
	if version > len(steps) {
		return fmt.Errorf("migrate %s: the database is at version %d, this program knows only %d: use a newer sfbridge", component, version, len(steps))
	}
	for ; version < len(steps); version++ {
		err := InTx(ctx, db, func(tx *sql.Tx) error { return step(ctx, tx, d, component, steps[version], version+1) })
		if err != nil {
			return fmt.Errorf("migrate %s to version %d: %w", component, version+1, err)
		}
	}
	return nil
}

func migrated(ctx context.Context, db *sql.DB, d Dialect, component string) (version int, err error) {
	query := d.Rebind(`SELECT version FROM sfbridge_migrations WHERE component = ?`)
	err = db.QueryRowContext(ctx, query, component).Scan(&version)
	if errors.Is(err, sql.ErrNoRows) {
		_, err = db.ExecContext(ctx, d.Rebind(`INSERT INTO sfbridge_migrations (component, version) VALUES (?, 0)`), component)
	}
	return version, err
}

func step(ctx context.Context, tx *sql.Tx, d Dialect, component, statement string, version int) error {
	if _, err := tx.ExecContext(ctx, statement); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, d.Rebind(`UPDATE sfbridge_migrations SET version = ? WHERE component = ? AND version < ?`), version, component, version)
	return err
}
