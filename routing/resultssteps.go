package routing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/sfbridge/sfbridge/salesforce"
)

// A part is one thing that a delivery does in Salesforce. It goes through the
// states of a delivery by itself: Spooled to Uploading, and from there to
// Verified or, if its outcome is open, to Ambiguous. A document has one part;
// results have several, one after the other.
type part string

const (
	filePart   part = "" // the document, or the report
	recordPart part = "record"
	notePart   part = "note"
	linkPart   part = "link"
)

// The names of the steps of results, in their order.
const (
	StepRecord = "record" // the fields of the record are set
	StepReport = "report" // the results report is put on the record
	StepNote   = "note"   // the note is written
	StepLink   = "link"   // and linked to the record, where that is a step by itself
)

// parts are the parts by the names of the steps.
var parts = map[string]part{StepRecord: recordPart, StepReport: filePart, StepNote: notePart, StepLink: linkPart}

// A StepState is how far a step has come.
type StepState string

// The states of a step.
const (
	StepWaiting StepState = "waiting" // not done, or begun
	StepDone    StepState = "done"    // in Salesforce
	StepFailed  StepState = "failed"  // given up, and to be mailed
	StepSkipped StepState = "skipped" // not needed, or not possible after another that failed
)

// A Step is one of the things that are done with results.
type Step struct {
	Name  string    `json:"name"`
	State StepState `json:"state"`
	// Reason is why the step failed, in one sentence for a person.
	Reason string `json:"reason,omitempty"`
	// ID is what Salesforce calls what the step has made or changed.
	ID string `json:"id,omitempty"`
}

// results are what a delivery of results has beside the report.
type results struct {
	Section Section           `json:"section"`
	Object  string            `json:"object"`
	Values  salesforce.Record `json:"values"`
	Answers []Answer          `json:"answers"`
	Title   string            `json:"title"` // of the note
	Text    []string          `json:"text"`  // of the note, line by line
	Note    NoteKind          `json:"note"`  // AnyNote as long as it is not known
	// Unchecked says that the org could not be asked whether it takes the values.
	Unchecked bool   `json:"unchecked,omitempty"`
	Steps     []Step `json:"steps"`
}

// allSteps are the steps of results that nothing has been done with.
func allSteps() []Step {
	var steps []Step
	for _, name := range []string{StepRecord, StepReport, StepNote, StepLink} {
		steps = append(steps, Step{Name: name, State: StepWaiting})
	}
	return steps
}

// step is a step of a delivery, by its name.
func (d Delivery) step(name string) Step {
	i := slices.IndexFunc(d.Steps, func(s Step) bool { return s.Name == name })
	if i < 0 {
		return Step{}
	}
	return d.Steps[i]
}

// current is the step that is being done.
func (w *work) current() *Step {
	steps := w.job.Results.Steps
	for i := range steps {
		if parts[steps[i].Name] == w.job.Part && steps[i].State == StepWaiting {
			return &steps[i]
		}
	}
	return &Step{}
}

// nextPart ends a part, and begins with the next one. After one that failed, the
// others have no more time than it has left over.
func (w *work) nextPart(state StepState, reason, id string) {
	done := w.current()
	done.State, done.Reason, done.ID = state, reason, id
	if state == StepDone {
		w.job.Since = time.Time{}
	}
	w.beginPart()
}

// restartParts lets everything that was not done be done.
func (w *work) restartParts() {
	for i := range w.job.Results.Steps {
		if s := &w.job.Results.Steps[i]; s.State != StepDone {
			*s = Step{Name: s.Name, State: StepWaiting}
		}
	}
	w.beginPart()
}

// beginPart turns to the first part that is not done. When there is none, what
// has failed is mailed.
func (w *work) beginPart() {
	j := &w.job
	j.First, j.Asked, j.Down, j.Attempts, j.Probes, j.Failures, j.VersionID = time.Time{}, time.Time{}, time.Time{}, 0, 0, 0, ""
	j.Unsettled, j.Keyed, j.GivenUp, j.Reason = false, false, false, ""
	for i := range j.Results.Steps {
		s := &j.Results.Steps[i]
		if s.Name == StepLink && s.State == StepWaiting && !w.linksNote() {
			s.State = StepSkipped
		}
		if s.State == StepWaiting {
			j.Part, w.state = parts[s.Name], Spooled
			return
		}
	}
	j.Part, w.state = filePart, Verified
	if !slices.ContainsFunc(j.Results.Steps, func(s Step) bool { return s.State == StepFailed }) {
		j.Error = ""
	}
	for _, s := range j.Results.Steps {
		if s.State == StepFailed {
			j.Reason, w.state = s.Reason, Mailing
			return
		}
	}
}

// begun reports whether anything was begun with the login that the work has.
func (w *work) begun() bool {
	if w.state != Spooled || !w.job.First.IsZero() {
		return true
	}
	return w.job.Results != nil && slices.ContainsFunc(w.job.Results.Steps, func(s Step) bool { return s.State != StepWaiting })
}

// linksNote reports whether the note, which has its turn before, has to be
// linked.
func (w *work) linksNote() bool {
	return w.job.Results.Note == contentNote && w.step(StepNote).State == StepDone
}

func (w *work) step(name string) Step { return Delivery{Steps: w.job.Results.Steps}.step(name) }

