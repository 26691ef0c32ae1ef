package routing

import (
	"errors"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"
)

// An Estimate is what was offered to a customer. Its amounts are exact, and all
// in one currency.
type Estimate struct {
	Name string
	// Currency is its ISO 4217 code. Defaults to "USD".
	Currency string
	Items    []Item
	// Upcharges and Discounts are on the whole. Both are given as positive
	// amounts; a discount is taken off. Tax comes last.
	Upcharges, Discounts []Amount
	Tax                  []Amount
	// Total is the sale amount. If it is given, the rest has to add up to it.
	// Defaults to what the rest adds up to.
	Total decimal.NullDecimal
	// TotalName is the name of the total that was picked, such as "Cash price".
	// Defaults to "Total".
	TotalName string
	// Payment is the payment method, in words. May be empty.
	Payment string
}

// An Item is one line of an [Estimate].
type Item struct {
	Name        string
	Description string
	// Quantity defaults to 1 when it is zero and so is Unit.
	Quantity decimal.Decimal
	Unit     string
	// Price is that of one unit.
	Price decimal.Decimal
	// Options and Upcharges are added to the line, once, and Discounts are taken
	// off it. All are given as positive amounts; an option without an amount is
	// included in the price.
	Options, Upcharges, Discounts []Amount
}

// An Amount of money, and what it is for.
type Amount struct {
	Name   string
	Amount decimal.Decimal
}

// Count is the quantity of the line.
func (i Item) Count() decimal.Decimal {
	if i.Quantity.IsZero() && i.Unit == "" {
		return decimal.NewFromInt(1)
	}
	return i.Quantity
}

// Sum is what the line costs, options, upcharges and discounts included.
func (i Item) Sum() decimal.Decimal {
	return i.Count().Mul(i.Price).Add(sum(i.Options)).Add(sum(i.Upcharges)).Sub(sum(i.Discounts))
}

// Subtotal is what the lines add up to.
func (e Estimate) Subtotal() decimal.Decimal {
	var total decimal.Decimal
	for _, item := range e.Items {
		total = total.Add(item.Sum())
	}
	return total
}

// Sum is what everything adds up to.
func (e Estimate) Sum() decimal.Decimal {
	return e.Subtotal().Add(sum(e.Upcharges)).Sub(sum(e.Discounts)).Add(sum(e.Tax))
}

func sum(amounts []Amount) decimal.Decimal {
	var total decimal.Decimal
	for _, a := range amounts {
		total = total.Add(a.Amount)
	}
	return total
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// Validate reports every fault of e: a currency that is none, negative amounts, and a total that is not
// what the rest adds up to, to the hundredth.
func (e Estimate) Validate() error {
	var errs []error
	positive := func(where string, amounts []Amount) {
		for _, a := range amounts {
			if a.Amount.IsNegative() {
				errs = append(errs, fmt.Errorf("routing: estimate: %s %q is negative", where, a.Name))
			}
		}
	}
	if e.Currency != "" && (len(e.Currency) != 3 || strings.Trim(e.Currency, letters) != "") {
		errs = append(errs, fmt.Errorf("routing: estimate: currency %q is no ISO 4217 code such as USD", e.Currency))
	}
	for n, item := range e.Items {
		where := fmt.Sprintf("line %d: ", n+1)
		if item.Quantity.IsNegative() {
			errs = append(errs, fmt.Errorf("routing: estimate: %squantity is negative", where))
		}
		positive(where+"option", item.Options)
		positive(where+"upcharge", item.Upcharges)
		positive(where+"discount", item.Discounts)
	}
	positive("upcharge", e.Upcharges)
	positive("discount", e.Discounts)
	positive("tax", e.Tax)
	if e.Total.Valid && !e.Total.Decimal.Round(2).Equal(e.Sum().Round(2)) {
		errs = append(errs, errors.New("routing: estimate: the lines do not add up to the total"))
	}
	return errors.Join(errs...)
}
