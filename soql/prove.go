package soql

import (
	"cmp"
	"slices"
	"strings"
)

// prover proves one query.
type prover struct {
	*scoper
	guarded string           // the object of the outer query
	user    func(Value) bool // whether a value is the user
}

// guards reports whether records of object have to be the user's. One that
// cannot be told, "", may be the guarded one.
func (p *prover) guards(object string) bool {
	return object == "" || strings.EqualFold(object, p.guarded)
}

// prove refuses q unless its WHERE is proved, and with it every query inside
// that could yield records of the same object.
func (p *prover) prove(q *Query) error {
	if !p.proved(q.Where, nil) {
		return p.refuse(q, q.From.Object)
	}
	var err error
	p.inner(q, q.From.Object, nil, func(in inner) {
		if p.guards(in.object) && !p.proved(in.query.Where, in.outer) {
			err = cmp.Or(err, error(p.refuse(in.query, in.object)))
		}
	})
	return err
}

// refuse says what is not proved about q.
func (p *prover) refuse(q *Query, object string) *ScopeError {
	which := ""
	if object == "" {
		which = ", a relationship that leads to an unknown object"
	}
	return refuse(q.From, "no restriction to the user is in every branch of the WHERE behind FROM %s%s", q.From.Object, which)
}

// proved reports whether c, a condition in a query inside those of outer, holds
// only for records that a restriction holds for. What it does not know, a NOT
// for one, proves nothing.
func (p *prover) proved(c Condition, outer []From) bool {
	l, ok := c.(*Logic)
	if !ok {
		return p.restricts(c, outer)
	}
	proves := func(term Condition) bool { return p.proved(term, outer) }
	if l.Op == OpAnd {
		return slices.ContainsFunc(l.Terms, proves)
	}
	return l.Op == OpOr && every(l.Terms, proves)
}

// restricts reports whether c itself holds only for records of the user.
func (p *prover) restricts(c Condition, outer []From) bool {
	switch c := c.(type) {
	case *Comparison:
		return restricts(c, p.user) && isOwn(c.Left, outer)
	case *Membership:
		return (restricts(c, p.user) || p.leadsToUser(c)) && isOwn(c.Left, outer)
	}
	return false
}

// isOwn reports whether a field cannot be one of the queries around, to whose
// names its first name may belong.
func isOwn(x Expr, outer []From) bool {
	p, ok := x.(*Path)
	return ok && (len(p.Names) == 1 || !slices.ContainsFunc(outer, func(f From) bool { return f.isNamed(p.Names[0]) }))
}

// leadsToUser reports whether c is a semi-join over the configured object
// between the records and the user, and that is the user's.
func (p *prover) leadsToUser(c *Membership) bool {
	if c.Query == nil || c.Not || p.via == (Via{}) || !strings.EqualFold(c.Query.From.Object, p.via.Object) || len(c.Query.Select) != 1 {
		return false
	}
	f, ok := c.Query.Select[0].(*Field)
	if alias := c.Query.From.Alias; strings.EqualFold(alias, p.via.Select) || strings.EqualFold(alias, FieldPath(p.via.Field).(*Path).Names[0]) {
		return false // it hides the field
	}
	return ok && c.Query.sameExpr(f.Expr, FieldPath(p.via.Select)) && p.namesUser(c.Query.Where, c.Query)
}

// namesUser reports whether c, a condition on the object between, is the
// comparison of its field with the user, or an AND with it.
func (p *prover) namesUser(c Condition, q *Query) bool {
	switch c := c.(type) {
	case *Logic:
		return c.Op == OpAnd && slices.ContainsFunc(c.Terms, func(term Condition) bool { return p.namesUser(term, q) })
	case *Comparison:
		return restricts(c, p.user) && q.sameExpr(c.Left, FieldPath(p.via.Field))
	case *Membership:
		return restricts(c, p.user) && q.sameExpr(c.Left, FieldPath(p.via.Field))
	}
	return false
}

// inner is a query inside another one.
type inner struct {
	query  *Query
	object string // what it is over, "" when that cannot be told
	anti   bool   // behind NOT IN
	outer  []From // of the queries around it
}

// inner visits every query inside q, which is over object, from the outside in.
func (p *prover) inner(q *Query, object string, outer []From, visit func(inner)) {
	outer = append(slices.Clip(outer), q.From)
	enter := func(in inner) {
		visit(in)
		p.inner(in.query, in.object, outer, visit)
	}
	Walk(q, func(n Node) bool {
		switch n := n.(type) {
		case *Subquery:
			enter(inner{query: n.Query, object: p.target(object, n.Query.From.Object), outer: outer})
			return false
		case *Membership:
			if n.Query != nil {
				enter(inner{query: n.Query, object: n.Query.From.Object, anti: n.Not, outer: outer})
			}
			return false
		}
		return true
	})
}

// target is the object to which a child relationship leads, "" when that cannot
// be told.
func (p *prover) target(object, relationship string) string {
	if object == "" || p.Related == nil {
		return ""
	}
	if target, ok := p.Related(object, relationship); ok {
		return target
	}
	return ""
}

// outOfReach refuses what no WHERE can restrict for sure.
func (p *prover) outOfReach(q *Query) error {
	for n := range Preorder(q) {
		switch n := n.(type) {
		case *Alias:
			return refuse(n, "a further object in FROM may bring records of others: %s", format(n))
		case *When:
			if p.guards(n.Object) {
				return refuse(n, "TYPEOF selects fields of %s, of which it may show records of others", n.Object)
			}
		case *Query:
			if n.Scope == "everything" {
				return refuse(n.From, "USING SCOPE everything asks for the records of everybody")
			}
		}
	}
	return nil
}
