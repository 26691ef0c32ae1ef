package salesforce_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// numbered yields n records with names of their own; every one of which bad is
// true has none.
func numbered(n int, bad func(int) bool) iter.Seq[salesforce.Record] {
	return func(yield func(salesforce.Record) bool) {
		for i := range n {
			r := salesforce.Record{"Name": fmt.Sprintf("%05d", i)}
			if bad != nil && bad(i) {
				r = salesforce.Record{"Phone": "1"}
			}
			if !yield(r) {
				return
			}
		}
	}
}

// results collects a sequence of results, which must be in order.
func results(t *testing.T, seq iter.Seq2[salesforce.Result, error]) (list []salesforce.Result, err error) {
	t.Helper()
	for r, e := range seq {
		if e != nil {
			require.NoError(t, err, "one error, and last")
			err = e
			continue
		}
		require.NoError(t, err, "the error is the last")
		require.Equal(t, len(list), r.Index)
		list = append(list, r)
	}
	return list, err
}

func TestCollectionsAreCutIntoRequests(t *testing.T) {
	t.Parallel()
	for _, inFlight := range []int{1, 4} {
		org := salesforcetest.NewOrg(nil)
		bad := func(i int) bool { return i%100 == 7 }
		list, err := results(t, salesforce.CreateAll(t.Context(), orgClient(t, org), "Account", numbered(1001, bad),
			&salesforce.CollectionOptions{InFlight: inFlight}))
		require.NoError(t, err)
		require.Len(t, list, 1001)
		require.Equal(t, 6, sent(org, "/composite/sobjects"))
		require.Len(t, org.Records("Account"), 991)
		for i, r := range list {
			if bad(i) {
				require.ErrorIs(t, r.Err, salesforce.ErrValidation)
				require.ErrorContains(t, r.Err, fmt.Sprintf("create Account records: record %d: REQUIRED_FIELD_MISSING", i))
				continue
			}
			require.NoError(t, r.Err)
			require.Equal(t, fmt.Sprintf("%05d", i), org.Record(string(r.ID))["Name"])
		}
	}
}

func TestCollectionsUpdateUpsertDeleteAndGet(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(&salesforcetest.Options{Schema: salesforcetest.Schema{
		{Name: "Account", Fields: []salesforcetest.Field{{Name: "Ext__c", ExternalID: true, Unique: true}}},
	}})
	c := orgClient(t, org)
	type account struct {
		ID    salesforce.ID            `json:"Id,omitempty"`
		Name  string                   `json:"Name,omitempty"`
		Ext   string                   `json:"Ext__c,omitempty"`
		Phone salesforce.Field[string] `json:"Phone,omitzero"`
	}
	upsert := func(accounts ...account) []salesforce.Result {
		list, err := results(t, salesforce.UpsertAll(t.Context(), c, "Account", "Ext__c", slices.Values(accounts), nil))
		require.NoError(t, err)
		return list
	}
	first := upsert(account{Name: "A", Ext: "a", Phone: salesforce.Value("1")}, account{Name: "B", Ext: "b"})
	require.True(t, first[0].Created && first[1].Created)
	second := upsert(account{Name: "A2", Ext: "a"}, account{Name: "C", Ext: "c"})
	require.Equal(t, first[0].ID, second[0].ID)
	require.False(t, second[0].Created)

	list, err := results(t, salesforce.UpdateAll(t.Context(), c, "Account", slices.Values([]account{
		{ID: first[0].ID, Phone: salesforce.Null[string]()}, {Name: "no id"},
	}), nil))
	require.NoError(t, err)
	require.NoError(t, list[0].Err)
	require.Error(t, list[1].Err)

	ids := []salesforce.ID{first[0].ID, "001000000000000AAA", first[1].ID}
	found, err := salesforce.GetAll[account](t.Context(), c, "Account", ids, "Name", "Phone")
	require.NoError(t, err)
	require.Equal(t, "A2", found[0].Name)
	require.True(t, found[0].Phone.IsNull())
	require.Nil(t, found[1])
	require.Equal(t, "B", found[2].Name)

	list, err = results(t, c.DeleteAll(t.Context(), slices.Values([]salesforce.ID{first[0].ID, first[0].ID[:15], first[1].ID, "x"}), nil))
	require.NoError(t, err)
	require.NoError(t, list[0].Err)
	require.Error(t, list[1].Err)
	require.NoError(t, list[2].Err)
	require.ErrorIs(t, list[3].Err, salesforce.ErrValidation)
}

