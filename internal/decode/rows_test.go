package decode

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// tables are texts that the fuzzer begins with.
var tables = []string{
	"", "\n", "\r\n\r\n", "a", "a,b\n", "a,b\r\nc,d\r\n", "a\n\n\nb\n", `"a","b"` + "\n" + `"c","d"`, `"a""b",""` + "\n" + `"""",""""""` + "\n",
	"\"line\nbreak\",\"cr\r\nlf\"\n\"x\",\"y\"", `"a"b,c`, `a"b,c`, `"a`, `"a""`, "a,b\nc\n", "a,b\nc,d,e\n", ",\n,\n", `"",""` + "\r\n", "a\rb,c\r", "\"a\"\r", "\r", "\"\r\"",
	"é,ü\n\"ä\",\"ö\"\n", `"` + strings.Repeat("long ", 2000) + `","x"` + "\n", "a\x00b,\"c\x00d\"\n", strings.Repeat(`"12345678","1234567",""`+"\n", 50), "a,b\n\"c\" ,d\n",
}

// splitAll reads all rows.
func splitAll(r io.Reader, comma byte) (rows [][]string, err error) {
	c := NewCSV(r, comma)
	for {
		row, err := c.Next()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		values := make([]string, len(row))
		for i, value := range row {
			values[i] = string(value)
		}
		rows = append(rows, values)
	}
}

// compareCSV splits a text by encoding/csv and by us. encoding/csv makes one
// character of a line break in quotes.
func compareCSV(t *testing.T, text string, comma byte) {
	t.Helper()
	oracle := csv.NewReader(strings.NewReader(text))
	oracle.Comma = rune(comma)
	want, wantErr := oracle.ReadAll()
	for _, r := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text)), iotest.DataErrReader(strings.NewReader(text))} {
		got, err := splitAll(r, comma)
		if wantErr != nil {
			require.Error(t, err, "%q: the oracle says %v", text, wantErr)
			continue
		}
		require.NoError(t, err, "%q", text)
		require.Len(t, got, len(want), "%q", text)
		for i := range got {
			for k := range got[i] {
				got[i][k] = strings.ReplaceAll(got[i][k], "\r\n", "\n")
			}
			require.Equal(t, want[i], got[i], "%q", text)
		}
	}
}

func TestSplitsAsEncodingCSVDoes(t *testing.T) {
	t.Parallel()
	for _, text := range tables {
		compareCSV(t, text, ',')
		compareCSV(t, strings.ReplaceAll(text, ",", "|"), '|')
	}
}

func FuzzCSV(f *testing.F) {
	for _, text := range tables {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		compareCSV(t, text, ',')
	})
}

func TestLineBreaksInValuesStay(t *testing.T) {
	t.Parallel()
	rows, err := splitAll(strings.NewReader("\"a\r\nb\",\"c\nd\"\r\n"), ',')
	require.NoError(t, err)
	require.Equal(t, [][]string{{"a\r\nb", "c\nd"}}, rows)
}

func TestRowErrorsSayWhere(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a,b\nc\n":         "rows[2]: the row has 1 values, the first one 2 (byte 4)",
		"a,b\n\"c\"d,e\n":  `rows[1]: 'd' behind a value in quotes (byte 7)`,
		"a,b\nc\"d,e\n":    "rows[1]: a quote inside a value without quotes (byte 5)",
		"a,b\n\"c,d\n":     "unexpected EOF",
		"a,b\n\"c\",\"d\"": "",
	} {
		_, err := splitAll(strings.NewReader(text), ',')
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.EqualError(t, err, want, text)
	}
}

type row struct {
	ID      named `json:"Id"`
	Name    string
	Owner   *person
	Parent  person
	Amount  *float64 `json:"Amount__c"`
	Count   int
	Active  bool
	At      stamp
	MayAt   *stamp
	Three   slot[int]
	Digits  json.Number
	Upper   upper
	Bytes   []byte
	Any     any
	Flat    string `json:"Account.Flat"`
	Skipped string `json:"-"`
}

// readRows reads all rows of a text.
func readRows[T any](text string, opt Options) ([]T, error) {
	rs, err := NewRows[T](testTypes(), NewCSV(iotest.HalfReader(strings.NewReader(text)), ','), opt)
	if err != nil {
		return nil, err
	}
	var all []T
	for {
		var v T
		switch err := rs.Next(&v); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return all, err
		}
		all = append(all, v)
	}
}

func TestRowsGoIntoStructs(t *testing.T) {
	t.Parallel()
	const text = `"Id","NAME","Owner.Name","Owner.Manager.Name","Parent.Name","Amount__c","Count","Active","At","MayAt","Three","Digits","Upper","Bytes","Any","Account.Flat","Nothing.Such","Skipped"
"001","Acme ""GmbH""","Ada","Bob","P","12.5","7.0","true","2026-08-24T21:26:29.000Z","2026-08-24T21:26:29.000Z","5","12345678901234567.890","abc","aGVsbG8=","x","flat","y","z"
"","","","","","","","","","","","","","","","","",""
`
	got, err := readRows[row](text, Options{})
	require.NoError(t, err)
	at, ok := Moment([]byte("2026-08-24T21:26:29Z"))
	require.True(t, ok)
	amount := 12.5
	require.Equal(t, []row{
		{
			ID: "001", Name: `Acme "GmbH"`, Owner: &person{Name: "Ada", Manager: &person{Name: "Bob"}}, Parent: person{Name: "P"}, Amount: &amount, Count: 7, Active: true,
			At: stamp{at}, MayAt: &stamp{at}, Three: slot[int]{set: true, value: 5}, Digits: "12345678901234567.890", Upper: "ABC", Bytes: []byte("hello"), Any: "x", Flat: "flat",
		},
		{Three: slot[int]{null: true}},
	}, got)

	pointers, err := readRows[*row](text, Options{})
	require.NoError(t, err)
	require.Equal(t, &got[0], pointers[0])
}

