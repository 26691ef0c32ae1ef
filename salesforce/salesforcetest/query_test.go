package salesforcetest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// Each line asks for the names of accounts, or of the object and by the field
// that the line's list says, and gives the rows expected, in their order.
var filters = []struct{ from, where, want string }{
	// Text: without regard to case; '' and null are one; != keeps nulls.
	{"Account", "WHERE Name = 'ACME'", "Acme"},
	{"Account", "WHERE Industry = 'banking'", `Acme, Delta's "best"`},
	{"Account", "WHERE Industry != 'Banking'", "beta Corp, Gamma_100%"},
	{"Account", "WHERE Industry <> 'Banking'", "beta Corp, Gamma_100%"},
	{"Account", "WHERE Industry = null", "Gamma_100%"},
	{"Account", "WHERE Industry = ''", "Gamma_100%"},
	{"Account", "WHERE Industry != null", `Acme, beta Corp, Delta's "best"`},
	{"Account", "WHERE Industry != ''", `Acme, beta Corp, Delta's "best"`},
	{"Account", "WHERE Name > 'B'", `beta Corp, Gamma_100%, Delta's "best"`},
	{"Account", "WHERE Name >= 'beta corp' AND Name < 'g'", `beta Corp, Delta's "best"`},
	{"Account", "WHERE Name <= 'ACME'", "Acme"},
	{"Account", "WHERE Industry < 'C'", `Acme, Delta's "best"`},
	{"Account", `WHERE Name = 'Delta\'s "best"'`, `Delta's "best"`},
	{"Account", `WHERE Name = 'Delta\'s \"best\"'`, `Delta's "best"`},
	{"Account", "WHERE BillingCity = 'MÜNCHEN'", "Gamma_100%"},
	{"Account", "WHERE NAME = 'acme'", "Acme"},

	// LIKE
	{"Account", "WHERE Name LIKE 'a%'", "Acme"},
	{"Account", "WHERE Name LIKE '%CORP'", "beta Corp"},
	{"Account", "WHERE Name LIKE '_cme'", "Acme"},
	{"Account", "WHERE Name LIKE '%m%'", "Acme, Gamma_100%"},
	{"Account", `WHERE Name LIKE '%\_100\%'`, "Gamma_100%"},
	{"Account", `WHERE Name LIKE '%\_1%0'`, ""},
	{"Account", "WHERE (NOT Name LIKE '%a%')", ""},
	{"Account", "WHERE NOT (Name LIKE 'a%')", `beta Corp, Gamma_100%, Delta's "best"`},
	{"Account", "WHERE BillingCity LIKE 'm_nchen'", "Gamma_100%"},

	// Numbers
	{"Account", "WHERE AnnualRevenue = 1000000", `Acme, Delta's "best"`},
	{"Account", "WHERE AnnualRevenue = 1000000.00", `Acme, Delta's "best"`},
	{"Account", "WHERE AnnualRevenue != 1000000", "beta Corp, Gamma_100%"},
	{"Account", "WHERE AnnualRevenue > 250", `Acme, Delta's "best"`},
	{"Account", "WHERE AnnualRevenue >= 250", `Acme, Gamma_100%, Delta's "best"`},
	{"Account", "WHERE AnnualRevenue < 251", "Gamma_100%"},
	{"Account", "WHERE AnnualRevenue = null", "beta Corp"},
	{"Account", "WHERE AnnualRevenue > -1", `Acme, Gamma_100%, Delta's "best"`},
	{"Opportunity", "WHERE Amount = 200.50", "O2"},
	{"Opportunity", "WHERE Amount > 200.49 AND Amount < 200.51", "O2"},
	{"Account", "WHERE NumberOfEmployees IN (5, 50)", `Acme, Delta's "best"`},
	{"Account", "WHERE NumberOfEmployees NOT IN (5)", "Acme, beta Corp, Gamma_100%"},

	// Checkboxes
	{"Account", "WHERE ZEP__c = true", "Acme, Gamma_100%"},
	{"Account", "WHERE ZEP__c != TRUE", `beta Corp, Delta's "best"`},
	{"Account", "WHERE ZEP__c = false AND Industry = 'Energy'", "beta Corp"},
	{"Opportunity", "WHERE IsWon = true", "O1, O8"},
	{"Opportunity", "WHERE IsClosed = true", "O1, O4, O8"},

	// AND, OR, NOT
	{"Account", "WHERE Industry = 'Banking' AND NumberOfEmployees = 5", `Delta's "best"`},
	{"Account", "WHERE Industry = 'Energy' OR AnnualRevenue = 250", "beta Corp, Gamma_100%"},
	{"Account", "WHERE (Industry = 'Energy' OR AnnualRevenue = 250) AND ZEP__c = true", "Gamma_100%"},
	{"Account", "WHERE ZEP__c = true AND (NOT Industry = 'Banking')", "Gamma_100%"},
	{"Account", "WHERE NOT Industry = 'Banking'", "beta Corp, Gamma_100%"},
	{"Account", "WHERE NOT (AnnualRevenue > 250)", "beta Corp, Gamma_100%"},

	// IN
	{"Account", "WHERE Name IN ('acme', 'BETA CORP', 'nobody')", "Acme, beta Corp"},
	{"Account", "WHERE Industry IN ('Energy', null)", "beta Corp, Gamma_100%"},
	{"Account", "WHERE Industry IN ('Energy', '')", "beta Corp, Gamma_100%"},
	{"Account", "WHERE Industry NOT IN ('Banking')", "beta Corp, Gamma_100%"},
	{"Account", "WHERE Industry NOT IN ('Banking', null)", "beta Corp"},
	{"Opportunity", "WHERE CloseDate IN (2026-11-21, 2026-11-22)", "O1, O3"},

	// Semi-joins and anti-joins
	{"Account", "WHERE Id IN (SELECT AccountId FROM Contact)", "Acme, beta Corp"},
	{"Account", "WHERE Id IN (SELECT AccountId FROM Contact WHERE HasOptedOutOfEmail = true)", "Acme"},
	{"Account", "WHERE Id NOT IN (SELECT AccountId FROM Contact)", `Gamma_100%, Delta's "best"`},
	{"Contact", "WHERE AccountId IN (SELECT Id FROM Account WHERE Industry = 'Energy')", "Ng"},
	{"Contact", "WHERE AccountId NOT IN (SELECT Id FROM Account WHERE Industry = 'Energy')", "Ann Lee, Solo, Kim"},
	{"Account", "WHERE ZEP__c = true AND Id IN (SELECT AccountId FROM Opportunity WHERE IsWon = true)", "Acme"},
	{"Account", "WHERE Id IN (SELECT Account__c FROM Visit__c)", "Acme"},

	// Multi-select picklists
	{"Account", "WHERE Interests__c INCLUDES ('Roof')", "Acme"},
	{"Account", "WHERE Interests__c INCLUDES ('roof;windows')", "Acme"},
	{"Account", "WHERE Interests__c INCLUDES ('Roof;Doors')", ""},
	{"Account", "WHERE Interests__c INCLUDES ('Roof;Doors', 'Doors')", "beta Corp"},
	{"Account", "WHERE Interests__c EXCLUDES ('Roof')", `beta Corp, Gamma_100%, Delta's "best"`},
	{"Account", "WHERE Interests__c = 'Windows;Roof'", "Acme"},

	// Parents
	{"Account", "WHERE Parent.Name = 'Acme'", "beta Corp"},
	{"Account", "WHERE Parent.Name = null", `Acme, Gamma_100%, Delta's "best"`},
	{"Account", "WHERE Parent.Industry != 'Banking'", `Acme, Gamma_100%, Delta's "best"`},
	{"Contact", "WHERE Account.Parent.Name = 'Acme'", "Ng"},
	{"Contact", "WHERE Account.ZEP__c = true", "Ann Lee, Kim"},
	{"Contact", "WHERE Account.Name = null", "Solo"},
	{"Contact", "WHERE Account.Name = null OR Account.Industry = 'Energy'", "Ng, Solo"},
	{"Contact", "WHERE Owner.Name = 'Rita Rep'", "Ng"},
	{"Contact", "WHERE Account.Owner.Username = 'rep@example.com'", "Ng"},
	{"Visit__c", "WHERE Account__r.Name = 'Acme'", "V1, V2"},
	{"Contact", "WHERE Contact.LastName = 'Ng'", "Ng"},
	{"Contact c", "WHERE c.LastName = 'Ng' AND c.Account.Name LIKE 'b%'", "Ng"},

	// Dates, in the zone of the user
	{"Opportunity", "WHERE CloseDate = 2026-11-21", "O1"},
	{"Opportunity", "WHERE CloseDate > 2026-11-21", "O3, O6, O8"},
	{"Opportunity", "WHERE CloseDate = TODAY", "O1"},
	{"Opportunity", "WHERE CloseDate != TODAY AND Amount = 100", "O5"},
	{"Opportunity", "WHERE CloseDate = YESTERDAY", "O2"},
	{"Opportunity", "WHERE CloseDate = TOMORROW", "O3"},
	{"Opportunity", "WHERE CloseDate = THIS_WEEK", "O1, O2"},
	{"Opportunity", "WHERE CloseDate = LAST_WEEK", "O4"},
	{"Opportunity", "WHERE CloseDate = NEXT_WEEK", "O3"},
	{"Opportunity", "WHERE CloseDate = THIS_MONTH", "O1, O2, O3, O4"},
	{"Opportunity", "WHERE CloseDate = LAST_MONTH", "O5"},
	{"Opportunity", "WHERE CloseDate = NEXT_MONTH", "O6"},
	{"Opportunity", "WHERE CloseDate = THIS_QUARTER", "O1, O2, O3, O4, O5, O6"},
	{"Opportunity", "WHERE CloseDate = LAST_QUARTER", "O9"},
	{"Opportunity", "WHERE CloseDate = NEXT_QUARTER", "O8"},
	{"Opportunity", "WHERE CloseDate = LAST_YEAR", "O7"},
	{"Opportunity", "WHERE CloseDate = NEXT_YEAR", "O8"},
	{"Opportunity", "WHERE CloseDate = THIS_FISCAL_YEAR AND CloseDate > TODAY", "O3, O6"},
	{"Opportunity", "WHERE CloseDate = LAST_N_DAYS:1", "O1, O2"},
	{"Opportunity", "WHERE CloseDate = LAST_N_DAYS:7", "O1, O2, O4"},
	{"Opportunity", "WHERE CloseDate < LAST_N_DAYS:7", "O5, O7, O9"},
	{"Opportunity", "WHERE CloseDate >= LAST_N_DAYS:7", "O1, O2, O3, O4, O6, O8"},
	{"Opportunity", "WHERE CloseDate <= LAST_N_DAYS:7", "O1, O2, O4, O5, O7, O9"},
	{"Opportunity", "WHERE CloseDate > LAST_N_DAYS:7", "O3, O6, O8"},
	{"Opportunity", "WHERE CloseDate = NEXT_N_DAYS:1", "O3"},
	{"Opportunity", "WHERE CloseDate = LAST_90_DAYS", "O1, O2, O4, O5, O9"},
	{"Opportunity", "WHERE CloseDate = NEXT_90_DAYS", "O3, O6, O8"},
	{"Opportunity", "WHERE CloseDate = LAST_N_MONTHS:3", "O5, O9"},
	{"Opportunity", "WHERE CloseDate = LAST_N_WEEKS:1", "O4"},
	{"Opportunity", "WHERE CloseDate = NEXT_N_WEEKS:5", "O3, O6"},
	{"Opportunity", "WHERE CloseDate = N_DAYS_AGO:1", "O2"},
	{"Opportunity", "WHERE CloseDate = N_WEEKS_AGO:1", "O4"},
	{"Opportunity", "WHERE CloseDate = N_YEARS_AGO:1", "O7"},
	{"Opportunity", "WHERE CALENDAR_YEAR(CloseDate) = 2025", "O7"},
	{"Opportunity", "WHERE CALENDAR_MONTH(CloseDate) = 11 AND DAY_IN_MONTH(CloseDate) < 21", "O2, O4"},
	{"Account", "WHERE CreatedDate = TODAY", "Acme"},
	{"Account", "WHERE CreatedDate = YESTERDAY", "beta Corp"},
	{"Account", "WHERE CreatedDate = LAST_YEAR", `Delta's "best"`},
	{"Account", "WHERE CreatedDate < 2026-11-21T08:00:00Z AND CreatedDate > 2026-11-20T00:00:00-08:00", "beta Corp"},
	{"Account", "WHERE CreatedDate = 2026-11-21T10:00:00.000Z", "Acme"},
	{"Account", "WHERE CreatedDate = 2026-11-21T11:00:00+01:00", "Acme"},
	{"Account", "WHERE DAY_ONLY(convertTimezone(CreatedDate)) = 2026-11-20", "beta Corp"},
	{"Account", "WHERE DAY_ONLY(CreatedDate) = 2026-11-21", "Acme, beta Corp"},
	{"Visit__c", "WHERE At__c = 2026-11-21T15:00:00Z", "V1"},

	// Order, limit, offset
	{"Account", "ORDER BY Name", `Acme, beta Corp, Delta's "best", Gamma_100%`},
	{"Account", "ORDER BY Name DESC", `Gamma_100%, Delta's "best", beta Corp, Acme`},
	{"Account", "ORDER BY AnnualRevenue, Name", `beta Corp, Gamma_100%, Acme, Delta's "best"`},
	{"Account", "ORDER BY AnnualRevenue DESC, Name DESC", `beta Corp, Delta's "best", Acme, Gamma_100%`},
	{"Account", "ORDER BY AnnualRevenue DESC NULLS LAST, Name", `Acme, Delta's "best", Gamma_100%, beta Corp`},
	{"Account", "ORDER BY Parent.Name NULLS FIRST, Name LIMIT 2", `Acme, Delta's "best"`},
	{"Account", "ORDER BY Parent.Name NULLS LAST LIMIT 1", "beta Corp"},
	{"Account", "ORDER BY Tier__c NULLS LAST", `beta Corp, Acme, Gamma_100%, Delta's "best"`},
	{"Account", "ORDER BY CreatedDate LIMIT 2", `Delta's "best", Gamma_100%`},
	{"Account", "ORDER BY Name LIMIT 2 OFFSET 1", `beta Corp, Delta's "best"`},
	{"Account", "ORDER BY Name OFFSET 3", "Gamma_100%"},
	{"Account", "LIMIT 0", ""},
	{"Account", "ORDER BY Id DESC LIMIT 1", `Delta's "best"`},
	{"Opportunity", "ORDER BY CloseDate LIMIT 3", "O7, O9, O5"},
	{"Opportunity", "WHERE Amount != null ORDER BY Amount, Name LIMIT 4", "O7, O8, O9, O4"},
	{"Opportunity", "WHERE CloseDate >= 2026-11-20 ORDER BY StageName, Name", "O2, O6, O3, O1, O8"},

	// The key that serves a filter does not change its meaning.
	{"Account", "WHERE Number__c = 'a-1'", "Acme"},
	{"Account", "WHERE Number__c IN ('A-1', 'A-2') AND ZEP__c = false", "beta Corp"},
	{"Account", "WHERE Number__c = null", `Gamma_100%, Delta's "best"`},
	{"Contact", "WHERE AccountId = null", "Solo"},
	{"Contact", "WHERE AccountId != null", "Ann Lee, Ng, Kim"},
	{"Task", "WHERE What.Name = 'Acme'", "T1"},
	{"Task", "WHERE What.Type = 'Account' AND IsClosed = false", "T2"},
	{"Task", "WHERE WhatId = null", "T3"},
}

