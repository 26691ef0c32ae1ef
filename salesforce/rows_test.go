package salesforce_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

const data = "/services/data/v66.0"

// longResult answers with pages of two records, named by their number.
func longResult(count int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		page := 0
		if at, ok := strings.CutPrefix(r.URL.Path, data+"/query/0r8-"); ok {
			_, _ = fmt.Sscan(at, &page)
		}
		done, next := true, ""
		if page+1 < count {
			done, next = false, fmt.Sprintf(`"nextRecordsUrl":"%s/query/0r8-%d",`, data, page+1)
		}
		fmt.Fprintf(w, `{"totalSize":%d,"done":%t,%s"records":[{"Name":"%d"},{"Name":"%d"}]}`, 2*count, done, next, 2*page, 2*page+1)
	}
}

// names reads the names of a query's records until one fails.
func names(ctx context.Context, c *salesforce.Client, opt *salesforce.QueryOptions) (all []string, err error) {
	for p, err := range salesforce.Query[person](ctx, c, "SELECT Name FROM Lead", opt) {
		if err != nil {
			return all, err
		}
		all = append(all, p.Name)
	}
	return all, nil
}

// openBodies counts the bodies that are not closed yet.
type openBodies struct {
	http.RoundTripper
	n atomic.Int64
}

func (o *openBodies) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := o.RoundTripper.RoundTrip(r)
	if err == nil {
		o.n.Add(1)
		resp.Body = &openBody{ReadCloser: resp.Body, of: o}
	}
	return resp, err
}

type openBody struct {
	io.ReadCloser
	of   *openBodies
	once sync.Once
}

func (b *openBody) Close() error {
	b.once.Do(func() { b.of.n.Add(-1) })
	return b.ReadCloser.Close()
}

func TestTheNextPageIsOnItsWayWhileThisOneIsRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const pages, latency, work = 10, 100 * time.Millisecond, 50 * time.Millisecond
		answer := longResult(pages)
		c := newClient(t, &script{answer: func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(latency)
			answer(w, r)
		}})
		_, err := c.Session(t.Context())
		require.NoError(t, err)
		run := func(opt *salesforce.QueryOptions) time.Duration {
			begin, n := time.Now(), 0
			for p, err := range salesforce.Query[person](t.Context(), c, "SELECT Name FROM Lead", opt) {
				require.NoError(t, err)
				require.Equal(t, fmt.Sprint(n), p.Name)
				n++
				time.Sleep(work) // the caller's
			}
			require.Equal(t, 2*pages, n)
			return time.Since(begin)
		}

		require.Equal(t, pages*(latency+2*work), run(&salesforce.QueryOptions{NoPrefetch: true}))
		// A page's request goes out when its predecessor's second record is asked
		// for, so of each page only the work on the second record is not spent twice.
		require.Equal(t, pages*latency+pages*work+work, run(nil))
	})
}

func TestBreakEndsTheRequestUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := &script{}
		answer := longResult(3)
		ended := make(chan struct{})
		org.answer = func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "-1") {
				defer close(ended)
				<-r.Context().Done()
				return
			}
			answer(w, r)
		}
		bodies := &openBodies{RoundTripper: inProcess{org}}
		c := newClient(t, org, func(cfg *salesforce.Config) { cfg.HTTPClient = &http.Client{Transport: bodies} })
		n := 0
		for _, err := range salesforce.Query[person](t.Context(), c, "SELECT Name FROM Lead", nil) {
			require.NoError(t, err)
			synctest.Wait()
			if n++; n == 2 {
				break
			}
		}

		<-ended
		require.Equal(t, 2, org.callCount(), "the first page and the one ahead")
		require.Zero(t, bodies.n.Load())
	})
}

func TestBreakClosesThePageThatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		org := &script{answer: longResult(3)}
		bodies := &openBodies{RoundTripper: inProcess{org}}
		c := newClient(t, org, func(cfg *salesforce.Config) { cfg.HTTPClient = &http.Client{Transport: bodies} })
		n := 0
		for _, err := range salesforce.Query[person](t.Context(), c, "SELECT Name FROM Lead", nil) {
			require.NoError(t, err)
			if n++; n == 2 {
				synctest.Wait() // the page ahead has come
				require.EqualValues(t, 2, bodies.n.Load())
				break
			}
		}
		require.Zero(t, bodies.n.Load())

		all, err := names(t.Context(), c, nil)
		require.NoError(t, err)
		require.Len(t, all, 6)
		require.Zero(t, bodies.n.Load())
	})
}

