package routing

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/sfbridge/sfbridge/internal/nearest"
	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/routing/outbox"
	"github.com/sfbridge/sfbridge/salesforce"
)

// A ResultSubmission is a results form that was filled in.
type ResultSubmission struct {
	// Key is the host's own name for these results, as [Submission] has it.
	Key string
	// Record is the appointment, as [salesforce.ParseID] reads it.
	Record salesforce.ID
	// Section is the part of the form that was filled in.
	Section Section
	// Answers has the answers by the fields of the rows; see [Input] for their
	// values. A nil or empty one clears the field. A row without an answer leaves
	// its field alone.
	Answers map[string]any
	// Estimate is what was offered. May be nil.
	Estimate *Estimate
	// Notes are free text for the report, in paragraphs. May be empty.
	Notes string

	// Placeholders, Office, Appointment, Link, Login and Tx are those of a
	// [Submission].
	Placeholders placeholder.Data
	Office       string
	Appointment  time.Time
	Link         string
	Login        string
	Tx           outbox.Execer
}

// Submit accepts the results of an appointment. When it returns without an error,
// they are stored safely, all of them, and three things follow by themselves: the
// record gets the values, the results report is put on it, and a note with the
// configured title; see [Delivery.Steps]. Each is begun once, and repeated only
// when it is certain that it was not done: a record that has the values already is
// not written again. What cannot be done is mailed with the report: the values that
// are not saved, and why.
//
// The answers are checked first, against the org as well. Where that cannot be
// asked, be it that it is not reached or that it refuses the login, they are checked
// before the record is written. [AnswerErrors] tells all that is wrong with them;
// nothing is accepted then. Other errors match ErrOff,
// ErrWrongObject, ErrNoNote or ErrKeyTaken, which says that the key was accepted
// before with other results. Whatever the error, what an earlier call accepted
// under the same key is delivered all the same.
func (r *Router) Submit(ctx context.Context, s ResultSubmission) (Accepted, error) {
	accepted, err := r.submit(ctx, s)
	if err != nil {
		return Accepted{}, fmt.Errorf("routing: submit results %q: %w", s.Key, err)
	}
	return accepted, nil
}

func (r *Router) submit(ctx context.Context, s ResultSubmission) (Accepted, error) {
	form := r.cfg.Results
	if form == nil || form.Off {
		return Accepted{}, ErrOff
	}
	envelope := Submission{
		Key: s.Key, Type: AppointmentResults, Target: s.Record, Body: bytes.NewReader(nil), Placeholders: s.Placeholders,
		Office: s.Office, Appointment: s.Appointment, Link: s.Link, Login: s.Login, Tx: s.Tx,
	}
	envelope.Placeholders.Estimate = s.total()
	if err := errors.Join(check(r.routes[AppointmentResults], &envelope), s.check()); err != nil {
		return Accepted{}, err
	}
	s.Record = envelope.Target
	a, note, err := r.answers(ctx, s)
	if err != nil {
		return Accepted{}, err
	}
	data := r.data(envelope, r.cfg.Now())
	title, err := r.noteTitle(data)
	if err != nil {
		return Accepted{}, err
	}
	report, err := r.cfg.Renderer.Render(ctx, s.report(a.shown(data), data))
	if err != nil {
		return Accepted{}, fmt.Errorf("results report: %w", err)
	}
	envelope.Body = bytes.NewReader(report)
	identity, err := s.identity(a.values)
	if err != nil {
		return Accepted{}, err
	}
	return r.accept(ctx, envelope, job{Identity: identity, Part: recordPart, Results: &results{
		Section: s.Section, Object: form.Object, Values: a.values, Answers: a.shown(data),
		Title: title, Text: s.noteText(a.shown(data), data), Note: note, Unchecked: a.filling == nil, Steps: allSteps(),
	}})
}

// check tells what is wrong with a submission but for its answers.
func (s ResultSubmission) check() error {
	var errs []error
	if sections := []Section{Sale, NoSale}; !slices.Contains(sections, s.Section) {
		errs = append(errs, errors.New(nearest.Unknown("section", s.Section, sections)))
	}
	if s.Estimate != nil {
		errs = append(errs, s.Estimate.Validate())
	}
	return errors.Join(errs...)
}

