package outbox

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever stands in a file, what comes out without an error was put in.
func FuzzSealedFile(f *testing.F) {
	key := bytes.Repeat([]byte("k"), KeySize)
	contents := [][]byte{nil, []byte("x"), bytes.Repeat([]byte("long"), pieceSize/4), bytes.Repeat([]byte("longer"), pieceSize/4)}
	for _, content := range contents {
		var file bytes.Buffer
		s, err := newSealer(&file, key, "id")
		require.NoError(f, err)
		_, err = s.Write(content)
		require.NoError(f, err)
		require.NoError(f, s.Close())
		require.EqualValues(f, sealedSize(int64(len(content))), file.Len())
		f.Add(file.Bytes())
		f.Add(file.Bytes()[:file.Len()-1])
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		o, err := newOpener(bytes.NewReader(file), [][]byte{key}, "id")
		if err != nil {
			require.ErrorIs(t, err, ErrDamaged)
			return
		}
		got, err := io.ReadAll(o)
		if err != nil {
			require.ErrorIs(t, err, ErrDamaged)
			return
		}
		for _, content := range contents {
			if bytes.Equal(content, got) {
				return
			}
		}
		t.Errorf("%d bytes came out that nobody put in", len(got))
	})
}
