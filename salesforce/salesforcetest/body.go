package salesforcetest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
)

// maxJSON is the size of a JSON body that Salesforce accepts, in bytes.
const maxJSON = 50_000_000

// fields reads the fields of a record from the body of a request: JSON, or
// multipart/form-data with binary content for an object that has any.
func (c *call) fields(ob *object) ([]assignment, error) {
	body, err := c.inflated()
	if err != nil {
		return nil, err
	}
	header := c.r.Header.Get("Content-Type")
	typ, params, err := mime.ParseMediaType(header)
	switch {
	case typ == "multipart/form-data":
		return c.multipart(ob, multipart.NewReader(body, params["boundary"]))
	case header != "" && (err != nil || typ != "application/json"):
		return nil, failure(http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE",
			"Content-Type header specified in HTTP request is not supported: %s", header)
	}
	data, err := readJSON(body)
	if err != nil {
		return nil, err
	}
	return decodeObject(data)
}

// inflated is the body, decompressed if need be.
func (c *call) inflated() (io.Reader, error) {
	if !strings.EqualFold(c.r.Header.Get("Content-Encoding"), "gzip") {
		return c.r.Body, nil
	}
	body, err := gzip.NewReader(c.r.Body)
	if err != nil {
		return nil, refusal("JSON_PARSER_ERROR", "the body is not gzip: %v", err)
	}
	return body, nil
}

// readJSON reads a JSON body to its limit.
func readJSON(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxJSON+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > maxJSON:
		return nil, refusal("EXCEEDED_MAX_SIZE_REQUEST", "Maximum size of request reached. Maximum size of request is %d bytes", maxJSON)
	case len(bytes.TrimSpace(data)) == 0:
		return nil, errNoBody
	}
	return data, nil
}

// multipart reads a record with binary content: first a JSON part without file
// name, then the content, named by its field and with a file name.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_sobject_insert_update_blob.htm
func (c *call) multipart(ob *object, parts *multipart.Reader) ([]assignment, error) {
	content := c.binaryField(ob)
	if content == "" {
		return nil, badMultipart("%s has no binary field", ob.Name)
	}
	first, err := parts.NextPart()
	if err != nil {
		return nil, badMultipart("no JSON part: %v", err)
	}
	if typ, _, _ := mime.ParseMediaType(first.Header.Get("Content-Type")); typ != "application/json" || first.FileName() != "" {
		return nil, badMultipart("the first part must be application/json and have no file name")
	}
	data, err := readJSON(first)
	if err != nil {
		return nil, err
	}
	in, err := decodeObject(data)
	if err != nil {
		return nil, err
	}
	second, err := parts.NextPart()
	if err != nil {
		return nil, badMultipart("no binary part: %v", err)
	}
	if second.FormName() != content || second.FileName() == "" {
		return nil, badMultipart("the binary part must be named %s and have a file name", content)
	}
	b, err := readBlob(second, maxFile, c.org.opt.HashOnlyAbove)
	if errors.Is(err, errTooLarge) {
		return nil, refusal("FILE_SIZE_LIMIT_EXCEEDED", "The file is larger than %d bytes", int64(maxFile))
	}
	if err != nil {
		return nil, badMultipart("the binary part breaks off: %v", err)
	}
	if _, err := parts.NextPart(); err != io.EOF { // a wrapped one means that the body breaks off
		return nil, badMultipart("there must be exactly one binary part, and the body must end behind it")
	}
	return append(in, assignment{name: content, value: b}), nil
}

// badMultipart is what every fault of a multipart body gets.
func badMultipart(format string, args ...any) error {
	return refusal("INVALID_MULTIPART_REQUEST", format, args...)
}

// binaryField is the name of the binary field of an object, "" for none.
func (c *call) binaryField(ob *object) string {
	defer c.reading()()
	for _, f := range ob.fields {
		if f.typ.kind == kindBlob {
			return f.Name
		}
	}
	return ""
}

// decodeObject reads a JSON object as assignments in their order.
func decodeObject(data []byte) ([]assignment, error) {
	v, err := decodeValue(data)
	if err != nil {
		return nil, err
	}
	if in, ok := v.([]assignment); ok {
		return in, nil
	}
	return nil, refusal("JSON_PARSER_ERROR", "The body is no JSON object at [line:1, column:1]")
}

// decodeValue reads a JSON text: objects become []assignment, arrays []any,
// numbers json.Number.
func decodeValue(data []byte) (any, error) {
	r := jsonReader{data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	r.dec.UseNumber()
	v := r.value(0)
	switch {
	case r.tooDeep:
		return nil, refusal("JSON_PARSER_ERROR", "The JSON text nests too deeply")
	case r.failed || r.dec.More():
		return nil, badJSON(data)
	}
	return v, nil
}

// badJSON says where a JSON text goes wrong. The whole is read again for that,
// as the tokens of a Decoder do not tell the place exactly.
func badJSON(data []byte) error {
	var whole json.RawMessage
	err := json.Unmarshal(data, &whole)
	syntax, ok := errors.AsType[*json.SyntaxError](err)
	if !ok || syntax.Offset < 1 || strings.Contains(err.Error(), "unexpected end") {
		return refusal("JSON_PARSER_ERROR", "Unexpected end-of-input at %s", position{data, int64(len(data))})
	}
	at := syntax.Offset - 1
	return refusal("JSON_PARSER_ERROR", "Unexpected character ('%c' (code %d)) at %s", data[at], data[at], position{data, at})
}

// jsonReader reads a JSON text in one pass, remembering where values stand.
type jsonReader struct {
	data    []byte
	dec     *json.Decoder
	failed  bool // the text is not well formed
	tooDeep bool
}

// maxDepth is how deep JSON objects may nest.
const maxDepth = 32

// value reads the next value, or as much of it as is well formed.
func (r *jsonReader) value(depth int) any {
	r.tooDeep = r.tooDeep || depth > maxDepth
	token := r.token()
	switch token {
	case json.Delim('{'):
		in := []assignment{}
		for r.more() {
			name, _ := r.token().(string)
			a := assignment{name: name, at: r.next()}
			a.value = r.value(depth + 1)
			in = append(in, a)
		}
		r.token() // the closing brace
		return in
	case json.Delim('['):
		list := []any{}
		for r.more() {
			list = append(list, r.value(depth+1))
		}
		r.token() // the closing bracket
		return list
	}
	return token
}

func (r *jsonReader) more() bool { return !r.failed && !r.tooDeep && r.dec.More() }

// token returns the next token, nil once anything has gone wrong.
func (r *jsonReader) token() json.Token {
	if r.failed || r.tooDeep {
		return nil
	}
	t, err := r.dec.Token()
	r.failed = err != nil
	return t
}

// next is where the next value begins.
func (r *jsonReader) next() position {
	offset := r.dec.InputOffset()
	rest := r.data[offset:]
	return position{r.data, offset + int64(len(rest)-len(bytes.TrimLeft(rest, ": \t\r\n")))}
}

// position is a place in a JSON text.
type position struct {
	text   []byte
	offset int64
}

// String counts line and column, both from 1.
func (p position) String() string {
	before := p.text[:min(p.offset, int64(len(p.text)))]
	line, column := bytes.Count(before, []byte("\n"))+1, len(before)-bytes.LastIndexByte(before, '\n')
	return fmt.Sprintf("[line:%d, column:%d]", line, column)
}
