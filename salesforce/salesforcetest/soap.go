package salesforcetest

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// soapAPI is one of the SOAP APIs with generic data operations.
type soapAPI struct {
	namespace string // of the operations
	records   string // of sObjects
	typed     bool   // records are of their own XML types
}

// soapAPIs are the APIs by their segment of the path. The enterprise API differs
// from the partner API in how it writes records.
var soapAPIs = map[string]*soapAPI{
	"u": {namespace: "urn:partner.soap.sforce.com", records: "urn:sobject.partner.soap.sforce.com"},
	"c": {namespace: "urn:enterprise.soap.sforce.com", records: "urn:sobject.enterprise.soap.sforce.com", typed: true},
}

// soapCall is one SOAP request.
type soapCall struct {
	*call
	api    *soapAPI
	header *element
	in     *element  // the operation
	token  string    // the session's id
	out    xmlWriter // what the answer holds
	used   int       // the API requests of the day, 0 before there is a session
}

// soapOperations are the operations that need a session.
var soapOperations map[string]func(*soapCall) error

func init() {
	soapOperations = map[string]func(*soapCall) error{ // not in the declaration: they refer to it
		"create":             (*soapCall).create,
		"delete":             (*soapCall).delete,
		"describeGlobal":     (*soapCall).describeGlobal,
		"describeSObject":    (*soapCall).describeSObject,
		"describeSObjects":   (*soapCall).describeSObject,
		"emptyRecycleBin":    (*soapCall).emptyRecycleBin,
		"getDeleted":         (*soapCall).getDeleted,
		"getServerTimestamp": (*soapCall).getServerTimestamp,
		"getUpdated":         (*soapCall).getUpdated,
		"getUserInfo":        (*soapCall).getUserInfo,
		"invalidateSessions": (*soapCall).invalidateSessions,
		"logout":             (*soapCall).logout,
		"merge":              (*soapCall).merge,
		"query":              (*soapCall).query,
		"queryAll":           (*soapCall).queryAll,
		"queryMore":          (*soapCall).queryMore,
		"resetPassword":      (*soapCall).resetPassword,
		"retrieve":           (*soapCall).retrieve,
		"search":             (*soapCall).search,
		"setPassword":        (*soapCall).setPassword,
		"undelete":           (*soapCall).undelete,
		"update":             (*soapCall).update,
		"upsert":             (*soapCall).upsert,
	}
}

// notServed are operations of the real APIs that this org does not have.
var notServed = regexp.MustCompile(`^(convertLead|process|sendEmail\w*|renderEmailTemplate|findDuplicates\w*|performQuickActions|` +
	`describe(AllTabs|AppMenu|ApprovalLayout|CompactLayouts|DataCategoryGroup\w*|Knowledge\w*|Layout|PrimaryCompactLayouts|` +
	`QuickActions\w*|SearchLayouts|SearchScopeOrder|SoftphoneLayout|Tabs|Theme|VisualForce|\w+ListViews)|deleteByExample|changeOwnPassword)$`)

// errSOAPSession is what a SOAP request without a good session gets.
var errSOAPSession = refusal("INVALID_SESSION_ID", "Invalid Session ID found in SessionHeader: Illegal Session")

// serveSOAP answers the SOAP API. The path is what stands behind /services/Soap.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_list.htm
func (o *Org) serveSOAP(w http.ResponseWriter, r *http.Request, path []string) {
	s := &soapCall{call: &call{org: o, w: w, r: r}, api: soapAPIs[strings.ToLower(path[0])]}
	err := s.read(path)
	if err == nil {
		err = s.serve()
	}
	if err != nil {
		writeFault(w, http.StatusInternalServerError, asAPIError(err))
		return
	}
	s.answer()
}

