package importer_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// own makes a customer that the host had before any import.
func (w *world) own(t *testing.T, number, name string) string {
	t.Helper()
	w.store(t) // makes the tables
	_, err := w.db.ExecContext(t.Context(), `INSERT INTO customers (number, name) VALUES (?, ?)`, number, name)
	require.NoError(t, err)
	var id string
	require.NoError(t, w.db.QueryRowContext(t.Context(), `SELECT MAX(id) FROM customers`).Scan(&id))
	return id
}

func TestCustomersThatTheHostHasAreLinkedByTheirNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	known := w.own(t, "K-1", "Acme of old")
	w.own(t, "K-2", "Twin")
	w.own(t, "K-2", "Other twin")
	w.own(t, "K-3", "Wanted by two")
	acme := w.account("Acme", "AccountNumber", "K-1")
	ada := w.contact(acme, "Ada")
	w.account("Ambiguous", "AccountNumber", "K-2")
	w.account("First", "AccountNumber", "K-3")
	w.account("Second", "AccountNumber", "K-3")
	w.account("New", "AccountNumber", "K-9")
	w.account("Numberless")
	w.tune = func(c *importer.Config) { c.PageSize = 10 }
	im := w.importer(t)

	report := complete(t, im)

	require.Equal(t, 1, report.Run.Counts["Account"].Matched)
	require.Equal(t, known, w.hostID(t, "customers", acme))
	require.Equal(t, "Acme", w.value(t, "customers", acme, "name"), "Salesforce leads from now on")
	require.Equal(t, known, w.value(t, "contacts", ada, "customer_id"))
	require.Equal(t, "locked", lockState(t, im, "customer", known))
	lines := strings.Join(entries(t, im, report.Run.Number), "\n")
	require.Contains(t, lines, `matched Acme: number "K-1" is equal`)
	require.Contains(t, lines, `created Ambiguous: not matched: the host has 2 of kind customer with number "K-2"`)
	require.Contains(t, lines, `created First: not matched with customer 4: 2 records have number "K-3"`)
	require.Contains(t, lines, `created Second: not matched with customer 4: 2 records have number "K-3"`)
	require.Contains(t, lines, `created New`)

	before := w.dump(t)
	require.Zero(t, complete(t, im).Run.Counts["Account"].Matched)
	require.Equal(t, before, w.dump(t), "matched once")
}

func TestAmbiguousNumbersAreSkippedWhereTheHostWantsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.own(t, "K-2", "Twin")
	w.own(t, "K-2", "Other twin")
	w.account("Ambiguous", "AccountNumber", "K-2")
	w.tune = func(c *importer.Config) { c.Objects[0].OnAmbiguous = importer.SkipAmbiguous }
	im := w.importer(t)

	report := complete(t, im)

	require.Equal(t, importer.Counts{Read: 1, Skipped: 1}, report.Run.Counts["Account"])
	require.Len(t, w.query(t, `SELECT * FROM customers`), 2)

	w.query(t, `UPDATE customers SET number = 'K-4' WHERE name = 'Twin' RETURNING 1`)
	require.Equal(t, 1, complete(t, im).Run.Counts["Account"].Matched, "told apart since")
}

func TestHostRecordThatIsLinkedIsNeverMatchedAgain(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]func(*testing.T, *world, *importer.Importer, string){
		"linked":   func(*testing.T, *world, *importer.Importer, string) {},
		"detached": func(t *testing.T, w *world, im *importer.Importer, acme string) { w.removeFlag(t, im, acme) },
		"retired": func(t *testing.T, w *world, im *importer.Importer, acme string) {
			w.org.Delete(acme)
			incremental(t, im)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.tune = func(c *importer.Config) {
				c.Match = func(_ context.Context, batch []importer.Change) ([]importer.Match, error) {
					matches := make([]importer.Match, len(batch))
					for i, change := range batch {
						if name, _ := change.Values.Get("name"); name != "Acme" {
							matches[i].HostID = "1" // a hook that is wrong
						}
					}
					return matches, nil
				}
			}
			acme := w.account("Acme")
			im := w.settled(t)
			before(t, w, im, acme)

			w.account("Double")
			w.account("Triple")
			report := incremental(t, im)

			require.Equal(t, 2, report.Run.Counts["Account"].Failed)
			require.Len(t, w.query(t, `SELECT * FROM customers`), 1, "nothing is created either: it might be a double")
			require.Equal(t, acme, w.value(t, "customers", acme, "sf_id"))
		})
	}
}

