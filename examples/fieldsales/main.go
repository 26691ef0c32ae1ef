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
	"context"
	_ "embed"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/sfbridge/sfbridge/routing"
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

	next, err := demo.appointments(ctx, config)
	if err != nil {
		return err
	}
	router, err := demo.router(ctx)
	if err != nil {
		return err
	}
	for _, send := range []func(context.Context, *routing.Router, visit) error{
		demo.documents,
		demo.results,
		demo.mails,
		demo.credit,
	} {
		if err := send(ctx, router, next); err != nil {
			return err
		}
	}
	demo.say("\nThe PDFs and the mails are in %s. The credit applications there open with %s.", folder, creditPassword)
	return nil
}
