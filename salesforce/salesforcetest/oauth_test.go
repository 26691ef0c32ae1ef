package salesforcetest_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// form makes a form of names and values.
func form(pairs ...string) url.Values {
	f := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		f.Set(pairs[i], pairs[i+1])
	}
	return f
}

// token asks for a token and requires that there is one.
func (c *client) grant(pairs ...string) map[string]any {
	c.t.Helper()
	return requestToken(c, c.base, form(pairs...)).ok(200).object()
}

// noGrant asks for a token and requires the error.
func (c *client) noGrant(code, description string, pairs ...string) {
	c.t.Helper()
	a := requestToken(c, c.base, form(pairs...)).ok(400)
	require.Equal(c.t, map[string]any{"error": code, "error_description": description}, a.object())
}

// works reports whether an access token does.
func (c *client) works(token any) bool {
	c.t.Helper()
	c.token, _ = token.(string)
	a := c.get("/limits")
	if a.status == 200 {
		return true
	}
	a.refused(401, "INVALID_SESSION_ID", "")
	return false
}

// visit follows a link as a browser would that the app has opened, and returns
// where it is sent.
func (c *client) visit(path string, pairs ...string) *url.URL {
	c.t.Helper()
	a := c.redirect(path, pairs...)
	require.Equal(c.t, http.StatusFound, a.status, a.body)
	to, err := url.Parse(a.header.Get("Location"))
	require.NoError(c.t, err)
	return to
}

func (c *client) redirect(path string, pairs ...string) answer {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), "GET", c.base+path+"?"+form(pairs...).Encode(), http.NoBody)
	require.NoError(c.t, err)
	res, err := c.http.Transport.RoundTrip(req)
	require.NoError(c.t, err)
	return newAnswer(c.t, res)
}

func TestPasswordFlow(t *testing.T) {
	t.Parallel()
	overBoth(t, salesforcetest.Options{}, func(t *testing.T, org *salesforcetest.Org, c *client) {
		base := []string{"grant_type", "password", "client_id", "cid", "client_secret", "csecret"}
		with := func(user, password string) []string {
			return append(base[:6:6], "username", user, "password", password)
		}
		token := c.grant(with("rep@example.com", "hunter2XYZ")...)
		require.Equal(t, c.base, token["instance_url"])
		require.NotContains(t, token, "refresh_token")
		require.True(t, c.works(token["access_token"]))
		require.Equal(t, "rep@example.com", c.get("/services/oauth2/userinfo").ok(200).object()["preferred_username"])

		for _, bad := range [][]string{
			with("rep@example.com", "hunter2"), with("nobody@example.com", "x"), with("left@example.com", "hunter5"), with("stale@example.com", "hunter4"), base,
		} {
			c.noGrant("invalid_grant", "authentication failure", bad...)
		}
		c.noGrant("invalid_client", "invalid client credentials", "grant_type", "password", "client_id", "cid", "username", "rep@example.com", "password", "hunter2XYZ")
		c.noGrant("invalid_client_id", "client identifier invalid", "grant_type", "password", "username", "rep@example.com", "password", "hunter2XYZ")
	})
}

func TestPasswordFlowCanBeBlocked(t *testing.T) {
	t.Parallel()
	c := newClient(t, newOrg(salesforcetest.Options{PasswordFlowOff: true}))
	c.noGrant("unsupported_grant_type", "grant type not supported",
		"grant_type", "password", "client_id", "cid", "client_secret", "csecret", "username", "user@example.com", "password", "secretTOKEN")
}

func TestTokenEndpointTakesPostsOnly(t *testing.T) {
	t.Parallel()
	c := newClient(t, newOrg(salesforcetest.Options{}))
	require.Equal(t, "must use HTTP POST", c.get("/services/oauth2/token?grant_type=password").ok(400).object()["error_description"])
	a := c.do("POST", "//services//oauth2//token", "application/x-www-form-urlencoded", "grant_type=client_credentials&client_id=cid&client_secret=csecret")
	require.True(t, c.works(a.ok(200).object()["access_token"]))
	c.get("/services/oauth2/nothing").ok(404)
}

// appKey is a key and its certificate; making one takes long.
var appKey = sync.OnceValues(func() (*rsa.PrivateKey, *x509.Certificate) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "app"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return key, cert
})

