package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
)

// report prints the table, in Markdown.
func report(w io.Writer, results []outcome, runs int) {
	fmt.Fprintf(w, "%s, %s, %d processors, %s, medians of %d runs in turns\n",
		time.Now().Format(time.DateOnly), processor(), runtime.NumCPU(), runtime.Version(), runs)
	for _, o := range results {
		fmt.Fprintf(w, "\n### %s (%s)\n\n", o.title, o.name)
		fmt.Fprintln(w, "| client | wall | CPU | allocations a record | peak memory | of that the job | time, ours = 1 | time, raw = 1 |")
		fmt.Fprintln(w, "|---|---:|---:|---:|---:|---:|---:|---:|")
		for _, c := range o.clients {
			fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", c.label, milliseconds(c.Wall), milliseconds(c.CPU),
				allocations(c), megabytes(c.Peak), megabytes(c.Peak-c.Base), times(c, o.of(ours)), times(c, o.of(raw)))
		}
	}
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/(1<<20)) }

func allocations(c measured) string {
	if c.Mallocs == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", float64(c.Mallocs)/float64(c.Records))
}

// times is how many times as long as the other a client took.
func times(c measured, other *measured) string {
	if other == nil {
		return ""
	}
	return fmt.Sprintf("%.2f", float64(c.Wall)/float64(other.Wall))
}

// processor is the name of this machine's, as far as it is told.
func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	_, rest, _ := strings.Cut(string(text), "model name\t: ")
	name, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(name + " " + runtime.GOARCH)
}
