package salesforcetest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// query runs a query.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_query.htm
func (s *soapCall) query() error { return s.runQuery("query") }

// queryAll runs a query that sees deleted records too.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_queryall.htm
func (s *soapCall) queryAll() error { return s.runQuery("queryAll") }

func (s *soapCall) runQuery(resource string) error {
	text := ""
	if q := s.in.child("queryString"); q != nil {
		text = string(q.text)
	}
	return s.writeQuery(url.Values{"q": {text}}, resource)
}

// queryMore fetches a page of a query.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_querymore.htm
func (s *soapCall) queryMore() error {
	return s.writeQuery(nil, "query", s.in.value("queryLocator"))
}

func (s *soapCall) writeQuery(parameters url.Values, path ...string) error {
	page, err := s.ask(parameters, path...)
	if err != nil {
		return err
	}
	in, _ := page.([]assignment)
	return s.queryResult("result", in)
}

// ask gets the REST answer to what a SOAP operation asks for: both APIs read
// the same things and write them differently.
func (s *soapCall) ask(parameters url.Values, path ...string) (any, error) {
	w := &recorder{header: http.Header{}}
	r := s.r.Clone(s.r.Context())
	r.Method = http.MethodGet
	r.URL = &url.URL{Path: s.base() + "/" + strings.Join(path, "/"), RawQuery: parameters.Encode()}
	c := &call{org: s.org, w: w, r: r, version: s.version, user: s.user}
	if err := c.serve(path); err != nil {
		return nil, err
	}
	return decodeValue(w.body.Bytes())
}

// queryResult writes a page of records.
func (s *soapCall) queryResult(name string, page []assignment) error {
	s.out.open(name, `xsi:type="QueryResult"`)
	s.out.value("done", member(page, "done"))
	next, _ := member(page, "nextRecordsUrl").(string)
	if next == "" {
		s.out.null("queryLocator")
	} else {
		s.out.leaf("queryLocator", next[strings.LastIndex(next, "/")+1:])
	}
	if err := s.sobjects("records", member(page, "records")); err != nil {
		return err
	}
	s.out.value("size", member(page, "totalSize"))
	s.out.end(name)
	return nil
}

// sobjects writes a list of records, nil for what is missing.
func (s *soapCall) sobjects(name string, list any) error {
	records, _ := list.([]any)
	for _, v := range records {
		r, ok := v.([]assignment)
		if !ok {
			s.out.null(name)
		} else if err := s.sobject(name, r); err != nil {
			return err
		}
	}
	return nil
}

// sobject writes a record. In the partner API its type and its Id come first,
// and the Id once more if it was asked for.
func (s *soapCall) sobject(name string, r []assignment) error {
	attributes, _ := member(r, "attributes").([]assignment)
	typ, _ := member(attributes, "type").(string)
	if s.api.typed {
		s.out.open(name, fmt.Sprintf(`xsi:type="sf:%s"`, typ))
	} else {
		s.out.open(name, `xsi:type="sf:sObject"`)
		s.out.leaf("sf:type", typ)
		if id, ok := member(r, "Id").(string); ok {
			s.out.leaf("sf:Id", id)
		} else {
			s.out.null("sf:Id")
		}
	}
	ob := s.objectNamed(typ)
	for _, a := range r {
		if a.name == "attributes" {
			continue
		}
		if err := s.member(ob, typ == "AggregateResult", a); err != nil {
			return err
		}
	}
	s.out.end(name)
	return nil
}

// member writes a field, a parent or a list of children. ob is nil for a record
// that is none of the org's own, such as a row of groups.
func (s *soapCall) member(ob *object, aggregate bool, a assignment) error {
	name := "sf:" + a.name
	switch v := a.value.(type) {
	case nil:
		s.out.null(name)
	case []assignment:
		switch {
		case member(v, "records") != nil:
			return s.queryResult(name, v)
		case member(v, "attributes") != nil:
			return s.sobject(name, v)
		}
		s.compound(name, v)
	default:
		text, err := s.text(ob, a)
		if err != nil {
			return err
		}
		if aggregate {
			s.out.leaf(name, text, xsiType(a.value, text))
		} else {
			s.out.leaf(name, text)
		}
	}
	return nil
}

