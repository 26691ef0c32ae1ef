package salesforcetest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzSOSL reads any search without harm, and finds what it is told literally.
func FuzzSOSL(f *testing.F) {
	for _, seed := range []string{
		"FIND {acme}", `FIND {"a b" OR (c* AND NOT d?)} IN NAME FIELDS RETURNING Account(Id, Name WHERE Name = 'x)' LIMIT 1), Contact LIMIT 5`,
		`FIND {a\}b}`, "FIND {((}", "FIND {x} RETURNING A(b.", "\\",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := parseSOSL(text); err == nil {
			m, err := parseSearch(s.find)
			if err == nil {
				m(searched{words(text)})
			}
		}
		var literal strings.Builder
		for _, word := range words(strings.ToValidUTF8(text, "")) {
			literal.WriteString(" \\" + word)
		}
		if m, err := parseSearch(literal.String()); err == nil && len(text) < maxOperators {
			require.True(t, m(searched{words(strings.ToValidUTF8(text, ""))}), literal.String())
		}
	})
}
