package conf

import (
	"cmp"
	"errors"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a configuration, in words for the
// administrator who wrote it.
type Problem struct {
	// Warning says that the configuration works all the same.
	Warning bool

	// File, Line and Column are where to look, as far as that is known.
	File         string
	Line, Column int

	// Part is the part of the configuration, such as "query, line 2, column 8"
	// or "mapping, rule 3 (Phone)"; "" for none in particular.
	Part string

	// Text says what is wrong and what to do about it.
	Text string

	// Err is the cause, such as a *[soql.SyntaxError], if it has a type.
	Err error
}

// String is the place, the part and the text.
func (p *Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(place(p.File, p.Line, p.Column) + ": ")
	}
	if p.Warning {
		b.WriteString("warning: ")
	}
	if p.Part != "" {
		b.WriteString(p.Part + ": ")
	}
	return b.String() + p.Text
}

// problemError is a problem that keeps a configuration from working.
type problemError struct{ *Problem }

func (e problemError) Error() string { return e.String() }
func (e problemError) Unwrap() error { return e.Err }

// Problems are all that is wrong with a configuration.
type Problems []*Problem

// Err joins those that keep the configuration from working, each with its cause,
// and is nil if there are only warnings.
func (p Problems) Err() error {
	var errs []error
	for _, problem := range p {
		if !problem.Warning {
			errs = append(errs, problemError{problem})
		}
	}
	return errors.Join(errs...)
}

// Sorted are the problems with warnings last, in the order of the file as far as
// it is known.
func (p Problems) Sorted() Problems {
	slices.SortStableFunc(p, func(a, b *Problem) int {
		if a.Warning != b.Warning {
			return map[bool]int{true: 1, false: -1}[a.Warning]
		}
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return p
}

// File is what a configuration was read from.
type File struct {
	Name string
	Data []byte
}

// Problem makes a problem about a part of a configuration: at its place in the
// file if the part is a key at its top. A nil File has no places.
func (f *File) Problem(part string, err error, text string) *Problem {
	p := &Problem{Part: part, Text: text, Err: err}
	if f != nil {
		p.File = f.Name
		p.Line, p.Column = Place(f.Name, f.Data, part)
	}
	return p
}
