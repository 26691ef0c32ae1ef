package decode

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// lists serves the further pages of child lists.
type lists map[string]string

func (l lists) open(path string) (io.ReadCloser, error) {
	text, ok := l[path]
	if !ok {
		return nil, fmt.Errorf("no page %q", path)
	}
	return io.NopCloser(strings.NewReader(text)), nil
}

type call struct {
	Subject string
	Notes   []struct{ Text string }
}

type lead struct {
	Name  string
	Calls []call
	After string
}

const leads = `{"totalSize":2,"done":true,"records":[
	{"Name":"a","Calls":{"totalSize":3,"done":false,"nextRecordsUrl":"/c1","records":[
		{"Subject":"one","Notes":{"done":true,"records":[{"Text":"n"}]}}]},"After":"x"},
	{"Name":"b","Calls":null,"After":"y"}]}`

var further = lists{
	"/c1": `{"done":false,"nextRecordsUrl":"/c2","records":[{"Subject":"two","Notes":{"records":[],"nextRecordsUrl":"/n","done":false}}]}`,
	"/c2": `{"records":[{"Subject":"three","Notes":null}],"done":true}`,
	"/n":  `{"done":true,"records":[{"Text":"m"}]}`,
}

func TestChildListsArriveComplete(t *testing.T) {
	t.Parallel()
	for _, r := range []io.Reader{strings.NewReader(leads), iotest.OneByteReader(strings.NewReader(leads))} {
		ps, err := NewPages[lead](testTypes(), Options{Open: further.open})
		require.NoError(t, err)
		require.NoError(t, ps.Begin(r))
		var l lead

		require.NoError(t, ps.Next(&l))
		require.Equal(t, "a", l.Name)
		require.Equal(t, "x", l.After)
		require.Len(t, l.Calls, 3)
		require.Equal(t, []string{"one", "two", "three"}, []string{l.Calls[0].Subject, l.Calls[1].Subject, l.Calls[2].Subject})
		require.Equal(t, "n", l.Calls[0].Notes[0].Text)
		require.Equal(t, "m", l.Calls[1].Notes[0].Text)

		require.NoError(t, ps.Next(&l))
		require.Equal(t, lead{Name: "b", After: "y"}, l, "nothing is left of the record before")
		require.ErrorIs(t, ps.Next(&l), io.EOF)
		require.Equal(t, Envelope{Total: 2, Done: true}, ps.Envelope())
	}
}

func TestChildListsOfRecordsArriveComplete(t *testing.T) {
	t.Parallel()
	ps, err := NewPages[record](testTypes(), Options{Open: further.open})
	require.NoError(t, err)
	require.NoError(t, ps.Begin(strings.NewReader(leads)))
	var r record

	require.NoError(t, ps.Next(&r))

	require.Equal(t, record{"Name": "a", "After": "x", "Calls": []record{
		{"Subject": "one", "Notes": []record{{"Text": "n"}}},
		{"Subject": "two", "Notes": []record{{"Text": "m"}}},
		{"Subject": "three", "Notes": nil},
	}}, r)
}

func TestChildListsAreNeverCutInSilence(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		"no next page":    `{"done":false,"records":[]}`,
		"no such page":    `{"done":false,"nextRecordsUrl":"/gone","records":[]}`,
		"a bad page":      `{"done":false,"nextRecordsUrl":"/bad","records":[]}`,
		"a cut page":      `{"done":false,"nextRecordsUrl":"/cut","records":[]}`,
		"nothing said":    `{"records":[]}`,
		"no records":      `{"done":true}`,
		"records twisted": `{"done":true,"records":{}}`,
	} {
		pages := lists{"/bad": `{"done":true,"records":[{"Subject":5}]}`, "/cut": `{"done":true,"records":[{"Subject":"x"}`}
		read := func(into func(text string) error) error { return into(page(`{"Calls":` + value + `}`)) }
		err := read(func(text string) error {
			ps, err := NewPages[lead](testTypes(), Options{Open: pages.open})
			require.NoError(t, err)
			require.NoError(t, ps.Begin(strings.NewReader(text)))
			return ps.Next(new(lead))
		})
		require.Error(t, err, name)
		require.NotErrorIs(t, err, io.EOF, name)
	}
	ps, err := NewPages[struct{ Calls json.RawMessage }](testTypes(), Options{Open: further.open})
	require.NoError(t, err)
	require.NoError(t, ps.Begin(strings.NewReader(leads)))
	require.ErrorContains(t, ps.Next(&struct{ Calls json.RawMessage }{}), "records[0].Calls: a child list of several pages")
}

