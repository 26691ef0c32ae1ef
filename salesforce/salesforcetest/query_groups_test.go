package salesforcetest_test

import (
	"testing"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// Groups come in the order of their first records, subtotals behind them.
var groupQueries = []queryCase{
	// Without GROUP BY
	{"SELECT COUNT() FROM Thing__c", "#6"},
	{"SELECT COUNT() FROM Thing__c LIMIT 4", "#4"},
	{"SELECT COUNT(Id), COUNT(Num__c), COUNT_DISTINCT(Num__c), COUNT(Text__c) FROM Thing__c", "6|5|4|5"},
	{"SELECT SUM(Num__c), MIN(Num__c), MAX(Num__c) FROM Thing__c", "1000000.7501|-2.25|1000000.0001"},
	{"SELECT AVG(Num__c) FROM Thing__c WHERE Name IN ('T1', 'T2', 'T4')", "-0.375"},
	{"SELECT FORMAT(AVG(Money__c)), FORMAT(AVG(Int__c)) FROM Thing__c WHERE Name IN ('T1', 'T2')", "$15.25|1.50"},
	{"SELECT AVG(Int__c) FROM Thing__c WHERE Name IN ('T1', 'T2', 'T6')", "1.333333333333333"},
	{"SELECT SUM(Int__c), AVG(Int__c), MIN(Int__c), MAX(Int__c) FROM Thing__c", "99996|19999.2|-7|99999"},
	{"SELECT SUM(Money__c), MAX(Money__c) FROM Thing__c", "100000030.49|99999999.99"},
	{"SELECT MIN(Day__c), MAX(Day__c) FROM Thing__c", "2024-02-29|2027-01-01"},
	{"SELECT MIN(At__c), MAX(At__c) FROM Thing__c", "2024-02-29T12:00:00.000+0000|2027-01-01T08:00:00.000+0000"},
	{"SELECT MIN(Text__c), MIN(Name), MAX(Name) FROM Thing__c", "100%_sure|T1|T6"},
	{"SELECT MIN(Pick__c) FROM Thing__c WHERE Pick__c != 'x'", "c"},
	{"SELECT COUNT_DISTINCT(Parent__c), COUNT(Parent__c) FROM Thing__c", "3|4"},
	{"SELECT COUNT_DISTINCT(Account__r.Industry) FROM Thing__c", "2"},
	{"SELECT SUM(Num__c), COUNT(Id), MIN(Day__c), AVG(Int__c) FROM Thing__c WHERE Name = 'none'", "null|0|null|null"},
	{"SELECT MAX(Money__c) most, FORMAT(MAX(Money__c)) written FROM Thing__c", "99999999.99|$99,999,999.99"},

	// By fields
	{"SELECT Flag__c, COUNT(Id) FROM Thing__c GROUP BY Flag__c ORDER BY Flag__c", "false|3, true|3"},
	{"SELECT Pick__c, COUNT(Id) c FROM Thing__c GROUP BY Pick__c ORDER BY COUNT(Id) DESC, Pick__c", "b|2, null|1, c|1, a|1, x|1"},
	{"SELECT Pick__c, COUNT(Id) c FROM Thing__c GROUP BY Pick__c ORDER BY c DESC LIMIT 1", "b|2"},
	{"SELECT Pick__c FROM Thing__c GROUP BY Pick__c ORDER BY Pick__c NULLS LAST LIMIT 2 OFFSET 1", "a, b"},
	{"SELECT Pick__c p FROM Thing__c GROUP BY Pick__c HAVING COUNT(Id) > 1", "b"},
	{"SELECT Pick__c FROM Thing__c GROUP BY Pick__c HAVING Pick__c LIKE 'b%'", "b"},
	{"SELECT Pick__c, SUM(Num__c) FROM Thing__c GROUP BY Pick__c HAVING SUM(Num__c) > 1 AND Pick__c != 'x'", "a|1.5, b|999997.7501"},
	{"SELECT Flag__c, Pick__c, COUNT(Id) FROM Thing__c WHERE Pick__c != null GROUP BY Flag__c, Pick__c ORDER BY Flag__c, Pick__c", "false|b|2, true|c|1, true|a|1, true|x|1"},
	{"SELECT Parent__r.Name, COUNT(Id) FROM Thing__c GROUP BY Parent__r.Name ORDER BY Parent__r.Name", "null|2, T1|2, T2|1, T5|1"},
	{"SELECT Parent__r.Name p, Name n FROM Thing__c WHERE Parent__c != null GROUP BY Parent__r.Name, Name ORDER BY Name", "T1|T2, T1|T3, T2|T5, T5|T6"},
	{"SELECT t.Flag__c, COUNT(t.Id) FROM Thing__c t GROUP BY t.Flag__c ORDER BY t.Flag__c DESC", "true|3, false|3"},
	{"SELECT Flag__c FROM Thing__c WHERE Name = 'none' GROUP BY Flag__c", ""},
	{"SELECT COUNT(Id), Flag__c FROM Thing__c GROUP BY Flag__c ORDER BY MAX(Int__c)", "3|true, 3|false"},
	{"SELECT toLabel(Pick__c), COUNT(Id) FROM Thing__c WHERE Pick__c IN ('a', 'b') GROUP BY Pick__c ORDER BY Pick__c", "Alpha|1, Beta|2"},
	{"SELECT Day__c, COUNT(Id) FROM Thing__c WHERE Day__c >= TODAY GROUP BY Day__c ORDER BY Day__c DESC", "2027-01-01|1, 2026-12-31|1, 2026-11-21|1"},

	// By functions
	{"SELECT CALENDAR_YEAR(Day__c), COUNT(Id) FROM Thing__c GROUP BY CALENDAR_YEAR(Day__c) ORDER BY CALENDAR_YEAR(Day__c)", "2024|1, 2026|4, 2027|1"},
	{"SELECT CALENDAR_MONTH(convertTimezone(At__c)) m, COUNT(Id) FROM Thing__c GROUP BY CALENDAR_MONTH(convertTimezone(At__c)) ORDER BY CALENDAR_MONTH(convertTimezone(At__c))", "1|2, 2|1, 11|2, 12|1"},
	{"SELECT HOUR_IN_DAY(At__c) h, COUNT(Id) n FROM Thing__c GROUP BY HOUR_IN_DAY(At__c) ORDER BY HOUR_IN_DAY(At__c)", "7|2, 8|2, 12|1, 15|1"},
	{"SELECT calendar_year(day__c) FROM Thing__c GROUP BY CALENDAR_YEAR(Day__c) HAVING COUNT(Id) > 1", "2026"},

	// Subtotals
	{"SELECT Flag__c, COUNT(Id) FROM Thing__c GROUP BY ROLLUP(Flag__c)", "true|3, false|3, null|6"},
	{"SELECT Flag__c, GROUPING(Flag__c) g, COUNT(Id) n FROM Thing__c GROUP BY ROLLUP(Flag__c) ORDER BY GROUPING(Flag__c), Flag__c", "false|0|3, true|0|3, null|1|6"},
	{"SELECT Flag__c, Pick__c, COUNT(Id) FROM Thing__c GROUP BY ROLLUP(Flag__c, Pick__c)", "true|a|1, true|c|1, true|x|1, true|null|3, false|b|2, false|null|1, false|null|3, null|null|6"},
	{"SELECT Flag__c, Pick__c, GROUPING(Pick__c), COUNT(Id) FROM Thing__c GROUP BY ROLLUP(Flag__c, Pick__c) HAVING GROUPING(Flag__c) = 0 AND COUNT(Id) > 1", "true|null|1|3, false|b|0|2, false|null|1|3"},
	{"SELECT Flag__c, Pick__c, COUNT(Id) FROM Thing__c GROUP BY CUBE(Flag__c, Pick__c) HAVING GROUPING(Flag__c) = 1", "null|a|1, null|b|2, null|c|1, null|null|1, null|x|1, null|null|6"},
	{"SELECT Flag__c, SUM(Num__c) s FROM Thing__c GROUP BY CUBE(Flag__c) ORDER BY SUM(Num__c)", "true|3.0, false|999997.7501, null|1000000.7501"},
}

func TestGroupQueries(t *testing.T) {
	t.Parallel()
	runQueries(t, newThings(t, salesforcetest.Options{}), "/query", groupQueries)
}
