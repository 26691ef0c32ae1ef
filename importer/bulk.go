package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sfbridge/sfbridge/salesforce"
	"github.com/sfbridge/sfbridge/soql"
)

// partPages is how many pages one part of a bulk result holds: parts cost a
// request each, and what is taken from them costs none.
const partPages = 25

// bulkPage is how many rows of a job are applied at a time, unless PageSize is
// less. A page of a query saves a request; here it would only take memory.
const bulkPage = 1000

// all reads every record of an object: through a job of Bulk API 2.0 where
// there are many, else by id, page by page.
func (r *run) all(ctx context.Context, o *object) error {
	r.listing = true
	defer func() { r.listing = false }()
	read, err := r.inBulk(ctx, o)
	if err != nil || read {
		return err
	}
	return r.byKey(ctx, o)
}

// byKey reads an object by id. Ids rise only roughly with time; a record that
// comes to lie behind the position is stamped after the run's bounds were taken,
// and belongs to the next run.
func (r *run) byKey(ctx context.Context, o *object) error {
	return r.forward(ctx, o, func(ctx context.Context, at Position) ([]salesforce.Record, error) {
		var where soql.Condition
		if at.AfterID != "" {
			where = soql.Gt("Id", at.AfterID)
		}
		return r.page(ctx, o, r.cfg.PageSize, where, "Id")
	}, r.applyPart(ctx, o))
}

// inBulk reads an object through a job, where that is worth it and the org lets
// it. The order of a job's rows does not matter: the watermark moves at the end.
//
// What a stop leaves is in Position. A job that was created and not noted runs
// out by itself; one that is gone is replaced once, and the object begins again;
// one that the org refuses, gives up, or that brings fewer rows than there are
// makes room for reading by id.
func (r *run) inBulk(ctx context.Context, o *object) (read bool, err error) {
	begun := r.Position.Job != ""
	if !begun && (r.Position.AfterID != "" || !r.bulkPays(o, r.total[o.Name])) {
		return false, nil
	}
	for try := 0; ; try++ {
		if err = r.readJob(ctx, o); err == nil {
			return true, nil
		}
		again := errors.Is(err, salesforce.ErrNotFound) && (begun || try == 0)
		if !again && !refused(err) && !errors.Is(err, errJob) {
			return false, err
		}
		begun = false
		r.Position = Position{Step: r.Position.Step}
		if !again {
			break
		}
	}
	r.Warnings = append(r.Warnings, fmt.Sprintf("%s was read page by page, not in bulk: %v", o.Name, err))
	return false, r.save(ctx, &Checkpoint{})
}

// errJob says that a job has not brought what it should.
var errJob = errors.New("the job did not bring the records")

// readJob brings the rows of the position's job into the host, of a new one
// when there is none.
func (r *run) readJob(ctx context.Context, o *object) error {
	if r.Position.Job == "" {
		if err := r.createJob(ctx, o); err != nil {
			return err
		}
	}
	if err := r.awaitJob(ctx, o); err != nil {
		return err
	}
	if err := fetchAhead(ctx, r.rows(o, r.Position), r.applyPart(ctx, o)); err != nil {
		return err
	}
	r.spent = r.Position.Job
	return nil
}

func (r *run) createJob(ctx context.Context, o *object) error {
	query := soql.Query{Select: soql.Fields(o.paths...), From: soql.From{Object: o.Name}}
	text, err := query.Text()
	if err != nil {
		return fmt.Errorf("importer: query %s: %w", o.Name, err)
	}
	job, err := r.cfg.Client.CreateQueryJob(ctx, text, true)
	if err != nil {
		return fmt.Errorf("importer: read %s in bulk: %w", o.Name, err)
	}
	r.Position.Job, r.Position.Least = job.ID, r.total[o.Name]
	return r.save(ctx, &Checkpoint{})
}

// awaitJob waits for the job's end, extends the lease meanwhile, and compares
// the number of its rows with the org's own count: a job's rows include deleted
// records, which the count leaves out, so fewer are too few.
func (r *run) awaitJob(ctx context.Context, o *object) error {
	poll := salesforce.Poll{First: min(time.Second, r.cfg.Lease/4), Longest: min(30*time.Second, r.cfg.Lease/4)}
	var lost error
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	job, err := r.cfg.Client.AwaitQueryJob(ctx, r.Position.Job, poll, func(job salesforce.Job) {
		r.tell("waiting for a bulk job", o)
		if lost == nil {
			if lost = r.save(ctx, &Checkpoint{}); lost == nil && !job.State.Ended() && r.late() {
				lost = r.yielded()
			}
			if lost != nil {
				cancel(lost)
			}
		}
	})
	switch {
	case lost != nil:
		return lost
	case err != nil:
		return fmt.Errorf("importer: read %s in bulk: %w", o.Name, err)
	case job.State != salesforce.JobComplete:
		return fmt.Errorf("%w: job %s of %s has ended as %s", errJob, job.ID, o.Name, job.State)
	case job.Processed >= int64(r.Position.Least):
		return nil
	}
	now, err := r.cfg.Client.Count(ctx, countOf(o.Name)) // records may have been purged since the first count
	if err != nil {
		return fmt.Errorf("importer: count %s: %w", o.Name, err)
	}
	if job.Processed < int64(now) {
		return fmt.Errorf("%w: job %s of %s has %d rows, and there are %d records", errJob, job.ID, o.Name, job.Processed, now)
	}
	return nil
}

