package salesforce_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
)

// TestHostileAnswers holds answers that no org should give, of a server that is
// broken, or is none of Salesforce's. Each ends soon, in an error that says what
// is wrong, and takes no more memory than an answer may.
func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	for _, hostile := range []struct {
		name  string
		check func(t *testing.T)
	}{
		{"pages that lead in a circle", circlesEnd},
		{"child lists that lead in a circle", circlesOfChildrenEnd},
		{"child lists that do not end", endlessChildrenEnd},
		{"parts of a bulk result that lead in a circle", circlesOfPartsEnd},
		{"redirects without end", redirectsEnd},
		{"a pause of a year", longPausesAreTold},
		{"sizes below nothing", negativeSizes},
		{"a length that is not that of the body", wrongLengths},
		{"headers of megabytes", largeHeaders},
		{"little that unpacks to much", bombs},
		{"bodies that do not end", endlessBodies},
		{"ids of a megabyte", largeIDs},
		{"codes and messages of many lines", largeFaults},
		{"values nested without end", deepValues},
		{"numbers with an exponent of millions", hugeNumbers},
		{"tokens and hosts that are none", oddLogins},
		{"a device code at an impossible pace", oddDeviceCodes},
		{"a device code that does not come", deviceCodesAreNotWaitedFor},
		{"not modified, though nobody asked", uncalledNotModified},
		{"success without an id", successesNameTheirRecords},
		{"results without the columns of results", oddResults},
		{"requests of a composite without a status", oddComposites},
	} {
		t.Run(hostile.name, func(t *testing.T) {
			t.Parallel()
			hostile.check(t)
		})
	}
}

// short checks that an error is one that a log can hold.
func short(t *testing.T, err error, about ...any) {
	t.Helper()
	require.Error(t, err, about...)
	require.Less(t, len(err.Error()), 1500, about...)
	require.NotContains(t, err.Error(), "\n", about...)
}

// circle answers with pages that lead back to one of them after so many.
func circle(around int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		page := 0
		_, _ = fmt.Sscanf(r.URL.Path, data+"/query/0r8-%d", &page)
		fmt.Fprintf(w, `{"totalSize":9,"done":false,"nextRecordsUrl":"%s/query/0r8-%d","records":[{"Name":"a"},{"Name":"b"}]}`, data, page%around+1)
	}
}

func circlesEnd(t *testing.T) {
	for _, around := range []int{1, 2, 7} {
		for _, opt := range []*salesforce.QueryOptions{nil, {NoPrefetch: true}} {
			org := &script{answer: circle(around)}
			_, err := names(t.Context(), newClient(t, org), opt)
			require.EqualError(t, err, "salesforce: query: status 200: the answer is not what the API sends: its pages lead in a circle")
			require.False(t, salesforce.Retryable(err))
			require.LessOrEqual(t, org.callCount(), 4*around+4)
		}
	}
}

// childLists answers a query with one record, the calls of which go on.
func childLists(further http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != data+"/query" {
			further(w, r)
			return
		}
		fmt.Fprintf(w, `{"totalSize":1,"done":true,"records":[{"Calls":{"totalSize":9,"done":false,"nextRecordsUrl":"%s/query/0r8-1","records":[]}}]}`, data)
	}
}

func circlesOfChildrenEnd(t *testing.T) {
	for _, around := range []int{1, 3} {
		org := &script{answer: childLists(circle(around))}
		c := newClient(t, org)
		_, err := names(t.Context(), c, nil)
		require.ErrorContains(t, err, "in a circle")
		_, err = salesforce.CollectQuery[salesforce.Record](t.Context(), c, "SELECT Id FROM Lead", nil)
		require.ErrorContains(t, err, "in a circle")
		require.LessOrEqual(t, org.callCount(), 2*(4*around+4))
	}
}

