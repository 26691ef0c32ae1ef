package mapping_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
)

// writes map {type, Go value} to what Salesforce receives; err is set where the
// value is refused.
var writes = []struct {
	typ   mapping.Type
	value any
	want  any
	err   error
}{
	{mapping.Text, " as it is ", " as it is ", nil},
	{mapping.Text, "", nil, nil},
	{mapping.Text, nil, nil, nil},
	{mapping.Text, phone("x"), "x", nil},
	{mapping.Text, 5, nil, mapping.ErrShape},
	{mapping.Number, dec("12345678901234567.89"), json.Number("12345678901234567.89"), nil},
	{mapping.Number, 1.5, json.Number("1.5"), nil},
	{mapping.Number, math.NaN(), nil, mapping.ErrShape},
	{mapping.Number, uint8(7), json.Number("7"), nil},
	{mapping.Number, json.Number("7"), json.Number("7"), nil},
	{mapping.Number, json.Number("1e999"), nil, mapping.ErrShape},
	{mapping.Number, "7", nil, mapping.ErrShape},
	{mapping.Currency, dec("0"), json.Number("0"), nil},
	{mapping.Percent, dec("12.5"), json.Number("12.5"), nil},
	{mapping.Integer, int64(-3), json.Number("-3"), nil},
	{mapping.Integer, dec("1.5"), nil, mapping.ErrShape},
	{mapping.Date, salesforce.Date{Year: 2026, Month: 8, Day: 24}, "2026-08-24", nil},
	{mapping.Date, salesforce.Date{}, nil, nil},
	{mapping.Date, salesforce.Date{Year: 2026, Month: 2, Day: 30}, nil, mapping.ErrShape},
	{mapping.Date, time.Date(2026, 8, 24, 3, 0, 0, 0, time.UTC), "2026-08-23", nil},
	{mapping.Date, time.Time{}, nil, nil},
	{mapping.Date, "2026-08-24", nil, mapping.ErrShape},
	{mapping.DateTime, time.Date(2026, 8, 24, 16, 26, 29, 0, chicago), "2026-08-24T21:26:29.000Z", nil},
	{mapping.DateTime, salesforce.DateTime{Time: time.Date(2026, 8, 24, 0, 0, 0, 0, time.UTC)}, "2026-08-24T00:00:00.000Z", nil},
	{mapping.DateTime, time.Time{}, nil, nil},
	{mapping.DateTime, time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC), nil, mapping.ErrShape},
	{mapping.DateTime, salesforce.Date{}, nil, mapping.ErrShape},
	{mapping.Time, salesforce.Time{Hour: 9, Minute: 30}, "09:30:00.000Z", nil},
	{mapping.Time, salesforce.Time{Hour: 25}, nil, mapping.ErrShape},
	{mapping.Time, "09:30", nil, mapping.ErrShape},
	{mapping.Checkbox, false, false, nil},
	{mapping.Checkbox, "false", nil, mapping.ErrShape},
	{mapping.Phone, " 614 ", "614", nil},
	{mapping.Phone, 614, nil, mapping.ErrShape},
	{mapping.Email, " ada@example.com", "ada@example.com", nil},
	{mapping.Email, "ada", nil, mapping.ErrShape},
	{mapping.Email, true, nil, mapping.ErrShape},
	{mapping.URL, "javascript:alert(1)", nil, mapping.ErrShape},
	{mapping.MultiPicklist, []string{"Roof", "Siding"}, "Roof;Siding", nil},
	{mapping.MultiPicklist, []string{}, nil, nil},
	{mapping.MultiPicklist, []string{"a;b"}, nil, mapping.ErrShape},
	{mapping.MultiPicklist, "Roof", nil, mapping.ErrShape},
	{mapping.ID, salesforce.ID("001RM000003oLnn"), "001RM000003oLnnYAE", nil},
	{mapping.ID, "", nil, nil},
	{mapping.ID, "nobody", nil, mapping.ErrShape},
	{mapping.ID, 5, nil, mapping.ErrShape},
	{mapping.Lines, []string{"1 Elm St", "Apt 2"}, "1 Elm St\nApt 2", nil},
	{mapping.Lines, []string{"a\nb"}, nil, mapping.ErrShape},
	{mapping.Lines, "a", nil, mapping.ErrShape},
	{mapping.Address, "1 Elm St", nil, mapping.ErrReadOnly},
	{mapping.RichText, "x", nil, mapping.ErrReadOnly},
}

