package conf

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/internal/nearest"
)

// decoder fills Go values from nodes and collects faults on its way.
type decoder struct {
	file   string
	faults []*Fault
}

func (d *decoder) fault(line, column int, where, format string, args ...any) {
	d.faults = append(d.faults, &Fault{d.file, line, column, where, fmt.Sprintf(format, args...)})
}

// want reports a node of the wrong type.
func (d *decoder) want(n *node, where, want string) {
	got := string(n.kind)
	hint := ""
	switch {
	case n.kind == isNothing:
		got, hint = "nothing", ": give a value, or remove the key"
	case want == string(isText) && (n.kind == isBool || n.kind == isNumber):
		got, hint = n.text, fmt.Sprintf(": write it in quotation marks, %q", n.text)
	case (want == string(isBool) || want == wholeNumber) && n.kind == isText:
		got = strconv.Quote(n.text)
		if _, err := strconv.ParseInt(n.text, 10, 64); n.text == "true" || n.text == "false" || err == nil {
			hint = ": write it without quotation marks"
		}
	case n.kind == isNumber:
		got = n.text
	}
	d.fault(n.line, n.column, where, "this takes %s, not %s%s", want, got, hint)
}

const wholeNumber = "a whole number"

var durationType = reflect.TypeFor[time.Duration]()

// value reads a node into v.
func (d *decoder) value(n *node, v reflect.Value, where string) {
	if v.Kind() == reflect.Pointer {
		elem := reflect.New(v.Type().Elem())
		d.value(n, elem.Elem(), where)
		v.Set(elem)
		return
	}
	if text, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr()); ok {
		d.text(n, where, text.UnmarshalText)
		return
	}
	switch kind := v.Kind(); {
	case v.Type() == durationType:
		d.text(n, where, func(text []byte) error {
			length, err := time.ParseDuration(string(text))
			if err != nil {
				return fmt.Errorf("%q is no length of time such as 30m or 24h", text)
			}
			v.SetInt(int64(length))
			return nil
		})
	case kind == reflect.String:
		d.text(n, where, func(text []byte) error { v.SetString(string(text)); return nil })
	case kind == reflect.Bool && n.kind == isBool:
		v.SetBool(strings.EqualFold(n.text, "true"))
	case kind == reflect.Bool:
		d.want(n, where, string(isBool))
	case v.CanInt():
		number, ok := whole(n.text)
		if n.kind != isNumber || !ok || v.OverflowInt(number) {
			d.want(n, where, wholeNumber)
			return
		}
		v.SetInt(number)
	case kind == reflect.Struct:
		d.object(n, v, where)
	case kind == reflect.Map:
		d.table(n, v, where)
	case kind == reflect.Slice:
		d.list(n, v, where, "", false)
	default:
		d.fault(n.line, n.column, where, "a %s cannot be read from a file", v.Type())
	}
}

// whole reads a whole number in any of its spellings: 5, 5.0, 5e0, 0x5.
func whole(text string) (int64, bool) {
	number, err := strconv.ParseInt(text, 0, 64)
	if err == nil {
		return number, true
	}
	const exact = 1 << 53 // up to here every whole number is a float64
	float, err := strconv.ParseFloat(text, 64)
	return int64(float), err == nil && float == math.Trunc(float) && math.Abs(float) < exact
}

func (d *decoder) text(n *node, where string, set func([]byte) error) {
	if n.kind != isText {
		d.want(n, where, string(isText))
		return
	}
	if err := set([]byte(n.text)); err != nil {
		d.fault(n.line, n.column, where, "%v", err)
	}
}

// list reads the elements of a list; single also takes the only one by itself.
func (d *decoder) list(n *node, v reflect.Value, where, noun string, single bool) {
	items := n.items
	switch {
	case single && n.kind != isList && n.kind != isNothing:
		items = []*node{n}
	case n.kind != isList:
		d.want(n, where, string(isList))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		at := where
		if noun != "" {
			at = join(where, fmt.Sprintf("%s %d", noun, i+1)+caption(item))
		}
		d.value(item, v.Index(i), at)
	}
}

func join(where, part string) string {
	if where == "" {
		return part
	}
	return where + ", " + part
}

// captions are the keys that name an element of a list, the best first.
var captions = []string{"title", "target", "name", "type"}

