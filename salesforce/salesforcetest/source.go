package salesforcetest

import (
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/soql"
)

// source returns the rows that a query has to look at, fewer than all where an
// index serves the filter, and whether they come in the order asked for.
func (q *query) source() (rows []*row, sorted bool) {
	if q.tx != nil { // the indexes hold what is committed
		return q.object.sorted(), len(q.order) == 0
	}
	terms := conjuncts(q.node.Where)
	byID := len(q.order) == 0 || len(q.order) == 1 && q.order[0].ascending(fieldID)
	for _, term := range terms {
		if rows, ok := q.keyed(term); ok {
			return q.bound(rows, terms, fieldID), byID
		}
	}
	if q.byStamp() {
		rows = q.object.stamps.all(q.object.rows)
		return q.bound(rows, terms, fieldStamp), true
	}
	rows = q.object.ids.all(q.object.rows)
	return q.bound(rows, terms, fieldID), byID
}

// byStamp reports whether the order asked for is that of the stamps.
func (q *query) byStamp() bool {
	switch len(q.order) {
	case 1:
		return q.order[0].ascending(fieldStamp)
	case 2:
		return q.order[0].ascending(fieldStamp) && q.order[1].ascending(fieldID)
	}
	return false
}

func (k sortKey) ascending(index int) bool { return k.operand.direct(index) && !k.desc }

// keyed finds the rows that a condition names by id, by a key, or by the record
// that they refer to, in the order of their ids.
func (q *query) keyed(c soql.Condition) ([]*row, bool) {
	var left soql.Expr
	var values []soql.Value
	switch c := c.(type) {
	case *soql.Comparison:
		if c.Op == soql.OpEq {
			left, values = c.Left, []soql.Value{c.Right}
		}
	case *soql.Membership:
		if !c.Not {
			left, values = c.Left, c.Values
		}
	}
	p, ok := left.(*soql.Path)
	if !ok || len(values) == 0 {
		return nil, false
	}
	op, err := q.path(p)
	if err != nil || op.via != nil || op.field.typ.kind != kindID && !op.field.isKey() {
		return nil, false
	}
	var rows []*row
	for _, v := range values {
		parsed, err := q.literal(op, v)
		if err != nil || parsed == nil || parsed == "" {
			return nil, false
		}
		rows = append(rows, q.object.lookup(op.field, parsed)...)
	}
	slices.SortFunc(rows, q.object.ids.compare)
	return slices.Compact(rows), true
}

// lookup returns the rows that may have a value in an indexed field.
func (ob *object) lookup(f *field, v any) []*row {
	switch {
	case f.index == fieldID:
		if w := ob.rows[v.(string)]; w != nil {
			return []*row{w}
		}
		return nil
	case f.typ.kind == kindID:
		return ob.referring(f, v.(string))
	}
	return ob.keys[f][f.key(v)]
}

// bound cuts rows that are sorted by Id or by SystemModstamp to those that the
// conditions on that field leave over.
func (q *query) bound(rows []*row, terms []soql.Condition, index int) []*row {
	for _, term := range terms {
		c, ok := term.(*soql.Comparison)
		if !ok || c.Op == soql.OpNe || c.Op == soql.OpLike {
			continue
		}
		p, ok := c.Left.(*soql.Path)
		if !ok {
			continue
		}
		op, err := q.path(p)
		if err != nil || !op.direct(index) {
			continue
		}
		limit, err := q.literal(op, c.Right)
		if err != nil || limit == nil {
			continue
		}
		after := func(strict bool) int { // the first row at or behind the limit
			return sort.Search(len(rows), func(i int) bool {
				d := rows[i].compareSystem(index, limit)
				return d > 0 || d == 0 && !strict
			})
		}
		switch c.Op {
		case soql.OpGt:
			rows = rows[after(true):]
		case soql.OpGe:
			rows = rows[after(false):]
		case soql.OpLt:
			rows = rows[:after(false)]
		case soql.OpLe:
			rows = rows[:after(true)]
		}
	}
	return rows
}

// compareSystem compares the Id or SystemModstamp of a row with a limit.
func (w *row) compareSystem(index int, limit any) int {
	if index == fieldStamp {
		return w.seen.stamp().Compare(limit.(time.Time))
	}
	return strings.Compare(w.id, limit.(string))
}
