package soql

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of Salesforce that need no schema to be checked.
//
// Source: SOQL and SOSL Reference, "SOQL and SOSL Limits for Search Queries",
// "OFFSET", "Comparison Operators".
const (
	maxHops       = 5    // parent relationships in a path
	maxSubqueries = 5    // child subqueries in one another
	maxText       = 4000 // characters of a string literal
	maxSemiJoins  = 2    // semi- and anti-joins in one WHERE
	maxLimit      = 1<<31 - 1
	maxOffset     = 2000
)

// queryError is the complaint about a tree, at a node of it.
type queryError struct {
	pos    Pos
	reason string
}

func (e *queryError) Error() string { return "soql: invalid query: " + e.reason }

// check says what is wrong with a query, whether it was parsed or built. open
// allows the placeholders that have to be replaced before the query is sent.
func check(q *Query, open bool) error {
	if f := faultOf(q, open); f != nil {
		return f
	}
	return nil
}

// faultOf is what check found, nil for nothing.
func faultOf(q *Query, open bool) *queryError {
	c := checker{open: open}
	c.query(q, place{})
	return c.fault
}

// checker walks a tree and keeps the first fault.
type checker struct {
	open  bool
	fault *queryError
}

// place is where in a tree the checker is.
type place struct {
	from       From // of the innermost query
	depth      int  // parentheses around, as they will be printed
	subqueries int  // child subqueries around
	inSemiJoin bool // inside the query of a semi- or anti-join
	aggregates bool // whether aggregate functions may stand here
	semiJoins  *int // how many this WHERE has so far, nil where none may stand
}

// nested is a place one pair of parentheses deeper.
func (at place) nested() place {
	at.depth++
	return at
}

func (c *checker) failf(n Node, format string, args ...any) {
	if c.fault == nil {
		c.fault = &queryError{n.Pos(), fmt.Sprintf(format, args...)}
	}
}

// missing reports whether n is nil or a nil pointer, which is a fault of what
// it belongs to.
func (c *checker) missing(n, of Node, what string) bool {
	if v := reflect.ValueOf(n); v.IsValid() && (v.Kind() != reflect.Pointer || !v.IsNil()) {
		return false
	}
	c.failf(of, "%s is missing", what)
	return true
}

// tooDeep reports whether to go no deeper: because there are too many
// parentheses around a part of of, or a fault was found already. Without the
// latter a tree that contains itself twice would take for ever.
func (c *checker) tooDeep(of Node, at place) bool {
	if at.depth > maxDepth {
		c.failf(of, "more than %d parentheses in one another", maxDepth)
	}
	return c.fault != nil
}

func (c *checker) query(q *Query, at place) {
	if c.missing(q, From{}, "a query") || c.tooDeep(q, at) {
		return
	}
	at = place{from: q.From, depth: at.depth, subqueries: at.subqueries, inSemiJoin: at.inSemiJoin}
	c.from(q.From)
	c.selectList(q, at)
	if q.Where != nil {
		c.condition(q.Where, q, at.inWhere())
	}
	c.groups(q, at)
	for _, o := range q.OrderBy {
		c.expr(o.Expr, o, at.withAggregates())
	}
	c.rows(q.Limit, q, "LIMIT", maxLimit)
	c.rows(q.Offset, q, "OFFSET", maxOffset)
}

func (at place) inWhere() place {
	at.semiJoins = new(int)
	return at
}

func (at place) withAggregates() place {
	at.aggregates = true
	return at
}

func (c *checker) from(f From) {
	if !isWord(f.Object) || !keywordOf(f.Object).namesObject() {
		c.failf(f, "%q is not the name of an object", f.Object)
	}
	c.alias(f.Alias, f)
}

func (c *checker) alias(alias string, of Node) {
	if alias != "" && (!isWord(alias) || keywordOf(alias) != tokName) {
		c.failf(of, "%q is not an alias", alias)
	}
}

func (c *checker) selectList(q *Query, at place) {
	if len(q.Select) == 0 {
		c.failf(q, "nothing is selected")
	}
	for _, item := range q.Select {
		if c.missing(item, q, "an item of the select list") {
			return
		}
		switch item := item.(type) {
		case *Field:
			c.field(item, q, at.withAggregates())
		case *Subquery:
			c.subquery(item, at)
		default:
			c.failf(q, "%T cannot be selected", item)
		}
	}
}

func (c *checker) field(f *Field, q *Query, at place) {
	if call, ok := f.Expr.(*Call); ok && call != nil && call.isCountAll() {
		c.countAll(call, f, q)
		return
	}
	c.expr(f.Expr, f, at)
	c.alias(f.Alias, f)
	if _, ok := f.Expr.(*Path); ok && f.Alias != "" && len(q.GroupBy) == 0 {
		c.failf(f, "a field takes an alias only beside GROUP BY; is a comma missing before %s?", f.Alias)
	}
}