// nameOf is the field that names the records of an object.
func nameOf(from string) string {
	if strings.HasPrefix(from, "Task") {
		return "Subject"
	}
	return "Name"
}

func TestQueryFindsWhatTheFilterSays(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	require.Greater(t, len(filters), 100)
	for _, f := range filters {
		soql := fmt.Sprintf("SELECT %s FROM %s %s", nameOf(f.from), f.from, f.where)
		require.Equal(t, f.want, c.query(soql).names(nameOf(f.from)), soql)
	}
}

// queryFaults are queries and the errors that they get.
var queryFaults = []struct{ soql, code, message string }{
	{
		"SELECT Id, Foo FROM Account", "INVALID_FIELD",
		"\nSELECT Id, Foo FROM Account\n           ^\nERROR at Row:1:Column:12\nNo such column 'Foo' on entity 'Account'. " +
			"If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. " +
			"Please reference your WSDL or the describe call for the appropriate names.",
	},
	{"SELECT Id\nFROM Account\nWHERE Foo = 1", "INVALID_FIELD", "\nWHERE Foo = 1\n      ^\nERROR at Row:3:Column:7\nNo such column 'Foo'"},
	{"SELECT Owner.Foo FROM Account", "INVALID_FIELD", "No such column 'Foo' on entity 'User'"},
	{"SELECT Nobody.Name FROM Account", "INVALID_FIELD", "Didn't understand relationship 'Nobody' in field path."},
	{"SELECT What.Industry FROM Task", "INVALID_FIELD", "No such column 'Industry' on entity 'Name'"},
	{"SELECT Id FROM Acount", "INVALID_TYPE", "ERROR at Row:1:Column:16\nsObject type 'Acount' is not supported."},
	{"SELECT Id, (SELECT Id FROM Friends) FROM Account", "INVALID_TYPE", "Didn't understand relationship 'Friends' in FROM part of query call."},
	{"SELECT Id FROM", "MALFORMED_QUERY", "unexpected token: '<EOF>'"},
	{"SELECT Id FROM Account WHERE Name == 'x'", "MALFORMED_QUERY", "ERROR at Row:1:Column:36\nunexpected token: '='"},
	{"SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'", "MALFORMED_QUERY", "ERROR at Row:1:Column:56"},
	{"", "MALFORMED_QUERY", ""},
	{"SELECT Name, COUNT(Id) FROM Account", "MALFORMED_QUERY", "Field must be grouped or aggregated: Name"},
	{"SELECT Industry FROM Account GROUP BY Name", "MALFORMED_QUERY", "Field must be grouped or aggregated: Industry"},
	{"SELECT SUM(Name) FROM Account", "MALFORMED_QUERY", "field Name does not support aggregate operator SUM"},
	{"SELECT Id, Id FROM Account", "MALFORMED_QUERY", "duplicate field selected: Id"},
	{"SELECT Id FROM Account WHERE Description = 'x'", "INVALID_FIELD", "field 'Description' can not be filtered in a query call"},
	{"SELECT Id FROM Account ORDER BY Description", "INVALID_FIELD", "field 'Description' can not be sorted in a query call"},
	{"SELECT Id FROM ContentVersion WHERE VersionData = 'x'", "INVALID_FIELD", "can not be filtered"},
	{
		"SELECT Id FROM Account WHERE AnnualRevenue = '5'", "INVALID_FIELD",
		"value of filter criterion for field 'AnnualRevenue' must be of type double and should not be enclosed in quotes",
	},
	{"SELECT Id FROM Account WHERE NumberOfEmployees = '5'", "INVALID_FIELD", "must be of type int and should not be enclosed in quotes"},
	{"SELECT Id FROM Account WHERE Name = 5", "INVALID_FIELD", "must be of type string and should be enclosed in quotes"},
	{"SELECT Id FROM Account WHERE ZEP__c = 'true'", "INVALID_FIELD", "must be of type boolean and should not be enclosed in quotes"},
	{"SELECT Id FROM Account WHERE CreatedDate = 2026-11-21", "INVALID_FIELD", "field 'CreatedDate' must be of type dateTime"},
	{"SELECT Id FROM Opportunity WHERE CloseDate = 2026-11-21T00:00:00Z", "INVALID_FIELD", "field 'CloseDate' must be of type date"},
	{"SELECT Id FROM Account WHERE Name = TODAY", "INVALID_FIELD", "must be of type string"},
	{"SELECT Id FROM Account WHERE Id = 'xyz'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: xyz"},
	{"SELECT Id FROM Account WHERE OwnerId IN ('005xx')", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: 005xx"},
	{"SELECT Id FROM Account WHERE Id LIKE '001%'", "INVALID_FIELD", "invalid operator on id field"},
	{"SELECT Id FROM Account WHERE Name INCLUDES ('x')", "INVALID_FIELD", "invalid operator on string field"},
	{"SELECT Id FROM Account WHERE Name IN (SELECT Name FROM Contact)", "INVALID_FIELD", "should be an id field"},
	{"SELECT Id FROM Account WHERE Id IN (SELECT LastName FROM Contact)", "INVALID_FIELD", "must be an id field"},
	{"SELECT IsDeleted FROM User", "INVALID_FIELD", "No such column 'IsDeleted' on entity 'User'"},
	{"SELECT Id FROM Account OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000"},
	{"SELECT Id FROM ContentDocumentLink", "MALFORMED_QUERY", "Implementation restriction: ContentDocumentLink requires a filter by a single Id"},
	{"SELECT Id FROM Account WHERE Name = :name", "MALFORMED_QUERY", "ERROR at Row:1:Column:37"},
}

func TestQueryErrorsShowThePlace(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))
	for _, f := range queryFaults {
		a := c.query(f.soql)
		code, message, fields := a.fault()
		require.Equal(t, f.code, code, "%s\n%s", f.soql, a.body)
		require.Contains(t, message, f.message, f.soql)
		require.Empty(t, fields)
		require.Equal(t, http.StatusBadRequest, a.status)
	}
}

