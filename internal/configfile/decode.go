package configfile

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/sfbridge/sfbridge/internal/nearest"
)

// Decode fills what dst points to: structs by their json tags, slices, maps with
// string keys, strings, booleans, integers, and types that unmarshal themselves
// from text. The error joins an *[Error] for each fault; what has none is
// filled all the same.
func (f *File) Decode(dst any) error {
	return f.DecodeAt(f.Root, "", dst)
}

// DecodeAt is Decode for a value inside the file; key is what errors call it.
func (f *File) DecodeAt(n *Node, key string, dst any) error {
	d := decoder{reader{name: f.Name}}
	d.value(n, reflect.ValueOf(dst).Elem(), key)
	return errors.Join(d.faults...)
}

type decoder struct{ reader }

func (d *decoder) wrong(n *Node, at, want string) {
	hint := ""
	switch {
	case n.Kind == Null:
		d.fault(n.Line, n.Column, at, "there is no value; write %s, or leave the key out", want)
		return
	case want == Text.String() && (n.Kind == Number || n.Kind == Bool):
		hint = "; put it in quotes"
	case want == Bool.String() && n.Kind == Text:
		hint = fmt.Sprintf(" %q", n.Text)
	}
	d.fault(n.Line, n.Column, at, "this has to be %s, not %s%s", want, n.Kind, hint)
}

func (d *decoder) value(n *Node, v reflect.Value, at string) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		d.value(n, v.Elem(), at)
		return
	}
	if u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr()); ok {
		d.text(n, u, at)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, v, at)
	case reflect.Map:
		d.dictionary(n, v, at)
	case reflect.Slice:
		d.list(n, v, at)
	case reflect.String:
		if d.is(n, Text, at) {
			v.SetString(n.Text)
		}
	case reflect.Bool:
		if d.is(n, Bool, at) {
			v.SetBool(strings.EqualFold(n.Text, "true"))
		}
	case reflect.Int, reflect.Int64:
		d.integer(n, v, at)
	default:
		d.fault(n.Line, n.Column, at, "nothing is configured as a %s", v.Type())
	}
}

func (d *decoder) is(n *Node, k Kind, at string) bool {
	if n.Kind != k {
		d.wrong(n, at, k.String())
	}
	return n.Kind == k
}

func (d *decoder) text(n *Node, u encoding.TextUnmarshaler, at string) {
	if !d.is(n, Text, at) {
		return
	}
	if err := u.UnmarshalText([]byte(n.Text)); err != nil {
		d.fault(n.Line, n.Column, at, "%v", err)
	}
}

func (d *decoder) integer(n *Node, v reflect.Value, at string) {
	const want = "a whole number"
	i, err := strconv.ParseInt(n.Text, 10, v.Type().Bits())
	if n.Kind != Number {
		d.wrong(n, at, want)
	} else if err != nil {
		d.fault(n.Line, n.Column, at, "this has to be %s, not %s", want, n.Text)
	}
	v.SetInt(i)
}

func (d *decoder) list(n *Node, v reflect.Value, at string) {
	if !d.is(n, List, at) {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Items), len(n.Items)))
	for i, item := range n.Items {
		d.value(item, v.Index(i), fmt.Sprintf("%s[%d]", at, i))
	}
}

func (d *decoder) dictionary(n *Node, v reflect.Value, at string) {
	if !d.is(n, Map, at) {
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(n.Keys)))
	for _, e := range n.Keys {
		elem := reflect.New(v.Type().Elem()).Elem()
		d.value(e.Value, elem, join(at, e.Name))
		v.SetMapIndex(reflect.ValueOf(e.Name).Convert(v.Type().Key()), elem)
	}
}

func (d *decoder) structure(n *Node, v reflect.Value, at string) {
	if !d.is(n, Map, at) {
		return
	}
	fields, names := fieldsOf(v.Type())
	for _, e := range n.Keys {
		index, ok := fields[e.Name]
		if !ok {
			hint := nearest.DidYouMean(e.Name, names)
			if hint == "" {
				hint = "; the keys here are " + strings.Join(names, ", ")
			}
			d.fault(e.Line, e.Column, join(at, e.Name), "there is no such key%s", hint)
			continue
		}
		d.value(e.Value, v.FieldByIndex(index), join(at, e.Name))
	}
}

// fieldsOf lists the fields of a struct by the names in their json tags.
func fieldsOf(t reflect.Type) (fields map[string][]int, names []string) {
	fields = map[string][]int{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" && f.IsExported() {
			fields[name] = f.Index
			names = append(names, name)
		}
	}
	return fields, names
}
