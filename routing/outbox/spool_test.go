package outbox_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sfbridge/sfbridge/routing/outbox"
)

var key = []byte("0123456789abcdef0123456789abcdef")

// eachSpool runs a test on a spool without and with a key.
func eachSpool(t *testing.T, test func(*testing.T, outbox.Spool)) {
	t.Helper()
	t.Run("clear", func(t *testing.T) {
		t.Parallel()
		test(t, outbox.Spool{Dir: filepath.Join(memory(t), "new", "spool")})
	})
	t.Run("sealed", func(t *testing.T) {
		t.Parallel()
		test(t, outbox.Spool{Dir: filepath.Join(memory(t), "new", "spool"), Key: key})
	})
}

// contents draws contents of every size, those around the pieces of a sealed
// file among them.
func contents(rt *rapid.T) []byte {
	if rapid.Bool().Draw(rt, "small") {
		return rapid.SliceOf(rapid.Byte()).Draw(rt, "content")
	}
	const piece = 64 << 10
	size := rapid.IntRange(0, 3).Draw(rt, "pieces")*piece + rapid.IntRange(-1, 1).Draw(rt, "more")
	return bytes.Repeat([]byte{rapid.Byte().Draw(rt, "byte")}, max(size, 1))
}

func TestSpoolReturnsWhatWasPut(t *testing.T) {
	t.Parallel()
	eachSpool(t, func(t *testing.T, s outbox.Spool) {
		rapid.Check(t, func(rt *rapid.T) { returnsWhatWasPut(t, rt, s) })
		require.Empty(t, names(t, s))
	})
}

func returnsWhatWasPut(t *testing.T, rt *rapid.T, s outbox.Spool) {
	content := contents(rt)
	blob, err := s.Put(t.Context(), "id", bytes.NewReader(content))
	require.NoError(rt, err)
	md5sum, sha256sum := md5.Sum(content), sha256.Sum256(content)
	require.Equal(rt, outbox.Blob{
		Name: digest(rt, s, blob) + ".id", Size: int64(len(content)),
		MD5: hex.EncodeToString(md5sum[:]), SHA256: hex.EncodeToString(sha256sum[:]), Sealed: s.Key != nil,
	}, blob)
	require.Equal(rt, s.Key == nil, strings.HasPrefix(blob.Name, blob.SHA256))

	f, err := s.Open(blob)
	require.NoError(rt, err)
	got, err := io.ReadAll(f)
	require.NoError(rt, err)
	require.NoError(rt, f.Close())
	require.True(rt, bytes.Equal(content, got))

	require.NoError(rt, s.Remove(blob))
	require.NoError(rt, s.Remove(blob))
	_, err = s.Open(blob)
	require.ErrorIs(rt, err, outbox.ErrDamaged)
}

// digest is what a file is named after: what is on the disk.
func digest(rt *rapid.T, s outbox.Spool, b outbox.Blob) string {
	data, err := os.ReadFile(filepath.Join(s.Dir, b.Name))
	require.NoError(rt, err)
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func TestSpoolNoticesDamage(t *testing.T) {
	t.Parallel()
	eachSpool(t, func(t *testing.T, s outbox.Spool) {
		rapid.Check(t, func(rt *rapid.T) { noticesDamage(t, rt, s) })
	})
}

func noticesDamage(t *testing.T, rt *rapid.T, s outbox.Spool) {
	content := rapid.SliceOfN(rapid.Byte(), 1, 100).Draw(rt, "content")
	blob, err := s.Put(t.Context(), "id", bytes.NewReader(content))
	require.NoError(rt, err)
	path := filepath.Join(s.Dir, blob.Name)
	data, err := os.ReadFile(path)
	require.NoError(rt, err)
	at := rapid.IntRange(0, len(data)-1).Draw(rt, "at")
	data[at] ^= 1 << rapid.IntRange(0, 7).Draw(rt, "bit")
	require.NoError(rt, os.WriteFile(path, data, 0o600))

	f, err := s.Open(blob)
	if err == nil {
		_, err = io.ReadAll(iotest.OneByteReader(f))
		require.NoError(rt, f.Close())
	}
	require.ErrorIs(rt, err, outbox.ErrDamaged)

	require.NoError(rt, os.WriteFile(path, data[:at], 0o600))
	_, err = s.Open(blob)
	require.ErrorIs(rt, err, outbox.ErrDamaged)
}

// Pieces of a sealed file are where they were, and all of them.
func TestSealedPiecesCannotBeMoved(t *testing.T) {
	t.Parallel()
	const header, piece = 48, 64<<10 + 16
	s := outbox.Spool{Dir: memory(t), Key: key}
	blob, err := s.Put(t.Context(), "id", zeros(3<<16))
	require.NoError(t, err)
	path := filepath.Join(s.Dir, blob.Name)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Len(t, data, header+3*piece)
	part := func(n int) []byte { return data[header+n*piece : header+(n+1)*piece] }
	for name, pieces := range map[string][][]byte{
		"swapped":         {part(1), part(0), part(2)},
		"twice":           {part(0), part(0), part(2)},
		"without the end": {part(0), part(1), part(1)},
	} {
		forged := append(slices.Clone(data[:header]), bytes.Join(pieces, nil)...)
		require.NoError(t, os.WriteFile(path, forged, 0o600))
		require.ErrorIs(t, readAll(s, blob), outbox.ErrDamaged, name)
	}

	// Cut after a piece, with a ledger that agrees.
	require.NoError(t, os.WriteFile(path, data[:header+2*piece], 0o600))
	short := blob
	short.Size = 2 << 16
	require.ErrorIs(t, readAll(s, short), outbox.ErrDamaged)

	// Put in the place of another's, with a ledger that agrees.
	other := blob
	other.Name = strings.TrimSuffix(blob.Name, "id") + "other"
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, other.Name), data, 0o600))
	require.ErrorIs(t, readAll(s, other), outbox.ErrDamaged)
	require.NoError(t, os.WriteFile(path, data, 0o600))
	require.NoError(t, readAll(s, blob))
}

