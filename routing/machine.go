package routing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/routing/outbox"
	"github.com/sfbridge/sfbridge/salesforce"
)

// A step does what a state asks for and moves the work to its next state. It
// returns how long the delivery has to wait then; zero means that it goes on at
// once. An error says that the ledger could not be written, and ends the work.
type step func(r *Router, ctx context.Context, w *work) (wait time.Duration, err error)

// steps has a step for each state that is not an end. A delivery comes to the
// step of a state only after the ledger has the state.
var steps = map[State]step{
	Spooled:   (*Router).begin,
	Uploading: (*Router).upload,
	Ambiguous: (*Router).probe,
	Uploaded:  (*Router).verify,
	Mailing:   (*Router).mail,
	Parked:    (*Router).restart,
}

// advance works on a claimed delivery until it has to wait or is done.
func (r *Router) advance(ctx context.Context, d outbox.Delivery) error {
	w, err := decode(d)
	if err != nil {
		return err
	}
	if w.state == Uploading { // by a process that did not live to see the end
		r.open(w)
		w.job.Since = r.cfg.Now() // it was not Salesforce that took so long
		return r.save(ctx, w, r.cfg.Probes[0])
	}
	for w.Status == outbox.Pending {
		next, ok := steps[w.state]
		if !ok {
			return fmt.Errorf("routing: work on delivery %s: unknown state %q", w.ID, w.state)
		}
		var wait time.Duration
		var err error
		r.hold(ctx, w.Delivery, func(ctx context.Context) { wait, err = next(r, ctx, w) })
		if err == nil {
			err = r.save(ctx, w, wait)
		}
		if err != nil || wait > 0 || leaving(ctx, w) {
			return err
		}
	}
	return r.clear(w)
}

// leaving tells whether to stop here because the host stops. An upload that
// the ledger says has been begun is left to Upload to break off, so that its
// outcome is known.
func leaving(ctx context.Context, w *work) bool { return ctx.Err() != nil && w.state != Uploading }

// save writes the work to the ledger, also when ctx has ended.
func (r *Router) save(ctx context.Context, w *work, wait time.Duration) error {
	if err := w.encode(); err != nil {
		return err
	}
	now := r.cfg.Now()
	w.Updated, w.NotBefore = now, now.Add(wait)
	if wait == 0 && !leaving(ctx, w) {
		w.NotBefore = now.Add(r.cfg.Lease)
	}
	r.cfg.Logger.InfoContext(ctx, "delivery saved", "delivery", w.ID, "state", w.state, "attempts", w.job.Attempts, "wait", wait)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.cfg.SaveTimeout)
	defer cancel()
	return r.cfg.Store.Save(ctx, w.Delivery)
}

// clear removes the file of a delivery that is done.
func (r *Router) clear(w *work) error {
	if w.Status != outbox.Done {
		return nil
	}
	return r.spool.Remove(w.job.Blob)
}

// hold runs f and extends the delivery's lease for as long as that takes. The
// context of f ends when the lease is lost, and so early before it would run out
// that f can be over by then: a ledger that cannot be reached may have given the
// delivery to somebody else.
func (r *Router) hold(ctx context.Context, d outbox.Delivery, f func(context.Context)) {
	ctx, cancel := context.WithCancel(ctx)
	sure := r.cfg.Lease - r.cfg.Lease/6
	end := time.AfterFunc(sure, cancel)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(max(r.cfg.Lease/3, time.Millisecond))
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			asked := time.Now() // measures only
			err := r.cfg.Store.Extend(ctx, d, r.cfg.Now().Add(r.cfg.Lease))
			switch {
			case err == nil:
				end.Reset(sure - time.Since(asked))
			case errors.Is(err, outbox.ErrLeaseLost):
				cancel()
			}
		}
	}()
	f(ctx)
	end.Stop()
	cancel()
	<-done
}