func endlessChildrenEnd(t *testing.T) {
	org := &script{answer: childLists(func(w http.ResponseWriter, r *http.Request) {
		page := 0
		_, _ = fmt.Sscanf(r.URL.Path, data+"/query/0r8-%d", &page)
		next := fmt.Sprintf(`"nextRecordsUrl":"%s/query/0r8-%d"`, data, page+1)
		nested := strings.Repeat(`{"Subject":"x","Notes":{"done":true,"records":[]}},`, 200)
		fmt.Fprintf(w, `{"done":false,%s,"records":[%s{"Subject":"y","Notes":{"done":false,%s,"records":[]}}]}`, next, nested, next)
	})}
	c := newClient(t, org, func(cfg *salesforce.Config) { cfg.MaxAnswer = 1 << 20 })
	_, err := names(t.Context(), c, nil)
	require.ErrorIs(t, err, salesforce.ErrTooLarge)
	require.Less(t, org.callCount(), 200)
}

func circlesOfPartsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		org := &script{answer: func(w http.ResponseWriter, r *http.Request) {
			switch {
			case strings.HasSuffix(r.URL.Path, "/resultPages"):
				fmt.Fprintf(w, `{"done":false,"nextRecordsUrl":"%s","resultPages":[]}`, r.URL.Path)
			case strings.HasSuffix(r.URL.Path, "/results"):
				w.Header().Set("Sforce-Locator", "again")
				_, _ = io.WriteString(w, "Name\na\n")
			default:
				_, _ = io.WriteString(w, `{"id":"750xx0000000001AAA","state":"JobComplete","numberRecordsProcessed":9}`)
			}
		}}
		c := newClient(t, org)
		for _, inFlight := range []int{1, 2} {
			opt := &salesforce.BulkQueryOptions{InFlight: inFlight}
			_, err := salesforce.Collect(salesforce.BulkQuery[person](t.Context(), c, "SELECT Name FROM Lead", opt))
			require.ErrorContains(t, err, "bulk query: status 200: the answer is not what the API sends: its pages lead in a circle")
			_, err = c.BulkQueryCSV(t.Context(), io.Discard, "SELECT Name FROM Lead", opt)
			require.ErrorContains(t, err, "in a circle")
		}
		require.Less(t, org.callCount(), 40)
	})
}

func redirectsEnd(t *testing.T) {
	var org *script
	org = &script{answer: func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, fmt.Sprintf("/services/data/v66.0/query?n=%d", org.callCount()), http.StatusTemporaryRedirect)
	}}
	c, _ := newSocketClient(t, org)
	for _, err := range []error{count(t, c), c.Update(t.Context(), "Lead", leadID, lead, nil)} {
		require.ErrorContains(t, err, "status 307: redirected, which is not followed")
	}
	require.Equal(t, 2, org.callCount())
}

func longPausesAreTold(t *testing.T) {
	for _, pause := range []string{"31536000", "999999999999999999999999", time.Now().AddDate(1, 0, 0).UTC().Format(http.TimeFormat)} {
		org := &script{answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", pause)
			w.WriteHeader(http.StatusServiceUnavailable)
		}}
		err := count(t, newClient(t, org))
		require.ErrorIs(t, err, salesforce.ErrUnavailable)
		e, ok := errors.AsType[*salesforce.Error](err)
		require.True(t, ok)
		require.Greater(t, e.RetryAfter, 300*24*time.Hour, pause)
		require.Equal(t, 1, org.callCount(), "it is not asked again before that")
	}
}

func negativeSizes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := "Name\na\n"
		for _, b := range []*script{
			queryScript(-1, nil, one), queryScript(-2_000_000_000, nil, one), queryScript(2, http.Header{"Sforce-Numberofrecords": {"-5"}}, one),
		} {
			_, err := salesforce.Collect(salesforce.BulkQuery[person](t.Context(), newClient(t, b), "SELECT Name FROM Lead", nil))
			require.ErrorContains(t, err, "rows, and 1 came")
		}
		page := `{"totalSize":-9223372036854775808,"done":true,"records":[]}`
		_, err := names(t.Context(), newClient(t, &script{answer: body(200, page)}), nil)
		require.Error(t, err)
		limits, err := newClient(t, &script{answer: body(200, `{"DailyApiRequests":{"Max":-1,"Remaining":-5}}`)}).Limits(t.Context())
		require.NoError(t, err)
		require.Equal(t, salesforce.Limit{Max: -1, Remaining: -5}, limits["DailyApiRequests"])
	})
}

