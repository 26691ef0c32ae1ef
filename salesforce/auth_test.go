package salesforce_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func pkcs8(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return pemOf("PRIVATE KEY", der)
}

func withAuth(a salesforce.Auth) func(*salesforce.Config) {
	return func(cfg *salesforce.Config) { cfg.Auth = a }
}

// formOf is an org that keeps the last form that its token endpoint was sent.
func formOf(form *url.Values) *script {
	org := &script{answer: body(200, rows(0))}
	org.login = func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		*form = r.PostForm
		writeGrant(w, r, fmt.Sprintf("T%d", org.loginCount()))
	}
	return org
}

func TestJWTIsSignedAndSaysWhoForWhom(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	key := testKey()
	for name, auth := range map[string]salesforce.JWT{
		"PKCS #1": {PrivateKey: pemOf("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))},
		"PKCS #8": {PrivateKey: pkcs8(t, key)},
		"signer":  {Signer: key},
	} {
		auth.ClientID, auth.Username = "cid", "ada@example.com"
		var form url.Values
		c := newClient(t, formOf(&form), withAuth(auth), func(cfg *salesforce.Config) { cfg.Now = func() time.Time { return now } })

		s, err := c.Session(t.Context())

		require.NoError(t, err, name)
		require.Equal(t, salesforce.ID(userID), s.UserID)
		require.Equal(t, "urn:ietf:params:oauth:grant-type:jwt-bearer", form.Get("grant_type"))
		require.Len(t, form, 2, "no secret, no scope: %v", form)
		parts := strings.Split(form.Get("assertion"), ".")
		require.Len(t, parts, 3)
		header, err := base64.RawURLEncoding.DecodeString(parts[0])
		require.NoError(t, err)
		require.JSONEq(t, `{"alg":"RS256","typ":"JWT"}`, string(header))
		claims, err := base64.RawURLEncoding.DecodeString(parts[1])
		require.NoError(t, err)
		require.JSONEq(t, fmt.Sprintf(`{"iss":"cid","sub":"ada@example.com","aud":"http://localhost","exp":%d}`, now.Unix()+180), string(claims))
		signature, err := base64.RawURLEncoding.DecodeString(parts[2])
		require.NoError(t, err)
		digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
		require.NoError(t, rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, digest[:], signature))
	}
}

func TestJWTIsForTheServerOfItsHost(t *testing.T) {
	t.Parallel()
	for login, want := range map[string]string{
		salesforce.Production:                     salesforce.Production,
		salesforce.Sandbox:                        salesforce.Sandbox,
		salesforce.MyDomain("acme"):               salesforce.Production,
		salesforce.MyDomain("acme.develop"):       salesforce.Production,
		salesforce.MyDomain("acme--uat.sandbox"):  salesforce.Sandbox,
		salesforce.MyDomain("acme--dev1.scratch"): salesforce.Sandbox,
		"http://127.0.0.1:8080":                   "http://127.0.0.1:8080",
	} {
		var form url.Values
		org := formOf(&form)
		org.login = func(w http.ResponseWriter, r *http.Request) {
			_ = r.ParseForm()
			form = r.PostForm
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"access_token":"T1","instance_url":"https://acme.my.salesforce.com","id":"https://x/id/%s/%s"}`, orgID, userID)
		}
		c := clientAt(t, login, inProcess{org}, withAuth(salesforce.JWT{ClientID: "cid", Username: "u", Signer: testKey()}))

		_, err := c.Session(t.Context())

		require.NoError(t, err, login)
		claims, err := base64.RawURLEncoding.DecodeString(strings.Split(form.Get("assertion"), ".")[1])
		require.NoError(t, err)
		var got struct{ Aud string }
		require.NoError(t, json.Unmarshal(claims, &got))
		require.Equal(t, want, got.Aud, login)
	}
}

func TestPasswordAppendsTheSecurityToken(t *testing.T) {
	t.Parallel()
	var form url.Values
	c := newClient(t, formOf(&form), withAuth(salesforce.Password{
		ClientID: "cid", ClientSecret: "csecret", Username: "ada@example.com", Password: "p&=ä", SecurityToken: "TOKEN",
	}))

	_, err := c.Session(t.Context())

	require.NoError(t, err)
	require.Equal(t, url.Values{
		"grant_type": {"password"}, "client_id": {"cid"}, "client_secret": {"csecret"},
		"username": {"ada@example.com"}, "password": {"p&=äTOKEN"},
	}, form)
}

func TestAuthSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	for _, c := range []struct {
		auth salesforce.Auth
		text string
	}{
		{salesforce.JWT{}, "JWT.ClientID is missing\nsalesforce: JWT.Username is missing\nsalesforce: JWT needs either a PrivateKey or a Signer"},
		{salesforce.JWT{PrivateKey: []byte("x"), Signer: testKey()}, "either a PrivateKey or a Signer"},
		{salesforce.JWT{PrivateKey: []byte("secret")}, "is no PEM"},
		{salesforce.JWT{PrivateKey: pemOf("CERTIFICATE", []byte("secret"))}, `PEM block of type "CERTIFICATE"`},
		{salesforce.JWT{PrivateKey: pkcs8(t, curve)}, "is a *ecdsa.PrivateKey"},
		{salesforce.JWT{Signer: curve}, "has a *ecdsa.PublicKey"},
		{salesforce.Password{}, "Password.ClientID is missing\nsalesforce: Password.Username is missing\nsalesforce: Password.Password is missing"},
		{salesforce.RefreshToken{}, "RefreshToken.ClientID is missing\nsalesforce: RefreshToken.Token is missing"},
		{salesforce.RefreshToken{ClientID: "cid", Key: "k"}, "no Store and Key"},
		{salesforce.RefreshToken{ClientID: "cid", Token: "secret", Key: strings.Repeat("k", 201)}, "RefreshToken.Key has 201 bytes"},
		{salesforce.StaticToken{}, "StaticToken.AccessToken is missing\nsalesforce: StaticToken.InstanceURL is missing"},
		{salesforce.StaticToken{AccessToken: "secret", InstanceURL: "acme"}, "StaticToken.InstanceURL: it has not the form"},
		{salesforce.StaticToken{AccessToken: "secret", InstanceURL: "http://acme.my.salesforce.com"}, "is not https"},
		{salesforce.TokenSource{}, "TokenSource.Source is missing"},
		{salesforce.TokenSource{Source: &tokens{}, InstanceURL: "acme"}, "TokenSource.InstanceURL"},
	} {
		_, err := salesforce.New(salesforce.Config{Auth: c.auth})
		require.ErrorContains(t, err, c.text)
		require.NotContains(t, err.Error(), "secret")
	}
}

func TestNoAuthTellsItsSecrets(t *testing.T) {
	t.Parallel()
	for _, value := range []any{
		salesforce.JWT{ClientID: "cid", Username: "u", PrivateKey: []byte("secret")},
		salesforce.JWT{ClientID: "cid", Username: "u", Signer: testKey()},
		salesforce.Password{ClientID: "cid", ClientSecret: "secret", Password: "secret", SecurityToken: "secret"},
		salesforce.RefreshToken{ClientID: "cid", ClientSecret: "secret", Token: "secret"},
		salesforce.StaticToken{AccessToken: "secret", InstanceURL: "https://x"},
		salesforce.TokenSource{Source: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "secret"})},
		salesforce.AuthCode{ClientID: "cid", ClientSecret: "secret"},
		salesforce.Device{ClientID: "cid", ClientSecret: "secret"},
		salesforce.Consent{URL: "https://x?state=secret", State: "secret", Verifier: "secret"},
		salesforce.Token{RefreshToken: "secret", AccessToken: "secret", Identity: "https://x/id/o/u"},
		salesforce.SOAPLogin{Username: "u", Password: "secret", SecurityToken: "secret"},
		salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "secret"},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			text := fmt.Sprintf(verb, value)
			require.NotContains(t, text, "secret")
			require.NotContains(t, text, testKey().D.String()[:20])
		}
		auth, _ := value.(salesforce.Auth)
		for _, logged := range []any{value, salesforce.Config{Auth: auth}, &salesforce.Config{Auth: auth}} {
			var log strings.Builder
			slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "value", logged)
			slog.New(slog.NewTextHandler(&log, nil)).Info("x", "value", logged)
			require.NotContains(t, log.String(), "secret")
			require.NotContains(t, log.String(), "c2VjcmV0", "nor in base64")
		}
	}
}

func TestStaticTokenIsUsedAndNeverRenewed(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	c, err := salesforce.New(salesforce.Config{
		Auth:       salesforce.StaticToken{AccessToken: org.Credentials().AccessToken, InstanceURL: salesforce.MyDomain("acme")},
		OrgID:      org.Credentials().OrgID[:15],
		HTTPClient: &http.Client{Transport: org.Transport()},
	})
	require.NoError(t, err)

	s, err := c.Session(t.Context())
	require.NoError(t, err)
	require.Equal(t, salesforce.ID(org.Credentials().OrgID), s.OrgID)
	require.Equal(t, salesforce.ID(org.Credentials().UserID), s.UserID)
	require.Equal(t, "https://acme.my.salesforce.com", s.InstanceURL)

	org.ExpireSessions()
	org.ResetRequests()
	for range 3 {
		_, err = c.Count(t.Context(), "SELECT COUNT() FROM Lead")
		require.ErrorIs(t, err, salesforce.ErrSession)
		require.False(t, salesforce.Retryable(err))
	}
	require.Len(t, org.Requests(), 1)
}

func TestStaticTokenOfAnotherOrgIsFoundFirst(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	c, err := salesforce.New(salesforce.Config{
		Auth:       salesforce.StaticToken{AccessToken: org.Credentials().AccessToken, InstanceURL: salesforce.MyDomain("acme")},
		OrgID:      "00D000000000001",
		HTTPClient: &http.Client{Transport: org.Transport()},
	})
	require.NoError(t, err)

	_, err = c.Create(t.Context(), "Lead", lead, nil)

	require.ErrorIs(t, err, salesforce.ErrOrgMismatch)
	require.NotErrorIs(t, err, salesforce.ErrOutcomeUnknown)
}

// tokens is a source that gives one token after another, the last one for ever.
type tokens struct {
	list []*oauth2.Token
	err  error
}

func (s *tokens) Token() (*oauth2.Token, error) {
	if s.err != nil {
		return nil, s.err
	}
	next := s.list[0]
	if len(s.list) > 1 {
		s.list = s.list[1:]
	}
	return next, nil
}

func TestTokenSourceIsAskedAgainWhenTheOrgRefuses(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	source := asking{org}
	c, err := salesforce.New(salesforce.Config{
		Auth:       salesforce.TokenSource{Source: source, InstanceURL: salesforce.MyDomain("acme")},
		HTTPClient: &http.Client{Transport: org.Transport()},
	})
	require.NoError(t, err)
	_, err = c.Count(t.Context(), "SELECT COUNT() FROM Lead")
	require.NoError(t, err)

	org.ExpireSessions()
	_, err = c.Count(t.Context(), "SELECT COUNT() FROM Lead")

	require.NoError(t, err)
}

func TestTokenSourceThatRepeatsItselfEndsTheSession(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	caching := oauth2.ReuseTokenSource(nil, asking{org}) // which finds no expiry in the answer
	c, err := salesforce.New(salesforce.Config{
		Auth:       salesforce.TokenSource{Source: caching, InstanceURL: salesforce.MyDomain("acme")},
		HTTPClient: &http.Client{Transport: org.Transport()},
	})
	require.NoError(t, err)
	_, err = c.Count(t.Context(), "SELECT COUNT() FROM Lead")
	require.NoError(t, err)

	org.ExpireSessions()
	_, err = c.Count(t.Context(), "SELECT COUNT() FROM Lead")

	require.ErrorIs(t, err, salesforce.ErrSession)
	require.ErrorContains(t, err, "gives the token again")
}

// asking is a source that asks the org each time.
type asking struct{ org *salesforcetest.Org }

func (a asking) Token() (*oauth2.Token, error) {
	ctx := context.WithValue(context.Background(), oauth2.HTTPClient, &http.Client{Transport: a.org.Transport()})
	app := clientcredentials.Config{
		ClientID: "cid", ClientSecret: "csecret",
		TokenURL: salesforce.MyDomain("acme") + "/services/oauth2/token", AuthStyle: oauth2.AuthStyleInParams,
	}
	return app.Token(ctx)
}

func TestTokenSourceMayTellWhereAndWho(t *testing.T) {
	t.Parallel()
	org := &script{answer: body(200, rows(0))}
	org.expire() // so that it takes T1
	token := (&oauth2.Token{AccessToken: "T1"}).WithExtra(map[string]any{
		"instance_url": "http://localhost", "id": "https://login.salesforce.com/id/" + orgID + "/" + userID,
	})
	c := newClient(t, org, withAuth(salesforce.TokenSource{Source: oauth2.StaticTokenSource(token)}))

	s, err := c.Session(t.Context())

	require.NoError(t, err)
	require.Equal(t, salesforce.ID(userID), s.UserID)
	require.Zero(t, org.callCount())
}

func TestTokenSourceThatFails(t *testing.T) {
	t.Parallel()
	for _, auth := range []salesforce.TokenSource{
		{Source: &tokens{err: errors.New("the vault is closed")}},
		{Source: &tokens{list: []*oauth2.Token{nil}}},
		{Source: &tokens{list: []*oauth2.Token{{AccessToken: "T1"}}}}, // nobody says where
		{Source: &tokens{err: &oauth2.RetrieveError{ErrorCode: "invalid_grant"}}},
	} {
		_, err := newClient(t, &script{}, withAuth(auth)).Session(t.Context())
		require.ErrorContains(t, err, "log in with a token source")
	}
}

func TestTokenSourceThatHangsIsNotWaitedForBeyondTheTimeOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		c := newClient(t, &script{}, withAuth(salesforce.TokenSource{Source: hanging(release)}))

		_, err := c.Session(t.Context())

		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

type hanging <-chan struct{}

func (h hanging) Token() (*oauth2.Token, error) {
	<-h
	return nil, io.EOF
}