// signed makes a JSON web token.
func signed(t *testing.T, header, claims string, key *rsa.PrivateKey) string {
	t.Helper()
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(header)) + "." + encode([]byte(claims))
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	require.NoError(t, err)
	return text + "." + encode(signature)
}

func TestJWTBearerFlow(t *testing.T) {
	t.Parallel()
	key, cert := appKey()
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	org := newWorld(t, salesforcetest.Options{JWTCertificates: []*x509.Certificate{cert}})
	c := newClient(t, org)
	const rs256 = `{"alg":"RS256","typ":"JWT"}`
	now := saturday.Unix()
	claim := func(iss, sub, aud string, exp any) string {
		return fmt.Sprintf(`{"iss":%q,"sub":%q,"aud":%q,"exp":%v}`, iss, sub, aud, exp)
	}
	good := claim("cid", "rep@example.com", "https://login.salesforce.com", now+180)
	tests := []struct {
		what                   string
		header, claims         string
		key                    *rsa.PrivateKey
		code, description, jwt string
	}{
		{what: "as documented", claims: good},
		{what: "for a sandbox", claims: claim("cid", "rep@example.com", "https://test.salesforce.com", now+180)},
		{what: "for the org's own address", claims: claim("cid", "rep@example.com", c.base, now+180)},
		{what: "with a slash behind the address", claims: claim("cid", "REP@example.com", c.base+"/", now+180)},
		{what: "several audiences", claims: fmt.Sprintf(`{"iss":"cid","sub":"rep@example.com","aud":["x","https://login.salesforce.com"],"exp":%d}`, now+180)},
		{what: "expiry as a text", claims: claim("cid", "rep@example.com", "https://login.salesforce.com", fmt.Sprintf("%q", fmt.Sprint(now+180)))},
		{what: "expiry in milliseconds", claims: claim("cid", "rep@example.com", "https://login.salesforce.com", saturday.UnixMilli()+300)},
		{what: "a user without password", claims: claim("cid", "quiet@example.com", "https://login.salesforce.com", now+180)},

		{what: "expired", claims: claim("cid", "rep@example.com", "https://login.salesforce.com", now-1), code: "invalid_grant", description: "expired authorization code"},
		{what: "no expiry", claims: `{"iss":"cid","sub":"rep@example.com","aud":"https://login.salesforce.com"}`, code: "invalid_grant", description: "expired authorization code"},
		{what: "too far ahead", claims: claim("cid", "rep@example.com", "https://login.salesforce.com", now+3600), code: "invalid_grant", description: "invalid assertion"},
		{what: "expiry that is no number", claims: claim("cid", "rep@example.com", "https://login.salesforce.com", `"NaN"`), code: "invalid_grant", description: "expired authorization code"},
		{what: "for another server", claims: claim("cid", "rep@example.com", "https://evil.example", now+180), code: "invalid_grant", description: "audience is invalid"},
		{what: "unknown app", claims: claim("nobody", "rep@example.com", "https://login.salesforce.com", now+180), code: "invalid_client_id", description: "client identifier invalid"},
		{what: "unknown user", claims: claim("cid", "nobody@example.com", "https://login.salesforce.com", now+180), code: "invalid_grant", description: "user hasn't approved this consumer"},
		{what: "inactive user", claims: claim("cid", "left@example.com", "https://login.salesforce.com", now+180), code: "invalid_grant", description: "user hasn't approved this consumer"},
		{what: "another key", claims: good, key: other, code: "invalid_grant", description: "invalid assertion"},
		{what: "no signature", header: `{"alg":"none"}`, claims: good, code: "invalid_grant", description: "invalid assertion"},
		{what: "another algorithm", header: `{"alg":"HS256"}`, claims: good, code: "invalid_grant", description: "invalid assertion"},
		{what: "no token", jwt: "abc", code: "invalid_grant", description: "invalid assertion"},
		{what: "an app without certificate", claims: claim("PlatformCLI", "rep@example.com", "https://login.salesforce.com", now+180), code: "invalid_grant", description: "invalid assertion"},
	}
	org.Insert("User", map[string]any{"Username": "quiet@example.com", "LastName": "Quiet"})
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			header, signer := rs256, key
			if test.header != "" {
				header = test.header
			}
			if test.key != nil {
				signer = test.key
			}
			assertion := test.jwt
			if assertion == "" {
				assertion = signed(t, header, test.claims, signer)
			}
			c := newClient(t, org)
			// What some clients add besides does no harm.
			request := []string{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion", assertion, "client_id", "x", "redirect_uri", "y"}
			if test.code != "" {
				c.noGrant(test.code, test.description, request...)
				return
			}
			token := c.grant(request...)
			require.NotContains(t, token, "refresh_token")
			require.True(t, c.works(token["access_token"]))
			c.noGrant("invalid_request", "scope parameter not supported", append(request, "scope", "api")...)
		})
	}
	c.noGrant("invalid_request", "missing required parameter: assertion", "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
}

