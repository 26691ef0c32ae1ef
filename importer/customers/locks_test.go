package customers_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// family is a customer with a contact and a project, linked.
func (w *world) family() (acme, ada, work string) {
	acme = w.account("Acme", "Phone", "1", "AccountNumber", "K-1")
	return acme, w.contact(acme, "Ada", "Phone", "1"), w.opportunity(acme, "Work", "Closed Won", "Amount", 1)
}

func available(t *testing.T) {
	w := newWorld(t)
	w.family()
	_, err := w.importer().Incremental(t.Context(), "anna", nil)
	require.ErrorIs(t, err, importer.ErrNoComplete)
	require.Empty(t, w.names("customers"))
	may, err := w.importer().Available(t.Context())
	require.NoError(t, err)
	require.False(t, may.Incremental)

	w.complete()
	may, err = w.importer().Available(t.Context())
	require.NoError(t, err)
	require.True(t, may.Incremental)
	require.Equal(t, "16.11.2026", may.LastComplete.Format("02.01.2006"))
}

func incrementalOnly(t *testing.T) {
	w := newWorld(t)
	acme, _, _ := w.family()
	for range 5 {
		w.account("Other")
	}
	w.org.Advance(time.Hour)
	w.complete()
	report := w.later(func() { w.org.Update(acme, map[string]any{"Phone": "2"}) })
	require.Equal(t, importer.Incremental, report.Run.Kind)
	require.Equal(t, 1, report.Run.Counts["Account"].Read)
	require.Equal(t, "2", w.column("customers", acme, "phone"))
}

func lockedFields(t *testing.T) {
	w := newWorld(t)
	w.family()
	w.complete()
	im := w.importer()
	for kind, field := range map[string]string{customers.KindCustomer: "phone", customers.KindContact: "email", customers.KindProject: customers.KindCustomer} {
		err := im.CheckEdit(t.Context(), kind, "1", "notes", field, "name")
		require.ErrorIs(t, err, importer.ErrLocked)
		locked, ok := errors.AsType[*importer.LockedError](err)
		require.True(t, ok)
		require.Equal(t, importer.LockedError{Kind: kind, HostID: "1", Fields: []string{field, "name"}}, *locked)
	}
}

func freeFields(t *testing.T) {
	w := newWorld(t)
	w.family()
	w.complete()
	im := w.importer()
	require.NoError(t, im.CheckEdit(t.Context(), customers.KindCustomer, "1", "discount", "active"))
	for _, kind := range []string{customers.KindCustomer, customers.KindContact, customers.KindProject} {
		require.NoError(t, im.CheckEdit(t.Context(), kind, "the host's own", "name"))
		require.NoError(t, im.CheckDelete(t.Context(), kind, "the host's own"))
	}
}

func lockedDelete(t *testing.T) {
	w := newWorld(t)
	w.family()
	w.complete()
	for _, kind := range []string{customers.KindCustomer, customers.KindContact, customers.KindProject} {
		err := w.importer().CheckDelete(t.Context(), kind, "1")
		require.ErrorIs(t, err, importer.ErrLocked)
		require.ErrorContains(t, err, kind+" 1 cannot be deleted while it is linked to Salesforce")
	}
}

func locksStay(t *testing.T) {
	w := newWorld(t)
	w.family()
	w.complete()
	w.org.Fail(salesforcetest.Fault{Status: 503, Times: 1000}) // switched off: nobody answers
	w.org.ResetRequests()
	require.NotEmpty(t, w.locked(customers.KindCustomer, "1"))
	require.ErrorIs(t, w.importer().CheckEdit(t.Context(), customers.KindContact, "1", "name"), importer.ErrLocked)
	require.ErrorIs(t, w.importer().CheckDelete(t.Context(), customers.KindProject, "1"), importer.ErrLocked)
	require.Empty(t, w.org.Requests())
}

// removals counts the audit trail's removals of a flag.
func (w *world) removals() (n int) {
	w.Helper()
	for line, err := range w.importer().Audit(w.Context()) {
		require.NoError(w, err)
		if line.Action == string(importer.RemoveFlag) && line.Subject != "" {
			require.Equal(w, "anna", line.Actor)
			n++
		}
	}
	return n
}

