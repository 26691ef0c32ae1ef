package salesforcetest_test

import (
	"testing"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// Ids are the same in their short and in their long form.
var idQueries = []queryCase{
	{"SELECT Name FROM Thing__c WHERE Id = '{T1}'", "T1"},
	{"SELECT Name FROM Thing__c WHERE Id = '{T1:15}'", "T1"},
	{"SELECT Name FROM Thing__c WHERE Id IN ('{T1:15}', '{T2}', '{T1}')", "T1, T2"},
	{"SELECT Name FROM Thing__c WHERE Id != '{T1}'", "T2, T3, T4, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Id NOT IN ('{T1}', '{T6:15}')", "T2, T3, T4, T5"},
	{"SELECT Name FROM Thing__c WHERE Id > '{T3}' ORDER BY Id", "T4, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Id >= '{T3:15}'", "T3, T4, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Id < '{T3}' ORDER BY Id DESC", "T2, T1"},
	{"SELECT Name FROM Thing__c WHERE Id > '{T1}' AND Id <= '{T3}'", "T2, T3"},
	{"SELECT Name FROM Thing__c WHERE Id > '{T3}' AND Id < '{T2}'", ""},
	{"SELECT Name FROM Thing__c WHERE Id = '{Acme}'", ""},
	{"SELECT Name FROM Thing__c WHERE Id = ''", ""},
	{"SELECT Name FROM Thing__c WHERE Id = null", ""},
	{"SELECT Name FROM Thing__c WHERE Parent__c = '{T1}'", "T2, T3"},
	{"SELECT Name FROM Thing__c WHERE Parent__c = '{T1:15}' AND Flag__c = true", "T3"},
	{"SELECT Name FROM Thing__c WHERE Parent__c != '{T1}'", "T1, T4, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Parent__c IN ('{T1}', '{T5}')", "T2, T3, T6"},
	{"SELECT Name FROM Thing__c WHERE Parent__c IN ('{T1}', null)", "T1, T2, T3, T4"},
	{"SELECT Name FROM Thing__c WHERE Parent__c NOT IN ('{T1}', '{T2}')", "T1, T4, T6"},
	{"SELECT Name FROM Thing__c WHERE Parent__c = ''", "T1, T4"},
	{"SELECT Name FROM Thing__c WHERE Parent__r.Id = '{T1}'", "T2, T3"},
	{"SELECT Name FROM Thing__c WHERE Parent__r.Account__c = '{beta Corp}'", "T5"},
	{"SELECT Name FROM Account WHERE OwnerId = '{Rita Rep}'", "beta Corp"},
	{"SELECT Name FROM Account WHERE OwnerId = '{Rita Rep}' AND Id = '{Acme}'", ""},
	{"SELECT Name FROM Thing__c WHERE Case__c = 'Abc' AND Id > '{T1}'", ""},
	{"SELECT Name FROM Thing__c WHERE Id = '{T2}' OR Parent__c = '{T5}'", "T2, T6"},
	{"SELECT Id FROM Thing__c WHERE Name = 'none'", ""},
}

func TestIdQueries(t *testing.T) {
	t.Parallel()
	runQueries(t, newThings(t, salesforcetest.Options{}), "/query", idQueries)
}
