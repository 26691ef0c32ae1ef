package soql_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/soql"
)

// level is a Valuer.
type level int

func (l level) SOQLValue() (soql.Value, error) {
	if l < 0 {
		return nil, errors.New("below ground")
	}
	return &soql.Text{Value: strings.Repeat("I", int(l))}, nil
}

type word string

func TestHelpersPrint(t *testing.T) {
	t.Parallel()
	zurich := time.FixedZone("", 3600)
	at := time.Date(2026, 11, 21, 10, 0, 0, 123_456_789, zurich)
	for want, c := range map[string]soql.Condition{
		"A.B = 'x'":                    soql.Eq("A.B", "x"),
		"A = 'w'":                      soql.Eq("A", word("w")),
		"A = 'III'":                    soql.Eq("A", level(3)),
		"A = 'II'":                     soql.Eq("A", new(level(2))),
		"A != NULL":                    soql.Ne("A", nil),
		"A = NULL":                     soql.Eq("A", (*string)(nil)),
		"B = NULL":                     soql.Eq("B", (*level)(nil)),
		"A = 'p'":                      soql.Eq("A", new("p")),
		"A < -5":                       soql.Lt("A", int8(-5)),
		"A <= 18446744073709551615":    soql.Le("A", uint64(math.MaxUint64)),
		"A > 0.1":                      soql.Gt("A", 0.1),
		"B > 0.1":                      soql.Gt("B", float32(0.1)),
		"A > 1000000000000000000000.0": soql.Gt("A", json.Number("1000000000000000000000.0")),
		"C > 1000000000000000000000":   soql.Gt("C", 1e21),
		"A >= 12345678901234567890.12": soql.Ge("A", decimal.RequireFromString("12345678901234567890.12")),
		"A = TRUE":                     soql.Eq("A", true),
		"A = FALSE":                    soql.Eq("A", false),
		"A = 2026-11-21T09:00:00.123Z": soql.Eq("A", at),
		"A = 2026-11-21T09:00:00Z":     soql.Eq("A", at.Truncate(time.Second)),
		"A = 2026-11-21T10:00:00Z":     soql.Eq("A", &soql.DateTime{Time: time.Date(2026, 11, 21, 10, 0, 0, 0, time.FixedZone("LMT", 0))}),
		"B = 2026-11-21T09:59:30Z":     soql.Eq("B", &soql.DateTime{Time: time.Date(2026, 11, 21, 10, 0, 0, 0, time.FixedZone("LMT", 30))}),
		"A = 2026-01-02":               soql.Eq("A", &soql.Date{Year: 2026, Month: 1, Day: 2}),
		"A = THIS_WEEK":                soql.Eq("A", &soql.DateRange{Name: "THIS_WEEK"}),
		"A > LAST_N_DAYS:0":            soql.Gt("A", &soql.DateRange{Name: "LAST_N_DAYS"}),
		`A LIKE '50\%%'`:               soql.Like("A", `50\%%`),
		`A LIKE '50\%\_\\\'%'`:         soql.StartsWith("A", `50%_\'`),
		`A LIKE '%50\%%'`:              soql.Contains("A", "50%"),
		"A IN ('a', 'b')":              soql.In("A", []string{"a", "b"}),
		"A IN (1, NULL)":               soql.In("A", [2]any{1, nil}),
		"A NOT IN ('I')":               soql.NotIn("A", []level{1}),
		"A = 1 AND B = 2 AND C = 3":    soql.And(soql.And(soql.Eq("A", 1), nil, soql.Eq("B", 2)), soql.Eq("C", 3), soql.And()),
		"A = 1 OR B = 2 OR C = 3":      soql.Or(soql.Eq("A", 1), nil, soql.Or(soql.Eq("B", 2), soql.Eq("C", 3))),
		"(A = 1 OR B = 2) AND C = 3":   soql.And(soql.Or(soql.Eq("A", 1), soql.Eq("B", 2)), soql.Eq("C", 3)),
		"A = 1":                        soql.And(nil, soql.Eq("A", 1)),
		"A = 2":                        soql.Or(nil, soql.Eq("A", 2)),
		"NOT A = 1":                    soql.Not(soql.Eq("A", 1)),
		"A = 1 AND (NOT B = 2)":        soql.And(soql.Eq("A", 1), soql.Not(soql.Eq("B", 2))),
	} {
		got, err := where(c).Text()
		require.NoError(t, err)
		require.Equal(t, "SELECT Id FROM Account WHERE "+want, got)
	}
}

func TestAndOfNothingIsNoCondition(t *testing.T) {
	t.Parallel()
	require.Nil(t, soql.And())
	require.Nil(t, soql.And(nil, nil))
}

