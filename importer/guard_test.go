package importer_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
)

// crowd fills the org with n ticked accounts, each with a contact.
func (w *world) crowd(n int) (accounts []string) {
	for i := range n {
		accounts = append(accounts, w.account(fmt.Sprintf("Account %03d", i)))
		w.contact(accounts[i], "Somebody")
	}
	return accounts
}

func TestGuardStopsARunThatWouldTakeOutTooMany(t *testing.T) {
	t.Parallel()
	untick := func(w *world, id string) { w.org.Update(id, map[string]any{"ZEP__c": false}) }
	remove := func(w *world, id string) { w.org.Delete(id) }
	for name, test := range map[string]struct {
		policy importer.ExitPolicy
		leave  func(*world, string)
		run    func(context.Context, *importer.Importer, *importer.RunOptions) (*importer.Report, error)
	}{
		"unticked, kept":        {importer.Keep, untick, runIncremental},
		"unticked, deactivated": {importer.Deactivate, untick, runIncremental},
		"unticked, complete":    {importer.Deactivate, untick, runComplete},
		"deleted":               {importer.Keep, remove, runIncremental},
		"deleted, complete":     {importer.Keep, remove, runComplete},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.config.OnExit = test.policy
			accounts := w.crowd(60)
			w.tune = func(c *importer.Config) { c.PageSize = 20 }
			im := w.settled(t)
			for _, id := range accounts[:51] {
				test.leave(w, id)
			}
			watermark := w.query(t, `SELECT watermark FROM sfbridge_import_state`)
			customers := w.query(t, `SELECT * FROM customers ORDER BY id`)

			for range 2 {
				_, err := test.run(t.Context(), im, nil)
				require.ErrorIs(t, err, importer.ErrGuard)
				var guard *importer.GuardError
				require.ErrorAs(t, err, &guard)
				require.Equal(t, importer.GuardError{Object: "Account", Leaving: 51, Linked: 60, Limit: 50}, *guard)
			}
			_, err := test.run(t.Context(), im, &importer.RunOptions{MayRetire: 50})
			require.ErrorIs(t, err, importer.ErrGuard, "fewer were confirmed than there are")
			require.Equal(t, customers, w.query(t, `SELECT * FROM customers ORDER BY id`), "none was touched")
			require.Equal(t, watermark, w.query(t, `SELECT watermark FROM sfbridge_import_state`))
			require.Equal(t, "locked", lockState(t, im, "customer", w.hostID(t, "customers", accounts[0])))

			report, err := test.run(t.Context(), im, &importer.RunOptions{MayRetire: 51})
			require.NoError(t, err)
			require.NotNil(t, report.Resumed)
			require.Len(t, w.query(t, `SELECT 1 FROM sfbridge_import_link WHERE object = 'Account' AND state = 'linked'`), 9)
			require.Empty(t, w.query(t, `SELECT 1 FROM sfbridge_import_link WHERE state = 'leaving'`))
			require.NotEmpty(t, w.query(t, `SELECT 1 FROM sfbridge_import_audit WHERE actor = 'anna' AND detail LIKE '%may take out 51 of 60 linked records of Account'`))
		})
	}
}

func runComplete(ctx context.Context, im *importer.Importer, options *importer.RunOptions) (*importer.Report, error) {
	return im.Complete(ctx, "anna", options)
}

func runIncremental(ctx context.Context, im *importer.Importer, options *importer.RunOptions) (*importer.Report, error) {
	return im.Incremental(ctx, "anna", options)
}

func TestGuardLetsTheRunGoOnWhenItWasMended(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.OnExit = importer.Deactivate
	accounts := w.crowd(60)
	im := w.settled(t)
	before := w.query(t, `SELECT sf_id, name, active FROM customers ORDER BY id`)
	for _, id := range accounts[:51] {
		w.org.Update(id, map[string]any{"ZEP__c": false})
	}
	_, err := im.Incremental(t.Context(), "anna", nil)
	require.ErrorIs(t, err, importer.ErrGuard)
	_, err = im.LinkAgain(t.Context(), "anna", "customer", w.hostID(t, "customers", accounts[59]))
	require.ErrorIs(t, err, importer.ErrGuard, "another call does not take them out either")

	w.org.Advance(time.Minute)
	for _, id := range accounts[1:51] {
		w.org.Update(id, map[string]any{"ZEP__c": true})
	}
	w.org.Update(accounts[0], map[string]any{"ZEP__c": true})
	incremental(t, im)

	require.Equal(t, before, w.query(t, `SELECT sf_id, name, active FROM customers ORDER BY id`))
	require.Len(t, w.query(t, `SELECT 1 FROM sfbridge_import_link WHERE state = 'linked'`), 120)
}

func TestGuardGoesByTheShareOfManyRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var accounts []string
	for i := range 300 {
		accounts = append(accounts, w.account(fmt.Sprint("Account ", i)))
	}
	w.tune = func(c *importer.Config) { c.PageSize = 200 }
	im := w.settled(t)
	for _, id := range accounts[:60] { // a fifth
		w.org.Delete(id)
	}
	incremental(t, im)
	require.Len(t, w.query(t, `SELECT 1 FROM customers WHERE active = 0`), 60)

	w.org.Advance(time.Hour)
	for _, id := range accounts[60:120] { // a quarter of the rest
		w.org.Delete(id)
	}
	_, err := im.Incremental(t.Context(), "anna", nil)
	require.ErrorIs(t, err, importer.ErrGuard)
	require.ErrorContains(t, err, "60 of 240 linked records of Account")
}

func TestEveryRecordReadIsAccountedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := map[string]string{}
	populate(w, ids)
	w.refuse(func(c importer.Change) error {
		if string(c.ID) == ids["Gluck"] {
			return errors.New("no")
		}
		return nil
	})
	im := w.settled(t)
	unsettle(w, ids)
	incremental(t, im)

	for run, err := range im.Runs(t.Context()) {
		require.NoError(t, err)
		reported := map[string]importer.Counts{}
		for e, err := range im.Entries(t.Context(), run.Number) {
			require.NoError(t, err)
			c := reported[e.Object]
			switch e.Result {
			case importer.Created:
				c.Created++
			case importer.Updated:
				c.Updated++
				require.NotEmpty(t, e.Changed)
			case importer.Retired:
				c.Retired++
			case importer.Skipped:
				c.Skipped++
				require.NotEmpty(t, e.Reason)
			case importer.Failed:
				c.Failed++
				require.NotEmpty(t, e.Reason)
			}
			reported[e.Object] = c
		}
		for object, c := range run.Counts {
			require.Equal(t, c.Read, c.Created+c.Matched+c.Updated+c.Unchanged+c.Retired+c.Skipped+c.Failed)
			c.Read, c.Unchanged = 0, 0
			require.Equal(t, c, reported[object], "%s of run %d", object, run.Number)
		}
	}
}

// A frail store fails to save when its time has come.
type frail struct {
	importer.Store
	saves int
}

func (f *frail) Save(ctx context.Context, fence importer.Fence, c *importer.Checkpoint) error {
	if f.saves--; f.saves < 0 {
		return errors.New("disk full")
	}
	return f.Store.Save(ctx, fence, c)
}

func TestRemoveAllGoesOnWhereItWasStopped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const many = 450
	for i := range many {
		w.account(fmt.Sprint("Account ", i))
	}
	acme := w.account("Acme")
	tower := w.opportunity(acme, "Tower", "Closed Won")
	complete(t, w.importer(t))
	w.config.Stages = nil // projects are imported no longer
	w.tune = func(c *importer.Config) { c.Store = &frail{c.Store, 1} }
	err := w.importer(t).RemoveAll(t.Context(), "bert")
	require.ErrorContains(t, err, "disk full")
	detached := w.query(t, `SELECT sf_id FROM sfbridge_import_link WHERE state = 'detached'`)
	require.NotEmpty(t, detached)
	require.Less(t, len(detached), many)

	w.tune = nil
	im := w.importer(t)
	require.NoError(t, im.RemoveAll(t.Context(), "carla"))

	require.Equal(t, "free", lockState(t, im, "customer", w.hostID(t, "customers", acme)))
	require.Equal(t, "free", lockState(t, im, "project", w.hostID(t, "projects", tower)))
	require.Len(t, w.query(t, `SELECT DISTINCT subject FROM sfbridge_import_audit WHERE action = 'remove flag'`), many+1)
	require.Len(t, w.query(t, `SELECT 1 FROM sfbridge_import_audit WHERE action = 'remove flag'`), many+1, "each once")
	require.Len(t, w.query(t, `SELECT 1 FROM sfbridge_import_audit WHERE action = 'remove flag' AND actor = 'bert'`), len(detached))
}

func TestFallbackHearsOfDeadLettersOfALinkAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	why := error(nil)
	w.refuse(func(c importer.Change) error {
		if c.Kind == "contact" {
			return why
		}
		return nil
	})
	told := w.fallback(new(error))
	acme := w.account("Acme")
	w.contact(acme, "Ada")
	im := w.settled(t)
	id := w.removeFlag(t, im, acme)

	why = errors.New("no")
	_, err := im.LinkAgain(t.Context(), "anna", "customer", id)

	require.NoError(t, err)
	require.Equal(t, []appeal{{"Ada: no", 1, importer.Completed}}, *told)
}

// 0.57 times 100 is a little less than 57 in floating point.
func TestGuardLetsExactlyTheShareLeave(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	accounts := w.crowd(100)
	w.tune = func(c *importer.Config) { c.PageSize, c.MaxRetire = 200, 0.57 }
	im := w.settled(t)
	for _, id := range accounts[:57] {
		w.org.Update(id, map[string]any{"ZEP__c": false})
	}
	incremental(t, im)

	for _, id := range accounts[:57] {
		w.org.Update(id, map[string]any{"ZEP__c": true})
	}
	incremental(t, im)
	for _, id := range accounts[:58] {
		w.org.Update(id, map[string]any{"ZEP__c": false})
	}
	_, err := im.Incremental(t.Context(), "anna", nil)
	require.ErrorContains(t, err, "at most 57 may be")
}
