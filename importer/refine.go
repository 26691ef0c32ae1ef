package importer

import (
	"context"
	"errors"

	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
)

// A Page is what Object.Refine looks at.
type Page struct {
	// Drafts are the records that are to be put into the host. Each is changed
	// where it stands.
	Drafts []*Draft
	sink   Sink
}

// A Draft is a record on its way into the host.
type Draft struct {
	// Record is what was read.
	Record salesforce.Record
	// HostID is the host's id of the record, empty when it is new to the host.
	HostID string
	// Changed says that the host does not have this version of the record yet.
	Changed bool
	// Values are what the mapping made of the record, to be changed as needed.
	Values mapping.Values
	// Warnings go into the report in any case, Notes with a record that is
	// created or changed.
	Warnings, Notes []string
	// Skip leaves the host as it is, for the reason that it gives.
	Skip string
	// Err makes the record a dead letter, which every following run tries again.
	Err error
}

// A Finder is a Sink in which records can be looked for.
type Finder interface {
	Sink
	// Find looks for records of the host, its own ones included.
	Find(ctx context.Context, l Lookup) ([]Found, error)
}

// A Lookup asks for the records of a kind that have one of Values in Field, a
// target of the mapping, and for those with one of IDs.
type Lookup struct {
	Kind, Field string
	Values      []string
	IDs         []salesforce.ID
}

// A Found is a record of the host.
type Found struct {
	HostID string
	// ID is the Salesforce id that the record was imported with, empty for one
	// of the host's own.
	ID salesforce.ID
	// Value is the field's value as text, empty when it has none.
	Value string
}

// CanFind reports whether the sink is a Finder.
func (p *Page) CanFind() bool {
	_, ok := p.sink.(Finder)
	return ok
}

// Find asks the sink, which finds nothing when it is no Finder.
func (p *Page) Find(ctx context.Context, l Lookup) ([]Found, error) {
	finder, ok := p.sink.(Finder)
	if !ok || len(l.Values) == 0 && len(l.IDs) == 0 {
		return nil, nil
	}
	return finder.Find(ctx, l)
}

// refine lets the object look at what is about to be put into the host.
func (r *run) refine(ctx context.Context, o *object, items []item) error {
	if o.Refine == nil {
		return nil
	}
	page := &Page{sink: r.cfg.Sink}
	var places []int
	for i, it := range items {
		if it.change == nil || it.change.Action == Retire {
			continue
		}
		known := it.known && it.link.State == Linked && it.stamp.Equal(it.link.Stamp)
		page.Drafts = append(page.Drafts, &Draft{Record: it.record, HostID: it.link.HostID, Changed: !known, Values: it.change.Values})
		places = append(places, i)
	}
	if len(places) == 0 {
		return nil
	}
	if err := o.Refine(ctx, page); err != nil {
		return err
	}
	for n, i := range places {
		items[i].follow(page.Drafts[n])
	}
	return nil
}

// follow takes over what Refine made of the item.
func (it *item) follow(d *Draft) {
	it.change.Values, it.notes = d.Values, d.Notes
	it.entry.Warnings = append(it.entry.Warnings, d.Warnings...)
	switch {
	case d.Err != nil:
		it.fail(d.Err)
	case d.Skip != "":
		it.fail(errors.New(d.Skip)) // the host and the link stay as they are
		it.skip(d.Skip)
	}
}
