package placeholder_test

import (
	"mime"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

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
	"Zoë 李小龍 Łukasz Ωmega.pdf":          {"Zoë 李小龍 Łukasz Ωmega", "Zoë 李小龍 Łukasz Ωmega.pdf"},
	"عقد محمد.pdf":                      {"عقد محمد", "عقد محمد.pdf"},
	"नमस्ते ज़ोरा\u200c.pdf":              {norm.NFC.String("नमस्ते ज़ोरा\u200c"), norm.NFC.String("नमस्ते ज़ोरा\u200c.pdf")},
	"契約：田中.pdf":                           {"契約：田中", "契約：田中.pdf"},
	"..\u2215..\uff0fa\u2044b\uff3cc.pdf": {"..\u2215..\uff0fa\u2044b\uff3cc", "a-b-c.pdf"},
	"a\ue000 \U0010fffdb\uffff.pdf":       {"a\ue000 \U0010fffdb", "a b.pdf"},
	"a\u3164\u034f\u115fb.pdf":            {"ab", "ab.pdf"},
	"x\U000e0041\u061c\u180ey.pdf":        {"xy", "xy.pdf"},
	"-rf.pdf":                             {"-rf", "rf.pdf"},
	".-.htaccess":                         {".-.htaccess", "document.htaccess"},
	" - .pdf":                             {"-", "document.pdf"},
	"~$a%2e%2e%2fb.pdf":                   {"~$a%2e%2e%2fb", "~$a%2e%2e%2fb.pdf"},
	"CONIN$":                              {"CONIN$", "_CONIN$"},
	"e\ue000\u0301.pdf":                   {"e\ue000\u0301", "é.pdf"},
	"-con.pdf":                            {"-con", "_con.pdf"},
	"../nul":                              {"../nul", "_nul"},
	"Lpt\u2070.pdf":                       {"Lpt\u2070", "Lpt\u2070.pdf"},
}

func TestFileNameGivesTitleAndFile(t *testing.T) {
	t.Parallel()
	for expanded, want := range names {
		require.Equal(t, want, placeholder.FileName(expanded), "%q", expanded)
	}
}

func TestLongNamesAreCutBetweenCharactersAndKeepTheirExtension(t *testing.T) {
	t.Parallel()
	const (
		family = "👨\u200d👩\u200d👧"    // 18 bytes, 8 UTF-16 units
		hand   = "👋🏽"                 // 8 bytes
		flag   = "🇩🇪"                 // 8 bytes, 4 units
		accent = "x\u0332"            // 3 bytes, 2 units
		stay   = "स्ते"               // 12 bytes, 4 units
		old    = "\u1100\u119e\u11a8" // 9 bytes, 3 units
	)
	for _, tc := range []struct {
		unit        string
		title, file int // how many units fit, before ".pdf" in the latter
	}{
		{"a", 255, 251},
		{"ä", 255, 125},
		{"李", 255, 83},
		{"😀", 127, 62},
		{family, 31, 13},
		{hand, 63, 31},
		{flag, 63, 31},
		{accent, 127, 83},
		{stay, 63, 20},
		{old, 85, 27},
	} {
		name := placeholder.FileName(strings.Repeat(tc.unit, 300) + ".pdf")
		require.Equal(t, strings.Repeat(tc.unit, tc.title), name.Title)
		require.Equal(t, strings.Repeat(tc.unit, tc.file)+".pdf", name.File)
	}
	require.Equal(t, strings.Repeat("x", 250)+".pdf", placeholder.FileName(strings.Repeat("x", 250)+". . . y.pdf").File)
	tower := placeholder.FileName("a" + strings.Repeat("\u0332", 300)).File
	require.InDelta(t, 255, len(tower), 1, "a single character is cut after all")
}

