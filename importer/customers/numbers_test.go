package customers_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
)

// deadLetters lists the ids of the records that could not be imported.
func (w *world) deadLetters() []string {
	w.Helper()
	return w.query(`SELECT sf_id FROM sfbridge_import_dead ORDER BY sf_id`)
}

func keyIsTheID(t *testing.T) {
	w := newWorld(t)
	one, two, three := w.account("One", "AccountNumber", "7"), w.account("Two", "AccountNumber", "7"), w.account("Three")
	w.complete()
	require.Len(t, w.names("customers"), 3)
	ids := func() []string {
		return []string{w.hostID("customers", one), w.hostID("customers", two), w.hostID("customers", three)}
	}
	before := ids()

	w.later(func() {
		w.org.Update(one, map[string]any{"AccountNumber": nil})
		w.org.Update(two, map[string]any{"AccountNumber": "8"})
		w.org.Update(three, map[string]any{"AccountNumber": "7"})
	})
	require.Equal(t, before, ids())
	require.Equal(t, []string{"<nil>", "8", "7"}, w.query(`SELECT number FROM customers ORDER BY id`))
}

func missingNumbers(t *testing.T) {
	const what = "it has no customer number"
	for _, test := range []struct {
		policy    customers.NumberPolicy
		told      []string
		fresh, it string
	}{
		{"", []string{"updated", what}, "<nil>", "<nil>"},
		{customers.TakeNumber, []string{"updated", what}, "<nil>", "<nil>"},
		{customers.KeepNumber, []string{"updated", what + ": the host's stays"}, "<nil>", "K-1"},
		{customers.RefuseRecord, []string{"skipped", what}, "", "K-1"},
	} {
		w := newWorld(t)
		w.config.Numbers.Missing = test.policy
		fresh, it := w.account("Fresh"), w.account("It", "AccountNumber", "K-1")
		w.complete()
		if test.fresh == "" {
			require.Equal(t, []string{"It"}, w.names("customers"))
		} else {
			require.Equal(t, test.fresh, w.column("customers", fresh, "number"))
		}

		report := w.later(func() { w.org.Update(it, map[string]any{"AccountNumber": nil, "Phone": "1"}) })
		require.Equal(t, test.told, w.told(report, it), test.policy)
		require.Equal(t, test.it, w.column("customers", it, "number"), test.policy)

		w.later(func() { w.org.Update(fresh, map[string]any{"AccountNumber": "K-2"}) })
		require.Equal(t, "K-2", w.column("customers", fresh, "number"), test.policy)
		require.Empty(t, w.deadLetters())
	}
}

func doubledNumbers(t *testing.T) {
	for _, test := range []struct {
		policy customers.NumberPolicy
		told   func(one string) []string
		number string
	}{
		{"", func(one string) []string {
			return []string{"created", "its customer number K-1 is also that of account " + one}
		}, "K-1"},
		{customers.KeepNumber, func(one string) []string {
			return []string{"created", "its customer number K-1 is also that of account " + one + ", who keeps it"}
		}, "<nil>"},
		{customers.RefuseRecord, func(one string) []string {
			return []string{"failed", "its customer number K-1 is also that of account " + one}
		}, ""},
		{customers.IgnoreNumber, func(string) []string { return nil }, "K-1"},
	} {
		w := newWorld(t)
		w.config.Numbers.Duplicate = test.policy
		one := w.account("One", "AccountNumber", "K-1")
		two := w.account("Two", "AccountNumber", "K-1")
		report := w.complete()
		if want := test.told(one); want != nil {
			require.Equal(t, want, w.told(report, two), test.policy)
		}
		require.Equal(t, "K-1", w.column("customers", one, "number"))
		if test.number != "" {
			require.Equal(t, test.number, w.column("customers", two, "number"))
		} else {
			require.Equal(t, []string{two}, w.deadLetters())
		}
		before := w.dump()
		w.complete()
		require.Equal(t, before, w.dump(), "whoever has it keeps it")

		late := ""
		report = w.later(func() { late = w.account("Late", "AccountNumber", "K-1") })
		if test.policy == "" {
			require.Contains(t, w.told(report, late), "its customer number K-1 is also that of customer "+w.hostID("customers", one))
		}
		w.later(func() {
			w.org.Update(one, map[string]any{"AccountNumber": "K-2"})
			w.org.Delete(late)
		})
		w.later(func() {})
		require.Empty(t, w.deadLetters(), "tried again once the number is free")
	}
}

