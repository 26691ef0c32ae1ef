package salesforcetest

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// login is how a user logs in.
type login struct {
	password string
	token    string // security token, "" when the password alone suffices
	expired  bool   // the password must be changed first
}

// session is what an access token stands for.
type session struct {
	user    string
	used    time.Time
	expired bool // begun with an expired password
}

// sessionLife is how long a session lasts without being used.
const sessionLife = 2 * time.Hour

// setLogin lets a user log in whose fields hold _password. Users without one
// cannot.
func (o *Org) setLogin(user string, fields map[string]any) {
	password, ok := fields["_password"].(string)
	if !ok {
		return
	}
	token, _ := fields["_token"].(string)
	expired, _ := fields["_passwordExpired"].(bool)
	o.logins[user] = &login{password, token, expired}
}

// newSession returns an access token for a user. Tokens are the same in each
// run, as ids are, so that tests can be repeated.
func (o *Org) newSession(user string) string {
	o.issued++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d", o.opt.OrgID, user, o.issued))
	token := o.opt.OrgID[:15] + "!AQ" + base64.RawURLEncoding.EncodeToString(sum[:])
	o.tokens[token] = &session{user: user, used: o.Now()}
	return token
}

// authenticate finds the session of a request and keeps it alive.
func (o *Org) authenticate(r *http.Request) (*session, bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") && !strings.EqualFold(scheme, "OAuth") {
		return nil, false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.tokens[token]
	now := o.Now()
	if s == nil || now.Sub(s.used) > sessionLife {
		delete(o.tokens, token)
		return nil, false
	}
	s.used = now
	return s, true
}

