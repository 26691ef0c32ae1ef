package salesforce_test

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
)

// bulkScript is an org that tells of an ingest job what a test wants to hear.
type bulkScript struct {
	state string            // of the job, JobComplete by default
	lists map[string]string // its results, by the ends of their paths

	mu   sync.Mutex
	sent []string // the CSV of each job
}

func (b *bulkScript) answer(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	b.mu.Lock()
	defer b.mu.Unlock()
	last := path.Base(r.URL.Path)
	list, told := b.lists[last]
	switch {
	case r.Method == http.MethodPut:
		b.sent = append(b.sent, string(text))
		w.WriteHeader(http.StatusCreated)
	case told:
		_, _ = io.WriteString(w, list)
	case strings.HasSuffix(last, "Results") || last == "unprocessedrecords":
	default:
		fmt.Fprintf(w, `{"id":"750xx0000000001AAA","state":%q}`, cmp.Or(b.state, "JobComplete"))
	}
}

// ingestTold writes rows to an org that answers lists of results.
func ingestTold(t *testing.T, b *bulkScript, rows ...salesforce.Record) (list []salesforce.Result, err error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		list, err = results(t, salesforce.BulkIngest(t.Context(), newClient(t, &script{answer: b.answer}), salesforce.Ingest{
			Object: "Account", Operation: salesforce.BulkInsert, Columns: []string{"Name", "Phone"},
		}, slices.Values(rows)))
	})
	return list, err
}

const successes = `"sf__Id","sf__Created",`

