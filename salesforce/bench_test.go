package salesforce_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
)

// company has twenty fields.
type company struct {
	ID        salesforce.ID       `json:"Id"`
	Name      string              `json:"Name"`
	Number    string              `json:"AccountNumber"`
	Type      string              `json:"Type"`
	Industry  string              `json:"Industry"`
	Street    string              `json:"BillingStreet"`
	City      string              `json:"BillingCity"`
	State     string              `json:"BillingState"`
	Zip       string              `json:"BillingPostalCode"`
	Country   string              `json:"BillingCountry"`
	Phone     string              `json:"Phone"`
	Fax       string              `json:"Fax"`
	Website   string              `json:"Website"`
	Revenue   float64             `json:"AnnualRevenue"`
	Employees int                 `json:"NumberOfEmployees"`
	IsDeleted bool                `json:"IsDeleted"`
	OwnerID   salesforce.ID       `json:"OwnerId"`
	Created   salesforce.DateTime `json:"CreatedDate"`
	Changed   salesforce.DateTime `json:"LastModifiedDate"`
	Owner     struct{ Name string }
}

const (
	benchPages   = 20
	benchRecords = 2000 // of a page
)

// benchRecordList is the records of a page.
func benchRecordList() string {
	records := make([]string, benchRecords)
	for i := range records {
		records[i] = fmt.Sprintf(`{"attributes":{"type":"Account","url":"/services/data/v66.0/sobjects/Account/001RM00000%05dAAA"},`+
			`"Id":"001RM00000%05dYAE","Name":"Account number %d","AccountNumber":"CD%08d","Type":"Customer - Direct","Industry":"Construction","BillingStreet":"%d Example Street",`+
			`"BillingCity":"Bonn","BillingState":null,"BillingPostalCode":"%05d","BillingCountry":"Germany","Phone":"+49 228 %d","Fax":null,"Website":"https://www.example%d.com",`+
			`"AnnualRevenue":%d.50,"NumberOfEmployees":%d,"IsDeleted":false,"OwnerId":"005RM00000000%02dYAU","CreatedDate":"2026-08-24T21:26:29.000+0000","LastModifiedDate":"2026-08-25T10:%02d:00.000+0000",`+
			`"Owner":{"attributes":{"type":"User","url":"/services/data/v66.0/sobjects/User/005RM0000000000YAU"},"Name":"Owner %d"}}`,
			i, i, i, i, i, i, i, i, i*1000, i, i%40, i%60, i%40)
	}
	return strings.Join(records, ",")
}

// memory is a transport that answers with pages from memory.
type memory struct{ records string }

func (m memory) RoundTrip(r *http.Request) (*http.Response, error) {
	page := 0
	_, _ = fmt.Sscanf(r.URL.Path, data+"/query/0r8-%d", &page)
	head := fmt.Sprintf(`{"totalSize":%d,"done":%t,`, benchPages*benchRecords, page+1 == benchPages)
	if page+1 < benchPages {
		head += fmt.Sprintf(`"nextRecordsUrl":"%s/query/0r8-%d",`, data, page+1)
	}
	text := io.MultiReader(strings.NewReader(head+`"records":[`), strings.NewReader(m.records), strings.NewReader(`]}`))
	if strings.HasPrefix(r.URL.Path, "/services/oauth2/") {
		text = strings.NewReader(`{"access_token":"T","instance_url":"https://acme.my.salesforce.com","id":"https://login.salesforce.com/id/` + orgID + `/` + userID + `"}`)
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(text), Header: http.Header{}, Request: r}, nil
}

// benchmark runs f on a client of pages in memory. The figures are those of
// 40,000 records.
func benchmark(b *testing.B, f func(c *salesforce.Client) (n int, err error)) {
	b.Helper()
	m := memory{benchRecordList()}
	c, err := salesforce.New(salesforce.Config{
		Auth:       salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
		LoginURL:   salesforce.MyDomain("acme"),
		HTTPClient: &http.Client{Transport: m},
	})
	require.NoError(b, err)
	b.SetBytes(int64(benchPages * len(m.records)))
	b.ReportAllocs()
	for b.Loop() {
		n, err := f(c)
		require.NoError(b, err)
		require.Equal(b, benchPages*benchRecords, n)
	}
}

// stream counts the records that a loop gets.
func stream[T any](b *testing.B) func(c *salesforce.Client) (n int, err error) {
	b.Helper()
	return func(c *salesforce.Client) (n int, err error) {
		for _, err := range salesforce.Query[T](b.Context(), c, "SELECT …", nil) {
			if err != nil {
				return n, err
			}
			n++
		}
		return n, nil
	}
}

func BenchmarkQueryStructs(b *testing.B) { benchmark(b, stream[company](b)) }

func BenchmarkQueryRecords(b *testing.B) { benchmark(b, stream[salesforce.Record](b)) }

func BenchmarkCollectQuery(b *testing.B) {
	benchmark(b, func(c *salesforce.Client) (int, error) {
		all, err := salesforce.CollectQuery[company](b.Context(), c, "SELECT …", nil)
		return len(all), err
	})
}

func BenchmarkCollect(b *testing.B) {
	benchmark(b, func(c *salesforce.Client) (int, error) {
		all, err := salesforce.Collect(salesforce.Query[company](b.Context(), c, "SELECT …", nil))
		return len(all), err
	})
}

// BenchmarkEncodingJSON reads the same pages as a program with a struct for
// the page would, to compare with.
func BenchmarkEncodingJSON(b *testing.B) {
	text := []byte(`{"totalSize":2000,"done":true,"records":[` + benchRecordList() + `]}`)
	b.SetBytes(int64(benchPages * len(text)))
	b.ReportAllocs()
	for b.Loop() {
		for range benchPages {
			var page struct {
				Records []company
			}
			require.NoError(b, json.NewDecoder(bytes.NewReader(text)).Decode(&page))
			require.Len(b, page.Records, benchRecords)
		}
	}
}
