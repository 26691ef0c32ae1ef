package salesforce

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/hashicorp/go-retryablehttp"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const tokenPath = "/services/oauth2/token"

// askToken sends a form to the token endpoint. The client secret goes into the
// form too: with its other styles, or left to find one out, package oauth2 asks
// twice when it is refused.
//
// See "OAuth Endpoints" in Salesforce Help.
func (l login) askToken(ctx context.Context, op, clientID, clientSecret string, form url.Values) (Token, error) {
	app := clientcredentials.Config{
		ClientID:       clientID,
		ClientSecret:   clientSecret,
		TokenURL:       l.host.JoinPath(tokenPath).String(),
		EndpointParams: form, // whose grant_type replaces that of client credentials
		AuthStyle:      oauth2.AuthStyleInParams,
	}
	sender := &oauthTransport{transport: l.http, op: op}
	answer, err := app.Token(sender.lend(ctx))
	if err != nil {
		return Token{}, sender.fault(err)
	}
	return tokenOf(answer), nil
}

// tokenOf takes what we need out of an answer of the token endpoint. There is
// no expires_in in it: only a refusal tells that a session has ended.
func tokenOf(answer *oauth2.Token) Token {
	instance, _ := answer.Extra("instance_url").(string)
	identity, _ := answer.Extra("id").(string)
	return Token{
		AccessToken:  answer.AccessToken,
		RefreshToken: answer.RefreshToken,
		InstanceURL:  instance,
		Identity:     identity,
	}
}

// grant makes a grant of a token that a login host gave.
func (t Token) grant(op string, host *url.URL) (grant, error) {
	org, user := parseIdentity(t.Identity)
	return newGrant(op, t.AccessToken, t.InstanceURL, org, user, host)
}

// askGrant logs in by one request of the token endpoint.
func (l login) askGrant(ctx context.Context, op, clientID, clientSecret string, form url.Values) (grant, error) {
	token, err := l.askToken(ctx, op, clientID, clientSecret, form)
	if err != nil {
		return grant{}, err
	}
	return token.grant(op, l.host)
}

// parseIdentity reads org and user out of https://host/id/ORG/USER.
func parseIdentity(identity string) (org, user string) {
	segments := strings.Split(identity, "/")
	if n := len(segments); n >= 2 {
		return segments[n-2], segments[n-1]
	}
	return "", ""
}

// oauthTransport sends the forms that package oauth2 makes. A refusal goes back
// as it is, for oauth2 to make an error of.
type oauthTransport struct {
	*transport
	op   string
	lost bool // a form may have arrived whose answer did not
}

// lend gives the transport, with its retries and its headers, to package oauth2,
// which takes it from the context. No redirect is followed: it would take the
// secrets elsewhere.
func (t *oauthTransport) lend(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: t, CheckRedirect: lastResponse})
}

func (t *oauthTransport) RoundTrip(form *http.Request) (*http.Response, error) {
	a := newAttempt(form.Context(), &call{op: t.op, method: form.Method, idempotent: true, login: true})
	req, err := retryablehttp.FromRequest(form.Clone(a.next(t.now())))
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", t.agent)
	t.budget.earn()
	resp, err := t.client.Do(req)
	t.lost = t.lost || a.lost
	if t.observe != nil && err == nil && a.refusal == nil {
		e := t.eventOf(a, resp)
		e.Sent, e.Received = form.ContentLength, max(resp.ContentLength, 0)
		t.observe(e)
	}
	return resp, err
}

// fault makes an Error of one of package oauth2.
func (t *oauthTransport) fault(err error) error {
	err = oauthError(t.op, err)
	if e, ok := errors.AsType[*Error](err); ok {
		e.lost = t.lost
	}
	return err
}

// oauthError makes an Error of one of package oauth2.
func oauthError(op string, err error) error {
	e, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok || e.Response == nil {
		return noAnswer(op, err)
	}
	refusal := decodeError(e.Response.StatusCode, e.Body)
	refusal.Op = op
	return refusal
}

// missing reports a field of an auth value that is empty.
func missing(field, value string) error {
	if value != "" {
		return nil
	}
	return errors.New("salesforce: " + field + " is missing")
}
