package salesforcetest

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"hash"
	"io"
)

// blob is the content of a base64 field. It is kept in pieces, so that a large
// upload is never copied to a larger place.
type blob struct {
	size   int64
	md5    string // in hexadecimal
	pieces [][]byte
	kept   bool // false when only size and checksum were kept
}

// newBlob keeps a copy of content that is whole already.
func newBlob(data []byte) *blob {
	sum := md5.Sum(data)
	return &blob{int64(len(data)), hex.EncodeToString(sum[:]), [][]byte{bytes.Clone(data)}, true}
}

func (b *blob) bytes() []byte { return bytes.Join(b.pieces, nil) }

// writeTo writes the content, until the reader goes away.
func (b *blob) writeTo(w io.Writer) {
	for _, p := range b.pieces {
		if _, err := w.Write(p); err != nil {
			return
		}
	}
}

var errTooLarge = errors.New("content is too large")

// blobReader collects a blob piece by piece.
type blobReader struct {
	hash hash.Hash
	blob blob
}

const pieceSize = 1 << 20

// readBlob reads at most limit bytes; more are errTooLarge. Content above keep
// bytes is dropped, 0 for none.
func readBlob(r io.Reader, limit, keep int64) (*blob, error) {
	c := blobReader{hash: md5.New(), blob: blob{kept: true}}
	buf := make([]byte, pieceSize)
	for {
		n, err := fill(r, buf)
		c.add(buf[:n], keep)
		if c.blob.size > limit {
			return nil, errTooLarge
		}
		if errors.Is(err, io.EOF) {
			c.blob.md5 = hex.EncodeToString(c.hash.Sum(nil))
			return &c.blob, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// fill reads until p is full or there is an error: io.EOF at the end, and
// io.ErrUnexpectedEOF, unlike that of io.ReadFull, only where the text breaks
// off.
func fill(r io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = r.Read(p[n:])
		n += m
	}
	return n, err
}

// add takes a piece in, and drops all of them once there are too many.
func (c *blobReader) add(piece []byte, keep int64) {
	c.hash.Write(piece)
	c.blob.size += int64(len(piece))
	if keep > 0 && c.blob.size > keep {
		c.blob.kept, c.blob.pieces = false, nil
	}
	if c.blob.kept && len(piece) > 0 {
		c.blob.pieces = append(c.blob.pieces, bytes.Clone(piece))
	}
}
