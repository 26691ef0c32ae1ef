package report

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"unicode"

	"codeberg.org/go-fonts/liberation/liberationsansbold"
	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"
)

// A face is a font in the weights that a report uses.
type face struct {
	name          string
	regular, bold []byte
	mutex         sync.Mutex // of glyphs, whose reader has a buffer
	glyphs        *sfnt.Font
	buffer        sfnt.Buffer
}

// readFaces parses the fonts, in the order in which a text tries them.
func readFaces(own []byte) ([]*face, error) {
	faces := []*face{{name: "liberation", regular: liberationsansregular.TTF, bold: liberationsansbold.TTF}}
	if len(own) > 0 {
		faces = append(faces, &face{name: "own", regular: own, bold: own})
	}
	for _, f := range faces {
		var err error
		if f.glyphs, err = sfnt.Parse(f.regular); err != nil || string(f.regular[:4]) == "OTTO" {
			return nil, errors.New("report: Font is no TrueType font")
		}
	}
	return faces, nil
}

// prints tells whether the face has r. What lies beyond the first 65,536
// characters cannot be written into the PDF.
func (f *face) prints(r rune) bool {
	if r > 0xFFFF {
		return false
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	glyph, err := f.glyphs.GlyphIndex(&f.buffer, r)
	return err == nil && glyph != 0
}

// missing stands for a character that no face has. Liberation Sans has it.
const missing = '\u25A1'

// clean makes text of what a person typed in: composed characters, spaces of one
// kind, nothing invisible, lines that end in \n.
func clean(text string) string {
	text = norm.NFC.String(strings.ToValidUTF8(text, string(missing)))
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\u00a0':
			return r
		case unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Cf, r), unicode.IsControl(r):
			return -1
		default:
			return r
		}
	}, text))
}

// A run is a part of a text that one face prints.
type run struct {
	face *face
	text string
}

// runs divides a text among the faces, changing as seldom as it can. What none
// of them has prints as an empty box.
func runs(faces []*face, text string) []run {
	var list []run
	for _, r := range text {
		var at int
		if n := len(list); n > 0 && list[n-1].face.prints(r) {
			at = slices.Index(faces, list[n-1].face)
		} else if at = slices.IndexFunc(faces, func(f *face) bool { return f.prints(r) }); at < 0 {
			at, r = 0, missing
		}
		if n := len(list); n > 0 && list[n-1].face == faces[at] {
			list[n-1].text += string(r)
		} else {
			list = append(list, run{faces[at], string(r)})
		}
	}
	return list
}

// wrap breaks a paragraph into lines that measure finds no wider than width: at
// spaces, beside characters of scripts that have none, and within a word only
// if that is wider than a line.
func wrap(paragraph string, width float64, measure func(string) float64) []string {
	var lines []string
	line, used := "", 0.0
	for _, word := range pieces(paragraph) {
		wide := measure(word)
		if line != "" && used+measure(strings.TrimRight(word, " ")) > width {
			lines = append(lines, strings.TrimRight(line, " "))
			line, used = "", 0
		}
		if wide > width && measure(strings.TrimRight(word, " ")) > width {
			for _, r := range word {
				if w := measure(string(r)); line != "" && used+w > width {
					lines = append(lines, line)
					line, used = string(r), w
				} else {
					line, used = line+string(r), used+w
				}
			}
			continue
		}
		line, used = line+word, used+wide
	}
	return append(lines, strings.TrimRight(line, " "))
}

// pieces cuts a paragraph where a line may end. A piece has its spaces at its
// end.
func pieces(paragraph string) []string {
	var list []string
	start := 0
	before := rune(0)
	for i, r := range paragraph {
		if i > start && r != ' ' && (before == ' ' || ideograph(before) || ideograph(r)) {
			list = append(list, paragraph[start:i])
			start = i
		}
		before = r
	}
	return append(list, paragraph[start:])
}

func ideograph(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}
