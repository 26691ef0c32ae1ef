// Timesheet imports customers, contacts and projects from Salesforce into a
// SQLite file, keeps them current, and shows what is locked there and how a
// customer is unlinked.
//
// It runs as it is, on an org in memory:
//
//	go run ./examples/timesheet
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
	rules := customers.CustomerRules()
	rules[0].Max = 20 // our customer numbers are no longer than that
	objects, err := customers.Objects(customers.Config{
		Stages:        []string{"Negotiation/Review", "Closed Won"},
		CustomerRules: rules,
	})
	if err != nil {
		return err
	}
	store, err := sqlstore.Open(ctx, demo.db, sqlstore.Config{Dialect: sqlstore.SQLite, Objects: objects, Now: demo.now})
	if err != nil {
		return err
	}
	im, err := importer.New(importer.Config{
		Client: demo.client, Store: store, Sink: store, Objects: objects, Progress: demo.progress, Now: demo.now,
	})
	if err != nil {
		return err
	}

	demo.title("Import since the last complete import (there is none yet)")
	if _, err := im.Incremental(ctx, admin, nil); !errors.Is(err, importer.ErrNoComplete) {
		return fmt.Errorf("an incremental import came before a complete one: %w", err)
	}
	demo.say("refused: %v", importer.ErrNoComplete)

	demo.title("Import (complete)")
	report, err := im.Complete(ctx, admin, nil)
	if err != nil {
		return err
	}
	if err := demo.showSummary(ctx, im, report); err != nil {
		return err
	}

	demo.title("Import (since %s)", report.Run.Finished.Format("02.01.2006"))
	if report, err = im.Incremental(ctx, admin, nil); err != nil {
		return err
	}
	demo.showCounts(report)

	if demo.mayWrite {
		demo.title("A dozen changes in Salesforce, and the import that brings them")
		if err := demo.changeTheOrg(ctx); err != nil {
			return err
		}
		if report, err = im.Incremental(ctx, admin, nil); err != nil {
			return err
		}
		if err := demo.showChanges(ctx, im, report); err != nil {
			return err
		}
	}

	customer, err := demo.anyCustomer(ctx)
	if err != nil {
		return err
	}
	demo.title("Editing %s in the host", customer)
	err = im.CheckEdit(ctx, customers.KindCustomer, customer.id, "phone")
	if !errors.Is(err, importer.ErrLocked) {
		return fmt.Errorf("the field phone should be locked: %w", err)
	}
	demo.say("refused: %v", err)

	demo.title("Remove Salesforce flag, edit, import")
	if err := im.RemoveFlag(ctx, admin, customers.KindCustomer, customer.id); err != nil {
		return err
	}
	if err := im.CheckEdit(ctx, customers.KindCustomer, customer.id, "phone"); err != nil {
		return err
	}
	if err := demo.setPhone(ctx, customer, "our own number"); err != nil {
		return err
	}
	if _, err := im.Complete(ctx, admin, nil); err != nil {
		return err
	}
	if err := demo.showPhone(ctx, customer, "after a complete import it is still"); err != nil {
		return err
	}

	demo.title("Import from Salesforce customer: link it again")
	if _, err := im.LinkAgain(ctx, admin, customers.KindCustomer, customer.id); err != nil {
		return err
	}
	if err := demo.showPhone(ctx, customer, "its phone is Salesforce's again"); err != nil {
		return err
	}
	return demo.showEnd(ctx, im)
}
