package salesforce

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Composite is a series of up to 25 requests that travel as one, each of which
// may refer to what an earlier one gives:
//
//	var batch salesforce.Composite
//	account := batch.Create("Account", salesforce.Record{"Name": "Acme"})
//	contact := batch.Create("Contact", salesforce.Record{"LastName": "Lee", "AccountId": account.ID()})
//	done, err := c.Composite(ctx, &batch)
//	id := done.ID(contact)
//
// All of it happens or nothing does, unless Partial is set. The zero value is
// ready for use. A mistake, such as a name that is none, is told by
// [Client.Composite].
//
// See "Composite" in the REST API Developer Guide.
type Composite struct {
	// Partial lets the requests that succeed stand when others fail. Defaults to
	// false: one that fails undoes them all.
	Partial bool

	// Options vary its creates, updates and upserts. Defaults to the zero value.
	Options WriteOptions

	requests []subrequest
	faults   []error
	nonce    string // in the names of its requests, so that no text from outside can hold one
}

// Ref stands for what a request of a [Composite] will give.
type Ref struct {
	name string
}

// ID stands for the id of the record that the request creates. It goes wherever
// a later request of the same Composite takes an id: into a record, and into
// the methods of Composite. It is worth nothing elsewhere.
func (r Ref) ID() ID { return ID(r.Value("id")) }

// Value stands for a value of the request's answer, by its path: "id" of a
// create, "Name" of a get, "records[0].Id" of a query.
func (r Ref) Value(path string) string { return "@{" + r.name + "." + path + "}" }

// subrequest is one request on the wire.
type subrequest struct {
	Method string            `json:"method"`
	URL    string            `json:"url"` // completed with the version when it is sent
	Ref    string            `json:"referenceId"`
	Header map[string]string `json:"httpHeaders,omitempty"`
	Body   any               `json:"body,omitempty"`
}

// Limits of a composite request.
const (
	maxSubrequests = 25
	maxSubqueries  = 5
)

// Create adds the creation of a record.
func (b *Composite) Create(object string, record any) Ref {
	return b.add(http.MethodPost, b.object(object), record)
}

// Update adds the update of a record.
func (b *Composite) Update(object string, id ID, record any) Ref {
	return b.add(http.MethodPatch, b.record(object, id), record)
}

// Upsert adds an upsert by an external id field.
func (b *Composite) Upsert(object, field, value string, record any) Ref {
	b.check(identifier.MatchString(field), "%q is no name of a field", field)
	b.check(value != "" && value != "." && value != "..", "%q cannot be an external id", value)
	b.check(b.plain(value), "the value of %s holds @{, which would be taken for a reference", field)
	return b.add(http.MethodPatch, b.object(object)+"/"+field+"/"+pathSegment(value), record)
}

// Delete adds the deletion of a record.
func (b *Composite) Delete(object string, id ID) Ref {
	return b.add(http.MethodDelete, b.record(object, id), nil)
}

// Get adds the reading of a record; without fields all are read.
func (b *Composite) Get(object string, id ID, fields ...string) Ref {
	path := b.record(object, id)
	for _, name := range fields {
		b.check(pathForm(name), "%q is no name of a field", name)
	}
	if len(fields) > 0 {
		path += "?fields=" + strings.Join(fields, ",")
	}
	return b.add(http.MethodGet, path, nil)
}

// Query adds a query, of which the first page is answered. A Composite holds at
// most 5 of them.
func (b *Composite) Query(soql string) Ref {
	b.check(b.plain(soql), "the query holds @{, which would be taken for a reference")
	return b.add(http.MethodGet, "/query?q="+escapeAround(soql), nil)
}

// Len is the number of requests.
func (b *Composite) Len() int { return len(b.requests) }

