package salesforce_test

import (
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
)

func TestUsageOfOrgAndApp(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]salesforce.Usage{
		"api-usage=18/5000": {Used: 18, Max: 5000},
		"api-usage=25/5000; per-app-api-usage=17/250(appName=sample-connected-app)": {
			Used: 25, Max: 5000, AppName: "sample-connected-app", AppUsed: 17, AppMax: 250,
		},
		"per-app-api-usage=17/250(appName=x);api-usage=25/5000": {Used: 25, Max: 5000, AppName: "x", AppUsed: 17, AppMax: 250},
	} {
		c := newClient(t, &script{answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Sforce-Limit-Info", header)
			_, _ = io.WriteString(w, rows(0))
		}})
		_, ok := c.Usage()
		require.False(t, ok)

		_, err := c.Count(t.Context(), "SELECT COUNT() FROM Lead")

		require.NoError(t, err)
		usage, ok := c.Usage()
		require.True(t, ok)
		require.Equal(t, want, usage)
	}
}

func TestUsageStaysWhenAnAnswerTellsNone(t *testing.T) {
	t.Parallel()
	c := newClient(t, &script{answer: answers(
		func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Sforce-Limit-Info", "api-usage=18/5000")
			_, _ = io.WriteString(w, rows(0))
		},
		func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Sforce-Limit-Info", "nonsense")
			_, _ = io.WriteString(w, rows(0))
		},
	)})
	for range 2 {
		_, err := c.Count(t.Context(), "SELECT COUNT() FROM Lead")
		require.NoError(t, err)
	}

	usage, ok := c.Usage()

	require.True(t, ok)
	require.EqualValues(t, 18, usage.Used)
}

func TestServerTimeGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		orgClock := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC) // far from the bubble's
		c := newClient(t, &script{answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", orgClock.Format(http.TimeFormat))
			_, _ = io.WriteString(w, rows(0))
		}})
		_, ok := c.ServerTime()
		require.False(t, ok)

		_, err := c.Count(t.Context(), "SELECT COUNT() FROM Lead")
		require.NoError(t, err)
		time.Sleep(90 * time.Second)

		at, ok := c.ServerTime()
		require.True(t, ok)
		require.Equal(t, orgClock.Add(90*time.Second), at)
	})
}
