package salesforcetest

import (
	"slices"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/soql"
)

// source is where a query looks for its records: in all rows of an object, or
// in the fewer that an index leaves over.
type source struct {
	rows    rowSpan
	byStamp bool     // the rows are in the order of their stamps, not of their ids
	fields  []*field // those whose index served, nil for all rows
}

// source chooses where the query looks.
func (q *query) source() source {
	ids, stamps, keyed := q.sources()
	s := ids
	switch {
	case len(keyed) > 0:
		s = slices.MinFunc(keyed, func(a, b source) int { return a.rows.count() - b.rows.count() })
	case q.sortsBy(fieldStamp), (q.limit < 0 || !q.sortsBy(fieldID)) && stamps.rows.count() < ids.rows.count():
		s = stamps
	}
	if q.tx != nil {
		return q.withOwn(s)
	}
	return s
}

// sources are the places where the query could look: the rows between its
// bounds of Id, those between its bounds of SystemModstamp, and those with each
// of the keys that it asks for.
func (q *query) sources() (ids, stamps source, keyed []source) {
	terms := conjuncts(q.node.Where)
	ids.rows, ids.fields = q.bound(q.object.ids.rows(q.object.rows), terms, fieldID)
	stamps.rows, stamps.fields = q.bound(q.object.stamps.rows(q.object.rows), terms, fieldStamp)
	stamps.byStamp = true
	for _, term := range terms {
		if rows, f := q.keyed(term); f != nil {
			span, _ := q.bound(rows, terms, fieldID)
			keyed = append(keyed, source{rows: span, fields: []*field{f}})
		}
	}
	return ids, stamps, keyed
}

// withOwn adds the rows that the query's transaction has written, whatever they
// were before: the indexes hold what is committed.
func (q *query) withOwn(s source) source {
	rows := slices.DeleteFunc(slices.Collect(s.rows.all), func(w *row) bool { return w.tx == q.tx })
	for _, w := range q.tx.rows {
		if w.next.of == q.object {
			rows = append(rows, w)
		}
	}
	slices.SortFunc(rows, byID)
	return source{rows: newRowList(rows).span()}
}

// sorted reports whether the rows of a source come in the order asked for.
func (q *query) sorted(s source) bool {
	if s.byStamp {
		return q.sortsBy(fieldStamp)
	}
	return len(q.order) == 0 || q.sortsBy(fieldID)
}

// sortsBy reports whether the order asked for is that of the ids or, with the
// ids behind them, of the stamps.
func (q *query) sortsBy(index int) bool {
	return len(q.order) > 0 && q.order[0].ascending(index) &&
		(len(q.order) == 1 || len(q.order) == 2 && q.order[1].ascending(fieldID))
}

func (k sortKey) ascending(index int) bool { return k.operand.direct(index) && !k.desc }

// keyed finds the rows that a condition names by id, by a key, or by the record
// that they refer to, in the order of their ids. The field is nil if the
// condition does nothing of that kind.
func (q *query) keyed(c soql.Condition) (*rowList, *field) {
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
		return nil, nil
	}
	op, err := q.path(p)
	if err != nil || op.via != nil || op.poly || op.field.typ.kind != kindID && !op.field.isKey() {
		return nil, nil
	}
	var rows []*row
	for _, v := range values {
		parsed, err := q.literal(op, v)
		if err != nil || parsed == nil || parsed == "" {
			return nil, nil
		}
		found := q.object.lookup(op.field, parsed)
		if len(values) == 1 && found != nil {
			return found, op.field
		}
		rows = slices.AppendSeq(rows, found.all)
	}
	slices.SortFunc(rows, byID)
	return newRowList(slices.Compact(rows)), op.field
}

// lookup returns the rows that may have a value in an indexed field, nil for
// none.
func (ob *object) lookup(f *field, v any) *rowList {
	switch {
	case f.index == fieldID:
		if w := ob.rows[v.(string)]; w != nil {
			return newRowList([]*row{w})
		}
		return nil
	case f.typ.kind == kindID:
		return ob.referring(f, v.(string))
	}
	return ob.keys[f][f.key(v)]
}

// bound cuts rows that are sorted by Id or by SystemModstamp to those that the
// conditions on that field leave over. The fields are nil when there is none.
func (q *query) bound(list *rowList, terms []soql.Condition, index int) (s rowSpan, fields []*field) {
	s = list.span()
	for _, term := range terms {
		op, limit := q.limitOf(term, index)
		if limit == nil {
			continue
		}
		fields = []*field{q.object.fields[index]}
		after := func(strict bool) place { // the first row at or behind the limit
			return list.first(func(w *row) bool {
				d := w.compareSystem(index, limit)
				return d > 0 || d == 0 && !strict
			})
		}
		switch op {
		case soql.OpGt:
			s.from = later(s.from, after(true))
		case soql.OpGe:
			s.from = later(s.from, after(false))
		case soql.OpLt:
			s.to = earlier(s.to, after(false))
		case soql.OpLe:
			s.to = earlier(s.to, after(true))
		}
	}
	return s, fields
}

// limitOf is the value with which a condition bounds the Id or SystemModstamp,
// nil if it does not.
func (q *query) limitOf(term soql.Condition, index int) (soql.CompareOp, any) {
	c, ok := term.(*soql.Comparison)
	if !ok || c.Op != soql.OpLt && c.Op != soql.OpLe && c.Op != soql.OpGt && c.Op != soql.OpGe {
		return 0, nil
	}
	p, ok := c.Left.(*soql.Path)
	if !ok {
		return 0, nil
	}
	op, err := q.path(p)
	if err != nil || !op.direct(index) {
		return 0, nil
	}
	limit, err := q.literal(op, c.Right)
	if err != nil {
		return 0, nil
	}
	return c.Op, limit
}

// compareSystem compares the Id or SystemModstamp of a row with a limit.
func (w *row) compareSystem(index int, limit any) int {
	if index == fieldStamp {
		return w.seen.stamp().Compare(limit.(time.Time))
	}
	return strings.Compare(w.id, limit.(string))
}
