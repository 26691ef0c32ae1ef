package mail

import (
	"bytes"
	"io"
	"mime"
	"net/mail"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/routing"
)

// Whatever stands in a message, the mail holds just that, and no line of it
// becomes a line of the header.
func FuzzLetter(f *testing.F) {
	for _, s := range []string{
		"", "plain", "Grüße", "a\r\nBcc: eve@example.com\r\n\r\nbody", "=?utf-8?q?x?=", `quo"te\.pdf`, " two  spaces ",
		strings.Repeat("long ", 60), strings.Repeat("ö", 200), "\xff\xfe", "契約書 5-23-19.pdf", "\x00\x1b[2J", "..",
	} {
		f.Add(s, s, s, s, []byte(s))
	}
	f.Fuzz(func(t *testing.T, subject, recipient, text, fileName string, document []byte) {
		from := &mail.Address{Name: recipient, Address: "sales@example.com"}
		l := letter{from: from, Message: routing.Message{
			ID: subject[:min(len(subject), 50)], To: &mail.Address{Name: recipient, Address: "office@example.com"},
			Date: time.Unix(0, 0).UTC(), Subject: subject, Text: text,
			Attachment: routing.Attachment{Name: fileName, Size: int64(len(document)), Open: func() (io.ReadCloser, error) {
				return io.NopCloser(iotest.OneByteReader(bytes.NewReader(document))), nil
			}},
		}}
		var b strings.Builder
		require.NoError(t, l.write(&b))
		size, err := l.size()
		require.NoError(t, err)
		require.Equal(t, int64(b.Len()), size)
		for line := range strings.SplitSeq(b.String(), "\r\n") {
			require.LessOrEqual(t, len(line), 200)
			require.NotContains(t, line, "\n")
		}

		m := parse(t, b.String())
		require.Len(t, m.header, 8)
		require.Equal(t, valid(subject), m.subject)
		require.Equal(t, valid(recipient), m.to.Name)
		require.Equal(t, "office@example.com", m.to.Address)
		require.Equal(t, valid(fileName), m.fileName)
		require.Equal(t, string(document), m.document)
		if utf8.ValidString(text) && !strings.ContainsAny(text, "\r\n") {
			require.Equal(t, text, m.text)
		}
	})
}

func TestLetterWithoutADocument(t *testing.T) {
	t.Parallel()
	l := letter{from: &mail.Address{Address: "sales@example.com"}, Message: routing.Message{
		ID: "1.1.note", To: &mail.Address{Address: "office@example.com"}, Subject: "S", Text: "It waits.\n",
	}}
	var b strings.Builder
	require.NoError(t, l.write(&b))
	size, err := l.size()
	require.NoError(t, err)
	require.Equal(t, int64(b.Len()), size)
	m := parse(t, b.String())
	require.Equal(t, "It waits.", strings.TrimSpace(m.text))
	require.Empty(t, m.fileName)
	require.Equal(t, "<1.1.note@example.com>", m.header.Get("Message-ID"))
}

func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

func TestWordsStayReadable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                         "",
		"Larry Leap Contract 5/23": "Larry Leap Contract 5/23",
		"Grüße":                    "=?utf-8?B?R3LDvMOfZQ==?=",
		strings.Repeat("ü", 30):    "=?utf-8?B?" + strings.Repeat("w7zDvMO8", 7) + "w7w=?=\r\n =?utf-8?B?w7zDvMO8w7zDvMO8w7zDvA==?=",
	} {
		require.Equal(t, want, words(text))
		decoded, err := new(mime.WordDecoder).DecodeHeader(want)
		require.NoError(t, err)
		require.Equal(t, text, strings.ReplaceAll(decoded, "\r\n ", ""))
	}
}

func TestParameterForms(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"Contract 5-23-19.pdf":            ";\r\n filename=\"Contract 5-23-19.pdf\"",
		"Müller.pdf":                      ";\r\n filename*=utf-8''M%C3%BCller%2Epdf",
		"a \"long\" name with quotes.pdf": ";\r\n filename*0*=utf-8''a%20%22long%22%20name%20with;\r\n filename*1*=%20quotes%2Epdf",
	} {
		require.Equal(t, want, parameter("filename", value))
	}
}

func TestContentTypeGoesByExtension(t *testing.T) {
	t.Parallel()
	require.Equal(t, "application/pdf", contentType("A.PDF"))
	require.Equal(t, "application/octet-stream", contentType("A.pdf.exe"))
	require.Equal(t, "application/octet-stream", contentType("A"))
}
