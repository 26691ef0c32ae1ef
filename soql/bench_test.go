package soql_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/soql"
)

// corpus is queries as hosts send them.
var corpus = []string{
	"SELECT Id, Name FROM Account WHERE Id = '001000000000001AAA'",
	"SELECT Id, Name, Phone, Owner.Name, BillingStreet, BillingCity, BillingPostalCode FROM Account WHERE (Rep_1__c = '%userIdentifier%' OR Rep_2__c = '%userIdentifier%') AND CreatedDate = LAST_N_DAYS:30 ORDER BY Name LIMIT 200",
	"SELECT Id, SystemModstamp, IsDeleted, OwnerId, Name FROM Account WHERE SystemModstamp >= 2026-11-21T10:00:00Z AND SystemModstamp < 2026-11-21T10:31:00Z AND (SystemModstamp > 2026-11-21T10:07:12Z OR Id > '001000000000001AAA') ORDER BY SystemModstamp, Id LIMIT 2000",
	"SELECT Id, Subject, StartDateTime, (SELECT Id, Name FROM Contacts WHERE Email != NULL LIMIT 5) FROM Account WHERE StartDateTime >= TODAY AND Status NOT IN ('Cancelled', 'Lost') AND (NOT Name LIKE 'Test%')",
	"SELECT StageName, COUNT(Id) n, SUM(Amount) FROM Opportunity WHERE CloseDate > 2026-01-01 GROUP BY StageName HAVING COUNT(Id) > 1 ORDER BY COUNT(Id) DESC",
}

func corpusBytes() (n int64) {
	for _, text := range corpus {
		n += int64(len(text))
	}
	return n
}

func BenchmarkParse(b *testing.B) {
	b.SetBytes(corpusBytes())
	b.ReportAllocs()
	for b.Loop() {
		for _, text := range corpus {
			if _, err := soql.Parse(text, nil); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkText(b *testing.B) {
	var queries []*soql.Query
	for _, text := range corpus {
		q, err := soql.Parse(text, nil)
		require.NoError(b, err)
		queries = append(queries, q)
	}
	b.SetBytes(corpusBytes())
	b.ReportAllocs()
	for b.Loop() {
		for _, q := range queries {
			if _, err := q.Text(); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkScope(b *testing.B) {
	f := soql.UserFilter{IDs: []string{"005000000000001AAA"}, Field: "OwnerId", Related: func(_, relationship string) (string, bool) {
		return relationship, true
	}}
	b.SetBytes(corpusBytes())
	b.ReportAllocs()
	for b.Loop() {
		for _, text := range corpus {
			if _, err := f.Scope(text); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkBuild(b *testing.B) {
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