func TestResultsFindTheirRows(t *testing.T) {
	t.Parallel()
	awkward := []string{
		"plain", " spaces around ", "say \"hi\"", "a,b", "line\nbreak", "crlf\r\nbreak", "=1+1", "日本 🎈", "x\x00y", "'", `\`, "\u00a0", "-", "1e3", "TRUE",
	}
	rows := make([]salesforce.Record, len(awkward))
	var told []string
	quote := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	for i, name := range awkward {
		rows[i] = salesforce.Record{"Name": name}
		told = append(told, fmt.Sprintf("%q,\"true\",\"\",%s\n", fmt.Sprintf("001xx000000%04d", i), quote(name)))
	}
	slices.Reverse(told)

	// The columns stand in another order and another case.
	list, err := ingestTold(t, &bulkScript{lists: map[string]string{
		"successfulResults": successes + "\"PHONE\",\"name\"\n" + strings.Join(told, ""),
	}}, rows...)

	require.NoError(t, err)
	for i, r := range list {
		require.NoError(t, r.Err)
		require.True(t, r.ID.Equal(salesforce.ID(fmt.Sprintf("001xx000000%04d", i))), "%q", awkward[i])
		require.Len(t, r.ID, 18)
	}
}

func TestResultsInOtherWordsFindTheirRows(t *testing.T) {
	t.Parallel()
	b := &bulkScript{lists: map[string]string{
		"successfulResults": successes + "Name,Phone\n001xx0000000001,true,x,\n001xx0000000002,true,\"a\nb\",\n001xx0000000003,true,x,\n",
		"failedResults":     "sf__Id,sf__Error,Name,Phone\n,DUPLICATES_DETECTED:no:--,y,\n",
	}}
	list, err := ingestTold(t, b,
		salesforce.Record{"Name": " x"}, salesforce.Record{"Name": "a\r\nb"}, salesforce.Record{"Name": "x"}, salesforce.Record{"Name": "y", "Phone": nil})
	require.NoError(t, err)
	for i, short := range []salesforce.ID{"001xx0000000003", "001xx0000000002", "001xx0000000001"} {
		require.True(t, list[i].ID.Equal(short), "the one that is the same goes before the one that is nearly so: %v", list)
	}
	require.ErrorIs(t, list[3].Err, salesforce.ErrDuplicate)
}

func TestResultsThatAreOfNoRowAreNotGuessed(t *testing.T) {
	t.Parallel()
	for name, list := range map[string]string{
		"nothing at all":     "",
		"no rows":            successes + "Name,Phone\n",
		"another row":        successes + "Name,Phone\n001xx0000000001,true,z,\n",
		"another case":       successes + "Name,Phone\n001xx0000000001,true,X,\n",
		"told twice":         successes + "Name,Phone\n001xx0000000001,true,z,\n001xx0000000001,true,z,\n",
		"a missing column":   successes + "Name\n001xx0000000001,true,x\n",
		"no columns of ours": "Name,Phone\nx,\n",
		"a page of a proxy":  "<html><head><title>Down</title></head>\n",
		"too few cells":      successes + "Name,Phone\n001xx0000000001,true\n",
		"a quote left open":  successes + "Name,Phone\n001xx0000000001,true,\"x,\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := ingestTold(t, &bulkScript{lists: map[string]string{"successfulResults": list}}, salesforce.Record{"Name": "x"})
			require.Len(t, got, 1)
			require.ErrorIs(t, got[0].Err, salesforce.ErrOutcomeUnknown)
			require.False(t, salesforce.Retryable(got[0].Err))
			require.Empty(t, got[0].ID)
		})
	}
}

func TestAJobThatFailsMidwayTellsEachRow(t *testing.T) {
	t.Parallel()
	b := &bulkScript{state: "Failed", lists: map[string]string{
		"successfulResults":  successes + "Name,Phone\n001xx0000000001,true,a,\n001xx0000000002,true,a,\n",
		"failedResults":      "sf__Id,sf__Error,Name,Phone\n,\"UNABLE_TO_LOCK_ROW:busy: now:--\",b,\n",
		"unprocessedrecords": "Name,Phone\na,\nc,\n",
	}}
	row := func(name string) salesforce.Record { return salesforce.Record{"Name": name} }
	list, err := ingestTold(t, b, row("a"), row("b"), row("a"), row("a"), row("c"))
	require.ErrorContains(t, err, "the job ended as Failed")
	require.NoError(t, list[0].Err)
	require.EqualError(t, list[1].Err, "salesforce: bulk insert Account: record 1: UNABLE_TO_LOCK_ROW: busy: now")
	require.NoError(t, list[2].Err)
	require.ErrorContains(t, list[3].Err, "record 3: the job ended as Failed")
	require.ErrorContains(t, list[4].Err, "record 4: the job ended as Failed")
	require.NotErrorIs(t, list[4].Err, salesforce.ErrOutcomeUnknown, "it was not processed")
}

func TestListsOfResultsThatBreakOffAreAskedForAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := manyContacts(0)
		c := orgClient(t, org, patient)
		for _, cut := range []int{-1, 10, 200, 1000} {
			for _, list := range []string{"/successfulResults", "/failedResults"} {
				org.Fail(cutting(list, cut, 3))
			}
			// Equal rows make a row that is taken twice show.
			rows := append(slices.Repeat([]salesforce.Record{{"Name": "same"}}, 50), slices.Repeat([]salesforce.Record{{"Phone": "1"}}, 50)...)
			list, err := results(t, salesforce.BulkIngest(t.Context(), c, salesforce.Ingest{
				Object: "Account", Operation: salesforce.BulkInsert, Columns: []string{"Name", "Phone"},
			}, slices.Values(rows)))
			require.NoError(t, err)
			ids := map[salesforce.ID]bool{}
			for i, r := range list {
				require.Equal(t, i < 50, r.Err == nil)
				require.NotErrorIs(t, r.Err, salesforce.ErrOutcomeUnknown)
				ids[r.ID] = true
			}
			require.Len(t, ids, 51, "fifty and none")
		}
	})
}

func TestColumnsThatCannotBe(t *testing.T) {
	t.Parallel()
	b := &bulkScript{}
	c := newClient(t, &script{answer: b.answer})
	ingest := func(columns []string, rows ...any) ([]salesforce.Result, error) {
		return results(t, salesforce.BulkIngest(t.Context(), c,
			salesforce.Ingest{Object: "Account", Operation: salesforce.BulkInsert, Columns: columns}, slices.Values(rows)))
	}
	for _, columns := range [][]string{{"Name", "NAME"}, {}, {"Name", "Phone", "name"}, {"a b"}, {""}} {
		_, err := ingest(columns, salesforce.Record{"Name": "x"})
		require.ErrorIs(t, err, salesforce.ErrValidation)
	}
	for _, first := range []any{salesforce.Record{}, salesforce.Record{"Name": 1, "name": 2}, nil, (*struct{})(nil), salesforce.Record(nil), 7, []int{1}} {
		_, err := ingest(nil, first)
		require.ErrorIs(t, err, salesforce.ErrValidation)
	}
	_, err := results(t, c.BulkIngestCSV(t.Context(), salesforce.Ingest{Object: "Account", Operation: salesforce.BulkInsert},
		strings.NewReader("Name,name\nx,y\n")))
	require.ErrorContains(t, err, "the column name comes twice")
	require.Empty(t, b.sent)
}

func TestRowsThatCannotBeHaveTheirResults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bulkScript{lists: map[string]string{"successfulResults": successes + "Name,Phone\n001xx0000000001,true,x,\n"}}
		rows := []any{
			nil, salesforce.Record(nil), (*struct{})(nil), 7, make(chan int),
			salesforce.Record{"Name": "#N/A"},
			salesforce.Record{"Name": 1, "NAME": 2},
			salesforce.Record{"Other": 1},
			salesforce.Record{"Name": []int{1}},
			struct{ Phone salesforce.Field[string] }{},
			salesforce.Record{"name": "x"},
		}
		list, err := results(t, salesforce.BulkIngest(t.Context(), newClient(t, &script{answer: b.answer}), salesforce.Ingest{
			Object: "Account", Operation: salesforce.BulkInsert, Columns: []string{"Name", "Phone"},
		}, slices.Values(rows)))
		require.NoError(t, err)
		require.Len(t, list, len(rows))
		for i, r := range list[:len(rows)-1] {
			require.ErrorIs(t, r.Err, salesforce.ErrValidation, "%d", i)
			require.ErrorContains(t, r.Err, fmt.Sprintf("record %d: ", i))
		}
		require.NoError(t, list[len(rows)-1].Err)
		require.Equal(t, []string{"Name,Phone\nx,\n"}, b.sent)
	})
}

// bulkPerson has what structs of bulk rows may have: an embedded one, parents by
// value and by pointer, and a field of three states.
type bulkPerson struct {
	named
	Phone   salesforce.Field[string] `json:",omitzero"`
	Account *byNumber
	Manager byNumber `json:"ReportsTo"`
}

type named struct{ LastName string }

type byNumber struct {
	Number string `json:"Number__c,omitempty"`
}

func TestStructsAsBulkRows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bulkScript{}
		c := newClient(t, &script{answer: b.answer})
		people := []bulkPerson{
			{named: named{"Lee"}, Account: &byNumber{"7"}, Manager: byNumber{"8"}},
			{named: named{"Ng"}, Phone: salesforce.Value("1")},
			{named: named{"Wu"}, Phone: salesforce.Null[string](), Account: &byNumber{}},
		}
		in := salesforce.Ingest{Object: "Contact", Operation: salesforce.BulkInsert}
		_, err := results(t, salesforce.BulkIngest(t.Context(), c, in, slices.Values(people)))
		require.NoError(t, err)
		pointers := []*bulkPerson{&people[0], &people[1], &people[2]}
		_, err = results(t, salesforce.BulkIngest(t.Context(), c, in, slices.Values(pointers)))
		require.NoError(t, err)
		want := "LastName,Phone,Account.Number__c,ReportsTo.Number__c\nLee,,7,8\nNg,1,#N/A,\nWu,#N/A,,\n"
		require.Equal(t, []string{want, want}, b.sent)
	})
}

func TestByteOrderMarksArePassedOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &bulkScript{}
		c := newClient(t, &script{answer: b.answer})
		for _, text := range []string{"\ufeffName\r\nx\r\n", "\ufeff\"Name\"\n\"x\"\n", "Name\nx", "\ufeff"} {
			_, err := results(t, c.BulkIngestCSV(t.Context(), salesforce.Ingest{Object: "Account", Operation: salesforce.BulkInsert}, strings.NewReader(text)))
			require.Equal(t, text == "\ufeff", err != nil)
		}
		require.Equal(t, slices.Repeat([]string{"Name\nx\n"}, 3), b.sent)
	})
}

// TestAJobThatNeverBeganHasDoneNothing: as long as Salesforce has not been told
// to begin, no row is written, whatever became of the requests.
func TestAJobThatNeverBeganHasDoneNothing(t *testing.T) {
	t.Parallel()
	for request, unknown := range map[string]bool{
		"POST": false, "PUT": false, "PATCH": true,
	} {
		synctest.Test(t, func(t *testing.T) {
			b := &bulkScript{}
			c := newClient(t, &script{answer: func(w http.ResponseWriter, r *http.Request) {
				if r.Method == request {
					drops(w, r)
				}
				b.answer(w, r)
			}}, patient)
			list, err := results(t, salesforce.BulkIngest(t.Context(), c, salesforce.Ingest{
				Object: "Account", Operation: salesforce.BulkInsert, Columns: []string{"Name"},
			}, slices.Values([]salesforce.Record{{"Name": "x"}})))
			require.ErrorIs(t, err, salesforce.ErrUnavailable, request)
			require.Equal(t, unknown, salesforce.Retryable(err) == false, request)
			for _, r := range list {
				require.Equal(t, err.Error(), r.Err.Error())
			}
		})
	}
}

func TestJobsOfEverySizeAreAwaited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, size := range []int{1, 17, 18, 19, 36, 100} { // a row has 18 bytes
			var mu sync.Mutex
			ended := map[string]int{}
			b := &bulkScript{}
			jobs := 0
			c := newClient(t, &script{answer: func(w http.ResponseWriter, r *http.Request) {
				switch last := path.Base(r.URL.Path); {
				case r.Method == http.MethodPost:
					mu.Lock()
					jobs++
					fmt.Fprintf(w, `{"id":"750xx000000%04d","state":"Open"}`, jobs)
					mu.Unlock()
				case strings.HasPrefix(last, "750") && r.Method == http.MethodGet:
					mu.Lock()
					ended[last[:15]]++
					n := ended[last[:15]]
					mu.Unlock()
					state := "InProgress"
					if n == 3 {
						state = "JobComplete"
					}
					fmt.Fprintf(w, `{"id":%q,"state":%q}`, last, state)
				default:
					b.answer(w, r)
				}
			}})
			began := time.Now()
			list, err := results(t, salesforce.BulkIngest(t.Context(), c, salesforce.Ingest{
				Object: "Account", Operation: salesforce.BulkInsert, Columns: []string{"Name"}, JobSize: size, InFlight: 3,
			}, slices.Values(slices.Repeat([]salesforce.Record{{"Name": strings.Repeat("x", 17)}}, 7))))
			require.NoError(t, err)
			require.Len(t, list, 7)
			for n := range maps.Values(ended) {
				require.Equal(t, 3, n)
			}
			require.Len(t, ended, jobs)
			require.Equal(t, (7+max(1, size/18)-1)/max(1, size/18), jobs, "%d", size)
			require.Greater(t, time.Since(began), 4*time.Second, "the pauses grow")
		}
	})
}