func (b *Composite) add(method, path string, record any) Ref {
	if b.nonce == "" {
		b.nonce = strings.ToLower(rand.Text()[:8])
	}
	r := subrequest{Method: method, URL: path, Ref: fmt.Sprintf("r%d_%s", len(b.requests)+1, b.nonce)}
	if method == http.MethodPost || method == http.MethodPatch {
		fields, err := fieldsOf("composite", record)
		if err != nil {
			b.faults = append(b.faults, err)
		}
		for name, value := range fields {
			b.check(b.plain(name), "%q would be taken for a reference", name)
			b.check(b.plain(unescaped(value)), "the value of %s holds @{, which would be taken for a reference", name)
		}
		r.Body = fields
	}
	b.requests = append(b.requests, r)
	return Ref{r.Ref}
}

// escapeAround escapes a text for a URL, but for the references in it.
func escapeAround(text string) string {
	before, rest, found := strings.Cut(text, "@{")
	if !found {
		return url.QueryEscape(text)
	}
	path, after, _ := strings.Cut(rest, "}")
	return url.QueryEscape(before) + "@{" + path + "}" + escapeAround(after)
}

// unescaped is JSON in which no escape hides the beginning of a reference.
func unescaped(value json.RawMessage) string {
	return strings.NewReplacer(`\u0040`, "@", `\u007b`, "{", `\u007B`, "{").Replace(string(value))
}

// referencePath is what stands behind a reference's name, up to its end.
var referencePath = regexp.MustCompile(`^[A-Za-z]\w*(?:\[\d+\])?(?:\.[A-Za-z]\w*(?:\[\d+\])?)*\}`)

// plain reports whether a text holds no references but those that the Composite
// has handed out.
func (b *Composite) plain(text string) bool {
	for _, after := range strings.Split(text, "@{")[1:] {
		name, path, _ := strings.Cut(after, ".")
		if !b.knows(name) || !referencePath.MatchString(path) {
			return false
		}
	}
	return true
}

// knows reports whether a request has the name.
func (b *Composite) knows(name string) bool {
	return slices.ContainsFunc(b.requests, func(r subrequest) bool { return r.Ref == name })
}

func (b *Composite) check(ok bool, format string, names ...string) {
	if ok {
		return
	}
	args := []any{len(b.requests) + 1}
	for _, name := range names {
		args = append(args, clip(name, 80))
	}
	b.faults = append(b.faults, fault("composite", ErrValidation, "request %d: "+format, args...))
}

func (b *Composite) object(name string) string {
	b.check(identifier.MatchString(name), "%q is no name of an object", name)
	return "/sobjects/" + name
}

// record is the path of a record, whose id may stand for one.
func (b *Composite) record(object string, id ID) string {
	if name, ok := strings.CutPrefix(string(id), "@{"); ok {
		name, rest, _ := strings.Cut(name, ".")
		b.check(b.knows(name) && rest == "id}", "%q is no reference to an earlier request", string(id))
		return b.object(object) + "/" + string(id)
	}
	full, err := exactID(string(id))
	b.check(err == nil, "%q is no id", string(id))
	return b.object(object) + "/" + string(full)
}

// CompositeResults are the answers to the requests of a [Composite].
type CompositeResults struct {
	byName map[string]subresult
}

type subresult struct {
	Ref    string          `json:"referenceId"`
	Status int             `json:"httpStatusCode"`
	Body   json.RawMessage `json:"body"`
}

// ID is the id that a create or an upsert gave, "" when it failed.
func (r *CompositeResults) ID(ref Ref) ID {
	var saved saveResult
	if r.Decode(ref, &saved) != nil {
		return ""
	}
	return saved.ID
}

// Err is what was wrong with a request, an *Error, or nil. A request that was
// undone because another one failed has an error of its own, with the code
// PROCESSING_HALTED.
func (r *CompositeResults) Err(ref Ref) error {
	if r == nil {
		return fault("composite", nil, "there are no results")
	}
	res, ok := r.byName[ref.name]
	if !ok {
		return fault("composite", nil, "no request is called %s", ref.name)
	}
	return res.err()
}

