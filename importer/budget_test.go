package importer_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// limited gives the world an org with that many API requests in 24 hours.
func (w *world) limited(t *testing.T, requests int) {
	t.Helper()
	w.org = salesforcetest.NewOrg(&salesforcetest.Options{Now: func() time.Time { return morning }, APILimit: requests})
	require.NoError(t, w.org.Load(strings.NewReader(flagSchema)))
}

func TestRunPausesAtItsShareOfTheDayAndComesToItsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.limited(t, 200)
	w.many(60)
	w.tune = func(c *importer.Config) { c.BulkAbove = -1 }
	im := w.importer(t)
	pauses, following := 0, 0
	for {
		report, err := im.Complete(t.Context(), "anna", nil)
		if err == nil {
			require.Equal(t, importer.Completed, report.Run.Status)
			break
		}
		require.ErrorIs(t, err, importer.ErrPaused)
		require.ErrorContains(t, err, "RunShare")
		require.Equal(t, importer.Paused, report.Run.Status)
		available, err := im.Available(t.Context())
		require.NoError(t, err)
		require.NotNil(t, available.Unfinished)
		require.Equal(t, available.Unfinished.Kind == importer.Incremental, available.Incremental, "a paused run is not a finished one")
		if available.Incremental {
			following++
		}
		pauses++
		w.org.Advance(24 * time.Hour) // the org's day begins anew
		require.Less(t, pauses, 20)
	}

	require.Greater(t, pauses, following)
	require.Positive(t, following, "what follows the complete run paused, too")
	require.Len(t, w.query(t, `SELECT 1 FROM sfbridge_import_run WHERE kind = 'complete'`), 1, "and no other one was begun")
	require.Len(t, w.query(t, `SELECT 1 FROM sfbridge_import_link WHERE object = 'Account'`), 36)
}

func TestRunLeavesTheOrgItsShareOfTheDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.limited(t, 50)
	w.account("Acme")
	w.tune = func(c *importer.Config) { c.RunShare = 1 }
	im := w.importer(t)
	client := w.client(t, w.org.Transport())
	for range 38 { // somebody else
		_, err := client.Count(t.Context(), "SELECT COUNT() FROM User")
		require.NoError(t, err)
	}

	_, err := im.Complete(t.Context(), "anna", nil)

	require.ErrorIs(t, err, importer.ErrPaused)
	require.ErrorContains(t, err, "DailyShare is 0.8")
	require.NotErrorIs(t, err, salesforce.ErrDailyLimit, "the limit itself is not reached")

	w.org.Advance(25 * time.Hour)
	report := complete(t, im)
	require.Equal(t, 1, report.Resumed.Run.Counts["Account"].Created)
}

func TestScarceRequestsMakeJobsOfFewerRecords(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		requests, above, jobs int
	}{
		"plenty":        {requests: 15000, jobs: 0},
		"scarce":        {requests: 300, jobs: 3},
		"never in bulk": {requests: 300, above: -1, jobs: 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.limited(t, test.requests)
			w.many(60) // twenty pages
			w.tune = func(c *importer.Config) { c.BulkAbove, c.DailyShare, c.RunShare = test.above, 1, 1 }
			im := w.importer(t)

			plan, err := im.Plan(t.Context(), importer.Complete)
			require.NoError(t, err)
			complete(t, im)

			require.Equal(t, test.jobs, w.asked(http.MethodPost, "/jobs/query"))
			for _, o := range plan.Objects {
				require.Equal(t, test.jobs > 0, o.Bulk, o.Object)
			}
			w.sameAs(t, paged(t, 60))
		})
	}
}

// A silent transport takes away what an org's answers tell of its limit.
type silent struct{ next http.RoundTripper }

func (s silent) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.next.RoundTrip(r)
	if err == nil {
		resp.Header.Del("Sforce-Limit-Info")
	}
	return resp, err
}

func (w *world) silent(t *testing.T) {
	t.Helper()
	w.tune = func(c *importer.Config) {
		c.Client = w.client(t, silent{w.org.Transport()})
		c.BulkAbove, c.DailyShare = -1, 1
	}
}

func TestOrgThatDoesNotTellOfItsLimitIsAskedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.limited(t, 200)
	w.many(60)
	w.silent(t)

	im := w.importer(t)
	report, err := im.Complete(t.Context(), "anna", nil)

	require.ErrorIs(t, err, importer.ErrPaused)
	require.ErrorContains(t, err, "of the 200 in 24 hours")
	require.EqualValues(t, 20, report.Run.Calls, "a tenth of them")
	require.Equal(t, 1, w.asked(http.MethodGet, "/limits"))
	plan, err := im.Plan(t.Context(), importer.Complete)
	require.NoError(t, err)
	require.EqualValues(t, 200, plan.Limit)
	require.Greater(t, plan.Used, report.Run.Calls)
}

func TestOrgWhoseLimitIsNotKnownSetsNoBudget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.limited(t, 1000)
	w.many(60)
	w.silent(t)
	w.org.Fail(salesforcetest.Fault{Path: "/limits", Status: http.StatusForbidden, Code: "INSUFFICIENT_ACCESS", Times: -1})

	report := complete(t, w.importer(t))

	require.Greater(t, report.Run.Calls, int64(20))
	require.Equal(t, 1, w.asked(http.MethodGet, "/limits"))
}

func TestSharesAreChecked(t *testing.T) {
	t.Parallel()
	_, err := importer.New(importer.Config{DailyShare: 1.5, RunShare: -1})
	require.ErrorContains(t, err, "DailyShare 1.5 is not within 0 and 1")
	require.ErrorContains(t, err, "RunShare -1 is not within 0 and 1")
}
