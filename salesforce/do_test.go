package salesforce_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func TestDoReachesAnyPath(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		request salesforce.Request
		want    string
	}{
		{salesforce.Request{Path: "/services/apexrest/visits"}, "GET /services/apexrest/visits"},
		{salesforce.Request{Path: "limits"}, "GET /services/data/v66.0/limits"},
		{salesforce.Request{Path: "composite/tree/Account", JSON: 1}, "POST /services/data/v66.0/composite/tree/Account"},
		{salesforce.Request{Path: "a?x=1", Query: url.Values{"q": {"a b"}}}, "GET /services/data/v66.0/a?x=1&q=a+b"},
		{salesforce.Request{Path: "/a?", Query: url.Values{"q": {"1"}}}, "GET /a?q=1"},
		{salesforce.Request{Path: "http://localhost/a"}, "GET /a"},
		{salesforce.Request{Method: "DELETE", Path: "/a/" + url.PathEscape("b/c?d")}, "DELETE /a/b%2Fc%3Fd"},
	} {
		org := &script{answer: body(200, "{}")}
		resp, err := newClient(t, org, func(cfg *salesforce.Config) { cfg.Version = "66.0" }).Do(t.Context(), c.request)
		require.NoError(t, err, c.want)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, []string{c.want}, org.called())
	}
}

func TestDoRefusesWhatIsNoRequest(t *testing.T) {
	t.Parallel()
	for name, request := range map[string]salesforce.Request{
		"no path":      {},
		"query only":   {Path: "?q=1"},
		"broken path":  {Path: "%zz"},
		"method":       {Method: "GET /x", Path: "/a"},
		"two bodies":   {Path: "/a", JSON: 1, Body: &salesforce.Body{}},
		"no Open":      {Path: "/a", Body: &salesforce.Body{}},
		"no JSON":      {Path: "/a", JSON: func() {}},
		"own token":    {Path: "/a", Header: map[string]string{"authorization": "Bearer x"}},
		"another host": {Path: "https://evil.example.com/a"},
		"hidden host":  {Path: "//evil.example.com/a"},
		"another kind": {Path: "mailto:a@b"},
	} {
		org := &script{answer: body(200, "{}")}
		_, err := newClient(t, org).Do(t.Context(), request)
		require.Error(t, err, name)
		require.Zero(t, org.callCount(), name)
	}
}

func TestDoStreamsAndDecodes(t *testing.T) {
	t.Parallel()
	org := &script{answer: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Visits", r.Header.Get("X-Ask"))
		body(200, `{"n":12345678901234567.89}`)(w, r)
	}}
	c := newClient(t, org)
	request := salesforce.Request{Path: "/services/apexrest/visits", Header: map[string]string{"x-ask": "all"}}

	resp, err := c.Do(t.Context(), request)
	require.NoError(t, err)
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.JSONEq(t, `{"n":12345678901234567.89}`, string(text))
	require.Equal(t, "all", resp.Header.Get("X-Visits"))

	resp, err = c.Do(t.Context(), request)
	require.NoError(t, err)
	var v map[string]any
	require.NoError(t, resp.Decode(&v))
	require.Equal(t, json.Number("12345678901234567.89"), v["n"])
}

func TestDoWithoutABodyInTheAnswer(t *testing.T) {
	t.Parallel()
	v := "as it was"
	resp, err := newClient(t, &script{answer: body(204, "")}).Do(t.Context(), salesforce.Request{Method: "DELETE", Path: "/a"})
	require.NoError(t, err)
	require.NoError(t, resp.Decode(&v))
	require.Equal(t, 204, resp.Status)
	require.Equal(t, "as it was", v)
}

func TestDoAsksConditionally(t *testing.T) {
	t.Parallel()
	c := newClient(t, &script{answer: body(304, "")})

	resp, err := c.Do(t.Context(), salesforce.Request{Path: "/a", Header: map[string]string{"If-None-Match": `"x"`}})
	require.NoError(t, err)
	require.NoError(t, resp.Decode(new(string)))
	require.Equal(t, 304, resp.Status)

	_, err = c.Do(t.Context(), salesforce.Request{Path: "/a"})
	require.Error(t, err, "nobody asked for that")
}

