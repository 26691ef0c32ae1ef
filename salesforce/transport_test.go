package salesforce_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
)

var lead = salesforce.Record{"LastName": "Ada", "Company": "Acme"}

func TestTwentyRefusedCallsLogInOnce(t *testing.T) {
	t.Parallel()
	org := &script{answer: body(200, rows(0))}
	c := newClient(t, org)
	_, err := c.Session(t.Context())
	require.NoError(t, err)
	org.expire()
	before := org.loginCount()

	for _, err := range together(20, func() error {
		_, err := c.Count(t.Context(), "SELECT COUNT() FROM Lead")
		return err
	}) {
		require.NoError(t, err)
	}

	require.Equal(t, before+1, org.loginCount())
}

func TestBodyArrivesWholeAfterRenewal(t *testing.T) {
	t.Parallel()
	var bodies []string
	org := &script{answer: func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(text))
		w.WriteHeader(201)
		_, _ = io.WriteString(w, created)
	}}
	c := newClient(t, org)
	_, err := c.Session(t.Context())
	require.NoError(t, err)
	org.expire()

	id, err := c.Create(t.Context(), "Lead", lead, nil)

	require.NoError(t, err)
	require.Equal(t, salesforce.ID("00Q000000000001EAA"), id)
	require.Equal(t, []string{`{"Company":"Acme","LastName":"Ada"}`}, bodies)
}

func TestRenewalHappensOnceACall(t *testing.T) {
	t.Parallel()
	org := &script{answer: fails(401, "INVALID_SESSION_ID", "Session expired or invalid")}
	c := newClient(t, org)

	err := c.Delete(t.Context(), "Lead", "00Q000000000001EAA")

	require.ErrorIs(t, err, salesforce.ErrSession)
	require.Equal(t, 2, org.loginCount())
	require.Equal(t, 2, org.callCount())
}

func TestSomeRefusalsOfATokenMustNotRenew(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"This session is not valid for use with the REST API",
		"Connected app is not attached to Agent",
	} {
		org := &script{answer: fails(401, "INVALID_SESSION_ID", text)}
		c := newClient(t, org)

		err := c.Delete(t.Context(), "Lead", "00Q000000000001EAA")

		require.ErrorIs(t, err, salesforce.ErrSession)
		require.Equal(t, 1, org.loginCount(), text)
	}
}

func TestCallFollowsTheInstanceWhenItMoves(t *testing.T) {
	t.Parallel()
	old, moved := &script{}, &script{}
	old.answer = body(200, rows(0))
	moved.answer = body(200, rows(0))
	rt := routes{"localhost:1": old, "localhost:2": moved}
	old.login = func(w http.ResponseWriter, r *http.Request) {
		host := "localhost:1"
		if old.loginCount() > 1 {
			host = "localhost:2"
			moved.expire() // so that it takes the next token, T1
		}
		r.Host = host
		writeGrant(w, r, "T1")
	}
	c := clientAt(t, "http://localhost:1", rt)
	_, err := c.Count(t.Context(), "SELECT COUNT() FROM Lead")
	require.NoError(t, err)
	old.expire()

	_, err = c.Count(t.Context(), "SELECT COUNT() FROM Lead")

	require.NoError(t, err)
	require.Equal(t, 1, moved.callCount())
	s, err := c.Session(t.Context())
	require.NoError(t, err)
	require.Equal(t, "http://localhost:2", s.InstanceURL)
}

// routes serves several hosts in process.
type routes map[string]http.Handler

func (h routes) RoundTrip(r *http.Request) (*http.Response, error) {
	return inProcess{h[r.URL.Host]}.RoundTrip(r)
}