func TestRecordsAreWrittenInSelectOrder(t *testing.T) {
	t.Parallel()
	overBoth(t, salesforcetest.Options{}, func(t *testing.T, org *salesforcetest.Org, c *client) {
		acme, beta := idOf(t, org, "Account", "Name", "Acme"), idOf(t, org, "Account", "Name", "beta Corp")
		rep := idOf(t, org, "User", "LastName", "Rep")

		a := c.query("SELECT name, ID, annualrevenue, NumberOfEmployees, ZEP__c, Opens__c, Parent.Name, Owner.name, Parent.Id, CreatedDate, " +
			"(SELECT LastName FROM Contacts ORDER BY LastName), (SELECT Name FROM Visits__r) FROM account WHERE Name IN ('Acme', 'beta corp')").ok(200)

		require.Equal(t, `{"totalSize":2,"done":true,"records":[`+
			`{"attributes":{"type":"Account","url":"/services/data/v66.0/sobjects/Account/`+acme+`"},`+
			`"Name":"Acme","Id":"`+acme+`","AnnualRevenue":1000000.0,"NumberOfEmployees":50,"ZEP__c":true,"Opens__c":"08:30:00.000Z",`+
			`"Parent":null,"Owner":{"attributes":{"type":"User","url":"/services/data/v66.0/sobjects/User/`+org.Credentials().UserID+`"},"Name":"Ada Admin"},`+
			`"CreatedDate":"2026-11-21T10:00:00.000+0000",`+
			`"Contacts":{"totalSize":2,"done":true,"records":[`+
			`{"attributes":{"type":"Contact","url":"/services/data/v66.0/sobjects/Contact/`+idOf(t, org, "Contact", "LastName", "Kim")+`"},"LastName":"Kim"},`+
			`{"attributes":{"type":"Contact","url":"/services/data/v66.0/sobjects/Contact/`+idOf(t, org, "Contact", "LastName", "Lee")+`"},"LastName":"Lee"}]},`+
			`"Visits__r":{"totalSize":2,"done":true,"records":[`+
			`{"attributes":{"type":"Visit__c","url":"/services/data/v66.0/sobjects/Visit__c/`+idOf(t, org, "Visit__c", "Name", "V1")+`"},"Name":"V1"},`+
			`{"attributes":{"type":"Visit__c","url":"/services/data/v66.0/sobjects/Visit__c/`+idOf(t, org, "Visit__c", "Name", "V2")+`"},"Name":"V2"}]}},`+
			`{"attributes":{"type":"Account","url":"/services/data/v66.0/sobjects/Account/`+beta+`"},`+
			`"Name":"beta Corp","Id":"`+beta+`","AnnualRevenue":null,"NumberOfEmployees":null,"ZEP__c":false,"Opens__c":null,`+
			`"Parent":{"attributes":{"type":"Account","url":"/services/data/v66.0/sobjects/Account/`+acme+`"},"Name":"Acme","Id":"`+acme+`"},`+
			`"Owner":{"attributes":{"type":"User","url":"/services/data/v66.0/sobjects/User/`+rep+`"},"Name":"Rita Rep"},`+
			`"CreatedDate":"2026-11-21T07:59:59.000+0000",`+
			`"Contacts":{"totalSize":1,"done":true,"records":[`+
			`{"attributes":{"type":"Contact","url":"/services/data/v66.0/sobjects/Contact/`+idOf(t, org, "Contact", "LastName", "Ng")+`"},"LastName":"Ng"}]},`+
			`"Visits__r":null}]}`, a.body)
	})
}

