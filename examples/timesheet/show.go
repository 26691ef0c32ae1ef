package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/sfbridge/sfbridge/importer"
)

func (d *demo) title(format string, args ...any) {
	fmt.Fprintf(d.out, "\n== "+format+"\n", args...)
}

func (d *demo) say(format string, args ...any) {
	fmt.Fprintf(d.out, "   "+format+"\n", args...)
}

// progress rewrites one line of the terminal. Elsewhere, as in a log, it is a
// line for each object that has been read.
func (d *demo) progress(e importer.Event) {
	if e.Object == "" {
		return
	}
	line := fmt.Sprintf("%s %s: %d", e.Step, e.Object, e.Counts.Read)
	if e.Total > 0 {
		line = fmt.Sprintf("%s of %d", line, e.Total)
	}
	switch {
	case d.terminal:
		fmt.Fprintf(d.out, "\r   %-70s\r", line)
	case e.Step == "reading" && e.Counts.Read > 0:
		d.say("%s", line)
	}
}

// showCounts prints a run's counts as a table.
func (d *demo) showCounts(report *importer.Report) {
	run := report.Run
	d.say("%-72s", fmt.Sprintf("run %d: %s, %s; changes up to %s are in", run.Number, run.Kind, run.Status, run.High.UTC().Format("2006-01-02 15:04 MST")))
	table := tabwriter.NewWriter(d.out, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tread\tcreated\tupdated\tunchanged\tretired\tskipped\tfailed\t")
	for _, object := range []string{"Account", "Contact", "Opportunity"} {
		c := run.Counts[object]
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", object, c.Read, c.Created, c.Updated, c.Unchanged, c.Retired, c.Skipped, c.Failed)
	}
	_ = table.Flush() // a terminal that is gone is noticed soon enough
}

// showSummary prints counts, and what was skipped, failed or left out and why.
func (d *demo) showSummary(ctx context.Context, im *importer.Importer, report *importer.Report) error {
	d.showCounts(report)
	groups := map[string][]string{}
	for e, err := range im.Entries(ctx, report.Run.Number) {
		if err != nil {
			return err
		}
		if e.Reason != "" {
			key := fmt.Sprintf("%s %s: %s", e.Object, e.Result, e.Reason)
			groups[key] = append(groups[key], short(e.Label))
		}
		for _, warning := range e.Warnings {
			_, fault, _ := strings.Cut(warning, " field ") // without the record's id
			key := fmt.Sprintf("%s %s, but one value could not be taken over: %s", e.Object, e.Result, fault)
			groups[key] = append(groups[key], short(e.Label))
		}
	}
	var keys []string
	for key := range groups {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		labels := groups[key]
		examples := strings.Join(labels[:min(2, len(labels))], "; ")
		if len(labels) > 2 {
			examples += "; …"
		}
		d.say("%4d  %s  (%s)", len(labels), key, examples)
	}
	return nil
}

// showChanges prints what a run did to each record.
func (d *demo) showChanges(ctx context.Context, im *importer.Importer, report *importer.Report) error {
	d.showCounts(report)
	for e, err := range im.Entries(ctx, report.Run.Number) {
		if err != nil {
			return err
		}
		line := fmt.Sprintf("%-9s %s %s", e.Result, strings.TrimSpace(e.Object+" "+e.HostID), short(e.Label))
		if e.Reason != "" {
			line += ": " + e.Reason
		}
		d.say("%s", line)
		for _, change := range e.Changed {
			d.say("            %s: %q -> %q", change.Field, change.Old, change.New)
		}
	}
	return nil
}

// short cuts a name that would fill the line.
func short(label string) string {
	if runes := []rune(label); len(runes) > 40 {
		return string(runes[:39]) + "…"
	}
	return label
}
