package salesforcetest

import (
	"slices"
	"sync"
	"time"
)

// job is one job of Bulk API 2.0, or of Bulk API, whose jobs are of type
// Classic.
//
//	Open → UploadComplete → InProgress → JobComplete | Failed
//
// and Aborted from all but the last two. A classic job knows Open, Closed,
// Aborted and Failed.
type job struct {
	id          string
	typ         string // V2Ingest, V2Query or Classic
	version     int
	operation   string
	object      string
	key         string // the field that upsert looks for
	rule        string // the assignment rule, which is kept and not applied
	contentType string
	delimiter   string // its name
	ending      string // its name
	user        string
	created     time.Time
	query       string // of V2Query

	mu       sync.Mutex // guards what follows
	state    string
	changed  time.Time
	polls    int // how often the job was asked for since it may be worked on
	message  string
	worked   time.Duration
	uploaded bool
	data     []byte   // the CSV text that was uploaded
	done     outcomes // by its rows
	rows     *queryResult
	batches  []*batch // of a classic job
}

// States of jobs.
const (
	jobOpen     = "Open"
	jobUploaded = "UploadComplete"
	jobWorking  = "InProgress"
	jobComplete = "JobComplete"
	jobFailed   = "Failed"
	jobAborted  = "Aborted"
	jobClosed   = "Closed"
)

// The types of jobs.
const (
	ingestJob  = "V2Ingest"
	queryJob   = "V2Query"
	classicJob = "Classic"
)

// jobLife is how long a job and its results are kept.
const jobLife = 7 * 24 * time.Hour

// ended reports whether nothing more will happen to the job. The caller holds
// its lock.
func (j *job) ended() bool {
	return j.state == jobComplete || j.state == jobFailed || j.state == jobAborted
}

// turn moves the job to a state. The caller holds its lock.
func (j *job) turn(state string, now time.Time) { j.state, j.changed = state, now }

// begin reports whether the caller, who asks for the job, is the one to carry
// it out now: once it has been asked for more than polls times.
func (j *job) begin(polls int, now time.Time) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.state != jobUploaded && (j.state != jobWorking || j.polls > polls) {
		return false
	}
	j.polls++
	j.turn(jobWorking, now)
	return j.polls > polls
}

// finish ends a job that has been carried out, unless it was aborted meanwhile.
func (j *job) finish(message string, now time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.worked, j.message = now.Sub(j.changed), message
	switch {
	case j.state == jobAborted:
	case message != "":
		j.turn(jobFailed, now)
	default:
		j.turn(jobComplete, now)
	}
}

// aborted reports whether the work is to stop.
func (j *job) aborted() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.state == jobAborted
}

// jobs are all jobs of the last days.
type jobs struct {
	mu    sync.Mutex // guards what follows, down to the blank line
	list  []*job     // the oldest first
	count int        // number of jobs so far
	parts int        // number of batches and results so far

	batches usage // that all jobs were divided into
	queries usage // query jobs of Bulk API 2.0
}

// What an org may do in 24 hours.
// https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_bulkapi.htm
const (
	dailyBatches   = 15000
	dailyQueryJobs = 10000
)

// add enters a new job.
func (s *jobs) add(j *job, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(now)
	s.count++
	j.id, j.created, j.changed = newID("750", s.count), now, now
	s.list = append(s.list, j)
}

// forget drops jobs that are too old.
func (s *jobs) forget(now time.Time) {
	s.list = slices.DeleteFunc(s.list, func(j *job) bool { return now.Sub(j.created) > jobLife })
}

// find returns the job with an id of 15 or 18 characters, nil for none.
func (s *jobs) find(id string, now time.Time, types ...string) *job {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(now)
	id = long(id)
	i := slices.IndexFunc(s.list, func(j *job) bool { return j.id == id && slices.Contains(types, j.typ) })
	if i < 0 {
		return nil
	}
	return s.list[i]
}

// remove drops a job.
func (s *jobs) remove(gone *job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = slices.DeleteFunc(s.list, func(j *job) bool { return j == gone })
}

// all returns the jobs that fit, the oldest first.
func (s *jobs) all(now time.Time, fits func(*job) bool) []*job {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(now)
	var list []*job
	for _, j := range s.list {
		if fits(j) {
			list = append(list, j)
		}
	}
	return list
}

// part returns the id of a new batch (751) or result (752).
func (s *jobs) part(prefix string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parts++
	return newID(prefix, s.parts)
}

// left is what remains of the daily allowances.
func (s *jobs) left(now time.Time) (batches, queries int) {
	_, usedBatches := s.batches.count(0, dailyBatches, now)
	_, usedQueries := s.queries.count(0, dailyQueryJobs, now)
	return dailyBatches - usedBatches, dailyQueryJobs - usedQueries
}
