package importer_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// settled imports all there is, and lets an hour pass in the org.
func (w *world) settled(t *testing.T) *importer.Importer {
	t.Helper()
	im := w.importer(t)
	complete(t, im)
	w.org.Advance(time.Hour)
	return im
}

// removeFlag unlinks a customer and gives its host id.
func (w *world) removeFlag(t *testing.T, im *importer.Importer, account string) string {
	t.Helper()
	id := w.hostID(t, "customers", account)
	require.NoError(t, im.RemoveFlag(t.Context(), "bert", "customer", id))
	return id
}

// linkState reads what the importer thinks of a Salesforce record.
func (w *world) linkState(t *testing.T, id string) string {
	t.Helper()
	return w.value(t, "sfbridge_import_link", id, "state")
}

// purge deletes a record for good, so that no query returns it. The next run is
// told by getDeleted, of this record and of those that went with it.
func (w *world) purge(t *testing.T, id string, cascaded ...string) {
	t.Helper()
	w.org.Delete(id)
	w.org.Purge(id)
	w.remember(t, append(cascaded, id)...)
}

// remember makes getDeleted list these records and reach back far enough: for
// each object twice, as the bounds and the check of one run ask.
func (w *world) remember(t *testing.T, purged ...string) {
	t.Helper()
	type record struct {
		ID          string `json:"id"`
		DeletedDate string `json:"deletedDate"`
	}
	now := w.org.Now().Format("2006-01-02T15:04:05.000-0700")
	for object, prefix := range map[string]string{"Account": "001", "Contact": "003", "Opportunity": "006"} {
		records := []record{}
		for _, id := range purged {
			if strings.HasPrefix(id, prefix) {
				records = append(records, record{id, now})
			}
		}
		body, err := json.Marshal(map[string]any{
			"deletedRecords": records, "earliestDateAvailable": "2026-11-01T00:00:00.000+0000", "latestDateCovered": now,
		})
		require.NoError(t, err)
		w.org.Fail(salesforcetest.Fault{
			Path: "/sobjects/" + object + "/deleted", Status: http.StatusOK, ContentType: "application/json", Body: string(body), Times: 2,
		})
	}
}

func TestDetachedCustomerThatSalesforceLosesStaysTheHosts(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(w *world, id string){
		"deleted":        func(w *world, id string) { w.org.Delete(id) },
		"no longer seen": func(w *world, id string) { w.org.Delete(id); w.org.Purge(id) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.config.OnExit = importer.Detach
			acme := w.account("Acme")
			ada := w.contact(acme, "Ada")
			im := w.settled(t)
			w.org.Update(acme, map[string]any{"ZEP__c": false})
			incremental(t, im)

			w.org.Advance(time.Hour)
			lose(w, acme)
			incremental(t, im)

			require.Equal(t, "1", w.value(t, "customers", acme, "active"))
			require.Equal(t, "1", w.value(t, "contacts", ada, "active"))
			require.Equal(t, "free", lockState(t, im, "customer", w.hostID(t, "customers", acme)))
			require.Equal(t, "free", lockState(t, im, "contact", w.hostID(t, "contacts", ada)))
		})
	}
}

func TestContactOfDetachedCustomerIsNotRetired(t *testing.T) {
	t.Parallel()
	untick := func(t *testing.T, w *world, im *importer.Importer, acme string) {
		w.org.Update(acme, map[string]any{"ZEP__c": false})
		incremental(t, im)
	}
	removeFlag := func(t *testing.T, w *world, im *importer.Importer, acme string) { w.removeFlag(t, im, acme) }
	for _, test := range []struct {
		name   string
		detach func(*testing.T, *world, *importer.Importer, string)
		purged bool
	}{
		{"unticked, contact deleted", untick, false},
		{"unticked, contact purged", untick, true},
		{"flag removed, contact deleted", removeFlag, false},
		{"flag removed, contact purged", removeFlag, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.config.OnExit = importer.Detach
			acme := w.account("Acme")
			ada := w.contact(acme, "Ada")
			im := w.settled(t)
			test.detach(t, w, im, acme)

			w.org.Advance(time.Hour)
			if test.purged {
				w.purge(t, ada)
			} else {
				w.org.Delete(ada)
			}
			incremental(t, im)

			require.Equal(t, "1", w.value(t, "contacts", ada, "active"))
		})
	}
}

