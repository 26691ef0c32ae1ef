package routing

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/mail"
	"slices"
	"time"

	"github.com/sfbridge/sfbridge/routing/outbox"
	"github.com/sfbridge/sfbridge/salesforce"
)

// A State is how far a delivery has come.
type State string

// The states. Verified, Mailed and Confirmed are ends; Parked is one until Redrive
// or Confirm.
const (
	Spooled   State = "spooled"   // accepted, or to be uploaded again
	Uploading State = "uploading" // an upload has been begun
	Ambiguous State = "ambiguous" // an upload has ended without saying how
	Uploaded  State = "uploaded"  // Salesforce says that it has the document
	Verified  State = "verified"  // and was seen to have it
	Mailing   State = "mailing"   // to be mailed to the backup recipients
	Mailed    State = "mailed"    // to each of them
	Parked    State = "parked"    // kept until somebody acts
	Confirmed State = "confirmed" // somebody says that the document has arrived
)

// statuses tells the ledger what a state means to it; the others are pending.
var statuses = map[State]outbox.Status{Verified: outbox.Done, Mailed: outbox.Done, Confirmed: outbox.Done, Parked: outbox.Parked}

// A Delivery is the state of one accepted document.
type Delivery struct {
	ID, Key  string
	Type     DocumentType
	Target   salesforce.ID
	Login    string
	Title    string
	FileName string
	Size     int64 // in bytes
	// As is what the document is in Salesforce, or will be.
	As    Form
	State State
	// Reason is why the document is not in Salesforce, in one sentence for a
	// person. Empty when it is, or when nothing has failed yet.
	Reason string
	// Error is the latest error in words for a technician: with codes, ids, and
	// perhaps what Salesforce says about values. Empty when all has gone well.
	Error string
	// Recipients are those to whom the document is being mailed.
	Recipients []Recipient
	// Attempts is how often an upload was begun since the document was
	// accepted or driven again.
	Attempts int
	// VersionID is the id of the ContentVersion or Attachment, once it is known.
	VersionID string
	// Steps are what is done with results, in their order: each has a state of
	// its own. Empty for a document, which is one step.
	Steps []Step
	// Next is when the delivery is due.
	Next time.Time
	// Accepted is when Route accepted the document, Updated when the delivery
	// last changed.
	Accepted, Updated time.Time
}

// A Recipient is somebody who gets the document by mail.
type Recipient struct {
	Name, Address string
	// Sent says that the mail server has taken the mail with the document, Noted
	// that it takes none so large, and has one that says where the document is.
	Sent, Noted bool
}

// kind marks the deliveries of this package in the ledger.
const kind = "routing.document"

// A job is the payload of a delivery in the ledger.
type job struct {
	Type     DocumentType  `json:"type"`
	Target   salesforce.ID `json:"target"`
	Login    string        `json:"login,omitempty"`
	Title    string        `json:"title"`
	FileName string        `json:"fileName"`
	Blob     outbox.Blob   `json:"blob"`
	Identity string        `json:"identity,omitempty"` // of what was sealed
	Details  []detail      `json:"details"`
	Mail     *mailText     `json:"mail,omitempty"` // nil for what is usual

	// What the document becomes; empty for a file, and what the org does.
	As         Form       `json:"as,omitempty"`
	Access     Access     `json:"access,omitempty"`
	Visibility Visibility `json:"visibility,omitempty"`

	Results *results `json:"results,omitempty"` // nil for a document
	Part    part     `json:"part,omitempty"`    // what is being done

	// Of the uploads, or what else the part is.
	First     time.Time `json:"first,omitzero"` // when the very first began
	Since     time.Time `json:"since,omitzero"` // when the first began that MailAfter counts
	Asked     time.Time `json:"asked,omitzero"` // when Salesforce was first asked about an open outcome and answered, by its clock
	Attempts  int       `json:"attempts,omitempty"`
	Probes    int       `json:"probes,omitempty"` // that found nothing
	VersionID string    `json:"versionId,omitempty"`
	Down      time.Time `json:"down,omitzero"`       // since when Salesforce has not been reached
	Unsettled bool      `json:"unsettled,omitempty"` // an upload without an answer may still come to something
	Keyed     bool      `json:"keyed,omitempty"`     // and was made so that a second one cannot
	GivenUp   bool      `json:"givenUp,omitempty"`   // to be mailed as soon as that is settled

	Error    string   `json:"error,omitempty"`
	Reason   string   `json:"reason,omitempty"`
	Failures int      `json:"failures,omitempty"` // in a row, of what the state does
	Told     State    `json:"told,omitempty"`     // the state that Fallback knows of
	Letters  []letter `json:"letters,omitempty"`
}

// same tells whether two jobs are about one document, on its way to one record.
func (j *job) same(other job) bool {
	if j.Type != other.Type || j.Target != other.Target || j.Identity != other.Identity {
		return false
	}
	return j.Identity != "" || j.Blob.SHA256 == other.Blob.SHA256
}

// A letter is the mail to one recipient. Its place in the list, which is part
// of its Message-ID, never changes.
type letter struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address"`
	Sent    bool   `json:"sent,omitempty"`
	Noted   bool   `json:"noted,omitempty"` // without the document
}

