package appointments_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer/appointments"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
	"github.com/sfbridge/sfbridge/soql"
)

const allByName = "SELECT Id, Name FROM i360__Appointment__c ORDER BY Name"

func TestEveryUserSeesTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const byToken = "SELECT Id, Name FROM i360__Appointment__c WHERE " +
		"(i360__Sales_Rep_1__c = '%userIdentifier%' OR i360__Sales_Rep_2__c IN (%userIdentifier%)) ORDER BY Name"
	perUser := w.perUser(t)
	identified := perUser
	identified.Identifier = w.identifier
	for name, c := range map[string]struct {
		cfg      appointments.Config
		ann, bob []string
	}{
		"shared, token": {
			appointments.Config{SignOn: w.shared(t), Query: byToken},
			[]string{"V-1", "V-2", "V-3", "V-6"},
			[]string{"V-3", "V-4"},
		},
		"shared, field": {
			appointments.Config{SignOn: w.shared(t), Query: allByName, UserField: "i360__Sales_Rep_1__c"},
			[]string{"V-1", "V-2", "V-6"},
			[]string{"V-3", "V-4"},
		},
		"per user, owner": {
			appointments.Config{SignOn: perUser, Query: allByName},
			[]string{"V-1", "V-2", "V-6"},
			[]string{"V-3", "V-4", "V-5"},
		},
		"per user, field over a relationship": {
			appointments.Config{SignOn: perUser, Query: allByName, UserField: "i360__Sales_Rep_1__r.i360__User__c"},
			[]string{"V-1", "V-2", "V-6"},
			[]string{"V-3", "V-4"},
		},
		"per user, host's identifier": {
			appointments.Config{SignOn: identified, Query: byToken},
			[]string{"V-1", "V-2", "V-3", "V-6"},
			[]string{"V-3", "V-4"},
		},
		"per user, host's identifier and the owner": {
			appointments.Config{SignOn: identified, Query: allByName},
			[]string{"V-1", "V-2", "V-6"},
			[]string{"V-3", "V-4", "V-5"},
		},
		"own token": {
			appointments.Config{
				SignOn: w.shared(t), Token: "%rep%",
				Query: "SELECT Id, Name FROM i360__Appointment__c WHERE i360__Sales_Rep_1__c = %rep% ORDER BY Name",
			},
			[]string{"V-1", "V-2", "V-6"},
			[]string{"V-3", "V-4"},
		},
	} {
		c.cfg.Mapping = nameOnly(t)
		feed := newFeed(t, c.cfg)
		for user, want := range map[string][]string{"ann": c.ann, "bob": c.bob} {
			got, err := names(t.Context(), feed, user)
			require.NoError(t, err, name)
			require.Equal(t, want, got, "%s: %s", name, user)
		}
	}
}

func TestWhoIsNobodySeesNothingAndSalesforceIsNotAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	failing := w.shared(t)
	directory := errors.New("directory is down")
	failing.Identifier = func(context.Context, string) (string, error) { return "", directory }
	blank := w.shared(t)
	blank.Identifier = func(context.Context, string) (string, error) { return " \t", nil }
	shared, perUser := w.shared(t), w.perUser(t)
	for _, c := range []struct {
		cfg  appointments.Config
		user string
		want error
	}{
		{appointments.Config{Off: true, SignOn: shared}, "ann", appointments.ErrOff},
		{appointments.Config{SignOn: shared}, "", appointments.ErrNoIdentifier},
		{appointments.Config{SignOn: shared}, "dan", appointments.ErrNoIdentifier},
		{appointments.Config{SignOn: blank}, "ann", appointments.ErrNoIdentifier},
		{appointments.Config{SignOn: failing}, "ann", directory},
		{appointments.Config{SignOn: perUser}, "", appointments.ErrNoCredentials},
		{appointments.Config{SignOn: perUser}, "dan", appointments.ErrNoCredentials},
	} {
		c.cfg.Query, c.cfg.Mapping, c.cfg.UserField = allByName, nameOnly(t), "i360__Sales_Rep_1__c"
		got, err := names(t.Context(), newFeed(t, c.cfg), c.user)
		require.ErrorIs(t, err, c.want)
		require.Empty(t, got)
	}
	require.Empty(t, w.org.Requests())
}