// read understands the message.
func (s *soapCall) read(path []string) error {
	if s.api == nil {
		s.api = soapAPIs["u"]
		return refusal("FUNCTIONALITY_NOT_ENABLED", "The API /services/Soap/%s is not served by this org", path[0])
	}
	var ok bool
	s.version, ok = parseVersion(path[1])
	switch {
	case !ok || s.version < oldestVersion || s.version > newestVersion:
		return refusal("UNSUPPORTED_API_VERSION", "Invalid Api version specified on URL")
	case s.r.Header["Soapaction"] == nil:
		return refusal("", "SOAPAction HTTP header missing")
	}
	body, err := s.inflated()
	if err != nil {
		return refusal("", "The SOAP message could not be read: %v", asAPIError(err).message)
	}
	envelope, err := parseXML(body)
	if err != nil {
		return refusal("", "The SOAP message could not be parsed: %v", err)
	}
	s.header = envelope.child("Header")
	if body := envelope.child("Body"); body != nil && len(body.children) == 1 {
		s.in = body.children[0]
		return nil
	}
	return refusal("", "The SOAP message must have a body with one operation")
}

// lastSOAPLogin is the newest API version that has login().
const lastSOAPLogin = 64

// serve carries the operation out.
func (s *soapCall) serve() error {
	if s.in.name == "login" && s.version <= lastSOAPLogin {
		return s.login()
	}
	run := soapOperations[s.in.name]
	switch {
	case run == nil && notServed.MatchString(s.in.name):
		return refusal("FUNCTIONALITY_NOT_ENABLED", "The operation %s is not served by this org", s.in.name)
	case run == nil:
		return refusal("", "No operation available for request {%s}%s, please check the WSDL for the service.", s.api.namespace, s.in.name)
	}
	if err := s.enter(); err != nil {
		return err
	}
	return run(s)
}

// passwordOperations are what a session with an expired password is good for.
var passwordOperations = map[string]bool{"getUserInfo": true, "logout": true, "setPassword": true}

// enter finds the session and counts the request.
func (s *soapCall) enter() error {
	s.token = s.header.child("SessionHeader").value("sessionId")
	session, ok := s.org.session(s.token)
	if !ok || !session.may("api") {
		return errSOAPSession
	}
	s.user, s.grant = session.user, session.grant
	_, err := s.org.count(session.grant)
	_, s.used = s.org.usage.count(0, s.org.opt.APILimit, s.org.Now())
	switch {
	case err != nil:
		return err
	case session.expired && !passwordOperations[s.in.name]:
		return errPasswordExpired
	}
	s.r = s.translated()
	return nil
}

// restHeaders are the SOAP headers that have an equal in REST.
var restHeaders = []struct{ soap, option, rest, format string }{
	{"QueryOptions", "batchSize", "Sforce-Query-Options", "batchSize=%s"},
	{"CallOptions", "client", "Sforce-Call-Options", "client=%s"},
	{"AssignmentRuleHeader", "assignmentRuleId", "Sforce-Auto-Assign", "%s"},
	{"AssignmentRuleHeader", "useDefaultRule", "Sforce-Auto-Assign", "%s"},
	{"DuplicateRuleHeader", "allowSave", "Sforce-Duplicate-Rule-Header", "allowSave=%s"},
	{"MruHeader", "updateMru", "Sforce-Mru", "updateMru=%s"},
}

// translated is the request with its SOAP headers as those of REST, by which the
// parts that both APIs share go.
func (s *soapCall) translated() *http.Request {
	r := s.r.Clone(s.r.Context())
	r.Header, r.Body = http.Header{}, http.NoBody
	for _, h := range restHeaders {
		if v := s.header.child(h.soap).value(h.option); v != "" {
			r.Header.Set(h.rest, fmt.Sprintf(h.format, v))
		}
	}
	return r
}

