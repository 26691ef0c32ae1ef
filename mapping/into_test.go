package mapping_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
)

type phone string

type contact struct {
	Phone phone `map:"phone"`
}

type customer struct {
	contact
	Name     string               `map:"name"`
	ID       salesforce.ID        `map:"id"`
	Key      string               `map:"id2"`
	Budget   decimal.Decimal      `map:"budget"`
	Limit    *decimal.Decimal     `map:"limit"`
	Staff    int32                `map:"staff"`
	Rooms    *uint8               `map:"rooms"`
	Active   bool                 `map:"active"`
	Start    time.Time            `map:"start"`
	End      *salesforce.DateTime `map:"end"`
	Since    salesforce.Date      `map:"since"`
	Lines    []string             `map:"lines"`
	Fax      *string              `map:"fax"`
	Raw      any                  `map:"raw"`
	Own      string
	Left     string `map:"not in the mapping"`
	Excluded string `map:"-"`
}

func intoMapping(tb testing.TB) *mapping.Mapping {
	tb.Helper()
	rule := func(target string, typ mapping.Type) mapping.Rule {
		return mapping.Rule{From: []string{target}, Type: typ, Target: target}
	}
	return compile(tb,
		rule("name", mapping.Text), rule("id", mapping.ID), rule("id2", mapping.ID), rule("budget", mapping.Currency),
		rule("limit", mapping.Currency), rule("staff", mapping.Number), rule("rooms", mapping.Number),
		rule("active", mapping.Checkbox), rule("start", mapping.DateTime), rule("end", mapping.DateTime),
		rule("since", mapping.Date), rule("lines", mapping.Lines), rule("fax", mapping.Text), rule("raw", mapping.Number),
		rule("phone", mapping.Phone), rule("unused", mapping.Text),
	)
}

const intoRecord = `{"name":"Acme","id":"001RM000003oLnn","id2":"001RM000003oLnn","budget":10.10,"limit":20,"staff":-3,
	"rooms":255,"active":true,"start":"2026-08-24T21:26:29.000+0000","end":"2026-08-24T22:26:29.000+0000",
	"since":"1999-12-31","lines":"a\nb","fax":"1","raw":1.5,"phone":"614","unused":"x"}`

func TestIntoFillsAStruct(t *testing.T) {
	t.Parallel()
	values, err := intoMapping(t).Apply(record(t, intoRecord))
	require.NoError(t, err)
	got := customer{Own: "own", Left: "left", Excluded: "excluded"}

	require.NoError(t, values.Into(&got))

	start := time.Date(2026, 8, 24, 16, 26, 29, 0, chicago)
	require.Equal(t, customer{
		contact: contact{Phone: "614"}, Name: "Acme", ID: "001RM000003oLnnYAE", Key: "001RM000003oLnnYAE",
		Budget: dec("10.10"), Limit: new(dec("20")), Staff: -3, Rooms: new(uint8(255)), Active: true,
		Start: start, End: &salesforce.DateTime{Time: start.Add(time.Hour)},
		Since: salesforce.Date{Year: 1999, Month: 12, Day: 31}, Lines: []string{"a", "b"}, Fax: new("1"),
		Raw: dec("1.5"), Own: "own", Left: "left", Excluded: "excluded",
	}, got)
}

func TestIntoLeavesAbsentTargetsAndClearsNullOnes(t *testing.T) {
	t.Parallel()
	values, err := intoMapping(t).Apply(record(t, `{"fax":null,"staff":null,"lines":null}`))
	require.NoError(t, err)
	got := customer{Name: "kept", Staff: 7, Fax: new("1"), Lines: []string{"x"}}
	require.NoError(t, values.Into(&got))
	require.Equal(t, customer{Name: "kept"}, got)
}

func TestIntoReportsEveryFieldThatDoesNotFit(t *testing.T) {
	t.Parallel()
	values, err := intoMapping(t).Apply(record(t, intoRecord))
	require.NoError(t, err)
	var got struct {
		Name   int           `map:"name"`
		Phone  salesforce.ID `map:"phone"`
		Budget int           `map:"budget"`
		Limit  float64       `map:"limit"`
		Staff  uint          `map:"staff"`
		Rooms  *int8         `map:"rooms"`
		Start  *string       `map:"start"`
		Fax    string        `map:"fax"`
	}
	err = values.Into(&got)
	require.ErrorContains(t, err, "target name: string does not go into int")
	require.ErrorContains(t, err, "target phone: string does not go into salesforce.ID")
	require.ErrorContains(t, err, "target budget: decimal.Decimal does not go into int")
	require.ErrorContains(t, err, "target limit: decimal.Decimal does not go into float64")
	require.ErrorContains(t, err, "target staff: decimal.Decimal does not go into uint")
	require.ErrorContains(t, err, "target rooms: decimal.Decimal does not go into *int8")
	require.ErrorContains(t, err, "target start: time.Time does not go into *string")
	require.Nil(t, got.Rooms)
	require.Equal(t, "1", got.Fax)
}

func TestIntoWantsAPointerToAFillableStruct(t *testing.T) {
	t.Parallel()
	values, err := intoMapping(t).Apply(record(t, intoRecord))
	require.NoError(t, err)
	for _, dst := range []any{nil, customer{}, (*customer)(nil), new(string)} {
		require.ErrorContains(t, values.Into(dst), "neither a pointer to a struct, nor a map[string]any, nor a Setter")
	}
	var twice struct {
		A string `map:"name"`
		B string `map:"name"`
		c string `map:"fax"`
		*contact
	}
	err = values.Into(&twice)
	require.ErrorContains(t, err, "two fields take target name")
	require.ErrorContains(t, err, "field c cannot be set")
	require.ErrorContains(t, err, "field Phone cannot be set")
	require.Empty(t, twice.c)
}
