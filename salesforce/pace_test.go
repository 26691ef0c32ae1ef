package salesforce_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
)

func TestRequestsKeepTheirPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := &script{answer: body(200, rows(0))}
		c := newClient(t, org, func(cfg *salesforce.Config) { cfg.Pace = salesforce.Pace{PerSecond: 2, Burst: 3} })
		start := time.Now()

		for _, err := range together(10, func() error { return count(t, c) }) {
			require.NoError(t, err)
		}

		require.Equal(t, 4*time.Second, time.Since(start), "11 requests, the login among them: 3 at once, 8 at half a second each")
	})
}

func TestRequestsThatRunAtTheSameTimeAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int32
		org := &script{answer: func(w http.ResponseWriter, r *http.Request) {
			n := running.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			time.Sleep(time.Second)
			running.Add(-1)
			body(200, rows(0))(w, r)
		}}
		c := newClient(t, org, func(cfg *salesforce.Config) { cfg.Pace = salesforce.Pace{Concurrent: 3} })
		start := time.Now()

		for _, err := range together(9, func() error { return count(t, c) }) {
			require.NoError(t, err)
		}

		require.EqualValues(t, 3, most.Load())
		require.Equal(t, 3*time.Second, time.Since(start))
	})
}

func TestWaitForATurnEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := &script{answer: func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Hour)
			body(204, "")(w, r)
		}}
		for _, pace := range []salesforce.Pace{{Concurrent: 1}, {PerSecond: 1e-6}, {PerSecond: 1e-6, Concurrent: 1}} {
			c := newClient(t, org, func(cfg *salesforce.Config) { cfg.Pace = pace })
			held := make(chan error)
			go func() { held <- c.Delete(t.Context(), "Lead", leadID) }()
			synctest.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()

			err := c.Delete(ctx, "Lead", leadID)

			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.NotErrorIs(t, err, salesforce.ErrOutcomeUnknown, "it has not been sent")
			if pace.PerSecond == 0 {
				require.NoError(t, <-held)
				continue
			}
			cancelled, stop := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, stop)
			require.ErrorIs(t, c.Delete(cancelled, "Lead", leadID), context.Canceled)
			require.NoError(t, <-held, "eleven days later")
		}
	})
}

// An org that is down is not hammered: five tries a call become less than one
// and a half.
func TestRetriesHaveABudget(t *testing.T) {
	t.Parallel()
	org := &script{answer: fails(503, "SERVER_UNAVAILABLE", "too busy")}
	c := newClient(t, org)

	for range 100 {
		require.ErrorIs(t, count(t, c), salesforce.ErrUnavailable)
	}
	require.InDelta(t, 145, org.callCount(), 2, "100, a reserve of 20, and a quarter of 100")

	generous := newClient(t, org, func(cfg *salesforce.Config) { cfg.Retry.Share = -1 })
	before := org.callCount()
	for range 100 {
		require.ErrorIs(t, count(t, generous), salesforce.ErrUnavailable)
	}
	require.Equal(t, 500, org.callCount()-before)
}

func TestRetriesAreEarnedAgain(t *testing.T) {
	t.Parallel()
	org := &script{}
	c := newClient(t, org, func(cfg *salesforce.Config) { cfg.Retry.Share = 0.5 })
	org.answer = body(429, "")
	for range 60 {
		require.Error(t, count(t, c))
	}
	org.answer = body(200, rows(0))
	for range 10 {
		require.NoError(t, count(t, c))
	}

	org.answer = answers(body(429, ""), body(429, ""), body(429, ""), body(200, rows(0)))

	require.NoError(t, count(t, c))
}

// used answers with a count of the org's requests, and one of the app's.
func used(org *atomic.Int64, app string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Sforce-Limit-Info", "api-usage="+strconv.FormatInt(org.Load(), 10)+"/1000"+app)
		body(200, rows(0))(w, r)
	}
}

