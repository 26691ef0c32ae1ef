package salesforce_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
)

// rotating is an org whose refresh tokens R0, R1, … work once: one that comes a
// second time ends them all.
type rotating struct {
	mu      sync.Mutex
	next    int // the refresh token that works
	access  int // the access token that works
	revoked bool
	asked   int
	user    string
	forms   []url.Values
	fault   http.HandlerFunc // answers the next token request, which counts all the same
	pending []string         // errors that polls for a device code get
}

func newRotating() *rotating { return &rotating{user: userID} }

func (o *rotating) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case r.URL.Path == "/services/oauth2/token":
		_ = r.ParseForm()
		o.forms = append(o.forms, r.PostForm)
		o.token(w, r)
	case o.revoked || r.Header.Get("Authorization") != fmt.Sprintf("Bearer A%d", o.access):
		refuse(w, 401, "INVALID_SESSION_ID", "Session expired or invalid")
	default:
		fmt.Fprint(w, rows(0))
	}
}

func (o *rotating) token(w http.ResponseWriter, r *http.Request) {
	form := r.PostForm
	w.Header().Set("Content-Type", "application/json")
	no := func(code, description string) {
		w.WriteHeader(400)
		fmt.Fprintf(w, `{"error":%q,"error_description":%q}`, code, description)
	}
	switch {
	case form.Get("response_type") == "device_code":
		fmt.Fprint(w, `{"device_code":"DC","user_code":"ABCD","verification_uri":"https://login.salesforce.com/setup/connect","interval":5}`)
		return
	case form.Get("grant_type") == "device" && len(o.pending) > 0:
		no(o.pending[0], "wait")
		o.pending = o.pending[1:]
		return
	case form.Get("grant_type") == "refresh_token":
		o.asked++
		if o.revoked || form.Get("refresh_token") != fmt.Sprintf("R%d", o.next) {
			o.revoked = true
			no("invalid_grant", "expired access/refresh token")
			return
		}
		o.next++
	}
	o.access++
	if fault := o.fault; fault != nil {
		o.fault = nil
		fault(w, r)
		return
	}
	fmt.Fprintf(w, `{"access_token":"A%d","refresh_token":"R%d","instance_url":"http://%s","id":"https://x/id/%s/%s"}`,
		o.access, o.next, r.Host, orgID, o.user)
}

// expire ends the sessions, the refresh token stays good.
func (o *rotating) expire() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.access += 100
}

// shelf is a TokenStore in memory, which may fail to keep.
type shelf struct {
	mu     sync.Mutex
	tokens map[string]salesforce.Token
	saves  int
	fail   map[int]error // by number of the save
}

