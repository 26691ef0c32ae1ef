package importer_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/salesforce"
)

// A killer ends a process at one of its calls, before or after the call took
// effect: from then on nothing works, as for a process that is gone.
type killer struct {
	mutex  sync.Mutex
	at     int // the moment to kill at, counted from 1; 0 never
	moment int
	dead   bool
	cancel context.CancelFunc
	calls  []string // what was called, two moments each
}

var errKilled = errors.New("the process is gone")

// call runs f between two moments at which the process may die.
func (k *killer) call(name string, f func() error) error {
	if k.die(name + ", before") {
		return errKilled
	}
	err := f()
	if k.die(name + ", after") {
		return errKilled
	}
	return err
}

func (k *killer) die(what string) bool {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if !k.dead {
		k.moment++
		k.calls = append(k.calls, what)
		if k.moment == k.at {
			k.dead = true
			k.cancel()
		}
	}
	return k.dead
}

type killTransport struct {
	*killer
	next http.RoundTripper
}

func (t killTransport) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	err = t.call("HTTP "+r.Method+" "+r.URL.Path, func() error {
		resp, err = t.next.RoundTrip(r) //nolint:bodyclose // whoever gets the answer closes it
		return err
	})
	if err != nil && resp != nil {
		_ = resp.Body.Close()
	}
	if err != nil {
		return nil, err
	}
	return resp, nil
}

type killStore struct {
	*killer
	next importer.Store
}

func (s killStore) Acquire(ctx context.Context, holder string, ttl time.Duration) (f importer.Fence, err error) {
	err = s.call("store Acquire", func() error { f, err = s.next.Acquire(ctx, holder, ttl); return err })
	return f, err
}

func (s killStore) Release(ctx context.Context, f importer.Fence) error {
	return s.call("store Release", func() error { return s.next.Release(ctx, f) })
}

func (s killStore) State(ctx context.Context) (state importer.State, err error) {
	err = s.call("store State", func() error { state, err = s.next.State(ctx); return err })
	return state, err
}

func (s killStore) Links(ctx context.Context, object string, ids []salesforce.ID) (links []importer.Link, err error) {
	err = s.call("store Links", func() error { links, err = s.next.Links(ctx, object, ids); return err })
	return links, err
}

func (s killStore) ListLinks(ctx context.Context, f importer.LinkFilter, after salesforce.ID, limit int) (links []importer.Link, err error) {
	err = s.call("store ListLinks", func() error { links, err = s.next.ListLinks(ctx, f, after, limit); return err })
	return links, err
}

func (s killStore) LinkOf(ctx context.Context, kind, hostID string) (link importer.Link, ok bool, err error) {
	err = s.call("store LinkOf", func() error { link, ok, err = s.next.LinkOf(ctx, kind, hostID); return err })
	return link, ok, err
}

func (s killStore) Tasks(ctx context.Context, object string, limit int) (tasks []importer.Task, err error) {
	err = s.call("store Tasks", func() error { tasks, err = s.next.Tasks(ctx, object, limit); return err })
	return tasks, err
}

func (s killStore) Save(ctx context.Context, f importer.Fence, c *importer.Checkpoint) error {
	return s.call("store Save", func() error { return s.next.Save(ctx, f, c) })
}

func (s killStore) DeadLetters(ctx context.Context) iter.Seq2[importer.DeadLetter, error] {
	return s.next.DeadLetters(ctx)
}

func (s killStore) Runs(ctx context.Context) iter.Seq2[importer.Run, error] { return s.next.Runs(ctx) }

func (s killStore) Entries(ctx context.Context, run int64) iter.Seq2[importer.Entry, error] {
	return s.next.Entries(ctx, run)
}

func (s killStore) Audit(ctx context.Context) iter.Seq2[importer.AuditEntry, error] {
	return s.next.Audit(ctx)
}

type killSink struct {
	*killer
	next importer.EpochSink
}

func (s killSink) Epoch(ctx context.Context) (epoch string, err error) {
	err = s.call("sink Epoch", func() error { epoch, err = s.next.Epoch(ctx); return err })
	return epoch, err
}

func (s killSink) SetEpoch(ctx context.Context, epoch string) error {
	return s.call("sink SetEpoch", func() error { return s.next.SetEpoch(ctx, epoch) })
}

func (s killSink) Apply(ctx context.Context, batch []importer.Change) (outcomes []importer.Outcome, err error) {
	err = s.call("sink Apply", func() error { outcomes, err = s.next.Apply(ctx, batch); return err })
	return outcomes, err
}

func (s killSink) Diff(ctx context.Context, batch []importer.Change) ([]importer.Outcome, error) {
	return s.next.Diff(ctx, batch)
}

