package salesforcetest

import (
	"fmt"
	"strconv"
	"strings"
)

// sosl is a search taken apart.
// https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_sosl_syntax.htm
type sosl struct {
	find      string // what stands in the braces
	findAt    int    // where, in the text of the search
	group     string // ALL, NAME, EMAIL, PHONE or SIDEBAR
	returning []returned
	limit     int // of all records, -1 for none
}

// returned is what a search shows of an object. Clauses are what SOQL has
// behind FROM.
type returned struct {
	object  string
	fields  string
	clauses string
	at      int
}

// soslError is a mistake in the text of a search.
type soslError struct {
	at      int
	message string
}

func (e *soslError) Error() string { return e.message }

// Limits of a search.
// https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_soslsoql.htm
const (
	maxFound      = 2000   // records
	maxSearchText = 10_000 // characters; nothing is found above
	maxOperators  = 4_000  // characters; operators mean nothing above
)

// soslParser reads a search. A mistake is a panic of a *soslError, which
// parseSOSL turns into its error.
type soslParser struct {
	text string
	at   int
}

// searchGroups are the fields that a search may be about.
var searchGroups = []string{"ALL", "NAME", "EMAIL", "PHONE", "SIDEBAR"}

// parseSOSL reads a search.
//
//	search = FIND "{" text "}" [ IN group FIELDS ] [ RETURNING object { "," object } ] [ LIMIT n ] .
//	object = name [ "(" fields [ clauses ] ")" ] .
func parseSOSL(text string) (s *sosl, err error) {
	p := &soslParser{text: text}
	defer recoverSOSL(&err)
	if !p.keyword("FIND") {
		p.unexpected()
	}
	s = &sosl{group: "ALL", limit: -1}
	s.find, s.findAt = p.braces()
	if p.keyword("IN") {
		s.group = p.searchGroup()
	}
	if p.keyword("RETURNING") {
		for {
			s.returning = append(s.returning, p.object())
			if !p.sign(',') {
				break
			}
		}
	}
	for _, clause := range []string{"WITH", "UPDATE"} {
		if at := p.at; p.keyword(clause) {
			panic(&soslError{at, clause + " is not supported by this org"})
		}
	}
	if p.keyword("LIMIT") {
		s.limit = p.number()
	}
	if p.space(); p.at < len(text) {
		p.unexpected()
	}
	return s, nil
}

// recoverSOSL catches the mistake that a parser has found.
func recoverSOSL(err *error) {
	switch v := recover().(type) {
	case nil:
	case *soslError:
		*err = v
	default:
		panic(v)
	}
}

func (p *soslParser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

// name reads a word, "" for none.
func (p *soslParser) name() string {
	p.space()
	start := p.at
	for p.at < len(p.text) && isNameByte(p.text[p.at]) {
		p.at++
	}
	return p.text[start:p.at]
}

func isNameByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= lowerASCII(c) && lowerASCII(c) <= 'z'
}

// keyword reads a word if it is the one.
func (p *soslParser) keyword(word string) bool {
	start := p.at
	if strings.EqualFold(p.name(), word) {
		return true
	}
	p.at = start
	return false
}

// sign reads a character if it is the one.
func (p *soslParser) sign(c byte) bool {
	p.space()
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

// unexpected complains of what comes next.
func (p *soslParser) unexpected() {
	p.space()
	at := p.at
	token := p.name()
	if token == "" && at < len(p.text) {
		token = p.text[at : at+1]
	}
	if token == "" {
		token = "<EOF>"
	}
	panic(&soslError{at, fmt.Sprintf("unexpected token: '%s'", token)})
}

// noSearchTerm is what is missing where no text in braces stands.
const noSearchTerm = "No search term found. The search term must be enclosed in braces."

// braces reads the text to be searched for.
func (p *soslParser) braces() (text string, at int) {
	if !p.sign('{') {
		panic(&soslError{-1, noSearchTerm})
	}
	start := p.at
	for ; p.at < len(p.text); p.at++ {
		switch p.text[p.at] {
		case '\\':
			p.at++
		case '}':
			p.at++
			return p.text[start : p.at-1], start
		}
	}
	panic(&soslError{-1, noSearchTerm})
}

func (p *soslParser) searchGroup() string {
	for _, group := range searchGroups {
		if p.keyword(group) {
			if !p.keyword("FIELDS") {
				p.unexpected()
			}
			return group
		}
	}
	p.unexpected()
	return ""
}

func (p *soslParser) number() int {
	p.space()
	at := p.at
	n, err := strconv.Atoi(p.name())
	if err != nil {
		p.at = at
		p.unexpected()
	}
	return n
}

// object reads an object and what to show of it.
func (p *soslParser) object() returned {
	p.space()
	r := returned{at: p.at, object: p.name()}
	if r.object == "" {
		p.unexpected()
	}
	if !p.sign('(') {
		r.fields = "Id"
		return r
	}
	start, clauses := p.at, -1
	for depth := 1; depth > 0; {
		p.space()
		if p.at == len(p.text) {
			p.unexpected()
		}
		at := p.at
		word := strings.ToUpper(p.name())
		inPath := p.at < len(p.text) && p.text[p.at] == '.' || p.text[at-1] == '.'
		switch {
		case word == "":
			depth += p.step()
		case inPath || depth > 1 || clauses >= 0:
		case word == "USING":
			panic(&soslError{at, "USING is not supported by this org"})
		case word == "WHERE" || word == "ORDER" || word == "LIMIT" || word == "OFFSET":
			clauses = at
		}
	}
	end := p.at - 1
	if clauses < 0 {
		clauses = end
	}
	r.fields, r.clauses = p.text[start:clauses], p.text[clauses:end]
	if strings.TrimSpace(r.fields) == "" {
		p.at = start
		p.unexpected()
	}
	return r
}

// step reads one sign, or a text in quotes, and returns how it changes the
// depth of parentheses.
func (p *soslParser) step() int {
	c := p.text[p.at]
	p.at++
	switch c {
	case '(':
		return 1
	case ')':
		return -1
	case '\'':
		for ; p.at < len(p.text); p.at++ {
			switch p.text[p.at] {
			case '\\':
				p.at++
			case '\'':
				p.at++
				return 0
			}
		}
		p.at = len(p.text)
	}
	return 0
}
