// Command rawcopy moves the bytes of a job, and does nothing with them: what
// the transport alone takes.
package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"

	"github.com/sfbridge/sfbridge/internal/bench/measure"
	"github.com/sfbridge/sfbridge/internal/bench/wire"
)

const base = "/services/data/v" + wire.Version

func main() { measure.Main(prepare) }

func prepare(job measure.Job) (func() (measure.Done, error), error) {
	works := map[string]func(measure.Job) (measure.Done, error){
		"query":    query,
		"bulk":     func(job measure.Job) (measure.Done, error) { return bulk(job, io.Discard) },
		"bulkfile": bulkFile,
		"upload":   upload,
	}
	work, ok := works[job.Operation]
	if !ok {
		return nil, fmt.Errorf("rawcopy: no operation %q", job.Operation)
	}
	return func() (measure.Done, error) { return work(job) }, nil
}

// query knows the addresses of the pages, as it does not read them.
func query(job measure.Job) (done measure.Done, err error) {
	path := base + "/query?q=SELECT"
	for done.Records < job.Records {
		if _, err := fetch(job.URL+path, io.Discard); err != nil {
			return done, err
		}
		done.Records = min(done.Records+2000, job.Records)
		path = base + "/query/01gRM000000bench-" + strconv.Itoa(done.Records)
	}
	return done, nil
}

func bulk(job measure.Job, w io.Writer) (done measure.Done, err error) {
	for locator := ""; locator != "null"; {
		header, err := fetch(job.URL+base+"/jobs/query/750RM0000000001/results?locator="+locator, w)
		if err != nil {
			return done, err
		}
		n, err := strconv.Atoi(header.Get("Sforce-NumberOfRecords"))
		if err != nil {
			return done, err
		}
		done.Records += n
		locator = header.Get("Sforce-Locator")
	}
	return done, nil
}

func bulkFile(job measure.Job) (done measure.Done, err error) {
	f, err := os.Create(job.File)
	if err != nil {
		return done, err
	}
	done, err = bulk(job, f)
	return done, errors.Join(err, f.Close())
}

func fetch(address string, w io.Writer) (h http.Header, err error) {
	resp, err := http.Get(address) //nolint:noctx,gosec // its own server
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	_, err = io.Copy(w, resp.Body)
	return resp.Header, err
}

func upload(job measure.Job) (done measure.Done, err error) {
	f, err := os.Open(job.File)
	if err != nil {
		return done, err
	}
	resp, err := http.Post(job.URL+base+"/sobjects/ContentVersion", "application/octet-stream", f) //nolint:noctx,gosec // its own server
	if err != nil {
		return done, err
	}
	done.Records = 1
	return done, resp.Body.Close()
}
