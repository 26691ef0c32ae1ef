package appointments

import (
	"errors"
	"fmt"
	"strings"

	"github.com/sfbridge/sfbridge/soql"
)

// checkSelected reports every path that the query does not select, and Id.
func checkSelected(q *soql.Query, paths []string) error {
	selected := map[string]bool{}
	for _, item := range q.Select {
		if field, ok := item.(*soql.Field); ok {
			selected[strings.ToLower(resultPath(q.From, field))] = true
		}
	}
	var errs []error
	if !selected["id"] {
		errs = append(errs, errors.New("the query does not select Id, without which a record cannot be told from others"))
	}
	for _, path := range paths {
		if !selected[strings.ToLower(path)] && !strings.EqualFold(path, "Id") {
			errs = append(errs, fmt.Errorf("the query does not select %s, which the mapping reads", path))
		}
	}
	return errors.Join(errs...)
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
