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
