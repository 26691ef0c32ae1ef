package routing_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/outbox"
)

// Every duration and number that a host may set, as it is when the host does not.
// Each is seen in what a router does.
func TestDefaults(t *testing.T) {
	t.Parallel()
	const minute, hour = time.Minute, time.Hour
	require.Equal(t, defaults{
		Workers: 3, Poll: time.Second, Lease: minute, SaveTimeout: 10 * time.Second,
		MailAfter: 30 * minute, MailAfterAttempts: 8, BackoffMin: 15 * time.Second, BackoffMax: hour,
		UploadTimeout: 10 * minute, UploadStart: minute, UploadRate: 50_000,
		Asked:     []time.Duration{5 * time.Second, 30 * time.Second, 2 * minute, 5 * minute, 11*minute + 5*time.Second},
		MaxUpload: 36_000_000,
		Retention: 30 * 24 * hour, PurgeEvery: hour,
	}, seenDefaults(t))
}

// defaults are the settings of a Config, with Asked for Probes and Quarantine:
// when Salesforce is asked for a document with an open outcome.
type defaults struct {
	Workers                    int
	Poll, Lease, SaveTimeout   time.Duration
	MailAfter                  time.Duration
	MailAfterAttempts          int
	BackoffMin, BackoffMax     time.Duration
	UploadTimeout, UploadStart time.Duration
	UploadRate                 int64
	Asked                      []time.Duration
	MaxUpload                  int64
	Retention, PurgeEvery      time.Duration
}

func seenDefaults(t *testing.T) (seen defaults) {
	t.Helper()
	seen.Asked = timesOfProbes(t)
	seen.BackoffMin, seen.MailAfter = patience(t)
	seen.MailAfterAttempts = attempts(t)
	seen.BackoffMax = longestPause(t)
	seen.MaxUpload = largestUpload(t)
	synctest.Test(t, func(t *testing.T) {
		seen.Workers = uploadsAtOnce(t)
		w := newWatched(t)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Hour)
		defer cancel()
		require.ErrorIs(t, w.router.Run(ctx), context.DeadlineExceeded)
		seen.Poll, seen.Lease = w.claims[1].Sub(w.claims[0]), w.lease
		seen.PurgeEvery, seen.Retention = w.purges[1].Sub(w.purges[0]), w.retention
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWatched(t)
		seen.UploadStart = w.deadlineOfUpload(t, 1)
		seen.UploadRate = int64(6_000_000 / (w.deadlineOfUpload(t, 6_000_000) - seen.UploadStart).Seconds())
		seen.UploadTimeout = w.deadlineOfUpload(t, 35_000_000)
		seen.SaveTimeout = w.saveTimeout
	})
	return seen
}

// plain is a router of a world with the fewest settings.
func plain(t *testing.T, w *world, change func(*routing.Config)) *routing.Router {
	t.Helper()
	full := w.config(&process{world: w, fuse: -1})
	cfg := routing.Config{
		Destination: full.Destination, Store: full.Store, Spool: full.Spool, Rules: full.Rules, Mailer: full.Mailer,
		Now: full.Now, Rand: full.Rand,
	}
	if change != nil {
		change(&cfg)
	}
	r, err := routing.New(cfg)
	require.NoError(t, err)
	return r
}

func timesOfProbes(t *testing.T) (asked []time.Duration) {
	w := newWorld(t)
	w.onUpload = func(routing.Document) uploadFault { return uploadFault{stored: w.uploads > 1, err: errUnknown} }
	w.onFind = func() error {
		if w.uploads == 1 {
			asked = append(asked, w.now.Sub(start))
		}
		return nil
	}
	r := plain(t, w, nil)
	route(t, w, r, "a")
	w.drain(r)
	return asked
}

func patience(t *testing.T) (first, all time.Duration) {
	w := newWorld(t)
	w.onUpload = func(routing.Document) uploadFault { return uploadFault{err: errDown} }
	r := plain(t, w, nil)
	id := route(t, w, r, "a")
	first = state(t, r, id).Next.Sub(start)
	w.drain(r)
	return first, state(t, r, id).Updated.Sub(start)
}

