package routing_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/salesforce"
)

// route accepts one document and works on it for as long as nothing waits.
func route(t *testing.T, w *world, r *routing.Router, key string) string {
	t.Helper()
	accepted, err := r.Route(t.Context(), submission(key))
	require.NoError(t, err)
	step(t, r)
	return accepted.ID
}

func step(t *testing.T, r *routing.Router) {
	t.Helper()
	_, err := r.Drain(t.Context())
	require.NoError(t, err)
}

func state(t *testing.T, r *routing.Router, id string) routing.Delivery {
	t.Helper()
	d, err := r.Delivery(t.Context(), id)
	require.NoError(t, err)
	return d
}

func TestDocumentIsUploaded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.router()
	d := state(t, r, route(t, w, r, "a"))
	require.Equal(t, routing.Verified, d.State)
	require.Equal(t, "0681", d.VersionID)
	require.Equal(t, 1, d.Attempts)
	require.Empty(t, d.Reason)
	require.Empty(t, w.spooled())
	require.Empty(t, w.failures)
	w.check(r, map[string]string{"a": "document a"})
}

func TestTransientFailureIsMailedAfterHalfAnHour(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onUpload = func(routing.Document) uploadFault { return uploadFault{err: errDown} }
	r := w.router()
	id := route(t, w, r, "a")
	var pauses []time.Duration
	for d := state(t, r, id); d.State == routing.Spooled; d = state(t, r, id) {
		pauses = append(pauses, d.Next.Sub(w.clock()))
		w.wait(d.Next.Sub(w.clock()))
		step(t, r)
	}
	require.Equal(t, []time.Duration{
		15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 14*time.Minute + 15*time.Second,
	}, pauses)
	require.Equal(t, start.Add(30*time.Minute), w.clock())
	d := state(t, r, id)
	require.Equal(t, routing.Mailed, d.State)
	require.Equal(t, 8, d.Attempts)
	require.Equal(t, "Salesforce could not be reached since Thursday, May 23, 2019, 12:00 PM UTC.", d.Reason)
	w.check(r, map[string]string{"a": "document a"})
}

func TestTransientFailureIsMailedAfterSoManyAttempts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onUpload = func(routing.Document) uploadFault { return uploadFault{err: errors.New("cable cut")} }
	cfg := w.config(&process{world: w, fuse: -1})
	cfg.MailAfterAttempts, cfg.Rand = 3, func() float64 { return 0.5 }
	r, err := routing.New(cfg)
	require.NoError(t, err)
	id := route(t, w, r, "a")
	require.Equal(t, 11250*time.Millisecond, state(t, r, id).Next.Sub(start), "a quarter less than 15 seconds")
	w.drain(r)
	require.Equal(t, 3, w.uploads)
	require.Less(t, w.clock(), start.Add(time.Minute))
	require.Equal(t, routing.Mailed, state(t, r, id).State)
}

func TestRefusalIsMailedAtOnce(t *testing.T) {
	t.Parallel()
	for class, reason := range map[error]string{
		salesforce.ErrStorage:                 "no space left",
		salesforce.ErrDeleted:                 "has been deleted",
		salesforce.ErrNotFound:                "not found",
		salesforce.ErrAccess:                  "may not add",
		salesforce.ErrValidation:              "did not accept",
		salesforce.ErrTooLarge:                "too large",
		salesforce.ErrAuth:                    "refused the login",
		salesforce.ErrPasswordExpired:         "password for Salesforce has expired",
		salesforce.ErrOrgMismatch:             "another company's",
		salesforce.ErrSOAPLoginUnavailable:    "no longer takes this kind of login",
		&salesforce.Error{Status: 418}:        "refused the document",
		errors.Join(errDown, errors.New("x")): "",
	} {
		w := newWorld(t)
		w.onUpload = func(routing.Document) uploadFault { return uploadFault{err: class} }
		r := w.router()
		d := state(t, r, route(t, w, r, "a"))
		if reason == "" {
			require.Equal(t, routing.Spooled, d.State)
			continue
		}
		require.Equal(t, routing.Mailed, d.State, class)
		require.Contains(t, d.Reason, reason)
		require.Len(t, w.mails, 2)
		require.Contains(t, w.mails[0].Text, d.Reason)
	}
}

func TestReasonsAreSentencesForPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onUpload = func(routing.Document) uploadFault {
		return uploadFault{err: &salesforce.Error{Op: "upload", Status: 400, Code: "STORAGE_LIMIT_EXCEEDED", Message: "00D000000000001"}}
	}
	r := w.router()
	route(t, w, r, "a")
	text := w.mails[0].Text
	for _, internal := range []string{"STORAGE", "00D", "400", "upload:"} {
		require.NotContains(t, text, internal)
	}
	require.Contains(t, text, "Reason: Salesforce has no space left for files.\n")
}

