package placeholder_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/placeholder"
)

var time0 = time.Date(2019, 5, 23, 21, 30, 0, 0, time.FixedZone("CDT", -5*3600))

var larry = placeholder.Data{
	Date:     time0,
	Customer: placeholder.Person{First: "Larry", Last: "Leap", Phone: "614-555-0100", Email: "larry@example.com"},
	Spouse:   placeholder.Person{First: "Lena", Last: "Leap"},
	Address:  placeholder.Address{Street: "1 Elm St\nApt 2", City: "Columbus", State: "ohio", Zip: "43004"},
	User: placeholder.User{
		Person:     placeholder.Person{Name: "Dr. Ann Rep", First: "Ann", Last: "Rep", Phone: "614-555-0199", Email: "ann@example.com"},
		Identifier: "a0B000000000001AAA",
		License:    "R-77",
	},
	Company: placeholder.Company{Licenses: map[string]string{"": "US-1", "OH": "OH-9"}},
	Estimate: placeholder.Estimate{
		Name: "Roof", TotalName: "Cash price", Total: decimal.NewNullDecimal(decimal.RequireFromString("1234.5")),
	},
	Custom: map[string]string{"website": "www.example.com"},
}

func expand(tb testing.TB, template string, data placeholder.Data) string {
	tb.Helper()
	tmpl, err := placeholder.Parse(template)
	require.NoError(tb, err)
	got, err := tmpl.Expand(data, &placeholder.Options{Strict: true})
	require.NoError(tb, err)
	return got
}

func TestBuiltInPlaceholders(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"date": "5/23/19", "year": "2019", "month": "05", "day": "23",
		"monthName": "May", "monthNameAbbv": "May", "weekday": "Thursday", "weekdayAbbv": "Thu",
		"customerName": "Larry Leap", "customerNameFirst": "Larry", "customerNameLast": "Leap",
		"customerPhone": "614-555-0100", "customerEmail": "larry@example.com",
		"customerSpouseName": "Lena Leap", "customerSpouseNameFirst": "Lena", "customerSpouseNameLast": "Leap",
		"customerAddressFull":  "1 Elm St, Apt 2, Columbus, OH, 43004",
		"customerAddressLine1": "1 Elm St, Apt 2", "customerAddressLine2": "Columbus OH 43004",
		"customerAddressCity": "Columbus", "customerAddressState": "OH", "customerAddressStateFull": "Ohio",
		"customerAddressZip": "43004",
		"usersName":          "Dr. Ann Rep", "usersNameFirst": "Ann", "usersNameLast": "Rep",
		"usersPhone": "614-555-0199", "userEmail": "ann@example.com",
		"userIdentifier": "a0B000000000001AAA", "usersLicense": "R-77", "stateLicense": "OH-9",
		"selectedTotal": "1234.50", "selectedTotalWholeNumber": "1235",
		"selectedTotalName": "Cash price", "estimateName": "Roof",
		"website": "www.example.com",
	} {
		require.Equal(t, want, expand(t, "%"+name+"%", larry), name)
	}
}

func TestDetailsThatAreNotGivenExpandToNothing(t *testing.T) {
	t.Parallel()
	const all = "%date%%year%%weekday%%customerName%%customerSpouseName%%customerAddressFull%%customerAddressLine2%" +
		"%customerAddressStateFull%%usersName%%stateLicense%%selectedTotal%%selectedTotalWholeNumber%%estimateName%"
	require.Empty(t, expand(t, all, placeholder.Data{}))
}

func TestNamesAreCaseSensitive(t *testing.T) {
	t.Parallel()
	_, err := larry.Value("CustomerName")
	require.ErrorIs(t, err, placeholder.ErrUnknown)
}

func TestCustomPlaceholdersWin(t *testing.T) {
	t.Parallel()
	data := larry
	data.Custom = map[string]string{"date": "today", "randomNumber": ""}
	require.Equal(t, "today ()", expand(t, "%date% (%randomNumber%)", data))
}

func TestDatesAreThoseOfTheirOwnZoneUnlessOneIsGiven(t *testing.T) {
	t.Parallel()
	const all = "%date% %weekday% %day%"
	data := placeholder.Data{Date: time0.UTC(), DateLayout: "MM-DD-YY"}
	require.Equal(t, "05-24-19 Friday 24", expand(t, all, data))
	data.Zone = time0.Location()
	require.Equal(t, "05-23-19 Thursday 23", expand(t, all, data))
	data.Date, data.Zone = data.Date.In(data.Zone), nil
	require.Equal(t, "05-23-19 Thursday 23", expand(t, all, data))
}

