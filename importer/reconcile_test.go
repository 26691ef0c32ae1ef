package importer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func reconcile(t *testing.T, im *importer.Importer) *importer.Report {
	t.Helper()
	report, err := im.Reconcile(t.Context(), "anna", nil)
	require.NoError(t, err)
	return report
}

// A rating is the value of a formula by the name of the account: it changes
// without a change of the record, as when a formula asks what day it is.
type rating struct {
	mutex sync.Mutex
	of    map[string]any
}

func (r *rating) set(name string, value any) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.of[name] = value
}

func (r *rating) get(row salesforcetest.Row) any {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	name, _ := row.Get("Name").(string)
	return r.of[name]
}

// formula adds a field to Account that is worked out each time it is read.
func (w *world) formula(t *testing.T, name, kind string) *rating {
	t.Helper()
	r := &rating{of: map[string]any{}}
	require.NoError(t, w.org.Extend(salesforcetest.Schema{{
		Name: "Account", Fields: []salesforcetest.Field{{Name: name, Type: kind, Formula: r.get}},
	}}))
	return r
}

// mapped adds a rule to those of customers.
func (w *world) mapped(rule mapping.Rule) {
	w.config.CustomerRules = append(customers.CustomerRules(), rule)
}

func TestFormulaThatChangesWithoutAStampIsSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ratings := w.formula(t, "Rating__c", "double")
	w.mapped(mapping.Rule{Target: "rating", From: []string{"Rating__c"}, Type: mapping.Number})
	ratings.set("Acme", 1)
	ratings.set("Globex", 2)
	acme, globex := w.account("Acme"), w.account("Globex")
	im := w.settled(t)
	require.Equal(t, "1", w.value(t, "customers", acme, "rating"))
	incremental(t, im) // which reads what is as young as the watermark once more
	w.org.Advance(time.Hour)

	ratings.set("Acme", 7)
	report := incremental(t, im)

	require.False(t, report.Run.Sweep, "contacts and projects are not compared")
	require.Equal(t, "7", w.value(t, "customers", acme, "rating"))
	require.Equal(t, "2", w.value(t, "customers", globex, "rating"))
	require.Equal(t, 1, report.Run.Counts["Account"].Read, "what is equal is compared, and not read")
	require.Contains(t, report.Run.Warnings, "Account.Rating__c is a formula, whose changes move no stamp: incremental imports compare all records of Account")

	require.Zero(t, incremental(t, im).Run.Counts["Account"].Read)
}

// A text that ends like a moment is a text.
func TestFormulaThatGrowsByAZIsSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sizes := w.formula(t, "Size__c", "string")
	w.mapped(mapping.Rule{Target: "size", From: []string{"Size__c"}})
	sizes.set("Acme", "X")
	acme := w.account("Acme")
	im := w.settled(t)
	w.org.Advance(time.Hour)
	incremental(t, im)

	for _, size := range []string{"XZ", "XZ+0000"} {
		sizes.set("Acme", size)
		incremental(t, im)
		require.Equal(t, size, w.value(t, "customers", acme, "size"))
	}
}

func TestFormulaReadInBulkIsEqualToTheOneReadPageByPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ratings := w.formula(t, "Rating__c", "double")
	seen := w.formula(t, "Seen__c", "datetime")
	w.mapped(mapping.Rule{Target: "rating", From: []string{"Rating__c"}, Type: mapping.Number})
	w.config.CustomerRules = append(w.config.CustomerRules, mapping.Rule{Target: "seen", From: []string{"Seen__c"}, Type: mapping.DateTime})
	ratings.set("Account 01", 10)
	seen.set("Account 01", morning)
	w.many(20)
	w.inBulk()
	im := w.settled(t)

	require.Zero(t, incremental(t, im).Run.Counts["Account"].Updated+reconcile(t, im).Run.Counts["Account"].Read)
}

// unfiltered makes describe tell of a field that queries must not filter by it,
// as it does of some formulas.
type unfiltered struct {
	next  http.RoundTripper
	field string
}

func (u unfiltered) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := u.next.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/Account/describe") || resp.StatusCode != http.StatusOK {
		return resp, err
	}
	defer resp.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return nil, err
	}
	for _, f := range answer["fields"].([]any) {
		if field := f.(map[string]any); field["name"] == u.field {
			field["filterable"] = false
		}
	}
	body, err := json.Marshal(answer)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, err
}

func TestScopeCheckboxThatIsAFormulaAndNoFilter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.tune = func(c *importer.Config) { c.Client = w.client(t, unfiltered{w.org.Transport(), "Zep_Formula__c"}) }
	w.org.Fail(salesforcetest.Fault{Query: "WHERE Zep_Formula__c", Status: http.StatusBadRequest, Code: "INVALID_FIELD", Times: -1})
	followTheFormula(t, w)
}

func TestScopeCheckboxThatIsAFormula(t *testing.T) {
	t.Parallel()
	followTheFormula(t, newWorld(t))
}

func followTheFormula(t *testing.T, w *world) {
	t.Helper()
	flags := w.formula(t, "Zep_Formula__c", "boolean")
	w.config.Flag = "Zep_Formula__c"
	flags.set("Acme", true)
	flags.set("Globex", false)
	acme, globex := w.account("Acme"), w.account("Globex")
	bob := w.contact(globex, "Bob")
	im := w.settled(t)
	require.Equal(t, "1", w.value(t, "customers", acme, "active"))

	flags.set("Acme", false)
	flags.set("Globex", true)
	report := incremental(t, im)

	require.Equal(t, importer.Incremental, report.Run.Kind)
	require.Equal(t, "out of scope", w.linkState(t, acme))
	require.Equal(t, "linked", w.linkState(t, globex))
	require.Equal(t, "Bob", w.value(t, "contacts", bob, "name"))
}

