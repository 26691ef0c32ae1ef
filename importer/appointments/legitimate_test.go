package appointments_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer/appointments"
)

// A visit is an appointment as the test itself knows it: which of them a query
// means is decided in Go, without Salesforce and without package soql.
type visit struct {
	name             string
	rep1, rep2       string // app users, "" for nobody
	owner            string
	confirmed        bool
	result, city     string
	amount           int
	start            time.Time
	prospect, isSold bool
}

// visits differ in every respect, each in a rhythm of its own.
func visits() []visit {
	people := []string{"ann", "bob", ""}
	var all []visit
	for n := range 60 {
		all = append(all, visit{
			name: fmt.Sprintf("W-%02d", n), rep1: people[n%3], rep2: people[n/3%3], owner: people[n/2%2],
			confirmed: n%4 == 0, result: []string{"", "Sold", "No Sale"}[n/5%3], city: []string{"Columbus", "O'Fallon"}[n/7%2],
			amount: n * 100, start: time.Date(2026, 8, 1, n, 0, 0, 0, time.UTC), prospect: n%5 != 0, isSold: n%6 == 0,
		})
	}
	return all
}

// loadVisits puts the visits into a world.
func loadVisits(t *testing.T, w *world) []visit {
	t.Helper()
	all := visits()
	var rows, sales []map[string]any
	for _, v := range all {
		row := map[string]any{
			"_ref": v.name, "Name": v.name, "OwnerId": w.users[v.owner], "i360__Confirmed__c": v.confirmed,
			"i360__City__c": v.city, "i360__Quoted_Amount__c": v.amount, "i360__Computed_Start_DateTime__c": v.start.Format(time.RFC3339),
		}
		for field, value := range map[string]string{
			"i360__Sales_Rep_1__c": w.staff[v.rep1], "i360__Sales_Rep_2__c": w.staff[v.rep2], "i360__Result__c": v.result,
		} {
			if value != "" {
				row[field] = value
			}
		}
		if v.prospect {
			row["i360__Prospect__c"] = "@larry2"
		}
		rows = append(rows, row)
		if v.isSold {
			sales = append(sales, map[string]any{"Name": "S-" + v.name, "i360__Appointment__c": "@" + v.name})
		}
	}
	data, err := json.Marshal(map[string]any{
		"i360__Prospect__c":    []any{map[string]any{"_ref": "larry2", "Name": "P-2", "i360__Primary_Last_Name__c": "Leap"}},
		"i360__Appointment__c": rows, "i360__Sale__c": sales,
	})
	require.NoError(t, err)
	require.NoError(t, w.org.Load(bytes.NewReader(data)))
	return all
}

