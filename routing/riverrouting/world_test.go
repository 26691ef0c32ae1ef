package riverrouting_test

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/internal/sqlx"
	"github.com/sfbridge/sfbridge/internal/sqlxtest"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/outbox"
	"github.com/sfbridge/sfbridge/routing/riverrouting"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// surroundings are what outlives a process.
type surroundings struct {
	DSN, Spool, Org string
	Account         salesforce.ID
}

// host is what a process has: durations are short, so that a test sees them end.
type host struct {
	pool       *pgxpool.Pool
	ledger     *outbox.SQL
	router     *routing.Router
	dispatcher *riverrouting.Dispatcher
}

const uploadTimeout = time.Second

func open(ctx context.Context, s surroundings, rt http.RoundTripper, changes ...func(*routing.Config, *riverrouting.Config)) (*host, error) {
	pool, err := pgxpool.New(ctx, s.DSN)
	if err != nil {
		return nil, err
	}
	ledger, err := outbox.NewSQL(ctx, stdlib.OpenDBFromPool(pool), outbox.PostgreSQL)
	if err != nil {
		return nil, err
	}
	client, err := salesforce.New(salesforce.Config{
		LoginURL: s.Org, HTTPClient: &http.Client{Transport: rt},
		Auth:  salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
		Retry: salesforce.Retry{Max: -1},
	})
	if err != nil {
		return nil, err
	}
	rules := routing.Config{
		Destination: routing.Salesforce{Client: client}, Store: ledger, Spool: outbox.Spool{Dir: s.Spool},
		Rules: []routing.Rule{{Type: routing.Contract}},
		Lease: time.Second, UploadTimeout: uploadTimeout, Quarantine: 200 * time.Millisecond,
		BackoffMin: 10 * time.Millisecond, BackoffMax: 50 * time.Millisecond,
		Probes: []time.Duration{10 * time.Millisecond, 100 * time.Millisecond}, MailAfterAttempts: 1_000_000,
	}
	cfg := riverrouting.Config{
		Pool: pool, Timeout: 3 * time.Second, Sweep: 100 * time.Millisecond, Retry: 10 * time.Millisecond,
	}
	for _, change := range changes {
		change(&rules, &cfg)
	}
	if cfg.Router, err = routing.New(rules); err != nil {
		return nil, err
	}
	dispatcher, err := riverrouting.New(ctx, cfg)
	return &host{pool, ledger, cfg.Router, dispatcher}, err
}

// world is an org, a database and a host.
type world struct {
	surroundings
	*host
	org *salesforcetest.Org
}

func newWorld(t *testing.T, changes ...func(*routing.Config, *riverrouting.Config)) *world {
	t.Helper()
	org := salesforcetest.NewOrg(nil)
	w := &world{org: org, surroundings: surroundings{
		DSN: sqlxtest.New(t, sqlx.PostgreSQL).DSN, Spool: filepath.Join(t.TempDir(), "spool"), Org: salesforce.MyDomain("acme"),
		Account: salesforce.ID(org.Insert("Account", map[string]any{"Name": "Leap"})),
	}}
	var err error
	w.host, err = open(t.Context(), w.surroundings, org.Transport(), changes...)
	require.NoError(t, err)
	t.Cleanup(w.pool.Close)
	return w
}

func (s surroundings) submission(key string) routing.Submission {
	return routing.Submission{Key: key, Type: routing.Contract, Target: s.Account, Body: strings.NewReader("document " + key)}
}

// accept accepts a document in a transaction, and ends it as finish says.
func (h *host) accept(ctx context.Context, s routing.Submission, finish func(pgx.Tx, context.Context) error) (routing.Accepted, error) {
	tx, err := h.pool.Begin(ctx)
	if err != nil {
		return routing.Accepted{}, err
	}
	accepted, err := h.dispatcher.Accept(ctx, tx, func(ledger outbox.Execer) (routing.Accepted, error) {
		s.Tx = ledger
		return h.router.Route(ctx, s)
	})
	if err != nil {
		return routing.Accepted{}, errors.Join(err, tx.Rollback(ctx))
	}
	return accepted, finish(tx, ctx)
}

func (w *world) committed(t *testing.T, key string) string {
	t.Helper()
	accepted, err := w.accept(t.Context(), w.submission(key), pgx.Tx.Commit)
	require.NoError(t, err)
	return accepted.ID
}

// run runs the dispatcher until the test is over, or what it returns is called.
func (w *world) run(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.dispatcher.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	}
	t.Cleanup(stop)
	return stop
}

// delivered waits until a delivery is in the org, and looks that it is there once.
func (w *world) delivered(t *testing.T, id string) {
	t.Helper()
	require.Eventually(t, func() bool {
		d, err := w.router.Delivery(t.Context(), id)
		return err == nil && d.State == routing.Verified
	}, 30*time.Second, 10*time.Millisecond)
	n := 0
	for _, v := range w.org.Records("ContentVersion") {
		if v["Description"] == "sfbridge:"+id {
			n++
		}
	}
	require.Equal(t, 1, n)
}

// jobs counts the jobs of a state, "" for any.
func (w *world) jobs(t *testing.T, state string) (n int) {
	t.Helper()
	err := w.pool.QueryRow(t.Context(), `SELECT COUNT(*) FROM sfbridge_deliveries.river_job WHERE $1 IN ('', state::text)`, state).Scan(&n)
	require.NoError(t, err)
	return n
}

func (w *world) exec(t *testing.T, statement string) {
	t.Helper()
	_, err := w.pool.Exec(t.Context(), statement)
	require.NoError(t, err)
}
