package salesforcetest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"time"
)

// serveDiscovery answers the OpenID Connect discovery document.
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_openid_discovery_endpoint.htm
func (o *Org) serveDiscovery(w http.ResponseWriter, r *http.Request) {
	host := origin(r)
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                host,
		"authorization_endpoint":                host + "/services/oauth2/authorize",
		"token_endpoint":                        host + "/services/oauth2/token",
		"revocation_endpoint":                   host + "/services/oauth2/revoke",
		"userinfo_endpoint":                     host + "/services/oauth2/userinfo",
		"introspection_endpoint":                host + "/services/oauth2/introspect",
		"jwks_uri":                              host + "/id/keys",
		"scopes_supported":                      knownScopes,
		"response_types_supported":              []string{"code", "token"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"display_values_supported":              []string{"page"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "client_secret_basic"},
		"claims_supported": []string{
			"active", "address", "email", "email_verified", "family_name", "given_name", "is_app_installed", "language", "locale",
			"name", "nickname", "organization_id", "phone_number", "phone_number_verified", "photos", "picture",
			"preferred_username", "profile", "sub", "updated_at", "urls", "user_id", "user_type", "zoneinfo",
		},
	})
}

// keyID names the key with which the org signs.
const keyID = "1"

// newSigningKey makes the key with which an org signs id tokens.
func newSigningKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	return key
}

// serveKeys answers the public keys of the org.
func (o *Org) serveKeys(w http.ResponseWriter) {
	key := o.signingKey().PublicKey
	writeJSON(w, http.StatusOK, map[string]any{"keys": []any{map[string]string{
		"kty": "RSA", "alg": "RS256", "use": "sig", "kid": keyID,
		"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
	}}})
}

// idTokenLife is how long an id token is good.
const idTokenLife = 2 * time.Minute

// idToken tells an app who has logged in.
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_openid.htm
func (o *Org) idToken(r *http.Request, g *grant, accessToken string) string {
	now := o.Now()
	sum := sha256.Sum256([]byte(accessToken))
	claims := map[string]any{
		"iss":     origin(r),
		"sub":     instance(r) + "/id/" + o.opt.OrgID + "/" + g.user,
		"aud":     g.app.ID,
		"iat":     now.Unix(),
		"exp":     now.Add(idTokenLife).Unix(),
		"at_hash": base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2]),
	}
	if g.nonce != "" {
		claims["nonce"] = g.nonce
	}
	text := jwtPart(map[string]any{"alg": "RS256", "kid": keyID, "typ": "JWT"}) + "." + jwtPart(claims)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, o.signingKey(), crypto.SHA256, digest[:])
	must(err)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func jwtPart(v any) string {
	data, err := json.Marshal(v)
	must(err)
	return base64.RawURLEncoding.EncodeToString(data)
}

// bearer finds the user of a request to an identity endpoint. The token may also
// be a parameter there, and a bad one is answered in another way than elsewhere.
func (o *Org) bearer(w http.ResponseWriter, r *http.Request) *record {
	if r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost {
		w.Header().Set("Allow", "GET, HEAD, POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return nil
	}
	token := bearerToken(r)
	for _, name := range []string{"oauth_token", "access_token"} {
		if token == "" {
			token = r.FormValue(name)
		}
	}
	s, ok := o.session(token)
	if !ok {
		w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, "Bad_OAuth_Token")
		return nil
	}
	return o.userByID(s.user)
}

// serveUserInfo answers the OpenID Connect user info endpoint.
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_userinfo_endpoint.htm
func (o *Org) serveUserInfo(w http.ResponseWriter, r *http.Request) {
	user := o.bearer(w, r)
	if user == nil {
		return
	}
	host, photos := instance(r), userPhotos(r)
	answer := o.whoIs(r, user)
	maps.Copy(answer, map[string]any{
		"sub":                            fmt.Sprintf("%s/id/%s/%s", host, o.opt.OrgID, user.id()),
		"preferred_username":             user.value("Username"),
		"nickname":                       user.value("CommunityNickname"),
		"name":                           user.value("Name"),
		"given_name":                     user.value("FirstName"),
		"family_name":                    user.value("LastName"),
		"zoneinfo":                       user.value("TimeZoneSidKey"),
		"profile":                        host + "/" + user.id(),
		"picture":                        photos["picture"],
		"address":                        map[string]any{},
		"updated_at":                     user.stamp().Format("2006-01-02T15:04:05Z"),
		"is_salesforce_integration_user": false,
	})
	writeJSON(w, http.StatusOK, answer)
}

