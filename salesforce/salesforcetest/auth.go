package salesforcetest

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// accounts are who may log in, and what logging in has made.
type accounts struct {
	mu       sync.Mutex               // whoever needs the org's lock too takes that one first
	logins   map[string]*login        // by user id
	sessions map[string]*session      // by access token
	refresh  map[string]*refreshToken // by token
	codes    map[string]*authCode     // by authorization code
	devices  map[string]*device       // by device code
	issued   int                      // number of tokens and codes so far
}

func newAccounts() accounts {
	return accounts{
		logins:   map[string]*login{},
		sessions: map[string]*session{},
		refresh:  map[string]*refreshToken{},
		codes:    map[string]*authCode{},
		devices:  map[string]*device{},
	}
}

// copyLogins are the logins as they are now, by user id.
func (a *accounts) copyLogins() map[string]login {
	a.mu.Lock()
	defer a.mu.Unlock()
	logins := map[string]login{}
	for id, l := range a.logins {
		logins[id] = *l
	}
	return logins
}

// setLogins replaces all logins.
func (a *accounts) setLogins(logins map[string]login) {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.logins)
	for id, l := range logins {
		a.logins[id] = &l
	}
}

// login is how a user logs in.
type login struct {
	password string
	token    string // security token, "" when the password alone suffices
	expired  bool   // the password must be changed first
}

// grant is a user's consent to an app. The tokens that come of it end with it.
type grant struct {
	user    string
	app     *app     // nil for a login without one
	scopes  []string // nil for everything
	nonce   string   // of the id token
	expired bool     // the password must be changed first
	revoked bool
}

// may reports whether a scope was granted.
func (g *grant) may(scope string) bool {
	return g.scopes == nil || slices.Contains(g.scopes, scope) || slices.Contains(g.scopes, "full") && scope != refreshScope
}

// session is what an access token stands for.
type session struct {
	*grant
	begun, used time.Time
}

// maxKept is how many tokens or codes of a kind are kept before those that have
// ended are forgotten, so that a long-lived org does not grow for ever.
const maxKept = 10_000

// setLogin lets a user log in whose fields hold _password. Users without one
// cannot.
func (o *Org) setLogin(user string, fields map[string]any) {
	password, ok := fields["_password"].(string)
	if !ok {
		return
	}
	token, _ := fields["_token"].(string)
	expired, _ := fields["_passwordExpired"].(bool)
	o.accounts.mu.Lock()
	defer o.accounts.mu.Unlock()
	o.accounts.logins[user] = &login{password, token, expired}
}

// secret makes a token or code. They are the same in each run, as ids are, so
// that tests can be repeated. The caller holds the lock.
func (a *accounts) secret(org, user string) string {
	a.issued++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s %d", org, user, a.issued))
	return strings.ReplaceAll(base64.RawURLEncoding.EncodeToString(sum[:]), "-", ".")
}

// newSession returns an access token of a grant.
func (o *Org) newSession(g *grant) string {
	a, now := &o.accounts, o.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.sessions) >= maxKept {
		maps.DeleteFunc(a.sessions, func(_ string, s *session) bool { return !o.alive(s) })
	}
	token := o.opt.OrgID[:15] + "!AQ" + a.secret(o.opt.OrgID, g.user)
	a.sessions[token] = &session{grant: g, begun: now, used: now}
	return token
}

// alive reports whether a session goes on. The caller holds the accounts' lock.
func (o *Org) alive(s *session) bool {
	return !s.revoked && o.Now().Sub(s.used) <= o.opt.SessionLife
}

// authenticate finds the session of a request and keeps it alive.
func (o *Org) authenticate(r *http.Request) (*session, bool) {
	return o.session(bearerToken(r))
}

// bearerToken is the access token of a request's Authorization header.
func bearerToken(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") && !strings.EqualFold(scheme, "OAuth") {
		return ""
	}
	return token
}

