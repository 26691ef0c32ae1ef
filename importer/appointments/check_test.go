package appointments_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer/appointments"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
	"github.com/sfbridge/sfbridge/soql"
)

// wellSettings are without a problem; each test spoils them in its own way.
func wellSettings() *appointments.Settings {
	return &appointments.Settings{
		Query: "SELECT Id, i360__Computed_Start_DateTime__c, i360__Address__c, i360__Prospect__r.i360__Primary_Last_Name__c,\n" +
			"  i360__Prospect__r.i360__Primary_Email__c, i360__Prospect__r.i360__Phone_1__c\n" +
			"FROM i360__Appointment__c\nWHERE i360__Sales_Rep_1__c = '%userIdentifier%'",
		Mapping: []mapping.Rule{
			{Title: "Start", From: []string{startField}, Type: mapping.DateTime, Target: "start"},
			{Title: "Street", From: []string{"i360__Address__c"}, Target: "street"},
			{Title: "Customer", From: []string{"i360__Prospect__r.i360__Primary_Last_Name__c"}, Target: "customerName"},
			{Title: "Email", From: []string{"i360__Prospect__r.i360__Primary_Email__c"}, Type: mapping.Email, Target: "email"},
			{Title: "Phone", From: []string{"i360__Prospect__r.i360__Phone_1__c"}, Type: mapping.Phone, Target: "phone"},
		},
	}
}

