package conf

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// parseJSON reads the one value that a JSON file holds.
func parseJSON(file string, data []byte) (*node, *Fault) {
	p := jsonParser{file: file, data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	p.dec.UseNumber()
	root, fault := p.value(0)
	if fault != nil {
		return nil, fault
	}
	if at := p.next(); at < len(data) {
		return nil, p.fault(at, "the file goes on behind its end: remove what follows, or put it into the file's one value")
	}
	return root, nil
}

// jsonParser builds nodes of a decoder's tokens, and finds out where each began.
type jsonParser struct {
	file string
	data []byte
	dec  *json.Decoder
}

func (p *jsonParser) fault(offset int, text string) *Fault {
	line, column := position(p.data, offset)
	return &Fault{File: p.file, Line: line, Column: column, Text: text}
}

// next returns where the next token begins.
func (p *jsonParser) next() int {
	at := int(p.dec.InputOffset())
	for at < len(p.data) && bytes.IndexByte([]byte(" \t\r\n,:"), p.data[at]) >= 0 {
		at++
	}
	return at
}

func (p *jsonParser) token() (json.Token, int, *Fault) {
	at := p.next()
	token, err := p.dec.Token()
	switch syntax, ok := errors.AsType[*json.SyntaxError](err); {
	case err == nil:
		return token, at, nil
	case ok && int(syntax.Offset) > at:
		return nil, 0, p.fault(int(syntax.Offset)-1, "this is no JSON: "+syntax.Error())
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, 0, p.fault(len(p.data), "the file ends too early: a bracket or a quotation mark is not closed")
	}
	return nil, 0, p.fault(at, "this is no JSON: "+err.Error())
}

func (p *jsonParser) value(depth int) (*node, *Fault) {
	token, at, fault := p.token()
	if fault != nil {
		return nil, fault
	}
	if depth > maxDepth {
		return nil, p.fault(at, "lists and groups are nested too deeply")
	}
	n := &node{}
	n.line, n.column = position(p.data, at)
	switch token := token.(type) {
	case nil:
		n.kind = isNothing
	case bool:
		n.kind, n.text = isBool, "false"
		if token {
			n.text = "true"
		}
	case json.Number:
		n.kind, n.text = isNumber, token.String()
	case string:
		n.kind, n.text = isText, token
	case json.Delim:
		n.kind = isList
		if token == '{' {
			n.kind = isObject
		}
		return n, p.fill(n, depth)
	}
	return n, nil
}

// fill reads the elements of a list or an object, and its closing bracket.
func (p *jsonParser) fill(n *node, depth int) *Fault {
	for p.dec.More() {
		var m member
		if n.kind == isObject {
			name, at, fault := p.token()
			if fault != nil {
				return fault
			}
			m.name, _ = name.(string)
			m.line, m.column = position(p.data, at)
		}
		value, fault := p.value(depth + 1)
		if fault != nil {
			return fault
		}
		if m.value = value; n.kind == isObject {
			n.members = append(n.members, m)
		} else {
			n.items = append(n.items, value)
		}
	}
	_, _, fault := p.token()
	return fault
}
