package importer

import (
	"context"
	"fmt"
	"time"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/soql"
)

// A Plan says what a run would read, and what it costs of the org's API requests.
type Plan struct {
	// Kind is that of the run. It is Complete when an incremental run was asked
	// for and the configuration has changed; Note says so.
	Kind RunKind
	Note string
	// Objects are in the order in which they are read.
	Objects []ObjectPlan
	// Calls is an estimate of the API requests in all: those of Objects, and those
	// for descriptions and bounds. Records that the run has to look up by id,
	// which it cannot know beforehand, cost one for each 200.
	Calls int
	// Used and Limit are the org's API requests of the last 24 hours, as far as it
	// tells. Limit is zero when it does not.
	Used, Limit int64
	// Unfinished is a run that was stopped and is brought to its end first, which
	// Calls does not count. Nil when there is none.
	Unfinished *Run
}

// An ObjectPlan is an object's part of a Plan.
type ObjectPlan struct {
	Object string
	// Records is how many there are to be read, by the org's own count, which
	// leaves out deleted ones.
	Records int
	// Bulk says that they come through a job of Bulk API 2.0, and not page by
	// page over REST.
	Bulk bool
	// Calls is an estimate of the API requests.
	Calls int
}

// Plan tells what a run of this kind would read if it ran now, and what it costs.
// It costs some requests itself: the descriptions and a count for each object. It
// fails as the run would, with ErrSchema or ErrNoComplete.
func (im *Importer) Plan(ctx context.Context, kind RunKind) (*Plan, error) {
	if !kind.imports() {
		return nil, fmt.Errorf("importer: a plan of kind %q: it is no kind of import", kind)
	}
	state, err := im.cfg.Store.State(ctx)
	if err != nil {
		return nil, fmt.Errorf("importer: read the state: %w", err)
	}
	if kind != Complete && state.Watermark.IsZero() {
		return nil, fmt.Errorf("importer: %w", ErrNoComplete)
	}
	torn, _, err := im.compareEpochs(ctx, state, kind)
	if err != nil {
		return nil, err
	}
	tally := &salesforce.Tally{}
	found, err := im.survey(tally.Within(ctx), state)
	if err != nil {
		return nil, err
	}
	r := &run{Importer: im, survey: found}
	now, err := r.serverTime(ctx)
	if err != nil {
		return nil, err
	}
	r.askUsage(tally.Within(ctx))
	p := &Plan{Calls: int(tally.Requests()) + 1} // the run asks what its user may see
	p.Kind, r.Sweep, p.Note = found.promote(kind, state, now)
	r.Kind, r.Low = p.Kind, state.Watermark.Add(-im.cfg.Overlap)
	if last := state.Last; !torn && found.goesOn(last, p.Kind) {
		p.Unfinished = last
	}
	for i := range found.objects {
		planned, err := r.estimate(ctx, &found.objects[i], now)
		if err != nil {
			return nil, err
		}
		p.Objects = append(p.Objects, planned)
		p.Calls += planned.Calls
	}
	if usage, known := r.usage(); known {
		p.Used, p.Limit = usage.Used, usage.Max
	}
	return p, nil
}

// estimate counts what a run would read of an object.
func (r *run) estimate(ctx context.Context, o *object, now time.Time) (p ObjectPlan, err error) {
	const bounds = 2 // getUpdated and getDeleted
	p.Object, p.Calls = o.Name, bounds
	all := 0
	compares := r.Kind != Complete && r.compares(o)
	if r.Kind == Complete || compares {
		if all, err = r.countWhere(ctx, o, nil); err != nil {
			return p, err
		}
	}
	switch {
	case r.Kind == Complete:
		p.Records, p.Calls = all, p.Calls+1 // the run counts, too
		if p.Bulk = r.bulkPays(o, all); p.Bulk {
			p.Calls += r.bulkCalls(all)
			return p, nil
		}
	case r.Kind == Incremental:
		stamp := soql.And(soql.Ge("SystemModstamp", r.Low), soql.Lt("SystemModstamp", now.Add(time.Second)))
		if p.Records, err = r.countWhere(ctx, o, stamp); err != nil {
			return p, err
		}
		if !r.Sweep {
			p.Calls += bounds // asked once more, for the whole time
		}
	}
	if compares {
		p.Calls += r.pagesOf(all) // to be compared
	}
	if r.Kind == Reconcile {
		p.Records = all
		return p, nil
	}
	p.Calls += r.pagesOf(p.Records)
	return p, nil
}

func (r *run) countWhere(ctx context.Context, o *object, where soql.Condition) (int, error) {
	query := soql.Query{Select: []soql.SelectItem{&soql.Field{Expr: &soql.Call{Name: "COUNT"}}}, From: soql.From{Object: o.Name}, Where: where}
	text, err := query.Text()
	if err != nil {
		return 0, fmt.Errorf("importer: count %s: %w", o.Name, err)
	}
	n, err := r.cfg.Client.Count(ctx, text)
	if err != nil {
		return 0, fmt.Errorf("importer: count %s: %w", o.Name, err)
	}
	return n, nil
}
