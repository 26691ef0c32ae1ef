package mail

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	netmail "net/mail"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/sfbridge/sfbridge/routing"
	"github.com/sfbridge/sfbridge/routing/internal/smtptest"
)

func message(content string) routing.Message {
	return routing.Message{
		ID:      "delivery.1",
		To:      &netmail.Address{Name: "The Office", Address: "office@example.com"},
		Date:    time.Date(2019, time.May, 23, 12, 0, 0, 0, time.UTC),
		Subject: "Not saved to Salesforce: Larry Leap Contract 5/23/19",
		Text:    "Reason: it rains.\n",
		Attachment: routing.Attachment{
			Name: "Larry Leap Contract 5-23-19.pdf", Size: int64(len(content)),
			Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil },
		},
	}
}

func mailer(s *smtptest.Server) SMTP {
	return SMTP{Addr: s.Addr, From: "Sales <sales@example.com>", Security: Plain}
}

func TestSendDeliversDocument(t *testing.T) {
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{})
	require.NoError(t, mailer(s).Send(t.Context(), message(".\r\nlines that begin with dots\r\n..\r\n")))

	require.Len(t, s.Mails(), 1)
	got := s.Mails()[0]
	require.Equal(t, "sales@example.com", got.From)
	require.Equal(t, "office@example.com", got.To)
	require.Equal(t, int64(len(got.Data)), got.Size)
	m := parse(t, got.Data)
	require.Equal(t, "<delivery.1@example.com>", m.header.Get("Message-ID"))
	require.Equal(t, "Not saved to Salesforce: Larry Leap Contract 5/23/19", m.subject)
	require.Equal(t, "Reason: it rains.\r\n", m.text)
	require.Equal(t, "Larry Leap Contract 5-23-19.pdf", m.fileName)
	require.Equal(t, ".\r\nlines that begin with dots\r\n..\r\n", m.document)
}

func TestSendEncryptsAndLogsIn(t *testing.T) {
	t.Parallel()
	server, client := certificate(t)
	for name, tc := range map[string]struct {
		options  smtptest.Options
		security Security
	}{
		"STARTTLS": {smtptest.Options{TLS: server, Password: "secret"}, StartTLS},
		"implicit": {smtptest.Options{TLS: server, Password: "secret", Implicit: true}, ImplicitTLS},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := smtptest.Start(t, tc.options)
			m := mailer(s)
			m.Security, m.TLS, m.Username, m.Password = tc.security, client, "sales", "secret"
			require.NoError(t, m.Send(t.Context(), message("document")))
			require.Len(t, s.Mails(), 1)
			require.Equal(t, "sales", s.Mails()[0].User)

			m.Password = "wrong"
			err := m.Send(t.Context(), message("document"))
			require.Error(t, err)
			require.NotContains(t, err.Error(), "wrong")

			m.TLS = nil // which trusts no such certificate
			require.Error(t, m.Send(t.Context(), message("document")))
			require.Len(t, s.Mails(), 1)
		})
	}
}

func TestSendLogsInAsTheServerWants(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []string{"PLAIN", "LOGIN", "XOAUTH2"} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			s := smtptest.Start(t, smtptest.Options{Password: "secret", Mechanism: mechanism})
			login := func(secret string) error {
				m := mailer(s)
				m.Username, m.Password = "sales", secret
				if mechanism == "XOAUTH2" {
					m.Password, m.Token = "", func(context.Context) (string, error) { return secret, nil }
				}
				return m.Send(t.Context(), message("document"))
			}
			require.NoError(t, login("secret"))
			require.Equal(t, "sales", s.Mails()[0].User)

			err := login("wrong")
			require.Error(t, err)
			require.NotContains(t, err.Error(), "wrong")
			require.Len(t, s.Mails(), 1)
		})
	}
}

func TestSendNeedsTheTokenOfTheHost(t *testing.T) {
	t.Parallel()
	failure := errors.New("consent was withdrawn")
	m := mailer(smtptest.Start(t, smtptest.Options{Password: "secret", Mechanism: "XOAUTH2"}))
	m.Username, m.Token = "sales", func(context.Context) (string, error) { return "", failure }
	require.ErrorIs(t, m.Send(t.Context(), message("document")), failure)

	m.Addr = smtptest.Start(t, smtptest.Options{Password: "secret"}).Addr
	require.ErrorContains(t, m.Send(t.Context(), message("document")), "XOAUTH2")
}

