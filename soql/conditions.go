package soql

import (
	"strconv"
	"strings"
)

// condition parses
//
//	condition = "NOT" term | term { "AND" term } | term { "OR" term } .
//
// Salesforce refuses AND beside OR, and NOT beside either, without parentheses,
// so the first operator settles the run.
func (p *parser) condition() Condition {
	pos := p.start()
	if p.got(kwNot) {
		return p.negation(pos)
	}
	first := p.term()
	op := logicTokens[p.tok.kind]
	if op == 0 {
		return first
	}
	var few [8]Condition
	terms := append(few[:0], first)
	for k := p.tok.kind; p.got(k); {
		terms = append(terms, p.term())
	}
	if logicTokens[p.tok.kind] != 0 {
		p.fail("AND beside OR needs parentheses")
	}
	return &Logic{op, p.conditions.copy(terms, len(terms)), p.since(pos)}
}

// logicTokens are the operators of the tokens that are one, by kind.
var logicTokens = [kinds]LogicOp{kwAnd: OpAnd, kwOr: OpOr}

// negation parses what follows a NOT that has the condition to itself.
func (p *parser) negation(pos Pos) *Negation {
	c := &Negation{X: p.term()}
	if logicTokens[p.tok.kind] != 0 {
		p.fail("NOT beside %s needs parentheses of its own", strings.ToUpper(p.text()))
	}
	c.span = p.since(pos)
	return c
}

// term parses
//
//	term = "(" condition ")" | comparison .
func (p *parser) term() Condition {
	switch p.tok.kind {
	case kwNot:
		p.fail("NOT beside AND, OR or NOT needs parentheses of its own")
	case tokLParen:
		p.nest()
		defer p.unnest()
		p.advance()
		c := p.condition()
		p.want(tokRParen, "AND, OR or )")
		return c
	}
	return p.comparison()
}

// compareTokens are the operators of the tokens that are one, by kind.
var compareTokens = [kinds]CompareOp{
	tokEq: OpEq, tokNe: OpNe, tokLt: OpLt, tokLe: OpLe, tokGt: OpGt, tokGe: OpGe, kwLike: OpLike,
}

// comparison parses
//
//	comparison = expr op value | membership
//	           | expr ( "INCLUDES" | "EXCLUDES" ) ( values | bind ) .
func (p *parser) comparison() Condition {
	pos, left := p.start(), p.expr()
	switch k := p.tok.kind; k {
	case kwIn, kwNot:
		return p.membership(pos, left)
	case kwIncludes, kwExcludes:
		p.advance()
		c := &Inclusion{Left: left, Not: k == kwExcludes}
		if p.tok.kind == tokColon {
			c.List = p.bind()
		} else {
			c.Values = p.values()
		}
		c.span = p.since(pos)
		return c
	case kwIs:
		p.fail("SOQL has no IS NULL: write = NULL or != NULL")
	}
	op := compareTokens[p.tok.kind]
	if op == 0 {
		p.expected("an operator")
	}
	p.advance()
	c := p.comparisons.take(p.size)
	c.Left, c.Op, c.Right = left, op, p.value(op == OpLike)
	c.span = p.since(pos)
	return c
}

// membership parses
//
//	membership = expr [ "NOT" ] "IN" ( values | "(" query ")" | bind ) .
func (p *parser) membership(pos Pos, left Expr) *Membership {
	c := &Membership{Left: left, Not: p.got(kwNot)}
	if p.tok.kind == kwLike {
		p.fail("SOQL has no NOT LIKE: write (NOT field LIKE …)")
	}
	p.want(kwIn, "IN")
	switch {
	case p.tok.kind == tokLParen && p.peek().kind == kwSelect:
		c.Query = p.subquery()
	case p.tok.kind == tokColon:
		c.List = p.bind()
	default:
		c.Values = p.values()
	}
	c.span = p.since(pos)
	return c
}

// values parses
//
//	values = "(" value { "," value } ")" .
func (p *parser) values() []Value {
	p.want(tokLParen, "(")
	list := commas(p, func() Value { return p.value(false) })
	p.want(tokRParen, "a comma or )")
	return list
}

// value parses a literal; in a pattern, strings have escapes of their own.
func (p *parser) value(pattern bool) Value {
	tok, at := p.tok, span{p.start(), Pos(p.tok.end + 1)}
	var v Value
	switch text := p.text(); tok.kind {
	case tokText:
		t := p.texts.take(p.size)
		*t = Text{p.unquote(tok, pattern), at}
		v = t
	case tokNumber:
		v = &Number{text, at}
	case tokDate:
		t, _ := parseDate(text) // the lexer has seen to it
		v = &Date{t.Year(), t.Month(), t.Day(), at}
	case tokDateTime:
		t, _ := parseDateTime(text)
		v = &DateTime{t, at}
	case tokTime:
		t, _ := parseTime(text)
		t.span = at
		v = &t
	case tokToken:
		v = &Token{text[1 : len(text)-1], at}
	case tokColon:
		return p.bind()
	case kwTrue, kwFalse:
		v = &Boolean{tok.kind == kwTrue, at}
	case kwNull:
		v = &Null{at}
	case tokName:
		if isCurrency(text) {
			return p.currency()
		}
		return p.dateRange()
	default:
		p.expected("a value")
	}
	p.advance()
	return v
}

// dateRange parses a date literal. The number belongs to it without a space.
func (p *parser) dateRange() Value {
	pos, name := p.start(), strings.ToUpper(p.text())
	counts, ok := dateRanges[name]
	if !ok {
		p.expected("a value")
	}
	v := &DateRange{Name: name}
	end := p.tok.end
	p.advance()
	if !counts && p.tok.kind == tokColon {
		p.fail("%s takes no number", name)
	}
	if counts {
		if p.tok.kind != tokColon || p.tok.pos != end || p.peek().pos != end+1 {
			fail(int(pos)-1, "%s needs a number, as in %s:7", name, name)
		}
		p.advance()
		n, err := strconv.ParseInt(p.text(), 10, 32)
		if err != nil || !isDigit(p.text()[0]) {
			p.expected("a whole number of days, weeks, …")
		}
		v.N = int(n)
		p.advance()
	}
	v.span = p.since(pos)
	return v
}

// bind parses
//
//	bind = ":" name { "." name } .
func (p *parser) bind() *Bind {
	pos := p.start()
	p.onlyApex("a variable such as :name")
	p.advance()
	b := &Bind{Name: p.name("the name of a variable")}
	for p.got(tokDot) {
		b.Name += "." + p.name("a name")
	}
	b.span = p.since(pos)
	return b
}

// isCurrency reports whether a word is a currency and a whole amount.
func isCurrency(word string) bool {
	return len(word) > 3 && isCode(word[:3]) && isDigits(word[3:])
}

// isCode reports whether s is three letters.
func isCode(s string) bool {
	return len(s) == 3 && isLetter(s[0]) && isLetter(s[1]) && isLetter(s[2])
}

// currency parses an amount with its currency. To the lexer it was a name, to
// which the fraction has to be added.
func (p *parser) currency() Value {
	pos := p.start()
	if p.at(p.tok.end) == '.' && isDigit(p.at(p.tok.end+1)) {
		p.tok.end = p.numberEnd(digitsEnd(p.src, p.tok.end+1))
		p.off = p.tok.end
	}
	text := p.text()
	p.advance()
	return &Currency{strings.ToUpper(text[:3]), text[3:], p.since(pos)}
}
