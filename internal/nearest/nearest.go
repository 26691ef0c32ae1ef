// Package nearest finds the name that somebody probably meant, for messages
// that ask "did you mean …?".
package nearest

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tolerance is the most that a name may differ from what was written.
const tolerance = 3

// Name returns the one of names that is most like got, or "" if none is like
// it. Neither case nor the order of the words in "customerFirstName" counts
// much. The first of several equals wins.
func Name[S ~string](got string, names []S) string {
	letters, words := []rune(strings.ToLower(got)), wordsOf(got)
	best, least := "", 1+min(tolerance, max(1, len(letters)/3))
	for _, name := range names {
		name := string(name)
		d := least
		if n := utf8.RuneCountInString(name); n-len(letters) < least && len(letters)-n < least {
			d = distance(letters, []rune(strings.ToLower(name)))
		}
		if d > 1 && len(words) > 1 && slices.Equal(words, wordsOf(name)) {
			d = 1
		}
		if d < least {
			best, least = name, d
		}
	}
	return best
}

// wordsOf returns the words of a name in lower case, sorted.
func wordsOf(name string) []string {
	var spaced strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) || r == '_' {
			spaced.WriteByte(' ')
		}
		if r != '_' {
			spaced.WriteRune(unicode.ToLower(r))
		}
	}
	words := strings.Fields(spaced.String())
	slices.Sort(words)
	return words
}

// DidYouMean returns `; did you mean "name"?` for the name that [Name] finds,
// or nothing, to be put behind a complaint about got.
func DidYouMean[S ~string](got string, names []S) string {
	if name := Name(got, names); name != "" {
		return `; did you mean "` + name + `"?`
	}
	return ""
}

// distance counts the characters to insert, drop, change, or swap with their
// neighbour to turn a into b (optimal string alignment).
func distance(a, b []rune) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	before, last, row := rows[0], rows[1], rows[2]
	for j := range row {
		row[j] = j
	}
	for i := range a {
		before, last, row = last, row, before
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
