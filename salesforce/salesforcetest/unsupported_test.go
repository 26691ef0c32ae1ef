package salesforcetest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOrgNamesWhatItDoesNotEvaluate(t *testing.T) {
	t.Parallel()
	org := NewOrg(nil)
	for query, feature := range map[string]string{
		"SELECT Id FROM Contact c, c.Account a":                                                "a further object in FROM",
		"SELECT Id FROM Account USING SCOPE mine":                                              "USING SCOPE",
		"SELECT Title FROM Question WITH DATA CATEGORY Region__c AT europe__c":                 "WITH",
		"SELECT TYPEOF Owner WHEN User THEN Email END FROM Account":                            "TYPEOF",
		"SELECT FIELDS(STANDARD) FROM Account":                                                 "FIELDS()",
		"SELECT Id FROM Account WHERE DISTANCE(Place__c, GEOLOCATION(1, 2), 'km') < 5":         "DISTANCE()",
		"SELECT Type, COUNT(Id) FROM Account GROUP BY ROLLUP(Type)":                            "GROUP BY with subtotals",
		"SELECT Id FROM Account WHERE AnnualRevenue > EUR500":                                  "a currency literal",
		"SELECT Id FROM Account WHERE Opens__c > 10:00:00Z":                                    "a time literal",
		"SELECT Title FROM FAQ__kav UPDATE VIEWSTAT":                                           "UPDATE",
		"SELECT Id, (SELECT TYPEOF Owner WHEN User THEN Email END FROM Contacts) FROM Account": "TYPEOF",
	} {
		_, err := org.compile(&world{org: org, text: query})
		require.ErrorContains(t, err, feature+" is not supported by this org yet", query)
		refused, ok := err.(*apiError) //nolint:errorlint // it is not wrapped
		require.True(t, ok)
		require.Equal(t, "MALFORMED_QUERY", refused.code)
	}
}