func (s *shelf) Update(ctx context.Context, key string, change func(context.Context, salesforce.Token) (salesforce.Token, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next, err := change(ctx, s.tokens[key])
	if err != nil {
		return fmt.Errorf("shelf: %w", err)
	}
	s.saves++
	if err := s.fail[s.saves]; err != nil {
		return err
	}
	if s.tokens == nil {
		s.tokens = map[string]salesforce.Token{}
	}
	s.tokens[key] = next
	return nil
}

func refreshing(store salesforce.TokenStore) func(*salesforce.Config) {
	return withAuth(salesforce.RefreshToken{ClientID: "cid", ClientSecret: "csecret", Token: "R0", Store: store, Key: "ada"})
}

func count(t *testing.T, c *salesforce.Client) error {
	t.Helper()
	_, err := c.Count(t.Context(), "SELECT COUNT() FROM Lead")
	return err
}

func TestRotatedTokensAreFollowedWithoutAStore(t *testing.T) {
	t.Parallel()
	org := newRotating()
	c := newClient(t, org, refreshing(nil))

	for range 3 {
		require.NoError(t, count(t, c))
		org.expire()
	}

	require.Equal(t, url.Values{
		"grant_type": {"refresh_token"}, "client_id": {"cid"}, "client_secret": {"csecret"}, "refresh_token": {"R2"},
	}, org.forms[2])
}

func TestTokensThatDoNotRotateStay(t *testing.T) {
	t.Parallel()
	var form url.Values
	org := formOf(&form)
	c := newClient(t, org, refreshing(nil))

	for range 2 {
		require.NoError(t, count(t, c))
		org.expire()
	}

	require.NoError(t, count(t, c))
	require.Equal(t, "R0", form.Get("refresh_token"))
}

func TestAnotherClientFindsTheTokenOfTheFirst(t *testing.T) {
	t.Parallel()
	org, store := newRotating(), &shelf{}
	one, other := newClient(t, org, refreshing(store)), newClient(t, org, refreshing(store))
	require.NoError(t, count(t, one))
	require.NoError(t, count(t, other))
	require.Equal(t, 1, org.asked, "the access token is kept too")

	for range 3 {
		org.expire()
		for _, err := range together(10, func() error { return errors.Join(count(t, one), count(t, other)) }) {
			require.NoError(t, err)
		}
	}

	require.Equal(t, 4, org.asked)
	require.Equal(t, salesforce.Token{
		RefreshToken: "R4", AccessToken: fmt.Sprintf("A%d", org.access), InstanceURL: "http://localhost", Identity: "https://x/id/" + orgID + "/" + userID,
	}, store.tokens["ada"])
}

// A client may find a token in the store that another one got long ago: that
// this is refused too is no reason to give up.
func TestKeptTokenThatHasEndedIsRenewed(t *testing.T) {
	t.Parallel()
	org, store := newRotating(), &shelf{}
	one, other := newClient(t, org, refreshing(store)), newClient(t, org, refreshing(store))
	require.NoError(t, count(t, one))
	org.expire()
	require.NoError(t, count(t, other))
	org.expire()

	require.NoError(t, count(t, one))

	require.Equal(t, 3, org.asked)
}

func TestTokenIsSavedBeforeItIsUsed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newRotating()
		full := errors.New("disk full")
		store := &shelf{fail: map[int]error{2: full, 3: full, 4: full, 5: full, 6: full, 7: full}}
		c := newClient(t, org, refreshing(store))

		err := count(t, c)
		require.ErrorIs(t, err, full)
		require.EqualError(t, err, "salesforce: log in with a refresh token: keep the token: disk full")
		require.Equal(t, "R0", store.tokens["ada"].RefreshToken)
		require.False(t, store.tokens["ada"].Renewing.IsZero(), "what was about to happen is kept")

		require.NoError(t, count(t, c), "the token that could not be kept is, now")
		require.Equal(t, 1, org.asked)
		require.Equal(t, "R1", store.tokens["ada"].RefreshToken)
		require.True(t, store.tokens["ada"].Renewing.IsZero())
	})
}

func TestStoreThatFailsForAMomentIsAskedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := newRotating()
		away := errors.New("the database is away")
		store := &shelf{fail: map[int]error{2: away, 3: away, 4: away}}

		require.NoError(t, count(t, newClient(t, org, refreshing(store))))

		require.Equal(t, 1, org.asked)
		require.Equal(t, "R1", store.tokens["ada"].RefreshToken)
	})
}

func TestNothingIsAskedThatCouldNotBeAnnounced(t *testing.T) {
	t.Parallel()
	org := newRotating()
	store := &shelf{fail: map[int]error{1: errors.New("disk full")}}
	c := newClient(t, org, refreshing(store))

	require.ErrorContains(t, count(t, c), "disk full")
	require.Zero(t, org.asked)
	require.NoError(t, count(t, c))
}

func TestLostAnswerOfARotation(t *testing.T) {
	t.Parallel()
	org, store := newRotating(), &shelf{}
	org.fault = drops
	c := newClient(t, org, refreshing(store), func(cfg *salesforce.Config) { cfg.Retry.Max = -1 })

	err := count(t, c)
	require.ErrorIs(t, err, salesforce.ErrUnavailable)
	require.True(t, salesforce.Retryable(err))
	require.Equal(t, "R0", store.tokens["ada"].RefreshToken, "the old one is all that is left")

	err = count(t, c)
	require.ErrorIs(t, err, salesforce.ErrAuth)
	require.ErrorContains(t, err, "never ended")
	require.ErrorContains(t, err, "allow the app again")
	require.True(t, store.tokens["ada"].Renewing.IsZero())
}

