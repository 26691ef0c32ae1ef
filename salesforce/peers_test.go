package salesforce_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// TestKnownDefects holds what clients of Salesforce have been seen to get
// wrong on the wire. Each name says what goes wrong; the test shows that here it
// does not.
func TestKnownDefects(t *testing.T) {
	t.Parallel()
	for _, defect := range []struct {
		name  string
		check func(t *testing.T)
	}{
		{"the second page is asked for with the wrong API version", pagesKeepTheirVersion},
		{"each of twenty refused calls logs in, and they race for the token", refusedCallsShareALogin},
		{"a login that does not help is repeated for ever", uselessLoginsEnd},
		{"every 403 is taken for an ended session", deniedIsNotExpired},
		{"the next refresh token is dropped, and the login ends with the first", rotatedTokensAreKept},
		{"a connection is lost with each answer that nobody reads", connectionsComeBack},
		{"cancelling ends the wait, not the request", cancellingEndsTheRequest},
		{"a request whose context has ended still goes out", endedContextSendsNothing},
		{"a create that was answered with 502 is sent again", createIsNotSentTwice},
		{"the body of an upload is gone when it is sent again", bodiesAreSentWholeAgain},
		{"an upload is held in memory so that it can be sent again", uploadsAreNotHeld},
		{"the fault of the last answer is lost when the client gives up", lastFaultIsTold},
		{"a page of a proxy is an error of the JSON parser", proxyPagesAreNamed},
		{"several matches of an external id are taken for success", severalMatchesAreAnError},
		{"an empty list of faults panics", oddRefusalsAreErrors},
		{"a missing or strange header panics", oddHeadersAreHarmless},
		{"a failed connection panics", failedConnectionsAreErrors},
		{"a delete ignores which record was meant", deleteNamesItsRecord},
		{"a refused write returns nothing, not even an error", refusedWritesAreErrors},
		{"the reason of a refused login is dropped", refusedLoginsSayWhy},
		{"credentials that hold markup break the login", credentialsAreOnlyText},
		{"tokens and values are printed into the log", logsAreClean},
		{"clients share cookies, versions or tokens", clientsShareNothing},
		{"the token follows a link to another host", tokensStayAtHome},
		{"the daily limit is waited for as if it were a busy moment", dailyLimitIsNotRepeated},
		{"a locked row is given up at once", lockedRowsAreTriedAgain},
	} {
		t.Run(defect.name, func(t *testing.T) {
			t.Parallel()
			defect.check(t)
		})
	}
}

func pagesKeepTheirVersion(t *testing.T) {
	for _, version := range []string{"60.0", "66.0", "67.0"} {
		org := salesforcetest.NewOrg(&salesforcetest.Options{BatchSize: 200})
		for i := range 450 {
			org.Insert("Account", map[string]any{"Name": fmt.Sprint(i)})
		}
		c := orgClient(t, org, func(cfg *salesforce.Config) { cfg.Version = version })

		for _, opt := range []*salesforce.QueryOptions{nil, {NoPrefetch: true}} {
			org.ResetRequests()
			all, err := salesforce.Collect(salesforce.Query[salesforce.Record](t.Context(), c, "SELECT Name FROM Account", opt))

			require.NoError(t, err)
			require.Len(t, all, 450)
			require.Equal(t, 3, sent(org, "/services/data/v"+version+"/query"))
		}
	}
}

func refusedCallsShareALogin(t *testing.T) {
	org := newRotating()
	c := newClient(t, org, refreshing(&shelf{}))
	require.NoError(t, count(t, c))
	for range 5 {
		org.expire()
		before := org.asked
		for _, err := range together(20, func() error { return count(t, c) }) {
			require.NoError(t, err)
		}
		require.Equal(t, before+1, org.asked)
	}
}

