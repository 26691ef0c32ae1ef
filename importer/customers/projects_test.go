package customers_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func chosenStages(t *testing.T) {
	w := newWorld(t)
	w.config.Stages = []string{"Closed Won", "Negotiation/Review"}
	acme := w.account("Acme")
	w.opportunity(acme, "Won", "Closed Won")
	w.opportunity(acme, "Nearly", "Negotiation/Review")
	dream := w.opportunity(acme, "Dream", "Prospecting")
	report := w.complete()
	require.Equal(t, []string{"Nearly", "Won"}, w.names("projects"))
	require.Equal(t, []string{"skipped", `stage "Prospecting" is not imported`}, w.told(report, dream))

	w = newWorld(t)
	w.config.Stages = nil
	w.opportunity(w.account("Acme"), "Won", "Closed Won")
	require.NotContains(t, w.complete().Run.Counts, "Opportunity", "without stages no opportunity is read")
}

// translated gives the stage Closed Won a label in another language.
const translated = `{"sobjects":[{"name":"Opportunity","fields":[{"name":"StageName","label":"Stage","type":"picklist","picklistValues":[
	{"value":"Closed Won","label":"Gewonnen","active":true},{"value":"Handshake","label":"Handschlag","active":true},
	{"value":"Old","label":"Alt","active":false}]}]}]}`

func ownStages(t *testing.T) {
	w := newWorld(t)
	stages, err := customers.Stages(t.Context(), w.client())
	require.NoError(t, err)
	require.Len(t, stages, 10)
	require.Equal(t, customers.Stage{Value: "Prospecting", Label: "Prospecting", Active: true}, stages[0])

	require.NoError(t, w.org.Load(strings.NewReader(translated)))
	stages, err = customers.Stages(t.Context(), w.client())
	require.NoError(t, err)
	require.Contains(t, stages, customers.Stage{Value: "Handshake", Label: "Handschlag", Active: true})
	require.Contains(t, stages, customers.Stage{Value: "Old", Label: "Alt"})
	w.config.Stages = []string{"Handshake"}
	w.opportunity(w.account("Acme"), "Deal", "Handshake")
	w.complete()
	require.Equal(t, []string{"Deal"}, w.names("projects"))
	w.config.Stages = []string{"Handschlag"}
	w.refused(`that is the label of "Handshake", and stages go by their API value`)
}

func unknownStage(t *testing.T) {
	w := newWorld(t)
	w.complete()
	w.config.Stages = []string{"Closed Won", "Clsed Lost", "Gewonnen"}
	w.refused(`no opportunity stage "Clsed Lost"; did you mean "Closed Lost"?`)
	w.refused(`no opportunity stage "Gewonnen"; it has Prospecting, Qualification, Needs Analysis, Value Proposition, ` +
		`Id. Decision Makers, Perception Analysis, Proposal/Price Quote, Negotiation/Review, Closed Won, Closed Lost`)
	err := w.importer().SetUp(t.Context(), "anna")
	require.ErrorIs(t, err, importer.ErrSchema)
	require.ErrorContains(t, err, `"Gewonnen"`)
}

func reachedStage(t *testing.T) {
	w := newWorld(t)
	open := w.opportunity(w.account("Acme"), "Open", "Prospecting")
	w.complete()
	require.Empty(t, w.names("projects"))

	w.later(func() { w.org.Update(open, map[string]any{"StageName": "Closed Won"}) })
	project := w.hostID("projects", open)
	for range 2 {
		w.later(func() { w.org.Update(open, map[string]any{"StageName": "Closed Lost"}) })
		w.later(func() { w.org.Update(open, map[string]any{"StageName": "Closed Won"}) })
		w.complete()
	}
	require.Equal(t, project, w.hostID("projects", open))
	require.Equal(t, []string{"Open"}, w.names("projects"))
}

