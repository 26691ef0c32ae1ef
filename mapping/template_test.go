package mapping_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
)

func TestATemplateMakesOneTextOfSeveralSources(t *testing.T) {
	t.Parallel()
	rec := salesforce.Record{
		"FirstName": "Larry", "LastName": "100% %LastName%", "Title": nil, "Empty__c": "",
		"Prospect__r": salesforce.Record{"City__c": "Columbus"},
	}
	for _, tc := range []struct {
		template string
		from     []string
		want     any
	}{
		{"%FirstName% %LastName%", []string{"FirstName", "LastName"}, "Larry 100% %LastName%"},
		{"%2%, %1%", []string{"FirstName", "LastName"}, "100% %LastName%, Larry"},
		{"%lastname% (%Prospect__r.City__c%)", []string{"LastName", "Prospect__r.City__c"}, "100% %LastName% (Columbus)"},
		{"%Title% %FirstName%", []string{"Title", "FirstName"}, "Larry"},
		{"%FirstName% is 5%% off, 10% on", []string{"FirstName"}, "Larry is 5% off, 10% on"},
		{"Title: %Title%%Empty__c%", []string{"Title", "Empty__c"}, nil},
	} {
		m, err := mapping.New([]mapping.Rule{{From: tc.from, Template: tc.template, Target: "name"}}, nil)
		require.NoError(t, err, tc.template)
		values, err := m.Apply(rec)
		require.NoError(t, err)
		got, ok := values.Get("name")
		require.True(t, ok)
		require.Equal(t, tc.want, got, tc.template)
	}
}

func TestFaultsOfATemplateSayWhereAndWhatWasMeant(t *testing.T) {
	t.Parallel()
	for template, want := range map[string][]string{
		"%FristName% %LastName": {
			"template: placeholder: column 1: there is no placeholder %FristName%; did you mean %FirstName%?",
			"template: placeholder: column 13: %LastName lacks a per cent sign; write %LastName%, or %%LastName for a per cent sign as such",
		},
		"%3% %FirstName% %LastName%": {"template: placeholder: column 1: there is no placeholder %3%"},
		"%FirstName%":                {"template: source 2 (LastName) is not used: write %2% where it should stand"},
		"%1%\xff%2%":                 {"template: placeholder: template is not valid UTF-8 at column 4"},
	} {
		_, err := mapping.New([]mapping.Rule{{From: []string{"FirstName", "LastName"}, Template: template, Target: "name"}}, nil)
		for _, text := range want {
			require.ErrorContains(t, err, "mapping: rule 1 (name): "+text)
		}
	}
}
