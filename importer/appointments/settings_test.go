package appointments_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/sfbridge/sfbridge/importer/appointments"
	"github.com/sfbridge/sfbridge/internal/schematest"
	"github.com/sfbridge/sfbridge/mapping"
)

const plainSettings = `
signOn: perUser
companyId: 00Dxx0000001gPL
zone: America/Chicago
window: {field: i360__Computed_Start_DateTime__c, daysBack: 1, daysAhead: 7}
query: |
  SELECT Id, Name, i360__Computed_Start_DateTime__c
  FROM i360__Appointment__c
mapping:
  - {title: Visit, from: Name, target: name, note: true}
  - {title: Start, from: i360__Computed_Start_DateTime__c, type: Appointment Date/Time, target: start, note: true}
`

func readSettings(tb testing.TB, name, text string) *appointments.Settings {
	tb.Helper()
	s, err := appointments.ReadSettings(name, []byte(text))
	require.NoError(tb, err)
	return s
}

// What is written out again is what was read, in both languages.
func TestSettingsAreWrittenAsTheyAreRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	preset, err := appointments.Improveit360(t.Context(), w.shared(t).Client, nil)
	require.NoError(t, err)
	for _, s := range []*appointments.Settings{readSettings(t, "a.yaml", plainSettings), preset.Settings, {Off: true}} {
		inYAML, err := yaml.Marshal(s)
		require.NoError(t, err)
		inJSON, err := json.Marshal(s)
		require.NoError(t, err)
		for name, text := range map[string][]byte{"a.yaml": inYAML, "a.json": inJSON} {
			again := readSettings(t, name, string(text))
			require.Equal(t, plain(t, s), plain(t, again))
		}
	}
}

// plain is the JSON of settings, which leaves out where they came from.
func plain(tb testing.TB, s *appointments.Settings) string {
	tb.Helper()
	text, err := json.Marshal(s)
	require.NoError(tb, err)
	return string(text)
}

func TestSettingsMakeAConfig(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := readSettings(t, "a.yaml", plainSettings)

	cfg, err := s.Config(w.perUser(t), nil)

	require.NoError(t, err)
	cfg.Now = w.org.Now
	got, err := names(t.Context(), newFeed(t, cfg), "ann")
	require.NoError(t, err)
	require.Equal(t, []string{"V-1", "V-2"}, got, "visit 6 was weeks ago")

	_, err = s.Config(w.shared(t), nil)
	require.ErrorContains(t, err, `the configuration is for the sign-on "perUser", the app has "shared"`)

	s.Zone, s.Mapping = "Chicago", []mapping.Rule{{From: []string{"Name"}}}
	_, err = s.Config(w.perUser(t), nil)
	require.ErrorContains(t, err, `there is no time zone "Chicago"`)
	require.ErrorContains(t, err, "rule 1")

	cfg, err = (&appointments.Settings{Off: true}).Config(nil, nil)
	require.NoError(t, err)
	require.True(t, cfg.Off)
}

// Places in the query are places in the file, however the query is written.
func TestPlacesInTheQueryArePlacesInTheFile(t *testing.T) {
	t.Parallel()
	const mapped = "mapping:\n- {from: Name, target: name}\n"
	for text, want := range map[string]string{
		"query: |\n  SELECT Id, Name\n  FROM Event\n  GROUP x\n" + mapped:     "a:4:9: query, line 3, column 7: ",
		"query: |\r\n  SELECT Id, Name\r\n  FROM Event\r\n  GROUP x\r\n":      "a:4:9: query, line 3, column 7: ",
		"query: SELECT Id, Name FROM Event GROUP x\n" + mapped:                "a:1:41: query, line 1, column 34: ",
		`{"query": "SELECT Id, Name FROM Event GROUP x", "mapping": []}`:      "a:1:45: query, line 1, column 34: ",
		"query: |\n  SELECT Id, 'é' FROM Event\n" + mapped:                    "a:2:14: query, line 1, column 12: ",
		"query: >\n  SELECT Id, Name\n  FROM Event\n  GROUP x\n" + mapped:     "a:1:8: query, line 1, column 34: ",
		"query: SELECT Id, Name FROM\n  Event GROUP x\n" + mapped:             "a:1:8: query, line 1, column 34: ",
		"# SELECT FROM Event\nquery: SELECT FROM Event\n" + mapped:            "a:2:8: query, line 1, column 8: ",
		`{"query": "SELECT Id, Name\nFROM Event GROUP x", "mapping": []}`:     "a:1:11: query, line 2, column 18: ",
		"query: \"SELECT Id, Name \\u0046ROM Event GROUP x\"\n" + mapped + "": "a:1:8: query, line 1, column 34: ",
	} {
		problems, err := appointments.CheckFile(t.Context(), "a", []byte(text), nil, nil)
		require.NoError(t, err)
		require.NotEmpty(t, problems, text)
		found := false
		for _, p := range problems {
			found = found || len(p.String()) > len(want) && p.String()[:len(want)] == want
		}
		require.True(t, found, "%s\n%v", text, problems)
	}
}

// FuzzCheckFile: whatever a file holds, it is read or refused in words, what
// was read is taken by the schema too, and is written and read again as the same.
func FuzzCheckFile(f *testing.F) {
	f.Add("a.yaml", plainSettings)
	f.Add("a.json", `{"query":"SELECT Id FROM Event WHERE OwnerId = TODAY","mapping":[{"from":["Id"],"target":"id"}]}`)
	f.Add("a", "query: |2\n\n   SELECT\n x\nmapping: []\n")
	f.Add("a", "query: SELECT %x% FROM \xff\ntoken: '%x%'\n")
	f.Add("a", "off: true\nwindow: {field: a.b, daysBack: 9999999}\n")
	f.Add("a", "query: |\n  SELECT Id, (SELECT Id FROM Xs) FROM Y USING SCOPE everything\nmapping: [{from: 'Xs[0].Id', note: true, title: x}]\n")
	schema := schematest.Read(f, appointments.Schema())
	for _, folder := range []string{"valid", "structure", "meaning"} {
		for name, text := range files(f, folder) {
			f.Add(name, string(text))
		}
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		problems, err := appointments.CheckFile(t.Context(), name, []byte(text), nil, nil)
		require.NoError(t, err)
		for _, p := range problems {
			require.NotEmpty(t, p.Text)
			require.NotEmpty(t, p.String())
		}
		s, err := appointments.ReadSettings(name, []byte(text))
		if err != nil {
			require.NotEmpty(t, problems, "the reader refuses what the check does not: %v", err)
			return
		}
		if ext := filepath.Ext(name); ext == ".json" || ext == ".yaml" {
			read := schematest.Lenient(t, ext, []byte(strings.TrimPrefix(text, "\ufeff")))
			require.NoError(t, schema.Check(read), "what is read, the schema takes")
		}
		if !s.Off && (s.Query == "" || len(s.Mapping) == 0) {
			return // which is as good as none, and is not written
		}
		again, err := appointments.ReadSettings("a.json", []byte(plain(t, s)))
		require.NoError(t, err)
		require.Equal(t, plain(t, s), plain(t, again))
	})
}