// raw is a server that writes what it is told to, once it was asked for
// something else than a token.
func raw(t *testing.T, answer func(w io.Writer)) *salesforce.Client {
	t.Helper()
	org := &script{answer: func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		answer(conn)
		_ = conn.Close()
	}}
	server := httptest.NewServer(org)
	t.Cleanup(server.Close)
	c, err := salesforce.New(salesforce.Config{
		LoginURL: server.URL, Auth: salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"}, Retry: salesforce.Retry{Max: -1},
	})
	require.NoError(t, err)
	return c
}

func wrongLengths(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
	for _, length := range []string{"10000", "9223372036854775807", "-1", "x", "3\r\nContent-Length: 300", "99999999999999999999999"} {
		c := raw(t, func(w io.Writer) { _, _ = io.WriteString(w, head+length+"\r\n\r\n"+rows(1)) })
		_, err := names(t.Context(), c, nil)
		require.ErrorIs(t, err, salesforce.ErrUnavailable, length)
		_, err = c.DescribeGlobal(t.Context())
		if length != "10000" && length != "9223372036854775807" { // those have all that they need
			require.ErrorIs(t, err, salesforce.ErrUnavailable, length)
		}
		file, err := c.Download(t.Context(), "068000000000001AAA")
		if err == nil {
			_, err = io.ReadAll(file)
			require.NoError(t, file.Close())
		}
		require.ErrorIs(t, err, salesforce.ErrUnavailable, length)
	}
}

func largeHeaders(t *testing.T) {
	for _, header := range []string{
		"X: " + strings.Repeat("x", 2<<20) + "\r\n", strings.Repeat("X: y\r\n", 400_000), "Sforce-Limit-Info: api-usage=" + strings.Repeat("9", 2<<20) + "/1\r\n",
	} {
		c := raw(t, func(w io.Writer) {
			_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\n"+header+"Content-Length: 0\r\n\r\n")
		})
		err := count(t, c)
		require.ErrorIs(t, err, salesforce.ErrUnavailable)
		short(t, err)
	}
}

// bomb answers with so many megabytes that are a thousand times smaller on the
// wire.
func bomb(status int, head string, megabytes int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(status)
		z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
		_, err := io.WriteString(z, head)
		mega := strings.Repeat("x", 1<<20)
		for i := 0; i < megabytes && err == nil; i++ {
			_, err = io.WriteString(z, mega)
		}
		_ = z.Close()
	}
}

func bombs(t *testing.T) {
	small := func(cfg *salesforce.Config) { cfg.MaxAnswer = 1 << 20 }
	c, _ := newSocketClient(t, &script{answer: bomb(200, `{"totalSize":1,"done":true,"records":[{"Name":"`, 100)}, small)
	_, err := names(t.Context(), c, nil)
	require.ErrorIs(t, err, salesforce.ErrTooLarge)
	c, _ = newSocketClient(t, &script{answer: bomb(200, `{"sobjects":[{"name":"`, 100)}, small)
	_, err = c.DescribeGlobal(t.Context())
	require.ErrorIs(t, err, salesforce.ErrTooLarge)
	c, _ = newSocketClient(t, &script{answer: bomb(400, `[{"errorCode":"X","message":"`, 100)}, small)
	err = count(t, c)
	short(t, err)
	c, _ = newSocketClient(t, &script{login: bomb(200, `{"access_token":"`, 100)}, small)
	short(t, count(t, c))
	c, _ = newSocketClient(t, &script{login: bomb(400, `{"error":"`, 100)}, small)
	short(t, count(t, c))
}

// endless answers with a beginning and then the same text until nobody reads on.
func endless(status int, head, again string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(status)
		_, err := io.WriteString(w, head)
		for again := strings.Repeat(again, 1000); err == nil; {
			_, err = io.WriteString(w, again)
		}
	}
}

