package appointments_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer/appointments"
	"github.com/sfbridge/sfbridge/salesforce"
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
	`WHERE i360__Sales_Rep_1__c IN ('%userIdentifier%', '%userIdentifier%', 'x') AND Name != ''`,
	`WHERE i360__Sales_Rep_1__c = '%userIdentifier%' OR (i360__Sales_Rep_1__c = '%userIdentifier%' OR Name != '')`,
	`WHERE (Name = 'V-4' OR Name = 'V-5') AND (Name != '' OR i360__Sales_Rep_1__c = '%userIdentifier%')`,
	`WHERE (i360__Sales_Rep_1__c = '%userIdentifier%' OR i360__Sales_Rep_1__c = null) AND Name != ''`,
	`WHERE (i360__Sales_Rep_1__c = '%userIdentifier%' OR i360__Sales_Rep_1__c IN ('x', null)) AND Name != ''`,
	`WHERE i360__Sales_Rep_1__c IN (SELECT Id FROM i360__Staff__c WHERE Name != '')`,
	`WHERE i360__Sales_Rep_1__c IN (SELECT Id FROM i360__Staff__c WHERE Id = '%userIdentifier%' OR Name != '')`,
	`WHERE i360__Sales_Rep_1__c NOT IN (SELECT Id FROM i360__Staff__c WHERE Id = '%userIdentifier%')`,
	`WHERE Id NOT IN (SELECT i360__Appointment__c FROM i360__Sale__c WHERE Id = '%userIdentifier%')`,
	`WHERE Id IN (SELECT i360__Appointment__c FROM i360__Sale__c WHERE i360__Appointment__r.i360__Sales_Rep_1__c != '%userIdentifier%')`,
	`WHERE i360__Components__c INCLUDES ('%userIdentifier%') OR Name != ''`,
	`WHERE i360__Components__c EXCLUDES ('%userIdentifier%')`,
	`WHERE '%userIdentifier%' = '%userIdentifier%'`,
	`WHERE '%userIdentifier%' = i360__Sales_Rep_1__c OR Name != ''`,
	`WHERE Name != '%userIdentifier%' AND Name != ''`,
	`WHERE Name = 'V-4' LIMIT 1 OFFSET 0`,
	`WHERE Name != 'x' WITH SECURITY_ENFORCED`,
	`WHERE Name != 'x' WITH SYSTEM_MODE`,
	`USING SCOPE team WHERE Name != 'x' OR i360__Sales_Rep_1__c = '%userIdentifier%'`,
	`USING SCOPE everything WHERE i360__Sales_Rep_1__c = '%userIdentifier%'`,
	`WHERE CALENDAR_YEAR(CreatedDate) = 2026 OR i360__Sales_Rep_1__c = '%userIdentifier%'`,
	`WHERE i360__Sales_Rep_1__c = '%userIdentifier%' UNION SELECT Id, Name FROM i360__Appointment__c`,
	"WHERE i360__Sales_Rep_1__c = '%userIdentifier\u200b%' OR Name != 'x'",
	"WHERE i360__Sales_Rep_1__c = '\uff05userIdentifier\uff05' OR Name != 'x'",
	"WHERE Name != 'x' \u037e",
	"WHERE i360__Sales_Rep_1__c = \u2018%userIdentifier%\u2019 OR Name != 'x'",
	"\u2029WHERE Name != 'x'\u2028AND (Name = 'V-4' OR i360__Sales_Rep_1__c = '%userIdentifier%')",
	`WHERE i360__Sales_Rep_1__c = '%userIdentifier%' AND Name = 'x' OR Name = 'V-4'`,
	`WHERE (((Name != 'x')))`,
	`WHERE OwnerId != null OR OwnerId = '%userIdentifier%'`,
	`OwnerId WHERE OwnerId.Name != 'x'`, // an alias that hides the field which is compared
	`i360__Sales_Rep_1__r WHERE i360__Sales_Rep_1__r.Name != 'x'`,
	`i360__Sales_Rep_1__c WHERE i360__Sales_Rep_1__c.Name != 'x'`,
	`WHERE Id IN (SELECT i360__Appointment__c FROM i360__Sale__c WHERE CreatedById = '%userIdentifier%' OR Name != 'x')`,
	`WHERE i360__Prospect__c IN (SELECT i360__Prospect__c FROM i360__appointment__C WHERE OwnerId = '%userIdentifier%') AND Name != 'x'`,
	`WHERE NOT(i360__Sales_Rep_1__c != '%userIdentifier%' OR Name = 'V-1')`,
	`GROUP BY Id, Name, i360__Sales_Rep_1__c HAVING i360__Sales_Rep_1__c = '%userIdentifier%'`,
	`WHERE i360__Sales_Rep_1__c = '%userIdentifier%' LIMIT 1) OR (Name != 'x'`,
}

