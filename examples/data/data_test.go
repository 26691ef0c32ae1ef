package data_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/examples/data"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func Example() {
	org := salesforcetest.NewOrg(nil)
	org.SetNow(data.Now)
	if err := org.Load(data.Org()); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(org.Now().Format(time.DateOnly), len(org.Records("Account")), "accounts")
	// Output: 2026-11-16 320 accounts
}

func TestEmbeddedOrgLoadsEverything(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	org.SetNow(data.Now)
	require.NoError(t, org.Load(data.Org()))

	for object, want := range map[string]int{
		"User":                 7, // six reps and the main user
		"Account":              320,
		"Opportunity":          430,
		"i360__Staff__c":       6,
		"i360__Prospect__c":    48,
		"i360__Appointment__c": 60,
	} {
		require.Len(t, org.Records(object), want, object)
	}
	require.Greater(t, len(org.Records("Contact")), 900)

	staff := org.Records("i360__Staff__c")[0]
	rep := org.Record(staff["i360__User__c"].(string))
	require.Equal(t, "maya.ortiz@example.com", rep["Username"])
	require.Equal(t, "America/Denver", rep["TimeZoneSidKey"])
}

func TestClockRunsFromNow(t *testing.T) {
	t.Parallel()
	clock := data.Clock()
	first := clock()
	require.WithinDuration(t, data.Now, first, time.Minute)
	require.False(t, clock().Before(first))
}