// begin notes that an upload is about to begin.
func (r *Router) begin(_ context.Context, w *work) (time.Duration, error) {
	if w.job.Part == filePart && w.job.Blob.Size > r.rule(w).limit() {
		r.giveUp(w, reasonTooLarge)
		return 0, nil
	}
	now := r.cfg.Now()
	if w.job.First.IsZero() {
		w.job.First = now
	}
	if w.job.Since.IsZero() {
		w.job.Since = now
	}
	w.job.Attempts++
	w.state = Uploading
	return 0, nil
}

// upload makes the attempt that begin has noted.
func (r *Router) upload(ctx context.Context, w *work) (time.Duration, error) {
	limited, cancel := context.WithTimeout(ctx, r.patience(w.job.Blob.Size))
	defer cancel()
	id, err := r.carryOut(limited, w)
	switch {
	case err == nil && w.job.Part != filePart: // which Salesforce's word is enough for
		r.finish(w, id)
		return 0, nil
	case err == nil:
		w.job.VersionID, w.job.Down = id, time.Time{}
		w.state = Uploaded
		return 0, nil
	case errors.Is(err, salesforce.ErrOutcomeUnknown):
		r.failed(ctx, w, err)
		r.open(w)
		if errors.Is(err, ErrRepeatable) {
			w.job.Keyed = true
			return r.again(w, reasonUnconfirmed, r.cfg.Probes[0]), nil
		}
		return r.cfg.Probes[0], nil
	case errors.Is(err, outbox.ErrDamaged) && w.job.Results != nil: // there is more to do
		r.giveUp(w, reasonDamaged)
		return 0, nil
	case errors.Is(err, outbox.ErrDamaged):
		return r.park(ctx, w, reasonDamaged, err), nil
	case ctx.Err() != nil: // the host stops, which is no failure
		w.job.Attempts--
		w.state = Spooled
		return 0, nil
	}
	r.failed(ctx, w, err)
	why := r.explain(w, err)
	switch {
	case errors.Is(err, salesforce.ErrTooLarge) && w.job.As == AsAttachment && r.rule(w).LargerAsFile && !w.job.Unsettled:
		w.job.As = AsFile
		w.job.Attempts-- // this was not yet what the rule wants
		w.state = Spooled
		return 0, nil
	case why.final:
		r.giveUp(w, why.text)
		return 0, nil
	}
	return r.again(w, why.text, r.backoff(w.job.Attempts)), nil
}

// patience is how long an upload of so many bytes may take.
func (r *Router) patience(size int64) time.Duration {
	sending := time.Duration(float64(size) / float64(r.cfg.UploadRate) * float64(time.Second))
	return min(r.cfg.UploadStart+sending, r.cfg.UploadTimeout)
}

// open notes that the outcome of the latest upload is not known.
func (r *Router) open(w *work) {
	w.job.Reason = reasonUnconfirmed
	w.job.Asked, w.job.Probes, w.job.Failures = time.Time{}, 0, 0
	w.job.Unsettled = true
	w.state = Ambiguous
}

// probe asks whether the upload with an open outcome was carried out.
func (r *Router) probe(ctx context.Context, w *work) (time.Duration, error) {
	now, wait, missing := r.find(ctx, w)
	if !missing {
		return wait, nil
	}
	if w.job.Asked.IsZero() {
		w.job.Asked = now
	}
	// The last byte went out before the first question, and from then on
	// Salesforce has had UploadTimeout: no request is under way any more.
	settled := w.job.Asked.Add(r.cfg.UploadTimeout + r.cfg.Quarantine)
	if !now.Before(settled) {
		w.job.Unsettled, w.job.Keyed = false, false
		if w.job.GivenUp {
			r.giveUp(w, w.job.Reason)
			return 0, nil
		}
		return r.again(w, reasonUnconfirmed, 0), nil
	}
	w.job.Probes++
	next := settled
	if w.job.Probes < len(r.cfg.Probes) {
		next = w.job.Asked.Add(r.cfg.Probes[w.job.Probes] - r.cfg.Probes[0])
	}
	return max(min(next.Sub(now), settled.Sub(now)), time.Millisecond), nil
}

