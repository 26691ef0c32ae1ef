package salesforce_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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

		for _, inFlight := range []int{1, 2} {
			_, err = c.BulkQueryCSV(t.Context(), failingWriter{}, "SELECT LastName FROM Contact", &salesforce.BulkQueryOptions{InFlight: inFlight})
			require.ErrorIs(t, err, errFull)
			require.EqualError(t, err, "salesforce: bulk query: write the result: disk full")
		}
	})
}

// queryScript is an org whose query job has a result in parts, told as they are.
func queryScript(processed int, header http.Header, parts ...string) *script {
	return &script{answer: func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/resultPages"):
			var pages []string
			for i := range parts {
				pages = append(pages, fmt.Sprintf(`{"resultUrl":"/services/data/v66.0/jobs/query/750xx0000000001AAA/results?locator=%d"}`, i))
			}
			fmt.Fprintf(w, `{"done":true,"resultPages":[%s]}`, strings.Join(pages, ","))
		case strings.HasSuffix(r.URL.Path, "/results"):
			n, _ := strconv.Atoi(r.URL.Query().Get("locator")) // the first part has none
			if n+1 < len(parts) {
				w.Header().Set("Sforce-Locator", strconv.Itoa(n+1))
			}
			for name := range header {
				w.Header().Set(name, header.Get(name))
			}
			_, _ = io.WriteString(w, parts[n])
		default:
			fmt.Fprintf(w, `{"id":"750xx0000000001AAA","state":"JobComplete","numberRecordsProcessed":%d}`, processed)
		}
	}}
}

func TestCSVOfAllKindsGoesIntoFiles(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		long := `"` + strings.Repeat("x,\"\"\n", 50_000) + `"` + "\n"
		head := `"Name"` + "\n"
		for _, parts := range [][]string{
			{head + "\"a\"\n", head + "\"b\"\n"},
			{head + "\"a\"\n", head + "\"b\""}, // the last without a line break
			{head, head + long + long},
			{head + long + "\"\"\n" + long, head, head + "\"\"\"\"\n"},
			{head + strings.Repeat("\"0123456789\"\n", 10_000)},
			{`"` + strings.Repeat("N", 70_000) + "\"\n\"a\"\n"},
		} {
			var want strings.Builder
			want.WriteString(parts[0][:strings.Index(parts[0], "\n")+1])
			rows := 0
			for _, part := range parts {
				_, text, _ := strings.Cut(part, "\n")
				if text != "" && !strings.HasSuffix(text, "\n") {
					text += "\n"
				}
				want.WriteString(text)
				all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
				require.NoError(t, err)
				rows += len(all)
			}
			var got bytes.Buffer
			n, err := newClient(t, queryScript(rows, nil, parts...)).BulkQueryCSV(t.Context(), &got, "SELECT Name FROM Account", nil)
			require.NoError(t, err)
			require.Equal(t, int64(rows), n)
			require.Equal(t, want.String(), got.String())

			got.Reset()
			_, err = newClient(t, queryScript(rows, nil, parts...)).BulkQueryCSV(t.Context(), &got, "", &salesforce.BulkQueryOptions{InFlight: 3})
			require.NoError(t, err)
			require.Equal(t, inOrderOfBytes(want.String()), inOrderOfBytes(got.String()))
			require.True(t, strings.HasPrefix(got.String(), want.String()[:6]))
		}
	})
}

func inOrderOfBytes(text string) string {
	b := []byte(text)
	slices.Sort(b)
	return string(b)
}

