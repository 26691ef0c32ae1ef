// Package mail sends the documents that package routing could not bring to
// Salesforce, by SMTP.
//
// A mail is written to the connection while the document is read, so the size
// of a document costs no memory. A mail counts as sent only when the server has
// confirmed all of it. If anything fails before, the connection is dropped in the
// middle of the mail, which makes the server discard it: a mail never arrives
// without its document.
package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/sfbridge/sfbridge/routing"
)

// A Security says how a connection is protected.
type Security int

// The ways to protect a connection.
const (
	// StartTLS turns a plain connection into an encrypted one before anything
	// is said on it, or fails. Port 587, sometimes 25.
	StartTLS Security = iota
	// ImplicitTLS encrypts from the first byte. Port 465.
	ImplicitTLS
	// Plain does not encrypt. It is allowed only on this machine.
	Plain
)

// SMTP is a [routing.Mailer] that hands mail to a server for submission. It
// opens a connection for each mail, so it has no state and may be used by
// several goroutines at once.
//
// See RFC 5321 (SMTP), RFC 3207 (STARTTLS) and RFC 1870 (SIZE).
type SMTP struct {
	// Addr is the server: "mail.example.com:587".
	Addr string
	// From is the sender: "sales@example.com" or "Sales <sales@example.com>".
	// Its domain is part of the Message-ID, too.
	From string
	// Security is how the connection is protected. Defaults to StartTLS.
	Security Security
	// TLS refines the encryption. ServerName defaults to Addr's host.
	TLS *tls.Config
	// Username logs in: with Token if that is given, and else with Password.
	// Without a Username there is no login.
	Username, Password string
	// Token gives an OAuth access token for each mail, for servers of Google and
	// Microsoft, which take no passwords (AUTH XOAUTH2).
	Token func(ctx context.Context) (string, error)
	// Hello is the name by which this machine introduces itself. Defaults to
	// "localhost".
	Hello string
	// Timeout is how long the server may take for one answer, or to take a
	// piece of the mail. After the end of a mail servers are slow, and a
	// timeout then may cause a second mail. Defaults to 10 minutes.
	Timeout time.Duration
}

var _ routing.Mailer = SMTP{}

// String tells the server and the sender, never the password.
func (s SMTP) String() string { return "SMTP(" + s.Addr + ", " + s.From + ")" }

// GoString is String, so that %#v tells no password either.
func (s SMTP) GoString() string { return s.String() }

// dialTimeout is how long a connection may take to come about, or Timeout if
// that is less.
const dialTimeout = 30 * time.Second

// Validate names every fault of s. It does not connect.
func (s SMTP) Validate() error {
	var errs []error
	host, _, err := net.SplitHostPort(s.Addr)
	if err != nil || host == "" {
		errs = append(errs, fmt.Errorf("mail: Addr %q is not host:port", s.Addr))
	}
	if _, err := mail.ParseAddress(s.From); err != nil {
		errs = append(errs, fmt.Errorf("mail: From %q is no e-mail address", s.From))
	}
	switch {
	case s.Security < StartTLS || s.Security > Plain:
		errs = append(errs, fmt.Errorf("mail: unknown Security %d", s.Security))
	case s.Security == Plain && !loopback(host):
		errs = append(errs, fmt.Errorf("mail: Security Plain is not allowed for %s, which is not this machine", host))
	}
	if s.Username == "" && (s.Token != nil || s.Password != "") {
		errs = append(errs, errors.New("mail: Username is missing"))
	}
	if s.Timeout < 0 {
		errs = append(errs, fmt.Errorf("mail: Timeout %s is negative", s.Timeout))
	}
	return errors.Join(errs...)
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// Send implements [routing.Mailer]. When ctx ends, the connection is closed.
func (s SMTP) Send(ctx context.Context, m routing.Message) error {
	err := s.Validate()
	if err == nil {
		err = s.send(ctx, m)
	}
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = errors.Join(ctx.Err(), err)
	}
	return fmt.Errorf("mail: send %s: %w", m.ID, err)
}

func (s SMTP) send(ctx context.Context, m routing.Message) error {
	from, err := mail.ParseAddress(s.From)
	if err != nil {
		return err
	}
	letter := letter{Message: m, from: from}
	size, err := letter.size()
	if err != nil {
		return err
	}
	conn, err := (&net.Dialer{Timeout: min(dialTimeout, s.timeout())}).DialContext(ctx, "tcp", s.Addr)
	if err != nil {
		return err
	}
	// Whatever happens, the connection is closed without another command: any
	// command would complete a mail that was broken off.
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	c, err := s.client(patientConn{conn, s.timeout()})
	if err != nil {
		return err
	}
	if err := s.login(ctx, c); err != nil {
		return err
	}
	if limit, ok := c.MaxMessageSize(); ok && limit > 0 && size > int64(limit) {
		return fmt.Errorf("%w: %d bytes, the server takes %d", routing.ErrMailTooLarge, size, limit)
	}
	if err := submit(c, letter, size); err != nil {
		return tooLarge(err)
	}
	_ = c.Quit() // the server has the mail, whatever it says to this
	return nil
}

func (s SMTP) timeout() time.Duration {
	if s.Timeout == 0 {
		return 10 * time.Minute
	}
	return s.Timeout
}

// client says hello on an encrypted connection, as far as Security asks for one.
func (s SMTP) client(conn net.Conn) (*smtp.Client, error) {
	cfg := s.TLS.Clone()
	if cfg == nil {
		cfg = &tls.Config{}
	}
	if cfg.ServerName == "" {
		cfg.ServerName, _, _ = net.SplitHostPort(s.Addr) // validated
	}
	var c *smtp.Client
	var err error
	switch s.Security {
	case StartTLS:
		c, err = smtp.NewClientStartTLS(conn, cfg)
	case ImplicitTLS:
		c = smtp.NewClient(tls.Client(conn, cfg))
	default:
		c = smtp.NewClient(conn)
	}
	if err != nil {
		return nil, err
	}
	hello := s.Hello
	if hello == "" {
		hello = "localhost"
	}
	return c, c.Hello(hello)
}

// patientConn waits for the other side, but not for ever. The client sets
// deadlines of its own for answers only, not while it writes a mail.
type patientConn struct {
	net.Conn
	timeout time.Duration
}

func (c patientConn) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.timeout)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

func (c patientConn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.timeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

func submit(c *smtp.Client, l letter, size int64) error {
	opts := &smtp.MailOptions{Size: size, UTF8: l.international()}
	if err := c.Mail(l.from.Address, opts); err != nil {
		return err
	}
	if err := c.Rcpt(l.To.Address, nil); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if err := l.write(w); err != nil {
		return err // and w stays open, or the server would take what it has
	}
	return w.Close()
}

// tooLarge recognises a server's complaint about the size of a mail. Code 552
// alone may mean that; with 2 as its second number it is about the mailbox.
func tooLarge(err error) error {
	e, ok := errors.AsType[*smtp.SMTPError](err)
	if !ok {
		return err
	}
	size := e.EnhancedCode == smtp.EnhancedCode{5, 3, 4} || e.EnhancedCode == smtp.EnhancedCode{5, 2, 3}
	if size || e.Code == 552 && e.EnhancedCode != (smtp.EnhancedCode{5, 2, 2}) {
		return fmt.Errorf("%w: %w", routing.ErrMailTooLarge, err)
	}
	return err
}
