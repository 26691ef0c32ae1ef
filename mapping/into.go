package mapping

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/sfbridge/sfbridge/salesforce"
)

// Setter receives values one by one. A host's type that has setters of its own
// implements it, to be filled by [Values.Into].
type Setter interface {
	// Set takes the value of a target, nil for one that is empty. An error is
	// that of Into.
	Set(target string, value any) error
}

// Into fills dst: a pointer to a struct, a map[string]any, or a [Setter]. A
// target that is absent leaves its field as it was; nil makes it zero.
//
// A field of a struct says which target it takes by its tag; fields of embedded
// structs count as the struct's own.
//
//	type Customer struct {
//		Name   string           `map:"name"`
//		Budget *decimal.Decimal `map:"budget"`
//	}
//
// A field takes the type of the value, a pointer to it, or a
// [salesforce.Field] of it. A text also goes into any string type but
// salesforce.ID, an Id into any string type, a number into any integer that
// holds it exactly, a whole number into decimal.Decimal, and a time into
// salesforce.DateTime. Targets without a field are passed over. The error joins
// one for each field that could not be filled; the others are.
func (v Values) Into(dst any) error {
	switch dst := dst.(type) {
	case Setter:
		return v.set(dst)
	case map[string]any:
		if dst == nil {
			return errors.New("mapping: fill a map: it is nil")
		}
		maps.Insert(dst, v.All())
		return nil
	}
	p := reflect.ValueOf(dst)
	if p.Kind() != reflect.Pointer || p.IsNil() || p.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("mapping: fill %T: neither a pointer to a struct, nor a map[string]any, nor a Setter", dst)
	}
	if v.m == nil {
		return nil
	}
	plan := v.m.plan(p.Elem().Type())
	if plan.err != nil {
		return plan.err
	}
	var errs []error
	for i, value := range v.cells {
		f := plan.fields[i]
		if f.index == nil || value == absent {
			continue
		}
		if field := p.Elem().FieldByIndex(f.index); !assign(field, value) {
			errs = append(errs, fmt.Errorf("mapping: fill %T: target %s: %T does not go into %s",
				dst, v.m.columns[i].Target, value, field.Type()))
		}
	}
	return errors.Join(errs...)
}

func (v Values) set(dst Setter) error {
	var errs []error
	for target, value := range v.All() {
		if err := dst.Set(target, value); err != nil {
			errs = append(errs, fmt.Errorf("mapping: set target %s of %T: %w", target, dst, err))
		}
	}
	return errors.Join(errs...)
}

// structPlan says where the columns of a mapping go in a struct type.
type structPlan struct {
	fields []structField // one for each column
	err    error
}

type structField struct {
	index    []int // for FieldByIndex; nil for a column without a field
	omitzero bool  // a zero value is not written
}

// plan returns the plan for a struct type, which is made once.
func (m *Mapping) plan(t reflect.Type) structPlan {
	p, ok := m.plans.Load(t)
	if !ok {
		p, _ = m.plans.LoadOrStore(t, m.planOf(t))
	}
	return p.(structPlan)
}

func (m *Mapping) planOf(t reflect.Type) structPlan {
	p := structPlan{fields: make([]structField, len(m.columns))}
	seen := map[string]bool{}
	var errs []error
	for _, field := range reflect.VisibleFields(t) {
		target, option, _ := strings.Cut(field.Tag.Get("map"), ",")
		if target == "" || target == "-" {
			continue
		}
		switch {
		case seen[target]:
			errs = append(errs, fmt.Errorf("mapping: fill %s: two fields take target %s", t, target))
		case !field.IsExported() || throughPointer(t, field.Index):
			errs = append(errs, fmt.Errorf("mapping: fill %s: field %s cannot be set", t, field.Name))
		case option != "" && option != "omitzero":
			errs = append(errs, fmt.Errorf("mapping: fill %s: field %s: unknown option %q in its tag; there is omitzero", t, field.Name, option))
		}
		seen[target] = true
		if i, ok := m.index[target]; ok {
			p.fields[i] = structField{field.Index, option == "omitzero"}
		}
	}
	p.err = errors.Join(errs...)
	return p
}

// throughPointer reports whether a field belongs to a struct that is embedded
// as a pointer, which may be nil.
func throughPointer(t reflect.Type, index []int) bool {
	for _, i := range index[:len(index)-1] {
		if t = t.Field(i).Type; t.Kind() == reflect.Pointer {
			return true
		}
	}
	return false
}

var idType = reflect.TypeFor[salesforce.ID]()

// assign sets a field to a value, and reports whether the value goes into it.
func assign(field reflect.Value, value any) bool {
	if s, ok := value.(string); ok && field.Kind() == reflect.String && field.Type() != idType {
		field.SetString(s)
		return true
	}
	if isField(field.Type()) {
		return assignField(field, value)
	}
	if value == nil {
		field.SetZero()
		return true
	}
	v := reflect.ValueOf(value)
	if v.Type().AssignableTo(field.Type()) {
		field.Set(v)
		return true
	}
	if field.Kind() == reflect.Pointer {
		elem := reflect.New(field.Type().Elem())
		if !assign(elem.Elem(), value) {
			return false
		}
		field.Set(elem)
		return true
	}
	return convertInto(field, v)
}

// assignField sets a salesforce.Field to null or a value.
func assignField(field reflect.Value, value any) bool {
	if value == nil {
		return field.Addr().Interface().(interface{ UnmarshalJSON([]byte) error }).UnmarshalJSON([]byte("null")) == nil
	}
	set := field.Addr().MethodByName("Set")
	elem := reflect.New(set.Type().In(0)).Elem()
	if !assign(elem, value) {
		return false
	}
	set.Call([]reflect.Value{elem})
	return true
}

// convertInto sets a field of another type than the value's.
func convertInto(field, v reflect.Value) bool {
	if v.Kind() == reflect.String && field.Kind() == reflect.String && field.Type() != idType {
		field.SetString(v.String())
		return true
	}
	switch value := v.Interface().(type) {
	case decimal.Decimal:
		return setInteger(field, value)
	case int64:
		if d, ok := reflect.TypeAssert[*decimal.Decimal](field.Addr()); ok {
			*d = decimal.NewFromInt(value)
			return true
		}
		return setInteger(field, decimal.NewFromInt(value))
	case time.Time:
		if dt, ok := reflect.TypeAssert[*salesforce.DateTime](field.Addr()); ok {
			dt.Time = value
			return true
		}
	case bool:
		if field.Kind() == reflect.Bool {
			field.SetBool(value)
			return true
		}
	}
	return false
}

func setInteger(field reflect.Value, d decimal.Decimal) bool {
	if !d.IsInteger() {
		return false
	}
	n := d.BigInt()
	switch {
	case field.CanInt() && n.IsInt64() && !field.OverflowInt(n.Int64()):
		field.SetInt(n.Int64())
	case field.CanUint() && n.IsUint64() && !field.OverflowUint(n.Uint64()):
		field.SetUint(n.Uint64())
	default:
		return false
	}
	return true
}
