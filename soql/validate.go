package soql

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Limits of Salesforce that need no schema to be checked.
//
// Source: SOQL and SOSL Reference, "SOQL and SOSL Limits for Search Queries",
// "OFFSET", "Comparison Operators".
const (
	maxHops       = 5    // parent relationships in a path
	maxParents    = 55   // parent relationships in a query
	maxNested     = 5    // child subqueries in one another
	maxSubqueries = 20   // child subqueries in a query
	maxText       = 4000 // characters of a string literal
	maxSemiJoins  = 2    // semi- and anti-joins in one WHERE
	maxSubtotals  = 3    // fields of ROLLUP or CUBE
	maxGroups     = 100  // fields of GROUP BY; our own, to bound the work
	maxOrders     = 32   // fields of ORDER BY
	maxUnbounded  = 200  // records with FIELDS(ALL) or FIELDS(CUSTOM)
	maxLimit      = 1<<31 - 1
	maxOffset     = 2000
)

// queryError is the complaint about a tree, at a node of it.
type queryError struct {
	pos    Pos
	reason string
}

func (e *queryError) Error() string { return "soql: invalid query: " + e.reason }

// rules say how strict a check is.
type rules struct {
	open    bool // allows placeholders, which have to be replaced before the query is sent
	dialect Dialect
}

// check says what is wrong with a query, whether it was parsed or built.
func check(q *Query, r rules) error {
	if f := faultOf(q, r); f != nil {
		return f
	}
	return nil
}

// faultOf is what check found, nil for nothing.
func faultOf(q *Query, r rules) *queryError {
	c := checker{rules: r}
	c.query(q, place{root: true})
	if c.hops > maxParents && c.fault == nil {
		c.relationships(q)
	}
	return c.fault
}

// checker walks a tree and keeps the first fault.
type checker struct {
	rules
	fault      *queryError
	hops       int // relationships in all paths so far, with repetitions
	subqueries int // child subqueries so far
}

// place is where in a tree the checker is.
type place struct {
	query      *Query // the innermost one
	depth      int    // parentheses around, as they will be printed
	subqueries int    // child subqueries around
	root       bool   // not in a subquery
	inSemiJoin bool   // inside the query of a semi- or anti-join
	inWhere    bool
	grouped    bool // inside GROUP BY
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
	if !isNil(n) {
		return false
	}
	c.failf(of, "%s is missing", what)
	return true
}

// isNil reports whether n is nil or a nil pointer.
func isNil(n Node) bool {
	switch n := n.(type) {
	case nil:
		return true
	case *Path:
		return n == nil
	case *Field:
		return n == nil
	case *Comparison:
		return n == nil
	case *Text:
		return n == nil
	}
	v := reflect.ValueOf(n)
	return v.Kind() == reflect.Pointer && v.IsNil()
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
	if c.missing(q, &From{}, "a query") || c.tooDeep(q, at) {
		return
	}
	at = place{query: q, depth: at.depth, subqueries: at.subqueries, root: at.root, inSemiJoin: at.inSemiJoin}
	if c.from(q, at); c.fault != nil {
		return
	}
	c.selectList(q, at)
	if q.Where != nil {
		c.condition(q.Where, q, at.where())
	}
	if q.With != nil {
		c.with(q.With, q, at)
	}
	c.groups(q, at)
	c.orders(q, at)
	c.rows(q.Limit, q, "LIMIT", maxLimit)
	c.rows(q.Offset, q, "OFFSET", maxOffset)
	c.ends(q, at)
	if q.sumsUp() {
		c.summary(q)
	}
}

func (at place) where() place {
	at.inWhere, at.semiJoins = true, new(int)
	return at
}

// summable is a place that takes aggregate functions, unless in a subquery.
func (at place) summable() place {
	at.aggregates = at.root
	return at
}

// from checks FROM with its aliases, and USING SCOPE.
func (c *checker) from(q *Query, at place) {
	c.object(q.From.Object, &q.From)
	if q.From.Parent != "" {
		c.object(q.From.Parent, &q.From)
		if at.subqueries == 0 || at.inSemiJoin {
			c.failf(&q.From, "only a child subquery is over a relationship")
		}
	}
	c.alias(q.From.Alias, &q.From)
	if len(q.Aliases) > maxParents {
		c.failf(&q.Aliases[maxParents], "more than %d parent relationships", maxParents)
		return
	}
	for i := range q.Aliases {
		c.furtherAlias(&q.Aliases[i], q, at)
	}
	if q.Scope != "" && !slices.Contains(queryScopes, q.Scope) {
		c.failf(q, "%q is not a scope: %s", q.Scope, alternatives(queryScopes))
	}
	if q.Scope != "" && !at.root {
		c.failf(q, "a subquery has no USING SCOPE")
	}
}

