package salesforcetest

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Request is one request that an [Org] got. It holds no credentials.
type Request struct {
	// Method and Path are as the client sent them, Query is the query string
	// decoded: for a query, q=SELECT …
	Method, Path, Query string

	// Header is the request's header without its credentials.
	Header http.Header

	// Body is the beginning of the body, at most 8192 bytes, as far as it was
	// read. It is empty for logins, for SOAP, for passwords, and for what is no
	// text.
	Body string

	// Status is the status of the answer, 0 when there was none.
	Status int

	// Time is when the request came, by the org's clock.
	Time time.Time

	// Duration is how long it took to serve, by the real clock.
	Duration time.Duration
}

// Requests returns the requests so far, the oldest first; the latest 10,000 are
// kept.
func (o *Org) Requests() []Request {
	o.traffic.mu.Lock()
	defer o.traffic.mu.Unlock()
	all := make([]Request, len(o.traffic.log))
	for i, r := range o.traffic.log {
		all[i] = r.Request
	}
	return all
}

// ResetRequests forgets the requests so far.
func (o *Org) ResetRequests() {
	o.traffic.mu.Lock()
	defer o.traffic.mu.Unlock()
	o.traffic.log = nil
}

// traffic is what came in and what shall fail.
type traffic struct {
	mu     sync.Mutex
	log    []*entry
	faults []*Fault
}

// credentials are the headers that Request leaves out.
var credentials = []string{"Authorization", "Cookie", "Proxy-Authorization"}

// secretParameters are the parameters that Request leaves out.
var secretParameters = []string{
	"access_token", "assertion", "client_secret", "code", "code_verifier", "oauth_token", "password", "refresh_token", "token",
}

// openQuery is a query string as people read it, without credentials.
func openQuery(u *url.URL) string {
	values := u.Query()
	if !slices.ContainsFunc(secretParameters, values.Has) {
		return decoded(u.RawQuery)
	}
	for _, name := range secretParameters {
		values.Del(name)
	}
	return decoded(values.Encode())
}

// enter logs a request and returns the fault that it runs into, nil for none.
func (t *traffic) enter(r *http.Request, now time.Time) (*entry, *Fault) {
	e := &entry{began: time.Now(), Request: Request{Method: r.Method, Path: r.URL.Path, Query: openQuery(r.URL), Header: r.Header.Clone(), Time: now}}
	for _, name := range credentials {
		e.Header.Del(name)
	}
	if isOpen(r) {
		e.body = &readBody{ReadCloser: r.Body}
		r.Body = e.body
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.log = append(t.log[max(0, len(t.log)-9999):], e)
	i := slices.IndexFunc(t.faults, func(f *Fault) bool { return f.matches(r) })
	if i < 0 {
		return e, nil
	}
	f := t.faults[i]
	if f.Times--; f.Times == 0 {
		t.faults = slices.Delete(t.faults, i, i+1)
	}
	return e, f
}

// entry is a request in the log, while it is served.
type entry struct {
	Request
	began time.Time // by the real clock
	body  *readBody // nil when it is not kept
}

// leave notes how a request ended.
func (t *traffic) leave(e *entry, status int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e.Status, e.Duration = status, time.Since(e.began)
	if e.body != nil {
		e.Body, e.body = strings.ToValidUTF8(string(e.body.kept), ""), nil
	}
}

// maxKeptBody is how much of a body is kept, in bytes.
const maxKeptBody = 8192

// readBody keeps the beginning of what is read of a body.
type readBody struct {
	io.ReadCloser
	kept []byte
}

func (b *readBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.kept = append(b.kept, p[:min(n, maxKeptBody-len(b.kept))]...)
	return n, err
}

// isOpen reports whether a body may be kept: a text without credentials.
func isOpen(r *http.Request) bool {
	path, typ := strings.ToLower(r.URL.Path), strings.ToLower(r.Header.Get("Content-Type"))
	if !strings.Contains(path, "/services/data") && !strings.Contains(path, "/services/async") || strings.HasSuffix(path, "/password") {
		return false
	}
	return r.Header.Get("Content-Encoding") == "" &&
		slices.ContainsFunc([]string{"json", "csv", "xml"}, func(kind string) bool { return strings.Contains(typ, kind) })
}
