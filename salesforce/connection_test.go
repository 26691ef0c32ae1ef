package salesforce_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func TestCheckConnectionTellsWhoAndWhere(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	c := orgClient(t, org)

	found, err := c.CheckConnection(t.Context())

	require.NoError(t, err)
	require.Equal(t, salesforce.ID(org.Credentials().OrgID), found.OrgID)
	require.Equal(t, org.Credentials().Username, found.Username)
	require.Equal(t, org.Records("Organization")[0]["Name"], found.Organization)
	require.NotEmpty(t, found.Edition)
	require.Regexp(t, `^\d\d\.0$`, found.LatestVersion)
	require.EqualValues(t, 15000, found.Usage.Max)
	require.Empty(t, found.Notes)
}

func TestCheckConnectionNotesWhatWillEnd(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(&salesforcetest.Options{APILimit: 4})
	c := orgClient(t, org, withSOAP(salesforce.SOAPLogin{Username: "user@example.com", Password: "secret", SecurityToken: "TOKEN"}))

	found, err := c.CheckConnection(t.Context())

	require.NoError(t, err)
	require.Len(t, found.Notes, 1)
	require.Contains(t, found.Notes[0], "June 2027")
}

func TestCheckConnectionWithoutSightOfTheOrganization(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	org.Fail(salesforcetest.Fault{Path: "/query", Status: 400, Code: "INVALID_TYPE"})
	org.Fail(salesforcetest.Fault{Path: "/User/", Status: 404, Code: "NOT_FOUND"})

	found, err := orgClient(t, org).CheckConnection(t.Context())

	require.NoError(t, err)
	require.Empty(t, found.Username)
	require.Contains(t, found.Notes[0], "may not read the organization's name")
}

func TestCheckConnectionTellsFailuresApart(t *testing.T) {
	t.Parallel()
	oauth := func(code, description string) http.HandlerFunc {
		return body(400, fmt.Sprintf(`{"error":%q,"error_description":%q}`, code, description))
	}
	for _, c := range []struct {
		name   string
		login  http.HandlerFunc
		answer http.HandlerFunc
		class  error
		advice string
	}{
		{"wrong secret", oauth("invalid_client", "invalid client credentials"), nil, salesforce.ErrCredentials, "are wrong"},
		{"wrong app", oauth("invalid_client_id", "client identifier invalid"), nil, salesforce.ErrCredentials, "are wrong"},
		{"wrong password", oauth("invalid_grant", "authentication failure"), nil, salesforce.ErrCredentials, "are wrong"},
		{"network", oauth("invalid_grant", "ip restricted"), nil, salesforce.ErrLoginBlocked, "IP ranges"},
		{"approval", oauth("invalid_grant", "user hasn't approved this consumer"), nil, salesforce.ErrApproval, "not approved"},
		{"no run-as user", oauth("invalid_grant", "no client credentials user enabled"), nil, salesforce.ErrApproval, "run-as user"},
		{"wrong host", oauth("invalid_grant", "request not supported on this domain"), nil, salesforce.ErrWrongHost, "My Domain"},
		{"wrong audience", oauth("invalid_grant", "Audience validation failed"), nil, salesforce.ErrWrongHost, "My Domain"},
		{"a web site", body(404, "<html><title>Not here</title></html>"), nil, salesforce.ErrWrongHost, "My Domain"},
		{"moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "https://x", http.StatusFound) }, nil, salesforce.ErrWrongHost, "My Domain"},
		{"other", oauth("inactive_user", "user is inactive"), nil, salesforce.ErrAuth, "login history"},
		{"down", body(503, "<html>down</html>"), nil, salesforce.ErrUnavailable, "Try again"},
		{"no API", nil, fails(403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization."), salesforce.ErrAPIDisabled, "API Enabled"},
		{"used up", nil, fails(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), salesforce.ErrDailyLimit, "24 hours"},
		{"old org", nil, body(200, `[{"version":"31.0","url":"/services/data/v31.0"}]`), salesforce.ErrNotFound, ""},
		{"no session", nil, fails(401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API"), salesforce.ErrSession, "Log in again"},
	} {
		_, err := newClient(t, &script{login: c.login, answer: c.answer}).CheckConnection(t.Context())

		require.ErrorIs(t, err, c.class, c.name)
		require.Contains(t, salesforce.Advice(err), c.advice, c.name)
		require.Equal(t, c.advice == "", salesforce.Advice(err) == "", c.name)
	}
	for fault, c := range map[string]struct {
		class  error
		advice string
	}{
		"INVALID_LOGIN":                  {salesforce.ErrCredentials, "sandbox host"},
		"LOGIN_MUST_USE_SECURITY_TOKEN":  {salesforce.ErrSecurityToken, "security token"},
		"LOGIN_DURING_RESTRICTED_DOMAIN": {salesforce.ErrLoginBlocked, "IP ranges"},
		"LOGIN_DURING_RESTRICTED_TIME":   {salesforce.ErrLoginBlocked, "hours"},
		"INVALID_OPERATION":              {salesforce.ErrSOAPLoginUnavailable, "External Client App"},
		"API_DISABLED_FOR_ORG":           {salesforce.ErrAPIDisabled, "API Enabled"},
	} {
		_, err := newClient(t, &soapOrg{fault: fault}, withSOAP(ada)).CheckConnection(t.Context())
		require.ErrorIs(t, err, c.class, fault)
		require.Contains(t, salesforce.Advice(err), c.advice, fault)
	}
	require.Empty(t, salesforce.Advice(nil))
	require.Empty(t, salesforce.Advice(io.EOF))
}

func TestHostThatDoesNotExist(t *testing.T) {
	t.Parallel()
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(httpmock.NewErrorResponder(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}))
	c := clientAt(t, salesforce.MyDomain("acmee"), mock)

	_, err := c.CheckConnection(t.Context())

	require.ErrorIs(t, err, salesforce.ErrWrongHost)
	require.ErrorIs(t, err, salesforce.ErrUnavailable)
	require.Contains(t, salesforce.Advice(err), "My Domain")
	require.NotContains(t, salesforce.Advice(errors.Join(salesforce.ErrUnavailable)), "My Domain")
}
