package soql

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxLength is how many characters a query may have.
//
// Source: SOQL and SOSL Reference, "SOQL and SOSL Limits for Search Queries".
const maxLength = 100_000

// maxDepth bounds parentheses in parentheses, which are the recursion of the
// parser and of everything that walks its trees.
const maxDepth = 100

// ParseOptions are settings of [Parse].
type ParseOptions struct {
	// Token is the bare %name% that may stand for a value, such as
	// [DefaultToken]. In quotes it is a string like any other. Defaults to
	// none, so that a bare %…% is an error.
	Token string
}

// Parse reads one SOQL query as the REST API takes it. opt may be nil.
//
// It is as strict as Salesforce: AND beside OR, or NOT beside either, needs
// parentheses; comments, a trailing semicolon, unknown escapes, NOT LIKE, IS
// NULL, an empty IN and an OFFSET beyond 2000 are errors. What SOQL has and this
// package does not (USING SCOPE, TYPEOF, WITH, ROLLUP, CUBE, FOR VIEW, FIELDS(),
// DISTANCE(), several objects in FROM, currency literals) and what only Apex has
// (:bind, FOR UPDATE, ALL ROWS) is refused too, by name. An error about the text
// is a *[SyntaxError].
//
// Keywords are taken in any case; names keep the case in which they stand.
//
// Source: SOQL and SOSL Reference, "SOQL SELECT Syntax".
func Parse(text string, opt *ParseOptions) (_ *Query, err error) {
	p := parser{lexer: lexer{src: text}}
	if opt != nil && opt.Token != "" {
		if _, ok := tokenName(opt.Token); !ok {
			return nil, fmt.Errorf("soql: token %q is not of the form %%name%%", opt.Token)
		}
		p.token = opt.Token
	}
	defer catch(text, &err)
	return p.parse(), nil
}

// catch turns a bailout into an error about text.
func catch(text string, err *error) {
	switch r := recover().(type) {
	case nil:
	case bailout:
		*err = syntaxError(text, r.err)
	default:
		panic(r)
	}
}

// tokenName is the name in %name%.
func tokenName(token string) (string, bool) {
	name, ok := strings.CutPrefix(token, "%")
	name, ok2 := strings.CutSuffix(name, "%")
	return name, ok && ok2 && isWord(name)
}

var errTooLong = errors.New("soql: the query is longer than 100,000 characters")

func tooLong(text string) bool {
	return len(text) > maxLength && utf8.RuneCountInString(text) > maxLength
}

// parser reads a query by recursive descent. Its productions return nodes
// only: a complaint is a bailout.
type parser struct {
	lexer
	tok   token // the token to look at
	end   Pos   // where the token before it ends
	depth int
}

// parse reads the whole text.
func (p *parser) parse() *Query {
	if tooLong(p.src) {
		fail(0, "the query is longer than 100,000 characters")
	}
	if !utf8.ValidString(p.src) {
		fail(invalidAt(p.src), "the text is not UTF-8")
	}
	p.tok = p.lexer.next()
	q := p.query(tokEOF)
	if f := faultOf(q, true); f != nil {
		fail(max(int(f.pos)-1, 0), "%s", f.reason)
	}
	return q
}

// invalidAt is the offset of the first byte that is not UTF-8.
func invalidAt(s string) int {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return i
			}
		}
	}
	return len(s)
}

// advance moves on to the next token.
func (p *parser) advance() {
	p.end = Pos(p.tok.end + 1)
	p.tok = p.lexer.next()
}

// got moves on over a token of kind k, if it stands here.
func (p *parser) got(k kind) bool {
	if p.tok.kind != k {
		return false
	}
	p.advance()
	return true
}

// want moves on over a token of kind k, which has to stand here.
func (p *parser) want(k kind, what string) {
	if !p.got(k) {
		p.expected(what)
	}
}

// text is the current token as it is written.
func (p *parser) text() string { return p.src[p.tok.pos:p.tok.end] }

// peek is the token after the current one.
func (p *parser) peek() token {
	l := p.lexer
	return l.next()
}

// start is where the current token, and so the next node, starts.
func (p *parser) start() Pos { return Pos(p.tok.pos + 1) }

// since is the span from pos to the end of the last token.
func (p *parser) since(pos Pos) span { return span{pos, p.end} }

// fail gives up about the current token.
func (p *parser) fail(format string, args ...any) {
	fail(p.tok.pos, format, args...)
}

// unsupported names the features that a token out of place tells of.
var unsupported = map[kind]string{
	kwAll:    "ALL ROWS",
	kwFor:    "FOR",
	kwTypeof: "TYPEOF",
	kwUpdate: "UPDATE",
	kwUsing:  "USING SCOPE",
	kwWith:   "WITH",
	tokColon: "a :bind variable",
}

// expected gives up because what should stand here does not.
func (p *parser) expected(what string) {
	if feature, ok := unsupported[p.tok.kind]; ok {
		p.fail("%s is not supported", feature)
	}
	panic(bailout{SyntaxError{Offset: p.tok.pos, Expected: what, Found: p.found()}})
}