// giveUp stops a host after some steps.
type giveUp struct {
	importer.Atomic
	left   int
	cancel context.CancelFunc
}

func (g *giveUp) Save(ctx context.Context, f importer.Fence, c *importer.Checkpoint) error {
	if g.left--; g.left < 0 {
		g.cancel()
	}
	return g.Atomic.Save(ctx, f, c)
}

func removeAll(t *testing.T) {
	const many = 450
	w := newWorld(t)
	for range many {
		w.account("Acme")
	}
	w.complete()
	ctx, cancel := context.WithCancel(t.Context())
	w.tune = func(c *importer.Config) {
		g := &giveUp{c.Store.(importer.Atomic), 1, cancel}
		c.Store, c.Sink = g, g
	}
	require.ErrorIs(t, w.importer().RemoveAll(ctx, "anna"), context.Canceled)
	stopped := w.removals()
	require.Positive(t, stopped)
	require.Less(t, stopped, many)

	w.tune = nil
	require.NoError(t, w.importer().RemoveAll(t.Context(), "anna"))
	require.Equal(t, many, w.removals(), "each once")
	for _, id := range w.query(`SELECT id FROM customers`) {
		require.Empty(t, w.locked(customers.KindCustomer, id))
	}
	report := w.complete()
	require.Equal(t, many, report.Run.Counts["Account"].Skipped)
}

func removeFlag(t *testing.T) {
	w := newWorld(t)
	acme, ada, work := w.family()
	w.complete()
	require.NoError(t, w.importer().RemoveFlag(t.Context(), "anna", customers.KindCustomer, "1"))
	require.Equal(t, 1, w.removals())
	for _, kind := range []string{customers.KindCustomer, customers.KindContact, customers.KindProject} {
		require.Empty(t, w.locked(kind, "1"))
		require.NoError(t, w.importer().CheckEdit(t.Context(), kind, "1", "name"))
		require.NoError(t, w.importer().CheckDelete(t.Context(), kind, "1"))
	}
	before := w.dump()

	w.later(func() {
		w.org.Update(acme, map[string]any{"Phone": "2"})
		w.org.Update(ada, map[string]any{"Phone": "2"})
		w.org.Update(work, map[string]any{"Amount": 2})
		w.contact(acme, "New")
		w.opportunity(acme, "New", "Closed Won")
	})
	w.complete()
	w.config.NotBefore.Year, w.config.NotBefore.Month, w.config.NotBefore.Day = 2020, 1, 1 // a change of the configuration
	report := w.later(func() { w.org.Delete(work) })
	require.Equal(t, before, w.dump())
	require.Equal(t, []string{"skipped", "its Salesforce flag was removed in the host"}, w.told(report, acme))
}

func linkAgain(t *testing.T) {
	w := newWorld(t)
	acme, ada, work := w.family()
	w.complete()
	im := w.importer()
	require.NoError(t, im.RemoveFlag(t.Context(), "anna", customers.KindCustomer, "1"))
	w.later(func() {
		w.org.Update(acme, map[string]any{"Phone": "2"})
		w.org.Update(ada, map[string]any{"Phone": "2"})
		w.org.Update(work, map[string]any{"Amount": 2})
		w.contact(acme, "New")
	})
	w.exec(`UPDATE customers SET phone = 'our own'`)

	_, err := im.LinkAgain(t.Context(), "anna", customers.KindCustomer, "1")
	require.NoError(t, err)
	require.Equal(t, "2", w.column("customers", acme, "phone"))
	require.Equal(t, "2", w.column("contacts", ada, "phone"))
	require.Equal(t, "2", w.column("projects", work, "budget"))
	require.Equal(t, []string{"Ada", "New"}, w.names("contacts"))
	require.NotEmpty(t, w.locked(customers.KindCustomer, "1"))

	_, err = im.LinkAgain(t.Context(), "anna", customers.KindCustomer, "1")
	require.NoError(t, err, "a linked one is refreshed")
	_, err = im.LinkAgain(t.Context(), "anna", customers.KindCustomer, "the host's own")
	require.ErrorIs(t, err, importer.ErrNotLinked)
}
