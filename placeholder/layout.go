package placeholder

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Layout reads the layout of a date as an administrator writes it, and returns
// it as [time.Time.Format] wants it. It takes the letters that forms and
// spreadsheets use
//
//	YYYY YY         2019, 19
//	MMMM MMM MM M   May, May, 05, 5 (January, Jan, 01, 1)
//	DD D            23, 23 (07, 7)
//	EEEE EEE        Thursday, Thu
//	HH hh h         21, 09, 9
//	mm ss a         30, 00, PM
//
// with y for Y and d for D if you like, z for the zone's abbreviation, and Go's
// own layouts, such as 1/2/06. Punctuation, spaces, a T between date and time,
// and what is not ASCII stand for themselves. Whatever else there is, and a part
// that is there twice, is an error: 5/23/19 is a date and no layout.
func Layout(text string) (string, error) {
	parts, err := scan(text)
	if err != nil {
		return "", err
	}
	var layout strings.Builder
	for _, p := range parts {
		layout.WriteString(p.layout)
	}
	again, err := scan(layout.String())
	if err != nil || !slices.Equal(again, parts) {
		return "", layoutError(text, "cannot be told apart; put a space or a hyphen between its parts")
	}
	return layout.String(), nil
}

// element is a part of a layout: the kind of thing that it shows, and how Go
// writes it. Punctuation is of no kind and written as it is.
type element struct{ kind, layout string }

// elements are the spellings of what a layout is made of.
var elements = map[string]element{
	"YYYY": {"year", "2006"}, "yyyy": {"year", "2006"}, "2006": {"year", "2006"},
	"YY": {"year", "06"}, "yy": {"year", "06"}, "06": {"year", "06"},
	"MMMM": {"month", "January"}, "January": {"month", "January"},
	"MMM": {"month", "Jan"}, "Jan": {"month", "Jan"},
	"MM": {"month", "01"}, "01": {"month", "01"},
	"M": {"month", "1"}, "1": {"month", "1"},
	"DD": {"day", "02"}, "dd": {"day", "02"}, "02": {"day", "02"},
	"D": {"day", "2"}, "d": {"day", "2"}, "2": {"day", "2"}, "_2": {"day", "_2"},
	"EEEE": {"weekday", "Monday"}, "dddd": {"weekday", "Monday"}, "Monday": {"weekday", "Monday"},
	"EEE": {"weekday", "Mon"}, "ddd": {"weekday", "Mon"}, "Mon": {"weekday", "Mon"},
	"HH": {"hour", "15"}, "15": {"hour", "15"},
	"hh": {"hour", "03"}, "03": {"hour", "03"},
	"h": {"hour", "3"}, "3": {"hour", "3"},
	"mm": {"minute", "04"}, "04": {"minute", "04"},
	"ss": {"second", "05"}, "05": {"second", "05"},
	"a": {"half of the day", "PM"}, "PM": {"half of the day", "PM"}, "pm": {"half of the day", "pm"},
	"z": {"zone", "MST"}, "MST": {"zone", "MST"}, "Z0700": {"zone", "Z0700"}, "Z07:00": {"zone", "Z07:00"},
	"-0700": {"zone", "-0700"}, "-07:00": {"zone", "-07:00"}, "-07": {"zone", "-07"},
}

// scan takes a layout apart.
func scan(text string) ([]element, error) {
	var parts []element
	seen := map[string]bool{}
	for rest := text; rest != ""; {
		spelling := longest(rest)
		part := elements[spelling]
		switch {
		case spelling == "":
			r, size := utf8.DecodeRuneInString(rest)
			if r < utf8.RuneSelf && isAlnum(r) && r != 'T' || r == utf8.RuneError {
				return nil, layoutError(text, fmt.Sprintf("has %q, which stands for no part of a date", r))
			}
			spelling = rest[:size]
			part.layout = spelling
		case seen[part.kind]:
			return nil, layoutError(text, fmt.Sprintf("has the %s twice", part.kind))
		default:
			seen[part.kind] = true
		}
		parts = append(parts, part)
		rest = rest[len(spelling):]
	}
	if len(seen) == 0 {
		return nil, layoutError(text, "has no part of a date")
	}
	for _, p := range parts {
		if whole := needs[p.layout]; whole != "" && !seen[whole] {
			return nil, layoutError(text, fmt.Sprintf("has the %s, but not the %s", p.kind, whole))
		}
	}
	return parts, nil
}

// needs says what else must be there for a part of the time to mean anything.
// It also tells 3/15/04, which is a date, from a layout.
var needs = map[string]string{
	"15": "minute", "03": "half of the day", "3": "half of the day",
	"04": "hour", "05": "minute", "PM": "hour", "pm": "hour",
}

// longest returns the longest spelling of an element that s begins with.
func longest(s string) string {
	for n := min(len(s), len("January")); n > 0; n-- {
		if _, ok := elements[s[:n]]; ok {
			return s[:n]
		}
	}
	return ""
}

func layoutError(text, complaint string) error {
	return fmt.Errorf("date layout %q %s; write it like M/D/YY, MM-DD-YYYY or EEEE, MMMM D, YYYY", text, complaint)
}
