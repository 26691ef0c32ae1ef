package importer_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// reopen gives the world another org, with the scope checkbox.
func (w *world) reopen(t *testing.T, opt salesforcetest.Options) {
	t.Helper()
	opt.Now = func() time.Time { return morning }
	w.org = salesforcetest.NewOrg(&opt)
	require.NoError(t, w.org.Load(strings.NewReader(flagSchema)))
}

// account adjusts how the importer treats accounts.
func ofAccounts(adjust func(*importer.Object)) func(*importer.Config) {
	return func(c *importer.Config) { adjust(&c.Objects[0]) }
}

// heard collects the changes that reach the host.
func (w *world) heard() func() []importer.Change {
	var mutex sync.Mutex
	var changes []importer.Change
	next := w.tune
	w.tune = func(c *importer.Config) {
		if next != nil {
			next(c)
		}
		sink := c.Sink
		c.Sink = sinkFunc(func(ctx context.Context, batch []importer.Change) ([]importer.Outcome, error) {
			mutex.Lock()
			defer mutex.Unlock()
			changes = append(changes, batch...)
			return sink.Apply(ctx, batch)
		})
	}
	return func() []importer.Change {
		mutex.Lock()
		defer mutex.Unlock()
		return changes
	}
}

func TestChainOfMergesEndsAtWhatIsLeft(t *testing.T) {
	t.Parallel()
	for _, keepStamps := range []bool{false, true} {
		w := newWorld(t)
		w.reopen(t, salesforcetest.Options{ChildrenKeepStamps: keepStamps})
		changes := w.heard()
		first, last := w.account("First"), w.account("Last")
		middle := w.account("Middle", "ZEP__c", false) // never in the host
		ada := w.contact(first, "Ada")
		im := w.settled(t)

		w.org.Merge(middle, first)
		w.org.Advance(time.Minute)
		w.org.Merge(last, middle)
		w.org.Advance(time.Hour)
		report := incremental(t, im)

		lastID := w.hostID(t, "customers", last)
		require.Contains(t, entries(t, im, report.Run.Number), "retired First: merged in Salesforce into "+last+", which is customer "+lastID+": both are in the host")
		require.Equal(t, lastID, w.value(t, "contacts", ada, "customer_id"))
		require.Equal(t, "0", w.value(t, "customers", first, "active"))
		var into []string
		for _, c := range changes() {
			if c.Action == importer.Retire {
				into = append(into, c.Into)
			}
		}
		require.Equal(t, []string{lastID}, into, "the host is told where its bookings belong")
	}
}

func TestMergesInACircleEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	winner, loser := w.account("Winner"), w.account("Loser")
	im := w.settled(t)
	w.org.Merge(winner, loser)
	w.org.Fail(salesforcetest.Fault{
		Query: "SELECT Id, MasterRecordId FROM Account", Status: http.StatusOK, ContentType: "application/json", Times: -1,
		Body: fmt.Sprintf(`{"totalSize":1,"done":true,"records":[{"Id":%q,"MasterRecordId":%q}]}`, winner, loser),
	})

	incremental(t, im)

	require.Equal(t, "deleted", w.linkState(t, loser))
	require.Equal(t, "linked", w.linkState(t, winner))
}

func TestChildrenWhoseStampsStayFollowTheirCustomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.reopen(t, salesforcetest.Options{ChildrenKeepStamps: true})
	acme := w.account("Acme")
	ada, tower := w.contact(acme, "Ada"), w.opportunity(acme, "Tower", "Closed Won")
	im := w.settled(t)
	active := func() string {
		return w.value(t, "customers", acme, "active") + w.value(t, "contacts", ada, "active") + w.value(t, "projects", tower, "active")
	}

	w.org.Delete(acme)
	w.org.Advance(time.Hour)
	incremental(t, im)
	require.Equal(t, "000", active())

	w.org.Undelete(acme)
	w.org.Advance(time.Hour)
	incremental(t, im)
	require.Equal(t, "111", active())
}

func TestChildrenOfACustomerThatVanishesAreLookedAtAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var hidden salesforce.ID
	w.tune = func(config *importer.Config) { config.Client = w.client(t, sharing{w.org.Transport(), &hidden}) }
	acme := w.account("Acme")
	ada := w.contact(acme, "Ada")
	im := w.settled(t)
	incremental(t, im)
	w.org.Advance(time.Hour)

	hidden = salesforce.ID(acme)
	report := reconcile(t, im)

	require.Equal(t, "vanished", w.linkState(t, acme))
	require.Contains(t, entries(t, im, report.Run.Number), "skipped Ada: its customer is not imported")
	require.Equal(t, "1", w.value(t, "contacts", ada, "active"), "absence alone deletes nothing")

	hidden = ""
	w.org.Update(ada, map[string]any{"Phone": "2"})
	reconcile(t, im)
	require.Equal(t, "linked", w.linkState(t, acme))
	require.Equal(t, "2", w.value(t, "contacts", ada, "phone"))
}

