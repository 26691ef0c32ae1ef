// Command sfbridge does a job with this module's client.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"time"

	"github.com/sfbridge/sfbridge/internal/bench/measure"
	"github.com/sfbridge/sfbridge/internal/bench/wire"
	"github.com/sfbridge/sfbridge/salesforce"
)

type account struct {
	ID        salesforce.ID       `json:"Id"`
	Name      string              `json:"Name"`
	Number    string              `json:"AccountNumber"`
	Type      string              `json:"Type"`
	Industry  string              `json:"Industry"`
	Street    string              `json:"BillingStreet"`
	City      string              `json:"BillingCity"`
	State     string              `json:"BillingState"`
	Zip       string              `json:"BillingPostalCode"`
	Country   string              `json:"BillingCountry"`
	Phone     string              `json:"Phone"`
	Website   string              `json:"Website"`
	Revenue   float64             `json:"AnnualRevenue"`
	Employees int                 `json:"NumberOfEmployees"`
	Score     *float64            `json:"Score__c"`
	Active    bool                `json:"Active__c"`
	Since     salesforce.Date     `json:"Since__c"`
	Created   salesforce.DateTime `json:"CreatedDate"`
	Changed   salesforce.DateTime `json:"LastModifiedDate"`
	Owner     struct{ Name string }
}

type row struct {
	ID        salesforce.ID       `json:"Id"`
	Name      string              `json:"Name"`
	Number    string              `json:"AccountNumber"`
	Phone     string              `json:"Phone"`
	City      string              `json:"BillingCity"`
	Revenue   float64             `json:"AnnualRevenue"`
	Employees int                 `json:"NumberOfEmployees"`
	Changed   salesforce.DateTime `json:"LastModifiedDate"`
}

type lead struct {
	FirstName string  `json:"FirstName"`
	LastName  string  `json:"LastName"`
	Company   string  `json:"Company"`
	Email     string  `json:"Email"`
	Phone     string  `json:"Phone"`
	City      string  `json:"City"`
	Revenue   float64 `json:"AnnualRevenue"`
	Employees int     `json:"NumberOfEmployees"`
}

const soql = "SELECT 20 fields FROM Account"

func main() { measure.Main(prepare) }

func prepare(job measure.Job) (func() (measure.Done, error), error) {
	cfg := salesforce.Config{
		Auth:    salesforce.StaticToken{AccessToken: "TOKEN", InstanceURL: job.URL},
		Version: wire.Version,
		Retry:   salesforce.Retry{MinWait: time.Millisecond},
	}
	if job.Operation == "bulk" || job.Operation == "bulkfile" {
		cfg.HTTPClient = &http.Client{Transport: measure.FromResults{RoundTripper: http.DefaultTransport.(*http.Transport).Clone()}}
	}
	c, err := salesforce.New(cfg)
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	if _, err := c.Session(ctx); err != nil {
		return nil, err
	}
	work, ok := operations[job.Operation]
	if !ok {
		return nil, fmt.Errorf("sfbridge: no operation %q", job.Operation)
	}
	return func() (measure.Done, error) { return work(ctx, c, job) }, nil
}

var operations = map[string]func(context.Context, *salesforce.Client, measure.Job) (measure.Done, error){
	"query":    query,
	"collect":  collect,
	"bulk":     bulk,
	"bulkfile": bulkFile,
	"insert":   insert,
	"upload":   upload,
}

func query(ctx context.Context, c *salesforce.Client, job measure.Job) (done measure.Done, err error) {
	for a, err := range salesforce.Query[account](ctx, c, soql, &salesforce.QueryOptions{NoPrefetch: job.NoPrefetch}) {
		if err != nil {
			return done, err
		}
		done.Add(a.Employees, job)
	}
	return done, nil
}

func collect(ctx context.Context, c *salesforce.Client, job measure.Job) (done measure.Done, err error) {
	all, err := salesforce.CollectQuery[account](ctx, c, soql, nil)
	for i := range all {
		done.Add(all[i].Employees, job)
	}
	return done, err
}

// poll asks for the job at once: the clock begins to run later.
var poll = salesforce.Poll{First: time.Millisecond}

func bulk(ctx context.Context, c *salesforce.Client, job measure.Job) (done measure.Done, err error) {
	for r, err := range salesforce.BulkQuery[row](ctx, c, soql, &salesforce.BulkQueryOptions{Poll: poll, InFlight: job.InFlight}) {
		if err != nil {
			return done, err
		}
		done.Add(r.Employees, job)
	}
	return done, nil
}

func bulkFile(ctx context.Context, c *salesforce.Client, job measure.Job) (done measure.Done, err error) {
	f, err := os.Create(job.File)
	if err != nil {
		return done, err
	}
	n, err := c.BulkQueryCSV(ctx, f, soql, &salesforce.BulkQueryOptions{Poll: poll, InFlight: job.InFlight})
	done.Records = int(n)
	return done, errors.Join(err, f.Close())
}

func leads(n int) iter.Seq[lead] {
	return func(yield func(lead) bool) {
		for i := range n {
			l := lead{
				FirstName: "Ada", LastName: fmt.Sprintf("Lovelace %d", i), Company: "Analytical Engines & Co.", Email: fmt.Sprintf("ada%d@example.com", i),
				Phone: "+44 20 7946 0000", City: "London", Revenue: float64(i) + 0.5, Employees: i % 5000,
			}
			if !yield(l) {
				return
			}
		}
	}
}

func insert(ctx context.Context, c *salesforce.Client, job measure.Job) (done measure.Done, err error) {
	for r, err := range salesforce.CreateAll(ctx, c, "Lead", leads(job.Records), &salesforce.CollectionOptions{InFlight: job.InFlight}) {
		if err := errors.Join(err, r.Err); err != nil {
			return done, err
		}
		done.Records++
	}
	return done, nil
}

func upload(ctx context.Context, c *salesforce.Client, job measure.Job) (done measure.Done, err error) {
	info, err := os.Stat(job.File)
	if err != nil {
		return done, err
	}
	file := salesforce.File{Name: "plan.pdf", Size: info.Size(), Open: func() (io.ReadCloser, error) { return os.Open(job.File) }}
	_, err = c.Upload(ctx, file, &salesforce.UploadOptions{ForceMultipart: job.Multipart})
	done.Records = 1
	return done, err
}
