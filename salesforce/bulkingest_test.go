package salesforce_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func TestBulkIngestJoinsResultsToTheirRows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := salesforcetest.NewOrg(nil)
		c := orgClient(t, org, patient)
		bad := func(i int) bool { return i%50 == 3 }
		var jobs sync.Map
		list, err := results(t, salesforce.BulkIngest(t.Context(), c, salesforce.Ingest{
			Object: "Account", Operation: salesforce.BulkInsert, Columns: []string{"Name", "Phone"}, JobSize: 2000,
			Progress: func(j salesforce.Job) { jobs.Store(j.ID, j.State) },
		}, numbered(1000, bad)))
		require.NoError(t, err)
		require.Len(t, list, 1000)
		require.Len(t, org.Records("Account"), 980)
		for i, r := range list {
			if bad(i) {
				require.ErrorIs(t, r.Err, salesforce.ErrValidation)
				require.EqualError(t, r.Err, fmt.Sprintf("salesforce: bulk insert Account: record %d: "+
					"REQUIRED_FIELD_MISSING: Required fields are missing: [Name]", i))
				continue
			}
			require.NoError(t, r.Err)
			require.Equal(t, fmt.Sprintf("%05d", i), org.Record(string(r.ID))["Name"])
		}
		n := 0
		jobs.Range(func(_, state any) bool { n++; return state == salesforce.JobComplete })
		require.Equal(t, 4, n, "all jobs were awaited")
	})
}

func TestBulkRowsSayWhatIsLeftAloneAndWhatIsCleared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := salesforcetest.NewOrg(&salesforcetest.Options{Schema: salesforcetest.Schema{
			{Name: "Account", Fields: []salesforcetest.Field{{Name: "Ext__c", ExternalID: true, Unique: true}}},
		}})
		c := orgClient(t, org, patient)
		parent := org.Insert("Account", map[string]any{"Name": "Parent", "Ext__c": "p"})
		id := org.Insert("Account", map[string]any{"Name": "A", "Ext__c": "a", "Phone": "1", "Fax": "2", "Site": "3"})
		type account struct {
			Ext    string                   `json:"Ext__c"`
			Name   string                   `json:"Name,omitempty"`
			Phone  salesforce.Field[string] `json:"Phone,omitzero"`
			Fax    salesforce.Field[string] `json:"Fax,omitzero"`
			Site   string
			Parent struct {
				Ext string `json:"Ext__c,omitempty"`
			} `json:"Parent"`
		}
		rows := []account{{Ext: "a", Fax: salesforce.Null[string]()}, {Ext: "b", Name: "say \"hi\",\r\nthen go", Phone: salesforce.Value(" 9")}}
		rows[1].Parent.Ext = "p"
		list, err := results(t, salesforce.BulkIngest(t.Context(), c,
			salesforce.Ingest{Object: "Account", Operation: salesforce.BulkUpsert, ExternalID: "Ext__c"}, slices.Values(rows)))
		require.NoError(t, err)
		require.Equal(t, salesforce.Result{ID: salesforce.ID(id)}, list[0])
		require.True(t, list[1].Created)
		a, b := org.Record(id), org.Record(string(list[1].ID))
		require.Equal(t, []any{"A", "1", nil, nil}, []any{a["Name"], a["Phone"], a["Fax"], a["Site"]})
		require.Equal(t, "say \"hi\",\r\nthen go", b["Name"])
		require.Equal(t, parent, b["ParentId"])

		list, err = results(t, salesforce.BulkIngest(t.Context(), c, salesforce.Ingest{Object: "Account", Operation: salesforce.BulkDelete},
			slices.Values([]salesforce.Record{{"Id": id}, {"Id": "001xx0000099999AAA"}})))
		require.NoError(t, err)
		require.NoError(t, list[0].Err)
		require.Error(t, list[1].Err)
		require.Equal(t, true, org.Record(id)["IsDeleted"])
	})
}

