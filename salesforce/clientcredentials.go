package salesforce

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/hashicorp/go-retryablehttp"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
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

func (a ClientCredentials) validate(login *url.URL) error {
	var faults []error
	if a.ClientID == "" {
		faults = append(faults, errors.New("salesforce: ClientCredentials.ClientID is missing"))
	}
	if a.ClientSecret == "" {
		faults = append(faults, errors.New("salesforce: ClientCredentials.ClientSecret is missing"))
	}
	if login != nil && (login.String() == Production || login.String() == Sandbox) {
		faults = append(faults, fmt.Errorf(
			"salesforce: ClientCredentials do not work at %s: set LoginURL to MyDomain(name)", login))
	}
	return errors.Join(faults...)
}

func (a ClientCredentials) login(ctx context.Context, t *transport, host *url.URL) (grant, error) {
	const op = "log in with client credentials"
	app := clientcredentials.Config{
		ClientID:     a.ClientID,
		ClientSecret: a.ClientSecret,
		TokenURL:     host.JoinPath("/services/oauth2/token").String(),
		AuthStyle:    oauth2.AuthStyleInParams, // left to itself, a refusal would be asked for twice
	}
	token, err := app.Token(t.forOAuth(ctx, op))
	if err != nil {
		return grant{}, oauthError(op, err)
	}
	instance, _ := token.Extra("instance_url").(string)
	identity, _ := token.Extra("id").(string)
	org, user := parseIdentity(identity)
	return newGrant(op, token.AccessToken, instance, org, user, host)
}

// parseIdentity reads org and user out of https://host/id/ORG/USER.
func parseIdentity(identity string) (org, user string) {
	segments := strings.Split(identity, "/")
	if n := len(segments); n >= 2 {
		return segments[n-2], segments[n-1]
	}
	return "", ""
}

// forOAuth lends the transport, with its retries and its headers, to package
// oauth2, which takes it from the context.
func (t *transport) forOAuth(ctx context.Context, op string) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: oauthTransport{t, op}})
}

// oauthTransport sends the form that package oauth2 made. A refusal goes back
// as it is, for oauth2 to make an error of.
type oauthTransport struct {
	*transport
	op string
}

func (t oauthTransport) RoundTrip(form *http.Request) (*http.Response, error) {
	a := newAttempt(form.Context(), &call{op: t.op, method: form.Method, idempotent: true, login: true})
	req, err := retryablehttp.FromRequest(form.Clone(a.next(t.now())))
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", t.agent)
	return t.client.Do(req)
}

// oauthError makes an Error of one of package oauth2.
func oauthError(op string, err error) error {
	e, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return noAnswer(op, err)
	}
	refusal := decodeError(e.Response.StatusCode, e.Body)
	refusal.Op = op
	return refusal
}
