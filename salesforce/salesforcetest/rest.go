package salesforcetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The API versions that the org knows.
const (
	oldestVersion = 31
	newestVersion = 68
)

// call is one REST request with a valid session.
type call struct {
	org     *Org
	w       http.ResponseWriter
	r       *http.Request
	version int
	user    string       // the id of the session's user
	grant   *grant       // of the session
	args    []string     // the segments that the stars of the route's pattern stand for
	tx      *Transaction // the one that the call is a part of, nil for none

	failed   bool         // part of the call failed, though it was answered
	attached []assignment // binary content that came with a request around the call
}

// transact makes a change in a transaction of its own, or in an attempt within
// the one that the call is a part of.
func (c *call) transact(change func(*Transaction) error) error {
	if c.tx != nil {
		before := c.tx.duplicates
		defer func() { c.tx.duplicates = before }()
		c.tx.duplicates = c.duplicateHeader()
		return c.tx.attempt(func() error { return change(c.tx) })
	}
	return c.org.transact(c.user, false, func(tx *Transaction) error {
		tx.duplicates = c.duplicateHeader()
		return change(tx)
	})
}

// reading takes the org's lock for reading, unless a transaction has it
// already, and returns what gives it back.
func (c *call) reading() func() {
	if c.tx != nil {
		return func() {}
	}
	c.org.mu.RLock()
	return c.org.mu.RUnlock
}

// route is a resource below /services/data/vXX.X. Stars are any segment.
type route struct {
	pattern string
	methods map[string]func(*call) error
}

// routes are tried in order; the first pattern that fits counts.
var routes []route

func init() {
	routes = slices.Concat( // not in the declaration: resources lists them
		[]route{
			{"", methods{"GET": (*call).resources}},
			{"limits", methods{"GET": (*call).limits}},
			{"limits/recordCount", methods{"GET": (*call).recordCounts}},
		},
		queryRoutes(),
		collectionRoutes(),
		compositeRoutes(),
		surroundingsRoutes(),
		uiRoutes(),
		sobjectRoutes(),
		relationshipRoutes(),
		bulkRoutes(),
		searchRoutes(),
		toolingRoutes(),
	)
}

type methods = map[string]func(*call) error

// parseVersion reads 66.0, written in no other way.
func parseVersion(s string) (int, bool) {
	whole, ok := strings.CutSuffix(s, ".0")
	n, err := strconv.Atoi(whole)
	return n, ok && err == nil && n > 0 && strconv.Itoa(n) == whole
}

// pathVersion reads v66.0, as it stands in the paths of the REST API.
func pathVersion(s string) (int, bool) {
	number, ok := strings.CutPrefix(s, "v")
	n, isVersion := parseVersion(number)
	return n, ok && isVersion
}

// serveREST answers the REST API in the format that is asked for.
func (o *Org) serveREST(w http.ResponseWriter, r *http.Request, version string, path []string) {
	path, asXML := format(r, path)
	if asXML {
		serveXML(w, r, path, func(w http.ResponseWriter) { o.serveJSON(w, r, version, path) })
		return
	}
	o.serveJSON(w, r, version, path)
}

// serveJSON answers the REST API.
func (o *Org) serveJSON(w http.ResponseWriter, r *http.Request, version string, path []string) {
	c := &call{org: o, w: w, r: r}
	var ok bool
	c.version, ok = pathVersion(version)
	switch {
	case !ok || c.version > newestVersion:
		writeError(w, errNotFound)
		return
	case c.version < oldestVersion:
		writeError(w, failure(http.StatusGone, "GONE", "The requested resource is no longer available"))
		return
	}
	s, ok := o.authenticate(r)
	if !ok {
		writeError(w, errSession)
		return
	}
	if !s.may("api") {
		writeError(w, errNoAPI)
		return
	}
	c.user, c.grant = s.user, s.grant
	info, err := o.count(s.grant)
	w.Header().Set("Sforce-Limit-Info", info)
	switch {
	case err != nil:
		writeError(w, err)
	case s.expired:
		writeError(w, errPasswordExpired)
	default:
		if err := c.serve(path); err != nil {
			writeError(w, err)
		}
	}
}

// serve finds the route of a path below the version and calls it.
func (c *call) serve(path []string) error {
	i := slices.IndexFunc(routes, func(t route) bool { return match(path, t.pattern) })
	if i < 0 {
		return errNotFound
	}
	method := c.r.Method
	if over := c.r.URL.Query().Get("_HttpMethod"); method == http.MethodPost && over != "" {
		method = strings.ToUpper(over)
	}
	handle := routes[i].methods[method]
	if handle == nil && method == http.MethodHead {
		handle, c.w = routes[i].methods[http.MethodGet], headers{c.w}
	}
	if handle == nil {
		c.w.Header().Set("Allow", strings.Join(allowed(routes[i].methods), ", "))
		return notAllowed(method, routes[i].methods)
	}
	for n, p := range strings.Split(routes[i].pattern, "/") {
		if p == "*" {
			c.args = append(c.args, path[n])
		}
	}
	return handle(c)
}

