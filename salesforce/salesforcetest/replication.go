package salesforcetest

import (
	"net/http"
	"time"
)

// The furthest that replication calls look back.
const (
	updatedWindow = 30 * 24 * time.Hour
	deletedWindow = 15 * 24 * time.Hour
)

// updated answers GET /sobjects/X/updated: the ids of records created or
// changed in a span of time.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_getupdated.htm
func (c *call) updated() error {
	ob, start, end, err := c.window(updatedWindow)
	if err != nil {
		return err
	}
	defer c.reading()()
	ids := []string{}
	viewer := c.org.viewer(c.user, c.tx)
	for w := range ob.changedSince(start).all {
		if at := w.seen.stamp(); !w.seen.deleted() && !at.Before(start) && at.Before(end) && viewer.sees(w.seen) {
			ids = append(ids, w.id)
		}
	}
	writeJSON(c.w, http.StatusOK, struct {
		IDs               []string `json:"ids"`
		LatestDateCovered string   `json:"latestDateCovered"`
	}{ids, c.org.covered(end)})
	return nil
}

// deleted answers GET /sobjects/X/deleted: the records deleted in a span of
// time and not purged since.
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_getdeleted.htm
func (c *call) deleted() error {
	ob, start, end, err := c.window(deletedWindow)
	if err != nil {
		return err
	}
	defer c.reading()()
	available := c.org.Now().Add(-deletedWindow).Truncate(time.Minute)
	if ob.purged.After(available) {
		available = ob.purged.Truncate(time.Second)
	}
	if start.Before(available) {
		return refusal("INVALID_REPLICATION_DATE", "startDate before earliestDateAvailable: %s", available.Format(wireDateTime))
	}
	type deletedRecord struct {
		ID          string `json:"id"`
		DeletedDate string `json:"deletedDate"`
	}
	records := []deletedRecord{}
	rows := ob.changedSince(start)
	if c.org.opt.ChildrenKeepStamps {
		rows = ob.stamps.rows(ob.rows).span()
	}
	viewer := c.org.viewer(c.user, c.tx)
	for w := range rows.all {
		if d := w.seen.deletion; d != nil && !d.at.Before(start) && d.at.Before(end) && viewer.sees(w.seen) {
			records = append(records, deletedRecord{w.id, d.at.Format(wireDateTime)})
		}
	}
	writeJSON(c.w, http.StatusOK, struct {
		DeletedRecords        []deletedRecord `json:"deletedRecords"`
		EarliestDateAvailable string          `json:"earliestDateAvailable"`
		LatestDateCovered     string          `json:"latestDateCovered"`
	}{records, available.Format(wireDateTime), c.org.covered(end)})
	return nil
}

// changedSince is the committed rows with a stamp from a time on; a deletion
// moves the stamp.
func (ob *object) changedSince(start time.Time) rowSpan {
	list := ob.stamps.rows(ob.rows)
	s := list.span()
	s.from = list.first(func(w *row) bool { return !w.seen.stamp().Before(start) })
	return s
}

// window reads the span of time that a replication call asks for. Its seconds
// are dropped.
func (c *call) window(reach time.Duration) (ob *object, start, end time.Time, err error) {
	if ob, err = c.object(); err != nil {
		return nil, start, end, err
	}
	query := c.r.URL.Query()
	start, err = replicationDate(query.Get("start"))
	if err != nil {
		return nil, start, end, err
	}
	end, err = replicationDate(query.Get("end"))
	switch {
	case err != nil:
		return nil, start, end, err
	case end.Sub(start) <= time.Minute:
		err = refusal("INVALID_REPLICATION_DATE", "startDate must be more than one minute before endDate")
	case start.Before(c.org.Now().Add(-reach).Truncate(time.Minute)):
		err = refusal("INVALID_REPLICATION_DATE", "startDate before org replication enabled date")
	}
	return ob, start, end, err
}

func replicationDate(s string) (time.Time, error) {
	t, err := parseDateTime(s)
	if err != nil {
		return t, refusal("INVALID_REPLICATION_DATE", "invalid date: %s", s)
	}
	return t.Truncate(time.Minute), nil
}

// covered is the latestDateCovered of a call: now, or the begin of the oldest
// open transaction, whose rows nobody sees yet; never later than what was
// asked for.
func (o *Org) covered(end time.Time) string {
	latest := o.Now()
	for _, tx := range o.held {
		if tx.started.Before(latest) {
			latest = tx.started
		}
	}
	if end.Before(latest) {
		latest = end
	}
	return latest.Truncate(time.Second).Format(wireDateTime)
}
