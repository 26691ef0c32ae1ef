package salesforce_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// tenants is a pool whose users log in to the org of their tenant, with what
// the change makes of each configuration.
func tenants(t *testing.T, orgs map[string]*salesforcetest.Org, change func(key string, cfg *salesforce.Config)) *salesforce.Pool {
	t.Helper()
	p, err := salesforce.NewPool(salesforce.PoolConfig{New: func(_ context.Context, key string) (salesforce.Config, error) {
		org := orgs[key[:len("acme")]]
		cfg := salesforce.Config{
			Auth:       salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
			LoginURL:   salesforce.MyDomain("acme"),
			HTTPClient: &http.Client{Transport: org.Transport()},
		}
		change(key, &cfg)
		return cfg, nil
	}})
	require.NoError(t, err)
	return p
}

func countLeads(t *testing.T, p *salesforce.Pool, key string) error {
	t.Helper()
	c, err := p.Client(t.Context(), key)
	require.NoError(t, err)
	_, err = c.Count(t.Context(), "SELECT COUNT() FROM Lead")
	return err
}

func twoOrgs() map[string]*salesforcetest.Org {
	return map[string]*salesforcetest.Org{
		"acme": salesforcetest.NewOrg(&salesforcetest.Options{APILimit: 10}),
		"beta": salesforcetest.NewOrg(&salesforcetest.Options{OrgID: "00D000000000002EAA"}),
	}
}

func TestUsersOfATenantShareItsDailyRequests(t *testing.T) {
	t.Parallel()
	p := tenants(t, twoOrgs(), func(_ string, cfg *salesforce.Config) { cfg.DailyShare = 0.5 })
	for n := range 5 {
		require.NoError(t, countLeads(t, p, "acme/ada"), n)
	}

	require.ErrorIs(t, countLeads(t, p, "acme/bob"), salesforce.ErrDailyShare, "though bob has asked for nothing yet")
	require.NoError(t, countLeads(t, p, "beta/eve"))
}

func TestUsersOfATenantShareItsPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := tenants(t, twoOrgs(), func(_ string, cfg *salesforce.Config) { cfg.Pace = salesforce.Pace{PerSecond: 1} })
		begun := time.Now()
		for _, user := range []string{"acme/ada", "acme/bob"} { // a login and a query each
			require.NoError(t, countLeads(t, p, user))
		}
		busy := time.Since(begun)
		require.NoError(t, countLeads(t, p, "beta/eve"))

		require.GreaterOrEqual(t, busy, 3*time.Second)
		require.LessOrEqual(t, time.Since(begun)-busy, 2*time.Second, "another tenant does not wait for them")
	})
}

func TestTenantsAreCounted(t *testing.T) {
	t.Parallel()
	orgs := twoOrgs()
	p := tenants(t, orgs, func(string, *salesforce.Config) {})
	for _, key := range []string{"acme/ada", "acme/ada", "acme/bob", "beta/eve"} {
		require.NoError(t, countLeads(t, p, key))
	}
	orgs["acme"].ExpireSessions()
	p.Forget("acme/bob")
	require.NoError(t, countLeads(t, p, "acme/ada"))

	got := p.Tenants()
	require.Len(t, got, 2)
	require.EqualValues(t, 3, got["acme"].Renewals, "ada, bob, and ada again")
	require.EqualValues(t, 1, got["acme"].Failures, "a session had ended")
	require.EqualValues(t, len(orgs["acme"].Requests()), got["acme"].Calls)
	require.EqualValues(t, 10, got["acme"].Usage.Max)
	require.Equal(t, salesforce.TenantStats{Calls: got["beta"].Calls, Renewals: 1, Usage: got["beta"].Usage}, got["beta"])
}

// Each process has a pool; the tokens are in one store.
func TestProcessesRenewATenantsTokenOnce(t *testing.T) {
	t.Parallel()
	store := &shelf{}
	org, auth, cfg := consented(t, store)
	var pools []*salesforce.Pool
	for range 4 {
		p, err := salesforce.NewPool(salesforce.PoolConfig{New: func(_ context.Context, key string) (salesforce.Config, error) {
			cfg := cfg
			cfg.Auth = salesforce.RefreshToken{ClientID: auth.ClientID, ClientSecret: auth.ClientSecret, Store: store, Key: key}
			return cfg, nil
		}})
		require.NoError(t, err)
		pools = append(pools, p)
	}
	all := func() {
		turn := make(chan *salesforce.Pool, len(pools))
		for _, p := range pools {
			turn <- p
		}
		for _, err := range together(len(pools), func() error { return countLeads(t, <-turn, "ada") }) {
			require.NoError(t, err)
		}
	}
	all()
	before := renewals(pools)
	org.ExpireSessions()
	all()

	require.Zero(t, before, "the token of the consent served all")
	require.EqualValues(t, 1, renewals(pools))
}

func renewals(pools []*salesforce.Pool) (n int64) {
	for _, p := range pools {
		for _, stats := range p.Tenants() {
			n += stats.Renewals
		}
	}
	return n
}

func ExamplePool_Tenants() {
	org := salesforcetest.NewOrg(nil)
	pool, err := salesforce.NewPool(salesforce.PoolConfig{
		New: func(_ context.Context, key string) (salesforce.Config, error) {
			return salesforce.Config{ // the host looks up what the tenant has set up
				Auth:       salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
				LoginURL:   salesforce.MyDomain("acme"),
				HTTPClient: &http.Client{Transport: org.Transport()},
				Pace:       salesforce.Pace{Concurrent: 5},
				DailyShare: 0.8,
			}, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	client, err := pool.Client(context.Background(), "acme/ada@example.com")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.Count(context.Background(), "SELECT COUNT() FROM Lead"); err != nil {
		log.Fatal(err)
	}

	for tenant, stats := range pool.Tenants() {
		fmt.Println(tenant, stats.Failures, stats.Renewals, stats.Usage.Used, stats.Usage.Max)
	}
	// Output:
	// acme 0 1 1 15000
}
