package salesforce_test

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
)

// soapOrg answers login() and says what it was sent.
type soapOrg struct {
	serverURL string // "" for one on the host asked
	expired   bool
	fault     string // exceptionCode: text; "" for success

	path, client       string
	username, password string
	logins             int
}

func (o *soapOrg) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var envelope struct {
		Client   string `xml:"Header>CallOptions>client"`
		Username string `xml:"Body>login>username"`
		Password string `xml:"Body>login>password"`
	}
	if err := xml.NewDecoder(r.Body).Decode(&envelope); err != nil || r.Header.Get("SOAPAction") == "" {
		http.Error(w, "no SOAP", 400)
		return
	}
	o.logins++
	o.path, o.client, o.username, o.password = r.URL.Path, envelope.Client, envelope.Username, envelope.Password
	if o.fault != "" {
		code, text := o.fault, "refused for a reason."
		w.WriteHeader(500)
		fmt.Fprintf(w, `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><e:Fault><faultcode>sf:%[1]s</faultcode>
			<faultstring>%[1]s: %[2]s</faultstring></e:Fault></e:Body></e:Envelope>`, code, text)
		return
	}
	if o.serverURL == "" {
		o.serverURL = "http://" + r.Host + "/services/Soap/u/64.0/" + orgID
	}
	fmt.Fprintf(w, `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"><e:Body><loginResponse><result>
		<passwordExpired>%t</passwordExpired><serverUrl>%s</serverUrl><sessionId>T1</sessionId><userId>%s</userId>
		<userInfo><organizationId>%s</organizationId><orgAttachmentFileSizeLimit>26214400</orgAttachmentFileSizeLimit></userInfo></result></loginResponse></e:Body></e:Envelope>`,
		o.expired, o.serverURL, userID, orgID)
}

func withSOAP(a salesforce.SOAPLogin) func(*salesforce.Config) {
	return func(cfg *salesforce.Config) { cfg.Auth = a }
}

var ada = salesforce.SOAPLogin{Username: "ada@example.com", Password: "secret", SecurityToken: "TOKEN"}

func TestSOAPLoginAppendsTheToken(t *testing.T) {
	t.Parallel()
	org := &soapOrg{}
	c := newClient(t, org, withSOAP(ada))

	s, err := c.Session(t.Context())

	require.NoError(t, err)
	require.Equal(t, salesforce.ID(orgID), s.OrgID)
	require.Equal(t, salesforce.ID(userID), s.UserID)
	require.Equal(t, "http://localhost", s.InstanceURL)
	require.EqualValues(t, 25<<20, s.MaxAttachment)
	require.Equal(t, "/services/Soap/u/64.0", org.path)
	require.Equal(t, "ada@example.com", org.username)
	require.Equal(t, "secretTOKEN", org.password)
}

func TestSOAPLoginWithoutTokenAppendsNothing(t *testing.T) {
	t.Parallel()
	org := &soapOrg{}
	c := newClient(t, org, withSOAP(salesforce.SOAPLogin{Username: "ada@example.com", Password: "secret"}))

	_, err := c.Session(t.Context())

	require.NoError(t, err)
	require.Equal(t, "secret", org.password)
}

func TestSOAPLoginEscapesCredentials(t *testing.T) {
	t.Parallel()
	org := &soapOrg{}
	evil := salesforce.SOAPLogin{
		Username: `a</username><password>x`, Password: `p<&>"'` + "\t]]>", SecurityToken: `</password>`, Version: "61.0",
	}
	c := newClient(t, org, withSOAP(evil), func(cfg *salesforce.Config) { cfg.AppName = "app/1" })

	_, err := c.Session(t.Context())

	require.NoError(t, err)
	require.Equal(t, evil.Username, org.username)
	require.Equal(t, evil.Password+evil.SecurityToken, org.password)
	require.Equal(t, "app/1", org.client)
	require.Equal(t, "/services/Soap/u/61.0", org.path)
}

