package importer

import (
	"context"
	"fmt"

	"github.com/sfbridge/sfbridge/salesforce"
)

// A part is some records on their way, and where a run stands behind them.
type part struct {
	records []salesforce.Record
	after   Position
}

// fetchAhead takes the parts that fetch hands on, one after the other, while
// fetch is at the next one: two are in memory at a time. It returns when fetch
// has ended, which take's first error makes it do. An error of fetch comes
// after the parts before it have been taken.
func fetchAhead(ctx context.Context, fetch func(ctx context.Context, on func(part) bool) error, take func(part) error) error {
	ctx, cancel := context.WithCancel(ctx)
	parts := make(chan part)
	var failed error // known once parts is closed
	go func() {
		defer close(parts)
		failed = safely(func() error {
			return fetch(ctx, func(p part) bool {
				select {
				case parts <- p:
					return true
				case <-ctx.Done():
					return false
				}
			})
		})
	}()
	defer func() {
		cancel()
		for range parts { // until fetch has ended
		}
	}()
	for p := range parts {
		if err := take(p); err != nil {
			return err
		}
	}
	if failed == nil {
		failed = ctx.Err()
	}
	return failed
}

// forward reads an object page by page from Position on. page reads what comes
// after a position; a page that is not full is the last one. It runs beside take,
// which moves the run on, and must not look at that.
func (r *run) forward(ctx context.Context, o *object, page func(ctx context.Context, at Position) ([]salesforce.Record, error), take func(part) error) error {
	at := r.Position
	return fetchAhead(ctx, func(ctx context.Context, on func(part) bool) error {
		for {
			records, err := page(ctx, at)
			if err != nil || len(records) == 0 {
				return err
			}
			last := records[len(records)-1]
			at.AfterID = last.ID()
			if at.AfterStamp, err = stamp(last); err != nil {
				return fmt.Errorf("importer: read %s: %w", o.Name, err)
			}
			if !on(part{records, at}) || len(records) < r.cfg.PageSize {
				return nil
			}
		}
	}, take)
}

// applyPart brings a part into the host.
func (r *run) applyPart(ctx context.Context, o *object) func(part) error {
	return func(p part) error { return r.apply(ctx, o, p.records, p.after, &Checkpoint{}) }
}
