package importer

import (
	"context"
	"fmt"
	"math"

	"github.com/sfbridge/sfbridge/salesforce"
)

// A GuardError stops a run that would retire records, or take them out of scope,
// in a number that looks like a mistake. Nothing of that was done. The run goes
// on from here when it is asked for again: with RunOptions.MayRetire it takes
// them out, and without it looks again at what Salesforce says of them.
type GuardError struct {
	Object string
	// Leaving is how many linked records would leave, of how many there are.
	Leaving, Linked int
	// Limit is how many may leave without being confirmed.
	Limit int
}

// Error says what would happen and what confirms it.
func (e *GuardError) Error() string {
	return fmt.Sprintf("importer: %d of %d linked records of %s would be retired or taken out of scope, and at most %d may be: confirm it by RunOptions.MayRetire, or mend them in Salesforce",
		e.Leaving, e.Linked, e.Object, e.Limit)
}

// Is makes every GuardError an ErrGuard.
func (e *GuardError) Is(target error) bool { return target == ErrGuard }

// unguarded is how many records of an object may always leave.
const unguarded = 50

// postpone turns what leaves into reads that are owed, so that all of it can be
// counted before any is done. A link that is Leaving counts as one to a parent
// that is not imported any more.
func postpone(items []item) {
	for i := range items {
		it := &items[i]
		if !it.leaves() {
			continue
		}
		it.change, it.postponed = nil, true
		it.next = it.link
		it.next.State = Leaving
		it.tasks = []Task{{Object: it.link.Object, ID: it.link.ID, Gone: it.gone}}
	}
}

// leaves reports whether the host's record would be retired or go out of scope.
func (it *item) leaves() bool {
	if !it.known || it.link.State == Pending || it.link.State == Deleted || it.left() {
		return false
	}
	retires := it.change != nil && it.change.Action == Retire
	return retires || it.next.State == OutOfScope && it.link.State != OutOfScope
}

// guard stops the run before the owed reads take out more records of an object
// than may leave unconfirmed. A run that was stopped here looks at them once
// more: they may have been mended.
func (r *run) guard(ctx context.Context, _ *object) error {
	for i := range r.objects {
		if err := r.guardOne(ctx, &r.objects[i]); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) guardOne(ctx context.Context, o *object) error {
	leaving, err := r.countLinks(ctx, o, Leaving)
	if err != nil || leaving <= unguarded {
		return err
	}
	linked, err := r.countLinks(ctx, o, Linked, Leaving)
	if err != nil {
		return err
	}
	e := &GuardError{Object: o.Name, Leaving: leaving, Linked: linked}
	e.Limit = r.cfg.mayRetire(linked)
	if e.Leaving > e.Limit && r.resumed {
		if e.Leaving, err = r.stillLeaving(ctx, o); err != nil {
			return err
		}
	}
	switch {
	case e.Leaving <= e.Limit:
		return nil
	case e.Leaving <= r.options.MayRetire:
		what := fmt.Sprintf("may take out %d of %d linked records of %s", e.Leaving, e.Linked, o.Name)
		return r.save(ctx, &Checkpoint{Audit: r.audit(r.caller, what)})
	case r.dry != nil:
		r.dry.Guard = append(r.dry.Guard, e)
		return nil
	default:
		return e
	}
}

// mayRetire is how many of some records may leave unconfirmed. The share is
// compared as a quotient: 0.57 times 100 comes out below 57.
func (c Config) mayRetire(linked int) int {
	n := int(math.Round(c.MaxRetire * float64(linked)))
	if float64(n)/float64(linked) > c.MaxRetire {
		n--
	}
	return max(unguarded, n)
}

// stillLeaving reads what Salesforce says now of the records that are leaving.
// One that is not found is.
func (r *run) stillLeaving(ctx context.Context, o *object) (n int, err error) {
	err = r.eachLinks(ctx, LinkFilter{Object: o.Name, States: []LinkState{Leaving}}, chunk, func(links []Link) error {
		wanted, gone := make([]salesforce.ID, len(links)), map[salesforce.ID]bool{}
		for i, link := range links {
			wanted[i], gone[link.ID] = link.ID, true
		}
		found, lost, err := r.byID(ctx, o, wanted)
		if err != nil {
			return err
		}
		items, err := r.plan(ctx, o, found, lost, gone)
		for _, it := range items {
			if it.postponed {
				n++
			}
		}
		return err
	})
	return n, err
}

func (r *run) countLinks(ctx context.Context, o *object, states ...LinkState) (n int, err error) {
	err = r.eachLinks(ctx, LinkFilter{Object: o.Name, States: states}, MaxPage, func(links []Link) error {
		n += len(links)
		return nil
	})
	return n, err
}
