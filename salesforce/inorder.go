package salesforce

import (
	"context"
	"errors"
	"iter"
	"slices"
)

// batch is a part of a long write: the rows of one request, or of one job.
type batch struct {
	rows []*row
	size int           // of the rows' text, in bytes
	err  error         // of the part as a whole
	done chan struct{} // closed when the results are there
}

// row is a record on its way: its text on the wire, or its id when it is to be
// deleted. One that cannot be written has its result from the beginning.
type row struct {
	text   []byte
	result Result
}

// batches gathers rows until a batch has so many of them, or so many bytes.
func batches(rows iter.Seq[*row], count, size int) iter.Seq[*batch] {
	return func(yield func(*batch) bool) {
		b := &batch{done: make(chan struct{})}
		for r := range rows {
			if len(b.rows) > 0 && (len(b.rows) == count || b.size+len(r.text) > size) {
				if !yield(b) {
					return
				}
				b = &batch{done: make(chan struct{})}
			}
			b.rows = append(b.rows, r)
			b.size += len(r.text)
		}
		if len(b.rows) > 0 {
			yield(b)
		}
	}
}

// inOrder has batches written, some at a time, and yields the results of their
// rows in order. Once a batch has failed as a whole no other is begun; those
// under way come to their end, and then the error ends the sequence. Leaving
// the loop cancels what is under way and waits for it.
func inOrder(ctx context.Context, all iter.Seq[*batch], inFlight int, write func(context.Context, *batch) error) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		next, stop := iter.Pull(all)
		var queue []*batch
		defer func() {
			cancel()
			stop()
			for _, b := range queue {
				<-b.done
			}
		}()
		var failed error
		for {
			for failed == nil && len(queue) < inFlight && !slices.ContainsFunc(queue, (*batch).hasFailed) {
				b, ok := next()
				if !ok {
					break
				}
				queue = append(queue, b)
				go func() {
					defer close(b.done)
					b.err = write(ctx, b)
				}()
			}
			if len(queue) == 0 {
				break
			}
			b := queue[0]
			<-b.done
			queue = slices.Delete(queue, 0, 1)
			failed = errors.Join(failed, b.err)
			for _, r := range b.rows {
				if !yield(r.result, nil) {
					return
				}
			}
		}
		if failed != nil {
			yield(Result{}, failed)
		}
	}
}

// hasFailed reports whether the batch is known by now to have failed as a whole.
func (b *batch) hasFailed() bool {
	select {
	case <-b.done:
		return b.err != nil
	default:
		return false
	}
}

// pending are the rows that have no result yet.
func (b *batch) pending() []*row {
	var rows []*row
	for _, r := range b.rows {
		if r.result.Err == nil {
			rows = append(rows, r)
		}
	}
	return rows
}

// fail gives rows the error of the whole that they are part of.
func fail(rows []*row, err error) error {
	for _, r := range rows {
		r.result.Err = err
	}
	return err
}
