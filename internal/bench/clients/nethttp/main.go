// Command nethttp does a job as a program without a client for Salesforce does
// it: with net/http and encoding/json, page by page.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/sfbridge/sfbridge/internal/bench/measure"
	"github.com/sfbridge/sfbridge/internal/bench/wire"
)

// moment is a date/time, which is not written as time.Time reads it.
type moment time.Time

// UnmarshalText reads a date/time.
func (m *moment) UnmarshalText(text []byte) error {
	t, err := time.Parse("2006-01-02T15:04:05.000Z0700", string(text))
	*m = moment(t)
	return err
}

// day is a date.
type day time.Time

// UnmarshalText reads a date.
func (d *day) UnmarshalText(text []byte) error {
	t, err := time.Parse(time.DateOnly, string(text))
	*d = day(t)
	return err
}

type account struct {
	ID        string   `json:"Id"`
	Name      string   `json:"Name"`
	Number    string   `json:"AccountNumber"`
	Type      string   `json:"Type"`
	Industry  string   `json:"Industry"`
	Street    string   `json:"BillingStreet"`
	City      string   `json:"BillingCity"`
	State     string   `json:"BillingState"`
	Zip       string   `json:"BillingPostalCode"`
	Country   string   `json:"BillingCountry"`
	Phone     string   `json:"Phone"`
	Website   string   `json:"Website"`
	Revenue   float64  `json:"AnnualRevenue"`
	Employees int      `json:"NumberOfEmployees"`
	Score     *float64 `json:"Score__c"`
	Active    bool     `json:"Active__c"`
	Since     day      `json:"Since__c"`
	Created   moment   `json:"CreatedDate"`
	Changed   moment   `json:"LastModifiedDate"`
	Owner     struct{ Name string }
}

type page struct {
	Done    bool      `json:"done"`
	Next    string    `json:"nextRecordsUrl"`
	Records []account `json:"records"`
}

type attributes struct {
	Type string `json:"type"`
}

type lead struct {
	Attributes attributes `json:"attributes"`
	FirstName  string     `json:"FirstName"`
	LastName   string     `json:"LastName"`
	Company    string     `json:"Company"`
	Email      string     `json:"Email"`
	Phone      string     `json:"Phone"`
	City       string     `json:"City"`
	Revenue    float64    `json:"AnnualRevenue"`
	Employees  int        `json:"NumberOfEmployees"`
}

func main() {
	measure.Main(func(job measure.Job) (func() (measure.Done, error), error) {
		switch job.Operation {
		case "query":
			return func() (measure.Done, error) { return query(job) }, nil
		case "insert":
			return func() (measure.Done, error) { return insert(job) }, nil
		default:
			return nil, fmt.Errorf("nethttp: no operation %q", job.Operation)
		}
	})
}

func query(job measure.Job) (done measure.Done, err error) {
	for path := "/services/data/v" + wire.Version + "/query?q=SELECT"; path != ""; {
		var p page
		if err := exchange(http.MethodGet, job.URL+path, nil, &p); err != nil {
			return done, err
		}
		for i := range p.Records {
			done.Add(p.Records[i].Employees, job)
		}
		path = p.Next
	}
	return done, nil
}

func insert(job measure.Job) (done measure.Done, err error) {
	for done.Records < job.Records {
		chunk := make([]lead, 0, 200)
		for i := done.Records; i < min(done.Records+200, job.Records); i++ {
			chunk = append(chunk, lead{
				Attributes: attributes{"Lead"},
				FirstName:  "Ada", LastName: fmt.Sprintf("Lovelace %d", i), Company: "Analytical Engines & Co.", Email: fmt.Sprintf("ada%d@example.com", i),
				Phone: "+44 20 7946 0000", City: "London", Revenue: float64(i) + 0.5, Employees: i % 5000,
			})
		}
		var results []struct {
			ID      string `json:"id"`
			Success bool   `json:"success"`
			Errors  []any  `json:"errors"`
		}
		request := map[string]any{"allOrNone": false, "records": chunk}
		if err := exchange(http.MethodPost, job.URL+"/services/data/v"+wire.Version+"/composite/sobjects", request, &results); err != nil {
			return done, err
		}
		done.Records += len(results)
	}
	return done, nil
}

func exchange(method, address string, request, answer any) (err error) {
	body := new(bytes.Buffer)
	if request != nil {
		if err := json.NewEncoder(body).Encode(request); err != nil {
			return err
		}
	}
	req, err := http.NewRequest(method, address, body) //nolint:noctx // nobody waits for less than the end
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer TOKEN")
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if resp.StatusCode >= 300 {
		return fmt.Errorf("nethttp: %s", resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(answer)
}
