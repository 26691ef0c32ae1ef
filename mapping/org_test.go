package mapping_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// visits are what an office has added to its org.
var visits = salesforcetest.Schema{{
	Name: "Visit__c", Label: "Visit", KeyPrefix: "a0V",
	Fields: []salesforcetest.Field{
		{Name: "Result__c", Label: "Result", Type: "picklist", Restricted: true, Picklist: []salesforcetest.PicklistValue{
			{Value: "Sold", Label: "Verkauft"}, {Value: "Not Sold", Label: "Nicht verkauft"}, {Value: "Gone", Label: "Weg", Inactive: true},
		}},
		{Name: "Detail__c", Label: "Detail", Type: "picklist", Controller: "Result__c", Picklist: []salesforcetest.PicklistValue{
			{Value: "Cash", ValidFor: []string{"Sold"}}, {Value: "Price", ValidFor: []string{"Not Sold"}}, {Value: "Other", ValidFor: []string{"Sold", "Not Sold"}},
		}},
		{Name: "Products__c", Label: "Products", Type: "multipicklist", Picklist: []salesforcetest.PicklistValue{{Value: "R", Label: "Roof"}, {Value: "S", Label: "Siding"}}},
		{Name: "Total__c", Label: "Total", Type: "currency", Formula: func(salesforcetest.Row) any { return 1.0 }},
		{Name: "Code__c", Label: "Visit Code", Length: 10, Required: true},
		{Name: "Fixed__c", Label: "Fixed", NoUpdate: true},
		{Name: "Secret__c", Label: "Secret"},
		{Name: "Account__c", Label: "Customer", Type: "reference", ReferenceTo: []string{"Account"}, Relationship: "Account__r", Children: "Visits__r"},
	},
}}

// office returns a client of an org with visits, in which Secret__c is hidden.
func office(tb testing.TB) *salesforce.Client {
	tb.Helper()
	org := salesforcetest.NewOrg(nil)
	require.NoError(tb, org.Extend(visits))
	org.HideField("Visit__c", "Secret__c")
	login := org.Credentials()
	client, err := salesforce.New(salesforce.Config{
		LoginURL:   salesforce.MyDomain("acme"),
		Auth:       salesforce.ClientCredentials{ClientID: login.ClientID, ClientSecret: login.ClientSecret},
		HTTPClient: &http.Client{Transport: org.Transport()},
	})
	require.NoError(tb, err)
	return client
}

// problems checks rules against the org, and returns what it says, line by line.
func problems(tb testing.TB, object string, op mapping.Operation, rules ...mapping.Rule) string {
	tb.Helper()
	client := office(tb)
	s, err := client.Describe(tb.Context(), object)
	require.NoError(tb, err)
	var said []string
	for _, p := range compile(tb, rules...).Check(s, &mapping.CheckOptions{Write: op, Resolve: func(object string) (*salesforce.SObject, error) {
		return client.Describe(tb.Context(), object)
	}}) {
		said = append(said, p.Error())
	}
	return strings.Join(said, "\n")
}

