package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
)

func (d *demo) title(text string) { fmt.Fprintf(d.out, "\n== %s\n", text) }

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
	key := fmt.Sprintf("run %d: %s", e.Run, line)
	line += d.remaining(e.End)
	switch {
	case d.terminal:
		fmt.Fprintf(d.out, "\r   %-70s\r", line)
	case e.Step == "reading" && e.Total > 0 && e.Counts.Read == e.Total && !e.DryRun && !d.shown[key]:
		d.shown[key] = true
		d.say("%s", line)
	}
}

// check prints what is wrong with the configuration, which ends the program if
// it does not work.
func (d *demo) check(problems customers.Problems, err error) error {
	for _, p := range problems {
		d.say("%s", p)
	}
	return errors.Join(problems.Err(), err)
}

// refused expects an error, and shows it.
func (d *demo) refused(err, want error) error {
	if !errors.Is(err, want) {
		return fmt.Errorf("this should have been refused, because %w: %w", want, err)
	}
	d.say("refused: %v", err)
	return nil
}

// showAvailable prints what the host's buttons offer, and notes what is due.
func (d *demo) showAvailable(a importer.Available, err error) error {
	if err != nil {
		return err
	}
	d.say("Import (complete)")
	d.next = importer.Complete
	if a.Incremental {
		d.say("Import (since %s)", a.LastComplete.Format("02.01.2006"))
		d.next = importer.Incremental
	}
	if a.Incremental && d.sweep {
		d.next = importer.Reconcile
	}
	if a.Unfinished != nil {
		d.say("run %d, %s, is %s and will be taken up again", a.Unfinished.Number, a.Unfinished.Kind, a.Unfinished.Status)
	}
	return nil
}

// showPlan prints how much there is to read, and what it costs.
func (d *demo) showPlan(p *importer.Plan, err error) error {
	if err != nil {
		return err
	}
	for _, o := range p.Objects {
		how := "page by page"
		if o.Bulk {
			how = "in bulk"
		}
		d.say("%-12s %6d records, %s, about %d API calls", o.Object, o.Records, how, o.Calls)
	}
	d.say("%s: about %d API calls; %d of %d of the last 24 hours are used", p.Kind, p.Calls, p.Used, p.Limit)
	if p.Note != "" {
		d.say("%s", p.Note)
	}
	return nil
}

// showDryRun prints what an import would do, some of it record by record.
func (d *demo) showDryRun(dry *importer.DryReport, err error) error {
	if err != nil {
		return err
	}
	d.say("%s, nothing is written", dry.Report.Run.Kind)
	d.showCounts(dry.Report.Run)
	const most = 3 // of each kind
	shown := map[string]int{}
	for _, e := range dry.Entries {
		key := e.Object + string(e.Result)
		if shown[key]++; shown[key] <= most {
			d.showEntry(e)
		}
	}
	for _, g := range dry.Guard {
		d.say("it would stop: %v", g)
	}
	return nil
}

// showMatches prints which records a dry run would link to those of the host's
// own.
func (d *demo) showMatches(dry *importer.DryReport, err error) error {
	if err != nil {
		return err
	}
	for _, e := range dry.Entries {
		if e.Result == importer.Matched {
			d.showEntry(e)
		}
	}
	return nil
}

// showCounts prints a run's counts as a table.
func (d *demo) showCounts(run importer.Run) {
	table := tabwriter.NewWriter(d.out, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tread\tcreated\tmatched\tupdated\tunchanged\tretired\tskipped\tfailed\t")
	for _, object := range []string{"Account", "Contact", "Opportunity"} {
		c := run.Counts[object]
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n",
			object, c.Read, c.Created, c.Matched, c.Updated, c.Unchanged, c.Retired, c.Skipped, c.Failed)
	}
	_ = table.Flush() // a terminal that is gone is noticed soon enough
}

// showRun prints what became of a run.
func (d *demo) showRun(report *importer.Report, err error) error {
	if err != nil {
		return err
	}
	run := report.Run
	d.say("%-72s", fmt.Sprintf("run %d: %s, %s, %d API calls; changes up to %s are in",
		run.Number, run.Kind, run.Status, run.Calls, run.High.UTC().Format("2006-01-02 15:04 MST")))
	for _, text := range append(slices.Clone(run.Warnings), run.Note) {
		if text != "" {
			d.say("note: %s", text)
		}
	}
	d.showCounts(run)
	return nil
}

// showSummary prints counts, and what was skipped, failed or left out and why.
func (d *demo) showSummary(report *importer.Report, err error) error {
	if err := d.showRun(report, err); err != nil {
		return err
	}
	groups := map[string][]string{}
	for e, err := range d.im.Entries(context.Background(), report.Run.Number) {
		if err != nil {
			return err
		}
		if e.Reason != "" {
			key := fmt.Sprintf("%s %s: %s", e.Object, e.Result, e.Reason)
			groups[key] = append(groups[key], short(e.Label))
		}
		for _, warning := range e.Warnings {
			if _, fault, ok := strings.Cut(warning, " field "); ok { // without the record's id
				warning = "one value could not be taken over: " + fault
			}
			key := fmt.Sprintf("%s %s, but %s", e.Object, e.Result, warning)
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
func (d *demo) showChanges(report *importer.Report, err error) error {
	if err := d.showRun(report, err); err != nil {
		return err
	}
	for e, err := range d.im.Entries(context.Background(), report.Run.Number) {
		if err != nil {
			return err
		}
		d.showEntry(e)
	}
	return nil
}

// showEntry prints one line of a report, with the fields that changed.
func (d *demo) showEntry(e importer.Entry) {
	line := fmt.Sprintf("%-9s %s %s", e.Result, strings.TrimSpace(e.Object+" "+e.HostID), short(e.Label))
	if e.Reason != "" {
		line += ": " + e.Reason
	}
	d.say("%s", line)
	for _, warning := range e.Warnings {
		d.say("            %s", warning)
	}
	for _, change := range e.Changed {
		d.say("            %s: %q -> %q", change.Field, change.Old, change.New)
	}
}

func (d *demo) showDeadLetters(letters iter.Seq2[importer.DeadLetter, error]) error {
	for l, err := range letters {
		if err != nil {
			return err
		}
		d.say("%s %s: %s (tried by %d runs since %s)", l.Object, short(l.Label), l.Reason, l.Attempts, l.First.UTC().Format(time.DateOnly))
	}
	return nil
}

func (d *demo) showAudit(lines iter.Seq2[importer.AuditEntry, error]) error {
	for line, err := range lines {
		if err != nil {
			return err
		}
		d.say("%s  %-5s  %-11s  %s", line.Time.Format(time.DateTime), line.Actor, line.Action, cmp.Or(line.Detail, string(line.Subject)))
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
