package appointments

import (
	"errors"
	"fmt"
	"time"

	"github.com/sfbridge/sfbridge/soql"
)

// Window is the time whose appointments a user sees. It is counted in days of
// the user's own zone and sent as two moments, because the words of SOQL, such as
// TODAY, count in the zone of whoever is logged in, which with a shared login is
// nobody's.
type Window struct {
	// Field is the path to the date/time at which an appointment starts, such as
	// "StartDateTime". Defaults to none, and no window.
	Field string `json:"field" yaml:"field" conf:"required"`

	// Back is how many days before today belong to the window. Defaults to 0,
	// which begins with today.
	Back int `json:"daysBack,omitempty" yaml:"daysBack,omitempty"`

	// Ahead is how many days after today belong to it. Defaults to 0, which ends
	// with today.
	Ahead int `json:"daysAhead,omitempty" yaml:"daysAhead,omitempty"`
}

// maxDays bounds a window: ten years, beyond which somebody meant something
// else.
const maxDays = 3653

// validate returns every fault of the window by itself.
func (w Window) validate() error {
	if w == (Window{}) {
		return nil
	}
	var errs []error
	if w.Field == "" {
		errs = append(errs, errors.New("the window has no field: name the date/time at which appointments start"))
	} else if text, err := selecting("Event", w.Field).Text(); err != nil || text == "" {
		errs = append(errs, fmt.Errorf("the window's field %q is no field name", w.Field))
	}
	for _, days := range []int{w.Back, w.Ahead} {
		if days < 0 || days > maxDays {
			errs = append(errs, fmt.Errorf("the window has %d days, which is not in 0 to %d", days, maxDays))
		}
	}
	return errors.Join(errs...)
}

// around is the window of a user for whom it is now. Days are counted by the
// calendar: two in a year have 23 or 25 hours.
func (w Window) around(now time.Time) span {
	year, month, day := now.Date()
	midnight := func(days int) time.Time { return time.Date(year, month, day+days, 0, 0, 0, 0, now.Location()) }
	return span{midnight(-w.Back), midnight(w.Ahead + 1)}
}

// span is a time with its end left out.
type span struct{ from, to time.Time }

// narrow returns q within the window, or within the time that is asked for
// instead. It leaves q as it is.
func (w Window) narrow(q *soql.Query, zone *time.Location, now time.Time, instead *span) (*soql.Query, error) {
	if w.Field == "" && instead != nil {
		return nil, errors.New("no Window.Field is configured, so nothing says when an appointment starts")
	}
	if w.Field == "" {
		return q, nil
	}
	at := instead
	if at == nil {
		at = new(w.around(now.In(zone)))
	}
	narrowed := *q
	narrowed.Where = soql.And(q.Where, soql.Ge(w.Field, at.from.UTC()), soql.Lt(w.Field, at.to.UTC()))
	return &narrowed, nil
}

// selecting is a query that selects one path and nothing else.
func selecting(object, path string) *soql.Query {
	return &soql.Query{Select: soql.Fields(path), From: soql.From{Object: object}}
}
