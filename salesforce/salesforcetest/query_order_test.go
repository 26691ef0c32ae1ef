package salesforcetest_test

import (
	"testing"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// Nulls come first, whatever the direction; what the order leaves open is sorted
// by id.
var orderQueries = []queryCase{
	{"SELECT Name FROM Account ORDER BY Name", `Acme, beta Corp, Delta's "best", Gamma_100%`},
	{"SELECT Name FROM Account ORDER BY Name DESC", `Gamma_100%, Delta's "best", beta Corp, Acme`},
	{"SELECT Name FROM Account ORDER BY AnnualRevenue, Name", `beta Corp, Gamma_100%, Acme, Delta's "best"`},
	{"SELECT Name FROM Account ORDER BY AnnualRevenue DESC, Name DESC", `beta Corp, Delta's "best", Acme, Gamma_100%`},
	{"SELECT Name FROM Account ORDER BY AnnualRevenue DESC NULLS LAST, Name", `Acme, Delta's "best", Gamma_100%, beta Corp`},
	{"SELECT Name FROM Account ORDER BY Parent.Name NULLS FIRST, Name LIMIT 2", `Acme, Delta's "best"`},
	{"SELECT Name FROM Account ORDER BY Parent.Name NULLS LAST LIMIT 1", "beta Corp"},
	{"SELECT Name FROM Account ORDER BY Tier__c NULLS LAST", `beta Corp, Acme, Gamma_100%, Delta's "best"`},
	{"SELECT Name FROM Account ORDER BY CreatedDate LIMIT 2", `Delta's "best", Gamma_100%`},
	{"SELECT Name FROM Account ORDER BY Name LIMIT 2 OFFSET 1", `beta Corp, Delta's "best"`},
	{"SELECT Name FROM Account ORDER BY Name OFFSET 3", "Gamma_100%"},
	{"SELECT Name FROM Account LIMIT 0", ""},
	{"SELECT Name FROM Account ORDER BY Id DESC LIMIT 1", `Delta's "best"`},
	{"SELECT Name FROM Opportunity ORDER BY CloseDate LIMIT 3", "O7, O9, O5"},
	{"SELECT Name FROM Opportunity WHERE Amount != null ORDER BY Amount, Name LIMIT 4", "O7, O8, O9, O4"},
	{"SELECT Name FROM Opportunity WHERE CloseDate >= 2026-11-20 ORDER BY StageName, Name", "O2, O6, O3, O1, O8"},

	// By values of all sorts
	{"SELECT Name FROM Thing__c ORDER BY Num__c, Name", "T4, T2, T3, T1, T6, T5"},
	{"SELECT Name FROM Thing__c ORDER BY Num__c DESC NULLS LAST, Name", "T5, T1, T6, T3, T2, T4"},
	{"SELECT Name FROM Thing__c ORDER BY Num__c DESC, Name DESC", "T4, T5, T6, T1, T3, T2"},
	{"SELECT Name FROM Thing__c ORDER BY Text__c", "T4, T5, T1, T3, T6, T2"},
	{"SELECT Name FROM Thing__c ORDER BY Flag__c, Name", "T2, T4, T5, T1, T3, T6"},
	{"SELECT Name FROM Thing__c ORDER BY Day__c DESC LIMIT 2", "T6, T5"},
	{"SELECT Name FROM Thing__c ORDER BY At__c ASC NULLS FIRST LIMIT 3", "T4, T3, T2"},
	{"SELECT Name FROM Thing__c ORDER BY Clock__c NULLS LAST, Name", "T4, T1, T2, T3, T5, T6"},
	{"SELECT Name FROM Thing__c ORDER BY Parent__c NULLS LAST", "T2, T3, T5, T6, T1, T4"},
	{"SELECT Name FROM Thing__c ORDER BY SystemModstamp, Id", "T1, T2, T3, T4, T5, T6"},
	{"SELECT Name FROM Thing__c ORDER BY SystemModstamp DESC, Name DESC LIMIT 2", "T6, T5"},

	// Parts of the result
	{"SELECT Name FROM Thing__c LIMIT 2", "T1, T2"},
	{"SELECT Name FROM Thing__c LIMIT 0", ""},
	{"SELECT Name FROM Thing__c LIMIT 2 OFFSET 5", "T6"},
	{"SELECT Name FROM Thing__c LIMIT 2 OFFSET 6", ""},
	{"SELECT Name FROM Thing__c OFFSET 2000", ""},
	{"SELECT Name FROM Thing__c WHERE Flag__c = true ORDER BY Name DESC LIMIT 2", "T6, T3"},
	{"SELECT Name FROM Thing__c WHERE Flag__c = true ORDER BY Name LIMIT 1 OFFSET 1", "T3"},
}

func TestOrderQueries(t *testing.T) {
	t.Parallel()
	runQueries(t, newThings(t, salesforcetest.Options{}), "/query", orderQueries)
}
