package soql

import "strings"

// Schema tells what objects an org has. Hosts adapt what they know of describe.
type Schema interface {
	// Object finds an object by its API name, in any case.
	Object(name string) (*Object, bool)
}

// Object is what a check of queries has to know of an object. The names and
// properties are those of describe.
//
// Source: REST API Developer Guide, "sObject Describe".
type Object struct {
	Name     string
	Fields   []FieldInfo
	Children []ChildInfo
}

// FieldInfo is a field of an [Object].
type FieldInfo struct {
	Name         string
	Type         string   // such as "string", "reference" or "datetime"
	Relationship string   // the name by which paths go on to the parent, "" for none
	Targets      []string // the objects to which a reference may lead

	Filterable   bool // may stand in WHERE
	Groupable    bool // may stand in GROUP BY
	Sortable     bool // may stand in ORDER BY
	Aggregatable bool // may be summed up
}

// ChildInfo is a child relationship of an [Object].
type ChildInfo struct {
	Relationship string // as it stands in FROM of a child subquery
	Object       string // what the children are
}

// field finds a field by its name in any case.
func (o *Object) field(name string) *FieldInfo {
	for i := range o.Fields {
		if strings.EqualFold(o.Fields[i].Name, name) {
			return &o.Fields[i]
		}
	}
	return nil
}

// parent finds the field behind a relationship.
func (o *Object) parent(relationship string) *FieldInfo {
	for i := range o.Fields {
		if r := o.Fields[i].Relationship; r != "" && strings.EqualFold(r, relationship) {
			return &o.Fields[i]
		}
	}
	return nil
}

func (o *Object) child(relationship string) *ChildInfo {
	for i := range o.Children {
		if r := o.Children[i].Relationship; r != "" && strings.EqualFold(r, relationship) {
			return &o.Children[i]
		}
	}
	return nil
}

// isCustom reports whether a name is that of a custom field or object.
func isCustom(name string) bool {
	return len(name) > len("__c") && strings.EqualFold(name[len(name)-len("__c"):], "__c")
}

// class is what types of fields have in common that take the same literals.
type class uint8

const (
	classUnknown class = iota // takes every literal
	classText
	classList // multi-select picklist
	classNumber
	classCurrency
	classBoolean
	classDate
	classDateTime
	classTime
)

// classes of the types of describe. What is not here is not judged.
//
// Source: Object Reference, "Field Types" and "Primitive Data Types".
var classes = map[string]class{
	"combobox": classText, "email": classText, "encryptedstring": classText, "id": classText, "phone": classText,
	"picklist": classText, "reference": classText, "string": classText, "textarea": classText, "url": classText,
	"multipicklist": classList,
	"double":        classNumber, "int": classNumber, "long": classNumber, "percent": classNumber,
	"currency": classCurrency, "boolean": classBoolean,
	"date": classDate, "datetime": classDateTime, "time": classTime,
}

// classNames describe the literals of a class.
var classNames = [...]string{
	classUnknown: "a value", classText: "a string in quotes", classList: "a string in quotes",
	classNumber: "a number without quotes", classCurrency: "a number without quotes", classBoolean: "TRUE or FALSE",
	classDate: "a date such as 2026-11-21, or a date literal", classDateTime: "a dateTime such as 2026-11-21T10:00:00Z, or a date literal",
	classTime: "a time such as 10:00:00Z",
}

// takes reports whether a field of this class is compared with such a value.
func (c class) takes(v Value) bool {
	switch v.(type) {
	case *Text:
		return c == classText || c == classList || c == classUnknown
	case *Number:
		return c == classNumber || c == classCurrency || c == classUnknown
	case *Currency:
		return c == classCurrency || c == classUnknown
	case *Boolean:
		return c == classBoolean || c == classUnknown
	case *Date:
		return c == classDate || c == classUnknown
	case *DateTime:
		return c == classDateTime || c == classUnknown
	case *DateRange:
		return c == classDate || c == classDateTime || c == classUnknown
	case *Time:
		return c == classTime || c == classUnknown
	}
	return true // NULL, and what is still to come
}

// result is the class of what a function makes of its argument.
func (x *Call) result(argument class) class {
	f, ok := functionOf(x.Name)
	switch {
	case !ok:
		return classUnknown
	case x.is("DAY_ONLY"):
		return classDate
	case f.date, f.geo, x.is("GROUPING"), x.is("COUNT"), x.is("COUNT_DISTINCT"), x.is("AVG"):
		return classNumber
	case x.is("FORMAT"), x.is("TOLABEL"):
		return classText
	}
	return argument
}
