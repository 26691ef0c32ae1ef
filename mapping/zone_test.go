package mapping_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
)

func TestInConvertsForAnotherZone(t *testing.T) {
	t.Parallel()
	denver, err := time.LoadLocation("America/Denver")
	require.NoError(t, err)
	m, err := mapping.New([]mapping.Rule{
		{Title: "Start", From: []string{"Start__c"}, Type: mapping.DateTime, Target: "start", Note: true},
		{From: []string{"End__c"}, Type: mapping.DateTime, Target: "end", Default: "2026-08-24"},
	}, nil)
	require.NoError(t, err)
	require.Equal(t, time.UTC, m.Zone())
	require.Same(t, m, m.In(nil))
	require.Same(t, m, m.In(time.UTC))

	there := m.In(denver)

	require.Equal(t, denver, there.Zone())
	rec := salesforce.Record{"Start__c": "2026-08-24T02:00:00.000+0000", "End__c": nil}
	values, err := there.Apply(rec)
	require.NoError(t, err)
	require.Equal(t, []string{"Start: 8/23/2026 8:00 PM"}, values.Notes())
	end, _ := values.Get("end")
	require.Equal(t, time.Date(2026, 8, 24, 0, 0, 0, 0, denver), end)
	values, err = m.Apply(rec)
	require.NoError(t, err)
	require.Equal(t, []string{"Start: 8/24/2026 2:00 AM"}, values.Notes())
}
