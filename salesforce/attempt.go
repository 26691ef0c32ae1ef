package salesforce

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// call is a request before it has a host and a token, so that it can be sent
// again to wherever the instance is by then.
type call struct {
	op         string // what an error and the log say, such as "create Lead"
	method     string
	path       string // on the host: escaped, with the query
	header     map[string]string
	body       *payload     // nil for none
	envelope   soapEnvelope // in place of a body, for a call of the SOAP API
	idempotent bool         // doing it twice is the same as doing it once
	login      bool         // it asks for a session, and changes nothing
	reads      bool         // it changes nothing, whatever its method
	lost       bool         // an earlier answer to it broke off
}

// write reports whether the call may change the org.
func (c *call) write() bool { return c.method != http.MethodGet && !c.login && !c.reads }

// conditional reports whether the call asks for what has changed only.
func (c *call) conditional() bool {
	return c.header["If-None-Match"] != "" || c.header["If-Modified-Since"] != ""
}

// payload is a request body of known size that can be opened again for each
// try, and is never held in memory by the transport.
type payload struct {
	contentType string
	size        int64
	open        func() (io.ReadCloser, error)
}

// attempt is what the tries of one call leave behind. The retry policy gets
// neither method nor request from retryablehttp, only the request's context;
// so the attempt travels in that.
type attempt struct {
	*call
	ctx     context.Context // the caller's
	try     *try            // the one under way
	tries   int
	started time.Time // of the try
	lost    bool      // some try may have reached the org, and no answer says what it did
	refusal *Error    // what the last answer says; nil for a success
}

// try is what is known of one try. The transport's goroutines write it; one
// that outlives its try writes to a try that nobody reads any more.
type try struct {
	hasBody   bool
	held      atomic.Bool // it waits for its turn
	traced    atomic.Bool // the transport reports its progress
	wrote     atomic.Bool // it wrote the whole request
	broke     atomic.Bool // it failed while writing
	handed    atomic.Bool // it was given the last byte of the body
	sentBytes atomic.Int64
	source    atomic.Pointer[error]
}

// sent reports whether the whole request may have reached the server. Where
// the transport does not tell, the body's last byte does.
func (t *try) sent() bool {
	switch {
	case t.held.Load():
		return false
	case t.wrote.Load():
		return true
	case t.broke.Load():
		return false
	case t.hasBody:
		return t.handed.Load()
	default:
		return !t.traced.Load()
	}
}

type attemptKey struct{}

func newAttempt(ctx context.Context, c *call) *attempt {
	return &attempt{call: c, ctx: ctx, lost: c.lost}
}

// maybe reports whether the call may have changed the org unseen.
func (a *attempt) maybe() bool { return a.lost && a.write() }

// attemptOf returns the attempt that a request's context carries.
func attemptOf(ctx context.Context) *attempt {
	a, _ := ctx.Value(attemptKey{}).(*attempt)
	return a
}

// next begins a try and returns the context for its request.
func (a *attempt) next(now time.Time) context.Context {
	t := &try{hasBody: a.body != nil}
	a.try, a.started, a.refusal = t, now, nil
	a.tries++
	if t, ok := a.ctx.Value(tallyKey{}).(*Tally); ok && !a.login {
		t.requests.Add(1)
	}
	return httptrace.WithClientTrace(context.WithValue(a.ctx, attemptKey{}, a), &httptrace.ClientTrace{
		GetConn: func(string) {
			t.traced.Store(true)
			t.broke.Store(false) // net/http itself moved on to another connection
		},
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err != nil {
				t.broke.Store(true)
			} else {
				t.wrote.Store(true)
			}
		},
	})
}

// reader returns the body for each try in turn.
func (a *attempt) reader() retryablehttp.ReaderFunc {
	return func() (io.Reader, error) {
		return &outgoing{payload: a.body, left: a.body.size, try: a.try}, nil
	}
}

// outgoing is a payload on its way out. It opens its source when it is first
// read, since retryablehttp makes one reader more than it uses.
type outgoing struct {
	*payload
	left int64
	try  *try

	mu     sync.Mutex // guards the rest: net/http may close while it reads
	src    io.ReadCloser
	closed bool
}

// Read tells the try when the last byte goes out, before it does.
func (o *outgoing) Read(p []byte) (int, error) {
	src, err := o.source()
	if err != nil {
		return 0, o.failed(err)
	}
	n, err := src.Read(p)
	o.try.sentBytes.Add(int64(n))
	if err != nil && !errors.Is(err, io.EOF) {
		return n, o.failed(err)
	}
	if o.left -= int64(n); o.left <= 0 {
		o.try.handed.Store(true)
	}
	return n, err
}

func (o *outgoing) source() (io.ReadCloser, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return nil, os.ErrClosed
	}
	if o.src == nil {
		src, err := o.open()
		if err != nil {
			return nil, err
		}
		o.src = src
	}
	return o.src, nil
}

// failed keeps the error of a source, unless it comes of closing it.
func (o *outgoing) failed(err error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.closed {
		o.try.source.Store(&err)
	}
	return err
}

// Close never fails: an error here would tell net/http that the request did
// not go out.
func (o *outgoing) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	if o.src != nil {
		_ = o.src.Close()
	}
	return nil
}
