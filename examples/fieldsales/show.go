package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/importer/appointments"
	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/soql"
)

func (d *demo) title(format string, args ...any) {
	fmt.Fprintf(d.out, "\n== "+format+"\n", args...)
}

func (d *demo) say(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	fmt.Fprintln(d.out, "  ", strings.ReplaceAll(text, "\n", "\n   "))
}

// A visit is what the app takes from an appointment.
type visit struct {
	id       salesforce.ID
	prospect salesforce.ID // the customer's record
	start    time.Time
	customer placeholder.Person
	address  placeholder.Address
}

// showAppointments prints the rep's appointments and returns the next one.
func (d *demo) showAppointments(ctx context.Context, feed *appointments.Feed) (next visit, err error) {
	count := 0
	for a, err := range feed.Appointments(ctx, d.rep.key) {
		if err != nil {
			return visit{}, err
		}
		v, err := visitOf(a)
		if err != nil {
			return visit{}, err
		}
		if count++; count <= 3 {
			d.say("%s  %s, %s", v.start.Format("Mon Jan 2, 15:04 MST"), v.customer.First+" "+v.customer.Last, v.address.City)
			for _, note := range a.Notes {
				d.say("    %s", note)
			}
		}
		if next.id == "" && v.start.After(d.now()) && v.customer.Last != "" {
			next = v
		}
	}
	d.say("… %d appointments in all", count)
	if next.id == "" {
		return visit{}, errors.New("no appointment is to come")
	}
	return next, nil
}

func visitOf(a appointments.Appointment) (visit, error) {
	var row struct {
		Start  time.Time `map:"start"`
		First  string    `map:"customerNameFirst"`
		Last   string    `map:"customerNameLast"`
		Email  string    `map:"customerEmail"`
		Phone  string    `map:"customerPhone"`
		Street string    `map:"street"`
		City   string    `map:"city"`
		State  string    `map:"state"`
		Zip    string    `map:"zip"`

		Prospect salesforce.ID `map:"customer"`
	}
	if err := a.Values.Into(&row); err != nil {
		return visit{}, err
	}
	return visit{
		id: a.ID, prospect: row.Prospect, start: row.Start,
		customer: placeholder.Person{First: row.First, Last: row.Last, Email: row.Email, Phone: row.Phone},
		address:  placeholder.Address{Street: row.Street, City: row.City, State: row.State, Zip: row.Zip},
	}, nil
}

// send hands a document to the router and has it delivered.
func (d *demo) send(ctx context.Context, router *routing.Router, s routing.Submission) error {
	accepted, err := router.Route(ctx, s)
	if err != nil {
		return err
	}
	_, err = d.deliver(ctx, router, accepted)
	return err
}

// deliver lets the router work on a document until nothing is left to do.
func (d *demo) deliver(ctx context.Context, router *routing.Router, accepted routing.Accepted) (routing.Delivery, error) {
	d.say("accepted: title %q, file name %q%s", accepted.Title, accepted.FileName, map[bool]string{true: ", once more"}[accepted.Repeated])
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		next, done, err := router.Step(ctx, accepted.ID)
		if err != nil {
			return routing.Delivery{}, err
		}
		if done {
			break
		}
		select { // a server would Run
		case <-time.After(next.Sub(d.now())):
		case <-ctx.Done():
			return routing.Delivery{}, ctx.Err()
		}
	}
	delivery, err := router.Delivery(ctx, accepted.ID)
	if err != nil {
		return routing.Delivery{}, err
	}
	d.say("%s", strings.TrimSpace(fmt.Sprintf("%s, as %s, attempts: %d. %s", delivery.State, delivery.As, delivery.Attempts, delivery.Reason)))
	return delivery, nil
}

// showFiles prints the files on an appointment, and the attachments of its
// customer, as Salesforce has them.
func (d *demo) showFiles(ctx context.Context, v visit) error {
	type link struct {
		Visibility      string
		ContentDocument struct {
			Title         string
			FileExtension string
			ContentSize   int64
		}
	}
	query := "SELECT Visibility, ContentDocument.Title, ContentDocument.FileExtension, ContentDocument.ContentSize FROM ContentDocumentLink" +
		" WHERE LinkedEntityId = " + soql.Quote(string(v.id)) + " ORDER BY ContentDocument.ContentSize"
	for l, err := range salesforce.Query[link](ctx, d.client, query, nil) {
		if err != nil {
			return err
		}
		f := l.ContentDocument
		d.say("on appointment %s: %q (%s, %d bytes, for %s)", v.id, f.Title, f.FileExtension, f.ContentSize, l.Visibility)
	}
	type attachment struct {
		Name       string
		BodyLength int64
	}
	query = "SELECT Name, BodyLength FROM Attachment WHERE ParentId = " + soql.Quote(string(v.prospect))
	for a, err := range salesforce.Query[attachment](ctx, d.client, query, nil) {
		if err != nil {
			return err
		}
		d.say("on customer %s: %q (%d bytes)", v.prospect, a.Name, a.BodyLength)
	}
	return nil
}

// showMails prints what the mail server has received: the large file, twice, and
// a sketch.
func (d *demo) showMails(large string) error {
	mails := d.mailbox.received()
	if len(mails) != 3 {
		return fmt.Errorf("%d mails arrived, not 3", len(mails))
	}
	for n, m := range mails {
		d.say("to:         %s\nsubject:    %s\nattachment: %q, %d bytes, sha256 %s\n", m.to, m.subject, m.file, m.size, m.sum)
		if n < 2 && m.sum != large {
			return fmt.Errorf("the mail to %s carries another file: sha256 %s, not %s", m.to, m.sum, large)
		}
	}
	for _, m := range mails[1:] {
		d.say("The text of a mail to %s:\n\n%s", m.to, m.text)
	}
	return nil
}
