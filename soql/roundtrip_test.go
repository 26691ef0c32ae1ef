package soql_test

import (
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
		tree := drawQuery(t, 0, false)
		text, err := tree.Text()
		require.NoError(t, err)
		parsed, err := soql.Parse(text, nil)
		require.NoError(t, err)
		require.True(t, soql.Equal(tree, parsed), "printed: %s\nparsed:  %s", text, parsed)
		require.Equal(t, text, parsed.String())
	})
}

var (
	names     = rapid.SampledFrom([]string{"Id", "Name", "OwnerId", "Limit__c", "Offset", "By", "ns__Rep__c", "x1", "Update", "TODAY", "SUM"})
	objects   = rapid.SampledFrom([]string{"Account", "Order", "Group", "ns__Visit__c", "For"})
	aliases   = rapid.SampledFrom([]string{"", "", "a", "Alias1", "TODAY"})
	functions = rapid.SampledFrom([]string{"toLabel", "FORMAT", "DAY_ONLY", "calendar_year", "convertTimezone"})
	ranges    = rapid.SampledFrom([]string{"TODAY", "NEXT_FISCAL_QUARTER", "LAST_90_DAYS"})
	counted   = rapid.SampledFrom([]string{"LAST_N_DAYS", "N_FISCAL_YEARS_AGO"})
	numbers   = rapid.StringMatching(`[-+]?[0-9]{1,20}(\.[0-9]{1,10})?`)
	strs      = rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune(`'"\%_ nrtbfu0041;-/*`+"\n\r\t\b\f\x00\u2028😀"))))
)

// drawQuery draws a valid query, depth subqueries deep.
func drawQuery(t *rapid.T, depth int, inner bool) *soql.Query {
	q := &soql.Query{From: soql.From{Object: objects.Draw(t, "object"), Alias: aliases.Draw(t, "alias")}}
	if inner {
		q.Select = []soql.SelectItem{&soql.Field{Expr: drawPath(t)}}
		q.Where = drawCondition(t, 2)
		return q
	}
	if rapid.Bool().Draw(t, "grouped") {
		q.GroupBy = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) soql.Expr { return drawExpr(t, 2) }), 1, 3).Draw(t, "group by")
		if rapid.Bool().Draw(t, "having") {
			q.Having = drawCondition(t, 1)
		}
	}
	for range rapid.IntRange(1, 4).Draw(t, "items") {
		q.Select = append(q.Select, drawItem(t, depth, len(q.GroupBy) > 0))
	}
	if rapid.Bool().Draw(t, "where") {
		q.Where = drawWhere(t)
	}
	for range rapid.IntRange(0, 2).Draw(t, "orders") {
		q.OrderBy = append(q.OrderBy, soql.Order{
			Expr:  drawExpr(t, 2),
			Desc:  rapid.Bool().Draw(t, "desc"),
			Nulls: rapid.SampledFrom([]soql.Nulls{soql.NullsDefault, soql.NullsFirst, soql.NullsLast}).Draw(t, "nulls"),
		})
	}
	if rapid.Bool().Draw(t, "limited") {
		q.Limit = soql.Int(rapid.IntRange(0, 1<<31-1).Draw(t, "limit"))
		q.Offset = soql.Int(rapid.IntRange(0, 2000).Draw(t, "offset"))
	}
	return q
}

func drawItem(t *rapid.T, depth int, grouped bool) soql.SelectItem {
	if depth < 4 && rapid.IntRange(0, 3).Draw(t, "subquery") == 0 {
		return &soql.Subquery{Query: drawQuery(t, depth+1, false)}
	}
	f := &soql.Field{Expr: drawExpr(t, 2)}
	if _, ok := f.Expr.(*soql.Call); ok || grouped {
		f.Alias = aliases.Draw(t, "alias")
	}
	return f
}

func drawPath(t *rapid.T) *soql.Path {
	p := &soql.Path{Names: rapid.SliceOfN(names, 1, 6).Draw(t, "path")}
	if len(p.Names) > 1 && rapid.Bool().Draw(t, "keyword") {
		p.Names[0] = rapid.SampledFrom([]string{"Order", "GROUP"}).Draw(t, "relationship")
	}
	return p
}

func drawExpr(t *rapid.T, depth int) soql.Expr {
	if depth == 0 || rapid.Bool().Draw(t, "plain") {
		return drawPath(t)
	}
	return &soql.Call{Name: functions.Draw(t, "function"), Args: []soql.Expr{drawExpr(t, depth-1)}}
}