func TestCollectionsSaveAllOrNone(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	list, err := results(t, salesforce.CreateAll(t.Context(), orgClient(t, org), "Account",
		numbered(6, func(i int) bool { return i == 4 }), &salesforce.CollectionOptions{AllOrNone: true, ChunkSize: 3}))
	require.NoError(t, err)
	require.Len(t, org.Records("Account"), 3, "the first request is one of its own")
	var code salesforce.Code
	for i, r := range list {
		require.Equal(t, i < 3, r.Err == nil)
		if e, ok := errors.AsType[*salesforce.Error](r.Err); ok && i != 4 {
			code = e.Code
		}
	}
	require.Equal(t, salesforce.Code("ALL_OR_NONE_OPERATION_ROLLED_BACK"), code)
}

func TestOnlyTheRowsThatMayAreSentAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := salesforcetest.NewOrg(nil)
		locked := org.Insert("Account", map[string]any{"Name": "locked"})
		free := org.Insert("Account", map[string]any{"Name": "free"})
		tx := org.HoldTransaction()
		tx.Update(locked, map[string]any{"Phone": "1"})
		time.AfterFunc(time.Second, tx.Rollback)
		org.ResetRequests()

		list, err := results(t, salesforce.UpdateAll(t.Context(), orgClient(t, org, patient), "Account", slices.Values([]salesforce.Record{
			{"Id": free, "Phone": "2"}, {"Id": locked, "Phone": "2"}, {"Id": free, "Bogus__c": 1},
		}), nil))

		require.NoError(t, err)
		require.NoError(t, list[0].Err)
		require.NoError(t, list[1].Err)
		require.Error(t, list[2].Err)
		require.Equal(t, "2", org.Record(locked)["Phone"])
		bodies := sent(org, "/composite/sobjects")
		require.Greater(t, bodies, 1)
	})
}

// What was saved is not sent a second time because another row was locked.
func TestRowsThatWereSavedAreNotSentAgain(t *testing.T) {
	t.Parallel()
	const busy, wrong = `{"success":false,"errors":[{"statusCode":"UNABLE_TO_LOCK_ROW"}]}`, `{"success":false,"errors":[{"statusCode":"STRING_TOO_LONG"}]}`
	var bodies []string
	tell := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			sent, _ := io.ReadAll(r.Body)
			bodies = append(bodies, string(sent))
			_, _ = io.WriteString(w, text)
		}
	}
	org := &script{answer: answers(tell(`[`+created+`,`+busy+`,`+wrong+`,`+busy+`]`), tell(`[`+busy+`,`+created+`]`), tell(`[`+created+`]`))}
	var records []salesforce.Record
	for _, name := range []string{"A", "B", "C", "D"} {
		records = append(records, salesforce.Record{"Name": name})
	}

	list, err := results(t, salesforce.CreateAll(t.Context(), newClient(t, org), "Account", slices.Values(records), nil))

	require.NoError(t, err)
	const head, account = `{"allOrNone":false,"records":[`, `{"attributes":{"type":"Account"},"Name":`
	require.JSONEq(t, head+account+`"B"},`+account+`"D"}]}`, bodies[1])
	require.JSONEq(t, head+account+`"B"}]}`, bodies[2])
	require.Len(t, bodies, 3)
	require.Error(t, list[2].Err)
	require.NoError(t, errors.Join(list[0].Err, list[1].Err, list[3].Err))
}

func TestAFailedRequestEndsTheSequence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := salesforcetest.NewOrg(nil)
		c := orgClient(t, org, patient)
		_, err := c.Session(t.Context())
		require.NoError(t, err)
		org.Fail(salesforcetest.Fault{Path: "/composite/sobjects", DropAfter: true})
		list, err := results(t, salesforce.CreateAll(t.Context(), c, "Account", numbered(1000, nil), nil))
		require.ErrorIs(t, err, salesforce.ErrOutcomeUnknown)
		require.Len(t, list, 200, "the rest was not sent")
		for _, r := range list {
			require.ErrorIs(t, r.Err, salesforce.ErrOutcomeUnknown)
		}
		require.Len(t, org.Records("Account"), 200)
		require.Equal(t, 1, sent(org, "/composite/sobjects"))
	})
}