func TestCheckComparesWithTheOrgForReading(t *testing.T) {
	t.Parallel()
	require.Equal(t, strings.Join([]string{
		`row 1: rule 1 (secret): field Secret__c: Visit__c has no field Secret__c, or it is hidden from this user`,
		`mapping: rule 2 (code): field Code: Visit__c has no field Code, or it is hidden from this user; did you mean "Code__c"?`,
		`mapping: rule 3 (byLabel): field Customer: Visit__c has no field Customer, or it is hidden from this user; did you mean "Account__c"?`,
		`mapping: rule 4 (phone): field Account__r.Phon: Account has no field Phon, or it is hidden from this user; did you mean "Phone"?`,
		`mapping: rule 5 (short): warning: field Code__c: the field takes 10 characters, and more than 5 are refused: raise max, or set cut where a part will do`,
		`mapping: rule 6 (result): field Result__c: the lookup has "Verkauft", which is no value of the picklist; "Verkauft" is the label of "Sold"`,
		`mapping: rule 6 (result): warning: field Result__c: the lookup lacks "Sold", which is refused: add it, or set otherwise`,
		`mapping: rule 7 (label): field Code__c: a field of type string has no labels: remove label`,
		`mapping: rule 8 (day): warning: field CreatedDate: a field of type datetime needs no layouts`,
		`mapping: rule 9 (name): field Account__r: Visit__c has no field Account__r, or it is hidden from this user; did you mean "Account__c"?`,
		`mapping: rule 10 (option): warning: field Result__c: the option "Not Sold" is longer than 5 characters, and refused`,
		`mapping: rule 11 (child): field Task[0].Subject: Visit__c has no child list Task, or it is hidden from this user; did you mean "Tasks"?`,
	}, "\n"), problems(t, "Visit__c", "",
		mapping.Rule{At: "row 1", From: []string{"Secret__c"}, Target: "secret"},
		mapping.Rule{From: []string{"Code"}, Target: "code"},
		mapping.Rule{From: []string{"Customer"}, Target: "byLabel"},
		mapping.Rule{From: []string{"Account__r.Phon"}, Target: "phone"},
		mapping.Rule{From: []string{"Code__c"}, Target: "short", Max: 5},
		mapping.Rule{From: []string{"Result__c"}, Target: "result", Lookup: map[string]string{"Verkauft": "x", "Not Sold": "y"}},
		mapping.Rule{From: []string{"Code__c"}, Target: "label", Label: true},
		mapping.Rule{From: []string{"CreatedDate"}, Target: "day", Type: mapping.Date, Layouts: []string{"DD.MM.YYYY"}},
		mapping.Rule{From: []string{"Code__c", "Account__r"}, Target: "name", Template: "%1% %2%"},
		mapping.Rule{From: []string{"Result__c"}, Target: "option", Max: 5},
		mapping.Rule{From: []string{"Task[0].Subject"}, Target: "child"},
		mapping.Rule{From: []string{"Account__r.Owner.Name"}, Target: "owner"},
		mapping.Rule{From: []string{"Account__r.BillingAddress.City"}, Target: "city"},
		mapping.Rule{From: []string{"Tasks[0].Subject"}, Target: "task"},
		mapping.Rule{From: []string{"Tasks[0].Owner.Email"}, Target: "mail", Type: mapping.Email},
	))
}

func TestCheckComparesWithTheOrgForWriting(t *testing.T) {
	t.Parallel()
	rules := []mapping.Rule{
		{From: []string{"Total__c"}, Target: "total", Type: mapping.Currency},
		{From: []string{"Fixed__c"}, Target: "fixed"},
		{From: []string{"Detail__c"}, Target: "detail"},
		{From: []string{"Account__r.Name"}, Target: "customer"},
		{From: []string{"Products__c"}, Target: "products", Type: mapping.MultiPicklist},
	}
	require.Equal(t, strings.Join([]string{
		`mapping: rule 1 (total): field Total__c: the field is a formula and cannot be written: set readOnly, or choose another field`,
		`mapping: rule 2 (fixed): field Fixed__c: this user cannot set the field in an update: set readOnly, or let an administrator allow it`,
		`mapping: rule 3 (detail): warning: field Detail__c: its options depend on Result__c, which no rule writes: add a rule for it, or a value may not go with what is there`,
		`mapping: rule 4 (customer): warning: field Account__r.Name: target is read only: it belongs to another record`,
	}, "\n"), problems(t, "Visit__c", mapping.Update, rules...))

	rules = append(rules[1:3], mapping.Rule{From: []string{"Result__c"}, Target: "result"})
	require.Equal(t, `mapping: Visit__c cannot be created: no rule writes its required field Code__c`,
		problems(t, "Visit__c", mapping.Create, rules...))
	require.Equal(t, `mapping: rule 1 (code): field Code__c: max 20 is more than the 10 characters that the field takes`,
		problems(t, "Visit__c", mapping.Create, mapping.Rule{From: []string{"Code__c"}, Target: "code", Max: 20}))
}

func TestLabelsComeFromTheOrg(t *testing.T) {
	t.Parallel()
	client := office(t)
	s, err := client.Describe(t.Context(), "Visit__c")
	require.NoError(t, err)
	m := compile(t,
		mapping.Rule{From: []string{"Result__c"}, Target: "result", Label: true},
		mapping.Rule{From: []string{"Products__c"}, Target: "products", Type: mapping.MultiPicklist, Label: true},
		mapping.Rule{From: []string{"Result__c"}, Target: "value"},
	)
	rec := salesforce.Record{"Result__c": "Not Sold", "Products__c": "R;S;X"}
	_, err = m.Apply(rec)
	require.ErrorIs(t, err, mapping.ErrNoLabels)
	_, err = m.Write(map[string]any{"result": "Verkauft"}, mapping.Update)
	require.ErrorIs(t, err, mapping.ErrNoLabels)

	labelled, err := m.WithLabels(s, nil)
	require.NoError(t, err)
	values, err := labelled.Apply(rec)
	require.NoError(t, err)
	got := map[string]any{}
	require.NoError(t, values.Into(got))
	require.Equal(t, map[string]any{"result": "Nicht verkauft", "products": []string{"Roof", "Siding", "X"}, "value": "Not Sold"}, got)
	back, err := labelled.Write(values, mapping.Update)
	require.NoError(t, err)
	require.Equal(t, rec, back)

	_, err = compile(t, mapping.Rule{From: []string{"Gone__c"}, Target: "gone", Label: true}).WithLabels(s, nil)
	require.ErrorContains(t, err, "rule 1 (gone): Visit__c has no field Gone__c")
}

