package soql_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/sfbridge/sfbridge/soql"
)

// This file is a tiny org that answers queries, to judge what the scoper lets
// through. It shares no code with it.

// row is a record: text, int or nil by field name in lower case.
type row map[string]any

// world is all records, by object in lower case.
type world map[string][]row

// relationships are the child relationships of the world. What leads to visits
// is dangerous when visits are guarded.
var relationships = map[string]struct{ object, lookup string }{
	"visit__c.followups__r": {"visit__c", "parent__c"},
	"visit__c.mystery__r":   {"visit__c", "parent__c"}, // known to the org, not to related
	"visit__c.tasks":        {"task", "whatid"},
	"task.visits__r":        {"visit__c", "task__c"},
}

// related is what the host's describe would tell.
func related(object, relationship string) (string, bool) {
	r, ok := relationships[strings.ToLower(object+"."+relationship)]
	return r.object, ok && !strings.EqualFold(relationship, "Mystery__r")
}

// Two users whose ids differ in case alone, as ids of 15 characters may, and a
// third.
const (
	meShort    = "005A0000001AbcD"
	me         = "005A0000001AbcDIAS"
	myTwin     = "005A0000001aBCdMAK"
	me2        = "a0XA0000000000bMAA"
	somebody   = "005A0000002XyZzIAK"
	otherToken = "%USERIDENTIFIER%"
)

// newWorld is a world of random visits and tasks.
func newWorld(seed uint64) world {
	r := rand.New(rand.NewPCG(seed, 1))
	pick := func(values ...any) any { return values[r.IntN(len(values))] }
	person := func() any { return pick(me, me, me2, myTwin, somebody, otherToken, nil) }
	w := world{}
	for i := range 40 {
		w["visit__c"] = append(w["visit__c"], row{
			"id": fmt.Sprint("v", i), "parent__c": fmt.Sprint("v", r.IntN(40)), "task__c": fmt.Sprint("t", r.IntN(10)),
			"ownerid": person(), "rep_1__c": person(), "rep_2__c": person(), "rep_1__r.userid__c": person(),
			"name": pick("x", "y", "it's", me, nil), "status__c": pick("Open", "Done", nil), "city__c": pick("Graz", "Wien", "x"),
			"amount__c": pick(0, 5, 10, nil), "tags__c": pick("a;b", "b", "c", nil),
		})
	}
	for i := range 10 {
		w["task"] = append(w["task"], row{
			"id": fmt.Sprint("t", i), "whatid": fmt.Sprint("v", r.IntN(40)), "ownerid": person(), "status__c": pick("Open", "Done"),
		})
	}
	for _, id := range []any{me, me2, myTwin, somebody, otherToken} {
		w["staff__c"] = append(w["staff__c"], row{"id": id, "user__c": person(), "region__c": pick("north", "south"), "name": person()})
	}
	return w
}

// answer is a record that a query yields, with the object that it is of.
type answer struct {
	object string
	row    row
}

// run yields the records that a query selects out of rows, and those of its
// child subqueries. Every record of a group counts as yielded.
func (w world) run(q *soql.Query, object string, rows []row) (outer, all []answer) {
	object = strings.ToLower(object)
	for _, r := range rows {
		if !w.holds(q.Where, q, r) {
			continue
		}
		outer = append(outer, answer{object, r})
		for _, item := range q.Select {
			sub, ok := item.(*soql.Subquery)
			if !ok {
				continue
			}
			rel, ok := relationships[object+"."+strings.ToLower(sub.Query.From.Object)]
			if !ok {
				panic("no relationship " + sub.Query.From.Object)
			}
			children := slices.Clone(w[rel.object])
			children = slices.DeleteFunc(children, func(c row) bool { return c[rel.lookup] != r["id"] })
			_, below := w.run(sub.Query, rel.object, children)
			all = append(all, below...)
		}
	}
	return outer, append(all, outer...)
}