func TestSOAPLoginTellsItsRefusalsApart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault   string
		classes []error
		logins  int
	}{
		{"INVALID_LOGIN", []error{salesforce.ErrAuth}, 1},
		{"LOGIN_MUST_USE_SECURITY_TOKEN", []error{salesforce.ErrAuth}, 1},
		{"PASSWORD_LOCKOUT", []error{salesforce.ErrAuth}, 1},
		{"INVALID_OPERATION", []error{salesforce.ErrSOAPLoginUnavailable}, 1},
		{"UNSUPPORTED_API_VERSION", []error{salesforce.ErrSOAPLoginUnavailable}, 1},
		{"INVALID_OPERATION_WITH_EXPIRED_PASSWORD", []error{salesforce.ErrPasswordExpired, salesforce.ErrAuth}, 1},
		{"API_DISABLED_FOR_ORG", []error{salesforce.ErrAccess}, 1},
		{"SERVER_UNAVAILABLE", []error{salesforce.ErrUnavailable}, 5},
	} {
		org := &soapOrg{fault: c.fault}
		client := newClient(t, org, withSOAP(ada))

		_, err := client.Session(t.Context())

		for _, class := range c.classes {
			require.ErrorIs(t, err, class, c.fault)
		}
		require.Equal(t, c.logins, org.logins, "%s: a refused login is not tried again", c.fault)
		require.NotContains(t, err.Error(), "secret")
	}
}

func TestSOAPLoginUnavailableSaysWhatToDo(t *testing.T) {
	t.Parallel()
	org := &soapOrg{fault: "INVALID_OPERATION"}

	_, err := newClient(t, org, withSOAP(ada)).Session(t.Context())

	require.ErrorContains(t, err, "June 2027")
	require.ErrorContains(t, err, "ClientCredentials")
}

func TestExpiredPasswordIsAnErrorThoughLoginSucceeds(t *testing.T) {
	t.Parallel()
	org := &soapOrg{expired: true}
	c := newClient(t, org, withSOAP(ada))

	err := c.Delete(t.Context(), "Lead", "00Q000000000001EAA")

	require.ErrorIs(t, err, salesforce.ErrPasswordExpired)
	require.ErrorIs(t, err, salesforce.ErrAuth)
	require.Equal(t, 1, org.logins, "and nothing else was called")
}

func TestTokenIsNotTakenToAnInsecureHost(t *testing.T) {
	t.Parallel()
	for login, serverURL := range map[string]string{
		"https://login.salesforce.com": "http://acme.my.salesforce.com/services/Soap/u/64.0/x",
		"https://test.salesforce.com":  "http://127.0.0.1:8080/services/Soap/u/64.0/x",
		"http://localhost":             "http://acme.my.salesforce.com/services/Soap/u/64.0/x",
		"http://127.0.0.1":             "ftp://127.0.0.1/",
		"http://[::1]":                 "https://user@acme.my.salesforce.com/",
	} {
		c := clientAt(t, login, inProcess{&soapOrg{serverURL: serverURL}}, withSOAP(ada))

		_, err := c.Session(t.Context())

		require.ErrorIs(t, err, salesforce.ErrInsecureURL, serverURL)
	}
}

func TestWrongOrgIsFoundBeforeAnythingElse(t *testing.T) {
	t.Parallel()
	org := &script{answer: body(200, rows(0))}
	c := newClient(t, org, func(cfg *salesforce.Config) { cfg.OrgID = "00D000000000001" })

	_, err := c.Count(t.Context(), "SELECT COUNT() FROM Lead")
	require.ErrorIs(t, err, salesforce.ErrOrgMismatch)
	_, err = c.Create(t.Context(), "Lead", lead, nil)
	require.ErrorIs(t, err, salesforce.ErrOrgMismatch)

	require.Zero(t, org.callCount())
	require.Equal(t, 1, org.loginCount(), "the mismatch is remembered for a while")
}

func TestRightOrgInEitherForm(t *testing.T) {
	t.Parallel()
	for _, id := range []string{orgID, orgID[:15]} {
		c := newClient(t, &script{answer: body(200, rows(0))}, func(cfg *salesforce.Config) { cfg.OrgID = id })

		_, err := c.Session(t.Context())

		require.NoError(t, err)
	}
}

