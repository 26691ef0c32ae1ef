package mail

import (
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Parsed is a mail as its recipient sees it.
type parsed struct {
	header        mail.Header
	to            *mail.Address
	subject, text string
	fileName      string
	document      string
}

// parse reads a mail with nothing but the standard library.
func parse(t *testing.T, data string) parsed {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(data))
	require.NoError(t, err)
	p := parsed{header: m.Header}
	p.subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	require.NoError(t, err)
	p.to, err = mail.ParseAddress(m.Header.Get("To"))
	require.NoError(t, err)
	_, err = m.Header.Date()
	require.NoError(t, err)

	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	require.NoError(t, err)
	require.Equal(t, "multipart/mixed", kind)
	parts := multipart.NewReader(m.Body, params["boundary"])
	text, err := parts.NextPart() // decodes quoted-printable
	require.NoError(t, err)
	p.text = read(t, text)
	document, err := parts.NextPart()
	if errors.Is(err, io.EOF) {
		return p // without a document
	}
	require.NoError(t, err)
	_, params, err = mime.ParseMediaType(document.Header.Get("Content-Disposition"))
	require.NoError(t, err)
	p.fileName = params["filename"]
	p.document = read(t, base64.NewDecoder(base64.StdEncoding, document))
	_, err = parts.NextPart()
	require.ErrorIs(t, err, io.EOF)
	return p
}

func read(t *testing.T, r io.Reader) string {
	t.Helper()
	data, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(data)
}
