package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
	"time"

	"github.com/sfbridge/sfbridge/salesforce"
)

// Config wires an Importer into a host.
type Config struct {
	// Client is the org that is read. Required. Its user should be allowed to
	// view all records of the imported objects: what it cannot see is never
	// taken for deleted, but it is not imported either.
	Client *salesforce.Client
	// Store keeps the importer's state. Required.
	Store Store
	// Sink takes the records. Required. Given the same value as Store, and if
	// that is an Atomic, records and state are committed together.
	Sink Sink
	// Objects are what is imported, parents before their children. Required.
	Objects []Object
	// Allow is asked before every action of a person, and refuses it by an
	// error. Nil allows all.
	Allow func(ctx context.Context, actor string, op Operation) error
	// Match is asked which records the host has already, before they are created.
	// Nil asks the Sink, where it is a Finder, for the objects that have a
	// MatchOn.
	Match Matcher
	// Fallback is called once for each record that ends a run as a dead letter,
	// and once for each run that fails or pauses; a process that dies within the
	// call makes the next run repeat it. Its error, or panic, stops nothing and is
	// noted in the audit trail. Nil calls nobody.
	Fallback func(ctx context.Context, f Failure) error
	// MaxRetire is the share of an object's linked records that one run may
	// retire or take out of scope; fifty it may in any case. A run that would
	// take more stops with a *GuardError before it takes any, and goes on when
	// the next call confirms it; see RunOptions. Defaults to 0.2; 1 takes all.
	MaxRetire float64
	// CreateAgain makes a linked record that the host has deleted anew. The
	// default is to report it and to remove its link, so that it stays deleted.
	CreateAgain bool
	// Progress is told how a run comes along. Nil tells nobody.
	Progress func(Event)
	// PageSize is how many records are read and applied at a time. Defaults to
	// 2000, which is also the most.
	PageSize int
	// BulkAbove is the number of records of an object above which a complete run
	// reads it through Bulk API 2.0: fewer requests, for a wait at the start.
	// Fewer records are read so, too, where page by page they would cost more
	// than a fiftieth of the requests that are left of the org's day. Objects
	// with Children, or whose mapping takes whole compound fields, are always
	// read page by page. Negative never reads in bulk. Defaults to 50,000.
	BulkAbove int
	// DailyShare is the share of the org's API requests of 24 hours at which
	// runs pause, whoever has made them. An org that does not tell of its limit
	// sets none. Defaults to 0.8.
	DailyShare float64
	// RunShare is the share of them that one run may make before it pauses; when
	// it is taken up again it has as many once more. Defaults to 0.1.
	RunShare float64
	// Overlap is how far an incremental run reads back before the watermark, a
	// minute at least. Defaults to 2 minutes.
	Overlap time.Duration
	// Lease is how long a run that was killed keeps others out. A live run
	// extends it with every page. At most a day. Defaults to 2 minutes.
	Lease time.Duration
	// Now is the host's clock, for leases and the audit trail only: what is
	// imported is bounded by Salesforce's own clock. Defaults to time.Now.
	Now func() time.Time
}

// MaxPage is the largest page of records that Salesforce hands out at once
// (REST API Developer Guide, "Query").
const MaxPage = 2000

// MaxLease is the longest lease. One that seems to last longer was taken by a
// clock that was wrong, and a Store may hand it over.
const MaxLease = 24 * time.Hour

func (c Config) withDefaults() Config {
	c.PageSize = cmp.Or(c.PageSize, MaxPage)
	c.BulkAbove = cmp.Or(c.BulkAbove, 50_000)
	c.DailyShare = cmp.Or(c.DailyShare, 0.8)
	c.RunShare = cmp.Or(c.RunShare, 0.1)
	c.Overlap = cmp.Or(c.Overlap, 2*time.Minute)
	c.Lease = cmp.Or(c.Lease, 2*time.Minute)
	c.MaxRetire = cmp.Or(c.MaxRetire, 0.2)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Progress == nil {
		c.Progress = func(Event) {}
	}
	if c.Allow == nil {
		c.Allow = func(context.Context, string, Operation) error { return nil }
	}
	return c
}

