package importer_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// A simWorld is what does not change in a history.
type simWorld struct {
	persons, formula, noScope, keepStamps, atomic, bulk, tight bool
	skew                                                       time.Duration
	page, odd                                                  int
}

// A sim is an org, a host and a model of both, in which a history happens.
type sim struct {
	t        testing.TB
	world    simWorld
	org      *salesforcetest.Org
	host     *simHost
	process  *simProcess
	im       *importer.Importer // lives in process; nil when it has to be started
	watcher  *importer.Importer // looks at locks
	skew     time.Duration      // what the host's clock is off
	waited   time.Duration      // how long people in the host have waited for a lease
	config   customers.Config
	policies map[importer.ExitPolicy]bool // in force since the last check

	faxIsPhone, everHidden, everRetires bool
	hidden                              map[string]bool
	broken                              map[string]bool // records that a run was broken off with while it brought them in

	concealed map[string]bool // accounts that the user who imports does not see
	revealed  bool            // something has come about that no stamp tells
	confirmed bool            // whatever leaves may leave

	ids    []string
	tracks map[string]*simTrack
	owners []string
	held   []simTransaction
	opened []time.Time // when transactions began that were open when this run took its bounds

	formulas sync.RWMutex
	ticked   map[string]bool

	relinking string // the account that is being linked again
	busy      bool   // an import runs inside another's moment

	requests int // made so far

	rests atomic.Int64 // how often the world was at rest

	cursor *simCursor // imports in the importer's place; nil for the importer

	counts   map[string]int
	lines    []string
	failures []string
}

// The org allows for simDayCalls requests a day. In tight worlds a run pauses
// after simRunCalls of them.
const (
	simDayCalls = 1e6
	simRunCalls = 50
)

func newSim(t testing.TB, w simWorld) *sim {
	s := &sim{
		t: t, world: w, skew: w.skew, hidden: map[string]bool{}, concealed: map[string]bool{}, broken: map[string]bool{}, tracks: map[string]*simTrack{}, ticked: map[string]bool{}, counts: map[string]int{},
		config:   customers.Config{OnStageExit: []customers.StageExit{customers.UpdateProject, customers.FreezeProject, customers.RetireProject}[w.odd/3%3], Stages: []string{"Closed Won", "Negotiation/Review"}, OnExit: []importer.ExitPolicy{importer.Keep, importer.Detach, importer.Deactivate}[w.odd%3]},
		policies: map[importer.ExitPolicy]bool{},
	}
	if w.noScope {
		s.config.Scope = importer.ScopeOff
	}
	s.policies[s.config.OnExit] = true
	s.everRetires = s.config.OnStageExit == customers.RetireProject
	s.org = salesforcetest.NewOrg(&salesforcetest.Options{
		PersonAccounts: w.persons, ChildrenKeepStamps: w.keepStamps, APILimit: simDayCalls, Schema: s.schema(),
		Now: func() time.Time { return morning.Add(time.Duration(w.odd) * time.Millisecond) },
	})
	s.owners = []string{s.org.Credentials().UserID, s.org.Insert("User", map[string]any{"Username": "rep@example.com"})}
	s.host = newSimHost(s.now)
	s.host.touched, s.host.watermark = s.touched, s.checkWatermark
	s.restart()
	return s
}

// schema gives Account the scope checkbox, at times as a formula that does not
// depend on the account itself.
func (s *sim) schema() salesforcetest.Schema {
	field := salesforcetest.Field{Name: "ZEP__c", Label: "ZEP", Type: "boolean", Default: false}
	if s.world.noScope {
		return nil
	}
	if s.world.formula {
		field.Formula = func(r salesforcetest.Row) any {
			s.formulas.RLock()
			defer s.formulas.RUnlock()
			return s.ticked[r.ID()]
		}
	}
	return salesforcetest.Schema{{Name: "Account", Fields: []salesforcetest.Field{field}}}
}

// now is the host's clock.
func (s *sim) now() time.Time { return s.org.Now().Add(s.skew + s.waited) }

// restart lets the process be started anew, as after a crash or with another
// configuration.
func (s *sim) restart() {
	s.im = nil
	s.watcher = s.start(&simProcess{sim: s})
}

