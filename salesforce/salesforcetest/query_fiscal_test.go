package salesforcetest_test

import (
	"testing"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// In an org whose fiscal year begins in April and is called by the year in which
// it ends.
var fiscalQueries = []queryCase{
	{"SELECT Name FROM Thing__c WHERE Day__c = THIS_FISCAL_YEAR", "T1, T2, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Day__c = LAST_FISCAL_YEAR", "T3"},
	{"SELECT Name FROM Thing__c WHERE Day__c = NEXT_FISCAL_YEAR", ""},
	{"SELECT Name FROM Thing__c WHERE Day__c = THIS_FISCAL_QUARTER", "T1, T2, T5"},
	{"SELECT Name FROM Thing__c WHERE Day__c = NEXT_FISCAL_QUARTER", "T6"},
	{"SELECT Name FROM Thing__c WHERE Day__c = N_FISCAL_QUARTERS_AGO:3", "T3"},
	{"SELECT Name FROM Thing__c WHERE Day__c = LAST_N_FISCAL_QUARTERS:3", "T3"},
	{"SELECT Name FROM Thing__c WHERE Day__c = LAST_N_FISCAL_YEARS:3", "T3, T4"},
	{"SELECT Name FROM Thing__c WHERE Day__c = N_FISCAL_YEARS_AGO:3", "T4"},
	{"SELECT Name FROM Thing__c WHERE Day__c = NEXT_N_FISCAL_QUARTERS:2", "T6"},
	{"SELECT Name FROM Thing__c WHERE FISCAL_YEAR(Day__c) = 2027", "T1, T2, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE FISCAL_QUARTER(Day__c) = 3", "T1, T2, T5"},
	{"SELECT Name FROM Thing__c WHERE FISCAL_QUARTER(Day__c) = 4", "T3, T4, T6"},
	{"SELECT Name FROM Thing__c WHERE FISCAL_MONTH(Day__c) = 9", "T5"},
	{"SELECT Name FROM Thing__c WHERE CALENDAR_QUARTER(Day__c) = 4", "T1, T2, T5"},
}

func TestFiscalQueries(t *testing.T) {
	t.Parallel()
	org := newThings(t, salesforcetest.Options{})
	org.Update(org.Credentials().OrgID, map[string]any{"FiscalYearStartMonth": 4})
	runQueries(t, org, "/query", fiscalQueries)
}
