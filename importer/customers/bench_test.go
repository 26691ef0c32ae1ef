package customers_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/sfbridge/sfbridge/importer/customers"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

const benchmarked = 100_000

// accounts are records as a query yields them.
func accounts(tb testing.TB) []salesforce.Record {
	tb.Helper()
	records := make([]salesforce.Record, benchmarked)
	for i := range records {
		text := fmt.Sprintf(`{"attributes":{"type":"Account","url":"/services/data/v66.0/sobjects/Account/001RM%010d"},
			"Id":"001RM%010d","SystemModstamp":"2026-08-24T21:26:29.000+0000","AccountNumber":"K-%d","Name":"Müller & Söhne %d",
			"BillingStreet":"Ring %d\r\nHinterhaus","BillingState":"Sachsen","BillingPostalCode":"04109","BillingCity":"Leipzig",
			"BillingCountry":"Deutschland","ShippingStreet":null,"ShippingState":null,"ShippingPostalCode":null,"ShippingCity":null,
			"ShippingCountry":null,"Phone":"+49 341 %d","Fax":null,"Website":"https://example.com/%d",
			"Description":"Kunde seit %d."}`, i, i, i, i, i%200, i, i, 1990+i%30)
		if err := json.Unmarshal([]byte(text), &records[i]); err != nil {
			tb.Fatal(err)
		}
	}
	return records
}

// BenchmarkCustomers maps 100,000 accounts per operation: alone, and on into
// the type that a host's sink works with.
func BenchmarkCustomers(b *testing.B) {
	m, err := mapping.New(customers.CustomerRules(), nil)
	if err != nil {
		b.Fatal(err)
	}
	records := accounts(b)
	for name, use := range map[string]func(mapping.Values) error{
		"Apply": func(mapping.Values) error { return nil },
		"Into":  func(v mapping.Values) error { return v.Into(new(customers.Customer)) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, rec := range records {
					values, err := m.Apply(rec)
					if err != nil {
						b.Fatal(err)
					}
					if err := use(values); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(benchmarked*b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

// BenchmarkDuplicates imports 20,000 accounts again per operation, of which
// nothing has changed: without a look for doubled numbers, with one at what is
// new, and with one at all.
func BenchmarkDuplicates(b *testing.B) {
	for _, policy := range []customers.NumberPolicy{customers.IgnoreNumber, customers.TakeNumber, customers.KeepNumber} {
		b.Run(string(policy), func(b *testing.B) {
			w := newWorldOf(b, salesforcetest.Options{})
			w.config.Numbers.Duplicate = policy
			for i := range 20_000 {
				w.account(fmt.Sprint("Account ", i), "AccountNumber", fmt.Sprint("K-", i))
			}
			w.complete()
			for b.Loop() {
				w.complete()
			}
			b.ReportMetric(float64(20_000*b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
