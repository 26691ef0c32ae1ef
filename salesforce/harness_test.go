package salesforce_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
)

const (
	orgID  = "00Dxx0000001gPLEAY"
	userID = "005xx000001SwiUAAS"
)

// script plays an org for what a real one does only on a bad day. It grants
// the tokens T1, T2, …, takes the last one granted, and hands every other
// request to answer.
type script struct {
	answer http.HandlerFunc
	login  http.HandlerFunc // nil grants a token

	mu     sync.Mutex
	logins int
	calls  []string // method and path of the other requests
}

func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/services/oauth2/token" {
		s.grant(w, r)
		return
	}
	s.mu.Lock()
	s.calls = append(s.calls, r.Method+" "+r.URL.RequestURI())
	valid := fmt.Sprintf("Bearer T%d", s.logins)
	s.mu.Unlock()
	if r.Header.Get("Authorization") != valid {
		refuse(w, 401, "INVALID_SESSION_ID", "Session expired or invalid")
		return
	}
	s.answer(w, r)
}

func (s *script) grant(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.logins++
	n := s.logins
	s.mu.Unlock()
	if s.login != nil {
		s.login(w, r)
		return
	}
	writeGrant(w, r, fmt.Sprintf("T%d", n))
}

func writeGrant(w http.ResponseWriter, r *http.Request, token string) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"access_token":%q,"instance_url":"http://%s","id":"https://login.salesforce.com/id/%s/%s","token_type":"Bearer","issued_at":"1278448832702"}`,
		token, r.Host, orgID, userID)
}

// expire makes the org refuse the tokens granted so far.
func (s *script) expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logins++
}

func (s *script) loginCount() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logins
}

func (s *script) callCount() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.calls)
}

func (s *script) called() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.calls...)
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `[{"message":%q,"errorCode":%q}]`, message, code)
}

// inProcess serves a client without a socket, as Org.Transport does. A handler
// that panics with http.ErrAbortHandler drops the connection.
type inProcess struct{ http.Handler }

func (h inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	type result struct {
		resp *http.Response
		err  error
	}
	done := make(chan result, 1)
	go func() {
		rec := httptest.NewRecorder()
		defer func() {
			if r.Body != nil {
				_ = r.Body.Close()
			}
			if recover() != nil {
				done <- result{err: io.ErrUnexpectedEOF}
				return
			}
			done <- result{resp: rec.Result()}
		}()
		in := r.Clone(r.Context())
		if in.Body == nil {
			in.Body = http.NoBody
		}
		in.Host = r.URL.Host
		h.ServeHTTP(rec, in)
	}()
	select {
	case got := <-done:
		return got.resp, got.err
	case <-r.Context().Done():
		return nil, context.Cause(r.Context())
	}
}

// newClient returns a client of an org in process, which waits next to nothing
// between tries.
func newClient(t *testing.T, org http.Handler, changes ...func(*salesforce.Config)) *salesforce.Client {
	t.Helper()
	return clientAt(t, "http://localhost", inProcess{org}, changes...)
}

// newSocketClient returns a client of an org behind a socket, and its server.
func newSocketClient(t *testing.T, org http.Handler, changes ...func(*salesforce.Config)) (*salesforce.Client, *httptest.Server) {
	t.Helper()
	server := httptest.NewServer(org)
	t.Cleanup(server.Close)
	return clientAt(t, server.URL, server.Client().Transport, changes...), server
}

func clientAt(t *testing.T, address string, rt http.RoundTripper, changes ...func(*salesforce.Config)) *salesforce.Client {
	t.Helper()
	cfg := salesforce.Config{
		LoginURL:   address,
		Auth:       salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
		HTTPClient: &http.Client{Transport: rt},
		Retry:      salesforce.Retry{MinWait: time.Microsecond, MaxWait: time.Millisecond},
	}
	for _, change := range changes {
		change(&cfg)
	}
	c, err := salesforce.New(cfg)
	require.NoError(t, err)
	return c
}

// together runs f so many times at once and returns what each came to.
func together(n int, f func() error) []error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = f() })
	}
	wg.Wait()
	return errs
}

// answers is a handler that gives one answer after another, the last one for ever.
func answers(list ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		next := list[0]
		if len(list) > 1 {
			list = list[1:]
		}
		mu.Unlock()
		next(w, r)
	}
}

// body answers with a status and a text.
func body(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

// fails answers with a fault of Salesforce's.
func fails(status int, code, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		refuse(w, status, code, message)
	}
}

// drops reads a request to its end and goes away.
func drops(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	panic(http.ErrAbortHandler)
}

const created = `{"id":"00Q000000000001EAA","success":true,"errors":[]}`

// rows is a page of a query's result with so many leads.
func rows(n int) string {
	records := make([]string, n)
	for i := range records {
		records[i] = fmt.Sprintf(`{"attributes":{"type":"Lead"},"Name":"Lead %d"}`, i)
	}
	return fmt.Sprintf(`{"totalSize":%d,"done":true,"records":[%s]}`, n, strings.Join(records, ","))
}

// peakHeap runs f and returns by how many bytes the heap grew at its highest,
// with little garbage. Tests that use it do not run in parallel with others.
func peakHeap(f func()) uint64 {
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	read := func() uint64 {
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	runtime.GC()
	base, peak := read(), uint64(0)
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			peak = max(peak, read())
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	}()
	f()
	close(done)
	<-stopped
	return peak - min(base, peak)
}
