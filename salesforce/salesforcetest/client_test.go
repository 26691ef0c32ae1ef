package salesforcetest_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// saturday is the time of the org in most tests; 07:30 in Los Angeles, where
// its main user works.
var saturday = time.Date(2026, time.November, 21, 15, 30, 0, 0, time.UTC)

// newOrg returns an org at a fixed time.
func newOrg(opt salesforcetest.Options) *salesforcetest.Org {
	if opt.TimeZone == "" {
		opt.TimeZone = "America/Los_Angeles"
	}
	if opt.Now == nil { // what the org is made with has a time, too
		opt.Now = func() time.Time { return saturday }
	}
	org := salesforcetest.NewOrg(&opt)
	org.SetNow(saturday)
	return org
}

// newWorld returns an org with the records of testdata/world.json.
func newWorld(t testing.TB, opt salesforcetest.Options) *salesforcetest.Org {
	t.Helper()
	org := newOrg(opt)
	require.NoError(t, org.LoadFile("testdata/world.json"))
	return org
}

// client is a client of the REST API with nothing but the standard library, so
// that no decoder of ours hides what is on the wire.
type client struct {
	t     testing.TB
	http  *http.Client
	base  string
	token string
}

// newClient logs in to an org over its Transport.
func newClient(t testing.TB, org *salesforcetest.Org) *client {
	return &client{
		t: t, http: &http.Client{Transport: org.Transport()},
		base: "https://example.my.salesforce.com", token: org.Credentials().AccessToken,
	}
}

// overBoth runs a story over the in-process transport and over a socket.
func overBoth(t *testing.T, opt salesforcetest.Options, story func(t *testing.T, org *salesforcetest.Org, c *client)) {
	t.Run("transport", func(t *testing.T) {
		t.Parallel()
		org := newWorld(t, opt)
		story(t, org, newClient(t, org))
	})
	t.Run("server", func(t *testing.T) {
		t.Parallel()
		s := salesforcetest.NewServer(newWorld(t, opt))
		t.Cleanup(s.Close)
		story(t, s.Org, &client{t: t, http: s.Client(), base: s.URL, token: s.Org.Credentials().AccessToken})
	})
}

// answer is a response, read to its end.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   string
}

// do sends a request. The path is below /services/data/v66.0 unless it begins
// with /services.
func (c *client) do(method, path, contentType, body string) answer {
	c.t.Helper()
	a, err := c.try(method, path, contentType, body)
	require.NoError(c.t, err)
	return a
}

func (c *client) try(method, path, contentType, body string) (answer, error) {
	if !strings.HasPrefix(path, "/services") && !strings.HasPrefix(path, "//") && !strings.HasPrefix(path, "/id") {
		path = "/services/data/v66.0" + path
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := c.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	return newAnswer(c.t, res), nil
}

// newAnswer reads a response.
func newAnswer(t testing.TB, res *http.Response) answer {
	t.Helper()
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return answer{t: t, status: res.StatusCode, header: res.Header, body: string(data)}
}

func (c *client) get(path string) answer { c.t.Helper(); return c.do("GET", path, "", "") }
func (c *client) post(path, body string) answer {
	c.t.Helper()
	return c.do("POST", path, "application/json", body)
}

func (c *client) patch(path, body string) answer {
	c.t.Helper()
	return c.do("PATCH", path, "application/json", body)
}
func (c *client) delete(path string) answer { c.t.Helper(); return c.do("DELETE", path, "", "") }

func (c *client) query(soql string) answer {
	c.t.Helper()
	return c.get("/query?q=" + url.QueryEscape(soql))
}

// decode reads the body as JSON, with numbers as they are written.
func (a answer) decode(v any) {
	a.t.Helper()
	dec := json.NewDecoder(strings.NewReader(a.body))
	dec.UseNumber()
	require.NoError(a.t, dec.Decode(v), a.body)
}

// object reads the body as a JSON object.
func (a answer) object() map[string]any {
	a.t.Helper()
	var m map[string]any
	a.decode(&m)
	return m
}

// ok requires a status.
func (a answer) ok(status int) answer {
	a.t.Helper()
	require.Equal(a.t, status, a.status, a.body)
	return a
}

// id is the id of a record that was created.
func (a answer) id() string {
	a.t.Helper()
	a.ok(http.StatusCreated)
	id, _ := a.object()["id"].(string)
	require.Len(a.t, id, 18)
	return id
}

// fault is the only error of the body.
func (a answer) fault() (code, message string, fields []any) {
	a.t.Helper()
	var list []map[string]any
	a.decode(&list)
	require.Len(a.t, list, 1)
	code, _ = list[0]["errorCode"].(string)
	message, _ = list[0]["message"].(string)
	fields, _ = list[0]["fields"].([]any)
	return code, message, fields
}

// refused requires an error.
func (a answer) refused(status int, code, message string) {
	a.t.Helper()
	gotCode, gotMessage, _ := a.fault()
	require.Equal(a.t, code, gotCode, a.body)
	require.Contains(a.t, gotMessage, message)
	require.Equal(a.t, status, a.status)
}

// records are the records of a query's answer.
func (a answer) records() []map[string]any {
	a.t.Helper()
	var page struct {
		Records []map[string]any `json:"records"`
	}
	a.ok(http.StatusOK).decode(&page)
	return page.Records
}

// names are the values of a field, joined by a comma and a space.
func (a answer) names(field string) string {
	a.t.Helper()
	var names []string
	for _, r := range a.records() {
		s, _ := r[field].(string)
		names = append(names, s)
	}
	return strings.Join(names, ", ")
}

// idOf finds a record by its name.
func idOf(t testing.TB, org *salesforcetest.Org, object, field, value string) string {
	t.Helper()
	for _, r := range org.Records(object) {
		if r[field] == value {
			return r["Id"].(string)
		}
	}
	require.Failf(t, "no such record", "%s with %s %q", object, field, value)
	return ""
}

func gzipped(t testing.TB, s string) io.Reader {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, s)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return &b
}

// jsonOf writes a value as JSON.
func jsonOf(t testing.TB, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return string(data)
}
