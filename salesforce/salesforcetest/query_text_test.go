package salesforcetest_test

import (
	"testing"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// Texts compare without regard to case. Empty text and null are one, and !=
// keeps nulls. In LIKE, % is any text and _ any character.
var textQueries = []queryCase{
	{"SELECT Name FROM Account WHERE Name = 'ACME'", "Acme"},
	{"SELECT Name FROM Account WHERE Industry = 'banking'", `Acme, Delta's "best"`},
	{"SELECT Name FROM Account WHERE Industry != 'Banking'", "beta Corp, Gamma_100%"},
	{"SELECT Name FROM Account WHERE Industry <> 'Banking'", "beta Corp, Gamma_100%"},
	{"SELECT Name FROM Account WHERE Industry = null", "Gamma_100%"},
	{"SELECT Name FROM Account WHERE Industry = ''", "Gamma_100%"},
	{"SELECT Name FROM Account WHERE Industry != null", `Acme, beta Corp, Delta's "best"`},
	{"SELECT Name FROM Account WHERE Industry != ''", `Acme, beta Corp, Delta's "best"`},
	{"SELECT Name FROM Account WHERE Name > 'B'", `beta Corp, Gamma_100%, Delta's "best"`},
	{"SELECT Name FROM Account WHERE Name >= 'beta corp' AND Name < 'g'", `beta Corp, Delta's "best"`},
	{"SELECT Name FROM Account WHERE Name <= 'ACME'", "Acme"},
	{"SELECT Name FROM Account WHERE Industry < 'C'", `Acme, Delta's "best"`},
	{`SELECT Name FROM Account WHERE Name = 'Delta\'s "best"'`, `Delta's "best"`},
	{`SELECT Name FROM Account WHERE Name = 'Delta\'s \"best\"'`, `Delta's "best"`},
	{"SELECT Name FROM Account WHERE BillingCity = 'MÜNCHEN'", "Gamma_100%"},
	{"SELECT Name FROM Account WHERE NAME = 'acme'", "Acme"},
	{"SELECT Name FROM Account WHERE Name LIKE 'a%'", "Acme"},
	{"SELECT Name FROM Account WHERE Name LIKE '%CORP'", "beta Corp"},
	{"SELECT Name FROM Account WHERE Name LIKE '_cme'", "Acme"},
	{"SELECT Name FROM Account WHERE Name LIKE '%m%'", "Acme, Gamma_100%"},
	{`SELECT Name FROM Account WHERE Name LIKE '%\_100\%'`, "Gamma_100%"},
	{`SELECT Name FROM Account WHERE Name LIKE '%\_1%0'`, ""},
	{"SELECT Name FROM Account WHERE (NOT Name LIKE '%a%')", ""},
	{"SELECT Name FROM Account WHERE NOT (Name LIKE 'a%')", `beta Corp, Gamma_100%, Delta's "best"`},
	{"SELECT Name FROM Account WHERE BillingCity LIKE 'm_nchen'", "Gamma_100%"},

	// Texts of all sorts
	{"SELECT Name FROM Thing__c WHERE Text__c = 'ALPHA'", "T1"},
	{"SELECT Name FROM Thing__c WHERE Text__c != 'alpha'", "T2, T3, T4, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Text__c = ''", "T4"},
	{"SELECT Name FROM Thing__c WHERE Text__c != ''", "T1, T2, T3, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Text__c LIKE 'alpha'", "T1"},
	{"SELECT Name FROM Thing__c WHERE Text__c LIKE 'alpha%'", "T1, T3"},
	{"SELECT Name FROM Thing__c WHERE Text__c LIKE '%bet'", "T3"},
	{"SELECT Name FROM Thing__c WHERE Text__c LIKE '%BET%'", "T2, T3"},
	{`SELECT Name FROM Thing__c WHERE Text__c LIKE '100\%\_%'`, "T5"},
	{"SELECT Name FROM Thing__c WHERE Text__c LIKE '100%sure'", "T5"},
	{`SELECT Name FROM Thing__c WHERE Text__c LIKE '%\%'`, ""},
	{"SELECT Name FROM Thing__c WHERE Text__c LIKE '_____'", "T1, T6"},
	{"SELECT Name FROM Thing__c WHERE Text__c LIKE '%'", "T1, T2, T3, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE (NOT Text__c LIKE 'alpha%')", "T2, T4, T5, T6"},
	{"SELECT Name FROM Thing__c WHERE Text__c LIKE 'äpf%'", "T6"},
	{"SELECT Name FROM Thing__c WHERE Text__c = 'äpfel'", "T6"},
	{"SELECT Name FROM Thing__c WHERE Text__c > 'alpha'", "T2, T3, T6"},
	{"SELECT Name FROM Thing__c WHERE Text__c >= 'ALPHA' AND Text__c < 'beta'", "T1, T3, T6"},
	{"SELECT Name FROM Thing__c WHERE Text__c <= 'alpha'", "T1, T5"},
	{"SELECT Name FROM Thing__c WHERE Text__c IN ('ALPHA', 'beta', 'alpha')", "T1, T2"},
	{"SELECT Name FROM Thing__c WHERE Text__c NOT IN ('alpha')", "T2, T3, T4, T5, T6"},
	{`SELECT Name FROM Thing__c WHERE Text__c = '\u0061lpha'`, "T1"},
	{"SELECT Name FROM Thing__c WHERE Mail__c = 'T1@EXAMPLE.COM'", "T1"},
	{"SELECT name FROM thing__c WHERE TEXT__C = 'alpha'", "T1"},

	// A field that tells cases apart
	{"SELECT Name FROM Thing__c WHERE Case__c = 'Abc'", "T1"},
	{"SELECT Name FROM Thing__c WHERE Case__c = 'abc'", "T2"},
	{"SELECT Name FROM Thing__c WHERE Case__c = 'ABC'", ""},
	{"SELECT Name FROM Thing__c WHERE Case__c IN ('abc', 'ABC')", "T2"},
	{"SELECT Name FROM Thing__c WHERE Case__c != 'abc'", "T1, T3, T4, T5, T6"},
}

func TestTextQueries(t *testing.T) {
	t.Parallel()
	runQueries(t, newThings(t, salesforcetest.Options{}), "/query", textQueries)
}
