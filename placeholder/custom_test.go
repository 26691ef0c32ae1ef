package placeholder_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/placeholder"
)

func TestTheOfficeDecidesWhatACustomPlaceholderGives(t *testing.T) {
	t.Parallel()
	custom := placeholder.Custom{
		Company: map[string]string{"%website%": "www.example.com", "slogan": "On time", "date": "today"},
		Offices: map[string]map[string]string{
			"Phoenix": {"website": "phoenix.example.com", "%crew%": "red"},
			"Boise":   {"%crew%": "green", "slogan": ""},
		},
	}
	require.NoError(t, custom.Validate())
	for office, want := range map[string]string{
		"Phoenix": "phoenix.example.com, On time, red, today",
		"Boise":   "www.example.com, , green, today",
		"Reno":    "www.example.com, On time, %crew%, today",
		"":        "www.example.com, On time, %crew%, today",
	} {
		data := placeholder.Data{Date: time0, Custom: custom.For(office)}
		got, err := parse(t, "%website%, %slogan%, %crew%, %date%").Expand(data, nil)
		require.NoError(t, err)
		require.Equal(t, want, got, office)
	}
	require.Equal(t, []string{"crew", "date", "slogan", "website"}, custom.Names())

	delete(custom.Offices["Boise"], "%crew%")
	require.Equal(t, []string{"date", "slogan", "website"}, custom.Names(), "not in every office")
	require.Equal(t, []string{"a"}, placeholder.Custom{Company: map[string]string{"%a%": ""}}.Names())
	require.Empty(t, placeholder.Custom{}.Names())
}

func TestForGivesAMapOfItsOwn(t *testing.T) {
	t.Parallel()
	custom := placeholder.Custom{Company: map[string]string{"a": "A"}}
	custom.For("")["a"] = "B"
	require.Equal(t, "A", custom.For("")["a"])
	require.NotNil(t, placeholder.Custom{}.For(""))
}

func TestValidateNamesEveryFault(t *testing.T) {
	t.Parallel()
	err := placeholder.Custom{
		Company: map[string]string{"web site": "", "%": "", "fine.name": "", "a": "\xff"},
		Offices: map[string]map[string]string{"Phoenix": {"%a%": "1", "a": "2"}, "Boise": {"": ""}},
	}.Validate()
	require.EqualError(t, err, `placeholder: custom placeholder of the company: "%" is no name; use letters and digits, with - _ . between them
placeholder: custom placeholder of the company: "a" has a replacement that is not valid UTF-8
placeholder: custom placeholder of the company: "web site" is no name; use letters and digits, with - _ . between them
placeholder: custom placeholder of office "Boise": "" is no name; use letters and digits, with - _ . between them
placeholder: custom placeholder of office "Phoenix": "a" is there twice, with and without per cent signs`)
}