func TestDoRepeatsOnlyWhatMayBe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		request salesforce.Request
		calls   int
		unknown bool
	}{
		{salesforce.Request{Path: "/a"}, 2, false},
		{salesforce.Request{Method: "HEAD", Path: "/a"}, 2, false},
		{salesforce.Request{Path: "/a", JSON: 1}, 1, true},
		{salesforce.Request{Path: "/a", JSON: 1, Idempotent: true}, 2, false},
		{salesforce.Request{Method: "DELETE", Path: "/a"}, 1, true},
		{salesforce.Request{Method: "PUT", Path: "/a", Idempotent: true}, 2, false},
	} {
		org := &script{answer: answers(body(502, ""), body(200, "{}"))}
		resp, err := newClient(t, org).Do(t.Context(), c.request)
		require.Equal(t, c.calls, org.callCount())
		require.Equal(t, c.unknown, errors.Is(err, salesforce.ErrOutcomeUnknown))
		if err == nil {
			require.NoError(t, resp.Body.Close())
		}
	}
}

func TestDoSendsABodyAgainAfterRenewal(t *testing.T) {
	t.Parallel()
	var got []string
	org := &script{answer: func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		got = append(got, r.Header.Get("Content-Type")+": "+string(text))
		body(200, "{}")(w, r)
	}}
	c := newClient(t, org)
	_, err := c.Session(t.Context())
	require.NoError(t, err)
	org.expire()
	text := strings.Repeat("x", 100_000)

	resp, err := c.Do(t.Context(), salesforce.Request{Path: "/a", Body: &salesforce.Body{
		ContentType: "text/csv", Size: int64(len(text)),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil },
	}})

	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, []string{"text/csv: " + text}, got)
}

func TestDoDoesNotSendABodyOfAnotherSize(t *testing.T) {
	t.Parallel()
	for _, size := range []int64{0, 1, 2, 4} {
		c, _ := newSocketClient(t, &script{answer: body(200, "{}")})
		_, err := c.Do(t.Context(), salesforce.Request{Path: "/a", Body: &salesforce.Body{
			Size: size, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("abc")), nil },
		}})
		require.ErrorContains(t, err, "not the Size")
	}
}

func TestDoTellsTheFaultsOfATree(t *testing.T) {
	t.Parallel()
	org := &script{answer: body(400, `{"hasErrors":true,"results":[
		{"referenceId":"a","errors":[{"statusCode":"REQUIRED_FIELD_MISSING","message":"Required fields are missing: [Name]","fields":["Name"]}]},
		{"referenceId":"b","errors":[{"statusCode":"STRING_TOO_LONG","message":"too long","fields":["Phone"]}]}]}`)}

	_, err := newClient(t, org).Do(t.Context(), salesforce.Request{Path: "composite/tree/Account", JSON: 1, Op: "plant"})

	require.ErrorIs(t, err, salesforce.ErrValidation)
	require.EqualError(t, err, "salesforce: plant: REQUIRED_FIELD_MISSING: Required fields are missing: [Name]; STRING_TOO_LONG: too long")
}

// What there is no method for works against the org all the same.
func TestDoAgainstTheOrg(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	c := orgClient(t, org)

	resp, err := c.Do(t.Context(), salesforce.Request{Path: "composite/tree/Account", JSON: map[string]any{"records": []any{
		map[string]any{"attributes": map[string]string{"type": "Account", "referenceId": "a"}, "Name": "Acme"},
	}}})
	require.NoError(t, err)
	var planted struct {
		HasErrors bool
		Results   []struct{ ID salesforce.ID }
	}
	require.NoError(t, resp.Decode(&planted))
	require.False(t, planted.HasErrors)
	require.Equal(t, "Acme", org.Record(string(planted.Results[0].ID))["Name"])

	resp, err = c.Do(t.Context(), salesforce.Request{Path: "composite/batch", Idempotent: true, JSON: map[string]any{"batchRequests": []any{
		map[string]string{"method": "GET", "url": "v66.0/limits"},
	}}})
	require.NoError(t, err)
	var batch struct{ Results []struct{ StatusCode int } }
	require.NoError(t, resp.Decode(&batch))
	require.Equal(t, 200, batch.Results[0].StatusCode)
}
