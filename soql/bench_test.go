package soql_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/soql"
)

// usual is a query of 300 characters, as feeds send them.
const usual = "SELECT Id, Name, Start__c, Owner.Name, Account__r.Name, Account__r.Phone FROM Visit__c " +
	"WHERE (Rep_1__c = 'a0XA0000000000bMAA' OR Rep_2__c = 'a0XA0000000000bMAA') AND Start__c >= 2026-11-21T00:00:00Z " +
	"AND Start__c < 2026-12-05T00:00:00Z AND Status__c NOT IN ('Lost', 'Sold') AND City__c != 'x' ORDER BY Start__c, Id LIMIT 200"

// guarded is the same, for a UserFilter.
const guarded = "SELECT Id, Name, Start__c, Owner.Name, Account__r.Name, Account__r.Phone FROM Visit__c " +
	"WHERE (Rep_1__c = '%userIdentifier%' OR Rep_2__c = '%userIdentifier%') AND Start__c >= 2026-11-21T00:00:00Z " +
	"AND Start__c < 2026-12-05T00:00:00Z AND Status__c NOT IN ('Lost', 'Sold') AND City__c != 'example' ORDER BY Start__c, Id LIMIT 200"

// parsedCorpus is the corpus of one dialect with its size.
func parsedCorpus(b *testing.B, dialect soql.Dialect) (texts []string, queries []*soql.Query, size int64) {
	b.Helper()
	for _, e := range validCorpus(b) {
		if e.dialect != dialect {
			continue
		}
		q, err := soql.Parse(e.text, e.options())
		require.NoError(b, err)
		texts, queries, size = append(texts, e.text), append(queries, q), size+int64(len(e.text))
	}
	return texts, queries, size
}

// perQuery reports the allocations of one query, of n in each operation.
func perQuery(b *testing.B, n int, op func()) {
	b.Helper()
	b.ReportMetric(testing.AllocsPerRun(3, op)/float64(n), "allocs/query")
}

func BenchmarkParseCorpus(b *testing.B) {
	texts, _, size := parsedCorpus(b, soql.REST)
	all := func() {
		for _, text := range texts {
			if _, err := soql.Parse(text, nil); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.SetBytes(size)
	for b.Loop() {
		all()
	}
	perQuery(b, len(texts), all)
}

func BenchmarkPrintCorpus(b *testing.B) {
	_, queries, size := parsedCorpus(b, soql.REST)
	all := func() {
		for _, q := range queries {
			if _, err := q.Text(); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.SetBytes(size)
	for b.Loop() {
		all()
	}
	perQuery(b, len(queries), all)
}

// The part of the corpus that the filter takes, which is most of it.
func BenchmarkScopeCorpus(b *testing.B) {
	all, _, size := parsedCorpus(b, soql.REST)
	f := soql.UserFilter{IDs: []string{"005000000000001AAA"}, Field: "OwnerId", Related: func(_, relationship string) (string, bool) {
		return relationship, true
	}}
	var texts []string
	for _, text := range all {
		if _, err := f.Scope(text); err == nil {
			texts = append(texts, text)
		} else {
			size -= int64(len(text))
		}
	}
	scope := func() {
		for _, text := range texts {
			if _, err := f.Scope(text); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.SetBytes(size)
	for b.Loop() {
		scope()
	}
	b.ReportMetric(float64(len(texts))/float64(len(all)), "taken")
	perQuery(b, len(texts), scope)
}

func BenchmarkParse(b *testing.B) {
	b.SetBytes(int64(len(usual)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := soql.Parse(usual, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkText(b *testing.B) {
	q, err := soql.Parse(usual, nil)
	require.NoError(b, err)
	b.SetBytes(int64(len(usual)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := q.Text(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkScope(b *testing.B) {
	f := soql.UserFilter{IDs: []string{"005000000000001AAA"}}
	b.SetBytes(int64(len(guarded)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Scope(guarded); err != nil {
			b.Fatal(err)
		}
	}
}

var built soql.Query

// Four conditions on a select list that is made once.
func BenchmarkBuild(b *testing.B) {
	fields := soql.Fields("Id", "Name", "Owner.Name")
	b.ReportAllocs()
	for b.Loop() {
		built = soql.Query{
			Select: fields,
			From:   soql.From{Object: "Account"},
			Where: soql.And(
				soql.Eq("Email__c", "o'neil@example.com"),
				soql.Gt("Amount__c", 5),
				soql.Ne("Status__c", "Lost"),
				soql.Eq("Active__c", true),
			),
		}
	}
}

func BenchmarkBuildText(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		q := &soql.Query{
			Select: soql.Fields("Id", "Name", "Owner.Name"),
			From:   soql.From{Object: "Account"},
			Where:  soql.And(soql.Eq("Email__c", "o'neil@example.com"), soql.Gt("Amount__c", 5)),
			Limit:  soql.Int(10),
		}
		if _, err := q.Text(); err != nil {
			b.Fatal(err)
		}
	}
}
