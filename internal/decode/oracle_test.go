package decode

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// samples are values that the fuzzer begins with, and that the tests cut at
// every byte.
var samples = []string{
	`{}`, ` { } `, `null`, `[]`, `5`, `"x"`, `true`, `{"Name":}`, `{"Name":"a",}`, `{,}`, `{"a" "b"}`, `{"a":1 "b":2}`, `{"Name":"a"`, `nul`, ``,
	`{"Id":"001","Count":5,"note":"n","Deep":"d","Name":"Acme","Alias":null,"Flag":true,"MayFlag":false,"Small":-128,"Medium":32767}`,
	`{"Large":-9223372036854775808,"Natural":65535,"Huge":18446744073709551615,"Ratio":1.5,"Single":2.25,"MayRatio":-0.0,"Digits":12345678901234567.890}`,
	`{"Large":9223372036854775808}`, `{"Small":128}`, `{"Small":-129}`, `{"Natural":-1}`, `{"Natural":65536}`, `{"Huge":18446744073709551616}`, `{"Ratio":1e400}`,
	`{"Ratio":123456789012345678,"MayRatio":1e-7}`, `{"Ratio":9007199254740993}`, `{"Ratio":0.1}`, `{"Ratio":4.35,"Single":16777217}`, `{"Ratio":-0}`,
	`{"Ratio":01}`, `{"Ratio":1.}`, `{"Ratio":.5}`, `{"Ratio":-}`, `{"Ratio":1e}`, `{"Ratio":+1}`, `{"Ratio":"1"}`, `{"Digits":"12.50"}`, `{"Digits":"x"}`, `{"Digits":""}`,
	`{"At":"2026-08-24T21:26:29.000+0000","MayAt":"2026-08-24T21:26:29Z"}`, `{"At":null,"MayAt":null}`, `{"At":"yesterday"}`, `{"At":5}`,
	`{"Owner":{"Name":"Ada","Manager":{"Name":"Bob","Manager":null}},"Parent__r":{"Name":"P"}}`, `{"Owner":null,"Parent__r":null}`, `{"Owner":[]}`, `{"Owner":"x"}`,
	`{"Three":"x","ThreeNum":null,"ThreeAt":"2026-08-24T21:26:29Z"}`, `{"Three":5}`, `{"Three":null,"ThreeAt":null}`,
	`{"Children":[{"Name":"a"},{"Name":"b","Manager":{"Name":"c"}}],"Pointers":[null,{"Name":"d"}],"Tags":["x","y","","z","a","b","c"],"Matrix":[[1,2],[],null,[3]]}`,
	`{"Children":null,"Tags":[],"Matrix":[]}`, `{"Tags":[1]}`, `{"Tags":["a",]}`, `{"Tags":[,]}`, `{"Children":{}}`, `{"Children":"x"}`,
	`{"Any":{"a":[1,{"b":null}],"c":"d","e":12345678901234567.890,"f":true},"Rec":{"a":{"b":"c"},"n":1,"l":[{"x":1}],"attributes":{"type":"T"}}}`,
	`{"Any":[1,"2",false,null,[],{}],"Rec":null}`, `{"Rec":5}`, `{"Any":"x"}`,
	`{"Map":{"a":1,"b":2},"ByName":{"x":{"Name":"n"},"y":{"Name":"m"}}}`, `{"Map":{},"ByName":null}`, `{"Map":[]}`,
	`{"Self":{"any":[1,2]},"MaySelf":null,"Upper":"abc","Raw":{"x" : 1},"Bytes":"aGVsbG8=","Array":[1,2,3],"Quoted":"5","QuotedS":"\"in\""}`,
	`{"Self":null,"MaySelf":5,"Upper":null,"Raw":null,"Bytes":null,"Array":null,"Quoted":null}`, `{"Quoted":5}`, `{"Quoted":"x"}`, `{"Upper":5}`,
	`{"Twice":{"a":"1","A":"2"}}`, `{"Ignored":"x","-":"y","hidden":"z","Interval":5}`,
	`{"name":"lower","NAME2":"x","ſmall":5,"Kelvin":1}`, `{"unknown":{"deep":[1,{"x":"\u0041"}]},"Name":"after"}`,
	`{"Name":"a\"b\\c\/d\b\f\n\r\t\u00e4\ud83d\ude00\ud83dx\ude00","Note":"Grüße, 世界 😀"}`, "{\"Name\":\"\xff\xfe ok \xc3\"}", "{\"Name\":\"tab\tin\"}", `{"Name":"\x"}`, `{"Name":"\u12g4"}`,
	`{"N\u0061me":"escaped key"}`, `{"Name" : "spaces" , "Flag" : true }`, "{\n  \"Name\": \"pretty\",\n  \"Flag\": true\n}", `{"Name":nulL}`, `{"Flag":tru}`, `{"Flag":1}`,
	`{"Name":"` + strings.Repeat("long ", 300) + `","Alias":"` + strings.Repeat("x", 2000) + `"}`,
}

