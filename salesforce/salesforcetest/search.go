package salesforcetest

import (
	"errors"
	"strings"
)

func searchRoutes() []route {
	return []route{
		{"search", methods{"GET": (*call).search}},
		{"parameterizedSearch", methods{"GET": (*call).searchByURL, "POST": (*call).searchByBody}},
	}
}

// search answers GET /search?q=.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_search.htm
func (c *call) search() error {
	text := c.r.URL.Query().Get("q")
	s, err := parseSOSL(text)
	if err != nil {
		return badSearch(text, 0, err)
	}
	m, err := parseSearch(s.find)
	if err != nil {
		return badSearch(text, s.findAt, err)
	}
	return c.respond(func(p *pager) error { return c.answerSearch(p, s, m) })
}

// badSearch is a mistake in a search, with its place in the text.
func badSearch(text string, base int, err error) error {
	mistake, ok := errors.AsType[*soslError](err)
	if !ok || mistake.at < 0 {
		return refusal("MALFORMED_SEARCH", "%v", err)
	}
	return (&world{text: text}).faultAt(base+mistake.at, "MALFORMED_SEARCH", "%s", mistake.message)
}

// answerSearch writes the records that match. The caller holds the org's lock.
func (c *call) answerSearch(p *pager, s *sosl, m matcher) error {
	if s.returning == nil {
		for _, ob := range c.org.objects {
			if ob.searchable() {
				s.returning = append(s.returning, returned{object: ob.Name, fields: "Id"})
			}
		}
	}
	queries := make([]*query, len(s.returning))
	found := make([][]*record, len(s.returning))
	for i, r := range s.returning {
		q, err := c.searchQuery(r)
		if err != nil {
			return err
		}
		where := q.where
		group := searchFields(q.object, s.group)
		q.where = func(r *record) bool { return (where == nil || where(r)) && m(r.searched(group)) }
		queries[i], found[i] = q, q.run()
	}
	most := maxFound
	if s.limit >= 0 {
		most = min(most, s.limit)
	}
	p.batch = c.batch()
	p.found(queries, found, shares(most, found))
	return nil
}

// searchQuery makes ready what a search shows of an object: the query for its
// records.
func (c *call) searchQuery(r returned) (*query, error) {
	ob := c.org.object(r.object)
	if ob == nil || !ob.searchable() {
		return nil, refusal("INVALID_TYPE", "sObject type '%s' is not supported in a search.", r.object)
	}
	q, err := c.compile("SELECT "+r.fields+" FROM "+ob.Name+" "+r.clauses, false)
	if e := (*apiError)(nil); errors.As(err, &e) && e.code == "MALFORMED_QUERY" {
		return nil, refusal("MALFORMED_SEARCH", "%s", e.message)
	}
	if err == nil && q.groups != nil {
		err = refusal("MALFORMED_SEARCH", "Aggregate functions are not allowed in a search")
	}
	return q, err
}

// searchable reports whether a search looks at the records of an object: not at
// set-up data other than users, and not at what only joins others.
func (ob *object) searchable() bool {
	switch ob.Name {
	case "User":
		return true
	case "ContentDocumentLink", "Attachment", "OpportunityLineItem", "PricebookEntry":
		return false
	}
	return !ob.setup
}

// searchFields are the fields that a search in a group looks at.
func searchFields(ob *object, group string) []*field {
	var list []*field
	for f := range ob.visible {
		if f.inGroup(group) {
			list = append(list, f)
		}
	}
	return list
}

// inGroup reports whether a search in a group of fields looks at the field.
func (f *field) inGroup(group string) bool {
	isName := f.NameField || f.Name == "FirstName" || f.Name == "LastName"
	switch group {
	case "NAME":
		return isName
	case "EMAIL":
		return f.Type == "email"
	case "PHONE":
		return f.Type == "phone"
	case "SIDEBAR":
		return isName || f.Type == "email" || f.Type == "phone" || f.ExternalID
	}
	return f.typ.kind == kindText
}

// searched are the words of some fields. A phone number is found by its digits
// too.
func (r *record) searched(fields []*field) searched {
	s := make(searched, 0, len(fields))
	for _, f := range fields {
		text, ok := r.get(f).(string)
		if !ok {
			continue
		}
		s = append(s, words(text))
		if f.Type == "phone" {
			s = append(s, []string{strings.Map(digit, text)})
		}
	}
	return s
}

func digit(r rune) rune {
	if '0' <= r && r <= '9' {
		return r
	}
	return -1
}

// shares divides the records that may be shown evenly; what one object does not
// need is for the others.
func shares(most int, found [][]*record) []int {
	share := make([]int, len(found))
	for left := most; left > 0; {
		given := 0
		for i := range found {
			if share[i] < len(found[i]) && left > 0 {
				share[i]++
				left--
				given++
			}
		}
		if given == 0 {
			break
		}
	}
	return share
}

// found writes the records of each query, up to its share.
func (p *pager) found(queries []*query, found [][]*record, share []int) {
	p.raw(`{"searchRecords":[`)
	first := true
	for i, q := range queries {
		p.world = q.world
		for _, r := range found[i][:share[i]] {
			if !first {
				p.raw(",")
			}
			first = false
			p.record(r.of.Name, r, q.columns)
		}
	}
	p.raw("]}")
}