// addressMembers are the parts of an address in the order of the WSDL.
var addressMembers = []string{
	"latitude", "longitude", "city", "country", "countryCode", "geocodeAccuracy", "postalCode", "state", "stateCode", "street",
}

// compound writes a compound address or location.
func (s *soapCall) compound(name string, parts []assignment) {
	typ, members := "address", addressMembers
	if len(parts) == 2 {
		typ, members = "location", members[:2]
	}
	s.out.open(name, fmt.Sprintf(`xsi:type="%s"`, typ))
	for _, m := range members {
		if v := member(parts, m); v == nil {
			s.out.null(m)
		} else {
			s.out.leaf(m, scalarText(v))
		}
	}
	s.out.end(name)
}

// soapDateTime is how SOAP writes instants.
const soapDateTime = "2006-01-02T15:04:05.000Z"

// wireInstant is an instant as REST writes it.
var wireInstant = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$`)

// text is a value as SOAP writes it: instants end with Z, and content stands in
// the answer.
func (s *soapCall) text(ob *object, a assignment) (string, error) {
	text := scalarText(a.value)
	var f *field
	if ob != nil {
		f = s.lookup(ob, a.name)
	}
	switch {
	case f != nil && f.typ.kind == kindBlob:
		return s.content64(text)
	case f == nil || f.typ.kind == kindDateTime:
		return zulu(text), nil
	}
	return text, nil
}

// content64 is the content that stands at an address, in base64.
func (s *soapCall) content64(address string) (string, error) {
	path := strings.Split(address, "/")
	if len(path) < 3 {
		return "", nil
	}
	path = path[len(path)-3:]
	ob := s.objectNamed(path[0])
	b, _ := s.content(ob, path[1], path[2])
	if b == nil || !b.kept {
		return "", failure(http.StatusInternalServerError, "UNKNOWN_EXCEPTION", "the org kept size and checksum of this file only")
	}
	return base64.StdEncoding.EncodeToString(b.bytes()), nil
}

// xsiType is the attribute that tells the XML type of a value whose element may
// be of any.
func xsiType(v any, text string) string {
	typ := "string"
	switch v.(type) {
	case bool:
		typ = "boolean"
	case json.Number:
		typ = "int"
		if strings.ContainsAny(text, ".eE") {
			typ = "double"
		}
	case string:
		if strings.HasSuffix(text, "Z") && len(text) == len(soapDateTime) {
			typ = "dateTime"
		}
	}
	return fmt.Sprintf(`xsi:type="xsd:%s"`, typ)
}

// maxSOAPRetrieve is how many records one call retrieves.
const maxSOAPRetrieve = 2000

// retrieve reads records by their ids.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_retrieve.htm
func (s *soapCall) retrieve() error {
	ob := s.objectNamed(s.in.value("sObjectType"))
	ids := s.in.values("ids")
	switch {
	case ob == nil:
		return invalidType(s.in.value("sObjectType"))
	case len(ids) > maxSOAPRetrieve:
		return tooManyRows(maxSOAPRetrieve)
	}
	for _, id := range ids {
		if full, ok := longID(id); !ok || full[:3] != ob.KeyPrefix {
			return refusal("MALFORMED_ID", "%s ID: id value of incorrect type: %s", ob.Label, id)
		}
	}
	names := split(s.in.value("fieldList"))
	list, err := s.ask(url.Values{"ids": {strings.Join(ids, ",")}, "fields": {strings.Join(names, ",")}}, "composite", "sobjects", ob.Name)
	if err != nil {
		return err
	}
	return s.sobjects("result", list)
}

// search runs a SOSL search.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_search.htm
func (s *soapCall) search() error {
	found, err := s.ask(url.Values{"q": {s.in.value("searchString")}}, "search")
	if err != nil {
		return err
	}
	page, _ := found.([]assignment)
	records, _ := member(page, "searchRecords").([]any)
	s.out.open("result")
	s.out.leaf("queryId", "")
	for _, r := range records {
		s.out.open("searchRecords")
		if err := s.sobjects("record", []any{r}); err != nil {
			return err
		}
		s.out.end("searchRecords")
	}
	s.out.end("result")
	return nil
}
