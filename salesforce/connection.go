package salesforce

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Connection is what [Client.CheckConnection] found out about an org.
type Connection struct {
	Session

	Username     string // of the session's user
	Organization string // its name
	Edition      string // such as "Enterprise Edition"
	Sandbox      bool

	// LatestVersion is the newest version of the REST API that the org speaks.
	LatestVersion string
	// Usage is the org's count of API requests, zero when it was not told.
	Usage Usage
	// Notes are sentences for the administrator, about what works and will not
	// for long, or not well.
	Notes []string
}

// CheckConnection logs in, if nobody has, and looks whether the API is there
// for this user. It is meant for the page where a host's administrator enters
// the credentials: what it takes is four requests. On failure [Advice] says
// what to do. The error matches, beside [ErrUnavailable],
//
//   - [ErrCredentials], [ErrSecurityToken], [ErrLoginBlocked], [ErrApproval],
//     [ErrPasswordExpired], or else [ErrAuth], for a login that was refused,
//   - [ErrSOAPLoginUnavailable] for a login() that is not to be had,
//   - [ErrWrongHost] for a LoginURL where this login does not work,
//   - [ErrOrgMismatch] for another org than Config.OrgID names,
//   - [ErrAPIDisabled] for an edition or a user without the API,
//   - [ErrNotFound] for a Config.Version that the org does not speak.
func (c *Client) CheckConnection(ctx context.Context) (*Connection, error) {
	session, err := c.Session(ctx)
	if err != nil {
		return nil, err
	}
	found := &Connection{Session: session}
	for _, look := range []func(context.Context, *Connection) error{c.lookVersions, c.lookOrganization, c.lookUser} {
		if err := look(ctx, found); err != nil {
			return nil, err
		}
	}
	found.Usage, _ = c.Usage()
	found.note(c.session.auth)
	return found, nil
}

// lookVersions reads the versions of the REST API, which the org lists in
// rising order.
func (c *Client) lookVersions(ctx context.Context, found *Connection) error {
	const op = "check the API version"
	var versions []struct {
		Version string `json:"version"`
		URL     string `json:"url"`
	}
	request := &call{op: op, method: http.MethodGet, path: "/services/data", idempotent: true}
	if err := c.exchange(ctx, request, &versions); err != nil {
		return err
	}
	known := false
	for _, v := range versions {
		found.LatestVersion = v.Version
		known = known || v.URL == c.base
	}
	if !known {
		return fault(op, ErrNotFound, "the org does not speak version %s, its latest is %s", c.version(), found.LatestVersion)
	}
	return nil
}

func (c *Client) version() string { return c.base[len("/services/data/v"):] }

func (c *Client) lookOrganization(ctx context.Context, found *Connection) error {
	orgs, err := Collect(Query[struct {
		Name             string
		OrganizationType string
		IsSandbox        bool
	}](ctx, c, "SELECT Name, OrganizationType, IsSandbox FROM Organization", nil))
	if err == nil && len(orgs) == 1 {
		found.Organization, found.Edition, found.Sandbox = orgs[0].Name, orgs[0].OrganizationType, orgs[0].IsSandbox
	}
	return mayBeHidden(err)
}

func (c *Client) lookUser(ctx context.Context, found *Connection) error {
	user, err := Get[struct{ Username string }](ctx, c, "User", found.UserID, "Username")
	found.Username = user.Username
	return mayBeHidden(err)
}

// mayBeHidden lets pass that a user may not see an object.
func mayBeHidden(err error) error {
	if errors.Is(err, ErrAPIDisabled) || !errors.Is(err, ErrQuery) && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrAccess) {
		return err
	}
	return nil
}

// note says what the administrator should know.
func (found *Connection) note(auth Auth) {
	add := func(format string, args ...any) { found.Notes = append(found.Notes, fmt.Sprintf(format, args...)) }
	switch auth.(type) {
	case SOAPLogin, *SOAPLogin:
		add("This login works until June 2027, when Salesforce ends SOAP login(). %s.", soapWayOut)
	case Password, *Password:
		add("Salesforce advises against the username-password flow, and new apps do not have it. %s.", soapWayOut)
	case StaticToken, *StaticToken:
		add("This session is not renewed when it ends.")
	}
	if u := found.Usage; u.Max > 0 && u.Used*10 >= u.Max*9 {
		add("%d of the org's %d API requests of the last 24 hours are used up.", u.Used, u.Max)
	}
	if found.Organization == "" {
		add("The user may not read the organization's name, so nothing shows that this is the right org.")
	}
}

// advice says what to do about an error, the more special class first.
var advice = []struct {
	class error
	text  string
}{
	{ErrSOAPLoginUnavailable, "The org does not allow this kind of login any more. " + soapWayOut + "."},
	{ErrPasswordExpired, "The user's password has expired. Choose a new one in Salesforce and enter it here."},
	{ErrSecurityToken, "From this network Salesforce wants the user's security token too. " +
		"Reset it in the user's personal settings, and enter the one that Salesforce mails."},
	{ErrLoginBlocked, "The user may not log in from this network or at this hour. " +
		"Look at the login IP ranges and login hours of the user's profile, and at the app's IP policy."},
	{ErrApproval, "The app is not approved for this user. An administrator must allow it in its policies, and name a run-as user for client credentials."},
	{ErrWrongHost, "This is not where the user or the app logs in. Choose production, sandbox, or the org's own My Domain name."},
	{ErrCredentials, "Username and password, or client id and secret, are wrong, or the user is locked. " +
		"A sandbox has users of its own, who log in at the sandbox host."},
	{ErrOrgMismatch, "These credentials belong to another org than the Company ID says. One of the two is wrong."},
	{ErrAPIDisabled, "The API is not enabled: the edition does not have it, or the user lacks the permission API Enabled."},
	{ErrDailyLimit, "The org's API requests are used up. They come back in the course of 24 hours."},
	{ErrSession, "The session has ended and cannot be renewed. Log in again."},
	{ErrAuth, "Salesforce refuses the login. The user's login history in Salesforce says why."},
	{ErrInsecureURL, "The address is not https."},
	{ErrUnavailable, "Salesforce cannot be reached or cannot answer now. Try again in a few minutes."},
}

// Advice says in one or two sentences for an administrator what to do about an
// error of a login, of [Client.CheckConnection], or of any call whose cause is
// one of these. It is "" for other errors.
func Advice(err error) string {
	for _, a := range advice {
		if errors.Is(err, a.class) {
			return a.text
		}
	}
	return ""
}
