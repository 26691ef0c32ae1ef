package salesforce

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// session holds the token of a client and renews it when the org refuses it.
type session struct {
	auth    Auth
	login   login
	org     ID // that the login must lead to; "" for any
	timeout time.Duration
	hold    time.Duration
	now     func() time.Time
	tally   *laneTally
	logins  singleflight.Group
	turn    chan struct{} // holds one when a login or a logout is under way

	mu      sync.Mutex // guards the rest
	current grant      // without a token before the first login, and while it is renewed
	stale   string     // the token that was refused last
	refusal error      // of the last login, if it was refused
	until   time.Time  // when it may be asked for again
}

func newSession(cfg Config, t *transport, host *url.URL, tally *laneTally) *session {
	s := &session{
		auth:    cfg.Auth,
		login:   login{http: t, host: host, base: cfg.base(), carried: &carried{}},
		timeout: cfg.LoginTimeout,
		hold:    cfg.LoginHold,
		now:     cfg.Now,
		tally:   tally,
		turn:    make(chan struct{}, 1),
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

// user is whose session it is, "" between two sessions.
func (s *session) user() ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current.session.UserID
}

// known returns what can be said without a login.
func (s *session) known(stale string) (g grant, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if stale != "" && s.current.token == stale {
		s.current, s.stale = grant{}, stale
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
	if err := s.enter(ctx); err != nil {
		return grant{}, noAnswer("log in", err)
	}
	defer s.leave()
	l := s.login
	l.stale = s.refused()
	g, err := s.auth.login(ctx, l)
	markWrongHost(err)
	if err == nil {
		err = checkOrg("log in", s.org, g.session.OrgID)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusal = nil
	if err != nil {
		if _, ok := errors.AsType[*Error](err); ok && !Retryable(err) {
			s.refusal, s.until = err, s.now().Add(s.hold)
		}
		return grant{}, err
	}
	if !g.kept {
		s.tally.renewals.Add(1)
	}
	g.session.LoggedIn = s.now()
	s.current = g
	return g, nil
}

// enter waits until no login and no logout is under way.
func (s *session) enter(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *session) leave() { <-s.turn }

func (s *session) refused() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stale
}

// checkOrg compares the org that a login led to with the one that it must lead
// to, "" for any.
func checkOrg(op string, want, got ID) error {
	if want == "" || want.Equal(got) {
		return nil
	}
	return fault(op, ErrOrgMismatch, "the login leads to org %s, configured is %s", got, want)
}

// markWrongHost classes the answers of a host where nobody logs in: a page of
// its own, or a redirect to where the org is now.
func markWrongHost(err error) {
	e, ok := errors.AsType[*Error](err)
	if ok && e.Code == "" && (e.Status/100 == 3 || e.Status == http.StatusNotFound || e.Status == http.StatusMethodNotAllowed || e.Status == 420) {
		e.classes = append(e.classes, ErrWrongHost)
	}
}
