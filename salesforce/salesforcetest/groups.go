package salesforcetest

import (
	"math/bits"
	"slices"
	"strings"

	"github.com/sfbridge/sfbridge/soql"
)

// groups are the aggregates of a query. Each group becomes a record whose
// fields, the slots, hold what the group is by and what is computed from it; so
// HAVING, ORDER BY and the select list work on groups as on other records.
type groups struct {
	slots    map[string]*slot // by the text of the expression
	list     []*slot
	keys     []*slot             // those that records are grouped by
	sets     []keySet            // by which of them: several for subtotals
	aliases  map[string]*operand // of columns, by lower-case alias
	having   predicate           // on groups, nil for none
	countAll bool                // the query is SELECT COUNT()
	plain    *query              // the query on the records themselves
}

// slot is one value of a group.
type slot struct {
	field     *field   // with the slot's index
	source    *operand // what is read from records, nil for COUNT()
	aggregate string   // the function in upper case, "" for a key
	key       int      // the number of a key, or of that which GROUPING asks for
}

// keySet holds the numbers of keys as bits.
type keySet uint

// has reports whether a key is in the set. So many that the bits run out come
// without subtotals only, by all of them.
func (s keySet) has(key int) bool { return key >= bits.UintSize || s&(1<<key) != 0 }

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
	return len(q.node.GroupBy) > 0 || slices.ContainsFunc(q.node.Select, func(item soql.SelectItem) bool {
		f, ok := item.(*soql.Field)
		return ok && sumsUp(f.Expr)
	})
}

// sumsUp reports whether an aggregate function is part of an expression.
func sumsUp(x soql.Expr) bool {
	call, ok := x.(*soql.Call)
	if !ok {
		return false
	}
	_, ok = isAggregate(call)
	return ok || slices.ContainsFunc(call.Args, sumsUp)
}

// prepareGroups makes what the groups are by ready.
func (q *query) prepareGroups() error {
	plain := *q
	g := &groups{slots: map[string]*slot{}, aliases: map[string]*operand{}, plain: &plain}
	for i, x := range q.node.GroupBy {
		op, err := plain.operand(x)
		if err != nil {
			return err
		}
		if !op.field.groupable() {
			return q.fault(x, "MALFORMED_QUERY", "field '%s' can not be grouped in a query call", op.field.Name)
		}
		g.keys = append(g.keys, g.add(q.exprText(x), &slot{source: op, key: i}, op.field))
	}
	g.sets = keySets(len(g.keys), q.node.Subtotals)
	q.groups = g
	return nil
}

// keySets are the sets of n keys by which records are grouped.
func keySets(n int, subtotals soql.Subtotals) []keySet {
	all := keySet(1)<<n - 1
	sets := []keySet{all}
	switch subtotals {
	case soql.Rollup:
		for i := n - 1; i >= 0; i-- {
			sets = append(sets, 1<<i-1)
		}
	case soql.Cube:
		for s := all; s > 0; s-- {
			sets = append(sets, s-1)
		}
	}
	return sets
}

// add makes a slot for an expression, whose values are like those of a field.
func (g *groups) add(text string, s *slot, like *field) *slot {
	f := *like
	f.index = len(g.list)
	s.field = &f
	g.list = append(g.list, s)
	g.slots[text] = s
	return s
}

// exprText is an expression in one spelling.
func (q *query) exprText(x soql.Expr) string {
	switch x := x.(type) {
	case *soql.Path:
		return strings.ToLower(strings.Join(q.own(x.Names), "."))
	case *soql.Call:
		args := make([]string, len(x.Args))
		for i, arg := range x.Args {
			args[i] = q.exprText(arg)
		}
		return strings.ToLower(x.Name) + "(" + strings.Join(args, ",") + ")"
	}
	return ""
}

// operand finds the slot of an expression, a new one for a new aggregate.
func (g *groups) operand(q *query, x soql.Expr) (*operand, error) {
	text := q.exprText(x)
	if s := g.slots[text]; s != nil {
		return g.read(s), nil
	}
	call, ok := x.(*soql.Call)
	if !ok {
		if op := g.aliases[text]; op != nil {
			return op, nil
		}
		return nil, q.fault(x, "MALFORMED_QUERY", "Field must be grouped or aggregated: %s", text[strings.LastIndexByte(text, '.')+1:])
	}
	name := strings.ToUpper(call.Name)
	if name == "GROUPING" {
		key := g.slots[q.exprText(call.Args[0])]
		if key == nil || key.aggregate != "" {
			return nil, q.fault(x, "MALFORMED_QUERY", "GROUPING needs a field that is grouped by")
		}
		return g.read(g.add(text, &slot{aggregate: name, key: key.key}, countField)), nil
	}
	if _, ok := isAggregate(call); !ok {
		return q.call(call)
	}
	s := &slot{aggregate: name}
	if len(call.Args) == 0 {
		return g.read(g.add(text, s, countField)), nil
	}
	var err error
	if s.source, err = g.plain.operand(call.Args[0]); err != nil {
		return nil, err
	}
	like := s.source.field
	switch {
	case aggregateFunctions[name] && like.typ.kind != kindNumber, !like.aggregatable():
		return nil, q.fault(x, "MALFORMED_QUERY", "field %s does not support aggregate operator %s", like.Name, name)
	case name == "COUNT" || name == "COUNT_DISTINCT":
		like = countField
	case name == "AVG" && like.Type == "int":
		like = made("double", like)
		like.Scale = 2 // for FORMAT
	}
	return g.read(g.add(text, s, like)), nil
}

var countField = &field{Field: Field{Name: "count", Type: "int"}, typ: fieldTypes["int"]}

// read is the operand that reads a slot from the record of a group.
func (g *groups) read(s *slot) *operand {
	return &operand{name: s.field.Name, reads: s.field, field: s.field}
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
		name = q.columnName(f.Alias, name)
		if slices.ContainsFunc(q.columns, func(c *column) bool { return strings.EqualFold(c.name, name) }) {
			return q.fault(item, "MALFORMED_QUERY", "duplicate alias: %s", name)
		}
		q.columns = append(q.columns, newColumn(name, column{operand: op}))
		if f.Alias != "" {
			q.groups.aliases[strings.ToLower(f.Alias)] = op
		}
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
