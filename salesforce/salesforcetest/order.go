package salesforcetest

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sfbridge/sfbridge/soql"
)

// sortKey is one entry of ORDER BY made ready.
type sortKey struct {
	operand   *operand
	desc      bool
	nullsLast bool
}

// sortKeys makes ORDER BY ready.
func (q *query) sortKeys(order []soql.Order) ([]sortKey, error) {
	var keys []sortKey
	for _, o := range order {
		op, err := q.operand(o.Expr)
		if err != nil {
			return nil, err
		}
		if !op.field.sortable() {
			return nil, q.fault(o.Expr, "INVALID_FIELD", "field '%s' can not be sorted in a query call", op.field.Name)
		}
		if isStageName(op.field) {
			f := *op.field
			f.rank = ranks(q.org.choices(&f))
			op.field = &f
		}
		keys = append(keys, sortKey{op, o.Desc, o.Nulls == soql.NullsLast})
	}
	return keys, nil
}

// sort sorts records by the query's keys, and what they leave open by id. Each
// key is worked out only once for a record.
func (q *query) sort(rows []*record) {
	type keyed struct {
		record *record
		keys   []any
	}
	n := len(q.order)
	list, keys := make([]keyed, len(rows)), make([]any, n*len(rows))
	for i, r := range rows {
		list[i] = keyed{r, keys[i*n : i*n+n]}
		for k, key := range q.order {
			list[i].keys[k] = key.operand.of(q.world, r)
		}
	}
	slices.SortStableFunc(list, func(a, b keyed) int {
		for k, key := range q.order {
			if c := key.compare(a.keys[k], b.keys[k]); c != 0 {
				return c
			}
		}
		if q.groups != nil {
			return 0
		}
		return strings.Compare(a.record.id(), b.record.id())
	})
	for i, k := range list {
		rows[i] = k.record
	}
}

// compare orders two values by one key. Nulls come first, also when the order
// is descending.
func (k sortKey) compare(x, y any) int {
	if x == nil || y == nil {
		c := boolOrder(x != nil) - boolOrder(y != nil)
		if k.nullsLast {
			return -c
		}
		return c
	}
	c := k.operand.field.orderOf(x, y)
	if k.desc {
		return -c
	}
	return c
}

// orderOf compares two values for sorting: those of a picklist by their places
// in the list, unknown ones behind, all else by value.
func (f *field) orderOf(x, y any) int {
	if f.Type == "picklist" && len(f.rank) > 0 {
		return cmp.Or(cmp.Compare(f.place(x), f.place(y)), f.compare(x, y))
	}
	return f.compare(x, y)
}

// place is where a value stands in the picklist.
func (f *field) place(v any) int {
	if i, ok := f.rank[strings.ToLower(v.(string))]; ok {
		return i
	}
	return len(f.rank)
}
