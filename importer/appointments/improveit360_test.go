package appointments_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer/appointments"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// presetFeed is the preset as it is, with the window closing before visit 6.
func presetFeed(t *testing.T, w *world, on appointments.SignOn, mode appointments.Mode) *appointments.Feed {
	t.Helper()
	preset, err := appointments.Improveit360(t.Context(), w.shared(t).Client, &appointments.PresetOptions{SignOn: mode})
	require.NoError(t, err)
	require.Empty(t, preset.LeftOut())
	cfg, err := preset.Settings.Config(on, nil)
	require.NoError(t, err)
	cfg.Now = w.org.Now
	cfg.Zone = func(context.Context, string) (*time.Location, error) { return chicago, nil }
	return newFeed(t, cfg)
}

func TestImproveit360GivesAppointmentsAsTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for mode, on := range map[appointments.Mode]appointments.SignOn{
		appointments.SharedLogin: w.shared(t),
		appointments.OwnLogin:    w.perUser(t),
	} {
		got, err := salesforce.Collect(presetFeed(t, w, on, mode).Appointments(t.Context(), "ann"))

		require.NoError(t, err)
		require.Len(t, got, 3, "visit 6 is too long ago")
		first := got[0]
		require.NoError(t, first.Err)
		require.Equal(t, []string{"Components: Roof", "Comments: Two dogs"}, first.Notes)
		var visit struct {
			ID      salesforce.ID `map:"id"`
			Name    string        `map:"name"`
			Start   time.Time     `map:"start"`
			End     *time.Time    `map:"end"`
			First   string        `map:"customerNameFirst"`
			Last    string        `map:"customerNameLast"`
			Email   string        `map:"customerEmail"`
			Phone   string        `map:"customerPhone"`
			Address string        `map:"address"`
		}
		require.NoError(t, first.Values.Into(&visit))
		require.Equal(t, first.ID, visit.ID)
		require.Equal(t, "V-1", visit.Name)
		require.Equal(t, time.Date(2026, 8, 24, 16, 30, 0, 0, chicago), visit.Start)
		require.Equal(t, time.Date(2026, 8, 24, 18, 0, 0, 0, chicago), *visit.End)
		require.Equal(t, "Larry Leap", visit.First+" "+visit.Last)
		require.Equal(t, "larry@example.com (614) 555-0100", visit.Email+" "+visit.Phone)
		require.Equal(t, "1 Elm St, Columbus, OH 43004", visit.Address)

		require.NoError(t, got[1].Values.Into(&visit))
		require.Equal(t, "V-2", visit.Name)
		require.Empty(t, visit.Last, "a visit without prospect has no name")
		require.Empty(t, got[1].Notes)
	}
}

func TestImproveit360FitsTheOrg(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	preset, err := appointments.Improveit360(t.Context(), w.shared(t).Client, nil)
	require.NoError(t, err)
	problems, err := preset.Settings.Check(t.Context(), w.shared(t).Client, nil)
	require.NoError(t, err)
	require.Empty(t, problems)
}

// lightning is the Lightning edition as far as the preset knows it.
func lightning() salesforcetest.Schema {
	field := func(name, label, kind string) salesforcetest.Field {
		return salesforcetest.Field{Name: "i360core__" + name, Label: label, Type: kind}
	}
	lookup := func(name, label, to string) salesforcetest.Field {
		return salesforcetest.Field{
			Name: "i360core__" + name, Label: label, Type: "reference", ReferenceTo: []string{to},
			Relationship: strings.TrimSuffix("i360core__"+name, "c") + "r",
		}
	}
	return salesforcetest.Schema{
		{Name: "i360core__Staff__c", Label: "Staff", Fields: []salesforcetest.Field{lookup("User__c", "User", "User")}},
		{Name: "i360core__Appointment__c", Label: "Appointment", Fields: []salesforcetest.Field{
			field("Appointment_Date_Time__c", "Appointment Date/Time", "datetime"),
			field("Appointment_End_Date_Time__c", "Appointment End Date/Time", "datetime"),
			lookup("Account__c", "Account", "Account"),
			field("Contact_Name__c", "Contact Name", "string"),
			field("Contact_Email__c", "Contact Email", "email"),
			field("Contact_Phone__c", "Contact Phone", "string"),
			field("Street_Address__c", "Street Address", "string"),
			field("City__c", "City", "string"),
			field("State_Province__c", "State/Province", "string"),
			field("Zip_Postal_Code__c", "Zip/Postal Code", "string"),
			field("Product_Categories__c", "Product Categories", "string"),
			field("Comments__c", "Comments", "textarea"),
			lookup("Sales_Rep_1__c", "Sales Rep 1", "i360core__Staff__c"),
			lookup("Sales_Rep_2__c", "Sales Rep 2", "i360core__Staff__c"),
		}},
	}
}

