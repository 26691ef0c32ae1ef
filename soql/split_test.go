package soql_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sfbridge/sfbridge/soql"
)

func numbered(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("Name %05d", i)
	}
	return list
}

func TestQueryThatFitsIsOneText(t *testing.T) {
	t.Parallel()
	q := &soql.Query{
		Select: soql.Fields("Id"), From: soql.From{Object: "Lead"}, Where: soql.In("Name", numbered(3)), OrderBy: []soql.Order{{Expr: soql.FieldPath("Id")}},
	}
	text, err := q.Text()
	require.NoError(t, err)
	texts, err := q.Texts()
	require.NoError(t, err)
	require.Equal(t, []string{text}, texts)
}

func TestLongListsAreDealtOut(t *testing.T) {
	t.Parallel()
	rest := []soql.Condition{nil, soql.Eq("IsConverted", false), soql.Or(soql.Eq("City", "Köln"), soql.In("Phone", numbered(9)))}
	rapid.Check(t, func(t *rapid.T) {
		list := numbered(rapid.IntRange(7000, 20000).Draw(t, "values"))
		for i := range list {
			if i%7 == 3 {
				list[i] = " " + strings.ToUpper(list[i-3]) // which the other one equals
			}
			if i%11 == 5 {
				list[i] += strings.Repeat("ä'", i%40)
			}
		}
		q := &soql.Query{
			Select: soql.Fields("Id"), From: soql.From{Object: "Lead"},
			Where: soql.And(rest[rapid.IntRange(0, 2).Draw(t, "rest")], soql.In("Name", list)),
		}

		texts, err := q.Texts()

		require.NoError(t, err)
		var got []string
		home := map[string]int{}
		for i, text := range texts {
			require.LessOrEqual(t, utf8.RuneCountInString(text), 100_000)
			part, err := soql.Parse(text, nil)
			require.NoError(t, err)
			for _, v := range valuesOf(part.Where) {
				at, seen := home[strings.ToLower(strings.TrimSpace(v))]
				if seen && at != i {
					t.Fatalf("%q is in two queries", v)
				}
				home[strings.ToLower(strings.TrimSpace(v))] = i
				got = append(got, v)
			}
			if i < len(texts)-1 {
				require.Greater(t, utf8.RuneCountInString(text), 99_000, "as few queries as need be")
			}
			require.True(t, soql.Equal(without(q), without(part)), "but for the list, it is the same query")
		}
		slices.Sort(list)
		slices.Sort(got)
		require.Equal(t, list, got)
	})
}

// longest is the list that the queries of this test are split by.
func longest(c soql.Condition) (*soql.Membership, []soql.Condition) {
	if l, ok := c.(*soql.Logic); ok {
		return l.Terms[len(l.Terms)-1].(*soql.Membership), l.Terms[:len(l.Terms)-1]
	}
	return c.(*soql.Membership), nil
}

func valuesOf(c soql.Condition) (values []string) {
	list, _ := longest(c)
	for _, v := range list.Values {
		values = append(values, v.(*soql.Text).Value)
	}
	return values
}

func without(q *soql.Query) *soql.Query {
	part := *q
	_, others := longest(q.Where)
	part.Where = soql.And(others...)
	return &part
}

func TestFormsOfAnIDStayTogether(t *testing.T) {
	t.Parallel()
	var list []string
	for i := range 6000 {
		list = append(list, fmt.Sprintf("001xx%010d", i))
	}
	for i := range 6000 {
		list = append(list, fmt.Sprintf("001xx%010dAAA", i))
	}
	texts, err := (&soql.Query{Select: soql.Fields("Id"), From: soql.From{Object: "Account"}, Where: soql.In("Id", list)}).Texts()
	require.NoError(t, err)
	require.Greater(t, len(texts), 1)
	for _, text := range texts {
		part, err := soql.Parse(text, nil)
		require.NoError(t, err)
		forms := map[string]int{}
		for _, id := range valuesOf(part.Where) {
			forms[id[:15]]++
		}
		for id, n := range forms {
			require.Equal(t, 2, n, id)
		}
	}
}

func TestQueriesThatCannotBeSplit(t *testing.T) {
	t.Parallel()
	in := soql.In("Name", numbered(9000))
	for reason, change := range map[string]func(*soql.Query){
		"it has ORDER BY": func(q *soql.Query) { q.OrderBy = []soql.Order{{Expr: soql.FieldPath("Name")}} },
		"it has LIMIT":    func(q *soql.Query) { q.Limit = &soql.Number{Literal: "10"} },
		"it has OFFSET":   func(q *soql.Query) { q.Offset = &soql.Number{Literal: "10"} },
		"it has GROUP BY": func(q *soql.Query) { q.Select, q.GroupBy = soql.Fields("Name"), []soql.Expr{soql.FieldPath("Name")} },
		"or an aggregate function": func(q *soql.Query) {
			q.Select = []soql.SelectItem{&soql.Field{Expr: &soql.Call{Name: "COUNT"}}}
		},
		"no IN list is all of WHERE": func(q *soql.Query) { q.Where = soql.NotIn("Name", numbered(9000)) },
		"or a term of its AND":       func(q *soql.Query) { q.Where = soql.Or(in, soql.Eq("Name", "a")) },
		"even with one value": func(q *soql.Query) {
			q.Where = soql.And(soql.NotIn("Name", numbered(9000)), soql.In("City", []string{"a", "b"}))
		},
		"neither text, number nor date": func(q *soql.Query) {
			list := in.(*soql.Membership)
			q.Where = &soql.Membership{Left: list.Left, Values: append([]soql.Value{&soql.DateRange{Name: "TODAY"}}, list.Values...)}
		},
	} {
		q := &soql.Query{Select: soql.Fields("Id"), From: soql.From{Object: "Lead"}, Where: in}
		change(q)
		_, err := q.Texts()
		require.ErrorContains(t, err, "longer than 100,000 characters", reason)
		require.ErrorContains(t, err, reason)
	}
	_, err := (&soql.Query{Select: soql.Fields("Id"), From: soql.From{Object: "Lead"}, Where: soql.In("Name", []string{})}).Texts()
	require.ErrorContains(t, err, "empty")
}
