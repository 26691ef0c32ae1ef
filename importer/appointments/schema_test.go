package appointments_test

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer/appointments"
	"github.com/sfbridge/sfbridge/internal/schematest"
	"github.com/sfbridge/sfbridge/mapping"
)

var update = flag.Bool("update", false, "write what is said about the files in testdata")

// own are the options of a host with a converter of its own.
var own = &mapping.Options{Converters: map[string]mapping.Converter{
	"colour": {Read: func(sources []any) (any, error) { return sources[0], nil }},
}}

// files reads a folder of testdata.
func files(tb testing.TB, folder string) map[string][]byte {
	tb.Helper()
	entries, err := os.ReadDir(filepath.Join("testdata", folder))
	require.NoError(tb, err)
	texts := map[string][]byte{}
	for _, e := range entries {
		texts[e.Name()], err = os.ReadFile(filepath.Join("testdata", folder, e.Name()))
		require.NoError(tb, err)
	}
	return texts
}

// The folders of testdata say who refuses a file: nobody (valid), schema and
// reader (structure), or only we, who know what the file means (meaning).
func TestSchemaAndReaderAgreeOnStructure(t *testing.T) {
	t.Parallel()
	schema := schematest.Read(t, appointments.Schema())
	for folder, faulty := range map[string]struct{ schema, check bool }{
		"valid": {false, false}, "structure": {true, true}, "meaning": {false, true},
	} {
		for name, text := range files(t, folder) {
			err := schema.Check(schematest.Lenient(t, name, text))
			require.Equal(t, faulty.schema, err != nil, "schema: %s/%s: %v", folder, name, err)
			problems, err := appointments.CheckFile(t.Context(), name, text, nil, own)
			require.NoError(t, err)
			require.Equal(t, faulty.check, problems.Err() != nil, "check: %s/%s: %v", folder, name, problems)
			if _, err = appointments.ReadSettings(name, text); folder != "meaning" {
				require.Equal(t, faulty.schema, err != nil, "reader: %s/%s: %v", folder, name, err)
			}
		}
	}
}

func TestCheckFileTellsAnAdministratorWhatToDo(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"structure", "meaning"} {
		texts := files(t, folder)
		var said strings.Builder
		for _, name := range slices.Sorted(maps.Keys(texts)) {
			problems, err := appointments.CheckFile(t.Context(), name, texts[name], nil, own)
			require.NoError(t, err)
			for _, p := range problems {
				if !p.Warning {
					said.WriteString(p.String() + "\n")
				}
			}
		}
		golden := filepath.Join("testdata", folder+".txt")
		if *update {
			require.NoError(t, os.WriteFile(golden, []byte(said.String()), 0o600))
		}
		want, err := os.ReadFile(golden)
		require.NoError(t, err)
		require.Equal(t, strings.ReplaceAll(string(want), "\r\n", "\n"), said.String())
	}
}

func TestSchemaHasTheKeysOfSettingsAndTheRulesOfMappings(t *testing.T) {
	t.Parallel()
	schema := schematest.Read(t, appointments.Schema())
	keys := func(typ reflect.Type) []string {
		var names []string
		for field := range typ.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			alike, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
			require.Equal(t, name, alike, "in both languages")
			if name != "" {
				names = append(names, name)
			}
		}
		return slices.Sorted(slices.Values(names))
	}
	require.Equal(t, keys(reflect.TypeFor[appointments.Settings]()), slices.Sorted(maps.Keys(schema.Properties)))
	require.Equal(t, keys(reflect.TypeFor[appointments.Window]()), slices.Sorted(maps.Keys(schema.Properties["window"].Properties)))
	require.Equal(t, []any{string(appointments.SharedLogin), string(appointments.OwnLogin)}, schema.Properties["signOn"].Enum)
	for name, property := range schema.Properties {
		require.NotEmpty(t, property.Description, name)
	}

	type rules struct {
		Defs map[string]any `json:"$defs"`
	}
	var ours, theirs rules
	require.NoError(t, json.Unmarshal(appointments.Schema(), &ours))
	require.NoError(t, json.Unmarshal(mapping.Schema(), &theirs))
	require.Equal(t, theirs, ours, "rules are the same everywhere")
}

// What the preset makes is as the schema has it.
func TestSchemaTakesThePreset(t *testing.T) {
	t.Parallel()
	preset, err := appointments.Improveit360(t.Context(), newWorld(t).shared(t).Client, nil)
	require.NoError(t, err)
	schema := schematest.Read(t, appointments.Schema())
	require.NoError(t, schema.Check(schematest.Lenient(t, "a.json", []byte(plain(t, preset.Settings)))))
}

// A rule may name a converter of the host's, whose values the host alone knows.
func TestConvertersOfTheHostReachTheCheckAndTheFeed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := readSettings(t, "a.yaml", plainSettings)
	s.Mapping[0].Converter = "shout"

	require.ErrorContains(t, problemsOf(t, s, w, nil).Err(), `rule 1 (Visit): unknown converter "shout"`)
	_, err := s.Config(w.perUser(t), nil)
	require.ErrorContains(t, err, `unknown converter "shout"`)

	opt := &mapping.Options{Converters: map[string]mapping.Converter{
		"shout": {Read: func(sources []any) (any, error) { return strings.ToUpper(sources[0].(string)) + "!", nil }},
	}, DateTimeLayout: "15:04"}
	require.NoError(t, problemsOf(t, s, w, opt).Err())
	cfg, err := s.Config(w.perUser(t), opt)
	require.NoError(t, err)
	cfg.Now = w.org.Now
	for a, err := range newFeed(t, cfg).Appointments(t.Context(), "ann") {
		require.NoError(t, err)
		require.Equal(t, []string{"Visit: V-1!", "Start: 16:30"}, a.Notes, "in the zone of the settings")
		break
	}

	s.Mapping[0].From = []string{"Weather__c"}
	require.ErrorContains(t, problemsOf(t, s, w, opt).Err(), `rule 1 (Visit): i360__Appointment__c has no field Weather__c`, "its paths are checked all the same")
}

func problemsOf(t *testing.T, s *appointments.Settings, w *world, opt *mapping.Options) appointments.Problems {
	t.Helper()
	problems, err := s.Check(t.Context(), w.shared(t).Client, opt)
	require.NoError(t, err)
	return problems
}
