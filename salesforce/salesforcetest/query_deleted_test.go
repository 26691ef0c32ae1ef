package salesforcetest_test

import (
	"testing"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// What queryAll sees besides: one account lies in the recycle bin.
var deletedQueries = []queryCase{
	{"SELECT Name FROM Account WHERE IsDeleted = true", "Gone Inc"},
	{"SELECT Name FROM Account WHERE IsDeleted = false", `Acme, beta Corp, Gamma_100%, Delta's "best"`},
	{"SELECT Name FROM Account WHERE Industry = 'Banking' ORDER BY Name", `Acme, Delta's "best", Gone Inc`},
	{"SELECT COUNT() FROM Account", "#5"},
	{"SELECT IsDeleted, COUNT(Id) FROM Account GROUP BY IsDeleted ORDER BY IsDeleted", "false|4, true|1"},
	{"SELECT Name FROM Account WHERE Name LIKE 'G%' AND IsDeleted = true", "Gone Inc"},
	{"SELECT Name FROM Account ORDER BY Name DESC LIMIT 2", "Gone Inc, Gamma_100%"},
}

func TestDeletedQueries(t *testing.T) {
	t.Parallel()
	runQueries(t, newThings(t, salesforcetest.Options{}), "/queryAll", deletedQueries)
}