// headers is an answer without its body.
type headers struct{ http.ResponseWriter }

func (headers) Write(p []byte) (int, error) { return len(p), nil }

// from lets a handler be called from a version on.
func from(version int, handle func(*call) error) func(*call) error {
	return func(c *call) error {
		if c.version < version {
			return errNotFound
		}
		return handle(c)
	}
}

// notAllowed is a method that the resource does not have.
func notAllowed(method string, handlers methods) *apiError {
	return failure(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED",
		"HTTP Method '%s' not allowed. Allowed are %s", method, strings.Join(allowed(handlers), ","))
}

// allowed are the methods of a resource.
func allowed(handlers methods) []string { return slices.Sorted(maps.Keys(handlers)) }

// usage counts the requests of 24 hours.
type usage struct {
	mu    sync.Mutex
	since time.Time
	used  int
}

// count adds n requests to the day's usage, as far as the limit lets it. It
// reports whether they may be served, and how many there have been.
func (u *usage) count(n, limit int, now time.Time) (within bool, used int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if now.Sub(u.since) >= 24*time.Hour {
		u.since, u.used = now, 0
	}
	if within = u.used+n <= limit; within {
		u.used += n
	}
	return within, u.used
}

// count adds a request to the day's usage. It returns what Sforce-Limit-Info
// says, and an error if the request may not be served.
func (o *Org) count(g *grant) (info string, err error) {
	within, used := o.usage.count(1, o.opt.APILimit, o.Now())
	info = fmt.Sprintf("api-usage=%d/%d", used, o.opt.APILimit)
	if within && g.app != nil && g.app.Limit > 0 {
		within, used = g.app.usage.count(1, g.app.Limit, o.Now())
		info += fmt.Sprintf(";per-app-api-usage=%d/%d(appName=%s)", used, g.app.Limit, g.app.Name)
	}
	switch limit := o.opt.ConcurrentLimit; {
	case !within:
		return info, errAPILimit
	case limit > 0 && int(o.serving.Load()) > limit:
		return info, errConcurrent
	}
	return info, nil
}

// serveVersions answers the list of API versions, to which no session is needed.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_versions.htm
func serveVersions(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		writeError(w, notAllowed(r.Method, methods{http.MethodGet: nil}))
		return
	}
	writeJSON(w, http.StatusOK, versions())
}

// versions is the list of API versions.
func versions() []map[string]string {
	var list []map[string]string
	for v := oldestVersion; v <= newestVersion; v++ {
		list = append(list, map[string]string{
			"label": releaseName(v), "url": fmt.Sprintf("/services/data/v%d.0", v), "version": fmt.Sprintf("%d.0", v),
		})
	}
	return list
}

// releaseName is the season of a version: three releases make a year, and
// 65.0 was Winter '26.
func releaseName(version int) string {
	n := version - 65 + 3*26
	return fmt.Sprintf("%s '%d", [...]string{"Winter", "Spring", "Summer"}[n%3], n/3)
}

// base is the path of the API in the call's version.
func (c *call) base() string {
	return strings.TrimSuffix(fmt.Sprintf("/services/data/v%d.0/%s", c.version, c.org.root), "/")
}

// resources answers the list of what is there.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_discoveryresource.htm
func (c *call) resources() error {
	list := map[string]string{"identity": fmt.Sprintf("%s/id/%s/%s", instance(c.r), c.org.opt.OrgID, c.user)}
	for _, t := range routes {
		if name, _, _ := strings.Cut(t.pattern, "/"); name != "" {
			list[name] = c.base() + "/" + name
		}
	}
	writeJSON(c.w, http.StatusOK, list)
	return nil
}

// reply answers what is read under the org's lock, nil for what is answered
// already. The lock is free again before the client reads, who may be slow.
func (c *call) reply(read func() (any, error)) error {
	v, err := func() (any, error) {
		defer c.reading()()
		return read()
	}()
	if err == nil && v != nil {
		writeJSON(c.w, http.StatusOK, v)
	}
	return err
}

// writeJSON writes a value as Salesforce does: without escaping HTML.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // an error means that the client has gone
}

// writeError answers an error as the REST API does.
func writeError(w http.ResponseWriter, err error) {
	e := asAPIError(err)
	writeJSON(w, e.status, e.bodies("errorCode"))
}

// asAPIError is what a client sees of an error. Others than apiErrors come from
// the connection: the client's body broke off.
func asAPIError(err error) *apiError {
	if e, ok := errors.AsType[*apiError](err); ok {
		return e
	}
	return refusal("JSON_PARSER_ERROR", "%v", err)
}