// selections are queries that try it by what they select.
var selections = []string{
	"SELECT Id, Name, (SELECT Id FROM i360__Unknown__r) FROM i360__Appointment__c",
	"SELECT Id, Name, (SELECT Id FROM i360__Appointments__r) FROM i360__Appointment__c",
	"SELECT Id, Name, (SELECT Id FROM Histories WHERE Name != '%userIdentifier%') FROM i360__Appointment__c",
	"SELECT Id, Name FROM i360__Appointment__c a, a.i360__Previous_Appointment__r b WHERE b.Name != 'x'",
	"SELECT Id, Name, TYPEOF Owner WHEN i360__Appointment__c THEN Name ELSE Id END FROM i360__Appointment__c",
	"SELECT Id, Name FROM i360__Prospect__c WHERE Id IN (SELECT i360__Prospect__c FROM i360__Appointment__c)",
	"SELECT Id, Name, (SELECT Id, Name FROM i360__Appointments__r) FROM i360__Prospect__c WHERE OwnerId != '%userIdentifier%'",
}

// wire notes the appointments that an org's answers hold, wherever they stand
// as a row. It is the judge of attacks: what came over the wire was read,
// whatever the feed makes of it.
type wire struct {
	http.RoundTripper
	mutex sync.Mutex
	rows  map[string]bool // by id
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := w.RoundTripper.RoundTrip(r)
	if err != nil || !strings.Contains(r.URL.Path, "/query") {
		return res, err
	}
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(body))
	var answer any
	if json.Unmarshal(body, &answer) == nil {
		w.mutex.Lock()
		defer w.mutex.Unlock()
		w.note(answer)
	}
	return res, err
}

func (w *wire) note(value any) {
	object, _ := value.(map[string]any)
	rows, _ := object["records"].([]any)
	for _, row := range rows {
		fields, _ := row.(map[string]any)
		attributes, _ := fields["attributes"].(map[string]any)
		if attributes["type"] == "i360__Appointment__c" {
			w.rows[path.Base(fmt.Sprint(attributes["url"]))] = true
		}
		for _, child := range fields {
			w.note(child)
		}
	}
}

// belongs reports whether a record names the user in any way: as owner, or as
// one of the sales reps.
func (w *world) belongs(id, appUser string) bool {
	rec := w.org.Record(id)
	return rec["OwnerId"] == w.users[appUser] ||
		rec["i360__Sales_Rep_1__c"] == w.staff[appUser] || rec["i360__Sales_Rep_2__c"] == w.staff[appUser]
}

// attacked is a world whose answers are watched.
func attacked(t *testing.T) (*world, *wire) {
	t.Helper()
	w := newWorld(t)
	seen := &wire{RoundTripper: w.org.Transport(), rows: map[string]bool{}}
	w.transport = seen
	return w, seen
}

func TestNoQueryReadsAnotherUsersAppointments(t *testing.T) {
	t.Parallel()
	w, seen := attacked(t)
	perUser := w.perUser(t)
	identified := perUser
	identified.Identifier = w.identifier
	queries := slices.Clone(selections)
	for _, attack := range attacks {
		queries = append(queries, "SELECT Id, Name FROM i360__Appointment__c "+attack)
	}
	require.GreaterOrEqual(t, len(queries), 60)
	refused, ran := 0, 0
	for _, query := range queries {
		for _, cfg := range []appointments.Config{
			{SignOn: w.shared(t), UserField: "i360__Sales_Rep_1__c"},
			{SignOn: w.shared(t)},
			{SignOn: perUser},
			{SignOn: perUser, UserField: "i360__Sales_Rep_1__r.i360__User__c"},
			{SignOn: identified, UserField: "i360__Sales_Rep_1__c"},
		} {
			cfg.Query, cfg.Mapping = query, nameOnly(t)
			clear(seen.rows)
			feed, err := appointments.New(cfg)
			if err == nil {
				_, err = names(t.Context(), feed, "ann")
			}
			_, isSyntax := errors.AsType[*soql.SyntaxError](err)
			require.True(t, err == nil || isSyntax || errors.Is(err, soql.ErrNotScoped) || errors.Is(err, salesforce.ErrQuery), "%s: %v", query, err)
			for id := range seen.rows {
				require.True(t, w.belongs(id, "ann"), "%s: read %v", query, w.org.Record(id)["Name"])
			}
			if err != nil {
				refused++
			} else {
				ran++
			}
		}
	}
	t.Logf("%d queries in 5 configurations: %d refused, %d read own rows only", len(queries), refused, ran)
}

func TestNoSelectListReadsAnotherUsersAppointments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, query := range []string{
		"SELECT Id, Name, (SELECT Id FROM i360__Unknown__r) FROM i360__Appointment__c",
		"SELECT Id, Name, (SELECT Id FROM i360__Appointments__r) FROM i360__Appointment__c",
		"SELECT Id, Name, (SELECT Id FROM Histories WHERE Name != '%userIdentifier%') FROM i360__Appointment__c",
	} {
		feed, err := appointments.New(appointments.Config{
			SignOn: w.shared(t), UserField: "i360__Sales_Rep_1__c", Query: query, Mapping: nameOnly(t),
		})
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
