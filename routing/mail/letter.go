package mail

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sfbridge/sfbridge/routing"
)

// A letter is a message as it goes to the server:
//
//	From: …                            header
//	Content-Type: multipart/mixed; …
//
//	--boundary
//	Content-Type: text/plain; …        text, quoted-printable
//
//	--boundary
//	Content-Type: application/pdf; …   document, if there is one, base64
//
//	--boundary--
//
// See RFC 5322 (format), RFC 2045 and 2046 (MIME), RFC 2047 (words in headers)
// and RFC 2231 (file names).
type letter struct {
	routing.Message
	from *mail.Address
}

// international reports whether an address needs the extension SMTPUTF8.
func (l letter) international() bool { return !ascii(l.from.Address) || !ascii(l.To.Address) }

// write writes the whole mail. After an error the mail is not complete.
func (l letter) write(w io.Writer) error {
	if l.Attachment.Open == nil {
		return l.writeWith(w, nil)
	}
	f, err := l.Attachment.Open()
	if err != nil {
		return err
	}
	err = l.writeWith(w, exactly(f, l.Attachment.Size))
	return errors.Join(err, f.Close())
}

// size computes how many bytes write will write.
func (l letter) size() (int64, error) {
	var n counter
	if err := l.writeWith(&n, strings.NewReader("")); err != nil {
		return 0, err
	}
	encoded := (l.Attachment.Size + 2) / 3 * 4
	lines := (encoded + lineLength - 1) / lineLength
	return int64(n) + encoded + 2*lines, nil
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func (l letter) writeWith(w io.Writer, document io.Reader) error {
	body := multipart.NewWriter(w)
	if _, err := io.WriteString(w, l.header(body.Boundary())); err != nil {
		return err
	}
	part, err := body.CreatePart(textproto.MIMEHeader{
		"Content-Type":              {"text/plain; charset=utf-8"},
		"Content-Transfer-Encoding": {"quoted-printable"},
	})
	if err != nil {
		return err
	}
	if err := writeText(part, l.Text); err != nil {
		return err
	}
	if l.Attachment.Open == nil {
		return body.Close()
	}
	part, err = body.CreatePart(textproto.MIMEHeader{
		"Content-Type":              {contentType(l.Attachment.Name)},
		"Content-Transfer-Encoding": {"base64"},
		"Content-Disposition":       {"attachment" + parameter("filename", l.Attachment.Name)},
	})
	if err != nil {
		return err
	}
	if err := writeBase64(part, document); err != nil {
		return err
	}
	return body.Close()
}

// header writes the header of the mail, in which no value can begin a line of
// its own.
func (l letter) header(boundary string) string {
	domain := l.from.Address[strings.LastIndexByte(l.from.Address, '@')+1:]
	var b strings.Builder
	for _, field := range [][2]string{
		{"From", address(l.from)},
		{"To", address(l.To)},
		{"Subject", words(l.Subject)},
		{"Date", l.Date.Format(time.RFC1123Z)},
		{"Message-ID", "<" + atoms(l.ID) + "@" + domain + ">"},
		{"Auto-Submitted", "auto-generated"},
		{"MIME-Version", "1.0"},
		{"Content-Type", "multipart/mixed;\r\n boundary=" + boundary},
	} {
		fmt.Fprintf(&b, "%s: %s\r\n", field[0], field[1])
	}
	return b.String() + "\r\n"
}

func address(a *mail.Address) string {
	if a.Name == "" {
		return (&mail.Address{Address: a.Address}).String()
	}
	return phrase(a.Name) + "\r\n " + (&mail.Address{Address: a.Address}).String()
}

// phrase writes the name of an address, where a comma would begin another one.
func phrase(name string) string {
	if strings.Contains(name, ",") {
		return encoded(name)
	}
	return words(name)
}

// words writes text as words of a header. Text that is not plain is encoded, and
// so is text that only looks encoded.
func words(text string) string {
	if plain(text) && len(text) <= 60 {
		return text
	}
	return encoded(text)
}

// encoded writes text in encoded words, folded into short lines.
func encoded(text string) string {
	const most = 45 // bytes that fit an encoded word of 75 characters
	var list []string
	for piece := range pieces(text, most) {
		list = append(list, "=?utf-8?B?"+base64.StdEncoding.EncodeToString([]byte(piece))+"?=")
	}
	return strings.Join(list, "\r\n ")
}

// pieces cuts text into valid pieces of at most so many bytes.
func pieces(text string, most int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for text = strings.ToValidUTF8(text, "\uFFFD"); text != ""; {
			n := min(len(text), most)
			for n < len(text) && !utf8.RuneStart(text[n]) {
				n--
			}
			if !yield(text[:n]) {
				return
			}
			text = text[n:]
		}
	}
}

