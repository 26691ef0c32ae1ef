package salesforce

import (
	"fmt"
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

// dailyLook is how often a client that has reached its share asks again
// whether there is room: what others use, and what is older than 24 hours,
// nothing else tells.
const dailyLook = 5 * time.Minute

// mayCall stops a call whose client has used its share of the daily requests.
// Logins are not counted.
func (t *transport) mayCall(c *call) error {
	if t.share == 0 || c.login {
		return nil
	}
	u, over := t.seen.over(t.share, t.now())
	if !over {
		return nil
	}
	e := fault(c.op, ErrDailyShare, "%d of %d API requests of the last 24 hours are used, Config.DailyShare is %v", u.Used, u.Max, t.share)
	if u.AppMax > 0 {
		e.Message = fmt.Sprintf("%s; of its own the app has used %d of %d", e.Message, u.AppUsed, u.AppMax)
	}
	e.classes = append(e.classes, ErrDailyLimit)
	return e
}

// over reports whether a share of the daily requests is used up. Once in a
// while it says no, so that one call finds out whether it still is.
func (o *observed) over(share float64, now time.Time) (Usage, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	u := o.limits
	if float64(u.Used) < share*float64(u.Max) && (u.AppMax == 0 || float64(u.AppUsed) < share*float64(u.AppMax)) || !o.limited {
		return u, false
	}
	if now.Sub(o.told) >= dailyLook {
		o.told = now
		return u, false
	}
	return u, true
}

// observed is what the headers of answers tell.
type observed struct {
	mu       sync.Mutex // guards the rest
	limits   Usage
	limited  bool
	told     time.Time // when limits came in, or were last asked for
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
		o.limits, o.limited, o.told = limits, true, now
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
