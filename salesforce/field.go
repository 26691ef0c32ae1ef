package salesforce

import (
	"encoding/json"
	"errors"
)

// Field is a field of a record in one of three states. What a write does with
// the field depends on the state:
//
//	Field[string]{}          leaves it alone (the zero value)
//	Null[string]()           clears it
//	Value("Acme")            sets it
//
// A struct that is written carries the json option omitzero on such a field,
// so that the first state stays out of the request:
//
//	Phone salesforce.Field[string] `json:"Phone,omitzero"`
type Field[T any] struct {
	state fieldState
	value T
}

type fieldState uint8

const (
	fieldOmitted fieldState = iota
	fieldNull
	fieldSet
)

// Null returns a field that is written as null, which clears it.
func Null[T any]() Field[T] {
	return Field[T]{state: fieldNull}
}

// Value returns a field that is written as v.
func Value[T any](v T) Field[T] {
	return Field[T]{state: fieldSet, value: v}
}

// Get returns the value and whether there is one: false when the field is
// null or left out.
func (f Field[T]) Get() (T, bool) {
	return f.value, f.state == fieldSet
}

// Set makes f a field that is written as v.
func (f *Field[T]) Set(v T) {
	*f = Value(v)
}

// IsNull reports whether the field is null.
func (f Field[T]) IsNull() bool {
	return f.state == fieldNull
}

// IsZero reports whether the field is left out.
func (f Field[T]) IsZero() bool {
	return f.state == fieldOmitted
}

// MarshalJSON writes the value or null. A field that is left out cannot be
// written as anything, least of all as null; that it is asked for means that
// the omitzero option is missing.
func (f Field[T]) MarshalJSON() ([]byte, error) {
	switch f.state {
	case fieldSet:
		return json.Marshal(f.value)
	case fieldNull:
		return []byte("null"), nil
	default:
		return nil, errors.New("salesforce: a Field that is left out needs the json option omitzero")
	}
}

// UnmarshalJSON reads null as the null state and anything else as a value.
func (f *Field[T]) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*f = Null[T]()
		return nil
	}
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	*f = Value(v)
	return nil
}