func TestErrorsOfThePageAheadComeWhenItIsReached(t *testing.T) {
	t.Parallel()
	org := &script{answer: pages(map[string]string{
		data + "/query": `{"totalSize":9,"done":false,"nextRecordsUrl":"` + data + `/query/gone","records":[{"Name":"a"},{"Name":"b"},{"Name":"c"}]}`,
	})}
	c := newClient(t, org)

	all, err := names(t.Context(), c, nil)

	require.Equal(t, []string{"a", "b", "c"}, all)
	require.ErrorIs(t, err, salesforce.ErrNotFound)
	require.Equal(t, 2, org.callCount())
}

func TestSessionsThatEndAmidThePagesAreRenewed(t *testing.T) {
	t.Parallel()
	for _, opt := range []*salesforce.QueryOptions{nil, {NoPrefetch: true}} {
		org := &script{answer: longResult(5)}
		c := newClient(t, org)
		var got []string
		for p, err := range salesforce.Query[person](t.Context(), c, "SELECT Name FROM Lead", opt) {
			require.NoError(t, err)
			got = append(got, p.Name)
			org.expire()
		}
		require.Equal(t, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, got)
	}
}

func TestAPageThatBreaksOffIsAskedForAgain(t *testing.T) {
	t.Parallel()
	answer := longResult(3)
	const cutPage = data + "/query/0r8-1"
	for name, broken := range map[string]string{
		"at once":          ``,
		"in the envelope":  `{"totalSize":6,"do`,
		"before a record":  `{"totalSize":6,"done":false,"nextRecordsUrl":"` + data + `/query/0r8-2","records":[{"Name":"2"},`,
		"inside a record":  `{"totalSize":6,"done":false,"nextRecordsUrl":"` + data + `/query/0r8-2","records":[{"Name":"2"},{"Na`,
		"after the list":   `{"totalSize":6,"records":[{"Name":"2"},{"Name":"3"}]`,
		"before its names": `{"totalSize":6,"records":[{"Name":"2"},{"Name":"3"}],"done":false,"nextRec`,
	} {
		for _, opt := range []*salesforce.QueryOptions{nil, {NoPrefetch: true}} {
			cuts := 0
			c := newClient(t, &script{answer: func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == cutPage && cuts < 2 {
					cuts++
					_, _ = io.WriteString(w, broken)
					return
				}
				answer(w, r)
			}})

			all, err := names(t.Context(), c, opt)

			require.NoError(t, err, name)
			require.Equal(t, []string{"0", "1", "2", "3", "4", "5"}, all, name)
		}
	}
	org := &script{answer: func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == cutPage {
			_, _ = io.WriteString(w, `{"records":[{"Name":"2"},`)
			return
		}
		answer(w, r)
	}}
	all, err := names(t.Context(), newClient(t, org), nil)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, []string{"0", "1", "2"}, all)
	require.Equal(t, 2+4, org.callCount(), "as often as Retry.Max says")
}

func TestCollectQueryMakesTheSliceOnce(t *testing.T) {
	t.Parallel()
	c := newClient(t, &script{answer: longResult(50)})

	all, err := salesforce.CollectQuery[person](t.Context(), c, "SELECT Name FROM Lead", nil)

	require.NoError(t, err)
	require.Len(t, all, 100)
	require.Less(t, cap(all), 120)
	require.Equal(t, "99", all[99].Name)
	streamed, err := salesforce.Collect(salesforce.Query[person](t.Context(), c, "SELECT Name FROM Lead", nil))
	require.NoError(t, err)
	require.Equal(t, streamed, all)
}

