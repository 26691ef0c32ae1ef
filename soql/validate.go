package soql

import (
	"fmt"
	"reflect"
	"slices"
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
	c.from(q, at)
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
			c.selected(item, q, at.summable())
		case *Subquery:
			c.subquery(item, at)
		case *TypeOf:
			c.typeOf(item, at)
		case *FieldSet:
			c.fieldSet(item, q)
		default:
			c.failf(q, "%T cannot be selected", item)
		}
	}
}

func (c *checker) selected(f *Field, q *Query, at place) {
	if call, ok := f.Expr.(*Call); ok && call != nil && call.isCountAll() {
		c.countAll(call, f, q, at)
		return
	}
	c.expr(f.Expr, f, at)
	c.alias(f.Alias, f)
	if _, ok := f.Expr.(*Path); ok && f.Alias != "" && len(q.GroupBy) == 0 {
		c.failf(f, "a field takes an alias only beside GROUP BY; is a comma missing before %s?", f.Alias)
	}
}

// countAll checks COUNT(), which leaves no room for anything per record.
func (c *checker) countAll(call *Call, f *Field, q *Query, at place) {
	if !at.aggregates {
		c.failf(call, "%s sums up records: it cannot stand in a subquery", call.Name)
	}
	if len(q.Select) > 1 || f.Alias != "" || len(q.GroupBy) > 0 || len(q.OrderBy) > 0 {
		c.failf(call, "COUNT() stands alone: name a field, as in COUNT(Id)")
	}
}

// subquery checks a child subquery.
func (c *checker) subquery(s *Subquery, at place) {
	if at.inSemiJoin {
		c.failf(s, "the query of a semi-join has no child subquery")
	}
	if at.subqueries == maxNested {
		c.failf(s, "more than %d subqueries in one another", maxNested)
		return
	}
	if c.subqueries++; c.subqueries > maxSubqueries {
		c.failf(s, "more than %d subqueries", maxSubqueries)
	}
	if s.Query != nil && s.Query.From.Parent != "" && !at.query.From.isNamed(s.Query.From.Parent) {
		c.failf(&s.Query.From, "%s is not what the query around is over", s.Query.From.Parent)
	}
	at.subqueries++
	at.root = false
	c.query(s.Query, at.nested())
}

// typeOf checks TYPEOF.
func (c *checker) typeOf(x *TypeOf, at place) {
	if at.inSemiJoin {
		c.failf(x, "the query of a semi-join has no TYPEOF")
	}
	c.paths([]*Path{x.Path}, x, at)
	if len(x.Whens) == 0 {
		c.failf(x, "TYPEOF has no WHEN")
	}
	for i := range x.Whens {
		when := &x.Whens[i]
		c.object(when.Object, when)
		if len(when.Fields) == 0 {
			c.failf(when, "WHEN %s has no fields", when.Object)
		}
		c.paths(when.Fields, when, at)
	}
	if x.Else != nil && len(x.Else) == 0 {
		c.failf(x, "ELSE has no fields")
	}
	c.paths(x.Else, x, at)
}

func (c *checker) paths(list []*Path, of Node, at place) {
	for _, x := range list {
		if !c.missing(x, of, "a field") {
			c.path(x, at)
		}
	}
}

// fieldSet checks FIELDS(ALL) and its like, which select each field once, and
// fields of which Salesforce does not know the number only for few records.
//
// Source: SOQL and SOSL Reference, "FIELDS()".
func (c *checker) fieldSet(x *FieldSet, q *Query) {
	if x.Kind < AllFields || x.Kind > CustomFields {
		c.failf(x, "FIELDS has no argument")
		return
	}
	for _, item := range q.Select {
		if item != x && x.Kind.has(item, q) {
			c.failf(x, "FIELDS(%s) selects a field that is selected already: %s", x.Kind, format(item))
		}
	}
	if x.Kind == StandardFields {
		return
	}
	if c.dialect == Apex {
		c.failf(x, "Apex has no FIELDS(%s)", x.Kind)
	}
	if n, ok := q.Limit.(*Number); !ok || n == nil || !wholeUpTo(n.Literal, maxUnbounded) {
		c.failf(x, "FIELDS(%s) needs a LIMIT of at most %d", x.Kind, maxUnbounded)
	}
}

