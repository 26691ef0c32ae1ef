package importer_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func TestLabelsOfPicklistsAreImported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.org.Extend(salesforcetest.Schema{{Name: "Account", Fields: []salesforcetest.Field{
		{Name: "Tier__c", Type: "picklist", Picklist: []salesforcetest.PicklistValue{{Value: "A", Label: "Gold"}}},
	}}}))
	w.config.CustomerRules = append(customers.CustomerRules(),
		mapping.Rule{Target: "tier", From: []string{"Tier__c"}, Label: true},
		mapping.Rule{Target: "staff", From: []string{"NumberOfEmployees"}, Type: mapping.Integer},
		mapping.Rule{Target: "gone", From: []string{"Gone__c"}, Label: true},
	)
	acme := w.account("Acme", "Tier__c", "A", "NumberOfEmployees", 12)
	complete(t, w.importer(t))
	require.Equal(t, "Gold", w.value(t, "customers", acme, "tier"))
	require.Equal(t, "12", w.value(t, "customers", acme, "staff"))
}

func TestRowsOfChildListsAreNotImported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.CustomerRules = append(customers.CustomerRules(), mapping.Rule{Target: "contact", From: []string{"Contacts[0].LastName"}})
	_, err := w.importer(t).Complete(t.Context(), "anna", nil)
	require.ErrorIs(t, err, importer.ErrSchema)
	require.ErrorContains(t, err, "Account.Contacts[0].LastName: an import reads no rows of child lists")
}