func TestAWrongPasswordIsNotReplacedByAnotherLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	feed := newFeed(t, appointments.Config{SignOn: w.perUser(t), Query: allByName, Mapping: nameOnly(t)})
	got, err := names(t.Context(), feed, "cat")
	require.ErrorIs(t, err, salesforce.ErrAuth)
	require.Empty(t, got)
}

func TestABadValueLeavesTheRestOfItsRowAndTheOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	feed := newFeed(t, appointments.Config{
		SignOn: w.shared(t), UserField: "i360__Sales_Rep_1__c",
		Query: "SELECT Id, Name, i360__Start_Time__c, i360__Duration__c FROM i360__Appointment__c " +
			"WHERE i360__Computed_Start_DateTime__c >= 2026-08-01T00:00:00Z ORDER BY Name",
		Mapping: compile(t,
			mapping.Rule{Title: "Visit", From: []string{"Name"}, Target: "name", Note: true},
			mapping.Rule{Title: "Start", From: []string{"i360__Start_Time__c"}, Type: mapping.DateTime, Target: "start", Note: true},
			mapping.Rule{Title: "Hours", From: []string{"i360__Duration__c"}, Type: mapping.Number, Note: true},
		),
	})

	got, err := salesforce.Collect(feed.Appointments(t.Context(), "ann"))

	require.NoError(t, err)
	require.Len(t, got, 2)
	require.NoError(t, got[0].Err)
	require.Equal(t, []string{"Visit: V-1", "Start: 8/24/2026 12:00 AM", "Hours: 1.5"}, got[0].Notes)
	fault, ok := errors.AsType[*mapping.FieldError](got[1].Err)
	require.True(t, ok)
	require.Equal(t, mapping.FieldError{
		RecordID: string(got[1].ID), Target: "start", Path: "i360__Start_Time__c", Type: mapping.DateTime,
		Shape: "text of 8 characters", Err: mapping.ErrShape,
	}, *fault)
	require.Equal(t, []string{"Visit: V-2"}, got[1].Notes)
}

func TestChildSubqueriesAreResolvedByDescribe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	feed := newFeed(t, appointments.Config{
		SignOn: w.shared(t), Mapping: nameOnly(t), UserField: "i360__Sales_Rep_1__c",
		Query: "SELECT Id, Name, (SELECT Id FROM i360__Sales__r) FROM i360__Appointment__c ORDER BY Name LIMIT 1",
	})
	w.org.Fail(salesforcetest.Fault{Path: "/describe", Status: 403, Code: "INSUFFICIENT_ACCESS"})
	_, err := names(t.Context(), feed, "ann")
	require.ErrorIs(t, err, salesforce.ErrAccess, "an org that does not answer proves nothing")

	got, err := names(t.Context(), feed, "ann")
	require.NoError(t, err)
	require.Equal(t, []string{"V-1"}, got)
}

// Where a relationship leads is asked once for all users, and once in each org.
func TestChildRelationshipsAreRememberedByOrg(t *testing.T) {
	t.Parallel()
	here, there := newWorld(t), newWorldIn(t, "00Dxx0000002222")
	feed := newFeed(t, appointments.Config{
		SignOn: apart(t, here, there), Mapping: nameOnly(t),
		Query: "SELECT Id, Name, (SELECT Id FROM i360__Sales__r) FROM i360__Appointment__c ORDER BY Name LIMIT 1",
	})
	for user, want := range map[string]string{"ann": "V-1", "bob": "V-3"} {
		got, err := names(t.Context(), feed, user)
		require.NoError(t, err)
		require.Equal(t, []string{want}, got)
	}
	var readers sync.WaitGroup
	for n := range 20 {
		user := []string{"ann", "bob"}[n%2]
		readers.Go(func() {
			if _, err := names(t.Context(), feed, user); err != nil {
				t.Error(err)
			}
		})
	}
	readers.Wait()
	for _, w := range []*world{here, there} {
		described := 0
		for _, r := range w.org.Requests() {
			if strings.HasSuffix(r.Path, "/describe") {
				described++
			}
		}
		require.Equal(t, 1, described)
	}
}