func TestWebServerFlowWithPKCE(t *testing.T) {
	t.Parallel()
	overBoth(t, salesforcetest.Options{}, func(t *testing.T, org *salesforcetest.Org, c *client) {
		verifier := strings.Repeat("v-_", 43)
		sum := sha256.Sum256([]byte(verifier))
		ask := []string{
			"response_type", "code", "client_id", "PlatformCLI", "redirect_uri", "http://localhost:1717/OauthRedirect?a=b", "state", "x y",
			"code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]), "scope", "refresh_token api web",
		}
		to := c.visit("/services/oauth2/authorize", ask...)
		require.Equal(t, "localhost:1717/OauthRedirect", to.Host+to.Path)
		require.Equal(t, "x y", to.Query().Get("state"))
		require.Equal(t, "b", to.Query().Get("a"))
		redeem := []string{"grant_type", "authorization_code", "client_id", "PlatformCLI", "redirect_uri", ask[5], "code", to.Query().Get("code")}

		c.noGrant("invalid_client", "invalid client credentials", append(redeem[:2:2], "client_id", "cid", "code", "x")...)
		c.noGrant("invalid_grant", "invalid code verifier", redeem...)
		c.noGrant("invalid_grant", "invalid code verifier", append(redeem, "code_verifier", "another")...)
		c.noGrant("redirect_uri_mismatch", "redirect_uri must match configuration", append(redeem, "code_verifier", verifier, "redirect_uri", "http://else")...)
		c.noGrant("invalid_grant", "invalid authorization code", append(redeem, "code_verifier", verifier, "code", "aPrx")...)
		token := c.grant(append(redeem, "code_verifier", verifier)...)
		require.Equal(t, "refresh_token api web", token["scope"])
		require.Equal(t, fmt.Sprintf("%s/id/%s/%s", c.base, org.Credentials().OrgID, org.Credentials().UserID), token["id"])
		require.True(t, c.works(token["access_token"]))
		c.noGrant("invalid_grant", "expired authorization code", append(redeem, "code_verifier", verifier)...)

		again := c.grant("grant_type", "refresh_token", "client_id", "PlatformCLI", "refresh_token", token["refresh_token"].(string), "code_verifier", verifier)
		require.NotContains(t, again, "refresh_token")
		require.Equal(t, c.base, again["instance_url"])
		require.True(t, c.works(again["access_token"]))

		redeem[7] = c.visit("/services/oauth2/authorize", ask...).Query().Get("code")
		org.Advance(16 * time.Minute)
		c.noGrant("invalid_grant", "expired authorization code", append(redeem, "code_verifier", verifier)...)
	})
}

func TestWebServerFlowWithSecret(t *testing.T) {
	t.Parallel()
	app := salesforcetest.App{ID: "web", Secret: "s", RedirectURIs: []string{"https://app.example/back"}}
	c := newClient(t, newWorld(t, salesforcetest.Options{Apps: []salesforcetest.App{app}}))
	to := c.visit("/services/oauth2/authorize", "response_type", "code", "client_id", "web", "redirect_uri", "https://app.example/back", "login_hint", "rep@example.com", "scope", "api")
	redeem := []string{"grant_type", "authorization_code", "client_id", "web", "redirect_uri", "https://app.example/back", "code", to.Query().Get("code")}
	c.noGrant("invalid_client", "invalid client credentials", redeem...)
	c.noGrant("invalid_client", "invalid client credentials", append(redeem, "client_secret", "wrong", "code_verifier", "v")...)
	c.noGrant("invalid_grant", "invalid code verifier", append(redeem, "client_secret", "s", "code_verifier", "v")...)
	token := c.grant(append(redeem, "client_secret", "s")...)
	require.NotContains(t, token, "refresh_token", "the scope does not ask for one")
	require.True(t, c.works(token["access_token"]))
	require.Equal(t, "rep@example.com", c.get("/services/oauth2/userinfo").ok(200).object()["preferred_username"])

	c.noGrant("invalid_grant", "no client credentials user enabled", "grant_type", "client_credentials", "client_id", "web", "client_secret", "s")
}

