package importer_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// An appeal is what a fallback was told.
type appeal struct {
	record   string
	attempts int
	status   importer.RunStatus
}

// fallback collects what the world's importers tell, and answers with err.
func (w *world) fallback(err *error) *[]appeal {
	told := new([]appeal)
	next := w.tune
	w.tune = func(c *importer.Config) {
		if next != nil {
			next(c)
		}
		c.Fallback = func(_ context.Context, f importer.Failure) error {
			if f.Dead != nil {
				*told = append(*told, appeal{f.Dead.Label + ": " + f.Dead.Reason, f.Dead.Attempts, f.Run.Status})
			} else {
				*told = append(*told, appeal{"", 0, f.Run.Status})
			}
			return *err
		}
	}
	return told
}

func TestFallbackHearsOfEachDeadLetterOnce(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]error{"content": nil, "failing itself": errors.New("mail server down")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			why := errors.New("an invoice is open")
			w.refuse(func(importer.Change) error { return why })
			told := w.fallback(&answer)
			w.account("Acme")
			w.account("Globex")
			im := w.settled(t)
			want := []appeal{{"Acme: an invoice is open", 1, importer.Completed}, {"Globex: an invoice is open", 1, importer.Completed}}
			require.Equal(t, want, *told)

			incremental(t, im)
			require.Equal(t, want, *told, "told once, however often it is tried")
			for d, err := range im.DeadLetters(t.Context()) {
				require.NoError(t, err)
				require.Equal(t, 2, d.Attempts)
				require.Equal(t, morning, d.First)
			}
			if answer != nil {
				require.Len(t, w.query(t, `SELECT 1 FROM sfbridge_import_audit WHERE action = 'fallback failed' AND detail LIKE '%mail server down'`), 2)
			}

			why = nil
			incremental(t, im)
			why = errors.New("closed for stocktaking")
			w.query(t, `DELETE FROM sfbridge_import_link RETURNING 1`)
			complete(t, im)
			require.Len(t, *told, 4, "a record that failed anew is told anew")
		})
	}
}

func TestFallbackThatPanicsStopsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.refuse(func(c importer.Change) error {
		if name, _ := c.Values.Get("name"); name == "Acme" {
			return errors.New("no")
		}
		return nil
	})
	refuse := w.tune
	w.tune = func(c *importer.Config) {
		refuse(c)
		c.Fallback = func(context.Context, importer.Failure) error { panic("nobody at home") }
	}
	w.account("Acme")
	w.account("Globex")

	report := complete(t, w.importer(t))

	require.Equal(t, importer.Completed, report.Run.Status)
	require.Len(t, w.query(t, `SELECT 1 FROM sfbridge_import_audit WHERE detail LIKE '%nobody at home'`), 1)
}

func TestFallbackHearsOfRunsThatPauseOrFail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	told := w.fallback(new(error))
	w.account("Acme")
	im := w.settled(t)
	require.Empty(t, *told)

	for range 2 { // the second call goes on with the run of the first
		w.exhaust("/queryAll")
		_, err := im.Incremental(t.Context(), "anna", nil)
		require.ErrorIs(t, err, importer.ErrPaused)
	}
	require.Equal(t, []appeal{{status: importer.Paused}}, *told)

	w.org.Fail(salesforcetest.Fault{Path: "/queryAll", Status: 500, Code: "UNKNOWN_EXCEPTION", Times: 1})
	_, err := im.Incremental(t.Context(), "anna", nil)
	require.Error(t, err)
	require.Equal(t, []appeal{{status: importer.Paused}, {status: importer.Broken}}, *told)

	incremental(t, im)
	require.Len(t, *told, 2)

	w.exhaust("/describe") // before there is a run
	_, err = im.Incremental(t.Context(), "anna", nil)
	require.ErrorIs(t, err, importer.ErrPaused)
	require.Len(t, *told, 3)
	_, err = newWorldImporter(t, told).Incremental(t.Context(), "anna", nil)
	require.ErrorIs(t, err, importer.ErrNoComplete)
	require.Len(t, *told, 3, "asked for too early, it has not failed")
}

// newWorldImporter is an importer that has imported nothing yet.
func newWorldImporter(t *testing.T, told *[]appeal) *importer.Importer {
	t.Helper()
	w := newWorld(t)
	w.tune = func(c *importer.Config) {
		c.Fallback = func(_ context.Context, f importer.Failure) error {
			*told = append(*told, appeal{status: f.Run.Status})
			return nil
		}
	}
	return w.importer(t)
}

func TestDeadLettersAreTriedAtTheStartOfEveryKindOfRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.ContactRules = []mapping.Rule{{Target: "name", From: []string{"LastName"}, Required: true}, {Target: "phone", From: []string{"Phone"}, Required: true}}
	acme := w.account("Acme")
	ada := w.contact(acme, "Ada")
	im := w.settled(t)
	w.purge(t, ada) // no run reads it any more

	complete(t, im)

	require.Empty(t, w.query(t, `SELECT * FROM sfbridge_import_dead`), "nothing is left to be tried")
}

func TestRunsAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.account("Acme")
	im := w.settled(t)
	incremental(t, im)

	var lines []string
	for run, err := range im.Runs(t.Context()) {
		require.NoError(t, err)
		lines = append(lines, fmt.Sprint(run.Number, " ", run.Kind, " ", run.Status, " by ", run.Actor))
	}

	require.Equal(t, []string{"2 incremental completed by anna", "1 complete completed by anna"}, lines)
}
