package importer_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func TestIncrementalNeedsACompleteImportFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.account("Acme")
	im := w.importer(t)

	_, err := im.Incremental(t.Context(), "anna", nil)

	require.ErrorIs(t, err, importer.ErrNoComplete)
	require.Empty(t, w.query(t, `SELECT * FROM customers`))
	available, err := im.Available(t.Context())
	require.NoError(t, err)
	require.False(t, available.Incremental)

	complete(t, im)
	available, err = im.Available(t.Context())
	require.NoError(t, err)
	require.True(t, available.Incremental)
	require.Equal(t, morning, available.LastComplete)
}

func TestCompleteImportBringsCustomersContactsAndProjects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.account("Acme", "AccountNumber", "A-7", "BillingStreet", "Ring 1\n2nd floor", "BillingState", "Sachsen",
		"BillingPostalCode", "04109", "BillingCity", "Leipzig", "Website", "acme.example", "Description", "<p>Good &amp; old</p>")
	ada := w.contact(acme, "Lovelace", "FirstName", "Ada", "Title", "Countess", "Email", "ada@example.org")
	tower := w.opportunity(acme, "Tower", "Closed Won", "Amount", 1234567.89)
	w.opportunity(acme, "Dream", "Prospecting")
	w.contact(w.account("Other", "ZEP__c", false), "Stranger")
	w.contact("", "Loner", "AccountId", nil)
	im := w.importer(t)

	report := complete(t, im)

	require.Equal(t, importer.Counts{Read: 2, Created: 1, Skipped: 1}, report.Run.Counts["Account"])
	require.Equal(t, importer.Counts{Read: 3, Created: 1, Skipped: 2}, report.Run.Counts["Contact"])
	require.Equal(t, importer.Counts{Read: 2, Created: 1, Skipped: 1}, report.Run.Counts["Opportunity"])
	require.Equal(t, importer.Exact, report.Run.Guarantee)
	for column, want := range map[string]string{
		"number": "A-7", "billing_lines": "Ring 1\n2nd floor\nSachsen", "billing_zip": "04109", "www": "acme.example",
		"remark": "Good & old", "delivery_lines": "<nil>", "delivery_city": "<nil>", "active": "1",
	} {
		require.Equal(t, want, w.value(t, "customers", acme, column), column)
	}
	require.Equal(t, "Countess", w.value(t, "contacts", ada, "job_title"))
	require.Equal(t, w.hostID(t, "customers", acme), w.value(t, "contacts", ada, "customer_id"))
	require.Equal(t, "1234567.89", w.value(t, "projects", tower, "budget"))
	require.Equal(t, "2026-12-01", w.value(t, "projects", tower, "ends"))
	require.Contains(t, entries(t, im, report.Run.Number), "skipped Other: ZEP__c is not ticked")
	require.Contains(t, entries(t, im, report.Run.Number), "skipped Stranger: its customer is not imported")
	require.Contains(t, entries(t, im, report.Run.Number), "skipped Loner: it has no customer")
	require.Contains(t, entries(t, im, report.Run.Number), `skipped Dream: stage "Prospecting" is not imported`)
}

func TestImportingTheSameTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	populate(w, map[string]string{})
	im := w.importer(t)
	complete(t, im)
	before := w.dump(t)

	report := complete(t, im)

	require.Equal(t, before, w.dump(t))
	require.Zero(t, report.Run.Counts["Account"].Created+report.Run.Counts["Account"].Updated)
	require.Equal(t, 7, report.Run.Counts["Account"].Unchanged)
}

func TestAChangeMadeAMomentAgoIsSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.account("Acme")
	im := w.importer(t)
	complete(t, im)

	w.org.Update(acme, map[string]any{"Phone": "+49 341 5550100"}) // the clock has not moved
	report := incremental(t, im)

	require.Equal(t, "+49 341 5550100", w.value(t, "customers", acme, "phone"))
	require.Equal(t, 1, report.Run.Counts["Account"].Updated)
	for e, err := range im.Entries(t.Context(), report.Run.Number) {
		require.NoError(t, err)
		require.Equal(t, []importer.FieldChange{{Field: "phone", New: "+49 341 5550100"}}, e.Changed)
	}
}

func TestTransactionThatCommitsLateIsNotLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.account("Acme")
	im := w.importer(t)
	complete(t, im)
	w.org.Advance(time.Hour)

	slow := w.org.HoldTransaction() // writes now, commits after the next import
	slow.Update(acme, map[string]any{"Phone": "+49 341 5550111"})
	late := slow.Insert("Account", map[string]any{"Name": "Late", "ZEP__c": true})
	w.org.Advance(5 * time.Minute)
	quick := w.account("Quick")
	incremental(t, im)
	require.Equal(t, "Quick", w.value(t, "customers", quick, "name"))
	w.org.Advance(4 * time.Minute)
	slow.Commit()
	w.org.Advance(time.Hour)
	incremental(t, im)

	require.Equal(t, "Late", w.value(t, "customers", late, "name"))
	require.Equal(t, "+49 341 5550111", w.value(t, "customers", acme, "phone"))
}

func TestRecordsOfOneSecondAreAllRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	im := w.importer(t)
	complete(t, im)
	w.org.Advance(time.Hour)
	for range 20 { // bulk DML: one stamp, many pages of three
		w.account("Twin")
	}

	report := incremental(t, im)

	require.Equal(t, 20, report.Run.Counts["Account"].Created)
}

func TestTickAndUntick(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		policy         importer.ExitPolicy
		locked, active string
	}{{importer.Keep, "locked", "1"}, {importer.Detach, "free", "1"}, {importer.Deactivate, "locked", "0"}} {
		t.Run("policy "+string(test.policy), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.config.OnExit = test.policy
			acme := w.account("Acme")
			ada := w.contact(acme, "Ada")
			im := w.importer(t)
			complete(t, im)

			w.org.Advance(time.Hour)
			w.org.Update(acme, map[string]any{"ZEP__c": false, "Phone": "unseen"})
			w.org.Update(ada, map[string]any{"Phone": "unseen"})
			incremental(t, im)
			require.Equal(t, "<nil>", w.value(t, "customers", acme, "phone"))
			require.Equal(t, "<nil>", w.value(t, "contacts", ada, "phone"))
			require.Equal(t, test.active, w.value(t, "customers", acme, "active"))
			require.Equal(t, test.locked, lockState(t, im, "customer", w.hostID(t, "customers", acme)))
			require.Equal(t, test.locked, lockState(t, im, "contact", w.hostID(t, "contacts", ada)))

			w.org.Advance(time.Hour)
			w.org.Update(acme, map[string]any{"ZEP__c": true})
			incremental(t, im)
			require.Equal(t, "unseen", w.value(t, "customers", acme, "phone"))
			require.Equal(t, "unseen", w.value(t, "contacts", ada, "phone"), "its own stamp is old")
			require.Equal(t, "1", w.value(t, "customers", acme, "active"))
			require.Equal(t, "locked", lockState(t, im, "customer", w.hostID(t, "customers", acme)))
		})
	}
}

func lockState(t *testing.T, im *importer.Importer, kind, hostID string) string {
	t.Helper()
	err := im.CheckDelete(t.Context(), kind, hostID)
	if err == nil {
		return "free"
	}
	require.ErrorIs(t, err, importer.ErrLocked)
	return "locked"
}

func TestScopeCheckboxThatDisappearsStopsTheImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.account("Acme")
	complete(t, w.importer(t))
	before := w.dump(t)

	hidden := salesforcetest.NewOrg(&salesforcetest.Options{Now: w.org.Now, OrgID: w.org.Credentials().OrgID})
	hidden.Insert("Account", map[string]any{"Name": "Everybody"})
	w.org = hidden
	_, err := w.importer(t).Complete(t.Context(), "anna", nil)

	require.ErrorIs(t, err, importer.ErrSchema)
	require.ErrorContains(t, err, "Account.ZEP__c was there before")
	require.Equal(t, before, w.dump(t))
}

