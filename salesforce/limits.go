package salesforce

import (
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"time"
)

// Usage is the org's count of API requests in the last 24 hours, as the last
// answer told it (header Sforce-Limit-Info).
type Usage struct {
	Used, Max int64
	// AppName, AppUsed and AppMax are the share of a connected app that has its
	// own limit. They are empty when it has none.
	AppName         string
	AppUsed, AppMax int64
}

// Usage returns the API usage that the last answer told, and false before the
// first one that did.
func (c *Client) Usage() (Usage, bool) {
	return c.http.seen.usage()
}

// ServerTime returns the org's clock: the Date of the last answer plus the time
// since. Its resolution is one second, and it may be late by as much as that
// answer was on its way. It is false before the first answer.
func (c *Client) ServerTime() (time.Time, bool) {
	return c.http.seen.serverTime(c.http.now())
}

// observed is what the headers of answers tell.
type observed struct {
	mu       sync.Mutex // guards the rest
	limits   Usage
	limited  bool
	date     time.Time
	received time.Time // when date came in, by our clock
}

func (o *observed) note(h http.Header, now time.Time) {
	date, dateErr := http.ParseTime(h.Get("Date"))
	limits, limited := parseUsage(h.Get("Sforce-Limit-Info"))

	o.mu.Lock()
	defer o.mu.Unlock()
	if dateErr == nil {
		o.date, o.received = date.UTC(), now
	}
	if limited {
		o.limits, o.limited = limits, true
	}
}

func (o *observed) usage() (Usage, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.limits, o.limited
}

func (o *observed) serverTime(now time.Time) (time.Time, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.date.IsZero() {
		return time.Time{}, false
	}
	return o.date.Add(now.Sub(o.received)), true
}

var (
	orgUsage = regexp.MustCompile(`(?:^|[^-])api-usage=(\d+)/(\d+)`)
	appUsage = regexp.MustCompile(`per-app-api-usage=(\d+)/(\d+)\(appName=([^)]*)\)`)
)

// parseUsage reads
//
//	api-usage=25/5000;per-app-api-usage=17/250(appName=sample-connected-app)
//
// of which the second part is often missing.
func parseUsage(header string) (u Usage, ok bool) {
	m := orgUsage.FindStringSubmatch(header)
	if m == nil {
		return u, false
	}
	u.Used, u.Max = atoi(m[1]), atoi(m[2])
	if m := appUsage.FindStringSubmatch(header); m != nil {
		u.AppUsed, u.AppMax, u.AppName = atoi(m[1]), atoi(m[2]), m[3]
	}
	return u, true
}

// atoi reads digits; a number that is too long gives the largest.
func atoi(digits string) int64 {
	n, _ := strconv.ParseInt(digits, 10, 64)
	return n
}
