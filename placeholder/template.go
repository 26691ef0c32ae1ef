// Package placeholder expands %name% templates, such as the default file name
// of a document type, and turns the result into names that are safe to use.
//
//	%customerName% Contract %date%.pdf
//
// A template is parsed once and expanded often. A placeholder is a per cent
// sign, one or more letters or digits, and a per cent sign; names are
// case-sensitive. Every other per cent sign is an ordinary character, so
// "100% Cotton.pdf" has no placeholder. Placeholders are found from left to
// right, and none of them overlap: "%a%b%" holds only %a%. Whatever a
// placeholder expands to is text and is never expanded again.
//
// [Data] knows all the built-in names. [FileName] splits an expanded template
// into the title of a Salesforce file, which may hold slashes, and a file name,
// which may not.
package placeholder

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Values yields what placeholders stand for. [Data] is the usual one.
type Values interface {
	// Value returns the text for name, which comes without per cent signs.
	// It reports false for a name that it does not know.
	Value(name string) (string, bool)
}

// ErrInvalidUTF8 is returned by [Parse] for text that is not UTF-8.
var ErrInvalidUTF8 = errors.New("placeholder: template is not valid UTF-8")

// UnknownError reports a placeholder for which there is no value.
type UnknownError struct {
	Name   string // the name without its per cent signs
	Offset int    // where its first per cent sign stands, in bytes from 0
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("placeholder: expand template: no value for %%%s%% at byte %d", e.Name, e.Offset)
}

// Template is a parsed template. It is immutable, so it may be used by several
// goroutines at once. Use [Parse] to make one.
type Template struct {
	text  string
	names []string // each name once, by first appearance
	holes []hole   // by position
}

// hole is one placeholder: text[start:end], both per cent signs included.
type hole struct {
	start, end int
	name       int // index into names
}

// Parse reads a template. It accepts any valid UTF-8; otherwise the error is
// [ErrInvalidUTF8].
func Parse(text string) (*Template, error) {
	if !utf8.ValidString(text) {
		return nil, ErrInvalidUTF8
	}
	t := &Template{text: text}
	seen := map[string]int{}
	for start := 0; start < len(text); {
		if text[start] != '%' {
			start++
			continue
		}
		n := nameLen(text[start+1:])
		end := start + 1 + n
		if n == 0 || end == len(text) || text[end] != '%' {
			start = end
			continue
		}
		name := text[start+1 : end]
		index, ok := seen[name]
		if !ok {
			index = len(t.names)
			seen[name] = index
			t.names = append(t.names, name)
		}
		t.holes = append(t.holes, hole{start, end + 1, index})
		start = end + 1
	}
	return t, nil
}

// nameLen returns the length in bytes of the name that s begins with.
func nameLen(s string) int {
	for i, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return i
		}
	}
	return len(s)
}

// String returns the text that the template was parsed from.
func (t *Template) String() string { return t.text }

// Names returns the names that the template uses, each once, by first
// appearance.
func (t *Template) Names() []string {
	return append([]string(nil), t.names...)
}

// Options varies one expansion. Nil means the zero Options.
type Options struct {
	// Strict refuses names without a value, with an [*UnknownError] for each
	// place, joined. Defaults to false: they stay in the text as they are.
	Strict bool
}

// Expand replaces every placeholder by its value. Each name is asked for once,
// so it has the same value wherever it stands, random numbers included.
func (t *Template) Expand(v Values, opt *Options) (string, error) {
	strict := opt != nil && opt.Strict
	values := make([]value, len(t.names))
	for i, name := range t.names {
		values[i].text, values[i].ok = v.Value(name)
	}
	var out strings.Builder
	var errs []error
	from := 0
	for _, h := range t.holes {
		val := values[h.name]
		if !val.ok && strict {
			errs = append(errs, &UnknownError{t.names[h.name], h.start})
		}
		if !val.ok {
			val.text = t.text[h.start:h.end]
		}
		out.WriteString(t.text[from:h.start])
		out.WriteString(val.text)
		from = h.end
	}
	if err := errors.Join(errs...); err != nil {
		return "", err
	}
	out.WriteString(t.text[from:])
	return out.String(), nil
}

// value is what a name expands to in one expansion.
type value struct {
	text string
	ok   bool
}
