package importer

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/sfbridge/sfbridge/salesforce"
)

// A budget holds a run to its share of the org's API requests. They are counted
// from when the run was begun or taken up again.
type budget struct {
	before int64 // what the run had made until then
	made   *salesforce.Tally
	pages  atomic.Int64
	until  time.Time        // when the call's slice is over; zero for never
	asked  salesforce.Usage // what the org answered to the question for its limits, where its answers do not tell
}

// askUsage asks for the org's limits, once in a run, where no answer has told of
// them. An org that does not say leaves the run without a budget.
func (r *run) askUsage(ctx context.Context) {
	if _, known := r.cfg.Client.Usage(); known {
		return
	}
	limits, err := r.cfg.Client.Limits(ctx)
	if daily := limits["DailyApiRequests"]; err == nil && daily.Max > 0 {
		r.asked = salesforce.Usage{Used: daily.Max - daily.Remaining, Max: daily.Max}
		if r.made != nil {
			r.asked.Used -= r.made.Requests() // which usage adds
		}
	}
}

// usage is what the org has used of its daily requests, as far as it is known.
func (r *run) usage() (usage salesforce.Usage, known bool) {
	if usage, known = r.cfg.Client.Usage(); known {
		return usage, true
	}
	usage = r.asked
	if r.made != nil {
		usage.Used += r.made.Requests()
	}
	return usage, usage.Max > 0
}

// calls is what the run has made so far.
func (b *budget) calls() int64 {
	if b.made == nil {
		return b.before
	}
	return b.before + b.made.Requests()
}

// afford pauses the run before a read that the org, or the run, should not pay
// for, and when its slice is over. The first page is free of the run's own limits,
// so that a run that is taken up again and again comes to an end however small its
// share is.
func (r *run) afford() error {
	first := r.pages.Add(1) == 1
	if !first && r.late() {
		return r.yielded()
	}
	usage, known := r.usage()
	if !known || r.made == nil {
		return nil
	}
	for _, u := range []struct{ used, most int64 }{{usage.Used, usage.Max}, {usage.AppUsed, usage.AppMax}} {
		if u.most > 0 && float64(u.used)/float64(u.most) >= r.cfg.DailyShare {
			return fmt.Errorf("importer: %w: %d of %d API requests of the last 24 hours are used, and imports leave the others to the org (Config.DailyShare is %v)",
				ErrPaused, u.used, u.most, r.cfg.DailyShare)
		}
	}
	requests := r.made.Requests()
	if !first && float64(requests) >= r.cfg.RunShare*float64(usage.Max) {
		return fmt.Errorf("importer: %w: the run has made %d API requests of the %d in 24 hours (Config.RunShare is %v)",
			ErrPaused, requests, usage.Max, r.cfg.RunShare)
	}
	return nil
}

// late reports whether the call's slice is over.
func (r *run) late() bool { return !r.until.IsZero() && !r.cfg.Now().Before(r.until) }

func (r *run) yielded() error {
	return fmt.Errorf("importer: %w: its slice of %v is over (RunOptions.Slice)", ErrYielded, r.options.Slice)
}
