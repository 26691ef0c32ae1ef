package salesforcetest_test

import (
	"testing"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// USING SCOPE narrows a query to records of the user.
var scopeQueries = []queryCase{
	{"SELECT Name FROM Account USING SCOPE mine", `Acme, Gamma_100%, Delta's "best"`},
	{"SELECT Name FROM Account USING SCOPE everything", `Acme, beta Corp, Gamma_100%, Delta's "best"`},
	{"SELECT Name FROM Account USING SCOPE Mine WHERE Industry = 'Banking' ORDER BY Name", `Acme, Delta's "best"`},
	{"SELECT Name FROM Contact USING SCOPE mine", "Ann Lee, Solo, Kim"},
	{"SELECT COUNT() FROM Contact USING SCOPE mine WHERE Account.Name = 'Acme'", "#2"},
	{"SELECT Subject FROM Task USING SCOPE delegated", ""},
	{"SELECT Subject FROM Task USING SCOPE mine", "T1, T2, T3"},
}

func TestScopeQueries(t *testing.T) {
	t.Parallel()
	runQueries(t, newThings(t, salesforcetest.Options{}), "/query", scopeQueries)
}
