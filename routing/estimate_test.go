package routing_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/routing"
)

func amount(text string) decimal.Decimal { return decimal.RequireFromString(text) }

func TestAnEstimateAddsUpExactly(t *testing.T) {
	t.Parallel()
	e := routing.Estimate{
		Items: []routing.Item{
			{
				Name: "Window", Quantity: amount("3"), Price: amount("0.1"),
				Options:   []routing.Amount{{Name: "Grid", Amount: amount("0.2")}, {Name: "Screen"}},
				Upcharges: []routing.Amount{{Name: "Second floor", Amount: amount("0.05")}},
				Discounts: []routing.Amount{{Name: "Display model", Amount: amount("0.15")}},
			},
			{Name: "Removal", Price: amount("12345678901234567.89")},
			{Name: "Trim", Unit: "ft"},
		},
		Upcharges: []routing.Amount{{Name: "Travel", Amount: amount("10")}},
		Discounts: []routing.Amount{{Name: "Cash", Amount: amount("0.29")}},
		Tax:       []routing.Amount{{Name: "Sales tax", Amount: amount("1")}},
	}
	require.Equal(t, "0.4", e.Items[0].Sum().String())
	require.True(t, e.Items[2].Sum().IsZero(), "nothing of what is measured costs nothing")
	require.Equal(t, "12345678901234568.29", e.Subtotal().String())
	require.Equal(t, "12345678901234579", e.Sum().String())
	require.NoError(t, e.Validate())

	e.Total = decimal.NewNullDecimal(amount("12345678901234579.00"))
	require.NoError(t, e.Validate())
	e.Total = decimal.NewNullDecimal(amount("12345678901234579.01"))
	require.ErrorContains(t, e.Validate(), "do not add up")
}

func TestAnEstimateNamesAllItsFaults(t *testing.T) {
	t.Parallel()
	e := routing.Estimate{
		Currency:  "$",
		Items:     []routing.Item{{Quantity: amount("-1"), Options: []routing.Amount{{Name: "Grid", Amount: amount("-2")}}}},
		Discounts: []routing.Amount{{Name: "Cash", Amount: amount("-3")}},
	}
	err := e.Validate()
	require.ErrorContains(t, err, `currency "$" is no ISO 4217 code`)
	require.ErrorContains(t, err, "line 1: quantity is negative")
	require.ErrorContains(t, err, `line 1: option "Grid" is negative`)
	require.ErrorContains(t, err, `discount "Cash" is negative`)
}
