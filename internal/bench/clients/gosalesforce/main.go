// Command gosalesforce does a job with github.com/k-capehart/go-salesforce.
package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/k-capehart/go-salesforce/v3"

	"github.com/sfbridge/sfbridge/internal/bench/measure"
	"github.com/sfbridge/sfbridge/internal/bench/wire"
)

// account leaves dates as text, since the client can read none of the three.
type account struct {
	ID                string `salesforce:"Id"`
	Name              string
	AccountNumber     string
	Type              string
	Industry          string
	BillingStreet     string
	BillingCity       string
	BillingState      string
	BillingPostalCode string
	BillingCountry    string
	Phone             string
	Website           string
	AnnualRevenue     float64
	NumberOfEmployees int
	Score             *float64 `salesforce:"Score__c"`
	Active            bool     `salesforce:"Active__c"`
	Since             string   `salesforce:"Since__c"`
	CreatedDate       string
	LastModifiedDate  string
	Owner             struct{ Name string }
}

type row struct {
	ID        string    `csv:"Id"`
	Name      string    `csv:"Name"`
	Number    string    `csv:"AccountNumber"`
	Phone     string    `csv:"Phone"`
	City      string    `csv:"BillingCity"`
	Revenue   float64   `csv:"AnnualRevenue"`
	Employees int       `csv:"NumberOfEmployees"`
	Changed   time.Time `csv:"LastModifiedDate"`
}

type lead struct {
	FirstName         string
	LastName          string
	Company           string
	Email             string
	Phone             string
	City              string
	AnnualRevenue     float64
	NumberOfEmployees int
}

const soql = "SELECT 20 fields FROM Account"

func main() { measure.Main(prepare) }

func prepare(job measure.Job) (func() (measure.Done, error), error) {
	sf, err := salesforce.Init(
		salesforce.Creds{Domain: job.URL, AccessToken: "TOKEN"},
		salesforce.WithAPIVersion("v"+wire.Version),
		salesforce.WithRoundTripper(measure.FromResults{RoundTripper: http.DefaultTransport.(*http.Transport).Clone()}),
	)
	if err != nil {
		return nil, err
	}
	work, ok := operations[job.Operation]
	if !ok {
		return nil, fmt.Errorf("gosalesforce: no operation %q", job.Operation)
	}
	return func() (measure.Done, error) { return work(sf, job) }, nil
}

var operations = map[string]func(*salesforce.Salesforce, measure.Job) (measure.Done, error){
	"query":    query,
	"bulk":     bulk,
	"bulkfile": bulkFile,
	"insert":   insert,
	"upload":   upload,
}

func query(sf *salesforce.Salesforce, job measure.Job) (done measure.Done, err error) {
	var all []account
	err = sf.Query(soql, &all)
	for i := range all {
		done.Add(all[i].NumberOfEmployees, job)
	}
	return done, err
}

func bulk(sf *salesforce.Salesforce, job measure.Job) (done measure.Done, err error) {
	parts, err := sf.QueryBulkIterator(soql)
	if err != nil {
		return done, err
	}
	for parts.Next() {
		var rows []row
		if err := parts.Decode(&rows); err != nil {
			return done, err
		}
		for i := range rows {
			done.Add(rows[i].Employees, job)
		}
	}
	return done, parts.Error()
}

// bulkFile trusts the client that all rows are there, as it does not tell.
func bulkFile(sf *salesforce.Salesforce, job measure.Job) (done measure.Done, err error) {
	done.Records = job.Records
	return done, sf.QueryBulkExport(soql, job.File)
}

func insert(sf *salesforce.Salesforce, job measure.Job) (done measure.Done, err error) {
	leads := make([]lead, job.Records)
	for i := range leads {
		leads[i] = lead{
			FirstName: "Ada", LastName: fmt.Sprintf("Lovelace %d", i), Company: "Analytical Engines & Co.", Email: fmt.Sprintf("ada%d@example.com", i),
			Phone: "+44 20 7946 0000", City: "London", AnnualRevenue: float64(i) + 0.5, NumberOfEmployees: i % 5000,
		}
	}
	results, err := sf.InsertCollection("Lead", leads, 200)
	if err == nil && results.HasSalesforceErrors {
		err = errors.New("gosalesforce: a record was refused")
	}
	done.Records = len(results.Results)
	return done, err
}

func upload(sf *salesforce.Salesforce, job measure.Job) (done measure.Done, err error) {
	data, err := os.ReadFile(job.File)
	if err != nil {
		return done, err
	}
	result, err := sf.InsertOne("ContentVersion", map[string]any{
		"Title": "plan", "PathOnClient": "plan.pdf", "VersionData": base64.StdEncoding.EncodeToString(data),
	})
	if err == nil && !result.Success {
		err = errors.New("gosalesforce: the file was refused")
	}
	done.Records = 1
	return done, err
}
