package salesforcetest_test

import (
	"testing"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// Semi-joins keep what an inner query names, anti-joins the rest.
var joinQueries = []queryCase{
	{"SELECT Name FROM Account WHERE Id IN (SELECT AccountId FROM Contact)", "Acme, beta Corp"},
	{"SELECT Name FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE HasOptedOutOfEmail = true)", "Acme"},
	{"SELECT Name FROM Account WHERE Id NOT IN (SELECT AccountId FROM Contact)", `Gamma_100%, Delta's "best"`},
	{"SELECT Name FROM Contact WHERE AccountId IN (SELECT Id FROM Account WHERE Industry = 'Energy')", "Ng"},
	{"SELECT Name FROM Contact WHERE AccountId NOT IN (SELECT Id FROM Account WHERE Industry = 'Energy')", "Ann Lee, Solo, Kim"},
	{"SELECT Name FROM Account WHERE ZEP__c = true AND Id IN (SELECT AccountId FROM Opportunity WHERE IsWon = true)", "Acme"},
	{"SELECT Name FROM Account WHERE Id IN (SELECT Account__c FROM Visit__c)", "Acme"},

	// With conditions on either side
	{"SELECT Name FROM Account WHERE Id IN (SELECT Account__c FROM Thing__c)", "Acme, beta Corp"},
	{"SELECT Name FROM Account WHERE Id IN (SELECT Account__c FROM Thing__c WHERE Num__c > 0)", "Acme"},
	{"SELECT Name FROM Account WHERE Id IN (SELECT Account__c FROM Thing__c WHERE Num__c > 5)", ""},
	{"SELECT Name FROM Account WHERE Id NOT IN (SELECT Account__c FROM Thing__c WHERE Flag__c = true)", `beta Corp, Gamma_100%, Delta's "best"`},
	{"SELECT Name FROM Account WHERE Id IN (SELECT Account__c FROM Thing__c) AND Id IN (SELECT AccountId FROM Contact WHERE LastName = 'Ng')", "beta Corp"},
	{"SELECT Name FROM Account WHERE Id IN (SELECT Account__c FROM Thing__c) AND Id NOT IN (SELECT AccountId FROM Contact WHERE LastName = 'Ng')", "Acme"},
	{"SELECT Name FROM Account WHERE ZEP__c = true AND Id NOT IN (SELECT AccountId FROM Contact)", "Gamma_100%"},
	{"SELECT Name FROM Thing__c WHERE Account__c IN (SELECT Id FROM Account WHERE Industry = 'Banking')", "T1"},
	{"SELECT Name FROM Thing__c WHERE Account__c NOT IN (SELECT Id FROM Account WHERE Industry = 'Banking')", "T2, T3, T4, T5, T6"},
	{"SELECT Name FROM Account WHERE OwnerId IN (SELECT Id FROM User WHERE LastName = 'Rep')", "beta Corp"},
	{"SELECT Name FROM Account WHERE Id IN (SELECT WhatId FROM Event)", "Acme"},
	{"SELECT Name FROM Account WHERE Id IN (SELECT Account__c FROM Thing__c WHERE Owner.Name = 'Ada Admin' AND Parent__r.Name = 'T1')", "beta Corp"},
	{"SELECT Name FROM Contact WHERE AccountId IN (SELECT Account__c FROM Thing__c WHERE Name = 'T1') ORDER BY LastName", "Kim, Ann Lee"},
	{"SELECT COUNT() FROM Contact WHERE AccountId IN (SELECT Account__c FROM Thing__c)", "#3"},
	{"SELECT COUNT() FROM Contact WHERE AccountId NOT IN (SELECT Account__c FROM Thing__c)", "#1"},
}

func TestJoinQueries(t *testing.T) {
	t.Parallel()
	runQueries(t, newThings(t, salesforcetest.Options{}), "/query", joinQueries)
}