// TestRowsAreCounted: neither the job nor the answers are believed about what
// came.
func TestRowsAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		part := "Name\na\nb\n"
		for name, org := range map[string]*script{
			"the job tells more":             queryScript(3, nil, part),
			"the job tells fewer":            queryScript(1, nil, part),
			"a proxy takes the locator away": queryScript(4, http.Header{"Sforce-Locator": {""}}, part, part),
			"a part ends between two rows":   queryScript(2, http.Header{"Sforce-Numberofrecords": {"3"}}, part),
			"a part ends inside of quotes":   queryScript(2, nil, "Name\na\n\"b"),
			"a part says that it has fewer":  queryScript(2, http.Header{"Sforce-Numberofrecords": {"1"}}, part),
		} {
			c := newClient(t, org, patient)
			for _, inFlight := range []int{1, 2} {
				if inFlight > 1 && strings.Contains(name, "locator") {
					continue // which is not needed then
				}
				opt := &salesforce.BulkQueryOptions{InFlight: inFlight}
				_, err := c.BulkQueryCSV(t.Context(), io.Discard, "SELECT Name FROM Account", opt)
				require.ErrorIs(t, err, salesforce.ErrUnavailable, name)
				_, err = salesforce.Collect(salesforce.BulkQuery[salesforce.Record](t.Context(), c, "SELECT Name FROM Account", opt))
				require.ErrorIs(t, err, salesforce.ErrUnavailable, name)
			}
		}
	})
}

// TestPartsAreFetchedAtTheOrgOnly: the address of a part is the org's own.
func TestPartsAreFetchedAtTheOrgOnly(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"https://evil.example.com/x", "//evil.example.com/x", "https://user@localhost/x"} {
		elsewhere := &script{answer: body(200, "Name\n")}
		org := &script{answer: func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/resultPages") {
				fmt.Fprintf(w, `{"done":true,"resultPages":[{"resultUrl":%q}]}`, address)
				return
			}
			fmt.Fprint(w, `{"id":"750xx0000000001AAA","state":"JobComplete"}`)
		}}
		synctest.Test(t, func(t *testing.T) {
			c := clientAt(t, "http://localhost", routes{"localhost": org, "evil.example.com": elsewhere})
			_, err := c.BulkQueryCSV(t.Context(), io.Discard, "", &salesforce.BulkQueryOptions{InFlight: 2})
			require.ErrorContains(t, err, "the answer leads to another host")
			require.Zero(t, elsewhere.callCount())
		})
	}
}

// TestPartsAtTheSameTimeTakeLess: with three parts in flight three times as many
// rows come in the same time.
func TestPartsAtTheSameTimeTakeLess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := manyContacts(1200)
		c := orgClient(t, org, patient)
		took := func(inFlight int, read func(*salesforce.BulkQueryOptions) error) time.Duration {
			org.Fail(salesforcetest.Fault{Path: "/results", Latency: time.Second, Times: 12})
			began := time.Now()
			require.NoError(t, read(&salesforce.BulkQueryOptions{PageSize: 100, InFlight: inFlight}))
			return time.Since(began)
		}
		for _, read := range []func(*salesforce.BulkQueryOptions) error{
			func(opt *salesforce.BulkQueryOptions) error {
				_, err := c.BulkQueryCSV(t.Context(), io.Discard, contactsInBulk, opt)
				return err
			},
			func(opt *salesforce.BulkQueryOptions) error {
				_, err := salesforce.Collect(salesforce.BulkQuery[bulkContact](t.Context(), c, contactsInBulk, opt))
				return err
			},
		} {
			require.Equal(t, 13*time.Second, took(1, read), "a second for the job")
			require.Equal(t, 5*time.Second, took(3, read))
		}
	})
}

// TestLeavingABulkQueryAtAnyRow: nothing is left behind, which the bubble would
// tell of.
func TestLeavingABulkQueryAtAnyRow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := manyContacts(30)
		c := orgClient(t, org, patient)
		for _, inFlight := range []int{1, 2, 16} {
			for at := range 31 {
				for _, cancels := range []bool{false, true} {
					ctx, cancel := context.WithCancel(t.Context())
					n := 0
					for _, err := range salesforce.BulkQuery[bulkContact](ctx, c, contactsInBulk, &salesforce.BulkQueryOptions{PageSize: 4, InFlight: inFlight}) {
						if err != nil {
							require.ErrorIs(t, err, context.Canceled)
							break
						}
						if n++; n > at {
							if !cancels {
								break
							}
							cancel()
						}
					}
					cancel()
				}
			}
		}
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
				n, err := c.BulkQueryCSV(t.Context(), &file, "SELECT LastName FROM Contact",
					&salesforce.BulkQueryOptions{PageSize: 100, InFlight: inFlight})
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
