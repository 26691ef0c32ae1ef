package salesforce_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/soql"
)

var dateTimeForms = []string{
	"2026-08-24T21:26:29.000+0000",
	"2026-08-24T21:26:29.000Z",
	"2026-08-24T21:26:29Z",
	"2026-08-24T23:26:29+02:00",
	"2026-08-24T23:26:29.000+0200",
	"2026-08-24T21:26:29.000-0000",
}

func TestDateTimeReadsEveryFormOfOneMoment(t *testing.T) {
	t.Parallel()
	want := salesforce.DateTime{Time: time.Date(2026, 8, 24, 21, 26, 29, 0, time.UTC)}
	for _, text := range dateTimeForms {
		got, err := salesforce.ParseDateTime(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	require.Equal(t, "2026-08-24T21:26:29.000Z", want.String())
}

func TestDateTimeRefusesOtherTexts(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "2026-08-24", "2026-08-24 21:26:29", "2026-13-24T21:26:29Z", "0000-01-01T00:00:00+01:00"} {
		_, err := salesforce.ParseDateTime(text)
		require.Error(t, err, text)
	}
}

func TestDatesThroughJSON(t *testing.T) {
	t.Parallel()
	type row struct {
		Day  salesforce.Date
		At   salesforce.DateTime
		From salesforce.Time
		None salesforce.Date
		Void salesforce.DateTime
	}
	var r row
	require.NoError(t, json.Unmarshal([]byte(`{"Day":"2026-08-24","At":"2026-08-24T21:26:29.000+0000",
		"From":"13:05:00.000Z","None":null,"Void":null}`), &r))
	require.Equal(t, salesforce.Date{Year: 2026, Month: time.August, Day: 24}, r.Day)
	require.Equal(t, time.Date(2026, 8, 24, 21, 26, 29, 0, time.UTC), r.At.Time)
	require.Equal(t, salesforce.Time{Hour: 13, Minute: 5}, r.From)

	text, err := json.Marshal(r)
	require.NoError(t, err)
	require.JSONEq(t, `{"Day":"2026-08-24","At":"2026-08-24T21:26:29.000Z","From":"13:05:00.000Z","None":null,"Void":null}`, string(text))
}

func TestDatesRefuseWhatIsOnNoCalendar(t *testing.T) {
	t.Parallel()
	for _, v := range []any{
		salesforce.Date{Year: 2026, Month: 2, Day: 30},
		salesforce.Date{Year: 12026, Month: 2, Day: 3},
		salesforce.Time{Hour: 25},
		salesforce.Time{Millisecond: -1},
		salesforce.DateTime{Time: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		_, err := json.Marshal(v)
		require.Error(t, err, v)
	}
	for _, target := range []any{new(salesforce.Date), new(salesforce.DateTime), new(salesforce.Time)} {
		for _, text := range []string{`""`, `5`, `{}`, `"25:00:00"`, `"2026-02-30"`} {
			require.Error(t, json.Unmarshal([]byte(text), target), "%T %s", target, text)
		}
	}
}

func TestDateKnowsItsZone(t *testing.T) {
	t.Parallel()
	berlin := time.FixedZone("Berlin", 2*60*60)
	late := time.Date(2026, 8, 24, 23, 30, 0, 0, time.UTC)

	require.Equal(t, "2026-08-24", salesforce.DateOf(late).String())
	require.Equal(t, "2026-08-25", salesforce.DateOf(late.In(berlin)).String())
	require.Equal(t, time.Date(2026, 8, 24, 22, 0, 0, 0, time.UTC), salesforce.DateOf(late.In(berlin)).In(berlin).UTC())
}

func TestValuesBecomeLiterals(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 8, 24, 21, 26, 29, 0, time.UTC)
	for _, c := range []struct {
		from soql.Valuer
		want soql.Value
	}{
		{salesforce.ID("001RM000003oLnn"), &soql.Text{Value: "001RM000003oLnnYAE"}},
		{salesforce.DateOf(at), &soql.Date{Year: 2026, Month: 8, Day: 24}},
		{salesforce.DateTime{Time: at}, &soql.DateTime{Time: at}},
		{salesforce.Date{}, &soql.Null{}},
		{salesforce.DateTime{}, &soql.Null{}},
	} {
		got, err := c.from.SOQLValue()
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
	for _, bad := range []soql.Valuer{salesforce.ID(""), salesforce.ID("x' OR Id != '"), salesforce.Date{Year: 1, Month: 13, Day: 1}} {
		_, err := bad.SOQLValue()
		require.Error(t, err)
	}
}

func FuzzParseDateTime(f *testing.F) {
	for _, text := range dateTimeForms {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := salesforce.ParseDateTime(text)
		if err != nil {
			return
		}
		again, err := salesforce.ParseDateTime(at.String())
		require.NoError(t, err)
		require.Equal(t, at.Truncate(time.Millisecond), again.Time)
	})
}