// apart is a sign-on under which Ann is in one org and Bob in another.
func apart(t *testing.T, ann, bob *world) appointments.PerUser {
	t.Helper()
	pool, err := salesforce.NewPool(salesforce.PoolConfig{
		New: func(_ context.Context, appUser string) (salesforce.Config, error) {
			if appUser == "ann" {
				return ann.config(salesforce.SOAPLogin{Username: "ann@example.com", Password: "secret-ann", SecurityToken: "TOKEN-ann"}), nil
			}
			return bob.config(salesforce.SOAPLogin{Username: "bob@example.com", Password: "secret-bob"}), nil
		},
	})
	require.NoError(t, err)
	return appointments.PerUser{Pool: pool}
}

func TestMissingCredentialsAreSaidInAFewWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	feed := newFeed(t, appointments.Config{SignOn: w.perUser(t), Query: allByName, Mapping: nameOnly(t)})
	_, err := names(t.Context(), feed, "dan")
	require.ErrorIs(t, err, appointments.ErrNoCredentials)
	require.EqualError(t, err, `appointments: sign on user "dan": user has no credentials`)
}

func TestTheLoopEndsWhereItsCallerStops(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	feed := newFeed(t, appointments.Config{SignOn: w.perUser(t), Query: allByName, Mapping: nameOnly(t)})
	for a, err := range feed.Appointments(t.Context(), "ann") {
		require.NoError(t, err)
		require.NotEmpty(t, a.ID)
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := names(ctx, feed, "ann")
	require.ErrorIs(t, err, context.Canceled)
}

func TestAQueryThatSalesforceRefusesIsAnError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	feed := newFeed(t, appointments.Config{
		SignOn: w.shared(t), Mapping: nameOnly(t), UserField: "i360__Sales_Rep_1__c",
		Query: "SELECT Id, Name, Mood__c FROM i360__Appointment__c",
	})
	_, err := names(t.Context(), feed, "ann")
	require.ErrorIs(t, err, salesforce.ErrQuery)
	require.ErrorContains(t, err, `appointments: read those of user "ann"`)
}

func TestNewReportsEveryFault(t *testing.T) {
	t.Parallel()
	_, err := appointments.New(appointments.Config{})
	require.ErrorContains(t, err, "no SignOn is configured")
	require.ErrorContains(t, err, "no Mapping is configured")
	_, isSyntax := errors.AsType[*soql.SyntaxError](err)
	require.True(t, isSyntax)

	_, err = appointments.New(appointments.Config{
		SignOn:  appointments.Shared{},
		Query:   "SELECT Name FROM i360__Appointment__c WHERE Name LIKE '%userIdentifier%'",
		Mapping: compile(t, mapping.Rule{From: []string{"Owner.Name"}, Target: "owner"}),
	})
	require.ErrorContains(t, err, "no Shared.Client is configured")
	require.ErrorContains(t, err, "no Shared.Identifier is configured")
	require.ErrorContains(t, err, "the query does not select Id")
	require.ErrorContains(t, err, "the query does not select Owner.Name, which the mapping reads")
	require.ErrorIs(t, err, soql.ErrNotScoped)

	_, err = appointments.New(appointments.Config{SignOn: appointments.PerUser{}, Query: allByName, Mapping: nameOnly(t)})
	require.EqualError(t, err, "appointments: configuration: no PerUser.Pool is configured")
}

func TestSelectedPathsAreFoundHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := compile(t,
		mapping.Rule{From: []string{"Owner.Name"}, Target: "owner"},
		mapping.Rule{From: []string{"i360__Result__c"}, Target: "result"},
		mapping.Rule{From: []string{"day"}, Target: "day"},
	)
	for query, missing := range map[string]string{
		"SELECT id, OWNER.NAME, toLabel(i360__Result__c), FORMAT(CreatedDate) day FROM i360__Appointment__c":                                                 "",
		"SELECT a.Id, a.Owner.Name, a.i360__Result__c, FORMAT(convertTimezone(CreatedDate)) day FROM i360__Appointment__c a":                                 "",
		"SELECT i360__Appointment__c.Id, Owner.Name, FORMAT(i360__Result__c), FORMAT(CreatedDate) day FROM i360__Appointment__c":                             "",
		"SELECT Id, Owner.Name, toLabel(i360__Result__c) label, FORMAT(CreatedDate) day FROM i360__Appointment__c":                                           "i360__Result__c",
		"SELECT Id, (SELECT Name FROM Owner), Name, i360__Result__c, FORMAT(CreatedDate) day FROM i360__Appointment__c":                                      "Owner.Name",
		"SELECT Id, Owner.Name, i360__Result__c, CALENDAR_YEAR(CreatedDate) FROM i360__Appointment__c GROUP BY Id, Owner.Name, i360__Result__c, CreatedDate": "day",
	} {
		_, err := appointments.New(appointments.Config{SignOn: w.shared(t), Query: query, Mapping: m, UserField: "OwnerId"})
		if missing == "" {
			require.NoError(t, err, query)
			continue
		}
		require.ErrorContains(t, err, "does not select "+missing, query)
	}
}

func TestWhatAQuerySelectsIsKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		sel, path string
		ok        bool
	}{
		{"FIELDS(ALL)", "Name", true},
		{"FIELDS(ALL)", "i360__Result__c", true},
		{"FIELDS(ALL)", "Owner.Name", false},
		{"Id, FIELDS(CUSTOM)", "i360__Result__c", true},
		{"Id, FIELDS(CUSTOM)", "Name", false},
		{"FIELDS(STANDARD)", "Name", true},
		{"FIELDS(STANDARD)", "i360__Result__c", false},
		{"Id, Site__c", "Site__c.city", true},
		{"Id, Site__c", "Site__c.mayor", false},
		{"Id, TYPEOF Owner WHEN User THEN Phone ELSE Name END", "Owner.Phone", true},
		{"Id, TYPEOF Owner WHEN User THEN Phone ELSE Name END", "Owner.Name", true},
		{"Id, TYPEOF Owner WHEN User THEN Phone ELSE Name END", "Owner.Email", false},
		{"Id, (SELECT Name, Owner.Name FROM i360__Sales__r)", "i360__Sales__r[0].Name", true},
		{"Id, (SELECT Name, Owner.Name FROM i360__Sales__r)", "i360__Sales__r[12].Owner.Name", true},
		{"Id, (SELECT Name, Owner.Name FROM i360__Sales__r)", "i360__Sales__r[0].Id", false},
		{"Id, (SELECT Name, Owner.Name FROM i360__Sales__r)", "i360__Sales__r.Name", false},
	} {
		_, err := appointments.New(appointments.Config{
			SignOn: w.perUser(t), Query: "SELECT " + c.sel + " FROM i360__Appointment__c LIMIT 200",
			Mapping: compile(t, mapping.Rule{From: []string{c.path}, Target: "x"}),
		})
		if c.ok {
			require.NoError(t, err, "%s: %s", c.sel, c.path)
		} else {
			require.ErrorContains(t, err, "does not select "+c.path, c.sel)
		}
	}
}
