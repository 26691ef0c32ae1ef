package salesforce_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
)

const accountJSON = `{"attributes":{"type":"Account","url":"/x"},"Id":"001RM000003oLnnYAE","Name":"Acme",
	"AnnualRevenue":12345678901234567.89,"NumberOfEmployees":7,"Active__c":true,"Fax":null,
	"Owner":{"attributes":{"type":"User"},"Name":"Ada","Manager":null},"Parent":null,
	"BillingAddress":{"city":"Bonn","latitude":50.7374300},
	"Contacts":[{"attributes":{"type":"Contact"},"LastName":"Lee"}],"Tags":["a","b"]}`

func accountRecord(t *testing.T) salesforce.Record {
	t.Helper()
	var r salesforce.Record
	require.NoError(t, json.Unmarshal([]byte(accountJSON), &r))
	return r
}

func TestRecordKeepsDigitsAndDropsAttributes(t *testing.T) {
	t.Parallel()
	r := accountRecord(t)

	require.Equal(t, json.Number("12345678901234567.89"), r["AnnualRevenue"])
	require.NotContains(t, r, "attributes")
	require.Equal(t, []salesforce.Record{{"LastName": "Lee"}}, r["Contacts"])
	require.Equal(t, []any{"a", "b"}, r["Tags"])

	text, err := json.Marshal(r)
	require.NoError(t, err)
	require.Contains(t, string(text), "12345678901234567.89")
}

func TestRecordGetFollowsRelationships(t *testing.T) {
	t.Parallel()
	r := accountRecord(t)
	for _, c := range []struct {
		path string
		want any
		ok   bool
	}{
		{"Name", "Acme", true},
		{"name", "Acme", true},
		{"Owner.Name", "Ada", true},
		{"owner.NAME", "Ada", true},
		{"BillingAddress.latitude", json.Number("50.7374300"), true},
		{"Fax", nil, true},
		{"Parent.Name", nil, true}, // selected, and there is no parent
		{"Parent.Owner.Name", nil, true},
		{"Owner.Manager.Name", nil, true},
		{"Owner.Email", nil, false},
		{"Phone", nil, false},
		{"Name.First", nil, false},
		{"", nil, false},
	} {
		got, ok := r.Get(c.path)
		require.Equal(t, c.ok, ok, c.path)
		require.Equal(t, c.want, got, c.path)
	}
}

func TestRecordID(t *testing.T) {
	t.Parallel()
	require.Equal(t, salesforce.ID("001RM000003oLnnYAE"), accountRecord(t).ID())
	require.Equal(t, salesforce.ID("001RM000003oLnnYAE"), salesforce.Record{"id": "001RM000003oLnn"}.ID())
	require.Empty(t, salesforce.Record{"Id": "nonsense"}.ID())
	require.Empty(t, salesforce.Record{}.ID())
}
