package report

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"
)

func TestAmountsAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ language, currency, amount, want string }{
		{"en-US", "USD", "1234567.5", "$1,234,567.50"},
		{"en-US", "USD", "-340", "−$340.00"},
		{"en-US", "USD", "0.005", "$0.01"},
		{"en-US", "USD", "-0.001", "$0.00"},
		{"en-US", "USD", "12345678901234567890.12", "$12,345,678,901,234,567,890.12"},
		{"en-US", "CHF", "10", "CHF\u00a010.00"},
		{"en-GB", "GBP", "999", "£999.00"},
		{"en-US", "JPY", "1234.5", "¥1,235"},
		{"en-US", "KWD", "1.2345", "KWD\u00a01.235"},
		{"de-DE", "EUR", "1234.5", "1.234,50\u00a0€"},
		{"de-CH", "CHF", "1234567.5", "1’234’567.50\u00a0CHF"},
		{"fr-FR", "EUR", "-1234.5", "−1\u00a0234,50\u00a0€"},
		{"pl-PL", "PLN", "12345", "12\u00a0345,00\u00a0zł"},
		{"hi-IN", "INR", "1234567.5", "₹12,34,567.50"},
		{"es-MX", "USD", "1234.5", "$1,234.50"},
		{"es-ES", "EUR", "12345", "12.345,00\u00a0€"},
	} {
		got := localeOf(language.MustParse(c.language)).money(decimal.RequireFromString(c.amount), c.currency)
		require.Equal(t, c.want, got, "%s %s", c.language, c.currency)
	}
}

func TestQuantitiesAndDates(t *testing.T) {
	t.Parallel()
	us, de := localeOf(language.AmericanEnglish), localeOf(language.German)
	require.Equal(t, "7", us.quantity(decimal.RequireFromString("7.000")))
	require.Equal(t, "1,086.5", us.quantity(decimal.RequireFromString("1086.50")))
	require.Equal(t, "0,333333", de.quantity(decimal.RequireFromString("0.33333333333")))

	at := time.Date(2019, 5, 23, 17, 5, 0, 0, time.UTC)
	require.Equal(t, "May 23, 2019", us.day(at))
	require.Equal(t, "May 23, 2019, 5:05 PM UTC", us.hour(at))
	require.Equal(t, "23 May 2019", localeOf(language.BritishEnglish).day(at))
	require.Equal(t, "23.05.2019, 17:05 UTC", de.hour(at))
	require.Equal(t, "2019年5月23日", localeOf(language.Japanese).day(at))
	require.Equal(t, "2019-05-23", localeOf(language.Swedish).day(at))
}