func (c *checker) object(name string, of Node) {
	if !isWord(name) || !keywordOf(name).namesObject() {
		c.failf(of, "%q is not the name of an object", name)
	}
}

// furtherAlias checks a further entry of FROM.
func (c *checker) furtherAlias(a *Alias, q *Query, at place) {
	if c.missing(a.Path, a, "a relationship") {
		return
	}
	c.alias(a.Name, a)
	if a.Name != "" && (q.From.isNamed(a.Name) || q.aliased(a.Name, a) != nil) {
		c.failf(a, "alias %s stands for two things", a.Name)
	}
	if len(a.Path.Names) < 2 || !q.From.isNamed(a.Path.Names[0]) && q.aliased(a.Path.Names[0], a) == nil {
		c.failf(a, "a further object in FROM is a relationship of an earlier one, as in FROM Contact c, c.Account a")
	}
	c.path(a.Path, at)
}

// aliased is the alias with this name, of those before until, nil for none.
func (q *Query) aliased(name string, until *Alias) *Alias {
	for i := range q.Aliases {
		a := &q.Aliases[i]
		if a == until {
			break
		}
		if a.Name != "" && strings.EqualFold(name, a.Name) {
			return a
		}
	}
	return nil
}

func (c *checker) alias(alias string, of Node) {
	if alias != "" && (!isWord(alias) || keywordOf(alias) != tokName) {
		c.failf(of, "%q is not an alias", alias)
	}
}

// own is a path without the name or the alias of the queried object before it.
func (q *Query) own(names []string) []string {
	if len(names) > 1 && q.From.isNamed(names[0]) {
		return names[1:]
	}
	return names
}

// with checks WITH.
func (c *checker) with(w *With, q *Query, at place) {
	switch {
	case !at.root:
		c.failf(w, "a subquery has no WITH")
	case w.Mode < 0 || w.Mode > SystemMode || (w.Mode == 0) == (len(w.Categories) == 0):
		c.failf(w, "WITH is either one mode or DATA CATEGORY")
	case w.Mode != 0 && c.dialect == REST:
		c.failf(w, "%s", onlyApex("WITH "+w.Mode.String()))
	}
	for i := range w.Categories {
		c.category(&w.Categories[i])
	}
}

func (c *checker) category(x *Category) {
	if x.Selector < CategoryAt || x.Selector > CategoryAboveOrBelow || len(x.Names) == 0 {
		c.failf(x, "DATA CATEGORY has no selector or no category")
	}
	for _, name := range append([]string{x.Group}, x.Names...) {
		if !isName(name) {
			c.failf(x, "%q is not the name of a category", name)
		}
	}
}

// isName reports whether s can be a name outside of a path.
func isName(s string) bool { return isWord(s) && keywordOf(s).isName() }

func (c *checker) groups(q *Query, at place) {
	at.grouped = true
	for _, x := range q.GroupBy {
		c.expr(x, q, at)
	}
	at.grouped = false
	switch {
	case q.Subtotals < NoSubtotals || q.Subtotals > Cube:
		c.failf(q, "GROUP BY has unknown subtotals")
	case q.Subtotals != NoSubtotals && len(q.GroupBy) == 0:
		c.failf(q, "%s has no field", spelled(subtotals, q.Subtotals))
	case q.Subtotals != NoSubtotals && len(q.GroupBy) > maxSubtotals:
		c.failf(q.GroupBy[maxSubtotals], "%s takes at most %d fields", spelled(subtotals, q.Subtotals), maxSubtotals)
	}
	if len(q.GroupBy) > maxGroups {
		c.failf(q.GroupBy[maxGroups], "GROUP BY takes at most %d fields", maxGroups)
	}
	if !at.root && len(q.GroupBy) > 0 {
		c.failf(q.GroupBy[0], "a subquery has no GROUP BY")
	}
	if q.Having == nil {
		return
	}
	c.condition(q.Having, q, at.summable())
	if len(q.GroupBy) == 0 {
		c.failf(q.Having, "HAVING needs GROUP BY")
	}
}