func endlessBodies(t *testing.T) {
	small := func(cfg *salesforce.Config) { cfg.MaxAnswer = 1 << 20 }
	at := func(answer http.HandlerFunc) *salesforce.Client {
		c, _ := newSocketClient(t, &script{answer: answer}, small)
		return c
	}
	for _, page := range [][2]string{
		{"", " "},
		{`{"a":"`, "x"},
		{`{"totalSize":1,"records":[`, " "},
		{`{"totalSize":1,"records":[{`, `"Name":"x",`},
		{"{", `"a":1,`},
		{`{"totalSize":1,"done":true,"records":[]`, `,"a":1`},
		{`{"totalSize":1,"done":true,"records":[]}`, " "},
	} {
		_, err := names(t.Context(), at(endless(200, page[0], page[1])), nil)
		require.ErrorIs(t, err, salesforce.ErrTooLarge, page[0])
	}
	_, err := at(endless(200, "{", `"DailyApiRequests":{"Max":1},`)).Limits(t.Context())
	require.ErrorIs(t, err, salesforce.ErrTooLarge)
	_, err = salesforce.Get[salesforce.Record](t.Context(), at(endless(200, "{", `"Name":"a",`)), "Lead", leadID)
	require.ErrorIs(t, err, salesforce.ErrTooLarge)
	_, err = at(endless(201, "", " ")).Create(t.Context(), "Lead", lead, nil)
	require.ErrorIs(t, err, salesforce.ErrTooLarge)
	require.ErrorIs(t, err, salesforce.ErrOutcomeUnknown)
	for _, text := range []string{"x", "[", "<a>", `{"errors":[`, "error=x&"} {
		err := at(endless(400, text, text)).Update(t.Context(), "Lead", leadID, lead, nil)
		short(t, err, text)
	}
	require.NoError(t, at(endless(204, "", "x")).Update(t.Context(), "Lead", leadID, lead, nil), "there is nothing to read")

	c, _ := newSocketClient(t, endless(200, `<Envelope><Body><loginResponse><result>`, "<a>"), withSOAP(ada))
	short(t, count(t, c))
	c, _ = newSocketClient(t, endless(500, `<Envelope><Body><Fault>`, "<faultcode>x</faultcode>"), withSOAP(ada))
	short(t, count(t, c))
	synctest.Test(t, func(t *testing.T) {
		line := "Name\n" + strings.Repeat("x", 3<<20)
		c := newClient(t, queryScript(1, nil, line), small)
		_, err := salesforce.Collect(salesforce.BulkQuery[person](t.Context(), c, "SELECT Name FROM Lead", nil))
		require.ErrorIs(t, err, salesforce.ErrTooLarge)
		_, err = c.BulkQueryCSV(t.Context(), io.Discard, "SELECT Name FROM Lead", nil)
		require.ErrorIs(t, err, salesforce.ErrTooLarge)
	})
}

func largeIDs(t *testing.T) {
	id := strings.Repeat("0", 1<<20)
	c := newClient(t, &script{answer: body(201, `{"id":"`+id+`","success":true}`)})
	_, err := c.Create(t.Context(), "Lead", lead, nil)
	require.ErrorIs(t, err, salesforce.ErrOutcomeUnknown)
	short(t, err)
	_, err = c.CreateQueryJob(t.Context(), "SELECT Id FROM Lead", false)
	short(t, err)
	list, err := results(t, salesforce.CreateAll(t.Context(), newClient(t, &script{answer: body(200, `[{"id":"`+id+`","success":true}]`)}),
		"Lead", slices.Values([]salesforce.Record{lead}), nil))
	require.NoError(t, err)
	require.ErrorIs(t, list[0].Err, salesforce.ErrOutcomeUnknown)
	require.Empty(t, list[0].ID)
	short(t, list[0].Err)

	grant := `{"access_token":%q,"instance_url":"http://localhost","id":"https://x/id/%s/%s"}`
	for _, login := range []string{fmt.Sprintf(grant, "T1", id[:1000], userID), fmt.Sprintf(grant, "T1", orgID, id[:1000]), fmt.Sprintf(grant, id[:100_000], orgID, userID)} {
		org := &script{login: body(200, login), answer: body(200, rows(0))}
		short(t, count(t, newClient(t, org)))
		require.Zero(t, org.callCount())
	}
}

