package salesforce

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// noise is so many bytes, the same each time.
func noise(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func TestBase64IsThatOfTheStandardLibrary(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 100, 48<<10 - 1, 48 << 10, 48<<10 + 1, 100_000} {
		raw := noise(n)
		want := base64.StdEncoding.EncodeToString(raw)
		for name, read := range map[string]func(io.Reader) io.Reader{
			"at once": func(r io.Reader) io.Reader { return r },
			"a byte":  iotest.OneByteReader,
			"half":    iotest.HalfReader,
		} {
			got, err := io.ReadAll(read(&encoder{src: read(bytes.NewReader(raw))}))
			require.NoError(t, err)
			require.Equal(t, want, string(got), "%d bytes, %s", n, name)
		}
	}
}

func TestSumIsThatOfAllThatWasAdded(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 32 << 10, 1_000_000} {
		raw := noise(n)
		s := newSumming(int64(n))
		for rest := raw; len(rest) > 0; {
			k := min(len(rest), 40_001)
			s.add(rest[:k])
			rest = rest[k:]
		}
		want := md5.Sum(raw)
		for range 20 {
			require.Equal(t, hex.EncodeToString(want[:]), s.end())
		}
		s.stop()
		require.Equal(t, hex.EncodeToString(want[:]), s.end())
	}
}

func TestStoppedSumHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	s := newSumming(1 << 20)
	s.stop()
	s.stop()
	s.add(noise(1 << 20))
	require.Empty(t, s.end())
}
