package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"

	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/report"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

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

// creditPassword stands for one that the host keeps in a vault.
const creditPassword = "blue-heron-4471-quarry"

// creditRule is what is configured for credit applications.
func creditRule() *routing.CreditRule {
	return &routing.CreditRule{
		Rule: routing.Rule{
			FileName: "%customerName% Credit Application %date%.pdf",
			Record:   "customer", Object: "i360__Prospect__c",
			Backup: []string{"Financing <financing@example.com>"},
			Mail: routing.MailText{
				Text: "Please file this credit application by hand. %attachment% It opens with our password for them.\n\nReason: %reason%\n\n%details%\n",
			},
		},
		Disclosure: "By signing I allow Acme Exteriors to ask a credit bureau for a report about me.\n" +
			"I may ask whether that was done, and for the name and address of the bureau.",
		Password: creditPassword,
	}
}

// application is what the customer has filled in, and signed below the disclosure.
func (d *demo) application(ctx context.Context, v visit, shown routing.Disclosure) ([]byte, error) {
	renderer, err := report.New(report.Config{
		Company: company, Logo: logo,
		Captions: report.Captions{Results: "Application", Notes: "Disclosure and signature"},
	})
	if err != nil {
		return nil, err
	}
	return renderer.Render(ctx, routing.ResultsReport{
		Title:   string(routing.CreditApplication),
		Details: placeholder.Data{Date: v.start, Customer: v.customer, Address: v.address, User: d.rep.user()},
		Results: []routing.Answer{
			{Title: "Amount", Value: "$11,225.50"},
			{Title: "Employer", Value: "Front Range Veterinary Clinic"},
			{Title: "Monthly income", Value: "$6,150.00"},
			{Title: "Tax number", Value: "900-12-3456"},
		},
		Notes: strings.ReplaceAll(shown.Text, "\n", " ") + "\n\nSigned by " + v.customer.First + " " + v.customer.Last,
	})
}

// sendCredit hands a credit application to the router, has it delivered, and tries
// to open what has arrived.
func (d *demo) sendCredit(ctx context.Context, router *routing.Router, s routing.CreditSubmission) error {
	accepted, err := router.RouteCredit(ctx, s)
	if err != nil {
		return err
	}
	delivery, err := d.deliver(ctx, router, accepted)
	if err != nil {
		return err
	}
	return d.showSealed(ctx, delivery)
}

// showSealed prints with what a credit application opens, where it has arrived.
func (d *demo) showSealed(ctx context.Context, delivery routing.Delivery) error {
	where, file := "what Salesforce has", delivery.FileName
	document, err := d.arrived(ctx, delivery)
	if err != nil {
		return err
	}
	if delivery.State == routing.Mailed {
		where, file = "what was mailed to "+delivery.Recipients[0].Address, "Mailed "+file
		sentence, _, _ := strings.Cut(d.mailbox.latest().text, "\n")
		d.say("%s", sentence)
	}
	for _, try := range []struct {
		with, password string
		opens          bool
	}{
		{"no password", "", false},
		{"a wrong password", "white-heron", false},
		{"the company's password", creditPassword, true},
	} {
		pages, err := opened(document, try.password)
		if try.opens != (err == nil) {
			return fmt.Errorf("%s, opened with %s: %d pages, %w", where, try.with, pages, err)
		}
		d.say("%s, opened with %s: %s", where, try.with, map[bool]string{true: "it is there to read", false: "refused"}[try.opens])
	}
	return d.keep(file, document)
}

// arrived is the document of a delivery that is done, from Salesforce or from the
// latest mail.
func (d *demo) arrived(ctx context.Context, delivery routing.Delivery) ([]byte, error) {
	if delivery.State == routing.Verified {
		return d.download(ctx, delivery.VersionID)
	}
	return d.mailbox.latest().content, nil
}

// opened opens a PDF as a reader does, and counts its pages.
func opened(document []byte, password string) (pages int, err error) {
	api.DisableConfigDir()
	conf := model.NewDefaultConfiguration()
	conf.UserPW, conf.Offline = password, true
	return api.PageCount(bytes.NewReader(document), conf)
}
