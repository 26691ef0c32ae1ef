package salesforcetest

import (
	"cmp"
	"strings"
	"unicode/utf8"
)

// collate orders texts as a dictionary does: by their letters, whatever the
// case; accents count only between texts that are the same otherwise.
func collate(a, b string) int {
	if isASCII(a) && isASCII(b) {
		return compareText(a, b)
	}
	return cmp.Or(compareText(unaccented.Replace(a), unaccented.Replace(b)), compareText(a, b))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// accents are letters, each with what it is sorted as.
var accents = map[string]string{
	"àáâãäåāăą": "a", "æ": "ae", "çćĉċč": "c", "ðďđ": "d", "èéêëēĕėęě": "e", "ĝğġģ": "g", "ĥħ": "h", "ìíîïĩīĭįı": "i", "ĵ": "j",
	"ķ": "k", "ĺļľŀł": "l", "ñńņňŉ": "n", "òóôõöøōŏő": "o", "œ": "oe", "ŕŗř": "r", "śŝşšș": "s", "ß": "ss", "ţťŧț": "t",
	"þ": "th", "ùúûüũūŭůűų": "u", "ŵ": "w", "ýÿŷ": "y", "źżž": "z",
}

var unaccented = func() *strings.Replacer {
	var pairs []string
	for letters, plain := range accents {
		for _, r := range letters {
			pairs = append(pairs, string(r), plain)
			if upper := strings.ToUpper(string(r)); upper != string(r) {
				pairs = append(pairs, upper, plain)
			}
		}
	}
	return strings.NewReplacer(pairs...)
}()
