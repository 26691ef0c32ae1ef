package salesforce

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// Device lets a user log in from a machine without a browser: it shows a code,
// which the user enters on another one.
//
//	code, err := app.Start(ctx, cfg)          // show code.URL and code.UserCode
//	auth, who, err := app.Wait(ctx, cfg, code) // until the user has entered it
//
// Salesforce has closed the flow for apps that an administrator has not
// installed. Prefer [AuthCode] where a browser can come back to the app.
//
// See "OAuth 2.0 Device Flow for IoT Integration" in Salesforce Help.
type Device struct {
	ClientID     string
	ClientSecret string // "" for an app that needs none
	// Scopes is what the app may do. Defaults to "api" and "refresh_token".
	Scopes []string
	// Store and Key are those of the [RefreshToken] that comes of it. Where the
	// app rotates its tokens there must be a Store.
	Store TokenStore
	Key   string
}

// DeviceCode is a login that waits for its user.
type DeviceCode struct {
	// URL is where the user enters the UserCode.
	URL      string
	UserCode string
	// Expires is when it is too late to do so.
	Expires time.Time

	answer *oauth2.DeviceAuthResponse
}

// String tells where to enter which code; the code that the device itself
// keeps is not told.
func (c DeviceCode) String() string { return fmt.Sprintf("DeviceCode(%s at %s)", c.UserCode, c.URL) }

// GoString is String, so that %#v tells no secret either.
func (c DeviceCode) GoString() string { return c.String() }

// String tells the app, never the secret.
func (a Device) String() string { return fmt.Sprintf("Device(%s)", a.ClientID) }

// GoString is String, so that %#v tells no secret either.
func (a Device) GoString() string { return a.String() }

// LogValue is String, for the handlers of package slog that encode JSON.
func (a Device) LogValue() slog.Value { return slog.StringValue(a.String()) }

// deviceLife is how long a code is good for where the answer does not say it.
const deviceLife = 10 * time.Minute

// maxDeviceLife is how many seconds a code may be good for.
const maxDeviceLife = 3600

const opDevice = "log in with a device code"

func (a Device) validate() error {
	return errors.Join(missing("Device.ClientID", a.ClientID), validKey("Device", a.Key))
}

func (a Device) app(b beginning) oauth2.Config {
	return oauth2.Config{
		ClientID:     a.ClientID,
		ClientSecret: a.ClientSecret,
		Scopes:       scopesOr(a.Scopes),
		Endpoint:     oauth2.Endpoint{TokenURL: b.host.JoinPath(tokenPath).String(), AuthStyle: oauth2.AuthStyleInParams},
	}
}

// Start asks for a code. The login host and the transport are those of cfg; its
// Auth is not used.
func (a Device) Start(ctx context.Context, cfg Config) (DeviceCode, error) {
	b, err := cfg.begin(a.validate())
	if err != nil {
		return DeviceCode{}, err
	}
	form := url.Values{"response_type": {"device_code"}, "client_id": {a.ClientID}, "scope": {strings.Join(scopesOr(a.Scopes), " ")}}
	ans, err := b.http.do(newAttempt(ctx, &call{
		op: opDevice, method: http.MethodPost, path: tokenPath, idempotent: true, login: true,
		body: bytesPayload("application/x-www-form-urlencoded", []byte(form.Encode())),
	}), b.host, "")
	if err != nil {
		return DeviceCode{}, err
	}
	defer drain(ans)
	var waits deviceAnswer
	if err := b.http.decode(ans, &waits); err != nil {
		return DeviceCode{}, err
	}
	if waits.DeviceCode == "" || waits.UserCode == "" || waits.URL == "" {
		return DeviceCode{}, fault(opDevice, nil, "the answer holds no code")
	}
	return waits.code(), nil
}

// deviceAnswer is the answer to a request for a code. Its times are seconds.
type deviceAnswer struct {
	DeviceCode string `json:"device_code"`
	UserCode   string `json:"user_code"`
	URL        string `json:"verification_uri"`
	Interval   int64  `json:"interval"`
	Life       int64  `json:"expires_in"`
}

// code is the login that waits, for no longer than one may and at a pace that
// can be.
func (w deviceAnswer) code() DeviceCode {
	life := deviceLife
	if w.Life > 0 {
		life = time.Duration(min(w.Life, maxDeviceLife)) * time.Second
	}
	expires := time.Now().Add(life) // the deadline of a context, which no other clock moves
	return DeviceCode{URL: w.URL, UserCode: w.UserCode, Expires: expires, answer: &oauth2.DeviceAuthResponse{
		DeviceCode: w.DeviceCode, Expiry: expires, Interval: min(max(w.Interval, 0), int64(life/time.Second)),
	}}
}

// Wait asks, as often as Salesforce allows, whether the user has entered the
// code, and gives the way to log in from now on, saved in the Store, and who
// the user is. The error matches [ErrAuth] when the user said no, and
// [context.DeadlineExceeded] when the code has expired.
func (a Device) Wait(ctx context.Context, cfg Config, code DeviceCode) (RefreshToken, Session, error) {
	b, err := cfg.begin(a.validate())
	if err != nil {
		return RefreshToken{}, Session{}, err
	}
	if code.answer == nil {
		return RefreshToken{}, Session{}, fault(opDevice, nil, "the code is none that Start gave")
	}
	app := a.app(b)
	sender := &oauthTransport{transport: b.http, op: opDevice}
	answer, err := app.DeviceAccessToken(sender.lend(ctx), code.answer,
		oauth2.SetAuthURLParam("grant_type", "device"), // Salesforce has its own names for what RFC 8628 says
		oauth2.SetAuthURLParam("code", code.answer.DeviceCode))
	if err != nil {
		return RefreshToken{}, Session{}, sender.fault(err)
	}
	auth := RefreshToken{ClientID: a.ClientID, ClientSecret: a.ClientSecret, Store: a.Store, Key: a.Key}
	return b.settle(ctx, opDevice, auth, tokenOf(answer))
}
