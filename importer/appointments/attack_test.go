package appointments_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer/appointments"
	"github.com/sfbridge/sfbridge/soql"
)

// attacks are ends of "SELECT Id, Name FROM i360__Appointment__c" that try to
// read what is not Ann's. %userIdentifier% is her Staff record.
var attacks = []string{
	`WHERE Name != ''`,
	`WHERE i360__Sales_Rep_1__c != null OR Name != null`,
	`WHERE i360__Sales_Rep_1__c = '%userIdentifier%' OR Name != ''`,
	`WHERE Name != '' OR i360__Sales_Rep_1__c = '%userIdentifier%'`,
	`WHERE (i360__Sales_Rep_1__c = '%userIdentifier%') OR (Name LIKE 'V%')`,
	`WHERE Name LIKE 'V%' AND (i360__Sales_Rep_1__c = '%userIdentifier%' OR Name LIKE 'V%')`,
	`WHERE (i360__Sales_Rep_1__c = '%userIdentifier%' AND Name = 'V-1') OR (i360__Sales_Rep_2__c = null AND Name != '')`,
	`WHERE NOT (i360__Sales_Rep_1__c = '%userIdentifier%')`,
	`WHERE (NOT i360__Sales_Rep_1__c = '%userIdentifier%') AND Name != ''`,
	`WHERE NOT (NOT (i360__Sales_Rep_1__c = '%userIdentifier%'))`,
	`WHERE i360__Sales_Rep_1__c != '%userIdentifier%'`,
	`WHERE i360__Sales_Rep_1__c <> '%userIdentifier%'`,
	`WHERE i360__Sales_Rep_1__c > '%userIdentifier%'`,
	`WHERE i360__Sales_Rep_1__c <= '%userIdentifier%'`,
	`WHERE i360__Sales_Rep_1__c NOT IN ('%userIdentifier%')`,
	`WHERE i360__Sales_Rep_1__c IN ('%userIdentifier%', null)`,
	`WHERE i360__Sales_Rep_1__c IN ('%userIdentifier%', 'a00000000000001')`,
	`WHERE Name LIKE '%userIdentifier%'`,
	`WHERE Name LIKE '%userIdentifier%%' OR Name LIKE '%'`,
	`WHERE Name = 'x%userIdentifier%' OR Name != 'x'`,
	`WHERE Name = '%USERIDENTIFIER%' OR Name != 'x'`,
	`WHERE Name = '%userIdentifier%' AND Name != '' OR Name != 'x'`,
	`WHERE Name != '\'' OR Name = '\' AND i360__Sales_Rep_1__c = \'%userIdentifier%'`,
	`WHERE Name = '\u0027' OR Name != '%userIdentifier%'`,
	`WHERE Name != 'x' /* AND i360__Sales_Rep_1__c = '%userIdentifier%' */`,
	`WHERE Name != 'x' -- AND i360__Sales_Rep_1__c = '%userIdentifier%'`,
	"WHERE\u00a0Name\u2003!=\u00a0'x'",
	"WHERE Name != 'x'\x00 AND i360__Sales_Rep_1__c = '%userIdentifier%'",
	"WHERE\n\tName\r\n!=\t'x'\n\tOR\ni360__Sales_Rep_1__c\n=\n'%userIdentifier%'",
	`WHERE Name != 'x' ORDER BY Name LIMIT 10; SELECT Id FROM User`,
	`WHERE Id IN (SELECT i360__Appointment__c FROM i360__Sale__c WHERE Name != '%userIdentifier%')`,
	`WHERE Id IN (SELECT i360__Appointment__c FROM i360__Sale__c WHERE Name = '%userIdentifier%') OR Name != ''`,
	`WHERE i360__Sales_Rep_1__c = '%userIdentifier%' AND Id IN (SELECT i360__Previous_Appointment__c FROM i360__Appointment__c)`,
	`WHERE i360__Sales_Rep_1__c = '%userIdentifier%' OR Id IN (SELECT i360__Appointment__c FROM i360__Sale__c)`,
	`WHERE i360__Sales_Rep_1__r.Name = 'Bob' OR i360__Sales_Rep_1__c = '%userIdentifier%'`,
	`WHERE toLabel(Name) = '%userIdentifier%' OR Name != ''`,
	`WHERE OwnerId = :userId OR Name != ''`,
	`ORDER BY Name LIMIT 100`,
	`USING SCOPE everything`,
	`WHERE Name != '' GROUP BY Id, Name HAVING COUNT(Id) > 0`,
	`WHERE Name != '' ALL ROWS`,
	`a, a.i360__Sales__r s WHERE a.Name != ''`,
	`WHERE Name != '' FOR VIEW`,
}

