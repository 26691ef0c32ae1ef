package riverimport_test

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/importer/riverimport"
	"github.com/sfbridge/sfbridge/importer/sqlstore"
	"github.com/sfbridge/sfbridge/internal/sqlx"
	"github.com/sfbridge/sfbridge/internal/sqlxtest"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// A host is what a process of the host's has: its database, in which each tenant
// has a schema, and the ways to their orgs.
type host struct {
	dsn  string
	pool *pgxpool.Pool
	tune func(*importer.Config)

	mu        sync.Mutex // guards the rest
	orgs      map[string]http.RoundTripper
	importers map[string]*importer.Importer
}

// join adds a tenant.
func (h *host) join(tenant string, way http.RoundTripper) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.orgs[tenant] = way
}

func open(ctx context.Context, dsn string, orgs map[string]http.RoundTripper) (*host, error) {
	pool, err := pgxpool.New(ctx, dsn)
	return &host{dsn: dsn, pool: pool, orgs: orgs, importers: map[string]*importer.Importer{}}, err
}

// tenants is what the host answers to the question for its tenants.
func (h *host) tenants(context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		h.mu.Lock()
		all := slices.Collect(maps.Keys(h.orgs))
		h.mu.Unlock()
		for _, tenant := range all {
			if !yield(tenant, nil) {
				return
			}
		}
	}
}

// importer returns the importer of a tenant, which it makes once.
func (h *host) importer(ctx context.Context, tenant string) (*importer.Importer, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if im := h.importers[tenant]; im != nil {
		return im, nil
	}
	way, ok := h.orgs[tenant]
	if !ok {
		return nil, riverimport.ErrNoTenant
	}
	im, err := h.newImporter(ctx, tenant, way)
	if err == nil {
		h.importers[tenant] = im
	}
	return im, err
}

func (h *host) newImporter(ctx context.Context, tenant string, way http.RoundTripper) (*importer.Importer, error) {
	if _, err := h.pool.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{tenant}.Sanitize()); err != nil {
		return nil, err
	}
	at, err := pgx.ParseConfig(h.dsn)
	if err != nil {
		return nil, err
	}
	at.RuntimeParams["search_path"] = tenant
	db := stdlib.OpenDB(*at)
	db.SetMaxOpenConns(2)
	db.SetConnMaxIdleTime(10 * time.Second)
	objects, err := customers.Objects(customers.Config{Stages: []string{"Closed Won"}})
	if err != nil {
		return nil, err
	}
	store, err := sqlstore.Open(ctx, db, sqlstore.Config{Dialect: sqlstore.PostgreSQL, Objects: objects})
	if err != nil {
		return nil, err
	}
	client, err := salesforce.New(salesforce.Config{
		LoginURL: "http://localhost", HTTPClient: &http.Client{Transport: way},
		Auth:  salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
		Retry: salesforce.Retry{Max: -1},
	})
	if err != nil {
		return nil, err
	}
	cfg := importer.Config{Client: client, Store: store, Sink: store, Objects: objects, PageSize: 5, BulkAbove: -1, Lease: 2 * time.Second}
	if h.tune != nil {
		h.tune(&cfg)
	}
	return importer.New(cfg)
}

// scheduler is quick, so that a test sees all that it does.
func (h *host) scheduler(ctx context.Context, changes ...func(*riverimport.Config)) (*riverimport.Scheduler, error) {
	cfg := riverimport.Config{
		Pool: h.pool, Importer: h.importer, Tenants: h.tenants,
		Every: time.Hour, Slice: 2 * time.Second, Timeout: 4 * time.Second, Sweep: 100 * time.Millisecond,
		Pause: 200 * time.Millisecond, BackoffMin: 50 * time.Millisecond, BackoffMax: 200 * time.Millisecond,
	}
	for _, change := range changes {
		change(&cfg)
	}
	return riverimport.New(ctx, cfg)
}

// world is a host in this process, and the orgs of its tenants.
type world struct {
	*host
	scheduler *riverimport.Scheduler
	org       map[string]*salesforcetest.Org
}

// newWorld makes orgs with so many accounts each.
func newWorld(t *testing.T, accounts map[string]int, changes ...func(*riverimport.Config)) *world {
	t.Helper()
	w := &world{org: map[string]*salesforcetest.Org{}}
	ways := map[string]http.RoundTripper{}
	for tenant, n := range accounts {
		w.org[tenant] = salesforcetest.NewOrg(nil)
		for i := range n {
			w.org[tenant].Insert("Account", map[string]any{"Name": fmt.Sprintf("%s %d", tenant, i)})
		}
		ways[tenant] = w.org[tenant].Transport()
	}
	var err error
	w.host, err = open(t.Context(), sqlxtest.New(t, sqlx.PostgreSQL).DSN, ways)
	require.NoError(t, err)
	t.Cleanup(w.pool.Close)
	w.scheduler, err = w.host.scheduler(t.Context(), changes...)
	require.NoError(t, err)
	return w
}

// run runs the scheduler until the test is over, or what it returns is called.
func (w *world) run(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	scheduler := w.scheduler
	go func() { ended <- scheduler.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
	t.Cleanup(stop)
	return stop
}

func (w *world) ask(t *testing.T, r riverimport.Request) {
	t.Helper()
	require.NoError(t, pgx.BeginFunc(t.Context(), w.pool, func(tx pgx.Tx) error { return w.scheduler.Ask(t.Context(), tx, r) }))
}

// runs are those of a tenant, oldest first.
func (h *host) runs(t *testing.T, tenant string) (runs []importer.Run) {
	t.Helper()
	im, err := h.importer(t.Context(), tenant)
	require.NoError(t, err)
	for run, err := range im.Runs(t.Context()) {
		require.NoError(t, err)
		runs = append(runs, run)
	}
	slices.Reverse(runs)
	return runs
}

// completed waits until a tenant's run of that number is completed, and returns
// it.
func (h *host) completed(t *testing.T, tenant string, number int) (run importer.Run) {
	t.Helper()
	require.Eventually(t, func() bool {
		runs := h.runs(t, tenant)
		if len(runs) < number {
			return false
		}
		run = runs[number-1]
		return run.Status == importer.Completed
	}, 40*time.Second, 20*time.Millisecond)
	return run
}

// jobs counts the jobs of a state, "" for any.
func (h *host) jobs(t *testing.T, state string) (n int) {
	t.Helper()
	err := h.pool.QueryRow(t.Context(), `SELECT COUNT(*) FROM sfbridge_imports.river_job WHERE $1 IN ('', state::text)`, state).Scan(&n)
	require.NoError(t, err)
	return n
}

func (h *host) exec(t *testing.T, statement string) {
	t.Helper()
	_, err := h.pool.Exec(t.Context(), statement)
	require.NoError(t, err)
}

// waits tells whether the one job waits for a time to come.
func (h *host) waits(t *testing.T) bool {
	t.Helper()
	var n int
	err := h.pool.QueryRow(t.Context(), `SELECT COUNT(*) FROM sfbridge_imports.river_job
		WHERE state IN ('scheduled', 'available') AND scheduled_at > now() + interval '10 minutes'`).Scan(&n)
	require.NoError(t, err)
	return n == 1
}
