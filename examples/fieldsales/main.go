// Fieldsales shows a rep's day: appointments come in, by a shared and by a
// personal login; a contract goes out to Salesforce; a file that is too large
// for that goes out by mail.
//
//	go run ./examples/fieldsales
//
// Everything runs in this process: the org, the mail server, and the app.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/sfbridge/sfbridge/importer/appointments"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/mail"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/soql"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "fieldsales:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) error {
	demo, err := setUp(ctx, out)
	if err != nil {
		return err
	}
	defer demo.close()
	query, rules := appointments.Improveit360()
	fields, err := mapping.New(rules, &mapping.Options{Zone: demo.rep.zone})
	if err != nil {
		return err
	}

	demo.title("Appointments of %s, by the company's shared login", demo.rep.name)
	feed, err := appointments.New(appointments.Config{
		SignOn: appointments.Shared{Client: demo.client, Identifier: demo.staffID}, Query: query, Mapping: fields,
	})
	if err != nil {
		return err
	}
	visit, err := demo.showAppointments(ctx, feed)
	if err != nil {
		return err
	}

	demo.title("The same, by the rep's own login")
	pool, err := salesforce.NewPool(salesforce.PoolConfig{New: demo.credentials})
	if err != nil {
		return err
	}
	own, err := appointments.New(appointments.Config{
		SignOn: appointments.PerUser{Pool: pool}, Query: demo.byUser(query), Mapping: fields,
	})
	if err != nil {
		return err
	}
	if _, err := demo.showAppointments(ctx, own); err != nil {
		return err
	}

	demo.title("A user without a login, and a query that would show everybody's")
	for _, err := range own.Appointments(ctx, "somebody-else") {
		if !errors.Is(err, appointments.ErrNoCredentials) {
			return fmt.Errorf("appointments without credentials: %w", err)
		}
		demo.say("refused: %v", err)
	}
	_, err = appointments.New(appointments.Config{
		SignOn: appointments.Shared{Client: demo.client, Identifier: demo.staffID}, Mapping: fields, Query: demo.openUp(query),
	})
	if !errors.Is(err, soql.ErrNotScoped) {
		return fmt.Errorf("a query for everybody's appointments was not refused: %w", err)
	}
	demo.say("refused: %v", err)

	router, err := routing.New(routing.Config{
		Destination: routing.Salesforce{Client: demo.client},
		Store:       demo.ledger,
		Spool:       demo.folder,
		Rules: []routing.Rule{{
			Type: routing.Contract, FileName: "%customerName% Contract %date%.pdf", Backup: []string{"The Office <office@example.com>", "boss@example.com"},
		}},
		Mailer: mail.SMTP{Addr: demo.mailbox.addr, From: "app@example.com", Security: mail.Plain},
		Now:    demo.now,
	})
	if err != nil {
		return err
	}
	names := placeholder.Data{Date: visit.start, Customer: visit.customer, Address: visit.address, User: demo.rep.user()}

	demo.title("The contract goes to Salesforce")
	if err := demo.send(ctx, router, routing.Submission{
		Key: "contract-1", Type: routing.Contract, Target: visit.id, Body: contract(), Placeholders: names, Appointment: visit.start,
	}); err != nil {
		return err
	}
	if err := demo.showFiles(ctx, visit.id); err != nil {
		return err
	}

	demo.title("A file of 40 MB is too large for that, and goes by mail")
	large := photos(40_000_000)
	if err := demo.send(ctx, router, routing.Submission{
		Key: "contract-2", Type: routing.Contract, Target: visit.id, Body: large, Placeholders: names, Appointment: visit.start,
		Link: demo.link(visit.id),
	}); err != nil {
		return err
	}
	return demo.showMails(large.sum())
}
