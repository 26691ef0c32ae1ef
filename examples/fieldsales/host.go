package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"time"

	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/mail"
	"github.com/sfbridge/sfbridge/routing/outbox"
	"github.com/sfbridge/sfbridge/salesforce"
)

// A host is an app in a process of its own, which may be killed: what it needs to
// know, as a line of JSON.
type host struct {
	Org, ClientID, ClientSecret string
	MailServer                  string
	Folder                      string // of its ledger and its spool
}

// A signing is a contract that a host is to send, as a line of JSON.
type signing struct {
	Record      salesforce.ID // the appointment
	First, Last string        // the customer
	Date        time.Time
}

// runHost is the program of a host: it reads what it needs to know and contracts to
// send, prints the record of each that it has accepted, and ends when there are no
// more and all are delivered. One that was killed goes on like that.
func runHost(ctx context.Context, in io.Reader, out io.Writer) error {
	lines := json.NewDecoder(bufio.NewReader(in))
	var h host
	if err := lines.Decode(&h); err != nil {
		return err
	}
	db, ledger, err := openLedger(ctx, h.Folder)
	if err != nil {
		return err
	}
	defer db.Close()
	router, err := h.router(ledger)
	if err != nil {
		return err
	}
	var running sync.WaitGroup
	defer running.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	running.Go(func() { _ = router.Run(ctx) }) // until stop
	for lines.More() {
		var s signing
		if err := lines.Decode(&s); err != nil {
			return err
		}
		if _, err := router.Route(ctx, s.submission()); err != nil {
			return err
		}
		fmt.Fprintln(out, s.Record)
	}
	return await(ctx, func() (bool, error) {
		counts, err := router.Counts(ctx)
		if err != nil {
			return false, err
		}
		for _, c := range counts {
			if c.Status == outbox.Pending {
				return false, nil
			}
		}
		return true, nil
	})
}

func (s signing) submission() routing.Submission {
	return routing.Submission{
		Key: "contract of " + string(s.Record), Type: routing.Contract, Body: contract(),
		Records:      map[string]salesforce.ID{"appointment": s.Record},
		Placeholders: placeholder.Data{Date: s.Date, Customer: placeholder.Person{First: s.First, Last: s.Last}},
	}
}

// router has the story's rules, and short times: a demo is in a hurry.
func (h host) router(ledger outbox.Store) (*routing.Router, error) {
	client, err := salesforce.New(salesforce.Config{
		LoginURL: h.Org, AppName: "sfbridge-fieldsales",
		Auth: salesforce.ClientCredentials{ClientID: h.ClientID, ClientSecret: h.ClientSecret},
	})
	if err != nil {
		return nil, err
	}
	settings, err := routing.ReadSettings("routing.yaml", documentRules)
	if err != nil {
		return nil, err
	}
	cfg, err := settings.Config(routing.Config{
		Destination: routing.Salesforce{Client: client},
		Store:       ledger,
		Spool:       outbox.Spool{Dir: filepath.Join(h.Folder, "spool")},
		Mailer:      mail.SMTP{Addr: h.MailServer, From: sender, Security: mail.Plain},

		Poll: 50 * time.Millisecond, Lease: 2 * time.Second,
		UploadTimeout: 10 * time.Second, Quarantine: time.Second,
		Probes: []time.Duration{10 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second},
	})
	if err != nil {
		return nil, err
	}
	return routing.New(cfg)
}

// await asks until what it asks for has come about.
func await(ctx context.Context, what func() (bool, error)) error {
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		if done, err := what(); done || err != nil {
			return err
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