// answer writes the response of an operation that succeeded.
func (s *soapCall) answer() {
	var x xmlWriter
	if s.used > 0 {
		x.raw("<soapenv:Header><LimitInfoHeader><limitInfo>")
		x.leaf("current", fmt.Sprint(s.used))
		x.leaf("limit", fmt.Sprint(s.org.opt.APILimit))
		x.leaf("type", "API REQUESTS")
		x.raw("</limitInfo></LimitInfoHeader></soapenv:Header>")
	}
	x.open("soapenv:Body")
	x.open(s.in.name + "Response")
	x.raw(s.out.out.String())
	x.end(s.in.name + "Response")
	x.end("soapenv:Body")
	writeEnvelope(s.w, http.StatusOK, x.out.String(), fmt.Sprintf(`xmlns=%q`, s.api.namespace), fmt.Sprintf(`xmlns:sf=%q`, s.api.records))
}

// faultTypes are the types of faults that say more than a code and a message.
var faultTypes = map[string]string{
	"INVALID_LOGIN":                 "LoginFault",
	"INVALID_OPERATION":             "LoginFault",
	"LOGIN_MUST_USE_SECURITY_TOKEN": "LoginFault",
	"INVALID_FIELD":                 "InvalidFieldFault",
	"INVALID_QUERY_LOCATOR":         "InvalidQueryLocatorFault",
	"INVALID_TYPE":                  "InvalidSObjectFault",
	"MALFORMED_ID":                  "InvalidIdFault",
	"MALFORMED_QUERY":               "MalformedQueryFault",
	"MALFORMED_SEARCH":              "MalformedSearchFault",
}

// queryPlace is where a query goes wrong, in the message of its error.
var queryPlace = regexp.MustCompile(`ERROR at Row:(\d+):Column:(\d+)`)

// writeFault writes an error; one without code is of the SOAP layer itself.
// https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm
func writeFault(w http.ResponseWriter, status int, e *apiError) {
	var x xmlWriter
	x.raw("<soapenv:Body><soapenv:Fault>")
	if e.code == "" {
		x.leaf("faultcode", "soapenv:Client")
		x.leaf("faultstring", e.message)
	} else {
		x.leaf("faultcode", "sf:"+e.code)
		x.leaf("faultstring", e.code+": "+e.message)
		x.faultDetail(e)
	}
	x.raw("</soapenv:Fault></soapenv:Body>")
	writeEnvelope(w, status, x.out.String(), `xmlns:sf="urn:fault.partner.soap.sforce.com"`)
}

// faultDetail writes what programs read of a fault.
func (x *xmlWriter) faultDetail(e *apiError) {
	typ, known := faultTypes[e.code]
	if !known {
		typ = "UnexpectedErrorFault"
	}
	x.open("detail")
	x.open("sf:"+typ, fmt.Sprintf(`xsi:type="sf:%s"`, typ))
	x.leaf("sf:exceptionCode", e.code)
	x.leaf("sf:exceptionMessage", e.message)
	switch typ {
	case "InvalidFieldFault", "InvalidSObjectFault", "MalformedQueryFault", "MalformedSearchFault":
		place := []string{"", "-1", "-1"}
		if found := queryPlace.FindStringSubmatch(e.message); found != nil {
			place = found
		}
		x.leaf("sf:row", place[1])
		x.leaf("sf:column", place[2])
	}
	x.end("sf:" + typ)
	x.end("detail")
}

// writeEnvelope puts what an envelope holds into it.
func writeEnvelope(w http.ResponseWriter, status int, content string, namespaces ...string) {
	var x xmlWriter
	x.raw(`<?xml version="1.0" encoding="UTF-8"?>`)
	x.open("soapenv:Envelope", append([]string{
		`xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"`,
		`xmlns:xsd="http://www.w3.org/2001/XMLSchema"`, fmt.Sprintf(`xmlns:xsi=%q`, schemaInstance),
	}, namespaces...)...)
	x.raw(content)
	x.end("soapenv:Envelope")
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.WriteHeader(status)
	_, _ = x.out.WriteTo(w) // an error means that the client has gone
}
