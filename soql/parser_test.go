package soql_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/soql"
)

// token is how the tests parse: with the default token allowed.
var token = &soql.ParseOptions{Token: soql.DefaultToken}

// where is SELECT Id FROM Account with a condition.
func where(c soql.Condition) *soql.Query {
	return &soql.Query{Select: soql.Fields("Id"), From: soql.From{Object: "Account"}, Where: c}
}

// is is Name with an operator.
func is(op soql.CompareOp, v soql.Value) soql.Condition {
	return &soql.Comparison{Left: soql.FieldPath("Name"), Op: op, Right: v}
}

func text(s string) *soql.Text     { return &soql.Text{Value: s} }
func number(s string) *soql.Number { return &soql.Number{Literal: s} }

func call(name string, args ...soql.Expr) *soql.Call { return &soql.Call{Name: name, Args: args} }

// spellings are texts and the tree that all of a row mean. The first text is
// the canonical one. They seed the fuzzers, too.
var spellings = []struct {
	texts []string
	tree  *soql.Query
}{
	{
		[]string{
			"SELECT Id FROM Account",
			"select Id from Account",
			"\n SeLeCt\tId\r\nFROM\fAccount\v ",
		},
		where(nil),
	},
	{
		[]string{"SELECT Id, Owner.Profile.Name FROM Account"},
		&soql.Query{Select: soql.Fields("Id", "Owner.Profile.Name"), From: soql.From{Object: "Account"}},
	},
	{
		[]string{"SELECT a.Name FROM Account a", "SELECT a . Name FROM Account AS a", "select a.Name from Account as a"},
		&soql.Query{Select: soql.Fields("a.Name"), From: soql.From{Object: "Account", Alias: "a"}},
	},
	{
		[]string{"SELECT Id, Group.Name, Limit__c, Offset FROM Group"},
		&soql.Query{Select: soql.Fields("Id", "Group.Name", "Limit__c", "Offset"), From: soql.From{Object: "Group"}},
	},
	{
		[]string{"SELECT OrderItem.Order.Name FROM Order ORDER BY Order.Name", "select OrderItem.Order.Name FROM Order order by Order.Name ASC"},
		&soql.Query{
			Select:  soql.Fields("OrderItem.Order.Name"),
			From:    soql.From{Object: "Order"},
			OrderBy: []soql.Order{{Expr: soql.FieldPath("Order.Name")}},
		},
	},
	{
		[]string{"SELECT COUNT() FROM Account", "SELECT COUNT ( ) FROM Account"},
		&soql.Query{Select: []soql.SelectItem{&soql.Field{Expr: call("COUNT")}}, From: soql.From{Object: "Account"}},
	},
	{
		[]string{
			"SELECT Type t, COUNT(Id) n, max(CreatedDate) FROM Account GROUP BY Type, CALENDAR_YEAR(convertTimezone(CreatedDate)) HAVING COUNT(Id) > 1",
			"SELECT Type t,COUNT(Id)n,max(CreatedDate) FROM Account GROUP BY Type,CALENDAR_YEAR(convertTimezone(CreatedDate)) HAVING (COUNT(Id)>1)",
		},
		&soql.Query{
			Select: []soql.SelectItem{
				&soql.Field{Expr: soql.FieldPath("Type"), Alias: "t"},
				&soql.Field{Expr: call("COUNT", soql.FieldPath("Id")), Alias: "n"},
				&soql.Field{Expr: call("max", soql.FieldPath("CreatedDate"))},
			},
			From: soql.From{Object: "Account"},
			GroupBy: []soql.Expr{
				soql.FieldPath("Type"),
				call("CALENDAR_YEAR", call("convertTimezone", soql.FieldPath("CreatedDate"))),
			},
			Having: &soql.Comparison{Left: call("COUNT", soql.FieldPath("Id")), Op: soql.OpGt, Right: number("1")},
		},
	},
	{
		[]string{
			"SELECT toLabel(Status) FROM Case ORDER BY Status DESC NULLS LAST, Id NULLS FIRST, Name DESC LIMIT 10 OFFSET 2000",
			"SELECT toLabel(Status) FROM Case ORDER BY Status desc nulls last, Id asc Nulls First, Name DESC LIMIT 10 OFFSET 2000",
		},
		&soql.Query{
			Select: []soql.SelectItem{&soql.Field{Expr: call("toLabel", soql.FieldPath("Status"))}},
			From:   soql.From{Object: "Case"},
			OrderBy: []soql.Order{
				{Expr: soql.FieldPath("Status"), Desc: true, Nulls: soql.NullsLast},
				{Expr: soql.FieldPath("Id"), Nulls: soql.NullsFirst},
				{Expr: soql.FieldPath("Name"), Desc: true},
			},
			Limit:  soql.Int(10),
			Offset: soql.Int(2000),
		},
	},
	{
		[]string{"SELECT Id, (SELECT Id, (SELECT Id FROM Tasks LIMIT 5) FROM Contacts c WHERE c.Name = 'x') FROM Account LIMIT 0"},
		&soql.Query{
			Select: append(soql.Fields("Id"), &soql.Subquery{Query: &soql.Query{
				Select: append(soql.Fields("Id"), &soql.Subquery{Query: &soql.Query{
					Select: soql.Fields("Id"), From: soql.From{Object: "Tasks"}, Limit: soql.Int(5),
				}}),
				From:  soql.From{Object: "Contacts", Alias: "c"},
				Where: soql.Eq("c.Name", "x"),
			}}),
			From:  soql.From{Object: "Account"},
			Limit: soql.Int(0),
		},
	},

	// Conditions.
	{
		[]string{
			"SELECT Id FROM Account WHERE A = 1 AND B = 2 AND C = 3",
			"SELECT Id FROM Account WHERE (A=1)and((B=2))AND(((C=3)))",
		},
		where(soql.And(soql.Eq("A", 1), soql.Eq("B", 2), soql.Eq("C", 3))),
	},
	{
		[]string{"SELECT Id FROM Account WHERE (A = 1 AND B = 2) AND C = 3"},
		where(&soql.Logic{Op: soql.OpAnd, Terms: []soql.Condition{soql.And(soql.Eq("A", 1), soql.Eq("B", 2)), soql.Eq("C", 3)}}),
	},
	{
		[]string{"SELECT Id FROM Account WHERE A = 1 OR (B = 2 AND C = 3)", "SELECT Id FROM Account WHERE (A = 1 OR (B = 2 AND (C = 3)))"},
		where(soql.Or(soql.Eq("A", 1), soql.And(soql.Eq("B", 2), soql.Eq("C", 3)))),
	},
	{
		[]string{"SELECT Id FROM Account WHERE NOT A = 1", "SELECT Id FROM Account WHERE NOT (A = 1)", "SELECT Id FROM Account WHERE (not A = 1)"},
		where(soql.Not(soql.Eq("A", 1))),
	},
	{
		[]string{"SELECT Id FROM Account WHERE A = 1 AND (NOT B = 2)", "SELECT Id FROM Account WHERE A = 1 AND (NOT (B = 2))"},
		where(soql.And(soql.Eq("A", 1), soql.Not(soql.Eq("B", 2)))),
	},
	{
		[]string{"SELECT Id FROM Account WHERE NOT (NOT (A = 1 OR B = 2))"},
		where(soql.Not(soql.Not(soql.Or(soql.Eq("A", 1), soql.Eq("B", 2))))),
	},
	{
		[]string{
			"SELECT Id FROM Account WHERE Name IN ('a', 'b') AND Name NOT IN (NULL, 1)",
			"SELECT Id FROM Account WHERE Name in('a','b') AND Name Not In (null , 1)",
		},
		where(soql.And(soql.In("Name", []string{"a", "b"}), soql.NotIn("Name", []any{nil, 1}))),
	},
	{
		[]string{"SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE Name = 'x') AND Id NOT IN (SELECT AccountId FROM Case)"},
		where(soql.And(
			&soql.Membership{Left: soql.FieldPath("Id"), Query: &soql.Query{
				Select: soql.Fields("AccountId"), From: soql.From{Object: "Contact"}, Where: soql.Eq("Name", "x"),
			}},
			&soql.Membership{Left: soql.FieldPath("Id"), Not: true, Query: &soql.Query{
				Select: soql.Fields("AccountId"), From: soql.From{Object: "Case"},
			}},
		)),
	},
	{
		[]string{"SELECT Id FROM Account WHERE M__c INCLUDES ('a;b', 'c') AND N__c EXCLUDES ('d')", "SELECT Id FROM Account WHERE M__c includes('a;b','c') AND N__c excludes('d')"},
		where(soql.And(
			&soql.Inclusion{Left: soql.FieldPath("M__c"), Values: []soql.Value{text("a;b"), text("c")}},
			&soql.Inclusion{Left: soql.FieldPath("N__c"), Not: true, Values: []soql.Value{text("d")}},
		)),
	},
	{
		[]string{
			"SELECT Id FROM Account WHERE A != 1 AND B < 1 AND C <= 1 AND D > 1 AND E >= 1",
			"SELECT Id FROM Account WHERE A<>1 AND B<1 AND C<=1 AND D>1 AND E>=1",
		},
		where(soql.And(soql.Ne("A", 1), soql.Lt("B", 1), soql.Le("C", 1), soql.Gt("D", 1), soql.Ge("E", 1))),
	},

	// Values.
	{
		[]string{
			`SELECT Id FROM Account WHERE Name = 'it\'s \\ "x"\n\r\t\b\f'`,
			`SELECT Id FROM Account WHERE Name = 'it\'s \\ \"x\"\N\R\T\B\F'`,
			`SELECT Id FROM Account WHERE Name = '\u0069t\u0027s \u005C "x"\u000a\u000D\t\u0008\u000C'`,
			"SELECT Id FROM Account WHERE Name = 'it\\'s \\\\ \"x\"\\n\\r\t\\b\\f'",
		},
		where(is(soql.OpEq, text("it's \\ \"x\"\n\r\t\b\f"))),
	},
	{
		[]string{`SELECT Id FROM Account WHERE Name = 'äé€😀'`, `SELECT Id FROM Account WHERE Name = '\u00e4\u00E9\u20ac\ud83d\ude00'`},
		where(is(soql.OpEq, text("äé€😀"))),
	},
	{
		[]string{`SELECT Id FROM Account WHERE Name = '\u0000\u007f\u0085\u2028'`},
		where(is(soql.OpEq, text("\x00\x7f\u0085\u2028"))),
	},
	{
		[]string{`SELECT Id FROM Account WHERE Name LIKE '50\% \_ \\ a%b_ \''`},
		where(is(soql.OpLike, text(`50\% \_ \\ a%b_ '`))),
	},
	{
		[]string{"SELECT Id FROM Account WHERE Name = '%USERIDENTIFIER%'"},
		where(is(soql.OpEq, text("%USERIDENTIFIER%"))),
	},
	{
		[]string{"SELECT Id FROM Account WHERE Name = %userIdentifier%", "SELECT Id FROM Account WHERE Name=%userIdentifier%"},
		where(is(soql.OpEq, &soql.Token{Name: "userIdentifier"})),
	},
	{
		[]string{"SELECT Id FROM Account WHERE Name IN (-3.50, +4, 0, 007, 12345678901234567890.5)"},
		where(&soql.Membership{Left: soql.FieldPath("Name"), Values: []soql.Value{
			number("-3.50"), number("+4"), number("0"), number("007"), number("12345678901234567890.5"),
		}}),
	},
	{
		[]string{"SELECT Id FROM Account WHERE Name IN (TRUE, FALSE, NULL)", "SELECT Id FROM Account WHERE Name IN (true,False,nUll)"},
		where(soql.In("Name", []any{true, false, nil})),
	},
	{
		[]string{"SELECT Id FROM Account WHERE Name = 2024-02-29"},
		where(is(soql.OpEq, &soql.Date{Year: 2024, Month: time.February, Day: 29})),
	},
	{
		[]string{
			"SELECT Id FROM Account WHERE Name > 2026-11-21T10:00:00Z",
			"SELECT Id FROM Account WHERE Name > 2026-11-21T10:00:00+00:00",
			"SELECT Id FROM Account WHERE Name > 2026-11-21T10:00:00.000-0000",
		},
		where(is(soql.OpGt, &soql.DateTime{Time: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)})),
	},
	{
		[]string{
			"SELECT Id FROM Account WHERE Name > 2026-11-21T10:00:00.500+05:30",
			"SELECT Id FROM Account WHERE Name > 2026-11-21T10:00:00.5+0530",
		},
		where(is(soql.OpGt, &soql.DateTime{Time: time.Date(2026, 11, 21, 10, 0, 0, 500e6, time.FixedZone("IST", 19800))})),
	},
	{
		[]string{"SELECT Id FROM Account WHERE Name = TODAY", "SELECT Id FROM Account WHERE Name = today"},
		where(is(soql.OpEq, &soql.DateRange{Name: "TODAY"})),
	},
	{
		[]string{"SELECT Id FROM Account WHERE Name = LAST_N_DAYS:7", "SELECT Id FROM Account WHERE Name = Last_n_Days:07"},
		where(is(soql.OpEq, &soql.DateRange{Name: "LAST_N_DAYS", N: 7})),
	},
}