// holds evaluates a condition.
func (w world) holds(c soql.Condition, q *soql.Query, r row) bool {
	switch c := c.(type) {
	case nil:
		return true
	case *soql.Negation:
		return !w.holds(c.X, q, r)
	case *soql.Logic:
		is := func(t soql.Condition) bool { return w.holds(t, q, r) }
		isNot := func(t soql.Condition) bool { return !is(t) }
		if c.Op == soql.OpOr {
			return slices.ContainsFunc(c.Terms, is)
		}
		return !slices.ContainsFunc(c.Terms, isNot)
	case *soql.Comparison:
		return compare(fieldOf(c.Left, q, r), c.Op, c.Right)
	case *soql.Membership:
		return w.isMember(c, q, r) != c.Not
	case *soql.Inclusion:
		return includes(fieldOf(c.Left, q, r), c.Values) != c.Not
	}
	panic(fmt.Sprintf("cannot evaluate %T", c))
}

func (w world) isMember(c *soql.Membership, q *soql.Query, r row) bool {
	v := fieldOf(c.Left, q, r)
	if c.Query == nil {
		return slices.ContainsFunc(c.Values, func(x soql.Value) bool { return compare(v, soql.OpEq, x) })
	}
	found, _ := w.run(c.Query, c.Query.From.Object, w[strings.ToLower(c.Query.From.Object)])
	selected := c.Query.Select[0].(*soql.Field).Expr
	return v != nil && slices.ContainsFunc(found, func(a answer) bool { return fieldOf(selected, c.Query, a.row) == v })
}

// fieldOf is the value of a field, less the alias before it. What is amount__c
// from somewhere is also that far away.
func fieldOf(x soql.Expr, q *soql.Query, r row) any {
	if c, ok := x.(*soql.Call); ok && c.Name == "DISTANCE" {
		return r["amount__c"]
	}
	names := x.(*soql.Path).Names
	if len(names) > 1 && (strings.EqualFold(names[0], q.From.Alias) || strings.EqualFold(names[0], q.From.Object)) {
		names = names[1:]
	}
	name := strings.ToLower(strings.Join(names, "."))
	v, ok := r[name]
	if !ok {
		panic("no field " + name)
	}
	return v
}

func compare(v any, op soql.CompareOp, literal soql.Value) bool {
	if _, ok := literal.(*soql.Null); ok {
		return (v == nil) == (op == soql.OpEq)
	}
	if v == nil {
		return op == soql.OpNe
	}
	var order int
	switch literal := literal.(type) {
	case *soql.Number:
		n, err := strconv.Atoi(literal.Literal)
		if err != nil {
			panic(err)
		}
		order = v.(int) - n
	case *soql.Text:
		if op == soql.OpLike {
			return like(strings.ToLower(v.(string)), strings.ToLower(literal.Value))
		}
		order = strings.Compare(strings.ToLower(v.(string)), strings.ToLower(literal.Value))
	default:
		panic(fmt.Sprintf("cannot compare with %T", literal))
	}
	switch op {
	case soql.OpEq:
		return order == 0
	case soql.OpNe:
		return order != 0
	case soql.OpLt:
		return order < 0
	case soql.OpLe:
		return order <= 0
	case soql.OpGt:
		return order > 0
	default:
		return order >= 0
	}
}

// like matches a pattern without escapes.
func like(s, pattern string) bool {
	if pattern == "" {
		return s == ""
	}
	switch pattern[0] {
	case '%':
		return like(s, pattern[1:]) || s != "" && like(s[1:], pattern)
	case '_':
		return s != "" && like(s[1:], pattern[1:])
	default:
		return s != "" && s[0] == pattern[0] && like(s[1:], pattern[1:])
	}
}

func includes(v any, values []soql.Value) bool {
	if v == nil {
		return false
	}
	has := strings.Split(v.(string), ";")
	return slices.ContainsFunc(values, func(x soql.Value) bool {
		all := strings.Split(x.(*soql.Text).Value, ";")
		return !slices.ContainsFunc(all, func(s string) bool { return !slices.Contains(has, s) })
	})
}

// belongs reports whether any field that says whose a visit is says so. Visits
// are guarded, other objects are not.
func (a answer) belongs(ids []string) bool {
	if a.object != "visit__c" {
		return true
	}
	return slices.ContainsFunc([]string{"ownerid", "rep_1__c", "rep_2__c", "rep_1__r.userid__c"}, func(f string) bool {
		id, ok := a.row[f].(string)
		return ok && slices.Contains(ids, id)
	})
}
