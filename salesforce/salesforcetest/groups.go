package salesforcetest

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
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

func (s keySet) has(key int) bool { return s&(1<<key) != 0 }

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

// collect turns records into the records of their groups.
func (g *groups) collect(e *world, found []*record) []*record {
	order := g.collectBy(e, found, g.sets[0])
	if len(g.keys) == 0 && len(order) == 0 {
		order = append(order, g.newGroup(e, nil, 0)) // the sum over nothing
	}
	if len(g.sets) > 1 {
		groups := order
		for _, set := range g.sets[1:] {
			order = append(order, g.collectBy(e, found, set)...)
		}
		g.sortSubtotals(order, groups)
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

// collectBy groups records by a set of keys. The groups come in the order of
// their first records.
func (g *groups) collectBy(e *world, found []*record, set keySet) []*group {
	byKey := map[string]*group{}
	var order []*group
	for _, r := range found {
		key := g.keyOf(e, r, set)
		if byKey[key] == nil {
			byKey[key] = g.newGroup(e, r, set)
			order = append(order, byKey[key])
		}
		byKey[key].add(g, e, r)
	}
	return order
}

// sortSubtotals puts each subtotal behind its groups, which keep the order in
// which their values first came.
func (g *groups) sortSubtotals(all, groups []*group) {
	ranks := make([]map[string]int, len(g.keys))
	for i, key := range g.keys {
		ranks[i] = map[string]int{}
		for _, grp := range groups {
			text := distinctKey(key.source, grp.values[key.field.index])
			if _, known := ranks[i][text]; !known {
				ranks[i][text] = len(ranks[i])
			}
		}
	}
	rank := func(grp *group, key int) int {
		if !grp.set.has(key) {
			return math.MaxInt
		}
		return ranks[key][distinctKey(g.keys[key].source, grp.values[g.keys[key].field.index])]
	}
	slices.SortStableFunc(all, func(a, b *group) int {
		for key := range g.keys {
			if c := cmp.Compare(rank(a, key), rank(b, key)); c != 0 {
				return c
			}
		}
		return 0
	})
}

// keyOf is a text that records of one group share.
func (g *groups) keyOf(e *world, r *record, set keySet) string {
	var key strings.Builder
	for _, s := range g.keys {
		if set.has(s.key) {
			key.WriteString(distinctKey(s.source, s.source.of(e, r)))
		}
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
	set    keySet // the keys that it is by; the others are summed over
	values []any  // by slot; keys and extremes
	counts []int64
	sums   []*big.Rat
	seen   []map[string]bool
}

// newGroup begins the group of a record, nil for the group of none.
func (g *groups) newGroup(e *world, first *record, set keySet) *group {
	n := len(g.list)
	grp := &group{set: set, values: make([]any, n), counts: make([]int64, n), sums: make([]*big.Rat, n), seen: make([]map[string]bool, n)}
	for i, s := range g.list {
		grp.sums[i], grp.seen[i] = new(big.Rat), map[string]bool{}
		if s.aggregate == "" && first != nil && set.has(s.key) {
			grp.values[i] = s.source.of(e, first)
		}
	}
	return grp
}

// add takes a record into a group.
func (grp *group) add(g *groups, e *world, r *record) {
	for i, s := range g.list {
		if s.aggregate == "" || s.aggregate == "GROUPING" {
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
		case "GROUPING":
			r.values[i] = decimal{}
			if !grp.set.has(s.key) {
				r.values[i] = decimal{coef: 1}
			}
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
				r.values[i] = average(grp.sums[i], grp.counts[i])
			}
		}
	}
	return r
}

// averageDigits is how many digits an average keeps, about as many as a double
// has, and averageScale how many of them stand behind the point at most.
const (
	averageDigits = 17
	averageScale  = 15
)

// average is a sum divided by the number of its parts.
func average(sum *big.Rat, n int64) decimal {
	quotient := new(big.Rat).Quo(sum, big.NewRat(n, 1))
	whole := len(new(big.Int).Quo(quotient.Num(), quotient.Denom()).String())
	return fromRat(quotient, max(min(averageScale, averageDigits-whole), 0))
}
