// Package placeholder expands %name% templates, such as the default file name
// of a document type, and turns the result into names that are safe to use.
//
//	%customerName% Contract %date%.pdf
//
// A template is parsed once and expanded often. A placeholder is a per cent
// sign, a name, and a per cent sign. A name is made of letters and digits; it
// may have full stops, hyphens and underscores inside, as in
// Prospect__r.First_Name__c. Names are case-sensitive. Two per cent signs stand
// for one, so "%%date%%" is the text "%date%"; every other per cent sign is an
// ordinary character, so "100% Cotton.pdf" needs no second one. All this is read
// from left to right, and nothing overlaps: "%a%b%" holds only %a%. Whatever a
// placeholder expands to is text and is never expanded again.
//
// [Data] knows all the built-in names, [BuiltIn] lists them, and [Custom] adds
// those of a company and of its offices. [Template.Check] finds mistakes when a
// configuration is saved. [FileName] splits an expanded template into the title
// of a Salesforce file, which may hold slashes, and a file name, which may not.
package placeholder

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Values yields what placeholders stand for. [Data] is the usual one.
//
// If it also has a method Names() []string, like Data, then a strict expansion
// suggests one of those names for an unknown one.
type Values interface {
	// Value returns the text for name, which comes without per cent signs, or
	// [ErrUnknown] for a name that it does not know. Any other error ends the
	// expansion.
	Value(name string) (string, error)
}

// Func is a function that serves as [Values].
type Func func(name string) (string, error)

// Value implements [Values].
func (f Func) Value(name string) (string, error) { return f(name) }

// Template is a parsed template. It is immutable, so it may be used by several
// goroutines at once. Use [Parse] to make one.
type Template struct {
	text  string
	names []string // each name once, by first appearance
	parts []part   // by position
	loose []loose  // words with a per cent sign on one side only
}

// part is some text, and the placeholder behind it.
type part struct {
	text string
	hole hole
}

// hole is a placeholder.
type hole struct {
	start int // of its first per cent sign
	name  int // index into names; -1 for none
}

// loose is a word beside a per cent sign that belongs to no placeholder.
type loose struct {
	start      int
	text, word string // with and without the sign
}

// Parse reads a template. It accepts any valid UTF-8; otherwise the error is
// [ErrInvalidUTF8], with the place.
func Parse(text string) (*Template, error) {
	if at := invalidUTF8(text); at >= 0 {
		return nil, fmt.Errorf("%w at %s", ErrInvalidUTF8, position(text, at))
	}
	t := &Template{text: text}
	var literal strings.Builder
	for at := 0; at < len(text); {
		next := strings.IndexByte(text[at:], '%')
		if next < 0 {
			literal.WriteString(text[at:])
			break
		}
		literal.WriteString(text[at : at+next])
		at += next
		name := nameAt(text[at+1:])
		switch {
		case name != "":
			t.parts = append(t.parts, part{literal.String(), hole{at, t.index(name)}})
			literal.Reset()
			at += len(name) + 2
		case strings.HasPrefix(text[at+1:], "%"):
			literal.WriteByte('%')
			at += 2
		default:
			t.addLoose(at)
			literal.WriteByte('%')
			at++
		}
	}
	if literal.Len() > 0 {
		t.parts = append(t.parts, part{literal.String(), hole{name: -1}})
	}
	return t, nil
}

// index returns the index of name, which it adds if it is new.
func (t *Template) index(name string) int {
	i := slices.Index(t.names, name)
	if i < 0 {
		i = len(t.names)
		t.names = append(t.names, name)
	}
	return i
}

// addLoose notes the words that stand right before and right behind a per cent
// sign which belongs to no placeholder.
func (t *Template) addLoose(at int) {
	before, after := t.text[:at], t.text[at+1:]
	if word := before[len(strings.TrimRightFunc(before, isAlnum)):]; word != "" {
		t.loose = append(t.loose, loose{at - len(word), word + "%", word})
	}
	if word := after[:len(after)-len(strings.TrimLeftFunc(after, isAlnum))]; word != "" {
		t.loose = append(t.loose, loose{at, "%" + word, word})
	}
}

// nameAt returns the name that s begins with, if a per cent sign follows.
func nameAt(s string) string {
	name, _, ok := strings.Cut(s, "%")
	if ok && isName(name) {
		return name
	}
	return ""
}

// isName reports whether s may stand between two per cent signs.
func isName(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	return s != "" && isAlnum(first) && isAlnum(last) && !strings.ContainsFunc(s, func(r rune) bool {
		return !isAlnum(r) && r != '.' && r != '_' && r != '-'
	})
}

func isAlnum(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

// invalidUTF8 returns the offset of the first byte that is not UTF-8, or -1.
func invalidUTF8(s string) int {
	for i, r := range s {
		if _, n := utf8.DecodeRuneInString(s[i:]); r == utf8.RuneError && n == 1 {
			return i
		}
	}
	return -1
}

// Quote returns the template that expands to text itself, whatever it holds.
func Quote(text string) string { return strings.ReplaceAll(text, "%", "%%") }

// String returns the text that the template was parsed from.
func (t *Template) String() string { return t.text }

// Names returns the names that the template uses, each once, by first
// appearance.
func (t *Template) Names() []string { return slices.Clone(t.names) }

// Options varies one expansion. Nil means the zero Options.
type Options struct {
	// Strict refuses unknown names, with an [*UnknownError] for each place,
	// joined. Defaults to false: they stay in the text as they are.
	Strict bool
}

// Expand replaces every placeholder by its value. Each name is asked for once,
// in the order of [Template.Names], so it has the same value wherever it stands,
// random numbers included.
func (t *Template) Expand(v Values, opt *Options) (string, error) {
	var few [8]value
	values := few[:0]
	for i, name := range t.names {
		text, err := v.Value(name)
		unknown := errors.Is(err, ErrUnknown)
		if err != nil && !unknown {
			return "", t.valueError(i, err)
		}
		values = append(values, value{text, !unknown})
	}
	if opt != nil && opt.Strict {
		if err := t.refuseUnknown(v, values); err != nil {
			return "", err
		}
	}
	var buf [128]byte
	text := buf[:0]
	for i := range t.parts {
		p := &t.parts[i]
		text = append(text, p.text...)
		switch {
		case p.hole.name < 0:
		case values[p.hole.name].known:
			text = append(text, values[p.hole.name].text...)
		default:
			text = append(append(append(text, '%'), t.names[p.hole.name]...), '%')
		}
	}
	return string(text), nil
}

// value is what a name expands to in one expansion.
type value struct {
	text  string
	known bool
}

// FileName expands the template and names a document after the result, as
// [FileName] does.
func (t *Template) FileName(v Values, opt *Options) (Name, error) {
	text, err := t.Expand(v, opt)
	if err != nil {
		return Name{}, err
	}
	return FileName(text), nil
}
