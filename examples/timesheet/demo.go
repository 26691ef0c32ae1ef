package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/sfbridge/sfbridge/examples/data"
	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/sqlstore"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// A demo is the set-up: an org, a database, and a place to print to.
type demo struct {
	out      io.Writer
	client   *salesforce.Client
	server   *salesforcetest.Server // nil for an org of your own
	mayWrite bool
	db       *sql.DB
	dialect  sqlstore.Dialect
	place    string           // of the database, to be shown
	terminal bool             // progress may rewrite its line
	shown    map[string]bool  // lines of progress that were printed
	now      func() time.Time // the clock on the wall: the org in memory has its own

	stages        []string
	dryRun, sweep bool

	im       *importer.Importer
	next     importer.RunKind // the kind of import that is due
	customer customer         // the one that is edited
}

func setUp(ctx context.Context, args []string, out io.Writer) (_ *demo, err error) {
	d := &demo{out: out, terminal: isTerminal(out), shown: map[string]bool{}, now: time.Now}
	flags := flag.NewFlagSet("timesheet", flag.ContinueOnError)
	flags.SetOutput(out)
	db := flags.String("db", "", "`database` to import into: a SQLite file, postgres://…, or user:password@tcp(host:port)/name of MySQL;\na new SQLite file in a temporary folder if empty")
	stages := flags.String("stages", "Negotiation/Review,Closed Won", "opportunity `stages` that make a project, by their API values")
	flags.BoolVar(&d.dryRun, "dry-run", false, "only tell what the next import would do and cost")
	flags.BoolVar(&d.sweep, "sweep", false, "only compare all that was imported with Salesforce")
	write := flags.Bool("write-to-org", false, "also change records in your own org: only in a sandbox or a Developer Edition")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("%q is no flag: see -help", flags.Arg(0))
	}
	d.stages = stagesOf(*stages)
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	if err := d.connect(ctx, *write); err != nil {
		return nil, err
	}
	return d, d.openDatabase(*db)
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

// openDatabase opens what -db names. The host brings the driver.
func (d *demo) openDatabase(name string) (err error) {
	d.place = name
	switch {
	case strings.HasPrefix(name, "postgres://"), strings.HasPrefix(name, "postgresql://"):
		d.dialect, d.place = sqlstore.PostgreSQL, "on a PostgreSQL server"
		d.db, err = sql.Open("pgx", name)
		return err
	case strings.Contains(name, "@tcp("), strings.Contains(name, "@unix("):
		d.dialect, d.place = sqlstore.MySQL, "on a MySQL server"
		d.db, err = sql.Open("mysql", name)
		return err
	case name == "":
		folder, err := os.MkdirTemp("", "timesheet-")
		if err != nil {
			return err
		}
		d.place = filepath.Join(folder, "timesheet.db")
	}
	d.dialect = sqlstore.SQLite
	d.db, err = sql.Open("sqlite", "file:"+filepath.ToSlash(d.place)+
		"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err == nil {
		d.db.SetMaxOpenConns(1)
	}
	return err
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
