package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the host brings the driver

	"github.com/sfbridge/sfbridge/examples/data"
	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// A demo is the set-up: an org, a database, and a place to print to.
type demo struct {
	out      io.Writer
	client   *salesforce.Client
	server   *salesforcetest.Server // nil for an org of your own
	db       *sql.DB
	path     string
	mayWrite bool
	terminal bool             // progress may rewrite its line
	now      func() time.Time // the clock on the wall: the org in memory has its own
}

func setUp(ctx context.Context, args []string, out io.Writer) (_ *demo, err error) {
	flags := flag.NewFlagSet("timesheet", flag.ContinueOnError)
	path := flags.String("db", "", "SQLite file to import into; a new one in a temporary folder if empty")
	write := flags.Bool("write-to-org", false, "also change records in your own org: only in a sandbox or a Developer Edition")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	d := &demo{out: out, path: *path, terminal: isTerminal(out), now: time.Now}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if err := d.connect(ctx, *write); err != nil {
		return nil, err
	}
	return d, d.openDatabase()
}

// connect logs in to the org that the environment names, or to one in memory.
func (d *demo) connect(ctx context.Context, write bool) error {
	config := salesforce.Config{LoginURL: os.Getenv("SALESFORCE_URL"), AppName: "sfbridge-timesheet"}
	if config.LoginURL == "" {
		org := salesforcetest.NewOrg(&salesforcetest.Options{Now: data.Clock()})
		d.now = org.Now
		if err := org.Load(data.Org()); err != nil {
			return err
		}
		org.Advance(time.Hour) // the records are not brand-new
		d.server = salesforcetest.NewServer(org)
		login := org.Credentials()
		config.LoginURL = d.server.URL
		config.Auth = salesforce.SOAPLogin{Username: login.Username, Password: login.Password, SecurityToken: login.SecurityToken}
	} else if id := os.Getenv("SALESFORCE_CLIENT_ID"); id != "" {
		config.Auth = salesforce.ClientCredentials{ClientID: id, ClientSecret: os.Getenv("SALESFORCE_CLIENT_SECRET")}
	} else {
		config.Auth = salesforce.SOAPLogin{
			Username: os.Getenv("SALESFORCE_USERNAME"), Password: os.Getenv("SALESFORCE_PASSWORD"), SecurityToken: os.Getenv("SALESFORCE_SECURITY_TOKEN"),
		}
	}
	var err error
	if d.client, err = salesforce.New(config); err != nil {
		return err
	}
	session, err := d.client.Session(ctx)
	if err != nil {
		return err
	}
	d.say("connected to %s, org %s, as user %s", session.InstanceURL, session.OrgID, session.UserID)
	return d.decideOnWriting(ctx, write)
}

// decideOnWriting keeps the example from changing a production org.
func (d *demo) decideOnWriting(ctx context.Context, wanted bool) error {
	if d.server != nil {
		d.mayWrite = true
		return nil
	}
	if !wanted {
		d.say("your own org is only read: the step that changes records in it is left out (-write-to-org)")
		return nil
	}
	type organization struct {
		IsSandbox        bool
		OrganizationType string
	}
	orgs, err := salesforce.CollectQuery[organization](ctx, d.client, "SELECT IsSandbox, OrganizationType FROM Organization", nil)
	if err != nil {
		return err
	}
	if len(orgs) != 1 || !orgs[0].IsSandbox && orgs[0].OrganizationType != "Developer Edition" {
		return errors.New("-write-to-org is refused: this org is neither a sandbox nor a Developer Edition")
	}
	d.mayWrite = true
	return nil
}

func (d *demo) openDatabase() error {
	if d.path == "" {
		folder, err := os.MkdirTemp("", "timesheet-")
		if err != nil {
			return err
		}
		d.path = filepath.Join(folder, "timesheet.db")
	}
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(d.path)+
		"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	d.db = db
	return nil
}

func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (d *demo) close() {
	if d.db != nil {
		_ = d.db.Close()
	}
	if d.server != nil {
		d.server.Close()
	}
}

// A customer is one row of the host's table.
type customer struct{ id, name string }

func (c customer) String() string { return fmt.Sprintf("customer %s (%s)", c.id, c.name) }

// anyCustomer picks the first linked customer that has a phone number.
func (d *demo) anyCustomer(ctx context.Context) (c customer, err error) {
	err = d.db.QueryRowContext(ctx, `SELECT c.id, c.name FROM customers c JOIN sfbridge_import_link l ON l.sf_id = c.sf_id
		WHERE l.state = 'linked' AND c.phone IS NOT NULL ORDER BY c.id LIMIT 1`).Scan(&c.id, &c.name)
	return c, err
}

func (d *demo) setPhone(ctx context.Context, c customer, phone string) error {
	_, err := d.db.ExecContext(ctx, `UPDATE customers SET phone = ? WHERE id = ?`, phone, c.id)
	if err == nil {
		d.say("the phone of %s is now %q", c, phone)
	}
	return err
}

func (d *demo) showPhone(ctx context.Context, c customer, words string) error {
	var phone sql.NullString
	err := d.db.QueryRowContext(ctx, `SELECT phone FROM customers WHERE id = ?`, c.id).Scan(&phone)
	if err == nil {
		d.say("%s: %q", words, phone.String)
	}
	return err
}

// showEnd tells what there is to look at.
func (d *demo) showEnd(ctx context.Context, im *importer.Importer) error {
	d.title("The audit trail")
	for line, err := range im.Audit(ctx) {
		if err != nil {
			return err
		}
		d.say("%s  %-5s  %-11s  %s", line.Time.Format(time.DateTime), line.Actor, line.Action, cmp.Or(line.Detail, string(line.Subject)))
	}
	d.title("The database")
	d.say("%s", d.path)
	return nil
}
