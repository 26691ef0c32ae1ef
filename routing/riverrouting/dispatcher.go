package riverrouting

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/outbox"
)

// Config is what a [Dispatcher] needs. Router and Pool are required.
type Config struct {
	// Router does the work. Its Store is a ledger in the database of Pool.
	Router *routing.Router
	// Pool is the host's database. Run takes a connection of it for itself, to
	// be notified on, and others for moments: it must be allowed to have four.
	Pool *pgxpool.Pool

	// Schema is where River's tables are. It belongs to this package alone: a
	// client that leads and knows other kinds of jobs would discard ours. It is
	// created if it is not there. Defaults to "sfbridge_deliveries".
	Schema string
	// Queue is the queue of the jobs. Defaults to "sfbridge_deliveries".
	Queue string
	// Workers is how many deliveries this process works on at once. Defaults to
	// 3.
	Workers int
	// Timeout is how long a job may work on a delivery: an upload, the question
	// whether it has arrived, or the mails to all recipients. What takes longer
	// is broken off, and goes on later. It must exceed the router's
	// UploadTimeout. Defaults to that and 10 minutes.
	Timeout time.Duration
	// RescueAfter is when a job counts as stuck. It must exceed Timeout. Defaults
	// to Timeout and a minute.
	RescueAfter time.Duration
	// Sweep is how often to look for deliveries that are overdue, and how long a
	// delivery must be that. Defaults to 1 minute.
	Sweep time.Duration
	// Retry is the pause after a failure of the ledger. Defaults to 15 seconds.
	Retry time.Duration
	// PurgeEvery is how often Run calls the router's Purge. Defaults to 1 hour.
	PurgeEvery time.Duration
	// Logger is told what River says, and of failures of the ledger. Defaults to
	// no log.
	Logger *slog.Logger
}

// minConns are for notifications, the work, its completion, and the sweep.
const minConns = 4

func (c Config) withDefaults() Config {
	c.Schema = cmp.Or(c.Schema, "sfbridge_deliveries")
	c.Queue = cmp.Or(c.Queue, "sfbridge_deliveries")
	c.Workers = cmp.Or(c.Workers, 3)
	if c.Router != nil {
		c.Timeout = cmp.Or(c.Timeout, c.Router.UploadTimeout()+10*time.Minute)
	}
	c.RescueAfter = cmp.Or(c.RescueAfter, c.Timeout+time.Minute)
	c.Sweep = cmp.Or(c.Sweep, time.Minute)
	c.Retry = cmp.Or(c.Retry, 15*time.Second)
	c.PurgeEvery = cmp.Or(c.PurgeEvery, time.Hour)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

func (c Config) validate() error {
	var faults []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			faults = append(faults, fmt.Errorf("riverrouting: "+format, args...))
		}
	}
	fault(c.Router == nil, "Router is missing")
	fault(c.Pool == nil, "Pool is missing")
	if c.Pool != nil {
		most := c.Pool.Config().MaxConns
		fault(most < minConns, "Pool may have %d connections, fewer than %d", most, minConns)
	}
	fault(c.Workers < 1, "Workers %d is less than 1", c.Workers)
	if c.Router != nil {
		fault(c.Timeout <= c.Router.UploadTimeout(), "Timeout %v does not exceed the router's UploadTimeout %v", c.Timeout, c.Router.UploadTimeout())
	}
	fault(c.RescueAfter <= c.Timeout, "RescueAfter %v does not exceed Timeout %v", c.RescueAfter, c.Timeout)
	fault(c.Sweep < 0, "Sweep %v is negative", c.Sweep)
	fault(c.Retry < 0, "Retry %v is negative", c.Retry)
	fault(c.PurgeEvery < 0, "PurgeEvery %v is negative", c.PurgeEvery)
	return errors.Join(faults...)
}

// A Dispatcher brings deliveries and River together. It is safe for concurrent
// use. Use [New] to make one.
type Dispatcher struct {
	cfg    Config
	client *river.Client[pgx.Tx]
}

// New returns a Dispatcher, after it has created or updated River's tables. The
// error joins every fault of cfg.
func New(ctx context.Context, cfg Config) (*Dispatcher, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	if err := migrate(ctx, cfg.Pool, cfg.Schema); err != nil {
		return nil, fmt.Errorf("riverrouting: create River's tables: %w", err)
	}
	d := &Dispatcher{cfg: cfg}
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{Dispatcher: d})
	var err error
	d.client, err = river.NewClient(riverpgxv5.New(cfg.Pool), &river.Config{
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
		return nil, fmt.Errorf("riverrouting: %w", err)
	}
	return d, nil
}

// migrateLock keeps processes that start at once from migrating at once.
const migrateLock = 0x5fb71d6e

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

// Accept has the router accept something within a transaction of the host's: it
// is delivered when that is committed, and never if it is rolled back. The
// function accept calls the router's Route, RouteCredit or Submit with ledger as
// the Tx of the submission. After an error the host has to roll back.
func (d *Dispatcher) Accept(ctx context.Context, tx pgx.Tx, accept func(ledger outbox.Execer) (routing.Accepted, error)) (routing.Accepted, error) {
	db := within(tx)
	accepted, err := accept(db)
	if err := errors.Join(err, db.Close()); err != nil {
		return routing.Accepted{}, err
	}
	if _, err := d.client.InsertTx(ctx, tx, args{accepted.ID}, d.options()); err != nil {
		return routing.Accepted{}, fmt.Errorf("riverrouting: insert the job of delivery %s: %w", accepted.ID, err)
	}
	return accepted, nil
}

// args are those of a job.
type args struct {
	ID string `json:"id"`
}

// Kind implements [river.JobArgs].
func (args) Kind() string { return "sfbridge_delivery" }

// options make a job the only one of its delivery that is not over. Attempts
// count panics and rescues only.
func (d *Dispatcher) options() *river.InsertOpts {
	return &river.InsertOpts{
		Queue: d.cfg.Queue, MaxAttempts: math.MaxInt16,
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
			rivertype.JobStateRunning, rivertype.JobStateScheduled,
		}},
	}
}
