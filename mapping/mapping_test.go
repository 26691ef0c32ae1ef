package mapping_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	"pgregory.net/rapid"

	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
)

var chicago = time.FixedZone("CDT", -5*3600)

// record reads a record as the wire gives it.
func record(tb testing.TB, text string) salesforce.Record {
	tb.Helper()
	var rec salesforce.Record
	require.NoError(tb, json.Unmarshal([]byte(text), &rec))
	return rec
}

// compile makes a mapping whose times are those of Chicago.
func compile(tb testing.TB, rules ...mapping.Rule) *mapping.Mapping {
	tb.Helper()
	m, err := mapping.New(rules, &mapping.Options{Zone: chicago})
	require.NoError(tb, err)
	return m
}

// field maps the field F to the target f.
func field(typ mapping.Type) mapping.Rule {
	return mapping.Rule{From: []string{"F"}, Type: typ, Target: "f", Title: "F"}
}

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// conversions map {type, JSON value} to what the target receives; shape is set
// where the value does not fit.
var conversions = []struct {
	typ   mapping.Type
	json  string
	want  any
	shape string
}{
	{"", `"x"`, "x", ""},
	{mapping.Text, `" as it came\r\n"`, " as it came\r\n", ""},
	{mapping.Text, `12.50`, "12.50", ""},
	{mapping.Text, `1.25E10`, "12500000000", ""},
	{mapping.Text, `1E999999999`, nil, "number"},
	{mapping.Text, `true`, "true", ""},
	{mapping.Text, `""`, nil, ""},
	{mapping.Text, `null`, nil, ""},
	{mapping.Text, `{"a":1}`, nil, "object"},
	{mapping.Text, `[1,2]`, nil, "list of 2"},
	{mapping.Text, `[{"a":1}]`, nil, "list of 1 records"},
	{mapping.Number, `12345678901234567.89`, dec("12345678901234567.89"), ""},
	{mapping.Number, `-0.1`, dec("-0.1"), ""},
	{mapping.Number, `" 42 "`, dec("42"), ""},
	{mapping.Number, `3E2`, dec("300"), ""},
	{mapping.Number, `1E999999999`, nil, "number"},
	{mapping.Number, `1E-999999999`, nil, "number"},
	{mapping.Number, `"twelve"`, nil, "text of 6 characters"},
	{mapping.Number, `true`, nil, "boolean"},
	{mapping.Currency, `99.90`, dec("99.90"), ""},
	{mapping.Percent, `12.5`, dec("12.5"), ""},
	{mapping.Date, `"2026-08-24"`, salesforce.Date{Year: 2026, Month: 8, Day: 24}, ""},
	{mapping.Date, `"2026-08-24T03:00:00.000+0000"`, salesforce.Date{Year: 2026, Month: 8, Day: 23}, ""},
	{mapping.Date, `"24.08.2026"`, nil, "text of 10 characters"},
	{mapping.Date, `"2026-02-30"`, nil, "text of 10 characters"},
	{mapping.DateTime, `"2026-08-24T21:26:29.000+0000"`, time.Date(2026, 8, 24, 16, 26, 29, 0, chicago), ""},
	{mapping.DateTime, `"2026-08-24T21:26:29Z"`, time.Date(2026, 8, 24, 16, 26, 29, 0, chicago), ""},
	{mapping.DateTime, `"2026-08-24"`, time.Date(2026, 8, 24, 0, 0, 0, 0, chicago), ""},
	{mapping.DateTime, `"tomorrow"`, nil, "text of 8 characters"},
	{mapping.DateTime, `"2026-13-24"`, nil, "text of 10 characters"},
	{mapping.Checkbox, `true`, true, ""},
	{mapping.Checkbox, `false`, false, ""},
	{mapping.Checkbox, `"true"`, true, ""},
	{mapping.Checkbox, `1`, nil, "number"},
	{mapping.Phone, `" (614) 555-0100 "`, "(614) 555-0100", ""},
	{mapping.Phone, `"  "`, nil, ""},
	{mapping.Email, `" ada@example.com"`, "ada@example.com", ""},
	{mapping.Email, `"ada at example.com"`, nil, "text of 18 characters"},
	{mapping.Email, `"a@b@c"`, nil, "text of 5 characters"},
	{mapping.Email, `"@c"`, nil, "text of 2 characters"},
	{mapping.Email, `"a@b,c@d"`, nil, "text of 7 characters"},
	{mapping.Email, `" "`, nil, ""},
	{mapping.MultiPicklist, `"Roof;Siding;Gutters, large"`, []string{"Roof", "Siding", "Gutters, large"}, ""},
	{mapping.MultiPicklist, `null`, nil, ""},
	{mapping.ID, `"001RM000003oLnn"`, salesforce.ID("001RM000003oLnnYAE"), ""},
	{mapping.ID, `"001RM000003oLnnYAE"`, salesforce.ID("001RM000003oLnnYAE"), ""},
	{mapping.ID, `"001RM000003oLnnYAF"`, nil, "text of 18 characters"},
	{mapping.URL, `" www.example.com:8080/x "`, "www.example.com:8080/x", ""},
	{mapping.URL, `"https://example.com"`, "https://example.com", ""},
	{mapping.URL, `"JavaScript:alert(1)"`, nil, "text of 19 characters"},
	{mapping.URL, `"java\tscript\n:alert(1)"`, nil, "text of 21 characters"},
	{mapping.URL, `"n/a: see notes"`, "n/a: see notes", ""},
	{mapping.Address, `{"street":"1 Elm St\r\nApt 2","city":"Columbus","state":"OH","postalCode":"43004","country":"US"}`, "1 Elm St, Apt 2, Columbus, OH 43004", ""},
	{mapping.Address, `{"street":null,"city":null,"state":null,"postalCode":null}`, nil, ""},
	{mapping.Address, `{"street":["x"]}`, nil, "object"},
	{mapping.Address, `"1 Elm St\nColumbus"`, "1 Elm St, Columbus", ""},
	{mapping.Address, `null`, nil, ""},
	{mapping.Lines, `" 1 Elm St \r\n\r\n Apt 2 \n"`, []string{"1 Elm St", "Apt 2"}, ""},
	{mapping.Lines, `"\n \n"`, nil, ""},
	{mapping.Lines, `{}`, nil, "object"},
	{mapping.RichText, `"<p>Hello&nbsp;<b>you</b></p>"`, "Hello you", ""},
	{mapping.RichText, `"<p> <br></p>"`, nil, ""},
}

