package soql_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sfbridge/sfbridge/soql"
)

func TestPrintingAndParsingGiveTheSameTree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tree := artist{T: t}.query(0)
		text, err := tree.Text()
		require.NoError(t, err)
		requireSame(t, tree, text, nil)
	})
}

func TestPrintingAndParsingGiveTheSameApexTree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tree := artist{T: t, apex: true}.query(0)
		requireSame(t, tree, tree.String(), &soql.ParseOptions{Dialect: soql.Apex})
	})
}

// requireSame requires that a text, on one line and on many, is that of the tree.
func requireSame(t *rapid.T, tree *soql.Query, text string, opt *soql.ParseOptions) {
	parsed, err := soql.Parse(text, opt)
	require.NoError(t, err, text)
	require.True(t, soql.Equal(tree, parsed), "printed: %s\nparsed:  %s", text, parsed)
	require.Equal(t, text, parsed.String())

	lines, err := soql.Printer{Width: rapid.SampledFrom([]int{0, 1, 40}).Draw(t, "width")}.Print(tree)
	require.NoError(t, err)
	parsed, err = soql.Parse(lines, opt)
	require.NoError(t, err, lines)
	require.True(t, soql.Equal(tree, parsed), "printed: %s\nparsed:  %s", lines, parsed)
}

var (
	names     = rapid.SampledFrom([]string{"Id", "Name", "OwnerId", "Limit__c", "Offset", "By", "ns__Rep__c", "x1", "Update", "TODAY", "SUM", "End", "Scope"})
	objects   = rapid.SampledFrom([]string{"Account", "Order", "Group", "ns__Visit__c", "For", "When"})
	aliases   = rapid.SampledFrom([]string{"", "", "a", "Alias1", "TODAY", "Rows"})
	dates     = rapid.SampledFrom([]string{"DAY_ONLY", "calendar_year", "HOUR_IN_DAY"})
	sums      = rapid.SampledFrom([]string{"SUM", "count", "COUNT_DISTINCT", "MAX"})
	ranges    = rapid.SampledFrom([]string{"TODAY", "NEXT_FISCAL_QUARTER", "LAST_90_DAYS"})
	counted   = rapid.SampledFrom([]string{"LAST_N_DAYS", "N_FISCAL_YEARS_AGO"})
	numbers   = rapid.StringMatching(`[-+]?[0-9]{1,20}(\.[0-9]{1,10})?`)
	variables = rapid.SampledFrom([]string{"x", "ids", "account.Id", "Limit__c", "for.all"})
	strs      = rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune(`'"\%_ nrtbfu0041;-/*`+"\n\r\t\b\f\x00\u2028😀"))))
)

// artist draws queries of one dialect.
type artist struct {
	*rapid.T
	apex    bool
	inWhere bool
}

func (t artist) maybe(label string) bool { return rapid.Bool().Draw(t.T, label) }

func (t artist) rarely(label string) bool { return rapid.IntRange(0, 5).Draw(t.T, label) == 0 }

func drawList[V any](t artist, most int, draw func() V) []V {
	list := []V{draw()}
	for range rapid.IntRange(0, most-1).Draw(t.T, "more") {
		list = append(list, draw())
	}
	return list
}

// query draws a valid query, depth subqueries deep.
func (t artist) query(depth int) *soql.Query {
	q := &soql.Query{From: soql.From{Object: objects.Draw(t.T, "object"), Alias: aliases.Draw(t.T, "alias")}}
	t.aliases(q)
	if t.maybe("where") {
		q.Where = t.where()
	}
	if depth == 0 {
		t.root(q)
	}
	if depth == 0 && t.maybe("grouped") {
		t.groups(q)
		return q
	}
	q.Select = drawList(t, 4, func() soql.SelectItem { return t.item(q, depth) })
	if q.For != soql.ForUpdate && t.maybe("ordered") {
		q.OrderBy = drawList(t, 3, func() soql.Order { return t.order(t.expr()) })
	}
	t.rows(q, 1<<31-1)
	t.fieldSet(q)
	return q
}