func TestWriteConvertsEveryType(t *testing.T) {
	t.Parallel()
	for _, c := range writes {
		rec, err := compile(t, field(c.typ)).Write(map[string]any{"f": c.value}, mapping.Update)
		if c.err != nil {
			require.ErrorIs(t, err, c.err, "%s of %v", c.typ, c.value)
			require.Empty(t, rec)
			continue
		}
		require.NoError(t, err, "%s of %v", c.typ, c.value)
		require.Equal(t, salesforce.Record{"F": c.want}, rec, "%s of %v", c.typ, c.value)
	}
}

type visitForm struct {
	Result salesforce.Field[string]           `map:"result"`
	Budget salesforce.Field[*decimal.Decimal] `map:"budget"`
	Next   *time.Time                         `map:"next"`
	Phone  string                             `map:"phone,omitzero"`
	Fax    string                             `map:"fax"`
	Own    string
}

func formMapping(tb testing.TB) *mapping.Mapping {
	tb.Helper()
	return compile(tb,
		mapping.Rule{From: []string{"Result__c"}, Target: "result"},
		mapping.Rule{From: []string{"Budget__c"}, Target: "budget", Type: mapping.Currency},
		mapping.Rule{From: []string{"Next__c"}, Target: "next", Type: mapping.DateTime},
		mapping.Rule{From: []string{"Phone"}, Target: "phone", Type: mapping.Phone},
		mapping.Rule{From: []string{"Fax"}, Target: "fax", Type: mapping.Phone},
		mapping.Rule{From: []string{"Name"}, Title: "Name", Note: true},
	)
}

func TestWriteKeepsThreeStates(t *testing.T) {
	t.Parallel()
	m := formMapping(t)
	for _, c := range []struct {
		form visitForm
		want salesforce.Record
	}{
		{visitForm{}, salesforce.Record{"Next__c": nil, "Fax": nil}},
		{
			visitForm{Result: salesforce.Null[string](), Budget: salesforce.Null[*decimal.Decimal]()},
			salesforce.Record{"Result__c": nil, "Budget__c": nil, "Next__c": nil, "Fax": nil},
		},
		{
			visitForm{
				Result: salesforce.Value("Sold"), Budget: salesforce.Value(new(dec("1.5"))), Phone: "614", Fax: "615",
				Next: new(time.Date(2026, 8, 24, 0, 0, 0, 0, time.UTC)),
			},
			salesforce.Record{"Result__c": "Sold", "Budget__c": json.Number("1.5"), "Next__c": "2026-08-24T00:00:00.000Z", "Phone": "614", "Fax": "615"},
		},
	} {
		for _, src := range []any{c.form, &c.form} {
			rec, err := m.Write(src, mapping.Update)
			require.NoError(t, err)
			require.Equal(t, c.want, rec)
		}
	}
}

func TestIntoFillsThreeStates(t *testing.T) {
	t.Parallel()
	values, err := formMapping(t).Apply(record(t, `{"Result__c":"Sold","Budget__c":null}`))
	require.NoError(t, err)
	form := visitForm{Budget: salesforce.Value(new(dec("7")))}
	require.NoError(t, values.Into(&form))
	require.Equal(t, visitForm{Result: salesforce.Value("Sold"), Budget: salesforce.Null[*decimal.Decimal]()}, form)

	values, err = formMapping(t).Apply(record(t, `{"Budget__c":1.5}`))
	require.NoError(t, err)
	require.NoError(t, values.Into(&form))
	budget, ok := form.Budget.Get()
	require.True(t, ok)
	require.Equal(t, "1.5", budget.String())

	var wrong struct {
		Budget salesforce.Field[bool] `map:"budget"`
	}
	require.ErrorContains(t, values.Into(&wrong), "target budget: decimal.Decimal does not go into salesforce.Field[bool]")
}

