package main

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/sfbridge/sfbridge/internal/bench/measure"
	"github.com/sfbridge/sfbridge/internal/bench/wire"
)

// entry is one client of a scenario.
type entry struct {
	label  string // in the table
	client string
	job    measure.Job
}

// scenario is a job that several clients do in turns.
type scenario struct {
	name    string // for -only
	title   string
	line    wire.Line
	file    int64 // bytes of the file to upload, 0 for none
	entries []entry
}

// sizes is how large the scenarios are.
type sizes struct {
	records int // of a query
	rows    int // of a bulk query
	inserts int
	file    int64 // bytes
	ahead   int   // records of a query over a slow line
}

// full is what the command measures.
var full = sizes{records: 200_000, rows: 1_000_000, inserts: 10_000, file: 36_000_000, ahead: 20_000}

// The labels of this module's client, to which all others are compared.
const (
	ours       = "sfbridge"
	collected  = "sfbridge, collected"
	multipart  = "sfbridge, multipart"
	fourAtOnce = "sfbridge, 4 in flight"
	twoAtOnce  = "sfbridge, 2 in flight"
	noAhead    = "sfbridge, NoPrefetch"
	peer       = "go-salesforce"
	jsforce    = "jsforce"
	nethttp    = "net/http + encoding/json"
	raw        = "raw io.Copy"
)

func scenarios(n sizes, scratch string) []scenario {
	upload := filepath.Join(scratch, "upload")
	output := filepath.Join(scratch, "output.csv")
	query := []entry{
		{ours, "sfbridge", measure.Job{Operation: "query"}},
		{collected, "sfbridge", measure.Job{Operation: "collect"}},
		{raw, "rawcopy", measure.Job{Operation: "query", Records: n.records}},
		{nethttp, "nethttp", measure.Job{Operation: "query"}},
		{jsforce, "jsforce", measure.Job{Operation: "query"}},
		{peer, "gosalesforce", measure.Job{Operation: "query"}},
	}
	insert := []entry{
		{ours, "sfbridge", measure.Job{Operation: "insert", Records: n.inserts}},
		{fourAtOnce, "sfbridge", measure.Job{Operation: "insert", Records: n.inserts, InFlight: 4}},
		{nethttp, "nethttp", measure.Job{Operation: "insert", Records: n.inserts}},
		{jsforce, "jsforce", measure.Job{Operation: "insert", Records: n.inserts}},
		{peer, "gosalesforce", measure.Job{Operation: "insert", Records: n.inserts}},
	}
	list := []scenario{
		{name: "query", title: fmt.Sprintf("query of %d records of 20 fields", n.records), entries: query},
		{name: "query-gzip", title: "the same, gzipped", line: wire.Line{Gzip: true}, entries: query},
		{name: "bulk", title: fmt.Sprintf("bulk query of %d rows of 8 columns into structs", n.rows), entries: []entry{
			{ours, "sfbridge", measure.Job{Operation: "bulk"}},
			{twoAtOnce, "sfbridge", measure.Job{Operation: "bulk", InFlight: 2}},
			{raw, "rawcopy", measure.Job{Operation: "bulk"}},
			{peer, "gosalesforce", measure.Job{Operation: "bulk"}},
		}},
		{name: "bulk-file", title: fmt.Sprintf("bulk query of %d rows into a file", n.rows), entries: []entry{
			{ours, "sfbridge", measure.Job{Operation: "bulkfile", File: output}},
			{twoAtOnce, "sfbridge", measure.Job{Operation: "bulkfile", File: output, InFlight: 2}},
			{raw, "rawcopy", measure.Job{Operation: "bulkfile", File: output}},
			{peer, "gosalesforce", measure.Job{Operation: "bulkfile", File: output, Records: n.rows}},
		}},
		{name: "insert", title: fmt.Sprintf("insert of %d records of 8 fields", n.inserts), entries: insert},
		{name: "insert-50ms", title: "the same at 50 ms latency", line: wire.Line{Latency: 50 * time.Millisecond}, entries: insert},
		{name: "upload", title: fmt.Sprintf("upload of %d bytes", n.file), file: n.file, entries: []entry{
			{ours, "sfbridge", measure.Job{Operation: "upload", File: upload}},
			{multipart, "sfbridge", measure.Job{Operation: "upload", File: upload, Multipart: true}},
			{raw, "rawcopy", measure.Job{Operation: "upload", File: upload}},
			{jsforce, "jsforce", measure.Job{Operation: "upload", File: upload}},
			{peer, "gosalesforce", measure.Job{Operation: "upload", File: upload}},
		}},
		{name: "upload-retry", title: "the same, the first try answered by 503", line: wire.Line{Busy: true}, file: n.file, entries: []entry{
			{ours, "sfbridge", measure.Job{Operation: "upload", File: upload}},
			{multipart, "sfbridge", measure.Job{Operation: "upload", File: upload, Multipart: true}},
		}},
	}
	return append(list, ahead(n.ahead)...)
}

// ahead are queries over slow lines, with and without the next page asked for
// ahead.
func ahead(records int) (list []scenario) {
	const megabit = 1e6 / 8
	for _, latency := range []time.Duration{50 * time.Millisecond, 150 * time.Millisecond} {
		for _, s := range []struct {
			name, title string
			line        wire.Line
			work        time.Duration
		}{
			{"idle", "nothing else to do", wire.Line{}, 0},
			{"busy", "100 ms of work a page", wire.Line{}, 100 * time.Millisecond},
			{"20mbit", "20 Mbit/s, gzipped", wire.Line{Gzip: true, Rate: 20 * megabit}, 0},
			{"100mbit", "100 Mbit/s", wire.Line{Rate: 100 * megabit}, 0},
		} {
			s.line.Latency = latency
			s.line.Records = records
			list = append(list, scenario{
				name: "ahead-" + s.name + "-" + latency.String(), title: "10 pages at " + latency.String() + " each, " + s.title, line: s.line, entries: []entry{
					{ours, "sfbridge", measure.Job{Operation: "query", Work: s.work}},
					{noAhead, "sfbridge", measure.Job{Operation: "query", Work: s.work, NoPrefetch: true}},
				},
			})
		}
	}
	return list
}
