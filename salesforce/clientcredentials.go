package salesforce

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
)

// ClientCredentials logs in as an app: with the consumer key and secret of an
// External Client App whose client credentials flow is on and which names a
// run-as user. The client acts on behalf of that user. It works on the org's
// own My Domain host only.
//
// See "OAuth 2.0 Client Credentials Flow for Server-to-Server Integration" in
// Salesforce Help.
type ClientCredentials struct {
	ClientID     string
	ClientSecret string
}

// String tells the app, never the secret.
func (a ClientCredentials) String() string { return fmt.Sprintf("ClientCredentials(%s)", a.ClientID) }

// GoString is String, so that %#v tells no secret either.
func (a ClientCredentials) GoString() string { return a.String() }

// LogValue is String, for the handlers of package slog that encode JSON.
func (a ClientCredentials) LogValue() slog.Value { return slog.StringValue(a.String()) }

func (a ClientCredentials) validate(host *url.URL) error {
	faults := []error{
		missing("ClientCredentials.ClientID", a.ClientID),
		missing("ClientCredentials.ClientSecret", a.ClientSecret),
	}
	if host != nil && (host.String() == Production || host.String() == Sandbox) {
		faults = append(faults, fmt.Errorf(
			"salesforce: ClientCredentials do not work at %s: set LoginURL to MyDomain(name)", host))
	}
	return errors.Join(faults...)
}

func (a ClientCredentials) login(ctx context.Context, l login) (grant, error) {
	return l.askGrant(ctx, "log in with client credentials", a.ClientID, a.ClientSecret, nil)
}
