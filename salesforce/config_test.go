package salesforce_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
)

func TestNewReportsEveryFault(t *testing.T) {
	t.Parallel()
	_, err := salesforce.New(salesforce.Config{
		LoginURL:     "http://login.salesforce.com",
		OrgID:        "001RM000003oLnn",
		Version:      "v66",
		AppName:      "two words\r\n",
		Retry:        salesforce.Retry{MinWait: time.Minute, MaxWait: time.Second},
		LoginTimeout: -1,
		LoginHold:    -1,
	})

	require.ErrorIs(t, err, salesforce.ErrInsecureURL)
	for _, part := range []string{
		"LoginURL", "Auth is missing", "OrgID", "Version", "AppName", "MaxWait 1s is below Retry.MinWait 1m0s", "LoginTimeout", "LoginHold",
	} {
		require.ErrorContains(t, err, part)
	}
}

func TestLoginURLs(t *testing.T) {
	t.Parallel()
	auth := salesforce.SOAPLogin{Username: "u", Password: "secret"}
	for _, address := range []string{
		"", salesforce.Production, salesforce.Sandbox, salesforce.MyDomain("acme--test.sandbox"), "https://login.salesforce.com/",
		"http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080", "http://127.1.2.3",
	} {
		_, err := salesforce.New(salesforce.Config{LoginURL: address, Auth: auth})
		require.NoError(t, err, address)
	}
	for _, address := range []string{
		"login.salesforce.com", "http://login.salesforce.com", "http://10.0.0.1", "http://localhost.example.com", "ftp://localhost",
		"https://user:secret@login.salesforce.com", "https://login.salesforce.com/path", "https://login.salesforce.com?x", "https://", "::",
		salesforce.MyDomain("evil.example.com/"), salesforce.MyDomain("evil.example.com?"), salesforce.MyDomain("evil.example.com#"),
		salesforce.MyDomain("acme@evil"),
	} {
		_, err := salesforce.New(salesforce.Config{LoginURL: address, Auth: auth})
		require.Error(t, err, address)
		require.NotContains(t, err.Error(), "secret")
	}
}

func TestAuthIsValidated(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		auth  salesforce.Auth
		login string
		text  string
	}{
		{salesforce.SOAPLogin{}, "", "SOAPLogin.Username is missing\nsalesforce: SOAPLogin.Password is missing"},
		{salesforce.SOAPLogin{Username: "u", Password: "secret", Version: "65.0"}, "", "login() does not exist above 64.0"},
		{salesforce.SOAPLogin{Username: "u", Password: "secret", Version: "64"}, "", "want the form 64.0"},
		{salesforce.ClientCredentials{}, salesforce.MyDomain("acme"), "ClientID is missing\nsalesforce: ClientCredentials.ClientSecret is missing"},
		{salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"}, "", "set LoginURL to MyDomain(name)"},
		{salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"}, salesforce.Sandbox, "set LoginURL to MyDomain(name)"},
	} {
		_, err := salesforce.New(salesforce.Config{LoginURL: c.login, Auth: c.auth})
		require.ErrorContains(t, err, c.text)
	}
}

func TestPrintingAConfigTellsNoSecret(t *testing.T) {
	t.Parallel()
	for _, auth := range []salesforce.Auth{
		salesforce.SOAPLogin{Username: "u", Password: "secret", SecurityToken: "secret"},
		salesforce.ClientCredentials{ClientID: "u", ClientSecret: "secret"},
		&salesforce.SOAPLogin{Username: "u", Password: "secret", SecurityToken: "secret"},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			require.NotContains(t, fmt.Sprintf(verb, salesforce.Config{Auth: auth}), "secret")
		}
	}
}

func TestHostsHTTPClientLendsItsTransportOnly(t *testing.T) {
	t.Parallel()
	org := &script{answer: body(200, rows(0))}
	c := newClient(t, org, func(cfg *salesforce.Config) {
		cfg.HTTPClient = &http.Client{Transport: inProcess{org}, Timeout: time.Nanosecond}
	})

	_, err := c.Count(t.Context(), "SELECT COUNT() FROM Lead")

	require.NoError(t, err)
}

func TestClientsWithoutAnHTTPClientWorkToo(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(&script{answer: body(200, rows(0))})
	t.Cleanup(server.Close)
	c, err := salesforce.New(salesforce.Config{
		LoginURL: server.URL,
		Auth:     salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
	})
	require.NoError(t, err)

	_, err = c.Count(t.Context(), "SELECT COUNT() FROM Lead")

	require.NoError(t, err)
}
