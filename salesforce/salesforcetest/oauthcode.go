package salesforcetest

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// authCode is an authorization code, good once.
type authCode struct {
	*grant
	redirect  string
	challenge string // of PKCE, "" for none
	issued    time.Time
	used      bool
}

// codeLife is how long an authorization code can be exchanged.
const codeLife = 15 * time.Minute

var errCodeExpired = oauthError("invalid_grant", "expired authorization code")

// authorization is a request to the authorization endpoint.
type authorization struct {
	*Org
	r         *http.Request
	app       *app
	redirect  *url.URL
	challenge string
}

// serveAuthorize answers the page on which a user logs in and consents. This one
// consents at once, for the user whom login_hint names, else for the main user.
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_web_server_flow.htm
func (o *Org) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	a := authorization{Org: o, r: r}
	if e := a.read(); e != nil {
		writePage(w, http.StatusBadRequest, "error="+e.code+"&error_description="+e.message)
		return
	}
	answer, inFragment, e := a.consent()
	if e != nil {
		answer = encodeError(e)
	}
	if state := r.Form.Get("state"); state != "" {
		answer.Set("state", state)
	}
	if inFragment {
		a.redirect.RawFragment, a.redirect.Fragment = "", ""
		w.Header().Set("Location", a.redirect.String()+"#"+answer.Encode())
	} else {
		query := a.redirect.Query()
		maps.Copy(query, answer)
		a.redirect.RawQuery = query.Encode()
		w.Header().Set("Location", a.redirect.String())
	}
	w.WriteHeader(http.StatusFound)
}

// read finds the app and the address to return to. Without them there is nowhere
// to send an error.
func (a *authorization) read() *apiError {
	if e := parseOAuthForm(a.r); e != nil {
		return e
	}
	if a.app = a.Org.app(a.r.Form.Get("client_id")); a.app == nil {
		return errAppUnknown
	}
	address := a.r.Form.Get("redirect_uri")
	if address == "" {
		return oauthError("redirect_uri_missing", "redirect_uri missing")
	}
	redirect, err := url.Parse(address)
	if err != nil || !redirect.IsAbs() || a.app.RedirectURIs != nil && !slices.Contains(a.app.RedirectURIs, address) {
		return errRedirect
	}
	a.redirect = redirect
	return nil
}

var errRedirect = oauthError("redirect_uri_mismatch", "redirect_uri must match configuration")

// consent is what the user's browser takes back to the app, and whether in the
// fragment of the address.
func (a *authorization) consent() (answer url.Values, inFragment bool, e *apiError) {
	kind := a.r.Form.Get("response_type")
	inFragment = kind == "token"
	if kind != "code" && kind != "token" {
		return nil, false, oauthError("unsupported_response_type", "response type not supported")
	}
	scopes, ok := parseScopes(a.r.Form.Get("scope"))
	if !ok {
		return nil, inFragment, errScope
	}
	if e := a.readChallenge(); e != nil {
		return nil, inFragment, e
	}
	user := a.user(cmp.Or(a.r.Form.Get("login_hint"), a.opt.Username))
	if user == nil {
		return nil, inFragment, oauthError("access_denied", "end-user denied authorization")
	}
	g := &grant{user: user.id(), app: a.app, scopes: scopes, nonce: a.r.Form.Get("nonce")}
	answer = url.Values{}
	if kind == "code" {
		answer.Set("code", a.newCode(g))
		return answer, false, nil
	}
	for name, v := range a.issue(a.r, tokens{grant: g, refresh: a.newRefreshToken(g)}) {
		answer.Set(name, v)
	}
	return answer, true, nil
}

// readChallenge reads the PKCE challenge, whose method is always S256.
func (a *authorization) readChallenge() *apiError {
	a.challenge = a.r.Form.Get("code_challenge")
	digest, err := base64.RawURLEncoding.DecodeString(a.challenge)
	switch {
	case cmp.Or(a.r.Form.Get("code_challenge_method"), "S256") != "S256":
		return oauthError("invalid_request", "code challenge method not supported")
	case a.challenge != "" && (err != nil || len(digest) != sha256.Size):
		return oauthError("invalid_request", "invalid code challenge")
	}
	return nil
}

// newCode returns a code for a consent.
func (a *authorization) newCode(g *grant) string {
	accounts, now := &a.accounts, a.Now()
	accounts.mu.Lock()
	defer accounts.mu.Unlock()
	if len(accounts.codes) >= maxKept {
		maps.DeleteFunc(accounts.codes, func(_ string, c *authCode) bool { return now.Sub(c.issued) > codeLife })
	}
	code := "aPrx" + accounts.secret(a.opt.OrgID, g.user)
	accounts.codes[code] = &authCode{grant: g, redirect: a.r.Form.Get("redirect_uri"), challenge: a.challenge, issued: now}
	return code
}

// code is the flow that exchanges a code for a session.
func (req *tokenRequest) code() (t tokens, e *apiError) {
	code, e := req.need("code")
	if e == nil {
		t.grant, e = req.redeem(code)
	}
	if e != nil {
		return t, e
	}
	t.refresh = req.newRefreshToken(t.grant)
	return t, nil
}

// redeem uses up a code.
func (req *tokenRequest) redeem(code string) (*grant, *apiError) {
	form := req.r.Form
	req.accounts.mu.Lock()
	defer req.accounts.mu.Unlock()
	c := req.accounts.codes[code]
	switch {
	case c == nil || c.app != req.app:
		return nil, oauthError("invalid_grant", "invalid authorization code")
	case c.used || req.Now().Sub(c.issued) > codeLife:
		return nil, errCodeExpired
	case form.Get("redirect_uri") != c.redirect:
		return nil, errRedirect
	case challengeOf(form.Get("code_verifier")) != c.challenge:
		return nil, oauthError("invalid_grant", "invalid code verifier")
	}
	c.used = true
	return c.grant, nil
}

// challengeOf is the challenge that belongs to a verifier.
func challengeOf(verifier string) string {
	if verifier == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// writePage answers a page for people.
func writePage(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	w.WriteHeader(status)
	io.WriteString(w, "<html><head><title>Salesforce</title></head><body>"+html.EscapeString(text)+"</body></html>")
}
