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
	query := soql.Query{
		Select: append(soql.Fields(o.paths...), o.related...),
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
	records, err := salesforce.CollectQuery[salesforce.Record](ctx, r.cfg.Client, text, &salesforce.QueryOptions{All: true})
	if err != nil {
		return nil, fmt.Errorf("importer: read %s: %w", o.Name, err)
	}
	return records, nil
}

// all reads an object by id, page by page. Ids rise only roughly with time; a
// record that comes to lie behind the position is stamped after the run's
// bounds were taken, and belongs to the next run.
func (r *run) all(ctx context.Context, o *object) error {
	r.listing = true
	defer func() { r.listing = false }()
	for {
		var where soql.Condition
		if r.Position.AfterID != "" {
			where = soql.Gt("Id", r.Position.AfterID)
		}
		records, err := r.page(ctx, o, r.cfg.PageSize, where, "Id")
		if err != nil || len(records) == 0 {
			return err
		}
		after := r.Position
		after.AfterID = records[len(records)-1].ID()
		if err := r.apply(ctx, o, records, after, &Checkpoint{}); err != nil {
			return err
		}
		if len(records) < r.cfg.PageSize {
			return nil
		}
	}
}

// changes reads what is stamped within [Low, ReadTo), in the order of stamp
// and id, so that of equal stamps none is passed over.
//
// No filter on the scope stands beside it: a record that has just left the
// scope would not match it, and would never be heard of again.
func (r *run) changes(ctx context.Context, o *object) error {
	for {
		from := r.Low
		where := []soql.Condition{soql.Lt("SystemModstamp", r.ReadTo)}
		if p := r.Position; p.AfterID != "" {
			from = p.AfterStamp
			where = append(where, soql.Or(soql.Gt("SystemModstamp", p.AfterStamp), soql.Gt("Id", p.AfterID)))
		}
		where = append([]soql.Condition{soql.Ge("SystemModstamp", from)}, where...)
		records, err := r.page(ctx, o, r.cfg.PageSize, soql.And(where...), "SystemModstamp", "Id")
		if err != nil || len(records) == 0 {
			return err
		}
		last := records[len(records)-1]
		after := r.Position
		after.AfterID = last.ID()
		if after.AfterStamp, err = stamp(last); err != nil {
			return fmt.Errorf("importer: read %s: %w", o.Name, err)
		}
		r.remember(o, records)
		if err := r.apply(ctx, o, records, after, &Checkpoint{}); err != nil {
			return err
		}
		if len(records) < r.cfg.PageSize {
			return nil
		}
	}
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

// remember notes which records a run has read, for the check against
// getUpdated. After a resume the note is incomplete, and the check reads some
// records a second time, which changes nothing.
func (r *run) remember(o *object, records []salesforce.Record) {
	seen := r.read[o.Name]
	if seen == nil {
		seen = map[salesforce.ID]bool{}
		r.read[o.Name] = seen
	}
	for _, record := range records {
		seen[record.ID()] = true
	}
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
