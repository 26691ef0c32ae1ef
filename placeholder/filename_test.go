package placeholder_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"github.com/sfbridge/sfbridge/placeholder"
)

// names map expanded templates to {title, file name}.
var names = map[string]placeholder.Name{
	"Larry Leap Contract 5/23/19.pdf":   {"Larry Leap Contract 5/23/19", "Larry Leap Contract 5-23-19.pdf"},
	"Larry Leap Contract 5/23/19":       {"Larry Leap Contract 5/23/19", "Larry Leap Contract 5-23-19"},
	"Photo.JPEG":                        {"Photo", "Photo.JPEG"},
	"report.final.docx":                 {"report.final", "report.final.docx"},
	"Offer for example.com":             {"Offer for example.com", "Offer for example.com"},
	"Dr.Smith":                          {"Dr.Smith", "Dr.Smith"},
	"Contract 5.23.19":                  {"Contract 5.23.19", "Contract 5.23.19"},
	"100% Cotton.pdf":                   {"100% Cotton", "100% Cotton.pdf"},
	"":                                  {"document", "document"},
	" \t\n":                             {"document", "document"},
	".pdf":                              {"document", "document.pdf"},
	"..":                                {"..", "document"},
	"...pdf":                            {"..", "document.pdf"},
	".":                                 {".", "document"},
	"../../etc/passwd":                  {"../../etc/passwd", "etc-passwd"},
	`..\..\windows\win.ini`:             {`..\..\windows\win.ini`, "windows-win.ini"},
	`C:\temp\a.pdf`:                     {`C:\temp\a`, "C--temp-a.pdf"},
	`a:b*c?d"e<f>g|h.pdf`:               {`a:b*c?d"e<f>g|h`, "a-b-c-d-e-f-g-h.pdf"},
	"CON":                               {"CON", "_CON"},
	"con.pdf":                           {"con", "_con.pdf"},
	"NUL.tar.gz":                        {"NUL.tar", "_NUL.tar.gz"},
	"Aux .pdf":                          {"Aux", "_Aux.pdf"},
	"com¹.pdf":                          {"com¹", "_com¹.pdf"},
	"COM10.pdf":                         {"COM10", "COM10.pdf"},
	"Contract.pdf. . ":                  {"Contract.pdf. .", "Contract.pdf"},
	"Name .pdf":                         {"Name", "Name.pdf"},
	"Bcc: x@example.com\r\nSubject.pdf": {"Bcc: x@example.com Subject", "Bcc- x@example.com Subject.pdf"},
	"a\x00b\x7fc\u0085d\u2028e.pdf":     {"abc d e", "abc d e.pdf"},
	"invoice\u202efdp.exe":              {"invoicefdp.exe", "invoicefdp.exe"},
	"\u200bA\ufeff\u2066B.pdf":          {"AB", "AB.pdf"},
	"Cafe\u0301.pdf":                    {"Café", "Café.pdf"},
	"A <\u0338 B.pdf":                   {"A ≮ B", "A ≮ B.pdf"},
	"bad\xffutf8\xc3.pdf":               {"badutf8", "badutf8.pdf"},
	"a  b   c.pdf":                      {"a b c", "a b c.pdf"},
	"👩\u200d🔧.png":                      {"👩\u200d🔧", "👩\u200d🔧.png"},
}

func TestFileNameGivesTitleAndFile(t *testing.T) {
	t.Parallel()
	for expanded, want := range names {
		require.Equal(t, want, placeholder.FileName(expanded), "%q", expanded)
	}
}

func TestLongNamesAreCutBetweenRunesAndKeepTheirExtension(t *testing.T) {
	t.Parallel()
	name := placeholder.FileName(strings.Repeat("ä", 300) + ".pdf")
	require.Equal(t, strings.Repeat("ä", 255), name.Title)
	require.Equal(t, strings.Repeat("ä", 125)+".pdf", name.File)

	name = placeholder.FileName(strings.Repeat("😀", 300))
	require.Equal(t, strings.Repeat("😀", 127), name.Title)
	require.Equal(t, strings.Repeat("😀", 63), name.File)

	name = placeholder.FileName(strings.Repeat("x", 250) + ". . . y.pdf")
	require.Equal(t, strings.Repeat("x", 250)+".pdf", name.File)
}

// checkName holds what is promised of every name.
func checkName(t require.TestingT, name placeholder.Name) {
	require.NotEmpty(t, name.Title)
	require.NotEmpty(t, name.File)
	require.LessOrEqual(t, len(utf16.Encode([]rune(name.Title))), 255)
	require.LessOrEqual(t, len(name.File), 255)
	require.NotContains(t, name.File, "..\x2f")
	require.False(t, strings.ContainsAny(name.File, `/\:*?"<>|`), "%q", name.File)
	require.Equal(t, strings.Trim(name.File, ". "), name.File)
	require.True(t, norm.NFC.IsNormalString(name.File), "%q", name.File)
	require.NotRegexp(t, `(?i)^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]) *(\.|$)`, name.File)
	for _, s := range []string{name.Title, name.File} {
		require.True(t, utf8.ValidString(s))
		require.False(t, strings.ContainsFunc(s, func(r rune) bool {
			return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
		}), "%q", s)
	}
}

func FuzzFileName(f *testing.F) {
	for expanded := range names {
		f.Add(expanded)
	}
	f.Add(strings.Repeat("é", 200) + ".pdf")
	f.Add(strings.Repeat("x", 254) + " .y")
	f.Fuzz(func(t *testing.T, expanded string) {
		name := placeholder.FileName(expanded)
		checkName(t, name)
		if len(expanded) < 80 { // and so was not cut
			require.Equal(t, name.File, placeholder.FileName(name.File).File, "a file name names itself")
		}
	})
}
