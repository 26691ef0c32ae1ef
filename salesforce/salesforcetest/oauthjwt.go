package salesforcetest

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxAssertionLife is how far ahead an assertion may expire.
const maxAssertionLife = 5 * time.Minute

// errAssertion is what every assertion gets that is malformed or not signed by
// the app.
var errAssertion = oauthError("invalid_grant", "invalid assertion")

// claims are what an assertion says.
type claims struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience audience `json:"aud"`
	Expires  expiry   `json:"exp"`
}

// audience is one address or a list of them.
type audience []string

func (a *audience) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(a))
}

// expiry is a time in seconds, as a number or a text.
type expiry float64

func (e *expiry) UnmarshalJSON(data []byte) error {
	n, err := strconv.ParseFloat(strings.Trim(string(data), `"`), 64)
	*e = expiry(n)
	return err
}

// jwtBearer is the flow with an assertion that the app has signed.
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm
func (req *tokenRequest) jwtBearer() (t tokens, e *apiError) {
	assertion, e := req.need("assertion")
	switch {
	case e != nil:
		return t, e
	case req.r.Form.Has("scope"):
		return t, oauthError("invalid_request", "scope parameter not supported")
	}
	c, e := req.verify(assertion)
	switch {
	case e != nil:
		return t, e
	case !slices.ContainsFunc(c.Audience, func(a string) bool { return isAudience(a, req.r) }):
		return t, oauthError("invalid_grant", "audience is invalid")
	}
	if e := c.Expires.check(req.Now()); e != nil {
		return t, e
	}
	user := req.user(c.Subject)
	if user == nil {
		return t, oauthError("invalid_grant", "user hasn't approved this consumer")
	}
	return req.direct(user)
}

// verify reads an assertion whose issuer has signed it, and makes the issuer the
// request's app.
func (req *tokenRequest) verify(assertion string) (c claims, e *apiError) {
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		return c, errAssertion
	}
	var header struct{ Alg string }
	signature, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[2], "="))
	if err != nil || !decodePart(parts[0], &header) || header.Alg != "RS256" || !decodePart(parts[1], &c) {
		return c, errAssertion
	}
	if req.app = req.Org.app(c.Issuer); req.app == nil {
		return c, errAppUnknown
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	for _, cert := range req.app.Certificates {
		key, ok := cert.PublicKey.(*rsa.PublicKey)
		if ok && rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) == nil {
			return c, nil
		}
	}
	return c, errAssertion
}

// decodePart reads the header or the claims of a token.
func decodePart(part string, v any) bool {
	data, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(part, "="))
	return err == nil && json.Unmarshal(data, v) == nil
}

// isAudience reports whether an assertion for an address is for this org.
func isAudience(address string, r *http.Request) bool {
	address = strings.TrimSuffix(address, "/")
	accepted := []string{instance(r), origin(r), ownDomain}
	for _, host := range loginHosts {
		accepted = append(accepted, "https://"+host)
	}
	return slices.ContainsFunc(accepted, func(a string) bool { return strings.EqualFold(a, address) })
}

// millis is the number from which a time is one in milliseconds: seconds reach
// it in the year 5138. Salesforce's own command line writes such times, only a
// moment ahead, so that they may be past when they arrive.
const millis = 1e11

// check refuses an assertion that has expired or lives too long.
func (e expiry) check(now time.Time) *apiError {
	seconds, grace := float64(e), 0.0
	if seconds >= millis {
		seconds, grace = seconds/1000, maxAssertionLife.Seconds()
	}
	left := seconds - float64(now.UnixMilli())/1000
	switch {
	case left > -grace && left <= maxAssertionLife.Seconds():
		return nil
	case left > 0:
		return errAssertion
	}
	return oauthError("invalid_grant", "expired authorization code")
}