func TestScopeModes(t *testing.T) {
	t.Parallel()
	plain := func(t *testing.T, mode importer.ScopeMode) (*world, error) {
		w := newWorld(t)
		w.org = salesforcetest.NewOrg(&salesforcetest.Options{Now: func() time.Time { return morning }})
		w.org.Insert("Account", map[string]any{"Name": "Everybody"})
		w.config.Scope = mode
		_, err := w.importer(t).Complete(t.Context(), "anna", nil)
		return w, err
	}
	t.Run("auto imports all when there is no checkbox", func(t *testing.T) {
		t.Parallel()
		w, err := plain(t, importer.ScopeAuto)
		require.NoError(t, err)
		require.Len(t, w.query(t, `SELECT * FROM customers`), 1)
	})
	t.Run("required is an error without", func(t *testing.T) {
		t.Parallel()
		_, err := plain(t, importer.ScopeRequired)
		require.ErrorIs(t, err, importer.ErrSchema)
	})
	t.Run("off imports all when there is one", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.config.Scope = importer.ScopeOff
		w.account("Unticked", "ZEP__c", false)
		complete(t, w.importer(t))
		require.Len(t, w.query(t, `SELECT * FROM customers`), 1)
	})
	t.Run("a field that is no checkbox is an error", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.config.Flag = "Industry"
		_, err := w.importer(t).Complete(t.Context(), "anna", nil)
		require.ErrorIs(t, err, importer.ErrSchema)
		require.ErrorContains(t, err, "checkbox")
	})
}

func TestStages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.account("Acme")
	won := w.opportunity(acme, "Won", "Closed Won")
	open := w.opportunity(acme, "Open", "Prospecting")
	im := w.importer(t)
	complete(t, im)
	project := w.hostID(t, "projects", won)

	w.org.Advance(time.Hour)
	w.org.Update(won, map[string]any{"StageName": "Closed Lost", "Amount": 5})
	w.org.Update(open, map[string]any{"StageName": "Negotiation/Review"})
	incremental(t, im)
	require.Equal(t, "5", w.value(t, "projects", won, "budget"), "a project stays, and is updated")
	require.Equal(t, "Open", w.value(t, "projects", open, "name"))

	w.org.Advance(time.Hour)
	w.org.Update(won, map[string]any{"StageName": "Closed Won"})
	incremental(t, im)
	require.Equal(t, project, w.hostID(t, "projects", won), "never made twice")
	require.Len(t, w.query(t, `SELECT * FROM projects`), 2)
}

func TestStageThatWasLeftAgainBetweenTwoImports(t *testing.T) {
	t.Parallel()
	for _, passedThrough := range []bool{false, true} {
		w := newWorld(t)
		w.config.PassedThrough = passedThrough
		require.NoError(t, w.org.Load(strings.NewReader(historySchema)))
		im := w.importer(t)
		complete(t, im)

		w.org.Advance(time.Hour)
		acme := w.account("Acme")
		lost := w.opportunity(acme, "Lost again", "Closed Lost")
		w.org.Insert("OpportunityHistory", map[string]any{"OpportunityId": lost, "StageName": "Closed Won"})
		w.org.Insert("OpportunityHistory", map[string]any{"OpportunityId": w.opportunity(acme, "Never won", "Closed Lost"), "StageName": "Prospecting"})
		incremental(t, im)

		want := []string(nil)
		if passedThrough {
			want = []string{`["Lost again"]`}
		}
		require.Equal(t, want, w.query(t, `SELECT name FROM projects`))
	}
}

const historySchema = `{"sobjects":[{"name":"OpportunityHistory","label":"Opportunity History","keyPrefix":"008","queryable":true,"createable":true,
	"fields":[{"name":"OpportunityId","label":"Opportunity ID","type":"reference","referenceTo":["Opportunity"],"relationshipName":"Opportunity","createable":true},
		{"name":"StageName","label":"Stage","type":"string","length":120,"createable":true}]},
	{"name":"Opportunity","childRelationships":[{"childSObject":"OpportunityHistory","field":"OpportunityId","relationshipName":"OpportunityHistories"}]}]}`

