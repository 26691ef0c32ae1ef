package outbox_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sfbridge/sfbridge/routing/outbox"
)

func TestSpoolReturnsWhatWasPut(t *testing.T) {
	t.Parallel()
	s := outbox.Spool{Dir: filepath.Join(memory(t), "new", "spool")}
	rapid.Check(t, func(rt *rapid.T) {
		content := rapid.SliceOf(rapid.Byte()).Draw(rt, "content")
		blob, err := s.Put(t.Context(), "id", bytes.NewReader(content))
		require.NoError(rt, err)
		md5sum, sha256sum := md5.Sum(content), sha256.Sum256(content)
		require.Equal(rt, outbox.Blob{
			Name: hex.EncodeToString(sha256sum[:]) + ".id", Size: int64(len(content)),
			MD5: hex.EncodeToString(md5sum[:]), SHA256: hex.EncodeToString(sha256sum[:]),
		}, blob)

		f, err := s.Open(blob)
		require.NoError(rt, err)
		got, err := io.ReadAll(f)
		require.NoError(rt, err)
		require.NoError(rt, f.Close())
		require.Equal(rt, content, append([]byte{}, got...))

		require.NoError(rt, s.Remove(blob))
		require.NoError(rt, s.Remove(blob))
		_, err = s.Open(blob)
		require.ErrorIs(rt, err, outbox.ErrDamaged)
	})
	require.Empty(t, names(t, s))
}

func TestSpoolNoticesDamage(t *testing.T) {
	t.Parallel()
	s := outbox.Spool{Dir: memory(t)}
	rapid.Check(t, func(rt *rapid.T) {
		content := rapid.SliceOfN(rapid.Byte(), 1, 100).Draw(rt, "content")
		blob, err := s.Put(t.Context(), "id", bytes.NewReader(content))
		require.NoError(rt, err)
		at := rapid.IntRange(0, len(content)-1).Draw(rt, "at")
		content[at] ^= 1 << rapid.IntRange(0, 7).Draw(rt, "bit")
		require.NoError(rt, os.WriteFile(filepath.Join(s.Dir, blob.Name), content, 0o600))

		f, err := s.Open(blob)
		require.NoError(rt, err)
		_, err = io.ReadAll(iotest.OneByteReader(f))
		require.ErrorIs(rt, err, outbox.ErrDamaged)
		require.NoError(rt, f.Close())

		require.NoError(rt, os.WriteFile(filepath.Join(s.Dir, blob.Name), content[:at], 0o600))
		_, err = s.Open(blob)
		require.ErrorIs(rt, err, outbox.ErrDamaged)
	})
}

func TestSpoolKeepsNothingOfAFailure(t *testing.T) {
	t.Parallel()
	s := outbox.Spool{Dir: t.TempDir()}
	broken := errors.New("broken")
	_, err := s.Put(t.Context(), "id", io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken)))
	require.ErrorIs(t, err, broken)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.Put(ctx, "id", strings.NewReader("whole"))
	require.ErrorIs(t, err, context.Canceled)

	_, err = s.Put(t.Context(), "../id", strings.NewReader("whole"))
	require.ErrorContains(t, err, "invalid id")
	require.Empty(t, names(t, s))
}

func TestSpoolReportsADirectoryThatCannotBe(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := outbox.Spool{Dir: file}.Put(t.Context(), "id", strings.NewReader("x"))
	require.Error(t, err)
}

func TestSpoolKeepsDeliveriesApart(t *testing.T) {
	t.Parallel()
	s := outbox.Spool{Dir: t.TempDir()}
	one, err := s.Put(t.Context(), "one", strings.NewReader("the same"))
	require.NoError(t, err)
	other, err := s.Put(t.Context(), "other", strings.NewReader("the same"))
	require.NoError(t, err)
	require.NoError(t, s.Remove(one))
	f, err := s.Open(other)
	require.NoError(t, err)
	require.NoError(t, f.Close())

	info, err := os.Stat(filepath.Join(s.Dir, other.Name))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestSpoolOpensNothingElse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "secret"), []byte("x"), 0o600))
	s := outbox.Spool{Dir: filepath.Join(dir, "spool")}
	for _, name := range []string{"../secret", "", "secret", strings.Repeat("0", 64) + "./../../secret"} {
		_, err := s.Open(outbox.Blob{Name: name, Size: 1})
		require.ErrorIs(t, err, outbox.ErrDamaged, name)
		require.Error(t, s.Remove(outbox.Blob{Name: name}), name)
	}
}

func TestSweepTakesOnlyOldOrphans(t *testing.T) {
	t.Parallel()
	s := outbox.Spool{Dir: t.TempDir()}
	old := time.Now().Add(-time.Hour)
	put := func(id string, when time.Time) string {
		blob, err := s.Put(t.Context(), id, strings.NewReader(id))
		require.NoError(t, err)
		path := filepath.Join(s.Dir, blob.Name)
		require.NoError(t, os.Chtimes(path, when, when))
		return blob.Name
	}
	put("orphan", old)
	needed, young := put("needed", old), put("young", time.Now())
	for _, name := range []string{"README", ".incoming-1"} {
		path := filepath.Join(s.Dir, name)
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		require.NoError(t, os.Chtimes(path, old, old))
	}

	broken := errors.New("broken")
	_, err := s.Sweep(old.Add(time.Minute), func(string) (bool, error) { return false, broken })
	require.ErrorIs(t, err, broken)

	n, err := s.Sweep(old.Add(time.Minute), func(id string) (bool, error) { return id == "needed", nil })
	require.NoError(t, err)
	require.LessOrEqual(t, n, 2) // the first try may have taken the partial file
	require.ElementsMatch(t, []string{needed, young, "README"}, names(t, s))

	_, err = outbox.Spool{Dir: filepath.Join(s.Dir, "none")}.Sweep(old, nil)
	require.NoError(t, err)
}

func names(t *testing.T, s outbox.Spool) []string {
	t.Helper()
	entries, err := os.ReadDir(s.Dir)
	require.NoError(t, err)
	var found []string
	for _, entry := range entries {
		found = append(found, entry.Name())
	}
	return found
}
