package salesforce

import (
	"context"
	"net/url"
	"time"
)

// Updated lists the records that were created or changed in a span of time.
type Updated struct {
	IDs []ID
	// LatestDateCovered is how far the answer reaches: the beginning of the
	// oldest transaction still open, or the end of the span. The next span
	// begins here.
	LatestDateCovered time.Time
}

// Deleted lists the records that were deleted in a span of time.
type Deleted struct {
	Records []DeletedRecord
	// EarliestDateAvailable is how far back Salesforce knows of deletions; a
	// span that begins before it misses some.
	EarliestDateAvailable time.Time
	// LatestDateCovered is how far the answer reaches, as in [Updated].
	LatestDateCovered time.Time
}

// DeletedRecord is a record that was deleted.
type DeletedRecord struct {
	ID          ID
	DeletedDate time.Time
}

// Updated returns the ids of the records of an object that changed from start
// on and before end, seconds being dropped from both. The span may begin up to
// 30 days ago and must be longer than a minute. The error matches
// [ErrTooLarge] for more than 600,000 ids.
//
// See "sObject Get Updated" in the REST API Developer Guide.
func (c *Client) Updated(ctx context.Context, object string, start, end time.Time) (Updated, error) {
	var answer struct {
		IDs     []ID     `json:"ids"`
		Covered DateTime `json:"latestDateCovered"`
	}
	err := c.replicate(ctx, "updated", object, start, end, &answer)
	return Updated{IDs: answer.IDs, LatestDateCovered: answer.Covered.Time}, err
}

// Deleted returns the records of an object that were deleted from start on and
// before end and that the user could see, seconds being dropped from both. The
// span may begin up to 15 days ago and must be longer than a minute.
//
// See "sObject Get Deleted" in the REST API Developer Guide.
func (c *Client) Deleted(ctx context.Context, object string, start, end time.Time) (Deleted, error) {
	var answer struct {
		Records []struct {
			ID          ID       `json:"id"`
			DeletedDate DateTime `json:"deletedDate"`
		} `json:"deletedRecords"`
		Earliest DateTime `json:"earliestDateAvailable"`
		Covered  DateTime `json:"latestDateCovered"`
	}
	if err := c.replicate(ctx, "deleted", object, start, end, &answer); err != nil {
		return Deleted{}, err
	}
	d := Deleted{EarliestDateAvailable: answer.Earliest.Time, LatestDateCovered: answer.Covered.Time}
	for _, r := range answer.Records {
		d.Records = append(d.Records, DeletedRecord{ID: r.ID, DeletedDate: r.DeletedDate.Time})
	}
	return d, nil
}

func (c *Client) replicate(ctx context.Context, resource, object string, start, end time.Time, answer any) error {
	op := "list " + resource + " " + object
	path, err := objectPath(op, object)
	if err != nil {
		return err
	}
	if !start.Before(end) {
		return fault(op, ErrValidation, "the span ends at %s, before it begins", end.UTC().Format(time.RFC3339))
	}
	const layout = "2006-01-02T15:04:05+00:00"
	span := url.Values{"start": {start.UTC().Format(layout)}, "end": {end.UTC().Format(layout)}}
	return c.get(ctx, op, path+"/"+resource+"/?"+span.Encode(), answer)
}