// checkName holds what is promised of every name.
func checkName(t require.TestingT, name placeholder.Name) {
	require.NotEmpty(t, name.Title)
	require.NotEmpty(t, name.File)
	require.True(t, filepath.IsLocal(name.File), "%q", name.File)
	require.Equal(t, name.File, path.Base(name.File))
	require.LessOrEqual(t, len(utf16.Encode([]rune(name.Title))), 255)
	require.LessOrEqual(t, len(name.File), 255)
	require.False(t, strings.ContainsAny(name.File, `/\:*?"<>|⁄∕⧸／＼﹨⧵⧹∖`), "%q", name.File)
	require.Equal(t, strings.TrimRight(strings.TrimLeft(name.File, ".- "), ". "), name.File)
	require.True(t, norm.NFC.IsNormalString(name.File), "%q", name.File)
	require.NotRegexp(t, `(?i)^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]) *(\.|$)`, name.File)
	_, params, err := mime.ParseMediaType(mime.FormatMediaType("attachment", map[string]string{"filename": name.File}))
	require.NoError(t, err)
	require.Equal(t, name.File, params["filename"], "a mail carries it as it is")
	for _, s := range []string{name.Title, name.File} {
		require.True(t, utf8.ValidString(s))
		require.False(t, strings.ContainsFunc(s, func(r rune) bool {
			return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
		}), "%q", s)
	}
}

// Whatever a template says and whatever the customer is called, the file stays
// in its folder.
func TestAnExpandedTemplateNeverLeavesTheFolder(t *testing.T) {
	t.Parallel()
	tricks := rapid.SampledFrom([]string{
		"../", `..\`, "/", "\\", ":", "\x00", "\r\n", "..", ".", "%", "%2f", "\u202e", "\u2044", "\uff0f", "CON", "nul.", " ", "-", "~",
		"\u0338", "\u200d", "\ue000", ".pdf", ".exe", "%customerName%", "%date%", "Larry", "é", "e\u0301", "😀", "🇩🇪", "\xff",
	})
	text := rapid.Custom(func(t *rapid.T) string {
		if rapid.Bool().Draw(t, "free") {
			return rapid.StringN(0, 300, -1).Draw(t, "text")
		}
		return strings.Join(rapid.SliceOfN(tricks, 0, 120).Draw(t, "tricks"), "")
	})
	names := rapid.SampledFrom(placeholder.Names())
	dates := rapid.SampledFrom([]string{"", "1/2/06", "YYYY-MM-DD HH:mm", "M/D/YY", `MM\DD\YYYY`, "../M/../D"})
	rapid.Check(t, func(t *rapid.T) {
		template := strings.ToValidUTF8(text.Draw(t, "before"), "") + "%" + names.Draw(t, "name") + "%" + strings.ToValidUTF8(text.Draw(t, "after"), "")
		value := text.Draw(t, "value")
		tmpl, err := placeholder.Parse(template)
		require.NoError(t, err)
		name, err := tmpl.FileName(placeholder.Data{
			Date: time0, DateLayout: dates.Draw(t, "layout"),
			Customer: placeholder.Person{First: value, Last: value, Phone: value, Email: value},
			Address:  placeholder.Address{Street: value, City: value, State: value, Zip: value},
			Custom:   map[string]string{names.Draw(t, "custom"): value},
			Random:   strings.NewReader(strings.Repeat("12345678", 30)),
		}, nil)
		require.NoError(t, err)
		checkName(t, name)
	})
}

// The file systems of the machine that runs this are asked, too.
func TestFilesCanBeMadeUnderTheirNames(t *testing.T) {
	t.Parallel()
	for expanded := range names {
		dir, file := t.TempDir(), placeholder.FileName(expanded).File
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), nil, 0o600), "%q", file)
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, entries, 1)
		require.Equal(t, file, norm.NFC.String(entries[0].Name()))
	}
}

func FuzzFileName(f *testing.F) {
	for expanded := range names {
		f.Add(expanded)
	}
	f.Add(strings.Repeat("é", 200) + ".pdf")
	f.Add(strings.Repeat("x", 254) + " .y")
	f.Add(strings.Repeat("👨\u200d👩\u200d👧", 20))
	f.Fuzz(func(t *testing.T, expanded string) {
		name := placeholder.FileName(expanded)
		checkName(t, name)
		if len(expanded) < 80 { // and so was not cut
			require.Equal(t, name.File, placeholder.FileName(name.File).File, "a file name names itself")
		}
	})
}
