package importer_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
)

func TestProgressTellsWhenTheRunWillEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 9 {
		w.account(fmt.Sprint("Account ", i))
	}
	var ends []time.Time
	var last importer.Event
	w.tune = func(c *importer.Config) {
		c.Progress = func(e importer.Event) {
			last = e
			if e.Step == "applied" {
				w.pass(10 * time.Second) // each page of three takes that long
				ends = append(ends, e.End)
				require.Equal(t, 9, e.Total)
			}
		}
	}

	report := complete(t, w.importer(t))

	end := morning.Add(30 * time.Second)
	require.Len(t, ends, 3)
	require.Zero(t, ends[0], "no time has passed by which to tell")
	require.Equal(t, morning.Add(15*time.Second), ends[1], "six in ten seconds, three to go")
	require.Equal(t, morning.Add(20*time.Second), ends[2])
	require.Equal(t, end, last.End)
	require.Equal(t, report.Run.Calls, last.Calls)
}

func TestResumedRunIsTimedFromWhenItWasTakenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 9 {
		w.account(fmt.Sprint("Account ", i))
	}
	ctx, cancel := context.WithCancel(t.Context())
	var ends []time.Time
	w.tune = func(c *importer.Config) {
		c.Progress = func(e importer.Event) {
			if e.Step == "applied" {
				w.pass(10 * time.Second)
				ends = append(ends, e.End)
				cancel()
			}
		}
	}
	im := w.importer(t)
	_, err := im.Complete(ctx, "anna", nil)
	require.ErrorIs(t, err, context.Canceled)
	w.pass(24 * time.Hour)
	again := w.now()
	ends = nil

	complete(t, im)

	require.Zero(t, ends[0])
	require.Equal(t, again.Add(10*time.Second), ends[1], "the night does not count")
}

func TestPlanTellsWhatTheRunWillCost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var accounts []string
	for i := range 40 {
		accounts = append(accounts, w.account(fmt.Sprint("Account ", i)))
	}
	w.contact(accounts[0], "Ada")
	w.org.Advance(time.Hour)
	w.tune = func(c *importer.Config) { c.PageSize, c.BulkAbove = 10, 39 }
	im := w.importer(t)

	plan, err := im.Plan(t.Context(), importer.Complete)
	require.NoError(t, err)
	require.Equal(t, importer.Complete, plan.Kind)
	require.Equal(t, 40, plan.Objects[0].Records)
	require.True(t, plan.Objects[0].Bulk)
	require.Equal(t, importer.ObjectPlan{Object: "Contact", Records: 1, Calls: 4}, plan.Objects[1])
	require.Positive(t, plan.Limit)
	require.Empty(t, w.query(t, `SELECT * FROM sfbridge_import_run`), "it begins no run")
	report := complete(t, im)
	require.InDelta(t, report.Run.Calls, plan.Calls, 5, "how often a job is asked after is not known beforehand")

	w.org.Advance(time.Hour)
	for _, id := range accounts[:25] {
		w.org.Update(id, map[string]any{"Phone": "1"})
	}
	for _, kind := range []importer.RunKind{importer.Incremental, importer.Reconcile} {
		plan, err = im.Plan(t.Context(), kind)
		require.NoError(t, err)
		require.Equal(t, kind, plan.Kind)
		require.Equal(t, map[importer.RunKind]int{importer.Incremental: 25, importer.Reconcile: 40}[kind], plan.Objects[0].Records)
		require.False(t, plan.Objects[0].Bulk)
		if kind == importer.Incremental {
			report = incremental(t, im)
		} else {
			report, err = im.Reconcile(t.Context(), "anna", nil)
			require.NoError(t, err)
		}
		require.InDelta(t, report.Run.Calls, plan.Calls, 1, kind)
	}
}

func TestPlanIsRefusedAsTheRunWouldBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	im := w.importer(t)
	_, err := im.Plan(t.Context(), importer.Incremental)
	require.ErrorIs(t, err, importer.ErrNoComplete)
	_, err = im.Plan(t.Context(), importer.Relink)
	require.Error(t, err)
	complete(t, im)

	w.config.Stages = []string{"Prospecting"}
	plan, err := w.importer(t).Plan(t.Context(), importer.Incremental)
	require.NoError(t, err)
	require.Equal(t, importer.Complete, plan.Kind)
	require.Contains(t, plan.Note, "configuration has changed")
}
