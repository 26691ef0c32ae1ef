package soql

import (
	"fmt"
	"reflect"
	"strings"
)

// FieldPath is the field behind a dotted path, such as "Owner.Name".
func FieldPath(path string) Expr {
	return &Path{Names: strings.Split(path, ".")}
}

// Fields is a select list of dotted paths, such as "Id" and "Owner.Name".
func Fields(paths ...string) []SelectItem {
	items := make([]SelectItem, len(paths))
	for i, path := range paths {
		items[i] = &Field{Expr: FieldPath(path)}
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

func compare(path string, op CompareOp, v any) Condition {
	return &Comparison{Left: FieldPath(path), Op: op, Right: valueOf(v)}
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
	switch list := flatten(OpAnd, terms); len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	default:
		return &Logic{Op: OpAnd, Terms: list}
	}
}

// Or joins conditions with OR. Terms that are nil are left out, terms that are
// an OR are taken apart, and one term is itself. Of nothing Or is a condition
// that [Query.Text] refuses: no alternative is not no condition.
func Or(terms ...Condition) Condition {
	list := flatten(OpOr, terms)
	if len(list) == 1 {
		return list[0]
	}
	return &Logic{Op: OpOr, Terms: list}
}

// Not is NOT c.
func Not(c Condition) Condition { return &Negation{X: c} }

// flatten lists the terms that are there, those of the same operator inside.
func flatten(op LogicOp, terms []Condition) []Condition {
	var list []Condition
	for _, term := range terms {
		if l, ok := term.(*Logic); ok && l.Op == op {
			list = append(list, l.Terms...)
		} else if term != nil {
			list = append(list, term)
		}
	}
	return list
}
