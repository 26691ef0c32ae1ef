package placeholder

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Name is what a document is called, in Salesforce and on disk.
type Name struct {
	// Title is the title of a Salesforce file (ContentVersion.Title): slashes
	// kept, no extension, at most 255 characters, never empty.
	Title string
	// File is a file name that is safe on Linux, macOS and Windows and in a
	// mail header: no separator, at most 255 bytes, never empty.
	File string
}

// limit is how long a title (in UTF-16 units, as Salesforce counts) and a file
// name (in bytes, the least of the file systems) may be.
const limit = 255

// untitled is the name of a document of which nothing else is left.
const untitled = "document"

// invisible characters: zero width space, word joiner, byte order mark and soft
// hyphen. Joiners stay, as emoji and several scripts need them.
const invisible = "\u200B\u2060\uFEFF\u00AD"

// FileName names a document after an expanded template.
//
//	Larry Leap Contract 5/23/19.pdf
//
// has the title "Larry Leap Contract 5/23/19" and the file name
// "Larry Leap Contract 5-23-19.pdf". The title loses the extension only if it
// is that of a usual document, image or other file, so "Offer for example.com"
// stays whole.
//
// Both lose control characters, invisible ones and marks that turn the direction
// of writing, and runs of white space become one space. The file name is in Unicode form
// NFC, has a hyphen in place of each of / \ : * ? " < > and |, neither begins
// nor ends with a dot or space, is no name that Windows keeps for a device, and
// has its extension also when it had to be cut.
func FileName(expanded string) Name {
	text := clean(expanded)
	return Name{Title: title(text), File: file(text)}
}

// clean drops what belongs in no name, and single-spaces the rest.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), strings.ContainsRune(invisible, r):
			return -1
		}
		return r
	}, s)
	return norm.NFC.String(strings.Join(strings.Fields(s), " "))
}

func title(text string) string {
	if ext := extension(text); documents[strings.ToLower(ext)] {
		text = strings.TrimSpace(strings.TrimSuffix(text, ext))
	}
	text = strings.TrimSpace(cutUnits(text, limit))
	if text == "" {
		return untitled
	}
	return text
}

func file(text string) string {
	text = strings.TrimRight(illegal.Replace(text), ". ")
	ext := extension(text)
	stem := strings.Trim(strings.TrimSuffix(text, ext), ". ")
	if reserved(stem) {
		stem = "_" + stem
	}
	stem = strings.TrimRight(cutBytes(stem, limit-len(ext)), ". ")
	if stem == "" {
		stem = untitled
	}
	return stem + ext
}

// illegal replaces what Windows forbids in a file name; the slash is the only
// one of them that other systems forbid, the colon a separator on old Macs.
var illegal = strings.NewReplacer(
	"/", "-", `\`, "-", ":", "-", "*", "-", "?", "-", `"`, "-", "<", "-", ">", "-", "|", "-")

// extension returns a last dot and the one to ten letters or digits behind it,
// or nothing.
func extension(s string) string {
	dot := strings.LastIndexByte(s, '.')
	if dot < 0 || len(s)-dot < 2 || len(s)-dot > 11 {
		return ""
	}
	for _, c := range []byte(s[dot+1:]) {
		if !isAlnum(c) {
			return ""
		}
	}
	return s[dot:]
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// reserved reports whether Windows takes a file of that name for a device,
// which it does whatever follows the first dot.
func reserved(stem string) bool {
	base, _, _ := strings.Cut(stem, ".")
	return devices[strings.ToUpper(strings.TrimRight(base, " "))]
}

func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func cutUnits(s string, n int) string {
	for i, r := range s {
		if n -= utf16.RuneLen(r); n < 0 {
			return s[:i]
		}
	}
	return s
}

// devices are the names under "Naming Files, Paths, and Namespaces" in the
// Windows documentation, and the console's.
var devices = set(`CON PRN AUX NUL CONIN$ CONOUT$ CLOCK$
	COM0 COM1 COM2 COM3 COM4 COM5 COM6 COM7 COM8 COM9 COM¹ COM² COM³
	LPT0 LPT1 LPT2 LPT3 LPT4 LPT5 LPT6 LPT7 LPT8 LPT9 LPT¹ LPT² LPT³`)

// documents are the extensions that a title does without.
var documents = set(`.pdf .doc .docx .docm .dot .dotx .odt .rtf .txt .md .pages
	.xls .xlsx .xlsm .ods .csv .tsv .numbers .ppt .pptx .odp .key
	.jpg .jpeg .png .gif .bmp .tif .tiff .webp .heic .heif .svg .psd .ai .eps
	.htm .html .xml .json .eml .msg .ics .vcf .zip .7z .rar .gz .tar
	.mp3 .m4a .wav .ogg .mp4 .m4v .mov .avi .webm .dwg .dxf .skp .esx`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		m[word] = true
	}
	return m
}