func (c Config) validate() error {
	var faults []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			faults = append(faults, fmt.Errorf("importer: "+format, args...))
		}
	}
	fault(c.Client == nil, "Client is missing")
	fault(c.Store == nil, "Store is missing")
	fault(c.Sink == nil, "Sink is missing")
	fault(len(c.Objects) == 0, "Objects is empty")
	fault(c.PageSize < 1 || c.PageSize > MaxPage, "PageSize %d is not within 1 and %d", c.PageSize, MaxPage)
	fault(!(c.DailyShare > 0 && c.DailyShare <= 1), "DailyShare %v is not within 0 and 1", c.DailyShare)
	fault(!(c.RunShare > 0 && c.RunShare <= 1), "RunShare %v is not within 0 and 1", c.RunShare)
	fault(c.Overlap < time.Minute, "Overlap %v is shorter than a minute", c.Overlap)
	fault(c.Lease < time.Second || c.Lease > MaxLease, "Lease %v is not within a second and %v", c.Lease, MaxLease)
	fault(!(c.MaxRetire > 0 && c.MaxRetire <= 1), "MaxRetire %v is no share between 0 and 1", c.MaxRetire)
	names, kinds, children := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, o := range c.Objects {
		fault(o.Name == "" || o.Kind == "" || o.Mapping == nil, "object %q: Name, Kind and Mapping are required", o.Name)
		fault(names[o.Name], "object %q is listed twice", o.Name)
		fault(kinds[o.Kind], "kind %q is listed twice", o.Kind)
		fault((o.Parent == "") != (o.Lookup == ""), "object %q: Parent and Lookup go together", o.Name)
		fault(o.Parent != "" && !names[o.Parent], "object %q: its parent %q does not stand before it", o.Name, o.Parent)
		fault(children[o.Parent], "object %q: its parent %q has a parent itself, and imports follow one level", o.Name, o.Parent)
		fault(!o.Scope.off() && o.Scope.Field == "", "object %q: Scope has no Field", o.Name)
		mode := o.Scope.Mode
		fault(!o.Scope.off() && mode != ScopeAuto && mode != ScopeRequired, "object %q: unknown scope mode %q", o.Name, mode)
		for _, exit := range []ExitPolicy{o.Scope.OnExit, o.OnDelete, o.OnVanish} {
			fault(exit != "" && exit != Keep && exit != Detach && exit != Deactivate, "object %q: unknown exit policy %q", o.Name, exit)
		}
		fault(o.MatchOn != "" && o.Mapping != nil && !slices.Contains(o.Mapping.Targets(), o.MatchOn), "object %q: MatchOn %q is no target of its mapping", o.Name, o.MatchOn)
		names[o.Name], kinds[o.Kind], children[o.Name] = true, true, o.Parent != ""
	}
	return errors.Join(faults...)
}

// An Importer brings the records of one org into one host, and knows which of
// their fields are locked there. It is safe for concurrent use; of the methods
// that write, one runs at a time per Store, on all machines, and the others
// fail with ErrRunActive.
type Importer struct {
	cfg    Config
	atomic Atomic    // set when Sink and Store are one
	epochs EpochSink // set when they are not, and can be told apart
	holder string
	dry    *dryRun // set for the time of a dry run
}

// New returns an Importer. It does not talk to the org yet; see SetUp.
func New(c Config) (*Importer, error) {
	c = c.withDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	im := &Importer{cfg: c, holder: holder()}
	if a, ok := c.Sink.(Atomic); ok && any(c.Store) == any(c.Sink) {
		im.atomic = a
	}
	if e, ok := c.Sink.(EpochSink); ok && any(c.Store) != any(c.Sink) {
		im.epochs = e
	}
	return im, nil
}

func holder() string {
	host, _ := os.Hostname() // only a label for people who look into the store
	return fmt.Sprintf("%s/%d", host, os.Getpid())
}

// An Operation is what a person does with an Importer, as Config.Allow and the
// audit trail name it.
type Operation string

// The operations.
const (
	SetUp      Operation = "set up"
	Import     Operation = "import"
	Preview    Operation = "dry run"
	RemoveFlag Operation = "remove flag"
	LinkAgain  Operation = "link again"
)

// SetUp logs in, binds the store to the org, and compares the configuration with
// it, as every run does before it reads: it fails with ErrSchema when the org
// lacks, or hides from this user, what the import cannot do without. It touches
// no record. Runs do without it; it is there to tell early.
func (im *Importer) SetUp(ctx context.Context, actor string) error {
	if err := im.cfg.Allow(ctx, actor, SetUp); err != nil {
		return err
	}
	return im.hold(ctx, func(fence Fence) error {
		state, err := im.cfg.Store.State(ctx)
		if err != nil {
			return fmt.Errorf("importer: read the state: %w", err)
		}
		found, err := im.survey(ctx, state)
		if err != nil {
			return err
		}
		line := AuditEntry{Time: im.cfg.Now(), Actor: actor, Action: string(SetUp), Detail: "org " + string(found.org)}
		if err := im.cfg.Store.Save(ctx, fence, &Checkpoint{Org: found.org, Seen: found.seen, Audit: []AuditEntry{line}}); err != nil {
			return fmt.Errorf("importer: save the state: %w", err)
		}
		return nil
	})
}

