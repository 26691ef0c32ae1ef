package decode

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"time"
)

// node is a plan in use: with what was learned of the values at one place of
// the records.
type node struct {
	*plan
	order   []entry // of a struct, a map, or a record: the keys as they came last
	inner   *node   // of a pointer, a slice, a slot or a map
	repeats repeats
	numbers repeats       // of values whose type only they tell
	slab    reflect.Value // of a pointer: variables to point to
	used    int           // of the slab
}

func newNode(p *plan) *node { return &node{plan: p} }

// below returns the node of the element type.
func (n *node) below() *node {
	if n.inner == nil {
		n.inner = newNode(n.elem)
	}
	return n.inner
}

// entry is a key of an object, with all the bytes from the brace or comma
// before it up to its value.
type entry struct {
	raw  string
	name string
	node *node // nil for a key that is passed over
	field
	plain bool // the value goes into a field as it stands
	again bool // the object has the key twice
}

// value reads the value at p into a place, and returns the position behind it.
func (d *decoder) value(n *node, to place, p int) int {
	b := d.buf
	if b[p] <= ' ' {
		p = space(b, p)
	}
	if b[p] == 'n' {
		return d.null(n, to, p)
	}
	switch n.kind {
	case kindString:
		if b[p] != '"' {
			return d.unfit(n, p)
		}
		q, ascii := plainEnd(b, p+1)
		if b[q] == '"' && ascii {
			d.put(n, to, b[p+1:q])
			return q + 1
		}
		text, q := d.quoted(p)
		if q >= 0 {
			d.put(n, to, text)
		}
		return q
	case kindStruct:
		return d.object(n, to, p)
	case kindPointer:
		inside := n.newElem()
		setPointer(to, inside)
		return d.value(n.below(), inside, p)
	case kindBool:
		return d.bool(n, to, p)
	case kindInt, kindUint, kindFloat, kindNumber:
		return d.numeric(n, to, p)
	case kindTime, kindText, kindTextMethod:
		return d.readText(n, to, p)
	case kindSlot:
		inside, _ := d.types.Slot(pointerTo(to, n.pointer), false)
		return d.value(n.below(), placeBehind(inside), p)
	case kindSlice:
		return d.slice(n, to, p)
	case kindMap:
		return d.mapping(n, to, p)
	case kindAny, kindRecord:
		return d.dynamicInto(n, to, p)
	default:
		return d.raw(n, to, p)
	}
}

// null reads null: it clears what can be nil or null, and leaves the rest alone.
func (d *decoder) null(n *node, to place, p int) int {
	q := p + len("null")
	if q > d.end || string(d.buf[p:q]) != "null" {
		return d.literal(p) // fails
	}
	if !n.clears {
		return q
	}
	switch n.kind {
	case kindPointer, kindSlice, kindMap, kindAny, kindRecord:
		valueAt(to, n.typ).SetZero()
	case kindSlot:
		d.types.Slot(pointerTo(to, n.pointer), true)
	case kindUnmarshaler, kindJSON:
		return d.raw(n, to, p)
	default:
	}
	return q
}

// unfit fails at a well-formed value of a kind that the type does not take.
func (d *decoder) unfit(n *node, p int) int {
	if q := d.skip(p); q < 0 {
		return q
	}
	what := "a number"
	switch d.buf[p] {
	case '"':
		what = "a string"
	case '{':
		what = "an object"
	case '[':
		what = "a list"
	case 't', 'f':
		what = "a boolean"
	}
	return d.mismatch(p, "%s does not go into %v", what, n.typ)
}

func (d *decoder) bool(n *node, to place, p int) int {
	switch d.buf[p] {
	case 't', 'f':
		setBool(to, d.buf[p] == 't')
		return d.literal(p)
	default:
		return d.unfit(n, p)
	}
}

