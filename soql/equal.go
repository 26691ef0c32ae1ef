package soql

import (
	"bytes"
	"reflect"
	"time"
)

// Equal reports whether two trees are the same but for positions. Names and
// function names are compared as they are written, dateTimes as they are
// printed.
func Equal(a, b Node) bool {
	return equal(reflect.ValueOf(&a).Elem(), reflect.ValueOf(&b).Elem())
}

var (
	spanType = reflect.TypeFor[span]()
	timeType = reflect.TypeFor[time.Time]()
)

// equal compares by type, so that no field of a node can be forgotten.
func equal(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.Interface, reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() && b.IsNil()
		}
		return a.Elem().Type() == b.Elem().Type() && equal(a.Elem(), b.Elem())
	case reflect.Slice:
		return equalLists(a, b)
	case reflect.Struct:
		return equalFields(a, b)
	}
	return a.Equal(b)
}

func equalLists(a, b reflect.Value) bool {
	if a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		if !equal(a.Index(i), b.Index(i)) {
			return false
		}
	}
	return true
}

func equalFields(a, b reflect.Value) bool {
	switch a.Type() {
	case spanType:
		return true
	case timeType:
		return bytes.Equal(printedTime(a), printedTime(b))
	}
	for i := range a.NumField() {
		if !equal(a.Field(i), b.Field(i)) {
			return false
		}
	}
	return true
}

func printedTime(v reflect.Value) []byte {
	return appendDateTime(nil, v.Interface().(time.Time))
}
