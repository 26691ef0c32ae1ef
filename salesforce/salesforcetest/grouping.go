package salesforcetest

import (
	"cmp"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
)

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