func TestContactThatMovesToADetachedCustomerStaysWhereItWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, globex := w.account("Acme"), w.account("Globex")
	ada := w.contact(globex, "Ada")
	im := w.settled(t)
	w.removeFlag(t, im, acme)

	w.org.Update(ada, map[string]any{"AccountId": acme})
	report := incremental(t, im)

	require.Equal(t, w.hostID(t, "customers", globex), w.value(t, "contacts", ada, "customer_id"))
	require.Contains(t, entries(t, im, report.Run.Number), "skipped Ada: its customer is no longer led by Salesforce")
}

func TestRestoredCustomerThatIsLinkedAgainIsActive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.account("Acme")
	im := w.settled(t)
	w.org.Delete(acme)
	incremental(t, im)
	id := w.removeFlag(t, im, acme)

	w.org.Advance(time.Hour)
	w.org.Undelete(acme)
	_, err := im.LinkAgain(t.Context(), "bert", "customer", id)

	require.NoError(t, err)
	require.Equal(t, "linked", w.linkState(t, acme))
	require.Equal(t, "1", w.value(t, "customers", acme, "active"))
}

func TestDeactivatedCustomerIsActiveWhenTickedUnderAnotherPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.OnExit = importer.Deactivate
	acme := w.account("Acme")
	im := w.settled(t)
	w.org.Update(acme, map[string]any{"ZEP__c": false})
	incremental(t, im)
	require.Equal(t, "0", w.value(t, "customers", acme, "active"))

	w.config.OnExit = importer.Keep
	w.org.Advance(time.Hour)
	w.org.Update(acme, map[string]any{"ZEP__c": true})
	incremental(t, w.importer(t))

	require.Equal(t, "1", w.value(t, "customers", acme, "active"))
}

func TestPurgedCustomerIsRetiredWithItsContacts(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]func(*testing.T, *importer.Importer) *importer.Report{
		"incremental": incremental, "complete": complete,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			acme := w.account("Acme")
			ada := w.contact(acme, "Ada")
			im := w.settled(t)

			w.purge(t, acme, ada)
			run(t, im)

			require.Equal(t, "0", w.value(t, "customers", acme, "active"))
			require.Equal(t, "0", w.value(t, "contacts", ada, "active"))
		})
	}
}

func TestSweepRetiresWhatSalesforceSaysIsDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.account("Acme")
	im := w.settled(t)

	w.org.Advance(20 * 24 * time.Hour)
	w.purge(t, acme)
	report := incremental(t, im)

	require.True(t, report.Run.Sweep)
	require.Equal(t, "0", w.value(t, "customers", acme, "active"))
}

func TestRefusedRetirementOfPurgedCustomerIsTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	invoiced := true
	w.refuse(func(c importer.Change) error {
		if invoiced && c.Action == importer.Retire {
			return errors.New("an invoice is open")
		}
		return nil
	})
	acme := w.account("Acme")
	im := w.settled(t)
	w.purge(t, acme)
	incremental(t, im)
	require.Equal(t, "1", w.value(t, "customers", acme, "active"))

	invoiced = false
	w.org.Advance(time.Hour)
	w.remember(t) // nothing new: the purge lies before the watermark
	incremental(t, im)

	require.Equal(t, "0", w.value(t, "customers", acme, "active"))
	require.Empty(t, w.query(t, `SELECT * FROM sfbridge_import_dead`))
}

func TestCustomerThatCanBeSeenAgainIsLinkedWithItsContacts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var hidden salesforce.ID
	w.tune = func(config *importer.Config) { config.Client = w.client(t, sharing{w.org.Transport(), &hidden}) }
	acme := w.account("Acme")
	ada := w.contact(acme, "Ada")
	im := w.settled(t)
	hidden = salesforce.ID(acme)
	complete(t, im)
	require.Equal(t, "vanished", w.linkState(t, acme))

	hidden = ""
	w.org.Advance(time.Hour)
	w.org.Update(ada, map[string]any{"Phone": "2"}) // of Acme itself, nothing has changed
	incremental(t, im)

	require.Equal(t, "linked", w.linkState(t, acme))
	require.Equal(t, "2", w.value(t, "contacts", ada, "phone"))
}

func TestContactOfMergedDetachedCustomerFollowsTheWinnerThatIsLinkedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	winner, loser := w.account("Winner"), w.account("Loser")
	bob := w.contact(loser, "Bob")
	im := w.settled(t)
	w.removeFlag(t, im, loser)
	w.org.Merge(winner, loser)
	incremental(t, im)
	require.Equal(t, w.hostID(t, "customers", loser), w.value(t, "contacts", bob, "customer_id"), "left alone so far")

	_, err := im.LinkAgain(t.Context(), "bert", "customer", w.hostID(t, "customers", loser))
	require.ErrorIs(t, err, importer.ErrNotInScope)
	_, err = im.LinkAgain(t.Context(), "bert", "customer", w.hostID(t, "customers", winner))

	require.NoError(t, err)
	require.Equal(t, w.hostID(t, "customers", winner), w.value(t, "contacts", bob, "customer_id"))
}

