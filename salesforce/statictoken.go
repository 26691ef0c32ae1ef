package salesforce

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
)

// StaticToken uses a session that somebody else began, such as one of the
// Salesforce command line or of the page that a user comes from. It is never
// renewed: when it ends, calls fail with [ErrSession].
type StaticToken struct {
	// AccessToken is an access token or a session id.
	AccessToken string
	// InstanceURL is the org's host, such as MyDomain("acme").
	InstanceURL string
}

// String tells the org's host, never the token.
func (a StaticToken) String() string { return fmt.Sprintf("StaticToken(%s)", a.InstanceURL) }

// GoString is String, so that %#v tells no token either.
func (a StaticToken) GoString() string { return a.String() }

// LogValue is String, for the handlers of package slog that encode JSON.
func (a StaticToken) LogValue() slog.Value { return slog.StringValue(a.String()) }

func (a StaticToken) validate(*url.URL) error {
	return errors.Join(missing("StaticToken.AccessToken", a.AccessToken), validInstance("StaticToken", a.InstanceURL))
}

func (a StaticToken) login(ctx context.Context, l login) (grant, error) {
	const op = "log in with a static token"
	if l.stale == a.AccessToken {
		return grant{}, fault(op, ErrSession, "the token was refused, and there is no way to renew it")
	}
	return l.at(a.InstanceURL).identify(ctx, op, a.AccessToken, a.InstanceURL)
}

// at is a login that starts at the instance: there is no login host that could
// vouch for it. An address that is none leaves the host as it is; it fails when
// the grant is made.
func (l login) at(instance string) login {
	if host, err := parseLogin(instance); err == nil {
		l.host = host
	}
	return l
}

// validInstance reports what is wrong with a configured InstanceURL.
func validInstance(owner, address string) error {
	if err := missing(owner+".InstanceURL", address); err != nil {
		return err
	}
	if _, err := parseLogin(address); err != nil {
		e, _ := errors.AsType[*Error](err)
		e.Op = owner + ".InstanceURL"
		return e
	}
	return nil
}