func TestAndLeavesItsTermsAsTheyAre(t *testing.T) {
	t.Parallel()
	terms := make([]soql.Condition, 2, 10)
	terms[0], terms[1] = soql.Eq("A", 1), soql.Eq("B", 2)
	base := soql.And(terms...)
	soql.And(base, soql.Eq("C", 3))
	require.True(t, soql.Equal(soql.And(soql.Eq("A", 1), soql.Eq("B", 2)), base))
}

func TestLiteralRefusesWhatSOQLCannotWrite(t *testing.T) {
	t.Parallel()
	for message, v := range map[string]any{
		"cannot write NaN":                          math.NaN(),
		"cannot write +Inf":                         math.Inf(1),
		"no literal for struct {}":                  struct{}{},
		"no literal for []uint8":                    []byte("x"),
		"no literal for map[string]int":             map[string]int{},
		"no literal for complex128":                 1i,
		"no literal for big.Int":                    *big.NewInt(5),
		`"1e5" is not a number`:                     json.Number("1e5"),
		`"" is not a number`:                        json.Number(""),
		"below ground":                              level(-1),
		"year 1 is not from 1700 to 4000":           time.Time{},
		"year 4001 is not from 1700 to 4000":        time.Date(4001, 1, 1, 0, 0, 0, 0, time.UTC),
		"a string is not UTF-8":                     "\xff",
		"a string is longer than 4000 characters":   strings.Repeat("ä", 4001),
		"a value is missing":                        (*soql.Text)(nil),
		"2025-02-29 is not a day":                   &soql.Date{Year: 2025, Month: 2, Day: 29},
		`"NOW" is not a date literal`:               &soql.DateRange{Name: "NOW"},
		"TODAY takes no number":                     &soql.DateRange{Name: "TODAY", N: 1},
		"LAST_N_DAYS:-1 counts out of range":        &soql.DateRange{Name: "LAST_N_DAYS", N: -1},
		`"a b" is not the name of a placeholder`:    &soql.Bind{Name: "a b"},
		`"x%' OR" is not the name of a placeholder`: &soql.Token{Name: "x%' OR"},
		`"1 OR Name != NULL" is not a number`:       &soql.Number{Literal: "1 OR Name != NULL"},
		`"-" is not a number`:                       &soql.Number{Literal: "-"},
		`"1." is not a number`:                      &soql.Number{Literal: "1."},
		`"x" is not a number`:                       &soql.Number{Literal: "x"},
		`"١" is not a number`:                       &soql.Number{Literal: "\u0661"},
		`"TODAY OR A = 1" is not a date literal`:    &soql.DateRange{Name: "TODAY OR A = 1"},
		`"today" is not a date literal`:             &soql.DateRange{Name: "today"},
		"year 12026 is not from 1700 to 4000":       &soql.Date{Year: 12026, Month: 1, Day: 1},
		"year -2026 is not from 1700 to 4000":       &soql.Date{Year: -2026, Month: 1, Day: 1},
		"year 1699 is not from 1700 to 4000":        &soql.DateTime{Time: time.Date(1700, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600))},
		`*soql_test.forged is not a value`:          &forged{},
		`soql_test.forgedValue is not a value`:      forgedValue{},
	} {
		value, err := soql.Literal(v)
		require.ErrorContains(t, err, message, "%T", v)
		require.Nil(t, value)

		_, err = where(soql.Eq("A", v)).Text()
		require.ErrorContains(t, err, message, "%T", v)
		require.Contains(t, where(soql.In("A", []any{1, v})).String(), message)
	}
}

// forged and forgedValue get into the closed set of values by embedding one.
type forged struct{ soql.Null }

type forgedValue struct{ *soql.Null }

