package salesforcetest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{APILimit: 100})
	c := newClient(t, org)
	org.Insert("ContentVersion", map[string]any{"PathOnClient": "a.bin", "VersionData": []byte(strings.Repeat("x", 3<<20))})
	limits := c.get("/limits").ok(200).object()
	for name, want := range map[string]string{
		"DailyApiRequests":                       "map[Max:100 Remaining:99]",
		"FileStorageMB":                          "map[Max:10240 Remaining:10237]",
		"DataStorageMB":                          "map[Max:1024 Remaining:1024]",
		"PermissionSets":                         "map[CreateCustom:map[Max:1000 Remaining:1000] Max:1500 Remaining:1500]",
		"SingleEmail":                            "map[Max:15 Remaining:15]",
		"DailyMetadataRetrievesWithDependencies": "map[Max:100 Remaining:100]",
		"DailyBulkApiRequests":                   "<nil>",
	} {
		require.Equal(t, want, fmt.Sprint(limits[name]), name)
	}
	old := c.get("/services/data/v48.0/limits").ok(200).object()
	require.Nil(t, old["DailyBulkApiBatches"])
	require.Equal(t, "map[Max:15000 Remaining:15000]", fmt.Sprint(old["DailyBulkApiRequests"]))
}

func TestRecordCounts(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	org.Delete(idOf(t, org, "Contact", "LastName", "Solo"))

	counts := c.get("/limits/recordCount?sObjects=Account,contact,Lead,Nope__c").ok(200).body

	require.JSONEq(t, `{"sObjects":[{"count":4,"name":"Account"},{"count":3,"name":"Contact"}]}`, counts)
	require.Contains(t, c.get("/limits/recordCount").ok(200).body, `{"count":3,"name":"Task"}`)
}
