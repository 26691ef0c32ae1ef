package decode

import (
	"reflect"
)

// dynamicInto reads a value whose type only the bytes tell.
func (d *decoder) dynamicInto(n *node, to place, p int) int {
	if n.kind == kindRecord {
		if d.buf[p] != '{' {
			return d.unfit(n, p)
		}
		m, q := d.record(n, p)
		if q >= 0 {
			setMap(to, m)
		}
		return q
	}
	v, _, q := d.dynamic(n, nil, "", p)
	if q >= 0 {
		setAny(to, v)
	}
	return q
}

// dynamic reads a value. With a map to put it into, a string or number may be
// left to the record's end: later is true then.
func (d *decoder) dynamic(n *node, m map[string]any, name string, p int) (v any, later bool, q int) {
	b := d.buf
	if p = space(b, p); b[p] != '"' && b[p] != '-' && !isDigit(b[p]) {
		v, q = d.structured(n, p)
		return v, false, q
	}
	var text []byte
	sample, seen := sampleText, &n.repeats
	if b[p] == '"' {
		text, q = d.quoted(p)
	} else {
		q, sample, seen = d.number(p), sampleNumber, &n.numbers
		text = b[p:max(p, q)]
	}
	switch {
	case q < 0:
		return nil, false, q
	case len(text) <= maxShared:
		if r, ok := seen.get(text); ok {
			if r.value == nil {
				r.value = dynamicText(r.text, sample)
			}
			return r.value, false, q
		}
		if m != nil {
			d.values = append(d.values, dynamo{m, name, text, sample})
			return nil, true, q
		}
	}
	return dynamicText(string(text), sample), false, q
}

func dynamicText(s string, sample any) any {
	one := newBoxes(1)
	return one.box(s, sample)
}

// structured reads what is neither string nor number.
func (d *decoder) structured(n *node, p int) (v any, q int) {
	switch d.buf[p] {
	case '{':
		if n.inner == nil {
			n.inner = newNode(d.rec)
		}
		m, q := d.record(n.inner, p)
		if q < 0 {
			return nil, q
		}
		return d.childList(n, m, p, q)
	case '[':
		return d.list(n, p)
	case 't':
		return true, d.literal(p)
	case 'f':
		return false, d.literal(p)
	default:
		return nil, d.literal(p)
	}
}

// record reads an object into a map.
func (d *decoder) record(n *node, p int) (m map[string]any, q int) {
	b := d.buf
	if d.depth++; d.depth > maxDepth {
		return nil, d.mismatch(p, "values are nested too deep")
	}
	m = make(map[string]any, len(n.order))
	for k := 0; ; k++ {
		var e *entry
		if k < len(n.order) && startsWith(b[p:], n.order[k].raw) {
			e = &n.order[k]
			p += len(e.raw)
		} else if e, p = d.learn(n, k, p); e == nil {
			return m, p
		}
		if e.again {
			d.flush()
		}
		if p = d.entry(e, m, p); p < 0 {
			return nil, d.within("." + e.name)
		}
		switch p = space(b, p); b[p] {
		case ',':
		case '}':
			d.depth--
			return m, p + 1
		default:
			return nil, d.syntax(p, "} or ,")
		}
	}
}

// entry reads the value of one key of a record.
func (d *decoder) entry(e *entry, m map[string]any, p int) int {
	if e.node == nil {
		return d.skip(p)
	}
	v, later, q := d.dynamic(e.node, m, e.name, p)
	if q >= 0 && !later {
		m[e.name] = v
	}
	return q
}

// list reads a list.
func (d *decoder) list(n *node, p int) (v any, q int) {
	b := d.buf
	all := []any{}
	if p = space(b, p+1); b[p] == ']' {
		return d.types.List(all), p + 1
	}
	if d.depth++; d.depth > maxDepth {
		return nil, d.mismatch(p, "values are nested too deep")
	}
	for {
		v, _, p = d.dynamic(n, nil, "", p)
		if p < 0 {
			return nil, p
		}
		all = append(all, v)
		switch p = space(b, p); b[p] {
		case ',':
			p++
		case ']':
			d.depth--
			return d.types.List(all), p + 1
		default:
			return nil, d.syntax(p, "] or ,")
		}
	}
}

// childList makes a list of an object that is a child subquery's result; any
// other object stays one.
func (d *decoder) childList(n *node, m map[string]any, p, q int) (any, int) {
	done, isBool := m["done"].(bool)
	records, listed := m["records"]
	if !isBool || !listed || records == nil || reflect.TypeOf(records).Kind() != reflect.Slice {
		return d.types.Object(m), q
	}
	if done {
		return records, q
	}
	d.flush()
	next, _ := m["nextRecordsUrl"].(string)
	slice := reflect.New(reflect.TypeOf(records)).Elem()
	slice.Set(reflect.ValueOf(records))
	if n.inner.inner == nil {
		p, err := d.types.plan(slice.Type())
		if err != nil {
			return nil, d.mismatch(q, "%w", err)
		}
		n.inner.inner = newNode(p)
	}
	if q = d.rest(n.inner.inner, slice, next, p, q); q < 0 {
		return nil, q
	}
	return slice.Interface(), q
}
