package salesforcetest_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// changes asks for what was updated or deleted in a span of time.
func changes(c *client, object, kind string, start, end time.Time) answer {
	return c.get(fmt.Sprintf("/sobjects/%s/%s/?start=%s&end=%s", object, kind,
		url.QueryEscape(start.Format(time.RFC3339)), url.QueryEscape(end.Format(time.RFC3339))))
}

type updated struct {
	IDs               []string `json:"ids"`
	LatestDateCovered string   `json:"latestDateCovered"`
}

type deleted struct {
	DeletedRecords []struct {
		ID          string `json:"id"`
		DeletedDate string `json:"deletedDate"`
	} `json:"deletedRecords"`
	EarliestDateAvailable string `json:"earliestDateAvailable"`
	LatestDateCovered     string `json:"latestDateCovered"`
}

func TestReplicationTellsWhatChanged(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	c := newClient(t, org)
	old := org.Insert("Account", map[string]any{"Name": "old"})
	gone := org.Insert("Account", map[string]any{"Name": "gone"})
	org.Advance(10 * time.Minute)
	now := org.Now()
	fresh := org.Insert("Account", map[string]any{"Name": "fresh"})
	org.Delete(gone)
	org.Advance(30 * time.Second)

	var up updated
	changes(c, "Account", "updated", now.Add(-time.Minute), now.Add(time.Hour)).ok(200).decode(&up)
	require.Equal(t, []string{fresh}, up.IDs)
	require.Equal(t, "2026-11-21T15:40:30.000+0000", up.LatestDateCovered, "not later than now")

	changes(c, "Account", "updated", now.Add(-20*time.Minute), now).ok(200).decode(&up)
	require.Equal(t, []string{old}, up.IDs)
	require.Equal(t, "2026-11-21T15:40:00.000+0000", up.LatestDateCovered, "not later than was asked for")

	var del deleted
	changes(c, "Account", "deleted", now.Add(-time.Minute), now.Add(time.Hour)).ok(200).decode(&del)
	require.Len(t, del.DeletedRecords, 1)
	require.Equal(t, gone, del.DeletedRecords[0].ID)
	require.Equal(t, "2026-11-21T15:40:00.000+0000", del.DeletedRecords[0].DeletedDate)
	require.Equal(t, "2026-11-06T15:40:00.000+0000", del.EarliestDateAvailable)

	org.Undelete(gone)
	del = deleted{}
	changes(c, "Account", "deleted", now.Add(-time.Minute), now.Add(time.Hour)).ok(200).decode(&del)
	require.Empty(t, del.DeletedRecords)
}

func TestReplicationWindows(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	c := newClient(t, org)
	const day = 24 * time.Hour
	tests := []struct {
		kind       string
		start, end time.Duration // from now
		ok         bool
	}{
		{"updated", -30 * day, 0, true},
		{"updated", -30*day - time.Minute, 0, false},
		{"deleted", -15 * day, 0, true},
		{"deleted", -15*day - time.Minute, 0, false},
		{"updated", -2 * time.Minute, 0, true},
		{"updated", -time.Minute, 0, false},
		{"updated", -119 * time.Second, -time.Second, false}, // seconds are dropped
		{"updated", time.Minute, 0, false},
		{"deleted", 0, 0, false},
	}
	for _, test := range tests {
		a := changes(c, "Account", test.kind, saturday.Add(test.start), saturday.Add(test.end))
		if test.ok {
			a.ok(200)
		} else {
			a.refused(400, "INVALID_REPLICATION_DATE", "")
		}
	}
	c.get("/sobjects/Account/updated?start=yesterday&end=today").refused(400, "INVALID_REPLICATION_DATE", "")
	changes(c, "Nothing", "updated", saturday, saturday).refused(404, "NOT_FOUND", "")
}

