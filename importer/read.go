package importer

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/soql"
)

// chunk is how many ids one query names: its text stays well below the length
// that Salesforce accepts in a URL.
const chunk = 200

// page reads up to limit records that where selects, deleted ones included.
func (r *run) page(ctx context.Context, o *object, limit int, where soql.Condition, order ...string) ([]salesforce.Record, error) {
	return r.query(ctx, o, append(soql.Fields(o.paths...), o.related...), true, limit, where, order...)
}

// query reads up to limit records that where selects.
func (r *run) query(ctx context.Context, o *object, items []soql.SelectItem, deleted bool, limit int, where soql.Condition, order ...string) ([]salesforce.Record, error) {
	if err := r.afford(); err != nil {
		return nil, err
	}
	query := soql.Query{
		Select: items,
		From:   soql.From{Object: o.Name},
		Where:  where,
		Limit:  &soql.Number{Literal: strconv.Itoa(limit)},
	}
	for _, path := range order {
		query.OrderBy = append(query.OrderBy, soql.Order{Expr: soql.FieldPath(path)})
	}
	text, err := query.Text()
	if err != nil {
		return nil, fmt.Errorf("importer: query %s: %w", o.Name, err)
	}
	records, err := salesforce.CollectQuery[salesforce.Record](ctx, r.cfg.Client, text, &salesforce.QueryOptions{All: deleted})
	if err != nil {
		return nil, fmt.Errorf("importer: read %s: %w", o.Name, err)
	}
	return records, nil
}

// changes reads what is stamped within [Low, ReadTo), in the order of stamp
// and id, so that of equal stamps none is passed over.
//
// No filter on the scope stands beside it: a record that has just left the
// scope would not match it, and would never be heard of again.
func (r *run) changes(ctx context.Context, o *object) error {
	low, end := r.Low, r.ReadTo
	return r.forward(ctx, o, func(ctx context.Context, at Position) ([]salesforce.Record, error) {
		from := low
		where := []soql.Condition{soql.Lt("SystemModstamp", end)}
		if at.AfterID != "" {
			from = at.AfterStamp
			where = append(where, soql.Or(soql.Gt("SystemModstamp", at.AfterStamp), soql.Gt("Id", at.AfterID)))
		}
		where = append([]soql.Condition{soql.Ge("SystemModstamp", from)}, where...)
		return r.page(ctx, o, r.cfg.PageSize, soql.And(where...), "SystemModstamp", "Id")
	}, r.applyPart(ctx, o))
}

// byID reads up to a chunk of records by id and reports those that are not
// there any more.
func (r *run) byID(ctx context.Context, o *object, ids []salesforce.ID) (found []salesforce.Record, lost []salesforce.ID, err error) {
	found, err = r.page(ctx, o, len(ids), soql.In("Id", ids))
	if err != nil {
		return nil, nil, err
	}
	there := make(map[salesforce.ID]bool, len(found))
	for _, record := range found {
		there[record.ID()] = true
	}
	for _, id := range ids {
		if !there[id] {
			lost = append(lost, id)
		}
	}
	return found, lost, nil
}

// stamp is a record's SystemModstamp.
func stamp(record salesforce.Record) (time.Time, error) {
	text, _ := record.Get("SystemModstamp")
	s, _ := text.(string)
	var t salesforce.DateTime
	if err := t.UnmarshalText([]byte(s)); err != nil {
		return time.Time{}, fmt.Errorf("SystemModstamp of %s: %w", record.ID(), err)
	}
	return t.Time, nil
}