// RunOptions are what one call of an import may say. Nil says nothing.
type RunOptions struct {
	// MayRetire confirms, after a *GuardError, how many records of an object the
	// run may retire or take out of scope, whatever Config.MaxRetire says. It
	// holds for this call alone, and is noted in the audit trail.
	MayRetire int
	// Slice is how long the call may take before it makes room for others: it
	// then stops between two pages, or while it waits for a bulk job, and fails
	// with ErrYielded. The next call goes on. It reads one page in any case, and
	// leaves what has changed since a run began that it has brought to its end to
	// the next import. Defaults to no bound.
	Slice time.Duration
}

// Complete imports all records. A complete run that was stopped is brought to
// its end first, followed by what has changed since it began; where that is
// stopped, too, the next call goes on with it.
func (im *Importer) Complete(ctx context.Context, actor string, options *RunOptions) (*Report, error) {
	return im.importAs(ctx, actor, Complete, options)
}

// Incremental imports the records that changed since the watermark, including
// changes made a moment ago. Before a complete import has finished it fails
// with ErrNoComplete and writes nothing. It becomes a complete run when the
// configuration has changed, and compares all records when Salesforce does not
// remember all changes since; Run.Note says so.
func (im *Importer) Incremental(ctx context.Context, actor string, options *RunOptions) (*Report, error) {
	return im.importAs(ctx, actor, Incremental, options)
}

// Reconcile compares every record of the org that could be imported with what
// the importer knows of it, and reads again what differs: the answer to whatever
// Salesforce does not stamp, list or remember, such as formulas, fields of
// parents, records that were deleted for good, and sharing. It reads little of
// each record, and moves no watermark. Incremental does it by itself where it
// has to; Run.Note says so. Before a complete import has finished it fails with
// ErrNoComplete.
func (im *Importer) Reconcile(ctx context.Context, actor string, options *RunOptions) (*Report, error) {
	return im.importAs(ctx, actor, Reconcile, options)
}

// Available tells which imports may be started.
func (im *Importer) Available(ctx context.Context) (Available, error) {
	state, err := im.cfg.Store.State(ctx)
	if err != nil {
		return Available{}, fmt.Errorf("importer: read the state: %w", err)
	}
	a := Available{Incremental: !state.Watermark.IsZero(), LastComplete: state.LastComplete}
	if state.Last.unfinished() {
		a.Unfinished = state.Last
	}
	return a, nil
}

// Entries yields the report of a run, record by record, in the order of events.
// Unchanged records have an entry only when there is something to warn of. The
// run's number is in Report.Run.
func (im *Importer) Entries(ctx context.Context, run int64) iter.Seq2[Entry, error] {
	return im.cfg.Store.Entries(ctx, run)
}

// Runs yields all runs, newest first.
func (im *Importer) Runs(ctx context.Context) iter.Seq2[Run, error] {
	return im.cfg.Store.Runs(ctx)
}

// DeadLetters yields the records that could not be imported, with how often and
// since when it was tried. Every run tries them again.
func (im *Importer) DeadLetters(ctx context.Context) iter.Seq2[DeadLetter, error] {
	return im.cfg.Store.DeadLetters(ctx)
}

// Audit yields the audit trail, oldest first.
func (im *Importer) Audit(ctx context.Context) iter.Seq2[AuditEntry, error] {
	return im.cfg.Store.Audit(ctx)
}

// hold runs f under the store's lease.
func (im *Importer) hold(ctx context.Context, f func(Fence) error) error {
	fence, err := im.cfg.Store.Acquire(ctx, im.holder, im.cfg.Lease)
	if err != nil {
		return fmt.Errorf("importer: %w", err)
	}
	defer func() {
		ctx, cancel := im.detached(ctx)
		defer cancel()
		_ = im.cfg.Store.Release(ctx, fence) // a lease that cannot be released runs out
	}()
	return safely(func() error { return f(fence) })
}

// detached gives a context for saving what must be saved after ctx has ended.
func (im *Importer) detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
}

func (im *Importer) object(kind string) (*Object, error) {
	for i := range im.cfg.Objects {
		if im.cfg.Objects[i].Kind == kind {
			return &im.cfg.Objects[i], nil
		}
	}
	return nil, fmt.Errorf("importer: unknown kind %q", kind)
}