// serveIdentity answers the identity URL of a user.
// https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_using_openid.htm
func (o *Org) serveIdentity(w http.ResponseWriter, r *http.Request, org, id string) {
	user := o.bearer(w, r)
	if user == nil {
		return
	}
	if long(org) != o.opt.OrgID || long(id) != user.id() {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	answer := o.whoIs(r, user)
	maps.Copy(answer, map[string]any{
		"id":                    fmt.Sprintf("%s/id/%s/%s", instance(r), o.opt.OrgID, user.id()),
		"asserted_user":         true,
		"username":              user.value("Username"),
		"nick_name":             user.value("CommunityNickname"),
		"display_name":          user.value("Name"),
		"first_name":            user.value("FirstName"),
		"last_name":             user.value("LastName"),
		"timezone":              user.value("TimeZoneSidKey"),
		"addr_street":           nil,
		"addr_city":             nil,
		"addr_state":            nil,
		"addr_country":          nil,
		"addr_zip":              nil,
		"mobile_phone":          nil,
		"mobile_phone_verified": false,
		"status":                map[string]any{"created_date": nil, "body": nil},
		"last_modified_date":    user.stamp().Format(wireDateTime),
	})
	writeJSON(w, http.StatusOK, answer)
}

// whoIs is what both identity endpoints say of a user.
func (o *Org) whoIs(r *http.Request, user *record) map[string]any {
	host := instance(r)
	return map[string]any{
		"user_id":          user.id(),
		"organization_id":  o.opt.OrgID,
		"email":            user.value("Email"),
		"email_verified":   true,
		"photos":           userPhotos(r),
		"urls":             serviceURLs(host, o.opt.OrgID, user.id()),
		"active":           user.value("IsActive"),
		"user_type":        "STANDARD",
		"language":         user.value("LanguageLocaleKey"),
		"locale":           user.value("LocaleSidKey"),
		"utcOffset":        utcOffset(user.text("TimeZoneSidKey"), o.Now()),
		"is_app_installed": true,
	}
}

// utcOffset is how far ahead of UTC a zone is in winter, in milliseconds.
func utcOffset(zone string, now time.Time) int64 {
	place, err := time.LoadLocation(zone)
	if err != nil {
		return 0
	}
	_, january := time.Date(now.Year(), time.January, 1, 0, 0, 0, 0, place).Zone()
	_, july := time.Date(now.Year(), time.July, 1, 0, 0, 0, 0, place).Zone()
	return int64(min(january, july)) * 1000
}

// userPhotos are the pictures of a user who has none of his own.
func userPhotos(r *http.Request) map[string]string {
	return map[string]string{
		"picture": instance(r) + "/profilephoto/005/F", "thumbnail": instance(r) + "/profilephoto/005/T",
	}
}

// serviceURLs are where the APIs live; {version} is for the client to fill in.
func serviceURLs(host, org, user string) map[string]string {
	rest := host + "/services/data/v{version}/"
	return map[string]string{
		"enterprise":   host + "/services/Soap/c/{version}/" + org[:15],
		"metadata":     host + "/services/Soap/m/{version}/" + org[:15],
		"partner":      host + "/services/Soap/u/{version}/" + org[:15],
		"rest":         rest,
		"sobjects":     rest + "sobjects/",
		"search":       rest + "search/",
		"query":        rest + "query/",
		"recent":       rest + "recent/",
		"tooling_soap": host + "/services/Soap/T/{version}/" + org[:15],
		"tooling_rest": rest + "tooling/",
		"profile":      host + "/" + user,
	}
}
