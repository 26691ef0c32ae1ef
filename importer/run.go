package importer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/sfbridge/sfbridge/salesforce"
)

// A run is one import at work. Position says where it stands and is saved with
// every page; the watermark is another value, and is written once, at the end.
type run struct {
	*Importer
	Run
	*survey
	fence Fence
	// resumed says that another process began the run: what has changed since
	// then is beyond its bounds.
	resumed bool
	// listing says that all records are being read, so that children need not
	// be read for the sake of their parents.
	listing bool
	// relinked is the record that a person has linked again, whose children
	// are read whatever stood against it.
	relinked salesforce.ID
	// following says that owed reads are done: what leaves is taken out at once.
	following bool
	// unlinked are records that the run has read and left out, of which the store
	// keeps nothing.
	unlinked   map[salesforce.ID]bool
	total      map[string]int
	begun      time.Time     // by this process
	readBefore int           // what had been read by then
	caller     string        // who has asked, perhaps not who began the run
	options    RunOptions    // of the call
	spent      salesforce.ID // a bulk job whose rows are in the host
	budget
}

// A step is a part of a run. It starts at Position and leaves AfterStamp and
// AfterID where a resumed run has to go on.
type step struct {
	name   string
	object *object // nil for steps over all objects
	do     func(context.Context, *object) error
}

// steps lists what a kind of run does. A resumed run counts on its order.
func (r *run) steps() []step {
	var steps []step
	each := func(name string, do func(context.Context, *object) error) {
		for i := range r.objects {
			steps = append(steps, step{name, &r.objects[i], do})
		}
	}
	once := func(name string, do func(context.Context, *object) error) {
		steps = append(steps, step{name, nil, do})
	}
	switch r.Kind {
	case Complete:
		once("retrying", r.retry)
		each("reading", r.all)
		once("guarding", r.guard)
		once("following up", r.followUp)
		each("looking for missing records", r.unseen)
		once("guarding", r.guard)
		once("following up", r.followUp)
	case Incremental:
		once("retrying", r.retry)
		each("reading changes", r.changes)
		each("checking", r.check)
	case Reconcile:
		once("retrying", r.retry)
	}
	if r.Kind != Complete {
		each("comparing", r.compare)
		each("looking for missing records", r.sweep)
		once("guarding", r.guard)
		once("following up", r.followUp)
	}
	return steps
}

// importAs runs an import of the kind asked for. A run of that kind that was
// stopped is finished first; what has changed since it began comes after.
func (im *Importer) importAs(ctx context.Context, actor string, kind RunKind, options *RunOptions) (*Report, error) {
	if err := im.cfg.Allow(ctx, actor, Import); err != nil {
		return nil, err
	}
	return im.carryOut(ctx, actor, kind, options)
}

// carryOut is importAs for who may.
func (im *Importer) carryOut(ctx context.Context, actor string, kind RunKind, options *RunOptions) (report *Report, err error) {
	asked, until := kind, time.Time{}
	if options != nil && options.Slice > 0 {
		until = im.cfg.Now().Add(options.Slice)
	}
	err = im.hold(ctx, func(fence Fence) error {
		var resumed *Report
		for {
			tally := &salesforce.Tally{}
			ctx := tally.Within(ctx)
			r, err := im.begin(ctx, fence, actor, kind, asked, resumed == nil, tally)
			if err != nil {
				err = paused(err)
				im.stillborn(ctx, actor, kind, err)
				return err
			}
			r.caller, r.until = actor, until
			if options != nil {
				r.options = *options
			}
			err = r.work(ctx)
			r.appeal(ctx, err)
			report = &Report{Run: r.Run, Resumed: resumed}
			if err != nil || !r.resumed || r.options.Slice > 0 {
				return err
			}
			resumed, kind = report, Incremental
		}
	})
	return report, err
}