func largeFaults(t *testing.T) {
	word := strings.Repeat("many\r\nlines ", 5000)
	encoded, err := json.Marshal(word)
	require.NoError(t, err)
	for _, text := range []string{
		fmt.Sprintf(`[{"errorCode":%s,"message":%[1]s}]`, encoded), fmt.Sprintf(`{"error":%s,"error_description":%[1]s}`, encoded),
		"error=" + url.QueryEscape(word) + "&error_description=" + url.QueryEscape(word), "<a><errorCode>" + word + "</errorCode><message>" + word + "</message></a>",
		"<html><title>" + word, word, `["` + strings.Repeat("/services/data/x ", 3000) + `"]`,
	} {
		err := count(t, newClient(t, &script{answer: body(400, text)}))
		short(t, err, text[:20])
		short(t, count(t, newClient(t, &script{login: body(400, text)})), text[:20])
	}
}

func deepValues(t *testing.T) {
	for _, deep := range []string{
		strings.Repeat("[", 100_000), strings.Repeat(`{"a":`, 100_000), strings.Repeat(`{"a":[`, 100_000),
		strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000),
	} {
		for _, page := range []string{`{"done":true,"records":[{"Name":` + deep, `{"done":true,"x":` + deep, `{"done":true,"records":[{"Unknown":` + deep} {
			c := newClient(t, &script{answer: body(200, page)}, func(cfg *salesforce.Config) { cfg.Retry.Max = -1 })
			_, err := names(t.Context(), c, nil)
			short(t, err)
			_, err = salesforce.CollectQuery[salesforce.Record](t.Context(), c, "SELECT Id FROM Lead", nil)
			short(t, err)
			_, err = c.Describe(t.Context(), "Lead")
			short(t, err)
		}
		for _, fault := range []string{deep, `[{"errors":` + deep} {
			short(t, count(t, newClient(t, &script{answer: body(400, fault)})))
		}
	}
	short(t, count(t, newClient(t, &script{answer: body(400, strings.Repeat("<a>", 20_000))})))
}

func hugeNumbers(t *testing.T) {
	for _, number := range []string{"1e999999999", "-1e-999999999", "1" + strings.Repeat("0", 100_000)} {
		c := newClient(t, &script{answer: body(200, `{"totalSize":1,"done":true,"records":[{"AnnualRevenue":`+number+`}]}`)})
		all, err := salesforce.CollectQuery[person](t.Context(), c, "SELECT AnnualRevenue FROM Lead", nil)
		require.NoError(t, err)
		require.Equal(t, json.Number(number), all[0].Worth, "as it came")
		_, err = salesforce.CollectQuery[struct {
			AnnualRevenue int64
		}](t.Context(), c, "SELECT AnnualRevenue FROM Lead", nil)
		short(t, err)
	}
	_, err := names(t.Context(), newClient(t, &script{answer: body(200, `{"totalSize":1e999999999,"done":true,"records":[]}`)}), nil)
	short(t, err)
}

