package salesforcetest_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

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
