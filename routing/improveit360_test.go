package routing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func TestImproveit360ResultsAreReadyForUse(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(&salesforcetest.Options{Schema: salesforcetest.Improveit360()})
	c := client(t, org, "cid", "csecret")
	preset, err := routing.Improveit360Results(t.Context(), c)
	require.NoError(t, err)
	result := routing.ResultRow{Title: "Result", Input: routing.Picker, Field: "i360__Result__c", Required: true}
	detail := routing.ResultRow{Title: "Result Detail", Input: routing.Picker, Field: "i360__Result_Detail__c", Pull: true}
	sale, noSale := result, result
	sale.Options = []string{"Demo Sold"}
	noSale.Pull, noSale.Except = true, []string{"Demo Sold"}
	require.Equal(t, &routing.ResultsForm{
		Object: appointment, Sale: []routing.ResultRow{sale, detail}, NoSale: []routing.ResultRow{noSale, detail},
	}, preset.Form)
	require.Equal(t, []routing.PresetName{
		{Name: appointment, Confirmed: true, Found: true},
		{Name: "i360__Result__c", Confirmed: true, Found: true},
		{Name: "Demo Sold", Found: true},
		{Name: "i360__Result_Detail__c", Confirmed: true, Found: true},
	}, preset.Names)
	problems, err := preset.Form.Check(t.Context(), c)
	require.NoError(t, err)
	require.Empty(t, problems)

	o := newOffice(t, func(cfg *routing.Config) { cfg.Results = preset.Form })
	s := o.sale("a")
	s.Answers = map[string]any{"i360__Result__c": "Demo Sold", "i360__Result_Detail__c": "Cash"}
	require.Equal(t, routing.Verified, o.submit(t, s).State)
}

func TestImproveit360ResultsInOrgsThatLackAName(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(&salesforcetest.Options{Schema: salesforcetest.Improveit360()})
	require.NoError(t, org.Extend(salesforcetest.Schema{{Name: appointment, Fields: []salesforcetest.Field{
		{Name: "i360__Result__c", Label: "Result", Type: "picklist", Picklist: []salesforcetest.PicklistValue{{Value: "Won"}, {Value: "Sold", Inactive: true}}},
	}}}))
	org.HideField(appointment, "i360__Result_Detail__c")
	preset, err := routing.Improveit360Results(t.Context(), client(t, org, "cid", "csecret"))
	require.NoError(t, err)
	require.Len(t, preset.Form.Sale, 1)
	require.True(t, preset.Form.Sale[0].Pull)
	require.Empty(t, preset.Form.NoSale[0].Except)
	found := map[string]bool{}
	for _, n := range preset.Names {
		found[n.Name] = n.Found
	}
	require.Equal(t, map[string]bool{appointment: true, "i360__Result__c": true, "i360__Result_Detail__c": false, "Demo Sold": false, "Sold": false}, found)

	org.HideField(appointment, "i360__Result__c")
	_, err = routing.Improveit360Results(t.Context(), client(t, org, "cid", "csecret"))
	require.ErrorContains(t, err, "has no field i360__Result__c, or this login may not see it: give it access, or write a form with one of Result 1 (i360__Result_1__c)")

	_, err = routing.Improveit360Results(t.Context(), client(t, salesforcetest.NewOrg(nil), "cid", "csecret"))
	require.ErrorIs(t, err, salesforce.ErrNotFound)
}
