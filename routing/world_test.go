package routing_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/outbox"
	"github.com/sfbridge/sfbridge/salesforce"
)

const target = salesforce.ID("001000000000001AAA")

var (
	start      = time.Date(2019, time.May, 23, 12, 0, 0, 0, time.UTC)
	errUnknown = fmt.Errorf("connection lost: %w", salesforce.ErrOutcomeUnknown)
	errDown    = fmt.Errorf("fake: %w", salesforce.ErrUnavailable)
	errFull    = fmt.Errorf("fake: %w", salesforce.ErrStorage)
	errNoMail  = errors.New("fake: mail server refuses")
	errLedger  = errors.New("fake: ledger not reached")
)

// A world is everything around routers that outlives them: what Salesforce and
// mailboxes hold, ledger, spool and time.
type world struct {
	t     require.TestingT
	store outbox.Store
	dir   string

	mu       sync.Mutex    // guards the following
	now      time.Time     // in Salesforce
	skew     time.Duration // by which the clock here is ahead of it
	versions []version
	mails    []routing.Message
	bodies   map[string]string // of mails, by Message-ID
	failures []routing.Failure
	uploads  int
	finds    int
	rules    []string        // what was broken
	keyed    bool            // Salesforce refuses a second copy
	tooLarge map[string]bool // deliveries that are too large for mail

	// What happens next; nil is that all goes well.
	onUpload func(routing.Document) uploadFault
	onFind   func() error
	onMail   func(routing.Message) mailFault
	onHook   func(routing.Failure) error
	onStore  func() storeFault
}

// A storeFault is a call that the ledger does not answer, though it may have
// carried it out.
type storeFault struct{ before, after bool }

// A version is a file in the fake Salesforce, visible from a moment on.
type version struct {
	id, document, content string
	from                  time.Time
}

type uploadFault struct {
	takes   time.Duration
	stored  bool
	late    time.Duration // after which it is stored
	corrupt bool
	err     error
}

type mailFault struct {
	accepted bool
	err      error
}

func newWorld(t *testing.T) *world {
	return &world{t: t, store: outbox.NewMemory(), dir: memory(t), now: start, bodies: map[string]string{}, tooLarge: map[string]bool{}}
}

// memory is a directory that costs no disk, where the system has such a thing.
func memory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "routing") //nolint:usetesting // the disk is what makes these tests slow
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now.Add(w.skew)
}

// set sets the clock here, and not Salesforce's.
func (w *world) set(skew time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.skew = skew
}

