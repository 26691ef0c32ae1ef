package salesforce

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/url"

	"golang.org/x/oauth2"
)

// AuthCode lets a user log in with a browser and allow the app to act on their
// behalf: the web server flow, with PKCE.
//
//	consent, err := app.Start(loginURL)            // keep it in the user's session, send the browser to consent.URL
//	auth, who, err := app.Exchange(ctx, cfg, consent, r.URL.Query()) // where the browser comes back to
//
// See "OAuth 2.0 Web Server Flow for Web App Integration" in Salesforce Help.
type AuthCode struct {
	ClientID     string
	ClientSecret string // "" for an app that needs none
	// RedirectURL is where the browser comes back to, as the app has it.
	RedirectURL string
	// Scopes is what the app may do. Defaults to "api" and "refresh_token".
	Scopes []string
	// Store and Key are those of the [RefreshToken] that comes of it. Where the
	// app rotates its tokens there must be a Store.
	Store TokenStore
	Key   string
}

// Consent is a user's consent that was asked for.
type Consent struct {
	// URL is where to send the browser.
	URL string
	// State and Verifier tell the answer from one that somebody else made up.
	// Keep them where the answer finds them and nobody else does, such as the
	// user's session.
	State    string
	Verifier string
}

// String tells neither state nor verifier.
func (c Consent) String() string { return "Consent" }

// GoString is String, so that %#v tells no secret either.
func (c Consent) GoString() string { return c.String() }

// LogValue is String, for the handlers of package slog that encode JSON.
func (c Consent) LogValue() slog.Value { return slog.StringValue(c.String()) }

// String tells the app, never the secret.
func (a AuthCode) String() string { return fmt.Sprintf("AuthCode(%s)", a.ClientID) }

// GoString is String, so that %#v tells no secret either.
func (a AuthCode) GoString() string { return a.String() }

// LogValue is String, for the handlers of package slog that encode JSON.
func (a AuthCode) LogValue() slog.Value { return slog.StringValue(a.String()) }

func (a AuthCode) validate() error {
	return errors.Join(
		missing("AuthCode.ClientID", a.ClientID),
		missing("AuthCode.RedirectURL", a.RedirectURL),
		validKey("AuthCode", a.Key),
	)
}

// Start makes the address where a user logs in and is asked. The login starts
// at loginURL: Production, Sandbox, or MyDomain(name), which shows the org's
// own login page.
func (a AuthCode) Start(loginURL string) (Consent, error) {
	host, err := parseLogin(loginURL)
	if err := errors.Join(a.validate(), err); err != nil {
		return Consent{}, err
	}
	app := oauth2.Config{
		ClientID:    a.ClientID,
		RedirectURL: a.RedirectURL,
		Scopes:      scopesOr(a.Scopes),
		Endpoint:    oauth2.Endpoint{AuthURL: host.JoinPath("/services/oauth2/authorize").String()},
	}
	c := Consent{State: rand.Text(), Verifier: oauth2.GenerateVerifier()}
	c.URL = app.AuthCodeURL(c.State, oauth2.S256ChallengeOption(c.Verifier))
	return c, nil
}

const opExchange = "exchange an authorization code"

// Exchange takes the query with which the browser came back, and gives the way
// to log in from now on, saved in the Store, and who the user is. The login
// host, the transport and the OrgID are those of cfg; its Auth is not used. A
// consent can be exchanged once.
//
// The error matches [ErrAuth] when the user said no, when the state is another
// one, and when Salesforce refuses the code; and [ErrOrgMismatch] for a user of
// another org.
func (a AuthCode) Exchange(ctx context.Context, cfg Config, consent Consent, answer url.Values) (RefreshToken, Session, error) {
	l, err := cfg.begin(a.validate())
	if err != nil {
		return RefreshToken{}, Session{}, err
	}
	if err := consent.check(answer); err != nil {
		return RefreshToken{}, Session{}, err
	}
	token, err := l.askToken(ctx, opExchange, a.ClientID, a.ClientSecret, url.Values{
		"grant_type":    {"authorization_code"},
		"code":          {answer.Get("code")},
		"redirect_uri":  {a.RedirectURL},
		"code_verifier": {consent.Verifier},
	})
	if err != nil {
		return RefreshToken{}, Session{}, err
	}
	auth := RefreshToken{ClientID: a.ClientID, ClientSecret: a.ClientSecret, Store: a.Store, Key: a.Key}
	return l.settle(ctx, opExchange, auth, token)
}

// check reports whether an answer is a yes to this consent.
func (c Consent) check(answer url.Values) error {
	if c.State == "" || subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(c.State)) == 0 {
		return fault(opExchange, ErrAuth, "the answer belongs to another request: its state differs")
	}
	if code := answer.Get("error"); code != "" {
		e := fault(opExchange, ErrAuth, "%s", cleanText(answer.Get("error_description")))
		e.Code = codeOf(code)
		return e
	}
	if answer.Get("code") == "" {
		return fault(opExchange, ErrAuth, "the answer holds no code")
	}
	return nil
}

func scopesOr(scopes []string) []string {
	if len(scopes) == 0 {
		return []string{"api", "refresh_token"}
	}
	return scopes
}

// beginning is a login of a user who is there, outside of any client.
type beginning struct {
	login
	org ID
}

// begin prepares such a login; the errors are joined to those of cfg.
func (cfg Config) begin(faults error) (beginning, error) {
	cfg = cfg.withDefaults()
	if err := errors.Join(faults, cfg.validate()); err != nil {
		return beginning{}, err
	}
	host, err := parseLogin(cfg.LoginURL)
	if err != nil {
		return beginning{}, err
	}
	b := beginning{login: login{http: newTransport(cfg, newLane(cfg.Pace)), host: host, base: cfg.base()}}
	if cfg.OrgID != "" {
		b.org, err = exactID(cfg.OrgID)
	}
	return b, err
}

// settle makes a way to log in of a user's first token.
func (b beginning) settle(ctx context.Context, op string, auth RefreshToken, token Token) (RefreshToken, Session, error) {
	if token.RefreshToken == "" {
		return RefreshToken{}, Session{}, fault(op, ErrAuth, "the app gives no refresh token: it needs the scope refresh_token")
	}
	g, err := token.grant(op, b.host)
	if err == nil {
		err = checkOrg(op, b.org, g.session.OrgID)
	}
	if err != nil {
		return RefreshToken{}, Session{}, err
	}
	auth.Token = token.RefreshToken
	if err := auth.keep(ctx, op, token); err != nil {
		return RefreshToken{}, Session{}, err
	}
	g.session.LoggedIn = b.http.now()
	return auth, g.session, nil
}
