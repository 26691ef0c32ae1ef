package salesforcetest_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

const manyAccounts = 200_000

// manyFields are twenty fields, of all kinds, that the accounts of a benchmark
// have.
const manyFields = "Id, Name, AccountNumber, Type, Industry, AnnualRevenue, NumberOfEmployees, Phone, Website, BillingStreet, " +
	"BillingCity, BillingPostalCode, BillingCountry, BillingLatitude, OwnerId, Site, CreatedDate, LastModifiedDate, SystemModstamp, IsDeleted"

// accountData is a data file with n accounts, whose stamps lie within 1000
// seconds.
func accountData(n int) io.Reader {
	var b bytes.Buffer
	b.WriteString(`{"Account":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		stamp := saturday.Add(-time.Duration(i%1000) * time.Second).Format(time.RFC3339)
		fmt.Fprintf(&b, `{"Name":"Account %d","AccountNumber":"%[1]d","Type":"Prospect","Industry":"Banking","AnnualRevenue":%[1]d,`+
			`"NumberOfEmployees":%[2]d,"Phone":"+49 30 %[1]d","Website":"https://%[1]d.example","BillingStreet":"Street %[1]d",`+
			`"BillingCity":"City %[2]d","BillingPostalCode":"%05[2]d","BillingCountry":"Germany","BillingLatitude":52.%[1]d,`+
			`"Site":"Main","SystemModstamp":"%[3]s"}`, i, i%100, stamp)
	}
	b.WriteString("]}")
	return &b
}

// heap is the memory in use once what is garbage is gone.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

var nextURL = regexp.MustCompile(`"nextRecordsUrl":"([^"]*)"`)

// drainPages reads a query to its end and returns the number of its bytes.
func drainPages(tb testing.TB, c *client, soql string) (size int64) {
	tb.Helper()
	var head [512]byte
	for next := "/services/data/v66.0/query?q=" + url.QueryEscape(soql); next != ""; {
		req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, c.base+next, http.NoBody)
		require.NoError(tb, err)
		req.Header.Set("Authorization", "Bearer "+c.token)
		res, err := c.http.Do(req)
		require.NoError(tb, err)
		require.Equal(tb, http.StatusOK, res.StatusCode)
		n, err := io.ReadFull(res.Body, head[:])
		require.NoError(tb, err)
		rest, err := io.Copy(io.Discard, res.Body)
		require.NoError(tb, err)
		require.NoError(tb, res.Body.Close())
		size += int64(n) + rest
		next = ""
		if m := nextURL.FindSubmatch(head[:n]); m != nil {
			next = string(m[1])
		}
	}
	return size
}

// BenchmarkPages fetches twenty fields of 200,000 accounts over loopback, 2000 a
// page, with a client that only reads them.
func BenchmarkPages(b *testing.B) {
	data := accountData(manyAccounts)
	before := heap()
	org := newOrg(salesforcetest.Options{APILimit: 1 << 30})
	began := time.Now()
	require.NoError(b, org.Load(data))
	loading := time.Since(began)
	perRecord := float64(heap()-before) / manyAccounts
	runtime.KeepAlive(data)
	server := salesforcetest.NewServer(org)
	defer server.Close()
	c := &client{
		t: b, http: &http.Client{Transport: &http.Transport{DisableCompression: true}},
		base: server.URL, token: org.Credentials().AccessToken,
	}
	for b.Loop() {
		b.SetBytes(drainPages(b, c, "SELECT "+manyFields+" FROM Account"))
	}
	b.ReportMetric(float64(b.N)*manyAccounts/b.Elapsed().Seconds(), "records/s")
	b.ReportMetric(perRecord, "B/record")
	b.ReportMetric(loading.Seconds(), "s/load")
}

// BenchmarkKeyset fetches one page as a client does that walks by stamp and id.
func BenchmarkKeyset(b *testing.B) {
	org := newOrg(salesforcetest.Options{APILimit: 1 << 30})
	require.NoError(b, org.Load(accountData(manyAccounts)))
	c := newClient(b, org)
	soql := fmt.Sprintf("SELECT Id, Name FROM Account WHERE SystemModstamp >= %s AND (SystemModstamp > %[1]s OR Id > '001000000000000') "+
		"ORDER BY SystemModstamp, Id LIMIT 2000", saturday.Add(-500*time.Second).Format(time.RFC3339))
	c.query(soql).ok(200) // builds the index
	for b.Loop() {
		c.query(soql).ok(200)
	}
}

// BenchmarkUpdate changes one of 200,000 accounts, while all indexes are in use.
func BenchmarkUpdate(b *testing.B) {
	org := newOrg(salesforcetest.Options{APILimit: 1 << 30})
	require.NoError(b, org.Load(accountData(manyAccounts)))
	c := newClient(b, org)
	accounts := org.Records("Account")
	owner := accounts[0]["OwnerId"].(string)
	for _, where := range []string{"SystemModstamp > 2030-01-01T00:00:00Z", "OwnerId = '" + owner + "' LIMIT 1", "Id > '001zz0000000000' LIMIT 1"} {
		c.query("SELECT Id FROM Account WHERE " + where).ok(200)
	}
	i := 0
	for b.Loop() {
		org.Update(accounts[i%manyAccounts]["Id"].(string), map[string]any{"Phone": fmt.Sprint(i)})
		i++
	}
}

// A hundred times as many records make a change not much slower.
func TestIndexesStayCheapInLargeTables(t *testing.T) {
	t.Parallel()
	org := newOrg(salesforcetest.Options{})
	require.NoError(t, org.Load(accountData(20_000)))
	c := newClient(t, org)
	c.query("SELECT COUNT() FROM Account WHERE SystemModstamp > 2026-11-21T15:29:30Z").ok(200)
	ids := strings.Split(c.query("SELECT Id FROM Account ORDER BY Name LIMIT 2000").names("Id"), ", ")
	for i, id := range ids {
		org.Update(id, map[string]any{"Site": fmt.Sprint("site ", i)})
	}
	org.Advance(time.Second)
	for _, id := range ids[:1000] {
		org.Update(id, map[string]any{"Site": nil})
	}
	require.Equal(t, 1000, c.page(queryPath+url.QueryEscape("SELECT Id FROM Account WHERE SystemModstamp > 2026-11-21T15:30:00Z"), "").TotalSize)
}
