package riverimport

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/salesforce"
)

// A worker works on the tenant of a job.
type worker struct {
	river.WorkerDefaults[args]
	*Scheduler
}

// Timeout implements [river.Worker].
func (w *worker) Timeout(*river.Job[args]) time.Duration { return w.cfg.Timeout }

// Work implements [river.Worker]: a slice of work, after which River is told when
// to come back.
func (w *worker) Work(ctx context.Context, job *river.Job[args]) error {
	m := memoryOf(job.JobRow)
	if m.Failures > 0 {
		select {
		case w.troubled <- struct{}{}:
			defer func() { <-w.troubled }()
		default:
			return river.JobSnooze(jitter(w.cfg.BackoffMin))
		}
	}
	wait, over, err := w.work(ctx, job.Args, &m)
	switch {
	case errors.Is(err, ErrNoTenant):
		return nil
	case errors.Is(ctx.Err(), context.Canceled): // the host stops
		return river.JobSnooze(0)
	case err == nil || errors.Is(err, importer.ErrYielded):
		m.Failures = 0
	case errors.Is(err, importer.ErrPaused) || errors.Is(err, salesforce.ErrDailyLimit):
		m.Failures, wait = 0, jitter(w.cfg.Pause)
	case errors.Is(err, importer.ErrRunActive): // perhaps of a process that has died
		wait = jitter(w.cfg.BackoffMin)
	case job.Args.Import != "" && !mayPass(err):
		w.log(ctx, job.Args, err)
		return river.JobCancel(err)
	default:
		m.Failures++
		wait = w.backoff(m.Failures)
		w.log(ctx, job.Args, err)
	}
	if over && err == nil {
		return nil
	}
	if err := river.MetadataSet(ctx, memoryKey, m); err != nil {
		return err
	}
	return river.JobSnooze(wait)
}

// work does what is asked for, or due. It returns how long there is nothing to do
// after it, or that the job is over.
func (w *worker) work(ctx context.Context, a args, m *memory) (wait time.Duration, over bool, err error) {
	im, err := w.cfg.Importer(ctx, a.Tenant)
	if err != nil {
		return 0, false, err
	}
	if a.Import != "" {
		return 0, true, w.answer(ctx, im, a, m)
	}
	kind, wait, err := w.due(ctx, im)
	if err != nil || wait > 0 {
		return wait, false, err
	}
	if err := w.run(ctx, im, kind, w.cfg.Actor, 0); err != nil {
		return 0, false, err
	}
	_, wait, err = w.due(ctx, im)
	return wait, false, err
}

// answer works on a request. The schedule goes on with the same run in the slices
// between, and may bring it to its end.
func (w *worker) answer(ctx context.Context, im *importer.Importer, a args, m *memory) error {
	done, err := newest(ctx, im, a.Import)
	if err != nil || m.Begun && done > m.Done {
		return err
	}
	if !m.Begun {
		m.Begun, m.Done = true, done
	}
	return w.run(ctx, im, a.Import, a.Actor, a.MayRetire)
}

// newest is the number of the last run of a kind that was completed.
func newest(ctx context.Context, im *importer.Importer, kind importer.RunKind) (int64, error) {
	for run, err := range im.Runs(ctx) {
		if err != nil || run.Status == importer.Completed && (run.Kind == kind || run.Asked == kind) {
			return run.Number, err
		}
	}
	return 0, nil
}

func (w *worker) run(ctx context.Context, im *importer.Importer, kind importer.RunKind, actor string, mayRetire int) error {
	do := map[importer.RunKind]func(context.Context, string, *importer.RunOptions) (*importer.Report, error){
		importer.Complete: im.Complete, importer.Incremental: im.Incremental, importer.Reconcile: im.Reconcile,
	}[kind]
	_, err := do(ctx, actor, &importer.RunOptions{Slice: w.cfg.Slice, MayRetire: mayRetire})
	return err
}

// due tells which import of a tenant it is time for, or how long none is.
func (w *worker) due(ctx context.Context, im *importer.Importer) (kind importer.RunKind, wait time.Duration, err error) {
	available, err := im.Available(ctx)
	switch {
	case err != nil:
		return "", 0, err
	case available.Unfinished != nil:
		return available.Unfinished.Kind, 0, nil
	case !available.Incremental:
		return importer.Complete, 0, nil
	}
	now := time.Now()
	changed, compared, err := w.last(ctx, im, now)
	if err != nil {
		return "", 0, err
	}
	wait = changed.Add(w.cfg.Every).Sub(now)
	if left := compared.Add(w.cfg.ReconcileEvery).Sub(now); w.cfg.ReconcileEvery > 0 && left < wait {
		return importer.Reconcile, max(left, 0), nil
	}
	return importer.Incremental, max(wait, 0), nil
}

// last tells when the changes that are imported, and the comparison of all
// records that was carried out, began, as far as that is of interest.
func (w *worker) last(ctx context.Context, im *importer.Importer, now time.Time) (changed, compared time.Time, err error) {
	for run, err := range im.Runs(ctx) {
		if err != nil {
			return changed, compared, err
		}
		if run.Status == importer.Completed {
			if changed.IsZero() && (run.Kind == importer.Complete || run.Kind == importer.Incremental) {
				changed = run.Started
			}
			if run.Kind == importer.Complete || run.Kind == importer.Reconcile || run.Sweep {
				return later(changed, run.Started), run.Started, nil
			}
		}
		if !changed.IsZero() && now.Sub(run.Started) > w.cfg.ReconcileEvery {
			break
		}
	}
	return changed, compared, nil
}

// later is when changes were imported, if none of the runs that were looked at
// did: a comparison brings in changes, too.
func later(changed, compared time.Time) time.Time {
	if changed.IsZero() {
		return compared
	}
	return changed
}

// mayPass reports whether a failure may be over by itself.
func mayPass(err error) bool {
	return salesforce.Retryable(err) || errors.Is(err, context.DeadlineExceeded)
}

func (w *worker) log(ctx context.Context, a args, err error) {
	w.cfg.Logger.WarnContext(ctx, "import failed", "tenant", a.Tenant, "import", string(a.Import), "error", err)
}

// backoff is the pause after the n-th failure in a row.
func (w *worker) backoff(n int) time.Duration {
	return jitter(time.Duration(min(float64(w.cfg.BackoffMin)*math.Pow(2, float64(n-1)), float64(w.cfg.BackoffMax))))
}

// jitter takes a random part of up to a half off.
func jitter(d time.Duration) time.Duration { return d - rand.N(d/2+1) }

// A memory is what a job knows from one slice to the next.
type memory struct {
	Failures int   `json:"failures"` // of the tenant's imports, in a row
	Begun    bool  `json:"begun"`    // for a request
	Done     int64 `json:"done"`     // the newest run that was completed when it was
}

// memoryKey is where the metadata of a job keep its memory.
const memoryKey = "sfbridge"

func memoryOf(job *rivertype.JobRow) (m memory) {
	var metadata map[string]json.RawMessage
	if json.Unmarshal(job.Metadata, &metadata) == nil {
		_ = json.Unmarshal(metadata[memoryKey], &m) // nothing, if it is not there
	}
	return m
}