// has reports whether FIELDS(k) selects what item selects, as far as names tell.
func (k FieldKind) has(item SelectItem, q *Query) bool {
	switch item := item.(type) {
	case *FieldSet:
		return item != nil && (k == AllFields || k == item.Kind)
	case *Field:
		if item == nil {
			return false
		}
		x, ok := item.Expr.(*Path)
		if !ok || x == nil {
			return false
		}
		names := q.own(x.Names)
		if len(names) != 1 {
			return false
		}
		custom := isCustom(names[0])
		return k == AllFields || custom == (k == CustomFields)
	}
	return false
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

// sumsUp reports whether the rows of a query are groups of records.
func (q *Query) sumsUp() bool {
	return len(q.GroupBy) > 0 || slices.ContainsFunc(q.Select, func(item SelectItem) bool {
		f, ok := item.(*Field)
		return ok && f != nil && aggregates(f.Expr)
	})
}

// summary checks that what a query yields for a group has one value there.
func (c *checker) summary(q *Query) {
	if c.fault != nil {
		return
	}
	for _, item := range q.Select {
		if f, ok := item.(*Field); ok {
			c.grouped(f.Expr, q)
		} else {
			c.failf(item, "only fields are selected beside GROUP BY and aggregate functions")
		}
	}
	walkOptional(q.Having, func(n Node) bool {
		if x, ok := n.(Expr); ok {
			c.grouped(x, q)
			return false
		}
		return true
	})
	for i := range q.OrderBy {
		if !q.selectsAs(q.OrderBy[i].Expr) {
			c.grouped(q.OrderBy[i].Expr, q)
		}
	}
	if len(q.GroupBy) == 0 && q.Limit != nil && !q.countsAll() {
		c.failf(q.Limit, "LIMIT beside an aggregate function needs GROUP BY")
	}
}

// countsAll reports whether a query selects COUNT().
func (q *Query) countsAll() bool {
	f, ok := q.Select[0].(*Field)
	if !ok {
		return false
	}
	call, ok := f.Expr.(*Call)
	return ok && call.isCountAll()
}

// grouped checks that an expression is summed up, grouped by, or made of fields
// that are.
func (c *checker) grouped(x Expr, q *Query) {
	switch n := x.(type) {
	case *Path:
		if !q.groupsBy(x) {
			c.failf(x, "Field must be grouped or aggregated: %s", n.Names[len(n.Names)-1])
		}
	case *Call:
		if n.isAggregate() || q.groupsBy(x) {
			return
		}
		for _, arg := range n.Args {
			c.grouped(arg, q)
		}
	}
}

// groupsBy reports whether x stands in GROUP BY.
func (q *Query) groupsBy(x Expr) bool {
	return slices.ContainsFunc(q.GroupBy, func(g Expr) bool { return q.sameExpr(g, x) })
}

// sameExpr compares expressions as Salesforce does: in any case, with or without
// the alias of the queried object.
func (q *Query) sameExpr(a, b Expr) bool {
	switch a := a.(type) {
	case *Path:
		b, ok := b.(*Path)
		return ok && slices.EqualFunc(q.own(a.Names), q.own(b.Names), strings.EqualFold)
	case *Call:
		b, ok := b.(*Call)
		return ok && strings.EqualFold(a.Name, b.Name) && slices.EqualFunc(a.Args, b.Args, q.sameExpr)
	}
	return false
}

// selectsAs reports whether x is the alias of a selected field.
func (q *Query) selectsAs(x Expr) bool {
	p, ok := x.(*Path)
	return ok && len(p.Names) == 1 && slices.ContainsFunc(q.Select, func(item SelectItem) bool {
		f, ok := item.(*Field)
		return ok && strings.EqualFold(f.Alias, p.Names[0])
	})
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
	case isDistance(n.Left) && n.Op != OpLt && n.Op != OpGt:
		c.failf(n, "DISTANCE is compared with < or > only")
	case n.Op == OpLike:
		c.pattern(n.Right, n)
	default:
		c.value(n.Right, n)
	}
}

func isDistance(x Expr) bool {
	call, ok := x.(*Call)
	return ok && call != nil && call.is("DISTANCE")
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
		c.failf(v, "LIKE needs a string")
	}
}

func (c *checker) membership(n *Membership, at place) {
	switch {
	case n.Query != nil && (len(n.Values) > 0 || n.List != nil), n.List != nil && len(n.Values) > 0:
		c.failf(n, "IN has more than one of values, a query and a variable")
	case isDistance(n.Left):
		c.failf(n, "DISTANCE is compared with < or > only")
	case n.Query != nil:
		c.semiJoin(n, at)
	case n.List != nil:
		c.value(n.List, n)
	default:
		c.values(n.Values, n)
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
	switch {
	case len(q.Select) != 1 || len(q.GroupBy) > 0 || len(q.OrderBy) > 0 || q.Limit != nil || q.Offset != nil:
		c.failf(q, "a query behind IN selects one field, without GROUP BY, ORDER BY, LIMIT and OFFSET")
	case q.For != ForNothing || q.Update != 0:
		c.failf(q, "a query behind IN has neither FOR nor UPDATE")
	}
	if f, ok := q.Select[0].(*Field); ok && f != nil {
		if _, ok := f.Expr.(*Path); !ok {
			c.failf(f, "a query behind IN selects a field, not a function")
		}
	}
	if _, ok := q.Select[0].(*FieldSet); ok {
		c.failf(q, "a query behind IN selects a field, not FIELDS()")
	}
	at.inSemiJoin, at.root = true, false
	c.query(q, at.nested())
}

func (c *checker) inclusion(n *Inclusion) {
	if n.List != nil {
		c.value(n.List, n)
		if len(n.Values) > 0 {
			c.failf(n, "INCLUDES has both values and a variable")
		}
		return
	}
	c.values(n.Values, n)
	for _, v := range n.Values {
		switch v.(type) {
		case *Text, *Bind, *Token:
		default:
			c.failf(v, "INCLUDES and EXCLUDES need strings")
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
	case *Currency:
		if !isCode(v.Code) || v.Code != strings.ToUpper(v.Code) || !isNumber(v.Literal) || !isDigit(v.Literal[0]) {
			c.failf(v, "%s is not an amount with its currency, as in EUR12.50", format(v))
		}
	case *Time:
		if !v.valid() {
			c.failf(v, "%s is not a time of the day", format(v))
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
	if !isPlaceholder(v, name) {
		c.failf(v, "%q is not the name of a placeholder", name)
	} else if !c.open {
		c.failf(v, "nothing was put in the place of %s", format(v))
	}
}

// isPlaceholder reports whether name is one of a token, or of a variable, which
// may be dotted.
func isPlaceholder(v Value, name string) bool {
	if _, ok := v.(*Token); ok {
		return isWord(name)
	}
	for part := range strings.SplitSeq(name, ".") {
		if !isName(part) {
			return false
		}
	}
	return true
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
