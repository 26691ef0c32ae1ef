package salesforce

import (
	"context"
	"net/url"
	"time"
)

// Auth is a way to log in: a [ClientCredentials] or a [SOAPLogin]. Changing
// the way changes this one value of a [Config].
type Auth interface {
	// validate reports what is missing, given the login host, which is nil when
	// that is faulty itself.
	validate(login *url.URL) error
	// login asks the login host for a grant, once.
	login(ctx context.Context, t *transport, host *url.URL) (grant, error)
}

// grant is what a login yields.
type grant struct {
	token    string
	instance *url.URL
	session  Session
}

// Session says who is logged in where.
type Session struct {
	OrgID       ID        // of the org, the Salesforce Company ID
	UserID      ID        // of the user on whose behalf the client acts
	InstanceURL string    // scheme and host of the org, such as https://acme.my.salesforce.com
	LoggedIn    time.Time // when the login was, by the client's clock
}

// newGrant checks the answer of a login.
func newGrant(op, token, instance, org, user string, login *url.URL) (grant, error) {
	host, err := parseInstance(op, instance, login)
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
		instance: host,
		session:  Session{OrgID: orgID, UserID: userID, InstanceURL: host.String()},
	}, nil
}
