package importer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/salesforce/salesforcetest"
)

// A sinkFunc is a host behind a connection of its own, apart from the store.
type sinkFunc func(context.Context, []importer.Change) ([]importer.Outcome, error)

func (f sinkFunc) Apply(ctx context.Context, batch []importer.Change) ([]importer.Outcome, error) {
	return f(ctx, batch)
}

func (sinkFunc) Diff(context.Context, []importer.Change) ([]importer.Outcome, error) {
	return nil, errors.New("this host cannot tell beforehand")
}

// refuse gives the world's importers a host that refuses single records.
func (w *world) refuse(why func(importer.Change) error) {
	w.tune = func(config *importer.Config) {
		next := config.Sink
		config.Sink = sinkFunc(func(ctx context.Context, batch []importer.Change) ([]importer.Outcome, error) {
			outcomes := make([]importer.Outcome, len(batch))
			for i, change := range batch {
				if outcomes[i].Err = why(change); outcomes[i].Err != nil {
					continue
				}
				single, err := next.Apply(ctx, batch[i:i+1])
				if err != nil {
					return nil, err
				}
				outcomes[i] = single[0]
			}
			return outcomes, nil
		})
	}
}

// crash gives the world's importers a host that once takes a batch and breaks
// the connection before it answers.
func (w *world) crash() {
	crashed := false
	w.tune = func(config *importer.Config) {
		next := config.Sink
		config.Sink = sinkFunc(func(ctx context.Context, batch []importer.Change) ([]importer.Outcome, error) {
			outcomes, err := next.Apply(ctx, batch)
			if !crashed {
				crashed = true
				return nil, errors.New("connection reset")
			}
			return outcomes, err
		})
	}
}

// A sharing transport takes the record *hidden out of every query's answer, as
// an org does when its user may not see it.
type sharing struct {
	next   http.RoundTripper
	hidden *salesforce.ID
}

