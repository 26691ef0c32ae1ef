package salesforcetest

import (
	"fmt"
	"strings"
	"time"
)

// locale is how people in a country write numbers and dates, as FORMAT() does
// for the user, and when their weeks begin.
// https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_format.htm
type locale struct {
	group, point string       // within numbers
	money        string       // a pattern with %s for the amount
	date, clock  string       // layouts
	between      string       // a date and a time
	week         time.Weekday // on which weeks begin
}

// locales are those that the org knows, by LocaleSidKey. Others count as
// en_US.
var locales = map[string]locale{
	"en_US": {",", ".", "$%s", "1/2/2006", "3:04 PM", ", ", time.Sunday},
	"en_GB": {",", ".", "$%s", "02/01/2006", "15:04", ", ", time.Monday},
	"de_DE": {".", ",", "%s $", "02.01.2006", "15:04", ", ", time.Monday},
	"fr_FR": {"\u202f", ",", "%s $", "02/01/2006", "15:04", " ", time.Monday},
}

// format writes a value of a field for people.
func (l locale) format(f *field, v any, zone *time.Location) any {
	switch v := v.(type) {
	case decimal:
		n := l.number(v, f.digits())
		if f.Type == "currency" {
			return strings.Replace(fmt.Sprintf(l.money, n), "$-", "-$", 1)
		}
		if f.Type == "percent" {
			return n + "%"
		}
		return n
	case date:
		return v.start(time.UTC).Format(l.date)
	case time.Time:
		return v.In(zone).Format(l.date + l.between + l.clock)
	case timeOfDay:
		return time.UnixMilli(int64(v)).UTC().Format(l.clock)
	}
	return fmt.Sprint(plainValue(nil, nil, v))
}

// digits is how many digits people see behind the point.
func (f *field) digits() int {
	if f.Type == "int" {
		return 0
	}
	return f.Scale
}

// number writes a number with marks between thousands.
func (l locale) number(d decimal, scale int) string {
	text := d.rat().FloatString(scale)
	text, negative := strings.CutPrefix(text, "-")
	whole, fraction, _ := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + l.group + whole[i:]
	}
	if fraction != "" {
		whole += l.point + fraction
	}
	if negative {
		return "-" + whole
	}
	return whole
}
