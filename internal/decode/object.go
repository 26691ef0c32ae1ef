package decode

import (
	"bytes"
	"reflect"
	"strconv"
)

// object reads an object into the fields of a struct.
func (d *decoder) object(n *node, to place, p int) int {
	b := d.buf
	if b[p] != '{' {
		return d.unfit(n, p)
	}
	if d.depth++; d.depth > maxDepth {
		return d.mismatch(p, "values are nested too deep")
	}
	for k := 0; ; k++ {
		var e *entry
		if k < len(n.order) && startsWith(b[p:], n.order[k].raw) {
			e = &n.order[k]
			p += len(e.raw)
		} else if e, p = d.learn(n, k, p); e == nil {
			return p
		}
		if e.again {
			d.flush()
		}
		switch {
		case e.plain:
			p = d.value(e.node, at(to, e.step), p)
		case e.node == nil:
			p = d.skip(p)
		default:
			p = d.field(e, to, p)
		}
		if p < 0 {
			return d.within("." + e.name)
		}
		if c := b[p]; c <= ' ' {
			p = space(b, p)
		}
		switch b[p] {
		case ',':
		case '}':
			d.depth--
			return p + 1
		default:
			return d.syntax(p, "} or ,")
		}
	}
}

func startsWith(b []byte, s string) bool {
	return len(b) >= len(s) && string(b[:len(s)]) == s
}

// field reads the value of a field.
func (d *decoder) field(e *entry, to place, p int) int {
	if e.via != nil {
		to = follow(e.via, to)
	}
	if e.quoted {
		return d.quotedValue(e, at(to, e.step), p)
	}
	return d.value(e.node, at(to, e.step), p)
}

// follow goes over the pointers to embedded structs, and makes the structs that
// are not there yet.
func follow(via []hop, to place) place {
	for _, h := range via {
		pointer := at(to, h.step)
		inside, ok := target(pointer)
		if !ok {
			inside = placeOfValue(reflect.New(h.elem).Elem())
			setPointer(pointer, inside)
		}
		to = inside
	}
	return to
}

// quotedValue reads a value that stands in a string.
func (d *decoder) quotedValue(e *entry, to place, p int) int {
	b := d.buf
	if p = space(b, p); b[p] == 'n' {
		return d.null(e.node, to, p)
	}
	if b[p] != '"' {
		return d.unfit(e.node, p)
	}
	_, q := d.quoted(p)
	if q < 0 {
		return q
	}
	// The value is read by itself, by a decoder that shares nothing.
	text, _ := d.quoted(p)
	one := &decoder{types: d.types, strict: d.strict}
	one.r = bytes.NewReader(text)
	if err := one.single(newNode(e.node.plan), to); err != nil {
		return d.mismatch(p, "%w", err)
	}
	return q
}

// learn reads the key at p, which is not the one that came in this position
// before, and remembers it for the objects to come. It returns no entry at the
// object's end, or when it fails.
func (d *decoder) learn(n *node, k, p int) (*entry, int) {
	b := d.buf
	from := p
	if p = space(b, p+1); b[p] == '}' && b[from] == '{' {
		d.depth--
		return nil, p + 1
	}
	key, p := d.quoted(p)
	if p < 0 {
		return nil, p
	}
	if p = space(b, p); b[p] != ':' {
		return nil, d.syntax(p, "a colon")
	}
	if p = space(b, p+1); p >= d.end {
		return nil, d.syntax(p, "a value")
	}
	e := entry{raw: string(b[from:p]), name: string(key)}
	d.assign(n, &e)
	if d.strict && n.kind == kindStruct && e.node == nil && e.name != "attributes" {
		d.mismatch(p, "%v has no such field", n.typ)
		return nil, d.within("." + e.name)
	}
	return n.remember(k, e), p
}

// maxOrder is how many keys of an object are remembered. Only one that holds
// no record has so many.
const maxOrder = 1000

// remember puts a key in position k of those to expect.
func (n *node) remember(k int, e entry) *entry {
	if k >= maxOrder {
		e.again = true // for all that is known
		return &e
	}
	n.order = n.order[:k]
	for i := range n.order {
		if n.order[i].same(&e) {
			e.again = true
		}
	}
	n.order = append(n.order, e)
	return &n.order[k]
}

// assign finds out where the value of a key goes.
func (d *decoder) assign(n *node, e *entry) {
	switch {
	case n.kind == kindStruct:
		if f := n.find(e.name); f != nil {
			e.field = *f
			e.node = newNode(f.plan)
			e.plain = f.via == nil && !f.quoted
		}
	case n.kind == kindRecord && e.name == "attributes":
	case n.kind == kindMap:
		e.node = newNode(n.elem)
	default:
		e.node = newNode(d.any)
	}
}

// same reports whether the values of both keys go to the same place.
func (e *entry) same(other *entry) bool {
	if e.plan != nil && other.plan != nil {
		return e.field.name == other.field.name
	}
	return e.name == other.name
}

// mapping reads an object into a map of strings to values of one type.
func (d *decoder) mapping(n *node, to place, p int) int {
	b := d.buf
	if b[p] != '{' {
		return d.unfit(n, p)
	}
	m := valueAt(to, n.typ)
	if m.IsNil() {
		m.Set(reflect.MakeMap(n.typ))
	}
	if d.depth++; d.depth > maxDepth {
		return d.mismatch(p, "values are nested too deep")
	}
	element := reflect.New(n.elem.typ).Elem()
	for {
		e, q := d.learn(n, 0, p)
		if e == nil {
			return q
		}
		element.SetZero()
		if p = d.value(e.node, placeOfValue(element), q); p < 0 {
			return d.within("." + e.name)
		}
		d.flush() // the map gets a copy
		m.SetMapIndex(reflect.ValueOf(e.name).Convert(n.typ.Key()), element)
		switch p = space(b, p); b[p] {
		case ',':
		case '}':
			d.depth--
			return p + 1
		default:
			return d.syntax(p, "} or ,")
		}
	}
}

// slice reads a list, or the list of a child subquery, which is an object
// around it:
//
//	{"totalSize":2,"done":true,"records":[{…},{…}]}
func (d *decoder) slice(n *node, to place, p int) int {
	v := valueAt(to, n.typ)
	switch d.buf[p] {
	case '[':
		v.SetZero()
		return d.elements(n, v, p)
	case '{':
		return d.children(n, v, p)
	default:
		return d.unfit(n, p)
	}
}

// elements reads the elements of a list and adds them to a slice.
func (d *decoder) elements(n *node, v reflect.Value, p int) int {
	b := d.buf
	if v.IsNil() {
		v.Set(reflect.MakeSlice(n.typ, 0, 0))
	}
	if p = space(b, p+1); b[p] == ']' {
		return p + 1
	}
	if d.depth++; d.depth > maxDepth {
		return d.mismatch(p, "values are nested too deep")
	}
	for i := 0; ; i++ {
		if p = d.value(n.below(), d.grow(v), p); p < 0 {
			return d.within("[" + strconv.Itoa(i) + "]")
		}
		switch p = space(b, p); b[p] {
		case ',':
			p++
		case ']':
			d.depth--
			return p + 1
		default:
			return d.syntax(p, "] or ,")
		}
	}
}

// grow adds a zero element to a slice and returns its place. When the slice
// moves, texts must not come after it.
func (d *decoder) grow(v reflect.Value) place {
	n := v.Len()
	if n == v.Cap() {
		d.flush()
		v.Grow(max(n, 4))
	}
	v.SetLen(n + 1)
	return placeOfValue(v.Index(n))
}