func TestWriteRefusesWhatCannotBeWritten(t *testing.T) {
	t.Parallel()
	twice := map[string]string{"New": "open", "Working": "open", "Closed": "closed"}
	m := compile(t,
		mapping.Rule{From: []string{"Id"}, Target: "id", Type: mapping.ID},
		mapping.Rule{From: []string{"Owner.Name"}, Target: "owner"},
		mapping.Rule{From: []string{"Contacts[0].Email"}, Target: "email"},
		mapping.Rule{From: []string{"FirstName", "LastName"}, Target: "name", Template: "%1% %2%"},
		mapping.Rule{From: []string{"Street", "State"}, Target: "lines", Type: mapping.Lines},
		mapping.Rule{From: []string{"Phone"}, Target: "phone", ReadOnly: true},
		mapping.Rule{From: []string{"Stage"}, Target: "stage", Lookup: twice},
		mapping.Rule{From: []string{"Stage"}, Target: "known", Lookup: map[string]string{"New": "open"}, Otherwise: mapping.Empty},
		mapping.Rule{From: []string{"Fax"}, Target: "fax"},
	)
	src := map[string]any{"fax": "1"}
	for _, target := range m.Targets() {
		src[target] = "x"
	}
	rec, err := m.Write(src, mapping.Update)
	require.Equal(t, salesforce.Record{"Fax": "x"}, rec)
	require.EqualError(t, err, strings.Join([]string{
		"mapping: write id to field Id of record (Id): target is read only: Salesforce gives the Id: text of 1 characters",
		"mapping: write owner to field Owner.Name of record (Text/Picklist): target is read only: it belongs to another record: text of 1 characters",
		"mapping: write email to field Contacts[0].Email of record (Text/Picklist): target is read only: it belongs to another record: text of 1 characters",
		"mapping: write name to field FirstName, LastName of record (Text/Picklist): target is read only: it is composed of several fields: text of 1 characters",
		"mapping: write lines to field Street, State of record (Address lines): target is read only: it is composed of several fields: text of 1 characters",
		"mapping: write phone to field Phone of record (Text/Picklist): target is read only: the rule says so: text of 1 characters",
		"mapping: write stage to field Stage of record (Text/Picklist): target is read only: several texts of its lookup become the same one: text of 1 characters",
		"mapping: write known to field Stage of record (Text/Picklist): target is read only: its lookup empties texts: text of 1 characters",
	}, "\n"))
	require.Len(t, mapping.Faults(err), 8)
}

func TestWriteChecksWhatIsRequiredAndHowLong(t *testing.T) {
	t.Parallel()
	m := compile(t,
		mapping.Rule{From: []string{"LastName"}, Target: "name", Required: true, Max: 4},
		mapping.Rule{From: []string{"Title"}, Target: "title", Max: 2, Cut: true},
	)
	_, err := m.Write(map[string]any{}, mapping.Create)
	require.ErrorIs(t, err, mapping.ErrRequired)
	rec, err := m.Write(map[string]any{}, mapping.Update)
	require.NoError(t, err)
	require.Empty(t, rec)
	_, err = m.Write(map[string]any{"name": ""}, mapping.Update)
	require.ErrorIs(t, err, mapping.ErrRequired)
	_, err = m.Write(map[string]any{"name": "Leaps"}, mapping.Update)
	require.ErrorIs(t, err, mapping.ErrTooLong)
	rec, err = m.Write(map[string]any{"name": "Leap", "title": "Mrs"}, mapping.Create)
	require.NoError(t, err)
	require.Equal(t, salesforce.Record{"LastName": "Leap", "Title": "Mr"}, rec)
}

func TestTwoTargetsOfOneFieldMustAgree(t *testing.T) {
	t.Parallel()
	m := compile(t, mapping.Rule{From: []string{"Phone"}, Target: "a"}, mapping.Rule{From: []string{"phone"}, Target: "b"})
	rec, err := m.Write(map[string]any{"a": "1", "b": "1"}, mapping.Update)
	require.NoError(t, err)
	require.Equal(t, salesforce.Record{"Phone": "1"}, rec)
	_, err = m.Write(map[string]any{"a": "1", "b": nil}, mapping.Update)
	require.ErrorIs(t, err, mapping.ErrConflict)
}

func TestWriteRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	m := formMapping(t)
	_, err := m.Write(map[string]any{"resutl": "Sold"}, mapping.Update)
	require.EqualError(t, err, `mapping: write: no rule has the target "resutl"; did you mean "result"?`)
	_, err = m.Write("Sold", mapping.Update)
	require.ErrorContains(t, err, "write string: neither a struct")
	_, err = m.Write(nil, mapping.Update)
	require.Error(t, err)
	_, err = m.Write(visitForm{}, "upsert")
	require.ErrorContains(t, err, `unknown operation "upsert"`)
}