func TestApplyConvertsEveryType(t *testing.T) {
	t.Parallel()
	for _, c := range conversions {
		m := compile(t, field(c.typ))
		values, err := m.Apply(record(t, `{"F":`+c.json+`}`))
		got, ok := values.Get("f")
		if c.shape != "" {
			fault, isFault := errors.AsType[*mapping.FieldError](err)
			require.True(t, isFault, "%s of %s", c.typ, c.json)
			require.Equal(t, c.shape, fault.Shape, "%s of %s", c.typ, c.json)
			require.ErrorIs(t, err, mapping.ErrShape)
			require.False(t, ok)
			continue
		}
		require.NoError(t, err, "%s of %s", c.typ, c.json)
		require.True(t, ok)
		require.Equal(t, c.want, got, "%s of %s", c.typ, c.json)
	}
}

func TestRecordsMadeInCodeMayHoldGoNumbers(t *testing.T) {
	t.Parallel()
	m := compile(t, field(mapping.Number))
	for _, value := range []any{1234567, 1234567.0, json.Number("1234567")} {
		values, err := m.Apply(salesforce.Record{"F": value})
		require.NoError(t, err)
		got, _ := values.Get("f")
		require.Equal(t, "1234567", got.(decimal.Decimal).String())
	}
	_, err := m.Apply(salesforce.Record{"F": []byte("1")})
	require.ErrorContains(t, err, "Go []uint8")
}