func (s *sim) start(p *simProcess) *importer.Importer {
	s.config.CustomerRules = s.rules()
	objects, err := customers.Objects(s.config)
	require.NoError(s.t, err)
	client, err := salesforce.New(salesforce.Config{
		LoginURL:   "https://acme.my.salesforce.com",
		Auth:       salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
		HTTPClient: &http.Client{Transport: simTransport{p}},
		Retry:      salesforce.Retry{Max: -1},
		Now:        s.now,
	})
	require.NoError(s.t, err)
	store := simStore{p, s.host}
	config := importer.Config{Client: client, Store: store, Sink: store, Objects: objects, PageSize: s.world.page, Now: s.now}
	if s.world.bulk {
		config.BulkAbove = 2
	}
	if s.world.tight {
		config.RunShare = simRunCalls / simDayCalls
	}
	if s.world.atomic {
		both := &simAtomic{store}
		config.Store, config.Sink = both, both
	}
	im, err := importer.New(config)
	require.NoError(s.t, err)
	return im
}

func (s *sim) log(format string, args ...any) {
	s.lines = append(s.lines, fmt.Sprintf(format, args...))
}

func (s *sim) count(what string, n int) { s.counts[what] += n }

func (s *sim) fail(invariant, format string, args ...any) {
	s.failures = append(s.failures, invariant+": "+fmt.Sprintf(format, args...))
	s.log("FAILURE %s: %s", invariant, fmt.Sprintf(format, args...))
}

// run plays a history until a promise is broken, brings it to rest, and checks
// that a complete import finds nothing to do then.
func (s *sim) run(steps []simStep) {
	for _, step := range steps {
		s.play(step)
		if len(s.failures) > 0 {
			return
		}
	}
	s.rest()
	if len(s.failures) > 0 || s.cursor != nil {
		return
	}
	before := s.host.dump()
	for _, kind := range []importer.RunKind{importer.Incremental, importer.Reconcile, importer.Complete, importer.Complete} {
		err := s.quietly(string(kind), func(im *importer.Importer) error {
			_, err := s.importOf(s.t.Context(), im, kind)
			return err
		})
		if err != nil {
			return
		}
		if after := s.host.dump(); after != before {
			s.fail("I5", "a %s run changes what an import has left at rest:\n%s", kind, difference(before, after))
			return
		}
	}
}

func difference(before, after string) string {
	var lines []string
	old := strings.Split(before, "\n")
	for line := range strings.SplitSeq(after, "\n") {
		if !slices.Contains(old, line) {
			lines = append(lines, "+ "+line)
		}
	}
	for _, line := range old {
		if !slices.Contains(strings.Split(after, "\n"), line) {
			lines = append(lines, "- "+line)
		}
	}
	return strings.Join(lines, "\n")
}

// call lets the process call its importer, with what happens meanwhile.
func (s *sim) call(e simStep, f func(context.Context, *importer.Importer) error) error {
	if s.im == nil {
		s.process = &simProcess{sim: s}
		s.im = s.start(s.process)
	}
	kill, hiccup := 0, 0
	switch e.b % 4 {
	case 0:
		kill = 1 + e.c%130
	case 1:
		hiccup = 1 + e.c%130
	}
	ctx, cancel := s.process.begin(s.t.Context(), e.during, kill, hiccup)
	defer cancel()
	err := f(ctx, s.im)
	s.process.during = nil
	if s.process.dead {
		s.im = nil
	}
	s.outcome(err)
	return err
}

func (s *sim) outcome(err error) {
	s.log("  -> %v", err)
	for key, link := range s.host.links {
		if link.State == importer.Pending {
			s.broken[string(key.id)] = true
		}
	}
	s.failures = append(s.failures, s.host.faults...)
	s.host.faults = nil
}

func (s *sim) importStep(e simStep) {
	kind := importer.Incremental
	switch e.a % 10 {
	case 0, 1:
		kind = importer.Complete
	case 2:
		kind = importer.Reconcile
	}
	first, before := s.host.state.Watermark.IsZero(), s.host.dump()
	s.log("  %s", kind)
	err := s.call(e, func(ctx context.Context, im *importer.Importer) error {
		report, err := s.importOf(ctx, im, kind)
		s.checkReport(report, err)
		return err
	})
	if first && kind != importer.Complete && !s.stoodStill(e) && s.cursor == nil {
		if err == nil || s.host.dump() != before {
			s.fail("I4", "an import of changes ran before a complete one had finished: %v", err)
		}
	}
}

// stoodStill reports whether another process imported meanwhile.
func (s *sim) stoodStill(e simStep) bool {
	return slices.ContainsFunc(e.during, func(e simStep) bool { return e.name == "stand still" || e.name == "another import" })
}

