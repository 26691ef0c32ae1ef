package soql_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sfbridge/sfbridge/soql"
)

// Random queries of an administrator, good and bad, run in random worlds.
func TestScopedQueriesYieldNobodyElsesRecords(t *testing.T) {
	t.Parallel()
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		a := admin{t}
		q := a.query()
		f := soql.UserFilter{
			IDs: []string{me, me2}, Related: related,
			Field: rapid.SampledFrom([]string{"", "OwnerId", "Rep_1__r.UserId__c"}).Draw(t, "field"),
			Inner: soql.Inner(rapid.IntRange(0, 1).Draw(t, "inner")),
		}
		scoped, err := f.Apply(q)
		if err != nil {
			require.ErrorIs(t, err, soql.ErrNotScoped)
			return
		}
		accepted++
		text, err := scoped.Text()
		require.NoError(t, err)
		parsed, err := soql.Parse(text, nil)
		require.NoError(t, err)
		w := newWorld(rapid.Uint64().Draw(t, "world"))
		outer, all := w.run(parsed, "visit__c", w["visit__c"])
		for _, row := range all {
			require.True(t, row.belongs(f.IDs), "%s\nyields %v", text, row.row)
		}
		if f.Field == "OwnerId" && !mentions(q, soql.DefaultToken) && f.Inner == soql.RefuseInner {
			requireSameAsOwn(t, w, q, outer, f.IDs)
		}
	})
	t.Logf("%d queries were let through", accepted)
}

// requireSameAsOwn requires that the scoped query yields what q would, less the
// records of others.
func requireSameAsOwn(t *rapid.T, w world, q *soql.Query, got []answer, ids []string) {
	all, _ := w.run(q, "visit__c", w["visit__c"])
	want := slices.DeleteFunc(all, func(a answer) bool { return !own(a.row, ids) })
	require.Len(t, got, len(want), q.String())
	for i := range want {
		require.Equal(t, want[i].row["id"], got[i].row["id"], q.String())
	}
}

// mentions reports whether any value is s.
func mentions(q *soql.Query, s string) bool {
	for n := range soql.Preorder(q) {
		if text, ok := n.(*soql.Text); ok && text.Value == s {
			return true
		}
		if _, ok := n.(*soql.Token); ok {
			return true
		}
	}
	return false
}

// admin draws queries over the world.
type admin struct{ *rapid.T }

func pick[V any](a admin, values ...V) V { return rapid.SampledFrom(values).Draw(a.T, "pick") }

func (a admin) query() *soql.Query {
	q := &soql.Query{
		Select: soql.Fields("Id"),
		From:   soql.From{Object: "Visit__c", Alias: pick(a, "", "", "v")},
		Scope:  pick(a, "", "", "", "mine", "everything"),
		For:    pick(a, soql.ForNothing, soql.ForView),
	}
	switch pick(a, 1, 2, 3, 4) {
	case 1:
		q.Where = a.condition(2, q.From.Alias)
	case 2: // an OR over the user's fields, and more
		q.Where = soql.And(soql.Or(a.user("Rep_1__c"), a.user("Rep_2__c")), a.condition(1, q.From.Alias))
	case 3:
		q.Where = soql.And(a.condition(1, q.From.Alias), a.join())
	}
	if pick(a, true, false, false) {
		q.Select = append(q.Select, &soql.Subquery{Query: a.children()})
	}
	return q
}

// user is a field compared with the token.
func (a admin) user(field string) soql.Condition {
	return soql.Eq(field, pick[any](a, &soql.Token{Name: "userIdentifier"}, soql.DefaultToken))
}

func (a admin) join() soql.Condition {
	q := &soql.Query{Select: soql.Fields(pick(a, "Id", "Parent__c")), From: soql.From{Object: "Visit__c"}}
	if pick(a, true, false) {
		q = &soql.Query{Select: soql.Fields("WhatId"), From: soql.From{Object: "Task"}}
	}
	if pick(a, true, false) {
		q.Where = a.user("OwnerId")
	}
	return &soql.Membership{Left: soql.FieldPath(pick(a, "Id", "Parent__c")), Not: pick(a, true, false), Query: q}
}

func (a admin) children() *soql.Query {
	q := &soql.Query{Select: soql.Fields("Id"), From: soql.From{Object: pick(a, "FollowUps__r", "Mystery__r", "Tasks")}}
	if pick(a, true, false) {
		q.Where = pick(a, a.user("OwnerId"), soql.Ne("OwnerId", soql.DefaultToken), soql.Eq("Status__c", "Open"))
	}
	return q
}

func (a admin) condition(depth int, alias string) soql.Condition {
	if depth == 0 {
		return a.comparison(alias)
	}
	inner := func() soql.Condition { return a.condition(depth-1, alias) }
	switch pick(a, 1, 2, 3, 4) {
	case 1:
		return soql.And(inner(), inner())
	case 2:
		return soql.Or(inner(), inner(), inner())
	case 3:
		return soql.Not(inner())
	}
	return a.comparison(alias)
}

func (a admin) comparison(alias string) soql.Condition {
	if pick(a, true, false, false, false) { // a name says nothing of whose a record is
		return soql.Eq("Name", pick(a, me, "x", "it's"))
	}
	field := pick(a, "Rep_1__c", "Rep_1__c", "Rep_2__c", "OwnerId", "Rep_1__r.UserId__c")
	if alias != "" && pick(a, true, false) {
		field = alias + "." + field
	}
	value := pick(a, soql.DefaultToken, soql.DefaultToken, me, somebody, otherToken, "x")
	switch pick(a, 1, 1, 1, 2, 3, 4, 5, 6) {
	case 2:
		return soql.Ne(field, value)
	case 3:
		return soql.Like(field, value)
	case 4:
		return soql.In(field, []string{value, pick(a, soql.DefaultToken, "x")})
	case 5:
		return soql.NotIn(field, []string{value})
	case 6:
		return soql.Gt("Amount__c", 5)
	}
	return soql.Eq(field, value)
}
