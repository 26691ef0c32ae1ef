package data_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/examples/data"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func TestObjectsInTheFileAreThoseOfThePackage(t *testing.T) {
	t.Parallel()
	want := salesforcetest.NewOrg(&salesforcetest.Options{Schema: salesforcetest.Improveit360()})
	got := salesforcetest.NewOrg(nil)
	require.NoError(t, got.Load(data.Org()))

	for _, o := range append(salesforcetest.Improveit360(), salesforcetest.SObject{Name: "User"}) {
		require.Equal(t, describe(t, want, o.Name), describe(t, got, o.Name), o.Name)
	}
}

func describe(t *testing.T, org *salesforcetest.Org, object string) map[string]any {
	t.Helper()
	url := "https://acme.my.salesforce.com/services/data/v66.0/sobjects/" + object + "/describe"
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+org.Credentials().AccessToken)
	res, err := org.Transport().RoundTrip(req)
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, http.StatusOK, res.StatusCode)
	var result map[string]any
	require.NoError(t, json.NewDecoder(res.Body).Decode(&result))
	return result
}
