package salesforcetest

import (
	"cmp"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault makes requests fail; see [Org.Fail].
type Fault struct {
	// Method and Path choose the requests: an HTTP method, and a text that
	// occurs in the path. Empty ones match everything.
	Method, Path string

	// Code is the error code, such as UNABLE_TO_LOCK_ROW, Message its text.
	// Message defaults to the text that Salesforce gives with the code. They
	// are answered in the form of the resource: a JSON array, an OAuth error,
	// a SOAP fault.
	Code, Message string

	// Status is the HTTP status of the answer. Defaults to the status that
	// goes with Code, else to 400, and for SOAP to 500.
	Status int

	// Body and ContentType, when Body is not empty, are answered instead of
	// Code and Message. ContentType defaults to text/html. With neither Code
	// nor Body the answer has no body.
	Body, ContentType string

	// Header is added to the answer, such as Retry-After.
	Header http.Header

	// DropBefore ends the connection without an answer before the request is
	// carried out, DropAfter once it has been. The client sees no difference.
	DropBefore, DropAfter bool

	// Times is how many requests fail. Defaults to 1; below zero all do.
	Times int
}

// Request is one request that an [Org] got. It holds no credentials.
type Request struct {
	// Method and Path are as the client sent them, Query is the query string
	// decoded: for a query, q=SELECT …
	Method, Path, Query string

	// Header is the request's header without its credentials.
	Header http.Header

	// Status is the status of the answer, 0 when there was none.
	Status int

	// Time is when the request came, by the org's clock.
	Time time.Time
}

// Fail makes coming requests fail that match f. Faults that match the same
// request strike in the order of the calls to Fail.
func (o *Org) Fail(f Fault) {
	f.Times = cmp.Or(f.Times, 1)
	o.traffic.mu.Lock()
	defer o.traffic.mu.Unlock()
	o.traffic.faults = append(o.traffic.faults, &f)
}

// Requests returns the requests so far, the oldest first; the latest 10,000 are
// kept.
func (o *Org) Requests() []Request {
	o.traffic.mu.Lock()
	defer o.traffic.mu.Unlock()
	all := make([]Request, len(o.traffic.log))
	for i, r := range o.traffic.log {
		all[i] = *r
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
	log    []*Request
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
func (t *traffic) enter(r *http.Request, now time.Time) (*Request, *Fault) {
	entry := &Request{Method: r.Method, Path: r.URL.Path, Query: openQuery(r.URL), Header: r.Header.Clone(), Time: now}
	for _, name := range credentials {
		entry.Header.Del(name)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.log = append(t.log[max(0, len(t.log)-9999):], entry)
	i := slices.IndexFunc(t.faults, func(f *Fault) bool { return f.matches(r) })
	if i < 0 {
		return entry, nil
	}
	f := t.faults[i]
	if f.Times--; f.Times == 0 {
		t.faults = slices.Delete(t.faults, i, i+1)
	}
	return entry, f
}

// leave notes the status of the answer.
func (t *traffic) leave(entry *Request, status int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	entry.Status = status
}

func (f *Fault) matches(r *http.Request) bool {
	return (f.Method == "" || strings.EqualFold(f.Method, r.Method)) && strings.Contains(r.URL.Path, f.Path)
}

// usual are the status and the text that go with codes that tests like.
var usual = map[string]apiError{
	"INVALID_SESSION_ID":     *errSession,
	"REQUEST_LIMIT_EXCEEDED": *errAPILimit,
	"NOT_FOUND":              *errNotFound,
	"ENTITY_IS_DELETED":      *errDeleted,
	"SERVER_UNAVAILABLE":     {status: 503, message: "Server is busy, please try again later."},
	"UNABLE_TO_LOCK_ROW":     {status: 400, message: "unable to obtain exclusive access to this record"},
	"QUERY_TIMEOUT":          {status: 400, message: "Your query request was running for too long."},
	"STORAGE_LIMIT_EXCEEDED": {status: 400, message: "storage limit exceeded"},
	"UNKNOWN_EXCEPTION": {status: 500, message: "An unexpected error occurred. Please include this ErrorId if you " +
		"contact support: 123456789-12345 (123456789)"},
}

// answer writes the fault as the resource would.
func (f *Fault) answer(w http.ResponseWriter, r *http.Request) {
	drain(r)
	for name, values := range f.Header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	known := usual[f.Code]
	e := &apiError{
		status:  cmp.Or(f.Status, known.status, http.StatusBadRequest),
		code:    f.Code,
		message: cmp.Or(f.Message, known.message, f.Code),
	}
	switch {
	case f.Body != "":
		w.Header().Set("Content-Type", cmp.Or(f.ContentType, "text/html; charset=UTF-8"))
		w.WriteHeader(e.status)
		io.WriteString(w, f.Body)
	case f.Code == "":
		w.WriteHeader(e.status)
	case isSOAP(r):
		writeFault(w, cmp.Or(f.Status, http.StatusInternalServerError), e)
	case strings.Contains(r.URL.Path, "/services/oauth2/"):
		writeOAuthError(w, e)
	default:
		writeError(w, e)
	}
}
