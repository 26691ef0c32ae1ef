package salesforcetest

import (
	"net/http"
	"strings"

	"github.com/sfbridge/sfbridge/soql"
)

// queryShape is what /query answers to columns=true instead of records.
type queryShape struct {
	ColumnMetadata []columnShape `json:"columnMetadata"`
	EntityName     string        `json:"entityName"`
	GroupBy        bool          `json:"groupBy"`
	IDSelected     bool          `json:"idSelected"`
	KeyPrefix      *string       `json:"keyPrefix"`
}

// columnShape is one column of a result. That of a parent or of a child
// subquery holds further ones.
type columnShape struct {
	Aggregate      bool          `json:"aggregate"` // a function's result, or a list of children
	ApexType       *string       `json:"apexType"`
	BooleanType    bool          `json:"booleanType"`
	ColumnName     string        `json:"columnName"`
	Custom         bool          `json:"custom"`
	DisplayName    string        `json:"displayName"`
	ForeignKeyName *string       `json:"foreignKeyName"`
	Insertable     bool          `json:"insertable"`
	JoinColumns    []columnShape `json:"joinColumns"`
	NumberType     bool          `json:"numberType"`
	TextType       bool          `json:"textType"`
	Updatable      bool          `json:"updatable"`
}

// writeShape answers columns=true. No guide tells of it, but the vendor's
// command line asks for it before it prints a table:
// https://github.com/salesforcecli/plugin-data/blob/main/test/test-files/queryFields.exemplars.ts
func (c *call) writeShape(q *query) error {
	shape := queryShape{
		ColumnMetadata: q.shapes(),
		EntityName:     q.object.Name,
		GroupBy:        len(q.node.GroupBy) > 0,
	}
	if q.object.KeyPrefix != "" {
		shape.KeyPrefix = &q.object.KeyPrefix
	}
	for _, col := range shape.ColumnMetadata {
		shape.IDSelected = shape.IDSelected || col.ColumnName == "Id"
	}
	writeJSON(c.w, http.StatusOK, shape)
	return nil
}

// shapes are the columns of a query. COUNT() has none, only a size.
func (q *query) shapes() []columnShape {
	if q.groups == nil {
		return shapes(q.columns)
	}
	if q.groups.countAll {
		return []columnShape{}
	}
	all := shapes(q.columns)
	for i, item := range q.node.Select {
		if f, ok := item.(*soql.Field); ok && i < len(all) {
			all[i].call(f.Expr)
		}
	}
	return all
}

func shapes(columns []*column) []columnShape {
	all := make([]columnShape, len(columns))
	for i, col := range columns {
		all[i] = col.shape()
	}
	return all
}

func (col *column) shape() columnShape {
	s := columnShape{ColumnName: col.name, DisplayName: col.name, JoinColumns: []columnShape{}}
	switch {
	case col.parent != nil:
		s.ForeignKeyName = &col.parent.Name
		s.Custom = isCustom(col.parent.Name)
		s.JoinColumns = shapes(col.columns)
	case col.child != nil:
		s.Aggregate = true
		s.JoinColumns = shapes(col.child.columns)
	case col.operand != nil:
		s.field(col.operand.field)
	}
	return s
}

// field says what a column is like.
func (s *columnShape) field(f *field) {
	name := apexTypes[f.Type]
	if name == "" {
		name = "String"
	}
	s.ApexType = &name
	s.Custom = isCustom(f.Name)
	s.BooleanType = f.typ.kind == kindBool
	s.NumberType = f.typ.kind == kindNumber
	s.TextType = name == "String"
	s.Insertable = !f.NoCreate && f.typ.kind != kindAddress
	s.Updatable = !f.NoUpdate && f.typ.kind != kindAddress
}

// call says that a column holds what a function returns.
func (s *columnShape) call(x soql.Expr) {
	call, ok := x.(*soql.Call)
	if !ok {
		return
	}
	*s = columnShape{
		Aggregate:   true,
		ColumnName:  s.ColumnName,
		DisplayName: spelledCall(call),
		JoinColumns: s.JoinColumns,
		NumberType:  s.NumberType,
	}
}

// spelledCall is a call such as avg(Amount).
func spelledCall(call *soql.Call) string {
	args := make([]string, len(call.Args))
	for i, arg := range call.Args {
		switch arg := arg.(type) {
		case *soql.Path:
			args[i] = strings.Join(arg.Names, ".")
		case *soql.Call:
			args[i] = spelledCall(arg)
		}
	}
	return strings.ToLower(call.Name) + "(" + strings.Join(args, ", ") + ")"
}

// apexTypes are the types of variables that hold fields of a type; the others
// are strings.
var apexTypes = map[string]string{
	"id": "Id", "reference": "Id", "boolean": "Boolean", "int": "Integer", "double": "Double", "currency": "Double",
	"percent": "Double", "date": "Date", "datetime": "Datetime", "time": "Time", "base64": "Blob", "address": "Address",
	"location": "Location",
}
