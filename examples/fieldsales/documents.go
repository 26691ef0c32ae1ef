package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/mail"
	"github.com/sfbridge/sfbridge/routing/outbox"
	"github.com/sfbridge/sfbridge/routing/report"
	"github.com/sfbridge/sfbridge/routing/seal"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// company stands at the head of what the app prints.
var company = report.Company{
	Name: "Acme Exteriors", Address: []string{"2210 Larimer Street", "Denver, CO 80205"},
	Phone: "+1 (303) 555-0100", Email: "office@example.com", Website: "www.example.com", License: "CO 231-4410",
}

// sender is who mails come from.
const sender = "Acme Exteriors <app@example.com>"

// router is what the app sends everything with.
func (d *demo) router(ctx context.Context) (*routing.Router, error) {
	settings, err := routing.ReadSettings("routing.yaml", documentRules)
	if err != nil {
		return nil, err
	}
	form, err := routing.Improveit360Results(ctx, d.client)
	if err != nil {
		return nil, err
	}
	renderer, err := report.New(report.Config{Company: company, Logo: logo})
	if err != nil {
		return nil, err
	}
	cfg, err := settings.Config(routing.Config{
		Destination: routing.Salesforce{Client: d.client},
		Store:       d.ledger,
		Spool:       outbox.Spool{Dir: filepath.Join(d.folder, "spool")},
		Results:     form.Form,
		Renderer:    renderer,
		Credit:      creditRule(),
		Sealer:      seal.PDF{},
		Mailer:      mail.SMTP{Addr: d.mailbox.addr, From: sender, Security: mail.Plain},
		Now:         d.now,
		Probes:      []time.Duration{10 * time.Millisecond}, // a demo is in a hurry
	})
	if err != nil {
		return nil, err
	}
	return routing.New(cfg)
}

// documents sends documents that arrive.
func (d *demo) documents(ctx context.Context, router *routing.Router, v visit) error {
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
	return d.send(ctx, router, d.submission(v, "contract-1", routing.Contract, contract()))
}

// mails sends documents that do not.
func (d *demo) mails(ctx context.Context, router *routing.Router, v visit) error {
	d.title("A file of 40 MB is too large for that, and goes by mail; so does a sketch that finds no space")
	large := photos(40_000_000)
	if err := d.send(ctx, router, d.submission(v, "contract-3", routing.Contract, large)); err != nil {
		return err
	}
	d.org.Fail(salesforcetest.Fault{Method: "POST", Path: "/sobjects/Attachment", Code: "STORAGE_LIMIT_EXCEEDED"})
	if err := d.send(ctx, router, d.submission(v, "sketch-2", "Sketch", contract())); err != nil {
		return err
	}
	return d.showMails(large.sum())
}

// contract is the smallest PDF that there is: one empty page.
func contract() io.Reader {
	return strings.NewReader("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
		"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
}

// A document is a large file of random bytes, as photographs are to whoever
// sends them, and the checksum of what was read of it.
type document struct {
	io.Reader
	hash hash.Hash
}

func photos(size int64) *document {
	sum := sha256.New()
	random := rand.NewChaCha8([32]byte{1})
	return &document{io.TeeReader(io.LimitReader(random, size), sum), sum}
}

func (d *document) sum() string { return hex.EncodeToString(d.hash.Sum(nil)) }
