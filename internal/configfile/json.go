package configfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

func (r *reader) json() *Node {
	if len(bytes.TrimSpace(r.data)) == 0 {
		return nil
	}
	if err := r.wellFormed(); err != nil {
		return nil
	}
	j := jsonReader{reader: r, d: json.NewDecoder(bytes.NewReader(r.data)), line: 1}
	j.d.UseNumber()
	return j.node("", 0)
}

// wellFormed looks at the whole file first, so that the reader may take its form
// for granted.
func (r *reader) wellFormed() error {
	d := json.NewDecoder(bytes.NewReader(r.data))
	var whole json.RawMessage
	err := d.Decode(&whole)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		err = errors.New("something follows the end")
		r.jsonFault(d.InputOffset(), err)
		return err
	}
	offset := int64(len(r.data))
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = max(e.Offset-1, 0)
	}
	r.jsonFault(offset, err)
	return err
}

func (r *reader) jsonFault(offset int64, err error) {
	line, column := position(r.data, int(offset))
	r.fault(line, column, "", "this is no JSON: %v", err)
}

// position is the line and the column of an offset.
func position(data []byte, offset int) (line, column int) {
	before := data[:min(offset, len(data))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(before[start:]) + 1
}

// jsonReader reads a file that is well-formed, from token to token.
type jsonReader struct {
	*reader
	d           *json.Decoder
	seen        int // offset up to which lines are counted
	line, start int // the line there, and the offset at which it begins
}

// next returns the next token and where it begins.
func (j *jsonReader) next() (token json.Token, line, column int) {
	offset := int(j.d.InputOffset())
	for offset < len(j.data) && bytes.IndexByte([]byte(" \t\r\n,:"), j.data[offset]) >= 0 {
		offset++
	}
	for ; j.seen < offset; j.seen++ {
		if j.data[j.seen] == '\n' {
			j.line, j.start = j.line+1, j.seen+1
		}
	}
	token, _ = j.d.Token()
	return token, j.line, utf8.RuneCount(j.data[j.start:offset]) + 1
}

func (j *jsonReader) node(at string, depth int) *Node {
	token, line, column := j.next()
	n := &Node{Line: line, Column: column}
	switch token := token.(type) {
	case json.Delim:
		if depth > maxDepth {
			j.fault(line, column, at, "more than %d levels in one another", maxDepth)
		}
		if token == '{' {
			j.object(n, at, depth)
		} else {
			j.array(n, at, depth)
		}
	case bool:
		n.Kind, n.Text = Bool, fmt.Sprint(token)
	case json.Number:
		n.Kind, n.Text = Number, token.String()
	case string:
		n.Kind, n.Text = Text, token
		n.BodyLine, n.BodyColumn = j.literal(token, line, column)
	}
	return n
}

// literal is where a text stands in the file if it does so as it is.
func (j *jsonReader) literal(text string, line, column int) (bodyLine, bodyColumn int) {
	end := int(j.d.InputOffset())
	if begin := end - len(text) - 1; begin < 0 || string(j.data[begin:end-1]) != text {
		return 0, 0
	}
	return line, column + 1
}

func (j *jsonReader) object(n *Node, at string, depth int) {
	n.Kind = Map
	for j.d.More() {
		token, line, column := j.next()
		key, _ := token.(string)
		n.Keys = append(n.Keys, Entry{key, line, column, j.node(join(at, key), depth+1)})
	}
	j.next()
	j.unique(n, at)
}

func (j *jsonReader) array(n *Node, at string, depth int) {
	n.Kind = List
	for j.d.More() {
		n.Items = append(n.Items, j.node(fmt.Sprintf("%s[%d]", at, len(n.Items)), depth+1))
	}
	j.next()
}