// begin takes up the unfinished run of this kind, or starts a new one.
func (im *Importer) begin(ctx context.Context, fence Fence, actor string, kind, asked RunKind, resume bool, tally *salesforce.Tally) (*run, error) {
	state, err := im.cfg.Store.State(ctx)
	if err != nil {
		return nil, fmt.Errorf("importer: read the state: %w", err)
	}
	if kind != Complete && state.Watermark.IsZero() {
		return nil, fmt.Errorf("importer: %w", ErrNoComplete)
	}
	torn, anew, err := im.compareEpochs(ctx, state, kind)
	if err != nil {
		return nil, err
	}
	found, err := im.survey(ctx, state)
	if err != nil {
		return nil, err
	}
	r := &run{Importer: im, survey: found, fence: fence, unlinked: map[salesforce.ID]bool{}, total: map[string]int{}}
	r.made = tally
	now, err := r.serverTime(ctx)
	if err != nil {
		return nil, err
	}
	r.askUsage(ctx)
	kind, sweep, note := found.promote(kind, state, now)
	if last := state.Last; resume && !torn && found.goesOn(last, kind) {
		r.Run, r.resumed, r.before = *last, true, last.Calls
		r.Status, r.Error = Running, ""
		return r, r.save(ctx, &Checkpoint{Audit: r.audit(actor, "resumed")})
	}
	if err := im.preflight(ctx, found); err != nil {
		return nil, err
	}
	if anew {
		note = "every record was held against the host, because the host or the importer's state was restored from a backup"
	}
	r.Run = Run{
		Number: state.Runs + 1, Kind: kind, Asked: asked, Status: Running, Actor: actor, Started: im.cfg.Now(), Note: note, Sweep: sweep, Anew: anew,
		Fingerprint: found.fingerprint, Warnings: found.warnings, Counts: map[string]Counts{},
	}
	return r, r.start(ctx, state)
}

// goesOn reports whether a call for a run of this kind takes up the last one.
func (s *survey) goesOn(last *Run, kind RunKind) bool {
	return last.unfinished() && (last.Kind == kind || last.Asked == kind) && last.Fingerprint == s.fingerprint
}

// promote tells what a call for a run of this kind becomes, and why it is not
// what was asked for.
func (s *survey) promote(kind RunKind, state State, now time.Time) (_ RunKind, sweep bool, note string) {
	switch {
	case kind != Complete && state.Fingerprint != s.fingerprint:
		return Complete, false, "all records were read, because the configuration has changed, or what the org has of it, since the last complete import"
	case kind == Incremental && now.Sub(state.Watermark) > deletionMemory:
		return kind, true, "all records were compared, because Salesforce does not remember deletions since " + state.Watermark.UTC().Format(time.DateOnly)
	case kind != Complete && state.Last.halfway():
		return kind, true, "all records were compared, because a run over all records was given up halfway"
	default:
		return kind, false, ""
	}
}

// start gives up an unfinished run of another kind, and fixes the bounds.
func (r *run) start(ctx context.Context, state State) error {
	if state.Last.unfinished() {
		gone := *state.Last
		gone.Status, gone.Finished = Superseded, r.cfg.Now()
		r.spent = gone.Position.Job
		if err := r.cfg.Store.Save(ctx, r.fence, &Checkpoint{Run: &gone}); err != nil {
			return fmt.Errorf("importer: give up run %d: %w", gone.Number, err)
		}
		r.discard(ctx)
	}
	if err := r.bounds(ctx); err != nil {
		return err
	}
	if !state.Watermark.IsZero() {
		overlap := r.cfg.Overlap
		if r.Guarantee == Heuristic {
			overlap = max(overlap, longestTransaction)
		}
		r.Low = state.Watermark.Add(-overlap)
	}
	return r.save(ctx, &Checkpoint{Org: r.org, Seen: r.seen, Audit: r.audit(r.Actor, "started")})
}

// work does the steps from Position on, and finishes the run.
func (r *run) work(ctx context.Context) error {
	if err := safely(func() error { return r.walk(ctx) }); err != nil {
		return r.stop(ctx, err)
	}
	return nil
}

func (r *run) walk(ctx context.Context) error {
	if err := r.renewEpoch(ctx); err != nil {
		return err
	}
	if err := r.count(ctx); err != nil {
		return err
	}
	for steps := r.steps(); r.Position.Step < len(steps); {
		s := steps[r.Position.Step]
		r.tell(s.name, s.object)
		if err := s.do(ctx, s.object); err != nil {
			return err
		}
		r.tell(s.name, s.object)
		if err := r.move(ctx, Position{Step: r.Position.Step + 1}, &Checkpoint{}); err != nil {
			return err
		}
		r.discard(ctx)
	}
	if err := r.renewEpoch(ctx); err != nil {
		return err
	}
	return r.finish(ctx)
}

// move saves c together with the run as it is at another position, which it has
// only when that is saved.
func (r *run) move(ctx context.Context, to Position, c *Checkpoint) error {
	next := r.Run
	next.Position, next.Calls = to, r.calls()
	c.Run = &next
	if err := r.store(ctx, c); err != nil {
		return err
	}
	r.Run = next
	return nil
}

