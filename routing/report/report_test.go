package report_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/report"
)

func render(t testing.TB, r *report.Renderer, content routing.ResultsReport) []byte {
	t.Helper()
	document, err := r.Render(t.Context(), content)
	require.NoError(t, err)
	return document
}

func TestTheSameReportGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	r := renderer(t, report.Config{Company: company, Logo: picture(t)})
	first := render(t, r, long())
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			again, err := r.Render(t.Context(), long())
			if err != nil || !bytes.Equal(first, again) {
				t.Error("another document:", err)
			}
		})
	}
	all.Wait()
}

func TestAConfigurationWithEveryFault(t *testing.T) {
	t.Parallel()
	_, err := report.New(report.Config{
		Paper: "Foolscap", Language: "no such language", Accent: "blue", Logo: []byte("no picture"), Font: []byte("no font"),
		Captions: report.Captions{Page: "%d"},
	})
	for _, fault := range []string{`"Foolscap"`, `"no such language"`, `"blue"`, "logo", "Font", "pages"} {
		require.ErrorContains(t, err, fault)
	}
	for _, accent := range []string{"#12345", "#1234567", "1234567", "#12 456", "#GG0000", "#+12345"} {
		_, err := report.New(report.Config{Accent: accent})
		require.ErrorContains(t, err, "no colour", accent)
	}
}

func TestAnEstimateThatDoesNotAddUpIsNotPrinted(t *testing.T) {
	t.Parallel()
	content := sample()
	content.Estimate.Total = decimal.NewNullDecimal(d("1"))
	_, err := renderer(t, report.Config{}).Render(t.Context(), content)
	require.ErrorContains(t, err, "do not add up")
}

// Nothing that a person can type in keeps a report from being made.
func FuzzRender(f *testing.F) {
	f.Add("Larry Leap", "Demo Sold", "")
	f.Add("\xff\xfe", "a\x00b\u202e", strings.Repeat("W", 5000))
	f.Add("李小龍 😀", "e\u0301\u0301", "\n\n\r\n ")
	f.Add("{nb}", "%d %s", "\u2028\u00ad")
	r, err := report.New(report.Config{})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, name, answer, notes string) {
		if len(notes) > 20_000 || len(name)+len(answer) > 4000 {
			return // nobody types that in
		}
		document, err := r.Render(t.Context(), routing.ResultsReport{
			Title: answer, Section: name, Notes: notes,
			Details: placeholder.Data{Customer: placeholder.Person{Name: name}},
			Results: []routing.Answer{{Title: name, Value: answer}},
			Estimate: &routing.Estimate{Name: name, Payment: notes, Items: []routing.Item{
				{Name: answer, Description: name, Unit: name, Options: []routing.Amount{{Name: answer}}},
			}},
		})
		require.NoError(t, err)
		require.True(t, bytes.HasPrefix(document, []byte("%PDF-")))
	})
}
