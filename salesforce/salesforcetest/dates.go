package salesforcetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/soql"
)

// dateLiteral gives the first day of a date literal and the day after its last,
// seen from today.
type dateLiteral func(today date, n int) (first, end date)

// dateLiterals are the date literals by name. Weeks begin on Sunday, fiscal
// years in January.
var dateLiterals = map[string]dateLiteral{
	"YESTERDAY":    func(d date, _ int) (date, date) { return d.add(0, 0, -1), d },
	"TODAY":        func(d date, _ int) (date, date) { return d, d.add(0, 0, 1) },
	"TOMORROW":     func(d date, _ int) (date, date) { return d.add(0, 0, 1), d.add(0, 0, 2) },
	"LAST_90_DAYS": func(d date, _ int) (date, date) { return d.add(0, 0, -90), d.add(0, 0, 1) },
	"NEXT_90_DAYS": func(d date, _ int) (date, date) { return d.add(0, 0, 1), d.add(0, 0, 91) },
	"LAST_N_DAYS":  func(d date, n int) (date, date) { return d.add(0, 0, -n), d.add(0, 0, 1) },
	"NEXT_N_DAYS":  func(d date, n int) (date, date) { return d.add(0, 0, 1), d.add(0, 0, n+1) },
	"N_DAYS_AGO":   func(d date, n int) (date, date) { return d.add(0, 0, -n), d.add(0, 0, -n+1) },
}

// periods give the first day of the period that lies n periods after that of a
// day.
var periods = map[string]func(d date, n int) date{
	"WEEK": func(d date, n int) date { return d.add(0, 0, 7*n-int(d.start(time.UTC).Weekday())) },
	"MONTH": func(d date, n int) date {
		return date{d.year, d.month, 1}.add(0, n, 0)
	},
	"QUARTER": func(d date, n int) date {
		return date{d.year, (d.month-1)/3*3 + 1, 1}.add(0, 3*n, 0)
	},
	"YEAR": func(d date, n int) date { return date{d.year + n, time.January, 1} },
}

func init() {
	for unit, start := range periods {
		span := func(from, to int) dateLiteral {
			return func(d date, _ int) (date, date) { return start(d, from), start(d, to) }
		}
		names := []string{unit}
		if unit == "QUARTER" || unit == "YEAR" {
			names = append(names, "FISCAL_"+unit)
		}
		for _, name := range names {
			dateLiterals["LAST_"+name] = span(-1, 0)
			dateLiterals["THIS_"+name] = span(0, 1)
			dateLiterals["NEXT_"+name] = span(1, 2)
			dateLiterals["LAST_N_"+name+"S"] = func(d date, n int) (date, date) { return start(d, -n), start(d, 0) }
			dateLiterals["NEXT_N_"+name+"S"] = func(d date, n int) (date, date) { return start(d, 1), start(d, n+1) }
			dateLiterals["N_"+name+"S_AGO"] = func(d date, n int) (date, date) { return start(d, -n), start(d, 1-n) }
		}
	}
}

// dateRange gives the days of a date literal.
func dateRange(limits *soql.DateRange, today date) (first, end date, ok bool) {
	literal, ok := dateLiterals[limits.Name]
	if !ok {
		return date{}, date{}, false
	}
	first, end = literal(today, limits.N)
	return first, end, true
}

// dateFunctions take a part of a date, by name in upper case.
var dateFunctions = map[string]func(time.Time) int{
	"CALENDAR_YEAR":    time.Time.Year,
	"CALENDAR_QUARTER": quarter,
	"CALENDAR_MONTH":   func(t time.Time) int { return int(t.Month()) },
	"FISCAL_YEAR":      time.Time.Year,
	"FISCAL_QUARTER":   quarter,
	"FISCAL_MONTH":     func(t time.Time) int { return int(t.Month()) },
	"DAY_IN_YEAR":      time.Time.YearDay,
	"DAY_IN_MONTH":     time.Time.Day,
	"DAY_IN_WEEK":      func(t time.Time) int { return int(t.Weekday()) + 1 },
	"WEEK_IN_MONTH":    func(t time.Time) int { return (t.Day()-1)/7 + 1 },
	"WEEK_IN_YEAR":     func(t time.Time) int { return (t.YearDay()-1)/7 + 1 },
	"HOUR_IN_DAY":      time.Time.Hour,
}

func quarter(t time.Time) int { return (int(t.Month()) + 2) / 3 }

// call makes a function ready that is evaluated for each record.
func (q *query) call(x *soql.Call) (*operand, error) {
	name := strings.ToUpper(x.Name)
	zone := time.UTC
	arg := x.Args[0]
	if inner, ok := arg.(*soql.Call); ok && strings.EqualFold(inner.Name, "convertTimezone") {
		zone, arg = q.zone, inner.Args[0]
	}
	op, err := q.operand(arg)
	if err != nil {
		return nil, err
	}
	switch part := dateFunctions[name]; {
	case part != nil && isDate(op.field):
		op.apply = func(v any) any { return decimal{coef: int64(part(timeOf(v, zone)))} }
		op.name, op.field = "", made("int", op.field)
	case name == "DAY_ONLY" && isDate(op.field):
		op.apply = func(v any) any { return dateOf(timeOf(v, zone)) }
		op.name, op.field = "", made("date", op.field)
	case op.field.typ.kind == kindBlob || op.field.typ.kind == kindAddress:
		return nil, q.unsuitable(x, op.field)
	case name == "TOLABEL":
		f := op.field
		op.apply = func(v any) any { return f.label(v) }
		op.field = made("string", f)
	case name == "FORMAT":
		op.apply = func(v any) any { return fmt.Sprint(plainValue(nil, nil, v)) }
		op.field = made("string", op.field)
	case name == "CONVERTCURRENCY" && op.field.Type == "currency": // the org has one currency
	default:
		return nil, q.unsuitable(x, op.field)
	}
	return op, nil
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
	f.Type, f.typ, f.rank = typ, fieldTypes[typ], nil
	return &f
}

// label is what people read for a value of a picklist.
func (f *field) label(v any) any {
	for _, choice := range f.Picklist {
		if choice.Value == v && choice.Label != "" {
			return choice.Label
		}
	}
	return v
}
