package riverimport_test

import (
	"context"
	"iter"
	"log"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/importer/riverimport"
	"github.com/sfbridge/sfbridge/importer/sqlstore"
	"github.com/sfbridge/sfbridge/salesforce"
)

// A host on several machines, each of which runs this: all tenants are imported
// by schedule, and one of them now, because Anna asks for it.
func Example() {
	ctx := context.Background()
	const dsn = "postgres://app@db.example.com/app"
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		log.Fatal(err)
	}
	orgs, err := salesforce.NewPool(salesforce.PoolConfig{New: credentials})
	if err != nil {
		log.Fatal(err)
	}
	scheduler, err := riverimport.New(ctx, riverimport.Config{
		Pool:    pool,
		Tenants: func(context.Context) iter.Seq2[string, error] { return tenants },
		Importer: func(ctx context.Context, tenant string) (*importer.Importer, error) {
			client, err := orgs.Client(ctx, tenant)
			if err != nil {
				return nil, err
			}
			return importerOf(ctx, dsn, tenant, client)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Print(scheduler.Run(ctx)) }()

	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		return scheduler.Ask(ctx, tx, riverimport.Request{Tenant: "acme", Import: importer.Complete, Actor: "anna"})
	})
	if err != nil {
		log.Print(err)
	}
}

// tenants reads the host's list of them.
func tenants(yield func(string, error) bool) {
	_ = yield("acme", nil) && yield("globex", nil)
}

// credentials looks up how a tenant's org is reached.
func credentials(_ context.Context, tenant string) (salesforce.Config, error) {
	return salesforce.Config{
		LoginURL: salesforce.MyDomain(tenant),
		Auth:     salesforce.ClientCredentials{ClientID: "id", ClientSecret: "secret"},
		Pace:     salesforce.Pace{Concurrent: 5},
	}, nil
}

// importerOf keeps a tenant's state and records in a schema of its own.
func importerOf(ctx context.Context, dsn, tenant string, client *salesforce.Client) (*importer.Importer, error) {
	at, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	at.RuntimeParams["search_path"] = "tenant_" + tenant
	db := stdlib.OpenDB(*at) // a host keeps it, and the importer, for the next time
	db.SetMaxOpenConns(2)
	objects, err := customers.Objects(customers.Config{Stages: []string{"Closed Won"}})
	if err != nil {
		return nil, err
	}
	store, err := sqlstore.Open(ctx, db, sqlstore.Config{Dialect: sqlstore.PostgreSQL, Objects: objects})
	if err != nil {
		return nil, err
	}
	return importer.New(importer.Config{Client: client, Store: store, Sink: store, Objects: objects})
}
