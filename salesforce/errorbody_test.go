package salesforce

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// refusals are answers in every shape that Salesforce and the servers before
// it give, and what is to be made of them.
var refusals = []struct {
	name   string
	status int
	body   string
	code   Code
	class  error
	text   string // of the error
}{
	{
		"array", 400, `[{"message":"Required fields are missing: [LastName]","errorCode":"REQUIRED_FIELD_MISSING","fields":["LastName"]}]`,
		"REQUIRED_FIELD_MISSING", ErrValidation, "REQUIRED_FIELD_MISSING: Required fields are missing: [LastName]",
	},
	{
		"several faults", 400, `[{"fields":[],"message":"no","errorCode":"FIELD_CUSTOM_VALIDATION_EXCEPTION"},{"message":"too long","errorCode":"STRING_TOO_LONG"}]`,
		"FIELD_CUSTOM_VALIDATION_EXCEPTION", ErrValidation, "FIELD_CUSTOM_VALIDATION_EXCEPTION: no; STRING_TOO_LONG: too long",
	},
	{"object", 400, `{"errorCode":"NOT_FOUND","message":"no such thing"}`, "NOT_FOUND", ErrNotFound, "NOT_FOUND: no such thing"},
	{
		"save result", 400, `{"success":false,"errors":[{"statusCode":"DUPLICATE_VALUE","message":"taken","fields":[]}]}`,
		"DUPLICATE_VALUE", ErrDuplicate, "DUPLICATE_VALUE: taken",
	},
	{
		"OAuth", 400, `{"error":"invalid_grant","error_description":"authentication failure"}`,
		"invalid_grant", ErrAuth, "invalid_grant: authentication failure",
	},
	{"form", 400, `error=invalid_grant&error_description=expired+token`, "invalid_grant", ErrAuth, "invalid_grant: expired token"},
	{
		"XML", 404, `<?xml version="1.0"?><Errors><Error><errorCode>NOT_FOUND</errorCode><message>none</message></Error></Errors>`,
		"NOT_FOUND", ErrNotFound, "NOT_FOUND: none",
	},
	{
		"XML of the identity service", 401, `<response><faultcode>LOGIN_OAUTH_INVALID_TOKEN</faultcode><faultstring>bad token</faultstring></response>`,
		"LOGIN_OAUTH_INVALID_TOKEN", ErrSession, "LOGIN_OAUTH_INVALID_TOKEN: bad token",
	},
	{
		"SOAP fault", 500, `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:sf="urn:fault.partner.soap.sforce.com"><e:Body><e:Fault>
			<faultcode>sf:INVALID_LOGIN</faultcode><faultstring>INVALID_LOGIN: Invalid username</faultstring>
			<detail><sf:LoginFault><sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode><sf:exceptionMessage>Invalid username</sf:exceptionMessage></sf:LoginFault></detail></e:Fault></e:Body></e:Envelope>`,
		"INVALID_LOGIN", ErrAuth, "INVALID_LOGIN: Invalid username",
	},
	{
		"SOAP fault without detail", 500, `<Fault><faultcode>sf:SERVER_UNAVAILABLE</faultcode><faultstring>SERVER_UNAVAILABLE: busy</faultstring></Fault>`,
		"SERVER_UNAVAILABLE", ErrUnavailable, "SERVER_UNAVAILABLE: busy",
	},
	{
		"HTML", 503, "<!DOCTYPE html>\n<html><head><title>Down for\n maintenance</title></head><body>…</body></html>",
		"", ErrUnavailable, "status 503: an HTML page instead of an answer: Down for maintenance",
	},
	{"HTML without title", 502, "<html><body>Bad Gateway", "", ErrUnavailable, "status 502: an HTML page instead of an answer"},
	{"text", 500, "upstream connect error", "", ErrUnavailable, "status 500: upstream connect error"},
	{"one word", 403, "Bad_OAuth_Token", "Bad_OAuth_Token", ErrSession, "Bad_OAuth_Token"},
	{"empty", 414, "", "", ErrTooLarge, "status 414 Request URI Too Long"},
	{"empty array", 400, "[]", "", nil, "status 400 Bad Request"},
	{"empty object", 403, "{}", "", ErrAccess, "status 403 Forbidden"},
	{"nothing but space", 431, " \r\n", "", ErrTooLarge, "status 431 Request Header Fields Too Large"},
	{"broken JSON", 500, `[{"message":"Requ`, "", ErrUnavailable, `status 500: [{"message":"Requ`},
	{"array of other things", 400, `[1,2]`, "", nil, "status 400: [1,2]"},
	{
		"several records", 300, `["/services/data/v66.0/sobjects/Lead/00Q1","/services/data/v66.0/sobjects/Lead/00Q2"]`,
		"", ErrDuplicate, "status 300: several records match: /services/data/v66.0/sobjects/Lead/00Q1, /services/data/v66.0/sobjects/Lead/00Q2",
	},
	{"redirect", 302, "<html>moved</html>", "", nil, "status 302: redirected, which is not followed"},
	{
		"daily limit", 403, `[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]`,
		"REQUEST_LIMIT_EXCEEDED", ErrDailyLimit, "REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded.",
	},
	{
		"concurrent limit", 403, `[{"message":"ConcurrentRequests (Concurrent API Requests) Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]`,
		"REQUEST_LIMIT_EXCEEDED", ErrUnavailable, "REQUEST_LIMIT_EXCEEDED: ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
	},
	{"unknown code", 400, `[{"errorCode":"BRAND_NEW_CODE","message":"?"}]`, "BRAND_NEW_CODE", nil, "BRAND_NEW_CODE: ?"},
}