// lightningWorld is an org of the Lightning edition with one rep and two
// appointments, of which one is theirs.
func lightningWorld(t *testing.T) *world {
	t.Helper()
	org := salesforcetest.NewOrg(&salesforcetest.Options{Schema: lightning()})
	org.SetNow(time.Date(2026, 8, 24, 12, 0, 0, 0, time.UTC))
	w := &world{org: org, staff: map[string]string{}, users: map[string]string{}}
	require.NoError(t, org.Load(strings.NewReader(`{
		"User": [{"_ref": "ann", "_password": "secret-ann", "_token": "TOKEN-ann", "Username": "ann@example.com",
			"LastName": "Ann", "Alias": "ann", "Email": "ann@example.com"}],
		"i360core__Staff__c": [{"_ref": "staffAnn", "Name": "Ann", "i360core__User__c": "@ann"}],
		"i360core__Appointment__c": [
			{"Name": "V-1", "i360core__Sales_Rep_1__c": "@staffAnn", "i360core__Appointment_Date_Time__c": "2026-08-24T21:30:00Z",
			 "i360core__Contact_Name__c": "Larry Leap", "i360core__Street_Address__c": "1 Elm St", "i360core__City__c": "Columbus",
			 "i360core__State_Province__c": "OH", "i360core__Zip_Postal_Code__c": "43004"},
			{"Name": "V-2", "i360core__Appointment_Date_Time__c": "2026-08-24T21:30:00Z"}
		]}`)))
	w.staff["ann"] = org.Records("i360core__Staff__c")[0]["Id"].(string)
	return w
}

// needed are the names without which there is no preset, by sign-on.
var needed = map[string]bool{
	"i360__Computed_Start_DateTime__c": true, "i360__Sales_Rep_1__c": true,
	"i360core__Appointment_Date_Time__c": true, "i360core__Sales_Rep_1__c": true,
	"i360__Sales_Rep_1__r.i360__User__c": true, "i360core__Sales_Rep_1__r.i360core__User__c": true,
}

// In orgs that each lack one of the names, the preset does without it, or says
// which fields may be meant.
func TestImproveit360InOrgsThatLackAName(t *testing.T) {
	t.Parallel()
	for namespace, world := range map[string]func(*testing.T) *world{
		"i360":     func(t *testing.T) *world { t.Helper(); return newWorld(t) },
		"i360core": lightningWorld,
	} {
		for _, mode := range []appointments.Mode{appointments.SharedLogin, appointments.OwnLogin} {
			whole, err := appointments.Improveit360(t.Context(), world(t).shared(t).Client, &appointments.PresetOptions{SignOn: mode})
			require.NoError(t, err)
			require.Equal(t, namespace, whole.Namespace)
			require.Empty(t, whole.LeftOut())
			for _, name := range whole.Names[1:] {
				if name.Name != "Id" && name.Name != "Name" {
					t.Run(string(mode)+" without "+name.Name, func(t *testing.T) {
						t.Parallel()
						lackingOne(t, world(t), mode, name)
					})
				}
			}
		}
	}
}