// plain reports whether text means itself in any header: letters, digits,
// single spaces and a few marks.
func plain(text string) bool {
	const marks = "-_+,/#' "
	for _, c := range []byte(text) {
		if !alphanumeric(c) && strings.IndexByte(marks, c) < 0 {
			return false
		}
	}
	return text != "" && strings.TrimSpace(text) == text && !strings.Contains(text, "  ")
}

// atoms drops what cannot stand left of the @ in a Message-ID.
func atoms(id string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && alphanumeric(byte(r)) || strings.ContainsRune("-_.", r) {
			return r
		}
		return -1
	}, id)
}

// parameter writes a parameter of a header field, each piece on its own line:
//
//	filename*0*=utf-8''Gr%C3%BC%C3%9Fe
//
// A value of plain characters is quoted instead.
func parameter(name, value string) string {
	if plain(strings.ReplaceAll(value, ".", "")) && len(value) <= 60 {
		return ";\r\n " + name + `="` + value + `"`
	}
	const most = 18 // bytes, of which each may become three characters
	values := slices.Collect(pieces(value, most))
	if len(values) == 1 {
		return ";\r\n " + name + "*=utf-8''" + percent(values[0])
	}
	var b strings.Builder
	charset := "utf-8''"
	for n, piece := range values {
		fmt.Fprintf(&b, ";\r\n %s*%d*=%s%s", name, n, charset, percent(piece))
		charset = ""
	}
	return b.String()
}

func percent(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if alphanumeric(c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// contentTypes holds what backup recipients usually get.
var contentTypes = map[string]string{
	".pdf":  "application/pdf",
	".jpg":  "image/jpeg",
	".jpeg": "image/jpeg",
	".png":  "image/png",
	".txt":  "text/plain",
	".csv":  "text/csv",
	".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".zip":  "application/zip",
}

func contentType(name string) string {
	if t := contentTypes[strings.ToLower(path.Ext(name))]; t != "" {
		return t
	}
	return "application/octet-stream"
}

// writeText writes text with lines that end as those of mails do.
func writeText(w io.Writer, text string) error {
	q := quotedprintable.NewWriter(w)
	_, err := io.WriteString(q, text)
	return errors.Join(err, q.Close())
}

// lineLength is how many characters a line of base64 has.
const lineLength = 76

// writeBase64 writes r in lines of base64, a chunk at a time.
func writeBase64(w io.Writer, r io.Reader) error {
	const lines = 100
	raw := make([]byte, lines*lineLength/4*3)
	text := make([]byte, 0, lines*(lineLength+2))
	for {
		n, err := io.ReadFull(r, raw)
		text = text[:0]
		for line := range slices.Chunk(raw[:n], lineLength/4*3) {
			text = base64.StdEncoding.AppendEncode(text, line)
			text = append(text, "\r\n"...)
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
		switch err {
		case nil:
		case io.EOF, io.ErrUnexpectedEOF:
			return nil
		default:
			return err
		}
	}
}

// exactReader fails at the end of its file unless it had the right size.
type exactReader struct {
	r          io.Reader
	left, size int64
}

func exactly(r io.Reader, size int64) io.Reader { return &exactReader{r, size, size} }

func (e *exactReader) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	e.left -= int64(n)
	switch {
	case e.left < 0 || err == io.EOF && e.left > 0:
		return n, fmt.Errorf("read document: %d bytes, not %d", e.size-e.left, e.size)
	case err != nil && err != io.EOF:
		return n, fmt.Errorf("read document: %w", err) // which io.ReadFull takes for no end
	}
	return n, err
}
