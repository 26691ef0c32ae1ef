package salesforce

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
)

// Password logs in with username, password and security token by the OAuth
// username-password flow.
//
// Salesforce advises against it: External Client Apps do not have the flow, a
// new org has it switched off, and a user with multi-factor authentication
// cannot use it. Where it is all that there is, it outlives [SOAPLogin].
//
// See "OAuth 2.0 Username-Password Flow for Special Scenarios" in Salesforce
// Help.
type Password struct {
	ClientID     string
	ClientSecret string // "" for an app that needs none
	Username     string
	Password     string
	// SecurityToken is appended to the password. Leave it empty for a user who
	// logs in from a trusted network.
	SecurityToken string
}

// String tells the app and the user, never the password.
func (a Password) String() string { return fmt.Sprintf("Password(%s for %s)", a.ClientID, a.Username) }

// GoString is String, so that %#v tells no password either.
func (a Password) GoString() string { return a.String() }

// LogValue is String, for the handlers of package slog that encode JSON.
func (a Password) LogValue() slog.Value { return slog.StringValue(a.String()) }

func (a Password) validate(*url.URL) error {
	return errors.Join(
		missing("Password.ClientID", a.ClientID),
		missing("Password.Username", a.Username),
		missing("Password.Password", a.Password),
	)
}

func (a Password) login(ctx context.Context, l login) (grant, error) {
	return l.askGrant(ctx, "log in with username and password", a.ClientID, a.ClientSecret, url.Values{
		"grant_type": {"password"},
		"username":   {a.Username},
		"password":   {a.Password + a.SecurityToken},
	})
}