func TestSpellingsParseToTheirTree(t *testing.T) {
	t.Parallel()
	for _, row := range spellings {
		for _, spelling := range row.texts {
			t.Run(spelling, func(t *testing.T) {
				t.Parallel()
				q, err := soql.Parse(spelling, token)
				require.NoError(t, err)
				require.True(t, soql.Equal(row.tree, q), "parsed: %s", q)
				require.Equal(t, row.texts[0], q.String())
			})
		}
	}
}

func TestEveryDateLiteralParses(t *testing.T) {
	t.Parallel()
	names := strings.FieldsSeq(`YESTERDAY TODAY TOMORROW LAST_WEEK THIS_WEEK NEXT_WEEK LAST_MONTH THIS_MONTH NEXT_MONTH
		LAST_90_DAYS NEXT_90_DAYS LAST_QUARTER THIS_QUARTER NEXT_QUARTER LAST_YEAR THIS_YEAR NEXT_YEAR
		LAST_FISCAL_QUARTER THIS_FISCAL_QUARTER NEXT_FISCAL_QUARTER LAST_FISCAL_YEAR THIS_FISCAL_YEAR NEXT_FISCAL_YEAR
		LAST_N_DAYS:1 NEXT_N_DAYS:1 N_DAYS_AGO:1 LAST_N_WEEKS:1 NEXT_N_WEEKS:1 N_WEEKS_AGO:1
		LAST_N_MONTHS:1 NEXT_N_MONTHS:1 N_MONTHS_AGO:1 LAST_N_QUARTERS:1 NEXT_N_QUARTERS:1 N_QUARTERS_AGO:1
		LAST_N_YEARS:1 NEXT_N_YEARS:1 N_YEARS_AGO:1 LAST_N_FISCAL_QUARTERS:1 NEXT_N_FISCAL_QUARTERS:1
		N_FISCAL_QUARTERS_AGO:1 LAST_N_FISCAL_YEARS:1 NEXT_N_FISCAL_YEARS:1 N_FISCAL_YEARS_AGO:1`)
	for name := range names {
		in := "SELECT Id FROM Account WHERE CreatedDate >= " + name
		q, err := soql.Parse(in, nil)
		require.NoError(t, err)
		require.Equal(t, in, q.String())
	}
}

