package soql

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// SyntaxError says why and where a text is not a query that the Salesforce
// REST API would take, or not one that this package supports.
type SyntaxError struct {
	Offset   int    // byte offset in the text, from 0
	Line     int    // line, from 1
	Column   int    // column in characters, from 1
	Expected string // what could have stood there, "" when Message says more
	Found    string // what stands there, quoted
	Message  string // the whole complaint in words

	source string // the line, or its part around the column
	caret  string // white space as wide as what precedes the column in source
}

// Error is the position and the complaint, then the offending line with a
// caret under the column.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("soql: line %d, column %d: %s\n\t%s\n\t%s^", e.Line, e.Column, e.Message, e.source, e.caret)
}

// LineColumn is where p stands in text: the line and the column in characters,
// both from 1. A zero p, or one outside of the text, gives 0, 0.
func (p Pos) LineColumn(text string) (line, column int) {
	offset := int(p) - 1
	if offset < 0 || offset > len(text) {
		return 0, 0
	}
	before := text[:offset]
	line = strings.Count(before, "\n") + 1
	column = utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return line, column
}

// syntaxError places the complaint err in text. err.Offset is known already.
func syntaxError(text string, err SyntaxError) *SyntaxError {
	err.Line, err.Column = Pos(err.Offset + 1).LineColumn(text)
	if err.Found == "" {
		err.Found = foundAt(text, err.Offset)
	}
	if err.Message == "" {
		err.Message = fmt.Sprintf("expected %s, found %s", err.Expected, err.Found)
	}
	before, after := aroundOffset(text, err.Offset)
	err.source = strings.ToValidUTF8(before+after, "\uFFFD")
	err.caret = strings.Map(blank, before)
	return &err
}

// foundAt is the word at offset.
func foundAt(text string, offset int) string {
	words := strings.Fields(text[offset:])
	if len(words) == 0 {
		return endings[tokEOF]
	}
	return strconv.Quote(shorten(words[0]))
}

// excerptWidth is how many characters of a long line are shown on either side
// of the caret.
const excerptWidth = 60

// aroundOffset is the line around offset, split there, and cut when it is long.
func aroundOffset(text string, offset int) (before, after string) {
	before = text[strings.LastIndexByte(text[:offset], '\n')+1 : offset]
	after, _, _ = strings.Cut(text[offset:], "\n")
	after = strings.TrimSuffix(after, "\r")
	if r := []rune(before); len(r) > excerptWidth {
		before = "…" + string(r[len(r)-excerptWidth:])
	}
	if r := []rune(after); len(r) > excerptWidth {
		after = string(r[:excerptWidth]) + "…"
	}
	return before, after
}

// blank keeps tabs, so that the caret stays under its column.
func blank(r rune) rune {
	if r == '\t' {
		return r
	}
	return ' '
}
