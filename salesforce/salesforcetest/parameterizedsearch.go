package salesforcetest

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sfbridge/sfbridge/soql"
)

// wantedSearch is a search whose parts are values.
type wantedSearch struct {
	q       string
	in      string
	fields  []string
	objects []wantedObject
	overall int // records of all objects, -1 for no limit
	each    int // records of one object
	offset  int
}

// wantedObject is what such a search shows of an object.
type wantedObject struct {
	name    string
	fields  []string
	where   string
	orderBy string
	limit   int
}

// ignoredSearchSettings change nothing here: no spelling is corrected, and no
// snippets are made.
var ignoredSearchSettings = []string{"spellCorrection", "metadata", "snippet"}

// searchByURL answers GET /parameterizedSearch.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_search_parameterized.htm
func (c *call) searchByURL() error {
	w := wantedSearch{overall: -1, each: -1}
	query := c.r.URL.Query()
	for _, name := range split(query.Get("sobject")) {
		w.objects = append(w.objects, wantedObject{name: name, limit: -1})
	}
	for name, values := range query {
		if err := w.setParameter(name, values[0]); err != nil {
			return err
		}
	}
	return c.searchWanted(&w)
}

// setParameter takes a parameter of the URL: one of the search, or one of an
// object as in Account.limit.
func (w *wantedSearch) setParameter(name, value string) (err error) {
	if object, setting, ok := strings.Cut(name, "."); ok {
		i := slices.IndexFunc(w.objects, func(o wantedObject) bool { return strings.EqualFold(o.name, object) })
		if i < 0 {
			return badSearchSetting(name)
		}
		return w.objects[i].set(setting, value)
	}
	switch name {
	case "q":
		w.q = value
	case "in":
		w.in = value
	case "fields":
		w.fields = split(value)
	case "overallLimit":
		w.overall, err = searchNumber(name, value)
	case "defaultLimit":
		w.each, err = searchNumber(name, value)
	case "offset":
		w.offset, err = searchNumber(name, value)
	case "sobject":
	default:
		if !slices.Contains(ignoredSearchSettings, name) {
			return badSearchSetting(name)
		}
	}
	return err
}

func (o *wantedObject) set(setting, value string) (err error) {
	switch setting {
	case "fields":
		o.fields = split(value)
	case "where":
		o.where = value
	case "orderBy":
		o.orderBy = value
	case "limit":
		o.limit, err = searchNumber(setting, value)
	default:
		return badSearchSetting(o.name + "." + setting)
	}
	return err
}

func badSearchSetting(name string) error {
	return refusal("INVALID_SEARCH", "The setting %s is not supported by this org", name)
}

func searchNumber(name, value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return 0, refusal("INVALID_SEARCH", "%s must be a number, and is %s", name, url.QueryEscape(value))
	}
	return n, nil
}

// searchByBody answers POST /parameterizedSearch.
func (c *call) searchByBody() error {
	in, _, err := c.body(0)
	if err != nil {
		return err
	}
	w := wantedSearch{overall: -1, each: -1}
	for _, a := range in {
		if a.name != "sobjects" {
			if err := w.setParameter(a.name, settingText(a.value)); err != nil {
				return err
			}
			continue
		}
		objects, ok := a.value.([]any)
		if !ok {
			return refusal("JSON_PARSER_ERROR", "sobjects must be an array at %s", a.at)
		}
		for _, v := range objects {
			o, err := readWantedObject(v)
			if err != nil {
				return err
			}
			w.objects = append(w.objects, o)
		}
	}
	return c.searchWanted(&w)
}

func readWantedObject(v any) (wantedObject, error) {
	o := wantedObject{limit: -1}
	in, _ := v.([]assignment)
	for _, a := range in {
		if a.name == "name" {
			o.name = settingText(a.value)
			continue
		}
		if err := o.set(a.name, settingText(a.value)); err != nil {
			return o, err
		}
	}
	if o.name == "" {
		return o, refusal("INVALID_SEARCH", "An element of sobjects has no name")
	}
	return o, nil
}

// settingText is a JSON value as the URL would say it.
func settingText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case []any:
		texts := make([]string, len(v))
		for i, item := range v {
			texts[i] = settingText(item)
		}
		return strings.Join(texts, ",")
	}
	return textOf(v)
}

// searchWanted answers a search. Values do not become syntax: fields are names,
// and conditions are read for themselves first.
func (c *call) searchWanted(w *wantedSearch) error {
	s := &sosl{group: strings.ToUpper(w.in), limit: w.overall}
	if s.group == "" {
		s.group = "ALL"
	}
	if !slices.Contains(searchGroups, s.group) {
		return refusal("INVALID_SEARCH", "in must be one of %s", strings.Join(searchGroups, ", "))
	}
	if w.offset > 0 && len(w.objects) != 1 {
		return refusal("INVALID_SEARCH", "offset needs exactly one sobject")
	}
	m, err := parseSearch(w.q)
	if err != nil {
		return badSearch(w.q, 0, err)
	}
	for _, o := range w.objects {
		r, err := w.returned(o)
		if err != nil {
			return err
		}
		s.returning = append(s.returning, r)
	}
	return c.respond(func(p *pager) error { return c.answerSearch(p, s, m) })
}

// selectable is a field as a client may name one.
var selectable = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9_.]*|(?i:toLabel|format)\([A-Za-z][A-Za-z0-9_.]*\))$`)

// returned is an object as a search in text would have it.
func (w *wantedSearch) returned(o wantedObject) (returned, error) {
	fields := o.fields
	if fields == nil {
		fields = w.fields
	}
	if fields == nil {
		fields = []string{"Id"}
	}
	for _, f := range fields {
		if !selectable.MatchString(f) {
			return returned{}, refusal("INVALID_FIELD", "No such column '%s' on sobject of type %s", f, o.name)
		}
	}
	r := returned{object: o.name, fields: strings.Join(fields, ",")}
	if o.where != "" {
		q, err := soql.Parse("SELECT Id FROM Account WHERE "+o.where, nil)
		if err != nil || q.OrderBy != nil || !onlyWhere(q) {
			return returned{}, refusal("MALFORMED_SEARCH", "The condition of %s cannot be read: %s", o.name, o.where)
		}
		r.clauses += " WHERE " + o.where
	}
	if o.orderBy != "" {
		q, err := soql.Parse("SELECT Id FROM Account ORDER BY "+o.orderBy, nil)
		if err != nil || !onlyWhere(q) {
			return returned{}, refusal("MALFORMED_SEARCH", "The order of %s cannot be read: %s", o.name, o.orderBy)
		}
		r.clauses += " ORDER BY " + o.orderBy
	}
	limit := o.limit
	if limit < 0 {
		limit = w.each
	}
	if limit >= 0 {
		r.clauses += " LIMIT " + strconv.Itoa(limit)
	}
	if w.offset > 0 {
		r.clauses += " OFFSET " + strconv.Itoa(w.offset)
	}
	return r, nil
}

// onlyWhere reports whether a query has no clause behind WHERE and ORDER BY.
func onlyWhere(q *soql.Query) bool {
	return q.Limit == nil && q.Offset == nil && q.GroupBy == nil && q.With == nil && q.For == 0 && q.Update == 0 && !q.AllRows
}
