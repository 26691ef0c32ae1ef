package salesforcetest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"runtime/debug"
	"strconv"
)

// Server is an [Org] on a port of the loopback interface, as
// [net/http/httptest.Server] is for a handler.
type Server struct {
	// URL is the server's address, http://127.0.0.1:PORT without a slash at
	// the end: login host and instance in one.
	URL string

	// Org is the org that answers.
	Org *Org

	server *httptest.Server
}

// NewServer starts a server for o; nil stands for a new org with the defaults.
// Close ends it.
func NewServer(o *Org) *Server {
	if o == nil {
		o = NewOrg(nil)
	}
	s := httptest.NewServer(o)
	return &Server{URL: s.URL, Org: o, server: s}
}

// Client returns an HTTP client for the server, whose connections end with it.
func (s *Server) Client() *http.Client { return s.server.Client() }

// Close stops the server once the requests that are being served have ended.
func (s *Server) Close() { s.server.Close() }

// Transport returns a way into the org that needs no socket and works in a
// testing/synctest bubble: whatever the host of a URL, the org answers. A
// cancelled request returns at once, while the org may still carry it out.
func (o *Org) Transport() http.RoundTripper { return transport{o} }

type transport struct{ org *Org }

// errDropped is what a client sees of a connection that was dropped.
var errDropped = fmt.Errorf("connection dropped: %w", io.ErrUnexpectedEOF)

// RoundTrip serves a request in a goroutine of its own, as a server would.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if err := ctx.Err(); err != nil {
		closeBody(req)
		return nil, err
	}
	answer := &recorder{header: http.Header{}, begun: make(chan struct{})}
	done := make(chan error, 1)
	go func() {
		err := answer.serve(t.org, incoming(req))
		if err != nil && ctx.Err() != nil {
			err = context.Cause(ctx) // the org gave up because the client did
		}
		closeBody(req)
		answer.end(err)
		done <- err
	}()
	select {
	case err := <-done:
		if err != nil && answer.rest == nil {
			return nil, err
		}
		return answer.response(req), nil
	case <-answer.begun:
		return answer.response(req), nil
	case <-ctx.Done():
		closeBody(req)
		return nil, context.Cause(ctx)
	}
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}

// incoming is a client's request as a server sees it.
func incoming(req *http.Request) *http.Request {
	in := req.Clone(req.Context())
	in.RequestURI = req.URL.RequestURI()
	in.RemoteAddr = "127.0.0.1:1024"
	in.Proto, in.ProtoMajor, in.ProtoMinor = "HTTP/1.1", 1, 1
	if in.Host == "" {
		in.Host = req.URL.Host
	}
	trace := httptrace.ContextClientTrace(req.Context())
	wrote := func(err error) {
		if trace != nil && trace.WroteRequest != nil {
			trace.WroteRequest(httptrace.WroteRequestInfo{Err: err})
		}
	}
	if req.Body == nil || req.Body == http.NoBody {
		in.Body = http.NoBody
		wrote(nil)
		return in
	}
	if in.ContentLength == 0 {
		in.ContentLength = -1
	}
	in.Body = &sentBody{ReadCloser: req.Body, wrote: wrote}
	return in
}

// sentBody tells the client's trace when the body has been read to its end.
type sentBody struct {
	io.ReadCloser
	wrote func(error)
	ended bool
}

func (b *sentBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !b.ended {
		b.ended = true
		if err == io.EOF {
			b.wrote(nil)
		} else {
			b.wrote(err)
		}
	}
	return n, err
}

// recorder keeps an answer until it is whole, or until what there is of it shall
// be seen.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
	begun  chan struct{}  // closed when the answer shall be seen; nil when nobody waits
	rest   *io.PipeWriter // takes what comes after that
	reader *io.PipeReader
}

// Flush lets the answer be seen while it goes on.
func (w *recorder) Flush() {
	if w.begun == nil || w.rest != nil {
		return
	}
	w.WriteHeader(http.StatusOK)
	w.reader, w.rest = io.Pipe()
	close(w.begun)
}

// end tells those who read an answer that went on that it is over.
func (w *recorder) end(err error) {
	if w.rest != nil {
		w.rest.CloseWithError(err)
	}
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *recorder) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.rest != nil {
		return w.rest.Write(p)
	}
	return w.body.Write(p)
}

// serve answers a request. A handler that gives up drops the connection.
func (w *recorder) serve(h http.Handler, r *http.Request) (err error) {
	defer func() {
		switch v := recover(); v {
		case nil:
		case http.ErrAbortHandler:
			err = errDropped
		default:
			err = fmt.Errorf("salesforcetest: %v\n%s", v, debug.Stack())
		}
	}()
	h.ServeHTTP(w, r)
	drain(r)
	return nil
}

// response is the answer as a client gets it: whole, or to be read as it goes on.
func (w *recorder) response(req *http.Request) *http.Response {
	w.WriteHeader(http.StatusOK)
	res := &http.Response{
		Status:     strconv.Itoa(w.status) + " " + http.StatusText(w.status),
		StatusCode: w.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        w.header,
		Body:          io.NopCloser(&w.body),
		ContentLength: int64(w.body.Len()),
		Request:       req,
	}
	if w.rest == nil {
		w.header.Set("Content-Length", strconv.Itoa(w.body.Len()))
		return res
	}
	res.ContentLength = -1
	stop := context.AfterFunc(req.Context(), func() { w.rest.CloseWithError(context.Cause(req.Context())) })
	res.Body = &goingOn{io.MultiReader(&w.body, w.reader), w.reader, stop}
	return res
}

// goingOn is the body of an answer that is not over yet.
type goingOn struct {
	io.Reader
	pipe *io.PipeReader
	stop func() bool
}

func (b *goingOn) Close() error {
	b.stop()
	return b.pipe.Close()
}