// numeric reads a number.
func (d *decoder) numeric(n *node, to place, p int) int {
	b := d.buf
	if b[p] != '-' && !isDigit(b[p]) {
		if n.kind == kindNumber && b[p] == '"' {
			return d.quotedNumber(n, to, p)
		}
		return d.unfit(n, p)
	}
	q := d.number(p)
	if q < 0 {
		return q
	}
	if err := d.setText(n, to, b[p:q]); err != nil {
		return d.mismatch(p, "%w", err)
	}
	return q
}

// quotedNumber reads a json.Number out of a string, as encoding/json does.
func (d *decoder) quotedNumber(n *node, to place, p int) int {
	text, q := d.quoted(p)
	if q < 0 {
		return q
	}
	if !isNumber(text) {
		return d.unfit(n, p)
	}
	d.put(n, to, text)
	return q
}

// readText reads a string into a type that reads text.
func (d *decoder) readText(n *node, to place, p int) int {
	if d.buf[p] != '"' {
		return d.unfit(n, p)
	}
	text, q := d.quoted(p)
	if q < 0 {
		return q
	}
	if err := d.setText(n, to, text); err != nil {
		return d.mismatch(p, "%w", err)
	}
	return q
}

// setText sets a variable from text: that of a number or of a string in JSON, or
// a value of CSV.
func (t *texts) setText(n *node, to place, text []byte) error {
	switch n.kind {
	case kindString, kindNumber:
		t.put(n, to, text)
	case kindInt:
		v, ok := signed(text, n.size)
		if !ok {
			return unfitText(n, text)
		}
		setInt(to, n.size, v)
	case kindUint:
		v, ok := unsigned(text, n.size)
		if !ok {
			return unfitText(n, text)
		}
		setUint(to, n.size, v)
	case kindFloat:
		v, ok := float(text, n.size)
		if !ok {
			return unfitText(n, text)
		}
		setFloat(to, n.size, v)
	case kindBool:
		v := string(text) == "true"
		if !v && string(text) != "false" {
			return unfitText(n, text)
		}
		setBool(to, v)
	case kindTime:
		v, ok := anyMoment(text)
		if !ok {
			return unfitText(n, text)
		}
		setTime(to, v)
	case kindText:
		if n.text(pointerTo(to, n.pointer), text) != nil {
			return unfitText(n, text)
		}
	case kindTextMethod:
		return pointerTo(to, n.pointer).(encoding.TextUnmarshaler).UnmarshalText(text)
	default:
		return unfitText(n, text)
	}
	return nil
}

// anyMoment reads what Salesforce writes, and RFC 3339 to the last of its
// freedoms.
func anyMoment(text []byte) (time.Time, bool) {
	if t, ok := Moment(text); ok {
		return t, true
	}
	t, err := time.Parse(time.RFC3339, string(text))
	return t, err == nil
}

// unfitText is the error of a text that its type does not take. It does not hold
// the text: that is a value of somebody's record.
func unfitText(n *node, text []byte) error {
	return fmt.Errorf("a value of %d bytes does not go into %v", len(text), n.typ)
}

// newElem returns a new variable of a pointer's element type. Those without
// pointers come from a common allocation.
func (n *node) newElem() place {
	if !n.elem.flat {
		return placeOfValue(reflect.New(n.elem.typ).Elem())
	}
	if !n.slab.IsValid() || n.used == n.slab.Len() {
		const few, many = 4, 64
		size := few
		if n.slab.IsValid() {
			size = many
		}
		n.slab, n.used = reflect.MakeSlice(reflect.SliceOf(n.elem.typ), size, size), 0
	}
	n.used++
	return placeOfValue(n.slab.Index(n.used - 1))
}

// raw hands the value to a type that reads JSON itself, or to encoding/json.
func (d *decoder) raw(n *node, to place, p int) int {
	q := d.skip(p)
	if q < 0 {
		return q
	}
	text := d.buf[p:q]
	if incomplete(text) {
		return d.mismatch(p, "a child list of several pages does not go into %v, which reads itself", n.typ)
	}
	var err error
	if v := pointerTo(to, n.pointer); n.kind == kindUnmarshaler {
		err = v.(json.Unmarshaler).UnmarshalJSON(text)
	} else {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		return d.mismatch(p, "%w", err)
	}
	return q
}