func TestProjectStaysLockedWhenProjectsAreNoLongerImported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tower := w.opportunity(w.account("Acme"), "Tower", "Closed Won")
	complete(t, w.importer(t))

	w.config.Stages = nil
	err := w.importer(t).CheckEdit(t.Context(), "project", w.hostID(t, "projects", tower), "name")

	require.ErrorIs(t, err, importer.ErrLocked)
}

func TestLinkAgainBringsBackContactsThatTheHostDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.account("Acme")
	ada := w.contact(acme, "Ada")
	im := w.settled(t)
	id := w.removeFlag(t, im, acme)
	require.NoError(t, im.CheckDelete(t.Context(), "contact", w.hostID(t, "contacts", ada)))
	w.query(t, `DELETE FROM contacts RETURNING 1`)

	_, err := im.LinkAgain(t.Context(), "bert", "customer", id)

	require.NoError(t, err)
	require.Equal(t, "locked", lockState(t, im, "contact", w.hostID(t, "contacts", ada)))
}

func TestLinkAgainOfACustomerThatTheHostDeletedIsAnError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.account("Acme")
	im := w.settled(t)
	id := w.removeFlag(t, im, acme)
	w.query(t, `DELETE FROM customers RETURNING 1`)

	_, err := im.LinkAgain(t.Context(), "bert", "customer", id)

	require.ErrorIs(t, err, importer.ErrNotLinked)
	require.ErrorContains(t, err, "deleted in the host")
}

func TestLinkAgainThatTheHostRefusesLeavesTheCustomerDetached(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var refusal error
	w.refuse(func(importer.Change) error { return refusal })
	acme := w.account("Acme")
	im := w.settled(t)
	id := w.removeFlag(t, im, acme)

	refusal = errors.New("an invoice is open")
	report, err := im.LinkAgain(t.Context(), "bert", "customer", id)

	require.ErrorContains(t, err, "an invoice is open")
	require.Equal(t, importer.Broken, report.Run.Status)
	require.Equal(t, "detached", w.linkState(t, acme))
	require.Equal(t, "free", lockState(t, im, "customer", id))
}

func TestUntickedCustomerThatWasDeletedAndRestoredIsAsBefore(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		policy         importer.ExitPolicy
		locked, active string
	}{{importer.Keep, "locked", "1"}, {importer.Detach, "free", "1"}, {importer.Deactivate, "locked", "0"}} {
		t.Run(string(test.policy), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.config.OnExit = test.policy
			acme := w.account("Acme")
			ada := w.contact(acme, "Ada")
			im := w.settled(t)
			w.org.Delete(acme)
			incremental(t, im)
			require.Equal(t, "0", w.value(t, "contacts", ada, "active"))

			w.org.Advance(time.Hour)
			w.org.Undelete(acme)
			w.org.Update(acme, map[string]any{"ZEP__c": false})
			incremental(t, im)

			require.Equal(t, "out of scope", w.linkState(t, acme))
			require.Equal(t, test.active, w.value(t, "customers", acme, "active"))
			require.Equal(t, test.locked, lockState(t, im, "customer", w.hostID(t, "customers", acme)))
		})
	}
}

func TestRestoredContactOfAnUntickedCustomerIsActive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.account("Acme")
	ada := w.contact(acme, "Ada")
	im := w.settled(t)
	w.org.Update(acme, map[string]any{"ZEP__c": false})
	w.org.Delete(ada)
	incremental(t, im)
	require.Equal(t, "0", w.value(t, "contacts", ada, "active"))

	w.org.Advance(time.Hour)
	w.org.Undelete(ada)
	w.org.Update(ada, map[string]any{"Phone": "unseen"})
	incremental(t, im)

	require.Equal(t, "1", w.value(t, "contacts", ada, "active"))
	require.Equal(t, "<nil>", w.value(t, "contacts", ada, "phone"), "its customer is no longer updated")
	require.Equal(t, w.hostID(t, "customers", acme), w.value(t, "contacts", ada, "customer_id"))
}