// legitimate are ends of a query for Ann's appointments, with what they mean.
// {1} and {2} are the sales reps, in the form that the sign-on knows them by.
var legitimate = []struct {
	end   string
	means func(v visit) bool
}{
	{"WHERE {1} = '%userIdentifier%'", func(v visit) bool { return v.rep1 == "ann" }},
	{"WHERE {2} = '%userIdentifier%'", func(v visit) bool { return v.rep2 == "ann" }},
	{"WHERE {1} = %userIdentifier%", func(v visit) bool { return v.rep1 == "ann" }},
	{"WHERE {1}='%userIdentifier%'", func(v visit) bool { return v.rep1 == "ann" }},
	{"where {1} = '%userIdentifier%' order by Name desc", func(v visit) bool { return v.rep1 == "ann" }},
	{"WHERE {1} IN ('%userIdentifier%')", func(v visit) bool { return v.rep1 == "ann" }},
	{"WHERE {1} IN (%userIdentifier%)", func(v visit) bool { return v.rep1 == "ann" }},
	{"WHERE {1} IN ('%userIdentifier%', %userIdentifier%)", func(v visit) bool { return v.rep1 == "ann" }},
	{"WHERE {1} = '%userIdentifier%' OR {2} = '%userIdentifier%'", func(v visit) bool { return v.rep1 == "ann" || v.rep2 == "ann" }},
	{"WHERE ({1} = '%userIdentifier%' OR {2} = %userIdentifier%)", func(v visit) bool { return v.rep1 == "ann" || v.rep2 == "ann" }},
	{"WHERE {1} = '%userIdentifier%' AND {2} = '%userIdentifier%'", func(v visit) bool { return v.rep1 == "ann" && v.rep2 == "ann" }},
	{"WHERE {1} = '%userIdentifier%' AND {2} = null", func(v visit) bool { return v.rep1 == "ann" && v.rep2 == "" }},
	{"WHERE {1} = '%userIdentifier%' AND i360__Confirmed__c = true", func(v visit) bool { return v.rep1 == "ann" && v.confirmed }},
	{"WHERE i360__Confirmed__c = FALSE AND {1} = '%userIdentifier%'", func(v visit) bool { return v.rep1 == "ann" && !v.confirmed }},
	{"WHERE {1} = '%userIdentifier%' AND i360__Result__c = 'Sold'", func(v visit) bool { return v.rep1 == "ann" && v.result == "Sold" }},
	{"WHERE {1} = '%userIdentifier%' AND i360__Result__c != 'Sold'", func(v visit) bool { return v.rep1 == "ann" && v.result != "Sold" }},
	{"WHERE {1} = '%userIdentifier%' AND i360__Result__c = null", func(v visit) bool { return v.rep1 == "ann" && v.result == "" }},
	{"WHERE {1} = '%userIdentifier%' AND i360__Result__c IN ('Sold', 'No Sale')", func(v visit) bool { return v.rep1 == "ann" && v.result != "" }},
	{"WHERE {1} = '%userIdentifier%' AND i360__Result__c NOT IN ('Sold', 'No Sale')", func(v visit) bool { return v.rep1 == "ann" && v.result == "" }},
	{"WHERE {1} = '%userIdentifier%' AND (NOT i360__Result__c = 'Sold')", func(v visit) bool { return v.rep1 == "ann" && v.result != "Sold" }},
	{
		"WHERE {1} = '%userIdentifier%' AND (i360__Result__c = null OR i360__Confirmed__c = true)",
		func(v visit) bool { return v.rep1 == "ann" && (v.result == "" || v.confirmed) },
	},
	{
		"WHERE ({1} = '%userIdentifier%' AND i360__Result__c = 'Sold') OR ({2} = '%userIdentifier%' AND i360__Result__c = null)",
		func(v visit) bool { return v.rep1 == "ann" && v.result == "Sold" || v.rep2 == "ann" && v.result == "" },
	},
	{
		"WHERE ((({1} = '%userIdentifier%')) OR ((i360__Confirmed__c = true AND {2} = '%userIdentifier%')))",
		func(v visit) bool { return v.rep1 == "ann" || v.confirmed && v.rep2 == "ann" },
	},
	{"WHERE {1} = '%userIdentifier%' AND Name LIKE 'W-1%'", func(v visit) bool { return v.rep1 == "ann" && strings.HasPrefix(v.name, "W-1") }},
	{"WHERE {1} = '%userIdentifier%' AND Name LIKE 'W-_5'", func(v visit) bool { return v.rep1 == "ann" && strings.HasSuffix(v.name, "5") }},
	{`WHERE {1} = '%userIdentifier%' AND i360__City__c = 'O\'Fallon'`, func(v visit) bool { return v.rep1 == "ann" && v.city == "O'Fallon" }},
	{"WHERE {1} = '%userIdentifier%' AND i360__Quoted_Amount__c > 2500", func(v visit) bool { return v.rep1 == "ann" && v.amount > 2500 }},
	{"WHERE {1} = '%userIdentifier%' AND i360__Quoted_Amount__c >= 600.00 AND i360__Quoted_Amount__c <= 3000", func(v visit) bool { return v.rep1 == "ann" && v.amount >= 600 && v.amount <= 3000 }},
	{"WHERE {1} = '%userIdentifier%' AND i360__Computed_Start_DateTime__c < 2026-08-02T00:00:00Z", func(v visit) bool { return v.rep1 == "ann" && v.start.Day() == 1 }},
	{"WHERE {1} = '%userIdentifier%' AND i360__Computed_Start_DateTime__c >= 2026-08-02T06:00:00+06:00", func(v visit) bool { return v.rep1 == "ann" && v.start.Day() >= 2 }},
	{"WHERE {1} = '%userIdentifier%' AND i360__Prospect__c = null", func(v visit) bool { return v.rep1 == "ann" && !v.prospect }},
	{"WHERE {1} = '%userIdentifier%' AND i360__Prospect__r.i360__Primary_Last_Name__c = 'Leap'", func(v visit) bool { return v.rep1 == "ann" && v.prospect }},
	{"WHERE {1} = '%userIdentifier%' AND Id IN (SELECT i360__Appointment__c FROM i360__Sale__c)", func(v visit) bool { return v.rep1 == "ann" && v.isSold }},
	{"WHERE {1} = '%userIdentifier%' AND Id NOT IN (SELECT i360__Appointment__c FROM i360__Sale__c)", func(v visit) bool { return v.rep1 == "ann" && !v.isSold }},
	{
		"WHERE {1} = '%userIdentifier%' AND i360__Prospect__c IN (SELECT Id FROM i360__Prospect__c WHERE i360__Primary_Last_Name__c = 'Leap')",
		func(v visit) bool { return v.rep1 == "ann" && v.prospect },
	},
	{"a WHERE a.{1} = '%userIdentifier%' AND a.i360__Confirmed__c = true", func(v visit) bool { return v.rep1 == "ann" && v.confirmed }},
	{"WHERE i360__Appointment__c.{1} = '%userIdentifier%'", func(v visit) bool { return v.rep1 == "ann" }},
	{"\n\tWHERE\r\n{1}\t=\n'%userIdentifier%'\nORDER BY i360__Quoted_Amount__c DESC NULLS LAST LIMIT 2000", func(v visit) bool { return v.rep1 == "ann" }},
	{"WHERE {1} = '%userIdentifier%' AND Name != '100% %USERIDENTIFIER%'", func(v visit) bool { return v.rep1 == "ann" }},
	{"WHERE i360__Confirmed__c = true", func(v visit) bool { return v.confirmed && v.rep1 == "ann" }}, // the field is added
	{"WHERE i360__Confirmed__c = true OR i360__Result__c = 'Sold'", func(v visit) bool { return (v.confirmed || v.result == "Sold") && v.rep1 == "ann" }},
	{"WHERE NOT (i360__Confirmed__c = true)", func(v visit) bool { return !v.confirmed && v.rep1 == "ann" }},
	{"", func(v visit) bool { return v.rep1 == "ann" }},
	{"ORDER BY Name", func(v visit) bool { return v.rep1 == "ann" }},
	{"USING SCOPE mine WHERE {1} = '%userIdentifier%'", nil}, // of the login's user, see below
}