func (c *checker) orders(q *Query, at place) {
	for i := range q.OrderBy {
		o := &q.OrderBy[i]
		c.expr(o.Expr, o, at.summable())
		if o.Nulls < NullsDefault || o.Nulls > NullsLast {
			c.failf(o, "ORDER BY has an unknown place for NULLS")
		}
	}
	if len(q.OrderBy) > maxOrders {
		c.failf(&q.OrderBy[maxOrders], "ORDER BY takes at most %d fields", maxOrders)
	}
}

// rows checks the number of LIMIT or OFFSET.
func (c *checker) rows(v Value, q *Query, clause string, most int) {
	if v == nil || c.missing(v, q, clause) {
		return
	}
	switch v := v.(type) {
	case *Number:
		if !wholeUpTo(v.Literal, most) {
			c.failf(v, "%s %s is not a whole number from 0 to %d", clause, v.Literal, most)
		}
	case *Bind:
		c.value(v, q)
	default:
		c.failf(q, "%s needs a number", clause)
	}
}

// wholeUpTo reports whether s is a whole number from 0 to most, without a sign.
func wholeUpTo(s string, most int) bool {
	n, err := strconv.Atoi(s)
	return err == nil && isDigit(s[0]) && n <= most
}

// within reports whether s is a number from -most to most.
func within(s string, most float64) bool {
	n, err := strconv.ParseFloat(s, 64)
	return err == nil && -most <= n && n <= most
}

// ends checks FOR, UPDATE and ALL ROWS.
func (c *checker) ends(q *Query, at place) {
	switch {
	case q.For < ForNothing || q.For > ForUpdate || q.Update < 0 || q.Update > UpdateTracking|UpdateViewStat:
		c.failf(q, "FOR or UPDATE is unknown")
	case c.dialect == REST && q.For == ForUpdate:
		c.failf(q, "%s", onlyApex("FOR UPDATE"))
	case c.dialect == REST && q.AllRows:
		c.failf(q, "%s", onlyApex("ALL ROWS"))
	case !at.root && (q.For == ForUpdate || q.AllRows):
		c.failf(q, "a subquery has neither FOR UPDATE nor ALL ROWS")
	case q.For == ForUpdate && q.AllRows:
		c.failf(q, "FOR UPDATE cannot stand beside ALL ROWS")
	case q.For == ForUpdate && len(q.OrderBy) > 0:
		c.failf(q, "FOR UPDATE cannot stand beside ORDER BY")
	}
}

// relationships checks how many parent relationships a query goes over.
func (c *checker) relationships(q *Query) {
	seen := make(map[string]bool)
	for n := range Preorder(q) {
		x, ok := n.(*Path)
		if !ok {
			continue
		}
		for i := 1; i < len(x.Names); i++ {
			seen[strings.ToLower(strings.Join(x.Names[:i], "."))] = true
		}
		if len(seen) > maxParents {
			c.failf(x, "more than %d parent relationships", maxParents)
			return
		}
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
	if len(x.Names) == 0 {
		c.failf(x, "a field has no name")
		return
	}
	hops := at.query.hops(x.Names)
	if c.hops += hops; hops > maxHops {
		c.failf(x, "%s goes over more than %d relationships", strings.Join(x.Names, "."), maxHops)
	}
}

// hops is how many relationships a path goes over, those behind an alias
// included.
func (q *Query) hops(names []string) int {
	if q == nil || len(names) == 1 {
		return len(names) - 1
	}
	if q.From.isNamed(names[0]) {
		return len(names) - 2
	}
	hops := len(names) - 1
	for i := len(q.Aliases) - 1; i >= 0; i-- {
		if a := &q.Aliases[i]; a.Name != "" && strings.EqualFold(a.Name, names[0]) && a.Path != nil && len(a.Path.Names) > 1 {
			hops += len(a.Path.Names) - 2
			names = a.Path.Names
		}
	}
	return hops
}

// isNamed reports whether name at the head of a path means the queried object.
func (f From) isNamed(name string) bool {
	return strings.EqualFold(name, f.Object) || f.Alias != "" && strings.EqualFold(name, f.Alias)
}