func uselessLoginsEnd(t *testing.T) {
	for _, answer := range []http.HandlerFunc{
		fails(401, "INVALID_SESSION_ID", "Session expired or invalid"),
		fails(401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API"),
		fails(403, "INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "The password has expired"),
		body(401, "<html>no</html>"), body(401, ""),
	} {
		org := &script{answer: answer}
		err := newClient(t, org).Delete(t.Context(), "Lead", leadID)
		require.Error(t, err)
		require.False(t, salesforce.Retryable(err))
		require.LessOrEqual(t, org.loginCount(), 2)
		require.LessOrEqual(t, org.callCount(), 2)
	}
}

func deniedIsNotExpired(t *testing.T) {
	for _, code := range []string{"INSUFFICIENT_ACCESS", "API_DISABLED_FOR_ORG", "FUNCTIONALITY_NOT_ENABLED", "A_CODE_OF_NEXT_YEAR"} {
		org := &script{answer: fails(403, code, "no")}
		err := newClient(t, org).Delete(t.Context(), "Lead", leadID)
		require.ErrorIs(t, err, salesforce.ErrAccess)
		require.NotErrorIs(t, err, salesforce.ErrSession)
		require.Equal(t, 1, org.loginCount())
	}
}

func rotatedTokensAreKept(t *testing.T) {
	org, store := newRotating(), &shelf{}
	for range 4 {
		require.NoError(t, count(t, newClient(t, org, refreshing(store))))
		org.expire()
	}
	require.False(t, org.revoked)
	require.Equal(t, "R4", store.tokens["ada"].RefreshToken)
}

func connectionsComeBack(t *testing.T) {
	var conns atomic.Int32
	answer := answers(
		body(200, rows(100)), body(201, created), body(204, ""), body(200, created), body(400, `[{"errorCode":"X","message":"`+strings.Repeat("x", 30_000)+`"}]`),
		body(404, "<html>"+strings.Repeat("x", 30_000)), body(200, strings.Repeat(" ", 30_000)+"{}"),
	)
	server := httptest.NewUnstartedServer(&script{answer: answer})
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
	_, err = c.Create(t.Context(), "Lead", lead, nil)
	require.NoError(t, err)
	require.NoError(t, c.Update(t.Context(), "Lead", leadID, lead, nil))
	require.NoError(t, c.Update(t.Context(), "Lead", leadID, lead, nil), "with an answer that nobody needs")
	for range 2 {
		require.Error(t, c.Delete(t.Context(), "Lead", leadID))
	}
	resp, err := c.Do(t.Context(), salesforce.Request{Path: "limits"})
	require.NoError(t, err)
	require.NoError(t, resp.Decode(new(any)))
	require.EqualValues(t, 1, conns.Load())
}

func cancellingEndsTheRequest(t *testing.T) {
	arrived, gone := make(chan struct{}), make(chan struct{})
	var once sync.Once
	org := &script{answer: func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		once.Do(func() { close(arrived) })
		<-r.Context().Done()
		close(gone)
	}}
	c, _ := newSocketClient(t, org)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()

	_, err := c.Count(ctx, "SELECT COUNT() FROM Lead")

	require.ErrorIs(t, err, context.Canceled)
	<-gone
}

func endedContextSendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		org := &script{answer: body(201, created)}
		c := newClient(t, org)
		_, err := c.Session(t.Context())
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()

		_, err = c.Create(ctx, "Lead", lead, nil)

		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, salesforce.ErrOutcomeUnknown)
		synctest.Wait() // until nothing is under way
		require.Zero(t, org.callCount())
	})
}

func createIsNotSentTwice(t *testing.T) {
	for _, first := range []http.HandlerFunc{body(502, ""), body(503, "<html>"), body(504, ""), drops, fails(500, "UNKNOWN_EXCEPTION", "x")} {
		org := &script{answer: answers(first, body(201, created))}
		_, err := newClient(t, org).Create(t.Context(), "Lead", lead, nil)
		require.ErrorIs(t, err, salesforce.ErrOutcomeUnknown)
		require.ErrorIs(t, err, salesforce.ErrUnavailable, "its cause is told too")
		require.Equal(t, 1, org.callCount())
	}
}

func bodiesAreSentWholeAgain(t *testing.T) {
	var got []string
	record := func(next http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			text, _ := io.ReadAll(r.Body)
			got = append(got, fmt.Sprint(r.ContentLength, " ", string(text)))
			next(w, r)
		}
	}
	org := &script{answer: answers(
		record(fails(400, "UNABLE_TO_LOCK_ROW", "x")), record(fails(401, "INVALID_SESSION_ID", "x")), record(body(204, "")),
	)}
	require.NoError(t, newClient(t, org).Update(t.Context(), "Lead", leadID, lead, nil))
	want := `35 {"Company":"Acme","LastName":"Ada"}`
	require.Equal(t, []string{want, want, want}, got)
}

