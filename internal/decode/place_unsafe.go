//go:build !sfbridge_safe

package decode

import (
	"reflect"
	"time"
	"unsafe"
)

// place is where a value is written: the address of a variable of the type that
// the plan at hand says.
type place = unsafe.Pointer

// step leads from a struct to a field of it, or of a struct embedded in it.
type step struct {
	offset uintptr
}

// stepTo returns the step from a struct to the field f of it.
func stepTo(f reflect.StructField) step { return step{f.Offset} }

// then joins two steps.
func (s step) then(next step) step { return step{s.offset + next.offset} }

func at(base place, s step) place { return unsafe.Add(base, s.offset) }

func placeOf[T any](v *T) place { return unsafe.Pointer(v) }

// placeOfValue returns the place of an addressable value.
func placeOfValue(v reflect.Value) place { return v.Addr().UnsafePointer() }

// placeBehind returns the place that a pointer in an interface points to.
func placeBehind(pointer any) place { return reflect.ValueOf(pointer).UnsafePointer() }

// valueAt returns the variable of type t as reflection sees it.
func valueAt(to place, t reflect.Type) reflect.Value { return reflect.NewAt(t, to).Elem() }

// pointerTo returns a pointer to the variable, of the type that sample has. Only
// the address in the interface is exchanged; reflection would look up the
// pointer's type each time.
func pointerTo(to place, sample any) any {
	(*face)(unsafe.Pointer(&sample)).data = to
	return sample
}

// face is how an interface is laid out: with the address of the value or, for
// a pointer, with the pointer itself.
type face struct {
	typ, data unsafe.Pointer
}

// boxes are values in interfaces, which lie together in one allocation.
type boxes struct {
	texts []string
}

// newBoxes makes room for n values.
func newBoxes(n int) boxes { return boxes{make([]string, 0, n)} }

// box returns the text as a value of the type that sample has, whose underlying
// type is string.
func (b *boxes) box(s string, sample any) any {
	b.texts = append(b.texts, s)
	(*face)(unsafe.Pointer(&sample)).data = unsafe.Pointer(&b.texts[len(b.texts)-1])
	return sample
}

func setString(to place, s string) { *(*string)(to) = s }

func setBool(to place, v bool) { *(*bool)(to) = v }

func setTime(to place, v time.Time) { *(*time.Time)(to) = v }

func setMap(to place, v map[string]any) { *(*map[string]any)(to) = v }

func setAny(to place, v any) { *(*any)(to) = v }

// setInt stores a number that fits.
func setInt(to place, size uintptr, v int64) {
	switch size {
	case 8:
		*(*int64)(to) = v
	case 4:
		*(*int32)(to) = int32(v)
	case 2:
		*(*int16)(to) = int16(v)
	default:
		*(*int8)(to) = int8(v)
	}
}

// setUint stores a number that fits.
func setUint(to place, size uintptr, v uint64) { setInt(to, size, int64(v)) }

func setFloat(to place, size uintptr, v float64) {
	if size == 8 {
		*(*float64)(to) = v
	} else {
		*(*float32)(to) = float32(v)
	}
}

// setPointer makes the pointer point to the variable at target.
func setPointer(to, target place) { *(*unsafe.Pointer)(to) = target }

// target returns what the pointer points to, and whether it points to anything.
func target(to place) (place, bool) {
	p := *(*unsafe.Pointer)(to)
	return p, p != nil
}