func TestNoQueryReadsAnotherUsersAppointments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shared := w.shared(t)
	for _, attack := range attacks {
		for _, field := range []string{"i360__Sales_Rep_1__c", ""} {
			feed, err := appointments.New(appointments.Config{
				SignOn: shared, UserField: field, Mapping: nameOnly(t),
				Query: "SELECT Id, Name FROM i360__Appointment__c " + attack,
			})
			var got []string
			if err == nil {
				got, err = names(t.Context(), feed, "ann")
			}
			_, isSyntax := errors.AsType[*soql.SyntaxError](err)
			require.True(t, err == nil || isSyntax || errors.Is(err, soql.ErrNotScoped), "%s: %v", attack, err)
			require.False(t, slices.ContainsFunc(got, func(name string) bool {
				return !slices.Contains([]string{"V-1", "V-2", "V-6"}, name)
			}), "%s: %v", attack, got)
		}
	}
}

func TestNoSelectListReadsAnotherUsersAppointments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, query := range []string{
		"SELECT Id, Name, (SELECT Id FROM i360__Unknown__r) FROM i360__Appointment__c",
		"SELECT Id, Name, (SELECT Id FROM i360__Appointments__r) FROM i360__Appointment__c",
		"SELECT Id, Name, (SELECT Id FROM Histories WHERE Name != '%userIdentifier%') FROM i360__Appointment__c",
	} {
		feed, err := appointments.New(appointments.Config{SignOn: w.shared(t), Query: query, Mapping: nameOnly(t)})
		if err == nil {
			_, err = names(t.Context(), feed, "ann")
		}
		require.ErrorIs(t, err, soql.ErrNotScoped, query)
	}
}

func TestNoIdentifierReadsAnotherUsersAppointments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, id := range []string{
		`' OR Name != '`, `x' OR i360__Sales_Rep_1__c != 'x`, `\`, `\'`, `') OR (Name != '`, `%`, `%userIdentifier%`,
		"x\nOR Name != ''", "\x00", `:userId`, `null`, `V%`, "x\u2028", `%25%27`,
	} {
		w.staff["eve"] = id
		for _, query := range []string{
			"SELECT Id, Name FROM i360__Appointment__c WHERE Name = '%userIdentifier%'",
			"SELECT Id, Name FROM i360__Appointment__c WHERE Name IN (%userIdentifier%)",
		} {
			feed := newFeed(t, appointments.Config{SignOn: w.shared(t), Query: query, Mapping: nameOnly(t)})
			got, err := names(t.Context(), feed, "eve")
			require.Empty(t, got, "%q", id)
			require.True(t, err == nil || errors.Is(err, soql.ErrNotScoped), "%q: %v", id, err)
		}
	}
}

func TestPlainlyRightQueriesAreAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, where := range []string{
		`i360__Sales_Rep_1__c = '%userIdentifier%'`,
		`i360__Sales_Rep_1__c = %userIdentifier%`,
		`i360__Sales_Rep_1__c IN ('%userIdentifier%')`,
		`(i360__Sales_Rep_1__c = '%userIdentifier%' OR i360__Sales_Rep_2__c = '%userIdentifier%')`,
		`Name LIKE 'V%' AND i360__Sales_Rep_1__c = '%userIdentifier%' AND (Name = 'V-1' OR Name != 'V-2')`,
		`(Name = 'V-1' AND i360__Sales_Rep_1__c = '%userIdentifier%') OR i360__Sales_Rep_2__c = '%userIdentifier%'`,
		`i360__Sales_Rep_1__c = '%userIdentifier%' AND (NOT Name LIKE 'X%')`,
		`i360__Sales_Rep_1__c = '%userIdentifier%' AND Id IN (SELECT i360__Appointment__c FROM i360__Sale__c)`,
		`Name = '100% %USERIDENTIFIER%' OR Name LIKE 'V-1%'`,
	} {
		feed := newFeed(t, appointments.Config{
			SignOn: w.shared(t), Mapping: nameOnly(t), UserField: "i360__Sales_Rep_1__c",
			Query: "SELECT Id, Name FROM i360__Appointment__c WHERE " + where,
		})
		got, err := names(t.Context(), feed, "ann")
		require.NoError(t, err, where)
		require.Contains(t, got, "V-1", where)
	}
}