// finish moves the watermark: everything before High is now in the host, a
// dead letter, or owed as a task.
func (r *run) finish(ctx context.Context) error {
	state, err := r.cfg.Store.State(ctx)
	if err != nil {
		return fmt.Errorf("importer: read the state: %w", err)
	}
	r.Status, r.Finished = Completed, r.cfg.Now()
	c := Checkpoint{Audit: r.audit(r.Actor, "finished")}
	if r.Kind != Reconcile && r.High.After(state.Watermark) {
		c.Watermark = r.High
	}
	if r.Kind == Complete {
		c.Fingerprint, c.LastComplete = r.fingerprint, r.Finished
	}
	return r.save(ctx, &c)
}

// stop notes why a run ended early. What it did is saved already, so a failure
// to save the note loses nothing.
func (r *run) stop(ctx context.Context, cause error) error {
	r.Status, r.Finished, r.Error = Broken, time.Time{}, cause.Error()
	if cause = paused(cause); errors.Is(cause, ErrPaused) || errors.Is(cause, ErrYielded) {
		r.Status = Paused
	}
	ctx, cancel := r.detached(ctx)
	defer cancel()
	return errors.Join(cause, r.save(ctx, &Checkpoint{Audit: r.audit(r.Actor, string(r.Status))}))
}

// paused marks an error that is over when the org's daily limit is.
func paused(err error) error {
	if errors.Is(err, salesforce.ErrDailyLimit) && !errors.Is(err, ErrPaused) {
		return fmt.Errorf("importer: %w: %w", ErrPaused, err)
	}
	return err
}

// audit makes the audit trail's line about this run.
func (r *run) audit(actor, what string) []AuditEntry {
	detail := fmt.Sprintf("run %d: %s import %s", r.Number, r.Kind, what)
	return []AuditEntry{{Time: r.cfg.Now(), Actor: actor, Action: string(Import), Detail: detail}}
}

// count asks how many records a complete run will meet, for the progress and to
// choose how they are read: an org that does not answer is no reason to stop.
func (r *run) count(ctx context.Context) error {
	if r.Kind != Complete {
		return nil
	}
	for _, o := range r.objects {
		if total, err := r.cfg.Client.Count(ctx, countOf(o.Name)); err == nil {
			r.total[o.Name] = total
			r.readBefore += r.Counts[o.Name].Read
		}
	}
	r.begun = r.cfg.Now()
	return ctx.Err()
}

// countOf counts the records of an object. Its name has been described.
func countOf(object string) string { return "SELECT COUNT() FROM " + object }

func (r *run) tell(step string, o *object) {
	event := Event{Run: r.Number, Kind: r.Kind, DryRun: r.dry != nil, Step: step, Calls: r.calls(), End: r.ends()}
	if o != nil {
		event.Object, event.Counts = o.Name, r.Counts[o.Name]
		if total := r.total[o.Name]; total > 0 {
			event.Total = max(total, event.Counts.Read)
		}
	}
	r.cfg.Progress(event)
}

// ends estimates when the run will have read everything, by the pace that it has
// had since it was begun or taken up again.
func (r *run) ends() time.Time {
	now := r.cfg.Now()
	read, rest := -r.readBefore, 0
	for object, total := range r.total {
		n := r.Counts[object].Read
		read, rest = read+n, rest+max(0, total-n)
	}
	if read <= 0 || !now.After(r.begun) {
		return time.Time{}
	}
	return now.Add(time.Duration(float64(now.Sub(r.begun)) * float64(rest) / float64(read)))
}

// tally counts results into a copy of the run's counts.
func (r *run) tally(object string, entries []Result) map[string]Counts {
	counts := maps.Clone(r.Counts)
	if counts == nil {
		counts = map[string]Counts{}
	}
	c := counts[object]
	for _, result := range entries {
		c.add(result)
	}
	counts[object] = c
	return counts
}

// halfway reports whether the run was one over all records and did not come to
// its end: it has brought in parents and left their children to a later step.
func (r *Run) halfway() bool {
	return r != nil && r.Status != Completed && (r.Kind == Complete || r.Sweep)
}

func (r *Run) unfinished() bool {
	return r != nil && (r.Status == Running || r.Status == Paused || r.Status == Broken)
}
