package soql

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// lexer cuts a text into tokens. A text that it cannot cut makes it bail out
// with a panic that Parse recovers.
type lexer struct {
	src   string
	off   int    // where the next token, or the space before it, starts
	token string // the only bare %name% to accept, "" for none
}

// bailout carries a complaint from any depth to Parse.
type bailout struct{ err SyntaxError }

// fail gives up with a complaint about the text at offset.
func fail(offset int, format string, args ...any) {
	panic(bailout{SyntaxError{Offset: offset, Message: fmt.Sprintf(format, args...)}})
}

// next cuts off the next token.
func (l *lexer) next() token {
	for l.off < len(l.src) && isSpace(l.src[l.off]) {
		l.off++
	}
	pos := l.off
	k, end := l.scan(pos)
	l.off = end
	return token{k, pos, end}
}

// scan is the kind and the end of the token at i.
func (l *lexer) scan(i int) (kind, int) {
	if i == len(l.src) {
		return tokEOF, i
	}
	switch c := l.src[i]; {
	case isLetter(c):
		end := wordEnd(l.src, i)
		return keywordOf(l.src[i:end]), end
	case c == '\'':
		return tokText, l.textEnd(i)
	case isDigit(c), (c == '-' || c == '+') && isDigit(l.at(i+1)):
		return l.number(i)
	case c == '%' && l.token != "" && strings.HasPrefix(l.src[i:], l.token):
		return tokToken, i + len(l.token)
	case c == '(':
		return tokLParen, i + 1
	case c == ')':
		return tokRParen, i + 1
	case c == ',':
		return tokComma, i + 1
	case c == '.':
		return tokDot, i + 1
	case c == ':':
		return tokColon, i + 1
	case c == '=':
		return tokEq, i + 1
	case c == '!' && l.at(i+1) == '=', c == '<' && l.at(i+1) == '>':
		return tokNe, i + 2
	case c == '<' && l.at(i+1) == '=':
		return tokLe, i + 2
	case c == '<':
		return tokLt, i + 1
	case c == '>' && l.at(i+1) == '=':
		return tokGe, i + 2
	case c == '>':
		return tokGt, i + 1
	}
	l.illegal(i)
	return tokEOF, i
}

// at is the byte at i, 0 behind the end.
func (l *lexer) at(i int) byte {
	if i < len(l.src) {
		return l.src[i]
	}
	return 0
}

// illegal starts no token; each is a habit from another language.
var illegal = []struct{ prefix, message string }{
	{"--", "SOQL has no comments"},
	{"//", "SOQL has no comments"},
	{"/*", "SOQL has no comments"},
	{";", "a query does not end with a semicolon"},
	{"*", "SOQL has no *: name the fields"},
	{`"`, "a string is written in single quotes"},
	{"%", "a bare %name% is taken only where it is the configured token"},
	{"&&", "write AND"},
	{"||", "write OR"},
}

// illegal gives up about the character at i.
func (l *lexer) illegal(i int) {
	for _, x := range illegal {
		if strings.HasPrefix(l.src[i:], x.prefix) {
			fail(i, "%s", x.message)
		}
	}
	r, _ := utf8.DecodeRuneInString(l.src[i:])
	fail(i, "unexpected character %q", r)
}

// textEnd is the end of the string literal that starts at i.
func (l *lexer) textEnd(i int) int {
	for j := i + 1; j < len(l.src); j++ {
		switch c := l.src[j]; {
		case c == '\'':
			return j + 1
		case c == '\\':
			j++
		case c < ' ' && c != '\t':
			fail(j, `a control character in a string needs an escape, such as \n`)
		}
	}
	fail(i, "string is not closed")
	return i
}

// number scans a number, a date or a dateTime.
func (l *lexer) number(i int) (kind, int) {
	start := i
	if !isDigit(l.src[i]) {
		i++
	}
	end := digitsEnd(l.src, i)
	switch {
	case end-start == 4 && l.at(end) == '-':
		return l.date(start)
	case end-start == 2 && l.at(end) == ':':
		return l.time(start)
	case l.at(end) == '.' && isDigit(l.at(end+1)):
		end = digitsEnd(l.src, end+1)
	}
	return tokNumber, l.numberEnd(end)
}

// numberEnd is the end of a number, if nothing that could belong to it follows.
func (l *lexer) numberEnd(end int) int {
	if c := l.at(end); isLetter(c) || c == '_' || c == '.' {
		fail(end, "unexpected %q in a number", c)
	}
	return end
}

// time scans a time of the day: all that could belong to one.
func (l *lexer) time(i int) (kind, int) {
	end := l.timeEnd(i)
	if _, err := parseTime(l.src[i:end]); err != nil {
		fail(i, "%v", err)
	}
	return tokTime, end
}

// timeEnd is the end of what could belong to a date or a time.
func (l *lexer) timeEnd(end int) int {
	for end < len(l.src) && (isDigit(l.src[end]) || isLetter(l.src[end]) || strings.IndexByte("-+:._", l.src[end]) >= 0) {
		end++
	}
	return end
}

// date scans a date or a dateTime: all that could belong to one.
func (l *lexer) date(i int) (kind, int) {
	end := l.timeEnd(i)
	text := l.src[i:end]
	if len(text) <= len("2026-11-21") {
		if _, err := parseDate(text); err != nil {
			fail(i, "%v", err)
		}
		return tokDate, end
	}
	if _, err := parseDateTime(text); err != nil {
		fail(i, "%v", err)
	}
	return tokDateTime, end
}