// aliases draws further entries of FROM.
func (t artist) aliases(q *soql.Query) {
	if !t.rarely("aliases") {
		return
	}
	q.Aliases = []soql.Alias{{Path: path(q.From.Object, "Owner"), Name: "o"}}
	if t.maybe("alias of an alias") {
		q.Aliases = append(q.Aliases, soql.Alias{Path: path("o", "Manager")})
	}
}

func path(names ...string) *soql.Path { return &soql.Path{Names: names} }

// root draws what only the outer query has.
func (t artist) root(q *soql.Query) {
	if t.rarely("scope") {
		q.Scope = rapid.SampledFrom([]string{"mine", "everything", "mineAndMyGroups", "my_team_territory"}).Draw(t.T, "scope")
	}
	if t.rarely("with") {
		q.With = t.with()
	}
	q.For = soql.For(rapid.IntRange(0, int(soql.ForReference)).Draw(t.T, "for"))
	q.Update = soql.Update(rapid.IntRange(0, 3).Draw(t.T, "update"))
	if t.apex && t.maybe("lock") {
		q.For = soql.ForUpdate
	} else {
		q.AllRows = t.apex && t.maybe("all rows")
	}
}

func (t artist) with() *soql.With {
	if t.apex && t.maybe("mode") {
		return &soql.With{Mode: soql.WithMode(rapid.IntRange(1, int(soql.SystemMode)).Draw(t.T, "mode"))}
	}
	return &soql.With{Categories: drawList(t, 3, func() soql.Category {
		return soql.Category{
			Group:    names.Draw(t.T, "group"),
			Selector: soql.CategorySelector(rapid.IntRange(1, int(soql.CategoryAboveOrBelow)).Draw(t.T, "selector")),
			Names:    rapid.SliceOfN(names, 1, 3).Draw(t.T, "categories"),
		}
	})}
}

// groups draws a query that sums up records.
func (t artist) groups(q *soql.Query) {
	q.GroupBy = drawList(t, 3, t.groupable)
	q.Subtotals = soql.Subtotals(rapid.IntRange(0, int(soql.Cube)).Draw(t.T, "subtotals"))
	summary := func() soql.Expr {
		group := rapid.SampledFrom(q.GroupBy).Draw(t.T, "group")
		_, plain := group.(*soql.Path)
		switch rapid.IntRange(1, 4).Draw(t.T, "summary") {
		case 1:
			return group
		case 2:
			if plain && q.Subtotals != soql.NoSubtotals {
				return call("GROUPING", group)
			}
			return call("FORMAT", call("MIN", t.path()))
		default:
			return call(sums.Draw(t.T, "sum"), t.path())
		}
	}
	q.Select = drawList(t, 4, func() soql.SelectItem {
		return &soql.Field{Expr: summary(), Alias: aliases.Draw(t.T, "alias")}
	})
	if t.maybe("having") {
		q.Having = soql.Or(soql.Not(&soql.Comparison{Left: summary(), Op: soql.OpGt, Right: t.value()}), t.negation(summary()))
	}
	if q.For != soql.ForUpdate {
		q.OrderBy = drawList(t, 3, func() soql.Order { return t.order(summary()) })
	}
	t.rows(q, 1<<31-1)
}

func (t artist) negation(x soql.Expr) soql.Condition {
	return soql.Not(&soql.Membership{Left: x, Values: []soql.Value{t.value()}})
}

func (t artist) groupable() soql.Expr {
	if t.maybe("plain") {
		return t.path()
	}
	return t.dateFunction()
}

func (t artist) order(x soql.Expr) soql.Order {
	return soql.Order{
		Expr:  x,
		Desc:  t.maybe("desc"),
		Nulls: rapid.SampledFrom([]soql.Nulls{soql.NullsDefault, soql.NullsFirst, soql.NullsLast}).Draw(t.T, "nulls"),
	}
}

func (t artist) rows(q *soql.Query, most int) {
	switch rapid.IntRange(0, 3).Draw(t.T, "rows") {
	case 1:
		q.Limit = soql.Int(rapid.IntRange(0, most).Draw(t.T, "limit"))
	case 2:
		q.Limit, q.Offset = soql.Int(most), soql.Int(rapid.IntRange(0, 2000).Draw(t.T, "offset"))
	case 3:
		if t.apex {
			q.Limit, q.Offset = t.bind(), t.bind()
		}
	}
}

