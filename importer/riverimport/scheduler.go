package riverimport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/sfbridge/sfbridge/importer"
)

// ErrNoTenant is what Config.Importer says of a tenant that is not imported any
// more, or not by this host. Its job ends.
var ErrNoTenant = errors.New("riverimport: no such tenant")

// Config is what a [Scheduler] needs. Pool, Importer and Tenants are required.
type Config struct {
	// Pool is the database of the jobs. Run takes a connection of it for itself,
	// to be notified on, and others for moments: it must be allowed to have
	// four.
	Pool *pgxpool.Pool
	// Importer returns the importer of a tenant, as long as ctx lasts. It is
	// called for each piece of work, so it should keep what is dear to make.
	// ErrNoTenant ends the tenant's job; with another error it is tried again.
	Importer func(ctx context.Context, tenant string) (*importer.Importer, error)
	// Tenants yields the tenants that are imported by schedule.
	Tenants func(ctx context.Context) iter.Seq2[string, error]

	// Every is how often what has changed is imported, after a complete import.
	// Defaults to 15 minutes.
	Every time.Duration
	// ReconcileEvery is how often all records are compared. Negative means never.
	// Defaults to 24 hours.
	ReconcileEvery time.Duration
	// Actor is who imports by schedule. Defaults to "schedule".
	Actor string

	// Workers is how many tenants this process works on at once. Defaults to 4.
	Workers int
	// Slice is how long a tenant is worked on before it is the others' turn.
	// Defaults to 1 minute.
	Slice time.Duration
	// Timeout is when work is broken off that does not come to the end of its
	// slice, because the org does not answer. It must exceed Slice. Defaults to
	// Slice and 2 minutes.
	Timeout time.Duration
	// RescueAfter is when a job counts as stuck, whose process has died. It must
	// exceed Timeout. Defaults to Timeout and a minute.
	RescueAfter time.Duration
	// Pause is how long a tenant is left alone whose org has no requests left for
	// today, or whose run has used its share. Defaults to 30 minutes.
	Pause time.Duration
	// BackoffMin is the pause after a first failure. Each further one doubles it,
	// up to BackoffMax; every pause is cut at random by up to a half. Default to 1
	// minute and 1 hour.
	BackoffMin, BackoffMax time.Duration
	// Troubled is how many of the Workers may be busy with tenants whose last
	// import has failed. Defaults to a quarter of them, one at least.
	Troubled int

	// Schema is where River's tables are. It belongs to this package alone: a
	// client that leads and knows other kinds of jobs would discard ours. It is
	// created if it is not there. Defaults to "sfbridge_imports".
	Schema string
	// Queue is the queue of the jobs. Defaults to "sfbridge_imports".
	Queue string
	// Sweep is how often to look for tenants without a job. Defaults to 10
	// minutes.
	Sweep time.Duration
	// Logger is told what River says, and what fails: tenants and errors. Defaults
	// to no log.
	Logger *slog.Logger
}

func (c Config) withDefaults() Config {
	c.Every = cmp.Or(c.Every, 15*time.Minute)
	c.ReconcileEvery = cmp.Or(c.ReconcileEvery, 24*time.Hour)
	c.Actor = cmp.Or(c.Actor, "schedule")
	c.Workers = cmp.Or(c.Workers, 4)
	c.Slice = cmp.Or(c.Slice, time.Minute)
	c.Timeout = cmp.Or(c.Timeout, c.Slice+2*time.Minute)
	c.RescueAfter = cmp.Or(c.RescueAfter, c.Timeout+time.Minute)
	c.Pause = cmp.Or(c.Pause, 30*time.Minute)
	c.BackoffMin = cmp.Or(c.BackoffMin, time.Minute)
	c.BackoffMax = cmp.Or(c.BackoffMax, max(time.Hour, c.BackoffMin))
	c.Troubled = cmp.Or(c.Troubled, max(c.Workers/4, 1))
	c.Schema = cmp.Or(c.Schema, "sfbridge_imports")
	c.Queue = cmp.Or(c.Queue, "sfbridge_imports")
	c.Sweep = cmp.Or(c.Sweep, 10*time.Minute)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// minConns are for notifications, the work, its completion, and the sweep.
const minConns = 4

func (c Config) validate() error {
	var faults []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			faults = append(faults, fmt.Errorf("riverimport: "+format, args...))
		}
	}
	fault(c.Pool == nil, "Pool is missing")
	if c.Pool != nil {
		most := c.Pool.Config().MaxConns
		fault(most < minConns, "Pool may have %d connections, fewer than %d", most, minConns)
	}
	fault(c.Importer == nil, "Importer is missing")
	fault(c.Tenants == nil, "Tenants is missing")
	fault(c.Every < 0, "Every %v is negative", c.Every)
	fault(c.Workers < 1, "Workers %d is less than 1", c.Workers)
	fault(c.Troubled < 1 || c.Troubled > c.Workers, "Troubled %d is not within 1 and Workers %d", c.Troubled, c.Workers)
	fault(c.Slice < 0, "Slice %v is negative", c.Slice)
	fault(c.Timeout <= c.Slice, "Timeout %v does not exceed Slice %v", c.Timeout, c.Slice)
	fault(c.RescueAfter <= c.Timeout, "RescueAfter %v does not exceed Timeout %v", c.RescueAfter, c.Timeout)
	fault(c.Pause < 0, "Pause %v is negative", c.Pause)
	fault(c.BackoffMin < 0, "BackoffMin %v is negative", c.BackoffMin)
	fault(c.BackoffMax < c.BackoffMin, "BackoffMax %v is less than BackoffMin %v", c.BackoffMax, c.BackoffMin)
	fault(c.Sweep < 0, "Sweep %v is negative", c.Sweep)
	return errors.Join(faults...)
}

