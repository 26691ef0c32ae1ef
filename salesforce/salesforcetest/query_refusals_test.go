package salesforcetest_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

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
	{"SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'", "MALFORMED_QUERY", "unexpected token: 'OR'"},
	{"SELECT Id FROM Account WHERE NOT Name = 'a' AND Name = 'b'", "MALFORMED_QUERY", "unexpected token: 'AND'"},
	{"SELECT Id FROM Account WHERE Name IS NULL", "MALFORMED_QUERY", "unexpected token: 'IS'"},
	{"SELECT Id FROM Account LIMIT -1", "MALFORMED_QUERY", "unexpected token: '-'"},
	{"SELECT Id FROM Account;", "MALFORMED_QUERY", "unexpected token: ';'"},
	{`SELECT Id FROM Account WHERE Name = 'a\qb'`, "MALFORMED_QUERY", "illegal character"},
	{"SELECT CALENDAR_YEAR(CreatedDate), Name FROM Account", "MALFORMED_QUERY", "Field must be grouped or aggregated: CreatedDate"},
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

	// Tokens that do not belong there
	{"SELECT * FROM Account", "MALFORMED_QUERY", "unexpected token: '*'"},
	{"SELECT Id FORM Account", "MALFORMED_QUERY", "ERROR at Row:1:Column:11\nunexpected token: 'FORM'"},
	{"SELECT Id FROM Account;", "MALFORMED_QUERY", "ERROR at Row:1:Column:23"},
	{"SELECT Id FROM Account WHERE", "MALFORMED_QUERY", "unexpected token: '<EOF>'"},
	{"SELECT Id FROM Account WHERE Name IS NULL", "MALFORMED_QUERY", "ERROR at Row:1:Column:35"},
	{"SELECT Id FROM Account WHERE Name NOT LIKE 'a%'", "MALFORMED_QUERY", "ERROR at Row:1:Column:39"},
	{"SELECT Id FROM Account WHERE Name = 'a' AND NOT Name = 'b'", "MALFORMED_QUERY", "ERROR at Row:1:Column:45"},
	{"SELECT Id FROM Account WHERE Name = 'it's'", "MALFORMED_QUERY", "ERROR at Row:1:Column:"},
	{`SELECT Id FROM Account WHERE Name = '\q'`, "MALFORMED_QUERY", "ERROR at Row:1:Column:"},
	{"SELECT Id FROM Account WHERE Name IN ()", "MALFORMED_QUERY", "unexpected token: ')'"},
	{"SELECT Id FROM Account LIMIT -1", "MALFORMED_QUERY", "ERROR at Row:1:Column:"},
	{"SELECT Id FROM Account LIMIT x", "MALFORMED_QUERY", "unexpected token: 'x'"},
	{"SELECT Id FROM Account WHERE Name = \"x\"", "MALFORMED_QUERY", "ERROR at Row:1:Column:37"},
	{"SELECT Name n FROM Account", "MALFORMED_QUERY", "only aggregate expressions use field aliasing"},
	{"SELECT FOO(Id) FROM Account", "MALFORMED_QUERY", "ERROR at Row:1:Column:8"},

	// What only Apex has
	{"SELECT Id FROM Account FOR UPDATE", "MALFORMED_QUERY", "ERROR at Row:1:Column:28"},
	{"SELECT Id FROM Account ALL ROWS", "MALFORMED_QUERY", "ERROR at Row:1:Column:24"},
	{"SELECT Id FROM Account WITH SECURITY_ENFORCED", "MALFORMED_QUERY", "ERROR at Row:1:Column:29"},
	{"SELECT Id FROM Account WITH USER_MODE", "MALFORMED_QUERY", "ERROR at Row:1:Column:29"},

	// What the org has no objects for
	{"SELECT Id FROM Account WITH DATA CATEGORY Geo__c AT de__c", "MALFORMED_QUERY", "WITH DATA CATEGORY is for articles"},
	{"SELECT Id FROM Account UPDATE VIEWSTAT", "MALFORMED_QUERY", "for articles only"},
	{"SELECT Id FROM Account USING SCOPE team", "MALFORMED_QUERY", "scope 'team' is not supported for entity Account"},
	{"SELECT Id FROM Profile USING SCOPE mine", "MALFORMED_QUERY", "scope 'mine' is not supported for entity Profile"},
	{"SELECT Id FROM Account WHERE AnnualRevenue > EUR500", "MALFORMED_QUERY", "EUR is no active currency of this organization"},

	// Fields and relationships
	{"SELECT Account FROM Contact", "INVALID_FIELD", "No such column 'Account' on entity 'Contact'"},
	{"SELECT Id FROM Contact WHERE Account.Foo = 1", "INVALID_FIELD", "No such column 'Foo' on entity 'Account'"},
	{"SELECT Id FROM Contact ORDER BY Foo", "INVALID_FIELD", "ERROR at Row:1:Column:33\nNo such column 'Foo'"},
	{"SELECT Id FROM Contact c, c.Nobody n", "INVALID_FIELD", "Didn't understand relationship 'Nobody' in field path"},
	{"SELECT Id, (SELECT Foo FROM Contacts) FROM Account", "INVALID_FIELD", "No such column 'Foo' on entity 'Contact'"},
	{"SELECT Id FROM Account WHERE Owner = 'x'", "INVALID_FIELD", "No such column 'Owner' on entity 'Account'"},
	{"SELECT Owner.Name, Owner.name FROM Account", "MALFORMED_QUERY", "duplicate field selected: Name"},
	{"SELECT FIELDS(STANDARD), Name FROM Account", "MALFORMED_QUERY", "duplicate field selected: Name"},
	{"SELECT FIELDS(ALL) FROM Account", "MALFORMED_QUERY", "The SOQL FIELDS function must have a LIMIT of at most 200"},
	{"SELECT FIELDS(ALL) FROM Account LIMIT 201", "MALFORMED_QUERY", "The SOQL FIELDS function must have a LIMIT of at most 200"},
	{"SELECT FIELDS(CUSTOM) FROM Account", "MALFORMED_QUERY", "The SOQL FIELDS function must have a LIMIT of at most 200"},
	{"SELECT Id, (SELECT Id FROM Contacts), (SELECT Name FROM Contacts) FROM Account", "MALFORMED_QUERY", "duplicate field selected: Contacts"},
	{"SELECT TYPEOF Owner WHEN User THEN Email END FROM Account", "MALFORMED_QUERY", "TYPEOF needs a relationship to objects of several kinds: Owner"},
	{"SELECT TYPEOF What WHEN User THEN Email END FROM Event", "INVALID_TYPE", "sObject type 'User' is not supported."},
	{"SELECT TYPEOF What WHEN Account THEN Foo END FROM Event", "INVALID_FIELD", "No such column 'Foo' on entity 'Account'"},
	{"SELECT TYPEOF What WHEN Account THEN Phone ELSE Industry END FROM Event", "INVALID_FIELD", "No such column 'Industry' on entity 'Name'"},

	// Values
	{"SELECT Id FROM Opportunity WHERE CloseDate = 'TODAY'", "INVALID_FIELD", "must be of type date and should not be enclosed in quotes"},
	{"SELECT Id FROM Thing__c WHERE Clock__c = 2026-11-21", "INVALID_FIELD", "must be of type time"},
	{"SELECT Id FROM Thing__c WHERE Money__c = 'USD5'", "INVALID_FIELD", "must be of type double and should not be enclosed in quotes"},
	{"SELECT Id FROM Thing__c WHERE Num__c = USD5", "INVALID_FIELD", "must be of type double"},
	{"SELECT Id FROM Thing__c WHERE Multi__c LIKE 'A%'", "INVALID_FIELD", "invalid operator on multipicklist field"},
	{"SELECT Id FROM Thing__c WHERE Num__c LIKE '1%'", "INVALID_FIELD", "invalid operator on double field"},
	{"SELECT Id FROM Thing__c WHERE Long__c LIKE 'a%'", "INVALID_FIELD", "field 'Long__c' can not be filtered in a query call"},
	{"SELECT Id FROM Thing__c WHERE Place__c = null", "INVALID_FIELD", "field 'Place__c' can not be filtered in a query call"},
	{"SELECT Id FROM Thing__c ORDER BY Multi__c", "INVALID_FIELD", "field 'Multi__c' can not be sorted in a query call"},
	{"SELECT Id FROM Account ORDER BY BillingAddress", "INVALID_FIELD", "field 'BillingAddress' can not be sorted in a query call"},
	{"SELECT Id FROM Account WHERE Id IN ('001xx0000000001', 'x')", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: x"},

	// Functions
	{"SELECT Id FROM Thing__c WHERE HOUR_IN_DAY(Day__c) = 1", "INVALID_FIELD", "field Day__c does not support function HOUR_IN_DAY"},
	{"SELECT Id FROM Thing__c WHERE DAY_ONLY(Day__c) = 2026-11-21", "INVALID_FIELD", "field Day__c does not support function DAY_ONLY"},
	{"SELECT Id FROM Thing__c WHERE CALENDAR_YEAR(convertTimezone(Day__c)) = 1", "INVALID_FIELD", "does not support function convertTimezone"},
	{"SELECT toLabel(Num__c) FROM Thing__c", "INVALID_FIELD", "field Num__c does not support function toLabel"},
	{"SELECT convertCurrency(Num__c) FROM Thing__c", "INVALID_FIELD", "field Num__c does not support function convertCurrency"},
	{"SELECT Id FROM Thing__c WHERE DISTANCE(Text__c, GEOLOCATION(1, 2), 'km') < 5", "INVALID_FIELD", "field Text__c does not support function DISTANCE"},
	{"SELECT Id FROM Thing__c WHERE DISTANCE(Place__c, GEOLOCATION(1, 2), 'ft') < 5", "MALFORMED_QUERY", "ERROR at Row:1:Column:"},
	{"SELECT Id FROM Thing__c WHERE DISTANCE(Place__c, GEOLOCATION(1, 2), 'km') = 5", "MALFORMED_QUERY", "ERROR at Row:1:Column:"},

	// Groups
	{"SELECT COUNT(Id) FROM Account LIMIT 5", "MALFORMED_QUERY", "Non-grouped query that uses overall aggregate functions cannot also use LIMIT"},
	{"SELECT Name, Account.Name FROM Contact GROUP BY Name, Account.Name", "MALFORMED_QUERY", "duplicate alias: Name"},
	{"SELECT COUNT(Id) n, MAX(Name) n FROM Account", "MALFORMED_QUERY", "duplicate alias: n"},
	{"SELECT Description FROM Account GROUP BY Description", "MALFORMED_QUERY", "field 'Description' can not be grouped in a query call"},
	{"SELECT AnnualRevenue FROM Account GROUP BY AnnualRevenue", "MALFORMED_QUERY", "field 'AnnualRevenue' can not be grouped in a query call"},
	{"SELECT MAX(ZEP__c) FROM Account", "MALFORMED_QUERY", "field ZEP__c does not support aggregate operator MAX"},
	{"SELECT COUNT(Description) FROM Account", "MALFORMED_QUERY", "field Description does not support aggregate operator COUNT"},
	{"SELECT AVG(CloseDate) FROM Opportunity", "MALFORMED_QUERY", "field CloseDate does not support aggregate operator AVG"},
	{"SELECT Industry FROM Account GROUP BY Industry HAVING Name = 'x'", "MALFORMED_QUERY", "Field must be grouped or aggregated: Name"},
	{"SELECT Id, (SELECT COUNT(Id) FROM Contacts) FROM Account", "MALFORMED_QUERY", "ERROR at Row:1:Column:"},
	{"SELECT Industry, COUNT(Id) FROM Account GROUP BY ROLLUP(Industry, Type, Rating, Site)", "MALFORMED_QUERY", "at most 3"},

	// Joins
	{"SELECT Id FROM Thing__c WHERE Id IN (SELECT Parent__c FROM Thing__c)", "MALFORMED_QUERY", "The inner and outer selects should not be on the same object type"},
	{"SELECT Id FROM Account WHERE Id IN (SELECT OwnerId FROM Contact)", "INVALID_FIELD", "should point to the same object type"},
	{"SELECT Id FROM Account WHERE Id IN (SELECT Id FROM Nothing)", "INVALID_TYPE", "sObject type 'Nothing' is not supported."},
	{"SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact) OR Name = 'x'", "MALFORMED_QUERY", "Semi join sub-selects are only allowed at the top level"},
	{
		"SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact) AND Id IN (SELECT AccountId FROM Opportunity) AND " +
			"Id IN (SELECT AccountId FROM Case)", "EXCEEDED_MAX_SEMIJOIN_SUBSELECTS", "Exceeded maximum number of semi join sub-selects: 2",
	},
	{"SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact LIMIT 1)", "MALFORMED_QUERY", "ERROR at Row:1:Column:"},
	{"SELECT Id FROM Account WHERE Id IN (SELECT AccountId, Id FROM Contact)", "MALFORMED_QUERY", "ERROR at Row:1:Column:"},
}

func TestQueryErrorsShowThePlace(t *testing.T) {
	t.Parallel()
	c := newClient(t, newThings(t, salesforcetest.Options{}))
	for _, f := range queryFaults {
		a := c.query(f.soql)
		require.Equal(t, a.body, c.get("/query?explain="+url.QueryEscape(f.soql)).body, "explaining refuses it too")
		code, message, fields := a.fault()
		require.Equal(t, f.code, code, "%s\n%s", f.soql, a.body)
		require.Contains(t, message, f.message, f.soql)
		require.Empty(t, fields)
		require.Equal(t, http.StatusBadRequest, a.status)
	}
}
