package salesforce_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// carOrg is an org whose models of cars depend on their makes.
func carOrg() *salesforcetest.Org {
	return salesforcetest.NewOrg(&salesforcetest.Options{Schema: salesforcetest.Schema{{Name: "Car__c", Fields: []salesforcetest.Field{
		{Name: "Make__c", Type: "picklist", Picklist: []salesforcetest.PicklistValue{{Value: "Audi"}, {Value: "BMW"}}},
		{Name: "Model__c", Type: "picklist", Controller: "Make__c", Picklist: []salesforcetest.PicklistValue{
			{Value: "A4", ValidFor: []string{"Audi"}},
			{Value: "X3", ValidFor: []string{"BMW"}},
			{Value: "Other", ValidFor: []string{"Audi", "BMW"}, Default: true},
			{Value: "80", ValidFor: []string{"Audi"}, Inactive: true},
		}},
	}}}})
}

func values(list []salesforce.PicklistValue) (names []string) {
	for _, v := range list {
		names = append(names, v.Value)
	}
	return names
}

func TestDependentPicklistsAreDecoded(t *testing.T) {
	t.Parallel()
	car, err := orgClient(t, carOrg()).Describe(t.Context(), "Car__c")
	require.NoError(t, err)
	require.Equal(t, []string{"Audi", "BMW"}, values(car.Choices("Make__c", "")))
	require.Equal(t, []string{"A4", "Other"}, values(car.Choices("model__c", "audi")))
	require.Equal(t, []string{"X3", "Other"}, values(car.Choices("Model__c", "BMW")))
	require.Empty(t, car.Choices("Model__c", "Fiat"))
	require.Empty(t, car.Choices("Bogus__c", "Audi"))
}

func TestChoicesOfACheckbox(t *testing.T) {
	t.Parallel()
	s := salesforce.SObject{Fields: []salesforce.FieldInfo{
		{Name: "New__c", Type: "boolean"},
		{Name: "Kind__c", Type: "picklist", DependentPicklist: true, ControllerName: "New__c", PicklistValues: []salesforce.PicklistValue{
			{Value: "old", Active: true, ValidFor: []byte{0x80}},
			{Value: "new", Active: true, ValidFor: []byte{0x40}},
			{Value: "both", Active: true, ValidFor: []byte{0xC0}},
			{Value: "none", Active: true},
		}},
	}}
	require.Equal(t, []string{"old", "both"}, values(s.Choices("Kind__c", "false")))
	require.Equal(t, []string{"new", "both"}, values(s.Choices("Kind__c", "TRUE")))
}
