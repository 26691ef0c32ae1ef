package soql

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// FieldPath is the field behind a dotted path, such as "Owner.Name".
func FieldPath(path string) Expr {
	return &Path{Names: strings.Split(path, ".")}
}

// Fields is a select list of dotted paths, such as "Id" and "Owner.Name".
func Fields(paths ...string) []SelectItem {
	type node struct {
		Field
		path Path
	}
	items, nodes := make([]SelectItem, len(paths)), make([]node, len(paths))
	for i, path := range paths {
		n := &nodes[i]
		n.path.Names = strings.Split(path, ".")
		n.Expr, items[i] = &n.path, &n.Field
	}
	return items
}

// Eq is path = v, for any v that [Literal] takes. For one that it refuses, here
// and in the other helpers, [Query.Text] returns the error. Eq(path, nil) finds
// the records without a value.
func Eq(path string, v any) Condition { return compare(path, OpEq, v) }

// Ne is path != v. Records without a value differ from every value.
func Ne(path string, v any) Condition { return compare(path, OpNe, v) }

// Lt is path < v.
func Lt(path string, v any) Condition { return compare(path, OpLt, v) }

// Le is path <= v.
func Le(path string, v any) Condition { return compare(path, OpLe, v) }

// Gt is path > v.
func Gt(path string, v any) Condition { return compare(path, OpGt, v) }

// Ge is path >= v.
func Ge(path string, v any) Condition { return compare(path, OpGe, v) }

// Comparisons with the nodes below them, from one allocation each.
type (
	comparison struct {
		Comparison
		path  Path
		names [1]string
	}
	textComparison struct {
		comparison
		value Text
	}
	numberComparison struct {
		comparison
		value Number
	}
	booleanComparison struct {
		comparison
		value Boolean
	}
)

func compare(path string, op CompareOp, v any) Condition {
	switch v := v.(type) {
	case string:
		c := &textComparison{value: Text{Value: v}}
		return c.with(path, op, &c.value)
	case int:
		c := &numberComparison{value: Number{Literal: strconv.Itoa(v)}}
		return c.with(path, op, &c.value)
	case bool:
		c := &booleanComparison{value: Boolean{Value: v}}
		return c.with(path, op, &c.value)
	}
	return new(comparison).with(path, op, valueOf(v))
}

// with fills in a comparison.
func (c *comparison) with(path string, op CompareOp, v Value) Condition {
	c.names[0] = path
	if c.path.Names = c.names[:]; strings.IndexByte(path, '.') >= 0 {
		c.path.Names = strings.Split(path, ".")
	}
	c.Left, c.Op, c.Right = &c.path, op, v
	return &c.Comparison
}

// Like is path LIKE pattern: % stands for any characters, _ for one, and \% \_
// \\ for themselves. For text from outside take [StartsWith] or [Contains].
func Like(path, pattern string) Condition { return compare(path, OpLike, pattern) }

// StartsWith is path LIKE 's%', with what s has of wildcards escaped. Salesforce
// ignores case. An empty s matches every record that has a value.
func StartsWith(path, s string) Condition { return Like(path, escapePattern(s)+"%") }

// Contains is path LIKE '%s%', with what s has of wildcards escaped. Salesforce
// ignores case. An empty s matches every record that has a value.
func Contains(path, s string) Condition { return Like(path, "%"+escapePattern(s)+"%") }

// In is path IN (…) over the elements of a slice or an array, each as [Literal]
// takes it. An empty one is an error of [Query.Text], because SOQL has no empty
// list and none is not all.
func In(path string, values any) Condition { return membership(path, false, values) }

// NotIn is path NOT IN (…), as [In]. An empty list is an error here, too.
func NotIn(path string, values any) Condition { return membership(path, true, values) }

func membership(path string, not bool, values any) Condition {
	m := &Membership{Left: FieldPath(path), Not: not}
	rv := reflect.ValueOf(values)
	if k := rv.Kind(); k != reflect.Slice && k != reflect.Array {
		m.Values = []Value{&unwritable{err: fmt.Errorf("soql: IN needs a slice, not %T", values)}}
		return m
	}
	for i := range rv.Len() {
		m.Values = append(m.Values, valueOf(rv.Index(i).Interface()))
	}
	return m
}

// And joins conditions with AND. Terms that are nil are left out, terms that
// are an AND are taken apart (Salesforce takes semi-joins only there), and one
// term is itself. Of nothing And is nil, no condition.
func And(terms ...Condition) Condition {
	l := logicOf(OpAnd, terms)
	switch len(l.Terms) {
	case 0:
		return nil
	case 1:
		return l.Terms[0]
	}
	return l
}

// Or joins conditions with OR. Terms that are nil are left out, terms that are
// an OR are taken apart, and one term is itself. Of nothing Or is a condition
// that [Query.Text] refuses: no alternative is not no condition.
func Or(terms ...Condition) Condition {
	l := logicOf(OpOr, terms)
	if len(l.Terms) == 1 {
		return l.Terms[0]
	}
	return l
}

// Not is NOT c.
func Not(c Condition) Condition { return &Negation{X: c} }

// logicOf joins the terms that are there, and those of the same operator inside.
// Four have room in the allocation of the Logic itself.
func logicOf(op LogicOp, terms []Condition) *Logic {
	l := &struct {
		Logic
		few [4]Condition
	}{}
	l.Op = op
	list := l.few[:0]
	for _, term := range terms {
		if inner, ok := term.(*Logic); ok && inner.Op == op {
			list = append(list, inner.Terms...)
		} else if term != nil {
			list = append(list, term)
		}
	}
	l.Terms = slices.Clip(list)
	return &l.Logic
}
