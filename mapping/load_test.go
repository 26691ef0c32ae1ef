package mapping_test

import (
	"errors"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/internal/schematest"
	"github.com/sfbridge/sfbridge/mapping"
)

var update = flag.Bool("update", false, "write what the loader says about the files in testdata")

var converters = &mapping.Options{Converters: map[string]mapping.Converter{
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
// loader (structure), or the loader alone, as the fault is in what the file
// means or in how it is written (meaning).
func TestSchemaAndLoaderAgreeOnStructure(t *testing.T) {
	t.Parallel()
	schema := schematest.Read(t, mapping.Schema())
	for folder, faulty := range map[string]struct{ schema, loader bool }{
		"valid": {false, false}, "structure": {true, true}, "meaning": {false, true},
	} {
		for name, text := range files(t, folder) {
			err := schema.Check(schematest.Lenient(t, name, text))
			require.Equal(t, faulty.schema, err != nil, "schema: %s/%s: %v", folder, name, err)
			_, err = mapping.Load(name, text, converters)
			require.Equal(t, faulty.loader, err != nil, "loader: %s/%s: %v", folder, name, err)
		}
	}
}

func TestLoadTellsAnAdministratorWhatToDo(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"structure", "meaning"} {
		texts := files(t, folder)
		var said strings.Builder
		for _, name := range slices.Sorted(maps.Keys(texts)) {
			_, err := mapping.Load(name, texts[name], converters)
			require.Error(t, err, name)
			said.WriteString(err.Error() + "\n")
		}
		golden := filepath.Join("testdata", folder+".txt")
		if *update {
			require.NoError(t, os.WriteFile(golden, []byte(said.String()), 0o600))
		}
		want, err := os.ReadFile(golden)
		require.NoError(t, err)
		require.Equal(t, string(want), said.String())
	}
}

func TestSchemaHasTheKeysAndTypesOfRules(t *testing.T) {
	t.Parallel()
	schema := schematest.Read(t, mapping.Schema())
	keys := func(typ reflect.Type) []string {
		var names []string
		for i := range typ.NumField() {
			if name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ","); name != "-" {
				names = append(names, name)
				require.Equal(t, typ.Field(i).Tag.Get("json"), typ.Field(i).Tag.Get("yaml"))
			}
		}
		return slices.Sorted(slices.Values(names))
	}
	rule := schema.Defs["rule"]
	require.Equal(t, keys(reflect.TypeFor[mapping.Config]()), slices.Sorted(maps.Keys(schema.Properties)))
	require.Equal(t, keys(reflect.TypeFor[mapping.Rule]()), slices.Sorted(maps.Keys(rule.Properties)))
	var types []mapping.Type
	for _, name := range rule.Properties["type"].Enum {
		types = append(types, mapping.Type(name.(string)))
	}
	require.Equal(t, mapping.Types(), types)
	for name, property := range rule.Properties {
		require.NotEmpty(t, property.Description, name)
	}
}

func TestLoadCompilesTheRules(t *testing.T) {
	t.Parallel()
	text := files(t, "valid")["everything.yaml"]
	m, err := mapping.Load("fields.yaml", text, converters)
	require.NoError(t, err)
	require.Equal(t, "America/Chicago", m.Zone().String())
	rules := m.Rules()
	require.Equal(t, mapping.Rule{
		At: "fields.yaml:7:5", Title: "Phone", From: []string{"Prospect__r.Phone__c"}, Type: mapping.Phone, Target: "phone",
		Note: true, Required: true, ReadOnly: true, Max: 40,
	}, rules[0])
	require.Equal(t, map[string]string{"New": "open", "Closed Won": "won"}, rules[3].Lookup)

	m, err = mapping.Load("fields.yaml", text, &mapping.Options{Zone: time.UTC, Converters: converters.Converters})
	require.NoError(t, err)
	require.Equal(t, time.UTC, m.Zone(), "the host's zone goes first")

	_, err = mapping.Parse("fields.yaml", text)
	require.NoError(t, err, "which converters there are is not known yet")
	_, err = mapping.Load("fields.yaml", text, nil)
	require.ErrorContains(t, err, `fields.yaml:40:5: rule 8 (colour): unknown converter "colour"`)
	fault, ok := errors.AsType[*mapping.RuleError](err)
	require.True(t, ok)
	require.Equal(t, 8, fault.Number)
}

func TestLoadErrorsAreFoundAmongOthers(t *testing.T) {
	t.Parallel()
	_, err := mapping.Load("several.yaml", files(t, "structure")["several-at-once.yaml"], nil)
	faults := mapping.LoadErrors(errors.Join(errors.New("other"), err))
	require.Len(t, faults, 5)
	require.Equal(t, "rule 1 (name), max", faults[1].Where)
	require.Equal(t, 5, faults[1].Line)
	require.Empty(t, mapping.LoadErrors(nil))
}

func TestConfigOfTheHostsOwnIsChecked(t *testing.T) {
	t.Parallel()
	rules := []mapping.Rule{{From: []string{"Name"}, Target: "name"}}
	for _, c := range []mapping.Config{
		{Zone: "Nowhere", Rules: rules}, {DateLayout: "5/23/19", Rules: rules}, {DateTimeLayout: "noon", Rules: rules}, {},
	} {
		_, err := c.New(nil)
		require.Error(t, err)
	}
}

func FuzzLoad(f *testing.F) {
	for _, folder := range []string{"valid", "structure", "meaning"} {
		for name, text := range files(f, folder) {
			f.Add(filepath.Ext(name), text)
		}
	}
	schema := schematest.Read(f, mapping.Schema())
	f.Fuzz(func(t *testing.T, ext string, text []byte) {
		m, err := mapping.Load("fuzz"+ext, text, converters)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		require.NotEmpty(t, m.Rules())
		if ext == ".json" || ext == ".yaml" {
			text = []byte(strings.TrimPrefix(string(text), "\ufeff"))
			require.NoError(t, schema.Check(schematest.Lenient(t, ext, text)), "what the loader takes, the schema takes")
		}
	})
}
