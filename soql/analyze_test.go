package soql_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/soql"
)

// catalog is a schema by object name in lower case.
type catalog map[string]*soql.Object

func (c catalog) Object(name string) (*soql.Object, bool) {
	o, ok := c[strings.ToLower(name)]
	return o, ok
}

// described makes an object of fields as in "Name string", "OwnerId reference
// Owner:User" and "Notes textarea -" (a minus: for display only).
func described(name string, children []soql.ChildInfo, fields ...string) *soql.Object {
	o := &soql.Object{Name: name, Children: children}
	for _, field := range fields {
		parts := append(strings.Fields(field), "")
		usable := parts[2] != "-"
		f := soql.FieldInfo{Name: parts[0], Type: parts[1], Filterable: usable, Groupable: usable, Sortable: usable, Aggregatable: usable}
		if relationship, targets, ok := strings.Cut(parts[2], ":"); ok {
			f.Relationship, f.Targets = relationship, strings.Split(targets, ",")
		}
		o.Fields = append(o.Fields, f)
	}
	return o
}

var org = catalog{
	"visit__c": described("Visit__c", []soql.ChildInfo{{Relationship: "Tasks", Object: "Task"}},
		"Id id", "Name string", "OwnerId reference Owner:User,Group", "Rep__c reference Rep__r:Staff__c", "Start__c datetime", "Day__c date",
		"Opens__c time", "Amount__c currency", "Count__c double", "Done__c boolean", "Tags__c multipicklist", "Status__c picklist",
		"Notes__c textarea -", "Elsewhere__c reference Elsewhere__r:Other__c", "Place__c location"),
	"staff__c": described("Staff__c", nil, "Id id", "Name string", "User__c reference User__r:User"),
	"user":     described("User", nil, "Id id", "Name string", "Email email"),
	"group":    described("Group", nil, "Id id", "Name string"),
	"task":     described("Task", nil, "Id id", "Subject string", "WhatId reference What:Visit__c"),
}

func TestValidateFindsWhatTheOrgHasNot(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"SELECT Id, name, Owner.Name, Rep__r.User__r.Email FROM visit__c":                              "",
		"SELECT v.Id, Visit__c.Name, r.Name, u.Email FROM Visit__c v, v.Rep__r r, r.User__r u":         "",
		"SELECT Id, Elsewhere__r.What__r.Ever__c FROM Visit__c":                                        "",
		"SELECT Owner.Email FROM Visit__c":                                                             "",
		"SELECT Id FROM Acount":                                                                        "16 there is no object Acount",
		"SELECT Id, Nme FROM Visit__c WHERE Nme = 1":                                                   "12 Visit__c has no field Nme; 36 Visit__c has no field Nme",
		"SELECT Id, Reps__r.Name FROM Visit__c":                                                        "12 Visit__c has no parent relationship Reps__r",
		"SELECT Rep__r.Nme, Rep__c.Name FROM Visit__c":                                                 "8 Staff__c has no field Nme; 20 Visit__c has no parent relationship Rep__c",
		"SELECT Owner.Phone FROM Visit__c":                                                             "8 User has no field Phone",
		"SELECT Id, (SELECT Subject, Body FROM Tasks), (SELECT Id FROM Notes) FROM Visit__c":           "29 Task has no field Body; 63 Visit__c has no child relationship Notes",
		"SELECT Id FROM Visit__c WHERE Notes__c = 'x'":                                                 "31 Notes__c cannot stand in WHERE or HAVING",
		"SELECT Notes__c FROM Visit__c GROUP BY Notes__c":                                              "40 Notes__c cannot stand in GROUP BY",
		"SELECT Id FROM Visit__c ORDER BY Notes__c":                                                    "34 Notes__c cannot stand in ORDER BY",
		"SELECT MAX(Notes__c) FROM Visit__c":                                                           "12 Notes__c cannot be summed up by MAX",
		"SELECT COUNT(Id) n, MAX(Amount__c) FROM Visit__c GROUP BY Status__c ORDER BY n":               "",
		"SELECT Id FROM Visit__c WHERE Name = 5":                                                       "38 Name is compared with a string in quotes, not with 5",
		"SELECT Id FROM Visit__c WHERE Count__c IN (1, '2')":                                           "47 Count__c is compared with a number without quotes, not with '2'",
		"SELECT Id FROM Visit__c WHERE Count__c > EUR5":                                                "42 Count__c is compared with a number without quotes, not with EUR5",
		"SELECT Id FROM Visit__c WHERE Amount__c > EUR5 AND Amount__c < 6 AND Amount__c != NULL":       "",
		"SELECT Id FROM Visit__c WHERE Done__c = 'TRUE'":                                               "41 Done__c is compared with TRUE or FALSE, not with 'TRUE'",
		"SELECT Id FROM Visit__c WHERE Day__c = 2026-11-21T00:00:00Z":                                  "40 Day__c is compared with a date such as 2026-11-21, or a date literal, not with 2026-11-21T00:00:00Z",
		"SELECT Id FROM Visit__c WHERE Start__c = 2026-11-21":                                          "42 Start__c is compared with a dateTime such as 2026-11-21T10:00:00Z, or a date literal, not with 2026-11-21",
		"SELECT Id FROM Visit__c WHERE DAY_ONLY(Start__c) = 2026-11-21 AND Start__c = TODAY":           "",
		"SELECT Id FROM Visit__c WHERE CALENDAR_YEAR(Start__c) = '2026'":                               "57 CALENDAR_YEAR(Start__c) is compared with a number without quotes, not with '2026'",
		"SELECT Id FROM Visit__c WHERE Opens__c > 10:00:00Z AND toLabel(Status__c) = 'x'":              "",
		"SELECT Id FROM Visit__c WHERE Count__c LIKE '5%'":                                             "31 LIKE compares text, which Count__c is not",
		"SELECT Id FROM Visit__c WHERE Tags__c INCLUDES ('x') AND Status__c EXCLUDES ('x')":            "58 INCLUDES and EXCLUDES need a multi-select picklist, which Status__c is not",
		"SELECT Id FROM Visit__c WHERE DISTANCE(Place__c, GEOLOCATION(1, 2), 'km') < 5":                "",
		"SELECT Id FROM Visit__c WHERE Rep__c IN (SELECT Id FROM Staff__c WHERE Nme = 'x')":            "72 Staff__c has no field Nme",
		"SELECT TYPEOF Owner WHEN User THEN Email, Fax WHEN Robot THEN Id ELSE Name END FROM Visit__c": "43 User has no field Fax; 47 there is no object Robot",
		"SELECT FIELDS(STANDARD), Rep__c FROM Visit__c":                                                "",
		"SELECT COUNT() FROM Visit__c":                                                                 "",
	} {
		q, err := soql.Parse(query, nil)
		require.NoError(t, err, query)
		var got []string
		for _, f := range soql.Analyze(q, org).Faults {
			got = append(got, fmt.Sprintf("%d %s", f.Pos, f.Reason))
		}
		require.Equal(t, want, strings.Join(got, "; "), query)
		require.Equal(t, want == "", soql.Validate(q, org) == nil)
		require.Empty(t, soql.Analyze(q, nil).Faults)
	}
}