// invalid are texts that are no query, with the position of the complaint and
// a part of it.
var invalid = []struct {
	text         string
	line, column int
	message      string
}{
	// Structure.
	{"", 1, 1, "expected SELECT, found the end of the query"},
	{"   ", 1, 4, "expected SELECT"},
	{"UPDATE Account", 1, 1, "expected SELECT, found UPDATE"},
	{"SELECT", 1, 7, "expected the name of a field, found the end of the query"},
	{"SELECT FROM Account", 1, 8, "expected the name of a field, found FROM"},
	{"SELECT Id", 1, 10, "expected a comma or FROM"},
	{"SELECT Id,", 1, 11, "expected the name of a field"},
	{"SELECT Id, FROM Account", 1, 12, "expected the name of a field, found FROM"},
	{"SELECT Id WHERE X = 1", 1, 11, "expected a comma or FROM, found WHERE"},
	{"SELECT Id FROM", 1, 15, "expected the name of an object"},
	{"SELECT Id FROM WHERE X = 1", 1, 16, "expected the name of an object, found WHERE"},
	{"SELECT Id\nFROM Account\nWHER X = 1", 3, 6, `expected USING SCOPE, WHERE, WITH, GROUP BY, ORDER BY, LIMIT, OFFSET, FOR, UPDATE or the end of the query, found "X"`},
	{"SELECT Id FROM Account WHERE", 1, 29, "expected the name of a field"},
	{"SELECT Id FROM Account LIMIT 5 WHERE X = 1", 1, 32, "expected OFFSET, FOR, UPDATE or the end of the query, found WHERE"},
	{"SELECT Id FROM Account OFFSET 5 LIMIT 5", 1, 33, "expected FOR, UPDATE or the end of the query, found LIMIT"},
	{"SELECT Id FROM Account ORDER Name", 1, 30, `expected BY, found "Name"`},
	{"SELECT Id FROM Account ORDER BY Name NULLS", 1, 43, "expected FIRST or LAST"},
	{"SELECT Id FROM Account ORDER BY Name LAST", 1, 38, "expected a comma, LIMIT, OFFSET, FOR, UPDATE or the end of the query, found LAST"},
	{"SELECT Id FROM Account HAVING COUNT(Id) > 1", 1, 31, "HAVING needs GROUP BY"},
	{"SELECT Id FROM Account a b", 1, 26, `found "b"`},
	{"SELECT Id FROM Account AS WHERE", 1, 27, "expected an alias, found WHERE"},
	{"SELECT Id FROM Account First", 1, 24, "found FIRST"},
	{"SELECT Id Name FROM Account", 1, 8, "is a comma missing before Name?"},
	{"SELECT Id. FROM Account", 1, 12, "expected the name of a field, found FROM"},
	{"SELECT Id.Limit FROM Account", 1, 11, "expected the name of a field, found LIMIT"},
	{"SELECT Group FROM GroupMember", 1, 8, "expected the name of a field, found GROUP"},
	{"SELECT (Id) FROM Account", 1, 9, "expected SELECT"},
	{"SELECT (SELECT Id FROM Contacts FROM Account", 1, 33, "or ), found FROM"},
	{"SELECT Id, (SELECT Id FROM Contacts", 1, 36, "or ), found the end of the query"},
	{"SELECT A.B.C.D.E.F.G FROM Account", 1, 8, "more than 5 relationships"},
	{"SELECT COUNT(), Id FROM Account", 1, 8, "COUNT() stands alone"},
	{"SELECT COUNT() FROM Account ORDER BY Name", 1, 8, "COUNT() stands alone"},
	{"SELECT SUM() FROM Account", 1, 8, "SUM takes one field"},
	{"SELECT SUM(A, B) FROM Account", 1, 8, "SUM takes one field"},
	{"SELECT SUM(1) FROM Account", 1, 12, "expected the name of a field, found 1"},
	{"SELECT SUM(A FROM Account", 1, 14, "expected a comma or ), found FROM"},
	{"SELECT NOW() FROM Account", 1, 8, "SOQL has no function NOW"},

	// Conditions.
	{"SELECT Id FROM Account WHERE A = 1 AND B = 2 OR C = 3", 1, 46, "AND beside OR needs parentheses"},
	{"SELECT Id FROM Account WHERE A = 1 OR B = 2 AND C = 3", 1, 45, "AND beside OR needs parentheses"},
	{"SELECT Id FROM Account WHERE NOT A = 1 AND B = 2", 1, 40, "NOT beside AND needs parentheses of its own"},
	{"SELECT Id FROM Account WHERE A = 1 AND NOT B = 2", 1, 40, "NOT beside AND, OR or NOT needs parentheses"},
	{"SELECT Id FROM Account WHERE NOT NOT A = 1", 1, 34, "NOT beside AND, OR or NOT needs parentheses"},
	{"SELECT Id FROM Account WHERE A NOT LIKE 'x'", 1, 36, "SOQL has no NOT LIKE"},
	{"SELECT Id FROM Account WHERE A IS NULL", 1, 32, "SOQL has no IS NULL"},
	{"SELECT Id FROM Account WHERE A IS NOT NULL", 1, 32, "SOQL has no IS NULL"},
	{"SELECT Id FROM Account WHERE A", 1, 31, "expected an operator, found the end of the query"},
	{"SELECT Id FROM Account WHERE A BETWEEN 1", 1, 32, `expected an operator, found "BETWEEN"`},
	{"SELECT Id FROM Account WHERE A = B", 1, 34, `expected a value, found "B"`},
	{"SELECT Id FROM Account WHERE 'x' = A", 1, 30, "expected the name of a field, found string 'x'"},
	{"SELECT Id FROM Account WHERE A == 1", 1, 33, "expected a value, found ="},
	{"SELECT Id FROM Account WHERE A =", 1, 33, "expected a value"},
	{"SELECT Id FROM Account WHERE (A = 1", 1, 36, "expected AND, OR or ), found the end of the query"},
	{"SELECT Id FROM Account WHERE A = 1)", 1, 35, "found )"},
	{"SELECT Id FROM Account WHERE ()", 1, 31, "expected the name of a field, found )"},
	{"SELECT Id FROM Account WHERE A IN ()", 1, 36, "expected a value, found )"},
	{"SELECT Id FROM Account WHERE A IN 'x'", 1, 35, "expected (, found string 'x'"},
	{"SELECT Id FROM Account WHERE A IN ('x',)", 1, 40, "expected a value, found )"},
	{"SELECT Id FROM Account WHERE A IN ('x' 'y')", 1, 40, "expected a comma or ), found string 'y'"},
	{"SELECT Id FROM Account WHERE A LIKE 5", 1, 37, "LIKE needs a string"},
	{"SELECT Id FROM Account WHERE A INCLUDES ('x', 5)", 1, 47, "INCLUDES and EXCLUDES need strings"},
	{"SELECT Id FROM Account WHERE COUNT(Id) > 1", 1, 30, "COUNT sums up records"},
	{"SELECT Id FROM Account WHERE COUNT() > 1", 1, 30, "COUNT sums up records"},

	// Semi-joins.
	{"SELECT Id FROM Account WHERE A = 1 OR Id IN (SELECT AccountId FROM Contact)", 1, 39, "not under OR"},
	{"SELECT Id FROM Account WHERE NOT Id IN (SELECT AccountId FROM Contact)", 1, 34, "not under OR, NOT"},
	{"SELECT Id FROM Account WHERE A = 1 AND (B = 2 AND Id IN (SELECT X FROM Y))", 1, 51, "or parentheses"},
	{"SELECT Id FROM Account WHERE Id IN (SELECT A FROM X WHERE B IN (SELECT C FROM Y))", 1, 59, "nor in another one"},
	{"SELECT Id FROM Account WHERE A IN (SELECT X FROM X) AND A IN (SELECT X FROM X) AND A IN (SELECT X FROM X)", 1, 84, "more than 2 queries behind IN"},
	{"SELECT Id FROM Account WHERE Id IN (SELECT A, B FROM X)", 1, 37, "selects one field"},
	{"SELECT Id FROM Account WHERE Id IN (SELECT A FROM X LIMIT 1)", 1, 37, "selects one field"},
	{"SELECT Id FROM Account WHERE Id IN (SELECT MAX(A) FROM X)", 1, 44, "selects a field, not a function"},
	{"SELECT Id FROM Account WHERE Id IN (SELECT (SELECT A FROM Y) FROM X)", 1, 44, "has no child subquery"},

	// Values.
	{"SELECT Id FROM Account LIMIT -1", 1, 30, "LIMIT -1 is not a whole number"},
	{"SELECT Id FROM Account LIMIT 1.5", 1, 30, "LIMIT 1.5 is not a whole number"},
	{"SELECT Id FROM Account LIMIT 2147483648", 1, 30, "is not a whole number from 0 to 2147483647"},
	{"SELECT Id FROM Account LIMIT 'x'", 1, 30, "expected a number"},
	{"SELECT Id FROM Account OFFSET 2001", 1, 31, "OFFSET 2001 is not a whole number from 0 to 2000"},
	{"SELECT Id FROM Account WHERE A = 'x", 1, 34, "string is not closed"},
	{`SELECT Id FROM Account WHERE A = 'x\`, 1, 34, "string is not closed"},
	{"SELECT Id FROM Account WHERE A = 'x\ny'", 1, 36, "needs an escape"},
	{`SELECT Id FROM Account WHERE A = 'ä\x'`, 1, 36, "unknown escape"},
	{`SELECT Id FROM Account WHERE A = '\%'`, 1, 35, `\% is an escape beside LIKE only`},
	{`SELECT Id FROM Account WHERE A IN ('\_')`, 1, 37, `\_ is an escape beside LIKE only`},
	{`SELECT Id FROM Account WHERE A = '\u00'`, 1, 35, "four hexadecimal digits"},
	{`SELECT Id FROM Account WHERE A = '\uD83D'`, 1, 35, "half a character"},
	{`SELECT Id FROM Account WHERE A = '\uDE00\uD83D'`, 1, 35, "half a character"},
	{`SELECT Id FROM Account WHERE A = '\uD83D\u0041'`, 1, 35, "half a character"},
	{`SELECT Id FROM Account WHERE A LIKE '\u0025'`, 1, 38, `without \u`},
	{"SELECT Id FROM Account WHERE A = '" + strings.Repeat("ä", 4001) + "'", 1, 34, "longer than 4000 characters"},
	{"SELECT Id FROM Account WHERE A = 5x", 1, 35, "in a number"},
	{"SELECT Id FROM Account WHERE A = 5.", 1, 35, "in a number"},
	{"SELECT Id FROM Account WHERE A = 1.2.3", 1, 37, "in a number"},
	{"SELECT Id FROM Account WHERE A = .5", 1, 34, "expected a value, found ."},
	{"SELECT Id FROM Account WHERE A = 1e5", 1, 35, "in a number"},
	{"SELECT Id FROM Account WHERE A = - 5", 1, 34, "unexpected character '-'"},
	{"SELECT Id FROM Account WHERE A = 2026-02-30", 1, 34, "is no date"},
	{"SELECT Id FROM Account WHERE A = 2026-2-3", 1, 34, "is no date"},
	{"SELECT Id FROM Account WHERE A = 1699-12-31", 1, 34, "year 1699 is not from 1700 to 4000"},
	{"SELECT Id FROM Account WHERE A = 2026-11-21T10:00Z", 1, 34, "no dateTime"},
	{"SELECT Id FROM Account WHERE A = 2026-11-21T10:00:00", 1, 34, "no dateTime"},
	{"SELECT Id FROM Account WHERE A = 2026-11-21T10:00:00z", 1, 34, "no dateTime"},
	{"SELECT Id FROM Account WHERE A = 2026-11-21T1:00:00Z", 1, 34, "no dateTime"},
	{"SELECT Id FROM Account WHERE A = 2026-11-21T24:00:00Z", 1, 34, "no dateTime"},
	{"SELECT Id FROM Account WHERE A = 2026-11-21T10:00:00.Z", 1, 34, "no dateTime"},
	{"SELECT Id FROM Account WHERE A = 2026-11-21T10:00:00.1234Z", 1, 34, "no dateTime"},
	{"SELECT Id FROM Account WHERE A = 2026-11-21T10:00:00+15:00", 1, 34, "no dateTime"},
	{"SELECT Id FROM Account WHERE A = 2026-11-21T10:00:00+01", 1, 34, "no dateTime"},
	{"SELECT Id FROM Account WHERE A = LAST_N_DAYS", 1, 34, "LAST_N_DAYS needs a number"},
	{"SELECT Id FROM Account WHERE A = LAST_N_DAYS: 5", 1, 34, "LAST_N_DAYS needs a number"},
	{"SELECT Id FROM Account WHERE A = LAST_N_DAYS:-5", 1, 46, "expected a whole number"},
	{"SELECT Id FROM Account WHERE A = LAST_N_DAYS:99999999999", 1, 46, "expected a whole number"},
	{"SELECT Id FROM Account WHERE A = TODAY:5", 1, 39, "TODAY takes no number"},

	// Other languages, and other dialects.
	{"SELECT * FROM Account", 1, 8, "SOQL has no *"},
	{"SELECT Id FROM Account;", 1, 23, "semicolon"},
	{"SELECT Id FROM Account -- all", 1, 24, "no comments"},
	{"SELECT Id /* all */ FROM Account", 1, 11, "no comments"},
	{"SELECT Id // all\nFROM Account", 1, 11, "no comments"},
	{`SELECT Id FROM Account WHERE A = "x"`, 1, 34, "single quotes"},
	{"SELECT Id FROM Account WHERE A = 1 && B = 2", 1, 36, "write AND"},
	{"SELECT Id FROM Account WHERE A = 1 || B = 2", 1, 36, "write OR"},
	{"SELECT\u00a0Id FROM Account", 1, 7, `unexpected character '\u00a0'`},
	{"SELECT Id FROM\u2003Account", 1, 15, `unexpected character '\u2003'`},
	{"SELECT Id FROM Account\u200b", 1, 23, `unexpected character '\u200b'`},
	{"\ufeffSELECT Id FROM Account", 1, 1, `unexpected character '\ufeff'`},
	{"SELECT Id FROM Account\x00", 1, 23, `unexpected character '\x00'`},
	{"SELECT Naïve FROM Account", 1, 10, `unexpected character 'ï'`},
	{"SELECT Id FROM Account WHERE A = 'ä\xff'", 1, 36, "not UTF-8"},
	{"SELECT Id FROM Account WHERE A = :name", 1, 34, "a variable such as :name is for Apex only"},
	{"SELECT Id FROM Account WHERE A IN :names", 1, 35, "a variable such as :name is for Apex only"},
	{"SELECT Id FROM Account LIMIT :n", 1, 30, "a variable such as :name is for Apex only"},
	{"SELECT Id FROM Account WHERE A = %other%", 1, 34, "configured token"},
	{"SELECT Id FROM Account WHERE A = %USERIDENTIFIER%", 1, 34, "configured token"},
	{"SELECT Id FROM Account WITH SECURITY_ENFORCED", 1, 29, "WITH SECURITY_ENFORCED is for Apex only"},
	{"SELECT Id FROM Account FOR UPDATE", 1, 28, "FOR UPDATE is for Apex only"},
	{"SELECT Id FROM Account ALL ROWS", 1, 24, "ALL ROWS is for Apex only"},
	{"SELECT Id FROM Account WHERE " + strings.Repeat("(", 101) + "A = 1" + strings.Repeat(")", 101), 1, 130, "more than 100 parentheses"},
	{"SELECT " + strings.Repeat("FORMAT(", 101) + "A" + strings.Repeat(")", 101) + " FROM Account", 1, 714, "more than 100 parentheses"},
	{"SELECT " + strings.Repeat("(SELECT ", 6) + "Id" + strings.Repeat(" FROM X)", 6) + " FROM X", 1, 48, "more than 5 subqueries"},
	{strings.Repeat("(", 200_000), 1, 1, "longer than 100,000 characters"},
}

func TestInvalidQueriesSayWhereAndWhy(t *testing.T) {
	t.Parallel()
	for i, row := range invalid {
		t.Run(fmt.Sprint(i, shorten(row.text)), func(t *testing.T) {
			t.Parallel()
			q, err := soql.Parse(row.text, token)
			require.Nil(t, q)
			var syntax *soql.SyntaxError
			require.ErrorAs(t, err, &syntax)
			require.Contains(t, syntax.Message, row.message)
			require.Equal(t, [2]int{row.line, row.column}, [2]int{syntax.Line, syntax.Column})
			line, column := soql.Pos(syntax.Offset + 1).LineColumn(row.text)
			require.Equal(t, [2]int{row.line, row.column}, [2]int{line, column})
		})
	}
}

func shorten(s string) string {
	if len(s) > 60 {
		return s[:60]
	}
	return s
}

func TestSyntaxErrorShowsTheLineWithACaret(t *testing.T) {
	t.Parallel()
	_, err := soql.Parse("SELECT Id\r\n\tFROM Account\r\n\tWHERE Näme = 'Ä'\r\nLIMIT 5", nil)
	require.EqualError(t, err, "soql: line 3, column 9: unexpected character 'ä'\n"+
		"\t\tWHERE Näme = 'Ä'\n"+
		"\t\t       ^")

	_, err = soql.Parse("SELECT Id FROM Account WHERE Name = '"+strings.Repeat("é", 200)+"' AND OR"+strings.Repeat(" x", 200), nil)
	require.EqualError(t, err, "soql: line 1, column 244: expected the name of a field, found OR\n"+
		"\t…"+strings.Repeat("é", 54)+"' AND OR"+strings.Repeat(" x", 29)+"…\n"+
		"\t"+strings.Repeat(" ", 61)+"^")
}

func TestSyntaxErrorTellsExpectedFromFound(t *testing.T) {
	t.Parallel()
	_, err := soql.Parse("SELECT Id FROM Account WHERE Id IN 'x'", nil)
	var syntax *soql.SyntaxError
	require.ErrorAs(t, err, &syntax)
	require.Equal(t, "(", syntax.Expected)
	require.Equal(t, "string 'x'", syntax.Found)
	require.Equal(t, 35, syntax.Offset)
}

func TestBareTokenHasToBeTheConfiguredOne(t *testing.T) {
	t.Parallel()
	const in = "SELECT Id FROM Account WHERE Rep__c = %me%"

	_, err := soql.Parse(in, nil)
	require.ErrorContains(t, err, "configured token")
	_, err = soql.Parse(in, &soql.ParseOptions{Token: "%userIdentifier%"})
	require.ErrorContains(t, err, "configured token")
	_, err = soql.Parse(in, &soql.ParseOptions{Token: "me"})
	require.ErrorContains(t, err, `token "me" is not of the form %name%`)
	q, err := soql.Parse(in, &soql.ParseOptions{Token: "%me%"})
	require.NoError(t, err)
	require.Equal(t, in, q.String())
}

func TestPositionsCoverTheirText(t *testing.T) {
	t.Parallel()
	const in = "SELECT Id , ( SELECT toLabel( Name ) FROM Contacts c ) FROM Account a " +
		"WHERE ( A = 1 AND B IN ( 'x' , 2026-01-01 ) ) OR ( NOT C = LAST_N_DAYS:5 ) ORDER BY Id DESC NULLS LAST LIMIT 5"
	q, err := soql.Parse(in, nil)
	require.NoError(t, err)
	var got []string
	for n := range soql.Preorder(q) {
		got = append(got, in[n.Pos()-1:n.End()-1])
	}
	require.Equal(t, []string{
		in,
		"Id", "Id",
		"( SELECT toLabel( Name ) FROM Contacts c )", "SELECT toLabel( Name ) FROM Contacts c",
		"toLabel( Name )", "toLabel( Name )", "Name", "Contacts c",
		"Account a",
		"( A = 1 AND B IN ( 'x' , 2026-01-01 ) ) OR ( NOT C = LAST_N_DAYS:5 )",
		"A = 1 AND B IN ( 'x' , 2026-01-01 )", "A = 1", "A", "1",
		"B IN ( 'x' , 2026-01-01 )", "B", "'x'", "2026-01-01",
		"NOT C = LAST_N_DAYS:5", "C = LAST_N_DAYS:5", "C", "LAST_N_DAYS:5",
		"Id DESC NULLS LAST", "Id", "5",
	}, got)
}

// Texts of the greatest length with much of something, none of which may take
// long.
func TestLongTextsAreReadInLittleTime(t *testing.T) {
	t.Parallel()
	many := func(before, each, after string) string {
		return before + strings.Repeat(each, (99_000-len(before)-len(after))/len(each)) + after
	}
	for _, in := range []string{
		many("SELECT Id", ", Id", " FROM A"),
		many("SELECT Id FROM A a", ", a.B b", " WHERE b.C = 1"),
		many("SELECT b.C", ", b.C", " FROM A a"+strings.Repeat(", a.B b", 7000)),
		many("SELECT FIELDS(ALL)", ", FIELDS(ALL)", " FROM A LIMIT 1"),
		many("SELECT B"+strings.Repeat(", B", 10_000)+" FROM A GROUP BY C", ", C", ""),
		many("SELECT GROUPING(B)"+strings.Repeat(", GROUPING(B)", 3000)+" FROM A GROUP BY ROLLUP(C", ", C", ")"),
		many("SELECT Id FROM A WHERE B IN (1", ", 1", ")"),
		many("SELECT Id FROM A WHERE B = 1", " OR B = 1", ""),
		many("SELECT Id", ", (SELECT Id FROM B)", " FROM A"),
		many("SELECT Id FROM A ORDER BY B", ", B", ""),
		many("SELECT TYPEOF A", " WHEN B THEN C", " END FROM D"),
		many("SELECT ", "F(", ""),
		many("SELECT Id FROM A WHERE B = '", `\n`, "'"),
	} {
		start := time.Now()
		q, err := soql.Parse(in, apex)
		if err == nil {
			_, err = soql.Printer{}.Print(q)
			require.NoError(t, err)
			_, err = soql.UserFilter{IDs: []string{me}, Field: "OwnerId"}.Apply(q)
		}
		_ = err // most are refused
		require.Less(t, time.Since(start), 5*time.Second, in[:40])
	}
}

func TestPositionOutsideOfTheTextIsNone(t *testing.T) {
	t.Parallel()
	for _, p := range []soql.Pos{-1, 0, 5} {
		line, column := p.LineColumn("abc")
		require.Zero(t, line)
		require.Zero(t, column)
	}
}
