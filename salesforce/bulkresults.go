package salesforce

import (
	"context"
	"errors"
	"iter"
	"strings"
)

// IngestedRow is a row of a job with what became of it.
type IngestedRow struct {
	// ID is the record's, "" when the row failed or was not processed.
	ID ID
	// Created is true for a record that did not exist before.
	Created bool
	// Err is what is wrong with the row, an *Error, or nil.
	Err error
	// Cells are the row as it was sent, by the names of its columns.
	Cells map[string]string
}

// IngestResults yields the rows of an ingest job, waiting for its end first: for
// a program that was stopped while [BulkIngest] was at work and has kept the
// job's id, which Ingest.Progress tells. The rows come in no particular order:
// first those that were written, then those that failed, then those that a job
// which did not come to its end left alone. Salesforce keeps them for seven
// days.
//
// See "Get Job Successful Record Results" in the Bulk API 2.0 Developer Guide.
func (c *Client) IngestResults(ctx context.Context, id ID, poll Poll) iter.Seq2[IngestedRow, error] {
	op := "results of ingest job " + string(id)
	return func(yield func(IngestedRow, error) bool) {
		var j Job
		err := poll.validate(op)
		if err == nil {
			j, err = c.endedJob(ctx, op, ingestJobs, id, poll, nil)
		}
		for _, list := range resultLists {
			if err != nil {
				break
			}
			var header []string
			err = c.readResults(ctx, op, id, list.name, func(names []string) error {
				if header = names; len(header) < list.extra {
					return errors.New("the results have no columns of Salesforce's own")
				}
				return nil
			}, func(cells []string) bool {
				r := list.read(op, j, cells)
				row := IngestedRow{ID: r.ID, Created: r.Created, Err: r.Err, Cells: map[string]string{}}
				for i, name := range header[list.extra:] {
					row.Cells[name] = cells[list.extra+i]
				}
				return yield(row, nil)
			})
		}
		if err != nil && !isLeft(err) {
			yield(IngestedRow{}, err)
		}
	}
}

// resultList is one of the lists in which a job tells what became of its rows.
// Its first columns, extra of them, are Salesforce's own.
type resultList struct {
	name  string
	extra int
	read  func(op string, j Job, cells []string) Result
}

// resultLists are all of them.
var resultLists = []resultList{
	{"successfulResults", 2, func(_ string, _ Job, cells []string) Result {
		id, err := exactID(cells[0])
		if err != nil {
			id = ID(cells[0])
		}
		return Result{ID: id, Created: strings.EqualFold(cells[1], "true")}
	}},
	{"failedResults", 2, func(op string, _ Job, cells []string) Result { return Result{Err: rowFault(op, cells[1])} }},
	{"unprocessedrecords", 0, func(op string, j Job, _ []string) Result { return Result{Err: notProcessed(op, j)} }},
}