func (s *sim) importOf(ctx context.Context, im *importer.Importer, kind importer.RunKind) (*importer.Report, error) {
	s.count(string(kind), 1)
	if s.cursor != nil {
		return nil, s.cursorImport(ctx, s.process)
	}
	before := s.requests
	defer func() {
		s.count("requests", s.requests-before)
		// A call makes two runs at most. A page may be under way when the share is
		// reached, and what a run begins and ends with is not counted page by page.
		if made, most := s.requests-before, 2*(simRunCalls+30); s.world.tight && made > most {
			s.fail("I14", "an import has made %d requests, and its share is %d", made, simRunCalls)
		}
	}()
	var options *importer.RunOptions
	if s.confirmed {
		options, s.confirmed = &importer.RunOptions{MayRetire: 1 << 20}, false
	}
	left := s.left()
	report, err := map[importer.RunKind]func(context.Context, string, *importer.RunOptions) (*importer.Report, error){
		importer.Complete: im.Complete, importer.Reconcile: im.Reconcile, importer.Incremental: im.Incremental,
	}[kind](ctx, "anna", options)
	if errors.Is(err, importer.ErrGuard) {
		s.count("guarded", 1)
		if now := s.left(); now > left+50 {
			s.fail("guard", "%d records had left the scope before the run, and %d had when it was stopped", left, now)
		}
	}
	return report, err
}

// left counts the customers that are no longer led by Salesforce.
func (s *sim) left() (n int) {
	for key, link := range s.host.links {
		if key.object == "Account" && (link.State == importer.OutOfScope || link.State == importer.Deleted) {
			n++
		}
	}
	return n
}

// checkReport checks a report by itself.
func (s *sim) checkReport(report *importer.Report, err error) {
	if report == nil {
		return
	}
	for object, c := range report.Run.Counts {
		s.count("records read", c.Read)
		if c.Read != c.Created+c.Matched+c.Updated+c.Unchanged+c.Retired+c.Skipped+c.Failed {
			s.fail("I16", "%s: %v does not add up", object, c)
		}
	}
	if err == nil && report.Run.Status != importer.Completed {
		s.fail("I12", "run %d is %s, and there is no error", report.Run.Number, report.Run.Status)
	}
}

// checkWatermark is asked before the watermark moves. What a transaction wrote
// that was open when the bounds were taken is stamped at its start at the
// earliest, and must lie behind.
func (s *sim) checkWatermark(w time.Time) {
	if w.Before(s.host.state.Watermark) {
		s.fail("I2", "the watermark goes back from %v to %v", s.host.state.Watermark, w)
	}
	for _, started := range s.opened {
		if w.After(started.Truncate(time.Second)) {
			s.fail("I2", "the watermark %v lies behind the start of an open transaction, %v", w, started)
		}
	}
}

// intrude starts another import while one is at work.
func (s *sim) intrude(simStep) {
	s.besides(func(im *importer.Importer) {
		held := s.host.held()
		_, err := im.Incremental(s.t.Context(), "bert", nil)
		s.log("  -> %v", err)
		if held && !errors.Is(err, importer.ErrRunActive) {
			s.fail("I7", "two imports at a time: %v", err)
		}
	})
}

// standStill lets the process sleep until its lease has run out and another
// one has taken over.
func (s *sim) standStill(simStep) {
	s.besides(func(im *importer.Importer) {
		s.waited += 3 * time.Minute
		_, err := im.Incremental(s.t.Context(), "bert", nil)
		s.log("  -> %v", err)
	})
}

// besides runs f in another process.
func (s *sim) besides(f func(*importer.Importer)) {
	if s.busy || s.cursor != nil {
		return
	}
	s.busy = true
	defer func() { s.busy = false }()
	opened := s.opened
	f(s.start(&simProcess{sim: s}))
	s.opened = opened
}

// noteOpen notes the transactions that are open while a run asks for its
// bounds. A run begins with what the org describes.
func (s *sim) noteOpen(path string) {
	s.requests++
	switch {
	case strings.Contains(path, "/describe"):
		s.opened = nil
	case strings.Contains(path, "/updated"), strings.Contains(path, "/deleted"):
		for _, held := range s.held {
			s.opened = append(s.opened, held.started)
		}
	}
}

func (s *sim) removeFlag(e simStep) {
	id := s.pickCustomer(e.a)
	if id == "" {
		return
	}
	t := s.tracks[id]
	s.log("  %s", id)
	_ = s.call(e, func(ctx context.Context, im *importer.Importer) error {
		return im.RemoveFlag(ctx, "bert", customers.KindCustomer, t.hostID)
	})
	t.detached = s.linkState(id) == importer.Detached
}

