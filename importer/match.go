package importer

import (
	"context"
	"fmt"
)

// A Matcher tells of records that are about to be created which of them the
// host has already. All changes of a batch are of one kind. It answers each with
// a Match, in order; its error stops the run, which goes on later from the same
// batch.
type Matcher func(ctx context.Context, batch []Change) ([]Match, error)

// A Match is a Matcher's answer about one record. The zero value creates it.
type Match struct {
	// HostID is the host record to link it to. A host record that is linked
	// already, or has been, is refused: the record becomes a dead letter.
	HostID string
	// Skip leaves the record out.
	Skip bool
	// Reason says for the report why it was matched, created or skipped.
	Reason string
}

// matcher is who is asked about an object's new records; nil for nobody.
func (im *Importer) matcher(o *Object) Matcher {
	if im.cfg.Match != nil {
		return im.cfg.Match
	}
	finder, ok := im.cfg.Sink.(Finder)
	if !ok || o.MatchOn == "" {
		return nil
	}
	return func(ctx context.Context, batch []Change) ([]Match, error) { return o.matchEqual(ctx, finder, batch) }
}

// match asks about the records that are about to be created, and turns those
// that the host has already into adoptions. A record that an earlier run was
// about to adopt when it was broken off is adopted as it was.
func (r *run) match(ctx context.Context, o *object, items []item) error {
	var fresh []*item
	var batch []Change
	for i := range items {
		it := &items[i]
		switch {
		case it.change == nil || it.change.Action != Put || it.known && it.link.State != Pending:
		case it.link.HostID != "":
			it.change.Action = Adopt
		default:
			fresh, batch = append(fresh, it), append(batch, *it.change)
		}
	}
	ask := r.matcher(&o.Object)
	if ask == nil || len(batch) == 0 {
		return nil
	}
	answers, err := ask(ctx, batch)
	if err != nil {
		return fmt.Errorf("importer: match the records of %s: %w", o.Name, err)
	}
	if len(answers) != len(batch) {
		return fmt.Errorf("importer: match the records of %s: %d changes were answered with %d matches", o.Name, len(batch), len(answers))
	}
	taken := map[string]bool{}
	for n, it := range fresh {
		if err := r.adopt(ctx, it, answers[n], taken); err != nil {
			return err
		}
	}
	return nil
}

// adopt follows a match. A host record is never linked to a second Salesforce
// record, whatever the match says, nor to one that it was once unlinked from.
func (r *run) adopt(ctx context.Context, it *item, m Match, taken map[string]bool) error {
	it.entry.Reason = m.Reason
	switch {
	case m.Skip:
		it.drop()
		it.skip(m.Reason)
		return nil
	case m.HostID == "":
		return nil
	case taken[m.HostID]:
		it.fail(fmt.Errorf("it was matched with %s %s, as was another record beside it", it.link.Kind, m.HostID))
		return nil
	}
	taken[m.HostID] = true
	other, linked, err := r.cfg.Store.LinkOf(ctx, it.link.Kind, m.HostID)
	if err != nil {
		return fmt.Errorf("importer: read the link of %s %s: %w", it.link.Kind, m.HostID, err)
	}
	if linked && other.ID != it.link.ID {
		it.fail(fmt.Errorf("it was matched with %s %s, which is %s to %s", it.link.Kind, m.HostID, other.State, other.ID))
		return nil
	}
	it.change.Action, it.change.HostID, it.link.HostID = Adopt, m.HostID, m.HostID
	return nil
}

// drop leaves the host and the link as they are.
func (it *item) drop() {
	it.change, it.tasks = nil, nil
	it.next = it.link
	if it.doubted != nil { // whether the host has it was not found out
		it.next = *it.doubted
		it.next.State = Pending
	}
	if !it.known { // a record that is not in the host yet has none
		it.next = Link{}
	}
}

// matchEqual links each record to the one host record that has an equal value,
// if it is one alone on either side and is linked to nothing.
func (o *Object) matchEqual(ctx context.Context, finder Finder, batch []Change) ([]Match, error) {
	rivals := map[string]int{} // records of the batch, by value
	var values []string
	for _, change := range batch {
		if value := o.matchValue(change); value != "" {
			if rivals[value]++; rivals[value] == 1 {
				values = append(values, value)
			}
		}
	}
	if len(values) == 0 {
		return make([]Match, len(batch)), nil
	}
	found, err := finder.Find(ctx, Lookup{Kind: o.Kind, Field: o.MatchOn, Values: values})
	if err != nil {
		return nil, err
	}
	equals := map[string][]Found{}
	for _, f := range found {
		equals[f.Value] = append(equals[f.Value], f)
	}
	matches := make([]Match, len(batch))
	for i, change := range batch {
		if value := o.matchValue(change); value != "" {
			matches[i] = o.judge(change, value, equals[value], rivals[value])
		}
	}
	return matches, nil
}

func (o *Object) matchValue(change Change) string {
	value, _ := change.Values.Get(o.MatchOn)
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// judge decides about one record that has rivals, itself among them, for equals.
func (o *Object) judge(change Change, value string, equals []Found, rivals int) Match {
	for _, f := range equals {
		if f.ID == change.ID { // made by a run that was broken off
			return Match{}
		}
	}
	ambiguous := func(format string, args ...any) Match {
		return Match{Skip: o.OnAmbiguous == SkipAmbiguous, Reason: fmt.Sprintf(format, args...)}
	}
	switch {
	case len(equals) == 0:
		return Match{}
	case len(equals) > 1:
		return ambiguous("not matched: the host has %d of kind %s with %s %q", len(equals), o.Kind, o.MatchOn, value)
	case equals[0].ID != "":
		return ambiguous("not matched: %s %s, which has %s %q too, belongs to %s", o.Kind, equals[0].HostID, o.MatchOn, value, equals[0].ID)
	case rivals > 1:
		return ambiguous("not matched with %s %s: %d records have %s %q", o.Kind, equals[0].HostID, rivals, o.MatchOn, value)
	default:
		return Match{HostID: equals[0].HostID, Reason: fmt.Sprintf("%s %q is equal", o.MatchOn, value)}
	}
}