func TestAnUpdateIsRepeatedWhenItsAnswerIsLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := salesforcetest.NewOrg(nil)
		id := org.Insert("Account", map[string]any{"Name": "a"})
		org.Fail(salesforcetest.Fault{Path: "/composite/sobjects", DropAfter: true})
		list, err := results(t, salesforce.UpdateAll(t.Context(), orgClient(t, org, patient), "Account",
			slices.Values([]salesforce.Record{{"Id": id, "Phone": "1"}}), nil))
		require.NoError(t, err)
		require.NoError(t, list[0].Err)
	})
}

func TestLeavingTheLoopCancelsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	var open atomic.Int32
	s := &script{answer: func(w http.ResponseWriter, r *http.Request) {
		open.Add(1)
		defer open.Add(-1)
		if strings.Contains(r.URL.Path, "composite") && open.Load() > 1 {
			<-r.Context().Done()
			return
		}
		rows := strings.TrimSuffix(strings.Repeat(`{"id":"001000000000001AAA","success":true,"errors":[]},`, 2), ",")
		fmt.Fprintf(w, "[%s]", rows)
	}}
	c := clientAt(t, salesforce.MyDomain("acme"), inProcess{s})
	for _, err := range salesforce.CreateAll(t.Context(), c, "Account", numbered(100, nil), &salesforce.CollectionOptions{ChunkSize: 2, InFlight: 4}) {
		require.NoError(t, err)
		break
	}
	require.Less(t, s.callCount(), 10)
}

func TestRecordsThatAreNoneAreNotSent(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	c := orgClient(t, org)
	list, err := results(t, salesforce.CreateAll(t.Context(), c, "Account", slices.Values([]any{nil, 7, map[string]any{"Name": "A"}, struct{}{}}), nil))
	require.NoError(t, err)
	require.ErrorIs(t, list[0].Err, salesforce.ErrValidation)
	require.ErrorIs(t, list[1].Err, salesforce.ErrValidation)
	require.NoError(t, list[2].Err)
	require.ErrorContains(t, list[3].Err, "REQUIRED_FIELD_MISSING")

	_, err = results(t, salesforce.CreateAll(t.Context(), c, "Account/../User", numbered(1, nil), nil))
	require.ErrorIs(t, err, salesforce.ErrValidation)
	_, err = results(t, salesforce.CreateAll(t.Context(), c, "Account", numbered(1, nil), &salesforce.CollectionOptions{ChunkSize: 201}))
	require.ErrorContains(t, err, "ChunkSize 201 is not in 1 to 200")
	_, err = results(t, salesforce.CreateAll(t.Context(), c, "Account", numbered(0, nil), nil))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	list, err = results(t, salesforce.CreateAll(ctx, c, "Account", numbered(1000, nil), nil))
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, list, 200)
}

func TestNoRequestIsBegunOnceOneHasFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{answer: func(w http.ResponseWriter, r *http.Request) {
			text, _ := io.ReadAll(r.Body)
			switch {
			case strings.Contains(string(text), `"00000"`):
				time.Sleep(time.Minute) // the first one is the slowest
				fmt.Fprint(w, `[{"id":"001000000000001AAA","success":true,"errors":[]}]`)
			case strings.Contains(string(text), `"00001"`):
				refuse(w, 403, "INSUFFICIENT_ACCESS", "no")
			default:
				fmt.Fprint(w, `[{"id":"001000000000001AAA","success":true,"errors":[]}]`)
			}
		}}
		c := newClient(t, s)
		list, err := results(t, salesforce.CreateAll(t.Context(), c, "Account", numbered(100, nil),
			&salesforce.CollectionOptions{ChunkSize: 1, InFlight: 3}))
		require.ErrorIs(t, err, salesforce.ErrAccess)
		require.Len(t, list, 3)
		require.Equal(t, 3, s.callCount())
		require.NoError(t, list[0].Err)
		require.ErrorIs(t, list[1].Err, salesforce.ErrAccess)
		require.NoError(t, list[2].Err, "it was under way")
	})
}

