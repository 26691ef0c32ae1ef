package soql

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
		if c.fault != nil {
			return
		}
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
