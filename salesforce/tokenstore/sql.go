package tokenstore

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/sfbridge/sfbridge/internal/sqlx"
	"github.com/sfbridge/sfbridge/salesforce"
)

// A Dialect names the database behind a *sql.DB.
type Dialect = sqlx.Dialect

// The databases.
const (
	SQLite     = sqlx.SQLite
	PostgreSQL = sqlx.PostgreSQL
	MySQL      = sqlx.MySQL
)

// ErrLeaseLost is what an Update fails with that took so long that another
// process took over. What its change returned is not kept.
var ErrLeaseLost = errors.New("tokenstore: another process took over")

// SQLConfig is what [NewSQL] needs: DB, Dialect and Key.
type SQLConfig struct {
	// DB is the database. The host brings the driver. With SQLite, several
	// connections need a busy timeout.
	DB *sql.DB
	// Dialect names it.
	Dialect Dialect

	// Key encrypts the tokens: 32 random bytes. Keep it elsewhere than the
	// database.
	Key []byte

	// OldKeys also decrypt them, after Key was changed. A token is encrypted anew
	// when it is renewed.
	OldKeys [][]byte

	// Lease is how long a process may hold a token. When it dies while it does,
	// the others wait for so long. A change has half of it. Give all processes
	// the same. Defaults to 1 minute.
	Lease time.Duration

	// Poll is how often a process looks whether the one that holds a token has
	// let go of it. Defaults to 100 milliseconds.
	Poll time.Duration
}

// String tells the database, never a key.
func (cfg SQLConfig) String() string { return "SQLConfig(" + cfg.Dialect.String() + ")" }

// GoString is String, so that %#v tells no key either.
func (cfg SQLConfig) GoString() string { return cfg.String() }

// LogValue is String, for the handlers of package slog that encode JSON.
func (cfg SQLConfig) LogValue() slog.Value { return slog.StringValue(cfg.String()) }

// SQL is a [salesforce.TokenStore] in a database, in the table sfbridge_tokens.
//
// A change may take the time of a few requests to Salesforce. No transaction
// and no lock of the database lasts so long: whoever changes a token writes a
// random name into its row, and the others wait until it is gone. A name that
// stays for the time of a lease belongs to a process that has died, and is
// replaced; each process takes that time by its own clock, so clocks need not
// agree. The statements are the same on all databases. It is safe for
// concurrent use.
type SQL struct {
	db      *sql.DB
	dialect Dialect
	sealer  sealer
	lease   time.Duration
	poll    time.Duration
}

// MySQL compares texts without regard to case unless told otherwise, which the
// ids, being hexadecimal, and the holders do not mind.
var migrations = []string{
	`CREATE TABLE IF NOT EXISTS sfbridge_tokens (
		id VARCHAR(64) NOT NULL PRIMARY KEY,
		holder VARCHAR(64) NOT NULL DEFAULT '',
		sealed TEXT)`,
}

// NewSQL returns the store in a database, and creates or updates its table. The
// error joins every fault of cfg.
func NewSQL(ctx context.Context, cfg SQLConfig) (*SQL, error) {
	var faults []error
	if cfg.DB == nil {
		faults = append(faults, errors.New("tokenstore: SQLConfig.DB is missing"))
	}
	if !cfg.Dialect.Valid() {
		faults = append(faults, fmt.Errorf("tokenstore: SQLConfig.Dialect is %s", cfg.Dialect))
	}
	for name, d := range map[string]time.Duration{"Lease": cfg.Lease, "Poll": cfg.Poll} {
		if d < 0 {
			faults = append(faults, fmt.Errorf("tokenstore: SQLConfig.%s %v is negative", name, d))
		}
	}
	sealer, err := newSealer(cfg.Key, cfg.OldKeys)
	if err := errors.Join(append(faults, err)...); err != nil {
		return nil, err
	}
	if cfg.Lease == 0 {
		cfg.Lease = time.Minute
	}
	if cfg.Poll == 0 {
		cfg.Poll = 100 * time.Millisecond
	}
	if err := sqlx.Migrate(ctx, cfg.DB, cfg.Dialect, "tokenstore", migrations); err != nil {
		return nil, fmt.Errorf("tokenstore: %w", err)
	}
	return &SQL{cfg.DB, cfg.Dialect, sealer, cfg.Lease, cfg.Poll}, nil
}