func TestCollectQueryBelievesNoNumber(t *testing.T) {
	t.Parallel()
	for total, page := range map[string]string{
		"too many": `{"totalSize":2000000000,"done":true,"records":[{"Name":"a"}]}`,
		"too few":  `{"totalSize":-7,"done":true,"records":[{"Name":"a"}]}`,
		"none":     `{"records":[{"Name":"a"}],"done":true}`,
	} {
		c := newClient(t, &script{answer: body(200, page)})
		all, err := salesforce.CollectQuery[person](t.Context(), c, "SELECT Name FROM Lead", nil)
		require.NoError(t, err, total)
		require.Len(t, all, 1, total)
	}
	c := newClient(t, &script{answer: body(200, `{"totalSize":3,"done":true,"records":[{"Name":"a"},{"Name":5}]}`)})
	all, err := salesforce.CollectQuery[person](t.Context(), c, "SELECT Name FROM Lead", nil)
	require.ErrorContains(t, err, "records[1].Name")
	require.Len(t, all, 1)
	_, err = salesforce.CollectQuery[person](t.Context(), newClient(t, &script{answer: fails(400, "MALFORMED_QUERY", "no")}), "SELECT", nil)
	require.ErrorIs(t, err, salesforce.ErrQuery)
}

func TestLongQueriesTravelInABody(t *testing.T) {
	t.Parallel()
	long := "SELECT Name FROM Lead WHERE Id IN ('" + strings.Repeat("00Q000000000001EAA','", 700) + "')"
	answer := longResult(2)
	var sent struct {
		Requests []struct {
			Method, URL string
			Headers     map[string]string `json:"httpHeaders"`
		} `json:"compositeRequest"`
	}
	org := &script{answer: func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != data+"/composite" {
			answer(w, r)
			return
		}
		_ = json.NewDecoder(r.Body).Decode(&sent)
		_, _ = io.WriteString(w, `{"compositeResponse":[{"body":`)
		answer(w, r)
		_, _ = io.WriteString(w, `,"httpHeaders":{},"httpStatusCode":200,"referenceId":"page"}]}`)
	}}
	c := newClient(t, org)

	var all []string
	for p, err := range salesforce.Query[person](t.Context(), c, long, &salesforce.QueryOptions{All: true, BatchSize: 500}) {
		require.NoError(t, err)
		all = append(all, p.Name)
	}

	require.Equal(t, []string{"0", "1", "2", "3"}, all)
	require.Equal(t, []string{"POST " + data + "/composite", "GET " + data + "/query/0r8-1"}, org.called())
	require.Len(t, sent.Requests, 1)
	require.Equal(t, "GET", sent.Requests[0].Method)
	require.True(t, strings.HasPrefix(sent.Requests[0].URL, data+"/queryAll?q=SELECT+Name+FROM+Lead"))
	require.Equal(t, "batchSize=500", sent.Requests[0].Headers["Sforce-Query-Options"])
}

func TestLongQueriesFailClearly(t *testing.T) {
	t.Parallel()
	long := func(n int) string {
		return "SELECT Id FROM Lead WHERE Id IN ('" + strings.Repeat("00Q000000000001EAA','", n) + "')"
	}
	org := &script{answer: answers(
		body(200, `{"compositeResponse":[{"body":[{"message":"unexpected token","errorCode":"MALFORMED_QUERY"}],"httpHeaders":{},"httpStatusCode":400,"referenceId":"page"}]}`),
		fails(503, "SERVER_UNAVAILABLE", "later"),
		body(200, `{"compositeResponse":[{"body":{"totalSize":1,"done":true,"records":[{"Name":"a"}`),
		body(200, `{"compositeResponse":[]}`),
	)}
	c := newClient(t, org)
	run := func(text string) error {
		_, err := salesforce.Collect(salesforce.Query[person](t.Context(), c, text, nil))
		return err
	}

	err := run(long(700))
	require.ErrorIs(t, err, salesforce.ErrQuery)
	require.EqualError(t, err, "salesforce: query: MALFORMED_QUERY: unexpected token")
	err = run(long(700)) // and once more, since it only reads
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.NotErrorIs(t, err, salesforce.ErrOutcomeUnknown)
	require.Error(t, run(long(700)))
	require.Equal(t, 4, org.callCount())

	err = run(long(5000))
	require.ErrorIs(t, err, salesforce.ErrTooLarge)
	require.ErrorContains(t, err, "100000 characters")
	require.False(t, salesforce.Retryable(err))
	require.Equal(t, 4, org.callCount())
}

