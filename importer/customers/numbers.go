package customers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/sfbridge/sfbridge/importer"
	"github.com/sfbridge/sfbridge/internal/nearest"
	"github.com/sfbridge/sfbridge/mapping"
	"github.com/sfbridge/sfbridge/salesforce"
)

// Numbers says what becomes of an account whose number, the target
// TargetNumber, is not as a customer number should be. What was found is
// reported with the record in any case.
type Numbers struct {
	// Missing is for an account without a number: TakeNumber leaves the customer
	// without one, too, KeepNumber leaves it the number that it has in the host,
	// and RefuseRecord skips the account until it has one. Defaults to
	// TakeNumber.
	Missing NumberPolicy `json:"missing,omitempty" yaml:"missing,omitempty"`
	// Duplicate is for an account whose number another customer has, who may be
	// inactive or the host's own: TakeNumber gives it to both, KeepNumber leaves
	// it to the other, and RefuseRecord makes the account a dead letter until one
	// of them has another. The accounts of a page are looked for in the host at
	// once, over an index, which costs no call of Salesforce: with TakeNumber
	// those that are new or have changed, with the others all. With a sink that is
	// no importer.Finder, TakeNumber sees only duplicates within a page, and the
	// others do not work. IgnoreNumber does not look. Defaults to TakeNumber.
	Duplicate NumberPolicy `json:"duplicate,omitempty" yaml:"duplicate,omitempty"`
	// Changed is for a linked account whose number is another one than the
	// customer's: TakeNumber takes it over, KeepNumber leaves the customer the
	// number that is on its invoices, and RefuseRecord makes the account a dead
	// letter. The last two need a sink that is an importer.Finder, and one more
	// statement for each page. Defaults to TakeNumber.
	Changed NumberPolicy `json:"changed,omitempty" yaml:"changed,omitempty"`
}

// NumberPolicy is what to do about a customer number.
type NumberPolicy string

// The policies; see Numbers for what each means there.
const (
	TakeNumber   NumberPolicy = "take"
	KeepNumber   NumberPolicy = "keep"
	RefuseRecord NumberPolicy = "refuse"
	IgnoreNumber NumberPolicy = "ignore" // for Duplicate alone
)

// UnmarshalText reads one of the constants, and refuses any other text.
func (p *NumberPolicy) UnmarshalText(text []byte) error {
	return nearest.OneOf(p, text, "number policy", []NumberPolicy{TakeNumber, KeepNumber, RefuseRecord, IgnoreNumber})
}

func (n Numbers) withDefaults() Numbers {
	return Numbers{cmp.Or(n.Missing, TakeNumber), cmp.Or(n.Duplicate, TakeNumber), cmp.Or(n.Changed, TakeNumber)}
}

func (n Numbers) faults(rule *mapping.Rule) (faults []error) {
	for _, policy := range []NumberPolicy{n.Missing, n.Duplicate, n.Changed} {
		if err := policy.UnmarshalText([]byte(policy)); err != nil {
			faults = append(faults, err)
		}
	}
	if n.Missing == IgnoreNumber || n.Changed == IgnoreNumber {
		faults = append(faults, fmt.Errorf("only duplicate takes %q", IgnoreNumber))
	}
	if rule == nil && n != (Numbers{}).withDefaults() {
		faults = append(faults, errors.New("no rule of customers has the target number: add one, or remove numbers"))
	}
	return faults
}

// numbering looks after the customer numbers of accounts.
type numbering struct {
	Numbers
	matching bool // a customer of the host's own with an equal number is linked
}

// A numbered is an account with a number on its way into the host.
type numbered struct {
	*importer.Draft
	number string
}

// refine is the importer.Object's.
func (n numbering) refine(ctx context.Context, page *importer.Page) error {
	if n.needsFinder() && !page.CanFind() {
		return fmt.Errorf("customers: the policies for numbers, %q for duplicate and %q for changed ones, need a sink that is an importer.Finder", n.Duplicate, n.Changed)
	}
	var drafts []numbered
	for _, d := range page.Drafts {
		switch value, given := d.Values.Get(TargetNumber); {
		case !given: // hidden, or not convertible: the host keeps what it has
		case value == nil:
			n.missing(d)
		default:
			drafts = append(drafts, numbered{d, fmt.Sprint(value)})
		}
	}
	drafts, err := n.changed(ctx, page, drafts)
	if err != nil || n.Duplicate == IgnoreNumber || len(drafts) == 0 {
		return err
	}
	return n.duplicates(ctx, page, drafts)
}

