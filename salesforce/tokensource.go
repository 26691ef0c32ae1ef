package salesforce

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"

	"golang.org/x/oauth2"
)

// TokenSource takes the access tokens of any source of package oauth2. It is
// asked at the first call, and again when the org refuses the token; a source
// that then gives the same token once more ends in [ErrSession], so it must not
// cache one for ever: the answers of Salesforce tell no expiry.
type TokenSource struct {
	// Source gives the tokens. It is not asked by two goroutines at the same
	// time, and should give up after a while: it is not told when nobody waits
	// any more.
	Source oauth2.TokenSource
	// InstanceURL is the org's host, such as MyDomain("acme"). Defaults to the
	// instance_url of the token's answer.
	InstanceURL string
}

// String tells the org's host.
func (a TokenSource) String() string { return fmt.Sprintf("TokenSource(%s)", a.InstanceURL) }

// GoString is String: a source may hold secrets.
func (a TokenSource) GoString() string { return a.String() }

// LogValue is String, for the handlers of package slog that encode JSON.
func (a TokenSource) LogValue() slog.Value { return slog.StringValue(a.String()) }

func (a TokenSource) validate(*url.URL) error {
	var faults []error
	if a.Source == nil {
		faults = append(faults, errors.New("salesforce: TokenSource.Source is missing"))
	}
	if a.InstanceURL != "" {
		faults = append(faults, validInstance("TokenSource", a.InstanceURL))
	}
	return errors.Join(faults...)
}

func (a TokenSource) login(ctx context.Context, l login) (grant, error) {
	const op = "log in with a token source"
	answer, err := a.token(ctx)
	switch {
	case err != nil:
		return grant{}, oauthError(op, err)
	case answer == nil:
		return grant{}, fault(op, nil, "the source gives no token")
	}
	token := tokenOf(answer)
	if token.AccessToken == l.stale {
		return grant{}, fault(op, ErrSession, "the source gives the token again that was refused")
	}
	if a.InstanceURL != "" {
		token.InstanceURL = a.InstanceURL
	}
	l = l.at(token.InstanceURL)
	if token.Identity != "" {
		return token.grant(op, l.host)
	}
	return l.identify(ctx, op, token.AccessToken, token.InstanceURL)
}

// token asks the source, and does not wait for it beyond the context.
func (a TokenSource) token(ctx context.Context) (*oauth2.Token, error) {
	type result struct {
		token *oauth2.Token
		err   error
	}
	done := make(chan result, 1)
	go func() {
		token, err := a.Source.Token()
		done <- result{token, err}
	}()
	select {
	case r := <-done:
		return r.token, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