func TestEveryTypeIsListedOnce(t *testing.T) {
	t.Parallel()
	for _, typ := range mapping.Types() {
		compile(t, field(typ))
	}
	require.Len(t, mapping.Types(), 17)
}

func TestAddressIsComposedOfSeveralFields(t *testing.T) {
	t.Parallel()
	m := compile(t, mapping.Rule{
		From: []string{"Street", "City", "State", "Zip", "Country"}, Type: mapping.Address, Target: "address",
	})
	for text, want := range map[string]any{
		`{"Street":"1 Elm St","City":"Columbus","State":"OH","Zip":"43004","Country":null}`:     "1 Elm St, Columbus, OH 43004",
		`{"Street":"Weg 1","City":"Ulm","State":null,"Zip":"89073","Country":"Germany"}`:        "Weg 1, Ulm, 89073, Germany",
		`{"Street":null,"City":"Columbus","State":"OH","Zip":null,"Country":null}`:              "Columbus, OH",
		`{"Street":null,"City":null,"State":null,"Zip":null,"Country":null}`:                    nil,
		`{"Street":"1 Elm St","City":"Columbus","State":"OH","Zip":43004,"Country":null,"x":1}`: "1 Elm St, Columbus, OH 43004",
	} {
		values, err := m.Apply(record(t, text))
		require.NoError(t, err)
		got, ok := values.Get("address")
		require.True(t, ok)
		require.Equal(t, want, got)
	}
	values, err := m.Apply(record(t, `{"Street":"1 Elm St","City":"Columbus","State":"OH","Zip":"43004"}`))
	require.NoError(t, err)
	require.False(t, values.Has("address"), "half an address is no address")
}

func TestLinesTakeSeveralFields(t *testing.T) {
	t.Parallel()
	m := compile(t, mapping.Rule{From: []string{"Street", "State"}, Type: mapping.Lines, Target: "lines", Max: 6, Cut: true})
	values, err := m.Apply(record(t, `{"Street":"1 Elm Street\nApt 2","State":"OH"}`))
	require.NoError(t, err)
	got, _ := values.Get("lines")
	require.Equal(t, []string{"1 Elm ", "Apt 2", "OH"}, got)
}

func TestAbsentIsNotNull(t *testing.T) {
	t.Parallel()
	m := compile(t,
		mapping.Rule{From: []string{"Owner.Name"}, Target: "owner"},
		mapping.Rule{From: []string{"Phone"}, Target: "phone"},
		mapping.Rule{From: []string{"Fax"}, Target: "fax", Required: true},
	)
	values, err := m.Apply(record(t, `{"Owner":null,"Phone":"1"}`))
	require.NoError(t, err)
	require.Equal(t, map[string]any{"owner": nil, "phone": "1"}, maps.Collect(values.All()))
	require.True(t, values.Has("owner"))
	require.False(t, values.Has("fax"))
	require.False(t, values.Has("unheard of"))

	var none mapping.Values
	require.False(t, none.Has("owner"))
	require.Empty(t, maps.Collect(none.All()))
	require.Empty(t, none.Notes())
}

func TestDefaultsStandInForEmptyValues(t *testing.T) {
	t.Parallel()
	rules := []mapping.Rule{
		{From: []string{"A"}, Target: "a", Default: "unknown", Required: true},
		{From: []string{"B"}, Target: "b", Type: mapping.Checkbox, Default: "true"},
		{From: []string{"C"}, Target: "c", Type: mapping.Number, Default: "1.50"},
		{From: []string{"D"}, Target: "d", Type: mapping.Lines, Default: "x\ny"},
		{From: []string{"E"}, Target: "e", Default: "absent"},
		{From: []string{"F"}, Target: "f", Type: mapping.Date, Default: "2026-01-02"},
	}
	values, err := compile(t, rules...).Apply(record(t, `{"A":null,"B":null,"C":"","D":" ","F":null}`))
	require.NoError(t, err)
	require.Equal(t, map[string]any{
		"a": "unknown", "b": true, "c": dec("1.50"), "d": []string{"x", "y"},
		"f": salesforce.Date{Year: 2026, Month: 1, Day: 2},
	}, maps.Collect(values.All()))
}