func TestLostAnswerIsToldThoughTheNextTryIsRefused(t *testing.T) {
	t.Parallel()
	org := newRotating()
	org.fault = drops

	err := count(t, newClient(t, org, refreshing(&shelf{})))

	require.ErrorIs(t, err, salesforce.ErrAuth)
	require.ErrorContains(t, err, "an earlier try had no answer")
	require.ErrorContains(t, err, "allow the app again")
}

func TestRefusedRefreshTokenIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	org, store := newRotating(), &shelf{}
	org.revoked = true
	c := newClient(t, org, refreshing(store))

	for range 3 {
		err := count(t, c)
		require.ErrorIs(t, err, salesforce.ErrAuth)
		require.EqualError(t, err, "salesforce: log in with a refresh token: invalid_grant: expired access/refresh token")
	}

	require.Equal(t, 1, org.asked)
}

func TestLoginOfWhichNothingIsKept(t *testing.T) {
	t.Parallel()
	c := newClient(t, newRotating(), withAuth(salesforce.RefreshToken{ClientID: "cid", Store: &shelf{}, Key: "ada"}))

	err := count(t, c)

	require.ErrorIs(t, err, salesforce.ErrAuth)
	require.ErrorContains(t, err, `no token is kept under "ada"`)
}

func TestANewTokenWithoutAKeyIsANewLogin(t *testing.T) {
	t.Parallel()
	org, store := newRotating(), &shelf{}
	auth := salesforce.RefreshToken{ClientID: "cid", Token: "R0", Store: store}
	require.NoError(t, count(t, newClient(t, org, withAuth(auth))))
	auth.Token = "R1"
	require.NoError(t, count(t, newClient(t, org, withAuth(auth))))

	require.Len(t, store.tokens, 2)
	for key := range store.tokens {
		require.Len(t, key, 32)
	}
}

var webApp = salesforce.AuthCode{ClientID: "cid", ClientSecret: "csecret", RedirectURL: "https://host.example.com/callback"}

// config is what a helper that logs a user in gets.
func config(org http.Handler) salesforce.Config {
	return salesforce.Config{
		LoginURL:   "http://localhost",
		HTTPClient: &http.Client{Transport: inProcess{org}},
		Retry:      salesforce.Retry{MinWait: time.Microsecond, MaxWait: time.Millisecond},
	}
}

func TestConsentIsAskedForWithStateAndChallenge(t *testing.T) {
	t.Parallel()
	consent, err := webApp.Start(salesforce.MyDomain("acme"))
	require.NoError(t, err)
	again, err := webApp.Start(salesforce.MyDomain("acme"))
	require.NoError(t, err)

	u, err := url.Parse(consent.URL)
	require.NoError(t, err)
	require.Equal(t, "https://acme.my.salesforce.com/services/oauth2/authorize", "https://"+u.Host+u.Path)
	challenge := sha256.Sum256([]byte(consent.Verifier))
	require.Equal(t, url.Values{
		"response_type": {"code"}, "client_id": {"cid"}, "redirect_uri": {webApp.RedirectURL}, "scope": {"api refresh_token"},
		"state": {consent.State}, "code_challenge_method": {"S256"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])},
	}, u.Query())
	require.NotContains(t, consent.URL, consent.Verifier)
	require.NotEqual(t, consent.State, again.State)
	require.NotEqual(t, consent.Verifier, again.Verifier)

	_, err = salesforce.AuthCode{}.Start("http://login.salesforce.com")
	require.ErrorIs(t, err, salesforce.ErrInsecureURL)
	require.ErrorContains(t, err, "AuthCode.ClientID is missing\nsalesforce: AuthCode.RedirectURL is missing")
}

