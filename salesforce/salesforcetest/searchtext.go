package salesforcetest

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A search compares words: texts are cut at everything that is neither letter
// nor digit, and case does not count.

// searched are the words of a record, by field.
type searched [][]string

// matcher is a search text made ready. A nil one, for what holds no word, says
// nothing.
type matcher func(searched) bool

// words cuts a text into words in lower case.
func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), isNoWord)
}

func isNoWord(r rune) bool {
	return r >= 0 && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
}

// pattern is a word with wildcards, which are below 0.
type pattern []rune

const (
	anyRunes rune = -1 - iota
	anyRune
)

// matches compares a word with the pattern. It goes back only to the latest
// run, so that no pattern takes long.
func (p pattern) matches(word string) bool {
	w := []rune(word)
	i, j, run, resume := 0, 0, -1, 0
	for i < len(w) {
		switch {
		case j < len(p) && p[j] == anyRunes:
			run, resume = j, i
			j++
		case j < len(p) && (p[j] == anyRune || p[j] == w[i]):
			i, j = i+1, j+1
		case run >= 0:
			resume++
			i, j = resume, run+1
		default:
			return false
		}
	}
	for j < len(p) && p[j] == anyRunes {
		j++
	}
	return j == len(p)
}

// phrase is words that have to stand one behind the other.
type phrase []pattern

func (ph phrase) matches(s searched) bool {
	for _, field := range s {
		for i := 0; i+len(ph) <= len(field); i++ {
			if ph.at(field[i:]) {
				return true
			}
		}
	}
	return false
}

func (ph phrase) at(words []string) bool {
	for i, p := range ph {
		if !p.matches(words[i]) {
			return false
		}
	}
	return true
}

// searchParser reads the text of a search. A mistake is a panic of a
// *soslError, whose place is in the text.
type searchParser struct {
	text  string
	at    int
	flat  bool // the text is so long that operators mean nothing
	depth int
}

// maxSearchDepth is how deep parentheses may nest.
const maxSearchDepth = 50

// parseSearch reads the text of a search.
//
//	either  = all { OR all } .
//	all     = operand { [ AND [ NOT ] ] operand } .
//	operand = "(" either ")" | word | '"' words '"' .
//
// Words may hold * for any characters and ? for one; a backslash takes a
// character's meaning.
// https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_sosl_find.htm
func parseSearch(text string) (m matcher, err error) {
	defer recoverSOSL(&err)
	n := utf8.RuneCountInString(text)
	if n > maxSearchText {
		return func(searched) bool { return false }, nil
	}
	p := &searchParser{text: text, flat: n > maxOperators}
	if p.next() == 0 {
		panic(&soslError{-1, noSearchTerm})
	}
	m = p.either()
	if p.next() != 0 {
		p.unexpected()
	}
	if m == nil {
		panic(tooShort(text))
	}
	return m, nil
}

func tooShort(term string) *soslError {
	return &soslError{-1, "search term must be longer than one character: " + term}
}

// next is the character that comes behind spaces, 0 at the end.
func (p *searchParser) next() byte {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
	if p.at == len(p.text) {
		return 0
	}
	return p.text[p.at]
}

func (p *searchParser) unexpected() {
	token := "<EOF>"
	if p.at < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.at:])
		token = p.text[p.at : p.at+n]
		if unicode.IsLetter(r) {
			token, _, _ = strings.Cut(p.text[p.at:], " ")
		}
	}
	panic(&soslError{p.at, "unexpected token: '" + token + "'"})
}

// operator reads a word if it is the operator.
func (p *searchParser) operator(word string) bool {
	p.next()
	rest := p.text[p.at:]
	if len(rest) < len(word) || !strings.EqualFold(rest[:len(word)], word) {
		return false
	}
	if behind := rest[len(word):]; behind != "" && strings.IndexByte(" \t\r\n()\"", behind[0]) < 0 {
		return false
	}
	p.at += len(word)
	return true
}

func (p *searchParser) either() matcher {
	m := p.all()
	for p.operator("OR") {
		if p.flat {
			m = both(m, p.all())
			continue
		}
		m = oneOf(m, p.all())
	}
	return m
}

func oneOf(a, b matcher) matcher {
	if a == nil || b == nil {
		return both(a, b)
	}
	return func(s searched) bool { return a(s) || b(s) }
}

func both(a, b matcher) matcher {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return func(s searched) bool { return a(s) && b(s) }
}

func without(a matcher) matcher {
	if a == nil {
		return nil
	}
	return func(s searched) bool { return !a(s) }
}

func (p *searchParser) all() matcher {
	m := p.operand()
	for {
		if p.operator("AND") {
			if p.operator("NOT") && !p.flat {
				m = both(m, without(p.operand()))
				continue
			}
			m = both(m, p.operand())
			continue
		}
		start := p.at
		if c := p.next(); c == 0 || c == ')' || p.operator("OR") {
			p.at = start
			return m
		}
		m = both(m, p.operand())
	}
}

func (p *searchParser) operand() matcher {
	c := p.next()
	at := p.at
	for _, word := range []string{"AND", "OR", "NOT"} {
		if p.operator(word) {
			p.at = at
			p.unexpected()
		}
	}
	switch c {
	case '(':
		return p.group()
	case '"':
		p.at++
		return p.term(func(c byte) bool { return c == '"' }, true)
	}
	return p.term(func(c byte) bool { return strings.IndexByte(" \t\r\n()\"", c) >= 0 }, false)
}

func (p *searchParser) group() matcher {
	if p.depth++; p.depth > maxSearchDepth {
		panic(&soslError{p.at, "the parentheses nest too deeply"})
	}
	p.at++
	m := p.either()
	if p.next() != ')' {
		p.unexpected()
	}
	p.at++
	p.depth--
	return m
}

// reserved characters need a backslash wherever they stand.
const reserved = "|&!{}[]^~"

// term reads words up to an end, which a quoted one must have.
func (p *searchParser) term(ends func(byte) bool, quoted bool) matcher {
	start := p.at
	var runes []rune
	for p.at < len(p.text) && !ends(p.text[p.at]) {
		r, n := utf8.DecodeRuneInString(p.text[p.at:])
		switch {
		case r == '\\' && p.at+1 < len(p.text):
			p.at++
			r, n = utf8.DecodeRuneInString(p.text[p.at:])
		case r == '*':
			r = anyRunes
		case r == '?':
			r = anyRune
		case r < utf8.RuneSelf && strings.IndexByte(reserved, byte(r)) >= 0:
			p.unexpected()
		}
		runes = append(runes, unicode.ToLower(r))
		p.at += n
	}
	if quoted {
		if p.at == len(p.text) {
			p.unexpected()
		}
		p.at++
	}
	if p.at == start {
		p.unexpected()
	}
	return p.phrase(start, runes)
}

// phrase cuts a term into words. One of signs alone has none.
func (p *searchParser) phrase(start int, runes []rune) matcher {
	var ph phrase
	letters := 0
	word := pattern{}
	for _, r := range append(runes, ' ') {
		if !isNoWord(r) {
			word = append(word, r)
			if r >= 0 {
				letters++
			}
		}
		if isNoWord(r) && len(word) > 0 {
			ph, word = append(ph, word), pattern{}
		}
	}
	switch {
	case len(ph) == 0:
		return nil
	case letters < 2:
		panic(tooShort(strings.Trim(p.text[start:p.at], `"`)))
	}
	return ph.matches
}