func oddLogins(t *testing.T) {
	for _, login := range []string{
		"null", "[]", "0", `""`, "{}", "<html>", "", `{"access_token":7}`, `{"access_token":"T1\r\nX: y"}`,
		`{"access_token":"SECRET","instance_url":"javascript:alert(1)","id":"https://x/id/` + orgID + `/` + userID + `"}`,
		`{"access_token":"SECRET","instance_url":"http://evil.example.com","id":"https://x/id/` + orgID + `/` + userID + `"}`,
		`{"access_token":"SECRET","instance_url":"//evil","id":"https://x/id/` + orgID + `/` + userID + `"}`,
		`{"access_token":"SECRET","instance_url":"http://localhost","id":"https://x/id/../.."}`,
		`{"access_token":"SECRET\r\nX: y","instance_url":"http://localhost","id":"https://x/id/` + orgID + `/` + userID + `"}`,
	} {
		org := &script{login: body(200, login), answer: body(200, rows(0))}
		c, _ := newSocketClient(t, org)
		err := count(t, c)
		short(t, err, login)
		require.NotContains(t, err.Error(), "SECRET")
		require.Zero(t, org.callCount(), login)
	}
}

func oddDeviceCodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := salesforce.Device{ClientID: "cid"}
		start := func(answer string) (salesforce.Config, salesforce.DeviceCode, error) {
			cfg := config(&script{login: answers(body(200, answer), fails(400, "authorization_pending", "wait"))})
			code, err := app.Start(t.Context(), cfg)
			return cfg, code, err
		}
		for _, answer := range []string{"null", "[]", "{}", "", "<html>", `{"device_code":"DC"}`} {
			_, _, err := start(answer)
			short(t, err, answer)
		}
		for _, seconds := range []string{"-1", "-9223372036854775808", "0", "9223372036854775807", "10000000000"} {
			for _, name := range []string{"interval", "expires_in"} {
				cfg, code, err := start(`{"device_code":"DC","user_code":"ABCD","verification_uri":"https://x","` + name + `":` + seconds + `}`)
				require.NoError(t, err)
				began := time.Now()
				_, _, err = app.Wait(t.Context(), cfg, code)
				require.Error(t, err)
				require.LessOrEqual(t, time.Since(began), time.Hour)
			}
		}
	})
}

func deviceCodesAreNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := config(&script{login: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		_, err := salesforce.Device{ClientID: "cid"}.Start(ctx, cfg)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Minute, time.Since(began))
	})
}

func uncalledNotModified(t *testing.T) {
	c := newClient(t, &script{answer: body(304, "")})
	_, createErr := c.Create(t.Context(), "Lead", lead, nil)
	_, describeErr := c.Describe(t.Context(), "Lead")
	_, limitsErr := c.Limits(t.Context())
	for _, err := range []error{createErr, describeErr, limitsErr, count(t, c), c.Update(t.Context(), "Lead", leadID, lead, nil)} {
		require.ErrorContains(t, err, "status 304")
	}
}

func successesNameTheirRecords(t *testing.T) {
	for _, text := range []string{`{}`, `null`, `{"success":true}`, `{"success":true,"id":null}`, `{"success":true,"id":"x"}`} {
		c := newClient(t, &script{answer: body(201, text)})
		_, err := c.Create(t.Context(), "Lead", lead, nil)
		require.ErrorIs(t, err, salesforce.ErrOutcomeUnknown, text)
		_, err = c.Upload(t.Context(), salesforce.FileBytes("a.txt", []byte("x")), nil)
		require.ErrorIs(t, err, salesforce.ErrOutcomeUnknown, text)
	}
	list, err := results(t, salesforce.CreateAll(t.Context(), newClient(t, &script{answer: body(200, `[{"success":true}]`)}),
		"Lead", slices.Values([]salesforce.Record{lead}), nil))
	require.NoError(t, err)
	require.EqualError(t, list[0].Err, "salesforce: create Lead records: record 0: outcome unknown: status 200: the answer is not what the API sends: it names no record")
}

func oddResults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, text := range []string{"<html>\n<p>\n", "x\ny\n", "\"\"\n\"\"\n", "sf__Id\n1\n"} {
			b := &bulkScript{lists: map[string]string{"successfulResults": text, "failedResults": text, "unprocessedrecords": ""}}
			c := newClient(t, &script{answer: b.answer})
			for _, err := range c.IngestResults(t.Context(), "750xx0000000001AAA", salesforce.Poll{}) {
				short(t, err, text)
			}
			list, err := results(t, salesforce.BulkIngest(t.Context(), c, salesforce.Ingest{Object: "Account", Operation: salesforce.BulkInsert}, numbered(1, nil)))
			require.Error(t, err)
			require.ErrorIs(t, list[0].Err, salesforce.ErrOutcomeUnknown)
		}
	})
}