func TestLegitimateQueriesReturnExactlyTheUsersAppointments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, rec := range w.org.Records("i360__Appointment__c") {
		w.org.Delete(rec["Id"].(string))
	}
	all := loadVisits(t, w)
	require.GreaterOrEqual(t, len(legitimate), 40)
	for mode, c := range map[string]struct {
		on         appointments.SignOn
		rep1, rep2 string
		mine       func(v visit) bool // USING SCOPE mine
	}{
		"shared": {
			w.shared(t), "i360__Sales_Rep_1__c", "i360__Sales_Rep_2__c",
			func(visit) bool { return false }, // the shared login owns nothing
		},
		"per user": {
			w.perUser(t), "i360__Sales_Rep_1__r.i360__User__c", "i360__Sales_Rep_2__r.i360__User__c",
			func(v visit) bool { return v.owner == "ann" && v.rep1 == "ann" },
		},
	} {
		for _, q := range legitimate {
			query := "SELECT Id, Name FROM i360__Appointment__c " + strings.NewReplacer("{1}", c.rep1, "{2}", c.rep2).Replace(q.end)
			feed := newFeed(t, appointments.Config{SignOn: c.on, UserField: c.rep1, Query: query, Mapping: nameOnly(t)})

			got, err := names(t.Context(), feed, "ann")

			require.NoError(t, err, "%s: %s", mode, query)
			means := q.means
			if means == nil {
				means = c.mine
			}
			var want []string
			for _, v := range all {
				if means(v) {
					want = append(want, v.name)
				}
			}
			slices.Sort(got)
			require.Equal(t, want, got, "%s: %s", mode, query)
		}
	}
	t.Logf("%d queries in 2 modes, each exactly the rep's rows", len(legitimate))
}