func TestAMailerDoesNotShowItsPassword(t *testing.T) {
	t.Parallel()
	m := SMTP{Addr: "mail.example.com:587", From: "sales@example.com", Username: "sales", Password: "hush"}
	require.Equal(t, "SMTP(mail.example.com:587, sales@example.com)", fmt.Sprint(m))
	require.NotContains(t, fmt.Sprintf("%#v %+v", m, m), "hush")
}

func TestSendNeverFallsBackToPlain(t *testing.T) {
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{})
	m := mailer(s)
	m.Security = StartTLS
	require.ErrorContains(t, m.Send(t.Context(), message("document")), "STARTTLS")
	require.Empty(t, s.Mails())
}

func TestSendWithoutAuthOnServer(t *testing.T) {
	t.Parallel()
	m := mailer(smtptest.Start(t, smtptest.Options{}))
	m.Username = "sales"
	require.ErrorContains(t, m.Send(t.Context(), message("document")), "neither AUTH PLAIN nor AUTH LOGIN")
}

func TestSendRespectsSize(t *testing.T) {
	t.Parallel()
	content := strings.Repeat("x", 1000)
	all := smtptest.Start(t, smtptest.Options{})
	require.NoError(t, mailer(all).Send(t.Context(), message(content)))
	size := all.Mails()[0].Size

	more := smtptest.Start(t, smtptest.Options{MaxBytes: size + 1})
	require.NoError(t, mailer(more).Send(t.Context(), message(content)))

	less := smtptest.Start(t, smtptest.Options{MaxBytes: size - 1})
	require.ErrorIs(t, mailer(less).Send(t.Context(), message(content)), routing.ErrMailTooLarge)
	require.Empty(t, less.Mails())
}

func TestSendTellsSizeFromOtherRefusals(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err      smtp.SMTPError
		tooLarge bool
	}{
		{smtp.SMTPError{Code: 552, EnhancedCode: smtp.EnhancedCode{5, 3, 4}, Message: "too big"}, true},
		{smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 2, 3}, Message: "length"}, true},
		{smtp.SMTPError{Code: 552, EnhancedCode: smtp.EnhancedCode{5, 2, 2}, Message: "mailbox full"}, false},
		{smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "nobody"}, false},
		{smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "later"}, false},
	} {
		s := smtptest.Start(t, smtptest.Options{Refuse: func(_ string, data bool) error {
			if data {
				return &tc.err
			}
			return nil
		}})
		err := mailer(s).Send(t.Context(), message("document"))
		require.ErrorContains(t, err, tc.err.Message)
		require.Equal(t, tc.tooLarge, errors.Is(err, routing.ErrMailTooLarge), tc.err.Message)
	}
}

// A mail without its document, or with half of it, must never arrive.
func TestSendBreaksOffWithTheDocument(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	long := strings.Repeat("x", 1_000_000)
	for name, document := range map[string]func() (io.ReadCloser, error){
		"opening": func() (io.ReadCloser, error) { return nil, broken },
		"start":   reader(iotest.ErrReader(broken)),
		"middle":  reader(io.MultiReader(strings.NewReader(long[:999_000]), iotest.ErrReader(broken))),
		"end":     reader(io.MultiReader(strings.NewReader(long), iotest.ErrReader(broken))),
		"cut":     reader(io.MultiReader(strings.NewReader(long[:999_000]), iotest.ErrReader(io.ErrUnexpectedEOF))),
		"short":   reader(strings.NewReader(long[1:])),
		"long":    reader(strings.NewReader(long + "x")),
		"closing": func() (io.ReadCloser, error) {
			return struct {
				io.Reader
				io.Closer
			}{strings.NewReader(long), closer(func() error { return broken })}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := smtptest.Start(t, smtptest.Options{})
			m := message(long)
			m.Attachment.Open = document
			require.Error(t, mailer(s).Send(t.Context(), m))
			require.Empty(t, s.Mails())
		})
	}
}

