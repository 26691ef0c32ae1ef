package salesforcetest

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// maxDepth is how deep JSON objects may nest.
const maxDepth = 32

// decodeValue reads a JSON text: objects become []assignment, arrays []any,
// numbers json.Number.
func decodeValue(data []byte) (any, error) {
	if tooDeep(data) {
		return nil, refusal("JSON_PARSER_ERROR", "The JSON text nests too deeply")
	}
	if !utf8.Valid(data) {
		return nil, refusal("JSON_PARSER_ERROR", "Invalid UTF-8 at %s", position{data, invalidUTF8(data)})
	}
	if !json.Valid(data) {
		return nil, badJSON(data)
	}
	r := jsonReader{data: data, names: map[string]string{}}
	return r.value(), nil
}

// invalidUTF8 is where a text stops being UTF-8.
func invalidUTF8(data []byte) int64 {
	at := 0
	for at < len(data) {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return int64(at)
}

// tooDeep reports whether brackets outside of strings nest too deeply.
func tooDeep(data []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// jsonReader reads a JSON text that is known to be valid, remembering where
// values stand. encoding/json takes several times as long to do so, and large
// data files are read often.
type jsonReader struct {
	data  []byte
	at    int
	names map[string]string // one copy of each name
}

// next moves to what follows spaces, colons and commas, and returns it.
func (r *jsonReader) next() byte {
	for {
		switch c := r.data[r.at]; c {
		case ' ', '\t', '\r', '\n', ':', ',':
			r.at++
		default:
			return c
		}
	}
}

func (r *jsonReader) value() any {
	switch r.next() {
	case '{':
		return r.object()
	case '[':
		r.at++
		list := []any{}
		for r.next() != ']' {
			list = append(list, r.value())
		}
		r.at++
		return list
	case '"':
		return unquoted(r.text())
	case 't':
		r.at += len("true")
		return true
	case 'f':
		r.at += len("false")
		return false
	case 'n':
		r.at += len("null")
		return nil
	}
	start := r.at
	for r.at < len(r.data) && bytes.IndexByte([]byte("+-.0123456789eE"), r.data[r.at]) >= 0 {
		r.at++
	}
	return json.Number(r.data[start:r.at])
}

func (r *jsonReader) object() []assignment {
	var few [32]assignment
	in := few[:0]
	r.at++
	for r.next() != '}' {
		raw := r.text()
		name, known := r.names[string(raw)]
		if !known {
			name = unquoted(raw)
			r.names[string(raw)] = name
		}
		r.next()
		a := assignment{name: name, at: position{r.data, int64(r.at)}}
		a.value = r.value()
		in = append(in, a)
	}
	r.at++
	return append([]assignment{}, in...)
}

// text moves over a string and returns it with its quotes.
func (r *jsonReader) text() []byte {
	start := r.at
	for r.at++; r.data[r.at] != '"'; r.at++ {
		if r.data[r.at] == '\\' {
			r.at++
		}
	}
	r.at++
	return r.data[start:r.at]
}

// unquoted is what a JSON string means.
func unquoted(raw []byte) string {
	if plain := raw[1 : len(raw)-1]; bytes.IndexByte(plain, '\\') < 0 && utf8.Valid(plain) {
		return string(plain)
	}
	var s string
	_ = json.Unmarshal(raw, &s) // the text is valid
	return s
}