// Update implements [salesforce.TokenStore].
func (s *SQL) Update(ctx context.Context, key string, change func(ctx context.Context, current salesforce.Token) (salesforce.Token, error)) error {
	id, err := idOf(key)
	if err != nil {
		return err
	}
	h := held{SQL: s, id: id, holder: rand.Text()}
	if err := h.take(ctx); err != nil {
		if ended := ctx.Err(); ended != nil {
			err = ended // what the driver says of it varies
		}
		return fmt.Errorf("tokenstore: lock %q: %w", key, err)
	}
	current, err := h.read(ctx)
	if err != nil {
		h.letGo(ctx)
		return fmt.Errorf("tokenstore: read %q: %w", key, err)
	}
	next, err := h.change(ctx, current, change)
	if err != nil || next == current {
		h.letGo(ctx)
		return err
	}
	if err := h.save(ctx, next); err != nil {
		return fmt.Errorf("tokenstore: save %q: %w", key, err)
	}
	return nil
}

// held is the row of a token while it is being changed.
type held struct {
	*SQL
	id, holder string
}

// take waits until nobody holds the row, or somebody has for too long.
func (h held) take(ctx context.Context) error {
	if _, err := h.exec(ctx, h.dialect.Upsert("sfbridge_tokens", []string{"id"}, nil, 1), h.id); err != nil {
		return err
	}
	seen, since := "", time.Now()
	for {
		n, err := h.replace(ctx, "")
		if err != nil || n == 1 {
			return err
		}
		holder, err := h.reads(ctx, "holder")
		switch {
		case err != nil:
			return err
		case holder != seen:
			seen, since = holder, time.Now()
		case time.Since(since) >= h.lease:
			if n, err := h.replace(ctx, seen); err != nil || n == 1 {
				return err
			}
		}
		if err := wait(ctx, h.poll); err != nil {
			return err
		}
	}
}

// replace writes our name into the row if it still holds the other one.
func (h held) replace(ctx context.Context, other string) (int, error) {
	return h.exec(ctx, `UPDATE sfbridge_tokens SET holder = ? WHERE id = ? AND holder = ?`, h.holder, h.id, other)
}

func (h held) read(ctx context.Context) (salesforce.Token, error) {
	text, err := h.reads(ctx, "sealed")
	if err != nil {
		return salesforce.Token{}, err
	}
	sealed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return salesforce.Token{}, ErrUnreadable
	}
	return h.sealer.open(h.id, sealed)
}

// saveTime is how long saving may take. That another process may take over
// meanwhile does no harm: then nothing is saved.
const saveTime = 30 * time.Second

// change has half of the lease, so that what it returns is saved before
// somebody takes over.
func (h held) change(ctx context.Context, current salesforce.Token, change func(context.Context, salesforce.Token) (salesforce.Token, error)) (salesforce.Token, error) {
	ctx, cancel := context.WithTimeout(ctx, h.lease/2)
	defer cancel()
	return change(ctx, current)
}

// save keeps a token and lets go of it. It does so too for a caller that has
// gone: the token may be the only one that works.
func (h held) save(ctx context.Context, token salesforce.Token) error {
	sealed, err := h.sealer.seal(h.id, token)
	if err != nil {
		h.letGo(ctx)
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	n, err := h.exec(ctx, `UPDATE sfbridge_tokens SET sealed = ?, holder = '' WHERE id = ? AND holder = ?`,
		base64.StdEncoding.EncodeToString(sealed), h.id, h.holder)
	if err == nil && n == 0 {
		err = ErrLeaseLost
	}
	return err
}

// letGo lets the next one in at once. When that fails the lease ends by itself.
func (h held) letGo(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	_, _ = h.exec(ctx, `UPDATE sfbridge_tokens SET holder = '' WHERE id = ? AND holder = ?`, h.id, h.holder)
}

func (h held) reads(ctx context.Context, column string) (string, error) {
	var text sql.NullString
	err := h.db.QueryRowContext(ctx, h.dialect.Rebind(`SELECT `+column+` FROM sfbridge_tokens WHERE id = ?`), h.id).Scan(&text)
	return text.String, err
}

func (h held) exec(ctx context.Context, query string, args ...any) (int, error) {
	result, err := h.db.ExecContext(ctx, h.dialect.Rebind(query), args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

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
