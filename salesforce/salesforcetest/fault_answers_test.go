package salesforcetest_test

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// read asks for a path and reads what comes of the body.
func (c *client) read(ctx context.Context, path string) (answer, error) {
	c.t.Helper()
	return c.readAs(ctx, path, "identity")
}

func (c *client) readAs(ctx context.Context, path, encoding string) (answer, error) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(ctx, "GET", c.base+"/services/data/v66.0"+path, http.NoBody)
	require.NoError(c.t, err)
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Accept-Encoding", encoding)
	res, err := c.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	return answer{c.t, res.StatusCode, res.Header, string(data)}, err
}

func TestFaultsChooseTheirRequests(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	org.Fail(salesforcetest.Fault{Query: "FROM Contact", Code: "QUERY_TIMEOUT"})
	org.Fail(salesforcetest.Fault{Match: func(r *http.Request) bool { return r.Header.Get("Content-Type") == "application/json" }, Code: "SERVER_UNAVAILABLE"})
	c.query("SELECT Id FROM Account").ok(200)
	c.query("SELECT Id FROM Contact").refused(400, "QUERY_TIMEOUT", "")
	c.query("SELECT Id FROM Contact").ok(200)
	c.post("/sobjects/Account", `{"Name":"x"}`).refused(503, "SERVER_UNAVAILABLE", "")
}

func TestAnswersBreakOff(t *testing.T) {
	t.Parallel()
	overBoth(t, salesforcetest.Options{}, func(t *testing.T, org *salesforcetest.Org, c *client) {
		whole, err := c.read(t.Context(), "/sobjects/Account/describe")
		require.NoError(t, err)
		for _, test := range []struct{ cut, length int }{{1, 1}, {100, 100}, {-1, 0}} {
			org.Fail(salesforcetest.Fault{CutAfter: test.cut, Header: http.Header{"x-odd": {"1"}}})
			part, err := c.read(t.Context(), "/sobjects/Account/describe")
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			require.Equal(t, []any{200, "1", whole.body[:test.length]}, []any{part.status, part.header.Get("X-Odd"), part.body})
		}
		org.Fail(salesforcetest.Fault{CutAfter: 1_000_000})
		again, err := c.read(t.Context(), "/sobjects/Account/describe")
		require.NoError(t, err)
		require.Equal(t, whole.body, again.body)

		org.Fail(salesforcetest.Fault{Status: 503, Body: "<html>down</html>", CutAfter: 6})
		part, err := c.read(t.Context(), "/limits")
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.Equal(t, []any{503, "<html>"}, []any{part.status, part.body})

		// A write that was carried out although its answer broke off.
		org.Fail(salesforcetest.Fault{Method: "POST", CutAfter: 3})
		res, err := c.http.Do(post(c, "/sobjects/Account", `{"Name":"half"}`))
		require.NoError(t, err)
		res.Body.Close()
		require.Contains(t, c.query("SELECT Name FROM Account WHERE Name = 'half'").body, `"totalSize":1`)
	})
}

func post(c *client, path, body string) *http.Request {
	req, err := http.NewRequestWithContext(c.t.Context(), "POST", c.base+"/services/data/v66.0"+path, strings.NewReader(body))
	require.NoError(c.t, err)
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	return req
}

func TestAnswersOfAnotherType(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	org.Fail(salesforcetest.Fault{ContentType: "text/plain"})
	a := c.get("/limits").ok(200)
	require.Equal(t, "text/plain", a.header.Get("Content-Type"))
	require.Contains(t, a.body, "DailyApiRequests")
	org.Fail(salesforcetest.Fault{Code: "NOT_FOUND", ContentType: "text/html"})
	a = c.get("/limits").ok(404)
	require.Equal(t, "text/html", a.header.Get("Content-Type"))
	require.Contains(t, a.body, `"errorCode":"NOT_FOUND"`)
}

func TestAnswersStall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := salesforcetest.NewOrg(nil)
		c := newClient(t, org)
		start := time.Now()

		org.Fail(salesforcetest.Fault{Latency: time.Minute})
		_, err := c.read(t.Context(), "/limits")
		require.NoError(t, err)
		require.Equal(t, time.Minute, time.Since(start))

		start = time.Now()
		org.Fail(salesforcetest.Fault{Stall: time.Hour})
		a, err := c.read(t.Context(), "/limits")
		require.NoError(t, err)
		require.Contains(t, a.body, "DailyApiRequests")
		require.Equal(t, time.Hour, time.Since(start))

		start = time.Now()
		org.Fail(salesforcetest.Fault{CutAfter: 10, Stall: time.Hour})
		a, err = c.read(t.Context(), "/limits")
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.Len(t, a.body, 10)
		require.Equal(t, time.Hour, time.Since(start))

		start = time.Now()
		org.Fail(salesforcetest.Fault{Stall: 24 * time.Hour, CutAfter: 10})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		a, err = c.read(ctx, "/limits")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Len(t, a.body, 10)
		require.Equal(t, time.Second, time.Since(start))
		synctest.Wait()
		requests := org.Requests()
		require.Equal(t, time.Second, requests[len(requests)-1].Duration)
	})
}