func (t artist) bind() *soql.Bind { return &soql.Bind{Name: variables.Draw(t.T, "variable")} }

// fieldSet draws FIELDS() in the place of all plain fields.
func (t artist) fieldSet(q *soql.Query) {
	if !t.rarely("fields") {
		return
	}
	kind := soql.StandardFields
	if !t.apex {
		kind = soql.FieldKind(rapid.IntRange(1, int(soql.CustomFields)).Draw(t.T, "kind"))
		q.Limit = soql.Int(rapid.IntRange(0, 200).Draw(t.T, "limit"))
	}
	q.Select = slices.DeleteFunc(q.Select, func(item soql.SelectItem) bool {
		_, ok := item.(*soql.Field)
		return ok
	})
	q.Select = append(q.Select, &soql.FieldSet{Kind: kind})
}

func (t artist) item(q *soql.Query, depth int) soql.SelectItem {
	switch kind := rapid.IntRange(0, 5).Draw(t.T, "item"); {
	case kind == 0 && depth < 2:
		sub := t.query(depth + 1)
		if t.maybe("parent") {
			sub.From.Parent = q.From.Object
			sub.Aliases = nil
		}
		return &soql.Subquery{Query: sub}
	case kind == 1:
		return t.typeOf()
	}
	f := &soql.Field{Expr: t.expr()}
	if _, ok := f.Expr.(*soql.Call); ok {
		f.Alias = aliases.Draw(t.T, "alias")
	}
	return f
}

func (t artist) typeOf() *soql.TypeOf {
	x := &soql.TypeOf{Path: t.path()}
	x.Whens = drawList(t, 3, func() soql.When {
		return soql.When{Object: objects.Draw(t.T, "type"), Fields: drawList(t, 3, t.path)}
	})
	if t.maybe("else") {
		x.Else = drawList(t, 3, t.path)
	}
	return x
}

// path draws one of few relationships, lest a query have too many.
func (t artist) path() *soql.Path {
	p := &soql.Path{Names: rapid.SliceOfN(rapid.SampledFrom([]string{"Owner", "By"}), 0, 3).Draw(t.T, "relationships")}
	if len(p.Names) > 0 && t.maybe("keyword") {
		p.Names[0] = rapid.SampledFrom([]string{"Order", "GROUP"}).Draw(t.T, "relationship")
	}
	p.Names = append(p.Names, names.Draw(t.T, "field"))
	return p
}

// expr draws a field, or a function that is evaluated for each record.
func (t artist) expr() soql.Expr {
	switch rapid.IntRange(1, 8).Draw(t.T, "expr") {
	case 1:
		return call("toLabel", t.path())
	case 2:
		return t.dateFunction()
	case 3:
		return call("format", t.dateFunction())
	case 4:
		if !t.inWhere {
			return call("FORMAT", call("convertCurrency", t.path()))
		}
		return call("FORMAT", t.path())
	case 5:
		if !t.inWhere {
			return t.distance()
		}
	}
	return t.path()
}

func (t artist) dateFunction() *soql.Call {
	if t.maybe("zone") {
		return call(dates.Draw(t.T, "function"), call("convertTimezone", t.path()))
	}
	return call(dates.Draw(t.T, "function"), t.path())
}

func (t artist) distance() *soql.Call {
	degrees := func(most int) soql.Expr {
		if t.apex && t.maybe("variable") {
			return t.bind()
		}
		return soql.Int(rapid.IntRange(-most, most).Draw(t.T, "degrees"))
	}
	var point soql.Expr = call("GEOLOCATION", degrees(90), degrees(180))
	if t.apex && t.maybe("variable") {
		point = t.bind()
	}
	return call("DISTANCE", t.path(), point, text(rapid.SampledFrom([]string{"mi", "km"}).Draw(t.T, "unit")))
}