// A Scheduler brings imports and River together. It is safe for concurrent use.
// Use [New] to make one.
type Scheduler struct {
	cfg      Config
	client   *river.Client[pgx.Tx]
	troubled chan struct{} // holds one for each tenant in trouble that is worked on
}

// New returns a Scheduler, after it has created or updated River's tables. The
// error joins every fault of cfg.
func New(ctx context.Context, cfg Config) (*Scheduler, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	if err := migrate(ctx, cfg.Pool, cfg.Schema); err != nil {
		return nil, fmt.Errorf("riverimport: create River's tables: %w", err)
	}
	s := &Scheduler{cfg: cfg, troubled: make(chan struct{}, cfg.Troubled)}
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{Scheduler: s})
	var err error
	s.client, err = river.NewClient(riverpgxv5.New(cfg.Pool), &river.Config{
		Schema:                      cfg.Schema,
		Queues:                      map[string]river.QueueConfig{cfg.Queue: {MaxWorkers: cfg.Workers}},
		Workers:                     workers,
		FetchOnlyKnownKinds:         true,
		JobTimeout:                  cfg.Timeout,
		RescueStuckJobsAfter:        cfg.RescueAfter,
		DiscardedJobRetentionPeriod: -1,
		Logger:                      cfg.Logger,
	})
	if err != nil {
		return nil, fmt.Errorf("riverimport: %w", err)
	}
	return s, nil
}

// migrateLock keeps processes that start at once from migrating at once.
const migrateLock = 0x5fb71d6f

// migrate creates or updates River's tables. Its steps are transactions of their
// own, as some of them must be; another one holds the lock meanwhile.
func migrate(ctx context.Context, pool *pgxpool.Pool, schema string) error {
	return pgx.BeginFunc(ctx, pool, func(lock pgx.Tx) error {
		if _, err := lock.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", migrateLock); err != nil {
			return err
		}
		if _, err := pool.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{schema}.Sanitize()); err != nil {
			return err
		}
		migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: schema, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			return err
		}
		_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
		return err
	})
}

// A Request asks for work on a tenant.
type Request struct {
	Tenant string
	// Import is the kind of import. Empty asks for what the schedule says, for a
	// tenant that is new: Actor and MayRetire are not used then.
	Import importer.RunKind
	// Actor is who asks.
	Actor string
	// MayRetire is that of importer.RunOptions.
	MayRetire int
}

// Ask asks for an import in a transaction of the host's: it begins when that is
// committed and a worker is free. While the same kind of import of that tenant is
// waiting or under way, another request for it changes nothing; a run that the
// schedule is at is gone on with. How it ends is in
// the importer's runs; one that fails for good, such as one that Allow refuses,
// is not repeated.
func (s *Scheduler) Ask(ctx context.Context, tx pgx.Tx, r Request) error {
	kinds := map[importer.RunKind]bool{"": true, importer.Complete: true, importer.Incremental: true, importer.Reconcile: true}
	if r.Tenant == "" || !kinds[r.Import] || r.Import != "" && r.Actor == "" {
		return fmt.Errorf("riverimport: ask for %q of tenant %q for %q: no tenant, no such import, or nobody who asks", r.Import, r.Tenant, r.Actor)
	}
	if _, err := s.client.InsertTx(ctx, tx, args(r), s.options()); err != nil {
		return fmt.Errorf("riverimport: ask for %q of tenant %q: %w", r.Import, r.Tenant, err)
	}
	return nil
}

// args are those of a job: a Request.
type args struct {
	Tenant    string           `json:"tenant" river:"unique"`
	Import    importer.RunKind `json:"import" river:"unique"`
	Actor     string           `json:"actor,omitempty"`
	MayRetire int              `json:"mayRetire,omitempty"`
}

// Kind implements [river.JobArgs].
func (args) Kind() string { return "sfbridge_import" }

// options make a job the only one of its tenant and kind that is not over.
// Attempts count panics and rescues only.
func (s *Scheduler) options() *river.InsertOpts {
	return &river.InsertOpts{
		Queue: s.cfg.Queue, MaxAttempts: math.MaxInt16,
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
			rivertype.JobStateRunning, rivertype.JobStateScheduled,
		}},
	}
}
