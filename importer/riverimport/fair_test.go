package riverimport_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/riverimport"
)

// slow takes its time for each request.
type slow struct {
	http.RoundTripper
	takes time.Duration
}

func (s slow) RoundTrip(r *http.Request) (*http.Response, error) {
	timer := time.NewTimer(s.takes)
	defer timer.Stop()
	select {
	case <-timer.C:
		return s.RoundTripper.RoundTrip(r)
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// One worker, one tenant with thirty pages, and ten with one page: all of
// these are served while the large one is being read, and it is read in the end.
func TestLargeTenantDoesNotHoldTheOthersUp(t *testing.T) {
	t.Parallel()
	accounts := map[string]int{"large": 150}
	w := newWorld(t, accounts, func(cfg *riverimport.Config) { cfg.Workers, cfg.Slice = 1, 200*time.Millisecond })
	w.orgs["large"] = slow{w.orgs["large"], 10 * time.Millisecond}
	small := newWorld(t, many("small", 10, 2))
	w.run(t)
	require.Eventually(t, func() bool { return len(w.runs(t, "large")) == 1 }, 20*time.Second, 10*time.Millisecond)
	for tenant, way := range small.orgs { // they come while the worker is busy
		w.join(tenant, way)
		w.ask(t, riverimport.Request{Tenant: tenant})
	}

	for tenant := range small.orgs {
		require.Equal(t, 2, w.completed(t, tenant, 1).Counts["Account"].Created)
	}
	large := w.runs(t, "large")[0]
	require.NotEqual(t, importer.Completed, large.Status, "still being read")
	t.Logf("the large tenant has %d of 150 accounts when the others are done", large.Counts["Account"].Created)
	require.Equal(t, 150, w.completed(t, "large", 1).Counts["Account"].Created)
}

// Three orgs that do not answer, two workers: once it is known that they are
// broken, one worker at most waits for them, less and less often.
func TestBrokenOrgsDoNotHoldTheOthersUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, many("broken", 3, 2), func(cfg *riverimport.Config) {
		cfg.Workers, cfg.Slice, cfg.Timeout = 2, 200*time.Millisecond, 400*time.Millisecond
		cfg.BackoffMin, cfg.BackoffMax = 20*time.Millisecond, 40*time.Millisecond // no mercy: they are always there
	})
	for tenant, way := range w.orgs {
		w.orgs[tenant] = slow{way, time.Hour}
	}
	small := newWorld(t, many("small", 10, 2))
	w.run(t)
	<-time.After(time.Second)
	begun := time.Now()
	for tenant, way := range small.orgs {
		w.join(tenant, way)
		w.ask(t, riverimport.Request{Tenant: tenant})
	}

	for tenant := range small.orgs {
		w.completed(t, tenant, 1)
	}
	t.Logf("ten tenants took %v beside three broken orgs", time.Since(begun).Round(10*time.Millisecond))
	for n := range 3 {
		require.Empty(t, w.runs(t, fmt.Sprintf("broken%d", n)))
	}
}

func many(name string, tenants, accounts int) map[string]int {
	all := map[string]int{}
	for n := range tenants {
		all[fmt.Sprintf("%s%d", name, n)] = accounts
	}
	return all
}