func (w *world) wait(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// config is for a router in this world, of the process p.
func (w *world) config(p *process) routing.Config {
	return routing.Config{
		Destination: p, Store: p, Mailer: p, Fallback: p, Spool: outbox.Spool{Dir: w.dir},
		Rules: []routing.Rule{
			{Type: routing.Contract, Backup: []string{"office@example.com", "Boss <boss@example.com>"}},
			{Type: routing.Proposal},
			{Type: "Photo", Off: true},
		},
		Now: w.clock, Rand: func() float64 { return 0 },
	}
}

func (w *world) router() *routing.Router {
	r, err := routing.New(w.config(&process{world: w, fuse: -1}))
	require.NoError(w.t, err)
	return r
}

func submission(key string) routing.Submission {
	return routing.Submission{
		Key: key, Type: routing.Contract, Target: target, Body: strings.NewReader("document " + key),
		Placeholders: placeholder.Data{Date: start, Customer: placeholder.Person{First: "Larry", Last: "Leap"}},
	}
}

// drain works until nothing is left, or for two days.
func (w *world) drain(r *routing.Router) {
	for end := w.clock().Add(48 * time.Hour); w.clock().Before(end); {
		left, err := r.Drain(context.Background())
		require.NoError(w.t, err)
		if left == 0 {
			return
		}
		w.wait(w.pause())
	}
}

// pause is how long nothing is due.
func (w *world) pause() time.Duration {
	pause := 48 * time.Hour
	for d, err := range w.store.List(context.Background(), outbox.Filter{Status: outbox.Pending}) {
		require.NoError(w.t, err)
		pause = min(pause, d.NotBefore.Sub(w.clock()))
	}
	return max(pause, time.Millisecond)
}

// check tells whether all promises were kept about these documents.
func (w *world) check(r *routing.Router, contents map[string]string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	require.Empty(w.t, w.rules)
	files := map[string]bool{}
	for d, err := range r.Deliveries(context.Background(), "") {
		require.NoError(w.t, err)
		content, ok := contents[d.Key]
		require.True(w.t, ok, d.Key)
		delete(contents, d.Key)
		stored := w.stored(d.ID, content, w.now.Add(24*time.Hour))
		mailed := w.mailedTo(d.ID, content)
		switch d.State {
		case routing.Verified:
			require.Equal(w.t, 1, stored)
			require.Empty(w.t, mailed)
		case routing.Mailed:
			require.Zero(w.t, stored)
			require.Equal(w.t, []string{"boss@example.com", "office@example.com"}, mailed)
		case routing.Confirmed:
			require.Zero(w.t, stored)
		default:
			require.True(w.t, d.State != routing.Parked || w.tooLarge[d.ID], "parked without a reason")
			require.LessOrEqual(w.t, stored, 1)
			files[d.ID] = true
		}
	}
	require.Empty(w.t, contents, "documents without delivery")
	for _, id := range w.spooled() {
		delete(files, id)
	}
	require.Empty(w.t, files, "deliveries without file")
}

func (w *world) spooled() []string {
	entries, err := os.ReadDir(w.dir)
	if !errors.Is(err, os.ErrNotExist) {
		require.NoError(w.t, err)
	}
	var ids []string
	for _, entry := range entries {
		_, id, _ := strings.Cut(entry.Name(), ".")
		ids = append(ids, id)
	}
	return ids
}

// stored counts the copies of a document that are in Salesforce by then.
func (w *world) stored(id, content string, by time.Time) int {
	n := 0
	for _, v := range w.versions {
		if v.document == id && v.content == content && !v.from.After(by) {
			n++
		}
	}
	return n
}

// mailedTo lists who has the document, each once.
func (w *world) mailedTo(id, content string) []string {
	var to []string
	for _, m := range w.mails {
		if strings.HasPrefix(m.ID, id+".") && w.bodies[m.ID] == content && !slices.Contains(to, m.To.Address) {
			to = append(to, m.To.Address)
		}
	}
	slices.Sort(to)
	return to
}

func (w *world) broke(format string, args ...any) {
	w.rules = append(w.rules, fmt.Sprintf(format, args...))
}

func (w *world) upload(d routing.Document) (string, error) {
	content, err := readAll(d.Open)
	if err != nil {
		return "", err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.uploads++
	forever := w.now.Add(1000 * time.Hour)
	if n := w.stored(d.ID, content, forever); n > 0 && !d.Keyed {
		w.broke("upload of %s, of which there will be %d", d.ID, n)
	}
	fault := uploadFault{stored: true}
	if w.onUpload != nil {
		fault = w.onUpload(d)
	}
	w.now = w.now.Add(fault.takes)
	refused := fault.err != nil && !errors.Is(fault.err, salesforce.ErrOutcomeUnknown)
	if earlier := slices.IndexFunc(w.versions, func(v version) bool { return v.document == d.ID }); w.keyed && earlier >= 0 && !refused {
		return w.duplicate(&w.versions[earlier], content)
	}
	v := version{id: fmt.Sprintf("068%d", w.uploads), document: d.ID, content: content, from: w.now.Add(fault.late)}
	if fault.corrupt {
		v.content = "something else"
	}
	if fault.stored {
		w.versions = append(w.versions, v)
	}
	if w.keyed && errors.Is(fault.err, salesforce.ErrOutcomeUnknown) {
		return "", fmt.Errorf("%w: %w", routing.ErrRepeatable, fault.err)
	}
	return v.id, fault.err
}

// duplicate is how a second upload with a key ends: it waits for the first one, if
// that is still under way, and is refused.
func (w *world) duplicate(v *version, content string) (string, error) {
	if v.from.After(w.now) {
		v.from = w.now
	}
	if v.content != content {
		return "", fmt.Errorf("fake: %w", salesforce.ErrDuplicate)
	}
	return v.id, nil
}

func (w *world) find(d routing.Document) (routing.Finding, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.finds++
	if w.onFind != nil {
		if err := w.onFind(); err != nil {
			return routing.Finding{}, err
		}
	}
	if d.Age < 0 {
		w.broke("document %s is %s old", d.ID, d.Age)
	}
	for _, v := range w.versions {
		asked := d.VersionID == "" || d.VersionID == v.id
		if asked && v.document == d.ID && !v.from.After(w.now) && v.content != "something else" {
			return routing.Finding{ID: v.id, Time: w.now}, nil
		}
	}
	return routing.Finding{Time: w.now}, nil
}

func (w *world) mail(m routing.Message) error {
	var content string
	if m.Attachment.Open != nil {
		var err error
		if content, err = readAll(m.Attachment.Open); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	id, _, _ := strings.Cut(m.ID, ".")
	if w.stored(id, content, w.now.Add(1000*time.Hour)) > 0 {
		w.broke("mail %s about a document that is or will be in Salesforce", m.ID)
	}
	fault := mailFault{accepted: true}
	if w.onMail != nil {
		fault = w.onMail(m)
	}
	if errors.Is(fault.err, routing.ErrMailTooLarge) {
		w.tooLarge[id] = true
	}
	if fault.accepted {
		w.mails = append(w.mails, m)
		w.bodies[m.ID] = content
	}
	return fault.err
}

func (w *world) undelivered(f routing.Failure) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failures = append(w.failures, f)
	if w.onHook != nil {
		return w.onHook(f)
	}
	return nil
}

func readAll(open func() (io.ReadCloser, error)) (string, error) {
	f, err := open()
	if err != nil {
		return "", err
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	return string(data), err
}

// A process is a program in the world that may be killed: from the call on at
// which its fuse reaches zero, nothing that it does has an effect.
type process struct {
	*world
	fuse  int  // calls to live; below zero it lives for ever
	after bool // the last call still has its effect

	mutex sync.Mutex
	calls int
}

var errKilled = errors.New("killed")

// call makes one call of a process.
func call[T any](p *process, f func() (T, error)) (T, error) {
	p.mutex.Lock()
	p.calls++
	calls := p.calls
	p.mutex.Unlock()
	var none T
	switch {
	case p.fuse < 0 || calls < p.fuse:
		return f()
	case calls == p.fuse && p.after:
		_, _ = f()
	}
	return none, errKilled
}

func (p *process) Upload(_ context.Context, d routing.Document) (string, error) {
	return call(p, func() (string, error) { return p.upload(d) })
}

func (p *process) Find(_ context.Context, d routing.Document) (routing.Finding, error) {
	return call(p, func() (routing.Finding, error) { return p.find(d) })
}

func (p *process) Send(_ context.Context, m routing.Message) error {
	return p.do(func() error { return p.mail(m) })
}

func (p *process) Undelivered(_ context.Context, f routing.Failure) error {
	return p.do(func() error { return p.undelivered(f) })
}

func (p *process) do(f func() error) error {
	_, err := call(p, func() (struct{}, error) { return struct{}{}, f() })
	return err
}

// ledger makes a call to the ledger.
func ledger[T any](p *process, f func() (T, error)) (T, error) {
	return call(p, func() (T, error) {
		var none T
		fault := p.storeFault()
		if fault.before {
			return none, errLedger
		}
		v, err := f()
		if fault.after {
			return none, errLedger
		}
		return v, err
	})
}

func (w *world) storeFault() storeFault {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.onStore == nil {
		return storeFault{}
	}
	return w.onStore()
}

func (p *process) Enqueue(ctx context.Context, tx outbox.Execer, d outbox.Delivery) (stored outbox.Delivery, created bool, err error) {
	stored, err = ledger(p, func() (outbox.Delivery, error) {
		stored, created, err = p.store.Enqueue(ctx, tx, d)
		return stored, err
	})
	return stored, created, err
}

func (p *process) Claim(ctx context.Context, c outbox.Claim) ([]outbox.Delivery, error) {
	return ledger(p, func() ([]outbox.Delivery, error) { return p.store.Claim(ctx, c) })
}

func (p *process) Extend(ctx context.Context, d outbox.Delivery, until time.Time) error {
	return p.store.Extend(ctx, d, until)
}

func (p *process) Save(ctx context.Context, d outbox.Delivery) error {
	_, err := ledger(p, func() (struct{}, error) { return struct{}{}, p.store.Save(ctx, d) })
	return err
}

func (p *process) Get(ctx context.Context, id string) (outbox.Delivery, error) {
	return p.store.Get(ctx, id)
}

func (p *process) List(ctx context.Context, f outbox.Filter) iter.Seq2[outbox.Delivery, error] {
	return p.store.List(ctx, f)
}

func (p *process) Counts(ctx context.Context, kinds ...string) ([]outbox.Count, error) {
	return p.store.Counts(ctx, kinds...)
}

func (p *process) Park(ctx context.Context, now time.Time, ids ...string) (int, error) {
	return p.store.Park(ctx, now, ids...)
}

func (p *process) Redrive(ctx context.Context, now time.Time, ids ...string) (int, error) {
	return p.store.Redrive(ctx, now, ids...)
}

func (p *process) Purge(ctx context.Context, before time.Time, kinds ...string) (int, error) {
	return p.store.Purge(ctx, before, kinds...)
}
