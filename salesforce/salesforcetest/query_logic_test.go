package salesforcetest_test

import (
	"testing"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// AND and OR join conditions; NOT turns one around.
var logicQueries = []queryCase{
	{"SELECT Name FROM Account WHERE Industry = 'Banking' AND NumberOfEmployees = 5", `Delta's "best"`},
	{"SELECT Name FROM Account WHERE Industry = 'Energy' OR AnnualRevenue = 250", "beta Corp, Gamma_100%"},
	{"SELECT Name FROM Account WHERE (Industry = 'Energy' OR AnnualRevenue = 250) AND ZEP__c = true", "Gamma_100%"},
	{"SELECT Name FROM Account WHERE ZEP__c = true AND (NOT Industry = 'Banking')", "Gamma_100%"},
	{"SELECT Name FROM Account WHERE NOT Industry = 'Banking'", "beta Corp, Gamma_100%"},
	{"SELECT Name FROM Account WHERE NOT (AnnualRevenue > 250)", "beta Corp, Gamma_100%"},
	{"SELECT Name FROM Account WHERE Name IN ('acme', 'BETA CORP', 'nobody')", "Acme, beta Corp"},
	{"SELECT Name FROM Account WHERE Industry IN ('Energy', null)", "beta Corp, Gamma_100%"},
	{"SELECT Name FROM Account WHERE Industry IN ('Energy', '')", "beta Corp, Gamma_100%"},
	{"SELECT Name FROM Account WHERE Industry NOT IN ('Banking')", "beta Corp, Gamma_100%"},
	{"SELECT Name FROM Account WHERE Industry NOT IN ('Banking', null)", "beta Corp"},
	{"SELECT Name FROM Opportunity WHERE CloseDate IN (2026-11-21, 2026-11-22)", "O1, O3"},

	// Conditions within conditions
	{"SELECT Name FROM Thing__c WHERE Flag__c = true AND Num__c = 1.5 AND Int__c = 1", "T1, T6"},
	{"SELECT Name FROM Thing__c WHERE Name = 'T1' OR Name = 'T2' OR Name = 'T9'", "T1, T2"},
	{"SELECT Name FROM Thing__c WHERE (Name = 'T1' OR Name = 'T2') AND (Flag__c = true OR Int__c = 2)", "T1, T2"},
	{"SELECT Name FROM Thing__c WHERE (Name = 'T1' AND Flag__c = false) OR (Name = 'T2' AND Flag__c = false)", "T2"},
	{"SELECT Name FROM Thing__c WHERE NOT (Flag__c = true OR Num__c < 0)", "T4, T5"},
	{"SELECT Name FROM Thing__c WHERE (NOT Flag__c = true) AND (NOT Num__c < 0)", "T4, T5"},
	{"SELECT Name FROM Thing__c WHERE NOT (NOT Flag__c = true)", "T1, T3, T6"},
	{"SELECT Name FROM Thing__c WHERE ((((Name = 'T1'))))", "T1"},
	{"SELECT Name FROM Thing__c WHERE NOT Name IN ('T1', 'T2')", "T3, T4, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Num__c >= -2.25 AND Num__c <= 0", "T2, T3"},
	{"SELECT COUNT() FROM Thing__c WHERE Flag__c = true AND Flag__c = false", "#0"},
}

func TestLogicQueries(t *testing.T) {
	t.Parallel()
	runQueries(t, newThings(t, salesforcetest.Options{}), "/query", logicQueries)
}
