package salesforcetest_test

import (
	"testing"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// Child subqueries list what refers to a record, null when there is nothing.
var childQueries = []queryCase{
	{"SELECT Name, (SELECT Name FROM Children__r) FROM Thing__c WHERE Name = 'T1'", "T1|[T2, T3]"},
	{"SELECT Name, (SELECT Name FROM Children__r) FROM Thing__c WHERE Name = 'T4'", "T4|null"},
	{"SELECT Name, (SELECT name FROM CHILDREN__R) FROM Thing__c WHERE Name IN ('T2', 'T5')", "T2|[T5], T5|[T6]"},
	{"SELECT Name, (SELECT Name FROM Children__r WHERE Flag__c = true) FROM Thing__c WHERE Name = 'T1'", "T1|[T3]"},
	{"SELECT Name, (SELECT Name FROM Children__r WHERE Num__c > 5) FROM Thing__c WHERE Name = 'T1'", "T1|null"},
	{"SELECT Name, (SELECT Name FROM Children__r ORDER BY Name DESC) FROM Thing__c WHERE Name = 'T1'", "T1|[T3, T2]"},
	{"SELECT Name, (SELECT Name FROM Children__r ORDER BY Name DESC LIMIT 1) FROM Thing__c WHERE Name = 'T1'", "T1|[T3]"},
	{"SELECT Name, (SELECT Name FROM Children__r ORDER BY Name LIMIT 1 OFFSET 1) FROM Thing__c WHERE Name = 'T1'", "T1|[T3]"},
	{"SELECT (SELECT Name, Account__r.Name FROM Children__r) FROM Thing__c WHERE Name = 'T1'", "[T2|(beta Corp), T3|null]"},
	{"SELECT Name, (SELECT Parent__r.Name FROM Children__r) FROM Thing__c WHERE Name = 'T2'", "T2|[(T2)]"},
	{"SELECT Name, (SELECT Name, (SELECT Name FROM Children__r) FROM Children__r) FROM Thing__c WHERE Name = 'T1'", "T1|[T2|[T5], T3|null]"},
	{"SELECT (SELECT (SELECT (SELECT Name FROM Children__r) FROM Children__r) FROM Children__r) FROM Thing__c WHERE Name = 'T1'", "[[[T6]], null]"},
	{"SELECT Name, (SELECT Name FROM Things__r), (SELECT LastName FROM Contacts ORDER BY LastName) FROM Account WHERE Name = 'Acme'", "Acme|[T1]|[Kim, Lee]"},
	{"SELECT t.Name, (SELECT c.Name FROM t.Children__r c) FROM Thing__c t WHERE t.Name = 'T1'", "T1|[T2, T3]"},
	{"SELECT Name, (SELECT Thing__c.Name FROM Children__r) FROM Thing__c WHERE Name = 'T2'", "T2|[T5]"},
	{"SELECT Name, (SELECT Subject FROM Events) FROM Account WHERE Name = 'Acme'", "Acme|[E1]"},
	{"SELECT Name, (SELECT Name, CloseDate FROM Opportunities WHERE CloseDate = THIS_MONTH ORDER BY CloseDate) FROM Account WHERE Name = 'Acme'", "Acme|[O1|2026-11-21, O3|2026-11-22]"},
	{"SELECT Name, (SELECT Name FROM ChildAccounts) FROM Account ORDER BY Name LIMIT 2", "Acme|[beta Corp], beta Corp|null"},
	{"SELECT LastName, Account.Name FROM Contact WHERE Account.Name = 'Acme' ORDER BY LastName", "Kim|(Acme), Lee|(Acme)"},
	{"SELECT (SELECT Name, toLabel(Pick__c), Num__c FROM Children__r WHERE Parent__r.Name = 'T1') FROM Thing__c WHERE Name = 'T1'", "[T2|Beta|-2.25, T3|Gamma|0.0]"},
	{"SELECT (SELECT Name FROM Children__r WHERE Id IN (SELECT WhatId FROM Event)) FROM Thing__c WHERE Name = 'T1'", "[T2]"},
}

func TestChildQueries(t *testing.T) {
	t.Parallel()
	runQueries(t, newThings(t, salesforcetest.Options{}), "/query", childQueries)
}
