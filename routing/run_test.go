package routing_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/outbox"
)

// A slow destination is one in which uploads take time.
type slow struct {
	*process
	takes  time.Duration
	broken func() // told of an upload that is broken off

	mutex   sync.Mutex // guards the following
	running int
	most    int
	count   int
}

func (s *slow) Upload(ctx context.Context, d routing.Document) (string, error) {
	s.mutex.Lock()
	s.count++
	s.running++
	s.most = max(s.most, s.running)
	s.mutex.Unlock()
	defer func() {
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.running--
	}()
	select {
	case <-time.After(s.takes):
		return s.process.Upload(ctx, d)
	case <-ctx.Done():
		if s.broken != nil {
			s.broken()
		}
		return "", ctx.Err()
	}
}

// slowRouter has the bubble's clock, and waits for uploads as long as it may.
func slowRouter(t *testing.T, w *world, takes time.Duration) (*routing.Router, *slow) {
	p := &process{world: w, fuse: -1}
	s := &slow{process: p, takes: takes}
	cfg := w.config(p)
	cfg.Destination, cfg.Now, cfg.UploadStart = s, time.Now, time.Hour
	r, err := routing.New(cfg)
	require.NoError(t, err)
	return r, s
}

func TestRunDeliversFromManyCallers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r, s := slowRouter(t, w, time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		contents := map[string]string{}
		var all sync.WaitGroup
		for n := range 30 {
			key := fmt.Sprint("document", n%20)
			contents[key] = "document " + key
			all.Go(func() {
				_, err := r.Route(t.Context(), submission(key))
				require.NoError(t, err)
			})
		}
		for range 2 {
			all.Go(func() { require.ErrorIs(t, r.Run(ctx), context.DeadlineExceeded) })
		}
		all.Wait()
		w.check(r, contents)
		for d, err := range r.Deliveries(t.Context(), "") {
			require.NoError(t, err)
			require.Equal(t, routing.Verified, d.State)
		}
		require.Equal(t, 20, s.count)
		require.Equal(t, 6, s.most, "three for each Run")
	})
}

func TestRunWakesUpForANewDocument(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		cfg := w.config(&process{world: w, fuse: -1})
		cfg.Now, cfg.Poll = time.Now, time.Hour
		r, err := routing.New(cfg)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- r.Run(ctx) }()
		synctest.Wait()
		accepted, err := r.Route(t.Context(), submission("a"))
		require.NoError(t, err)
		synctest.Wait()
		require.Equal(t, routing.Verified, state(t, r, accepted.ID).State)
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
	})
}

// Work that takes longer than the lease keeps it.
func TestLongWorkKeepsItsLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r, s := slowRouter(t, w, 9*time.Minute)
		_, err := r.Route(t.Context(), submission("a"))
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() { _ = r.Run(ctx) })
		}
		all.Wait()
		require.Equal(t, 1, s.count)
		w.check(r, map[string]string{"a": "document a"})
	})
}

func TestUploadEndsInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r, s := slowRouter(t, w, 11*time.Minute)
		accepted, err := r.Route(t.Context(), submission("a"))
		require.NoError(t, err)
		begun := time.Now()
		step(t, r)
		require.Equal(t, 10*time.Minute, time.Since(begun))
		require.Equal(t, 1, s.count)
		d := state(t, r, accepted.ID)
		require.Equal(t, routing.Spooled, d.State)
		require.Equal(t, "Salesforce could not be reached since Saturday, January 1, 2000, 12:10 AM UTC.", d.Reason)
	})
}

func TestStoppingIsNoFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r, s := slowRouter(t, w, time.Minute)
		accepted, err := r.Route(t.Context(), submission("a"))
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, r.Run(ctx), context.DeadlineExceeded)

		require.Equal(t, 1, s.count)
		d := state(t, r, accepted.ID)
		require.Equal(t, routing.Spooled, d.State)
		require.Zero(t, d.Attempts)
		require.Empty(t, d.Reason)
		require.False(t, d.Next.After(time.Now()), "due at once")
		step(t, r)
		w.check(r, map[string]string{"a": "document a"})
	})
}

// An upload that hangs is not waited for as if it were a large one.
func TestSmallUploadsEndSooner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for size, most := range map[int]time.Duration{
			100_000:    time.Minute + 2*time.Second,
			3_000_000:  2 * time.Minute,
			27_000_000: 10 * time.Minute,
			28_000_000: 10 * time.Minute,
		} {
			w := newWorld(t)
			p := &process{world: w, fuse: -1}
			cfg := w.config(p)
			cfg.Destination, cfg.Now = &slow{process: p, takes: time.Hour}, time.Now
			r, err := routing.New(cfg)
			require.NoError(t, err)
			s := submission("a")
			s.Body = zeros(size)
			_, err = r.Route(t.Context(), s)
			require.NoError(t, err)
			begun := time.Now()
			step(t, r)
			require.Equal(t, most, time.Since(begun), size)
		}
	})
}

// A deaf store is one that from a moment on cannot be asked to extend a lease.
type deaf struct {
	*process
	from  time.Time
	hangs bool // instead of failing
}

