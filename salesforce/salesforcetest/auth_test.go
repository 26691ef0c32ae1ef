package salesforcetest_test

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// envelope is a SOAP answer.
type envelope struct {
	t testing.TB
	answer
}

// soapLogin calls login() of the partner API.
func soapLogin(t testing.TB, c *client, version, username, password string) envelope {
	t.Helper()
	var user, secret strings.Builder
	require.NoError(t, xml.EscapeText(&user, []byte(username)))
	require.NoError(t, xml.EscapeText(&secret, []byte(password)))
	body := fmt.Sprintf(`<se:Envelope xmlns:se="http://schemas.xmlsoap.org/soap/envelope/"><se:Header/><se:Body>`+
		`<login xmlns="urn:partner.soap.sforce.com"><username>%s</username><password>%s</password></login></se:Body></se:Envelope>`, &user, &secret)
	req, err := http.NewRequestWithContext(t.Context(), "POST", c.base+"/services/Soap/u/"+version, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "text/xml; charset=UTF-8")
	req.Header.Set("SOAPAction", `""`)
	return envelope{t, c.send(req)}
}

func (c *client) send(req *http.Request) answer {
	c.t.Helper()
	res, err := c.http.Do(req)
	require.NoError(c.t, err)
	return newAnswer(c.t, res)
}

// element is the text of the first element of that name.
func (e envelope) element(name string) string {
	e.t.Helper()
	d := xml.NewDecoder(strings.NewReader(e.body))
	for {
		token, err := d.Token()
		require.NoError(e.t, err, "no %s in %s", name, e.body)
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == name {
			var text string
			require.NoError(e.t, d.DecodeElement(&text, &start))
			return text
		}
	}
}

func TestSOAPLogin(t *testing.T) {
	t.Parallel()
	overBoth(t, salesforcetest.Options{Password: "a<b&c"}, func(t *testing.T, org *salesforcetest.Org, c *client) {
		login := soapLogin(t, c, "64.0", "user@example.com", "a<b&cTOKEN")

		require.Equal(t, 200, login.status, login.body)
		require.Equal(t, "text/xml; charset=utf-8", login.header.Get("Content-Type"))
		require.Equal(t, c.base+"/services/Soap/u/64.0/00Dxx0000001gPL", login.element("serverUrl"))
		require.Equal(t, c.base+"/services/Soap/m/64.0/00Dxx0000001gPL", login.element("metadataServerUrl"))
		require.Equal(t, "false", login.element("passwordExpired"))
		require.Equal(t, org.Credentials().UserID, login.element("userId"))
		require.Equal(t, "00Dxx0000001gPLEAY", login.element("organizationId"))
		require.Equal(t, "7200", login.element("sessionSecondsValid"))
		require.Equal(t, "America/Los_Angeles", login.element("userTimeZone"))

		c.token = login.element("sessionId")
		require.True(t, strings.HasPrefix(c.token, "00Dxx0000001gPL!"))
		c.query("SELECT Id FROM Account").ok(200)
	})
}

func TestSOAPLoginFaults(t *testing.T) {
	t.Parallel()
	const bad = "Invalid username, password, security token; or user locked out."
	tests := []struct {
		version, user, password, code, message string
		off                                    bool
	}{
		{version: "64.0", user: "user@example.com", password: "wrongTOKEN", code: "INVALID_LOGIN", message: bad},
		{version: "64.0", user: "nobody@example.com", password: "secretTOKEN", code: "INVALID_LOGIN", message: bad},
		{version: "64.0", user: "left@example.com", password: "hunter5", code: "INVALID_LOGIN", message: bad},
		{version: "64.0", user: "user@example.com", password: "secret", code: "LOGIN_MUST_USE_SECURITY_TOKEN", message: bad + " Are you at a new location?"},
		{version: "64.0", user: "rep@example.com", password: "hunter2", code: "LOGIN_MUST_USE_SECURITY_TOKEN", message: bad},
		{version: "30.0", user: "user@example.com", password: "secretTOKEN", code: "UNSUPPORTED_API_VERSION"},
		{version: "69.0", user: "user@example.com", password: "secretTOKEN", code: "UNSUPPORTED_API_VERSION"},
		{version: "64.0", user: "user@example.com", password: "secretTOKEN", off: true, code: "INVALID_OPERATION", message: "SOAP API login() is disabled by default in this org."},
	}
	for _, test := range tests {
		org := newWorld(t, salesforcetest.Options{SOAPLoginOff: test.off})
		login := soapLogin(t, newClient(t, org), test.version, test.user, test.password)
		require.Equal(t, 500, login.status, login.body)
		require.Equal(t, "sf:"+test.code, login.element("faultcode"))
		require.Equal(t, test.code, login.element("exceptionCode"))
		require.Contains(t, login.element("exceptionMessage"), test.message)
		require.Equal(t, test.code+": "+login.element("exceptionMessage"), login.element("faultstring"))
	}
}

func TestSOAPLoginIsGoneFrom65On(t *testing.T) {
	t.Parallel()
	login := soapLogin(t, newClient(t, newOrg(salesforcetest.Options{})), "65.0", "user@example.com", "secretTOKEN")
	require.Equal(t, 500, login.status)
	require.Contains(t, login.element("faultstring"), "No operation available for request {urn:partner.soap.sforce.com}login")
}

