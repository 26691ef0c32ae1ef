// Timesheet imports customers, contacts and projects from Salesforce into a SQL
// database, keeps them current, and shows what is locked there and how a
// customer is unlinked.
//
// It runs as it is, on an org in memory and a new SQLite file:
//
//	go run ./examples/timesheet
//
// To import into a database that stays, name it; to see what an import would do
// and cost, do a dry run; to compare everything with Salesforce, sweep:
//
//	go run ./examples/timesheet -db postgres://user@localhost/timesheet
//	go run ./examples/timesheet -db 'user:password@tcp(localhost:3306)/timesheet'
//	go run ./examples/timesheet -dry-run -stages "Closed Won,Negotiation/Review"
//	go run ./examples/timesheet -db timesheet.db -sweep
//
// To read from an org of your own, set SALESFORCE_URL (such as
// https://acme.my.salesforce.com) and SALESFORCE_USERNAME, SALESFORCE_PASSWORD
// and SALESFORCE_SECURITY_TOKEN, or SALESFORCE_CLIENT_ID and
// SALESFORCE_CLIENT_SECRET. It then changes nothing in the org, unless it is a
// sandbox or a Developer Edition and you say -write-to-org.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/importer/sqlstore"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "timesheet:", err)
		os.Exit(1)
	}
}

const admin = "anna" // who does all this, for the audit trail

func run(ctx context.Context, args []string, out io.Writer) error {
	demo, err := setUp(ctx, args, out)
	if err != nil {
		return err
	}
	defer demo.close()

	// What is imported, where it is kept, and what brings it there.
	config := customers.Config{
		Stages:        demo.stages,
		CustomerRules: customers.CustomerRules(),
		Numbers:       customers.Numbers{Duplicate: customers.RefuseRecord},
		Owners:        demo.owners(),
	}
	config.CustomerRules[0].Max = 20 // our customer numbers are no longer than that
	if err := demo.check(config.Check(ctx, demo.client)); err != nil {
		return err
	}
	objects, err := customers.Objects(config)
	if err != nil {
		return err
	}
	store, err := sqlstore.Open(ctx, demo.db, sqlstore.Config{Dialect: demo.dialect, Objects: objects, Now: demo.now})
	if err != nil {
		return err
	}
	demo.im, err = importer.New(importer.Config{
		Client: demo.client, Store: store, Sink: store, Objects: objects, Progress: demo.progress, Fallback: demo.alarm, Now: demo.now,
	})
	if err != nil {
		return err
	}
	return demo.tell(ctx, story(ctx, demo, demo.im))
}

// story is what happens, step by step.
func story(ctx context.Context, demo *demo, im *importer.Importer) []step {
	return []step{
		{always, "Which imports there are", func() error { return demo.showAvailable(im.Available(ctx)) }},
		{always, "What an import would cost", func() error { return demo.showPlan(im.Plan(ctx, demo.next)) }},
		{inDryRun, "Dry run: what it would do", func() error { return demo.showDryRun(im.DryRun(ctx, admin, demo.next, nil)) }},
		{atFirst, "Import since the last complete import (there is none yet)", func() error {
			_, err := im.Incremental(ctx, admin, nil)
			return demo.refused(err, importer.ErrNoComplete)
		}},
		{atFirst, "The host has a customer already; a dry run tells what would become of it", func() error {
			if err := demo.ownCustomer(ctx); err != nil {
				return err
			}
			return demo.showMatches(im.DryRun(ctx, admin, importer.Complete, nil))
		}},
		{complete, "Import (complete)", func() error { return demo.showSummary(im.Complete(ctx, admin, nil)) }},
		{inStory, "Import (since %s)", func() error { return demo.showRun(im.Incremental(ctx, admin, nil)) }},
		{writing, "A dozen changes in Salesforce, and the import that brings them", func() error {
			if err := demo.changeTheOrg(ctx, im.DeadLetters(ctx)); err != nil {
				return err
			}
			return demo.showChanges(im.Incremental(ctx, admin, nil))
		}},
		{inStory, "Dead letters: tried again by every import", func() error { return demo.showDeadLetters(im.DeadLetters(ctx)) }},
		{inSweep, "Sweep: everything is compared with Salesforce", func() error { return demo.showRun(im.Reconcile(ctx, admin, nil)) }},
		{inStory, "Editing a customer in the host", func() error {
			customer, err := demo.aCustomer(ctx)
			if err != nil {
				return err
			}
			locked, err := im.Locked(ctx, customers.KindCustomer, customer.id)
			if err != nil {
				return err
			}
			demo.say("locked in %s: %v", customer, locked)
			return errors.Join(
				demo.refused(im.CheckEdit(ctx, customers.KindCustomer, customer.id, "phone", "discount"), importer.ErrLocked),
				demo.refused(im.CheckDelete(ctx, customers.KindCustomer, customer.id), importer.ErrLocked),
				im.CheckEdit(ctx, customers.KindCustomer, customer.id, "discount"), // not mapped, so free
			)
		}},
		{inStory, "Remove Salesforce flag, edit, import", func() error {
			id := demo.customer.id
			if err := im.RemoveFlag(ctx, admin, customers.KindCustomer, id); err != nil {
				return err
			}
			if err := im.CheckEdit(ctx, customers.KindCustomer, id, "phone"); err != nil {
				return err
			}
			if err := demo.setPhone(ctx, "our own number"); err != nil {
				return err
			}
			_, err := im.Complete(ctx, admin, nil)
			return demo.showPhone(ctx, err, "after a complete import it is still")
		}},
		{inStory, "Import from Salesforce customer: link it again", func() error {
			_, err := im.LinkAgain(ctx, admin, customers.KindCustomer, demo.customer.id)
			return demo.showPhone(ctx, err, "its phone is Salesforce's again")
		}},
		{inStory, "The audit trail", func() error { return demo.showAudit(im.Audit(ctx)) }},
	}
}