// check returns the problems of settings as text, without an org if client is nil.
func check(t *testing.T, s *appointments.Settings, client *salesforce.Client) string {
	t.Helper()
	problems, err := s.Check(t.Context(), client, nil)
	require.NoError(t, err)
	var lines []string
	for _, p := range problems {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

func TestCheckFindsNothingWrongWithWhatIsWell(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.shared(t).Client
	for _, spoil := range []func(s *appointments.Settings){
		func(*appointments.Settings) {},
		func(s *appointments.Settings) { s.CompanyID = "00Dxx0000001gPL" },
		func(s *appointments.Settings) { s.Window = appointments.Window{Field: startField, Ahead: 7} },
		func(s *appointments.Settings) { s.SignOn = appointments.OwnLogin },
		func(s *appointments.Settings) { s.Zone = "America/Denver" },
		func(s *appointments.Settings) {
			s.Query = strings.ReplaceAll(s.Query, "%userIdentifier%", "%rep%")
			s.Token = "%rep%"
		},
		func(s *appointments.Settings) {
			s.Query, _, _ = strings.Cut(s.Query, "WHERE")
			s.UserField = "i360__Sales_Rep_1__r.i360__User__c"
		},
		func(s *appointments.Settings) {
			s.Query, _, _ = strings.Cut(s.Query, "WHERE")
			s.SignOn = appointments.OwnLogin
		},
		func(s *appointments.Settings) { // TODAY is the user's own, who is logged in
			s.SignOn = appointments.OwnLogin
			s.Query += " AND i360__Computed_Start_DateTime__c >= TODAY"
		},
		func(s *appointments.Settings) { // rows of a child list
			s.Query = strings.Replace(s.Query, "SELECT Id", "SELECT Id, (SELECT Name FROM i360__Sales__r)", 1)
			s.Mapping = append(s.Mapping, mapping.Rule{From: []string{"i360__Sales__r[0].Name"}, Target: "sale"})
		},
		func(s *appointments.Settings) { *s = appointments.Settings{Off: true, Query: "nonsense"} },
	} {
		s := wellSettings()
		spoil(s)
		require.Empty(t, check(t, s, client))
		require.Empty(t, check(t, s, nil))
	}
}

func TestCheckTellsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := &appointments.Settings{
		CompanyID: "00Dxx0000009999",
		UserField: "Rep__c",
		Zone:      "Denver",
		Window:    appointments.Window{Field: "i360__Start__c"},
		Query:     "SELECT Name, Weather__c, i360__Result__c, i360__Prospect__c FROM i360__Appointment__c WHERE CreatedDate = LAST_WEEK OR i360__Result__c = 5",
		Mapping: []mapping.Rule{
			{From: []string{"i360__Result__c"}, Type: mapping.Checkbox, Target: "result"},
			{From: []string{"i360__City__c"}, Target: "result"},
			{From: []string{"i360__Prospect__c.Name"}, Target: "prospect"},
			{From: []string{"i360__Prospect__c"}, Type: mapping.Number, Target: "number"},
		},
	}
	require.Equal(t, strings.Join([]string{
		`zone: there is no time zone "Denver": write a name such as America/Denver or Europe/Berlin`,
		`query, line 1, column 14: i360__Appointment__c has no field Weather__c, or this login may not see it: look it up in Setup > Object Manager, and whether field-level security hides it`,
		`query, line 1, column 138: i360__Result__c is compared with a string in quotes, not with 5`,
		`userField: i360__Appointment__c has no field Rep__c, or this login may not see it: look it up in Setup > Object Manager, and whether field-level security hides it`,
		`window: i360__Start__c is a field of the type date: name the date/time at which appointments start`,
		`query, line 1, column 1: the query does not select Id, without which a record cannot be told from others: add Id to the SELECT`,
		`mapping, rule 2 (result): rule 1 has the same target "result": give one of them another`,
		`mapping, rule 2 (result): the query does not select i360__City__c: add it to the SELECT, or correct the rule`,
		`mapping, rule 3 (prospect): i360__Appointment__c has no relationship i360__Prospect__c; did you mean "i360__Prospect__r"?`,
		`mapping, rule 4 (number): i360__Prospect__c: a field of type reference does not fit Number; its own type is "Id"`,
		`companyId: the login leads to org 00Dxx0000001gPLEAY, configured is 00Dxx0000009999EAA: one of the two is wrong`,
		`warning: query, line 1, column 107: LAST_WEEK counts in the time zone of the shared login, not in the rep's: set a window, whose days are the rep's, and take the comparison out of the query`,
		`warning: mapping: no rule gives an address, so the rep does not know where to go: select the field and add a rule`,
		`warning: mapping: no rule gives a phone number, so the rep cannot call the customer: select the field and add a rule`,
		`warning: mapping: no rule gives an e-mail address, so documents cannot be mailed to the customer: select the field and add a rule`,
		`warning: mapping: no rule gives the date and time, so the appointment has no place in the calendar: select the field and add a rule`,
	}, "\n"), check(t, s, w.shared(t).Client))
}

func TestProblemsHaveTheirCauses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := wellSettings()
	s.Query = strings.Replace(s.Query, "=", "!=", 1)
	problems, err := s.Check(t.Context(), w.shared(t).Client, nil)
	require.NoError(t, err)
	require.ErrorIs(t, problems.Err(), soql.ErrNotScoped)

	s.Query = "SELECT FROM"
	problems, err = s.Check(t.Context(), nil, nil)
	require.NoError(t, err)
	syntax, ok := errors.AsType[*soql.SyntaxError](problems.Err())
	require.True(t, ok)
	require.Equal(t, 8, syntax.Column)

	s = wellSettings()
	s.Mapping = s.Mapping[1:]
	problems, err = s.Check(t.Context(), nil, nil)
	require.NoError(t, err)
	require.NoError(t, problems.Err(), "a warning is no error")
	require.Len(t, problems, 1)
	require.True(t, problems[0].Warning)

	require.Contains(t, check(t, &appointments.Settings{}, nil), "query: there is no query")
	require.Contains(t, check(t, &appointments.Settings{}, nil), "mapping: there are no rules")
}