func TestPersonAccounts(t *testing.T) {
	t.Parallel()
	for _, contacts := range []bool{false, true} {
		w := newWorld(t)
		w.config.PersonContacts = contacts
		require.NoError(t, w.org.Load(strings.NewReader(`{"sobjects":[{"name":"Contact","fields":[
			{"name":"IsPersonAccount","label":"Is Person Account","type":"boolean","createable":true,"nillable":false,"defaultedOnCreate":true,"defaultValue":false}]}]}`)))
		acme := w.account("Ada Lovelace")
		w.contact(acme, "Lovelace", "IsPersonAccount", true)
		w.contact(w.account("Company"), "Clerk")
		im := w.importer(t)

		report := complete(t, im)

		require.Len(t, w.query(t, `SELECT * FROM customers`), 2)
		if contacts {
			require.Len(t, w.query(t, `SELECT * FROM contacts`), 2)
		} else {
			require.Contains(t, entries(t, im, report.Run.Number), "skipped Lovelace: it belongs to a person account, which is a customer")
		}
	}
}

func TestUnknownStageStopsTheImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.account("Acme")
	w.config.Stages = []string{"Closed Won", "Gewonnen"}

	err := w.importer(t).SetUp(t.Context(), "anna")

	require.ErrorIs(t, err, importer.ErrSchema)
	require.ErrorContains(t, err, `"Gewonnen"`)
	require.ErrorContains(t, err, "Negotiation/Review")
}

func TestChangedConfigurationReadsEverythingAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	open := w.opportunity(w.account("Acme"), "Open", "Prospecting")
	complete(t, w.importer(t))

	w.config.Stages = []string{"Prospecting"}
	report := incremental(t, w.importer(t))

	require.Equal(t, importer.Complete, report.Run.Kind)
	require.Contains(t, report.Run.Note, "configuration has changed")
	require.Equal(t, "Open", w.value(t, "projects", open, "name"))
}

func TestOldWatermarkSweeps(t *testing.T) {
	t.Parallel()
	for _, days := range []int{13, 16, 31, 400} {
		w := newWorld(t)
		acme, globex := w.account("Acme"), w.account("Globex")
		im := w.importer(t)
		complete(t, im)

		w.org.Advance(time.Hour)
		w.org.Update(globex, map[string]any{"Phone": "1"})
		w.org.Delete(acme)
		w.org.Purge(acme)
		w.org.Advance(time.Duration(days) * 24 * time.Hour)
		report := incremental(t, im)

		require.Equal(t, importer.Incremental, report.Run.Kind)
		require.True(t, report.Run.Sweep)
		require.NotEmpty(t, report.Run.Note)
		require.Equal(t, "1", w.value(t, "customers", globex, "phone"))
		require.Equal(t, "1", w.value(t, "customers", acme, "active"), "absence alone never deletes")
		require.Contains(t, entries(t, im, report.Run.Number), "skipped "+acme+": no longer visible in Salesforce: kept as it is")
	}
}

func TestDeletedMergedAndRestoredRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gone, winner, loser := w.account("Gone"), w.account("Winner"), w.account("Loser")
	ada, bob, project := w.contact(gone, "Ada"), w.contact(loser, "Bob"), w.opportunity(gone, "Work", "Closed Won")
	im := w.importer(t)
	complete(t, im)

	w.org.Advance(time.Hour)
	w.org.Delete(gone)
	w.org.Merge(winner, loser)
	report := incremental(t, im)
	require.Equal(t, "0", w.value(t, "customers", gone, "active"))
	require.Equal(t, "0", w.value(t, "contacts", ada, "active"))
	require.Equal(t, "0", w.value(t, "projects", project, "active"))
	require.Equal(t, "0", w.value(t, "customers", loser, "active"))
	require.Equal(t, w.hostID(t, "customers", winner), w.value(t, "contacts", bob, "customer_id"))
	require.Contains(t, entries(t, im, report.Run.Number), "retired Loser: merged in Salesforce into "+winner+
		", which is customer "+w.hostID(t, "customers", winner)+": both are in the host")

	w.org.Advance(time.Hour)
	w.org.Undelete(gone)
	incremental(t, im)
	require.Equal(t, "1", w.value(t, "customers", gone, "active"))
	require.Equal(t, "1", w.value(t, "contacts", ada, "active"))
	require.Equal(t, "1", w.value(t, "projects", project, "active"))
}

