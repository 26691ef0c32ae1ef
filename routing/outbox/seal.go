package outbox

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
)

// A sealed file is a header, and the content in pieces:
//
//	magic · id of the key · salt · piece … last piece
//
// Each piece is sealed with AES-256-GCM under a key of the file's own, which
// comes of the spool's key, the salt and the delivery's id by HKDF-SHA256. The
// nonce is the piece's number and whether it is the last, so no piece can be
// left out, moved or added, and no file can stand for another's.
const (
	magic      = "sfspool1"
	keyIDSize  = 8
	saltSize   = 32
	headerSize = len(magic) + keyIDSize + saltSize
	pieceSize  = 64 << 10
	tagSize    = 16
)

// KeySize is the length of a spool's key in bytes.
const KeySize = 32

// sealedSize is how long the sealed file of so many bytes is.
func sealedSize(size int64) int64 {
	pieces := max((size+pieceSize-1)/pieceSize, 1)
	return int64(headerSize) + size + pieces*tagSize
}

// keyID tells keys apart, and nothing about them.
func keyID(key []byte) ([]byte, error) {
	return hkdf.Key(sha256.New, key, nil, "sfbridge spool key id", keyIDSize)
}

func pieceCipher(key, salt []byte, id string) (cipher.AEAD, error) {
	derived, err := hkdf.Key(sha256.New, key, salt, "sfbridge spool file "+id, KeySize)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// A counter numbers the pieces of a file.
type counter struct {
	nonce [12]byte
	n     uint64
}

func (c *counter) next(last bool) []byte {
	for i := range 8 {
		c.nonce[10-i] = byte(c.n >> (8 * i))
	}
	c.nonce[11] = 0
	if last {
		c.nonce[11] = 1
	}
	c.n++
	return c.nonce[:]
}

// A sealer seals what is written to it. Close writes the last piece.
type sealer struct {
	w       io.Writer
	aead    cipher.AEAD
	counter counter
	clear   []byte // of the piece that is not full yet, or not known to be followed
	sealed  []byte
}

// newSealer writes the header.
func newSealer(w io.Writer, key []byte, id string) (*sealer, error) {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails
	kid, err := keyID(key)
	if err != nil {
		return nil, err
	}
	aead, err := pieceCipher(key, salt, id)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(bytes.Join([][]byte{[]byte(magic), kid, salt}, nil)); err != nil {
		return nil, err
	}
	return &sealer{w: w, aead: aead, clear: make([]byte, 0, pieceSize), sealed: make([]byte, 0, pieceSize+tagSize)}, nil
}

// Write implements io.Writer.
func (s *sealer) Write(p []byte) (int, error) {
	total := len(p)
	for len(p) > 0 {
		if len(s.clear) == pieceSize {
			if err := s.piece(false); err != nil {
				return total - len(p), err
			}
		}
		n := min(pieceSize-len(s.clear), len(p))
		s.clear = append(s.clear, p[:n]...)
		p = p[n:]
	}
	return total, nil
}

// Close implements io.Closer. It does not close the file.
func (s *sealer) Close() error { return s.piece(true) }

func (s *sealer) piece(last bool) error {
	s.sealed = s.aead.Seal(s.sealed[:0], s.counter.next(last), s.clear, nil)
	s.clear = s.clear[:0]
	_, err := s.w.Write(s.sealed)
	return err
}

// An opener reads what a sealer has written. What is not that is ErrDamaged,
// before any of it comes out.
type opener struct {
	r       *bufio.Reader
	aead    cipher.AEAD
	counter counter
	sealed  []byte
	clear   []byte // of the piece, not read yet
	last    bool
}

// newOpener reads the header, and finds the key among keys.
func newOpener(r io.Reader, keys [][]byte, id string) (*opener, error) {
	header := make([]byte, headerSize)
	if _, err := io.ReadFull(r, header); err != nil || string(header[:len(magic)]) != magic {
		return nil, errors.Join(ErrDamaged, err)
	}
	kid, salt := header[len(magic):headerSize-saltSize], header[headerSize-saltSize:]
	for _, key := range keys {
		known, err := keyID(key)
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(known, kid) {
			continue
		}
		aead, err := pieceCipher(key, salt, id)
		if err != nil {
			return nil, err
		}
		return &opener{r: bufio.NewReaderSize(r, pieceSize), aead: aead, sealed: make([]byte, pieceSize+tagSize)}, nil
	}
	return nil, fmt.Errorf("%w: it is sealed with key %x, which is neither Key nor among OldKeys", ErrDamaged, kid)
}

// Read implements io.Reader.
func (o *opener) Read(p []byte) (int, error) {
	for len(o.clear) == 0 {
		if o.last {
			return 0, io.EOF
		}
		if err := o.piece(); err != nil {
			return 0, err
		}
	}
	n := copy(p, o.clear)
	o.clear = o.clear[n:]
	return n, nil
}

func (o *opener) piece() error {
	n, err := io.ReadFull(o.r, o.sealed)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	_, end := o.r.Peek(1)
	o.last = errors.Is(end, io.EOF)
	o.clear, err = o.aead.Open(o.sealed[:0], o.counter.next(o.last), o.sealed[:n], nil)
	if err != nil {
		return ErrDamaged
	}
	return nil
}
