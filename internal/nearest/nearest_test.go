package nearest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/internal/nearest"
)

func TestNameFindsWhatWasMeant(t *testing.T) {
	t.Parallel()
	names := []string{"customerName", "customerNameFirst", "customerPhone", "date", "day", "größe"}
	for got, want := range map[string]string{
		"customerName": "customerName", "customername": "customerName", "CUSTOMERNAME": "customerName",
		"custmerName": "customerName", "customreName": "customerName", "customer_name": "customerName",
		"customerFirstName": "customerNameFirst", "dat": "date", "dte": "date", "dya": "day", "grosse": "", "Grösse": "größe",
		"website": "", "": "", "x": "", "%date%": "date",
	} {
		require.Equal(t, want, nearest.Name(got, names), got)
	}
	require.Empty(t, nearest.Name[string]("date", nil))
}

func TestDidYouMeanIsPartOfASentence(t *testing.T) {
	t.Parallel()
	type kind string
	require.Equal(t, `; did you mean "Email"?`, nearest.DidYouMean("E-mail", []kind{"Phone", "Email"}))
	require.Empty(t, nearest.DidYouMean("Fax", []kind{"Phone", "Email"}))
}
