package soql

import (
	"fmt"
	"strconv"
	"strings"
)

// String is the query on one line in its canonical spelling, for display: it
// may hold what [Query.Text] refuses, a [Bind], a [Token], and what only Apex
// has. A tree that is no query gives the complaint in angle brackets.
func (q *Query) String() string {
	if err := check(q, forDisplay); err != nil {
		return "<" + err.Error() + ">"
	}
	return format(q)
}

// forDisplay takes every query.
var forDisplay = rules{open: true, dialect: bothDialects}

// Text is the query as it can be sent to Salesforce, on one line in its
// canonical spelling. It is the only way from a tree to a request: names that
// are no names, empty lists, values that SOQL cannot write, what only Apex has,
// and a [Bind] or a [Token] that nobody replaced are errors, as is a text beyond
// 100,000 characters.
func (q *Query) Text() (string, error) {
	if err := check(q, rules{}); err != nil {
		return "", err
	}
	text := format(q)
	if tooLong(text) {
		return "", errTooLong
	}
	return text, nil
}

// format prints any node.
func format(n Node) string {
	p := printer{buf: make([]byte, 0, 256)}
	n.print(&p)
	return string(p.buf)
}

// printer collects the text of a tree. Keywords are in upper case, there is one
// space where one is needed, and only nested conditions get parentheses.
type printer struct{ buf []byte }

func (p *printer) str(s string) { p.buf = append(p.buf, s...) }

// list prints nodes with commas between them.
func list[N Node](p *printer, nodes []N) {
	for i, n := range nodes {
		if i > 0 {
			p.str(", ")
		}
		n.print(p)
	}
}

// parenthesized prints a list in parentheses.
func parenthesized[N Node](p *printer, nodes []N) {
	p.str("(")
	list(p, nodes)
	p.str(")")
}

// clause prints an optional part of a query.
func (p *printer) clause(keyword string, n Node) {
	if n != nil {
		p.str(keyword)
		n.print(p)
	}
}

// operand prints a part of a condition, in parentheses when it has parts itself.
func (p *printer) operand(c Condition) {
	switch c.(type) {
	case *Logic, *Negation:
		p.str("(")
		c.print(p)
		p.str(")")
	default:
		c.print(p)
	}
}

func (q *Query) print(p *printer) {
	p.str("SELECT ")
	list(p, q.Select)
	p.str(" FROM ")
	q.printFrom(p)
	if q.Scope != "" {
		p.str(" USING SCOPE ")
		p.str(q.Scope)
	}
	p.clause(" WHERE ", q.Where)
	if q.With != nil {
		p.clause(" ", q.With)
	}
	if len(q.GroupBy) > 0 {
		p.str(" GROUP BY ")
		q.printGroups(p)
	}
	p.clause(" HAVING ", q.Having)
	if len(q.OrderBy) > 0 {
		p.str(" ORDER BY ")
		list(p, q.OrderBy)
	}
	q.printEnds(p, func() { p.str(" ") })
}

// printEnds prints the clauses behind ORDER BY, each after what between prints.
func (q *Query) printEnds(p *printer, between func()) {
	if q.Limit != nil {
		between()
		p.str("LIMIT ")
		q.Limit.print(p)
	}
	if q.Offset != nil {
		between()
		p.str("OFFSET ")
		q.Offset.print(p)
	}
	if q.For != ForNothing {
		between()
		p.str("FOR ")
		p.str(spelled(fors, q.For))
	}
	if q.Update != 0 {
		between()
		p.str("UPDATE ")
		p.str(spelled(updates, q.Update))
	}
	if q.AllRows {
		between()
		p.str("ALL ROWS")
	}
}

// printFrom prints FROM without the keyword.
func (q *Query) printFrom(p *printer) {
	q.From.print(p)
	for i := range q.Aliases {
		p.str(", ")
		q.Aliases[i].print(p)
	}
}

// printGroups prints GROUP BY without the keywords.
func (q *Query) printGroups(p *printer) {
	if q.Subtotals == NoSubtotals {
		list(p, q.GroupBy)
		return
	}
	p.str(spelled(subtotals, q.Subtotals))
	parenthesized(p, q.GroupBy)
}

func (f From) print(p *printer) {
	if f.Parent != "" {
		p.str(f.Parent)
		p.str(".")
	}
	p.aliased(f.Object, f.Alias)
}

func (a *Alias) print(p *printer) {
	a.Path.print(p)
	p.aliased("", a.Name)
}

func (w *With) print(p *printer) {
	if w.Mode != 0 {
		p.str("WITH ")
		p.str(w.Mode.String())
		return
	}
	for i := range w.Categories {
		if i == 0 {
			p.str("WITH DATA CATEGORY ")
		} else {
			p.str(" AND ")
		}
		w.Categories[i].print(p)
	}
}

