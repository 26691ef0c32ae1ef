package salesforce

import (
	"context"
	"net/url"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// session holds the token of a client and renews it when the org refuses it.
type session struct {
	auth    Auth
	http    *transport
	login   *url.URL
	org     ID // that the login must lead to; "" for any
	timeout time.Duration
	hold    time.Duration
	now     func() time.Time
	logins  singleflight.Group

	mu      sync.Mutex // guards the rest
	current grant      // without a token before the first login, and while it is renewed
	refusal error      // of the last login, if it was refused
	until   time.Time  // when it may be asked for again
}

func newSession(cfg Config, t *transport, login *url.URL) *session {
	s := &session{
		auth:    cfg.Auth,
		http:    t,
		login:   login,
		timeout: cfg.LoginTimeout,
		hold:    cfg.LoginHold,
		now:     cfg.Now,
	}
	if cfg.OrgID != "" {
		s.org, _ = exactID(cfg.OrgID)
	}
	return s
}

// grant returns a grant to work with, other than the one whose token is stale
// ("" for none): the one at hand, or that of a new login. However many ask at
// the same time, there is one login. It runs on when the caller that began it
// goes away, because the others wait for it too.
func (s *session) grant(ctx context.Context, stale string) (grant, error) {
	if g, ok, err := s.known(stale); ok {
		return g, err
	}
	result := s.logins.DoChan("", func() (any, error) {
		return s.renew(context.WithoutCancel(ctx))
	})
	select {
	case r := <-result:
		g, _ := r.Val.(grant)
		return g, r.Err
	case <-ctx.Done():
		return grant{}, noAnswer("log in", ctx.Err())
	}
}

// known returns what can be said without a login.
func (s *session) known(stale string) (g grant, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stale != "" && s.current.token == stale {
		s.current = grant{}
	}
	if s.current.token != "" {
		return s.current, true, nil
	}
	if s.refusal != nil && s.now().Before(s.until) {
		return grant{}, true, s.refusal
	}
	return grant{}, false, nil
}

// renew logs in, unless another login has just ended.
func (s *session) renew(ctx context.Context) (grant, error) {
	if g, ok, err := s.known(""); ok {
		return g, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	g, err := s.auth.login(ctx, s.http, s.login)
	if err == nil {
		err = s.checkOrg(g.session.OrgID)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusal = nil
	if err != nil {
		if !Retryable(err) {
			s.refusal, s.until = err, s.now().Add(s.hold)
		}
		return grant{}, err
	}
	g.session.LoggedIn = s.now()
	s.current = g
	return g, nil
}

func (s *session) checkOrg(org ID) error {
	if s.org == "" || s.org.Equal(org) {
		return nil
	}
	return fault("log in", ErrOrgMismatch, "the login leads to org %s, configured is %s", org, s.org)
}
