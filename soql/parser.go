package soql

import (
	"errors"
	"fmt"
	"slices"
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

// Dialect is a variant of SOQL.
type Dialect int

const (
	// REST is SOQL as the query resource of the REST API takes it.
	REST Dialect = iota

	// Apex is SOQL as it stands between brackets in Apex. Beyond REST it has
	// variables such as :name, FOR UPDATE, ALL ROWS, and WITH SECURITY_ENFORCED,
	// USER_MODE and SYSTEM_MODE. It lacks FIELDS(ALL) and FIELDS(CUSTOM).
	Apex

	bothDialects Dialect = -1 // for display
)

// ParseOptions are settings of [Parse].
type ParseOptions struct {
	// Token is the bare %name% that may stand for a value, such as
	// [DefaultToken]. In quotes it is a string like any other. Defaults to
	// none, so that a bare %…% is an error.
	Token string

	// Dialect is the variant of the language. Defaults to REST, which refuses
	// what only Apex has, by name. To fill the variables of a query that will go
	// to the REST API, parse it as Apex and take [Query.Bind].
	Dialect Dialect
}

// Parse reads one SOQL query. opt may be nil.
//
// It is as strict as Salesforce: AND beside OR, or NOT beside either, needs
// parentheses; comments, a trailing semicolon, unknown escapes, NOT LIKE, IS
// NULL, an empty IN, a field that is neither grouped nor aggregated, and an
// OFFSET beyond 2000 are errors. So is what the dialect does not have. An error
// about the text is a *[SyntaxError].
//
// Keywords are taken in any case; names keep the case in which they stand.
//
// Source: SOQL and SOSL Reference, "SOQL SELECT Syntax".
func Parse(text string, opt *ParseOptions) (_ *Query, err error) {
	p := parser{lexer: lexer{src: text}}
	if opt != nil {
		if _, ok := tokenName(opt.Token); !ok && opt.Token != "" {
			return nil, fmt.Errorf("soql: token %q is not of the form %%name%%", opt.Token)
		}
		if opt.Dialect != REST && opt.Dialect != Apex {
			return nil, fmt.Errorf("soql: no dialect has the number %d", opt.Dialect)
		}
		p.token, p.dialect = opt.Token, opt.Dialect
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
	arena
	dialect Dialect
	tok     token // the token to look at
	end     Pos   // where the token before it ends
	depth   int
}

// parse reads the whole text.
func (p *parser) parse() *Query {
	if tooLong(p.src) {
		fail(0, "the query is longer than 100,000 characters")
	}
	if !utf8.ValidString(p.src) {
		fail(invalidAt(p.src), "the text is not UTF-8")
	}
	p.size = min(len(p.src)/40+1, 16)
	p.tok = p.lexer.next()
	q := p.query(tokEOF)
	if f := faultOf(q, rules{open: true, dialect: p.dialect}); f != nil {
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

// isWord reports whether the current token is a word that means something in
// this place only, in any case.
func (p *parser) isWord(word string) bool {
	return p.tok.kind.isName() && strings.EqualFold(p.text(), word)
}

// gotWord moves on over such a word, if it stands here.
func (p *parser) gotWord(word string) bool {
	if !p.isWord(word) {
		return false
	}
	p.advance()
	return true
}

// wantWord moves on over such a word, which has to stand here.
func (p *parser) wantWord(word string) {
	if !p.gotWord(word) {
		p.expected(word)
	}
}

// oneOf moves on over the spelling of one of a list of constants.
func oneOf[T ~int](p *parser, spellings []string) T {
	for c, word := range spellings {
		if word != "" && strings.EqualFold(p.text(), word) {
			p.advance()
			return T(c)
		}
	}
	p.expected(alternatives(spellings))
	return 0
}

// alternatives lists spellings for a message.
func alternatives(spellings []string) string {
	words := slices.DeleteFunc(slices.Clone(spellings), func(s string) bool { return s == "" })
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// name moves on over a name.
func (p *parser) name(what string) string {
	if !p.tok.kind.isName() {
		p.expected(what)
	}
	name := p.text()
	p.advance()
	return name
}

// onlyApex refuses what REST does not have, when it stands here.
func (p *parser) onlyApex(what string) {
	if p.dialect == REST {
		p.fail("%s", onlyApex(what))
	}
}

func onlyApex(what string) string { return what + " is for Apex only" }

// expected gives up because what should stand here does not.
func (p *parser) expected(what string) {
	panic(bailout{SyntaxError{Offset: p.tok.pos, Expected: what, Found: p.found()}})
}

// found describes the current token.
func (p *parser) found() string {
	switch text := p.text(); p.tok.kind {
	case tokEOF:
		return endings[tokEOF]
	case tokText:
		return "string " + shorten(text)
	case tokNumber, tokDate, tokDateTime, tokTime:
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
//	query = "SELECT" item { "," item } "FROM" from { "," alias }
//	        [ "USING" "SCOPE" scope ] [ "WHERE" condition ] [ with ] [ groups ]
//	        [ "HAVING" condition ] [ "ORDER" "BY" order { "," order } ]
//	        [ "LIMIT" number ] [ "OFFSET" number ] [ rows ] [ for ] [ update ] [ rows ] .
func (p *parser) query(end kind) *Query {
	q, pos := &Query{}, p.start()
	p.want(kwSelect, "SELECT")
	q.Select = commas(p, p.item)
	p.want(kwFrom, "a comma or FROM")
	q.From = p.from()
	if p.got(tokComma) {
		q.Aliases = commas(p, p.furtherAlias)
	}
	more, next := "", 0
	if p.got(kwUsing) {
		q.Scope = p.scope()
		next = 1
	}
	if p.got(kwWhere) {
		q.Where = p.condition()
		more, next = "AND, OR, ", 2
	}
	if p.tok.kind == kwWith {
		q.With = p.with()
		more, next = "", 3
	}
	if p.gotBy(kwGroup) {
		p.groups(q)
		more, next = "HAVING, ", 4
	}
	if p.got(kwHaving) {
		q.Having = p.condition()
		more, next = "AND, OR, ", 4
	}
	if p.gotBy(kwOrder) {
		q.OrderBy = commas(p, p.order)
		more, next = "a comma, ", 5
	}
	if p.got(kwLimit) {
		q.Limit = p.number()
		more, next = "", 6
	}
	if p.got(kwOffset) {
		q.Offset = p.number()
		more, next = "", 7
	}
	q.AllRows = p.allRows()
	if p.got(kwFor) {
		q.For = p.forWhat()
		more, next = "", 8
	}
	if p.got(kwUpdate) {
		q.Update = p.update()
		more, next = "", 9
	}
	q.AllRows = q.AllRows || p.allRows()
	if p.tok.kind != end {
		p.expectedRest(more, next, end)
	}
	q.span = p.since(pos)
	return q
}

// clauses are what may follow FROM, in order.
var clauses = []string{"USING SCOPE", "WHERE", "WITH", "GROUP BY", "ORDER BY", "LIMIT", "OFFSET", "FOR", "UPDATE"}

// expectedRest gives up because neither a clause from number next on nor the end
// of the query follows.
func (p *parser) expectedRest(more string, next int, end kind) {
	for _, clause := range clauses[next:] {
		more += clause + ", "
	}
	if more != "" {
		more = strings.TrimSuffix(more, ", ") + " or "
	}
	p.expected(more + endings[end])
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
	var few [8]T
	list := append(few[:0], element())
	for p.got(tokComma) {
		list = append(list, element())
	}
	out := make([]T, len(list))
	copy(out, list)
	return out
}

// item parses
//
//	item = "(" query ")" | typeof | "FIELDS" "(" kind ")" | expr [ alias ] .
func (p *parser) item() SelectItem {
	pos := p.start()
	switch {
	case p.tok.kind == tokLParen:
		q := p.subquery()
		return &Subquery{q, p.since(pos)}
	case p.tok.kind == kwTypeof:
		return p.typeOf()
	case p.callsWord("FIELDS"):
		return p.fieldSet()
	}
	f := p.fields.take(p.size)
	f.Expr = p.expr()
	f.Alias = p.alias()
	f.span = p.since(pos)
	return f
}

// callsWord reports whether word and a parenthesis stand here.
func (p *parser) callsWord(word string) bool {
	return len(word) == p.tok.end-p.tok.pos && p.isWord(word) && p.peek().kind == tokLParen
}

// typeOf parses
//
//	typeof = "TYPEOF" path when { when } [ "ELSE" path { "," path } ] "END" .
func (p *parser) typeOf() *TypeOf {
	x, pos := &TypeOf{}, p.start()
	p.advance()
	x.Path = p.path()
	for p.isWord("WHEN") || len(x.Whens) == 0 {
		x.Whens = append(x.Whens, p.when())
	}
	if p.gotWord("ELSE") {
		x.Else = commas(p, p.path)
	}
	p.wantWord("END")
	x.span = p.since(pos)
	return x
}

// when parses
//
//	when = "WHEN" object "THEN" path { "," path } .
func (p *parser) when() When {
	pos := p.start()
	p.wantWord("WHEN")
	x := When{Object: p.object()}
	p.wantWord("THEN")
	x.Fields = commas(p, p.path)
	x.span = p.since(pos)
	return x
}

// fieldSet parses FIELDS(ALL) and its like.
func (p *parser) fieldSet() *FieldSet {
	x, pos := &FieldSet{}, p.start()
	p.advance()
	p.advance()
	x.Kind = oneOf[FieldKind](p, fieldKinds)
	p.want(tokRParen, ")")
	x.span = p.since(pos)
	return x
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
//	from = [ parent "." ] object [ [ "AS" ] alias ] .
func (p *parser) from() From {
	pos := p.start()
	f := From{Object: p.object()}
	if p.got(tokDot) {
		f.Parent, f.Object = f.Object, p.object()
	}
	f.Alias = p.fromAlias()
	f.span = p.since(pos)
	return f
}

// object moves on over the name of an object or a relationship.
func (p *parser) object() string {
	if !p.tok.kind.namesObject() {
		p.expected("the name of an object")
	}
	name := p.text()
	p.advance()
	return name
}

func (p *parser) fromAlias() string {
	if p.got(kwAs) && p.tok.kind != tokName {
		p.expected("an alias")
	}
	return p.alias()
}

// furtherAlias parses
//
//	alias = path [ [ "AS" ] name ] .
func (p *parser) furtherAlias() Alias {
	pos := p.start()
	a := Alias{Path: p.path()}
	a.Name = p.fromAlias()
	a.span = p.since(pos)
	return a
}

// scope parses what follows USING.
func (p *parser) scope() string {
	p.wantWord("SCOPE")
	return queryScopes[oneOf[int](p, queryScopes)]
}

// with parses
//
//	with = "WITH" ( mode | "DATA" "CATEGORY" category { "AND" category } ) .
func (p *parser) with() *With {
	w, pos := &With{}, p.start()
	p.advance()
	if p.gotWord("DATA") {
		p.wantWord("CATEGORY")
		w.Categories = []Category{p.category()}
		for p.got(kwAnd) {
			w.Categories = append(w.Categories, p.category())
		}
	} else {
		at := p.tok.pos
		w.Mode = oneOf[WithMode](p, withModes)
		if p.dialect == REST {
			fail(at, "%s", onlyApex("WITH "+w.Mode.String()))
		}
	}
	w.span = p.since(pos)
	return w
}

// category parses
//
//	category = group selector ( name | "(" name { "," name } ")" ) .
func (p *parser) category() Category {
	pos := p.start()
	c := Category{Group: p.name("the name of a category group")}
	c.Selector = oneOf[CategorySelector](p, selectors)
	one := func() string { return p.name("the name of a category") }
	if p.got(tokLParen) {
		c.Names = commas(p, one)
		p.want(tokRParen, "a comma or )")
	} else {
		c.Names = []string{one()}
	}
	c.span = p.since(pos)
	return c
}

// groups parses
//
//	groups = "GROUP" "BY" ( expr { "," expr } | ( "ROLLUP" | "CUBE" ) "(" expr { "," expr } ")" ) .
func (p *parser) groups(q *Query) {
	switch {
	case p.callsWord("ROLLUP"):
		q.Subtotals = Rollup
	case p.callsWord("CUBE"):
		q.Subtotals = Cube
	default:
		q.GroupBy = commas(p, p.expr)
		return
	}
	p.advance()
	p.advance()
	q.GroupBy = commas(p, p.expr)
	p.want(tokRParen, "a comma or )")
}

// allRows moves on over ALL ROWS.
func (p *parser) allRows() bool {
	if p.tok.kind != kwAll {
		return false
	}
	p.onlyApex("ALL ROWS")
	p.advance()
	p.wantWord("ROWS")
	return true
}

// forWhat parses what follows FOR.
func (p *parser) forWhat() For {
	if p.tok.kind == kwUpdate {
		p.onlyApex("FOR UPDATE")
	}
	return oneOf[For](p, fors)
}

// update parses what follows UPDATE.
func (p *parser) update() Update {
	u := oneOf[Update](p, updates[:UpdateViewStat+1])
	if p.got(tokComma) {
		if p.isWord(updates[u]) {
			p.fail("UPDATE %s comes twice", updates[u])
		}
		u |= oneOf[Update](p, updates[:UpdateViewStat+1])
	}
	return u
}

// expr parses
//
//	expr = path | name "(" [ argument { "," argument } ] ")" .
func (p *parser) expr() Expr {
	pos, first := p.start(), p.head()
	if p.tok.kind == tokLParen {
		return p.call(pos, first)
	}
	return p.pathFrom(pos, first)
}

// path parses
//
//	path = name { "." name } .
func (p *parser) path() *Path {
	return p.pathFrom(p.start(), p.head())
}

// pathFrom parses a path of which the first name is read already.
func (p *parser) pathFrom(pos Pos, first string) *Path {
	var few [maxHops + 2]string
	names := append(few[:0], first)
	for p.got(tokDot) {
		if !p.tok.kind.namesObject() {
			p.expected("the name of a field")
		}
		names = append(names, p.text())
		p.advance()
	}
	x := p.paths.take(2 * p.size)
	x.Names = p.strings.copy(names, 2*p.size)
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

// call parses the arguments of a function. They are not read when there is no
// such function.
func (p *parser) call(pos Pos, name string) *Call {
	f, ok := functionOf(name)
	if !ok {
		fail(int(pos)-1, "SOQL has no function %s", name)
	}
	p.nest()
	defer p.unnest()
	p.advance()
	x := &Call{Name: name}
	switch {
	case p.tok.kind == tokRParen:
	case f.geo:
		x.Args = commas(p, p.argument)
	default:
		x.Args = commas(p, p.expr)
	}
	p.want(tokRParen, "a comma or )")
	x.span = p.since(pos)
	return x
}

// argument parses an argument of DISTANCE or GEOLOCATION.
//
//	argument = expr | number | string | bind .
func (p *parser) argument() Expr {
	switch p.tok.kind {
	case tokNumber, tokText:
		return p.value(false).(Expr)
	case tokColon:
		return p.bind()
	}
	return p.expr()
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
	if p.tok.kind != tokNumber && p.tok.kind != tokColon {
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