func TestAuthorizationErrors(t *testing.T) {
	t.Parallel()
	app := salesforcetest.App{ID: "web", RedirectURIs: []string{"https://app.example/back"}}
	c := newClient(t, newOrg(salesforcetest.Options{Apps: []salesforcetest.App{app}}))
	ask := []string{"response_type", "code", "client_id", "web", "redirect_uri", "https://app.example/back", "state", "s"}
	for _, test := range []struct{ name, value, code string }{
		{"client_id", "nobody", "invalid_client_id"},
		{"redirect_uri", "", "redirect_uri_missing"},
		{"redirect_uri", "https://evil.example/", "redirect_uri_mismatch"},
	} {
		a := c.redirect("/services/oauth2/authorize", append(ask, test.name, test.value)...)
		require.Equal(t, 400, a.status)
		require.Contains(t, a.body, "error="+test.code)
	}
	for _, test := range []struct{ name, value, code string }{
		{"response_type", "magic", "unsupported_response_type"},
		{"scope", "api nonsense", "invalid_scope"},
		{"code_challenge_method", "plain", "invalid_request"},
		{"code_challenge", "short", "invalid_request"},
		{"login_hint", "nobody@example.com", "access_denied"},
	} {
		to := c.visit("/services/oauth2/authorize", append(ask, test.name, test.value)...)
		require.Equal(t, test.code, to.Query().Get("error"), test.name)
		require.NotEmpty(t, to.Query().Get("error_description"))
		require.Equal(t, "s", to.Query().Get("state"))
	}
}

func TestUserAgentFlow(t *testing.T) {
	t.Parallel()
	c := newClient(t, newOrg(salesforcetest.Options{}))
	to := c.visit("/services/oauth2/authorize", "response_type", "token", "client_id", "cid", "redirect_uri", "https://app.example/", "state", "s")
	require.Empty(t, to.RawQuery)
	fragment, err := url.ParseQuery(to.Fragment)
	require.NoError(t, err)
	require.Equal(t, "s", fragment.Get("state"))
	require.Equal(t, c.base, fragment.Get("instance_url"))
	require.True(t, c.works(fragment.Get("access_token")))
}

// consent logs in through the browser and returns the tokens.
func (c *client) consent(scope string) map[string]any {
	c.t.Helper()
	to := c.visit("/services/oauth2/authorize", "response_type", "code", "client_id", "cid", "redirect_uri", "https://a.example/", "scope", scope, "nonce", "n1")
	return c.grant("grant_type", "authorization_code", "client_id", "cid", "client_secret", "csecret", "redirect_uri", "https://a.example/", "code", to.Query().Get("code"))
}

func TestRotatedRefreshTokensAreGoodOnce(t *testing.T) {
	t.Parallel()
	c := newClient(t, newOrg(salesforcetest.Options{RotateRefreshTokens: true}))
	renew := func(token any) []string {
		return []string{"grant_type", "refresh_token", "client_id", "cid", "refresh_token", token.(string)}
	}
	first := c.consent("api refresh_token")
	other := c.consent("api offline_access")
	second := c.grant(renew(first["refresh_token"])...)
	require.NotEqual(t, first["refresh_token"], second["refresh_token"])
	third := c.grant(renew(second["refresh_token"])...)

	c.noGrant("invalid_grant", "expired access/refresh token", renew(first["refresh_token"])...)
	c.noGrant("invalid_grant", "expired access/refresh token", renew(third["refresh_token"])...)
	require.False(t, c.works(third["access_token"]))
	require.True(t, c.works(other["access_token"]))
	c.grant(renew(other["refresh_token"])...)
}

