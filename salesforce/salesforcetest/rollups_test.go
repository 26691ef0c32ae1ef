package salesforcetest_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// invoicing sums up lines in invoices, and invoices in accounts.
var invoicing = salesforcetest.Schema{
	{Name: "Account", Fields: []salesforcetest.Field{
		{Name: "Billed__c", Type: "currency", Scale: 2, RollUp: &salesforcetest.RollUp{Children: "Invoices__r", Op: salesforcetest.Sum, Field: "Total__c"}},
	}},
	{Name: "Invoice__c", Fields: []salesforcetest.Field{
		{Name: "Account__c", Type: "reference", ReferenceTo: []string{"Account"}, Children: "Invoices__r", Cascade: true},
		{Name: "Lines__c", Type: "int", RollUp: &salesforcetest.RollUp{Children: "Lines__r"}},
		{Name: "Total__c", Type: "currency", Scale: 2, RollUp: &salesforcetest.RollUp{Children: "Lines__r", Op: salesforcetest.Sum, Field: "Price__c"}},
		{Name: "First__c", Type: "date", RollUp: &salesforcetest.RollUp{Children: "Lines__r", Op: salesforcetest.Min, Field: "On__c"}},
		{Name: "Dearest__c", Type: "currency", Scale: 2, RollUp: &salesforcetest.RollUp{
			Children: "Lines__r", Op: salesforcetest.Max, Field: "Price__c",
			Filter: func(line salesforcetest.Row) bool { return line.Bool("Agreed__c") },
		}},
	}},
	{Name: "Line__c", Fields: []salesforcetest.Field{
		{Name: "Invoice__c", Type: "reference", ReferenceTo: []string{"Invoice__c"}, Children: "Lines__r", Cascade: true},
		{Name: "Price__c", Type: "currency", Scale: 2},
		{Name: "On__c", Type: "date"},
		{Name: "Agreed__c", Type: "boolean"},
	}},
}

func TestRollUpsFollowTheChildren(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{Schema: invoicing})
	c := newClient(t, org)
	acme := c.post("/sobjects/Account", `{"Name":"Acme"}`).id()
	invoice := c.post("/sobjects/Invoice__c", `{"Account__c":"`+acme+`"}`).id()
	sums := func() string {
		r := org.Record(invoice)
		return fmt.Sprint([]any{r["Lines__c"], r["Total__c"], r["First__c"], r["Dearest__c"], org.Record(acme)["Billed__c"]})
	}
	require.Equal(t, "[0 0 <nil> <nil> 0]", sums())
	org.Advance(time.Hour)
	one := c.post("/sobjects/Line__c", `{"Invoice__c":"`+invoice+`","Price__c":10.5,"On__c":"2026-03-01"}`).id()
	two := c.post("/sobjects/Line__c", `{"Invoice__c":"`+invoice+`","Price__c":4,"On__c":"2026-02-01","Agreed__c":true}`).id()
	require.Equal(t, "[2 14.5 2026-02-01 4 14.5]", sums())
	for _, id := range []string{invoice, acme} {
		r := org.Record(id)
		require.Equal(t, []any{"2026-11-21T16:30:00.000+0000", "2026-11-21T15:30:00.000+0000"}, []any{r["SystemModstamp"], r["LastModifiedDate"]})
	}
	c.patch("/sobjects/Line__c/"+one, `{"Agreed__c":true}`).ok(204)
	require.Equal(t, "[2 14.5 2026-02-01 10.5 14.5]", sums())
	c.delete("/sobjects/Line__c/" + two).ok(204)
	require.Equal(t, "[1 10.5 2026-03-01 10.5 10.5]", sums())
	org.Undelete(two)
	require.Equal(t, "[2 14.5 2026-02-01 10.5 14.5]", sums())
	c.patch("/sobjects/Line__c/"+one, `{"Invoice__c":null}`).ok(204)
	require.Equal(t, "[1 4 2026-02-01 4 4]", sums())
	require.Equal(t, acme, c.query("SELECT Id FROM Account WHERE Billed__c = 4").names("Id"))
	c.patch("/sobjects/Invoice__c/"+invoice, `{"Total__c":1}`).refused(400, "INVALID_FIELD_FOR_INSERT_UPDATE", "Total__c")
	org.HideField("Line__c", "Invoice__c") // from users, not from the org
	require.NoError(t, org.Extend(salesforcetest.Schema{{Name: "Later__c"}}))
	org.Update(one, map[string]any{"Invoice__c": invoice})
	require.Equal(t, "[2 14.5 2026-02-01 10.5 14.5]", sums())
	c.delete("/sobjects/Invoice__c/" + invoice).ok(204)
	require.EqualValues(t, 0, org.Record(acme)["Billed__c"])
}

