package salesforce_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
)

type contactUpdate struct {
	Phone salesforce.Field[string]          `json:"Phone,omitzero"`
	Fax   salesforce.Field[string]          `json:"Fax,omitzero"`
	Email salesforce.Field[string]          `json:"Email,omitzero"`
	Born  salesforce.Field[salesforce.Date] `json:"Birthdate,omitzero"`
}

func TestFieldWritesItsThreeStates(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(contactUpdate{
		Fax:   salesforce.Null[string](),
		Email: salesforce.Value(""),
	})

	require.NoError(t, err)
	require.JSONEq(t, `{"Fax":null,"Email":""}`, string(text))
}

func TestFieldReadsItsThreeStates(t *testing.T) {
	t.Parallel()
	var c contactUpdate
	require.NoError(t, json.Unmarshal([]byte(`{"Fax":null,"Email":"a@example.com"}`), &c))

	require.True(t, c.Phone.IsZero())
	require.True(t, c.Fax.IsNull())
	email, ok := c.Email.Get()
	require.True(t, ok)
	require.Equal(t, "a@example.com", email)
	_, ok = c.Fax.Get()
	require.False(t, ok)
	require.Error(t, json.Unmarshal([]byte(`{"Email":5}`), &c))
}

func TestFieldWithoutOmitzeroNeverBlanksByAccident(t *testing.T) {
	t.Parallel()
	_, err := json.Marshal(struct{ Phone salesforce.Field[string] }{})

	require.ErrorContains(t, err, "omitzero")
}
