package mapping_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
)

func TestRowsOfChildListsAreReadByTheirIndex(t *testing.T) {
	t.Parallel()
	m := compile(t,
		mapping.Rule{From: []string{"Contacts[0].Email"}, Target: "first", Type: mapping.Email},
		mapping.Rule{From: []string{"contacts[1].Owner.Name"}, Target: "owner"},
	)
	require.Equal(t, []string{"Contacts[0].Email", "contacts[1].Owner.Name"}, m.Paths())
	for text, want := range map[string]map[string]any{
		`{"Contacts":[{"Email":"a@b"},{"Email":null,"Owner":{"Name":"Ann"}}]}`: {"first": "a@b", "owner": "Ann"},
		`{"Contacts":[{"Email":"a@b"}]}`:                                       {"first": "a@b", "owner": nil},
		`{"Contacts":null}`:                                                    {"first": nil, "owner": nil},
		`{}`:                                                                   {},
		`{"Contacts":"x"}`:                                                     {},
		`{"Contacts":[{}, {"Owner":"x"}]}`:                                     {},
	} {
		values, err := m.Apply(record(t, text))
		require.NoError(t, err)
		got := map[string]any{}
		require.NoError(t, values.Into(got))
		require.Equal(t, want, got, text)
	}
}

func TestTemplatesPutSourcesTogether(t *testing.T) {
	t.Parallel()
	m := compile(t, mapping.Rule{
		From: []string{"FirstName", "Account.Name"}, Target: "name", Template: "%FirstName% of %account.name% (100%%, %1%)",
		Default: "nobody", Max: 24, Cut: true,
	})
	for text, want := range map[string]any{
		`{"FirstName":"Ada","Account":{"Name":"Acme"}}`:             "Ada of Acme (100%, Ada)",
		`{"FirstName":null,"Account":{"Name":"%FirstName%"}}`:       "of %FirstName% (100%, )",
		`{"FirstName":null,"Account":null}`:                         "nobody",
		`{"FirstName":"Ada Augusta","Account":{"Name":"Byron Co"}}`: "Ada Augusta of Byron Co ",
	} {
		values, err := m.Apply(record(t, text))
		require.NoError(t, err)
		got, _ := values.Get("name")
		require.Equal(t, want, got, text)
	}
	_, err := m.Apply(record(t, `{"FirstName":["Ada"],"Account":null}`))
	require.ErrorIs(t, err, mapping.ErrShape)
	values, err := m.Apply(record(t, `{"FirstName":"Ada"}`))
	require.NoError(t, err)
	require.False(t, values.Has("name"), "half a name is no name")
}

// spellings map {type, layout, text} to what a text field holds by it.
var spellings = []struct {
	typ          mapping.Type
	layout, text string
	want         any
}{
	{mapping.Date, "DD.MM.YYYY", "24.08.2026", salesforce.Date{Year: 2026, Month: 8, Day: 24}},
	{mapping.Date, "M/D/YY", "8/24/26", salesforce.Date{Year: 2026, Month: 8, Day: 24}},
	{mapping.Date, "DD.MM.YYYY", "2026-08-24", salesforce.Date{Year: 2026, Month: 8, Day: 24}},
	{mapping.Date, "DD.MM.YYYY", "32.08.2026", nil},
	{mapping.Date, "2006/01/02", "2026/08/24", salesforce.Date{Year: 2026, Month: 8, Day: 24}},
	{mapping.DateTime, "DD.MM.YYYY HH:mm", " 24.08.2026 16:30 ", time.Date(2026, 8, 24, 16, 30, 0, 0, chicago)},
	{mapping.DateTime, "2006-01-02T15:04", "2026-08-24T16:30", time.Date(2026, 8, 24, 16, 30, 0, 0, chicago)},
	{mapping.DateTime, "DD.MM.YYYY HH:mm", "noon", nil},
	{mapping.Time, "h:mm a", "4:30 PM", salesforce.Time{Hour: 16, Minute: 30}},
	{mapping.Time, "h:mm a", "16:30:00.000Z", salesforce.Time{Hour: 16, Minute: 30}},
	{mapping.Time, "h:mm a", "late", nil},
}