func lackingOne(t *testing.T, w *world, mode appointments.Mode, lacking appointments.PresetName) {
	t.Helper()
	w.org.HideField(homeOf(lacking.Name))
	client := w.shared(t).Client

	preset, err := appointments.Improveit360(t.Context(), client, &appointments.PresetOptions{SignOn: mode})

	if needed[lacking.Name] {
		missing, ok := errors.AsType[*appointments.MissingError](err)
		require.True(t, ok, "%v", err)
		require.True(t, strings.HasSuffix(lacking.Name, missing.Name))
		return
	}
	require.NoError(t, err)
	require.Contains(t, preset.LeftOut(), appointments.PresetName{Name: lacking.Name, Evidence: lacking.Evidence})
	require.NotContains(t, preset.Settings.Query, lacking.Name+",")
	problems, err := preset.Settings.Check(t.Context(), client, nil)
	require.NoError(t, err)
	require.NoError(t, problems.Err())
	on := appointments.SignOn(w.shared(t))
	if mode == appointments.OwnLogin {
		on = w.perUser(t)
	}
	cfg, err := preset.Settings.Config(on, nil)
	require.NoError(t, err)
	cfg.Now = w.org.Now
	got, err := salesforce.Collect(newFeed(t, cfg).Appointments(t.Context(), "ann"))
	require.NoError(t, err)
	require.NotEmpty(t, got)
}

// homeOf is the object and the field behind a name.
func homeOf(name string) (object, field string) {
	relationship, field, nested := strings.Cut(name, ".")
	namespace, _, _ := strings.Cut(name, "__")
	switch {
	case !nested:
		return namespace + "__Appointment__c", name
	case strings.Contains(relationship, "Rep"):
		return namespace + "__Staff__c", field
	}
	return strings.TrimSuffix(relationship, "r") + "c", field
}

func TestImproveit360NamesCandidates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.org.HideField("i360__Appointment__c", "i360__Computed_Start_DateTime__c")
	w.org.HideField("i360__Appointment__c", "i360__Sales_Rep_1__c")
	require.NoError(t, w.org.Extend(salesforcetest.Schema{{Name: "i360__Appointment__c", Fields: []salesforcetest.Field{
		{Name: "Consultant__c", Label: "Consultant", Type: "reference", ReferenceTo: []string{"User"}, Relationship: "Consultant__r"},
	}}}))
	_, err := appointments.Improveit360(t.Context(), w.shared(t).Client, nil)
	require.EqualError(t, err, "appointments: improveit 360: "+
		"i360__Appointment__c has no field i360__Computed_Start_DateTime__c for the start of the appointment, or this login may not see it: "+
		"give the login access to the field, or write a configuration with one of Computed End DateTime (i360__Computed_End_DateTime__c)\n"+
		"i360__Appointment__c has no field i360__Sales_Rep_1__c for the sales rep, or this login may not see it: "+
		"give the login access to the field, or write a configuration with one of Sales Rep 2 (i360__Sales_Rep_2__c), "+
		"Appt Set By (i360__Appt_Set_By__c), Issued By (i360__Issued_By__c), Confirmed By (i360__Confirmed_By__c), Consultant (Consultant__c)")
}

func TestImproveit360NeedsThePackage(t *testing.T) {
	t.Parallel()
	w := &world{org: salesforcetest.NewOrg(nil)}
	_, err := appointments.Improveit360(t.Context(), w.shared(t).Client, nil)
	require.ErrorIs(t, err, salesforce.ErrNotFound)
	require.ErrorContains(t, err, "the org does not have i360__Appointment__c or i360core__Appointment__c")

	_, err = appointments.Improveit360(t.Context(), newWorld(t).shared(t).Client, &appointments.PresetOptions{Namespace: "i360core"})
	require.ErrorIs(t, err, salesforce.ErrNotFound)
	_, err = appointments.Improveit360(t.Context(), newWorld(t).shared(t).Client, &appointments.PresetOptions{Namespace: "acme"})
	require.ErrorContains(t, err, `there is no namespace "acme": choose i360 or i360core`)

	w.org.Fail(salesforcetest.Fault{Path: "/describe", Status: 403, Code: "INSUFFICIENT_ACCESS"})
	_, err = appointments.Improveit360(t.Context(), w.shared(t).Client, nil)
	require.ErrorIs(t, err, salesforce.ErrAccess)
}

// What the preset returns is the caller's to edit.
func TestPresetsShareNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	client := w.shared(t).Client
	one, err := appointments.Improveit360(t.Context(), client, nil)
	require.NoError(t, err)
	for i := range one.Settings.Mapping {
		one.Settings.Mapping[i].From[0] = "Changed__c"
	}
	two, err := appointments.Improveit360(t.Context(), client, nil)
	require.NoError(t, err)
	require.False(t, slices.ContainsFunc(two.Settings.Mapping, func(r mapping.Rule) bool { return r.From[0] == "Changed__c" }))
}
