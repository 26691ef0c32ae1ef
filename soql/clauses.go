package soql

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
