package salesforce_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// Amounts keep every digit on every way in and out.
func TestDecimalsKeepTheirDigits(t *testing.T) {
	t.Parallel()
	type account struct {
		ID      salesforce.ID                     `json:"Id,omitempty"`
		Name    string                            `json:"Name"`
		Revenue decimal.Decimal                   `json:"Revenue__c"`
		Credit  *decimal.Decimal                  `json:"Credit__c,omitempty"`
		Open    salesforce.Field[decimal.Decimal] `json:"Open__c,omitzero"`
	}
	org := salesforcetest.NewOrg(&salesforcetest.Options{Schema: salesforcetest.Schema{{Name: "Account", Fields: []salesforcetest.Field{
		{Name: "Credit__c", Type: "currency", Scale: 2}, {Name: "Revenue__c", Type: "currency", Scale: 2}, {Name: "Open__c", Type: "currency", Scale: 2},
	}}}})
	c := orgClient(t, org)
	amount := decimal.RequireFromString("123456789012345.67") // 17 digits, which no float64 keeps
	id, err := c.Create(t.Context(), "Account", account{Name: "Acme", Revenue: amount, Credit: &amount, Open: salesforce.Value(amount)}, nil)
	require.NoError(t, err)

	got, err := salesforce.Get[account](t.Context(), c, "Account", id)
	require.NoError(t, err)
	const text = "SELECT Name, Revenue__c, Credit__c, Open__c FROM Account"
	queried, err := salesforce.CollectQuery[account](t.Context(), c, text, nil)
	require.NoError(t, err)
	bulk, err := salesforce.Collect(salesforce.BulkQuery[account](t.Context(), c, text, &salesforce.BulkQueryOptions{Poll: salesforce.Poll{First: 1}}))
	require.NoError(t, err)

	for _, a := range append(append(queried, bulk...), got) {
		require.Equal(t, amount.String(), a.Revenue.String())
		require.Equal(t, amount.String(), a.Credit.String())
		open, ok := a.Open.Get()
		require.True(t, ok)
		require.Equal(t, amount.String(), open.String())
	}
}