func TestLookupsGoBothWays(t *testing.T) {
	t.Parallel()
	table := map[string]string{"Demo Sold": "sold", "No Demo": "none"}
	for _, c := range []struct {
		otherwise mapping.Otherwise
		in        any
		want      any
		read      error
		back      any
		write     error
	}{
		{"", "Demo Sold", "sold", nil, "Demo Sold", nil},
		{mapping.Refuse, "Other", nil, mapping.ErrLookup, nil, nil},
		{mapping.Keep, "Other", "Other", nil, "Other", nil},
		{mapping.Empty, "Other", nil, nil, nil, mapping.ErrReadOnly},
		{"", nil, nil, nil, nil, nil},
	} {
		rule := field(mapping.Text)
		rule.Lookup, rule.Otherwise = table, c.otherwise
		m := compile(t, rule)
		values, err := m.Apply(salesforce.Record{"F": c.in})
		require.ErrorIs(t, err, c.read)
		if c.read != nil {
			continue
		}
		got, _ := values.Get("f")
		require.Equal(t, c.want, got)
		rec, err := m.Write(values, mapping.Update)
		require.ErrorIs(t, err, c.write)
		require.Equal(t, c.back, rec["F"])
	}
	rule := field(mapping.MultiPicklist)
	rule.Lookup = table
	m := compile(t, rule)
	values, err := m.Apply(salesforce.Record{"F": "No Demo;Demo Sold"})
	require.NoError(t, err)
	got, _ := values.Get("f")
	require.Equal(t, []string{"none", "sold"}, got)
	rec, err := m.Write(values, mapping.Update)
	require.NoError(t, err)
	require.Equal(t, salesforce.Record{"F": "No Demo;Demo Sold"}, rec)
	_, err = m.Write(map[string]any{"f": []string{"lost"}}, mapping.Update)
	require.ErrorIs(t, err, mapping.ErrLookup)

	rule = field(mapping.Checkbox)
	rule.Lookup = map[string]string{"Yes": "true", "No": "false"}
	m = compile(t, rule)
	values, err = m.Apply(salesforce.Record{"F": "Yes"})
	require.NoError(t, err)
	got, _ = values.Get("f")
	require.Equal(t, true, got)
	rec, err = m.Write(map[string]any{"f": false}, mapping.Update)
	require.NoError(t, err)
	require.Equal(t, salesforce.Record{"F": "No"}, rec)
}

func TestKeptTextsDoNotCollideWithReplacedOnes(t *testing.T) {
	t.Parallel()
	rule := field(mapping.Text)
	rule.Lookup, rule.Otherwise = map[string]string{"A": "B"}, mapping.Keep
	_, err := compile(t, rule).Write(map[string]any{"f": "A"}, mapping.Update)
	require.ErrorIs(t, err, mapping.ErrLookup, "reading would make it B")
}

func TestConvertersOfTheHost(t *testing.T) {
	t.Parallel()
	own := errors.New("no colour: infrared")
	opt := &mapping.Options{Converters: map[string]mapping.Converter{
		"colour": {
			Read: func(sources []any) (any, error) {
				if sources[0] == "infrared" {
					return nil, own
				}
				return strings.ToUpper(sources[0].(string)), nil
			},
			Write: func(value any) (any, error) { return strings.ToLower(value.(string)), nil },
		},
		"pair": {Read: func(sources []any) (any, error) { return sources, nil }},
	}}
	m, err := mapping.New([]mapping.Rule{
		{From: []string{"Colour__c"}, Target: "colour", Converter: "colour", Default: "red", Max: 4, Cut: true},
		{From: []string{"A", "B"}, Target: "pair", Converter: "pair"},
	}, opt)
	require.NoError(t, err)
	values, err := m.Apply(salesforce.Record{"Colour__c": "green", "A": "a", "B": nil})
	require.NoError(t, err)
	colour, _ := values.Get("colour")
	require.Equal(t, "GREE", colour)
	pair, _ := values.Get("pair")
	require.Equal(t, []any{"a", nil}, pair)

	_, err = m.Apply(salesforce.Record{"Colour__c": "infrared"})
	require.ErrorIs(t, err, own)
	require.ErrorIs(t, err, mapping.ErrShape)
	require.EqualError(t, err, "mapping: convert record field Colour__c to colour (colour): value does not fit the type: text of 8 characters")

	rec, err := m.Write(map[string]any{"colour": "RED"}, mapping.Update)
	require.NoError(t, err)
	require.Equal(t, salesforce.Record{"Colour__c": "red"}, rec)
	_, err = m.Write(map[string]any{"pair": "x"}, mapping.Update)
	require.ErrorIs(t, err, mapping.ErrReadOnly)
}