func swappedNumbers(t *testing.T) {
	w := newWorld(t)
	w.config.Numbers.Duplicate = customers.RefuseRecord
	one, two := w.account("One", "AccountNumber", "K-1"), w.account("Two", "AccountNumber", "K-2")
	w.complete()
	w.later(func() {
		w.org.Update(one, map[string]any{"AccountNumber": "K-2"})
		w.org.Update(two, map[string]any{"AccountNumber": "K-1"})
	})
	require.Empty(t, w.deadLetters())
	require.Equal(t, []string{"K-2", "K-1"}, w.query(`SELECT number FROM customers ORDER BY id`))
}

func changedNumbers(t *testing.T) {
	const what = "its customer number has changed from K-1 to K-2"
	for _, test := range []struct {
		policy customers.NumberPolicy
		told   []string
		number string
	}{
		{"", []string{"updated"}, "K-2"},
		{customers.KeepNumber, []string{"unchanged", what + ": the host's stays"}, "K-1"},
		{customers.RefuseRecord, []string{"failed", what}, "K-1"},
	} {
		w := newWorld(t)
		w.config.Numbers.Changed = test.policy
		acme := w.account("Acme", "AccountNumber", "K-1")
		late := w.account("Late")
		w.complete()

		report := w.later(func() {
			w.org.Update(acme, map[string]any{"AccountNumber": "K-2"})
			w.org.Update(late, map[string]any{"AccountNumber": "K-3"})
		})
		require.Equal(t, test.told, w.told(report, acme), test.policy)
		require.Equal(t, test.number, w.column("customers", acme, "number"))
		require.Equal(t, "K-3", w.column("customers", late, "number"), "a first number is no change")
		for e, err := range w.importer().Entries(t.Context(), report.Run.Number) {
			require.NoError(t, err)
			if test.policy == "" && string(e.ID) == acme {
				require.Equal(t, []importer.FieldChange{{Field: "number", Old: "K-1", New: "K-2"}}, e.Changed)
			}
		}
		w.later(func() { w.org.Update(acme, map[string]any{"AccountNumber": "K-1"}) })
		require.Empty(t, w.deadLetters())
	}
}

// blind is a sink in which nothing can be found.
type blind struct{ importer.Sink }

func blindSink(t *testing.T) {
	for _, test := range []struct {
		numbers customers.Numbers
		works   bool
	}{
		{customers.Numbers{}, true},
		{customers.Numbers{Missing: customers.RefuseRecord, Duplicate: customers.IgnoreNumber}, true},
		{customers.Numbers{Duplicate: customers.KeepNumber}, false},
		{customers.Numbers{Duplicate: customers.RefuseRecord}, false},
		{customers.Numbers{Changed: customers.KeepNumber}, false},
	} {
		w := newWorld(t)
		w.config.Numbers = test.numbers
		w.tune = func(c *importer.Config) { c.Sink = blind{c.Sink} }
		one := w.account("One", "AccountNumber", "K-1")
		two := w.account("Two", "AccountNumber", "K-1")
		report, err := w.importer().Complete(t.Context(), "anna", nil)
		if !test.works {
			require.ErrorContains(t, err, "need a sink that is an importer.Finder")
			require.Empty(t, w.names("customers"))
			continue
		}
		require.NoError(t, err)
		require.Equal(t, []string{"One", "Two"}, w.names("customers"))
		if test.numbers.Duplicate == "" {
			require.Equal(t, []string{"created", "its customer number K-1 is also that of account " + one}, w.told(report, two))
		}
	}
}

