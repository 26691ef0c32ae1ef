package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"

	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/report"
)

// creditPassword stands for one that the host keeps in a vault.
const creditPassword = "blue-heron-4471-quarry"

// creditRule is what is configured for credit applications.
func creditRule() *routing.CreditRule {
	return &routing.CreditRule{
		Rule: routing.Rule{
			FileName: "%customerName% Credit Application %date%.pdf",
			Record:   "customer", Object: "i360__Prospect__c",
			Backup: []string{"Financing <financing@example.com>"},
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
	mails := d.mailbox.received()
	return mails[len(mails)-1].content, nil
}

// opened opens a PDF as a reader does, and counts its pages.
func opened(document []byte, password string) (pages int, err error) {
	api.DisableConfigDir()
	conf := model.NewDefaultConfiguration()
	conf.UserPW, conf.Offline = password, true
	return api.PageCount(bytes.NewReader(document), conf)
}
