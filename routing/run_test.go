package routing_test

import (
	"context"
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
	takes time.Duration

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
		return "", ctx.Err()
	}
}

// slowRouter has the bubble's clock.
func slowRouter(t *testing.T, w *world, takes time.Duration) (*routing.Router, *slow) {
	p := &process{world: w, fuse: -1}
	s := &slow{process: p, takes: takes}
	cfg := w.config(p)
	cfg.Destination, cfg.Now = s, time.Now
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
		require.Equal(t, "Salesforce could not be reached.", d.Reason)
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