func TestEnvelopeStandsAnywhere(t *testing.T) {
	t.Parallel()
	for text, early := range map[string]string{
		`{"totalSize":5,"done":false,"nextRecordsUrl":"/2","records":[{"Name":"a"},{"Name":"b"}]}`:                               "/2",
		`{"records":[{"Name":"a"},{"Name":"b"}],"nextRecordsUrl":"/2","done":false,"totalSize":5}`:                               "",
		` { "nextRecordsUrl" : "/2" , "x":{"y":[1]},"records" : [ {"Name":"a"} , {"Name":"b"} ] , "totalSize":5,"done":false } `: "/2",
	} {
		for _, r := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
			ps, err := NewPages[lead](testTypes(), Options{})
			require.NoError(t, err)
			require.NoError(t, ps.Begin(r), text)
			require.Equal(t, early, ps.Envelope().Next, text)
			var l lead
			require.NoError(t, ps.Next(&l))
			require.NoError(t, ps.Next(&l))
			require.Equal(t, "b", l.Name)
			require.ErrorIs(t, ps.Next(&l), io.EOF)
			require.ErrorIs(t, ps.Next(&l), io.EOF)
			require.Equal(t, Envelope{5, false, "/2"}, ps.Envelope())
		}
	}
}

func TestPageInsideAnotherAnswer(t *testing.T) {
	t.Parallel()
	within := []string{"compositeResponse", "body"}
	for _, text := range []string{
		`{"compositeResponse":[{"body":` + page(`{"Name":"a"}`) + `,"httpHeaders":{},"httpStatusCode":200,"referenceId":"q"}]}`,
		`{"x":[{}],"compositeResponse":[{"httpStatusCode":200,"httpHeaders":{"a":"b"},"body":` + page(`{"Name":"a"}`) + `}],"y":1}`,
	} {
		for _, r := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
			ps, err := NewPages[lead](testTypes(), Options{})
			require.NoError(t, err)
			require.NoError(t, ps.Begin(r, within...))
			var l lead
			require.NoError(t, ps.Next(&l))
			require.Equal(t, "a", l.Name)
			require.ErrorIs(t, ps.Next(&l), io.EOF)
		}
	}
	ps, err := NewPages[lead](testTypes(), Options{})
	require.NoError(t, err)
	err = ps.Begin(strings.NewReader(`{"compositeResponse":[{"body":[{"errorCode":"MALFORMED_QUERY"}],"httpStatusCode":400}]}`), within...)
	other, ok := errors.AsType[*NoPageError](err)
	require.True(t, ok)
	require.JSONEq(t, `[{"errorCode":"MALFORMED_QUERY"}]`, string(other.Value))
	require.Error(t, ps.Begin(strings.NewReader(`{"compositeResponse":[]}`), within...))
}

func TestErrorsSayWhere(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		page(`{"Name":"a"}`, `{"Calls":{"done":true,"records":[{"Subject":"x"},{"Subject":5}]}}`): `records[1].Calls[1].Subject: a number does not go into string (byte 111)`,
		page(`{"Name":{"x":1}}`):      `records[0].Name: an object does not go into string (byte 46)`,
		page(`{"Name":"a}`):           `unexpected EOF`,
		page(`{"Name" "a"}`):          `records[0]: '"' where a colon belongs (byte 46)`,
		page(`[1]`):                   `records[0]: a list does not go into decode.lead (byte 38)`,
		page(`{"Name":"a"} {}`):       `'{' where ] or , belongs (byte 51)`,
		`{"totalSize":"x"}`:           `'"' where a digit belongs (byte 13)`,
		`<html>`:                      `'<' where a value belongs (byte 0)`,
		`[]`:                          `'[' where a page of records belongs (byte 0)`,
		`{"done":true}`:               `the page has no records (byte 13)`,
		`{"records":[],"records":[]}`: `'[' where no second list of records belongs (byte 24)`,
		page() + "x":                  `'x' where the end belongs (byte 40)`,
	} {
		_, err := readPage[lead](testTypes(), strings.NewReader(text))
		require.EqualError(t, err, want, text)
	}
}

