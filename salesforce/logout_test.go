package salesforce_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// consented is an org whose main user has allowed the app, with the login that
// came of it.
func consented(t *testing.T, store salesforce.TokenStore) (*salesforcetest.Org, salesforce.RefreshToken, salesforce.Config) {
	t.Helper()
	org := salesforcetest.NewOrg(&salesforcetest.Options{RotateRefreshTokens: true})
	cfg := salesforce.Config{LoginURL: salesforce.MyDomain("acme"), HTTPClient: &http.Client{Transport: org.Transport()}}
	app := salesforce.AuthCode{
		ClientID: "cid", ClientSecret: "csecret", RedirectURL: "https://host.example.com/callback", Store: store, Key: "ada",
	}
	asked, err := app.Start(cfg.LoginURL)
	require.NoError(t, err)
	auth, _, err := app.Exchange(t.Context(), cfg, asked, browse(t, org, asked.URL))
	require.NoError(t, err)
	return org, auth, cfg
}

func clientOf(t *testing.T, cfg salesforce.Config) *salesforce.Client {
	t.Helper()
	c, err := salesforce.New(cfg)
	require.NoError(t, err)
	return c
}

// lastPaths are the paths of the last requests of an org.
func lastPaths(org *salesforcetest.Org, n int) (paths []string) {
	all := org.Requests()
	for _, r := range all[len(all)-n:] {
		paths = append(paths, r.Path)
	}
	return paths
}

func TestLogoutRevokesTheConsentAndForgetsTheToken(t *testing.T) {
	t.Parallel()
	store := &shelf{}
	org, auth, cfg := consented(t, store)
	cfg.Auth = auth
	one, other := clientOf(t, cfg), clientOf(t, cfg)
	require.NoError(t, count(t, one))
	org.ExpireSessions()
	require.NoError(t, count(t, one), "which has rotated the token by now")
	require.NoError(t, count(t, other))

	require.NoError(t, one.Logout(t.Context()))

	require.Equal(t, []string{"/services/oauth2/revoke"}, lastPaths(org, 1))
	require.Empty(t, store.tokens["ada"])
	require.ErrorIs(t, count(t, other), salesforce.ErrAuth, "the other process is logged out too")
	require.ErrorIs(t, count(t, one), salesforce.ErrAuth)
	require.NoError(t, one.Logout(t.Context()), "which is so already")
}

func TestLogoutWithoutAStore(t *testing.T) {
	t.Parallel()
	org, auth, cfg := consented(t, nil)
	cfg.Auth = auth
	c := clientOf(t, cfg)
	require.NoError(t, c.Logout(t.Context()), "before the first login")
	require.Equal(t, []string{"/services/oauth2/revoke"}, lastPaths(org, 1))
	require.ErrorIs(t, count(t, c), salesforce.ErrAuth)
}

// What could not be revoked is still there to be revoked.
func TestLogoutThatFailsForgetsNothing(t *testing.T) {
	t.Parallel()
	store := &shelf{}
	org, auth, cfg := consented(t, store)
	cfg.Auth, cfg.Retry = auth, salesforce.Retry{Max: -1}
	c := clientOf(t, cfg)
	require.NoError(t, count(t, c))
	before := store.tokens["ada"]
	org.Fail(salesforcetest.Fault{Path: "/revoke", Code: "server_error", Status: 503})

	require.ErrorIs(t, c.Logout(t.Context()), salesforce.ErrUnavailable)

	require.Equal(t, before, store.tokens["ada"])
	require.NoError(t, count(t, c))
	require.NoError(t, c.Logout(t.Context()))
	require.Empty(t, store.tokens["ada"])
}

