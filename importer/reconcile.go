package importer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/soql"
)

// compare holds the records that there are against what the links know of them,
// and owes a read to each that differs: by its stamp, by a value whose changes
// move no stamp, by its scope checkbox, by its parent. It reads little of each
// record. Links that it does not meet are looked for by id afterwards.
func (r *run) compare(ctx context.Context, o *object) error {
	if !r.compares(o) {
		return nil
	}
	return r.forward(ctx, o, func(ctx context.Context, at Position) ([]salesforce.Record, error) {
		var where []soql.Condition
		if o.filters { // a linked record that is ticked no more is not met, and looked for by id
			where = append(where, soql.Eq(o.Scope.Field, true))
		}
		if at.AfterID != "" {
			where = append(where, soql.Gt("Id", at.AfterID))
		}
		return r.query(ctx, o, o.brief(), false, r.cfg.PageSize, soql.And(where...), "Id")
	}, func(p part) error { return r.comparePart(ctx, o, p) })
}

// compares reports whether the run looks at all records of an object.
func (r *run) compares(o *object) bool {
	return r.Kind == Reconcile || r.Sweep || o.formulas
}

// comparePart compares some records and marks their links as met.
func (r *run) comparePart(ctx context.Context, o *object, p part) error {
	links, err := r.links(ctx, o.Name, ids(p.records, "Id"))
	if err != nil {
		return err
	}
	parents, err := r.parents(ctx, o, p.records, links)
	if err != nil {
		return err
	}
	var c Checkpoint
	for _, record := range p.records {
		link, known := links[record.ID()]
		differs, err := r.differs(o, record, link, known, parents)
		if err != nil {
			return err
		}
		if differs {
			c.NewTasks = append(c.NewTasks, Task{Object: o.Name, ID: record.ID()})
		}
		if known {
			link.Run = r.Number
			c.Links = append(c.Links, link)
		}
	}
	if err := r.move(ctx, p.after, &c); err != nil {
		return err
	}
	r.tell("compared", o)
	return nil
}

// differs reports whether a record that exists has to be read.
func (r *run) differs(o *object, record salesforce.Record, link Link, known bool, parents map[salesforce.ID]Link) (bool, error) {
	at, err := stamp(record)
	if err != nil {
		return false, fmt.Errorf("importer: compare %s: %w", o.Name, err)
	}
	switch {
	case link.State == Detached, parents[link.ParentID].Free:
		return false, nil
	case o.Parent != "" && parents[lookup(record, o.Lookup)].State != Linked:
		return false, nil // should its parent be imported after all, it is read with it
	case o.scoped && !o.Scope.flagged(record):
		return known && link.State != OutOfScope && link.State != Deleted, nil
	case !known:
		return o.Decide == nil || o.Decide(record, false).Import, nil
	case link.State != Linked:
		return true, nil
	default:
		return !at.Equal(link.Stamp) || o.Parent != "" && link.ParentID != lookup(record, o.Lookup) || link.Digest != o.digest(record), nil
	}
}

// brief selects what differs and Decide need to know of a record.
func (o *object) brief() []soql.SelectItem {
	paths := []string{"Id", "SystemModstamp"}
	for _, path := range o.paths {
		if path == o.Lookup || o.decides[path] || o.unstamped[path] {
			paths = append(paths, path)
		}
	}
	return append(soql.Fields(paths...), o.related...)
}

// digest stands for the values of a record whose changes move no stamp.
func (o *object) digest(record salesforce.Record) string {
	if len(o.unstamped) == 0 {
		return ""
	}
	sum := sha256.New()
	for _, path := range o.paths {
		if o.unstamped[path] {
			value, _ := record.Get(path)
			fmt.Fprintf(sum, "%s=%s\n", path, canonical(value))
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// canonical is a value as text, the same whichever way it was read: bulk results
// write numbers and moments in another form.
func canonical(value any) string {
	switch value := value.(type) {
	case json.Number:
		if d, err := decimal.NewFromString(value.String()); err == nil {
			return d.String()
		}
		return value.String()
	case string:
		var t salesforce.DateTime
		if t.UnmarshalText([]byte(value)) == nil {
			return t.UTC().Format(time.RFC3339Nano)
		}
		return value
	default:
		text, _ := json.Marshal(value) // what was decoded from JSON can be encoded
		return string(text)
	}
}
