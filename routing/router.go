package routing

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"time"

	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/routing/outbox"
	"github.com/sfbridge/sfbridge/salesforce"
)

// Errors of [Router.Route]. In each case the call accepted nothing. What an
// earlier call accepted under the same key is delivered all the same.
var (
	// ErrOff says that the rule for the type of document is switched off. The
	// ledger was not asked, so this is also the answer to a key that was accepted
	// before.
	ErrOff = errors.New("routing: documents of this type are switched off")
	// ErrKeyTaken says that the key was used for a document with another
	// content, of another type or for another target. It is also what a document
	// gets that was rendered anew, if that gives other bytes: it needs a key of
	// its own, if it is to be delivered, too.
	ErrKeyTaken = errors.New("routing: key belongs to another document")
)

// A Router brings documents to Salesforce. It is safe for concurrent use. Use
// [New] to make one.
type Router struct {
	cfg    Config
	spool  outbox.Spool
	routes map[DocumentType]*route
	org    *resultsOrg   // what it says about the results form
	wake   chan struct{} // holds a token when there may be new work
}

// New returns a Router. The error names every fault of cfg.
func New(cfg Config) (*Router, error) {
	cfg = cfg.withDefaults()
	routes, err := cfg.routes()
	if err := errors.Join(cfg.validate(), err); err != nil {
		return nil, fmt.Errorf("routing: new router: %w", err)
	}
	return &Router{cfg: cfg, spool: cfg.Spool, routes: routes, org: newResultsOrg(cfg), wake: make(chan struct{}, 1)}, nil
}

// A Submission is a document that a host hands over.
type Submission struct {
	// Key is the host's own name for this document with this content, up to 255
	// bytes. However often it is submitted, the document is delivered once. With
	// other bytes, another type or another target it is refused: ErrKeyTaken.
	Key string
	// Type chooses the rule.
	Type DocumentType
	// Target is the record that the document belongs to, such as the
	// appointment at which it was signed, as [salesforce.ParseID] reads it.
	Target salesforce.ID
	// Records are records that the document may belong to, by the names that rules
	// call them: {"appointment": "a03…", "customer": "001…"}. A rule that names none
	// goes by Target, which is not needed otherwise.
	Records map[string]salesforce.ID
	// Body is the document. It is read to its end and not closed.
	Body io.Reader
	// Size is the number of bytes that Body must have. Zero means any but
	// none: an empty document is refused.
	Size int64
	// Placeholders name the document. They also tell a backup recipient about
	// the customer and the rep. Date defaults to the time of acceptance, which
	// is read in Config.Zone unless they have a Zone.
	Placeholders placeholder.Data
	// Office is the office of the user who is logged in, if that has
	// placeholders of its own; see Config.Placeholders. May be empty.
	Office string
	// Appointment is when the customer was or will be visited; printed in the
	// zone that it carries. May be zero.
	Appointment time.Time
	// Link leads to the record, for a backup recipient. May be empty.
	Link string
	// Login names the login that the delivery uses, now and in every retry;
	// see [Salesforce]. Empty means the shared one.
	Login string
	// Tx is a transaction of the host's, on the ledger's own database. The
	// document is then accepted when that is committed, together with whatever
	// the host writes, and never if it is rolled back. Run notices it when it
	// looks the next time. Defaults to none: Route accepts by itself.
	Tx outbox.Execer
}

// Accepted is a document that was accepted.
type Accepted struct {
	// ID names the delivery.
	ID string
	// Title and FileName are what the document is called in Salesforce. Every
	// placeholder has its final value.
	Title, FileName string
	// Repeated says that the key had been accepted before, with this content.
	Repeated bool
}

// Route accepts a document for delivery. When it returns without an error, the
// document is stored safely, and it is delivered even if the process ends at
// once. After an error, calling it again with the same key and the same content
// is always right.
// Route does not wait for Salesforce. With a Submission.Tx all this is true from
// the moment at which that is committed.
func (r *Router) Route(ctx context.Context, s Submission) (Accepted, error) {
	accepted, err := r.route(ctx, s)
	if err != nil {
		return Accepted{}, fmt.Errorf("routing: route document %q: %w", s.Key, err)
	}
	return accepted, nil
}

func (r *Router) route(ctx context.Context, s Submission) (Accepted, error) {
	switch s.Type {
	case CreditApplication:
		return Accepted{}, errors.New("a credit application has to be sealed: use RouteCredit")
	case AppointmentResults:
		return Accepted{}, errors.New("results are more than a document: use Submit")
	}
	if err := check(r.routes[s.Type], &s); err != nil {
		return Accepted{}, err
	}
	return r.accept(ctx, s, job{})
}

