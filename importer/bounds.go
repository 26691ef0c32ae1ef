package importer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/sfbridge/sfbridge/salesforce"
)

const (
	// boundWindow is the window that is asked for latestDateCovered. Only the
	// bound is wanted; a short window keeps the list of ids short.
	boundWindow = 5 * time.Minute
	// leastWindow is the shortest window that is asked for changes: its ends
	// must be more than a minute apart, and lose their seconds.
	leastWindow = 3 * time.Minute
	// longestTransaction is what a heuristic bound stays behind the org's
	// clock: transactions end after ten minutes, and twice that is safe.
	longestTransaction = 20 * time.Minute
	// deletionMemory is how old a watermark may be while getDeleted still
	// reports everything since; Salesforce keeps fifteen days.
	deletionMemory = 14 * 24 * time.Hour
)

// bounds fixes what a run accounts for. A transaction that is open now may
// commit later with stamps as old as its start, and latestDateCovered of
// getUpdated and getDeleted is not later than the start of the oldest one
// (REST API Developer Guide, "Get a List of Updated Records Within a Given
// Timeframe"). So every record stamped before High is visible to the queries
// that follow, and High may become the watermark.
//
// Reading goes further, up to the org's clock and a second, so that a change
// made a moment ago is seen; such rows are read once more by the next run.
func (r *run) bounds(ctx context.Context) error {
	now, err := r.serverTime(ctx)
	if err != nil {
		return err
	}
	r.ReadTo = now.Truncate(time.Second).Add(time.Second)
	r.High, r.Guarantee = now, Exact
	for _, o := range r.objects {
		covered, err := r.covered(ctx, o.Name, now.Add(-boundWindow), now)
		if refused(err) {
			r.High, r.Guarantee = now.Add(-longestTransaction), Heuristic
			r.Warnings = append(r.Warnings, "the org does not list the changes of "+o.Name+" for this user: only Reconcile notices what was deleted for good")
			return nil
		}
		if err != nil {
			return fmt.Errorf("importer: bounds of %s: %w", o.Name, err)
		}
		r.High = earlier(r.High, covered)
	}
	return nil
}

// covered is the moment up to which both lists of an object are final.
func (r *run) covered(ctx context.Context, object string, start, end time.Time) (time.Time, error) {
	updated, err := r.cfg.Client.Updated(ctx, object, start, end)
	if err != nil {
		return time.Time{}, err
	}
	deleted, err := r.cfg.Client.Deleted(ctx, object, start, end)
	if err != nil && !forgotten(err) {
		return time.Time{}, err
	}
	covered := end
	for _, latest := range []time.Time{updated.LatestDateCovered, deleted.LatestDateCovered} {
		if latest.IsZero() { // not told: only what lies before the window is sure
			latest = start
		}
		covered = earlier(covered, latest)
	}
	return covered, nil
}

// serverTime is the org's clock. The describe calls of the survey have told it.
func (r *run) serverTime(ctx context.Context) (time.Time, error) {
	if now, ok := r.cfg.Client.ServerTime(); ok {
		return now, nil
	}
	return time.Time{}, errors.New("importer: the org's answers carry no Date header, so its clock is not known")
}

// refused reports whether the org does not offer getUpdated or getDeleted for
// an object to this user, as opposed to failing for the moment.
func refused(err error) bool {
	var failure *salesforce.Error
	if !errors.As(err, &failure) || errors.Is(err, salesforce.ErrDailyLimit) || salesforce.Retryable(err) {
		return false
	}
	return failure.Status == http.StatusBadRequest || failure.Status == http.StatusForbidden || failure.Status == http.StatusNotFound
}

// forgotten reports whether the org does not remember the deletions of the whole
// span that was asked for: some were purged from the recycle bin.
func forgotten(err error) bool {
	failure, ok := errors.AsType[*salesforce.Error](err)
	return ok && failure.Code == "INVALID_REPLICATION_DATE"
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
