package salesforcetest

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// compositeRun is a composite request, or a graph, on its way.
type compositeRun struct {
	call      *call
	allowed   func(c *call, method string, path []string) bool
	allOrNone bool
	results   []subresult
	refs      map[string]any // the bodies of what went well, by reference id
	expanded  int            // bytes that references in texts were replaced by
}

// answer is what the client gets of the run.
func (r *compositeRun) answer() map[string]any {
	return map[string]any{"compositeResponse": r.results}
}

// serial calls the subrequests one by one, each for itself.
func (r *compositeRun) serial(subs []*subrequest) {
	for _, s := range subs {
		r.run(s, r.call.tx)
	}
}

// errHalted is what becomes of the others when one part of a transaction fails.
var errHalted = refusal("PROCESSING_HALTED", "The transaction was rolled back since another operation in the same transaction failed.")

// atomic calls the subrequests in one transaction and reports whether all went
// well.
func (r *compositeRun) atomic(subs []*subrequest) bool {
	r.allOrNone = true
	err := r.call.transact(func(tx *Transaction) error {
		for _, s := range subs {
			if !r.run(s, tx) {
				return errHalted
			}
		}
		return nil
	})
	if err == nil {
		return true
	}
	bad := len(r.results) - 1
	for i, s := range subs {
		halted := newSubresult(s, refused(errHalted))
		switch {
		case i < bad:
			r.results[i] = halted
		case i > bad:
			r.results = append(r.results, halted)
		}
	}
	return false
}

// run calls a subrequest and reports whether it went well.
func (r *compositeRun) run(s *subrequest, tx *Transaction) bool {
	answer, ok := r.serve(s, tx)
	if ok {
		r.refs[s.ref], _ = decodeValue(answer.json())
	}
	r.results = append(r.results, newSubresult(s, answer))
	return ok
}

func (r *compositeRun) serve(s *subrequest, tx *Transaction) (*recorder, bool) {
	address, err := r.address(s.url)
	if err != nil {
		return refused(err), false
	}
	body, err := r.filled(s.body)
	if err != nil {
		return refused(err), false
	}
	var data []byte
	if body != nil {
		data = appendJSON(nil, body)
	}
	sub, path, err := r.call.part(s.method, address, data)
	if err != nil {
		return refused(err), false
	}
	sub.tx = tx
	for _, h := range s.headers {
		sub.r.Header.Set(h.name, textOf(h.value))
	}
	if !r.allowed(sub, s.method, path) {
		return refused(refusal("INVALID_BATCH_REQUEST", "The resource %s %s cannot be called by a subrequest", s.method, address)), false
	}
	answer := sub.outcome(path)
	return answer, !answer.bad() && !(sub.failed && r.allOrNone)
}

const referenceRule = "must start with a letter or a number, and it can contain only letters, numbers and underscores ('_')."

var (
	reference        = regexp.MustCompile(`@\{([^{}]*)\}`)
	escapedReference = regexp.MustCompile(`(?:@|%40)(?:\{|%7[Bb])([^{}]*?)(?:\}|%7[Dd])`)
)

// address fills the references of an address in.
func (r *compositeRun) address(s string) (string, error) {
	var failed error
	s = escapedReference.ReplaceAllStringFunc(s, func(ref string) string {
		name := escapedReference.FindStringSubmatch(ref)[1]
		if plain, err := url.PathUnescape(name); err == nil {
			name = plain
		}
		v, err := r.inText(name)
		if err != nil {
			failed = err
		}
		return strings.ReplaceAll(url.QueryEscape(v), "+", "%20")
	})
	return s, failed
}

// filled is a body with the references of its texts filled in.
func (r *compositeRun) filled(v any) (any, error) {
	switch v := v.(type) {
	case string:
		return r.text(v)
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			var err error
			if list[i], err = r.filled(item); err != nil {
				return nil, err
			}
		}
		return list, nil
	case []assignment:
		in := make([]assignment, len(v))
		for i, a := range v {
			value, err := r.filled(a.value)
			if err != nil {
				return nil, err
			}
			in[i] = assignment{name: a.name, value: value, at: a.at}
		}
		return in, nil
	}
	return v, nil
}

// text fills a text in. One that is nothing but a reference becomes what that
// stands for, be it a number.
func (r *compositeRun) text(s string) (any, error) {
	if m := reference.FindStringSubmatch(s); m != nil && m[0] == s {
		return r.lookup(m[1])
	}
	var failed error
	filled := reference.ReplaceAllStringFunc(s, func(ref string) string {
		v, err := r.inText(ref[2 : len(ref)-1])
		if err != nil {
			failed = err
		}
		return v
	})
	return filled, failed
}

// inText is what a reference stands for inside a text; null is nothing. All of
// them together must not be larger than a body, however often they are used.
func (r *compositeRun) inText(expr string) (string, error) {
	v, err := r.lookup(expr)
	if err != nil || v == nil {
		return "", err
	}
	s := textOf(v)
	if r.expanded += len(s); r.expanded > maxJSON {
		return "", refusal("EXCEEDED_MAX_SIZE_REQUEST", "The references stand for more than %d bytes", maxJSON)
	}
	return s, nil
}

// lookup finds what a reference such as r.records[0].Id stands for.
func (r *compositeRun) lookup(expr string) (any, error) {
	end := strings.IndexAny(expr+".", ".[")
	name, rest := expr[:end], expr[end:]
	v, found := r.refs[name]
	for found && rest != "" {
		v, rest, found = step(v, rest)
	}
	switch v.(type) {
	case []any, []assignment:
		found = false
	case nil:
		found = found && r.call.version >= strictReferences
	}
	if !found {
		return nil, refusal("PROCESSING_HALTED", "Invalid reference specified. No value for %s found in %s. Provided referenceId ('%s') %s",
			expr, name, expr, referenceRule)
	}
	return v, nil
}

// step goes from a value to a member or an element of it.
func step(v any, path string) (next any, rest string, found bool) {
	if path[0] == '[' {
		index, after, _ := strings.Cut(path[1:], "]")
		n, err := strconv.Atoi(index)
		list, ok := v.([]any)
		if err != nil || !ok || n < 0 || n >= len(list) {
			return nil, "", false
		}
		return list[n], after, true
	}
	end := strings.IndexAny(path[1:]+".", ".[") + 1
	in, _ := v.([]assignment)
	for _, a := range in {
		if a.name == path[1:end] {
			return a.value, path[end:], true
		}
	}
	return nil, "", false
}

// haltedAll are the results of subrequests that were not even tried.
func haltedAll(subs []*subrequest, err error) []subresult {
	results := make([]subresult, len(subs))
	for i, s := range subs {
		results[i] = newSubresult(s, refused(err))
	}
	return results
}
