package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/sfbridge/sfbridge/importer/appointments"
	"github.com/sfbridge/sfbridge/soql"
)

// appointments shows a rep's appointments, and returns the next one.
func (d *demo) appointments(ctx context.Context, config string) (visit, error) {
	d.title("Appointments of %s, by the company's shared login", d.rep.name)
	settings, err := d.settings(config)
	if err != nil {
		return visit{}, err
	}
	feed, err := d.feed(settings, appointments.Shared{Client: d.client, Identifier: appointments.RecordIDs(d.staffID)})
	if err != nil {
		return visit{}, err
	}
	next, err := d.showAppointments(ctx, feed)
	if err != nil {
		return visit{}, err
	}

	d.title("The same, by the rep's own login, configured by one call")
	preset, err := appointments.Improveit360(ctx, d.client, &appointments.PresetOptions{SignOn: appointments.OwnLogin})
	if err != nil {
		return visit{}, err
	}
	perUser, err := appointments.NewPerUser(d.config(nil), d.credentials)
	if err != nil {
		return visit{}, err
	}
	own, err := d.feed(preset.Settings, perUser)
	if err != nil {
		return visit{}, err
	}
	if _, err := d.showAppointments(ctx, own); err != nil {
		return visit{}, err
	}

	d.title("A user without a login, and a query that would show everybody's")
	for _, err := range own.Appointments(ctx, "somebody-else") {
		if !errors.Is(err, appointments.ErrNoCredentials) {
			return visit{}, fmt.Errorf("appointments without credentials: %w", err)
		}
		d.say("refused: %v", err)
	}
	settings.Query = d.openUp(settings.Query)
	problems, err := settings.Check(ctx, d.client, nil)
	if err != nil {
		return visit{}, err
	}
	if err := problems.Err(); !errors.Is(err, soql.ErrNotScoped) {
		return visit{}, fmt.Errorf("a query for everybody's appointments was not refused: %w", err)
	}
	d.say("refused: %v", problems.Err())

	return next, nil
}