func uploadsAreNotHeld(t *testing.T) {
	opened := 0
	const size = 40 << 20
	org := &script{answer: answers(fails(503, "SERVER_UNAVAILABLE", "x"), body(201, created))}
	c, _ := newSocketClient(t, org)
	resp, err := c.Do(t.Context(), salesforce.Request{Path: "/a", Body: &salesforce.Body{
		ContentType: "text/csv", Size: size,
		Open: func() (io.ReadCloser, error) {
			opened++
			return io.NopCloser(io.LimitReader(zeros{}, size)), nil
		},
	}})
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, 2, opened, "the source is opened for each try")
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func lastFaultIsTold(t *testing.T) {
	org := &script{answer: fails(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")}
	err := newClient(t, org).Update(t.Context(), "Lead", leadID, lead, nil)
	e, ok := errors.AsType[*salesforce.Error](err)
	require.True(t, ok)
	require.Equal(t, salesforce.Code("UNABLE_TO_LOCK_ROW"), e.Code)
	require.Equal(t, 400, e.Status)
	require.True(t, salesforce.Retryable(err))
	require.EqualError(t, err, "salesforce: update Lead "+string(leadID)+": UNABLE_TO_LOCK_ROW: unable to obtain exclusive access to this record")
}

func proxyPagesAreNamed(t *testing.T) {
	for _, status := range []int{200, 403, 404, 500, 503} {
		org := &script{answer: body(status, "<!DOCTYPE html><html><head><title>Down for\n maintenance</title>")}
		err := newClient(t, org).Update(t.Context(), "Lead", leadID, lead, nil)
		require.NotContains(t, err.Error(), "salesforce: update Lead 00Q000000000001EAA: invalid character")
		if status != 200 {
			require.ErrorContains(t, err, "an HTML page instead of an answer: Down for maintenance")
		}
	}
}

func severalMatchesAreAnError(t *testing.T) {
	org := &script{answer: body(300, `["/services/data/v66.0/sobjects/Lead/00Q000000000001EAA","/services/data/v66.0/sobjects/Lead/00Q000000000002EAA"]`)}
	_, err := newClient(t, org).Upsert(t.Context(), "Lead", "Email__c", "a", lead, nil)
	require.ErrorIs(t, err, salesforce.ErrDuplicate)
	require.ErrorContains(t, err, "several records match")
}

func oddRefusalsAreErrors(t *testing.T) {
	for _, text := range []string{"[]", "{}", "[null]", "[{}]", `[[]]`, `["x"]`, "null", "0", `"x"`, "", " ", "<", "[{", "error=", "\xff\xfe"} {
		for _, status := range []int{400, 401, 403, 404, 500} {
			org := &script{answer: body(status, text)}
			_, err := newClient(t, org, func(cfg *salesforce.Config) { cfg.Retry.Max = -1 }).Create(t.Context(), "Lead", lead, nil)
			e, ok := errors.AsType[*salesforce.Error](err)
			require.True(t, ok, text)
			require.Equal(t, status, e.Status)
		}
	}
}

func oddHeadersAreHarmless(t *testing.T) {
	for _, header := range []string{
		"", "api-usage", "api-usage=", "api-usage=x/y", "api-usage=99999999999999999999999/1", "per-app-api-usage=17/250(appName=a)",
		"per-app-api-usage=17/250(appName=a;b);api-usage=25/5000", "api-usage=1/0",
	} {
		org := &script{answer: func(w http.ResponseWriter, r *http.Request) {
			if header != "" {
				w.Header().Set("Sforce-Limit-Info", header)
			}
			w.Header().Set("Date", "yesterday")
			w.Header().Set("Retry-After", "-1")
			body(200, rows(1))(w, r)
		}}
		c := newClient(t, org, func(cfg *salesforce.Config) { cfg.DailyShare = 0.5 })
		_, err := salesforce.Collect(salesforce.Query[salesforce.Record](t.Context(), c, "SELECT Name FROM Lead", nil))
		require.NoError(t, err, header)
	}
}

func failedConnectionsAreErrors(t *testing.T) {
	server := httptest.NewServer(&script{answer: body(200, rows(0))})
	c := clientAt(t, server.URL, server.Client().Transport)
	_, err := c.Session(t.Context())
	require.NoError(t, err)
	server.Close()
	for _, err := range []error{
		count(t, c), c.Delete(t.Context(), "Lead", leadID), c.Update(t.Context(), "Lead", leadID, lead, nil),
	} {
		require.ErrorIs(t, err, salesforce.ErrUnavailable)
		require.True(t, salesforce.Retryable(err))
	}
}

func deleteNamesItsRecord(t *testing.T) {
	org := &script{answer: body(204, "")}
	c := newClient(t, org)
	require.NoError(t, c.Delete(t.Context(), "Lead", leadID))
	require.True(t, strings.HasSuffix(org.called()[0], "/sobjects/Lead/00Q000000000001EAA"))
	for _, id := range []salesforce.ID{"", ".", "..", "00Q", "00Q000000000001/x"} {
		require.Error(t, c.Delete(t.Context(), "Lead", id))
	}
	require.Equal(t, 1, org.callCount())
}

func refusedWritesAreErrors(t *testing.T) {
	for _, answer := range []http.HandlerFunc{body(403, ""), body(404, ""), body(400, ""), body(200, `{"success":false,"errors":[]}`)} {
		c := newClient(t, &script{answer: answer})
		_, err := c.Create(t.Context(), "Lead", lead, nil)
		require.Error(t, err)
		require.Error(t, c.Update(t.Context(), "Lead", leadID, lead, nil))
		_, err = c.Upsert(t.Context(), "Lead", "Email__c", "a", lead, nil)
		require.Error(t, err)
	}
}

func refusedLoginsSayWhy(t *testing.T) {
	org := &script{login: body(400, `{"error":"invalid_grant","error_description":"no client credentials user enabled"}`)}
	err := count(t, newClient(t, org))
	require.EqualError(t, err, "salesforce: log in with client credentials: invalid_grant: no client credentials user enabled")
	require.ErrorIs(t, err, salesforce.ErrAuth)
	require.Equal(t, 1, org.loginCount())
}

func credentialsAreOnlyText(t *testing.T) {
	org := &soapOrg{}
	evil := salesforce.SOAPLogin{Username: `a&b</username>`, Password: `<x y="&amp;">`, SecurityToken: `'"`}
	_, err := newClient(t, org, withSOAP(evil)).Session(t.Context())
	require.NoError(t, err)
	require.Equal(t, evil.Username, org.username)
	require.Equal(t, evil.Password+evil.SecurityToken, org.password)
}

func logsAreClean(t *testing.T) {
	var log bytes.Buffer
	org := &script{answer: answers(fails(400, "UNABLE_TO_LOCK_ROW", "ada@example.com"), drops, fails(400, "STRING_TOO_LONG", "ada@example.com"), drops)}
	c := newClient(t, org, func(cfg *salesforce.Config) {
		cfg.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	_, err := c.Upsert(t.Context(), "Lead", "Email__c", "ada@example.com", lead, nil)
	require.Error(t, err)
	require.Contains(t, log.String(), "UNABLE_TO_LOCK_ROW")
	_, err = c.Upload(t.Context(), salesforce.File{Name: "a.txt", Size: 1, Open: func() (io.ReadCloser, error) {
		return nil, errors.New("open /home/ada@example.com/a.txt: no such file")
	}}, nil)
	require.ErrorContains(t, err, "/home/ada@example.com/a.txt")
	require.Contains(t, log.String(), "the source of the body failed")
	for _, secret := range []string{"ada@", "csecret", "T1", "Acme"} {
		require.NotContains(t, log.String(), secret)
	}
}

func clientsShareNothing(t *testing.T) {
	var cookies atomic.Int32
	org := &script{answer: func(w http.ResponseWriter, r *http.Request) {
		if len(r.Cookies()) > 0 {
			cookies.Add(1)
		}
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: "x", Path: "/"})
		body(200, rows(0))(w, r)
	}}
	one := newClient(t, org, func(cfg *salesforce.Config) { cfg.Version = "60.0" })
	require.NoError(t, count(t, one))
	other := newClient(t, org)
	require.NoError(t, count(t, other))
	require.NoError(t, count(t, one))
	require.Zero(t, cookies.Load())
	require.Contains(t, org.called()[0], "/v60.0/")
	require.Contains(t, org.called()[1], "/v"+salesforce.DefaultVersion+"/")
}

func tokensStayAtHome(t *testing.T) {
	for _, next := range []string{"https://evil.example.com/services/data/v66.0/query/x", "//evil.example.com/x", "http://user@localhost/x", "https://localhost/x"} {
		elsewhere := &script{answer: body(200, rows(0))}
		org := &script{answer: body(200, fmt.Sprintf(`{"totalSize":2,"done":false,"nextRecordsUrl":%q,"records":[{"Name":"a"}]}`, next))}
		c := clientAt(t, "http://localhost", routes{"localhost": org, "evil.example.com": elsewhere})
		_, err := salesforce.Collect(salesforce.Query[salesforce.Record](t.Context(), c, "SELECT Name FROM Lead", nil))
		require.ErrorContains(t, err, "the answer leads to another host", next)
		require.Equal(t, 1, org.callCount())
		require.Zero(t, elsewhere.callCount())
	}
}

func dailyLimitIsNotRepeated(t *testing.T) {
	org := &script{answer: fails(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")}
	err := count(t, newClient(t, org))
	require.ErrorIs(t, err, salesforce.ErrDailyLimit)
	require.False(t, salesforce.Retryable(err))
	require.Equal(t, 1, org.callCount())
}

func lockedRowsAreTriedAgain(t *testing.T) {
	for _, busy := range []http.HandlerFunc{
		fails(400, "UNABLE_TO_LOCK_ROW", "x"), fails(500, "UNABLE_TO_LOCK_ROW", "x"), fails(503, "SERVER_UNAVAILABLE", "x"),
		fails(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded"),
		fails(503, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
	} {
		org := &script{answer: answers(busy, busy, body(201, created))}
		_, err := newClient(t, org, func(cfg *salesforce.Config) {
			cfg.Retry = salesforce.Retry{MinWait: time.Microsecond, MaxWait: time.Microsecond}
		}).Create(t.Context(), "Lead", lead, nil)
		require.NoError(t, err, "a create too: nothing was done")
		require.Equal(t, 3, org.callCount())
	}
}