// A field that the login may not see is as good as none, and an org that does
// not answer is no reason to call a configuration wrong.
func TestCheckGoesByWhatTheLoginSees(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.org.HideField("i360__Prospect__c", "i360__Phone_1__c")
	require.Equal(t, `query, line 2, column 45: i360__Prospect__c has no field i360__Phone_1__c, or this login may not see it; did you mean "i360__Phone_2__c"?`,
		check(t, wellSettings(), w.shared(t).Client))

	w.org.Fail(salesforcetest.Fault{Path: "/describe", Status: 403, Code: "INSUFFICIENT_ACCESS", Times: 5})
	problems, err := wellSettings().Check(t.Context(), w.shared(t).Client, nil)
	require.ErrorIs(t, err, salesforce.ErrAccess)
	require.Empty(t, problems)
}

func TestLabelsOfPicklistsAreShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.org.Extend(salesforcetest.Schema{{Name: "i360__Appointment__c", Fields: []salesforcetest.Field{{
		Name: "Mood__c", Type: "picklist", Picklist: []salesforcetest.PicklistValue{{Value: "G", Label: "Good"}},
	}}}}))
	w.org.Insert("i360__Appointment__c", map[string]any{"Name": "V-9", "Mood__c": "G", "OwnerId": w.users["ann"]})
	feed := newFeed(t, appointments.Config{
		SignOn: w.perUser(t), Query: "SELECT Id, Mood__c FROM i360__Appointment__c WHERE Name = 'V-9'",
		Mapping: compile(t, mapping.Rule{Title: "Mood", From: []string{"Mood__c"}, Label: true, Note: true}),
	})
	got, err := salesforce.Collect(feed.Appointments(t.Context(), "ann"))
	require.NoError(t, err)
	require.Equal(t, []string{"Mood: Good"}, got[0].Notes)

	w.org.Fail(salesforcetest.Fault{Path: "/describe", Status: 403, Code: "INSUFFICIENT_ACCESS"})
	_, err = salesforce.Collect(feed.Appointments(t.Context(), "ann"))
	require.ErrorIs(t, err, salesforce.ErrAccess)
}

// Of a file with faults of its form, the rest is checked all the same.
func TestCheckFileGoesOnBehindFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	problems, err := appointments.CheckFile(t.Context(), "feed.yaml", []byte(strings.Join([]string{
		"signOn: both",
		"companyId: x",
		"query: SELECT Id, Name FROM i360__Apointment__c WHERE Name = 'x'",
		"mapping:",
		"- {form: Name, target: name}",
		"- {from: City__c, target: city}",
	}, "\n")), w.shared(t).Client, nil)
	require.NoError(t, err)
	var lines []string
	for _, p := range problems {
		lines = append(lines, p.String())
	}
	require.Equal(t, []string{
		`feed.yaml:1:9: signOn: there is no sign-on "both": write "shared" for one login of the whole company, or "perUser" for each user's own`,
		`feed.yaml:2:12: companyId: "x" is no Salesforce Company ID, which has 15 or 18 characters and begins with 00D: copy the Organization ID from Setup > Company Information`,
		`feed.yaml:3:29: query, line 1, column 22: the org has no object i360__Apointment__c, or this login may not see it; did you mean "i360__Appointment__c"?`,
		`feed.yaml:3:29: query, line 1, column 22: its WHERE does not use %userIdentifier%, and no field is configured. ` +
			`Every branch of the WHERE has to compare a field with the user, as in WHERE Sales_Rep__c = '%userIdentifier%'; or use %userIdentifier% nowhere and set userField`,
		`feed.yaml:5:3: rule 1 (name): the key "from" is missing`,
		`feed.yaml:5:4: rule 1 (name): unknown key "form"; did you mean "from"?`,
		`feed.yaml:6:3: mapping, rule 2 (city): the query does not select City__c: add it to the SELECT, or correct the rule`,
	}, lines)
	require.ErrorContains(t, problems.Err(), "feed.yaml:5:4")

	problems, err = appointments.CheckFile(t.Context(), "feed.yaml", nil, nil, nil)
	require.NoError(t, err)
	require.NotEmpty(t, problems)
}
