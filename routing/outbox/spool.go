package outbox

import (
	"context"
	"crypto/md5" // Salesforce's checksum of a file, and no secret
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// ErrDamaged says that a spooled file is missing, is not what was spooled, or is
// sealed with a key that the spool does not have.
var ErrDamaged = errors.New("outbox: spooled file is missing or damaged")

// A Spool keeps the files of deliveries in a directory. It is safe for
// concurrent use, by several processes too. One directory belongs to one
// ledger, and every process that works on the ledger must see it.
//
// A file is named after its content and its delivery: the SHA-256 in hex, a
// dot, the delivery's id. Two deliveries of the same bytes have a file each, so
// that the end of one can never take away the other's.
//
// With a Key, files are sealed with AES-256-GCM while they are written, and are
// never on the disk in clear. They are named after what is on the disk then,
// which tells nothing about the content.
type Spool struct {
	// Dir is the directory, on a local file system. It is created when needed,
	// for the user alone.
	Dir string
	// Key seals files: 32 random bytes. Keep it elsewhere than the files.
	// Defaults to none: they lie in clear.
	Key []byte
	// OldKeys also open them, after Key was changed. What was spooled in clear
	// can be read with or without a Key.
	OldKeys [][]byte
}

// String tells the directory, never a key.
func (s Spool) String() string { return "Spool(" + s.Dir + ")" }

// GoString is String, so that %#v tells no key either.
func (s Spool) GoString() string { return s.String() }

// Validate names every fault of s. It does not look at the directory.
func (s Spool) Validate() error {
	var errs []error
	if s.Dir == "" {
		errs = append(errs, errors.New("outbox: Spool.Dir is missing"))
	}
	if n := len(s.Key); n != 0 && n != KeySize {
		errs = append(errs, fmt.Errorf("outbox: Spool.Key has %d bytes, not %d", n, KeySize))
	}
	for i, key := range s.OldKeys {
		if len(key) != KeySize {
			errs = append(errs, fmt.Errorf("outbox: Spool.OldKeys: key %d has %d bytes, not %d", i+1, len(key), KeySize))
		}
	}
	return errors.Join(errs...)
}

// A Blob is a spooled file.
type Blob struct {
	Name   string `json:"name"` // in the spool's directory
	Size   int64  `json:"size"` // of the content, in bytes
	MD5    string `json:"md5"`  // of the content, 32 hex digits in lower case
	SHA256 string `json:"sha256"`
	Sealed bool   `json:"sealed,omitempty"`
}

// incoming begins the names of files that are still being written.
const incoming = ".incoming-"

// Put copies r to its end into the spool, for the delivery id. When it returns,
// the file survives a crash; until then, there is none. Only a piece of the
// content is in memory at any time. Files have mode 0600.
func (s Spool) Put(ctx context.Context, id string, r io.Reader) (Blob, error) {
	blob, err := s.put(ctx, id, r)
	if err != nil {
		return Blob{}, fmt.Errorf("outbox: spool %s: %w", id, err)
	}
	return blob, nil
}

func (s Spool) put(ctx context.Context, id string, r io.Reader) (blob Blob, err error) {
	if !validID(id) {
		return Blob{}, fmt.Errorf("invalid id %q", id)
	}
	if err := s.Validate(); err != nil {
		return Blob{}, err
	}
	if err := makeDir(s.Dir); err != nil {
		return Blob{}, err
	}
	f, err := os.CreateTemp(s.Dir, incoming+"*") // mode 0600
	if err != nil {
		return Blob{}, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.remove(f.Name()))
		}
	}()
	blob, err = s.write(ctx, f, id, r)
	if err != nil {
		return Blob{}, errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return Blob{}, err
	}
	if err := os.Rename(f.Name(), s.path(blob)); err != nil {
		return Blob{}, err
	}
	return blob, syncRename(s.path(blob))
}

// write copies r to stable storage and takes its measure on the way.
func (s Spool) write(ctx context.Context, f *os.File, id string, r io.Reader) (Blob, error) {
	md5sum, sha256sum, name := md5.New(), sha256.New(), sha256.New()
	disk := io.WriteCloser(keptOpen{io.MultiWriter(f, name)})
	if len(s.Key) > 0 {
		var err error
		if disk, err = newSealer(disk, s.Key, id); err != nil {
			return Blob{}, err
		}
	}
	n, err := io.Copy(io.MultiWriter(disk, md5sum, sha256sum), contextReader{ctx, r})
	if err == nil {
		err = disk.Close()
	}
	if err == nil {
		err = f.Sync()
	}
	return Blob{Name: sum(name) + "." + id, Size: n, MD5: sum(md5sum), SHA256: sum(sha256sum), Sealed: len(s.Key) > 0}, err
}

// keptOpen is a writer that has nothing left to write at its end.
type keptOpen struct{ io.Writer }

func (keptOpen) Close() error { return nil }

