package salesforce_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
	"github.com/sfbridge/sfbridge/soql"
)

// pages answers each path with a page of its own.
func pages(byPath map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		text, ok := byPath[r.URL.Path]
		if !ok {
			refuse(w, 404, "NOT_FOUND", "The requested resource does not exist")
			return
		}
		_, _ = io.WriteString(w, text)
	}
}

type person struct {
	ID    salesforce.ID `json:"Id"`
	Name  string
	Owner *struct{ Name string }
	Since salesforce.DateTime `json:"CreatedDate"`
	Worth json.Number         `json:"AnnualRevenue"`
	Calls []struct {
		Subject string
		Notes   []struct{ Text string }
	}
}

func TestQueryFollowsThePagesWhateverTheVersionInTheirAddress(t *testing.T) {
	t.Parallel()
	org := &script{answer: pages(map[string]string{
		"/services/data/v60.0/query":        `{"totalSize":5,"done":false,"nextRecordsUrl":"/services/data/v60.0/query/0r8-2","records":[{"Name":"a"},{"Name":"b"}]}`,
		"/services/data/v60.0/query/0r8-2":  `{"records":[],"nextRecordsUrl":"/services/data/v59.0/query/0r8-3","done":false,"totalSize":5}`,
		"/services/data/v59.0/query/0r8-3":  `{"totalSize":5,"extra":{"x":[1]},"done":false,"records":[{"Name":"c"}],"nextRecordsUrl":"/services/data/v60.0/query/0r8-4"}`,
		"/services/data/v60.0/query/0r8-4":  `{"done":true,"totalSize":5,"records":[{"Name":"d"},{"Name":"e"}]}`,
		"/services/data/v60.0/queryAll":     `{"done":true,"totalSize":0,"records":[]}`,
		"/services/data/v60.0/query/orphan": ``,
	})}
	c := newClient(t, org, func(cfg *salesforce.Config) { cfg.Version = "60.0" })

	var names strings.Builder
	for r, err := range salesforce.Query[salesforce.Record](t.Context(), c, "SELECT Name FROM Lead", nil) {
		require.NoError(t, err)
		names.WriteString(r["Name"].(string))
	}

	require.Equal(t, "abcde", names.String())
	require.Equal(t, 4, org.callCount())
}

func TestQueryFetchesAPageOnlyWhenTheLoopReachesIt(t *testing.T) {
	t.Parallel()
	org := &script{answer: pages(map[string]string{
		"/services/data/v66.0/query": `{"totalSize":3,"done":false,"nextRecordsUrl":"/services/data/v66.0/query/0r8-2","records":[{"Name":"a"},{"Name":"b"}]}`,
	})}
	c := newClient(t, org)

	for _, err := range salesforce.Query[salesforce.Record](t.Context(), c, "SELECT Name FROM Lead", nil) {
		require.NoError(t, err)
		break
	}

	require.Equal(t, 1, org.callCount())
}

