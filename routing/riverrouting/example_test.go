package riverrouting_test

import (
	"context"
	"log"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/outbox"
	"github.com/sfbridge/sfbridge/routing/riverrouting"
	"github.com/sfbridge/sfbridge/salesforce"
)

// A host on several machines, each of which runs this: documents are accepted
// with what the host writes, and delivered by whichever machine is free.
func Example() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, "postgres://app@db.example.com/app")
	if err != nil {
		log.Fatal(err)
	}
	ledger, err := outbox.NewSQL(ctx, stdlib.OpenDBFromPool(pool), outbox.PostgreSQL)
	if err != nil {
		log.Fatal(err)
	}
	logins, err := salesforce.NewPool(salesforce.PoolConfig{New: credentials})
	if err != nil {
		log.Fatal(err)
	}
	router, err := routing.New(routing.Config{
		Destination: routing.Salesforce{Logins: logins.Client}, // a submission names its tenant as Login
		Store:       ledger,
		Spool:       outbox.Spool{Dir: "/mnt/shared/documents"},
		Rules:       []routing.Rule{{Type: routing.Contract}},
	})
	if err != nil {
		log.Fatal(err)
	}
	dispatcher, err := riverrouting.New(ctx, riverrouting.Config{Router: router, Pool: pool})
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Print(dispatcher.Run(ctx)) }()

	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "UPDATE contracts SET signed = now() WHERE id = $1", 4711); err != nil {
			return err
		}
		_, err := dispatcher.Accept(ctx, tx, func(ledger outbox.Execer) (routing.Accepted, error) {
			return router.Route(ctx, routing.Submission{
				Key: "contract 4711", Type: routing.Contract, Target: "001RM000003oLnnYAE", Login: "acme",
				Body: strings.NewReader("the contract"), Tx: ledger,
			})
		})
		return err
	})
	if err != nil {
		log.Print(err)
	}
}

// credentials looks up how a tenant's org is reached.
func credentials(_ context.Context, tenant string) (salesforce.Config, error) {
	return salesforce.Config{
		LoginURL:   salesforce.MyDomain(tenant),
		Auth:       salesforce.ClientCredentials{ClientID: "id", ClientSecret: "secret"},
		DailyShare: 0.8,
	}, nil
}
