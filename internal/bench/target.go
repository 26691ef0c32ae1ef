package main

import (
	"fmt"
	"io"
	"slices"
)

// target is a figure to reach.
type target struct {
	text     string
	scenario string
	of       string // label of the client that it is about
	figure   func(of, other *measured) float64
	to       string // label of the other client, if the figure has one
	want     float64
	atMost   bool // instead of at least
}

// faster is how many times as long as ours the other took.
func faster(of, other *measured) float64 { return float64(other.Wall) / float64(of.Wall) }

// slower is how many times as long as the other ours took.
func slower(of, other *measured) float64 { return 1 / faster(of, other) }

func peakMB(of, _ *measured) float64   { return float64(of.Peak) / (1 << 20) }
func beyondMB(of, _ *measured) float64 { return float64(of.Peak-of.Base) / (1 << 20) }
func perRecord(of, _ *measured) float64 {
	return float64(of.Mallocs) / float64(of.Records)
}

var targets = []target{
	{"query, times faster than go-salesforce", "query", ours, faster, peer, 20, false},
	{"query, times faster than jsforce", "query", ours, faster, jsforce, 4, false},
	{"query, times faster than net/http + encoding/json", "query", ours, faster, nethttp, 5.5, false},
	{"query, share of the speed of a raw copy", "query", ours, faster, raw, 0.28, false},
	{"query, MB of peak memory", "query", ours, peakMB, ours, 16, true},
	{"query, allocations a record", "query", ours, perRecord, ours, 4, true},
	{"query collected, time of streaming", "query", collected, slower, ours, 1.4, true},
	{"bulk query, times faster than go-salesforce", "bulk", ours, faster, peer, 5.5, false},
	{"bulk query, 2 in flight, times faster than go-salesforce", "bulk", twoAtOnce, faster, peer, 5.5, false},
	{"bulk query to a file, times faster than go-salesforce", "bulk-file", ours, faster, peer, 10, false},
	{"bulk query to a file, 2 in flight, times faster than go-salesforce", "bulk-file", twoAtOnce, faster, peer, 10, false},
	{"insert, times faster than go-salesforce", "insert", ours, faster, peer, 2, false},
	{"insert at 50 ms, 4 in flight, times faster than go-salesforce", "insert-50ms", fourAtOnce, faster, peer, 3.5, false},
	{"upload by base64, times faster than jsforce", "upload", ours, faster, jsforce, 3.5, false},
	{"upload by base64, MB beyond the process's base", "upload", ours, beyondMB, ours, 2, true},
	{"upload by base64 with a retry, MB beyond the process's base", "upload-retry", ours, beyondMB, ours, 2, true},
	{"upload by multipart, times faster than by base64", "upload", multipart, faster, ours, 1, false},
}

// verdicts prints how each target fared.
func verdicts(w io.Writer, results []outcome) {
	fmt.Fprint(w, "\n### Targets\n\n| target | want | is | |\n|---|---:|---:|---|\n")
	for _, t := range targets {
		i := slices.IndexFunc(results, func(o outcome) bool { return o.name == t.scenario })
		if i < 0 {
			continue
		}
		of, other := results[i].of(t.of), results[i].of(t.to)
		if of == nil || other == nil {
			continue
		}
		is := t.figure(of, other)
		bound, met := "at least", is >= t.want
		if t.atMost {
			bound, met = "at most", is <= t.want
		}
		fmt.Fprintf(w, "| %s | %s %g | %.2f | %s |\n", t.text, bound, t.want, is, verdict(met, is, t.want))
	}
}

func verdict(met bool, is, want float64) string {
	if met {
		return "met"
	}
	return fmt.Sprintf("**missed** by %.0f %%", 100*max(is-want, want-is)/want)
}