// where draws a condition that may have semi-joins in the places for them.
func (t artist) where() soql.Condition {
	t.inWhere = true
	if t.maybe("no joins") {
		return t.condition(3)
	}
	terms := []soql.Condition{t.semiJoin()}
	for range rapid.IntRange(0, 2).Draw(t.T, "terms") {
		terms = append(terms, t.condition(2))
	}
	if t.maybe("second join") {
		terms = append(terms, t.semiJoin())
	}
	if len(terms) == 1 {
		return terms[0]
	}
	return &soql.Logic{Op: soql.OpAnd, Terms: terms}
}

func (t artist) semiJoin() soql.Condition {
	q := &soql.Query{Select: []soql.SelectItem{&soql.Field{Expr: t.path()}}, From: soql.From{Object: objects.Draw(t.T, "object")}}
	t.aliases(q)
	q.Where = t.condition(2)
	return &soql.Membership{Left: t.path(), Not: t.maybe("anti"), Query: q}
}

func (t artist) condition(depth int) soql.Condition {
	kinds := 6
	if depth == 0 {
		kinds = 4
	}
	switch rapid.IntRange(1, kinds).Draw(t.T, "condition") {
	case 1:
		m := &soql.Membership{Left: t.expr(), Not: t.maybe("not"), Values: drawList(t, 4, t.value)}
		if t.apex && t.maybe("list") {
			m.Values, m.List = nil, t.bind()
		}
		return m
	case 2:
		m := &soql.Inclusion{Left: t.path(), Not: t.maybe("not"), Values: []soql.Value{t.text(), t.text()}}
		if t.apex && t.maybe("list") {
			m.Values, m.List = nil, t.bind()
		}
		return m
	case 3:
		op := rapid.SampledFrom([]soql.CompareOp{soql.OpLt, soql.OpGt}).Draw(t.T, "op")
		return &soql.Comparison{Left: t.distance(), Op: op, Right: number("20.5")}
	case 5:
		return &soql.Negation{X: t.condition(depth - 1)}
	case 6:
		l := &soql.Logic{Op: rapid.SampledFrom([]soql.LogicOp{soql.OpAnd, soql.OpOr}).Draw(t.T, "logic")}
		for range rapid.IntRange(2, 4).Draw(t.T, "terms") {
			l.Terms = append(l.Terms, t.condition(depth-1))
		}
		return l
	default:
		return t.comparison()
	}
}

func (t artist) comparison() soql.Condition {
	c := &soql.Comparison{Left: t.expr(), Op: soql.CompareOp(rapid.IntRange(int(soql.OpEq), int(soql.OpLike)).Draw(t.T, "op"))}
	if c.Op != soql.OpLike {
		c.Right = t.value()
		return c
	}
	pattern := rapid.SliceOf(rapid.SampledFrom([]string{`\%`, `\_`, `\\`, "%", "_", "a", "'", "\n", "ü"})).Draw(t.T, "pattern")
	c.Right = &soql.Text{Value: strings.Join(pattern, "")}
	return c
}

func (t artist) text() soql.Value { return &soql.Text{Value: strs.Draw(t.T, "text")} }

func (t artist) value() soql.Value {
	switch rapid.IntRange(1, 11).Draw(t.T, "value") {
	case 1:
		return &soql.Number{Literal: numbers.Draw(t.T, "number")}
	case 2:
		return &soql.Boolean{Value: t.maybe("bool")}
	case 3:
		return &soql.Null{}
	case 4:
		y, m, d := drawTime(t.T).Date()
		return &soql.Date{Year: y, Month: m, Day: d}
	case 5:
		return &soql.DateTime{Time: drawTime(t.T)}
	case 6:
		return &soql.DateRange{Name: ranges.Draw(t.T, "range")}
	case 7:
		return &soql.DateRange{Name: counted.Draw(t.T, "range"), N: rapid.IntRange(0, 1<<31-1).Draw(t.T, "n")}
	case 8:
		amount := rapid.SampledFrom([]string{"0", "12.50", "007"}).Draw(t.T, "amount")
		return &soql.Currency{Code: rapid.SampledFrom([]string{"EUR", "USD"}).Draw(t.T, "code"), Literal: amount}
	case 9:
		h, m, s := drawTime(t.T).Clock()
		return &soql.Time{Hour: h, Minute: m, Second: s, Millisecond: rapid.IntRange(0, 999).Draw(t.T, "milliseconds")}
	case 10:
		if t.apex {
			return t.bind()
		}
	}
	return t.text()
}

