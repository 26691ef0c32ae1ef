package report_test

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/report"
)

func ExampleRenderer_Render() {
	renderer, err := report.New(report.Config{Company: report.Company{Name: "Peak View Windows & Doors"}})
	if err != nil {
		log.Fatal(err)
	}
	document, err := renderer.Render(context.Background(), routing.ResultsReport{
		Section: "No Sale",
		Details: placeholder.Data{Customer: placeholder.Person{Name: "Larry Leap"}},
		Results: []routing.Answer{{Title: "Result", Value: "Price too high"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(bytes.HasPrefix(document, []byte("%PDF-")))

	// Output: true
}
