package salesforcetest

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// oauthEndpoints are the resources below /services/oauth2.
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_endpoints.htm
var oauthEndpoints = map[string]func(*Org, http.ResponseWriter, *http.Request){
	"authorize":  (*Org).serveAuthorize,
	"introspect": (*Org).serveIntrospect,
	"revoke":     (*Org).serveRevoke,
	"token":      (*Org).serveToken,
	"userinfo":   (*Org).serveUserInfo,
}

// serveOAuth answers the OAuth endpoints.
func (o *Org) serveOAuth(w http.ResponseWriter, r *http.Request, endpoint string) {
	serve := oauthEndpoints[strings.ToLower(endpoint)]
	if serve == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Cache-Control", "no-cache,must-revalidate,max-age=0,no-store,private")
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	serve(o, w, r)
}

// maxForm is the size of a form that is read.
const maxForm = 1 << 20

// tokenRequest is a request to the token endpoint.
type tokenRequest struct {
	*Org
	r   *http.Request
	app *app // who asks, nil where the flow tells in another way
}

// tokens is what a flow ends with: a consent, for which a session begins, and
// the refresh token that goes with it, "" for none.
type tokens struct {
	*grant
	refresh string
}

// grantType is a flow of the token endpoint.
type grantType struct {
	secret secretRule
	run    func(*tokenRequest) (tokens, *apiError)
}

// secretRule says whether a flow needs the client's secret. A wrong one is
// never accepted.
type secretRule int

const (
	noClient       secretRule = iota // the client is named elsewhere
	secretOptional                   // the app is known by its id
	secretOrProof                    // the secret, or the PKCE verifier
	secretRequired
)

var grantTypes = map[string]grantType{
	"authorization_code": {secretOrProof, (*tokenRequest).code},
	"client_credentials": {secretRequired, (*tokenRequest).clientCredentials},
	"device":             {secretOptional, (*tokenRequest).device},
	"password":           {secretRequired, (*tokenRequest).password},
	"refresh_token":      {secretOptional, (*tokenRequest).refresh},
	"urn:ietf:params:oauth:grant-type:jwt-bearer": {noClient, (*tokenRequest).jwtBearer},
}

// Errors of the OAuth endpoints that are always the same.
var (
	errAppUnknown     = oauthError("invalid_client_id", "client identifier invalid")
	errAppSecret      = oauthError("invalid_client", "invalid client credentials")
	errAuthentication = oauthError("invalid_grant", "authentication failure")
	errGrantType      = oauthError("unsupported_grant_type", "grant type not supported")
	errTokenDead      = oauthError("invalid_grant", "expired access/refresh token")
	errScope          = oauthError("invalid_scope", "the requested scope is not allowed")
)

// oauthError is an error of an OAuth endpoint, whose codes are its own.
func oauthError(code, description string) *apiError {
	return refusal(code, "%s", description)
}

func writeOAuthError(w http.ResponseWriter, e *apiError) {
	writeJSON(w, e.status, map[string]string{"error": e.code, "error_description": e.message})
}

// parseOAuthForm reads the parameters of a request, in the body or the query.
func parseOAuthForm(r *http.Request) *apiError {
	err := r.ParseForm()
	if err == nil && strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		err = r.ParseMultipartForm(maxForm)
	}
	if err != nil {
		return oauthError("invalid_request", err.Error())
	}
	return nil
}

// serveToken answers a token request.
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flows.htm
func (o *Org) serveToken(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		writeOAuthError(w, oauthError("invalid_request", "must use HTTP POST"))
		return
	}
	if e := parseOAuthForm(r); e != nil {
		writeOAuthError(w, e)
		return
	}
	req := &tokenRequest{Org: o, r: r}
	if r.Form.Get("response_type") == "device_code" {
		req.beginDevice(w)
		return
	}
	flow, ok := grantTypes[r.Form.Get("grant_type")]
	if !ok {
		writeOAuthError(w, errGrantType)
		return
	}
	e := req.client(flow.secret)
	var t tokens
	if e == nil {
		t, e = flow.run(req)
	}
	if e != nil {
		writeOAuthError(w, e)
		return
	}
	writeTokens(w, r, o.issue(r, t))
}

// writeTokens answers in the format that the client likes.
func writeTokens(w http.ResponseWriter, r *http.Request, answer map[string]string) {
	switch r.Form.Get("format") {
	case "urlencoded":
		values := url.Values{}
		for name, v := range answer {
			values.Set(name, v)
		}
		w.Header().Set("Content-Type", "application/x-www-form-urlencoded")
		io.WriteString(w, values.Encode())
	case "xml":
		var x xmlWriter
		x.raw(`<?xml version="1.0" encoding="UTF-8"?><OAuth>`)
		for _, name := range slices.Sorted(maps.Keys(answer)) {
			x.leaf(name, answer[name])
		}
		x.end("OAuth")
		w.Header().Set("Content-Type", "application/xml;charset=UTF-8")
		_, _ = x.out.WriteTo(w) // an error means that the client has gone
	default:
		writeJSON(w, http.StatusOK, answer)
	}
}