// needsFinder reports whether a policy depends on what other customers have.
func (n numbering) needsFinder() bool {
	return n.Changed != TakeNumber || n.Duplicate == KeepNumber || n.Duplicate == RefuseRecord
}

func (n numbering) missing(d *importer.Draft) {
	const what = "it has no customer number"
	switch n.Missing {
	case TakeNumber:
		d.Notes = append(d.Notes, what)
	case KeepNumber:
		keep(d, what)
	default:
		d.Skip = what
	}
}

// keep leaves the customer the number that it has.
func keep(d *importer.Draft, what string) {
	d.Values = d.Values.Without(TargetNumber)
	d.Notes = append(d.Notes, what+": the host's stays")
}

// changed deals with linked accounts whose number is not the customer's, and
// returns the drafts that bring their number.
func (n numbering) changed(ctx context.Context, page *importer.Page, drafts []numbered) ([]numbered, error) {
	var linked []salesforce.ID
	for _, d := range drafts {
		if d.HostID != "" {
			linked = append(linked, d.Record.ID())
		}
	}
	if n.Changed == TakeNumber || len(linked) == 0 { // the report tells the old and the new one
		return drafts, nil
	}
	found, err := page.Find(ctx, importer.Lookup{Kind: KindCustomer, Field: TargetNumber, IDs: linked})
	if err != nil {
		return nil, err
	}
	had := map[salesforce.ID]string{}
	for _, f := range found {
		had[f.ID] = f.Value
	}
	var bring []numbered
	for _, d := range drafts {
		old := had[d.Record.ID()]
		what := fmt.Sprintf("its customer number has changed from %s to %s", old, d.number)
		switch {
		case old == "" || old == d.number:
			bring = append(bring, d)
		case n.Changed == KeepNumber:
			d.Values = d.Values.Without(TargetNumber)
			d.Warnings = append(d.Warnings, what+": the host's stays")
		default:
			d.Err = errors.New(what)
		}
	}
	return bring, nil
}

// duplicates deals with drafts whose number belongs to another customer.
func (n numbering) duplicates(ctx context.Context, page *importer.Page, drafts []numbered) error {
	here := map[salesforce.ID]string{}
	for _, d := range drafts {
		here[d.Record.ID()] = d.number
	}
	if n.Duplicate == TakeNumber { // what the host has already was looked at when it came
		drafts = slices.DeleteFunc(drafts, func(d numbered) bool { return !d.Changed })
	}
	numbers := make([]string, len(drafts))
	for i, d := range drafts {
		numbers[i] = d.number
	}
	found, err := page.Find(ctx, importer.Lookup{Kind: KindCustomer, Field: TargetNumber, Values: numbers})
	if err != nil {
		return err
	}
	holders := n.holders(found, here)
	for _, d := range drafts {
		holder, taken := holders[d.number]
		if !taken {
			holders[d.number] = importer.Found{ID: d.Record.ID()}
		}
		if taken && holder.ID != d.Record.ID() {
			n.duplicate(d, holder)
		}
	}
	return nil
}

// holders tells to which customer of the host each number belongs: of several
// to the first. One that is about to get another number has none, and neither
// has the only one of the host's own, which is linked to the account.
func (n numbering) holders(found []importer.Found, here map[salesforce.ID]string) map[string]importer.Found {
	own := map[string]int{}
	for _, f := range found {
		if f.ID == "" {
			own[f.Value]++
		}
	}
	holders := map[string]importer.Found{}
	for _, f := range found {
		next, moving := here[f.ID]
		switch first, taken := holders[f.Value]; {
		case moving && next != f.Value:
		case f.ID == "" && n.matching && own[f.Value] == 1:
		case !taken || f.ID < first.ID:
			holders[f.Value] = f
		}
	}
	return holders
}

func (n numbering) duplicate(d numbered, holder importer.Found) {
	whose := "account " + string(holder.ID)
	if holder.HostID != "" {
		whose = "customer " + holder.HostID
	}
	what := fmt.Sprintf("its customer number %s is also that of %s", d.number, whose)
	switch n.Duplicate {
	case TakeNumber:
		d.Notes = append(d.Notes, what)
	case KeepNumber:
		d.Values = d.Values.Without(TargetNumber)
		d.Warnings = append(d.Warnings, what+", who keeps it")
	default:
		d.Err = errors.New(what)
	}
}
