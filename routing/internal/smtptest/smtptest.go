// Package smtptest runs a mail server inside a test.
package smtptest

import (
	"cmp"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// A Mail is a mail that the server has accepted.
type Mail struct {
	From, To string
	Data     string // as it came, header and all
	Size     int64  // that was announced
	User     string // that was logged in
	UTF8     bool   // the extension was used
}

// Options shape a Server. The zero value is a plain server that takes all.
type Options struct {
	MaxBytes int64       // that a mail may have; announced
	TLS      *tls.Config // offered with STARTTLS
	Implicit bool        // TLS from the first byte instead
	Password string      // is asked for and checked
	// Mechanism is how: "PLAIN", "LOGIN" or "XOAUTH2", whose token is Password.
	// Defaults to "PLAIN".
	Mechanism string
	// Discard keeps no Data.
	Discard bool
	// Refuse is asked before a mail is taken. It runs after all data has come
	// when data is true, else when the recipient is named.
	Refuse func(to string, data bool) error
}

// A Server is a mail server that runs until the test ends.
type Server struct {
	Addr string
	opt  Options
	smtp *smtp.Server

	mu     sync.Mutex // guards the following
	mails  []Mail
	broken int
}

// Start starts a server.
func Start(t testing.TB, opt Options) *Server {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Addr: l.Addr().String(), opt: opt}
	s.smtp = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{server: s}, nil }))
	s.smtp.MaxMessageBytes = opt.MaxBytes
	s.smtp.AllowInsecureAuth = true
	s.smtp.EnableSMTPUTF8 = true
	s.smtp.ErrorLog = log.New(io.Discard, "", 0) // clients that break off are what tests are about
	s.smtp.TLSConfig = opt.TLS
	if opt.Implicit {
		l = tls.NewListener(l, opt.TLS)
		s.smtp.TLSConfig = nil
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.smtp.Serve(l) // it ends with an error, that of being closed
	}()
	t.Cleanup(func() {
		if err := s.smtp.Close(); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			t.Error(err)
		}
		_ = l.Close() // the server does not know it if it has not begun to serve
		<-done
	})
	return s
}

// Mails returns the mails accepted so far.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// Broken returns how many mails broke off.
func (s *Server) Broken() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broken
}

type session struct {
	server *Server
	mail   Mail
}

func (s *session) Reset()        { s.mail = Mail{User: s.mail.User} }
func (s *session) Logout() error { return nil }

func (s *session) AuthMechanisms() []string {
	if s.server.opt.Password == "" {
		return nil
	}
	return []string{cmp.Or(s.server.opt.Mechanism, sasl.Plain)}
}

func (s *session) Auth(mechanism string) (sasl.Server, error) {
	switch mechanism {
	case sasl.Login:
		return &dialogue{session: s, questions: []string{"Username:", "Password:"}}, nil
	case "XOAUTH2":
		return &dialogue{session: s}, nil
	default:
		return sasl.NewPlainServer(func(_, username, password string) error { return s.check(username, password) }), nil
	}
}

func (s *session) check(username, password string) error {
	if password != s.server.opt.Password {
		return smtp.ErrAuthFailed
	}
	s.mail.User = username
	return nil
}

// A dialogue is the server's side of LOGIN, which asks questions, or else of
// XOAUTH2, which explains a refusal before it refuses.
type dialogue struct {
	session   *session
	questions []string
	answers   []string
	refused   bool
}

func (d *dialogue) Next(response []byte) (challenge []byte, done bool, err error) {
	if d.questions == nil {
		return d.token(response)
	}
	if response != nil {
		d.answers = append(d.answers, string(response))
	}
	if n := len(d.answers); n < len(d.questions) {
		return []byte(d.questions[n]), false, nil
	}
	return nil, true, d.session.check(d.answers[0], d.answers[1])
}

func (d *dialogue) token(response []byte) (challenge []byte, done bool, err error) {
	if d.refused {
		return nil, true, smtp.ErrAuthFailed
	}
	user, token, _ := strings.Cut(strings.TrimSuffix(string(response), "\x01\x01"), "\x01")
	if err := d.session.check(strings.TrimPrefix(user, "user="), strings.TrimPrefix(token, "auth=Bearer ")); err != nil {
		d.refused = true
		return []byte(`{"status":"401","schemes":"bearer"}`), false, nil //nolint:nilerr // the refusal follows
	}
	return nil, true, nil
}

func (s *session) Mail(from string, opts *smtp.MailOptions) error {
	s.mail.From, s.mail.Size, s.mail.UTF8 = from, opts.Size, opts.UTF8
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.To = to
	return s.refuse(false)
}

func (s *session) refuse(data bool) error {
	if s.server.opt.Refuse == nil {
		return nil
	}
	return s.server.opt.Refuse(s.mail.To, data)
}

func (s *session) Data(r io.Reader) error {
	var err error
	if s.server.opt.Discard {
		_, err = io.Copy(io.Discard, r)
	} else {
		var data []byte
		data, err = io.ReadAll(r)
		s.mail.Data = string(data)
	}
	if err != nil {
		s.server.mu.Lock()
		defer s.server.mu.Unlock()
		s.server.broken++
		return err
	}
	if err := s.refuse(true); err != nil {
		return err
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.mails = append(s.server.mails, s.mail)
	return nil
}