func sum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// contextReader stops reading when its context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// makeDir makes dir and the directories above it, so that they survive a crash.
func makeDir(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	above := filepath.Dir(dir)
	if above == dir {
		return fmt.Errorf("there is no directory %s", dir)
	}
	if err := makeDir(above); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(above)
}

// syncRename makes the rename of a file to path survive a crash.
func syncRename(path string) error {
	if runtime.GOOS != "windows" {
		return syncDir(filepath.Dir(path))
	}
	// Windows cannot sync a directory. NTFS keeps a journal, and flushing the
	// file under its new name flushes that up to the rename.
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Open reads a spooled file. A file that is missing or has another size is
// ErrDamaged at once; other bytes than those spooled are ErrDamaged when the
// last of them is read, in place of the end of the file.
func (s Spool) Open(b Blob) (io.ReadCloser, error) {
	if !b.valid() {
		return nil, fmt.Errorf("outbox: open spooled file %q: %w", b.Name, ErrDamaged)
	}
	f, err := os.Open(s.path(b))
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.Join(ErrDamaged, err)
	}
	if err != nil {
		return nil, fmt.Errorf("outbox: open spooled file: %w", err)
	}
	content, err := s.content(f, b)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("outbox: open spooled file %s: %w", b.Name, err), f.Close())
	}
	return &checkedFile{f: f, content: content, blob: b, left: b.Size, hash: sha256.New()}, nil
}

// content is what to read of f, if that has the right size.
func (s Spool) content(f *os.File, b Blob) (io.Reader, error) {
	size := b.Size
	if b.Sealed {
		size = sealedSize(size)
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case info.Size() != size:
		return nil, fmt.Errorf("%w: %d bytes, not %d", ErrDamaged, info.Size(), size)
	case !b.Sealed:
		return f, nil
	}
	id, _ := owner(b.Name)
	return newOpener(f, append([][]byte{s.Key}, s.OldKeys...), id)
}

// checkedFile holds back the end of the file until the checksum is right.
type checkedFile struct {
	f       *os.File
	content io.Reader
	blob    Blob
	left    int64
	hash    hash.Hash
}

func (c *checkedFile) Read(p []byte) (int, error) {
	n, err := c.content.Read(p)
	c.hash.Write(p[:n])
	c.left -= int64(n)
	if c.left == 0 && sum(c.hash) == c.blob.SHA256 {
		return n, err
	}
	if c.left <= 0 || errors.Is(err, io.EOF) || errors.Is(err, ErrDamaged) {
		return n, fmt.Errorf("outbox: read spooled file %s: %w", c.blob.Name, ErrDamaged)
	}
	return n, err
}

func (c *checkedFile) Close() error { return c.f.Close() }

// Remove deletes a spooled file. One that is gone already is no error.
func (s Spool) Remove(b Blob) error {
	if !b.valid() {
		return fmt.Errorf("outbox: remove spooled file: invalid name %q", b.Name)
	}
	if err := s.remove(s.path(b)); err != nil {
		return fmt.Errorf("outbox: remove spooled file: %w", err)
	}
	return nil
}

func (s Spool) remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Sweep deletes the files that no delivery needs any more, and returns how many
// they were: those of deliveries that are done, and those last written before
// that moment whose delivery the ledger does not know. status tells a delivery's
// status, or fails with ErrNotFound. Files that no Spool made stay.
func (s Spool) Sweep(before time.Time, status func(id string) (Status, error)) (int, error) {
	entries, err := os.ReadDir(s.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	removed := 0
	for _, entry := range entries {
		var ok bool
		if ok, err = s.sweep(entry, before, status); err != nil {
			break
		}
		if ok {
			removed++
		}
	}
	if err != nil {
		return removed, fmt.Errorf("outbox: sweep spool: %w", err)
	}
	return removed, nil
}

func (s Spool) sweep(entry fs.DirEntry, before time.Time, status func(id string) (Status, error)) (bool, error) {
	id, ok := owner(entry.Name())
	partial := strings.HasPrefix(entry.Name(), incoming)
	if !ok && !partial {
		return false, nil
	}
	info, err := entry.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // somebody else removed it
	}
	if err != nil {
		return false, err
	}
	unneeded := info.ModTime().Before(before)
	if !partial {
		now, err := status(id)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return false, err
		}
		unneeded = now == Done || err != nil && unneeded
	}
	if !unneeded {
		return false, nil
	}
	return true, s.remove(filepath.Join(s.Dir, entry.Name()))
}

func (s Spool) path(b Blob) string { return filepath.Join(s.Dir, b.Name) }

// valid keeps a row that somebody tampered with from naming any other file.
func (b Blob) valid() bool {
	_, ok := owner(b.Name)
	return ok && (b.Sealed || strings.HasPrefix(b.Name, b.SHA256+"."))
}

// owner takes the delivery's id from the name of a spooled file.
func owner(name string) (id string, ok bool) {
	digest, id, found := strings.Cut(name, ".")
	raw, err := hex.DecodeString(digest)
	return id, found && err == nil && len(raw) == sha256.Size && validID(id)
}
