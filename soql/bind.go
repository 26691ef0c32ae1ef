package soql

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// Bind is q with every variable :name replaced by values[name], as [Literal]
// reads it. It leaves q as it is. A variable behind IN, INCLUDES or EXCLUDES
// without parentheses takes a slice or an array, whose elements become the list;
// an empty one is an error, because SOQL has no empty list and none is not all.
// Every other variable takes one value. A variable without a value, and a value
// that has no literal or does not belong in its place, are errors; nil is NULL.
// Values that no variable asks for are not looked at.
//
// Names are compared as Apex does, in any case; values with names that differ in
// case alone are an error.
func (q *Query) Bind(values map[string]any) (*Query, error) {
	if err := check(q, forDisplay); err != nil {
		return nil, err
	}
	b := binder{values: make(map[string]any, len(values))}
	for name, v := range values {
		lower := strings.ToLower(name)
		if _, ok := b.values[lower]; ok {
			return nil, fmt.Errorf("soql: bind :%s: there is another value whose name differs in case alone", name)
		}
		b.values[lower] = v
	}
	out := q.clone()
	for n := range Preorder(out) {
		b.node(n)
	}
	if err := cmp.Or(b.err, check(out, forDisplay)); err != nil {
		return nil, err
	}
	return out, nil
}

// binder fills variables and keeps the first error.
type binder struct {
	values map[string]any // by name in lower case
	err    error
}

// node fills the variables that a node holds itself.
func (b *binder) node(n Node) {
	switch n := n.(type) {
	case *Query:
		n.Limit, n.Offset = b.value(n.Limit), b.value(n.Offset)
	case *Call:
		for i, arg := range n.Args {
			n.Args[i] = b.argument(arg)
		}
	case *Comparison:
		n.Right = b.value(n.Right)
	case *Membership:
		n.Values, n.List = b.list(n.Values, n.List)
	case *Inclusion:
		n.Values, n.List = b.list(n.Values, n.List)
	}
}

func (b *binder) fail(v *Bind, cause error) {
	b.err = cmp.Or(b.err, fmt.Errorf("soql: bind :%s: %s", v.Name, strings.TrimPrefix(cause.Error(), "soql: ")))
}

// lookup is the value for a variable.
func (b *binder) lookup(v *Bind) any {
	value, ok := b.values[strings.ToLower(v.Name)]
	if !ok {
		b.fail(v, errors.New("there is no value"))
	}
	return value
}

// value is v, or what was bound to it.
func (b *binder) value(v Value) Value {
	bind, ok := v.(*Bind)
	if !ok {
		return v
	}
	return b.literal(bind, b.lookup(bind))
}

// literal is the node for a value, where it is the variable's place.
func (b *binder) literal(at *Bind, v any) Value {
	node, err := Literal(v)
	if err != nil {
		b.fail(at, err)
		return at
	}
	if other, ok := node.(*Bind); ok {
		b.fail(at, fmt.Errorf("the value is another variable, :%s", other.Name))
	}
	return node
}

// argument is value for an argument of a function, which can be a number.
func (b *binder) argument(x Expr) Expr {
	bind, ok := x.(*Bind)
	if !ok {
		return x
	}
	n, ok := b.value(bind).(*Number)
	if !ok {
		b.fail(bind, errors.New("a coordinate is a number: for a location write GEOLOCATION(:latitude, :longitude)"))
		return x
	}
	return n
}

// list is a list with its variables filled, or the elements bound to one for all.
func (b *binder) list(list []Value, all *Bind) ([]Value, *Bind) {
	if all == nil {
		for i, v := range list {
			list[i] = b.value(v)
		}
		return list, nil
	}
	rv := reflect.ValueOf(b.lookup(all))
	if k := rv.Kind(); k != reflect.Slice && k != reflect.Array {
		b.fail(all, errors.New("IN needs a slice"))
		return list, all
	}
	if rv.Len() == 0 {
		b.fail(all, errors.New("a list of values is empty"))
	}
	for i := range rv.Len() {
		list = append(list, b.literal(all, rv.Index(i).Interface()))
	}
	return list, nil
}