func TestWhatIsWrittenArrives(t *testing.T) {
	t.Parallel()
	client := office(t)
	m := compile(t,
		mapping.Rule{From: []string{"Code__c"}, Target: "code", Required: true, Max: 10},
		mapping.Rule{From: []string{"Result__c"}, Target: "result", Lookup: map[string]string{"Sold": "won", "Not Sold": "lost"}},
		mapping.Rule{From: []string{"Products__c"}, Target: "products", Type: mapping.MultiPicklist},
	)
	rec, err := m.Write(map[string]any{"code": "V-1", "result": "won", "products": []string{"R", "S"}}, mapping.Create)
	require.NoError(t, err)
	id, err := client.Create(t.Context(), "Visit__c", rec, nil)
	require.NoError(t, err)

	rec, err = m.Write(map[string]any{"products": nil}, mapping.Update)
	require.NoError(t, err)
	require.NoError(t, client.Update(t.Context(), "Visit__c", id, rec, nil))

	back, err := salesforce.Get[salesforce.Record](t.Context(), client, "Visit__c", id, m.Paths()...)
	require.NoError(t, err)
	values, err := m.Apply(back)
	require.NoError(t, err)
	got := map[string]any{}
	require.NoError(t, values.Into(got))
	require.Equal(t, map[string]any{"code": "V-1", "result": "won", "products": nil}, got)
}

func TestFormTellsWhatThereIsToChoose(t *testing.T) {
	t.Parallel()
	client := office(t)
	f, err := mapping.NewForm(t.Context(), client, "", nil)
	require.NoError(t, err)
	require.Contains(t, f.Objects, mapping.FormObject{Name: "Visit__c", Label: "Visit", Custom: true})
	require.Equal(t, mapping.Types(), f.Types)
	require.Empty(t, f.Fields)

	f, err = mapping.NewForm(t.Context(), client, "Visit__c", &mapping.FormOptions{Depth: 1})
	require.NoError(t, err)
	fields := map[string]mapping.FormField{}
	for _, field := range f.Fields {
		fields[field.Path] = field
	}
	require.NotContains(t, fields, "Secret__c")
	require.Equal(t, []mapping.FormOption{
		{Value: "Cash", Label: "Cash", Active: true, With: []string{"Sold"}},
		{Value: "Price", Label: "Price", Active: true, With: []string{"Not Sold"}},
		{Value: "Other", Label: "Other", Active: true, With: []string{"Sold", "Not Sold"}},
	}, fields["Detail__c"].Options)
	require.Equal(t, "Result__c", fields["Detail__c"].Controller)
	require.Equal(t, mapping.FormOption{Value: "Gone", Label: "Weg"}, fields["Result__c"].Options[2])
	code := fields["Code__c"]
	require.Equal(t, mapping.Text, code.Suggest)
	require.True(t, code.Required)
	require.Equal(t, 10, code.Length)
	require.Contains(t, code.Fitting, mapping.Date)
	require.False(t, fields["Total__c"].Update)
	require.Equal(t, []string{"Account"}, fields["Account__c"].Objects)
	phone := fields["Account__r.Phone"]
	require.Equal(t, "Customer > Account Phone", phone.Label)
	require.Equal(t, mapping.Phone, phone.Suggest)

	_, err = mapping.NewForm(t.Context(), client, "Nothing__c", nil)
	require.ErrorIs(t, err, salesforce.ErrNotFound)
}

func TestSuggestedTypesFitTheirFields(t *testing.T) {
	t.Parallel()
	client := office(t)
	for _, object := range []string{"Account", "Contact", "Opportunity", "Event", "Visit__c", "ContentVersion"} {
		s, err := client.Describe(t.Context(), object)
		require.NoError(t, err)
		var rules []mapping.Rule
		for i := range s.Fields {
			if typ := mapping.Suggest(&s.Fields[i]); typ != "" {
				rules = append(rules, mapping.Rule{From: []string{s.Fields[i].Name}, Type: typ, Target: s.Fields[i].Name})
			}
		}
		require.Greater(t, len(rules), 10)
		require.NoError(t, compile(t, rules...).Validate(s, nil), object)
		require.Empty(t, compile(t, rules...).Check(s, nil), object)
	}
}