// killBoth is a Store and Sink in one database.
type killBoth struct {
	killStore
	killSink
	next importer.Atomic
}

func (s *killBoth) ApplyAndSave(ctx context.Context, f importer.Fence, batch []importer.Change, then func([]importer.Outcome) *importer.Checkpoint) error {
	return s.killStore.call("sink ApplyAndSave", func() error { return s.next.ApplyAndSave(ctx, f, batch, then) })
}

// A wiring is how an importer is put together.
type wiring struct {
	together bool // store and sink are one database
	bulk     bool // objects are read in bulk
}

// A process is an importer whose calls can be counted and cut off.
func (w *world) process(t testing.TB, k *killer, how wiring) *importer.Importer {
	t.Helper()
	inner := w.store(t)
	store, sink := killStore{k, inner}, killSink{k, inner}
	config := importer.Config{
		Client: w.client(t, killTransport{k, w.org.Transport()}), Store: store, Sink: sink, Objects: w.objects(t), PageSize: 5, Now: w.now,
	}
	if how.bulk {
		config.PageSize, config.BulkAbove = 2, 3
	}
	if how.together {
		both := &killBoth{store, sink, inner}
		config.Store, config.Sink = both, both
	}
	im, err := importer.New(config)
	require.NoError(t, err)
	return im
}

// A story is what happens in the org and in the host, step by step. Steps that
// call the importer are done by whatever process is alive.
type story []chapter

type chapter struct {
	inOrg  func(*world)
	inHost func(context.Context, *importer.Importer) error
}

// tellStory plays a story. The process is killed at one moment; a new one
// takes up the step that it was at, and all steps after.
func tellStory(t testing.TB, k *killer, how wiring) *world {
	t.Helper()
	w := newWorld(t)
	ids := map[string]string{}
	im := w.process(t, k, how)
	for _, c := range lifeOfAnImport(t, w, ids) {
		if c.inOrg != nil {
			c.inOrg(w)
			continue
		}
		ctx, cancel := context.WithCancel(t.Context())
		k.cancel = cancel
		err := c.inHost(ctx, im)
		cancel()
		if k.dead {
			w.pass(3 * time.Minute) // the lease of the dead runs out
			*k = killer{cancel: cancel}
			im = w.process(t, k, how)
			if err != nil { // else it died when all was done
				err = c.inHost(t.Context(), im)
			}
		}
		require.NoError(t, err, "killed at %v", k.calls)
	}
	return w
}

// lifeOfAnImport has something of everything: a complete import, changes of
// every sort, incremental imports, a customer unlinked and linked again, and a
// comparison of everything.
func lifeOfAnImport(t testing.TB, w *world, ids map[string]string) story {
	complete := func(ctx context.Context, im *importer.Importer) error {
		_, err := im.Complete(ctx, "anna", nil)
		return err
	}
	incremental := func(ctx context.Context, im *importer.Importer) error {
		_, err := im.Incremental(ctx, "anna", nil)
		return err
	}
	reconcile := func(ctx context.Context, im *importer.Importer) error {
		_, err := im.Reconcile(ctx, "anna", nil)
		return err
	}
	return story{
		{inOrg: func(w *world) { populate(w, ids) }},
		{inHost: complete},
		{inOrg: func(w *world) { w.org.Advance(time.Hour); unsettle(w, ids) }},
		{inHost: incremental},
		{inHost: func(ctx context.Context, im *importer.Importer) error {
			return im.RemoveFlag(ctx, "bert", "customer", w.hostID(t, "customers", ids["Bach"]))
		}},
		{inOrg: func(w *world) {
			w.org.Advance(time.Hour)
			w.org.Update(ids["Bach"], map[string]any{"Phone": "+49 30 5550199"})
			w.contact(ids["Bach"], "Wilhelm")
		}},
		{inHost: incremental},
		{inHost: func(ctx context.Context, im *importer.Importer) error {
			_, err := im.LinkAgain(ctx, "bert", "customer", w.hostID(t, "customers", ids["Bach"]))
			return err
		}},
		{inOrg: func(w *world) {
			w.org.Advance(time.Hour)
			w.org.Update(ids["Corelli"], map[string]any{"Fax": "+49 341 5550101"})
		}},
		{inHost: reconcile},
	}
}

// populate fills the org: names are keys into ids.
func populate(w *world, ids map[string]string) {
	for _, name := range []string{"Abel", "Bach", "Corelli", "Dowland", "Eccles", "Farkas", "Gluck"} {
		ids[name] = w.account(name, "AccountNumber", "K-"+name, "BillingStreet", name+" Street 1\nRear building", "BillingCity", "Leipzig")
		ids[name+"-0"] = w.contact(ids[name], name+"-0", "Email", strings.ToLower(name)+"@example.org")
		ids[name+"-project"] = w.opportunity(ids[name], name+" tour", "Closed Won")
	}
	ids["Unticked"] = w.account("Unticked", "ZEP__c", false)
	ids["Unticked-0"] = w.contact(ids["Unticked"], "Nobody")
	ids["early"] = w.opportunity(ids["Abel"], "early", "Prospecting")
	ids["loner"] = w.contact("", "Loner", "AccountId", nil)
}

