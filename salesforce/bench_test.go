package salesforce_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce"
)

// benchPage is a page of 2,000 records of ten fields.
func benchPage() string {
	records := make([]string, 2000)
	for i := range records {
		records[i] = fmt.Sprintf(`{"attributes":{"type":"Account","url":"/services/data/v66.0/sobjects/Account/001RM00000%05dAAA"},`+
			`"Id":"001RM000003oLnnYAE","Name":"Account %d","Phone":"+49 228 %d","Fax":null,"BillingCity":"Bonn","AnnualRevenue":%d.50,`+
			`"NumberOfEmployees":%d,"IsDeleted":false,"CreatedDate":"2026-08-24T21:26:29.000+0000","Owner":{"attributes":{"type":"User"},"Name":"Ada"}}`,
			i, i, i, i*1000, i)
	}
	return fmt.Sprintf(`{"totalSize":2000,"done":true,"records":[%s]}`, strings.Join(records, ","))
}

func benchmarkQuery[T any](b *testing.B) {
	text := benchPage()
	org := &script{answer: func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }}
	c, err := salesforce.New(salesforce.Config{
		LoginURL:   "http://localhost",
		Auth:       salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"},
		HTTPClient: &http.Client{Transport: inProcess{org}},
	})
	require.NoError(b, err)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range salesforce.Query[T](b.Context(), c, "SELECT …", nil) {
			require.NoError(b, err)
		}
	}
}

func BenchmarkQueryStructs(b *testing.B) {
	benchmarkQuery[struct {
		ID      salesforce.ID `json:"Id"`
		Name    string
		Phone   string
		City    string              `json:"BillingCity"`
		Created salesforce.DateTime `json:"CreatedDate"`
		Owner   struct{ Name string }
	}](b)
}

func BenchmarkQueryRecords(b *testing.B) { benchmarkQuery[salesforce.Record](b) }