func TestADeleteWhoseAnswerIsLostHasDeleted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := salesforcetest.NewOrg(nil)
		id := salesforce.ID(org.Insert("Account", map[string]any{"Name": "a"}))
		c := orgClient(t, org, patient)
		remove := func() salesforce.Result {
			list, err := results(t, c.DeleteAll(t.Context(), slices.Values([]salesforce.ID{id}), nil))
			require.NoError(t, err)
			return list[0]
		}
		org.Fail(salesforcetest.Fault{Method: "DELETE", DropAfter: true})
		require.Equal(t, salesforce.Result{ID: id}, remove())
		require.ErrorIs(t, remove().Err, salesforce.ErrDeleted)
	})
}

func TestAttributesThatWereReadAreNotWritten(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	c := orgClient(t, org)
	type account struct {
		Attributes salesforce.Attributes `json:"attributes"`
		Name       string
	}
	list, err := results(t, salesforce.CreateAll(t.Context(), c, "Account",
		slices.Values([]account{{salesforce.Attributes{Type: "Contact", URL: "/x"}, `"attributes":`}, {}}), nil))
	require.NoError(t, err)
	require.NoError(t, list[0].Err)
	require.Equal(t, `"attributes":`, org.Record(string(list[0].ID))["Name"])
	for _, r := range org.Requests() {
		require.NotContains(t, r.Body, "Contact")
	}
}

func TestAnswersOfAnotherLengthAreNoAnswers(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"[]", "null", "{}", `[{"success":true},{"success":true}]`, `[{"success":true}`, ""} {
		c := newClient(t, &script{answer: body(200, answer)})
		list, err := results(t, salesforce.CreateAll(t.Context(), c, "Account", numbered(3, nil), nil))
		require.ErrorIs(t, err, salesforce.ErrOutcomeUnknown, answer)
		require.Len(t, list, 3)
		for _, r := range list {
			require.ErrorIs(t, r.Err, salesforce.ErrOutcomeUnknown)
		}
		_, err = salesforce.GetAll[salesforce.Record](t.Context(), c, "Account", []salesforce.ID{leadID}, "Name")
		require.Error(t, err)
		require.NotErrorIs(t, err, salesforce.ErrOutcomeUnknown)
	}
}

func TestGetAllKeepsDigitsAndTakesIDsOnly(t *testing.T) {
	t.Parallel()
	org := &script{answer: body(200, `[null,{"attributes":{"type":"Lead"},"Total__c":12345678901234567.89,"Any":9007199254740993}]`)}
	c := newClient(t, org)
	type lead struct {
		Total json.Number `json:"Total__c"`
		Any   any
	}
	ids := []salesforce.ID{leadID, leadID[:15]}
	found, err := salesforce.GetAll[lead](t.Context(), c, "Lead", ids, "Total__c", "Any")
	require.NoError(t, err)
	require.Equal(t, []*lead{nil, {"12345678901234567.89", json.Number("9007199254740993")}}, found)
	for _, bad := range []salesforce.ID{"", "x", "00Q00000000000'"} {
		_, err = salesforce.GetAll[lead](t.Context(), c, "Lead", []salesforce.ID{leadID, bad}, "Any")
		require.ErrorIs(t, err, salesforce.ErrValidation)
		require.ErrorContains(t, err, "record 1: ")
	}
	require.Equal(t, 1, org.callCount())
}

// TestRepetitionsOfRowsAreInTheBudget: an org whose rows are locked for good is
// not asked more often than the budget allows.
func TestRepetitionsOfRowsAreInTheBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{answer: body(200, `[{"success":false,"errors":[{"statusCode":"UNABLE_TO_LOCK_ROW","message":"x"}]}]`)}
		c := newClient(t, s, patient)
		_, err := results(t, salesforce.CreateAll(t.Context(), c, "Account", numbered(100, nil), &salesforce.CollectionOptions{ChunkSize: 1}))
		require.NoError(t, err)
		require.Less(t, s.callCount(), 100+20+100/2)
	})
}
