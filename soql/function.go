package soql

import (
	"slices"
	"strings"
)

// function is what the parser knows of a SOQL function.
type function struct {
	aggregate bool // sums up records
	date      bool // takes a part of a date or dateTime
	geo       bool // takes literals

	elsewhere string // where what only looks like a function belongs, "" for a function
}

// functions by their name in upper case.
//
// Source: SOQL and SOSL Reference, "Aggregate Functions", "Date Functions",
// "Location-Based SOQL Queries", "toLabel()", "FORMAT()", "convertCurrency()".
var functions = map[string]*function{
	"AVG":            {aggregate: true},
	"COUNT":          {aggregate: true},
	"COUNT_DISTINCT": {aggregate: true},
	"MAX":            {aggregate: true},
	"MIN":            {aggregate: true},
	"SUM":            {aggregate: true},

	"CALENDAR_MONTH":   {date: true},
	"CALENDAR_QUARTER": {date: true},
	"CALENDAR_YEAR":    {date: true},
	"DAY_IN_MONTH":     {date: true},
	"DAY_IN_WEEK":      {date: true},
	"DAY_IN_YEAR":      {date: true},
	"DAY_ONLY":         {date: true},
	"FISCAL_MONTH":     {date: true},
	"FISCAL_QUARTER":   {date: true},
	"FISCAL_YEAR":      {date: true},
	"HOUR_IN_DAY":      {date: true},
	"WEEK_IN_MONTH":    {date: true},
	"WEEK_IN_YEAR":     {date: true},

	"DISTANCE":    {geo: true},
	"GEOLOCATION": {geo: true},

	"CONVERTCURRENCY": {},
	"CONVERTTIMEZONE": {},
	"FORMAT":          {},
	"GROUPING":        {},
	"TOLABEL":         {},

	"CUBE":   {elsewhere: "CUBE() stands behind GROUP BY, alone"},
	"FIELDS": {elsewhere: "FIELDS() stands in the select list, alone"},
	"ROLLUP": {elsewhere: "ROLLUP() stands behind GROUP BY, alone"},
}

// maxFunction is the length of the longest name of a function.
const maxFunction = len("CALENDAR_QUARTER")

// functionOf finds a function by its name in any case.
func functionOf(name string) (*function, bool) {
	var upper [maxFunction]byte
	if len(name) > maxFunction {
		return nil, false
	}
	f, ok := functions[string(upper[:copyUpper(upper[:], name)])]
	return f, ok
}

// is reports whether the call is of the function with this name in upper case.
func (x *Call) is(name string) bool {
	return len(x.Name) == len(name) && strings.EqualFold(x.Name, name)
}

// isAggregate reports whether the call sums up records.
func (x *Call) isAggregate() bool {
	f, ok := functionOf(x.Name)
	return ok && f.aggregate
}

// isCountAll reports whether the call is COUNT(), which counts records and has
// the query to itself.
func (x *Call) isCountAll() bool { return len(x.Args) == 0 && x.is("COUNT") }

// aggregates reports whether an expression sums up records.
func aggregates(x Expr) bool {
	call, ok := x.(*Call)
	if !ok || call == nil {
		return false
	}
	return call.isAggregate() || slices.ContainsFunc(call.Args, aggregates)
}

// call checks a function and its arguments.
func (c *checker) call(x *Call, at place) {
	f, ok := functionOf(x.Name)
	switch {
	case !ok:
		c.failf(x, "SOQL has no function %s", x.Name)
	case f.elsewhere != "":
		c.failf(x, "%s", f.elsewhere)
	case f.aggregate && !at.aggregates:
		c.failf(x, "%s sums up records: it cannot stand in WHERE, GROUP BY or a subquery", x.Name)
	case f.geo:
		c.location(x, at)
	case len(x.Args) != 1:
		c.failf(x, "%s takes one field", x.Name)
	case x.is("GROUPING"):
		c.grouping(x, at)
	case x.is("CONVERTTIMEZONE"):
		c.failf(x, "%s stands in FORMAT or a date function only, as in DAY_ONLY(convertTimezone(CreatedDate))", x.Name)
	case at.inWhere && x.is("CONVERTCURRENCY"):
		c.failf(x, "%s cannot stand in WHERE", x.Name)
	default:
		c.argument(x, f, at)
	}
}