func readAll(s outbox.Spool, b outbox.Blob) error {
	f, err := s.Open(b)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, f)
	return errors.Join(err, f.Close())
}

func zeros(n int64) io.Reader { return io.LimitReader(zero{}, n) }

type zero struct{}

func (zero) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestKeysOfASpoolMayChange(t *testing.T) {
	t.Parallel()
	before := outbox.Spool{Dir: memory(t)}
	newKey := []byte(strings.Repeat("n", 32))
	clear, err := before.Put(t.Context(), "clear", strings.NewReader("document"))
	require.NoError(t, err)
	sealing := outbox.Spool{Dir: before.Dir, Key: key}
	old, err := sealing.Put(t.Context(), "old", strings.NewReader("document"))
	require.NoError(t, err)
	now := outbox.Spool{Dir: before.Dir, Key: newKey, OldKeys: [][]byte{key}}
	fresh, err := now.Put(t.Context(), "fresh", strings.NewReader("document"))
	require.NoError(t, err)
	for _, blob := range []outbox.Blob{clear, old, fresh} {
		require.NoError(t, readAll(now, blob), blob.Name)
	}
	for _, s := range []outbox.Spool{before, {Dir: before.Dir, Key: newKey}} {
		err := readAll(s, old)
		require.ErrorIs(t, err, outbox.ErrDamaged)
		require.ErrorContains(t, err, "neither Key nor among OldKeys")
	}
	for _, name := range names(t, now) {
		data, err := os.ReadFile(filepath.Join(now.Dir, name))
		require.NoError(t, err)
		require.Equal(t, name == clear.Name, bytes.Contains(data, []byte("document")))
	}
}

func TestSpoolTellsItsFaultsAndNoKey(t *testing.T) {
	t.Parallel()
	s := outbox.Spool{Key: []byte("secret"), OldKeys: [][]byte{key, []byte("secret too")}}
	err := s.Validate()
	require.EqualError(t, err, "outbox: Spool.Dir is missing\noutbox: Spool.Key has 6 bytes, not 32\n"+
		"outbox: Spool.OldKeys: key 2 has 10 bytes, not 32")
	_, err = s.Put(t.Context(), "id", strings.NewReader("x"))
	require.ErrorContains(t, err, "Spool.Key has 6 bytes")
	s.Dir = "documents"
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		require.Equal(t, "Spool(documents)", fmt.Sprintf(format, s))
	}
}

// What is in memory does not grow with the file.
func TestSpoolStreams(t *testing.T) { //nolint:paralleltest // others would count, too
	const size = 32 << 20
	for _, key := range [][]byte{nil, key} {
		s := outbox.Spool{Dir: memory(t), Key: key}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		blob, err := s.Put(t.Context(), "id", zeros(size))
		require.NoError(t, err)
		require.EqualValues(t, size, blob.Size)
		require.NoError(t, readAll(s, blob))
		runtime.ReadMemStats(&after)
		allocated := after.TotalAlloc - before.TotalAlloc
		t.Logf("sealed %t: %d MB written and read with %d KB allocated in all", blob.Sealed, size>>20, allocated>>10)
		require.Less(t, allocated, uint64(2<<20))
	}
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

func TestSweepTakesWhatIsDoneAndOldOrphans(t *testing.T) {
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
	put("done", time.Now())
	left := []string{put("pending", old), put("parked", old), put("young", time.Now()), "README"}
	for _, name := range []string{"README", ".incoming-1"} {
		path := filepath.Join(s.Dir, name)
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		require.NoError(t, os.Chtimes(path, old, old))
	}

	broken := errors.New("broken")
	_, err := s.Sweep(old.Add(time.Minute), func(string) (outbox.Status, error) { return "", broken })
	require.ErrorIs(t, err, broken)

	status := func(id string) (outbox.Status, error) {
		if id == "orphan" || id == "young" {
			return "", outbox.ErrNotFound
		}
		return outbox.Status(id), nil
	}
	n, err := s.Sweep(old.Add(time.Minute), status)
	require.NoError(t, err)
	require.Equal(t, 2, n, "the first try has taken the partial file")
	require.ElementsMatch(t, left, names(t, s))

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