func TestDecodeErrorReadsEveryShape(t *testing.T) {
	t.Parallel()
	for _, r := range refusals {
		e := decodeError(r.status, []byte(r.body))
		e.Op = "create Lead"

		require.Equal(t, r.code, e.Code, r.name)
		require.Equal(t, "salesforce: create Lead: "+r.text, e.Error(), r.name)
		if r.class != nil {
			require.ErrorIs(t, e, r.class, r.name)
		}
		require.NotErrorIs(t, e, ErrOutcomeUnknown, r.name)
	}
	fields := decodeError(400, []byte(refusals[0].body)).Fields
	require.Equal(t, []string{"LastName"}, fields)
}

func TestRetryableFollowsTheCode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		want bool
	}{
		{&Error{Status: 400, Code: "UNABLE_TO_LOCK_ROW"}, true},
		{&Error{Status: 400, Code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", Message: "…: UNABLE_TO_LOCK_ROW, …"}, true},
		{&Error{Status: 400, Code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", Message: "trigger failed"}, false},
		{&Error{Status: 503}, true},
		{&Error{Status: 503, unknown: true}, false},
		{&Error{Status: 403, Code: "REQUEST_LIMIT_EXCEEDED", Message: "TotalRequests Limit exceeded."}, false},
		{&Error{Status: 403, Code: "REQUEST_LIMIT_EXCEEDED", Message: "ConcurrentPerOrgLongTxn Limit exceeded"}, true},
		{&Error{Status: 400, Code: "REQUIRED_FIELD_MISSING"}, false},
		{&Error{Status: 404}, false},
		{&Error{Status: http.StatusTooManyRequests}, true},
		{ErrUnavailable, true},
		{ErrAuth, false},
		{nil, false},
	} {
		require.Equal(t, c.want, Retryable(c.err), "%v", c.err)
	}
}

// Whatever a server sends, the message stays one line of text of bounded length.
func FuzzDecodeError(f *testing.F) {
	for _, r := range refusals {
		f.Add(r.status, []byte(r.body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		e := decodeError(status, body)
		for _, fault := range append([]Fault{{Message: e.Message}}, e.More...) {
			require.True(t, utf8.ValidString(fault.Message))
			require.LessOrEqual(t, len(fault.Message), 1100)
			require.NotContains(t, fault.Message, "\n")
		}
		require.True(t, strings.HasPrefix(e.Error(), "salesforce: "))
		_ = Retryable(e)
	})
}
