package salesforcetest

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/soql"
)

// dateFunctions take a part of a date, by name in upper case.
var dateFunctions = map[string]func(t time.Time, y fiscalYear) int{
	"CALENDAR_YEAR":    func(t time.Time, _ fiscalYear) int { return t.Year() },
	"CALENDAR_QUARTER": func(t time.Time, _ fiscalYear) int { return (int(t.Month()) + 2) / 3 },
	"CALENDAR_MONTH":   func(t time.Time, _ fiscalYear) int { return int(t.Month()) },
	"FISCAL_YEAR":      func(t time.Time, y fiscalYear) int { return y.name(dateOf(t)) },
	"FISCAL_QUARTER":   func(t time.Time, y fiscalYear) int { return y.month(dateOf(t))/3 + 1 },
	"FISCAL_MONTH":     func(t time.Time, y fiscalYear) int { return y.month(dateOf(t)) + 1 },
	"DAY_IN_YEAR":      func(t time.Time, _ fiscalYear) int { return t.YearDay() },
	"DAY_IN_MONTH":     func(t time.Time, _ fiscalYear) int { return t.Day() },
	"DAY_IN_WEEK":      func(t time.Time, _ fiscalYear) int { return int(t.Weekday()) + 1 },
	"WEEK_IN_MONTH":    func(t time.Time, _ fiscalYear) int { return (t.Day()-1)/7 + 1 },
	"WEEK_IN_YEAR":     func(t time.Time, _ fiscalYear) int { return (t.YearDay()-1)/7 + 1 },
	"HOUR_IN_DAY":      func(t time.Time, _ fiscalYear) int { return t.Hour() },
}

// partsDate reports whether a function takes a part of a date. Records are
// grouped or chosen by those; only groups show them.
// https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_date_functions.htm
func partsDate(x *soql.Call) bool {
	name := strings.ToUpper(x.Name)
	return dateFunctions[name] != nil || name == "DAY_ONLY"
}

// call makes a function ready that is evaluated for each record.
func (q *query) call(x *soql.Call) (*operand, error) {
	name := strings.ToUpper(x.Name)
	if name == "DISTANCE" {
		return q.distance(x)
	}
	zone, arg := time.UTC, x.Args[0]
	convert, converted := arg.(*soql.Call)
	if converted = converted && strings.EqualFold(convert.Name, "convertTimezone"); converted {
		zone, arg = q.zone, convert.Args[0]
	}
	inner, err := q.operand(arg)
	if err != nil {
		return nil, err
	}
	f := inner.field
	if converted && f.typ.kind != kindDateTime {
		return nil, q.unsuitable(convert, f)
	}
	op := *inner
	then := func(apply func(any) any) { // what comes behind the functions within
		op.apply = apply
		if first := inner.apply; first != nil {
			op.apply = func(v any) any {
				if v = first(v); v == nil {
					return nil
				}
				return apply(v)
			}
		}
	}
	switch part := dateFunctions[name]; {
	case part != nil && isDate(f) && (name != "HOUR_IN_DAY" || f.typ.kind == kindDateTime):
		then(func(v any) any { return decimal{coef: int64(part(timeOf(v, zone), q.fiscal))} })
		op.name, op.field = "", made("int", f)
	case name == "DAY_ONLY" && f.typ.kind == kindDateTime:
		then(func(v any) any { return dateOf(timeOf(v, zone)) })
		op.name, op.field = "", made("date", f)
	case f.typ.kind == kindBlob || f.typ.kind == kindAddress:
		return nil, q.unsuitable(x, f)
	case name == "TOLABEL" && f.hasLabels():
		then(func(v any) any { return q.org.label(f, v) })
		op.field = made("string", f)
	case name == "FORMAT":
		then(func(v any) any { return q.locale.format(f, v, q.zone) })
		op.field = made("string", f)
	case name == "CONVERTCURRENCY" && f.Type == "currency": // the org has one currency
	default:
		return nil, q.unsuitable(x, f)
	}
	return &op, nil
}

func (q *query) unsuitable(x *soql.Call, f *field) error {
	return q.fault(x, "INVALID_FIELD", "field %s does not support function %s", f.Name, x.Name)
}

func isDate(f *field) bool { return f.typ.kind == kindDate || f.typ.kind == kindDateTime }

// timeOf is a date or an instant as seen in a zone; a date is the same in all.
func timeOf(v any, zone *time.Location) time.Time {
	if d, ok := v.(date); ok {
		return d.start(time.UTC)
	}
	return v.(time.Time).In(zone)
}

// made describes the result of a function of a field.
func made(typ string, of *field) *field {
	f := *of
	f.Type, f.typ, f.rank, f.compute = typ, fieldTypes[typ], nil, nil
	return &f
}

// hasLabels reports whether toLabel has something to translate: picklists and
// the names of record types.
func (f *field) hasLabels() bool {
	switch f.Type {
	case "picklist", "multipicklist", "combobox":
		return true
	}
	return f.Name == "Name" && f.of != nil && f.of.Name == "RecordType"
}

// label is what people read for a value of a picklist.
func (o *Org) label(f *field, v any) any {
	s, ok := v.(string)
	if !ok {
		return v
	}
	parts := []string{s}
	if f.Type == "multipicklist" {
		parts = strings.Split(s, ";")
	}
	choices := o.choices(f)
	for i, part := range parts {
		for _, choice := range choices {
			if choice.Value == part && choice.Label != "" {
				parts[i] = choice.Label
			}
		}
	}
	return strings.Join(parts, ";")
}

// distance makes DISTANCE(place, GEOLOCATION(latitude, longitude), unit) ready.
// https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_geolocate.htm
func (q *query) distance(x *soql.Call) (*operand, error) {
	op, err := q.operand(x.Args[0])
	if err != nil {
		return nil, err
	}
	if op.field.typ.kind != kindAddress {
		return nil, q.unsuitable(x, op.field)
	}
	point, ok := x.Args[1].(*soql.Call)
	if !ok {
		return nil, q.unsuitable(x, op.field)
	}
	latitude, longitude := number64(point.Args[0]), number64(point.Args[1])
	radius := earthRadius
	if unit, ok := x.Args[2].(*soql.Text); ok && strings.EqualFold(unit.Value, "mi") {
		radius /= kmPerMile
	}
	op.apply = func(v any) any {
		north, east, ok := v.(address).point()
		if !ok {
			return nil
		}
		d := radius * arc(north, east, latitude, longitude)
		return decimal{int64(math.Round(d * 1e9)), 9}
	}
	op.name, op.field = "", made("double", op.field)
	return op, nil
}

// The mean radius of the earth in kilometres, and what a mile is.
const (
	earthRadius = 6371.0088
	kmPerMile   = 1.609344
)

func number64(x soql.Expr) float64 {
	n, ok := x.(*soql.Number)
	if !ok {
		return 0
	}
	f, _ := strconv.ParseFloat(n.Literal, 64) // the parser has seen to the error
	return f
}

// arc is the angle between two points of a sphere, in radians, by the haversine
// formula.
func arc(latitude1, longitude1, latitude2, longitude2 float64) float64 {
	const degree = math.Pi / 180
	square := func(x float64) float64 { return x * x }
	h := square(math.Sin((latitude2-latitude1)*degree/2)) +
		math.Cos(latitude1*degree)*math.Cos(latitude2*degree)*square(math.Sin((longitude2-longitude1)*degree/2))
	return 2 * math.Asin(math.Sqrt(min(h, 1)))
}
