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
	}
	if err := a.Values.Into(&row); err != nil {
		return visit{}, err
	}
	return visit{
		id: a.ID, start: row.Start,
		customer: placeholder.Person{First: row.First, Last: row.Last, Email: row.Email, Phone: row.Phone},
		address:  placeholder.Address{Street: row.Street, City: row.City, State: row.State, Zip: row.Zip},
	}, nil
}

// send hands a document to the router and lets it work until nothing is due.
func (d *demo) send(ctx context.Context, router *routing.Router, s routing.Submission) error {
	accepted, err := router.Route(ctx, s)
	if err != nil {
		return err
	}
	d.say("accepted: title %q, file name %q", accepted.Title, accepted.FileName)
	remaining, err := router.Drain(ctx)
	if err == nil && remaining > 0 {
		err = fmt.Errorf("%d deliveries are still under way", remaining)
	}
	return err
}

// showFiles prints the files on a record, as Salesforce has them.
func (d *demo) showFiles(ctx context.Context, id salesforce.ID) error {
	type link struct {
		ContentDocument struct {
			Title         string
			FileExtension string
			ContentSize   int64
		}
	}
	query := "SELECT ContentDocument.Title, ContentDocument.FileExtension, ContentDocument.ContentSize FROM ContentDocumentLink WHERE LinkedEntityId = " + soql.Quote(string(id))
	for l, err := range salesforce.Query[link](ctx, d.client, query, nil) {
		if err != nil {
			return err
		}
		d.say("in Salesforce, on record %s: %q (%s, %d bytes)", id, l.ContentDocument.Title, l.ContentDocument.FileExtension, l.ContentDocument.ContentSize)
	}
	return nil
}

// showMails prints what the mail server has received.
func (d *demo) showMails(sent string) error {
	mails := d.mailbox.received()
	for _, m := range mails {
		d.say("to:         %s\nsubject:    %s\nattachment: %q, %d bytes, sha256 %s\n", m.to, m.subject, m.file, m.size, m.sum)
		if m.sum != sent {
			return fmt.Errorf("the mail to %s carries another file: sha256 %s, not %s", m.to, m.sum, sent)
		}
	}
	if len(mails) != 2 {
		return fmt.Errorf("%d mails arrived, not 2", len(mails))
	}
	d.say("The text of the first one:\n\n%s", mails[0].text)
	return nil
}