func TestADefaultBelongsToItsRecord(t *testing.T) {
	t.Parallel()
	rule := field(mapping.Lines)
	rule.Default = "x"
	m := compile(t, rule)
	for range 2 {
		values, err := m.Apply(salesforce.Record{"F": nil})
		require.NoError(t, err)
		got, _ := values.Get("f")
		require.Equal(t, []string{"x"}, got)
		got.([]string)[0] = "changed"
	}
}

func TestMaxCutsOrRefuses(t *testing.T) {
	t.Parallel()
	rec := record(t, `{"Id":"001RM000003oLnnYAE","F":"äöüßé"}`)
	rule := field(mapping.Text)
	for rule.Max = 5; rule.Max < 7; rule.Max++ {
		values, err := compile(t, rule).Apply(rec)
		require.NoError(t, err)
		got, _ := values.Get("f")
		require.Equal(t, "äöüßé", got)
	}

	rule.Max = 4
	_, err := compile(t, rule).Apply(rec)
	require.ErrorIs(t, err, mapping.ErrTooLong)

	rule.Cut = true
	values, err := compile(t, rule).Apply(rec)
	require.NoError(t, err)
	got, _ := values.Get("f")
	require.Equal(t, "äöüß", got)
}

func TestABadValueCostsOnlyItsOwnTarget(t *testing.T) {
	t.Parallel()
	m := compile(t,
		mapping.Rule{From: []string{"Name"}, Target: "name"},
		mapping.Rule{From: []string{"Start__c"}, Target: "start", Type: mapping.DateTime},
		mapping.Rule{From: []string{"Owner.Email"}, Target: "mail", Type: mapping.Email, Required: true},
		mapping.Rule{From: []string{"Fee__c"}, Title: "Fee", Note: true, Type: mapping.Number},
	)
	values, err := m.Apply(record(t,
		`{"Id":"001RM000003oLnn","Name":"Larry Leap","Start__c":"next Tuesday","Owner":{"Email":null},"Fee__c":"free"}`))

	require.Equal(t, map[string]any{"name": "Larry Leap"}, maps.Collect(values.All()))
	require.EqualError(t, err, strings.Join([]string{
		"mapping: convert record 001RM000003oLnnYAE field Start__c to start (Appointment Date/Time): value does not fit the type: text of 12 characters",
		"mapping: convert record 001RM000003oLnnYAE field Owner.Email to mail (Email): required value is empty: null",
		"mapping: convert record 001RM000003oLnnYAE field Fee__c to Fee (Number): value does not fit the type: text of 4 characters",
	}, "\n"))
	require.ErrorIs(t, err, mapping.ErrRequired)
	require.NotContains(t, err.Error(), "Tuesday")

	faults := mapping.Faults(fmt.Errorf("visit: %w", err))
	require.Len(t, faults, 3)
	require.Equal(t, mapping.FieldError{
		RecordID: "001RM000003oLnnYAE", Target: "mail", Path: "Owner.Email", Type: mapping.Email,
		Shape: "null", Err: mapping.ErrRequired,
	}, *faults[1])
	require.Empty(t, mapping.Faults(mapping.ErrShape))
}