// found describes the current token.
func (p *parser) found() string {
	switch text := p.text(); p.tok.kind {
	case tokEOF:
		return endings[tokEOF]
	case tokText:
		return "string " + shorten(text)
	case tokNumber, tokDate, tokDateTime:
		return text
	case tokName:
		return strconv.Quote(shorten(text))
	default:
		return strings.ToUpper(text)
	}
}

// shorten cuts a long text for a message.
func shorten(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// nest goes one pair of parentheses deeper; the caller undoes it with unnest.
func (p *parser) nest() {
	if p.depth++; p.depth > maxDepth {
		p.fail("more than %d parentheses in one another", maxDepth)
	}
}

func (p *parser) unnest() { p.depth-- }

// query parses what ends with a token of kind end, which it leaves standing:
//
//	query = "SELECT" item { "," item } "FROM" from [ "WHERE" condition ]
//	        [ "GROUP" "BY" expr { "," expr } ] [ "HAVING" condition ]
//	        [ "ORDER" "BY" order { "," order } ] [ "LIMIT" number ] [ "OFFSET" number ] .
func (p *parser) query(end kind) *Query {
	q, pos := &Query{}, p.start()
	p.want(kwSelect, "SELECT")
	q.Select = commas(p, p.item)
	p.want(kwFrom, "a comma or FROM")
	q.From = p.from()
	rest := "WHERE, GROUP BY, ORDER BY, LIMIT, OFFSET or "
	if p.got(kwWhere) {
		q.Where = p.condition()
		rest = "AND, OR, GROUP BY, ORDER BY, LIMIT, OFFSET or "
	}
	if p.gotBy(kwGroup) {
		q.GroupBy = commas(p, p.expr)
		rest = "a comma, HAVING, ORDER BY, LIMIT, OFFSET or "
	}
	if p.got(kwHaving) {
		q.Having = p.condition()
		rest = "AND, OR, ORDER BY, LIMIT, OFFSET or "
	}
	if p.gotBy(kwOrder) {
		q.OrderBy = commas(p, p.order)
		rest = "a comma, LIMIT, OFFSET or "
	}
	if p.got(kwLimit) {
		q.Limit = p.number()
		rest = "OFFSET or "
	}
	if p.got(kwOffset) {
		q.Offset = p.number()
		rest = ""
	}
	if p.tok.kind != end {
		p.expected(rest + endings[end])
	}
	q.span = p.since(pos)
	return q
}

// endings describes what a query ends with.
var endings = map[kind]string{tokEOF: "the end of the query", tokRParen: ")"}

// gotBy moves on over GROUP BY or ORDER BY.
func (p *parser) gotBy(k kind) bool {
	if !p.got(k) {
		return false
	}
	p.want(kwBy, "BY")
	return true
}

// commas parses one or more of what element parses, separated by commas.
func commas[T any](p *parser, element func() T) []T {
	list := []T{element()}
	for p.got(tokComma) {
		list = append(list, element())
	}
	return list
}

// item parses
//
//	item = "(" query ")" | expr [ alias ] .
func (p *parser) item() SelectItem {
	pos := p.start()
	if p.tok.kind == tokLParen {
		q := p.subquery()
		return &Subquery{q, p.since(pos)}
	}
	f := &Field{Expr: p.expr(), Alias: p.alias()}
	f.span = p.since(pos)
	return f
}

// subquery parses a query in parentheses.
func (p *parser) subquery() *Query {
	p.nest()
	defer p.unnest()
	p.want(tokLParen, "(")
	q := p.query(tokRParen)
	p.advance()
	return q
}

// alias parses an optional alias, which is no keyword.
func (p *parser) alias() string {
	if p.tok.kind != tokName {
		return ""
	}
	alias := p.text()
	p.advance()
	return alias
}

// from parses
//
//	from = object [ [ "AS" ] alias ] .
func (p *parser) from() From {
	pos := p.start()
	if !p.tok.kind.namesObject() {
		p.expected("the name of an object")
	}
	f := From{Object: p.text()}
	p.advance()
	if p.tok.kind == tokDot {
		p.fail("a relationship of an alias in FROM is not supported")
	}
	if p.got(kwAs) && p.tok.kind != tokName {
		p.expected("an alias")
	}
	f.Alias = p.alias()
	if p.tok.kind == tokComma {
		p.fail("more than one object in FROM is not supported")
	}
	f.span = p.since(pos)
	return f
}

// expr parses
//
//	expr = name { "." name } | name "(" [ expr { "," expr } ] ")" .
func (p *parser) expr() Expr {
	pos, first := p.start(), p.head()
	if p.tok.kind == tokLParen {
		return p.call(pos, first)
	}
	x := &Path{Names: []string{first}}
	for p.got(tokDot) {
		if !p.tok.kind.namesObject() {
			p.expected("the name of a field")
		}
		x.Names = append(x.Names, p.text())
		p.advance()
	}
	x.span = p.since(pos)
	return x
}

// head moves on over the first name of an expression. Group and Order are
// relationships when a dot follows.
func (p *parser) head() string {
	k := p.tok.kind
	if !k.isName() && !(k.namesObject() && p.peek().kind == tokDot) {
		p.expected("the name of a field")
	}
	name := p.text()
	p.advance()
	return name
}

// call parses the arguments of a function. They are not read when the function
// is not supported, because they may be of a kind that is not, either.
func (p *parser) call(pos Pos, name string) *Call {
	if message := functionFault(name); message != "" {
		fail(int(pos)-1, "%s", message)
	}
	p.nest()
	defer p.unnest()
	p.advance()
	x := &Call{Name: name}
	if p.tok.kind != tokRParen {
		x.Args = commas(p, p.expr)
	}
	p.want(tokRParen, ")")
	x.span = p.since(pos)
	return x
}

// order parses
//
//	order = expr [ "ASC" | "DESC" ] [ "NULLS" ( "FIRST" | "LAST" ) ] .
func (p *parser) order() Order {
	pos := p.start()
	o := Order{Expr: p.expr()}
	if !p.got(kwAsc) {
		o.Desc = p.got(kwDesc)
	}
	if p.got(kwNulls) {
		switch {
		case p.got(kwFirst):
			o.Nulls = NullsFirst
		case p.got(kwLast):
			o.Nulls = NullsLast
		default:
			p.expected("FIRST or LAST")
		}
	}
	o.span = p.since(pos)
	return o
}

// number parses the number of LIMIT and OFFSET.
func (p *parser) number() Value {
	if p.tok.kind != tokNumber {
		p.expected("a number")
	}
	return p.value(false)
}

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
	op := logicOps[p.tok.kind]
	if op == 0 {
		return first
	}
	c := &Logic{Op: op, Terms: []Condition{first}}
	for k := p.tok.kind; p.got(k); {
		c.Terms = append(c.Terms, p.term())
	}
	if logicOps[p.tok.kind] != 0 {
		p.fail("AND beside OR needs parentheses")
	}
	c.span = p.since(pos)
	return c
}

