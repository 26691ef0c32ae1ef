package salesforce_test

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func certificate(t *testing.T) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sfbridge"}, NotAfter: time.Now().AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &testKey().PublicKey, testKey())
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return cert
}

// browse goes where a browser would, and returns the query that it comes back
// with.
func browse(t *testing.T, org *salesforcetest.Org, address string) url.Values {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	resp, err := org.Transport().RoundTrip(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	back, err := url.Parse(resp.Header.Get("Location"))
	require.NoError(t, err)
	return back.Query()
}

// Every way to log in reaches the org, and reaches it again when its session
// has ended.
func TestEveryAuthLogsInAndAgain(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(&salesforcetest.Options{
		JWTCertificates: []*x509.Certificate{certificate(t)}, RotateRefreshTokens: true,
	})
	cfg := salesforce.Config{LoginURL: salesforce.MyDomain("acme"), HTTPClient: &http.Client{Transport: org.Transport()}}
	app := salesforce.AuthCode{ClientID: "cid", ClientSecret: "csecret", RedirectURL: "https://host.example.com/callback"}
	consent, err := app.Start(cfg.LoginURL)
	require.NoError(t, err)
	consented, who, err := app.Exchange(t.Context(), cfg, consent, browse(t, org, consent.URL))
	require.NoError(t, err)
	require.Equal(t, salesforce.ID(org.Credentials().UserID), who.UserID)

	for name, auth := range map[string]salesforce.Auth{
		"client credentials": salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
		"SOAP login":         salesforce.SOAPLogin{Username: "user@example.com", Password: "secret", SecurityToken: "TOKEN"},
		"password": salesforce.Password{
			ClientID: "cid", ClientSecret: "csecret", Username: "user@example.com", Password: "secret", SecurityToken: "TOKEN",
		},
		"JWT":           salesforce.JWT{ClientID: "cid", Username: "user@example.com", Signer: testKey()},
		"refresh token": consented,
		"token source":  salesforce.TokenSource{Source: asking{org}},
	} {
		cfg := cfg
		cfg.Auth = auth
		c, err := salesforce.New(cfg)
		require.NoError(t, err, name)
		for range 3 {
			_, err = c.Count(t.Context(), "SELECT COUNT() FROM Lead")
			require.NoError(t, err, name)
			org.ExpireSessions()
		}
	}
}

func TestOrgRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(&salesforcetest.Options{
		JWTCertificates: []*x509.Certificate{certificate(t)}, PasswordFlowOff: true, SOAPLoginOff: true,
	})
	for name, c := range map[string]struct {
		auth  salesforce.Auth
		class error
	}{
		"unknown app":  {salesforce.JWT{ClientID: "x", Username: "user@example.com", Signer: testKey()}, salesforce.ErrCredentials},
		"unknown user": {salesforce.JWT{ClientID: "cid", Username: "nobody@example.com", Signer: testKey()}, salesforce.ErrAuth},
		"another org":  {salesforce.JWT{ClientID: "cid", Username: "user@example.com", Signer: testKey(), Audience: "https://example.com"}, salesforce.ErrWrongHost},
		"wrong secret": {salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "x"}, salesforce.ErrCredentials},
		"flow is off":  {salesforce.Password{ClientID: "cid", ClientSecret: "csecret", Username: "user@example.com", Password: "secretTOKEN"}, salesforce.ErrAuth},
		"login is off": {salesforce.SOAPLogin{Username: "user@example.com", Password: "secretTOKEN"}, salesforce.ErrSOAPLoginUnavailable},
		"no token":     {salesforce.RefreshToken{ClientID: "cid", ClientSecret: "csecret", Token: "x"}, salesforce.ErrAuth},
		"no session":   {salesforce.StaticToken{AccessToken: "x", InstanceURL: salesforce.MyDomain("acme")}, salesforce.ErrSession},
	} {
		org.ResetRequests()
		_, err := orgClient(t, org, withAuth(c.auth)).CheckConnection(t.Context())
		require.ErrorIs(t, err, c.class, name)
		require.NotEmpty(t, salesforce.Advice(err), name)
		require.Len(t, org.Requests(), 1, "%s: a refused login is not tried again", name)
	}
}

func TestRevokedConsentEndsTheLogin(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	cfg := salesforce.Config{LoginURL: salesforce.MyDomain("acme"), HTTPClient: &http.Client{Transport: org.Transport()}}
	app := salesforce.AuthCode{ClientID: "cid", ClientSecret: "csecret", RedirectURL: "https://host.example.com/callback", Store: &shelf{}, Key: "ada"}
	consent, err := app.Start(cfg.LoginURL)
	require.NoError(t, err)
	cfg.Auth, _, err = app.Exchange(t.Context(), cfg, consent, browse(t, org, consent.URL))
	require.NoError(t, err)
	c, err := salesforce.New(cfg)
	require.NoError(t, err)
	require.NoError(t, count(t, c))

	org.RevokeTokens()
	org.ExpireSessions()

	require.ErrorIs(t, count(t, c), salesforce.ErrAuth)
}

func TestDeviceOfTheOrg(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := salesforcetest.NewOrg(nil)
		cfg := salesforce.Config{LoginURL: salesforce.MyDomain("acme"), HTTPClient: &http.Client{Transport: org.Transport()}}
		app := salesforce.Device{ClientID: "cid"}
		code, err := app.Start(t.Context(), cfg)
		require.NoError(t, err)
		time.AfterFunc(12*time.Second, func() {
			browse(t, org, code.URL+"?user_code="+url.QueryEscape(code.UserCode))
		})
		start := time.Now()

		auth, who, err := app.Wait(t.Context(), cfg, code)

		require.NoError(t, err)
		require.Equal(t, 15*time.Second, time.Since(start))
		require.Equal(t, salesforce.ID(org.Credentials().UserID), who.UserID)
		cfg.Auth = auth
		c, err := salesforce.New(cfg)
		require.NoError(t, err)
		require.NoError(t, count(t, c))
	})
}
