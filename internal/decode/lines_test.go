package decode

import (
	"bytes"
	"errors"
	"io"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// rowEnds are the positions behind rows, found byte by byte.
func rowEnds(text []byte) (ends []int) {
	quoted := false
	for i, b := range text {
		switch {
		case b == '"':
			quoted = !quoted
		case b == '\n' && !quoted:
			ends = append(ends, i+1)
		}
	}
	return ends
}

func FuzzLines(f *testing.F) {
	for _, text := range []string{
		"", "\n", "a\n", "a,b\nc,d\n", "\"a\nb\"\n", "\"a\"\"\n\"\"b\"\nc\n", "\"\n\n\n\n\n\n\n\n\"\n\n", "\"#\x22\x23\n\x0b\x0a\n",
		"0123456\n\"234567\n\"\n", "\x8a\xa2\n\"\"",
	} {
		f.Add([]byte(text), 3)
	}
	f.Fuzz(func(t *testing.T, text []byte, step int) {
		want := rowEnds(text)
		step = max(1, step%20)

		// As much as there is.
		var lines Lines
		n, last := 0, 0
		for at := 0; at < len(text); at += step {
			rows, end := lines.Scan(text[at:min(at+step, len(text))], math.MaxInt)
			if n += rows; rows > 0 {
				last = at + end
			}
		}
		require.Equal(t, len(want), n)
		if n > 0 {
			require.Equal(t, want[n-1], last)
		}
		require.Equal(t, bytes.Count(text, []byte(`"`))%2 == 1, lines.Quoted())

		// One row after another.
		var got []int
		lines = Lines{}
		for at := 0; ; {
			rows, end := lines.Scan(text[at:], 1)
			if rows == 0 {
				break
			}
			at += end
			got = append(got, at)
		}
		require.Equal(t, want, got)
	})
}

func TestLinesAreTheRowsOfCSV(t *testing.T) {
	t.Parallel()
	text := []byte("a,b\n\"x\ny\",\"say \"\"hi\"\"\n\"\n1,2\n\"\",\"\"\n")
	rows := 0
	for r := NewCSV(bytes.NewReader(text), ','); ; rows++ {
		if _, err := r.Next(); errors.Is(err, io.EOF) {
			break
		}
	}
	n, end := new(Lines).Scan(text, math.MaxInt)
	require.Equal(t, []int{rows, len(text)}, []int{n, end})
}

func BenchmarkLines(b *testing.B) {
	text := bytes.Repeat([]byte("\"001RM000003oLnnYAE\",\"Account number 1\",\"CD00000001\",\"Customer - Direct\",\"2026-08-24T21:26:29.000Z\",\"\"\n"), 1000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		var lines Lines
		lines.Scan(text, math.MaxInt)
	}
}
