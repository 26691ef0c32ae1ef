package salesforcetest

import (
	"io"
	"maps"
	"net/http"
	"strings"
	"time"
)

// refreshToken is a refresh token. With rotation each is good once.
type refreshToken struct {
	*grant
	used   bool
	issued time.Time
}

// newRefreshToken returns a refresh token of a grant, "" when the grant has no
// scope for one.
func (o *Org) newRefreshToken(g *grant) string {
	if !g.may(refreshScope) && !g.may(offlineScope) {
		return ""
	}
	a, now := &o.accounts, o.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.refresh) >= maxKept {
		maps.DeleteFunc(a.refresh, func(_ string, t *refreshToken) bool { return t.revoked })
	}
	token := "5Aep861" + a.secret(o.opt.OrgID, g.user)
	a.refresh[token] = &refreshToken{grant: g, issued: now}
	return token
}

// refresh is the flow that renews a session. A refresh token that comes a second
// time, though it was replaced, revokes all that descends from the same consent.
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_refresh_token_flow.htm
func (req *tokenRequest) refresh() (t tokens, e *apiError) {
	token, e := req.need("refresh_token")
	if e != nil {
		return t, e
	}
	g := req.spend(token)
	switch {
	case g == nil:
		return t, errTokenDead
	case req.userByID(g.user).value("IsActive") != true:
		return t, errAuthentication
	case !req.opt.RotateRefreshTokens:
		return tokens{grant: g}, nil
	}
	return tokens{grant: g, refresh: req.newRefreshToken(g)}, nil
}

// spend uses a refresh token and returns its grant, nil when the token is no
// longer good.
func (req *tokenRequest) spend(token string) *grant {
	req.accounts.mu.Lock()
	defer req.accounts.mu.Unlock()
	t := req.accounts.refresh[token]
	if t == nil || t.app != req.app || t.revoked {
		return nil
	}
	if req.opt.RotateRefreshTokens {
		t.revoked, t.used = t.used, true
	}
	if t.revoked {
		return nil
	}
	return t.grant
}

// serveRevoke ends a session, or all that descends from a refresh token. Its
// errors are forms.
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_revoke_token.htm
func (o *Org) serveRevoke(w http.ResponseWriter, r *http.Request) {
	e := parseOAuthForm(r)
	if e == nil && !o.revoke(r.Form.Get("token")) {
		e = oauthError("invalid_token", "invalid token")
	}
	if e != nil {
		writeFormError(w, e)
	}
}

func writeFormError(w http.ResponseWriter, e *apiError) {
	w.Header().Set("Content-Type", "application/x-www-form-urlencoded")
	w.WriteHeader(e.status)
	io.WriteString(w, encodeError(e).Encode())
}

// revoke reports whether there was such a token.
func (o *Org) revoke(token string) bool {
	a := &o.accounts
	a.mu.Lock()
	defer a.mu.Unlock()
	if t := a.refresh[token]; t != nil && !t.revoked {
		t.revoked = true
		return true
	}
	s := a.sessions[token]
	delete(a.sessions, token)
	return s != nil && o.alive(s)
}

// serveIntrospect tells an app about a token of its own.
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oidc_token_introspection.htm
func (o *Org) serveIntrospect(w http.ResponseWriter, r *http.Request) {
	e := parseOAuthForm(r)
	req := &tokenRequest{Org: o, r: r}
	if e == nil {
		e = req.client(secretRequired)
	}
	if e != nil {
		writeOAuthError(w, e)
		return
	}
	writeJSON(w, http.StatusOK, req.introspect(r.Form.Get("token")))
}

// introspect is what an app may know about a token.
func (req *tokenRequest) introspect(token string) map[string]any {
	g, kind, begun, ends := req.lookUp(token)
	if g == nil || g.app != req.app {
		return map[string]any{"active": false}
	}
	user := req.userByID(g.user)
	answer := map[string]any{
		"active":     true,
		"scope":      strings.Join(g.scopes, " "),
		"client_id":  g.app.ID,
		"username":   user.value("Username"),
		"sub":        instance(req.r) + "/id/" + req.opt.OrgID + "/" + g.user,
		"token_type": kind,
		"iat":        begun.Unix(),
		"nbf":        begun.Unix(),
	}
	if !ends.IsZero() {
		answer["exp"] = ends.Unix()
	}
	return answer
}

// lookUp finds the consent behind a token that is good, nil for none. A zero end
// means that the token lasts until it is revoked.
func (o *Org) lookUp(token string) (g *grant, kind string, begun, ends time.Time) {
	a := &o.accounts
	a.mu.Lock()
	defer a.mu.Unlock()
	if s := a.sessions[token]; s != nil && o.alive(s) {
		return s.grant, "access_token", s.begun, s.used.Add(o.opt.SessionLife)
	}
	if t := a.refresh[token]; t != nil && !t.revoked && (!t.used || !o.opt.RotateRefreshTokens) {
		return t.grant, "refresh_token", t.issued, ends
	}
	return nil, "", begun, ends
}
