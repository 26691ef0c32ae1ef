package salesforcetest_test

import (
	"testing"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// Numbers compare by value, however they are written; null is neither less nor
// more than any.
var numberQueries = []queryCase{
	{"SELECT Name FROM Account WHERE AnnualRevenue = 1000000", `Acme, Delta's "best"`},
	{"SELECT Name FROM Account WHERE AnnualRevenue = 1000000.00", `Acme, Delta's "best"`},
	{"SELECT Name FROM Account WHERE AnnualRevenue != 1000000", "beta Corp, Gamma_100%"},
	{"SELECT Name FROM Account WHERE AnnualRevenue > 250", `Acme, Delta's "best"`},
	{"SELECT Name FROM Account WHERE AnnualRevenue >= 250", `Acme, Gamma_100%, Delta's "best"`},
	{"SELECT Name FROM Account WHERE AnnualRevenue < 251", "Gamma_100%"},
	{"SELECT Name FROM Account WHERE AnnualRevenue = null", "beta Corp"},
	{"SELECT Name FROM Account WHERE AnnualRevenue > -1", `Acme, Gamma_100%, Delta's "best"`},
	{"SELECT Name FROM Opportunity WHERE Amount = 200.50", "O2"},
	{"SELECT Name FROM Opportunity WHERE Amount > 200.49 AND Amount < 200.51", "O2"},
	{"SELECT Name FROM Account WHERE NumberOfEmployees IN (5, 50)", `Acme, Delta's "best"`},
	{"SELECT Name FROM Account WHERE NumberOfEmployees NOT IN (5)", "Acme, beta Corp, Gamma_100%"},
	{"SELECT Name FROM Account WHERE ZEP__c = true", "Acme, Gamma_100%"},
	{"SELECT Name FROM Account WHERE ZEP__c != TRUE", `beta Corp, Delta's "best"`},
	{"SELECT Name FROM Account WHERE ZEP__c = false AND Industry = 'Energy'", "beta Corp"},
	{"SELECT Name FROM Opportunity WHERE IsWon = true", "O1, O8"},
	{"SELECT Name FROM Opportunity WHERE IsClosed = true", "O1, O4, O8"},

	// Numbers of all sorts
	{"SELECT Name FROM Thing__c WHERE Num__c = 1.5", "T1, T6"},
	{"SELECT Name FROM Thing__c WHERE Num__c = 1.5000", "T1, T6"},
	{"SELECT Name FROM Thing__c WHERE Num__c = -2.25", "T2"},
	{"SELECT Name FROM Thing__c WHERE Num__c > 0", "T1, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Num__c >= 0", "T1, T3, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Num__c < 0", "T2"},
	{"SELECT Name FROM Thing__c WHERE Num__c <= 0", "T2, T3"},
	{"SELECT Name FROM Thing__c WHERE Num__c != 1.5", "T2, T3, T4, T5"},
	{"SELECT Name FROM Thing__c WHERE Num__c = 1000000.0001", "T5"},
	{"SELECT Name FROM Thing__c WHERE Num__c > 1000000", "T5"},
	{"SELECT Name FROM Thing__c WHERE Num__c IN (0, -2.25)", "T2, T3"},
	{"SELECT Name FROM Thing__c WHERE Num__c NOT IN (1.5, 0)", "T2, T4, T5"},
	{"SELECT Name FROM Thing__c WHERE Int__c > 1", "T2, T5"},
	{"SELECT Name FROM Thing__c WHERE Int__c < 1", "T4"},
	{"SELECT Name FROM Thing__c WHERE Int__c > 1.5", "T2, T5"},
	{"SELECT Name FROM Thing__c WHERE Pct__c >= 12.5", "T1, T2"},
	{"SELECT Num__c, Int__c, Money__c, Pct__c FROM Thing__c WHERE Name = 'T1'", "1.5|1|10.0|50.0"},
	{"SELECT Num__c, Int__c, Money__c, Pct__c FROM Thing__c WHERE Name = 'T5'", "1000000.0001|99999|99999999.99|null"},
	{"SELECT Num__c, Int__c FROM Thing__c WHERE Name = 'T4'", "null|-7"},

	// Amounts in the currency of the org
	{"SELECT Name FROM Thing__c WHERE Money__c = USD20.50", "T2"},
	{"SELECT Name FROM Thing__c WHERE Money__c > USD15", "T2, T5"},
	{"SELECT Name FROM Thing__c WHERE Money__c IN (USD10, 0)", "T1, T3"},
	{"SELECT Name FROM Thing__c WHERE Money__c = 20.5", "T2"},

	// Checkboxes
	{"SELECT Name FROM Thing__c WHERE Flag__c = true", "T1, T3, T6"},
	{"SELECT Name FROM Thing__c WHERE Flag__c = FALSE", "T2, T4, T5"},
	{"SELECT Name FROM Thing__c WHERE Flag__c != true", "T2, T4, T5"},
	{"SELECT Flag__c FROM Thing__c WHERE Name IN ('T1', 'T2')", "true, false"},
}

func TestNumberQueries(t *testing.T) {
	t.Parallel()
	runQueries(t, newThings(t, salesforcetest.Options{}), "/query", numberQueries)
}