// countAll checks COUNT(), which leaves no room for anything per record.
func (c *checker) countAll(call *Call, f *Field, q *Query) {
	if len(q.Select) > 1 || f.Alias != "" || len(q.GroupBy) > 0 || len(q.OrderBy) > 0 {
		c.failf(call, "COUNT() stands alone: name a field, as in COUNT(Id)")
	}
}

// subquery checks a child subquery.
func (c *checker) subquery(s *Subquery, at place) {
	if at.inSemiJoin {
		c.failf(s, "the query of a semi-join has no child subquery")
	}
	if at.subqueries == maxSubqueries {
		c.failf(s, "more than %d subqueries in one another", maxSubqueries)
		return
	}
	at.subqueries++
	c.query(s.Query, at.nested())
}

func (c *checker) groups(q *Query, at place) {
	for _, x := range q.GroupBy {
		c.expr(x, q, at)
	}
	if q.Having == nil {
		return
	}
	c.condition(q.Having, q, at.withAggregates())
	if len(q.GroupBy) == 0 {
		c.failf(q.Having, "HAVING needs GROUP BY")
	}
}

// rows checks the number of LIMIT or OFFSET.
func (c *checker) rows(v Value, q *Query, clause string, most int) {
	if v == nil || c.missing(v, q, clause) {
		return
	}
	switch v := v.(type) {
	case *Number:
		if n, err := strconv.Atoi(v.Literal); err != nil || !isDigit(v.Literal[0]) || n > most {
			c.failf(v, "%s %s is not a whole number from 0 to %d", clause, v.Literal, most)
		}
	default:
		c.failf(q, "%s needs a number", clause)
	}
}

func (c *checker) expr(x Expr, of Node, at place) {
	if c.missing(x, of, "a field") {
		return
	}
	switch x := x.(type) {
	case *Path:
		c.path(x, at)
	case *Call:
		c.call(x, at)
	default:
		c.failf(of, "%T is not an expression", x)
	}
}

func (c *checker) path(x *Path, at place) {
	for _, name := range x.Names {
		if k := keywordOf(name); !isWord(name) || !k.isName() && !(k.namesObject() && len(x.Names) > 1) {
			c.failf(x, "%q is not the name of a field", name)
			return
		}
	}
	names := x.Names
	if len(names) > 1 && at.from.isNamed(names[0]) {
		names = names[1:]
	}
	switch {
	case len(names) == 0:
		c.failf(x, "a field has no name")
	case len(names) > maxHops+1:
		c.failf(x, "%s goes over more than %d relationships", strings.Join(x.Names, "."), maxHops)
	}
}

// isNamed reports whether name at the head of a path means the queried object.
func (f From) isNamed(name string) bool {
	return strings.EqualFold(name, f.Object) || f.Alias != "" && strings.EqualFold(name, f.Alias)
}

func (c *checker) call(x *Call, at place) {
	if message := functionFault(x.Name); message != "" {
		c.failf(x, "%s", message)
		return
	}
	if x.isAggregate() && !at.aggregates {
		c.failf(x, "%s sums up records: it cannot stand in WHERE or GROUP BY", x.Name)
	}
	if len(x.Args) != 1 {
		c.failf(x, "%s takes one field", x.Name)
		return
	}
	if at = at.nested(); !c.tooDeep(x, at) {
		c.expr(x.Args[0], x, at)
	}
}

func (c *checker) condition(n Condition, of Node, at place) {
	if c.missing(n, of, "a condition") || c.tooDeep(of, at) {
		return
	}
	switch n := n.(type) {
	case *Logic:
		c.logic(n, at)
	case *Negation:
		c.operand(n.X, n, at)
	case *Comparison:
		c.expr(n.Left, n, at)
		c.comparison(n)
	case *Membership:
		c.expr(n.Left, n, at)
		c.membership(n, at)
	case *Inclusion:
		c.expr(n.Left, n, at)
		c.inclusion(n)
	default:
		c.failf(of, "%T is not a condition", n)
	}
}

// logic checks AND and OR. Semi-joins may stand in an AND that is the whole
// WHERE, and nowhere below.
func (c *checker) logic(n *Logic, at place) {
	if n.Op != OpAnd && n.Op != OpOr {
		c.failf(n, "a condition has no operator")
	}
	if len(n.Terms) < 2 {
		c.failf(n, "%s needs two conditions", n.Op)
	}
	for _, term := range n.Terms {
		if _, ok := term.(*Membership); ok && n.Op == OpAnd && at.semiJoins != nil {
			c.condition(term, n, at)
			continue
		}
		c.operand(term, n, at)
	}
}

// operand checks a part of a condition, which gets parentheses when it has
// parts itself, and may be no semi-join.
func (c *checker) operand(n Condition, of Node, at place) {
	at.semiJoins = nil
	switch n.(type) {
	case *Logic, *Negation:
		at = at.nested()
	}
	c.condition(n, of, at)
}