func TestLostAnswerIsProbed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onUpload = func(routing.Document) uploadFault {
		return uploadFault{stored: true, late: 3 * time.Minute, err: errUnknown}
	}
	r := w.router()
	id := route(t, w, r, "a")
	var asked []time.Duration
	for d := state(t, r, id); d.State == routing.Ambiguous; d = state(t, r, id) {
		require.Equal(t, "Salesforce did not confirm the upload.", d.Reason)
		w.wait(d.Next.Sub(w.clock()))
		asked = append(asked, w.clock().Sub(start))
		step(t, r)
	}
	require.Equal(t, []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 5 * time.Minute}, asked)
	require.Equal(t, routing.Verified, state(t, r, id).State)
	require.Equal(t, 1, w.uploads)
}

func TestLostUploadIsRepeatedAfterQuarantine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onUpload = func(routing.Document) uploadFault {
		if w.uploads == 1 {
			return uploadFault{err: errUnknown}
		}
		require.Equal(t, start.Add(11*time.Minute+5*time.Second), w.now)
		return uploadFault{stored: true}
	}
	r := w.router()
	id := route(t, w, r, "a")
	w.drain(r)
	require.Equal(t, 2, w.uploads)
	require.Equal(t, 5+1, w.finds)
	require.Equal(t, routing.Verified, state(t, r, id).State)
	w.check(r, map[string]string{"a": "document a"})
}

// Salesforce may begin its work only when the last byte has come.
func TestQuarantineCountsFromTheEndOfASlowUpload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onUpload = func(routing.Document) uploadFault {
		return uploadFault{takes: 9 * time.Minute, stored: true, late: 10 * time.Minute, err: errUnknown}
	}
	r := w.router()
	id := route(t, w, r, "a")
	w.drain(r)
	require.Equal(t, routing.Verified, state(t, r, id).State)
	require.Equal(t, 1, w.uploads)
}

// However the clock here is set, Salesforce's is what counts.
func TestQuarantineLastsWhateverTheClockHereSays(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ before, after time.Duration }{
		"set forward":     {0, 24 * time.Hour},
		"set back":        {24 * time.Hour, 0},
		"set a bit":       {0, 3 * time.Minute},
		"wrong, but even": {-time.Hour, -time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.set(tc.before)
			w.onUpload = func(routing.Document) uploadFault {
				return uploadFault{stored: true, late: 10 * time.Minute, err: errUnknown}
			}
			r := w.router()
			id := route(t, w, r, "a")
			w.wait(5 * time.Second)
			step(t, r)
			w.set(tc.after)
			w.drain(r)
			require.Equal(t, routing.Verified, state(t, r, id).State)
			require.Equal(t, 1, w.uploads)
			w.check(r, map[string]string{"a": "document a"})
		})
	}
}

// No document is younger than new.
func TestClockIsSetBackDuringAnUpload(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(time.Hour)
	w.onUpload = func(routing.Document) uploadFault {
		w.skew = 0
		return uploadFault{stored: true}
	}
	r := w.router()
	require.Equal(t, routing.Verified, state(t, r, route(t, w, r, "a")).State)
	w.check(r, map[string]string{"a": "document a"})
}

// A destination without a clock is not the worse for it while this one is right.
func TestQuarantineWithoutAClockOfTheDestination(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onUpload = func(routing.Document) uploadFault {
		return uploadFault{stored: true, late: 10 * time.Minute, err: errUnknown}
	}
	cfg := w.config(&process{world: w, fuse: -1})
	cfg.Destination = timeless{cfg.Destination}
	r, err := routing.New(cfg)
	require.NoError(t, err)
	id := route(t, w, r, "a")
	w.drain(r)
	require.Equal(t, routing.Verified, state(t, r, id).State)
	require.Equal(t, 1, w.uploads)
}

type timeless struct{ routing.Destination }

func (t timeless) Find(ctx context.Context, d routing.Document) (routing.Finding, error) {
	f, err := t.Destination.Find(ctx, d)
	f.Time = time.Time{}
	return f, err
}

