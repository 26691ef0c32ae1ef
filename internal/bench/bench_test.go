package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestMain is the server's process, when the command under test starts it.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "serve" {
		exit(serve(os.Args[2]))
	}
	if len(os.Args) == 3 && os.Args[1] == "org" {
		exit(serveOrg(os.Args[2], os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

// All clients in Go do every job and come to the same.
func TestEveryScenarioRuns(t *testing.T) {
	t.Parallel()
	b, err := newBench(goClients, false)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.close(); err != nil {
			t.Error(err)
		}
	}()
	b.sizes = sizes{records: 4500, rows: 100_500, inserts: 450, file: 100_000, ahead: 2100}
	results, err := b.run(scenarios(b.sizes, b.scratch), 1, regexp.MustCompile("^(query|bulk|insert$|upload|ahead-idle-50ms)"))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	report(&text, results, 1)
	verdicts(&text, results)
	for _, part := range []string{"| sfbridge |", "| go-salesforce |", "| net/http + encoding/json |", "| query, allocations a record |", "| sfbridge, NoPrefetch |"} {
		if !strings.Contains(text.String(), part) {
			t.Errorf("the report lacks %q:\n%s", part, text.String())
		}
	}
	if len(results) != 8 {
		t.Errorf("%d scenarios ran", len(results))
	}
}

// The imports bring all accounts and then those that have changed into every
// database that is there.
func TestImportsRun(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	if err := imports([]string{"-accounts", "3000", "-changes", "100"}, &text); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"| SQLite | complete | 3000 |", "| SQLite | incremental, 100 updated | 100 |"} {
		if !strings.Contains(text.String(), part) {
			t.Errorf("the table lacks %q:\n%s", part, text.String())
		}
	}
}
