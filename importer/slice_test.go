package importer_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
)

// A run makes room for others between its pages, and is no failure.
func TestRunInSlices(t *testing.T) {
	t.Parallel()
	for _, way := range []struct {
		name string
		bulk int
	}{{"page by page", -1}, {"in bulk", 1}} {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for n := range 10 {
				w.account(fmt.Sprintf("Account %d", n))
			}
			w.tune = func(c *importer.Config) {
				c.BulkAbove = way.bulk
				c.Progress = func(importer.Event) { w.pass(time.Second) }
				c.Fallback = func(context.Context, importer.Failure) error {
					t.Error("the fallback is not told of it")
					return nil
				}
			}
			im := w.importer(t)

			slices := 1
			for ; ; slices++ {
				_, err := im.Complete(t.Context(), "anna", &importer.RunOptions{Slice: time.Nanosecond})
				if err == nil {
					break
				}
				require.ErrorIs(t, err, importer.ErrYielded)
				require.NotErrorIs(t, err, importer.ErrPaused)
				available, err := im.Available(t.Context())
				require.NoError(t, err)
				require.Equal(t, importer.Paused, available.Unfinished.Status)
				require.Less(t, slices, 50)
			}

			require.Greater(t, slices, 3)
			available, err := im.Available(t.Context())
			require.NoError(t, err)
			require.True(t, available.Incremental)
			for run, err := range im.Runs(t.Context()) {
				require.NoError(t, err)
				if run.Kind == importer.Complete {
					require.Equal(t, 10, run.Counts["Account"].Created)
				}
			}
		})
	}
}

// The slice ends while the org is still busy with a bulk job, which goes on.
func TestSliceEndsTheWaitForABulkJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for n := range 10 {
		w.account(fmt.Sprintf("Account %d", n))
	}
	w.tune = func(c *importer.Config) {
		c.BulkAbove = 1
		c.Progress = func(e importer.Event) {
			if e.Step == "waiting for a bulk job" {
				w.pass(time.Hour)
			}
		}
		c.Lease = 24 * time.Hour
	}
	im := w.importer(t)

	_, err := im.Complete(t.Context(), "anna", &importer.RunOptions{Slice: time.Minute})
	require.ErrorIs(t, err, importer.ErrYielded)
	available, err := im.Available(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, available.Unfinished.Position.Job)
	_, err = im.Complete(t.Context(), "anna", nil)
	require.NoError(t, err)
}
