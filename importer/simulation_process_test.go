package importer_test

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/soql"
)

// A simProcess is the process that an importer lives in. All its calls go
// through it: between them others are at work, and it may die.
type simProcess struct {
	sim    *sim
	mutex  sync.Mutex
	moment int       // counts two for each call
	during []simStep // what others do at their moments, in order
	kill   int       // the moment to die at; 0 for never
	hiccup int       // the moment at which one call fails
	dead   bool
	cancel context.CancelFunc
}

var errHiccup = errors.New("connection reset by peer")

// begin prepares the process for another call of its importer.
func (p *simProcess) begin(ctx context.Context, during []simStep, kill, hiccup int) (context.Context, context.CancelFunc) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	p.moment, p.during, p.kill, p.hiccup, p.cancel = 0, during, kill, hiccup, cancel
	return ctx, cancel
}

// call makes a call of the importer's. One is made at a time, so that what
// happens at its moments disturbs no other.
func (p *simProcess) call(name string, f func() error) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if err := p.pass(name + ", before"); err != nil {
		return err
	}
	if err := f(); err != nil {
		return err
	}
	return p.pass(name + ", after")
}

// pass lets a moment go by.
func (p *simProcess) pass(what string) error {
	if p.dead {
		return errKilled
	}
	p.moment++
	p.sim.count("moments", 1)
	for len(p.during) > 0 && p.during[0].at <= p.moment {
		step := p.during[0]
		p.during = p.during[1:]
		p.sim.log("at moment %d, %s:", p.moment, what)
		p.sim.play(step)
	}
	switch p.moment {
	case p.kill:
		p.sim.log("killed at moment %d, %s", p.moment, what)
		p.sim.count("kills", 1)
		p.dead = true
		p.cancel()
		return errKilled
	case p.hiccup:
		p.sim.log("failed at moment %d, %s", p.moment, what)
		p.sim.count("failed calls", 1)
		return errHiccup
	}
	return nil
}

type simTransport struct{ *simProcess }

func (t simTransport) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	err = t.call("HTTP "+r.Method+" "+r.URL.Path, func() error {
		t.sim.noteOpen(r.URL.Path)
		resp, err = t.sim.org.Transport().RoundTrip(t.sim.blinded(r)) //nolint:bodyclose // whoever gets the answer closes it
		return err
	})
	if err != nil {
		if resp != nil {
			_ = resp.Body.Close()
		}
		return nil, err
	}
	return resp, nil
}

// blinded is a query of a user who does not see the concealed records.
func (s *sim) blinded(r *http.Request) *http.Request {
	if len(s.concealed) == 0 || !strings.Contains(r.URL.Path, "/query") {
		return r
	}
	values := r.URL.Query()
	query, err := soql.Parse(values.Get("q"), nil)
	if err != nil {
		return r
	}
	var ids []salesforce.ID
	for _, id := range s.ids {
		if s.isConcealed(s.org.Record(id)) {
			ids = append(ids, salesforce.ID(id))
		}
	}
	if len(ids) == 0 {
		return r
	}
	query.Where = soql.And(query.Where, soql.NotIn("Id", ids))
	text, err := query.Text()
	require.NoError(s.t, err)
	values.Set("q", text)
	r = r.Clone(r.Context())
	r.URL.RawQuery = values.Encode()
	return r
}

// simStore is the host's database as the process sees it.
type simStore struct {
	*simProcess
	next *simHost
}

func (s simStore) Acquire(ctx context.Context, holder string, ttl time.Duration) (f importer.Fence, err error) {
	err = s.call("Acquire", func() error { f, err = s.next.Acquire(ctx, holder, ttl); return err })
	return f, err
}

func (s simStore) Release(ctx context.Context, f importer.Fence) error {
	return s.call("Release", func() error { return s.next.Release(ctx, f) })
}

func (s simStore) State(ctx context.Context) (state importer.State, err error) {
	err = s.call("State", func() error { state, err = s.next.State(ctx); return err })
	return state, err
}

func (s simStore) Links(ctx context.Context, object string, ids []salesforce.ID) (links []importer.Link, err error) {
	err = s.call("Links", func() error { links, err = s.next.Links(ctx, object, ids); return err })
	return links, err
}

func (s simStore) ListLinks(ctx context.Context, f importer.LinkFilter, after salesforce.ID, limit int) (links []importer.Link, err error) {
	err = s.call("ListLinks", func() error { links, err = s.next.ListLinks(ctx, f, after, limit); return err })
	return links, err
}

func (s simStore) LinkOf(ctx context.Context, kind, hostID string) (link importer.Link, ok bool, err error) {
	err = s.call("LinkOf", func() error { link, ok, err = s.next.LinkOf(ctx, kind, hostID); return err })
	return link, ok, err
}

func (s simStore) Tasks(ctx context.Context, object string, limit int) (tasks []importer.Task, err error) {
	err = s.call("Tasks", func() error { tasks, err = s.next.Tasks(ctx, object, limit); return err })
	return tasks, err
}

func (s simStore) Save(ctx context.Context, f importer.Fence, c *importer.Checkpoint) error {
	return s.call("Save", func() error { return s.next.Save(ctx, f, c) })
}

func (s simStore) DeadOf(ctx context.Context, object string, ids []salesforce.ID) (letters []importer.DeadLetter, err error) {
	err = s.call("DeadOf", func() error { letters, err = s.next.DeadOf(ctx, object, ids); return err })
	return letters, err
}

func (s simStore) DeadLetters(ctx context.Context) iter.Seq2[importer.DeadLetter, error] {
	return s.next.DeadLetters(ctx)
}

func (s simStore) Runs(ctx context.Context) iter.Seq2[importer.Run, error] { return s.next.Runs(ctx) }

func (s simStore) Entries(ctx context.Context, run int64) iter.Seq2[importer.Entry, error] {
	return s.next.Entries(ctx, run)
}

func (s simStore) Audit(ctx context.Context) iter.Seq2[importer.AuditEntry, error] {
	return s.next.Audit(ctx)
}

func (s simStore) Apply(ctx context.Context, batch []importer.Change) (outcomes []importer.Outcome, err error) {
	err = s.call("Apply", func() error { outcomes, err = s.next.Apply(ctx, batch); return err })
	return outcomes, err
}

func (s simStore) Diff(ctx context.Context, batch []importer.Change) (outcomes []importer.Outcome, err error) {
	err = s.call("Diff", func() error { outcomes, err = s.next.Diff(ctx, batch); return err })
	return outcomes, err
}

func (s simStore) Find(ctx context.Context, l importer.Lookup) (found []importer.Found, err error) {
	err = s.call("Find", func() error { found, err = s.next.Find(ctx, l); return err })
	return found, err
}

// simAtomic is that database where it commits records and state together.
type simAtomic struct{ simStore }

func (s *simAtomic) ApplyAndSave(ctx context.Context, f importer.Fence, batch []importer.Change, then func([]importer.Outcome) *importer.Checkpoint) error {
	return s.call("ApplyAndSave", func() error { return s.next.ApplyAndSave(ctx, f, batch, then) })
}