func TestRollUpsCountWhatIsThereAlready(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	acme := org.Insert("Account", map[string]any{"Name": "Acme"})
	org.Insert("Contact", map[string]any{"LastName": "Lee", "AccountId": acme})
	org.Advance(time.Hour)
	field := salesforcetest.Field{Name: "People__c", Type: "int", RollUp: &salesforcetest.RollUp{Children: "Contacts"}}
	require.NoError(t, org.Extend(salesforcetest.Schema{{Name: "Account", Fields: []salesforcetest.Field{field}}}))
	r := org.Record(acme)
	require.Equal(t, []any{1.0, "2026-11-21T15:30:00.000+0000"}, []any{r["People__c"], r["SystemModstamp"]})

	for want, bad := range map[string]salesforcetest.Field{
		`no children are called "Pets"`:   {RollUp: &salesforcetest.RollUp{Children: "Pets"}},
		`Contact has no field "Weight"`:   {RollUp: &salesforcetest.RollUp{Children: "Contacts", Op: salesforcetest.Sum, Field: "Weight"}},
		"unknown operation 9":             {RollUp: &salesforcetest.RollUp{Children: "Contacts", Op: 9}},
		"is both a formula and a roll-up": {Formula: func(salesforcetest.Row) any { return nil }, RollUp: &salesforcetest.RollUp{Children: "Contacts"}},
	} {
		bad.Name, bad.Type = "Bad__c", "double"
		require.ErrorContains(t, org.Extend(salesforcetest.Schema{{Name: "Account", Fields: []salesforcetest.Field{bad}}}), want)
	}
}

// billing is a naive model of invoices and lines.
type billing struct {
	org      *salesforcetest.Org
	invoices map[string]bool       // is it deleted
	lines    map[string]*modelLine // by id
}

type modelLine struct {
	invoice string
	price   int
	deleted bool
}

func (m *billing) pick(t *rapid.T, label string, ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	slices.Sort(ids)
	return rapid.SampledFrom(ids).Draw(t, label)
}

func (m *billing) invoice(t *rapid.T, deleted bool) string {
	return m.pick(t, "invoice", slices.DeleteFunc(slices.Collect(maps.Keys(m.invoices)), func(id string) bool { return m.invoices[id] != deleted }))
}

func (m *billing) line(t *rapid.T) string {
	return m.pick(t, "line", slices.DeleteFunc(slices.Collect(maps.Keys(m.lines)), func(id string) bool { return m.lines[id].deleted }))
}

// Whatever happens to lines and invoices, the sums are those of the lines that
// are there.
func TestRollUpsKeepToTheirModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		m := &billing{org: newOrg(salesforcetest.Options{Schema: invoicing}), invoices: map[string]bool{}, lines: map[string]*modelLine{}}
		r.Repeat(map[string]func(*rapid.T){
			"invoice": func(*rapid.T) { m.invoices[m.org.Insert("Invoice__c", nil)] = false },
			"line": func(t *rapid.T) {
				l := &modelLine{invoice: m.invoice(t, false), price: rapid.IntRange(-5, 5).Draw(t, "price")}
				m.lines[m.org.Insert("Line__c", map[string]any{"Invoice__c": l.invoice, "Price__c": l.price})] = l
			},
			"move": func(t *rapid.T) {
				if id := m.line(t); id != "" {
					l := m.lines[id]
					l.invoice, l.price = m.invoice(t, false), rapid.IntRange(-5, 5).Draw(t, "price")
					m.org.Update(id, map[string]any{"Invoice__c": l.invoice, "Price__c": l.price})
				}
			},
			"drop": func(t *rapid.T) {
				if id := m.line(t); id != "" {
					m.org.Delete(id)
					m.lines[id].deleted = true
				}
			},
			"delete": func(t *rapid.T) {
				id := m.invoice(t, false)
				if id == "" {
					return
				}
				m.org.Delete(id)
				m.invoices[id] = true
				var along []string
				for line, l := range m.lines {
					if l.invoice == id && !l.deleted {
						l.deleted = true
						along = append(along, line)
					}
				}
				if rapid.Bool().Draw(t, "back") {
					m.org.Undelete(id)
					m.invoices[id] = false
					for _, line := range along {
						m.lines[line].deleted = false
					}
				}
			},
			"held": func(t *rapid.T) {
				invoice := m.invoice(t, false)
				tx := m.org.HoldTransaction()
				id := tx.Insert("Line__c", map[string]any{"Invoice__c": invoice, "Price__c": 3})
				if rapid.Bool().Draw(t, "commit") {
					tx.Commit()
					m.lines[id] = &modelLine{invoice: invoice, price: 3}
				} else {
					tx.Rollback()
				}
			},
			"": func(t *rapid.T) {
				for id, deleted := range m.invoices {
					if deleted {
						continue
					}
					count, sum := 0.0, 0.0
					for _, l := range m.lines {
						if l.invoice == id && !l.deleted {
							count, sum = count+1, sum+float64(l.price)
						}
					}
					rec := m.org.Record(id)
					require.Equal(t, []any{count, sum}, []any{rec["Lines__c"], rec["Total__c"]})
				}
			},
		})
	})
}
