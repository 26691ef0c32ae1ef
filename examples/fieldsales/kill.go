package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sfbridge/sfbridge/importer/appointments"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
	"github.com/sfbridge/sfbridge/soql"
)

// kill tells of a host that is killed twice while it delivers contracts, as kill -9
// or a power cut does it, and started again.
func kill(ctx context.Context, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	d, err := setUp(ctx, out, "")
	if err != nil {
		return err
	}
	defer d.close()
	signings, err := d.signings(ctx)
	if err != nil {
		return err
	}

	d.title("A host accepts %d contracts; Salesforce has six of them and does not say so of three: it is killed", len(signings))
	var uploads atomic.Int64
	d.org.Fail(salesforcetest.Fault{
		Method: "POST", Path: "/sobjects/ContentVersion", Times: 3, Stall: time.Minute,
		Match: func(*http.Request) bool { return uploads.Add(1) > 3 },
	})
	first, err := d.start(ctx, signings)
	if err != nil {
		return err
	}
	for range signings {
		if err := first.accepted(); err != nil {
			return err
		}
	}
	if err := d.killWhen(ctx, first, func() bool { return len(d.org.Records("ContentVersion")) >= 6 }); err != nil {
		return err
	}

	d.title("It is started again; Salesforce takes its time with three more: it is killed before they are there")
	var stuck atomic.Int64
	d.org.Fail(salesforcetest.Fault{
		Method: "POST", Path: "/sobjects/ContentVersion", Times: 3, Latency: 3 * time.Second,
		Match: func(*http.Request) bool { return stuck.Add(1) > 0 },
	})
	second, err := d.start(ctx, nil)
	if err != nil {
		return err
	}
	if err := d.killWhen(ctx, second, func() bool { return stuck.Load() >= 3 }); err != nil {
		return err
	}

	d.title("It is started once more, and ends when it has nothing left to do")
	third, err := d.start(ctx, nil)
	if err != nil {
		return err
	}
	if err := third.end(); err != nil {
		return err
	}
	if err := d.showLedger(ctx); err != nil {
		return err
	}
	return d.showContracts(ctx, signings)
}

// signings are the rep's appointments, at each of which a contract was signed.
func (d *demo) signings(ctx context.Context) ([]signing, error) {
	settings, err := d.settings("")
	if err != nil {
		return nil, err
	}
	feed, err := d.feed(settings, appointments.Shared{Client: d.client, Identifier: appointments.RecordIDs(d.staffID)})
	if err != nil {
		return nil, err
	}
	var all []signing
	for a, err := range feed.Appointments(ctx, d.rep.key) {
		if err != nil {
			return nil, err
		}
		v, err := visitOf(a)
		if err != nil {
			return nil, err
		}
		all = append(all, signing{Record: v.id, First: v.customer.First, Last: v.customer.Last, Date: v.start})
	}
	return all, nil
}

// A process is a host that was started.
type process struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines *bufio.Scanner // what it prints
}

// start starts this program as a host, and gives it contracts to send.
func (d *demo) start(ctx context.Context, signings []signing) (*process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.CommandContext(ctx, program, "-host")}
	p.cmd.Stderr = os.Stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.lines = bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	login := d.org.Credentials()
	told := json.NewEncoder(p.in)
	err = told.Encode(host{d.server.URL, login.ClientID, login.ClientSecret, d.mailbox.addr, d.folder})
	for _, s := range signings {
		err = errors.Join(err, told.Encode(s))
	}
	return p, err
}

// accepted waits until the host has accepted one more contract.
func (p *process) accepted() error {
	if !p.lines.Scan() {
		return errors.New("the host ended by itself")
	}
	return nil
}

// killWhen kills a host at a certain moment, and prints what its ledger says.
func (d *demo) killWhen(ctx context.Context, p *process, moment func() bool) error {
	if err := await(ctx, func() (bool, error) { return moment(), nil }); err != nil {
		return err
	}
	if err := p.cmd.Process.Kill(); err != nil { // SIGKILL, or TerminateProcess
		return err
	}
	d.say("process %d: %v", p.cmd.Process.Pid, p.cmd.Wait())
	return d.showLedger(ctx)
}

// end waits until the host ends by itself, since there is nothing more to come.
func (p *process) end() error {
	if err := p.in.Close(); err != nil {
		return err
	}
	return p.cmd.Wait()
}

func (d *demo) showLedger(ctx context.Context) error {
	counts, err := d.ledger.Counts(ctx)
	if err != nil {
		return err
	}
	var states []string
	for _, c := range counts {
		states = append(states, fmt.Sprintf("%d %s", c.N, c.State))
	}
	d.say("in the ledger: %s", strings.Join(states, ", "))
	return nil
}

// showContracts prints how often each contract is in Salesforce, and fails unless
// that is once.
func (d *demo) showContracts(ctx context.Context, signings []signing) error {
	type link struct {
		ContentDocument struct{ Title string }
	}
	for _, s := range signings {
		links, err := salesforce.CollectQuery[link](ctx, d.client,
			"SELECT ContentDocument.Title FROM ContentDocumentLink WHERE LinkedEntityId = "+soql.Quote(string(s.Record)), nil)
		if err != nil {
			return err
		}
		if len(links) != 1 {
			return fmt.Errorf("the contract of %s is in Salesforce %d times", s.Record, len(links))
		}
		d.say("once in Salesforce: %q, on appointment %s", links[0].ContentDocument.Title, s.Record)
	}
	if n := len(d.org.Records("ContentVersion")); n != len(signings) {
		return fmt.Errorf("there are %d files for %d contracts in Salesforce", n, len(signings))
	}
	d.say("… and no other file than these %d", len(signings))
	return nil
}
