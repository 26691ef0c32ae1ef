package salesforce_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
)

// poolOf returns a pool of clients of an org, and counts how often it asks for
// a configuration.
func poolOf(t *testing.T, org http.Handler, password func(key string) string) (*salesforce.Pool, *atomic.Int32) {
	t.Helper()
	var made atomic.Int32
	p, err := salesforce.NewPool(salesforce.PoolConfig{
		New: func(_ context.Context, key string) (salesforce.Config, error) {
			made.Add(1)
			secret := password(key)
			if secret == "" {
				return salesforce.Config{}, errNoCredentials
			}
			return salesforce.Config{
				LoginURL:   "http://localhost",
				Auth:       salesforce.SOAPLogin{Username: key, Password: secret},
				HTTPClient: &http.Client{Transport: inProcess{org}},
			}, nil
		},
	})
	require.NoError(t, err)
	return p, &made
}

var errNoCredentials = errors.New("no Salesforce login for this user")

func secretFor(string) string { return "secret" }

// guarded lets one request at a time into a soapOrg.
type guarded struct {
	mu sync.Mutex
	*soapOrg
}

func (g *guarded) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.soapOrg.ServeHTTP(w, r)
}

func TestPoolMakesOneClientAKey(t *testing.T) {
	t.Parallel()
	org := &guarded{soapOrg: &soapOrg{}}
	p, made := poolOf(t, org, secretFor)
	first, err := p.Client(t.Context(), "ada@example.com")
	require.NoError(t, err)
	p.Forget("ada@example.com")
	before := org.logins

	var again sync.Map
	for _, err := range together(20, func() error {
		c, err := p.Client(t.Context(), "ada@example.com")
		again.Store(c, true)
		return err
	}) {
		require.NoError(t, err)
	}

	n := 0
	again.Range(func(c, _ any) bool { n++; return c != first })
	require.Equal(t, 1, n)
	require.EqualValues(t, 2, made.Load())
	require.Equal(t, before+1, org.logins)
	other, err := p.Client(t.Context(), "bob@example.com")
	require.NoError(t, err)
	require.NotSame(t, first, other)
	require.Equal(t, "bob@example.com", org.username)
}

func TestPoolDropsIdleClients(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, made := poolOf(t, &soapOrg{}, secretFor)
		first, err := p.Client(t.Context(), "ada@example.com")
		require.NoError(t, err)

		time.Sleep(29 * time.Minute)
		again, err := p.Client(t.Context(), "ada@example.com")
		require.NoError(t, err)
		require.Same(t, first, again)

		time.Sleep(30 * time.Minute)
		later, err := p.Client(t.Context(), "ada@example.com")
		require.NoError(t, err)
		require.NotSame(t, first, later)
		require.EqualValues(t, 2, made.Load())
	})
}

func TestPoolDoesNotHammerWithAWrongPassword(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := &soapOrg{fault: "INVALID_LOGIN"}
		p, made := poolOf(t, org, secretFor)
		for range 5 {
			_, err := p.Client(t.Context(), "ada@example.com")
			require.ErrorIs(t, err, salesforce.ErrAuth)
		}
		require.Equal(t, 1, org.logins)

		org.fault = "" // the user has mended it, and the host reads it anew
		time.Sleep(time.Minute)
		_, err := p.Client(t.Context(), "ada@example.com")
		require.NoError(t, err)
		require.EqualValues(t, 2, made.Load())
	})
}

// Salesforce locks a user out after ten wrong passwords, so that an app that
// asks all day must not send so many.
func TestPoolTriesAWrongPasswordLessAndLessOften(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := &soapOrg{fault: "INVALID_LOGIN"}
		p, _ := poolOf(t, org, secretFor)
		for range 2 * 60 {
			for _, err := range together(5, func() error {
				_, err := p.Client(t.Context(), "ada@example.com")
				return err
			}) {
				require.ErrorIs(t, err, salesforce.ErrAuth)
			}
			time.Sleep(time.Minute)
		}
		require.Equal(t, 7, org.logins, "after 0, 1, 3, 7, 15, 31 and 63 minutes")

		org.fault = ""
		time.Sleep(10 * time.Minute)
		c, err := p.Client(t.Context(), "ada@example.com")
		require.NoError(t, err)
		require.NoError(t, c.Logout(t.Context()))
		org.fault = "INVALID_LOGIN"
		before := org.logins
		for range 2 {
			_, err = p.Client(t.Context(), "ada@example.com")
			require.ErrorIs(t, err, salesforce.ErrAuth)
			time.Sleep(time.Minute)
		}
		require.Equal(t, before+2, org.logins, "after a login that was taken, it begins with a minute again")
	})
}

func TestPoolForgetsOnRequest(t *testing.T) {
	t.Parallel()
	org := &soapOrg{fault: "INVALID_LOGIN"}
	p, _ := poolOf(t, org, secretFor)
	_, err := p.Client(t.Context(), "ada@example.com")
	require.ErrorIs(t, err, salesforce.ErrAuth)

	org.fault = ""
	p.Forget("ada@example.com")
	_, err = p.Client(t.Context(), "ada@example.com")

	require.NoError(t, err)
}

func TestPoolHandsOnTheHostsError(t *testing.T) {
	t.Parallel()
	org := &soapOrg{}
	p, _ := poolOf(t, org, func(string) string { return "" })

	_, err := p.Client(t.Context(), "ada@example.com")
	require.ErrorIs(t, err, errNoCredentials)
	_, err = p.Client(t.Context(), "")
	require.ErrorContains(t, err, "the key is empty")
	require.Zero(t, org.logins)
}

func TestPoolMakesAClientThoughTheFirstCallerGivesUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var made atomic.Int32
		p, err := salesforce.NewPool(salesforce.PoolConfig{New: func(ctx context.Context, _ string) (salesforce.Config, error) {
			made.Add(1)
			time.Sleep(10 * time.Second)
			return salesforce.Config{
				LoginURL:   "http://localhost",
				Auth:       ada,
				HTTPClient: &http.Client{Transport: inProcess{&soapOrg{}}},
			}, ctx.Err()
		}})
		require.NoError(t, err)
		hasty, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		first := make(chan error, 1)
		go func() {
			_, err := p.Client(hasty, "ada")
			first <- err
		}()
		synctest.Wait()
		_, err = p.Client(t.Context(), "ada")

		require.ErrorIs(t, <-first, context.DeadlineExceeded)
		require.NoError(t, err)
		require.EqualValues(t, 1, made.Load())
	})
}

func TestPoolReportsEveryFault(t *testing.T) {
	t.Parallel()
	_, err := salesforce.NewPool(salesforce.PoolConfig{Idle: -1, Hold: -1, Timeout: -1})

	for _, part := range []string{"PoolConfig.New is missing", "Idle", "Hold", "Timeout"} {
		require.ErrorContains(t, err, part)
	}
}