func TestTextRefusesWhatIsNoQuery(t *testing.T) {
	t.Parallel()
	account := soql.From{Object: "Account"}
	id := soql.Fields("Id")
	field := func(x soql.Expr) []soql.SelectItem { return []soql.SelectItem{&soql.Field{Expr: x}} }
	deep := soql.Eq("A", 1)
	for range 102 {
		deep = soql.Not(deep)
	}
	loop := &soql.Logic{Op: soql.OpAnd}
	loop.Terms = []soql.Condition{loop, loop}
	for message, q := range map[string]*soql.Query{
		"parentheses in one another":                   where(loop),
		"a query is missing":                           nil,
		"nothing is selected":                          {From: account},
		`"" is not the name of an object`:              {Select: id},
		`"Acc ount" is not the name`:                   {Select: id, From: soql.From{Object: "Acc ount"}},
		`"Äccount" is not the name`:                    {Select: id, From: soql.From{Object: "Äccount"}},
		`"Where" is not the name`:                      {Select: id, From: soql.From{Object: "Where"}},
		`"a, b" is not an alias`:                       {Select: id, From: soql.From{Object: "Account", Alias: "a, b"}},
		`"Limit" is not an alias`:                      {Select: id, From: soql.From{Object: "Account", Alias: "Limit"}},
		"an item of the select list is missing":        {Select: []soql.SelectItem{nil}, From: account},
		"a field is missing":                           {Select: field(nil), From: account},
		"a field has no name":                          {Select: field(&soql.Path{}), From: account},
		`"Id FROM Account" is not the name of a field`: {Select: soql.Fields("Id FROM Account"), From: account},
		`"" is not the name of a field`:                {Select: soql.Fields("Owner..Name"), From: account},
		`"Group" is not the name of a field`:           {Select: soql.Fields("Group"), From: account},
		"SOQL has no function ":                        {Select: field(&soql.Call{}), From: account},
		"FIELDS() stands in the select list":           {Select: field(call("fields", soql.FieldPath("X"))), From: account},
		"SUM takes one field":                          {Select: field(call("SUM")), From: account},
		"a field takes an alias only beside":           {Select: []soql.SelectItem{&soql.Field{Expr: soql.FieldPath("Id"), Alias: "x"}}, From: account},
		"AND needs two conditions":                     where(&soql.Logic{Op: soql.OpAnd, Terms: []soql.Condition{soql.Eq("A", 1)}}),
		"OR needs two conditions":                      where(soql.Or()),
		"a condition has no operator":                  where(&soql.Logic{Terms: []soql.Condition{soql.Eq("A", 1), soql.Eq("B", 2)}}),
		"a condition is missing":                       where(soql.Not(nil)),
		"a comparison has no operator":                 where(&soql.Comparison{Left: soql.FieldPath("A"), Right: soql.Int(1)}),
		"a value is missing":                           where(&soql.Comparison{Left: soql.FieldPath("A"), Op: soql.OpEq}),
		"a list of values is empty":                    where(soql.In("A", []string{})),
		"IN needs a slice, not string":                 where(soql.In("A", "x")),
		"IN needs a slice, not <nil>":                  where(soql.In("A", nil)),
		"IN has more than one of values":               where(&soql.Membership{Left: soql.FieldPath("A"), Values: []soql.Value{soql.Int(1)}, Query: where(nil)}),
		"a backslash in a pattern":                     where(soql.Like("A", `50\x`)),
		"LIKE needs a string":                          where(is(soql.OpLike, soql.Int(1))),
		"INCLUDES and EXCLUDES need strings":           where(&soql.Inclusion{Left: soql.FieldPath("A"), Values: []soql.Value{soql.Int(1)}}),
		"nothing was put in the place of :x":           where(soql.Eq("A", &soql.Bind{Name: "x"})),
		"nothing was put in the place of %x%":          where(soql.In("A", []any{&soql.Token{Name: "x"}})),
		"more than 100 parentheses":                    where(deep),
		"HAVING needs GROUP BY":                        {Select: id, From: account, Having: soql.Eq("A", 1)},
		"OFFSET 2001 is not a whole number":            {Select: id, From: account, Offset: soql.Int(2001)},
		"LIMIT -1 is not a whole number":               {Select: id, From: account, Limit: soql.Int(-1)},
		"LIMIT needs a number":                         {Select: id, From: account, Limit: text("5")},
		"LIMIT is missing":                             {Select: id, From: account, Limit: (*soql.Number)(nil)},
		"longer than 100,000 characters":               {Select: soql.Fields(strings.Split(strings.Repeat("Name,", 20_000), ",")[:20_000]...), From: account},
	} {
		got, err := q.Text()
		require.ErrorContains(t, err, message)
		require.Empty(t, got)
	}
}

func TestStringOfWhatIsNoQueryIsTheComplaint(t *testing.T) {
	t.Parallel()
	require.Equal(t, "<soql: invalid query: OR needs two conditions>", where(soql.Or()).String())
	require.Equal(t, "<soql: invalid query: a query is missing>", (*soql.Query)(nil).String())
	require.Equal(t, "<soql: invalid query: a condition is missing>",
		(&soql.Query{Select: soql.Fields("Id"), From: soql.From{Object: "A"}, Having: (*soql.Logic)(nil)}).String())
	require.Equal(t, "SELECT Id FROM Account WHERE A = :x", where(soql.Eq("A", &soql.Bind{Name: "x"})).String())
}

func TestOperatorsPrint(t *testing.T) {
	t.Parallel()
	require.Equal(t, "AND OR ?", soql.OpAnd.String()+" "+soql.OpOr.String()+" "+soql.LogicOp(0).String())
	require.Equal(t, "= LIKE ? ?", soql.OpEq.String()+" "+soql.OpLike.String()+" "+soql.CompareOp(0).String()+" "+soql.CompareOp(8).String())
}