func TestRetiredProjectStaysInactiveWhenItsCustomerLeavesAndIsActiveInItsStage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.OnStageExit = customers.RetireProject
	acme := w.account("Acme")
	tower := w.opportunity(acme, "Tower", "Closed Won")
	im := w.settled(t)
	w.org.Update(tower, map[string]any{"StageName": "Closed Lost"})
	incremental(t, im)
	require.Equal(t, "0", w.value(t, "projects", tower, "active"))

	w.org.Advance(time.Hour)
	w.org.Update(acme, map[string]any{"ZEP__c": false})
	w.org.Update(tower, map[string]any{"Amount": 7})
	incremental(t, im)
	require.Equal(t, "0", w.value(t, "projects", tower, "active"))

	w.org.Advance(time.Hour)
	w.org.Update(acme, map[string]any{"ZEP__c": true})
	w.org.Update(tower, map[string]any{"StageName": "Closed Won"})
	incremental(t, im)
	require.Equal(t, "1", w.value(t, "projects", tower, "active"))
}

func TestChildrenOfAMergedStrangerComeIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.org = salesforcetest.NewOrg(&salesforcetest.Options{Now: func() time.Time { return morning }, ChildrenKeepStamps: true})
	require.NoError(t, w.org.Load(strings.NewReader(flagSchema)))
	winner, stranger := w.account("Winner"), w.account("Stranger", "ZEP__c", false)
	ada := w.contact(stranger, "Ada")
	im := w.settled(t)

	w.org.Merge(winner, stranger)
	incremental(t, im)

	require.Equal(t, w.hostID(t, "customers", winner), w.value(t, "contacts", ada, "customer_id"))
}

func TestLinkAgainLeavesAnotherDetachedCustomersProjectAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, globex := w.account("Acme"), w.account("Globex")
	tower := w.opportunity(globex, "Tower", "Closed Won")
	im := w.settled(t)
	w.removeFlag(t, im, globex)
	w.org.Update(tower, map[string]any{"AccountId": acme})
	w.org.Delete(tower)

	_, err := im.LinkAgain(t.Context(), "bert", "customer", w.hostID(t, "customers", acme))

	require.NoError(t, err)
	require.Equal(t, "1", w.value(t, "projects", tower, "active"))
}

func TestLinkAgainBringsBackAContactThatWasMissed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.account("Acme")
	ada := w.contact(acme, "Ada")
	im := w.settled(t)
	w.query(t, `DELETE FROM contacts RETURNING 1`)
	w.org.Update(ada, map[string]any{"Phone": "1"})
	incremental(t, im) // which finds out, and removes the link
	require.Equal(t, "detached", w.linkState(t, ada))

	_, err := im.LinkAgain(t.Context(), "bert", "customer", w.hostID(t, "customers", acme))

	require.NoError(t, err)
	require.Equal(t, "1", w.value(t, "contacts", ada, "phone"))
	require.Equal(t, "locked", lockState(t, im, "contact", w.hostID(t, "contacts", ada)))
}

func TestProjectThatCanBeSeenAgainInAnotherStageIsRetired(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.OnStageExit = customers.RetireProject
	var hidden salesforce.ID
	w.tune = func(config *importer.Config) { config.Client = w.client(t, sharing{w.org.Transport(), &hidden}) }
	tower := w.opportunity(w.account("Acme"), "Tower", "Closed Won")
	im := w.settled(t)
	hidden = salesforce.ID(tower)
	complete(t, im)
	require.Equal(t, "vanished", w.linkState(t, tower))
	require.Equal(t, "1", w.value(t, "projects", tower, "active"))

	hidden = ""
	w.org.Update(tower, map[string]any{"StageName": "Closed Lost"})
	incremental(t, im)

	require.Equal(t, "0", w.value(t, "projects", tower, "active"))
	require.Equal(t, "linked", w.linkState(t, tower))
}

func TestLinkAgainThatIsBrokenOffIsListedAsBroken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.account("Acme")
	ada := w.contact(acme, "Ada")
	im := w.settled(t)
	id := w.removeFlag(t, im, acme)
	w.org.Update(ada, map[string]any{"LastName": "Lovelace"})
	w.org.Fail(salesforcetest.Fault{Path: "/queryAll", Query: "FROM Contact", Status: http.StatusInternalServerError, Code: "UNKNOWN_EXCEPTION"})

	_, err := im.LinkAgain(t.Context(), "anna", "customer", id)

	require.ErrorContains(t, err, "UNKNOWN_EXCEPTION")
	for run, err := range im.Runs(t.Context()) {
		require.NoError(t, err)
		require.Equal(t, importer.Broken, run.Status)
		require.Equal(t, morning, run.Finished)
		require.Contains(t, run.Error, "UNKNOWN_EXCEPTION")
		break
	}
	incremental(t, im) // what is owed is done by whoever comes next
	require.Equal(t, "Lovelace", w.value(t, "contacts", ada, "name"))
}
