package salesforcetest

import (
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
)

// The REST API speaks XML too. What JSON holds is written with the same names; a
// record's attributes become those of its element, lists repeated elements.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/intro_rest_resource_examples.htm

// xmlRoutes are the resources that are served as XML, with the name of the
// answer's element; a record's is its type.
var xmlRoutes = map[string]string{
	"query":          "QueryResult",
	"query/*":        "QueryResult",
	"queryAll":       "QueryResult",
	"queryAll/*":     "QueryResult",
	"sobjects":       "DescribeGlobal",
	"sobjects/*":     "Result",
	"sobjects/*/*":   "Result",
	"sobjects/*/*/*": "Result",
}

// errNoXML is what other resources get who are asked for XML.
var errNoXML = failure(http.StatusNotAcceptable, "NOT_ACCEPTABLE", "This org serves the resource as JSON only")

// format takes .json or .xml off the end of a path, and tells whether XML is
// asked for by that or by the Accept header. Values of external ids keep what
// they end with.
func format(r *http.Request, path []string) (rest []string, asXML bool) {
	for media := range strings.SplitSeq(r.Header.Get("Accept"), ",") {
		typ, _, _ := mime.ParseMediaType(media)
		if typ == "application/json" {
			break
		}
		asXML = asXML || typ == "application/xml" || typ == "text/xml"
	}
	if len(path) == 0 || len(path) == 4 && strings.EqualFold(path[0], "sobjects") {
		return path, asXML
	}
	last := path[len(path)-1]
	for _, suffix := range []string{".json", ".xml"} {
		if name, found := strings.CutSuffix(last, suffix); found && name != "" {
			return append(slices.Clone(path[:len(path)-1]), name), suffix == ".xml"
		}
	}
	return path, asXML
}

// serveXML lets a resource be served as JSON and answers it as XML.
func serveXML(w http.ResponseWriter, r *http.Request, path []string, serve func(http.ResponseWriter)) {
	i := slices.IndexFunc(routes, func(t route) bool { return match(path, t.pattern) })
	root := ""
	if i >= 0 {
		root = xmlRoutes[routes[i].pattern]
	}
	answer := &recorder{header: w.Header()}
	if i >= 0 && root == "" || root == "Result" && len(path) == 2 && r.Method == http.MethodGet {
		writeError(answer, errNoXML)
	} else {
		serve(answer)
	}
	answer.WriteHeader(http.StatusOK)
	if typ, _, _ := mime.ParseMediaType(w.Header().Get("Content-Type")); answer.body.Len() == 0 || typ != "application/json" {
		w.WriteHeader(answer.status)
		_, _ = answer.body.WriteTo(w) // an error means that the client has gone
		return
	}
	v, err := decodeValue(answer.body.Bytes())
	must(err)
	var x xmlWriter
	x.raw(`<?xml version="1.0" encoding="UTF-8"?>`)
	x.document(root, answer.status, v)
	w.Header().Del("Content-Length")
	w.Header().Set("Content-Type", "application/xml;charset=UTF-8")
	w.WriteHeader(answer.status)
	_, _ = x.out.WriteTo(w)
}

// document writes the element of an answer.
func (x *xmlWriter) document(root string, status int, v any) {
	switch in, _ := v.([]assignment); {
	case status >= http.StatusBadRequest:
		x.open("Errors")
		x.rest("Error", v)
		x.end("Errors")
	case status == http.StatusMultipleChoices:
		x.open("urls")
		x.rest("url", v)
		x.end("urls")
	case member(in, "attributes") != nil:
		x.rest(recordType(in), v)
	default:
		x.rest(root, v)
	}
}

func recordType(in []assignment) string {
	attributes, _ := member(in, "attributes").([]assignment)
	typ, _ := member(attributes, "type").(string)
	return typ
}

// rest writes what JSON holds as the REST API does in XML.
func (x *xmlWriter) rest(name string, v any) {
	switch v := v.(type) {
	case nil:
		x.raw("<" + name + fmt.Sprintf(` xmlns:xsi=%q`, schemaInstance) + ` xsi:nil="true"/>`)
	case []any:
		for _, item := range v {
			x.rest(name, item)
		}
	case []assignment:
		var attributes []string
		own, _ := member(v, "attributes").([]assignment)
		for _, a := range own {
			attributes = append(attributes, fmt.Sprintf(`%s="%s"`, a.name, xmlEscapes.Replace(scalarText(a.value))))
		}
		x.open(name, attributes...)
		for _, a := range v {
			if a.name != "attributes" {
				x.rest(a.name, a.value)
			}
		}
		x.end(name)
	default:
		x.leaf(name, zulu(scalarText(v)))
	}
}

// sendsXML reports whether the request's body is XML.
func (c *call) sendsXML() bool {
	typ, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	return typ == "application/xml" || typ == "text/xml"
}

// fieldsOfXML reads a record from the body: the root is the record, whatever it
// is called.
func (c *call) fieldsOfXML() ([]assignment, error) {
	body, err := c.inflated()
	if err != nil {
		return nil, err
	}
	root, err := parseXML(body)
	if err != nil {
		return nil, refusal("XML_PARSER_ERROR", "The body is no XML document: %v", err)
	}
	return fieldsOf(root), nil
}

func fieldsOf(e *element) []assignment {
	in := []assignment{}
	for _, c := range e.children {
		switch {
		case c.null:
			in = append(in, assignment{name: c.name})
		case len(c.children) > 0:
			in = append(in, assignment{name: c.name, value: fieldsOf(c)})
		default:
			in = append(in, assignment{name: c.name, value: string(c.text)})
		}
	}
	return in
}