func stageExits(t *testing.T) {
	for _, test := range []struct {
		policy customers.StageExit
		budget string
		active string
	}{{"", "2", "1"}, {customers.UpdateProject, "2", "1"}, {customers.FreezeProject, "1", "1"}, {customers.RetireProject, "1", "0"}} {
		w := newWorld(t)
		w.config.OnStageExit = test.policy
		work := w.opportunity(w.account("Acme"), "Work", "Closed Won", "Amount", 1)
		w.complete()
		project := w.hostID("projects", work)

		w.later(func() { w.org.Update(work, map[string]any{"StageName": "Prospecting", "Amount": 2}) })
		for range 2 { // and it stays so
			require.Equal(t, test.budget, w.column("projects", work, "budget"), test.policy)
			require.Equal(t, test.active, w.column("projects", work, "active"), test.policy)
			require.NotEmpty(t, w.locked(customers.KindProject, project), test.policy)
			w.complete()
		}

		w.later(func() { w.org.Update(work, map[string]any{"StageName": "Closed Won"}) })
		require.Equal(t, project, w.hostID("projects", work), test.policy)
		require.Equal(t, "2", w.column("projects", work, "budget"), test.policy)
		require.Equal(t, "1", w.column("projects", work, "active"), test.policy)
	}
}

func projectFields(t *testing.T) {
	w := newWorld(t)
	acme, globex := w.account("Acme"), w.account("Globex")
	work := w.opportunity(acme, "Work", "Closed Won", "Amount", 1234567.89, "Description", "hard")
	w.complete()
	owner := w.org.Credentials().UserID
	w.columns("projects", work, map[string]string{
		"name": "Work", "customer_id": w.hostID("customers", acme), "ends": "2026-12-01", "budget": "1234567.89", "remark": "hard", "responsible": owner,
	})

	w.later(func() {
		w.org.Update(work, map[string]any{"Name": "More", "AccountId": globex, "CloseDate": "2027-01-31", "Amount": nil, "Description": nil})
	})
	w.columns("projects", work, map[string]string{
		"name": "More", "customer_id": w.hostID("customers", globex), "ends": "2027-01-31", "budget": "<nil>", "remark": "<nil>", "responsible": owner,
	})
}

func remapped(t *testing.T) {
	w := newWorld(t, salesforcetest.Field{Name: "Kunde__c"})
	w.config.CustomerRules = []mapping.Rule{{Target: "name", From: []string{"Name"}}, {Target: customers.TargetNumber, From: []string{"Kunde__c"}}}
	w.config.ContactRules = []mapping.Rule{{Target: "name", From: []string{"FirstName", "LastName"}, Template: "%FirstName% %LastName%"}}
	w.config.ProjectRules = []mapping.Rule{
		{Target: "name", From: []string{"Name"}},
		{Target: "ends", From: []string{"CreatedDate"}, Type: mapping.Date},
		{Target: customers.TargetResponsible, From: []string{"Account.OwnerId"}, Type: mapping.ID},
		{Target: "step", From: []string{"NextStep"}},
	}
	acme := w.account("Acme", "Kunde__c", "7")
	ada := w.contact(acme, "Lovelace", "FirstName", "Ada")
	work := w.opportunity(acme, "Work", "Closed Won", "NextStep", "go")
	w.complete()
	w.columns("customers", acme, map[string]string{"name": "Acme", "number": "7"})
	w.columns("contacts", ada, map[string]string{"name": "Ada Lovelace"})
	w.columns("projects", work, map[string]string{
		"ends": "2026-11-16", "step": "go", "responsible": w.org.Credentials().UserID,
	})
	require.Equal(t, []string{"name", "ends", "responsible", "step", "customer"}, w.locked(customers.KindProject, "1"))
}

func noAccount(t *testing.T) {
	w := newWorld(t, ticked)
	alone := w.org.Insert("Opportunity", map[string]any{"Name": "Alone", "StageName": "Closed Won", "CloseDate": "2026-12-01"})
	out := w.account("Out")
	stranger := w.opportunity(out, "Stranger", "Closed Won")
	report := w.complete()
	require.Equal(t, []string{"skipped", "it has no customer"}, w.told(report, alone))
	require.Equal(t, []string{"skipped", "its customer is not imported"}, w.told(report, stranger))

	w.later(func() { w.org.Update(out, map[string]any{"ZEP__c": true}) })
	require.Equal(t, []string{"Stranger"}, w.names("projects"), "it comes with its customer")
}