// carryOut does what the part is. Its errors are those of [Destination.Upload].
func (r *Router) carryOut(ctx context.Context, w *work) (id string, err error) {
	if w.job.Part == filePart {
		return r.cfg.Destination.Upload(ctx, r.document(w))
	}
	c, _, err := r.org.client(ctx, w.job.Login)
	if err != nil {
		return "", err
	}
	switch w.job.Part {
	case recordPart:
		return r.updateRecord(ctx, c, w)
	case notePart:
		return r.writeNote(ctx, c, w)
	default:
		return linkNote(ctx, c, w)
	}
}

// look asks whether the part was carried out.
func (r *Router) look(ctx context.Context, w *work) (Finding, error) {
	if w.job.Part == filePart {
		return r.cfg.Destination.Find(ctx, r.document(w))
	}
	c, _, err := r.org.client(ctx, w.job.Login)
	if err != nil {
		return Finding{}, err
	}
	clock := clockOf(c)
	var id string
	switch w.job.Part {
	case recordPart:
		id, err = findUpdate(ctx, c, w)
	case notePart:
		id, err = r.findNote(ctx, c, w)
	default:
		id, err = findLink(ctx, c, w)
	}
	if err != nil {
		return Finding{}, fmt.Errorf("routing: look for %s of delivery %s: %w", w.job.Part, w.ID, err)
	}
	return Finding{ID: id, Time: clock()}, nil
}

// updateRecord sets the fields of the record, unless they have these values
// already: automation must not see them set twice.
func (r *Router) updateRecord(ctx context.Context, c *salesforce.Client, w *work) (string, error) {
	if err := r.checkLate(ctx, w); err != nil {
		return "", err
	}
	if id, err := findUpdate(ctx, c, w); err != nil || id != "" {
		return id, err
	}
	// Not Client.Update, which repeats what may have been carried out.
	resp, err := c.Do(ctx, salesforce.Request{
		Method: http.MethodPatch, Path: "sobjects/" + w.job.Results.Object + "/" + string(w.job.Target),
		JSON: w.job.Results.Values, Op: "update " + w.job.Results.Object + " " + string(w.job.Target),
	})
	if err != nil {
		return "", err
	}
	return string(w.job.Target), resp.Body.Close()
}

// findUpdate returns the record's id if it has the values that results set.
func findUpdate(ctx context.Context, c *salesforce.Client, w *work) (string, error) {
	res := w.job.Results
	if len(res.Values) == 0 {
		return string(w.job.Target), nil
	}
	rec, err := salesforce.Get[salesforce.Record](ctx, c, res.Object, w.job.Target, slices.Sorted(maps.Keys(res.Values))...)
	if err != nil {
		return "", err
	}
	for name, want := range res.Values {
		if got, _ := rec.Get(name); !equal(got, want) {
			return "", nil
		}
	}
	return string(w.job.Target), nil
}

// equal compares a value as Salesforce has it with one that was sent: numbers by
// what they are, texts without the space around them, the choices of a multiple
// picklist in any order.
func equal(got, want any) bool {
	a, b := plain(got), plain(want)
	if a == b {
		return true
	}
	x, err := decimal.NewFromString(a)
	y, err2 := decimal.NewFromString(b)
	if err == nil && err2 == nil && isNumber(got) {
		return x.Equal(y)
	}
	left, right := strings.Split(a, ";"), strings.Split(b, ";")
	slices.Sort(left)
	slices.Sort(right)
	return len(left) > 1 && slices.Equal(left, right)
}

func isNumber(v any) bool { _, ok := v.(json.Number); return ok }

func plain(v any) string {
	if v == nil {
		return ""
	}
	return strings.TrimSpace(strings.ReplaceAll(fmt.Sprint(v), "\r\n", "\n"))
}

// refused tells what an error means to a person, in the words of the part.
func (p part) refused(err error) refusal {
	if errors.Is(err, ErrNoNote) {
		return refusal{class: ErrNoNote, final: true, text: "Notes cannot be attached to the record in Salesforce."}
	}
	why := refused(err)
	if text, ok := partReasons[p][why.class]; ok {
		why.text = text
	}
	return why
}

var partReasons = map[part]map[error]string{
	recordPart: {
		salesforce.ErrAccess:     "The Salesforce user may not change the record.",
		salesforce.ErrValidation: "Salesforce did not accept the values for the record.",
		salesforce.ErrDuplicate:  "Salesforce takes the record for a duplicate.",
		nil:                      "Salesforce refused to change the record.",
	},
	notePart: noteReasons,
	linkPart: noteReasons,
}

var noteReasons = map[error]string{
	salesforce.ErrAccess:     "The Salesforce user may not add notes to the record.",
	salesforce.ErrValidation: "Salesforce did not accept the note.",
	nil:                      "Salesforce refused the note.",
}

// unsaved tells a person which parts of results are not in Salesforce, with the
// values that would have been.
func (j *job) unsaved() []detail {
	if j.Results == nil {
		return nil
	}
	list := []detail{{"Results", string(j.Results.Section)}}
	for _, s := range j.Results.Steps {
		if s.State != StepFailed {
			continue
		}
		list = append(list, detail{notSaved[s.Name], s.Reason})
		if s.Name == StepRecord {
			for _, a := range j.Results.Answers {
				list = append(list, detail{oneLine(a.Title), oneLine(a.Value)})
			}
		}
	}
	return list
}

var notSaved = map[string]string{
	StepRecord: "Not saved: the record", StepReport: "Not saved: the report", StepNote: "Not saved: the note", StepLink: "Not linked: the note",
}
