package salesforcetest_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// as returns a client of another user, who has a password.
func (c *client) as(username, secret string) *client {
	c.t.Helper()
	other := *c
	other.token = soapLogin(c.t, c, "60.0", username, secret).element("sessionId")
	require.NotEmpty(c.t, other.token)
	return &other
}

// newOffice is an org with private records and two reps, Rita and Sam.
func newOffice(t *testing.T) (org *salesforcetest.Org, admin, rita, sam *client) {
	t.Helper()
	org = newOrg(salesforcetest.Options{PrivateRecords: true, Schema: family})
	admin = newClient(t, org)
	for _, name := range []string{"rita", "sam"} {
		org.Insert("User", map[string]any{"Username": name + "@example.com", "_password": "pw"})
	}
	return org, admin, admin.as("rita@example.com", "pw"), admin.as("sam@example.com", "pw")
}

func TestUsersSeeTheirOwnRecords(t *testing.T) {
	t.Parallel()
	org, admin, rita, sam := newOffice(t)
	hers := rita.post("/sobjects/Account", `{"Name":"Hers","AccountNumber":"1"}`).id()
	his := sam.post("/sobjects/Account", `{"Name":"His"}`).id()
	const all = "SELECT Name FROM Account ORDER BY Name"
	require.Equal(t, []string{"Hers", "His", "Hers, His"}, []string{rita.query(all).names("Name"), sam.query(all).names("Name"), admin.query(all).names("Name")})
	require.Equal(t, "1", fmt.Sprint(rita.query("SELECT COUNT() FROM Account").object()["totalSize"]))

	rita.get("/sobjects/Account/" + hers).ok(200)
	rita.get("/sobjects/Account/"+his).refused(404, "NOT_FOUND", "The requested resource does not exist")
	rita.patch("/sobjects/Account/"+his, `{"Phone":"1"}`).refused(400, "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
	rita.delete("/sobjects/Account/"+his).refused(400, "INSUFFICIENT_ACCESS_OR_READONLY", "")
	rita.post("/sobjects/Contact", `{"LastName":"x","AccountId":"`+his+`"}`).refused(400, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "insufficient access rights on cross-reference id")
	admin.patch("/sobjects/Account/"+his, `{"Phone":"1"}`).ok(204)

	// A deal of hers with his account: she does not see what it is called.
	org.Insert("Opportunity", map[string]any{
		"Name": "deal", "AccountId": his, "StageName": "Prospecting", "CloseDate": saturday, "OwnerId": org.Record(hers)["OwnerId"],
	})
	require.Nil(t, rita.query("SELECT Account.Name FROM Opportunity").records()[0]["Account"])

	org.Advance(2 * time.Minute)
	window := fmt.Sprintf("?start=%s&end=%s", saturday.Add(-time.Minute).Format("2006-01-02T15:04:05Z"), saturday.Add(2*time.Minute).Format("2006-01-02T15:04:05Z"))
	require.Equal(t, []any{hers}, rita.get("/sobjects/Account/updated/" + window).object()["ids"])
	sam.delete("/sobjects/Account/" + his).ok(204)
	window = fmt.Sprintf("?start=%s&end=%s", saturday.Format("2006-01-02T15:04:05Z"), saturday.Add(5*time.Minute).Format("2006-01-02T15:04:05Z"))
	require.Empty(t, rita.get("/sobjects/Account/deleted/" + window).object()["deletedRecords"])
	require.Len(t, sam.get("/sobjects/Account/deleted/" + window).object()["deletedRecords"], 1)

	// Given away, it is gone for her.
	rita.patch("/sobjects/Account/"+hers, `{"OwnerId":"`+idOf(t, org, "User", "Username", "sam@example.com")+`"}`).ok(204)
	require.Empty(t, rita.query(all).names("Name"))
	require.Equal(t, "Hers", sam.query(all).names("Name"))
}

func TestPartsFollowTheirRecords(t *testing.T) {
	t.Parallel()
	org, _, rita, sam := newOffice(t)
	hers := rita.post("/sobjects/Account", `{"Name":"Hers"}`).id()
	note := org.Insert("Note", map[string]any{"ParentId": hers, "Title": "by the admin"})
	org.Insert("Task", map[string]any{"WhatId": hers, "Subject": "by the admin"})
	file := rita.post("/sobjects/ContentVersion", `{"PathOnClient":"a.txt","VersionData":"aGk=","FirstPublishLocationId":"`+hers+`"}`).id()
	parent := rita.post("/sobjects/Parent__c", `{}`).id()
	child := org.Insert("Child__c", map[string]any{"Master__c": parent})

	for path, status := range map[string]int{
		"/sobjects/Note/" + note: 404, "/sobjects/ContentVersion/" + file: 404, "/sobjects/ContentVersion/" + file + "/VersionData": 404,
		"/sobjects/Child__c/" + child: 404,
	} {
		rita.get(path).ok(200)
		sam.get(path).ok(status)
	}
	require.Equal(t, []int{1, 0}, []int{len(rita.query("SELECT Id FROM Task").records()), len(sam.query("SELECT Id FROM Task").records())})
	links := "SELECT Id FROM ContentDocumentLink WHERE LinkedEntityId = '" + hers + "'"
	require.Equal(t, []int{1, 0}, []int{len(rita.query(links).records()), len(sam.query(links).records())})
	require.Len(t, sam.query("SELECT Id FROM User").records(), 3, "users are for all to see")
	rita.post("/sobjects/RecordType", `{"Name":"x","DeveloperName":"x","SobjectType":"Account"}`).refused(400, "INSUFFICIENT_ACCESS_OR_READONLY", "")
}

func TestAProfileMaySeeEverything(t *testing.T) {
	t.Parallel()
	org, _, rita, _ := newOffice(t)
	reader := org.Insert("Profile", map[string]any{"Name": "Reader", "PermissionsViewAllData": true})
	org.Insert("User", map[string]any{"Username": "ron@example.com", "_password": "pw", "ProfileId": reader})
	ron := rita.as("ron@example.com", "pw")
	hers := rita.post("/sobjects/Account", `{"Name":"Hers"}`).id()
	ron.get("/sobjects/Account/" + hers).ok(200)
	ron.patch("/sobjects/Account/"+hers, `{"Phone":"1"}`).refused(400, "INSUFFICIENT_ACCESS_OR_READONLY", "")
}

func TestHiddenFieldsAreNotThere(t *testing.T) {
	t.Parallel()
	org := newWorld(t, salesforcetest.Options{})
	c := newClient(t, org)
	acme := idOf(t, org, "Account", "Name", "Acme")
	org.HideField("Account", "zep__c")
	org.HideField("Opportunity", "AccountId")

	c.query("SELECT ZEP__c FROM Account").refused(400, "INVALID_FIELD", "No such column 'ZEP__c' on entity 'Account'")
	c.query("SELECT Account.Name FROM Opportunity").refused(400, "INVALID_FIELD", "Didn't understand relationship 'Account' in field path")
	c.query("SELECT (SELECT Id FROM Opportunities) FROM Account").refused(400, "INVALID_TYPE", "Didn't understand relationship 'Opportunities'")
	c.get("/sobjects/Account/"+acme+"?fields=ZEP__c").refused(400, "INVALID_FIELD", "No such column 'ZEP__c' on sobject of type Account")
	c.patch("/sobjects/Account/"+acme, `{"ZEP__c":false}`).refused(400, "INVALID_FIELD", "No such column 'ZEP__c' on sobject of type Account")
	require.NotContains(t, c.get("/sobjects/Account/"+acme).object(), "ZEP__c")
	require.NotContains(t, c.get("/sobjects/Account/describe").body, "ZEP__c")
	require.Equal(t, true, org.Record(acme)["ZEP__c"])
	org.Update(acme, map[string]any{"ZEP__c": false})
	org.HideField("Opportunity", "IsWon")
	c.post("/sobjects/Opportunity", `{"Name":"x","StageName":"Closed Won","CloseDate":"2026-12-01"}`).ok(201)

	org.ShowField("Account", "ZEP__c")
	require.Equal(t, false, c.get("/sobjects/Account/" + acme).object()["ZEP__c"])
	require.Panics(t, func() { org.HideField("Account", "Foo") })
}

func TestRecordsWaitInQueues(t *testing.T) {
	t.Parallel()
	org, admin, rita, sam := newOffice(t)
	queue := admin.post("/sobjects/Group", `{"Name":"Hot Leads","Type":"Queue"}`).id()
	require.Equal(t, "Hot_Leads", org.Record(queue)["DeveloperName"])
	admin.post("/sobjects/QueueSobject", `{"QueueId":"`+queue+`","SobjectType":"Lead"}`).id()
	admin.post("/sobjects/GroupMember", `{"GroupId":"`+queue+`","UserOrGroupId":"`+idOf(t, org, "User", "Username", "rita@example.com")+`"}`).id()

	lead := admin.post("/sobjects/Lead", `{"LastName":"Lee","Company":"Acme","OwnerId":"`+queue+`"}`).id()
	r := rita.query("SELECT Owner.Name, Owner.Type FROM Lead").records()[0]["Owner"].(map[string]any)
	require.Equal(t, []any{"Hot Leads", "Group"}, []any{r["Name"], r["Type"]})
	require.Empty(t, sam.query("SELECT Id FROM Lead").records())
	rita.patch("/sobjects/Lead/"+lead, `{"OwnerId":"`+idOf(t, org, "User", "Username", "rita@example.com")+`"}`).ok(204)

	admin.post("/sobjects/Case", `{"OwnerId":"`+queue+`"}`).refused(400, "FIELD_INTEGRITY_EXCEPTION", "Queue not associated with this SObject type")
	admin.post("/sobjects/Account", `{"Name":"x","OwnerId":"`+queue+`"}`).refused(400, "FIELD_INTEGRITY_EXCEPTION", "Owner ID: id value of incorrect type: "+queue)
	group := admin.post("/sobjects/Group", `{"Name":"Everybody"}`).id()
	admin.post("/sobjects/Lead", `{"LastName":"Lee","Company":"Acme","OwnerId":"`+group+`"}`).refused(400, "FIELD_INTEGRITY_EXCEPTION", "Owner ID: id value of incorrect type: "+group)
}

// Whoever creates records and gives them away, each user sees exactly the own
// ones, in whichever way the user looks.
func TestPrivateRecordsKeepToTheirModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		org := newOrg(salesforcetest.Options{PrivateRecords: true, APILimit: 1_000_000})
		admin := newClient(t, org)
		users, owners := map[string]*client{}, map[string]string{}
		for _, name := range []string{"a", "b", "c"} {
			id := org.Insert("User", map[string]any{"Username": name + "@example.com", "_password": "pw"})
			users[id] = admin.as(name+"@example.com", "pw")
		}
		ids := slices.Sorted(maps.Keys(users))
		pick := func(t *rapid.T) string {
			if len(owners) == 0 {
				return ""
			}
			return rapid.SampledFrom(slices.Sorted(maps.Keys(owners))).Draw(t, "record")
		}
		r.Repeat(map[string]func(*rapid.T){
			"create": func(t *rapid.T) {
				user := rapid.SampledFrom(ids).Draw(t, "user")
				owners[users[user].post("/sobjects/Account", `{"Name":"x"}`).id()] = user
			},
			"give": func(t *rapid.T) {
				record, from, to := pick(t), rapid.SampledFrom(ids).Draw(t, "from"), rapid.SampledFrom(ids).Draw(t, "to")
				if record == "" {
					return
				}
				a := users[from].patch("/sobjects/Account/"+record, `{"OwnerId":"`+to+`"}`)
				if owners[record] == from {
					a.ok(204)
					owners[record] = to
				} else {
					a.refused(400, "INSUFFICIENT_ACCESS_OR_READONLY", "")
				}
			},
			"delete": func(t *rapid.T) {
				record, user := pick(t), rapid.SampledFrom(ids).Draw(t, "user")
				if record == "" {
					return
				}
				if a := users[user].delete("/sobjects/Account/" + record); owners[record] == user {
					a.ok(204)
					delete(owners, record)
				} else {
					a.refused(400, "INSUFFICIENT_ACCESS_OR_READONLY", "")
				}
			},
			"read": func(t *rapid.T) {
				record, user := pick(t), rapid.SampledFrom(ids).Draw(t, "user")
				if record == "" {
					return
				}
				want := map[bool]int{true: 200, false: 404}[owners[record] == user]
				users[user].get("/sobjects/Account/" + record).ok(want)
				found := users[user].query("SELECT Id FROM Account WHERE Id = '" + record + "'").records()
				require.Equal(t, owners[record] == user, len(found) == 1)
			},
			"": func(t *rapid.T) {
				for _, user := range ids {
					var own []string
					for _, record := range slices.Sorted(maps.Keys(owners)) {
						if owners[record] == user {
							own = append(own, record)
						}
					}
					require.Equal(t, strings.Join(own, ", "), users[user].query("SELECT Id FROM Account ORDER BY Id").names("Id"))
				}
			},
		})
	})
}
