package salesforce

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
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
	c := &content{upload: u, src: src, sum: newSumming(u.Size), left: u.Size}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.current = c
	return c, nil
}

// checksum returns the MD5 of the content.
func (u *upload) checksum() string {
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
	sum    *summing
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
	c.sum.add(p[:n])
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
		sum := c.sum.end()
		c.upload.mu.Lock()
		defer c.upload.mu.Unlock()
		c.upload.md5 = sum
	}
	return err
}

// Close closes the file.
func (c *content) Close() error {
	c.sum.stop()
	return c.src.Close()
}

// summing is an MD5 in the making, in a goroutine of its own: it takes longer
// than all else that is done with a file.
type summing struct {
	full    chan []byte // to be summed; an empty one ends it
	free    chan []byte
	result  chan string
	sum     string // once it was asked for
	stopped chan struct{}
	stop    func()
}

// newSumming begins an MD5 of so many bytes.
func newSumming(size int64) *summing {
	const buffers, largest = 8, 32 << 10 // as much as net/http reads at a time
	s := &summing{
		full: make(chan []byte, buffers), free: make(chan []byte, buffers),
		result: make(chan string, 1), stopped: make(chan struct{}),
	}
	s.stop = sync.OnceFunc(func() { close(s.stopped) })
	for range buffers {
		s.free <- make([]byte, 0, max(1, min(size, largest)))
	}
	go s.run()
	return s
}

func (s *summing) run() {
	hash := md5.New()
	for {
		select {
		case b := <-s.full:
			if len(b) == 0 {
				s.result <- hex.EncodeToString(hash.Sum(nil))
				return
			}
			hash.Write(b)
			s.free <- b[:0]
		case <-s.stopped:
			return
		}
	}
}

// add sums a copy of p.
func (s *summing) add(p []byte) {
	for len(p) > 0 {
		select {
		case b := <-s.free:
			n := min(len(p), cap(b))
			s.full <- append(b, p[:n]...)
			p = p[n:]
		case <-s.stopped:
			return
		}
	}
}

// end returns the sum of all that was added, "" once it was stopped.
func (s *summing) end() string {
	if s.sum != "" {
		return s.sum
	}
	select {
	case s.full <- nil:
	case <-s.stopped:
		return ""
	}
	select {
	case s.sum = <-s.result:
	case <-s.stopped:
	}
	return s.sum
}
