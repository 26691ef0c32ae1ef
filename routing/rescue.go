package routing

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/sfbridge/sfbridge/routing/outbox"
)

// Errors of what a host does with a delivery.
var (
	// ErrNotParked says that a delivery is not parked, so that work on it goes on
	// or has ended.
	ErrNotParked = errors.New("routing: delivery is not parked")
	// ErrBegun says that an upload of a delivery's document has been begun, with
	// the login that it keeps, or is about to begin.
	ErrBegun = errors.New("routing: an upload has been begun")
)

// Confirm ends a parked delivery: a person has the document, or does without. Its
// file is removed. By says who, for the log. Whatever else there is to do about a
// document that was too large for Salesforce and for e-mail, this is how the host
// says that it has been done.
func (r *Router) Confirm(ctx context.Context, id, by string) error {
	if err := r.confirm(ctx, id); err != nil {
		return fmt.Errorf("routing: confirm delivery %s: %w", id, err)
	}
	r.cfg.Logger.InfoContext(ctx, "delivery confirmed", "delivery", id, "by", by)
	return nil
}

func (r *Router) confirm(ctx context.Context, id string) error {
	w, err := r.held(ctx, id, outbox.Parked)
	switch {
	case err != nil:
		return err
	case w == nil:
		return ErrNotParked
	}
	w.state = Confirmed
	if err := r.save(ctx, w, 0); err != nil {
		return err
	}
	return r.clear(w)
}

// TakeOver gives a delivery another login. A delivery keeps its login once an
// upload has been begun with it, for only that can tell what became of the upload:
// then it fails with ErrBegun, and changes nothing. A parked delivery stays parked.
func (r *Router) TakeOver(ctx context.Context, id, login string) error {
	if err := r.takeOver(ctx, id, login); err != nil {
		return fmt.Errorf("routing: take over delivery %s: %w", id, err)
	}
	return nil
}

func (r *Router) takeOver(ctx context.Context, id, login string) error {
	w, err := r.held(ctx, id, outbox.Pending)
	if err == nil && w == nil {
		w, err = r.held(ctx, id, outbox.Parked)
	}
	switch {
	case err != nil:
		return err
	case w == nil: // somebody is at work on it, or it is done
		return ErrBegun
	}
	begun := w.begun()
	if !begun {
		w.job.Login = login
	}
	status := w.Status
	if err := w.encode(); err != nil {
		return err
	}
	w.Status = status // which may be parked in any state
	w.Updated, w.NotBefore = r.cfg.Now(), r.cfg.Now()
	if err := r.cfg.Store.Save(ctx, w.Delivery); err != nil {
		return err
	}
	if begun {
		return ErrBegun
	}
	r.wakeUp()
	return nil
}

// held claims a delivery for the host, nil if there is none with that status.
func (r *Router) held(ctx context.Context, id string, status outbox.Status) (*work, error) {
	if id == "" {
		return nil, outbox.ErrNotFound
	}
	d, ok, err := r.claimOf(ctx, id, status)
	if err == nil && !ok {
		_, err = r.cfg.Store.Get(ctx, id) // which knows whether there is such a thing
	}
	if err != nil || !ok {
		return nil, err
	}
	return decode(d)
}

// Open opens the document of a delivery that is not done, for a person: what waits
// may be too large for any other way. The caller closes it. Reading fails where
// the file is damaged.
func (r *Router) Open(ctx context.Context, id string) (io.ReadCloser, error) {
	d, err := r.cfg.Store.Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("routing: open document: %w", err)
	}
	w, err := decode(d)
	if err != nil {
		return nil, err
	}
	f, err := r.spool.Open(w.job.Blob)
	if err != nil {
		return nil, fmt.Errorf("routing: open document: %w", err)
	}
	return f, nil
}