func TestRefreshTokensBelongToTheirApp(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	token := c.consent("api refresh_token")["refresh_token"].(string)
	c.noGrant("invalid_grant", "expired access/refresh token", "grant_type", "refresh_token", "client_id", "PlatformCLI", "refresh_token", token)
	c.noGrant("invalid_client", "invalid client credentials", "grant_type", "refresh_token", "client_id", "cid", "client_secret", "wrong", "refresh_token", token)
	c.noGrant("invalid_grant", "expired access/refresh token", "grant_type", "refresh_token", "client_id", "cid", "refresh_token", "5Aep")
	c.grant("grant_type", "refresh_token", "client_id", "cid", "refresh_token", token)

	org.Update(org.Credentials().UserID, map[string]any{"IsActive": false})
	c.noGrant("invalid_grant", "authentication failure", "grant_type", "refresh_token", "client_id", "cid", "refresh_token", token)
	require.False(t, c.works(org.Credentials().AccessToken), "a deactivated user has no session")
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	revoke := func(token any) answer {
		return c.do("POST", "/services/oauth2/revoke", "application/x-www-form-urlencoded", "token="+url.QueryEscape(token.(string)))
	}
	renew := func(t map[string]any) []string {
		return []string{"grant_type", "refresh_token", "client_id", "cid", "refresh_token", t["refresh_token"].(string)}
	}
	one := c.consent("api refresh_token")
	require.Empty(t, revoke(one["access_token"]).ok(200).body)
	require.False(t, c.works(one["access_token"]))
	require.True(t, c.works(c.grant(renew(one)...)["access_token"]), "the consent goes on")

	two := c.consent("api refresh_token")
	revoke(two["refresh_token"]).ok(200)
	require.False(t, c.works(two["access_token"]))
	c.noGrant("invalid_grant", "expired access/refresh token", renew(two)...)

	a := revoke(two["refresh_token"]).ok(400)
	require.Equal(t, "application/x-www-form-urlencoded", a.header.Get("Content-Type"))
	require.Equal(t, "error=invalid_token&error_description=invalid+token", a.body)

	three := c.consent("api refresh_token")
	org.RevokeTokens("rep@example.com")
	require.True(t, c.works(three["access_token"]))
	org.RevokeTokens("user@example.com")
	require.False(t, c.works(three["access_token"]))
	c.noGrant("invalid_grant", "expired access/refresh token", renew(three)...)
}

func TestSessionsOfOneUserEnd(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{SessionLife: time.Minute})
	c := newClient(t, org)
	main, rep := org.Credentials().AccessToken, org.AccessToken("rep@example.com")
	org.ExpireSessions("rep@example.com")
	require.True(t, c.works(main))
	require.False(t, c.works(rep))
	org.ExpireSessions("nobody@example.com")
	org.Advance(time.Minute)
	require.True(t, c.works(main))
	org.Advance(time.Minute + time.Second)
	require.False(t, c.works(main))
	require.Panics(t, func() { org.AccessToken("left@example.com") })
}