func TestWrongCredentialsAreAskedOnceAndRememberedForAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := &script{answer: body(200, rows(0))}
		org.login = func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(400)
			_, _ = io.WriteString(w, `{"error":"invalid_grant","error_description":"authentication failure"}`)
		}
		c := newClient(t, org)

		for range 3 {
			_, err := c.Count(t.Context(), "SELECT COUNT() FROM Lead")
			require.ErrorIs(t, err, salesforce.ErrAuth)
			require.EqualError(t, err, "salesforce: log in with client credentials: invalid_grant: authentication failure")
		}
		require.Equal(t, 1, org.loginCount())

		time.Sleep(time.Minute)
		org.login = nil
		_, err := c.Count(t.Context(), "SELECT COUNT() FROM Lead")
		require.NoError(t, err)
		require.Equal(t, 2, org.loginCount())
	})
}

func TestLoginWithoutAnAnswerIsNoWrite(t *testing.T) {
	t.Parallel()
	c := newClient(t, http.HandlerFunc(drops), withSOAP(ada))

	_, err := c.Session(t.Context())

	require.ErrorIs(t, err, salesforce.ErrUnavailable)
	require.NotErrorIs(t, err, salesforce.ErrOutcomeUnknown)
	require.True(t, salesforce.Retryable(err))
}

func TestPassingFailureOfALoginIsRepeatedAndNotRemembered(t *testing.T) {
	t.Parallel()
	org := &script{answer: body(200, rows(0))}
	org.login = answers(
		body(503, "<html>down</html>"), body(503, "<html>down</html>"), body(503, "<html>down</html>"),
		func(w http.ResponseWriter, r *http.Request) { writeGrant(w, r, fmt.Sprintf("T%d", org.loginCount())) },
	)
	c := newClient(t, org, func(cfg *salesforce.Config) { cfg.Retry.Max = 1 })

	_, err := c.Session(t.Context())
	require.ErrorIs(t, err, salesforce.ErrUnavailable)
	_, err = c.Session(t.Context())
	require.NoError(t, err)
	require.Equal(t, 4, org.loginCount())
}

func TestOneCallersCancellationDoesNotFailTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := &script{answer: body(200, rows(0))}
		org.login = func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(10 * time.Second)
			writeGrant(w, r, fmt.Sprintf("T%d", org.loginCount()))
		}
		c := newClient(t, org)
		hasty, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		first := make(chan error, 1)
		go func() {
			_, err := c.Session(hasty) // begins the login
			first <- err
		}()
		synctest.Wait()
		others := together(5, func() error {
			_, err := c.Session(t.Context())
			return err
		})

		require.ErrorIs(t, <-first, context.DeadlineExceeded)
		require.Equal(t, make([]error, 5), others)
		require.Equal(t, 1, org.loginCount())
	})
}

func TestLoginHasATimeOutOfItsOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := &script{login: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }}
		c := newClient(t, org, func(cfg *salesforce.Config) { cfg.LoginTimeout = 5 * time.Second })
		start := time.Now()

		_, err := c.Session(t.Context())

		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.True(t, salesforce.Retryable(err))
		require.Equal(t, 5*time.Second, time.Since(start))
	})
}

func TestClientCredentialsAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"no token":    `{"instance_url":"http://localhost","id":"https://x/id/` + orgID + `/` + userID + `"}`,
		"no instance": `{"access_token":"T1","id":"https://x/id/` + orgID + `/` + userID + `"}`,
		"no identity": `{"access_token":"T1","instance_url":"http://localhost"}`,
		"short id":    `{"access_token":"T1","instance_url":"http://localhost","id":"x"}`,
		"HTML":        `<html>hello</html>`,
		"empty":       ``,
	} {
		c := newClient(t, &script{login: body(200, answer)}, func(cfg *salesforce.Config) { cfg.Retry.Max = -1 })

		_, err := c.Session(t.Context())

		require.Error(t, err, name)
	}
}

func TestSecretsDoNotFollowARedirect(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		elsewhere := &script{}
		org := &script{login: func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://localhost:2/services/oauth2/token", status)
		}}
		c := clientAt(t, "http://localhost:1", routes{"localhost:1": org, "localhost:2": elsewhere})

		_, err := c.Session(t.Context())

		require.ErrorIs(t, err, salesforce.ErrWrongHost)
		require.EqualError(t, err, fmt.Sprintf("salesforce: log in with client credentials: status %d: redirected, which is not followed", status))
		require.Zero(t, elsewhere.loginCount())
	}
}