const historySchema = `{"sobjects":[{"name":"OpportunityHistory","label":"Opportunity History","keyPrefix":"008","queryable":true,"createable":true,
	"fields":[{"name":"OpportunityId","label":"Opportunity ID","type":"reference","referenceTo":["Opportunity"],"relationshipName":"Opportunity","createable":true},
		{"name":"StageName","label":"Stage","type":"string","length":120,"createable":true}]},
	{"name":"Opportunity","childRelationships":[{"childSObject":"OpportunityHistory","field":"OpportunityId","relationshipName":"OpportunityHistories"}]}]}`

func passedThrough(t *testing.T) {
	for _, on := range []bool{false, true} {
		w := newWorld(t)
		w.config.PassedThrough = on
		require.NoError(t, w.org.Load(strings.NewReader(historySchema)))
		lost := w.opportunity(w.account("Acme"), "Lost again", "Prospecting")
		never := w.opportunity(w.account("Globex"), "Never won", "Prospecting")
		w.complete()

		w.later(func() {
			w.org.Insert("OpportunityHistory", map[string]any{"OpportunityId": lost, "StageName": "Closed Won"})
			w.org.Insert("OpportunityHistory", map[string]any{"OpportunityId": never, "StageName": "Qualification"})
			for _, id := range []string{lost, never} {
				w.org.Update(id, map[string]any{"StageName": "Closed Lost"})
			}
		})
		want := []string(nil)
		if on {
			want = []string{"Lost again"}
		}
		require.Equal(t, want, w.names("projects"))
	}
	_, err := customers.Objects(customers.Config{PassedThrough: true, OnStageExit: customers.RetireProject})
	require.ErrorContains(t, err, "retired as soon as it is made")
}

func noHistory(t *testing.T) {
	w := newWorld(t)
	w.config.PassedThrough = true
	w.opportunity(w.account("Acme"), "Work", "Closed Won")
	report := w.complete()
	require.Equal(t, []string{"Work"}, w.names("projects"))
	require.True(t, slices.ContainsFunc(report.Run.Warnings, func(text string) bool { return strings.Contains(text, "OpportunityHistories is missing or hidden") }))
}

func notBefore(t *testing.T) {
	w := newWorld(t)
	w.config.NotBefore = salesforce.Date{Year: 2026, Month: time.January, Day: 1}
	acme := w.account("Acme")
	old := w.opportunity(acme, "Old", "Closed Won", "CloseDate", "2025-12-31")
	first := w.opportunity(acme, "First", "Closed Won", "CloseDate", "2026-01-01")
	report := w.complete()
	require.Equal(t, []string{"First"}, w.names("projects"))
	require.Equal(t, []string{"skipped", "it closed before 2026-01-01"}, w.told(report, old))

	w.later(func() { w.org.Update(first, map[string]any{"CloseDate": "2025-01-01"}) })
	require.Equal(t, "2025-01-01", w.column("projects", first, "ends"), "a project stays one")
}

// user inserts a user of the org.
func (w *world) user(name string, fields ...any) string {
	return w.org.Insert("User", with(map[string]any{
		"LastName": name, "Username": name + "@example.com", "Email": name + "@example.com", "Alias": name, "IsActive": true,
	}, fields...))
}

// staff is who the host's people are.
var staff = map[customers.OwnerKey]map[string]string{
	customers.ByFederationID: {"fed-bea": "bea"},
	customers.ByEmail:        {"bea@example.com": "somebody else", "cem@example.com": "cem", "gone@example.com": "gone"},
}

// find looks people up in staff, and notes what it was asked.
func find(asked *[]string) func(context.Context, customers.OwnerKey, []string) (map[string]string, error) {
	return func(_ context.Context, by customers.OwnerKey, keys []string) (map[string]string, error) {
		*asked = append(*asked, string(by)+" "+strings.Join(keys, " "))
		return staff[by], nil
	}
}

