package salesforce_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// operation is something that a client does, in an org with ten accounts.
type operation struct {
	name string
	run  func(ctx context.Context, c *salesforce.Client, ids []salesforce.ID) error
	// creates is how many records it leaves beside the ten accounts.
	creates int
	// blind is true for what must not be repeated when its answer is lost.
	blind bool
}

// firstFault is the error of a sequence of results, or else of one of them.
func firstFault(seq func(func(salesforce.Result, error) bool)) (err error) {
	var ofRow error
	for r, e := range seq {
		err = errors.Join(err, e)
		if ofRow == nil {
			ofRow = r.Err
		}
	}
	if err == nil {
		err = ofRow
	}
	return err
}

// expect is an error unless there are so many.
func expect(want, got int, err error) error {
	if err == nil && got != want {
		err = fmt.Errorf("%d instead of %d", got, want)
	}
	return err
}

func operations() []operation {
	const accounts = "SELECT Id, Name FROM Account ORDER BY Name"
	newAccount := salesforce.Record{"Name": "new"}
	three := slices.Values(slices.Repeat([]salesforce.Record{newAccount}, 3))
	chunks := &salesforce.CollectionOptions{ChunkSize: 2, InFlight: 2}
	changes := func(ids []salesforce.ID) func(func(salesforce.Record) bool) {
		return func(yield func(salesforce.Record) bool) {
			for _, id := range ids[:5] {
				if !yield(salesforce.Record{"Id": id, "Phone": "1"}) {
					return
				}
			}
		}
	}
	return []operation{
		{"create", func(ctx context.Context, c *salesforce.Client, _ []salesforce.ID) error {
			_, err := c.Create(ctx, "Account", newAccount, nil)
			return err
		}, 1, true},
		{"update", func(ctx context.Context, c *salesforce.Client, ids []salesforce.ID) error {
			return c.Update(ctx, "Account", ids[0], salesforce.Record{"Phone": "1"}, nil)
		}, 0, false},
		{"upsert", func(ctx context.Context, c *salesforce.Client, _ []salesforce.ID) error {
			_, err := c.Upsert(ctx, "Account", "Ext__c", "7", newAccount, nil)
			return err
		}, 1, false},
		{"delete", func(ctx context.Context, c *salesforce.Client, ids []salesforce.ID) error {
			return c.Delete(ctx, "Account", ids[0])
		}, -1, false},
		{"create many", func(ctx context.Context, c *salesforce.Client, _ []salesforce.ID) error {
			return firstFault(salesforce.CreateAll(ctx, c, "Account", three, chunks))
		}, 3, true},
		{"update many", func(ctx context.Context, c *salesforce.Client, ids []salesforce.ID) error {
			return firstFault(salesforce.UpdateAll(ctx, c, "Account", changes(ids), chunks))
		}, 0, false},
		{"delete many", func(ctx context.Context, c *salesforce.Client, ids []salesforce.ID) error {
			return firstFault(c.DeleteAll(ctx, slices.Values(ids[:5]), chunks))
		}, -5, false},
		{"get many", func(ctx context.Context, c *salesforce.Client, ids []salesforce.ID) error {
			found, err := salesforce.GetAll[salesforce.Record](ctx, c, "Account", ids, "Name")
			return expect(10, len(found), err)
		}, 0, false},
		{"composite", func(ctx context.Context, c *salesforce.Client, ids []salesforce.ID) error {
			var batch salesforce.Composite
			batch.Update("Account", ids[0], salesforce.Record{"Phone": "1"})
			batch.Create("Account", newAccount)
			_, err := c.Composite(ctx, &batch)
			return err
		}, 1, true},
		{"bulk insert", func(ctx context.Context, c *salesforce.Client, _ []salesforce.ID) error {
			return firstFault(salesforce.BulkIngest(ctx, c, salesforce.Ingest{Object: "Account", Operation: salesforce.BulkInsert, JobSize: 8}, three))
		}, 3, false},
		{"bulk query", func(ctx context.Context, c *salesforce.Client, _ []salesforce.ID) error {
			found, err := salesforce.Collect(salesforce.BulkQuery[salesforce.Record](ctx, c, accounts,
				&salesforce.BulkQueryOptions{PageSize: 3, InFlight: 2}))
			return expect(10, len(found), err)
		}, 0, false},
		{"bulk query into a file", func(ctx context.Context, c *salesforce.Client, _ []salesforce.ID) error {
			var file strings.Builder
			n, err := c.BulkQueryCSV(ctx, &file, accounts, &salesforce.BulkQueryOptions{PageSize: 3})
			return errors.Join(expect(10, int(n), err), expect(11, strings.Count(file.String(), "\n"), err))
		}, 0, false},
		{"upload", func(ctx context.Context, c *salesforce.Client, _ []salesforce.ID) error {
			_, err := c.Upload(ctx, salesforce.FileBytes("a.txt", []byte("content")), nil)
			return err
		}, 1, true},
		{"search", func(ctx context.Context, c *salesforce.Client, _ []salesforce.ID) error {
			found, err := c.Search(ctx, salesforce.Search{Text: "account"})
			return expect(10, len(found), err)
		}, 0, false},
		{"describe", func(ctx context.Context, c *salesforce.Client, _ []salesforce.ID) error {
			_, err := c.Describe(ctx, "Account")
			return err
		}, 0, false},
		{"picklists", func(ctx context.Context, c *salesforce.Client, _ []salesforce.ID) error {
			_, err := c.Picklists(ctx, "Account", salesforce.MasterRecordType)
			return err
		}, 0, false},
		{"identity", func(ctx context.Context, c *salesforce.Client, _ []salesforce.ID) error {
			_, err := c.Identity(ctx)
			return err
		}, 0, false},
		{"log out", func(ctx context.Context, c *salesforce.Client, _ []salesforce.ID) error {
			_, err := c.Session(ctx)
			return errors.Join(err, c.Logout(ctx))
		}, 0, false},
	}
}