func TestConcurrentRequestsAreLimited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := salesforcetest.NewOrg(&salesforcetest.Options{ConcurrentLimit: 2})
		c := newClient(t, org)
		org.Fail(salesforcetest.Fault{Query: "Account", Stall: time.Minute, Times: 2})
		var slow sync.WaitGroup
		for range 2 {
			slow.Go(func() { c.query("SELECT Id FROM Account").ok(200) })
		}
		synctest.Wait()
		c.get("/limits").refused(403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.")
		c.soap("", "<getUserInfo/>").fails("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests")
		slow.Wait()
		c.get("/limits").ok(200)
	})
}

func TestAppsHaveLimitsOfTheirOwn(t *testing.T) {
	t.Parallel()
	app := salesforcetest.App{ID: "web", Secret: "s", RunAs: "user@example.com", Name: "sample-connected-app", Limit: 2}
	c := newClient(t, newOrg(salesforcetest.Options{Apps: []salesforcetest.App{app}, APILimit: 100}))
	require.Equal(t, "api-usage=1/100", c.get("/limits").ok(200).header.Get("Sforce-Limit-Info"))
	c.token = c.grant("grant_type", "client_credentials", "client_id", "web", "client_secret", "s")["access_token"].(string)
	require.Equal(t, "api-usage=2/100;per-app-api-usage=1/2(appName=sample-connected-app)", c.get("/limits").ok(200).header.Get("Sforce-Limit-Info"))
	c.get("/limits").ok(200)
	c.get("/limits").refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
}

func TestRequestsTellWhatCame(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	c.post("/sobjects/Account", `{"Name":"logged"}`).id()
	c.post("/sobjects/Account", `{"Name":"`+strings.Repeat("x", 10_000)+`"}`)
	soapLogin(t, c, "64.0", "user@example.com", "secretTOKEN")
	requestToken(c, c.base, form("grant_type", "client_credentials", "client_secret", "csecret"), "cid", "csecret")
	c.redirect("/services/oauth2/token", "client_secret", "csecret", "grant_type", "password")
	requests := org.Requests()
	require.JSONEq(t, `{"Name":"logged"}`, requests[0].Body)
	require.Len(t, requests[1].Body, 8192)
	for _, r := range requests[2:] {
		require.Empty(t, r.Body)
		require.NotContains(t, r.Query, "csecret")
	}
	require.Equal(t, "grant_type=password", requests[4].Query)
}

func TestAnswersAreCompressed(t *testing.T) {
	t.Parallel()
	s := salesforcetest.NewServer(newWorld(t, salesforcetest.Options{}))
	t.Cleanup(s.Close)
	c := &client{t: t, http: s.Client(), base: s.URL, token: s.Org.Credentials().AccessToken}
	ask := func(path, accepts string) answer {
		a, err := c.readAs(t.Context(), path, accepts)
		require.NoError(t, err)
		return a
	}
	plain := ask("/sobjects/Account/describe", "identity")
	require.Empty(t, plain.header.Get("Content-Encoding"))
	for _, accepts := range []string{"gzip", "gzip,deflate", "br, GZIP;q=0.5"} {
		packed := ask("/sobjects/Account/describe", accepts)
		require.Equal(t, "gzip", packed.header.Get("Content-Encoding"))
		require.Less(t, len(packed.body), len(plain.body)/2)
		r, err := gzip.NewReader(strings.NewReader(packed.body))
		require.NoError(t, err)
		data, err := io.ReadAll(r)
		require.NoError(t, err)
		require.Equal(t, plain.body, string(data))
	}
	for _, accepts := range []string{"", "deflate", "gzip;q=0", "identity"} {
		require.Empty(t, ask("/sobjects/Account/describe", accepts).header.Get("Content-Encoding"), accepts)
	}
	short := ask("/sobjects/Account/001000000000000AAA", "gzip")
	require.Empty(t, short.header.Get("Content-Encoding"), "too short to be worth it")
}

func TestFaultsOfRevocationAndBulkHaveTheirForms(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	c := newClient(t, org)
	org.Fail(salesforcetest.Fault{Path: "/revoke", Code: "invalid_token", Message: "no", Status: 503})
	a := c.do("POST", "/services/oauth2/revoke", "application/x-www-form-urlencoded", "token=x").ok(503)
	require.Equal(t, "error=invalid_token&error_description=no", a.body)
	org.Fail(salesforcetest.Fault{Path: "/async/", Code: "INVALID_SESSION_ID"})
	a = c.do("GET", "/services/async/66.0/job/750xx0000000001AAA", "", "").ok(400)
	require.Equal(t, "InvalidSessionId", envelope{t, a}.element("exceptionCode"))
}

// A record that a transaction holds is locked for everybody else, by every API.
func TestHeldRecordsAreLocked(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	c := newClient(t, org)
	id := org.Insert("Account", map[string]any{"Name": "held"})
	tx := org.HoldTransaction()
	tx.Update(id, map[string]any{"Phone": "1"})
	c.patch("/sobjects/Account/"+id, `{"Phone":"2"}`).refused(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records: "+id)
	update := `<update><sObjects><type>Account</type><Id>` + id + `</Id><Phone>2</Phone></sObjects></update>`
	require.Equal(t, "UNABLE_TO_LOCK_ROW", c.soap("", update).element("statusCode"))
	tx.Commit()
	require.Equal(t, "true", c.soap("", update).element("success"))
}
