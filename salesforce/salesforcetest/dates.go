package salesforcetest

import (
	"time"

	"github.com/sfbridge/sfbridge/soql"
)

// dateLiteral gives the first day of a date literal and the day after its last,
// seen from today.
type dateLiteral func(today date, n int, c calendar) (first, end date)

// calendar says when years and weeks begin.
type calendar struct {
	fiscal fiscalYear
	week   time.Weekday
}

// dateLiterals are the date literals by name.
var dateLiterals = map[string]dateLiteral{
	"YESTERDAY":    days(-1, 0),
	"TODAY":        days(0, 1),
	"TOMORROW":     days(1, 2),
	"LAST_90_DAYS": days(-90, 1),
	"NEXT_90_DAYS": days(1, 91),
	"LAST_N_DAYS":  func(d date, n int, _ calendar) (date, date) { return d.add(0, 0, -n), d.add(0, 0, 1) },
	"NEXT_N_DAYS":  func(d date, n int, _ calendar) (date, date) { return d.add(0, 0, 1), d.add(0, 0, n+1) },
	"N_DAYS_AGO":   func(d date, n int, _ calendar) (date, date) { return d.add(0, 0, -n), d.add(0, 0, -n+1) },
}

// days is the span from one day to another, both counted from today.
func days(first, end int) dateLiteral {
	return func(d date, _ int, _ calendar) (date, date) { return d.add(0, 0, first), d.add(0, 0, end) }
}

// periods give the first day of the period that lies n periods after that of a
// day.
var periods = map[string]func(d date, n int, c calendar) date{
	"WEEK": func(d date, n int, c calendar) date {
		return d.add(0, 0, 7*n-int(7+d.start(time.UTC).Weekday()-c.week)%7)
	},
	"MONTH":          func(d date, n int, _ calendar) date { return date{d.year, d.month, 1}.add(0, n, 0) },
	"QUARTER":        func(d date, n int, _ calendar) date { return fiscalYear{start: time.January}.quarters(d, n) },
	"YEAR":           func(d date, n int, _ calendar) date { return date{d.year + n, time.January, 1} },
	"FISCAL_QUARTER": func(d date, n int, c calendar) date { return c.fiscal.quarters(d, n) },
	"FISCAL_YEAR":    func(d date, n int, c calendar) date { return c.fiscal.years(d, n) },
}

func init() {
	for name, start := range periods {
		span := func(from, to int) dateLiteral {
			return func(d date, _ int, c calendar) (date, date) { return start(d, from, c), start(d, to, c) }
		}
		dateLiterals["LAST_"+name] = span(-1, 0)
		dateLiterals["THIS_"+name] = span(0, 1)
		dateLiterals["NEXT_"+name] = span(1, 2)
		dateLiterals["LAST_N_"+name+"S"] = func(d date, n int, c calendar) (date, date) { return start(d, -n, c), start(d, 0, c) }
		dateLiterals["NEXT_N_"+name+"S"] = func(d date, n int, c calendar) (date, date) { return start(d, 1, c), start(d, n+1, c) }
		dateLiterals["N_"+name+"S_AGO"] = func(d date, n int, c calendar) (date, date) { return start(d, -n, c), start(d, 1-n, c) }
	}
}

// span gives the begin of a date literal and its end, which is the first value
// behind it, as values of a field that holds dates or instants.
func (q *query) span(left *operand, literal *soql.DateRange) (start, end any, err error) {
	name := dateLiterals[literal.Name]
	if name == nil {
		return nil, nil, q.fault(literal, "MALFORMED_QUERY", "unexpected token: '%s'", literal.Name)
	}
	first, behind := name(dateOf(q.now.In(q.zone)), min(literal.N, maxPeriods), calendar{q.fiscal, q.locale.week})
	switch left.field.typ.kind {
	case kindDate:
		return first, behind, nil
	case kindDateTime:
		return first.start(q.zone).UTC(), behind.start(q.zone).UTC(), nil
	}
	return nil, nil, q.wrongType(left, literal)
}

// maxPeriods is how far a date literal reaches, in its own unit; what lies
// further is as good as for ever.
const maxPeriods = 1_000_000