func TestRowsGoIntoRecordsAndMaps(t *testing.T) {
	t.Parallel()
	const text = "Id,Owner.Name,Owner.Manager.Name,Owner.Email\n1,,Bob,\n2,,,\n"
	records, err := readRows[record](text, Options{})
	require.NoError(t, err)
	require.Equal(t, []record{
		{"Id": "1", "Owner": record{"Name": nil, "Manager": record{"Name": "Bob"}, "Email": nil}},
		{"Id": "2", "Owner": nil},
	}, records)

	maps, err := readRows[map[string]string](text, Options{})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"Id": "1", "Owner.Name": "", "Owner.Manager.Name": "Bob", "Owner.Email": ""}, maps[0])
}

func TestValuesThatDoNotFit(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Id,Count\n1,2\n3,x\n": `rows[2].Count: a value of 1 bytes does not go into int (byte 13)`,
		"Count\n1.5\n":         `a value of 3 bytes does not go into int`,
		"Active\nyes\n":        `a value of 3 bytes does not go into bool`,
		"Amount__c\nNaN\n":     `a value of 3 bytes does not go into float64`,
		"Digits\n1,2\n":        `the row has 2 values`,
		"Digits\n0x1\n":        `a value of 3 bytes does not go into json.Number`,
		"At\nyesterday\n":      `rows[1].At: a value of 9 bytes does not go into decode.stamp`,
		"Owner\nx\n":           `rows[1].Owner: a value of 1 bytes does not go into decode.person`,
	} {
		_, err := readRows[row](text, Options{})
		require.ErrorContains(t, err, want, text)
	}
	_, err := readRows[row]("Id,Owner.Email\n", Options{Strict: true})
	require.ErrorContains(t, err, "Owner.Email: decode.row has no such field")
	_, err = readRows[int]("", Options{})
	require.ErrorContains(t, err, "int takes no row of values")
}

func TestFurtherStreamsMayHaveOtherColumns(t *testing.T) {
	t.Parallel()
	rs, err := NewRows[row](testTypes(), NewCSV(strings.NewReader("Id;Name\n1;a\n"), ';'), Options{})
	require.NoError(t, err)
	var v row
	require.NoError(t, rs.Next(&v))
	require.ErrorIs(t, rs.Next(&v), io.EOF)
	rs.Reset(strings.NewReader("Name;Id;Count\nb;2;3\n"))
	require.NoError(t, rs.Next(&v))
	require.Equal(t, row{ID: "2", Name: "b", Count: 3}, v)
	rs.Reset(strings.NewReader(""))
	_, err = rs.Header()
	require.ErrorIs(t, err, io.EOF)
}

// accountsCSV holds what accounts holds.
func accountsCSV(n int) string {
	var b strings.Builder
	b.WriteString(`"Id","Name","AccountNumber","Type","Industry","BillingStreet","BillingCity","BillingState","Phone","AnnualRevenue","NumberOfEmployees","Score__c","Active__c","CreatedDate","Owner.Name"` + "\n")
	for i := range n {
		fmt.Fprintf(&b, `"001RM00000%06dYAE","Account ""%d"" GmbH","CD%08d","Customer - Direct","Banking","%d Example Street`+"\n"+`Building","Bonn","","+49 228 %07d","%d.5","%d","%d.25","true","2026-08-24T21:26:%02d.000Z","Owner %d"`+"\n",
			i, i, i, i, i, i*1000, i%5000, i%100, i%60, i%40)
	}
	return b.String()
}

func BenchmarkRowsStructs(b *testing.B) {
	text := accountsCSV(5000)
	rs, err := NewRows[account](testTypes(), NewCSV(strings.NewReader(""), ','), Options{})
	require.NoError(b, err)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		rs.Reset(strings.NewReader(text))
		var v account
		for err = rs.Next(&v); err == nil; err = rs.Next(&v) {
		}
		require.ErrorIs(b, err, io.EOF)
	}
}

func BenchmarkSplit(b *testing.B) {
	text := accountsCSV(5000)
	c := NewCSV(strings.NewReader(""), ',')
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		c.Reset(strings.NewReader(text))
		var err error
		for err == nil {
			_, err = c.Next()
		}
		require.ErrorIs(b, err, io.EOF)
	}
}

func BenchmarkEncodingCSV(b *testing.B) {
	text := []byte(accountsCSV(5000))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		c := csv.NewReader(bytes.NewReader(text))
		c.ReuseRecord = true
		var err error
		for err == nil {
			_, err = c.Read()
		}
		require.ErrorIs(b, err, io.EOF)
	}
}