// answers checks the answers, with the org as far as it is known.
func (r *Router) answers(ctx context.Context, s ResultSubmission) (*answering, NoteKind, error) {
	a, err := answer(r.cfg.Results.rows(s.Section), s.Answers)
	if err != nil {
		return nil, "", err
	}
	f, err := r.org.filling(ctx, s.Login, s.Record)
	switch {
	case err == nil:
		a.in(f)
		return a, f.object.note, a.err()
	case ctx.Err() != nil, errors.Is(err, ErrWrongObject), errors.Is(err, ErrNoNote):
		return nil, "", errors.Join(err, a.err())
	}
	r.cfg.Logger.WarnContext(ctx, "results are checked later, as Salesforce cannot be asked", "error", err)
	note := r.cfg.Results.Note // AnyNote has to be found out
	if known, ok := r.org.known(s.Login); ok {
		note = known.note
		if err := known.owns(s.Record); err != nil {
			return nil, "", errors.Join(err, a.err())
		}
	}
	return a, note, a.err()
}

// checkLate checks the answers of results for which the org could not be asked
// when they were accepted.
func (r *Router) checkLate(ctx context.Context, w *work) error {
	res := w.job.Results
	if !res.Unchecked || r.cfg.Results == nil {
		return nil
	}
	f, err := r.org.filling(ctx, w.job.Login, w.job.Target)
	if err != nil {
		return err
	}
	a := &answering{rows: r.cfg.Results.rows(res.Section), values: res.Values}
	a.in(f)
	if err := a.err(); err != nil {
		return fmt.Errorf("%w: %w", salesforce.ErrValidation, err)
	}
	res.Unchecked = false
	return nil
}

// noteTitle expands the title of the note, this once.
func (r *Router) noteTitle(data placeholder.Data) (string, error) {
	t, err := placeholder.Parse(r.cfg.Results.noteTitle())
	if err != nil {
		return "", err
	}
	title, err := t.Expand(data, &placeholder.Options{Strict: r.cfg.Strict})
	if title = oneLine(title); err == nil && title == "" {
		title = "Appointment Results"
	}
	return title, err
}

func (s ResultSubmission) report(answers []Answer, data placeholder.Data) ResultsReport {
	return ResultsReport{
		Section: string(s.Section), Details: data, Appointment: s.Appointment,
		Results: answers, Estimate: s.Estimate, Notes: s.Notes,
	}
}

// noteText is each answer as "Title: value", then the sale amount and the rep.
func (s ResultSubmission) noteText(answers []Answer, data placeholder.Data) []string {
	var lines []string
	for _, a := range answers {
		for i, line := range strings.Split(strings.ReplaceAll(a.Value, "\r\n", "\n"), "\n") {
			if i == 0 {
				line = a.Title + ": " + line
			}
			lines = append(lines, oneLine(line))
		}
	}
	switch {
	case s.Estimate != nil:
		lines = append(lines, "Sale amount: "+s.Estimate.amount())
	case data.Estimate.Total.Valid:
		lines = append(lines, "Sale amount: "+data.Estimate.Total.Decimal.StringFixed(2))
	}
	if rep := oneLine(value(data, "usersName")); rep != "" {
		lines = append(lines, "Rep: "+rep)
	}
	return lines
}

// amount is the sale amount with its currency, such as "USD 12345.00".
func (e Estimate) amount() string {
	return cmp.Or(e.Currency, "USD") + " " + e.total().StringFixed(2)
}

func (e Estimate) total() decimal.Decimal {
	if e.Total.Valid {
		return e.Total.Decimal
	}
	return e.Sum()
}

// total is the estimate as placeholders name it.
func (s ResultSubmission) total() placeholder.Estimate {
	if s.Estimate == nil || s.Placeholders.Estimate.Total.Valid {
		return s.Placeholders.Estimate
	}
	return placeholder.Estimate{Name: s.Estimate.Name, TotalName: s.Estimate.TotalName, Total: decimal.NewNullDecimal(s.Estimate.total())}
}

// identity tells results apart from others: the report of the same ones is
// another one each time, for it has a date.
func (s ResultSubmission) identity(values salesforce.Record) (string, error) {
	text, err := json.Marshal([]any{s.Section, values, s.Estimate, s.Notes})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}
