// Command testreport reads the output of go test -json on standard input and
// prints a line for each package, then what failed with all that it printed,
// and as the last line how many tests passed and failed:
//
//	go test -json ./... | testreport [-counts FILE]
//
// It exits with status 1 when a test or a package failed, when a test was
// skipped, when a package never ended, and when no test ran at all. A package
// without test files, or without a test of the wanted name, is no failure.
//
// With -counts the last line is also written to FILE.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

func main() {
	counts := flag.String("counts", "", "`file` that takes the last line as well")
	flag.Parse()

	r, err := read(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(1)
	}
	if *counts != "" {
		if err := os.WriteFile(*counts, []byte(r.counts()+"\n"), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "testreport:", err)
			os.Exit(1)
		}
	}
	if !r.print(os.Stdout) {
		os.Exit(1)
	}
}

// event is one line of go test -json; see go doc test2json.
type event struct {
	Action  string
	Package string
	Test    string
	Elapsed float64
	Output  string

	ImportPath  string // of a package that does not build
	FailedBuild string
}

// report is what one run of go test came to.
type report struct {
	passed, failed int
	skipped        []string // "package Test"
	broken         []string // packages that failed, or never ended
	output         map[string][]string
	failures       []string // keys of output, in the order in which they failed
}

// read digests the events of in, writing a line to progress as each package
// ends. Lines that are no events, such as a linker's warnings, are passed on.
func read(in io.Reader, progress io.Writer) (*report, error) {
	r := &report{output: map[string][]string{}}
	open := map[string]bool{}

	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			fmt.Fprintln(progress, lines.Text())
			continue
		}
		r.add(e)
		if e.Test != "" || e.Package == "" {
			continue
		}
		switch e.Action {
		case "start":
			open[e.Package] = true
		case "pass", "fail", "skip":
			delete(open, e.Package)
			fmt.Fprintf(progress, "%-8s %6.1fs  %s\n", said[e.Action], e.Elapsed, e.Package)
		}
	}
	for pkg := range open {
		r.broken = append(r.broken, pkg+" (never ended)")
	}
	slices.Sort(r.broken)
	return r, lines.Err()
}

// said is what the end of a package is called.
var said = map[string]string{"pass": "ok", "fail": "FAIL", "skip": "no tests"}

func (r *report) add(e event) {
	key := e.Package + e.ImportPath
	if e.Test != "" {
		key += " " + e.Test
	}
	switch e.Action {
	case "output", "build-output":
		r.output[key] = append(r.output[key], e.Output)
	case "build-fail":
		r.failures = append(r.failures, key)
	case "fail":
		r.failures = append(r.failures, key)
		if e.Test == "" {
			r.broken = append(r.broken, e.Package)
		} else {
			r.failed++
		}
	case "skip":
		if e.Test != "" {
			r.skipped = append(r.skipped, key)
		}
	case "pass":
		if e.Test != "" {
			r.passed++
		}
		delete(r.output, key)
	}
}

func (r *report) counts() string {
	s := fmt.Sprintf("%d passed, %d failed", r.passed, r.failed)
	if len(r.skipped) > 0 {
		s += fmt.Sprintf(", %d skipped", len(r.skipped))
	}
	return s
}

// print writes the faults and the counts, and reports whether all is well.
func (r *report) print(w io.Writer) bool {
	for _, key := range r.failures {
		fmt.Fprintf(w, "\n--- %s\n%s", key, strings.Join(r.output[key], ""))
	}
	for _, pkg := range r.broken {
		fmt.Fprintf(w, "failed: %s\n", pkg)
	}
	for _, key := range r.skipped {
		fmt.Fprintf(w, "skipped, which counts as a failure here: %s\n%s", key, strings.Join(r.output[key], ""))
	}
	if r.passed+r.failed == 0 {
		fmt.Fprintln(w, "no test ran")
	}
	fmt.Fprintln(w, r.counts())
	return r.passed > 0 && r.failed+len(r.skipped)+len(r.broken) == 0
}