// verify looks at what Salesforce has stored.
func (r *Router) verify(ctx context.Context, w *work) (time.Duration, error) {
	_, wait, missing := r.find(ctx, w)
	if !missing {
		return wait, nil
	}
	err := fmt.Errorf("routing: %s in Salesforce is not the document that was sent", w.job.VersionID)
	r.failed(ctx, w, err)
	w.job.Reason, w.job.VersionID = reasonCorrupted, ""
	r.tell(ctx, w, err)
	return r.again(w, reasonCorrupted, r.backoff(w.job.Attempts)), nil
}

// find looks for the document in Salesforce. If it is known to be missing, the
// caller has to decide, and knows when that was by Salesforce's clock; if not,
// the work waits as find says.
func (r *Router) find(ctx context.Context, w *work) (when time.Time, wait time.Duration, missing bool) {
	asked := r.cfg.Now()
	found, err := r.look(ctx, w)
	switch {
	case err != nil && ctx.Err() != nil: // the host stops
		return asked, 0, false
	case err != nil:
		return asked, r.unanswered(ctx, w, err), false
	}
	w.job.Failures = 0
	if found.ID != "" {
		r.finish(w, found.ID)
	}
	if !found.Time.IsZero() {
		asked = found.Time
	}
	return asked, 0, found.ID == ""
}

// unanswered puts off a question that Salesforce did not answer. Until it does,
// the document can be neither uploaded nor mailed, so somebody should know.
func (r *Router) unanswered(ctx context.Context, w *work, err error) time.Duration {
	r.failed(ctx, w, err)
	if w.state == Uploaded {
		w.job.Reason = r.explain(w, err).text
	}
	if r.cfg.Now().Sub(w.job.Since) >= r.cfg.MailAfter {
		r.tell(ctx, w, err)
	}
	w.job.Failures++
	return r.backoff(w.job.Failures)
}

// again lets the document be uploaded again, after a pause, unless that has
// been tried for long enough. The last attempt comes when the time is up.
func (r *Router) again(w *work, reason string, pause time.Duration) time.Duration {
	left := w.job.Since.Add(r.cfg.MailAfter).Sub(r.cfg.Now())
	if left <= 0 || w.job.Attempts >= r.cfg.MailAfterAttempts {
		r.giveUp(w, reason)
		return 0
	}
	w.job.Reason = reason
	w.state = Spooled
	return min(pause, left)
}

// finish notes that what the work does is done in Salesforce, and by which id.
func (r *Router) finish(w *work, id string) {
	if w.job.Results != nil {
		w.nextPart(StepDone, "", id)
		return
	}
	w.job.VersionID, w.job.Reason, w.job.Error = id, "", ""
	w.state = Verified
}

// giveUp has the document mailed: as soon as no upload can come to anything any
// more. Results are mailed when nothing else is left to do with them.
func (r *Router) giveUp(w *work, reason string) {
	w.job.Reason, w.job.Failures, w.job.GivenUp = reason, 0, w.job.Unsettled
	switch {
	case w.job.Unsettled:
		w.state = Ambiguous
	case w.job.Results != nil:
		w.nextPart(StepFailed, reason, "")
	default:
		w.state = Mailing
	}
}

// mail sends the document to each backup recipient who has not had it yet.
func (r *Router) mail(ctx context.Context, w *work) (time.Duration, error) {
	var failed error
	for _, n := range w.job.addressed(r.rule(w).backup) {
		letter := w.job.Letters[n]
		if letter.Sent || letter.Noted {
			continue
		}
		err := r.post(ctx, w, n)
		switch {
		case err == nil:
			if err := r.save(ctx, w, 0); err != nil {
				return 0, err
			}
		case errors.Is(err, outbox.ErrDamaged):
			return r.park(ctx, w, reasonDamaged, err), nil
		case ctx.Err() != nil:
			return 0, nil //nolint:nilerr // broken off: the mail is sent again, and nothing else is known
		default:
			failed = err
		}
	}
	return r.mailed(ctx, w, failed), nil
}

