package report

import (
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"golang.org/x/text/currency"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// A locale is how a language writes numbers, amounts and dates.
type locale struct {
	group, point string
	lakhs        bool // groups of two digits beyond the first three
	behind       bool // the currency's sign follows the amount
	date, clock  string
}

// localeOf reads the signs of a language off a number that it has written: the
// numbers themselves are written here, since amounts are exact and may be larger
// than a float64 can be.
func localeOf(tag language.Tag) locale {
	written := message.NewPrinter(tag).Sprint(number.Decimal(1234567.5, number.MinFractionDigits(1)))
	signs := strings.FieldsFunc(written, func(r rune) bool { return r >= '0' && r <= '9' })
	l := locale{group: ",", point: ".", date: "January 2, 2006", clock: "3:04 PM"}
	if len(signs) >= 2 { // as it is where digits are not 0 to 9
		l.group, l.point = signs[0], signs[len(signs)-1]
		l.lakhs = strings.HasPrefix(written, "12"+l.group)
	}
	base, _ := tag.Base()
	region, _ := tag.Region()
	l.behind = !slices.Contains(signFirst, base.String()) || slices.Contains(signLast, region.String())
	if d, ok := dates[base.String()]; ok {
		l.date, l.clock = d.date, d.clock
	}
	if base.String() == "en" && region.String() != "US" {
		l.date = "2 January 2006"
	}
	return l
}

var (
	// signFirst are languages that write the currency's sign before the amount.
	signFirst = []string{"en", "zh", "ja", "ko", "nl", "pt", "es", "tr", "hi", "th"}
	// signLast are countries that do otherwise than their language.
	signLast = []string{"ES", "PT"}
	// dates are layouts without names of months, which are English in Go.
	dates = func() map[string]struct{ date, clock string } {
		layouts := map[string]struct{ date, clock string }{}
		for date, languages := range map[string]string{
			"02.01.2006":  "de pl cs sk fi no nb da ru uk bg ro tr et lv hr sl sr",
			"02/01/2006":  "fr es it pt el ca gl",
			"02-01-2006":  "nl",
			"2006-01-02":  "sv lt",
			"2006. 1. 2.": "hu ko",
			"2006年1月2日":   "zh ja",
		} {
			for language := range strings.FieldsSeq(languages) {
				layouts[language] = struct{ date, clock string }{date, "15:04"}
			}
		}
		return layouts
	}()
)

// number writes d with exactly so many digits behind the point.
func (l locale) number(d decimal.Decimal, places int32) string {
	text := d.Abs().StringFixed(places)
	whole, fraction, _ := strings.Cut(text, ".")
	text = l.grouped(whole)
	if fraction != "" {
		text += l.point + fraction
	}
	if d.Round(places).IsNegative() {
		return "−" + text
	}
	return text
}

func (l locale) grouped(digits string) string {
	var parts []string
	for width := 3; len(digits) > width; {
		parts = append(parts, digits[len(digits)-width:])
		digits = digits[:len(digits)-width]
		if l.lakhs {
			width = 2
		}
	}
	parts = append(parts, digits)
	slices.Reverse(parts)
	return strings.Join(parts, l.group)
}

// quantity writes d with as many digits as it has.
func (l locale) quantity(d decimal.Decimal) string {
	places := int32(0)
	for places < 6 && !d.Equal(d.Round(places)) {
		places++
	}
	return l.number(d, places)
}

// money writes an amount of a currency, with as many digits behind the point as
// the currency has.
func (l locale) money(d decimal.Decimal, code string) string {
	sign, places := code, int32(2)
	if unit, err := currency.ParseISO(code); err == nil {
		scale, _ := currency.Standard.Rounding(unit)
		places = int32(scale) //nolint:gosec // at most four
		if s, ok := currencySigns[unit.String()]; ok {
			sign = s
		}
	}
	text := l.number(d, places)
	negative := strings.HasPrefix(text, "−")
	text = strings.TrimPrefix(text, "−")
	switch {
	case l.behind:
		text += "\u00a0" + sign
	case sign == code:
		text = sign + "\u00a0" + text
	default:
		text = sign + text
	}
	if negative {
		return "−" + text
	}
	return text
}

// currencySigns are those that are not mistaken for another currency's where
// they are used.
var currencySigns = map[string]string{"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "PLN": "zł", "CZK": "Kč", "INR": "₹", "CAD": "CA$", "AUD": "A$"}

func (l locale) day(t time.Time) string  { return t.Format(l.date) }
func (l locale) hour(t time.Time) string { return t.Format(l.date + ", " + l.clock + " MST") }