// outcomes says what becomes of a call whose first try ends in some way, and
// of how many tries that takes.
var outcomes = []struct {
	name        string
	first       http.HandlerFunc
	create      int  // tries of a create
	mayBeDone   bool // the create may have been carried out
	idempotents int  // tries of a query or an update
	class       error
}{
	{"locked row", fails(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access"), 2, false, 2, nil},
	{"locked row inside a trigger", fails(400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "T: UNABLE_TO_LOCK_ROW, …"), 2, false, 2, nil},
	{"busy server", fails(503, "SERVER_UNAVAILABLE", "too busy"), 2, false, 2, nil},
	{"concurrent limit", fails(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."), 2, false, 2, nil},
	{"too many requests", body(429, ""), 2, false, 2, nil},
	{"no route at the edge", body(420, ""), 2, false, 2, nil},
	{"bad gateway", body(502, "<html><title>502</title></html>"), 1, true, 2, salesforce.ErrUnavailable},
	{"page of a maintenance", body(503, "<html><title>Down</title></html>"), 1, true, 2, salesforce.ErrUnavailable},
	{"gateway timeout", body(504, ""), 1, true, 2, salesforce.ErrUnavailable},
	{"server error", fails(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred."), 1, true, 2, salesforce.ErrUnavailable},
	{"too long", fails(400, "REQUEST_RUNNING_TOO_LONG", "Your request was running for too long"), 1, true, 2, salesforce.ErrUnavailable},
	{"dropped connection", drops, 1, true, 2, salesforce.ErrUnavailable},
	{"daily limit", fails(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), 1, false, 1, salesforce.ErrDailyLimit},
	{"missing field", fails(400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]"), 1, false, 1, salesforce.ErrValidation},
	{"duplicate", fails(400, "DUPLICATES_DETECTED", "Use one of these records?"), 1, false, 1, salesforce.ErrDuplicate},
	{"no access", body(403, ""), 1, false, 1, salesforce.ErrAccess},
	{"empty array", body(400, "[]"), 1, false, 1, nil},
	{"full", fails(400, "STORAGE_LIMIT_EXCEEDED", "storage limit exceeded"), 1, false, 1, salesforce.ErrStorage},
}

func TestCreateIsNeverRepeatedWhenItMayHaveHappened(t *testing.T) {
	t.Parallel()
	for _, o := range outcomes {
		org := &script{answer: answers(o.first, body(201, created))}

		_, err := newClient(t, org).Create(t.Context(), "Lead", lead, nil)

		require.Equal(t, o.create, org.callCount(), o.name)
		require.Equal(t, o.create > 1, err == nil, "%s: %v", o.name, err)
		require.Equal(t, o.mayBeDone, errors.Is(err, salesforce.ErrOutcomeUnknown), "%s: %v", o.name, err)
		if o.class != nil {
			require.ErrorIs(t, err, o.class, o.name)
		}
		if o.mayBeDone {
			require.False(t, salesforce.Retryable(err), o.name)
		}
	}
}

func TestReadsAndUpdatesAreRepeated(t *testing.T) {
	t.Parallel()
	for _, o := range outcomes {
		reads := &script{answer: answers(o.first, body(200, rows(0)))}
		_, err := newClient(t, reads).Count(t.Context(), "SELECT COUNT() FROM Lead")
		require.Equal(t, o.idempotents, reads.callCount(), o.name)
		require.Equal(t, o.idempotents > 1, err == nil, "%s: %v", o.name, err)

		updates := &script{answer: answers(o.first, body(204, ""))}
		err = newClient(t, updates).Update(t.Context(), "Lead", "00Q000000000001EAA", lead, nil)
		require.Equal(t, o.idempotents, updates.callCount(), o.name)
		require.Equal(t, o.idempotents > 1, err == nil, "%s: %v", o.name, err)
	}
}

func TestRetriesEnd(t *testing.T) {
	t.Parallel()
	org := &script{answer: body(503, "<html><title>Down for maintenance</title></html>")}
	c := newClient(t, org, func(cfg *salesforce.Config) { cfg.Retry.Max = 2 })

	_, err := c.Count(t.Context(), "SELECT COUNT() FROM Lead")

	require.EqualError(t, err, "salesforce: query: status 503: an HTML page instead of an answer: Down for maintenance")
	require.ErrorIs(t, err, salesforce.ErrUnavailable)
	require.True(t, salesforce.Retryable(err))
	require.Equal(t, 3, org.callCount())

	err = c.Update(t.Context(), "Lead", "00Q000000000001EAA", lead, nil)

	require.ErrorIs(t, err, salesforce.ErrOutcomeUnknown, "one of the tries may have been carried out")
	require.ErrorIs(t, err, salesforce.ErrUnavailable)
}

func TestRetriesCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	org := &script{answer: fails(503, "SERVER_UNAVAILABLE", "busy")}
	c := newClient(t, org, func(cfg *salesforce.Config) { cfg.Retry.Max = -1 })

	_, err := c.Count(t.Context(), "SELECT COUNT() FROM Lead")

	require.ErrorIs(t, err, salesforce.ErrUnavailable)
	require.Equal(t, 1, org.callCount())
}

func TestRefusedConnectionIsNoUnknownOutcome(t *testing.T) {
	t.Parallel()
	org := &script{answer: body(201, created)}
	var dials atomic.Int32
	server := httptest.NewServer(org)
	defer server.Close()
	rt := &http.Transport{DisableKeepAlives: true}
	rt.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials.Add(1) > 1 { // the login gets through
			return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	c := clientAt(t, server.URL, rt, func(cfg *salesforce.Config) { cfg.Retry.Max = 1 })

	_, err := c.Create(t.Context(), "Lead", lead, nil)

	require.ErrorIs(t, err, salesforce.ErrUnavailable)
	require.NotErrorIs(t, err, salesforce.ErrOutcomeUnknown)
	require.True(t, salesforce.Retryable(err))
	require.EqualValues(t, 3, dials.Load(), "a create that never went out is repeated")

	err = c.Delete(t.Context(), "Lead", "00Q000000000001EAA")
	require.ErrorIs(t, err, salesforce.ErrUnavailable)
	require.NotErrorIs(t, err, salesforce.ErrOutcomeUnknown)
}

func TestOutcomeStaysUnknownThroughARenewal(t *testing.T) {
	t.Parallel()
	org := &script{answer: answers(drops, fails(401, "INVALID_SESSION_ID", "Session expired or invalid"))}
	org.login = answers(
		func(w http.ResponseWriter, r *http.Request) { writeGrant(w, r, "T1") },
		body(400, `{"error":"invalid_grant","error_description":"inactive user"}`),
	)
	c := newClient(t, org)

	err := c.Update(t.Context(), "Lead", "00Q000000000001EAA", lead, nil)

	require.ErrorIs(t, err, salesforce.ErrOutcomeUnknown)
	require.ErrorIs(t, err, salesforce.ErrAuth)
	require.NotErrorIs(t, err, salesforce.ErrUnavailable)
	require.EqualError(t, err, "salesforce: update Lead 00Q000000000001EAA: log in with client credentials: outcome unknown: invalid_grant: inactive user")

	_, err = c.Session(t.Context())
	require.NotErrorIs(t, err, salesforce.ErrOutcomeUnknown, "others share the login's error only")
}

func TestCreateAnsweredWithNonsenseHasAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"page of a proxy": body(200, "<html>hello</html>"),
		"empty":           body(200, ""),
		"cut off":         body(201, `{"id":"00Q0000`),
	} {
		org := &script{answer: answer}

		_, err := newClient(t, org).Create(t.Context(), "Lead", lead, nil)

		require.ErrorIs(t, err, salesforce.ErrOutcomeUnknown, name)
		require.Equal(t, 1, org.callCount(), name)
	}
}

func TestRowsLockedForAWhileAreWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		locked := fails(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
		org := &script{answer: answers(locked, locked, body(201, created))}
		c := newClient(t, org, func(cfg *salesforce.Config) { cfg.Retry = salesforce.Retry{} })
		start := time.Now()

		_, err := c.Create(t.Context(), "Lead", lead, nil)

		require.NoError(t, err)
		require.Equal(t, 3, org.callCount())
		require.GreaterOrEqual(t, time.Since(start), 750*time.Millisecond) // half of 0.5 s + 1 s
		require.LessOrEqual(t, time.Since(start), 1500*time.Millisecond)
	})
}

func TestRetryAfterIsHonouredUpToMaxWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := func(pause string) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", pause)
				w.WriteHeader(429)
			}
		}
		org := &script{answer: answers(slow("20"), slow(time.Now().Add(30*time.Second).UTC().Format(http.TimeFormat)), body(200, rows(0)), slow("31"))}
		c := newClient(t, org, func(cfg *salesforce.Config) { cfg.Retry = salesforce.Retry{} })
		start := time.Now()

		_, err := c.Count(t.Context(), "SELECT COUNT() FROM Lead")

		require.NoError(t, err)
		require.Equal(t, 30*time.Second, time.Since(start).Truncate(time.Second), "20 s, and until the moment named")

		_, err = c.Count(t.Context(), "SELECT COUNT() FROM Lead")

		e, ok := errors.AsType[*salesforce.Error](err)
		require.True(t, ok)
		require.Equal(t, 31*time.Second, e.RetryAfter, "longer than MaxWait: not waited for")
		require.Equal(t, 4, org.callCount())
	})
}