// argument checks the argument of a function that takes one: a field, FORMAT any
// other function, and FORMAT and a date function convertTimezone().
func (c *checker) argument(x *Call, f *function, at place) {
	if at = at.nested(); c.tooDeep(x, at) {
		return
	}
	inner, ok := x.Args[0].(*Call)
	switch {
	case !ok:
		c.field(x.Args[0], x, at)
	case inner == nil:
		c.missing(inner, x, "a field")
	case (f.date || x.is("FORMAT")) && inner.is("CONVERTTIMEZONE") && len(inner.Args) == 1:
		c.field(inner.Args[0], inner, at.nested())
	case x.is("FORMAT") && !inner.is("FORMAT") && !inner.isCountAll():
		c.call(inner, at)
	default:
		c.failf(inner, "%s cannot stand in %s", inner.Name, x.Name)
	}
}

// field checks an expression that has to be a field.
func (c *checker) field(x Expr, of *Call, at place) {
	if _, ok := x.(*Path); !ok && !c.missing(x, of, "a field") {
		c.failf(x, "%s takes a field", of.Name)
		return
	}
	c.expr(x, of, at)
}

// grouping checks GROUPING, which tells subtotals from groups.
func (c *checker) grouping(x *Call, at place) {
	c.field(x.Args[0], x, at)
	if c.fault != nil {
		return
	}
	switch q := at.query; {
	case at.inWhere || q.Subtotals == NoSubtotals:
		c.failf(x, "%s belongs to GROUP BY ROLLUP or CUBE", x.Name)
	case !q.groupsBy(x.Args[0]):
		c.failf(x, "%s needs a field that is grouped by", x.Name)
	}
}

// location checks DISTANCE(field, GEOLOCATION(latitude, longitude), 'km').
func (c *checker) location(x *Call, at place) {
	switch {
	case x.is("GEOLOCATION"):
		c.failf(x, "%s stands in DISTANCE only", x.Name)
	case at.grouped:
		c.failf(x, "%s cannot stand beside GROUP BY", x.Name)
	case len(x.Args) != 3:
		c.failf(x, "%s takes a field, a GEOLOCATION and a unit", x.Name)
	case !isUnit(x.Args[2]):
		c.failf(x, "the unit of %s is 'mi' or 'km'", x.Name)
	default:
		c.field(x.Args[0], x, at)
		c.point(x.Args[1], x)
	}
}

func isUnit(x Expr) bool {
	unit, ok := x.(*Text)
	return ok && unit != nil && (strings.EqualFold(unit.Value, "mi") || strings.EqualFold(unit.Value, "km"))
}

// point checks the second argument of DISTANCE.
func (c *checker) point(x Expr, of *Call) {
	switch x := x.(type) {
	case *Bind:
		c.value(x, of)
	case *Call:
		if x == nil || !x.is("GEOLOCATION") || len(x.Args) != 2 {
			c.failf(of, "the second argument of %s is GEOLOCATION(latitude, longitude)", of.Name)
			return
		}
		c.degrees(x.Args[0], x, 90)
		c.degrees(x.Args[1], x, 180)
	default:
		c.failf(of, "the second argument of %s is GEOLOCATION(latitude, longitude)", of.Name)
	}
}

// degrees checks a latitude or a longitude.
func (c *checker) degrees(x Expr, of *Call, most float64) {
	switch x := x.(type) {
	case *Number:
		if c.value(x, of); c.fault == nil && !within(x.Literal, most) {
			c.failf(x, "%s is not from -%g to %g degrees", x.Literal, most, most)
		}
	case *Bind:
		c.value(x, of)
	default:
		c.failf(of, "%s takes two numbers", of.Name)
	}
}
