package importer

import (
	"context"
	"errors"
	"fmt"
)

// A Failure is what Config.Fallback is told: of a record that could not be
// imported, or of a run that has stopped.
type Failure struct {
	// Run is the run, as it was when it ended. Its Number is zero when it failed
	// before it had begun.
	Run Run
	// Dead is the record that has become a dead letter, with its reason and
	// attempts. Nil when the run itself has failed or paused.
	Dead *DeadLetter
	// Err is why the run has stopped. Nil for a record.
	Err error
}

// appeal tells the fallback of a run that has ended: why it stopped, unless the
// fallback knows, and of the dead letters that it has not heard of. What it was
// told is noted after each call; a crash in between repeats that one call. What
// cannot be noted is left for the next run.
func (r *run) appeal(ctx context.Context, cause error) {
	if r.cfg.Fallback == nil || errors.Is(cause, ErrLeaseLost) || errors.Is(cause, ErrYielded) { // somebody goes on
		return
	}
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = r.detached(ctx)
		defer cancel()
	}
	if cause != nil && r.Told != r.Status {
		c := Checkpoint{Audit: r.fallback(ctx, Failure{Run: r.Run, Err: cause})}
		r.Told = r.Status
		if r.save(ctx, &c) != nil {
			return
		}
	}
	for dead, err := range r.cfg.Store.DeadLetters(ctx) {
		if err != nil || ctx.Err() != nil {
			return
		}
		if dead.Told {
			continue
		}
		c := Checkpoint{Audit: r.fallback(ctx, Failure{Run: r.Run, Dead: &dead})}
		told := dead
		told.Told = true
		c.Dead = []DeadLetter{told}
		if r.store(ctx, &c) != nil {
			return
		}
	}
}

// fallback calls the fallback. Its error, or panic, becomes a line of the audit
// trail.
func (r *run) fallback(ctx context.Context, f Failure) []AuditEntry {
	err := r.tryFallback(ctx, f)
	if err == nil {
		return nil
	}
	line := AuditEntry{Time: r.cfg.Now(), Actor: r.Actor, Action: "fallback failed", Detail: fmt.Sprintf("run %d: %v", r.Number, err)}
	if f.Dead != nil {
		line.Subject = f.Dead.ID
	}
	return []AuditEntry{line}
}

func (im *Importer) tryFallback(ctx context.Context, f Failure) error {
	return safely(func() error { return im.cfg.Fallback(ctx, f) })
}

// stillborn tells the fallback of an import that failed before it was a run. One
// that was only asked for at the wrong time is not told.
func (im *Importer) stillborn(ctx context.Context, actor string, kind RunKind, cause error) {
	if im.cfg.Fallback == nil || ctx.Err() != nil || errors.Is(cause, ErrNoComplete) || errors.Is(cause, ErrLeaseLost) {
		return
	}
	run := Run{Kind: kind, Status: Broken, Actor: actor, Started: im.cfg.Now(), Error: cause.Error()}
	if errors.Is(cause, ErrPaused) {
		run.Status = Paused
	}
	_ = im.tryFallback(ctx, Failure{Run: run, Err: cause}) // there is no run to note it in
}
