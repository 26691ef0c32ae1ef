package mail

import (
	"crypto/md5" //nolint:gosec // compares two files
	crand "crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"io"
	"math/rand/v2"
	netmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/routing"
)

// A Postfix is a mail server as companies have it. The variable of the
// environment names its folder.
type postfix struct{ folder string }

func openPostfix(t *testing.T, variable string) postfix {
	t.Helper()
	folder := os.Getenv(variable)
	if folder == "" {
		t.Skip(variable + " names no server")
	}
	return postfix{folder}
}

func (p postfix) mailer(t *testing.T) SMTP {
	t.Helper()
	address, err := os.ReadFile(filepath.Join(p.folder, "address"))
	require.NoError(t, err)
	certificate, err := os.ReadFile(filepath.Join(p.folder, "cert.pem"))
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(certificate))
	return SMTP{Addr: strings.TrimSpace(string(address)), From: "Sales <sales@example.com>", TLS: &tls.Config{RootCAs: roots}}
}

// mail waits for the mail with that id.
func (p postfix) mail(t *testing.T, id string) (found string) {
	t.Helper()
	require.Eventually(t, func() bool {
		files, err := filepath.Glob(filepath.Join(p.folder, "mail", "all", "new", "*"))
		require.NoError(t, err)
		for _, file := range files {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			if strings.Contains(string(data[:min(len(data), 4096)]), "<"+id+"@example.com>") {
				found = string(data)
				return true
			}
		}
		return false
	}, time.Minute, 50*time.Millisecond)
	return found
}

// large is a document of that size, and its checksum.
func large(size int64) (open func() (io.ReadCloser, error), checksum string) {
	content := func() io.Reader { return io.LimitReader(rand.NewChaCha8([32]byte{1}), size) }
	h := md5.New() //nolint:gosec // compares two files
	_, _ = io.Copy(h, content())
	return func() (io.ReadCloser, error) { return io.NopCloser(content()), nil }, hex.EncodeToString(h.Sum(nil))
}

func TestPostfixDeliversALargeDocument(t *testing.T) {
	t.Parallel()
	server := openPostfix(t, "SFBRIDGE_POSTFIX_LARGE")
	m := message("")
	m.ID = crand.Text()
	m.To = &netmail.Address{Name: "Zoë", Address: "office@example.com"}
	m.Attachment.Name = "Zoë Leap Contract 5-23-19.pdf"
	m.Attachment.Size = 36_000_000
	var checksum string
	m.Attachment.Open, checksum = large(m.Attachment.Size)
	require.NoError(t, server.mailer(t).Send(t.Context(), m))

	got := parse(t, server.mail(t, m.ID))
	require.Equal(t, "Zoë Leap Contract 5-23-19.pdf", got.fileName)
	require.Len(t, got.document, 36_000_000)
	sum := md5.Sum([]byte(got.document)) //nolint:gosec // compares two files
	require.Equal(t, checksum, hex.EncodeToString(sum[:]))
}

func TestPostfixRefusesALargeDocumentBeforeItIsSent(t *testing.T) {
	t.Parallel()
	server := openPostfix(t, "SFBRIDGE_POSTFIX")
	m := message("")
	m.Attachment.Size = 36_000_000
	opened := false
	m.Attachment.Open = func() (io.ReadCloser, error) { opened = true; return nil, io.ErrUnexpectedEOF }
	require.ErrorIs(t, server.mailer(t).Send(t.Context(), m), routing.ErrMailTooLarge)
	require.False(t, opened, "SIZE tells beforehand")

	m = message("a small document")
	m.ID = crand.Text()
	require.NoError(t, server.mailer(t).Send(t.Context(), m))
	require.Equal(t, "a small document", parse(t, server.mail(t, m.ID)).document)
}
