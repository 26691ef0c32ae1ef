// Command bench compares this module's client with others: each does the same
// job in a process of its own, in turns, against a server of pre-rendered
// answers. See README.md.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"

	"github.com/sfbridge/sfbridge/internal/bench/wire"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == "serve" {
		exit(serve(os.Args[2]))
	}
	if len(os.Args) == 3 && os.Args[1] == "org" {
		exit(serveOrg(os.Args[2], os.Stdin, os.Stdout))
	}
	if len(os.Args) > 1 && os.Args[1] == "import" {
		exit(imports(os.Args[2:], os.Stdout))
	}
	runs := flag.Int("runs", 7, "runs of each client, of which the median counts")
	only := flag.String("only", "", "regular expression of the scenarios to run")
	flag.Parse()
	exit(bench(*runs, *only))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serve is what the command does in the server's process.
func serve(text string) error {
	var order wire.Order
	if err := json.Unmarshal([]byte(text), &order); err != nil {
		return fmt.Errorf("bench: read what to serve: %w", err)
	}
	return wire.Serve(order, os.Stdin, os.Stdout)
}

func bench(runs int, only string) (err error) {
	filter, err := regexp.Compile(only)
	if err != nil {
		return fmt.Errorf("bench: -only: %w", err)
	}
	b, err := newBench(goClients, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	results, err := b.run(scenarios(b.sizes, b.scratch), runs, filter)
	if err != nil {
		return err
	}
	report(os.Stdout, results, runs)
	verdicts(os.Stdout, results)
	return nil
}