// drawTime draws times down to the nanosecond, in zones down to the second.
func drawTime(t *rapid.T) time.Time {
	seconds := rapid.Int64Range(-8e9, 6e10).Draw(t, "seconds")
	nanos := rapid.Int64Range(0, 999_999_999).Draw(t, "nanos")
	offset := rapid.OneOf(rapid.Just(0), rapid.IntRange(-60000, 60000)).Draw(t, "offset")
	return time.Unix(seconds, nanos).In(time.FixedZone("somewhere", offset))
}

func FuzzParse(f *testing.F) {
	for _, row := range spellings {
		for _, text := range row.texts {
			f.Add(text)
		}
	}
	for _, row := range invalid {
		f.Add(row.text)
	}
	for _, row := range attacks {
		f.Add(row.query)
	}
	for _, e := range append(validCorpus(f), readCorpus(f, "invalid.txt", 3)...) {
		f.Add(e.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, dialect := range []soql.Dialect{soql.REST, soql.Apex} {
			requireFixpoint(t, text, &soql.ParseOptions{Token: soql.DefaultToken, Dialect: dialect})
		}
	})
}

// requireFixpoint requires that what parses is printed, on one line and on many,
// so that it parses to the same tree.
func requireFixpoint(t *testing.T, text string, opt *soql.ParseOptions) {
	t.Helper()
	q, err := soql.Parse(text, opt)
	if err != nil {
		var syntax *soql.SyntaxError
		require.ErrorAs(t, err, &syntax)
		require.NotZero(t, syntax.Line)
		require.NotEmpty(t, syntax.Error())
		return
	}
	requireNested(t, q, text)
	again, err := soql.Parse(q.String(), opt)
	require.NoError(t, err)
	require.True(t, soql.Equal(q, again), "parsed %s\nthen   %s", q, again)
	require.Equal(t, q.String(), again.String())
	pretty, err := soql.Printer{Width: 40}.Print(q)
	require.NoError(t, err)
	again, err = soql.Parse(pretty, opt)
	if err == nil { // indentation may be what is too much
		require.True(t, soql.Equal(q, again), "parsed %s\nthen   %s", q, again)
	} else {
		require.Greater(t, len(pretty), 100_000, "%v", err)
	}
}

// requireNested requires that nodes stand in the text, those below a node
// inside of it and one after the other.
func requireNested(t *testing.T, q *soql.Query, text string) {
	t.Helper()
	var outer []soql.Node
	last := soql.Pos(1)
	for n := range soql.Preorder(q) {
		require.Less(t, n.Pos(), n.End(), "%T", n)
		require.LessOrEqual(t, int(n.End()), len(text)+1, "%T", n)
		require.GreaterOrEqual(t, n.Pos(), last, "%T", n)
		last = n.Pos()
		for len(outer) > 0 && outer[len(outer)-1].End() <= n.Pos() {
			outer = outer[:len(outer)-1]
		}
		if len(outer) > 0 {
			require.LessOrEqual(t, n.End(), outer[len(outer)-1].End(), "%T", n)
		}
		outer = append(outer, n)
	}
}

func FuzzQuote(f *testing.F) {
	for _, s := range []string{
		"", "plain", "it's", `\`, `\'`, `' OR Name != '`, "%userIdentifier%", `50\% \_`, "a\nb\r\t\b\f\x00\x7f",
		"\u0085\u2028\u2029\ufeff", "😀", "\xff\xfe", "\xed\xa0\x80", strings.Repeat("ä", 4000),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := string([]rune(s))  // each byte that is not UTF-8 is U+FFFD
		if len([]rune(s)) > 1900 { // escaped, it has to fit into 4000
			return
		}
		q, err := soql.Parse("SELECT Id FROM Account WHERE Name = "+soql.Quote(s), token)
		require.NoError(t, err)
		require.True(t, soql.Equal(soql.Eq("Name", want), q.Where))

		q, err = soql.Parse(where(soql.Contains("Name", want)).String(), token)
		require.NoError(t, err)
		require.True(t, soql.Equal(soql.Contains("Name", want), q.Where))
	})
}
