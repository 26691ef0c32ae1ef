package salesforce

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"
)

// JWT logs in as a user by a signed claim: no password, no secret that goes over
// the wire, and no user being there. The app holds the certificate of the key,
// and an administrator has approved it for the user.
//
// See "OAuth 2.0 JWT Bearer Flow for Server-to-Server Integration" in
// Salesforce Help.
type JWT struct {
	ClientID string
	Username string

	// PrivateKey is the RSA key as PEM, PKCS #1 or PKCS #8, without a
	// passphrase. Leave it empty when there is a Signer.
	PrivateKey []byte

	// Signer signs instead of PrivateKey, for instance with a key that never
	// leaves a hardware module. Its key must be RSA.
	Signer crypto.Signer

	// Audience is the authorization server that the claim is for. Defaults to
	// Production or Sandbox, whichever the login host belongs to, and to the
	// login host itself when that is not Salesforce's.
	Audience string
}

// jwtLife is how long a claim is valid. Salesforce takes up to three minutes.
const jwtLife = 3 * time.Minute

// String tells the app and the user, never the key.
func (a JWT) String() string { return fmt.Sprintf("JWT(%s for %s)", a.ClientID, a.Username) }

// GoString is String, so that %#v tells no key either.
func (a JWT) GoString() string { return a.String() }

// LogValue is String, for the handlers of package slog that encode JSON.
func (a JWT) LogValue() slog.Value { return slog.StringValue(a.String()) }

func (a JWT) validate(*url.URL) error {
	_, err := a.signer()
	return errors.Join(missing("JWT.ClientID", a.ClientID), missing("JWT.Username", a.Username), err)
}

func (a JWT) login(ctx context.Context, l login) (grant, error) {
	const op = "log in with a JWT"
	assertion, err := a.assertion(l.host, l.http.now())
	if err != nil {
		return grant{}, fault(op, ErrAuth, "%v", err)
	}
	return l.askGrant(ctx, op, "", "", url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"},
		"assertion":  {assertion},
	})
}

// assertion is the signed claim. It says from when on it holds neither by nbf
// nor by iat: a clock that is fast by a second would make it invalid.
func (a JWT) assertion(host *url.URL, now time.Time) (string, error) {
	claims, err := json.Marshal(map[string]any{
		"iss": a.ClientID,
		"sub": a.Username,
		"aud": firstOf(a.Audience, audience(host)),
		"exp": now.Add(jwtLife).Unix(),
	})
	if err != nil {
		return "", err
	}
	signer, err := a.signer()
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." +
		base64.RawURLEncoding.EncodeToString(claims)
	digest := sha256.Sum256([]byte(text))
	signature, err := signer.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("the key does not sign: %w", err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// audience is the authorization server of a login host. Sandboxes and scratch
// orgs have theirs, whatever their own host is.
func audience(host *url.URL) string {
	name := host.Hostname()
	switch {
	case !strings.HasSuffix(name, ".salesforce.com"):
		return host.String()
	case host.String() == Sandbox, strings.Contains(name, ".sandbox.my."), strings.Contains(name, ".scratch.my."):
		return Sandbox
	default:
		return Production
	}
}

func (a JWT) signer() (crypto.Signer, error) {
	switch {
	case (a.Signer == nil) == (len(a.PrivateKey) == 0):
		return nil, errors.New("salesforce: JWT needs either a PrivateKey or a Signer")
	case a.Signer == nil:
		return parseKey(a.PrivateKey)
	}
	if _, ok := a.Signer.Public().(*rsa.PublicKey); !ok {
		return nil, fmt.Errorf("salesforce: JWT.Signer has a %T, want an RSA key", a.Signer.Public())
	}
	return a.Signer, nil
}

// parseKey reads an RSA key. What is wrong with one is told without its text.
func parseKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("salesforce: JWT.PrivateKey is no PEM")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		if key, ok := key.(*rsa.PrivateKey); ok {
			return key, nil
		}
		return nil, fmt.Errorf("salesforce: JWT.PrivateKey is a %T, want an RSA key", key)
	}
	return nil, fmt.Errorf("salesforce: JWT.PrivateKey is a PEM block of type %q, want an RSA key without a passphrase", clip(block.Type, 40))
}
