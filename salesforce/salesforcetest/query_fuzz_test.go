package salesforcetest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// FuzzQuery sends queries of all kinds, to be run and to be explained. Whatever
// they say, the answer is JSON: rows, or a list of errors.
func FuzzQuery(f *testing.F) {
	for _, cases := range queryTables {
		for _, q := range cases {
			f.Add(q.soql)
		}
	}
	for _, q := range queryFaults {
		f.Add(q.soql)
	}
	org := newThings(f, salesforcetest.Options{APILimit: 1 << 30})
	token := org.Credentials().AccessToken
	f.Fuzz(func(t *testing.T, soql string) {
		c := newClient(t, org)
		c.token = token
		for _, resource := range []string{"/query?q=", "/queryAll?q=", "/query?explain="} {
			a, err := c.try(http.MethodGet, resource+url.QueryEscape(soql), "", "")
			require.NoError(t, err)
			if a.status == http.StatusRequestURITooLong {
				return
			}
			require.Contains(t, []int{http.StatusOK, http.StatusBadRequest}, a.status, a.body)
			require.True(t, json.Valid([]byte(a.body)), a.body)
		}
	})
}
