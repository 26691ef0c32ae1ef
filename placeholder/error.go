package placeholder

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sfbridge/sfbridge/internal/nearest"
)

var (
	// ErrInvalidUTF8 is the error of [Parse] for text that is not UTF-8.
	ErrInvalidUTF8 = errors.New("placeholder: template is not valid UTF-8")
	// ErrUnknown is what [Values] return for a name that they do not know.
	ErrUnknown = errors.New("placeholder: unknown name")
)

// Pos is a place in a template.
type Pos struct {
	Offset int // in bytes, from 0
	Line   int // from 1
	Column int // in characters, from 1
}

// String returns "column 7", or "line 2, column 7" below the first line.
func (p Pos) String() string {
	if p.Line == 1 {
		return fmt.Sprintf("column %d", p.Column)
	}
	return fmt.Sprintf("line %d, column %d", p.Line, p.Column)
}

func position(text string, offset int) Pos {
	before := text[:offset]
	line := strings.LastIndexByte(before, '\n') + 1
	return Pos{offset, 1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[line:])}
}

// UnknownError reports a placeholder that nobody defined. It matches
// [ErrUnknown].
type UnknownError struct {
	Name  string // the name without its per cent signs
	Pos   Pos    // of its first per cent sign
	Meant string // a name that there is and that is much like it; may be empty
}

func (e *UnknownError) Error() string {
	complaint := fmt.Sprintf("placeholder: %s: there is no placeholder %%%s%%", e.Pos, e.Name)
	if e.Meant != "" {
		complaint += fmt.Sprintf("; did you mean %%%s%%?", e.Meant)
	}
	return complaint
}

// Is makes the error match [ErrUnknown].
func (e *UnknownError) Is(target error) bool { return target == ErrUnknown }

// LooseError reports a name with a per cent sign on one side only.
type LooseError struct {
	Text string // the name with its per cent sign
	Name string // the name
	Pos  Pos    // of Text
}

func (e *LooseError) Error() string {
	return fmt.Sprintf("placeholder: %s: %s lacks a per cent sign; write %%%s%%, or %s for a per cent sign as such",
		e.Pos, e.Text, e.Name, Quote(e.Text))
}

// Check finds what is probably a mistake: a name that is not among known
// ([*UnknownError]), and one among known that lacks a per cent sign
// ([*LooseError]). It joins them all, in the order of the text.
func (t *Template) Check(known []string) error {
	found := t.unknown(known, func(i int) bool { return !slices.Contains(known, t.names[i]) })
	for _, l := range t.loose {
		if slices.Contains(known, l.word) {
			found = append(found, fault{l.start, &LooseError{l.text, l.word, position(t.text, l.start)}})
		}
	}
	return joined(found)
}

// refuseUnknown returns an error for every place of every name without a value.
func (t *Template) refuseUnknown(v Values, values []value) error {
	var known []string
	if lister, ok := v.(interface{ Names() []string }); ok && slices.ContainsFunc(values, func(v value) bool { return !v.known }) {
		known = lister.Names()
	}
	return joined(t.unknown(known, func(i int) bool { return !values[i].known }))
}

// fault is an error, and where it stands.
type fault struct {
	at  int
	err error
}

// unknown returns a fault for every place of a name that is unknown.
func (t *Template) unknown(known []string, isUnknown func(name int) bool) []fault {
	var found []fault
	for i := range t.parts {
		if h := t.parts[i].hole; h.name >= 0 && isUnknown(h.name) {
			name := t.names[h.name]
			found = append(found, fault{h.start, &UnknownError{name, position(t.text, h.start), nearest.Name(name, known)}})
		}
	}
	return found
}

func joined(found []fault) error {
	slices.SortStableFunc(found, func(a, b fault) int { return a.at - b.at })
	errs := make([]error, len(found))
	for i, f := range found {
		errs[i] = f.err
	}
	return errors.Join(errs...)
}

// valueError says at which name an expansion ended.
func (t *Template) valueError(name int, err error) error {
	for i := range t.parts {
		if h := t.parts[i].hole; h.name == name {
			return fmt.Errorf("placeholder: %s: %%%s%%: %w", position(t.text, h.start), t.names[name], err)
		}
	}
	return err
}
