package soql

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"
)

// Valuer is a type that knows its SOQL literal. It yields a node, never text,
// so that it cannot change a query's syntax.
type Valuer interface {
	SOQLValue() (Value, error)
}

// Literal is the node for a Go value:
//
//   - nil and nil pointers are [Null], other pointers what they point to
//   - a [Value] is itself, a [Valuer] what it says
//   - strings are [Text], booleans [Boolean]
//   - integers, floats, [json.Number] and decimals (types with the methods
//     String() string and IsInteger() bool) are [Number]
//   - a [time.Time] is a [DateTime] in UTC, cut to the millisecond
//
// Whatever else is an error, as are NaN, infinities, exponents and years outside
// of 1700 to 4000, which SOQL cannot write. A nil pointer to a Value is an error,
// too.
func Literal(v any) (Value, error) {
	value, err := literal(v)
	if err != nil {
		return nil, err
	}
	c := checker{rules: rules{open: true}}
	c.value(value, From{})
	if c.fault != nil {
		return nil, errors.New("soql: " + c.fault.reason)
	}
	return value, nil
}

// decimal is what decimal types have in common.
type decimal interface {
	String() string
	IsInteger() bool
}

// literal is Literal before the check of what came out.
func literal(v any) (Value, error) {
	switch v := v.(type) {
	case nil:
		return &Null{}, nil
	case Value:
		return v, nil
	case time.Time:
		return &DateTime{Time: v.UTC().Truncate(time.Millisecond)}, nil
	case json.Number:
		return &Number{Literal: v.String()}, nil
	}
	rv := reflect.ValueOf(v)
	if rv.Kind() == reflect.Pointer && rv.IsNil() {
		return &Null{}, nil
	}
	switch v := v.(type) {
	case Valuer:
		return v.SOQLValue()
	case decimal:
		return &Number{Literal: v.String()}, nil
	}
	return reflected(rv)
}

// reflected is literal for values that only their kind tells.
func reflected(rv reflect.Value) (Value, error) {
	switch {
	case rv.Kind() == reflect.Pointer:
		return literal(rv.Elem().Interface())
	case rv.Kind() == reflect.String:
		return &Text{Value: rv.String()}, nil
	case rv.Kind() == reflect.Bool:
		return &Boolean{Value: rv.Bool()}, nil
	case rv.CanInt():
		return &Number{Literal: strconv.FormatInt(rv.Int(), 10)}, nil
	case rv.CanUint():
		return &Number{Literal: strconv.FormatUint(rv.Uint(), 10)}, nil
	case rv.CanFloat() && !math.IsNaN(rv.Float()) && !math.IsInf(rv.Float(), 0):
		return &Number{Literal: strconv.FormatFloat(rv.Float(), 'f', -1, rv.Type().Bits())}, nil
	case rv.CanFloat():
		return nil, fmt.Errorf("soql: SOQL cannot write %v", rv)
	}
	return nil, fmt.Errorf("soql: SOQL has no literal for %s", rv.Type())
}

// Int is n as the value of LIMIT or OFFSET in a query that is built in code.
func Int(n int) *Number { return &Number{Literal: strconv.Itoa(n)} }

// unwritable is the place of a value for which there is no literal. It lets
// the condition helpers return one result: the error comes out of Query.Text.
type unwritable struct {
	err error
	span
}

func (*unwritable) value() {}

func (v *unwritable) print(p *printer) { p.str("<" + v.err.Error() + ">") }

// valueOf is the literal of v, or what keeps the error in its place.
func valueOf(v any) Value {
	value, err := Literal(v)
	if err != nil {
		return &unwritable{err: err}
	}
	return value
}
