package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the host brings the driver

	"github.com/sfbridge/sfbridge/examples/data"
	"github.com/sfbridge/sfbridge/importer/appointments"
	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/outbox"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
	"github.com/sfbridge/sfbridge/soql"
)

// A demo is the set-up: an org, a mail server, a ledger, and one rep.
type demo struct {
	out     io.Writer
	now     func() time.Time
	org     *salesforcetest.Org
	server  *salesforcetest.Server
	client  *salesforce.Client // the shared login
	mailbox *mailbox
	folder  string
	db      *sql.DB
	ledger  *outbox.SQL
	rep     rep
}

// A rep is a user of the app, as the host's own tables have it.
type rep struct {
	key, name       string
	first, last     string
	username        string
	password, token string // the rep's own Salesforce login
	zone            *time.Location
}

func (r rep) user() placeholder.User {
	return placeholder.User{Person: placeholder.Person{First: r.first, Last: r.last, Email: r.username}}
}

func setUp(ctx context.Context, out io.Writer, mails string) (_ *demo, err error) {
	d := &demo{out: out, now: data.Clock()}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	zone, err := time.LoadLocation("America/Denver")
	if err != nil {
		return nil, err
	}
	d.rep = rep{"maya", "Maya Ortíz", "Maya", "Ortíz", "maya.ortiz@example.com", "secret-maya", "TOKEN-MAYA", zone}
	d.org = salesforcetest.NewOrg(&salesforcetest.Options{Now: d.now})
	if err := d.org.Load(data.Org()); err != nil {
		return nil, err
	}
	d.server = salesforcetest.NewServer(d.org)
	login := d.org.Credentials()
	d.client, err = salesforce.New(d.config(salesforce.ClientCredentials{ClientID: login.ClientID, ClientSecret: login.ClientSecret}))
	if err != nil {
		return nil, err
	}
	if d.folder, err = os.MkdirTemp("", "fieldsales-"); err != nil {
		return nil, err
	}
	if d.mailbox, err = openMailbox(ctx, mails); err != nil {
		return nil, err
	}
	d.db, d.ledger, err = openLedger(ctx, d.folder)
	return d, err
}

// openLedger opens the ledger in a folder.
func openLedger(ctx context.Context, folder string) (*sql.DB, *outbox.SQL, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(filepath.Join(folder, "outbox.db"))+
		"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(1)
	ledger, err := outbox.NewSQL(ctx, db, outbox.SQLite)
	if err != nil {
		_ = db.Close()
		return nil, nil, err
	}
	return db, ledger, nil
}

func (d *demo) config(auth salesforce.Auth) salesforce.Config {
	return salesforce.Config{LoginURL: d.server.URL, Auth: auth, AppName: "sfbridge-fieldsales"}
}

func (d *demo) close() {
	if d.db != nil {
		_ = d.db.Close()
	}
	if d.mailbox != nil {
		d.mailbox.close()
	}
	if d.server != nil {
		d.server.Close()
	}
	if d.folder != "" {
		_ = os.RemoveAll(d.folder)
	}
}

// staffID is the host's own table of unique identifiers: here it asks the org
// once for the Staff record with the rep's e-mail address.
func (d *demo) staffID(ctx context.Context, appUser string) (string, error) {
	if appUser != d.rep.key {
		return "", nil
	}
	staff, err := salesforce.CollectQuery[salesforce.Record](ctx, d.client,
		"SELECT Id FROM i360__Staff__c WHERE i360__Email__c = "+soql.Quote(d.rep.username), nil)
	if err != nil || len(staff) != 1 {
		return "", err
	}
	return string(staff[0].ID()), nil
}

// credentials is the host's own vault of personal logins.
func (d *demo) credentials(_ context.Context, appUser, _ string) (salesforce.Auth, error) {
	if appUser != d.rep.key {
		return nil, appointments.ErrNoCredentials
	}
	return salesforce.SOAPLogin{Username: d.rep.username, Password: d.rep.password, SecurityToken: d.rep.token}, nil
}

// settings reads a configuration file, or the one that is built in.
func (d *demo) settings(file string) (*appointments.Settings, error) {
	if file == "" {
		return appointments.ReadSettings("appointments.yaml", configuration)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return appointments.ReadSettings(file, data)
}

// feed makes a feed in which each rep has a time zone of their own.
func (d *demo) feed(settings *appointments.Settings, on appointments.SignOn) (*appointments.Feed, error) {
	cfg, err := settings.Config(on, nil)
	if err != nil {
		return nil, err
	}
	cfg.Now = d.now
	cfg.Zone = func(context.Context, string) (*time.Location, error) { return d.rep.zone, nil }
	return appointments.New(cfg)
}

// openUp is what an admin in a hurry may write.
func (d *demo) openUp(query string) string {
	return strings.Replace(query, "= '%userIdentifier%' OR", "= '%userIdentifier%' OR Name != 'x' OR", 1)
}

// submission is a document about a visit.
func (d *demo) submission(v visit, key string, of routing.DocumentType, body io.Reader) routing.Submission {
	return routing.Submission{
		Key: key, Type: of, Body: body, Appointment: v.start, Link: d.link(v),
		Records:      map[string]salesforce.ID{"appointment": v.id, "customer": v.prospect},
		Placeholders: placeholder.Data{Date: v.start, Customer: v.customer, Address: v.address, User: d.rep.user()},
	}
}

// keep writes a file to the folder, for looking at.
func (d *demo) keep(name string, content []byte) error {
	return os.WriteFile(filepath.Join(d.mailbox.folder, name), content, 0o600)
}

// link leads to the appointment, from where everything else is found.
func (d *demo) link(v visit) string {
	return fmt.Sprintf("https://acme.lightning.force.com/lightning/r/i360__Appointment__c/%s/view", v.id)
}
