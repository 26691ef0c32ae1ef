package salesforce

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// ID is a Salesforce record id. Ids that this package hands out have the 18
// characters of the case-safe form: 15 that name the record, case-sensitive,
// and 3 that say which of them are upper case. A value taken from elsewhere
// goes through [ParseID] first.
//
// See "ID Field Type" in the Salesforce Object Reference.
type ID string

// idAlphabet maps the five bits of one third of an id to its checksum character.
const idAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

// idInURL finds the id of a classic page address, `…?id=001…&…`.
var idInURL = regexp.MustCompile(`(?i)(?:^|[?&])id=([^&#]*)`)

// ParseID reads a record id as people paste it: 15 or 18 characters, the
// address of a classic page (https://…/page?id=001…, https://…/001…), or of a
// Lightning page (https://…/lightning/r/Account/001…/view). The result has 18
// characters. A wrong length, a character outside A-Z, a-z and 0-9, or a wrong
// checksum is an error.
func ParseID(s string) (ID, error) {
	text, err := idText(strings.TrimSpace(s))
	if err != nil {
		return "", err
	}
	return exactID(text)
}

// exactID reads an id that stands alone.
func exactID(text string) (ID, error) {
	if n := len(text); n != 15 && n != 18 {
		return "", fmt.Errorf("salesforce: parse id %q: want 15 or 18 characters, got %d", clip(text, 60), n)
	}
	for i := range len(text) {
		if !isAlphanumeric(text[i]) {
			return "", fmt.Errorf("salesforce: parse id %q: character %d is no letter or digit", text, i+1)
		}
	}
	sum := checksum(text[:15])
	if len(text) == 18 && text[15:] != sum {
		return "", fmt.Errorf("salesforce: parse id %q: wrong checksum, the last three characters should be %s", text, sum)
	}
	return ID(text[:15] + sum), nil
}

// idText takes the id out of a page address; any other text is the id itself.
func idText(s string) (string, error) {
	if m := idInURL.FindStringSubmatch(s); m != nil {
		return url.QueryUnescape(m[1])
	}
	if !strings.Contains(s, "/") {
		return s, nil
	}
	u, err := url.Parse(s)
	if err != nil {
		return "", errors.New("salesforce: parse id: not a page address")
	}
	segments := strings.Split(strings.Trim(u.Path, "/"), "/")
	if last := len(segments) - 1; last > 0 && strings.EqualFold(segments[last], "view") {
		segments = segments[:last]
	}
	return segments[len(segments)-1], nil
}

// checksum returns the three characters that make a 15-character id safe
// where case is lost: bit j of a character is set when the j-th of its five
// is upper case.
func checksum(id15 string) string {
	var sum [3]byte
	for i := range sum {
		bits := 0
		for j := range 5 {
			if c := id15[i*5+j]; 'A' <= c && c <= 'Z' {
				bits |= 1 << j
			}
		}
		sum[i] = idAlphabet[bits]
	}
	return string(sum[:])
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// Prefix returns the first three characters, which tell the object: 001 is
// Account, 003 Contact, a01 some custom object. It is empty for an id that
// is too short.
func (id ID) Prefix() string {
	if len(id) < 3 {
		return ""
	}
	return string(id[:3])
}

// Short returns the 15-character form, as older exports and reports show it.
func (id ID) Short() string {
	if len(id) < 15 {
		return string(id)
	}
	return string(id[:15])
}

// Equal reports whether both name the same record, in whichever form they
// stand. An id that is no valid id, the empty one included, equals nothing.
func (id ID) Equal(other ID) bool {
	a, errA := exactID(string(id))
	b, errB := exactID(string(other))
	return errA == nil && errB == nil && a == b
}