func TestBulkIngestOfACSVText(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := salesforcetest.NewOrg(nil)
		c := orgClient(t, org, patient)
		in := salesforce.Ingest{Object: "Contact", Operation: salesforce.BulkInsert}
		ingest := func(text string) ([]salesforce.Result, error) {
			return results(t, c.BulkIngestCSV(t.Context(), in, strings.NewReader(text)))
		}
		list, err := ingest("LastName,FirstName\nLee,Ann\n\"Ng, jr\",\nLee,Ann\n,Nobody\n")
		require.NoError(t, err)
		require.Len(t, list, 4)
		require.NotEqual(t, list[0].ID, list[2].ID, "two equal rows are two records")
		require.Equal(t, "Ng, jr", org.Record(string(list[1].ID))["LastName"])
		require.ErrorIs(t, list[3].Err, salesforce.ErrValidation)

		list, err = ingest("LastName,FirstName\nLee,Ann\nNg\n")
		require.Len(t, list, 1)
		require.ErrorContains(t, err, "rows[3]: the row has 1 values, the first one 2")
		_, err = ingest("")
		require.ErrorContains(t, err, "read the names of the columns")
		_, err = ingest("Last Name\nx\n")
		require.ErrorIs(t, err, salesforce.ErrValidation)
	})
}

func TestAJobThatFailsEndsTheSequence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := salesforcetest.NewOrg(nil)
		list, err := results(t, salesforce.BulkIngest(t.Context(), orgClient(t, org, patient), salesforce.Ingest{
			Object: "Account", Operation: salesforce.BulkInsert, JobSize: 100, InFlight: 1,
		}, slices.Values(slices.Repeat([]salesforce.Record{{"Bogus__c": "1234567890"}}, 100))))
		require.ErrorContains(t, err, "the job ended as Failed")
		require.Less(t, len(list), 20)
		for _, r := range list {
			require.Error(t, r.Err)
		}
	})
}

func TestRowsOfALostJobHaveAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := salesforcetest.NewOrg(nil)
		org.Fail(salesforcetest.Fault{Path: "/successfulResults", Status: http.StatusNotFound, Code: "NOT_FOUND"})
		in := salesforce.Ingest{Object: "Account", Operation: salesforce.BulkInsert, Columns: []string{"Name"}}
		list, err := results(t, salesforce.BulkIngest(t.Context(), orgClient(t, org, patient), in, numbered(2, nil)))
		require.ErrorIs(t, err, salesforce.ErrOutcomeUnknown)
		require.ErrorIs(t, list[0].Err, salesforce.ErrOutcomeUnknown)
		require.Len(t, org.Records("Account"), 2)
	})
}

func TestLeavingABulkLoopAbortsItsJobs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := salesforcetest.NewOrg(&salesforcetest.Options{BulkPolls: 1 << 20})
		c := orgClient(t, org, patient)
		ctx, cancel := context.WithCancel(t.Context())
		in := salesforce.Ingest{
			Object: "Account", Operation: salesforce.BulkInsert, Columns: []string{"Name"},
			Progress: func(salesforce.Job) { cancel() },
		}
		list, err := results(t, salesforce.BulkIngest(ctx, c, in, numbered(2, nil)))
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, list[0].Err, salesforce.ErrOutcomeUnknown)
		requests := org.Requests()
		require.Equal(t, http.MethodPatch, requests[len(requests)-1].Method, "the job is aborted")
	})
}

func TestResultsOfAJobAreTakenByItsID(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := salesforcetest.NewOrg(nil)
		c := orgClient(t, org, patient)
		var id salesforce.ID
		in := salesforce.Ingest{
			Object: "Account", Operation: salesforce.BulkInsert, Columns: []string{"Name", "Phone"},
			Progress: func(j salesforce.Job) { id = j.ID },
		}
		list, err := results(t, salesforce.BulkIngest(t.Context(), c, in, numbered(10, func(i int) bool { return i == 4 })))
		require.NoError(t, err)
		found := map[string]salesforce.IngestedRow{}
		for row, err := range c.IngestResults(t.Context(), id, salesforce.Poll{}) {
			require.NoError(t, err)
			found[row.Cells["Name"]] = row
		}
		require.Len(t, found, 10)
		require.Equal(t, list[3].ID, found["00003"].ID)
		require.True(t, found["00003"].Created)
		require.ErrorIs(t, found[""].Err, salesforce.ErrValidation)
		require.Equal(t, "1", found[""].Cells["Phone"])

		for _, err := range c.IngestResults(t.Context(), id, salesforce.Poll{}) {
			require.NoError(t, err)
			break
		}
		for _, err := range c.IngestResults(t.Context(), "750xx0000000099AAA", salesforce.Poll{}) {
			require.ErrorIs(t, err, salesforce.ErrNotFound)
		}
	})
}