// accept stores a submission that was checked. What j has goes into its job: an
// Identity, which tells its document apart from others if its bytes do not, and
// what else is to be done.
func (r *Router) accept(ctx context.Context, s Submission, j job) (Accepted, error) {
	now := r.cfg.Now()
	route := r.routes[s.Type]
	name, text, err := r.expand(route, s, now)
	if err != nil {
		return Accepted{}, err
	}
	id := newID(now)
	blob, err := r.spoolBody(ctx, id, s)
	if err != nil {
		return Accepted{}, err
	}
	j.Type, j.Target, j.Login, j.Details = s.Type, s.Target, s.Login, details(s)
	j.Title, j.FileName, j.Blob, j.Mail = name.Title, name.File, blob, text
	j.As, j.Access, j.Visibility = route.As, route.Access, route.Visibility
	accepted, err := r.enqueue(ctx, s, id, j, now)
	if err != nil {
		return Accepted{}, err
	}
	r.cfg.Logger.InfoContext(ctx, "document accepted", "delivery", accepted.ID, "type", s.Type, "repeated", accepted.Repeated)
	r.wakeUp()
	return accepted, nil
}

// check validates s and brings its target to the usual form.
func check(route *route, s *Submission) error {
	if route == nil {
		return fmt.Errorf("no rule for type %q", s.Type)
	}
	if route.Off {
		return ErrOff
	}
	var errs []error
	if s.Key == "" || len(s.Key) > 255 {
		errs = append(errs, fmt.Errorf("key has %d bytes, not 1 to 255", len(s.Key)))
	}
	if s.Body == nil {
		errs = append(errs, errors.New("no body"))
	}
	target, err := route.record(*s)
	s.Target = target
	return errors.Join(append(errs, err)...)
}

// expand expands the rule's templates, this once: the document's name, and what
// a mail about it says.
func (r *Router) expand(route *route, s Submission, now time.Time) (placeholder.Name, *mailText, error) {
	values := &fixed{Data: r.data(s, now), known: map[string]string{}}
	name, err := route.name.FileName(values, &placeholder.Options{Strict: r.cfg.Strict})
	if err != nil {
		return placeholder.Name{}, nil, err
	}
	text, err := route.mailText(values, r.cfg.Strict)
	return name, text, err
}

// data is what placeholders stand for in a submission that is accepted now.
func (r *Router) data(s Submission, now time.Time) placeholder.Data {
	data := s.Placeholders
	if data.Date.IsZero() {
		data.Date, data.Zone = now, cmp.Or(data.Zone, r.cfg.Zone)
	}
	data.DateLayout = cmp.Or(data.DateLayout, r.cfg.DateLayout)
	data.Custom = r.cfg.Placeholders.For(s.Office)
	maps.Copy(data.Custom, s.Placeholders.Custom)
	return data
}

// fixed gives each placeholder one value, whichever template asks and however
// often: random numbers too.
type fixed struct {
	placeholder.Data
	known map[string]string
}

func (f *fixed) Value(name string) (string, error) {
	if text, ok := f.known[name]; ok {
		return text, nil
	}
	text, err := f.Data.Value(name)
	if err == nil {
		f.known[name] = text
	}
	return text, err
}

func (r *Router) spoolBody(ctx context.Context, id string, s Submission) (outbox.Blob, error) {
	blob, err := r.spool.Put(ctx, id, s.Body)
	if err != nil {
		return outbox.Blob{}, err
	}
	switch {
	case blob.Size == 0:
		err = errors.New("document is empty")
	case s.Size != 0 && blob.Size != s.Size:
		err = fmt.Errorf("document has %d bytes, not %d", blob.Size, s.Size)
	}
	if err != nil {
		return outbox.Blob{}, errors.Join(err, r.spool.Remove(blob))
	}
	return blob, nil
}

// enqueue writes the delivery. If that fails, the file stays: the ledger may
// have the delivery all the same. Purge removes it later if not.
func (r *Router) enqueue(ctx context.Context, s Submission, id string, j job, now time.Time) (Accepted, error) {
	w := &work{
		Delivery: outbox.Delivery{ID: id, Key: s.Key, Kind: kind, NotBefore: now, Created: now, Updated: now},
		job:      j, state: Spooled,
	}
	if err := w.encode(); err != nil {
		return Accepted{}, err
	}
	stored, created, err := r.cfg.Store.Enqueue(ctx, s.Tx, w.Delivery)
	if err != nil {
		return Accepted{}, err
	}
	if created {
		return Accepted{ID: id, Title: j.Title, FileName: j.FileName}, nil
	}
	if err := r.spool.Remove(j.Blob); err != nil {
		r.cfg.Logger.WarnContext(ctx, "file of a repeated document stays until it is purged", "error", err)
	}
	earlier, err := decode(stored)
	if err != nil {
		return Accepted{}, err
	}
	if stored.Kind != kind || !earlier.job.same(j) {
		return Accepted{}, ErrKeyTaken
	}
	return Accepted{ID: stored.ID, Title: earlier.job.Title, FileName: earlier.job.FileName, Repeated: true}, nil
}

// newID returns a new id of 32 digits, so that none is the beginning of
// another. Ids sort by time.
func newID(now time.Time) string {
	var random [10]byte
	_, _ = rand.Read(random[:]) // never fails
	return fmt.Sprintf("%012x%x", now.UnixMilli(), random)
}
