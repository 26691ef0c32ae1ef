package salesforcetest

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// printer writes records as JSON. It does so by hand because the order of keys
// counts and pages are long.
type printer struct {
	version int
	root    string // that of the org
	out     []byte
	leads   map[lead]string // how records begin
}

// lead is what the beginnings of records differ by, apart from the ids.
type lead struct {
	typ string
	of  *object
}

func (p *printer) raw(s string) { p.out = append(p.out, s...) }

// key begins a member of an object that has others before it.
func (p *printer) key(name string) {
	p.out = append(p.out, ',')
	p.out = appendString(p.out, name)
	p.out = append(p.out, ':')
}

// attributes begins a record with what says which one it is.
func (p *printer) attributes(typ string, r *record) {
	begin := p.leads[lead{typ, r.of}]
	if begin == "" {
		if p.leads == nil {
			p.leads = map[lead]string{}
		}
		begin = fmt.Sprintf(`{"attributes":{"type":"%s","url":"/services/data/v%d.0/%ssobjects/%s/`, typ, p.version, p.root, r.of.Name)
		p.leads[lead{typ, r.of}] = begin
	}
	p.raw(begin)
	p.raw(r.id())
	p.raw(`"}`)
}

// path writes the address of a record in the caller's version.
func (p *printer) path(r *record) {
	p.raw("/services/data/v")
	p.out = strconv.AppendInt(p.out, int64(p.version), 10)
	p.raw(".0/")
	p.raw(p.root)
	p.raw("sobjects/")
	p.raw(r.of.Name)
	p.raw("/")
	p.raw(r.id())
}

// plainRecord writes a record with some of its own fields.
func (p *printer) plainRecord(r *record, fields []*field) {
	p.attributes(r.of.Name, r)
	for _, f := range fields {
		p.key(f.Name)
		p.value(f, r, r.get(f))
	}
	p.raw("}")
}

// value writes the value v of a field of r.
func (p *printer) value(f *field, r *record, v any) {
	switch v := v.(type) {
	case nil:
		p.raw("null")
	case string:
		p.out = appendString(p.out, v)
	case bool:
		p.out = strconv.AppendBool(p.out, v)
	case decimal:
		if f.Type == "int" {
			p.out = strconv.AppendInt(p.out, v.coef, 10)
			return
		}
		p.out = v.append(p.out)
	case time.Time:
		p.out = append(p.out, '"')
		p.out = appendDateTime(p.out, v)
		p.out = append(p.out, '"')
	case *blob: // content is fetched from its address
		p.raw(`"`)
		p.path(r)
		p.raw("/")
		p.raw(f.Name)
		p.raw(`"`)
	case address:
		p.address(v)
	case int:
		p.out = strconv.AppendInt(p.out, int64(v), 10)
	case float64:
		p.out = strconv.AppendFloat(p.out, v, 'f', -1, 64)
	case date:
		p.out = append(p.out, '"')
		p.out = append(v.append(p.out), '"')
	case timeOfDay:
		p.raw(`"`)
		p.raw(v.String())
		p.raw(`"`)
	}
}

// buffers are those that long answers were written in.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// address is the value of a compound address: part names of the wire with
// their values.
type address []addressPart

type addressPart struct {
	name  string
	field *field
	value any
}

// compoundPart is a part of a compound field: its name on the wire and the end of
// the name of the field that holds it, "" for what the org never has.
type compoundPart struct{ wire, field string }

// addressParts are the parts of addresses. Codes exist only where state and
// country picklists are switched on.
var addressParts = []compoundPart{
	{"city", "City"},
	{"country", "Country"},
	{"countryCode", ""},
	{"geocodeAccuracy", "GeocodeAccuracy"},
	{"latitude", "Latitude"},
	{"longitude", "Longitude"},
	{"postalCode", "PostalCode"},
	{"state", "State"},
	{"stateCode", ""},
	{"street", "Street"},
}

// locationParts are the parts of a location such as Place__c.
var locationParts = []compoundPart{{"latitude", "__Latitude__s"}, {"longitude", "__Longitude__s"}}

// compound says how the parts of a compound field are called.
func (f *Field) compoundParts() (prefix string, parts []compoundPart) {
	if f.Type == "location" {
		return strings.TrimSuffix(f.Name, "__c"), locationParts
	}
	return strings.TrimSuffix(f.Name, "Address"), addressParts
}

// address is the value of a compound address or location, nil when all parts
// are empty.
func (r *record) address(f *field) any {
	prefix, names := f.compoundParts()
	parts := make(address, 0, len(names))
	empty := true
	for _, p := range names {
		part := addressPart{name: p.wire}
		if part.field = r.of.field(prefix + p.field); p.field != "" && part.field != nil {
			part.value = r.get(part.field)
		}
		empty = empty && part.value == nil
		parts = append(parts, part)
	}
	if empty {
		return nil
	}
	return parts
}

// point is where an address is, false when nobody knows.
func (a address) point() (latitude, longitude float64, ok bool) {
	known := 0
	for _, part := range a {
		n, isNumber := part.value.(decimal)
		switch {
		case !isNumber:
		case part.name == "latitude":
			latitude = n.float()
			known++
		case part.name == "longitude":
			longitude = n.float()
			known++
		}
	}
	return latitude, longitude, known == 2
}

// address writes all parts of an address, null for what is empty.
func (p *printer) address(a address) {
	for i, part := range a {
		if i == 0 {
			p.raw("{")
			p.out = appendString(p.out, part.name)
			p.raw(":")
		} else {
			p.key(part.name)
		}
		p.value(part.field, nil, part.value)
	}
	p.raw("}")
}

// plain is a record as a map of what encoding/json makes of the wire.
func plain(r *record) map[string]any {
	if r == nil {
		return nil
	}
	m := make(map[string]any, len(r.of.fields))
	for _, f := range r.of.fields {
		if r.of.own(f.Name) == f {
			m[f.Name] = plainValue(f, r, r.get(f))
		}
	}
	return m
}

// plainValue is a value as encoding/json reads it from the wire.
func plainValue(f *field, r *record, v any) any {
	switch v := v.(type) {
	case decimal:
		return v.float()
	case time.Time:
		return v.Format(wireDateTime)
	case *blob:
		p := printer{version: newestVersion}
		p.path(r)
		return string(p.out) + "/" + f.Name
	case address:
		m := map[string]any{}
		for _, part := range v {
			m[part.name] = plainValue(part.field, r, part.value)
		}
		return m
	case date, timeOfDay:
		return fmt.Sprint(v)
	}
	return v
}

const hexDigits = "0123456789abcdef"

// appendString writes a JSON string. Invalid UTF-8 becomes U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				b = append(append(b, s[start:i]...), "\ufffd"...)
				start = i + 1
			}
			i += n
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			b = append(b, `\u00`...)
			b = append(b, hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		start = i
	}
	return append(append(b, s[start:]...), '"')
}