func TestExplain(t *testing.T) {
	t.Parallel()
	org := &script{answer: body(200, `{"plans":[{"cardinality":1,"fields":["Email"],"leadingOperationType":"Index","notes":[
		{"description":"Not considering filter for optimization because unindexed","fields":["IsDeleted"],"tableEnumOrId":"Lead"}],
		"relativeCost":0.25,"sobjectCardinality":3200000000,"sobjectType":"Lead"}],"sourceQuery":"SELECT Id FROM Lead"}`)}

	plans, err := newClient(t, org).Explain(t.Context(), "SELECT Id FROM Lead WHERE Email = 'a+b@x.org'")

	require.NoError(t, err)
	require.Equal(t, []salesforce.Plan{{
		LeadingOperation: "Index", RelativeCost: 0.25, Cardinality: 1, ObjectCardinality: 3_200_000_000, Object: "Lead", Fields: []string{"Email"},
		Notes: []salesforce.PlanNote{{Description: "Not considering filter for optimization because unindexed", Fields: []string{"IsDeleted"}, Table: "Lead"}},
	}}, plans)
	require.Equal(t, []string{"GET " + data + "/query?explain=SELECT+Id+FROM+Lead+WHERE+Email+%3D+%27a%2Bb%40x.org%27"}, org.called())
}

func TestStrictQueriesRefuseUnknownFields(t *testing.T) {
	t.Parallel()
	c := newClient(t, &script{answer: body(200, `{"totalSize":1,"done":true,"records":[{"attributes":{},"Name":"a","Owner":{"Alias":"x"}}]}`)})

	_, err := names(t.Context(), c, &salesforce.QueryOptions{Strict: true})
	require.ErrorContains(t, err, "salesforce: query: decode a record into salesforce_test.person: records[0].Owner.Alias: struct { Name string } has no such field (byte ")
	_, err = names(t.Context(), c, nil)
	require.NoError(t, err)
}

func TestARecordHasABound(t *testing.T) {
	t.Parallel()
	c := newClient(t, &script{answer: body(200, `{"totalSize":1,"done":true,"records":[{"Name":"`+strings.Repeat("x", 300_000)+`"}]}`)},
		func(cfg *salesforce.Config) { cfg.MaxAnswer = 200_000 })

	_, err := names(t.Context(), c, nil)

	require.ErrorIs(t, err, salesforce.ErrTooLarge)
	require.EqualError(t, err, "salesforce: query: a record has more bytes than Config.MaxAnswer allows")
}

type activity struct {
	Attributes salesforce.Attributes `json:"attributes"`
	Who        *struct {
		Attributes salesforce.Attributes `json:"attributes"`
		Name       string
		Company    string // of a Lead
	}
	Where    *salesforce.Address                   `json:"BillingAddress"`
	Spot     salesforce.Geolocation                `json:"Spot__c"`
	Phone    salesforce.Field[string]              `json:"Phone"`
	Fax      salesforce.Field[string]              `json:"Fax"`
	Mail     salesforce.Field[string]              `json:"Email"`
	Closed   salesforce.Field[salesforce.DateTime] `json:"ClosedDate"`
	Due      salesforce.Date                       `json:"ActivityDate"`
	From     *salesforce.Time                      `json:"StartTime__c"`
	Modified time.Time                             `json:"SystemModstamp"`
	Big      int64                                 `json:"Big__c"`
	Exact    json.Number                           `json:"Exact__c"`
	Any      any                                   `json:"Any__c"`
}