func TestCancellingWhileWaitingTellsTheLastAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := &script{answer: fails(503, "SERVER_UNAVAILABLE", "busy")}
		c := newClient(t, org, func(cfg *salesforce.Config) { cfg.Retry = salesforce.Retry{} })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()

		_, err := c.Count(ctx, "SELECT COUNT() FROM Lead")

		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, salesforce.ErrUnavailable)
		require.EqualError(t, err, "salesforce: query: SERVER_UNAVAILABLE: busy: context deadline exceeded")
	})
}

func TestCancellingAbortsTheRequestInFlight(t *testing.T) {
	t.Parallel()
	arrived, gone := make(chan struct{}), make(chan struct{})
	org := &script{answer: func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		close(arrived)
		<-r.Context().Done() // the client has closed the connection
		close(gone)
	}}
	c, _ := newSocketClient(t, org)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()

	_, err := c.Create(ctx, "Lead", lead, nil)

	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, salesforce.ErrOutcomeUnknown)
	require.False(t, salesforce.Retryable(err))
	<-gone
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	org := &script{answer: answers(
		body(200, rows(3)), body(400, `[{"errorCode":"MALFORMED_QUERY","message":"`+strings.Repeat("x", 8000)+`"}]`),
		body(204, ""), body(201, created), body(200, rows(0)),
	)}
	server := httptest.NewUnstartedServer(org)
	var conns atomic.Int32
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			conns.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	c := clientAt(t, server.URL, server.Client().Transport)

	_, err := salesforce.Collect(salesforce.Query[salesforce.Record](t.Context(), c, "SELECT Name FROM Lead", nil))
	require.NoError(t, err)
	_, err = c.Count(t.Context(), "SELECT COUNT(")
	require.ErrorIs(t, err, salesforce.ErrQuery)
	require.NoError(t, c.Update(t.Context(), "Lead", "00Q000000000001EAA", lead, nil))
	_, err = c.Create(t.Context(), "Lead", lead, nil)
	require.NoError(t, err)
	_, err = c.Count(t.Context(), "SELECT COUNT() FROM Lead")
	require.NoError(t, err)

	require.EqualValues(t, 1, conns.Load())
}

