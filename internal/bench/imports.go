package main

import (
	"bufio"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/sfbridge/sfbridge/internal/bench/measure"
)

// imports is what the command does for "import": a complete import of accounts
// out of an org in a process of its own, and an incremental one after some have
// changed, into each database that is there.
func imports(args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("import", flag.ContinueOnError)
	accounts := flags.Int("accounts", 1_000_000, "accounts in the org")
	changes := flags.Int("changes", 1000, "accounts that change before the incremental import")
	profile := flags.String("profile", "", "folder for CPU profiles of the imports")
	if err := flags.Parse(args); err != nil {
		return err
	}
	b, err := newBench([]string{"importer"}, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	org, err := startOrg(*accounts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, org.stop()) }()
	w := &imported{bencher: b, org: org, changes: *changes, profile: *profile}
	return w.table(out)
}

// orgProcess is an org in a process of its own.
type orgProcess struct {
	url string
	in  io.WriteCloser
	out *bufio.Reader
	cmd *exec.Cmd
}

func startOrg(accounts int) (*orgProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	o := &orgProcess{cmd: exec.Command(self, "org", strconv.Itoa(accounts))} //nolint:noctx // it ends with its input
	o.cmd.Stderr = os.Stderr
	if o.in, err = o.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := o.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := o.cmd.Start(); err != nil {
		return nil, fmt.Errorf("bench: start the org: %w", err)
	}
	o.out = bufio.NewReader(out)
	line, err := o.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &o.url)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("bench: start the org: %w", err), o.stop())
	}
	return o, nil
}

func (o *orgProcess) stop() error { return errors.Join(o.in.Close(), o.cmd.Wait()) }

// change changes some accounts.
func (o *orgProcess) change(accounts int) error {
	if _, err := fmt.Fprintln(o.in, accounts); err != nil {
		return err
	}
	_, err := o.out.ReadString('\n')
	return err
}

// database is one to import into.
type database struct {
	label, driver, dsn string
}

// imported makes the table.
type imported struct {
	*bencher
	org     *orgProcess
	changes int
	profile string
}

func (w *imported) table(out io.Writer) error {
	databases, drop, err := w.databases()
	defer drop()
	if err != nil {
		return err
	}
	reading, err := w.client(entry{client: "importer", job: measure.Job{Operation: "read", URL: w.org.url}})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s, reading alone: %d records in %s, %.0f records/s, CPU %s, peak memory %s\n\n", processor(), reading.Records,
		reading.Wall.Round(time.Millisecond), rate(reading), reading.CPU.Round(time.Millisecond), megabytes(reading.Peak))
	fmt.Fprintln(out, "| database | import | records | wall | records/s | CPU | peak memory | time, reading = 1 | share of the complete one |")
	fmt.Fprintln(out, "|---|---|---:|---:|---:|---:|---:|---:|---:|")
	for _, db := range databases {
		job := measure.Job{Operation: "complete", URL: w.org.url, Driver: db.driver, DSN: db.dsn, File: w.profileOf(db, "complete")}
		complete, err := w.client(entry{client: "importer", job: job})
		if err != nil {
			return fmt.Errorf("%s: %w", db.label, err)
		}
		fmt.Fprintf(out, "| %s | complete | %d | %s | %.0f | %s | %s | %.2f | |\n", db.label, complete.Records, complete.Wall.Round(time.Millisecond),
			rate(complete), complete.CPU.Round(time.Millisecond), megabytes(complete.Peak), float64(complete.Wall)/float64(reading.Wall))
		if err := w.org.change(w.changes); err != nil {
			return err
		}
		job.Operation, job.File = "incremental", w.profileOf(db, "incremental")
		changed, err := w.client(entry{client: "importer", job: job})
		if err != nil {
			return fmt.Errorf("%s: %w", db.label, err)
		}
		fmt.Fprintf(out, "| %s | incremental, %d updated | %d | %s | | %s | %s | | %.2f %% |\n", db.label, changed.Sum, changed.Records,
			changed.Wall.Round(time.Millisecond), changed.CPU.Round(time.Millisecond), megabytes(changed.Peak), 100*float64(changed.Wall)/float64(complete.Wall))
	}
	return nil
}

func (w *imported) profileOf(db database, operation string) string {
	if w.profile == "" {
		return ""
	}
	return filepath.Join(w.profile, db.driver+"-"+operation+".pprof")
}

func rate(r measure.Result) float64 { return float64(r.Records) / r.Wall.Seconds() }

// databases makes those that can be had: SQLite always, the others where a
// server is named. drop removes them.
func (w *imported) databases() (list []database, drop func(), err error) {
	list = []database{{"SQLite", "sqlite", "file:" + filepath.Join(w.scratch, "import.db") +
		"?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)"}}
	name := "sfbridge_bench_" + strconv.Itoa(os.Getpid())
	var drops []func()
	drop = func() {
		for _, f := range drops {
			f()
		}
	}
	for _, server := range []struct{ label, driver, dsn, own string }{
		{"PostgreSQL", "pgx", os.Getenv("SFBRIDGE_POSTGRES"), ""},
		{"MariaDB", "mysql", os.Getenv("SFBRIDGE_MYSQL"), ""},
	} {
		if server.dsn == "" {
			continue
		}
		if server.own, err = within(server.driver, server.dsn, name); err != nil {
			return nil, drop, err
		}
		db, err := sql.Open(server.driver, server.dsn)
		if err != nil {
			return nil, drop, err
		}
		if _, err := db.Exec("CREATE DATABASE " + name); err != nil { //nolint:noctx // nobody waits
			return nil, drop, errors.Join(err, db.Close())
		}
		drops = append(drops, func() {
			_, _ = db.Exec("DROP DATABASE " + name) //nolint:noctx // at worst it stays on a server that is only for tests
			_ = db.Close()
		})
		list = append(list, database{server.label, server.driver, server.own})
	}
	return list, drop, nil
}

// within names a database of a server.
func within(driver, dsn, name string) (string, error) {
	if driver == "mysql" {
		cfg, err := mysql.ParseDSN(dsn)
		if err != nil {
			return "", errors.New("bench: SFBRIDGE_MYSQL is no data source name")
		}
		cfg.DBName = name
		return cfg.FormatDSN(), nil
	}
	address, err := url.Parse(dsn)
	if err != nil {
		return "", errors.New("bench: SFBRIDGE_POSTGRES is no URL")
	}
	address.Path = "/" + strings.TrimPrefix(name, "/")
	return address.String(), nil
}