// addressed makes sure that there is a letter to each recipient, and returns
// the places of those letters.
func (j *job) addressed(recipients []*mail.Address) []int {
	var places []int
	for _, to := range recipients {
		at := slices.IndexFunc(j.Letters, func(l letter) bool { return l.Address == to.Address })
		if at < 0 {
			at = len(j.Letters)
			j.Letters = append(j.Letters, letter{Name: to.Name, Address: to.Address})
		}
		if !slices.Contains(places, at) {
			places = append(places, at)
		}
	}
	return places
}

// work is a delivery that this process has claimed.
type work struct {
	outbox.Delivery
	job   job
	state State
}

func decode(d outbox.Delivery) (*work, error) {
	w := &work{Delivery: d, state: State(d.State)}
	if err := json.Unmarshal(d.Payload, &w.job); err != nil {
		return nil, fmt.Errorf("routing: read delivery %s: %w", d.ID, err)
	}
	return w, nil
}

// encode writes state and job back into the delivery.
func (w *work) encode() (err error) {
	w.State, w.Status = string(w.state), outbox.Pending
	if status, ok := statuses[w.state]; ok {
		w.Status = status
	}
	if w.Payload, err = json.Marshal(w.job); err != nil {
		return fmt.Errorf("routing: write delivery %s: %w", w.ID, err)
	}
	return nil
}

// public is what the host may see of the delivery.
func (w *work) public() Delivery {
	state := w.state
	if w.Status == outbox.Parked { // perhaps in another state, by Park
		state = Parked
	}
	var recipients []Recipient
	for _, l := range w.job.Letters {
		recipients = append(recipients, Recipient(l))
	}
	d := Delivery{
		As: cmp.Or(w.job.As, AsFile), Error: w.job.Error, Recipients: recipients,
		ID: w.ID, Key: w.Key, Type: w.job.Type, Target: w.job.Target, Login: w.job.Login,
		Title: w.job.Title, FileName: w.job.FileName, Size: w.job.Blob.Size,
		State: state, Reason: w.job.Reason, Attempts: w.job.Attempts, VersionID: w.job.VersionID,
		Next: w.NotBefore, Accepted: w.Created, Updated: w.Updated,
	}
	if w.job.Results != nil {
		d.Steps = slices.Clone(w.job.Results.Steps)
		d.VersionID = d.step(StepReport).ID
	}
	return d
}

// Delivery tells how a delivery stands. An unknown id is outbox.ErrNotFound.
func (r *Router) Delivery(ctx context.Context, id string) (Delivery, error) {
	d, err := r.cfg.Store.Get(ctx, id)
	if err != nil {
		return Delivery{}, fmt.Errorf("routing: delivery: %w", err)
	}
	w, err := decode(d)
	if err != nil {
		return Delivery{}, err
	}
	return w.public(), nil
}

// Deliveries yields the deliveries with that status, or all for "", in the
// order in which they were accepted. An error ends the sequence.
func (r *Router) Deliveries(ctx context.Context, status outbox.Status) iter.Seq2[Delivery, error] {
	return func(yield func(Delivery, error) bool) {
		for d, err := range r.cfg.Store.List(ctx, outbox.Filter{Status: status, Kinds: kinds}) {
			var w *work
			if err == nil {
				w, err = decode(d)
			}
			if err != nil {
				yield(Delivery{}, fmt.Errorf("routing: deliveries: %w", err))
				return
			}
			if !yield(w.public(), nil) {
				return
			}
		}
	}
}

// Counts tells how many deliveries are in each state, and since when the oldest
// of them has been there: what an alarm should watch. A delivery that Park has
// parked is counted under the state that it had.
func (r *Router) Counts(ctx context.Context) ([]outbox.Count, error) {
	counts, err := r.cfg.Store.Counts(ctx, kinds...)
	if err != nil {
		return nil, fmt.Errorf("routing: counts: %w", err)
	}
	return counts, nil
}

// Park stops work on deliveries until Redrive, and returns how many of them
// were to be worked on. An upload that is under way is broken off, and asked
// about before it is ever repeated.
func (r *Router) Park(ctx context.Context, ids ...string) (int, error) {
	n, err := r.cfg.Store.Park(ctx, r.cfg.Now(), ids...)
	if err != nil {
		return n, fmt.Errorf("routing: park: %w", err)
	}
	return n, nil
}

// Redrive starts parked deliveries again, with a fresh count of attempts, and
// returns how many of them were parked. Recipients who have had their mail get
// no second one.
func (r *Router) Redrive(ctx context.Context, ids ...string) (int, error) {
	n, err := r.cfg.Store.Redrive(ctx, r.cfg.Now(), ids...)
	r.wakeUp()
	if err != nil {
		return n, fmt.Errorf("routing: redrive: %w", err)
	}
	return n, nil
}

// Purge forgets deliveries that were done longer ago than Retention. It removes
// files that a crash has left behind: those of deliveries that are done, and
// those of that age that belong to no delivery. Run does so every PurgeEvery.
func (r *Router) Purge(ctx context.Context) error {
	before := r.cfg.Now().Add(-r.cfg.Retention)
	if _, err := r.cfg.Store.Purge(ctx, before, kinds...); err != nil {
		return fmt.Errorf("routing: purge: %w", err)
	}
	if _, err := r.spool.Sweep(before, func(id string) (outbox.Status, error) { return r.status(ctx, id) }); err != nil {
		return fmt.Errorf("routing: purge: %w", err)
	}
	return nil
}
