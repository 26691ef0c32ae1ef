package appointments_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer/appointments"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

var chicago = time.FixedZone("CDT", -5*3600)

// world is a company with two reps, Ann and Bob, and their appointments.
type world struct {
	org       *salesforcetest.Org
	transport http.RoundTripper // to the org; nil for its own
	staff     map[string]string // app user to Staff record
	users     map[string]string // app user to Salesforce user
}

// People and visits. Visit 3 is Bob's, with Ann as second rep, and visit 6 was
// weeks ago.
const worldData = `{
	"User": [
		{"_ref": "ann", "_password": "secret-ann", "_token": "TOKEN-ann", "Username": "ann@example.com",
		 "LastName": "Ann", "Alias": "ann", "Email": "ann@example.com"},
		{"_ref": "bob", "_password": "secret-bob", "Username": "bob@example.com",
		 "LastName": "Bob", "Alias": "bob", "Email": "bob@example.com"}
	],
	"i360__Staff__c": [
		{"_ref": "staffAnn", "Name": "Ann", "i360__User__c": "@ann"},
		{"_ref": "staffBob", "Name": "Bob", "i360__User__c": "@bob"}
	],
	"i360__Prospect__c": [
		{"_ref": "larry", "Name": "P-1", "i360__Primary_First_Name__c": "Larry", "i360__Primary_Last_Name__c": "Leap",
		 "i360__Primary_Email__c": "larry@example.com", "i360__Phone_1__c": "(614) 555-0100"}
	],
	"i360__Appointment__c": [
		{"_ref": "v1", "Name": "V-1", "i360__Prospect__c": "@larry", "i360__Sales_Rep_1__c": "@staffAnn", "OwnerId": "@ann",
		 "i360__Computed_Start_DateTime__c": "2026-08-24T21:30:00Z", "i360__Computed_End_DateTime__c": "2026-08-24T23:00:00Z",
		 "i360__Address__c": "1 Elm St", "i360__City__c": "Columbus", "i360__State__c": "OH", "i360__Zip__c": "43004",
		 "i360__Components__c": "Roof", "i360__Comments__c": "Two dogs", "i360__Start_Time__c": "2026-08-24", "i360__Duration__c": 1.5},
		{"_ref": "v2", "Name": "V-2", "i360__Sales_Rep_1__c": "@staffAnn", "OwnerId": "@ann",
		 "i360__Computed_Start_DateTime__c": "2026-08-25T14:00:00Z", "i360__Start_Time__c": "noon-ish"},
		{"_ref": "v3", "Name": "V-3", "i360__Sales_Rep_1__c": "@staffBob", "i360__Sales_Rep_2__c": "@staffAnn", "OwnerId": "@bob",
		 "i360__Computed_Start_DateTime__c": "2026-08-26T14:00:00Z", "i360__Start_Time__c": "2026-08-26"},
		{"_ref": "v4", "Name": "V-4", "i360__Sales_Rep_1__c": "@staffBob", "OwnerId": "@bob",
		 "i360__Computed_Start_DateTime__c": "2026-08-24T14:00:00Z"},
		{"_ref": "v5", "Name": "V-5", "OwnerId": "@bob", "i360__Computed_Start_DateTime__c": "2026-08-27T14:00:00Z"},
		{"_ref": "v6", "Name": "V-6", "i360__Sales_Rep_1__c": "@staffAnn", "OwnerId": "@ann",
		 "i360__Computed_Start_DateTime__c": "2026-07-01T14:00:00Z"}
	],
	"i360__Sale__c": [
		{"Name": "S-1", "i360__Appointment__c": "@v1"}, {"Name": "S-4", "i360__Appointment__c": "@v4"}
	]
}`

func newWorld(tb testing.TB) *world {
	tb.Helper()
	return newWorldIn(tb, "")
}

func newWorldIn(tb testing.TB, orgID string) *world {
	tb.Helper()
	org := salesforcetest.NewOrg(&salesforcetest.Options{Schema: salesforcetest.Improveit360(), OrgID: orgID})
	org.SetNow(time.Date(2026, 8, 24, 12, 0, 0, 0, time.UTC))
	require.NoError(tb, org.Load(strings.NewReader(worldData)))
	w := &world{org: org, staff: map[string]string{}, users: map[string]string{}}
	for _, rec := range org.Records("i360__Staff__c") {
		user := strings.ToLower(rec["Name"].(string))
		w.staff[user] = rec["Id"].(string)
		w.users[user] = rec["i360__User__c"].(string)
	}
	return w
}

func (w *world) config(auth salesforce.Auth) salesforce.Config {
	transport := w.transport
	if transport == nil {
		transport = w.org.Transport()
	}
	return salesforce.Config{LoginURL: salesforce.MyDomain("acme"), Auth: auth, HTTPClient: &http.Client{Transport: transport}}
}

// shared is single sign-on: Staff ids tell the users apart.
func (w *world) shared(tb testing.TB) appointments.Shared {
	tb.Helper()
	client, err := salesforce.New(w.config(salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"}))
	require.NoError(tb, err)
	return appointments.Shared{Client: client, Identifier: w.identifier}
}

func (w *world) identifier(_ context.Context, appUser string) (string, error) {
	return w.staff[appUser], nil
}

// perUser is multi-user sign-on: Ann's and Bob's logins are known, Cat's is
// wrong, and nobody else has one.
func (w *world) perUser(tb testing.TB) appointments.PerUser {
	tb.Helper()
	logins := map[string]salesforce.SOAPLogin{
		"ann": {Username: "ann@example.com", Password: "secret-ann", SecurityToken: "TOKEN-ann"},
		"bob": {Username: "bob@example.com", Password: "secret-bob"},
		"cat": {Username: "cat@example.com", Password: "wrong"},
	}
	pool, err := salesforce.NewPool(salesforce.PoolConfig{
		New: func(_ context.Context, appUser string) (salesforce.Config, error) {
			login, ok := logins[appUser]
			if !ok {
				return salesforce.Config{}, appointments.ErrNoCredentials
			}
			return w.config(login), nil
		},
	})
	require.NoError(tb, err)
	return appointments.PerUser{Pool: pool}
}

// nameOnly maps the Id and the name.
func nameOnly(tb testing.TB) *mapping.Mapping {
	tb.Helper()
	return compile(tb, mapping.Rule{From: []string{"Name"}, Target: "name"})
}

func compile(tb testing.TB, rules ...mapping.Rule) *mapping.Mapping {
	tb.Helper()
	m, err := mapping.New(rules, &mapping.Options{Zone: chicago})
	require.NoError(tb, err)
	return m
}

func newFeed(tb testing.TB, cfg appointments.Config) *appointments.Feed {
	tb.Helper()
	feed, err := appointments.New(cfg)
	require.NoError(tb, err)
	return feed
}

// names reads the names of a user's appointments, in order of appearance.
func names(ctx context.Context, feed *appointments.Feed, appUser string) ([]string, error) {
	var names []string
	for a, err := range feed.Appointments(ctx, appUser) {
		if err != nil {
			return names, err
		}
		name, _ := a.Values.Get("name")
		names = append(names, fmt.Sprint(name))
	}
	return names, nil
}