func TestRecordThatOnlyGetDeletedKnowsIsRetired(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.account("Acme")
	im := w.importer(t)
	complete(t, im)

	w.org.Advance(time.Hour)
	w.org.Delete(acme)
	w.org.Purge(acme) // no query returns it any more
	for range 4 {     // for the bounds of three objects, and the check of Account
		w.org.Fail(salesforcetest.Fault{
			Path: "/deleted", Status: http.StatusOK, Times: 1, ContentType: "application/json",
			Body: `{"deletedRecords":[{"id":"` + acme + `","deletedDate":"2026-11-16T10:00:00.000+0000"}],
				"earliestDateAvailable":"2026-11-01T00:00:00.000+0000","latestDateCovered":"2026-11-16T10:00:00.000+0000"}`,
		})
	}
	incremental(t, im)

	require.Equal(t, "0", w.value(t, "customers", acme, "active"))
}

func TestLockedFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.account("Acme")
	im := w.importer(t)
	complete(t, im)
	id := w.hostID(t, "customers", acme)

	err := im.CheckEdit(t.Context(), "customer", id, "phone", "discount", "name")

	var locked *importer.LockedError
	require.ErrorAs(t, err, &locked)
	require.Equal(t, []string{"phone", "name"}, locked.Fields)
	require.NoError(t, im.CheckEdit(t.Context(), "customer", id, "discount"))
	require.ErrorIs(t, im.CheckDelete(t.Context(), "customer", id), importer.ErrLocked)
	require.NoError(t, im.CheckEdit(t.Context(), "customer", "999", "name"), "the host's own customer")
}

func TestCustomerWithoutFlagIsLeftAloneUntilLinkedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.account("Acme", "Phone", "1")
	ada := w.contact(acme, "Ada", "Phone", "1")
	im := w.importer(t)
	complete(t, im)
	id := w.hostID(t, "customers", acme)

	require.NoError(t, im.RemoveFlag(t.Context(), "bert", "customer", id))
	require.NoError(t, im.CheckEdit(t.Context(), "customer", id, "name"))
	require.NoError(t, im.CheckEdit(t.Context(), "contact", w.hostID(t, "contacts", ada), "name"))
	w.query(t, `UPDATE customers SET name = 'Edited' RETURNING 1`)
	w.org.Advance(time.Hour)
	w.org.Update(acme, map[string]any{"Phone": "2"})
	w.org.Update(ada, map[string]any{"Phone": "2"})
	fresh := w.contact(acme, "Fresh")
	incremental(t, im)
	complete(t, im)
	require.Equal(t, "Edited", w.value(t, "customers", acme, "name"))
	require.Equal(t, "1", w.value(t, "contacts", ada, "phone"))
	require.Len(t, w.query(t, `SELECT * FROM contacts`), 1, "no contact is added")

	report, err := im.LinkAgain(t.Context(), "bert", "customer", id)
	require.NoError(t, err)
	require.Equal(t, importer.Completed, report.Run.Status)
	require.Equal(t, "Acme", w.value(t, "customers", acme, "name"))
	require.Equal(t, "2", w.value(t, "contacts", ada, "phone"))
	require.Equal(t, "Fresh", w.value(t, "contacts", fresh, "name"))
	require.ErrorIs(t, im.CheckEdit(t.Context(), "customer", id, "name"), importer.ErrLocked)
	require.Contains(t, w.trail(t), "bert")
}

func TestRemoveAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	populate(w, map[string]string{})
	im := w.importer(t)
	complete(t, im)

	require.NoError(t, im.RemoveAll(t.Context(), "anna"))

	require.Equal(t, []string{`["detached"]`}, w.query(t, `SELECT DISTINCT state FROM sfbridge_import_link WHERE kind = 'customer'`))
}

func TestContactFollowsItsCustomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.contact(w.account("Acme"), "Ada")
	im := w.importer(t)
	complete(t, im)

	err := im.RemoveFlag(t.Context(), "anna", "contact", w.hostID(t, "contacts", ada))

	require.ErrorContains(t, err, "follows its customer")
	_, err = im.LinkAgain(t.Context(), "anna", "customer", "999")
	require.ErrorIs(t, err, importer.ErrNotLinked)
}

func TestAllowIsAskedFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	forbidden := errors.New("only admins")
	w.tune = func(c *importer.Config) {
		c.Allow = func(_ context.Context, actor string, action importer.Operation) error {
			if actor == "admin" {
				return nil
			}
			return forbidden
		}
	}
	im := w.importer(t)
	w.org.ResetRequests()

	_, err := im.Complete(t.Context(), "anna", nil)
	require.ErrorIs(t, err, forbidden)
	require.ErrorIs(t, im.SetUp(t.Context(), "anna"), forbidden)
	require.ErrorIs(t, im.RemoveFlag(t.Context(), "anna", "customer", "1"), forbidden)
	_, err = im.LinkAgain(t.Context(), "anna", "customer", "1")
	require.ErrorIs(t, err, forbidden)
	require.Empty(t, w.org.Requests())
	require.NoError(t, im.SetUp(t.Context(), "admin"))
}

func TestSecondRunWaitsForTheLease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.account("Acme")
	store := w.store(t)
	fence, err := store.Acquire(t.Context(), "another host", time.Minute)
	require.NoError(t, err)

	_, err = w.importer(t).Complete(t.Context(), "anna", nil)
	require.ErrorIs(t, err, importer.ErrRunActive)

	w.pass(2 * time.Minute)
	complete(t, w.importer(t))
	require.ErrorIs(t, store.Save(t.Context(), fence, &importer.Checkpoint{}), importer.ErrLeaseLost, "a stale runner writes nothing")
}

func TestRecordThatCannotBeImportedIsADeadLetter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.ContactRules = []mapping.Rule{
		{Target: "name", From: []string{"LastName"}, Required: true},
		{Target: "phone", From: []string{"Phone"}, Required: true},
	}
	acme := w.account("Acme")
	ada := w.contact(acme, "Ada")
	im := w.importer(t)

	report := complete(t, im)
	require.Equal(t, importer.Counts{Read: 1, Failed: 1}, report.Run.Counts["Contact"])
	require.Len(t, w.query(t, `SELECT * FROM sfbridge_import_dead`), 1)

	w.org.Advance(time.Hour)
	w.org.Update(ada, map[string]any{"Phone": "1"})
	incremental(t, im)
	require.Equal(t, "1", w.value(t, "contacts", ada, "phone"))
	require.Empty(t, w.query(t, `SELECT * FROM sfbridge_import_dead`))
}

func TestOverlongOptionalValueIsReportedAndTheRestArrives(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.CustomerRules = customers.CustomerRules()
	w.config.CustomerRules[0].Max = 10
	acme := w.account("Acme", "AccountNumber", strings.Repeat("9", 40), "Phone", "1")
	im := w.importer(t)

	report := complete(t, im)

	require.Equal(t, "<nil>", w.value(t, "customers", acme, "number"))
	require.Equal(t, "1", w.value(t, "customers", acme, "phone"))
	for e, err := range im.Entries(t.Context(), report.Run.Number) {
		require.NoError(t, err)
		require.Len(t, e.Warnings, 1)
		require.Contains(t, e.Warnings[0], "too long")
		require.NotContains(t, e.Warnings[0], "999")
	}
}

func TestDailyLimitPausesAndTheNextCallGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	populate(w, map[string]string{})
	im := w.importer(t)
	w.org.Fail(salesforcetest.Fault{Path: "/queryAll", Status: http.StatusForbidden, Code: "REQUEST_LIMIT_EXCEEDED", Message: "TotalRequests Limit exceeded.", Times: 1})

	_, err := im.Complete(t.Context(), "anna", nil)
	require.ErrorIs(t, err, importer.ErrPaused)
	require.ErrorIs(t, err, salesforce.ErrDailyLimit)
	available, err := im.Available(t.Context())
	require.NoError(t, err)
	require.Equal(t, importer.Paused, available.Unfinished.Status)
	require.False(t, available.Incremental)

	complete(t, im)
	require.Len(t, w.query(t, `SELECT * FROM customers`), 7)
}

