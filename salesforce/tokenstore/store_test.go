package tokenstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/internal/sqlxtest"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/tokenstore"
	"github.com/sfbridge/sfbridge/salesforce/tokenstore/tokenstoretest"
)

var key = bytes.Repeat([]byte("k"), 32)

func openFiles(t *testing.T, dir string) *tokenstore.Files {
	t.Helper()
	store, err := tokenstore.NewFiles(tokenstore.FilesConfig{Dir: dir, Key: key, Poll: time.Millisecond})
	require.NoError(t, err)
	return store
}

func openSQL(t *testing.T, database sqlxtest.Database, changes ...func(*tokenstore.SQLConfig)) *tokenstore.SQL {
	t.Helper()
	cfg := tokenstore.SQLConfig{DB: database.Open(t), Dialect: database.Dialect, Key: key, Poll: time.Millisecond}
	for _, change := range changes {
		change(&cfg)
	}
	store, err := tokenstore.NewSQL(t.Context(), cfg)
	require.NoError(t, err)
	return store
}

func TestFiles(t *testing.T) {
	t.Parallel()
	tokenstoretest.TestStore(t, func(t *testing.T) salesforce.TokenStore {
		return openFiles(t, filepath.Join(t.TempDir(), "tokens"))
	})
}

func TestSQL(t *testing.T) {
	t.Parallel()
	sqlxtest.Each(t, func(t *testing.T, database sqlxtest.Database) {
		tokenstoretest.TestStore(t, func(t *testing.T) salesforce.TokenStore {
			return openSQL(t, sqlxtest.New(t, database.Dialect))
		})
	})
}

// put keeps a token and returns the one that was kept.
func put(t *testing.T, store salesforce.TokenStore, token salesforce.Token) (was salesforce.Token) {
	t.Helper()
	require.NoError(t, store.Update(t.Context(), "ada", func(_ context.Context, current salesforce.Token) (salesforce.Token, error) {
		was = current
		return token, nil
	}))
	return was
}

var token = salesforce.Token{RefreshToken: "secret refresh", AccessToken: "secret access", Identity: "https://x/id/o/u"}

func TestTokensOutliveTheirStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, openFiles(t, dir), token)
	require.Equal(t, token, put(t, openFiles(t, dir), token))
	sqlxtest.Each(t, func(t *testing.T, database sqlxtest.Database) {
		put(t, openSQL(t, database), token)
		require.Equal(t, token, put(t, openSQL(t, database), token))
	})
}

func TestFilesTellNothingAndBelongToTheirOwner(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "tokens")
	put(t, openFiles(t, dir), token)

	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2, "the token, and its lock")
	for _, e := range entries {
		require.NotContains(t, e.Name(), "ada")
		info, err := e.Info()
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), e.Name())
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		require.NoError(t, err)
		require.NotContains(t, string(text), "secret")
	}
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
}

func TestTableTellsNothing(t *testing.T) {
	t.Parallel()
	sqlxtest.Each(t, testTableTellsNothing)
}

func testTableTellsNothing(t *testing.T, database sqlxtest.Database) {
	put(t, openSQL(t, database), token)

	var id, holder, sealed string
	require.NoError(t, database.Open(t).QueryRowContext(t.Context(), `SELECT id, holder, sealed FROM sfbridge_tokens`).Scan(&id, &holder, &sealed))

	require.NotContains(t, id, "ada")
	require.Empty(t, holder)
	require.NotContains(t, sealed, "secret")
}

func TestKeysCanBeChanged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, openFiles(t, dir), token)
	other := bytes.Repeat([]byte("o"), 32)

	strangers, err := tokenstore.NewFiles(tokenstore.FilesConfig{Dir: dir, Key: other})
	require.NoError(t, err)
	err = strangers.Update(t.Context(), "ada", func(context.Context, salesforce.Token) (salesforce.Token, error) {
		return salesforce.Token{}, errors.New("called")
	})
	require.ErrorIs(t, err, tokenstore.ErrUnreadable)

	successor, err := tokenstore.NewFiles(tokenstore.FilesConfig{Dir: dir, Key: other, OldKeys: [][]byte{key}})
	require.NoError(t, err)
	next := token
	next.RefreshToken = "next"
	require.Equal(t, token, put(t, successor, next))
	require.Equal(t, next, put(t, strangers, next))
}

func TestTokensAreBoundToTheirLogin(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := openFiles(t, dir)
	put(t, store, token)
	mine, err := filepath.Glob(filepath.Join(dir, "*[0-9a-f]"))
	require.NoError(t, err)
	require.NoError(t, store.Update(t.Context(), "eve", func(context.Context, salesforce.Token) (salesforce.Token, error) {
		return salesforce.Token{RefreshToken: "eve's"}, nil
	}))
	all, err := filepath.Glob(filepath.Join(dir, "*[0-9a-f]"))
	require.NoError(t, err)
	text, err := os.ReadFile(mine[0])
	require.NoError(t, err)
	for _, path := range all {
		require.NoError(t, os.WriteFile(path, text, 0o600))
	}

	err = store.Update(t.Context(), "eve", func(_ context.Context, current salesforce.Token) (salesforce.Token, error) { return current, nil })

	require.ErrorIs(t, err, tokenstore.ErrUnreadable)
}

func TestFileThatWasCutIsNoToken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := openFiles(t, dir)
	put(t, store, token)
	paths, err := filepath.Glob(filepath.Join(dir, "*[0-9a-f]"))
	require.NoError(t, err)
	text, err := os.ReadFile(paths[0])
	require.NoError(t, err)
	for _, n := range []int{0, 1, 11, 12, 28, len(text) - 1} {
		require.NoError(t, os.WriteFile(paths[0], text[:n], 0o600))
		err := store.Update(t.Context(), "ada", func(context.Context, salesforce.Token) (salesforce.Token, error) { return token, nil })
		require.ErrorIs(t, err, tokenstore.ErrUnreadable)
	}
}

func TestWhatACrashLeftIsOverwritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := openFiles(t, dir)
	put(t, store, token)
	paths, err := filepath.Glob(filepath.Join(dir, "*[0-9a-f]"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(paths[0]+".new", bytes.Repeat([]byte("x"), 9999), 0o600))
	next := token
	next.RefreshToken = "next"

	require.Equal(t, token, put(t, store, next))
	require.Equal(t, next, put(t, store, next))
}

func TestFilesThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := tokenstore.NewFiles(tokenstore.FilesConfig{Dir: filepath.Join(file, "dir"), Key: key})
	require.ErrorContains(t, err, "tokenstore: ")

	dir := t.TempDir()
	store := openFiles(t, dir)
	put(t, store, token)
	paths, err := filepath.Glob(filepath.Join(dir, "*[0-9a-f]"))
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(paths[0]+".new", 0o700))
	err = store.Update(t.Context(), "ada", func(context.Context, salesforce.Token) (salesforce.Token, error) {
		return salesforce.Token{RefreshToken: "next"}, nil
	})
	require.ErrorContains(t, err, `tokenstore: save "ada"`)
	require.Equal(t, token, put(t, store, token), "the old one is still there")
}

func TestLeaseOfADeadProcessEnds(t *testing.T) {
	t.Parallel()
	sqlxtest.Each(t, testLeaseOfADeadProcessEnds)
}

func testLeaseOfADeadProcessEnds(t *testing.T, database sqlxtest.Database) {
	store := openSQL(t, database, func(cfg *tokenstore.SQLConfig) { cfg.Lease = 100 * time.Millisecond })
	put(t, store, token)
	_, err := database.Open(t).ExecContext(t.Context(), `UPDATE sfbridge_tokens SET holder = 'a dead process'`)
	require.NoError(t, err)
	start := time.Now()

	require.Equal(t, token, put(t, store, token))

	require.GreaterOrEqual(t, time.Since(start), 100*time.Millisecond)
}

func TestChangeHasHalfOfTheLease(t *testing.T) {
	t.Parallel()
	sqlxtest.Each(t, testChangeHasHalfOfTheLease)
}

func testChangeHasHalfOfTheLease(t *testing.T, database sqlxtest.Database) {
	store := openSQL(t, database, func(cfg *tokenstore.SQLConfig) { cfg.Lease = 100 * time.Millisecond })

	err := store.Update(t.Context(), "ada", func(ctx context.Context, _ salesforce.Token) (salesforce.Token, error) {
		<-ctx.Done()
		return token, ctx.Err()
	})

	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// A process that was asleep for longer than its lease keeps nothing.
func TestOvertakenChangeKeepsNothing(t *testing.T) {
	t.Parallel()
	sqlxtest.Each(t, testOvertakenChangeKeepsNothing)
}

func testOvertakenChangeKeepsNothing(t *testing.T, database sqlxtest.Database) {
	brief := func(cfg *tokenstore.SQLConfig) { cfg.Lease = 20 * time.Millisecond }
	one, other := openSQL(t, database, brief), openSQL(t, database, brief)

	err := one.Update(t.Context(), "ada", func(context.Context, salesforce.Token) (salesforce.Token, error) {
		put(t, other, token)
		return salesforce.Token{RefreshToken: "late"}, nil
	})

	require.ErrorIs(t, err, tokenstore.ErrLeaseLost)
	require.Equal(t, token, put(t, other, token))
}

func TestTokenIsSavedForACallerThatHasGone(t *testing.T) {
	t.Parallel()
	t.Run("files", func(t *testing.T) {
		t.Parallel()
		testTokenIsSavedForACallerThatHasGone(t, openFiles(t, t.TempDir()))
	})
	sqlxtest.Each(t, func(t *testing.T, database sqlxtest.Database) {
		testTokenIsSavedForACallerThatHasGone(t, openSQL(t, database))
	})
}

func testTokenIsSavedForACallerThatHasGone(t *testing.T, store salesforce.TokenStore) {
	ctx, cancel := context.WithCancel(t.Context())

	err := store.Update(ctx, "ada", func(context.Context, salesforce.Token) (salesforce.Token, error) {
		cancel()
		return token, nil
	})

	require.NoError(t, err)
	require.Equal(t, token, put(t, store, token))
}

func TestConfigsSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := tokenstore.NewFiles(tokenstore.FilesConfig{Key: []byte("secret"), Poll: -1})
	for _, part := range []string{"Dir is missing", "Poll -1ns is negative", "a key has 6 bytes, want 32"} {
		require.ErrorContains(t, err, part)
	}
	_, err = tokenstore.NewSQL(t.Context(), tokenstore.SQLConfig{Key: key, OldKeys: [][]byte{nil}, Lease: -1})
	for _, part := range []string{"DB is missing", "Dialect is Dialect(0)", "Lease -1ns is negative", "a key has 0 bytes, want 32"} {
		require.ErrorContains(t, err, part)
	}
	for _, cfg := range []any{tokenstore.FilesConfig{Dir: "d", Key: []byte("secret")}, tokenstore.SQLConfig{Key: []byte("secret")}} {
		text := fmt.Sprintf("%v %+v %#v", cfg, cfg, cfg)
		require.NotContains(t, text, "secret")
		require.NotContains(t, text, strings.Trim(fmt.Sprint([]byte("secret")), "[]"))
		var log strings.Builder
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "store", cfg)
		require.NotContains(t, log.String(), "c2VjcmV0", "the key in base64")
	}
}