// post sends the n-th letter: with the document or, where the server does not
// take that, without.
func (r *Router) post(ctx context.Context, w *work, n int) error {
	err := r.send(ctx, w, n, true)
	if !errors.Is(err, ErrMailTooLarge) {
		w.job.Letters[n].Sent = err == nil
		return err
	}
	r.failed(ctx, w, err)
	if err = r.send(ctx, w, n, false); errors.Is(err, ErrMailTooLarge) {
		r.failed(ctx, w, err) // a server that takes nothing: the host is told
		err = nil
	}
	w.job.Letters[n].Noted = err == nil
	return err
}

func (r *Router) send(ctx context.Context, w *work, n int, attached bool) error {
	m, err := r.message(w, n, attached)
	if err != nil {
		return err
	}
	return r.cfg.Mailer.Send(ctx, m)
}

// mailed decides what follows from a round of mails.
func (r *Router) mailed(ctx context.Context, w *work, failed error) time.Duration {
	switch {
	case failed != nil:
		r.failed(ctx, w, failed)
		r.tell(ctx, w, failed)
		w.job.Failures++
		return r.backoff(w.job.Failures)
	case slices.ContainsFunc(w.job.Letters, func(l letter) bool { return l.Noted && !l.Sent }):
		return r.park(ctx, w, w.job.Reason, ErrMailTooLarge)
	case !slices.ContainsFunc(w.job.Letters, func(l letter) bool { return l.Sent }):
		return r.park(ctx, w, w.job.Reason, nil)
	default:
		w.state = Mailed
		return 0
	}
}

// park keeps the delivery for a person.
func (r *Router) park(ctx context.Context, w *work, reason string, err error) time.Duration {
	w.job.Reason, w.job.Failures = reason, 0
	w.state = Parked
	r.tell(ctx, w, err)
	return 0
}

// restart begins again with a delivery that was parked.
func (r *Router) restart(_ context.Context, w *work) (time.Duration, error) {
	w.job.Attempts, w.job.Failures, w.job.Since, w.job.Told, w.job.GivenUp = 0, 0, time.Time{}, "", false
	for n := range w.job.Letters {
		w.job.Letters[n].Noted = false
	}
	w.state = Spooled
	if w.job.Results != nil {
		w.restartParts()
	}
	return 0, nil
}

// tell calls the Fallback, until it has taken note of the state.
func (r *Router) tell(ctx context.Context, w *work, cause error) {
	if r.cfg.Fallback == nil || w.job.Told == w.state {
		return
	}
	if err := r.cfg.Fallback.Undelivered(ctx, Failure{Delivery: w.public(), Err: cause}); err != nil {
		r.cfg.Logger.WarnContext(ctx, "fallback hook failed", "delivery", w.ID, "error", err)
		return
	}
	w.job.Told = w.state
}

// failed notes an error that the delivery survives.
func (r *Router) failed(ctx context.Context, w *work, err error) {
	w.job.Error = clip(err.Error(), 1000)
	r.cfg.Logger.WarnContext(ctx, "delivery failed for now", "delivery", w.ID, "state", w.state, "error", err)
}

// backoff is the pause after the n-th failure in a row.
func (r *Router) backoff(n int) time.Duration {
	pause := float64(r.cfg.BackoffMin) * math.Pow(2, float64(n-1))
	pause = min(pause, float64(r.cfg.BackoffMax)) * (1 - r.cfg.Rand()/2)
	return max(time.Duration(pause), time.Millisecond)
}

// rule is the rule for the work as it is now. A type whose rule is gone has
// the default limit and nobody to mail to.
func (r *Router) rule(w *work) *route {
	if route := r.routes[w.job.Type]; route != nil {
		return route
	}
	return &route{}
}

func (r *Router) document(w *work) Document {
	return Document{
		As: cmp.Or(w.job.As, AsFile), Access: w.job.Access, Visibility: w.job.Visibility, Keyed: w.job.Keyed,
		ID: w.ID, Login: w.job.Login, Target: w.job.Target, Title: w.job.Title, FileName: w.job.FileName,
		Size: w.job.Blob.Size, MD5: w.job.Blob.MD5, Age: max(r.cfg.Now().Sub(w.job.First), 0), VersionID: w.job.VersionID,
		Open: func() (io.ReadCloser, error) { return r.spool.Open(w.job.Blob) },
	}
}

// clip shortens a text to so many bytes.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