// canonical reports whether all readers take a text for the same: it has no
// object with the same key twice.
func canonical(data []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(data))
	type level struct {
		keys map[string]bool // nil for a list
		key  bool            // a key comes next
	}
	stack := []level{{}}
	for {
		token, err := dec.Token()
		if err != nil {
			return errors.Is(err, io.EOF)
		}
		top := &stack[len(stack)-1]
		switch token := token.(type) {
		case json.Delim:
			switch token {
			case '{':
				top.key = top.keys != nil
				stack = append(stack, level{keys: map[string]bool{}, key: true})
			case '[':
				top.key = top.keys != nil
				stack = append(stack, level{})
			default:
				stack = stack[:len(stack)-1]
			}
		default:
			if top.keys == nil {
				continue
			}
			if name, ok := token.(string); ok && top.key {
				folded := strings.ToLower(strings.ToUpper(name))
				if top.keys[folded] {
					return false
				}
				top.keys[folded] = true
				top.key = false
				continue
			}
			top.key = true
		}
	}
}

// page puts values into a page of records.
func page(values ...string) string {
	return `{"totalSize":2,"done":true,"records":[` + strings.Join(values, ",") + `]}`
}

// readPage reads all records of a page.
func readPage[T any](types *Types, r io.Reader) ([]T, error) {
	ps, err := NewPages[T](types, Options{})
	if err != nil {
		return nil, err
	}
	if err := ps.Begin(r); err != nil {
		return nil, err
	}
	var all []T
	for {
		var v T
		if err := ps.Next(&v); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return all, err
		}
		all = append(all, v)
	}
}

// laxer reports whether the oracle refuses what we take by design: an integer
// with a point, and a child list for a list.
func laxer(err error) bool {
	wrong, ok := errors.AsType[*json.UnmarshalTypeError](err)
	return ok && (strings.HasPrefix(wrong.Value, "number") || wrong.Value == "object")
}

// exact decodes as encoding/json does, and objects of no type into records.
func exact(data []byte, v *wide) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(v); err != nil {
		return err
	}
	v.Any = recorded(v.Any)
	if v.Rec != nil {
		v.Rec = recorded(map[string]any(v.Rec)).(record)
		delete(v.Rec, "attributes")
	}
	return nil
}

func recorded(v any) any {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "attributes")
		for name, value := range v {
			v[name] = recorded(value)
		}
		return record(v)
	case []any:
		for i := range v {
			v[i] = recorded(v[i])
		}
		return testList(v)
	default:
		return v
	}
}

// compare reads a value by encoding/json and by us, whole and in small pieces,
// alone and twice in a page: the second record is read with what was learned
// from the first.
func compare(t *testing.T, types *Types, data string) {
	t.Helper()
	var want wide
	wantErr := exact([]byte(data), &want)
	if !json.Valid([]byte(data)) {
		wantErr = errors.New("not valid")
	} else if !canonical([]byte(data)) || strings.Contains(data, `"done"`) || laxer(wantErr) {
		return
	}
	for _, r := range []io.Reader{strings.NewReader(data), iotest.OneByteReader(strings.NewReader(data)), iotest.DataErrReader(strings.NewReader(data))} {
		ps, err := NewPages[wide](types, Options{})
		require.NoError(t, err)
		var got wide
		if err := ps.Value(r, &got); wantErr != nil {
			require.Error(t, err, "%s\nthe oracle says %v", data, wantErr)
			continue
		} else {
			require.NoError(t, err, data)
		}
		require.Equal(t, want, got, data)
	}
	if wantErr != nil {
		return
	}
	for _, r := range []io.Reader{strings.NewReader(page(data, data, data)), iotest.OneByteReader(strings.NewReader(page(data, data, data)))} {
		got, err := readPage[wide](types, r)
		require.NoError(t, err, data)
		require.Equal(t, []wide{want, want, want}, got, data)
	}
}

func TestReadsAsEncodingJSONDoes(t *testing.T) {
	t.Parallel()
	types := testTypes()
	for _, data := range samples {
		compare(t, types, data)
	}
}

func FuzzDecode(f *testing.F) {
	for _, data := range samples {
		f.Add(data)
	}
	types := testTypes()
	f.Fuzz(func(t *testing.T, data string) {
		compare(t, types, data)
	})
}