// drawWhere draws a condition that may have semi-joins in the places for them.
func drawWhere(t *rapid.T) soql.Condition {
	if rapid.Bool().Draw(t, "no joins") {
		return drawCondition(t, 3)
	}
	terms := []soql.Condition{drawSemiJoin(t)}
	for range rapid.IntRange(0, 2).Draw(t, "terms") {
		terms = append(terms, drawCondition(t, 2))
	}
	if rapid.Bool().Draw(t, "second join") {
		terms = append(terms, drawSemiJoin(t))
	}
	if len(terms) == 1 {
		return terms[0]
	}
	return &soql.Logic{Op: soql.OpAnd, Terms: terms}
}

func drawSemiJoin(t *rapid.T) soql.Condition {
	return &soql.Membership{Left: drawPath(t), Not: rapid.Bool().Draw(t, "anti"), Query: drawQuery(t, 0, true)}
}

func drawCondition(t *rapid.T, depth int) soql.Condition {
	kinds := 5
	if depth == 0 {
		kinds = 3
	}
	switch rapid.IntRange(1, kinds).Draw(t, "condition") {
	case 1:
		return &soql.Membership{Left: drawExpr(t, 1), Not: rapid.Bool().Draw(t, "not"), Values: drawValues(t)}
	case 2:
		return &soql.Inclusion{Left: drawExpr(t, 1), Not: rapid.Bool().Draw(t, "not"), Values: []soql.Value{drawText(t), drawText(t)}}
	case 4:
		return &soql.Negation{X: drawCondition(t, depth-1)}
	case 5:
		l := &soql.Logic{Op: rapid.SampledFrom([]soql.LogicOp{soql.OpAnd, soql.OpOr}).Draw(t, "logic")}
		for range rapid.IntRange(2, 4).Draw(t, "terms") {
			l.Terms = append(l.Terms, drawCondition(t, depth-1))
		}
		return l
	default:
		return drawComparison(t)
	}
}

func drawComparison(t *rapid.T) soql.Condition {
	c := &soql.Comparison{Left: drawExpr(t, 2), Op: soql.CompareOp(rapid.IntRange(int(soql.OpEq), int(soql.OpLike)).Draw(t, "op"))}
	if c.Op != soql.OpLike {
		c.Right = drawValue(t)
		return c
	}
	pattern := rapid.SliceOf(rapid.SampledFrom([]string{`\%`, `\_`, `\\`, "%", "_", "a", "'", "\n", "ü"})).Draw(t, "pattern")
	c.Right = &soql.Text{Value: strings.Join(pattern, "")}
	return c
}

func drawText(t *rapid.T) soql.Value {
	return &soql.Text{Value: strs.Draw(t, "text")}
}

func drawValues(t *rapid.T) []soql.Value {
	return rapid.SliceOfN(rapid.Custom(drawValue), 1, 4).Draw(t, "values")
}

func drawValue(t *rapid.T) soql.Value {
	switch rapid.IntRange(1, 8).Draw(t, "value") {
	case 1:
		return &soql.Number{Literal: numbers.Draw(t, "number")}
	case 2:
		return &soql.Boolean{Value: rapid.Bool().Draw(t, "bool")}
	case 3:
		return &soql.Null{}
	case 4:
		y, m, d := drawTime(t).Date()
		return &soql.Date{Year: y, Month: m, Day: d}
	case 5:
		return &soql.DateTime{Time: drawTime(t)}
	case 6:
		return &soql.DateRange{Name: ranges.Draw(t, "range")}
	case 7:
		return &soql.DateRange{Name: counted.Draw(t, "range"), N: rapid.IntRange(0, 1<<31-1).Draw(t, "n")}
	default:
		return drawText(t)
	}
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
	f.Fuzz(func(t *testing.T, text string) {
		q, err := soql.Parse(text, token)
		if err != nil {
			var syntax *soql.SyntaxError
			require.ErrorAs(t, err, &syntax)
			require.NotZero(t, syntax.Line)
			require.NotEmpty(t, syntax.Error())
			return
		}
		requireNested(t, q, text)
		again, err := soql.Parse(q.String(), token)
		require.NoError(t, err)
		require.True(t, soql.Equal(q, again), "parsed %s\nthen   %s", q, again)
		require.Equal(t, q.String(), again.String())
	})
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
