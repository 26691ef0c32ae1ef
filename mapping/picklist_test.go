package mapping_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// roofs have materials that depend on the kind of roof, and a warranty that
// depends on a checkbox. Colours are free.
var roofs = salesforcetest.Schema{{Name: "Roof__c", Fields: []salesforcetest.Field{
	{Name: "Kind__c", Type: "picklist", Restricted: true, Picklist: []salesforcetest.PicklistValue{
		{Value: "Flat"}, {Value: "Pitched"}, {Value: "Dome", Inactive: true},
	}},
	{Name: "Material__c", Type: "picklist", Restricted: true, Controller: "Kind__c", Picklist: []salesforcetest.PicklistValue{
		{Value: "Bitumen", ValidFor: []string{"Flat"}},
		{Value: "Slate", ValidFor: []string{"Pitched"}},
		{Value: "Metal", ValidFor: []string{"Flat", "Pitched"}},
	}},
	{Name: "New__c", Type: "boolean"},
	{Name: "Warranty__c", Type: "picklist", Controller: "New__c", Restricted: true, Picklist: []salesforcetest.PicklistValue{
		{Value: "10 years", ValidFor: []string{"true"}}, {Value: "None", ValidFor: []string{"true", "false"}},
	}},
	{Name: "Extras__c", Type: "multipicklist", Restricted: true, Picklist: []salesforcetest.PicklistValue{{Value: "Gutter"}, {Value: "Window"}}},
	{Name: "Colour__c", Type: "picklist", Controller: "Kind__c", Picklist: []salesforcetest.PicklistValue{
		{Value: "Red", ValidFor: []string{"Pitched"}}, {Value: "Old", Inactive: true},
	}},
}}}

func roofMapping(tb testing.TB) *mapping.Mapping {
	tb.Helper()
	rules := []mapping.Rule{
		{From: []string{"New__c"}, Target: "new", Type: mapping.Checkbox},
		{From: []string{"Extras__c"}, Target: "extras", Type: mapping.MultiPicklist},
	}
	for _, target := range []string{"Kind", "Material", "Warranty", "Colour"} {
		rules = append(rules, mapping.Rule{From: []string{target + "__c"}, Target: strings.ToLower(target)})
	}
	return compile(tb, rules...)
}

func roofing(tb testing.TB) (*salesforce.Client, *salesforce.SObject) {
	tb.Helper()
	org := salesforcetest.NewOrg(&salesforcetest.Options{Schema: roofs})
	client, err := salesforce.New(salesforce.Config{
		LoginURL:   salesforce.MyDomain("acme"),
		Auth:       salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
		HTTPClient: &http.Client{Transport: org.Transport()},
	})
	require.NoError(tb, err)
	s, err := client.Describe(tb.Context(), "Roof__c")
	require.NoError(tb, err)
	return client, s
}

func TestCheckPicklistsGoesByTheControllingValue(t *testing.T) {
	t.Parallel()
	_, s := roofing(t)
	m := roofMapping(t)
	for _, c := range []struct {
		name    string
		write   map[string]any
		current salesforce.Record // nil for a create
		err     error
	}{
		{"what goes together", map[string]any{"kind": "Flat", "material": "Bitumen"}, nil, nil},
		{"whatever its case", map[string]any{"kind": "FLAT", "material": "bitumen"}, nil, nil},
		{"what does not", map[string]any{"kind": "Flat", "material": "Slate"}, nil, mapping.ErrDependent},
		{"a create without the controlling value", map[string]any{"material": "Metal"}, nil, mapping.ErrDependent},
		{"nothing goes with everything", map[string]any{"kind": "Flat", "material": nil}, nil, nil},
		{"no option", map[string]any{"kind": "Flat", "material": "Straw"}, nil, mapping.ErrOption},
		{"no active option", map[string]any{"kind": "Dome"}, nil, mapping.ErrOption},
		{"the record's own controlling value", map[string]any{"material": "Slate"}, salesforce.Record{"Kind__c": "Pitched"}, nil},
		{"and that it refuses", map[string]any{"material": "Slate"}, salesforce.Record{"kind__C": "Flat"}, mapping.ErrDependent},
		{"a controlling value that nobody knows", map[string]any{"material": "Slate"}, salesforce.Record{"Id": "a00000000000001"}, mapping.ErrDependent},
		{"what is written goes first", map[string]any{"kind": "Pitched", "material": "Slate"}, salesforce.Record{"Kind__c": "Flat"}, nil},
		{"what is left behind", map[string]any{"kind": "Pitched"}, salesforce.Record{"Kind__c": "Flat", "Material__c": "Bitumen"}, mapping.ErrDependent},
		{"what may stay", map[string]any{"kind": "Pitched"}, salesforce.Record{"Kind__c": "Flat", "Material__c": "Metal"}, nil},
		{"what nobody touches", map[string]any{"new": true}, salesforce.Record{"Kind__c": "Dome", "Material__c": "Bitumen"}, nil},
		{"a checkbox controls", map[string]any{"new": true, "warranty": "10 years"}, nil, nil},
		{"and is unticked in a create", map[string]any{"warranty": "10 years"}, nil, mapping.ErrDependent},
		{"what goes with an unticked one", map[string]any{"warranty": "None"}, nil, nil},
		{"several", map[string]any{"extras": []string{"Gutter", "window"}}, nil, nil},
		{"one of several", map[string]any{"extras": []string{"Gutter", "Chimney"}}, nil, mapping.ErrOption},
		{"one's own word where that is free", map[string]any{"kind": "Flat", "colour": "Mauve"}, nil, nil},
		{"but no option of another", map[string]any{"kind": "Flat", "colour": "Red"}, nil, mapping.ErrDependent},
		{"a former one where that is free", map[string]any{"kind": "Flat", "colour": "Old"}, nil, nil},
	} {
		rec, err := m.Write(c.write, mapping.Update)
		require.NoError(t, err)
		require.ErrorIs(t, m.CheckPicklists(s, rec, c.current), c.err, c.name)
	}
}