// own gives the host a customer of its own.
func (w *world) own(name, number string) (hostID string) {
	w.Helper()
	w.importer() // makes the tables
	w.exec(`INSERT INTO customers (name, number) VALUES (?, ?)`, name, number)
	return w.query(`SELECT MAX(id) FROM customers`)[0]
}

func matched(t *testing.T) {
	w := newWorld(t)
	own := w.own("Acme of ours", "K-1")
	w.own("Somebody", "K-9")
	acme := w.account("Acme", "AccountNumber", "K-1", "Phone", "1")
	globex := w.account("Globex", "AccountNumber", "K-2")
	w.contact(acme, "Ada")

	before := w.dump()
	dry, err := w.importer().DryRun(t.Context(), "anna", importer.Complete, nil)
	require.NoError(t, err)
	i := slices.IndexFunc(dry.Entries, func(e importer.Entry) bool { return e.Result == importer.Matched })
	require.Equal(t, own, dry.Entries[i].HostID, "the dry run lists it")
	require.Equal(t, before, w.dump())

	report := w.complete()
	require.Equal(t, []string{"Acme", "Globex", "Somebody"}, w.names("customers"))
	require.Equal(t, own, w.hostID("customers", acme))
	require.Equal(t, "1", w.column("customers", acme, "phone"))
	require.NotEmpty(t, w.locked(customers.KindCustomer, own))
	require.Equal(t, []string{own}, w.query(`SELECT customer_id FROM contacts`))
	require.Equal(t, "matched", w.told(report, acme)[0])
	require.Equal(t, []string{"created"}, w.told(report, globex))
}

func ambiguous(t *testing.T) {
	w := newWorld(t)
	w.own("One", "K-1")
	w.own("Two", "K-1")
	acme := w.account("Acme", "AccountNumber", "K-1")
	report := w.complete()
	require.Equal(t, []string{"Acme", "One", "Two"}, w.names("customers"))
	require.Equal(t, "created", w.told(report, acme)[0])

	w = newWorld(t) // and of two accounts none is given the customer
	w.own("One", "K-1")
	first, second := w.account("First", "AccountNumber", "K-1"), w.account("Second", "AccountNumber", "K-1")
	report = w.complete()
	require.Equal(t, []string{"First", "One", "Second"}, w.names("customers"))
	for _, id := range []string{first, second} {
		require.Equal(t, []string{"created", `not matched with customer 1: 2 records have number "K-1"`}, w.told(report, id)[:2])
	}
}

func matchOff(t *testing.T) {
	w := newWorld(t)
	w.config.Match = customers.MatchOff
	own := w.own("Acme of ours", "K-1")
	acme := w.account("Acme", "AccountNumber", "K-1")
	report := w.complete()
	require.Equal(t, []string{"Acme", "Acme of ours"}, w.names("customers"))
	require.Equal(t, []string{"created", "its customer number K-1 is also that of customer " + own}, w.told(report, acme))
}

func vanishedInHost(t *testing.T) {
	w := newWorld(t)
	acme, _, _ := w.family()
	w.complete()
	w.exec(`DELETE FROM customers`)
	report := w.later(func() { w.org.Update(acme, map[string]any{"Phone": "2"}) })
	require.Empty(t, w.names("customers"))
	require.Equal(t, []string{"skipped", "deleted in the host: its link to Salesforce was removed"}, w.told(report, acme))
	w.complete()
	require.Empty(t, w.names("customers"))
}

func createdAgain(t *testing.T) {
	w := newWorld(t)
	w.tune = func(c *importer.Config) { c.CreateAgain = true }
	acme, _, _ := w.family()
	w.complete()
	w.exec(`DELETE FROM customers`)
	w.later(func() { w.org.Update(acme, map[string]any{"Phone": "2"}) })
	require.Equal(t, "2", w.column("customers", acme, "phone"))
}
