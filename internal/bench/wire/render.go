package wire

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"runtime"
	"sync"
)

const (
	// Version is the version of the API that all clients speak. It is the only
	// one with which go-salesforce reads a second page.
	Version = "63.0"

	base     = "/services/data/v" + Version
	pageSize = 2000    // records of a page
	partSize = 100_000 // rows of a part of a bulk result
)

// content is an answer as it goes out, and the same compressed.
type content struct{ plain, zipped []byte }

func (c content) of(zipped bool) []byte {
	if zipped {
		return c.zipped
	}
	return c.plain
}

// rendered makes n contents on all processors.
func rendered(n int, zip bool, render func(i int) []byte) []content {
	list := make([]content, n)
	var work sync.WaitGroup
	for worker := range runtime.NumCPU() {
		work.Go(func() {
			for i := worker; i < n; i += runtime.NumCPU() {
				list[i].plain = render(i)
				if zip {
					list[i].zipped = compressed(list[i].plain)
				}
			}
		})
	}
	work.Wait()
	return list
}

func compressed(text []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(text) // a Buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

var (
	industries = []string{"Banking", "Construction", "Energy", "Retail", "Technology"}
	cities     = []string{"Bonn", "Köln", "Berlin", "München", "Hamburg", "Ulm", "Kiel"}
	types      = []string{"Customer - Direct", "Customer - Channel", "Prospect"}
)

// noise makes values that do not follow each other.
func noise(i int) int { return int(uint32(i) * 2654435761 >> 8) }

// page is a page of a query's result: 20 fields of Accounts.
func page(number, total int) []byte {
	first := number * pageSize
	end := min(first+pageSize, total)
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"totalSize":%d,"done":%t`, total, end == total)
	if end < total {
		fmt.Fprintf(&b, `,"nextRecordsUrl":"%s/query/01gRM000000bench-%d"`, base, end)
	}
	b.WriteString(`,"records":[`)
	for i := first; i < end; i++ {
		if i > first {
			b.WriteByte(',')
		}
		account(&b, i)
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

func account(b *bytes.Buffer, i int) {
	n := noise(i)
	state := "null"
	if n%4 == 0 {
		state = `"NW"`
	}
	fmt.Fprintf(b, `{"attributes":{"type":"Account","url":"%s/sobjects/Account/001RM00000%05xYAE"},"Id":"001RM00000%05xYAE",`, base, i, i)
	fmt.Fprintf(b, `"Name":"Account %d & Söhne GmbH","AccountNumber":"CD%08d","Type":"%s","Industry":"%s",`, n, i, types[n%3], industries[n%5])
	fmt.Fprintf(b, `"BillingStreet":"%d Example Street\nBuilding \"%d\"","BillingCity":"%s","BillingState":%s,"BillingPostalCode":"%05d","BillingCountry":"Germany",`,
		n%997, n%7, cities[n%7], state, n%100000)
	fmt.Fprintf(b, `"Phone":"+49 228 %07d","Website":"https://www.example%d.com/","AnnualRevenue":%d.5,"NumberOfEmployees":%d,"Score__c":%s,"Active__c":%t,`,
		n%10000000, n, n%100000000, i%5000, score(n), n%2 == 0)
	fmt.Fprintf(b, `"Since__c":"20%02d-%02d-%02d","CreatedDate":"2026-08-%02dT%02d:26:%02d.000+0000","LastModifiedDate":"2026-09-%02dT%02d:%02d:29.000+0000",`,
		n%27, n%12+1, n%28+1, n%28+1, n%24, n%60, n%28+1, n%24, n%59)
	fmt.Fprintf(b, `"Owner":{"attributes":{"type":"User","url":"%s/sobjects/User/005RM00000%05xYAU"},"Name":"Owner %d"}}`, base, n%40, n%40)
}

func score(n int) string {
	if n%3 == 0 {
		return "null"
	}
	return fmt.Sprintf("%d.25", n%100)
}

// part is a part of a bulk result: 8 columns, all quoted, as Salesforce does.
func part(number, rows int) []byte {
	var b bytes.Buffer
	b.WriteString(`"Id","Name","AccountNumber","Phone","BillingCity","AnnualRevenue","NumberOfEmployees","LastModifiedDate"` + "\n")
	for i := number * partSize; i < min((number+1)*partSize, rows); i++ {
		n := noise(i)
		fmt.Fprintf(&b, `"001RM00000%05xYAE","Account ""%d"" & Söhne, GmbH","CD%08d","+49 228 %07d","%s","%d.5","%d","2026-09-%02dT%02d:%02d:29.000Z"`+"\n",
			i, n, i, n%10000000, cities[n%7], n%100000000, i%5000, n%28+1, n%24, n%60)
	}
	return b.Bytes()
}

// saved is the answer to the creation of n records.
func saved(n int) []byte {
	var b bytes.Buffer
	b.WriteByte('[')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"00QRM00000%05x2AA","success":true,"errors":[]}`, i)
	}
	b.WriteByte(']')
	return b.Bytes()
}