func TestCheckPicklistsTellsEveryFaultWithoutItsValue(t *testing.T) {
	t.Parallel()
	_, s := roofing(t)
	err := roofMapping(t).CheckPicklists(s,
		salesforce.Record{"Kind__c": "Pitched", "Extras__c": "Chimney", "Warranty__c": map[string]any{}},
		salesforce.Record{"Id": "001RM000003oLnnYAE", "Material__c": "Bitumen"})
	require.EqualError(t, err, strings.Join([]string{
		"mapping: write material to field Material__c of record 001RM000003oLnnYAE (Text/Picklist): value does not go with that of the controlling field Kind__c: text of 7 characters",
		"mapping: write warranty to field Warranty__c of record 001RM000003oLnnYAE (Text/Picklist): value does not fit the type: object",
		"mapping: write extras to field Extras__c of record 001RM000003oLnnYAE (Multi-select picklist): value is no active option of the picklist: text of 7 characters",
	}, "\n"))
	require.Len(t, mapping.Faults(err), 3)
}

// What the check lets pass, the org takes, and the reverse: over creates and
// updates of restricted picklists.
func TestCheckPicklistsAgreesWithTheOrg(t *testing.T) {
	t.Parallel()
	client, s := roofing(t)
	m := roofMapping(t)
	refused, taken := 0, 0
	draw := map[string][]any{
		"kind": {nil, "Flat", "Pitched", "Dome"}, "material": {nil, "Bitumen", "Slate", "Metal", "Straw"},
		"new": {true, false}, "warranty": {nil, "10 years", "None"}, "extras": {nil, []string{"Gutter"}, []string{"Window", "Chimney"}},
	}
	written := func(t *rapid.T, label string, op mapping.Operation) salesforce.Record {
		src := map[string]any{}
		for _, target := range []string{"kind", "material", "new", "warranty", "extras"} {
			if rapid.Bool().Draw(t, label+target) {
				src[target] = rapid.SampledFrom(draw[target]).Draw(t, fmt.Sprint(label, "value of ", target))
			}
		}
		rec, err := m.Write(src, op)
		require.NoError(t, err)
		return rec
	}
	agrees := func(t *rapid.T, checked, answered error) {
		if checked != nil {
			refused++
			require.ErrorIs(t, answered, salesforce.ErrValidation, "the check says: %v", checked)
			return
		}
		taken++
		require.NoError(t, answered)
	}
	ctx := t.Context()
	rapid.Check(t, func(t *rapid.T) {
		rec := written(t, "create ", mapping.Create)
		id, err := client.Create(ctx, "Roof__c", rec, nil)
		agrees(t, m.CheckPicklists(s, rec, nil), err)
		if err != nil {
			return
		}
		rec = written(t, "update ", mapping.Update)
		if len(rec) == 0 {
			return
		}
		current, err := salesforce.Get[salesforce.Record](ctx, client, "Roof__c", id, "Id", "Kind__c", "Material__c", "New__c", "Warranty__c", "Extras__c")
		require.NoError(t, err)
		agrees(t, m.CheckPicklists(s, rec, current), client.Update(ctx, "Roof__c", id, rec, nil))
	})
	require.NotZero(t, refused)
	require.NotZero(t, taken)
	t.Logf("%d writes refused by both, %d taken by both", refused, taken)
}
