package soql

import (
	"strings"
	"time"
	"unicode/utf8"
)

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
