package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/importer"
)

// A part is one of the ways in which this program is run.
type part int

const (
	always   part = iota
	inStory       // without -dry-run and -sweep
	atFirst       // the same, on a new database
	writing       // the same, where records of the org may be changed
	complete      // on a new database, but for a dry run
	inDryRun      // with -dry-run
	inSweep       // with -sweep, and in the story
)

// A step is a part of what this program shows.
type step struct {
	when  part
	title string // %s stands for the day of the last complete import
	do    func() error
}

// tell does the steps that are wanted.
func (d *demo) tell(ctx context.Context, steps []step) error {
	for _, s := range steps {
		if !d.wants(s.when) {
			continue
		}
		title := s.title
		if strings.Contains(title, "%s") {
			available, err := d.im.Available(ctx)
			if err != nil {
				return err
			}
			title = fmt.Sprintf(title, available.LastComplete.Format("02.01.2006"))
		}
		d.title(title)
		if err := s.do(); err != nil {
			return err
		}
	}
	d.title("The database")
	d.say("%s", d.place)
	return nil
}

func (d *demo) wants(when part) bool {
	plain := !d.dryRun && !d.sweep
	switch when {
	case inStory:
		return plain
	case writing:
		return plain && d.mayWrite
	case atFirst:
		return plain && d.next == importer.Complete
	case complete:
		return !d.dryRun && d.next == importer.Complete
	case inDryRun:
		return d.dryRun
	case inSweep:
		return !d.dryRun
	default:
		return true
	}
}

// stagesOf reads the value of -stages.
func stagesOf(stages string) []string {
	var list []string
	for stage := range strings.SplitSeq(stages, ",") {
		if stage = strings.TrimSpace(stage); stage != "" && !slices.Contains(list, stage) {
			list = append(list, stage)
		}
	}
	return list
}

// remaining is how long there is until a moment, in words.
func (d *demo) remaining(until time.Time) string {
	left := until.Sub(d.now())
	if until.IsZero() || left <= 0 {
		return ""
	}
	return fmt.Sprintf(", about %v left", left.Round(max(time.Millisecond, left.Truncate(time.Second)/10)))
}
