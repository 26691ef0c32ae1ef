package salesforcetest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func TestOwnersMustBeActive(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	left := idOf(t, org, "User", "Username", "left@example.com")
	a := c.post("/sobjects/Account", `{"Name":"x","OwnerId":"`+left+`"}`)
	a.refused(400, "INACTIVE_OWNER_OR_USER", "operation performed with inactive user ["+left[:15]+"] as owner of account")
}

func TestConvertedLeadsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	id := org.Insert("Lead", map[string]any{"LastName": "x", "Company": "y", "IsConverted": true})
	newClient(t, org).patch("/sobjects/Lead/"+id, `{"Phone":"1"}`).refused(400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
}

func TestNoAccountIsAboveItself(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	acme, beta := idOf(t, org, "Account", "Name", "Acme"), idOf(t, org, "Account", "Name", "beta Corp")
	require.Equal(t, acme, org.Record(beta)["ParentId"])
	c.patch("/sobjects/Account/"+acme, `{"ParentId":"`+beta+`"}`).refused(400, "CIRCULAR_DEPENDENCY", "attempt to violate hierarchy constraints")
	c.patch("/sobjects/Account/"+acme, `{"ParentId":"`+acme+`"}`).refused(400, "CIRCULAR_DEPENDENCY", "")
	c.patch("/sobjects/Account/"+beta, `{"ParentId":null}`).ok(204)
	c.patch("/sobjects/Account/"+acme, `{"ParentId":"`+beta+`"}`).ok(204)
}

func TestStagesInOddOrder(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	c := newClient(t, org)
	org.Update(org.Records("Organization")[0]["Id"].(string), map[string]any{"FiscalYearStartMonth": 7})
	id := c.post("/sobjects/Opportunity", `{"Name":"x","StageName":"closed won","CloseDate":"2026-08-15","Probability":80}`).id()
	facts := func() []any {
		r := org.Record(id)
		return []any{r["IsWon"], r["IsClosed"], r["Probability"], r["ForecastCategory"], r["Fiscal"]}
	}
	require.Equal(t, []any{true, true, 80.0, "Closed", "2027 1"}, facts())
	c.patch("/sobjects/Opportunity/"+id, `{"NextStep":"call"}`).ok(204)
	require.Equal(t, []any{true, true, 80.0, "Closed", "2027 1"}, facts(), "only another stage says otherwise")
	c.patch("/sobjects/Opportunity/"+id, `{"StageName":"Qualification","ForecastCategoryName":"Best Case"}`).ok(204)
	require.Equal(t, []any{false, false, 10.0, "BestCase", "2027 1"}, facts())
	c.patch("/sobjects/Opportunity/"+id, `{"StageName":"Closed Lost"}`).ok(204)
	c.patch("/sobjects/Opportunity/"+id, `{"StageName":"Daydreaming"}`).ok(204)
	require.Equal(t, []any{false, false}, facts()[:2], "a stage that nobody has defined is open")
}

func TestOldActivitiesAreArchived(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	c := newClient(t, org)
	org.Insert("Task", map[string]any{"Subject": "done long ago", "Status": "Completed", "ActivityDate": "2025-11-20"})
	org.Insert("Task", map[string]any{"Subject": "open", "ActivityDate": "2020-01-01"})
	org.Insert("Task", map[string]any{"Subject": "done", "Status": "Completed", "ActivityDate": "2025-11-22"})
	org.Insert("Task", map[string]any{"Subject": "never due", "Status": "Completed", "CreatedDate": "2025-01-01T00:00:00Z"})
	org.Insert("Event", map[string]any{"Subject": "old", "StartDateTime": "2025-01-01T10:00:00Z", "DurationInMinutes": 60})
	org.Insert("Event", map[string]any{"Subject": "new", "StartDateTime": "2026-01-01T10:00:00Z", "DurationInMinutes": 60})
	require.Equal(t, "open, done", c.query("SELECT Subject FROM Task").names("Subject"))
	require.Equal(t, "new", c.query("SELECT Subject FROM Event").names("Subject"))
	require.Equal(t, "done long ago, never due", c.get("/queryAll?q=SELECT+Subject+FROM+Task+WHERE+IsArchived+=+true").names("Subject"))
	require.Len(t, c.get("/queryAll?q=SELECT+Subject+FROM+Event").records(), 2)
}

func TestTasksAreCompletedAtATime(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	c := newClient(t, org)
	id := c.post("/sobjects/Task", `{"Subject":"call"}`).id()
	require.Nil(t, org.Record(id)["CompletedDateTime"])
	c.patch("/sobjects/Task/"+id, `{"Status":"Completed"}`).ok(204)
	org.Advance(1e9)
	c.patch("/sobjects/Task/"+id, `{"Subject":"called"}`).ok(204)
	require.Equal(t, []any{true, "2026-11-21T15:30:00.000+0000"}, []any{org.Record(id)["IsClosed"], org.Record(id)["CompletedDateTime"]})
}
