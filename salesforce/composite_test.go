package salesforce_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func TestACompositeRefersToWhatItMade(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	c := orgClient(t, org)
	type contact struct {
		LastName  string
		AccountID salesforce.ID `json:"AccountId"`
	}
	var batch salesforce.Composite
	account := batch.Create("Account", salesforce.Record{"Name": "Acme"})
	person := batch.Create("Contact", contact{"Lee", account.ID()})
	read := batch.Get("Contact", person.ID(), "LastName", "AccountId")
	found := batch.Query("SELECT Id, Name FROM Account WHERE Id = '" + account.Value("id") + "'")
	changed := batch.Update("Account", account.ID(), salesforce.Record{"Phone": "1"})

	done, err := c.Composite(t.Context(), &batch)

	require.NoError(t, err)
	require.Equal(t, 5, batch.Len())
	require.Equal(t, "1", org.Record(string(done.ID(account)))["Phone"])
	var got contact
	require.NoError(t, done.Decode(read, &got))
	require.Equal(t, contact{"Lee", done.ID(account)}, got)
	var page struct{ Records []salesforce.Record }
	require.NoError(t, done.Decode(found, &page))
	require.Equal(t, "Acme", page.Records[0]["Name"])
	require.NoError(t, done.Err(changed))
	require.Empty(t, done.ID(changed))
}

func TestACompositeHappensWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	for _, partial := range []bool{false, true} {
		org := salesforcetest.NewOrg(nil)
		batch := salesforce.Composite{Partial: partial}
		good := batch.Create("Account", salesforce.Record{"Name": "Acme"})
		bad := batch.Create("Account", salesforce.Record{"Phone": "1"})

		done, err := orgClient(t, org).Composite(t.Context(), &batch)

		require.ErrorIs(t, err, salesforce.ErrValidation)
		require.ErrorContains(t, err, "composite: request 2: REQUIRED_FIELD_MISSING")
		require.Equal(t, err, done.Err(bad))
		if partial {
			require.NoError(t, done.Err(good))
			require.Len(t, org.Records("Account"), 1)
			continue
		}
		require.ErrorContains(t, done.Err(good), "PROCESSING_HALTED")
		require.Empty(t, done.ID(good))
		require.Empty(t, org.Records("Account"))
	}
}

func TestNoTextFromOutsideIsAReference(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	c := orgClient(t, org)
	for _, add := range []func(*salesforce.Composite, salesforce.Ref){
		func(b *salesforce.Composite, _ salesforce.Ref) {
			b.Create("Contact", salesforce.Record{"LastName": "@{r1.id}"})
		},
		func(b *salesforce.Composite, _ salesforce.Ref) {
			b.Create("Contact", salesforce.Record{"LastName": "x", "MailingCity": "a @{refAccount.id} b"})
		},
		func(b *salesforce.Composite, _ salesforce.Ref) {
			b.Query("SELECT Id FROM Contact WHERE LastName = '@{r1.id}'")
		},
		func(b *salesforce.Composite, _ salesforce.Ref) {
			b.Upsert("Account", "Ext__c", "@{r1.id}", salesforce.Record{})
		},
		func(b *salesforce.Composite, _ salesforce.Ref) { b.Delete("Account", "@{r1.id}") },
		func(b *salesforce.Composite, _ salesforce.Ref) { b.Get("Account", "001/../../x") },
		func(b *salesforce.Composite, r salesforce.Ref) { b.Get("Account", r.ID(), "Name,Phone") },
		func(b *salesforce.Composite, r salesforce.Ref) {
			hidden := strings.Replace(r.Value("id"), "@{", `\u0040\u007B`, 1)
			b.Create("Contact", salesforce.Record{"LastName": json.RawMessage(`"` + strings.Replace(hidden, "r1", "r2", 1) + `"`)})
		},
		func(b *salesforce.Composite, _ salesforce.Ref) {
			b.Create("Contact", salesforce.Record{"LastName": "x", "@{r1.id}": 1})
		},
		func(b *salesforce.Composite, r salesforce.Ref) {
			b.Query("SELECT Id FROM Contact WHERE LastName = '" + r.Value("id&q=x") + "'")
		},
		func(b *salesforce.Composite, r salesforce.Ref) {
			b.Create("Contact", salesforce.Record{"LastName": r.Value("")})
		},
		func(b *salesforce.Composite, _ salesforce.Ref) { b.Create("Account", nil) },
		func(b *salesforce.Composite, _ salesforce.Ref) { b.Create("Account/x", salesforce.Record{}) },
	} {
		var batch salesforce.Composite
		first := batch.Create("Account", salesforce.Record{"Name": "Acme"})
		add(&batch, first)
		_, err := c.Composite(t.Context(), &batch)
		require.ErrorIs(t, err, salesforce.ErrValidation)
	}
	require.Empty(t, org.Records("Account"))
}