func TestMatchIsAskedOnlyBeforeACreate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var asked []string
	w.tune = func(c *importer.Config) {
		c.Match = func(_ context.Context, batch []importer.Change) ([]importer.Match, error) {
			for _, change := range batch {
				name, _ := change.Values.Get("name")
				asked = append(asked, fmt.Sprint(change.Kind, " ", name))
			}
			return make([]importer.Match, len(batch)), nil
		}
	}
	acme := w.account("Acme")
	w.contact(acme, "Ada")
	im := w.settled(t)
	require.Equal(t, []string{"customer Acme", "contact Ada"}, asked)

	w.org.Update(acme, map[string]any{"Phone": "1"})
	incremental(t, im)
	require.Len(t, asked, 2)
}

func TestMatchThatCannotTellStopsTheRunBeforeItCreates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	answers := map[string]importer.Matcher{
		"CRM is down": func(context.Context, []importer.Change) ([]importer.Match, error) {
			return nil, errors.New("CRM is down")
		},
		"with 0 matches": func(context.Context, []importer.Change) ([]importer.Match, error) { return nil, nil },
	}
	w.account("Acme")
	for want, answer := range answers {
		w.tune = func(c *importer.Config) { c.Match = answer }
		_, err := w.importer(t).Complete(t.Context(), "anna", nil)
		require.ErrorContains(t, err, want)
		require.Empty(t, w.query(t, `SELECT * FROM customers`))
	}
	w.tune = nil
	complete(t, w.importer(t))
	require.Len(t, w.query(t, `SELECT * FROM customers`), 1)
}

func TestMatchedRecordThatIsGoneBeforeItIsLinkedIsMatchedAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.own(t, "K-1", "Acme of old")
	acme := w.account("Acme", "AccountNumber", "K-1")
	w.tune = func(c *importer.Config) {
		c.Match = func(context.Context, []importer.Change) ([]importer.Match, error) {
			w.query(t, `DELETE FROM customers RETURNING 1`)
			return []importer.Match{{HostID: id}}, nil
		}
	}
	report := complete(t, w.importer(t))
	require.Equal(t, 1, report.Run.Counts["Account"].Failed)
	require.Contains(t, entries(t, w.importer(t), report.Run.Number), "failed Acme: customer "+id+", which it was matched with, is no longer in the host")

	w.tune = nil
	incremental(t, w.importer(t))
	require.Equal(t, "Acme", w.value(t, "customers", acme, "name"))
	require.Empty(t, w.query(t, `SELECT * FROM sfbridge_import_dead`))
}

func TestMatchOfABrokenRunIsNotedAsOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.own(t, "K-1", "Acme of old")
	acme := w.account("Acme", "AccountNumber", "K-1")
	w.crash()
	crash := w.tune
	w.tune = func(c *importer.Config) {
		finder := c.Sink.(importer.Finder)
		crash(c)
		c.Match = func(ctx context.Context, batch []importer.Change) ([]importer.Match, error) {
			found, err := finder.Find(ctx, importer.Lookup{Kind: "customer", Field: "number", Values: []string{"K-1"}})
			if err != nil || found[0].ID != "" {
				return make([]importer.Match, len(batch)), err
			}
			return []importer.Match{{HostID: found[0].HostID}}, nil
		}
	}
	im := w.importer(t)
	_, err := im.Complete(t.Context(), "anna", nil)
	require.ErrorContains(t, err, "connection reset")

	report := complete(t, im)

	require.Equal(t, 1, report.Resumed.Run.Counts["Account"].Matched)
	require.Equal(t, id, w.hostID(t, "customers", acme))
	require.Len(t, w.query(t, `SELECT * FROM customers`), 1)
}

func TestHostRecordThatVanishedIsCreatedAgainWhereTheHostWantsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tune = func(c *importer.Config) { c.CreateAgain = true }
	acme := w.account("Acme")
	ada := w.contact(acme, "Ada")
	im := w.importer(t)
	complete(t, im)
	w.query(t, `DELETE FROM customers RETURNING 1`)

	report := complete(t, im)

	require.Contains(t, entries(t, im, report.Run.Number), "skipped Acme: deleted in the host: it is created again")
	require.Equal(t, importer.Counts{Read: 2, Created: 1, Skipped: 1}, report.Run.Counts["Account"])
	again := w.hostID(t, "customers", acme)
	require.Equal(t, "locked", lockState(t, im, "customer", again))
	require.Equal(t, again, w.value(t, "contacts", ada, "customer_id"), "its contacts follow it")
}

// An appeal is what a fallback was told.
type appeal struct {
	record   string
	attempts int
	status   importer.RunStatus
}

// fallback collects what the world's importers tell, and answers with err.
func (w *world) fallback(err *error) *[]appeal {
	told := new([]appeal)
	next := w.tune
	w.tune = func(c *importer.Config) {
		if next != nil {
			next(c)
		}
		c.Fallback = func(_ context.Context, f importer.Failure) error {
			if f.Dead != nil {
				*told = append(*told, appeal{f.Dead.Label + ": " + f.Dead.Reason, f.Dead.Attempts, f.Run.Status})
			} else {
				*told = append(*told, appeal{"", 0, f.Run.Status})
			}
			return *err
		}
	}
	return told
}

