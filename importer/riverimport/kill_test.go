package riverimport_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer/riverimport"
	"github.com/sfbridge/sfbridge/internal/sqlx"
	"github.com/sfbridge/sfbridge/internal/sqlxtest"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// surroundings are what outlives a process: its database, and the addresses of
// the tenants' orgs.
type surroundings struct {
	DSN  string
	Orgs map[string]string
}

const surroundingsVariable = "SFBRIDGE_TEST_SURROUNDINGS"

// TestMain is also the main function of the processes that are killed.
func TestMain(m *testing.M) {
	text, ok := os.LookupEnv(surroundingsVariable)
	if !ok {
		os.Exit(m.Run())
	}
	var s surroundings
	err := json.Unmarshal([]byte(text), &s)
	if err == nil {
		err = work(context.Background(), s)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// work is what such a process does.
func work(ctx context.Context, s surroundings) error {
	h, err := s.open(ctx)
	if err != nil {
		return err
	}
	scheduler, err := h.scheduler(ctx, restless)
	if err != nil {
		return err
	}
	fmt.Println("running")
	return scheduler.Run(ctx)
}

func (s surroundings) open(ctx context.Context) (*host, error) {
	ways := map[string]http.RoundTripper{}
	for tenant, address := range s.Orgs {
		to, err := url.Parse(address)
		if err != nil {
			return nil, err
		}
		ways[tenant] = redirected{to.Host}
	}
	return open(ctx, s.DSN, ways)
}

// redirected sends each request to a server of this machine.
type redirected struct{ host string }

func (r redirected) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.URL.Host = r.host
	return http.DefaultTransport.RoundTrip(req)
}

// restless imports all the time, in small slices.
func restless(cfg *riverimport.Config) {
	cfg.Every, cfg.ReconcileEvery, cfg.Slice = 50*time.Millisecond, time.Second, 300*time.Millisecond
	cfg.Timeout, cfg.RescueAfter = time.Second, 1500*time.Millisecond
}

func spawn(t *testing.T, s surroundings) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(s)
	require.NoError(t, err)
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), surroundingsVariable+"="+string(text))
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "running\n", line)
	return c
}

// Two workers at a time are killed again and again while the orgs go on changing.
// In the end each host has what its org has, once, and no watermark has gone back.
func TestKilledWorkersLoseAndRepeatNothing(t *testing.T) {
	t.Parallel()
	lives, tenants, accounts := 3, 3, 30
	if os.Getenv("SFBRIDGE_LONG") != "" {
		lives, tenants, accounts = 30, 20, 100
	}
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	s := surroundings{DSN: sqlxtest.New(t, sqlx.PostgreSQL).DSN, Orgs: map[string]string{}}
	orgs := map[string]*salesforcetest.Org{}
	for n := range tenants {
		server := salesforcetest.NewServer(nil)
		t.Cleanup(server.Close)
		tenant := fmt.Sprintf("tenant%d", n)
		s.Orgs[tenant], orgs[tenant] = server.URL, server.Org
		server.Org.Fail(salesforcetest.Fault{Stall: 5 * time.Millisecond, Times: -1})
		for i := range accounts {
			server.Org.Insert("Account", map[string]any{"Name": fmt.Sprintf("%s %d", tenant, i)})
		}
	}
	h, err := s.open(t.Context())
	require.NoError(t, err)
	t.Cleanup(h.pool.Close)

	watermarks := map[string]int64{}
	h.watermarks(t, watermarks) // makes the schemas
	for life := range lives {
		for _, c := range []*exec.Cmd{spawn(t, s), spawn(t, s)} {
			<-time.After(300*time.Millisecond + time.Duration(random.Int64N(int64(500*time.Millisecond))))
			for tenant, org := range orgs {
				org.Insert("Account", map[string]any{"Name": fmt.Sprintf("%s of life %d", tenant, life)})
			}
			require.NoError(t, c.Process.Kill())
			require.ErrorContains(t, c.Wait(), "killed")
			h.watermarks(t, watermarks)
		}
	}
	stuck := h.jobs(t, "running")
	// An hour later, when nobody waits for the dead any more: for the leader, and
	// until their jobs count as stuck.
	h.exec(t, `DELETE FROM sfbridge_imports.river_leader`)
	h.exec(t, `UPDATE sfbridge_imports.river_job SET attempted_at = attempted_at - interval '1 hour' WHERE state = 'running'`)
	last := &world{host: h, org: orgs}
	last.scheduler, err = h.scheduler(t.Context(), restless)
	require.NoError(t, err)
	last.run(t)

	for tenant, org := range orgs {
		want := len(org.Records("Account"))
		require.Eventually(t, func() bool { return h.customers(t, tenant) == want && h.watermark(t, tenant) > 0 }, 60*time.Second, 50*time.Millisecond, tenant)
	}
	h.watermarks(t, watermarks)
	t.Logf("seed %d: %d tenants, %d workers killed, which left %d jobs stuck", seed, tenants, 2*lives, stuck)
}

// customers counts the customers that a tenant has, and looks that none is there
// twice.
func (h *host) customers(t *testing.T, tenant string) (n int) {
	t.Helper()
	_, err := h.importer(t.Context(), tenant)
	require.NoError(t, err)
	var records int
	err = h.pool.QueryRow(t.Context(), `SELECT COUNT(*), COUNT(DISTINCT sf_id) FROM `+tenant+`.customers`).Scan(&n, &records)
	require.NoError(t, err)
	require.Equal(t, records, n)
	return n
}

// watermarks looks that no tenant's watermark has gone back since the last time.
func (h *host) watermarks(t *testing.T, before map[string]int64) {
	t.Helper()
	for tenant := range h.orgs {
		now := h.watermark(t, tenant)
		require.GreaterOrEqual(t, now, before[tenant], tenant)
		before[tenant] = now
	}
}

func (h *host) watermark(t *testing.T, tenant string) (at int64) {
	t.Helper()
	_, err := h.importer(t.Context(), tenant)
	require.NoError(t, err)
	require.NoError(t, h.pool.QueryRow(t.Context(), `SELECT watermark FROM `+tenant+`.sfbridge_import_state`).Scan(&at))
	return at
}