func TestNewReportsEveryFault(t *testing.T) {
	t.Parallel()
	_, err := mapping.New([]mapping.Rule{
		{From: []string{"Name"}, Target: "name"},
		{From: []string{"Name; DROP"}, Target: "name2", Type: "Texte"},
		{Target: "x", Max: -1},
		{From: []string{"A", "B"}, Target: "name", Cut: true},
		{From: []string{"A"}},
		{From: []string{"A"}, Note: true},
		{From: []string{"A"}, Target: "y", Type: mapping.Number, Max: 3},
		{From: []string{"A"}, Target: "z", Type: mapping.Email, Max: 3, Cut: true},
		{From: []string{"A"}, Target: "d", Type: mapping.Date, Default: "soon"},
		{From: []string{"A"}, Target: "e", Default: "long", Max: 3},
		{From: []string{"B"}, Target: "name"},
		{From: []string{"A..B"}, Target: "p"},
		{From: []string{"1A"}, Target: "q"},
	}, nil)
	require.EqualError(t, err, strings.Join([]string{
		`mapping: rule 2 (name2): unknown type "Texte"; there are Text/Picklist, Number, Whole number, Date, Appointment Date/Time, Time, ` +
			`Checkbox, Phone, Email, Address, Currency, Percent, Multi-select picklist, Id, Address lines, Rich text, URL`,
		`mapping: rule 2 (name2): source path "Name; DROP" is no field name`,
		`mapping: rule 3 (x): no source path: give the field to read as from`,
		`mapping: rule 3 (x): maximum -1 is negative: leave max out for no limit`,
		`mapping: rule 4 (name): 2 source paths are more than type Text/Picklist takes: leave one, or join them by a template`,
		`mapping: rule 4 (name): cut without a maximum: say where by max`,
		`mapping: rule 4 (name): rule 1 has the same target "name": give one of them another`,
		`mapping: rule 5: neither a target nor a note: name the app's field as target, or set note`,
		`mapping: rule 5: neither a title nor a target: a note needs a title in front of it`,
		`mapping: rule 6: neither a title nor a target: a note needs a title in front of it`,
		`mapping: rule 7 (y): type Number has no maximum: remove max`,
		`mapping: rule 8 (z): type Email cannot be cut: remove cut`,
		`mapping: rule 9 (d): default: value does not fit the type: write it as Salesforce does, such as 2026-08-24, true or A;B`,
		`mapping: rule 10 (e): default: value is too long`,
		`mapping: rule 11 (name): rule 1 has the same target "name": give one of them another`,
		`mapping: rule 12 (p): source path "A..B" is no field name`,
		`mapping: rule 13 (q): source path "1A" is no field name`,
	}, "\n"))

	_, err = mapping.New(nil, nil)
	require.EqualError(t, err, "mapping: no rules")
}

func TestPathsAndTargetsKeepTheOrderOfTheRules(t *testing.T) {
	t.Parallel()
	rules := []mapping.Rule{
		{From: []string{"B", "A", "C.D"}, Target: "lines", Type: mapping.Lines},
		{From: []string{"A"}, Target: "a"},
		{From: []string{"E"}, Title: "E", Note: true},
	}
	m := compile(t, rules...)
	rules[0].From[0] = "changed"
	require.Equal(t, []string{"B", "A", "C.D", "E"}, m.Paths())
	require.Equal(t, []string{"lines", "a"}, m.Targets())
	require.Equal(t, []mapping.Rule{
		{From: []string{"B", "A", "C.D"}, Target: "lines", Type: mapping.Lines},
		{From: []string{"A"}, Target: "a", Type: mapping.Text},
		{From: []string{"E"}, Title: "E", Note: true, Type: mapping.Text},
	}, m.Rules())
}

func TestNotesAreWrittenForPeople(t *testing.T) {
	t.Parallel()
	note := func(title string, typ mapping.Type) mapping.Rule {
		return mapping.Rule{Title: title, From: []string{strings.ReplaceAll(title, " ", "_")}, Type: typ, Note: true}
	}
	m := compile(t,
		note("Comments", mapping.Text), note("Start", mapping.DateTime), note("Built", mapping.Date),
		mapping.Rule{From: []string{"Hidden"}, Target: "hidden"},
		note("Confirmed", mapping.Checkbox), note("Paid", mapping.Checkbox), note("Products", mapping.MultiPicklist),
		note("Budget", mapping.Currency), note("Empty", mapping.Text), note("Not selected", mapping.Text),
		note("Where", mapping.Lines), note("Rep", mapping.ID),
		mapping.Rule{From: []string{"Phone"}, Target: "phone", Note: true},
	)
	values, err := m.Apply(record(t, `{"Comments":"Two dogs","Start":"2026-08-24T21:26:00.000+0000","Built":"1999-12-31",
		"Hidden":"x","Confirmed":true,"Paid":false,"Products":"Roof;Siding","Budget":1234567.50,"Empty":null,
		"Where":"1 Elm St\nApt 2","Rep":"005RM000003oLnn","Phone":"614"}`))
	require.NoError(t, err)
	require.Equal(t, []string{
		"Comments: Two dogs", "Start: 8/24/2026 4:26 PM", "Built: 12/31/1999", "Confirmed: Yes", "Paid: No",
		"Products: Roof, Siding", "Budget: 1234567.5", "Where: 1 Elm St, Apt 2", "Rep: 005RM000003oLnnYAE", "phone: 614",
	}, values.Notes())
}