// Decode reads the answer of a request into v: a record of a get, the page of a
// query.
func (r *CompositeResults) Decode(ref Ref, v any) error {
	if err := r.Err(ref); err != nil {
		return err
	}
	body := r.byName[ref.name].Body
	if len(body) == 0 {
		return nil
	}
	if err := decodeExact(body, v); err != nil {
		return fault("composite", nil, "decode the answer of %s into %T: %v", ref.name, v, err)
	}
	return nil
}

func (s subresult) err() error {
	if s.Status/100 == 2 {
		return nil
	}
	e := decodeError(s.Status, s.Body)
	number, _, _ := strings.Cut(strings.TrimPrefix(s.Ref, "r"), "_")
	e.Op = "composite: request " + number
	return e
}

// Composite sends the requests of a Composite. The error is that of the first
// request that failed, be it because the whole was refused or because the
// request itself was; the results tell what became of each.
//
// Like a create, it is sent once more only when Salesforce said that it did
// nothing; one that holds nothing but reading, updates and upserts is repeated
// as these are. A delete is not repeated: that the record is gone already would
// undo all the rest.
func (c *Client) Composite(ctx context.Context, b *Composite) (*CompositeResults, error) {
	const op = "composite"
	body, err := b.encode(c.base)
	if err != nil {
		return nil, err
	}
	request := &call{op: op, method: http.MethodPost, path: c.base + "/composite", body: bytesPayload("application/json", body)}
	request.idempotent, request.reads = b.nature()
	var answer struct {
		Results []subresult `json:"compositeResponse"`
	}
	if err := c.exchange(ctx, request, &answer); err != nil {
		return nil, err
	}
	results := &CompositeResults{byName: map[string]subresult{}}
	for _, r := range answer.Results {
		results.byName[r.Ref] = r
	}
	for i, r := range b.requests {
		if _, ok := results.byName[r.Ref]; !ok {
			return nil, request.badAnswer(http.StatusOK, fmt.Errorf("it tells nothing of request %d", i+1))
		}
	}
	return results, results.first(b)
}

// first is the error of the request that made the whole fail.
func (r *CompositeResults) first(b *Composite) error {
	var halted error
	for _, sub := range b.requests {
		err := r.Err(Ref{sub.Ref})
		if e, failed := errors.AsType[*Error](err); failed && e.Code != "PROCESSING_HALTED" {
			return err
		}
		halted = cmp.Or(halted, err)
	}
	return halted
}

// encode writes the request, having checked it.
func (b *Composite) encode(base string) ([]byte, error) {
	const op = "composite"
	header, err := b.Options.headers(op)
	if err != nil {
		return nil, err
	}
	queries := 0
	requests := make([]subrequest, len(b.requests))
	for i, r := range b.requests {
		if strings.HasPrefix(r.URL, "/query") {
			queries++
		}
		if r.Body != nil {
			r.Header = header
		}
		r.URL = base + r.URL
		requests[i] = r
	}
	switch {
	case len(b.faults) > 0:
		return nil, b.faults[0]
	case len(requests) == 0:
		return nil, fault(op, ErrValidation, "it holds no request")
	case len(requests) > maxSubrequests:
		return nil, fault(op, ErrTooLarge, "it holds %d requests, over Salesforce's limit of %d", len(requests), maxSubrequests)
	case queries > maxSubqueries:
		return nil, fault(op, ErrTooLarge, "it holds %d queries, over Salesforce's limit of %d", queries, maxSubqueries)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(map[string]any{"allOrNone": !b.Partial, "compositeRequest": requests}); err != nil {
		return nil, fault(op, ErrValidation, "%v", err)
	}
	return out.Bytes(), nil
}

// nature tells whether doing the whole twice is the same as doing it once, and
// whether it only reads.
func (b *Composite) nature() (idempotent, reads bool) {
	idempotent, reads = true, true
	for _, r := range b.requests {
		idempotent = idempotent && (r.Method == http.MethodGet || r.Method == http.MethodPatch)
		reads = reads && r.Method == http.MethodGet
	}
	return idempotent, reads
}