// caption returns what an element of a list calls itself, in parentheses.
func caption(n *node) string {
	for _, name := range captions {
		for _, m := range n.members {
			if m.name == name && m.value.kind == isText && m.value.text != "" {
				return " (" + m.value.text + ")"
			}
		}
	}
	return ""
}

// table reads an object whose keys are free.
func (d *decoder) table(n *node, v reflect.Value, where string) {
	if n.kind != isObject {
		d.want(n, where, string(isObject))
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for i, m := range n.members {
		d.twice(n, i, where)
		elem := reflect.New(v.Type().Elem()).Elem()
		d.value(m.value, elem, join(where, strconv.Quote(m.name)))
		v.SetMapIndex(reflect.ValueOf(m.name).Convert(v.Type().Key()), elem)
	}
}

// twice reports a key that an earlier one repeats.
func (d *decoder) twice(n *node, i int, where string) {
	m := n.members[i]
	first := slices.IndexFunc(n.members[:i], func(e member) bool { return e.name == m.name })
	if first >= 0 {
		d.fault(m.line, m.column, where, "the key %q is here twice, first in line %d: remove one", m.name, n.members[first].line)
	}
}

// object reads an object into a struct.
func (d *decoder) object(n *node, v reflect.Value, where string) {
	if n.kind != isObject {
		d.want(n, where, string(isObject))
		return
	}
	keys := keysOf(v.Type(), nil)
	for i, m := range n.members {
		d.twice(n, i, where)
		k := slices.IndexFunc(keys, func(k key) bool { return k.name == m.name })
		if k < 0 {
			d.fault(m.line, m.column, where, "unknown key %q%s", m.name, suggestion(m.name, keys))
			continue
		}
		at := where // elements with a noun name themselves
		if keys[k].noun() == "" || m.value.kind != isList {
			at = join(where, m.name)
		}
		field := v.FieldByIndex(keys[k].index)
		if field.Kind() == reflect.Slice {
			d.list(m.value, field, at, keys[k].noun(), keys[k].has("single"))
		} else {
			d.value(m.value, field, at)
		}
	}
	for _, k := range keys {
		present := slices.ContainsFunc(n.members, func(m member) bool { return m.name == k.name })
		switch {
		case k.has("at"):
			v.FieldByIndex(k.index).SetString(place(d.file, n.line, n.column))
		case k.has("required") && !present && !excused(k, keys, v):
			d.fault(n.line, n.column, where, "the key %q is missing", k.name)
		}
	}
}

// excused reports whether a key that is required may be left out, because
// another one says true.
func excused(k key, keys []key, v reflect.Value) bool {
	other := k.word("unless")
	i := slices.IndexFunc(keys, func(k key) bool { return k.name == other })
	return other != "" && i >= 0 && v.FieldByIndex(keys[i].index).Bool()
}

// suggestion says which key was meant, or else which ones there are.
func suggestion(name string, keys []key) string {
	var names []string
	for _, k := range keys {
		if k.name != "" {
			names = append(names, k.name)
		}
	}
	if hint := nearest.DidYouMean(name, names); hint != "" {
		return hint
	}
	return "; the keys are " + strings.Join(names, ", ")
}

// key is what a field of a struct says about its key.
type key struct {
	name  string // empty for one that is no key
	index []int
	words []string // of the conf tag
}

func (k key) has(word string) bool { return slices.Contains(k.words, word) }

func (k key) noun() string { return k.word("item") }

// word returns what stands behind a name and "=" in the conf tag.
func (k key) word(name string) string {
	for _, word := range k.words {
		if text, ok := strings.CutPrefix(word, name+"="); ok {
			return text
		}
	}
	return ""
}

// keysOf lists the keys of a struct, those of embedded structs included.
func keysOf(t reflect.Type, prefix []int) []key {
	var keys []key
	for i := range t.NumField() {
		field := t.Field(i)
		index := append(slices.Clone(prefix), i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		words := strings.Split(field.Tag.Get("conf"), ",")
		switch {
		case field.Anonymous && name == "":
			keys = append(keys, keysOf(field.Type, index)...)
		case slices.Contains(words, "at"):
			keys = append(keys, key{"", index, words})
		case name != "" && name != "-" && field.IsExported():
			keys = append(keys, key{name, index, words})
		}
	}
	return keys
}
