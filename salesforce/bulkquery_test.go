package salesforce_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// manyContacts is an org of n contacts, of whom every third has no account.
func manyContacts(n int) *salesforcetest.Org {
	org := salesforcetest.NewOrg(nil)
	account := org.Insert("Account", map[string]any{"Name": "Say \"hi\",\nthen go"})
	for i := range n {
		fields := map[string]any{"LastName": fmt.Sprintf("%05d", i)}
		if i%3 != 0 {
			fields["AccountId"] = account
		}
		org.Insert("Contact", fields)
	}
	return org
}

type bulkContact struct {
	ID       salesforce.ID `json:"Id"`
	LastName string
	Account  *struct{ Name string }
	Created  salesforce.DateTime `json:"CreatedDate"`
	Deleted  bool                `json:"IsDeleted"`
}

const contactsInBulk = "SELECT Id, LastName, Account.Name, CreatedDate, IsDeleted FROM Contact"

func TestBulkQueryReadsAllParts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := manyContacts(1234)
		c := orgClient(t, org, patient)
		for _, inFlight := range []int{1, 3} {
			contacts, err := salesforce.Collect(salesforce.BulkQuery[bulkContact](t.Context(), c, contactsInBulk,
				&salesforce.BulkQueryOptions{PageSize: 100, InFlight: inFlight}))
			require.NoError(t, err)
			if inFlight > 1 {
				slices.SortFunc(contacts, func(a, b bulkContact) int { return strings.Compare(a.LastName, b.LastName) })
			}
			require.Len(t, contacts, 1234)
			for i, r := range contacts {
				require.Equal(t, fmt.Sprintf("%05d", i), r.LastName)
				require.Equal(t, i%3 == 0, r.Account == nil)
				require.False(t, r.Created.IsZero())
			}
			require.Equal(t, "Say \"hi\",\nthen go", contacts[1].Account.Name)
		}
		records, err := salesforce.Collect(salesforce.BulkQuery[salesforce.Record](t.Context(), c, "SELECT LastName, AccountId FROM Contact WHERE LastName = '00000'", nil))
		require.NoError(t, err)
		require.Equal(t, []salesforce.Record{{"LastName": "00000", "AccountId": nil}}, records)
		none, err := salesforce.Collect(salesforce.BulkQuery[bulkContact](t.Context(), c, contactsInBulk+" WHERE LastName = 'x'", nil))
		require.NoError(t, err)
		require.Empty(t, none)
	})
}

func TestBulkQueryIntoAFile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := manyContacts(500)
		c := orgClient(t, org, patient)
		var file bytes.Buffer
		n, err := c.BulkQueryCSV(t.Context(), &file, "SELECT Account.Name, LastName FROM Contact", &salesforce.BulkQueryOptions{PageSize: 100})
		require.NoError(t, err)
		require.Equal(t, int64(500), n)
		rows, err := csv.NewReader(&file).ReadAll()
		require.NoError(t, err)
		require.Equal(t, []string{"Account.Name", "LastName"}, rows[0])
		require.Len(t, rows, 501)
		require.Equal(t, []string{"Say \"hi\",\nthen go", "00499"}, rows[500])

		_, err = c.BulkQueryCSV(t.Context(), failingWriter{}, "SELECT LastName FROM Contact", nil)
		require.ErrorIs(t, err, errFull)
	})
}

var errFull = errors.New("disk full")

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errFull }

func TestAPartThatBreaksOffIsAskedForAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := manyContacts(300)
		c := orgClient(t, org, patient)
		_, err := c.Session(t.Context())
		require.NoError(t, err)
		for _, inFlight := range []int{1, 2} {
			for _, cut := range []int{1, 20, 1500} {
				org.Fail(salesforcetest.Fault{Path: "/results", CutAfter: cut, Times: 2})
				contacts, err := salesforce.Collect(salesforce.BulkQuery[bulkContact](t.Context(), c, contactsInBulk,
					&salesforce.BulkQueryOptions{PageSize: 100, InFlight: inFlight}))
				require.NoError(t, err)
				names := map[string]bool{}
				for _, r := range contacts {
					names[r.LastName] = true
				}
				require.Len(t, contacts, 300)
				require.Len(t, names, 300)

				org.Fail(salesforcetest.Fault{Path: "/results", CutAfter: cut, Times: 2})
				var file bytes.Buffer
				n, err := c.BulkQueryCSV(t.Context(), &file, "SELECT LastName FROM Contact", &salesforce.BulkQueryOptions{PageSize: 100})
				require.NoError(t, err)
				require.Equal(t, int64(300), n)
				require.Equal(t, 301, strings.Count(file.String(), "\n"))
			}
		}
	})
}

func TestABulkQueryThatFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := manyContacts(3)
		c := orgClient(t, org, patient)
		collect := func(ctx context.Context, soql string, opt *salesforce.BulkQueryOptions) error {
			_, err := salesforce.Collect(salesforce.BulkQuery[bulkContact](ctx, c, soql, opt))
			return err
		}
		require.ErrorIs(t, collect(t.Context(), "SELECT Bogus FROM Contact", nil), salesforce.ErrQuery)
		require.ErrorContains(t, collect(t.Context(), contactsInBulk, &salesforce.BulkQueryOptions{InFlight: 17}), "InFlight 17")
		for _, inFlight := range []int{1, 2} {
			org.Fail(salesforcetest.Fault{Path: "/result", Status: 404, Code: "NOT_FOUND"})
			require.ErrorIs(t, collect(t.Context(), contactsInBulk, &salesforce.BulkQueryOptions{InFlight: inFlight}), salesforce.ErrNotFound)
			ctx, cancel := context.WithCancel(t.Context())
			err := collect(ctx, contactsInBulk, &salesforce.BulkQueryOptions{InFlight: inFlight, Progress: func(salesforce.Job) { cancel() }})
			require.ErrorIs(t, err, context.Canceled)
		}
	})
}

func TestABulkQueryIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := manyContacts(250)
		c := orgClient(t, org, patient)
		var job salesforce.Job
		opt := &salesforce.BulkQueryOptions{PageSize: 100, Progress: func(j salesforce.Job) { job = j }}
		for _, err := range salesforce.BulkQuery[bulkContact](t.Context(), c, contactsInBulk, opt) {
			require.NoError(t, err)
			break
		}
		org.ResetRequests()
		contacts, err := salesforce.Collect(salesforce.BulkQuery[bulkContact](t.Context(), c, "", &salesforce.BulkQueryOptions{JobID: job.ID}))
		require.NoError(t, err)
		require.Len(t, contacts, 250)
		require.Equal(t, int64(250), job.Processed)
		for _, r := range org.Requests() {
			require.Equal(t, "GET", r.Method, "no job is begun")
		}
		require.NoError(t, c.DeleteQueryJob(t.Context(), job.ID))
		_, err = c.QueryJob(t.Context(), job.ID)
		require.ErrorIs(t, err, salesforce.ErrNotFound)
	})
}

// cutting breaks off answers of a path.
func cutting(part string, after, times int) salesforcetest.Fault {
	return salesforcetest.Fault{Path: part, CutAfter: after, Times: times}
}