func ownersFound(t *testing.T) {
	w := newWorld(t)
	ann, bea, cem := w.user("ann"), w.user("bea", "FederationIdentifier", "fed-bea"), w.user("cem", "FederationIdentifier", "fed-cem")
	var asked []string
	w.config.Owners = customers.Owners{Users: map[string]string{ann[:15]: "anna"}, Find: find(&asked)}
	acme := w.account("Acme")
	want := map[string]string{}
	for owner, person := range map[string]string{ann: "anna", bea: "bea", cem: "cem"} {
		for range 2 {
			want[w.opportunity(acme, "Work", "Closed Won", "OwnerId", owner)] = person
		}
	}
	w.complete()
	for work, person := range want {
		require.Equal(t, person, w.column("projects", work, "responsible"))
	}
	require.Len(t, asked, 2, "once for each page")
	require.Contains(t, asked[0], "FederationIdentifier fed-")
	require.Equal(t, "Email cem@example.com", asked[1])

	w.config.Owners.Users = map[string]string{ann: "the new anna"}
	report, err := w.importer().Incremental(t.Context(), "anna", nil)
	require.NoError(t, err)
	require.Equal(t, importer.Complete, report.Run.Kind, "another map reaches every project")
	require.Equal(t, []string{"the new anna", "the new anna"}, w.query(`SELECT responsible FROM projects WHERE responsible LIKE '%anna'`))
}

func ownersUnknown(t *testing.T) {
	for _, bulkAbove := range []int{-1, 1} { // page by page, and in bulk
		ownersUnknownAt(t, bulkAbove)
	}
}

func ownersUnknownAt(t *testing.T, bulkAbove int) {
	t.Helper()
	w := newWorld(t)
	w.tune = func(c *importer.Config) { c.BulkAbove = bulkAbove }
	var asked []string
	w.config.Owners.Find = find(&asked)
	cem, stranger, gone := w.user("cem"), w.user("stranger"), w.user("gone", "IsActive", false)
	acme := w.account("Acme")
	work := w.opportunity(acme, "Work", "Closed Won", "OwnerId", cem)
	fresh := w.opportunity(acme, "Fresh", "Closed Won", "OwnerId", stranger)
	left := w.opportunity(acme, "Left", "Closed Won", "OwnerId", gone)
	report := w.complete()
	inBulk := slices.ContainsFunc(w.org.Requests(), func(r salesforcetest.Request) bool { return strings.HasSuffix(r.Path, "/results") })
	require.Equal(t, bulkAbove > 0, inBulk)
	require.Equal(t, "cem", w.column("projects", work, "responsible"))
	require.Equal(t, "<nil>", w.column("projects", fresh, "responsible"))
	require.Equal(t, []string{"created", "its owner stranger (" + stranger + ") is not known in the host: the host's stays"}, w.told(report, fresh))

	require.Equal(t, []string{"created", "its owner gone (" + gone + ") is not active in Salesforce: the host's stays"}, w.told(report, left))

	report = w.later(func() { w.org.Update(work, map[string]any{"OwnerId": gone, "Amount": 5}) })
	require.Equal(t, "cem", w.column("projects", work, "responsible"))
	require.Equal(t, "5", w.column("projects", work, "budget"), "the rest arrives")
	require.Equal(t, []string{"updated", "its owner gone (" + gone + ") is not active in Salesforce: the host's stays"}, w.told(report, work))

	report = w.later(func() { w.org.Update(work, map[string]any{"OwnerId": stranger}) })
	require.Equal(t, "cem", w.column("projects", work, "responsible"))
	require.Equal(t, []string{"unchanged", "its owner stranger (" + stranger + ") is not known in the host: the host's stays"}, w.told(report, work))
	require.Zero(t, report.Run.Counts["Opportunity"].Failed)
}

func ownersFail(t *testing.T) {
	w := newWorld(t)
	down := errors.New("the directory is down")
	w.config.Owners.Find = func(context.Context, customers.OwnerKey, []string) (map[string]string, error) { return nil, down }
	work := w.opportunity(w.account("Acme"), "Work", "Closed Won", "OwnerId", w.user("cem"))
	_, err := w.importer().Complete(t.Context(), "anna", nil)
	require.ErrorIs(t, err, down)
	require.Empty(t, w.names("projects"))

	w.config.Owners.Find = find(new([]string))
	w.complete()
	require.Equal(t, "cem", w.column("projects", work, "responsible"))
}

func ownersOff(t *testing.T) {
	w := newWorld(t)
	cem := w.user("cem", "IsActive", false)
	work := w.opportunity(w.account("Acme"), "Work", "Closed Won", "OwnerId", cem)
	w.complete()
	require.Equal(t, cem, w.column("projects", work, "responsible"))
}
