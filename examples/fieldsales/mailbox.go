package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/emersion/go-smtp"
)

// A mailbox is a small mail server that keeps what it receives, and writes it to a
// folder, if it has one.
type mailbox struct {
	folder string
	addr   string
	server *smtp.Server
	mutex  sync.Mutex
	mails  []letter
}

// A letter is a received mail. Of a large attachment it keeps size and checksum
// only.
type letter struct {
	to, subject, text string
	file, sum         string
	size              int64
	content           []byte // nil if it is large
}

const large = 1_000_000

func openMailbox(ctx context.Context, folder string) (*mailbox, error) {
	if folder != "" {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &mailbox{folder: folder, addr: listener.Addr().String()}
	m.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{mailbox: m}, nil }))
	m.server.Domain = "localhost"
	go func() { _ = m.server.Serve(listener) }() // until close
	return m, nil
}

func (m *mailbox) close() { _ = m.server.Close() }

func (m *mailbox) received() []letter {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return slices.Clone(m.mails)
}

// latest is the mail that came last, empty if there is none.
func (m *mailbox) latest() (l letter) {
	if mails := m.received(); len(mails) > 0 {
		l = mails[len(mails)-1]
	}
	return l
}

// A session is one connection to the mailbox.
type session struct {
	mailbox *mailbox
	to      []string
}

func (s *session) Mail(string, *smtp.MailOptions) error { return nil }
func (s *session) Reset()                               { s.to = nil }
func (s *session) Logout() error                        { return nil }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	s.mailbox.mutex.Lock()
	defer s.mailbox.mutex.Unlock()
	copied, err := s.mailbox.write(r)
	if err != nil {
		return err
	}
	l, err := read(copied)
	if err := errors.Join(err, copied.Close()); err != nil {
		return err
	}
	l.to = strings.Join(s.to, ", ")
	s.mailbox.mails = append(s.mailbox.mails, l)
	return nil
}

// write gives what it writes to the folder while it is read: mail-1.eml and so on,
// which mail programs open.
func (m *mailbox) write(r io.Reader) (io.ReadCloser, error) {
	if m.folder == "" {
		return io.NopCloser(r), nil
	}
	file, err := os.OpenFile(filepath.Join(m.folder, fmt.Sprintf("mail-%d.eml", len(m.mails)+1)), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.TeeReader(r, file), file}, nil
}

// read takes a mail of a text and an attachment apart.
func read(r io.Reader) (l letter, err error) {
	message, err := mail.ReadMessage(r)
	if err != nil {
		return l, err
	}
	if l.subject, err = new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject")); err != nil {
		return l, err
	}
	_, params, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil {
		return l, err
	}
	parts := multipart.NewReader(message.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return l, nil
		}
		if err != nil {
			return l, err
		}
		if err := l.take(part); err != nil {
			return l, err
		}
	}
}

func (l *letter) take(part *multipart.Part) error {
	if part.FileName() == "" {
		text, err := io.ReadAll(quotedprintable.NewReader(part))
		l.text = strings.ReplaceAll(string(text), "\r\n", "\n")
		return err
	}
	sum := sha256.New()
	body := io.TeeReader(base64.NewDecoder(base64.StdEncoding, part), sum)
	head, err := io.ReadAll(io.LimitReader(body, large))
	if err != nil {
		return err
	}
	rest, err := io.Copy(io.Discard, body)
	if rest == 0 {
		l.content = head
	}
	l.file, l.size, l.sum = part.FileName(), int64(len(head))+rest, hex.EncodeToString(sum.Sum(nil))
	return err
}
