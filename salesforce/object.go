package salesforce

import (
	"reflect"

	"github.com/sfbridge/sfbridge/soql"
)

// ObjectName is the name of the object whose records T holds. T, a struct, or
// the pointer to it says so by a method:
//
//	func (Account) SObjectName() string { return "Account" }
//
// A struct that embeds such a one has the same object. A type without the
// method, and a name that is none, are errors: the type's own name is no guess.
func ObjectName[T any]() (string, error) {
	const op = "object name"
	t := reflect.TypeFor[T]()
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	named, ok := reflect.TypeAssert[interface{ SObjectName() string }](reflect.New(t))
	if !ok {
		return "", fault(op, ErrValidation, "%v has no method SObjectName() string", t)
	}
	name := named.SObjectName()
	if !identifier.MatchString(name) {
		return "", fault(op, ErrValidation, "%q, which %v gives, is no name of an object", clip(name, 80), t)
	}
	return name, nil
}

// QueryOf is the query for all fields that T has, by [soql.FieldsOf], of all
// records of its object, by [ObjectName]. The caller adds conditions, an order
// and a limit to it, and runs it by [QueryTree], or its text by one of the others:
//
//	q, err := salesforce.QueryOf[Account]()
//	q.Where = soql.Eq("Name", name)
func QueryOf[T any]() (*soql.Query, error) {
	object, err := ObjectName[T]()
	if err != nil {
		return nil, err
	}
	fields, err := soql.FieldsOf[T]()
	if err != nil {
		return nil, err
	}
	return &soql.Query{Select: fields, From: soql.From{Object: object}}, nil
}
