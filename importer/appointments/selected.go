package appointments

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/sfbridge/sfbridge/soql"
)

// checkSelected reports every path that the query does not select, and Id.
func checkSelected(q *soql.Query, paths []string) error {
	selected := selectedBy(q)
	var errs []error
	if !selected("Id") {
		errs = append(errs, errors.New("the query does not select Id, without which a record cannot be told from others"))
	}
	for _, path := range paths {
		if !selected(path) && !strings.EqualFold(path, "Id") {
			errs = append(errs, fmt.Errorf("the query does not select %s, which the mapping reads", path))
		}
	}
	return errors.Join(errs...)
}

// index is the number of a row in a path through a child list.
var index = regexp.MustCompile(`\[[^\]]*\]`)

// selectedBy returns a function that reports whether a query selects a path.
func selectedBy(q *soql.Query) func(path string) bool {
	all := paths(q)
	return func(path string) bool {
		path = index.ReplaceAllString(path, "[]")
		return slices.ContainsFunc(all, func(selected string) bool { return covers(selected, path) })
	}
}

// covers reports whether what a query selects holds the value of a path: the
// same path, a compound address of which it is a part, or FIELDS().
func covers(selected, path string) bool {
	custom := strings.HasSuffix(strings.ToLower(path), "__c")
	switch {
	case strings.Contains(selected, "("):
		return !strings.Contains(path, ".") && (selected == fieldSet(soql.AllFields) || custom == (selected == fieldSet(soql.CustomFields)))
	case len(path) > len(selected) && strings.EqualFold(path[:len(selected)], selected):
		rest, ok := strings.CutPrefix(path[len(selected):], ".")
		return ok && addressParts[strings.ToLower(rest)]
	}
	return strings.EqualFold(selected, path)
}

// addressParts are the parts of a compound address or location.
//
// See "Address Compound Fields" in the Object Reference.
var addressParts = map[string]bool{
	"street": true, "city": true, "state": true, "statecode": true, "postalcode": true, "country": true,
	"countrycode": true, "latitude": true, "longitude": true, "geocodeaccuracy": true,
}

func fieldSet(kind soql.FieldKind) string { return "FIELDS(" + kind.String() + ")" }

// paths lists what a query selects, as the records will have it. Fields of
// children have the name of the list in front, and [] for any of its rows.
func paths(q *soql.Query) []string {
	var all []string
	for _, item := range q.Select {
		switch item := item.(type) {
		case *soql.Field:
			if path := resultPath(q.From, item); path != "" {
				all = append(all, path)
			}
		case *soql.FieldSet:
			all = append(all, fieldSet(item.Kind))
		case *soql.TypeOf:
			all = append(all, typeOfPaths(item)...)
		case *soql.Subquery:
			for _, path := range paths(item.Query) {
				all = append(all, item.Query.From.Object+"[]."+path)
			}
		}
	}
	return all
}

func typeOfPaths(x *soql.TypeOf) []string {
	fields := slices.Clone(x.Else)
	for _, when := range x.Whens {
		fields = append(fields, when.Fields...)
	}
	var all []string
	for _, field := range fields {
		all = append(all, strings.Join(append(slices.Clone(x.Path.Names), field.Names...), "."))
	}
	return all
}

// selectsAlias reports whether one of paths is a name that the query itself
// gives, which says nothing about a field.
func selectsAlias(q *soql.Query, paths []string) bool {
	return slices.ContainsFunc(q.Select, func(item soql.SelectItem) bool {
		field, ok := item.(*soql.Field)
		return ok && field.Alias != "" && slices.ContainsFunc(paths, func(path string) bool { return strings.EqualFold(path, field.Alias) })
	})
}

// resultPath returns where the value of a selected field is found in a record.
// A function without an alias is found under its argument if it only changes
// how that is shown, and nowhere that a mapping could name if it does more.
func resultPath(from soql.From, field *soql.Field) string {
	if field.Alias != "" {
		return field.Alias
	}
	x := field.Expr
	for {
		call, ok := x.(*soql.Call)
		if !ok {
			break
		}
		if !keepsName[strings.ToLower(call.Name)] {
			return ""
		}
		x = call.Args[0]
	}
	names := x.(*soql.Path).Names
	if first := names[0]; len(names) > 1 && (strings.EqualFold(first, from.Alias) || strings.EqualFold(first, from.Object)) {
		names = names[1:]
	}
	return strings.Join(names, ".")
}

// keepsName holds the functions whose result has the name of their argument.
// See "toLabel()", "FORMAT()" and "convertCurrency()" in the SOQL and SOSL
// Reference.
var keepsName = map[string]bool{"tolabel": true, "format": true, "convertcurrency": true}
