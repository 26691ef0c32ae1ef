package appointments_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer/appointments"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

func TestIdentifiersAreReadAsPeoplePasteThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.staff["ann"]
	pasted := id
	on := w.shared(t)
	on.Identifier = appointments.RecordIDs(func(context.Context, string) (string, error) { return pasted, nil })
	feed := newFeed(t, appointments.Config{SignOn: on, UserField: "i360__Sales_Rep_1__c", Query: allByName, Mapping: nameOnly(t)})
	for _, pasted = range []string{
		id, id[:15], " " + id + "\n",
		"https://acme.my.salesforce.com/apex/staff?id=" + id + "&sfdc.override=1",
		"https://acme.lightning.force.com/lightning/r/i360__Staff__c/" + id + "/view",
	} {
		got, err := names(t.Context(), feed, "ann")
		require.NoError(t, err, pasted)
		require.Equal(t, []string{"V-1", "V-2", "V-6"}, got)
	}
	w.org.ResetRequests()
	for _, pasted = range []string{id[:14], id[:17] + "x", "Ann", "x' OR Name != '"} {
		_, err := names(t.Context(), feed, "ann")
		require.ErrorContains(t, err, "parse id", pasted)
	}
	pasted = " "
	_, err := names(t.Context(), feed, "ann")
	require.ErrorIs(t, err, appointments.ErrNoIdentifier)
	require.Empty(t, w.org.Requests())
}

// Credentials are asked for by user and endpoint, and nobody gets another's.
func TestOwnLoginsComeFromTheHost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asked := map[string]int{}
	credentials := func(_ context.Context, appUser, endpoint string) (salesforce.Auth, error) {
		asked[appUser+" at "+endpoint]++
		switch appUser {
		case "ann": // without a token, as in a trusted network
			return salesforce.SOAPLogin{Username: "bob@example.com", Password: "secret-bob"}, nil
		case "fay":
			return salesforce.SOAPLogin{}, nil
		case "eve":
			return nil, errors.New("vault is sealed")
		}
		return nil, nil
	}
	on, err := appointments.NewPerUser(w.config(nil), credentials)
	require.NoError(t, err)
	feed := newFeed(t, appointments.Config{SignOn: on, Query: allByName, Mapping: nameOnly(t)})

	for range 2 {
		got, err := names(t.Context(), feed, "ann")
		require.NoError(t, err)
		require.Equal(t, []string{"V-3", "V-4", "V-5"}, got)
	}
	for _, user := range []string{"dan", "fay"} {
		_, err = names(t.Context(), feed, user)
		require.ErrorIs(t, err, appointments.ErrNoCredentials)
	}
	_, err = names(t.Context(), feed, "eve")
	require.ErrorContains(t, err, "vault is sealed")
	require.Equal(t, map[string]int{"ann at salesforce": 1, "dan at salesforce": 1, "fay at salesforce": 1, "eve at salesforce": 1}, asked)

	_, err = appointments.NewPerUser(w.config(salesforce.ClientCredentials{ClientID: "cid", ClientSecret: "csecret"}), credentials)
	require.ErrorContains(t, err, "would be everybody's")
	_, err = appointments.NewPerUser(w.config(nil), nil)
	require.ErrorContains(t, err, "no credentials are configured")
}

func TestAnotherOrgIsNeverRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, on := range []appointments.SignOn{w.shared(t), w.perUser(t)} {
		for org, ok := range map[string]bool{"00Dxx0000001gPL": true, "00Dxx0000001gPLEAY": true, "00Dxx0000009999": false} {
			feed := newFeed(t, appointments.Config{
				SignOn: on, OrgID: org, UserField: "OwnerId", Query: allByName, Mapping: nameOnly(t),
			})
			w.org.ResetRequests()
			_, err := names(t.Context(), feed, "ann")
			if ok {
				require.NoError(t, err)
				continue
			}
			require.ErrorIs(t, err, salesforce.ErrOrgMismatch)
			require.Contains(t, salesforce.Advice(err), "Company ID")
			for _, r := range w.org.Requests() {
				require.NotContains(t, r.Path, "/query")
			}
			_, err = feed.CheckConnection(t.Context(), "ann")
			require.ErrorIs(t, err, salesforce.ErrOrgMismatch)
		}
	}
	for _, org := range []string{"Acme", "001xx0000001gPL", "00Dxx0000001gPLEAX"} {
		_, err := appointments.New(appointments.Config{SignOn: w.perUser(t), OrgID: org, Query: allByName, Mapping: nameOnly(t)})
		require.ErrorContains(t, err, "is no Salesforce Company ID")
	}
}

func TestCheckConnectionTellsWhatTheLoginIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	perUser := newFeed(t, appointments.Config{SignOn: w.perUser(t), Query: allByName, Mapping: nameOnly(t)})

	found, err := perUser.CheckConnection(t.Context(), "ann")

	require.NoError(t, err)
	require.Equal(t, "ann@example.com", found.Username)
	require.Equal(t, w.users["ann"], string(found.UserID))
	require.Contains(t, strings.Join(found.Notes, " "), "June 2027")

	_, err = perUser.CheckConnection(t.Context(), "cat")
	require.ErrorIs(t, err, salesforce.ErrCredentials)
	require.NotEmpty(t, salesforce.Advice(err))
	_, err = perUser.CheckConnection(t.Context(), "dan")
	require.ErrorIs(t, err, appointments.ErrNoCredentials)
	_, err = newFeed(t, appointments.Config{Off: true}).CheckConnection(t.Context(), "ann")
	require.ErrorIs(t, err, appointments.ErrOff)

	w.org.Fail(salesforcetest.Fault{Path: "/services/data", Status: 403, Code: "API_DISABLED_FOR_ORG", Times: 9})
	_, err = perUser.CheckConnection(t.Context(), "bob")
	require.ErrorIs(t, err, salesforce.ErrAPIDisabled)
}