func TestHeldTransactionIsNotSeenAndHoldsTheBound(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	c := newClient(t, org)
	acme := org.Insert("Account", map[string]any{"Name": "Acme"})
	org.Advance(time.Minute)

	tx := org.HoldTransaction()
	began := org.Now()
	org.Advance(2500 * time.Millisecond)
	late := tx.Insert("Account", map[string]any{"Name": "Late"})
	tx.Update(acme, map[string]any{"Name": "Acme 2"})
	org.Advance(time.Minute)

	require.Equal(t, "Acme", c.query("SELECT Name FROM Account").names("Name"))
	require.Nil(t, org.Record(late))
	c.get("/sobjects/Account/"+late).refused(404, "NOT_FOUND", "")
	c.patch("/sobjects/Account/"+acme, `{"Name":"mine"}`).refused(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record or 1 records: "+acme)
	var up updated
	changes(c, "Contact", "updated", began.Add(-time.Hour), org.Now().Add(time.Hour)).ok(200).decode(&up)
	require.Equal(t, "2026-11-21T15:31:00.000+0000", up.LatestDateCovered)

	tx.Commit()

	require.Equal(t, "Acme 2, Late", c.query("SELECT Name FROM Account").names("Name"))
	require.Equal(t, "2026-11-21T15:31:02.000+0000", org.Record(late)["SystemModstamp"], "the time of writing, in whole seconds")
	changes(c, "Contact", "updated", began.Add(-time.Hour), org.Now().Add(time.Hour)).ok(200).decode(&up)
	require.Equal(t, "2026-11-21T15:32:02.000+0000", up.LatestDateCovered)
	require.Panics(t, tx.Commit)
}

func TestRollbackLeavesNoTrace(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	acme := idOf(t, org, "Account", "Name", "Acme")
	before := org.Records("Account")

	tx := org.HoldTransaction()
	tx.Delete(acme)
	tx.Insert("Account", map[string]any{"Name": "x", "Number__c": "A-9"})
	tx.Rollback()

	require.Equal(t, before, org.Records("Account"))
	require.Len(t, org.Records("Contact"), 4)
	c.post("/sobjects/Account", `{"Name":"y","Number__c":"A-9"}`).id()
}

func TestPurgedRecordsAreGone(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	c := newClient(t, org)
	gone := org.Insert("Account", map[string]any{"Name": "gone"})
	child := org.Insert("Contact", map[string]any{"LastName": "child", "AccountId": gone})
	org.Advance(10 * time.Minute)
	org.Delete(gone)
	org.Advance(10 * time.Minute)
	org.Purge(gone)

	require.Nil(t, org.Record(gone))
	require.Nil(t, org.Record(child))
	require.Empty(t, c.get("/queryAll?q=SELECT+Name+FROM+Account").records())
	changes(c, "Account", "deleted", org.Now().Add(-5*time.Minute), org.Now()).refused(400, "INVALID_REPLICATION_DATE", "earliestDateAvailable")
	org.Advance(10 * time.Minute)
	var del deleted
	changes(c, "Account", "deleted", org.Now().Add(-5*time.Minute), org.Now()).ok(200).decode(&del)
	require.Empty(t, del.DeletedRecords)
	require.Equal(t, "2026-11-21T15:50:00.000+0000", del.EarliestDateAvailable)
}

func TestKeysetPagingReadsEachRecordOnce(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	c := newClient(t, org)
	want := map[string]bool{}
	for i := range 500 { // stamps that many share, in no order
		stamp := saturday.Add(time.Duration(i*37%10) * time.Second).Format(time.RFC3339)
		want[org.Insert("Account", map[string]any{"Name": fmt.Sprint(i), "SystemModstamp": stamp})] = true
	}
	got, stamp, id := map[string]bool{}, saturday.Format(time.RFC3339), "000000000000000"
	for {
		rows := c.query(fmt.Sprintf("SELECT Id, SystemModstamp FROM Account WHERE SystemModstamp >= %s AND SystemModstamp < %s AND "+
			"(SystemModstamp > %s OR Id > '%s') ORDER BY SystemModstamp, Id LIMIT 70", stamp, saturday.Add(time.Hour).Format(time.RFC3339), stamp, id)).records()
		if len(rows) == 0 {
			break
		}
		for _, r := range rows {
			id = r["Id"].(string)
			require.False(t, got[id], "read twice")
			got[id] = true
			stamp = strings.Replace(r["SystemModstamp"].(string), "+0000", "Z", 1)
		}
	}
	require.Equal(t, want, got)
}