func TestPoliciesOfDeletedAndVanishedRecords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name                string
		adjust              func(*importer.Object)
		purge               bool
		state, active, lock string
	}{
		{"deleted", func(*importer.Object) {}, false, "deleted", "0", "locked"},
		{"deleted, kept", func(o *importer.Object) { o.OnDelete = importer.Keep }, false, "deleted", "1", "locked"},
		{"deleted, detached", func(o *importer.Object) { o.OnDelete = importer.Detach }, false, "deleted", "1", "free"},
		{"vanished", func(*importer.Object) {}, true, "vanished", "1", "locked"},
		{"vanished, detached", func(o *importer.Object) { o.OnVanish = importer.Detach }, true, "vanished", "1", "free"},
		{"vanished, deactivated", func(o *importer.Object) { o.OnVanish = importer.Deactivate }, true, "vanished", "0", "locked"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.tune = ofAccounts(test.adjust)
			acme := w.account("Acme")
			im := w.settled(t)

			w.org.Delete(acme)
			before := w.org.Snapshot()
			if test.purge {
				w.org.Purge(acme)
			}
			incremental(t, im)

			require.Equal(t, test.state, w.linkState(t, acme))
			require.Equal(t, test.active, w.value(t, "customers", acme, "active"))
			require.Equal(t, test.lock, lockState(t, im, "customer", w.hostID(t, "customers", acme)))

			w.org.Restore(before)
			w.org.Undelete(acme)
			w.org.Advance(time.Hour)
			incremental(t, im)

			require.Equal(t, "linked", w.linkState(t, acme))
			require.Equal(t, "1", w.value(t, "customers", acme, "active"))
			require.Equal(t, "locked", lockState(t, im, "customer", w.hostID(t, "customers", acme)))
		})
	}
}

func TestUnknownPolicyIsRefused(t *testing.T) {
	t.Parallel()
	_, err := importer.New(importer.Config{Objects: []importer.Object{{Name: "Account", Kind: "customer", OnDelete: "erase"}}})
	require.ErrorContains(t, err, `unknown exit policy "erase"`)
}

func TestProjectGoesToItsNewOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tower := w.opportunity(w.account("Acme"), "Tower", "Closed Won")
	im := w.settled(t)
	rita := w.org.Insert("User", map[string]any{"Username": "rita@example.com", "LastName": "Rita"})

	w.org.Update(tower, map[string]any{"OwnerId": rita})
	incremental(t, im)

	require.Equal(t, rita, w.value(t, "projects", tower, "responsible"))
}

func TestHiddenFieldKeepsWhatTheHostHas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.account("Acme", "Phone", "1")
	im := w.settled(t)

	w.org.HideField("Account", "Phone")
	w.org.Update(acme, map[string]any{"Fax": "2"})
	report := incremental(t, im)

	require.Equal(t, importer.Complete, report.Run.Kind, "what the org shows of the mapped fields has changed")
	require.Contains(t, report.Run.Warnings, "Account.Phone is missing or hidden: the host keeps what it has")
	require.Equal(t, "1", w.value(t, "customers", acme, "phone"))
	require.Equal(t, "2", w.value(t, "customers", acme, "fax"))

	w.org.Update(acme, map[string]any{"Phone": "3"})
	w.org.Advance(time.Hour)
	w.org.ShowField("Account", "Phone")
	incremental(t, im)
	require.Equal(t, "3", w.value(t, "customers", acme, "phone"), "its change is not lost")
}

func TestHiddenRequiredFieldStopsBeforeAnyWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.account("Acme")
	im := w.settled(t)
	w.org.Update(acme, map[string]any{"Phone": "1"})
	before := w.dump(t)

	w.org.HideField("Contact", "LastName")
	for _, run := range []func(context.Context, string, *importer.RunOptions) (*importer.Report, error){im.Complete, im.Incremental, im.Reconcile} {
		_, err := run(t.Context(), "anna", nil)
		require.ErrorIs(t, err, importer.ErrSchema)
		require.ErrorContains(t, err, "Contact has no field LastName, or this user may not see it")
	}

	require.Equal(t, before, w.dump(t))
}

func TestFieldThatChangesItsTypeIsReadAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	field := func(kind string) {
		require.NoError(t, w.org.Extend(salesforcetest.Schema{{Name: "Account", Fields: []salesforcetest.Field{{Name: "Size__c", Type: kind}}}}))
	}
	field("string")
	w.mapped(mapping.Rule{Target: "size", From: []string{"Size__c"}})
	w.account("Acme", "Size__c", "10")
	im := w.settled(t)
	require.Equal(t, importer.Incremental, incremental(t, im).Run.Kind)

	field("textarea")
	report := incremental(t, im)

	require.Equal(t, importer.Complete, report.Run.Kind)
	require.Contains(t, report.Run.Note, "configuration has changed")
}
