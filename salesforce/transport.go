package salesforce

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// maxHead is how many bytes the address and the headers of a request may have.
const maxHead = 16384

// transport sends every request of a client, logins included, and makes a
// typed error of whatever goes wrong.
type transport struct {
	client  *retryablehttp.Client
	agent   string
	appName string
	headers map[string]string // of every request
	logger  *slog.Logger
	observe func(Event) // nil for nobody
	now     func() time.Time
	budget  *budget
	share   float64 // of the daily requests, 0 for no guard
	most    int64   // bytes of an answer that is held in memory
	seen    *observed
}

// sharedTransport serves clients whose Config brings none. Salesforce ends a
// call after ten minutes; a server that is silent for longer has died.
var sharedTransport = &http.Transport{
	Proxy:                  http.ProxyFromEnvironment,
	DialContext:            (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
	ForceAttemptHTTP2:      true,
	MaxIdleConns:           100,
	MaxIdleConnsPerHost:    16,
	IdleConnTimeout:        90 * time.Second,
	TLSHandshakeTimeout:    10 * time.Second,
	ResponseHeaderTimeout:  11 * time.Minute,
	MaxResponseHeaderBytes: 1 << 20,
	ExpectContinueTimeout:  time.Second,
}

// lastResponse follows no redirect.
func lastResponse(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func newTransport(cfg Config, l *lane) *transport {
	t := &transport{
		agent:   "sfbridge/" + sdkVersion,
		appName: cfg.AppName,
		headers: cfg.headers(),
		logger:  cfg.Logger,
		observe: cfg.Observe,
		now:     cfg.Now,
		budget:  newBudget(cfg.Retry.Share),
		share:   cfg.DailyShare,
		most:    cfg.MaxAnswer,
		seen:    l.seen,
	}
	if cfg.AppName != "" {
		t.agent += " " + cfg.AppName
	}
	rt := http.RoundTripper(sharedTransport)
	if cfg.HTTPClient != nil && cfg.HTTPClient.Transport != nil {
		rt = cfg.HTTPClient.Transport
	}
	t.client = &retryablehttp.Client{
		HTTPClient: &http.Client{
			Transport:     &roundTripper{rt, l},
			CheckRedirect: lastResponse,
		},
		RetryMax:     cfg.Retry.Max,
		RetryWaitMin: cfg.Retry.MinWait,
		RetryWaitMax: cfg.Retry.MaxWait,
		CheckRetry:   t.checkRetry,
		Backoff:      t.backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
		PrepareRetry: func(req *http.Request) error {
			*req = *req.WithContext(attemptOf(req.Context()).next(t.now()))
			return nil
		},
	}
	return t
}

// answer is the answer of a success while it comes in. Errors of reading it are
// errors of the call.
type answer struct {
	io.ReadCloser
	status int // 304 for a call with a condition that does not hold
	header http.Header
	call   *attempt
	user   ID // whom the org answered
	read   atomic.Int64
	ended  sync.Once
	closed func(read int64) // nil when nobody observes
}

func (ans *answer) Read(p []byte) (int, error) {
	n, err := ans.ReadCloser.Read(p)
	ans.read.Add(int64(n))
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	if ended := ans.call.ctx.Err(); ended != nil {
		err = ended // what the connection says of it varies
	}
	return n, noAnswer(ans.call.op, err)
}

// Close ends the answer, and its event.
func (ans *answer) Close() error {
	err := ans.ReadCloser.Close()
	if ans.closed != nil {
		ans.ended.Do(func() { ans.closed(ans.read.Load()) })
	}
	return err
}

// newAnswer makes an answer of the response to a call.
func (t *transport) newAnswer(a *attempt, resp *http.Response) *answer {
	ans := &answer{ReadCloser: resp.Body, status: resp.StatusCode, header: resp.Header, call: a}
	if t.observe != nil {
		e, began := t.eventOf(a, resp), a.started
		ans.closed = func(read int64) {
			e.Received, e.Total = read, t.now().Sub(began)
			t.observe(e)
		}
	}
	return ans
}

// do sends a call to a host and returns the answer of a success, which the
// caller closes. An error is an *Error, or that of the body's source.
func (t *transport) do(a *attempt, host *url.URL, token string) (*answer, error) {
	if err := t.mayCall(a.call); err != nil {
		return nil, err
	}
	if a.envelope.body != "" {
		a.body, token = bytesPayload("text/xml; charset=UTF-8", a.envelope.with(token)), ""
	}
	a.tries = 0
	t.budget.earn()
	ctx := a.next(t.now())
	req, err := t.request(ctx, a, host, token)
	if err != nil {
		return nil, err
	}
	resp, err := t.client.Do(req) //nolint:bodyclose // drain closes it, or whoever gets the answer
	switch {
	case err != nil:
		return nil, a.failed(err)
	case a.refusal != nil:
		drain(resp.Body)
		return nil, a.rejected()
	default:
		return t.newAnswer(a, resp), nil
	}
}

// request builds the request of a call.
func (t *transport) request(ctx context.Context, a *attempt, host *url.URL, token string) (*retryablehttp.Request, error) {
	target, err := resolve(host, a.path)
	if err != nil {
		return nil, fault(a.op, nil, "%v", err)
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, a.method, target.String(), nil)
	if err != nil {
		return nil, noAnswer(a.op, err)
	}
	if a.body != nil {
		if err := req.SetBody(a.reader()); err != nil {
			return nil, noAnswer(a.op, err)
		}
		req.ContentLength = a.body.size
		req.Header.Set("Content-Type", a.body.contentType)
	}
	req.Header.Set("User-Agent", t.agent)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for _, headers := range []map[string]string{t.headers, a.header} {
		for name, value := range headers {
			req.Header.Set(name, value)
		}
	}
	if n := headSize(req.Request); n > maxHead {
		return nil, fault(a.op, ErrTooLarge, "address and headers have %d bytes, over Salesforce's limit of %d", n, maxHead)
	}
	return req, nil
}

// resolve puts a path on a host. Salesforce's answers give paths too, such as
// that of a query's next page; one that names another host is an error, since
// the token would go there.
func resolve(host *url.URL, path string) (*url.URL, error) {
	u, err := url.Parse(path)
	if err != nil {
		return nil, errors.New("the path is no address")
	}
	if u.IsAbs() || u.Host != "" {
		if u.Scheme != host.Scheme || u.Host != host.Host || u.User != nil {
			return nil, fmt.Errorf("the answer leads to another host, %s", clip(u.Host, 80))
		}
	}
	return host.ResolveReference(u), nil
}

// headSize is the size of a request without its body. Some headers are added
// later, by net/http: Host, Content-Length, Accept-Encoding.
func headSize(req *http.Request) int {
	n := len(req.URL.RequestURI()) + len(req.URL.Host) + 100
	for name, values := range req.Header {
		for _, v := range values {
			n += len(name) + len(v) + len(": \r\n")
		}
	}
	return n
}

// failed makes an error of a call that ended without an answer. When it was the
// wait before another try that ended, the answer of the last one is told too.
func (a *attempt) failed(err error) error {
	if source := a.try.source.Load(); source != nil {
		return fmt.Errorf("salesforce: %s: %w", a.op, *source)
	}
	if a.refusal != nil {
		a.refusal.cause = err
		return a.rejected()
	}
	e := noAnswer(a.op, err)
	e.unknown = a.maybe()
	return e
}

// rejected makes an error of an answer that is no success.
func (a *attempt) rejected() error {
	a.refusal.Op = a.op
	a.refusal.unknown = a.maybe()
	return a.refusal
}

// loginFailed makes an error of a call between whose tries a login failed. That
// error is shared with other calls, and stays as it is.
func (a *attempt) loginFailed(err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok || !a.maybe() {
		return err
	}
	own := *e
	own.Op = a.op + ": " + e.Op
	own.unknown = true
	return &own
}

// checkRetry decides after each try whether there is another one. It never
// returns an error of its own, so that the answer's stays.
func (t *transport) checkRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	a := attemptOf(ctx)
	if resp != nil {
		t.seen.note(resp.Header, t.now())
	}
	a.judge(resp, err, t.now())
	again := a.tries <= t.client.RetryMax && a.again(err, t.client.RetryWaitMax) && a.ctx.Err() == nil && t.budget.spend()
	t.log(a, resp, err, again)
	if t.observe != nil && (err != nil || a.refusal != nil) {
		e := t.eventOf(a, resp)
		e.Again = again
		t.observe(e)
	}
	return again, nil
}

// judge reads what a try came to: the refusal, if it is one, and whether the
// call may have been carried out.
func (a *attempt) judge(resp *http.Response, err error, now time.Time) {
	if err == nil && (resp.StatusCode < 300 || resp.StatusCode == http.StatusNotModified && a.conditional()) {
		return
	}
	unsure := true
	if err == nil {
		a.refusal = readRefusal(resp, now)
		unsure = a.refusal.meaning().effect.done()
	}
	if unsure && a.try.sent() {
		a.lost = true
	}
}

// readRefusal decodes the beginning of a body and puts it back.
func readRefusal(resp *http.Response, now time.Time) *Error {
	head, _ := io.ReadAll(io.LimitReader(resp.Body, maxFaultBody))
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), resp.Body), resp.Body}
	e := decodeError(resp.StatusCode, head)
	if to, err := resp.Location(); err == nil && resp.StatusCode < 400 {
		e.Message += ": " + clip(to.Host, 80)
	}
	e.RetryAfter = retryAfter(resp.Header, now)
	return e
}