// A clock could be wrong about how long ago the crash was.
func TestCrashIsSettledByTwoAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, err := routing.New(w.config(&process{world: w, fuse: 4})) // enqueue, claim, save, upload
	require.NoError(t, err)
	accepted, err := r.Route(t.Context(), submission("a"))
	require.NoError(t, err)
	_, err = r.Drain(t.Context())
	require.ErrorIs(t, err, errKilled)

	w.wait(time.Hour)
	r = w.router()
	require.Equal(t, routing.Uploading, state(t, r, accepted.ID).State)
	step(t, r)
	d := state(t, r, accepted.ID)
	require.Equal(t, routing.Ambiguous, d.State)
	require.Equal(t, 5*time.Second, d.Next.Sub(w.clock()))
	w.wait(5 * time.Second)
	step(t, r)
	require.Equal(t, routing.Ambiguous, state(t, r, accepted.ID).State)
	w.wait(11 * time.Minute) // nobody needs to be there
	step(t, r)
	require.Equal(t, routing.Verified, state(t, r, accepted.ID).State, "and not mailed")
	require.Equal(t, 2+1, w.finds)
}

// Time runs out while nobody knows whether Salesforce has the document.
func TestOpenOutcomeIsNeverMailed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onUpload = func(routing.Document) uploadFault { return uploadFault{stored: true, err: errUnknown} }
	w.onFind = func() error { return salesforce.ErrAuth }
	r := w.router()
	id := route(t, w, r, "a")
	w.drain(r)
	d := state(t, r, id)
	require.Equal(t, routing.Ambiguous, d.State)
	require.Empty(t, w.mails)
	require.Len(t, w.failures, 1, "the host is told, once")
	require.ErrorIs(t, w.failures[0].Err, salesforce.ErrAuth)
	require.Equal(t, routing.Ambiguous, w.failures[0].Delivery.State)

	w.onFind = nil
	w.drain(r)
	require.Equal(t, routing.Verified, state(t, r, id).State)
	w.check(r, map[string]string{"a": "document a"})
}

func TestUnconfirmedUploadsAreMailedInTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onUpload = func(routing.Document) uploadFault { return uploadFault{err: errUnknown} }
	r := w.router()
	id := route(t, w, r, "a")
	w.drain(r)
	d := state(t, r, id)
	require.Equal(t, routing.Mailed, d.State)
	require.Equal(t, 3, d.Attempts, "each takes eleven minutes")
	require.Equal(t, "Salesforce did not confirm the upload.", d.Reason)
	w.check(r, map[string]string{"a": "document a"})
}

func TestCorruptedUploadIsRepeatedAndReported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onUpload = func(routing.Document) uploadFault { return uploadFault{stored: true, corrupt: w.uploads == 1} }
	r := w.router()
	id := route(t, w, r, "a")
	require.Equal(t, routing.Spooled, state(t, r, id).State)
	require.Len(t, w.failures, 1)
	require.Contains(t, w.failures[0].Delivery.Reason, "as it was sent")
	require.ErrorContains(t, w.failures[0].Err, "0681")
	w.drain(r)
	require.Equal(t, routing.Verified, state(t, r, id).State)
	require.Equal(t, "0682", state(t, r, id).VersionID)
}

func TestTooLargeForTheRuleIsMailedAtOnce(t *testing.T) {
	t.Parallel()
	for _, rule := range []struct {
		routing.Rule
		uploaded int
	}{
		{routing.Rule{MaxUpload: 10}, 1},
		{routing.Rule{MaxUpload: 9}, 0},
		{routing.Rule{AllowLarger: true}, 1},
		{routing.Rule{}, 1},
	} {
		w := newWorld(t)
		cfg := w.config(&process{world: w, fuse: -1})
		rule.Type, rule.Backup = routing.Contract, []string{"office@example.com"}
		cfg.Rules = []routing.Rule{rule.Rule}
		r, err := routing.New(cfg)
		require.NoError(t, err)
		id := route(t, w, r, "a") // "document a" has 10 bytes
		require.Equal(t, rule.uploaded, w.uploads)
		require.Len(t, w.mails, 1-rule.uploaded)
		if rule.uploaded == 0 {
			require.Equal(t, "The file is too large to be uploaded to Salesforce.", state(t, r, id).Reason)
		}
	}
}

func TestFailedMailIsRepeatedToThoseWithout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onUpload = func(routing.Document) uploadFault { return uploadFault{err: errFull} }
	working := false
	w.onMail = func(m routing.Message) mailFault {
		if m.To.Address == "boss@example.com" && !working {
			return mailFault{err: errNoMail}
		}
		return mailFault{accepted: true}
	}
	hook := errors.New("hook broken")
	w.onHook = func(routing.Failure) error { return hook }
	r := w.router()
	id := route(t, w, r, "a")
	require.Equal(t, routing.Mailing, state(t, r, id).State)
	require.Len(t, w.failures, 1)
	require.ErrorIs(t, w.failures[0].Err, errNoMail)

	hook = nil // it is told again until it takes notice
	w.wait(time.Hour)
	step(t, r)
	w.wait(time.Hour)
	step(t, r)
	require.Len(t, w.failures, 2)

	working = true
	w.drain(r)
	require.Equal(t, routing.Mailed, state(t, r, id).State)
	require.Len(t, w.mails, 2)
	require.Equal(t, id+".1", w.mails[0].ID)
	require.Equal(t, id+".2", w.mails[1].ID)
	require.Empty(t, w.spooled())
}

