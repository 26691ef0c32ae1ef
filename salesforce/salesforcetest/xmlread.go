package salesforcetest

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// element is an XML element, read whole. Names are without prefixes, which
// clients choose as they like.
type element struct {
	name     string
	typ      string // of xsi:type
	null     bool   // by xsi:nil
	text     []byte // what stands between the tags, without that of children
	children []*element
}

// Limits of an XML document, so that a hostile one costs little.
const (
	maxXML         = maxJSON // bytes
	maxXMLElements = 500_000
)

var errBadXML = errors.New("malformed XML")

// parseXML reads a document.
func parseXML(r io.Reader) (*element, error) {
	d := xml.NewDecoder(io.LimitReader(r, maxXML))
	root := &element{}
	open := []*element{root}
	for count := 0; ; {
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) && len(root.children) == 1:
			return root.children[0], nil
		case err != nil:
			return nil, err
		}
		last := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			if count++; count > maxXMLElements || len(open) > maxDepth {
				return nil, errBadXML
			}
			e := newElement(token)
			last.children = append(last.children, e)
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			last.text = append(last.text, token...)
		}
	}
}

const schemaInstance = "http://www.w3.org/2001/XMLSchema-instance"

func newElement(start xml.StartElement) *element {
	e := &element{name: start.Name.Local}
	for _, a := range start.Attr {
		switch {
		case a.Name.Space != schemaInstance:
		case a.Name.Local == "type":
			_, typ, found := strings.Cut(a.Value, ":")
			if e.typ = typ; !found {
				e.typ = a.Value
			}
		case a.Name.Local == "nil":
			e.null = a.Value == "true" || a.Value == "1"
		}
	}
	return e
}

// child is the first child of a name, without regard to case. A missing element
// has neither children nor text.
func (e *element) child(name string) *element {
	for _, c := range e.all(name) {
		return c
	}
	return nil
}

// all are the children of a name.
func (e *element) all(name string) []*element {
	var list []*element
	if e == nil {
		return nil
	}
	for _, c := range e.children {
		if strings.EqualFold(c.name, name) {
			list = append(list, c)
		}
	}
	return list
}

// value is the text of a child, without spaces around it.
func (e *element) value(name string) string { return e.child(name).trimmed() }

// values are the texts of the children of a name.
func (e *element) values(name string) []string {
	var list []string
	for _, c := range e.all(name) {
		list = append(list, c.trimmed())
	}
	return list
}

func (e *element) trimmed() string {
	if e == nil {
		return ""
	}
	return strings.TrimSpace(string(e.text))
}

// is reports whether the text of a child is that of a true boolean.
func (e *element) is(name string) bool {
	v := e.value(name)
	return v == "true" || v == "1"
}
