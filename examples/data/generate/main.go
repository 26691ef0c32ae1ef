// Command generate writes examples/data/org.json, the records that the examples
// run against. It always writes the same: its random numbers come from a fixed
// seed, and all its dates are counted from [data.Now].
//
//	go generate ./examples/data
//
// The records are as a company has them after some years: umlauts, Polish and
// Greek letters, Chinese, Japanese, Korean, emoji; account numbers that are
// missing, given twice, or as long as Salesforce lets them be; streets of three
// lines; HTML in remarks; web sites with and without a scheme; contacts without
// an account and opportunities without an amount. All of them are invented,
// addresses of mail and web end in .example or example.com, and nobody answers
// at the phone numbers.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
)

func main() {
	out := flag.String("o", "examples/data/org.json", "`file` to write")
	flag.Parse()
	if err := os.WriteFile(*out, generate(), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// generate returns the whole file. The order is that of first use: what a
// record points to stands above it.
func generate() []byte {
	g := &generator{rng: rand.New(rand.NewPCG(2026, 11)), taken: map[string]bool{}}
	accounts := g.accounts()
	prospects := g.prospects()
	return encode([]table{
		{"sobjects", schema()},
		{"User", users()},
		{"Account", records(accounts)},
		{"Contact", g.contacts(accounts)},
		{"Opportunity", g.opportunities(accounts)},
		{"i360__Staff__c", staff()},
		{"i360__Prospect__c", prospectRecords(prospects)},
		{"i360__Appointment__c", g.appointments(prospects)},
	})
}

// generator is the dice, and what may not be thrown twice.
type generator struct {
	rng   *rand.Rand
	taken map[string]bool
}

// pick returns one of list.
func pick[T any](g *generator, list []T) T { return list[g.rng.IntN(len(list))] }

// chance is true in so many of a hundred cases.
func (g *generator) chance(percent int) bool { return g.rng.IntN(100) < percent }

// fresh throws until the result was not there before.
func (g *generator) fresh(throw func() string) string {
	for {
		if s := throw(); !g.taken[s] {
			g.taken[s] = true
			return s
		}
	}
}

// number fills in the last digits of a phone number.
func (g *generator) number(format string) string { return fmt.Sprintf(format, g.rng.IntN(100)) }