func TestLogoutEndsTheSession(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	for name, ways := range map[string]struct {
		auth salesforce.Auth
		path string
	}{
		"client credentials": {salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"}, "/services/oauth2/revoke"},
		"SOAP":               {salesforce.SOAPLogin{Username: "user@example.com", Password: "secret", SecurityToken: "TOKEN"}, "/services/Soap/u/64.0"},
	} {
		t.Run(name, func(t *testing.T) {
			token := ""
			c := orgClient(t, org, withAuth(ways.auth), func(cfg *salesforce.Config) {
				rt := cfg.HTTPClient.Transport
				cfg.HTTPClient = &http.Client{Transport: roundTrips(func(r *http.Request) (*http.Response, error) {
					if h := r.Header.Get("Authorization"); h != "" {
						token = strings.TrimPrefix(h, "Bearer ")
					}
					return rt.RoundTrip(r)
				})}
			})
			n := len(org.Requests())
			require.NoError(t, c.Logout(t.Context()))
			require.Len(t, org.Requests(), n, "nobody is logged in")
			require.NoError(t, count(t, c))
			thief := orgClient(t, org, withAuth(salesforce.StaticToken{AccessToken: token, InstanceURL: salesforce.MyDomain("acme")}))
			require.NoError(t, count(t, thief))

			require.NoError(t, c.Logout(t.Context()))

			require.Equal(t, []string{ways.path}, lastPaths(org, 1))
			require.ErrorIs(t, count(t, thief), salesforce.ErrSession)
			require.NoError(t, count(t, c), "it logs in again")
			org.ExpireSessions()
			require.NoError(t, c.Logout(t.Context()), "a session that has ended is no error")
		})
	}
}

func TestLogoutIsCancelled(t *testing.T) {
	t.Parallel()
	c := clientAt(t, salesforce.MyDomain("acme"), salesforcetest.NewOrg(nil).Transport())
	require.NoError(t, count(t, c))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, c.Logout(ctx), context.Canceled)
	require.NoError(t, count(t, c))
}

func TestUndeleteAll(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	c := orgClient(t, org)
	var ids []salesforce.ID
	for range 250 {
		ids = append(ids, salesforce.ID(org.Insert("Account", map[string]any{"Name": "Acme <&> Sons"})))
	}
	for r, err := range c.DeleteAll(t.Context(), slices.Values(ids[1:]), nil) {
		require.NoError(t, err)
		require.NoError(t, r.Err)
	}
	ids = append(ids, "no id")
	org.ExpireSessions()
	org.ResetRequests()

	results, err := salesforce.Collect(c.UndeleteAll(t.Context(), slices.Values(ids), nil))

	require.NoError(t, err)
	require.Len(t, results, 251)
	require.ErrorContains(t, results[0].Err, "UNDELETE_FAILED: entity is not in the recycle bin")
	for i, r := range results[1:250] {
		require.Equal(t, salesforce.Result{Index: i + 1, ID: ids[i+1]}, r)
	}
	require.ErrorIs(t, results[250].Err, salesforce.ErrValidation)
	n, err := c.Count(t.Context(), "SELECT COUNT() FROM Account")
	require.NoError(t, err)
	require.Equal(t, 250, n)
	require.Equal(t, []string{
		"/services/Soap/u/66.0", "/services/oauth2/token", "/services/Soap/u/66.0", "/services/Soap/u/66.0",
	}, lastPaths(org, 5)[:4], "the session had ended")
}

func TestUndeleteAllOrNone(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	c := orgClient(t, org)
	here, gone := org.Insert("Account", map[string]any{"Name": "A"}), org.Insert("Account", map[string]any{"Name": "B"})
	require.NoError(t, c.Delete(t.Context(), "Account", salesforce.ID(gone)))

	results, err := salesforce.Collect(c.UndeleteAll(t.Context(),
		slices.Values([]salesforce.ID{salesforce.ID(here), salesforce.ID(gone)}), &salesforce.CollectionOptions{AllOrNone: true}))

	require.NoError(t, err)
	require.Error(t, results[0].Err)
	require.ErrorContains(t, results[1].Err, "ALL_OR_NONE_OPERATION_ROLLED_BACK")
}

// An undelete whose answer is lost is not sent again: its records would be
// refused for being back.
func TestUndeleteWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	c := orgClient(t, org)
	id := salesforce.ID(org.Insert("Account", map[string]any{"Name": "A"}))
	require.NoError(t, c.Delete(t.Context(), "Account", id))
	org.Fail(salesforcetest.Fault{Path: "/Soap/u/", DropAfter: true})

	results, err := salesforce.Collect(c.UndeleteAll(t.Context(), slices.Values([]salesforce.ID{id}), nil))

	require.ErrorIs(t, err, salesforce.ErrOutcomeUnknown)
	require.ErrorIs(t, results[0].Err, salesforce.ErrOutcomeUnknown)
}

type roundTrips func(*http.Request) (*http.Response, error)

func (f roundTrips) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
