package placeholder

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Data gives the built-in placeholders their values. A detail that is not given
// expands to nothing; a name that is not built in and not in Custom is unknown.
//
//	%date%                        the date in DateLayout: 5/23/19
//	%year% %month% %day%          2019, 05, 23
//	%monthName% %monthNameAbbv%   September, Sep
//	%weekday% %weekdayAbbv%       Friday, Fri
//	%customerName% %customerNameFirst% %customerNameLast%
//	%customerPhone% %customerEmail%
//	%customerSpouseName% %customerSpouseNameFirst% %customerSpouseNameLast%
//	%customerAddressFull%         1 Elm St, Columbus, OH, 43004
//	%customerAddressLine1%        1 Elm St
//	%customerAddressLine2%        Columbus OH 43004
//	%customerAddressCity% %customerAddressZip%
//	%customerAddressState%        OH
//	%customerAddressStateFull%    Ohio
//	%usersName% %usersNameFirst% %usersNameLast%
//	%usersPhone% %userEmail% %userIdentifier% %usersLicense%
//	%stateLicense%                the company's licence in the customer's state
//	%selectedTotal%               1234.50
//	%selectedTotalWholeNumber%    1235
//	%selectedTotalName% %estimateName%
//	%randomNumber%                8 random digits
//	%randomNumber1% … %randomNumber10%   that many
type Data struct {
	// Date is the document's own date, in the zone of the person who made it.
	Date time.Time
	// DateLayout is how %date% prints, as for [time.Time.Format].
	// Defaults to "1/2/06".
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
	// fails, the placeholder counts as unknown. Defaults to crypto/rand.
	Random io.Reader
}

// Person is someone's name, and how to reach them.
type Person struct {
	First, Last string
	Name        string // in full. Defaults to "First Last".
	Phone       string
	Email       string
}

func (p Person) name() string {
	if p.Name != "" {
		return p.Name
	}
	return join(" ", p.First, p.Last)
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
func (d Data) Value(name string) (string, bool) {
	if text, ok := d.Custom[name]; ok {
		return text, true
	}
	if get, ok := builtin[name]; ok {
		return get(&d), true
	}
	if digits, ok := randomDigits[name]; ok {
		return d.random(digits)
	}
	return "", false
}

var builtin = map[string]func(d *Data) string{
	"date":          (*Data).date,
	"year":          dated("2006"),
	"month":         dated("01"),
	"day":           dated("02"),
	"monthName":     dated("January"),
	"monthNameAbbv": dated("Jan"),
	"weekday":       dated("Monday"),
	"weekdayAbbv":   dated("Mon"),

	"customerName":      func(d *Data) string { return d.Customer.name() },
	"customerNameFirst": func(d *Data) string { return d.Customer.First },
	"customerNameLast":  func(d *Data) string { return d.Customer.Last },
	"customerPhone":     func(d *Data) string { return d.Customer.Phone },
	"customerEmail":     func(d *Data) string { return d.Customer.Email },

	"customerSpouseName":      func(d *Data) string { return d.Spouse.name() },
	"customerSpouseNameFirst": func(d *Data) string { return d.Spouse.First },
	"customerSpouseNameLast":  func(d *Data) string { return d.Spouse.Last },

	"customerAddressFull":      func(d *Data) string { return d.Address.full() },
	"customerAddressLine1":     func(d *Data) string { return d.Address.street() },
	"customerAddressLine2":     func(d *Data) string { return d.Address.line2() },
	"customerAddressCity":      func(d *Data) string { return d.Address.City },
	"customerAddressState":     func(d *Data) string { return stateCode(d.Address.State) },
	"customerAddressStateFull": func(d *Data) string { return stateName(d.Address.State) },
	"customerAddressZip":       func(d *Data) string { return d.Address.Zip },

	"usersName":      func(d *Data) string { return d.User.name() },
	"usersNameFirst": func(d *Data) string { return d.User.First },
	"usersNameLast":  func(d *Data) string { return d.User.Last },
	"usersPhone":     func(d *Data) string { return d.User.Phone },
	"userEmail":      func(d *Data) string { return d.User.Email },
	"userIdentifier": func(d *Data) string { return d.User.Identifier },
	"usersLicense":   func(d *Data) string { return d.User.License },
	"stateLicense":   func(d *Data) string { return d.Company.license(d.Address.State) },

	"estimateName":             func(d *Data) string { return d.Estimate.Name },
	"selectedTotalName":        func(d *Data) string { return d.Estimate.TotalName },
	"selectedTotal":            func(d *Data) string { return d.Estimate.total(2) },
	"selectedTotalWholeNumber": func(d *Data) string { return d.Estimate.total(0) },
}

// randomDigits maps the names of random numbers to their lengths.
var randomDigits = func() map[string]int {
	names := map[string]int{"randomNumber": 8}
	for n := 1; n <= 10; n++ {
		names["randomNumber"+strconv.Itoa(n)] = n
	}
	return names
}()

func (d *Data) date() string {
	if d.DateLayout != "" {
		return dated(d.DateLayout)(d)
	}
	return dated("1/2/06")(d)
}

func dated(layout string) func(*Data) string {
	return func(d *Data) string {
		if d.Date.IsZero() {
			return ""
		}
		return d.Date.Format(layout)
	}
}

// random draws a number of that many digits. Ten digits of 64 random bits are
// even to one part in a thousand million.
func (d *Data) random(digits int) (string, bool) {
	source := d.Random
	if source == nil {
		source = rand.Reader
	}
	var b [8]byte
	if _, err := io.ReadFull(source, b[:]); err != nil {
		return "", false
	}
	text := fmt.Sprintf("%020d", binary.BigEndian.Uint64(b[:]))
	return text[len(text)-digits:], true
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
