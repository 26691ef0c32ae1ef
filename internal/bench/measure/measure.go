// Package measure is what the clients have in common: what they are told to do,
// and how they measure themselves.
package measure

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// Job is what a client is told to do, as JSON in its one argument.
type Job struct {
	Operation  string        // query, collect, bulk, bulkfile, insert, upload
	URL        string        // of the org
	Records    int           // to insert
	File       string        // to upload, or to write
	InFlight   int           // requests, or parts of a result, at a time; 0 for the client's default
	NoPrefetch bool          // of the next page
	Multipart  bool          // instead of base64
	Work       time.Duration // of the consumer, for each 2,000 records
	Driver     string        // of the database to import into
	DSN        string
}

// Result is what a client prints as JSON.
type Result struct {
	Wall    time.Duration
	CPU     time.Duration // of all threads, of user and kernel
	Mallocs int64         // 0 where it is not known
	Base    int64         // bytes, the largest resident memory before the job
	Peak    int64         // bytes, the largest resident memory
	Records int           // records, rows or files
	Sum     int64         // over the employees, to see that the same was read
}

// Done is what a job has gone over.
type Done struct {
	Records int
	Sum     int64
}

// Add counts a record, and does the consumer's work once in a while.
func (d *Done) Add(employees int, job Job) {
	d.Records++
	d.Sum += int64(employees)
	if job.Work > 0 && d.Records%2000 == 0 {
		time.Sleep(job.Work)
	}
}

// begun is when the clock began to run, in nanoseconds of Unix time.
var begun atomic.Int64

// FromResults is a transport that starts the clock anew with the first request
// for a bulk result, so that the pauses before are nobody's: how soon a client
// asks for its job is a matter of politeness, not of speed.
type FromResults struct{ http.RoundTripper }

// RoundTrip sends a request.
func (t FromResults) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.Contains(r.URL.Path, "/results") && once.CompareAndSwap(false, true) {
		begun.Store(time.Now().UnixNano())
	}
	return t.RoundTripper.RoundTrip(r)
}

var once atomic.Bool

// Main runs the client: prepare logs in and returns what is to be measured.
func Main(prepare func(Job) (func() (Done, error), error)) {
	if err := run(prepare); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(prepare func(Job) (func() (Done, error), error)) error {
	var job Job
	if len(os.Args) != 2 {
		return fmt.Errorf("measure: want one argument, a job in JSON")
	}
	if err := json.Unmarshal([]byte(os.Args[1]), &job); err != nil {
		return fmt.Errorf("measure: read the job: %w", err)
	}
	work, err := prepare(job)
	if err != nil {
		return err
	}
	result, err := measured(work)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}

func measured(work func() (Done, error)) (Result, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	base, cpu := peak(), cpuTime()
	begun.Store(time.Now().UnixNano())
	done, err := work()
	if err != nil {
		return Result{}, err
	}
	r := Result{
		Wall: time.Since(time.Unix(0, begun.Load())), CPU: cpuTime() - cpu,
		Base: base, Peak: peak(), Records: done.Records, Sum: done.Sum,
	}
	runtime.ReadMemStats(&after)
	r.Mallocs = int64(after.Mallocs - before.Mallocs)
	return r, nil
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peak is the largest resident memory so far, 0 where the system does not
// tell. What getrusage says includes the process that began this one.
func peak() int64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	kilobytes, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, _ := strconv.ParseInt(kilobytes, 10, 64)
	return n << 10
}
