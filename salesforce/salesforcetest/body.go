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

// fields reads the fields of a record from the body of a request: JSON, XML, or
// multipart/form-data with binary content for an object that has any.
func (c *call) fields(ob *object) ([]assignment, error) {
	if c.sendsXML() {
		return c.fieldsOfXML()
	}
	content := c.binaryField(ob)
	in, parts, err := c.body(maxPart(ob))
	switch {
	case err != nil:
		return nil, err
	case parts == nil:
		return append(in, c.attached...), nil
	case content == "":
		return nil, badMultipart("%s has no binary field", ob.Name)
	case len(parts) != 1 || parts[content] == nil:
		return nil, badMultipart("there must be exactly one binary part, and its name must be %s", content)
	}
	return append(in, assignment{name: content, value: parts[content]}), nil
}

// body reads the JSON object of a request, and what comes with it in a
// multipart body: parts by name, of at most limit bytes together. Other bodies
// have nil parts.
func (c *call) body(limit int64) ([]assignment, map[string]*blob, error) {
	body, err := c.inflated()
	if err != nil {
		return nil, nil, err
	}
	header := c.r.Header.Get("Content-Type")
	typ, params, err := mime.ParseMediaType(header)
	switch {
	case typ == "multipart/form-data":
		m := multipartBody{parts: map[string]*blob{}, left: limit, keep: c.org.opt.HashOnlyAbove}
		return m.read(multipart.NewReader(body, params["boundary"]))
	case header != "" && (err != nil || typ != "application/json"):
		return nil, nil, failure(http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE",
			"Content-Type header specified in HTTP request is not supported: %s", header)
	}
	data, err := readJSON(body)
	if err != nil {
		return nil, nil, err
	}
	in, err := decodeObject(data)
	return in, nil, err
}

// plainBody reads the JSON object of a request that takes nothing else.
func (c *call) plainBody() ([]assignment, error) {
	in, parts, err := c.body(0)
	if err == nil && parts != nil {
		err = badMultipart("the resource takes no binary content")
	}
	return in, err
}

// inflated is the body, decompressed if need be.
func (c *call) inflated() (io.Reader, error) {
	switch coding := strings.ToLower(c.r.Header.Get("Content-Encoding")); coding {
	case "gzip":
	case "", "identity":
		return c.r.Body, nil
	default:
		return nil, failure(http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "The Content-Encoding %s is not supported", coding)
	}
	body := &inflating{sent: counted{Reader: c.r.Body}}
	var err error
	if body.zip, err = gzip.NewReader(&body.sent); err != nil {
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
	case countValues(data) > maxValues:
		return nil, refusal("EXCEEDED_MAX_SIZE_REQUEST", "The JSON text has more than %d values", maxValues)
	}
	return data, nil
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

// maxValues is how many values a JSON body may have: more than 200 records of
// 800 fields, but not so many that they eat the memory.
const maxValues = 1_000_000

// countValues counts the values of a JSON text by what stands between them.
func countValues(data []byte) int {
	n, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && c == ',':
			n++
		}
	}
	return n + 1
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