// unsettle changes the org in every way that an import has to follow.
func unsettle(w *world, ids map[string]string) {
	w.org.Update(ids["Abel"], map[string]any{"Phone": "+49 341 5550100", "BillingCity": "Köthen"})
	w.org.Update(ids["early"], map[string]any{"StageName": "Negotiation/Review"})
	w.org.Update(ids["Corelli-project"], map[string]any{"StageName": "Closed Lost", "Amount": 2500.5})
	w.org.Update(ids["Unticked"], map[string]any{"ZEP__c": true})
	w.org.Update(ids["Dowland"], map[string]any{"ZEP__c": false})
	w.org.Update(ids["Bach-0"], map[string]any{"AccountId": ids["Gluck"]})
	w.org.Delete(ids["Eccles"])
	w.org.Merge(ids["Abel"], ids["Farkas"])
	w.org.Delete(ids["Gluck-0"])
	w.org.Purge(ids["Gluck-0"]) // after which Salesforce does not tell of deletions, and the run sweeps
	ids["Haydn"] = w.account("Haydn")
	ids["Haydn-0"] = w.contact(ids["Haydn"], "Joseph")
}

// The test kills at every moment in turn when SFBRIDGE_LONG is set, as CI does;
// otherwise at some, and under the race detector at few.
func TestKilledImportEndsAsUndisturbed(t *testing.T) {
	t.Parallel()
	stride := 61
	switch {
	case os.Getenv("SFBRIDGE_LONG") != "":
		stride = 1
	case raced:
		stride = 211
	}
	for _, mode := range []struct {
		name string
		wiring
	}{
		{"store and sink apart", wiring{}},
		{"store and sink in one database", wiring{together: true}},
		{"in bulk", wiring{bulk: true}},
		{"in bulk, store and sink in one database", wiring{together: true, bulk: true}},
	} {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			undisturbed := &killer{}
			w := tellStory(t, undisturbed, mode.wiring)
			want, runs, trail, report := w.dump(t), w.runs(t), w.trail(t), w.report(t, mode.together)
			t.Logf("killed at every %d of %d moments", stride, undisturbed.moment)
			require.Greater(t, undisturbed.moment, 400)
			for at := 1; at <= undisturbed.moment; at += stride {
				what := undisturbed.calls[at-1]
				w := tellStory(t, &killer{at: at}, mode.wiring)
				require.Equal(t, want, w.dump(t), "killed at moment %d: %s", at, what)
				require.Equal(t, runs, w.runs(t), "runs, killed at moment %d: %s", at, what)
				require.Equal(t, trail, w.trail(t), "audit trail, killed at moment %d: %s", at, what)
				require.Equal(t, report, w.report(t, mode.together), "report, killed at moment %d: %s", at, what)
			}
		})
	}
}

// runs gives the meaning of the run rows: what was done, not in how many goes.
func (w *world) runs(t testing.TB) string {
	t.Helper()
	lines := w.query(t, `SELECT DISTINCT kind, actor FROM sfbridge_import_run ORDER BY kind, actor`)
	unfinished := w.query(t, `SELECT number FROM sfbridge_import_run WHERE status = 'running' AND number > (SELECT MAX(number) FROM sfbridge_import_run WHERE status = 'completed')`)
	last := w.query(t, `SELECT status FROM sfbridge_import_run ORDER BY number DESC LIMIT 1`)
	return fmt.Sprint(lines, unfinished, last)
}

// report lists what was done to records, each as often as it was. Where records
// and state are not one transaction, an update may be noted as none when the
// process died between the two; a creation never is.
func (w *world) report(t testing.TB, together bool) string {
	t.Helper()
	results := `'created'`
	if together {
		results += `, 'updated', 'retired', 'failed'`
	}
	return strings.Join(w.query(t, `SELECT object, sf_id, label, host_id, result, reason, changed FROM sfbridge_import_entry
		WHERE result IN (`+results+`) ORDER BY object, sf_id, result, changed`), "\n")
}

// trail gives the meaning of the audit trail: who did what to which record.
func (w *world) trail(t testing.TB) string {
	t.Helper()
	return strings.Join(w.query(t, `SELECT DISTINCT actor, action, subject FROM sfbridge_import_audit ORDER BY actor, action, subject`), "\n")
}
