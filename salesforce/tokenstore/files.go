package tokenstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"

	"github.com/sfbridge/sfbridge/salesforce"
)

// FilesConfig is what [NewFiles] needs: Dir and Key.
type FilesConfig struct {
	// Dir is the folder of the files, on a local file system. It is created when
	// it is not there, for its owner only.
	Dir string

	// Key encrypts the tokens: 32 random bytes. Keep it elsewhere than the files.
	Key []byte

	// OldKeys also decrypt them, after Key was changed. A token is encrypted anew
	// when it is renewed.
	OldKeys [][]byte

	// Poll is how often a process looks whether the one that holds a token has
	// let go of it. Defaults to 25 milliseconds.
	Poll time.Duration
}

// String tells the folder, never a key.
func (cfg FilesConfig) String() string { return "FilesConfig(" + cfg.Dir + ")" }

// GoString is String, so that %#v tells no key either.
func (cfg FilesConfig) GoString() string { return cfg.String() }

// LogValue is String, for the handlers of package slog that encode JSON.
func (cfg FilesConfig) LogValue() slog.Value { return slog.StringValue(cfg.String()) }

// Files is a [salesforce.TokenStore] with a file for each login, readable by
// its owner only. A file is replaced by another one, so that after a crash it
// holds the old token or the new one, and both are on the disk before anybody
// relies on them. While a token is being changed the system's lock on a file
// beside it keeps the others waiting; it goes with the process that holds it,
// however that ends. It is safe for concurrent use.
type Files struct {
	dir    string
	sealer sealer
	poll   time.Duration
}

// NewFiles returns the store in a folder. The error joins every fault of cfg.
func NewFiles(cfg FilesConfig) (*Files, error) {
	var faults []error
	if cfg.Dir == "" {
		faults = append(faults, errors.New("tokenstore: FilesConfig.Dir is missing"))
	}
	if cfg.Poll < 0 {
		faults = append(faults, fmt.Errorf("tokenstore: FilesConfig.Poll %v is negative", cfg.Poll))
	}
	sealer, err := newSealer(cfg.Key, cfg.OldKeys)
	if err := errors.Join(append(faults, err)...); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("tokenstore: %w", err)
	}
	if cfg.Poll == 0 {
		cfg.Poll = 25 * time.Millisecond
	}
	return &Files{dir: cfg.Dir, sealer: sealer, poll: cfg.Poll}, nil
}

// Update implements [salesforce.TokenStore].
func (s *Files) Update(ctx context.Context, key string, change func(ctx context.Context, current salesforce.Token) (salesforce.Token, error)) error {
	id, err := idOf(key)
	if err != nil {
		return err
	}
	path := filepath.Join(s.dir, id)
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	defer func() { _ = lock.Close() }() // which unlocks; the file stays: others may wait for its lock
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("tokenstore: update %q: %w", key, err)
	}
	if _, err := lock.TryLockContext(ctx, s.poll); err != nil {
		return fmt.Errorf("tokenstore: lock %q: %w", key, err)
	}
	current, err := s.read(path, id)
	if err != nil {
		return fmt.Errorf("tokenstore: read %q: %w", key, err)
	}
	next, err := change(ctx, current)
	if err != nil || next == current {
		return err
	}
	if err := s.write(path, id, next); err != nil {
		return fmt.Errorf("tokenstore: save %q: %w", key, err)
	}
	return nil
}

func (s *Files) read(path, id string) (salesforce.Token, error) {
	sealed, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return salesforce.Token{}, nil
	case err != nil:
		return salesforce.Token{}, err
	case len(sealed) == 0:
		return salesforce.Token{}, ErrUnreadable // to take it for nothing would bring a spent token back
	}
	return s.sealer.open(id, sealed)
}

// write replaces the file. What an earlier write left behind when its process
// died is overwritten: it was never relied on.
func (s *Files) write(path, id string, token salesforce.Token) error {
	sealed, err := s.sealer.seal(id, token)
	if err != nil {
		return err
	}
	next := path + ".new"
	if err := writeThrough(next, sealed); err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil {
		return err
	}
	return syncDir(s.dir)
}

// writeThrough writes a file and waits until it is on the disk.
func writeThrough(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncDir waits until a rename is on the disk. Windows has no such call, and
// does it with the rename.
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