// client finds the app that asks and checks its secret.
func (req *tokenRequest) client(rule secretRule) *apiError {
	if rule == noClient {
		return nil
	}
	id, secret, basic := req.r.BasicAuth()
	if !basic {
		id, secret = req.r.Form.Get("client_id"), req.r.Form.Get("client_secret")
	}
	req.app = req.Org.app(id)
	switch {
	case req.app == nil:
		return errAppUnknown
	case secret != "" && secret != req.app.Secret:
		return errAppSecret
	case secret != "" || rule == secretOptional:
		return nil
	case rule == secretOrProof && (req.app.Secret == "" || req.r.Form.Get("code_verifier") != ""):
		return nil
	}
	return errAppSecret
}

// need returns a parameter of the request that must be there.
func (req *tokenRequest) need(name string) (string, *apiError) {
	if v := req.r.Form.Get(name); v != "" {
		return v, nil
	}
	return "", oauthError("invalid_request", "missing required parameter: "+name)
}

// password is the flow with a username and a password.
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_username_password_flow.htm
func (req *tokenRequest) password() (t tokens, e *apiError) {
	if req.opt.PasswordFlowOff {
		return t, errGrantType
	}
	user, l, exact := req.checkPassword(req.r.Form.Get("username"), req.r.Form.Get("password"))
	if !exact || l.expired {
		return t, errAuthentication
	}
	return req.direct(user)
}

// clientCredentials is the flow of an app that runs as a user of its own.
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm
func (req *tokenRequest) clientCredentials() (t tokens, e *apiError) {
	if isLoginHost(req.r.Host) {
		return t, oauthError("invalid_grant", "request not supported on this domain")
	}
	user := req.user(req.app.RunAs)
	if user == nil {
		return t, oauthError("invalid_grant", "no client credentials user enabled")
	}
	return req.direct(user)
}

// direct is the consent of a flow that no browser takes part in. Such flows give
// no refresh token.
func (req *tokenRequest) direct(user *record) (t tokens, e *apiError) {
	scopes, ok := parseScopes(req.r.Form.Get("scope"))
	if !ok {
		return t, errScope
	}
	scopes = slices.DeleteFunc(scopes, func(s string) bool { return s == refreshScope || s == offlineScope })
	return tokens{grant: &grant{user: user.id(), app: req.app, scopes: scopes}}, nil
}

// issue begins a session and returns the answer of the token endpoint.
func (o *Org) issue(r *http.Request, t tokens) map[string]string {
	host := instance(r)
	id := fmt.Sprintf("%s/id/%s/%s", host, o.opt.OrgID, t.user)
	issued := fmt.Sprint(o.Now().UnixMilli())
	mac := hmac.New(sha256.New, []byte(t.app.Secret))
	mac.Write([]byte(id + issued))
	answer := map[string]string{
		"access_token": o.newSession(t.grant),
		"signature":    base64.StdEncoding.EncodeToString(mac.Sum(nil)),
		"scope":        strings.Join(t.scopes, " "),
		"instance_url": host,
		"id":           id,
		"token_type":   "Bearer",
		"issued_at":    issued,
	}
	if t.refresh != "" {
		answer["refresh_token"] = t.refresh
	}
	if slices.Contains(t.scopes, "openid") {
		answer["id_token"] = o.idToken(r, t.grant, answer["access_token"])
	}
	return answer
}

// The scopes that let an app have a refresh token.
const (
	refreshScope = "refresh_token"
	offlineScope = "offline_access"
)

// defaultScopes are granted to an app that asks for none.
const defaultScopes = "api id refresh_token web"

// knownScopes are those that an app may ask for.
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_tokens_scopes.htm
var knownScopes = []string{
	"address", "api", "cdp_api", "cdp_ingest_api", "cdp_profile_api", "cdp_query_api", "chatbot_api", "chatter_api", "content",
	"custom_permissions", "eclair_api", "einstein_gpt_api", "email", "full", "id", "interaction_api", "lightning", offlineScope,
	"openid", "pardot_api", "phone", "profile", refreshScope, "sfap_api", "visualforce", "wave_api", "web",
}

// parseScopes reads a scope parameter. It reports false for an unknown scope.
func parseScopes(s string) ([]string, bool) {
	scopes := strings.Fields(cmp.Or(strings.TrimSpace(s), defaultScopes))
	for _, scope := range scopes {
		if !slices.Contains(knownScopes, scope) {
			return nil, false
		}
	}
	return scopes, true
}

// encodeError is an error as parameters of a URL or a form.
func encodeError(e *apiError) url.Values {
	return url.Values{"error": {e.code}, "error_description": {e.message}}
}
