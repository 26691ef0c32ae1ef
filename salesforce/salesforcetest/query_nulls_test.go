package salesforcetest_test

import (
	"testing"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// Null equals null and nothing else, is neither less nor more than a value, and
// is kept by != and NOT.
var nullQueries = []queryCase{
	{"SELECT Name FROM Account WHERE Number__c = 'a-1'", "Acme"},
	{"SELECT Name FROM Account WHERE Number__c IN ('A-1', 'A-2') AND ZEP__c = false", "beta Corp"},
	{"SELECT Name FROM Account WHERE Number__c = null", `Gamma_100%, Delta's "best"`},
	{"SELECT Name FROM Contact WHERE AccountId = null", "Solo"},
	{"SELECT Name FROM Contact WHERE AccountId != null", "Ann Lee, Ng, Kim"},
	{"SELECT Subject FROM Task WHERE What.Name = 'Acme'", "T1"},
	{"SELECT Subject FROM Task WHERE What.Type = 'Account' AND IsClosed = false", "T2"},
	{"SELECT Subject FROM Task WHERE WhatId = null", "T3"},

	// Fields without a value
	{"SELECT Name FROM Thing__c WHERE Text__c = null", "T4"},
	{"SELECT Name FROM Thing__c WHERE Text__c != null", "T1, T2, T3, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Num__c = null", "T4"},
	{"SELECT Name FROM Thing__c WHERE Num__c != null", "T1, T2, T3, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Num__c IN (null)", "T4"},
	{"SELECT Name FROM Thing__c WHERE Num__c NOT IN (null)", "T1, T2, T3, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Int__c = null", "T3"},
	{"SELECT Name FROM Thing__c WHERE Num__c < 5 OR Num__c = null", "T1, T2, T3, T4, T6"},
	{"SELECT Name FROM Thing__c WHERE NOT Num__c > 0", "T2, T3, T4"},
	{"SELECT Name FROM Thing__c WHERE Text__c = NULL AND Day__c != NULL", "T4"},

	// Parents that are not there
	{"SELECT Name FROM Thing__c WHERE Account__r.Name = null", "T3, T4, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Account__r.Name != null", "T1, T2"},
	{"SELECT Name FROM Thing__c WHERE Account__r.Name != 'Acme'", "T2, T3, T4, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Account__r.Name NOT IN ('Acme')", "T2, T3, T4, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Parent__r.Num__c < 0", "T5"},
	{"SELECT Name FROM Thing__c WHERE Parent__r.Num__c != 1.5", "T1, T4, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE NOT Parent__r.Num__c = 1.5", "T1, T4, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Parent__r.Flag__c = true", "T2, T3"},
	{"SELECT Name FROM Thing__c WHERE Parent__r.Flag__c = false", "T1, T4, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Account__r.Name = null OR Account__r.Industry = 'Energy'", "T2, T3, T4, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Parent__r.Parent__r.Name = null", "T1, T2, T3, T4"},
	{"SELECT Name FROM Thing__c WHERE Parent__r.Parent__c = null AND Parent__c != null", "T2, T3"},
	{"SELECT Text__c, Num__c, Pick__c, Multi__c, Place__c, Account__c, Account__r.Name FROM Thing__c WHERE Name = 'T4'", "null|null|null|null|null|null|null"},
}

func TestNullQueries(t *testing.T) {
	t.Parallel()
	runQueries(t, newThings(t, salesforcetest.Options{}), "/query", nullQueries)
}