func TestRecordsOfAllKinds(t *testing.T) {
	t.Parallel()
	const record = `{"attributes":{"type":"Task","url":"/x"},"Who":{"attributes":{"type":"Lead","url":"/l"},"Name":"Ada","Company":"Acme"},
		"BillingAddress":{"city":"Bonn","country":"Germany","countryCode":"DE","geocodeAccuracy":"Street","latitude":50.737430,"longitude":null,"postalCode":"53111","state":null,"stateCode":null,"street":"Am Hof 1"},
		"Spot__c":{"latitude":50.7,"longitude":7.1},"Phone":"1","Fax":null,"ClosedDate":"2026-08-24T21:26:29.500+0000","ActivityDate":"2026-08-24","StartTime__c":"09:30:00.000Z",
		"SystemModstamp":"2026-08-24T21:26:29.000+0000","Big__c":9007199254740993.0,"Exact__c":12345678901234567.890,"Any__c":{"attributes":{},"x":1.50}}`
	c := newClient(t, &script{answer: func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, data+"/sobjects/") {
			_, _ = io.WriteString(w, record)
			return
		}
		_, _ = io.WriteString(w, `{"totalSize":1,"done":true,"records":[`+record+`]}`)
	}})

	all, err := salesforce.CollectQuery[activity](t.Context(), c, "SELECT …", nil)

	require.NoError(t, err)
	a := all[0]
	require.Equal(t, "Task", a.Attributes.Type)
	require.Equal(t, "Lead", a.Who.Attributes.Type)
	require.Equal(t, "Acme", a.Who.Company)
	require.Equal(t, &salesforce.Address{
		Street: "Am Hof 1", City: "Bonn", PostalCode: "53111", Country: "Germany", CountryCode: "DE", Latitude: new(50.73743), GeocodeAccuracy: "Street",
	}, a.Where)
	require.Equal(t, salesforce.Geolocation{Latitude: 50.7, Longitude: 7.1}, a.Spot)
	require.Equal(t, salesforce.Value("1"), a.Phone)
	require.True(t, a.Fax.IsNull())
	require.True(t, a.Mail.IsZero())
	closed, ok := a.Closed.Get()
	require.True(t, ok)
	require.Equal(t, "2026-08-24T21:26:29.500Z", closed.String())
	require.Equal(t, salesforce.Date{Year: 2026, Month: 8, Day: 24}, a.Due)
	require.Equal(t, salesforce.Time{Hour: 9, Minute: 30}, *a.From)
	require.Equal(t, time.Date(2026, 8, 24, 21, 26, 29, 0, time.UTC), a.Modified)
	require.Equal(t, int64(9007199254740993), a.Big)
	require.Equal(t, json.Number("12345678901234567.890"), a.Exact)
	require.Equal(t, salesforce.Record{"x": json.Number("1.50")}, a.Any)

	one, err := salesforce.Get[activity](t.Context(), c, "Task", "00T000000000001EAA")
	require.NoError(t, err)
	require.Equal(t, a, one)
}

func TestAggregatesByAlias(t *testing.T) {
	t.Parallel()
	c := newClient(t, &script{answer: body(200, `{"totalSize":2,"done":true,"records":[
		{"attributes":{"type":"AggregateResult"},"StageName":"Won","n":7,"total":1250.5},
		{"attributes":{"type":"AggregateResult"},"StageName":null,"n":1,"total":null}]}`)})
	type sum struct {
		Stage string   `json:"StageName"`
		N     int      `json:"n"`
		Total *float64 `json:"total"`
	}

	sums, err := salesforce.CollectQuery[sum](t.Context(), c, "SELECT StageName, COUNT(Id) n, SUM(Amount) total FROM Opportunity GROUP BY StageName", nil)

	require.NoError(t, err)
	require.Equal(t, []sum{{"Won", 7, new(1250.5)}, {"", 1, nil}}, sums)
}

func TestLongQueriesOfAnOrgHavePages(t *testing.T) {
	t.Parallel()
	org := salesforcetest.NewOrg(nil)
	ids := make([]salesforce.ID, 450)
	for i := range ids {
		ids[i] = salesforce.ID(org.Insert("Lead", map[string]any{"LastName": fmt.Sprintf("Lead %03d", i), "Company": "Acme"}))
	}
	text := "SELECT LastName FROM Lead WHERE Id IN ('" + string(ids[0])
	for _, id := range ids[1:] {
		text += "', '" + string(id)
	}
	text += "') ORDER BY LastName"
	require.Greater(t, len(text), 8000)
	type lead struct{ LastName string }

	all, err := salesforce.CollectQuery[lead](t.Context(), connect(org), text, &salesforce.QueryOptions{BatchSize: 200})

	require.NoError(t, err)
	require.Len(t, all, len(ids))
	for i, l := range all {
		require.Equal(t, fmt.Sprintf("Lead %03d", i), l.LastName)
	}
	_, err = salesforce.CollectQuery[lead](t.Context(), connect(org), strings.Replace(text, "LastName", "Nothing", 1), nil)
	require.ErrorIs(t, err, salesforce.ErrQuery)
	require.ErrorContains(t, err, "INVALID_FIELD")
}
