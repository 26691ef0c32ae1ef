package importer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/sfbridge/sfbridge/salesforce"
)

// DryRunOptions are what a dry run may be told. Nil says nothing.
type DryRunOptions struct {
	// Limit is how many lines the preview has for each object and result.
	// Records that would be linked to one that the host has, or were found to be
	// like several, are all listed. Defaults to 100.
	Limit int
}

// A DryReport is what a run would do.
type DryReport struct {
	// Report is the report that the run would have, with all its counts.
	Report *Report
	// Entries are lines of it, as far as the limit goes, in the order of events. A
	// record that would be created has no HostID.
	Entries []Entry
	// Omitted is how many lines were left out.
	Omitted int
	// Guard is what would stop the run, and have to be confirmed by RunOptions.
	// Nil when nothing would. The dry run goes on as if it were confirmed.
	Guard []*GuardError
}

// DryRun tells what a run of this kind, Complete, Incremental or Reconcile, would
// do now. It is that run, to its end, but for the writing: the host is asked
// by Sink.Diff, the state is kept in memory, and nothing reaches Sink or Store.
// What two records that are both still to be written have against each other in
// the host, it does not see. It keeps about 400 bytes of each record in memory,
// takes no lease, so that a real run may be at work, and tells no Fallback. Like
// any run it costs API requests; see Plan.
func (im *Importer) DryRun(ctx context.Context, actor string, kind RunKind, options *DryRunOptions) (*DryReport, error) {
	if err := im.cfg.Allow(ctx, actor, Preview); err != nil {
		return nil, err
	}
	if !kind.imports() {
		return nil, fmt.Errorf("importer: a dry run of kind %q: it is no kind of import", kind)
	}
	dry := &dryRun{limit: 100, lines: map[lineKind]int{}}
	if options != nil && options.Limit > 0 {
		dry.limit = options.Limit
	}
	state, err := im.cfg.Store.State(ctx)
	if err != nil {
		return nil, fmt.Errorf("importer: read the state: %w", err)
	}
	if state.Last.unfinished() {
		dry.borrowed = state.Last.Position.Job
	}
	apart := *im
	apart.dry, apart.atomic = dry, nil
	apart.cfg.Store = newDryStore(im.cfg.Store, state, dry)
	apart.cfg.Sink = newDrySink(im.cfg.Sink)
	apart.cfg.Fallback = nil
	dry.Report, err = apart.carryOut(ctx, actor, kind, nil)
	return &dry.DryReport, err
}

// imports reports whether k is a kind of run that a host asks for.
func (k RunKind) imports() bool { return k == Complete || k == Incremental || k == Reconcile }

// A dryRun collects what a dry run finds.
type dryRun struct {
	DryReport
	limit    int
	lines    map[lineKind]int
	borrowed salesforce.ID // the bulk job of a run that was stopped, which still needs it
}

type lineKind struct {
	object string
	result Result
}

// note takes a line into the report.
func (d *dryRun) note(e Entry) {
	if strings.HasPrefix(e.HostID, unborn) {
		e.HostID = ""
	}
	always := e.Result == Matched || e.Result == Created && e.Reason != ""
	kind := lineKind{e.Object, e.Result}
	if d.lines[kind] >= d.limit && !always {
		d.Omitted++
		return
	}
	d.lines[kind]++
	d.Entries = append(d.Entries, e)
}

// unborn begins the host ids of records that a dry run would have created.
const unborn = "new "

// A drySink answers what the host would, without touching it. It remembers what
// it was asked to write, because a run may come to a record twice.
type drySink struct {
	Sink
	written map[dryKey]dryVersion
	changed map[dryKey][]FieldChange // by what would have been updated
}

// A dryFinder is a drySink of a host in which records can be looked for.
type dryFinder struct {
	*drySink
	Finder
}

func (f dryFinder) Apply(ctx context.Context, batch []Change) ([]Outcome, error) {
	return f.drySink.Apply(ctx, batch)
}

func (f dryFinder) Diff(ctx context.Context, batch []Change) ([]Outcome, error) {
	return f.drySink.Diff(ctx, batch)
}

// A dryVersion is what a record was given last.
type dryVersion struct {
	stamp   int64
	parent  dryKey
	retired bool
	fresh   bool // the host has no record of it yet, or none that says so
}

func newDrySink(host Sink) Sink {
	s := &drySink{Sink: host, written: map[dryKey]dryVersion{}, changed: map[dryKey][]FieldChange{}}
	if finder, ok := host.(Finder); ok {
		return dryFinder{s, finder}
	}
	return s
}

// Apply implements Sink by asking Diff of the host, where the answer does not
// follow from what was asked before.
func (s *drySink) Apply(ctx context.Context, batch []Change) ([]Outcome, error) {
	outcomes := make([]Outcome, len(batch))
	var ask []Change
	var places []int
	for i, change := range batch {
		before, written := s.written[keyOf(change.ID)]
		next := versionOf(change)
		next.fresh = before.fresh
		switch {
		case written && next == before:
			outcomes[i] = Outcome{HostID: change.HostID, Result: Unchanged}
		case written && before.fresh:
			outcomes[i] = Outcome{HostID: change.HostID, Result: Updated}
		case change.HostID == "" && change.Action == Put && strings.HasPrefix(change.Parent, unborn):
			outcomes[i] = Outcome{Result: Created}
		default:
			if strings.HasPrefix(change.Parent, unborn) {
				change.Parent = ""
			}
			ask, places = append(ask, change), append(places, i)
		}
	}
	if len(ask) > 0 {
		answers, err := s.Sink.Diff(ctx, ask)
		if err != nil {
			return nil, err
		}
		if len(answers) != len(ask) {
			return nil, fmt.Errorf("the sink answered %d changes with %d outcomes", len(ask), len(answers))
		}
		for n, i := range places {
			outcomes[i] = s.since(keyOf(batch[i].ID), answers[n])
		}
	}
	for i, change := range batch {
		s.remember(change, &outcomes[i])
	}
	return outcomes, nil
}

// since leaves out of an outcome what would have been written before.
func (s *drySink) since(key dryKey, o Outcome) Outcome {
	before := s.changed[key]
	if o.Result != Updated || len(before) == 0 {
		return o
	}
	o.Changed = slices.DeleteFunc(o.Changed, func(f FieldChange) bool { return slices.Contains(before, f) })
	if len(o.Changed) == 0 {
		o.Result = Unchanged
	}
	return o
}

// remember notes what would have been written.
func (s *drySink) remember(change Change, o *Outcome) {
	key, version := keyOf(change.ID), versionOf(change)
	switch {
	case o.Err != nil:
	case o.Result == Created, change.Action == Adopt && o.Result != Missing:
		version.fresh = true
		s.written[key] = version
		if o.Result == Created {
			o.HostID = unborn + string(change.ID)
		}
	case o.Result == Updated:
		version.fresh = s.written[key].fresh
		s.written[key] = version
		s.changed[key] = append(s.changed[key], o.Changed...)
	}
}

func versionOf(change Change) dryVersion {
	v := dryVersion{stamp: milli(change.Stamp), retired: change.Action == Retire}
	if !v.retired { // a retirement does not move it
		copy(v.parent[:], strings.TrimPrefix(change.Parent, unborn))
	}
	return v
}