// again reports whether the call, having failed, may be repeated. What may
// have been carried out is repeated only when twice is the same as once.
func (a *attempt) again(err error, maxWait time.Duration) bool {
	switch {
	case err != nil && (a.try.source.Load() != nil || isCertificateError(err)):
		return false
	case err != nil:
		return a.idempotent || !a.maybe()
	case a.refusal == nil, a.refusal.RetryAfter > maxWait:
		return false
	case !a.refusal.meaning().effect.passing():
		return false
	default:
		return a.idempotent || !a.maybe()
	}
}

// log says what a request came to, without anything that it carried.
func (t *transport) log(a *attempt, resp *http.Response, err error, again bool) {
	level, message := slog.LevelDebug, "salesforce request"
	if again {
		level, message = slog.LevelInfo, "salesforce request will be repeated"
	}
	if !t.logger.Enabled(a.ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("op", a.op),
		slog.String("method", a.method),
		slog.Int("try", a.tries),
		slog.Duration("took", t.now().Sub(a.started)),
	}
	if resp != nil {
		attrs = append(attrs, slog.Int("status", resp.StatusCode))
	}
	if a.refusal != nil && a.refusal.Code != "" {
		attrs = append(attrs, slog.String("code", string(a.refusal.Code)))
	}
	switch {
	case a.try.source.Load() != nil:
		attrs = append(attrs, slog.String("error", "the source of the body failed")) // in words of the host's own
	case err != nil:
		attrs = append(attrs, slog.String("error", noAnswer(a.op, err).reason()))
	}
	t.logger.LogAttrs(a.ctx, level, message, attrs...)
}

// backoff is the pause before try n+1: what the server asks for, or else a
// doubling one, less a random part so that clients do not come back in step.
func (t *transport) backoff(lo, hi time.Duration, n int, resp *http.Response) time.Duration {
	if resp != nil {
		if d := retryAfter(resp.Header, t.now()); d > 0 {
			return d
		}
	}
	wait := hi
	if n < 30 && lo < hi>>n {
		wait = lo << n
	}
	return wait - rand.N(wait/2+1)
}

// longestPause is how many seconds an answer may ask for. More than a client waits
// it is in any case.
const longestPause = 1e8

// retryAfter reads the header of that name: seconds, or a date. It is 0 when
// there is none that makes sense.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); seconds > 0 && (err == nil || errors.Is(err, strconv.ErrRange)) {
		return time.Duration(min(seconds, longestPause)) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}

// drain closes a body in a way that lets the connection be used again.
func drain(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, maxFaultBody)
	_ = body.Close()
}