func oddComposites(t *testing.T) {
	c := newClient(t, &script{answer: func(w http.ResponseWriter, r *http.Request) {
		var sent struct {
			Requests []struct{ ReferenceID string } `json:"compositeRequest"`
		}
		_ = json.NewDecoder(r.Body).Decode(&sent)
		fmt.Fprintf(w, `{"compositeResponse":[{"referenceId":%q,"body":null}]}`, sent.Requests[0].ReferenceID)
	}})
	var batch salesforce.Composite
	batch.Create("Lead", lead)
	_, err := c.Composite(t.Context(), &batch)
	require.Error(t, err)
}

// TestNoAnswerPanics gives every operation answers of every kind, whatever it
// asks for. None of them panics, takes one for a record that was created, or
// comes to no end.
func TestNoAnswerPanics(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "null", "true", "0", `""`, "[]", "{}", "[null]", "[[]]", "[{}]", `{"records":null}`, `{"records":[null],"done":true}`,
		`{"id":null,"success":true,"errors":null}`, `{"errors":[null]}`, `{"id":"750xx0000000001AAA","state":7}`, `{"id":"750xx0000000001AAA","state":"JobComplete"}`,
		`{"compositeResponse":[null]}`, `{"searchRecords":[null]}`, `{"fields":[null],"picklistFieldValues":{"A":null}}`, `{"resultPages":[null],"done":false}`,
		"<html>", "<?xml version=\"1.0\"?><x/>", "Id\n1\n", "\"", "\x00\xff\xfe", "\ufeff{}",
	} {
		for _, status := range []int{200, 201, 204} {
			synctest.Test(t, func(t *testing.T) {
				c := newClient(t, &script{answer: body(status, text)}, func(cfg *salesforce.Config) { cfg.Retry.Max = -1 })
				ids := slices.Repeat([]salesforce.ID{leadID}, 10)
				for _, o := range operations() {
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					err := o.run(ctx, c, ids)
					cancel()
					if o.creates > 0 && o.name != "upsert" && !strings.Contains(text, `"id":"750`) {
						require.Error(t, err, "%s: %d %q", o.name, status, text)
					}
				}
				_ = firstFault(c.UndeleteAll(t.Context(), slices.Values(ids), nil))
				_, _ = c.Explain(t.Context(), "SELECT Id FROM Lead")
				_, _ = c.Limits(t.Context())
				_, _ = c.DescribeGlobal(t.Context())
				_, _ = c.Updated(t.Context(), "Lead", time.Unix(0, 0), time.Unix(999, 0))
				_, _ = c.Deleted(t.Context(), "Lead", time.Unix(0, 0), time.Unix(999, 0))
				_, _ = c.CheckConnection(t.Context())
				_, _ = salesforce.Get[salesforce.Record](t.Context(), c, "Lead", leadID)
				_, _ = c.FindUpload(t.Context(), salesforce.Sought{MD5: strings.Repeat("0", 32)})
			})
		}
	}
}

// A call may be refused for a token that another call has renewed in the
// meantime. Then it goes out again with the new one, and nobody logs in.
func TestALateRefusalDoesNotRenewAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		org := &script{answer: body(200, rows(0))}
		late := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.RawQuery, "Account") && r.Header.Get("Authorization") == "Bearer T1" {
				<-release
			}
			org.ServeHTTP(w, r)
		})
		c := newClient(t, late)
		require.NoError(t, count(t, c))
		org.expire()
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				_, err := c.Count(t.Context(), "SELECT COUNT() FROM Account")
				require.NoError(t, err)
			})
		}
		synctest.Wait()
		require.NoError(t, count(t, c))
		logins := org.loginCount()

		close(release)
		wg.Wait()

		require.Equal(t, logins, org.loginCount())
	})
}