func TestReconcileNeedsACompleteImportFirst(t *testing.T) {
	t.Parallel()
	_, err := newWorld(t).importer(t).Reconcile(t.Context(), "anna", nil)
	require.ErrorIs(t, err, importer.ErrNoComplete)
}

func TestReconcileFindsWhatNoStampTells(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mapped(mapping.Rule{Target: "owner", From: []string{"Owner.Name"}})
	acme, globex, initech := w.account("Acme"), w.account("Globex"), w.account("Initech")
	ada, bob := w.contact(acme, "Ada"), w.contact(globex, "Bob")
	w.opportunity(acme, "Too early", "Prospecting")
	im := w.settled(t)
	before := w.query(t, `SELECT watermark FROM sfbridge_import_state`)
	require.Zero(t, reconcile(t, im).Run.Counts["Account"].Read, "all is equal")

	owner := w.org.Record(acme)["OwnerId"].(string)
	w.org.Update(owner, map[string]any{"LastName": "Renamed"}) // moves no account's stamp
	w.query(t, `DELETE FROM contacts WHERE sf_id = ? RETURNING 1`, bob)
	w.query(t, `DELETE FROM sfbridge_import_link WHERE sf_id = ? RETURNING 1`, bob) // lost, by whatever defect
	w.query(t, `UPDATE contacts SET name = 'old', sf_stamp = 1 WHERE sf_id = ? RETURNING 1`, ada)
	w.query(t, `UPDATE sfbridge_import_link SET stamp = 1 WHERE sf_id = ? RETURNING 1`, ada)
	w.org.Delete(initech)
	w.org.Purge(initech)
	report := reconcile(t, im)

	require.Equal(t, importer.Reconcile, report.Run.Kind)
	require.Contains(t, w.value(t, "customers", acme, "owner"), "Renamed")
	require.Contains(t, w.value(t, "customers", globex, "owner"), "Renamed")
	require.Equal(t, "Bob", w.value(t, "contacts", bob, "name"))
	require.Equal(t, "Ada", w.value(t, "contacts", ada, "name"))
	require.Equal(t, "vanished", w.linkState(t, initech))
	require.Zero(t, report.Run.Counts["Opportunity"].Read, "a stage that makes no project is not read")
	require.Equal(t, before, w.query(t, `SELECT watermark FROM sfbridge_import_state`))
	require.Zero(t, reconcile(t, im).Run.Counts["Account"].Updated)
}

func TestReconcileLeavesDetachedCustomersAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.account("Acme")
	ada := w.contact(acme, "Ada")
	im := w.settled(t)
	w.removeFlag(t, im, acme)
	w.org.Update(acme, map[string]any{"Phone": "1"})
	w.org.Update(ada, map[string]any{"Phone": "2"})
	w.contact(acme, "Bob")
	before := w.dump(t)

	report := reconcile(t, im)

	require.Empty(t, report.Run.Counts)
	require.Equal(t, before, w.dump(t))
}

func TestStoppedReconcileGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.many(40)
	im := w.settled(t)
	w.query(t, `UPDATE sfbridge_import_link SET stamp = 1 RETURNING 1`)
	ctx, cancel := context.WithCancel(t.Context())
	w.tune = func(c *importer.Config) {
		pages := 0
		c.Progress = func(e importer.Event) {
			if e.Step == "compared" {
				if pages++; pages == 5 {
					cancel()
				}
			}
		}
	}
	_, err := w.importer(t).Reconcile(ctx, "anna", nil)
	require.ErrorIs(t, err, context.Canceled)

	w.tune = nil
	report := reconcile(t, im)

	require.NotNil(t, report.Resumed)
	require.Equal(t, importer.Reconcile, report.Resumed.Run.Kind)
	require.Empty(t, w.query(t, `SELECT sf_id FROM sfbridge_import_link WHERE stamp = 1 AND state = 'linked'`))
}

func TestPurgeAMomentAgoLeavesTheBoundsExact(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme, globex := w.account("Acme"), w.account("Globex")
	im := w.settled(t)
	w.org.Update(globex, map[string]any{"Phone": "1"})
	w.org.Delete(acme)
	w.org.Purge(acme)

	report := incremental(t, im)

	require.Equal(t, importer.Exact, report.Run.Guarantee)
	require.True(t, report.Run.Sweep)
	require.Equal(t, "vanished", w.linkState(t, acme))
	require.Equal(t, "1", w.value(t, "customers", globex, "phone"))
}

func TestCheckOfChangesReadsNothingTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.many(20)
	im := w.settled(t)
	for i, r := range w.org.Records("Contact") {
		w.org.Update(r["Id"].(string), map[string]any{"Phone": strings.Repeat("1", i+1)})
	}
	w.org.Advance(time.Minute)
	w.org.ResetRequests()

	report := incremental(t, im)

	require.NotZero(t, report.Run.Counts["Contact"].Updated)
	for _, r := range w.org.Requests() {
		require.False(t, r.Method == http.MethodGet && strings.Contains(r.Query, "Id IN"), "what was read, or left out, is not read again: %s", r.Query)
	}
}