func TestACompositeKeepsToTheLimits(t *testing.T) {
	t.Parallel()
	c := orgClient(t, salesforcetest.NewOrg(nil))
	var none, many, queries salesforce.Composite
	_, err := c.Composite(t.Context(), &none)
	require.ErrorContains(t, err, "it holds no request")
	for range 26 {
		many.Create("Account", salesforce.Record{"Name": "Acme"})
	}
	_, err = c.Composite(t.Context(), &many)
	require.ErrorIs(t, err, salesforce.ErrTooLarge)
	for range 6 {
		queries.Query("SELECT Id FROM Account")
	}
	_, err = c.Composite(t.Context(), &queries)
	require.ErrorIs(t, err, salesforce.ErrTooLarge)
}

func TestACompositeThatCreatesIsNotRepeatedBlindly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := salesforcetest.NewOrg(nil)
		c := orgClient(t, org, patient)
		send := func(add func(*salesforce.Composite)) error {
			org.Fail(salesforcetest.Fault{Path: "/composite", DropAfter: true})
			var batch salesforce.Composite
			add(&batch)
			_, err := c.Composite(t.Context(), &batch)
			return err
		}
		id := salesforce.ID(org.Insert("Account", map[string]any{"Name": "Acme"}))
		require.ErrorIs(t, send(func(b *salesforce.Composite) { b.Create("Account", salesforce.Record{"Name": "B"}) }), salesforce.ErrOutcomeUnknown)
		require.NoError(t, send(func(b *salesforce.Composite) { b.Update("Account", id, salesforce.Record{"Phone": "1"}) }))
		require.NoError(t, send(func(b *salesforce.Composite) { b.Get("Account", id, "Name") }))
		require.ErrorIs(t, send(func(b *salesforce.Composite) { b.Delete("Account", id) }), salesforce.ErrOutcomeUnknown,
			"a second try would find it gone and fail")
		require.Equal(t, true, org.Record(string(id))["IsDeleted"])
		require.Len(t, org.Records("Account"), 1)
	})
}

func TestACompositeWithoutAllItsAnswersHasAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{`{}`, `null`, `{"compositeResponse":[]}`, `{"compositeResponse":[{"referenceId":"x","httpStatusCode":201}]}`} {
		c := newClient(t, &script{answer: body(200, answer)})
		var write, read salesforce.Composite
		write.Create("Account", salesforce.Record{"Name": "Acme"})
		_, err := c.Composite(t.Context(), &write)
		require.ErrorIs(t, err, salesforce.ErrOutcomeUnknown)
		require.ErrorContains(t, err, "it tells nothing of request 1")
		read.Query("SELECT Id FROM Account")
		_, err = c.Composite(t.Context(), &read)
		require.Error(t, err)
		require.NotErrorIs(t, err, salesforce.ErrOutcomeUnknown)
	}
}

func TestOptionsOfACompositeGoWithItsWrites(t *testing.T) {
	t.Parallel()
	var sent struct{ CompositeRequest []map[string]any }
	c := newClient(t, &script{answer: func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewDecoder(r.Body).Decode(&sent)
		w.WriteHeader(503)
	}}, func(cfg *salesforce.Config) { cfg.Retry.Max = -1 })
	batch := salesforce.Composite{Options: salesforce.WriteOptions{AllowDuplicates: true, AssignmentRule: salesforce.NoAssignmentRule}}
	batch.Create("Lead", salesforce.Record{"LastName": "Lee"})
	batch.Get("Lead", leadID)
	batch.Delete("Lead", leadID)

	_, err := c.Composite(t.Context(), &batch)

	require.ErrorIs(t, err, salesforce.ErrUnavailable)
	require.Equal(t, map[string]any{"Sforce-Auto-Assign": "FALSE", "Sforce-Duplicate-Rule-Header": "allowSave=true"},
		sent.CompositeRequest[0]["httpHeaders"])
	for _, r := range sent.CompositeRequest[1:] {
		require.NotContains(t, r, "httpHeaders")
	}
	batch.Options.AssignmentRule = "x"
	_, err = c.Composite(t.Context(), &batch)
	require.ErrorContains(t, err, "AssignmentRule")
}
