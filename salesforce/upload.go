package salesforce

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"
)

// upload is a file on its way, over all tries.
type upload struct {
	File
	progress func(sent, total int64)

	mu      sync.Mutex // guards the rest
	current *content   // of the try under way; one of an earlier try may still be read
	md5     string     // of the content that was read to its end
}

// open opens the file for one try.
func (u *upload) open() (io.ReadCloser, error) {
	src, err := u.Open()
	if err != nil {
		return nil, err
	}
	c := &content{upload: u, src: src, hash: md5.New(), left: u.Size}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.current = c
	return c, nil
}

// sum returns the MD5 of the content.
func (u *upload) sum() string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.md5
}

// report tells how far a try has come, if it is the one under way.
func (u *upload) report(c *content) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if c == u.current && u.progress != nil {
		u.progress(u.Size-c.left, u.Size)
	}
}

// content is a file's content for one try. It hashes what it gives, and fails
// when that is not of the size that was announced, at the latest before its
// end, so that a request with a wrong content is never completed.
type content struct {
	upload *upload
	src    io.ReadCloser
	hash   hash.Hash
	left   int64
}

func (c *content) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, c.finish()
	}
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.src.Read(p)
	c.hash.Write(p[:n])
	c.left -= int64(n)
	c.upload.report(c)
	if errors.Is(err, io.EOF) {
		err = nil
		if c.left > 0 {
			err = fmt.Errorf("the file ended %d bytes before its Size of %d", c.left, c.upload.Size)
		}
	}
	return n, err
}

// finish makes sure that nothing follows, and keeps the hash.
func (c *content) finish() error {
	n, err := io.ReadFull(c.src, make([]byte, 1))
	if n > 0 {
		return fmt.Errorf("the file has more bytes than its Size of %d", c.upload.Size)
	}
	if err == io.EOF {
		c.upload.mu.Lock()
		defer c.upload.mu.Unlock()
		c.upload.md5 = hex.EncodeToString(c.hash.Sum(nil))
	}
	return err
}

// Close closes the file.
func (c *content) Close() error { return c.src.Close() }