func TestScopesLimitASession(t *testing.T) {
	t.Parallel()
	c := newClient(t, newOrg(salesforcetest.Options{}))
	c.token = c.consent("id")["access_token"].(string)
	c.get("/limits").refused(401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API")
	c.get("/services/oauth2/userinfo").ok(200)
	require.True(t, c.works(c.consent("full")["access_token"]))
}

func TestDeviceFlow(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	begin := c.grant("response_type", "device_code", "client_id", "cid", "scope", "api refresh_token")
	require.Equal(t, c.base+"/setup/connect", begin["verification_uri"])
	require.Equal(t, json.Number("5"), begin["interval"])
	require.NotContains(t, begin, "expires_in")
	poll := []string{"grant_type", "device", "client_id", "cid", "code", begin["device_code"].(string)}
	pending := []string{"authorization_pending", "end-user authorization is pending"}

	c.noGrant(pending[0], pending[1], poll...)
	c.noGrant("slow_down", "polling too frequently", poll...)
	org.Advance(6 * time.Second)
	c.noGrant(pending[0], pending[1], poll...)

	require.Equal(t, 200, c.redirect("/setup/connect").status)
	require.Equal(t, 400, c.redirect("/setup/connect", "user_code", "WRONG").status)
	c.noGrant("slow_down", "polling too frequently", poll...)
	require.Equal(t, 200, c.redirect("/setup/connect", "user_code", begin["user_code"].(string), "login_hint", "rep@example.com").status)

	token := c.grant(poll...)
	require.True(t, c.works(token["access_token"]))
	require.Equal(t, "rep@example.com", c.get("/services/oauth2/userinfo").ok(200).object()["preferred_username"])
	require.True(t, c.works(c.grant("grant_type", "refresh_token", "client_id", "cid", "refresh_token", token["refresh_token"].(string))["access_token"]))
	c.noGrant("invalid_request", "invalid device code", poll...)

	late := c.grant("response_type", "device_code", "client_id", "cid")
	org.Advance(11 * time.Minute)
	require.Equal(t, 400, c.redirect("/setup/connect", "user_code", late["user_code"].(string)).status)
	c.noGrant("invalid_client_id", "client identifier invalid", "response_type", "device_code", "client_id", "nobody")
}

func TestIntrospection(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{Apps: []salesforcetest.App{{ID: "other", Secret: "o"}}})
	c := newClient(t, org)
	token := c.consent("api refresh_token")
	ask := func(token any, pairs ...string) answer {
		f := form(append([]string{"token", token.(string)}, pairs...)...)
		return c.do("POST", "/services/oauth2/introspect", "application/x-www-form-urlencoded", f.Encode())
	}
	own := []string{"client_id", "cid", "client_secret", "csecret"}
	org.Advance(time.Minute)
	require.Equal(t, map[string]any{
		"active": true, "scope": "api refresh_token", "client_id": "cid", "username": "user@example.com", "sub": token["id"], "token_type": "access_token",
		"iat": json.Number(fmt.Sprint(saturday.Unix())), "nbf": json.Number(fmt.Sprint(saturday.Unix())),
		"exp": json.Number(fmt.Sprint(saturday.Add(2 * time.Hour).Unix())),
	}, ask(token["access_token"], own...).ok(200).object())
	require.Equal(t, "refresh_token", ask(token["refresh_token"], own...).ok(200).object()["token_type"])

	inactive := map[string]any{"active": false}
	require.Equal(t, inactive, ask("nonsense", own...).ok(200).object())
	require.Equal(t, inactive, ask(token["access_token"], "client_id", "other", "client_secret", "o").ok(200).object())
	org.Advance(3 * time.Hour)
	require.Equal(t, inactive, ask(token["access_token"], own...).ok(200).object())
	require.Equal(t, "invalid_client", ask(token["access_token"], "client_id", "cid").ok(400).object()["error"])
}

func TestOpenID(t *testing.T) {
	t.Parallel()
	overBoth(t, salesforcetest.Options{}, func(t *testing.T, org *salesforcetest.Org, c *client) {
		discovery := c.redirect("/.well-known/openid-configuration").ok(200).object()
		require.Equal(t, c.base, discovery["issuer"])
		require.Equal(t, c.base+"/services/oauth2/token", discovery["token_endpoint"])

		var keys struct {
			Keys []struct{ Kty, Alg, Kid, N, E string }
		}
		c.redirect(strings.TrimPrefix(discovery["jwks_uri"].(string), c.base)).ok(200).decode(&keys)
		require.Len(t, keys.Keys, 1)
		n, err := base64.RawURLEncoding.DecodeString(keys.Keys[0].N)
		require.NoError(t, err)
		require.Equal(t, "AQAB", keys.Keys[0].E)
		key := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537}

		token := c.consent("openid")
		parts := strings.Split(token["id_token"].(string), ".")
		require.Len(t, parts, 3)
		signature, err := base64.RawURLEncoding.DecodeString(parts[2])
		require.NoError(t, err)
		digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
		require.NoError(t, rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature))
		data, err := base64.RawURLEncoding.DecodeString(parts[1])
		require.NoError(t, err)
		var claims map[string]any
		require.NoError(t, json.Unmarshal(data, &claims))
		require.Equal(t, []any{c.base, token["id"], "cid", "n1"}, []any{claims["iss"], claims["sub"], claims["aud"], claims["nonce"]})
		require.InDelta(t, saturday.Unix()+120, claims["exp"], 0)
	})
}