func TestRedirectsAreNotFollowedWithTheToken(t *testing.T) {
	t.Parallel()
	org := &script{answer: func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.1:1/elsewhere", http.StatusFound)
	}}
	c := newClient(t, org)

	_, err := c.Count(t.Context(), "SELECT COUNT() FROM Lead")

	require.EqualError(t, err, "salesforce: query: status 302: redirected, which is not followed: 127.0.0.1:1")
	require.Equal(t, 1, org.callCount())
}

func TestNeitherErrorsNorLogsTellSecrets(t *testing.T) {
	t.Parallel()
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder("POST", "https://acme.my.salesforce.com/services/oauth2/token", httpmock.NewStringResponder(200,
		`{"access_token":"TOKEN-1","instance_url":"https://acme.my.salesforce.com","id":"https://x/id/`+orgID+`/`+userID+`"}`))
	mock.RegisterNoResponder(httpmock.NewErrorResponder(errors.New("connection reset by peer")))
	var log bytes.Buffer
	c := clientAt(t, salesforce.MyDomain("acme"), mock, func(cfg *salesforce.Config) {
		cfg.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})

	_, err := c.Count(t.Context(), "SELECT COUNT() FROM Lead WHERE Email = 'ada@example.com'")
	require.EqualError(t, err, "salesforce: query: connection reset by peer")
	_, err = c.Upsert(t.Context(), "Lead", "Email__c", "ada@example.com", lead, nil)
	require.EqualError(t, err, "salesforce: upsert Lead by Email__c: connection reset by peer")

	require.Contains(t, log.String(), "will be repeated")
	for _, secret := range []string{"csecret", "TOKEN-1", "ada@example.com", "Acme", "SELECT"} {
		require.NotContains(t, log.String(), secret)
	}
}

func TestHeadersOfEveryRequest(t *testing.T) {
	t.Parallel()
	var header http.Header
	org := &script{answer: func(w http.ResponseWriter, r *http.Request) {
		header = r.Header.Clone()
		body(200, rows(0))(w, r)
	}}
	c := newClient(t, org, func(cfg *salesforce.Config) { cfg.AppName = "acme-sync/2.1" })

	_, err := c.Count(t.Context(), "SELECT COUNT() FROM Lead")

	require.NoError(t, err)
	require.Regexp(t, `^sfbridge/\d+\.\d+\.\d+ acme-sync/2\.1$`, header.Get("User-Agent"))
	require.Equal(t, "client=acme-sync/2.1", header.Get("Sforce-Call-Options"))
	require.Equal(t, "Bearer T1", header.Get("Authorization"))
	require.Equal(t, []string{"GET /services/data/v" + salesforce.DefaultVersion + "/query?q=SELECT+COUNT%28%29+FROM+Lead"}, org.called())

	c = newClient(t, org, func(cfg *salesforce.Config) { cfg.AppName, cfg.DefaultNamespace = "acme", "battle" })
	require.NoError(t, c.Delete(t.Context(), "Lead", leadID))
	require.Equal(t, "client=acme; defaultNamespace=battle", header.Get("Sforce-Call-Options"))
	c = newClient(t, org, func(cfg *salesforce.Config) { cfg.PackageVersions = map[string]string{"i360": "10.2"} })
	_, err = c.Count(t.Context(), "SELECT COUNT() FROM Lead")
	require.NoError(t, err)
	require.Equal(t, "10.2", header.Get("x-sfdc-packageversion-i360"))
	_, err = salesforce.New(salesforce.Config{Auth: ada, PackageVersions: map[string]string{"i360": "10"}})
	require.ErrorContains(t, err, `PackageVersions "i360": "10"`)
	_, err = salesforce.New(salesforce.Config{Auth: ada, DefaultNamespace: "x; y"})
	require.ErrorContains(t, err, "DefaultNamespace")
}
