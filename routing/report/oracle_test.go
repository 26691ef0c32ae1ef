package report_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/placeholder"
	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/report"
)

// What programs of others read out of a report.
func TestOthersReadTheReport(t *testing.T) {
	t.Parallel()
	r := renderer(t, report.Config{Company: company, Logo: picture(t)})
	path := write(t, render(t, r, sample()))
	output(t, "qpdf", "--check", path)
	require.Regexp(t, `Page size: +612 x 792 pts`, output(t, "pdfinfo", path))

	text := output(t, "pdftotext", "-layout", path, "-")
	for _, want := range []string{
		`Peak View Windows & Doors`, `License 231-4410`,
		`Appointment Results`, `Sale · May 23, 2019`,
		`Larry Leap`, `Zoë Leap`, `1600 Blake Street`, `Denver, CO 80202`, `May 23, 2019, 5:00 PM MDT`, `Ada Łukasiewicz`,
		`Result +Demo Sold`, `Products discussed +Windows, Entry door`,
		`Estimate: Windows and door`,
		`Double-hung window, white +7 +\$689\.00 +\$4,823\.00`, `Colonial grid +\$315\.00`, `Half screen +included`, `Second-floor installation +\$420\.00`,
		`Display model +−\$340\.00`, `Aluminum trim wrap +86\.5 ft +\$9\.40 +\$813\.10`,
		`Subtotal +\$8,871\.10`, `Permit and disposal +\$285\.00`, `Spring promotion +−\$500\.00`, `Sales tax 8\.81 % +\$812\.37`, `Sale amount +\$9,468\.47`,
		`PAYMENT METHOD`, `12 monthly installments`, `The dog must stay outside`, `Page 1 of 2`, `Page 2 of 2`,
	} {
		require.Regexp(t, want, text)
	}
}

func TestEveryPageOfALongReportHasItsHead(t *testing.T) {
	t.Parallel()
	r := renderer(t, report.Config{Company: company, Paper: report.A4, Language: "de", Captions: report.Captions{Page: "Seite %d von %d", Quantity: "Menge"}})
	path := write(t, render(t, r, long()))
	output(t, "qpdf", "--check", path)
	require.Regexp(t, `Page size: +595.28 x 841.89 pts`, output(t, "pdfinfo", path))

	text := output(t, "pdftotext", "-layout", path, "-")
	pages := bytes.Count([]byte(text), []byte("\f"))
	require.Greater(t, pages, 3)
	require.Len(t, regexp.MustCompile(`Seite \d von `+string(rune('0'+pages))).FindAllString(text, -1), pages)
	require.Len(t, regexp.MustCompile(`Appointment Results · Larry Leap`).FindAllString(text, -1), pages-1)
	require.Contains(t, text, "Описание Περιγραφή")
	require.Len(t, regexp.MustCompile(`1\.234,56.\$ +1\.234,56.\$`).FindAllString(text, -1), 60, "no line is lost where a page ends")
}

// Totals that begin a page say what they are of, and a long name has its room.
func TestTotalsOnAPageOfTheirOwn(t *testing.T) {
	t.Parallel()
	const caption = "Estimate: Windows and door"
	content := sample()
	content.Estimate.TotalName = "Sale amount after all rebates, with the financing that was applied for"
	for range 20 { // one more item each time, so that a page ends everywhere
		content.Estimate.Items = append(content.Estimate.Items, routing.Item{Name: "Window", Price: d("1")})
		text := output(t, "pdftotext", "-layout", write(t, render(t, renderer(t, report.Config{Company: company}), content)), "-")
		for page := range bytes.SplitSeq([]byte(text), []byte("\f")) {
			if at := bytes.Index(page, []byte("Subtotal")); at >= 0 {
				require.Regexp(t, caption+"|Description", string(page[:at]))
				require.Regexp(t, `(?s)Subtotal.+Sales tax.+Sale amount.+applied for`, string(page[at:]), "not torn apart")
			}
		}
	}
}

func TestAFontOfTheHost(t *testing.T) {
	t.Parallel()
	const droid = "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf"
	font, err := os.ReadFile(droid)
	if os.IsNotExist(err) {
		t.Skip(droid + " is not installed")
	}
	require.NoError(t, err)
	content := routing.ResultsReport{
		Details: placeholder.Data{Customer: placeholder.Person{Name: "李小龍"}, Address: placeholder.Address{City: "東京都"}},
		Results: []routing.Answer{{Title: "Ergebnis", Value: "成約 Zażółć"}},
	}
	with := output(t, "pdftotext", write(t, render(t, renderer(t, report.Config{Font: font}), content)), "-")
	for _, want := range []string{"李小龍", "東京都", "成約", "Ergebnis"} {
		require.Contains(t, with, want)
	}
	without := output(t, "pdftotext", write(t, render(t, renderer(t, report.Config{}), content)), "-")
	require.NotContains(t, without, "李")
	require.Contains(t, without, "□□□")
}

func write(t *testing.T, document []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.pdf")
	require.NoError(t, os.WriteFile(path, document, 0o600))
	return path
}

// output runs a program that must succeed without a warning.
func output(t *testing.T, program string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skip(program + " is not installed")
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%s: %s", program, &stderr)
	return string(out)
}
