package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/salesforce"
)

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

// estimate is what the customer was offered.
func estimate() *routing.Estimate {
	amount := decimal.RequireFromString
	return &routing.Estimate{
		Name: "Windows and a door",
		Items: []routing.Item{
			{
				Name: "Double-hung window", Description: "white, with screen", Quantity: decimal.NewFromInt(9), Price: amount("849.50"),
				Options: []routing.Amount{{Name: "Low-E glass", Amount: amount("540.00")}},
			},
			{Name: "Entry door", Price: amount("3290.00"), Upcharges: []routing.Amount{{Name: "Lead-safe work", Amount: amount("250.00")}}},
		},
		Discounts: []routing.Amount{{Name: "Signed on the first visit", Amount: amount("500.00")}},
		TotalName: "Cash price", Payment: "50 % on signing, the rest when it is done",
	}
}

// showForm prints a form as an app would show it.
func (d *demo) showForm(f *routing.FilledForm) {
	for _, section := range f.Sections {
		d.say("%s", section.Name)
		for _, row := range section.Rows {
			var options []string
			for _, o := range row.Options {
				options = append(options, o.Label)
			}
			required := ""
			if row.Required {
				required = " (required)"
			}
			d.say("    %s%s: %s", row.Title, required, strings.Join(options, " | "))
		}
	}
}

// showResults lets the router work, prints what has become of the results, and
// keeps the report.
func (d *demo) showResults(ctx context.Context, router *routing.Router, id string) error {
	if _, err := router.Drain(ctx); err != nil {
		return err
	}
	delivery, err := router.Delivery(ctx, id)
	if err != nil {
		return err
	}
	for _, step := range delivery.Steps {
		d.say("%s: %s", step.Name, step.State)
	}
	if delivery.State != routing.Verified {
		return fmt.Errorf("results are %s: %s", delivery.State, delivery.Reason)
	}
	visit, err := salesforce.Get[salesforce.Record](ctx, d.client, "i360__Appointment__c", delivery.Target, "i360__Result__c", "i360__Result_Detail__c")
	if err != nil {
		return err
	}
	d.say("the appointment says: %v, %v", visit["i360__Result__c"], visit["i360__Result_Detail__c"])
	if err := d.showNote(ctx, delivery); err != nil {
		return err
	}
	document, err := d.download(ctx, delivery.VersionID)
	if err != nil {
		return err
	}
	return d.keep(delivery.FileName, document)
}

// showNote prints the note, as Salesforce has it.
func (d *demo) showNote(ctx context.Context, delivery routing.Delivery) error {
	i := slices.IndexFunc(delivery.Steps, func(s routing.Step) bool { return s.Name == routing.StepNote })
	note, err := salesforce.Get[salesforce.Record](ctx, d.client, "ContentNote", salesforce.ID(delivery.Steps[i].ID), "Title", "LatestPublishedVersionId")
	if err != nil {
		return err
	}
	text, err := d.download(ctx, fmt.Sprint(note["LatestPublishedVersionId"]))
	if err != nil {
		return err
	}
	lines := strings.Split(strings.ReplaceAll(string(text), "</p>", ""), "<p>")
	d.say("note %q:%s", note["Title"], strings.Join(lines[:len(lines)-1], "\n    "))
	return nil
}

func (d *demo) download(ctx context.Context, version string) ([]byte, error) {
	body, err := d.client.Download(ctx, salesforce.ID(version))
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(body)
}
