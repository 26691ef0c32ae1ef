package routing

import (
	"context"
	"time"

	"github.com/sfbridge/sfbridge/placeholder"
)

// A ResultsReport is what the results report of an appointment shows. What is
// empty is left out.
type ResultsReport struct {
	// Title defaults to "Appointment Results".
	Title string
	// Section is the part of the form that was filled in, such as "Sale".
	Section string
	// Details are the customer, the address and the rep. The date is that of the
	// report.
	Details placeholder.Data
	// Appointment is when it took place, printed in the zone that it carries.
	Appointment time.Time
	// Results are the answers, in the order of the form.
	Results []Answer
	// Estimate is what was offered. May be nil.
	Estimate *Estimate
	// Notes are free text, in paragraphs.
	Notes string
}

// An Answer is one row of a results form with what was chosen or typed in, as a
// person reads it.
type Answer struct {
	Title string `json:"title"`
	Value string `json:"value"`
}

// A Renderer makes the results report, as a PDF. Package routing/report has one.
type Renderer interface {
	Render(ctx context.Context, r ResultsReport) ([]byte, error)
}
