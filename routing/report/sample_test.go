package report_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/report"
)

func d(text string) decimal.Decimal { return decimal.RequireFromString(text) }

// sample is a sale with everything that a report can have.
func sample() routing.ResultsReport {
	denver := time.FixedZone("MDT", -6*60*60)
	return routing.ResultsReport{
		Section: "Sale",
		Details: placeholder.Data{
			Date:     time.Date(2019, 5, 23, 18, 30, 0, 0, denver),
			Customer: placeholder.Person{First: "Larry", Last: "Leap", Phone: "(303) 555-0142", Email: "larry.leap@example.com"},
			Spouse:   placeholder.Person{First: "Zoë", Last: "Leap"},
			Address:  placeholder.Address{Street: "1600 Blake Street", City: "Denver", State: "CO", Zip: "80202"},
			User:     placeholder.User{Person: placeholder.Person{Name: "Ada Łukasiewicz", Phone: "(303) 555-0199", Email: "ada@example.com"}, License: "CO-48213"},
		},
		Appointment: time.Date(2019, 5, 23, 17, 0, 0, 0, denver),
		Results: []routing.Answer{
			{Title: "Result", Value: "Demo Sold"},
			{Title: "Result detail", Value: "Sold on first visit"},
			{Title: "Products discussed", Value: "Windows, Entry door"},
			{Title: "Financing requested", Value: "Yes"},
		},
		Estimate: &routing.Estimate{
			Name: "Windows and door",
			Items: []routing.Item{
				{
					Name: "Double-hung window, white", Description: "36 × 60 in, low-E glass, argon; rooms: kitchen, living room, two bedrooms", Quantity: d("7"), Price: d("689.00"),
					Options:   []routing.Amount{{Name: "Colonial grid", Amount: d("315.00")}, {Name: "Half screen"}},
					Upcharges: []routing.Amount{{Name: "Second-floor installation", Amount: d("420.00")}},
				},
				{
					Name: "Entry door, mahogany", Description: "Fiberglass, multipoint lock", Quantity: d("1"), Price: d("2840.00"),
					Discounts: []routing.Amount{{Name: "Display model", Amount: d("340.00")}},
				},
				{Name: "Aluminum trim wrap", Quantity: d("86.5"), Unit: "ft", Price: d("9.40")},
			},
			Upcharges: []routing.Amount{{Name: "Permit and disposal", Amount: d("285.00")}},
			Discounts: []routing.Amount{{Name: "Spring promotion", Amount: d("500.00")}},
			Tax:       []routing.Amount{{Name: "Sales tax 8.81 %", Amount: d("812.37")}},
			TotalName: "Sale amount",
			Payment:   "12 monthly installments, first one due June 15",
		},
		Notes: "Customer asks for installation before the end of June.\n\nThe dog must stay outside: call when on the way.",
	}
}

// picture is a logo.
func picture(t *testing.T) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, 360, 90))
	for y := range 90 {
		for x := range 360 {
			if (x-45)*(x-45)+(y-45)*(y-45) < 1900 || (x > 110 && y > 30 && y < 60) {
				m.Set(x, y, color.NRGBA{0xC6, 0x5D, 0x21, 0xFF})
			}
		}
	}
	var out bytes.Buffer
	require.NoError(t, png.Encode(&out, m))
	return out.Bytes()
}

func renderer(t *testing.T, cfg report.Config) *report.Renderer {
	t.Helper()
	r, err := report.New(cfg)
	require.NoError(t, err)
	return r
}

var company = report.Company{
	Name: "Peak View Windows & Doors", Address: []string{"2101 Arapahoe Street", "Denver, CO 80205"},
	Phone: "(303) 555-0100", Email: "office@peakview.example", Website: "www.peakview.example", License: "231-4410",
}

// long is a sample of several pages.
func long() routing.ResultsReport {
	r := sample()
	for n := range 60 {
		r.Estimate.Items = append(r.Estimate.Items, routing.Item{
			Name: "Window " + strings.Repeat("with a long name ", n%7), Description: strings.Repeat("Описание Περιγραφή ", n%5), Price: d("1234.56"),
		})
	}
	return r
}
