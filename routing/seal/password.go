package seal

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxPassword is how many bytes of a password count (ISO 32000-2, 7.6.4.3.3).
const maxPassword = 127

// prepared is the password in the one form that every reader makes of it before
// it is used: spaces of all kinds as the usual one, invisible characters left
// out, and compatible characters as one (SASLprep, RFC 4013).
func prepared(password string) (string, error) {
	var clean string
	err := errors.New("it is not valid UTF-8")
	if utf8.ValidString(password) {
		clean, err = norm.NFKC.String(strings.Map(plain, password)), nil
	}
	switch {
	case err != nil:
	case clean == "":
		err = errors.New("it is empty")
	case len(clean) > maxPassword:
		err = fmt.Errorf("it has %d bytes, more than %d", len(clean), maxPassword)
	case strings.ContainsFunc(clean, prohibited):
		err = errors.New("it holds a character that cannot be typed")
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrPassword, err)
	}
	return clean, nil
}

func plain(r rune) rune {
	switch {
	case unicode.Is(unicode.Zs, r):
		return ' '
	case r == '\u00AD', r == '\u034F', r == '\u1806', '\u180B' <= r && r <= '\u180D', // RFC 3454, B.1
		'\u200B' <= r && r <= '\u200D', r == '\u2060', '\uFE00' <= r && r <= '\uFE0F', r == '\uFEFF':
		return -1
	default:
		return r
	}
}

// prohibited are control and format characters, and code points that are no
// characters (RFC 3454, C).
func prohibited(r rune) bool {
	return !unicode.IsPrint(r) || r == utf8.RuneError
}