func TestCodeIsExchangedForALogin(t *testing.T) {
	t.Parallel()
	org, store := newRotating(), &shelf{tokens: map[string]salesforce.Token{"ada": {RefreshToken: "of an earlier consent"}}}
	app := webApp
	app.Store, app.Key = store, "ada"
	consent, err := app.Start("http://localhost")
	require.NoError(t, err)

	auth, who, err := app.Exchange(t.Context(), config(org), consent, url.Values{"code": {"C"}, "state": {consent.State}})

	require.NoError(t, err)
	require.Equal(t, url.Values{
		"grant_type": {"authorization_code"}, "code": {"C"}, "client_id": {"cid"}, "client_secret": {"csecret"},
		"redirect_uri": {webApp.RedirectURL}, "code_verifier": {consent.Verifier},
	}, org.forms[0])
	require.Equal(t, salesforce.ID(userID), who.UserID)
	require.Equal(t, "http://localhost", who.InstanceURL)
	require.Equal(t, "R0", auth.Token)

	require.NoError(t, count(t, newClient(t, org, withAuth(auth))))
	require.Zero(t, org.asked, "the token that came with the code is used first")
	org.expire()
	require.NoError(t, count(t, newClient(t, org, withAuth(salesforce.RefreshToken{ClientID: "cid", Store: store, Key: "ada"}))))
	require.Equal(t, 1, org.asked)
}

func TestAnswersToAConsentThatAreNoYes(t *testing.T) {
	t.Parallel()
	consent, err := webApp.Start("http://localhost")
	require.NoError(t, err)
	for text, answer := range map[string]url.Values{
		"its state differs":                              {"code": {"C"}, "state": {"x"}},
		"access_denied: end-user denied authorization":   {"error": {"access_denied"}, "error_description": {"end-user denied authorization"}, "state": {consent.State}},
		"exchange an authorization code: the answer hol": {"state": {consent.State}},
	} {
		org := newRotating()
		_, _, err := webApp.Exchange(t.Context(), config(org), consent, answer)
		require.ErrorIs(t, err, salesforce.ErrAuth)
		require.ErrorContains(t, err, text)
		require.Empty(t, org.forms)
	}
	_, _, err = webApp.Exchange(t.Context(), config(newRotating()), salesforce.Consent{}, url.Values{"code": {"C"}})
	require.ErrorContains(t, err, "its state differs", "a consent that was never asked for")
}

func TestUserOfAnotherOrgIsTurnedAway(t *testing.T) {
	t.Parallel()
	store := &shelf{}
	app := webApp
	app.Store, app.Key = store, "ada"
	consent, err := app.Start("http://localhost")
	require.NoError(t, err)
	cfg := config(newRotating())
	cfg.OrgID = "00D000000000001"

	_, _, err = app.Exchange(t.Context(), cfg, consent, url.Values{"code": {"C"}, "state": {consent.State}})

	require.ErrorIs(t, err, salesforce.ErrOrgMismatch)
	require.Empty(t, store.tokens)
}

func TestConsentWithoutARefreshTokenIsOfNoUse(t *testing.T) {
	t.Parallel()
	consent, err := webApp.Start("http://localhost")
	require.NoError(t, err)

	_, _, err = webApp.Exchange(t.Context(), config(&script{}), consent, url.Values{"code": {"C"}, "state": {consent.State}})

	require.ErrorContains(t, err, "it needs the scope refresh_token")
}

func TestFirstTokenIsSavedThoughTheCallerHasGone(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	org := newRotating()
	store := &goneBy{cancel: cancel}
	app := webApp
	app.Store = store
	consent, err := app.Start("http://localhost")
	require.NoError(t, err)

	_, _, err = app.Exchange(ctx, config(org), consent, url.Values{"code": {"C"}, "state": {consent.State}})

	require.NoError(t, err)
	require.Len(t, store.tokens, 1)
}

// goneBy is a store at whose door the caller goes away.
type goneBy struct {
	shelf
	cancel func()
}

func (s *goneBy) Update(ctx context.Context, key string, change func(context.Context, salesforce.Token) (salesforce.Token, error)) error {
	s.cancel()
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.shelf.Update(ctx, key, change)
}

