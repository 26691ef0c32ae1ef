package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/sfbridge/sfbridge/internal/bench/measure"
	"github.com/sfbridge/sfbridge/internal/bench/wire"
)

// goClients are the folders of the clients in Go.
var goClients = []string{"sfbridge", "gosalesforce", "nethttp", "rawcopy"}

// measured is what a client of a scenario came to.
type measured struct {
	entry
	measure.Result // medians
}

// outcome is a scenario with what its clients came to.
type outcome struct {
	scenario
	clients []measured
}

// of is the client of that label, nil if it did not run.
func (o outcome) of(label string) *measured {
	i := slices.IndexFunc(o.clients, func(m measured) bool { return m.label == label })
	if i < 0 {
		return nil
	}
	return &o.clients[i]
}

// bencher runs clients, which it builds in a folder of its own.
type bencher struct {
	scratch string
	command map[string][]string // of each client
	sizes   sizes
}

// newBench builds clients. Without npm there is no jsforce.
func newBench(clients []string, node bool) (*bencher, error) {
	scratch, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	b := &bencher{scratch: scratch, command: map[string][]string{}, sizes: full}
	for _, name := range clients {
		binary := filepath.Join(scratch, name)
		if err := command("go", "build", "-o", binary, "./clients/"+name); err != nil {
			return nil, errors.Join(err, b.close())
		}
		b.command[name] = []string{binary}
	}
	if node {
		if err := b.installNode(); err != nil {
			fmt.Fprintln(os.Stderr, "without jsforce:", err)
		}
	}
	return b, nil
}

// installNode puts jsforce beside its client, outside the source tree.
func (b *bencher) installNode() error {
	dir := filepath.Join(b.scratch, "node")
	if err := os.CopyFS(dir, os.DirFS("clients/jsforce")); err != nil {
		return err
	}
	if err := command("npm", "install", "--prefix", dir, "--ignore-scripts", "--no-audit", "--no-fund", "--silent"); err != nil {
		return err
	}
	b.command["jsforce"] = []string{"node", filepath.Join(dir, "client.mjs")}
	return nil
}

func command(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil { //nolint:noctx // it ends with this process
		return fmt.Errorf("bench: %s: %w\n%s", name, err, out)
	}
	return nil
}

func (b *bencher) close() error { return os.RemoveAll(b.scratch) }

// run does the scenarios whose names match.
func (b *bencher) run(all []scenario, runs int, filter *regexp.Regexp) (results []outcome, err error) {
	all = slices.DeleteFunc(all, func(s scenario) bool { return !filter.MatchString(s.name) })
	order := wire.Order{Sizes: wire.Sizes{Records: b.sizes.records, Rows: b.sizes.rows}}
	for _, s := range all {
		order.Lines = append(order.Lines, s.line)
	}
	addresses, stop, err := startServer(order)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	for i, s := range all {
		begun := time.Now()
		o, err := b.scenario(s, addresses[i], runs)
		if err != nil {
			return results, err
		}
		results = append(results, o)
		fmt.Fprintf(os.Stderr, "%s: %s\n", s.name, time.Since(begun).Round(time.Second))
	}
	return results, nil
}

// startServer starts the server in a process of its own, which ends with this
// one.
func startServer(order wire.Order) (addresses []string, stop func() error, err error) {
	text, err := json.Marshal(order)
	if err != nil {
		return nil, nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	server := exec.Command(self, "serve", string(text)) //nolint:noctx // it ends with its input
	server.Stderr = os.Stderr
	in, err := server.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	out, err := server.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := server.Start(); err != nil {
		return nil, nil, fmt.Errorf("bench: start the server: %w", err)
	}
	stop = func() error { return errors.Join(in.Close(), server.Wait()) }
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &addresses)
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("bench: start the server: %w", err), stop())
	}
	return addresses, stop, nil
}

// scenario lets the clients take turns.
func (b *bencher) scenario(s scenario, address string, runs int) (outcome, error) {
	o := outcome{scenario: s}
	if s.file > 0 {
		if err := writeFile(s.entries[0].job.File, s.file); err != nil {
			return o, err
		}
	}
	s.entries = slices.DeleteFunc(slices.Clone(s.entries), func(e entry) bool { return b.command[e.client] == nil })
	results := make([][]measure.Result, len(s.entries))
	for range runs {
		for i, e := range s.entries {
			e.job.URL = address
			if s.file == 0 {
				_ = os.Remove(e.job.File) // what the client before has written, if anything
			}
			r, err := b.client(e)
			if err != nil {
				return o, fmt.Errorf("bench: %s: %s: %w", s.name, e.label, err)
			}
			if first := results[0]; first != nil && r.Records != first[0].Records {
				return o, fmt.Errorf("bench: %s: %s has %d records, %s %d", s.name, e.label, r.Records, ours, first[0].Records)
			}
			results[i] = append(results[i], r)
		}
	}
	for i, e := range s.entries {
		o.clients = append(o.clients, measured{e, median(results[i])})
	}
	return o, o.agree()
}

// agree makes sure that all who looked into the records have seen the same.
func (o outcome) agree() error {
	for _, c := range o.clients {
		if c.Sum != o.clients[0].Sum && c.client != "rawcopy" {
			return fmt.Errorf("bench: %s: %s has read something else", o.name, c.label)
		}
	}
	return nil
}

// client runs a client once.
func (b *bencher) client(e entry) (r measure.Result, err error) {
	job, err := json.Marshal(e.job)
	if err != nil {
		return r, err
	}
	args := append(slices.Clone(b.command[e.client]), string(job))
	var out, failed bytes.Buffer
	c := exec.Command(args[0], args[1:]...) //nolint:noctx,gosec // our own, which ends
	c.Stdout, c.Stderr = &out, &failed
	if err := c.Run(); err != nil {
		return r, fmt.Errorf("%w: %s", err, failed.String())
	}
	return r, json.Unmarshal(out.Bytes(), &r)
}

// median takes each figure for itself.
func median(list []measure.Result) measure.Result {
	m := list[0]
	m.Wall = middle(list, func(r measure.Result) time.Duration { return r.Wall })
	m.CPU = middle(list, func(r measure.Result) time.Duration { return r.CPU })
	m.Mallocs = middle(list, func(r measure.Result) int64 { return r.Mallocs })
	m.Peak = middle(list, func(r measure.Result) int64 { return r.Peak })
	m.Base = m.Peak - middle(list, func(r measure.Result) int64 { return r.Peak - r.Base })
	return m
}

func middle[T int64 | time.Duration](list []measure.Result, of func(measure.Result) T) T {
	values := make([]T, len(list))
	for i, r := range list {
		values[i] = of(r)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// writeFile makes a file whose bytes repeat late.
func writeFile(path string, size int64) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	block := make([]byte, 1<<16)
	for i := range block {
		block[i] = byte(uint32(i) * 2654435761 >> 24)
	}
	for left := size; left > 0; left -= int64(len(block)) {
		if _, err := io.Copy(f, bytes.NewReader(block[:min(left, int64(len(block)))])); err != nil {
			return err
		}
	}
	return nil
}
