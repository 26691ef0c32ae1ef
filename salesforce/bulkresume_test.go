package salesforce_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
)

func TestResultOfAQueryJobIsTakenUpWhereItWasLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := orgClient(t, manyContacts(250), patient)
		job, err := c.CreateQueryJob(t.Context(), contactsInBulk, true)
		require.NoError(t, err)
		ended, err := c.AwaitQueryJob(t.Context(), job.ID, salesforce.Poll{}, nil)
		require.NoError(t, err)
		require.Equal(t, int64(250), ended.Processed)

		var at salesforce.BulkPlace
		opt := salesforce.BulkQueryOptions{JobID: job.ID, PageSize: 100, Part: func(p salesforce.BulkPlace) { at = p }}
		read := 0
		for _, err := range salesforce.BulkQuery[bulkContact](t.Context(), c, "", &opt) {
			require.NoError(t, err)
			if read++; read == 120 {
				break
			}
		}
		require.Equal(t, int64(100), at.Rows)

		opt.From = at
		rest, err := salesforce.Collect(salesforce.BulkQuery[bulkContact](t.Context(), c, "", &opt))

		require.NoError(t, err)
		require.Len(t, rest, 150)
		require.Equal(t, fmt.Sprintf("%05d", 100), rest[0].LastName)
		require.Equal(t, int64(200), at.Rows)
	})
}

func TestAPlaceInAResultNeedsItsJob(t *testing.T) {
	t.Parallel()
	c := orgClient(t, manyContacts(1), patient)
	_, err := salesforce.Collect(salesforce.BulkQuery[bulkContact](t.Context(), c, contactsInBulk,
		&salesforce.BulkQueryOptions{From: salesforce.BulkPlace{Locator: "x"}}))
	require.ErrorContains(t, err, "From is a place in the result of a JobID")
}

func TestTallyCountsWhatOnePieceOfWorkAsks(t *testing.T) {
	t.Parallel()
	c := orgClient(t, manyContacts(10), patient)
	var tally salesforce.Tally
	ctx := tally.Within(t.Context())

	_, err := c.Count(ctx, "SELECT COUNT() FROM Contact")
	require.NoError(t, err)
	_, err = c.Count(t.Context(), "SELECT COUNT() FROM Contact") // somebody else's
	require.NoError(t, err)
	_, err = c.Describe(ctx, "Contact")
	require.NoError(t, err)

	require.Equal(t, int64(2), tally.Requests())
}