func TestFallbackHearsOfEachDeadLetterOnce(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]error{"content": nil, "failing itself": errors.New("mail server down")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			why := errors.New("an invoice is open")
			w.refuse(func(importer.Change) error { return why })
			told := w.fallback(&answer)
			w.account("Acme")
			w.account("Globex")
			im := w.settled(t)
			want := []appeal{{"Acme: an invoice is open", 1, importer.Completed}, {"Globex: an invoice is open", 1, importer.Completed}}
			require.Equal(t, want, *told)

			incremental(t, im)
			require.Equal(t, want, *told, "told once, however often it is tried")
			for d, err := range im.DeadLetters(t.Context()) {
				require.NoError(t, err)
				require.Equal(t, 2, d.Attempts)
				require.Equal(t, morning, d.First)
			}
			if answer != nil {
				require.Len(t, w.query(t, `SELECT 1 FROM sfbridge_import_audit WHERE action = 'fallback failed' AND detail LIKE '%mail server down'`), 2)
			}

			why = nil
			incremental(t, im)
			why = errors.New("closed for stocktaking")
			w.query(t, `DELETE FROM sfbridge_import_link RETURNING 1`)
			complete(t, im)
			require.Len(t, *told, 4, "a record that failed anew is told anew")
		})
	}
}

func TestFallbackThatPanicsStopsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.refuse(func(c importer.Change) error {
		if name, _ := c.Values.Get("name"); name == "Acme" {
			return errors.New("no")
		}
		return nil
	})
	refuse := w.tune
	w.tune = func(c *importer.Config) {
		refuse(c)
		c.Fallback = func(context.Context, importer.Failure) error { panic("nobody at home") }
	}
	w.account("Acme")
	w.account("Globex")

	report := complete(t, w.importer(t))

	require.Equal(t, importer.Completed, report.Run.Status)
	require.Len(t, w.query(t, `SELECT 1 FROM sfbridge_import_audit WHERE detail LIKE '%nobody at home'`), 1)
}

func TestFallbackHearsOfRunsThatPauseOrFail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	told := w.fallback(new(error))
	w.account("Acme")
	im := w.settled(t)
	require.Empty(t, *told)

	for range 2 { // the second call goes on with the run of the first
		w.exhaust("/queryAll")
		_, err := im.Incremental(t.Context(), "anna", nil)
		require.ErrorIs(t, err, importer.ErrPaused)
	}
	require.Equal(t, []appeal{{status: importer.Paused}}, *told)

	w.org.Fail(salesforcetest.Fault{Path: "/queryAll", Status: 500, Code: "UNKNOWN_EXCEPTION", Times: 1})
	_, err := im.Incremental(t.Context(), "anna", nil)
	require.Error(t, err)
	require.Equal(t, []appeal{{status: importer.Paused}, {status: importer.Broken}}, *told)

	incremental(t, im)
	require.Len(t, *told, 2)

	w.exhaust("/describe") // before there is a run
	_, err = im.Incremental(t.Context(), "anna", nil)
	require.ErrorIs(t, err, importer.ErrPaused)
	require.Len(t, *told, 3)
	_, err = newWorldImporter(t, told).Incremental(t.Context(), "anna", nil)
	require.ErrorIs(t, err, importer.ErrNoComplete)
	require.Len(t, *told, 3, "asked for too early, it has not failed")
}

// newWorldImporter is an importer that has imported nothing yet.
func newWorldImporter(t *testing.T, told *[]appeal) *importer.Importer {
	t.Helper()
	w := newWorld(t)
	w.tune = func(c *importer.Config) {
		c.Fallback = func(_ context.Context, f importer.Failure) error {
			*told = append(*told, appeal{status: f.Run.Status})
			return nil
		}
	}
	return w.importer(t)
}

func TestDeadLettersAreTriedAtTheStartOfEveryKindOfRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.ContactRules = []mapping.Rule{{Target: "name", From: []string{"LastName"}, Required: true}, {Target: "phone", From: []string{"Phone"}, Required: true}}
	acme := w.account("Acme")
	ada := w.contact(acme, "Ada")
	im := w.settled(t)
	w.purge(t, ada) // no run reads it any more

	complete(t, im)

	require.Empty(t, w.query(t, `SELECT * FROM sfbridge_import_dead`), "nothing is left to be tried")
}

func TestRunsAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.account("Acme")
	im := w.settled(t)
	incremental(t, im)

	var lines []string
	for run, err := range im.Runs(t.Context()) {
		require.NoError(t, err)
		lines = append(lines, fmt.Sprint(run.Number, " ", run.Kind, " ", run.Status, " by ", run.Actor))
	}

	require.Equal(t, []string{"2 incremental completed by anna", "1 complete completed by anna"}, lines)
}

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