func reader(r io.Reader) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(r), nil }
}

type closer func() error

func (c closer) Close() error { return c() }

func TestSendStopsWithItsContext(t *testing.T) {
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	m := message("")
	m.Attachment.Size = 1 << 30
	read := 0
	m.Attachment.Open = reader(readerFunc(func(p []byte) (int, error) {
		if read += len(p); read > 1_000_000 {
			cancel()
		}
		return len(p), nil
	}))
	require.ErrorIs(t, mailer(s).Send(ctx, m), context.Canceled)
	require.ErrorIs(t, mailer(s).Send(ctx, m), context.Canceled)
	require.Empty(t, s.Mails())
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestSendTimesOut(t *testing.T) {
	t.Parallel()
	block := make(chan struct{})
	s := smtptest.Start(t, smtptest.Options{Refuse: func(string, bool) error { <-block; return nil }})
	defer close(block)
	m := mailer(s)
	m.Timeout = 50 * time.Millisecond
	require.ErrorContains(t, m.Send(t.Context(), message("document")), "timeout")
}

func TestSendUsesInternationalAddresses(t *testing.T) {
	t.Parallel()
	s := smtptest.Start(t, smtptest.Options{})
	m := message("document")
	m.To = &netmail.Address{Name: "Bürö", Address: "büro@example.com"}
	require.NoError(t, mailer(s).Send(t.Context(), m))
	require.True(t, s.Mails()[0].UTF8)
	require.Equal(t, "Bürö", parse(t, s.Mails()[0].Data).to.Name)
}

func TestValidateNamesEveryFault(t *testing.T) {
	t.Parallel()
	err := SMTP{Addr: "mail.example.com", From: "nobody", Security: 9, Timeout: -1}.Validate()
	for _, fault := range []string{"Addr", "From", "Security", "Timeout"} {
		require.ErrorContains(t, err, fault)
	}
	err = SMTP{Addr: "mail.example.com:25", From: "a@example.com", Security: Plain}.Validate()
	require.ErrorContains(t, err, "not this machine")
	for _, host := range []string{"localhost:25", "127.0.0.1:25", "[::1]:25"} {
		require.NoError(t, SMTP{Addr: host, From: "a@example.com", Security: Plain}.Validate())
	}
	require.Error(t, SMTP{}.Send(t.Context(), message("document")))
}

// A document of 36 MB costs no more memory than a small one.
func TestSendNeedsLittleMemory(t *testing.T) {
	s := smtptest.Start(t, smtptest.Options{Discard: true})
	const size = 36_000_000
	m := message("")
	m.Attachment.Size = size
	var most uint64
	m.Attachment.Open = reader(io.MultiReader(
		io.LimitReader(zeros{}, size/2),
		readerFunc(func([]byte) (int, error) { most = heap(); return 0, io.EOF }),
		io.LimitReader(zeros{}, size/2),
	))
	before := heap()
	require.NoError(t, mailer(s).Send(t.Context(), m))
	require.Less(t, int64(most)-int64(before), int64(2<<20))
	require.Greater(t, s.Mails()[0].Size, int64(48_000_000))
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// heap is how many bytes are in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// certificate returns the two ends of a connection to 127.0.0.1.
func certificate(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return &tls.Config{Certificates: s.TLS.Certificates}, &tls.Config{RootCAs: roots}
}

func ExampleSMTP() {
	mailer := SMTP{
		Addr:     "mail.example.com:587",
		From:     "Sales <sales@example.com>",
		Username: "sales",
		Password: "secret",
	}
	fmt.Println(mailer.Validate())

	mailer.Security = Plain
	fmt.Println(mailer.Validate())
	// Output:
	// <nil>
	// mail: Security Plain is not allowed for mail.example.com, which is not this machine
}

// BenchmarkSend shows the cost of a document of 36 MB.
func BenchmarkSend(b *testing.B) {
	s := smtptest.Start(b, smtptest.Options{Discard: true})
	content := bytes.Repeat([]byte("x"), 36_000_000)
	m := message("")
	m.Attachment.Size = int64(len(content))
	m.Attachment.Open = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }
	b.SetBytes(m.Attachment.Size)
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, mailer(s).Send(b.Context(), m))
	}
}