func (s *sim) linkAgain(e simStep) {
	id := s.pickCustomer(e.a)
	if id == "" {
		return
	}
	t := s.tracks[id]
	s.log("  %s", id)
	s.relinking = id
	defer func() { s.relinking = "" }()
	relink := func(ctx context.Context, im *importer.Importer) error {
		_, err := im.LinkAgain(ctx, "bert", customers.KindCustomer, t.hostID)
		return err
	}
	err := s.call(e, relink)
	if err != nil && !errors.Is(err, importer.ErrNotInScope) && !errors.Is(err, importer.ErrNotLinked) {
		err = s.quietly("link again", func(im *importer.Importer) error { return relink(s.t.Context(), im) })
	}
	t.detached = s.linkState(id) == importer.Detached
	if err != nil {
		return
	}
	s.count("linked again", 1)
	for _, child := range s.tracks {
		if child.object != "Account" && child.last().live() && child.last().parent == id {
			child.lost, child.inHost = false, child.inHost && s.row(child.id) != nil
		}
	}
}

// pickCustomer chooses a customer that the host has.
func (s *sim) pickCustomer(n int) string {
	var ids []string
	for _, id := range s.ids {
		if t := s.tracks[id]; t.object == "Account" && s.row(id) != nil {
			t.hostID = s.row(id).id
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return ""
	}
	return ids[n%len(ids)]
}

func (s *sim) linkState(account string) importer.LinkState {
	return s.host.links[simKey{object: "Account", id: salesforce.ID(account)}].State
}

// quietly calls an importer until it succeeds, while nobody else is at work.
func (s *sim) quietly(what string, f func(*importer.Importer) error) (err error) {
	for range 60 {
		p := &simProcess{sim: s}
		if s.cursor != nil {
			s.process, s.im = p, nil
		}
		im := s.start(p)
		err = f(im)
		s.log("  %s -> %v", what, err)
		switch {
		case err == nil, errors.Is(err, importer.ErrNoComplete), errors.Is(err, importer.ErrNotInScope), errors.Is(err, importer.ErrNotLinked),
			errors.Is(err, importer.ErrSchema):
			s.outcome(err)
			return err
		case errors.Is(err, importer.ErrGuard):
			s.confirmed = true
		case errors.Is(err, importer.ErrRunActive): // left by a process that was killed, perhaps under another clock
			s.waited += 20 * time.Minute
		}
	}
	s.fail("I12", "%s does not come to an end: %v", what, err)
	return err
}

// rest lets everything that is under way come to its end, imports, and checks.
func (s *sim) rest() {
	s.rests.Add(1)
	for len(s.held) > 0 {
		s.commit(simStep{})
	}
	clear(s.host.refuses)
	for _, required := range []string{"Account.Name", "Account.ZEP__c", "Contact.LastName"} {
		if s.hidden[required] {
			object, name, _ := strings.Cut(required, ".")
			s.org.ShowField(object, name)
			s.hidden[required] = false
		}
	}
	s.observe()
	kind := importer.Incremental
	if s.host.state.Watermark.IsZero() {
		kind = importer.Complete
	}
	s.confirmed = false
	if s.revealed && kind == importer.Incremental {
		if s.quietly("reconcile", func(im *importer.Importer) error {
			_, err := s.importOf(s.t.Context(), im, importer.Reconcile)
			return err
		}) != nil {
			return
		}
	}
	s.revealed = false
	dry := s.foretell(kind)
	err := s.quietly("import", func(im *importer.Importer) error {
		report, err := s.importOf(s.t.Context(), im, kind)
		s.checkReport(report, err)
		s.checkForetold(dry, report, err)
		dry = nil
		return err
	})
	if err != nil || len(s.failures) > 0 || s.cursor != nil {
		return
	}
	for key := range s.host.tasks {
		if s.configured(&simTrack{object: key.object}) {
			s.fail("I3", "at rest, %v is still owed", key)
		}
	}
	for key, letter := range s.host.dead {
		if s.configured(&simTrack{object: key.object}) {
			s.fail("I3", "at rest, %s is dead: %s", key.id, letter.Reason)
		}
	}
	s.verify()
}

// foretell asks what an import would do now, and checks that this changes
// nothing. It returns nil when the org does not let the dry run come to its end.
func (s *sim) foretell(kind importer.RunKind) *importer.DryReport {
	if s.cursor != nil {
		return nil
	}
	before := s.host.everything()
	dry, err := s.start(&simProcess{sim: s}).DryRun(s.t.Context(), "anna", kind, &importer.DryRunOptions{Limit: 1 << 20})
	s.log("  dry run -> %v", err)
	if after := s.host.everything(); after != before {
		s.fail("I13", "a dry run has changed the host:\n%s", difference(before, after))
	}
	if err != nil {
		return nil
	}
	s.count("dry runs", 1)
	return dry
}

// checkForetold compares what a dry run has said with what the run has done.
func (s *sim) checkForetold(dry *importer.DryReport, report *importer.Report, err error) {
	if dry == nil || err != nil {
		return
	}
	for want, got := dry.Report, report; want != nil || got != nil; want, got = want.Resumed, got.Resumed {
		if (want == nil) != (got == nil) {
			s.fail("I13", "the dry run has said %+v, and the run did %+v", dry.Report, report)
			return
		}
		if dry.Report.Resumed != nil { // what it would have created before, it does not compare again
			tolerate(want.Run.Counts)
			tolerate(got.Run.Counts)
		}
		if want.Run.Kind != got.Run.Kind || fmt.Sprint(want.Run.Counts) != fmt.Sprint(got.Run.Counts) {
			s.fail("I13", "the dry run has said %s %v, and the run did %s %v", want.Run.Kind, want.Run.Counts, got.Run.Kind, got.Run.Counts)
		}
	}
}

func tolerate(counts map[string]importer.Counts) {
	for object, c := range counts {
		c.Unchanged, c.Updated = c.Unchanged+c.Updated, 0
		counts[object] = c
	}
}

// A simResult is what became of one history.
type simResult struct {
	counts          map[string]int
	failures, lines []string
}

func play(t testing.TB, w simWorld, steps []simStep) (result simResult) {
	s := newSim(t, w)
	defer func() {
		if r := recover(); r != nil {
			buf := make([]byte, 4096)
			s.fail("panic", "%v\n%s", r, buf[:runtime.Stack(buf, false)])
		}
		result = simResult{s.counts, s.failures, s.lines}
	}()
	s.run(steps)
	return result
}

// shrink leaves out steps of a failing history as long as it fails.
func shrink(t testing.TB, w simWorld, steps []simStep) ([]simStep, simResult) {
	best := play(t, w, steps)
	try := func(fewer []simStep) bool {
		result := play(t, w, fewer)
		if len(result.failures) > 0 {
			steps, best = fewer, result
		}
		return len(result.failures) > 0
	}
	for size := len(steps); size > 0; size /= 2 {
		for from := 0; from < len(steps); {
			if !try(slices.Delete(slices.Clone(steps), from, min(len(steps), from+size))) {
				from += size
			}
		}
	}
	for i := range steps {
		for j := 0; j < len(steps[i].during); {
			fewer := slices.Clone(steps)
			fewer[i].during = slices.Delete(slices.Clone(steps[i].during), j, j+1)
			if !try(fewer) {
				j++
			}
		}
	}
	return steps, best
}

// simSeeds are the histories to play: a hundred, fewer under the race detector, or
// 2,000 when SFBRIDGE_LONG is set. SFBRIDGE_SEED begins elsewhere.
func simSeeds() (first uint64, n int) {
	first, n = 1, 100
	switch {
	case os.Getenv("SFBRIDGE_LONG") != "":
		n = 2000
	case raced:
		n = 30
	}
	if seed, err := strconv.ParseUint(os.Getenv("SFBRIDGE_SEED"), 10, 64); err == nil {
		first = seed
	}
	return first, n
}

// Whatever happens in the org and in the host, and wherever the importer is
// stopped, the host is in the end what the org and the policies say.
func TestHistoriesEndAsTheOrgIs(t *testing.T) {
	t.Parallel()
	first, n := simSeeds()
	begun := time.Now()
	var mutex sync.Mutex
	total := map[string]int{}
	seeds := make(chan uint64)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for seed := range seeds {
				w, steps := newHistory(seed)
				result := play(t, w, steps)
				if len(result.failures) > 0 {
					_, result = shrink(t, w, steps)
					t.Errorf("seed %d, %+v: %s\n%s", seed, w, strings.Join(result.failures, "\n"), strings.Join(result.lines, "\n"))
				}
				mutex.Lock()
				for what, n := range result.counts {
					total[what] += n
				}
				mutex.Unlock()
			}
		})
	}
	for seed := first; seed < first+uint64(n) && !t.Failed(); seed++ {
		seeds <- seed
	}
	close(seeds)
	workers.Wait()
	t.Logf("histories %d to %d in %v", first, first+uint64(n)-1, time.Since(begun).Round(time.Millisecond))
	for _, what := range slices.Sorted(maps.Keys(total)) {
		t.Logf("%8d %s", total[what], what)
	}
}
