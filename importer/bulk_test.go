package importer_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// many fills the org with customers, contacts and projects, some deleted.
func (w *world) many(n int) {
	for i := range n {
		account := w.account(fmt.Sprintf("Account %02d", i), "Phone", fmt.Sprint(i), "NumberOfEmployees", i, "ZEP__c", i%4 != 0)
		w.contact(account, fmt.Sprintf("Contact %02d", i), "Email", fmt.Sprintf("c%d@example.com", i))
		w.opportunity(account, fmt.Sprintf("Tower, \"%02d\"", i), "Closed Won", "Amount", 100+i)
		if i%5 == 0 {
			w.org.Delete(account)
		}
	}
}

// inBulk makes objects of more than ten records large.
func (w *world) inBulk(adjust ...func(*importer.Config)) {
	w.tune = func(c *importer.Config) {
		c.BulkAbove = 10
		for _, f := range adjust {
			f(c)
		}
	}
}

// asked counts the org's requests of a method whose path holds part.
func (w *world) asked(method, part string) (n int) {
	for _, r := range w.org.Requests() {
		if r.Method == method && strings.Contains(r.Path, part) {
			n++
		}
	}
	return n
}

// sameAs requires the host's end state to be that of another one.
func (w *world) sameAs(t *testing.T, other *world) {
	t.Helper()
	require.Equal(t, other.dump(t), w.dump(t))
}

// paged is the world after an undisturbed complete import, page by page.
func paged(t *testing.T, n int) *world {
	t.Helper()
	w := newWorld(t)
	w.many(n)
	complete(t, w.importer(t))
	require.Zero(t, w.asked(http.MethodPost, "/jobs/query"))
	return w
}

func TestLargeObjectsAreReadInBulk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.many(20)
	w.inBulk()

	report := complete(t, w.importer(t))

	require.Equal(t, 20, report.Run.Counts["Account"].Read)
	require.Empty(t, report.Run.Warnings)
	require.Equal(t, 3, w.asked(http.MethodPost, "/jobs/query"))
	require.Equal(t, 3, w.asked(http.MethodDelete, "/jobs/query/"))
	require.Zero(t, w.asked(http.MethodGet, "/queryAll"), "nothing was left to be read page by page")
	w.sameAs(t, paged(t, 20))
}

// stopAfter stops a run once that many pages are in the host.
func stopAfter(pages int, stop func()) func(*importer.Config) {
	return func(c *importer.Config) {
		c.Progress = func(e importer.Event) {
			if e.Step == "applied" {
				if pages--; pages == 0 {
					stop()
				}
			}
		}
	}
}

func TestBulkResultIsTakenUpWhereTheRunStopped(t *testing.T) {
	t.Parallel()
	const n = 100 // more rows than a part of a result has
	undisturbed := paged(t, n)
	for _, pages := range []int{1, 2, 24, 25, 26, 30} {
		t.Run(fmt.Sprint(pages), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.many(n)
			ctx, cancel := context.WithCancel(t.Context())
			w.inBulk(stopAfter(pages, cancel))
			_, err := w.importer(t).Complete(ctx, "anna", nil)
			require.ErrorIs(t, err, context.Canceled)

			w.inBulk()
			report := complete(t, w.importer(t))

			require.NotNil(t, report.Resumed)
			counts := report.Resumed.Run.Counts["Account"]
			require.Equal(t, n, counts.Read)
			require.Zero(t, counts.Unchanged, "no page was applied twice")
			require.Equal(t, 3, w.asked(http.MethodPost, "/jobs/query"))
			require.Equal(t, 3, w.asked(http.MethodDelete, "/jobs/query/"))
			w.sameAs(t, undisturbed)
		})
	}
}

func TestRecordsThatAreNewerThanTheJobDoNotMakeItsResultShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.many(20)
	ctx, cancel := context.WithCancel(t.Context())
	w.inBulk(stopAfter(2, cancel))
	_, err := w.importer(t).Complete(ctx, "anna", nil)
	require.ErrorIs(t, err, context.Canceled)

	w.org.Advance(time.Hour)
	late := w.account("Late")
	w.inBulk()
	report := complete(t, w.importer(t))

	require.Equal(t, 20, report.Resumed.Run.Counts["Account"].Read)
	require.Equal(t, 3, w.asked(http.MethodPost, "/jobs/query"))
	require.Equal(t, "Late", w.value(t, "customers", late, "name"))
}

func TestObjectBeginsAgainWhenItsJobIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.many(20)
	ctx, cancel := context.WithCancel(t.Context())
	w.inBulk(stopAfter(2, cancel))
	_, err := w.importer(t).Complete(ctx, "anna", nil)
	require.ErrorIs(t, err, context.Canceled)

	w.org.Fail(salesforcetest.Fault{Method: http.MethodGet, Path: "/jobs/query/", Status: http.StatusNotFound, Code: "NOT_FOUND"})
	w.inBulk()
	complete(t, w.importer(t))

	require.Equal(t, 4, w.asked(http.MethodPost, "/jobs/query"))
	w.sameAs(t, paged(t, 20))
}

func TestJobWhoseAnswerWasLostIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.many(20)
	w.inBulk()
	w.org.Fail(salesforcetest.Fault{Method: http.MethodPost, Path: "/jobs/query", DropAfter: true})
	_, err := w.importer(t).Complete(t.Context(), "anna", nil)
	require.Error(t, err)

	complete(t, w.importer(t))

	require.Equal(t, 4, w.asked(http.MethodPost, "/jobs/query"))
	w.sameAs(t, paged(t, 20))
}

func TestOrgThatRefusesBulkIsReadPageByPage(t *testing.T) {
	t.Parallel()
	const jobs = "/jobs/query"
	for name, fault := range map[string]salesforcetest.Fault{
		"not enabled":  {Method: http.MethodPost, Path: jobs, Status: http.StatusForbidden, Code: "API_DISABLED_FOR_ORG", Times: -1},
		"unsupported":  {Method: http.MethodPost, Path: jobs, Status: http.StatusBadRequest, Code: "INVALIDENTITY", Times: -1},
		"always gone":  {Method: http.MethodGet, Path: jobs + "/", Status: http.StatusNotFound, Code: "NOT_FOUND", Times: -1},
		"failed":       {Method: http.MethodGet, Path: jobs + "/", Status: http.StatusOK, ContentType: "application/json", Body: `{"id":"750xx00000000AaAAI","state":"Failed"}`, Times: -1},
		"short result": {Method: http.MethodGet, Path: jobs + "/", Status: http.StatusOK, ContentType: "application/json", Body: `{"id":"750xx00000000AaAAI","state":"JobComplete","numberRecordsProcessed":7}`, Times: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.many(20)
			w.inBulk()
			w.org.Fail(fault)

			report := complete(t, w.importer(t))

			require.Len(t, report.Run.Warnings, 3)
			require.Contains(t, report.Run.Warnings[0], "Account was read page by page, not in bulk")
			w.sameAs(t, paged(t, 20))
		})
	}
}

func TestJobOfARunThatIsGivenUpIsRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.many(20)
	complete(t, w.importer(t))
	ctx, cancel := context.WithCancel(t.Context())
	w.inBulk(stopAfter(2, cancel))
	_, err := w.importer(t).Complete(ctx, "anna", nil)
	require.ErrorIs(t, err, context.Canceled)

	incremental(t, w.importer(t))

	require.Equal(t, 1, w.asked(http.MethodDelete, "/jobs/query/"))
}

func TestObjectsWithChildQueriesAreNotReadInBulk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.PassedThrough = true
	require.NoError(t, w.org.Load(strings.NewReader(historySchema)))
	w.many(20)
	w.inBulk()

	complete(t, w.importer(t))

	require.Equal(t, 2, w.asked(http.MethodPost, "/jobs/query"))
	require.Len(t, w.query(t, `SELECT 1 FROM projects WHERE active = 1`), 12)
}

func TestRefusedBatchEndsTheReadingAhead(t *testing.T) {
	t.Parallel()
	for name, above := range map[string]int{"page by page": -1, "in bulk": 10} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.many(60)
			w.crash()
			crashing := w.tune
			w.tune = func(c *importer.Config) { crashing(c); c.BulkAbove = above }

			_, err := w.importer(t).Complete(t.Context(), "anna", nil)

			require.ErrorContains(t, err, "connection reset")
			asked := len(w.org.Requests())
			w.org.Advance(time.Hour)
			require.Len(t, w.org.Requests(), asked, "nobody reads on")
		})
	}
}
