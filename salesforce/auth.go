package salesforce

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Auth is a way to log in. Changing the way changes this one value of a
// [Config].
//
//   - [ClientCredentials] and [JWT] log in as an app, without a user being there.
//   - [AuthCode] and [Device] let a user log in with a browser, once; what comes
//     of it is a [RefreshToken].
//   - [StaticToken] and [TokenSource] take a token that somebody else got.
//   - [SOAPLogin] and [Password] are for what cannot be set up otherwise.
type Auth interface {
	// validate reports what is missing, given the login host, which is nil when
	// that is faulty itself.
	validate(login *url.URL) error
	// login asks for a grant, once.
	login(ctx context.Context, l login) (grant, error)
}

// login is what a login has to go by.
type login struct {
	http    *transport
	host    *url.URL // where it starts
	base    string   // path of the REST resources
	stale   string   // the access token that the org refused, "" for none
	carried *carried // from one login of the client to the next
}

// grant is what a login yields.
type grant struct {
	token    string
	instance *url.URL
	session  Session
	kept     bool // the token is no new one: it may have ended since it was kept
}

// Session says who is logged in where.
type Session struct {
	OrgID       ID        // of the org, the Salesforce Company ID
	UserID      ID        // of the user on whose behalf the client acts
	InstanceURL string    // scheme and host of the org, such as https://acme.my.salesforce.com
	LoggedIn    time.Time // when the login was, by the client's clock
	// MaxAttachment is the org's limit on the size of an Attachment, in bytes.
	// Only SOAP login() tells it; 0 otherwise.
	MaxAttachment int64
}

// newGrant checks the answer of a login.
func newGrant(op, token, instance, org, user string, host *url.URL) (grant, error) {
	at, err := parseInstance(op, instance, host)
	if err != nil {
		return grant{}, err
	}
	orgID, err := exactID(org)
	if err != nil {
		return grant{}, fault(op, nil, "the answer names no organization")
	}
	userID, err := exactID(user)
	if err != nil {
		return grant{}, fault(op, nil, "the answer names no user")
	}
	if token == "" {
		return grant{}, fault(op, nil, "the answer holds no token")
	}
	return grant{
		token:    token,
		instance: at,
		session:  Session{OrgID: orgID, UserID: userID, InstanceURL: at.String()},
	}, nil
}

// identify makes a grant of a token that came from elsewhere. Whose it is the
// org tells: the list of REST resources, which every session may read, names
// the user's identity URL. Asking now and not when somebody wants to know lets
// Config.OrgID be compared before anything else is read or written.
func (l login) identify(ctx context.Context, op, token, instance string) (grant, error) {
	host, err := parseInstance(op, instance, l.host)
	if err != nil {
		return grant{}, err
	}
	ans, err := l.http.do(newAttempt(ctx, &call{
		op: op, method: http.MethodGet, path: l.base, idempotent: true, login: true,
	}), host, token)
	if err != nil {
		return grant{}, err
	}
	var resources struct {
		Identity string `json:"identity"`
	}
	defer drain(ans)
	if err := l.http.decode(ans, &resources); err != nil {
		return grant{}, err
	}
	org, user := parseIdentity(resources.Identity)
	return newGrant(op, token, instance, org, user, l.host)
}
