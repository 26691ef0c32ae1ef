// Package data is the org that the examples run against: an invented company's
// accounts, contacts and opportunities, its six field-sales reps and their
// appointments. Nobody and nothing in it exists.
//
// The file org.json is for the embedded org's Load, or for its command:
//
//	go run ./salesforce/salesforcetest/sforg -data examples/data/org.json
//
// It was written once, by the program in the folder generate, and committed, so
// that what the examples print stays the same.
package data

import (
	"bytes"
	_ "embed"
	"io"
	"time"
)

//go:generate go run ./generate -o org.json

//go:embed org.json
var org []byte

// Now is the moment at which the story of the examples takes place: Monday, 16
// November 2026, nine o'clock UTC. Set the org's clock to it. Appointments lie
// from seven days before to three weeks after.
var Now = time.Date(2026, time.November, 16, 9, 0, 0, 0, time.UTC)

// Org returns the content of org.json.
func Org() io.Reader { return bytes.NewReader(org) }

// Clock returns a clock that shows Now when it is made and runs from there.
func Clock() func() time.Time {
	start := time.Now()
	return func() time.Time { return Now.Add(time.Since(start)) }
}
