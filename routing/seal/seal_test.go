package seal_test

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/routing/seal"
)

const password = "a long secret"

// corpus reads the documents of many producers, by name.
func corpus(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/corpus/*.pdf")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 30)
	documents := map[string][]byte{}
	for _, file := range files {
		documents[strings.TrimSuffix(filepath.Base(file), ".pdf")], err = os.ReadFile(file)
		require.NoError(t, err)
	}
	return documents
}

func sealed(t testing.TB, document []byte, password string) []byte {
	t.Helper()
	out, err := seal.PDF{}.Seal(t.Context(), document, password)
	require.NoError(t, err)
	return out
}

func TestNothingOfTheDocumentIsLeftInClear(t *testing.T) {
	t.Parallel()
	for name, document := range corpus(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parts := clear(t, document)
			require.NotEmpty(t, leaked(document, parts), "the search finds what is there")
			require.Empty(t, leaked(sealed(t, document, password), parts))
		})
	}
}

// canaries are words of the documents of the corpus.
var canaries = []string{"Larry Leap", "74350", "987-65-4321", password}

// clear lists what a sealed copy of the document may not hold: each canary, as
// such and in the usual disguises, and each part of 24 bytes of each stream, as
// it stands there and inflated.
func clear(t *testing.T, document []byte) map[string]bool {
	t.Helper()
	parts := map[string]bool{}
	for _, word := range canaries {
		wide := make([]byte, 0, 2*len(word))
		for _, unit := range utf16.Encode([]rune(word)) {
			wide = append(wide, byte(unit>>8), byte(unit))
		}
		for _, form := range [][]byte{[]byte(word), wide} {
			parts[string(form)] = true
			parts[hex.EncodeToString(form)] = true
			parts[strings.ToUpper(hex.EncodeToString(form))] = true
			parts[base64.StdEncoding.EncodeToString(form)[:len(form)]] = true
		}
	}
	var bones [][]byte // what stands between the streams
	rest := 0
	for _, at := range stream.FindAllIndex(document, -1) {
		end := bytes.Index(document[at[1]:], []byte("endstream"))
		if end < 0 {
			continue
		}
		body := document[at[1] : at[1]+end]
		bones, rest = append(bones, document[rest:at[1]]), at[1]+end
		begin := max(0, bytes.LastIndex(document[:at[0]], []byte(" obj")))
		switch dictionary := document[begin:at[0]]; {
		case bytes.Contains(dictionary, []byte("/XRef")): // holds no content
		case bytes.Contains(dictionary, []byte("/ObjStm")): // holds objects, whose syntax is everywhere
			literals(parts, inflated(body))
		default:
			windows(parts, body)
			windows(parts, inflated(body))
		}
	}
	bones = append(bones, document[rest:])
	for _, bone := range bones {
		literals(parts, bone)
	}
	return parts
}

var (
	stream  = regexp.MustCompile(`[^d]stream\r?\n`)
	literal = regexp.MustCompile(`\(([^()\\\r\n]+)\)`)
)

// literals adds the strings that stand in a part of a document, but for the
// list of a font's glyphs, which are names elsewhere in it.
func literals(parts map[string]bool, text []byte) {
	for _, match := range literal.FindAllSubmatch(text, -1) {
		if match[1][0] != '/' {
			windows(parts, match[1])
		}
	}
}

const window = 24

func windows(parts map[string]bool, body []byte) {
	for i := 0; i+window <= len(body); i++ {
		if part := body[i : i+window]; len(bytes.Trim(part, string(part[:1]))) > 0 { // but for runs of one byte
			parts[string(part)] = true
		}
	}
}

func inflated(body []byte) []byte {
	r, err := zlib.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil
	}
	text, _ := io.ReadAll(r) // as far as it goes
	return text
}

// leaked are the parts that data holds.
func leaked(data []byte, parts map[string]bool) (found []string) {
	for _, length := range lengths(parts) {
		for i := 0; i+length <= len(data); i++ {
			if parts[string(data[i:i+length])] {
				found = append(found, string(data[i:i+length]))
			}
		}
	}
	return found
}

func lengths(parts map[string]bool) (list []int) {
	seen := map[int]bool{}
	for part := range parts {
		if !seen[len(part)] {
			seen[len(part)] = true
			list = append(list, len(part))
		}
	}
	return list
}

func TestASignedDocumentIsRefused(t *testing.T) {
	t.Parallel()
	for _, document := range []string{
		pdf(`<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] /SigFlags 3 >> >>`,
			`<< /FT /Sig /T (s) /V 5 0 R >>`,
			`<< /Type /Sig /Filter /Adobe.PPKLite /ByteRange [0 10 20 10] /Contents <00> >>`),
		pdf(`<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] >> >>`,
			`<< /FT /Sig /T (s) /V << /Filter /Adobe.PPKLite /ByteRange [0 10 20 10] /Contents <00> >> >>`),
	} {
		_, err := seal.PDF{}.Seal(t.Context(), []byte(document), password)
		require.ErrorIs(t, err, seal.ErrSigned)
	}
}

func TestADocumentWithAPasswordIsRefused(t *testing.T) {
	t.Parallel()
	once := sealed(t, corpus(t)["cairo"], password)
	for _, again := range []string{password, "another"} {
		_, err := seal.PDF{}.Seal(t.Context(), once, again)
		require.ErrorIs(t, err, seal.ErrLocked)
	}
}

func TestADamagedDocumentIsRefused(t *testing.T) {
	t.Parallel()
	whole := corpus(t)["cairo"]
	for name, document := range map[string][]byte{
		"empty":        nil,
		"text":         []byte("Larry Leap earns 74350"),
		"a picture":    []byte("\x89PNG\r\n\x1a\n"),
		"header alone": []byte("%PDF-1.7\n"),
		"no pages":     []byte(pdf(`<< /Type /Catalog >>`)),
		"cut":          whole[:len(whole)/2],
		"zeros":        append([]byte("%PDF-1.7\n"), make([]byte, 4096)...),
	} {
		out, err := seal.PDF{}.Seal(t.Context(), document, password)
		require.ErrorIs(t, err, seal.ErrDamaged, name)
		require.Nil(t, out, name)
		require.NotContains(t, err.Error(), "Leap", name)
	}
}

func TestPasswordsThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]string{
		"empty": "", "only invisible": "\u200b\u00ad", "control": "a\x00b", "a new line": "a\nb",
		"no UTF-8": "a\xffb", "too long": strings.Repeat("x", 128), "too long in bytes": strings.Repeat("ж", 64), "private": "a\ue000",
	} {
		err := seal.PDF{}.Check(bad)
		require.ErrorIs(t, err, seal.ErrPassword, name)
		if bad != "" {
			require.NotContains(t, err.Error(), bad, name)
		}
		_, err = seal.PDF{}.Seal(t.Context(), corpus(t)["cairo"], bad)
		require.ErrorIs(t, err, seal.ErrPassword, name)
	}
	for _, good := range []string{"x", "a long secret", "Zażółć gęślą", "пароль", "密码", strings.Repeat("x", 127), "a\u00a0b"} {
		require.NoError(t, seal.PDF{}.Check(good))
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	document := corpus(t)["reportlab"]
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			out, err := seal.PDF{}.Seal(t.Context(), document, password)
			if err != nil || bytes.Contains(out, []byte("Larry")) {
				t.Error("sealed at once with others:", err)
			}
		})
	}
	all.Wait()
}

// FuzzSeal finds no document that makes Seal panic, or that comes out in clear.
func FuzzSeal(f *testing.F) {
	for _, document := range corpus(f) {
		if len(document) < 8000 {
			f.Add(document)
		}
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		out, err := seal.PDF{}.Seal(t.Context(), document, password)
		if err != nil {
			require.Nil(t, out)
			return
		}
		require.Contains(t, string(out), "/Encrypt")
	})
}
