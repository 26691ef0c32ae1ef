package salesforce_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
)

func TestUpdatedSendsUTCWithoutFractions(t *testing.T) {
	t.Parallel()
	org := record(200, `{"ids":["001RM000003oLnnYAE"],"latestDateCovered":"2026-08-19T08:17:00.000+0000"}`)
	end := time.Date(2026, 8, 19, 10, 18, 7, 999, time.FixedZone("", 2*60*60))

	got, err := newClient(t, org).Updated(t.Context(), "Account", end.Add(-time.Hour), end)

	require.NoError(t, err)
	require.Equal(t, "GET /services/data/v66.0/sobjects/Account/updated/?end=2026-08-19T08%3A18%3A07%2B00%3A00&start=2026-08-19T07%3A18%3A07%2B00%3A00", org.path)
	require.Equal(t, salesforce.Updated{
		IDs:               []salesforce.ID{"001RM000003oLnnYAE"},
		LatestDateCovered: time.Date(2026, 8, 19, 8, 17, 0, 0, time.UTC),
	}, got)
}

func TestDeleted(t *testing.T) {
	t.Parallel()
	org := record(200, `{"deletedRecords":[{"id":"001RM000003oLnnYAE","deletedDate":"2026-08-19T08:16:05.000+0000"}],
		"earliestDateAvailable":"2026-08-04T00:00:00.000+0000","latestDateCovered":"2026-08-19T08:17:00.000+0000"}`)
	end := time.Date(2026, 8, 19, 8, 18, 0, 0, time.UTC)

	got, err := newClient(t, org).Deleted(t.Context(), "Account", end.Add(-time.Hour), end)

	require.NoError(t, err)
	require.Equal(t, salesforce.Deleted{
		Records:               []salesforce.DeletedRecord{{ID: "001RM000003oLnnYAE", DeletedDate: time.Date(2026, 8, 19, 8, 16, 5, 0, time.UTC)}},
		EarliestDateAvailable: time.Date(2026, 8, 4, 0, 0, 0, 0, time.UTC),
		LatestDateCovered:     time.Date(2026, 8, 19, 8, 17, 0, 0, time.UTC),
	}, got)
}

func TestReplicationRefusesASpanThatEndsBeforeItBegins(t *testing.T) {
	t.Parallel()
	org := record(200, `{}`)
	now := time.Date(2026, 8, 19, 8, 18, 0, 0, time.UTC)

	_, err := newClient(t, org).Updated(t.Context(), "Account", now, now)

	require.ErrorIs(t, err, salesforce.ErrValidation)
	require.Zero(t, org.callCount())
}