// The identity URL also takes its token from the query, where some clients put
// it; the log of requests does not keep it.
func TestIdentity(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	cred := org.Credentials()
	path := "/id/" + cred.OrgID + "/" + cred.UserID
	who := c.redirect(path, "format", "json", "oauth_token", cred.AccessToken).ok(200).object()
	require.Equal(t, []any{c.base + path, "user@example.com", cred.UserID, cred.OrgID, json.Number("-28800000")},
		[]any{who["id"], who["username"], who["user_id"], who["organization_id"], who["utcOffset"]})
	require.Equal(t, c.base+"/services/data/v{version}/query/", who["urls"].(map[string]any)["query"])
	require.Equal(t, "Bad_OAuth_Token", c.redirect(path).ok(403).body)
	c.get("/id/" + cred.OrgID + "/005000000000000AAA").ok(404)
	c.delete(path).ok(405)
	for _, r := range org.Requests() {
		require.NotContains(t, r.Query, cred.AccessToken)
	}
}

func TestTokensInOtherFormats(t *testing.T) {
	t.Parallel()
	c := newClient(t, newOrg(salesforcetest.Options{}))
	ask := func(format string) answer {
		return requestToken(c, c.base, form("grant_type", "client_credentials", "client_id", "cid", "client_secret", "csecret", "format", format)).ok(200)
	}
	values, err := url.ParseQuery(ask("urlencoded").body)
	require.NoError(t, err)
	require.True(t, c.works(values.Get("access_token")))
	require.True(t, c.works(envelope{t, ask("xml")}.element("access_token")))
	require.True(t, c.works(ask("json").object()["access_token"]))
}

func TestAppsNeedIDs(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", "cid", "PlatformCLI"} {
		require.Panics(t, func() { salesforcetest.NewOrg(&salesforcetest.Options{Apps: []salesforcetest.App{{ID: id}}}) })
	}
}

// Thirty-two clients log in, renew and log out at once, by all ways; nobody ends
// the session of another.
func TestManyLoginsAtOnce(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{RotateRefreshTokens: true, APILimit: 1_000_000})
	var clients sync.WaitGroup
	for range 32 {
		clients.Go(func() {
			c := newClient(t, org)
			for range 4 {
				token := c.consent("api refresh_token openid")
				renewed := c.grant("grant_type", "refresh_token", "client_id", "cid", "refresh_token", token["refresh_token"].(string))
				require.True(t, c.works(renewed["access_token"]))
				c.token = soapLogin(t, c, "64.0", "rep@example.com", "hunter2XYZ").element("sessionId")
				c.soap("", "<getUserInfo/>").result("getUserInfo")
				c.soap("", "<logout/>").result("logout")
				require.False(t, c.works(c.token))
				c.do("POST", "/services/oauth2/revoke", "application/x-www-form-urlencoded", "token="+url.QueryEscape(renewed["refresh_token"].(string))).ok(200)
				require.False(t, c.works(renewed["access_token"]))
			}
		})
	}
	clients.Wait()
}

// Whatever a token request says, it gets an answer of the endpoint.
func FuzzToken(f *testing.F) {
	_, cert := appKey()
	const jwt = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion="
	f.Add(jwt + "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJjaWQiLCJhdWQiOlsxXSwiZXhwIjoiMWU5OSJ9.AAAA")
	f.Add(jwt + "e30.e30.")
	f.Add("grant_type=password&client_id=cid&client_secret=csecret&username=user@example.com&password=%00&scope=%20")
	f.Add("response_type=device_code&client_id=cid&scope=openid")
	f.Add("grant_type=authorization_code&client_id=PlatformCLI&code=aPrx&code_verifier=%zz")
	org := newOrg(salesforcetest.Options{JWTCertificates: []*x509.Certificate{cert}})
	f.Fuzz(func(t *testing.T, body string) {
		a := newClient(t, org).do("POST", "/services/oauth2/token", "application/x-www-form-urlencoded", body)
		require.Contains(t, []int{200, 400}, a.status)
		if a.status == 400 {
			require.Contains(t, a.object(), "error")
		}
	})
}
