package routing_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/outbox"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// A contract is signed in a customer's kitchen and arrives at the account.
func ExampleRouter() {
	org := salesforcetest.NewOrg(nil)
	account := org.Insert("Account", map[string]any{"Name": "Larry Leap"})
	client, err := salesforce.New(salesforce.Config{
		Auth:       salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
		LoginURL:   salesforce.MyDomain("example"),
		HTTPClient: &http.Client{Transport: org.Transport()},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	spool, err := os.MkdirTemp("", "spool")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(spool)

	router, err := routing.New(routing.Config{
		Destination: routing.Salesforce{Client: client},
		Store:       outbox.NewMemory(), // outbox.NewSQL survives a restart
		Spool:       outbox.Spool{Dir: spool},
		Rules:       []routing.Rule{{Type: routing.Contract}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	accepted, err := router.Route(context.Background(), routing.Submission{
		Key:    "contract 4711",
		Type:   routing.Contract,
		Target: salesforce.ID(account),
		Body:   strings.NewReader("%PDF-1.7 …"),
		Placeholders: placeholder.Data{
			Date:     time.Date(2019, time.May, 23, 18, 0, 0, 0, time.UTC),
			Customer: placeholder.Person{First: "Larry", Last: "Leap"},
		},
	})
	fmt.Println(accepted.Title, err)

	waiting, err := router.Drain(context.Background()) // a server would Run
	fmt.Println(waiting, err)
	delivery, err := router.Delivery(context.Background(), accepted.ID)
	fmt.Println(delivery.State, err)
	for _, version := range org.Records("ContentVersion") {
		fmt.Println(version["PathOnClient"])
	}
	// Output:
	// Larry Leap Contract 5/23/19 <nil>
	// 0 <nil>
	// verified <nil>
	// Larry Leap Contract 5-23-19.pdf
}

// What cannot be uploaded goes to the backup recipients.
func ExampleMailer() {
	org := salesforcetest.NewOrg(nil)
	org.Fail(salesforcetest.Fault{Path: "/ContentVersion", Code: "STORAGE_LIMIT_EXCEEDED"})
	account := org.Insert("Account", map[string]any{"Name": "Larry Leap"})
	client, err := salesforce.New(salesforce.Config{
		Auth:       salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
		LoginURL:   salesforce.MyDomain("example"),
		HTTPClient: &http.Client{Transport: org.Transport()},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	spool, err := os.MkdirTemp("", "spool")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(spool)

	router, err := routing.New(routing.Config{
		Destination: routing.Salesforce{Client: client},
		Store:       outbox.NewMemory(),
		Spool:       outbox.Spool{Dir: spool},
		Rules:       []routing.Rule{{Type: routing.Proposal, Backup: []string{"Office <office@example.com>"}}},
		Mailer:      printer{},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = router.Route(context.Background(), routing.Submission{
		Key: "proposal 4711", Type: routing.Proposal, Target: salesforce.ID(account),
		Body: strings.NewReader("%PDF-1.7 …"),
		Placeholders: placeholder.Data{
			Date:     time.Date(2019, time.May, 23, 18, 0, 0, 0, time.UTC),
			Customer: placeholder.Person{Name: "Larry Leap", Phone: "614 555 0100"},
			User:     placeholder.User{Person: placeholder.Person{Name: "Rita Rep"}},
		},
	})
	fmt.Println(err)
	fmt.Println(router.Drain(context.Background()))
	// Output:
	// <nil>
	// To: "Office" <office@example.com>
	// Subject: Not saved to Salesforce: Larry Leap Proposal 5/23/19
	// Attachment: Larry Leap Proposal 5-23-19.pdf
	//
	// The document "Larry Leap Proposal 5/23/19" could not be saved to Salesforce. It is attached to this mail.
	//
	// Reason: Salesforce has no space left for files.
	//
	// Customer: Larry Leap
	// Phone: 614 555 0100
	// Representative: Rita Rep
	// Document type: Proposal
	// 0 <nil>
}

// What an administrator wrote is checked before it is used.
func ExampleCheckFile() {
	file := []byte(`
strict: true
documents:
  - type: Contract
    fileName: '%custmerName% Contract %date%.pdf'
    backup: office at example.com
  - type: Sketch
    as: Atachment
`)
	problems, err := routing.CheckFile(context.Background(), "routing.yaml", file, nil) // nil: no org is asked
	for _, p := range problems {
		fmt.Println(p)
	}
	fmt.Println(err)
	// Output:
	// routing.yaml:4:5: document 1 (Contract): Backup "office at example.com" is no e-mail address
	// routing.yaml:4:5: document 1 (Contract): FileName "%custmerName% Contract %date%.pdf": placeholder: column 1: there is no placeholder %custmerName%; did you mean %customerName%?
	// routing.yaml:8:9: document 2 (Sketch), as: there is no form "Atachment": write one of ["ContentVersion" "Attachment"]
	// routing.yaml:7:5: warning: document 2 (Sketch): there is no backup: nobody gets the documents by e-mail that cannot be uploaded, and they are parked
	// <nil>
}

// A printer is a Mailer that prints, all but the record's id.
type printer struct{}

func (printer) Send(_ context.Context, m routing.Message) error {
	fmt.Printf("To: %s\nSubject: %s\nAttachment: %s\n\n", m.To, m.Subject, m.Attachment.Name)
	text, _, _ := strings.Cut(m.Text, "Salesforce record:")
	fmt.Print(text)
	return nil
}