// rows reads the result of a job from a position on.
func (r *run) rows(o *object, at Position) func(context.Context, func(part) bool) error {
	return func(ctx context.Context, on func(part) bool) error {
		size := min(r.cfg.PageSize, bulkPage)
		records := make([]salesforce.Record, 0, size)
		again := at.Taken // rows of the first part that the host has already
		options := &salesforce.BulkQueryOptions{
			JobID: at.Job, From: at.Place, PageSize: partPages * r.cfg.PageSize,
			Part: func(place salesforce.BulkPlace) { at.Place, at.Taken = place, 0 },
		}
		for record, err := range salesforce.BulkQuery[salesforce.Record](ctx, r.cfg.Client, "", options) {
			if err != nil {
				return fmt.Errorf("importer: read %s in bulk: %w", o.Name, err)
			}
			if at.Taken++; again > 0 {
				again--
				continue
			}
			o.restore(record)
			if records = append(records, record); len(records) < size {
				continue
			}
			if err := r.afford(); err != nil {
				return err
			}
			if !on(part{records, at}) {
				return nil
			}
			records = make([]salesforce.Record, 0, size)
		}
		if len(records) > 0 {
			on(part{records, at})
		}
		return nil
	}
}

// discard removes the job whose rows are all in the host. One that cannot be
// removed runs out.
func (r *run) discard(ctx context.Context) {
	if r.spent != "" && (r.dry == nil || r.spent != r.dry.borrowed) {
		_ = r.cfg.Client.DeleteQueryJob(ctx, r.spent)
		r.spent = ""
	}
}

// dearly is the part of the requests that are left of the org's day which reading
// an object page by page may cost: beyond it, a job is made of fewer records, too.
const dearly = 0.02

// bulkPays reports whether a complete run reads so many records of an object
// through a job.
func (r *run) bulkPays(o *object, records int) bool {
	switch usage, known := r.usage(); {
	case r.cfg.BulkAbove < 0 || !o.inBulk():
		return false
	case records > r.cfg.BulkAbove:
		return true
	default:
		pages := r.pagesOf(records)
		return known && float64(pages) > dearly*float64(usage.Max-usage.Used) && r.bulkCalls(records) < pages
	}
}

// pagesOf is how many requests reading page by page costs.
func (r *run) pagesOf(records int) int { return records/r.cfg.PageSize + 1 }

// jobCalls are the requests of a job besides those for its result: to create
// it, to ask how it is doing, and to delete it.
const jobCalls = 6

// bulkCalls is about how many requests reading in bulk costs.
func (r *run) bulkCalls(records int) int {
	return jobCalls + (records-1)/(partPages*r.cfg.PageSize) + 1
}

// inBulk reports whether a job can select what is read of the object: no child
// queries, and no field that a row cannot hold.
func (o *object) inBulk() bool {
	if len(o.related) > 0 {
		return false
	}
	for _, kind := range o.types {
		switch kind {
		case "", "address", "location", "base64", "complexvalue", "anyType":
			return false
		}
	}
	return true
}

// restore gives the values of a bulk row, which are all text, the types that
// they have elsewhere.
func (o *object) restore(record salesforce.Record) {
	for i, kind := range o.types {
		switch kind {
		case "boolean":
			retype(record, o.paths[i], func(text string) any { return text == "true" })
		case "int", "long", "double", "currency", "percent":
			retype(record, o.paths[i], func(text string) any { return json.Number(text) })
		}
	}
}

// retype replaces a text at a path.
func retype(record map[string]any, path string, as func(string) any) {
	first, rest, nested := strings.Cut(path, ".")
	for name, value := range record {
		if !strings.EqualFold(name, first) {
			continue
		}
		switch value := value.(type) {
		case salesforce.Record:
			retype(value, rest, as)
		case string:
			if !nested {
				record[name] = as(value)
			}
		}
	}
}
