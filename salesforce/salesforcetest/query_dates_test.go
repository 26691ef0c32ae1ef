package salesforcetest_test

import (
	"testing"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// Date literals are spans of days in the zone of the user; weeks begin on
// Sunday.
var dateQueries = []queryCase{
	{"SELECT Name FROM Opportunity WHERE CloseDate = 2026-11-21", "O1"},
	{"SELECT Name FROM Opportunity WHERE CloseDate > 2026-11-21", "O3, O6, O8"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = TODAY", "O1"},
	{"SELECT Name FROM Opportunity WHERE CloseDate != TODAY AND Amount = 100", "O5"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = YESTERDAY", "O2"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = TOMORROW", "O3"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = THIS_WEEK", "O1, O2"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = LAST_WEEK", "O4"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = NEXT_WEEK", "O3"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = THIS_MONTH", "O1, O2, O3, O4"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = LAST_MONTH", "O5"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = NEXT_MONTH", "O6"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = THIS_QUARTER", "O1, O2, O3, O4, O5, O6"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = LAST_QUARTER", "O9"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = NEXT_QUARTER", "O8"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = LAST_YEAR", "O7"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = NEXT_YEAR", "O8"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = THIS_FISCAL_YEAR AND CloseDate > TODAY", "O3, O6"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = LAST_N_DAYS:1", "O1, O2"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = LAST_N_DAYS:7", "O1, O2, O4"},
	{"SELECT Name FROM Opportunity WHERE CloseDate < LAST_N_DAYS:7", "O5, O7, O9"},
	{"SELECT Name FROM Opportunity WHERE CloseDate >= LAST_N_DAYS:7", "O1, O2, O3, O4, O6, O8"},
	{"SELECT Name FROM Opportunity WHERE CloseDate <= LAST_N_DAYS:7", "O1, O2, O4, O5, O7, O9"},
	{"SELECT Name FROM Opportunity WHERE CloseDate > LAST_N_DAYS:7", "O3, O6, O8"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = NEXT_N_DAYS:1", "O3"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = LAST_90_DAYS", "O1, O2, O4, O5, O9"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = NEXT_90_DAYS", "O3, O6, O8"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = LAST_N_MONTHS:3", "O5, O9"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = LAST_N_WEEKS:1", "O4"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = NEXT_N_WEEKS:5", "O3, O6"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = N_DAYS_AGO:1", "O2"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = N_WEEKS_AGO:1", "O4"},
	{"SELECT Name FROM Opportunity WHERE CloseDate = N_YEARS_AGO:1", "O7"},
	{"SELECT Name FROM Opportunity WHERE CALENDAR_YEAR(CloseDate) = 2025", "O7"},
	{"SELECT Name FROM Opportunity WHERE CALENDAR_MONTH(CloseDate) = 11 AND DAY_IN_MONTH(CloseDate) < 21", "O2, O4"},
	{"SELECT Name FROM Account WHERE CreatedDate = TODAY", "Acme"},
	{"SELECT Name FROM Account WHERE CreatedDate = YESTERDAY", "beta Corp"},
	{"SELECT Name FROM Account WHERE CreatedDate = LAST_YEAR", `Delta's "best"`},
	{"SELECT Name FROM Account WHERE CreatedDate < 2026-11-21T08:00:00Z AND CreatedDate > 2026-11-20T00:00:00-08:00", "beta Corp"},
	{"SELECT Name FROM Account WHERE CreatedDate = 2026-11-21T10:00:00.000Z", "Acme"},
	{"SELECT Name FROM Account WHERE CreatedDate = 2026-11-21T11:00:00+01:00", "Acme"},
	{"SELECT Name FROM Account WHERE DAY_ONLY(convertTimezone(CreatedDate)) = 2026-11-20", "beta Corp"},
	{"SELECT Name FROM Account WHERE DAY_ONLY(CreatedDate) = 2026-11-21", "Acme, beta Corp"},
	{"SELECT Name FROM Visit__c WHERE At__c = 2026-11-21T15:00:00Z", "V1"},

	// Dates
	{"SELECT Name FROM Thing__c WHERE Day__c = TODAY", "T1"},
	{"SELECT Name FROM Thing__c WHERE Day__c = today", "T1"},
	{"SELECT Name FROM Thing__c WHERE Day__c = THIS_YEAR", "T1, T2, T3, T5"},
	{"SELECT Name FROM Thing__c WHERE Day__c = NEXT_YEAR", "T6"},
	{"SELECT Name FROM Thing__c WHERE Day__c = LAST_N_YEARS:2", "T4"},
	{"SELECT Name FROM Thing__c WHERE Day__c = NEXT_N_YEARS:1", "T6"},
	{"SELECT Name FROM Thing__c WHERE Day__c = N_YEARS_AGO:2", "T4"},
	{"SELECT Name FROM Thing__c WHERE Day__c = THIS_MONTH", "T1, T2"},
	{"SELECT Name FROM Thing__c WHERE Day__c = NEXT_N_MONTHS:2", "T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Day__c = N_MONTHS_AGO:10", "T3"},
	{"SELECT Name FROM Thing__c WHERE Day__c = N_QUARTERS_AGO:3", "T3"},
	{"SELECT Name FROM Thing__c WHERE Day__c = LAST_N_QUARTERS:3", "T3"},
	{"SELECT Name FROM Thing__c WHERE Day__c = NEXT_N_QUARTERS:1", "T6"},
	{"SELECT Name FROM Thing__c WHERE Day__c = NEXT_N_DAYS:40", "T5"},
	{"SELECT Name FROM Thing__c WHERE Day__c = NEXT_N_DAYS:41", "T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Day__c = NEXT_90_DAYS", "T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Day__c = N_DAYS_AGO:0", "T1"},
	{"SELECT Name FROM Thing__c WHERE Day__c != TODAY", "T2, T3, T4, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Day__c >= TODAY", "T1, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Day__c <= YESTERDAY", "T2, T3, T4"},
	{"SELECT Name FROM Thing__c WHERE Day__c < THIS_YEAR", "T4"},
	{"SELECT Name FROM Thing__c WHERE Day__c <= THIS_YEAR", "T1, T2, T3, T4, T5"},
	{"SELECT Name FROM Thing__c WHERE Day__c > THIS_YEAR", "T6"},
	{"SELECT Name FROM Thing__c WHERE Day__c >= THIS_YEAR", "T1, T2, T3, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Day__c = 2024-02-29", "T4"},
	{"SELECT Name FROM Thing__c WHERE Day__c IN (2024-02-29, 2027-01-01)", "T4, T6"},
	{"SELECT Name FROM Thing__c WHERE Day__c NOT IN (2024-02-29, 2027-01-01)", "T1, T2, T3, T5"},
	{"SELECT Day__c, At__c, Clock__c FROM Thing__c WHERE Name = 'T2'", "2026-11-20|2026-11-21T07:59:59.000+0000|17:30:00.000Z"},

	// Instants
	{"SELECT Name FROM Thing__c WHERE At__c = TODAY", "T1"},
	{"SELECT Name FROM Thing__c WHERE At__c = YESTERDAY", "T2"},
	{"SELECT Name FROM Thing__c WHERE At__c = THIS_YEAR", "T1, T2, T3, T5"},
	{"SELECT Name FROM Thing__c WHERE At__c = NEXT_YEAR", "T6"},
	{"SELECT Name FROM Thing__c WHERE At__c < TODAY", "T2, T3, T4"},
	{"SELECT Name FROM Thing__c WHERE At__c > TODAY", "T5, T6"},
	{"SELECT Name FROM Thing__c WHERE At__c = 2026-11-21T07:59:59Z", "T2"},
	{"SELECT Name FROM Thing__c WHERE At__c = 2026-11-20T23:59:59.000-08:00", "T2"},
	{"SELECT Name FROM Thing__c WHERE At__c = 2026-11-21T08:59:59+0100", "T2"},
	{"SELECT Name FROM Thing__c WHERE At__c >= 2027-01-01T00:00:00-08:00", "T6"},
	{"SELECT Name FROM Thing__c WHERE At__c <= 2026-01-31T08:00:00.000Z", "T3, T4"},
	{"SELECT Name FROM Thing__c WHERE At__c < 2026-01-31T08:00:00.000Z", "T4"},
	{"SELECT Name FROM Thing__c WHERE At__c IN (2026-01-31T08:00:00Z, 2024-02-29T12:00:00Z)", "T3, T4"},

	// Times of the day
	{"SELECT Name FROM Thing__c WHERE Clock__c = 08:00:00Z", "T1"},
	{"SELECT Name FROM Thing__c WHERE Clock__c > 08:00:00.000Z", "T2"},
	{"SELECT Name FROM Thing__c WHERE Clock__c < 12:00:00Z", "T1, T4"},
	{"SELECT Name FROM Thing__c WHERE Clock__c = null", "T3, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Clock__c != 00:00:00Z", "T1, T2, T3, T5, T6"},
}

func TestDateQueries(t *testing.T) {
	t.Parallel()
	runQueries(t, newThings(t, salesforcetest.Options{}), "/query", dateQueries)
}
