package salesforcetest_test

import (
	"testing"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// Functions of dates count in UTC unless convertTimezone asks for the zone of
// the user.
var functionQueries = []queryCase{
	// Parts of dates
	{"SELECT Name FROM Thing__c WHERE CALENDAR_YEAR(Day__c) = 2026", "T1, T2, T3, T5"},
	{"SELECT Name FROM Thing__c WHERE CALENDAR_QUARTER(Day__c) = 1", "T3, T4, T6"},
	{"SELECT Name FROM Thing__c WHERE CALENDAR_MONTH(Day__c) IN (1, 2)", "T3, T4, T6"},
	{"SELECT Name FROM Thing__c WHERE DAY_IN_MONTH(Day__c) > 29", "T3, T5"},
	{"SELECT Name FROM Thing__c WHERE DAY_IN_WEEK(Day__c) = 7", "T1, T3"},
	{"SELECT Name FROM Thing__c WHERE DAY_IN_YEAR(Day__c) = 60", "T4"},
	{"SELECT Name FROM Thing__c WHERE DAY_IN_YEAR(Day__c) = 31", "T3"},
	{"SELECT Name FROM Thing__c WHERE WEEK_IN_MONTH(Day__c) = 3", "T1, T2"},
	{"SELECT Name FROM Thing__c WHERE WEEK_IN_YEAR(Day__c) = 1", "T6"},
	{"SELECT Name FROM Thing__c WHERE HOUR_IN_DAY(At__c) = 15", "T1"},
	{"SELECT Name FROM Thing__c WHERE HOUR_IN_DAY(convertTimezone(At__c)) = 7", "T1"},
	{"SELECT Name FROM Thing__c WHERE HOUR_IN_DAY(convertTimezone(At__c)) = 23", "T2, T5"},
	{"SELECT Name FROM Thing__c WHERE CALENDAR_YEAR(At__c) = 2027", "T5, T6"},
	{"SELECT Name FROM Thing__c WHERE CALENDAR_YEAR(convertTimezone(At__c)) = 2027", "T6"},
	{"SELECT Name FROM Thing__c WHERE DAY_ONLY(At__c) = 2026-11-21", "T1, T2"},
	{"SELECT Name FROM Thing__c WHERE DAY_ONLY(convertTimezone(At__c)) = 2026-11-20", "T2"},
	{"SELECT Name FROM Thing__c WHERE FISCAL_YEAR(Day__c) = 2026 AND FISCAL_QUARTER(Day__c) = 4 AND FISCAL_MONTH(Day__c) = 11", "T1, T2"},
	{"SELECT Name FROM Thing__c WHERE CALENDAR_YEAR(Parent__r.Day__c) = 2026", "T2, T3, T5, T6"},
	{"SELECT Name FROM Thing__c ORDER BY CALENDAR_MONTH(Day__c), Name", "T3, T6, T4, T1, T2, T5"},

	// Values for people, by the user's locale
	{"SELECT FORMAT(Num__c) a, FORMAT(Money__c) b, FORMAT(Int__c) c, FORMAT(Day__c) d FROM Thing__c WHERE Name = 'T5'", "1,000,000.0001|$99,999,999.99|99,999|12/31/2026"},
	{"SELECT FORMAT(At__c) a FROM Thing__c WHERE Name = 'T1'", "11/21/2026, 7:30 AM"},
	{"SELECT FORMAT(Num__c), FORMAT(Text__c) t FROM Thing__c WHERE Name = 'T4'", "null|null"},
	{"SELECT FORMAT(convertCurrency(Money__c)) m, convertCurrency(Money__c) FROM Thing__c WHERE Name = 'T2'", "$20.50|20.5"},

	// Distances
	{"SELECT Name FROM Thing__c WHERE DISTANCE(Place__c, GEOLOCATION(52.52, 13.405), 'km') < 500", "T1"},
	{"SELECT Name FROM Thing__c WHERE DISTANCE(Place__c, GEOLOCATION(52.52, 13.405), 'km') < 510", "T1, T2"},
	{"SELECT Name FROM Thing__c WHERE DISTANCE(Place__c, GEOLOCATION(52.52, 13.405), 'mi') < 320", "T1, T2"},
	{"SELECT Name FROM Thing__c WHERE DISTANCE(Place__c, GEOLOCATION(52.52, 13.405), 'mi') < 300", "T1"},
	{"SELECT Name FROM Thing__c WHERE DISTANCE(Place__c, GEOLOCATION(52.52, 13.405), 'km') > 500", "T2, T3"},
	{"SELECT Name FROM Thing__c WHERE DISTANCE(Place__c, GEOLOCATION(52.52, 13.405), 'km') > 0 ORDER BY DISTANCE(Place__c, GEOLOCATION(0, 0), 'km')", "T2, T3"},
	{"SELECT Name FROM Thing__c WHERE Place__Latitude__s != null ORDER BY DISTANCE(Place__c, GEOLOCATION(52.52, 13.405), 'km') DESC", "T3, T2, T1"},
	{"SELECT DISTANCE(Place__c, GEOLOCATION(52.52, 13.405), 'km') FROM Thing__c WHERE Name IN ('T1', 'T4')", "0.0, null"},
	{"SELECT Place__c, Place__Latitude__s FROM Thing__c WHERE Name = 'T1'", "{latitude:52.52 longitude:13.405}|52.52"},
	{"SELECT Address FROM Lead WHERE DISTANCE(Address, GEOLOCATION(52.52, 13.405), 'km') < 30", "{city:Potsdam latitude:52.4 longitude:13.06}"},
	{"SELECT Name FROM Lead WHERE DISTANCE(Address, GEOLOCATION(52.52, 13.405), 'km') < 20", ""},
}

func TestFunctionQueries(t *testing.T) {
	t.Parallel()
	runQueries(t, newThings(t, salesforcetest.Options{}), "/query", functionQueries)
}
