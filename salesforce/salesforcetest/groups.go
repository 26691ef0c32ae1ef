package salesforcetest

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/sfbridge/sfbridge/soql"
)

// groups are the aggregates of a query. Each group becomes a record whose
// fields, the slots, hold what the group is by and what is computed from it; so
// HAVING, ORDER BY and the select list work on groups as on other records.
type groups struct {
	slots    map[string]*slot // by the text of the expression
	list     []*slot
	keys     []*slot   // those that records are grouped by
	having   predicate // on groups, nil for none
	countAll bool      // the query is SELECT COUNT()
	plain    *query    // the query on the records themselves
}

// slot is one value of a group.
type slot struct {
	field     *field   // with the slot's index
	source    *operand // what is read from records, nil for COUNT()
	aggregate string   // the function in upper case, "" for a key
}

// maxGroups is how many groups a query may yield.
const maxGroups = 2000

// aggregateFunctions and whether they need numbers.
var aggregateFunctions = map[string]bool{
	"COUNT": false, "COUNT_DISTINCT": false, "MIN": false, "MAX": false, "SUM": true, "AVG": true,
}

// isAggregate reports whether an expression sums up records.
func isAggregate(x soql.Expr) (*soql.Call, bool) {
	call, ok := x.(*soql.Call)
	if !ok {
		return nil, false
	}
	_, ok = aggregateFunctions[strings.ToUpper(call.Name)]
	return call, ok
}

// aggregates reports whether a query yields groups.
func (q *query) aggregates() bool {
	if len(q.node.GroupBy) > 0 {
		return true
	}
	for _, item := range q.node.Select {
		if f, ok := item.(*soql.Field); ok {
			if _, ok := isAggregate(f.Expr); ok {
				return true
			}
		}
	}
	return false
}

// prepareGroups makes what the groups are by ready.
func (q *query) prepareGroups() error {
	plain := *q
	g := &groups{slots: map[string]*slot{}, plain: &plain}
	for _, x := range q.node.GroupBy {
		op, err := plain.operand(x)
		if err != nil {
			return err
		}
		if !op.field.groupable() {
			return q.fault(x, "MALFORMED_QUERY", "field '%s' can not be grouped in a query call", op.field.Name)
		}
		g.keys = append(g.keys, g.add(x, &slot{source: op}, op.field))
	}
	q.groups = g
	return nil
}

// add makes a slot for an expression, whose values are like those of a field.
func (g *groups) add(x soql.Expr, s *slot, like *field) *slot {
	f := *like
	f.index = len(g.list)
	s.field = &f
	g.list = append(g.list, s)
	g.slots[exprText(x)] = s
	return s
}

// exprText is an expression in one spelling.
func exprText(x soql.Expr) string {
	switch x := x.(type) {
	case *soql.Path:
		return strings.ToLower(strings.Join(x.Names, "."))
	case *soql.Call:
		args := make([]string, len(x.Args))
		for i, arg := range x.Args {
			args[i] = exprText(arg)
		}
		return strings.ToLower(x.Name) + "(" + strings.Join(args, ",") + ")"
	}
	return ""
}

// operand finds the slot of an expression, a new one for a new aggregate.
func (g *groups) operand(q *query, x soql.Expr) (*operand, error) {
	if s := g.slots[exprText(x)]; s != nil {
		return g.read(s), nil
	}
	call, ok := isAggregate(x)
	if !ok {
		return nil, q.fault(x, "MALFORMED_QUERY", "Field must be grouped or aggregated: %s", lastName(x))
	}
	name := strings.ToUpper(call.Name)
	s := &slot{aggregate: name}
	if len(call.Args) == 0 {
		return g.read(g.add(x, s, countField)), nil
	}
	var err error
	if s.source, err = g.plain.operand(call.Args[0]); err != nil {
		return nil, err
	}
	like := s.source.field
	switch {
	case aggregateFunctions[name] && like.typ.kind != kindNumber, !like.filterable():
		return nil, q.fault(x, "MALFORMED_QUERY", "field %s does not support aggregate operator %s", like.Name, name)
	case name == "COUNT" || name == "COUNT_DISTINCT":
		like = countField
	}
	return g.read(g.add(x, s, like)), nil
}

var countField = &field{Field: Field{Name: "count", Type: "int"}, typ: fieldTypes["int"]}

// read is the operand that reads a slot from the record of a group.
func (g *groups) read(s *slot) *operand {
	return &operand{name: s.field.Name, reads: s.field, field: s.field}
}

func lastName(x soql.Expr) string {
	if p, ok := x.(*soql.Path); ok {
		return p.Names[len(p.Names)-1]
	}
	return exprText(x)
}