func TestSOAPNeedsItsHeader(t *testing.T) {
	t.Parallel()
	c := newClient(t, newOrg(salesforcetest.Options{}))
	require.Contains(t, c.do("POST", "/services/Soap/u/64.0", "text/xml", "<x/>").ok(500).body, "SOAPAction HTTP header missing")
}

func TestUserWithoutTokenLogsInWithThePassword(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))
	c.token = soapLogin(t, c, "64.0", "PLAIN@example.com", "hunter3").element("sessionId")
	c.query("SELECT Id FROM Account").ok(200)
}

func TestExpiredPasswordLogsInAndCanDoNothing(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))
	login := soapLogin(t, c, "64.0", "stale@example.com", "hunter4")
	require.Equal(t, 200, login.status)
	require.Equal(t, "true", login.element("passwordExpired"))
	c.token = login.element("sessionId")
	c.query("SELECT Id FROM Account").refused(403, "INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "expired")
}

// requestToken asks for an OAuth token.
func requestToken(c *client, host string, form url.Values, basic ...string) answer {
	req, err := http.NewRequestWithContext(c.t.Context(), "POST", host+"/services/oauth2/token", strings.NewReader(form.Encode()))
	require.NoError(c.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if basic != nil {
		req.SetBasicAuth(basic[0], basic[1])
	}
	return c.send(req)
}

func TestClientCredentials(t *testing.T) {
	t.Parallel()
	overBoth(t, salesforcetest.Options{}, func(t *testing.T, org *salesforcetest.Org, c *client) {
		grant := url.Values{"grant_type": {"client_credentials"}}
		inBody := url.Values{"grant_type": {"client_credentials"}, "client_id": {"cid"}, "client_secret": {"csecret"}}
		for _, a := range []answer{requestToken(c, c.base, inBody), requestToken(c, c.base, grant, "cid", "csecret")} {
			token := a.ok(200).object()
			require.Equal(t, c.base, token["instance_url"])
			require.Equal(t, "Bearer", token["token_type"])
			require.Equal(t, fmt.Sprint(saturday.UnixMilli()), token["issued_at"])
			require.NotContains(t, token, "expires_in")
			c.token = token["access_token"].(string)
			c.query("SELECT Id FROM Account").ok(200)

			identity := c.get(strings.TrimPrefix(token["id"].(string), c.base)).ok(200).object()
			require.Equal(t, "user@example.com", identity["username"])
			require.Equal(t, org.Credentials().OrgID, identity["organization_id"])
			require.Equal(t, org.Credentials().UserID, c.get("/services/oauth2/userinfo").ok(200).object()["user_id"])
		}
	})
}

func TestTokenErrors(t *testing.T) {
	t.Parallel()
	c := newClient(t, newOrg(salesforcetest.Options{}))
	form := func(grant, id, secret string) url.Values {
		return url.Values{"grant_type": {grant}, "client_id": {id}, "client_secret": {secret}}
	}
	tests := []struct {
		host              string
		form              url.Values
		code, description string
	}{
		{c.base, form("client_credentials", "nobody", "csecret"), "invalid_client_id", "client identifier invalid"},
		{c.base, form("client_credentials", "cid", "wrong"), "invalid_client", "invalid client credentials"},
		{c.base, form("saml", "cid", "csecret"), "unsupported_grant_type", "grant type not supported"},
		{"https://login.salesforce.com", form("client_credentials", "cid", "csecret"), "invalid_grant", "request not supported on this domain"},
	}
	for _, test := range tests {
		a := requestToken(c, test.host, test.form).ok(400)
		require.Equal(t, map[string]any{"error": test.code, "error_description": test.description}, a.object())
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	c := newClient(t, org)
	refused := func() {
		t.Helper()
		a := c.query("SELECT Id FROM Account")
		a.refused(401, "INVALID_SESSION_ID", "Session expired or invalid")
		require.Empty(t, a.header.Get("Sforce-Limit-Info"))
	}
	org.Advance(90 * time.Minute)
	c.query("SELECT Id FROM Account").ok(200) // use keeps it alive
	org.Advance(90 * time.Minute)
	c.query("SELECT Id FROM Account").ok(200)
	org.Advance(2*time.Hour + time.Second)
	refused()

	c.token = org.Credentials().AccessToken
	c.query("SELECT Id FROM Account").ok(200)
	org.ExpireSessions()
	refused()

	c.token = org.Credentials().AccessToken
	c.do("POST", "/services/oauth2/revoke", "application/x-www-form-urlencoded", "token="+url.QueryEscape(c.token)).ok(200)
	refused()

	a := c.get("/services/oauth2/userinfo").ok(403)
	require.Equal(t, "Bad_OAuth_Token", a.body)
	c.token = ""
	refused()
}

func TestTokensOfOneOrgAreNotThoseOfAnother(t *testing.T) {
	t.Parallel()
	here := newOrg(salesforcetest.Options{})
	there := newOrg(salesforcetest.Options{OrgID: "00Dxx0000009999"})
	c := newClient(t, here)
	c.token = there.Credentials().AccessToken
	c.query("SELECT Id FROM Account").refused(401, "INVALID_SESSION_ID", "")
	require.Len(t, there.Credentials().OrgID, 18)
}