func attempts(t *testing.T) int {
	w := newWorld(t)
	w.onUpload = func(routing.Document) uploadFault { return uploadFault{err: errDown} }
	r := plain(t, w, func(c *routing.Config) { c.MailAfter = 1000 * time.Hour })
	route(t, w, r, "a")
	w.drain(r)
	return w.uploads
}

func longestPause(t *testing.T) (longest time.Duration) {
	w := newWorld(t)
	w.onUpload = func(routing.Document) uploadFault { return uploadFault{err: errFull} }
	w.onMail = func(routing.Message) mailFault { return mailFault{err: errNoMail} }
	r := plain(t, w, nil)
	id := route(t, w, r, "a")
	for range 20 {
		pause := state(t, r, id).Next.Sub(w.clock())
		longest = max(longest, pause)
		w.wait(pause)
		step(t, r)
	}
	return longest
}

func largestUpload(t *testing.T) int64 {
	w := newWorld(t)
	var uploaded int64
	w.onUpload = func(d routing.Document) uploadFault {
		uploaded = max(uploaded, d.Size)
		return uploadFault{stored: true}
	}
	r := plain(t, w, nil)
	for _, size := range []int{36_000_000, 36_000_001} {
		s := submission(fmt.Sprint(size))
		s.Body = zeros(size)
		_, err := r.Route(t.Context(), s)
		require.NoError(t, err)
		step(t, r)
	}
	return uploaded
}

func uploadsAtOnce(t *testing.T) int {
	w := newWorld(t)
	s := &slow{process: &process{world: w, fuse: -1}, takes: time.Second}
	r := plain(t, w, func(c *routing.Config) { c.Destination, c.Now = s, time.Now })
	for n := range 10 {
		_, err := r.Route(t.Context(), submission(fmt.Sprint(n)))
		require.NoError(t, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.ErrorIs(t, r.Run(ctx), context.DeadlineExceeded)
	return s.most
}

// A watched router tells how it calls ledger and destination. It runs on the
// clock of a bubble.
type watched struct {
	*process
	router *routing.Router

	mutex            sync.Mutex // guards the following
	claims, purges   []time.Time
	lease, retention time.Duration
	saveTimeout      time.Duration
	uploadTimeout    time.Duration
}

func newWatched(t *testing.T) *watched {
	w := &watched{process: &process{world: newWorld(t), fuse: -1}}
	w.router = plain(t, w.world, func(c *routing.Config) { c.Destination, c.Store, c.Now = w, w, time.Now })
	return w
}

func (w *watched) deadlineOfUpload(t *testing.T, size int) time.Duration {
	s := submission(fmt.Sprint(size))
	s.Body = strings.NewReader(strings.Repeat("x", size))
	_, err := w.router.Route(t.Context(), s)
	require.NoError(t, err)
	step(t, w.router)
	return w.uploadTimeout.Round(time.Millisecond)
}

func (w *watched) Claim(ctx context.Context, c outbox.Claim) ([]outbox.Delivery, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.claims, w.lease = append(w.claims, c.Now), c.Until.Sub(c.Now)
	return w.process.Claim(ctx, c)
}

func (w *watched) Save(ctx context.Context, d outbox.Delivery) error {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.saveTimeout = left(ctx)
	return w.process.Save(ctx, d)
}

func (w *watched) Purge(ctx context.Context, before time.Time, kinds ...string) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.purges, w.retention = append(w.purges, time.Now()), time.Since(before)
	return w.process.Purge(ctx, before, kinds...)
}

func (w *watched) Upload(ctx context.Context, d routing.Document) (string, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.uploadTimeout = left(ctx)
	return w.process.Upload(ctx, d)
}

func left(ctx context.Context) time.Duration {
	end, _ := ctx.Deadline()
	return time.Until(end)
}
