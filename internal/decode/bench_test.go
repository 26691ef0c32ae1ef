package decode

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// account has the fields of a usual query: ids, names, a few picklists, numbers,
// moments, a parent, and some that are often empty.
type account struct {
	ID        named `json:"Id"`
	Name      string
	Number    string   `json:"AccountNumber"`
	Type      string   `json:"Type"`
	Industry  string   `json:"Industry"`
	Street    string   `json:"BillingStreet"`
	City      string   `json:"BillingCity"`
	State     string   `json:"BillingState"`
	Zip       string   `json:"BillingPostalCode"`
	Country   string   `json:"BillingCountry"`
	Phone     string   `json:"Phone"`
	Website   string   `json:"Website"`
	Revenue   float64  `json:"AnnualRevenue"`
	Employees int      `json:"NumberOfEmployees"`
	Score     *float64 `json:"Score__c"`
	Active    bool     `json:"Active__c"`
	OwnerID   named    `json:"OwnerId"`
	Created   stamp    `json:"CreatedDate"`
	Changed   stamp    `json:"LastModifiedDate"`
	Owner     struct{ Name string }
}

// accounts is a page of so many records of 20 fields, about 900 bytes each.
func accounts(n int) string {
	industries := []string{"Banking", "Construction", "Energy", "Retail", "Technology"}
	records := make([]string, n)
	for i := range records {
		records[i] = fmt.Sprintf(`{"attributes":{"type":"Account","url":"/services/data/v66.0/sobjects/Account/001RM00000%06dYAE"},`+
			`"Id":"001RM00000%06dYAE","Name":"Account number %d GmbH","AccountNumber":"CD%08d","Type":"Customer - Direct","Industry":"%s",`+
			`"BillingStreet":"%d Example Street\nBuilding %d","BillingCity":"Bonn","BillingState":null,"BillingPostalCode":"%05d","BillingCountry":"Germany",`+
			`"Phone":"+49 228 %07d","Website":"https://www.example%d.com/","AnnualRevenue":%d.5,"NumberOfEmployees":%d,"Score__c":%d.25,"Active__c":%t,`+
			`"OwnerId":"005RM00000%06dYAU","CreatedDate":"2026-08-24T21:26:%02d.000+0000","LastModifiedDate":"2026-09-24T21:%02d:29.000+0000",`+
			`"Owner":{"attributes":{"type":"User","url":"/services/data/v66.0/sobjects/User/005RM00000%06dYAU"},"Name":"Owner %d"}}`,
			i, i, i, i, industries[i%5], i, i%7, i%100000, i, i, i*1000, i%5000, i%100, i%2 == 0, i%40, i%60, i%60, i%40, i%40)
	}
	return page(records...)
}

// decodePage reads a page and returns the number of records.
func decodePage[T any](tb testing.TB, ps *Pages[T], text string) (n int) {
	require.NoError(tb, ps.Begin(strings.NewReader(text)))
	var v T
	for {
		if err := ps.Next(&v); err == nil {
			n++
		} else if errors.Is(err, io.EOF) {
			return n
		} else {
			tb.Fatal(err)
		}
	}
}

func benchmarkPages[T any](b *testing.B) {
	text := accounts(2000)
	ps, err := NewPages[T](testTypes(), Options{})
	require.NoError(b, err)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		decodePage(b, ps, text)
	}
}

func BenchmarkStructs(b *testing.B) { benchmarkPages[account](b) }

func BenchmarkRecords(b *testing.B) { benchmarkPages[record](b) }

func BenchmarkEncodingJSON(b *testing.B) {
	text := []byte(accounts(2000))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		var page struct{ Records []account }
		require.NoError(b, json.NewDecoder(bytes.NewReader(text)).Decode(&page))
	}
}
