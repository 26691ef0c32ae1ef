package routing

import (
	"context"
	"errors"
	"io"
	"net/mail"
	"strings"
	"time"
	"unicode"

	"github.com/sfbridge/sfbridge/placeholder"
)

// ErrMailTooLarge says that the mail server does not take a mail of that size.
var ErrMailTooLarge = errors.New("routing: mail too large for the server")

// A Mailer sends e-mail. Package routing/mail has one for SMTP.
type Mailer interface {
	// Send sends m to its one recipient. It returns nil only after the server
	// has taken responsibility for the mail with its attachment whole. An
	// error that matches ErrMailTooLarge says that the server never will.
	Send(ctx context.Context, m Message) error
}

// A Message is one e-mail to one recipient.
type Message struct {
	// ID is the same whenever this mail is sent again to this recipient, and
	// belongs into the Message-ID, left of the @: letters, digits and dots.
	ID      string
	To      *mail.Address
	Date    time.Time
	Subject string // one line
	Text    string // lines end in \n
	// Attachment is the document. The mail has none if it is zero.
	Attachment Attachment
}

// An Attachment is a file of an e-mail.
type Attachment struct {
	Name string
	Size int64 // in bytes
	// Open opens the content. A mail must not be completed unless it was read
	// to its end without an error.
	Open func() (io.ReadCloser, error)
}

// A detail is a line about a document for the person who gets it by mail.
type detail struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// details tells who and what the document is about, as far as it is known.
func details(s Submission) []detail {
	about := s.Placeholders
	about.Custom = nil // which might stand for anything
	var known []detail
	add := func(label, value string) {
		if value = oneLine(value); value != "" {
			known = append(known, detail{label, value})
		}
	}
	add("Customer", value(about, "customerName"))
	add("Address", value(about, "customerAddressFull"))
	add("Phone", value(about, "customerPhone"))
	add("E-mail", value(about, "customerEmail"))
	if !s.Appointment.IsZero() {
		add("Appointment", s.Appointment.Format("Monday, January 2, 2006, 3:04 PM MST"))
	}
	add("Representative", value(about, "usersName"))
	add("Document type", string(s.Type))
	add("Salesforce record", string(s.Target))
	add("Link", s.Link)
	return known
}

func value(v placeholder.Values, name string) string {
	text, err := v.Value(name)
	if err != nil {
		return ""
	}
	return text
}

// oneLine keeps a value from looking like several lines.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Join(strings.Fields(s), " ")
}
