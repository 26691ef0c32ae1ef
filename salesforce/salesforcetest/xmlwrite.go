package salesforcetest

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// xmlWriter writes XML.
type xmlWriter struct{ out bytes.Buffer }

func (x *xmlWriter) raw(s string) { x.out.WriteString(s) }

// open begins an element; attributes are written as they are.
func (x *xmlWriter) open(name string, attributes ...string) {
	x.raw("<" + name)
	for _, a := range attributes {
		x.raw(" " + a)
	}
	x.raw(">")
}

func (x *xmlWriter) end(name string) { x.raw("</" + name + ">") }

// leaf writes an element that holds a text.
func (x *xmlWriter) leaf(name, text string, attributes ...string) {
	x.open(name, attributes...)
	x.raw(xmlEscapes.Replace(strings.Map(xmlCharacter, text)))
	x.end(name)
}

// xmlEscapes are what a text needs. Quotes stay as they are, for clients that
// look for texts without parsing.
var xmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#xD;")

// xmlCharacter replaces what XML cannot hold.
func xmlCharacter(r rune) rune {
	if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
		return utf8.RuneError
	}
	return r
}

// null writes an element that says that there is no value.
func (x *xmlWriter) null(name string) { x.raw("<" + name + ` xsi:nil="true"/>`) }

// value writes what JSON holds: a list as repeated elements, an object as an
// element with children. Members without value are left out.
func (x *xmlWriter) value(name string, v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			x.value(name, item)
		}
	case []assignment:
		x.open(name)
		for _, a := range v {
			x.value(a.name, a.value)
		}
		x.end(name)
	case nil:
	default:
		x.leaf(name, zulu(scalarText(v)))
	}
}

// scalarText is a JSON string, number or boolean as a text.
func scalarText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}