func TestLayoutsTellHowTextsSpellTimes(t *testing.T) {
	t.Parallel()
	for _, c := range spellings {
		rule := field(c.typ)
		rule.Layouts = []string{c.layout}
		values, err := compile(t, rule).Apply(salesforce.Record{"F": c.text})
		require.Equal(t, c.want == nil, err != nil, "%s %s", c.layout, c.text)
		got, _ := values.Get("f")
		require.Equal(t, c.want, got, "%s %s", c.layout, c.text)
	}
}

func TestARuleMayHaveAZoneOfItsOwn(t *testing.T) {
	t.Parallel()
	rule := mapping.Rule{From: []string{"F"}, Title: "Start", Target: "f", Type: mapping.DateTime, Zone: "Asia/Tokyo", Note: true}
	m := compile(t, rule)
	for _, m := range []*mapping.Mapping{m, m.In(time.UTC)} {
		values, err := m.Apply(salesforce.Record{"F": "2026-08-24T21:30:00Z"})
		require.NoError(t, err)
		require.Equal(t, []string{"Start: 8/25/2026 6:30 AM"}, values.Notes())
	}
}

func TestPhonesAreBroughtIntoTheHostsForm(t *testing.T) {
	t.Parallel()
	own := errors.New("not a number: secret")
	m, err := mapping.New([]mapping.Rule{field(mapping.Phone)}, &mapping.Options{Phone: func(number string) (string, error) {
		if !strings.HasPrefix(number, "614") {
			return "", own
		}
		return "+1" + number, nil
	}})
	require.NoError(t, err)
	values, err := m.Apply(salesforce.Record{"F": " 6145550100"})
	require.NoError(t, err)
	got, _ := values.Get("f")
	require.Equal(t, "+16145550100", got)
	_, err = m.Apply(salesforce.Record{"F": "ask Ada"})
	require.ErrorIs(t, err, own)
	require.NotContains(t, err.Error(), "secret")
	values, err = m.Apply(salesforce.Record{"F": nil})
	require.NoError(t, err)
	require.True(t, values.Has("f"))
}

func TestErrorsShowValuesIfAsked(t *testing.T) {
	t.Parallel()
	m, err := mapping.New([]mapping.Rule{field(mapping.Email)}, &mapping.Options{ShowValues: true})
	require.NoError(t, err)
	_, err = m.Apply(salesforce.Record{"F": "ask Ada"})
	require.EqualError(t, err, `mapping: convert record field F to f (Email): value does not fit the type: text of 7 characters "ask Ada"`)
	_, err = m.Write(map[string]any{"f": "ask Ada"}, mapping.Update)
	require.ErrorContains(t, err, `"ask Ada"`)
}

// setters is a host's type with setters of its own.
type setters struct{ name string }

func (s *setters) Set(target string, value any) error {
	if target != "name" {
		return fmt.Errorf("no setter for %s", target)
	}
	s.name, _ = value.(string)
	return nil
}

func TestIntoFillsMapsAndSetters(t *testing.T) {
	t.Parallel()
	m := compile(t, mapping.Rule{From: []string{"Name"}, Target: "name"}, mapping.Rule{From: []string{"Fax"}, Target: "fax"})
	values, err := m.Apply(salesforce.Record{"Name": "Acme", "Fax": nil})
	require.NoError(t, err)
	var s setters
	require.EqualError(t, values.Into(&s), "mapping: set target fax of *mapping_test.setters: no setter for fax")
	require.Equal(t, "Acme", s.name)

	got := map[string]any{"own": 1}
	require.NoError(t, values.Into(got))
	require.Equal(t, map[string]any{"own": 1, "name": "Acme", "fax": nil}, got)
	require.Error(t, values.Into(map[string]any(nil)))

	var tagged struct {
		Name string `map:"name,omitempty"`
	}
	require.ErrorContains(t, values.Into(&tagged), `unknown option "omitempty" in its tag`)
	require.NoError(t, mapping.Values{}.Into(&tagged))
}

