package salesforcetest

import (
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Conditional requests.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/using_resources_conditional_requests.htm

// errPrecondition is what becomes of a request whose conditions do not hold.
var errPrecondition = failure(http.StatusPreconditionFailed, "PRECONDITION_FAILED",
	"The request was not executed because one or more of the preconditions that the client specified in the request headers was not satisfied.")

// since reads a header with a date; ok is false without a valid one, which is
// ignored then.
func (c *call) since(header string) (t time.Time, ok bool) {
	t, err := http.ParseTime(c.r.Header.Get(header))
	return t, err == nil
}

// checkConditions refuses a request that writes under a condition that cannot be
// read.
func (c *call) checkConditions() error {
	for _, name := range []string{"If-Match", "If-None-Match"} {
		for _, tag := range split(c.r.Header.Get(name)) {
			if tag != "*" && !strings.HasSuffix(tag, `"`) {
				return badHeader(name, tag)
			}
		}
	}
	if s := c.r.Header.Get("If-Unmodified-Since"); s != "" {
		if _, ok := c.since("If-Unmodified-Since"); !ok {
			return badHeader("If-Unmodified-Since", s)
		}
	}
	return nil
}

func badHeader(name, value string) error {
	return refusal("INVALID_HEADER", "The value of the header %s is invalid: %s", name, value)
}

// unchanged tells when what is read has changed last, and reports whether the
// client has it already and was told so. tag is that of accounts, else "".
func (c *call) unchanged(modified time.Time, tag string) (done bool, err error) {
	if err := c.precondition(modified, tag); err != nil {
		return false, err
	}
	header := c.w.Header()
	header.Set("Last-Modified", modified.UTC().Format(http.TimeFormat))
	if tag != "" {
		header.Set("ETag", tag)
	}
	if known := c.r.Header.Get("If-None-Match"); known != "" && tag != "" {
		done = hasTag(known, tag)
	} else if t, ok := c.since("If-Modified-Since"); ok {
		done = !modified.Truncate(time.Second).After(t)
	}
	if done {
		c.w.WriteHeader(http.StatusNotModified)
	}
	return done, nil
}

// precondition refuses a request on something that has changed since the client
// saw it.
func (c *call) precondition(modified time.Time, tag string) error {
	if want := c.r.Header.Get("If-Match"); want != "" && tag != "" && !hasTag(want, tag) {
		return errPrecondition
	}
	if t, ok := c.since("If-Unmodified-Since"); ok && modified.Truncate(time.Second).After(t) {
		return errPrecondition
	}
	return nil
}

// change updates a record under the conditions of the request, and tells the new
// tag of an account.
func (c *call) change(tx *Transaction, ob *object, id string, in []assignment) error {
	if r := ob.find(id, tx); r != nil && !r.deleted() {
		if err := c.precondition(r.stamp(), r.tag()); err != nil {
			return err
		}
		if known := c.r.Header.Get("If-None-Match"); r.tag() != "" && hasTag(known, r.tag()) {
			return errPrecondition
		}
	}
	if err := tx.update(ob, id, in); err != nil {
		return err
	}
	if tag := ob.find(id, tx).tag(); tag != "" {
		c.w.Header().Set("ETag", tag)
	}
	return nil
}

// hasTag reports whether a list of entity tags has one, or stands for all.
func hasTag(list, tag string) bool {
	return slices.ContainsFunc(split(list), func(t string) bool {
		return t == "*" || strings.TrimSuffix(strings.Trim(strings.TrimPrefix(t, "W/"), `"`), "--gzip") == strings.Trim(tag, `"`)
	})
}

// tag is the entity tag of a record: only accounts have one.
func (r *record) tag() string {
	if r.of.Name != "Account" {
		return ""
	}
	var p printer
	p.plainRecord(r, slices.Collect(r.of.visible))
	sum := sha1.Sum(p.out)
	return `"` + base64.StdEncoding.EncodeToString(sum[:]) + `"`
}

// firstDefined is when the objects that every org has were defined, as far as
// clients are told.
var firstDefined = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)

// described tells when the definition of an object, or with nil of all of them,
// has changed last.
func (o *Org) described(ob *object) time.Time {
	latest := firstDefined
	if o.defined.After(latest) {
		latest = o.defined
	}
	if ob == nil {
		return latest
	}
	for _, name := range []string{"RecordType", "OpportunityStage"} { // picklists and record types are made of them
		for _, w := range o.object(name).rows {
			if w.seen != nil && w.seen.stamp().After(latest) && w.seen.describes(ob) {
				latest = w.seen.stamp()
			}
		}
	}
	return latest
}

// describes reports whether the description of an object shows a record.
func (r *record) describes(ob *object) bool {
	if r.of.Name == "OpportunityStage" {
		return ob.Name == "Opportunity"
	}
	return strings.EqualFold(r.text("SobjectType"), ob.Name)
}
