package salesforcetest_test

import (
	"testing"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// Paths lead over up to five parents; the keys of the result have the spelling
// of the API.
var parentQueries = []queryCase{
	{"SELECT Name FROM Account WHERE Parent.Name = 'Acme'", "beta Corp"},
	{"SELECT Name FROM Account WHERE Parent.Name = null", `Acme, Gamma_100%, Delta's "best"`},
	{"SELECT Name FROM Account WHERE Parent.Industry != 'Banking'", `Acme, Gamma_100%, Delta's "best"`},
	{"SELECT Name FROM Contact WHERE Account.Parent.Name = 'Acme'", "Ng"},
	{"SELECT Name FROM Contact WHERE Account.ZEP__c = true", "Ann Lee, Kim"},
	{"SELECT Name FROM Contact WHERE Account.Name = null", "Solo"},
	{"SELECT Name FROM Contact WHERE Account.Name = null OR Account.Industry = 'Energy'", "Ng, Solo"},
	{"SELECT Name FROM Contact WHERE Owner.Name = 'Rita Rep'", "Ng"},
	{"SELECT Name FROM Contact WHERE Account.Owner.Username = 'rep@example.com'", "Ng"},
	{"SELECT Name FROM Visit__c WHERE Account__r.Name = 'Acme'", "V1, V2"},
	{"SELECT Name FROM Contact WHERE Contact.LastName = 'Ng'", "Ng"},
	{"SELECT Name FROM Contact c WHERE c.LastName = 'Ng' AND c.Account.Name LIKE 'b%'", "Ng"},

	// In the select list
	{"SELECT Name, Parent__r.Name FROM Thing__c WHERE Name = 'T2'", "T2|(T1)"},
	{"SELECT Name, Parent__r.Name FROM Thing__c WHERE Name = 'T1'", "T1|null"},
	{"SELECT Parent__r.Name, Parent__r.Num__c, Parent__r.Account__r.Name FROM Thing__c WHERE Name = 'T5'", "(T2|-2.25|(beta Corp))"},
	{"SELECT Parent__r.Parent__r.Name FROM Thing__c WHERE Name = 'T5'", "((T1))"},
	{"SELECT Parent__r.Parent__r.Parent__r.Parent__r.Parent__r.Name FROM Thing__c WHERE Name = 'T6'", "(((null)))"},
	{"SELECT Parent__r.Name, Name, Parent__r.Int__c FROM Thing__c WHERE Name = 'T3'", "(T1|1)|T3"},
	{"SELECT Owner.Name, CreatedBy.Username FROM Thing__c WHERE Name = 'T1'", "(Ada Admin)|(user@example.com)"},
	{"SELECT PARENT__R.NAME FROM THING__C WHERE parent__r.name = 't1'", "(T1), (T1)"},
	{"SELECT Thing__c.Name, Thing__c.Parent__r.Name FROM Thing__c WHERE Thing__c.Name = 'T2'", "T2|(T1)"},

	// In filters and in the order
	{"SELECT Name FROM Thing__c WHERE Parent__r.Name = 'T1'", "T2, T3"},
	{"SELECT Name FROM Thing__c WHERE Parent__r.Parent__r.Parent__r.Name = 'T1'", "T6"},
	{"SELECT Name FROM Thing__c WHERE Account__r.Owner.Name = 'Rita Rep'", "T2"},
	{"SELECT Name FROM Thing__c WHERE Parent__r.Pick__c IN ('a', 'b')", "T2, T3, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Parent__r.Multi__c INCLUDES ('A')", "T2, T3"},
	{"SELECT Name FROM Thing__c WHERE Parent__r.Day__c = TODAY", "T2, T3"},
	{"SELECT Name FROM Thing__c ORDER BY Parent__r.Name NULLS LAST, Name", "T2, T3, T5, T6, T1, T4"},
	{"SELECT Name FROM Thing__c ORDER BY Account__r.Name DESC NULLS LAST, Name LIMIT 2", "T2, T1"},

	// Names for parents
	{"SELECT t.Name FROM Thing__c t, t.Parent__r p WHERE p.Name = 'T1'", "T2, T3"},
	{"SELECT t.Name, g.Name FROM Thing__c t, t.Parent__r p, p.Parent__r g WHERE g.Name = 'T1'", "T5|((T1))"},
	{"SELECT t.Name FROM Thing__c AS t, t.Account__r a, a.Owner o WHERE o.LastName = 'Rep'", "T2"},
	{"SELECT COUNT() FROM Contact c, c.Account a WHERE a.Name = 'Acme'", "#2"},
}

func TestParentQueries(t *testing.T) {
	t.Parallel()
	runQueries(t, newThings(t, salesforcetest.Options{}), "/query", parentQueries)
}
