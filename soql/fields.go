package soql

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// FieldsOf is the select list that fills a T, a struct, from JSON. Each field
// of T is selected by the name in its json tag, or else by its own name:
//
//   - a field of a struct type is a relationship: Owner struct{ Name string }
//     selects Owner.Name
//   - a slice of structs is a child subquery: Contacts []Contact selects
//     (SELECT … FROM Contacts)
//   - an embedded struct without a tag lends its fields
//   - a type that is a [Valuer], that unmarshals itself from JSON or text (such
//     as [time.Time]), or that is not a struct, is a plain field
//   - what encoding/json does not see is left out, as is "attributes"
//
// A name that is none in SOQL or comes twice, a type that contains itself, and
// a T that selects nothing are errors.
func FieldsOf[T any]() ([]SelectItem, error) {
	t := indirect(reflect.TypeFor[T]())
	if t.Kind() != reflect.Struct || isScalar(t) {
		return nil, fmt.Errorf("soql: fields of %v: not a struct of fields", t)
	}
	l := selection{}
	if err := l.addStruct(t, nil); err != nil {
		return nil, fmt.Errorf("soql: fields of %v: %w", t, err)
	}
	q := &Query{Select: l.items, From: From{Object: "T"}}
	if err := check(q, rules{}); err != nil {
		return nil, fmt.Errorf("soql: fields of %v: %w", t, err)
	}
	return l.items, nil
}

// selection collects a select list.
type selection struct {
	items []SelectItem
	names []string       // paths and relationships so far, in lower case
	types []reflect.Type // structs around the current one
}

// addStruct adds the fields of t, which is reached over path.
func (l *selection) addStruct(t reflect.Type, path []string) error {
	if slices.Contains(l.types, t) {
		return fmt.Errorf("%v contains itself", t)
	}
	l.types = append(l.types, t)
	defer func() { l.types = l.types[:len(l.types)-1] }()
	for f := range t.Fields() {
		if err := l.add(f, path); err != nil {
			return err
		}
	}
	return nil
}

// add adds one field of a struct.
func (l *selection) add(f reflect.StructField, path []string) error {
	t := indirect(f.Type)
	tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	switch {
	case f.Anonymous && tag == "" && t.Kind() == reflect.Struct && !isScalar(t):
		return l.addStruct(t, path)
	case !f.IsExported(), f.Tag.Get("json") == "-", tag == "attributes":
		return nil
	case tag == "":
		tag = f.Name
	}
	path = append(slices.Clip(path), tag)
	if t.Kind() == reflect.Struct && !isScalar(t) {
		return l.addStruct(t, path)
	}
	name := strings.Join(path, ".")
	if slices.Contains(l.names, strings.ToLower(name)) {
		return fmt.Errorf("%s comes twice", name)
	}
	l.names = append(l.names, strings.ToLower(name))
	if t.Kind() == reflect.Slice && !isScalar(t) {
		if row := indirect(t.Elem()); row.Kind() == reflect.Struct && !isScalar(row) {
			return l.addChildren(row, path)
		}
	}
	l.items = append(l.items, &Field{Expr: &Path{Names: path}})
	return nil
}

// addChildren adds a child subquery for rows of type t.
func (l *selection) addChildren(t reflect.Type, path []string) error {
	if len(path) > 1 {
		return fmt.Errorf("%s: children of a parent cannot be selected", strings.Join(path, "."))
	}
	rows := selection{types: l.types}
	if err := rows.addStruct(t, nil); err != nil {
		return err
	}
	q := &Query{Select: rows.items, From: From{Object: path[0]}}
	l.items = append(l.items, &Subquery{Query: q})
	return nil
}

var scalars = []reflect.Type{
	reflect.TypeFor[Valuer](),
	reflect.TypeFor[json.Unmarshaler](),
	reflect.TypeFor[encoding.TextUnmarshaler](),
}

// isScalar reports whether t, or a pointer to it, reads itself.
func isScalar(t reflect.Type) bool {
	return slices.ContainsFunc(scalars, func(s reflect.Type) bool {
		return t.Implements(s) || reflect.PointerTo(t).Implements(s)
	})
}

func indirect(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}