func TestNobodyToMailToIsParked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onUpload = func(routing.Document) uploadFault { return uploadFault{err: errFull} }
	r := w.router()
	s := submission("a")
	s.Type = routing.Proposal
	accepted, err := r.Route(t.Context(), s)
	require.NoError(t, err)
	step(t, r)
	require.Equal(t, routing.Parked, state(t, r, accepted.ID).State)
	require.Len(t, w.spooled(), 1)
	require.Len(t, w.failures, 1)
	require.NoError(t, w.failures[0].Err)
	require.Equal(t, "Salesforce has no space left for files.", w.failures[0].Delivery.Reason)

	w.wait(24 * time.Hour)
	w.onUpload = func(routing.Document) uploadFault { return uploadFault{err: errDown} }
	n, err := r.Redrive(t.Context(), accepted.ID)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	step(t, r)
	d := state(t, r, accepted.ID)
	require.Equal(t, routing.Spooled, d.State, "with a fresh half hour")
	require.Equal(t, 1, d.Attempts)

	w.onUpload = nil
	w.drain(r)
	require.Equal(t, routing.Verified, state(t, r, accepted.ID).State)
	require.Empty(t, w.spooled())
}

func TestMailTooLargeIsParked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onUpload = func(routing.Document) uploadFault { return uploadFault{err: errFull} }
	w.onMail = func(routing.Message) mailFault { return mailFault{err: routing.ErrMailTooLarge} }
	r := w.router()
	id := route(t, w, r, "a")
	require.Equal(t, routing.Parked, state(t, r, id).State)
	require.Len(t, w.failures, 1)
	require.ErrorIs(t, w.failures[0].Err, routing.ErrMailTooLarge)
	require.Len(t, w.spooled(), 1)
}

func TestDamagedFileIsParked(t *testing.T) {
	t.Parallel()
	for _, fault := range []uploadFault{{}, {err: errFull}} { // found when uploading, and when mailing
		w := newWorld(t)
		r := w.router()
		accepted, err := r.Route(t.Context(), submission("a"))
		require.NoError(t, err)
		damage := func() {
			names, err := filepath.Glob(filepath.Join(w.dir, "*"))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(names[0], []byte("documenX a"), 0o600))
		}
		if fault.err == nil {
			damage()
		}
		w.onUpload = func(routing.Document) uploadFault { damage(); return fault }
		step(t, r)
		d := state(t, r, accepted.ID)
		require.Equal(t, routing.Parked, d.State)
		require.Contains(t, d.Reason, "damaged")
		require.Empty(t, w.mails)
		require.Len(t, w.failures, 1)
	}
}

func TestMailTellsAboutTheCustomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onUpload = func(routing.Document) uploadFault { return uploadFault{err: errFull} }
	r := w.router()
	s := submission("a")
	p := &s.Placeholders
	p.Customer.Phone, p.Customer.Email = "614 555 0100", "larry@example.com\nReason: all is well"
	p.Address.Street, p.Address.City, p.Address.State, p.Address.Zip = "1 Elm St", "Columbus", "OH", "43004"
	p.User.Name = "Rita Rep"
	p.Custom = map[string]string{"customerName": "Somebody Else"}
	s.Appointment = time.Date(2019, time.May, 22, 15, 30, 0, 0, time.FixedZone("EDT", -4*3600))
	s.Link = "https://example.my.salesforce.com/001000000000001AAA"
	_, err := r.Route(t.Context(), s)
	require.NoError(t, err)
	step(t, r)
	require.Equal(t, "Not saved to Salesforce: Somebody Else Contract 5/23/19", w.mails[0].Subject)
	require.Equal(t, strings.TrimPrefix(`
The document "Somebody Else Contract 5/23/19" could not be saved to Salesforce. It is attached to this mail.

Reason: Salesforce has no space left for files.

Customer: Larry Leap
Address: 1 Elm St, Columbus, OH, 43004
Phone: 614 555 0100
E-mail: larry@example.com Reason: all is well
Appointment: Wednesday, May 22, 2019, 3:30 PM EDT
Representative: Rita Rep
Document type: Contract
Salesforce record: 001000000000001AAA
Link: https://example.my.salesforce.com/001000000000001AAA
`, "\n"), w.mails[0].Text)
	require.Equal(t, "Somebody Else Contract 5-23-19.pdf", w.mails[0].Attachment.Name)
}