// trouble strikes one of an operation's requests.
type trouble struct {
	name string
	// strike is asked to serve the request.
	strike func(org *salesforcetest.Org, r *http.Request) (*http.Response, error)
	// unheard is true where the request is carried out, and its answer is lost.
	unheard bool
	// endless is true for what ends with the context only.
	endless bool
}

func troubles() []trouble {
	serve := func(org *salesforcetest.Org, r *http.Request, f salesforcetest.Fault) (*http.Response, error) {
		org.Fail(f)
		return org.Transport().RoundTrip(r)
	}
	return []trouble{
		{"dropped before it is carried out", func(org *salesforcetest.Org, r *http.Request) (*http.Response, error) {
			return serve(org, r, salesforcetest.Fault{DropBefore: true})
		}, true, false}, // which looks the same to the client
		{"dropped when it was carried out", func(org *salesforcetest.Org, r *http.Request) (*http.Response, error) {
			return serve(org, r, salesforcetest.Fault{DropAfter: true})
		}, true, false},
		{"answered with a part of the answer", func(org *salesforcetest.Org, r *http.Request) (*http.Response, error) {
			return serve(org, r, salesforcetest.Fault{CutAfter: 9})
		}, true, false},
		{"answered with the page of a proxy", func(org *salesforcetest.Org, r *http.Request) (*http.Response, error) {
			return serve(org, r, salesforcetest.Fault{Status: 502, Body: "<html><title>Bad Gateway</title></html>"})
		}, true, false},
		{"answered after the session has ended", func(org *salesforcetest.Org, r *http.Request) (*http.Response, error) {
			org.ExpireSessions()
			return org.Transport().RoundTrip(r)
		}, false, false},
		{"refused because the org is busy", func(org *salesforcetest.Org, r *http.Request) (*http.Response, error) {
			return serve(org, r, salesforcetest.Fault{Code: "SERVER_UNAVAILABLE"})
		}, false, false},
		{"not answered for hours", func(org *salesforcetest.Org, r *http.Request) (*http.Response, error) {
			return serve(org, r, salesforcetest.Fault{Stall: 5 * time.Hour})
		}, true, true},
	}
}

// striking lets trouble strike the request of a number.
type striking struct {
	org   *salesforcetest.Org
	at    int
	asked chan int // holds the number of requests
	trouble
}

func (s striking) RoundTrip(r *http.Request) (*http.Response, error) {
	n := <-s.asked
	s.asked <- n + 1
	if n == s.at {
		return s.strike(s.org, r)
	}
	return s.org.Transport().RoundTrip(r)
}

// TestTroubleAtAnyRequest has trouble strike each request of each operation in
// turn. What may be repeated succeeds; what may not ends with ErrOutcomeUnknown;
// nothing happens twice.
func TestTroubleAtAnyRequest(t *testing.T) {
	t.Parallel()
	for _, o := range operations() {
		for _, tr := range troubles() {
			t.Run(o.name+" "+tr.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					for at := 0; strikeAt(t, o, tr, at); at++ {
						require.Less(t, at, 100)
					}
				})
			})
		}
	}
}

// strikeAt is false when the operation has not so many requests.
func strikeAt(t *testing.T, o operation, tr trouble, at int) bool {
	t.Helper()
	org := salesforcetest.NewOrg(&salesforcetest.Options{Schema: salesforcetest.Schema{
		{Name: "Account", Fields: []salesforcetest.Field{{Name: "Ext__c", ExternalID: true, Unique: true}}},
	}})
	ids := make([]salesforce.ID, 10)
	for i := range ids {
		ids[i] = salesforce.ID(org.Insert("Account", map[string]any{"Name": fmt.Sprint("account ", i)}))
	}
	s := striking{org, at, make(chan int, 1), tr}
	s.asked <- -1 // the login
	c := clientAt(t, salesforce.MyDomain("acme"), s, patient)
	_, err := c.Session(t.Context())
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	began := time.Now()

	err = o.run(ctx, c, ids)

	require.LessOrEqual(t, time.Since(began), time.Hour+10*time.Second)
	struck := <-s.asked > at
	left := 0
	for _, object := range []string{"Account", "ContentVersion"} {
		for _, r := range org.Records(object) {
			if r["IsDeleted"] != true {
				left++
			}
		}
	}
	where := fmt.Sprintf("request %d: %v", at, err)
	switch {
	case !struck, !tr.unheard, !tr.endless && !o.blind:
		require.NoError(t, err, where)
		require.Equal(t, 10+o.creates, left, where)
	case tr.endless:
		if err != nil { // a success without a body is one though its end does not come
			require.ErrorIs(t, err, context.DeadlineExceeded, where)
		}
		require.LessOrEqual(t, left, 10+max(0, o.creates), where)
	default:
		require.ErrorIs(t, err, salesforce.ErrOutcomeUnknown, where)
		require.False(t, salesforce.Retryable(err))
		require.LessOrEqual(t, left, 10+o.creates, where)
	}
	return struck
}