func TestStrictRefusesUnknownFields(t *testing.T) {
	t.Parallel()
	ps, err := NewPages[lead](testTypes(), Options{Strict: true})
	require.NoError(t, err)
	require.NoError(t, ps.Begin(strings.NewReader(page(`{"attributes":{"type":"Lead"},"Name":"a"}`, `{"Calls":[{"Notes":[{"Txt":"x"}]}]}`))))
	require.NoError(t, ps.Next(new(lead)))
	require.ErrorContains(t, ps.Next(new(lead)), "records[1].Calls[0].Notes[0].Txt: struct { Text string } has no such field")
}

func TestTheLaterOfTwoKeysCounts(t *testing.T) {
	t.Parallel()
	text := page(`{"Name":"a","After":"x","name":"b"}`, `{"Name":"c","After":"x","name":"d"}`, `{"After":"x","Name":"e","After":"y"}`, `{"Name":"f"}`)
	got, err := readPage[lead](testTypes(), strings.NewReader(text))
	require.NoError(t, err)
	require.Equal(t, []lead{{Name: "b", After: "x"}, {Name: "d", After: "x"}, {Name: "e", After: "y"}, {Name: "f"}}, got)

	records, err := readPage[record](testTypes(), strings.NewReader(page(`{"A":"x","A":null}`, `{"A":"x","A":true}`, `{"A":1,"A":"z"}`)))
	require.NoError(t, err)
	require.Equal(t, []record{{"A": nil}, {"A": true}, {"A": "z"}}, records)
}

func TestIntegersMayHaveAPoint(t *testing.T) {
	t.Parallel()
	type row struct {
		N int32
		U uint8
	}
	for text, want := range map[string]int32{"7.0": 7, "1.2E7": 12_000_000, "-0.0": 0, "120e-1": 12, "-2147483648.000": -2147483648} {
		rows, err := readPage[row](testTypes(), strings.NewReader(page(`{"N":`+text+`,"U":255.0}`)))
		require.NoError(t, err, text)
		require.Equal(t, []row{{want, 255}}, rows, text)
	}
	for _, text := range []string{"7.5", "1e-1", "1e10", "2147483648", "1e999999999999", "-2147483649.0"} {
		_, err := readPage[row](testTypes(), strings.NewReader(page(`{"N":`+text+`}`)))
		require.ErrorContains(t, err, "records[0].N", text)
	}
}

func TestTypesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	type hidden struct{ A string }
	_, err := NewPages[struct{ *hidden }](testTypes(), Options{})
	require.ErrorContains(t, err, "embeds a pointer to a type that is not exported")
}

func TestLargeRecordsPassThroughASmallWindow(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789", 100_000)
	values := []string{`{"Name":"small"}`, `{"Name":"` + long + `","After":"x"}`, `{"Name":"small"}`}
	got, err := readPage[lead](testTypes(), iotest.HalfReader(strings.NewReader(page(values...))))
	require.NoError(t, err)
	require.Len(t, got, 3)
	require.Equal(t, long, got[1].Name)
	require.Equal(t, "small", got[2].Name)
}

func TestTooLargeRecordsAreRefused(t *testing.T) {
	t.Parallel()
	for size, fits := range map[int]bool{150_000: true, 250_000: false, 2_000_000: false} {
		ps, err := NewPages[lead](testTypes(), Options{MaxRecord: 200_000})
		require.NoError(t, err)
		require.NoError(t, ps.Begin(strings.NewReader(page(`{"Name":"small"}`, `{"Name":"`+strings.Repeat("x", size)+`"}`))))
		require.NoError(t, ps.Next(new(lead)))
		if err := ps.Next(new(lead)); fits {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, ErrTooLarge)
		}
	}
}

func TestReadErrorsPass(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	_, err := readPage[lead](testTypes(), io.MultiReader(strings.NewReader(`{"records":[{"Name":"a"},{"Na`), iotest.ErrReader(broken)))
	require.ErrorIs(t, err, broken)
}

func TestRepeatedTextsAreAllocatedOnce(t *testing.T) {
	text := accounts(500)
	ps, err := NewPages[account](testTypes(), Options{})
	require.NoError(t, err)
	decodePage(t, ps, text) // learns
	allocs := testing.AllocsPerRun(5, func() { decodePage(t, ps, text) })
	require.Less(t, allocs/500, 1.2, "allocations for each record")
}
