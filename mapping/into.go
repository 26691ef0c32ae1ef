package mapping

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/sfbridge/sfbridge/salesforce"
)

// Into fills the struct that dst points to. A field says which target it
// takes by its tag; fields of embedded structs count as the struct's own.
//
//	type Customer struct {
//		Name   string           `map:"name"`
//		Budget *decimal.Decimal `map:"budget"`
//	}
//
// A target that is absent leaves its field as it was; nil makes it zero. A
// field takes the type of the value or a pointer to it. A text also goes into
// any string type but salesforce.ID, an Id into any string type, a number into
// any integer that holds it exactly, and a time into salesforce.DateTime.
// Targets without a field are passed over. The error joins one for each field
// that could not be filled; the others are.
func (v Values) Into(dst any) error {
	p := reflect.ValueOf(dst)
	if p.Kind() != reflect.Pointer || p.IsNil() || p.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("mapping: fill %T: not a pointer to a struct", dst)
	}
	fields, err := fieldsOf(p.Elem().Type())
	if err != nil {
		return err
	}
	var errs []error
	for target, value := range v.All() {
		index, ok := fields[target]
		if !ok {
			continue
		}
		if field := p.Elem().FieldByIndex(index); !assign(field, value) {
			errs = append(errs, fmt.Errorf("mapping: fill %T: target %s: %T does not go into %s",
				dst, target, value, field.Type()))
		}
	}
	return errors.Join(errs...)
}

// plans keeps the outcome of planOf for each struct type.
var plans sync.Map // reflect.Type to plan

// plan says where the targets of a struct type go.
type plan struct {
	fields map[string][]int // target to field, for FieldByIndex
	err    error
}

func fieldsOf(t reflect.Type) (map[string][]int, error) {
	p, ok := plans.Load(t)
	if !ok {
		p, _ = plans.LoadOrStore(t, planOf(t))
	}
	return p.(plan).fields, p.(plan).err
}

func planOf(t reflect.Type) plan {
	p := plan{fields: map[string][]int{}}
	var errs []error
	for _, field := range reflect.VisibleFields(t) {
		target := field.Tag.Get("map")
		if target == "" || target == "-" {
			continue
		}
		switch _, twice := p.fields[target]; {
		case twice:
			errs = append(errs, fmt.Errorf("mapping: fill %s: two fields take target %s", t, target))
		case !field.IsExported() || throughPointer(t, field.Index):
			errs = append(errs, fmt.Errorf("mapping: fill %s: field %s cannot be set", t, field.Name))
		}
		p.fields[target] = field.Index
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

// convertInto sets a field of another type than the value's.
func convertInto(field, v reflect.Value) bool {
	if v.Kind() == reflect.String && field.Kind() == reflect.String && field.Type() != idType {
		field.SetString(v.String())
		return true
	}
	switch value := v.Interface().(type) {
	case decimal.Decimal:
		return setInteger(field, value)
	case time.Time:
		if dt, ok := reflect.TypeAssert[*salesforce.DateTime](field.Addr()); ok {
			dt.Time = value
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
