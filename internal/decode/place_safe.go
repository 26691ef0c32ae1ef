//go:build sfbridge_safe

package decode

import (
	"encoding/json"
	"reflect"
	"time"
)

// place is where a value is written: a variable of the type that the plan at
// hand says.
type place = reflect.Value

// step leads from a struct to a field of it, or of a struct embedded in it.
type step struct {
	index []int
}

// stepTo returns the step from a struct to the field f of it.
func stepTo(f reflect.StructField) step { return step{f.Index} }

// then joins two steps.
func (s step) then(next step) step {
	return step{append(append([]int(nil), s.index...), next.index...)}
}

func at(base place, s step) place {
	for _, i := range s.index {
		base = base.Field(i)
	}
	return base
}

func placeOf[T any](v *T) place { return reflect.ValueOf(v).Elem() }

// placeOfValue returns the place of an addressable value.
func placeOfValue(v reflect.Value) place { return v }

// placeBehind returns the place that a pointer in an interface points to.
func placeBehind(pointer any) place { return reflect.ValueOf(pointer).Elem() }

// valueAt returns the variable of type t as reflection sees it.
func valueAt(to place, _ reflect.Type) reflect.Value { return to }

// pointerTo returns a pointer to the variable, of the type that sample has.
func pointerTo(to place, _ any) any { return to.Addr().Interface() }

// boxes make interfaces of values.
type boxes struct{}

// newBoxes makes room for n values.
func newBoxes(int) boxes { return boxes{} }

// box returns the text as a value of the type that sample has, whose underlying
// type is string.
func (*boxes) box(s string, sample any) any {
	if _, ok := sample.(json.Number); ok {
		return json.Number(s)
	}
	return s
}

func setString(to place, s string) { to.SetString(s) }

func setBool(to place, v bool) { to.SetBool(v) }

func setTime(to place, v time.Time) { *to.Addr().Interface().(*time.Time) = v }

func setMap(to place, v map[string]any) { to.Set(reflect.ValueOf(v).Convert(to.Type())) }

func setAny(to place, v any) {
	if v == nil {
		to.SetZero()
		return
	}
	to.Set(reflect.ValueOf(v))
}

// setInt stores a number that fits.
func setInt(to place, _ uintptr, v int64) { to.SetInt(v) }

// setUint stores a number that fits.
func setUint(to place, _ uintptr, v uint64) { to.SetUint(v) }

func setFloat(to place, _ uintptr, v float64) { to.SetFloat(v) }

// setPointer makes the pointer point to the variable at target.
func setPointer(to, target place) { to.Set(target.Addr()) }

// target returns what the pointer points to, and whether it points to anything.
func target(to place) (place, bool) {
	return to.Elem(), !to.IsNil()
}