func (x *Category) print(p *printer) {
	p.str(x.Group)
	p.str(" ")
	p.str(x.Selector.String())
	p.str(" ")
	if len(x.Names) == 1 {
		p.str(x.Names[0])
		return
	}
	p.str("(")
	p.str(strings.Join(x.Names, ", "))
	p.str(")")
}

func (x *TypeOf) print(p *printer) {
	p.str("TYPEOF ")
	x.Path.print(p)
	for i := range x.Whens {
		p.str(" ")
		x.Whens[i].print(p)
	}
	if len(x.Else) > 0 {
		p.str(" ELSE ")
		list(p, x.Else)
	}
	p.str(" END")
}

func (x *When) print(p *printer) {
	p.str("WHEN ")
	p.str(x.Object)
	p.str(" THEN ")
	list(p, x.Fields)
}

func (x *FieldSet) print(p *printer) {
	p.str("FIELDS(")
	p.str(x.Kind.String())
	p.str(")")
}

func (f *Field) print(p *printer) {
	f.Expr.print(p)
	p.aliased("", f.Alias)
}

// aliased prints a name and its alias, if there is one.
func (p *printer) aliased(name, alias string) {
	p.str(name)
	if alias != "" {
		p.str(" ")
		p.str(alias)
	}
}

func (s *Subquery) print(p *printer) {
	p.str("(")
	s.Query.print(p)
	p.str(")")
}

func (x *Path) print(p *printer) {
	for i, name := range x.Names {
		if i > 0 {
			p.str(".")
		}
		p.str(name)
	}
}

func (x *Call) print(p *printer) {
	p.str(x.Name)
	parenthesized(p, x.Args)
}

func (o Order) print(p *printer) {
	o.Expr.print(p)
	if o.Desc {
		p.str(" DESC")
	}
	switch o.Nulls {
	case NullsFirst:
		p.str(" NULLS FIRST")
	case NullsLast:
		p.str(" NULLS LAST")
	}
}

func (c *Logic) print(p *printer) {
	for i, term := range c.Terms {
		if i > 0 {
			p.str(" ")
			p.str(c.Op.String())
			p.str(" ")
		}
		p.operand(term)
	}
}

func (c *Negation) print(p *printer) {
	p.str("NOT ")
	p.operand(c.X)
}

func (c *Comparison) print(p *printer) {
	c.Left.print(p)
	p.str(" ")
	p.str(c.Op.String())
	p.str(" ")
	if pattern, ok := c.Right.(*Text); ok && c.Op == OpLike {
		p.buf = appendPattern(p.buf, pattern.Value)
		return
	}
	c.Right.print(p)
}

func (c *Membership) print(p *printer) {
	c.Left.print(p)
	if c.Not {
		p.str(" NOT")
	}
	p.str(" IN ")
	switch {
	case c.Query != nil:
		p.str("(")
		c.Query.print(p)
		p.str(")")
	case c.List != nil:
		c.List.print(p)
	default:
		parenthesized(p, c.Values)
	}
}

func (c *Inclusion) print(p *printer) {
	c.Left.print(p)
	if c.Not {
		p.str(" EXCLUDES ")
	} else {
		p.str(" INCLUDES ")
	}
	if c.List != nil {
		c.List.print(p)
		return
	}
	parenthesized(p, c.Values)
}

func (v *Text) print(p *printer)   { p.buf = appendText(p.buf, v.Value) }
func (v *Number) print(p *printer) { p.str(v.Literal) }
func (v *Null) print(p *printer)   { p.str("NULL") }
func (v *Bind) print(p *printer)   { p.str(":"); p.str(v.Name) }
func (v *Token) print(p *printer)  { p.str("%" + v.Name + "%") }

func (v *Currency) print(p *printer) {
	p.str(v.Code)
	p.str(v.Literal)
}

func (v *Boolean) print(p *printer) {
	if v.Value {
		p.str("TRUE")
	} else {
		p.str("FALSE")
	}
}

func (v *Date) print(p *printer) {
	p.buf = fmt.Appendf(p.buf, "%04d-%02d-%02d", v.Year, v.Month, v.Day)
}

func (v *DateTime) print(p *printer) { p.buf = appendDateTime(p.buf, v.Time) }

func (v *Time) print(p *printer) {
	p.buf = fmt.Appendf(p.buf, "%02d:%02d:%02d", v.Hour, v.Minute, v.Second)
	if v.Millisecond != 0 {
		p.buf = fmt.Appendf(p.buf, ".%03d", v.Millisecond)
	}
	p.str("Z")
}

func (v *DateRange) print(p *printer) {
	p.str(v.Name)
	if dateRanges[v.Name] {
		p.str(":")
		p.buf = strconv.AppendInt(p.buf, int64(v.N), 10)
	}
}
