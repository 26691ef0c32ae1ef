package soql_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/soql"
)

// entry is a line of the corpus.
type entry struct {
	dialect soql.Dialect
	at      string // line:column of the complaint, "" in a valid query
	text    string
}

func (e entry) options() *soql.ParseOptions { return &soql.ParseOptions{Dialect: e.dialect} }

// readCorpus reads a file of the corpus with so many columns.
func readCorpus(tb testing.TB, name string, columns int) []entry {
	tb.Helper()
	data, err := os.ReadFile("testdata/" + name)
	require.NoError(tb, err)
	var entries []entry
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			continue
		}
		columns := strings.SplitN(line, "\t", columns)
		dialect, ok := map[string]soql.Dialect{"rest": soql.REST, "apex": soql.Apex}[columns[0]]
		require.True(tb, ok, line)
		e := entry{dialect: dialect, text: strings.ReplaceAll(columns[len(columns)-1], "⏎", "\n")}
		if len(columns) == 3 {
			e.at = columns[1]
		}
		entries = append(entries, e)
	}
	return entries
}

func validCorpus(tb testing.TB) []entry {
	tb.Helper()
	return readCorpus(tb, "valid.txt", 2)
}

func TestValidCorpusRoundTrips(t *testing.T) {
	t.Parallel()
	entries := validCorpus(t)
	require.GreaterOrEqual(t, len(entries), 400)
	for _, e := range entries {
		q, err := soql.Parse(e.text, e.options())
		require.NoError(t, err, e.text)
		pretty, err := soql.Printer{Width: 30}.Print(q)
		require.NoError(t, err)
		for _, printed := range []string{q.String(), pretty} {
			again, err := soql.Parse(printed, e.options())
			require.NoError(t, err, printed)
			require.True(t, soql.Equal(q, again), "%s\n%s", e.text, printed)
			require.Equal(t, q.String(), again.String())
		}
		requireNested(t, q, e.text)
	}
}

func TestInvalidCorpusIsRefusedInItsPlace(t *testing.T) {
	t.Parallel()
	entries := readCorpus(t, "invalid.txt", 3)
	require.GreaterOrEqual(t, len(entries), 200)
	for _, e := range entries {
		q, err := soql.Parse(e.text, e.options())
		require.Nil(t, q, e.text)
		syntax, ok := errors.AsType[*soql.SyntaxError](err)
		require.True(t, ok, e.text)
		require.Equal(t, e.at, fmt.Sprintf("%d:%d", syntax.Line, syntax.Column), "%s\n%v", e.text, err)
		require.NotEmpty(t, syntax.Message)
		require.NotEmpty(t, syntax.Found, e.text)
	}
}

// What only Apex has, REST names; the rest of a valid query is the same in both.
func TestDialectsDifferInWhatTheySay(t *testing.T) {
	t.Parallel()
	for _, e := range validCorpus(t) {
		if e.dialect != soql.Apex {
			continue
		}
		if _, err := soql.Parse(e.text, nil); err != nil {
			require.ErrorContains(t, err, "is for Apex only", e.text)
		}
	}
}
