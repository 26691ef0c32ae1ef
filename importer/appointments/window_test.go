package appointments_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer/appointments"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
)

const startField = "i360__Computed_Start_DateTime__c"

// windowed is a feed of Ann's appointments within a window.
func windowed(t *testing.T, w *world, window appointments.Window, zone *time.Location) *appointments.Feed {
	t.Helper()
	return newFeed(t, appointments.Config{
		SignOn: w.shared(t), UserField: "i360__Sales_Rep_1__c", Window: window, Now: w.org.Now,
		Zone:  func(context.Context, string) (*time.Location, error) { return zone, nil },
		Query: "SELECT Id, Name, " + startField + " FROM i360__Appointment__c ORDER BY Name",
		Mapping: compile(t,
			mapping.Rule{From: []string{"Name"}, Target: "name"},
			mapping.Rule{Title: "Start", From: []string{startField}, Type: mapping.DateTime, Note: true},
		),
	})
}

// Days begin and end where the rep is, also on the two days of the year that
// have 23 and 25 hours, and wherever the shared login is.
func TestTheWindowIsOfDaysInTheRepsZone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	denver, err := time.LoadLocation("America/Denver")
	require.NoError(t, err)
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	require.NoError(t, err)
	add := func(name string, start time.Time) {
		w.org.Insert("i360__Appointment__c", map[string]any{
			"Name": name, "i360__Sales_Rep_1__c": w.staff["ann"], startField: start.UTC().Format(time.RFC3339),
		})
	}
	// Clocks in Denver go back in the night to 1 November 2026.
	add("A-eve", time.Date(2026, 10, 31, 23, 59, 59, 0, denver))
	add("B-midnight", time.Date(2026, 11, 1, 0, 0, 0, 0, denver))
	add("C-late", time.Date(2026, 11, 1, 23, 59, 59, 0, denver))
	add("D-next", time.Date(2026, 11, 2, 0, 0, 0, 0, denver))
	w.org.SetNow(time.Date(2026, 11, 1, 12, 0, 0, 0, denver))
	for _, c := range []struct {
		zone   *time.Location
		window appointments.Window
		want   []string
	}{
		{denver, appointments.Window{Field: startField}, []string{"B-midnight", "C-late"}},
		{denver, appointments.Window{Field: startField, Back: 1}, []string{"A-eve", "B-midnight", "C-late"}},
		{denver, appointments.Window{Field: startField, Ahead: 1}, []string{"B-midnight", "C-late", "D-next"}},
		{tokyo, appointments.Window{Field: startField}, []string{"C-late", "D-next"}}, // where it is the 2nd
		{nil, appointments.Window{Field: startField}, []string{"A-eve", "B-midnight"}},
	} {
		got, err := names(t.Context(), windowed(t, w, c.window, c.zone), "ann")
		require.NoError(t, err)
		require.Equal(t, c.want, got, "%v %+v", c.zone, c.window)
	}
}

func TestTimesAreShownInTheRepsZone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	denver, err := time.LoadLocation("America/Denver")
	require.NoError(t, err)
	for zone, want := range map[*time.Location]string{denver: "Start: 8/24/2026 3:30 PM", nil: "Start: 8/24/2026 4:30 PM"} {
		got, err := salesforce.Collect(windowed(t, w, appointments.Window{Field: startField}, zone).Appointments(t.Context(), "ann"))
		require.NoError(t, err)
		require.Equal(t, []string{want}, got[0].Notes)
	}
}

func TestBetweenReadsAnotherTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	july := time.Date(2026, 7, 1, 0, 0, 0, 0, chicago)
	feed := windowed(t, w, appointments.Window{Field: startField}, chicago)
	got, err := salesforce.Collect(feed.Between(t.Context(), "ann", july, july.AddDate(0, 1, 0)))
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, []string{"Start: 7/1/2026 9:00 AM"}, got[0].Notes)

	feed = windowed(t, w, appointments.Window{}, chicago)
	_, err = salesforce.Collect(feed.Between(t.Context(), "ann", july, july.AddDate(0, 1, 0)))
	require.EqualError(t, err, "appointments: no Window.Field is configured, so nothing says when an appointment starts")
}

func TestAZoneThatCannotBeToldIsAnError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	down := errors.New("directory is down")
	feed := newFeed(t, appointments.Config{
		SignOn: w.shared(t), UserField: "i360__Sales_Rep_1__c", Query: allByName, Mapping: nameOnly(t),
		Zone: func(context.Context, string) (*time.Location, error) { return nil, down },
	})
	_, err := names(t.Context(), feed, "ann")
	require.ErrorIs(t, err, down)
	require.ErrorContains(t, err, `appointments: time zone of user "ann"`)
}

func TestAWindowThatIsNoneIsAnError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for window, want := range map[appointments.Window]string{
		{Back: 1}:                       "the window has no field",
		{Field: "a b"}:                  `the window's field "a b" is no field name`,
		{Field: "Name)"}:                `the window's field "Name)" is no field name`,
		{Field: startField, Ahead: -1}:  "the window has -1 days, which is not in 0 to 3653",
		{Field: startField, Back: 1e6}:  "the window has 1000000 days",
		{Field: "a.b.c.d.e.f.g.h__c"}:   "is no field name",
		{Field: "Name = 'x' OR Name__"}: "is no field name",
	} {
		_, err := appointments.New(appointments.Config{
			SignOn: w.shared(t), UserField: "OwnerId", Query: allByName, Mapping: nameOnly(t), Window: window,
		})
		require.ErrorContains(t, err, want)
	}
}