func TestAFaultyDateLayoutFailsTheExpansion(t *testing.T) {
	t.Parallel()
	tmpl, err := placeholder.Parse("Contract\nof %date%.pdf")
	require.NoError(t, err)

	_, err = tmpl.Expand(placeholder.Data{Date: time0, DateLayout: "12-31-16"}, nil)

	require.EqualError(t, err, `placeholder: line 2, column 4: %date%: date layout "12-31-16" has the month twice; `+
		"write it like M/D/YY, MM-DD-YYYY or EEEE, MMMM D, YYYY")
}

func TestBuiltInPlaceholdersAreListedOnceWithTheirMeaning(t *testing.T) {
	t.Parallel()
	var names []string
	for _, p := range placeholder.BuiltIn() {
		_, err := placeholder.Data{}.Value(p.Name)
		require.NoError(t, err)
		require.NotEmpty(t, p.Gives)
		names = append(names, p.Name)
	}
	require.Len(t, names, 46)
	require.ElementsMatch(t, placeholder.Names(), names)
	require.ElementsMatch(t, append(placeholder.Names(), "website"), larry.Names())
}

func TestStates(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]string{
		"OH": "OH Ohio", "oh": "OH Ohio", " Ohio ": "OH Ohio", "DISTRICT OF COLUMBIA": "DC District of Columbia",
		"Ontario": "Ontario Ontario", "": " ", "PR": "PR Puerto Rico", "d.c.": "DC District of Columbia",
		"Washington, D.C.": "DC District of Columbia", "Washington D.C.": "DC District of Columbia",
		"New\u00a0 York": "NY New York", "U.S. Virgin Islands": "VI Virgin Islands", "ap": "AP Armed Forces Pacific",
	} {
		data := placeholder.Data{Address: placeholder.Address{State: state}}
		require.Equal(t, want, expand(t, "%customerAddressState% %customerAddressStateFull%", data), state)
	}
}

func TestLicenseDependsOnTheState(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]string{"Ohio": "OH-9", "OH": "OH-9", "TX": "TX-5", "Texas": "TX-5", "UT": "US-1", "": "US-1"} {
		data := placeholder.Data{
			Address: placeholder.Address{State: state},
			Company: placeholder.Company{Licenses: map[string]string{"": "US-1", "OH": "OH-9", "Texas": "TX-5"}},
		}
		require.Equal(t, want, expand(t, "%stateLicense%", data), state)
	}
}

func TestRandomNumbersHaveTheirLength(t *testing.T) {
	t.Parallel()
	lengths := map[string]int{
		"": 8, "1": 1, "2": 2, "3": 3, "4": 4, "5": 5, "6": 6, "7": 7, "8": 8, "9": 9, "10": 10,
	}
	for suffix, n := range lengths {
		got := expand(t, "%randomNumber"+suffix+"%", placeholder.Data{})
		require.Regexp(t, `^[0-9]+$`, got)
		require.Len(t, got, n)
	}
	for _, name := range []string{"randomNumber0", "randomNumber11", "randomNumber01", "randomNumberx"} {
		_, err := larry.Value(name)
		require.ErrorIs(t, err, placeholder.ErrUnknown, name)
	}
}

func TestRandomNumbersComeFromTheGivenSource(t *testing.T) {
	t.Parallel()
	source := strings.Repeat("\x00", 7) + "\x2a" + strings.Repeat("\x00", 7) + "\x07"
	data := placeholder.Data{Random: strings.NewReader(source)}
	require.Equal(t, "00000042 00000042 007", expand(t, "%randomNumber% %randomNumber% %randomNumber3%", data))

	tmpl, err := placeholder.Parse("No. %randomNumber%")
	require.NoError(t, err)
	_, err = tmpl.Expand(data, nil)
	require.ErrorIs(t, err, io.EOF, "the source is exhausted")
	require.EqualError(t, err, "placeholder: column 5: %randomNumber%: no random number: EOF")
	require.Equal(t, "18446744073709551615"[12:], expand(t, "%randomNumber%",
		placeholder.Data{Random: bytes.NewReader(bytes.Repeat([]byte{0xff}, 8))}))
}