func TestPolymorphicParentsAreNames(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)

	rows := c.query("SELECT Subject, What.Name, What.Type, Who.Email FROM Task ORDER BY Subject").records()

	require.Equal(t, map[string]any{
		"attributes": map[string]any{"type": "Name", "url": "/services/data/v66.0/sobjects/Account/" + idOf(t, org, "Account", "Name", "Acme")},
		"Name":       "Acme", "Type": "Account",
	}, rows[0]["What"])
	require.Nil(t, rows[0]["Who"])
	require.Nil(t, rows[2]["What"])
}

func TestCompoundAddressIsOneValue(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	rows := newClient(t, org).query("SELECT BillingAddress, ShippingAddress FROM Account WHERE Name = 'Acme'").records()
	require.Equal(t, map[string]any{
		"city": "Berlin", "country": nil, "countryCode": nil, "geocodeAccuracy": nil, "latitude": nil, "longitude": nil,
		"postalCode": nil, "state": nil, "stateCode": nil, "street": nil,
	}, rows[0]["BillingAddress"])
	require.Nil(t, rows[0]["ShippingAddress"])
}

// aggregates are queries and their answers, cut to the records' own keys.
var aggregates = []struct{ soql, want string }{
	{"SELECT COUNT() FROM Account", `{"totalSize":4,"done":true,"records":[]}`},
	{"SELECT COUNT() FROM Account WHERE Name = 'nobody'", `{"totalSize":0,"done":true,"records":[]}`},
	{"SELECT COUNT() FROM Account LIMIT 3", `{"totalSize":3,"done":true,"records":[]}`},
	{"SELECT COUNT(Id) FROM Account", `[{"expr0":4}]`},
	{"SELECT COUNT(AnnualRevenue), COUNT(Id) n, COUNT_DISTINCT(BillingCity) FROM Account", `[{"expr0":3,"n":4,"expr1":2}]`},
	{"SELECT SUM(Amount), MIN(CloseDate), MAX(Name) FROM Opportunity", `[{"expr0":756.5,"expr1":"2025-11-21","expr2":"O9"}]`},
	{"SELECT AVG(Amount) a FROM Opportunity WHERE Name IN ('O1', 'O2')", `[{"a":150.25}]`},
	{"SELECT SUM(Amount) FROM Opportunity WHERE Name = 'nobody'", `[{"expr0":null}]`},
	{
		"SELECT Industry, COUNT(Id) FROM Account GROUP BY Industry ORDER BY Industry NULLS LAST",
		`[{"Industry":"Banking","expr0":2},{"Industry":"Energy","expr0":1},{"Industry":null,"expr0":1}]`,
	},
	{"SELECT Industry FROM Account GROUP BY Industry HAVING COUNT(Id) > 1", `[{"Industry":"Banking"}]`},
	{
		"SELECT Account.Name, SUM(Amount) total FROM Opportunity WHERE AccountId != null GROUP BY Account.Name ORDER BY SUM(Amount) DESC",
		`[{"Name":"beta Corp","total":250.5},{"Name":"Acme","total":100.0}]`,
	},
	{
		"SELECT CALENDAR_YEAR(CloseDate), COUNT(Id) FROM Opportunity GROUP BY CALENDAR_YEAR(CloseDate) ORDER BY CALENDAR_YEAR(CloseDate)",
		`[{"expr0":2025,"expr1":1},{"expr0":2026,"expr1":7},{"expr0":2027,"expr1":1}]`,
	},
	{"SELECT IsWon w, COUNT(Id) FROM Opportunity GROUP BY IsWon ORDER BY COUNT(Id) LIMIT 1", `[{"w":true,"expr0":2}]`},
	{
		"SELECT StageName FROM Opportunity WHERE IsClosed = true GROUP BY StageName ORDER BY StageName DESC",
		`[{"StageName":"Closed Lost"},{"StageName":"Closed Won"}]`,
	},
	{"SELECT BillingCity FROM Account WHERE BillingCity LIKE 'berlin' GROUP BY BillingCity", `[{"BillingCity":"Berlin"}]`},
}

