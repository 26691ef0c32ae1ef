package salesforcetest

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzCSV reads any text without harm, and reads back what it wrote.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2\n", "\"a\"\"b\",\r\n", "\"open", "a\"b,c\n", "\n\n,\n", "x\r", "ü\xff,\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		comma := dialect{delimiter: ',', ending: "\n"}
		r := &csvReader{dialect: dialect{delimiter: ','}, data: data}
		var written []byte
		var rows [][]string
		for {
			row, err := r.row()
			if errors.Is(err, io.EOF) {
				break
			}
			if err == nil {
				rows, written = append(rows, row), comma.appendRow(written, row...)
			}
		}
		again := &csvReader{dialect: comma, data: written}
		standard := csv.NewReader(strings.NewReader(string(written)))
		standard.FieldsPerRecord = -1
		for _, row := range rows {
			back, err := again.row()
			require.NoError(t, err)
			require.Equal(t, row, back)
			other, err := standard.Read()
			require.NoError(t, err)
			for i := range row { // encoding/csv turns CRLF in quotes into LF
				require.Equal(t, strings.ReplaceAll(row[i], "\r\n", "\n"), other[i])
			}
		}
		_, err := again.row()
		require.ErrorIs(t, err, io.EOF)
	})
}