func TestWholeNumbersGoIntoNumbers(t *testing.T) {
	t.Parallel()
	m := compile(t, field(mapping.Integer))
	values, err := m.Apply(record(t, `{"F":12.0}`))
	require.NoError(t, err)
	var got struct {
		F int8 `map:"f"`
	}
	require.NoError(t, values.Into(&got))
	require.Equal(t, int8(12), got.F)
	for _, text := range []string{`{"F":12.5}`, `{"F":99999999999999999999}`, `{"F":"x"}`} {
		_, err = m.Apply(record(t, text))
		require.ErrorIs(t, err, mapping.ErrShape)
	}
}

func TestTimesAreWrittenInTheFirstLayout(t *testing.T) {
	t.Parallel()
	rule := field(mapping.Time)
	rule.Layouts = []string{"h:mm a", "HH:mm"}
	rec, err := compile(t, rule).Write(map[string]any{"f": salesforce.Time{Hour: 16, Minute: 30}}, mapping.Update)
	require.NoError(t, err)
	require.Equal(t, salesforce.Record{"F": "4:30 PM"}, rec)

	rule = field(mapping.Date)
	rule.Layouts = []string{"DD.MM.YYYY"}
	rec, err = compile(t, rule).Write(map[string]any{"f": salesforce.Date{Year: 2026, Month: 8, Day: 24}}, mapping.Update)
	require.NoError(t, err)
	require.Equal(t, salesforce.Record{"F": "24.08.2026"}, rec)
}

func TestStructsMayHaveTypesOfTheirOwn(t *testing.T) {
	t.Parallel()
	type flag bool
	var got struct {
		Flag  flag            `map:"flag"`
		Count decimal.Decimal `map:"count"`
	}
	m := compile(t,
		mapping.Rule{From: []string{"A"}, Target: "flag", Type: mapping.Checkbox},
		mapping.Rule{From: []string{"B"}, Target: "count", Type: mapping.Integer},
	)
	values, err := m.Apply(record(t, `{"A":true,"B":7}`))
	require.NoError(t, err)
	require.NoError(t, values.Into(&got))
	require.True(t, bool(got.Flag))
	require.Equal(t, "7", got.Count.String())
	rec, err := m.Write(got, mapping.Update)
	require.NoError(t, err)
	require.Equal(t, salesforce.Record{"A": true, "B": json.Number("7")}, rec)
}

func TestATypeIsReadStrictly(t *testing.T) {
	t.Parallel()
	var typ mapping.Type
	require.NoError(t, typ.UnmarshalText([]byte("Number")))
	require.Equal(t, mapping.Number, typ)
	require.EqualError(t, typ.UnmarshalText([]byte("Nubmer")), `unknown type "Nubmer"; did you mean "Number"?`)
	var otherwise mapping.Otherwise
	require.Error(t, otherwise.UnmarshalText([]byte("drop")))
}

func TestNoOptionOfARuleMakesAValueShow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rule := field(rapid.SampledFrom(mapping.Types()).Draw(t, "type"))
		rule.Lookup = rapid.SampledFrom([]map[string]string{nil, {"a": "b"}}).Draw(t, "lookup")
		rule.Label = rapid.Bool().Draw(t, "label")
		rule.Max = rapid.IntRange(0, 3).Draw(t, "max")
		rule.Layouts = rapid.SampledFrom([][]string{nil, {"DD.MM.YYYY HH:mm"}}).Draw(t, "layouts")
		m, err := mapping.New([]mapping.Rule{rule}, nil)
		if err != nil {
			return // no rule
		}
		secret := "~" + rapid.StringN(0, 20, 80).Draw(t, "text") + "~secret~"
		if _, err := m.Apply(salesforce.Record{"F": secret}); err != nil {
			require.NotContains(t, err.Error(), "~")
		}
		if _, err := m.Write(map[string]any{"f": secret}, mapping.Update); err != nil {
			require.NotContains(t, err.Error(), "~")
		}
	})
}
