package salesforcetest

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The way of a request:
//
//	ServeHTTP       notes it, lets a fault strike, waits, compresses
//	route           SOAP, OAuth, identity or REST
//	serveREST       version, session, the day's limit
//	routes          from the path to a method of call
//	transact        writes: understand, rules, check, write, commit
//	compile, run    queries: resolve names, choose rows, filter, sort, print
//
// Writers hold the org's lock alone, readers share it. Records are never
// changed in place, so that a result may outlive the lock.

// ServeHTTP answers a request as Salesforce does. The path may have doubled
// slashes and is never redirected.
func (o *Org) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	entry, fault := o.traffic.enter(r, o.Now())
	answer := &statusWriter{ResponseWriter: w}
	defer func() { o.traffic.leave(entry, answer.status) }()
	o.serving.Add(1)
	defer o.serving.Add(-1)
	if o.opt.Latency > 0 && !wait(r, o.opt.Latency) {
		return
	}
	w.Header().Set("Date", o.Now().Format(http.TimeFormat))
	if fault == nil {
		o.serve(answer, r)
	} else {
		fault.strike(o, answer, r)
	}
}

// serve answers a request, compressed if the client likes that.
func (o *Org) serve(w http.ResponseWriter, r *http.Request) {
	c := &compressor{ResponseWriter: w, wanted: r.Method != http.MethodHead && acceptsGzip(r)}
	o.route(c, withSemicolons(r))
	c.finish()
}

// withSemicolons keeps semicolons in the values of a query string, such as those
// of a multi-picklist; net/url would drop the values.
func withSemicolons(r *http.Request) *http.Request {
	if !strings.Contains(r.URL.RawQuery, ";") {
		return r
	}
	r = r.WithContext(r.Context())
	u := *r.URL
	u.RawQuery = strings.ReplaceAll(u.RawQuery, ";", "%3B")
	r.URL = &u
	return r
}

// drain lets the client write its request to the end, as far as it does.
func drain(r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
}

// wait reports false when the client has gone before d was over.
func wait(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// route finds the part of the org that a path belongs to.
func (o *Org) route(w http.ResponseWriter, r *http.Request) {
	if len(r.RequestURI) > maxHeader {
		w.WriteHeader(http.StatusRequestURITooLong)
		return
	}
	if headerSize(r) > maxHeader {
		w.WriteHeader(http.StatusRequestHeaderFieldsTooLarge)
		return
	}
	path := segments(r.URL)
	switch {
	case match(path, "services/Soap/*/*") || match(path, "services/Soap/*/*/*"):
		o.serveSOAP(w, r, path[2:])
	case len(path) > 1 && match(path[:2], "services/apexrest"):
		o.serveApexREST(w, r, path[2:])
	case len(path) > 2 && match(path[:2], "services/async"):
		o.serveAsync(w, r, path[2], path[3:])
	case match(path, "services/oauth2/*"):
		o.serveOAuth(w, r, path[2])
	case match(path, ".well-known/openid-configuration"):
		o.serveDiscovery(w, r)
	case match(path, "id/keys"):
		o.serveKeys(w)
	case match(path, "setup/connect"):
		o.serveConnect(w, r)
	case match(path, "id/*/*"):
		o.serveIdentity(w, r, path[1], path[2])
	case match(path, "services/data"):
		serveVersions(w, r)
	case len(path) > 2 && match(path[:2], "services/data"):
		o.serveREST(w, r, path[2], path[3:])
	default:
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, "<html><head><title>URL No Longer Exists</title></head><body>URL No Longer Exists</body></html>")
	}
}

// maxHeader is the size of URI and headers together that Salesforce accepts.
const maxHeader = 16384

// headerSize is how much of maxHeader a request takes.
func headerSize(r *http.Request) int {
	n := len(r.RequestURI)
	for name, values := range r.Header {
		for _, v := range values {
			n += len(name) + len(": ") + len(v) + len("\r\n")
		}
	}
	return n
}

// segments splits a path, dropping what doubled slashes leave between them. A
// segment may hold an escaped slash.
func segments(u *url.URL) []string {
	var list []string
	for s := range strings.SplitSeq(u.EscapedPath(), "/") {
		if s == "" {
			continue
		}
		if plain, err := url.PathUnescape(s); err == nil {
			s = plain
		}
		list = append(list, s)
	}
	return list
}

// match compares path segments with a pattern, in which a star is any segment.
func match(path []string, pattern string) bool {
	if pattern == "" {
		return len(path) == 0
	}
	i := 0
	for p := range strings.SplitSeq(pattern, "/") {
		if i >= len(path) || p != "*" && !strings.EqualFold(p, path[i]) {
			return false
		}
		i++
	}
	return i == len(path)
}

// decoded is a query string as people read it.
func decoded(query string) string {
	if plain, err := url.QueryUnescape(query); err == nil {
		return plain
	}
	return query
}

// statusWriter remembers the status.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController flush.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *statusWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// discard is an answer that nobody gets.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) WriteHeader(int)             {}
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