// logicOps are the operators of the tokens that are one, by kind.
var logicOps = [kinds]LogicOp{kwAnd: OpAnd, kwOr: OpOr}

// negation parses what follows a NOT that has the condition to itself.
func (p *parser) negation(pos Pos) *Negation {
	c := &Negation{X: p.term()}
	if logicOps[p.tok.kind] != 0 {
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

// comparisonOps are the operators of the tokens that are one, by kind.
var comparisonOps = [kinds]CompareOp{
	tokEq: OpEq, tokNe: OpNe, tokLt: OpLt, tokLe: OpLe, tokGt: OpGt, tokGe: OpGe, kwLike: OpLike,
}

// comparison parses
//
//	comparison = expr op value | expr [ "NOT" ] "IN" set
//	           | expr ( "INCLUDES" | "EXCLUDES" ) values .
func (p *parser) comparison() Condition {
	pos, left := p.start(), p.expr()
	switch k := p.tok.kind; k {
	case kwIn, kwNot:
		return p.membership(pos, left)
	case kwIncludes, kwExcludes:
		p.advance()
		c := &Inclusion{Left: left, Not: k == kwExcludes, Values: p.values()}
		c.span = p.since(pos)
		return c
	case kwIs:
		p.fail("SOQL has no IS NULL: write = NULL or != NULL")
	}
	op := comparisonOps[p.tok.kind]
	if op == 0 {
		p.expected("an operator")
	}
	p.advance()
	c := &Comparison{Left: left, Op: op, Right: p.value(op == OpLike)}
	c.span = p.since(pos)
	return c
}

// membership parses
//
//	membership = [ "NOT" ] "IN" ( values | "(" query ")" ) .
func (p *parser) membership(pos Pos, left Expr) *Membership {
	c := &Membership{Left: left, Not: p.got(kwNot)}
	if p.tok.kind == kwLike {
		p.fail("SOQL has no NOT LIKE: write (NOT field LIKE …)")
	}
	p.want(kwIn, "IN")
	if p.tok.kind == tokLParen && p.peek().kind == kwSelect {
		c.Query = p.subquery()
	} else {
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
		v = &Text{p.unquote(tok, pattern), at}
	case tokNumber:
		v = &Number{text, at}
	case tokDate:
		t, _ := parseDate(text) // the lexer has seen to it
		v = &Date{t.Year(), t.Month(), t.Day(), at}
	case tokDateTime:
		t, _ := parseDateTime(text)
		v = &DateTime{t, at}
	case tokToken:
		v = &Token{text[1 : len(text)-1], at}
	case kwTrue, kwFalse:
		v = &Boolean{tok.kind == kwTrue, at}
	case kwNull:
		v = &Null{at}
	case tokName:
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
		p.notValue(name)
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

// notValue gives up about a word where a value should stand.
func (p *parser) notValue(upper string) {
	if len(upper) > 3 && digitsEnd(upper, 3) == len(upper) && isWord(upper) {
		p.fail("a currency literal such as %s is not supported", upper)
	}
	p.expected("a value")
}
