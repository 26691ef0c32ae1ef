package salesforce

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

// Job is a job of Bulk API 2.0 as Salesforce tells of it.
//
// See "Get Information About an Ingest Job" in the Bulk API 2.0 Developer Guide.
type Job struct {
	ID        ID            `json:"id"`
	Object    string        `json:"object"`
	Operation BulkOperation `json:"operation"`
	State     JobState      `json:"state"`
	// Processed and Failed count rows so far; those that failed are processed
	// too.
	Processed int64 `json:"numberRecordsProcessed"`
	Failed    int64 `json:"numberRecordsFailed"`
	// Message says why a job has failed; queries tell none.
	Message string   `json:"errorMessage"`
	Created DateTime `json:"createdDate"`
	// Retries is how often Salesforce began the work anew.
	Retries int `json:"retries"`
}

// JobState is where a job has got to.
type JobState string

// The states of a job.
const (
	JobOpen           JobState = "Open"
	JobUploadComplete JobState = "UploadComplete"
	JobInProgress     JobState = "InProgress"
	JobComplete       JobState = "JobComplete" // some of its rows may have failed
	JobFailed         JobState = "Failed"
	JobAborted        JobState = "Aborted"
)

// Ended reports whether the job will not change any more.
func (s JobState) Ended() bool { return s == JobComplete || s == JobFailed || s == JobAborted }

// jobKind is where jobs of a kind live.
type jobKind string

const (
	ingestJobs jobKind = "/jobs/ingest"
	queryJobs  jobKind = "/jobs/query"
)

// Poll says how often a job is asked for while it is at work. The zero value of
// each field takes its default.
type Poll struct {
	// First is the pause before the job is asked for the first time; each pause
	// is half as long again as the one before, up to Longest. Defaults to 1
	// second.
	First time.Duration
	// Longest is the longest pause. Defaults to 30 seconds.
	Longest time.Duration
}

func (p Poll) validate(op string) error {
	if p.First < 0 || p.Longest < 0 {
		return fault(op, nil, "Poll has a negative pause")
	}
	return nil
}

// createJob begins a job. A job whose answer was lost stays behind empty, so
// that it may be begun again. No record is changed by that.
func (c *Client) createJob(ctx context.Context, op string, kind jobKind, fields any) (Job, error) {
	body, err := json.Marshal(fields)
	if err != nil {
		return Job{}, fault(op, nil, "%v", err)
	}
	var j Job
	request := &call{
		op: op, method: http.MethodPost, path: c.base + string(kind), body: bytesPayload("application/json", body),
		idempotent: true, reads: true,
	}
	err = c.exchange(ctx, request, &j)
	if err != nil {
		return Job{}, err
	}
	if j.ID, err = exactID(string(j.ID)); err != nil {
		return Job{}, request.badAnswer(http.StatusOK, errors.New("it names no job"))
	}
	return j, nil
}

// job asks for a job.
func (c *Client) job(ctx context.Context, op string, kind jobKind, id ID) (Job, error) {
	path, err := jobPath(op, kind, id)
	if err != nil {
		return Job{}, err
	}
	var j Job
	err = c.get(ctx, op, path, &j)
	j.ID, _ = exactID(string(id))
	return j, err
}

// jobPath is the path of a job below the base path.
func jobPath(op string, kind jobKind, id ID) (string, error) {
	full, err := exactID(string(id))
	if err != nil {
		return "", fault(op, ErrValidation, "%q is no id of a job", clip(string(id), 40))
	}
	return string(kind) + "/" + string(full), nil
}

// setJobState moves a job on. When an earlier try of the call has done so
// already, that is no error.
func (c *Client) setJobState(ctx context.Context, op string, kind jobKind, id ID, to JobState) error {
	path, err := jobPath(op, kind, id)
	if err != nil {
		return err
	}
	body := []byte(`{"state":"` + string(to) + `"}`)
	request := &call{op: op, method: http.MethodPatch, path: c.base + path, body: bytesPayload("application/json", body), idempotent: true}
	err = c.exchange(ctx, request, nil)
	if e, ok := errors.AsType[*Error](err); ok && e.Status >= 400 && e.Status < 500 {
		if j, jobErr := c.job(ctx, op, kind, id); jobErr == nil && (j.State == to || to == JobUploadComplete && j.State != JobOpen) {
			return nil
		}
	}
	return err
}

// endedJob waits for a job unless it has ended already.
func (c *Client) endedJob(ctx context.Context, op string, kind jobKind, id ID, poll Poll, progress func(Job)) (Job, error) {
	j, err := c.job(ctx, op, kind, id)
	if err != nil {
		return j, err
	}
	if progress != nil {
		progress(j)
	}
	if j.State.Ended() {
		return j, nil
	}
	return c.awaitJob(ctx, op, kind, id, poll, progress)
}

// awaitJob asks for a job until it has ended.
func (c *Client) awaitJob(ctx context.Context, op string, kind jobKind, id ID, poll Poll, progress func(Job)) (Job, error) {
	setDefault(&poll.First, time.Second)
	setDefault(&poll.Longest, max(30*time.Second, poll.First))
	for wait := poll.First; ; wait = min(wait+wait/2, poll.Longest) {
		if err := sleep(ctx, wait); err != nil {
			return Job{}, noAnswer(op, err)
		}
		j, err := c.job(ctx, op, kind, id)
		if err != nil {
			return j, err
		}
		if progress != nil {
			progress(j)
		}
		if j.State.Ended() {
			return j, nil
		}
	}
}

// sleep waits, or fails when ctx ends first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// lastWish is how long a job may take to be aborted when its caller has gone.
const lastWish = 10 * time.Second

// abandon aborts a job whose caller has gone. What it has done stays done.
func (c *Client) abandon(ctx context.Context, op string, kind jobKind, id ID) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWish)
	defer cancel()
	_ = c.setJobState(ctx, op, kind, id, JobAborted)
}

// IngestJob tells how far a job that writes rows has got.
func (c *Client) IngestJob(ctx context.Context, id ID) (Job, error) {
	return c.job(ctx, "get ingest job "+string(id), ingestJobs, id)
}

// AbortIngestJob ends a job that writes rows. What it has written stays.
func (c *Client) AbortIngestJob(ctx context.Context, id ID) error {
	return c.setJobState(ctx, "abort ingest job "+string(id), ingestJobs, id, JobAborted)
}

// DeleteIngestJob removes a job that has ended, with its rows and results.
// Salesforce does so by itself after seven days.
func (c *Client) DeleteIngestJob(ctx context.Context, id ID) error {
	return c.deleteJob(ctx, "delete ingest job "+string(id), ingestJobs, id)
}

func (c *Client) deleteJob(ctx context.Context, op string, kind jobKind, id ID) error {
	path, err := jobPath(op, kind, id)
	if err != nil {
		return err
	}
	return c.exchange(ctx, &call{op: op, method: http.MethodDelete, path: c.base + path, idempotent: true}, nil)
}