func TestNoteLayoutsAreConfigurable(t *testing.T) {
	t.Parallel()
	m, err := mapping.New([]mapping.Rule{
		{From: []string{"F"}, Title: "D", Type: mapping.Date, Note: true},
		{From: []string{"F"}, Title: "T", Type: mapping.DateTime, Note: true},
	}, &mapping.Options{DateLayout: "02.01.2006", DateTimeLayout: "02.01.2006 15:04"})
	require.NoError(t, err)
	values, err := m.Apply(record(t, `{"F":"2026-08-24T21:26:00.000+0000"}`))
	require.NoError(t, err)
	require.Equal(t, []string{"D: 24.08.2026", "T: 24.08.2026 21:26"}, values.Notes())
}

func TestRulesAreDataInJSONAndYAML(t *testing.T) {
	t.Parallel()
	want := []mapping.Rule{{
		Title: "Phone", From: []string{"Prospect__r.Phone__c"}, Type: mapping.Phone, Target: "phone",
		Note: true, Required: true, Max: 40, Default: "none",
	}}
	var fromJSON, fromYAML []mapping.Rule
	require.NoError(t, json.Unmarshal([]byte(`[{"title":"Phone","from":["Prospect__r.Phone__c"],"type":"Phone",
		"target":"phone","note":true,"required":true,"max":40,"default":"none"}]`), &fromJSON))
	require.NoError(t, yaml.Unmarshal([]byte(`
- title: Phone
  from: [Prospect__r.Phone__c]
  type: Phone
  target: phone
  note: true
  required: true
  max: 40
  default: none
`), &fromYAML))
	require.Equal(t, want, fromJSON)
	require.Equal(t, want, fromYAML)
}

func TestAnyScalarGivesAValueOrAFieldErrorThatHidesIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		typ := rapid.SampledFrom(mapping.Types()).Draw(t, "type")
		secret := "~" + rapid.StringN(0, 20, 80).Draw(t, "text") + "~secret~"
		m, err := mapping.New([]mapping.Rule{field(typ)}, nil)
		require.NoError(t, err)
		values, err := m.Apply(salesforce.Record{"F": secret})
		require.Equal(t, err == nil, values.Has("f"))
		if err != nil {
			require.NotContains(t, err.Error(), "~")
		}
	})
}

func BenchmarkApply(b *testing.B) {
	var rules []mapping.Rule
	for name, typ := range map[string]mapping.Type{
		"Id": mapping.ID, "Name": mapping.Text, "Phone": mapping.Phone, "Email": mapping.Email, "Website": mapping.URL,
		"Budget": mapping.Currency, "Start": mapping.DateTime, "Built": mapping.Date, "Paid": mapping.Checkbox,
		"Owner.Name": mapping.Text,
	} {
		rules = append(rules, mapping.Rule{From: []string{name}, Type: typ, Target: name})
	}
	m := compile(b, rules...)
	rec := record(b, `{"Id":"001RM000003oLnnYAE","Name":"Acme","Phone":"614-555-0100","Email":"ada@example.com",
		"Website":"www.example.com","Budget":12345.50,"Start":"2026-08-24T21:26:29.000+0000","Built":"1999-12-31",
		"Paid":true,"Owner":{"Name":"Ada"}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Apply(rec); err != nil {
			b.Fatal(err)
		}
	}
}
