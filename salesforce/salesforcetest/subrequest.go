package salesforcetest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// subrequest is a part of a composite request.
type subrequest struct {
	method, url, ref string
	headers          []assignment
	body             any // as decodeValue reads it, nil for none
}

// path are the segments of the address, as far as they are known before its
// references are.
func (s *subrequest) path() []string {
	address, _, _ := strings.Cut(s.url, "?")
	return strings.FieldsFunc(address, func(r rune) bool { return r == '/' })
}

var (
	subrequestMethods = []string{"POST", "PUT", "PATCH", "GET", "DELETE"}
	inheritedHeaders  = []string{"Accept", "Authorization", "Content-Type"}
	referenceID       = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_]*$`)
)

// strictReferences is the version from which the ids of subrequests are checked
// and references to empty fields are allowed.
const strictReferences = 52

// subrequests reads the parts of a composite request.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/requests_composite.htm
func (c *call) subrequests(list []any) ([]*subrequest, error) {
	if len(list) == 0 {
		return nil, missingMember("compositeRequest")
	}
	seen := map[string]bool{}
	var subs []*subrequest
	for _, v := range list {
		s, err := c.subrequest(v)
		if err != nil {
			return nil, err
		}
		if seen[s.ref] {
			return nil, refusal("JSON_PARSER_ERROR", "Provided referenceId ('%s') is not unique in the request.", s.ref)
		}
		seen[s.ref] = true
		subs = append(subs, s)
	}
	return subs, nil
}

// subrequest reads one part.
func (c *call) subrequest(v any) (*subrequest, error) {
	in, ok := v.([]assignment)
	if !ok {
		return nil, refusal("JSON_PARSER_ERROR", "A subrequest is no JSON object")
	}
	s := &subrequest{}
	err := take(in, map[string]any{
		"method": &s.method, "url": &s.url, "referenceId": &s.ref, "body": &s.body, "httpHeaders": &s.headers,
	})
	switch {
	case err != nil:
		return nil, err
	case s.method == "":
		return nil, missingMember("method")
	case s.url == "":
		return nil, missingMember("url")
	case s.ref == "":
		return nil, missingMember("referenceId")
	case !slices.Contains(subrequestMethods, s.method):
		return nil, refusal("JSON_PARSER_ERROR", "'%s' is not a valid method of a subrequest", s.method)
	case c.version >= strictReferences && !referenceID.MatchString(s.ref):
		return nil, refusal("JSON_PARSER_ERROR", "Provided referenceId ('%s') %s", s.ref, referenceRule)
	}
	for _, h := range s.headers {
		if slices.ContainsFunc(inheritedHeaders, func(name string) bool { return strings.EqualFold(name, h.name) }) {
			return nil, refusal("JSON_PARSER_ERROR", "The header %s cannot be specified in a subrequest", h.name)
		}
	}
	return s, nil
}

func missingMember(name string) error {
	return refusal("JSON_PARSER_ERROR", "'%s' is a required field.", name)
}

// part is a call for a part of the request: the same user's, in the same
// transaction, answered into a recorder.
func (c *call) part(method, address string, body []byte) (*call, []string, error) {
	if strings.HasPrefix(address, "/") {
		address = "/" + strings.TrimLeft(address, "/") // two slashes would begin a host
	}
	r, err := http.NewRequestWithContext(c.r.Context(), method, address, bytes.NewReader(body))
	if err != nil {
		return nil, nil, refusal("INVALID_INPUT", "%v", err)
	}
	r.Host, r.TLS, r.URL.Scheme = c.r.Host, c.r.TLS, c.r.URL.Scheme
	for _, name := range inheritedHeaders {
		r.Header[name] = c.r.Header[name]
	}
	r.Header.Set("Content-Type", "application/json")
	path := segments(r.URL)
	if len(path) < 3 || !match(path[:2], "services/data") {
		return nil, nil, refusal("INVALID_INPUT", "The URL %s does not begin with /services/data/vXX.X/", address)
	}
	sub := &call{org: c.org, w: &recorder{header: http.Header{}}, r: r, user: c.user, grant: c.grant, tx: c.tx}
	var ok bool
	sub.version, ok = pathVersion(path[2])
	if !ok || sub.version < oldestVersion || sub.version > newestVersion {
		return nil, nil, errNotFound
	}
	return sub, path[3:], nil
}

// outcome serves a part and returns its answer.
func (c *call) outcome(path []string) *recorder {
	answer := c.w.(*recorder)
	if err := c.serve(path); err != nil {
		writeError(answer, err)
	}
	answer.WriteHeader(http.StatusOK)
	return answer
}

// refused is the answer of a part that cannot be served.
func refused(err error) *recorder {
	answer := &recorder{header: http.Header{}}
	writeError(answer, err)
	return answer
}

// bad reports whether an answer tells that the part failed.
func (w *recorder) bad() bool { return w.status >= 400 || w.status == http.StatusMultipleChoices }

// json is the body of an answer, null for none.
func (w *recorder) json() json.RawMessage {
	return json.RawMessage(cmp.Or(strings.TrimSpace(w.body.String()), "null"))
}

// subresult is the answer to a subrequest.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_subrequest_result.htm
type subresult struct {
	Body    json.RawMessage   `json:"body"`
	Headers map[string]string `json:"httpHeaders"`
	Status  int               `json:"httpStatusCode"`
	Ref     string            `json:"referenceId"`
}

func newSubresult(s *subrequest, answer *recorder) subresult {
	headers := map[string]string{}
	for name, values := range answer.header {
		switch {
		case strings.HasPrefix(name, "Content-"):
		case name == "Etag": // as net/http spells it
			headers["ETag"] = values[0]
		default:
			headers[name] = values[0]
		}
	}
	return subresult{answer.json(), headers, answer.status, s.ref}
}