// session finds the session of an access token and keeps it alive. A user who
// is no longer active has none.
func (o *Org) session(token string) (*session, bool) {
	s := o.useSession(token)
	if s == nil {
		return nil, false
	}
	o.mu.RLock()
	defer o.mu.RUnlock()
	user := o.object("User").find(s.user, nil)
	return s, user != nil && user.value("IsActive") == true
}

func (o *Org) useSession(token string) *session {
	a := &o.accounts
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.sessions[token]
	if s == nil || !o.alive(s) {
		delete(a.sessions, token)
		return nil
	}
	s.used = o.Now()
	return s
}

// user finds an active user by name, nil for none.
func (o *Org) user(name string) *record {
	o.mu.RLock()
	defer o.mu.RUnlock()
	users := o.object("User")
	for _, r := range users.table.find(users.own("Username"), name, nil) {
		if r.value("IsActive") == true {
			return r
		}
	}
	return nil
}

// userByID finds a user, nil for none.
func (o *Org) userByID(id string) *record {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.object("User").find(id, nil)
}

// checkPassword finds the active user who has a name and a password, to which the
// security token is appended. exact reports whether the token was there or is
// not needed.
func (o *Org) checkPassword(name, password string) (user *record, l *login, exact bool) {
	if user = o.user(name); user == nil {
		return nil, nil, false
	}
	o.accounts.mu.Lock()
	l = o.accounts.logins[user.id()]
	o.accounts.mu.Unlock()
	switch {
	case l == nil:
		return nil, nil, false
	case password == l.password+l.token:
		return user, l, true
	case password == l.password:
		return user, l, false
	}
	return nil, nil, false
}

// AccessToken begins a session of a user, who needs no password for it, and
// returns its access token. The user is named by id or username; it panics if
// there is no such active user.
func (o *Org) AccessToken(user string) string {
	if ids := o.usersNamed([]string{user}); ids[0] != "" {
		return o.newSession(&grant{user: ids[0]})
	}
	panic(fmt.Sprintf("salesforcetest: no active user %q", user))
}

// ExpireSessions ends the sessions of users, as their timeout would. Users are
// named by id or username; without any, every session ends. Refresh tokens stay
// good.
func (o *Org) ExpireSessions(users ...string) {
	ids := o.usersNamed(users)
	o.accounts.mu.Lock()
	defer o.accounts.mu.Unlock()
	maps.DeleteFunc(o.accounts.sessions, func(_ string, s *session) bool {
		return len(users) == 0 || slices.Contains(ids, s.user)
	})
}

// RevokeTokens revokes the refresh tokens of users and ends the sessions begun
// with them, as an administrator does who revokes an app. Users are named by id
// or username; without any, every refresh token is revoked.
func (o *Org) RevokeTokens(users ...string) {
	ids := o.usersNamed(users)
	o.accounts.mu.Lock()
	defer o.accounts.mu.Unlock()
	for _, t := range o.accounts.refresh {
		t.revoked = t.revoked || len(users) == 0 || slices.Contains(ids, t.user)
	}
}

// usersNamed are the ids of users that are named by id or username, "" for what
// is no active user.
func (o *Org) usersNamed(names []string) []string {
	ids := make([]string, len(names))
	for i, name := range names {
		r := o.user(name)
		if r == nil {
			r = o.userByID(long(name))
		}
		if r != nil {
			ids[i] = r.id()
		}
	}
	return ids
}

// loginHosts serve logins, but no org lives there.
var loginHosts = []string{"login.salesforce.com", "test.salesforce.com"}

// isLoginHost reports whether a host, with or without port, only serves logins.
func isLoginHost(host string) bool {
	name, _, _ := strings.Cut(host, ":")
	return slices.Contains(loginHosts, strings.ToLower(name))
}

// origin is the scheme and host that a request came to.
func origin(r *http.Request) string {
	scheme := cmp.Or(r.URL.Scheme, "http")
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// ownDomain is the org's address for those who log in at a login host.
const ownDomain = "https://example.my.salesforce.com"

// instance is the base of the org's addresses: where the request came to, or
// for a login host the org's own domain.
func instance(r *http.Request) string {
	if isLoginHost(r.Host) {
		return ownDomain
	}
	return origin(r)
}
