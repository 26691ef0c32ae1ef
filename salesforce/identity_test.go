package salesforce_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func TestLimitsAndIdentity(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(&salesforcetest.Options{APILimit: 100, TimeZone: "Europe/Berlin"})
	c := orgClient(t, org)
	limits, err := c.Limits(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(100), limits["DailyApiRequests"].Max)
	require.Less(t, limits["DailyApiRequests"].Remaining, int64(100))

	who, err := c.Identity(t.Context())
	require.NoError(t, err)
	require.Equal(t, org.Credentials().UserID, string(who.UserID))
	require.Equal(t, org.Credentials().OrgID, string(who.OrgID))
	require.Equal(t, "user@example.com", who.Username)
	require.Equal(t, "Europe/Berlin", who.TimeZone)

	org.ExpireSessions()
	_, err = c.Identity(t.Context())
	require.NoError(t, err, "a session that has ended is renewed here too")
}