func TestClientStopsAtItsShareOfTheDay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		org := &script{answer: used(&n, "")}
		c := newClient(t, org, func(cfg *salesforce.Config) { cfg.DailyShare = 0.8 })
		n.Store(799)
		require.NoError(t, count(t, c))
		n.Store(800)
		require.NoError(t, count(t, c), "this one learns of it")
		sent := org.callCount()

		for range 5 {
			err := count(t, c)
			require.ErrorIs(t, err, salesforce.ErrDailyShare)
			require.ErrorIs(t, err, salesforce.ErrDailyLimit)
			require.False(t, salesforce.Retryable(err))
			require.ErrorContains(t, err, "800 of 1000 API requests of the last 24 hours are used, Config.DailyShare is 0.8")
		}
		require.Equal(t, sent, org.callCount())

		time.Sleep(5 * time.Minute)
		require.NoError(t, count(t, c), "one looks whether there is room")
		require.ErrorIs(t, count(t, c), salesforce.ErrDailyShare)
		time.Sleep(5 * time.Minute)
		n.Store(100)
		require.NoError(t, count(t, c))
		require.NoError(t, count(t, c))
	})
}

func TestShareIsOfTheAppsOwnLimitToo(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	org := &script{answer: used(&n, ";per-app-api-usage=200/250(appName=acme)")}
	c := newClient(t, org, func(cfg *salesforce.Config) { cfg.DailyShare = 0.8 })
	require.NoError(t, count(t, c))

	require.ErrorContains(t, count(t, c), "of its own the app has used 200 of 250")

	u, ok := c.Usage()
	require.True(t, ok)
	require.Equal(t, salesforce.Usage{Max: 1000, AppName: "acme", AppUsed: 200, AppMax: 250}, u)
}

// watcher keeps the events that it is told.
type watcher struct {
	mu     sync.Mutex
	events []salesforce.Event
}

func (w *watcher) watch(cfg *salesforce.Config) {
	cfg.Observe = func(e salesforce.Event) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.events = append(w.events, e)
	}
}

func TestEventsTellWhatARequestCameTo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		n.Store(7)
		w := &watcher{}
		org := &script{answer: answers(
			fails(400, "UNABLE_TO_LOCK_ROW", "record 001 of ada@example.com"), drops,
			func(w http.ResponseWriter, r *http.Request) {
				time.Sleep(2 * time.Second)
				w.Header().Set("Sforce-Limit-Info", "api-usage=7/1000")
				body(200, created)(w, r)
			},
		)}
		c := newClient(t, org, w.watch)

		_, err := c.Upsert(t.Context(), "Lead", "Email__c", "ada@example.com", lead, nil)
		require.NoError(t, err)

		const op = "upsert Lead by Email__c"
		for i := range w.events {
			w.events[i].Took, w.events[i].Total = w.events[i].Took.Truncate(time.Second), w.events[i].Total.Truncate(time.Second)
		}
		require.Equal(t, "log in with client credentials", w.events[0].Op)
		require.True(t, w.events[0].Login)
		require.Positive(t, w.events[0].Sent)
		require.Equal(t, []salesforce.Event{
			{Op: op, Method: "PATCH", Try: 1, Again: true, Status: 400, Code: "UNABLE_TO_LOCK_ROW", Sent: 35},
			{Op: op, Method: "PATCH", Try: 2, Again: true, Sent: 35},
			{
				Op: op, Method: "PATCH", Try: 3, Status: 200, Sent: 35, Received: int64(len(created)), Took: 2 * time.Second, Total: 2 * time.Second,
				Usage: salesforce.Usage{Used: 7, Max: 1000},
			},
		}, w.events[1:])
		for _, secret := range []string{"csecret", "T1", "ada@example.com", "Acme"} {
			require.NotContains(t, fmt.Sprintf("%+v", w.events), secret)
		}
	})
}

