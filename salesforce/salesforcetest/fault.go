package salesforcetest

import (
	"cmp"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Fault makes requests fail; see [Org.Fail]. One with none of Code, Body, Status,
// DropBefore and DropAfter lets the request be carried out, and tells on its
// answer.
type Fault struct {
	// Method, Path and Query choose the requests: an HTTP method, a text that
	// occurs in the path, and one that occurs in the decoded query string, such
	// as the SOQL of a query. Empty ones match everything.
	Method, Path, Query string

	// Match chooses among them by whatever else a request has but its body. It
	// is called while no other request can begin, and must not ask the org.
	// Defaults to all.
	Match func(*http.Request) bool

	// Code is the error code, such as UNABLE_TO_LOCK_ROW, Message its text.
	// Message defaults to the text that Salesforce gives with the code. They
	// are answered in the form of the resource: a JSON array, an OAuth error,
	// a SOAP fault, the XML of Bulk API.
	Code, Message string

	// Status is the HTTP status of the answer. Defaults to 500 for SOAP, to 400
	// for Bulk API, and else to the status that goes with Code, or 400.
	Status int

	// Body, when it is not empty, is answered instead of Code and Message. With
	// neither Code nor Body a Status is answered without a body.
	Body string

	// ContentType is that of the answer, which may be a wrong one. Defaults to
	// text/html for Body, else to what the answer is.
	ContentType string

	// Header is added to the answer, such as Retry-After.
	Header http.Header

	// DropBefore ends the connection without an answer before the request is
	// carried out, DropAfter once it has been. The client sees no difference.
	DropBefore, DropAfter bool

	// Latency is waited before the request is served. Defaults to none.
	Latency time.Duration

	// CutAfter is the number of bytes of the answer's body, as they are sent,
	// after which the connection breaks off. Below zero it does so right behind
	// the header. Defaults to the whole answer.
	CutAfter int

	// Stall is how long the answer hangs where CutAfter breaks it off, or behind
	// its header before it goes on. It ends sooner when the client goes.
	// Defaults to no time.
	Stall time.Duration

	// Times is how many requests fail. Defaults to 1; below zero all do.
	Times int
}

// Fail makes coming requests fail that match f. Faults that match the same
// request strike in the order of the calls to Fail.
func (o *Org) Fail(f Fault) {
	f.Times = cmp.Or(f.Times, 1)
	o.traffic.mu.Lock()
	defer o.traffic.mu.Unlock()
	o.traffic.faults = append(o.traffic.faults, &f)
}

func (f *Fault) matches(r *http.Request) bool {
	return (f.Method == "" || strings.EqualFold(f.Method, r.Method)) &&
		strings.Contains(r.URL.Path, f.Path) &&
		(f.Query == "" || strings.Contains(decoded(r.URL.RawQuery), f.Query)) &&
		(f.Match == nil || f.Match(r))
}

// replaces reports whether the fault stands for the answer, instead of telling
// on it.
func (f *Fault) replaces() bool { return f.Code != "" || f.Body != "" || f.Status != 0 }

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
	known := usual[f.Code]
	e := &apiError{
		status:  cmp.Or(f.Status, known.status, http.StatusBadRequest),
		code:    f.Code,
		message: cmp.Or(f.Message, known.message, f.Code),
	}
	switch {
	case f.Body != "":
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		w.WriteHeader(e.status)
		io.WriteString(w, f.Body)
	case f.Code == "":
		w.WriteHeader(e.status)
	default:
		i := slices.IndexFunc(faultForms, func(form faultForm) bool { return strings.Contains(r.URL.Path, form.path) })
		e.status = cmp.Or(f.Status, faultForms[i].status, e.status)
		faultForms[i].write(w, r, e)
	}
}

// faultForm is how the resources below a path write errors.
type faultForm struct {
	path   string
	status int // of all errors, 0 when each has its own
	write  func(http.ResponseWriter, *http.Request, *apiError)
}

// faultForms are tried in order.
var faultForms = []faultForm{
	{"/services/Soap/", http.StatusInternalServerError, func(w http.ResponseWriter, _ *http.Request, e *apiError) { writeFault(w, e.status, e) }},
	{"/services/async/", http.StatusBadRequest, func(w http.ResponseWriter, r *http.Request, e *apiError) {
		(&call{w: w, r: r}).writeAsync(e.status, newAsyncError(e))
	}},
	{"/services/oauth2/revoke", 0, func(w http.ResponseWriter, _ *http.Request, e *apiError) { writeFormError(w, e) }},
	{"/services/oauth2/", 0, func(w http.ResponseWriter, _ *http.Request, e *apiError) { writeOAuthError(w, e) }},
	{"", 0, func(w http.ResponseWriter, _ *http.Request, e *apiError) { writeError(w, e) }},
}

// strike serves a request that runs into the fault.
func (f *Fault) strike(o *Org, w http.ResponseWriter, r *http.Request) {
	if f.Latency > 0 && !wait(r, f.Latency) {
		return
	}
	altered := &alteredWriter{ResponseWriter: w, fault: f, r: r}
	switch {
	case f.DropBefore:
		drain(r)
		panic(http.ErrAbortHandler)
	case f.DropAfter:
		o.serve(discard{http.Header{}}, r)
		drain(r)
		panic(http.ErrAbortHandler)
	case f.replaces():
		f.answer(altered, r)
	default:
		o.serve(altered, r)
	}
	altered.finish()
}

// alteredWriter sends an answer as a fault wants it.
type alteredWriter struct {
	http.ResponseWriter
	fault *Fault
	r     *http.Request
	begun bool
	sent  int
}

func (w *alteredWriter) WriteHeader(status int) {
	if w.begun {
		return
	}
	w.begun = true
	if w.fault.ContentType != "" {
		w.Header().Set("Content-Type", w.fault.ContentType)
	}
	for name, values := range w.fault.Header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	w.ResponseWriter.WriteHeader(status)
	switch {
	case w.fault.CutAfter < 0:
		w.breakOff()
	case w.fault.CutAfter == 0 && w.fault.Stall > 0:
		w.hang()
	}
}

func (w *alteredWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	left := w.fault.CutAfter - w.sent
	if w.fault.CutAfter == 0 || len(p) < left {
		n, err := w.ResponseWriter.Write(p)
		w.sent += n
		return n, err
	}
	_, _ = w.ResponseWriter.Write(p[:left]) // whether the client is still there makes no difference
	w.breakOff()
	return left, nil
}

// finish sends the header of an answer without a body.
func (w *alteredWriter) finish() {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
}

// hang sends what there is and then nothing for a while.
func (w *alteredWriter) hang() {
	drain(w.r)
	_ = http.NewResponseController(w.ResponseWriter).Flush()
	if w.fault.Stall > 0 && !wait(w.r, w.fault.Stall) {
		panic(http.ErrAbortHandler)
	}
}

// breakOff ends the connection in the middle of the answer.
func (w *alteredWriter) breakOff() {
	w.hang()
	panic(http.ErrAbortHandler)
}