func TestOrgWithoutReplicationFallsBackToTheClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.account("Acme")
	w.org.Fail(salesforcetest.Fault{Path: "/updated", Status: http.StatusForbidden, Code: "INSUFFICIENT_ACCESS", Message: "insufficient access", Times: 1})

	report := complete(t, w.importer(t))

	require.Equal(t, importer.Heuristic, report.Run.Guarantee)
	require.Contains(t, report.Run.Warnings, "the org does not list the changes of Account for this user: only Reconcile notices what was deleted for good")
	require.Equal(t, morning.Add(-20*time.Minute), report.Run.High.UTC())
}

func TestStoreOfAnotherOrgIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.account("Acme")
	complete(t, w.importer(t))

	w.org = salesforcetest.NewOrg(&salesforcetest.Options{Now: w.org.Now, OrgID: "00D000000000062EAA"})
	_, err := w.importer(t).Complete(t.Context(), "anna", nil)

	require.ErrorIs(t, err, importer.ErrOrgChanged)
}

func TestHostRecordThatVanishedIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.account("Acme")
	im := w.importer(t)
	complete(t, im)
	w.query(t, `DELETE FROM customers RETURNING 1`)

	report := complete(t, im)

	require.Empty(t, w.query(t, `SELECT * FROM customers`))
	require.Contains(t, entries(t, im, report.Run.Number), "skipped Acme: deleted in the host: its link to Salesforce was removed")
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	_, err := importer.New(importer.Config{PageSize: 5000, Objects: []importer.Object{{Name: "Contact", Parent: "Account"}}})
	for _, fault := range []string{"Client is missing", "Store is missing", "Sink is missing", "PageSize 5000", "Kind and Mapping", "Parent and Lookup", "does not stand before"} {
		require.ErrorContains(t, err, fault)
	}
	_, err = importer.New(importer.Config{Lease: 25 * time.Hour, Objects: []importer.Object{
		{Name: "Account"},
		{Name: "Opportunity", Parent: "Account", Lookup: "AccountId"},
		{Name: "OpportunityLineItem", Parent: "Opportunity", Lookup: "OpportunityId"},
	}})
	require.ErrorContains(t, err, `its parent "Opportunity" has a parent itself`)
	require.ErrorContains(t, err, "Lease 25h0m0s")
}

func TestStoppedRunIsFollowedByWhatHasChangedSince(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.account("Acme")
	im := w.importer(t)
	complete(t, im)
	w.org.Advance(time.Hour)
	w.org.Fail(salesforcetest.Fault{Path: "/queryAll", Status: http.StatusInternalServerError, Code: "UNKNOWN_EXCEPTION", Times: 1})
	_, err := im.Incremental(t.Context(), "anna", nil)
	require.Error(t, err)

	w.org.Advance(time.Hour)
	w.org.Update(acme, map[string]any{"Phone": "1"}) // beyond the bounds of the stopped run
	report := incremental(t, im)

	require.NotNil(t, report.Resumed)
	require.Equal(t, "1", w.value(t, "customers", acme, "phone"))
}

func TestHostAsksWhileAnImportRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 20 {
		w.contact(w.account("Acme"), "Ada")
	}
	im := w.importer(t)
	complete(t, im)

	ctx, cancel := context.WithCancel(t.Context())
	var screens sync.WaitGroup
	for range 4 { // people at their screens
		screens.Go(func() {
			for ctx.Err() == nil {
				err := im.CheckEdit(t.Context(), "customer", "1", "name")
				assertLocked(t, err)
				if _, err := im.Available(t.Context()); err != nil {
					t.Error(err)
				}
				if _, err := im.Complete(t.Context(), "bert", nil); err != nil && !errors.Is(err, importer.ErrRunActive) {
					t.Error(err)
				}
			}
		})
	}
	for range 5 {
		_, err := im.Incremental(t.Context(), "anna", nil)
		if err != nil && !errors.Is(err, importer.ErrRunActive) {
			t.Error(err)
		}
	}
	cancel()
	screens.Wait()
	require.Len(t, w.query(t, `SELECT * FROM customers`), 20)
}

// assertLocked is for goroutines, which must not end a test.
func assertLocked(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, importer.ErrLocked) {
		t.Errorf("the field is not locked: %v", err)
	}
}
