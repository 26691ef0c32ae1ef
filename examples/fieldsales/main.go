// Fieldsales shows a rep's day: appointments come in, by a shared and by a
// personal login; a contract goes out to Salesforce; a file that is too large
// for that goes out by mail.
//
//	go run ./examples/fieldsales
//
// Everything runs in this process: the org, the mail server, and the app. What
// an administrator configures is in the file appointments.yaml; another one is
// tried by -config FILE. With -check the program tells what is wrong with files:
//
//	go run ./examples/fieldsales -check examples/fieldsales/testdata/broken/*
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/sfbridge/sfbridge/importer/appointments"
	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/mail"
	"github.com/sfbridge/sfbridge/routing/outbox"
	"github.com/sfbridge/sfbridge/soql"
)

//go:embed appointments.yaml
var configuration []byte

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	check := flag.Bool("check", false, "check the configuration `files` that are named, and do nothing else")
	config := flag.String("config", "", "the configuration `file` to use in place of the one that is built in")
	flag.Parse()
	var err error
	if *check {
		err = checkFiles(ctx, os.Stdout, flag.Args())
	} else {
		err = run(ctx, os.Stdout, *config)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "fieldsales:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, config string) error {
	demo, err := setUp(ctx, out)
	if err != nil {
		return err
	}
	defer demo.close()

	demo.title("Appointments of %s, by the company's shared login", demo.rep.name)
	settings, err := demo.settings(config)
	if err != nil {
		return err
	}
	feed, err := demo.feed(settings, appointments.Shared{Client: demo.client, Identifier: appointments.RecordIDs(demo.staffID)})
	if err != nil {
		return err
	}
	visit, err := demo.showAppointments(ctx, feed)
	if err != nil {
		return err
	}

	demo.title("The same, by the rep's own login, configured by one call")
	preset, err := appointments.Improveit360(ctx, demo.client, &appointments.PresetOptions{SignOn: appointments.OwnLogin})
	if err != nil {
		return err
	}
	perUser, err := appointments.NewPerUser(demo.config(nil), demo.credentials)
	if err != nil {
		return err
	}
	own, err := demo.feed(preset.Settings, perUser)
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
	settings.Query = demo.openUp(settings.Query)
	problems, err := settings.Check(ctx, demo.client, nil)
	if err != nil {
		return err
	}
	if err := problems.Err(); !errors.Is(err, soql.ErrNotScoped) {
		return fmt.Errorf("a query for everybody's appointments was not refused: %w", err)
	}
	demo.say("refused: %v", problems.Err())

	router, err := routing.New(routing.Config{
		Destination: routing.Salesforce{Client: demo.client},
		Store:       demo.ledger,
		Spool:       outbox.Spool{Dir: demo.folder},
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