func (s sharing) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.next.RoundTrip(r)
	if err != nil || *s.hidden == "" || !strings.Contains(r.URL.Path, "/query") {
		return resp, err
	}
	defer resp.Body.Close()
	var answer struct {
		Done      bool                `json:"done"`
		TotalSize int                 `json:"totalSize"`
		Records   []salesforce.Record `json:"records"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return nil, err
	}
	answer.Records = slices.DeleteFunc(answer.Records, func(r salesforce.Record) bool { return r.ID() == *s.hidden })
	body, err := json.Marshal(answer)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, err
}

// exhaust uses up the org's daily limit at the next request of that path.
func (w *world) exhaust(path string) {
	w.org.Fail(salesforcetest.Fault{Path: path, Status: http.StatusForbidden, Code: "REQUEST_LIMIT_EXCEEDED"})
}

func TestContactsOfACustomerThatIsTakenLateAreNotLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	refusals := 1
	w.refuse(func(c importer.Change) error {
		if c.Kind == "customer" && refusals > 0 {
			refusals--
			return errors.New("host busy")
		}
		return nil
	})
	ada := w.contact(w.account("Acme"), "Ada")
	im := w.settled(t)
	require.Len(t, w.query(t, `SELECT * FROM sfbridge_import_dead`), 1)
	w.exhaust("/queryAll")
	_, err := im.Incremental(t.Context(), "anna", nil) // stops when it owes Acme another read
	require.ErrorIs(t, err, importer.ErrPaused)

	refusals = 1 // refused when all records are read, and taken when the owed read is done
	w.org.Advance(24 * time.Hour)
	complete(t, im)

	require.Equal(t, "Ada", w.value(t, "contacts", ada, "name"))
}

func TestRunStoppedBeforeItsFirstStepIsFollowedByWhatHasChangedSince(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.account("Acme")
	w.settled(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.tune = func(config *importer.Config) { config.Progress = func(importer.Event) { cancel() } }
	_, err := w.importer(t).Incremental(ctx, "anna", nil)
	require.ErrorIs(t, err, context.Canceled)

	w.tune = nil
	w.org.Advance(time.Hour)
	w.org.Update(acme, map[string]any{"Phone": "1"})
	report := incremental(t, w.importer(t))

	require.NotNil(t, report.Resumed)
	require.Equal(t, "1", w.value(t, "customers", acme, "phone"))
}

func TestRunStoppedLongerThanSalesforceRemembersIsBroughtToItsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.account("Acme")
	im := w.settled(t)
	w.org.Update(acme, map[string]any{"Phone": "1"})
	w.exhaust("/queryAll")
	_, err := im.Incremental(t.Context(), "anna", nil)
	require.ErrorIs(t, err, importer.ErrPaused)

	w.org.Advance(31 * 24 * time.Hour)
	w.pass(31 * 24 * time.Hour)
	report := incremental(t, im)

	require.NotNil(t, report.Resumed)
	require.True(t, report.Resumed.Run.Sweep)
	require.Equal(t, "1", w.value(t, "customers", acme, "phone"))
}

func TestTooManyChangesForTheCheckSweep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.account("Acme")
	im := w.settled(t)
	w.org.Update(acme, map[string]any{"Phone": "1"})
	const updated = "/sobjects/Account/updated"
	w.org.Fail(salesforcetest.Fault{ // the bounds ask for a short window
		Path: updated, Status: http.StatusOK, ContentType: "application/json",
		Body: `{"ids":[],"latestDateCovered":"` + w.org.Now().Format("2006-01-02T15:04:05.000-0700") + `"}`,
	})
	w.org.Fail(salesforcetest.Fault{Path: updated, Status: http.StatusBadRequest, Code: "EXCEEDED_ID_LIMIT", Times: -1})

	report := incremental(t, im)

	require.True(t, report.Run.Sweep)
	require.Contains(t, report.Run.Note, "does not remember all changes")
	require.Equal(t, "1", w.value(t, "customers", acme, "phone"))
}

func TestDailyLimitBeforeTheFirstReadPauses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	im := w.settled(t)
	w.exhaust("/describe")

	_, err := im.Incremental(t.Context(), "anna", nil)

	require.ErrorIs(t, err, importer.ErrPaused)
	require.ErrorIs(t, err, salesforce.ErrDailyLimit)
}

func TestCustomerLinkedAgainWhileACompleteImportIsPausedStaysLinked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := map[string]string{}
	populate(w, ids)
	im := w.settled(t)
	pause := true
	w.tune = func(config *importer.Config) {
		config.Progress = func(e importer.Event) {
			if pause && e.Step == "applied" { // the first page is in
				pause = false
				w.exhaust("/queryAll")
			}
		}
	}
	_, err := w.importer(t).Complete(t.Context(), "anna", nil)
	require.ErrorIs(t, err, importer.ErrPaused)

	id := w.removeFlag(t, im, ids["Abel"])
	w.org.Update(ids["Abel"], map[string]any{"Phone": "9"})
	_, err = im.LinkAgain(t.Context(), "bert", "customer", id)
	require.NoError(t, err)
	report := complete(t, im)

	require.NotNil(t, report.Resumed)
	require.Equal(t, "9", w.value(t, "customers", ids["Abel"], "phone"))
	require.Equal(t, []string{`["linked"]`}, w.query(t, `SELECT DISTINCT state FROM sfbridge_import_link`))
}

func TestHostRecordOfACrashIsRetiredWhenItLeftMeanwhile(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(w *world, acme string){
		"unticked": func(w *world, acme string) { w.org.Update(acme, map[string]any{"ZEP__c": false}) },
		"deleted":  func(w *world, acme string) { w.org.Delete(acme) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.crash()
			acme := w.account("Acme")
			im := w.importer(t)
			_, err := im.Complete(t.Context(), "anna", nil)
			require.ErrorContains(t, err, "connection reset")
			require.Equal(t, "1", w.value(t, "customers", acme, "active"), "the host has it, and the importer does not know")

			leave(w, acme)
			w.org.Advance(time.Hour)
			complete(t, im)

			require.Equal(t, "0", w.value(t, "customers", acme, "active"))
			require.Equal(t, "locked", lockState(t, im, "customer", w.hostID(t, "customers", acme)))
		})
	}
}

func TestRecordCreatedByACrashedRunIsReportedAsCreated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.crash()
	w.account("Acme")
	im := w.importer(t)
	_, err := im.Complete(t.Context(), "anna", nil)
	require.ErrorContains(t, err, "connection reset")

	report := complete(t, im)

	require.NotNil(t, report.Resumed)
	require.Equal(t, importer.Counts{Read: 1, Created: 1}, report.Resumed.Run.Counts["Account"])
	require.Equal(t, []string{"created Acme"}, entries(t, im, report.Resumed.Run.Number))
	require.Len(t, w.query(t, `SELECT * FROM customers`), 1)
}

func TestOvertakenRunDoesNotOverwriteANewerVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stall := func() {}
	w.tune = func(config *importer.Config) {
		next := config.Sink
		config.Sink = sinkFunc(func(ctx context.Context, batch []importer.Change) ([]importer.Outcome, error) {
			stall()
			return next.Apply(ctx, batch)
		})
	}
	acme := w.account("Acme")
	im := w.settled(t)
	w.org.Update(acme, map[string]any{"Phone": "old"})
	w.org.Advance(time.Minute)
	stall = func() { // the run has read "old", and stands still for longer than its lease
		stall = func() {}
		w.org.Advance(time.Minute)
		w.org.Update(acme, map[string]any{"Phone": "new"})
		w.org.Advance(5 * time.Minute)
		w.pass(5 * time.Minute)
		incremental(t, w.importer(t))
	}

	_, err := im.Incremental(t.Context(), "anna", nil)

	require.ErrorIs(t, err, importer.ErrLeaseLost)
	require.Equal(t, "new", w.value(t, "customers", acme, "phone"))
}

func TestRecordThatTheDatabaseRefusesDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.account("One", "AccountNumber", "1")
	im := w.settled(t)
	w.query(t, `CREATE UNIQUE INDEX numbers ON customers (number)`)
	w.account("Two", "AccountNumber", "1")
	three := w.account("Three", "AccountNumber", "3")

	report := incremental(t, im)

	require.Equal(t, 1, report.Run.Counts["Account"].Failed)
	require.Equal(t, "Three", w.value(t, "customers", three, "name"))
	require.Len(t, w.query(t, `SELECT * FROM sfbridge_import_dead`), 1)
}

func TestLocksCanBeAskedWhileAReportIsRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.account("Acme")
	im := w.importer(t)
	report := complete(t, im)
	id := w.hostID(t, "customers", acme)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // the database has one connection
	defer cancel()

	for _, err := range im.Entries(ctx, report.Run.Number) {
		require.NoError(t, err)
		require.ErrorIs(t, im.CheckEdit(ctx, "customer", id, "name"), importer.ErrLocked)
	}
}

func TestHostRecordRetiredByACrashIsActiveWhenItWasRestoredMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.account("Acme")
	w.settled(t)
	w.crash()
	w.org.Delete(acme)
	im := w.importer(t)
	_, err := im.Incremental(t.Context(), "anna", nil)
	require.ErrorContains(t, err, "connection reset")
	require.Equal(t, "0", w.value(t, "customers", acme, "active"), "the host has retired it, and the importer does not know")

	w.org.Undelete(acme)
	w.org.Advance(time.Hour)
	incremental(t, im)

	require.Equal(t, "1", w.value(t, "customers", acme, "active"))
}

func TestContactsOfACustomerThatAnAbandonedCompleteImportBroughtInAreNotLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.account("Acme", "ZEP__c", false)
	ada := w.contact(acme, "Ada")
	im := w.settled(t)
	w.org.Update(acme, map[string]any{"ZEP__c": true})
	w.org.Fail(salesforcetest.Fault{Path: "/queryAll", Query: "FROM Contact", Status: http.StatusInternalServerError, Code: "UNKNOWN_EXCEPTION"})
	_, err := im.Complete(t.Context(), "anna", nil)
	require.Error(t, err)
	require.Equal(t, "linked", w.linkState(t, acme))

	report := incremental(t, im) // to which nothing of Ada has changed

	require.Contains(t, report.Run.Note, "given up halfway")
	require.Equal(t, "Ada", w.value(t, "contacts", ada, "name"))
}

func TestCustomerLeavesByItsPolicyWhenLinkAgainWasBrokenOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.config.OnExit = importer.Deactivate
	acme := w.account("Acme")
	im := w.settled(t)
	reads := 0
	w.org.Fail(salesforcetest.Fault{
		Path: "/queryAll", Status: http.StatusInternalServerError, Code: "UNKNOWN_EXCEPTION",
		Match: func(*http.Request) bool { reads++; return reads == 2 }, // the first tells that the record is there
	})
	_, err := im.LinkAgain(t.Context(), "bert", "customer", w.hostID(t, "customers", acme))
	require.Error(t, err)

	w.org.Advance(time.Hour)
	w.org.Update(acme, map[string]any{"ZEP__c": false})
	incremental(t, im)

	require.Equal(t, "0", w.value(t, "customers", acme, "active"))
	require.Equal(t, "out of scope", w.linkState(t, acme))
}

// A tripper is a transport of one function.
type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A panic anywhere in the host's code ends the run as an error does: it is noted,
// the fallback hears of it, the lease is free, and the next call goes on.
func TestPanicOfTheHostBreaksTheRunAndNothingElse(t *testing.T) {
	t.Parallel()
	const bang = "bang"
	for name, tune := range map[string]func(*world, *importer.Config){
		"sink": func(_ *world, c *importer.Config) {
			c.Sink = sinkFunc(func(context.Context, []importer.Change) ([]importer.Outcome, error) { panic(bang) })
		},
		"match": func(_ *world, c *importer.Config) {
			c.Match = func(context.Context, []importer.Change) ([]importer.Match, error) { panic(bang) }
		},
		"progress": func(_ *world, c *importer.Config) { c.Progress = func(importer.Event) { panic(bang) } },
		"decide": func(_ *world, c *importer.Config) {
			c.Objects[0].Decide = func(salesforce.Record, bool) importer.Decision { panic(bang) }
		},
		"transport": func(w *world, c *importer.Config) { // in the goroutine that reads ahead
			c.Client = w.client(t, tripper(func(r *http.Request) (*http.Response, error) {
				if strings.HasSuffix(r.URL.Path, "/queryAll") {
					panic(bang)
				}
				return w.org.Transport().RoundTrip(r)
			}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.account("Acme")
			told := 0
			w.tune = func(c *importer.Config) {
				tune(w, c)
				c.Fallback = func(context.Context, importer.Failure) error { told++; return nil }
			}

			report, err := w.importer(t).Complete(t.Context(), "anna", nil)

			fault, ok := errors.AsType[*importer.PanicError](err)
			require.True(t, ok, err)
			require.Equal(t, bang, fault.Value)
			require.Contains(t, string(fault.Stack), "faults_test.go")
			require.Equal(t, importer.Broken, report.Run.Status)
			require.Equal(t, 1, told)
			w.tune = nil
			im := w.importer(t)
			available, err := im.Available(t.Context())
			require.NoError(t, err)
			require.Equal(t, "importer: panic: bang", available.Unfinished.Error)
			complete(t, im)
			require.Len(t, w.query(t, `SELECT 1 FROM customers`), 1)
		})
	}
}

// What a sink says of a record that it cannot mean is no reason to take the
// record for linked.
func TestOutcomesThatSayNothingMakeDeadLetters(t *testing.T) {
	t.Parallel()
	for reason, outcome := range map[string]importer.Outcome{
		`the result ""`:                {},
		`the result "failed"`:          {HostID: "7", Result: importer.Failed},
		"without the host's id":        {Result: importer.Created},
		"which is not in the host yet": {Result: importer.Missing},
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			acme := w.account("Acme")
			w.tune = func(c *importer.Config) {
				c.Sink = sinkFunc(func(context.Context, []importer.Change) ([]importer.Outcome, error) {
					return []importer.Outcome{outcome}, nil
				})
			}
			im := w.importer(t)
			require.Equal(t, 1, complete(t, im).Run.Counts["Account"].Failed)
			for dead, err := range im.DeadLetters(t.Context()) {
				require.NoError(t, err)
				require.Contains(t, dead.Reason, reason)
			}

			w.tune = nil // the sink is mended
			complete(t, w.importer(t))
			require.Equal(t, "linked", w.linkState(t, acme))
			require.Equal(t, "Acme", w.value(t, "customers", acme, "name"))
		})
	}
}