// serveOAuth answers the OAuth endpoints.
func (o *Org) serveOAuth(w http.ResponseWriter, r *http.Request, endpoint string) {
	switch {
	case endpoint == "token" && r.Method == http.MethodPost:
		o.serveToken(w, r)
	case endpoint == "revoke":
		o.mu.Lock()
		delete(o.tokens, r.FormValue("token"))
		o.mu.Unlock()
	case endpoint == "userinfo":
		o.serveUserInfo(w, r)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// serveToken answers a token request.
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm
func (o *Org) serveToken(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		writeOAuthError(w, oauthError("invalid_request", err.Error()))
		return
	}
	if r.PostForm.Get("grant_type") != "client_credentials" {
		writeOAuthError(w, oauthError("unsupported_grant_type", "grant type not supported"))
		return
	}
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	switch {
	case isLoginHost(r.Host):
		writeOAuthError(w, oauthError("invalid_grant", "request not supported on this domain"))
	case id != o.opt.ClientID:
		writeOAuthError(w, oauthError("invalid_client_id", "client identifier invalid"))
	case secret != o.opt.ClientSecret:
		writeOAuthError(w, oauthError("invalid_client", "invalid client credentials"))
	default:
		o.grant(w, r, o.admin)
	}
}

// grant answers with a new session.
func (o *Org) grant(w http.ResponseWriter, r *http.Request, user string) {
	o.mu.Lock()
	token := o.newSession(user)
	o.mu.Unlock()
	host := instance(r)
	id := fmt.Sprintf("%s/id/%s/%s", host, o.opt.OrgID, user)
	issued := fmt.Sprint(o.Now().UnixMilli())
	mac := hmac.New(sha256.New, []byte(o.opt.ClientSecret))
	mac.Write([]byte(id + issued))
	writeJSON(w, http.StatusOK, map[string]string{
		"access_token": token,
		"signature":    base64.StdEncoding.EncodeToString(mac.Sum(nil)),
		"scope":        "api",
		"instance_url": host,
		"id":           id,
		"token_type":   "Bearer",
		"issued_at":    issued,
	})
}

// oauthError is an error of the token endpoint, whose codes are its own.
func oauthError(code, description string) *apiError {
	return refusal(code, "%s", description)
}

func writeOAuthError(w http.ResponseWriter, e *apiError) {
	writeJSON(w, e.status, map[string]string{"error": e.code, "error_description": e.message})
}

// loginHosts serve logins, but no org lives there.
var loginHosts = []string{"login.salesforce.com", "test.salesforce.com"}

// isLoginHost reports whether a host, with or without port, only serves logins.
func isLoginHost(host string) bool {
	name, _, _ := strings.Cut(host, ":")
	return name == loginHosts[0] || name == loginHosts[1]
}

// instance is the base of the org's addresses: where the request came to, or
// for a login host the org's own domain.
func instance(r *http.Request) string {
	if isLoginHost(r.Host) {
		return "https://example.my.salesforce.com"
	}
	scheme := cmp.Or(r.URL.Scheme, "http")
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// bearer finds the user of a request to an identity endpoint, which answers a
// bad token in its own way.
func (o *Org) bearer(w http.ResponseWriter, r *http.Request) *record {
	s, ok := o.authenticate(r)
	if !ok {
		w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, "Bad_OAuth_Token")
		return nil
	}
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.object("User").find(s.user, nil)
}

// serveUserInfo answers the OpenID Connect user info endpoint.
func (o *Org) serveUserInfo(w http.ResponseWriter, r *http.Request) {
	user := o.bearer(w, r)
	if user == nil {
		return
	}
	host := instance(r)
	writeJSON(w, http.StatusOK, map[string]any{
		"sub":                fmt.Sprintf("%s/id/%s/%s", host, o.opt.OrgID, user.id()),
		"user_id":            user.id(),
		"organization_id":    o.opt.OrgID,
		"preferred_username": user.value("Username"),
		"nickname":           user.value("CommunityNickname"),
		"name":               user.value("Name"),
		"email":              user.value("Email"),
		"email_verified":     true,
		"given_name":         user.value("FirstName"),
		"family_name":        user.value("LastName"),
		"zoneinfo":           user.value("TimeZoneSidKey"),
		"urls":               serviceURLs(host, o.opt.OrgID, user.id()),
		"active":             user.value("IsActive"),
		"user_type":          "STANDARD",
		"language":           user.value("LanguageLocaleKey"),
		"locale":             user.value("LocaleSidKey"),
		"utcOffset":          0,
		"updated_at":         user.stamp().Format(time.RFC3339),
	})
}

// serveIdentity answers the identity URL of a user.
func (o *Org) serveIdentity(w http.ResponseWriter, r *http.Request, org, id string) {
	user := o.bearer(w, r)
	if user == nil {
		return
	}
	if long(org) != o.opt.OrgID || long(id) != user.id() {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	host := instance(r)
	writeJSON(w, http.StatusOK, map[string]any{
		"id":                 fmt.Sprintf("%s/id/%s/%s", host, o.opt.OrgID, user.id()),
		"asserted_user":      true,
		"user_id":            user.id(),
		"organization_id":    o.opt.OrgID,
		"username":           user.value("Username"),
		"nick_name":          user.value("CommunityNickname"),
		"display_name":       user.value("Name"),
		"email":              user.value("Email"),
		"email_verified":     true,
		"first_name":         user.value("FirstName"),
		"last_name":          user.value("LastName"),
		"timezone":           user.value("TimeZoneSidKey"),
		"urls":               serviceURLs(host, o.opt.OrgID, user.id()),
		"active":             user.value("IsActive"),
		"user_type":          "STANDARD",
		"language":           user.value("LanguageLocaleKey"),
		"locale":             user.value("LocaleSidKey"),
		"utcOffset":          0,
		"last_modified_date": user.stamp().Format(wireDateTime),
		"is_app_installed":   true,
	})
}

// serviceURLs are where the APIs live; {version} is for the client to fill in.
func serviceURLs(host, org, user string) map[string]string {
	rest := host + "/services/data/v{version}/"
	return map[string]string{
		"enterprise": host + "/services/Soap/c/{version}/" + org[:15],
		"metadata":   host + "/services/Soap/m/{version}/" + org[:15],
		"partner":    host + "/services/Soap/u/{version}/" + org[:15],
		"rest":       rest,
		"sobjects":   rest + "sobjects/",
		"search":     rest + "search/",
		"query":      rest + "query/",
		"recent":     rest + "recent/",
		"profile":    host + "/" + user,
	}
}
