package salesforcetest_test

import (
	"testing"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// Who and What lead to records of several kinds, which have the fields of a Name
// in common; TYPEOF tells them apart.
var polymorphicQueries = []queryCase{
	{"SELECT Subject FROM Event WHERE What.Type = 'Account'", "E1"},
	{"SELECT Subject FROM Event WHERE What.Type IN ('Account', 'Thing__c')", "E1, E2"},
	{"SELECT Subject FROM Event WHERE What.Type != 'Account'", "E2, E3"},
	{"SELECT Subject FROM Event WHERE What.Name = 'T2'", "E2"},
	{"SELECT Subject FROM Event WHERE What.Name = null", "E3"},
	{"SELECT Subject FROM Event WHERE Who.Type = 'Lead'", "E1"},
	{"SELECT Subject FROM Event WHERE Who.Email = 'lena@example.com'", "E1"},
	{"SELECT Subject FROM Event WHERE WhatId = '{Acme:15}'", "E1"},
	{"SELECT Subject FROM Event WHERE What.Id = '{T2}'", "E2"},
	{"SELECT Subject FROM Event WHERE Who.FirstName LIKE 'le%'", "E1"},
	{"SELECT Subject FROM Event ORDER BY What.Name NULLS LAST", "E1, E2, E3"},
	{"SELECT Subject, What.Name, What.Type, Who.Name FROM Event", "E1|(Acme|Account)|(Lena Lead), E2|(T2|Thing__c)|null, E3|null|null"},
	{"SELECT Who.Email, Who.FirstName, Who.LastName FROM Event WHERE Subject = 'E1'", "(lena@example.com|Lena|Lead)"},
	{"SELECT Subject, TYPEOF What WHEN Account THEN Industry, Name WHEN Thing__c THEN Num__c END FROM Event", "E1|(Banking|Acme), E2|(-2.25), E3|null"},
	{"SELECT Subject, TYPEOF What WHEN Account THEN Industry END FROM Event", "E1|(Banking), E2|null, E3|null"},
	{"SELECT Subject, TYPEOF What WHEN Account THEN Industry ELSE Name, Id END FROM Event WHERE Subject != 'E2'", "E1|(Banking), E3|null"},
	{"SELECT TYPEOF What WHEN Account THEN Industry ELSE Name END FROM Event WHERE Subject = 'E2'", "(T2)"},
	{"SELECT TYPEOF what WHEN thing__c THEN name, Parent__r.Name END FROM Event WHERE Subject = 'E2'", "(T2|(T1))"},
	{"SELECT TYPEOF Who WHEN Lead THEN Company WHEN Contact THEN AccountId END, TYPEOF What WHEN Account THEN Name END FROM Event WHERE Subject = 'E1'", "(Acme)|(Acme)"},
	{"SELECT Name, (SELECT TYPEOF Who WHEN Lead THEN Company END FROM Events) FROM Account WHERE Name = 'Acme'", "Acme|[(Acme)]"},
	{"SELECT What.Type, COUNT(Id) FROM Event GROUP BY What.Type ORDER BY What.Type", "null|1, Account|1, Thing__c|1"},
	{"SELECT COUNT_DISTINCT(WhatId), COUNT(WhoId) FROM Event", "2|1"},
}

func TestPolymorphicQueries(t *testing.T) {
	t.Parallel()
	runQueries(t, newThings(t, salesforcetest.Options{}), "/query", polymorphicQueries)
}
