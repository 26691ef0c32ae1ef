package salesforce

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
)

// Logout ends the login at Salesforce. What that means depends on [Config.Auth]:
//
//   - [RefreshToken] has its refresh token revoked, and with it every session
//     that came of the user's consent, and forgets the token, in its Store too.
//     The user must allow the app again.
//   - [SOAPLogin] ends the session by the operation logout() of the SOAP API. The
//     session may be one that others use who logged in as the same user.
//   - All others have the access token revoked that the client has at the moment.
//     A [StaticToken] or a token of a [TokenSource] is gone for whoever else uses it.
//
// Nothing is asked of Salesforce when nobody is logged in, and a session or a
// token that has ended already is no error. After an error the login is as it
// was: call Logout again. The client stays usable; the next call logs in, if
// Auth still can. A call under way may log in again too, so let them end first.
//
// See "Revoke OAuth Tokens" in Salesforce Help and "logout()" in the SOAP API
// Developer Guide.
func (c *Client) Logout(ctx context.Context) error {
	return c.session.end(ctx)
}

const opLogout = "log out"

// leaver is an Auth whose logins end in a way of their own. The grant is without
// a token when nobody is logged in.
type leaver interface {
	logout(ctx context.Context, l login, g grant) error
}

// end ends the login while no other one is under way.
func (s *session) end(ctx context.Context) error {
	if err := s.enter(ctx); err != nil {
		return noAnswer(opLogout, err)
	}
	defer s.leave()
	s.mu.Lock()
	g := s.current
	s.mu.Unlock()
	var err error
	if auth, ok := s.auth.(leaver); ok {
		err = auth.logout(ctx, s.login, g)
	} else if g.token != "" {
		err = s.login.revoke(ctx, g.instance, g.token)
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current, s.refusal = grant{}, nil
	return nil
}

// revoke makes a token useless: an access token with its session, a refresh
// token with all that came of it. One that is useless already is no error.
func (l login) revoke(ctx context.Context, host *url.URL, token string) error {
	ans, err := l.http.do(newAttempt(ctx, &call{
		op: opLogout, method: http.MethodPost, path: "/services/oauth2/revoke", idempotent: true, login: true,
		body: bytesPayload("application/x-www-form-urlencoded", []byte(url.Values{"token": {token}}.Encode())),
	}), host, "")
	if e, ok := errors.AsType[*Error](err); ok && e.Code == "invalid_token" {
		return nil
	}
	if err == nil {
		drain(ans)
	}
	return err
}

// logout has the token revoked that the next login would use, while the store
// keeps other processes waiting, and leaves nothing of it.
func (a RefreshToken) logout(ctx context.Context, l login, _ grant) error {
	store := a.Store
	if store == nil {
		store = l.carried
	}
	err := store.Update(ctx, a.key(), func(ctx context.Context, kept Token) (Token, error) {
		token := cmp.Or(kept.RefreshToken, a.Token)
		if c := l.carried; c.spent != "" && c.spent == token {
			token = c.unsaved.RefreshToken
		}
		if token == "" {
			return Token{}, nil
		}
		return Token{}, l.revoke(ctx, l.host, token)
	})
	if err != nil {
		return storeError(opLogout, err)
	}
	l.carried.unsaved, l.carried.spent = Token{}, ""
	return nil
}

func (a SOAPLogin) logout(ctx context.Context, l login, g grant) error {
	if g.token == "" {
		return nil
	}
	ans, err := l.http.do(newAttempt(ctx, &call{
		op: opLogout, method: http.MethodPost, path: soapPath + a.version(), header: soapAction("logout"),
		envelope: soapEnvelope{client: l.http.appName, body: `<u:logout/>`}, idempotent: true, login: true,
	}), g.instance, g.token)
	if errors.Is(err, ErrSession) {
		return nil
	}
	if err == nil {
		drain(ans)
	}
	return err
}