func (c *checker) comparison(n *Comparison) {
	switch {
	case n.Op < OpEq || n.Op > OpLike:
		c.failf(n, "a comparison has no operator")
	case n.Op == OpLike:
		c.pattern(n.Right, n)
	default:
		c.value(n.Right, n)
	}
}

// pattern checks the right side of LIKE.
func (c *checker) pattern(v Value, of Node) {
	c.value(v, of)
	switch v := v.(type) {
	case *Text:
		if v != nil && !isPattern(v.Value) {
			c.failf(v, `a backslash in a pattern stands before %%, _ or \`)
		}
	case *Bind, *Token:
	default:
		c.failf(of, "LIKE needs a string")
	}
}

func (c *checker) membership(n *Membership, at place) {
	switch {
	case n.Query == nil:
		c.values(n.Values, n)
	case len(n.Values) > 0:
		c.failf(n, "IN has both values and a query")
	default:
		c.semiJoin(n, at)
	}
}

// semiJoin checks a query behind IN or NOT IN.
func (c *checker) semiJoin(n *Membership, at place) {
	if at.inSemiJoin || at.semiJoins == nil {
		c.failf(n, "a query behind IN belongs to the WHERE itself: not under OR, NOT or parentheses, nor in another one")
		return
	}
	if *at.semiJoins++; *at.semiJoins > maxSemiJoins {
		c.failf(n, "more than %d queries behind IN", maxSemiJoins)
	}
	q := n.Query
	if len(q.Select) != 1 || len(q.GroupBy) > 0 || len(q.OrderBy) > 0 || q.Limit != nil || q.Offset != nil {
		c.failf(q, "a query behind IN selects one field, without GROUP BY, ORDER BY, LIMIT and OFFSET")
	} else if f, ok := q.Select[0].(*Field); ok && f != nil {
		if _, ok := f.Expr.(*Path); !ok {
			c.failf(f, "a query behind IN selects a field, not a function")
		}
	}
	at.inSemiJoin = true
	c.query(q, at.nested())
}

func (c *checker) inclusion(n *Inclusion) {
	c.values(n.Values, n)
	for _, v := range n.Values {
		switch v.(type) {
		case *Text, *Bind, *Token:
		default:
			c.failf(n, "INCLUDES and EXCLUDES need strings")
		}
	}
}

func (c *checker) values(list []Value, of Node) {
	if len(list) == 0 {
		c.failf(of, "a list of values is empty")
	}
	for _, v := range list {
		c.value(v, of)
	}
}

func (c *checker) value(v Value, of Node) {
	if c.missing(v, of, "a value") {
		return
	}
	switch v := v.(type) {
	case *Text:
		c.text(v)
	case *Number:
		if !isNumber(v.Literal) {
			c.failf(v, "%q is not a number", v.Literal)
		}
	case *Date:
		t := time.Date(v.Year, v.Month, v.Day, 0, 0, 0, 0, time.UTC)
		if t.Year() != v.Year || t.Month() != v.Month || t.Day() != v.Day {
			c.failf(v, "%s is not a day", format(v))
		}
		c.year(v.Year, v)
	case *DateTime:
		c.year(v.Time.Year(), v)
		c.year(v.Time.UTC().Year(), v)
	case *DateRange:
		c.dateRange(v)
	case *Bind:
		c.placeholder(v, v.Name)
	case *Token:
		c.placeholder(v, v.Name)
	case *unwritable:
		c.failf(of, "%v", v.err)
	case *Boolean, *Null:
	default:
		c.failf(of, "%T is not a value", v)
	}
}

func (c *checker) text(v *Text) {
	if !utf8.ValidString(v.Value) {
		c.failf(v, "a string is not UTF-8")
	}
	if len(v.Value) > maxText && utf8.RuneCountInString(v.Value) > maxText {
		c.failf(v, "a string is longer than %d characters", maxText)
	}
}

func (c *checker) year(year int, of Node) {
	if year < minYear || year > maxYear {
		c.failf(of, "year %d is not from %d to %d", year, minYear, maxYear)
	}
}

func (c *checker) dateRange(v *DateRange) {
	counts, ok := dateRanges[v.Name]
	switch {
	case !ok:
		c.failf(v, "%q is not a date literal", v.Name)
	case v.N < 0 || v.N > maxLimit:
		c.failf(v, "%s:%d counts out of range", v.Name, v.N)
	case !counts && v.N != 0:
		c.failf(v, "%s takes no number", v.Name)
	}
}

// placeholder checks what stands for a value that is still to come.
func (c *checker) placeholder(v Value, name string) {
	if !isWord(name) {
		c.failf(v, "%q is not the name of a placeholder", name)
	} else if !c.open {
		c.failf(v, "nothing was put in the place of %s", format(v))
	}
}

// isNumber reports whether s is spelled as a number: 10, -3.5.
func isNumber(s string) bool {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	whole, fraction, point := strings.Cut(s, ".")
	return isDigits(whole) && (!point || isDigits(fraction))
}

func isDigits(s string) bool { return s != "" && digitsEnd(s, 0) == len(s) }