func TestBreakClosesTheBody(t *testing.T) {
	t.Parallel()
	closed := make(chan struct{})
	org := &script{answer: func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"totalSize":100000,"done":true,"records":[{"Name":"a"}`)
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, strings.Repeat(`,{"Name":"b"}`, 1000)); err != nil {
				break
			}
		}
		close(closed)
	}}
	c, _ := newSocketClient(t, org)

	for r, err := range salesforce.Query[salesforce.Record](t.Context(), c, "SELECT Name FROM Lead", nil) {
		require.NoError(t, err)
		require.Equal(t, "a", r["Name"])
		break
	}

	<-closed // the server notices
}

func TestQueryDecodesStructsParentsAndChildren(t *testing.T) {
	t.Parallel()
	org := &script{answer: pages(map[string]string{
		"/services/data/v66.0/query": `{"totalSize":2,"done":true,"records":[
			{"attributes":{"type":"Account"},"Id":"001RM000003oLnnYAE","Name":"\"records\"","Owner":{"attributes":{},"Name":"Ada"},
			 "CreatedDate":"2026-08-24T21:26:29.000+0000","AnnualRevenue":12345678901234567.89,
			 "Calls":{"totalSize":3,"done":false,"nextRecordsUrl":"/services/data/v66.0/query/0r8-child","records":[
				{"Subject":"one","Notes":{"done":true,"records":[{"Text":"n"}]}}]}},
			{"Id":"001RM000003oLnnYAE","Owner":null,"CreatedDate":null,"Calls":null}]}`,
		"/services/data/v66.0/query/0r8-child": `{"done":false,"nextRecordsUrl":"/services/data/v66.0/query/0r8-child2","records":[
			{"Subject":"two","Notes":{"done":false,"nextRecordsUrl":"/services/data/v66.0/query/0r8-notes","records":[]}}]}`,
		"/services/data/v66.0/query/0r8-child2": `{"done":true,"records":[{"Subject":"three","Notes":null}]}`,
		"/services/data/v66.0/query/0r8-notes":  `{"done":true,"records":[{"Text":"m"}]}`,
	})}
	c := newClient(t, org)

	people, err := salesforce.Collect(salesforce.Query[person](t.Context(), c, "SELECT …", nil))

	require.NoError(t, err)
	require.Len(t, people, 2)
	p := people[0]
	require.Equal(t, `"records"`, p.Name)
	require.Equal(t, "Ada", p.Owner.Name)
	require.Equal(t, json.Number("12345678901234567.89"), p.Worth)
	require.Equal(t, "2026-08-24T21:26:29.000Z", p.Since.String())
	require.Len(t, p.Calls, 3, "every page of the child list")
	require.Equal(t, "three", p.Calls[2].Subject)
	require.Equal(t, "m", p.Calls[1].Notes[0].Text)
	require.Nil(t, people[1].Owner)

	records, err := salesforce.Collect(salesforce.Query[salesforce.Record](t.Context(), c, "SELECT …", nil))

	require.NoError(t, err)
	calls := records[0]["Calls"].([]salesforce.Record)
	require.Len(t, calls, 3)
	require.Equal(t, []salesforce.Record{{"Text": "m"}}, calls[1]["Notes"])
	require.Nil(t, records[1]["Calls"])
}

func TestQueryNeverTruncatesInSilence(t *testing.T) {
	t.Parallel()
	for name, page := range map[string]string{
		"no next page":           `{"totalSize":2,"done":false,"records":[{"Name":"a"}]}`,
		"child without next":     `{"totalSize":1,"done":true,"records":[{"Calls":{"done":false,"records":[]}}]}`,
		"cut in a record":        `{"totalSize":2,"done":true,"records":[{"Name":"a"},{"Na`,
		"cut between records":    `{"totalSize":2,"done":true,"records":[{"Name":"a"}`,
		"cut after the records":  `{"totalSize":2,"records":[{"Name":"a"}]`,
		"no records":             `{"totalSize":2,"done":true}`,
		"records twice":          `{"done":true,"records":[],"records":[]}`,
		"records that are none":  `{"done":true,"records":{}}`,
		"record that is none":    `{"done":true,"records":[5]}`,
		"no object":              `[]`,
		"page of a proxy":        `<html>hello</html>`,
		"empty":                  ``,
		"another host":           `{"done":false,"nextRecordsUrl":"https://evil.example.com/services/data/v66.0/query/1","records":[]}`,
		"another host, no colon": `{"done":false,"nextRecordsUrl":"//evil.example.com/services/data/v66.0/query/1","records":[]}`,
	} {
		org := &script{answer: body(200, page)}
		c := newClient(t, org)

		_, err := salesforce.Collect(salesforce.Query[person](t.Context(), c, "SELECT Name FROM Lead", nil))

		require.Error(t, err, name)
		require.NotErrorIs(t, err, salesforce.ErrOutcomeUnknown, name)
		want := 1
		if name == "empty" { // it broke off before anything was taken of it
			want = 5
		}
		require.Equal(t, want, org.callCount(), name)
	}
}

func TestQueryErrorsComeOnceAndLast(t *testing.T) {
	t.Parallel()
	org := &script{answer: pages(map[string]string{
		"/services/data/v66.0/query": `{"totalSize":3,"done":false,"nextRecordsUrl":"/services/data/v66.0/query/gone","records":[{"Name":"a"}]}`,
	})}
	c := newClient(t, org)
	var names []any
	var last error
	for r, err := range salesforce.Query[salesforce.Record](t.Context(), c, "SELECT Name FROM Lead", nil) {
		names, last = append(names, r["Name"]), err
	}

	require.Equal(t, []any{"a", nil}, names)
	require.ErrorIs(t, last, salesforce.ErrNotFound)
}

func TestQueryStopsWhenTheContextEnds(t *testing.T) {
	t.Parallel()
	org := &script{answer: func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"totalSize":2,"done":true,"records":[{"Name":"a"}`+strings.Repeat(" ", 8192))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}}
	c, _ := newSocketClient(t, org)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var got []error
	for _, err := range salesforce.Query[salesforce.Record](ctx, c, "SELECT Name FROM Lead", nil) {
		got = append(got, err)
		cancel()
	}

	require.Len(t, got, 2)
	require.NoError(t, got[0])
	require.ErrorIs(t, got[1], context.Canceled)
}

func TestQueryOptions(t *testing.T) {
	t.Parallel()
	var batch string
	org := &script{answer: func(w http.ResponseWriter, r *http.Request) {
		batch = r.Header.Get("Sforce-Query-Options")
		_, _ = io.WriteString(w, rows(0))
	}}
	c := newClient(t, org)

	_, err := salesforce.Collect(salesforce.Query[salesforce.Record](t.Context(), c, "SELECT Id FROM Lead WHERE At__c > 2026-08-24T21:26:29+02:00",
		&salesforce.QueryOptions{All: true, BatchSize: 500}))

	require.NoError(t, err)
	require.Equal(t, "batchSize=500", batch)
	require.Equal(t, []string{"GET /services/data/v66.0/queryAll?q=SELECT+Id+FROM+Lead+WHERE+At__c+%3E+2026-08-24T21%3A26%3A29%2B02%3A00"}, org.called())

	_, err = salesforce.Collect(salesforce.Query[salesforce.Record](t.Context(), c, "SELECT", &salesforce.QueryOptions{BatchSize: 100}))
	require.ErrorContains(t, err, "BatchSize 100")
}

func TestCount(t *testing.T) {
	t.Parallel()
	c := newClient(t, &script{answer: answers(body(200, `{"totalSize":4711,"done":true,"records":[]}`), body(200, rows(2)))})

	n, err := c.Count(t.Context(), "SELECT COUNT() FROM Lead")
	require.NoError(t, err)
	require.Equal(t, 4711, n)

	_, err = c.Count(t.Context(), "SELECT COUNT(Id) FROM Lead")
	require.ErrorIs(t, err, salesforce.ErrQuery)
}

func TestMismatchOfTypesNamesTheType(t *testing.T) {
	t.Parallel()
	c := newClient(t, &script{answer: body(200, rows(1))})

	_, err := salesforce.Collect(salesforce.Query[struct{ Name int }](t.Context(), c, "SELECT Name FROM Lead", nil))

	require.ErrorContains(t, err, "salesforce: query: decode a record into struct { Name int }")
}

// A log may hold an error, and must not hold what a record says.
func TestErrorsHoldNoValuesOfRecords(t *testing.T) {
	t.Parallel()
	const name, page = "Ada Lovelace", `{"totalSize":1,"done":true,"records":[{"Name":"Ada Lovelace"}]}`
	c := newClient(t, &script{answer: body(200, page)})
	read := []func(string) error{
		func(soql string) error {
			return firstError(salesforce.Query[struct{ Name time.Time }](t.Context(), c, soql, nil))
		},
		func(soql string) error {
			return firstError(salesforce.Query[struct{ Name salesforce.DateTime }](t.Context(), c, soql, nil))
		},
		func(soql string) error {
			return firstError(salesforce.Query[struct{ Name salesforce.Date }](t.Context(), c, soql, nil))
		},
		func(soql string) error {
			return firstError(salesforce.Query[struct{ Name salesforce.Field[bool] }](t.Context(), c, soql, nil))
		},
		func(soql string) error {
			return firstError(salesforce.Query[struct{ Name json.Number }](t.Context(), c, soql, nil))
		},
	}
	for i, f := range read {
		err := f("SELECT Name FROM Lead WHERE Name = 'Ada Lovelace'")
		require.ErrorContains(t, err, "records[0].Name: ", i)
		require.NotContains(t, err.Error(), "Ada", i)
	}
	for _, add := range []func(*salesforce.Composite){
		func(b *salesforce.Composite) { b.Upsert("Lead", "Email__c", name+" @{r1.id}", lead) },
		func(b *salesforce.Composite) { b.Create("Lead", salesforce.Record{"Name": name + " @{r1.id}"}) },
		func(b *salesforce.Composite) { b.Query("SELECT Id FROM Lead WHERE Name = 'Ada @{r1.id}'") },
	} {
		var batch salesforce.Composite
		add(&batch)
		_, err := c.Composite(t.Context(), &batch)
		require.ErrorContains(t, err, "would be taken for a reference")
		require.NotContains(t, err.Error(), "Ada")
	}
}

func firstError[T any](seq iter.Seq2[T, error]) error {
	_, err := salesforce.Collect(seq)
	return err
}

func TestMemoryOfAQueryDoesNotGrowWithItsPage(t *testing.T) {
	const records = 100_000 // 10 MB
	org := &script{answer: func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"totalSize":100000,"done":true,"records":[{"Name":"first"}`)
		rest := `,{"Name":"` + strings.Repeat("x", 90) + `"}`
		for range records - 1 {
			_, _ = io.WriteString(w, rest)
		}
		_, _ = io.WriteString(w, `]}`)
	}}
	c, _ := newSocketClient(t, org)
	n := 0

	peak := peakHeap(func() {
		for _, err := range salesforce.Query[person](t.Context(), c, "SELECT Name FROM Lead", nil) {
			require.NoError(t, err)
			n++
		}
	})

	require.Equal(t, records, n)
	t.Logf("heap grew by %d KB", peak>>10)
	require.Less(t, peak, uint64(4<<20))
}

// An IN list has as many values as somebody needs.
func TestQueryTreeWithTwentyThousandIDs(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	c := orgClient(t, org)
	ids := make([]string, 20_000)
	for i := range ids {
		ids[i] = org.Insert("Account", map[string]any{"Name": fmt.Sprintf("Account %d", i), "Site": fmt.Sprint(i % 2)})
	}
	q := &soql.Query{
		Select: soql.Fields("Id"), From: soql.From{Object: "Account"},
		Where: soql.And(soql.Eq("Site", "1"), soql.In("Id", append(ids, ids[1][:15]))),
	}
	org.ResetRequests()

	found := map[string]int{}
	for r, err := range salesforce.QueryTree[salesforce.Record](t.Context(), c, q, nil) {
		require.NoError(t, err)
		found[fmt.Sprint(r["Id"])]++
	}

	require.Len(t, found, len(ids)/2)
	for id, n := range found {
		require.Equal(t, 1, n, id)
	}
	require.Equal(t, 5, sent(org, "/composite"), "queries of 100,000 characters")

	q.OrderBy = []soql.Order{{Expr: soql.FieldPath("Name")}}
	_, err := salesforce.Collect(salesforce.QueryTree[salesforce.Record](t.Context(), c, q, nil))
	require.ErrorIs(t, err, salesforce.ErrQuery)
	require.ErrorContains(t, err, "cannot be split: it has ORDER BY")
}
