package soql

import (
	"fmt"
	"strings"
)

// function is what the parser knows of a SOQL function. All of them take
// exactly one argument, but for COUNT, which also takes none.
type function struct {
	aggregate   bool
	unsupported bool
}

// functions by their name in upper case.
//
// Source: SOQL and SOSL Reference, "Aggregate Functions", "Date Functions",
// "Translating Results", "FORMAT()", "convertCurrency()".
var functions = map[string]function{
	"AVG":            {aggregate: true},
	"COUNT":          {aggregate: true},
	"COUNT_DISTINCT": {aggregate: true},
	"MAX":            {aggregate: true},
	"MIN":            {aggregate: true},
	"SUM":            {aggregate: true},

	"CALENDAR_MONTH":   {},
	"CALENDAR_QUARTER": {},
	"CALENDAR_YEAR":    {},
	"DAY_IN_MONTH":     {},
	"DAY_IN_WEEK":      {},
	"DAY_IN_YEAR":      {},
	"DAY_ONLY":         {},
	"FISCAL_MONTH":     {},
	"FISCAL_QUARTER":   {},
	"FISCAL_YEAR":      {},
	"HOUR_IN_DAY":      {},
	"WEEK_IN_MONTH":    {},
	"WEEK_IN_YEAR":     {},

	"CONVERTCURRENCY": {},
	"CONVERTTIMEZONE": {},
	"FORMAT":          {},
	"TOLABEL":         {},

	"CUBE":        {unsupported: true},
	"DISTANCE":    {unsupported: true},
	"FIELDS":      {unsupported: true},
	"GEOLOCATION": {unsupported: true},
	"GROUPING":    {unsupported: true},
	"ROLLUP":      {unsupported: true},
}

// functionFault says what is wrong with calling name, "" for nothing.
func functionFault(name string) string {
	switch f, ok := functions[strings.ToUpper(name)]; {
	case !ok:
		return fmt.Sprintf("SOQL has no function %s", name)
	case f.unsupported:
		return fmt.Sprintf("%s() is not supported", strings.ToUpper(name))
	}
	return ""
}

// isAggregate reports whether the call sums up records.
func (x *Call) isAggregate() bool {
	return functions[strings.ToUpper(x.Name)].aggregate
}

// isCountAll reports whether the call is COUNT(), which counts records and has
// the query to itself.
func (x *Call) isCountAll() bool {
	return len(x.Args) == 0 && strings.EqualFold(x.Name, "COUNT")
}