func TestDeviceWaitsForItsUserAtThePaceThatIsAsked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org, store := newRotating(), &shelf{}
		org.pending = []string{"authorization_pending", "slow_down", "authorization_pending"}
		app := salesforce.Device{ClientID: "cid", Store: store, Key: "ada"}
		start := time.Now()

		code, err := app.Start(t.Context(), config(org))
		require.NoError(t, err)
		require.Equal(t, "DeviceCode(ABCD at https://login.salesforce.com/setup/connect)", code.String())
		require.NotContains(t, fmt.Sprintf("%#v", code), "DC")
		require.Equal(t, url.Values{"response_type": {"device_code"}, "client_id": {"cid"}, "scope": {"api refresh_token"}}, org.forms[0])
		auth, who, err := app.Wait(t.Context(), config(org), code)

		require.NoError(t, err)
		require.Equal(t, 30*time.Second, time.Since(start), "5 + 5 + 10 + 10")
		require.Equal(t, "device", org.forms[4].Get("grant_type"))
		require.Equal(t, "DC", org.forms[4].Get("code"))
		require.Equal(t, salesforce.ID(userID), who.UserID)
		require.NoError(t, count(t, newClient(t, org, withAuth(auth))))
	})
}

func TestDeviceGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		app := salesforce.Device{ClientID: "cid"}
		org := newRotating()
		code, err := app.Start(t.Context(), config(org))
		require.NoError(t, err)

		org.pending = []string{"access_denied"}
		_, _, err = app.Wait(t.Context(), config(org), code)
		require.ErrorIs(t, err, salesforce.ErrAuth)

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, _, err = app.Wait(ctx, config(org), code)
		require.ErrorIs(t, err, context.DeadlineExceeded)

		start := time.Now()
		org.pending = strings.Split(strings.Repeat("authorization_pending ", 1000), " ")
		_, _, err = app.Wait(t.Context(), config(org), code)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Less(t, time.Since(start), 10*time.Minute)

		_, _, err = app.Wait(t.Context(), config(org), salesforce.DeviceCode{})
		require.ErrorContains(t, err, "none that Start gave")
	})
}

// A process may stop at any point of a renewal. Another one then goes on with
// what is kept, except when the org has replaced the token and nobody kept the
// new one: then it says so.
func TestStopAtAnyPointOfARenewal(t *testing.T) {
	t.Parallel()
	stop := errors.New("stopped")
	for _, c := range []struct {
		point   string
		arrange func(org *rotating, store *shelf) http.RoundTripper
		lost    bool
	}{
		{"before the intent is kept", func(org *rotating, store *shelf) http.RoundTripper {
			store.fail = map[int]error{1: stop}
			return inProcess{org}
		}, false},
		{"before the request goes out", func(*rotating, *shelf) http.RoundTripper {
			return inProcess{http.HandlerFunc(drops)}
		}, false},
		{"before the answer comes in", func(org *rotating, _ *shelf) http.RoundTripper {
			org.fault = drops
			return inProcess{org}
		}, true},
		{"before the token is kept", func(org *rotating, store *shelf) http.RoundTripper {
			store.fail = map[int]error{2: stop, 3: stop, 4: stop, 5: stop, 6: stop, 7: stop}
			return inProcess{org}
		}, true},
		{"before the token is used", func(org *rotating, store *shelf) http.RoundTripper {
			return routes{"localhost": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/services/oauth2/token" {
					panic(http.ErrAbortHandler)
				}
				org.ServeHTTP(w, r)
			})}
		}, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			org, store := newRotating(), &shelf{}
			first := clientAt(t, "http://localhost", c.arrange(org, store), refreshing(store), func(cfg *salesforce.Config) { cfg.Retry.Max = -1 })
			require.Error(t, count(t, first), c.point)
			store.fail = nil

			err := count(t, newClient(t, org, refreshing(store)))

			if !c.lost {
				require.NoError(t, err, c.point)
				return
			}
			require.ErrorIs(t, err, salesforce.ErrAuth, c.point)
			require.ErrorContains(t, err, "allow the app again", c.point)
		})
	}
}
