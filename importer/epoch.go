package importer

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
)

// compareEpochs reports whether Sink and Store are torn apart: one of them was
// restored from a backup. From then on, until a complete run has come to its
// end, a run is to trust no link, which anew says, and runs of another kind fail.
func (im *Importer) compareEpochs(ctx context.Context, state State, kind RunKind) (torn, anew bool, err error) {
	if im.epochs == nil {
		return false, false, nil
	}
	epoch, err := im.epochs.Epoch(ctx)
	if err != nil {
		return false, false, fmt.Errorf("importer: read the sink's epoch: %w", err)
	}
	torn = (epoch != "" || len(state.Epochs) > 0) && !slices.Contains(state.Epochs, epoch)
	anew = torn || state.Last != nil && state.Last.Anew && state.Last.Status != Completed
	if anew && kind != Complete {
		return torn, anew, fmt.Errorf("importer: %w", ErrStoreEpoch)
	}
	return torn, anew, nil
}

// renewEpoch gives Sink and Store a new epoch, so that a backup of one of them,
// made before, does not pass for what it is now. A crash in between leaves the
// store with both epochs.
func (r *run) renewEpoch(ctx context.Context) error {
	if r.epochs == nil || r.dry != nil {
		return nil
	}
	old, err := r.epochs.Epoch(ctx)
	if err != nil {
		return fmt.Errorf("importer: read the sink's epoch: %w", err)
	}
	next := rand.Text()
	if err := r.store(ctx, &Checkpoint{Epochs: []string{old, next}}); err != nil {
		return err
	}
	if err := r.epochs.SetEpoch(ctx, next); err != nil {
		return fmt.Errorf("importer: set the sink's epoch: %w", err)
	}
	return r.store(ctx, &Checkpoint{Epochs: []string{next}})
}

// doubt makes a run anew do to the host once more what the link says was done
// already: the host may be as it was before.
func (r *run) doubt(it *item) {
	if !r.Anew || !it.known || it.link.Free || it.link.Run == r.Number || it.link.State == Pending || it.link.State == Detached {
		return
	}
	stored := it.link
	it.doubted = &stored
	it.link.State, it.link.Retired = Leaving, true
}

// left reports whether the record was taken out before this run began, as far as
// the store knows.
func (it *item) left() bool {
	return it.doubted != nil && it.doubted.State != Linked && it.doubted.State != Leaving
}
