// Command importer imports accounts into a database, or only reads them.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"time"

	_ "github.com/go-sql-driver/mysql" // the driver "mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/importer/sqlstore"
	"github.com/sfbridge/sfbridge/internal/bench/measure"
	"github.com/sfbridge/sfbridge/salesforce"
)

func main() { measure.Main(prepare) }

var dialects = map[string]sqlstore.Dialect{"sqlite": sqlstore.SQLite, "pgx": sqlstore.PostgreSQL, "mysql": sqlstore.MySQL}

func prepare(job measure.Job) (func() (measure.Done, error), error) {
	c, err := salesforce.New(salesforce.Config{
		LoginURL: job.URL, Auth: salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
	})
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	if _, err := c.Session(ctx); err != nil {
		return nil, err
	}
	if job.Operation == "read" {
		return func() (measure.Done, error) { return read(ctx, c) }, nil
	}
	im, err := open(ctx, c, job)
	if err != nil {
		return nil, err
	}
	return func() (measure.Done, error) {
		if job.File == "" {
			return run(ctx, im, job.Operation)
		}
		profile, err := os.Create(job.File)
		if err != nil {
			return measure.Done{}, err
		}
		defer func() { _ = profile.Close() }() // a profile that is cut off is seen
		if err := pprof.StartCPUProfile(profile); err != nil {
			return measure.Done{}, err
		}
		defer pprof.StopCPUProfile()
		done, err := run(ctx, im, job.Operation)
		return done, errors.Join(err, writeHeap(job.File+".heap"))
	}, nil
}

func open(ctx context.Context, c *salesforce.Client, job measure.Job) (*importer.Importer, error) {
	objects, err := customers.Objects(customers.Config{Scope: importer.ScopeOff})
	if err != nil {
		return nil, err
	}
	objects = objects[:1] // the accounts
	db, err := sql.Open(job.Driver, job.DSN)
	if err != nil {
		return nil, err
	}
	if job.Driver == "sqlite" {
		db.SetMaxOpenConns(1)
	}
	store, err := sqlstore.Open(ctx, db, sqlstore.Config{Dialect: dialects[job.Driver], Objects: objects})
	if err != nil {
		return nil, err
	}
	return importer.New(importer.Config{Client: c, Store: store, Sink: store, Objects: objects})
}

func run(ctx context.Context, im *importer.Importer, operation string) (measure.Done, error) {
	importAll := im.Incremental
	if operation == "complete" {
		importAll = im.Complete
	}
	report, err := importAll(ctx, "bench", nil)
	if err != nil {
		return measure.Done{}, err
	}
	counts := report.Run.Counts["Account"]
	if len(report.Run.Warnings) > 0 {
		fmt.Fprintln(os.Stderr, report.Run.Warnings)
	}
	return measure.Done{Records: counts.Read, Sum: int64(counts.Created + counts.Updated)}, nil
}

func writeHeap(path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return pprof.WriteHeapProfile(f)
}

// read goes over the records that a complete import reads.
func read(ctx context.Context, c *salesforce.Client) (measure.Done, error) {
	const query = `SELECT Id, SystemModstamp, IsDeleted, MasterRecordId, AccountNumber, Name, BillingStreet, BillingState, BillingPostalCode,
		BillingCity, BillingCountry, ShippingStreet, ShippingState, ShippingPostalCode, ShippingCity, ShippingCountry, Phone, Fax, Website,
		Description FROM Account`
	var done measure.Done
	options := &salesforce.BulkQueryOptions{All: true, Poll: salesforce.Poll{First: time.Second}}
	for _, err := range salesforce.BulkQuery[salesforce.Record](ctx, c, query, options) {
		if err != nil {
			return done, err
		}
		done.Records++
	}
	return done, nil
}
