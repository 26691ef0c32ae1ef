package salesforce

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Request is a call of any resource of the org, for what this package has no
// method for: Apex REST, composite/batch, composite/tree, composite/graph, the
// Tooling and the UI API. See [Client.Do].
type Request struct {
	// Method is the HTTP method. Defaults to GET, and to POST with a body.
	Method string

	// Path is the resource: with a slash before it from the root of the host, as
	// "/services/apexrest/visits", and without one below the REST resources of
	// the client's version, as "composite/tree/Account". Escape values in it with
	// url.PathEscape. A complete address must be one of the org's own host, to
	// which answers may lead.
	Path string

	// Query is added to the path. Defaults to nothing.
	Query url.Values

	// Header is added to the client's own. It cannot hold Authorization.
	Header map[string]string

	// JSON is encoded as the body. Defaults to nil, none.
	JSON any

	// Body is the body when it is no JSON, or too large to hold in memory. It
	// excludes JSON.
	Body *Body

	// Idempotent says that doing it twice is the same as doing it once, so that
	// the client may repeat it after a failure that leaves its outcome open. GET
	// and HEAD always are. Defaults to false.
	Idempotent bool

	// Op is what errors, logs and events call it. Defaults to the method and the
	// path without its query: give one where the path holds what a log must not.
	Op string
}

// Body is a request body that can be opened again for each try.
type Body struct {
	ContentType string
	// Size is the number of bytes that Open gives.
	Size int64
	// Open opens the body from its beginning.
	Open func() (io.ReadCloser, error)
}

// Response is the answer to a [Request]. Its body is a stream: close it, or
// Decode it.
type Response struct {
	Status int // 200 to 299, or 304 for a request with a condition
	Header http.Header
	Body   io.ReadCloser

	answer *answer
	most   int64
}

// Decode decodes the JSON of the body into v and closes it. Numbers that meet
// an any become json.Number, digit for digit. An answer without a body leaves v
// as it is. It fails with [ErrTooLarge] beyond Config.MaxAnswer; read the Body
// of a larger one.
func (r *Response) Decode(v any) error {
	defer drain(r.Body)
	if r.Status == http.StatusNoContent || r.Status == http.StatusNotModified {
		return nil
	}
	dec := json.NewDecoder(&bounded{r.answer, r.most})
	dec.UseNumber()
	if err := dec.Decode(v); err != nil {
		return r.answer.call.badAnswer(r.Status, err)
	}
	return nil
}

// Do calls any resource of the org: with the client's session, renewed when it
// has ended; with its retries, as far as the request allows; with its errors
// for every answer that is no success; and at its pace.
//
//	resp, err := c.Do(ctx, salesforce.Request{Path: "composite/tree/Account", JSON: tree})
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	request, err := r.call(c.base)
	if err != nil {
		return nil, err
	}
	ans, err := c.send(ctx, request)
	if err != nil {
		return nil, err
	}
	return &Response{Status: ans.status, Header: ans.header, Body: ans, answer: ans, most: c.http.most}, nil
}

var methodForm = regexp.MustCompile(`^[A-Z]{3,10}$`)

func (r Request) call(base string) (*call, error) {
	if r.Method == "" {
		r.Method = http.MethodGet
		if r.JSON != nil || r.Body != nil {
			r.Method = http.MethodPost
		}
	}
	bare, query, _ := strings.Cut(r.Path, "?")
	request := &call{
		op:         firstOf(r.Op, r.Method+" "+clip(bare, 200)),
		method:     r.Method,
		path:       r.Path,
		header:     map[string]string{},
		idempotent: r.Idempotent || r.Method == http.MethodGet || r.Method == http.MethodHead,
	}
	u, err := url.Parse(r.Path)
	switch {
	case bare == "" || err != nil:
		return nil, fault(request.op, ErrValidation, "Path is no path")
	case !methodForm.MatchString(r.Method):
		return nil, fault(request.op, ErrValidation, "Method is no HTTP method")
	case r.JSON != nil && r.Body != nil:
		return nil, fault(request.op, ErrValidation, "it has both JSON and a Body")
	case !u.IsAbs() && !strings.HasPrefix(bare, "/"):
		request.path = base + "/" + r.Path
	}
	if len(r.Query) > 0 {
		request.path = strings.TrimSuffix(request.path, "?"+query) + "?" + joined(query, r.Query.Encode())
	}
	for name, value := range r.Header {
		name = textproto.CanonicalMIMEHeaderKey(name)
		if slices.Contains(ownHeaders, name) {
			return nil, fault(request.op, ErrValidation, "Header %s is the client's own", name)
		}
		request.header[name] = value
	}
	request.body, err = r.payload(request.op)
	return request, err
}

// ownHeaders are those that a Request cannot set.
var ownHeaders = []string{"Authorization", "Host", "Content-Length", "Transfer-Encoding", "Connection"}

func joined(query, more string) string {
	if query == "" {
		return more
	}
	return query + "&" + more
}

// payload is the body of the request, nil for none.
func (r Request) payload(op string) (*payload, error) {
	switch {
	case r.JSON != nil:
		body, err := json.Marshal(r.JSON)
		if err != nil {
			return nil, fault(op, ErrValidation, "encode the body: %v", err)
		}
		return bytesPayload("application/json", body), nil
	case r.Body == nil:
		return nil, nil
	case r.Body.Open == nil || r.Body.Size < 0:
		return nil, fault(op, ErrValidation, "Body has no Open, or a negative Size")
	default:
		return &payload{contentType: r.Body.ContentType, size: r.Body.Size, open: r.Body.exact}, nil
	}
}

// exact opens the body, which fails when it is longer or shorter than it says,
// and before its last byte is out: otherwise the server would take the beginning
// for the whole.
func (b *Body) exact() (io.ReadCloser, error) {
	src, err := b.Open()
	if err != nil {
		return nil, err
	}
	e := &exactly{src, b.Size}
	if b.Size == 0 && !e.ended() {
		_ = src.Close()
		return nil, errBodySize
	}
	return e, nil
}

type exactly struct {
	io.ReadCloser
	left int64
}

var errBodySize = errors.New("the body has not the Size that was announced")

func (e *exactly) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n, err := e.ReadCloser.Read(p[:min(int64(len(p)), e.left)])
	e.left -= int64(n)
	switch {
	case e.left == 0 && !e.ended():
		return 0, errBodySize
	case e.left > 0 && errors.Is(err, io.EOF):
		return n, errBodySize
	}
	return n, err
}

// ended reports whether the source has nothing more.
func (e *exactly) ended() bool {
	n, err := io.ReadFull(e.ReadCloser, make([]byte, 1))
	return n == 0 && errors.Is(err, io.EOF)
}
