package salesforcetest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func TestFaultsAnswerInTheFormOfTheResource(t *testing.T) {
	t.Parallel()
	overBoth(t, salesforcetest.Options{}, func(t *testing.T, org *salesforcetest.Org, c *client) {
		org.Fail(salesforcetest.Fault{Path: "/query", Code: "QUERY_TIMEOUT"})
		c.query("SELECT Id FROM Account").refused(400, "QUERY_TIMEOUT", "Your query request was running for too long.")
		c.query("SELECT Id FROM Account").ok(200)

		org.Fail(salesforcetest.Fault{Method: "POST", Code: "UNABLE_TO_LOCK_ROW", Message: "busy", Times: 2})
		c.get("/limits").ok(200)
		c.post("/sobjects/Account", `{"Name":"x"}`).refused(400, "UNABLE_TO_LOCK_ROW", "busy")
		c.post("/sobjects/Account", `{"Name":"x"}`).refused(400, "UNABLE_TO_LOCK_ROW", "busy")
		c.post("/sobjects/Account", `{"Name":"x"}`).id()

		org.Fail(salesforcetest.Fault{Code: "INVALID_SESSION_ID"})
		c.get("/limits").refused(401, "INVALID_SESSION_ID", "Session expired or invalid")

		org.Fail(salesforcetest.Fault{Status: 503, Body: "<html>down</html>", Header: http.Header{"retry-after": {"7"}}})
		a := c.get("/limits").ok(503)
		require.Equal(t, []string{"<html>down</html>", "text/html; charset=UTF-8", "7"},
			[]string{a.body, a.header.Get("Content-Type"), a.header.Get("Retry-After")})

		org.Fail(salesforcetest.Fault{Status: 502})
		require.Empty(t, c.get("/limits").ok(502).body)

		org.Fail(salesforcetest.Fault{Path: "/Soap/", Code: "API_DISABLED_FOR_ORG", Message: "no API"})
		login := soapLogin(t, c, "64.0", "user@example.com", "secretTOKEN")
		require.Equal(t, 500, login.status)
		require.Equal(t, "API_DISABLED_FOR_ORG: no API", login.element("faultstring"))

		org.Fail(salesforcetest.Fault{Path: "/oauth2/", Code: "invalid_grant", Message: "inactive user"})
		require.Equal(t, map[string]any{"error": "invalid_grant", "error_description": "inactive user"}, requestToken(c, c.base, nil).ok(400).object())

		org.Fail(salesforcetest.Fault{Code: "SERVER_UNAVAILABLE", Times: -1})
		for range 3 {
			c.get("/limits").refused(503, "SERVER_UNAVAILABLE", "")
		}
	})
}

func TestDroppedConnections(t *testing.T) {
	t.Parallel()
	overBoth(t, salesforcetest.Options{}, func(t *testing.T, org *salesforcetest.Org, c *client) {
		names := func() string {
			return c.query("SELECT Name FROM Account WHERE Name IN ('before', 'after')").names("Name")
		}

		org.Fail(salesforcetest.Fault{Method: "POST", DropBefore: true})
		_, err := c.try("POST", "/sobjects/Account", "application/json", `{"Name":"before"}`)
		require.Error(t, err)
		require.Empty(t, names())

		org.Fail(salesforcetest.Fault{Method: "POST", DropAfter: true})
		_, err = c.try("POST", "/sobjects/Account", "application/json", `{"Name":"after"}`)
		require.Error(t, err)
		require.Equal(t, "after", names())
	})
}

func TestRequestsAreKeptWithoutSecrets(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	c.query("SELECT Id FROM Account")
	soapLogin(t, c, "64.0", "user@example.com", "secretTOKEN")
	c.get("/nowhere")

	log := org.Requests()
	require.Len(t, log, 3)
	require.Equal(t, []any{"GET", "/services/data/v66.0/query", "q=SELECT Id FROM Account", 200, saturday},
		[]any{log[0].Method, log[0].Path, log[0].Query, log[0].Status, log[0].Time})
	require.Equal(t, "/services/Soap/u/64.0", log[1].Path)
	require.Equal(t, 404, log[2].Status)
	for _, r := range log {
		require.Empty(t, r.Header.Get("Authorization"))
	}
	org.ResetRequests()
	require.Empty(t, org.Requests())
}

func TestLatencyAndCancellation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := salesforcetest.NewOrg(&salesforcetest.Options{Latency: 30 * time.Second})
		c := newClient(t, org)
		start := time.Now()
		a := c.get("/limits").ok(200)
		require.Equal(t, 30*time.Second, time.Since(start))
		require.Equal(t, time.Now().UTC().Format(http.TimeFormat), a.header.Get("Date"), "the bubble's clock")

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, "GET", c.base+"/services/data/v66.0/limits", http.NoBody)
		require.NoError(t, err)
		res, err := c.http.Do(req)
		if err == nil {
			res.Body.Close()
		}
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 31*time.Second, time.Since(start))
	})
}

// Clients decide by this hook whether a request may have been carried out.
func TestTransportTellsWhenTheRequestIsWritten(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	send := func(body io.Reader) (wrote []error) {
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			WroteRequest: func(info httptrace.WroteRequestInfo) { wrote = append(wrote, info.Err) },
		})
		req, err := http.NewRequestWithContext(ctx, "POST", c.base+"/services/data/v66.0/sobjects/Account", body)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+c.token)
		req.Header.Set("Content-Type", "application/json")
		c.send(req)
		return wrote
	}
	require.Equal(t, []error{nil}, send(strings.NewReader(`{"Name":"x"}`)))
	require.Equal(t, []error{nil}, send(http.NoBody))
	broken := errors.New("disk is gone")
	require.Equal(t, []error{broken}, send(io.MultiReader(strings.NewReader(`{"Name":`), errReader{broken})))
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }
