package salesforcetest_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// Thirty-two clients use everything at once; the race detector watches, and in
// the end nothing is lost or doubled.
func TestManyClientsAtOnce(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{APILimit: 1_000_000, BatchSize: 5})
	const clients, rounds = 32, 8
	var wg sync.WaitGroup
	for n := range clients {
		wg.Go(func() {
			c := newClient(t, org)
			for i := range rounds {
				name := fmt.Sprintf("%d-%d", n, i)
				id := c.post("/sobjects/Account", `{"Name":"`+name+`","Number__c":"`+name+`"}`).id()
				c.patch("/sobjects/Account/Number__c/shared", `{"Name":"shared"}`)
				c.post("/sobjects/Contact", `{"LastName":"`+name+`","AccountId":"`+id+`"}`).id()
				c.patch("/sobjects/Account/"+id, `{"Phone":"1"}`).ok(204)
				p := c.page(queryPath+url.QueryEscape("SELECT Name, Owner.Name, (SELECT Name FROM Contacts) FROM Account ORDER BY SystemModstamp, Id"), "")
				c.page(p.NextRecordsURL, "")
				c.query("SELECT COUNT(Id), Industry FROM Account GROUP BY Industry").ok(200)
				c.query("SELECT Industry, ZEP__c, COUNT(Id) FROM Account GROUP BY CUBE(Industry, ZEP__c)").ok(200)
				c.query("SELECT Id FROM Account WHERE Number__c = '" + name + "' FOR VIEW").ok(200)
				c.query("SELECT Name FROM Contact WHERE AccountId IN (SELECT Id FROM Account WHERE Name LIKE '" + name + "%')").ok(200)
				c.query("SELECT TYPEOF What WHEN Account THEN Phone ELSE Name END FROM Task").ok(200)
				c.get("/queryAll?q=" + url.QueryEscape("SELECT FIELDS(STANDARD) FROM Account WHERE IsDeleted = true")).ok(200)
				c.get("/query?explain=" + url.QueryEscape("SELECT Id FROM Account WHERE OwnerId = '"+id+"'")).ok(200)
				c.post("/composite", `{"allOrNone":true,"compositeRequest":[
					{"method":"PATCH","url":"/services/data/v66.0/sobjects/Account/`+id+`","referenceId":"a","body":{"Site":"`+name+`"}},
					{"method":"GET","url":"/services/data/v66.0/query?q=SELECT+Id+FROM+Account+WHERE+Id='`+id+`'+AND+Site='`+name+`'","referenceId":"b"}]}`).ok(200)
				c.get("/sobjects/Account/describe").ok(200)
				c.get("/tooling/query?q=" + url.QueryEscape("SELECT Name FROM User")).ok(200)
				changes(c, "Account", "updated", saturday.Add(-3600e9), saturday.Add(3600e9)).ok(200)
				c.post("/sobjects/ContentVersion", `{"PathOnClient":"a.txt","VersionData":"YQ==","FirstPublishLocationId":"`+id+`"}`).id()
				if i%2 == 1 {
					c.delete("/sobjects/Account/" + id).ok(204)
				}
			}
		})
	}
	wg.Go(func() {
		for i := range rounds {
			tx := org.HoldTransaction()
			tx.Insert("Account", map[string]any{"Name": fmt.Sprint("held ", i)})
			org.Advance(1e9)
			org.Records("Account")
			org.Requests()
			org.Fail(salesforcetest.Fault{Path: "/nowhere"})
			require.NoError(t, org.Extend(salesforcetest.Schema{{Name: "Account", Fields: []salesforcetest.Field{{Name: fmt.Sprintf("F%d__c", i)}}}}))
			tx.Commit()
		}
	})
	wg.Wait()

	names := map[string]int{}
	for _, r := range org.Records("Account") {
		names[r["Name"].(string)]++
	}
	require.Equal(t, 1, names["shared"])
	require.Len(t, names, 4+1+rounds+clients*rounds/2)
	require.Len(t, org.Records("Contact"), 4+clients*rounds/2)
	require.Len(t, org.Records("ContentVersion"), clients*rounds)
}

// Users with records of their own work at once, on objects with formulas and
// roll-ups, while the org is copied and its fields come and go.
func TestManyUsersAtOnce(t *testing.T) {
	t.Parallel()
	schema := slices.Concat(workshop, invoicing)
	org := newOrg(salesforcetest.Options{PrivateRecords: true, PersonAccounts: true, Schema: schema, APILimit: 1_000_000})
	const users, rounds = 8, 6
	var wg sync.WaitGroup
	for n := range users {
		name := fmt.Sprintf("u%d@example.com", n)
		org.Insert("User", map[string]any{"Username": name, "_password": "pw"})
		c := newClient(t, org).as(name, "pw")
		wg.Go(func() {
			invoice := c.post("/sobjects/Invoice__c", `{}`).id()
			for i := range rounds {
				account := c.post("/sobjects/Account", `{"LastName":"Lee"}`).id()
				c.post("/sobjects/Job__c", `{"Account__c":"`+account+`","Hours__c":1,"Rate__c":2}`).id()
				c.post("/sobjects/Line__c", `{"Invoice__c":"`+invoice+`","Price__c":1}`).id()
				require.Len(t, c.query("SELECT Customer__c FROM Job__c WHERE Price__c = 2 AND Customer__c = 'Lee'").records(), i+1)
				require.Len(t, c.query("SELECT Id FROM Invoice__c WHERE Total__c > 0").records(), 1)
			}
			require.Len(t, c.query("SELECT Id FROM Contact").records(), rounds)
		})
	}
	wg.Go(func() {
		for range rounds {
			org.HideField("Account", "Site")
			copied := org.Snapshot().NewOrg()
			org.ShowField("Account", "Site")
			copied.Insert("Job__c", map[string]any{"Name": "x"})
		}
	})
	wg.Wait()
	require.Len(t, org.Records("Contact"), users*rounds)
	for _, r := range org.Records("Invoice__c") {
		require.EqualValues(t, rounds, r["Total__c"])
	}
}

// The same requests at the same times get the same answers, to the byte.
func TestTheSameStoryTwice(t *testing.T) {
	t.Parallel()
	story := func() string {
		org := newWorld(t, salesforcetest.Options{BatchSize: 2})
		c := newClient(t, org)
		var b strings.Builder
		for _, a := range []answer{
			c.post("/sobjects/Account", `{"Name":"x"}`), c.post("/sobjects/Account", `{}`), c.get("/sobjects"),
			c.get("/sobjects/Opportunity/describe"), c.query("SELECT Id, Name FROM Account ORDER BY Industry"),
			c.post("/sobjects/ContentVersion", `{"PathOnClient":"a.txt","VersionData":"YQ=="}`),
			c.query("SELECT FIELDS FROM Account"), requestToken(c, c.base, url.Values{"grant_type": {"client_credentials"}}, "cid", "csecret"),
		} {
			fmt.Fprintln(&b, a.status, a.header, a.body)
		}
		return b.String()
	}
	first, second := story(), story()
	require.Equal(t, first, second)
}
