package importer_test

import (
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
	im := w.importer(t)
	run, pauses := im.Complete, 0
	for {
		report, err := run(t.Context(), "anna", nil)
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
			run = im.Incremental
		}
		pauses++
		w.org.Advance(24 * time.Hour) // the org's day begins anew
		require.Less(t, pauses, 20)
	}

	require.Positive(t, pauses)
	require.Len(t, w.query(t, `SELECT 1 FROM sfbridge_import_run WHERE kind = 'complete' AND status = 'completed'`), 1)
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

func TestSharesAreChecked(t *testing.T) {
	t.Parallel()
	_, err := importer.New(importer.Config{DailyShare: 1.5, RunShare: -1})
	require.ErrorContains(t, err, "DailyShare 1.5 is not within 0 and 1")
	require.ErrorContains(t, err, "RunShare -1 is not within 0 and 1")
}
