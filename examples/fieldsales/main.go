// Fieldsales shows a rep's day: appointments come in, by a shared and by a
// personal login; documents go out to Salesforce, once each, whatever happens on
// the way; the results of the visit set fields of the appointment and become a
// report and a note; what Salesforce does not take goes out by mail.
//
//	go run ./examples/fieldsales
//
// Everything runs in this process: the org, the mail server, and the app. The
// PDFs and the mails are written to a folder, for looking at. What an administrator
// configures is in the files appointments.yaml and routing.yaml; other
// appointments are tried by -config FILE. With -check the program tells what is
// wrong with files; those about documents have names that begin with "routing":
//
//	go run ./examples/fieldsales -check examples/fieldsales/testdata/broken/*
//
// With -kill it starts the app as a process of its own, kills it while documents are
// under way, and starts it again: each is in Salesforce once.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/sfbridge/sfbridge/importer/appointments"
	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/mail"
	"github.com/sfbridge/sfbridge/routing/outbox"
	"github.com/sfbridge/sfbridge/routing/report"
	"github.com/sfbridge/sfbridge/routing/seal"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
	"github.com/sfbridge/sfbridge/soql"
)

// What an administrator has written, and drawn.
var (
	//go:embed appointments.yaml
	configuration []byte
	//go:embed routing.yaml
	documentRules []byte
	//go:embed logo.png
	logo []byte
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	check := flag.Bool("check", false, "check the configuration `files` that are named, and do nothing else")
	folder := flag.String("out", "", "write the PDFs and the mails to this `folder`; by default to a new one")
	config := flag.String("config", "", "the configuration `file` to use in place of the one that is built in")
	killed := flag.Bool("kill", false, "show an app that is killed in the middle and finishes after a restart, and nothing else")
	asHost := flag.Bool("host", false, "be the app that is killed")
	flag.Parse()
	var err error
	switch {
	case *check:
		err = checkFiles(ctx, os.Stdout, flag.Args())
	case *killed:
		err = kill(ctx, os.Stdout)
	case *asHost:
		err = runHost(ctx, os.Stdin, os.Stdout)
	default:
		err = run(ctx, os.Stdout, *config, *folder)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "fieldsales:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, config, folder string) error {
	if folder == "" {
		var err error
		if folder, err = os.MkdirTemp("", "fieldsales-out-"); err != nil {
			return err
		}
	}
	demo, err := setUp(ctx, out, folder)
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

	return demo.documents(ctx, visit)
}

// documents sends a rep's documents on their way.
func (d *demo) documents(ctx context.Context, v visit) error {
	settings, err := routing.ReadSettings("routing.yaml", documentRules)
	if err != nil {
		return err
	}
	form, err := routing.Improveit360Results(ctx, d.client)
	if err != nil {
		return err
	}
	renderer, err := report.New(report.Config{Company: company, Logo: logo})
	if err != nil {
		return err
	}
	cfg, err := settings.Config(routing.Config{
		Destination: routing.Salesforce{Client: d.client},
		Store:       d.ledger,
		Spool:       outbox.Spool{Dir: d.folder},
		Results:     form.Form,
		Renderer:    renderer,
		Credit:      creditRule(),
		Sealer:      seal.PDF{},
		Mailer:      mail.SMTP{Addr: d.mailbox.addr, From: "app@example.com", Security: mail.Plain},
		Now:         d.now,
		Probes:      []time.Duration{10 * time.Millisecond}, // a demo is in a hurry
	})
	if err != nil {
		return err
	}
	router, err := routing.New(cfg)
	if err != nil {
		return err
	}
	d.title("The contract goes to Salesforce, a sketch to the customer's attachments")
	if err := d.send(ctx, router, d.submission(v, "contract-1", routing.Contract, contract())); err != nil {
		return err
	}
	if err := d.send(ctx, router, d.submission(v, "sketch-1", "Sketch", contract())); err != nil {
		return err
	}
	if err := d.showFiles(ctx, v); err != nil {
		return err
	}

	d.title("The line breaks after Salesforce has the next contract: there is one all the same")
	d.org.Fail(salesforcetest.Fault{Method: "POST", Path: "/sobjects/ContentVersion", DropAfter: true})
	if err := d.send(ctx, router, d.submission(v, "contract-2", routing.Contract, photos(100_000))); err != nil {
		return err
	}
	if err := d.showFiles(ctx, v); err != nil {
		return err
	}

	d.title("A type that is switched off, and the same contract once more")
	if _, err := router.Route(ctx, d.submission(v, "survey-1", "Survey", contract())); !errors.Is(err, routing.ErrOff) {
		return fmt.Errorf("a document of a type that is off was not refused: %w", err)
	}
	d.say("refused: %v", routing.ErrOff)
	if err := d.send(ctx, router, d.submission(v, "contract-1", routing.Contract, contract())); err != nil {
		return err
	}

	if err := d.results(ctx, router, v); err != nil {
		return err
	}

	d.title("A file of 40 MB is too large for that, and goes by mail; so does a sketch that finds no space")
	large := photos(40_000_000)
	if err := d.send(ctx, router, d.submission(v, "contract-3", routing.Contract, large)); err != nil {
		return err
	}
	d.org.Fail(salesforcetest.Fault{Method: "POST", Path: "/sobjects/Attachment", Code: "STORAGE_LIMIT_EXCEEDED"})
	if err := d.send(ctx, router, d.submission(v, "sketch-2", "Sketch", contract())); err != nil {
		return err
	}
	if err := d.showMails(large.sum()); err != nil {
		return err
	}

	if err := d.credit(ctx, router, v); err != nil {
		return err
	}
	d.say("\nThe PDFs and the mails are in %s. The credit applications there open with %s.", d.mailbox.folder, creditPassword)
	return nil
}

// credit sends two credit applications, after the disclosure was shown.
func (d *demo) credit(ctx context.Context, router *routing.Router, v visit) error {
	d.title("A credit application: the disclosure is shown and signed, and only the password opens what is sent")
	shown, err := router.Disclosure()
	if err != nil {
		return err
	}
	d.say("disclosure, version %s:\n%s", shown.Version, shown.Text)
	signed, err := d.application(ctx, v, shown)
	if err != nil {
		return err
	}
	submission := func(key, version string) routing.CreditSubmission {
		s := d.submission(v, key, routing.CreditApplication, bytes.NewReader(signed))
		return routing.CreditSubmission{Submission: s, Disclosure: version}
	}
	_, err = router.RouteCredit(ctx, submission("credit-1", "last-year's"))
	if !errors.Is(err, routing.ErrDisclosure) {
		return fmt.Errorf("a credit application with another disclosure was not refused: %w", err)
	}
	d.say("refused: %v", err)
	if err := d.sendCredit(ctx, router, submission("credit-1", shown.Version)); err != nil {
		return err
	}
	d.org.Fail(salesforcetest.Fault{Method: "POST", Path: "/sobjects/ContentVersion", Code: "STORAGE_LIMIT_EXCEEDED"})
	return d.sendCredit(ctx, router, submission("credit-2", shown.Version))
}

// results shows the form for a visit and submits it filled in.
func (d *demo) results(ctx context.Context, router *routing.Router, v visit) error {
	d.title("The results of the visit: a form with the org's options, a report and a note")
	form, err := router.ResultsForm(ctx, "", v.id)
	if err != nil {
		return err
	}
	d.showForm(form)
	results := routing.ResultSubmission{
		Key: "results-1", Record: v.id, Section: routing.Sale, Estimate: estimate(), Appointment: v.start, Link: d.link(v),
		Answers:      map[string]any{"i360__Result__c": "Demo Won", "i360__Result_Detail__c": "Sold"},
		Placeholders: placeholder.Data{Date: v.start, Customer: v.customer, Address: v.address, User: d.rep.user()},
	}
	_, err = router.Submit(ctx, results)
	if len(routing.AnswerErrors(err)) != 1 {
		return fmt.Errorf("a result that is no option was not refused: %w", err)
	}
	d.say("refused: %v", err)
	results.Answers["i360__Result__c"] = "Demo Sold"
	accepted, err := router.Submit(ctx, results)
	if err != nil {
		return err
	}
	return d.showResults(ctx, router, accepted.ID)
}
