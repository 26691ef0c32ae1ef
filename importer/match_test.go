package importer_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
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
