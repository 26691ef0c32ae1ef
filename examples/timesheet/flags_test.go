package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/internal/sqlx"
	"github.com/sfbridge/sfbridge/internal/sqlxtest"
)

// shown runs the example on the org in memory.
func shown(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), args, &out), "%s", &out)
	return out.String()
}

func newFile(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "timesheet.db")
}

// requireLines holds that each line is part of one that was printed, in order.
func requireLines(t *testing.T, want, got string) {
	t.Helper()
	rest := got
	for line := range strings.Lines(want) {
		_, after, found := strings.Cut(rest, strings.TrimSpace(line))
		require.True(t, found, "not printed, or not in this place: %s\n%s", line, got)
		rest = after
	}
}

// The story is the same on every database.
func TestTheStoryOnEveryDatabase(t *testing.T) {
	t.Setenv("SALESFORCE_URL", "")
	want, err := os.ReadFile(filepath.Join("testdata", "output.txt"))
	require.NoError(t, err)
	sqlxtest.Each(t, func(t *testing.T, db sqlxtest.Database) {
		name := db.DSN
		if db.Dialect == sqlx.SQLite {
			name = newFile(t)
		}
		got := shown(t, "-db", name)
		requireLines(t, string(want), got)
		if db.Dialect != sqlx.SQLite {
			require.NotContains(t, got, db.DSN, "it may hold a password")
		}

		again := shown(t, "-db", name, "-sweep")
		requireLines(t, "Import (since 16.11.2026)\nreconcile: about\nreconcile, completed", again)
		require.NotContains(t, again, "== Import (complete)")
	})
}

func TestADryRunWritesNothing(t *testing.T) {
	file := newFile(t)
	got := shown(t, "-dry-run", "-db", file)
	requireLines(t, `complete: about
		== Dry run: what it would do
		complete, nothing is written
		Account   320      244
		created   Account "Doc" McAllister Heating/Cooling Co.
		== The database`, got)
	require.NotContains(t, got, "run 1")
	require.Contains(t, shown(t, "-dry-run", "-db", file), "complete, nothing is written", "it is the first import still")
}

func TestASweepOfANewDatabaseImportsFirst(t *testing.T) {
	got := shown(t, "-sweep", "-db", newFile(t))
	requireLines(t, "== Import (complete)\nrun 1: complete, completed\nrun 2: reconcile, completed", got)
	require.NotContains(t, got, "A dozen changes")
}

func TestStagesAreChosenAndChecked(t *testing.T) {
	got := shown(t, "-dry-run", "-stages", "Prospecting, Closed Lost,", "-db", newFile(t))
	requireLines(t, "Opportunity   430       54", got)

	got = shown(t, "-dry-run", "-stages", "", "-db", newFile(t))
	require.NotContains(t, got, "430 records", "no stages, no projects")

	var out bytes.Buffer
	err := run(t.Context(), []string{"-stages", "Closed Won,Gewonnen", "-db", newFile(t)}, &out)
	require.ErrorContains(t, err, `the org has no opportunity stage "Gewonnen"; it has Prospecting, Qualification`)
}

func TestFlagsAreChecked(t *testing.T) {
	for args, want := range map[string]string{
		"-sync":                                  "flag provided but not defined: -sync",
		"sweep":                                  `"sweep" is no flag`,
		"-db postgres://nobody@127.0.0.1:1/none": "127.0.0.1",
		"-db nobody@tcp(127.0.0.1:1)/none":       "127.0.0.1:1",
	} {
		err := run(t.Context(), strings.Fields(args), &bytes.Buffer{})
		require.ErrorContains(t, err, want)
	}
}