// canonical draws a value as Salesforce itself writes it, for a type.
var canonical = map[mapping.Type]*rapid.Generator[any]{
	mapping.Text:     rapid.StringN(1, 30, 100).AsAny(),
	mapping.Number:   rapid.Custom(number),
	mapping.Currency: rapid.Custom(number),
	mapping.Percent:  rapid.Custom(number),
	mapping.Integer:  rapid.Custom(func(t *rapid.T) any { return json.Number(decimal.NewFromInt(rapid.Int64().Draw(t, "n")).String()) }),
	mapping.Date: rapid.Custom(func(t *rapid.T) any {
		return salesforce.DateOf(drawMoment(t)).String()
	}),
	mapping.DateTime: rapid.Custom(func(t *rapid.T) any { return salesforce.DateTime{Time: drawMoment(t)}.String() }),
	mapping.Time: rapid.Custom(func(t *rapid.T) any {
		return salesforce.Time{Hour: rapid.IntRange(0, 23).Draw(t, "h"), Minute: rapid.IntRange(0, 59).Draw(t, "m"), Millisecond: 1}.String()
	}),
	mapping.Checkbox:      rapid.Bool().AsAny(),
	mapping.Phone:         rapid.StringMatching(`\+?[0-9(][0-9 ()-]{0,10}[0-9]`).AsAny(),
	mapping.Email:         rapid.StringMatching(`[a-z.]{1,10}@[a-z.]{1,10}`).AsAny(),
	mapping.URL:           rapid.StringMatching(`https?://[a-z.]{1,20}/[a-z?=&]{0,20}`).AsAny(),
	mapping.MultiPicklist: rapid.StringMatching(`[A-Za-z ,]{1,8}(;[A-Za-z ,]{1,8}){0,3}`).AsAny(),
	mapping.ID: rapid.Custom(func(t *rapid.T) any {
		id, err := salesforce.ParseID(rapid.StringMatching(`[0-9A-Za-z]{15}`).Draw(t, "id"))
		require.NoError(t, err)
		return string(id)
	}),
	mapping.Lines: rapid.StringMatching(`[a-z0-9]{1,9}(\n[a-z0-9]{1,9}){0,3}`).AsAny(),
}

func number(t *rapid.T) any {
	d := decimal.New(rapid.Int64().Draw(t, "digits"), rapid.Int32Range(-18, 0).Draw(t, "exponent"))
	return json.Number(d.String())
}

func drawMoment(t *rapid.T) time.Time {
	return time.UnixMilli(rapid.Int64Range(-2e12, 4e12).Draw(t, "moment")).UTC()
}

func TestWriteReversesRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var rules []mapping.Rule
		rec := salesforce.Record{}
		for _, typ := range mapping.Types() {
			draw, ok := canonical[typ]
			if !ok {
				continue // Address and Rich text have no way back
			}
			name := strings.Map(func(r rune) rune {
				if r < 'A' || r > 'z' {
					return -1
				}
				return r
			}, string(typ)) + "__c"
			rules = append(rules, mapping.Rule{From: []string{name}, Type: typ, Target: name})
			switch rapid.IntRange(0, 4).Draw(t, name) {
			case 0: // absent
			case 1:
				rec[name] = nil
			default:
				rec[name] = draw.Draw(t, name)
			}
		}
		m, err := mapping.New(rules, &mapping.Options{Zone: chicago})
		require.NoError(t, err)

		values, err := m.Apply(rec)
		require.NoError(t, err)
		back, err := m.Write(values, mapping.Update)
		require.NoError(t, err)
		require.Equal(t, rec, back)

		targets := map[string]any{}
		require.NoError(t, values.Into(targets))
		back, err = m.Write(targets, mapping.Update)
		require.NoError(t, err)
		require.Equal(t, rec, back)
	})
}

func TestReadReversesWriteOfLayouts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		layout := rapid.SampledFrom([]string{"DD.MM.YYYY HH:mm", "1/2/2006 3:04 PM", "YYYY-MM-DD HH:mm:ss"}).Draw(t, "layout")
		rule := field(mapping.DateTime)
		rule.Layouts, rule.Zone = []string{layout}, "Asia/Tokyo"
		m, err := mapping.New([]mapping.Rule{rule}, nil)
		require.NoError(t, err)
		want := drawMoment(t).Truncate(time.Minute)
		rec, err := m.Write(map[string]any{"f": want}, mapping.Update)
		require.NoError(t, err)
		values, err := m.Apply(rec)
		require.NoError(t, err)
		got, _ := values.Get("f")
		require.True(t, want.Equal(got.(time.Time)), "%v as %v is %v", want, rec, got)
	})
}