// groupColumns makes the columns of an aggregate query.
func (q *query) groupColumns() error {
	for _, item := range q.node.Select {
		f, ok := item.(*soql.Field)
		if !ok {
			return q.fault(item, "MALFORMED_QUERY", "Grouped queries have no child subqueries")
		}
		op, err := q.operand(f.Expr)
		if err != nil {
			return err
		}
		name := op.name
		if call, ok := f.Expr.(*soql.Call); ok {
			name = ""
			q.groups.countAll = len(call.Args) == 0
		}
		q.columns = append(q.columns, newColumn(q.columnName(f.Alias, name), column{operand: op}))
	}
	return q.prepareHaving()
}

// prepareHaving makes HAVING ready. It comes after the select list, as both may
// add slots, and before any record is counted.
func (q *query) prepareHaving() error {
	if q.node.Having == nil {
		return nil
	}
	var err error
	q.groups.having, err = q.condition(q.node.Having)
	return err
}

// total is the result of SELECT COUNT(): its only group has one slot.
func (g *groups) total(q *query, rows []*record) int {
	n := int(rows[0].values[0].(decimal).coef)
	if q.limit >= 0 {
		n = min(n, q.limit)
	}
	return n
}

// collect turns records into the records of their groups.
func (g *groups) collect(e *world, found []*record) []*record {
	byKey := map[string]*group{}
	var order []*group
	for _, r := range found {
		key := g.keyOf(e, r)
		if byKey[key] == nil {
			byKey[key] = g.newGroup(e, r)
			order = append(order, byKey[key])
		}
		byKey[key].add(g, e, r)
	}
	if len(g.keys) == 0 && len(order) == 0 {
		order = append(order, g.newGroup(e, nil)) // the sum over nothing
	}
	var result []*record
	for _, grp := range order {
		r := grp.result(g)
		if g.having == nil || g.having(r) {
			result = append(result, r)
		}
	}
	return result
}

// keyOf is a text that records of one group share.
func (g *groups) keyOf(e *world, r *record) string {
	var key strings.Builder
	for _, s := range g.keys {
		key.WriteString(distinctKey(s.source, s.source.of(e, r)))
		key.WriteByte(0)
	}
	return key.String()
}

// distinctKey is a text that equal values share.
func distinctKey(op *operand, v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		if op.field.typ.kind == kindID {
			return "=" + v
		}
		return "=" + strings.ToLower(v)
	}
	return fmt.Sprint("=", v)
}

// group collects the records of one group.
type group struct {
	values []any // by slot; keys and extremes
	counts []int64
	sums   []*big.Rat
	seen   []map[string]bool
}

// newGroup begins the group of a record, nil for the group of none.
func (g *groups) newGroup(e *world, first *record) *group {
	n := len(g.list)
	grp := &group{values: make([]any, n), counts: make([]int64, n), sums: make([]*big.Rat, n), seen: make([]map[string]bool, n)}
	for i, s := range g.list {
		grp.sums[i], grp.seen[i] = new(big.Rat), map[string]bool{}
		if s.aggregate == "" && first != nil {
			grp.values[i] = s.source.of(e, first)
		}
	}
	return grp
}

// add takes a record into a group.
func (grp *group) add(g *groups, e *world, r *record) {
	for i, s := range g.list {
		if s.aggregate == "" {
			continue
		}
		if s.source == nil {
			grp.counts[i]++
			continue
		}
		v := s.source.of(e, r)
		if v == nil {
			continue
		}
		grp.counts[i]++
		switch old := grp.values[i]; s.aggregate {
		case "MIN":
			if old == nil || s.field.orderOf(v, old) < 0 {
				grp.values[i] = v
			}
		case "MAX":
			if old == nil || s.field.orderOf(v, old) > 0 {
				grp.values[i] = v
			}
		case "COUNT_DISTINCT":
			grp.seen[i][distinctKey(s.source, v)] = true
		case "SUM", "AVG":
			grp.sums[i].Add(grp.sums[i], v.(decimal).rat())
		}
	}
}

// result is the group as a record.
func (grp *group) result(g *groups) *record {
	r := &record{values: grp.values}
	for i, s := range g.list {
		switch s.aggregate {
		case "COUNT":
			r.values[i] = decimal{coef: grp.counts[i]}
		case "COUNT_DISTINCT":
			r.values[i] = decimal{coef: int64(len(grp.seen[i]))}
		case "SUM":
			if grp.counts[i] > 0 {
				r.values[i] = fromRat(grp.sums[i], s.field.Scale)
			}
		case "AVG":
			if grp.counts[i] > 0 {
				r.values[i] = fromRat(grp.sums[i].Quo(grp.sums[i], big.NewRat(grp.counts[i], 1)), averageScale)
			}
		}
	}
	return r
}

// averageScale is how many digits behind the point an average keeps.
const averageScale = 6