func (d *deaf) Extend(ctx context.Context, delivery outbox.Delivery, until time.Time) error {
	switch {
	case time.Now().Before(d.from):
		return d.process.Extend(ctx, delivery, until)
	case d.hangs:
		<-ctx.Done()
		return ctx.Err()
	default:
		return errors.New("no route to host")
	}
}

// Who cannot reach the ledger does not know whether the delivery is still its
// own, and lets go before another may take it.
func TestUploadEndsWithItsLease(t *testing.T) {
	t.Parallel()
	for _, hangs := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			p := &process{world: w, fuse: -1}
			s := &slow{process: p, takes: 9 * time.Minute}
			cfg := w.config(p)
			cfg.Destination, cfg.Now, cfg.UploadStart = s, time.Now, time.Hour
			cfg.Store = &deaf{p, time.Now().Add(90 * time.Second), hangs}
			r, err := routing.New(cfg)
			require.NoError(t, err)
			accepted, err := r.Route(t.Context(), submission("a"))
			require.NoError(t, err)
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
			defer cancel()
			begun := time.Now()
			s.broken = func() {
				leased, err := w.store.Get(t.Context(), accepted.ID)
				require.NoError(t, err)
				require.Less(t, time.Since(begun), 140*time.Second)
				require.Greater(t, time.Since(begun), 120*time.Second, "while it can be extended the work goes on")
				require.Greater(t, time.Until(leased.NotBefore), 5*time.Second, "somebody may have taken it")
				cancel()
			}
			require.Error(t, r.Run(ctx))
			require.Equal(t, 1, s.count)
			require.Equal(t, routing.Spooled, state(t, r, accepted.ID).State)
		})
	}
}

// Somebody else has taken over, for a reason that this process knows nothing of.
func TestOvertakenProcessLetsGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r, _ := slowRouter(t, w, 5*time.Minute)
		accepted, err := r.Route(t.Context(), submission("a"))
		require.NoError(t, err)
		time.AfterFunc(time.Minute, func() {
			later := time.Now().Add(time.Hour)
			claimed, err := w.store.Claim(t.Context(), outbox.Claim{
				Kinds: []string{"routing.document"}, Now: later, Until: later.Add(time.Minute), Max: 1,
			})
			if err != nil || len(claimed) != 1 {
				t.Errorf("claimed %d deliveries, error %v", len(claimed), err)
			}
		})
		begun := time.Now()
		_, err = r.Drain(t.Context())
		require.ErrorIs(t, err, outbox.ErrLeaseLost)
		require.Less(t, time.Since(begun), 2*time.Minute)
		require.Equal(t, routing.Uploading, state(t, r, accepted.ID).State)
		require.Empty(t, w.versions)
	})
}

func TestRunSurvivesALedgerThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var log strings.Builder
		p := &process{world: w, fuse: -1}
		cfg := w.config(p)
		cfg.Now, cfg.Logger = time.Now, slog.New(slog.NewTextHandler(&log, nil))
		r, err := routing.New(cfg)
		require.NoError(t, err)
		_, err = r.Route(t.Context(), submission("a"))
		require.NoError(t, err)
		broken := &process{world: w, fuse: 0}
		cfg.Store = broken
		r2, err := routing.New(cfg)
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.ErrorIs(t, r2.Run(ctx), context.DeadlineExceeded)
		require.Contains(t, log.String(), "killed")
		require.Greater(t, broken.calls, 30)
		step(t, r)
		require.NotContains(t, log.String(), "Leap", "no personal data")
		w.check(r, map[string]string{"a": "document a"})
	})
}

func TestStepTellsWhenToComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onUpload = func(routing.Document) uploadFault { return uploadFault{stored: true, err: errUnknown} }
	r := w.router()
	accepted, err := r.Route(t.Context(), submission("a"))
	require.NoError(t, err)
	for range 2 { // too early changes nothing
		next, done, err := r.Step(t.Context(), accepted.ID)
		require.NoError(t, err)
		require.False(t, done)
		require.Equal(t, start.Add(5*time.Second), next)
	}
	w.wait(5 * time.Second)
	_, done, err := r.Step(t.Context(), accepted.ID)
	require.NoError(t, err)
	require.True(t, done)
	require.Equal(t, 1, w.uploads)
	_, done, err = r.Step(t.Context(), accepted.ID)
	require.NoError(t, err)
	require.True(t, done)
	_, _, err = r.Step(t.Context(), "nobody")
	require.ErrorIs(t, err, outbox.ErrNotFound)
}

func TestOverdueTellsWhatNobodyWorksOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onUpload = func(routing.Document) uploadFault { return uploadFault{err: errDown} }
	r := w.router()
	accepted, err := r.Route(t.Context(), submission("contract 1"))
	require.NoError(t, err)
	overdue := func() (ids []string) {
		for id, err := range r.Overdue(t.Context(), w.clock()) {
			require.NoError(t, err)
			ids = append(ids, id)
		}
		return ids
	}

	require.Empty(t, overdue(), "due at this moment")
	w.wait(time.Minute)
	require.Equal(t, []string{accepted.ID}, overdue())
	_, _, err = r.Step(t.Context(), accepted.ID)
	require.NoError(t, err)
	require.Empty(t, overdue(), "waits for its next attempt")
}
