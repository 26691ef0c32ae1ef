package salesforcetest_test

import (
	"testing"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// Picklists compare by their values, not by their labels, and sort in the order
// of their lists.
var picklistQueries = []queryCase{
	{"SELECT Name FROM Account WHERE Interests__c INCLUDES ('Roof')", "Acme"},
	{"SELECT Name FROM Account WHERE Interests__c INCLUDES ('roof;windows')", "Acme"},
	{"SELECT Name FROM Account WHERE Interests__c INCLUDES ('Roof;Doors')", ""},
	{"SELECT Name FROM Account WHERE Interests__c INCLUDES ('Roof;Doors', 'Doors')", "beta Corp"},
	{"SELECT Name FROM Account WHERE Interests__c EXCLUDES ('Roof')", `beta Corp, Gamma_100%, Delta's "best"`},
	{"SELECT Name FROM Account WHERE Interests__c = 'Windows;Roof'", "Acme"},

	// Picklists
	{"SELECT Name FROM Thing__c WHERE Pick__c = 'a'", "T1"},
	{"SELECT Name FROM Thing__c WHERE Pick__c = 'A'", "T1"},
	{"SELECT Name FROM Thing__c WHERE Pick__c = 'Alpha'", ""},
	{"SELECT Name FROM Thing__c WHERE toLabel(Pick__c) = 'Alpha'", "T1"},
	{"SELECT Name FROM Thing__c WHERE toLabel(Pick__c) LIKE 'be%'", "T2, T5"},
	{"SELECT Name FROM Thing__c WHERE Pick__c != 'b'", "T1, T3, T4, T6"},
	{"SELECT Name FROM Thing__c WHERE Pick__c IN ('a', 'x')", "T1, T6"},
	{"SELECT Name FROM Thing__c WHERE Pick__c = null", "T4"},
	{"SELECT Name FROM Thing__c WHERE Pick__c LIKE 'B%'", "T2, T5"},
	{"SELECT Name FROM Thing__c ORDER BY Pick__c, Name", "T4, T3, T1, T2, T5, T6"},
	{"SELECT Name FROM Thing__c ORDER BY Pick__c DESC NULLS LAST, Name", "T6, T2, T5, T1, T3, T4"},
	{"SELECT toLabel(Pick__c) FROM Thing__c", "Alpha, Beta, Gamma, null, Beta, x"},
	{"SELECT toLabel(Pick__c) label, Pick__c FROM Thing__c WHERE Name = 'T3'", "Gamma|c"},

	// Multi-select picklists
	{"SELECT Name FROM Thing__c WHERE Multi__c INCLUDES ('A')", "T1, T3"},
	{"SELECT Name FROM Thing__c WHERE Multi__c INCLUDES ('A;B')", "T1"},
	{"SELECT Name FROM Thing__c WHERE Multi__c INCLUDES ('A;B', 'C')", "T1, T3, T5"},
	{"SELECT Name FROM Thing__c WHERE Multi__c INCLUDES ('B')", "T1, T2"},
	{"SELECT Name FROM Thing__c WHERE Multi__c INCLUDES ('A;B;C')", ""},
	{"SELECT Name FROM Thing__c WHERE Multi__c EXCLUDES ('A')", "T2, T4, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Multi__c EXCLUDES ('A', 'C')", "T2, T4, T6"},
	{"SELECT Name FROM Thing__c WHERE Multi__c EXCLUDES ('A;C')", "T1, T2, T4, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Multi__c = 'A;B'", "T1"},
	{"SELECT Name FROM Thing__c WHERE Multi__c = 'B'", "T2"},
	{"SELECT Name FROM Thing__c WHERE Multi__c != 'B'", "T1, T3, T4, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Multi__c = null", "T4, T6"},
	{"SELECT Multi__c, toLabel(Multi__c) labels FROM Thing__c WHERE Name = 'T3'", "A;C|Anton;Cäsar"},
}

func TestPicklistQueries(t *testing.T) {
	t.Parallel()
	runQueries(t, newThings(t, salesforcetest.Options{}), "/query", picklistQueries)
}
