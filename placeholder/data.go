package placeholder

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Data gives the built-in placeholders their values; [BuiltIn] lists them. A
// detail that is not given expands to nothing; a name that is not built in and
// not in Custom is unknown.
type Data struct {
	// Date is the document's own date.
	Date time.Time
	// Zone is where the date is read: the zone of the person who made the
	// document. Defaults to the zone that Date carries.
	Zone *time.Location
	// DateLayout is how %date% prints, as [Layout] reads it. Defaults to
	// "1/2/06", which gives 5/23/19.
	DateLayout string

	Customer Person
	Spouse   Person // the customer's; its Phone and Email are not used
	Address  Address
	User     User // the rep
	Company  Company
	Estimate Estimate

	// Custom holds the company's own placeholders: name, without per cent
	// signs, to replacement. They win over built-in ones.
	Custom map[string]string

	// Random is where random numbers come from, eight bytes each. If it
	// fails, so does the expansion. Defaults to crypto/rand.
	Random io.Reader
}

// Address is a postal address in the United States.
type Address struct {
	Street string // may have several lines; they are joined by ", "
	City   string
	State  string // abbreviated (OH) or spelled out (Ohio)
	Zip    string
}

// User is the person who uses the host's app.
type User struct {
	Person
	Identifier string // the user's unique identifier, such as a Staff record id
	License    string // the user's own licence number
}

// Company is the company that the user works for.
type Company struct {
	// Licenses maps a state, abbreviated or spelled out, to the company's
	// licence number there. The key "" stands for every other state.
	Licenses map[string]string
}

// Estimate is what the customer was offered.
type Estimate struct {
	Name      string
	TotalName string              // the name of the total that was picked
	Total     decimal.NullDecimal // printed without currency sign, rounded to cents
}

// Value implements [Values].
func (d Data) Value(name string) (string, error) {
	if text, ok := d.Custom[name]; ok {
		return text, nil
	}
	b, ok := builtInByName[name]
	switch {
	case !ok:
		return "", ErrUnknown
	case b.digits > 0:
		return d.random(b.digits)
	case b.layout != "":
		return d.date(b.layout), nil
	case b.text != nil:
		return b.text(d), nil
	case d.DateLayout == "":
		return d.date(defaultLayout), nil
	}
	layout, err := Layout(d.DateLayout)
	return d.date(layout), err
}

// Names returns the names that d knows, sorted.
func (d Data) Names() []string {
	names := slices.Collect(maps.Keys(d.Custom))
	for i := range builtIns {
		names = append(names, builtIns[i].Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (d *Data) date(layout string) string {
	switch {
	case d.Date.IsZero():
		return ""
	case d.Zone != nil:
		return d.Date.In(d.Zone).Format(layout)
	default:
		return d.Date.Format(layout)
	}
}

// random draws a number of that many digits. Ten digits of 64 random bits are
// even to one part in a thousand million.
func (d *Data) random(digits int) (string, error) {
	source := d.Random
	if source == nil {
		source = rand.Reader
	}
	var b [8]byte
	if _, err := io.ReadFull(source, b[:]); err != nil {
		return "", fmt.Errorf("no random number: %w", err)
	}
	text := fmt.Sprintf("%020d", binary.BigEndian.Uint64(b[:]))
	return text[len(text)-digits:], nil
}

func (a Address) street() string {
	return join(", ", strings.FieldsFunc(a.Street, func(r rune) bool { return r == '\n' || r == '\r' })...)
}

func (a Address) line2() string { return join(" ", a.City, stateCode(a.State), a.Zip) }

func (a Address) full() string {
	return join(", ", a.street(), a.City, stateCode(a.State), a.Zip)
}

func (c Company) license(state string) string {
	for _, key := range []string{state, stateCode(state), stateName(state)} {
		if number, ok := c.Licenses[key]; ok {
			return number
		}
	}
	return c.Licenses[""]
}

func (e Estimate) total(places int32) string {
	if !e.Total.Valid {
		return ""
	}
	return e.Total.Decimal.StringFixed(places)
}

// join joins the parts that are not blank, each without outer blanks.
func join(sep string, parts ...string) string {
	var kept []string
	for _, part := range parts {
		if part = strings.TrimSpace(part); part != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, sep)
}
