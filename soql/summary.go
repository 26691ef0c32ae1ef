package soql

import (
	"slices"
	"strings"
)

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