func TestAnalyzeListsWhatIsRead(t *testing.T) {
	t.Parallel()
	q, err := soql.Parse("SELECT v.id, Rep__r.Name, FIELDS(CUSTOM), (SELECT Subject FROM Tasks WHERE What.Name = 'x') FROM Visit__c v "+
		"WHERE Rep__c IN (SELECT Id FROM Staff__c) ORDER BY CALENDAR_YEAR(Start__c) LIMIT 5", nil)
	require.NoError(t, err)

	known := soql.Analyze(q, catalog{"visit__c": described("Visit__c", []soql.ChildInfo{{Relationship: "Tasks", Object: "Task"}},
		"Id id", "Name string", "Rep__c reference Rep__r:Staff__c", "Start__c datetime"), "staff__c": org["staff__c"], "task": org["task"]})
	require.Equal(t, []string{"Visit__c", "Staff__c", "Task"}, known.Objects)
	require.Empty(t, known.Faults)
	require.Equal(t, []soql.Read{
		{From: "Visit__c", Path: "id", Object: "Visit__c", Field: "Id", Use: soql.Selected, Pos: 8},
		{From: "Visit__c", Path: "Rep__r.Name", Object: "Staff__c", Field: "Name", Use: soql.Selected, Pos: 14},
		{From: "Visit__c", Path: "Rep__c", Object: "Visit__c", Field: "Rep__c", Use: soql.Selected, Pos: 27},
		{From: "Visit__c", Path: "Start__c", Object: "Visit__c", Field: "Start__c", Use: soql.Selected, Pos: 27},
		{From: "Tasks", Path: "Subject", Object: "Task", Field: "Subject", Use: soql.Selected, Pos: 51},
		{From: "Tasks", Path: "What.Name", Object: "Visit__c", Field: "Name", Use: soql.Filtered, Pos: 76},
		{From: "Visit__c", Path: "Rep__c", Object: "Visit__c", Field: "Rep__c", Use: soql.Filtered, Pos: 115},
		{From: "Staff__c", Path: "Id", Object: "Staff__c", Field: "Id", Use: soql.Selected, Pos: 133},
		{From: "Visit__c", Path: "Start__c", Object: "Visit__c", Field: "Start__c", Use: soql.Ordered, Pos: 174},
	}, known.Reads)

	unknown := soql.Analyze(q, nil)
	require.Equal(t, []string{"Visit__c", "Staff__c"}, unknown.Objects)
	require.Len(t, unknown.Reads, len(known.Reads)-2) // but for what FIELDS stands for
}

func TestAnalyzeTakesAnyTree(t *testing.T) {
	t.Parallel()
	for _, q := range []*soql.Query{nil, {}, where(soql.Or()), where(&soql.Comparison{})} {
		a := soql.Analyze(q, org)
		require.Len(t, a.Faults, 1)
		require.Equal(t, soql.NoQuery, a.Faults[0].Kind)
		require.Error(t, soql.Validate(q, org))
	}
	for _, e := range validCorpus(t) {
		q, err := soql.Parse(e.text, e.options())
		require.NoError(t, err)
		soql.Analyze(q, org)
	}
}