func TestAggregates(t *testing.T) {
	t.Parallel()
	c := newClient(t, newWorld(t, salesforcetest.Options{}))
	for _, q := range aggregates {
		got := strings.TrimSpace(c.query(q.soql).ok(200).body)
		got = strings.ReplaceAll(got, `"attributes":{"type":"AggregateResult"},`, "")
		if strings.HasPrefix(q.want, "[") {
			_, got, _ = strings.Cut(got, `"records":`)
			got = strings.TrimSuffix(got, "}")
		}
		require.Equal(t, q.want, got, q.soql)
	}
}

func TestIDsCompareInBothForms(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	acme := idOf(t, org, "Account", "Name", "Acme")
	for _, soql := range []string{
		"SELECT Name FROM Account WHERE Id = '" + acme + "'",
		"SELECT Name FROM Account WHERE Id = '" + acme[:15] + "'",
		"SELECT Name FROM Account WHERE Id IN ('" + acme[:15] + "')",
		"SELECT Name FROM Account WHERE Id <= '" + acme[:15] + "'",
		"SELECT Parent.Name, Name FROM Account WHERE Id IN ('" + acme + "') AND ParentId = null",
	} {
		require.Equal(t, "Acme", c.query(soql).names("Name"), soql)
	}
	require.Equal(t, "beta Corp", c.query("SELECT Name FROM Account WHERE ParentId = '"+acme[:15]+"'").names("Name"))
	require.Equal(t, `beta Corp, Gamma_100%, Delta's "best"`, c.query("SELECT Name FROM Account WHERE Id > '"+acme+"' ORDER BY Id").names("Name"))
	c.query("SELECT Id FROM Account WHERE Id = '"+acme[:17]+"Z'").refused(400, "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field")
}

func TestQueryAllSeesDeletedRecords(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	all := func(soql string) string {
		return c.get("/queryAll?q=" + url.QueryEscape(soql)).names("Name")
	}
	require.Equal(t, "Gone Inc", all("SELECT Name FROM Account WHERE IsDeleted = true"))
	require.Equal(t, `Acme, Delta's "best", Gone Inc`, all("SELECT Name FROM Account WHERE Industry = 'Banking' ORDER BY Name"))
	require.Empty(t, c.query("SELECT Name FROM Account WHERE IsDeleted = true").names("Name"))
}

func TestDateLiteralsFollowTheUsersZone(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	org.SetNow(saturday.Add(16 * time.Hour)) // 23:30 on Saturday in Los Angeles, Sunday afternoon in Tokyo
	c := newClient(t, org)
	require.Equal(t, "O1", c.query("SELECT Name FROM Opportunity WHERE CloseDate = TODAY").names("Name"))

	c.token = soapLogin(t, c, "64.0", "rep@example.com", "hunter2XYZ").element("sessionId")
	require.Equal(t, "O3", c.query("SELECT Name FROM Opportunity WHERE CloseDate = TODAY").names("Name"))
}
