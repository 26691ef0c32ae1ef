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

// FileName names a document after an expanded template.
//
//	Larry Leap Contract 5/23/19.pdf
//
// has the title "Larry Leap Contract 5/23/19" and the file name
// "Larry Leap Contract 5-23-19.pdf". The title loses the extension only if it
// is that of a usual document, image or other file, so "Offer for example.com"
// stays whole.
//
// Both are in Unicode form NFC and lose control characters, invisible ones and
// marks that turn the direction of writing; runs of white space become one
// space. What is too long is cut between characters as people see them, accents
// and joined emoji included.
//
// The file name has a hyphen in place of each of / \ : * ? " < > and |, and of
// the look-alikes of / and \ that some systems take for them. It neither begins
// with a dot, hyphen or space nor ends with a dot or space, is no name that
// Windows keeps for a device, and has its extension also when it had to be cut.
// So "../../etc/passwd" names the file "etc-passwd".
func FileName(expanded string) Name {
	text := clean(expanded)
	return Name{Title: title(text), File: file(text)}
}

// clean drops what belongs in no name, and single-spaces the rest.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !visible(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return norm.NFC.String(strings.Join(strings.Fields(s), " "))
}

// visible reports whether r can be seen or, as joiners do, shapes what can.
func visible(r rune) bool {
	switch {
	case r == joiner || r == nonJoiner:
		return true // emoji and several scripts need them
	case unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return true // Arabic and other signs, though of the category of format marks
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Noncharacter_Code_Point, unicode.Zl, unicode.Zp):
		return false
	}
	return !strings.ContainsRune(blanks, r)
}

const (
	joiner    = '\u200D'
	nonJoiner = '\u200C'

	// blanks are letters and marks that show nothing: the grapheme joiner and
	// the Hangul fillers.
	blanks = "\u034F\u115F\u1160\u3164\uFFA0"
)

func title(text string) string {
	if ext := extension(text); documents[strings.ToLower(ext)] {
		text = strings.TrimSpace(strings.TrimSuffix(text, ext))
	}
	text = strings.TrimSpace(cut(text, limit, utf16.RuneLen))
	if text == "" {
		return untitled
	}
	return text
}

func file(text string) string {
	text = strings.Join(strings.Fields(strings.Map(onDisk, text)), " ")
	text = strings.TrimRight(norm.NFC.String(text), ". ")
	ext := extension(text)
	stem := trim(strings.TrimSuffix(text, ext))
	if reserved(stem) {
		stem = "_" + stem
	}
	stem = trim(cut(stem, limit-len(ext), utf8.RuneLen))
	if stem == "" {
		stem = untitled
	}
	return stem + ext
}

// trim takes off what hides a file, makes it look like an option of a command,
// or is dropped by Windows.
func trim(stem string) string {
	return strings.TrimRight(strings.TrimLeft(stem, ".- "), ". ")
}

// onDisk replaces what file systems refuse or take for something else: what
// Windows forbids, of which other systems forbid the slash, and old Macs the
// colon; what programs with an old code page take for a slash or backslash;
// code points without a character, which macOS refuses, and private ones, in
// which some drivers hide what is forbidden.
func onDisk(r rune) rune {
	switch {
	case strings.ContainsRune(`/\:*?"<>|`+"⁄∕⧸／＼﹨⧵⧹∖", r):
		return '-'
	case r != joiner && r != nonJoiner && !unicode.IsGraphic(r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return -1
	}
	return r
}

// extension returns a last dot and the one to ten letters or digits behind it,
// or nothing.
func extension(s string) string {
	dot := strings.LastIndexByte(s, '.')
	if dot < 0 || len(s)-dot < 2 || len(s)-dot > 11 {
		return ""
	}
	for _, c := range []byte(s[dot+1:]) {
		if c >= utf8.RuneSelf || !isAlnum(rune(c)) {
			return ""
		}
	}
	return s[dot:]
}

// reserved reports whether Windows takes a file of that name for a device,
// which it does whatever follows the first dot.
func reserved(stem string) bool {
	base, _, _ := strings.Cut(stem, ".")
	return devices[strings.ToUpper(strings.TrimRight(base, " "))]
}

// cut returns as much of s as measures n or less, without breaking what people
// see as one character. It breaks one that is longer than half of n.
func cut(s string, n int, measure func(rune) int) string {
	size, whole := 0, 0
	last := ' '
	flags := 0 // regional indicators in a row: two make a flag
	for i, r := range s {
		if !(extends(r) || leads(last) || isFlag(r) && flags%2 == 1) {
			whole = i
		}
		if size += measure(r); size > n {
			if whole < i/2 {
				whole = i
			}
			return s[:whole]
		}
		flags++
		if !isFlag(r) {
			flags = 0
		}
		last = r
	}
	return s
}

// extends reports whether r belongs to the character before it: marks, tones of
// skin, vowels and final consonants of Hangul, and am of Thai and Lao.
func extends(r rune) bool {
	switch {
	case unicode.Is(unicode.M, r), r == joiner, r == nonJoiner, r == '\u0E33', r == '\u0EB3':
		return true
	}
	return '\U0001F3FB' <= r && r <= '\U0001F3FF' || '\u1160' <= r && r <= '\u11FF'
}

// leads reports whether what follows r belongs to the same character: behind a
// joiner, a virama, which joins Indian consonants, and an initial of Hangul.
func leads(r rune) bool {
	return r == joiner || strings.ContainsRune("\u094D\u09CD\u0ACD\u0B4D\u0C4D\u0D4D", r) || '\u1100' <= r && r <= '\u115F'
}

func isFlag(r rune) bool { return unicode.Is(unicode.Regional_Indicator, r) }

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