func TestEventsOfWhatIsNotReadToItsEnd(t *testing.T) {
	t.Parallel()
	w := &watcher{}
	c := newClient(t, &script{answer: body(200, rows(1000))}, w.watch)
	for _, err := range salesforce.Query[salesforce.Record](t.Context(), c, "SELECT Name FROM Lead", nil) {
		require.NoError(t, err)
		break
	}

	require.Len(t, w.events, 2)
	require.Equal(t, 200, w.events[1].Status)
	require.Positive(t, w.events[1].Received)
}

func TestAnswersHeldInMemoryAreBounded(t *testing.T) {
	t.Parallel()
	small := func(cfg *salesforce.Config) { cfg.MaxAnswer = 1000 }
	large := `{"sobjects":[` + strings.Repeat(`{"name":"A"},`, 100) + `{"name":"B"}]}`
	c := newClient(t, &script{answer: body(200, large)}, small)

	_, err := c.DescribeGlobal(t.Context())
	require.ErrorIs(t, err, salesforce.ErrTooLarge)
	resp, err := c.Do(t.Context(), salesforce.Request{Path: "sobjects"})
	require.NoError(t, err)
	require.ErrorIs(t, resp.Decode(new(any)), salesforce.ErrTooLarge)
	resp, err = c.Do(t.Context(), salesforce.Request{Path: "sobjects"})
	require.NoError(t, err)
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Len(t, text, len(large), "a stream has no bound")
	require.NoError(t, resp.Body.Close())

	_, err = newClient(t, &script{answer: body(201, `{"id":"00Q000000000001EAA","success":true,"errors":[]`+strings.Repeat(" ", 2000)+"}")}, small).
		Create(t.Context(), "Lead", lead, nil)
	require.ErrorIs(t, err, salesforce.ErrTooLarge)
	require.ErrorIs(t, err, salesforce.ErrOutcomeUnknown, "it has been created")
}

// gzipped answers with text, compressed if asked to, cut off after so many
// bytes.
func gzipped(text string, keep int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			http.Error(w, "nobody asked for gzip", 400)
			return
		}
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = io.WriteString(z, text)
		_ = z.Close()
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(b.Bytes()[:min(keep, b.Len())])
	}
}

func TestCompressedAnswersAreReadAsTheyComeIn(t *testing.T) {
	t.Parallel()
	c, _ := newSocketClient(t, &script{answer: gzipped(rows(2000), 1<<20)})

	all, err := salesforce.Collect(salesforce.Query[salesforce.Record](t.Context(), c, "SELECT Name FROM Lead", nil))

	require.NoError(t, err)
	require.Len(t, all, 2000)
}

func TestCompressedAnswersThatAreCutAreNoAnswers(t *testing.T) {
	t.Parallel()
	for _, keep := range []int{0, 5, 100, 4000} {
		org := &script{answer: gzipped(rows(2000), keep)}
		c, _ := newSocketClient(t, org, func(cfg *salesforce.Config) { cfg.Retry.Max = -1 })

		all, err := salesforce.Collect(salesforce.Query[salesforce.Record](t.Context(), c, "SELECT Name FROM Lead", nil))

		require.ErrorIs(t, err, salesforce.ErrUnavailable, "%d bytes", keep)
		require.Less(t, len(all), 2000)
		require.True(t, salesforce.Retryable(err))
	}
	refusal := &script{answer: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(400)
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, `[{"errorCode":"MALFORMED_QUERY","message":"x"}]`)
		_ = z.Close()
	}}
	c, _ := newSocketClient(t, refusal)
	require.ErrorIs(t, count(t, c), salesforce.ErrQuery)
}

func TestBoundsAreValidated(t *testing.T) {
	t.Parallel()
	_, err := salesforce.New(salesforce.Config{
		Auth: ada, DailyShare: 1.5, MaxAnswer: -1, Pace: salesforce.Pace{PerSecond: -1, Burst: -1, Concurrent: -1},
	})
	for _, part := range []string{"DailyShare 1.5", "MaxAnswer -1", "Pace.PerSecond -1", "Pace.Burst -1", "Pace.Concurrent -1"} {
		require.ErrorContains(t, err, part)
	}
	require.NotErrorIs(t, err, salesforce.ErrAuth)
}
